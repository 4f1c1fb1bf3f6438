#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: database_link
short_description: A private database link, with temporary credentials
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Creates or drops a private database link of the migration user, and asks the other database through it. A link that leads nowhere fails
    with what the other side said.
  - With O(create_account), the link logs on as an account that is made for it at the other database (the peer), with a password that is made
    up on the way and that nobody sees. A link whose password is refused gets a new one. V(absent) drops link and account.
  - Nobody can read the password of a link, so a changed O(link_password) is noticed only when the link is refused with the old one.
options:
  purpose:
    description: What the link is for, in one word; it stands in the names of link and account, together with the migration's identity and run.
    type: str
    default: LINK
  name:
    description:
      - Name of the link, where it may not be the one of O(purpose). With GLOBAL_NAMES=TRUE it must be the global name of the other database,
        to which C(@) and a qualifier may be added.
    type: str
  connect_string:
    description: How the server of this database reaches the other one, as a TNS name of its tnsnames.ora, an EZConnect string or a descriptor.
    type: str
  link_user:
    description: Account of the other database, exactly as its dictionary names it, unless O(create_account).
    type: str
  link_password:
    description: Its password.
    type: str
  create_account:
    description: Make an account for the link at the peer.
    type: bool
    default: false
  privileges:
    description: System privileges and roles that this account gets beside CREATE SESSION.
    type: list
    elements: str
    default: []
  directories:
    description: Directory objects of the peer, with the privileges on them that this account gets, V(READ), V(WRITE) or both.
    type: dict
    default: {}
  state:
    description: Whether there is such a link.
    type: str
    default: present
    choices: [present, absent]
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: A link to the target for file transfers, with an account of its own
  dbferry.oracle.database_link:
    migration_id: SALES
    connect_string: dbtrg.example.com:1521/SALES
    create_account: true
    directories:
      DBF_SALES_R1_DIR_FILES: [WRITE]
    peer_entry: dbtrg
  delegate_to: dbsrc

- name: Link and account go
  dbferry.oracle.database_link:
    migration_id: SALES
    create_account: true
    state: absent
    peer_entry: dbtrg
  delegate_to: dbsrc
"""

RETURN = r"""
name:
  description: Name of the link.
  returned: success
  type: str
  sample: DBF_SALES_R1_LNK_LINK
account:
  description: Account of the other database that the link logs on as.
  returned: success
  type: str
  sample: DBF_SALES_R1_LNK_LINK
before:
  description: Link and account before.
  returned: success
  type: dict
after:
  description: Link and account afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import secrets
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import database_link, identifier, literal
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Secret, Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

#: The domain of the database is appended to a link's name that has none (documented).
LINK = """
SELECT db_link name, username account, host connect_string FROM user_db_links
 WHERE db_link = :name OR SUBSTR(db_link, 1, LENGTH(:name) + 1) = :name || '.' ORDER BY LENGTH(db_link)
"""
#: One round trip, after which neither a transaction nor the link is left open.
ASK = """BEGIN
  EXECUTE IMMEDIATE {0} INTO :answer;
  COMMIT;
  DBMS_SESSION.CLOSE_DATABASE_LINK({1});
END;"""
GLOBAL_NAMES = "SELECT value FROM v$parameter WHERE name = 'global_names'"
GLOBAL_NAME = "SELECT global_name name FROM global_name"
ACCOUNT = "SELECT account_status status FROM dba_users WHERE username = :name"
PRIVILEGES = """
SELECT privilege FROM dba_sys_privs WHERE grantee = :name UNION ALL SELECT granted_role FROM dba_role_privs WHERE grantee = :name
"""
DIRECTORIES = "SELECT table_name name, privilege FROM dba_tab_privs WHERE owner = 'SYS' AND grantee = :name AND privilege IN ('READ', 'WRITE')"

#: Ends a password that is made up, so that it has what Oracle's verify functions want, the strong one included: two of each kind (documented). With
#: it a password has the thirty characters that every release takes.
STRONG = "Ab_1Cd#2"

#: Codes by which the other database says that this account or password does not let the link in; a new password may.
DENIED = ("ORA-01017", "ORA-01005", "ORA-28000", "ORA-28001", "ORA-01045")


def name_of(want: Want) -> str:
    """Name of the link."""
    return t.cast(str, want["name"] or database_link(want["migration_id"], want["migration_run"], want["purpose"]))


def account_of(want: Want) -> t.Optional[str]:
    """Account of the other database."""
    return database_link(want["migration_id"], want["migration_run"], want["purpose"]) if want["create_account"] else want["link_user"]


def answer_of(session: t.Any, name: str) -> t.Dict[str, t.Any]:
    """Ask the other database through a link: the code and the text of what stands in the way, both None when nothing does."""
    question = "SELECT dummy FROM dual@" + identifier(name)
    try:
        session.call(Statement(ASK.format(literal(question), literal(identifier(name)))), answer=str)
    except DbferryError as error:
        return {"code": error.code, "error": error.message}
    return {"code": None, "error": None}


def observe(session: t.Any, want: Want) -> State:
    name, account = name_of(want), account_of(want)
    found = session.one(LINK, name=name)
    state: State = {"DATABASE_LINK " + name: None}
    if found is not None:
        asked = answer_of(session, found["name"]) if want["state"] == "present" else {"code": None, "error": None}
        state["DATABASE_LINK " + name] = dict(found, **asked)
    if want["state"] == "present":
        strict = str(session.one(GLOBAL_NAMES)["value"]).upper() == "TRUE"
        state["OTHER"] = {"_global_name": session.peer.one(GLOBAL_NAME)["name"] if strict and session.peer is not None else None}
    if want["create_account"] and session.peer is not None:
        status = session.peer.one(ACCOUNT, name=account)
        granted: t.Dict[str, t.List[str]] = {}
        for row in session.peer.query(DIRECTORIES, name=account):
            granted.setdefault(row["name"], []).append(row["privilege"])
        state["ACCOUNT {0}".format(account)] = None if status is None else {
            "status": status["status"], "directories": granted,
            "privileges": sorted(row["privilege"] for row in session.peer.query(PRIVILEGES, name=account))}
    return state


def plan(state: State, want: Want) -> t.List[Step]:
    name, account = name_of(want), account_of(want)
    link = state["DATABASE_LINK " + name]
    there = state.get("ACCOUNT {0}".format(account))
    if want["state"] == "absent":
        steps = [] if link is None else [Step(Statement("DROP DATABASE LINK ", identifier(link["name"])), effects={"DATABASE_LINK " + name: None})]
        if there is not None:
            steps.append(Step(Statement("DROP USER ", identifier(t.cast(str, account))), effects={"ACCOUNT {0}".format(account): None}, at_peer=True))
        return steps
    _refuse(state, want)
    fits = link is not None and (link["account"], link["connect_string"]) == (account, want["connect_string"]) and link["code"] not in DENIED
    if link is not None and fits and link["code"] is not None:
        raise _broken(name, link, want)
    password = Secret('"{0}"'.format(secrets.token_hex(11) + STRONG if want["create_account"] else want["link_password"]))
    steps = _account(there, t.cast(str, account), fits, password, want) if want["create_account"] else []
    if fits:
        return steps
    if link is not None:
        steps.append(Step(Statement("DROP DATABASE LINK ", identifier(link["name"])), effects={"DATABASE_LINK " + name: None}))
    steps.append(Step(
        Statement("CREATE DATABASE LINK ", identifier(name), " CONNECT TO ", identifier(t.cast(str, account)), " IDENTIFIED BY ", password,
                  " USING ", literal(want["connect_string"])),
        effects={"DATABASE_LINK " + name: {"name": name, "account": account, "connect_string": want["connect_string"], "code": None, "error": None}}))
    return steps


def _account(there: t.Optional[Attributes], account: str, fits: bool, password: Secret, want: Want) -> t.List[Step]:
    """The account at the other database. Its password is forgotten with this call: a link that is made anew gets another one."""
    resource, steps = "ACCOUNT " + account, []
    if there is None or not fits:
        verb = "CREATE" if there is None else "ALTER"
        steps.append(Step(Statement(verb, " USER ", identifier(account), " IDENTIFIED BY ", password, " ACCOUNT UNLOCK"), at_peer=True,
                          effects={resource: {"status": "OPEN", "privileges": (there or {}).get("privileges", []),
                                              "directories": (there or {}).get("directories", {})}}))
    held = (there or {}).get("privileges", [])
    missing = [privilege for privilege in ["CREATE SESSION"] + want["privileges"] if privilege.upper() not in held]
    if missing:
        steps.append(Step(Statement("GRANT ", ", ".join(word.upper() for word in missing), " TO ", identifier(account)), at_peer=True,
                          effects={resource: {"privileges": sorted(held + [word.upper() for word in missing])}}))
    granted = dict((there or {}).get("directories", {}))
    for directory, privileges in sorted(want["directories"].items()):
        lacking = sorted({word.upper() for word in privileges} - set(granted.get(directory, [])))
        if lacking:
            granted = dict(granted, **{directory: sorted(set(granted.get(directory, [])) | set(lacking))})
            steps.append(Step(Statement("GRANT ", ", ".join(lacking), " ON DIRECTORY ", identifier(directory), " TO ", identifier(account)),
                              at_peer=True, effects={resource: {"directories": granted}}))
    return steps


def _refuse(state: State, want: Want) -> None:
    findings = []
    if want["create_account"] and want["peer"] is None:
        findings.append(("DBF-0401", "create_account makes an account at the other database, and no peer is named.", "Give peer_entry or peer."))
    if not want["create_account"] and not (want["link_user"] and want["link_password"]):
        findings.append(("DBF-0402", "Nothing says how the link logs on.", "Give link_user and link_password, or create_account."))
    words = [word for word in want["privileges"] if not word.replace(" ", "").replace("_", "").isalnum()]
    if words:
        findings.append(("DBF-0403", "These are no privileges or roles: {0!r}.".format(words), "Give Oracle's words, such as CREATE TABLE."))
    unknown = sorted({word for privileges in want["directories"].values() for word in privileges if word.upper() not in ("READ", "WRITE")})
    if unknown:
        findings.append(("DBF-0403", "A directory object has the privileges READ and WRITE, not {0}.".format(", ".join(unknown)), "Give one of them or both."))
    if '"' in (want["link_password"] or ""):
        findings.append(("DBF-0404", "The password holds a double quote, which no password can.", "Give another one."))
    other = t.cast(Attributes, state["OTHER"])["_global_name"]
    if other and name_of(want).partition("@")[0] not in (other, other.partition(".")[0]):
        findings.append(("DBF-0405", "GLOBAL_NAMES is TRUE here, so the link must be named {0}, and its name is {1}.".format(other, name_of(want)),
                         "Give the global name as name; a qualifier may follow it, as in {0}@DBFERRY.".format(other)))
    refuse(findings)


def _broken(name: str, link: Attributes, want: Want) -> DbferryError:
    return DbferryError("The database link {0} to {1} leads nowhere: {2}".format(name, want["connect_string"], link["error"]), code=link["code"],
                        hint="The connect string is resolved on the server of this database, not where Ansible runs: look at its tnsnames.ora, "
                             "the other listener and what lies between them.")


def unsettled(state: State, want: Want) -> t.Optional[DbferryError]:
    """What the other side says to a link that was made just now."""
    link = state["DATABASE_LINK " + name_of(want)]
    return _broken(name_of(want), link, want) if link is not None and link["code"] is not None else None


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    return {"name": name_of(want), "account": account_of(want)}


MODULE = Module(
    argument_spec=dict(
        PEER,
        purpose={"type": "str", "default": "LINK"},
        name={"type": "str"},
        connect_string={"type": "str"},
        link_user={"type": "str"},
        link_password={"type": "str", "no_log": True},
        create_account={"type": "bool", "default": False},
        privileges={"type": "list", "elements": "str", "default": []},
        directories={"type": "dict", "default": {}},
        state={"type": "str", "default": "present", "choices": ["present", "absent"]},
    ),
    observe=observe, plan=plan, report=report, unsettled=unsettled, ephemeral=lambda want: want["state"] == "present",
    required_if=[("state", "present", ("connect_string",))],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: migration_user
short_description: The account that migrates, with no more privileges than its purposes need
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Creates or changes an account and grants it what its purposes need in this release, and no more.
  - What it has beyond that is reported in RV(excess), and revoked only when O(exclusive=true).
  - In the root of a container database the account is a common user (C##), and everything is granted in all containers.
  - Connect as an administrator with CREATE USER, ALTER USER, DROP USER and GRANT ANY PRIVILEGE, GRANT ANY ROLE and GRANT ANY OBJECT
    PRIVILEGE. Only SYS grants what is its own, so purposes with C(EXECUTE ON SYS) need O(mode=sysdba).
options:
  name:
    description: The account as the dictionary has it.
    type: str
    required: true
  identified_by:
    description: Its password, needed for a new account. It cannot be observed; see O(update_password).
    type: str
  update_password:
    description: V(always) sets the password in every run, which is always a change; V(on_create) only for a new account.
    type: str
    default: on_create
    choices: [always, on_create]
  purposes:
    description: What the account is for. docs/privileges.md lists the grants of each.
    type: list
    elements: str
    default: []
    choices: [xtts_source, xtts_target, file_transfer, link_account, compare, datapump_export, datapump_import, fence, scheduled_jobs,
              supplemental_log, log_switch, logminer, oms, oms_reverse]
  default_tablespace:
    description: Where its journal and the master tables of Data Pump lie. It is not among those that are transported.
    type: str
  temporary_tablespace:
    description: Its temporary tablespace.
    type: str
  profile:
    description: Its profile.
    type: str
  quota:
    description: Tablespace to quota, which is C(UNLIMITED) or a number of bytes, also with K, M or G after it.
    type: dict
    default: {}
  exclusive:
    description: Revoke what the account has beyond its purposes.
    type: bool
    default: false
  state:
    description: Whether the account is there.
    type: str
    default: present
    choices: [present, absent]
  with_objects:
    description: With O(state=absent), drop the account although it owns objects, the journal of migrations among them.
    type: bool
    default: false
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: The account at the source
  dbferry.oracle.migration_user:
    dsn: dbsrc.example.com:1521/sales
    user: system
    password: "{{ vault_system_password }}"
    name: DBFERRY
    identified_by: "{{ vault_dbferry_password }}"
    default_tablespace: DBFERRY
    quota: {DBFERRY: UNLIMITED}
    purposes: [xtts_source]
"""

RETURN = r"""
before:
  description: The account before.
  returned: success
  type: dict
after:
  description: The account afterwards.
  returned: success
  type: dict
needed:
  description: The grants of its purposes in this release.
  returned: success
  type: list
  elements: str
  sample: [CREATE SESSION, SELECT ANY DICTIONARY, LOGMINING]
excess:
  description: Grants that it has beyond them.
  returned: success
  type: list
  elements: str
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import JOURNAL_TABLE, identifier
from ansible_collections.dbferry.oracle.plugins.module_utils.privileges import ROLES, needed
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Secret, Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

USER = """
SELECT u.account_status status, u.default_tablespace, u.temporary_tablespace, u.profile, u.oracle_maintained,
       (SELECT COUNT(*) FROM dba_objects o WHERE o.owner = u.username) objects,
       (SELECT COUNT(*) FROM dba_tables t WHERE t.owner = u.username AND t.table_name = :journal) journals
  FROM dba_users u WHERE u.username = :name
"""
QUOTAS = "SELECT tablespace_name name, max_bytes FROM dba_ts_quotas WHERE username = :name AND dropped = 'NO'"
#: Whoever makes a directory object has its privileges by that, so they are no matter of purposes.
GRANTS = """
SELECT privilege, NULL owner, NULL name, common FROM dba_sys_privs WHERE grantee = :name
UNION ALL
SELECT granted_role, NULL, NULL, common FROM dba_role_privs WHERE grantee = :name
UNION ALL
SELECT privilege, owner, table_name, common FROM dba_tab_privs WHERE grantee = :name AND type <> 'DIRECTORY'
"""
CONTAINER = """
SELECT SYS_CONTEXT('USERENV', 'CON_ID') container, (SELECT value FROM v$parameter WHERE name = 'common_user_prefix') prefix FROM dual
"""

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
#: A quota is kept in whole blocks (documented), of at most this many bytes.
LARGEST_BLOCK = 32768


def resource(want: Want) -> str:
    return "USER {0}".format(want["name"])


def observe(session: t.Any, want: Want) -> State:
    place = session.one(CONTAINER)
    root = int(place["container"]) == 1
    state: State = {"DATABASE": {"release": list(session.release), "root": root, "_prefix": place["prefix"] or "", "_user": session.user},
                    resource(want): None}
    found = session.one(USER, name=want["name"], journal=JOURNAL_TABLE)
    if found is not None:
        quota = {row["name"]: "UNLIMITED" if row["max_bytes"] == -1 else row["max_bytes"] for row in session.query(QUOTAS, name=want["name"])}
        state[resource(want)] = {
            "status": found["status"], "default_tablespace": found["default_tablespace"], "temporary_tablespace": found["temporary_tablespace"],
            "profile": found["profile"], "quota": quota,
            # What a common user is granted in the root alone is not what is asked for.
            "grants": sorted({_grant(row) for row in session.query(GRANTS, name=want["name"]) if not root or row["common"] == "YES"}),
            "_objects": found["objects"], "_journals": found["journals"], "_maintained": found["oracle_maintained"] == "Y",
            # A password cannot be observed; what this call has issued counts.
            "_password_set": any(text.startswith(_sets_password(want)) for text in session.statements)}
    return state


def _sets_password(want: Want) -> t.Tuple[str, ...]:
    return tuple("{0} USER {1} IDENTIFIED BY ".format(verb, identifier(want["name"])) for verb in ("CREATE", "ALTER"))


def _grant(row: Attributes) -> str:
    return row["privilege"] if row["owner"] is None else "{privilege} ON {owner}.{name}".format(**row)


def plan(state: State, want: Want) -> t.List[Step]:
    found, database = state[resource(want)], t.cast(Attributes, state["DATABASE"])
    if found and found["_maintained"]:
        raise Refused("{0} belongs to Oracle and is no account for migrations.".format(want["name"]), code="DBF-0321",
                      hint="Name an account of your own.")
    if want["state"] == "absent":
        return _plan_absent(found, database, want)
    steps = [_alter(found, database, want)] if found else [_create(database, want)]
    grants = needed(want["purposes"], tuple(database["release"]), database["root"])
    held = found["grants"] if found else []
    steps += _granting("GRANT", "TO", [grant for grant in grants if grant not in held], held, database, want)
    if want["exclusive"]:
        held = sorted(set(held) | set(grants))
        steps += _granting("REVOKE", "FROM", [grant for grant in held if grant not in grants], held, database, want)
    return [step for step in steps if step is not None]


def _everywhere(database: Attributes) -> str:
    return " CONTAINER = ALL" if database["root"] else ""


def _password(want: Want) -> Secret:
    text = want["identified_by"] or ""
    if not text or '"' in text or "\0" in text:
        raise Refused("identified_by is empty or holds a double quote or a NUL character, which no Oracle password can." if text else
                      "A new account needs a password: identified_by is not given.", code="DBF-0322",
                      hint="Set identified_by, for example from a vault.")
    return Secret('"{0}"'.format(text))


def _create(database: Attributes, want: Want) -> Step:
    if database["root"] and not want["name"].startswith(database["_prefix"]):
        raise Refused("In the root, the name of an account begins with {0}.".format(database["_prefix"]), code="ORA-65096",
                      hint="Name it {0}{1}, or connect to the pluggable database's service.".format(database["_prefix"], want["name"]))
    clauses, effects = _clauses({"quota": {}}, want)
    return Step(Statement("CREATE USER ", identifier(want["name"]), " IDENTIFIED BY ", _password(want), clauses, _everywhere(database)),
                effects={resource(want): dict(effects, grants=[], status="OPEN")})


def _clauses(found: Attributes, want: Want) -> t.Tuple[str, Attributes]:
    """The clauses of CREATE or ALTER USER for what differs, and their effects."""
    text, effects = "", {}
    for option, words in (("default_tablespace", "DEFAULT TABLESPACE"), ("temporary_tablespace", "TEMPORARY TABLESPACE"), ("profile", "PROFILE")):
        if want[option] and want[option] != found.get(option):
            text += " {0} {1}".format(words, identifier(want[option]))
            effects[option] = want[option]
    quota = dict(found["quota"])
    for tablespace, size in sorted(want["quota"].items()):
        wanted, held = _bytes(tablespace, size), quota.get(tablespace)
        close = isinstance(wanted, int) and isinstance(held, int) and 0 <= held - wanted < LARGEST_BLOCK
        if wanted != held and not close and not (wanted == 0 and held is None):
            text += " QUOTA {0} ON {1}".format(wanted, identifier(tablespace))
            quota[tablespace] = wanted
    return text, dict(effects, quota=quota)


def _bytes(tablespace: str, size: t.Any) -> t.Any:
    """A quota in bytes, or UNLIMITED."""
    match = re.fullmatch(r"(\d+)\s*([KMGT]?)", str(size).strip().upper())
    if match:
        return int(match.group(1)) * UNITS[match.group(2)]
    if str(size).strip().upper() != "UNLIMITED":
        raise Refused("The quota on {0} is not understood: {1}.".format(tablespace, size), code="DBF-0323",
                      hint="Give UNLIMITED, or a number of bytes, with K, M, G or T after it if you like.")
    return "UNLIMITED"


def _alter(found: Attributes, database: Attributes, want: Want) -> t.Optional[Step]:
    clauses, effects = _clauses(found, want)
    again = want["update_password"] == "always" and want["identified_by"] and not found["_password_set"]
    if not clauses and not again:
        return None
    password: t.List[t.Union[str, Secret]] = [" IDENTIFIED BY ", _password(want)] if again else []
    return Step(Statement("ALTER USER ", identifier(want["name"]), *password, clauses, _everywhere(database)),
                effects={resource(want): dict(effects, _password_set=bool(again))})


def _granting(verb: str, whom: str, grants: t.List[str], held: t.List[str], database: Attributes, want: Want) -> t.List[Step]:
    """System privileges and roles in one statement, objects one by one."""
    after = set(held)
    steps = []
    for part in [[grant for grant in grants if " ON " not in grant]] + [[grant] for grant in grants if " ON " in grant]:
        if not part:
            continue
        after = after | set(part) if verb == "GRANT" else after - set(part)
        steps.append(Step(Statement(verb, " ", ", ".join(_words(grant) for grant in part), " {0} ".format(whom), identifier(want["name"]),
                                    _everywhere(database)), effects={resource(want): {"grants": sorted(after)}}))
    return steps


def _words(grant: str) -> str:
    privilege, dummy, name = grant.partition(" ON ")
    if name:
        return "{0} ON {1}".format(privilege, ".".join(identifier(part) for part in name.split(".", 1)))
    # Roles are names, and one of somebody's own may be spelt in any way; system privileges are words.
    return identifier(grant) if grant in ROLES or not grant.replace(" ", "").isalpha() else grant


def _plan_absent(found: t.Optional[Attributes], database: Attributes, want: Want) -> t.List[Step]:
    if found is None:
        return []
    findings = ["it is the account of this very session"] if want["name"] == database["_user"] else []
    if not want["with_objects"]:
        findings += ["the journal of migrations lies in its schema"] if found["_journals"] else []
        findings += ["it owns {0} objects".format(found["_objects"])] if found["_objects"] else []
    if findings:
        raise Refused("{0} is not dropped: {1}.".format(want["name"], "; ".join(findings)), code="DBF-0324",
                      hint="Without the journal nothing can be put back as it was. with_objects=true drops the account nevertheless.",
                      details={"findings": findings})
    return [Step(Statement("DROP USER ", identifier(want["name"]), " CASCADE" if found["_objects"] else ""), effects={resource(want): None})]


def report(state: State, want: Want) -> Attributes:
    database, found = t.cast(Attributes, state["DATABASE"]), state[resource(want)]
    grants = needed(want["purposes"], tuple(database["release"]), database["root"])
    return {"needed": grants, "excess": sorted(set(found["grants"]) - set(grants)) if found else []}


MODULE = Module(
    argument_spec={
        "name": {"type": "str", "required": True},
        "identified_by": {"type": "str", "no_log": True},
        "update_password": {"type": "str", "default": "on_create", "choices": ["always", "on_create"], "no_log": False},
        "purposes": {"type": "list", "elements": "str", "default": [], "choices": [
            "xtts_source", "xtts_target", "file_transfer", "link_account", "compare", "datapump_export", "datapump_import", "fence", "scheduled_jobs",
            "supplemental_log", "log_switch", "logminer", "oms", "oms_reverse"]},
        "default_tablespace": {"type": "str"},
        "temporary_tablespace": {"type": "str"},
        "profile": {"type": "str"},
        "quota": {"type": "dict", "default": {}},
        "exclusive": {"type": "bool", "default": False},
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        "with_objects": {"type": "bool", "default": False},
    },
    observe=observe, plan=plan, report=report,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

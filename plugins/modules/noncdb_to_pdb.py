#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: noncdb_to_pdb
short_description: Make a non-CDB a pluggable database of a container database on the same server
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - The non-CDB is opened read only and described (DBMS_PDB.DESCRIBE), the container database is asked whether it fits
    (DBMS_PDB.CHECK_PLUG_COMPATIBILITY), the non-CDB is shut down and plugged in (CREATE PLUGGABLE DATABASE), its dictionary is converted
    (C(noncdb_to_pdb.sql)), and it is opened and its state saved.
  - The session is one of the non-CDB, the peer is the root of the container database, which runs on the same server under the same owner. With
    O(state=open) both are reached by SQL*Plus there.
  - A call goes on where the one before ended, whatever ended that. When C(noncdb_to_pdb.sql) was run and the pluggable database was not opened
    yet, the script is run again, which does no harm.
  - With O(copy=nocopy) and O(copy=move) there is no way back to the non-CDB once it is plugged in. Violations of type ERROR are told before.
  - With O(key_file) the keys of encrypted tablespaces come along (C(ADMINISTER KEY MANAGEMENT EXPORT) and C(IMPORT ENCRYPTION KEYS)).
options:
  name:
    description: The pluggable database, as V$PDBS will have it.
    type: str
    required: true
  state:
    description:
      - V(checked) changes nothing and stops at nothing that runs. It compares the two databases while they work, and fails with everything
        that stands in the way. The peer may be on another server.
      - V(open) makes the non-CDB a pluggable database.
    type: str
    default: open
    choices: [checked, open]
  pdb_descr_file:
    description: Where the description is written on the server. It is overwritten. Needed with O(state=open).
    type: str
  copy:
    description:
      - What becomes of the datafiles. V(nocopy) uses them where they are. V(copy) and V(move) take them to where O(file_name_convert) or
        DB_CREATE_FILE_DEST of the container database say.
    type: str
    default: nocopy
    choices: [nocopy, copy, move]
  file_name_convert:
    description: Patterns in the names of files, with what takes their place, for V(copy) and V(move).
    type: dict
    default: {}
  tempfile_reuse:
    description: Use the temporary files of the non-CDB where they are.
    type: bool
    default: true
  as_clone:
    description: Give it a GUID and a DBID of its own. Needed where the same database was plugged in before (ORA-65122), as in a rehearsal.
    type: bool
    default: false
  save_state:
    description: Save the state, so that it is opened with the container database.
    type: bool
    default: true
  key_file:
    description:
      - Where on the server the keys of the non-CDB are exported to, for the container database to import them, which keeps it restricted otherwise.
      - The file stays, readable with O(keystore_password) only. One that is there is taken for that of a call before. Needed where tablespaces are
        encrypted.
    type: str
  keystore_password:
    description: Password of the keystore of the non-CDB, and of O(key_file).
    type: str
  cdb_keystore_password:
    description: Password of the keystore of the container database.
    type: str
  ignore:
    description: Causes of violations, as PDB_PLUG_IN_VIOLATIONS has them, with which it may stay restricted for now, such as V(SQL Patch)
      when datapatch follows.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - dbferry.oracle.instance
  - dbferry.oracle.server
  - dbferry.oracle.peer
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Would it fit?
  dbferry.oracle.noncdb_to_pdb:
    name: SALES
    state: checked
    mode: sysdba
    peer_entry: cdb1

- name: Make it a pluggable database
  dbferry.oracle.noncdb_to_pdb:
    name: SALES
    pdb_descr_file: /u01/app/oracle/sales.xml
    restart: true
    mode: sysdba
    peer_entry: cdb1
    migration_id: SALES
  become: true
  become_user: oracle
  register: converted
  until: converted.finished
  retries: 600
"""

RETURN = r"""
before:
  description: The instance of the non-CDB and the pluggable database before.
  returned: success
  type: dict
after:
  description: The instance of the non-CDB and the pluggable database afterwards.
  returned: success
  type: dict
  sample: {"INSTANCE": {"status": "STOPPED"}, "PDB SALES": {"open_mode": "READ WRITE", "restricted": false, "saved_state": "OPEN", "converted": true}}
findings:
  description: What stands in the way as far as both databases tell, each with C(severity), C(check), C(message), C(remedy) and C(objects).
  returned: success
  type: list
  elements: dict
violations:
  description: What PDB_PLUG_IN_VIOLATIONS has of it that is not resolved, errors first.
  returned: success
  type: list
  elements: dict
finished:
  description: Whether it is done. The script runs in the background, and the next call joins it.
  returned: success
  type: bool
pending:
  description: What was left, because it needs the non-CDB to be shut down, which O(restart) does not allow.
  returned: success
  type: list
  elements: str
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["SHUTDOWN IMMEDIATE", "STARTUP OPEN READ ONLY"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import plugging, sqlplus
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER, SERVER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.findings import refuse_errors
from ansible_collections.dbferry.oracle.plugins.module_utils.instance import (
    OPTIONS, RESOURCE, WAITS_FOR_RESTART, ascend, observe_instance, shutdown, startup)
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier, literal, server_job
from ansible_collections.dbferry.oracle.plugins.module_utils.session_sqlplus import past_restriction
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Command, Secret, Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, ServerJob, State, Step, Want, into_container

PDB = """
SELECT p.open_mode, NVL(p.restricted, 'NO') restricted, d.status,
       (SELECT MIN(s.state) FROM dba_pdb_saved_states s WHERE s.con_name = p.name) saved_state
  FROM v$pdbs p JOIN dba_pdbs d ON d.pdb_name = p.name WHERE p.name = :name
"""
VIOLATIONS = """
SELECT type, cause, message, action, status FROM pdb_plug_in_violations WHERE name = :name AND status = 'PENDING'
 ORDER BY DECODE(type, 'ERROR', 1, 2), time
"""
#: CAUSE of the violation that noncdb_to_pdb.sql resolves.
NON_CDB = "Non-CDB to PDB"
#: CAUSE of the one that the import of its keys resolves, once it is opened again.
KEY_NEEDED = "Wallet Key Needed"
#: Every violation that keeps it restricted is told at once. RAISE_APPLICATION_ERROR takes 2048 bytes.
CHECK = """DECLARE
  told VARCHAR2(2000);
BEGIN
  IF NOT DBMS_PDB.CHECK_PLUG_COMPATIBILITY(pdb_descr_file => {0}, pdb_name => {1}) THEN
    FOR found IN (SELECT message FROM pdb_plug_in_violations WHERE name = {1} AND type = 'ERROR' AND status = 'PENDING'{2} ORDER BY time) LOOP
      told := SUBSTR(told || ' ' || found.message, 1, 1800);
    END LOOP;
    IF told IS NOT NULL THEN
      RAISE_APPLICATION_ERROR(-20001, 'It would be opened restricted:' || told);
    END IF;
  END IF;
END;"""
#: After the script, which leaves it as it was: a call that joins the script does not know how that was, and another one may have opened it by then.
OPEN = """DECLARE
  found VARCHAR2(20);
BEGIN
  SELECT open_mode || ' ' || NVL(restricted, 'NO') INTO found FROM v$pdbs WHERE name = {0};
  IF found <> 'READ WRITE NO' THEN
    IF found NOT LIKE 'MOUNTED%' THEN
      EXECUTE IMMEDIATE {1};
    END IF;
    EXECUTE IMMEDIATE {2};
  END IF;
END;"""


def observe(session: t.Any, want: Want) -> State:
    name = want["name"]
    state: State = {"VIOLATIONS": {"_rows": []}, "FINDINGS": {"_found": []}}
    if want["state"] == "checked":
        here, there = plugging.look_at_both(session, session.peer)
        t.cast(Attributes, state["FINDINGS"])["_found"] = plugging.check(here, there, name, want["as_clone"], bool(want["key_file"]))
        return state
    state.update(observe_instance(session))
    rows = session.peer.query(VIOLATIONS, name=name)
    state["VIOLATIONS"] = {"_rows": rows}
    row = session.peer.one(PDB, name=name)
    state["PDB " + name] = row and {
        "open_mode": row["open_mode"], "restricted": row["restricted"] == "YES", "saved_state": row["saved_state"],
        # One that was never open cannot have been converted.
        "converted": row["status"] != "NEW" and all(violation["cause"] != NON_CDB for violation in rows)}
    if row is None and t.cast(Attributes, state[RESOURCE])["status"] == "OPEN":
        # Everything else Oracle itself refuses before anything is lost.
        state["FINDINGS"] = {"_found": plugging.check_encryption(plugging.encrypted(session), bool(want["key_file"]))}
    # In 12.1 no clause makes up for a keystore that is open without its password. The peer is asked: the non-CDB itself may be down for good.
    t.cast(Attributes, state[RESOURCE])["_force"] = " FORCE KEYSTORE" if want["key_file"] and session.peer.release >= (12, 2) else ""
    return state


def _errors(state: State, want: Want) -> t.List[Attributes]:
    """Violations with which it may not stay."""
    return [row for row in t.cast(Attributes, state["VIOLATIONS"])["_rows"]
            if row["type"] == "ERROR" and row["cause"] != NON_CDB and row["cause"] not in want["ignore"]]


def plan(state: State, want: Want) -> t.List[Step]:
    found = t.cast(Attributes, state["FINDINGS"])["_found"]
    refuse_errors(found, "The database cannot become the pluggable database " + want["name"], "DBF-0811", {"findings": found})
    if want["state"] == "checked":
        return []
    resource = "PDB " + want["name"]
    pdb, instance = state[resource], t.cast(Attributes, state[RESOURCE])
    if pdb is not None and instance["status"] in ("MOUNTED", "OPEN"):
        raise Refused("There is a pluggable database {0}, and the non-CDB is {1}: they are two databases.".format(
            want["name"], instance["status"].lower()), code="DBF-0812", hint="Give another name, or shut the non-CDB down if it was copied.")
    steps = []
    if want["key_file"] and '"' in want["keystore_password"] + want["cdb_keystore_password"]:
        raise Refused("A password of a keystore holds a double quote, which no password can.", code="DBF-0816", hint="Give another one.")
    if pdb is None:
        steps = _plug_in(instance, resource, want)
        pdb = t.cast(Attributes, steps[-1].effects[resource])
    steps += _open(pdb, resource, state, want)
    if state[resource] is None and not want["restart"]:
        for step in steps:
            step.pending = WAITS_FOR_RESTART
    return steps


# -- plugging in


def _plug_in(instance: Attributes, resource: str, want: Want) -> t.List[Step]:
    if not want["pdb_descr_file"]:
        raise Refused("Nothing says where the description is to be written.", code="DBF-0813", hint="Give pdb_descr_file.")
    name, path = literal(want["name"]), literal(want["pdb_descr_file"])
    later = want["ignore"] + ([KEY_NEEDED] if want["key_file"] else [])
    ignored = "".join(" AND cause <> " + literal(cause) for cause in later)
    steps = _read_only(instance, want)
    if want["key_file"]:
        # Best while it is open as usual; after a call that was killed it is so no more.
        steps.insert(0 if instance.get("open_mode") == "READ WRITE" else len(steps), _export(instance, want))
    steps.append(Step(Statement("BEGIN DBMS_PDB.DESCRIBE(pdb_descr_file => ", path, "); END;")))
    steps.append(Step(Statement(CHECK.format(path, name, ignored)), at_peer=True))
    steps.append(shutdown(dict(instance, status="OPEN"), want))
    steps.append(Step(Statement("CREATE PLUGGABLE DATABASE ", identifier(want["name"]), " AS CLONE" if want["as_clone"] else "", " USING ", path,
                                _clauses(want)), at_peer=True,
                      effects={resource: {"open_mode": "MOUNTED", "restricted": False, "saved_state": None, "converted": False}}))
    return steps


def _read_only(instance: Attributes, want: Want) -> t.List[Step]:
    """Its files are those of a clean shutdown then, as CREATE PLUGGABLE DATABASE wants them (ORA-65139 otherwise)."""
    if instance["status"] == "OPEN" and instance.get("open_mode") == "READ ONLY":
        return []
    if instance["status"] == "STOPPED":
        return startup(instance, want, "OPEN", read_only=True)
    if instance["status"] == "OPEN":
        return [shutdown(instance, want)] + startup(instance, want, "OPEN", read_only=True)
    return ascend(instance, "OPEN", read_only=True)


def _export(instance: Attributes, want: Want) -> Step:
    secret = Secret('"{0}"'.format(want["keystore_password"]))
    return Step(Statement("ADMINISTER KEY MANAGEMENT EXPORT ENCRYPTION KEYS WITH SECRET ", secret, " TO ", literal(want["key_file"]), instance["_force"],
                          " IDENTIFIED BY ", secret), already="ORA-46642")


def _import(instance: Attributes, want: Want) -> Step:
    """In what it has become, which is open."""
    return Step(Statement("ADMINISTER KEY MANAGEMENT IMPORT ENCRYPTION KEYS WITH SECRET ", Secret('"{0}"'.format(want["keystore_password"])), " FROM ",
                          literal(want["key_file"]), instance["_force"], " IDENTIFIED BY ", Secret('"{0}"'.format(want["cdb_keystore_password"])),
                          " WITH BACKUP"), at_peer=True, inside=want["name"], already="ORA-46655")


def _clauses(want: Want) -> str:
    pairs = ", ".join("{0}, {1}".format(literal(old), literal(new)) for old, new in sorted(want["file_name_convert"].items()))
    return " {0}{1}{2}".format(want["copy"].upper(), " FILE_NAME_CONVERT = ({0})".format(pairs) if pairs else "",
                               " TEMPFILE REUSE" if want["tempfile_reuse"] else "")


# -- opening it


def _alter(resource: str, what: str, **attributes: t.Any) -> Step:
    return Step(Statement("ALTER PLUGGABLE DATABASE ", identifier(resource.split(" ", 1)[1]), " ", what), at_peer=True, effects={resource: attributes})


def _open(found: Attributes, resource: str, state: State, want: Want) -> t.List[Step]:
    errors = _errors(state, want)
    rows = t.cast(Attributes, state["VIOLATIONS"])["_rows"]
    kept = any(row["type"] == "ERROR" for row in rows) and not errors     # restricted by what is ignored for now
    opened = found["open_mode"] != "MOUNTED"
    right = found["converted"] and found["open_mode"] == "READ WRITE" and (not found["restricted"] or kept)
    keys = want["key_file"] and (not found["converted"] or any(row["cause"] == KEY_NEEDED for row in rows))
    steps = []
    if not found["converted"]:
        # The script closes it itself. It may be running, in what is open for it then.
        steps += [_convert(resource, want), _open_anew(resource, want)]
        opened = True
    elif not right and not opened:
        steps.append(_alter(resource, "OPEN", open_mode="READ WRITE", restricted=False))
    if keys:
        steps.append(_import(t.cast(Attributes, state[RESOURCE]), want))
    if keys or (found["converted"] and not right and opened):
        steps.append(_alter(resource, "CLOSE IMMEDIATE", open_mode="MOUNTED", restricted=False))
        steps.append(_alter(resource, "OPEN", open_mode="READ WRITE", restricted=False))
    if want["save_state"] and found["saved_state"] != "OPEN":
        steps.append(_alter(resource, "SAVE STATE", saved_state="OPEN"))
    return steps


def _open_anew(resource: str, want: Want) -> Step:
    alter = "ALTER PLUGGABLE DATABASE {0} ".format(identifier(want["name"]))
    return Step(Statement(OPEN.format(literal(want["name"]), literal(alter + "CLOSE IMMEDIATE"), literal(alter + "OPEN"))), at_peer=True,
                effects={resource: {"open_mode": "READ WRITE", "restricted": False}})


def _convert(resource: str, want: Want) -> Step:
    """noncdb_to_pdb.sql, in the background: it recompiles what there is. It must be run before it is opened (documented)."""
    peer = want["peer"]
    dsn = peer.get("dsn") or "{0}:{1}/{2}".format(peer.get("host"), peer.get("port"), peer.get("service_name"))
    logon = sqlplus.connect(peer["user"], peer["password"] or "", past_restriction(dsn), "SYSDBA")
    body = into_container(want["name"]).text() + ";\nSET DEFINE ON\n@?/rdbms/admin/noncdb_to_pdb.sql\n"
    command = Command(["sqlplus", "-S", "-L", "/nolog"], shown="sqlplus @?/rdbms/admin/noncdb_to_pdb.sql, in " + want["name"])
    job = ServerJob(server_job(want["migration_id"], want["migration_run"], "NONCDB_TO_PDB"), command.argv, sqlplus.script(Statement(body), logon))

    def conclude(text: str, rc: t.Optional[int]) -> Attributes:
        """The script goes on after errors that it expects, and ends SQL*Plus at others: its end is what tells."""
        outcome = sqlplus.parse(text, rc)
        if not outcome.complete:
            raise DbferryError("noncdb_to_pdb.sql did not come to its end{0}.".format(": {0}".format(outcome.cause) if outcome.cause else ""),
                               code="DBF-0814", statement=str(command),
                               hint="Correct what it says, and run this again: the script may be run as often as needed.", details={"output": text[-4000:]})
        return {}

    return Step(command, job=job, conclude=conclude, effects={resource: {"converted": True, "open_mode": "MOUNTED"}})


def unsettled(state: State, want: Want) -> t.Optional[DbferryError]:
    """It was opened, and Oracle keeps everybody out."""
    errors = _errors(state, want) if want["state"] == "open" else []
    if not errors:
        return None
    return DbferryError("{0} is open restricted: {1}".format(want["name"], " ".join(
        "({0}) {1} {2}".format(number, row["message"], row["action"]) for number, row in enumerate(errors, 1))), code="DBF-0815",
        hint="Resolve these violations (datapatch for patches) and run this again, which opens it anew.", details={"violations": errors})


def report(state: State, want: Want) -> Attributes:
    return {"violations": t.cast(Attributes, state["VIOLATIONS"])["_rows"], "findings": t.cast(Attributes, state["FINDINGS"])["_found"]}


MODULE = Module(
    argument_spec=dict(
        OPTIONS, **SERVER, **PEER,
        name={"type": "str", "required": True},
        state={"type": "str", "default": "open", "choices": ["checked", "open"]},
        pdb_descr_file={"type": "str"},
        copy={"type": "str", "default": "nocopy", "choices": ["nocopy", "copy", "move"]},
        file_name_convert={"type": "dict", "default": {}},
        tempfile_reuse={"type": "bool", "default": True},
        as_clone={"type": "bool", "default": False},
        save_state={"type": "bool", "default": True},
        key_file={"type": "str", "no_log": False},
        keystore_password={"type": "str", "no_log": True},
        cdb_keystore_password={"type": "str", "no_log": True},
        ignore={"type": "list", "elements": "str", "default": []},
    ),
    observe=observe, plan=plan, report=report, unsettled=unsettled, server=True, local=lambda want: want["state"] == "open",
    required_if=[("state", "open", ("migration_id",))], required_one_of=[("peer", "peer_entry")],
    required_together=[("key_file", "keystore_password", "cdb_keystore_password")],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

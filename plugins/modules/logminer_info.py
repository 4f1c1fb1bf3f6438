#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: logminer_info
short_description: Whether LogMiner works here, by reading with it
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Looks whether LogMiner is installed and whether this account may use it, and then reads a little of one redo log with it.
  - Everything that stands in the way is told at once. Rows are counted, their contents are neither fetched nor shown.
  - In a container database LogMiner is used from the root. From 21c on it also works inside a pluggable database, where it finds its logs
    itself.
options:
  log:
    description:
      - Which log to read. V(archived) is the newest archived one, V(online) the current one, V(auto) the first of them that there is.
    type: str
    default: auto
    choices: [auto, archived, online]
  rows:
    description: How many rows of V$LOGMNR_CONTENTS to read at most.
    type: int
    default: 1000
  fail:
    description: Fail when LogMiner cannot be used. All findings are told all the same.
    type: bool
    default: true
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes.info
"""

EXAMPLES = r"""
- name: LogMiner works at the source
  dbferry.oracle.logminer_info:
  delegate_to: dbsrc
"""

RETURN = r"""
installed:
  description: DBMS_LOGMNR is there and valid.
  returned: success
  type: bool
usable:
  description: A session of LogMiner could be opened, read and closed.
  returned: success
  type: bool
missing_privileges:
  description: What this account lacks.
  returned: success
  type: list
  elements: str
  sample: [LOGMINING, EXECUTE ON SYS.DBMS_LOGMNR]
log:
  description: The log that was read.
  returned: when there is one
  type: dict
  sample: {"name": "/u01/arch/1_17_1101.dbf", "thread": 1, "sequence": 17, "first_scn": 812345, "next_scn": 812399, "kind": "archived"}
read:
  description: How many rows were read, and the range of their SCNs.
  returned: when LogMiner could be used
  type: dict
  sample: {"rows": 214, "first_scn": 812345, "last_scn": 812398}
findings:
  description: What stands in the way (error) or wants attention (warning).
  returned: success
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Lost
from ansible_collections.dbferry.oracle.plugins.module_utils.findings import finding, refuse_errors
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.privileges import SINCE
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Want

PACKAGE = """
SELECT object_type type, status FROM dba_objects
 WHERE owner = 'SYS' AND object_name = 'DBMS_LOGMNR' AND object_type IN ('PACKAGE', 'PACKAGE BODY')
"""
PLACE = """
SELECT d.log_mode, d.supplemental_log_data_min minimal, SYS_CONTEXT('USERENV', 'CON_ID') container FROM v$database d
"""
PRIVILEGES = """
SELECT privilege FROM session_privs WHERE privilege IN ('LOGMINING', 'SELECT ANY TRANSACTION')
UNION ALL
SELECT 'EXECUTE ON SYS.DBMS_LOGMNR' FROM dual
 WHERE USER = 'SYS' OR EXISTS (
   SELECT 1 FROM dba_tab_privs WHERE owner = 'SYS' AND table_name = 'DBMS_LOGMNR' AND privilege = 'EXECUTE'
      AND (grantee IN (USER, 'PUBLIC') OR grantee IN (SELECT role FROM session_roles)))
"""
ARCHIVED = """
SELECT a.name, a.thread# thread, a.sequence# sequence, a.first_change# first_scn, a.next_change# next_scn FROM v$archived_log a, v$database d
 WHERE a.name IS NOT NULL AND a.archived = 'YES' AND a.status = 'A' AND a.standby_dest = 'NO'
   AND a.resetlogs_change# = d.resetlogs_change# ORDER BY a.next_change# DESC
"""
ONLINE = """
SELECT f.member name, l.thread# thread, l.sequence# sequence, l.first_change# first_scn, d.current_scn next_scn
  FROM v$log l JOIN v$logfile f ON f.group# = l.group# CROSS JOIN v$database d
 WHERE l.status = 'CURRENT' AND f.type = 'ONLINE' ORDER BY l.thread#, f.member
"""

#: One block, as LogMiner's session is one of the database session. The end of the range is not part of an archived log.
ADD = "DBMS_LOGMNR.ADD_LOGFILE(LogFileName => :name, Options => DBMS_LOGMNR.NEW); "
READ = """DBMS_LOGMNR.START_LOGMNR(startScn => :first_scn, endScn => :last_scn,
    Options => DBMS_LOGMNR.DICT_FROM_ONLINE_CATALOG + DBMS_LOGMNR.COMMITTED_DATA_ONLY);
  SELECT COUNT(*), MIN(scn), MAX(scn) INTO :row_count, :lowest, :highest FROM (SELECT scn FROM v$logmnr_contents WHERE ROWNUM <= :row_limit);
  DBMS_LOGMNR.END_LOGMNR; """
END = "BEGIN DBMS_LOGMNR.END_LOGMNR; END;"

#: From this release on LogMiner works inside a pluggable database and finds the logs itself (documented).
PER_PDB = (21,)

#: What to do about the codes of LogMiner.
REMEDIES = {
    "ORA-00308": "The archived log is gone from disk. Restore it with RMAN, or read another one.",
    "ORA-00942": "Grant SELECT ANY DICTIONARY or SELECT_CATALOG_ROLE, for V$LOGMNR_CONTENTS.",
    "ORA-01031": "Grant LOGMINING.",
    "ORA-01284": "The log is gone from disk, or the instance cannot read it. Restore it with RMAN, or read another one.",
    "ORA-01291": "Logs of the range are missing. Restore them with RMAN.",
    "ORA-06550": "Grant EXECUTE on SYS.DBMS_LOGMNR, or EXECUTE_CATALOG_ROLE.",
    "ORA-65040": "Connect to the service of the root as a common user.",
}


def observe(session: t.Any, want: Want) -> State:
    package = {row["type"]: row["status"] for row in session.query(PACKAGE)}
    place = session.one(PLACE)
    held = {row["privilege"] for row in session.query(PRIVILEGES)}
    inside = int(place["container"]) > 1
    found: Attributes = {
        "installed": bool(package) and set(package.values()) == {"VALID"}, "usable": False,
        "missing_privileges": [name for name in ("LOGMINING", "SELECT ANY TRANSACTION", "EXECUTE ON SYS.DBMS_LOGMNR")
                               if name not in held and tuple(session.release) >= SINCE.get(name, ())]}
    findings = _findings(found, place, inside and tuple(session.release) < PER_PDB, tuple(session.release))
    found["log"] = _log(session, want, place)
    if found["log"] is None:
        findings.append(finding("error", "log", "There is no {0} log to read.".format(want["log"]),
                                "Switch a log with the database in ARCHIVELOG mode, or read the online one."))
    if not any(one["severity"] == "error" for one in findings):
        try:
            found["read"] = _read(session, want, found["log"], inside)
            found["usable"] = True
        except Lost:
            raise
        except DbferryError as error:
            findings.append(finding("error", error.code or "read", error.message, REMEDIES.get(error.code or "", error.hint or "")))
    return {"LOGMINER": dict(found, findings=findings)}


def _findings(found: Attributes, place: Attributes, root_only: bool, release: t.Tuple[int, ...]) -> t.List[Attributes]:
    findings = []
    if not found["installed"]:
        findings.append(finding("error", "installed", "DBMS_LOGMNR is not there, or not valid.", "Run utlrp.sql, or dbmslm.sql and prvtlm.plb."))
    if root_only:
        findings.append(finding("error", "container", "LogMiner works from the root, and this is a pluggable database.", REMEDIES["ORA-65040"]))
    for name in found["missing_privileges"]:
        # LOGMINING took the place of SELECT ANY TRANSACTION, which some readers still ask for.
        needed = name != "SELECT ANY TRANSACTION" or release < SINCE["LOGMINING"]
        findings.append(finding("error" if needed else "warning", "privilege", "This account lacks {0}.".format(name),
                                "Grant it; migration_user does for the purpose logminer."))
    if place["log_mode"] != "ARCHIVELOG":
        findings.append(finding("warning", "log_mode", "The database is in NOARCHIVELOG mode, so logs vanish before they are read.",
                                "Switch to ARCHIVELOG mode."))
    if place["minimal"] == "NO":
        findings.append(finding("warning", "supplemental_log", "There is no supplemental logging, so rows of redo lack what identifies them.",
                                "Add it with supplemental_log."))
    return findings


def _log(session: t.Any, want: Want, place: Attributes) -> t.Optional[Attributes]:
    for kind, sql in (("archived", ARCHIVED), ("online", ONLINE)):
        if want["log"] in ("auto", kind):
            row = session.one(sql)
            if row is not None:
                return dict(row, kind=kind)
    return None


def _read(session: t.Any, want: Want, log: Attributes, inside: bool) -> Attributes:
    binds = {"first_scn": log["first_scn"], "last_scn": log["next_scn"] - (1 if log["kind"] == "archived" else 0), "row_limit": want["rows"]}
    if not inside:
        binds["name"] = log["name"]
    try:
        answer = session.call(Statement("BEGIN {0}{1}END;".format("" if inside else ADD, READ), **binds), row_count=int, lowest=int, highest=int)
    except DbferryError:
        _end(session)
        raise
    return {"rows": answer["row_count"], "first_scn": answer["lowest"], "last_scn": answer["highest"]}


def _end(session: t.Any) -> None:
    """Close what a failed block left open. Nothing open (ORA-01307) or not allowed: that is no news here."""
    try:
        session.call(Statement(END))
    except DbferryError:
        return


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    result = {name: value for name, value in t.cast(Attributes, state["LOGMINER"]).items() if value is not None}
    if want["fail"]:
        refuse_errors(result["findings"], "LogMiner cannot be used here", "DBF-0331", dict(result))
    return result


MODULE = Module(
    argument_spec={
        "log": {"type": "str", "default": "auto", "choices": ["auto", "archived", "online"]},
        "rows": {"type": "int", "default": 1000},
        "fail": {"type": "bool", "default": True},
    },
    observe=observe, report=report,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

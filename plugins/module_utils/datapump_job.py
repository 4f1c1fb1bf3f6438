# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data Pump jobs through DBMS_DATAPUMP: the block that starts one, and what can be observed of it.

A job is known by its name, which bears the migration's identity and run. While it runs DBA_DATAPUMP_JOBS tells its state;
afterwards its log file does, read through the database; the master table stays until clean-up (KEEP_MASTER), so that a job
which was killed differs from one that never was.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import datapump
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.journal import CLEANED
from ansible_collections.dbferry.oracle.plugins.module_utils.names import datapump_dump, datapump_job, datapump_log, identifier, literal
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import State, Step, Want

__metaclass__ = type

#: DBMS_DATAPUMP.KU$_FILE_TYPE_* (documented constants).
DUMP_FILE, LOG_FILE = 1, 3

#: States in which a job is at work (DBA_DATAPUMP_JOBS.STATE, Oracle Database Reference).
AT_WORK = ("DEFINING", "EXECUTING", "COMPLETING", "STOP PENDING", "IDLING", "RESUMING")

#: An import is told to leave out what is there (TABLE_EXISTS_ACTION=SKIP); that it did so, and left out what depends on it, is no
#: error. That what is there is right is for the comparison to show.
SKIPPED = {"ORA-39111", "ORA-39151", "ORA-39152", "ORA-39153"}

#: FILEEXISTS where the directory object is not there (documented).
NO_DIRECTORY = "ORA-22285"

#: LOADCLOBFROMFILE of no bytes: a log to which nothing is written yet (documented: the amount must be positive).
NOTHING_TO_LOAD = "ORA-21560"

#: Arguments that exports and imports share; documented in the fragment ``datapump``.
ARGUMENTS: t.Dict[str, t.Dict[str, t.Any]] = {
    "purpose": {"type": "str", "required": True},
    "directory": {"type": "str", "required": True},
    "job_mode": {"type": "str", "required": True, "choices": ["full", "schema", "table", "transportable"]},
    "metadata_only": {"type": "bool", "default": False},
    "schemas": {"type": "list", "elements": "str", "default": []},
    "tables": {"type": "list", "elements": "str", "default": []},
    "include": {"type": "list", "elements": "str", "default": []},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "parallel": {"type": "int", "default": 1},
    "anchor": {"type": "str"},
}
REQUIRED_IF = [("job_mode", "schema", ("schemas",)), ("job_mode", "table", ("tables",))]

JOB = "SELECT operation, job_mode, state, attached_sessions FROM dba_datapump_jobs WHERE owner_name = :owner AND job_name = :name"
PROGRESS = """
SELECT sofar, totalwork, units, message FROM v$session_longops
 WHERE opname = :name AND username = :owner ORDER BY start_time DESC
"""
EXISTS = "BEGIN :found := DBMS_LOB.FILEEXISTS(BFILENAME(:directory, :name)); END;"
READ = """
DECLARE
  log BFILE := BFILENAME(:directory, :name);
  target_offset INTEGER := 1;
  source_offset INTEGER := 1;
  context INTEGER := 0;
  warning INTEGER;
  text CLOB;
BEGIN
  DBMS_LOB.CREATETEMPORARY(text, TRUE);
  DBMS_LOB.FILEOPEN(log, 0);
  DBMS_LOB.LOADCLOBFROMFILE(text, log, DBMS_LOB.GETLENGTH(log), target_offset, source_offset, 0, context, warning);
  DBMS_LOB.FILECLOSE(log);
  :text := text;
END;"""


def name_of(want: Want, operation: str) -> str:
    """Name of the job of this migration, run and purpose, and of its master table."""
    return datapump_job(want["migration_id"], want["migration_run"], operation, want["purpose"])


def resource(name: str) -> str:
    return "DATAPUMP_JOB " + name


def file_exists(session: t.Any, directory: str, name: str) -> bool:
    """Whether a file is there, as the database server sees it; there is none in a directory object that is not there yet."""
    try:
        return bool(session.call(Statement(EXISTS, directory=directory, name=name), found=int)["found"])
    except DbferryError as error:
        if error.code != NO_DIRECTORY:
            raise
        return False


def read_file(session: t.Any, directory: str, name: str) -> str:
    """A text file of the database server (ORA-22288 when it cannot be read); empty when there is none."""
    if not file_exists(session, directory, name):
        return ""
    try:
        return session.call(Statement(READ, directory=directory, name=name), text="clob")["text"] or ""
    except DbferryError as error:
        if error.code != NOTHING_TO_LOAD:
            raise
        return ""


def observe_job(session: t.Any, want: Want, operation: str) -> State:
    """The job of this migration, run and purpose as the database has it."""
    name = name_of(want, operation)
    log = datapump_log(want["migration_id"], want["migration_run"], operation, want["purpose"])
    if session.journal.get(CLEANED):
        # The run is complete: its dump files and master tables are gone, and nobody needs them any more.
        return {resource(name): _done("CLEANED UP", log, session.journal.get("anchor of " + name))}
    row = session.one(JOB, owner=session.user, name=name)
    text = read_file(session, want["directory"], log)
    if row is None and not text:
        return {resource(name): None}
    outcome = datapump.parse(text)
    job: t.Dict[str, t.Any] = {
        "state": row["state"] if row else "NOT PRESENT", "attached": row["attached_sessions"] if row else 0,
        # A log without its closing line is that of a job which is at work (below) or was killed.
        "verdict": outcome.verdict if outcome.closed else "unknown", "errors": outcome.errors, "log_file": log,
        "serious": [code for code in outcome.serious if code not in SKIPPED],
        "messages": [str(message) for message in outcome.messages][:100],
        "anchor": session.journal.get("anchor of " + name), "tables": len(outcome.tables), "rows": sum(table.rows or 0 for table in outcome.tables),
    }
    if job["state"] in AT_WORK:
        job["verdict"] = "running"
    job["good"] = is_good(job)
    if job["verdict"] == "running":
        done = session.one(PROGRESS, name=name, owner=session.user)
        if done and done["totalwork"]:
            job["percent"] = round(100.0 * done["sofar"] / done["totalwork"], 1)
            job["message"] = done["message"]
    return {resource(name): job}


def _done(state: str, log: str, anchor: t.Optional[str]) -> t.Dict[str, t.Any]:
    """A job that ended well, of which no more is known."""
    return {"state": state, "attached": 0, "verdict": "ok", "good": True, "errors": [], "serious": [], "log_file": log, "messages": [],
            "anchor": anchor, "tables": 0, "rows": 0}


def is_good(job: t.Dict[str, t.Any]) -> bool:
    """Whether the job ended without a serious error."""
    return job["verdict"] in ("ok", "warning", "completed_with_errors") and not job["serious"]


def is_done(job: t.Optional[t.Dict[str, t.Any]], anchor: t.Optional[str]) -> bool:
    """Whether the job ended well and still corresponds to what it was made from."""
    return job is not None and is_good(job) and job["anchor"] == anchor


def plan_job(state: State, want: Want, operation: str, calls: t.List[t.Tuple[str, t.Dict[str, t.Any]]]) -> t.List[Step]:
    """Start the job unless it is at work or done; clear away first what an earlier attempt left.

    :arg calls: DBMS_DATAPUMP routines and their arguments between OPEN and START_JOB.
    """
    name = name_of(want, operation)
    job = state[resource(name)]
    if job is not None and (is_done(job, want["anchor"]) or (job["verdict"] == "running" and (job["attached"] or job["state"] != "DEFINING"))):
        return []
    steps = []
    if job is not None and job["state"] != "NOT PRESENT":
        steps.append(Step(Statement("DROP TABLE ", identifier(name), " PURGE"), effects={resource(name): None}))
    log = datapump_log(want["migration_id"], want["migration_run"], operation, want["purpose"])
    steps.append(Step(
        start(operation, want["job_mode"], name, [
            ("ADD_FILE", {"filename": log, "directory": want["directory"], "filetype": LOG_FILE, "reusefile": 1}),
            *calls, ("SET_PARAMETER", {"name": "KEEP_MASTER", "value": 1})], want.get("link")),
        remember={"anchor of " + name: want["anchor"]},
        effects={resource(name): _done("EXECUTING", log, want["anchor"])},
    ))
    return steps


def dump_file(want: Want, operation: str = "EXPORT") -> t.Tuple[str, t.Dict[str, t.Any]]:
    """The call that names the dump file of this migration, run and purpose."""
    name = datapump_dump(want["migration_id"], want["migration_run"], want.get("dump_of") or want["purpose"])
    arguments: t.Dict[str, t.Any] = {"filename": name, "directory": want["directory"], "filetype": DUMP_FILE}
    if operation == "EXPORT":
        # Only a job whose predecessor was found failed, killed or stale comes here: its file is ours and is written anew.
        arguments["reusefile"] = 1
    return "ADD_FILE", arguments


def start(operation: str, mode: str, name: str, calls: t.Sequence[t.Tuple[str, t.Dict[str, t.Any]]], link: t.Optional[str] = None) -> Statement:
    """The block that defines a job, starts it and leaves it to the server. ``link``: where an import reads its source instead of a dump."""
    lines = ["DECLARE", "  h NUMBER;", "BEGIN",
             "  h := DBMS_DATAPUMP.OPEN(operation => {0}, job_mode => {1}{3}, job_name => {2});".format(
                 literal(operation), literal(mode.upper()), literal(name), ", remote_link => " + literal(link) if link else "")]
    for routine, arguments in calls:
        given = ", ".join("{0} => {1}".format(key, value if isinstance(value, int) else literal(value)) for key, value in arguments.items())
        lines.append("  DBMS_DATAPUMP.{0}(handle => h, {1});".format(routine, given))
    lines += ["  DBMS_DATAPUMP.START_JOB(handle => h);", "  DBMS_DATAPUMP.DETACH(handle => h);", "END;"]
    return Statement("\n".join(lines))


def filters(want: Want) -> t.List[t.Tuple[str, t.Dict[str, t.Any]]]:
    """The calls that say what the job covers."""
    calls: t.List[t.Tuple[str, t.Dict[str, t.Any]]] = []

    def keep(name: str, value: str) -> None:
        calls.append(("METADATA_FILTER", {"name": name, "value": value}))

    if want["job_mode"] == "schema":
        keep("SCHEMA_EXPR", names_in(want["schemas"]))
    if want["job_mode"] == "table":
        pairs = [name.split(".", 1) if "." in name else ["", name] for name in want["tables"]]
        owners = sorted({owner for owner, table in pairs if owner})
        if len(owners) != 1 or not all(owner for owner, table in pairs):
            # One schema a job: that is all that SCHEMA_EXPR and NAME_EXPR together can say exactly.
            raise Refused("A table mode job takes tables of one schema, as OWNER.TABLE; these are {0}.".format(", ".join(want["tables"])),
                          code="ORA-39039", hint="Use one job per schema.")
        keep("SCHEMA_EXPR", names_in(owners))
        keep("NAME_EXPR", names_in(table for owner, table in pairs))
    if want["include"]:
        keep("INCLUDE_PATH_EXPR", names_in(want["include"]))
    if want["exclude"]:
        keep("EXCLUDE_PATH_EXPR", names_in(want["exclude"]))
    if want["metadata_only"] and want["job_mode"] != "transportable":
        calls.append(("DATA_FILTER", {"name": "INCLUDE_ROWS", "value": 0}))
    if want["parallel"] > 1:
        calls.append(("SET_PARALLEL", {"degree": want["parallel"]}))
    return calls


def names_in(values: t.Iterable[str]) -> str:
    """A filter expression: ``IN ('A','B')``."""
    return "IN ({0})".format(",".join(literal(value) for value in values))


def failed(state: State, want: Want) -> t.Optional[DbferryError]:
    """The error of a job that ended badly, for a tired person."""
    for name, job in state.items():
        if job and name.startswith("DATAPUMP_JOB ") and (job["verdict"] == "failed" or job["serious"]):
            # What was merely there already comes last: many a log has a hundred lines of it.
            told = sorted(job["messages"], key=lambda message: message.split(":", 1)[0] not in job["serious"])
            return DbferryError(
                "Data Pump job {0} {1}: {2}".format(name.split(" ", 1)[1], "failed" if job["verdict"] == "failed" else "completed with errors",
                                                    "; ".join(told[:5]) or "its log says no more"),
                code=next(iter(job["serious"] or job["errors"]), None),
                hint="The whole log is {0} in directory {1}. Correct the cause and run the phase again: the job starts anew.".format(
                    job["log_file"], want["directory"]),
                details={"job": job})
    return None

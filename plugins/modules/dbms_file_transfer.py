#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: dbms_file_transfer
short_description: Send datafiles through a database link
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Sends the datafiles of read only tablespaces from the source to the target by DBMS_FILE_TRANSFER. The target converts them to its platform as
    they arrive. Each file is a DBMS_SCHEDULER job, which goes on when nobody is connected; a call starts or joins jobs and returns. Loop on
    RV(finished).
  - A file counts as sent when its job succeeded, for the SCN at which its tablespace is frozen, while it is there, and until a plug-in that failed
    may have changed its header. What a job that failed or was killed left behind is removed where that is a file, and the next attempt writes a
    file of its own.
  - V(put) runs at the source, V(get) at the target. JOB_QUEUE_PROCESSES must not be 0 there. The jobs run in a restricted instance too, if their
    owner has RESTRICTED SESSION; M(dbferry.oracle.session_fence) with its option C(own_jobs) leaves them their processes.
  - A directory object for each directory in which the source has files of the set is found by its path.
options:
  operation:
    description: V(put), the source sends, with the target as peer; V(get), the target fetches, with the source as peer.
    type: str
    required: true
    choices: [put, get]
  tablespaces:
    description: The tablespaces whose datafiles are sent.
    type: list
    elements: str
    required: true
  directory:
    description: Directory object of the target, for a directory or a directory in an ASM disk group.
    type: str
    required: true
  link:
    description: Name of the database link of this database's migration user to the peer.
    type: str
    required: true
  parallel:
    description: How many files are sent at once.
    type: int
    default: 4
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Send the datafiles to the target
  dbferry.oracle.dbms_file_transfer:
    operation: put
    tablespaces: [APP_DATA]
    directory: DBF_SALES_R1_DIR_FILES
    link: DBF_SALES_R1_LNK_LINK
    parallel: 8
    peer_entry: dbtrg
    migration_id: SALES
  delegate_to: dbsrc
  register: sent
  until: sent.finished
  retries: 1000
  delay: 10
"""

RETURN = r"""
finished:
  description: Whether all files are sent. Always true in check mode.
  returned: success
  type: bool
files:
  description: The files at the target, in the order of the source's file numbers.
  returned: success
  type: list
  elements: str
progress:
  description: Files and bytes that are sent, and all of them.
  returned: success
  type: dict
  sample: {"done": 2, "of": 5, "bytes": 734003200, "of_bytes": 1887436800, "percent": 38.9}
before:
  description: Files before.
  returned: success
  type: dict
after:
  description: Files afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import posixpath
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import directory_files, progress
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.datapump_job import file_exists
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import literal, plugged_item, scheduler_job, transferred_file
from ansible_collections.dbferry.oracle.plugins.module_utils.rman_job import DATAFILES
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

#: Largest file, and what sizes are multiples of (PL/SQL Packages and Types Reference, DBMS_FILE_TRANSFER).
LARGEST = 2 * 1024 ** 4
MULTIPLE = 512

TABLESPACES = "SELECT tablespace_name name, status FROM dba_tablespaces"
GRANTS = """
SELECT table_name name, privilege FROM dba_tab_privs
 WHERE owner = 'SYS' AND privilege IN ('READ', 'WRITE')
   AND (grantee IN (:account, 'PUBLIC') OR grantee IN (SELECT granted_role FROM dba_role_privs WHERE grantee = :account))
"""
LINK = """
SELECT db_link name, username account FROM user_db_links WHERE db_link = :name OR SUBSTR(db_link, 1, LENGTH(:name) + 1) = :name || '.'
"""
JOB_PROCESSES = "SELECT value FROM v$parameter WHERE name = 'job_queue_processes'"
JOBS = "SELECT job_name name, state FROM user_scheduler_jobs"
RUNS = "SELECT job_name name, status, additional_info FROM user_scheduler_job_run_details ORDER BY log_id"
RUNNING = """
SELECT r.job_name name, MAX(l.sofar) sofar FROM user_scheduler_running_jobs r JOIN v$session_longops l ON l.sid = r.session_id
 WHERE l.totalwork > 0 GROUP BY r.job_name
"""

#: States of a job that has not ended (Reference, ALL_SCHEDULER_JOBS.STATE).
AT_WORK = ("SCHEDULED", "RUNNING", "RETRY SCHEDULED", "READY TO RUN")


#: Begins the journal items that tell which file of the source arrived.
SENT = "sent datafile "


def sent_item(file_id: int) -> str:
    """Journal item: this file of the source arrived; at which SCN, as which file."""
    return "{0}{1}".format(SENT, file_id)


def attempt_item(file_id: int) -> str:
    """Journal item: the last attempt to send this file: its number, file, SCN and job."""
    return "sending datafile {0}".format(file_id)


def observe(session: t.Any, want: Want) -> State:
    put = want["operation"] == "put"
    source, target = (session, session.peer) if put else (session.peer, session)
    link = session.one(LINK, name=want["link"])
    users = {source: session.user if put else (link or {}).get("account"), target: (link or {}).get("account") if put else session.user}
    places = {one: {row["name"]: row["path"].rstrip("/") for row in one.query(directory_files.DIRECTORIES)} for one in (source, target)}
    rights = {one: {(row["name"], row["privilege"]) for row in one.query(GRANTS, account=account)} if account else set() for one, account in users.items()}
    for one in (source, target):
        _lay_directories(one, places[one], rights[one])
    jobs = {row["name"]: row["state"] for row in session.query(JOBS)}
    runs = {row["name"]: row for row in session.query(RUNS)} if jobs else {}
    running = {row["name"]: row["sofar"] for row in session.query(RUNNING)} if jobs else {}
    present = {row["name"] for row in target.query(TABLESPACES)}
    destination = places[target].get(want["directory"])
    state: State = {
        "DATABASE_LINK " + want["link"]: dict(link) if link else None,
        "DIRECTORY " + want["directory"]: None if destination is None else {
            "path": destination, "writable": (want["directory"], "WRITE") in rights[target]},
        "INSTANCE": {"job_queue_processes": int(session.one(JOB_PROCESSES)["value"])},
    }
    for row in source.query(TABLESPACES):
        if row["name"] in want["tablespaces"]:
            assumed = (source.assumed.get("TABLESPACE " + row["name"]) or {}).get("attributes") or {}
            state["TABLESPACE " + row["name"]] = {"status": assumed.get("status", row["status"])}
    lost = directory_files.lost(target, want["migration_id"], [
        done["path"] for item, done in sorted(session.journal.items().items()) if item.startswith(SENT)])
    for row in source.query(DATAFILES):
        if row["tablespace"] not in want["tablespaces"]:
            continue
        file_id = row["file_id"]
        folder = posixpath.dirname(row["name"])
        readable = [name for name, path in places[source].items() if path == folder and (name, "READ") in rights[source]]
        done, attempt = session.journal.get(sent_item(file_id)) or {}, session.journal.get(attempt_item(file_id)) or {}
        job, current = attempt.get("job"), attempt.get("checkpoint_scn") == row["checkpoint_scn"]
        spent = row["tablespace"] not in present and done.get("path") in (target.journal.get(plugged_item(row["tablespace"])) or [])
        gone = done.get("path") in lost and row["tablespace"] not in present
        arrived = done.get("checkpoint_scn") == row["checkpoint_scn"] and not spent and not gone
        left = attempt.get("file") if not arrived else None
        if left and destination is not None and (attempt["path"].startswith("+") or not file_exists(target, want["directory"], left)):
            left = None
        state["TRANSFER {0}".format(file_id)] = dict(
            {name: row[name] for name in ("tablespace", "name", "bytes", "checkpoint_scn")}, folder=folder, directory=next(iter(readable), None),
            output=done["path"] if arrived else None, attempt=attempt.get("number", 0), job=job if job in jobs else None,
            job_state=jobs.get(job), current=current, sofar=running.get(job, 0), left=left, path=attempt.get("path"),
            _told=(runs.get(job) or {}).get("additional_info"))
    return state


def _lay_directories(session: t.Any, places: t.Dict[str, str], rights: t.Set[t.Tuple[str, str]]) -> None:
    """In a plan, directory objects that earlier steps would have made, with the rights that they would have given."""
    for resource, entry in session.assumed.items():
        kind, dummy, name = resource.partition(" ")
        if kind == "DIRECTORY" and entry.get("attributes"):
            places[name] = entry["attributes"]["path"].rstrip("/")
            rights.update({(name, "READ"), (name, "WRITE")})


def _files(state: State) -> t.Dict[int, t.Dict[str, t.Any]]:
    return {int(name.split(" ")[1]): found for name, found in state.items() if name.startswith("TRANSFER ") and found}


def plan(state: State, want: Want) -> t.List[Step]:
    files = _files(state)
    steps, missing, at_work = [], {}, 0
    for number, found in sorted(files.items()):
        if found["job"] and found["job_state"] in AT_WORK and found["current"]:
            at_work += 1
        elif found["job"] and found["job_state"] == "SUCCEEDED" and found["current"] and not found["output"]:
            steps += [Step(None, record={sent_item(number): {"path": found["path"], "checkpoint_scn": found["checkpoint_scn"]}},
                           effects={"TRANSFER {0}".format(number): {"output": found["path"]}}), _drop(number, found)]
        elif found["job"] and found["output"]:
            steps.append(_drop(number, found))
        elif found["job"]:
            steps += _clear(number, found, want)
        elif not found["output"]:
            missing[number] = found
    if missing:
        _refuse(state, missing, want)
    for number in sorted(missing)[:max(0, want["parallel"] - at_work)]:
        steps += _send(number, missing[number], state, want)
    # What failed is told last, so that what can go on does.
    return sorted(steps, key=lambda step: step.failure is not None)


def _drop(number: int, found: Attributes, failure: t.Optional[DbferryError] = None) -> Step:
    return Step(Statement("BEGIN DBMS_SCHEDULER.DROP_JOB(job_name => ", literal(found["job"]), ", force => TRUE); END;"),
                effects={"TRANSFER {0}".format(number): {"job": None, "job_state": None}}, failure=failure)


def _clear(number: int, found: Attributes, want: Want) -> t.List[Step]:
    """What a job that did not succeed, or was for another SCN, left: its failure is told once, and the next run begins anew."""
    failure = None
    if found["job_state"] in ("FAILED", "BROKEN") and found["current"]:
        told = found["_told"] or "its log says no more"
        failure = DbferryError(
            "Sending {0} failed: {1}".format(found["name"], told), code=next((word.rstrip(":") for word in told.split() if word.startswith("ORA-")), None),
            hint="Correct the cause and run the phase again: this file is sent anew, those that arrived are not.",
            details={"file": found["name"], "job": found["job"]})
    return [_drop(number, found, failure)]


def _send(number: int, found: Attributes, state: State, want: Want) -> t.List[Step]:
    put, attempt = want["operation"] == "put", found["attempt"] + 1
    destination = t.cast(Attributes, state["DIRECTORY " + want["directory"]])
    name = transferred_file(want["migration_id"], want["migration_run"], number, attempt)
    job = scheduler_job(want["migration_id"], want["migration_run"], "F{0}_{1}".format(number, attempt))
    path = "{0}/{1}".format(destination["path"], name)
    there = t.cast(Attributes, state["DATABASE_LINK " + want["link"]])["name"]
    arguments = {"source_directory_object": found["directory"], "source_file_name": posixpath.basename(found["name"]),
                 "destination_directory_object": want["directory"], "destination_file_name": name,
                 "destination_database" if put else "source_database": there}
    call = "DBMS_FILE_TRANSFER.{0}_FILE({1});".format(want["operation"].upper(), ", ".join(
        "{0} => {1}".format(key, literal('"{0}"'.format(value) if "directory" in key or "database" in key else value)) for key, value in arguments.items()))
    steps = []
    if found["left"]:
        steps.append(Step(Statement("BEGIN UTL_FILE.FREMOVE(location => ", literal(want["directory"]), ", filename => ", literal(found["left"]), "); END;"),
                          effects={"TRANSFER {0}".format(number): {"left": None}}, at_peer=put))
    steps.append(Step(
        Statement("BEGIN\n  DBMS_SCHEDULER.CREATE_JOB(job_name => ", literal(job), ", job_type => 'PLSQL_BLOCK', job_action => ",
                  literal("BEGIN {0} END;".format(call)), ", enabled => FALSE, auto_drop => FALSE);\n"
                  "  DBMS_SCHEDULER.SET_ATTRIBUTE(name => ", literal(job), ", attribute => 'ALLOW_RUNS_IN_RESTRICTED_MODE', value => TRUE);\n"
                  "  DBMS_SCHEDULER.ENABLE(name => ", literal(job), ");\nEND;"),
        remember={attempt_item(number): {"number": attempt, "file": name, "path": path, "checkpoint_scn": found["checkpoint_scn"], "job": job}},
        effects={"TRANSFER {0}".format(number): {"output": path, "attempt": attempt, "path": path}}))
    return steps


def _refuse(state: State, missing: t.Dict[int, t.Dict[str, t.Any]], want: Want) -> None:
    """All that can be known to fail before anything is sent."""
    findings = []
    if state["DATABASE_LINK " + want["link"]] is None:
        findings.append(("DBF-0411", "There is no database link {0} here.".format(want["link"]), "Make it with database_link, as this account."))
    destination = state["DIRECTORY " + want["directory"]]
    if destination is None or not destination["writable"]:
        findings.append(("DBF-0412", "The directory object {0} of the target {1}.".format(
            want["directory"], "does not exist" if destination is None else "may not be written by the account that receives"),
            "Make it with directory, and grant WRITE to the account of the link or, for get, have this account make it."))
    unreadable = sorted({found["folder"] for found in missing.values() if found["directory"] is None})
    if unreadable:
        findings.append(("DBF-0413", "The source has no directory object that may be read for {0}.".format(", ".join(unreadable)),
                         "Make one for each of them with directory; for get, grant READ to the account of the link."))
    odd = ["{name} ({bytes} bytes)".format(**found) for found in missing.values() if found["bytes"] % MULTIPLE or found["bytes"] > LARGEST]
    if odd:
        findings.append(("DBF-0414", "DBMS_FILE_TRANSFER sends files of at most 2 TB whose size is a multiple of 512 bytes, not {0}.".format(", ".join(odd)),
                         "Convert the set by RMAN instead (xtts_conversion)."))
    writable = sorted(name for name in want["tablespaces"] if (state.get("TABLESPACE " + name) or {}).get("status") != "READ ONLY")
    if writable:
        findings.append(("DBF-0415", "A file that is being written arrives inconsistent; these tablespaces are not read only at the source: {0}.".format(
            ", ".join(writable)), "Freeze the set first (phase XTTS_READ_ONLY_SRC)."))
    if t.cast(Attributes, state["INSTANCE"])["job_queue_processes"] == 0:
        findings.append(("DBF-0416", "JOB_QUEUE_PROCESSES is 0 here, so no job would run.", "Put: set own_jobs of session_fence (the role does, for "
                         "xtts_conversion=put_file). Get: the jobs run at the target; set the parameter there, at least to the number of files at once."))
    refuse(findings)


def under_way(state: State, want: Want) -> bool:
    return any(not found["output"] or found["job"] for found in _files(state).values())


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    files = [found for dummy, found in sorted(_files(state).items())]
    total = sum(found["bytes"] for found in files)
    done = sum(found["bytes"] if found["output"] else min(found["sofar"], found["bytes"]) for found in files)
    return {"files": [found["output"] for found in files if found["output"]],
            "progress": progress.of_files(len([found for found in files if found["output"]]), len(files), done, total)}


MODULE = Module(
    argument_spec=dict(
        PEER,
        operation={"type": "str", "required": True, "choices": ["put", "get"]},
        tablespaces={"type": "list", "elements": "str", "required": True},
        directory={"type": "str", "required": True},
        link={"type": "str", "required": True},
        parallel={"type": "int", "default": 4},
    ),
    observe=observe, plan=plan, report=report, under_way=under_way, ephemeral=lambda want: True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: rman_job_info
short_description: How far RMAN is, and how it ended
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Gathers what RMAN does and has done in this database, from V$RMAN_STATUS, and how far it is, from V$SESSION_LONGOPS. Loop on RV(finished) where a phase
    waits for RMAN and shall show rate and remaining time.
  - Before a control file is mounted there is no V$RMAN_STATUS; then progress alone is told.
  - An operation that V$RMAN_STATUS calls running while no session of RMAN is there was killed; its verdict is C(unknown).
options:
  operations:
    description: Operations that count, as V$RMAN_STATUS names them. All, if empty.
    type: list
    elements: str
    default: []
  hours:
    description: How long ago an operation may have begun.
    type: float
    default: 24.0
  fail:
    description: Whether to fail when the newest operation failed or was killed; otherwise only RV(job) tells.
    type: bool
    default: true
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes.info
"""

EXAMPLES = r"""
- name: Wait for the restore
  dbferry.oracle.rman_job_info:
    operations: [RESTORE]
    session: sqlplus
    user: ''
  register: restore
  until: restore.finished
  retries: 1000
  delay: 30
"""

RETURN = r"""
finished:
  description: Whether RMAN works on none of the operations any more.
  returned: success
  type: bool
job:
  description: The newest operation; none when there was none.
  returned: success
  type: dict
  sample: {"operation": "RESTORE", "object_type": "DB FULL", "status": "RUNNING", "verdict": "running", "started": "2026-03-02 08:00:00",
           "ended": null, "input_bytes": 0, "output_bytes": 734003200}
jobs:
  description: All of them, the newest first.
  returned: success
  type: list
  elements: dict
progress:
  description: Percent and bytes of what RMAN is doing now, bytes in a second, and seconds that are left; none of them when it is not known.
  returned: success
  type: dict
  sample: {"percent": 42.0, "bytes": 3145728000, "of_bytes": 7489978368, "bytes_per_second": 104857600, "seconds_left": 41}
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Want

INSTANCE = "SELECT i.status, (SELECT p.value FROM v$parameter p WHERE p.name = 'db_block_size') block_size FROM v$instance i"
OPERATIONS = """
SELECT operation, object_type, status, TO_CHAR(start_time, 'YYYY-MM-DD HH24:MI:SS') started, TO_CHAR(end_time, 'YYYY-MM-DD HH24:MI:SS') ended,
       input_bytes, output_bytes
  FROM v$rman_status WHERE row_type = 'COMMAND' AND start_time > SYSDATE - :hours / 24 ORDER BY start_time DESC, recid DESC
"""
#: Channels and the connections of RMAN itself (documented: PROGRAM of V$SESSION).
SESSIONS = "SELECT COUNT(*) sessions FROM v$session WHERE program LIKE 'rman%'"
#: What is under way, in blocks: the rows of channels. The aggregate rows are of all channels of a command (documented).
WORK = """
SELECT opname, sofar, totalwork, elapsed_seconds, time_remaining FROM v$session_longops
 WHERE opname LIKE 'RMAN: %' AND totalwork > 0 AND sofar < totalwork
"""
AGGREGATE = "RMAN: aggregate"
RESOURCE = "RMAN"
#: STATUS of V$RMAN_STATUS; what is not here is running.
VERDICTS = {"COMPLETED": "ok", "COMPLETED WITH WARNINGS": "warning", "COMPLETED WITH ERRORS": "completed_with_errors", "FAILED": "failed"}


def observe(session: t.Any, want: Want) -> State:
    found = session.one(INSTANCE)
    working = bool(session.one(SESSIONS)["sessions"])
    jobs = []
    if found["status"] != "STARTED":
        for row in session.query(OPERATIONS, hours=want["hours"]):
            if not want["operations"] or row["operation"] in [name.upper() for name in want["operations"]]:
                verdict = VERDICTS.get(row["status"]) or ("running" if working else "unknown")
                jobs.append(dict(row, verdict=verdict))
    return {RESOURCE: {"jobs": jobs, "progress": _progress(session.query(WORK), int(found["block_size"] or 0)), "_mounted": found["status"] != "STARTED",
                       "_working": working}}


def _progress(rows: t.Sequence[Attributes], block_size: int) -> Attributes:
    """Of the aggregate where there is one, of all channels otherwise."""
    chosen = [row for row in rows if row["opname"].startswith(AGGREGATE)] or list(rows)
    done, total = sum(row["sofar"] for row in chosen), sum(row["totalwork"] for row in chosen)
    elapsed = max([row["elapsed_seconds"] or 0 for row in chosen] or [0])
    left = [row["time_remaining"] for row in chosen if row["time_remaining"] is not None]
    return {"percent": round(100.0 * done / total, 1) if total else None, "bytes": done * block_size if total else None,
            "of_bytes": total * block_size if total else None, "bytes_per_second": int(done * block_size / elapsed) if elapsed else None,
            "seconds_left": max(left) if left else None}


def _running(state: State) -> bool:
    found = t.cast(Attributes, state[RESOURCE])
    if not found["_mounted"]:
        return bool(found["_working"])
    return any(job["verdict"] == "running" for job in found["jobs"])


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    found = t.cast(Attributes, state[RESOURCE])
    newest = found["jobs"][0] if found["jobs"] else None
    if want["fail"] and newest and newest["verdict"] in ("failed", "unknown"):
        raise DbferryError("RMAN {0} that began at {1} {2}.".format(
            newest["operation"], newest["started"], "failed" if newest["verdict"] == "failed" else "is called running, and no session of RMAN is there: "
            "it was killed"), code="DBF-0771", hint="The task that started it has RMAN's messages. Run its phase again: it goes on with what is missing.",
            details={"job": newest})
    return {"finished": not _running(state), "job": newest, "jobs": found["jobs"], "progress": found["progress"]}


MODULE = Module(
    argument_spec={
        "operations": {"type": "list", "elements": "str", "default": []},
        "hours": {"type": "float", "default": 24.0},
        "fail": {"type": "bool", "default": True},
    },
    observe=observe, report=report, under_way=lambda state, want: _running(state),
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

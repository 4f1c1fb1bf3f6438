#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: datapump_job_info
short_description: State, progress and verdict of a Data Pump job
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Tells how far a job of the migration is, from DBA_DATAPUMP_JOBS and V(V$SESSION_LONGOPS) while it runs and from its log file, read through
    the database, afterwards. Meant for an C(until) loop on RV(finished).
  - Fails when the job failed or was killed, with what its log says; so a loop ends at once on bad news.
options:
  operation:
    description: What the job does.
    type: str
    required: true
    choices: [export, import]
  purpose:
    description: What the job is for, as it was started.
    type: str
    required: true
  directory:
    description: Directory object of the log.
    type: str
    required: true
  fail:
    description: Whether to fail when the job ended badly or is not known; otherwise only RV(job) tells.
    type: bool
    default: true
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes.info
"""

EXAMPLES = r"""
- name: Wait for the export
  dbferry.oracle.datapump_job_info:
    operation: export
    purpose: METADATA
    migration_id: SALES
    directory: DBFERRY_SALES
  register: export
  until: export.finished
  retries: 720
  delay: 10
"""

RETURN = r"""
finished:
  description: Whether the job has ended.
  returned: success
  type: bool
job:
  description: What is known of the job; none when there is no such job.
  returned: success
  type: dict
  sample: {"state": "EXECUTING", "verdict": "running", "percent": 42.0, "errors": []}
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import datapump_job
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import State, Want


def observe(session: t.Any, want: Want) -> State:
    return datapump_job.observe_job(session, want, want["operation"].upper())


def under_way(state: State, want: Want) -> bool:
    return any(job is not None and job["verdict"] == "running" for job in state.values())


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    (name, job), = state.items()
    if want["fail"]:
        error = datapump_job.failed(state, want)
        if error is not None:
            raise error
        if job is None or job["verdict"] == "unknown":
            raise DbferryError("Data Pump job {0} {1}.".format(name.split(" ", 1)[1], "is not there" if job is None else
                                                               "ended without a closing line in its log: it was killed"),
                               code="DBF-0131", hint="Run the phase that starts it again: it clears away what is left and starts anew.",
                               details={"job": job})
    return {"finished": not under_way(state, want), "job": job}


MODULE = Module(
    argument_spec={
        "operation": {"type": "str", "required": True, "choices": ["export", "import"]},
        "purpose": {"type": "str", "required": True},
        "directory": {"type": "str", "required": True},
        "fail": {"type": "bool", "default": True},
    },
    observe=observe, report=report, under_way=under_way,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: scheduled_jobs
short_description: Hold the jobs of chosen owners, and release just those again
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Disables enabled jobs of DBMS_SCHEDULER and marks jobs of DBMS_JOB as broken, so that nothing starts by itself. Which ones it was is
    written to the journal first; O(state=as_before) enables just those.
  - M(dbferry.oracle.session_fence) holds every job of the database at once by JOB_QUEUE_PROCESSES. This module is for some of them, or for
    a longer time.
  - Jobs of DBMS_JOB can only be changed by their owner (DBMS_JOB.BROKEN, ORA-23421; what can do more is undocumented). Those of others
    are refused, or with O(foreign_legacy=report) told in RV(not_held).
options:
  state:
    description: Whether the jobs are held.
    type: str
    default: disabled
    choices: [disabled, as_before]
  owners:
    description: Whose jobs. Without it those of every account that Oracle does not maintain, this one excepted; accounts of Oracle
      only when they are named.
    type: list
    elements: str
    default: []
  except_jobs:
    description: Jobs to leave alone, as C(OWNER.NAME).
    type: list
    elements: str
    default: []
  stop_running:
    description: Stop jobs that are running (DBMS_SCHEDULER.STOP_JOB). Without it they are told in RV(running) and go on.
    type: bool
    default: false
  foreign_legacy:
    description: What to do about DBMS_JOB jobs of other accounts.
    type: str
    default: refuse
    choices: [refuse, report]
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Nothing of the applications starts by itself
  dbferry.oracle.scheduled_jobs:
    owners: [SALES, HR]
    migration_id: SALES

- name: As it was
  dbferry.oracle.scheduled_jobs:
    state: as_before
    migration_id: SALES
"""

RETURN = r"""
before:
  description: The jobs before.
  returned: success
  type: dict
after:
  description: The jobs afterwards.
  returned: success
  type: dict
  sample: {"JOB SALES.REFRESH": {"enabled": false, "state": "DISABLED"}}
running:
  description: Jobs of these owners that are running.
  returned: success
  type: list
  elements: str
not_held:
  description: Jobs of DBMS_JOB that only their owner can hold.
  returned: success
  type: list
  elements: str
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import literal
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

ACCOUNTS = "SELECT username FROM dba_users WHERE oracle_maintained = 'N'"
JOBS = "SELECT owner, job_name name, enabled, state FROM dba_scheduler_jobs"
RUNNING = "SELECT DISTINCT owner, job_name name FROM dba_scheduler_running_jobs"
LEGACY = """
SELECT job, priv_user owner, broken, TO_CHAR(next_date, 'YYYY-MM-DD HH24:MI:SS') next_date, CASE WHEN this_date IS NULL THEN 'N' ELSE 'Y' END running
  FROM dba_jobs
"""

#: Journal item: which jobs were enabled before they were held.
ITEM = "jobs held"


def observe(session: t.Any, want: Want) -> State:
    owners = set(want["owners"]) or {row["username"] for row in session.query(ACCOUNTS)} - {session.user}
    held = session.journal.get(ITEM) or {"jobs": [], "legacy": []}
    mine = {tuple(job) for job in held["jobs"]}
    running = {(row["owner"], row["name"]) for row in session.query(RUNNING)}
    state: State = {"JOBS": {"_held": held}}
    for row in session.query(JOBS):
        name = "{owner}.{name}".format(**row)
        if (row["owner"], row["name"]) in mine or row["owner"] in owners and name not in want["except_jobs"]:
            state["JOB " + name] = {"enabled": row["enabled"] == "TRUE", "state": row["state"], "running": (row["owner"], row["name"]) in running,
                                    "_job": [row["owner"], row["name"]], "_chosen": row["owner"] in owners and name not in want["except_jobs"]}
    numbers = {job["job"] for job in held["legacy"]}
    for row in session.query(LEGACY):
        if row["job"] in numbers or row["owner"] in owners:
            state["LEGACY_JOB {job}".format(**row)] = {
                "owner": row["owner"], "broken": row["broken"] == "Y", "running": row["running"] == "Y", "own": row["owner"] == session.user,
                "_job": {"job": int(row["job"]), "next_date": row["next_date"]}, "_chosen": row["owner"] in owners}
    return state


def _of(state: State, kind: str) -> t.List[t.Tuple[str, Attributes]]:
    return [(name, found) for name, found in sorted(state.items()) if name.startswith(kind + " ") and found]


def plan(state: State, want: Want) -> t.List[Step]:
    return _hold(state, want) if want["state"] == "disabled" else _release(state)


def _scheduler(procedure: str, job: t.Sequence[str], parameter: str, further: str = "") -> Statement:
    return Statement("BEGIN DBMS_SCHEDULER.{0}({1} => ".format(procedure, parameter), literal('"{0}"."{1}"'.format(*job)), further, "); END;")


def _hold(state: State, want: Want) -> t.List[Step]:
    jobs = [(name, found) for name, found in _of(state, "JOB") if found["_chosen"] and found["enabled"]]
    legacy = [(name, found) for name, found in _of(state, "LEGACY_JOB") if found["_chosen"] and not found["broken"]]
    foreign = _foreign(state)
    if foreign and want["foreign_legacy"] == "refuse":
        raise Refused("Only their owners can hold these jobs of DBMS_JOB: {0}.".format(", ".join(foreign)), code="DBF-0341",
                      hint="Have them do it with DBMS_JOB.BROKEN, hold all jobs with session_fence, or set foreign_legacy=report.",
                      details={"not_held": foreign})
    # A running job can only be disabled by force, and goes on nevertheless (documented).
    steps = [Step(_scheduler("DISABLE", found["_job"], "name", ", force => TRUE"), effects={name: {"enabled": False, "state": "DISABLED"}})
             for name, found in jobs]
    steps += [Step(Statement("BEGIN DBMS_JOB.BROKEN(job => {0}, broken => TRUE); END;".format(found["_job"]["job"])),
                   effects={name: {"broken": True}}) for name, found in legacy if found["own"]]
    if steps and want["migration_id"]:
        held = t.cast(Attributes, state["JOBS"])["_held"]
        new = {"jobs": held["jobs"] + [found["_job"] for dummy, found in jobs if found["_job"] not in held["jobs"]],
               "legacy": held["legacy"] + [found["_job"] for dummy, found in legacy if found["own"]]}
        steps[0].remember[ITEM] = new
    if want["stop_running"]:
        steps += [Step(_scheduler("STOP_JOB", found["_job"], "job_name"), effects={name: {"running": False}})
                  for name, found in _of(state, "JOB") if found["_chosen"] and found["running"]]
    return steps


def _release(state: State) -> t.List[Step]:
    held = t.cast(Attributes, state["JOBS"])["_held"]
    steps = []
    for job in held["jobs"]:
        name = "JOB {0}.{1}".format(*job)
        found = state.get(name)
        # One that is gone, or that somebody has enabled again, needs nothing.
        if found and not found["enabled"]:
            steps.append(Step(_scheduler("ENABLE", job, "name"), effects={name: {"enabled": True, "state": "SCHEDULED"}}))
    for job in held["legacy"]:
        name = "LEGACY_JOB {0}".format(job["job"])
        found = state.get(name)
        if found and found["broken"]:
            steps.append(Step(Statement(
                "BEGIN DBMS_JOB.BROKEN(job => {0}, broken => FALSE, next_date => TO_DATE({1}, 'YYYY-MM-DD HH24:MI:SS')); END;".format(
                    int(job["job"]), literal(job["next_date"]))), effects={name: {"broken": False}}))
    empty: Attributes = {"jobs": [], "legacy": []}
    if held != empty:
        steps.append(Step(None, record={ITEM: empty}, effects={"JOBS": {"_held": empty}}))
    return steps


def _foreign(state: State) -> t.List[str]:
    return ["{0} ({1})".format(name.split(" ", 1)[1], found["owner"]) for name, found in _of(state, "LEGACY_JOB")
            if not found["broken"] and not found["own"]]


def report(state: State, want: Want) -> Attributes:
    return {"running": [name.split(" ", 1)[1] for kind in ("JOB", "LEGACY_JOB") for name, found in _of(state, kind) if found["running"]],
            "not_held": _foreign(state) if want["state"] == "disabled" else []}


MODULE = Module(
    argument_spec={
        "state": {"type": "str", "default": "disabled", "choices": ["disabled", "as_before"]},
        "owners": {"type": "list", "elements": "str", "default": []},
        "except_jobs": {"type": "list", "elements": "str", "default": []},
        "stop_running": {"type": "bool", "default": False},
        "foreign_legacy": {"type": "str", "default": "refuse", "choices": ["refuse", "report"]},
    },
    observe=observe, plan=plan, report=report,
    required_if=[("state", "as_before", ("migration_id",))],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: session_fence
short_description: Keep applications and jobs out of a database, and let them in again exactly as before
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Makes a database idle instead of hoping that it is. Stops services, restricts logons, holds jobs, and names what still works there,
    which are open transactions of others and in-doubt distributed transactions.
  - What it changes is written to the journal first; O(state=absent) puts back just that.
  - While logons are restricted, this account itself needs RESTRICTED SESSION.
options:
  state:
    description: Whether the fence stands.
    type: str
    default: present
    choices: [present, absent]
  services:
    description: Services to stop. They stay defined.
    type: list
    elements: str
    default: []
  start_services:
    description: With O(state=absent), services to start in addition to those that the fence stopped.
    type: list
    elements: str
    default: []
  logons:
    description: Restrict logons to accounts with RESTRICTED SESSION.
    type: bool
    default: true
  jobs:
    description: Hold jobs by setting JOB_QUEUE_PROCESSES to 0 in memory.
    type: bool
    default: true
  own_jobs:
    description:
      - Let jobs of the migration user run nevertheless (file transfers). JOB_QUEUE_PROCESSES stays what it was, and jobs of others are held by
        O(logons), as none runs in a restricted instance unless it has ALLOW_RUNS_IN_RESTRICTED_MODE. Refused while an enabled job of
        another account has that.
    type: bool
    default: false
  for_good:
    description:
      - With O(state=absent), write down that the database is open for work. The fence is not raised again in this run of the migration.
    type: bool
    default: false
  kill_sessions:
    description: Kill the sessions of applications. Their open transactions are rolled back.
    type: bool
    default: false
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Nobody works at the source any more
  dbferry.oracle.session_fence:
    services: [sales_app]
    migration_id: SALES

- name: As it was
  dbferry.oracle.session_fence:
    state: absent
    migration_id: SALES
"""

RETURN = r"""
before:
  description: The instance, services and sessions before.
  returned: success
  type: dict
after:
  description: The instance, services and sessions afterwards.
  returned: success
  type: dict
  sample: {"INSTANCE": {"job_queue_processes": "0", "logins": "RESTRICTED"}, "SERVICE sales_app": {"active": false}}
obstacle:
  description: In a plan, the work of others that stands in the way just now.
  returned: in check mode
  type: str
  sample: "Transactions are open: session 71,4021 (SALES, sqlplus on app1) since 11/21/26 02:10:07."
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import open_work
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import literal
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

#: Jobs of others that a restricted instance does not hold.
UNHELD = """
SELECT j.owner || '.' || j.job_name name FROM dba_scheduler_jobs j JOIN dba_users u ON u.username = j.owner
 WHERE j.allow_runs_in_restricted_mode = 'TRUE' AND j.enabled = 'TRUE' AND u.oracle_maintained = 'N' AND j.owner <> :me ORDER BY 1
"""
INSTANCE = """
SELECT i.logins, (SELECT p.value FROM v$parameter p WHERE p.name = 'job_queue_processes') job_queue_processes FROM v$instance i
"""
SERVICES = "SELECT name FROM v$active_services"
SESSIONS = """
SELECT s.sid, s.serial# serial, s.username, s.program, s.machine, s.status FROM v$session s JOIN dba_users u ON u.username = s.username
 WHERE s.type = 'USER' AND u.oracle_maintained = 'N' AND s.username <> :me ORDER BY s.sid
"""

#: Journal item: what the instance was like before the fence, and which services it stopped.
ITEM = "before the fence"
#: Journal item: the database was opened for work, and no later phase of this run may shut people out again.
OPENED = "opened for work"


def observe(session: t.Any, want: Want) -> State:
    active = {row["name"] for row in session.query(SERVICES)}
    state: State = {"INSTANCE": dict(session.one(INSTANCE), before=session.journal.get(ITEM), opened=bool(session.journal.get(OPENED)))}
    stopped = ((state["INSTANCE"] or {})["before"] or {}).get("services", [])
    for name in want["services"] + want["start_services"] + stopped:
        state["SERVICE " + name] = {"active": name in active}
    for row in session.query(SESSIONS, me=session.user):
        state["SESSION {sid},{serial}".format(**row)] = {name: value for name, value in row.items() if name not in ("sid", "serial")}
    if want["own_jobs"]:
        state["JOBS"] = {"unheld": [row["name"] for row in session.query(UNHELD, me=session.user)]}
    return dict(state, **open_work.observe(session))


def plan(state: State, want: Want) -> t.List[Step]:
    return _lift(state, want) if want["state"] == "absent" else _raise(state, want)


def _service(name: str, verb: str) -> Step:
    return Step(Statement("BEGIN DBMS_SERVICE.{0}_SERVICE(service_name => ".format(verb), literal(name), "); END;"),
                effects={"SERVICE " + name: {"active": verb == "START"}})


def _raise(state: State, want: Want) -> t.List[Step]:
    instance = t.cast(Attributes, state["INSTANCE"])
    if instance["opened"]:
        return []
    running = [name for name in want["services"] if t.cast(Attributes, state["SERVICE " + name])["active"]]
    steps = [_service(name, "STOP") for name in running]
    if want["logons"] and instance["logins"] != "RESTRICTED":
        steps.append(Step(Statement("ALTER SYSTEM ENABLE RESTRICTED SESSION"), effects={"INSTANCE": {"logins": "RESTRICTED"}}))
    processes = _processes(state, want)
    if want["jobs"] and instance["job_queue_processes"] != processes:
        steps.append(Step(Statement("ALTER SYSTEM SET job_queue_processes = {0} SCOPE = MEMORY".format(processes)),
                          effects={"INSTANCE": {"job_queue_processes": processes}}))
    if want["logons"] and want["kill_sessions"]:
        steps += [Step(Statement("ALTER SYSTEM KILL SESSION ", literal(name), " IMMEDIATE"), effects={"SESSION " + name: None}) for name in _sessions(state)]
    if steps and instance["before"] is None:
        steps[0].remember[ITEM] = {"job_queue_processes": instance["job_queue_processes"], "logins": instance["logins"], "services": running}
    return steps


def _processes(state: State, want: Want) -> str:
    """JOB_QUEUE_PROCESSES behind the fence: none, or what there was before it, for our own jobs."""
    if not want["own_jobs"]:
        return "0"
    unheld = t.cast(Attributes, state["JOBS"])["unheld"]
    if unheld or not want["logons"]:
        raise Refused("Nothing would hold the jobs of others: {0}.".format(
            "{0} may run in a restricted instance".format(", ".join(unheld)) if unheld else "own_jobs needs logons"), code="DBF-0144",
            hint="Disable these jobs (scheduled_jobs does, and enables them again), or have the target fetch the files (xtts_conversion=get_file).")
    instance = t.cast(Attributes, state["INSTANCE"])
    return str((instance["before"] or instance)["job_queue_processes"])


def _sessions(state: State) -> t.List[str]:
    return [name.split(" ", 1)[1] for name, found in state.items() if name.startswith("SESSION ") and found]


def obstacle(state: State, want: Want) -> t.Optional[DbferryError]:
    """Nothing is idle while somebody holds a transaction open."""
    if want["state"] == "absent" or not want["logons"] or t.cast(Attributes, state["INSTANCE"])["opened"]:
        return None
    return open_work.obstacle(state, ended=_sessions(state) if want["kill_sessions"] else ())


def _lift(state: State, want: Want) -> t.List[Step]:
    instance = t.cast(Attributes, state["INSTANCE"])
    before = instance["before"] or {}
    steps = []
    if before and instance["job_queue_processes"] != before["job_queue_processes"]:
        value = before["job_queue_processes"]
        if not str(value).isdigit():
            raise DbferryError("The journal holds {0!r} as JOB_QUEUE_PROCESSES.".format(value), code="DBF-0143",
                               hint="Set the parameter by hand; the journal was changed by somebody else.")
        steps.append(Step(Statement("ALTER SYSTEM SET job_queue_processes = {0} SCOPE = MEMORY".format(value)),
                          effects={"INSTANCE": {"job_queue_processes": value}}))
    if before and before["logins"] == "ALLOWED" and instance["logins"] == "RESTRICTED":
        steps.append(Step(Statement("ALTER SYSTEM DISABLE RESTRICTED SESSION"), effects={"INSTANCE": {"logins": "ALLOWED"}}))
    for name in dict.fromkeys(before.get("services", []) + want["start_services"]):
        if not t.cast(Attributes, state["SERVICE " + name])["active"]:
            steps.append(_service(name, "START"))
    if instance["opened"] != want["for_good"]:
        steps.append(Step(None, record={OPENED: want["for_good"]}, effects={"INSTANCE": {"opened": want["for_good"]}}))
    return steps


MODULE = Module(
    argument_spec={
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        "services": {"type": "list", "elements": "str", "default": []},
        "start_services": {"type": "list", "elements": "str", "default": []},
        "logons": {"type": "bool", "default": True},
        "jobs": {"type": "bool", "default": True},
        "own_jobs": {"type": "bool", "default": False},
        "for_good": {"type": "bool", "default": False},
        "kill_sessions": {"type": "bool", "default": False},
    },
    observe=observe, plan=plan, obstacle=obstacle, kinds=("SESSION", "TRANSACTION"),
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: redo_thread
short_description: Manage redo threads of a primary for further instances
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - An instance of a RAC database writes a redo thread of its own. This gives the database the log groups of further threads and enables them, so that
    instances can be added to one that had a single instance.
  - It asks for a primary that is open read write, so in a migration by Data Guard it comes after the switchover. Redo carries no log groups, so a standby
    database has those of its own.
  - Threads that are enabled get standby redo logs by module standby_redo_log, afterwards, at both databases.
  - Undo tablespaces come by module undo_tablespace, parameters of the instances (INSTANCE_NUMBER, THREAD, UNDO_TABLESPACE, CLUSTER_DATABASE) by module
    parameter, and their registration by module clusterware_database.
  - Needs ALTER DATABASE.
options:
  threads:
    description: Numbers of the threads.
    type: list
    elements: int
    required: true
  groups:
    description: Groups of each thread, two at least. By default as many as the thread that has most of them.
    type: int
  size:
    description: Size of a log, in bytes or with a unit (V(200M)). By default that of the largest online log.
    type: str
  members:
    description:
      - Where the members of a new group go, one each, as directories or disk groups (V(+DATA)). They have to be on storage that all instances see.
        Without it the database places and names them (Oracle Managed Files), for which DB_CREATE_FILE_DEST or DB_CREATE_ONLINE_LOG_DEST_n must be set.
    type: list
    elements: str
    default: []
  reuse:
    description: Take a file that is there under the name of a new member. What is in it is lost.
    type: bool
    default: false
  state:
    description:
      - V(enabled) adds the groups that are missing and enables the threads, for any instance (PUBLIC). Groups that are there are left alone.
      - V(absent) disables the threads and drops their groups. A thread that an instance has open or mounted is refused.
    type: str
    default: enabled
    choices: [enabled, absent]
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: A thread for the second instance
  dbferry.oracle.redo_thread:
    threads: [2]
    members: [+DATA, +RECO]

- name: Nobody needs it after all
  dbferry.oracle.redo_thread:
    threads: [2]
    state: absent
"""

RETURN = r"""
before:
  description: The threads before.
  returned: success
  type: dict
  sample: {"REDO_THREAD 2": null}
after:
  description: The threads afterwards. Sizes are in bytes, by group.
  returned: success
  type: dict
  sample: {"REDO_THREAD 2": {"enabled": "PUBLIC", "status": "CLOSED", "groups": {"4": 209715200, "5": 209715200, "6": 209715200}}}
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["ALTER DATABASE ADD LOGFILE THREAD 2 GROUP 4 SIZE 209715200", "ALTER DATABASE ENABLE PUBLIC THREAD 2"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard, redo_groups
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Finding, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

THREADS = "SELECT thread# thread, status, enabled, instance FROM v$thread"
ONLINE = "SELECT group# group_number, thread# thread, bytes FROM v$log ORDER BY group#"
STANDBY = "SELECT group# group_number FROM v$standby_log"
PLACES = r"""
SELECT value FROM v$parameter
 WHERE (name = 'db_create_file_dest' OR name LIKE 'db\_create\_online\_log\_dest\_%' ESCAPE '\') AND value IS NOT NULL
"""
#: Of a thread that is enabled (documented, ORA-01613).
FEWEST = 2


def resource(thread: int) -> str:
    return "REDO_THREAD {0}".format(thread)


def observe(session: t.Any, want: Want) -> State:
    facts = dataguard.facts(session)
    online = session.query(ONLINE)
    counted = [sum(1 for row in online if row["thread"] == number) for number in {row["thread"] for row in online}]
    state: State = {dataguard.DATABASE: {
        "role": facts["database_role"], "open_mode": facts["open_mode"], "_writable": dataguard.is_writable(facts),
        "_managed": bool(session.query(PLACES)), "_most": max(counted + [0]), "_largest": max([row["bytes"] for row in online] + [0]),
        "_groups": [row["group_number"] for row in online + session.query(STANDBY)]}}
    threads = {row["thread"]: row for row in session.query(THREADS)}
    for number in want["threads"]:
        found = threads.get(number)
        state[resource(number)] = {
            "enabled": found["enabled"], "status": found["status"], "_instance": found["instance"],
            "groups": {str(row["group_number"]): row["bytes"] for row in online if row["thread"] == number}} if found else None
    return state


def plan(state: State, want: Want) -> t.List[Step]:
    database = t.cast(Attributes, state[dataguard.DATABASE])
    groups = database["_most"] if want["groups"] is None else want["groups"]
    size = redo_groups.size(want["size"]) or database["_largest"]
    refuse(list(_wrong(groups, want)))
    steps = _enable(state, want, groups, size) if want["state"] == "enabled" else _take_away(state, want)
    refuse(list(_findings(state, want, steps)))
    return steps


def _enable(state: State, want: Want, groups: int, size: int) -> t.List[Step]:
    taken = list(t.cast(Attributes, state[dataguard.DATABASE])["_groups"])
    steps = []
    for number in want["threads"]:
        found = state[resource(number)] or {"enabled": "DISABLED", "status": "CLOSED", "groups": {}}
        held = dict(found["groups"])
        while len(held) < groups:
            group = max(taken + [0]) + 1
            taken.append(group)
            held = dict(held, **{str(group): size})
            steps.append(Step(
                Statement("ALTER DATABASE ADD LOGFILE THREAD {0} GROUP {1}".format(number, group), redo_groups.members(want["members"], group, "redo"),
                          " SIZE {0}".format(size), " REUSE" if want["members"] and want["reuse"] else ""),
                effects={resource(number): dict(found, groups=held), dataguard.DATABASE: {"_groups": taken[:]}}))
        if found["enabled"] == "DISABLED":
            steps.append(Step(Statement("ALTER DATABASE ENABLE PUBLIC THREAD {0}".format(number)), effects={resource(number): {"enabled": "PUBLIC"}}))
    return steps


def _take_away(state: State, want: Want) -> t.List[Step]:
    steps = []
    for number in want["threads"]:
        found = state[resource(number)]
        if found is None:
            continue
        if found["enabled"] != "DISABLED":
            steps.append(Step(Statement("ALTER DATABASE DISABLE THREAD {0}".format(number)), effects={resource(number): {"enabled": "DISABLED"}}))
        held = dict(found["groups"])
        for group in sorted(held, key=int):
            held = {name: size for name, size in held.items() if name != group}
            steps.append(Step(Statement("ALTER DATABASE DROP LOGFILE GROUP {0}".format(group)),
                              effects={resource(number): {"groups": held} if held else None}))
    return steps


def _wrong(groups: int, want: Want) -> t.Iterator[Finding]:
    """What the arguments cannot be."""
    wrong = [str(number) for number in want["threads"] if number < 1]
    if wrong:
        yield ("DBF-0891", "{0} is the number of no redo thread.".format(", ".join(wrong)), "They begin with 1.")
    if groups < FEWEST and want["state"] == "enabled":
        yield ("DBF-0892", "A redo thread needs two groups at least (ORA-01613), not {0}.".format(groups), "Give more groups.")


def _findings(state: State, want: Want, steps: t.Sequence[Step]) -> t.Iterator[Finding]:
    """What stands in the way of the steps."""
    database = t.cast(Attributes, state[dataguard.DATABASE])
    if steps and not database["_writable"]:
        yield ("DBF-0893", "The database is no primary that is open read write: {0}, {1}.".format(database["role"], database["open_mode"]),
               "Add redo threads once it is (module switchover, module instance).")
    if want["state"] == "enabled" and not want["members"] and not database["_managed"] and any("ADD LOGFILE" in str(step.statement) for step in steps):
        yield redo_groups.NOWHERE
    for number in want["threads"] if want["state"] == "absent" else []:
        found = state[resource(number)]
        if found is not None and found["status"] == "OPEN":
            yield ("DBF-0894", "The instance {0} has redo thread {1} open.".format(found["_instance"], number),
                   "Shut that instance down first (module instance, scope=instance).")


MODULE = Module(
    argument_spec={
        "threads": {"type": "list", "elements": "int", "required": True},
        "groups": {"type": "int"},
        "size": {"type": "str"},
        "members": {"type": "list", "elements": "str", "default": []},
        "reuse": {"type": "bool", "default": False},
        "state": {"type": "str", "default": "enabled", "choices": ["enabled", "absent"]},
    },
    observe=observe, plan=plan,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

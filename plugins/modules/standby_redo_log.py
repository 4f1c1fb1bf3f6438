#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: standby_redo_log
short_description: Manage standby redo logs
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Gives every redo thread its standby redo logs, by default one group more than it has online, each as large as its largest online log. A group
    that is smaller than that does not count, because redo transport cannot use it.
  - Where nothing receives into them, redo arrives when a log is archived and no earlier, so that there is no real-time apply.
  - A primary needs them too, for the day on which it is the standby.
  - On a standby no group can be added or dropped while Redo Apply is on (ORA-01156); the module refuses then. With STANDBY_FILE_MANAGEMENT=AUTO it
    sets V(MANUAL) in memory around the change, as Oracle's documentation has it, and back.
  - A standby that is not open cannot write its journal; that of its primary keeps it, if that is named as the peer.
  - Needs ALTER DATABASE, and ALTER SYSTEM on a standby; a standby that is mounted is reached with SYSDG or SYSDBA.
options:
  threads:
    description: Numbers of threads. By default every thread that is enabled.
    type: list
    elements: int
    default: []
  groups:
    description: Groups for each thread. By default one more than it has online.
    type: int
  size:
    description: Size of a log, in bytes or with a unit (V(200M)). By default that of the largest online log of the thread.
    type: str
  members:
    description:
      - Where the members of a new group go, one each, as directories or disk groups (V(+DATA)). Without it the database places and names
        them (Oracle Managed Files), for which DB_CREATE_FILE_DEST or DB_CREATE_ONLINE_LOG_DEST_n must be set.
    type: list
    elements: str
    default: []
  reuse:
    description:
      - Take a file that is there under the name of a new member, as one does that a dropped group left. What is in it is lost. Files of groups that
        this migration and run added and dropped are taken in any case.
    type: bool
    default: false
  state:
    description:
      - V(present) adds what is missing. Groups that are there are left alone.
      - V(absent) drops the standby redo logs of the threads.
      - V(as_before) drops those that this migration and run added to this database, as its journal says.
    type: str
    default: present
    choices: [present, absent, as_before]
extends_documentation_fragment:
  - dbferry.oracle.peer
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Standby redo logs of the primary, placed by the database
  dbferry.oracle.standby_redo_log:
    migration_id: SALES

- name: Those of a mounted standby, with two members each
  dbferry.oracle.standby_redo_log:
    members: [+DATA, +RECO]
    mode: sysdg
"""

RETURN = r"""
before:
  description: The standby redo logs before.
  returned: success
  type: dict
after:
  description: The standby redo logs afterwards, by thread. Sizes are in bytes.
  returned: success
  type: dict
  sample: {"STANDBY_REDO_LOGS THREAD 1": {"online_groups": 3, "online_size": 209715200, "groups": {"4": 209715200, "5": 209715200}}}
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["ALTER DATABASE ADD STANDBY LOGFILE THREAD 1 GROUP 4 SIZE 209715200"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard, redo_groups
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

THREADS = "SELECT thread# thread FROM v$thread WHERE enabled <> 'DISABLED' ORDER BY thread#"
ONLINE = "SELECT group# group_number, thread# thread, bytes FROM v$log"
STANDBY = "SELECT group# group_number, thread# thread, bytes, status FROM v$standby_log ORDER BY group#"
PLACES = r"""
SELECT name, value FROM v$parameter
 WHERE name IN ('db_create_file_dest', 'standby_file_management') OR name LIKE 'db\_create\_online\_log\_dest\_%' ESCAPE '\'
"""
SPFILE = "SELECT value FROM v$spparameter WHERE name = 'standby_file_management' AND isspecified = 'TRUE' AND sid = '*'"


def resource(thread: int) -> str:
    return "STANDBY_REDO_LOGS THREAD {0}".format(thread)


def added_item(database: str) -> str:
    """Journal item: the groups that the migration added. A standby is a copy of its primary, journal included, hence the name."""
    return "standby redo logs added to " + database


def observe(session: t.Any, want: Want) -> State:
    database = dataguard.facts(session)
    journal = dataguard.journal_of(session, database)
    standby = database["database_role"] != dataguard.PRIMARY
    places = {row["name"]: row["value"] for row in session.query(PLACES)}
    kept = session.one(SPFILE) if standby else None
    online, added = session.query(ONLINE), session.query(STANDBY)
    state: State = {dataguard.DATABASE: {
        "role": database["database_role"], "standby_file_management": places.pop("standby_file_management"),
        "_spfile_management": kept["value"] if kept else None, "_name": database["db_unique_name"], "_managed": any(places.values()),
        "_journal": journal is not None, "_journal_at_peer": journal is not None and journal is not session.journal,
        "_apply": standby and dataguard.redo_apply(session)["on"],
        "_groups": [row["group_number"] for row in online + added],
        "_added": (journal.get(added_item(database["db_unique_name"])) or []) if journal is not None else []}}
    for number in [row["thread"] for row in session.query(THREADS)]:
        sizes = [row["bytes"] for row in online if row["thread"] == number]
        mine = [row for row in added if row["thread"] == number]
        state[resource(number)] = {
            "online_groups": len(sizes), "online_size": max(sizes or [0]), "groups": {str(row["group_number"]): row["bytes"] for row in mine},
            "_busy": [row["group_number"] for row in mine if row["status"] == "ACTIVE"]}
    return state


def plan(state: State, want: Want) -> t.List[Step]:
    database = t.cast(Attributes, state[dataguard.DATABASE])
    threads = want["threads"] or sorted(int(name.rsplit(" ", 1)[1]) for name in state if name.startswith("STANDBY_REDO_LOGS "))
    missing = [str(number) for number in threads if state.get(resource(number)) is None]
    if missing:
        raise Refused("There is no enabled redo thread {0}.".format(", ".join(missing)), code="DBF-0423", hint="V$THREAD lists them.")
    steps = _add(state, threads, want) if want["state"] == "present" else _drop(state, threads, want)
    if steps and database["_apply"]:
        raise Refused("Redo Apply is on, and no standby redo log can be added or dropped meanwhile.", code="ORA-01156",
                      hint="Switch it off first (module redo_apply, state=stopped) and on again afterwards.")
    return dataguard.written_at(_by_hand(database, steps), database["_journal_at_peer"])


def _add(state: State, threads: t.Sequence[int], want: Want) -> t.List[Step]:
    database = t.cast(Attributes, state[dataguard.DATABASE])
    wanted = redo_groups.size(want["size"])
    taken, added, steps = list(database["_groups"]), list(database["_added"]), []
    for number in threads:
        found = t.cast(Attributes, state[resource(number)])
        size = wanted or found["online_size"]
        groups = dict(found["groups"])
        lacking = (want["groups"] or found["online_groups"] + 1) - sum(1 for held in groups.values() if held >= size)
        first = max(taken + [0]) + 1
        for group in range(first, first + lacking):
            taken.append(group)
            added = sorted({*added, group})
            groups = dict(groups, **{str(group): size})
            steps.append(Step(
                Statement("ALTER DATABASE ADD STANDBY LOGFILE THREAD {0} GROUP {1}".format(number, group),
                          redo_groups.members(want["members"], group, "standby_redo"),
                          " SIZE {0}".format(size), " REUSE" if want["members"] and (want["reuse"] or group in database["_added"]) else ""),
                remember={added_item(database["_name"]): added} if want["migration_id"] and database["_journal"] else {},
                effects={resource(number): {"groups": groups}, dataguard.DATABASE: {"_groups": taken[:], "_added": added}}))
    if steps and not want["members"] and not database["_managed"]:
        refuse([redo_groups.NOWHERE])
    return steps


def _drop(state: State, threads: t.Sequence[int], want: Want) -> t.List[Step]:
    ours = t.cast(Attributes, state[dataguard.DATABASE])["_added"]
    steps, busy = [], []
    for number in threads:
        found = t.cast(Attributes, state[resource(number)])
        groups = dict(found["groups"])
        for group in sorted(int(name) for name in found["groups"]):
            if want["state"] == "as_before" and group not in ours:
                continue
            busy += [str(group)] if group in found["_busy"] else []
            groups = {name: size for name, size in groups.items() if name != str(group)}
            steps.append(Step(Statement("ALTER DATABASE DROP STANDBY LOGFILE GROUP {0}".format(group)), effects={resource(number): {"groups": groups}}))
    refuse([("ORA-00261", "Standby redo log {0} is being written.".format(", ".join(busy)),
             "Stop what sends redo to this database first (module redo_transport at the other one).")] if busy else [])
    return steps


def _by_hand(database: Attributes, steps: t.List[Step]) -> t.List[Step]:
    """On a standby that manages its files itself, the steps with that put off around them; and on again where an earlier run was cut off."""
    if database["role"] == dataguard.PRIMARY:
        return steps
    found, kept = database["standby_file_management"], database["_spfile_management"]
    before = [_management("MANUAL")] if steps and found == "AUTO" else []
    return before + steps + ([_management("AUTO")] if before or found == "MANUAL" and kept == "AUTO" else [])


def _management(value: str) -> Step:
    return Step(Statement("ALTER SYSTEM SET standby_file_management = {0} SCOPE = MEMORY".format(value)),
                effects={dataguard.DATABASE: {"standby_file_management": value}})


MODULE = Module(
    argument_spec=dict(PEER, **{
        "threads": {"type": "list", "elements": "int", "default": []},
        "groups": {"type": "int"},
        "size": {"type": "str"},
        "members": {"type": "list", "elements": "str", "default": []},
        "reuse": {"type": "bool", "default": False},
        "state": {"type": "str", "default": "present", "choices": ["present", "absent", "as_before"]},
    }),
    observe=observe, plan=plan,
    required_if=[("state", "as_before", ("migration_id",))],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

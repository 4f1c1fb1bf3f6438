#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: log_switch
short_description: Switch redo logs a number of times, on every thread, until they are archived
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Readers of redo go back some logs from where they are told to begin. After a change of what is logged, a number of switches makes
    sure that they meet no log from before it.
  - Switches are counted from an SCN, the anchor, which the journal keeps under O(purpose). So a run that was killed goes on where it was,
    a second run does nothing, and switches by others count.
  - On RAC the open threads take turns, because a reader goes back in each of them. One instance is switched by ALTER SYSTEM SWITCH
    LOGFILE; those of a RAC database by ALTER SYSTEM ARCHIVE LOG INSTANCE, which one session can do for all of them, in ARCHIVELOG mode.
  - In ARCHIVELOG mode RV(finished) is true when the switched logs are archived; repeat the task until then.
  - Needs the privilege ALTER SYSTEM, in the root of a container database.
options:
  count:
    description: How many logs every open thread shall have finished since the anchor.
    type: int
    default: 3
  purpose:
    description: Why, in a word or two. Names the anchor in the journal, so that different reasons are counted apart.
    type: str
    default: SWITCH
  since_scn:
    description: Count from this SCN instead of an anchor in the journal.
    type: int
  until_archived:
    description: In ARCHIVELOG mode, not finished before the switched logs are archived.
    type: bool
    default: true
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Three logs that know the supplemental logging, archived
  dbferry.oracle.log_switch:
    count: 3
    purpose: SUPPLEMENTAL
    migration_id: SALES
  register: switch
  until: switch.finished
  retries: 60
  delay: 10
"""

RETURN = r"""
before:
  description: The threads before.
  returned: success
  type: dict
after:
  description: The threads afterwards. C(switched) and C(archived) count from the anchor.
  returned: success
  type: dict
  sample: {"REDO_THREAD 1": {"thread": 1, "instance": "SALES1", "status": "OPEN", "switched": 3, "archived": 3}}
anchor_scn:
  description: The SCN from which switches are counted.
  returned: success
  type: int
  sample: 1234567
finished:
  description: Whether everything that was switched is archived, as far as that is wanted.
  returned: success
  type: bool
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ['ALTER SYSTEM SWITCH LOGFILE']
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import literal
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

DATABASE = """
SELECT d.log_mode, d.open_mode, d.database_role, d.current_scn, i.thread# thread, SYS_CONTEXT('USERENV', 'CON_ID') con_id
  FROM v$database d CROSS JOIN v$instance i
"""
THREADS = "SELECT thread# thread, instance, status FROM v$thread WHERE enabled <> 'DISABLED' ORDER BY thread#"
SWITCHED = "SELECT thread# thread, COUNT(*) logs FROM v$log_history WHERE next_change# > :anchor GROUP BY thread#"
ARCHIVED = """
SELECT thread# thread, COUNT(DISTINCT sequence#) logs FROM v$archived_log
 WHERE archived = 'YES' AND standby_dest = 'NO' AND next_change# > :anchor GROUP BY thread#
"""
DESTINATIONS = "SELECT dest_name, status, destination, error FROM v$archive_dest WHERE target = 'PRIMARY' AND status <> 'INACTIVE'"


def resource(thread: int) -> str:
    return "REDO_THREAD {0}".format(thread)


def anchor_item(purpose: str) -> str:
    """Journal item: the SCN from which the switches of a purpose are counted."""
    return "log switches since, " + purpose


def observe(session: t.Any, want: Want) -> State:
    database = session.one(DATABASE)
    kept = session.journal.get(anchor_item(want["purpose"])) if want["since_scn"] is None else want["since_scn"]
    anchor = database["current_scn"] if kept is None else kept
    switched = {row["thread"]: row["logs"] for row in session.query(SWITCHED, anchor=anchor)}
    archived = {row["thread"]: row["logs"] for row in session.query(ARCHIVED, anchor=anchor)}
    state: State = {
        resource(row["thread"]): {"instance": row["instance"], "status": row["status"], "switched": switched.get(row["thread"], 0),
                                  "archived": archived.get(row["thread"], 0), "thread": row["thread"]}
        for row in session.query(THREADS)}
    state["REDO_LOGS"] = {
        "_open_mode": database["open_mode"], "_role": database["database_role"], "anchor_scn": anchor, "_anchored": kept is not None,
        "_thread": database["thread"], "_pdb": (database["con_id"] or "0") not in ("0", "1")}
    # By the name that module archivelog has for it, whose plan is laid over it.
    state["LOG_MODE"] = {"mode": database["log_mode"],
                         "_destinations": session.query(DESTINATIONS) if database["log_mode"] == "ARCHIVELOG" else None}
    return state


def _threads(state: State) -> t.List[Attributes]:
    return [t.cast(Attributes, attributes) for name, attributes in state.items() if name.startswith("REDO_THREAD ")]


def _must_be_able(logs: Attributes, log_mode: Attributes, several: bool) -> None:
    """Raise for what would fail or, worse, hang."""
    if logs["_pdb"]:
        raise Refused("Logs are switched in the root, not in a pluggable database.", code="ORA-65040", hint="Connect to the root's service.")
    if logs["_role"] != "PRIMARY":
        raise Refused("This is a {0}: its logs are switched at the primary.".format(logs["_role"].lower()), code="DBF-0281",
                      hint="Run the task for the primary database.")
    if not logs["_open_mode"].startswith("READ WRITE"):
        raise Refused("The database is not open for writing, and only then logs are switched.", code="ORA-01109", hint="Open it.")
    if several and log_mode["mode"] != "ARCHIVELOG":
        raise Refused("Several instances are open in NOARCHIVELOG mode, where a session can switch the log of its own instance alone.", code="DBF-0282",
                      hint="Enable ARCHIVELOG mode first (module archivelog).")
    destinations = log_mode["_destinations"]
    broken = [row for row in destinations or [] if row["status"] != "VALID"]
    if destinations is not None and len(broken) == len(destinations):
        raise Refused("No destination takes archived logs, so that a switch would hang: {0}.".format(
            "; ".join("{dest_name} ({destination}): {error}".format(**row) for row in broken) or "none is set"), code="DBF-0283",
            hint="Make room or correct the destination (module recovery_area, parameter LOG_ARCHIVE_DEST_1).")


def plan(state: State, want: Want) -> t.List[Step]:
    logs = t.cast(Attributes, state["REDO_LOGS"])
    threads = [thread for thread in _threads(state) if thread["status"] == "OPEN"]
    turns = [(turn, thread) for turn in range(want["count"]) for thread in threads if thread["switched"] <= turn]
    if not turns:
        return []
    alone = len(threads) == 1 and threads[0]["thread"] == logs["_thread"]
    _must_be_able(logs, t.cast(Attributes, state["LOG_MODE"]), not alone)
    steps = []
    remember = {} if logs["_anchored"] else {anchor_item(want["purpose"]): logs["anchor_scn"]}
    for turn, thread in turns:
        statement = Statement("ALTER SYSTEM SWITCH LOGFILE") if alone else Statement(
            "ALTER SYSTEM ARCHIVE LOG INSTANCE ", literal(thread["instance"]), " CURRENT")
        steps.append(Step(statement, remember=remember, effects={resource(thread["thread"]): {"switched": turn + 1, "archived": turn + 1}}))
        remember = {}
    return steps


def report(state: State, want: Want) -> Attributes:
    logs = t.cast(Attributes, state["REDO_LOGS"])
    waits = want["until_archived"] and t.cast(Attributes, state["LOG_MODE"])["mode"] == "ARCHIVELOG"
    late = [thread for thread in _threads(state) if thread["archived"] < min(want["count"], thread["switched"])]
    return {"anchor_scn": logs["anchor_scn"], "finished": not (waits and late)}


MODULE = Module(
    argument_spec={
        "count": {"type": "int", "default": 3},
        "purpose": {"type": "str", "default": "SWITCH"},
        "since_scn": {"type": "int"},
        "until_archived": {"type": "bool", "default": True},
    },
    observe=observe, plan=plan, report=report,
    required_one_of=[("migration_id", "since_scn")],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

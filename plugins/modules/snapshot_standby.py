#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: snapshot_standby
short_description: Open a standby for a rehearsal, and bring it back
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Converts a physical standby to a snapshot standby and opens it read write, so that it can be tried out. It goes on receiving redo, which it does not
    apply meanwhile, so a switchover takes the longer the longer that lasts.
  - Converted back, everything that was done in it is gone, and redo is applied again once the module M(dbferry.oracle.redo_apply) says so.
  - Oracle keeps a guaranteed restore point for the way back, which needs a recovery area with room.
  - Where the broker is in charge of the standby, DGMGRL converts it, which restarts and opens it as needed (C(CONVERT DATABASE)) and needs
    O(sys_password) and the static service C(<DB_UNIQUE_NAME>_DGMGRL); it starts Redo Apply itself.
  - Works as the Oracle owner on the database server, with C(/ AS SYSDBA) in SQL*Plus. A database that is open is shut down for it, where O(restart)
    allows that. One that was down is only mounted by the first call; RV(finished) says so.
options:
  state:
    description: What the standby is to be. V(snapshot) is open read write, V(physical) is mounted.
    type: str
    required: true
    choices: [snapshot, physical]
extends_documentation_fragment:
  - dbferry.oracle.broker
  - dbferry.oracle.instance
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Rehearse with the target
  dbferry.oracle.snapshot_standby:
    state: snapshot
    restart: true
  become: true
  become_user: oracle

- name: Back to following the source
  dbferry.oracle.snapshot_standby:
    state: physical
    restart: true
  become: true
  become_user: oracle
  register: standby
  until: standby.finished
"""

RETURN = r"""
before:
  description: The standby before.
  returned: success
  type: dict
after:
  description: The standby afterwards.
  returned: success
  type: dict
  sample: {"INSTANCE": {"status": "OPEN"}, "DATABASE": {"database_role": "SNAPSHOT STANDBY", "open_mode": "READ WRITE"}}
finished:
  description: Whether the standby is what it is to be. Repeat the task until then.
  returned: success
  type: bool
pending:
  description: What was left, because it needs a restart that O(restart) does not allow.
  returned: success
  type: list
  elements: str
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["ALTER DATABASE CONVERT TO SNAPSHOT STANDBY", "ALTER DATABASE OPEN"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import closed_database, dataguard, dgmgrl
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.instance import OPTIONS, RESOURCE, WAITS_FOR_RESTART, shutdown, startup
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

AREA = "SELECT value FROM v$parameter WHERE name = 'db_recovery_file_dest'"

ROLES = {"snapshot": dataguard.SNAPSHOT_STANDBY, "physical": dataguard.PHYSICAL_STANDBY}


def observe(session: t.Any, want: Want) -> State:
    state = closed_database.observe(session)
    database = state.get(dataguard.DATABASE)
    if database is not None and database["database_role"] != dataguard.PRIMARY:
        database.update(_apply=dataguard.redo_apply(session)["on"], _area=bool((session.one(AREA) or {}).get("value")),
                        _member=dataguard.broker_member(session, database["_facts"]))
    return state


def plan(state: State, want: Want) -> t.List[Step]:
    if not closed_database.is_mounted(state):
        return closed_database.mounting(state, want)
    database, instance = t.cast(Attributes, state[dataguard.DATABASE]), t.cast(Attributes, state[RESOURCE])
    role = ROLES[want["state"]]
    if database["database_role"] not in ROLES.values():
        raise Refused("This database is a {0}, and only a physical standby becomes a snapshot standby.".format(database["database_role"].lower()),
                      code="DBF-0551", hint="Run the task for the standby.")
    opened = Step(Statement("ALTER DATABASE OPEN"), effects={RESOURCE: {"status": "OPEN"}, dataguard.DATABASE: {"open_mode": "READ WRITE"}})
    if database["database_role"] == role:
        return [opened] if want["state"] == "snapshot" and instance["status"] != "OPEN" else []
    managed = database["_facts"]["dataguard_broker"] == "ENABLED"
    refuse([("DBF-0552", found["message"], found["remedy"]) for found in dataguard.broker_findings(managed, database["_member"], want)])
    if want["state"] == "physical" and not managed:
        return closed_database.while_mounted(state, want, closed_database.to_physical_standby(want))
    refuse([] if database["_area"] or want["state"] == "physical" else [(
        "ORA-38786", "A snapshot standby needs a recovery area for its way back, and DB_RECOVERY_FILE_DEST is not set.",
        "Set one that has room for what is changed (module recovery_area).")])
    if managed:
        return _by_broker(state, want, role)
    stopped = [dataguard.stop_apply()] if database["_apply"] and instance["status"] == "MOUNTED" else []
    converted = Step(Statement("ALTER DATABASE CONVERT TO SNAPSHOT STANDBY"), effects={
        dataguard.DATABASE: {"database_role": role, "open_mode": "MOUNTED", "_apply": False}})
    # Before 12.1 the conversion leaves the database dismounted (documented).
    again = [] if tuple(database["_release"]) >= (12, 1) else [shutdown(instance, want)] + startup(instance, want, "MOUNTED")
    return closed_database.while_mounted(state, want, stopped + [converted] + again, [opened])


def _by_broker(state: State, want: Want, role: str) -> t.List[Step]:
    """It stops apply, restarts and opens; only leave to do so is ours to give."""
    database, is_open = t.cast(Attributes, state[dataguard.DATABASE]), want["state"] == "snapshot"
    step = dataguard.by_broker(dgmgrl.convert(database["_member"], role), want, {
        RESOURCE: {"status": "OPEN" if is_open else "MOUNTED"},
        dataguard.DATABASE: {"database_role": role, "open_mode": "READ WRITE" if is_open else "MOUNTED"}})
    if t.cast(Attributes, state[RESOURCE])["status"] == "OPEN" and not want["restart"]:
        step.pending = WAITS_FOR_RESTART
    return [step]


def under_way(state: State, want: Want) -> bool:
    return closed_database.goes_on(state, plan(state, want))


MODULE = Module(
    argument_spec=dict(OPTIONS, state={"type": "str", "required": True, "choices": ["snapshot", "physical"]}, **dataguard.BROKER_OPTIONS),
    observe=observe, plan=plan, under_way=under_way, local=lambda want: True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

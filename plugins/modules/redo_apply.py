#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: redo_apply
short_description: Start or stop Redo Apply on a physical standby
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Starts managed recovery in the background, or cancels it. Whether it runs is seen in V$MANAGED_STANDBY and not taken from what the statement
    answered. Where it ends at once, the message of V$DATAGUARD_STATUS says why.
  - Where the broker is in charge of the standby, it is told (APPLY-ON, APPLY-OFF, by DGMGRL on the server). It starts apply by itself, and would undo
    what it does not know of.
  - A database that is no physical standby applies no redo. V(stopped) is fulfilled there, V(started) is refused.
  - Needs SYSDG or SYSDBA, in the root of a container database.
options:
  state:
    description:
      - Whether redo is applied. V(started_on_standby) asks for it while the database is a physical standby, and for nothing once it is the primary.
    type: str
    default: started
    choices: [started, started_on_standby, stopped]
  real_time:
    description:
      - Apply redo as it arrives in the standby redo logs, and not only when a log is archived. A switchover is as fast as that.
      - When redo is applied the other way, managed recovery is cancelled and started again. The broker decides itself.
    type: bool
    default: true
  active_data_guard:
    description:
      - Allow it on a database that is open, which makes it Active Data Guard, an option with a licence of its own.
    type: bool
    default: false
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Apply redo on the standby
  dbferry.oracle.redo_apply:
    state: started
    mode: sysdg
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
  sample: {"DATABASE": {"database_role": "PHYSICAL STANDBY", "open_mode": "MOUNTED"},
           "REDO_APPLY": {"on": true, "status": "APPLYING_LOG", "real_time": true, "thread": 1, "sequence": 17, "delay": 0}}
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DISCONNECT FROM SESSION"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

#: The last ones are what recovery ended with.
MESSAGES = "SELECT message, error_code FROM v$dataguard_status WHERE severity IN ('Error', 'Fatal') ORDER BY message_num"


def observe(session: t.Any, want: Want) -> State:
    found = dataguard.facts(session)
    state: State = {dataguard.DATABASE: {
        "database_role": found["database_role"], "open_mode": found["open_mode"], "_release": session.release,
        "_member": dataguard.broker_member(session, found)}}
    if found["database_role"] == dataguard.PHYSICAL_STANDBY:
        state[dataguard.APPLY] = dict(dataguard.redo_apply(session), _messages=session.query(MESSAGES)[-1:])
    else:
        state[dataguard.APPLY] = {"on": False, "_messages": []}
    return state


def plan(state: State, want: Want) -> t.List[Step]:
    database, apply = t.cast(Attributes, state[dataguard.DATABASE]), t.cast(Attributes, state[dataguard.APPLY])
    if want["state"] == "stopped":
        return [dataguard.stop_apply(database["_member"])] if apply["on"] else []
    if database["database_role"] != dataguard.PHYSICAL_STANDBY:
        if want["state"] == "started_on_standby":
            return []
        raise Refused("This database is a {0}, and only a physical standby applies redo.".format(database["database_role"].lower()), code="DBF-0501",
                      hint="Run the task for the standby.")
    # What cannot be told is taken for as it should be: no running recovery is stopped on a guess.
    if apply["on"] and apply["real_time"] in (None, want["real_time"]):
        return []
    if database["open_mode"].startswith("READ ONLY") and not want["active_data_guard"]:
        raise Refused("The standby is open, and to apply redo there is Active Data Guard, which has a licence of its own.", code="DBF-0502",
                      hint="Mount it instead (module instance), or say active_data_guard: true.")
    if database["_member"]:
        # It applies in real time, if nothing else is said in DelayMins.
        return [] if apply["on"] else [dataguard.start_apply(True, database["_release"], database["_member"])]
    return ([dataguard.stop_apply()] if apply["on"] else []) + [dataguard.start_apply(want["real_time"], database["_release"])]


def unsettled(state: State, want: Want) -> t.Optional[DbferryError]:
    """Why recovery did not stay."""
    messages = t.cast(Attributes, state[dataguard.APPLY])["_messages"]
    if want["state"] == "stopped" or not messages:
        return None
    last = messages[-1]
    return DbferryError("Redo Apply was started and has ended: {0}".format(last["message"]), code="ORA-{0:05d}".format(int(last["error_code"] or 1112)),
                        hint="The standby's alert log has the rest. dataguard_info lists gaps and what else stands in the way.")


MODULE = Module(
    argument_spec={
        "state": {"type": "str", "default": "started", "choices": ["started", "started_on_standby", "stopped"]},
        "real_time": {"type": "bool", "default": True},
        "active_data_guard": {"type": "bool", "default": False},
    },
    observe=observe, plan=plan, unsettled=unsettled, server=True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

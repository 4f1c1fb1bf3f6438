#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: dataguard_info
short_description: Lag, gaps, errors and readiness for a switchover of a Data Guard pair
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Asks a database, and the other one of its pair where that is named, in any order. Which of them is the standby they tell themselves.
  - A lag that V$DATAGUARD_STATS does not know is null and not zero, and every lag has its age, the seconds since the standby last heard from the
    primary. A lag of zero that is older than O(max_age) does not count.
  - With O(max_lag), RV(finished) is true when the standby is in step, so a task waits for it with C(until).
  - Every reason against a switchover is among RV(findings), whichever side it is on.
  - A standby that is mounted is reached with SYSDG or SYSDBA. On RAC the session belongs to the instance that applies redo.
options:
  max_lag:
    description: Seconds that transport and apply may be behind. Unset, 30 seconds count for RV(ready), and RV(finished) is always true.
    type: int
  max_age:
    description: Seconds after which a lag says nothing any more.
    type: int
    default: 30
  max_clock_skew:
    description: Seconds that the clocks of the two servers may be apart before that is a finding.
    type: int
    default: 10
  fail_on:
    description:
      - V(error) fails when there is a reason against a switchover, V(hopeless) when one of them does not pass by itself, so that a task that waits with
        C(until) ends. Such are an apply that is stopped, a gap whose logs are gone, files that are not recovered, a destination that is missing or
        deferred, and passwords, names or parameters that do not fit.
      - With V(hopeless) an error of a destination counts when redo transport has met it again since this call began. The call waits for that for half a
        minute at most.
    type: str
    default: never
    choices: [never, error, hopeless]
extends_documentation_fragment:
  - dbferry.oracle.peer
  - dbferry.oracle.connection
  - dbferry.oracle.attributes.info
"""

EXAMPLES = r"""
- name: Wait until the standby is in step
  dbferry.oracle.dataguard_info:
    peer_entry: sales-source
    max_lag: 10
    fail_on: hopeless
    mode: sysdg
  register: guard
  until: guard is failed or guard.finished
  retries: 60
  delay: 10

- name: Say what stands in the way of a switchover
  ansible.builtin.debug:
    msg: "{{ guard.findings | selectattr('severity', 'equalto', 'error') | map(attribute='message') }}"
"""

RETURN = r"""
database:
  description: This database. With C(database_role), C(open_mode), C(switchover_status), C(protection_mode), C(destinations), C(processes), and for a
    standby C(apply), C(gaps) and C(lags).
  returned: success
  type: dict
peer_database:
  description: The other one, where it is named. Has C(unreachable) when it cannot be asked.
  returned: success
  type: dict
primary:
  description: DB_UNIQUE_NAME of the primary. Null when it was not seen.
  returned: success
  type: str
standby:
  description: DB_UNIQUE_NAME of the standby. Null when it was not seen.
  returned: success
  type: str
transport_lag:
  description: Seconds by which the receipt of redo is behind. Null when it is not known or too old.
  returned: success
  type: float
  sample: 0.0
apply_lag:
  description: Seconds by which the rows of the standby are behind. Null when it is not known or too old.
  returned: success
  type: float
  sample: 3.0
lag_age:
  description: Seconds since the standby heard what the older of the two is computed from. Null when it never did.
  returned: success
  type: int
  sample: 1
apply_finish_time:
  description: Seconds that applying what has arrived would take.
  returned: success
  type: float
gaps:
  description: Ranges of logs that the standby lacks.
  returned: success
  type: list
  elements: dict
  sample: [{"thread": 1, "low": 17, "high": 18}]
apply:
  description: How the standby applies redo.
  returned: success
  type: dict
  sample: {"on": true, "status": "APPLYING_LOG", "real_time": true, "delay": 0, "thread": 1, "sequence": 19}
scn_behind:
  description: SCNs between the primary and what the standby has applied. Null unless both were asked.
  returned: success
  type: int
clock_skew:
  description: Seconds by which the clock of the other server is ahead. Null unless both were asked.
  returned: success
  type: float
ready:
  description: Whether nothing stands in the way of a switchover. Null unless both were asked.
  returned: success
  type: bool
findings:
  description:
    - What stands in the way, or wants a look. C(error) stands in the way, C(warning) does not. What does not pass by itself has C(lasting).
  returned: success
  type: list
  elements: dict
  sample: [{"severity": "error", "check": "apply", "message": "The standby applies no redo (ORA-16470).", "remedy": "Start it (module redo_apply).",
            "objects": [], "lasting": true}]
finished:
  description: Whether the standby is in step as O(max_lag) wants it.
  returned: success
  type: bool
"""

import time
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard, dataguard_pair
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.findings import refuse_errors
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Want

#: Seconds that count for readiness where nothing else is said.
MAX_LAG = 30

#: How long an error of a destination is waited for to be met again, and between two looks (seconds).
RETRIED = 30.0
BETWEEN = 1.0

#: How long a switchover may wait for redo, and how much clocks may differ.
LIMITS: t.Dict[str, t.Dict[str, t.Any]] = {
    "max_lag": {"type": "int"},
    "max_age": {"type": "int", "default": 30},
    "max_clock_skew": {"type": "int", "default": 10},
}


def observe(session: t.Any, want: Want) -> State:
    state = first = dataguard_pair.sides(session)
    deadline = time.monotonic() + RETRIED
    while want["fail_on"] == "hopeless" and dataguard_pair.unproven(state, first) and time.monotonic() < deadline:
        time.sleep(BETWEEN)
        state = dataguard_pair.sides(session)
    if not dataguard_pair.unproven(state, first):
        dataguard_pair.prove(state)
    return state


def limits(want: Want) -> Attributes:
    return dict(want, max_lag=MAX_LAG if want["max_lag"] is None else want["max_lag"])


def report(state: State, want: Want) -> Attributes:
    primary = dataguard_pair.in_role(state, dataguard.PRIMARY)
    standby = dataguard_pair.in_role(state, dataguard.PHYSICAL_STANDBY, dataguard.SNAPSHOT_STANDBY, "LOGICAL STANDBY")
    both = dataguard_pair.PEER_DATABASE in state
    found = dataguard_pair.readiness(state, limits(want)) if both else []
    result: Attributes = {
        "database": state[dataguard.DATABASE], "peer_database": state.get(dataguard_pair.PEER_DATABASE), "findings": found,
        "primary": primary["db_unique_name"] if primary else None, "standby": standby["db_unique_name"] if standby else None,
        "ready": not any(one["severity"] == "error" for one in found) if both else None, "clock_skew": dataguard_pair.clock_skew(state),
        "scn_behind": primary["current_scn"] - standby["current_scn"] if primary and standby else None,
        "gaps": standby["gaps"] if standby else [], "apply": standby["apply"] if standby else None,
        "finished": want["max_lag"] is None or dataguard_pair.in_step(primary, standby, want["max_lag"], want["max_age"])}
    result.update(_lags(standby["lags"] if standby else dataguard_pair.lags([], ""), want["max_age"]))
    told = {name: result[name] for name in ("findings", "primary", "standby")}
    if want["fail_on"] == "error":
        refuse_errors(found, "The pair is not ready for a switchover", "DBF-0511", told)
    if want["fail_on"] == "hopeless":
        refuse_errors(dataguard_pair.hopeless(found), "Waiting does not bring the standby into step", "DBF-0512", told)
    return result


def _lags(lags: t.Dict[str, Attributes], max_age: int) -> Attributes:
    ages = [lags[name]["age"] for name in ("transport lag", "apply lag")]
    found: Attributes = {name.replace(" ", "_"): lag["seconds"] if dataguard_pair.known(lag, max_age) else None for name, lag in lags.items()}
    return dict(found, lag_age=None if None in ages else max(ages))


MODULE = Module(
    argument_spec=dict(PEER, fail_on={"type": "str", "default": "never", "choices": ["never", "error", "hopeless"]}, **LIMITS),
    observe=observe, report=report, reopen=True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

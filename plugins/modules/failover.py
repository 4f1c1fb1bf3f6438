#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: failover
short_description: Make a physical standby the primary, when the primary is lost
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Runs for the standby. It applies what redo it has, becomes the primary and is opened. What the former primary committed and did not send is lost,
    so the call is refused unless O(data_loss) says that this is known.
  - While the primary is open there would be two of them. Then the module refuses in any case; M(dbferry.oracle.switchover) loses nothing.
  - Where the broker is in charge of the standby, DGMGRL on its server does it (C(FAILOVER TO)), so that the broker knows the roles; it needs
    O(sys_password).
  - The former primary is made a standby of this one by M(dbferry.oracle.reinstate), if it can be flashed back.
  - Needs SYSDG or SYSDBA, in the root of a container database.
options:
  data_loss:
    description: Accept that what the standby has not received is lost. RV(findings) tells what is known about that.
    type: bool
    default: false
  force:
    description: Give up redo that was received and cannot be applied, as FAILOVER ... FORCE does. The broker's C(FAILOVER ... IMMEDIATE)
      applies nothing more at all.
    type: bool
    default: false
extends_documentation_fragment:
  - dbferry.oracle.broker
  - dbferry.oracle.peer
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: The source is lost
  dbferry.oracle.failover:
    peer_entry: sales-source
    data_loss: true
    mode: sysdg
"""

RETURN = r"""
before:
  description: The database, and its peer where one is named, before.
  returned: success
  type: dict
after:
  description: The same afterwards.
  returned: success
  type: dict
findings:
  description: What is known about the loss, and what stands in the way.
  returned: success
  type: list
  elements: dict
obstacle:
  description: In a plan, what stands in the way as things are.
  returned: in check mode
  type: str
became_primary_scn:
  description: The SCN at which this database became the primary. Null while it is a standby.
  returned: success
  type: int
finished:
  description: Whether this database is the primary and open. Repeat the task until then.
  returned: success
  type: bool
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL", "ALTER DATABASE FAILOVER TO sales_new", "ALTER DATABASE OPEN"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard, dataguard_pair, dgmgrl
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.findings import Finding, finding, refuse_errors
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want


def observe(session: t.Any, want: Want) -> State:
    state = dataguard_pair.shown(dataguard_pair.sides(session))
    own = _own(state)
    own["_member"] = dataguard.broker_member(session, own["_side"])
    return state


def _own(state: State) -> Attributes:
    return t.cast(Attributes, state[dataguard.DATABASE])


def findings(state: State, want: Want) -> t.List[Finding]:
    """What stands in the way, and what is known about the loss."""
    own, other = _own(state), state.get(dataguard_pair.PEER_DATABASE) or {}
    found: t.List[Finding] = []
    if own["database_role"] == dataguard.PRIMARY:
        return found
    if own["database_role"] != dataguard.PHYSICAL_STANDBY:
        return [finding("error", "role", "This database is a {0}.".format(own["database_role"].lower()),
                        "A snapshot standby is converted back first (module snapshot_standby).")]
    if other.get("database_role") == dataguard.PRIMARY and str(other["open_mode"]).startswith("READ"):
        found.append(finding("error", "primary", "The primary {0} is open.".format(other["db_unique_name"]),
                             "Switch over instead (module switchover), or shut it down first."))
    found += dataguard.broker_findings(own["_side"]["dataguard_broker"] == "ENABLED", own["_member"], want)
    lag, severity = own["_side"]["lags"]["transport lag"], "warning" if want["data_loss"] else "error"
    found.append(finding(severity, "loss", "What the primary committed since it was last heard, {0}, is lost.".format(
        "which was never" if lag["age"] is None else "{0} s ago with a transport lag of {1} s".format(
            lag["age"], "unknown" if lag["seconds"] is None else "{0:g}".format(lag["seconds"]))), "Accept it with data_loss, or bring the primary back."))
    if own["_side"]["gaps"]:
        found.append(finding(severity, "gap", "Logs are missing, and everything after them is lost too.",
                             "Copy them from the primary's server and register them, if there is a way.",
                             ["thread {thread}: {low} to {high}".format(**gap) for gap in own["_side"]["gaps"]]))
    return found


def obstacle(state: State, want: Want) -> t.Optional[DbferryError]:
    found = findings(state, want)
    try:
        refuse_errors(found, "The failover cannot be done", "DBF-0531", {"findings": found})
    except Refused as error:
        return error
    return None


def plan(state: State, want: Want) -> t.List[Step]:
    own = _own(state)
    steps: t.List[Step] = []
    if own["database_role"] != dataguard.PRIMARY and own["_member"]:
        return [dataguard.by_broker(dgmgrl.failover(own["_member"], immediate=want["force"]), want, {
            dataguard.DATABASE: {"database_role": dataguard.PRIMARY, "open_mode": "READ WRITE"}})]
    if own["database_role"] != dataguard.PRIMARY:
        steps = _become_primary(own, want)
    if steps or not dataguard.is_writable(own):
        # The change of roles may have ended our session.
        steps.append(Step(Statement("ALTER DATABASE OPEN"), ends_session=True, effects={dataguard.DATABASE: {"open_mode": "READ WRITE"}}))
    return steps


def _become_primary(own: Attributes, want: Want) -> t.List[Step]:
    side = own["_side"]
    here: State = {dataguard.DATABASE: {"database_role": dataguard.PRIMARY, "open_mode": "MOUNTED"}}
    steps = [dataguard.stop_apply()] if (side.get("apply") or {}).get("on") else []
    force = " FORCE" if want["force"] else ""
    if tuple(side["release"]) >= (12, 1):
        return steps + [Step(Statement("ALTER DATABASE FAILOVER TO ", dataguard_pair.target_name(own), force), ends_session=True, effects=here)]
    return steps + [Step(Statement("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE FINISH" + force)),
                    Step(Statement("ALTER DATABASE COMMIT TO SWITCHOVER TO PRIMARY WITH SESSION SHUTDOWN"), ends_session=True, effects=here)]


def report(state: State, want: Want) -> Attributes:
    own = _own(state)
    is_primary = own["database_role"] == dataguard.PRIMARY
    return {"findings": findings(state, want), "became_primary_scn": own["_side"]["standby_became_primary_scn"] if is_primary else None}


MODULE = Module(
    argument_spec=dict(PEER, data_loss={"type": "bool", "default": False}, force={"type": "bool", "default": False}, **dataguard.BROKER_OPTIONS),
    observe=observe, plan=plan, report=report, obstacle=obstacle, reopen=True, server=True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

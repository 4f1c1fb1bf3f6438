#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: switchover
short_description: Make a physical standby the primary
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Runs for the standby, with the primary as its peer, and ends with this database being the primary and open. The statement goes to the
    primary; what counts is the role that each of the two says it has.
  - Before anything is done every precondition is looked at on both sides, those of C(SWITCHOVER ... VERIFY) too, and all that stands in the way is told
    at once. A plan tells it under RV(obstacle).
  - A switchover that stopped halfway is finished from where each side is. When the primary has become a standby already, and this one has its
    last redo, this one is made the primary (C(FORCE)); when it is the primary and not open, it is opened.
  - Where the broker is in charge of the two, DGMGRL on this database's server does it (C(SWITCHOVER TO)), so that the broker knows the roles; it mounts the
    former primary as well, and needs O(sys_password) and the static services C(<DB_UNIQUE_NAME>_DGMGRL). What stopped halfway there is finished as well,
    by SQL; then the configuration may have to be made anew (ORA-16816).
  - The instance of the former primary ends with the switchover (documented). Mount it with the module M(dbferry.oracle.instance), and start
    M(dbferry.oracle.redo_apply) there, unless there shall be no way back. None of that belongs to the downtime.
  - Before 12.1 the statements are those of COMMIT TO SWITCHOVER, on both sides.
  - Needs SYSDG or SYSDBA on both sides, in the root of a container database.
options:
  max_lag:
    description: Seconds that transport and apply may be behind. The switchover waits for what is left, and so do its users.
    type: int
    default: 30
  max_age:
    description: Seconds after which a lag says nothing any more.
    type: int
    default: 30
  max_clock_skew:
    description: Seconds that the clocks of the two servers may be apart before that is a finding.
    type: int
    default: 10
  session_shutdown:
    description: End the sessions of applications that are still at the primary. Otherwise they stand in the way.
    type: bool
    default: false
extends_documentation_fragment:
  - dbferry.oracle.broker
  - dbferry.oracle.peer
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Make the target the primary
  dbferry.oracle.switchover:
    peer_entry: sales-source
    mode: sysdg
    max_lag: 10
  register: switchover
  until: switchover.finished
  retries: 30
  delay: 2

- name: The same for a pair under the broker
  dbferry.oracle.switchover:
    peer_entry: sales-source
    mode: sysdba
    sys_password: "{{ vault_sys_password }}"

- name: Mount the former primary
  dbferry.oracle.instance:
    state: mounted
  delegate_to: sales-source
  become: true
  become_user: oracle

- name: Have it follow
  dbferry.oracle.redo_apply:
    mode: sysdg
  delegate_to: sales-source
"""

RETURN = r"""
before:
  description: Both databases before.
  returned: success
  type: dict
after:
  description: Both databases afterwards.
  returned: success
  type: dict
  sample: {"DATABASE": {"db_unique_name": "sales_new", "database_role": "PRIMARY", "open_mode": "READ WRITE"},
           "PEER_DATABASE": {"database_role": null, "unreachable": "Connecting to ...: ORA-12514"}}
proved:
  description: Whether both databases were seen in their new roles. False while the former primary is down.
  returned: success
  type: bool
findings:
  description: What stands in the way, or wants a look.
  returned: success
  type: list
  elements: dict
obstacle:
  description: In a plan, what stands in the way of the switchover as things are.
  returned: in check mode
  type: str
pending:
  description: What is left to be done by others, such as mounting the former primary.
  returned: success
  type: list
  elements: str
finished:
  description: Whether this database is the primary and open. Repeat the task until then.
  returned: success
  type: bool
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["ALTER DATABASE SWITCHOVER TO sales_new", "ALTER DATABASE OPEN"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard, dataguard_pair, dgmgrl
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.dataguard import PHYSICAL_STANDBY, PRIMARY
from ansible_collections.dbferry.oracle.plugins.module_utils.dataguard_pair import PEER_DATABASE
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.findings import Finding, finding, refuse_errors
from ansible_collections.dbferry.oracle.plugins.module_utils.instance import RESOURCE
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.planned import COPY
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

#: Sessions of applications; ours tell who they are.
SESSIONS = """
SELECT username, COUNT(*) sessions FROM v$session
 WHERE type = 'USER' AND username IS NOT NULL AND username NOT IN ('SYS', 'PUBLIC') AND NVL(module, '-') <> 'dbferry' GROUP BY username ORDER BY username
"""

#: What V$DATABASE.SWITCHOVER_STATUS says of a standby whose primary has given up its role.
READY = ("TO PRIMARY", "SESSIONS ACTIVE")
ON_ITS_WAY = ("SWITCHOVER PENDING", "RECOVERY NEEDED")
#: Passed, with warnings in the alert log (documented).
PASSED_WITH_WARNINGS = "ORA-16475"
#: What the other codes of VERIFY say, where Oracle's message says little.
VERIFY_REMEDIES = {
    "ORA-16467": "The standby lacks redo: dataguard_info tells whether it is a gap, the destination or the lag.",
    "ORA-16470": "Start Redo Apply on the standby (module redo_apply).",
    "ORA-16465": "Open the primary.",
    "ORA-16474": "The primary has no enabled destination of that DB_UNIQUE_NAME (module redo_transport).",
    "ORA-12541": "The primary's server must reach the standby by the service of its destination.",
    "ORA-12514": "The standby's listener does not know the service of the primary's destination (module net_service).",
}


def observe(session: t.Any, want: Want) -> State:
    state = dataguard_pair.shown(dataguard_pair.sides(session))
    own, other = _both(state)
    own["_verified"], own["_sessions"] = None, []
    managed = [found for found in (own["_side"], other["_side"]) if found.get("dataguard_broker") == "ENABLED"]
    own["_managed"], own["_member"] = bool(managed), dataguard.broker_member(session, own["_side"])
    if not session.planned and (own["database_role"], other["database_role"]) == (PHYSICAL_STANDBY, PRIMARY) and dataguard.is_writable(other):
        own["_verified"] = verify(session.peer, own)
        own["_sessions"] = session.peer.query(SESSIONS)
    return state


def _both(state: State) -> t.Tuple[Attributes, Attributes]:
    return t.cast(Attributes, state[dataguard.DATABASE]), t.cast(Attributes, state[PEER_DATABASE])


def _halfway(state: State) -> bool:
    """Whether the former primary has given up its role, and this database knows it."""
    own, other = _both(state)
    return own["database_role"] == PHYSICAL_STANDBY and other["database_role"] != PRIMARY and own["switchover_status"] in READY + ON_ITS_WAY


def under_way(state: State, want: Want) -> bool:
    """The last redo of the former primary is yet to be applied."""
    return _halfway(state) and _both(state)[0]["switchover_status"] in ON_ITS_WAY


def verify(primary: t.Any, own: Attributes) -> t.Optional[Attributes]:
    """What Oracle itself says against the switchover; None when it says nothing, or cannot be asked before 12.1. It changes nothing (documented)."""
    if tuple(primary.release) < (12, 1):
        return None
    try:
        primary.call(Statement("ALTER DATABASE SWITCHOVER TO {0} VERIFY".format(dataguard_pair.target_name(own))))
    except DbferryError as error:
        return {"code": error.code, "message": error.message}
    return None


# -- what stands in the way


def _findings(state: State, want: Want) -> t.List[Finding]:
    own, other = _both(state)
    if own["database_role"] == PRIMARY or _halfway(state):
        return []
    found = dataguard_pair.readiness({name: t.cast(Attributes, attributes)["_side"] for name, attributes in state.items()}, want)
    if other["database_role"] == PHYSICAL_STANDBY:
        found.append(finding("error", "role", "This database is no standby of the peer.", "Run the task for the standby, with the primary as its peer."))
    verified = own["_verified"]
    if verified:
        passed = verified["code"] == PASSED_WITH_WARNINGS
        remedy = VERIFY_REMEDIES.get(verified["code"]) or dataguard.remedy(verified["code"]) or ""
        found.append(finding("warning" if passed else "error", "verify", verified["message"].rstrip(".") + ".", remedy))
    found += dataguard.broker_findings(own["_managed"], own["_member"], want)
    if own["_sessions"] and not want["session_shutdown"]:
        found.append(finding("error", "sessions", "Applications are connected to the primary.", "Disconnect them (module session_fence), or allow the "
                             "switchover to do it with session_shutdown.", ["{username} ({sessions})".format(**row) for row in own["_sessions"]]))
    return found


def obstacle(state: State, want: Want) -> t.Optional[DbferryError]:
    found = _findings(state, want)
    try:
        refuse_errors(found, "The switchover cannot be done", "DBF-0521", {"findings": found})
    except Refused as error:
        return error
    return None


# -- what is to be done


def plan(state: State, want: Want) -> t.List[Step]:
    own, other = _both(state)
    if own["database_role"] == PRIMARY and other["database_role"] == PRIMARY:
        raise Refused("Both databases are primaries: {0} and {1}.".format(own["db_unique_name"], other["db_unique_name"]), code="DBF-0523",
                      hint="They are no pair any more. One of them was failed over to: the other one is made its standby by the module reinstate.")
    apply = own["_side"].get("apply") or {"on": False}
    if under_way(state, want):
        return [] if apply["on"] else [dataguard.start_apply(True, own["_side"]["release"])]
    if own["database_role"] != PRIMARY and own["_member"] and not _halfway(state):
        return [_by_broker(own["_member"], other, want)]
    steps = [] if own["database_role"] == PRIMARY else _become_primary(own, other, _halfway(state))
    if steps or not dataguard.is_writable(own):
        # The change of roles may have ended our session.
        steps.append(Step(Statement("ALTER DATABASE OPEN"), ends_session=True, effects=dict(
            {dataguard.DATABASE: {"open_mode": "READ WRITE"}}, **dataguard.becomes(PRIMARY, "READ WRITE"))))
    return steps


def _by_broker(member: str, other: Attributes, want: Want) -> Step:
    """What the broker does: change of roles, open the new primary, mount the former one."""
    here, there = {"database_role": PRIMARY, "open_mode": "READ WRITE"}, {"database_role": PHYSICAL_STANDBY, "open_mode": "MOUNTED"}
    return dataguard.by_broker(
        dgmgrl.switchover(member), want,
        dict({dataguard.DATABASE: here, PEER_DATABASE: there, COPY: {"of": other.get("db_unique_name")}}, **dataguard.becomes(**here)),
        dict({RESOURCE: {"status": "MOUNTED"}, dataguard.APPLY: {"on": True}}, **dataguard.becomes(**there)))


def _become_primary(own: Attributes, other: Attributes, halfway: bool) -> t.List[Step]:
    """The change of roles, or the half of it that is left."""
    name = dataguard_pair.target_name(own)
    here: State = {dataguard.DATABASE: {"database_role": PRIMARY, "open_mode": "MOUNTED"}, COPY: {"of": other.get("db_unique_name")}}
    there: State = {PEER_DATABASE: {"database_role": PHYSICAL_STANDBY, "open_mode": None}}
    # It is down then (12.1 and later), or has to be started anew.
    former = dict({RESOURCE: {"status": "STOPPED"}}, **dataguard.becomes(PHYSICAL_STANDBY, "MOUNTED"))
    if tuple(own["_side"]["release"]) >= (12, 1):
        statement = Statement("ALTER DATABASE SWITCHOVER TO {0}{1}".format(name, " FORCE" if halfway else ""))
        return [Step(statement, at_peer=not halfway, ends_session=True, effects=here if halfway else dict(here, **there),
                     effects_at_peer={} if halfway else former)]
    first = Step(Statement("ALTER DATABASE COMMIT TO SWITCHOVER TO PHYSICAL STANDBY WITH SESSION SHUTDOWN"), at_peer=True, ends_session=True, effects=there,
                 effects_at_peer=former)
    return ([] if halfway else [first]) + [
        Step(Statement("ALTER DATABASE COMMIT TO SWITCHOVER TO PRIMARY WITH SESSION SHUTDOWN"), ends_session=True, effects=here)]


def report(state: State, want: Want) -> Attributes:
    own, other = _both(state)
    done = own["database_role"] == PRIMARY and dataguard.is_writable(own)
    left = ["the other database is not there: mount it as the standby (module instance, state=mounted), unless there shall be no way back"]
    return {"findings": _findings(state, want), "proved": done and other["database_role"] == PHYSICAL_STANDBY,
            "pending": left if done and other.get("unreachable") else []}


MODULE = Module(
    argument_spec=dict(
        PEER,
        max_lag={"type": "int", "default": 30},
        max_age={"type": "int", "default": 30},
        max_clock_skew={"type": "int", "default": 10},
        session_shutdown={"type": "bool", "default": False},
        **dataguard.BROKER_OPTIONS
    ),
    observe=observe, plan=plan, report=report, obstacle=obstacle, under_way=under_way, reopen=True, server=True,
    required_one_of=[("peer", "peer_entry")],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

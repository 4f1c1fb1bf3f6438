#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: reinstate
short_description: Make the former primary a standby of the one that was failed over to
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Runs for the former primary, with the new one as its peer. It is flashed back to the SCN at which the other one became the primary, or to the last
    guaranteed restore point before it, and converted to a physical standby, which stays mounted. Start M(dbferry.oracle.redo_apply) then.
  - What it committed after that SCN is lost. It is what the failover gave up.
  - Flashback Database must have been on, or a guaranteed restore point from before must be there, otherwise the database is made anew.
  - Where the broker is in charge of the new primary, and knows this database, DGMGRL does it (C(REINSTATE DATABASE)), connected to the new primary. It
    needs O(sys_password) and the static service C(<DB_UNIQUE_NAME>_DGMGRL), and starts Redo Apply itself.
  - Works as the Oracle owner on the database server, with C(/ AS SYSDBA) in SQL*Plus. A database that is open is shut down for it, where O(restart)
    allows that. One that was down is only mounted by the first call; RV(finished) says so.
extends_documentation_fragment:
  - dbferry.oracle.broker
  - dbferry.oracle.instance
  - dbferry.oracle.peer
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: The source follows the target now
  dbferry.oracle.reinstate:
    peer_entry: sales-target
    restart: true
  become: true
  become_user: oracle
  register: reinstate
  until: reinstate.finished
"""

RETURN = r"""
before:
  description: This database and the new primary before.
  returned: success
  type: dict
after:
  description: The same afterwards.
  returned: success
  type: dict
finished:
  description: Whether it is a standby. Repeat the task until then.
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
  sample: ["SHUTDOWN IMMEDIATE", "STARTUP MOUNT", "FLASHBACK DATABASE TO SCN 1234567", "ALTER DATABASE CONVERT TO PHYSICAL STANDBY"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import closed_database, dataguard, dgmgrl
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.dataguard_pair import PEER_DATABASE
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.instance import OPTIONS
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

GUARANTEED = "SELECT name, scn FROM v$restore_point WHERE guarantee_flashback_database = 'YES' ORDER BY scn DESC"
#: What the broker of the new primary has of both.
MEMBERS = "SELECT database, connect_identifier, enabled FROM v$dg_broker_config"


def observe(session: t.Any, want: Want) -> State:
    state = closed_database.observe(session)
    database = state.get(dataguard.DATABASE)
    if database is not None:
        database["_oldest"] = closed_database.oldest_flashback_scn(session)
        database["_points"] = session.query(GUARANTEED)
    other = dataguard.facts(session.peer)
    state[PEER_DATABASE] = {name: other[name] for name in ("db_unique_name", "database_role", "open_mode", "dbid", "standby_became_primary_scn")}
    if database is not None and other["dataguard_broker"] == "ENABLED":
        members = {row["database"].upper(): row for row in session.peer.query(MEMBERS)}
        database["_member"] = members.get(database["db_unique_name"].upper())
        t.cast(Attributes, state[PEER_DATABASE])["_member"] = members[other["db_unique_name"].upper()]
    return state


def plan(state: State, want: Want) -> t.List[Step]:
    if not closed_database.is_mounted(state):
        return closed_database.mounting(state, want)
    own, other = t.cast(Attributes, state[dataguard.DATABASE]), t.cast(Attributes, state[PEER_DATABASE])
    member = own.get("_member")
    if own["database_role"] == dataguard.PHYSICAL_STANDBY and (member is None or member["enabled"] == "TRUE"):
        return []
    scn = other["standby_became_primary_scn"] or 0
    back = _back(own, scn)
    _refuse(own, other, scn, back)
    if member:
        refuse([("DBF-0543", found["message"], found["remedy"]) for found in dataguard.broker_findings(True, member["database"], want)])
        return closed_database.while_mounted(state, want, [dataguard.by_broker(
            dgmgrl.reinstate(member["database"]), want, {dataguard.DATABASE: {"database_role": dataguard.PHYSICAL_STANDBY, "open_mode": "MOUNTED"}},
            connect_identifier=other["_member"]["connect_identifier"])])
    return closed_database.while_mounted(state, want, [Step(t.cast(Statement, back))] + closed_database.to_physical_standby(want))


def _back(own: Attributes, scn: int) -> t.Optional[Statement]:
    """To the SCN itself, for which Flashback Database must have been on, or to the last guaranteed restore point before it; redo does the rest.

    The broker goes back to the SCN alone (documented: it wants Flashback Database).
    """
    if own["_facts"]["flashback_on"] == "YES" and own["_oldest"] and own["_oldest"] <= scn:
        return Statement("FLASHBACK DATABASE TO SCN {0}".format(int(scn)))
    name = None if own.get("_member") else next((row["name"] for row in own["_points"] if row["scn"] <= scn), None)
    return Statement("FLASHBACK DATABASE TO RESTORE POINT ", identifier(name)) if name else None


def _refuse(own: Attributes, other: Attributes, scn: int, back: t.Optional[Statement]) -> None:
    found = []
    if own["_facts"]["dbid"] != other["dbid"]:
        found.append(("DBF-0541", "{0} is another database than {1}: their DBIDs differ.".format(other["db_unique_name"], own["db_unique_name"]),
                      "Name the database that took over from this one."))
    if other["database_role"] != dataguard.PRIMARY:
        found.append(("DBF-0541", "{0} is a {1}.".format(other["db_unique_name"], other["database_role"].lower()), "The peer is the new primary."))
    elif not scn:
        found.append(("DBF-0541", "{0} never was a standby that became the primary.".format(other["db_unique_name"]),
                      "The peer is the one that was failed over to."))
    elif back is None:
        found.append(("DBF-0542", "This database cannot be flashed back to SCN {0}: neither flashback logs nor a guaranteed restore point reach there.".format(
            scn), "Make it anew as a standby (module rman_restore)."))
    refuse(found)


def under_way(state: State, want: Want) -> bool:
    return closed_database.goes_on(state, plan(state, want))


MODULE = Module(
    argument_spec=dict(OPTIONS, **dict(PEER, **dataguard.BROKER_OPTIONS)),
    observe=observe, plan=plan, under_way=under_way, local=lambda want: True,
    required_one_of=[("peer", "peer_entry")],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

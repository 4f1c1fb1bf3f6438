#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: flashback
short_description: Bring a database back to a restore point
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Shuts the database down, mounts it, flashes it back to a restore point and opens it with RESETLOGS. Everything that was committed after the restore
    point is lost.
  - A database that was opened with RESETLOGS at the restore point already is left alone, so a second run does nothing. To go back to it once more, make
    it anew.
  - Works as the Oracle owner on the database server, with C(/ AS SYSDBA) in SQL*Plus. A database that is open is shut down for it, where O(restart)
    allows that. One that was down is only mounted by the first call; RV(finished) says so.
  - A standby does not follow across RESETLOGS unless it is flashed back as well, to before that point.
options:
  restore_point:
    description: Name of the restore point. One without guarantee needs the flashback logs to reach back so far.
    type: str
    required: true
extends_documentation_fragment:
  - dbferry.oracle.instance
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Back to before the conversion
  dbferry.oracle.flashback:
    restore_point: DBF_SALES_R1_BEFORE_PDB
    restart: true
  become: true
  become_user: oracle
  register: flashback
  until: flashback.finished
"""

RETURN = r"""
before:
  description: Database and restore point before.
  returned: success
  type: dict
after:
  description: Database and restore point afterwards.
  returned: success
  type: dict
  sample: {"INSTANCE": {"status": "OPEN"}, "DATABASE": {"database_role": "PRIMARY", "open_mode": "READ WRITE", "resetlogs_scn": 1234568},
           "RESTORE_POINT DBF_SALES_R1_BEFORE_PDB": {"scn": 1234567, "guarantee": true}}
finished:
  description: Whether the database is back and open. Repeat the task until then.
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
  sample: ['FLASHBACK DATABASE TO RESTORE POINT "DBF_SALES_R1_BEFORE_PDB"', "ALTER DATABASE OPEN RESETLOGS"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import closed_database, dataguard
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.instance import OPTIONS, RESOURCE
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

RESTORE_POINT = "SELECT scn, guarantee_flashback_database guarantee FROM v$restore_point WHERE name = :name"

#: SCNs between a restore point and the RESETLOGS that follows a flashback to it: the next one, or the one after that (assumed).
NEXT = 2


def resource(name: str) -> str:
    return "RESTORE_POINT " + name


def observe(session: t.Any, want: Want) -> State:
    state = closed_database.observe(session)
    database = state.get(dataguard.DATABASE)
    if database is not None:
        found = session.one(RESTORE_POINT, name=want["restore_point"])
        database.update(resetlogs_scn=database["_facts"]["resetlogs_scn"], _oldest=closed_database.oldest_flashback_scn(session))
        state[resource(want["restore_point"])] = None if found is None else {"scn": found["scn"], "guarantee": found["guarantee"] == "YES"}
    return state


def plan(state: State, want: Want) -> t.List[Step]:
    name = want["restore_point"]
    quoted = identifier(name)
    if not closed_database.is_mounted(state):
        return closed_database.mounting(state, want)
    database, point = t.cast(Attributes, state[dataguard.DATABASE]), state[resource(name)]
    if database["database_role"] != dataguard.PRIMARY:
        raise Refused("This database is a {0}, which is not opened with RESETLOGS.".format(database["database_role"].lower()), code="DBF-0561",
                      hint="A snapshot standby goes back by the module snapshot_standby, a physical one is flashed back by RMAN.")
    if point is None:
        raise Refused("There is no restore point {0}.".format(name), code="ORA-38780", hint="V$RESTORE_POINT lists them.")
    opened = Step(Statement("ALTER DATABASE OPEN RESETLOGS"), effects={
        RESOURCE: {"status": "OPEN"}, dataguard.DATABASE: {"open_mode": "READ WRITE", "resetlogs_scn": point["scn"] + 1}})
    if point["scn"] <= database["resetlogs_scn"] <= point["scn"] + NEXT:
        return [] if database["open_mode"] == "READ WRITE" else closed_database.while_mounted(state, dict(want, restart=True), [], [
            Step(Statement("ALTER DATABASE OPEN"), effects={RESOURCE: {"status": "OPEN"}, dataguard.DATABASE: {"open_mode": "READ WRITE"}})])
    if not point["guarantee"] and not (database["_oldest"] and database["_oldest"] <= point["scn"]):
        raise Refused("Restore point {0} is not guaranteed, and the flashback logs do not reach back to it.".format(name), code="ORA-38729",
                      hint="Only a backup from before leads there.")
    back = Step(Statement("FLASHBACK DATABASE TO RESTORE POINT ", quoted))
    return closed_database.while_mounted(state, want, [back], [opened])


def under_way(state: State, want: Want) -> bool:
    return closed_database.goes_on(state, plan(state, want))


MODULE = Module(
    argument_spec=dict(OPTIONS, restore_point={"type": "str", "required": True}),
    observe=observe, plan=plan, under_way=under_way, local=lambda want: True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

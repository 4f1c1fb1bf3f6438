#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: restore_point
short_description: Manage a restore point
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Creates or drops a restore point. A restore point that exists is never moved; one of another kind is refused.
options:
  name:
    description: Name of the restore point.
    type: str
    required: true
  guarantee:
    description: Guarantee flashback to it. Needs ARCHIVELOG mode, a recovery area, and the privilege SYSDBA, SYSBACKUP or SYSDG.
    type: bool
    default: false
  if_possible:
    description:
      - Leave a guaranteed restore point out where the database can make none, because it has no recovery area or does not archive its redo.
        RV(pending) says so then.
    type: bool
    default: false
  after_cleanup:
    description: Make it even when the migration's run was cleaned up, which otherwise says that it has served.
    type: bool
    default: false
  state:
    description: Whether the restore point is there.
    type: str
    default: present
    choices: [present, absent]
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: A way back for the target
  dbferry.oracle.restore_point:
    name: DBF_SALES_R1_BEFORE
    guarantee: true
    mode: sysdba
"""

RETURN = r"""
before:
  description: The restore point before.
  returned: success
  type: dict
after:
  description: The restore point afterwards.
  returned: success
  type: dict
  sample: {"RESTORE_POINT BEFORE": {"guarantee": true, "scn": 1234567}}
pending:
  description: Why the restore point was left out.
  returned: success
  type: list
  elements: str
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import State, Step, Want

FLASHBACK = "SELECT log_mode, (SELECT value FROM v$parameter WHERE name = 'db_recovery_file_dest') area FROM v$database"
RESTORE_POINT = "SELECT scn, guarantee_flashback_database guarantee FROM v$restore_point WHERE name = :name"


def resource(name: str) -> str:
    return "RESTORE_POINT " + name


def observe(session: t.Any, want: Want) -> State:
    found = session.one(RESTORE_POINT, name=want["name"])
    state: State = {resource(want["name"]): None if found is None else {"guarantee": found["guarantee"] == "YES", "scn": found["scn"]}}
    if want["guarantee"] and want["if_possible"]:
        state["FLASHBACK"] = dict(session.one(FLASHBACK))
    return state


def plan(state: State, want: Want) -> t.List[Step]:
    name, found = want["name"], state[resource(want["name"])]
    if want["state"] == "absent":
        return [] if found is None else [Step(Statement("DROP RESTORE POINT ", identifier(name)), effects={resource(name): None})]
    if found is None:
        clause = " GUARANTEE FLASHBACK DATABASE" if want["guarantee"] else ""
        return [Step(Statement("CREATE RESTORE POINT ", identifier(name), clause), pending=_lacking(state),
                     effects={resource(name): {"guarantee": want["guarantee"], "scn": "unknown until it is made"}})]
    if found["guarantee"] != want["guarantee"]:
        raise Refused("Restore point {0} is there and is {1}guaranteed.".format(name, "" if found["guarantee"] else "not "), code="DBF-0121",
                      hint="Drop it, or use another name: to make it anew would move it to another moment.")
    return []


def _lacking(state: State) -> t.Optional[str]:
    """What the database needs to guarantee anything (ORA-38785, ORA-38786 otherwise); None where it has it, or was not asked."""
    found = state.get("FLASHBACK") or {}
    if found.get("log_mode") == "NOARCHIVELOG":
        return "there is no flashback without ARCHIVELOG mode"
    return "there is no flashback without a recovery area (DB_RECOVERY_FILE_DEST)" if found and not found["area"] else None


MODULE = Module(
    argument_spec={
        "name": {"type": "str", "required": True},
        "guarantee": {"type": "bool", "default": False},
        "if_possible": {"type": "bool", "default": False},
        "after_cleanup": {"type": "bool", "default": False},
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
    },
    observe=observe, plan=plan, ephemeral=lambda want: want["state"] == "present" and not want["after_cleanup"],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

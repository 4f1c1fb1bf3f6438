#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: recycle_bin
short_description: Empty the recycle bin of tablespaces
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Purges dropped tables and indexes of the named tablespaces. They cannot be flashed back to before the drop any more.
options:
  tablespaces:
    description: Tablespaces whose recycle bin is emptied.
    type: list
    elements: str
    required: true
  state:
    description: There is but one state to ask for, and asking for it is saying that its contents may go.
    type: str
    required: true
    choices: [empty]
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Do not carry what was thrown away
  dbferry.oracle.recycle_bin:
    tablespaces: [APP_DATA]
    state: empty
"""

RETURN = r"""
before:
  description: The recycle bins before.
  returned: success
  type: dict
after:
  description: The recycle bins afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import State, Step, Want

DROPPED = "SELECT ts_name tablespace, owner, object_name, original_name, type FROM dba_recyclebin ORDER BY owner, object_name"


def observe(session: t.Any, want: Want) -> State:
    state: State = {"RECYCLE_BIN " + name: {"objects": []} for name in want["tablespaces"]}
    for row in session.query(DROPPED):
        bin_of = state.get("RECYCLE_BIN {0}".format(row["tablespace"]))
        if bin_of is not None:
            bin_of["objects"].append("{type} {owner}.{original_name} ({object_name})".format(**row))
    return state


def plan(state: State, want: Want) -> t.List[Step]:
    return [Step(Statement("PURGE TABLESPACE ", identifier(resource.split(" ", 1)[1])), effects={resource: {"objects": []}})
            for resource, found in sorted(state.items()) if found and found["objects"]]


MODULE = Module(
    argument_spec={
        "tablespaces": {"type": "list", "elements": "str", "required": True},
        "state": {"type": "str", "required": True, "choices": ["empty"]},
    },
    observe=observe, plan=plan,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: schema_compare_info
short_description: Tell what a completed comparison found
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Reads the verdict that M(dbferry.oracle.schema_compare) left in the target's journal for this migration and run. Compares nothing.
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes.info
"""

EXAMPLES = r"""
- name: Whether the rows were proved to be equal
  dbferry.oracle.schema_compare_info:
    migration_id: SALES
  register: proved
"""

RETURN = r"""
verdict:
  description: C(equal) or C(different); null when no comparison of this run was completed.
  returned: success
  type: str
tables:
  description: The tables that were compared, with their rows on both sides.
  returned: success
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.compare_rows import VERDICT_ITEM
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Want


def observe(session: t.Any, want: Want) -> State:
    return {"COMPARISON": session.journal.get(VERDICT_ITEM) or {"verdict": None, "tables": []}}


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    return dict(t.cast(Attributes, state["COMPARISON"]))


MODULE = Module(argument_spec={}, observe=observe, report=report)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: schema_baseline
short_description: Write down what the source was like before it is moved
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Writes the invalid objects and the number of objects by owner and type to the journal of this database. M(dbferry.oracle.schema_compare)
    leaves what was invalid before out of its verdict.
  - What is written once stays. Raise O(migration_run) for a new baseline.
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: What was invalid before
  dbferry.oracle.schema_baseline:
    migration_id: SALES
  delegate_to: dbsrc
"""

RETURN = r"""
baseline:
  description: Invalid objects and counts, as written.
  returned: success
  type: dict
before:
  description: The baseline before.
  returned: success
  type: dict
after:
  description: The baseline afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import compare_catalog
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want


def observe(session: t.Any, want: Want) -> State:
    written = session.journal.get(compare_catalog.BASELINE_ITEM)
    now = None if written else {"invalid": compare_catalog.invalid(session), "counts": compare_catalog.counts(session)}
    return {"BASELINE": {"written": written, "now": now}}


def plan(state: State, want: Want) -> t.List[Step]:
    found = t.cast(Attributes, state["BASELINE"])
    if found["written"]:
        return []
    return [Step(None, record={compare_catalog.BASELINE_ITEM: found["now"]}, effects={"BASELINE": {"written": found["now"]}})]


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    found = t.cast(Attributes, state["BASELINE"])
    return {"baseline": found["written"] or found["now"]}


MODULE = Module(argument_spec={}, observe=observe, plan=plan, report=report)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

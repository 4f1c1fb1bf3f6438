#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: datapump_export
short_description: Start or join a Data Pump export
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Starts an export through DBMS_DATAPUMP under a name that belongs to the migration, and returns. A job of that name that is at work is
    joined; one that ended well and still corresponds to O(anchor) is left alone; what a failed or killed one left is cleared away first.
  - Wait for it with M(dbferry.oracle.datapump_job_info).
  - Use an account of its own with DATAPUMP_EXP_FULL_DATABASE, never SYS.
options:
  tablespaces:
    description: The transport set of O(job_mode=transportable).
    type: list
    elements: str
    default: []
  full_check:
    description: For O(job_mode=transportable), refuse dependencies in both directions (TRANSPORT_FULL_CHECK).
    type: bool
    default: true
  flashback_scn:
    description: Export rows as of this SCN.
    type: int
extends_documentation_fragment:
  - dbferry.oracle.datapump
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: All definitions, no rows
  dbferry.oracle.datapump_export:
    purpose: METADATA
    migration_id: SALES
    directory: DBFERRY_SALES
    job_mode: full
    metadata_only: true
    exclude: [STATISTICS]
"""

RETURN = r"""
job_name:
  description: Name of the job.
  returned: success
  type: str
  sample: DBF_SALES_R1_EXP_METADATA
before:
  description: The job before.
  returned: success
  type: dict
after:
  description: The job afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import datapump_job
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import State, Step, Want

OPERATION = "EXPORT"


def observe(session: t.Any, want: Want) -> State:
    return datapump_job.observe_job(session, want, OPERATION)


def plan(state: State, want: Want) -> t.List[Step]:
    calls = [datapump_job.dump_file(want)] + datapump_job.filters(want)
    if want["job_mode"] == "transportable":
        calls.append(("METADATA_FILTER", {"name": "TABLESPACE_EXPR", "value": datapump_job.names_in(want["tablespaces"])}))
        calls.append(("SET_PARAMETER", {"name": "TTS_FULL_CHECK", "value": int(want["full_check"])}))
    if want["flashback_scn"] is not None:
        calls.append(("SET_PARAMETER", {"name": "FLASHBACK_SCN", "value": want["flashback_scn"]}))
    return datapump_job.plan_job(state, want, OPERATION, calls)


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    return {"job_name": datapump_job.name_of(want, OPERATION)}


MODULE = Module(
    argument_spec=dict(
        datapump_job.ARGUMENTS,
        tablespaces={"type": "list", "elements": "str", "default": []},
        full_check={"type": "bool", "default": True},
        flashback_scn={"type": "int"},
    ),
    observe=observe, plan=plan, report=report, unsettled=datapump_job.failed, ephemeral=lambda want: True,
    required_if=datapump_job.REQUIRED_IF + [("job_mode", "transportable", ("tablespaces",))],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

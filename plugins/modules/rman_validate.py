#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: rman_validate
short_description: Have every block of tablespaces read and checked, by RMAN on the database server
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Reads all blocks of the datafiles with VALIDATE CHECK LOGICAL, which changes nothing, and writes to the journal for which SCN each was found whole.
    Fails when V(V$DATABASE_BLOCK_CORRUPTION) has blocks of them.
  - RMAN runs detached. A call starts it or joins it and returns; loop on RV(finished).
options:
  purpose:
    description: What the check is for, in one word.
    type: str
    required: true
  tablespaces:
    description: Tablespaces whose datafiles are read.
    type: list
    elements: str
    required: true
  parallelism:
    description: Number of channels.
    type: int
    default: 1
extends_documentation_fragment:
  - dbferry.oracle.server
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Read every block
  dbferry.oracle.rman_validate:
    purpose: SET
    tablespaces: [APP_DATA]
    migration_id: SALES
  register: validated
  until: validated.finished
  retries: 1000
  delay: 10
"""

RETURN = r"""
finished:
  description: Whether all blocks were read. Always true in check mode.
  returned: success
  type: bool
before:
  description: Datafiles before.
  returned: success
  type: dict
after:
  description: Datafiles afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import rman, rman_job
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import SERVER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

CORRUPTION = "SELECT file# file_id, block# first_block, blocks, corruption_type kind FROM v$database_block_corruption"


def item(number: str) -> str:
    """Journal item: the file was found whole at this SCN."""
    return "validated datafile {0}".format(number)


def observe(session: t.Any, want: Want) -> State:
    corrupt: t.Dict[int, t.List[t.Dict[str, t.Any]]] = {}
    for row in session.query(CORRUPTION):
        corrupt.setdefault(row.pop("file_id"), []).append(row)
    return {"DATAFILE {0}".format(row["file_id"]): {
        "name": row["name"], "tablespace": row["tablespace"], "checkpoint_scn": row["checkpoint_scn"], "corrupt": corrupt.get(row["file_id"], []),
        "validated": session.journal.get(item(row["file_id"]))}
        for row in session.query(rman_job.DATAFILES) if row["tablespace"] in want["tablespaces"]}


def plan(state: State, want: Want) -> t.List[Step]:
    numbers = sorted(int(name.split(" ")[1]) for name, found in state.items() if found and found["validated"] is None)
    if not numbers:
        return []
    found = {number: t.cast(Attributes, state["DATAFILE {0}".format(number)])["checkpoint_scn"] for number in numbers}
    return [rman_job.step(want, "VALIDATE", [rman.validate(numbers)], channels=want["parallelism"],
                          record={item(str(number)): scn for number, scn in found.items()},
                          effects={"DATAFILE {0}".format(number): {"validated": scn} for number, scn in found.items()})]


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    corrupt = {found["name"]: found["corrupt"] for found in state.values() if found and found["corrupt"]}
    if corrupt:
        raise DbferryError("Blocks are corrupt: {0}".format("; ".join(
            "{0}: {1}".format(name, ", ".join("{first_block} (+{blocks}, {kind})".format(**row) for row in rows)) for name, rows in sorted(corrupt.items()))),
            code="ORA-01578", hint="Drop what was plugged in, copy and convert these files anew (the fallback playbook, then the workflow).")
    return {}


MODULE = Module(
    argument_spec=dict(
        SERVER,
        purpose={"type": "str", "required": True},
        tablespaces={"type": "list", "elements": "str", "required": True},
        parallelism={"type": "int", "default": 1},
    ),
    observe=observe, plan=plan, report=report, server=True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: datapump_import
short_description: Start or join a Data Pump import
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Starts an import through DBMS_DATAPUMP under a name that belongs to the migration, and returns. A job of that name that is at work is
    joined; one that ended well and still corresponds to O(anchor) is left alone; what a failed or killed one left is cleared away first.
  - Before a transport set is plugged in, its tablespaces are written to the journal, so that a later repair drops nothing else.
  - Errors that only say that an object is there already or compiles later (ORA-31684, ORA-39082, ...) do not count as failure.
options:
  dump_of:
    description: Purpose of the export whose dump file is read, when it is not O(purpose).
    type: str
  link:
    description:
      - Name of a database link to the source, which is then read through it; no dump file is needed. Its account there needs
        DATAPUMP_EXP_FULL_DATABASE. Not for O(job_mode=transportable).
    type: str
  datafiles:
    description: The datafiles of O(job_mode=transportable), with their paths on this server.
    type: list
    elements: str
    default: []
  tablespaces:
    description: The tablespaces that O(job_mode=transportable) plugs in.
    type: list
    elements: str
    default: []
  remap_tablespaces:
    description: Tablespaces of the source and what takes their place here.
    type: dict
    default: {}
  remap_schemas:
    description: Schemas of the source and what takes their place here.
    type: dict
    default: {}
  table_exists:
    description: What to do with a table that is there already.
    type: str
    default: skip
    choices: [skip, append, truncate, replace]
extends_documentation_fragment:
  - dbferry.oracle.datapump
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Plug the transport set in
  dbferry.oracle.datapump_import:
    purpose: SET
    migration_id: SALES
    directory: DBFERRY_SALES
    job_mode: transportable
    tablespaces: [APP_DATA]
    datafiles: [/u02/oradata/SALES/app_data01.dbf]
    anchor: "1234567"
"""

RETURN = r"""
job_name:
  description: Name of the job.
  returned: success
  type: str
  sample: DBF_SALES_R1_IMP_SET
before:
  description: The job before.
  returned: success
  type: dict
after:
  description: The job afterwards.
  returned: success
  type: dict
obstacle:
  description: In a plan, what would keep the import from being whole.
  returned: in check mode
  type: str
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import datapump_job
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import literal, plugged_item
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import State, Step, Want

OPERATION = "IMPORT"

ROLES = "SELECT role FROM session_roles WHERE role IN ('DATAPUMP_IMP_FULL_DATABASE', 'IMP_FULL_DATABASE')"


def observe(session: t.Any, want: Want) -> State:
    state: State = {"ROLE " + row["role"]: {"enabled": True} for row in session.query(ROLES)}
    return dict(state, **datapump_job.observe_job(session, want, OPERATION))


def obstacle(state: State, want: Want) -> t.Optional[DbferryError]:
    """Without the role Oracle imports the account's own objects out of a full dump, leaves out all others and calls it success (Utilities, FULL)."""
    if want["job_mode"] == "schema" or any(resource.startswith("ROLE ") for resource in state):
        return None
    return Refused("The account has no role that imports what others own.", code="DBF-0132", hint="GRANT DATAPUMP_IMP_FULL_DATABASE to it.")


def plan(state: State, want: Want) -> t.List[Step]:
    calls = ([] if want["link"] else [datapump_job.dump_file(want, OPERATION)]) + datapump_job.filters(want)
    if want["link"] and want["job_mode"] == "full" and not want["include"]:
        # What we have at the source by now stays there; a dump file is older than that.
        calls += [("METADATA_FILTER", {"name": "NAME_EXPR", "value": "NOT LIKE " + literal("DBF_{0}_R%".format(want["migration_id"])),
                                       "object_path": path}) for path in ("DIRECTORY", "DB_LINK")]
    for old, new in sorted(want["remap_tablespaces"].items()):
        calls.append(("METADATA_REMAP", {"name": "REMAP_TABLESPACE", "old_value": old, "value": new}))
    for old, new in sorted(want["remap_schemas"].items()):
        calls.append(("METADATA_REMAP", {"name": "REMAP_SCHEMA", "old_value": old, "value": new}))
    if want["job_mode"] == "transportable":
        calls += [("SET_PARAMETER", {"name": "TABLESPACE_DATAFILE", "value": path}) for path in want["datafiles"]]
    else:
        calls.append(("SET_PARAMETER", {"name": "TABLE_EXISTS_ACTION", "value": want["table_exists"].upper()}))
    steps = datapump_job.plan_job(state, want, OPERATION, calls)
    if steps and want["job_mode"] == "transportable":
        names = [want["remap_tablespaces"].get(name, name) for name in want["tablespaces"]]
        steps[-1].remember.update((plugged_item(name), want["datafiles"]) for name in names)
        steps[-1].effects.update(("TABLESPACE " + name, {"status": "READ ONLY", "contents": "PERMANENT", "plugged_in": True, "ours": True,
                                                         "status_before": None}) for name in names)
    return steps


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    return {"job_name": datapump_job.name_of(want, OPERATION)}


MODULE = Module(
    argument_spec=dict(
        datapump_job.ARGUMENTS,
        dump_of={"type": "str"},
        link={"type": "str"},
        datafiles={"type": "list", "elements": "str", "default": []},
        tablespaces={"type": "list", "elements": "str", "default": []},
        remap_tablespaces={"type": "dict", "default": {}},
        remap_schemas={"type": "dict", "default": {}},
        table_exists={"type": "str", "default": "skip", "choices": ["skip", "append", "truncate", "replace"]},
    ),
    observe=observe, plan=plan, report=report, obstacle=obstacle, unsettled=datapump_job.failed, ephemeral=lambda want: True,
    required_if=datapump_job.REQUIRED_IF + [("job_mode", "transportable", ("datafiles", "tablespaces"))],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

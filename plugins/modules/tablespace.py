#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: tablespace
short_description: Set tablespaces read only or read write, put them back as they were, or drop them
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Manages the status of one or more tablespaces in one call.
  - Before it changes a status it writes the old one to the journal, so that O(state=as_before) puts back what was there and not
    what somebody assumes was there.
  - Oracle's READ ONLY waits for every transaction that is open in the database, whatever it changes. This module names them instead of waiting,
    and changes nothing then; use M(dbferry.oracle.session_fence) first to have none.
options:
  names:
    description: Names of the tablespaces as the dictionary has them.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(read_only) and V(read_write) set the status.
      - V(as_before) gives each tablespace the status that the journal of this migration and run holds for it; one that the
        journal does not name is left alone.
      - V(absent) drops the tablespace; see O(including_contents).
    type: str
    required: true
    choices: [read_only, read_write, as_before, absent]
  including_contents:
    description: Drop the tablespace together with what is in it. Without it Oracle refuses to drop one that is not empty (ORA-01549).
    type: bool
    default: false
  keep_datafiles:
    description: When dropping, leave the datafiles on disk. Files that Oracle names itself (OMF) go with their tablespace nevertheless.
    type: bool
    default: true
  only_ours:
    description: When dropping, refuse any tablespace that the journal of this migration and run does not know as plugged in by it.
    type: bool
    default: true
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Freeze what is transported
  dbferry.oracle.tablespace:
    names: [APP_DATA, APP_INDEX]
    state: read_only
    migration_id: SALES

- name: Put everything back
  dbferry.oracle.tablespace:
    names: [APP_DATA, APP_INDEX]
    state: as_before
    migration_id: SALES
"""

RETURN = r"""
before:
  description: State of each tablespace before.
  returned: success
  type: dict
after:
  description: State of each tablespace afterwards.
  returned: success
  type: dict
  sample: {"TABLESPACE APP_DATA": {"status": "READ ONLY", "contents": "PERMANENT", "plugged_in": false, "checkpoint_scn": 1234567}}
obstacle:
  description: In a plan, the work of others that stands in the way just now.
  returned: in check mode
  type: str
  sample: "Transactions are open: session 71,4021 (SALES, sqlplus on app1) since 11/21/26 02:10:07."
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ['ALTER TABLESPACE "APP_DATA" READ ONLY']
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import open_work
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier, plugged_item, status_item
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

TABLESPACES = """
SELECT t.tablespace_name name, t.status, t.contents, t.plugged_in,
       (SELECT MIN(d.checkpoint_change#) FROM v$datafile d, v$tablespace v
         WHERE v.ts# = d.ts# AND v.con_id = d.con_id AND v.name = t.tablespace_name) checkpoint_scn
  FROM dba_tablespaces t
"""

CLAUSE = {"READ ONLY": "READ ONLY", "ONLINE": "READ WRITE"}


def resource(name: str) -> str:
    return "TABLESPACE " + name


def observe(session: t.Any, want: Want) -> State:
    state: State = {resource(name): None for name in want["names"]}
    for row in session.query(TABLESPACES):
        if resource(row["name"]) in state:
            state[resource(row["name"])] = {
                "status": row["status"], "contents": row["contents"], "plugged_in": row["plugged_in"] == "YES",
                "checkpoint_scn": row["checkpoint_scn"],
                "status_before": session.journal.get(status_item(row["name"])),
                "ours": bool(session.journal.get(plugged_item(row["name"]))),
            }
    return dict(state, **open_work.observe(session)) if want["state"] == "read_only" else state


def obstacle(state: State, want: Want) -> t.Optional[DbferryError]:
    """Only READ ONLY of a tablespace that is not yet so would wait."""
    waits = want["state"] == "read_only" and any((state[resource(name)] or {}).get("status") == "ONLINE" for name in want["names"])
    return open_work.obstacle(state) if waits else None


def plan(state: State, want: Want) -> t.List[Step]:
    if want["state"] == "absent":
        return _plan_absent(state, want)
    missing = [name for name in want["names"] if state[resource(name)] is None]
    if missing:
        raise Refused("There is no tablespace named {0}.".format(", ".join(missing)), code="ORA-00959",
                      hint="Names are as DBA_TABLESPACES has them; an unquoted name is in upper case.")
    steps = []
    for name in want["names"]:
        found = t.cast(Attributes, state[resource(name)])
        wanted = {"read_only": "READ ONLY", "read_write": "ONLINE", "as_before": found["status_before"] or found["status"]}[want["state"]]
        if found["status"] == wanted or wanted not in CLAUSE:
            continue
        remember = {}
        if want["migration_id"] and found["status_before"] is None and not found["plugged_in"]:
            remember[status_item(name)] = found["status"]
        steps.append(Step(Statement("ALTER TABLESPACE ", identifier(name), " ", CLAUSE[wanted]), remember=remember,
                          effects={resource(name): {"status": wanted}}))
    return steps


def _plan_absent(state: State, want: Want) -> t.List[Step]:
    present = [name for name in want["names"] if state[resource(name)] is not None]
    foreign = [name for name in present if want["only_ours"] and not t.cast(Attributes, state[resource(name)])["ours"]]
    if foreign:
        raise Refused("This migration did not plug in {0}, so it is not dropped.".format(", ".join(foreign)), code="DBF-0101",
                      hint="Check what they hold. only_ours=false drops them nevertheless.")
    clause = ""
    if want["including_contents"]:
        clause = " INCLUDING CONTENTS {0} DATAFILES CASCADE CONSTRAINTS".format("KEEP" if want["keep_datafiles"] else "AND")
    return [Step(Statement("DROP TABLESPACE ", identifier(name), clause), effects={resource(name): None}) for name in present]


MODULE = Module(
    argument_spec={
        "names": {"type": "list", "elements": "str", "required": True},
        "state": {"type": "str", "required": True, "choices": ["read_only", "read_write", "as_before", "absent"]},
        "including_contents": {"type": "bool", "default": False},
        "keep_datafiles": {"type": "bool", "default": True},
        "only_ours": {"type": "bool", "default": True},
    },
    observe=observe, plan=plan, obstacle=obstacle,
    required_if=[("state", "as_before", ("migration_id",))],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: force_logging
short_description: Manage FORCE LOGGING of the database or of tablespaces
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - While it is on, NOLOGGING operations are logged nevertheless, so that standby databases and readers of redo miss nothing.
  - Turning it on waits until direct writes that are not logged have ended, as Oracle does.
  - With O(migration_id) the journal keeps what was before, and O(state=as_before) puts it back.
  - Needs the privilege ALTER DATABASE (in the root of a container database), or ALTER TABLESPACE for O(tablespaces).
options:
  state:
    description: On, off, or as the journal of this migration and run says it was before.
    type: str
    default: enabled
    choices: [enabled, disabled, as_before]
  tablespaces:
    description: Names of tablespaces, as the dictionary has them. Without any, the whole database is meant.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Nothing is written past the redo
  dbferry.oracle.force_logging:
    migration_id: SALES

- name: In these tablespaces at least
  dbferry.oracle.force_logging:
    tablespaces: [APP_DATA]
    migration_id: SALES

- name: Put it back
  dbferry.oracle.force_logging:
    state: as_before
    migration_id: SALES
"""

RETURN = r"""
before:
  description: What was on before.
  returned: success
  type: dict
after:
  description: What is on afterwards.
  returned: success
  type: dict
  sample: {"FORCE_LOGGING DATABASE": {"enabled": true}}
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ['ALTER DATABASE FORCE LOGGING']
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

DATABASE = "SELECT force_logging FROM v$database"
TABLESPACES = "SELECT tablespace_name name, force_logging, contents FROM dba_tablespaces"


def resource(tablespace: t.Optional[str]) -> str:
    return "FORCE_LOGGING DATABASE" if tablespace is None else "FORCE_LOGGING TABLESPACE " + tablespace


def before_item(tablespace: t.Optional[str]) -> str:
    return "force logging before of " + ("the database" if tablespace is None else tablespace)


def _meant(want: Want) -> t.List[t.Optional[str]]:
    return list(want["tablespaces"]) or [None]


def observe(session: t.Any, want: Want) -> State:
    state: State = {resource(name): None for name in _meant(want)}
    rows = session.query(TABLESPACES) if want["tablespaces"] else [dict(session.one(DATABASE), name=None)]
    for row in rows:
        if resource(row["name"]) in state:
            state[resource(row["name"])] = {"enabled": row["force_logging"] == "YES", "_contents": row.get("contents"),
                                            "_before": session.journal.get(before_item(row["name"]))}
    return state


def plan(state: State, want: Want) -> t.List[Step]:
    missing = [str(name) for name in _meant(want) if state[resource(name)] is None]
    if missing:
        raise Refused("There is no tablespace named {0}.".format(", ".join(missing)), code="ORA-00959",
                      hint="Names are as DBA_TABLESPACES has them; an unquoted name is in upper case.")
    other = [str(name) for name in _meant(want) if t.cast(Attributes, state[resource(name)])["_contents"] in ("TEMPORARY", "UNDO")]
    if other:
        raise Refused("FORCE LOGGING is not for temporary and undo tablespaces: {0}.".format(", ".join(other)), code="ORA-30043",
                      hint="Leave them out.")
    steps = []
    for name in _meant(want):
        found = t.cast(Attributes, state[resource(name)])
        wanted = {"enabled": True, "disabled": False, "as_before": found["enabled"] if found["_before"] is None else found["_before"]}[want["state"]]
        if wanted == found["enabled"]:
            continue
        remember = {before_item(name): found["enabled"]} if want["migration_id"] and found["_before"] is None else {}
        words = ["ALTER DATABASE"] if name is None else ["ALTER TABLESPACE ", identifier(name)]
        steps.append(Step(Statement(*words, " FORCE LOGGING" if wanted else " NO FORCE LOGGING"), remember=remember,
                          effects={resource(name): {"enabled": wanted}}))
    return steps


MODULE = Module(
    argument_spec={
        "state": {"type": "str", "default": "enabled", "choices": ["enabled", "disabled", "as_before"]},
        "tablespaces": {"type": "list", "elements": "str", "default": []},
    },
    observe=observe, plan=plan,
    required_if=[("state", "as_before", ("migration_id",))],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

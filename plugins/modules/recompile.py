#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: recompile
short_description: Compile invalid objects
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Compiles, schema by schema, what is invalid, and fails with the compiler's words when something stays so.
  - With a peer, objects that are invalid there too are left alone. They were not valid before the move, so they are nobody's work now.
options:
  schemas:
    description: Schemas to look at; by default all that Oracle does not maintain.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Compile what was valid at the source
  dbferry.oracle.recompile:
    peer_entry: dbsrc
"""

RETURN = r"""
tolerated:
  description: Objects that are invalid at the peer too.
  returned: success
  type: list
  elements: str
before:
  description: Invalid objects by schema before.
  returned: success
  type: dict
after:
  description: Invalid objects by schema afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import literal
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import State, Step, Want

INVALID = """
SELECT o.owner, o.object_type || ' ' || o.object_name name
  FROM dba_objects o JOIN dba_users u ON u.username = o.owner
 WHERE o.status = 'INVALID' AND u.oracle_maintained = 'N' ORDER BY o.owner, o.object_type, o.object_name
"""
ERRORS = """
SELECT e.owner, e.type || ' ' || e.name name, e.line, e.text FROM dba_errors e JOIN dba_users u ON u.username = e.owner
 WHERE u.oracle_maintained = 'N' AND e.attribute = 'ERROR' AND e.message_number <> 0 ORDER BY e.owner, e.type, e.name, e.sequence
"""


def _invalid(session: t.Any) -> t.Dict[str, t.List[str]]:
    found: t.Dict[str, t.List[str]] = {}
    for row in session.query(INVALID):
        found.setdefault(row["owner"], []).append(row["name"])
    return found


def observe(session: t.Any, want: Want) -> State:
    tolerated = _invalid(session.peer) if session.peer is not None else {}
    errors: t.Dict[str, t.List[str]] = {}
    for row in session.query(ERRORS):
        errors.setdefault(row["owner"], []).append("{name}, line {line}: {text}".format(**row))
    state: State = {}
    for owner, names in _invalid(session).items():
        if want["schemas"] and owner not in want["schemas"]:
            continue
        allowed = set(tolerated.get(owner, []))
        state["SCHEMA " + owner] = {"invalid": [name for name in names if name not in allowed],
                                    "tolerated": [name for name in names if name in allowed], "errors": errors.get(owner, [])}
    return state


def plan(state: State, want: Want) -> t.List[Step]:
    return [Step(Statement("BEGIN DBMS_UTILITY.COMPILE_SCHEMA(schema => ", literal(resource.split(" ", 1)[1]),
                           ", compile_all => FALSE, reuse_settings => TRUE); END;"),
                 effects={resource: {"invalid": [], "errors": []}})
            for resource, found in sorted(state.items()) if found and found["invalid"]]


def unsettled(state: State, want: Want) -> t.Optional[DbferryError]:
    left = {resource.split(" ", 1)[1]: found for resource, found in state.items() if found and found["invalid"]}
    if not left:
        return None
    return DbferryError(
        "{0} object(s) do not compile: {1}".format(
            sum(len(found["invalid"]) for found in left.values()),
            "; ".join("{0}.{1}".format(owner, name) for owner, found in sorted(left.items()) for name in found["invalid"])),
        code="DBF-0151", hint="The compiler says: {0}".format("; ".join(
            "{0}.{1}".format(owner, text) for owner, found in sorted(left.items()) for text in found["errors"][:10]) or "nothing (see DBA_ERRORS)."))


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    return {"tolerated": ["{0}.{1}".format(resource.split(" ", 1)[1], name)
                          for resource, found in sorted(state.items()) if found for name in found["tolerated"]]}


MODULE = Module(
    argument_spec=dict(PEER, schemas={"type": "list", "elements": "str", "default": []}),
    observe=observe, plan=plan, report=report, unsettled=unsettled, kinds=("SCHEMA",),
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

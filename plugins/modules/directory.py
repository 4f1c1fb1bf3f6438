#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: directory
short_description: Manage a directory object and who may use it
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Creates, changes or drops a directory object and grants its use. It does not make the directory on the server's disk.
options:
  name:
    description: Name of the directory object.
    type: str
    required: true
  path:
    description: Path on the database server.
    type: str
  state:
    description: Whether the directory object is there.
    type: str
    default: present
    choices: [present, absent]
  grants:
    description: Users and roles with the privileges that they get, V(READ), V(WRITE) or both. Other grants are left alone.
    type: dict
    default: {}
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Where Data Pump writes
  dbferry.oracle.directory:
    name: DBFERRY_SALES
    path: /nfs/migration
    grants:
      DBFERRY: [READ, WRITE]
"""

RETURN = r"""
before:
  description: The directory object before.
  returned: success
  type: dict
after:
  description: The directory object afterwards.
  returned: success
  type: dict
  sample: {"DIRECTORY DBFERRY_SALES": {"path": "/nfs/migration", "grants": {"DBFERRY": ["READ", "WRITE"]}}}
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
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier, literal
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

PATH = "SELECT directory_path path FROM dba_directories WHERE directory_name = :name"
GRANTS = """
SELECT grantee, privilege FROM dba_tab_privs
 WHERE owner = 'SYS' AND table_name = :name AND privilege IN ('READ', 'WRITE') ORDER BY grantee, privilege
"""


def resource(name: str) -> str:
    return "DIRECTORY " + name


def observe(session: t.Any, want: Want) -> State:
    found = session.one(PATH, name=want["name"])
    who = {"SESSION": {"user": session.user}}
    if found is None:
        return dict(who, **{resource(want["name"]): None})
    grants: t.Dict[str, t.List[str]] = {}
    for row in session.query(GRANTS, name=want["name"]):
        grants.setdefault(row["grantee"], []).append(row["privilege"])
    return dict(who, **{resource(want["name"]): {"path": found["path"], "grants": grants}})


def plan(state: State, want: Want) -> t.List[Step]:
    name, found = want["name"], state[resource(want["name"])]
    if want["state"] == "absent":
        return [] if found is None else [Step(Statement("DROP DIRECTORY ", identifier(name)), effects={resource(name): None})]
    unknown = sorted({privilege for privileges in want["grants"].values() for privilege in privileges} - {"READ", "WRITE"})
    if unknown:
        raise Refused("A directory object has the privileges READ and WRITE, not {0}.".format(", ".join(unknown)), code="DBF-0111")
    steps = []
    if found is None or found["path"] != want["path"]:
        steps.append(Step(Statement("CREATE OR REPLACE DIRECTORY ", identifier(name), " AS ", literal(want["path"])),
                          effects={resource(name): {"path": want["path"], "grants": (found or {}).get("grants", {})}}))
    granted = dict((found or {}).get("grants", {}))
    for grantee, privileges in want["grants"].items():
        missing = sorted(set(privileges) - set(granted.get(grantee, [])))
        # Whoever makes a directory object has both privileges by that, and nobody can grant to himself (ORA-01749).
        if missing and grantee != t.cast(Attributes, state["SESSION"])["user"]:
            granted[grantee] = sorted(set(privileges) | set(granted.get(grantee, [])))
            steps.append(Step(Statement("GRANT ", ", ".join(missing), " ON DIRECTORY ", identifier(name), " TO ", identifier(grantee)),
                              effects={resource(name): {"grants": dict(granted)}}))
    return steps


MODULE = Module(
    argument_spec={
        "name": {"type": "str", "required": True},
        "path": {"type": "str"},
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        "grants": {"type": "dict", "default": {}},
    },
    observe=observe, plan=plan, ephemeral=lambda want: want["state"] == "present",
    required_if=[("state", "present", ("path",))],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

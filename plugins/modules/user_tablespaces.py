#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: user_tablespaces
short_description: Give users the default tablespaces and quotas that they have at the other database
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Users are made before their tablespaces are plugged in, with another default tablespace in between. This module gives them their own
    back, and the quotas that they have at the peer on the named tablespaces.
options:
  tablespaces:
    description:
      - The tablespaces that were moved. Default tablespaces among them are put back. Quotas are those of the peer on these and on every other
        tablespace that is here.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Users work where they used to
  dbferry.oracle.user_tablespaces:
    tablespaces: [APP_DATA, APP_INDEX]
    peer_entry: dbsrc
"""

RETURN = r"""
before:
  description: The users before.
  returned: success
  type: dict
after:
  description: The users afterwards.
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
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import State, Step, Want

USERS = "SELECT username name, default_tablespace FROM dba_users WHERE oracle_maintained = 'N' AND username <> :me"
TABLESPACES = "SELECT tablespace_name name FROM dba_tablespaces"
QUOTAS = "SELECT username name, tablespace_name tablespace, max_bytes FROM dba_ts_quotas"


def _users(session: t.Any, tablespaces: t.Set[str]) -> t.Dict[str, t.Dict[str, t.Any]]:
    users = {row["name"]: {"default_tablespace": row["default_tablespace"], "quotas": {}} for row in session.query(USERS, me=session.user)}
    for row in session.query(QUOTAS):
        if row["name"] in users and row["tablespace"] in tablespaces:
            users[row["name"]]["quotas"][row["tablespace"]] = row["max_bytes"]
    return users


def observe(session: t.Any, want: Want) -> State:
    known = {row["name"] for row in session.query(TABLESPACES)} | set(want["tablespaces"])
    there = _users(session.peer, known)
    return {"USER " + name: dict(found, wanted=there[name]) for name, found in _users(session, known).items() if name in there}


def plan(state: State, want: Want) -> t.List[Step]:
    steps = []
    for resource, found in sorted(state.items()):
        if not found:
            continue
        clauses, wanted, effects = [], found["wanted"], {}
        if wanted["default_tablespace"] in want["tablespaces"] and found["default_tablespace"] != wanted["default_tablespace"]:
            clauses.append(" DEFAULT TABLESPACE " + identifier(wanted["default_tablespace"]))
            effects["default_tablespace"] = wanted["default_tablespace"]
        for tablespace, size in sorted(wanted["quotas"].items()):
            if found["quotas"].get(tablespace) != size:
                # DBA_TS_QUOTAS shows UNLIMITED as -1.
                clauses.append(" QUOTA {0} ON {1}".format("UNLIMITED" if size == -1 else size, identifier(tablespace)))
                effects["quotas"] = wanted["quotas"]
        if clauses:
            steps.append(Step(Statement("ALTER USER ", identifier(resource.split(" ", 1)[1]), *clauses), effects={resource: effects}))
    return steps


MODULE = Module(
    argument_spec=dict(PEER, tablespaces={"type": "list", "elements": "str", "required": True}),
    observe=observe, plan=plan,
    required_one_of=[("peer", "peer_entry")],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: sequence_advance
short_description: Bring sequences to where they stand at the other database
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Definitions travel before the source is frozen, so sequences of the target lag behind by then. This module brings each to the number at which
    its counterpart at the peer stands, so that no number is given twice. A sequence that is further already is left alone.
  - Sequences of identity columns are matched by table and column, because their names are Oracle's own.
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
- name: No number is given twice
  dbferry.oracle.sequence_advance:
    peer_entry: dbsrc
"""

RETURN = r"""
before:
  description: The sequences before.
  returned: success
  type: dict
after:
  description: The sequences afterwards.
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
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

SEQUENCES = """
SELECT s.sequence_owner owner, s.sequence_name name, s.last_number, s.increment_by, s.cycle_flag, s.cache_size, s.order_flag
  FROM dba_sequences s JOIN dba_users u ON u.username = s.sequence_owner
 WHERE u.oracle_maintained = 'N' AND s.sequence_owner <> :me ORDER BY s.sequence_owner, s.sequence_name
"""
IDENTITIES = "SELECT owner, table_name, column_name, generation_type, sequence_name FROM dba_tab_identity_cols"

#: ALTER SEQUENCE ... RESTART came with this release (SQL Language Reference 18c).
RESTART_SINCE = (18,)


def _sequences(session: t.Any) -> t.Dict[str, t.Dict[str, t.Any]]:
    """By a name that both databases share: the sequence's own, or table and column of its identity column."""
    identities = {(row["owner"], row["sequence_name"]): row for row in session.query(IDENTITIES)}
    found = {}
    for row in session.query(SEQUENCES, me=session.user):
        column = identities.get((row["owner"], row["name"]))
        if column is None:
            found["SEQUENCE {0}.{1}".format(identifier(row["owner"]), identifier(row["name"]))] = row
        else:
            name = "IDENTITY {0}.{1}.{2}".format(*(identifier(column[part]) for part in ("owner", "table_name", "column_name")))
            found[name] = dict(row, **column)
    return found


def observe(session: t.Any, want: Want) -> State:
    there = _sequences(session.peer)
    state: State = {"DATABASE": {"release": list(session.release)}}
    for resource, row in _sequences(session).items():
        if resource in there and (not want["schemas"] or row["owner"] in want["schemas"]):
            state[resource] = dict(row, wanted=there[resource]["last_number"], wanted_increment=there[resource]["increment_by"],
                                   wanted_cache=there[resource]["cache_size"])
    return state


def _behind(row: t.Dict[str, t.Any]) -> bool:
    last: int = row["last_number"]
    wanted: int = row["wanted"]
    if row["cycle_flag"] == "Y":
        return last != wanted
    return last < wanted if row["increment_by"] > 0 else last > wanted


def plan(state: State, want: Want) -> t.List[Step]:
    steps: t.List[Step] = []
    restart = tuple(t.cast(Attributes, state["DATABASE"])["release"]) >= RESTART_SINCE
    for resource, row in sorted(state.items()):
        if resource == "DATABASE" or not row:
            continue
        kind, name = resource.split(" ", 1)
        if kind == "SEQUENCE" and not restart:
            steps += _one_big_step(resource, name, row)
        elif _behind(row):
            if kind == "IDENTITY":
                table, column = name.rsplit(".", 1)
                statement = Statement("ALTER TABLE ", table, " MODIFY (", column, " GENERATED ", row["generation_type"], " AS IDENTITY (START WITH ",
                                      str(row["wanted"]), "))")
            else:
                statement = Statement("ALTER SEQUENCE ", name, " RESTART START WITH ", str(row["wanted"]))
            steps.append(Step(statement, effects={resource: {"last_number": row["wanted"]}}))
    return steps


def _one_big_step(resource: str, name: str, row: t.Dict[str, t.Any]) -> t.List[Step]:
    """Before RESTART there was but this way. A run that was killed may have left the big step: it is taken back."""
    # LAST_NUMBER is one step ahead of the number that was given last, by whatever the step is now.
    row = dict(row, last_number=row["last_number"] - row["increment_by"] + row["wanted_increment"], left=row["increment_by"] != row["wanted_increment"],
               increment_by=row["wanted_increment"])
    steps: t.List[Step] = []
    if _behind(row):
        steps += [
            Step(Statement("ALTER SEQUENCE ", name, " INCREMENT BY ", str(row["wanted"] - row["last_number"]), " NOCACHE")),
            Step(Statement("DECLARE n NUMBER; BEGIN SELECT ", name, ".NEXTVAL INTO n FROM dual; END;")),
        ]
    if steps or row["left"]:
        cache = "CACHE {0}".format(row["wanted_cache"]) if row["wanted_cache"] else "NOCACHE"
        steps.append(Step(Statement("ALTER SEQUENCE ", name, " INCREMENT BY ", str(row["increment_by"]), " ", cache), effects={
            resource: {"last_number": row["wanted"], "increment_by": row["increment_by"], "cache_size": row["wanted_cache"]}}))
    return steps


MODULE = Module(
    argument_spec=dict(PEER, schemas={"type": "list", "elements": "str", "default": []}),
    observe=observe, plan=plan,
    required_one_of=[("peer", "peer_entry")],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

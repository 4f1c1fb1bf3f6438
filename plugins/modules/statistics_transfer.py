#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: statistics_transfer
short_description: Carry optimizer statistics over in a staging table
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Exports the statistics of every schema with segments in the named tablespaces into a staging table of this account, or imports them from
    it. That is much faster than letting Data Pump carry them.
  - The staging table itself travels by M(dbferry.oracle.datapump_export) and M(dbferry.oracle.datapump_import).
options:
  tablespaces:
    description: The transport set.
    type: list
    elements: str
    required: true
  state:
    description: What is to have happened.
    type: str
    required: true
    choices: [exported, imported]
  anchor:
    description:
      - For O(state=imported), the RV(anchor) of the export that the staging table holds. Statistics are imported once for each.
    type: str
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Into a staging table
  dbferry.oracle.statistics_transfer:
    tablespaces: [APP_DATA]
    state: exported
    migration_id: SALES
  register: statistics
"""

RETURN = r"""
table:
  description: The staging table, as OWNER.TABLE.
  returned: success
  type: str
  sample: DBFERRY.DBF_SALES_R1_STATS
anchor:
  description: Fingerprint of the exported statistics; it changes when statistics are gathered anew.
  returned: success
  type: str
before:
  description: The staging table and the schemas before.
  returned: success
  type: dict
after:
  description: The staging table and the schemas afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import hashlib
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import literal, statistics_table
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

SCHEMAS = """
SELECT DISTINCT s.owner, s.tablespace_name tablespace FROM dba_segments s JOIN dba_users u ON u.username = s.owner
 WHERE u.oracle_maintained = 'N' AND s.owner <> :me ORDER BY s.owner
"""
GATHERED = "SELECT COUNT(*) tables, COUNT(last_analyzed) analyzed, MAX(last_analyzed) latest, SUM(num_rows) num_rows FROM dba_tables WHERE owner = :owner"
TABLE = "SELECT table_name FROM user_tables WHERE table_name = :name"


def observe(session: t.Any, want: Want) -> State:
    name = statistics_table(want["migration_id"], want["migration_run"])
    owners = list(dict.fromkeys(row["owner"] for row in session.query(SCHEMAS, me=session.user) if row["tablespace"] in want["tablespaces"]))
    seen = {owner: str(sorted(session.one(GATHERED, owner=owner).items())) for owner in owners}
    return {
        "STATISTICS": {
            "owner": session.user, "table": name, "schemas": owners, "anchor": hashlib.sha256(str(sorted(seen.items())).encode("utf-8")).hexdigest()[:32],
            "exported": session.journal.get("statistics exported"), "imported": session.journal.get("statistics imported"),
        },
        "TABLE " + name: None if session.one(TABLE, name=name) is None else {"present": True},
    }


def _call(routine: str, arguments: t.Dict[str, str]) -> Statement:
    return Statement("BEGIN DBMS_STATS.{0}({1}); END;".format(
        routine, ", ".join("{0} => {1}".format(name, "TRUE" if value == "TRUE" else literal(value)) for name, value in arguments.items())))


def plan(state: State, want: Want) -> t.List[Step]:
    found = t.cast(Attributes, state["STATISTICS"])
    here = {"stattab": found["table"], "statown": found["owner"]}
    staging = "TABLE " + found["table"]
    steps: t.List[Step] = []
    if want["state"] == "exported":
        if state[staging] is not None and found["exported"] == found["anchor"]:
            return []
        if state[staging] is None:
            steps.append(Step(_call("CREATE_STAT_TABLE", {"ownname": found["owner"], "stattab": found["table"]}), effects={staging: {"present": True}}))
        steps += [Step(_call("EXPORT_SCHEMA_STATS", dict(here, ownname=owner))) for owner in found["schemas"]]
        # Only after the last one, so that a run that was killed in between begins again.
        steps[-1].record["statistics exported"] = found["anchor"]
        steps[-1].effects["STATISTICS"] = {"exported": found["anchor"]}
        return steps
    if found["imported"] == want["anchor"]:
        return []
    steps = [Step(_call("UPGRADE_STAT_TABLE", {"ownname": found["owner"], "stattab": found["table"]}))]
    steps += [Step(_call("IMPORT_SCHEMA_STATS", dict(here, ownname=owner, force="TRUE"))) for owner in found["schemas"]]
    steps[-1].record["statistics imported"] = want["anchor"]
    steps[-1].effects["STATISTICS"] = {"imported": want["anchor"]}
    return steps


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    found = t.cast(Attributes, state["STATISTICS"])
    return {"table": "{0}.{1}".format(found["owner"], found["table"]), "anchor": found["anchor"]}


MODULE = Module(
    argument_spec={
        "tablespaces": {"type": "list", "elements": "str", "required": True},
        "state": {"type": "str", "required": True, "choices": ["exported", "imported"]},
        "anchor": {"type": "str"},
    },
    observe=observe, plan=plan, report=report, ephemeral=lambda want: True,
    required_if=[("state", "imported", ("anchor",))],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is supplementally logged, at every level, and whether readers of redo accept it.

Sources: Oracle Database Reference (V$DATABASE, DBA_SUPPLEMENTAL_LOGGING, DBA_LOG_GROUPS) and Utilities (LogMiner, supplemental logging).
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.open_work import TRANSACTIONS
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Want

__metaclass__ = type

DATABASE = """
SELECT supplemental_log_data_min minimal, supplemental_log_data_pk primary_key, supplemental_log_data_ui "UNIQUE",
       supplemental_log_data_fk foreign_key, supplemental_log_data_all "ALL", SYS_CONTEXT('USERENV', 'CON_ID') container
  FROM v$database
"""
PLUGGABLE = """
SELECT primary_key, unique_index "UNIQUE", foreign_key, all_column "ALL" FROM dba_supplemental_logging
"""
TABLES = """
SELECT table_name name, temporary FROM dba_tables
 WHERE owner = :owner AND nested = 'NO' AND secondary = 'N' AND table_name NOT LIKE 'BIN$%'
   AND (iot_type IS NULL OR iot_type = 'IOT')
   AND table_name NOT IN (SELECT e.table_name FROM dba_external_tables e WHERE e.owner = :owner)
"""
LOG_GROUPS = """
SELECT table_name, log_group_name name, log_group_type type, always FROM dba_log_groups WHERE owner = :owner
"""
LOG_GROUP_COLUMNS = """
SELECT table_name, log_group_name name, column_name, logging_property FROM dba_log_group_columns WHERE owner = :owner ORDER BY position
"""

#: Level -> (its words in a statement, LOG_GROUP_TYPE).
KEYS = {
    "primary_key": ("PRIMARY KEY", "PRIMARY KEY LOGGING"), "unique": ("UNIQUE", "UNIQUE KEY LOGGING"),
    "foreign_key": ("FOREIGN KEY", "FOREIGN KEY LOGGING"), "all": ("ALL", "ALL COLUMN LOGGING"),
}
LEVEL_OF = {type_: level for level, (dummy, type_) in KEYS.items()}

ITEM = "supplemental log of "
TABLE_ITEM, GROUP_ITEM = ITEM + "TABLE ", ITEM + "LOG_GROUP "


def item_of(resource: str) -> str:
    """Journal item: what this migration ``added`` to a resource, and what it ``dropped``."""
    return ITEM + resource


# -- what is

def observe(session: t.Any, want: Want) -> State:
    items = session.journal.items()
    row = session.one(DATABASE)
    pluggable = int(row["container"]) > 1
    held = session.one(PLUGGABLE) if pluggable else row
    levels = [level for level in KEYS if held[level] == "YES"]
    state: State = {"DATABASE": dict(
        {level: level in levels or row[level] == "YES" for level in KEYS}, minimal=row["minimal"], _pluggable=pluggable,
        _held=levels + (["minimal"] if row["minimal"] == "YES" and not pluggable else []), _journal=items.get(item_of("DATABASE")) or {},
        readers_see_keys=row["primary_key"] == row["unique"] == "YES", _transactions=session.query(TRANSACTIONS),
        _groups={item: value for item, value in items.items() if item.startswith(GROUP_ITEM)})}
    done = want["state"] == "as_before"
    tables = [value for item, value in items.items() if item.startswith(TABLE_ITEM)] if done else want["tables"]
    groups = [value for item, value in items.items() if item.startswith(GROUP_ITEM)] if done else want["log_groups"]
    for owner in sorted({entry["owner"] for entry in tables + groups}):
        state.update(_of_schema(session, owner, items, [entry for entry in tables if entry["owner"] == owner],
                                [entry for entry in groups if entry["owner"] == owner]))
    return state


def table_resource(owner: str, name: str) -> str:
    return "TABLE {0}.{1}".format(owner, name)


def group_resource(group: Attributes) -> str:
    return "LOG_GROUP {owner}.{table}.{name}".format(**group)


def _of_schema(session: t.Any, owner: str, items: Attributes, tables: t.List[Attributes], groups: t.List[Attributes]) -> State:
    """The tables and log groups of one schema that are asked for; those that are not there are None."""
    present = {row["name"]: row["temporary"] == "Y" for row in session.query(TABLES, owner=owner)}
    found: t.Dict[str, t.List[str]] = {}
    named: t.Dict[t.Tuple[str, str], Attributes] = {}
    for row in session.query(LOG_GROUPS, owner=owner):
        if row["type"] in LEVEL_OF:
            found.setdefault(row["table_name"], []).append(LEVEL_OF[row["type"]])
        else:
            named[row["table_name"], row["name"]] = {"columns": [], "no_log": [], "always": row["always"] == "ALWAYS"}
    for row in session.query(LOG_GROUP_COLUMNS, owner=owner) if groups else []:
        group = named.get((row["table_name"], row["name"]))
        if group is not None:
            group["no_log" if row["logging_property"] == "NO LOG" else "columns"].append(row["column_name"])
    state: State = {}
    everything = any(not entry.get("name") for entry in tables)
    for name in sorted({entry["name"] for entry in tables if entry.get("name")} | (
            {name for name, temporary in present.items() if not temporary} if everything else set())):
        resource = table_resource(owner, name)
        state[resource] = None if name not in present else {
            "columns": sorted(found.get(name, [])), "owner": owner, "_name": name, "_temporary": present[name],
            "_journal": items.get(item_of(resource)) or {}}
    for group in groups:
        state[group_resource(group)] = named.get((group["table"], group["name"]))
    return state


def meant(state: State, want: Want) -> t.List[t.Tuple[str, t.List[str]]]:
    """The tables that are asked for, each with its levels."""
    found: t.Dict[str, t.List[str]] = {}
    for entry in want["tables"]:
        prefix = table_resource(entry["owner"], entry["name"] or "")
        for resource in [prefix] if entry["name"] else [
                name for name, table in state.items() if name.startswith("TABLE ") and table and table["owner"] == entry["owner"]]:
            found[resource] = sorted(set(found.get(resource, [])) | set(entry["columns"]))
    return sorted(found.items())


# -- what readers say of it

def readers(state: State, want: Want) -> Attributes:
    """The two ways in which LogMiner readers check (documented by OMS): keys at the database, or minimal there and keys at every table."""
    database = t.cast(Attributes, state["DATABASE"])
    failing = []
    for resource, _levels in meant(state, want):
        logged = set((state.get(resource) or {}).get("columns", []))
        if "all" not in logged and not {"primary_key", "unique"} <= logged:
            failing.append(resource.split(" ", 1)[1])
    table_level = database["minimal"] in ("YES", "IMPLICIT") and not failing and bool(want["tables"])
    return {"accepted": database["readers_see_keys"] or table_level, "database_level": database["readers_see_keys"],
            "table_level": table_level, "failing_tables": failing}

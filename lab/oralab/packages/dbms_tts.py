# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_TTS: whether a set of tablespaces is self-contained.

Texts of violations are those of the message file (documented; ORA-39906, 39907, 39908 and 39918 seen in transcripts; those of
ORA-39905, 39909, 39917 and 39929 assumed). One-way, an object inside the set must not need one outside; with ``full_check``
nothing may cross the border in either direction (documented). In a message about two objects the one inside comes first
where the text itself does not say which is which.
"""
from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from oralab.catalog import model
from oralab.catalog.catalog import Catalog
from oralab.errors import OraError
from oralab.packages.registry import Package, signature

DBMS_TTS = Package("DBMS_TTS", grantees=("EXECUTE_CATALOG_ROLE",))
ADMINISTRATIVE = ("SYSTEM", "SYSAUX")
_STATE = "TRANSPORT_SET_VIOLATIONS"


def violations(session: Any) -> list[str]:
    """Rows of TRANSPORT_SET_VIOLATIONS: what the session's last check found."""
    return list(session.package_state.get(_STATE, ()))


def tablespace_names(catalog: Catalog, listed: str) -> list[str]:
    """Names of a comma separated list. ORA-29346 empty, ORA-29304 unknown, ORA-29351 administrative (documented)."""
    names = [name.strip().strip('"') if '"' in name else name.strip().upper() for name in listed.split(",")]
    if not all(names):
        raise OraError(29346, "invalid tablespace list")
    for name in names:
        found = catalog.get(model.TablespaceInfo, name)
        if found is None:
            raise OraError(29304, f"tablespace '{name}' does not exist")
        if name in ADMINISTRATIVE or found.contents != "PERMANENT":
            raise OraError(29351, f"can not transport system, sysaux, or temporary tablespace '{name}'")
    return names


@DBMS_TTS.routine("TRANSPORT_SET_CHECK", signature(
    "ts_list CLOB, incl_constraints BOOLEAN := FALSE, full_check BOOLEAN := FALSE"))
def transport_set_check(session: Any, ts_list: str | None, incl_constraints: bool, full_check: bool) -> None:
    """Succeeds whatever it finds: the verdict stands in TRANSPORT_SET_VIOLATIONS, for this session alone."""
    catalog = session.database.catalog
    names = tablespace_names(catalog, ts_list or "")
    session.package_state[_STATE] = check(catalog, names, constraints=bool(incl_constraints), full=bool(full_check))


def check(catalog: Catalog, tablespaces: Collection[str], *, constraints: bool = True, full: bool = False) -> list[str]:
    """The violations of a set, each with its ORA code, in the order of the objects."""
    return list(_Check(catalog, set(tablespaces), constraints, full).run())


class _Check:
    def __init__(self, catalog: Catalog, inside: set[str], constraints: bool, full: bool) -> None:
        self.catalog, self.inside, self.constraints, self.full = catalog, inside, constraints, full
        self.functions = {unit.name for unit in catalog.all(model.StoredUnit) if unit.kind in ("FUNCTION", "PACKAGE")}

    def crosses(self, needing: str, needed: str) -> bool:
        """Whether a dependency is a violation; an object without a segment stands in no tablespace."""
        if not needing or not needed:
            return False
        return needing in self.inside and needed not in self.inside or (
            self.full and needed in self.inside and needing not in self.inside)

    def run(self) -> Iterator[str]:
        tables = [table for table in self.catalog.all(model.Table)
                  if not (table.dropped or table.temporary or table.external)]
        for table in tables:
            yield from self.of_table(table)
        for table in tables:
            for index in self.catalog.indexes_of(table):
                if index.type not in ("IOT - TOP", "LOB") and not index.dropped:
                    yield from self.of_index(table, index)
        if self.constraints:
            for table in tables:
                yield from self.of_constraints(table)
        for log in self.catalog.all(model.MaterializedViewLog):
            yield from self.of_log(log)

    def of_table(self, table: model.Table) -> Iterator[str]:
        name, spaces = f"{table.owner}.{table.name}", _spaces(table)
        here = spaces & self.inside
        if table.owner == "SYS" and here:
            yield f"ORA-39917: SYS owned object {table.name} in tablespace {min(here)} not allowed in pluggable set."
        if here and any(column.encrypted for column in table.columns):
            yield f"ORA-39929: Table {name} in tablespace {min(here)} has encrypted columns which are not supported."
        if table.partitioning:
            yield from self.of_partitions(table, name, spaces, here)
        for column in table.columns:
            if column.lob and not column.unused:
                yield from self.of_lob(table, name, column.lob)
        overflow = table.iot_overflow_tablespace
        if overflow and (self.crosses(table.tablespace, overflow) or self.crosses(overflow, table.tablespace)):
            yield (f"ORA-39909: IOT {name} in tablespace {table.tablespace} and its overflow segment in tablespace "
                   f"{overflow} are not fully contained in the transportable set.")

    def of_partitions(self, table: model.Table, name: str, spaces: set[str], here: set[str]) -> Iterator[str]:
        plan = table.partitioning
        assert plan is not None
        if here and here != spaces:
            if table.organization == "INDEX":
                yield f"ORA-39903: IOT Partition {name} is partially contained in the transportable set."
            else:
                number, word = (39902, "Subpartitioned") if plan.subtype else (39901, "Partitioned")
                yield f"ORA-{number}: {word} table {name} is partially contained in the transportable set."
        default = plan.default_tablespace
        if here and default and default not in self.inside:
            yield (f"ORA-39921: Default Partition (Table) Tablespace {default} for {table.name} not contained in "
                   "transportable set.")

    def of_lob(self, table: model.Table, name: str, lob: model.Lob) -> Iterator[str]:
        segment = f"{table.owner}.{lob.segment_name}"
        if not table.partitioning:
            space = lob.tablespace or table.tablespace
            if self.crosses(table.tablespace, space) or self.crosses(space, table.tablespace):
                yield (f"ORA-39905: Table {name} in tablespace {table.tablespace} points to LOB segment {segment} in "
                       f"tablespace {space}.")
            return
        number, word = (39916, "Subpartition") if table.partitioning.subtype else (39915, "Partition")
        for part in table.partitioning.leaves():
            space = lob.tablespace or part.tablespace
            if self.crosses(part.tablespace, space) or self.crosses(space, part.tablespace):
                yield (f"ORA-{number}: {word} {part.name} of table {name} in tablespace {part.tablespace} points to LOB "
                       f"segment {segment} in tablespace {space}.")

    def of_index(self, table: model.Table, index: model.Index) -> Iterator[str]:
        name, base = f"{index.owner}.{index.name}", f"{table.owner}.{table.name}"
        spaces = {part.tablespace for part in index.partitioning.leaves()} if index.partitioning else {index.tablespace}
        for space in sorted(spaces & self.inside):
            if any(self.calls_function(column.expression) for column in index.columns):
                yield f"ORA-39918: PLSQL Functional Index {name} in tablespace {space} not allowed in transportable set."
        if index.indextype:
            if self.full and spaces & self.inside and not _spaces(table) & self.inside:
                yield f"ORA-39932: Extensible Index {name} not fully contained in the transportable set."
            return
        if not table.partitioning:
            for space in sorted(spaces):
                if self.crosses(space, table.tablespace):
                    yield (f"ORA-39912: Partitioned index {name} in tablespace {space} points to table {base} in tablespace "
                           f"{table.tablespace} outside of transportable set." if index.partitioning else
                           f"ORA-39907: Index {name} in tablespace {space} points to table {base} in tablespace "
                           f"{table.tablespace}.")
            return
        for part in table.partitioning.leaves():
            for space in (one for one in sorted(spaces) if self.crosses(one, part.tablespace)):
                number, kind = ((39910, "Partitioned Global index") if index.partitioning else
                                (39914 if table.partitioning.subtype else 39911, "Index"))
                word = "subpartition" if number == 39914 else "partition"
                yield (f"ORA-{number}: {kind} {name} in tablespace {space} points to {word} {part.name} of table {base} in "
                       f"tablespace {part.tablespace} outside of transportable set.")
                return

    def calls_function(self, expression: str | None) -> bool:
        """Whether an indexed expression calls stored code."""
        return any(word.upper() in self.functions for word in re.findall(r'([A-Za-z][\w$#]*)"?\s*[.(]', expression or ""))

    def of_constraints(self, table: model.Table) -> Iterator[str]:
        """Disabled foreign keys do not count (documented)."""
        home = _home(table)
        for constraint in table.constraints:
            if constraint.type == "R" and constraint.enabled:
                parent = self.catalog.get(model.Table, constraint.r_owner or "", constraint.r_table or "")
                if parent and self.crosses(home, _home(parent)):
                    first, second = (table, parent) if home in self.inside else (parent, table)
                    yield (f"ORA-39906: Constraint {constraint.name} between table {first.owner}.{first.name} in tablespace "
                           f"{_home(first)} and table {second.owner}.{second.name} in tablespace {_home(second)}.")
            elif constraint.type in ("P", "U") and constraint.index_name and table.organization != "INDEX":
                index = self.catalog.get(model.Index, constraint.index_owner or table.owner, constraint.index_name)
                if index and not index.partitioning and home in self.inside and index.tablespace not in self.inside:
                    yield (f"ORA-39908: Index {index.owner}.{index.name} in tablespace {index.tablespace} enforces primary "
                           f"constraints {constraint.name} of table {table.owner}.{table.name} in tablespace {home}.")

    def of_log(self, log: model.MaterializedViewLog) -> Iterator[str]:
        master, table = (self.catalog.get(model.Table, log.owner, name) for name in (log.master, log.log_table))
        if master and table and (self.crosses(_home(table), _home(master)) or self.crosses(_home(master), _home(table))):
            yield (f"ORA-39934: Materialized view log {log.owner}.{log.log_table} in tablespace {_home(table)} and master "
                   f"table {log.owner}.{log.master} in tablespace {_home(master)} are not fully contained in the "
                   "transportable set.")


def _spaces(table: model.Table) -> set[str]:
    """Tablespaces of a table's own segments."""
    if table.partitioning:
        return {part.tablespace for part in table.partitioning.leaves()}
    return {table.tablespace} - {""}


def _home(table: model.Table) -> str:
    """The table's tablespace; of a partitioned one that of its first partition."""
    return table.partitioning.leaves()[0].tablespace if table.partitioning else table.tablespace

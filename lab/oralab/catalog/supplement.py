# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which old values an UPDATE leaves in the redo beside those that it changes: supplemental logging at work.

Documented (Utilities, supplemental logging): primary key and ALL groups are unconditional, unique and foreign key groups are logged when
one of their columns changes, groups of columns as they were defined; without a primary key a unique key of NOT NULL columns stands in for
it, without that every column but LONGs and LOBs. Assumed: without any logging at the database, that of tables has no effect.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

from oralab.catalog import model
from oralab.storage.rows import Segment
from oralab.values import Row

if TYPE_CHECKING:
    from oralab.catalog.database import Database

UNLOGGED = frozenset({"LONG", "LONG RAW", "CLOB", "NCLOB", "BLOB", "BFILE", "XMLTYPE"})
_LEVELS = {"PRIMARY KEY LOGGING": "PK", "UNIQUE KEY LOGGING": "UI", "FOREIGN KEY LOGGING": "FK", "ALL COLUMN LOGGING": "ALL"}


@dataclasses.dataclass(frozen=True, slots=True)
class _Rule:
    """Columns by place that are always logged, and groups: when one of the first changes, the second are logged."""

    always: frozenset[int] = frozenset()
    groups: tuple[tuple[frozenset[int], frozenset[int]], ...] = ()


class Supplement:
    """Answers for every changed row; what it knows of a table is kept until the dictionary changes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: tuple[int, model.DatabaseAttributes] | None = None
        self._rules: dict[int, _Rule | None] = {}

    def __call__(self, segment: Segment, before: Row | None, after: Row | None) -> tuple[int, ...] | None:
        """Places of the columns whose old values are logged beside the changed ones; None without supplemental logging."""
        now = self._database.catalog.version, self._database.attributes
        if self._known is None or self._known[0] != now[0] or self._known[1] is not now[1]:
            self._known, self._rules = now, self._all_rules()
        rule = self._rules.get(segment.number)
        if rule is None or before is None or after is None:
            return None if rule is None else ()
        changed = changed_places(before, after)
        logged = set(rule.always)
        for deciding, columns in rule.groups:
            if not deciding.isdisjoint(changed):
                logged |= columns
        return tuple(sorted(logged - changed))

    def _all_rules(self) -> dict[int, _Rule | None]:
        attributes, found = self._database.attributes, dict[int, _Rule | None]()
        if not attributes.supplemental:
            return found
        for table in self._database.catalog.all(model.Table):
            rule = _rule(table, attributes.supplemental | attributes.pdb_supplemental, self._database.catalog.indexes_of(table))
            for number in segments_of(table):
                found[number] = rule
        return found


def changed_places(before: Row, after: Row) -> set[int]:
    """Columns by place in which two images of a row differ; an image may lack columns that were added later."""
    width = max(len(before), len(after))
    old, new = before + (None,) * (width - len(before)), after + (None,) * (width - len(after))
    return {place for place in range(width) if old[place] != new[place]}


def segments_of(table: model.Table) -> Iterator[int]:
    """Data object numbers under which the rows of a table lie."""
    if table.partitioning:
        yield from (leaf.data_object_id for leaf in table.partitioning.leaves())
    elif table.data_object_id:
        yield table.data_object_id


def _rule(table: model.Table, levels: set[str], indexes: list[model.Index]) -> _Rule:
    levels = levels | {_LEVELS[group.type] for group in table.log_groups if group.type in _LEVELS}
    place = {column.name: number for number, column in enumerate(table.columns)}
    everything = frozenset(number for number, column in enumerate(table.columns)
                           if not (column.unused or column.virtual) and column.type.name not in UNLOGGED)
    always: frozenset[int] = frozenset()
    groups = []
    if "ALL" in levels:
        always |= everything
    if "PK" in levels:
        always |= _key(table, place) or everything
    if "UI" in levels:
        groups += [(key, key) for index in indexes if index.unique or index.type == "BITMAP"
                   if (key := frozenset(place[part.name] for part in index.columns if part.name in place))]
    if "FK" in levels:
        groups += [(key, key) for constraint in table.constraints if constraint.type == "R"
                   for key in [frozenset(place[name] for name in constraint.columns)]]
    for group in table.log_groups:
        if group.type == "USER LOG GROUP":
            logged = frozenset(place[name] for name in group.columns if name in place and name not in group.no_log)
            if group.always:
                always |= logged
            else:
                groups.append((frozenset(place[name] for name in group.columns if name in place), logged))
    return _Rule(always, tuple(groups))


def _key(table: model.Table, place: dict[str, int]) -> frozenset[int]:
    """The columns that identify a row: the primary key, or a unique key without NULLs."""
    keys = [constraint.columns for constraint in table.constraints if constraint.type == "P"] + [
        constraint.columns for constraint in table.constraints
        if constraint.type == "U" and all((column := table.column(name)) is not None and not column.nullable for name in constraint.columns)]
    return frozenset(place[name] for name in keys[0]) if keys else frozenset()

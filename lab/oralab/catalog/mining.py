# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reader of redo sees: the logical changes of redo records, named by the dictionary as it is now.

The one place where redo becomes rows again. LogMiner formats what comes from here as SQL; capture may apply it.
Assumed: changes bear the SCN of their commit, as the stream is written with commits.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from oralab.catalog import model
from oralab.catalog.supplement import changed_places, segments_of
from oralab.storage.redo import Change, Record
from oralab.values import Row, Value

if TYPE_CHECKING:
    from oralab.catalog.database import Database

#: As V$LOGMNR_CONTENTS has it: OPERATION -> OPERATION_CODE (documented).
OPERATIONS = {"INSERT": 1, "DELETE": 2, "UPDATE": 3, "DDL": 5, "START": 6, "COMMIT": 7, "UNSUPPORTED": 255}


@dataclasses.dataclass(frozen=True, slots=True)
class LogicalChange:
    """One thing that happened. ``old`` and ``new`` hold values by column as far as the redo tells them.

    ``number`` counts the changes of a transaction; ``table`` is None where the dictionary does not know the object any more.
    """

    operation: str
    record: Record
    number: int = 0
    change: Change | None = None
    table: model.Table | None = None
    old: dict[str, Value] = dataclasses.field(default_factory=dict)
    new: dict[str, Value] = dataclasses.field(default_factory=dict)


def tables_by_segment(database: Database) -> dict[int, model.Table]:
    """The dictionary that names what changed: data object number -> table."""
    return {number: table for table in database.catalog.all(model.Table) for number in segments_of(table)}


def logical_changes(record: Record, tables: Mapping[int, model.Table]) -> Iterator[LogicalChange]:
    """START, changes and COMMIT of a transaction, or a DDL statement; nothing of other records."""
    if record.kind == "DDL" and record.details.get("statement"):
        yield LogicalChange("DDL", record)
    if record.kind != "TRANSACTION":
        return
    yield LogicalChange("START", record)
    for number, change in enumerate(record.changes, 1):
        yield _row_change(record, number, change, tables.get(change.data_object))
    yield LogicalChange("COMMIT", record, len(record.changes) + 1)


def _row_change(record: Record, number: int, change: Change, table: model.Table | None) -> LogicalChange:
    before, after = change.before, change.after
    if before is None:
        return LogicalChange("INSERT", record, number, change, table, {}, _values(table, after or (), None))
    if after is None:
        return LogicalChange("DELETE", record, number, change, table, _values(table, before, None), {})
    changed = changed_places(before, after)
    return LogicalChange("UPDATE", record, number, change, table, _values(table, before, changed | set(change.logged or ())),
                         _values(table, after, changed))


def _values(table: model.Table | None, row: Row, places: set[int] | None) -> dict[str, Value]:
    """The stored values of a row by column; of some places, or of all."""
    if table is None:
        return {}
    found = {}
    for place, column in enumerate(table.columns):
        if not (column.unused or column.virtual) and (places is None or place in places):
            found[column.name] = row[place] if place < len(row) else column.absent
    return found

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Optimizer statistics: computed from the rows, kept in the dictionary's records.

Counts of rows are exact. Column statistics are exact for up to ``SAMPLE`` rows and estimated from that many beyond
(assumed to be as good as Oracle's own approximation).
"""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from oralab import codec
from oralab.catalog import model
from oralab.values import Value

SAMPLE = 20000
_WITHOUT_VALUES = {"CLOB", "NCLOB", "BLOB", "BFILE", "LONG", "LONG RAW", "XMLTYPE"}


@dataclasses.dataclass(slots=True)
class Measured:
    """What one table's rows gave."""

    table: model.Statistics
    partitions: dict[str, model.Statistics]
    columns: dict[str, model.ColumnStatistics]
    rows: list[tuple[Value, ...]]
    """The sample, for the indexes."""


def measure(session: Any, table: model.Table) -> Measured:
    """Read a table's rows and count."""
    database = session.database
    handle = database.handle(session, table)
    snapshot = database.store.snapshot()
    now = database.now()
    partitions: dict[str, model.Statistics] = {}
    sample: list[tuple[Value, ...]] = []
    share = max(SAMPLE // max(len(handle.segments), 1), 100)
    for name, segment in handle.segments.items():
        rows = (row for _, row in handle.scan(snapshot, partition=name))
        part = list(itertools.islice(rows, share))
        count = len(part) + sum(1 for _ in rows)
        blocks = database.store.segment_bytes(segment.number) // database.store.block_size
        partitions[name or ""] = _of_rows(table, part, count, blocks, now)
        sample += part
    whole = partitions.values()
    total = _of_rows(table, sample, sum(part.num_rows or 0 for part in whole), sum(part.blocks or 0 for part in whole), now)
    columns = {column.name: _of_column(table, position, sample, total.num_rows or 0, now)
               for position, column in enumerate(table.columns)
               if not (column.unused or column.virtual or column.type.name in _WITHOUT_VALUES or column.type.owner)}
    if table.partitioning is None:
        partitions.clear()
    return Measured(total, partitions, columns, sample)


def _size(value: Value, column: model.Column) -> int:
    if value is None:
        return 0
    if column.type.owner or column.type.name in _WITHOUT_VALUES:
        return len(value) if isinstance(value, (str, bytes)) else 40
    return len(codec.encoder(column.type)(value))


def _of_rows(table: model.Table, sample: Sequence[tuple[Value, ...]], count: int, blocks: int, now: Any) -> model.Statistics:
    measured = sample[:500]
    bytes_ = sum(_size(value, column) + 1 for row in measured for value, column in zip(row, table.columns))
    average = bytes_ // len(measured) if measured else 0
    return model.Statistics(num_rows=count, blocks=blocks, avg_row_len=average, sample_size=count, last_analyzed=now)


def _of_column(table: model.Table, position: int, sample: Sequence[tuple[Value, ...]], total: int, now: Any,
               ) -> model.ColumnStatistics:
    column = table.columns[position]
    values = [row[position] if position < len(row) else column.absent for row in sample]
    given = [value for value in values if value is not None]
    seen = set(given)
    distinct, nulls = len(seen), len(values) - len(given)
    if len(sample) < total and sample:
        nulls = round(nulls * total / len(sample))
        distinct = total - nulls if given and distinct > 0.9 * len(given) else distinct
    encode = codec.encoder(column.type)
    low, high = (encode(edge)[:64] for edge in (min(seen), max(seen))) if seen else (None, None)  # type: ignore[type-var]
    average = round(sum(_size(value, column) for value in given[:500]) / len(given[:500])) + 1 if given else 0
    return model.ColumnStatistics(
        num_distinct=distinct, low_value=low, high_value=high, density=1 / distinct if distinct else 0.0, num_nulls=nulls,
        avg_col_len=average, num_buckets=1 if distinct else 0, sample_size=total - nulls, last_analyzed=now)


def of_index(table: model.Table, index: model.Index, found: Measured) -> model.Statistics:
    """Statistics of an index from its table's; function-based columns count as the row itself."""
    total = found.table.num_rows or 0
    places = [position for one in index.columns for position, column in enumerate(table.columns) if column.name == one.name]
    keys = [tuple(row[position] for position in places if position < len(row)) for row in found.rows]
    entries = [key for key in keys if any(value is not None for value in key)]
    scale = total / len(keys) if keys else 1
    num_rows = round(len(entries) * scale)
    distinct = num_rows if index.unique else len(set(entries))
    width = 10 + sum(found.columns[column.name].avg_col_len or 0 for column in table.columns
                     if column.name in found.columns and any(one.name == column.name for one in index.columns))
    leaves = -(-num_rows * width // 7300) if num_rows else 0
    return model.Statistics(
        num_rows=num_rows, leaf_blocks=leaves, distinct_keys=distinct, blevel=0 if leaves <= 1 else 1 if leaves < 500 else 2,
        clustering_factor=min(num_rows, max(found.table.blocks or 0, distinct // 10)), sample_size=num_rows,
        last_analyzed=found.table.last_analyzed)


def tables_of(catalog: Any, owner: str | None) -> Iterable[model.Table]:
    """Tables that have statistics, of one schema or of all but the dictionary's."""
    return [table for table in catalog.all(model.Table)
            if not (table.dropped or table.external) and (table.owner == owner if owner else not table.oracle_maintained)]

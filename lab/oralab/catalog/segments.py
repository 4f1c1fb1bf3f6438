# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which segments there are, in which tablespace, and how large."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

from oralab.catalog import model

if TYPE_CHECKING:
    from oralab.catalog.catalog import Catalog
    from oralab.catalog.database import Database


@dataclasses.dataclass(slots=True, frozen=True)
class Segment:
    """One segment as DBA_SEGMENTS lists it; ``record`` is the table or index it belongs to."""

    owner: str
    name: str
    partition: str | None
    type: str
    tablespace: str
    data_object_id: int
    record: model.Table | model.Index


def of_table(table: model.Table) -> Iterator[Segment]:
    """Segments of a table's rows and LOBs; an IOT's rows are in its index."""
    if table.external or table.temporary:
        return
    kind = "NESTED TABLE" if table.nested else "TABLE"
    leaves = table.partitioning.leaves() if table.partitioning else []
    if table.organization != "INDEX":
        for leaf in leaves:
            sub = bool(table.partitioning and table.partitioning.subtype)
            yield Segment(table.owner, table.name, leaf.name, "TABLE SUBPARTITION" if sub else "TABLE PARTITION",
                          leaf.tablespace, leaf.data_object_id, table)
        if not leaves and table.segment_created:
            yield Segment(table.owner, table.name, None, kind, table.tablespace, table.data_object_id, table)
    if not (table.segment_created or leaves):
        return
    for column in table.columns:
        if column.lob and not column.unused:
            tablespace = column.lob.tablespace or table.tablespace or (leaves[0].tablespace if leaves else "")
            yield Segment(table.owner, column.lob.segment_name, None, "LOBSEGMENT", tablespace, column.lob.segment_object_id, table)
            yield Segment(table.owner, column.lob.index_name, None, "LOBINDEX", tablespace, column.lob.index_object_id, table)


def of_index(catalog: Catalog, index: model.Index) -> Iterator[Segment]:
    table = catalog.get(model.Table, index.table_owner, index.table_name)
    if table is None or table.temporary or index.type == "DOMAIN":
        return
    if index.partitioning:
        sub = bool(index.partitioning.subtype)
        for leaf in index.partitioning.leaves():
            if leaf.status == "USABLE":
                yield Segment(index.owner, index.name, leaf.name, "INDEX SUBPARTITION" if sub else "INDEX PARTITION", leaf.tablespace,
                              leaf.data_object_id, index)
    elif index.usable and (table.segment_created or table.partitioning or table.organization == "INDEX"):
        yield Segment(index.owner, index.name, None, "INDEX", index.tablespace, index.data_object_id, index)


def all_segments(catalog: Catalog) -> Iterator[Segment]:
    for table in catalog.all(model.Table):
        yield from of_table(table)
    for index in catalog.all(model.Index):
        yield from of_index(catalog, index)


def size(database: Database, segment: Segment) -> int:
    """Bytes in whole extents. Keys of indexes live in memory here; their segment is shown at a quarter of the table's (assumed)."""
    info = database.catalog.get(model.TablespaceInfo, segment.tablespace)
    extent = info.initial_extent if info else 65536
    record = segment.record
    if isinstance(record, model.Index):
        table = database.catalog.get(model.Table, record.table_owner, record.table_name)
        shares = 1 if table is not None and table.organization == "INDEX" else 4
        used = sum(database.store.segment_bytes(part) for part in _row_segments(table)) // shares
    elif segment.type == "LOBINDEX":
        used = 0
    else:
        used = database.store.segment_bytes(segment.data_object_id)
    return max(1, -(-used // extent)) * extent


def _row_segments(table: model.Table | None) -> list[int]:
    if table is None:
        return []
    if table.partitioning:
        return [leaf.data_object_id for leaf in table.partitioning.leaves()]
    return [table.data_object_id]


def used_bytes(database: Database, owner: str, tablespace: str) -> int:
    """What a user's segments take of a tablespace, for quotas."""
    return sum(size(database, segment) for segment in all_segments(database.catalog)
               if segment.owner == owner and segment.tablespace == tablespace)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Data Pump asks of storage: files of a tablespace, sizes of segments; and statistics, which are no DDL."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from oralab.catalog import model
from oralab.packages.datapump.objects import DataFile, Exported
from oralab.values import Row


def files_of(database: Any, tablespace: str) -> list[DataFile]:
    """The datafiles of a tablespace, by file number."""
    return [DataFile(path=file.path, size=file.bytes, increment=file.increment if file.auto_extend else 0,
                     maximum=file.max_bytes) for file in database.store.datafiles(tablespace)]


def segment_bytes(database: Any, table: model.Table, partition: str | None) -> int:
    """Size of a table's or partition's segment, as the estimate by blocks sees it."""
    number = table.data_object_id
    if partition and table.partitioning:
        number = next(leaf.data_object_id for leaf in table.partitioning.leaves() if leaf.name == partition)
    return int(database.store.segment_bytes(number)) if number else 0


def load(session: Any, table: model.Table, rows: Iterable[Row]) -> None:
    """Direct path: complete rows, all or none, past triggers and generated values."""
    database = session.database
    handle, segments = database.handle(session, table), database.ddl.segments
    transaction = database.store.begin(session)
    try:
        for number, row in enumerate(rows):
            if not (number or table.segment_created or table.partitioning):
                _create_segment(database, table)
            handle.insert(transaction, row, segments.partition_of(session, table, row))
    except BaseException:
        database.store.rollback(transaction)
        raise
    database.store.commit(transaction)


def _create_segment(database: Any, table: model.Table) -> None:
    """Deferred segment creation ends with the first row. ORA-01950, ORA-01536."""
    database.ddl.check_quota(table.owner, table.tablespace)
    with database.catalog.change(quiet=True) as change:
        change.save(dataclasses.replace(table, segment_created=True))


def restore_materialized_view(database: Any, item: Exported) -> None:
    """What a view made on its imported container does not know by itself: how it was built and last refreshed."""
    catalog = database.catalog
    view = catalog.get(model.MaterializedView, item.owner, item.name)
    container = catalog.get(model.Table, item.owner, item.name)
    source: model.MaterializedView = item.record
    with catalog.change(quiet=True) as change:
        change.save(dataclasses.replace(
            view, build_mode=source.build_mode, last_refresh=source.last_refresh, staleness=source.staleness,
            last_refresh_type=source.last_refresh_type))
        change.save(dataclasses.replace(container, materialized=item.table is not None and item.table.materialized))


def set_statistics(database: Any, item: Exported) -> None:
    """Statistics as they were at the source, unless the target's are locked."""
    catalog = database.catalog
    if item.kind == "INDEX_STATISTICS":
        index = catalog.get(model.Index, item.owner, item.name)
        if index is not None:
            with catalog.change() as change:
                change.edit(index).statistics = item.record.statistics
        return
    table = catalog.get(model.Table, item.owner, item.name)
    if table is None or table.statistics and table.statistics.locked:
        return
    source: model.Table = item.record
    with catalog.change() as change:
        edited = change.edit(table)
        edited.statistics = source.statistics and dataclasses.replace(source.statistics)
        for column in edited.columns:
            known = source.column(column.name)
            column.statistics = known.statistics if known else None
        if edited.partitioning and source.partitioning:
            by_name = {leaf.name: leaf.statistics for leaf in source.partitioning.leaves()}
            for leaf in edited.partitioning.leaves():
                leaf.statistics = by_name.get(leaf.name)

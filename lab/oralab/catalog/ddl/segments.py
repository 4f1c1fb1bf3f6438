# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the catalog asks of the storage layer: segments, handles and keys of tables, and rows seen while a table changes.

Keys are kept in memory for unique indexes and for indexes that enforce a key; other indexes exist in the dictionary only (assumed:
nobody can tell from results).
"""
from __future__ import annotations

import contextlib
import operator
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.ddl.partitions import extend_interval, leaf_of
from oralab.errors import OraError, not_simulated
from oralab.storage import KeyIndex, TableHandle
from oralab.values import DataType, Row, Value

if TYPE_CHECKING:
    from oralab.catalog.database import Database

STORED = DataType("VARCHAR2", 4000)
"""Stands for the type of columns whose values are never stored (virtual, dropped)."""


class Segments:
    """Segments of one database; handles of tables are made when first asked for and again after every change of the table."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = database.store
        self._handles: dict[int, tuple[tuple[Any, ...], TableHandle]] = {}
        self._extending = threading.RLock()
        self._temporary: weakref.WeakKeyDictionary[Any, dict[int, tuple[tuple[Any, ...], TableHandle]]] = weakref.WeakKeyDictionary()

    # --- handles ---

    def handle(self, session: Any, table: model.Table) -> TableHandle:
        """Rows of a table; of a temporary one the session's own."""
        if table.temporary:
            kept = self._temporary.setdefault(session, {})
        else:
            kept = self._handles
        shape = self._shape(table)
        found = kept.get(table.object_id)
        if found is None or found[0] != shape:
            made = self._temporary_handle(table) if table.temporary else self._make(table)
            for index in self._indexes(table):
                made.add_index(index)
            found = kept[table.object_id] = (shape, made)
        return found[1]

    def _shape(self, table: model.Table) -> tuple[Any, ...]:
        """Whatever a handle depends on."""
        return (tuple((column.type, column.absent, column.unused) for column in table.columns), tuple(self.numbers(table)),
                tuple((index.object_id, index.name, index.unique, index.usable, tuple(part.name for part in index.columns))
                      for index in self.database.catalog.indexes_of(table)),
                tuple((item.name, item.type, item.enabled, item.index_name) for item in table.constraints if item.type in "PU"))

    def _make(self, table: model.Table) -> TableHandle:
        leaves = table.partitioning.leaves() if table.partitioning else []
        names: dict[str | None, int] = {leaf.name: leaf.data_object_id for leaf in leaves} or {None: table.data_object_id}
        return self.store.table(names, _absent(table))

    def _temporary_handle(self, table: model.Table) -> TableHandle:
        return TableHandle(self.store, {None: self.store.create_segment(table.object_id, None, _types(table))}, _absent(table))

    def _indexes(self, table: model.Table) -> Iterator[KeyIndex]:
        enforced = {item.index_name: item for item in table.constraints if item.type in "PU" and item.enabled and item.index_name}
        for index in self.database.catalog.indexes_of(table):
            if (index.unique or index.name in enforced) and index.usable:
                yield self._key_index(table, index, enforced.get(index.name))

    def _key_index(self, table: model.Table, index: model.Index, constraint: model.Constraint | None) -> KeyIndex:
        if any(part.expression for part in index.columns):
            raise not_simulated("unique function-based index")
        columns = constraint.columns if constraint else [part.name for part in index.columns]
        name = constraint.name if constraint else index.name
        return KeyIndex(index.object_id, f"{table.owner}.{name}", key_of(table, columns), True)

    def numbers(self, table: model.Table) -> list[int]:
        """Data object numbers of the segments that hold a table's rows."""
        if table.partitioning:
            return [leaf.data_object_id for leaf in table.partitioning.leaves()]
        return [] if table.temporary or table.external else [table.data_object_id]

    def forget_session(self, session: Any) -> None:
        """A session ends: rows of its temporary tables go."""
        self._temporary.pop(session, None)

    def transaction_ended(self, session: Any) -> None:
        """Rows of temporary tables ON COMMIT DELETE ROWS go with the transaction."""
        for object_id, (_, handle) in list(self._temporary.get(session, {}).items()):
            table = self.database.catalog.by_id(object_id)
            if isinstance(table, model.Table) and table.temporary == "TRANSACTION":
                self._empty(handle)

    def _empty(self, handle: TableHandle) -> None:
        """Delete all rows, so that compiled statements may keep the handle."""
        transaction = self.store.begin()
        for rid, _ in list(handle.scan(self.store.snapshot())):
            handle.delete(transaction, rid)
        self.store.commit(transaction)

    def partition_of(self, session: Any, table: model.Table, row: Row) -> str | None:
        """Name of the (sub)partition for a row, made first where INTERVAL asks for it. ORA-14400."""
        if table.partitioning is None:
            return None
        leaf = leaf_of(table, row)
        if leaf is None:
            with self._extending:
                # Another session, or the statement itself with an earlier row, may have made it meanwhile.
                table = self.database.catalog.get(model.Table, table.owner, table.name) or table
                leaf = leaf_of(table, row)
                if leaf is None:
                    leaf = extend_interval(self.database.ddl, session, table, row)
                    self._extend(table)
        return leaf.name

    def _extend(self, table: model.Table) -> None:
        """The handle that running statements hold gets the new partition too."""
        found = self._handles.get(table.object_id)
        current = self.database.catalog.get(model.Table, table.owner, table.name)
        if found is not None and current is not None and current.partitioning is not None:
            handle = found[1]
            for part in current.partitioning.leaves():
                if part.name not in handle.segments:
                    segment = self.store.segment(part.data_object_id)
                    segment.indexes = handle.indexes
                    handle.segments = {**handle.segments, part.name: segment}      # scans of the old ones go on
            self._handles[table.object_id] = (self._shape(current), handle)

    # --- tables ---

    def create_table(self, table: model.Table) -> None:
        """Segments of a new table; those that are there already are left alone."""
        if table.temporary or table.external:
            return
        if table.partitioning is None:
            table.data_object_id = table.data_object_id or table.object_id
        for number, tablespace in self._places(table):
            if number not in self.store.segments:
                self.store.create_segment(number, tablespace, _types(table))

    @staticmethod
    def _places(table: model.Table) -> list[tuple[int, str]]:
        if table.partitioning:
            return [(leaf.data_object_id, leaf.tablespace) for leaf in table.partitioning.leaves()]
        return [(table.data_object_id, table.tablespace)]

    def drop_table(self, table: model.Table) -> None:
        for number in self.numbers(table):
            self.store.drop_segment(number)
        self._handles.pop(table.object_id, None)

    def reshape(self, table: model.Table) -> None:
        """Columns were added or changed: rows that are there stay as they are."""
        for number in self.numbers(table):
            self.store.set_types(number, _types(table))

    def truncate(self, session: Any, table: model.Table) -> None:
        """New, empty segments instead of the old ones (``table`` is an edited record)."""
        if table.temporary:
            self._empty(self.handle(session, table))
        elif table.partitioning:
            for leaf in table.partitioning.leaves():
                self.truncate_partition(table, leaf)
        else:
            old, table.data_object_id = table.data_object_id, self.store.next_object_id()
            self.store.create_segment(table.data_object_id, table.tablespace, _types(table))
            self.store.drop_segment(old)

    def move(self, table: model.Table, leaf: model.Partition | None, tablespace: str) -> None:
        number = self.store.next_object_id()
        target: Any = leaf or table
        self.store.move_segment(target.data_object_id, number, tablespace)
        target.data_object_id, target.tablespace = number, tablespace

    def add_partition(self, table: model.Table, partition: model.Partition) -> None:
        for leaf in partition.subpartitions or [partition]:
            self.store.create_segment(leaf.data_object_id, leaf.tablespace, _types(table))

    def drop_partition(self, table: model.Table, partition: model.Partition) -> None:
        for leaf in partition.subpartitions or [partition]:
            self.store.drop_segment(leaf.data_object_id)

    def truncate_partition(self, table: model.Table, partition: model.Partition) -> None:
        for leaf in partition.subpartitions or [partition]:
            old, leaf.data_object_id = leaf.data_object_id, self.store.next_object_id()
            self.store.create_segment(leaf.data_object_id, leaf.tablespace, _types(table))
            self.store.drop_segment(old)

    def check_writable(self, tablespace: str) -> None:
        self.store.check_tablespace(tablespace)

    # --- keys ---

    def create_index(self, table: model.Table, index: model.Index) -> None:
        """Check that a unique index can be made. ORA-01452."""
        known = self.database.catalog.get(model.Table, table.owner, table.name) is not None
        if index.unique and index.usable and known:
            self._probe(table, self._key_index(table, index, None))

    def make_unique(self, table: model.Table, index: model.Index, constraint: model.Constraint) -> None:
        self._probe(table, self._key_index(table, index, constraint))

    def rebuild_index(self, table: model.Table, index: model.Index) -> None:
        if index.unique:
            self._probe(table, self._key_index(table, index, None))

    def _probe(self, table: model.Table, index: KeyIndex) -> None:
        if not table.temporary and all(number in self.store.segments for number in self.numbers(table)):
            seen: set[tuple[Any, ...]] = set()
            for _, row in self._make_unindexed(table):
                key = index.key(row)
                if key is not None and key in seen:
                    raise OraError(1452, "cannot CREATE UNIQUE INDEX; duplicate keys found")
                if key is not None:
                    seen.add(key)

    def _make_unindexed(self, table: model.Table) -> Iterator[tuple[int, Row]]:
        """Rows of a table without touching its handle."""
        snapshot, absent = self.store.snapshot(), _absent(table)
        for number in self.numbers(table):
            for rid, row in self.store.segment(number).scan(snapshot):
                yield rid, row if len(row) >= len(absent) else row + absent[len(row):]

    # --- rows ---

    def has_rows(self, table: model.Table, leaf: model.Partition | None = None) -> bool:
        if table.temporary or table.external:
            return False
        snapshot = self.store.snapshot()
        numbers = [leaf.data_object_id] if leaf is not None else self.numbers(table)
        return any(next(self.store.segment(number).scan(snapshot), None) is not None
                   for number in numbers if number in self.store.segments)

    def exists(self, sql: str) -> bool:
        """Whether a query of the instance's own gives a row."""
        with self.database.internal() as session:
            return bool(session.sql(sql))

    # --- other sessions ---

    @contextlib.contextmanager
    def exclusive(self, session: Any, table: model.Table) -> Iterator[None]:
        """DDL waits DDL_LOCK_TIMEOUT seconds for transactions on the table, then fails with ORA-00054."""
        given = getattr(session, "parameters", {}).get("ddl_lock_timeout")
        wait = float(given if given is not None else self.database.parameters.number("ddl_lock_timeout"))
        self.store.await_writers(self.numbers(table), None, wait, session.is_cancelled)
        yield

    def wait_for_transactions(self, session: Any) -> None:
        """Until every transaction that is open now has ended."""
        for transaction in self.store.active_transactions():
            self.store.wait_for(transaction, None, None, session.is_cancelled)


def _types(table: model.Table) -> list[DataType]:
    return [STORED if column.virtual or column.unused else column.type for column in table.columns]


def _absent(table: model.Table) -> Row:
    return tuple(column.absent for column in table.columns)


def key_of(table: model.Table, columns: list[str]) -> Callable[[Row], tuple[Value, ...] | None]:
    """Key of a row; None when all its columns are NULL, as such rows are in no index."""
    places = [next(place for place, column in enumerate(table.columns) if column.name == name) for name in columns]
    if len(places) == 1:
        only = places[0]
        return lambda row: None if row[only] is None else (row[only],)
    pick = operator.itemgetter(*places)

    def key(row: Row) -> tuple[Value, ...] | None:
        found: tuple[Value, ...] = pick(row)
        return None if all(value is None for value in found) else found
    return key

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables as the engine uses them: rows by rowid over one or more segments, with keys."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from oralab.errors import OraError
from oralab.storage.segments import Segment, Version, key_value, padded, scan, visible
from oralab.storage.transactions import FUTURE, ROW_EXCLUSIVE, ROW_SHARE, Snapshot, Transaction
from oralab.values import Row, Value

if TYPE_CHECKING:
    from oralab.storage.store import Store

Key = tuple[Any, ...]


class RowChanged(Exception):
    """The row is no longer as the statement saw it: start the statement again (write consistency)."""


class KeyIndex:
    """Keys of one table's rows, over all its partitions. Filled from the rows when first needed.

    ``columns`` are positions in the row; ``key`` computes the key instead for function-based indexes (None: not indexed).
    Keys of NULLs only are not indexed (documented). ORA-00001 names the constraint, else the index, as ``name``
    (OWNER.NAME).
    """

    def __init__(self, handle: TableHandle, name: str, columns: Sequence[int], unique: bool,
                 key: Callable[[Row], Key | None] | None = None) -> None:
        self.handle = handle
        self.name = name
        self.columns = tuple(columns)
        self.unique = unique
        self._compute = key
        self._entries: dict[Key, set[int] | int] | None = None

    def key(self, row: Row) -> Key | None:
        if self._compute is not None:
            found = self._compute(row)
            return None if found is None or all(value is None for value in found) else tuple(map(key_value, found))
        width = len(row)
        values = tuple([row[position] if position < width else self.handle.absent(position) for position in self.columns])
        for value in values:
            if value is not None:
                return tuple([key_value(value) for value in values])
        return None

    def lookup(self, key: Sequence[Value], snapshot: Snapshot) -> Iterator[tuple[int, Row]]:
        """Rows with that key (values in the order of the columns), as the snapshot sees them."""
        wanted = tuple(map(key_value, key))
        for rowid in self.rowids(wanted):
            row = self.handle.fetch(rowid, snapshot)
            if row is not None and self.key(row) == wanted:
                yield rowid, row

    def rowids(self, key: Key) -> list[int]:
        """Candidates: rows of which some version has or had that key."""
        found = self.entries().get(key)
        if found is None:
            return []
        return [found] if isinstance(found, int) else list(found)

    def entries(self) -> dict[Key, set[int] | int]:
        if self._entries is None:
            with self.handle.store.lock:
                if self._entries is None:
                    self._entries = {}
                    for segment in self.handle.segments():
                        for rowid, version in segment.rows.items():
                            current: Version | None = version
                            while current is not None:
                                if current.row is not None:
                                    self.add(current.row, rowid)
                                current = current.previous
        return self._entries

    def add(self, row: Row, rowid: int) -> None:
        key = self.key(row)
        if key is None:
            return
        entries = self.entries()
        found = entries.setdefault(key, rowid)
        if found != rowid:
            if isinstance(found, int):
                entries[key] = {found, rowid}
            else:
                found.add(rowid)

    def discard(self, row: Row, rowid: int, remaining: Version | None) -> None:
        """Forget the key of a version that is gone, unless another version of the row has it too."""
        if self._entries is None:
            return
        key = self.key(row)
        if key is None:
            return
        while remaining is not None:
            if remaining.row is not None and self.key(remaining.row) == key:
                return
            remaining = remaining.previous
        found = self._entries.get(key)
        if found == rowid:
            del self._entries[key]
        elif isinstance(found, set):
            found.discard(rowid)
            if not found:
                del self._entries[key]

    def forget(self) -> None:
        """Fill again when next needed."""
        self._entries = None

    def check(self, row: Row, rowid: int | None, txn: Transaction) -> None:
        """ORA-00001 when another row has this row's key; waits when a transaction that may still end either way has it."""
        if not self.unique:
            return
        key = self.key(row)
        if key is None:
            return
        while (holder := self._holder(key, rowid, txn)) is not None:
            self.handle.store.locks.wait(txn, holder, None)

    def _holder(self, key: Key, rowid: int | None, txn: Transaction) -> Transaction | None:
        for other in self.rowids(key):
            if other == rowid:
                continue
            version: Version | None = self.handle.version(other)
            while version is not None:
                writer = version.writer
                settled = writer.scn != FUTURE or writer is txn.writer
                if version.row is not None and self.key(version.row) == key:
                    if settled:
                        raise OraError(1, f"unique constraint ({self.name}) violated")
                    return writer.transaction
                if settled:
                    break
                if self._had(version.previous, key):
                    return writer.transaction
                version = version.previous
        return None

    def _had(self, version: Version | None, key: Key) -> bool:
        return version is not None and version.row is not None and self.key(version.row) == key

    def check_all(self) -> None:
        """ORA-01452 when two rows have the same key: for a unique index over existing rows."""
        snapshot = self.handle.store.snapshot()
        for key, found in self.entries().items():
            if isinstance(found, set):
                rows = [row for row in (self.handle.fetch(rowid, snapshot) for rowid in found) if row is not None and self.key(row) == key]
                if len(rows) > 1:
                    raise OraError(1452, "cannot CREATE UNIQUE INDEX; duplicate keys found")


class TableHandle:
    """One table. ``partition`` is the name under which the caller registered a segment, None for the only one.

    ``name`` (OWNER.TABLE) is for messages. ``parts`` is data object number by partition. ``indexes`` are kept with every
    change. Rows are tuples in column order; where columns were added later, stored rows may be shorter and are filled up
    with ``defaults`` when read.
    """

    def __init__(self, store: Store, object_id: int, name: str) -> None:
        self.store = store
        self.object_id = object_id
        self.name = name
        self.parts: dict[str | None, int] = {}
        self.defaults: Row = ()
        self.indexes: dict[str, KeyIndex] = {}

    # --- reading ---

    def scan(self, snapshot: Snapshot, partition: str | None = None) -> Iterator[tuple[int, Row]]:
        """(rowid, row) of every row; all partitions unless one is named. ORA-00376 when its tablespace is offline."""
        for segment in self.segments(partition):
            self.store.check_readable(segment, snapshot)
            rows = scan(segment, snapshot)
            yield from padded(rows, self.defaults) if self.defaults else rows

    def fetch(self, rowid: int, snapshot: Snapshot) -> Row | None:
        """One row; None when the snapshot does not see it. ORA-01410 for a rowid of another table."""
        segment = self.segment_of(rowid)
        self.store.check_readable(segment, snapshot)
        row = visible(segment.rows.get(rowid), snapshot)
        if row is None or len(row) >= len(self.defaults):
            return row
        return row + self.defaults[len(row):]

    def row_scn(self, rowid: int, snapshot: Snapshot) -> int:
        """ORA_ROWSCN."""
        segment = self.segment_of(rowid)
        version = segment.rows.get(rowid)
        while version is not None and version.writer.scn > snapshot.scn:
            version = version.previous
        return max(version.writer.scn if version else 0, segment.creation_scn)

    def has_rows(self, partition: str | None = None) -> bool:
        """Whether there is any row now, of whatever transaction."""
        return any(version.row is not None for segment in self.segments(partition) for version in list(segment.rows.values()))

    def partition_of(self, rowid: int) -> str | None:
        """The partition a rowid lies in."""
        number = rowid >> 48
        return next((name for name, data_object in self.parts.items() if data_object == number), None)

    # --- changing ---

    def insert(self, txn: Transaction, row: Row, partition: str | None = None) -> int:
        """A new row; its rowid. ORA-00001, ORA-00372, ORA-01653."""
        segment = self._part(partition)
        with self.store.lock:
            self._prepare(txn, segment)
            return self._insert(txn, segment, row)

    def insert_many(self, txn: Transaction, rows: Iterable[Row], partition: str | None = None) -> int:
        """Rows in bulk, all or none; how many."""
        segment, count = self._part(partition), 0
        with self.store.lock:
            self._prepare(txn, segment)
            savepoint = self.store.savepoint(txn)
            try:
                for row in rows:
                    self._insert(txn, segment, row)
                    count += 1
            except OraError:
                self.store.rollback(txn, savepoint)
                raise
        return count

    def update(self, txn: Transaction, rowid: int, row: Row, *, seen: Row | None = None, wait: float | None = None) -> None:
        """Another state of a row, in its place; a row that changes its partition is deleted and inserted by the caller.

        Waits for the row's lock. With ``seen``, ``RowChanged`` when the row is no longer that one; ORA-08177 for a
        serializable transaction that cannot see the row's newest state.
        """
        segment = self.segment_of(rowid)
        with self.store.lock:
            self._prepare(txn, segment)
            version = self._lock(txn, segment, rowid, seen, wait)
            if version is None:
                raise RowChanged
            for index in self.indexes.values():
                index.check(row, rowid, txn)
            self.store.change(txn, segment, rowid, row, version)
            for index in self.indexes.values():
                index.add(row, rowid)

    def delete(self, txn: Transaction, rowid: int, *, seen: Row | None = None, wait: float | None = None) -> None:
        """As ``update``. A row that is gone already raises ``RowChanged``."""
        segment = self.segment_of(rowid)
        with self.store.lock:
            self._prepare(txn, segment)
            version = self._lock(txn, segment, rowid, seen, wait)
            if version is None:
                raise RowChanged
            self.store.change(txn, segment, rowid, None, version)

    def lock_row(self, txn: Transaction, rowid: int, *, wait: float | None = None) -> Row | None:
        """SELECT FOR UPDATE: the row as it now is, locked; None when it is gone. ORA-00054 with ``wait=0``, ORA-30006."""
        segment = self.segment_of(rowid)
        with self.store.lock:
            self.store.check_writable(segment)
            self.store.locks.table(txn, self.object_id, ROW_SHARE, wait)
            version = self._lock(txn, segment, rowid, None, wait)
            if version is None:
                return None
            if version.writer is not txn.writer:
                self.store.hold(txn, segment, rowid, version)
            row = version.row
        assert row is not None
        return row if len(row) >= len(self.defaults) else row + self.defaults[len(row):]

    def is_locked(self, txn: Transaction | None, rowid: int) -> bool:
        """Whether another transaction holds the row (SKIP LOCKED)."""
        version = self.version(rowid)
        return version is not None and version.writer.scn == FUTURE and (txn is None or version.writer is not txn.writer)

    # --- keys ---

    def add_index(self, name: str, columns: Sequence[int] = (), *, unique: bool = False,
                  key: Callable[[Row], Key | None] | None = None, validate: bool = True) -> KeyIndex:
        """Keep keys from now on, and of the rows there are. ORA-01452 when a unique index finds duplicates."""
        index = KeyIndex(self, name, columns, unique, key)
        if unique and validate:
            index.check_all()
        self.indexes[name] = index
        return index

    def drop_index(self, name: str) -> None:
        self.indexes.pop(name, None)

    # --- inside ---

    def segments(self, partition: str | None = None) -> list[Segment]:
        numbers = list(self.parts.values()) if partition is None else [self.parts[partition]]
        return [self.store.segment(number) for number in numbers if number]

    def segment_of(self, rowid: int) -> Segment:
        number = rowid >> 48
        if number not in self.parts.values():
            raise OraError(1410, "invalid ROWID")
        return self.store.segment(number)

    def version(self, rowid: int) -> Version | None:
        return self.segment_of(rowid).rows.get(rowid)

    def absent(self, position: int) -> Value:
        """What a column has in rows that were stored before it was added."""
        return self.defaults[position] if position < len(self.defaults) else None

    def _part(self, partition: str | None) -> Segment:
        return self.store.segment(self.parts[partition])

    def _prepare(self, txn: Transaction, segment: Segment) -> None:
        self.store.check_writable(segment)
        if txn.table_locks.get(self.object_id, 0) < ROW_EXCLUSIVE:
            self.store.locks.table(txn, self.object_id, ROW_EXCLUSIVE, None)
            self.store.check_writable(segment)

    def _insert(self, txn: Transaction, segment: Segment, row: Row) -> int:
        for index in self.indexes.values():
            index.check(row, None, txn)
        rowid = self.store.place(segment, row, self.name)
        self.store.change(txn, segment, rowid, row, None)
        for index in self.indexes.values():
            index.add(row, rowid)
        return rowid

    def _lock(self, txn: Transaction, segment: Segment, rowid: int, seen: Row | None, wait: float | None) -> Version | None:
        """The newest version, held by nobody else; None when the row is gone."""
        while True:
            version = segment.rows.get(rowid)
            if version is None:
                return None
            writer = version.writer
            if writer.scn != FUTURE or writer is txn.writer:
                break
            assert writer.transaction is not None
            self.store.locks.wait(txn, writer.transaction, wait)
        if txn.serializable and txn.start_scn < version.writer.scn < FUTURE:
            raise OraError(8177, "can't serialize access for this transaction")
        if version.row is None:
            return None
        if seen is not None and version.row != seen and version.row + self.defaults[len(version.row):] != seen:
            raise RowChanged
        return version

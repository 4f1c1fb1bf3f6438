# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows in memory: segments with undo for read consistency, key indexes, transactions and their locks.

A row id is an integer of file, block and slot; a segment maps it to the newest image, committed or not. What a row was before is kept as
undo, newest first, until no snapshot and no retention asks for it.
"""
from __future__ import annotations

import dataclasses
import datetime
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from oralab import codec
from oralab.errors import OraError
from oralab.storage.records import RowCodec
from oralab.values import DataType, Row, Rowid

if TYPE_CHECKING:
    from oralab.storage.transactions import Transactions

Rid = int


class RowChanged(Exception):
    """A row is no longer as the statement saw it: the statement starts again (write consistency)."""


Cancelled = Callable[[], bool]


def make_rid(file: int, block: int, slot: int) -> Rid:
    return file << 44 | block << 16 | slot


def rid_fields(rid: Rid) -> tuple[int, int, int]:
    """File, block and slot."""
    return rid >> 44, rid >> 16 & 0xFFFFFFF, rid & 0xFFFF


@dataclasses.dataclass(slots=True, eq=False)
class Transaction:
    """One transaction. ``commit_scn`` is set by the commit, which so makes all its changes visible at once."""

    xid: tuple[int, int, int]
    start_scn: int
    start_time: datetime.datetime
    session: Any = None
    commit_scn: int | None = None
    ended: bool = False
    changes: list[tuple[Segment, Rid, Row | None, Row | None]] = dataclasses.field(default_factory=list)
    savepoints: dict[str, int] = dataclasses.field(default_factory=dict)
    table_locks: dict[int, str] = dataclasses.field(default_factory=dict)
    waiting_for: Transaction | None = None
    prepared: datetime.datetime | None = None
    """Since when the transaction is in doubt: prepared for a coordinator that is gone."""
    forced: str = ""
    """COMMIT or ROLLBACK, once it was forced."""

    @property
    def local_id(self) -> str:
        """As DBA_2PC_PENDING has it."""
        return ".".join(map(str, self.xid))

    @property
    def used_undo(self) -> int:
        return len(self.changes)


@dataclasses.dataclass(slots=True)
class Undo:
    """What a row was before a change, and whose change it was."""

    transaction: Transaction
    before: Row | None
    older: Undo | None


@dataclasses.dataclass(slots=True, frozen=True)
class Snapshot:
    """A moment: everything committed up to ``scn``, and the own transaction's work."""

    scn: int
    transaction: Transaction | None = None


class Segment:
    """Rows of one table, partition or overflow. Of a temporary table when ``tablespace`` is None: never written to a file."""

    def __init__(self, number: int, tablespace: str | None, types: list[DataType]) -> None:
        self.number = number
        self.tablespace = tablespace
        self.set_types(types)
        self.rows: dict[Rid, Row | None] = {}
        self.undo: dict[Rid, Undo] = {}
        self.latch = threading.Lock()
        """Held for moments, so that nobody reads an image whose undo is just being taken away."""
        self.room: tuple[int, int, int, int] = (0, 0, 0, 0)
        """Where the next row goes: file, block, slot, bytes left."""
        self.blocks: dict[int, list[int]] = {}
        """Blocks that belong to the segment, by file."""
        self.overflow: dict[tuple[int, int], list[int]] = {}
        self.dirty: set[tuple[int, int]] = set()
        self.indexes: list[KeyIndex] = []
        """Keys of the table that the segment belongs to; the list of its handle."""

    def set_types(self, types: list[DataType]) -> None:
        self.types = types
        self.codec = RowCodec(types)

    def convert(self, places: list[int]) -> None:
        """NULL where a row's value is none of its column's new type."""
        encode = self.codec.encode
        for rid, row in self.rows.items():
            if row is None:
                continue
            values = list(row)
            for place in places:
                if place < len(values):
                    try:
                        encode((*[None] * place, values[place]))
                    except (AttributeError, TypeError, ValueError):
                        values[place] = None
            self.rows[rid] = tuple(values)

    def visible(self, rid: Rid, snapshot: Snapshot) -> Row | None:
        """The image of a row that the snapshot sees."""
        with self.latch:
            image, undo = self.rows.get(rid), self.undo.get(rid)
        return _image(image, undo, snapshot)

    def scan(self, snapshot: Snapshot) -> Iterator[tuple[Rid, Row]]:
        """Every row that the snapshot sees, in the order of blocks as they were filled."""
        with self.latch:
            images, undo = list(self.rows.items()), dict(self.undo)
        for rid, image in images:
            row = _image(image, undo[rid], snapshot) if rid in undo else image
            if row is not None:
                yield rid, row

    def writer(self, rid: Rid) -> Transaction | None:
        """The open transaction that changed the row last."""
        undo = self.undo.get(rid)
        return undo.transaction if undo is not None and not undo.transaction.ended else None

    def bytes_used(self, block_size: int) -> int:
        chained = sum(len(chain) for chain in self.overflow.values())
        return (sum(len(numbers) for numbers in self.blocks.values()) + chained) * block_size


def _image(image: Row | None, undo: Undo | None, snapshot: Snapshot) -> Row | None:
    """The state of a row that a snapshot sees, from its newest image and what it was before."""
    while undo is not None:
        writer = undo.transaction
        if writer is snapshot.transaction or (writer.commit_scn is not None and writer.commit_scn <= snapshot.scn):
            return image
        image, undo = undo.before, undo.older
    return image


class KeyIndex:
    """Keys of a table's rows. ``key`` makes the key of a row, or None for one that is not indexed.

    Keys of older images stay until their undo goes, so lookups in the past find them; every lookup is checked against the row.
    """

    def __init__(self, number: int, name: str, key: Callable[[Row], tuple[Any, ...] | None], unique: bool) -> None:
        self.number = number
        self.name = name
        self.unique = unique
        self.absent: Row = ()
        self._key = key
        self._entries: dict[tuple[Any, ...], set[tuple[Segment, Rid]]] = {}

    def key(self, row: Row) -> tuple[Any, ...] | None:
        return self._key(row if len(row) >= len(self.absent) else row + self.absent[len(row):])

    def add(self, segment: Segment, rid: Rid, row: Row | None) -> None:
        key = self.key(row) if row is not None else None
        if key is not None:
            self._entries.setdefault(key, set()).add((segment, rid))

    def discard(self, segment: Segment, rid: Rid, row: Row | None) -> None:
        """Take the key of an image away, unless the newest image has the same one."""
        key = self.key(row) if row is not None else None
        if key is None:
            return
        newest = segment.rows.get(rid)
        if newest is not None and self.key(newest) == key:
            return
        found = self._entries.get(key)
        if found is not None:
            found.discard((segment, rid))
            if not found:
                del self._entries[key]

    def lookup(self, key: tuple[Any, ...], snapshot: Snapshot) -> Iterator[tuple[Segment, Rid, Row]]:
        """Rows with this key that the snapshot sees."""
        for segment, rid in tuple(self._entries.get(key, ())):
            row = segment.visible(rid, snapshot)
            if row is not None and self.key(row) == key:
                yield segment, rid, row

    def holders(self, key: tuple[Any, ...]) -> list[tuple[Segment, Rid]]:
        """Rows whose newest image, committed or not, has this key, or had it before an open transaction took it away."""
        return [(segment, rid) for segment, rid in tuple(self._entries.get(key, ()))
                if has_key(self, segment.rows.get(rid), key) or self._taken_away(segment.undo.get(rid), key)]

    def _taken_away(self, undo: Undo | None, key: tuple[Any, ...]) -> bool:
        """Whether a transaction that is still open found the row with that key."""
        while undo is not None and not undo.transaction.ended:
            if has_key(self, undo.before, key):
                return True
            undo = undo.older
        return False


def has_key(index: KeyIndex, row: Row | None, key: tuple[Any, ...]) -> bool:
    return row is not None and index.key(row) == key


class TableHandle:
    """The rows of one table: its segments by partition name (None for a table without), and its keys."""

    def __init__(self, store: Transactions, segments: dict[str | None, Segment], absent: Row = ()) -> None:
        self.store = store
        self.segments = segments
        self.indexes: list[KeyIndex] = []
        for segment in segments.values():
            segment.indexes = self.indexes
        self.absent = absent
        """Values of columns that rows stored before them do not have; as long as a row."""

    # -- reading

    def scan(self, snapshot: Snapshot, partition: str | None = None) -> Iterator[tuple[Rid, Row]]:
        for segment in self.segments.values() if partition is None else [self.segments[partition]]:
            self.store.check_readable(segment)
            for rid, row in segment.scan(snapshot):
                yield rid, row if len(row) >= len(self.absent) else self._completed(row)

    def _completed(self, row: Row) -> Row:
        return row + self.absent[len(row):]

    def segment_of(self, rid: Rid) -> Segment:
        """ORA-01410 for a row id of another table."""
        if len(self.segments) == 1:
            return next(iter(self.segments.values()))
        for segment in self.segments.values():
            if rid in segment.rows:
                return segment
        raise OraError(1410, "invalid ROWID")

    def fetch(self, rid: Rid, snapshot: Snapshot) -> Row | None:
        segment = self.segment_of(rid)
        self.store.check_readable(segment)
        row = segment.visible(rid, snapshot)
        return row if row is None or len(row) >= len(self.absent) else self._completed(row)

    def lookup(self, index: KeyIndex, key: tuple[Any, ...], snapshot: Snapshot) -> Iterator[tuple[Rid, Row]]:
        for segment in self.segments.values():
            self.store.check_readable(segment)
        for _, rid, row in index.lookup(key, snapshot):
            yield rid, row if len(row) >= len(self.absent) else self._completed(row)

    def rowid(self, rid: Rid) -> Rowid:
        file, block, slot = rid_fields(rid)
        return codec.rowid(self.segment_of(rid).number, file, block, slot)

    def rid(self, rowid: str) -> Rid:
        _, file, block, slot = codec.rowid_fields(rowid)
        return make_rid(file, block, slot)

    # -- writing

    def insert(self, transaction: Transaction, row: Row, partition: str | None = None, cancelled: Cancelled | None = None) -> Rid:
        """ORA-00001, ORA-00372, ORA-01653."""
        return self.store.insert(transaction, self, self.segments[partition], row, cancelled)

    def update(self, transaction: Transaction, rid: Rid, row: Row, partition: str | None = None, cancelled: Cancelled | None = None, *,
               seen: Row | None = None) -> Rid:
        """Replace a row; into another partition when one is named. Gives the row id, which changes with the partition.

        ``seen`` is the row as the statement read it: ``RowChanged`` when, after the wait for its lock, it is another one or gone.
        """
        return self.store.update(transaction, self, rid, row, partition, cancelled, seen)

    def delete(self, transaction: Transaction, rid: Rid, cancelled: Cancelled | None = None, *, seen: Row | None = None) -> None:
        """``seen`` as for ``update``."""
        self.store.delete(transaction, self, rid, cancelled, seen)

    def lock(self, transaction: Transaction, rid: Rid, wait: float | None = None, cancelled: Cancelled | None = None) -> Row | None:
        """Lock a row for update and give its newest committed image.

        ``wait`` 0 is NOWAIT (ORA-00054), seconds (ORA-30006), None for ever.
        """
        return self.store.lock_row(transaction, self, rid, wait, cancelled)

    def add_index(self, index: KeyIndex) -> None:
        """Index all rows. ORA-01452 when a unique key is there twice."""
        index.absent = self.absent
        for segment in self.segments.values():
            for rid, row in list(segment.rows.items()):
                if row is None:
                    continue
                key = index.key(row)
                if index.unique and key is not None and index.holders(key):
                    raise OraError(1452, "cannot CREATE UNIQUE INDEX; duplicate keys found")
                index.add(segment, rid, row)
        self.indexes.append(index)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transactions: what they change, whom they wait for, and what others see of it."""
from __future__ import annotations

import collections
import datetime
import threading
import time
from collections.abc import Callable
from typing import Any

from oralab.errors import OraError
from oralab.storage import datafile
from oralab.storage.redo import Change, Record
from oralab.storage.rows import Cancelled, Rid, RowChanged, Segment, Snapshot, TableHandle, Transaction, Undo, has_key, make_rid, rid_fields
from oralab.storage.transport import Transport
from oralab.values import Row

UNDO_RETENTION = 900.0
"""Seconds for which AS OF SCN works (the default of UNDO_RETENTION)."""


class Transactions(Transport):
    """The layer of a store that changes rows. A lock is held for moments only, never while waiting."""

    in_doubt: dict[str, Transaction]
    changed: threading.Condition
    supplement: Callable[[Segment, Row | None, Row | None], tuple[int, ...] | None]
    """Which old values of a changed row are logged beside the changed ones; the catalog knows it."""
    _retained: collections.deque[tuple[float, int, list[tuple[Segment, Rid]]]]
    _horizon: int
    _next_xid: int

    # --- transactions ---

    def snapshot(self, transaction: Transaction | None = None, scn: int | None = None) -> Snapshot:
        """Now, or AS OF SCN: ORA-08181 for one that is not reached yet, ORA-01555 for one whose undo is gone."""
        if scn is None:
            return Snapshot(self.control.scn, transaction)
        if scn > self.control.scn or scn <= 0:
            raise OraError(8181, "specified number is not a valid system change number")
        if scn < self._horizon:
            raise OraError(1555, "snapshot too old: rollback segment number  with name \"\" too small")
        return Snapshot(scn)

    def begin(self, session: Any = None) -> Transaction:
        with self.lock:
            number, self._next_xid = self._next_xid, self._next_xid + 1
            transaction = Transaction((1 + number % 10, number % 34, 1000 + number), self.control.scn, datetime.datetime.now(), session)
            self.transactions[transaction.xid] = transaction
            return transaction

    def prepare(self, transaction: Transaction) -> None:
        """First phase of a distributed commit whose second never comes: it is in doubt, and keeps its locks until it is forced."""
        with self.lock:
            transaction.prepared, transaction.session = datetime.datetime.now(), None
            self.in_doubt[transaction.local_id] = transaction

    def force(self, local_id: str, action: str) -> None:
        """COMMIT or ROLLBACK FORCE. ORA-02058 when no such transaction is in doubt."""
        transaction = self.in_doubt.get(local_id)
        if transaction is None or transaction.forced:
            raise OraError(2058, f"no prepared transaction found with ID {local_id}")
        (self.commit if action == "COMMIT" else self.rollback)(transaction)
        transaction.forced = action

    def commit(self, transaction: Transaction) -> int:
        """Make the changes durable and visible; gives the SCN of the commit. ORA-00028 behind the end of a primary's redo, where nothing is durable."""
        with self.lock:
            if transaction.changes and self.control.end_of_redo:
                raise OraError(28, "your session has been killed")
            scn = self.control.scn
            if transaction.changes:
                scn += 1
                durable = [Change(segment.number, rid, before, after, self.supplement(segment, before, after))
                           for segment, rid, before, after in transaction.changes if segment.tablespace is not None and before is not after]
                if durable:
                    user = getattr(transaction.session, "user", "") or ""
                    thread = getattr(transaction.session, "thread", 1)
                    self.redo.write(Record(scn, time.time(), "TRANSACTION", transaction.xid, user, durable, _origin(transaction)), thread)
            # Readers ask for the current SCN without the lock: it may not name a commit that they cannot see yet.
            transaction.commit_scn = scn
            if transaction.changes:
                self.next_scn()
            self._end(transaction)
            if transaction.changes:
                self.retain(scn, [(segment, rid) for segment, rid, _, _ in transaction.changes])
            return scn

    def retain(self, scn: int, rows: list[tuple[Segment, Rid]]) -> None:
        """Keep the undo of rows that a commit at this SCN changed as long as anybody may ask for it."""
        self._retained.append((time.time(), scn, rows))
        self._forget_old_undo()

    def rollback(self, transaction: Transaction, savepoint: str | None = None) -> None:
        """Undo everything, or what came after a savepoint (ORA-01086 when there is none of that name)."""
        with self.lock:
            if savepoint is None:
                self.rollback_to(transaction, 0)
                self._end(transaction)
                return
            if savepoint not in transaction.savepoints:
                raise OraError(1086, f"savepoint '{savepoint}' never established in this session or is invalid")
            mark = transaction.savepoints[savepoint]
            self.rollback_to(transaction, mark)
            transaction.savepoints = {name: at for name, at in transaction.savepoints.items() if at <= mark}

    def savepoint(self, transaction: Transaction, name: str) -> None:
        transaction.savepoints[name] = len(transaction.changes)

    def mark(self, transaction: Transaction) -> int:
        """A place to come back to when a statement fails."""
        return len(transaction.changes)

    def rollback_to(self, transaction: Transaction, mark: int) -> None:
        """Undo all changes after a mark."""
        with self.lock:
            while len(transaction.changes) > mark:
                segment, rid, before, after = transaction.changes.pop()
                with segment.latch:
                    undo = segment.undo.get(rid)
                    if undo is not None and undo.older is not None:
                        segment.undo[rid] = undo.older
                    else:
                        segment.undo.pop(rid, None)
                    if before is None and rid not in segment.undo:
                        segment.rows.pop(rid, None)
                    else:
                        segment.rows[rid] = before
                for index in segment.indexes:
                    index.discard(segment, rid, after)
                    index.add(segment, rid, before)
            self.changed.notify_all()

    def _end(self, transaction: Transaction) -> None:
        transaction.ended = True
        transaction.waiting_for = None
        self.transactions.pop(transaction.xid, None)
        self.changed.notify_all()

    def _forget_old_undo(self) -> None:
        until = time.time() - UNDO_RETENTION
        while self._retained and self._retained[0][0] < until:
            _, scn, rows = self._retained.popleft()
            self._horizon = scn
            for segment, rid in rows:
                undo = segment.undo.get(rid)
                if undo is None or undo.transaction.commit_scn is None or undo.transaction.commit_scn > scn:
                    continue
                del segment.undo[rid]
                while undo is not None:
                    for index in segment.indexes:
                        index.discard(segment, rid, undo.before)
                    undo = undo.older
                if segment.rows.get(rid) is None:
                    segment.rows.pop(rid, None)

    def active_transactions(self) -> list[Transaction]:
        """Open transactions that changed something or hold a lock."""
        return [transaction for transaction in list(self.transactions.values()) if transaction.changes or transaction.table_locks]

    # --- waiting and locks ---

    def wait_for(self, owner: Transaction, mine: Transaction | None, wait: float | None = None, cancelled: Cancelled | None = None) -> None:
        """Until the other transaction ends. ORA-00060 for a deadlock, ORA-00054 / ORA-30006 when time is up, ORA-01013 when cancelled."""
        if owner.prepared is not None and mine is not None:
            raise OraError(1591, f"lock held by in-doubt distributed transaction {owner.local_id}")
        deadline = None if wait is None else time.monotonic() + wait
        with self.changed:
            other: Transaction | None = owner
            while other is not None and mine is not None:
                if other is mine:
                    raise OraError(60, "deadlock detected while waiting for resource")
                other = other.waiting_for
            if mine is not None:
                mine.waiting_for = owner
            try:
                while not owner.ended:
                    if deadline is not None and time.monotonic() >= deadline:
                        raise OraError(54, "resource busy and acquire with NOWAIT specified or timeout expired") if wait == 0 else OraError(
                            30006, "resource busy; acquire with WAIT timeout expired")
                    self.changed.wait(0.05)
                    if cancelled is not None and cancelled():
                        raise OraError(1013, "user requested cancel of current operation")
            finally:
                if mine is not None:
                    mine.waiting_for = None

    def lock_row(self, transaction: Transaction, handle: TableHandle, rid: Rid, wait: float | None,
                 cancelled: Cancelled | None) -> Row | None:
        """SELECT FOR UPDATE: the row's newest committed image, or None when it is gone."""
        self._need_writable()
        with self.lock:
            segment = handle.segment_of(rid)
            while (writer := segment.writer(rid)) is not None and writer is not transaction:
                self.wait_for(writer, transaction, wait, cancelled)
            self.check_writable(segment, rid)
            row = segment.rows.get(rid)
            if row is not None:
                self._change(transaction, segment, rid, row, row)
            return row

    def lock_table(self, transaction: Transaction, numbers: list[int], mode: str, wait: float | None = None,
                   cancelled: Cancelled | None = None) -> None:
        """LOCK TABLE. Only EXCLUSIVE and SHARE keep writers out."""
        self._need_writable()
        if mode in ("EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE"):
            self.await_writers(numbers, transaction, wait, cancelled)
        for number in numbers:
            transaction.table_locks[number] = mode

    def writers(self, numbers: list[int], mine: Transaction | None = None) -> list[Transaction]:
        """Open transactions of others with changes in these segments, or with locks on them that exclude."""
        wanted = set(numbers)
        return [other for other in list(self.transactions.values()) if other is not mine and (
            any(segment.number in wanted for segment, _, _, _ in other.changes) or wanted & set(other.table_locks))]

    def await_writers(self, numbers: list[int], mine: Transaction | None, wait: float | None = 0,
                      cancelled: Cancelled | None = None) -> None:
        """What DDL does before it touches a table: by default it does not wait (DDL_LOCK_TIMEOUT 0, ORA-00054)."""
        while others := self.writers(numbers, mine):
            self.wait_for(others[0], mine, wait, cancelled)

    # --- rows ---

    def insert(self, transaction: Transaction, handle: TableHandle, segment: Segment, row: Row, cancelled: Cancelled | None = None) -> Rid:
        with self.lock:
            self._prepare(transaction, handle, segment, None, row, cancelled)
            rid = self._place(segment, row)
            self._change(transaction, segment, rid, None, row)
            return rid

    def update(self, transaction: Transaction, handle: TableHandle, rid: Rid, row: Row, partition: str | None = None,
               cancelled: Cancelled | None = None, seen: Row | None = None) -> Rid:
        with self.lock:
            segment = handle.segment_of(rid)
            before = self._prepare(transaction, handle, segment, rid, row, cancelled, seen)
            if before is None:
                return rid
            if partition is not None and handle.segments[partition] is not segment:
                self._change(transaction, segment, rid, before, None)
                return self.insert(transaction, handle, handle.segments[partition], row, cancelled)
            self._change(transaction, segment, rid, before, row)
            return rid

    def delete(self, transaction: Transaction, handle: TableHandle, rid: Rid, cancelled: Cancelled | None = None,
               seen: Row | None = None) -> None:
        with self.lock:
            segment = handle.segment_of(rid)
            before = self._prepare(transaction, handle, segment, rid, None, cancelled, seen)
            if before is not None:
                self._change(transaction, segment, rid, before, None)

    def _prepare(self, transaction: Transaction, handle: TableHandle, segment: Segment, rid: Rid | None, row: Row | None,
                 cancelled: Cancelled | None, seen: Row | None = None) -> Row | None:
        """Wait until nobody is in the way of a change; gives the row as it is now.

        After every wait everything is looked at again: meanwhile the tablespace may have become read only, the row another one.
        """
        while True:
            self.check_writable(segment, rid)
            owner = self._excluding(transaction, segment)
            if owner is None and rid is not None:
                writer = segment.writer(rid)
                owner = writer if writer is not transaction else None
            if owner is None:
                before = segment.rows.get(rid) if rid is not None else None
                if seen is not None and (before is None or before != seen and before + handle.absent[len(before):] != seen):
                    raise RowChanged
                if row is None or (rid is not None and before is None):
                    return before
                owner = self._key_owner(transaction, handle, rid, row)
                if owner is None:
                    return before
            self.wait_for(owner, transaction, None, cancelled)

    def _excluding(self, transaction: Transaction, segment: Segment) -> Transaction | None:
        return next((other for other in self.transactions.values() if other is not transaction and other.table_locks
                     and other.table_locks.get(segment.number, "") in ("EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE")), None)

    def _key_owner(self, transaction: Transaction, handle: TableHandle, mine: Rid | None, row: Row) -> Transaction | None:
        """The open transaction on whose end a unique key depends. ORA-00001 when another row has the key whatever happens."""
        for index in handle.indexes:
            key = index.key(row) if index.unique else None
            if key is None:
                continue
            owner = None
            for segment, rid in index.holders(key):
                if rid == mine:
                    continue
                writer = segment.writer(rid)
                if writer is not None and writer is not transaction:
                    owner = writer
                elif has_key(index, segment.rows.get(rid), key):
                    raise OraError(1, f"unique constraint ({index.name}) violated")
            if owner is not None:
                return owner
        return None

    def _change(self, transaction: Transaction, segment: Segment, rid: Rid, before: Row | None, after: Row | None) -> None:
        with segment.latch:
            segment.undo[rid] = Undo(transaction, before, segment.undo.get(rid))
            segment.rows[rid] = after
        transaction.changes.append((segment, rid, before, after))
        if segment.tablespace is not None:
            number, block, _ = rid_fields(rid)
            segment.dirty.add((number, block))
        if before is not after:
            for index in segment.indexes:
                index.add(segment, rid, after)

    def _place(self, segment: Segment, row: Row) -> Rid:
        """A free place for a row, in a new block when the last one is full."""
        size = 4 + sum(_size(value) for value in row)
        file, block, slot, left = segment.room
        if left < size or slot >= 0xFFF0:
            file, block = (0, block + 1) if segment.tablespace is None else self.allocate_block(segment.tablespace)
            segment.blocks.setdefault(file, []).append(block)
            slot, left = 0, self.block_size - datafile.BLOCK_HEADER
            if size > left and segment.tablespace is not None:
                segment.overflow[file, block] = [self.allocate_in(self.control.datafiles[file]) for _ in range((size - 1) // left)]
        segment.room = (file, block, slot + 1, left - size)
        return make_rid(file, block, slot)

    def move_segment(self, number: int, new_number: int, tablespace: str) -> Segment:
        """The committed rows in a segment of their own elsewhere; the old one goes."""
        with self.lock:
            old = self.segments[number]
            new = self.create_segment(new_number, tablespace, old.types)
            transaction = self.begin()
            for _, row in old.scan(self.snapshot()):
                self._change(transaction, new, self._place(new, row), None, row)
            self.commit(transaction)
            self.drop_segment(number)
            return new

    def table(self, segments: dict[str | None, int], absent: Row = ()) -> TableHandle:
        """The handle of a table with these segments by partition."""
        return TableHandle(self, {name: self.segments[number] for name, number in segments.items()}, absent)


def _origin(transaction: Transaction) -> dict[str, object]:
    """Who began a transaction, and when, as redo has it."""
    session = transaction.session
    logon = getattr(session, "logon", None)
    found: dict[str, object] = {name: getattr(session, name, None) for name in ("sid", "serial", "transaction_name")}
    found |= {name: getattr(logon, name, None) for name in ("machine", "os_user", "program")}
    return {**found, "start_scn": transaction.start_scn, "start_time": transaction.start_time}


def _size(value: Any) -> int:
    """About how many bytes a value takes in a block."""
    if isinstance(value, (str, bytes)):
        return len(value) * (2 if len(value) > 1000 else 1) + 2
    return 1 if value is None else 8

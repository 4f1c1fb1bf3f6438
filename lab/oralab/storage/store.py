# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The physical side of one database: transactions, segments, catalog records, SCNs, and how all of it survives a kill."""
from __future__ import annotations

import bisect
import collections
import contextlib
import datetime
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from oralab.errors import OraError
from oralab.storage import asm, datafile, flashback, media_recovery, records
from oralab.storage.apply import apply
from oralab.storage.faults import Faults
from oralab.storage.flashback import CONTROL_FILE
from oralab.storage.platforms import PLATFORMS
from oralab.storage.redo import Change, LogHeader, Record, Redo
from oralab.storage.rows import (
    Cancelled,
    Rid,
    RowChanged,
    Segment,
    Snapshot,
    TableHandle,
    Transaction,
    Undo,
    has_key,
    make_rid,
    rid_fields,
)
from oralab.storage.tablespaces import ALSO_IN_CONTROL_FILE, IN_CONTROL_FILE, Control, Datafile, Keys, NoKeys, Tablespaces, read_control_files
from oralab.values import DataType, Row

_WORD = r"""(?:"[^"]*"|[^\s"';]+)"""
_PASSWORD = re.compile(rf"(\bIDENTIFIED\s+BY\s+){_WORD}(?:\s+REPLACE\s+{_WORD})?", re.IGNORECASE)


JOURNAL = "checkpoint.jnl"
"""Blocks of a checkpoint that is being written."""

UNDO_RETENTION = 900.0
"""Seconds for which AS OF SCN works (the default of UNDO_RETENTION)."""

SEGMENTS = "Segments"
"""Under this name the SYSTEM tablespace has, beside the catalog's records, which segments there are."""
CATALOG_SEGMENT = 1
"""Data object number under which the catalog's records lie in the SYSTEM tablespace."""


class Store(Tablespaces):
    """One database's physical side. Thread-safe; a lock is held for moments only, never while waiting."""

    def __init__(self, directory: str, control: Control, control_files: Sequence[str] = ()) -> None:
        self.directory = directory
        self.control = control
        self.control_files = list(control_files) or [os.path.join(directory, CONTROL_FILE)]
        self.opened = self.writable = False
        """Whether the datafiles are open, and whether for writing; the database is only mounted before."""
        self.applied_scn = 0
        """Of the last redo record that was applied since the files were read: so new is the dictionary of a standby, whatever single files are."""
        self.platform = PLATFORMS[control.platform]
        self.dbid, self.name, self.block_size = control.dbid, control.name, control.block_size
        self.resetlogs_scn = control.resetlogs_scn
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.redo = Redo(os.path.join(directory, "redo"), dbid=control.dbid, resetlogs_scn=control.resetlogs_scn, scn=control.scn)
        self.segments: dict[int, Segment] = {}
        self.transactions: dict[tuple[int, int, int], Transaction] = {}
        self.in_doubt: dict[str, Transaction] = {}
        self.faults = Faults()
        self.keys: Keys = NoKeys()
        self.sealed: set[int] = set()
        self.unwrapped: dict[bytes, bytes] = {}
        self.supplement: Callable[[Segment, Row | None, Row | None], tuple[int, ...] | None] = lambda segment, before, after: None
        """Which old values of a changed row are logged beside the changed ones; the catalog knows it."""
        self._records: dict[str, dict[tuple[str, ...], Any]] = {}
        self._pending = threading.local()
        self._times: list[tuple[int, float]] = [(control.scn, time.time())]
        self._retained: collections.deque[tuple[float, int, list[tuple[Segment, Rid]]]] = collections.deque()
        self._horizon = control.scn
        self._next_xid = 1
        self._held: BinaryIO | None = None
        """The SYSTEM tablespace's first file, locked while the database is open."""

    # --- life ---

    @classmethod
    def create(cls, directory: str, *, name: str, dbid: int, platform: int, block_size: int = 8192,
               file_name: Callable[[str, str], str] | None = None) -> Store:
        """CREATE DATABASE: control file, SYSTEM, SYSAUX, undo and temp, and the first redo log."""
        os.makedirs(directory, exist_ok=True)
        store = cls(directory, Control(name=name, dbid=dbid, platform=platform, block_size=block_size, created=time.time()))
        store.opened = store.writable = True
        for tablespace, contents in (("SYSTEM", "PERMANENT"), ("SYSAUX", "PERMANENT"), ("UNDOTBS1", "UNDO"), ("TEMP", "TEMPORARY")):
            path = file_name(tablespace, contents) if file_name else os.path.join(directory, tablespace.lower() + "01.dbf")
            store.create_tablespace(tablespace, [(path, 64 << 20, True, 32 << 30, 1 << 20)], contents=contents)
        store.checkpoint()
        store._held = datafile.hold(store.datafiles("SYSTEM")[0].path)
        return store

    @classmethod
    def mount(cls, directory: str, control_files: Sequence[str] = ()) -> Store:
        """What ALTER DATABASE MOUNT reads: the control file, and nothing of what it names. ORA-00205 without one."""
        control = read_control_files(control_files or [os.path.join(directory, CONTROL_FILE)])
        journal = datafile.Journal(os.path.join(directory, JOURNAL))
        if journal.read():
            journal.apply()
            control = journal.control
        store = cls(directory, records.load(control), control_files)
        store.write_control()
        store._records = {kind: dict(held) for kind, held in store.control.records.items()}
        return store

    def open_files(self, *, writable: bool = True) -> None:
        """What ALTER DATABASE OPEN does: datafiles as they were last written, then the redo that is newer than each of them.

        ORA-01589 after recovery that ended earlier, unless only for reading; other errors as ``identify`` has them.
        """
        with self.lock:
            if (self.control.incomplete or self.control.backup) and writable:
                raise OraError(1589, "must use RESETLOGS or NORESETLOGS option for database open")
            if self.control.role == "PHYSICAL STANDBY":
                self._check_standby()
            self.load()
            if not self.control.incomplete:
                self._recover()
            self._make_tempfiles()
            self.opened, self.writable = True, writable
            self._held = datafile.hold(self.datafiles("SYSTEM")[0].path)

    @classmethod
    def open(cls, directory: str) -> Store:
        """Mount and open."""
        store = cls.mount(directory)
        store.open_files()
        return store

    def _check_standby(self) -> None:
        """ORA-10458 over 01196 unless all files are of one moment (transcript)."""
        for file in media_recovery.online(self):
            file.checkpoint_scn = media_recovery.header_of(self, file).checkpoint_scn
        try:
            media_recovery.check_consistent(self, 1196)
        except OraError as error:
            raise error.under(10458, "standby database requires recovery") from None

    def load(self, *, rewind: bool = False) -> None:
        """Everything as the files have it. ``rewind``: which segments there are, too, not as the control file knows them, which is newer."""
        catalog = self._read_catalog(rewind)
        self.applied_scn = self.control.catalog_scn
        self.segments.clear()
        for number, (tablespace, types) in self.control.segments.items():
            self.segments[number] = Segment(number, tablespace, types)
        for file in self.control.datafiles.values():
            if file.contents == "PERMANENT" and self.control.tablespaces[file.tablespace].status != "OFFLINE":
                self.identify(file, recovering=rewind)
                self.load_file(file)
        self._records = {**catalog, **{kind: dict(held) for kind, held in self.control.records.items()}}

    def _make_tempfiles(self) -> None:
        """Those that are missing, as in a database that was restored, are made at every open (documented)."""
        for file in self.control.datafiles.values():
            if file.contents == "TEMPORARY" and not asm.exists(file.path):
                if not asm.is_asm(file.path):
                    os.makedirs(os.path.dirname(file.path), exist_ok=True)
                datafile.create(file.path, self.header(file, self.control.tablespaces[file.tablespace], fuzzy=True))

    def close(self, abort: bool = False) -> None:
        """A clean close writes everything to the files first; an abort leaves that to recovery."""
        if not abort and self.writable:
            for transaction in list(self.transactions.values()):
                self.rollback(transaction)
            self.checkpoint()
        self.redo.close()
        self._let_go()

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    def _recover(self) -> None:
        """Crash recovery: the redo that is newer than the files. A standby has none of its own."""
        if self.control.role == "PHYSICAL STANDBY":
            self._horizon = self.control.scn
            return
        newest = max(self.control.scn, *(self.redo.logs(thread)[-1].first_scn for thread in self.redo.threads()))
        # Undo of before the open is gone: rows can be read as of the last change that is in the files or was recovered, not as of an earlier one (assumed).
        last = max(file.checkpoint_scn for file in media_recovery.online(self))
        if last == self.control.became_primary_scn:
            last -= 1    # the former primary's redo ends there, and nobody has changed anything since

        def recovered() -> Iterator[Record]:
            nonlocal last
            for record in self.redo.records(self.oldest_checkpoint()):
                last = max(last, record.scn)
                yield record

        apply(self, recovered())
        self.control.scn, self._horizon = max(newest, self.control.scn), last

    def oldest_checkpoint(self) -> int:
        """From which SCN on redo is needed: of a standby also from its control file on, which knows nothing of later files (assumed)."""
        structure = [self.control.structure_scn] if self.control.role == "PHYSICAL STANDBY" else []
        return min([file.checkpoint_scn for file in media_recovery.online(self)] + structure + [self.control.catalog_scn])

    # --- restore points ---

    def create_restore_point(self, name: str) -> int:
        """A guaranteed restore point; gives its SCN. ORA-38778 when there is one of that name."""
        return flashback.create(self, name)

    def drop_restore_point(self, name: str) -> None:
        """ORA-38780 when there is none."""
        flashback.drop(self, name)

    def restore_point_bytes(self, name: str) -> int:
        """Bytes on disk that a guaranteed restore point takes (STORAGE_SIZE)."""
        return flashback.size(self, name)

    def unload(self) -> None:
        """The database is only mounted again: what the files hold is forgotten."""
        with self.lock:
            self.opened = self.writable = False
            self._let_go()
            self.segments.clear()
            self.sealed.clear()
            self._retained.clear()
            self._horizon = self.control.scn
            self._times = [(scn, moment) for scn, moment in self._times if scn < self.control.scn] + [(self.control.scn, time.time())]
            self._records = {kind: dict(held) for kind, held in self.control.records.items()}

    # --- SCN ---

    def current_scn(self) -> int:
        return self.control.scn

    def written(self) -> tuple[int, dict[int, tuple[int, int]]]:
        """The current SCN, and how much of each thread's current log was written until it: sequence and bytes."""
        with self.lock:
            return self.control.scn, self.redo.written()

    def reached(self, scn: int, moment: float) -> None:
        """Redo up to this SCN, written at that time, has been applied."""
        self.applied_scn = max(self.applied_scn, scn)
        if scn > self.control.scn:
            self.control.scn = scn
        if scn > self._times[-1][0] and moment - self._times[-1][1] >= 1:
            self._times.append((scn, moment))

    def next_scn(self) -> int:
        with self.lock:
            self.control.scn += 1
            now = time.time()
            if now - self._times[-1][1] >= 1:
                self._times.append((self.control.scn, now))
            return self.control.scn

    def scn_time(self, scn: int) -> datetime.datetime:
        """When an SCN was reached, to about a second. ORA-08181 for one that is not reached yet."""
        if scn > self.control.scn or scn <= 0:
            raise OraError(8181, "specified number is not a valid system change number")
        place = bisect.bisect_right(self._times, (scn, float("inf"))) - 1
        return datetime.datetime.fromtimestamp(self._times[max(place, 0)][1])

    scn_to_time = scn_time

    def time_to_scn(self, moment: datetime.datetime) -> int:
        """The SCN that was current at a time. ORA-08180 before the first one that is known."""
        stamp = moment.timestamp()
        found = [scn for scn, at in self._times if at <= stamp]
        if not found:
            raise OraError(8180, "no snapshot found based on specified time")
        return self.control.scn if stamp >= self._times[-1][1] + 1 else found[-1]

    def snapshot(self, transaction: Transaction | None = None, scn: int | None = None) -> Snapshot:
        """Now, or AS OF SCN: ORA-08181 for one that is not reached yet, ORA-01555 for one whose undo is gone."""
        if scn is None:
            return Snapshot(self.control.scn, transaction)
        if scn > self.control.scn or scn <= 0:
            raise OraError(8181, "specified number is not a valid system change number")
        if scn < self._horizon:
            raise OraError(1555, "snapshot too old: rollback segment number  with name \"\" too small")
        return Snapshot(scn)

    # --- redo logs ---

    def works_for(self, thread: int) -> None:
        """What the calling thread of this process changes from now on is redo of that thread."""
        self._pending.thread = thread

    @contextlib.contextmanager
    def carries_out(self, user: str, statement: str) -> Iterator[None]:
        """What the calling thread changes in the catalog inside is the work of this DDL statement. Passwords never stand in redo."""
        self._pending.statement = {"user": user, "statement": _PASSWORD.sub(r"\1VALUES 'hidden'", statement)}
        try:
            yield
        finally:
            self._pending.statement = None

    def switch_log(self, thread: int) -> LogHeader:
        """Begin a thread's next log; gives the one that is finished."""
        self._need_writable()
        with self.lock:
            return self.redo.switch(thread, self.next_scn())

    # --- transactions ---

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

    # --- segments ---

    def next_object_id(self) -> int:
        with self.lock:
            self.control.next_object += 1
            return self.control.next_object

    def create_segment(self, number: int, tablespace: str | None, types: list[DataType]) -> Segment:
        """A new segment; ``tablespace`` None for temporary tables."""
        with self.lock:
            segment = Segment(number, tablespace, types)
            if tablespace is not None:
                self.check_tablespace(tablespace)
                self.segments[number] = segment
                self.control.segments[number] = (tablespace, types)
                self.control.next_object = max(self.control.next_object, number)
                self._log("SEGMENT", number=number, tablespace=tablespace, types=types)
                self.write_control()
                if getattr(self._pending, "steps", None) is not None:
                    self._pending.made.append(number)
            return segment

    def set_types(self, number: int, types: list[DataType]) -> None:
        """The columns of a segment's rows have changed: added at the end, or of another type.

        Where a column's bytes change, blocks are written anew at once; values that the new type cannot hold (those of a column that was
        dropped) become NULL.
        """
        with self.lock:
            self._log("SEGMENT", number=number, tablespace=self.segments[number].tablespace, types=types)
            if self.retype(number, types):
                self.checkpoint(self.segments[number].tablespace)
            self.write_control()

    def retype(self, number: int, types: list[DataType]) -> bool:
        """Give a segment's columns these types; whether rows have to be written anew."""
        segment = self.segments[number]
        changed = [place for place, (old, new) in enumerate(zip(segment.types, types)) if old.name != new.name]
        segment.set_types(types)
        self.control.segments[number] = (segment.tablespace or "", types)
        if not changed or not segment.rows:
            return False
        segment.convert(changed)
        segment.dirty.update((file, block) for file, blocks in segment.blocks.items() for block in blocks)
        return True

    def drop_segment(self, number: int) -> None:
        if getattr(self._pending, "steps", None) is not None:
            self._pending.dropped.append(number)
            return
        with self.lock:
            segment = self.segments.pop(number, None)
            if self.control.segments.pop(number, None) is not None:
                self._log("DROP SEGMENT", number=number)
            if segment is not None:
                self.free_blocks(segment)
            self.write_control()

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

    def segment(self, number: int) -> Segment:
        return self.segments[number]

    def segment_bytes(self, number: int) -> int:
        """Bytes of the blocks that a segment has filled."""
        segment = self.segments.get(number)
        return segment.bytes_used(self.block_size) if segment else 0

    def table(self, segments: dict[str | None, int], absent: Row = ()) -> TableHandle:
        """The handle of a table with these segments by partition."""
        return TableHandle(self, {name: self.segments[number] for name, number in segments.items()}, absent)

    # --- catalog records ---

    @contextlib.contextmanager
    def ddl(self) -> Iterator[None]:
        """Records put and removed inside become durable together, under one SCN, or not at all.

        Segments dropped inside go when the records are durable; those made inside go when it fails.
        """
        outer = getattr(self._pending, "steps", None)
        if outer is not None:
            yield
            return
        self._pending.steps, self._pending.made, self._pending.dropped = [], [], []
        try:
            yield
        except BaseException:
            self._pending.steps = None
            for number in self._pending.made:
                self.drop_segment(number)
            raise
        steps, self._pending.steps = self._pending.steps, None
        self._write_records(steps)
        for number in self._pending.dropped:
            self.drop_segment(number)

    def put(self, kind: str, key: tuple[str, ...], record: Any) -> None:
        self._step((kind, key, records.dump(record)))

    def remove(self, kind: str, key: tuple[str, ...]) -> None:
        self._step((kind, key, None))

    def get(self, kind: str, key: tuple[str, ...]) -> Any:
        return self._records.get(kind, {}).get(key)

    def all(self, kind: str) -> Iterator[tuple[tuple[str, ...], Any]]:
        yield from list(self._records.get(kind, {}).items())

    def _step(self, step: tuple[str, tuple[str, ...], bytes | None]) -> None:
        pending = getattr(self._pending, "steps", None)
        if pending is None:
            self._write_records([step])
        else:
            pending.append(step)

    def _need_writable(self) -> None:
        """ORA-01109 when the database is not open, ORA-16000 when it is for reading only."""
        if not self.opened:
            raise OraError(1109, "database not open")
        if not self.writable:
            raise OraError(16000, "database or pluggable database open for read-only access")

    def _write_records(self, steps: list[tuple[str, tuple[str, ...], bytes | None]]) -> None:
        own = [step for step in steps if step[0] in IN_CONTROL_FILE]
        if own:
            with self.lock:
                self.apply_records({"steps": own})
                self.write_control()
        steps = [step for step in steps if step[0] not in IN_CONTROL_FILE]
        if not steps:
            return
        self._need_writable()
        with self.lock:
            statement, self._pending.statement = getattr(self._pending, "statement", None), None
            details: dict[str, object] = {"steps": steps, **(statement or {})}
            self.redo.write(Record(self.next_scn(), time.time(), "DDL", details=details), getattr(self._pending, "thread", 1))
            self.apply_records(details)

    def apply_records(self, details: dict[str, object]) -> None:
        for kind, key, data in details["steps"]:   # type: ignore[attr-defined]
            for held in (self._records, *([self.control.records] if kind in (*IN_CONTROL_FILE, *ALSO_IN_CONTROL_FILE) else [])):
                if data is None:
                    held.get(kind, {}).pop(key, None)
                else:
                    held.setdefault(kind, {})[key] = records.load(data)

    def write_catalog(self, journal: datafile.Journal) -> None:
        """All records into the SYSTEM tablespace; part of every full checkpoint."""
        file = self.datafiles("SYSTEM")[0]
        data = records.dump({SEGMENTS: self.control.segments,
                             **{kind: held for kind, held in self._records.items() if kind not in IN_CONTROL_FILE}})
        scn = self.applied_scn if self.control.role == "PHYSICAL STANDBY" else self.control.scn
        block = datafile.Block(1, CATALOG_SEGMENT, scn, {0: datafile.pack_row([data], self.platform.order)},
                               list(self.control.catalog_blocks))
        with datafile.BlockFile(file.path, self.platform, self.block_size, journal=journal) as blocks:
            blocks.write(block, lambda: self.allocate_block("SYSTEM")[1])
        self.control.catalog_blocks = block.overflow
        self.control.catalog_scn = scn

    def _read_catalog(self, rewind: bool) -> dict[str, dict[tuple[str, ...], Any]]:
        file = self.datafiles("SYSTEM")[0]
        self.identify(file, recovering=rewind)
        with datafile.BlockFile(file.path, self.platform, self.block_size, "rb") as blocks:
            for block in blocks.blocks(2):
                data = datafile.unpack_row(block.rows[0], self.platform.order)[0]
                self.control.catalog_blocks, self.control.catalog_scn = block.overflow, block.scn
                found: dict[str, dict[tuple[str, ...], Any]] = records.load(data or b"")
                segments: Any = found.pop(SEGMENTS)
                if rewind:
                    self.control.segments, self.control.structure_scn = segments, block.scn
                return found
        return {}

    def read_dictionary(self) -> dict[str, dict[tuple[str, ...], Any]]:
        """The catalog's records as the SYSTEM tablespace has them; the control file learns from it which segments there are."""
        return self._read_catalog(True)

    # --- files ---

    def reload_segment(self, number: int) -> None:
        """Rows of a segment out of files that are newer than what was known of it: it was made, or got columns, before they were copied."""
        segment = self.segments[number]
        segment.rows.clear()
        segment.blocks.clear()
        segment.overflow.clear()
        for file in self.datafiles(segment.tablespace):
            key = self.tablespace_key(file.tablespace)
            with datafile.BlockFile(file.path, self.platform, self.block_size, "rb", key=key) as blocks:
                for block in blocks.blocks(file.blocks(self.block_size)):
                    if file.object_map.get(block.data_object, block.data_object) == number:
                        self._take_block(segment, file, block)
                        for used in (block.number, *block.overflow):
                            if used in file.free:
                                file.free.remove(used)
                        file.next_block = max(file.next_block, *(used + 1 for used in (block.number, *block.overflow)))

    def _take_block(self, segment: Segment, file: Datafile, block: datafile.Block) -> None:
        segment.blocks.setdefault(file.number, []).append(block.number)
        if block.overflow:
            segment.overflow[file.number, block.number] = block.overflow
        decode, order = segment.codec.decode, self.platform.order
        for slot, data in block.rows.items():
            rid = make_rid(file.number, block.number, slot)
            segment.rows[rid] = row = decode(datafile.unpack_row(data, order))
            for index in segment.indexes:
                index.add(segment, rid, row)

    def load_file(self, file: Datafile) -> None:
        """Read a datafile's rows into their segments. One whose key cannot be had is sealed until it can."""
        try:
            key = self.tablespace_key(file.tablespace)
        except OraError:
            self.sealed.add(file.number)
            return
        self.sealed.discard(file.number)
        used = {1, *self.control.catalog_blocks} if file.tablespace == "SYSTEM" else {0}
        with datafile.BlockFile(file.path, self.platform, self.block_size, "rb", key=key) as blocks:
            for block in blocks.blocks(file.blocks(self.block_size)):
                segment = self.segments.get(file.object_map.get(block.data_object, block.data_object))
                if segment is None:
                    continue
                used.update((block.number, *block.overflow))
                self._take_block(segment, file, block)
        file.next_block = max(used) + 1
        file.free = sorted(set(range(1, file.next_block)) - used, reverse=True)

    def checkpoint(self, tablespace: str | None = None) -> int:
        """Write changed blocks and headers of one tablespace, or of all that are writable, and the catalog; gives the SCN.

        All of it or nothing: the blocks go through a journal. ORA-19502 when a file cannot be written; nothing is lost then.
        """
        with self.lock:
            before = ([(file, file.checkpoint_scn, file.checkpoint_time) for file in self.control.datafiles.values()],
                      [(segment, set(segment.dirty)) for segment in self.segments.values() if segment.dirty],
                      self.control.catalog_scn, self.control.catalog_blocks)
            try:
                return self._checkpoint(tablespace)
            except OraError:
                for file, scn, moment in before[0]:
                    file.checkpoint_scn, file.checkpoint_time = scn, moment
                for segment, dirty in before[1]:
                    segment.dirty |= dirty
                self.control.catalog_scn, self.control.catalog_blocks = before[2:]
                raise

    def _checkpoint(self, tablespace: str | None) -> int:
        """A standby's files are as new as the redo that was applied to them; its checkpoints are in no redo."""
        if self.control.role == "PHYSICAL STANDBY":
            return self.write_files(self.control.scn, tablespace)
        scn = self.next_scn()
        return self.write_files(scn, tablespace, Record(scn, time.time(), "CHECKPOINT", details={"tablespace": tablespace}))

    def write_files(self, scn: int, tablespace: str | None, record: Record | None = None) -> int:
        """Blocks and headers as of an SCN, all or nothing. ``record`` goes into redo before they go to their places."""
        journal = datafile.Journal(os.path.join(self.directory, JOURNAL))
        for segment in list(self.segments.values()):
            if segment.dirty and (tablespace == segment.tablespace or tablespace is None
                                  and self.control.tablespaces[segment.tablespace or ""].status == "ONLINE"):
                self._write_segment(segment, scn, journal)
        for file in self.control.datafiles.values():
            online = self.control.tablespaces[file.tablespace].status == "ONLINE"
            # Tempfiles are not checkpointed; those of a database that was restored come with its first open.
            there = not file.unnamed and (file.contents != "TEMPORARY" or asm.exists(file.path))
            if (file.tablespace == tablespace or tablespace is None and online) and there:
                file.checkpoint_scn, file.checkpoint_time = max(file.checkpoint_scn, scn), time.time()
                self.write_header(file, fuzzy=online, journal=journal)
        if tablespace is None:
            self.write_catalog(journal)
        if record is not None:
            self.redo.write(record)
        if tablespace is None and self.control.role == "PHYSICAL STANDBY":
            self.control.structure_scn = max(self.control.structure_scn, self.applied_scn)
        journal.control = records.dump(self.control)
        journal.write()
        journal.apply()
        self.write_control()
        journal.remove()
        return scn

    def _write_segment(self, segment: Segment, scn: int, journal: datafile.Journal) -> None:
        wanted = {make_rid(file, block, 0) >> 16: (file, block) for file, block in segment.dirty}
        rows: dict[int, dict[int, bytes]] = {place: {} for place in wanted}
        order, encode = self.platform.order, segment.codec.encode
        everything = Snapshot(1 << 62)
        for rid in list(segment.rows):
            if rid >> 16 in rows:
                row = segment.visible(rid, everything) if rid in segment.undo else segment.rows[rid]
                if row is not None:
                    rows[rid >> 16][rid & 0xFFFF] = datafile.pack_row(encode(row), order)
        by_file: dict[int, list[int]] = {}
        for place, (file, _) in wanted.items():
            by_file.setdefault(file, []).append(place)
        for number, places in by_file.items():
            file_ = self.control.datafiles[number]
            self.faults.on_write(file_.path)
            stored = file_.stored_number(segment.number)
            key = self.tablespace_key(file_.tablespace)
            with datafile.BlockFile(file_.path, self.platform, self.block_size, journal=journal, key=key) as blocks:
                for place in places:
                    _, block = wanted[place]
                    chain = segment.overflow.get((number, block), [])
                    written = datafile.Block(block, stored, scn, rows[place], chain)
                    blocks.write(written, lambda file=file_: self.allocate_in(file))   # type: ignore[misc]
                    if written.overflow:
                        segment.overflow[number, block] = written.overflow
        # What an open transaction changed is written again when it has ended.
        segment.dirty = {rid_fields(rid)[:2] for rid, undo in segment.undo.items() if not undo.transaction.ended}


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



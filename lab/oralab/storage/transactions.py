# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transactions, snapshots and the locks between them."""
from __future__ import annotations

import dataclasses
import datetime
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oralab.errors import OraError

if TYPE_CHECKING:
    from oralab.storage.segments import Segment, Version

FUTURE = 1 << 62                     # the SCN of what is not committed
POLL = 0.1                           # seconds between two looks at ``cancelled``

ROW_SHARE, ROW_EXCLUSIVE, SHARE, SHARE_ROW_EXCLUSIVE, EXCLUSIVE = 2, 3, 4, 5, 6
"""Modes of table locks, numbered as V$LOCK.LMODE does."""

_COMPATIBLE = {ROW_SHARE: {2, 3, 4, 5}, ROW_EXCLUSIVE: {2, 3}, SHARE: {2, 4}, SHARE_ROW_EXCLUSIVE: {2}, EXCLUSIVE: set[int]()}
_BOTH = {frozenset((ROW_EXCLUSIVE, SHARE)): SHARE_ROW_EXCLUSIVE}


class Writer:
    """Who wrote a version: ``scn`` is ``FUTURE`` until its transaction commits."""

    __slots__ = ("scn", "transaction")

    def __init__(self, scn: int, transaction: Transaction | None = None) -> None:
        self.scn = scn
        self.transaction = transaction


@dataclasses.dataclass(slots=True, frozen=True)
class Snapshot:
    """What a statement sees: commits up to ``scn`` and the changes of its own transaction up to now."""

    scn: int
    writer: Writer | None = None
    flashback: bool = False
    """AS OF: tables created later are ORA-01466."""


@dataclasses.dataclass(slots=True, frozen=True)
class Savepoint:
    """A point within a transaction. Engines keep the names; statements take one of their own."""

    changes: int
    table_locks: dict[int, int]


class Transaction:
    """One transaction; made by ``Store.begin`` and used by one thread at a time.

    ``xid`` is (undo segment, slot, sequence). ``cancelled`` is polled while waiting for a lock: ORA-01013.
    """

    def __init__(self, xid: tuple[int, int, int], sid: int, start_scn: int, position: tuple[int, int],
                 cancelled: Callable[[], bool], serializable: bool) -> None:
        self.xid = xid
        self.sid = sid
        self.start_scn = start_scn
        self.start_time = datetime.datetime.now()
        self.cancelled = cancelled
        self.serializable = serializable
        self.writer = Writer(FUTURE, self)
        self.active = True
        self.undo: list[tuple[Segment, int, Version]] = []
        self.table_locks: dict[int, int] = {}
        """Lock mode by object number."""
        self.blocked_by: Transaction | None = None
        """The transaction whose end this one waits for."""
        self.position = position         # in the redo, where the transaction began
        self.pending: list[tuple[Any, ...]] = []

    @property
    def used_undo_records(self) -> int:
        return len(self.undo)

    @property
    def used_undo_blocks(self) -> int:
        return len(self.undo) // 60 + 1


class Locks:
    """Waiting for other transactions. ``condition`` is the store's one lock."""

    def __init__(self, condition: threading.Condition) -> None:
        self.condition = condition
        self.tables: dict[int, dict[Transaction, int]] = {}

    def wait(self, txn: Transaction, blocker: Transaction, wait: float | None) -> None:
        """Until ``blocker`` has ended. ``wait`` in seconds: None for ever, 0 is NOWAIT.

        ORA-00054 for NOWAIT, ORA-30006 when the time is over, ORA-00060 for a deadlock, ORA-01013 when cancelled. What held the
        row or table may be held by somebody else afterwards: callers look again.
        """
        if wait == 0:
            raise OraError(54, "resource busy and acquire with NOWAIT specified or timeout expired")
        other: Transaction | None = blocker
        while other is not None:
            if other is txn:
                raise OraError(60, "deadlock detected while waiting for resource")
            other = other.blocked_by
        deadline = None if wait is None else time.monotonic() + wait
        txn.blocked_by = blocker
        try:
            while blocker.active:
                left = POLL if deadline is None else min(POLL, deadline - time.monotonic())
                if left <= 0:
                    raise OraError(30006, "resource busy; acquire with WAIT timeout expired")
                self.condition.wait(left)
                if txn.cancelled():
                    raise OraError(1013, "user requested cancel of current operation")
        finally:
            txn.blocked_by = None

    def table(self, txn: Transaction, object_id: int, mode: int, wait: float | None) -> None:
        """A table lock, converted from one that is held already."""
        held = txn.table_locks.get(object_id)
        if held is not None:
            if held >= mode and {held, mode} != {ROW_EXCLUSIVE, SHARE}:
                return
            mode = _BOTH.get(frozenset((held, mode)), max(held, mode))
        holders = self.tables.setdefault(object_id, {})
        while True:
            blocker = next((other for other, other_mode in holders.items() if other is not txn and other_mode not in _COMPATIBLE[mode]), None)
            if blocker is None:
                break
            self.wait(txn, blocker, wait)
            holders = self.tables.setdefault(object_id, {})
        holders[txn] = mode
        txn.table_locks[object_id] = mode

    def release(self, txn: Transaction, keep: dict[int, int] | None = None) -> None:
        """All table locks of a transaction but those in ``keep``, and wake who waits."""
        keep = keep or {}
        for object_id in [number for number in txn.table_locks if txn.table_locks[number] != keep.get(number)]:
            holders = self.tables[object_id]
            if object_id in keep:
                holders[txn] = txn.table_locks[object_id] = keep[object_id]
                continue
            del txn.table_locks[object_id], holders[txn]
            if not holders:
                del self.tables[object_id]
        self.condition.notify_all()

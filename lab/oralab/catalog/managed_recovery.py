# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed recovery (MRP0): a standby database applies what it receives, from archived logs or, in real time, from standby redo logs.

Files are written when a log has been applied and when recovery ends; a standby that was killed applies from its files' checkpoints on again.
"""
from __future__ import annotations

import collections
import dataclasses
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from oralab.catalog.instances import OPEN
from oralab.errors import OraError
from oralab.storage import datafile, media_recovery
from oralab.storage.apply import Recovery
from oralab.storage.control_file import Datafile
from oralab.storage.redo import LogHeader, Record, read_records, unpacked

if TYPE_CHECKING:
    from oralab.catalog.database import Database

WAIT_SECONDS = 0.5
FAL_SECONDS = 5.0


@dataclasses.dataclass(slots=True)
class Reading:
    """Where recovery is in a thread: the log, what has been read of it, and the next record. ``horizon``: no record below it is to come."""

    thread: int
    sequence: int
    scn: int
    """SCN of the last record that was taken."""
    horizon: int = 0
    record: Record | None = None
    header: LogHeader | None = None
    source: Iterator[Record] | None = None
    """Of an archived log; a standby redo log is read as it grows, from ``offset`` on."""
    offset: int = 0
    ahead: collections.deque[tuple[Record, int]] = dataclasses.field(default_factory=collections.deque)
    """Of a standby redo log: records that were read at once, each with the bytes up to its end."""
    blocks: int = 0


class ManagedRecovery(threading.Thread):
    """One RECOVER MANAGED STANDBY DATABASE.

    ``until``: an SCN before which it ends; ``delay`` in minutes; ``finish``: it ends when it has applied what is there.
    """

    def __init__(self, database: Database, *, real_time: bool = True, delay: int | None = None, until: int | None = None,
                 finish: bool = False) -> None:
        super().__init__(name="MRP0", daemon=True)
        self._database = database
        self._receiver = database.dataguard.receiver
        self.real_time = real_time
        self.delay = delay
        self.until = until
        self._finish = finish
        self.error: OraError | None = None
        self.state = "WAIT_FOR_LOG"
        """STATUS of V$MANAGED_STANDBY."""
        self.started = time.time()
        self.applied_time = 0.0
        """Time at the primary of the last change that was applied."""
        self.applied_bytes = 0
        self.end_of_redo = 0
        """SCN of the record with which a primary ends its redo."""
        self.finished = False
        """The end of the primary's redo was met, and the log that has it applied: the database may become primary."""
        self.readings: dict[int, Reading] = {}
        self._cancelled = False
        self.writes = True
        self.loaded = False
        self.complete = False
        """Recovery came as far as it was asked to."""
        self._recovery: Recovery
        self._asked: dict[tuple[int, int], float] = {}

    def begin(self) -> None:
        self._database.alert("Attempt to start background Managed Standby Recovery process", "MRP0 started",
                             f"Managed Standby Recovery {'' if self.real_time else 'not '}using Real Time Apply")
        self.start()

    def _load(self) -> None:
        """The files as they are, unless the database is open and has them."""
        database, store = self._database, self._database.store
        with store.lock:
            if not store.opened:
                for file in store.datafiles():
                    if file.contents == "PERMANENT" and store.tablespace_status(file.tablespace) == "ONLINE":
                        file.checkpoint_scn = self._header(file).checkpoint_scn
                store.load()
                store.control.scn = store.oldest_checkpoint()
            open_now = database.state == OPEN
            self._recovery = Recovery(store, readers=open_now, on_records=database.follow if open_now else None)
        self.loaded = True

    def _header(self, file: Datafile) -> datafile.Header:
        """ORA-01111 over 01110 and 01157 for a file that redo named and nobody made; else ORA-01157 when it is not there."""
        where = f"ORA-01110: data file {file.number}: '{file.path}'"
        try:
            return datafile.read_header(file.path, self._database.store.platform)
        except OraError:
            cannot = f"cannot identify/lock data file {file.number} - see DBWR trace file"
            if file.unnamed:
                raise OraError(1111, f"name for data file {file.number} is unknown - rename to correct file", stack=[
                    where, f"ORA-01157: {cannot}", f"ORA-01111: name for data file {file.number} is unknown - rename to correct file", where]) from None
            raise OraError(1157, cannot, stack=[where]) from None

    def cancel(self, *, write: bool = True) -> None:
        """End after the record that is being applied; files are written unless the instance is aborted."""
        self._cancelled, self.writes = True, write
        self._receiver.arrived.set()
        if threading.current_thread() is not self:
            self.join(60.0)

    # --- the process ---

    def run(self) -> None:
        database = self._database
        try:
            self._load()
            while not self._cancelled and not self.finished:
                self._receiver.arrived.clear()
                self._receiver.archive()
                if not self._round():
                    if self._finish:
                        self.finished = self.complete = True
                        break
                    self._receiver.arrived.wait(WAIT_SECONDS)
        except OraError as error:
            self.error = error
        except OSError as error:
            self.error = OraError(283, "recovery session canceled due to errors", stack=[f"ORA-27072: File I/O error: {error}"])
        database.dataguard.recovery_ended(self)

    def write(self) -> None:
        """Files as of what has been applied. One that was restored older than the control file knew it is in step from then on."""
        store = self._database.store
        with store.lock:
            for file in media_recovery.online(store):
                file.recover = file.recover and file.checkpoint_scn > store.control.scn
            store.checkpoint()

    def _round(self) -> bool:
        """Apply what is there; whether anything was."""
        done = False
        while not self._cancelled and not self.finished:
            for thread in {thread for thread, _ in self._receiver.known()}:
                self._prepare(thread)
            reading = self._next()
            if reading is None or reading.record is None:
                return done
            record, reading.record = reading.record, None
            if self.until is not None and record.scn >= self.until:
                self._cancelled = self.complete = True
                return done
            self._recovery.apply(record)
            reading.scn = record.scn
            self.state, self.applied_time, done = "APPLYING_LOG", record.time, True
            # A former primary meets the end that it wrote itself: what comes after is another one's.
            if record.kind == "END OF REDO" and record.scn > self._database.store.control.end_of_redo:
                self.end_of_redo = record.scn
        return done

    def _next(self) -> Reading | None:
        """The thread with the oldest record, unless another one may yet have an older one."""
        ready = [reading for reading in self.readings.values() if reading.record is not None]
        if not ready:
            self._idle()
            return None
        first = min(ready, key=lambda reading: reading.record.scn if reading.record else 0)
        assert first.record is not None
        waits = any(reading.record is None and reading.horizon <= first.record.scn for reading in self.readings.values())
        return None if waits else first

    def _idle(self) -> None:
        """Everything that arrived has been applied: the database is as new as the primary was when it said so."""
        moment, scn = self._receiver.complete
        if self.readings and all(reading.horizon > scn for reading in self.readings.values()) and self.until is None:
            self._database.store.reached(scn, moment)
            self.applied_time = max(self.applied_time, moment)

    # --- logs ---

    def _prepare(self, thread: int) -> None:
        """Read the next record of a thread, when it is there."""
        reading = self.readings.get(thread)
        if reading is None:
            sequence = self._receiver.needed(thread)
            if sequence is None:
                return
            reading = self.readings[thread] = Reading(thread, sequence, self._database.store.current_scn())
        while reading.record is None and not self._cancelled and not self.finished:
            if reading.source is None and not self._open(reading):
                return
            if reading.source is not None:
                reading.record = next(reading.source, None)
                if reading.record is None:
                    self._end(reading)
            elif not self._read(reading):
                return

    def _open(self, reading: Reading) -> bool:
        """Find the log: archived, else, in real time, in a standby redo log."""
        entry = self._receiver.archived(reading.thread, reading.sequence)
        if entry is not None:
            delay = self.delay if self.delay is not None else self._receiver.delay
            if delay and not reading.offset and time.time() < entry.completed + delay * 60:
                self.state = "WAIT_FOR_LOG"
                return False
            self._database.alert(f"Media Recovery Log {entry.name}")
            reading.header, reading.blocks = entry.log, entry.bytes // 512
            reading.ahead.clear()
            reading.source = read_records(entry.name, reading.scn)
            return True
        log = self._receiver.standby_log(reading.thread, reading.sequence) if self.real_time and not (self.delay or self._receiver.delay) else None
        if log is not None:
            if reading.header is None:
                self._database.alert(f"Recovery of Online Redo Log: Thread {reading.thread} Group {log.group} Seq {reading.sequence} Reading mem 0")
            reading.header = log.log
            return True
        self._wait(reading)
        return False

    def _wait(self, reading: Reading) -> None:
        gap = next(((low, high) for thread, low, high in self._receiver.gaps() if thread == reading.thread and low == reading.sequence), None)
        state = "WAIT_FOR_GAP" if gap else "WAIT_FOR_LOG"
        if state != self.state:
            self._database.alert(f"Media Recovery Waiting for T-{reading.thread}.S-{reading.sequence}")
        self.state = state
        if gap is not None:
            for sequence in range(gap[0], gap[1] + 1):
                place = (reading.thread, sequence)
                if time.monotonic() - self._asked.get(place, -FAL_SECONDS) >= FAL_SECONDS:
                    self._asked[place] = time.monotonic()
                    self._database.dataguard.fetch_gap(*place)

    def _read(self, reading: Reading) -> bool:
        """More of a standby redo log; whether there was anything."""
        while reading.ahead:
            record, reading.offset = reading.ahead.popleft()
            if record.scn > reading.scn:
                reading.record = record
                return True
        # What the primary says may arrive after the redo that it speaks of, never before: so it is asked for first.
        datum = self._receiver.datum
        arrived = datum.scns.get(reading.thread, 0) if datum is not None else 0
        found = self._receiver.read(reading.thread, reading.sequence, reading.offset)
        if found is None:
            reading.header, reading.offset = None, 0       # it has been archived meanwhile
            return self._receiver.archived(reading.thread, reading.sequence) is not None
        data, full = found
        reading.ahead.extend((record, reading.offset + end) for record, end in unpacked(data))
        if reading.ahead:
            return True
        if full:
            self._end(reading)
            return True
        reading.horizon = max(reading.horizon, arrived + 1)
        self.state = "APPLYING_LOG"
        return False

    def _end(self, reading: Reading) -> None:
        """A log has been applied whole."""
        store, header = self._database.store, reading.header
        entry = self._receiver.archived(reading.thread, reading.sequence)
        if header is not None and header.next_scn:
            reading.horizon = header.next_scn
            reading.scn = max(reading.scn, header.next_scn - 1)
            store.reached(min(one.record.scn if one.record else one.horizon for one in self.readings.values()) - 1, header.next_time)
            self.applied_time = max(self.applied_time, header.next_time)
        for one in store.control.archived:
            if (one.log.thread, one.log.sequence) == (reading.thread, reading.sequence):
                one.applied = "YES"
        store.control.applied[reading.thread] = reading.sequence
        self.applied_bytes += entry.bytes if entry else 0
        self.write()
        reading.sequence += 1
        reading.header, reading.source, reading.offset = None, None, 0
        if self.end_of_redo:
            self.finished = self.complete = True

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a standby database receives: redo into its standby redo logs, which it archives, and whole archived logs (the RFS processes).

Redo is received in real time only into a standby redo log of the thread (or of none) that is at least as large as the primary's online
logs; without one the primary sends each log when it is finished (documented).
"""
from __future__ import annotations

import dataclasses
import os
import threading
import time
from typing import TYPE_CHECKING, Any, BinaryIO

from oralab.errors import OraError
from oralab.storage import asm, datafile
from oralab.storage.control_file import ArchivedLog, StandbyLog
from oralab.storage.redo import LogHeader, read_header

if TYPE_CHECKING:
    from oralab.catalog.database import Database

Log = tuple[int, int]
"""Thread and sequence number."""


@dataclasses.dataclass(slots=True)
class Datum:
    """What the primary said of itself last. ``received``: when, by the clock of this server; ``scns``: how far the redo of each thread has
    arrived in whole, which it has when nothing of it is missing.
    """

    source: str
    dbid: int
    received: float
    time: float
    scn: int
    scns: dict[int, int]


class Receiver:
    """The receiving side of a mounted standby database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.lock = threading.RLock()
        self.arrived = threading.Event()
        """Something new is there, for whoever applies it."""
        self.history: dict[Log, LogHeader] = {}
        """Logs that the primary has told of."""
        self.datum: Datum | None = None
        self.delay = 0
        """DELAY of the primary's destination, in minutes."""
        self.complete: tuple[float, int] = (0.0, 0)
        """Up to which moment and SCN of the primary all redo has arrived."""
        self._parts: dict[Log, str] = {}

    @property
    def _control(self) -> Any:
        return self._database.store.control

    # --- asking ---

    @property
    def branch(self) -> int:
        """RESETLOGS_CHANGE# of the redo that is received: a snapshot standby has an incarnation of its own meanwhile."""
        told: int | None = self._database.dataguard.member.get("resetlogs")
        own: int = self._database.store.resetlogs_scn
        return told if told is not None and self._control.role == "SNAPSHOT STANDBY" else own

    def archived(self, thread: int, sequence: int) -> ArchivedLog | None:
        """An archived log of the primary's incarnation that is there."""
        branch = self.branch
        return next((entry for entry in reversed(self._control.archived) if (entry.log.thread, entry.log.sequence) == (thread, sequence)
                     and entry.log.resetlogs_scn == branch and os.path.exists(entry.name)), None)

    def standby_log(self, thread: int, sequence: int) -> StandbyLog | None:
        """The standby redo log that has, or receives, a log."""
        logs: list[StandbyLog] = self._control.standby_logs
        return next((log for log in logs if log.log is not None and (log.log.thread, log.log.sequence) == (thread, sequence)), None)

    def known(self) -> dict[Log, LogHeader]:
        """Every log of the primary's incarnation that is here or that the primary has told of."""
        branch = self.branch
        headers = [*self.history.values(), *(log.log for log in self._control.standby_logs if log.log is not None),
                   *(entry.log for entry in self._control.archived)]
        return {(header.thread, header.sequence): header for header in headers if header.resetlogs_scn == branch}

    def position(self) -> int:
        """The SCN up to which redo has been applied: recovery needs what is newer."""
        store = self._database.store
        if store.control.role == "SNAPSHOT STANDBY":
            return int(store.resetlogs_scn) - 1
        if store.opened or self._database.dataguard.recovering:
            return store.current_scn()
        found = [store.control.scn]
        for file in store.datafiles():
            if file.contents != "TEMPORARY" and store.tablespace_status(file.tablespace) == "ONLINE":
                try:
                    found.append(datafile.read_header(file.path, store.platform).checkpoint_scn)
                except OraError:
                    continue        # a file that is not restored yet
        return min(found[1:], default=found[0])

    def needed(self, thread: int) -> int | None:
        """The first log of a thread that recovery needs now; None while nobody can tell."""
        position = self.position()
        wanted = [header for (of, _), header in self.known().items() if of == thread and (not header.next_scn or header.next_scn > position + 1)]
        last = self._control.applied.get(thread)
        if last is not None and not any(header.first_scn <= position + 1 for header in wanted):
            return int(last) + 1
        return min((header.sequence for header in wanted), default=None)

    def here(self, thread: int, sequence: int) -> bool:
        """Whether all of a log, or as much as there can be of it, is here."""
        return self.archived(thread, sequence) is not None or self.standby_log(thread, sequence) is not None

    def gaps(self) -> list[tuple[int, int, int]]:
        """Thread, first and last log of the first gap in each thread, which keeps recovery from going on."""
        found = []
        for thread in sorted({thread for thread, _ in self.known()}):
            low = self.needed(thread)
            if low is None:
                continue
            while self.here(thread, low):
                low += 1
            later = [sequence for of, sequence in self.known() if of == thread and sequence > low and self.here(of, sequence)]
            if later:
                found.append((thread, low, min(later) - 1))
        return found

    def missing(self, history: list[LogHeader]) -> list[Log]:
        """Of finished logs that the primary tells of, those that are needed and not here. What a standby redo log has a part of is needed too, even
        when nothing follows in it: nobody else would end it."""
        with self.lock:
            self.history = {place: header for place, header in self.history.items() if header.resetlogs_scn == self.branch}
            self.history.update({(header.thread, header.sequence): header for header in history})
            position = self.position()
            return [(header.thread, header.sequence) for header in history if header.next_scn and not self._whole(header) and (
                header.next_scn > position + 1 or self.standby_log(header.thread, header.sequence) is not None)]

    def _whole(self, header: LogHeader) -> bool:
        log = self.standby_log(header.thread, header.sequence)
        return log is not None and log.full or self.archived(header.thread, header.sequence) is not None

    # --- into standby redo logs ---

    def receive(self, header: LogHeader, size: int, offset: int, data: bytes) -> int:
        """Redo of a log as it is written; ``size`` is that of the primary's online logs. Gives the bytes that are here, -1 without a standby
        redo log for it.
        """
        with self.lock:
            if self.archived(header.thread, header.sequence) is not None:
                return offset + len(data)
            log = self.standby_log(header.thread, header.sequence) or self._assign(header, size)
            if log is None:
                return -1
            if offset == log.used and data:
                for member in log.members:
                    self._write(log, member, data)
                log.used, log.last_time = log.used + len(data), time.time()
                self.arrived.set()
            return log.used

    def _assign(self, header: LogHeader, size: int) -> StandbyLog | None:
        logs: list[StandbyLog] = [log for log in self._control.standby_logs
                                  if log.log is None and log.bytes >= size and log.thread in (0, header.thread)]
        if not logs:
            return None
        log = min(logs, key=lambda log: (log.thread == 0, log.group))
        log.log, log.used, log.full, log.last_scn = dataclasses.replace(header), 0, False, header.first_scn
        for member in log.members:
            open(asm.real(member), "wb").close()
        self._database.store.write_control()
        self._database.alert(f"RFS: Selected log {log.group} for T-{header.thread}.S-{header.sequence} dbid {header.dbid}")
        return log

    def _write(self, log: StandbyLog, member: str, data: bytes) -> None:
        try:
            self._database.store.faults.on_write(member)
            with open(asm.real(member), "r+b") as file:
                file.seek(log.used)
                file.write(data)
        except OSError as error:
            raise OraError(313, f"open failed for members of log group {log.group} of thread {log.thread}", stack=[
                f"ORA-00312: online log {log.group} thread {log.thread}: '{member}'", "ORA-27037: unable to obtain file status",
                f"Linux-x86_64 Error: {error.errno}: {error.strerror}"]) from None

    def read(self, thread: int, sequence: int, offset: int) -> tuple[bytes, bool] | None:
        """What a standby redo log has from an offset on, and whether that is all there will be; None when it has another log by now."""
        with self.lock:
            log = self.standby_log(thread, sequence)
            if log is None:
                return None
            with open(asm.real(log.members[0]), "rb") as file:
                file.seek(offset)
                return file.read(log.used - offset), log.full

    def finish(self, header: LogHeader) -> None:
        """A log is finished at the primary, and all of it has arrived: it is archived."""
        with self.lock:
            log = self.standby_log(header.thread, header.sequence)
            if log is not None:
                log.log, log.full = header, True
            self.history[header.thread, header.sequence] = header
            self.archive()

    def archive(self) -> None:
        """Archive the standby redo logs that are full; one that cannot be stays as it is and is tried again."""
        with self.lock:
            for log in self._control.standby_logs:
                if log.log is not None and log.full and (self.archived(log.log.thread, log.log.sequence) is not None or self._database.logs.archive(
                        log.log, asm.real(log.members[0]), registrar="RFS")):
                    self._clear(log)
            self._database.store.write_control()
            self.arrived.set()

    @staticmethod
    def _clear(log: StandbyLog) -> None:
        log.log, log.used, log.full = None, 0, False
        for member in log.members:
            open(asm.real(member), "wb").close()

    def release(self, thread: int, sequence: int) -> None:
        """Give up what has been received of a log that is sent anew, as an archived one."""
        with self.lock:
            log = self.standby_log(thread, sequence)
            if log is not None and not log.full:
                self._clear(log)

    def clear(self) -> None:
        """The database is no standby any more."""
        with self.lock:
            for log in self._control.standby_logs:
                if log.log is not None:
                    self._clear(log)
            self.history.clear()

    # --- whole archived logs ---

    def receive_archived(self, header: LogHeader, offset: int, data: bytes, last: bool, fal: bool) -> None:
        """A piece of an archived log. ORA-00270 when it cannot be kept here."""
        place = (header.thread, header.sequence)
        with self.lock:
            if offset == 0:
                self.release(*place)
                self._parts[place] = os.path.join(self._database.directory, f"rfs_{header.thread}_{header.sequence}.part")
            path = self._parts.get(place)
            if path is None:
                raise OraError(270, "error creating archive log")
            try:
                with open(path, "wb" if offset == 0 else "r+b") as file:
                    _at(file, offset, data)
            except OSError:
                raise OraError(270, "error creating archive log") from None
            if last:
                self._register(place, header, path, fal)

    def _register(self, place: Log, header: LogHeader, path: str, fal: bool) -> None:
        del self._parts[place]
        try:
            if read_header(path) is None:
                raise OraError(316, f"log of thread {header.thread}, type 0 in header is not log file")
            if self.archived(*place) is None:
                made = self._database.logs.archive(header, path, registrar="RFS", fal=fal)
                if not made:
                    raise OraError(270, "error creating archive log")
                self._database.alert(f"RFS: Opened log for T-{header.thread}.S-{header.sequence} dbid {header.dbid}, archived as {made[0].name}")
        finally:
            os.unlink(path)
        self.history[place] = header
        self.arrived.set()

    # --- what the primary says of itself ---

    def told(self, source: str, dbid: int, moment: float, scn: int, scns: dict[int, int]) -> None:
        """The primary's time and SCN, and for each thread up to which SCN its redo has been sent. ``complete`` and ``datum`` are of one moment for
        whoever holds the lock: the lags are the difference of the two.
        """
        with self.lock:
            self.datum = Datum(source, dbid, time.time(), moment, scn, scns)
            if not self.gaps():
                arrived = min(scns.values(), default=0)
                if arrived >= scn:
                    self.complete = moment, scn
                else:
                    ends = [header.next_time for (thread, sequence), header in self.known().items()
                            if header.next_scn and header.next_scn <= arrived + 1 and self._whole(header)]
                    self.complete = max(self.complete[0], *ends, 0.0), max(self.complete[1], arrived)
        self.arrived.set()


def _at(file: BinaryIO, offset: int, data: bytes) -> None:
    file.seek(offset)
    file.write(data)

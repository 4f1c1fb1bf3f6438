# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Online redo logs in groups, and the archiver.

Every thread has three groups that it uses in turn, or those that it was given (ADD LOGFILE THREAD). In ARCHIVELOG mode a group is not used again
before its log is archived: the switch waits, ordinary logons get ORA-00257 (documented). A log that was full before ARCHIVELOG mode began needs no
archiving (assumed from ARCHIVE LOG LIST in transcripts, which names the current log as the next one to archive).
"""
from __future__ import annotations

import datetime
import os
import re
import threading
import time
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog import redo_destinations
from oralab.catalog.redo_destinations import RECOVERY_AREA
from oralab.errors import OraError
from oralab.storage.control_file import ArchivedLog, LogGroup, ReservedThread
from oralab.storage.redo import LogHeader, Record, archive, read_header, read_records

if TYPE_CHECKING:
    from oralab.catalog.database import Database

GROUPS = 3
BLOCK = 512
SIZE = 200 << 20
"""Bytes of an online log (the default of Oracle-managed ones is 100 MB, DBCA makes 200 MB)."""
_POLL = 0.1


class RedoLogs:
    """The redo logs of a mounted database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.RLock()
        self.failures: dict[int, str] = {}
        """Destination -> why the last log could not be archived there."""
        self.stuck = False
        """A switch waits because no group is free."""

    @property
    def _redo(self) -> Any:
        return self._database.store.redo

    @property
    def archiving(self) -> bool:
        return self._database.attributes.log_mode == "ARCHIVELOG"

    # --- asking ---

    def threads(self) -> list[int]:
        found: list[int] = self._redo.threads()
        return found

    def history(self, thread: int) -> list[LogHeader]:
        """Every log of a thread, the current one last."""
        found: list[LogHeader] = self._redo.logs(thread)
        return found

    def current(self, thread: int = 1) -> LogHeader:
        return self.history(thread)[-1]

    def online(self, thread: int) -> list[LogHeader]:
        """The logs that lie in groups, the current one last."""
        return self.history(thread)[-len(self.groups(thread)):]

    def groups(self, thread: int) -> list[LogGroup]:
        """The groups of a thread: those that it was given, or what the database was made with, where those of thread 2 follow those of thread 1."""
        given = next((one.groups for one in self._database.store.control.reserved_threads if one.number == thread), None)
        first = GROUPS * (thread - 1) + 1
        return given or [LogGroup(group, SIZE, [os.path.join(self._database.directory, f"redo{group:02d}.log")]) for group in range(first, first + GROUPS)]

    def group(self, log: LogHeader) -> int:
        """Number of a log's group."""
        groups = self.groups(log.thread)
        return groups[(log.sequence - 1) % len(groups)].group

    def member(self, group: int) -> str:
        """The first file of a group that a thread uses."""
        return next(one.members[0] for thread in self.threads() for one in self.groups(thread) if one.group == group)

    def waiting_threads(self) -> list[ReservedThread]:
        """Those that no instance has opened yet."""
        return [one for one in self._database.store.control.reserved_threads if one.number not in self.threads()]

    def begin(self, thread: int) -> None:
        """An instance opens a thread for the first time."""
        control = self._database.store.control
        self._redo.enable(thread, self._database.store.next_scn())
        if self.archiving:
            control.archive_from[thread] = 1
            self._database.store.write_control()

    def is_archived(self, log: LogHeader) -> bool:
        return any((entry.log.resetlogs_scn, entry.log.thread, entry.log.sequence) == (log.resetlogs_scn, log.thread, log.sequence)
                   for entry in self.archived())

    def archived(self) -> list[ArchivedLog]:
        return list(self._database.store.control.archived)

    def status(self, log: LogHeader) -> str:
        """CURRENT, ACTIVE while a crash would need it, INACTIVE (documented)."""
        if not log.next_scn:
            return "CURRENT"
        checkpoint = min(file.checkpoint_scn for file in self._database.store.datafiles("SYSTEM"))
        return "ACTIVE" if log.next_scn > checkpoint else "INACTIVE"

    def open(self, name: str) -> tuple[LogHeader, Iterator[Record]]:
        """Header and records of a log, by the name of its archived file or of its group's member. OSError; ValueError: it is no log."""
        for thread in self.threads():
            for log in self.online(thread):
                if name == self.member(self.group(log)):
                    return log, read_records(self._redo.path(log.sequence, thread))
        header = read_header(name)
        if header is None:
            raise ValueError(f"{name} is no redo log")
        return header, read_records(name)

    # --- switching ---

    def switch(self, session: Any, thread: int = 1) -> LogHeader:
        """Begin the thread's next log and have the finished one archived. Waits while no group is free."""
        with self._lock:
            try:
                while self.archiving and (waiting := self._blocking(thread)) and not self._archive(waiting):
                    self.stuck = True
                    session.poll()
                    time.sleep(_POLL)
            finally:
                self.stuck = False
            done: LogHeader = self._database.store.switch_log(thread)
            if self.archiving:
                self.archive_all()
            self._database.dataguard.transport.refresh()
            return done

    def _blocking(self, thread: int) -> LogHeader | None:
        """The log in the group that the next switch takes, when it waits for the archiver."""
        online = self.online(thread)
        return online[0] if len(online) == len(self.groups(thread)) and self._needs(online[0]) else None

    def _needs(self, log: LogHeader) -> bool:
        control = self._database.store.control
        return bool(log.next_scn) and log.sequence >= control.archive_from.get(log.thread, 0) and not self.is_archived(log)

    def begin_archiving(self) -> None:
        """ARCHIVELOG: the current logs are the first to be archived."""
        control = self._database.store.control
        control.archive_from = {thread: self.current(thread).sequence for thread in self.threads()}
        self._database.store.write_control()

    # --- the archiver ---

    def waiting(self) -> list[LogHeader]:
        """Online logs that are full and not archived."""
        return [log for thread in self.threads() for log in self.online(thread) if self._needs(log)]

    def archive_all(self) -> list[LogHeader]:
        """Archive what waits; gives what could not be."""
        with self._lock:
            return [log for log in self.waiting() if not self._archive(log)]

    def destinations(self) -> dict[int, str]:
        """Local destinations by number (documented: without any parameter the recovery area, without one $ORACLE_HOME/dbs/arch)."""
        parameters, found = self._database.parameters, {}
        standby = self._database.store.control.role != "PRIMARY"
        for one in redo_destinations.destinations(parameters.memory):
            if one.location and one.state == "ENABLE" and one.valid_for(standby):
                found[one.number] = one.location
        if not found and parameters.get("log_archive_dest"):
            found[1] = parameters.get("log_archive_dest")
        if not found:
            found[1] = RECOVERY_AREA if parameters.get("db_recovery_file_dest") else os.path.join(
                self._database.spec.oracle_home, "dbs", "arch")
        return found

    def _archive(self, log: LogHeader) -> bool:
        """One log to every destination; whether LOG_ARCHIVE_MIN_SUCCEED_DEST of them have it."""
        return bool(self.archive(log, self._redo.path(log.sequence, log.thread)))

    def archive(self, log: LogHeader, source: str, *, registrar: str = "ARCH", fal: bool = False) -> list[ArchivedLog]:
        """A finished log, which lies in ``source``, to every local destination; what was made of it."""
        control, made = self._database.store.control, []
        for number, place in self.destinations().items():
            try:
                path = self._file(log, place)
                size = os.path.getsize(source)
                if place == RECOVERY_AREA and self.area_used() + size > self._database.parameters.number("db_recovery_file_dest_size"):
                    raise OraError(19809, "limit exceeded for recovery files")
                self._database.store.faults.on_write(path)
                size = archive(source, log, path)
            except OraError as error:
                self.failures[number] = error.text
                continue
            except OSError as error:
                self.failures[number] = f"ORA-19504: failed to create file \"{error.filename}\""
                continue
            self.failures.pop(number, None)
            made.append(ArchivedLog(path, number, log, size, time.time(), place == RECOVERY_AREA, registrar=registrar, fal=fal))
        if made:
            control.archived += made
            self._database.store.write_control()
        return made

    def _file(self, log: LogHeader, place: str) -> str:
        """The archived log's name: LOG_ARCHIVE_FORMAT in a directory, Oracle's own in the recovery area (documented)."""
        spec, parameters = self._database.spec, self._database.parameters
        incarnation = log.resetlogs_scn
        if place == RECOVERY_AREA:
            area = parameters.get("db_recovery_file_dest")
            if not os.path.isdir(area):
                raise FileNotFoundError(2, "no recovery area", area)
            day = datetime.datetime.fromtimestamp(log.next_time).strftime("%Y_%m_%d")
            folder = os.path.join(area, spec.db_unique_name.upper(), "archivelog", day)
            os.makedirs(folder, exist_ok=True)
            unique = zlib.crc32(f"{log.thread} {log.sequence} {incarnation}".encode())
            return os.path.join(folder, f"o1_mf_{log.thread}_{log.sequence}_{unique:08x}_.arc")
        values = {"t": str(log.thread), "T": f"{log.thread:04d}", "s": str(log.sequence), "S": f"{log.sequence:010d}",
                  "r": str(incarnation), "R": f"{incarnation:010d}", "d": f"{log.dbid:08x}", "D": f"{log.dbid:08x}", "a": f"{log.dbid:08x}"}
        name = re.sub(r"%([tTsSrRdDa])", lambda match: values[match[1]], parameters.get("log_archive_format"))
        return os.path.join(place, name) if os.path.isdir(place) else place + name if place.endswith("arch") else os.path.join(place, name)

    def restored(self, log: LogHeader) -> tuple[str, int, bool]:
        """Where a log that comes out of a backup goes: its name, the number of the destination, whether that is the recovery area."""
        number, place = next(iter(self.destinations().items()))
        return self._file(log, place), number, place == RECOVERY_AREA

    def area_used(self) -> int:
        """Bytes in the recovery area: archived logs that are there, restore points."""
        from oralab.catalog import model
        logs = sum(entry.bytes for entry in self.archived() if entry.recovery_area and os.path.exists(entry.name))
        return logs + sum(int(point.storage_size) for point in self._database.catalog.all(model.RestorePoint))

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redo transport: for each destination with SERVICE a process that logs on to the standby and sends what is new and what it lacks.

A destination that fails is tried again after REOPEN seconds; a log switch, or setting its state to ENABLE, does so at once (documented for the
next archival; assumed for the moment of it).
"""
from __future__ import annotations

import dataclasses
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from oralab.catalog import redo_destinations
from oralab.catalog.redo_client import LARGEST, Remote
from oralab.catalog.redo_destinations import Destination
from oralab.catalog.redo_logs import SIZE
from oralab.errors import OraError
from oralab.storage.control_file import ArchivedLog
from oralab.storage.redo import LogHeader

if TYPE_CHECKING:
    from oralab.catalog.database import Database

BEAT_SECONDS = 1.0
"""How often a primary tells its standby how far it is."""
GAP_SECONDS = 5.0
"""How often the primary asks whether the standby lacks something (the heartbeat that resolves gaps, a minute in reality)."""
KEPT = 500
"""Logs at standby databases that the control file remembers."""
HISTORY = 150
"""Logs that a standby is told of: more would not fit into a message."""


@dataclasses.dataclass(slots=True)
class Status:
    """What a destination's process knows: the columns of V$ARCHIVE_DEST and V$ARCHIVE_DEST_STATUS."""

    error: str = ""
    failed: float = 0.0
    fail_sequence: int = 0
    failures: int = 0
    connected: bool = False
    standby: dict[str, Any] = dataclasses.field(default_factory=dict)
    """What the standby said of itself last."""
    gap: str = ""
    """"" without one, RESOLVABLE or UNRESOLVABLE."""
    sent: dict[int, int] = dataclasses.field(default_factory=dict)
    """Thread -> the last log that is there in whole."""
    real_time: bool = False


class Sender(threading.Thread):
    """The process of one destination (TTnn, NSSn or ARCn, by what it does)."""

    def __init__(self, database: Database, number: int) -> None:
        super().__init__(name=f"TT{number:02d}", daemon=True)
        self._database = database
        self.number = number
        self.status = Status()
        self.wake = threading.Event()
        self.progress = threading.Condition()
        self.hardened: dict[int, tuple[int, int]] = {}
        """Thread -> sequence and bytes of it that the standby has written."""
        self._stopping = self._retry = False
        self._remote: Remote | None = None
        self._target: tuple[str, str] = ("", "")
        self._places: dict[int, tuple[int, int]] = {}
        self._asked = self._beaten = 0.0
        self._sequences: dict[int, int] = {}
        """Of the newest logs, when the standby was last asked what it lacks."""

    # --- what others say ---

    def destination(self) -> Destination | None:
        """As the parameters have it now."""
        found = redo_destinations.destinations(self._database.parameters.memory)
        return next((one for one in found if one.number == self.number and one.service), None)

    def wanted(self) -> Destination | None:
        """The destination, when something is to be sent there."""
        found = self.destination()
        usable = found is not None and found.state == "ENABLE" and found.valid_for(self._cascades) and self._database.logs.archiving
        return found if usable else None

    def retry(self) -> None:
        """Try at once what failed."""
        self._retry = True
        self.wake.set()

    def stop(self) -> None:
        self._stopping = True
        self.wake.set()

    def await_hardened(self, written: dict[int, tuple[int, int]], seconds: float | None) -> bool:
        """Until the standby has written this much of each thread, or there is no connection to it any more; whether that was in time."""
        def done() -> bool:
            if self.status.error or not self.status.connected:
                return True
            return all(place <= here or here[1] < 0 for thread, place in written.items() for here in (self.hardened.get(thread, (0, 0)),))
        with self.progress:
            return self.progress.wait_for(done, seconds)

    # --- the process ---

    def run(self) -> None:
        while not self._stopping:
            self.wake.clear()
            destination = self.wanted()
            if destination is None:
                self._disconnect()
                self.status = dataclasses.replace(self.status, error="", connected=False)
            elif not self.status.error or self._retry or time.time() - self.status.failed >= destination.reopen > 0:
                self._try(destination)
            self.wake.wait(BEAT_SECONDS)
        self._flush()
        self._disconnect()

    def _try(self, destination: Destination) -> None:
        self._retry = False
        try:
            if self._target != (destination.service, destination.db_unique_name):
                self._disconnect()
            if self._remote is not None:
                try:
                    self._work()
                except OraError:
                    self._disconnect()      # a connection that is gone is no fault of the destination
            if self._remote is None:
                self._connect(destination)
                self._work()
            self.status.error = ""
        except OraError as error:
            self.failed(error)
        except OSError as error:
            self.failed(OraError(16038, f"redo cannot be read: {error}"))

    def failed(self, error: OraError) -> None:
        """The destination is in error until it is tried again."""
        self._disconnect()
        if self.status.error != error.text.split("\n")[0]:
            self._database.dataguard.say(f"Error {error.code} for archive log destination LOG_ARCHIVE_DEST_{self.number}", error.code, self.number)
        self.status.error, self.status.failed = error.text.split("\n")[0], time.time()
        self.status.failures += 1
        self.status.fail_sequence = max((self._database.logs.current(thread).sequence for thread in self._database.logs.threads()), default=0)

    def _disconnect(self) -> None:
        remote, self._remote = self._remote, None
        self.status.connected = False
        if remote is not None:
            remote.close()
        with self.progress:
            self.progress.notify_all()

    def _flush(self) -> None:
        """What was written until the database closed goes too."""
        if self._remote is not None and not self.status.error:
            try:
                self._work()
            except (OraError, OSError):
                return      # there is nobody left who could be told

    def _connect(self, destination: Destination) -> None:
        database = self._database
        self._remote = Remote(database, destination.service, self.name)
        self._target = destination.service, destination.db_unique_name
        self.status.standby = self._remote.ask(
            "hello", name=database.spec.db_unique_name, wanted=destination.db_unique_name, dbid=database.store.dbid,
            resetlogs=database.store.resetlogs_scn, delay=destination.delay)
        self.status.connected = True
        self._places.clear()
        self._asked = 0.0

    def _work(self) -> None:
        """One round: gaps, then what is new, then a sign of life."""
        sequences = {header.thread: header.sequence for header in self._headers().values()}
        if sequences != self._sequences or time.monotonic() - self._asked >= GAP_SECONDS:
            if not self._cascades:
                self._stream(finish_only=True)
            self._resolve()
            self._asked, self._sequences = time.monotonic(), sequences
        scn, arrived = (self._database.dataguard.receiver.position(), {}) if self._cascades else self._stream()
        if time.monotonic() - self._beaten >= BEAT_SECONDS or self._stopping or self.status.real_time:
            self._beat(scn, arrived)

    # --- what the standby lacks ---

    def _headers(self) -> dict[tuple[int, int], LogHeader]:
        """The logs that there are: a primary's own, or what a standby has received and archived."""
        logs = self._database.logs
        if self._cascades:
            return {(entry.log.thread, entry.log.sequence): entry.log for entry in logs.archived()}
        return {(header.thread, header.sequence): header for thread in logs.threads() for header in logs.history(thread)}

    @property
    def _cascades(self) -> bool:
        return self._database.store.control.role != "PRIMARY"

    def _resolve(self) -> None:
        assert self._remote is not None
        unresolved, headers = False, self._headers()
        missing = self._remote.ask("missing", history=list(headers.values())[-HISTORY:])
        for place in missing:
            if not self._send_archived(headers[place]):
                unresolved = True
        self.status.gap = "UNRESOLVABLE" if unresolved else ""
        for thread, last in {header.thread: header.sequence for header in headers.values() if header.next_scn}.items():
            lacking = [sequence for of, sequence in missing if of == thread] if unresolved else []
            self.status.sent[thread] = min(lacking) - 1 if lacking else last

    def _send_archived(self, header: LogHeader) -> bool:
        """A finished log: its archived file, or its online log while that is there. False when both are gone."""
        assert self._remote is not None
        logs = self._database.logs
        path = next((entry.name for entry in logs.archived() if (entry.log.thread, entry.log.sequence) == (header.thread, header.sequence)
                     and os.path.exists(entry.name)), None)
        if path is None and not self._cascades and header in logs.online(header.thread):
            path = self._database.store.redo.path(header.sequence, header.thread)
        if path is None:
            return False
        self.status.gap = "RESOLVABLE"
        send_archived(self._remote, header, path)
        self._shipped(header, os.path.getsize(path), "ARCH")
        return True

    def _shipped(self, header: LogHeader, size: int, creator: str) -> None:
        store, service = self._database.store, self._target[0]
        with store.lock:        # the processes of other destinations do the same
            others = [entry for entry in store.control.shipped if (entry.dest, entry.log.thread, entry.log.sequence) != (
                self.number, header.thread, header.sequence)]
            store.control.shipped = [*others[-KEPT:], ArchivedLog(service, self.number, header, size, time.time(), False, creator, creator)]
            store.write_control()

    # --- what is new ---

    def _stream(self, *, finish_only: bool = False) -> tuple[int, dict[int, int]]:
        """Send what was written; gives the SCN of before, and for each thread up to which SCN everything is there."""
        database, arrived = self._database, {}
        scn, now = database.store.written()
        for thread in database.logs.threads():
            while self._one(thread, now[thread], finish_only):
                continue
            place = self._places.get(thread)
            real_time = place is not None and place[1] >= 0 and place[0] == now[thread][0] and place[1] >= now[thread][1]
            arrived[thread] = scn if real_time else database.logs.current(thread).first_scn - 1
            self.status.real_time = real_time
        return scn, arrived

    def _one(self, thread: int, now: tuple[int, int], finish_only: bool) -> bool:
        """One piece of a thread's redo; whether there may be more. ``now``: sequence and bytes that were written when this began."""
        assert self._remote is not None
        redo, logs = self._database.store.redo, self._database.logs
        current = logs.current(thread)
        sequence, offset = self._places.get(thread, (now[0], 0))
        if offset < 0:
            if sequence == now[0]:
                return False        # it is sent when it is finished
            sequence, offset = now[0], 0
        if finish_only and sequence == current.sequence:
            return False
        header = next(log for log in logs.history(thread) if log.sequence == sequence)
        with open(redo.path(sequence, thread), "rb") as file:
            file.seek(offset)
            data = file.read(LARGEST if header.next_scn else min(LARGEST, now[1] - offset))
        if header.next_scn and not data:
            self._remote.ask("finish", header=header)
            self._shipped(header, offset, "LGWR")
            self.status.sent[thread] = sequence
            self._places[thread] = sequence + 1, 0
            return True
        if not data and offset:
            return False
        got = int(self._remote.ask("receive", header=header, size=SIZE, offset=offset, data=data))
        self._places[thread] = sequence, got
        with self.progress:
            self.hardened[thread] = sequence, got
            self.progress.notify_all()
        return got >= 0

    def _beat(self, scn: int, arrived: dict[int, int]) -> None:
        assert self._remote is not None
        database = self._database
        self.status.standby = self._remote.ask(
            "beat", source=database.spec.db_unique_name, dbid=database.store.dbid, moment=time.time(), scn=scn, scns=arrived)
        self._beaten = time.monotonic()
        applied = self.status.standby["applied"]
        for entry in database.store.control.shipped:
            if entry.dest == self.number and entry.log.sequence <= applied.get(entry.log.thread, 0):
                entry.applied = "YES"


def send_archived(remote: Remote, header: LogHeader, path: str, *, fal: bool = False) -> None:
    """A whole log, piece by piece."""
    with open(path, "rb") as file:
        offset, data = 0, file.read(LARGEST)
        while True:
            following = file.read(LARGEST)
            remote.ask("archived", header=header, offset=offset, data=data, last=not following, fal=fal)
            if not following:
                return
            offset, data = offset + len(data), following


class Transport:
    """The senders of a mounted database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self.senders: dict[int, Sender] = {}

    def refresh(self, *, retry: bool = True) -> None:
        """The parameters have changed, or a log was switched: a process for each destination that is set, and none waits for its REOPEN."""
        with self._lock:
            for one in redo_destinations.destinations(self._database.parameters.memory):
                if one.service and one.number not in self.senders:
                    self.senders[one.number] = Sender(self._database, one.number)
                    self.senders[one.number].start()
        if retry:
            for sender in list(self.senders.values()):
                sender.retry()
        deadline = time.monotonic() + BEAT_SECONDS
        for sender in list(self.senders.values()):
            while sender.wanted() is None and sender.status.connected and time.monotonic() < deadline:
                time.sleep(0.01)        # from the end of the statement that defers a destination on, nothing goes there

    def wake(self) -> None:
        """Something was written."""
        for sender in list(self.senders.values()):
            sender.wake.set()

    def stop(self, *, abort: bool) -> None:
        for sender in self.senders.values():
            if abort:
                sender.status.error = sender.status.error or "ABORT"
            sender.stop()
        for sender in self.senders.values():
            sender.join(10.0)
        self.senders.clear()

    def await_synchronous(self) -> None:
        """What a commit does: wait until destinations with SYNC have written its redo, at most NET_TIMEOUT seconds (documented)."""
        for sender in self.senders.values():
            destination = sender.destination()
            if destination is None or not destination.sync or sender.status.error or not sender.status.connected:
                continue
            written = self._database.store.written()[1]
            sender.wake.set()
            if not sender.await_hardened(written, destination.net_timeout or None):
                sender.failed(OraError(16198, "Timeout incurred on internal channel during remote archival"))

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The redo stream: what changed, with SCNs, in the order of commits. Everything else is derived from it.

A transaction's changes are written with its commit, so the stream holds committed work only (assumed: LogMiner, capture and apply
show committed transactions; Oracle also writes what is rolled back later). Each instance writes a redo thread of its own; a
thread is a chain of log files, and the SCN ranges of threads overlap (documented).
"""
from __future__ import annotations

import dataclasses
import heapq
import io
import os
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from oralab.storage import records
from oralab.values import Row

_FRAME = struct.Struct("<IIQ")           # length, checksum, SCN


@dataclasses.dataclass(slots=True)
class Change:
    """One row: data object number, row id, image before and after (None: no row).

    The images serve recovery. A reader of redo may know the new values, those that an INSERT or DELETE has, the old values of changed
    columns, and those of the columns in ``logged`` (places); None: without supplemental logging.
    """

    data_object: int
    rid: int
    before: Row | None
    after: Row | None
    logged: tuple[int, ...] | None = None


@dataclasses.dataclass(slots=True)
class Record:
    """``kind``: TRANSACTION (changes; ``details``: who began it and when), DDL (``details``: catalog records, and the statement where there
    was one), CHECKPOINT. ``thread`` is set when it is written.
    """

    scn: int
    time: float
    kind: str
    xid: tuple[int, int, int] = (0, 0, 0)
    user: str = ""
    changes: list[Change] = dataclasses.field(default_factory=list)
    details: dict[str, object] = dataclasses.field(default_factory=dict)
    thread: int = 1


@dataclasses.dataclass(slots=True)
class LogHeader:
    """What a log file says of itself, in its first frame. Its records have SCNs from ``first_scn`` to below ``next_scn`` (0: current)."""

    dbid: int
    resetlogs_scn: int
    thread: int
    sequence: int
    first_scn: int
    first_time: float
    next_scn: int = 0
    next_time: float = 0.0


def read_header(path: str) -> LogHeader | None:
    """The header of an online or archived log; None when the file is no log. OSError when it cannot be read."""
    with open(path, "rb") as file:
        data = _frame(file)
    found = records.load(data[1]) if data else None
    return found if isinstance(found, LogHeader) else None


def read_records(path: str, from_scn: int = 0) -> Iterator[Record]:
    """The records of a log file with an SCN above ``from_scn``, up to a torn or damaged one."""
    with open(path, "rb") as file:
        while frame := _frame(file, from_scn):
            found = records.load(frame[1]) if frame[1] else None
            if isinstance(found, Record):
                yield found


def _frame(file: BinaryIO, from_scn: int = -1) -> tuple[int, bytes] | None:
    """SCN and content of the next frame, the content empty when the SCN is not above ``from_scn``; None at the end."""
    head = file.read(_FRAME.size)
    if len(head) < _FRAME.size:
        return None
    length, checksum, scn = _FRAME.unpack(head)
    if scn <= from_scn:
        file.seek(length, os.SEEK_CUR)
        return scn, b""
    data = file.read(length)
    return (scn, data) if len(data) == length and zlib.crc32(data) == checksum else None


def archive(source: str, header: LogHeader, target: str) -> int:
    """Write an archived log: the finished log's records under a header that knows its end. Gives its size in bytes. OSError."""
    with open(source, "rb") as log, open(target, "wb", opener=_owners_and_group) as made:
        _frame(log)
        made.write(_packed(header.first_scn, header))
        made.write(log.read())
        return made.tell()


def unpacked(data: bytes) -> Iterator[tuple[Record, int]]:
    """The records in a piece of a log that begins with a frame, each with the bytes up to its end. What is not whole at the end is left out."""
    with io.BytesIO(data) as file:
        while frame := _frame(file):
            found = records.load(frame[1]) if frame[1] else None
            if isinstance(found, Record):
                yield found, file.tell()


def _packed(scn: int, content: Record | LogHeader) -> bytes:
    data = records.dump(content)
    return _FRAME.pack(len(data), zlib.crc32(data), scn) + data


def _owners_and_group(path: str, flags: int) -> int:
    """Redo is for the owner and its group, as datafiles are (known to DBAs: rw-r-----)."""
    return os.open(path, flags, 0o640)


class Redo:
    """The threads' log files below one directory; a switch begins a thread's next one.

    ``scn``: where thread 1 begins when there is no log yet.
    """

    def __init__(self, directory: str, *, dbid: int = 0, resetlogs_scn: int = 0, scn: int = 0) -> None:
        self.directory = directory
        self.dbid, self.resetlogs_scn = dbid, resetlogs_scn
        os.makedirs(directory, exist_ok=True)
        self._lock = threading.Lock()
        self.on_write: Callable[[], None] = lambda: None
        """Called when there is something new, with locks held: it may not do much."""
        self._files: dict[int, BinaryIO] = {}
        self._logs: dict[int, list[LogHeader]] = {}
        self._read()
        if not self._logs:
            self.enable(1, scn)

    def _read(self) -> None:
        for name in sorted(name for name in os.listdir(self.directory) if name.endswith(".log")):
            header = read_header(os.path.join(self.directory, name))
            if header is None:
                os.unlink(os.path.join(self.directory, name))     # a switch that a killed process did not finish
                continue
            logs = self._logs.setdefault(header.thread, [])
            if logs:
                logs[-1].next_scn, logs[-1].next_time = header.first_scn, header.first_time
            logs.append(header)
        for thread, logs in self._logs.items():
            path = self.path(logs[-1].sequence, thread)
            self._cut_torn_end(path)
            self._files[thread] = open(path, "ab", opener=_owners_and_group)   # noqa: SIM115 - lives as long as the stream

    def path(self, sequence: int, thread: int = 1) -> str:
        return os.path.join(self.directory, f"{thread}_{sequence:08d}.log")

    @property
    def sequence(self) -> int:
        """Sequence number of thread 1's current log."""
        return self._logs[1][-1].sequence

    def threads(self) -> list[int]:
        return sorted(self._logs)

    def logs(self, thread: int) -> list[LogHeader]:
        """Every log of a thread, the current one last."""
        with self._lock:
            return list(self._logs[thread])

    def enable(self, thread: int, scn: int) -> None:
        """Begin a thread, at its first log."""
        with self._lock:
            self._begin(LogHeader(self.dbid, self.resetlogs_scn, thread, 1, scn, time.time()))

    def write(self, record: Record, thread: int = 1) -> None:
        """Append and hand over to the operating system: a killed process loses nothing that was written."""
        record.thread = thread
        data = _packed(record.scn, record)
        with self._lock:
            self._files[thread].write(data)
            self._files[thread].flush()
        self.on_write()

    def written(self) -> dict[int, tuple[int, int]]:
        """Sequence of each thread's current log, and the bytes that are in it."""
        with self._lock:
            return {thread: (logs[-1].sequence, os.path.getsize(self.path(logs[-1].sequence, thread))) for thread, logs in self._logs.items()}

    def switch(self, thread: int, scn: int) -> LogHeader:
        """Begin a thread's next log at ``scn``; gives the one that is finished."""
        with self._lock:
            # Not changed in place: who reads on in a log that has just been finished has to see that it is, or that it is not yet.
            done = dataclasses.replace(self._logs[thread][-1], next_scn=scn, next_time=time.time())
            self._logs[thread][-1] = done
            self._files[thread].close()
            self._begin(LogHeader(self.dbid, self.resetlogs_scn, thread, done.sequence + 1, scn, done.next_time))
        self.on_write()
        return done

    def _begin(self, header: LogHeader) -> None:
        file = open(self.path(header.sequence, header.thread), "ab", opener=_owners_and_group)   # noqa: SIM115 - lives as long as the stream
        file.write(_packed(header.first_scn, header))
        file.flush()
        self._files[header.thread] = file
        self._logs.setdefault(header.thread, []).append(header)

    def copy(self, header: LogHeader, target: str) -> int:
        """Write an archived log. Gives its size in bytes. OSError."""
        return archive(self.path(header.sequence, header.thread), header, target)

    def records(self, from_scn: int = 0) -> Iterator[Record]:
        """Every record with an SCN above ``from_scn``, in the order of SCNs. A torn record at the very end was never committed."""
        chains = [self._chain(thread, from_scn) for thread in self.threads()]
        return heapq.merge(*chains, key=lambda record: record.scn)

    def _chain(self, thread: int, from_scn: int) -> Iterator[Record]:
        for header in self.logs(thread):
            if not header.next_scn or header.next_scn > from_scn:
                yield from read_records(self.path(header.sequence, thread), from_scn)

    @staticmethod
    def _cut_torn_end(path: str) -> None:
        """A record that a killed process left unfinished goes: what is written next would be unreadable behind it."""
        with open(path, "r+b") as file:
            size, end = os.fstat(file.fileno()).st_size, 0
            while len(head := file.read(_FRAME.size)) == _FRAME.size:
                length = _FRAME.unpack(head)[0]
                if end + _FRAME.size + length > size:
                    break
                end = file.seek(length, os.SEEK_CUR)
            file.truncate(end)

    def reset(self, resetlogs_scn: int, threads: Mapping[int, tuple[int, int]] | None = None) -> None:
        """Forget every log: each thread begins anew (OPEN RESETLOGS), or at a sequence and SCN, where another database's redo ended."""
        with self._lock:
            self.resetlogs_scn = resetlogs_scn
            threads = threads or dict.fromkeys(self.threads(), (1, resetlogs_scn))
            for file in self._files.values():
                file.close()
            for name in os.listdir(self.directory):
                os.unlink(os.path.join(self.directory, name))
            self._logs.clear()
            for thread, (sequence, scn) in threads.items():
                self._begin(LogHeader(self.dbid, resetlogs_scn, thread, sequence, scn, time.time()))

    def close(self) -> None:
        for file in self._files.values():
            file.close()

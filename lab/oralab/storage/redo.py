# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The redo stream: what changed, with SCNs, in the order of commits. Everything else is derived from it.

A transaction's changes are written with its commit, so the stream holds committed work only (assumed: LogMiner, capture and apply
show committed transactions; Oracle also writes what is rolled back later).
"""
from __future__ import annotations

import dataclasses
import os
import struct
import threading
import zlib
from collections.abc import Iterator

from oralab.storage import records
from oralab.values import Row

_FRAME = struct.Struct("<IIQ")           # length, checksum, SCN


@dataclasses.dataclass(slots=True)
class Change:
    """One row: data object number, row id, image before and after (None: no row)."""

    data_object: int
    rid: int
    before: Row | None
    after: Row | None


@dataclasses.dataclass(slots=True)
class Record:
    """``kind``: TRANSACTION (changes), DDL (``details``: catalog records), CHECKPOINT."""

    scn: int
    time: float
    kind: str
    xid: tuple[int, int, int] = (0, 0, 0)
    user: str = ""
    changes: list[Change] = dataclasses.field(default_factory=list)
    details: dict[str, object] = dataclasses.field(default_factory=dict)


class Redo:
    """Log files by sequence number below one directory; a switch begins the next."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        os.makedirs(directory, exist_ok=True)
        self._lock = threading.Lock()
        names = sorted(name for name in os.listdir(directory) if name.endswith(".log"))
        self.sequence = int(names[-1].split(".")[0]) if names else 1
        if names:
            self._cut_torn_end(self.path(self.sequence))
        self._file = open(self.path(self.sequence), "ab")   # noqa: SIM115 - lives as long as the stream

    def path(self, sequence: int) -> str:
        return os.path.join(self.directory, f"{sequence:08d}.log")

    def write(self, record: Record) -> None:
        """Append and hand over to the operating system: a killed process loses nothing that was written."""
        data = records.dump(record)
        with self._lock:
            self._file.write(_FRAME.pack(len(data), zlib.crc32(data), record.scn) + data)
            self._file.flush()

    def switch(self) -> int:
        """Begin the next log; gives the number of the one that is finished."""
        with self._lock:
            self._file.close()
            self.sequence += 1
            self._file = open(self.path(self.sequence), "ab")   # noqa: SIM115
            return self.sequence - 1

    def records(self, from_scn: int = 0) -> Iterator[Record]:
        """Every record with an SCN above ``from_scn``. A torn record at the very end was never committed."""
        for name in sorted(name for name in os.listdir(self.directory) if name.endswith(".log")):
            with open(os.path.join(self.directory, name), "rb") as file:
                while len(head := file.read(_FRAME.size)) == _FRAME.size:
                    length, checksum, scn = _FRAME.unpack(head)
                    if scn <= from_scn:
                        file.seek(length, os.SEEK_CUR)
                        continue
                    data = file.read(length)
                    if len(data) < length or zlib.crc32(data) != checksum:
                        break
                    record: Record = records.load(data)
                    yield record

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

    def reset(self) -> None:
        """Forget every log: the stream begins anew (OPEN RESETLOGS)."""
        with self._lock:
            self._file.close()
            for name in os.listdir(self.directory):
                os.unlink(os.path.join(self.directory, name))
            self.sequence = 1
            self._file = open(self.path(self.sequence), "ab")   # noqa: SIM115

    def close(self) -> None:
        self._file.close()

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The physical side of one database: its life, restore points and logs, above the layers that each know those below them alone."""
from __future__ import annotations

import collections
import contextlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from oralab.errors import OraError
from oralab.storage import asm, datafile, flashback, media_recovery, records
from oralab.storage.apply import apply
from oralab.storage.contents import JOURNAL
from oralab.storage.control_file import Control, read_control_files
from oralab.storage.faults import Faults
from oralab.storage.flashback import CONTROL_FILE
from oralab.storage.platforms import PLATFORMS
from oralab.storage.redo import LogHeader, Record, Redo
from oralab.storage.rows import Cancelled, Rid, Segment, Transaction
from oralab.storage.tablespaces import Keys, NoKeys
from oralab.storage.transactions import Transactions
from oralab.values import Row

_WORD = r"""(?:"[^"]*"|[^\s"';]+)"""
_PASSWORD = re.compile(rf"(\bIDENTIFIED\s+BY\s+){_WORD}(?:\s+REPLACE\s+{_WORD})?", re.IGNORECASE)


class Store(Transactions):
    """One database's physical side. Thread-safe; a lock is held for moments only, never while waiting.

    Its layers: :mod:`clock`, :mod:`tablespaces`, :mod:`contents`, :mod:`transport`, :mod:`transactions`. They declare what they use; it is made here.
    """

    def __init__(self, directory: str, control: Control, control_files: Sequence[str] = ()) -> None:
        self.directory = directory
        self.control = control
        self.control_files = list(control_files) or [os.path.join(directory, CONTROL_FILE)]
        self.opened = self.writable = False
        self.applied_scn = 0
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

    # --- status of tablespaces ---

    def read_only(self, name: str, cancelled: Cancelled | None = None) -> int:
        """ALTER TABLESPACE READ ONLY: from now on nobody writes, what is open may end, then the files are frozen; gives their SCN.

        ORA-01644 when it is so already, ORA-01539 when it is not online.
        """
        with self.lock:
            space = self.tablespace(name)
            if space.status == "READ ONLY":
                raise OraError(1644, f"tablespace '{name}' is already read only")
            if space.status != "ONLINE":
                raise OraError(1539, f"tablespace '{name}' is not online")
            space.status = "READ ONLY"
            before = [other for other in self.transactions.values() if other.changes]
        try:
            for other in before:
                self.wait_for(other, None, None, cancelled)
        except OraError:
            space.status = "ONLINE"
            raise
        with self.lock:
            self._log("TABLESPACE", tablespace=space)
            return self.checkpoint(name)

    def read_write(self, name: str) -> None:
        """ALTER TABLESPACE READ WRITE; headers become this database's. ORA-01646 when it is not read only."""
        with self.lock:
            space = self.tablespace(name)
            if space.status != "READ ONLY":
                raise OraError(1646, f"tablespace '{name}' is not read only - cannot make read write")
            space.status = "ONLINE"
            for file in self.datafiles(name):
                file.foreign = None
            self._log("TABLESPACE", tablespace=space)
            self.checkpoint(name)

    def offline(self, name: str) -> None:
        with self.lock:
            self.checkpoint(name)
            space = self.tablespace(name)
            space.status = "OFFLINE"
            self._log("TABLESPACE", tablespace=space)
            self.write_control()

    def online(self, name: str) -> None:
        """ORA-01157 over 01110 when a file is not there."""
        with self.lock:
            for file in self.datafiles(name):
                if not asm.exists(file.path):
                    raise OraError(1157, f"cannot identify/lock data file {file.number} - see DBWR trace file", stack=[
                        f"ORA-01110: data file {file.number}: '{file.path}'"])
            space = self.tablespace(name)
            space.status = "ONLINE"
            self._log("TABLESPACE", tablespace=space)
            self.write_control()

    # --- redo logs ---

    def written(self) -> tuple[int, dict[int, tuple[int, int]]]:
        """The current SCN, and how much of each thread's current log was written until it: sequence and bytes."""
        with self.lock:
            return self.control.scn, self.redo.written()

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

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tablespaces and their datafiles: made, changed, frozen, described for transport and plugged in."""
from __future__ import annotations

import contextlib
import dataclasses
import os
import struct
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from cryptography.hazmat.primitives import keywrap

from oralab.errors import OraError, not_simulated
from oralab.storage import asm, datafile, records
from oralab.storage.faults import Faults, no_space
from oralab.storage.incarnations import Incarnation
from oralab.storage.platforms import Platform
from oralab.storage.redo import Record
from oralab.storage.rows import Cancelled, Rid, Segment, rid_fields
from oralab.values import DataType

if TYPE_CHECKING:
    from oralab.storage.redo import LogHeader, Redo
    from oralab.storage.rows import Transaction

IN_CONTROL_FILE = ("RMAN", "RestorePoint")
"""Kinds of catalog records that the control file keeps, not the SYSTEM tablespace: they can be read and written without open files."""
ALSO_IN_CONTROL_FILE = ("DatabaseAttributes",)
"""Kinds of which the control file has what was last known, for a database that is mounted."""
FileSpec = tuple[str, int, bool, int, int]
"""Path, bytes, whether it extends itself, largest size, step."""


KEY_BYTES: Final = {"AES128": 16, "AES192": 24, "AES256": 32}
"""Algorithms for tablespaces, with the length of their keys."""


class Keys(Protocol):
    """Where master keys come from: the keystore."""

    def key(self, key_id: str) -> bytes:
        """ORA-28365 when it is not open, ORA-28374 when it does not hold the key."""
        ...

    def active(self) -> str:
        """Id of the key in use; errors as ``key``."""
        ...


class NoKeys:
    """A store of which no database has told where its keys are."""

    def key(self, key_id: str) -> bytes:
        raise OraError(28365, "wallet is not open")

    def active(self) -> str:
        raise OraError(28365, "wallet is not open")


@dataclasses.dataclass(slots=True)
class Tablespace:
    """``status``: ONLINE, READ ONLY or OFFLINE."""

    number: int
    name: str
    contents: str
    block_size: int
    status: str = "ONLINE"
    bigfile: bool = False
    omf: bool = False
    encryption: tuple[str, str, bytes] | None = None
    """Algorithm, id of the master key, and the tablespace's key encrypted with it."""


@dataclasses.dataclass(slots=True)
class Datafile:
    """``object_map``: data object numbers in the file's blocks -> here; of files that were plugged in."""

    number: int
    relative: int
    tablespace: str
    contents: str
    path: str
    bytes: int
    auto_extend: bool
    max_bytes: int
    increment: int
    creation_scn: int
    creation_time: float
    checkpoint_scn: int
    checkpoint_time: float
    status: str = "ONLINE"
    omf: bool = False
    next_block: int = 1
    free: list[int] = dataclasses.field(default_factory=list)
    object_map: dict[int, int] = dataclasses.field(default_factory=dict)
    foreign: tuple[int, int, int] | None = None
    """DBID, file number and creation SCN at the source, while the header still is the source's (KEEP_READ_ONLY)."""

    recover: bool = False
    """It was restored, older than what the control file knows of it: it needs media recovery."""

    def blocks(self, block_size: int) -> int:
        return self.bytes // block_size

    @property
    def unnamed(self) -> bool:
        """Redo brought it, and nobody has made it here yet."""
        return os.path.basename(self.path).startswith("UNNAMED")

    def stored_number(self, data_object: int) -> int:
        """The number that blocks of this file have for a segment."""
        return next((stored for stored, here in self.object_map.items() if here == data_object), data_object)


@dataclasses.dataclass(slots=True)
class ArchivedLog:
    """An archived log as the control file knows it. ``dest``: number of the destination; ``recovery_area``: the file lies there.

    ``status``: A, D (RMAN deleted the file) or X (a crosscheck found it gone).
    ``applied``: YES, NO or IN-MEMORY (applied, and no checkpoint since); ``registrar``: RFS for one that came from another database, ``fal``
    for one that was asked for.
    """

    name: str
    dest: int
    log: LogHeader
    bytes: int
    completed: float
    recovery_area: bool
    creator: str = "ARCH"
    registrar: str = "ARCH"
    applied: str = "NO"
    fal: bool = False
    status: str = "A"


@dataclasses.dataclass(slots=True)
class StandbyLog:
    """A group of standby redo logs. ``thread`` 0: for any. ``log``: what it holds, ``used`` bytes of it; ``full``: all of it."""

    group: int
    thread: int
    bytes: int
    members: list[str]
    log: LogHeader | None = None
    used: int = 0
    full: bool = False
    last_scn: int = 0
    last_time: float = 0.0


@dataclasses.dataclass(slots=True)
class Control:
    """The control file. ``archive_from``: thread -> the first log that has to be archived; empty in NOARCHIVELOG mode.

    ``role``: DATABASE_ROLE of V$DATABASE: PRIMARY, PHYSICAL STANDBY or SNAPSHOT STANDBY.
    """

    name: str
    dbid: int
    platform: int
    block_size: int
    created: float
    scn: int = 1_000_000
    resetlogs_scn: int = 999_999
    next_object: int = 70_000
    next_tablespace: int = 0
    next_file: int = 1
    tablespaces: dict[str, Tablespace] = dataclasses.field(default_factory=dict)
    datafiles: dict[int, Datafile] = dataclasses.field(default_factory=dict)
    segments: dict[int, tuple[str, list[DataType]]] = dataclasses.field(default_factory=dict)
    catalog_scn: int = 0
    catalog_blocks: list[int] = dataclasses.field(default_factory=list)
    archived: list[ArchivedLog] = dataclasses.field(default_factory=list)
    archive_from: dict[int, int] = dataclasses.field(default_factory=dict)
    records: dict[str, dict[tuple[str, ...], Any]] = dataclasses.field(default_factory=dict)
    """Catalog records that are there when the database is only mounted: backups, restore points, what it knows of itself."""
    attributes: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Attributes of the database that are this control file's own and travel in no redo: LOG_MODE, FORCE_LOGGING, ..."""
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    """What CREATE DATABASE made the database: character sets, containers, components (fields of ``DatabaseSpec``)."""
    role: str = "PRIMARY"
    incarnations: list[Incarnation] = dataclasses.field(default_factory=list)
    """Every one since the first OPEN RESETLOGS; without any there is only the first."""
    incomplete: bool = False
    """Recovery ended before the end of redo: the database opens with RESETLOGS alone."""
    backup: bool = False
    """It was restored from a backup: CONTROLFILE_TYPE is BACKUP until the database is opened with RESETLOGS."""
    standby_logs: list[StandbyLog] = dataclasses.field(default_factory=list)
    shipped: list[ArchivedLog] = dataclasses.field(default_factory=list)
    """Logs that other databases have: ``name`` is the service of the destination."""
    applied: dict[int, int] = dataclasses.field(default_factory=dict)
    """Thread -> the last log that managed recovery has applied whole."""
    protection: str = "MAXIMUM PERFORMANCE"
    """PROTECTION_MODE of V$DATABASE."""
    end_of_redo: int = 0
    """SCN at which the primary ended its redo for a switchover, once it has been applied here."""
    terminal: bool = False
    """The redo ended because a standby was told to finish without its primary."""
    became_primary_scn: int = 0
    """STANDBY_BECAME_PRIMARY_SCN: what was applied when this database took over."""
    structure_scn: int = 0
    """SCN of the newest change of tablespaces, files and segments that the control file knows."""


def read_control_files(paths: Sequence[str]) -> bytes:
    """What the control files hold. ORA-00205 when one is not there."""
    try:
        held = []
        for path in paths:
            with open(asm.real(path), "rb") as file:
                held.append(file.read())
    except (OSError, OraError):
        raise OraError(205, "error in identifying control file, check alert log for more info") from None
    return held[0]


def write_control_files(paths: Sequence[str], data: bytes) -> None:
    """Every copy of the control file."""
    for path in map(asm.real, paths):
        with open(path + ".new", "wb") as file:
            file.write(data)
        os.replace(path + ".new", path)


class Tablespaces:
    """The part of a store that knows tablespaces and files."""

    directory: str
    control_files: Sequence[str]
    control: Control
    platform: Platform
    block_size: int
    lock: threading.RLock
    redo: Redo
    segments: dict[int, Segment]
    transactions: dict[tuple[int, int, int], Transaction]
    faults: Faults
    keys: Keys
    sealed: set[int]
    """Numbers of datafiles whose rows could not be read, for want of the key."""
    unwrapped: dict[bytes, bytes]
    """Keys of tablespaces that were needed, by what they are when encrypted."""
    name_file: Callable[[Datafile], None] = staticmethod(lambda file: None)
    """Gives a file that redo brings its name here; OraError when it may not be made."""

    # --- asking ---

    def tablespaces(self) -> list[Tablespace]:
        return list(self.control.tablespaces.values())

    def tablespace(self, name: str) -> Tablespace:
        """ORA-00959 when there is none."""
        found = self.control.tablespaces.get(name)
        if found is None:
            raise OraError(959, f"tablespace '{name}' does not exist")
        return found

    def tablespace_status(self, name: str) -> str:
        return self.tablespace(name).status

    def datafiles(self, tablespace: str | None = None) -> list[Datafile]:
        """Files of one tablespace, or all, in the order of their numbers; temporary ones included."""
        return [file for _, file in sorted(self.control.datafiles.items()) if tablespace in (None, file.tablespace)]

    def read_header(self, path: str) -> datafile.Header:
        return datafile.read_header(path, self.platform)

    def free_space(self, tablespace: str) -> int:
        """Bytes of the files that no block has yet."""
        return sum((file.blocks(self.block_size) - file.next_block + len(file.free)) * self.block_size
                   for file in self.datafiles(tablespace))

    # --- reading and writing allowed? ---

    def check_readable(self, segment: Segment) -> None:
        """ORA-00376 over 01110 for rows of an offline tablespace, ORA-28365 of an encrypted one whose key cannot be had."""
        if segment.tablespace is None:
            return
        space = self.tablespace(segment.tablespace)
        if space.status == "OFFLINE":
            self.check_writable(segment)
        if space.encryption is not None:
            self.unlock(space)

    def check_tablespace(self, name: str) -> None:
        """ORA-01647 for a new segment in a read-only tablespace, ORA-01542 in an offline one, ORA-28365 in an encrypted one."""
        space = self.tablespace(name)
        if space.status == "READ ONLY":
            raise OraError(1647, f"tablespace '{name}' is read-only, cannot allocate space in it")
        if space.status == "OFFLINE":
            raise OraError(1542, f"tablespace '{name}' is offline, cannot allocate space in it")
        if space.encryption is not None:
            self.unlock(space)

    def check_writable(self, segment: Segment, rid: Rid | None = None) -> None:
        """ORA-00372 over 01110 for rows of a read-only tablespace, ORA-00376 of an offline one, ORA-28365 as for reading."""
        if segment.tablespace is None:
            return
        space = self.tablespace(segment.tablespace)
        if space.status == "ONLINE":
            if space.encryption is not None:
                self.unlock(space)
            return
        files = {file.number: file for file in self.datafiles(segment.tablespace)}
        file = files.get(rid_fields(rid)[0]) if rid is not None else None
        file = file or next(iter(files.values()))
        code, text = (372, "cannot be modified at this time") if space.status == "READ ONLY" else (376, "cannot be read at this time")
        raise OraError(code, f"file {file.number} {text}", stack=[f"ORA-01110: data file {file.number}: '{file.path}'"])

    # --- encrypted? ---

    def tablespace_key(self, name: str) -> bytes | None:
        """The key of a tablespace's blocks, None of one that is not encrypted. ORA-28365, ORA-28374."""
        space = self.control.tablespaces[name]
        if space.encryption is None:
            return None
        _, master, wrapped = space.encryption
        # What is being written when the keystore is closed is written nevertheless.
        if wrapped not in self.unwrapped:
            self.unwrapped[wrapped] = keywrap.aes_key_unwrap(self.keys.key(master), wrapped)
        return self.unwrapped[wrapped]

    def unlock(self, space: Tablespace) -> None:
        """What sessions need to work with an encrypted tablespace: its key now, and its rows, which wait for the key. ORA-28365, ORA-28374."""
        if space.encryption is not None:
            self.keys.key(space.encryption[1])
        for file in self.datafiles(space.name):
            if file.number in self.sealed:
                self.unseal(file)

    def unseal(self, file: Datafile) -> None:
        """Read a file whose key was not there before. ORA-28365, ORA-28374."""
        with self.lock:
            if file.number in self.sealed:
                self.tablespace_key(file.tablespace)
                self.load_file(file)   # type: ignore[attr-defined]

    def wrap_keys(self, master: str) -> None:
        """Another master key is in use: the keys of tablespaces are encrypted with it. They stay what they are (documented)."""
        with self.lock:
            for space in self.control.tablespaces.values():
                key = self.tablespace_key(space.name)
                if space.encryption is not None and key is not None:
                    space.encryption = self._wrapped(space.encryption[0], master, key)
                    self._log("TABLESPACE", tablespace=space)
            self.write_control()

    def _wrapped(self, algorithm: str, master: str, key: bytes) -> tuple[str, str, bytes]:
        wrapped = keywrap.aes_key_wrap(self.keys.key(master), key)
        self.unwrapped[wrapped] = key
        return algorithm, master, wrapped

    # --- blocks ---

    def allocate_block(self, tablespace: str) -> tuple[int, int]:
        """File and number of a free block. ORA-01653 when the tablespace is full and no file may grow."""
        self.faults.on_extend(tablespace)
        files = self.datafiles(tablespace)
        for file in files:
            if file.free or file.next_block < file.blocks(self.block_size):
                return file.number, self.allocate_in(file)
        for file in files:
            if self._extend(file):
                return file.number, self.allocate_in(file)
        raise no_space(tablespace)

    def allocate_in(self, file: Datafile) -> int:
        """A free block of one file, which overflow blocks need."""
        if file.free:
            return file.free.pop()
        if file.next_block >= file.blocks(self.block_size) and not self._extend(file):
            raise no_space(file.tablespace)
        file.next_block += 1
        return file.next_block - 1

    def _extend(self, file: Datafile) -> bool:
        if not file.auto_extend or file.bytes + file.increment > file.max_bytes:
            return False
        try:
            asm.need_room(file.path, max(file.increment, self.block_size))
        except OraError:
            return False   # and so the tablespace is full (assumed)
        self._resize(file, file.bytes + max(file.increment, self.block_size))
        return True

    def log_size(self, file: Datafile) -> None:
        """Size and growth of a file have changed."""
        self._log("SIZE", number=file.number, bytes=file.bytes, auto_extend=file.auto_extend, max_bytes=file.max_bytes, increment=file.increment)

    def _resize(self, file: Datafile, size: int) -> None:
        self.set_size(file, size)
        self.log_size(file)
        self.write_control()

    def extend_to(self, file: Datafile, block: int) -> None:
        """Make a file long enough for a block."""
        step = max(file.increment, self.block_size)
        self.set_size(file, file.bytes + -(-((block + 1) * self.block_size - file.bytes) // step) * step)

    def set_size(self, file: Datafile, size: int) -> None:
        self.faults.on_write(file.path)
        file.bytes = size // self.block_size * self.block_size
        with open(asm.real(file.path), "r+b") as handle:
            handle.truncate(file.bytes)
        self.write_header(file, fuzzy=True)

    def free_blocks(self, segment: Segment) -> None:
        """Give the blocks of a segment back, and make sure that nobody finds its rows in them again."""
        for number, blocks in segment.blocks.items():
            file = self.control.datafiles.get(number)
            if file is None or segment.tablespace is None or self.control.tablespaces[file.tablespace].status != "ONLINE":
                continue
            chains = [block for (at, _), chain in segment.overflow.items() if at == number for block in chain]
            with datafile.BlockFile(file.path, self.platform, self.block_size) as handle:
                for block in [*blocks, *chains]:
                    handle.erase(block, self.control.scn)
            file.free += [*blocks, *chains]

    # --- changing ---

    def _log(self, change: str, **details: object) -> None:
        """What changes in the control file stands in redo, for recovery and for databases that follow this one. ``lock`` is held."""
        if self.control.role == "PHYSICAL STANDBY":
            return
        scn = self.next_scn()   # type: ignore[attr-defined]
        self.redo.write(Record(scn, time.time(), "STRUCTURE", details={"change": change, **details}))
        self.control.structure_scn = scn

    def create_tablespace(self, name: str, files: Sequence[FileSpec], *, contents: str = "PERMANENT", block_size: int | None = None,
                          bigfile: bool = False, omf: bool = False, encryption: str = "") -> Tablespace:
        """``encryption``: its algorithm; ORA-28365 and ORA-28374 without a key.

        ORA-01543 when the name is taken, ORA-01119 when a file cannot be made, ORA-01537 when it is part of the database already.
        """
        with self.lock:
            if name in self.control.tablespaces:
                raise OraError(1543, f"tablespace '{name}' already exists")
            if block_size not in (None, self.block_size):
                raise not_simulated("tablespaces of another block size than the database's")
            space = Tablespace(self.control.next_tablespace, name, contents, block_size or self.block_size, bigfile=bigfile, omf=omf)
            if encryption:
                space.encryption = self._wrapped(encryption, self.keys.active(), os.urandom(KEY_BYTES[encryption]))
            made: list[Datafile] = []
            self.control.tablespaces[name] = space
            try:
                for spec in files:
                    made.append(self._add_file(space, spec, omf))
            except OraError:
                for file in made:
                    del self.control.datafiles[file.number]
                    asm.remove(file.path)
                del self.control.tablespaces[name]
                raise
            self.control.next_tablespace += 1
            self._log("TABLESPACE", tablespace=space)
            for file in made:
                self._log("FILE", file=file)
            self.write_control()
            return space

    def add_datafile(self, tablespace: str, spec: FileSpec, *, omf: bool = False) -> Datafile:
        """ORA-32771 for a second file of a bigfile tablespace."""
        with self.lock:
            space = self.tablespace(tablespace)
            if space.bigfile and self.datafiles(tablespace):
                raise OraError(32771, "cannot add file to bigfile tablespace")
            self.check_tablespace(tablespace)
            file = self._add_file(space, spec, omf)
            self._log("FILE", file=file)
            self.write_control()
            return file

    def _add_file(self, space: Tablespace, spec: FileSpec, omf: bool) -> Datafile:
        path, size, auto_extend, largest, step = spec
        if any(file.path == path for file in self.control.datafiles.values()):
            raise OraError(1537, f"cannot add file '{path}' - file already part of database")
        scn, now = self.next_scn(), time.time()   # type: ignore[attr-defined]
        number = self.control.next_file
        file = Datafile(number, number, space.name, space.contents, path, size // self.block_size * self.block_size, auto_extend, largest,
                        step, scn, now, scn, now, omf=omf, next_block=2 if space.name == "SYSTEM" else 1)
        datafile.create(path, self.header(file, space, fuzzy=True))
        self.control.datafiles[number] = file
        self.control.next_file += 1
        return file

    def resize_datafile(self, number: int, size: int) -> None:
        """ORA-03297 below what is used."""
        with self.lock:
            file = self.control.datafiles[number]
            if size < file.next_block * self.block_size:
                raise OraError(3297, "file contains used data beyond requested RESIZE value")
            try:
                asm.need_room(file.path, size - file.bytes)
            except OraError as error:
                raise OraError(1237, f"cannot extend datafile {number}", stack=[
                    f"ORA-01110: data file {number}: '{file.path}'",
                    f"ORA-17505: ksfdrsz:1 Failed to resize file to size {size // self.block_size} blocks", error.text]) from None
            self._resize(file, size)

    def drop_tablespace(self, name: str, *, keep_files: bool | None = None) -> None:
        """The tablespace with its segments. Unless asked to keep them, files that Oracle named itself go with it (documented, OMF)."""
        with self.lock:
            self.tablespace(name)
            self._log("DROP TABLESPACE", name=name, remove=keep_files is False)
            for number, segment in list(self.segments.items()):
                if segment.tablespace == name:
                    del self.segments[number]
                    self.control.segments.pop(number, None)
            for file in self.datafiles(name):
                del self.control.datafiles[file.number]
                if keep_files is False or file.omf and keep_files is None:
                    asm.remove(file.path)
            del self.control.tablespaces[name]
            self.write_control()

    def rename_tablespace(self, name: str, new: str) -> None:
        with self.lock:
            if new in self.control.tablespaces:
                raise OraError(1543, f"tablespace '{new}' already exists")
            self.tablespace(name)
            self._log("RENAME TABLESPACE", name=name, new=new)
            self.change_name(name, new)
            self.write_control()

    def change_name(self, name: str, new: str) -> None:
        """Everything that names a tablespace names it anew."""
        space = self.tablespace(name)
        self.control.tablespaces = {new if key == name else key: value for key, value in self.control.tablespaces.items()}
        space.name = new
        for file in self.control.datafiles.values():
            if file.tablespace == name:
                file.tablespace = new
                if space.status == "ONLINE":
                    self.write_header(file, fuzzy=True)
        for number, segment in self.segments.items():
            if segment.tablespace == name:
                segment.tablespace = new
                self.control.segments[number] = (new, segment.types)

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
                self.wait_for(other, None, None, cancelled)   # type: ignore[attr-defined]
        except OraError:
            space.status = "ONLINE"
            raise
        with self.lock:
            self._log("TABLESPACE", tablespace=space)
            return self.checkpoint(name)   # type: ignore[attr-defined, no-any-return]

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
            self.checkpoint(name)   # type: ignore[attr-defined]

    def offline(self, name: str) -> None:
        with self.lock:
            self.checkpoint(name)   # type: ignore[attr-defined]
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

    # --- headers and the control file ---

    def identify(self, file: Datafile, *, recovering: bool = False) -> None:
        """That a datafile is the one that the control file knows.

        ORA-01157 when it is not there, ORA-01122 over 01210, 01206 or 01207 when it is another one or newer, ORA-01113 when it is
        older; all with ORA-01110 (known to DBAs, not verified).
        """
        where = f"ORA-01110: data file {file.number}: '{file.path}'"
        failed = f"database file {file.number} failed verification check"
        try:
            header = datafile.read_header(file.path, self.platform)
        except OraError as error:
            if asm.exists(file.path):
                raise OraError(1122, failed, stack=[where, "ORA-01210: data file header is media corrupt"]) from error
            raise OraError(1157, f"cannot identify/lock data file {file.number} - see DBWR trace file", stack=[where]) from error
        known = file.foreign or (self.control.dbid, file.number, file.creation_scn)
        if (header.dbid, header.file, header.creation_scn) != known:
            raise OraError(1122, failed, stack=[where, "ORA-01206: file is not part of this database - wrong database id"])
        if header.checkpoint_scn > file.checkpoint_scn:
            raise OraError(1122, failed, stack=[where, "ORA-01207: file is more recent than control file - old control file"])
        if header.checkpoint_scn < file.checkpoint_scn:
            raise OraError(1113, f"file {file.number} needs media recovery", stack=[where])
        if file.recover and self.control.role == "PRIMARY" and not recovering:
            raise OraError(1113, f"file {file.number} needs media recovery", stack=[where])

    def is_file(self, file: Datafile) -> bool:
        """Whether the very datafile is at its place."""
        try:
            found = datafile.read_header(file.path, self.platform)
        except OraError:
            return False
        return (found.dbid, found.file, found.creation_scn) == (self.control.dbid, file.number, file.creation_scn)

    def header(self, file: Datafile, space: Tablespace, fuzzy: bool) -> datafile.Header:
        return datafile.Header(self.platform, self.control.dbid, self.control.name, file.number, file.relative, space.number,
                               space.name, self.block_size,
                               file.blocks(self.block_size), file.creation_scn, file.checkpoint_scn, int(file.checkpoint_time),
                               self.control.resetlogs_scn, fuzzy)

    def write_header(self, file: Datafile, *, fuzzy: bool, journal: datafile.Journal | None = None) -> None:
        if file.foreign is not None:
            return
        self.faults.on_write(file.path)
        if file.contents == "TEMPORARY" and not asm.exists(file.path):
            # Temporary files are in no backup; they are made again when the database is opened (documented).
            with contextlib.suppress(OraError):
                datafile.create(file.path, self.header(file, self.control.tablespaces[file.tablespace], fuzzy))
            return
        with datafile.BlockFile(file.path, self.platform, self.block_size, journal=journal) as blocks:
            blocks.write_header(self.header(file, self.control.tablespaces[file.tablespace], fuzzy))

    def write_control(self) -> None:
        with self.lock:
            write_control_files(self.control_files, records.dump(self.control))

    def convert_names(self, pairs: Sequence[tuple[str, str]]) -> None:
        """DB_FILE_NAME_CONVERT: the first pattern that is in a name is replaced (documented), once: what has been converted stays."""
        with self.lock:
            for file in self.control.datafiles.values():
                for old, new in pairs:
                    if old in file.path and not file.path.startswith(new):
                        file.path = file.path.replace(old, new, 1)
                        break
            self.write_control()

    def control_copy(self, role: str = "") -> bytes:
        """The control file as it is restored elsewhere or lies in a backup piece; ``role``: that of a standby database."""
        with self.lock:
            data = records.dump(self.control)
        if not role:
            return data
        made: Control = records.load(data)
        made.role = role
        made.structure_scn = made.scn
        # A standby's control file begins without the logs of its primary (documented: they are registered as they arrive).
        made.archived.clear()
        return records.dump(made)

    # --- transport ---

    def describe_tablespaces(self, names: Sequence[str]) -> dict[str, Any]:
        """What a transport dump says of the files: by these facts an import knows them again."""
        encrypted = [name for name in names if self.tablespace(name).encryption is not None]
        if encrypted:
            raise not_simulated(f"transport of encrypted tablespaces ({', '.join(encrypted)})")
        with self.lock:
            return {
                "dbid": self.control.dbid, "platform": self.platform.id, "resetlogs_scn": self.control.resetlogs_scn,
                "tablespaces": [{
                    "name": name, "block_size": self.tablespace(name).block_size, "bigfile": self.tablespace(name).bigfile,
                    "files": [{"file": file.number, "relative": file.relative, "creation_scn": file.creation_scn,
                               "checkpoint_scn": file.checkpoint_scn, "bytes": file.bytes, "auto_extend": file.auto_extend,
                               "max_bytes": file.max_bytes, "increment": file.increment, "next_block": file.next_block,
                               "free": list(file.free), "objects": {here: stored for stored, here in file.object_map.items()}}
                              for file in self.datafiles(name)],
                    "segments": {number: segment.types for number, segment in self.segments.items() if segment.tablespace == name},
                } for name in names]}

    def plug(self, descriptor: dict[str, Any], paths: Sequence[str], *, rename: dict[str, str] | None = None,
             keep_read_only: bool = False) -> dict[int, int]:
        """Plug converted files in, READ ONLY; gives data object numbers here by those in the files.

        Checks in DBMS_PLUGTS's order, before anything changes: name free (ORA-29349), every file there and readable on this platform
        (ORA-01565), one that the dump knows (ORA-19721), of the SCN that it knows (ORA-19722), none left out (ORA-19732). Without
        ``keep_read_only`` headers are rewritten as this database's own, so the same file can be plugged in but once.
        """
        rename = rename or {}
        with self.lock:
            for space in descriptor["tablespaces"]:
                if rename.get(space["name"], space["name"]) in self.control.tablespaces:
                    raise OraError(29349, f"tablespace '{rename.get(space['name'], space['name'])}' already exists")
            found = self._identify(descriptor, paths)
            return self._plug_in(descriptor, found, rename, keep_read_only)

    def _identify(self, descriptor: dict[str, Any], paths: Sequence[str]) -> dict[tuple[str, int], str]:
        found: dict[tuple[str, int], str] = {}
        wanted = {(space["name"], file["file"]): file for space in descriptor["tablespaces"] for file in space["files"]}
        for path in paths:
            if any(file.path == path for file in self.control.datafiles.values()) or path in found.values():
                raise OraError(1537, f"cannot add file '{path}' - file already part of database")
            header = datafile.read_header(path, self.platform)
            key = (header.tablespace, header.file)
            file = wanted.get(key)
            if file is None or header.dbid != descriptor["dbid"] or header.creation_scn != file["creation_scn"]:
                raise OraError(19721, f"Cannot find datafile with absolute file number {header.file} in tablespace {header.tablespace}")
            if header.checkpoint_scn != file["checkpoint_scn"] or header.fuzzy or header.resetlogs_scn != descriptor["resetlogs_scn"]:
                raise OraError(19722, f"datafile {path} is an incorrect version")
            found[key] = path
        for space in descriptor["tablespaces"]:
            if any((space["name"], file["file"]) not in found for file in space["files"]):
                raise OraError(19732, f"incorrect number of datafiles for tablespace {space['name']}")
        return found

    def _plug_in(self, descriptor: dict[str, Any], found: dict[tuple[str, int], str], rename: dict[str, str], keep: bool) -> dict[int, int]:
        numbers: dict[int, int] = {}
        if any(space["block_size"] != self.block_size for space in descriptor["tablespaces"]):
            raise not_simulated("tablespaces of another block size than the database's")
        for space in descriptor["tablespaces"]:
            for number in space["segments"]:
                numbers[number] = self.next_object_id() if number in self.segments else number   # type: ignore[attr-defined]
                self.control.next_object = max(self.control.next_object, numbers[number])
        spaces, files, segments = dict(self.control.tablespaces), dict(self.control.datafiles), dict(self.segments)
        try:
            for space in descriptor["tablespaces"]:
                self._plug_tablespace(descriptor, space, rename.get(space["name"], space["name"]), found, numbers, keep)
        except (OraError, ValueError, struct.error):
            # A damaged block is met before any header is written: nothing has happened.
            self.control.tablespaces, self.control.datafiles = spaces, files
            self.segments.clear()
            self.segments.update(segments)
            self.control.segments = {number: known for number, known in self.control.segments.items() if number in segments}
            raise
        for file in self.control.datafiles.values():
            if file.number not in files:
                self.control.scn = max(self.control.scn, file.checkpoint_scn)
                self.write_header(file, fuzzy=False)
        for space in descriptor["tablespaces"]:
            name = rename.get(space["name"], space["name"])
            self._log("TABLESPACE", tablespace=self.control.tablespaces[name])
            for number, types in space["segments"].items():
                self._log("SEGMENT", number=numbers[number], tablespace=name, types=types)
            for file in self.datafiles(name):
                self._log("FILE", file=file, plugged=True)
        self.write_control()
        return numbers

    def _plug_tablespace(self, descriptor: dict[str, Any], space: dict[str, Any], name: str, found: dict[tuple[str, int], str],
                         numbers: dict[int, int], keep: bool) -> None:
        self.control.tablespaces[name] = Tablespace(self.control.next_tablespace, name, "PERMANENT", space["block_size"],
                                                    "READ ONLY", space["bigfile"])
        self.control.next_tablespace += 1
        for number, types in space["segments"].items():
            self.segments[numbers[number]] = Segment(numbers[number], name, types)
            self.control.segments[numbers[number]] = (name, types)
        for entry in space["files"]:
            now, scn = time.time(), entry["checkpoint_scn"]
            file = Datafile(
                self.control.next_file, entry["relative"], name, "PERMANENT", found[space["name"], entry["file"]], entry["bytes"],
                entry["auto_extend"],
                entry["max_bytes"], entry["increment"], entry["creation_scn"], now, scn, now, next_block=entry["next_block"],
                free=list(entry["free"]),
                object_map={entry["objects"].get(number, number): here for number, here in numbers.items()},
                foreign=(descriptor["dbid"], entry["file"], entry["creation_scn"]) if keep else None,
                omf=asm.is_managed(found[space["name"], entry["file"]]))
            self.control.next_file += 1
            self.control.datafiles[file.number] = file
            self.load_file(file)   # type: ignore[attr-defined]

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tablespaces and their datafiles: made and changed."""
from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from cryptography.hazmat.primitives import keywrap

from oralab.errors import OraError, not_simulated
from oralab.storage import asm, datafile, records
from oralab.storage.clock import Clock
from oralab.storage.control_file import Control, Datafile, Tablespace, write_control_files
from oralab.storage.faults import Faults, no_space
from oralab.storage.platforms import Platform
from oralab.storage.redo import Record, Redo
from oralab.storage.rows import Segment, Transaction

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


class Tablespaces(Clock):
    """The layer of a store that knows tablespaces and files."""

    directory: str
    control_files: Sequence[str]
    platform: Platform
    block_size: int
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

    def check_tablespace(self, name: str) -> None:
        """ORA-01647 for a new segment in a read-only tablespace, ORA-01542 in an offline one, ORA-28365 in an encrypted one."""
        space = self.tablespace(name)
        if space.status == "READ ONLY":
            raise OraError(1647, f"tablespace '{name}' is read-only, cannot allocate space in it")
        if space.status == "OFFLINE":
            raise OraError(1542, f"tablespace '{name}' is offline, cannot allocate space in it")
        if space.encryption is not None:
            self.keys.key(space.encryption[1])

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

    def encrypt_restored(self, name: str, algorithm: str) -> bytes:
        """The key that files of a tablespace are encrypted with as they are restored: its own, or one that it has from now on. ORA-28365, ORA-28374.

        It is encrypted here alone: nothing of it stands in redo, and the database that the files come from stays as it is. Every copy that is made with one
        master key gets the same key, so that they can follow each other (assumed: files that are encrypted offline have a key of the database's).
        """
        with self.lock:
            space = self.tablespace(name)
            if space.encryption is None:
                master = self.keys.active()
                key = hashlib.sha256(self.keys.key(master) + f"{self.control.dbid} {space.number}".encode()).digest()
                space.encryption = self._wrapped(algorithm, master, key[:KEY_BYTES[algorithm]])
                self.write_control()
            return self.tablespace_key(name) or b""

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
        scn = self.next_scn()
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
        scn, now = self.next_scn(), time.time()
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

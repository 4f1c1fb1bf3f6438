# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup pieces: what Recovery Manager writes, and all that a restore needs.

A piece says of itself what is in it (``PieceHeader``) and holds blocks of datafiles, control files, server parameter files and
archived logs. The bytes on disk are the lab's own; Oracle's format is not published.
"""
from __future__ import annotations

import dataclasses
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from oralab.errors import OraError
from oralab.storage import records
from oralab.storage.redo import LogHeader

MAGIC = b"ORALABBP"
BLOCK, CONTROL_FILE, SPFILE, ARCHIVED_LOG = b"D", b"C", b"S", b"A"
"""Kinds of content. ``number`` is the file's for a block, the place in ``PieceHeader.logs`` for an archived log, otherwise 0."""
_HEAD = struct.Struct(">8sI")
_FRAME = struct.Struct(">cHII")            # kind, number, block or part, length
_PART = 1 << 20
_ROUNDS = 1000


@dataclasses.dataclass(frozen=True, slots=True)
class FileInPiece:
    """A datafile in a piece: blocks whose SCN is above ``from_scn`` (0: every block that is used), block 0 with its header always.

    ``first_block`` and ``last_block`` tell which section of the file the piece holds.
    """

    number: int
    path: str
    tablespace: str
    blocks: int
    block_size: int
    creation_scn: int
    checkpoint_scn: int
    from_scn: int
    resetlogs_scn: int
    first_block: int = 0
    last_block: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Lock:
    """The key of a piece as one secret opens it: the database's keystore, or the password of SET ENCRYPTION IDENTIFIED BY."""

    keystore: bool
    salt: bytes
    check: bytes
    """Tells a right secret from a wrong one."""
    key: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class Encryption:
    """How the contents were encrypted; any of the locks opens them."""

    algorithm: str
    locks: tuple[Lock, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class PieceHeader:
    """What a piece says of itself; ``control_file`` is "", CURRENT, or STANDBY for one that makes a standby."""

    database: str
    db_unique_name: str
    dbid: int
    platform: int
    resetlogs_scn: int
    tag: str
    set_stamp: int
    set_count: int
    completed: float
    piece: int = 1
    pieces: int = 1
    level: int | None = None
    files: tuple[FileInPiece, ...] = ()
    logs: tuple[LogHeader, ...] = ()
    control_file: str = ""
    control_scn: int = 0
    spfile: bool = False
    autobackup: bool = False
    compressed: bool = False
    encryption: Encryption | None = None


def encrypt(algorithm: str, keystore: bytes = b"", password: bytes = b"") -> tuple[Encryption, bytes]:
    """A new key, and what a header says of it; with both secrets either of them opens the piece (dual mode, documented)."""
    key = os.urandom(32)
    locks = []
    for secret, is_keystore in ((keystore, True), (password, False)):
        if secret:
            salt = os.urandom(16)
            own = _derived(secret, salt)
            locks.append(Lock(is_keystore, salt, _crypt(own, 0, MAGIC), _crypt(own, 1, key)))
    return Encryption(algorithm, tuple(locks)), key


def _derived(secret: bytes, salt: bytes) -> bytes:
    return PBKDF2HMAC(hashes.SHA256(), 32, salt, _ROUNDS).derive(secret)


def _crypt(key: bytes, counter: int, data: bytes) -> bytes:
    """Encrypt or decrypt one frame: AES in counter mode, every frame with a start of its own."""
    return Cipher(algorithms.AES(key), modes.CTR(struct.pack(">QQ", counter, 0))).encryptor().update(data)


class Writer:
    """A piece being written to ``stream``. ``key`` goes with ``header.encryption``."""

    def __init__(self, stream: BinaryIO, header: PieceHeader, key: bytes = b"") -> None:
        self.stream = stream
        self.header = header
        self._key = key
        self._frames = 0
        head = records.dump(header)
        self.size = _HEAD.size + len(head)
        stream.write(_HEAD.pack(MAGIC, len(head)) + head)

    def block(self, file: int, number: int, data: bytes) -> None:
        self._frame(BLOCK, file, number, data)

    def content(self, kind: bytes, data: bytes, number: int = 0) -> None:
        """A whole control file, server parameter file or archived log."""
        for part, start in enumerate(range(0, max(len(data), 1), _PART)):
            self._frame(kind, number, part, data[start:start + _PART])

    def _frame(self, kind: bytes, number: int, part: int, data: bytes) -> None:
        self._frames += 1
        if self.header.compressed:
            data = zlib.compress(data, 1)
        if self._key:
            data = _crypt(self._key, self._frames, data)
        self.stream.write(_FRAME.pack(kind, number, part, len(data)) + data)
        self.size += _FRAME.size + len(data)


class Piece:
    """A piece being read. ``handle`` is its name in errors; ``secrets`` are the keystore's key and the passwords of SET DECRYPTION.

    ORA-19870 over 19587 when it is no piece; over 19913 and 28365 when no secret fits (documented).
    """

    def __init__(self, stream: BinaryIO, handle: str, secrets: Sequence[bytes] = ()) -> None:
        self.stream, self.handle = stream, handle
        head = stream.read(_HEAD.size)
        if len(head) < _HEAD.size or head[:8] != MAGIC:
            raise self._unreadable("ORA-19587: error occurred reading 8192 bytes at block number 1")
        data = stream.read(_HEAD.unpack(head)[1])
        try:
            header = records.load(data)
        except Exception:
            raise self._unreadable("ORA-19587: error occurred reading 8192 bytes at block number 1") from None
        assert isinstance(header, PieceHeader)
        self.header = header
        self._secrets = secrets

    def _unreadable(self, *causes: str) -> OraError:
        return OraError(19870, f"error while restoring backup piece {self.handle}", stack=list(causes))

    def _key(self) -> bytes:
        found = self.header.encryption
        if found is None:
            return b""
        for secret in self._secrets:
            for lock in found.locks:
                own = _derived(secret, lock.salt)
                if _crypt(own, 0, MAGIC) == lock.check:
                    return _crypt(own, 1, lock.key)
        raise self._unreadable("ORA-19913: unable to decrypt backup", "ORA-28365: wallet is not open")

    def _frames(self) -> Iterator[tuple[bytes, int, int, bytes]]:
        key, count = self._key(), 0
        while head := self.stream.read(_FRAME.size):
            count += 1
            kind, number, part, length = _FRAME.unpack(head) if len(head) == _FRAME.size else (b"", 0, 0, 1)
            data = self.stream.read(length)
            if len(data) != length:
                raise self._unreadable(f"ORA-19599: block number {count} is corrupt in backup piece {self.handle}")
            if key:
                data = _crypt(key, count, data)
            yield kind, number, part, zlib.decompress(data) if self.header.compressed else data

    def blocks(self) -> Iterator[tuple[int, int, bytes]]:
        """File number, block number and bytes of every block of datafiles, in the byte order of ``header.platform``. Closes the piece."""
        with self.stream:
            for kind, number, block, data in self._frames():
                if kind == BLOCK:
                    yield number, block, data

    def contents(self) -> dict[tuple[bytes, int], bytes]:
        """Everything that is no block: (kind, number) -> bytes. Closes the piece."""
        found: dict[tuple[bytes, int], bytes] = {}
        with self.stream:
            for kind, number, _, data in self._frames():
                if kind != BLOCK:
                    found[kind, number] = found.get((kind, number), b"") + data
        return found

    def close(self) -> None:
        self.stream.close()

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Datafiles as bytes: a header block, then data blocks whose structure is in the byte order of the platform.

Row contents are Oracle's own representation and the same everywhere; lengths, counters, SCNs and numbers are not, which is why
a file has to be converted. A row that does not fit its block goes on in overflow blocks. Layout of this lab, not of Oracle (assumed);
what matters is that a file of the other byte order, of another SCN or of another database can be told, and that its rows cannot be
read without conversion.
"""
from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from oralab.errors import OraError
from oralab.storage import asm, records
from oralab.storage.platforms import PLATFORMS, Platform

MAGIC = b"ORALAB\x00\x01"
MARK = 0x01020304
DATA, OVERFLOW, FREE = 6, 7, 0
ENCRYPTED = 0x80          # beside the type: what follows the head can be read with the tablespace's key alone
_HEADER = "8sIHHI30sHHI30sIIQQQQHI"
_BLOCK = "BxHIQIII"           # type, rows, data object number, SCN, payload length, next overflow block, checksum
_SLOT = "HI"                  # slot, length of the row
BLOCK_HEADER = struct.calcsize(">" + _BLOCK)


@dataclasses.dataclass(slots=True)
class Header:
    """What a datafile says of itself."""

    platform: Platform
    dbid: int
    database: str
    file: int
    relative: int
    tablespace_number: int
    tablespace: str
    block_size: int
    blocks: int
    creation_scn: int
    checkpoint_scn: int
    checkpoint_time: int           # seconds since the epoch
    resetlogs_scn: int
    fuzzy: bool = False

    def pack(self) -> bytes:
        values = (MAGIC, MARK, self.platform.id, 1, self.dbid, self.database.encode()[:30], self.file, self.relative,
                  self.tablespace_number,
                  self.tablespace.encode()[:30], self.block_size, self.blocks, self.creation_scn, self.checkpoint_scn, self.checkpoint_time,
                  self.resetlogs_scn, int(self.fuzzy))
        body = struct.pack(self.platform.order + _HEADER[:-1], *values)
        return (body + struct.pack(self.platform.order + "I", zlib.crc32(body))).ljust(self.block_size, b"\0")

    @classmethod
    def unpack(cls, data: bytes, platform: Platform) -> Header | None:
        """The header as a server of this platform reads it; None when it makes no sense there."""
        size = struct.calcsize(platform.order + _HEADER[:-1])
        if len(data) < size + 4 or data[:8] != MAGIC:
            return None
        values = struct.unpack(platform.order + _HEADER[:-1], data[:size])
        if values[1] != MARK or struct.unpack(platform.order + "I", data[size:size + 4])[0] != zlib.crc32(data[:size]):
            return None
        known = PLATFORMS.get(values[2])
        if known is None:
            return None
        return cls(known, values[4], values[5].rstrip(b"\0").decode(), values[6], values[7], values[8],
                   values[9].rstrip(b"\0").decode(), values[10],
                   values[11], values[12], values[13], values[14], values[15], bool(values[16]))


def missing(path: str) -> OraError:
    return OraError(1565, f"error in identifying file '{path}'", stack=asm.unfound(path))


def read_header(path: str, platform: Platform) -> Header:
    """The header of a file. ORA-01565 over 27037 when it is not there, over 27047 when this platform cannot read it."""
    try:
        with open(asm.real(path), "rb") as file:
            header = Header.unpack(file.read(512), platform)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise missing(path) from None
    if header is None:
        raise OraError(1565, f"error in identifying file '{path}'", stack=[
            "ORA-27047: unable to read the header block of file", "Additional information: 2"])
    return header


@dataclasses.dataclass(slots=True)
class Block:
    """A data block: rows by slot, as bytes; overflow already joined."""

    number: int
    data_object: int
    scn: int
    rows: dict[int, bytes]
    overflow: list[int] = dataclasses.field(default_factory=list)


class Journal:
    """Images of blocks that belong together: complete on disk before the first of them goes to its place.

    A process that is killed between two of them leaves the journal, and the next start puts them all in place. ``control`` is the
    control file that goes with them.
    """

    _head = struct.Struct("<II")

    def __init__(self, path: str) -> None:
        self.path = path
        self.images: list[tuple[str, int, bytes]] = []
        self.control = b""

    def write(self) -> None:
        body = records.dump((self.images, self.control))
        with open(self.path, "wb") as file:
            file.write(self._head.pack(len(body), zlib.crc32(body)) + body)

    def read(self) -> bool:
        """Whether there is a complete one."""
        try:
            with open(self.path, "rb") as file:
                head, body = file.read(self._head.size), file.read()
        except FileNotFoundError:
            return False
        if len(head) < self._head.size or self._head.unpack(head) != (len(body), zlib.crc32(body)):
            return False
        self.images, self.control = records.load(body)
        return True

    def apply(self) -> None:
        by_path: dict[str, list[tuple[int, bytes]]] = {}
        for path, offset, data in self.images:
            by_path.setdefault(path, []).append((offset, data))
        for path, images in by_path.items():
            # A file that is gone is missed when the database is opened.
            with contextlib.suppress(FileNotFoundError), open(asm.real(path), "r+b") as file:
                for offset, data in images:
                    file.seek(offset)
                    file.write(data)

    def remove(self) -> None:
        os.unlink(self.path)


def hold(path: str) -> BinaryIO:
    """The lock of an instance that has a file open, until it is closed or the process ends. Several may hold it."""
    file = open(asm.real(path), "rb")   # noqa: SIM115 - lives as long as the file is open
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def in_use(path: str) -> bool:
    """Whether an instance holds it."""
    with open(asm.real(path), "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def encrypted_block(data: bytes, platform: Platform, number: int, key: bytes) -> bytes:
    """A stored block as it is in a tablespace that is encrypted with this key. One that is encrypted stays as it is."""
    head, payload = platform.order + _BLOCK, data[BLOCK_HEADER:]
    kind, rows, data_object, scn, length, following, _ = struct.unpack(head, data[:BLOCK_HEADER])
    if kind & ENCRYPTED or not length:
        return data
    hidden = _ciphered(key, number, scn, payload[:length])
    return struct.pack(head, kind | ENCRYPTED, rows, data_object, scn, length, following, zlib.crc32(hidden)) + hidden + payload[length:]


def _ciphered(key: bytes | None, number: int, scn: int, part: bytes) -> bytes:
    """Encrypted or, of encrypted bytes, decrypted. ORA-28365 without the key."""
    if key is None:
        raise OraError(28365, "wallet is not open")
    cipher = Cipher(algorithms.AES(key), modes.CTR(struct.pack(">QQ", number, scn))).encryptor()
    return cipher.update(part) + cipher.finalize()


class BlockFile:
    """Blocks of one file. ``allocate`` gives numbers of overflow blocks. With a journal, what is written goes there.

    ``key`` is that of an encrypted tablespace.
    """

    def __init__(self, path: str, platform: Platform, block_size: int, mode: str = "r+b", journal: Journal | None = None,
                 key: bytes | None = None) -> None:
        self.journal = journal
        self.key = key
        self.path = path
        self.order = platform.order
        self.block_size = block_size
        self.room = block_size - BLOCK_HEADER
        self.file = open(asm.real(path), mode)   # noqa: SIM115 - lives as long as this object

    def __enter__(self) -> BlockFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def write_header(self, header: Header) -> None:
        self._out(0, header.pack())

    def _out(self, offset: int, data: bytes) -> None:
        if self.journal is not None:
            self.journal.images.append((self.path, offset, data))
            return
        self.file.seek(offset)
        self.file.write(data)

    def write(self, block: Block, allocate: Callable[[], int]) -> None:
        """Write a block and as many overflow blocks as its rows need, using those that it has first."""
        payload = b"".join(struct.pack(self.order + _SLOT, slot, len(row)) + row for slot, row in sorted(block.rows.items()))
        parts = [payload[start:start + self.room] for start in range(0, len(payload), self.room)] or [b""]
        while len(block.overflow) < len(parts) - 1:
            block.overflow.append(allocate())
        chain = block.overflow[:len(parts) - 1]
        for index, (number, part) in enumerate(zip([block.number, *chain], parts)):
            following = chain[index] if index < len(chain) else 0
            self._put(number, DATA if index == 0 else OVERFLOW, len(block.rows) if index == 0 else 0, block.data_object,
                      block.scn, part, following)
        for number in block.overflow[len(chain):]:
            self._put(number, FREE, 0, 0, block.scn, b"", 0)
        del block.overflow[len(chain):]

    def erase(self, number: int, scn: int) -> None:
        self._put(number, FREE, 0, 0, scn, b"", 0)

    def _put(self, number: int, kind: int, rows: int, data_object: int, scn: int, part: bytes, following: int) -> None:
        if self.key is not None and part:
            part, kind = _ciphered(self.key, number, scn, part), kind | ENCRYPTED
        head = struct.pack(self.order + _BLOCK, kind, rows, data_object, scn, len(part), following, zlib.crc32(part))
        self._out(number * self.block_size, head + part.ljust(self.room, b"\0"))

    def read(self, number: int) -> tuple[int, int, int, int, bytes, int] | None:
        """(type, rows, data object, SCN, payload as it is stored, next) of a block; None when it was never written. ORA-01578 when damaged."""
        found = self._stored(number)
        return found and (found[0] & ~ENCRYPTED, *found[1:])

    def _read_plain(self, number: int) -> tuple[int, int, int, int, bytes, int] | None:
        """The same with the payload that was encrypted."""
        found = self._stored(number)
        if found is None or not found[0] & ENCRYPTED:
            return found
        kind, rows, data_object, scn, payload, following = found
        return kind & ~ENCRYPTED, rows, data_object, scn, _ciphered(self.key, number, scn, payload), following

    def _stored(self, number: int) -> tuple[int, int, int, int, bytes, int] | None:
        self.file.seek(number * self.block_size)
        data = self.file.read(self.block_size)
        if len(data) < BLOCK_HEADER or not any(data[:BLOCK_HEADER]):
            return None
        kind, rows, data_object, scn, length, following, checksum = struct.unpack(self.order + _BLOCK, data[:BLOCK_HEADER])
        payload = data[BLOCK_HEADER:BLOCK_HEADER + length]
        if kind & ~ENCRYPTED not in (DATA, OVERFLOW, FREE) or length > self.room or zlib.crc32(payload) != checksum:
            raise OraError(1578, f"ORACLE data block corrupted (file # 0, block # {number})",
                           stack=[f"ORA-01110: data file: '{self.path}'"])
        return kind, rows, data_object, scn, payload, following

    def blocks(self, count: int) -> Iterator[Block]:
        """Every data block with its rows."""
        for number in _used(self.file.fileno(), self.block_size, count):
            found = self._read_plain(number)
            if found is None or found[0] != DATA:
                continue
            _, _, data_object, scn, payload, following = found
            chain, parts = [], [payload]
            while following:
                chain.append(following)
                more = self._read_plain(following)
                if more is None:
                    raise OraError(1578, f"ORACLE data block corrupted (file # 0, block # {following})",
                                   stack=[f"ORA-01110: data file: '{self.path}'"])
                parts.append(more[4])
                following = more[5]
            yield Block(number, data_object, scn, dict(self._slots(b"".join(parts))), chain)

    def _slots(self, payload: bytes) -> Iterator[tuple[int, bytes]]:
        width, position = struct.calcsize(self.order + _SLOT), 0
        while position < len(payload):
            slot, length = struct.unpack(self.order + _SLOT, payload[position:position + width])
            position += width
            yield slot, payload[position:position + length]
            position += length


def _used(descriptor: int, block_size: int, count: int) -> Iterator[int]:
    """Numbers of blocks that were ever written: holes of sparse files are passed over."""
    position, end = block_size, count * block_size
    size = os.fstat(descriptor).st_size
    while position < min(end, size):
        try:
            start = os.lseek(descriptor, position, os.SEEK_DATA)
            stop = os.lseek(descriptor, start, os.SEEK_HOLE)
        except OSError:
            return
        first, last = max(start, position) // block_size, -(-min(stop, end) // block_size)
        yield from range(max(first, 1), last)
        position = max(stop, last * block_size)


def create(path: str, header: Header) -> None:
    """A new, empty file. ORA-01119 over 27038 when there is one, over 27040 when there can be none, over 15041 in a full disk group."""
    try:
        descriptor = os.open(asm.target(path, header.blocks * header.block_size), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o640)
    except OraError as error:
        raise error.under(1119, f"error in creating database file '{path}'") from None
    except FileExistsError:
        raise OraError(1119, f"error in creating database file '{path}'", stack=[
            "ORA-27038: created file already exists", "Additional information: 1"]) from None
    except OSError as error:
        raise OraError(1119, f"error in creating database file '{path}'", stack=[
            "ORA-27040: file create error, unable to create file", f"Linux-x86_64 Error: {error.errno}: {error.strerror}"]) from None
    with os.fdopen(descriptor, "r+b") as file:
        file.write(header.pack())
        file.truncate(header.blocks * header.block_size)


def convert_datafile(source: str, target: str, from_platform: Platform, to_platform: Platform,
                     progress: Callable[[int, int], None] | None = None) -> Header:
    """Copy a file, rewriting every structure integer for another platform (RMAN CONVERT).

    ORA-19505 over 27037 without an input; ORA-19563 when its header is not of ``from_platform``; ORA-19504 over 27038 when the output is
    there. ``progress(done, total)`` counts blocks.
    """
    try:
        with open(asm.real(source), "rb") as file:
            header = Header.unpack(file.read(512), from_platform)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise OraError(19505, f'failed to identify file "{source}"', stack=asm.unfound(source)) from None
    if header is None or header.platform.endian != from_platform.endian:
        raise OraError(19563, f"datafile header validation failed for file {source}")
    header.platform = to_platform
    try:
        create(target, header)
    except OraError as error:
        raise OraError(19504, f'failed to create file "{target}"', stack=error.stack) from None
    with BlockFile(source, from_platform, header.block_size, "rb") as old, BlockFile(target, to_platform, header.block_size) as new:
        for done, block in enumerate(old.blocks(header.blocks)):
            chain = iter(list(block.overflow))
            block.rows = {slot: reorder(row, from_platform.order, to_platform.order) for slot, row in block.rows.items()}
            # Rows keep their length, so a chain stays as long as it was.
            new.write(dataclasses.replace(block, overflow=[]), lambda following=chain: next(following))   # type: ignore[misc]
            if progress and done % 64 == 0:
                progress(block.number, header.blocks)
    if progress:
        progress(header.blocks, header.blocks)
    return header


# --- rows as bytes ---

NULL, LONG = 0xFF, 0xFE


def pack_row(values: list[bytes | None], order: str) -> bytes:
    """One length byte and the bytes of each column; long ones have four bytes of length in platform order."""
    out = bytearray()
    for value in values:
        if value is None:
            out.append(NULL)
        elif len(value) < LONG:
            out.append(len(value))
            out += value
        else:
            out.append(LONG)
            out += struct.pack(order + "I", len(value))
            out += value
    return bytes(out)


def unpack_row(data: bytes, order: str) -> list[bytes | None]:
    values: list[bytes | None] = []
    position = 0
    while position < len(data):
        length = data[position]
        position += 1
        if length == NULL:
            values.append(None)
            continue
        if length == LONG:
            length = struct.unpack(order + "I", data[position:position + 4])[0]
            position += 4
        values.append(data[position:position + length])
        position += length
    return values


def reorder(data: bytes, old: str, new: str) -> bytes:
    """A row for the other byte order: only the lengths of long columns depend on it."""
    if old == new:
        return data
    out: bytearray | None = None
    position, end = 0, len(data)
    while position < end:
        length = data[position]
        position += 1
        if length == LONG:
            length = struct.unpack_from(old + "I", data, position)[0]
            out = bytearray(data) if out is None else out
            struct.pack_into(new + "I", out, position, length)
            position += 4 + length
        elif length != NULL:
            position += length
    return data if out is None else bytes(out)

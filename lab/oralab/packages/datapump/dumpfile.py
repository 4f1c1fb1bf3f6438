# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dump file sets on disk: facts of the job, objects and rows in checksummed records over one or more files.

Oracle's own format is not published, so this is one of the lab's: every file starts with a header that names the set (a
GUID) and the file's number in it, then records follow, each with length and CRC-32. The last file ends with a closing
record that counts the records of the whole set: a file cut short, damaged or left out is noticed before anything is
created.
"""
from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from oralab import codec
from oralab.catalog import model
from oralab.errors import OraError
from oralab.storage import asm
from oralab.values import DataType, Row, Value

MAGIC = b"oralab dump set\x01"
_HEADER = struct.Struct(">16s16sHI")     # magic, GUID, file number, length of the facts
BLOCK = 4096
_RECORD = struct.Struct(">BII")          # kind, length, CRC-32
FACTS, OBJECT, ROWS, END_OF_FILE, END_OF_SET = range(1, 6)
MINIMUM = 40960
"""Smallest FILESIZE: ten times Data Pump's block of 4 KB (documented)."""


class _Unpickler(pickle.Unpickler):
    """Records of the dictionary and the values in them, nothing else: a dump may come from anywhere."""

    def find_class(self, module: str, name: str) -> Any:
        if (module in ("oralab.values", "oralab.api", "oralab.packages.datapump.objects") or module.startswith(f"{model.__name__}.")
                or (module, name) in (("datetime", "datetime"), ("datetime", "timedelta"), ("decimal", "Decimal"))):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} does not belong in a dump file")


def pack(value: object) -> bytes:
    return zlib.compress(pickle.dumps(value, protocol=4), 1)


def unpack(data: bytes) -> Any:
    return _Unpickler(io.BytesIO(zlib.decompress(data))).load()


def pack_rows(key: tuple[str, str, str | None], rows: bytes) -> bytes:
    """A batch of rows under owner, table and partition."""
    head = pack(key)
    return len(head).to_bytes(4, "big") + head + zlib.compress(rows, 1)


def unpack_rows(data: bytes) -> tuple[tuple[str, str, str | None], bytes]:
    end = 4 + int.from_bytes(data[:4], "big")
    return unpack(data[4:end]), zlib.decompress(data[end:])


def encode_rows(rows: Sequence[Row], types: Sequence[DataType]) -> bytes:
    """Rows in Oracle's internal representation: per value its length (four bytes, all ones for NULL) and bytes."""
    encoders = [codec.encoder(type_) for type_ in types]
    out = bytearray()
    for row in rows:
        for value, encode in zip(row, encoders):
            if value is None:
                out += b"\xff\xff\xff\xff"
            else:
                data = encode(value)
                out += len(data).to_bytes(4, "big")
                out += data
    return bytes(out)


def decode_rows(data: bytes, types: Sequence[DataType]) -> Iterator[Row]:
    decoders = [codec.decoder(type_) for type_ in types]
    position, end = 0, len(data)
    while position < end:
        row: list[Value] = []
        for decode in decoders:
            length = int.from_bytes(data[position:position + 4], "big")
            position += 4
            if length == 0xFFFFFFFF:
                row.append(None)
            else:
                row.append(decode(data[position:position + length]))
                position += length
        yield tuple(row)


def invalid(path: str) -> OraError:
    return OraError(39000, "bad dump file specification", stack=[f'ORA-31619: invalid dump file "{path}"'])


def os_stack(error: OSError, what: int) -> list[str]:
    """The two lines under a failed file operation: ORA-27037, 27038, 27040 or 27041 and the system's own error."""
    text = {27037: "unable to obtain file status", 27038: "created file already exists",
            27040: "file create error, unable to create file", 27041: "unable to open file"}[what]
    number = error.errno or 5
    return [f"ORA-{what}: {text}", f"Linux-x86_64 Error: {number}: {os.strerror(number)}", "Additional information: 1"]


def create(path: str, reuse: bool) -> BinaryIO:
    """A new dump file; ORA-39000 over ORA-31641 when it exists (unless ``reuse``) or cannot be made."""
    outer = OraError(39000, "bad dump file specification", stack=[f'ORA-31641: unable to create dump file "{path}"'])
    try:
        return open(asm.real(path) if asm.exists(path) else asm.target(path), "wb" if reuse else "xb")
    except OraError as error:
        outer.stack += error.text.split("\n")
    except FileExistsError:
        outer.stack += ["ORA-27038: created file already exists", "Additional information: 1"]
    except OSError as error:
        outer.stack += os_stack(error, 27040)
    raise OraError(outer.code, outer.message, stack=outer.stack)


def open_existing(path: str) -> BinaryIO:
    """An existing dump file; ORA-39000 over ORA-31640 when it is not there or may not be read."""
    try:
        return open(asm.real(path), "rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        below = asm.unfound(path) if asm.is_asm(path) else os_stack(error, 27037)
    except OSError as error:
        below = os_stack(error, 27041)
    raise OraError(39000, "bad dump file specification",
                   stack=[f'ORA-31640: unable to open dump file "{path}" for read', *below])


class Writer:
    """Writes one set. ``next_file`` gives path and stream of a further file, or None when there is none left.

    ``filesize`` limits every file; a record that does not fit goes to the next one, ORA-39095 when there is none. ``on_write`` is told
    the path before a record is written, and may refuse it.
    """

    def __init__(self, facts: dict[str, Any], next_file: Callable[[], tuple[str, BinaryIO, int | None] | None],
                 on_write: Callable[[str], None]) -> None:
        self.on_write = on_write
        self.guid = bytes.fromhex(facts["guid"])
        self.facts = json.dumps(facts).encode()
        self.next_file = next_file
        self.paths: list[str] = []
        self.records = 0
        self.room: int | None = None
        self.stream: BinaryIO | None = None
        self._open(0)

    def _open(self, wanted: int) -> None:
        found = self.next_file()
        if found is None:
            raise OraError(39095, f"Dump file space has been exhausted: Unable to allocate {wanted} bytes")
        if self.stream is not None:
            self._put(END_OF_FILE, b"")
            self._fill()
            self.stream.close()
        path, self.stream, self.room = found
        self.paths.append(path)
        self.stream.write(_HEADER.pack(MAGIC, self.guid, len(self.paths), len(self.facts)))
        self.stream.write(self.facts + struct.pack(">I", zlib.crc32(self.facts)))

    def _put(self, kind: int, data: bytes) -> None:
        assert self.stream is not None
        self.on_write(self.paths[-1])
        self.stream.write(_RECORD.pack(kind, len(data), zlib.crc32(data, kind)) + data)

    def add(self, kind: int, data: bytes) -> None:
        assert self.stream is not None
        if self.room is not None and self.stream.tell() + len(data) + 2 * _RECORD.size > self.room:
            self._open(len(data))
        self._put(kind, data)
        self.records += 1

    def close(self) -> None:
        """Close the set: only now can it be imported."""
        assert self.stream is not None
        self._put(END_OF_SET, struct.pack(">HI", len(self.paths), self.records))
        self._fill()
        self.abandon()

    def _fill(self) -> None:
        """Dump files are whole blocks (seen in practice), which DBMS_FILE_TRANSFER asks of what it copies (documented: 512 bytes)."""
        assert self.stream is not None
        self.stream.write(bytes(-self.stream.tell() % BLOCK))

    def abandon(self) -> None:
        """Leave the set as it is: files of a job that failed stay on disk, and are not importable."""
        if self.stream is not None:
            self.stream.flush()
            self.stream.close()
            self.stream = None


def _header(stream: BinaryIO, path: str) -> tuple[int, bytes, dict[str, Any]]:
    data = stream.read(_HEADER.size)
    if len(data) < _HEADER.size:
        raise invalid(path)
    magic, guid, number, length = _HEADER.unpack(data)
    facts = stream.read(length) if magic == MAGIC else b""
    if not facts or struct.pack(">I", zlib.crc32(facts)) != stream.read(4):
        raise invalid(path)
    return number, guid, json.loads(facts)


def _records(path: str) -> Iterator[tuple[int, bytes]]:
    with open_existing(path) as stream:
        _header(stream, path)
        kind = 0
        while kind not in (END_OF_FILE, END_OF_SET):
            head = stream.read(_RECORD.size)
            if len(head) < _RECORD.size:
                raise invalid(path)
            kind, length, checksum = _RECORD.unpack(head)
            data = stream.read(length)
            if len(data) < length or zlib.crc32(data, kind) != checksum:
                raise invalid(path)
            yield kind, data
        if any(stream.read()) or stream.tell() % BLOCK:
            raise invalid(path)


def verify(path: str) -> None:
    """One file by itself, every checksum. ORA-39000 over ORA-31640 (absent) or ORA-31619 (damaged, or no dump file)."""
    for _ in _records(path):
        pass


class Reader:
    """Reads a set whose files may be given in any order."""

    def __init__(self, paths: Sequence[str]) -> None:
        """Check the set: what ``verify`` raises, or ORA-39002 over ORA-39059 when files are missing."""
        numbered: dict[int, str] = {}
        guids = set()
        for path in paths:
            with open_existing(path) as stream:
                number, guid, self.facts = _header(stream, path)
            numbered[number] = path
            guids.add(guid)
        self.paths = [numbered[number] for number in sorted(numbered)]
        whole = len(guids) == 1 and sorted(numbered) == list(range(1, len(paths) + 1))
        count, end = 0, b""
        for path in self.paths if whole else ():
            for kind, data in _records(path):
                count += kind < END_OF_FILE
                end = data if kind == END_OF_SET else b""
        if not whole or end != struct.pack(">HI", len(paths), count):
            raise OraError(39002, "invalid operation", stack=["ORA-39059: dump file set is incomplete"])

    def records(self) -> Iterator[tuple[int, bytes]]:
        """Kind and bytes of every record, in the order written."""
        return (record for path in self.paths for record in _records(path) if record[0] < END_OF_FILE)

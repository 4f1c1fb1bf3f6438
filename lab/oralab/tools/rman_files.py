# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that Recovery Manager reads and writes: names from formats, copies of datafiles, backup pieces."""
from __future__ import annotations

import dataclasses
import datetime
import os
import re
import struct
import zlib
from collections.abc import Callable, Iterator

from oralab.errors import OraError
from oralab.storage import asm, sparse
from oralab.storage.datafile import ENCRYPTED, BlockFile, Header
from oralab.storage.platforms import Platform

_DIGITS = "0123456789abcdefghijklmnopqrstuv"
Progress = Callable[[int, int], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """What the substitution variables of a FORMAT stand for (documented list)."""

    database: str
    dbid: int
    stamp: int
    set_count: int
    piece: int = 1
    copy: int = 1
    tablespace: str = ""
    file: int = 0
    path: str = ""
    autobackup: int = 0
    """How many autobackups there were today before this one."""
    moment: datetime.datetime = dataclasses.field(default_factory=datetime.datetime.now)

    @property
    def unique(self) -> str:
        """%u: eight characters from the set's number and the time."""
        return _base32(self.set_count, 3) + _base32(self.stamp, 5)

    def expand(self, form: str, *, copy: bool) -> str:
        """A name from a format. ORA-19715 for a variable that there is not."""
        long = (f"data-D-{self.database}_I-{self.dbid}_TS-{self.tablespace}_FNO-{self.file}_{self.unique}" if copy
                else f"{self.unique}_{self.piece}_{self.copy}_1")
        values = {"U": long, "u": self.unique, "d": self.database, "n": self.database.ljust(8, "x"), "I": str(self.dbid),
                  "N": self.tablespace,
                  "f": str(self.file), "s": str(self.set_count), "p": str(self.piece), "c": str(self.copy), "t": str(self.stamp),
                  "T": f"{self.moment:%Y%m%d}", "D": f"{self.moment:%d}", "M": f"{self.moment:%m}", "Y": f"{self.moment:%Y}",
                  "F": f"c-{self.dbid}-{self.moment:%Y%m%d}-{self.autobackup:02x}", "b": os.path.basename(self.path), "%": "%"}

        def value(found: re.Match[str]) -> str:
            if found.group(1) not in values:
                raise OraError(19715, f"invalid format {found.group(1)} for generated name")
            return values[found.group(1)]

        return re.sub("%(.)", value, form)


def _base32(number: int, length: int) -> str:
    text = ""
    for _ in range(length):
        number, digit = divmod(number, 32)
        text = _DIGITS[digit] + text
    return text


def converted_name(path: str, pairs: tuple[str, ...]) -> str | None:
    """DB_FILE_NAME_CONVERT: the first pattern that is in the name is replaced; None when none is (documented)."""
    for old, new in zip(pairs[::2], pairs[1::2]):
        if old in path:
            return path.replace(old, new, 1)
    return None


def unique_path(directory: str, prefix: str, suffix: str, seed: int) -> str:
    """A name that Oracle manages, in a directory that is made if need be."""
    os.makedirs(directory, exist_ok=True)
    while True:
        path = os.path.join(directory, f"o1_mf_{prefix}_{_base32(seed * 1103515245 + 12345, 8)}_{suffix}")
        if not os.path.exists(path):
            return path
        seed += 1


def create(path: str, *, reuse: bool = False, size: int = 0) -> int:
    """A new file's descriptor. ORA-19504 over 27038 when there is one, over 27040 when there can be none."""
    try:
        return os.open(asm.target(path, size), os.O_CREAT | os.O_RDWR | (os.O_TRUNC if reuse else os.O_EXCL), 0o640)
    except OraError as error:
        raise error.under(19504, f'failed to create file "{path}"') from None
    except FileExistsError:
        raise OraError(19504, f'failed to create file "{path}"', stack=[
            "ORA-27038: created file already exists", "Additional information: 1"]) from None
    except OSError as error:
        raise OraError(19504, f'failed to create file "{path}"', stack=[
            "ORA-27040: file create error, unable to create file", f"Linux-x86_64 Error: {error.errno}: {error.strerror}",
            "Additional information: 1"]) from None


def copy_file(source: str, target: str, *, reuse: bool, progress: Progress, chunk: int = 1 << 20) -> int:
    """An image copy, holes staying holes; its size. ORA-19505 without an input."""
    try:
        old = os.open(asm.real(source), os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        raise OraError(19505, f'failed to identify file "{source}"', stack=asm.unfound(source)) from None
    try:
        size = os.fstat(old).st_size
        new = create(target, reuse=reuse, size=size)
        try:
            os.ftruncate(new, size)
            for start, end in sparse.extents(old):
                for position in range(start, end, chunk):
                    os.pwrite(new, os.pread(old, min(chunk, end - position), position), position)
                    progress(position, size)
            os.fsync(new)
        finally:
            os.close(new)
        progress(size, size)
        return size
    finally:
        os.close(old)


def used_blocks(path: str, block_size: int, first: int = 0, last: int = 1 << 60) -> Iterator[tuple[int, bytes]]:
    """Blocks of a datafile that were ever written, with their numbers, from ``first`` to below ``last``; block 0 is the header."""
    with open(asm.real(path), "rb") as file:
        for start, end in sparse.extents(file.fileno()):
            for number in range(max(start // block_size, first), min(-(-end // block_size), last)):
                file.seek(number * block_size)
                data = file.read(block_size)
                if any(data):
                    yield number, data


@dataclasses.dataclass(slots=True)
class Examined:
    """What reading every block of a datafile found."""

    blocks: int
    empty: int = 0
    data: int = 0
    other: int = 0
    high_scn: int = 0
    corrupt: list[int] = dataclasses.field(default_factory=list)


def examine(path: str, platform: Platform, block_size: int, progress: Progress) -> Examined:
    """Read every block of a datafile and check it. ORA-19505 without the file, ORA-19563 when its header is damaged."""
    try:
        with open(asm.real(path), "rb") as file:
            header = Header.unpack(file.read(512), platform)
    except (FileNotFoundError, NotADirectoryError):
        raise OraError(19505, f'failed to identify file "{path}"', stack=asm.unfound(path)) from None
    if header is None:
        raise OraError(19563, f"datafile header validation failed for file {path}")
    found = Examined(header.blocks)
    written = 0
    with BlockFile(path, platform, block_size, "rb") as blocks:
        for number, _ in used_blocks(path, block_size):
            if number == 0:
                continue
            written += 1
            try:
                block = blocks.read(number)
            except OraError:
                found.corrupt.append(number)
                continue
            if block is not None:
                kind, _, _, scn, _, _ = block
                found.high_scn = max(found.high_scn, scn)
                found.data += kind == 6
                found.other += kind != 6
            if number % 256 == 0:
                progress(number, header.blocks)
    found.empty = max(header.blocks - 1 - written, 0)
    progress(header.blocks, header.blocks)
    return found


def block_scn(data: bytes, platform: Platform) -> int:
    """The SCN in a raw block."""
    return int(struct.unpack_from(platform.order + "Q", data, 8)[0])


def damaged(data: bytes, platform: Platform) -> bool:
    """Whether a raw block's checksum is wrong, or its structure not of this platform."""
    kind, _, _, _, length, _, checksum = struct.unpack_from(platform.order + "BxHIQIII", data)
    return kind & ~ENCRYPTED not in (0, 6, 7) or length > len(data) or zlib.crc32(data[28:28 + length]) != checksum

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The primitive encodings of TTC: integers that carry their own length, and counted byte strings."""
from __future__ import annotations

from collections.abc import Callable
from typing import Final

LONGEST_SHORT: Final = 252       # longer strings travel in chunks
CHUNK: Final = 32767
CHUNKED: Final = 0xFE
NULL: Final = b"\0"
_BYTES: Final = [NULL, *(bytes((1, number)) for number in range(1, 256))]


def ub(number: int) -> bytes:
    """An unsigned integer: its length in bytes, then the bytes. One form serves all declared widths."""
    if number < 0x100:
        return _BYTES[number]
    if number < 0x10000:
        return b"\2" + number.to_bytes(2, "big")
    if number < 0x100000000:
        return b"\4" + number.to_bytes(4, "big")
    return b"\x08" + number.to_bytes(8, "big")


def sb(number: int) -> bytes:
    """A signed integer: the sign is the top bit of the length."""
    if number >= 0:
        return ub(number)
    data = ub(-number)
    return bytes((data[0] | 0x80,)) + data[1:]


def clr(data: bytes) -> bytes:
    """A byte string after its length, in chunks when it is long."""
    size = len(data)
    if size <= LONGEST_SHORT:
        return bytes((size,)) + data
    parts = [bytes((CHUNKED,))]
    for start in range(0, size, CHUNK):
        part = data[start:start + CHUNK]
        parts += (ub(len(part)), part)
    parts.append(b"\0")
    return b"".join(parts)


def dalc(data: bytes) -> bytes:
    """A byte string preceded by its length as an integer as well; empty is a single zero."""
    return ub(len(data)) + clr(data) if data else b"\0"


def text(value: str) -> bytes:
    """A string in the form of ``dalc``."""
    return dalc(value.encode())


class Reader:
    """Takes a request apart; asks ``more`` for the next packet's content when it runs out of bytes.

    Requests have no end mark and no length: every field of every message must be known to get past it.
    """

    __slots__ = ("_data", "_more", "_position")

    def __init__(self, data: bytes, more: Callable[[], bytes]) -> None:
        self._data = data
        self._more = more
        self._position = 0

    def raw(self, size: int) -> bytes:
        """So many bytes."""
        while len(self._data) - self._position < size:
            self._data = self._data[self._position:] + self._more()
            self._position = 0
        start = self._position
        self._position = start + size
        return self._data[start:start + size]

    def drain(self) -> None:
        """Skip what is left of a message that is not understood."""
        self._position = len(self._data)

    def peek(self) -> int:
        """The next byte, which stays to be read."""
        value = self.raw(1)[0]
        self._position -= 1
        return value

    def u8(self) -> int:
        """One byte as a number."""
        return self.raw(1)[0]

    def u16(self) -> int:
        """Two bytes, most significant first."""
        return int.from_bytes(self.raw(2), "big")

    def ub(self) -> int:
        """An integer that carries its own length and sign."""
        size = self.u8()
        if not size:
            return 0
        value = int.from_bytes(self.raw(size & 0x7F), "big")
        return -value if size & 0x80 else value

    def skip(self, form: str) -> None:
        """Skip fields: ``b`` is one byte, ``u`` an integer with its length."""
        for field in form:
            if field == "b":
                self.raw(1)
            else:
                self.ub()

    def clr(self) -> bytes | None:
        """A counted byte string; ``None`` for NULL."""
        size = self.u8()
        if size in (0, 0xFF):
            return None
        if size != CHUNKED:
            return self.raw(size)
        parts = []
        while size := self.ub():
            parts.append(self.raw(size))
        return b"".join(parts)

    def dalc(self) -> bytes:
        """A byte string with both lengths."""
        return (self.clr() or b"") if self.ub() else b""

    def text(self) -> str:
        """A string with both lengths."""
        return self.dalc().decode("utf-8", "replace")

    def terminated(self) -> str:
        """A string that ends with a zero byte."""
        data = bytearray()
        while byte := self.u8():
            data.append(byte)
        return data.decode("utf-8", "replace")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LOB locators: what a client holds instead of the content, and the calls with which it reads and writes that."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Final

from oralab.errors import OraError, not_simulated
from oralab.net.packet import Closed
from oralab.net.wire import Reader, clr, sb, ub

LOCATOR_SIZE: Final = 40
CHUNK_SIZE: Final = 8060             # what GETCHUNKSIZE says for 8 KB blocks
KEPT_BYTES: Final = 256 * 2 ** 20    # content behind fetched locators; the oldest go first
GET_LENGTH, READ, TRIM, WRITE, GET_CHUNK_SIZE = 0x1, 0x2, 0x20, 0x40, 0x4000
CREATE_TEMPORARY, OPEN, CLOSE, IS_OPEN = 0x110, 0x8000, 0x10000, 0x11000
LOB_DATA: Final = 14
OCI_CLOB: Final = 112
UTF8: Final = 873


@dataclasses.dataclass(slots=True)
class Lob:
    """One LOB of a session. Character content is kept in UTF-16, in the units of which offsets and sizes count."""

    data: bytearray
    character: bool
    temporary: bool
    open: bool = False

    @property
    def unit(self) -> int:
        """Bytes per position."""
        return 2 if self.character else 1

    @property
    def length(self) -> int:
        """Size in positions."""
        return len(self.data) // self.unit

    def value(self) -> str | bytes:
        """The whole content."""
        return self.data.decode("utf-16-be") if self.character else bytes(self.data)


@dataclasses.dataclass(slots=True)
class LobRequest:
    """A LOB call as it was read."""

    operation: int
    locator: bytes
    source_offset: int
    destination_offset: int
    has_amount: bool
    amount: int = 0
    data: bytes = b""


class Lobs:
    """The LOBs of one session by locator."""

    def __init__(self) -> None:
        self._lobs: dict[int, Lob] = {}
        self._last = 0
        self._fetched: dict[int, int] = {}      # number -> size, oldest first
        self._fetched_bytes = 0

    def _register(self, lob: Lob) -> bytes:
        self._last += 1
        self._lobs[self._last] = lob
        if not lob.temporary:
            self._fetched[self._last] = len(lob.data)
            self._fetched_bytes += len(lob.data)
            while self._fetched_bytes > KEPT_BYTES and len(self._fetched) > 1:
                oldest = next(iter(self._fetched))
                self._fetched_bytes -= self._fetched.pop(oldest)
                del self._lobs[oldest]
        flags = (0 if lob.character else 1, 8, 0x80 if lob.character else 0, 1 if lob.temporary else 0)
        return b"\0\x26\0\1" + bytes(flags) + self._last.to_bytes(8, "big") + bytes(LOCATOR_SIZE - 16)

    def field(self, value: str | bytes, *, temporary: bool = False) -> bytes:
        """A value as a locator with the size and chunk size that precede it in a row."""
        character = isinstance(value, str)
        data = value.encode("utf-16-be") if isinstance(value, str) else value
        lob = Lob(bytearray(data), character, temporary)
        locator = self._register(lob)
        return ub(len(locator)) + ub(lob.length) + ub(CHUNK_SIZE) + clr(locator)

    def find(self, locator: bytes) -> Lob:
        """The LOB of a locator; ORA-22922 when there is none."""
        lob = self._lobs.get(int.from_bytes(locator[8:16], "big"))
        if lob is None:
            raise OraError(22922, "nonexistent LOB value")
        return lob

    def free(self, locators: bytes) -> None:
        """Free temporary LOBs, whose locators stand one after the other."""
        for start in range(0, len(locators), LOCATOR_SIZE):
            self._lobs.pop(int.from_bytes(locators[start + 8:start + 16], "big"), None)

    def read_free(self, reader: Reader) -> bytes:
        """The locators of the message that frees temporary LOBs along with another call."""
        reader.skip("b")
        size = reader.ub()
        reader.skip("buuubbbubuuub" + "bu" * 3)
        return reader.raw(size)

    def read(self, reader: Reader) -> LobRequest:
        """A LOB call."""
        reader.skip("b")
        size = reader.ub()
        reader.skip("buuubbb")
        operation = reader.ub()
        reader.skip("bb")
        source, destination = reader.ub(), reader.ub()
        has_amount = bool(reader.u8())
        reader.raw(6)
        request = LobRequest(operation, reader.raw(size), source, destination, has_amount)
        if operation == CREATE_TEMPORARY:
            reader.skip("u")        # character set
        elif operation == WRITE:
            if reader.u8() != LOB_DATA:
                raise Closed
            request.data = reader.clr() or b""
        if has_amount:
            request.amount = reader.ub()
        return request

    def answer(self, request: LobRequest) -> bytes:
        """Perform a LOB call; the answer without its end."""
        if request.operation == CREATE_TEMPORARY:
            character = request.destination_offset == OCI_CLOB
            locator = self._register(Lob(bytearray(), character, True))
            # Drivers before 3.0 send an amount and expect it back.
            return b"\x08" + locator + ub(UTF8) + b"\0" + (sb(request.amount) if request.has_amount else b"")
        lob = self.find(request.locator)
        try:
            operate = _OPERATIONS[request.operation]
        except KeyError:
            raise not_simulated(f"LOB operation {request.operation:#x}") from None
        content, amount, flag = operate(lob, request)
        return content + b"\x08" + request.locator + (sb(amount) if request.has_amount else b"") + flag


Answer = tuple[bytes, int, bytes]       # content before the parameters, amount, flag after them


def _read(lob: Lob, request: LobRequest) -> Answer:
    start = (request.source_offset - 1) * lob.unit
    part = bytes(lob.data[start:start + request.amount * lob.unit])
    return bytes((LOB_DATA,)) + clr(part) if part else b"", len(part) // lob.unit, b""


def _changeable(lob: Lob) -> None:
    if not lob.temporary:
        raise not_simulated("changing a stored LOB through its locator")


def _write(lob: Lob, request: LobRequest) -> Answer:
    _changeable(lob)
    start = (request.source_offset - 1) * lob.unit
    filler = b"\0 " if lob.character else b"\0"        # for a gap before the offset (documented: DBMS_LOB.WRITE)
    lob.data.extend(filler * ((start - len(lob.data)) // lob.unit))
    lob.data[start:start + len(request.data)] = request.data
    return b"", request.amount, b""


def _trim(lob: Lob, request: LobRequest) -> Answer:
    _changeable(lob)
    del lob.data[request.amount * lob.unit:]
    return b"", request.amount, b""


def _set_open(lob: Lob, request: LobRequest) -> Answer:
    if lob.open == (request.operation == OPEN):
        raise OraError(22293, "LOB already opened in the same transaction") if lob.open else \
            OraError(22289, "cannot perform operation on an unopened file or LOB")
    lob.open = not lob.open
    return b"", request.amount, b""


_OPERATIONS: Final[dict[int, Callable[[Lob, LobRequest], Answer]]] = {
    READ: _read,
    WRITE: _write,
    TRIM: _trim,
    OPEN: _set_open,
    CLOSE: _set_open,
    GET_LENGTH: lambda lob, request: (b"", lob.length, b""),
    GET_CHUNK_SIZE: lambda lob, request: (b"", CHUNK_SIZE, b""),
    IS_OPEN: lambda lob, request: (b"", request.amount, b"\1" if lob.open else b"\0"),
}

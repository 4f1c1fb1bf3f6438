# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EXECUTE, re-execute and FETCH as a client sends them: read whole before anything is done about them.

What follows in a request depends on how the client understood its statement, not on what the database thinks of it, so
``Shape`` looks at the text the way drivers do: only the first word and the binds after RETURNING ... INTO count.
"""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Final

from oralab.api import OUT, Bind
from oralab.errors import OraError, not_simulated
from oralab.net import datatypes
from oralab.net.lob import Lobs
from oralab.net.packet import Closed
from oralab.net.wire import Reader
from oralab.values import DataType, Value

EXECUTE, FETCH, COMMIT, DESCRIBE_ONLY, BATCH_ERRORS = 0x20, 0x40, 0x100, 0x20000, 0x80000
COMMIT_REEXECUTE: Final = 0x1
SCROLLABLE: Final = 0x02
ARRAY: Final = 0x40
ROW_DATA: Final = 7
MAX_SQL_STRING: Final = 4000         # longer binds of SQL follow after all others of the row
FIELD_VERSION_12_2, FIELD_VERSION_12_2_2 = 8, 9
PLSQL_WORDS: Final = frozenset(("BEGIN", "DECLARE", "CALL"))
QUERY_WORDS: Final = frozenset(("SELECT", "WITH"))
DML_WORDS: Final = frozenset(("INSERT", "UPDATE", "DELETE", "MERGE"))
_TOKEN: Final = re.compile(
    r"""--[^\n]*|/\*.*?\*/|"[^"]*"|[nN]?[qQ]'(?:\[.*?\]|\{.*?\}|<.*?>|\(.*?\)|(?P<quote>.).*?(?P=quote))'|'(?:[^']|'')*'
    |:\s*(?P<bind>"[^"]+"|\w[\w$\#]*)|(?P<word>[^\W\d][\w$\#]*)""", re.DOTALL | re.VERBOSE)


@dataclasses.dataclass(frozen=True, slots=True)
class Shape:
    """What a statement's text says about the messages that carry it."""

    query: bool
    plsql: bool
    returning: int      # binds after RETURNING ... INTO, for which no values are sent

    @classmethod
    def of(cls, sql: str) -> Shape:
        """The shape of a statement."""
        first, into, returning = "", 0, 0
        for token in _TOKEN.finditer(sql):
            word = (token["word"] or "").upper()
            if word and not first:
                first = word
                if first not in DML_WORDS:
                    break
            elif word in ("RETURNING", "RETURN"):
                into = 1
            elif word == "INTO" and into:
                into = 2
            elif token["bind"] and into == 2:
                returning += 1
        return cls(first in QUERY_WORDS, first in PLSQL_WORDS, returning)


@dataclasses.dataclass(slots=True)
class WireBind:
    """A bind as the client described it."""

    number: int
    type: DataType
    size: int
    array: bool
    elements: int

    def named(self, name: str) -> Bind:
        """The same for the database."""
        return Bind(name, self.type, self.size, self.array)


@dataclasses.dataclass(slots=True)
class Described:
    """What earlier requests for a cursor said, which later ones do not repeat."""

    shape: Shape = Shape(True, False, 0)
    binds: list[WireBind] = dataclasses.field(default_factory=list)
    directions: list[int] = dataclasses.field(default_factory=list)


Values = list[Value | list[Value]]


@dataclasses.dataclass(slots=True)
class ExecuteRequest:
    """An execution; ``refused`` says why it cannot be performed although it could be read."""

    cursor: int
    options: int
    prefetch: int
    sql: str | None = None
    shape: Shape | None = None
    binds: list[WireBind] | None = None         # None: as described before
    defines: list[int] | None = None
    rows: list[Values] = dataclasses.field(default_factory=lambda: [[]])
    rowcounts: bool = False
    refused: OraError | None = None


class RequestReader:
    """Reads the requests of one session, whose field version decides which fields they have."""

    def __init__(self, field_version: int, lobs: Lobs, known: Callable[[int], Described]) -> None:
        self._field_version = field_version
        self._lobs = lobs
        self._known = known

    def execute(self, reader: Reader) -> ExecuteRequest:
        """A full execution."""
        request = ExecuteRequest(reader.ub(), 0, 0)
        request.options, request.cursor = request.cursor, reader.ub()
        has_sql = reader.u8()
        reader.skip("ububbu")
        request.prefetch = reader.ub()
        reader.skip("ub")
        binds = reader.ub()
        reader.skip("bbbbbb")
        defines = reader.ub()
        reader.skip("ubbbubuu")
        request.rowcounts = bool(reader.u8())
        reader.skip("ub")
        if self._field_version >= FIELD_VERSION_12_2:
            reader.skip("bubub")
        if self._field_version >= FIELD_VERSION_12_2_2:
            reader.skip("bu")
        if has_sql:
            request.sql = (reader.clr() or b"").decode()
            request.shape = Shape.of(request.sql)
        numbers = [reader.ub() for _ in range(13)]
        executions, flags = numbers[1], numbers[9]
        if flags & SCROLLABLE:
            request.refused = not_simulated("scrollable cursors")
        shape = request.shape or self._known(request.cursor).shape
        times = 1 if shape.query else max(1, executions)
        if defines:
            request.defines = [self._description(reader, request).number for _ in range(defines)]
        elif binds:
            request.binds = [self._description(reader, request) for _ in range(binds)]
            sent = range(binds - shape.returning)
            request.rows = self._rows(reader, request.binds, sent, times, shape.plsql, request)
        else:
            request.rows = [[] for _ in range(times)]
        return request

    def reexecute(self, reader: Reader, fetch: bool) -> ExecuteRequest:
        """A repeated execution, whose binds are those of before; values of pure OUT binds are not sent."""
        cursor, count, _, options = reader.ub(), reader.ub(), reader.ub(), reader.ub()
        commit = COMMIT if options & COMMIT_REEXECUTE else 0
        request = ExecuteRequest(cursor, EXECUTE | commit | (FETCH if fetch else 0), count)
        known = self._known(cursor)
        times = 1 if fetch or known.shape.query else max(1, count)
        sent = [position for position in range(len(known.binds) - known.shape.returning)
                if not known.directions or known.directions[position] != OUT]
        request.rows = self._rows(reader, known.binds, sent, times, known.shape.plsql, request)
        return request

    def _description(self, reader: Reader, request: ExecuteRequest) -> WireBind:
        number, flags = reader.u8(), reader.u8()
        reader.skip("bb")
        size, elements = reader.ub(), reader.ub()
        reader.skip("u")
        reader.dalc()
        reader.skip("uu")
        form = reader.u8()
        reader.skip("u")
        if self._field_version >= FIELD_VERSION_12_2:
            reader.skip("u")
        type = DataType("RAW")
        try:
            type = datatypes.bind_type(number, form, size)
        except OraError as error:
            request.refused = error
        return WireBind(number, type, size, bool(flags & ARRAY), elements)

    def _rows(self, reader: Reader, binds: list[WireBind], sent: Sequence[int], times: int, plsql: bool,
              request: ExecuteRequest) -> list[Values]:
        if not sent:
            return [[None] * len(binds) for _ in range(times)]
        late = [position for position in sent
                if not plsql and not binds[position].array and binds[position].size > MAX_SQL_STRING]
        order = [position for position in sent if position not in late] + late
        rows = []
        for _ in range(times):
            if reader.u8() != ROW_DATA:
                raise Closed
            row: Values = [None] * len(binds)
            for position in order:
                bind = binds[position]
                if bind.array:
                    row[position] = [self._value(reader, bind, request) for _ in range(reader.ub())]
                else:
                    row[position] = self._value(reader, bind, request)
            rows.append(row)
        return rows

    def _value(self, reader: Reader, bind: WireBind, request: ExecuteRequest) -> Value:
        if bind.number in (datatypes.CLOB, datatypes.BLOB):
            locator = reader.dalc()
            try:
                return self._lobs.find(locator).value() if locator else None
            except OraError as error:
                request.refused = error
                return None
        if bind.number == datatypes.CURSOR:
            if reader.u8() and reader.u8():
                reader.skip("u")
            return None
        if bind.number not in datatypes.KNOWN_NUMBERS:
            reader.drain()
            return None
        return datatypes.read_scalar(reader, bind.number, bind.type)

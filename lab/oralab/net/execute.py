# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open cursors of a session, and what it answers to executions and fetches."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from oralab.api import IN, ColumnInfo, Outcome, Result, Session, Statement
from oralab.errors import OraError
from oralab.net import reply
from oralab.net.datatypes import LOBS, out_field
from oralab.net.lob import Lobs
from oralab.net.reply import EndOfCall
from oralab.net.requests import BATCH_ERRORS, COMMIT, DESCRIBE_ONLY, EXECUTE, FETCH, Described, ExecuteRequest, WireBind
from oralab.net.rows import DESCRIBE, ROW_DATA, RowWriter, describe
from oralab.net.wire import ub
from oralab.values import Row, Value

IO_VECTOR, IMPLICIT_RESULTS = b"\x0b", b"\x1b"
PRESENT: Final = b"\0"          # indicator after each value of an OUT bind
MAX_OPEN_CURSORS: Final = 300   # default of the parameter OPEN_CURSORS in many installations (assumed)


@dataclasses.dataclass(slots=True)
class Cursor:
    """An open cursor. One without ``statement`` is a REF CURSOR or an implicit result: it has only rows."""

    statement: Statement | None
    described: Described = dataclasses.field(default_factory=Described)
    defines: list[int] = dataclasses.field(default_factory=list)
    columns: list[ColumnInfo] | None = None
    rows: Iterator[Row] | None = None
    writer: RowWriter | None = None
    fetched: int = 0

    @property
    def has_lobs(self) -> bool:
        """Whether rows must wait until the client said how it wants its LOBs."""
        return any(column.type.name in LOBS for column in self.columns or ())

    def open(self, columns: list[ColumnInfo], rows: Iterator[Row] | None) -> bool:
        """Take a new result; whether its columns differ from those described before."""
        changed = columns != self.columns
        if changed:
            self.defines = []
        self.columns, self.rows, self.writer, self.fetched = columns, rows, None, 0
        return changed


class Executor:
    """Cursors of one session by number."""

    def __init__(self, session: Session, field_version: int, lobs: Lobs) -> None:
        self._session = session
        self._field_version = field_version
        self._lobs = lobs
        self._limit = int(session.attributes().get("AUTH_MAX_OPEN_CURSORS", MAX_OPEN_CURSORS))
        self._last = 0
        self.cursors: dict[int, Cursor] = {}

    def described(self, number: int) -> Described:
        """What earlier requests for a cursor said."""
        cursor = self.cursors.get(number)
        return cursor.described if cursor else Described()

    def close(self, numbers: Iterable[int]) -> None:
        """Close cursors."""
        for number in numbers:
            self.cursors.pop(number, None)

    def _add(self, cursor: Cursor) -> int:
        if len(self.cursors) >= self._limit:
            raise OraError(1000, "maximum open cursors exceeded")
        while True:
            self._last = self._last % 65000 + 1
            if self._last not in self.cursors:
                self.cursors[self._last] = cursor
                return self._last

    def _end(self, cursor: int = 0, **parts: object) -> bytes:
        end = EndOfCall(cursor=cursor, **parts)  # type: ignore[arg-type]
        return end.encode(self._session.in_transaction)

    # -- execute

    def execute(self, request: ExecuteRequest) -> bytes:
        """The answer to an execution, error answers included."""
        if request.refused:
            raise request.refused
        number = request.cursor
        if request.sql is not None and request.shape is not None:
            cursor = Cursor(self._session.parse(request.sql), Described(request.shape))
            if number:
                self.cursors[number] = cursor
            else:
                number = self._add(cursor)
        elif number in self.cursors:
            cursor = self.cursors[number]
        else:
            raise OraError(1001, "invalid cursor")
        try:
            return self._run(number, cursor, request)
        except Exception as error:
            if not request.cursor:      # the client never learns the number of a cursor that failed at first
                del self.cursors[number]
                number = 0
            if not isinstance(error, OraError):
                raise
            return self._end(number, error=error, rowcount=getattr(error, "rows_done", 0))

    def _run(self, number: int, cursor: Cursor, request: ExecuteRequest) -> bytes:
        if request.binds is not None:
            cursor.described = Described(cursor.described.shape, request.binds)
        if request.defines is not None:
            cursor.defines, cursor.writer = request.defines, None
        statement = cursor.statement
        if statement is None:
            return self._fetch(number, cursor, request.prefetch)
        if statement.kind == "query":
            return self._query(number, cursor, statement, request)
        # Parsing alone is enough for DDL to happen (documented: DBMS_SQL.PARSE).
        if not request.options & EXECUTE and statement.kind != "ddl":
            return self._end(number)
        self._check_binds(cursor, statement)
        run = self._plsql if statement.kind == "plsql" else self._other
        answer, end = run(cursor, statement, request)
        self._autocommit(request)
        end.cursor = number
        return answer + end.encode(self._session.in_transaction)

    def _autocommit(self, request: ExecuteRequest) -> None:
        if request.options & COMMIT and self._session.in_transaction:
            self._session.commit()

    @staticmethod
    def _check_binds(cursor: Cursor, statement: Statement) -> None:
        if len(cursor.described.binds) < len(statement.bind_names):
            raise OraError(1008, "not all variables bound")
        if len(cursor.described.binds) > len(statement.bind_names):
            raise OraError(1036, "illegal variable name/number")

    def _perform(self, cursor: Cursor, statement: Statement, rows: Sequence[Sequence[Value | list[Value]]], *,
                 batch_errors: bool = False) -> Outcome:
        binds = [bind.named(name) for bind, name in zip(cursor.described.binds, statement.bind_names, strict=True)]
        given = len(binds) - statement.returning
        return self._session.execute(statement, binds, [row[:given] for row in rows], batch_errors=batch_errors)

    # -- queries

    def _query(self, number: int, cursor: Cursor, statement: Statement, request: ExecuteRequest) -> bytes:
        answer = b""
        if request.options & (EXECUTE | DESCRIBE_ONLY):
            changed = self._open(cursor, statement, request)
            if changed:
                answer = DESCRIBE + b"\0" + describe(cursor.columns or [], self._field_version)
        if request.options & FETCH and (cursor.defines or not cursor.has_lobs):
            return answer + self._fetch(number, cursor, request.prefetch)
        self._autocommit(request)
        return answer + self._end(number)

    def _open(self, cursor: Cursor, statement: Statement, request: ExecuteRequest) -> bool:
        if request.options & DESCRIBE_ONLY:
            return cursor.open(self._session.describe(statement), None)
        self._check_binds(cursor, statement)
        result = self._perform(cursor, statement, request.rows).result
        if result is None:
            raise TypeError("a query gave no result")
        return cursor.open(result.columns, iter(result.rows))

    def fetch(self, number: int, count: int) -> bytes:
        """The next rows of a cursor; ORA-01001 or ORA-01002 when it has none to give."""
        cursor = self.cursors.get(number)
        if cursor is None:
            raise OraError(1001, "invalid cursor")
        try:
            return self._fetch(number, cursor, count)
        except OraError as error:
            return self._end(number, error=error, rowcount=cursor.fetched)

    def _fetch(self, number: int, cursor: Cursor, count: int) -> bytes:
        if cursor.rows is None or cursor.columns is None:
            raise OraError(1002, "fetch out of sequence")
        if cursor.writer is None:
            cursor.writer = RowWriter(cursor.columns, cursor.defines, self._lobs, self._ref_cursor)
        try:
            answer, got = cursor.writer.write(cursor.rows, count)
        except OraError:
            cursor.rows = None
            raise
        cursor.fetched += got
        error = reply.NO_DATA_FOUND if got < count else None
        return answer + self._end(number, error=error, rowcount=cursor.fetched)

    def _ref_cursor(self, result: Result) -> bytes:
        cursor = Cursor(None)
        cursor.open(result.columns, iter(result.rows))
        return b"\1" + describe(result.columns, self._field_version) + ub(self._add(cursor))

    # -- everything else

    def _other(self, cursor: Cursor, statement: Statement, request: ExecuteRequest) -> tuple[bytes, EndOfCall]:
        outcome = self._perform(cursor, statement, request.rows, batch_errors=bool(request.options & BATCH_ERRORS))
        answer = b""
        if statement.returning:
            answer = b"".join(self._returned(cursor, statement, rows) for rows in outcome.returning)
        if request.rowcounts:
            answer += reply.PARAMETER + bytes(4) + ub(len(outcome.rowcounts)) + b"".join(map(ub, outcome.rowcounts))
        error = reply.ARRAY_DML_ERRORS if outcome.batch_errors else None
        return answer, EndOfCall(error, 0, outcome.rowcount, outcome.batch_errors, outcome.warning is not None)

    def _returned(self, cursor: Cursor, statement: Statement, rows: Sequence[Row]) -> bytes:
        binds = cursor.described.binds[len(cursor.described.binds) - statement.returning:]
        return ROW_DATA + b"".join(
            ub(len(rows)) + b"".join(self._out(bind, row[position]) + PRESENT for row in rows)
            for position, bind in enumerate(binds))

    def _plsql(self, cursor: Cursor, statement: Statement, request: ExecuteRequest) -> tuple[bytes, EndOfCall]:
        answer, implicit, warning = b"", [], False
        for row in request.rows:
            outcome = self._perform(cursor, statement, [row])
            cursor.described.directions = [outcome.directions.get(name, IN) for name in statement.bind_names]
            answer += self._out_binds(cursor, statement, outcome)
            implicit += outcome.implicit
            warning = warning or outcome.warning is not None
        if statement.bind_names:
            count = len(statement.bind_names)
            head = IO_VECTOR + b"\0" + ub(count % 256) + ub(count // 256) + ub(1) + ub(0) + ub(0) + ub(0)
            answer = head + bytes(cursor.described.directions) + answer
        if implicit:
            # _ref_cursor begins with the length byte of a REF CURSOR; here the length counts bytes to skip.
            results = (b"\0" + self._ref_cursor(result)[1:] for result in implicit)
            answer += IMPLICIT_RESULTS + ub(len(implicit)) + b"".join(results)
        return answer, EndOfCall(rowcount=len(request.rows), warning=warning)

    def _out_binds(self, cursor: Cursor, statement: Statement, outcome: Outcome) -> bytes:
        out = bytearray()
        described = cursor.described
        for bind, name, direction in zip(described.binds, statement.bind_names, described.directions, strict=True):
            if direction == IN:
                continue
            value = outcome.out.get(name)
            if not bind.array:
                out += self._out(bind, value) + PRESENT
                continue
            values = value if isinstance(value, list) else []
            if len(values) > bind.elements:
                raise OraError(6513, "PL/SQL: index for PL/SQL table out of range for host language array")
            out += ub(len(values)) + b"".join(self._out(bind, element) + PRESENT for element in values)
        return ROW_DATA + bytes(out) if any(direction != IN for direction in described.directions) else b""

    def _out(self, bind: WireBind, value: Value | list[Value] | Result) -> bytes:
        if bind.type.name == "REF CURSOR":
            if isinstance(value, Result):
                return self._ref_cursor(value)
            return b"\1" + describe([], self._field_version) + ub(0)
        if isinstance(value, (list, Result)):
            raise OraError(6502, "PL/SQL: numeric or value error")
        if bind.type.name not in LOBS:
            return out_field(bind.type, value, bind.size)
        if value is None:
            return b"\0"
        if not isinstance(value, bytes if bind.type.name == "BLOB" else str):
            raise OraError(6502, "PL/SQL: numeric or value error")
        return self._lobs.field(value, temporary=True)

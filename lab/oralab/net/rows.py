# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptions of columns, and rows in the form in which a client fetches them."""
from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from oralab.api import ColumnInfo, Result
from oralab.errors import not_simulated
from oralab.net import datatypes
from oralab.net.datatypes import LOBS, STRINGS, Field, column_field
from oralab.net.lob import Lobs
from oralab.net.wire import clr, dalc, sb, ub
from oralab.values import DataType, Row

AL32UTF8: Final = 873
DESCRIBE, ROW_HEADER, ROW_DATA = b"\x10", b"\x06", b"\x07"
FIELD_VERSION_12_2: Final = 8
UNCONSTRAINED_SCALE: Final = -127
LONG_PRESENT: Final = b"\0\0"                   # null indicator and return code after each LONG
LONG_NULL: Final = b"\0" + sb(-1) + ub(1405)
_SIZES: Final = {"ROWID": 18, "UROWID": 4000, "LONG": 0x7FFFFFFF, "LONG RAW": 0x7FFFFFFF, "REF CURSOR": 4, "BOOLEAN": 4}


def _precision_and_scale(type: DataType) -> tuple[int, int]:
    """As the call interface describes them: NUMBER without precision is 0 and -127, FLOAT has its binary precision."""
    if type.name == "NUMBER":
        if type.precision is None:
            return (0, UNCONSTRAINED_SCALE) if type.scale is None else (38, type.scale)
        return type.precision, type.scale or 0
    if type.name == "FLOAT":
        return type.precision or 126, UNCONSTRAINED_SCALE
    return type.precision or 0, type.scale or 0


def _column(position: int, column: ColumnInfo, field_version: int) -> bytes:
    type = column.type
    number, form = datatypes.type_number(type)
    precision, scale = _precision_and_scale(type)
    # A size of zero would mean "always NULL" to the driver, which then expects no bytes for the column at all.
    size = _SIZES.get(type.name) or max(1, type.max_bytes())
    characters = max(1, type.length) if type.name in STRINGS else 0
    name = column.name.encode()
    return b"".join((
        bytes((number, 0, precision & 0xFF, scale & 0xFF)), ub(size), ub(0), ub(0), ub(0), ub(0),
        ub(AL32UTF8 if form else 0), bytes((form,)), ub(characters),
        ub(0) if field_version >= FIELD_VERSION_12_2 else b"",
        bytes((1 if column.nullable else 0, len(name) & 0xFF)), dalc(name), dalc(b""), dalc(b""), ub(position + 1),
        ub(0),
    ))


def describe(columns: Sequence[ColumnInfo], field_version: int) -> bytes:
    """The description of a row, as it stands in an answer and before a REF CURSOR."""
    described = b"".join(_column(position, column, field_version) for position, column in enumerate(columns))
    head = ub(4000) + ub(len(columns)) + (b"\1" if columns else b"")
    return head + described + dalc(b"") + ub(0) + ub(0) + ub(0) + ub(0) + dalc(b"")


class RowWriter:
    """Writes the rows of one query; ``defines`` are the types in which the client wants the columns.

    Only LOB columns are sent in another type than described: as LONG or LONG RAW, when the client wants their content
    in the row.
    """

    def __init__(self, columns: Sequence[ColumnInfo], defines: Sequence[int], lobs: Lobs,
                 open_cursor: Callable[[Result], bytes]) -> None:
        self._lobs = lobs
        self._open_cursor = open_cursor
        wanted = defines if len(defines) == len(columns) else [0] * len(columns)
        self._fields = [self._field(column.type, define) for column, define in zip(columns, wanted, strict=True)]

    def _field(self, type: DataType, define: int) -> tuple[Field, bytes]:
        """How to write a value, and what stands for NULL."""
        if type.name == "REF CURSOR":
            return self._open_cursor, b"\0"
        if type.name in LOBS:
            if define in (datatypes.LONG, datatypes.LONG_RAW):
                national = type.name in datatypes.NATIONAL_NAMES
                return (lambda value: _content(value, national) + LONG_PRESENT), LONG_NULL
            if define not in (0, datatypes.CLOB, datatypes.BLOB):
                raise not_simulated(f"fetching a {type.name} as type number {define}")
            return self._lobs.field, b"\0"
        if type.name in ("LONG", "LONG RAW"):
            plain = column_field(type)
            return (lambda value: plain(value) + LONG_PRESENT), LONG_NULL
        return column_field(type), b"\0"

    def write(self, rows: Iterator[Row], limit: int) -> tuple[bytes, int]:
        """At most ``limit`` rows, and how many there were."""
        out = bytearray()
        count = 0
        fields = self._fields
        for row in itertools.islice(rows, limit):
            count += 1
            out += ROW_DATA
            for (field, null), value in zip(fields, row, strict=True):
                out += null if value is None else field(value)
        if not count:
            return b"", 0
        head = ROW_HEADER + b"\0" + ub(len(fields)) + ub(0) + ub(count) + ub(0) + ub(0) + ub(0)
        return head + bytes(out), count


def _content(value: Any, national: bool) -> bytes:
    return clr(value if isinstance(value, bytes) else datatypes.text_of(value, national))

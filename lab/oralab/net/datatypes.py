# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data types as the wire numbers them, and single values as fields of a row."""
from __future__ import annotations

import datetime
import functools
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from oralab import codec
from oralab.errors import OraError, not_simulated
from oralab.net.wire import Reader, clr, ub
from oralab.values import DataType, Rowid, Timestamp, Value

Field = Callable[[Any], bytes]

IMPLICIT, NATIONAL = 1, 2            # character set forms
VARCHAR, NUMBER, LONG, ROWID, DATE, RAW, LONG_RAW, CHAR = 1, 2, 8, 11, 12, 23, 24, 96
CURSOR, CLOB, BLOB, UROWID, BOOLEAN = 102, 112, 113, 208, 252
NUMBERS: Final[dict[str, tuple[int, int]]] = {      # name -> type number, character set form
    "VARCHAR2": (VARCHAR, IMPLICIT), "NVARCHAR2": (VARCHAR, NATIONAL), "CHAR": (CHAR, IMPLICIT),
    "NCHAR": (CHAR, NATIONAL), "LONG": (LONG, IMPLICIT), "CLOB": (CLOB, IMPLICIT), "NCLOB": (CLOB, NATIONAL),
    "BLOB": (BLOB, 0), "RAW": (RAW, 0), "LONG RAW": (LONG_RAW, 0), "NUMBER": (NUMBER, 0), "FLOAT": (NUMBER, 0),
    "BINARY_FLOAT": (100, 0), "BINARY_DOUBLE": (101, 0), "DATE": (DATE, 0), "TIMESTAMP": (180, 0),
    "TIMESTAMP WITH TIME ZONE": (181, 0), "TIMESTAMP WITH LOCAL TIME ZONE": (231, 0),
    "INTERVAL YEAR TO MONTH": (182, 0), "INTERVAL DAY TO SECOND": (183, 0), "ROWID": (ROWID, 0), "UROWID": (UROWID, 0),
    "REF CURSOR": (CURSOR, 0), "BOOLEAN": (BOOLEAN, 0),
}
NAMES: Final = {key: name for name, key in NUMBERS.items() if name != "FLOAT"} | {
    (3, 0): "NUMBER",                # BINARY_INTEGER of PL/SQL
    (LONG, NATIONAL): "NVARCHAR2",   # a long national string; LONG itself has no national form
}
KNOWN_NUMBERS: Final = frozenset(number for number, _ in NAMES)
LOBS: Final = frozenset(("CLOB", "NCLOB", "BLOB"))
STRINGS: Final = frozenset(("VARCHAR2", "NVARCHAR2", "CHAR", "NCHAR", "LONG"))
NATIONAL_NAMES: Final = frozenset(("NVARCHAR2", "NCHAR", "NCLOB"))


def type_number(type: DataType) -> tuple[int, int]:
    """Type number and character set form of a type; ORA-03001 for types the wire form of which is not simulated."""
    try:
        return NUMBERS[type.name]
    except KeyError:
        raise not_simulated(f"sending values of type {type.name}") from None


def bind_type(number: int, form: int, size: int) -> DataType:
    """What a client announced of a bind."""
    # ROWIDs come as strings without a character set form, and some drivers give numbers one.
    name = NAMES.get((number, form)) or NAMES.get((number, 0 if form else IMPLICIT))
    if name is None:
        raise not_simulated(f"binds of type number {number}")
    if name in ("NVARCHAR2", "NCHAR"):
        return DataType(name, size // 2, char_used="C")
    return DataType(name, size if name in STRINGS or name == "RAW" else 0)


# -- values to the client

@functools.lru_cache(maxsize=16384)
def _number(value: int | Decimal) -> bytes:
    return clr(codec.encode_number(value))


def _boolean(value: bool) -> bytes:
    return b"\2\1\1" if value else b"\1\0"


def _rowid(value: str) -> bytes:
    data_object, file, block, row = codec.rowid_fields(value)
    return b"\x0e" + ub(data_object) + ub(file) + b"\0" + ub(block) + ub(row)


def _urowid(value: str) -> bytes:
    data = codec.encode_urowid(value)
    return clr(bytes((len(data),))) + clr(data)


_COLUMN_FIELDS: Final[dict[str, Field]] = {
    "NUMBER": _number, "FLOAT": _number, "ROWID": _rowid, "UROWID": _urowid, "BOOLEAN": _boolean,
}


def column_field(type: DataType) -> Field:
    """The function that writes values of a column, other than LOBs and cursors, that are not NULL."""
    if type.name in _COLUMN_FIELDS:
        return _COLUMN_FIELDS[type.name]
    encode = codec.encoder(type)
    return lambda value: clr(encode(value))


def text_of(value: str, national: bool) -> bytes:
    """A string in the character set of its form: AL32UTF8 or AL16UTF16."""
    return value.encode("utf-16-be" if national else "utf-8")


def _to_number(value: Value) -> int | Decimal:
    if isinstance(value, str):
        try:
            return Decimal(value.strip())
        except InvalidOperation:
            message = "PL/SQL: numeric or value error: character to number conversion error"
            raise OraError(6502, message) from None
    return Decimal(repr(float(value))) if isinstance(value, float) else value  # type: ignore[return-value]


def _to_string(value: Value) -> Value:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        text = format(Decimal(value), "f")
        return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text
    return value


def _to_date(value: Value) -> Value:
    return value.moment if isinstance(value, Timestamp) else value


def _to_timestamp(value: Value) -> Value:
    return Timestamp(value) if isinstance(value, datetime.datetime) else value


_CONVERSIONS: Final[dict[str, Callable[[Value], Value]]] = {
    "NUMBER": _to_number, "VARCHAR2": _to_string, "NVARCHAR2": _to_string, "CHAR": _to_string, "NCHAR": _to_string,
    "LONG": _to_string, "DATE": _to_date, "TIMESTAMP": _to_timestamp, "TIMESTAMP WITH TIME ZONE": _to_timestamp,
    "TIMESTAMP WITH LOCAL TIME ZONE": _to_timestamp,
}


def out_field(type: DataType, value: Value, max_size: int) -> bytes:
    """A value given back through an OUT bind, converted where PL/SQL converts without a format.

    ORA-06502 when it does not fit into the buffer that the client announced.
    """
    if value is None:
        return b"\0"
    if type.name in _CONVERSIONS:
        value = _CONVERSIONS[type.name](value)
    if type.name in STRINGS:
        if not isinstance(value, str):
            raise OraError(6502, "PL/SQL: numeric or value error")
        data = text_of(value, type.name in NATIONAL_NAMES)
        if max_size and len(data) > max_size:
            raise OraError(6502, "PL/SQL: numeric or value error: character string buffer too small")
        return clr(data)
    if type.name in ("RAW", "LONG RAW") and isinstance(value, bytes) and max_size and len(value) > max_size:
        raise OraError(6502, "PL/SQL: numeric or value error: raw variable length too long")
    try:
        return column_field(type)(value)
    except (TypeError, AttributeError):
        raise OraError(6502, "PL/SQL: numeric or value error") from None


# -- values from the client

def read_scalar(reader: Reader, number: int, type: DataType) -> Value:
    """One bind value that is neither a LOB nor a cursor."""
    if number == BOOLEAN and reader.peek() == 0xFD:      # the escape that stands for a NULL boolean
        reader.skip("bb")
        return None
    data = reader.clr()
    if data is None:
        return None
    if type.name == "BOOLEAN":
        return data[-1] == 1
    if type.name in ("ROWID", "UROWID"):
        return Rowid(data.decode())
    return codec.decode(data, type)

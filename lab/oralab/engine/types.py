# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Families of data types, and the types of what is computed from them.

A family is one letter: N NUMBER, F binary float, S character, L character LOB, D DATE, T TIMESTAMP, Z and C TIMESTAMP WITH (LOCAL)
TIME ZONE, Y and I the intervals, R RAW, B BLOB, W ROWID, P BFILE, K cursor, O PL/SQL BOOLEAN, X everything user-defined.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from oralab.errors import OraError
from oralab.values import DataType

NUMBER: Final = DataType("NUMBER")
INTEGER: Final = DataType("NUMBER", precision=38, scale=0)
BINARY_DOUBLE: Final = DataType("BINARY_DOUBLE")
DATE: Final = DataType("DATE")
TIMESTAMP: Final = DataType("TIMESTAMP", scale=9)
TIMESTAMP_TZ: Final = DataType("TIMESTAMP WITH TIME ZONE", scale=9)
TIMESTAMP_LTZ: Final = DataType("TIMESTAMP WITH LOCAL TIME ZONE", scale=9)
INTERVAL_DS: Final = DataType("INTERVAL DAY TO SECOND", precision=9, scale=9)
INTERVAL_YM: Final = DataType("INTERVAL YEAR TO MONTH", precision=9)
CLOB: Final = DataType("CLOB")
BLOB: Final = DataType("BLOB")
ROWID: Final = DataType("ROWID")
NULL: Final = DataType("VARCHAR2", 0)
"""Type of the literal NULL."""
MAX_STRING: Final = 4000
MAX_RAW: Final = 2000

_FAMILIES: Final[dict[str, str]] = {
    "NUMBER": "N", "FLOAT": "N", "BINARY_FLOAT": "F", "BINARY_DOUBLE": "F", "VARCHAR2": "S", "NVARCHAR2": "S", "CHAR": "S",
    "NCHAR": "S", "LONG": "S", "CLOB": "L", "NCLOB": "L", "BLOB": "B", "BFILE": "P", "RAW": "R", "LONG RAW": "R", "DATE": "D",
    "TIMESTAMP": "T", "TIMESTAMP WITH TIME ZONE": "Z", "TIMESTAMP WITH LOCAL TIME ZONE": "C", "INTERVAL YEAR TO MONTH": "Y",
    "INTERVAL DAY TO SECOND": "I", "ROWID": "W", "UROWID": "W", "BOOLEAN": "O", "REF CURSOR": "K",
    # PL/SQL's own names.
    "PLS_INTEGER": "N", "BINARY_INTEGER": "N", "INTEGER": "N", "NATURAL": "N", "POSITIVE": "N", "SIMPLE_INTEGER": "N", "STRING": "S",
}
_REPRESENTATIVE: Final[dict[str, DataType]] = {
    "N": NUMBER, "F": BINARY_DOUBLE, "S": DataType("VARCHAR2", MAX_STRING), "L": CLOB, "B": BLOB, "D": DATE, "T": TIMESTAMP,
    "Z": TIMESTAMP_TZ, "C": TIMESTAMP_LTZ, "Y": INTERVAL_YM, "I": INTERVAL_DS, "R": DataType("RAW", MAX_RAW), "W": ROWID,
    "P": DataType("BFILE"), "O": DataType("BOOLEAN"), "K": DataType("REF CURSOR"), "X": DataType("XMLTYPE")}
_MESSAGE_NAMES: Final[dict[str, str]] = {"VARCHAR2": "CHAR", "RAW": "BINARY"}
NATIONAL: Final = frozenset(("NVARCHAR2", "NCHAR", "NCLOB"))
DATETIMES: Final = "DTZC"


def family(type_: DataType) -> str:
    return _FAMILIES.get(type_.name, "X")


def of_family(letter: str) -> DataType:
    """The widest type of a family."""
    return _REPRESENTATIVE[letter]


def varchar(length: int) -> DataType:
    """VARCHAR2 of so many bytes, at least 1 and at most 4000."""
    return DataType("VARCHAR2", max(1, min(length, MAX_STRING)))


def is_null(type_: DataType) -> bool:
    return type_ == NULL


def is_char(type_: DataType) -> bool:
    """Compared with blank padding (documented: CHAR, NCHAR and text literals)."""
    return type_.name in ("CHAR", "NCHAR")


def inconsistent(expected: str | DataType, got: DataType) -> OraError:
    """ORA-00932."""
    wanted = expected if isinstance(expected, str) else message_name(expected)
    return OraError(932, f"inconsistent datatypes: expected {wanted} got {message_name(got)}")


def message_name(type_: DataType) -> str:
    """A type as ORA-00932 calls it."""
    return _MESSAGE_NAMES.get(type_.name, type_.name)


_PRINTED: Final[dict[str, int]] = {"N": 40, "F": 24, "D": 75, "T": 75, "Z": 75, "C": 75, "Y": 30, "I": 30, "W": 18, "L": 4000, "O": 5}


def text_length(type_: DataType) -> int:
    """Bytes that the type may need as text."""
    letter = family(type_)
    if letter == "S":
        return type_.max_bytes() or type_.length
    if letter == "R":
        return min(type_.length * 2, MAX_STRING)
    return _PRINTED.get(letter, MAX_STRING)


def concatenated(left: DataType, right: DataType) -> DataType:
    """Type of ``left || right`` (documented: CHAR only of two CHARs, LOB as soon as one is)."""
    if "L" in (family(left), family(right)):
        return CLOB
    if left.name in NATIONAL or right.name in NATIONAL:
        return DataType("NVARCHAR2", min((text_length(left) + text_length(right)) // 2 or 1, 2000), char_used="C")
    length = text_length(left) + text_length(right)
    if is_char(left) and is_char(right) and length <= MAX_RAW:
        return DataType("CHAR", length)
    return varchar(length)


def common(types: Iterable[DataType], *, strict: bool) -> DataType:
    """The type that all can be given in: CASE, COALESCE (``strict``: families must agree), and DECODE, NVL (the first decides).

    ORA-00932 when there is none.
    """
    known = [type_ for type_ in types if not is_null(type_)]
    if not known:
        return DataType("VARCHAR2", 1)
    result = known[0]
    for other in known[1:]:
        result = _both(result, other, strict)
    return result


def _both(left: DataType, right: DataType, strict: bool) -> DataType:
    if left == right:
        return left
    a, b = family(left), family(right)
    if {a, b} <= {"N", "F"}:
        return NUMBER if a == b == "N" else BINARY_DOUBLE
    if {a, b} <= {"S", "L"}:
        return CLOB if "L" in (a, b) else _strings(left, right)
    if {a, b} <= set(DATETIMES):
        return left if a == b and (left.scale or 0) >= (right.scale or 0) else right if a == b else of_family(
            max(a, b, key="DTCZ".index))
    if a == b == "R":
        return left if left.length >= right.length else right
    if {a, b} == {"R", "B"}:
        return BLOB
    if a == b:
        return left
    if strict:
        raise inconsistent(left, right)
    return left if a != "S" or b not in "SL" else _strings(left, right)


def _strings(left: DataType, right: DataType) -> DataType:
    if left.name == right.name and left.char_used == right.char_used and is_char(left) and left.length == right.length:
        return left
    if left.name in NATIONAL or right.name in NATIONAL:
        return DataType("NVARCHAR2", max(left.length, right.length), char_used="C")
    if left.char_used == right.char_used == "C":
        return DataType("VARCHAR2", max(left.length, right.length), char_used="C")
    return varchar(max(left.max_bytes(), right.max_bytes()))

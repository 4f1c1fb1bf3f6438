# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Datatypes as they stand in column definitions, CAST and declarations."""
from __future__ import annotations

from typing import Final

from oralab.errors import not_simulated
from oralab.sql.lexer import QUOTED, Tokens
from oralab.sql.words import RESERVED, error
from oralab.values import DataType

_PLAIN: Final = {name: DataType(name) for name in (
    "CLOB", "NCLOB", "BLOB", "BFILE", "DATE", "BINARY_FLOAT", "BINARY_DOUBLE", "ROWID", "XMLTYPE")}
_INTEGER: Final = DataType("NUMBER", scale=0)
_PLAIN.update({"INTEGER": _INTEGER, "INT": _INTEGER, "SMALLINT": _INTEGER, "REAL": DataType("FLOAT", precision=63)})
_PLSQL_ONLY: Final = {
    "BOOLEAN": DataType("BOOLEAN"), "SYS_REFCURSOR": DataType("REF CURSOR"),
    **dict.fromkeys(("PLS_INTEGER", "BINARY_INTEGER", "NATURAL", "POSITIVE", "SIMPLE_INTEGER"), _INTEGER)}
_CHARACTER: Final = {
    # word: (type, longest in SQL, length when none is given; 0: there must be one)
    "VARCHAR2": ("VARCHAR2", 4000, 0), "VARCHAR": ("VARCHAR2", 4000, 0), "CHAR": ("CHAR", 2000, 1),
    "CHARACTER": ("CHAR", 2000, 1), "NVARCHAR2": ("NVARCHAR2", 2000, 0), "NCHAR": ("NCHAR", 1000, 1), "RAW": ("RAW", 2000, 0),
    "UROWID": ("UROWID", 4000, 4000)}
_LONGEST_IN_PLSQL: Final = 32767


def datatype(t: Tokens) -> DataType:
    """A datatype. ``char_used`` is "" where neither BYTE nor CHAR was said; of a user-defined type without schema ``owner`` is "".

    ORA-00902 when there is none, ORA-00906, 00910, 01723, 01727, 01728 for wrong lengths.
    """
    word = t.word
    if word in _PLAIN:
        t.i += 1
        return _PLAIN[word]
    if t.plsql and word in _PLSQL_ONLY:
        t.i += 1
        return _PLSQL_ONLY[word]
    if word in _CHARACTER:
        t.i += 1
        return _character(t, word)
    if word in ("NUMBER", "NUMERIC", "DECIMAL", "DEC"):
        t.i += 1
        return _number(t, "NUMBER" if word == "NUMBER" else "DECIMAL")
    special = {"FLOAT": _float, "DOUBLE": _double, "NATIONAL": _national, "LONG": _long, "TIMESTAMP": _timestamp,
               "INTERVAL": interval_type}.get(word)
    if special:
        t.i += 1
        return special(t)
    if word in _PLSQL_ONLY:
        t.fail(902)
    if word == "REF":
        raise not_simulated("REF datatypes")
    if word != QUOTED and (word in RESERVED or not word[:1].isalpha()):
        t.fail(902)
    name = t.identifier(902)
    if t.skip("."):
        owner, name = name, t.identifier(902)
        return _PLAIN["XMLTYPE"] if (owner, name) == ("SYS", "XMLTYPE") else DataType(name, owner=owner)
    return DataType(name, owner="")


def _character(t: Tokens, word: str) -> DataType:
    if word in ("CHAR", "CHARACTER", "NCHAR") and t.skip("VARYING"):
        word = "NVARCHAR2" if word == "NCHAR" else "VARCHAR2"
    name, longest, length = _CHARACTER[word]
    if t.plsql:
        longest = _LONGEST_IN_PLSQL
    if t.word != "(":
        if not length:
            t.fail(906)
        return DataType(name, length, char_used="" if name == "CHAR" else "C" if name == "NCHAR" else "B")
    t.open()
    place = t.i
    length = t.integer(910)
    if length > longest:
        t.fail(910, at=place)
    if length < 1:
        raise error(1723, offset=t.starts[place])
    used = {"N": "C", "R": "B", "U": "B"}.get(name[0], "")
    if name in ("VARCHAR2", "CHAR"):
        said = t.one_of(("BYTE", "CHAR"))
        used = said[0] if said else ""
    t.close()
    return DataType(name, length, char_used=used)


def _number(t: Tokens, word: str) -> DataType:
    if not t.skip("("):
        return DataType("NUMBER") if word == "NUMBER" else _INTEGER
    place = t.i
    precision = None if t.skip("*") else t.integer(1727)
    if precision is not None and not 1 <= precision <= 38:
        t.fail(1727, at=place)
    scale = 0
    if t.skip(","):
        place = t.i
        scale = t.integer(1728)
        if not -84 <= scale <= 127:
            t.fail(1728, at=place)
    t.close()
    return DataType("NUMBER", precision=precision, scale=scale)


def _float(t: Tokens) -> DataType:
    if not t.skip("("):
        return DataType("FLOAT", precision=126)
    place = t.i
    precision = t.integer(1727)
    if not 1 <= precision <= 126:
        t.fail(1727, at=place)
    t.close()
    return DataType("FLOAT", precision=precision)


def _double(t: Tokens) -> DataType:
    t.expect("PRECISION")
    return DataType("FLOAT", precision=126)


def _national(t: Tokens) -> DataType:
    if not t.one_of(("CHARACTER", "CHAR")):
        t.fail(902)
    return _character(t, "NCHAR")


def _long(t: Tokens) -> DataType:
    if t.skip("RAW"):
        return DataType("LONG RAW")
    t.skip("VARCHAR")
    return DataType("LONG")


def _digits(t: Tokens, default: int) -> int:
    if not t.skip("("):
        return default
    place = t.i
    digits = t.integer(30088)
    if not 0 <= digits <= 9:
        t.fail(30088, at=place)
    t.close()
    return digits


def _timestamp(t: Tokens) -> DataType:
    scale = _digits(t, 6)
    name = "TIMESTAMP"
    if t.skip("WITH", "TIME", "ZONE"):
        name = "TIMESTAMP WITH TIME ZONE"
    elif t.skip("WITH", "LOCAL", "TIME", "ZONE"):
        name = "TIMESTAMP WITH LOCAL TIME ZONE"
    return DataType(name, scale=scale)


def interval_type(t: Tokens) -> DataType:
    """YEAR TO MONTH or DAY TO SECOND, after the word INTERVAL."""
    if t.skip("YEAR"):
        leading = _digits(t, 2)
        t.expect_all("TO MONTH", 30089)
        return DataType("INTERVAL YEAR TO MONTH", precision=leading)
    t.expect("DAY", 30089)
    leading = _digits(t, 2)
    t.expect_all("TO SECOND", 30089)
    return DataType("INTERVAL DAY TO SECOND", precision=leading, scale=_digits(t, 6))

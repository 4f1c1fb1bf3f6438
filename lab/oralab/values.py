# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Oracle's values are held in Python, shared by wire, engine and datafiles.

=============================  ==========================================================================
Oracle                         Python
=============================  ==========================================================================
NULL                           ``None`` (an empty VARCHAR2 is NULL; an empty LOB is ``""`` or ``b""``)
NUMBER, FLOAT                  ``int`` when integral, else a normalised ``Decimal``; at most 40 digits
BINARY_FLOAT, BINARY_DOUBLE    ``BinaryFloat``, ``float``
(N)VARCHAR2, (N)CHAR, (N)CLOB  ``str``; CHAR is stored blank-padded
LONG                           ``str``
RAW, LONG RAW, BLOB            ``bytes``
DATE                           ``datetime.datetime`` without microseconds
TIMESTAMP ...                  ``Timestamp``
INTERVAL YEAR TO MONTH         ``IntervalYM``
INTERVAL DAY TO SECOND         ``IntervalDS``
ROWID                          ``Rowid``
BFILE                          ``Bfile``
PL/SQL BOOLEAN                 ``bool`` (never a SQL value)
REF CURSOR                     ``oralab.api.Result``
=============================  ==========================================================================
"""
from __future__ import annotations

import dataclasses
import datetime
from decimal import Decimal
from typing import Union


class BinaryFloat(float):
    """BINARY_FLOAT; already rounded to 32 bits by whoever makes it."""


class Rowid(str):
    """An 18-character extended ROWID."""


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """TIMESTAMP in its three kinds.

    ``moment`` is the local wall clock without microseconds; ``nanos`` the fraction in nanoseconds. ``zone`` is ``None``
    for TIMESTAMP and for TIMESTAMP WITH LOCAL TIME ZONE (whose ``moment`` is UTC once stored), otherwise ``+HH:MM``
    or a region name as it was written; ``offset`` then is the distance from UTC in minutes.
    """

    moment: datetime.datetime
    nanos: int = 0
    zone: str | None = None
    offset: int = 0

    def utc(self) -> datetime.datetime:
        return self.moment - datetime.timedelta(minutes=self.offset)


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class IntervalYM:
    months: int


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class IntervalDS:
    nanos: int


@dataclasses.dataclass(frozen=True, slots=True)
class Bfile:
    """BFILE: a file in a directory object; neither needs to exist until it is opened."""

    directory: str
    filename: str


Value = Union[None, int, Decimal, float, str, bytes, datetime.datetime, Timestamp, IntervalYM, IntervalDS, Bfile, bool]
Row = tuple[Value, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class DataType:
    """A column's or expression's type in Oracle's own words.

    ``name`` is one of NUMBER FLOAT BINARY_FLOAT BINARY_DOUBLE VARCHAR2 NVARCHAR2 CHAR NCHAR CLOB NCLOB BLOB BFILE LONG RAW
    "LONG RAW" DATE TIMESTAMP "TIMESTAMP WITH TIME ZONE" "TIMESTAMP WITH LOCAL TIME ZONE" "INTERVAL YEAR TO MONTH"
    "INTERVAL DAY TO SECOND" ROWID UROWID XMLTYPE BOOLEAN (PL/SQL only) "REF CURSOR", or the name of a user-defined type
    with ``owner`` set. ``length`` counts characters when ``char_used`` is ``C``, else bytes. For NUMBER ``precision`` None
    means unconstrained; ``scale`` doubles as fractional seconds precision; INTERVAL keeps the leading precision in
    ``precision``.
    """

    name: str
    length: int = 0
    precision: int | None = None
    scale: int | None = None
    char_used: str = "B"
    owner: str | None = None

    def max_bytes(self) -> int:
        """DATA_LENGTH of the dictionary: bytes at most."""
        if self.name in ("VARCHAR2", "CHAR"):
            return min(self.length * (4 if self.char_used == "C" else 1), 4000 if self.name == "VARCHAR2" else 2000)
        if self.name in ("NVARCHAR2", "NCHAR"):
            return self.length * 2
        if self.name == "RAW":
            return self.length
        fixed = {"NUMBER": 22, "FLOAT": 22, "BINARY_FLOAT": 4, "BINARY_DOUBLE": 8, "DATE": 7, "CLOB": 4000, "NCLOB": 4000,
                 "BLOB": 4000, "ROWID": 10, "TIMESTAMP WITH TIME ZONE": 13, "INTERVAL YEAR TO MONTH": 5,
                 "INTERVAL DAY TO SECOND": 11, "LONG": 0, "LONG RAW": 0, "XMLTYPE": 2000, "BFILE": 530}
        if self.name.startswith("TIMESTAMP") and self.name not in fixed:
            return 11 if self.scale else 7
        return fixed.get(self.name, self.length or 4000)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DATE, TIMESTAMP and INTERVAL literals."""
from __future__ import annotations

import datetime
import re
from typing import Final

import zoneinfo

from oralab.errors import OraError, not_simulated
from oralab.sql import ast_queries as ast
from oralab.sql.lexer import Tokens
from oralab.sql.words import error
from oralab.values import DataType, IntervalDS, IntervalYM, Timestamp

_DATE: Final = re.compile(r"\s*(-?\d{1,4})-(\d{1,2})-(\d{1,2})\s*")
_TIMESTAMP: Final = re.compile(
    r"\s*(-?\d{1,4})-(\d{1,2})-(\d{1,2})(?:\s+(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.](\d{0,9}))?)?\s*(\S.*?)?\s*")
_OFFSET: Final = re.compile(r"([+-])(\d{1,2}):(\d{2})")
_FIELDS: Final = ("DAY", "HOUR", "MINUTE", "SECOND")
_SECONDS: Final = {"DAY": 86400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}
_LIMITS: Final = {"HOUR": 23, "MINUTE": 59, "SECOND": 59}
_FIELD_PATTERN: Final = {"DAY": r"(?P<DAY>\d+)", "HOUR": r"(?P<HOUR>\d+)", "MINUTE": r"(?P<MINUTE>\d+)",
                         "SECOND": r"(?P<SECOND>\d+)(?:\.(?P<FRACTION>\d{1,9}))?"}
_DATE_TYPE: Final = DataType("DATE")


def _moment(parts: tuple[str | None, ...], offset: int) -> datetime.datetime:
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    for wrong, code in ((year == 0, 1841), (year < 0, 0), (not 1 <= month <= 12, 1843), (not 1 <= day <= 31, 1847),
                        (hour > 23, 1850), (minute > 59, 1851), (second > 59, 1852)):
        if wrong and code:
            raise error(code, offset=offset)
        if wrong:
            raise not_simulated("years before 1 AD")
    try:
        return datetime.datetime(year, month, day, hour, minute, second)
    except ValueError:
        raise error(1839, offset=offset) from None


def date(text: str, offset: int = 0) -> ast.Literal:
    """DATE 'YYYY-MM-DD'. ORA-01861, 01841, 01843, 01847, 01839."""
    found = _DATE.fullmatch(text)
    if not found:
        raise error(1861, offset=offset)
    return ast.Literal(_moment((*found.groups(), None, None, None), offset), _DATE_TYPE)


def timestamp(text: str, offset: int = 0) -> ast.Literal:
    """TIMESTAMP 'YYYY-MM-DD HH:MI:SS.FF zone'; with a zone the type is TIMESTAMP WITH TIME ZONE."""
    found = _TIMESTAMP.fullmatch(text)
    if not found:
        raise error(1861, offset=offset)
    moment = _moment(found.groups()[:6], offset)
    fraction, zone = found.group(7) or "", found.group(8)
    nanos = int(fraction.ljust(9, "0"))
    if not zone:
        return ast.Literal(Timestamp(moment, nanos), DataType("TIMESTAMP", scale=9))
    return ast.Literal(_zoned(moment, nanos, zone, offset), DataType("TIMESTAMP WITH TIME ZONE", scale=9))


def _zoned(moment: datetime.datetime, nanos: int, zone: str, offset: int) -> Timestamp:
    found = _OFFSET.fullmatch(zone)
    if found:
        sign, hours, minutes = found.groups()
        return Timestamp(moment, nanos, f"{sign}{int(hours):02}:{minutes}",
                         (int(hours) * 60 + int(minutes)) * (-1 if sign == "-" else 1))
    if zone.upper() in ("UTC", "GMT"):
        return Timestamp(moment, nanos, zone, 0)
    try:
        delta = moment.replace(tzinfo=zoneinfo.ZoneInfo(zone)).utcoffset()
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise OraError(1882, "timezone region not found", offset=offset) from None
    return Timestamp(moment, nanos, zone, int(delta.total_seconds() // 60) if delta is not None else 0)


def interval(t: Tokens) -> ast.Literal:
    """INTERVAL 'text' fields, after the word INTERVAL."""
    place = t.i
    text = t.string()
    first = t.one_of(("YEAR", "MONTH", *_FIELDS))
    if first is None:
        t.fail(30089)
    leading, fraction = _precisions(t, first)
    last = first
    if t.skip("TO"):
        last = t.one_of(("MONTH",) if first == "YEAR" else _FIELDS[_FIELDS.index(first) + 1:] if first in _FIELDS else ()) or ""
        if not last:
            t.fail(30089)
        if last == "SECOND":
            fraction = _precision(t, fraction)
    offset = t.starts[place]
    negative = text.strip().startswith("-")
    body = text.strip().lstrip("+-").strip()
    if first in _FIELDS:
        value = _day_to_second(body, first, last, leading, offset)
        return ast.Literal(IntervalDS(-value if negative else value),
                           DataType("INTERVAL DAY TO SECOND", precision=leading, scale=fraction))
    value = _year_to_month(body, first, last, leading, offset)
    return ast.Literal(IntervalYM(-value if negative else value), DataType("INTERVAL YEAR TO MONTH", precision=leading))


def _precision(t: Tokens, default: int) -> int:
    if not t.skip("("):
        return default
    digits = t.integer(30088)
    t.close()
    return digits


def _precisions(t: Tokens, field: str) -> tuple[int, int]:
    leading, fraction = 2, 6
    if t.skip("("):
        leading = t.integer(30088)
        if field == "SECOND" and t.skip(","):
            fraction = t.integer(30088)
        t.close()
    return leading, fraction


def _year_to_month(text: str, first: str, last: str, leading: int, offset: int) -> int:
    found = re.fullmatch(r"(\d+)\s*-\s*(\d+)" if first != last else r"(\d+)", text)
    if not found:
        raise error(1867, offset=offset)
    if len(found.group(1).lstrip("0")) > leading:
        raise error(1873, offset=offset)
    if first != last:
        if int(found.group(2)) > 11:
            raise OraError(1843, "not a valid month", offset=offset)
        return int(found.group(1)) * 12 + int(found.group(2))
    return int(found.group(1)) * (12 if first == "YEAR" else 1)


def _day_to_second(text: str, first: str, last: str, leading: int, offset: int) -> int:
    fields = _FIELDS[_FIELDS.index(first):_FIELDS.index(last) + 1]
    pattern = r"\s*:\s*".join(_FIELD_PATTERN[field] for field in fields)
    if first == "DAY" and len(fields) > 1:
        pattern = pattern.replace(r"\s*:\s*", r"\s+", 1)
    found = re.fullmatch(pattern, text)
    if not found:
        raise error(1867, offset=offset)
    parts = found.groupdict()
    if len(parts[first].lstrip("0")) > leading:
        raise error(1873, offset=offset)
    seconds = 0
    for field in fields:
        amount = int(parts[field])
        if field != first and amount > _LIMITS[field]:
            raise error({"HOUR": 1850, "MINUTE": 1851, "SECOND": 1852}[field], offset=offset)
        seconds += amount * _SECONDS[field]
    return seconds * 1_000_000_000 + int((parts.get("FRACTION") or "").ljust(9, "0"))

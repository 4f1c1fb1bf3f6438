# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Datetime functions."""
from __future__ import annotations

import datetime
from typing import Any

from oralab.engine import datetimes
from oralab.engine.functions.registry import builtin
from oralab.engine.types import DATE, INTERVAL_DS, INTERVAL_YM, NUMBER, TIMESTAMP_TZ, varchar
from oralab.errors import OraError
from oralab.values import IntervalDS, IntervalYM, Timestamp

builtin("ADD_MONTHS", "D N", DATE)(datetimes.add_months)
builtin("MONTHS_BETWEEN", "D D", NUMBER)(datetimes.months_between)
builtin("LAST_DAY", "D", DATE)(datetimes.last_day)
builtin("NEXT_DAY", "D S", DATE)(datetimes.next_day)
builtin("NUMTODSINTERVAL", "N S", INTERVAL_DS)(datetimes.scaled_ds)
builtin("NUMTOYMINTERVAL", "N S", INTERVAL_YM)(datetimes.scaled_ym)
builtin("TO_DSINTERVAL", "S", INTERVAL_DS)(datetimes.parse_ds)
builtin("TO_YMINTERVAL", "S", INTERVAL_YM)(datetimes.parse_ym)


@builtin("FROM_TZ", "T S", TIMESTAMP_TZ)
def from_tz(value: Timestamp, zone: str) -> Timestamp:
    return datetimes.with_zone(value, zone.strip())


@builtin("NEW_TIME", "D S S", DATE)
def new_time(value: datetime.datetime, source: str, target: str) -> datetime.datetime:
    zones = {"AST": -4, "ADT": -3, "BST": -11, "BDT": -10, "CST": -6, "CDT": -5, "EST": -5, "EDT": -4, "GMT": 0, "HST": -10, "HDT": -9,
             "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "YST": -9, "YDT": -8}
    try:
        return datetimes.moved(value, (zones[target.upper()] - zones[source.upper()]) * 3600)
    except KeyError:
        raise OraError(1857, "not a valid time zone") from None


@builtin("TZ_OFFSET", "S", varchar(7), context=True)
def tz_offset(x: Any, zone: str) -> str:
    name = {"SESSIONTIMEZONE": x.zone, "DBTIMEZONE": x.database_zone}.get(zone.strip().upper(), zone.strip())
    return datetimes.offset_text(datetimes.offset_at(name,
                                                     datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, microsecond=0)))


@builtin("SESSIONTIMEZONE", "", varchar(75), context=True)
def sessiontimezone(x: Any) -> str:
    return str(x.zone)


@builtin("DBTIMEZONE", "", varchar(6), context=True)
def dbtimezone(x: Any) -> str:
    return str(x.database_zone)


_UNITS = {"SYYYY": "Y", "YYYY": "Y", "YEAR": "Y", "SYEAR": "Y", "YYY": "Y", "YY": "Y", "Y": "Y", "CC": "CC", "SCC": "CC", "IYYY": "IY",
          "IYY": "IY", "IY": "IY", "I": "IY", "Q": "Q", "MONTH": "M", "MON": "M", "MM": "M", "RM": "M", "WW": "WW", "IW": "IW", "W": "W",
          "DDD": "D", "DD": "D", "J": "D", "DAY": "WK", "DY": "WK", "D": "WK", "HH": "H", "HH12": "H", "HH24": "H", "MI": "MI"}


def _unit(format_: str) -> str:
    try:
        return _UNITS[format_.upper()]
    except KeyError:
        raise OraError(1898, "too many precision specifiers") from None


def _iso_year(year: int) -> datetime.datetime:
    fourth = datetime.datetime(year, 1, 4)
    return fourth - datetime.timedelta(fourth.weekday())


def trunc_date(value: datetime.datetime, format_: str = "DD") -> datetime.datetime:
    """TRUNC(date, format)."""
    day = value.replace(hour=0, minute=0, second=0)
    unit = _unit(format_)
    if unit == "D":
        return day
    if unit in ("H", "MI"):
        return value.replace(minute=0 if unit == "H" else value.minute, second=0)
    if unit in ("Y", "CC", "Q", "M"):
        year = (day.year - 1) // 100 * 100 + 1 if unit == "CC" else day.year
        month = {"Q": (day.month - 1) // 3 * 3 + 1, "M": day.month}.get(unit, 1)
        return datetime.datetime(year, month, 1)
    if unit == "IY":
        return _iso_year(value.isocalendar()[0])
    back = {"IW": day.weekday(), "WK": (day.weekday() + 1) % 7, "W": (day.day - 1) % 7,
            "WW": (day.timetuple().tm_yday - 1) % 7}[unit]
    return day - datetime.timedelta(back)


def round_date(value: datetime.datetime, format_: str = "DD") -> datetime.datetime:
    """ROUND(date, format): noon, the 16th, July and so on round up (documented)."""
    unit = _unit(format_)
    low = trunc_date(value, format_)
    if unit == "Y":
        return low.replace(year=low.year + 1) if value.month >= 7 else low
    if unit == "CC":
        return low.replace(year=low.year + 100) if value.year >= low.year + 50 else low
    if unit == "M":
        return datetimes.add_months(low, 1) if value.day >= 16 else low
    if unit == "Q":
        middle = datetimes.add_months(low, 1).replace(day=16)
        return datetimes.add_months(low, 3) if value >= middle else low
    if unit == "IY":
        return _iso_year(low.isocalendar()[0] + 1) if value.month >= 7 else low
    size = {"D": 86400, "H": 3600, "MI": 60}.get(unit, 7 * 86400)
    return low + datetime.timedelta(seconds=size) if (value - low).total_seconds() >= size / 2 else low


_FIELDS: dict[str, str] = {"YEAR": "year", "MONTH": "month", "DAY": "day", "HOUR": "hour", "MINUTE": "minute"}


def extract(value: Any, field: str) -> Any:
    """EXTRACT(field FROM value). ORA-30076 when the value has no such field."""
    if isinstance(value, IntervalYM):
        years, months = divmod(abs(value.months), 12)
        sign = -1 if value.months < 0 else 1
        if field in ("YEAR", "MONTH"):
            return sign * (years if field == "YEAR" else months)
    elif isinstance(value, IntervalDS):
        mark, day, hour, minute, second, nanos = datetimes.ds_parts(value)
        parts = {"DAY": day, "HOUR": hour, "MINUTE": minute, "SECOND": _seconds(second, nanos)}
        if field in parts:
            return parts[field] if mark == "+" else -parts[field]
    elif isinstance(value, Timestamp):
        return _of_timestamp(value, field)
    elif field in ("YEAR", "MONTH", "DAY"):
        return getattr(value, _FIELDS[field])
    raise OraError(30076, "invalid extract field for extract source")


def _seconds(second: int, nanos: int) -> Any:
    from oralab.engine import numbers
    return numbers.add(second, numbers.div(nanos, datetimes.NANOS))


def _of_timestamp(value: Timestamp, field: str) -> Any:
    # Time fields of a TIMESTAMP WITH TIME ZONE are those of UTC (documented).
    moment = value.utc()
    if field == "SECOND":
        return _seconds(moment.second, value.nanos)
    if field in _FIELDS:
        return getattr(moment, _FIELDS[field])
    if value.zone is not None:
        hours, minutes = divmod(abs(value.offset), 60)
        sign = -1 if value.offset < 0 else 1
        zoned = {"TIMEZONE_HOUR": sign * hours, "TIMEZONE_MINUTE": sign * minutes, "TIMEZONE_REGION": value.zone,
                 "TIMEZONE_ABBR": value.zone}
        if field in zoned:
            return "UNKNOWN" if field in ("TIMEZONE_REGION", "TIMEZONE_ABBR") and value.zone[0] in "+-" else zoned[field]
    raise OraError(30076, "invalid extract field for extract source")

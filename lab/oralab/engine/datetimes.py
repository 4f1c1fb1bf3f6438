# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arithmetic of dates, timestamps and intervals, and time zones. Years before 1 AD are not simulated."""
from __future__ import annotations

import calendar
import datetime
import functools
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import zoneinfo

from oralab.engine import numbers
from oralab.engine.numbers import Number
from oralab.errors import OraError
from oralab.values import IntervalDS, IntervalYM, Timestamp

DAY: Final = 86400
NANOS: Final = 1_000_000_000
JULIAN_OFFSET: Final = 1721425       # Julian day number (format element J) minus proleptic Gregorian ordinal
_OFFSET: Final = re.compile(r"([+-])(\d{1,2}):(\d{2})")


def year_out_of_range() -> OraError:
    """ORA-01841."""
    return OraError(1841, "(full) year must be between -4713 and +9999, and not be 0")


def moved(moment: datetime.datetime, seconds: int) -> datetime.datetime:
    try:
        return moment + datetime.timedelta(seconds=seconds)
    except OverflowError:
        raise year_out_of_range() from None


# --- DATE ---

def date_add(moment: datetime.datetime, days: Number) -> datetime.datetime:
    """DATE + days; fractions are rounded to the second."""
    if type(days) is int:
        try:
            return moment + datetime.timedelta(days)
        except OverflowError:
            raise year_out_of_range() from None
    return moved(moment, int((Decimal(days) * DAY).to_integral_value(ROUND_HALF_UP)))


def date_sub(moment: datetime.datetime, days: Number) -> datetime.datetime:
    return date_add(moment, -days)


def days_between(left: datetime.datetime, right: datetime.datetime) -> Number:
    """DATE - DATE in days."""
    delta = left - right
    return delta.days if not delta.seconds else numbers.div(delta.days * DAY + delta.seconds, DAY)


def add_months(moment: datetime.datetime, months: Number) -> datetime.datetime:
    """ADD_MONTHS: the last day of a month stays the last day (documented)."""
    last = moment.day == calendar.monthrange(moment.year, moment.month)[1]
    year, month = _month(moment, int(months))
    end = calendar.monthrange(year, month)[1]
    return moment.replace(year=year, month=month, day=end if last else min(moment.day, end))


def _month(moment: datetime.datetime, months: int) -> tuple[int, int]:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise year_out_of_range()
    return year, month + 1


def plus_months(moment: datetime.datetime, months: int) -> datetime.datetime:
    """datetime + INTERVAL YEAR TO MONTH. ORA-01839 when the day does not exist there (documented)."""
    year, month = _month(moment, months)
    if moment.day > calendar.monthrange(year, month)[1]:
        raise OraError(1839, "date not valid for month specified")
    return moment.replace(year=year, month=month)


def months_between(left: datetime.datetime, right: datetime.datetime) -> Number:
    """MONTHS_BETWEEN: whole when both are the same day or both last days, else in 31st parts (documented)."""
    months = (left.year - right.year) * 12 + left.month - right.month
    if left.day == right.day or (is_month_end(left) and is_month_end(right)):
        return months
    seconds = (left.day - right.day) * DAY + _second_of_day(left) - _second_of_day(right)
    return numbers.add(months, numbers.div(seconds, 31 * DAY))


def is_month_end(moment: datetime.datetime) -> bool:
    return moment.day == calendar.monthrange(moment.year, moment.month)[1]


def _second_of_day(moment: datetime.datetime) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def last_day(moment: datetime.datetime) -> datetime.datetime:
    return moment.replace(day=calendar.monthrange(moment.year, moment.month)[1])


DAYS: Final = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def next_day(moment: datetime.datetime, day: str) -> datetime.datetime:
    """NEXT_DAY by name or abbreviation. ORA-01846."""
    word = day.strip().upper()
    for number, name in enumerate(DAYS):
        if len(word) >= 3 and (name.startswith(word) or word.startswith(name[:3])):
            return moment + datetime.timedelta((number - moment.weekday() - 1) % 7 + 1)
    raise OraError(1846, "not a valid day of the week")


# --- intervals ---

def interval_ds(days: int = 0, hours: int = 0, minutes: int = 0, seconds: int = 0, nanos: int = 0) -> IntervalDS:
    return IntervalDS((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * NANOS + nanos)


def scaled_ds(value: Number, unit: str) -> IntervalDS:
    """NUMTODSINTERVAL. ORA-01760 for another unit."""
    size = {"DAY": DAY, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}.get(unit.strip().upper())
    if size is None:
        raise OraError(1760, "illegal argument for function")
    return IntervalDS(_limited_ds(int((Decimal(value) * size * NANOS).to_integral_value(ROUND_HALF_UP))))


def scaled_ym(value: Number, unit: str) -> IntervalYM:
    """NUMTOYMINTERVAL. ORA-01760 for another unit."""
    size = {"YEAR": 12, "MONTH": 1}.get(unit.strip().upper())
    if size is None:
        raise OraError(1760, "illegal argument for function")
    return IntervalYM(int((Decimal(value) * size).to_integral_value(ROUND_HALF_UP)))


def _limited_ds(nanos: int) -> int:
    if abs(nanos) >= 10 ** 9 * DAY * NANOS:
        raise OraError(1873, "the leading precision of the interval is too small")
    return nanos


def interval_times(value: IntervalDS | IntervalYM, factor: Number) -> IntervalDS | IntervalYM:
    if isinstance(value, IntervalDS):
        return IntervalDS(_limited_ds(int((value.nanos * Decimal(factor)).to_integral_value(ROUND_HALF_UP))))
    return IntervalYM(int((value.months * Decimal(factor)).to_integral_value("ROUND_DOWN")))


def interval_by(value: IntervalDS | IntervalYM, divisor: Number) -> IntervalDS | IntervalYM:
    if not divisor:
        raise OraError(1476, "divisor is equal to zero")
    return interval_times(value, numbers.div(1, divisor)) if type(divisor) is not int else (
        IntervalDS(value.nanos // divisor) if isinstance(value, IntervalDS) else IntervalYM(int(value.months / divisor)))


def ds_add(left: IntervalDS, right: IntervalDS) -> IntervalDS:
    return IntervalDS(_limited_ds(left.nanos + right.nanos))


def ds_sub(left: IntervalDS, right: IntervalDS) -> IntervalDS:
    return IntervalDS(_limited_ds(left.nanos - right.nanos))


def ym_add(left: IntervalYM, right: IntervalYM) -> IntervalYM:
    return IntervalYM(left.months + right.months)


def ym_sub(left: IntervalYM, right: IntervalYM) -> IntervalYM:
    return IntervalYM(left.months - right.months)


_DS_TEXT: Final = re.compile(r"\s*([+-]?)\s*(\d+)\s+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?\s*")
_DS_ISO: Final = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,9}))?S)?)?")
_YM_TEXT: Final = re.compile(r"\s*([+-]?)\s*(\d+)-(\d{1,2})\s*")
_YM_ISO: Final = re.compile(r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?")


def parse_ds(source: str) -> IntervalDS:
    """TO_DSINTERVAL: ``[+-]days hh:mi:ss[.ff]`` or ISO 8601 (documented). ORA-01867."""
    match = _DS_TEXT.fullmatch(source) or (_DS_ISO.fullmatch(source) if source not in ("P", "-P") else None)
    if match is None:
        raise OraError(1867, "the interval is invalid")
    sign, day, hour, minute, second, fraction = match.groups()
    if match.re is _DS_TEXT:
        _within(int(hour), 23, 1850, "hour must be between 0 and 23")
        _within(int(minute), 59, 1851, "minutes must be between 0 and 59")
        _within(int(second or 0), 59, 1852, "seconds must be between 0 and 59")
    value = interval_ds(int(day or 0), int(hour or 0), int(minute or 0), int(second or 0), int((fraction or "0").ljust(9, "0")))
    return IntervalDS(-value.nanos if sign == "-" else value.nanos)


def parse_ym(source: str) -> IntervalYM:
    """TO_YMINTERVAL: ``[+-]years-months`` or ISO 8601 (documented). ORA-01867."""
    match = _YM_TEXT.fullmatch(source) or (_YM_ISO.fullmatch(source) if source not in ("P", "-P") else None)
    if match is None:
        raise OraError(1867, "the interval is invalid")
    if match.re is _YM_TEXT:
        _within(int(match[3]), 11, 1843, "not a valid month")
    months = int(match[2] or 0) * 12 + int(match[3] or 0)
    return IntervalYM(-months if match[1] == "-" else months)


def _within(value: int, high: int, code: int, message: str) -> None:
    if value > high:
        raise OraError(code, message)


def ds_parts(value: IntervalDS) -> tuple[str, int, int, int, int, int]:
    """Sign, days, hours, minutes, seconds, nanoseconds."""
    seconds, nanos = divmod(abs(value.nanos), NANOS)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return "-" if value.nanos < 0 else "+", days, hour, minute, second, nanos


def ds_text(value: IntervalDS, precision: int = 2, scale: int = 6) -> str:
    """As TO_CHAR and implicit conversion give it: ``+01 02:03:04.500000``."""
    sign, day, hour, minute, second, nanos = ds_parts(value)
    fraction = f".{nanos:09d}"[:scale + 1] if scale else ""
    return f"{sign}{day:0{precision}d} {hour:02d}:{minute:02d}:{second:02d}{fraction}"


def ym_text(value: IntervalYM, precision: int = 2) -> str:
    """``+01-02``."""
    years, months = divmod(abs(value.months), 12)
    return f"{'-' if value.months < 0 else '+'}{years:0{precision}d}-{months:02d}"


# --- TIMESTAMP ---

def rounded(value: Timestamp, digits: int) -> Timestamp:
    """Fractional seconds rounded to ``digits``."""
    unit = 10 ** (9 - digits)
    if not value.nanos % unit:
        return value
    nanos = (value.nanos + unit // 2) // unit * unit
    moment = value.moment
    if nanos >= NANOS:
        moment, nanos = moved(moment, 1), nanos - NANOS
    return Timestamp(moment, nanos, value.zone, value.offset)


def ts_add(value: Timestamp, interval: IntervalDS) -> Timestamp:
    seconds, nanos = divmod(value.nanos + interval.nanos, NANOS)
    result = Timestamp(moved(value.moment, seconds), nanos, value.zone, value.offset)
    return result if value.zone is None else at_zone_utc(result, value.zone)


def ts_sub(value: Timestamp, interval: IntervalDS) -> Timestamp:
    return ts_add(value, IntervalDS(-interval.nanos))


def ts_add_ym(value: Timestamp, interval: IntervalYM) -> Timestamp:
    moment = plus_months(value.moment, interval.months)
    return Timestamp(moment, value.nanos, value.zone, offset_at(value.zone, moment) if value.zone else 0)


def ts_sub_ym(value: Timestamp, interval: IntervalYM) -> Timestamp:
    return ts_add_ym(value, IntervalYM(-interval.months))


def date_add_ds(moment: datetime.datetime, interval: IntervalDS) -> datetime.datetime:
    return moved(moment, interval.nanos // NANOS)


def date_sub_ds(moment: datetime.datetime, interval: IntervalDS) -> datetime.datetime:
    return moved(moment, -(interval.nanos // NANOS))


def date_add_ym(moment: datetime.datetime, interval: IntervalYM) -> datetime.datetime:
    return plus_months(moment, interval.months)


def date_sub_ym(moment: datetime.datetime, interval: IntervalYM) -> datetime.datetime:
    return plus_months(moment, -interval.months)


def ts_between(left: Timestamp, right: Timestamp) -> IntervalDS:
    """TIMESTAMP - TIMESTAMP; zones are taken into account."""
    delta = left.utc() - right.utc()
    return IntervalDS((delta.days * DAY + delta.seconds) * NANOS + left.nanos - right.nanos)


def instant(value: Timestamp) -> tuple[datetime.datetime, int]:
    """What TIMESTAMP WITH TIME ZONE values are compared by (documented: UTC)."""
    return value.utc(), value.nanos


# --- zones ---

def bad_zone() -> OraError:
    """ORA-01882."""
    return OraError(1882, "timezone region not found")


@functools.lru_cache(maxsize=256)
def zone_of(name: str) -> datetime.tzinfo:
    """A zone by ``+HH:MM`` or region name. ORA-01882, ORA-01874/01875 for offsets out of range."""
    match = _OFFSET.fullmatch(name)
    if match:
        hours, minutes = int(match[2]), int(match[3])
        if hours > 15:
            raise OraError(1874, "time zone hour must be between -15 and 15")
        if minutes > 59:
            raise OraError(1875, "time zone minute must be between -59 and 59")
        total = (hours * 60 + minutes) * (-1 if match[1] == "-" else 1)
        return datetime.timezone(datetime.timedelta(minutes=total)) if abs(total) < 1440 else datetime.timezone.utc
    wanted = {"Z": "UTC", "GMT": "GMT"}.get(name.upper(), name)
    try:
        return zoneinfo.ZoneInfo(wanted)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        found = next((zone for zone in zoneinfo.available_timezones() if zone.upper() == wanted.upper()), None)
        if found is None:
            raise bad_zone() from None
        return zoneinfo.ZoneInfo(found)


@functools.lru_cache(maxsize=4096)
def offset_at(zone: str, local: datetime.datetime) -> int:
    """Distance from UTC in minutes at a local time."""
    delta = zone_of(zone).utcoffset(local)
    if delta is None:
        raise bad_zone()
    return int(delta.total_seconds() // 60)


def with_zone(value: Timestamp, zone: str) -> Timestamp:
    """FROM_TZ: the same wall clock in a zone."""
    return Timestamp(value.moment, value.nanos, zone_name(zone), offset_at(zone, value.moment))


def zone_name(zone: str) -> str:
    """A zone as it is shown: offsets with two digits of hours."""
    match = _OFFSET.fullmatch(zone)
    return f"{match[1]}{int(match[2]):02d}:{match[3]}" if match else zone


def at_zone_utc(value: Timestamp, zone: str) -> Timestamp:
    """The same instant on the wall clock of another zone (AT TIME ZONE)."""
    utc = value.utc()
    local = utc.replace(tzinfo=datetime.timezone.utc).astimezone(zone_of(zone)).replace(tzinfo=None)
    return Timestamp(local, value.nanos, zone_name(zone), int((local - utc).total_seconds() // 60))


def offset_text(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def local_to_tz(value: Timestamp, zone: str) -> Timestamp:
    """TIMESTAMP WITH LOCAL TIME ZONE (kept in UTC) to TIMESTAMP WITH TIME ZONE of the session's zone."""
    return at_zone_utc(Timestamp(value.moment, value.nanos), zone)


def local_to_ts(value: Timestamp, zone: str) -> Timestamp:
    """TIMESTAMP WITH LOCAL TIME ZONE to the session's wall clock."""
    shown = local_to_tz(value, zone)
    return Timestamp(shown.moment, shown.nanos)


def tz_to_local(value: Timestamp) -> Timestamp:
    """TIMESTAMP WITH TIME ZONE as TIMESTAMP WITH LOCAL TIME ZONE keeps it."""
    return Timestamp(value.utc(), value.nanos)


def ts_to_local(value: Timestamp, zone: str) -> Timestamp:
    """A wall clock of the session's zone as TIMESTAMP WITH LOCAL TIME ZONE keeps it."""
    return tz_to_local(with_zone(value, zone))


def drop_zone(value: Timestamp) -> Timestamp:
    """TIMESTAMP WITH TIME ZONE to TIMESTAMP: the wall clock stays."""
    return Timestamp(value.moment, value.nanos)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Oracle's calendaring syntax (``FREQ=DAILY;BYHOUR=2;BYMINUTE=30``) as DBMS_SCHEDULER documents it.

Known are FREQ (YEARLY to SECONDLY), INTERVAL, BYMONTH, BYMONTHDAY (negative: from the end), BYDAY (with an ordinal for
MONTHLY and YEARLY), BYHOUR, BYMINUTE and BYSECOND. Whatever a clause leaves open is taken from the start date.
"""
from __future__ import annotations

import calendar
import dataclasses
import datetime
from collections.abc import Iterator

from oralab.errors import OraError, not_simulated

_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_RANGES = {"BYMONTH": (1, 12), "BYMONTHDAY": (-31, 31), "BYHOUR": (0, 23), "BYMINUTE": (0, 59), "BYSECOND": (0, 59),
           "INTERVAL": (1, 999)}
_OTHERS = {"BYWEEKNO", "BYYEARDAY", "BYDATE", "BYSETPOS", "BYTIME", "INCLUDE", "EXCLUDE", "INTERSECT", "PERIODS",
           "BYPERIOD"}
_UNITS = {"WEEKLY": datetime.timedelta(weeks=1), "DAILY": datetime.timedelta(days=1),
          "HOURLY": datetime.timedelta(hours=1), "MINUTELY": datetime.timedelta(minutes=1),
          "SECONDLY": datetime.timedelta(seconds=1)}


@dataclasses.dataclass(frozen=True, slots=True)
class Calendar:
    """A parsed calendar string; ``by`` holds the numbers of each BY clause, ``days`` BYDAY as (ordinal, weekday)."""

    frequency: str
    interval: int
    by: dict[str, list[int]]
    days: list[tuple[int, int]]


def is_calendar(text: str) -> bool:
    """Whether a repeat interval is calendaring syntax rather than a PL/SQL expression."""
    return text.strip().upper().startswith(("FREQ", "FREQUENCY"))


def parse(text: str) -> Calendar:
    """ORA-27412 for an unknown identifier, ORA-27414 and ORA-27416 for wrong values."""
    frequency, interval = "", 1
    by: dict[str, list[int]] = {}
    days: list[tuple[int, int]] = []
    for clause in filter(None, (part.strip() for part in text.upper().split(";"))):
        name, _, value = (part.strip() for part in clause.partition("="))
        if name in ("FREQ", "FREQUENCY"):
            if value not in _FREQUENCIES:
                raise OraError(27412, f"repeat interval or calendar contains invalid identifier: {value}")
            frequency = value
        elif not frequency:
            raise OraError(27412, f"repeat interval or calendar contains invalid identifier: {name}")
        elif name == "BYDAY":
            days = [_day(item.strip()) for item in value.split(",")]
        elif name in _RANGES:
            by[name] = [_number(name, item.strip()) for item in value.split(",")]
        elif name in _OTHERS:
            raise not_simulated(f"repeat interval clause {name}")
        else:
            raise OraError(27412, f"repeat interval or calendar contains invalid identifier: {name}")
    interval = by.pop("INTERVAL", [1])[0]
    return Calendar(frequency, interval, by, days)


def _number(name: str, text: str) -> int:
    if name == "BYMONTH" and text in _MONTHS:
        return _MONTHS.index(text) + 1
    low, high = _RANGES[name]
    try:
        number = int(text)
    except ValueError:
        raise OraError(27412, f"repeat interval or calendar contains invalid identifier: {text}") from None
    if not low <= number <= high or (name == "BYMONTHDAY" and number == 0):
        raise OraError(27414, f"Invalid BY value type: {name}={text}")
    return number


def _day(text: str) -> tuple[int, int]:
    ordinal, name = text[:-3], text[-3:]
    if name not in _DAYS or (ordinal and not ordinal.lstrip("+-").isdigit()):
        raise OraError(27412, f"repeat interval or calendar contains invalid identifier: {text}")
    return int(ordinal or 0), _DAYS.index(name)


def next_run(text: str, start: datetime.datetime, after: datetime.datetime) -> datetime.datetime | None:
    """First moment later than ``after``, and not before ``start``; None when there is none within eight years."""
    plan = parse(text)
    limit = max(start, after) + datetime.timedelta(days=8 * 366)
    return next((moment for moment in _moments(plan, start, after, limit) if moment > after and moment >= start), None)


def _moments(plan: Calendar, start: datetime.datetime, after: datetime.datetime,
             limit: datetime.datetime) -> Iterator[datetime.datetime]:
    """Candidates in order, from the period that holds ``after`` to the one that holds ``limit``."""
    unit = _UNITS.get(plan.frequency)
    if unit is None:
        months = 12 if plan.frequency == "YEARLY" else 1
        step = months * plan.interval
        elapsed = max((after.year - start.year) * 12 + after.month - start.month, 0) // step * step
        index = start.year * 12 + start.month - 1 + elapsed
        while index // 12 <= limit.year:
            yield from _within(plan, start, datetime.date(index // 12, index % 12 + 1, 1))
            index += step
        return
    origin = _floor(start, plan.frequency)
    count = max((after - origin) // (unit * plan.interval), 0)
    while (period := origin + unit * plan.interval * count) <= limit:
        yield from _within(plan, start, period)
        count += 1


def _floor(start: datetime.datetime, frequency: str) -> datetime.datetime:
    if frequency == "WEEKLY":
        start -= datetime.timedelta(days=start.weekday())
    unit = datetime.timedelta(days=1) if frequency == "WEEKLY" else _UNITS[frequency]
    midnight = datetime.datetime.combine(start, datetime.time())
    return midnight + (start - midnight) // unit * unit


def _within(plan: Calendar, start: datetime.datetime, period: datetime.date) -> Iterator[datetime.datetime]:
    """Moments of one period that the BY clauses admit."""
    fine = _FREQUENCIES.index(plan.frequency)
    at = period if isinstance(period, datetime.datetime) else None
    hours = plan.by.get("BYHOUR", [start.hour]) if fine < 4 or at is None else _kept(plan, "BYHOUR", at.hour)
    minutes = plan.by.get("BYMINUTE", [start.minute]) if fine < 5 or at is None else _kept(plan, "BYMINUTE", at.minute)
    seconds = plan.by.get("BYSECOND", [start.second]) if fine < 6 or at is None else _kept(plan, "BYSECOND", at.second)
    for day in _dates(plan, start, period):
        for hour in sorted(hours):
            for minute in sorted(minutes):
                for second in sorted(seconds):
                    yield datetime.datetime(day.year, day.month, day.day, hour, minute, second)


def _kept(plan: Calendar, clause: str, value: int) -> list[int]:
    return [value] if value in plan.by.get(clause, [value]) else []


def _dates(plan: Calendar, start: datetime.datetime, period: datetime.date) -> list[datetime.date]:
    if plan.frequency in ("YEARLY", "MONTHLY"):
        months = plan.by.get("BYMONTH", [start.month] if not plan.days else list(range(1, 13)))
        spans = ([(period.year, month) for month in sorted(months)] if plan.frequency == "YEARLY"
                 else [(period.year, period.month)] if period.month in plan.by.get("BYMONTH", [period.month]) else [])
        return [day for year, month in spans for day in _month_dates(plan, start, year, month)]
    length = 7 if plan.frequency == "WEEKLY" else 1
    first = datetime.date(period.year, period.month, period.day)
    days = [first + datetime.timedelta(days=offset) for offset in range(length)]
    weekdays = {weekday for _, weekday in plan.days} or ({start.weekday()} if length == 7 else set(range(7)))
    return [day for day in days if day.weekday() in weekdays and day.month in plan.by.get("BYMONTH", [day.month])
            and _in_month(plan, day)]


def _in_month(plan: Calendar, day: datetime.date) -> bool:
    numbers = plan.by.get("BYMONTHDAY")
    last = calendar.monthrange(day.year, day.month)[1]
    return numbers is None or day.day in [number if number > 0 else last + 1 + number for number in numbers]


def _month_dates(plan: Calendar, start: datetime.datetime, year: int, month: int) -> list[datetime.date]:
    last = calendar.monthrange(year, month)[1]
    days = [datetime.date(year, month, number) for number in range(1, last + 1)]
    if plan.days:
        chosen = []
        for ordinal, weekday in plan.days:
            same = [day for day in days if day.weekday() == weekday]
            chosen += same if ordinal == 0 else same[ordinal - (ordinal > 0):][:1] if abs(ordinal) <= len(same) else []
        days = sorted(set(chosen))
    elif "BYMONTHDAY" not in plan.by:
        days = [day for day in days if day.day == start.day]
    return [day for day in days if _in_month(plan, day)]

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text to datetimes by a format model: TO_DATE, TO_TIMESTAMP, TO_TIMESTAMP_TZ and implicit conversion (documented)."""
from __future__ import annotations

import dataclasses
import datetime
import re
from typing import Final

from oralab.engine import datetimes
from oralab.engine.date_format import MONTHS, NEEDS_TIMESTAMP, ROMAN, Element, elements, unknown_format
from oralab.engine.datetimes import DAYS
from oralab.errors import OraError, not_simulated
from oralab.values import Timestamp


@dataclasses.dataclass(slots=True)
class _Parsed:
    fields: dict[str, int] = dataclasses.field(default_factory=dict)
    zone: str | None = None
    pm: bool | None = None


_RANGES: Final[dict[str, tuple[int, int, int, str]]] = {
    "MM": (1, 12, 1843, "not a valid month"),
    "DD": (1, 31, 1847, "day of month must be between 1 and last day of month"),
    "DDD": (1, 366, 1848, "day of year must be between 1 and 365 (366 for leap year)"),
    "HH24": (0, 23, 1850, "hour must be between 0 and 23"),
    "HH12": (1, 12, 1849, "hour must be between 1 and 12"),
    "MI": (0, 59, 1851, "minutes must be between 0 and 59"),
    "SS": (0, 59, 1852, "seconds must be between 0 and 59"),
    "SSSSS": (0, 86399, 1853, "seconds in day must be between 0 and 86399"),
    "J": (1, 5373484, 1854, "julian date must be between 1 and 5373484"),
}
_ALIASES: Final = {"HH": "HH12", "SYYYY": "YYYY", "RRRR": "RR"}
_WIDTHS: Final = {"YYYY": 4, "SYYYY": 4, "YYY": 3, "YY": 2, "Y": 1, "RR": 2, "RRRR": 4, "MM": 2, "DD": 2, "DDD": 3, "HH24": 2,
                  "HH12": 2, "MI": 2,
                  "SS": 2, "SSSSS": 5, "J": 7, "D": 1, "TZH": 2, "TZM": 2}
_ONCE: Final = {"YYYY": "YEAR", "YYY": "YEAR", "YY": "YEAR", "Y": "YEAR", "RR": "YEAR", "MM": "MONTH", "MON": "MONTH",
                "MONTH": "MONTH", "RM": "MONTH", "DD": "DD", "HH24": "HOUR", "HH12": "HOUR"}


class _Reader:
    """Reads one value by a format. Punctuation may be missing or other; blanks are skipped (documented, unless FX)."""

    def __init__(self, source: str, format_: str) -> None:
        self.source = source
        self.position = 0
        self.found = _Parsed()
        seen: set[str] = set()
        model = elements(format_)
        for element in model:
            if element.code:
                family = _ONCE.get(_ALIASES.get(element.code, element.code), element.code)
                if family in seen:
                    raise OraError(1810, "format code appears twice")
                seen.add(family)
        self.model = model

    def run(self) -> _Parsed:
        for index, element in enumerate(self.model):
            if element.code:
                if not element.exact:
                    self._blanks()
                if self.position >= len(self.source):
                    if self._optional(index):
                        break
                    raise OraError(1840, "input value not long enough for date format")
                self._element(element)
            else:
                self._literal(element)
        self._blanks()
        if self.position < len(self.source):
            raise OraError(1830, "date format picture ends before converting entire input string")
        return self.found

    def _optional(self, index: int) -> bool:
        """Elements from the hour on may be left out (assumed from practice: a date for a date-and-time format)."""
        return all(not e.code or e.code in ("HH24", "HH", "HH12", "MI", "SS", "SSSSS", "AM", "PM", "A.M.", "P.M.", "X", "TZH", "TZM", "TZR")
                   or e.code.startswith("FF") for e in self.model[index:])

    def _blanks(self) -> None:
        while self.position < len(self.source) and self.source[self.position] in " \t":
            self.position += 1

    def _literal(self, element: Element) -> None:
        for wanted in element.text:
            if self.position >= len(self.source):
                return
            present = self.source[self.position]
            if present == wanted:
                self.position += 1
            elif element.exact or wanted.isalnum():
                raise OraError(1861, "literal does not match format string")
            elif not present.isalnum() and not (present in "+-" and self._zone_follows()):
                self.position += 1

    def _zone_follows(self) -> bool:
        return re.match(r"[+-]\d{1,2}:", self.source[self.position:]) is not None

    def _digits(self, width: int) -> int:
        match = re.match(rf"\d{{1,{width}}}", self.source[self.position:], re.ASCII)
        if match is None:
            raise OraError(1858, "a non-numeric character was found where a numeric was expected")
        self.position += match.end()
        return int(match[0])

    def _name(self, names: tuple[str, ...], abbreviation: bool, code: int, message: str) -> int:
        rest = self.source[self.position:].upper()
        for number, name in enumerate(names):
            for word in (name, name[:3]):
                if rest.startswith(word):
                    self.position += len(word)
                    return number
        raise OraError(code, message)

    def _element(self, element: Element) -> None:
        code = _ALIASES.get(element.code, element.code)
        fields = self.found.fields
        if code in ("MON", "MONTH"):
            fields["MM"] = self._name(MONTHS, code == "MON", 1843, "not a valid month") + 1
        elif code in ("DAY", "DY"):
            fields["DAY"] = self._name(DAYS, code == "DY", 1846, "not a valid day of the week")
        elif code == "RM":
            match = re.match(r"[IVX]+", self.source[self.position:].upper())
            if match is None or match[0] not in ROMAN:
                raise OraError(1843, "not a valid month")
            fields["MM"] = ROMAN.index(match[0]) + 1
            self.position += match.end()
        elif code in ("AM", "PM", "A.M.", "P.M."):
            self._meridian("." in code)
        elif code in ("AD", "A.D."):
            self._fixed(code)
        elif code == "X":
            if self.source[self.position] in ".,":
                self.position += 1
        elif code.startswith("FF"):
            start = self.position
            if self.source[start] in ".,":
                self.position = start = start + 1
            value = self._digits(9)
            fields["FF"] = value * 10 ** (9 - (self.position - start))
        elif code in ("TZH", "TZM", "TZR"):
            self._zone(code)
        elif code == "Y,YYY":
            match = re.match(r"(\d),?(\d{3})", self.source[self.position:])
            if match is None:
                raise OraError(1858, "a non-numeric character was found where a numeric was expected")
            fields["YYYY"] = int(match[1] + match[2])
            self.position += match.end()
        elif code in _WIDTHS:
            self._number(element, code)
        else:
            raise OraError(1820, "format code cannot appear in date input format")

    def _number(self, element: Element, code: str) -> None:
        # RR takes four digits when they are there (documented).
        start = self.position
        if code == "YYYY" and self.source[start] in "+-" and element.code == "SYYYY":
            self.position += 1
        if code == "MM" and self.source[start].isalpha():
            # Alternative formats: MON and MONTH for MM (documented).
            if element.exact:
                raise OraError(1858, "a non-numeric character was found where a numeric was expected")
            self.found.fields["MM"] = self._name(MONTHS, True, 1843, "not a valid month") + 1
            return
        width = 4 if code in ("RR", "YY") and re.match(r"\d{4}(?!\d)", self.source[start:]) else _WIDTHS[element.code]
        value = self._digits(width)
        if element.exact and element.fill and self.position - start != _WIDTHS[element.code]:
            raise OraError(1862, "the numeric value does not match the length of the format item")
        if code in _RANGES:
            low, high, number, message = _RANGES[code]
            if not low <= value <= high:
                raise OraError(number, message)
        if code in ("RR", "YY", "YYY", "Y"):
            value, code = _century(value, code, self.position - start), "YYYY"
        self.found.fields[code] = value

    def _meridian(self, dotted: bool) -> None:
        match = re.match(r"([AP])\.?M\.?", self.source[self.position:], re.IGNORECASE)
        if match is None:
            raise OraError(1855, "AM/A.M. or PM/P.M. required")
        self.found.pm = match[1].upper() == "P"
        self.position += match.end()

    def _fixed(self, word: str) -> None:
        if not self.source[self.position:].upper().startswith(word):
            raise OraError(1856, "BC/B.C. or AD/A.D. required")
        self.position += len(word)

    def _zone(self, code: str) -> None:
        rest = self.source[self.position:]
        pattern = {"TZH": r"[+-]?\d{1,2}", "TZM": r"\d{1,2}",
                   "TZR": r"[+-]\d{1,2}:\d{2}|[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+)*"}[code]
        match = re.match(pattern, rest)
        if match is None:
            raise OraError(1857, "not a valid time zone") if code == "TZR" else datetimes.bad_zone()
        self.position += match.end()
        if code == "TZR":
            self.found.zone = match[0]
        elif code == "TZH":
            self.found.zone = f"{match[0][0] if match[0][0] in '+-' else '+'}{int(match[0].lstrip('+-')):02d}:00"
        else:
            self.found.zone = f"{(self.found.zone or '+00:00')[:3]}:{int(match[0]):02d}"


def _century(value: int, code: str, digits: int) -> int:
    now = datetime.date.today().year
    if digits == 4:
        return value
    if code == "RR":
        base = now // 100 * 100
        if value < 50 <= now % 100:
            base += 100
        elif value >= 50 > now % 100:
            base -= 100
        return base + value
    size = {"YYY": 1000, "YY": 100, "Y": 10}[code]
    return now // size * size + value


def _moment(found: _Parsed, today: datetime.date) -> datetime.datetime:
    fields = found.fields
    if "J" in fields:
        if not fields["J"] - datetimes.JULIAN_OFFSET >= 1:
            raise not_simulated("dates before the year 1")
        day = datetime.date.fromordinal(fields["J"] - datetimes.JULIAN_OFFSET)
    else:
        year = fields.get("YYYY", today.year)
        if not 1 <= year <= 9999:
            raise datetimes.year_out_of_range()
        if "DDD" in fields:
            day = datetime.date(year, 1, 1) + datetime.timedelta(fields["DDD"] - 1)
            if day.year != year:
                raise OraError(1848, "day of year must be between 1 and 365 (366 for leap year)")
        else:
            month = fields.get("MM", today.month)          # without a month: the current one, its first day (documented)
            try:
                day = datetime.date(year, month, fields.get("DD", 1))
            except ValueError:
                raise OraError(1839, "date not valid for month specified") from None
    if "DAY" in fields and day.weekday() != fields["DAY"]:
        raise OraError(1835, "day of week conflicts with Julian date")
    moment = datetime.datetime(day.year, day.month, day.day)
    if "SSSSS" in fields:
        return moment + datetime.timedelta(seconds=fields["SSSSS"])
    hour = fields.get("HH24", 0)
    if "HH12" in fields:
        hour = fields["HH12"] % 12 + (12 if found.pm else 0)
    return moment.replace(hour=hour, minute=fields.get("MI", 0), second=fields.get("SS", 0))


_FAST: Final[dict[str, tuple[re.Pattern[str], tuple[int, ...]]]] = {
    "YYYY-MM-DD HH24:MI:SS": (re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII), (1, 2, 3, 4, 5, 6)),
    "YYYY-MM-DD": (re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII), (1, 2, 3)),
}


def parse_date(source: str, format_: str) -> datetime.datetime:
    """TO_DATE(text, format)."""
    fast = _FAST.get(format_)
    if fast:
        match = fast[0].fullmatch(source)
        if match:
            try:
                year, month, day, *time = (int(match[number]) for number in fast[1])
                hour, minute, second = time or (0, 0, 0)
                return datetime.datetime(year, month, day, hour, minute, second)
            except ValueError:
                pass        # the general way names what is wrong
    if any(element.code in NEEDS_TIMESTAMP or element.code.startswith("FF") for element in elements(format_)):
        raise unknown_format()
    return _moment(_Reader(source, format_).run(), datetime.date.today())


def parse_timestamp(source: str, format_: str, *, zoned: bool = False, default_zone: str = "+00:00") -> Timestamp:
    """TO_TIMESTAMP and, when ``zoned``, TO_TIMESTAMP_TZ: without a zone in the text the session's."""
    if not zoned and any(element.code.startswith("TZ") for element in elements(format_)):
        raise unknown_format()
    found = _Reader(source, format_).run()
    value = Timestamp(_moment(found, datetime.date.today()), found.fields.get("FF", 0))
    return datetimes.with_zone(value, found.zone or default_zone) if zoned else value

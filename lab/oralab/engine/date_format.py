# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Datetime format models, and TO_CHAR by them (documented: SQL Language Reference, "Format Models").

A format is split into elements once; for TO_CHAR they become one compiled f-string, because row verification prints
millions of dates.
"""
from __future__ import annotations

import dataclasses
import datetime
import functools
import re
from collections.abc import Callable
from typing import Any, Final

from oralab.engine import datetimes
from oralab.engine.datetimes import DAYS
from oralab.errors import OraError, not_simulated
from oralab.values import Timestamp

MONTHS: Final = ("JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER",
                 "DECEMBER")
_ELEMENT: Final = re.compile(
    r"(FM|FX|Y,YYY|SYYYY|YYYY|YYY|YY|IYYY|IYY|IY|RRRR|RR|SYEAR|YEAR|SCC|CC|B\.C\.|A\.D\.|BC|AD|MONTH|MON|MM|RM|DAY|DDD|DD|DY|DL|DS|"
    r"HH24|HH12|HH|MI|SSSSS|SS|FF[1-9]?|A\.M\.|P\.M\.|AM|PM|TZH|TZM|TZR|TZD|WW|W|IW|Q|J|TS|X|Y|I|D)(TH|SP|SPTH|THSP)?"
    r"|\"([^\"]*)\"|([-/,.;: \t\n*]+|[^A-Za-z0-9\"])", re.IGNORECASE)
NEEDS_TIMESTAMP: Final = frozenset(("FF", "TZH", "TZM", "TZR", "TZD"))

# Element -> f-string field without padding rules, and the width it is padded to with zeros.
_FIELDS: Final[dict[str, tuple[str, int]]] = {
    "YYYY": ("d.year", 4), "SYYYY": ("d.year", 4), "YYY": ("d.year % 1000", 3), "YY": ("d.year % 100", 2), "Y": ("d.year % 10", 1),
    "RRRR": ("d.year", 4), "RR": ("d.year % 100", 2), "IYYY": ("d.isocalendar()[0]", 4), "IYY": ("d.isocalendar()[0] % 1000", 3),
    "IY": ("d.isocalendar()[0] % 100", 2), "I": ("d.isocalendar()[0] % 10", 1), "CC": ("(d.year + 99) // 100", 2),
    "SCC": ("(d.year + 99) // 100", 2), "MM": ("d.month", 2), "DD": ("d.day", 2), "DDD": ("d.timetuple().tm_yday", 3),
    "D": ("d.isoweekday() % 7 + 1", 1), "HH24": ("d.hour", 2), "HH12": ("(d.hour + 11) % 12 + 1", 2), "HH": ("(d.hour + 11) % 12 + 1", 2),
    "MI": ("d.minute", 2), "SS": ("d.second", 2), "SSSSS": ("d.hour * 3600 + d.minute * 60 + d.second", 5),
    "WW": ("(d.timetuple().tm_yday + 6) // 7", 2), "W": ("(d.day + 6) // 7", 1), "IW": ("d.isocalendar()[1]", 2),
    "Q": ("(d.month + 2) // 3", 1), "J": ("d.toordinal() + 1721425", 7),
}
ROMAN: Final = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


@dataclasses.dataclass(frozen=True, slots=True)
class Element:
    """``code`` is the element in upper case, "" for punctuation and quoted text (in ``text``)."""

    code: str
    text: str
    suffix: str = ""
    fill: bool = True        # false after FM
    exact: bool = False      # after FX


def unknown_format() -> OraError:
    """ORA-01821."""
    return OraError(1821, "date format not recognized")


@functools.lru_cache(maxsize=512)
def elements(format_: str) -> tuple[Element, ...]:
    """A format model in its elements. ORA-01821."""
    found: list[Element] = []
    position, fill, exact = 0, True, False
    while position < len(format_):
        match = _ELEMENT.match(format_, position)
        if match is None:
            raise unknown_format()
        position = match.end()
        code = (match[1] or "").upper()
        if code == "FM":
            fill = not fill
        elif code == "FX":
            exact = not exact
        elif code:
            found.append(Element(code, match[1], (match[2] or "").upper(), fill, exact))
        else:
            found.append(Element("", match[3] if match[3] is not None else match[4], "", fill, exact))
    return tuple(found)


def check(format_: str) -> None:
    """That a format exists at all (ALTER SESSION SET NLS_DATE_FORMAT). ORA-01821."""
    elements(format_)


# --- to text ---

def cased(word: str, pattern: str) -> str:
    """A word in the case in which the element was written: DAY, Day, day."""
    if pattern[:2].isupper() or len(pattern) == 1 and pattern.isupper():
        return word.upper()
    return word.capitalize() if pattern[:1].isupper() else word.lower()


def _ordinal(number: int) -> str:
    return "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _word(words: tuple[str, ...], pattern: str, width: int | None, cut: int | None = None) -> tuple[str, ...]:
    return tuple(cased(word[:cut] if cut else word, pattern).ljust(width or 0) for word in words)


@functools.lru_cache(maxsize=512)
def _printer(format_: str, kind: str, digits: int = 6) -> Callable[[Any, int, Any], str]:
    """``kind`` is DATE, TIMESTAMP or TZ; the function takes wall clock, nanoseconds and the Timestamp itself."""
    constants: dict[str, Any] = {"ordinal": _ordinal, "offset_text": datetimes.offset_text}
    template: list[str] = []
    values: list[str] = []
    for element in elements(format_):
        code = element.code
        if not code:
            template.append(element.text.replace("%", "%%"))
            continue
        if element.suffix in ("SP", "SPTH", "THSP"):
            raise not_simulated("spelled numbers in date formats")
        base = "FF" if code.startswith("FF") else code
        if base in NEEDS_TIMESTAMP and kind == "DATE" or base.startswith("TZ") and kind != "TZ":
            raise unknown_format()
        spec, value = _print_element(element, constants, digits)
        template.append(spec)
        values.append(value)
    # An expression built from the table above, never from the user's text (which only enters as repr).
    body = f"{''.join(template)!r} % ({''.join(value + ', ' for value in values)})"
    return eval(f"lambda d, n, t: {body}", constants)  # type: ignore[no-any-return]


def _print_element(element: Element, constants: dict[str, Any], digits: int) -> tuple[str, str]:
    """What stands for the element in a %-template, and the expression of its value."""
    code, fill = element.code, element.fill
    if code in _FIELDS:
        expression, width = _FIELDS[code]
        spec = (" " if code in ("SYYYY", "SCC") else "") + f"%0{width}d" if fill else "%d"
        if element.suffix == "TH":
            upper = ".upper()" if element.text.isupper() else ""
            return "%s", f"'{spec}' % ({expression}) + ordinal({expression}){upper}"
        return spec, expression
    if code.startswith("FF"):
        return "%s", f"('%09d' % n)[:{int(code[2:] or digits)}]"
    return "%s", _print_word(element, constants)


def _print_word(element: Element, constants: dict[str, Any]) -> str:
    code, fill = element.code, element.fill
    words: dict[str, tuple[tuple[str, ...], str, int | None, int | None]] = {
        "MONTH": (MONTHS, "d.month - 1", 9, None), "MON": (MONTHS, "d.month - 1", None, 3),
        "DAY": (DAYS, "d.weekday()", 9, None), "DY": (DAYS, "d.weekday()", None, 3), "RM": (ROMAN, "d.month - 1", 4, None)}
    if code in words:
        names, index, width_, cut = words[code]
        key = f"w{len(constants)}"
        constants[key] = _word(names, element.text, width_ if fill else None, cut)
        return f"{key}[{index}]"
    if code in ("AM", "PM", "A.M.", "P.M."):
        am, pm = (cased(word, element.text) if "." not in code else
                  (word if element.text.isupper() else word.lower()) for word in (("A.M.", "P.M.") if "." in code else ("AM", "PM")))
        return f"({am!r} if d.hour < 12 else {pm!r})"
    if code in ("AD", "BC", "A.D.", "B.C."):
        return repr(cased("AD" if "." not in code else "A.D.", element.text))
    if code == "Y,YYY":
        return "f'{d.year:,}'"
    if code == "X":
        return "'.'"
    if code in ("TZH", "TZM", "TZR"):
        return {"TZH": "offset_text(t.offset)[:3]", "TZM": "offset_text(t.offset)[4:]", "TZR": "(t.zone or '+00:00')"}[code]
    if code in ("DL", "DS", "TS", "TZD", "YEAR", "SYEAR"):
        raise not_simulated(f"date format element {code}")
    raise unknown_format()


def date_text(value: datetime.datetime, format_: str) -> str:
    """TO_CHAR(date, format)."""
    return _printer(format_, "DATE")(value, 0, None)


def timestamp_text(value: Timestamp, format_: str, digits: int = 6) -> str:
    """TO_CHAR(timestamp, format); FF without a number shows ``digits``, those of the type (documented)."""
    return _printer(format_, "TZ" if value.zone is not None else "TIMESTAMP", digits)(value.moment, value.nanos, value)

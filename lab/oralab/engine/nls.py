# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NLS settings of a session. Names of months and days are American: other languages are not simulated."""
from __future__ import annotations

import functools
import re
from collections.abc import ItemsView
from typing import Final

from oralab.errors import OraError, not_simulated

DEFAULTS: Final[dict[str, str]] = {
    "NLS_LANGUAGE": "AMERICAN", "NLS_TERRITORY": "AMERICA", "NLS_CURRENCY": "$", "NLS_ISO_CURRENCY": "AMERICA",
    "NLS_NUMERIC_CHARACTERS": ".,", "NLS_CALENDAR": "GREGORIAN", "NLS_DATE_FORMAT": "DD-MON-RR",
    "NLS_DATE_LANGUAGE": "AMERICAN", "NLS_SORT": "BINARY", "NLS_TIME_FORMAT": "HH.MI.SSXFF AM",
    "NLS_TIMESTAMP_FORMAT": "DD-MON-RR HH.MI.SSXFF AM", "NLS_TIME_TZ_FORMAT": "HH.MI.SSXFF AM TZR",
    "NLS_TIMESTAMP_TZ_FORMAT": "DD-MON-RR HH.MI.SSXFF AM TZR", "NLS_DUAL_CURRENCY": "$", "NLS_COMP": "BINARY",
    "NLS_LENGTH_SEMANTICS": "BYTE", "NLS_NCHAR_CONV_EXCP": "FALSE",
}
"""Settings of a session in AMERICAN_AMERICA (documented)."""
_TERRITORIES: Final[dict[str, dict[str, str]]] = {
    "AMERICA": {name: DEFAULTS[name] for name in (
        "NLS_CURRENCY", "NLS_ISO_CURRENCY", "NLS_NUMERIC_CHARACTERS", "NLS_DATE_FORMAT", "NLS_TIMESTAMP_FORMAT",
        "NLS_TIMESTAMP_TZ_FORMAT", "NLS_DUAL_CURRENCY")},
    "GERMANY": {"NLS_CURRENCY": "€", "NLS_ISO_CURRENCY": "GERMANY", "NLS_NUMERIC_CHARACTERS": ",.", "NLS_DATE_FORMAT": "DD.MM.RR",
                "NLS_TIMESTAMP_FORMAT": "DD.MM.RR HH24:MI:SSXFF", "NLS_TIMESTAMP_TZ_FORMAT": "DD.MM.RR HH24:MI:SSXFF TZR",
                "NLS_DUAL_CURRENCY": "€"},
}
_FORMATS: Final = ("NLS_DATE_FORMAT", "NLS_TIMESTAMP_FORMAT", "NLS_TIMESTAMP_TZ_FORMAT", "NLS_TIME_FORMAT", "NLS_TIME_TZ_FORMAT")
_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "NLS_LENGTH_SEMANTICS": ("BYTE", "CHAR"), "NLS_COMP": ("BINARY", "LINGUISTIC", "ANSI"), "NLS_NCHAR_CONV_EXCP": ("TRUE", "FALSE"),
}
_SIMULATED: Final[dict[str, str]] = {
    "NLS_LANGUAGE": "AMERICAN", "NLS_DATE_LANGUAGE": "AMERICAN", "NLS_CALENDAR": "GREGORIAN", "NLS_SORT": "BINARY", "NLS_COMP": "BINARY"}


class Nls:
    """Settings of one session. The attributes are what conversions read."""

    __slots__ = ("settings", "date_format", "timestamp_format", "timestamp_tz_format", "point", "group", "currency", "semantics")

    def __init__(self, settings: dict[str, str] | None = None) -> None:
        self.settings = {**DEFAULTS, **(settings or {})}
        self._cache()

    def _cache(self) -> None:
        get = self.settings.__getitem__
        self.date_format = get("NLS_DATE_FORMAT")
        self.timestamp_format = get("NLS_TIMESTAMP_FORMAT")
        self.timestamp_tz_format = get("NLS_TIMESTAMP_TZ_FORMAT")
        self.point, self.group = get("NLS_NUMERIC_CHARACTERS")[0], get("NLS_NUMERIC_CHARACTERS")[1]
        self.currency = get("NLS_CURRENCY")
        self.semantics = get("NLS_LENGTH_SEMANTICS")

    def items(self) -> ItemsView[str, str]:
        """Names and values, as V$NLS_PARAMETERS shows them."""
        return self.settings.items()

    def set(self, name: str, value: str) -> None:
        """ALTER SESSION SET name = value. ORA-00922 for no NLS parameter, ORA-12705 for a value that cannot be."""
        name = name.upper()
        if name not in self.settings:
            raise OraError(922, "missing or invalid option")
        folded = value if name in _FORMATS or name in ("NLS_CURRENCY", "NLS_DUAL_CURRENCY") else value.upper()
        if name in _CHOICES and folded not in _CHOICES[name] or name == "NLS_NUMERIC_CHARACTERS" and not _separators(folded):
            raise OraError(12705, "Cannot access NLS data files or invalid environment specified")
        if name in _SIMULATED and folded != _SIMULATED[name]:
            raise not_simulated(f"{name} = {value}")
        if name == "NLS_TERRITORY":
            if folded not in _TERRITORIES:
                raise not_simulated(f"NLS_TERRITORY = {value}")
            self.settings.update(_TERRITORIES[folded])
        if name in _FORMATS:
            from oralab.engine.date_format import check
            check(folded)
        self.settings[name] = folded
        self._cache()


ARGUMENTS: Final = ("NLS_NUMERIC_CHARACTERS", "NLS_CURRENCY", "NLS_ISO_CURRENCY", "NLS_DATE_LANGUAGE", "NLS_CALENDAR")
"""Settings that a conversion may be given."""
_ARGUMENT: Final = re.compile(r"\s*(\w+)\s*=\s*('(?:[^']|'')*'|[^\s,;]+)[\s,;]*")


@functools.lru_cache(maxsize=64)
def nls_argument(text: str) -> Nls:
    """The last argument of TO_CHAR and its kin: ``NLS_NUMERIC_CHARACTERS = ''.,''``. ORA-12702."""
    settings: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _ARGUMENT.match(text, position)
        if match is None or match[1].upper() not in ARGUMENTS:
            raise OraError(12702, "invalid NLS parameter string used in SQL function")
        name, value = match[1].upper(), match[2].strip("'")
        if name == "NLS_NUMERIC_CHARACTERS" and not _separators(value):
            raise OraError(12702, "invalid NLS parameter string used in SQL function")
        if value.upper() not in {"NLS_DATE_LANGUAGE": ("AMERICAN", "ENGLISH"), "NLS_CALENDAR": ("GREGORIAN",)}.get(name, (value.upper(),)):
            raise not_simulated(f"{name} = {value}")
        settings[name] = value
        position = match.end()
    return Nls(settings)


def _separators(value: str) -> bool:
    return len(value) == 2 and value[0] != value[1] and not any(c.isdigit() or c in "+-<>" for c in value)

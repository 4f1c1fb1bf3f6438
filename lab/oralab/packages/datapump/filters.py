# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The little SQL of METADATA_FILTER: ``IN ('A','B')``, ``LIKE 'T%'``, ``!= 'X'`` and lists of quoted names."""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable

from oralab.errors import OraError, not_simulated

_STRING = r"'(?:[^']|'')*'"
_SINGLE = re.compile(rf"(NOT\s+LIKE|LIKE|!=|<>|\^=|=|<=|>=|<|>)\s*({_STRING})", re.I)
_LIST = re.compile(rf"(NOT\s+IN|IN)\s*\(\s*({_STRING}(?:\s*,\s*{_STRING})*)\s*\)", re.I)
_BETWEEN = re.compile(rf"(NOT\s+BETWEEN|BETWEEN)\s+({_STRING})\s+AND\s+({_STRING})", re.I)
_NAMES = re.compile(rf"\s*{_STRING}(?:\s*,\s*{_STRING})*\s*")
_STRINGS = re.compile(_STRING)


def _unquote(literal: str) -> str:
    return literal[1:-1].replace("''", "'")


def _like(pattern: str) -> Callable[[str], bool]:
    regex = re.compile("".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern), re.S)
    return lambda name: regex.fullmatch(name) is not None


_COMPARE: dict[str, Callable[[str], Callable[[str], bool]]] = {
    "=": lambda value: lambda name: name == value,
    "LIKE": _like,
    "<": lambda value: lambda name: name < value,
    ">": lambda value: lambda name: name > value,
    "<=": lambda value: lambda name: name <= value,
    ">=": lambda value: lambda name: name >= value,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a name. ``negative`` ones are true where ``test`` is not; ``literals`` are the values in it.

    ``exact`` ones compare for equality, so that every literal is meant to be a name.
    """

    test: Callable[[str], bool]
    negative: bool
    literals: tuple[str, ...]
    text: str
    exact: bool = True

    def __call__(self, name: str) -> bool:
        return self.test(name) is not self.negative


def badly_formed(filter_name: str) -> OraError:
    return OraError(39001, "invalid argument value",
                    stack=[f"ORA-39071: Value for {filter_name} is badly formed.", "ORA-00936: missing expression"])


def expression(filter_name: str, text: str) -> Condition:
    """The condition of an ..._EXPR filter; OraError 39001 when it is not SQL.

    Only comparisons with literals are simulated; a subquery is ORA-03001.
    """
    body = text.strip()
    if match := _LIST.fullmatch(body):
        literals = tuple(map(_unquote, _STRINGS.findall(match[2])))
        return Condition(frozenset(literals).__contains__, match[1].upper().startswith("NOT"), literals, text)
    if match := _SINGLE.fullmatch(body):
        operator, literal = re.sub(r"\s+", " ", match[1].upper()), _unquote(match[2])
        negative = operator.startswith("NOT") or operator in ("!=", "<>", "^=")
        plain = "LIKE" if "LIKE" in operator else "=" if negative else operator
        return Condition(_COMPARE[plain](literal), negative, (literal,), text, plain == "=")
    if match := _BETWEEN.fullmatch(body):
        low, high = _unquote(match[2]), _unquote(match[3])
        return Condition(lambda name: low <= name <= high, match[1].upper().startswith("NOT"), (low, high), text,
                         exact=False)
    if re.search(r"\bSELECT\b", body, re.I):
        raise not_simulated(f"a subquery in metadata filter {filter_name}")
    raise badly_formed(filter_name)


def names(filter_name: str, text: str) -> Condition:
    """The condition of a ..._LIST filter: quoted names separated by commas (documented)."""
    if not _NAMES.fullmatch(text):
        raise badly_formed(filter_name)
    literals = tuple(map(_unquote, _STRINGS.findall(text)))
    return Condition(frozenset(literals).__contains__, False, literals, text)


def condition(filter_name: str, text: str) -> Condition:
    """By the last word of the filter's name: EXPR or LIST."""
    return (names if filter_name.endswith("LIST") else expression)(filter_name, text)


def accepts(conditions: Iterable[Condition], name: str) -> bool:
    """Filters of one kind are combined by AND (documented)."""
    return all(test(name) for test in conditions)

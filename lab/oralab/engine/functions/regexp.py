# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Regular expressions: POSIX ERE with Oracle's Perl-influenced extensions, run by Python's engine.

Alternatives match in the order written, not the longest first as POSIX has it (a known difference).
"""
from __future__ import annotations

import functools
import re
from typing import Any

from oralab.engine import numbers
from oralab.engine.functions.registry import builtin
from oralab.engine.functions.strings import char_limit, long_text, text_like_first
from oralab.engine.types import NUMBER
from oralab.errors import OraError

_CLASSES = {"alpha": "a-zA-Z\u00c0-\u024f", "digit": "0-9", "alnum": "a-zA-Z0-9\u00c0-\u024f", "upper": "A-Z",
            "lower": "a-z", "space": r"\s",
            "blank": r" \t", "punct": r"!-/:-@\[-`{-~", "xdigit": "0-9A-Fa-f", "cntrl": r"\x00-\x1f\x7f",
            "print": r"\x20-\x7e\u00a0-\uffff",
            "graph": r"\x21-\x7e\u00a1-\uffff"}
_OPTIONS = {"i": re.IGNORECASE, "n": re.DOTALL, "m": re.MULTILINE, "x": re.VERBOSE}


@functools.lru_cache(maxsize=512)
def compiled(pattern: str, option: str = "") -> re.Pattern[str]:
    """ORA-01760 for an unknown match parameter, ORA-12725 and kin for a faulty pattern."""
    flags = 0
    for letter in option.lower():
        if letter == "c":
            flags &= ~re.IGNORECASE
        elif letter in _OPTIONS:
            flags |= _OPTIONS[letter]
        else:
            raise OraError(1760, "illegal argument for function")
    try:
        return re.compile(_translated(pattern, multiline="m" in option.lower()), flags)
    except re.error as error:
        if "parenthes" in str(error) or "subpattern" in str(error):
            raise OraError(12725, "unmatched parentheses in regular expression") from None
        if "character set" in str(error):
            raise OraError(12726, "unmatched bracket in regular expression") from None
        raise OraError(12728, "invalid range in regular expression") from None


def _translated(pattern: str, multiline: bool) -> str:
    out, position = [], 0
    while position < len(pattern):
        character = pattern[position]
        if character == "[":
            text, position = _bracket(pattern, position)
            out.append(text)
            continue
        if character == "\\" and position + 1 < len(pattern):
            following = pattern[position + 1]
            out.append(character + following if following in "dDwWsSAZ123456789" or not following.isalnum() else re.escape(following))
            position += 2
            continue
        out.append("$" if character == "$" and multiline else r"\Z" if character == "$" else character)
        position += 1
    return "".join(out)


def _bracket(pattern: str, start: int) -> tuple[str, int]:
    """A bracket expression, in which a backslash is an ordinary character."""
    out, position = ["["], start + 1
    if pattern[position:position + 1] == "^":
        out.append("^")
        position += 1
    first = True
    while position < len(pattern) and (pattern[position] != "]" or first):
        named = re.match(r"\[:(\w+):\]", pattern[position:])
        equal = re.match(r"\[[=.](.)[=.]\]", pattern[position:])
        if named:
            if named[1] not in _CLASSES:
                raise OraError(12729, "invalid character class in regular expression")
            out.append(_CLASSES[named[1]])
            position += named.end()
        elif equal:
            out.append(re.escape(equal[1]))
            position += equal.end()
        else:
            out.append("\\" + pattern[position] if pattern[position] in "\\[]^" else pattern[position])
            position += 1
        first = False
    if position >= len(pattern):
        raise OraError(12726, "unmatched bracket in regular expression")
    return "".join(out) + "]", position + 1


def regexp_like(value: str, pattern: str, option: str = "") -> bool:
    """The condition REGEXP_LIKE."""
    return compiled(pattern, option).search(value) is not None


def _nth(value: str, pattern: str, position: int, occurrence: int, option: str) -> re.Match[str] | None:
    if position < 1 or occurrence < 1:
        raise numbers.out_of_range(str(position if position < 1 else occurrence))
    for number, match in enumerate(compiled(pattern, option).finditer(value, position - 1), 1):
        if number == occurrence:
            return match
    return None


@builtin("REGEXP_SUBSTR", "S S ?N ?N ?S ?N", text_like_first, strict=False)
def regexp_substr(value: str | None, pattern: str | None, position: Any = 1, occurrence: Any = 1, option: str | None = None,
                  group: Any = 0) -> str | None:
    if None in (value, pattern, position, occurrence, group):
        return None
    match = _nth(value or "", pattern or "", int(position), int(occurrence), option or "")
    if match is None or int(group) > (match.re.groups or 0):
        return None
    return match[int(group)] or None


@builtin("REGEXP_INSTR", "S S ?N ?N ?N ?S ?N", NUMBER, strict=False)
def regexp_instr(value: str | None, pattern: str | None, position: Any = 1, occurrence: Any = 1, after: Any = 0, option: str | None = None,
                 group: Any = 0) -> int | None:
    if None in (value, pattern, position, occurrence, after, group):
        return None
    match = _nth(value or "", pattern or "", int(position), int(occurrence), option or "")
    if match is None or int(group) > (match.re.groups or 0):
        return 0
    return (match.end(int(group)) if after else match.start(int(group))) + 1


@builtin("REGEXP_COUNT", "S S ?N ?S", NUMBER, strict=False)
def regexp_count(value: str | None, pattern: str | None, position: Any = 1, option: str | None = None) -> int | None:
    if value is None or pattern is None or position is None:
        return None
    if int(position) < 1:
        raise numbers.out_of_range(str(position))
    return sum(1 for _ in compiled(pattern, option or "").finditer(value, int(position) - 1))


@builtin("REGEXP_REPLACE", "S S ?S ?N ?N ?S", long_text, strict=False)
def regexp_replace(value: str | None, pattern: str | None, replacement: str | None = None, position: Any = 1, occurrence: Any = 0,
                   option: str | None = None) -> str | None:
    if value is None or pattern is None:
        return value
    start, wanted, seen = int(position) - 1, int(occurrence), 0
    template = replacement or ""

    def substitute(match: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        if wanted and seen != wanted:
            return match[0]
        return re.sub(r"\\([\\0-9])", lambda mark: _part(match, mark[1]), template)
    replaced = value[:start] + compiled(pattern, option or "").sub(substitute, value[start:])
    return char_limit(replaced) if len(value) <= 4000 else replaced


def _part(match: re.Match[str], mark: str) -> str:
    if mark == "\\":
        return "\\"
    number = int(mark)
    if number == 0 or number > (match.re.groups or 0):
        return "\\0" if number == 0 else ""
    return match[number] or ""

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LOG_ARCHIVE_DEST_n and LOG_ARCHIVE_CONFIG as texts: read into their attributes, changed, and written again.

What somebody else set in them stays. Syntax: Data Guard Concepts and Administration, LOG_ARCHIVE_DEST_n Parameter Attributes.
"""

from __future__ import annotations

import re
import typing as t

__metaclass__ = type

#: Attribute -> value, or None for one that is a word alone (ASYNC).
Attributes = t.Dict[str, t.Optional[str]]

#: Words of which one takes the place of another.
_INSTEAD_OF = ({"ASYNC", "SYNC"}, {"AFFIRM", "NOAFFIRM"}, {"DELAY", "NODELAY"}, {"REOPEN", "NOREOPEN"}, {"MANDATORY", "OPTIONAL"})
#: What DB_UNIQUE_NAME may be (documented).
NAME = re.compile(r"[A-Za-z][\w$#]{0,29}", re.ASCII)
_PLAIN = re.compile(r"[\w.$#:/-]+")
_DG_CONFIG = re.compile(r"\b(?:DG_CONFIG\s*=\s*\(([^()]*)\)|NODG_CONFIG)", re.IGNORECASE)


def _words(text: str) -> t.List[str]:
    """What blanks and commas part, outside of quotes and parentheses."""
    words, depth, quoted = [""], 0, False
    for character in text:
        quoted ^= character == '"'
        depth += 0 if quoted else {"(": 1, ")": -1}.get(character, 0)
        if character in " ,\t\n" and not quoted and depth <= 0:
            words.append("")
        else:
            words[-1] += character
    return [word for word in words if word]


def parse(text: t.Optional[str]) -> Attributes:
    """The attributes of a destination, names in capitals, values without quotes, in their order."""
    found: Attributes = {}
    for word in _words(re.sub(r"\s*=\s*", "=", text or "")):
        name, equals, value = word.partition("=")
        found[name.upper()] = value.strip('"') if equals else None
    return found


def render(attributes: Attributes) -> str:
    return " ".join(name if value is None else "{0}={1}".format(name, _quoted(name, value)) for name, value in attributes.items())


def _quoted(name: str, value: str) -> str:
    return value if name != "SERVICE" or _PLAIN.fullmatch(value) else '"{0}"'.format(value)


def _meaning(value: t.Optional[str]) -> t.Optional[str]:
    """Case and blanks say nothing, nor does a plural in VALID_FOR."""
    return None if value is None else re.sub(r"(LOGFILE|ROLE)S\b", r"\1", re.sub(r"\s", "", value).upper())


def fits(found: Attributes, wanted: Attributes) -> bool:
    """Whether a destination has what is wanted; more does no harm."""
    return all(name in found and _meaning(found[name]) == _meaning(value) for name, value in wanted.items())


def changed(found: Attributes, wanted: Attributes) -> Attributes:
    """The attributes with those that are wanted."""
    displaced = {other for words in _INSTEAD_OF for other in words if words & set(wanted)} - set(wanted)
    kept = {name: value for name, value in found.items() if name not in displaced}
    kept.update(wanted)
    return kept


# -- LOG_ARCHIVE_CONFIG


def members(config: t.Optional[str]) -> t.List[str]:
    """DG_CONFIG: the databases that belong together."""
    found = _DG_CONFIG.search(config or "")
    return [name.strip().strip("'\"") for name in (found.group(1) or "").split(",") if name.strip()] if found else []


def with_members(config: t.Optional[str], names: t.Sequence[str]) -> str:
    """LOG_ARCHIVE_CONFIG with these databases; what else it says (SEND, RECEIVE) stays."""
    others = [word for word in _words(_DG_CONFIG.sub("", config or "")) if word]
    return ", ".join(others + ["DG_CONFIG=({0})".format(",".join(names)) if names else "NODG_CONFIG"])


def among(name: str, names: t.Iterable[str]) -> bool:
    return name.upper() in {other.upper() for other in names}

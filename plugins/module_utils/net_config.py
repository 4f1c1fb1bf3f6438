# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration files of Oracle Net: read with the place of everything, and edited so that all else stays as it is.

A file is a row of ``NAME[, NAME...] = value``. A value is in parentheses, nested and over any number of lines, or the rest of the line. A new
parameter begins in the first column; ``#`` begins a comment (documented, Database Net Services Reference, Syntax Rules).
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused

__metaclass__ = type

_BEGINNING = re.compile(r"[A-Za-z0-9_][\w.$#-]*[ \t]*(?:,[ \t]*[\w.$#-]+[ \t]*)*=")
_WORDS = re.compile(r"[^=()#,\s]+")

#: Values in which the case of letters means nothing.
_CASELESS = {"PROTOCOL", "HOST", "SERVICE_NAME", "SERVER", "UR", "GLOBAL_DBNAME", "FAILOVER", "LOAD_BALANCE", "INSTANCE_NAME"}


class Entry(t.NamedTuple):
    """A parameter of a file. ``start`` and ``end`` are where its text begins and ends; ``value_start`` is where the value does."""

    names: t.List[str]
    value: str
    start: int
    value_start: int
    end: int

    def named(self, name: str) -> bool:
        return any(one.upper() == name.upper() for one in self.names)


class Node(t.NamedTuple):
    """``(NAME = value)`` within a value; ``value`` is a text or further nodes. ``start`` and ``end`` enclose its parentheses."""

    name: str
    value: t.Union[str, t.List["Node"]]
    start: int
    end: int

    def all(self, name: str) -> t.List["Node"]:
        return [node for node in self.value if node.name == name] if isinstance(self.value, list) else []

    def text(self, name: str) -> t.Optional[str]:
        """The value of a node below that holds a text."""
        return next((unquoted(node.value) for node in self.all(name) if isinstance(node.value, str)), None)


def unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _broken(path: str, text: str, place: int, what: str) -> Refused:
    return Refused("{0}, line {1}: {2}.".format(path, text.count("\n", 0, place) + 1, what), code="DBF-0611",
                   hint="Nothing was changed. Mend the file and run again.")


def _skip(text: str, place: int) -> int:
    """Past white space and comments."""
    while place < len(text):
        if text[place] == "#":
            place = _line_end(text, place)
        elif text[place].isspace():
            place += 1
        else:
            break
    return place


def _line_end(text: str, place: int) -> int:
    found = text.find("\n", place)
    return len(text) if found < 0 else found


def entries(text: str, path: str = "The file") -> t.List[Entry]:
    """What a file holds, in order. Refused when it cannot be read."""
    found = []
    place = _skip(text, 0)
    while place < len(text):
        start = place
        names, place = _names(text, start, path)
        value_start, end = _value(text, place, path)
        found.append(Entry(names, text[value_start:end], start, value_start, end))
        place = _skip(text, end)
    return found


def _names(text: str, place: int, path: str) -> t.Tuple[t.List[str], int]:
    """The names before an equal sign, and the place behind it."""
    names, start = [], place
    while place < len(text) and text[place] != "=":
        word = _WORDS.match(text, place)
        if not word:
            raise _broken(path, text, place, "{0!r} stands where a name was expected".format(text[place]))
        names.append(word.group())
        place = _skip(text, word.end())
        if text[place:place + 1] == ",":
            place = _skip(text, place + 1)
        elif text[place:place + 1] != "=":
            raise _broken(path, text, start, "{0} has no value".format(" ".join(names)))
    if not names or place >= len(text):
        raise _broken(path, text, start, "a name with a value was expected")
    return names, place + 1


def _value(text: str, place: int, path: str) -> t.Tuple[int, int]:
    """Where the value behind an equal sign begins and ends."""
    start = _skip(text, place)
    crossed = "\n" in text[place:start]
    if text[start:start + 1] != "(":
        if crossed and text[start - 1:start] == "\n" or start >= len(text):
            return place, place     # the next parameter begins there
        end = _line_end(text, start)
        comment = re.compile(r"\s#").search(text, start, end)
        return start, start + len(text[start:comment.start() if comment else end].rstrip())
    end = start
    while text[end:end + 1] == "(":
        behind = _group(text, end, path)
        end = behind
        following = _skip(text, behind)
        if text[following:following + 1] == "(":
            end = following
    return start, end


def _group(text: str, start: int, path: str) -> int:
    """The place behind the parenthesis that closes the one at ``start``."""
    depth, place = 0, start
    while place < len(text):
        letter = text[place]
        if letter == "#" and (place == 0 or text[place - 1].isspace() or text[place - 1] in "()="):
            place = _line_end(text, place)
            continue
        if letter in "\"'":
            place = text.find(letter, place + 1)
            if place < 0:
                break
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
            if not depth:
                return place + 1
        elif letter == "\n" and _BEGINNING.match(text, place + 1):
            raise _broken(path, text, start, "a parenthesis is not closed before the next parameter begins")
        place += 1
    raise _broken(path, text, start, "a parenthesis or a quote is not closed")


def nodes(value: str, offset: int = 0, path: str = "The value") -> t.List[Node]:
    """The nodes of a value in parentheses.

    :arg offset: where the value begins, so that nodes know their place in the file.
    """
    found, place = [], _skip(value, 0)
    while place < len(value):
        if value[place] != "(":
            raise _broken(path, value, place, "{0!r} stands where a parenthesis was expected".format(value[place]))
        end = _group(value, place, path)
        inner = value[place + 1:end - 1]
        name = _WORDS.match(inner, _skip(inner, 0))
        equal = _skip(inner, name.end()) if name else 0
        if not name or inner[equal:equal + 1] != "=":
            found.append(Node("", _without_comments(inner), offset + place, offset + end))
        else:
            rest = _skip(inner, equal + 1)
            nested = inner[rest:rest + 1] == "("
            content: t.Union[str, t.List[Node]] = \
                nodes(inner[rest:], offset + place + 1 + rest, path) if nested else _without_comments(inner[rest:])
            found.append(Node(name.group().upper(), content, offset + place, offset + end))
        place = _skip(value, end)
    return found


def _without_comments(text: str) -> str:
    return " ".join(re.sub(r"(?m)(?:^|(?<=[\s=]))#.*$", "", text).split()) if "#" in text or "\n" in text else text.strip()


def canonical(value: str) -> str:
    """A value as it is compared: without white space and comments, keywords in capitals."""
    if not value.lstrip().startswith("("):
        return value.strip()
    return "".join(map(_written, nodes(value)))


def _written(node: Node) -> str:
    if isinstance(node.value, list):
        return "({0}={1})".format(node.name, "".join(map(_written, node.value)))
    text = unquoted(node.value)
    return "({0}={1})".format(node.name, text.lower() if node.name in _CASELESS else text) if node.name else "({0})".format(text)


# -- editing


def line_ending(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def appended(text: str, addition: str) -> str:
    """A file with something at its end, on lines of its own."""
    ending = line_ending(text)
    if text and not text.endswith("\n"):
        text += ending
    return text + (ending if text.strip() else "") + addition.replace("\n", ending) + ending


def replaced(text: str, start: int, end: int, replacement: str) -> str:
    return text[:start] + replacement.replace("\n", line_ending(text)) + text[end:]


def cut(text: str, start: int, end: int) -> str:
    """Without what is between, and without the line that it leaves empty."""
    line = text.rfind("\n", 0, start) + 1
    after = _line_end(text, end)
    if not text[line:start].strip() and not text[end:after].strip():
        return text[:line] + text[after + 1:]
    return text[:start] + text[end:]


def without_names(text: str, names: t.Sequence[str], path: str = "The file") -> str:
    """A file without these parameters. A parameter of several names keeps the others."""
    gone = {name.upper() for name in names}
    for entry in reversed(entries(text, path)):
        kept = [name for name in entry.names if name.upper() not in gone]
        if not kept:
            text = cut(text, entry.start, entry.end)
        elif len(kept) < len(entry.names):
            equal = text.rfind("=", entry.start, entry.value_start)
            text = replaced(text, entry.start, equal, ", ".join(kept) + " ")
    return text


def with_parameter(text: str, names: t.Sequence[str], value: str, path: str = "The file") -> str:
    """A file in which these names, and no others, have this value.

    A parameter that has it already stays as it is written; otherwise it stands where the first of the names stood.
    """
    found = [entry for entry in entries(text, path) if any(entry.named(name) for name in names)]
    wanted = {name.upper() for name in names}
    if len(found) == 1 and {name.upper() for name in found[0].names} == wanted and canonical(found[0].value) == canonical(value):
        return text
    written = "{0} =\n  {1}".format(", ".join(names), value)
    whole = next((entry for entry in found if {name.upper() for name in entry.names} <= wanted), None)
    if whole is None:
        return appended(without_names(text, names, path), written)
    before, behind = (without_names(part, names, path) for part in (text[:whole.start], text[whole.end:]))
    return before + written.replace("\n", line_ending(text)) + behind


# -- static services of a listener


class Static(t.NamedTuple):
    """A SID_DESC of listener.ora."""

    node: Node
    global_dbname: t.Optional[str]
    sid_name: t.Optional[str]
    oracle_home: t.Optional[str]
    envs: t.Optional[str]

    def serves(self, service: str) -> bool:
        """Whether it is the entry for a service, which without GLOBAL_DBNAME is the SID (documented)."""
        return (self.global_dbname or self.sid_name or "").upper() == service.upper()


def _sid_list(text: str, listener: str, path: str) -> t.Optional[Node]:
    """The SID_LIST of a listener; None without one. Refused when it is written otherwise than Oracle's manual has it."""
    entry = next((entry for entry in entries(text, path) if entry.named("SID_LIST_" + listener)), None)
    if entry is None:
        return None
    found = nodes(entry.value, entry.value_start, path)
    if len(found) != 1 or found[0].name != "SID_LIST" or not isinstance(found[0].value, list):
        raise _broken(path, text, entry.value_start, "SID_LIST_{0} does not begin with (SID_LIST = (SID_DESC".format(listener))
    return found[0]


def static_services(text: str, listener: str, path: str = "The file") -> t.List[Static]:
    """What stands in a listener's SID_LIST."""
    found = _sid_list(text, listener, path)
    return [Static(node, *(node.text(name) for name in ("GLOBAL_DBNAME", "SID_NAME", "ORACLE_HOME", "ENVS")))
            for node in (found.all("SID_DESC") if found is not None else [])]


def with_static_service(text: str, listener: str, service: str, value: str, path: str = "The file") -> str:
    """A file in which a listener has exactly one static entry for a service, ``value`` being its SID_DESC."""
    present = [static for static in static_services(text, listener, path) if static.serves(service)]
    for extra in reversed(present[1:]):
        text = cut(text, extra.node.start, extra.node.end)
    if present:
        written = text[present[0].node.start:present[0].node.end]
        return text if canonical(written) == canonical(value) else replaced(text, present[0].node.start, present[0].node.end, value)
    found = _sid_list(text, listener, path)
    if found is None:
        return appended(text, "SID_LIST_{0} =\n  (SID_LIST =\n    {1}\n  )".format(listener, value))
    last = t.cast(t.List[Node], found.value)[-1]
    return replaced(text, last.end, last.end, "\n    " + value)


def without_static_service(text: str, listener: str, service: str, path: str = "The file") -> str:
    """A file in which a listener has no static entry for a service. A list that would be empty goes with its last entry."""
    statics = static_services(text, listener, path)
    gone = [static for static in statics if static.serves(service)]
    if gone and len(gone) == len(statics):
        return without_names(text, ["SID_LIST_" + listener], path)
    for static in reversed(gone):
        text = cut(text, static.node.start, static.node.end)
    return text

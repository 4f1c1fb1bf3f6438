# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements as SQL*Plus reads them: bind values written as literals, lines that are short enough, nothing that it takes for itself.

SQL*Plus reads lines. It drops longer ones than 2499 characters (SP2-0027; documented), ends SQL at ``;`` before a line's end, runs
or ends the buffer at a line of ``/`` or ``.`` alone, takes ``-`` at a line's end for a continuation, and knows no binds but its own
variables, which only PL/SQL can set and an instance without an open database has not.
"""

from __future__ import annotations

import datetime
import decimal
import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement

__metaclass__ = type

#: Longest line that is sent, in bytes; 2499 is what every release takes (SP2-0027).
LINE = 2400
#: Characters of one literal; in four-byte characters still within a line.
PIECE = 500
#: Longest text that an expression of SQL may have (ORA-01704, ORA-01489), and of PL/SQL, in bytes.
SQL_TEXT, PLSQL_TEXT = 4000, 32767

_TOKEN = re.compile(r"""
    (?P<comment>--[^\n]*|/\*(?!\+).*?\*/)
  | (?P<literal>[nN]?(?:[qQ]'(?:\[.*?\]|\{.*?\}|\(.*?\)|<.*?>|(?P<mark>[^\s\[{(<]).*?(?P=mark))'|'(?:[^']|'')*'))
  | (?P<bind>:[A-Za-z]\w*)
  | (?P<space>\s+)
  | (?P<other>/\*\+.*?\*/|"[^"]*"|:=|[\w$\#]+|.)
""", re.VERBOSE | re.DOTALL)
_CONTROL = re.compile(r"([\x00-\x1f\x7f])")
_PLSQL = re.compile(r"\s*(?:BEGIN|DECLARE|<<|CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:NON)?EDITIONABLE\s+)?"
                    r"(?:FUNCTION|PROCEDURE|PACKAGE|TRIGGER|TYPE|LIBRARY)\b)", re.IGNORECASE)


def is_plsql(text: str) -> bool:
    return bool(_PLSQL.match(text))


def text_literal(text: str, longest: int = SQL_TEXT) -> str:
    """A text as an expression: control characters by CHR, long ones in pieces, those that are too long for a VARCHAR2 as a CLOB."""
    form = "TO_CLOB({0})" if len(text.encode("utf-8", "surrogatepass")) > longest else "{0}"
    pieces = []
    for part in _CONTROL.split(text):
        if _CONTROL.fullmatch(part):
            pieces.append("CHR({0})".format(ord(part)))
        else:
            pieces += ["'{0}'".format(part[at:at + PIECE].replace("'", "''")) for at in range(0, len(part), PIECE)]
    if not pieces:
        return "''"
    written = [form.format(piece) for piece in pieces]
    return written[0] if len(written) == 1 else "({0})".format(" || ".join(written))


def bind_literal(value: t.Any, longest: int = SQL_TEXT) -> str:
    """A bind value as a literal of SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return text_literal(value, longest)
    if isinstance(value, (bool, int, float, decimal.Decimal)):
        written = str(int(value)) if isinstance(value, bool) else str(value)
        return "({0})".format(written) if written.startswith("-") else written
    if isinstance(value, bytes):
        return "HEXTORAW({0})".format(text_literal(value.hex().upper(), longest))
    if isinstance(value, datetime.datetime):
        if value.microsecond:
            return "TO_TIMESTAMP('{0:%Y-%m-%d %H:%M:%S.%f}', 'YYYY-MM-DD HH24:MI:SS.FF6')".format(value)
        return "TO_DATE('{0:%Y-%m-%d %H:%M:%S}', 'YYYY-MM-DD HH24:MI:SS')".format(value)
    raise DbferryError("A value of type {0} cannot be given to SQL*Plus.".format(type(value).__name__), code="DBF-0015",
                       hint="Use session=driver for this module.")


def written(statement: Statement, keep: t.Collection[str] = ()) -> str:
    """A statement as SQL*Plus takes it, up to and with the ``/`` that runs it.

    :arg keep: binds that stay as they are, since they are variables of SQL*Plus.
    """
    text = statement.text().strip()
    longest = PLSQL_TEXT if is_plsql(text) else SQL_TEXT
    values = {name.lower(): value for name, value in statement.values().items()}
    lines = _Lines()
    for found in _TOKEN.finditer(text):
        kind, token = found.lastgroup, found.group()
        if kind in ("space", "comment"):
            lines.space("\n" in token)
        elif found.group("bind") and token[1:].lower() not in keep:
            if token[1:].lower() not in values:
                raise DbferryError("The statement has no value for {0}.".format(token), code="ORA-01008", statement=str(statement))
            lines.add(bind_literal(values[token[1:].lower()], longest))
        elif found.group("literal") and token.startswith("'") and (len(token) > PIECE or _CONTROL.search(token)):
            lines.add(text_literal(token[1:-1].replace("''", "'"), longest))
        else:
            lines.add(token)
    return "{0}\n/\n".format(lines)


class _Lines:
    """Puts tokens into lines. A token that has spaces of its own (pieces of a long text) may be broken there."""

    def __init__(self) -> None:
        self._done: t.List[str] = []
        self._line = ""

    def space(self, line_ends: bool) -> None:
        """White space; a line ends where one ended, unless SQL*Plus would take what it ends with for itself."""
        if line_ends and self._line and not self._line.endswith(("-", "/", ".")):
            self._break()
        elif self._line and not self._line.endswith(" "):
            self._line += " "

    def add(self, token: str) -> None:
        for piece in re.split(r"(?<=\|\| )", token) if len(token) > PIECE else [token]:
            if self._line.endswith((" ", ",", "(")) and len((self._line + piece).encode("utf-8", "surrogatepass")) > LINE:
                self._break()
            self._line += piece

    def _break(self) -> None:
        self._done.append(self._line.rstrip(" "))
        self._line = ""

    def __str__(self) -> str:
        return "\n".join(self._done + [self._line]).rstrip()

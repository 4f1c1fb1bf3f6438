# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How SQL*Plus reads its input: line by line, into its own commands, SQL statements and PL/SQL blocks.

Rules as in the SQL*Plus User's Guide: SQL ends with ``;`` at the end of a line or with ``/`` alone, a blank line ends it without
running it (unless SQLBLANKLINES is on), PL/SQL ends with ``/`` alone, ``.`` alone ends either without running it.
"""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

_SQL = {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "TRUNCATE",
        "COMMENT", "RENAME",
        "COMMIT", "ROLLBACK", "SAVEPOINT", "LOCK", "CALL", "EXPLAIN", "ANALYZE", "PURGE", "FLASHBACK", "ADMINISTER", "ASSOCIATE",
        "AUDIT", "NOAUDIT", "DISASSOCIATE"}
_PLSQL = re.compile(r"(?:BEGIN|DECLARE|<<)|CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:NON)?EDITIONABLE\s+)?"
                    r"(?:FUNCTION|PROCEDURE|PACKAGE|TRIGGER|TYPE|LIBRARY)\b", re.IGNORECASE)
_COMMANDS = {
    "ACC": "ACCEPT", "ARCHIVE": "ARCHIVE", "APPEND": "APPEND", "BREAK": "BREAK", "BTITLE": "BTITLE", "CLEAR": "CLEAR", "CL": "CLEAR",
    "COLUMN": "COLUMN", "COL": "COLUMN", "COMPUTE": "COMPUTE", "CONNECT": "CONNECT", "CONN": "CONNECT", "DEFINE": "DEFINE",
    "DEF": "DEFINE", "DESCRIBE": "DESCRIBE", "DESC": "DESCRIBE", "DISCONNECT": "DISCONNECT", "DISC": "DISCONNECT", "EXECUTE": "EXECUTE",
    "EXEC": "EXECUTE", "EXIT": "EXIT", "QUIT": "EXIT", "HOST": "HOST", "LIST": "LIST", "PAUSE": "PAUSE", "PRINT": "PRINT",
    "PROMPT": "PROMPT", "PRO": "PROMPT", "RECOVER": "RECOVER", "REMARK": "REMARK", "REM": "REMARK", "SET": "SET", "SHOW": "SHOW",
    "SHO": "SHOW", "SHUTDOWN": "SHUTDOWN", "SPOOL": "SPOOL", "SPO": "SPOOL", "START": "@", "STA": "@", "STARTUP": "STARTUP",
    "TIMING": "TIMING", "TTITLE": "TTITLE", "UNDEFINE": "UNDEFINE", "UNDEF": "UNDEFINE", "VARIABLE": "VARIABLE", "VAR": "VARIABLE",
    "WHENEVER": "WHENEVER",
}
_SET_IS_SQL = re.compile(r"SET\s+(?:TRANSACTION|ROLE|CONSTRAINTS?)\b", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
    """One piece of input.

    ``kind`` is ``sql`` or ``plsql`` (run it), ``kept`` (only put into the buffer), ``run`` (``/``: run the buffer again),
    ``unknown``, or the name of a command of SQL*Plus, whose argument is ``text``.
    """

    kind: str
    text: str


class Reader:
    """Takes lines and tells what they make. ``blank_lines`` is SET SQLBLANKLINES; ``prompt_number`` the number of the next
    line of the statement being entered, 0 at the prompt itself."""

    def __init__(self) -> None:
        self.blank_lines = False
        self._lines: list[str] = []
        self._plsql = False
        self._command = ""
        self._comment = False

    @property
    def prompt_number(self) -> int:
        return len(self._lines) + 1 if self._lines else 0

    def feed(self, line: str) -> Iterator[Item]:
        """What one more line completes."""
        line = line.rstrip("\r\n")
        if self._comment:
            self._comment = "*/" not in line
            return
        if self._command:
            yield from self._continued(line)
        elif self._lines:
            yield from self._more(line)
        else:
            yield from self._first(line)

    def end(self) -> Iterator[Item]:
        """What is left when the input ends: a statement that nothing ended is not run."""
        if self._lines:
            yield Item("kept", "\n".join(self._lines))
            self._lines = []

    def _first(self, line: str) -> Iterator[Item]:
        text = line.strip()
        if not text or text.startswith("--"):
            return
        if text.startswith("/*"):
            self._comment = "*/" not in text
            return
        if text in ("/", "R", "r") or text.upper() == "RUN":
            yield Item("run", "")
            return
        if text[0] in "@!":
            yield from self._continued("@ " + text.lstrip("@") if text[0] == "@" else "HOST " + text[1:])
            return
        word = re.split(r"[^A-Za-z<(]", text, maxsplit=1)[0].upper()
        if word in _SQL or word.startswith(("(", "<<")) or word in ("BEGIN", "DECLARE") or _SET_IS_SQL.match(text):
            self._plsql = bool(_PLSQL.match(text))
            yield from self._more(line)
        elif word in _COMMANDS:
            yield from self._continued(line.strip())
        else:
            yield Item("unknown", text)

    def _continued(self, line: str) -> Iterator[Item]:
        """A line of one of SQL*Plus's own commands; ``-`` at its end continues it."""
        text = self._command + line
        if line.rstrip().endswith("-") and not text.upper().startswith("PRO"):
            self._command = text.rstrip()[:-1].rstrip() + " "
            return
        self._command = ""
        name, _, argument = text.partition(" ")
        name = "@" if name == "@" else _COMMANDS[re.sub(r"[^A-Za-z]", "", name).upper()]
        argument = argument if name == "PROMPT" else argument.strip()
        yield Item(name, argument if name == "PROMPT" else argument.rstrip(";").rstrip())

    def _more(self, line: str) -> Iterator[Item]:
        text = line.strip()
        if self._lines and text in ("/", "."):
            yield from self._finish("run" if text == "/" else "kept")
            return
        if not text and not self._plsql and self._lines and not self.blank_lines:
            yield from self._finish("kept")
            return
        self._lines.append(line)
        if not self._plsql and len(self._lines) > 1:
            self._plsql = bool(_PLSQL.match(" ".join(self._lines).lstrip()))
        if not self._plsql and text.endswith(";"):
            self._lines[-1] = line.rstrip()[:-1]
            yield from self._finish("run")

    def _finish(self, how: str) -> Iterator[Item]:
        text, self._lines = "\n".join(self._lines), []
        yield Item(("plsql" if self._plsql else "sql") if how == "run" else "kept", text)

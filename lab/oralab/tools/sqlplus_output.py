# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SQL*Plus prints: tables of rows and what it says about a statement that succeeded."""
from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Union

from oralab.engine import numbers
from oralab.values import DataType

Cell = Union[None, int, Decimal, float, str]
"""A value as it is printed: numbers as such, everything else already as text."""
_NUMERIC = {"NUMBER", "FLOAT", "BINARY_FLOAT", "BINARY_DOUBLE"}
_LONG = {"CLOB", "NCLOB", "LONG", "BLOB", "XMLTYPE", "LONG RAW"}


@dataclasses.dataclass(slots=True)
class Settings:
    """SET variables that matter for output, with their defaults (documented)."""

    pagesize: int = 14
    linesize: int = 80
    heading: bool = True
    underline: str = "-"
    feedback: int = 6
    numwidth: int = 10
    numformat: str = ""
    long: int = 80
    longchunksize: int = 80
    colsep: str = " "
    null: str = ""
    newpage: int = 1
    wrap: bool = True
    trimout: bool = True
    serveroutput: bool = False
    define: str = "&"
    verify: bool = True
    echo: bool = False
    timing: bool = False
    termout: bool = True
    autocommit: bool = False
    exitcommit: bool = True
    markup: bool = False
    entmap: bool = True


@dataclasses.dataclass(slots=True)
class ColumnFormat:
    """COLUMN name FORMAT ... HEADING ...; ``width`` 0 leaves it to the type."""

    width: int = 0
    heading: str | None = None
    hidden: bool = False
    right: bool | None = None


def number_text(value: int | Decimal | float, width: int) -> str:
    """A number in ``width`` characters: exactly, else rounded, else in exponents, else ``#`` (documented)."""
    text = numbers.float_text(value) if isinstance(value, float) else numbers.text(value)
    if len(text) <= width:
        return text
    plain = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    whole = len(str(int(plain))) + (plain < 0 and int(plain) == 0)
    if "E" not in text and whole <= width:
        places = max(width - whole - 1, 0)
        rounded = format(round(plain, places) if places else plain.to_integral_value(), "f")
        rounded = rounded.rstrip("0").rstrip(".") if "." in rounded else rounded
        rounded = re.sub(r"^(-?)0\.", r"\1.", rounded)
        if len(rounded) <= width:
            return rounded
    for digits in range(width, 0, -1):
        mantissa, _, exponent = f"{plain:.{digits - 1}E}".partition("E")
        short = f"{mantissa}E{exponent[0]}{int(exponent[1:]):02d}"
        if len(short) <= width:
            return short
    return "#" * width


class HtmlTable:
    """Rows of one query as SET MARKUP HTML ON prints them: names and values whole, whatever LINESIZE says, numbers in NUMWIDTH.

    The form of tags and the alignment are from transcripts; how a value of several lines is broken is assumed.
    """

    def __init__(self, names: Sequence[str], types: Sequence[DataType], settings: Settings, formats: dict[str, ColumnFormat]) -> None:
        self.settings = settings
        self.columns: list[tuple[int, str, bool]] = []
        for at, (name, kind) in enumerate(zip(names, types)):
            form = formats.get(name.upper(), ColumnFormat())
            if not form.hidden:
                self.columns.append((at, name if form.heading is None else form.heading, kind.name in _NUMERIC))

    def opening(self) -> list[str]:
        return ["<p>", "<table border='1' width='90%' align='center' summary='Script output'>"]

    def heading(self) -> list[str]:
        return self._row(('<th scope="col">', self._mapped(name), "</th>") for _, name, _ in self.columns)

    def row(self, cells: Sequence[Cell]) -> list[str]:
        return self._row(('<td align="right">' if numeric else "<td>", self._text(cells[at]), "</td>") for at, _, numeric in self.columns)

    def closing(self) -> list[str]:
        return ["</table>", "<p>"]

    @staticmethod
    def _row(cells: Iterable[tuple[str, str, str]]) -> list[str]:
        return ["<tr>", *(line for cell in cells for line in cell), "</tr>"]

    def _text(self, cell: Cell) -> str:
        if cell is None:
            return self._mapped(self.settings.null) or "&nbsp;"
        if not isinstance(cell, str):
            return number_text(cell, self.settings.numwidth).rjust(self.settings.numwidth)
        return self._mapped(cell[:self.settings.long])

    def _mapped(self, text: str) -> str:
        return marked_up(text, self.settings)


def marked_up(text: str, settings: Settings) -> str:
    """A text in HTML: with ENTMAP its special characters as entities, its lines broken by a tag."""
    mapped = html.escape(text, quote=True).replace("&#x27;", "'") if settings.entmap else text
    return mapped.replace("\n", "<br>\n")


class Table:
    """Rows of one query under their headings, folded to the line size."""

    def __init__(self, names: Sequence[str], types: Sequence[DataType], settings: Settings, formats: dict[str, ColumnFormat]) -> None:
        self.settings = settings
        self.columns: list[tuple[int, str, int, bool]] = []   # position, heading, width, right-aligned
        for at, (name, kind) in enumerate(zip(names, types)):
            form = formats.get(name.upper(), ColumnFormat())
            if form.hidden:
                continue
            heading = name if form.heading is None else form.heading
            right = kind.name in _NUMERIC if form.right is None else form.right
            self.columns.append((at, heading, form.width or self._width(heading, kind), right))
        self.lines_of_columns = self._folded()

    def _width(self, heading: str, kind: DataType) -> int:
        s = self.settings
        if kind.name in _NUMERIC:
            return max(s.numwidth, len(heading))
        if kind.name in _LONG:
            return max(1, min(s.long, s.longchunksize))
        if kind.name == "DATE":
            return max(9, len(heading), kind.length)
        if kind.name.startswith(("TIMESTAMP", "INTERVAL")):
            return 75
        if kind.name in ("ROWID", "UROWID"):
            return 18
        if kind.name == "RAW":
            return max(2, kind.length * 2)
        return max(1, kind.length or 1)

    def _folded(self) -> list[list[tuple[int, str, int, bool]]]:
        lines: list[list[tuple[int, str, int, bool]]] = []
        used = 0
        for column in self.columns:
            width = min(column[2], self.settings.linesize)
            if lines and used + len(self.settings.colsep) + width <= self.settings.linesize:
                lines[-1].append(column)
                used += len(self.settings.colsep) + width
            else:
                lines.append([column])
                used = width
        return lines

    def opening(self) -> list[str]:
        return []

    def closing(self) -> list[str]:
        return []

    def heading(self) -> list[str]:
        found = []
        for line in self.lines_of_columns:
            words = [(text[:width].rjust(width) if right else text[:width].ljust(width)) for _, text, width, right in line]
            found.append(self._trim(self.settings.colsep.join(words)))
            found.append(self._trim(self.settings.colsep.join(self.settings.underline * width for _, _, width, _ in line)))
        return found

    def row(self, cells: Sequence[Cell]) -> list[str]:
        found = []
        for line in self.lines_of_columns:
            pieces = [self._pieces(cells[at], width) for at, _, width, _ in line]
            for number in range(max(map(len, pieces))):
                words = []
                for (_, _, width, right), column in zip(line, pieces):
                    word = column[number] if number < len(column) else ""
                    words.append(word.rjust(width) if right else word.ljust(width))
                found.append(self._trim(self.settings.colsep.join(words)))
        return found

    def _pieces(self, cell: Cell, width: int) -> list[str]:
        width = min(width, self.settings.linesize)
        if cell is None:
            return [self.settings.null[:width]]
        if not isinstance(cell, str):
            return [number_text(cell, width)]
        text = cell if len(cell) <= self.settings.long or width != min(self.settings.long, self.settings.longchunksize) \
            else cell[:self.settings.long]
        found = [line[at:at + width] for line in text.split("\n") for at in range(0, max(len(line), 1), width)]
        return found if self.settings.wrap else found[:1]

    def _trim(self, line: str) -> str:
        line = line[:self.settings.linesize]
        return line.rstrip() if self.settings.trimout else line


_OBJECT = (r"(?:OR\s+REPLACE\s+)?(?:(?:NO\s*)?FORCE\s+)?(?:(?:NON)?EDITIONABLE\s+)?(?:PUBLIC\s+)?(?:GLOBAL\s+TEMPORARY\s+)?"
           r"(?:PRIVATE\s+TEMPORARY\s+)?(?:UNIQUE\s+)?(?:BITMAP\s+)?(?:BIGFILE\s+)?(?:SMALLFILE\s+)?(?:TEMPORARY\s+)?(?:UNDO\s+)?"
           r"(?:SHARED\s+)?(MATERIALIZED\s+VIEW(?:\s+LOG)?|PACKAGE\s+BODY|TYPE\s+BODY|DATABASE\s+LINK|RESTORE\s+POINT|"
           r"PLUGGABLE\s+DATABASE|[A-Z]+)")
_PATTERNS = [(re.compile(pattern, re.IGNORECASE), said) for pattern, said in (
    (r"CREATE\s+S?PFILE\b", "File created."),
    (r"CREATE\s+" + _OBJECT, "{} created."), (r"ALTER\s+" + _OBJECT, "{} altered."), (r"DROP\s+" + _OBJECT, "{} dropped."),
    (r"TRUNCATE\s+(\w+)", "{} truncated."), (r"ANALYZE\s+(\w+)", "{} analyzed."), (r"PURGE\s+(\w+)", "{} purged."),
    (r"GRANT\b", "Grant succeeded."), (r"REVOKE\b", "Revoke succeeded."), (r"COMMENT\b", "Comment created."),
    (r"RENAME\b", "Table renamed."), (r"COMMIT\b", "Commit complete."), (r"ROLLBACK\b", "Rollback complete."),
    (r"SAVEPOINT\b", "Savepoint created."), (r"LOCK\b", "Table(s) Locked."), (r"SET\s+TRANSACTION\b", "Transaction set."),
    (r"SET\s+ROLE\b", "Role set."), (r"SET\s+CONSTRAINT", "Constraint set."), (r"CALL\b", "Call completed."),
    (r"FLASHBACK\b", "Flashback complete."), (r"AUDIT\b", "Audit succeeded."), (r"NOAUDIT\b", "Noaudit succeeded."),
    (r"ADMINISTER\b", "keystore altered."), (r"EXPLAIN\b", "Explained."))]
_ROWS = {"INSERT": "created", "UPDATE": "updated", "DELETE": "deleted", "MERGE": "merged"}
_INTRODUCTION = re.compile(r"(?:\s+|/\*.*?\*/|--[^\n]*\n)+", re.DOTALL)


def said(statement: str, rowcount: int) -> str:
    """What SQL*Plus says after a statement that succeeded."""
    skipped = _INTRODUCTION.match(statement)
    text = statement[skipped.end():] if skipped else statement
    word = text.split(None, 1)[0].upper() if text.split() else ""
    if word in _ROWS:
        return f"{rowcount} row{'' if rowcount == 1 else 's'} {_ROWS[word]}."
    for pattern, sentence in _PATTERNS:
        found = pattern.match(text)
        if found:
            what = " ".join(found.group(1).split()).capitalize() if found.groups() else ""
            return sentence.format(what)
    return "PL/SQL procedure successfully completed."

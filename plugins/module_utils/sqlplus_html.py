# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows as SQL*Plus prints them under SET MARKUP HTML ON, the one form of every release that keeps names and values apart and whole.

Cells stand in a table, headings in ``th``, values in ``td``, numbers aligned to the right, NULL as a space that does not break, special
characters as entities (SQL*Plus User's Guide, "Generating Reports from SQL*Plus"; transcripts). Releases differ in whether a cell's text
has lines of its own. Everything outside cells is what SQL*Plus says.
"""

from __future__ import annotations

import datetime
import html
import html.parser
import re
import typing as t

__metaclass__ = type

#: What dates begin with in :data:`DATE_FORMATS`, so that they are told from texts.
MARK = "dbferry:"
#: NLS parameters that go with it.
DATE_FORMATS = {
    "NLS_DATE_FORMAT": '"{0}"YYYY-MM-DD HH24:MI:SS'.format(MARK),
    "NLS_TIMESTAMP_FORMAT": '"{0}"YYYY-MM-DD HH24:MI:SS.FF6'.format(MARK),
    "NLS_TIMESTAMP_TZ_FORMAT": '"{0}"YYYY-MM-DD HH24:MI:SS.FF6'.format(MARK),
}
_INTEGER = re.compile(r"-?\d+")


class _Reader(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.names: t.List[str] = []
        self.rows: t.List[t.List[t.Any]] = []
        self.said: t.List[str] = []
        self._cell: t.Optional[t.List[str]] = None
        self._numeric = False
        self._headings: t.List[str] = []
        self._row: t.List[t.Any] = []
        self._broken = False

    def handle_starttag(self, tag: str, attrs: t.List[t.Tuple[str, t.Optional[str]]]) -> None:
        if tag == "tr":
            self._row, self._headings = [], []
        elif tag in ("td", "th"):
            self._cell, self._numeric = [], dict(attrs).get("align") == "right"
        elif tag in ("br", "p"):
            self._text("\n")
            self._broken = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            text = "".join(self._cell)
            self._cell = None
            if tag == "th":
                self._headings.append(text.strip())
            else:
                self._row.append(_value(text, self._numeric))
        elif tag == "tr":
            # Headings come again with every page.
            self.names = self._headings or self.names
            self.rows += [self._row] if self._row else []

    def handle_data(self, data: str) -> None:
        # A tag that breaks a line and the line's own end are one.
        self._text(data[1:] if self._broken and data.startswith("\n") else data)

    def handle_entityref(self, name: str) -> None:
        self._text("" if name == "nbsp" else html.unescape("&{0};".format(name)))

    def handle_charref(self, name: str) -> None:
        self._text(html.unescape("&#{0};".format(name)))

    def _text(self, text: str) -> None:
        self._broken = False
        (self.said if self._cell is None else self._cell).append(text)


def _value(text: str, numeric: bool) -> t.Any:
    """A cell's value as the driver gives it: int or float, datetime, str, or None."""
    if text.startswith("\n"):
        text = text[1:-1] if text.endswith("\n") else text[1:]
    if numeric:
        text = text.strip()
        if text:
            return int(text) if _INTEGER.fullmatch(text) else float(text)
    if text.startswith(MARK):
        moment, dummy, fraction = text[len(MARK):].strip().partition(".")
        return datetime.datetime.strptime(moment, "%Y-%m-%d %H:%M:%S").replace(microsecond=int(fraction or 0))
    return text or None


def read(text: str) -> t.Tuple[t.List[t.Dict[str, t.Any]], str]:
    """The rows, with lower-case names, and what else was said."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    names = [name.lower() for name in reader.names]
    return [dict(zip(names, row)) for row in reader.rows], "".join(reader.said)

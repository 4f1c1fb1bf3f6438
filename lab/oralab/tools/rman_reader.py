# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading Recovery Manager's command language: tokens, and what all commands have in common."""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import NoReturn

from oralab.tools.rman_commands import Scope


class SyntaxFault(Exception):
    """RMAN-00558 and what follows; ``lines`` are the lines of the error stack."""

    def __init__(self, *lines: str) -> None:
        self.lines = ["RMAN-00558: error encountered while parsing input commands", *lines]
        super().__init__(self.lines[-1])


@dataclasses.dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is word, number, single (quoted), double, or the punctuation itself."""

    kind: str
    text: str
    line: int
    column: int
    start: int
    end: int

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "word" else ""


_TOKEN = re.compile(r"""(?P<space>\s+|\#[^\n]*|--[^\n]*)|'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<open>['"])
    |(?P<number>\d+(?![\w$#]))|(?P<word>[\w$#][\w$#.\[\]-]*)|(?P<mark>[;,{}()=/@%:<>*+|.\\?&!^~`\[\]-])""", re.VERBOSE)
STARTERS = ("advise, allocate, alter, analyze, associate statistics, audit, backup, begin, @, call, catalog, change, comment, commit, "
             "configure, connect, convert, copy, create, crosscheck, declare, delete, describe, disassociate statistics, drop, duplicate, "
             "exit, explain plan, flashback, flashback table, grant, grant, host, import, insert, list, lock, merge, mount, noaudit, open, "
             "print, purge, quit, recover, register, release, rename, repair, replace, report, reset, restore, resync, revoke, revoke, "
             "rollback, run, savepoint, select, send, set, show, shutdown, spool, startup, switch, transport, truncate, "
             "unregister, update, "
             "upgrade, validate, {, ")


_KEYWORDS = {*(word for word in re.findall(r"\w+", STARTERS.upper())), "DATAFILE", "TABLESPACE", "DATABASE", "FORMAT",
             "FROM", "TO", "PLATFORM", "PARALLELISM", "TAG", "LEVEL", "INCREMENTAL", "CHANNEL", "TARGET", "DEVICE", "TYPE", "COPY", "AS",
             "BACKUPSET", "LOG", "OF", "PLUS", "ARCHIVELOG", "CHECK", "LOGICAL", "DB_FILE_NAME_CONVERT"}


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text; the last one may be of kind ``open``, a quote that was not closed."""
    line, line_start, position = 1, 0, 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            yield Token(text[position], text[position], line, position - line_start + 1, position, position + 1)
            position += 1
            continue
        kind = found.lastgroup or "mark"
        if kind != "space":
            value = found.group(kind)
            yield Token(value if kind == "mark" else kind, value, line, position - line_start + 1, position, found.end())
        line += text.count("\n", position, found.end())
        line_start = max(line_start, text.rfind("\n", 0, found.end()) + 1)
        position = found.end()


class Reader:
    """One command's text, token by token; the grammars of the command families take what they need from it."""

    def __init__(self, text: str, file: str, first_line: int) -> None:
        self.text = text
        self.file = file
        self.first_line = first_line
        self.tokens = list(tokens(text))
        last = self.tokens[-1] if self.tokens else Token("end", "", 1, 1, 0, 0)
        self.tokens.append(Token("end", "end-of-file", last.line, last.column + len(last.text), len(text), len(text)))
        self.position = 0

    def peek(self, ahead: int = 0) -> Token:
        return self.tokens[min(self.position + ahead, len(self.tokens) - 1)]

    def next(self) -> Token:
        token = self.peek()
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token

    def accept(self, *wanted: str) -> bool:
        """Take a sequence of words or marks if it stands here."""
        if all((self.peek(at).word or self.peek(at).kind) == word for at, word in enumerate(wanted)):
            self.position += len(wanted)
            return True
        return False

    def expect(self, wanted: str) -> Token:
        if (self.peek().word or self.peek().kind) != wanted:
            self.unexpected(wanted.lower())
        return self.next()

    def unexpected(self, expecting: str) -> NoReturn:
        token = self.peek()
        place = f"RMAN-01007: at line {self.first_line + token.line - 1} column {token.column} file: {self.file}"
        if token.kind == "open":
            raise SyntaxFault("RMAN-02001: unrecognized punctuation symbol \"" + token.text + '"', place)
        if token.kind == "word" and token.word not in _KEYWORDS:
            raise SyntaxFault(f'RMAN-01009: syntax error: found "identifier": expecting one of: "{expecting}"',
                              f"RMAN-01008: the bad identifier was: {token.text}", place)
        found = {"single": "single-quoted-string", "double": "double-quoted-string", "number": "integer"}.get(
            token.kind, token.text.lower())
        raise SyntaxFault(f'RMAN-01009: syntax error: found "{found}": expecting one of: "{expecting}"', place)

    def string(self) -> str:
        """A quoted string, or a bare word where the grammar allows one."""
        token = self.peek()
        if token.kind not in ("single", "double", "word"):
            self.unexpected("double-quoted-string, identifier, single-quoted-string")
        self.next()
        return token.text

    def quoted(self) -> str:
        if self.peek().kind not in ("single", "double"):
            self.unexpected("double-quoted-string, single-quoted-string")
        return self.next().text

    def name(self) -> str:
        """A tablespace's name: upper case unless double-quoted."""
        token = self.peek()
        text = self.string()
        return text if token.kind == "double" else text.upper()

    def integer(self) -> int:
        if self.peek().kind != "number":
            self.unexpected("integer")
        return int(self.next().text)

    def list_of(self, item: Callable[[], str]) -> tuple[str, ...]:
        found = [item()]
        while self.accept(","):
            found.append(item())
        return tuple(found)

    def rest(self) -> str:
        """The words up to the end of the command as written, without the semicolon."""
        start = self.peek().start
        while self.peek().kind not in (";", "end"):
            self.next()
        return self.text[start:self.peek().start].strip()

    def name_convert(self) -> tuple[str, ...]:
        self.expect("DB_FILE_NAME_CONVERT")
        self.accept("=")
        bracketed = self.accept("(")
        pairs = self.list_of(self.quoted)
        if bracketed:
            self.expect(")")
        if len(pairs) % 2:
            raise SyntaxFault(f"RMAN-06588: number of patterns ({len(pairs)}) for DB_FILE_NAME_CONVERT should be even")
        return pairs

    def scope(self) -> Scope | None:
        if self.accept("DATABASE"):
            return Scope("DATABASE")
        if self.accept("TABLESPACE"):
            return Scope("TABLESPACE", self.list_of(self.name))
        if self.accept("DATAFILE"):
            return Scope("DATAFILE", self.list_of(self.datafile))
        return None

    def datafile(self) -> str:
        """A file's number or name."""
        return str(self.integer()) if self.peek().kind == "number" else self.quoted()

    def tag(self) -> str:
        """A tag has at most 30 characters and none of those that file names reserve (documented)."""
        tag = self.string().upper()
        if len(tag) > 30:
            raise SyntaxFault(f"RMAN-06739: tag name {tag} longer than 30 characters")
        if not re.fullmatch(r"[A-Z0-9_$#]+", tag):
            raise SyntaxFault(f"RMAN-06730: tag name {tag} contains invalid characters")
        return tag

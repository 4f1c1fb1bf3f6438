# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens of Oracle SQL, and the stream of them that every part of the parser reads.

A token is held in three parallel lists: ``words`` says what it is (an unquoted identifier or keyword in upper case, an operator,
or one of the kinds below), ``values`` what it holds, ``starts`` where it begins. Hints are comments. A character that belongs to
no token is an error only when the grammar arrives at it, as in Oracle.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Context, Decimal, Overflow
from typing import Any, Final, NoReturn, TypeVar

from oralab.errors import OraError
from oralab.sql.words import BYTES_OF_NAME, RESERVED, error
from oralab.values import BinaryFloat

T = TypeVar("T")

STRING: Final = "'"
NATIONAL: Final = "'N"
QUOTED: Final = '"'
NUMBER: Final = "0"
BIND: Final = ":"
END: Final = ""
BAD: Final = "\0"

_TOKEN: Final = re.compile(r"""
    (?P<space>   (?: \s+ | --[^\n]* | /\*.*?\*/ )+ )
  | (?P<q>       [nN]?[qQ]'(?: \[.*?\]' | \{.*?\}' | \(.*?\)' | <.*?>' | (?P<mark>[^\s\[({<]).*?(?P=mark)' ) )
  | (?P<string>  [nN]?'(?:[^']|'')*' )
  | (?P<word>    [^\W\d_][\w$#]* )
  | (?P<number>  (?: \d+(?:\.(?!\.)\d*)? | \.\d+ )(?:[eE][+-]?\d+)?(?:[fFdD](?![\w$#]))? )
  | (?P<quoted>  "[^"\0]*" )
  | (?P<bind>    :\s*(?: "[^"]+" | [^\W\d_][\w$#]* | \d+ ) )
  | (?P<op>      := | => | \|\| | <= | >= | <> | != | \^= | ~= | \*\* | \.\. | << | >> | /(?!\*) | [-+*(),.=<>@%;:?&|] )
  | (?P<bad>     /\* | . )
""", re.VERBOSE | re.DOTALL)
_NUMBERS: Final = Context(prec=40, Emax=999999, Emin=-999999, traps=[Overflow])
_BAD_CODES: Final = {"'": 1756, '"': 1740, "/*": 1742}
_LOOK_AHEAD: Final = 6
_FIRST_WORD: Final = re.compile(r"(?:\s+|--[^\n]*|/\*.*?\*/|\()*([^\W\d_]+)", re.DOTALL)
_KINDS: Final = {
    "DECLARE": "plsql", "BEGIN": "plsql", "CALL": "plsql", "SELECT": "query", "WITH": "query",
    **dict.fromkeys(("INSERT", "UPDATE", "DELETE", "MERGE"), "dml"),
    **dict.fromkeys(("COMMIT", "ROLLBACK", "SAVEPOINT", "SET", "LOCK"), "transaction"),
}


def statement_kind(sql: str) -> str:
    """query, dml, plsql, ddl or transaction, by the first word alone, as client drivers decide it."""
    found = _FIRST_WORD.match(sql)
    return _KINDS.get(found.group(1).upper(), "ddl") if found else "ddl"


def bind_names(sql: str) -> list[str]:
    """Bind variables in order of occurrence; for PL/SQL each name once. Strings, comments and quoted names hold none."""
    tokens = Tokens(sql)
    names = [tokens.values[place] for place, word in enumerate(tokens.words) if word == BIND]
    return list(dict.fromkeys(names)) if statement_kind(sql) == "plsql" else names


def number(text: str, offset: int = 0) -> int | Decimal | float:
    """The value of a number's text: NUMBER, or BINARY_FLOAT and BINARY_DOUBLE with the suffixes f and d."""
    if text.isdecimal() and len(text) < 39:
        return int(text)
    suffix = text[-1]
    if suffix in "fF":
        return BinaryFloat(float(text[:-1]))
    if suffix in "dD":
        return float(text[:-1])
    value = _NUMBERS.create_decimal(text)
    if value.adjusted() > 125:
        raise error(1426, offset=offset)
    if value.adjusted() < -130:
        return 0
    whole = value.to_integral_value()
    return int(whole) if whole == value else value.normalize(_NUMBERS)


def _unquote(kind: str, text: str) -> tuple[str, str]:
    national = text[0] in "nN"
    if kind == "q":
        value = text[text.index("'") + 2:-2]
    else:
        value = text[text.index("'") + 1:-1].replace("''", "'")
    return (NATIONAL if national else STRING), value


class Tokens:
    """The tokens of one statement and the place in them. ``release`` is 12.1 or 19; ``plsql`` while inside a block."""

    __slots__ = ("text", "release", "words", "values", "starts", "ends", "i", "binds", "plsql", "limit", "distinct_binds", "into", "last")

    def __init__(self, text: str, release: str = "19") -> None:
        self.text = text
        self.release = release
        self.limit = BYTES_OF_NAME[release]
        self.words: list[str] = []
        self.values: list[Any] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.i = 0
        self.binds: list[str] = []
        self.plsql = False
        self.distinct_binds = False
        self.into: list[Any] | None = None
        self._read()

    def _read(self) -> None:
        words, values, starts, ends = self.words, self.values, self.starts, self.ends
        for match in _TOKEN.finditer(self.text):
            kind = match.lastgroup
            if kind == "space":
                continue
            text = match.group()
            starts.append(match.start())
            ends.append(match.end())
            if kind == "word":
                text = text.upper()
                words.append(text)
                values.append(text)
            elif kind == "op":
                words.append(text)
                values.append(text)
            elif kind == "number":
                words.append(NUMBER)
                values.append(text)
            elif kind == "string" or kind == "q":
                word, value = _unquote(kind, text)
                words.append(word)
                values.append(value)
            elif kind == "quoted":
                words.append(QUOTED)
                values.append(text[1:-1])
            elif kind == "bind":
                name = text[1:].strip()
                words.append(BIND)
                values.append(name[1:-1] if name[0] == '"' else name.upper())
            else:
                words.append(BAD)
                values.append(error(_BAD_CODES.get(text, 911), offset=match.start()))
        self.last = len(words)
        # Looking ahead never runs over the end.
        words += [END] * _LOOK_AHEAD
        values += [None] * _LOOK_AHEAD
        starts += [len(self.text)] * _LOOK_AHEAD
        ends += [len(self.text)] * _LOOK_AHEAD

    # -- errors

    def fail(self, code: int, *words: str, at: int | None = None) -> NoReturn:
        """Refuse the current token, or the one at ``at``."""
        place = self.i if at is None else at
        value = self.values[place]
        if isinstance(value, OraError):
            raise value
        offset = self.starts[place]
        if self.words[place] == ";" and not self.plsql:
            code = 911
        raise error(code, *words, offset=offset)

    # -- looking and taking

    @property
    def word(self) -> str:
        return self.words[self.i]

    def ahead(self, *words: str) -> bool:
        """Whether these words come next."""
        start = self.i
        return self.words[start:start + len(words)] == list(words)

    def skip(self, *words: str) -> bool:
        """Take these words if they come next, all of them."""
        size = len(words)
        if self.words[self.i] == words[0] and (size == 1 or self.words[self.i:self.i + size] == list(words)):
            self.i += size
            return True
        return False

    def one_of(self, words: Iterable[str]) -> str | None:
        """Take the next word if it is one of these."""
        word = self.words[self.i]
        if word in words:
            self.i += 1
            return word
        return None

    def expect(self, word: str, code: int = 905) -> None:
        """Take a word; ``code`` (for ORA-02000 with the word in it) when another one comes."""
        if self.words[self.i] != word:
            self.fail(code, word)
        self.i += 1

    def expect_all(self, words: str, code: int = 905) -> None:
        for word in words.split():
            self.expect(word, code)

    def open(self) -> None:
        if self.words[self.i] != "(":
            self.fail(906)
        self.i += 1

    def close(self) -> None:
        if self.words[self.i] != ")":
            self.fail(907)
        self.i += 1

    def end(self, code: int = 933) -> None:
        """Nothing may follow."""
        if self.words[self.i] != END:
            self.fail(code)

    # -- names and values

    def is_name(self, place: int | None = None) -> bool:
        """Whether an identifier stands there."""
        word = self.words[self.i if place is None else place]
        return word == QUOTED or word[:1].isalpha() and word not in RESERVED

    def identifier(self, code: int = 904) -> str:
        """An identifier; ``code`` for anything else, reserved words included."""
        word = self.words[self.i]
        if word == QUOTED:
            if not self.values[self.i]:
                self.fail(1741)
        elif not word[:1].isalpha() or word in RESERVED:
            self.fail(code)
        name: str = self.values[self.i]
        if len(name) > self.limit or len(name) * 4 > self.limit and len(name.encode()) > self.limit:
            self.fail(972)
        self.i += 1
        return name

    def member(self, code: int) -> str:
        """What follows a dot. In PL/SQL every word may (DBMS_LOB.SESSION), in SQL identifiers alone."""
        if self.plsql and self.words[self.i][:1].isalpha():
            self.i += 1
            return self.words[self.i - 1]
        return self.identifier(code)

    def attempt(self, parse: Callable[[Tokens], T]) -> T | None:
        """What ``parse`` makes of the next tokens, or None and nothing taken when it refuses them."""
        place, binds = self.i, len(self.binds)
        try:
            return parse(self)
        except OraError:
            self.i = place
            del self.binds[binds:]
            return None

    def string(self, code: int = 1780) -> str:
        """A character literal."""
        if self.words[self.i] not in (STRING, NATIONAL):
            self.fail(code)
        self.i += 1
        value: str = self.values[self.i - 1]
        return value

    def integer(self, code: int = 2000, *words: str) -> int:
        """A whole number, maybe signed."""
        sign = -1 if self.words[self.i] == "-" else 1
        if self.words[self.i] in ("-", "+"):
            self.i += 1
        if self.words[self.i] != NUMBER:
            self.fail(code, *(words or ("number",)))
        value = number(self.values[self.i])
        if not isinstance(value, int):
            self.fail(code, *(words or ("number",)))
        self.i += 1
        return sign * value

    def bind(self) -> tuple[str, int]:
        """The bind variable here, and its place among the statement's binds."""
        name: str = self.values[self.i]
        if name in RESERVED and not self.distinct_binds:
            self.fail(1745)
        self.i += 1
        if self.distinct_binds and name in self.binds:
            return name, self.binds.index(name)
        self.binds.append(name)
        return name, len(self.binds) - 1

    def since(self, place: int) -> str:
        """The source from the token at ``place`` up to the last one taken."""
        return self.text[self.starts[place]:self.ends[self.i - 1]] if self.i > place else ""

    def rest(self, place: int | None = None) -> str:
        """The source from a token to the end, white space and comments at the end included."""
        return self.text[self.starts[self.i if place is None else place]:]

    def skip_group(self) -> None:
        """Take a parenthesised group whatever it holds."""
        self.open()
        depth = 1
        while depth:
            word = self.words[self.i]
            if word == END:
                self.fail(907)
            depth += (word == "(") - (word == ")")
            self.i += 1

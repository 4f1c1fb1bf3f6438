# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PL/SQL control statements, cursors and exception handlers."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from oralab.errors import not_simulated
from oralab.sql import ast_plsql as ast
from oralab.sql import conditions, dml, expressions, plsql, queries
from oralab.sql.ast_queries import BindRef, ColumnRef
from oralab.sql.lexer import BIND, END, Tokens


def statements(t: Tokens, *ends: str) -> tuple[Any, ...]:
    """At least one statement, up to one of the words. PLS-00103 where there is none."""
    found: list[Any] = []
    while t.word not in ends:
        if t.word == END:
            t.fail(103)
        found.extend(plsql.statement(t))
    if not found:
        t.fail(103)
    return tuple(found)


def _test(t: Tokens) -> ast.Test:
    return conditions.disjunction(t, either=True)


def if_(t: Tokens) -> ast.If:
    branches = []
    while True:
        test = _test(t)
        t.expect("THEN", 103)
        branches.append((test, statements(t, "ELSIF", "ELSE", "END")))
        if not t.skip("ELSIF"):
            break
    otherwise = statements(t, "END") if t.skip("ELSE") else ()
    t.expect_all("END IF", 103)
    return ast.If(tuple(branches), otherwise)


def case(t: Tokens) -> ast.CaseStatement:
    selector = None if t.word == "WHEN" else expressions.expression(t)
    branches = []
    while t.skip("WHEN"):
        test = _test(t) if selector is None else expressions.expression(t)
        t.expect("THEN", 103)
        branches.append((test, statements(t, "WHEN", "ELSE", "END")))
    if not branches:
        t.fail(103)
    otherwise = statements(t, "END") if t.skip("ELSE") else None
    t.expect_all("END CASE", 103)
    return ast.CaseStatement(selector, tuple(branches), otherwise)


def _body(t: Tokens) -> tuple[Any, ...]:
    found = statements(t, "END")
    t.expect_all("END LOOP", 103)
    if t.word != ";":
        t.identifier(103)
    return found


def loop(t: Tokens) -> ast.Loop:
    return ast.Loop(_body(t))


def while_(t: Tokens) -> ast.Loop:
    test = _test(t)
    t.expect("LOOP", 103)
    return ast.Loop(_body(t), test)


def for_(t: Tokens) -> ast.ForRange | ast.ForQuery:
    name = t.identifier(103)
    t.expect("IN", 103)
    reverse = t.skip("REVERSE")
    if t.word == "(" and t.words[t.i + 1] in ("SELECT", "WITH"):
        t.open()
        query = queries.query(t)
        t.close()
        t.expect("LOOP", 103)
        return ast.ForQuery(name, query, _body(t))
    if t.is_name() and t.words[t.i + 1] == "LOOP":
        cursor = t.identifier(103)
        t.i += 1
        return ast.ForQuery(name, cursor, _body(t))
    low = expressions.expression(t)
    t.expect("..", 103)
    high = expressions.expression(t)
    t.expect("LOOP", 103)
    return ast.ForRange(name, low, high, _body(t), reverse)


def exit_(t: Tokens) -> ast.Leave:
    again = t.words[t.i - 1] == "CONTINUE"
    label = t.identifier(103) if t.word not in ("WHEN", ";") else None
    return ast.Leave(again, label, _test(t) if t.skip("WHEN") else None)


def labelled(t: Tokens) -> Any:
    """``<<name>>`` before a loop."""
    name = t.identifier(103)
    t.expect(">>", 103)
    if t.word not in ("LOOP", "WHILE", "FOR"):
        raise not_simulated("PL/SQL labels other than of loops")
    t.i += 1
    node = CONTROL[t.words[t.i - 1]](t)
    node.label = name
    return node


def cursor_name(t: Tokens) -> ColumnRef | BindRef:
    return BindRef(*t.bind()) if t.word == BIND else dml.column(t)


def fetch(t: Tokens) -> ast.FetchCursor:
    offset = t.starts[t.i - 1]
    cursor = cursor_name(t)
    if t.word == "BULK":
        raise not_simulated("BULK COLLECT")
    t.expect("INTO", 103)
    return ast.FetchCursor(cursor, queries.into_targets(t), offset)


def close(t: Tokens) -> ast.CloseCursor:
    return ast.CloseCursor(cursor_name(t), t.starts[t.i - 1])


def handlers(t: Tokens) -> tuple[ast.Handler, ...]:
    """After EXCEPTION."""
    found = []
    while t.skip("WHEN"):
        names = [_exception(t)]
        while t.skip("OR"):
            names.append(_exception(t))
        t.expect("THEN", 103)
        found.append(ast.Handler(tuple(names), statements(t, "WHEN", "END")))
    if not found:
        t.fail(103)
    return tuple(found)


def _exception(t: Tokens) -> str:
    name = t.identifier(103)
    if t.word == ".":
        raise not_simulated("exceptions of packages")
    return name


CONTROL: Final[dict[str, Callable[[Tokens], Any]]] = {
    "IF": if_, "CASE": case, "LOOP": loop, "WHILE": while_, "FOR": for_, "EXIT": exit_, "CONTINUE": exit_, "<<": labelled,
    "FETCH": fetch, "CLOSE": close}

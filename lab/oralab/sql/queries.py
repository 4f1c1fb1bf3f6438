# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries: set operations, query blocks and what stands around them."""
from __future__ import annotations

import re
from typing import Any, Final

from oralab.errors import not_simulated
from oralab.sql import ast_queries as ast
from oralab.sql import conditions, expressions, sources
from oralab.sql.lexer import END, QUOTED, Tokens

_SPACE: Final = re.compile(r"\s+|--[^\n]*|/\*.*?\*/", re.DOTALL)
_SET_OPERATIONS: Final = frozenset(("UNION", "MINUS", "INTERSECT"))


def starts_query(t: Tokens) -> bool:
    """Whether a query comes next, parentheses around it aside."""
    place = t.i
    while t.words[place] == "(":
        place += 1
    return t.words[place] in ("SELECT", "WITH")


def query(t: Tokens, statement: bool = False) -> ast.Query:
    """A query expression. FOR UPDATE and, in PL/SQL, INTO belong to statements only."""
    place = t.i
    with_ = _with(t) if t.word == "WITH" else ()
    body = _set_operation(t, statement)
    node = ast.Query(body=body, with_=with_)
    if t.word == "ORDER":
        node.siblings = t.words[t.i + 1] == "SIBLINGS"
        node.order_by = order_by(t)
    if t.word == "OFFSET" or t.word == "FETCH":
        _limit(t, node)
    if statement and t.word == "FOR":
        node.for_update = _for_update(t)
    node.text = t.since(place)
    return node


def subquery(t: Tokens, ordered: bool = False) -> ast.Query:
    """A query in parentheses. ORDER BY without FETCH is for inline views only (ORA-00907 elsewhere, documented)."""
    t.open()
    if not starts_query(t):
        t.fail(928)
    place = t.i
    node = query(t)
    if node.order_by and not (ordered or node.fetch or node.offset):
        for order_place in range(t.i - 1, place, -1):
            if t.words[order_place] == "ORDER":
                t.fail(907, at=order_place)
    t.close()
    return node


def _with(t: Tokens) -> tuple[ast.CommonTable, ...]:
    t.i += 1
    if t.word in ("FUNCTION", "PROCEDURE"):
        raise not_simulated("WITH FUNCTION")
    found = []
    while True:
        name = t.identifier(903)
        columns = name_list(t) if t.word == "(" else ()
        t.expect("AS")
        found.append(ast.CommonTable(name, columns, subquery(t, ordered=True)))
        if t.word in ("SEARCH", "CYCLE"):
            raise not_simulated(f"{t.word} clause of a recursive query")
        if not t.skip(","):
            return tuple(found)


def name_list(t: Tokens, code: int = 904) -> tuple[str, ...]:
    """Identifiers in parentheses."""
    t.open()
    names = [t.identifier(code)]
    while t.skip(","):
        names.append(t.identifier(code))
    t.close()
    return tuple(names)


def _set_operation(t: Tokens, statement: bool) -> ast.Body:
    left = _operand(t, statement)
    while t.word in _SET_OPERATIONS:
        op = t.word
        t.i += 1
        if op == "UNION" and t.skip("ALL"):
            op = "UNION ALL"
        left = ast.SetOp(op, left, _operand(t, False))
    return left


def _operand(t: Tokens, statement: bool) -> ast.Body:
    if t.word == "(":
        t.i += 1
        node = query(t)
        t.close()
        if node.with_ or node.order_by or node.fetch or node.offset:
            return node
        return node.body
    return select(t, statement)


# --- one query block ---

def select(t: Tokens, statement: bool = False) -> ast.Select:
    place = t.i
    t.expect("SELECT", 928)
    distinct = t.one_of(("DISTINCT", "UNIQUE")) is not None
    if not distinct:
        t.skip("ALL")
    items = [_item(t)]
    while t.skip(","):
        items.append(_item(t))
    if t.word in ("INTO", "BULK"):
        _into(t, statement)
    t.expect("FROM", 923)
    node = ast.Select(tuple(items), sources.from_list(t), distinct, offset=t.starts[place])
    if t.skip("WHERE"):
        node.where = conditions.condition(t)
    _hierarchy(t, node)
    _grouping(t, node)
    if t.word == "MODEL":
        raise not_simulated("MODEL clause")
    return node


def _into(t: Tokens, statement: bool) -> None:
    """SELECT ... INTO, left in ``t.into`` for the PL/SQL statement around it."""
    if not (t.plsql and statement and t.into is not None):
        t.fail(905 if t.word == "INTO" else 923)
    bulk = t.skip("BULK", "COLLECT")
    t.expect("INTO")
    t.into += [bulk, into_targets(t)]


def into_targets(t: Tokens) -> tuple[ast.BindRef | ast.ColumnRef, ...]:
    """Variables or binds that take values."""
    targets: list[Any] = []
    while True:
        target = expressions.primary(t)
        if not isinstance(target, (ast.BindRef, ast.ColumnRef)):
            raise not_simulated("INTO something else than a variable or bind")
        targets.append(target)
        if not t.skip(","):
            return tuple(targets)


def _item(t: Tokens) -> ast.SelectItem | ast.Star:
    words = t.words
    place = t.i
    if words[place] == "*":
        t.i += 1
        return ast.Star(offset=t.starts[place])
    if words[place + 1] == ".":
        if words[place + 2] == "*":
            t.i += 3
            return ast.Star(t.values[place], offset=t.starts[place])
        if words[place + 3:place + 5] == [".", "*"]:
            t.i += 5
            return ast.Star(t.values[place + 2], t.values[place], t.starts[place])
    node = expressions.expression(t)
    end = t.i
    alias = None
    if words[t.i] == "AS":
        t.i += 1
        alias = t.identifier(923)
    elif words[t.i] == QUOTED or words[t.i] not in ("BULK", "FROM", ",", END) and t.is_name():
        alias = t.identifier(923)
    if alias is not None:
        return ast.SelectItem(node, alias, alias)
    if type(node) is ast.ColumnRef:
        return ast.SelectItem(node, node.name)
    return ast.SelectItem(node, _heading(t, place, end))


def _heading(t: Tokens, place: int, end: int) -> str:
    """What describe calls an expression without alias: its text in upper case without blanks, cut to a name's length."""
    text = _SPACE.sub("", t.text[t.starts[place]:t.ends[end - 1]]).upper()
    return text.encode()[:t.limit].decode(errors="ignore") if len(text) * 4 > t.limit else text


def _hierarchy(t: Tokens, node: ast.Select) -> None:
    while t.word in ("START", "CONNECT"):
        if t.skip("START"):
            t.expect("WITH")
            node.start_with = conditions.condition(t)
        else:
            t.i += 1
            t.expect("BY", 924)
            node.nocycle = t.skip("NOCYCLE")
            node.connect_by = conditions.condition(t)
    if node.start_with is not None and node.connect_by is None:
        t.fail(1788)


def _grouping(t: Tokens, node: ast.Select) -> None:
    while t.word in ("GROUP", "HAVING"):
        if t.skip("HAVING"):
            node.having = conditions.condition(t)
        else:
            t.i += 1
            t.expect("BY", 924)
            node.group_by = _grouping_list(t)


def _grouping_list(t: Tokens) -> tuple[ast.Expression | ast.Grouping, ...]:
    items = [_grouping_item(t)]
    while t.skip(","):
        items.append(_grouping_item(t))
    return tuple(items)


def _grouping_item(t: Tokens) -> ast.Expression | ast.Grouping:
    if t.word in ("ROLLUP", "CUBE") and t.words[t.i + 1] == "(":
        kind = t.word
        t.i += 2
        items = _grouping_list(t)
        t.close()
        return ast.Grouping(kind, items)
    if t.ahead("GROUPING", "SETS"):
        t.i += 2
        t.open()
        items = _grouping_list(t)
        t.close()
        return ast.Grouping("GROUPING SETS", items)
    if t.skip("(", ")"):
        return ast.Tuple(())
    node = expressions.additive(t, either=True)
    if expressions.is_condition(node):
        t.fail(907)
    return node


# --- after the body ---

def order_by(t: Tokens) -> tuple[ast.OrderItem, ...]:
    """ORDER [SIBLINGS] BY and its items."""
    t.expect("ORDER")
    t.skip("SIBLINGS")
    t.expect("BY", 924)
    items = [_order_item(t)]
    while t.skip(","):
        items.append(_order_item(t))
    return tuple(items)


def _order_item(t: Tokens) -> ast.OrderItem:
    node = expressions.expression(t)
    descending = t.one_of(("ASC", "DESC")) == "DESC"
    nulls = None
    if t.skip("NULLS"):
        word = t.one_of(("FIRST", "LAST"))
        if word is None:
            t.fail(905)
        nulls = word == "FIRST"
    return ast.OrderItem(node, descending, nulls)


def _limit(t: Tokens, node: ast.Query) -> None:
    if t.skip("OFFSET"):
        node.offset = expressions.expression(t)
        if not t.one_of(("ROW", "ROWS")):
            t.fail(905)
    if not t.skip("FETCH"):
        return
    if not t.one_of(("FIRST", "NEXT")):
        t.fail(905)
    count: ast.Expression = ast.Literal(1, expressions.NUMBER_TYPE)
    percent = False
    if t.word not in ("ROW", "ROWS"):
        count = expressions.expression(t)
        percent = t.skip("PERCENT")
    if not t.one_of(("ROW", "ROWS")):
        t.fail(905)
    if not t.skip("ONLY"):
        t.expect_all("WITH TIES")
        node.fetch = ast.Fetch(count, percent, True)
    else:
        node.fetch = ast.Fetch(count, percent)


def _for_update(t: Tokens) -> ast.ForUpdate:
    t.i += 1
    t.expect("UPDATE")
    of: list[ast.ColumnRef] = []
    if t.skip("OF"):
        while True:
            found = expressions.name(t)
            if not isinstance(found, ast.ColumnRef):
                t.fail(904, str(t.values[t.i - 1]))
            of.append(found)
            if not t.skip(","):
                break
    if t.skip("SKIP", "LOCKED"):
        return ast.ForUpdate(tuple(of), None, True)
    return ast.ForUpdate(tuple(of), wait_clause(t))


def wait_clause(t: Tokens) -> int | None:
    """NOWAIT or WAIT seconds."""
    if t.skip("NOWAIT"):
        return 0
    if t.skip("WAIT"):
        return t.integer(30005)
    return None

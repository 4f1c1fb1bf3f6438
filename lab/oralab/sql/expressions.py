# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions: what has a value."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from oralab.errors import not_simulated
from oralab.sql import ast_queries as ast
from oralab.sql import conditions, functions, literals, queries, sources
from oralab.sql.datatypes import interval_type
from oralab.sql.lexer import BIND, NATIONAL, NUMBER, QUOTED, STRING, Tokens, number
from oralab.sql.words import RESERVED
from oralab.values import BinaryFloat, DataType

if TYPE_CHECKING:
    from typing_extensions import TypeIs

Operand = ast.Expression | ast.Condition

PSEUDO: Final = frozenset(("ROWNUM", "LEVEL", "ROWID", "ORA_ROWSCN", "SYSDATE", "SYSTIMESTAMP", "CURRENT_DATE", "CURRENT_TIMESTAMP",
                           "LOCALTIMESTAMP", "USER", "UID", "DBTIMEZONE", "SESSIONTIMEZONE", "CONNECT_BY_ISLEAF",
                           "CONNECT_BY_ISCYCLE"))
_QUALIFIED_PSEUDO: Final = ("ROWID", "ORA_ROWSCN")
_CONDITIONS: Final = frozenset((ast.Logical, ast.Not, ast.Compare, ast.Quantified, ast.IsNull, ast.IsTest, ast.Between, ast.In,
                                ast.Like, ast.RegexpLike, ast.Exists))
_ADDITIVE: Final = frozenset(("+", "-", "||"))
_MULTIPLICATIVE: Final = frozenset(("*", "/"))
NUMBER_TYPE: Final = DataType("NUMBER")
_FLOAT_TYPES: Final[dict[type, DataType]] = {BinaryFloat: DataType("BINARY_FLOAT"), float: DataType("BINARY_DOUBLE")}
_BOOLEAN: Final = DataType("BOOLEAN")
NULL: Final = ast.Literal(None)


def is_condition(node: Operand) -> TypeIs[ast.Condition]:
    return type(node) in _CONDITIONS


def expression(t: Tokens) -> ast.Expression:
    """A value. ORA-00936 when there is none; a condition in its place is left for the caller to stumble over."""
    node = additive(t)
    if is_condition(node):
        t.fail(936)
    return node


def expressions(t: Tokens) -> tuple[ast.Expression, ...]:
    """One or more, with commas between them."""
    found = [expression(t)]
    while t.skip(","):
        found.append(expression(t))
    return tuple(found)


def value_or_default(t: Tokens) -> ast.Expression:
    """An expression or DEFAULT, as in VALUES and SET."""
    return ast.DefaultValue() if t.skip("DEFAULT") else expression(t)


def additive(t: Tokens, either: bool = False) -> Operand:
    """A value; with ``either`` a parenthesis at its start may also turn out to hold a condition or a tuple."""
    left = multiplicative(t, either)
    words = t.words
    while words[t.i] in _ADDITIVE:
        if words[t.i] == "+" and words[t.i - 1] == "(":
            break
        op = words[t.i]
        t.i += 1
        left = ast.Binary(op, _value(t, left), _value(t, multiplicative(t)))
    if words[t.i] == "|":
        t.fail(996)
    return left


def multiplicative(t: Tokens, either: bool = False) -> Operand:
    left = unary(t, either)
    words = t.words
    while words[t.i] in _MULTIPLICATIVE:
        op = words[t.i]
        t.i += 1
        left = ast.Binary(op, _value(t, left), _value(t, unary(t)))
    return left


def _value(t: Tokens, node: Operand) -> ast.Expression:
    if is_condition(node):
        t.fail(920)
    return node


def unary(t: Tokens, either: bool = False) -> Operand:
    op = t.words[t.i]
    if op == "-" or op == "+" or op == "PRIOR" or op == "CONNECT_BY_ROOT" and t.words[t.i + 1] not in (",", "FROM", "."):
        t.i += 1
        return ast.Unary(op, _value(t, unary(t)))
    node = primary(t, either)
    if t.words[t.i] == "AT":
        return _at(t, _value(t, node))
    return node


def _at(t: Tokens, node: ast.Expression) -> ast.Expression:
    if t.skip("AT", "LOCAL"):
        return ast.AtTimeZone(node, None)
    if t.skip("AT", "TIME", "ZONE"):
        return ast.AtTimeZone(node, _value(t, primary(t)))
    return node


def primary(t: Tokens, either: bool = False) -> Operand:
    word = t.words[t.i]
    start = _STARTS.get(word)
    if start is not None:
        return start(t)
    if word == "(":
        return parenthesised(t, either)
    if word == QUOTED or word[:1].isalpha():
        return name(t)
    t.fail(936)


def parenthesised(t: Tokens, either: bool) -> Operand:
    """A subquery, a value, or with ``either`` a condition or a tuple."""
    found = subquery(t)
    if found is not None:
        return ast.ScalarSubquery(found)
    t.i += 1
    node = conditions.disjunction(t, either=True) if either else additive(t)
    if either and t.words[t.i] == "," and not is_condition(node):
        items = [node]
        while t.skip(","):
            items.append(expression(t))
        node = ast.Tuple(tuple(items))
    t.close()
    return node if is_condition(node) else _interval_cast(t, node)


def subquery(t: Tokens) -> ast.Query | None:
    """The subquery that this parenthesis holds, or None: ``((SELECT ...) + 1)`` is none although a query seems to begin."""
    if t.words[t.i + 1] in ("SELECT", "WITH"):
        return queries.subquery(t)
    return t.attempt(queries.subquery) if queries.starts_query(t) else None


def _interval_cast(t: Tokens, node: ast.Expression) -> ast.Expression:
    if t.words[t.i] == "DAY" and (t.words[t.i + 1] in ("TO", "(")) or t.words[t.i] == "YEAR" and t.words[t.i + 1] in ("TO", "("):
        return ast.IntervalCast(node, interval_type(t))
    return node


# --- what begins with a word or token of its own ---

def _string(t: Tokens) -> ast.Expression:
    national = t.words[t.i] == NATIONAL
    text: str = t.values[t.i]
    t.i += 1
    if national:
        return ast.Literal(text or None, DataType("NCHAR", len(text), char_used="C"))
    return ast.Literal(text or None, DataType("CHAR", len(text.encode())))


def _number(t: Tokens) -> ast.Expression:
    value = number(t.values[t.i], t.starts[t.i])
    t.i += 1
    return ast.Literal(value, _FLOAT_TYPES.get(type(value), NUMBER_TYPE))


def _bind(t: Tokens) -> ast.Expression:
    found, index = t.bind()
    if t.skip("INDICATOR") or t.words[t.i] == BIND:
        raise not_simulated("indicator variables")
    return ast.BindRef(found, index)


def _null(t: Tokens) -> ast.Expression:
    t.i += 1
    return NULL


def _date(t: Tokens) -> ast.Expression:
    if t.words[t.i + 1] not in (STRING, NATIONAL):
        t.fail(936)
    t.i += 1
    return literals.date(t.string(), t.starts[t.i - 1])


def _timestamp(t: Tokens) -> ast.Expression:
    if t.words[t.i + 1] != STRING:
        return name(t)
    t.i += 1
    return literals.timestamp(t.string(), t.starts[t.i - 1])


def _interval(t: Tokens) -> ast.Expression:
    if t.words[t.i + 1] != STRING:
        return name(t)
    t.i += 1
    return literals.interval(t)


def _case(t: Tokens) -> ast.Expression:
    t.i += 1
    operand = None if t.word == "WHEN" else expression(t)
    branches: list[tuple[ast.Expression | ast.Condition, ast.Expression]] = []
    while t.skip("WHEN"):
        when: Operand = conditions.condition(t) if operand is None else expression(t)
        t.expect("THEN")
        branches.append((when, expression(t)))
    if not branches:
        t.fail(905)
    default = expression(t) if t.skip("ELSE") else None
    t.expect("END")
    return ast.Case(operand, tuple(branches), default)


def _pseudo(t: Tokens) -> ast.Expression:
    word = t.words[t.i]
    place = t.i
    if t.words[t.i + 1] == "." or (t.words[t.i + 1] == "(" and word not in ("CURRENT_TIMESTAMP", "LOCALTIMESTAMP")):
        return name(t)
    t.i += 1
    precision = None
    if t.word == "(" and t.words[t.i + 1] != "+":
        t.open()
        precision = t.integer(30088)
        t.close()
    return ast.Pseudo(word, None, precision, t.starts[place])


def _boolean(t: Tokens) -> ast.Expression:
    if not t.plsql:
        return name(t)
    t.i += 1
    return ast.Literal(t.words[t.i - 1] == "TRUE", _BOOLEAN)


def _cursor(t: Tokens) -> ast.Expression:
    if t.words[t.i + 1] == "(":
        raise not_simulated("CURSOR expressions")
    return name(t)


def _implicit_cursor(t: Tokens) -> ast.Expression:
    if not (t.plsql and t.words[t.i + 1] == "%"):
        return name(t)
    t.i += 2
    if t.skip("ROWCOUNT"):
        return ast.Pseudo("SQL%ROWCOUNT", offset=t.starts[t.i - 3])
    raise not_simulated(f"SQL%{t.values[t.i]}")


_STARTS: Final[dict[str, Callable[[Tokens], ast.Expression]]] = {
    STRING: _string, NATIONAL: _string, NUMBER: _number, BIND: _bind, "NULL": _null, "DATE": _date, "TIMESTAMP": _timestamp,
    "INTERVAL": _interval, "CASE": _case, "TRUE": _boolean, "FALSE": _boolean, "CURSOR": _cursor, "SQL": _implicit_cursor,
    **dict.fromkeys(PSEUDO, _pseudo),
}


# --- names: columns, sequences, functions ---

_CURSOR_ATTRIBUTES: Final = frozenset(("FOUND", "NOTFOUND", "ISOPEN", "ROWCOUNT"))

def name(t: Tokens) -> ast.Expression:
    """``a``, ``a.b``, ``a.b.c``, a sequence's value, or a function call."""
    words = t.words
    place = t.i
    word = words[place]
    if word in RESERVED:
        t.fail(936)
    parts = [t.identifier()]
    while words[t.i] == ".":
        t.i += 1
        last = words[t.i]
        if last in _QUALIFIED_PSEUDO:
            t.i += 1
            return ast.Pseudo(last, parts[-1], offset=t.starts[place])
        if last in ("NEXTVAL", "CURRVAL") and len(parts) < 3:
            t.i += 1
            return ast.SequenceRef(parts[-1], parts[-2] if len(parts) > 1 else None, last == "NEXTVAL", t.starts[place])
        parts.append(t.member(1747))
    if words[t.i] == "@":
        t.i += 1
        link = sources.dblink(t)
        if words[t.i] != "(":
            raise not_simulated("columns and sequences over a database link")
        return functions.call(t, parts, place, link)
    if words[t.i] == "(":
        if words[t.i + 1:t.i + 3] == ["+", ")"]:
            t.i += 3
            return column(parts, t.starts[place], outer=True)
        return functions.call(t, parts, place)
    if t.plsql and words[t.i] == "%" and words[t.i + 1] in _CURSOR_ATTRIBUTES:
        t.i += 2
        return ast.Pseudo("%" + words[t.i - 1], parts[-1], offset=t.starts[place])
    return column(parts, t.starts[place])


def column(parts: list[str], offset: int, outer: bool = False) -> ast.ColumnRef:
    if len(parts) > 3:
        raise not_simulated("attributes of objects")
    return ast.ColumnRef(parts[-1], parts[-2] if len(parts) > 1 else None, parts[0] if len(parts) > 2 else None, outer, offset)

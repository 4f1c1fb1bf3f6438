# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions: what is true, false or unknown, and is no value in Oracle's SQL."""
from __future__ import annotations

from typing import Final, cast

from oralab.errors import not_simulated
from oralab.sql import ast_queries as ast
from oralab.sql import expressions, queries
from oralab.sql.lexer import Tokens

_COMPARISONS: Final = {"=": "=", "<>": "<>", "!=": "<>", "^=": "<>", "~=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LONGEST_LIST: Final = 1000
_LIKES: Final = frozenset(("LIKE", "LIKEC", "LIKE2", "LIKE4"))
_NOT_SIMULATED: Final = frozenset(("XMLEXISTS", "JSON_EXISTS", "JSON_EQUAL", "JSON_TEXTCONTAINS", "EQUALS_PATH", "UNDER_PATH",
                                   "LNNVL"))


def condition(t: Tokens) -> ast.Condition:
    """ORA-00920 when a value stands alone, ORA-00936 when there is nothing."""
    return _required(t, disjunction(t))


def _required(t: Tokens, node: expressions.Operand) -> ast.Condition:
    if expressions.is_condition(node):
        return node
    if t.plsql:
        return cast(ast.Condition, node)       # a BOOLEAN; that it is none is found when it is compiled
    t.fail(920)


def disjunction(t: Tokens, either: bool = False) -> expressions.Operand:
    """Conditions joined by OR; with ``either`` a single value may stand here as well."""
    return _chain(t, "OR", either)


def _chain(t: Tokens, op: str, either: bool) -> expressions.Operand:
    first = _chain(t, "AND", either) if op == "OR" else _negation(t, either)
    if t.words[t.i] != op:
        return first
    items = [_required(t, first)]
    while t.skip(op):
        items.append(_required(t, _chain(t, "AND", False) if op == "OR" else _negation(t, False)))
    return ast.Logical(op, tuple(items))


def _negation(t: Tokens, either: bool) -> expressions.Operand:
    if t.words[t.i] != "NOT":
        return _predicate(t, either)
    t.i += 1
    return ast.Not(_required(t, _negation(t, False)))


def _predicate(t: Tokens, either: bool) -> expressions.Operand:
    word = t.words[t.i]
    if word == "EXISTS":
        t.i += 1
        return ast.Exists(queries.subquery(t))
    if word == "REGEXP_LIKE" and t.words[t.i + 1] == "(":
        return _regexp_like(t)
    if word in _NOT_SIMULATED and t.words[t.i + 1] == "(":
        raise not_simulated(f"{word} condition")
    left = expressions.additive(t, either=True)
    if expressions.is_condition(left):
        return left
    word = t.words[t.i]
    op = _COMPARISONS.get(word)
    if op is not None:
        t.i += 1
        return _comparison(t, left, op)
    negated = word == "NOT"
    if negated:
        t.i += 1
        word = t.words[t.i]
    if word == "IN":
        t.i += 1
        return ast.In(left, _members(t), negated)
    if word == "BETWEEN":
        t.i += 1
        low = expressions.expression(t)
        t.expect("AND")
        return ast.Between(left, low, expressions.expression(t), negated)
    if word in _LIKES:
        t.i += 1
        pattern = expressions.expression(t)
        return ast.Like(left, pattern, expressions.expression(t) if t.skip("ESCAPE") else None, negated, word)
    if negated:
        t.fail(920)
    if word == "IS":
        t.i += 1
        return _is(t, left)
    if word in ("MEMBER", "SUBMULTISET"):
        raise not_simulated(f"{word} condition")
    if either:
        return left
    if isinstance(left, ast.Tuple):
        t.fail(920)
    return left


def _comparison(t: Tokens, left: ast.Expression, op: str) -> ast.Condition:
    word = t.words[t.i]
    if word in ("ANY", "SOME", "ALL"):
        t.i += 1
        return ast.Quantified(op, left, word == "ALL", _members(t))
    right = expressions.additive(t, either=isinstance(left, ast.Tuple))
    if expressions.is_condition(right):
        t.fail(920)
    return ast.Compare(op, left, right)


def _members(t: Tokens) -> tuple[ast.Expression, ...] | ast.Query:
    """The list or subquery of IN, ANY and ALL."""
    if t.words[t.i] != "(":
        return (expressions.expression(t),)
    found = expressions.subquery(t)
    if found is not None:
        return found
    place = t.i
    t.i += 1
    items = [_member(t)]
    while t.skip(","):
        items.append(_member(t))
    if len(items) > _LONGEST_LIST:
        t.fail(1795, at=place)
    t.close()
    return tuple(items)


def _member(t: Tokens) -> ast.Expression:
    node = expressions.additive(t, either=True)
    if expressions.is_condition(node):
        t.fail(907)
    return node


def _is(t: Tokens, left: ast.Expression) -> ast.Condition:
    negated = t.skip("NOT")
    if t.skip("NULL"):
        return ast.IsNull(left, negated)
    what = t.one_of(("NAN", "INFINITE"))
    if what:
        return ast.IsTest(left, what, negated)
    if t.word in ("JSON", "A", "EMPTY", "DANGLING", "OF"):
        raise not_simulated(f"IS {t.word}")
    t.fail(908)


def _regexp_like(t: Tokens) -> ast.Condition:
    t.i += 2
    args = expressions.expressions(t)
    t.close()
    if not 2 <= len(args) <= 3:
        t.fail(909)
    return ast.RegexpLike(args)

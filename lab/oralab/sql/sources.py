# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in FROM, and the targets of DML."""
from __future__ import annotations

from typing import Final

from oralab.errors import not_simulated
from oralab.sql import ast_queries as ast
from oralab.sql import conditions, expressions, queries
from oralab.sql.lexer import QUOTED, Tokens
from oralab.sql.words import word_set

_NO_ALIAS: Final = word_set("""
    LEFT RIGHT FULL INNER CROSS NATURAL JOIN OUTER USING FETCH OFFSET LOG RETURNING RETURN WHEN PIVOT UNPIVOT MODEL VERSIONS SAMPLE
    PARTITION SUBPARTITION MATCH_RECOGNIZE BULK""")
_JOINS: Final = {
    ("JOIN",): "INNER", ("INNER", "JOIN"): "INNER", ("CROSS", "JOIN"): "CROSS", ("LEFT", "JOIN"): "LEFT",
    ("LEFT", "OUTER", "JOIN"): "LEFT", ("RIGHT", "JOIN"): "RIGHT", ("RIGHT", "OUTER", "JOIN"): "RIGHT", ("FULL", "JOIN"): "FULL",
    ("FULL", "OUTER", "JOIN"): "FULL", ("CROSS", "APPLY"): "CROSS APPLY", ("OUTER", "APPLY"): "OUTER APPLY"}
_JOIN_WORDS: Final = frozenset(words[0] for words in _JOINS) | {"NATURAL"}
_UNCONDITIONAL: Final = ("CROSS", "CROSS APPLY", "OUTER APPLY")


def from_list(t: Tokens) -> tuple[ast.FromItem, ...]:
    items = [from_item(t)]
    while t.skip(","):
        items.append(from_item(t))
    return tuple(items)


def from_item(t: Tokens) -> ast.FromItem:
    """One element of FROM with the joins that follow it."""
    left = _table(t)
    while t.words[t.i] in _JOIN_WORDS:
        natural = t.skip("NATURAL")
        kind = next((kind for words, kind in _JOINS.items() if t.skip(*words)), None)
        if kind is None:
            t.fail(905)
        right = _table(t)
        on = None
        using: tuple[str, ...] = ()
        if not natural and kind not in _UNCONDITIONAL:
            # A join may be nested to the right: a JOIN b JOIN c ON ... ON ...
            while t.words[t.i] in _JOIN_WORDS:
                right = _nested(t, right)
            if t.skip("ON"):
                on = conditions.condition(t)
            elif t.skip("USING"):
                using = queries.name_list(t)
            else:
                t.fail(905)
        left = ast.Join(kind, left, right, on, using, natural)
    return left


def _nested(t: Tokens, left: ast.FromItem) -> ast.FromItem:
    kind = next((kind for words, kind in _JOINS.items() if t.skip(*words)), None)
    if kind is None:
        t.fail(905)
    right = _table(t)
    if kind in _UNCONDITIONAL:
        return ast.Join(kind, left, right)
    t.expect("ON")
    return ast.Join(kind, left, right, conditions.condition(t))


def _table(t: Tokens) -> ast.FromItem:
    word = t.words[t.i]
    if word == "(":
        return _parenthesised(t)
    if word == "LATERAL" and t.words[t.i + 1] == "(":
        t.i += 1
        return ast.SubqueryRef(queries.subquery(t, ordered=True), alias(t), lateral=True)
    if word == "TABLE" and t.words[t.i + 1] == "(" or word == "THE" and t.words[t.i + 1] == "(":
        return _collection(t)
    if word in ("XMLTABLE", "JSON_TABLE", "ONLY", "CONTAINERS", "SHARDS") and t.words[t.i + 1] == "(":
        raise not_simulated(f"{word} in FROM")
    return _pivoted(t, table(t))


def _parenthesised(t: Tokens) -> ast.FromItem:
    nested = t.words[t.i + 1] == "("
    if queries.starts_query(t):
        query = t.attempt(_inline_view) if nested else _inline_view(t)
        if query is not None:
            return _pivoted(t, ast.SubqueryRef(query, alias(t)))
    t.i += 1
    item = from_item(t)
    t.close()
    return item


def _inline_view(t: Tokens) -> ast.Query:
    return queries.subquery(t, ordered=True)


def _pivoted(t: Tokens, item: ast.TableRef | ast.SubqueryRef) -> ast.TableRef | ast.SubqueryRef:
    if t.word in ("PIVOT", "UNPIVOT", "MATCH_RECOGNIZE"):
        raise not_simulated(f"{t.word} clause")
    return item


def _collection(t: Tokens) -> ast.TableFunction:
    t.i += 2
    node = ast.ScalarSubquery(queries.query(t)) if queries.starts_query(t) else expressions.expression(t)
    t.close()
    outer = t.skip("(", "+", ")")
    return ast.TableFunction(node, alias(t), outer)


def table(t: Tokens, code: int = 903) -> ast.TableRef:
    """A table with partition, AS OF, SAMPLE and alias. ORA-00903 when there is no name."""
    node = plain_table(t, code)
    if t.word in ("PARTITION", "SUBPARTITION") and t.words[t.i + 1] in ("(", "FOR"):
        node.partition = partition(t)
    if t.word == "SAMPLE":
        node.sample = _sample(t)
    if t.word == "VERSIONS" and t.words[t.i + 1] == "BETWEEN":
        raise not_simulated("VERSIONS BETWEEN")
    if t.words[t.i] == "AS" and t.words[t.i + 1] == "OF":
        node.as_of = _as_of(t)
    node.alias = alias(t)
    return node


def plain_table(t: Tokens, code: int = 903) -> ast.TableRef:
    """``[schema.]name[@dblink]``."""
    place = t.i
    schema, name = None, t.identifier(code)
    if t.skip("."):
        schema, name = name, t.identifier(code)
    link = None
    if t.skip("@"):
        link = dblink(t)
    return ast.TableRef(name, schema, link, offset=t.starts[place])


def dblink(t: Tokens) -> str:
    """The name of a database link, after the @; it may be dotted and end in a connection qualifier."""
    parts = [t.identifier(1729)]
    while t.skip("."):
        parts.append(t.identifier(1729))
    name = ".".join(parts)
    return f"{name}@{t.identifier(1729)}" if t.skip("@") else name


def alias(t: Tokens) -> str | None:
    word = t.words[t.i]
    if word == QUOTED or word not in _NO_ALIAS and t.is_name():
        return t.identifier()
    return None


def partition(t: Tokens) -> ast.PartitionChoice:
    """PARTITION (name) or PARTITION FOR (values)."""
    sub = t.word == "SUBPARTITION"
    t.i += 1
    if t.skip("FOR"):
        t.open()
        values = expressions.expressions(t)
        t.close()
        return ast.PartitionChoice(None, values, sub)
    t.open()
    name = t.identifier(14006)
    t.close()
    return ast.PartitionChoice(name, (), sub)


def _as_of(t: Tokens) -> ast.AsOf:
    t.i += 2
    word = t.one_of(("SCN", "TIMESTAMP"))
    if word is None:
        t.fail(905)
    return ast.AsOf(word == "TIMESTAMP", expressions.expression(t))


def _sample(t: Tokens) -> ast.Sample:
    t.i += 1
    block = t.skip("BLOCK")
    t.open()
    percent = expressions.expression(t)
    t.close()
    seed = None
    if t.skip("SEED"):
        t.open()
        seed = expressions.expression(t)
        t.close()
    return ast.Sample(percent, block, seed)

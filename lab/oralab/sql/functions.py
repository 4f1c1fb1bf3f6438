# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Function calls: the ordinary form, those with words inside their parentheses, and what may follow them."""
from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from oralab.errors import not_simulated
from oralab.sql import ast_queries as ast
from oralab.sql import conditions, expressions, queries
from oralab.sql.datatypes import datatype
from oralab.sql.lexer import QUOTED, Tokens
from oralab.sql.words import word_set

_NOT_SIMULATED: Final = word_set("""
    XMLELEMENT XMLAGG XMLFOREST XMLQUERY XMLSERIALIZE XMLPARSE XMLROOT XMLCAST XMLCOLATTVAL XMLPI XMLCOMMENT XMLTABLE JSON_TABLE
    JSON_QUERY JSON_VALUE JSON_OBJECT JSON_ARRAY JSON_ARRAYAGG JSON_OBJECTAGG JSON_SERIALIZE JSON_MERGEPATCH TREAT COLLECT
    CLUSTER_ID CLUSTER_PROBABILITY PREDICTION FEATURE_ID VALIDATE_CONVERSION""")
_EXTRACT_FIELDS: Final = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TIMEZONE_HOUR", "TIMEZONE_MINUTE", "TIMEZONE_REGION",
                          "TIMEZONE_ABBR")
_DISTINCT: Final = word_set("""
    COUNT SUM AVG MIN MAX STDDEV STDDEV_POP STDDEV_SAMP VARIANCE VAR_POP VAR_SAMP LISTAGG MEDIAN WM_CONCAT""")


def call(t: Tokens, parts: list[str], place: int, dblink: str | None = None) -> ast.Expression:
    """A call of ``parts`` at its opening parenthesis; ``place`` is the token of its first name."""
    name = parts[-1]
    own = t.words[place] == name and len(parts) == 1
    if own and name in _NOT_SIMULATED:
        raise not_simulated(f"function {name}")
    special = _SPECIAL.get(name) if own else None
    if special:
        t.i += 1
        return special(t, place)
    node = plain_call(t, parts, place, dblink)
    if t.words[t.i] == ".":
        raise not_simulated("attributes and methods of a function's result")
    if own:
        _following(t, node)
    return node


def plain_call(t: Tokens, parts: list[str], place: int, dblink: str | None = None) -> ast.FunctionCall:
    """Name and arguments alone."""
    t.i += 1
    if len(parts) > 3:
        raise not_simulated("methods of objects")
    package = parts[-2] if len(parts) > 1 else None
    schema = parts[0] if len(parts) > 2 else None
    node = ast.FunctionCall(parts[-1], package=package, schema=schema, dblink=dblink, offset=t.starts[place])
    if not t.skip(")"):
        _arguments(t, node, len(parts) == 1)
        t.close()
    return node


def _arguments(t: Tokens, node: ast.FunctionCall, own: bool) -> None:
    if own and node.name == "COUNT" and t.skip("*"):
        node.star = True
        return
    if own and node.name in _DISTINCT:
        node.distinct = t.one_of(("DISTINCT", "UNIQUE")) is not None
        if node.distinct and node.name == "LISTAGG" and t.release == "12.1":
            t.fail(30482, at=t.i - 1)
        if not node.distinct:
            t.skip("ALL")
    node.args, node.named = arguments(t)
    if t.words[t.i] != ")":
        _options(t, node)


def arguments(t: Tokens) -> tuple[tuple[ast.Expression, ...], tuple[tuple[str, ast.Expression], ...]]:
    """Arguments by position, then by name. In PL/SQL a condition is a BOOLEAN argument."""
    args: list[ast.Expression] = []
    named: list[tuple[str, ast.Expression]] = []
    while True:
        if t.words[t.i + 1] == "=>" and t.words[t.i][:1].isalpha() or t.words[t.i:t.i + 2] == [QUOTED, "=>"]:
            word = t.values[t.i]
            t.i += 1
            t.i += 1
            named.append((word, _argument(t)))
        elif named:
            t.fail(907)
        else:
            args.append(_argument(t))
        if not t.skip(","):
            return tuple(args), tuple(named)


def _argument(t: Tokens) -> ast.Expression:
    if t.plsql:
        return cast(ast.Expression, conditions.disjunction(t, either=True))
    return expressions.expression(t)


def _options(t: Tokens, node: ast.FunctionCall) -> None:
    if t.skip("USING", "NCHAR_CS") or t.skip("USING", "CHAR_CS"):
        node.option = f"USING {t.words[t.i - 1]}"
    elif node.name == "LISTAGG" and t.release != "12.1" and t.skip("ON", "OVERFLOW"):
        node.option = "ON OVERFLOW " + (t.one_of(("ERROR", "TRUNCATE")) or t.fail(905))
        if node.option.endswith("TRUNCATE"):
            if t.words[t.i] not in ("WITH", "WITHOUT", ")"):
                node.args += (expressions.expression(t),)
            if t.skip("WITH", "COUNT"):
                node.option += " WITH COUNT"
            elif t.skip("WITHOUT", "COUNT"):
                node.option += " WITHOUT COUNT"
    elif t.word == "DEFAULT" and t.release != "12.1":
        raise not_simulated("DEFAULT ... ON CONVERSION ERROR")
    else:
        _nulls(t, node)


def _nulls(t: Tokens, node: ast.FunctionCall) -> None:
    for words in (("IGNORE", "NULLS"), ("RESPECT", "NULLS")):
        if t.skip(*words):
            node.option = " ".join(words)


def _following(t: Tokens, node: ast.FunctionCall) -> None:
    """WITHIN GROUP, KEEP, IGNORE NULLS and OVER."""
    if t.word in ("WITHIN", "KEEP", "FROM", "IGNORE", "RESPECT"):
        if t.skip("WITHIN", "GROUP"):
            t.open()
            node.within_group = queries.order_by(t)
            t.close()
        elif t.words[t.i] == "KEEP" and t.words[t.i + 1] == "(":
            t.i += 2
            node.keep = _keep(t)
        if node.name == "NTH_VALUE" and (t.ahead("FROM", "FIRST") or t.ahead("FROM", "LAST")):
            t.i += 2
            node.option = f"FROM {t.words[t.i - 1]}"
        if t.word in ("IGNORE", "RESPECT"):
            _nulls(t, node)
    if t.words[t.i] == "OVER" and t.words[t.i + 1] == "(":
        t.i += 2
        node.over = window(t)


def _keep(t: Tokens) -> ast.Keep:
    t.expect("DENSE_RANK")
    word = t.one_of(("FIRST", "LAST"))
    if word is None:
        t.fail(905)
    items = queries.order_by(t)
    t.close()
    return ast.Keep(word == "LAST", items)


def window(t: Tokens) -> ast.Window:
    """What stands in OVER (...), the closing parenthesis included."""
    partition: tuple[ast.Expression, ...] = ()
    order: tuple[ast.OrderItem, ...] = ()
    unit, start, end = "", None, None
    if t.skip("PARTITION"):
        t.expect("BY", 924)
        partition = expressions.expressions(t)
    if t.word == "ORDER":
        order = queries.order_by(t)
        unit = t.one_of(("ROWS", "RANGE")) or ""
        if unit and t.skip("BETWEEN"):
            start = _bound(t)
            t.expect("AND")
            end = _bound(t)
        elif unit:
            start = _bound(t)
    t.close()
    return ast.Window(partition, order, unit, start, end)


def _bound(t: Tokens) -> ast.WindowBound:
    if t.skip("CURRENT", "ROW"):
        return ast.WindowBound("CURRENT ROW")
    if t.skip("UNBOUNDED"):
        word = t.one_of(("PRECEDING", "FOLLOWING"))
        if word is None:
            t.fail(905)
        return ast.WindowBound(f"UNBOUNDED {word}")
    value = expressions.expression(t)
    word = t.one_of(("PRECEDING", "FOLLOWING"))
    if word is None:
        t.fail(905)
    return ast.WindowBound(word, value)


# --- functions with a grammar of their own; the opening parenthesis is taken ---

def _cast(t: Tokens, place: int) -> ast.Expression:
    operand: ast.Expression | ast.Multiset
    if t.skip("MULTISET"):
        operand = ast.Multiset(queries.subquery(t))
    else:
        operand = expressions.expression(t)
    t.expect("AS")
    kind = datatype(t)
    if t.word == "DEFAULT" and t.release != "12.1":
        raise not_simulated("DEFAULT ... ON CONVERSION ERROR")
    t.close()
    return ast.Cast(operand, kind)


def _extract(t: Tokens, place: int) -> ast.Expression:
    if t.words[t.i + 1] != "FROM":
        raise not_simulated("EXTRACT from XML")
    field = t.one_of(_EXTRACT_FIELDS)
    if field is None:
        t.fail(907)
    t.i += 1
    operand = expressions.expression(t)
    t.close()
    return ast.Extract(field, operand)


def _trim(t: Tokens, place: int) -> ast.Expression:
    side = t.one_of(("LEADING", "TRAILING", "BOTH"))
    first = None if side and t.word == "FROM" else expressions.expression(t)
    args: tuple[ast.Expression, ...]
    if t.skip("FROM"):
        source = expressions.expression(t)
        args = (first, source) if first is not None else (source,)
        side = side or "BOTH"
    elif side or first is None:
        t.fail(907)
    else:
        args = (first,)
    t.close()
    return ast.FunctionCall("TRIM", args, option=side or "", offset=t.starts[place])


_SPECIAL: Final[dict[str, Callable[[Tokens, int], ast.Expression]]] = {"CAST": _cast, "EXTRACT": _extract, "TRIM": _trim}

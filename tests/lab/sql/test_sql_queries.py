# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries: the shape of what is accepted."""
from __future__ import annotations

import pytest
from oralab.sql import ast, parse
from oralab.values import DataType

A, B, X = ast.ColumnRef("A"), ast.ColumnRef("B"), ast.ColumnRef("X")
NUMBER = DataType("NUMBER")
ONE, TWO, THREE = (ast.Literal(number, NUMBER) for number in (1, 2, 3))


def select(sql: str, release: str = "19") -> ast.Select:
    query = parse(sql, release)
    assert isinstance(query, ast.Query)
    assert isinstance(query.body, ast.Select)
    return query.body


def expression(text: str) -> ast.Expression:
    item = select(f"SELECT {text} FROM t").items[0]
    assert isinstance(item, ast.SelectItem)
    return item.expression


def condition(text: str) -> ast.Condition:
    found = select(f"SELECT 1 FROM t WHERE {text}").where
    assert found is not None
    return found


def string(text: str) -> ast.Literal:
    return ast.Literal(text, DataType("CHAR", len(text)))


@pytest.mark.parametrize("text, node", [
    ("a + 1 * 2", ast.Binary("+", A, ast.Binary("*", ONE, TWO))),
    ("(a + 1) * 2", ast.Binary("*", ast.Binary("+", A, ONE), TWO)),
    ("-a || b", ast.Binary("||", ast.Unary("-", A), B)),
    ("s.t.a", ast.ColumnRef("A", "T", "S")),
    ("t.\"a b\"", ast.ColumnRef("a b", "T")),
    ("t.rowid", ast.Pseudo("ROWID", "T")),
    ("sysdate", ast.Pseudo("SYSDATE")),
    ("current_timestamp(3)", ast.Pseudo("CURRENT_TIMESTAMP", precision=3)),
    ("s.q.nextval", ast.SequenceRef("Q", "S", True)),
    ("q.currval", ast.SequenceRef("Q", None, False)),
    ("count(*)", ast.FunctionCall("COUNT", star=True)),
    ("count(DISTINCT a)", ast.FunctionCall("COUNT", (A,), distinct=True)),
    ("sys.dbms_x.f(a, p => b)", ast.FunctionCall("F", (A,), "DBMS_X", "SYS", (("P", B),))),
    ("trim(LEADING '0' FROM a)", ast.FunctionCall("TRIM", (string("0"), A), option="LEADING")),
    ("trim(a)", ast.FunctionCall("TRIM", (A,))),
    ("cast(a AS VARCHAR2(10 CHAR))", ast.Cast(A, DataType("VARCHAR2", 10, char_used="C"))),
    ("extract(YEAR FROM a)", ast.Extract("YEAR", A)),
    ("a AT TIME ZONE 'UTC'", ast.AtTimeZone(A, string("UTC"))),
    ("(a - b) DAY TO SECOND", ast.IntervalCast(ast.Binary("-", A, B), DataType("INTERVAL DAY TO SECOND", precision=2, scale=6))),
    ("CASE WHEN a = 1 THEN 2 ELSE 3 END", ast.Case(None, ((ast.Compare("=", A, ONE), TWO),), THREE)),
    ("CASE a WHEN 1 THEN 2 END", ast.Case(A, ((ONE, TWO),), None)),
    ("CONNECT_BY_ROOT a", ast.Unary("CONNECT_BY_ROOT", A)),
    ("max(a) KEEP (DENSE_RANK LAST ORDER BY b)", ast.FunctionCall("MAX", (A,), keep=ast.Keep(True, (ast.OrderItem(B),)))),
    ("listagg(a, ',') WITHIN GROUP (ORDER BY b DESC)",
     ast.FunctionCall("LISTAGG", (A, string(",")), within_group=(ast.OrderItem(B, True),))),
    ("lag(a IGNORE NULLS) OVER (PARTITION BY b ORDER BY x)",
     ast.FunctionCall("LAG", (A,), option="IGNORE NULLS", over=ast.Window((B,), (ast.OrderItem(X),)))),
    ("sum(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
     ast.FunctionCall("SUM", (A,), over=ast.Window((), (ast.OrderItem(B),), "ROWS", ast.WindowBound("PRECEDING", ONE),
                                                   ast.WindowBound("CURRENT ROW")))),
])
def test_expressions(text: str, node: ast.Expression) -> None:
    assert expression(text) == node


@pytest.mark.parametrize("text, node", [
    ("a = 1 OR b != 2 AND NOT x IS NULL",
     ast.Logical("OR", (ast.Compare("=", A, ONE),
                        ast.Logical("AND", (ast.Compare("<>", B, TWO), ast.Not(ast.IsNull(X))))))),
    ("(a = 1)", ast.Compare("=", A, ONE)),
    ("((a + 1) * 2 > (3))", ast.Compare(">", ast.Binary("*", ast.Binary("+", A, ONE), TWO), THREE)),
    ("a NOT BETWEEN 1 AND 2", ast.Between(A, ONE, TWO, True)),
    ("a IN (1, 2)", ast.In(A, (ONE, TWO))),
    ("(a, b) NOT IN ((1, 2), (2, 3))", ast.In(ast.Tuple((A, B)), (ast.Tuple((ONE, TWO)), ast.Tuple((TWO, THREE))), True)),
    ("a LIKE 'x' ESCAPE '\\'", ast.Like(A, string("x"), string("\\"))),
    ("a IS NOT NAN", ast.IsTest(A, "NAN", True)),
    ("a >= ALL (1, 2)", ast.Quantified(">=", A, True, (ONE, TWO))),
    ("a = b(+)", ast.Compare("=", A, ast.ColumnRef("B", outer=True))),
    ("regexp_like(a, 'x')", ast.RegexpLike((A, string("x")))),
])
def test_conditions(text: str, node: ast.Condition) -> None:
    assert condition(text) == node


def test_a_query_in_parentheses_may_be_part_of_an_expression() -> None:
    one = ast.ScalarSubquery(ast.Query(body=select("SELECT 1 FROM dual")))
    assert expression("((SELECT 1 FROM dual) + 1)") == ast.Binary("+", one, ONE)
    assert condition("a IN ((SELECT 1 FROM dual))") == ast.In(A, one.query)
    assert condition("a IN ((SELECT 1 FROM dual), 2)") == ast.In(A, (one, TWO))


def test_binds_keep_their_place_where_the_parser_looked_twice() -> None:
    query = parse("SELECT ((SELECT :a FROM dual) + :b) FROM dual WHERE :c = 1")
    assert query.binds == ["A", "B", "C"]


@pytest.mark.parametrize("text, name", [
    ("a", "A"), ("t.a", "A"), ('"a"', "a"), ("a + 1", "A+1"), ("count( * )", "COUNT(*)"), ("a x", "X"), ('a AS "y z"', "y z"),
    ("'hello world'", "'HELLOWORLD'"), ("a /* c */ + b", "A+B"), ("NULL", "NULL"), (":b", ":B")])
def test_names_of_columns_as_described(text: str, name: str) -> None:
    assert select(f"SELECT {text} FROM t").items[0].name == name


def test_long_names_of_columns_are_cut() -> None:
    text = "+".join(["abcdefghij"] * 4)
    assert len(select(f"SELECT {text} FROM t", "12.1").items[0].name) == 30
    assert len(select(f"SELECT {text} FROM t").items[0].name) == 43


def test_hints_and_stars() -> None:
    found = select("SELECT /*+ FULL(t) */ DISTINCT t.*, s.u.*, * FROM t")
    assert found.distinct
    assert found.items == (ast.Star("T"), ast.Star("U", "S"), ast.Star())


@pytest.mark.parametrize("text, item", [
    ("s.t@x.y z", ast.TableRef("T", "S", "X.Y", alias="Z")),
    ("t PARTITION (p) z", ast.TableRef("T", partition=ast.PartitionChoice("P"), alias="Z")),
    ("t PARTITION FOR (1)", ast.TableRef("T", partition=ast.PartitionChoice(None, (ONE,)))),
    ("t SAMPLE (1)", ast.TableRef("T", sample=ast.Sample(ONE))),
    ("t AS OF SCN 1 z", ast.TableRef("T", as_of=ast.AsOf(False, ONE), alias="Z")),
    ("TABLE(f(1)) z", ast.TableFunction(ast.FunctionCall("F", (ONE,)), "Z")),
    ("t JOIN b USING (a)", ast.Join("INNER", ast.TableRef("T"), ast.TableRef("B"), using=("A",))),
    ("t NATURAL LEFT OUTER JOIN b", ast.Join("LEFT", ast.TableRef("T"), ast.TableRef("B"), natural=True)),
    ("t CROSS JOIN b", ast.Join("CROSS", ast.TableRef("T"), ast.TableRef("B"))),
    ("(t FULL JOIN b ON a = 1)", ast.Join("FULL", ast.TableRef("T"), ast.TableRef("B"), ast.Compare("=", A, ONE))),
    ("v$session", ast.TableRef("V$SESSION"))])
def test_from_items(text: str, item: ast.FromItem) -> None:
    assert select(f"SELECT 1 FROM {text}").from_ == (item,)


def test_inline_views_may_begin_with_several_parentheses() -> None:
    first, second = select("SELECT 1 FROM ((SELECT 1 a FROM t) x JOIN u ON a = 1), ((SELECT 1 FROM t) UNION (SELECT 2 FROM u)) z").from_
    assert isinstance(first, ast.Join)
    assert isinstance(first.left, ast.SubqueryRef)
    assert first.left.alias == "X"
    assert isinstance(second, ast.SubqueryRef)
    assert isinstance(second.query.body, ast.SetOp)


def test_clauses_of_a_query() -> None:
    query = parse("""WITH q (n) AS (SELECT 1 FROM dual) SELECT a, sum(b) FROM q WHERE a = 1 START WITH a = 1
                     CONNECT BY NOCYCLE PRIOR a = b GROUP BY a, ROLLUP (b, (a, x)), GROUPING SETS (a, ()) HAVING sum(b) > 1
                     ORDER SIBLINGS BY 1 DESC NULLS LAST OFFSET 1 ROWS FETCH NEXT 2 PERCENT ROWS WITH TIES""")
    body = query.body
    assert query.with_[0].name == "Q"
    assert query.with_[0].columns == ("N",)
    assert body.connect_by == ast.Compare("=", ast.Unary("PRIOR", A), B)
    assert body.nocycle
    assert body.group_by == (A, ast.Grouping("ROLLUP", (B, ast.Tuple((A, X)))), ast.Grouping("GROUPING SETS", (A, ast.Tuple(()))))
    assert query.order_by == (ast.OrderItem(ONE, True, False),)
    assert query.siblings
    assert query.offset == ONE
    assert query.fetch == ast.Fetch(TWO, True, True)


def test_set_operations_go_from_left_to_right() -> None:
    query = parse("SELECT 1 FROM a UNION ALL SELECT 2 FROM b MINUS (SELECT 3 FROM c INTERSECT SELECT 4 FROM d) ORDER BY 1")
    assert query.body.op == "MINUS"
    assert query.body.left.op == "UNION ALL"
    assert query.body.right.op == "INTERSECT"
    assert query.order_by


@pytest.mark.parametrize("text, clause", [
    ("", ast.ForUpdate()), (" OF a NOWAIT", ast.ForUpdate((A,), 0)), (" WAIT 5", ast.ForUpdate((), 5)),
    (" SKIP LOCKED", ast.ForUpdate(skip_locked=True))])
def test_for_update(text: str, clause: ast.ForUpdate) -> None:
    assert parse(f"SELECT a FROM t FOR UPDATE{text}").for_update == clause


def test_listagg_grew_between_the_releases() -> None:
    text = "SELECT listagg(a, ',' ON OVERFLOW TRUNCATE '...' WITHOUT COUNT) WITHIN GROUP (ORDER BY a) FROM t"
    call = select(text).items[0].expression
    assert call.option == "ON OVERFLOW TRUNCATE WITHOUT COUNT"
    assert call.args[2] == string("...")


def test_nodes_compare_by_contents_not_by_place() -> None:
    query = select("SELECT a + f(b), f( b ) FROM t GROUP BY a  +  f(b)")
    assert query.items[0].expression == query.group_by[0]
    assert len({query.items[0].expression, query.group_by[0]}) == 1

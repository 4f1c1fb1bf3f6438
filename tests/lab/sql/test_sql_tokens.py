# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens, binds, names and literals."""
from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from oralab.errors import OraError
from oralab.sql import ast, bind_names, parse, statement_kind
from oralab.values import DataType, IntervalDS, IntervalYM, Timestamp


def first(sql: str, release: str = "19") -> ast.Expression:
    """The first expression of a select list."""
    query = parse(f"SELECT {sql} FROM dual", release)
    return query.body.items[0].expression


def code(sql: str, release: str = "19") -> tuple[int, int]:
    with pytest.raises(OraError) as caught:
        parse(sql, release)
    return caught.value.code, caught.value.offset


@pytest.mark.parametrize("sql, kind", [
    ("select 1 from dual", "query"), ("  -- a comment\n/* more */ (SELECT 1 FROM dual)", "query"), ("WITH q AS", "query"),
    ("Merge into t", "dml"), ("declare x", "plsql"), ("CALL p()", "plsql"), ("alter session set x=1", "ddl"),
    ("commit", "transaction"), ("set role none", "transaction"), ("truncate table t", "ddl"), ("", "ddl")])
def test_kind_is_known_by_the_first_word(sql: str, kind: str) -> None:
    assert statement_kind(sql) == kind


def test_binds_are_not_looked_for_in_strings_comments_and_quoted_names() -> None:
    sql = """SELECT ':a', q'[it's :b]', nq'!:c!', ":d", :e, : "f" /* :g */ FROM t -- :h
             WHERE x = :1 AND y = :e"""
    assert bind_names(sql) == ["E", "f", "1", "E"]
    assert parse(sql).binds == ["E", "f", "1", "E"]


def test_binds_of_plsql_count_once() -> None:
    block = parse("BEGIN p(:a, :b); :a := f(:b); END;")
    assert block.binds == bind_names(block.text) == ["A", "B"]
    assert block.statements[1] == ast.Assign(ast.BindRef("A", 0), ast.FunctionCall("F", (ast.BindRef("B", 1),)))


@pytest.mark.parametrize("text, value", [
    ("'it''s'", "it's"), ("q'[it's]'", "it's"), ("Q'{a}b}'", "a}b"), ("q'!x!y!'", "x!y"), ("''", None), ("q'(')'", "'"),
    ("n'ä'", "ä"), ("42", 42), ("1.50", Decimal("1.5")), ("2.0", 2), (".5", Decimal("0.5")), ("1e3", 1000), ("15e-1", Decimal("1.5")),
    ("12345678901234567890123456789012345678", 12345678901234567890123456789012345678), ("2d", 2.0), ("1.5F", 1.5),
    ("DATE '2024-02-29'", datetime.datetime(2024, 2, 29)),
    ("TIMESTAMP '2024-01-02 03:04:05.678'", Timestamp(datetime.datetime(2024, 1, 2, 3, 4, 5), 678_000_000)),
    ("TIMESTAMP '2024-01-02 03:04:05 -5:30'", Timestamp(datetime.datetime(2024, 1, 2, 3, 4, 5), 0, "-05:30", -330)),
    ("TIMESTAMP '2024-07-02 03:04:05 Europe/Berlin'",
     Timestamp(datetime.datetime(2024, 7, 2, 3, 4, 5), 0, "Europe/Berlin", 120)),
    ("INTERVAL '1-2' YEAR TO MONTH", IntervalYM(14)), ("INTERVAL '-3' MONTH", IntervalYM(-3)),
    ("INTERVAL '1 02:03:04.5' DAY TO SECOND", IntervalDS(93_784_500_000_000)), ("INTERVAL '400' DAY(3)", IntervalDS(34_560_000 * 10**9)),
    ("INTERVAL '90' MINUTE", IntervalDS(5400 * 10**9))])
def test_literals(text: str, value: object) -> None:
    literal = first(text)
    assert isinstance(literal, ast.Literal)
    assert literal.value == value


def test_types_of_literals() -> None:
    assert first("'é'").type == DataType("CHAR", 2)
    assert first("1").type == DataType("NUMBER")
    assert first("1d").type == DataType("BINARY_DOUBLE")
    assert first("NULL") == ast.Literal(None)


@pytest.mark.parametrize("text, expected", [
    ("DATE '2024-02-30'", 1839), ("DATE '2024-13-01'", 1843), ("DATE '2024-01-32'", 1847), ("DATE '24/1/1'", 1861),
    ("DATE '0000-01-01'", 1841), ("TIMESTAMP '2024-01-01 24:00:00'", 1850), ("INTERVAL '400' DAY", 1873), ("INTERVAL 'x' DAY", 1867),
    ("INTERVAL '1' FORTNIGHT", 30089), ("1e126", 1426)])
def test_literals_that_are_none(text: str, expected: int) -> None:
    assert code(f"SELECT {text} FROM dual")[0] == expected


@pytest.mark.parametrize("name, release, accepted", [
    ("a" * 30, "12.1", True), ("a" * 31, "12.1", False), ("a" * 128, "19", True), ("a" * 129, "19", False),
    ('"' + "ä" * 15 + '"', "12.1", True), ('"' + "ä" * 16 + '"', "12.1", False), ("überzahl", "19", True), ("a$b#c_1", "19", True)])
def test_length_of_names_is_counted_in_bytes(name: str, release: str, accepted: bool) -> None:
    if accepted:
        assert first(name, release) == ast.ColumnRef(name.strip('"') if name[0] == '"' else name.upper())
    else:
        assert code(f"SELECT {name} FROM dual", release) == (972, 7)


@pytest.mark.parametrize("sql, expected", [
    ("SELECT `a` FROM t", (911, 7)), ("SELECT 1 FROM dual;", (911, 18)), ("SELECT 'a FROM t", (1756, 7)),
    ("SELECT \"a FROM t", (1740, 7)), ('SELECT "" FROM t', (1741, 7)), ("SELECT a | b FROM t", (996, 9)),
    ("SELECT a /* b FROM t", (1742, 9)), ("SELECT :date FROM dual", (1745, 7)), ("SELECT 1 FROM _t", (911, 14))])
def test_characters_that_are_no_tokens(sql: str, expected: tuple[int, int]) -> None:
    assert code(sql) == expected


def test_an_earlier_error_comes_before_a_wrong_character() -> None:
    assert code("SELECT a FRM t WHERE x = `1`")[0] == 923

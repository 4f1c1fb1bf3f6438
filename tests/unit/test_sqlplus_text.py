# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements as SQL*Plus reads them."""

from __future__ import annotations

import datetime
import decimal

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.sqlplus_text import LINE, bind_literal, written
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Secret, Statement


@pytest.mark.parametrize("value, literal", [
    (None, "NULL"), ("", "''"), ("it's", "'it''s'"), (5, "5"), (-5, "(-5)"), (True, "1"), (decimal.Decimal("1.50"), "1.50"), (1e-07, "1e-07"),
    (b"\x00\xff", "HEXTORAW('00FF')"), ("a\nb", "('a' || CHR(10) || 'b')"), ("\0", "CHR(0)"), ("&x :y; --", "'&x :y; --'"),
    (datetime.datetime(2026, 1, 2, 3, 4, 5), "TO_DATE('2026-01-02 03:04:05', 'YYYY-MM-DD HH24:MI:SS')"),
    (datetime.datetime(2026, 1, 2, 3, 4, 5, 6), "TO_TIMESTAMP('2026-01-02 03:04:05.000006', 'YYYY-MM-DD HH24:MI:SS.FF6')"),
])
def test_binds_become_literals(value, literal):
    assert bind_literal(value) == literal


def test_what_sqlplus_cannot_be_given_is_refused():
    with pytest.raises(DbferryError) as caught:
        bind_literal(object())
    assert caught.value.code == "DBF-0015"


def test_a_long_text_is_a_clob_where_a_varchar2_would_be_too_long():
    assert bind_literal("x" * 4001).startswith("(TO_CLOB('x") and "TO_CLOB" not in bind_literal("x" * 4000)
    assert "TO_CLOB" in bind_literal("\u6f22" * 1400) and "TO_CLOB" not in written(Statement("BEGIN p(:a); END;", a="x" * 5000))


@pytest.mark.parametrize("text, sent", [
    ("SELECT :a FROM t WHERE b = ':a' -- :a\n AND c = :a", "SELECT 7 FROM t WHERE b = ':a' \n AND c = 7"),
    ("SELECT /*+ FULL(t) :a */ 1 /* :a */ FROM t", "SELECT /*+ FULL(t) :a */ 1 FROM t"),
    ("SELECT q'[it's :a]', n':a', \":a\" FROM t", "SELECT q'[it's :a]', n':a', \":a\" FROM t"),
    ("SELECT 1 -\n 1, 4 /\n 2 FROM t", "SELECT 1 - 1, 4 / 2 FROM t"),
    ("SELECT 1\n\n  FROM t", "SELECT 1\nFROM t"),
    ("UPDATE t SET a = 'x;\n/\n'", "UPDATE t SET a = ('x;' || CHR(10) || '/' || CHR(10))"),
    ("BEGIN x := 1; p(:a); END;", "BEGIN x := 1; p(7); END;"),
])
def test_nothing_is_taken_for_a_command_and_no_literal_for_a_bind(text, sent):
    found = written(Statement(text, a=7))
    assert found.endswith("\n/\n") and [line.strip() for line in found[:-3].split("\n")] == [line.strip() for line in sent.split("\n")]


@pytest.mark.parametrize("text, binds", [
    ("SELECT " + ", ".join("column_number_{0} + 1".format(number) for number in range(500)) + " FROM t", {}),
    ("SELECT " + ",".join("c{0}".format(number) for number in range(2000)) + " FROM t", {}),
    ("SELECT :a FROM dual", {"a": "\u6f22" * 3000}), ("SELECT '" + "y" * 3500 + "' FROM dual", {}),
    ("BEGIN p('" + "it''s " * 3000 + "'); END;", {}),
])
def test_no_line_is_longer_than_every_release_takes(text, binds):
    found = written(Statement(text, **binds))
    assert max(len(line.encode()) for line in found.split("\n")) <= LINE
    if not binds and "'" not in text:
        assert found[:-3].replace("\n", "").replace(" ", "") == text.replace(" ", "")


def test_variables_stay_and_a_missing_value_is_told():
    assert written(Statement("BEGIN :out := :given; END;", given=Secret("s")), keep={"out"}) == "BEGIN :out := 's'; END;\n/\n"
    with pytest.raises(DbferryError) as caught:
        written(Statement("SELECT :a FROM dual"))
    assert caught.value.code == "ORA-01008"

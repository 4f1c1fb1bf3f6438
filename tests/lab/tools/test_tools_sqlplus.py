# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL*Plus: how scripts are read, what is printed, and what the exit code says."""
from __future__ import annotations

import io
from decimal import Decimal

import pytest
from oralab.api import ColumnInfo
from oralab.errors import OraError
from oralab.tools.sqlplus import SqlPlus
from oralab.tools.sqlplus_link import Answer, Failure
from oralab.tools.sqlplus_output import Settings, Table, marked_up, number_text, said
from oralab.tools.sqlplus_reader import Item, Reader
from oralab.values import DataType


class FakeLink:
    """Answers by the first word of the statement, and remembers."""

    user = "SCOTT"

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.ended = ""

    def execute(self, text: str, *, output: bool = False) -> Answer:
        self.statements.append(text)
        if "nothere" in text:
            return Answer(error=Failure(942, "ORA-00942: table or view does not exist", text.index("nothere")))
        if text.upper().startswith("SELECT"):
            return Answer(kind="query", columns=[ColumnInfo("NAME", DataType("VARCHAR2", 8)), ColumnInfo("TOTAL", DataType("NUMBER"))],
                          rows=[["Ann", 12], ["Bob", Decimal("1.5")], [None, None]])
        return Answer(kind="dml", rowcount=3, output=["hello"] if output else [])

    def instance(self, verb: str, mode: str) -> list[str]:
        raise OraError(1031, "insufficient privileges")

    def close(self, *, commit: bool) -> None:
        self.ended = "commit" if commit else "rollback"


def run(script: str, link: FakeLink | None = None) -> tuple[int, str]:
    out = io.StringIO()
    link = link or FakeLink()

    def connect(logon: str) -> FakeLink:
        if "wrong" in logon:
            raise OraError(1017, "invalid username/password; logon denied")
        return link

    plus = SqlPlus(out, connect, silent=True)
    plus.connect("/")
    return plus.run(io.StringIO(script)), out.getvalue()


def read(text: str) -> list[Item]:
    reader = Reader()
    found = [item for line in text.splitlines(keepends=True) for item in reader.feed(line)]
    return found + list(reader.end())


@pytest.mark.parametrize("text, expected", [
    ("select 1\nfrom dual;\n", [Item("sql", "select 1\nfrom dual")]),
    ("select 1 from dual\n/\n", [Item("sql", "select 1 from dual")]),
    ("select 1 from dual\n\nselect 2 from dual;\n", [Item("kept", "select 1 from dual"), Item("sql", "select 2 from dual")]),
    ("begin\n  null;\n\nend;\n/\n", [Item("plsql", "begin\n  null;\n\nend;")]),
    ("create or replace\npackage p as\nend;\n/\n", [Item("plsql", "create or replace\npackage p as\nend;")]),
    ("create type t as object (a number);\n/\n", [Item("plsql", "create type t as object (a number);")]),
    ("create table t (a number);\n", [Item("sql", "create table t (a number)")]),
    ("set echo off -\n feedback off\n", [Item("SET", "echo off  feedback off")]),
    ("set transaction read only;\n", [Item("sql", "set transaction read only")]),
    ("PROMPT a;  b -\n", [Item("PROMPT", "a;  b -")]),
    ("-- remark\n/* and\n more; */\nexit 3\n", [Item("EXIT", "3")]),
    ("frobnicate now\n", [Item("unknown", "frobnicate now")]),
    ("@some/script\n", [Item("@", "some/script")]),
    ("select 'no end'\n", [Item("kept", "select 'no end'")]),
])
def test_input_is_read_as_the_guide_says(text: str, expected: list[Item]) -> None:
    assert read(text) == expected


def test_blank_lines_may_belong_to_a_statement() -> None:
    link = FakeLink()
    run("set sqlblanklines on\nselect 1\n\nfrom dual;\n", link)
    assert link.statements == ["select 1\n\nfrom dual"]


def test_rows_stand_under_their_headings() -> None:
    assert run("select name, total from t;\n")[1] == (
        "\nNAME          TOTAL\n-------- ----------\nAnn              12\nBob             1.5\n\n\n")
    assert run("set pagesize 0 feedback off\nselect name, total from t;\n")[1] == "Ann              12\nBob             1.5\n\n"


def test_wide_rows_are_folded() -> None:
    table = Table(["A", "B"], [DataType("VARCHAR2", 50), DataType("VARCHAR2", 40)], Settings(), {})
    assert table.row(["x" * 60, "y"]) == ["x" * 50, "y"] or table.row(["x" * 60, "y"]) == ["x" * 50, "x" * 10, "y"]
    assert Table(["DUMMY"], [DataType("VARCHAR2", 1)], Settings(), {}).heading() == ["D", "-"]


@pytest.mark.parametrize("value, width, text", [
    (1234567890, 10, "1234567890"), (12345678901, 10, "1.2346E+10"), (Decimal("3.14159265358979"), 10, "3.14159265"),
    (Decimal("0.5"), 10, ".5"), (Decimal("-0.25"), 10, "-.25"), (Decimal("123456789.55"), 10, "123456790"),
    (12345, 3, "###"), (0, 10, "0"),
])
def test_numbers_fit_their_column(value: Decimal, width: int, text: str) -> None:
    assert number_text(value, width) == text


@pytest.mark.parametrize("statement, sentence", [
    ("insert into t values (1)", "3 rows created."), ("create or replace view v as select 1 from dual", "View created."),
    ("CREATE UNIQUE INDEX i ON t (a)", "Index created."), ("alter system set x=1", "System altered."),
    ("drop public synonym s", "Synonym dropped."), ("grant select on t to u", "Grant succeeded."),
    ("create materialized view m as select 1 from dual", "Materialized view created."), ("commit", "Commit complete."),
    ("begin null; end;", "PL/SQL procedure successfully completed."), ("CREATE OR REPLACE PACKAGE BODY p AS END;", "Package body created."),
])
def test_what_is_said_of_success(statement: str, sentence: str) -> None:
    assert said(statement, 3) == sentence


def test_an_error_shows_its_place_and_does_not_end_a_script() -> None:
    rc, out = run("select *\nfrom nothere;\nprompt after\n")
    assert rc == 0
    assert out == "from nothere\n     *\nERROR at line 2:\nORA-00942: table or view does not exist\n\n\nafter\n"


@pytest.mark.parametrize("action, rc, ended", [
    ("EXIT FAILURE ROLLBACK", 1, "rollback"), ("EXIT SQL.SQLCODE", 942 % 256, "commit"), ("EXIT 5", 5, "commit"),
    ("EXIT FAILURE", 1, "commit"), ("CONTINUE ROLLBACK", 0, "commit"),
])
def test_whenever_sqlerror(action: str, rc: int, ended: str) -> None:
    link = FakeLink()
    got, out = run(f"whenever sqlerror {action}\nselect 1 from nothere;\nprompt after\n", link)
    assert (got, link.ended) == (rc, ended)
    assert ("after" in out) == action.startswith("CONTINUE")


def test_errors_of_its_own_are_no_sql_errors() -> None:
    rc, out = run("whenever sqlerror exit failure\nfrobnicate all of it\nset nonsense 1\nprompt after\n")
    assert rc == 0 and 'SP2-0734: unknown command beginning "frobnicate..." - rest of line ignored.' in out
    assert 'SP2-0158: unknown SET option "nonsense"' in out and out.endswith("after\n")


def test_exit_codes_and_the_end_of_the_transaction() -> None:
    link = FakeLink()
    assert run("exit 256 rollback\n", link)[0] == 0 and link.ended == "rollback"
    assert run("exit warning\n", link)[0] == 2 and link.ended == "commit"
    assert run("", link)[0] == 0 and link.ended == "commit"


def test_connecting() -> None:
    rc, out = run("whenever sqlerror exit failure\nconnect wrong/wrong\nprompt after\n")
    assert rc == 1 and out == ("ERROR:\nORA-01017: invalid username/password; logon denied\n\n\n"
                               "Warning: You are no longer connected to ORACLE.\n")
    assert run("disconnect\nselect 1 from dual;\n")[1] == "SP2-0640: Not connected\n"


def test_variables_are_put_in() -> None:
    link = FakeLink()
    run("define owner = SCOTT\nselect '&owner..t' from &&table where '&owner' = '&table';\nthing\nset define off\nselect '&owner' "
        "from dual;\n", link)
    assert link.statements == ["select 'SCOTT.t' from thing where 'SCOTT' = 'thing'", "select '&owner' from dual"]


def test_output_of_the_server_comes_after_the_block() -> None:
    link = FakeLink()
    out = run("set serveroutput on\nexec p\n", link)[1]
    assert link.statements == ["BEGIN DBMS_OUTPUT.ENABLE(NULL); END;", "BEGIN p; END;"]
    assert out == "hello\n\nPL/SQL procedure successfully completed.\n\n"


def test_rows_in_html() -> None:
    _, out = run("SET MARKUP HTML ON ENTMAP ON SPOOL OFF\nSET FEEDBACK OFF NUMWIDTH 12 PAGESIZE 50000\nSELECT name, total FROM t;\nSET MARKUP HTML OFF\n")
    assert out.startswith("<p>\n<table border='1' width='90%' align='center' summary='Script output'>\n<tr>\n<th scope=\"col\">\nNAME\n</th>\n")
    assert '<td>\nAnn\n</td>\n<td align="right">\n          12\n</td>' in out and "<td>\n&nbsp;\n</td>" in out
    assert "</table>\n<p>\n" in out


def test_special_characters_and_messages_in_html() -> None:
    assert marked_up('a<b>&"c"\nd', Settings()) == "a&lt;b&gt;&amp;&quot;c&quot;<br>\nd"
    assert marked_up("a<b>", Settings(entmap=False)) == "a<b>"
    _, out = run("SET MARKUP HTML ON\nPROMPT x < y\n")
    assert out == "x &lt; y\n<br>\n"


def test_headings_come_again_with_every_page_of_html() -> None:
    _, out = run("SET MARKUP HTML ON\nSET FEEDBACK OFF PAGESIZE 3\nSELECT name, total FROM t;\n")
    assert out.count('<th scope="col">') > 2 and out.count("<table") == 1


@pytest.mark.parametrize("script, said", [
    ("SET NUMWIDTH 51", "SP2-0267: numwidth option 51 out of range (2 through 50)"), ("SET LINESIZE 40000", "SP2-0267"),
    ("SET MARKUP XML ON", "SP2-0158"), ("VARIABLE x VARCHAR2(32767)", "SP2-0676"), ("VARIABLE x REFCURSOR", "SP2-0158"),
    ("VARIABLE x NUMBER\nBEGIN :y := 1; END;\n/", 'SP2-0552: Bind variable "Y" not declared.'), ("CLEAR COLUMNS", "columns cleared"),
    ("CLEAR NONSENSE", "SP2-0158"),
])
def test_limits_of_settings_and_variables(script: str, said: str) -> None:
    assert run(script + "\n")[1].startswith(said)

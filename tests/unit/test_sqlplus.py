# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL*Plus: scripts and what they print."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import outcome, sqlplus
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement

ENDED = "\n" + sqlplus.SENTINEL + "\n"


@pytest.mark.parametrize("text, codes", [
    ("SQL> DROP TABLE berths;\nDROP TABLE berths\n           *\nERROR at line 1:\nORA-00942: table or view does "
     "not exist\n", ["ORA-00942"]),
    ("DROP TABLE berths\n*\n第 1 行出现错误:\nORA-00942: 表或视图不存在\n", ["ORA-00942"]),
    ("BEGIN x; END;\n*\nERROR at line 1:\nORA-06550: line 1, column 7:\nPLS-00201: identifier 'X' must be declared\n",
     ["ORA-06550", "PLS-00201"]),
    ("SP2-0310: unable to open file \"x.sql\"\n", ["SP2-0310"]),
    ("ERROR:\nORA-01017: invalid username/password; logon denied\n\n\nSP2-0640: Not connected\n", ["ORA-01017", "SP2-0640"]),
    ("ORA-01078: failure in processing system parameters\nLRM-00109: could not open parameter file '/u01/initX.ora'\n",
     ["ORA-01078", "LRM-00109"]),
    ("ERROR:\nORA-29913: error in executing ODCIEXTTABLEFETCH callout\n\nno rows selected\n", ["ORA-29913"]),
    ("ERROR:\nORA-12541: TNS:no listener\n", ["ORA-12541"]),
])
@pytest.mark.parametrize("ending", ["", ENDED])
def test_errors_are_failures_whatever_comes_after(text, codes, ending):
    found = sqlplus.parse(text + ending, 0)
    assert found.verdict == "failed" and found.errors == codes == found.serious


@pytest.mark.parametrize("text, rc, verdict", [
    ("", None, "unknown"), ("\n\n", 0, "unknown"), ("", 1, "failed"), ("some output\n", 1, "failed"), ("some output\n", None, "ok"),
    (ENDED, 0, "ok"), ("Table created.\n" + ENDED, 0, "ok"),
])
def test_verdicts_without_codes(text, rc, verdict):
    assert sqlplus.parse(text, rc).verdict == verdict


def test_rows_that_begin_with_a_code_are_data():
    found = sqlplus.parse("""\
VIOLATIONS
----------------------------------------
ORA-39907: Index QUAY.I in tablespace PIER points to table QUAY.T in tablespace QUAY.
ORA-39921: Default Partition (Table) Tablespace PIER for T not contained in transportable set.

2 rows selected.
""")
    assert found.verdict == "ok" and found.errors == [] and len(found.lines) == 5


def test_an_error_after_some_rows_is_an_error():
    found = sqlplus.parse("NAME\n-----\nQUAY\nERROR:\nORA-01555: snapshot too old\n")
    assert found.verdict == "failed" and found.errors == ["ORA-01555"]


def test_shutting_down_what_is_not_open_is_no_failure():
    found = sqlplus.parse("ORA-01109: database not open\n\n\nDatabase dismounted.\nORACLE instance shut down.\n" + ENDED, 0)
    assert found.verdict == "warning" and found.serious == [] and found.warnings == ["ORA-01109"]
    assert sqlplus.parse("ORA-01109: database not open\n" + ENDED, 0).verdict == "failed"


@pytest.mark.parametrize("text, verdict", [
    ("ERROR:\nORA-28002: the password will expire within 7 days\n\n", "ok"),
    ("ORA-32004: obsolete or deprecated parameter(s) specified for RDBMS instance\nORACLE instance started.\n", "ok"),
    ("Warning: Procedure created with compilation errors.\n", "warning"),
    ("SP2-0804: Procedure created with compilation warnings\n", "warning"),
])
def test_notices_and_warnings(text, verdict):
    found = sqlplus.parse(text + ENDED, 0)
    assert found.verdict == verdict and found.serious == []


def test_the_end_of_the_script_is_no_output():
    found = sqlplus.parse("QUAY\n  PIER\n" + ENDED)
    assert found.complete and found.lines == ["QUAY", "  PIER"]


def printed(*lines):
    """What one of our own scripts prints, between what glogin.sql says and our word."""
    return "\n".join(["Connected.", "SP2-0158: unknown SET option", sqlplus.BEGINNING, *lines, sqlplus.SENTINEL, ""])


def test_a_script_has_settings_after_the_logon_that_might_change_them():
    lines = str(sqlplus.script(Statement("COMMIT\n/\n"), Statement("CONNECT / AS SYSDBA\n"))).split("\n")
    assert lines[:2] == ["WHENEVER OSERROR EXIT FAILURE ROLLBACK", "WHENEVER SQLERROR EXIT FAILURE ROLLBACK"]
    logon = lines.index("CONNECT / AS SYSDBA")
    assert lines.index("WHENEVER SQLERROR EXIT FAILURE ROLLBACK", logon) > logon and "DEFINE OFF" in lines[logon + 3]
    assert lines[-6:] == ["PROMPT " + sqlplus.BEGINNING, "COMMIT", "/", "PROMPT " + sqlplus.SENTINEL, "EXIT SUCCESS COMMIT", ""]


def test_what_comes_before_the_script_does_not_count_once_it_began():
    assert sqlplus.read(printed("Table created."), 0).verdict == "ok"
    found = sqlplus.read("ERROR:\nORA-01017: invalid username/password; logon denied\n", 1)
    assert found.verdict == "failed" and found.cause.code == "ORA-01017"


@pytest.mark.parametrize("out", ["", "Connected.\n", "\n".join(printed("Table created.").split("\n")[:-2])])
def test_a_script_that_did_not_come_to_its_end_is_in_doubt(out):
    assert sqlplus.read(out, 0).verdict == "unknown"


def test_rows_are_no_messages_and_messages_no_rows():
    found = sqlplus.read(printed(sqlplus.ROWS, "<p>", "<table border='1'>", "<tr>", '<th scope="col">', "MESSAGE", "</th>", "</tr>",
                                 "<tr>", "<td>", "ORA-01555: snapshot too old", "</td>", "</tr>", "</table>", "<p>"), 0)
    assert found.verdict == "ok" and found.rows == [{"message": "ORA-01555: snapshot too old"}]
    cut = sqlplus.read(printed(sqlplus.ROWS, "<p>", "<table>", "<tr>", "<td>", "x", "</td>", "</tr>", "ERROR:", "<br>",
                               "ORA-01555: snapshot too old", "<br>"), 1)
    assert cut.verdict == "failed" and cut.cause.code == "ORA-01555"


@pytest.mark.parametrize("arguments", [
    ("", "p", "d"), ("u", "", "d"), ('u"', "p", "d"), ("u", 'hush"', "d"), ("u", "hush\nHOST rm", "d"),
    ("u", "p", 'd" AS SYSDBA'),
    ("u", "p", "d", "SYSDBA\nHOST rm"),
])
def test_a_logon_that_would_say_more_is_refused_without_showing_it(arguments):
    with pytest.raises(ValueError) as caught:
        sqlplus.connect(*arguments)
    assert "hush" not in str(caught.value)


def test_a_name_whose_case_counts_stays_quoted():
    assert str(sqlplus.connect("Mixed Case", "p", "d")) == 'CONNECT "Mixed Case"/********@"d"\n'
    assert str(sqlplus.connect("gate", "p", "", proxy_user="ferry")) == "CONNECT gate[ferry]/********\n"


def test_a_code_that_is_harmless_once_and_serious_once_is_serious():
    found = outcome.Outcome()
    found.note(outcome.Message("ORA-1", "x"), harmless=True)
    assert found.serious == []
    found.note(outcome.Message("ORA-1", "y"))
    found.note(outcome.Message("ORA-1", "z"), harmless=True)
    assert found.serious == ["ORA-1"] and found.warnings == [] and found.errors == ["ORA-1"]

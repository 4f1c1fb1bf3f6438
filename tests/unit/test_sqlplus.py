# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL*Plus: scripts and what they print."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import outcome, sqlplus
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
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


def fake(rc, out):
    calls = []

    def runner(argv, stdin, env):
        calls.append((argv, stdin, env))
        return rc, out

    runner.calls = calls
    return runner


def test_running_as_the_oracle_owner():
    runner = fake(0, "HARBOUR\n" + ENDED)
    found = sqlplus.run(runner, Statement("SELECT name FROM v$database;"), "/u01/oracle", "HARBOUR")
    (argv, stdin, env), = runner.calls
    assert argv == ["/u01/oracle/bin/sqlplus", "-S", "-L", "/ as sysdba"]
    lines = stdin.split("\n")
    assert lines[:2] == ["WHENEVER OSERROR EXIT FAILURE ROLLBACK", "WHENEVER SQLERROR EXIT FAILURE ROLLBACK"]
    assert lines[-4:] == ["SELECT name FROM v$database;", "PROMPT " + sqlplus.SENTINEL, "EXIT SUCCESS COMMIT", ""]
    assert env["ORACLE_SID"] == "HARBOUR"
    assert found.lines == ["HARBOUR"]


def test_a_password_goes_in_by_standard_input_and_is_never_shown():
    runner = fake(1, "ERROR:\nORA-01017: invalid username/password; logon denied\n")
    logon = sqlplus.connect("ferry", "s3cr't p@ss", "db1:1521/HARBOUR", "SYSBACKUP")
    with pytest.raises(DbferryError) as caught:
        sqlplus.run(runner, Statement("SELECT 1 FROM dual;"), "/u01/oracle", logon=logon, tried="Asking HARBOUR")
    (argv, stdin, env), = runner.calls
    assert 'CONNECT ferry/"s3cr\'t p@ss"@"db1:1521/HARBOUR" AS SYSBACKUP\n' in stdin
    assert argv[-1] == "/nolog" and "s3cr" not in str(argv) + str(env)
    assert "s3cr" not in str(caught.value.result()) and "********" in caught.value.statement
    assert caught.value.code == "ORA-01017"


@pytest.mark.parametrize("out", ["", "HARBOUR\n", "Table created.\n"])
def test_a_script_that_did_not_come_to_its_end_is_in_doubt(out):
    with pytest.raises(DbferryError, match="in doubt"):
        sqlplus.run(fake(0, out), Statement("SELECT name FROM v$database;"), "/u01/oracle", "HARBOUR")


@pytest.mark.parametrize("arguments", [
    ("", "p", "d"), ("u", "", "d"), ("u", "p", ""), ('u"', "p", "d"), ("u", 'hush"', "d"), ("u", "hush\nHOST rm", "d"),
    ("u", "p", 'd" AS SYSDBA'),
    ("u", "p", "d", "SYSDBA\nHOST rm"),
])
def test_a_logon_that_would_say_more_is_refused_without_showing_it(arguments):
    with pytest.raises(ValueError) as caught:
        sqlplus.connect(*arguments)
    assert "hush" not in str(caught.value)


def test_a_name_whose_case_counts_stays_quoted():
    assert str(sqlplus.connect("Mixed Case", "p", "d")) == 'CONNECT "Mixed Case"/********@"d"\n'


def test_a_module_runs_it_with_run_command():
    class Module:
        def run_command(self, argv, data, environ_update):
            self.got = (argv, data, environ_update)
            return 0, "out\n", "err\n"

    module = Module()
    assert outcome.module_runner(module)(["x"], "in", {"A": "b"}) == (0, "out\nerr\n")
    assert module.got == (["x"], "in", {"A": "b"})


def test_a_code_that_is_harmless_once_and_serious_once_is_serious():
    found = outcome.Outcome()
    found.note(outcome.Message("ORA-1", "x"), harmless=True)
    assert found.serious == []
    found.note(outcome.Message("ORA-1", "y"))
    found.note(outcome.Message("ORA-1", "z"), harmless=True)
    assert found.serious == ["ORA-1"] and found.warnings == [] and found.errors == ["ORA-1"]

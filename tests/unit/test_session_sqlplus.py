# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The session that SQL*Plus on the server makes: what it runs, and what it makes of the answer."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import dgmgrl, opening, session_sqlplus, sqlplus
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Lost
from ansible_collections.dbferry.oracle.plugins.module_utils.opening import open_session
from ansible_collections.dbferry.oracle.plugins.module_utils.session_sqlplus import SqlplusSession, past_restriction
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Command, Secret, Statement

NEAR = '@"(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST={0})(PORT={1}))(CONNECT_DATA=(SERVICE_NAME=s)(UR=A)))"'
LOGIN = {"oracle_home": "/u01/oracle", "oracle_sid": "HARBOUR"}


class Server:
    """Answers every script alike, and keeps what it was given."""

    def __init__(self, *lines, rc=0, whole=None):
        self.calls = []
        self.answer = rc, "\n".join(lines) if whole else "\n".join([sqlplus.BEGINNING, *lines, sqlplus.SENTINEL, ""])

    def __call__(self, argv, stdin, environment):
        self.calls.append((argv, stdin, environment))
        return self.answer


def table(*cells):
    row = "".join("<td{0}>\n{1}\n</td>".format(*cell) for cell in cells)
    heads = "".join('<th scope="col">\nC{0}\n</th>'.format(number) for number, dummy in enumerate(cells))
    return [sqlplus.ROWS, "<p>", "<table border='1'>", "<tr>{0}</tr><tr>{1}</tr>".format(heads, row), "</table>", "<p>"]


def test_a_query_is_one_script_by_standard_input():
    server = Server(*table(("", "QUAY"), (' align="right"', "   3")))
    assert SqlplusSession(LOGIN, server).query("SELECT a, b FROM t WHERE x = :x", x=Secret("it's")) == [{"c0": "QUAY", "c1": 3}]
    (argv, script, environment), = server.calls
    assert argv == ["/u01/oracle/bin/sqlplus", "-S", "-L", "/nolog"]
    assert environment == {"ORACLE_HOME": "/u01/oracle", "ORACLE_SID": "HARBOUR", "NLS_LANG": "AMERICAN_AMERICA.AL32UTF8",
                           "NLS_DATE_FORMAT": "YYYY-MM-DD HH24:MI:SS"}
    assert "CONNECT / AS SYSDBA\n" in script and "SELECT a, b FROM t WHERE x = 'it''s'\n/\n" in script
    assert "BEGIN" not in script.replace(sqlplus.BEGINNING, "").replace(sqlplus.ROWS, "")     # nothing that needs an open database


def test_a_block_that_fills_what_is_read_is_in_the_same_script():
    server = Server(*table(("", "x")))
    SqlplusSession(LOGIN, server).query("SELECT a FROM t", after=Statement("BEGIN fill(:names); END;", names="A,B"))
    (_, script, _), = server.calls
    assert script.index("BEGIN fill('A,B'); END;\n/\n") < script.index("SELECT a FROM t")


@pytest.mark.parametrize("login, logon", [
    ({"user": "ferry", "password": "hush", "dsn": "db:1521/s"}, 'CONNECT ferry/"hush"' + NEAR.format("db", 1521) + "\n"),
    ({"user": "ferry", "password": "hush", "host": "db", "port": 1522, "service_name": "s"}, 'CONNECT ferry/"hush"' + NEAR.format("db", 1522) + "\n"),
    ({"user": "sys", "password": "hush", "mode": "sysdba"}, 'CONNECT sys/"hush" AS SYSDBA\n'),
    ({"mode": "sysbackup", "dsn": "db:1521/s"}, "CONNECT / AS SYSBACKUP\n"),
    ({"user": "gate", "proxy_user": "ferry", "password": "hush"}, 'CONNECT gate[ferry]/"hush"\n'),
])
def test_logging_on(login, logon):
    server = Server("Grant succeeded.", "")
    session = SqlplusSession(dict(LOGIN, **login), server)
    session.execute(Statement("GRANT x TO y"))
    (argv, script, environment), = server.calls
    assert logon in script and "hush" not in str(argv) + str(environment)
    assert session.user == (login.get("user") or "SYS").upper()


def test_statements_are_noted_committed_and_counted():
    server = Server("", "3 rows updated.", "")
    session = SqlplusSession(LOGIN, server)
    assert session.execute(Statement("UPDATE t SET a = :a", a=Secret("hush"))) == 3
    assert session.statements == ["UPDATE t SET a = :a  -- a=********"]
    assert server.calls[0][1].endswith("EXIT SUCCESS COMMIT\n")


@pytest.mark.parametrize("text", ["SHUTDOWN IMMEDIATE", "STARTUP MOUNT"])
def test_commands_of_sqlplus_are_given_as_such(text):
    server = Server("ORACLE instance shut down.")
    SqlplusSession(LOGIN, server).execute(Statement(text))
    assert "\n" + text + "\nPROMPT" in server.calls[0][1]


def test_a_command_for_the_shell():
    server = Server(whole=True)
    session = SqlplusSession(LOGIN, server)
    session.execute(Command(["srvctl", "start", "database", "-d", "harbour", "-o", "read only"]))
    assert server.calls[0][:2] == (["/u01/oracle/bin/srvctl", "start", "database", "-d", "harbour", "-o", "read only"], "")
    assert session.statements == ["srvctl start database -d harbour -o 'read only'"]
    failing = SqlplusSession(LOGIN, Server("PRCD-1120 : The resource for database harbour could not be found.",
                                           "PRCR-1001 : Resource ora.harbour.db does not exist", rc=1, whole=True))
    with pytest.raises(DbferryError) as caught:
        failing.execute(Command(["srvctl", "stop", "database", "-d", "harbour"]))
    assert caught.value.code == "PRCD-1120" and caught.value.statement == "srvctl stop database -d harbour"


def test_out_binds_are_variables():
    server = Server(*[line.replace("C0", "FOUND").replace("C1", "TEXT") for line in table((' align="right"', "1"), ("", "x"))])
    found = SqlplusSession(LOGIN, server).call(Statement("BEGIN :found := f(:a, :text); END;", a="it's"), found=int, text="clob")
    assert found == {"found": 1, "text": "x"}
    script = server.calls[0][1]
    assert "VARIABLE found NUMBER\nVARIABLE text CLOB\nBEGIN :found := f('it''s', :text); END;\n/\n" in script
    assert "SELECT :found found, :text text FROM dual\n/\n" in script


@pytest.mark.parametrize("out, rc, kind, code", [
    (["ORA-00942: table or view does not exist"], 1, DbferryError, "ORA-00942"),
    (["ORA-01034: ORACLE not available", "Process ID: 0"], 1, DbferryError, "ORA-01034"),
    (["ORA-03113: end-of-file on communication channel"], 1, Lost, "ORA-03113"),
    (["Table created."], 0, Lost, None),
])
def test_errors_are_those_of_the_driver(out, rc, kind, code):
    session = SqlplusSession(LOGIN, Server("ERROR at line 1:", *out, rc=rc, whole=True))
    with pytest.raises(DbferryError) as caught:
        session.execute(Statement("CREATE USER x IDENTIFIED BY ", Secret('"hush"')))
    assert type(caught.value) is kind and caught.value.code == code
    assert caught.value.statement == "CREATE USER x IDENTIFIED BY ********" and "hush" not in str(caught.value.result())
    assert session.statements == ["CREATE USER x IDENTIFIED BY ********"]


@pytest.mark.parametrize("rc, text", [(126, "sh: 1: /u01/oracle/bin/sqlplus: Permission denied"), (127, "sh: 1: /u01/oracle/bin/sqlplus: not found")])
def test_a_program_that_may_not_be_executed_is_named(rc, text):
    with pytest.raises(DbferryError) as caught:
        SqlplusSession(LOGIN, Server(text, rc=rc, whole=True)).query("SELECT a FROM t")
    assert caught.value.code == "DBF-0007" and text in caught.value.message and "become" in caught.value.hint


def test_the_release_is_asked_for_once_and_only_when_wanted():
    server = Server(sqlplus.ROWS, "<table><tr><th>VERSION</th><th>VERSION_FULL</th></tr><tr><td>19.0.0.0.0</td><td>19.3.0.0.0</td></tr></table>")
    session = SqlplusSession(LOGIN, server)
    assert not server.calls and session.release == session.release == (19, 3, 0, 0, 0) and len(server.calls) == 1


def test_what_it_needs_is_told():
    for login, runner, code in ((LOGIN, None, "DBF-0003"), ({}, Server(), "DBF-0009")):
        with pytest.raises(DbferryError) as caught:
            SqlplusSession(login, runner)
        assert caught.value.code == code


def test_which_session_a_module_gets(monkeypatch):
    monkeypatch.setattr(opening, "DriverSession", lambda login: pytest.fail("no driver here"))
    want = dict(LOGIN, user="ferry", password="hush", dsn="db:1521/s", session="driver")
    with open_session(want, Server("ok"), local=True) as session:
        assert session.user == "SYS" and "ferry" not in str(session._logon)
    peer = {"session": "sqlplus", "user": "other", "password": "hush", "dsn": "far:1521/s", "oracle_home": "/elsewhere"}
    server = Server("ok")
    with open_session(dict(want, session="sqlplus", peer=peer), server) as session:
        session.peer.execute(Statement("COMMIT"))
    assert server.calls[0][0][0] == "/u01/oracle/bin/sqlplus" and 'CONNECT other/"hush"' + NEAR.format("far", 1521) + "\n" in server.calls[0][1]


@pytest.mark.parametrize("dsn, asked", [
    ("db/s", "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=db)(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=s)(UR=A)))"),
    ("(DESCRIPTION=(ADDRESS=x)(CONNECT_DATA=(SID=s)))", "(DESCRIPTION=(ADDRESS=x)(CONNECT_DATA=(UR=A)(SID=s)))"),
    ("(DESCRIPTION=(CONNECT_DATA=(SID=s)(UR=A)))", "(DESCRIPTION=(CONNECT_DATA=(SID=s)(UR=A)))"),
    ("sales", "sales"), ("", ""), ("tcps://db:2484/s?wallet_location=/w", "tcps://db:2484/s?wallet_location=/w"),
])
def test_a_restricted_instance_is_asked_for(dsn, asked):
    assert past_restriction(dsn) == asked


def test_a_logon_is_tried_again_and_a_statement_never_is(monkeypatch):
    answers = [(1, "ERROR:\nORA-12514: TNS:listener does not currently know of service\n"),
               (0, "\n".join([sqlplus.BEGINNING, "ERROR at line 1:", "ORA-01034: ORACLE not available", ""]))]
    runs = []

    def server(argv, stdin, environment):
        runs.append(stdin)
        return answers[min(len(runs), 2) - 1]

    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(DbferryError, match="ORA-01034"):
        SqlplusSession(dict(LOGIN, connect_retry_time=60), server).execute(Statement("COMMIT"))
    assert len(runs) == 2


# -- commands of the Data Guard broker


def test_a_broker_that_is_just_starting_is_asked_again(monkeypatch):
    answers = ["Error: ORA-16525: The Oracle Data Guard broker is not yet available.\n\nFailed.\n", "Enabled.\n"]
    asked = []

    def run(argv, stdin, env):
        asked.append((argv, stdin))
        return 0, answers[len(asked) - 1]

    monkeypatch.setattr(session_sqlplus.time, "sleep", lambda seconds: None)
    session = SqlplusSession({"oracle_home": "/u01/home", "oracle_sid": "PIER", "mode": "sysdba"}, run)
    session.execute(dgmgrl.Broker([dgmgrl.enable()]))
    assert asked == [(["/u01/home/bin/dgmgrl", "-silent"], "CONNECT /;\nENABLE CONFIGURATION;\nEXIT;\n")] * 2
    assert session.statements == ["ENABLE CONFIGURATION;"]

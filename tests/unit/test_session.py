# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The session over a driver that is played: errors become ours, with what to do next."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import session as session_module
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Lost
from ansible_collections.dbferry.oracle.plugins.module_utils.opening import open_session
from ansible_collections.dbferry.oracle.plugins.module_utils.session import DriverSession, plain
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Secret, Statement

LOGIN = {"dsn": "dbsrc:1521/sales", "user": "dbferry", "password": "Tiger#1"}


class Details:
    """What python-oracledb puts into the arguments of its exceptions."""

    def __init__(self, message, full_code):
        self.message, self.full_code = message, full_code


class Driver:
    """As much of python-oracledb as the session uses. ``failures`` are raised one by one by connect, ``refusal`` by a statement."""

    class Error(Exception):
        pass

    AUTH_MODE_SYSDBA, AUTH_MODE_SYSBACKUP = "as SYSDBA", "as SYSBACKUP"
    DB_TYPE_VARCHAR, DB_TYPE_NUMBER, DB_TYPE_CLOB = "varchar", "number", "clob"

    def __init__(self):
        self.failures, self.refusal, self.connects, self.executed, self.closed = [], None, [], [], 0
        self.rows, self.columns = [], [("NAME",), ("STATUS",)]

    def connect(self, **options):
        self.connects.append(options)
        if self.failures:
            raise self.failures.pop(0)
        return Connection(self)

    def error(self, code, text):
        return self.Error(Details("{0}: {1}".format(code, text), code))


class Connection:
    version = "19.3.0.0.0"

    def __init__(self, driver):
        self.driver = driver
        self.commits = 0

    def cursor(self):
        return Cursor(self.driver)

    def commit(self):
        self.commits += 1

    def close(self):
        self.driver.closed += 1


class Lob:
    def read(self):
        return "a long text"


class Variable:
    def __init__(self, value):
        self.value = value

    def getvalue(self):
        return self.value


class Cursor:
    rowcount = 3
    warning = None

    def __init__(self, driver):
        self.driver = driver
        self.description = driver.columns
        self.rowfactory = None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return None

    def execute(self, sql, binds=None):
        if self.driver.refusal and not sql.startswith("ALTER SESSION"):
            raise self.driver.refusal
        self.driver.executed.append((sql, binds))

    def fetchall(self):
        return [self.rowfactory(*row) for row in self.driver.rows]

    def var(self, kind, size):
        return Variable({"varchar": "text", "number": 1, "clob": Lob()}[kind])


@pytest.fixture
def driver(monkeypatch):
    played = Driver()
    monkeypatch.setattr(session_module, "oracledb", played)
    monkeypatch.setattr(session_module.time, "sleep", lambda seconds: None)
    return played


@pytest.mark.parametrize("code, text, shown_code, hint", [
    ("DPY-3010", "connections to this database server version are not supported by python-oracledb in thin mode", "DPY-3010",
     "driver_mode=thick"),
    ("DPY-3001", "Native Network Encryption and Data Integrity is only supported in python-oracledb thick mode", "DPY-3001", "tcps"),
    ("DPY-6000", "Listener refused connection. (Similar to ORA-12660)", "ORA-12660", "native network encryption"),
    ("ORA-12660", "Encryption or crypto-checksumming parameters incompatible", "ORA-12660", "driver_mode=thick"),
    ("DPY-3015", "password verifier type 0x939 is not supported by python-oracledb in thin mode", "DPY-3015", "10G"),
    ("DPY-6001", 'Service "sales" is not registered with the listener at host "dbsrc" port 1521. (Similar to ORA-12514)', "ORA-12514",
     "lsnrctl services"),
    ("DPY-6003", 'SID "SALES" is not registered with the listener at host "dbsrc" port 1521. (Similar to ORA-12505)',
     "ORA-12505", "service name"),
    ("DPY-6000", "Listener refused connection. (Similar to ORA-12528)", "ORA-12528", "static listener entry"),
    ("DPY-6005", "cannot connect to database (CONNECTION_ID=x).\n[Errno 111] Connection refused", "DPY-6005", "firewall"),
    ("ORA-01017", "invalid username/password; logon denied\nHelp: https://docs.oracle.com/error-help/db/ora-01017/",
     "ORA-01017", "password file"),
    ("ORA-28000", "The account is locked.", "ORA-28000", "ACCOUNT UNLOCK"),
    ("ORA-01034", "ORACLE not available", "ORA-01034", "not running"),
])
def test_a_refused_logon_says_what_to_do(driver, code, text, shown_code, hint):
    driver.failures = [driver.error(code, text)]
    with pytest.raises(DbferryError) as caught:
        DriverSession(LOGIN)
    result = caught.value.result()
    assert result["code"] == shown_code and hint in result["hint"] and result["hint"] in result["msg"]
    assert result["msg"].startswith("Connecting to dbsrc:1521/sales as dbferry: ")
    assert "Help:" not in result["msg"] and "Tiger" not in str(result)


def test_a_logon_is_repeated_only_while_something_is_coming_up(driver):
    driver.failures = [driver.error("DPY-6001", "(Similar to ORA-12514)"), driver.error("ORA-01033", "initialization in progress")]
    DriverSession(dict(LOGIN, connect_retry_time=60))
    assert len(driver.connects) == 3
    driver.failures = [driver.error("ORA-01017", "denied")]
    with pytest.raises(DbferryError):
        DriverSession(dict(LOGIN, connect_retry_time=60))
    assert len(driver.connects) == 4


class ConnectParams:
    """As the driver gives a descriptor for an easy connect string."""

    def __init__(self, config_dir=None):
        self.text = ""

    def parse_connect_string(self, text):
        self.text = text

    def get_connect_string(self):
        return "(DESCRIPTION=(ADDRESS=(HOST=dbsrc))(CONNECT_DATA=(SERVICE_NAME=sales)))"


def test_a_restricted_instance_is_asked_for_once_more_with_ur(driver):
    driver.ConnectParams = ConnectParams
    driver.failures = [driver.error("DPY-6000", "Listener refused connection. (Similar to ORA-12526)")]
    DriverSession(LOGIN)
    assert driver.connects[1]["dsn"] == "(DESCRIPTION=(ADDRESS=(HOST=dbsrc))(CONNECT_DATA=(UR=A)(SERVICE_NAME=sales)))"
    driver.failures = [driver.error("ORA-12526", "restricted")] * 2
    with pytest.raises(DbferryError) as caught:
        DriverSession(LOGIN)
    assert caught.value.code == "ORA-12526" and driver.failures == []


def test_without_a_retry_time_the_first_answer_counts(driver):
    driver.failures = [driver.error("ORA-12541", "no listener")]
    with pytest.raises(DbferryError):
        DriverSession(LOGIN)
    assert len(driver.connects) == 1


def test_options_of_the_logon(driver):
    session = DriverSession({"host": "dbsrc", "port": 1522, "service_name": "sales", "user": "ops", "password": "x",
                             "proxy_user": "app", "mode": "sysdba",
                             "wallet_location": "/w", "connect_timeout": 7, "migration_id": "SALES"})
    options = driver.connects[0]
    assert options["dsn"] == "dbsrc:1522/sales" and options["user"] == "ops[app]" and options["mode"] == "as SYSDBA"
    assert options["wallet_location"] == "/w" and options["tcp_connect_timeout"] == 7.0 and "externalauth" not in options
    assert session.release == (19, 3, 0, 0, 0) and session.user == "OPS"


def test_without_a_password_somebody_else_vouches(driver):
    DriverSession({"dsn": "sales"})
    assert driver.connects[0]["externalauth"] is True and "user" not in driver.connects[0]


def test_no_database_named(driver):
    with pytest.raises(DbferryError) as caught:
        DriverSession({"host": "dbsrc"})
    assert caught.value.code == "DBF-0001" and driver.connects == []


def test_no_driver_installed(monkeypatch):
    monkeypatch.setattr(session_module, "oracledb", None)
    with pytest.raises(DbferryError) as caught:
        DriverSession(LOGIN)
    assert caught.value.code == "DBF-0002" and "pip install oracledb" in caught.value.hint


def test_rows_come_as_dictionaries_and_lobs_as_text(driver):
    driver.rows = [("USERS", Lob()), ("APP", None)]
    found = DriverSession(LOGIN).query("SELECT name, status FROM t WHERE x = :x AND y = :y", x=1, y=Secret("hush"))
    assert found == [{"name": "USERS", "status": "a long text"}, {"name": "APP", "status": None}]
    assert driver.executed[-1][1] == {"x": 1, "y": "hush"}


def test_a_statement_is_noted_masked_and_sent_whole(driver):
    session = DriverSession(LOGIN)
    assert session.execute(Statement("ALTER USER u IDENTIFIED BY ", Secret("tiger"))) == 3
    assert session.statements == ["ALTER USER u IDENTIFIED BY ********"]
    assert driver.executed[-1][0] == "ALTER USER u IDENTIFIED BY tiger"


def test_a_refused_statement_is_shown_without_its_secrets(driver):
    session = DriverSession(LOGIN)
    driver.refusal = driver.error("ORA-01031", "insufficient privileges")
    with pytest.raises(DbferryError) as caught:
        session.execute(Statement("ALTER USER u IDENTIFIED BY ", Secret("tiger")))
    assert caught.value.code == "ORA-01031" and "docs/privileges.md" in caught.value.hint
    assert "tiger" not in str(caught.value.result()) and not isinstance(caught.value, Lost)


@pytest.mark.parametrize("code", ["DPY-4011", "DPY-4024", "ORA-03113", "ORA-00028", "ORA-01089"])
def test_a_lost_connection_is_told_from_a_refusal(driver, code):
    session = DriverSession(LOGIN)
    driver.refusal = driver.error(code, "gone")
    with pytest.raises(Lost):
        session.query("SELECT 1 FROM dual")
    with pytest.raises(Lost):
        session.call(Statement("BEGIN NULL; END;"), found=int)


def test_out_binds(driver):
    found = DriverSession(LOGIN).call(Statement("BEGIN p(:a, :b, :c, :given); END;", given=5), a=str, b=int, c="clob")
    assert found == {"a": "text", "b": 1, "c": "a long text"}
    assert driver.executed[-1][1]["given"] == 5 and set(driver.executed[-1][1]) == {"a", "b", "c", "given"}


def test_both_sessions_of_a_pair_are_closed_whatever_happens(driver):
    with pytest.raises(KeyboardInterrupt), open_session(dict(LOGIN, peer={"dsn": "other"}, migration_id="SALES")) as session:
        assert session.peer.label == "other"
        raise KeyboardInterrupt
    assert driver.closed == 2


def test_a_peer_that_refuses_leaves_nothing_open(driver):
    original = driver.connect

    def connect(**options):
        if options["dsn"] == "other":
            raise driver.error("ORA-01017", "denied")
        return original(**options)

    driver.connect = connect
    with pytest.raises(DbferryError), open_session(dict(LOGIN, peer={"dsn": "other"})):
        pass
    assert driver.closed == 1


def test_sessions_that_may_be_lost_are_opened_when_used_and_again_when_lost(driver):
    with open_session(dict(LOGIN, peer={"dsn": "other"}), reopen=True) as session:
        assert driver.connects == []
        session.query("SELECT 1 FROM dual")
        assert len(driver.connects) == 1 and session.user == "DBFERRY" and session.release[0] == 19
        driver.refusal = driver.error("DPY-4011", "gone")
        with pytest.raises(Lost):
            session.execute(Statement("ALTER DATABASE OPEN"))
        driver.refusal = None
        session.execute(Statement("ALTER DATABASE OPEN"))
        assert len(driver.connects) == 2 and session.statements == ["ALTER DATABASE OPEN"] * 2
        # The peer was not asked, and so is not known to be down.
        driver.failures = [driver.error("ORA-12541", "nobody")]
        with pytest.raises(DbferryError):
            session.peer.query("SELECT 1 FROM dual")
        session.peer.query("SELECT 1 FROM dual")
    assert driver.closed == len(driver.connects) - 1


def test_tagged_texts_become_plain_ones():
    class Tagged(str):
        pass

    value = plain({Tagged("a"): [Tagged("b"), (Tagged("c"), 1)], "n": None})
    assert value == {"a": ["b", ["c", 1]], "n": None}
    assert type(next(iter(value))) is str and type(value["a"][0]) is str and type(value["a"][1][0]) is str

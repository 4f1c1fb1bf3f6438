# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database links between two instances: what they give, what they refuse, files and definitions that travel through them."""
from __future__ import annotations

import contextlib
import os
import pathlib
import time
from collections.abc import Callable, Iterator

import oracledb
import pytest
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host
from oralab.instance import plan_faults
from oralab.net.faults import Fault
from oralab.storage import PLATFORMS, read_header

PASSWORD = "a1b2c3"
SECRETS = {"SYS": PASSWORD, "SYSTEM": PASSWORD}
HERE = DatabaseSpec("HERE", sid="here", platform_id=2, platform=PLATFORMS[2].name, passwords=SECRETS)
THERE = DatabaseSpec("THERE", sid="there", passwords=SECRETS)
COMMON = ("CREATE USER app IDENTIFIED BY app DEFAULT TABLESPACE users QUOTA UNLIMITED ON users",
          "GRANT CREATE SESSION, CREATE TABLE, CREATE DATABASE LINK, CREATE JOB, EXECUTE_CATALOG_ROLE TO app",
          "CREATE TABLE app.town (id NUMBER PRIMARY KEY, name VARCHAR2(20), born DATE, area NUMBER(8,2))")


class Pair:
    """Two databases of one tnsnames.ora."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.hosts = {name: Host(str(directory / name)) for name in ("here", "there")}
        for name, spec in (("here", HERE), ("there", THERE)):
            host = self.hosts[name]
            host.create(spec).shutdown("IMMEDIATE")
            host.start()
            for statement in COMMON:
                self.run(name, "SYSTEM", statement)
            folder = directory / f"files_{name}"
            folder.mkdir()
            self.run(name, "SYSTEM", f"CREATE DIRECTORY files AS '{folder}'", "GRANT READ, WRITE ON DIRECTORY files TO app")
        self.directory = directory
        self.run("there", "SYSTEM", "INSERT INTO app.town VALUES (1, 'Köln', DATE '0050-07-08', 405.15)",
                 "INSERT INTO app.town VALUES (2, 'Ulm', NULL, NULL)")
        admin = pathlib.Path(self.hosts["here"].home, "network", "admin")
        admin.mkdir(parents=True, exist_ok=True)
        (admin / "tnsnames.ora").write_text(
            f"there = (DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT={self.hosts['there'].port}))(CONNECT_DATA=(SERVICE_NAME=THERE)))\n"
            f"nobody = (DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT=1))(CONNECT_DATA=(SERVICE_NAME=THERE)))\n"
            f"noservice = (DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT={self.hosts['there'].port}))(CONNECT_DATA=(SERVICE_NAME=NO)))\n")

    def connect(self, name: str, user: str) -> oracledb.Connection:
        return oracledb.connect(user=user, password=PASSWORD if user == "SYSTEM" else user.lower(),
                                dsn=f"127.0.0.1:{self.hosts[name].port}/{name.upper()}")

    def run(self, name: str, user: str, *statements: str) -> None:
        with self.connect(name, user) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    made = Pair(tmp_path_factory.mktemp("links"))
    yield made
    for host in made.hosts.values():
        host.stop()


@pytest.fixture
def session(pair: Pair) -> Iterator[oracledb.Connection]:
    """The application at home, with a link to the other one."""
    with pair.connect("here", "APP") as connection:
        connection.cursor().execute("CREATE DATABASE LINK there CONNECT TO app IDENTIFIED BY \"app\" USING 'there'")
        yield connection
        connection.rollback()
        with contextlib.suppress(oracledb.Error):
            connection.cursor().execute("ALTER SESSION CLOSE DATABASE LINK there")
        connection.cursor().execute("DROP DATABASE LINK there")


def refused(call: Callable[[], object]) -> list[str]:
    """Codes of the error stack."""
    with pytest.raises(oracledb.Error) as caught:
        call()
    return [line.split(":")[0] for line in str(caught.value).split("\n") if line.startswith("ORA-")]


def test_rows_of_another_database_are_joined_with_ones_own(session: oracledb.Connection) -> None:
    cursor = session.cursor()
    cursor.execute("SELECT t.name, t.born, t.area, d.dummy FROM town@there t CROSS JOIN dual d WHERE t.id < 10 ORDER BY t.id")
    assert [row[0] for row in cursor] == ["Köln", "Ulm"]
    cursor.execute("SELECT area + 1, TO_CHAR(born, 'YYYY-MM-DD') FROM app.town@there WHERE id = 1")
    assert cursor.fetchall() == [(406.15, "0050-07-08")]
    cursor.execute("SELECT global_name FROM global_name@there")
    assert cursor.fetchall() == [("THERE",)]
    cursor.execute("INSERT INTO town SELECT id + 100, name, born, area FROM town@there")
    assert cursor.rowcount == 2
    cursor.execute("SELECT username, host FROM user_db_links")
    assert cursor.fetchall() == [("APP", "there")]


def test_a_link_is_in_use_until_the_transaction_ends(session: oracledb.Connection) -> None:
    cursor = session.cursor()
    close = "ALTER SESSION CLOSE DATABASE LINK there"
    assert refused(lambda: cursor.execute(close)) == ["ORA-02081"]
    cursor.execute("SELECT * FROM dual@there").fetchall()
    assert refused(lambda: cursor.execute(close)) == ["ORA-02080"]
    session.commit()
    cursor.execute(close)
    assert refused(lambda: cursor.callproc("DBMS_SESSION.CLOSE_DATABASE_LINK", ["there"]))[0] == "ORA-02081"


@pytest.mark.parametrize(("options", "codes"), [
    ("CONNECT TO app IDENTIFIED BY \"wrong\" USING 'there'", ["ORA-01017", "ORA-02063"]),
    ("CONNECT TO app IDENTIFIED BY \"app\" USING 'unheard_of'", ["ORA-12154"]),
    ("CONNECT TO app IDENTIFIED BY \"app\" USING 'nobody'", ["ORA-12541"]),
    ("CONNECT TO app IDENTIFIED BY \"app\" USING 'noservice'", ["ORA-12514"]),
])
def test_what_connecting_says_is_told(pair: Pair, options: str, codes: list[str]) -> None:
    with pair.connect("here", "APP") as connection:
        connection.cursor().execute(f"CREATE DATABASE LINK broken {options}")
        try:
            assert refused(lambda: connection.cursor().execute("SELECT dummy FROM dual@broken")) == codes
        finally:
            connection.cursor().execute("DROP DATABASE LINK broken")


def test_what_the_other_side_refuses_names_the_link(session: oracledb.Connection) -> None:
    cursor = session.cursor()
    assert refused(lambda: cursor.execute("SELECT * FROM nothing@there")) == ["ORA-00942", "ORA-02063"]
    assert refused(lambda: cursor.execute("SELECT * FROM dual@nowhere")) == ["ORA-02019"]
    assert refused(lambda: cursor.execute("INSERT INTO town@there (id) VALUES (3)")) == ["ORA-03001"]
    assert refused(lambda: cursor.execute("BEGIN lab$link.privileged(:1); END;", [cursor.var(int)]))[0] == "ORA-06550"


def test_global_names_wants_a_link_of_the_databases_name(session: oracledb.Connection) -> None:
    cursor = session.cursor()
    cursor.execute("ALTER SESSION SET global_names = TRUE")
    assert cursor.execute("SELECT dummy FROM dual@there").fetchall() == [("X",)]
    cursor.execute("CREATE DATABASE LINK other CONNECT TO app IDENTIFIED BY \"app\" USING 'there'")
    assert refused(lambda: cursor.execute("SELECT dummy FROM dual@other")) == ["ORA-02085"]
    cursor.execute("DROP DATABASE LINK other")


def test_a_connection_that_breaks_is_a_severe_error_and_opened_again(pair: Pair, session: oracledb.Connection) -> None:
    cursor = session.cursor()
    cursor.execute("SELECT * FROM dual@there").fetchall()
    plan_faults(pair.hosts["there"].data, [Fault("call", user="APP", statement="town", drop=True)])
    assert refused(lambda: cursor.execute("SELECT * FROM town@there").fetchall()) == ["ORA-02068", "ORA-03113"]
    assert len(cursor.execute("SELECT * FROM town@there").fetchall()) == 2


# --- files ---

def send(cursor: oracledb.Cursor, verb: str, source: str, target: str) -> None:
    arguments = ("'files'", f"'{source}'", "'there'", "'files'", f"'{target}'")
    if verb == "PUT":
        arguments = ("'files'", f"'{source}'", "'files'", f"'{target}'", "'there'")
    cursor.execute(f"BEGIN DBMS_FILE_TRANSFER.{verb}_FILE({', '.join(arguments)}); END;")


@pytest.mark.parametrize("verb", ["PUT", "GET"])
def test_a_datafile_is_converted_by_who_receives_it(pair: Pair, session: oracledb.Connection, verb: str) -> None:
    sender, receiver = ("here", "there") if verb == "PUT" else ("there", "here")
    platform = {"here": 2, "there": 13}
    file = pair.directory / f"files_{sender}" / f"{verb}.dbf"
    pair.run(sender, "SYSTEM", f"CREATE TABLESPACE ts_{verb} DATAFILE '{file}' SIZE 1M",
             f"CREATE TABLE {verb}_rows TABLESPACE ts_{verb} AS SELECT LEVEL id, 'row' word FROM dual CONNECT BY LEVEL < 2000",
             f"ALTER TABLESPACE ts_{verb} READ ONLY")
    send(session.cursor(), verb, f"{verb}.dbf", f"{verb}_copy.dbf")
    copy = pair.directory / f"files_{receiver}" / f"{verb}_copy.dbf"
    assert copy.stat().st_size == file.stat().st_size
    header = read_header(str(copy), PLATFORMS[platform[receiver]])
    assert (header.platform.id, header.tablespace) == (platform[receiver], f"TS_{verb}")
    assert refused(lambda: send(session.cursor(), verb, f"{verb}.dbf", f"{verb}_copy.dbf"))[:2] == ["ORA-19504", "ORA-27038"]


def test_files_that_are_refused(pair: Pair, session: oracledb.Connection) -> None:
    here, there = pair.directory / "files_here", pair.directory / "files_there"
    (here / "odd.bin").write_bytes(b"x" * 700)
    (there / "odd.bin").write_bytes(b"x" * 700)
    cursor = session.cursor()
    for verb in ("PUT", "GET"):
        assert refused(lambda verb=verb: send(cursor, verb, "odd.bin", "odd_copy.bin"))[:2] == ["ORA-19563", "ORA-27046"]
        assert refused(lambda verb=verb: send(cursor, verb, "none.bin", "none_copy.bin"))[0] == "ORA-19505"
    pair.run("there", "SYSTEM", "REVOKE WRITE ON DIRECTORY files FROM app")
    (here / "even.bin").write_bytes(b"x" * 1024)
    assert refused(lambda: send(cursor, "PUT", "even.bin", "even.bin"))[0] == "ORA-01031"
    pair.run("there", "SYSTEM", "GRANT WRITE ON DIRECTORY files TO app")
    send(cursor, "PUT", "even.bin", "even.bin")
    assert (there / "even.bin").read_bytes() == b"x" * 1024


def test_a_transfer_that_is_cut_off_leaves_its_part(pair: Pair, session: oracledb.Connection) -> None:
    (pair.directory / "files_here" / "long.bin").write_bytes(os.urandom(512 * 1024))
    target = pair.directory / "files_there" / "long.bin"
    plan_faults(pair.hosts["there"].data, seconds_per_write=2.0)
    job = ("BEGIN DBMS_SCHEDULER.CREATE_JOB(job_name => 'SEND', job_type => 'PLSQL_BLOCK', job_action => 'BEGIN DBMS_FILE_TRANSFER.PUT_FILE("
           "''files'', ''long.bin'', ''files'', ''long.bin'', ''there''); END;', enabled => TRUE, auto_drop => FALSE); END;")
    cursor = session.cursor()
    cursor.execute(job)
    with pair.connect("here", "SYSTEM") as other, other.cursor() as watching:
        for _ in range(600):
            watching.execute("SELECT sofar, totalwork, units FROM v$session_longops WHERE username = 'APP' AND sofar > 0")
            if (row := watching.fetchone()) is not None:
                break
            time.sleep(0.1)
        assert row is not None and 0 < row[0] < row[1] == 512 * 1024
        cursor.callproc("DBMS_SCHEDULER.STOP_JOB", ["SEND"])
    plan_faults(pair.hosts["there"].data)
    assert 0 < target.stat().st_size < 512 * 1024
    assert refused(lambda: send(cursor, "PUT", "long.bin", "long.bin"))[0] == "ORA-19504"
    cursor.callproc("DBMS_SCHEDULER.DROP_JOB", ["SEND"])


# --- Data Pump ---

def start(cursor: oracledb.Cursor, mode: str, *calls: str) -> None:
    cursor.execute(f"DECLARE h NUMBER; BEGIN h := DBMS_DATAPUMP.OPEN('IMPORT', '{mode}', 'REMOTE_SYSTEM', 'NET_{mode}'); "
                   f"DBMS_DATAPUMP.ADD_FILE(h, 'net_{mode.lower()}.log', 'FILES', filetype => 3, reusefile => 1); "
                   + " ".join(calls) + " DBMS_DATAPUMP.START_JOB(h); DBMS_DATAPUMP.DETACH(h); END;")


def closing(pair: Pair, mode: str) -> str:
    log = pair.directory / "files_here" / f"net_{mode.lower()}.log"
    for _ in range(1200):
        if log.exists() and "Job " in log.read_text(encoding="utf-8"):
            break
        time.sleep(0.1)
    return log.read_text(encoding="utf-8")


def test_definitions_and_rows_come_through_a_link(pair: Pair) -> None:
    pair.run("there", "SYSTEM", "CREATE PROFILE hurried LIMIT SESSIONS_PER_USER 3", "CREATE USER moved IDENTIFIED BY moved PROFILE hurried",
             "CREATE TABLE app.market AS SELECT * FROM app.town")
    with pair.connect("here", "SYSTEM") as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE LINK remote_system CONNECT TO system IDENTIFIED BY \"{PASSWORD}\" USING 'there'")
        start(cursor, "FULL", "DBMS_DATAPUMP.METADATA_FILTER(h, 'INCLUDE_PATH_EXPR', 'IN (''PROFILE'',''USER'')');",
              "DBMS_DATAPUMP.DATA_FILTER(h, 'INCLUDE_ROWS', 0);")
        text = closing(pair, "FULL")
        assert "Processing object type DATABASE_EXPORT/PROFILE" in text, text
        cursor.execute("SELECT profile FROM dba_users WHERE username = 'MOVED'")
        assert cursor.fetchall() == [("HURRIED",)]
        start(cursor, "SCHEMA", "DBMS_DATAPUMP.METADATA_FILTER(h, 'SCHEMA_EXPR', 'IN (''APP'')');",
              "DBMS_DATAPUMP.METADATA_FILTER(h, 'NAME_EXPR', '= ''MARKET''', 'TABLE');")
        text = closing(pair, "SCHEMA")
        cursor.execute("SELECT name FROM app.market ORDER BY id")
        assert cursor.fetchall() == [("Köln",), ("Ulm",)], text
        cursor.execute("ALTER SESSION CLOSE DATABASE LINK remote_system")
        cursor.execute("DROP DATABASE LINK remote_system")


def test_links_that_data_pump_refuses(pair: Pair) -> None:
    with pair.connect("here", "SYSTEM") as connection, connection.cursor() as cursor:
        assert refused(lambda: start(cursor, "FULL"))[:3] == ["ORA-39001", "ORA-39200", "ORA-02019"]
        cursor.execute("CREATE DATABASE LINK remote_system CONNECT TO app IDENTIFIED BY \"app\" USING 'there'")
        assert refused(lambda: start(cursor, "FULL"))[:2] == ["ORA-31631", "ORA-39149"]
        cursor.execute("ALTER SESSION CLOSE DATABASE LINK remote_system")
        cursor.execute("DROP DATABASE LINK remote_system")

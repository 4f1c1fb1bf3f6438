# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages as a client calls them: through SQL and PL/SQL of a whole database, with the rights they are granted with."""
from __future__ import annotations

import pathlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from oralab import api
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.errors import OraError
from oralab.packages import jobs

SETUP = """
CREATE TABLESPACE data DATAFILE '{folder}/data01.dbf' SIZE 10M;
CREATE TABLESPACE indx DATAFILE '{folder}/indx01.dbf' SIZE 10M;
CREATE USER hr IDENTIFIED BY "hr" DEFAULT TABLESPACE data QUOTA UNLIMITED ON data QUOTA UNLIMITED ON indx;
GRANT CREATE SESSION, CREATE TABLE, CREATE VIEW, CREATE PROCEDURE, CREATE JOB TO hr;
CREATE USER dba1 IDENTIFIED BY "dba1" DEFAULT TABLESPACE data QUOTA UNLIMITED ON data;
GRANT DBA TO dba1;
CREATE DIRECTORY dumps AS '{folder}';
GRANT READ, WRITE ON DIRECTORY dumps TO hr;
CREATE TABLE hr.orders (id NUMBER(10) CONSTRAINT orders_pk PRIMARY KEY USING INDEX TABLESPACE indx, city VARCHAR2(20), ordered DATE);
CREATE TABLE hr.log (text VARCHAR2(100))
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("db")
    made = Database.create(str(folder), DatabaseSpec(name="T19", passwords={"SYS": "s", "SYSTEM": "s"}))
    made.folder = folder  # type: ignore[attr-defined]
    with made.internal() as session:
        for statement in SETUP.format(folder=folder).split(";"):
            session.sql(statement.strip())
        session.sql("INSERT INTO hr.orders SELECT LEVEL, DECODE(MOD(LEVEL, 2), 0, 'Oslo', 'Rome'), SYSDATE FROM dual CONNECT BY "
                    "LEVEL <= 500")
    jobs.install(made)
    yield made
    made.shutdown()


@pytest.fixture
def connect(database: Database) -> Iterator[Callable[[str], Any]]:
    opened = []

    def logon(user: str) -> Any:
        session = database.logon(api.Logon(user, database.spec.default_service))
        opened.append(session)
        return session
    yield logon
    for session in opened:
        session.close()


def until(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("did not happen within a minute")


def call(session: Any, text: str, *binds: Any) -> dict[str, Any]:
    """Run a block; the values that its binds have afterwards."""
    statement = session.parse(text)
    from oralab.engine.session import type_of
    described = [api.Bind(name, type_of(value)) for name, value in zip(statement.bind_names, binds)]
    return dict(session.execute(statement, described, [list(binds)]).out)


def test_transport_set_check(connect: Callable[[str], Any]) -> None:
    administrator, other = connect("DBA1"), connect("DBA1")
    administrator.sql("BEGIN DBMS_TTS.TRANSPORT_SET_CHECK(ts_list => :names, incl_constraints => TRUE, full_check => TRUE); END;", ["DATA"])
    found = [row[0] for row in administrator.sql("SELECT violations FROM transport_set_violations")]
    assert "ORA-39907: Index HR.ORDERS_PK in tablespace INDX points to table HR.ORDERS in tablespace DATA." in found
    assert ("ORA-39908: Index HR.ORDERS_PK in tablespace INDX enforces primary constraints ORDERS_PK of table HR.ORDERS "
            "in tablespace DATA.") in found
    assert other.sql("SELECT violations FROM transport_set_violations") == []
    administrator.sql("BEGIN DBMS_TTS.TRANSPORT_SET_CHECK('DATA,INDX', TRUE); END;")
    assert administrator.sql("SELECT violations FROM transport_set_violations") == []


def test_execute_is_needed(connect: Callable[[str], Any]) -> None:
    with pytest.raises(OraError, match="PLS-00201: identifier 'DBMS_TTS"):
        connect("HR").sql("BEGIN DBMS_TTS.TRANSPORT_SET_CHECK('DATA'); END;")
    with pytest.raises(OraError, match="PLS-00201: identifier 'UTL_RECOMP"):
        connect("HR").sql("BEGIN UTL_RECOMP.RECOMP_SERIAL; END;")


def test_a_job_outlives_its_client(database: Database, connect: Callable[[str], Any]) -> None:
    client = connect("HR")
    client.sql("BEGIN DBMS_SCHEDULER.CREATE_JOB(job_name => 'FILL', job_type => 'PLSQL_BLOCK', enabled => TRUE, job_action => 'DECLARE n NUMBER; BEGIN "
               "LOOP SELECT COUNT(*) INTO n FROM log; EXIT WHEN n > 0; DBMS_SESSION.SLEEP(0.05); END LOOP; "
               "INSERT INTO log VALUES (''done''); END;'); END;")
    client.close()
    watcher = connect("DBA1")
    until(lambda: watcher.sql("SELECT username, action FROM v$session WHERE module = 'DBMS_SCHEDULER'") == [("HR", "FILL")])
    until(lambda: watcher.sql("SELECT state FROM dba_scheduler_jobs WHERE job_name = 'FILL'") == [("RUNNING",)])
    assert watcher.sql("SELECT job_name FROM dba_scheduler_running_jobs") == [("FILL",)]
    watcher.sql("INSERT INTO hr.log VALUES ('go on')")
    watcher.commit()
    until(lambda: watcher.sql("SELECT status FROM dba_scheduler_job_run_details WHERE owner = 'HR' AND job_name = 'FILL'"))
    assert watcher.sql("SELECT status, error# FROM dba_scheduler_job_run_details WHERE job_name = 'FILL'") == [("SUCCEEDED", 0)]
    assert watcher.sql("SELECT text FROM hr.log ORDER BY text") == [("done",), ("go on",)]
    until(lambda: watcher.sql("SELECT job_name FROM dba_scheduler_jobs WHERE job_name = 'FILL'") == [])


def test_a_failing_job_leaves_its_error(connect: Callable[[str], Any]) -> None:
    client = connect("HR")
    client.sql("BEGIN DBMS_SCHEDULER.CREATE_JOB('BAD', 'PLSQL_BLOCK', 'INSERT INTO nowhere VALUES (1);', enabled => TRUE, "
               "auto_drop => FALSE); END;")
    until(lambda: client.sql("SELECT state FROM user_scheduler_jobs WHERE job_name = 'BAD'") == [("FAILED",)])
    [(error, text)] = client.sql("SELECT error#, additional_info FROM user_scheduler_job_run_details WHERE job_name = 'BAD'")
    assert error == 6550
    assert "ORA-00942" in text
    with pytest.raises(OraError, match='ORA-27477: "HR"."BAD" already exists'):
        client.sql("BEGIN DBMS_SCHEDULER.CREATE_JOB('BAD', 'PLSQL_BLOCK', 'NULL;'); END;")
    client.sql("BEGIN DBMS_SCHEDULER.DROP_JOB('BAD'); END;")


def test_a_server_file_is_read_and_written(database: Database, connect: Callable[[str], Any]) -> None:
    client = connect("HR")
    client.sql("""DECLARE
  f UTL_FILE.FILE_TYPE;
BEGIN
  f := UTL_FILE.FOPEN('DUMPS', 'x.log', 'w');
  UTL_FILE.PUT_LINE(f, 'Grüße');
  UTL_FILE.FCLOSE(f);
END;""")
    folder: pathlib.Path = database.folder  # type: ignore[attr-defined]
    assert (folder / "x.log").read_text(encoding="utf-8") == "Grüße\n"
    out = call(client, """DECLARE
  log BFILE := BFILENAME('DUMPS', 'x.log');
  target_offset INTEGER := 1;
  source_offset INTEGER := 1;
  context INTEGER := 0;
  warning INTEGER;
  text CLOB;
BEGIN
  DBMS_LOB.CREATETEMPORARY(text, TRUE);
  DBMS_LOB.FILEOPEN(log, 0);
  DBMS_LOB.LOADCLOBFROMFILE(text, log, DBMS_LOB.GETLENGTH(log), target_offset, source_offset, 0, context, warning);
  DBMS_LOB.FILECLOSE(log);
  :text := text;
END;""", None)
    assert out["TEXT"] == "Grüße\n"
    assert client.sql("SELECT DBMS_LOB.FILEEXISTS(BFILENAME('DUMPS', 'x.log')), DBMS_LOB.GETLENGTH(BFILENAME('DUMPS', "
                      "'x.log')) FROM dual") == [(1, 8)]


def test_statistics_travel_in_a_table(connect: Callable[[str], Any]) -> None:
    client = connect("HR")
    client.sql("BEGIN DBMS_STATS.GATHER_SCHEMA_STATS('HR'); DBMS_STATS.CREATE_STAT_TABLE('HR', 'STATS', 'DATA'); "
               "DBMS_STATS.EXPORT_SCHEMA_STATS('HR', 'STATS', statid => 'M1'); END;")
    seen = "SELECT num_rows, last_analyzed FROM user_tables WHERE table_name = 'ORDERS'"
    distinct = "SELECT num_distinct FROM user_tab_columns WHERE table_name = 'ORDERS' ORDER BY column_id"
    before, columns = client.sql(seen), client.sql(distinct)
    assert before[0][0] == 500
    assert columns[:2] == [(500,), (2,)]
    client.sql("BEGIN DBMS_STATS.DELETE_SCHEMA_STATS('HR'); END;")
    assert client.sql(seen) == [(None, None)]
    client.sql("BEGIN DBMS_STATS.IMPORT_SCHEMA_STATS('HR', 'STATS', 'M1'); END;")
    assert (client.sql(seen), client.sql(distinct)) == (before, columns)
    assert client.sql("SELECT num_rows FROM user_indexes WHERE index_name = 'ORDERS_PK'") == [(500,)]
    with pytest.raises(OraError, match="ORA-20000"):
        client.sql("BEGIN DBMS_STATS.CREATE_STAT_TABLE('HR', 'STATS'); END;")
    client.sql("BEGIN DBMS_STATS.DROP_STAT_TABLE('HR', 'STATS'); END;")


def test_ddl_makes_the_same_table_again(connect: Callable[[str], Any]) -> None:
    client = connect("HR")
    client.sql("CREATE TABLE parts (id NUMBER(6) DEFAULT 1 NOT NULL, name VARCHAR2(30 CHAR), doc CLOB, CONSTRAINT parts_ck CHECK (id > 0), "
               "CONSTRAINT parts_pk PRIMARY KEY (id)) PARTITION BY RANGE (id) (PARTITION p1 VALUES LESS THAN (100), "
               "PARTITION p2 VALUES LESS THAN (MAXVALUE) TABLESPACE indx)")
    get = "SELECT DBMS_METADATA.GET_DDL('TABLE', 'PARTS') FROM dual"
    [(first,)] = client.sql(get)
    client.sql("DROP TABLE parts PURGE")
    client.sql(first)
    assert client.sql(get) == [(first,)]
    client.sql("DROP TABLE parts PURGE")


def test_recompilation(connect: Callable[[str], Any]) -> None:
    client, administrator = connect("HR"), connect("DBA1")
    client.sql("CREATE TABLE base (a NUMBER)")
    client.sql("CREATE VIEW over_base AS SELECT a FROM base")
    client.sql("DROP TABLE base PURGE")
    client.sql("CREATE TABLE base (a NUMBER)")
    status = "SELECT status FROM user_objects WHERE object_name = 'OVER_BASE'"
    assert client.sql(status) == [("INVALID",)]
    administrator.sql("BEGIN DBMS_UTILITY.COMPILE_SCHEMA(schema => 'HR', compile_all => FALSE, reuse_settings => TRUE); END;")
    assert client.sql(status) == [("VALID",)]
    client.sql("DROP VIEW over_base")
    client.sql("DROP TABLE base PURGE")


def test_services(database: Database, connect: Callable[[str], Any]) -> None:
    administrator = connect("DBA1")
    administrator.sql("BEGIN DBMS_SERVICE.CREATE_SERVICE('sales', 'sales'); DBMS_SERVICE.START_SERVICE('sales'); END;")
    assert "sales" in database.services()
    with pytest.raises(OraError, match="ORA-44303"):
        administrator.sql("BEGIN DBMS_SERVICE.CREATE_SERVICE('SALES', 'SALES'); END;")
    administrator.sql("BEGIN DBMS_SERVICE.STOP_SERVICE('sales'); DBMS_SERVICE.DELETE_SERVICE('sales'); END;")
    assert "sales" not in database.services()


def test_functions_in_sql(database: Database, connect: Callable[[str], Any]) -> None:
    administrator = connect("DBA1")
    [(scn,)] = administrator.sql("SELECT DBMS_FLASHBACK.GET_SYSTEM_CHANGE_NUMBER FROM dual")
    assert 0 < scn <= database.store.current_scn()
    [(rowid, object_id)] = administrator.sql("SELECT ROWID, DBMS_ROWID.ROWID_OBJECT(ROWID) FROM hr.orders WHERE id = 1")
    assert administrator.sql("SELECT data_object_id FROM dba_objects WHERE owner = 'HR' AND object_name = 'ORDERS'") == [(object_id,)]
    assert len(rowid) == 18


def test_a_sleeping_job_is_stopped(connect: Callable[[str], Any]) -> None:
    client = connect("HR")
    client.sql("BEGIN DBMS_SCHEDULER.CREATE_JOB('SLOW', 'PLSQL_BLOCK', 'DBMS_SESSION.SLEEP(60);', enabled => TRUE, auto_drop => "
               "FALSE); END;")
    state = "SELECT state FROM user_scheduler_jobs WHERE job_name = 'SLOW'"
    until(lambda: client.sql(state) == [("RUNNING",)])
    with pytest.raises(OraError, match='ORA-27478: job "HR"."SLOW" is running'):
        client.sql("BEGIN DBMS_SCHEDULER.DROP_JOB('SLOW'); END;")
    client.sql("BEGIN DBMS_SCHEDULER.STOP_JOB('SLOW'); END;")
    assert client.sql(state) == [("STOPPED",)]
    assert client.sql("SELECT status FROM user_scheduler_job_run_details WHERE job_name = 'SLOW'") == [("STOPPED",)]
    client.sql("BEGIN DBMS_SCHEDULER.DROP_JOB('SLOW'); END;")


def test_a_statistics_table_of_12_1_is_upgraded(connect: Callable[[str], Any]) -> None:
    client = connect("HR")
    client.sql("BEGIN DBMS_STATS.CREATE_STAT_TABLE('HR', 'OLDER'); END;")
    client.sql("ALTER TABLE older DROP COLUMN bl1")
    for text in ("DBMS_STATS.EXPORT_TABLE_STATS('HR', 'ORDERS', stattab => 'OLDER')", "DBMS_STATS.IMPORT_SCHEMA_STATS('HR', 'OLDER')"):
        with pytest.raises(OraError, match='ORA-20002: Version of statistics table "HR"."OLDER" is too old'):
            client.sql(f"BEGIN {text}; END;")
    client.sql("BEGIN DBMS_STATS.UPGRADE_STAT_TABLE('HR', 'OLDER'); DBMS_STATS.EXPORT_TABLE_STATS('HR', 'ORDERS', stattab => "
               "'OLDER'); END;")
    client.sql("BEGIN DBMS_STATS.DROP_STAT_TABLE('HR', 'OLDER'); END;")


def test_statements_are_parsed_without_running(connect: Callable[[str], Any]) -> None:
    client = connect("HR")
    block = "DECLARE c INTEGER; BEGIN c := DBMS_SQL.OPEN_CURSOR; DBMS_SQL.PARSE(c, :text, DBMS_SQL.NATIVE); DBMS_SQL.CLOSE_CURSOR(c); END;"
    client.sql(block, ["DELETE FROM log"])
    client.sql(block, ["CREATE TABLE made_by_parse (a NUMBER)"])
    client.sql("DROP TABLE made_by_parse PURGE")
    for wrong, code in (("SELECT a FRM log", 923), ("SELECT no_such_column FROM log", 904), ("DELETE FROM no_such_table WHERE a = :b", 942),
                        ("BEGIN no_such_thing(1); END;", 6550)):
        with pytest.raises(OraError) as caught:
            client.sql(block, [wrong])
        assert caught.value.code == code


def test_invalid_objects_of_all_schemas_are_compiled_by_sys(database: Database, connect: Callable[[str], Any]) -> None:
    client = connect("HR")
    client.sql("CREATE TABLE base2 (a NUMBER)")
    client.sql("CREATE VIEW over2 AS SELECT a FROM base2")
    client.sql("CREATE VIEW over3 AS SELECT a FROM over2")
    client.sql("DROP TABLE base2 PURGE")
    client.sql("CREATE TABLE base2 (a NUMBER)")
    status = "SELECT COUNT(*) FROM user_objects WHERE status = 'INVALID'"
    assert client.sql(status) == [(2,)]
    with database.internal() as sys:
        sys.sql("BEGIN UTL_RECOMP.RECOMP_PARALLEL(4); END;")
    assert client.sql(status) == [(0,)]
    for statement in ("DROP VIEW over3", "DROP VIEW over2", "DROP TABLE base2 PURGE"):
        client.sql(statement)


def test_locks_go_with_their_session(connect: Callable[[str], Any]) -> None:
    first, second = connect("DBA1"), connect("DBA1")
    block = ("DECLARE handle VARCHAR2(128); BEGIN DBMS_LOCK.ALLOCATE_UNIQUE('MIGRATION', handle); "
             ":got := DBMS_LOCK.REQUEST(handle, DBMS_LOCK.X_MODE, timeout => 0); END;")
    assert [call(one, block, 0)["GOT"] for one in (first, first, second)] == [0, 4, 1]
    first.close()
    assert call(second, block, 0)["GOT"] == 0


def test_jobs_go_on_after_a_restart(tmp_path: pathlib.Path) -> None:
    database = Database.create(str(tmp_path), DatabaseSpec(name="T19", passwords={"SYS": "s", "SYSTEM": "s"}))
    jobs.install(database)
    with database.internal() as session:
        session.sql("CREATE TABLE system.ticks (at DATE) TABLESPACE sysaux")
        session.sql("BEGIN DBMS_SCHEDULER.CREATE_JOB('SYSTEM.TICK', 'PLSQL_BLOCK', 'INSERT INTO ticks VALUES (SYSDATE);', "
                    "repeat_interval => 'FREQ=SECONDLY', enabled => TRUE); END;")

    def ticks() -> int:
        with database.internal() as session:
            return int(session.sql("SELECT COUNT(*) FROM system.ticks")[0][0])
    until(ticks)
    database.shutdown()
    database.startup()
    before = ticks()
    until(lambda: ticks() > before)
    database.restricted = True
    with database.internal() as session:
        until(lambda: session.sql("SELECT 1 FROM dba_scheduler_jobs WHERE job_name = 'TICK' AND state = 'SCHEDULED' "
                                  "AND next_run_date < SYSTIMESTAMP - INTERVAL '1' SECOND"))
    before = ticks()
    time.sleep(1.3)
    assert ticks() == before
    database.shutdown("ABORT")

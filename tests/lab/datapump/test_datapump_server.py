# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data Pump between two servers: a big-endian source of 12.1 and a little-endian target of 19c."""
from __future__ import annotations

import datetime
import shutil
import threading
import time

import pytest
from oralab.api import Logon
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.engine.session import Session
from oralab.errors import OraError
from oralab.packages.datapump import api
from oralab.packages.datapump.job import Job, jobs
from oralab.storage import PLATFORMS, convert_datafile

SOLARIS, LINUX = 2, 13
SETUP = (
    "CREATE USER dp IDENTIFIED BY x DEFAULT TABLESPACE users QUOTA UNLIMITED ON users",
    "GRANT CREATE SESSION, DATAPUMP_EXP_FULL_DATABASE, DATAPUMP_IMP_FULL_DATABASE TO dp",
    "GRANT READ, WRITE ON DIRECTORY dumps TO dp")
APPLICATION = (
    "CREATE PROFILE clerks LIMIT FAILED_LOGIN_ATTEMPTS 3",
    "CREATE ROLE clerk",
    "CREATE USER hr IDENTIFIED BY secret DEFAULT TABLESPACE app QUOTA UNLIMITED ON app PROFILE clerks",
    "CREATE USER pay IDENTIFIED BY secret DEFAULT TABLESPACE app QUOTA UNLIMITED ON app",
    "GRANT CREATE SESSION, CREATE TABLE, CREATE VIEW TO hr",
    "GRANT clerk TO hr",
    "CREATE TABLE hr.dept (id NUMBER CONSTRAINT dept_pk PRIMARY KEY, name VARCHAR2(20 CHAR) NOT NULL)",
    "CREATE TABLE hr.emp (id NUMBER GENERATED ALWAYS AS IDENTITY, dept NUMBER CONSTRAINT emp_dept_fk REFERENCES hr.dept, "
    "hired TIMESTAMP(3), paid INTERVAL DAY TO SECOND, photo BLOB, cv CLOB, rate BINARY_DOUBLE, twice NUMBER AS (dept * 2), "
    "CONSTRAINT emp_pk PRIMARY KEY (id), CONSTRAINT emp_ck CHECK (dept > 0))",
    "CREATE INDEX hr.emp_dept_i ON hr.emp (dept)",
    "COMMENT ON TABLE hr.emp IS 'People''s table'",
    "COMMENT ON COLUMN hr.emp.paid IS 'how long'",
    "GRANT SELECT, REFERENCES ON hr.emp TO pay",
    "GRANT SELECT ON hr.emp TO clerk",
    "CREATE TABLE pay.slip (emp NUMBER CONSTRAINT slip_fk REFERENCES hr.emp (id), at DATE) PARTITION BY RANGE (at) "
    "(PARTITION old VALUES LESS THAN (DATE '2020-01-01'), PARTITION new VALUES LESS THAN (MAXVALUE))",
    "CREATE SEQUENCE hr.seq START WITH 41 NOCACHE",
    "CREATE VIEW hr.staff AS SELECT id, dept FROM hr.emp",
    "CREATE VIEW hr.a_few AS SELECT id FROM hr.staff WHERE dept = 1",
    "CREATE SYNONYM pay.people FOR hr.emp",
    "CREATE PUBLIC SYNONYM departments FOR hr.dept",
    "CREATE USER code IDENTIFIED BY secret DEFAULT TABLESPACE users QUOTA UNLIMITED ON users",
    "GRANT CREATE SESSION, CREATE TABLE, CREATE JOB, CREATE DATABASE LINK, CREATE MATERIALIZED VIEW, CREATE PROCEDURE TO code",
    "CREATE TYPE code.money AS OBJECT (amount NUMBER, currency VARCHAR2(3))",
    "CREATE TABLE code.account (id NUMBER PRIMARY KEY, note VARCHAR2(10) DEFAULT 'none', balance NUMBER)",
    "INSERT INTO code.account VALUES (1, DEFAULT, 10)",
    "CREATE PACKAGE code.bank AS PROCEDURE open(n NUMBER); END;",
    "CREATE PACKAGE BODY code.bank AS PROCEDURE open(n NUMBER) IS BEGIN NULL; END; END;",
    "CREATE FUNCTION code.rate RETURN NUMBER IS BEGIN RETURN 1; END;",
    "CREATE PROCEDURE code.close IS BEGIN NULL; END;",
    "CREATE TRIGGER code.audit_account BEFORE INSERT ON code.account FOR EACH ROW BEGIN NULL; END;",
    "CREATE MATERIALIZED VIEW code.totals REFRESH COMPLETE ON DEMAND AS SELECT id, balance FROM code.account",
    "GRANT EXECUTE ON code.bank TO clerk",
    "CREATE INDEX code.account_note ON code.account (UPPER(note))",
    "BEGIN DBMS_SCHEDULER.CREATE_JOB(job_name => 'code.nightly', job_type => 'PLSQL_BLOCK', job_action => 'BEGIN NULL; END;', "
    "repeat_interval => 'FREQ=DAILY', enabled => FALSE); END;",
    "BEGIN DBMS_STATS.GATHER_TABLE_STATS('CODE', 'ACCOUNT'); END;",
    "INSERT INTO hr.dept VALUES (1, 'Ärzte')",
    "INSERT INTO hr.dept VALUES (2, 'Rechnung')",
    "INSERT INTO hr.emp (dept, hired, paid, photo, cv, rate) VALUES (1, TIMESTAMP '2024-02-29 01:02:03.456', "
    "INTERVAL '1 02:03:04' DAY TO SECOND, HEXTORAW('00FF'), 'x€', 0.1)",
    "INSERT INTO hr.emp (dept) VALUES (2)",
    "INSERT INTO pay.slip VALUES (1, DATE '2019-05-01')",
    "INSERT INTO pay.slip VALUES (2, DATE '2021-05-01')",
    "COMMIT")
PEOPLE = 'SELECT id, dept, hired, paid, photo, cv, rate, twice FROM hr.emp ORDER BY id'


def administrator(database):
    return Session(database, Logon("SYS", "lab", "SYSDBA"))


def run_all(session, *statements):
    for text in statements:
        session.sql(text)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("pump")


@pytest.fixture(scope="module", autouse=True)
def source(home):
    """A source with an application, its dumps of all kinds, and the converted datafile."""
    (home / "dumps").mkdir()
    source = Database.create(str(home / "source"), DatabaseSpec(
        "SALES", release="12.1", version="12.1.0.2.0", compatible="12.1.0", platform_id=SOLARIS,
        platform=PLATFORMS[SOLARIS].name, timezone_file=32))
    sys = administrator(source)
    run_all(sys, f"CREATE DIRECTORY dumps AS '{home}/dumps'", *SETUP,
            f"CREATE TABLESPACE app DATAFILE '{home}/source/app01.dbf' SIZE 2M", *APPLICATION)
    session = Session(source, Logon("DP", "sales"))
    pump(session, "EXPORT", "FULL", "META", include_rows=0)
    pump(session, "EXPORT", "SCHEMA", "BOTH", filters={"SCHEMA_EXPR": "IN ('HR','PAY')"})
    Session(source, Logon("CODE", "sales")).sql("CREATE DATABASE LINK far CONNECT TO hr IDENTIFIED BY secret USING 'far'")
    pump(session, "EXPORT", "SCHEMA", "CODE", filters={"SCHEMA_EXPR": "= 'CODE'"})
    sys.sql("ALTER TABLESPACE app READ ONLY")
    pump(session, "EXPORT", "TRANSPORTABLE", "SET", filters={"TABLESPACE_EXPR": "IN ('APP')"})
    convert_datafile(f"{home}/source/app01.dbf", f"{home}/converted.dbf", PLATFORMS[SOLARIS], PLATFORMS[LINUX])
    yield source
    source.shutdown("ABORT")


@pytest.fixture
def target(home, tmp_path):
    database = Database.create(str(tmp_path / "target"), DatabaseSpec("NEW", timezone_file=32))
    run_all(administrator(database), f"CREATE DIRECTORY dumps AS '{home}/dumps'", *SETUP)
    yield database
    if database.state == "OPEN":
        database.shutdown("ABORT")


def define(session, operation, mode, name, *, dump=None, filters=None, remaps=(), files=(), include_rows=None, **parameters):
    handle = api.open_job(session, operation, mode, None, name, "COMPATIBLE", 2)
    api.add_file(session, handle, f"{dump or name}.dmp".lower(), "DUMPS", None, 1, None)
    api.add_file(session, handle, f"{operation}_{name}.log".lower(), "DUMPS", None, 3, None)
    for filter_name, value in (filters or {}).items():
        api.metadata_filter(session, handle, filter_name, value, None, None)
    for remap, old, new in remaps:
        api.metadata_remap(session, handle, remap, old, new, None)
    for path in files:
        api.set_parameter(session, handle, "TABLESPACE_DATAFILE", str(path))
    for parameter, value in parameters.items():
        api.set_parameter(session, handle, parameter.upper(), str(value))
    if include_rows is not None:
        api.data_filter(session, handle, "INCLUDE_ROWS", str(include_rows), None, None)
    return handle


def pump(session, operation, mode, name, **more):
    """Run a job to its end; gives its state and log."""
    handle = define(session, operation, mode, name, **more)
    api.start_job(session, handle, 0, 0, 1, None)
    state = api.wait_for_job(session, handle, None)["job_state"]
    path = session.sql("SELECT directory_path FROM all_directories WHERE directory_name = 'DUMPS'")[0][0]
    with open(f"{path}/{operation}_{name}.log".lower(), encoding="utf-8") as file:
        return state, file.read()


def importer(target):
    return Session(target, Logon("DP", "new"))


def prepare(target):
    """Users, roles and profiles before the plug-in, as a migration does it."""
    return pump(importer(target), "IMPORT", "FULL", "USERS", dump="META", remaps=[("REMAP_TABLESPACE", "APP", "USERS")],
                filters={"INCLUDE_PATH_EXPR": "IN ('PROFILE','USER','ROLE','SYSTEM_GRANT','ROLE_GRANT','DEFAULT_ROLE')"})


def plug(target, *files):
    return pump(importer(target), "IMPORT", "TRANSPORTABLE", "PLUG", dump="SET", files=files)


@pytest.fixture
def converted(home, tmp_path):
    return shutil.copy(home / "converted.dbf", tmp_path / "app01.dbf")


# --- conventional ---

def test_a_schema_moves_with_rows_of_all_types(home, target):
    administrator(target).sql("CREATE TABLESPACE app DATAFILE '" + target.directory + "/app01.dbf' SIZE 2M")
    pump(importer(target), "IMPORT", "FULL", "GLOBAL", dump="META",
         filters={"INCLUDE_PATH_EXPR": "IN ('PROFILE','ROLE')"})
    state, log = pump(importer(target), "IMPORT", "SCHEMA", "BOTH", filters={"SCHEMA_EXPR": "IN ('HR','PAY')"})
    assert (state, [line for line in log.splitlines() if "ORA-" in line]) == ("COMPLETED", [])
    assert '. . imported "PAY"."SLIP":"OLD"' in log and '. . imported "PAY"."SLIP":"NEW"' in log
    sys = administrator(target)
    people = sys.sql(PEOPLE)
    assert [row[:2] + row[7:] for row in people] == [(1, 1, 2), (2, 2, 4)]
    assert people[0][2].moment == datetime.datetime(2024, 2, 29, 1, 2, 3) and people[0][2].nanos == 456000000
    assert people[0][4] == b"\x00\xff" and people[0][5] == "x€" and people[0][6] == 0.1
    assert sys.sql("SELECT name FROM departments ORDER BY id") == [("Ärzte",), ("Rechnung",)]
    assert sys.sql("SELECT emp FROM pay.slip PARTITION (new)") == [(2,)]
    assert sys.sql("SELECT id FROM hr.a_few") == [(1,)] and sys.sql("SELECT hr.seq.NEXTVAL FROM dual") == [(41,)]
    assert sys.sql("SELECT comments FROM dba_tab_comments WHERE table_name = 'EMP'") == [("People's table",)]
    with pytest.raises(OraError, match="ORA-02291"):
        sys.sql("INSERT INTO pay.slip VALUES (9, SYSDATE)")
    with pytest.raises(OraError, match="ORA-02290"):
        sys.sql("INSERT INTO hr.emp (dept) VALUES (0)")
    session = Session(target, Logon("PAY", "new"))
    assert session.sql("SELECT COUNT(*) FROM people") == [(2,)]


def test_users_bring_their_passwords(source, target):
    prepare(target)
    assert target.verifier("HR", "") == source.verifier("HR", "") is not None
    assert administrator(target).sql("SELECT profile, default_tablespace FROM dba_users WHERE username = 'HR'") == [
        ("CLERKS", "USERS")]


def test_a_full_import_fails_on_tablespaces_whose_place_is_not_there(home, target):
    state, log = pump(importer(target), "IMPORT", "FULL", "ALL", dump="META", filters={"INCLUDE_PATH_EXPR": "='TABLESPACE'"})
    assert state == "COMPLETED" and "ORA-39083: Object type TABLESPACE:\"APP\" failed to create with error:\nORA-01119" in log
    assert "Failing sql is:\nCREATE TABLESPACE \"APP\" DATAFILE" in log and "completed with" in log


def test_statements_fail_with_the_catalogs_own_errors(home, target):
    run_all(administrator(target), "CREATE USER hr IDENTIFIED BY x DEFAULT TABLESPACE users")
    state, log = pump(importer(target), "IMPORT", "SCHEMA", "BOTH", filters={
        "SCHEMA_EXPR": "= 'HR'", "EXCLUDE_PATH_EXPR": "= 'USER'"})
    assert state == "COMPLETED"
    assert 'ORA-39083: Object type TABLE:"HR"."DEPT" failed to create with error:\nORA-00959: tablespace \'APP\'' in log
    assert "ORA-39112" in log and "ORA-39083: Object type ROLE_GRANT failed to create with error:\nORA-01919" in log
    state, log = pump(importer(target), "IMPORT", "SCHEMA", "AGAIN", dump="BOTH", remaps=[("REMAP_TABLESPACE", "APP", "USERS")],
                      filters={"SCHEMA_EXPR": "= 'HR'", "INCLUDE_PATH_EXPR": "= 'TABLE'"})
    assert "ORA-01950: no privileges on tablespace 'USERS'" in log


def test_a_schema_can_come_under_another_name(home, target):
    run_all(administrator(target), "CREATE USER staff IDENTIFIED BY x QUOTA UNLIMITED ON users")
    state, log = pump(importer(target), "IMPORT", "SCHEMA", "BOTH", table_exists_action="REPLACE", filters={
        "SCHEMA_EXPR": "= 'HR'", "INCLUDE_PATH_EXPR": "= 'TABLE'"}, remaps=[
            ("REMAP_SCHEMA", "HR", "STAFF"), ("REMAP_TABLESPACE", "APP", "USERS"), ("REMAP_TABLE", "HR.DEPT", "UNIT")])
    assert '. . imported "STAFF"."UNIT"' in log
    assert administrator(target).sql("SELECT COUNT(*) FROM staff.emp e JOIN staff.unit u ON u.id = e.dept") == [(2,)]


OBJECTS = """SELECT object_type, object_name, status FROM dba_objects WHERE owner = 'CODE' AND generated = 'N'
    ORDER BY object_type, object_name"""


def test_code_and_what_else_a_schema_has(source, target):
    administrator(target).sql("CREATE ROLE clerk")
    state, log = pump(importer(target), "IMPORT", "SCHEMA", "CODE", filters={"SCHEMA_EXPR": "= 'CODE'"})
    assert (state, [line for line in log.splitlines() if "ORA-" in line]) == ("COMPLETED", [])
    sys = administrator(target)
    assert sys.sql(OBJECTS) == administrator(source).sql(OBJECTS) != []
    assert sys.sql("SELECT id, note, balance FROM code.account") == [(1, "none", 10)]
    assert sys.sql("SELECT num_rows FROM dba_tables WHERE owner = 'CODE' AND table_name = 'ACCOUNT'") == [(1,)]
    look = "SELECT enabled, repeat_interval FROM dba_scheduler_jobs WHERE owner = 'CODE' AND job_name = 'NIGHTLY'"
    assert sys.sql(look) == administrator(source).sql(look) != []
    look = "SELECT mview_name, refresh_method, build_mode FROM dba_mviews WHERE owner = 'CODE'"
    assert sys.sql(look) == administrator(source).sql(look) != []
    assert sys.sql("SELECT username, host FROM dba_db_links WHERE owner = 'CODE'") == [("HR", "far")]
    look = "SELECT column_expression FROM dba_ind_expressions WHERE index_owner = 'CODE'"
    assert sys.sql(look) == administrator(source).sql(look) != []


# --- transportable ---

def test_a_converted_set_is_plugged_in_with_its_rows(home, target, converted):
    assert prepare(target)[0] == "COMPLETED"
    state, log = plug(target, converted)
    assert (state, [line for line in log.splitlines() if "ORA-" in line]) == ("COMPLETED", [])
    sys = administrator(target)
    assert [row[0] for row in sys.sql(PEOPLE)] == [1, 2] and sys.sql("SELECT COUNT(*) FROM pay.slip") == [(2,)]
    assert sys.sql("SELECT status, plugged_in FROM dba_tablespaces WHERE tablespace_name = 'APP'") == [("READ ONLY", "YES")]
    with pytest.raises(OraError, match="ORA-00372"):
        sys.sql("INSERT INTO hr.dept VALUES (3, 'x')")
    sys.sql("ALTER TABLESPACE app READ WRITE")
    with pytest.raises(OraError, match="ORA-00001"):
        sys.sql("INSERT INTO hr.dept VALUES (1, 'x')")
    run_all(sys, "INSERT INTO hr.dept VALUES (3, 'neu')", "COMMIT")
    assert sys.sql("SELECT COUNT(*) FROM dba_views WHERE owner = 'HR'") == [(0,)]
    state, log = pump(importer(target), "IMPORT", "FULL", "CODE", dump="META", filters={
        "INCLUDE_PATH_EXPR": "IN ('VIEW','SYNONYM','SEQUENCE')"})
    assert "ORA-" not in log and sys.sql("SELECT id FROM hr.a_few") == [(1,)]
    target.shutdown("ABORT")
    target.startup()
    assert administrator(target).sql("SELECT name FROM hr.dept ORDER BY id") == [("Ärzte",), ("Rechnung",), ("neu",)]


def refused(target, *files):
    state, log = plug(target, *files)
    assert state == "STOPPED"
    assert administrator(target).sql("SELECT COUNT(*) FROM dba_tablespaces WHERE tablespace_name = 'APP'") == [(0,)]
    lines = log.splitlines()
    return lines[lines.index("ORA-39123: Data Pump transportable tablespace job aborted") + 1]


def test_without_the_owner(target, converted):
    assert refused(target, converted) == "ORA-29342: user HR does not exist in the database"


def test_without_conversion(home, target, tmp_path):
    prepare(target)
    shutil.copy(home / "source" / "app01.dbf", tmp_path / "raw.dbf")
    assert refused(target, tmp_path / "raw.dbf").startswith("ORA-01565")


def test_with_a_file_that_is_not_there(target, tmp_path):
    prepare(target)
    assert refused(target, tmp_path / "nowhere.dbf").startswith("ORA-01565")


def test_with_a_file_of_another_tablespace(home, target, tmp_path):
    prepare(target)
    convert_datafile(str(home / "source" / "users01.dbf"), str(tmp_path / "u.dbf"), PLATFORMS[SOLARIS], PLATFORMS[LINUX])
    assert refused(target, tmp_path / "u.dbf").startswith("ORA-19721")


def test_with_the_wrong_edition_of_the_file(home, target, converted, tmp_path):
    """The header says another checkpoint than the dump: a copy of another moment."""
    prepare(target)
    from oralab.storage import datafile
    header = datafile.read_header(str(converted), PLATFORMS[LINUX])
    with datafile.BlockFile(str(converted), PLATFORMS[LINUX], header.block_size) as file:
        header.checkpoint_scn -= 1
        file.write_header(header)
    assert refused(target, converted).startswith("ORA-19722")


# --- the job and the server ---

def test_a_job_outlives_its_client_and_is_watched_through_the_dictionary(home, target):
    session, sys = importer(target), administrator(target)
    handle = define(session, "IMPORT", "FULL", "LONE", dump="META", keep_master=1, filters={"INCLUDE_PATH_EXPR": "='PROFILE'"})
    look = "SELECT state, attached_sessions FROM dba_datapump_jobs WHERE owner_name = 'DP' AND job_name = 'LONE'"
    assert sys.sql(look) == [("DEFINING", 1)]
    job = jobs(target).get("DP", "LONE")
    api.start_job(session, handle, 0, 0, 1, None)
    session.close()
    assert job.ended.wait(20)
    assert sys.sql(look) == [("NOT RUNNING", 0)]
    assert sys.sql("SELECT COUNT(*) FROM dba_tables WHERE owner = 'DP' AND table_name = 'LONE'") == [(1,)]
    sys.sql('DROP TABLE dp."LONE" PURGE')
    assert sys.sql(look) == []


def test_a_definition_left_behind_goes_with_its_master_table(home, target):
    session, sys = importer(target), administrator(target)
    define(session, "IMPORT", "FULL", "LEFT", dump="META")
    session.close()
    look = "SELECT state, attached_sessions FROM dba_datapump_jobs"
    assert sys.sql(look) == [("DEFINING", 0)]
    sys.sql('DROP TABLE dp."LEFT" PURGE')
    assert sys.sql(look) == []
    define(importer(target), "IMPORT", "FULL", "LEFT", dump="META")
    assert sys.sql(look) == [("DEFINING", 1)]


def test_an_instance_that_dies_in_the_middle_of_a_job(home, target, monkeypatch):
    session, loading, progress = importer(target), threading.Event(), Job.progress

    def slowly(job, amount):
        loading.set()
        time.sleep(0.3)
        progress(job, amount)
    monkeypatch.setattr(Job, "progress", slowly)
    handle = define(session, "IMPORT", "SCHEMA", "DYING", dump="CODE", filters={"SCHEMA_EXPR": "= 'CODE'"})
    job = jobs(target).get("DP", "DYING")
    api.start_job(session, handle, 0, 0, 1, None)
    assert loading.wait(20)
    target.shutdown("ABORT")
    assert job.ended.wait(20)
    target.startup()
    sys = administrator(target)
    assert sys.sql("SELECT job_name, state FROM dba_datapump_jobs") == [("DYING", "NOT RUNNING")]
    assert sys.sql("SELECT COUNT(*) FROM code.account") == [(0,)]
    assert 'Job "DP"' not in (home / "dumps" / "import_dying.log").read_text()


def test_a_killed_instance_leaves_its_jobs_not_running(home, target):
    session = importer(target)
    define(session, "IMPORT", "FULL", "CUT", dump="META")
    target.shutdown("ABORT")
    target.startup()
    assert administrator(target).sql("SELECT job_name, state, operation, job_mode FROM dba_datapump_jobs") == [
        ("CUT", "NOT RUNNING", "IMPORT", "FULL")]
    session = importer(target)
    handle = api.attach(session, "CUT", None)
    api.stop_job(session, handle, 1, 0, 0)
    assert administrator(target).sql("SELECT COUNT(*) FROM dba_datapump_jobs") == [(0,)]


def test_a_job_needs_room_for_its_master_table(home, target):
    run_all(administrator(target), "CREATE USER poor IDENTIFIED BY x DEFAULT TABLESPACE users",
            "GRANT CREATE SESSION, CREATE TABLE TO poor")
    session = Session(target, Logon("POOR", "new"))
    with pytest.raises(OraError, match=r'ORA-31633: unable to create master table "POOR.J"\nORA-01950') as caught:
        api.open_job(session, "EXPORT", "SCHEMA", None, "J", "COMPATIBLE", 2)
    assert caught.value.code == 31626


def test_the_package_is_called_from_plsql(home, target):
    session = importer(target)
    session.sql("""
        DECLARE
          h NUMBER;
        BEGIN
          h := DBMS_DATAPUMP.OPEN(operation => 'IMPORT', job_mode => 'FULL', job_name => 'FROM_BLOCK');
          DBMS_DATAPUMP.ADD_FILE(handle => h, filename => 'block.log', directory => 'DUMPS', filetype => 3, reusefile => 1);
          DBMS_DATAPUMP.ADD_FILE(handle => h, filename => 'meta.dmp', directory => 'DUMPS',
                                 filetype => DBMS_DATAPUMP.KU$_FILE_TYPE_DUMP_FILE);
          DBMS_DATAPUMP.METADATA_FILTER(handle => h, name => 'INCLUDE_PATH_EXPR', value => 'IN (''PROFILE'')');
          DBMS_DATAPUMP.SET_PARAMETER(handle => h, name => 'METRICS', value => 1);
          DBMS_DATAPUMP.START_JOB(handle => h);
          DBMS_DATAPUMP.DETACH(handle => h);
        END;""")
    job = jobs(target).get("DP", "FROM_BLOCK")
    assert job is None or job.ended.wait(20)
    log = (home / "dumps" / "block.log").read_text()
    assert "W-1 Processing object type DATABASE_EXPORT/PROFILE\nW-1      Completed 1 PROFILE objects in 0 seconds" in log
    with pytest.raises(OraError) as caught:
        session.sql("BEGIN DBMS_DATAPUMP.DETACH(42); END;")
    assert caught.value.code == 31623 and 'ORA-06512: at "SYS.DBMS_DATAPUMP"' in caught.value.text


def test_a_wait_returns_the_state(home, target):
    from oralab.api import Bind
    from oralab.values import DataType
    session = importer(target)
    handle = define(session, "IMPORT", "FULL", "AWAITED", dump="META", filters={"INCLUDE_PATH_EXPR": "='ROLE'"})
    api.start_job(session, handle, 0, 0, 1, None)
    block = session.parse("BEGIN DBMS_DATAPUMP.WAIT_FOR_JOB(:handle, :state); END;")
    outcome = session.execute(block, [Bind("HANDLE", DataType("NUMBER")), Bind("STATE", DataType("VARCHAR2", 30))],
                              [[handle, None]])
    assert outcome.out["STATE"] == "COMPLETED"

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_DATAPUMP as a client sees it: definitions, errors, states, logs."""
from __future__ import annotations

import re
import threading
import time

import datapump_server
import pytest
from oralab.api import Logon
from oralab.catalog import model
from oralab.errors import OraError
from oralab.packages.datapump import api, job
from oralab.values import DataType

NUMBER, TEXT = DataType("NUMBER"), DataType("VARCHAR2", 20)


def column(name, type_, **more):
    return model.Column(name=name, type=type_, **more)


@pytest.fixture(autouse=True)
def sessions(monkeypatch):
    monkeypatch.setattr(job, "server_session", lambda database, user, process, name: datapump_server.Session(database, Logon(user, "")))
    monkeypatch.setattr(api, "server_session", job.server_session)


@pytest.fixture
def dumps(tmp_path):
    return tmp_path


def database(dumps, **spec):
    made = datapump_server.Database(**spec)
    made.keep(model.Directory(owner="SYS", name="DUMPS", path=str(dumps)), model.User(name="DP"), model.User(name="HR"),
              model.ObjectGrant(grantee="DP", owner="SYS", name="DUMPS", type="DIRECTORY", privilege="READ", grantor="SYS"),
              model.ObjectGrant(grantee="DP", owner="SYS", name="DUMPS", type="DIRECTORY", privilege="WRITE", grantor="SYS"))
    return made


@pytest.fixture
def source(dumps):
    made = database(dumps)
    key = model.Constraint(name="EMP_PK", type="P", columns=["ID"], index_name="EMP_PK", index_owner="HR")
    made.keep(
        model.Table(owner="HR", name="EMP", columns=[column("ID", NUMBER), column("NAME", TEXT)], tablespace="USERS",
                    constraints=[key], comment="People"),
        model.Index(owner="HR", name="EMP_PK", table_owner="HR", table_name="EMP", unique=True,
                    columns=[model.IndexColumn(name="ID")]),
        model.Table(owner="HR", name="DEPT", columns=[column("ID", NUMBER)], tablespace="USERS"),
        model.View(owner="HR", name="STAFF", text="SELECT * FROM emp"),
        model.Sequence(owner="HR", name="EMP_SEQ", last_number=121),
        model.SystemGrant(grantee="HR", privilege="CREATE TABLE"))
    made.rows = {("HR", "EMP"): [(1, "Ä"), (2, None)], ("HR", "DEPT"): []}
    return made


@pytest.fixture
def target(dumps):
    return database(dumps)


def client(database):
    return datapump_server.Session(database, Logon("DP", ""))


def define(session, operation="EXPORT", mode="SCHEMA", name="J", dump="a.dmp", log="j.log", schemas="IN ('HR')", **more):
    handle = api.open_job(session, operation, mode, None, name, "COMPATIBLE", 2)
    api.add_file(session, handle, dump, "DUMPS", None, 1, more.pop("reuse", None))
    api.add_file(session, handle, log, "DUMPS", None, 3, None)
    if schemas:
        api.metadata_filter(session, handle, "SCHEMA_EXPR", schemas, None, None)
    for parameter, value in more.items():
        api.set_parameter(session, handle, parameter.upper(), value)
    return handle


def run(session, handle):
    api.start_job(session, handle, 0, 0, 1, None)
    return api.wait_for_job(session, handle, None)["job_state"]


def exported(session, **more):
    assert run(session, define(session, **more)) == "COMPLETED"


def code(error):
    return [int(number) for number in re.findall(r"ORA-(\d{5})", error.value.text)]


# --- export and import ---

def test_export_log_has_the_lines_of_a_real_one(source, dumps):
    exported(client(source), client_command="DP/******** schemas=HR")
    lines = (dumps / "j.log").read_text().splitlines()
    assert lines[0] == 'Starting "DP"."J":  DP/******** schemas=HR '
    paths = [line.removeprefix("Processing object type SCHEMA_EXPORT/") for line in lines if line.startswith("Processing")]
    assert paths == ["TABLE/TABLE_DATA", "USER", "SYSTEM_GRANT", "DEFAULT_ROLE", "SEQUENCE/SEQUENCE", "TABLE/TABLE", "TABLE/COMMENT",
                     "TABLE/INDEX/INDEX", "TABLE/CONSTRAINT/CONSTRAINT", "VIEW/VIEW"]
    assert [line.split()[3:] for line in lines if line.startswith(". . exported")] == [
        ['"HR"."EMP"', "5.021", "KB", "2", "rows"], ['"HR"."DEPT"', "0", "KB", "0", "rows"]]
    assert lines[-5:-1] == ['Master table "DP"."J" successfully loaded/unloaded', "*" * 78, "Dump file set for DP.J is:",
                            f"  {dumps}/a.dmp"]
    assert re.fullmatch(r'Job "DP"."J" successfully completed at Fri Jan 2 03:04:05 2026 elapsed 0 00:00:0\d', lines[-1])


def test_the_older_release_estimates(dumps):
    made = database(dumps, release="12.1", version="12.1.0.2.0", compatible="12.1.0")
    made.keep(model.Table(owner="HR", name="T", columns=[column("ID", NUMBER)], tablespace="USERS", data_object_id=7))
    made.rows = {("HR", "T"): [(1,)]}
    exported(client(made))
    lines = (dumps / "j.log").read_text().splitlines()
    assert lines[1:4] == ["Estimate in progress using BLOCKS method...", "Processing object type SCHEMA_EXPORT/TABLE/TABLE_DATA",
                          "Total estimation using BLOCKS method: 64 KB"]


def test_import_makes_everything_again_in_order(source, target, dumps):
    exported(client(source))
    session = client(target)
    assert run(session, define(session, "IMPORT", "FULL", log="i.log", schemas=None)) == "COMPLETED"
    made = [text.split("(")[0].strip() for text in target.executed if not text.startswith(("INSERT", "DROP"))][2:]
    assert made[0].startswith('CREATE USER "HR" IDENTIFIED BY VALUES')
    assert [text.strip()[:33].strip() for text in made[1:]] == [
        text[:33].strip() for text in (
            'GRANT CREATE TABLE TO "HR"', 'ALTER USER "HR" DEFAULT ROLE ALL', 'CREATE SEQUENCE "HR"."EMP_SEQ" MINVALUE',
            'CREATE TABLE "HR"."EMP"', 'CREATE TABLE "HR"."DEPT"', 'COMMENT ON TABLE "HR"."EMP" IS \'People\'',
            'CREATE UNIQUE INDEX "HR"."EMP_PK" ON "HR"."EMP"', 'ALTER TABLE "HR"."EMP" ADD CONSTRAINT "EMP_PK"',
            'CREATE FORCE VIEW "HR"."STAFF" AS')]
    assert target.rows["HR", "EMP"] == [(1, "Ä"), (2, None)]
    log = (dumps / "i.log").read_text()
    assert '. . imported "HR"."EMP"' in log and "START WITH 121" in "".join(target.executed)
    assert target.catalog.get(model.Table, "DP", "J") is None


def test_remaps_reach_statements_and_rows(source, target):
    exported(client(source))
    session = client(target)
    handle = define(session, "IMPORT", "FULL", schemas=None)
    api.metadata_remap(session, handle, "REMAP_SCHEMA", "HR", "STAFFING", None)
    api.metadata_remap(session, handle, "REMAP_TABLESPACE", "USERS", "DATA", None)
    api.metadata_remap(session, handle, "REMAP_TABLE", "HR.DEPT", "UNIT", None)
    run(session, handle)
    text = "\n".join(target.executed)
    assert '"HR"' not in text and '"USERS"' not in text and 'CREATE TABLE "STAFFING"."UNIT"' in text
    assert 'TABLESPACE "DATA"' in text and target.rows == {("STAFFING", "EMP"): [(1, "Ä"), (2, None)]}


def test_path_filters_and_names(source, dumps):
    session = client(source)
    handle = define(session)
    api.metadata_filter(session, handle, "EXCLUDE_PATH_EXPR", "IN ('INDEX','CONSTRAINT','USER','STATISTICS')", None, None)
    api.metadata_filter(session, handle, "NAME_EXPR", "!= 'DEPT'", "TABLE", None)
    run(session, handle)
    log = (dumps / "j.log").read_text()
    assert "INDEX" not in log and "CONSTRAINT" not in log and "/USER" not in log and "VIEW/VIEW" in log and '"DEPT"' not in log


def test_metadata_only_and_rows_only(source, target, dumps):
    session = client(source)
    handle = define(session)
    api.data_filter(session, handle, "INCLUDE_ROWS", "0", None, None)
    run(session, handle)
    assert "TABLE_DATA" not in (dumps / "j.log").read_text() and not any("SELECT" in text for text in source.executed)
    exported(session, include_metadata="0", reuse=1, name="K", log="k.log")
    assert re.findall(r"type (\S+)", (dumps / "k.log").read_text()) == ["SCHEMA_EXPORT/TABLE/TABLE_DATA"]


# --- failures of objects ---

def imported(source, target, dumps, **more):
    exported(client(source))
    session = client(target)
    handle = define(session, "IMPORT", "FULL", log="i.log", schemas=None, **more)
    assert run(session, handle) == "COMPLETED"
    return (dumps / "i.log").read_text()


def test_what_exists_is_told_and_counted(source, target, dumps):
    target.refuses = {"CREATE USER": OraError(1920, "user name 'HR' conflicts with another user or role name"),
                      "CREATE SEQUENCE": OraError(955, "name is already used by an existing object")}
    log = imported(source, target, dumps)
    assert 'ORA-31684: Object type USER:"HR" already exists\n' in log
    assert 'ORA-31684: Object type SEQUENCE:"HR"."EMP_SEQ" already exists\n' in log
    assert 'Job "DP"."J" completed with 2 error(s) at' in log


def test_a_failing_statement_is_shown(source, target, dumps):
    target.refuses = {"GRANT": OraError(1917, "user or role 'HR' does not exist")}
    log = imported(source, target, dumps)
    assert ("ORA-39083: Object type SYSTEM_GRANT failed to create with error:\nORA-01917: user or role 'HR' does not exist\n\n"
            'Failing sql is:\nGRANT CREATE TABLE TO "HR"\n') in log


def test_dependents_of_a_table_that_failed_are_skipped(source, target, dumps):
    target.refuses = {'CREATE TABLE "HR"."EMP"': OraError(959, "tablespace 'USERS' does not exist")}
    log = imported(source, target, dumps)
    assert 'ORA-39112: Dependent object type INDEX:"HR"."EMP_PK" skipped, base object type TABLE:"HR"."EMP" creation failed' in log
    assert "imported \"HR\".\"EMP\"" not in log and ("HR", "EMP") not in target.rows


@pytest.mark.parametrize("action,told,rows", [
    ("SKIP", "ORA-39151: Table \"HR\".\"EMP\" exists.", 1), ("APPEND", "\nTable \"HR\".\"EMP\" exists. Data will be appended", 3),
    ("TRUNCATE", "\nTable \"HR\".\"EMP\" exists and has been truncated.", 3), ("REPLACE", None, 3)])
def test_tables_that_exist(source, target, dumps, action, told, rows):
    target.keep(model.Table(owner="HR", name="EMP", columns=[]))
    target.rows["HR", "EMP"] = [(0, "old")]
    log = imported(source, target, dumps, table_exists_action=action)
    assert (told or "") in log and ("ORA-" in log) == (action == "SKIP")
    assert len(target.rows["HR", "EMP"]) == rows
    assert any("CREATE UNIQUE INDEX" in text for text in target.executed) == (action == "REPLACE")


def test_rows_that_do_not_load_are_told_and_the_rest_goes_on(source, target, dumps):
    target.refuses = {"load": OraError(1, "unique constraint (HR.EMP_PK) violated")}
    log = imported(source, target, dumps)
    assert ('ORA-31693: Table data object "HR"."EMP" failed to load/unload and is being skipped due to error:\n'
            "ORA-00001: unique constraint (HR.EMP_PK) violated\n") in log
    assert "VIEW/VIEW" in log and "completed with 1 error(s)" in log


# --- jobs ---

def test_a_job_is_there_while_defined_and_gone_after_success(source):
    session = client(source)
    handle = define(session)
    (row,) = job.jobs(source).jobs()
    assert (row["OWNER_NAME"], row["JOB_NAME"], row["OPERATION"], row["JOB_MODE"], row["STATE"], row["ATTACHED_SESSIONS"]) == (
        "DP", "J", "EXPORT", "SCHEMA", "DEFINING", 1)
    assert source.catalog.get(model.Table, "DP", "J")
    with pytest.raises(OraError) as error:
        define(session)
    assert code(error) == [31634]
    run(session, handle)
    assert list(job.jobs(source).jobs()) == [] and source.catalog.get(model.Table, "DP", "J") is None


def test_a_kept_master_table_is_a_job_not_running(source):
    session = client(source)
    exported(session, keep_master="1")
    (row,) = job.jobs(source).jobs()
    assert (row["STATE"], row["ATTACHED_SESSIONS"], row["DEGREE"]) == ("NOT RUNNING", 0, 0)
    with pytest.raises(OraError) as error:
        define(session, reuse=1)
    assert code(error) == [31634]
    handle = api.attach(session, "J", None)
    api.stop_job(session, handle, 1, 0, 0)
    assert list(job.jobs(source).jobs()) == []


def test_a_client_that_vanishes_leaves_its_definition_and_a_detach_ends_it(source, dumps):
    session = client(source)
    handle = define(session)
    session.close()
    (row,) = job.jobs(source).jobs()
    assert (row["STATE"], row["ATTACHED_SESSIONS"]) == ("DEFINING", 0)
    api.detach(session, handle)
    assert list(job.jobs(source).jobs()) == [] and not (dumps / "a.dmp").exists()


def test_an_instance_that_dies_leaves_the_job_not_running(source):
    session = client(source)
    handle = define(session)
    source.store = datapump_server.Store()
    assert [row["STATE"] for row in job.jobs(source).jobs()] == ["NOT RUNNING"]
    with pytest.raises(OraError) as error:
        api.start_job(session, handle, 0, 0, 1, None)
    assert code(error) == [31623]


def test_a_fatal_error_keeps_the_master_table(source, dumps):
    session = client(source)
    handle = define(session)
    api.metadata_filter(session, handle, "NAME_EXPR", "= 'NOBODY'", None, None)
    assert run(session, handle) == "STOPPED"
    assert "ORA-31655: no data or metadata objects selected for job\nJob \"DP\".\"J\" stopped due to fatal error at" in (
        dumps / "j.log").read_text()
    assert [row["STATE"] for row in job.jobs(source).jobs()] == ["NOT RUNNING"]


class Endless:
    """Rows that come as slowly as the test wants."""

    def __init__(self):
        self.asked = threading.Event()

    def __iter__(self):
        while True:
            self.asked.set()
            time.sleep(0.0005)
            yield (1, "x")


@pytest.mark.parametrize("keep,state", [(0, []), (1, ["NOT RUNNING"])])
def test_a_running_job_is_stopped(source, dumps, keep, state):
    session = client(source)
    source.rows["HR", "EMP"] = endless = Endless()
    handle = define(session)
    api.start_job(session, handle, 0, 0, 1, None)
    assert endless.asked.wait(5)
    assert [row["STATE"] for row in job.jobs(source).jobs()] == ["EXECUTING"]
    assert {row["SESSION_TYPE"] for row in job.jobs(source).sessions()} == {"DBMS_DATAPUMP", "MASTER", "WORKER"}
    api.stop_job(session, handle, 1, keep, 30)
    assert [row["STATE"] for row in job.jobs(source).jobs()] == state
    assert (dumps / "a.dmp").exists() == bool(keep)
    assert 'Job "DP"."J" stopped by user request at' in (dumps / "j.log").read_text()
    refused(lambda: api.detach(session, handle), 31623)


def test_progress_is_shown_in_megabytes(source):
    exported(client(source))
    ((_, name, target), row), = source.longops.items()
    assert (name, target, row["UNITS"], row["USERNAME"]) == ("J", "EXPORT", "MB", "DP")
    assert row["MESSAGE"] == "J: EXPORT : 1 out of 1 MB done"


# --- arguments ---

def refused(call, *expected):
    with pytest.raises(OraError) as error:
        call()
    assert code(error)[:len(expected)] == list(expected)


def test_wrong_arguments(source, dumps):
    session = client(source)
    refused(lambda: api.open_job(session, "EXPORTS", "FULL", None, None, None, 2), 39001)
    refused(lambda: api.open_job(session, "EXPORT", "WHOLE", None, None, None, 2), 39001, 39020)
    refused(lambda: api.add_file(session, 4711, "x", "DUMPS", None, 1, None), 31623)
    handle = define(session)
    for name, value, detail in (("NO_SUCH", "1", 39049), ("TABLE_EXISTS_ACTION", "SKIP", 39208), ("METRICS", "2", 39207),
                                ("TTS_CLOSURE_CHECK", "OFF", 39208)):
        refused(lambda name=name, value=value: api.set_parameter(session, handle, name, value), 39001, detail)
    for name, path, detail in (("TABLES", None, 39036), ("SCHEMA_EXPR", "TABLE", 39037), ("NAME_EXPR", "TABLESPACE", 39038)):
        refused(lambda name=name, path=path: api.metadata_filter(session, handle, name, "= 'A'", path, None), 39001, detail)
    for file, directory, detail in (("", "DUMPS", 39144), ("x", None, 39145), ("../x", "DUMPS", 39088), ("x", "NOWHERE", 39087)):
        refused(lambda file=file, directory=directory: api.add_file(session, handle, file, directory, None, 1, None), 39001, detail)
    refused(lambda: api.add_file(session, handle, "a.dmp", "DUMPS", None, 1, None), 39001, 39000, 31641, 27038)
    refused(lambda: api.add_file(session, handle, "b.dmp", "DUMPS", "1K", 1, None), 39001, 39000, 31618)
    refused(lambda: api.metadata_transform(session, handle, "COLOUR", "1", None), 39001, 39042)
    run(session, handle)
    refused(lambda: api.detach(session, handle), 31623)


def test_a_started_job_is_not_changed_any_more(source):
    session = client(source)
    handle = define(session)
    job.jobs(source).get("DP", "J").state = "EXECUTING"
    refused(lambda: api.set_parameter(session, handle, "METRICS", "1"), 39004)
    refused(lambda: api.start_job(session, handle, 0, 0, 1, None), 39004)


def test_dumps_that_are_missing_damaged_or_cut(source, target, dumps):
    refused(lambda: define(client(target), "IMPORT", "FULL", schemas=None), 39001, 39000, 31640, 27037)
    exported(client(source))
    data = (dumps / "a.dmp").read_bytes()
    (dumps / "a.dmp").write_bytes(data[:-40])
    refused(lambda: define(client(target), "IMPORT", "FULL", schemas=None, name="K"), 39001, 39000, 31619)


def test_without_the_role_only_the_own_schema(source):
    session = client(source)
    session.roles = set()
    refused(lambda: api.open_job(session, "EXPORT", "FULL", None, None, None, 2), 31631, 39161)
    refused(lambda: api.open_job(session, "EXPORT", "TRANSPORTABLE", None, None, None, 2), 31631, 39162)
    refused(lambda: define(session), 31631, 39109)


def test_unknown_schemas_and_paths_stop_the_start(source):
    session = client(source)
    refused(lambda: run(session, define(session, schemas="IN ('NOBODY')")), 39002, 39170)
    handle = define(session, name="K", dump="k.dmp")
    api.metadata_filter(session, handle, "INCLUDE_PATH_LIST", "'TABLESPACE'", None, None)
    refused(lambda: run(session, handle), 39002, 39168)


def test_the_log_must_open(source, dumps):
    session = client(source)
    refused(lambda: run(session, define(session, log="nowhere")) if (dumps / "nowhere.log").mkdir() is None else None, 39002, 39070)


def test_a_newer_source_is_refused(source, dumps):
    exported(client(source))
    older = database(dumps, release="12.1", version="12.1.0.2.0", compatible="12.1.0")
    session = client(older)
    refused(lambda: run(session, define(session, "IMPORT", "FULL", schemas=None)), 39002, 39001, 39000, 39142)


def test_an_older_time_zone_file_is_refused(source, dumps):
    exported(client(source))
    older = database(dumps, timezone_file=18)
    session = client(older)
    refused(lambda: run(session, define(session, "IMPORT", "FULL", schemas=None)), 39002, 39405)

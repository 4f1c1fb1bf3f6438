# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data Pump jobs: what is observed, and when one is started, joined, taken as done or begun anew."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import datapump_job
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.journal import CLEANED
from ansible_collections.dbferry.oracle.plugins.modules import datapump_export, datapump_import, datapump_job_info
from fake_session import FakeSession, texts

NAME, JOB = "DBF_SALES_R1_EXP_SET", "DATAPUMP_JOB DBF_SALES_R1_EXP_SET"
LOG = ('Starting "DBFERRY"."DBF_SALES_R1_EXP_SET":  \n. . exported "QUAY"."BERTHS"    9.5 MB   55500 rows\n{0}'
       'Job "DBFERRY"."DBF_SALES_R1_EXP_SET" {1} at Mon Mar 2 08:01:00 2026 elapsed 0 00:01:26\n')
GOOD = LOG.format("", "successfully completed")
BAD = LOG.format("ORA-39123: Data Pump transportable tablespace job aborted\nORA-29335: tablespace 'QUAY_DATA' is not read only\n",
                 "stopped due to fatal error")
KILLED = GOOD[:GOOD.index("Job ")]


def want(**more):
    return dict({"migration_id": "SALES", "migration_run": 1, "purpose": "SET", "directory": "DUMP", "job_mode": "transportable",
                 "metadata_only": False,
                 "schemas": [], "tables": [], "include": [], "exclude": [], "parallel": 1, "anchor": "500", "tablespaces": ["QUAY_DATA"],
                 "full_check": True, "flashback_scn": None, "dump_of": None, "link": None, "datafiles": [], "remap_tablespaces": {}, "remap_schemas": {},
                 "table_exists": "skip"}, **more)


def session(log="", state=None, attached=0, anchor="500", progress=()):
    rows = [] if state is None else [{"operation": "EXPORT", "job_mode": "TRANSPORTABLE", "state": state, "attached_sessions": attached}]
    return FakeSession({
        datapump_job.JOB: rows, datapump_job.EXISTS: {"found": int(bool(log))}, datapump_job.READ: {"text": log},
        datapump_job.PROGRESS: list(progress),
    }).with_journal({} if anchor is None else {"anchor of " + NAME: anchor})


def steps(**more):
    return datapump_export.plan(datapump_export.observe(session(**more), want()), want())


def test_a_job_that_never_was_is_started():
    step, = steps(anchor=None)
    text = str(step.statement)
    assert "DBMS_DATAPUMP.OPEN(operation => 'EXPORT', job_mode => 'TRANSPORTABLE', job_name => 'DBF_SALES_R1_EXP_SET')" in text
    order = ["'dbf_sales_r1_exp_set.log', directory => 'DUMP', filetype => 3",
             "'dbf_sales_r1_set.dmp', directory => 'DUMP', filetype => 1, reusefile => 1",
             "TABLESPACE_EXPR', value => 'IN (''QUAY_DATA'')'", "TTS_FULL_CHECK', value => 1", "KEEP_MASTER', value => 1",
             "START_JOB", "DETACH"]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert step.remember == {"anchor of " + NAME: "500"}


@pytest.mark.parametrize("state", ["EXECUTING", "COMPLETING", "STOP PENDING", "IDLING"])
def test_a_job_at_work_is_joined(state):
    found = session(KILLED, state=state, attached=1, progress=[{"sofar": 21, "totalwork": 50, "units": "MB", "message": "42 %"}])
    observed = datapump_export.observe(found, want())
    assert observed[JOB]["verdict"] == "running" and observed[JOB]["percent"] == 42.0
    assert datapump_export.plan(observed, want()) == []


@pytest.mark.parametrize("state", [None, "NOT RUNNING"])
def test_a_job_that_ended_well_is_done_whether_or_not_its_master_table_is_left(state):
    assert steps(log=GOOD, state=state) == []


@pytest.mark.parametrize("log, state, dropped", [
    (BAD, "NOT RUNNING", True), (BAD, None, False), (KILLED, "NOT RUNNING", True), (KILLED, None, False), ("", "DEFINING", True)])
def test_a_job_that_failed_was_killed_or_hangs_is_begun_anew(log, state, dropped):
    found = steps(log=log, state=state)
    assert [text.split(" ")[0] for text in texts(found)] == (["DROP"] if dropped else []) + ["DECLARE\n"]
    if dropped:
        assert texts(found)[0] == 'DROP TABLE "DBF_SALES_R1_EXP_SET" PURGE'


def test_what_corresponds_to_another_source_is_done_anew():
    assert len(steps(log=GOOD, anchor="499")) == 1 and len(steps(log=GOOD, anchor=None)) == 1


def test_benign_messages_of_an_import_are_no_failure_and_others_are():
    log = LOG.format("ORA-39151: Table \"QUAY\".\"BERTHS\" exists. All dependent metadata and data will be skipped\n",
                     "completed with 1 error(s)")
    job = datapump_job.observe_job(session(log), want(), "EXPORT")[JOB]
    assert job["verdict"] == "completed_with_errors" and job["errors"] == ["ORA-39151"] and datapump_job.is_done(job, "500")
    log = LOG.format("ORA-39083: Object type TABLE failed to create with error:\nORA-00959: tablespace 'X' does not exist\n",
                     "completed with 1 error(s)")
    job = datapump_job.observe_job(session(log), want(), "EXPORT")[JOB]
    assert not datapump_job.is_done(job, "500")


def test_a_directory_that_is_not_there_yet_holds_no_log():
    found = session()

    def refuse(**binds):
        raise DbferryError("ORA-22285: non-existent directory or file for FILEEXISTS operation", code="ORA-22285")

    found.answers[datapump_job.EXISTS] = refuse
    assert datapump_export.observe(found, want()) == {JOB: None}

    def forbid(**binds):
        raise DbferryError("ORA-22286: insufficient privileges on file or directory to perform FILEEXISTS operation", code="ORA-22286")

    found.answers[datapump_job.EXISTS] = forbid
    with pytest.raises(DbferryError):
        datapump_export.observe(found, want())


def test_a_run_that_is_cleaned_up_needs_no_log_any_more():
    found = session().with_journal({CLEANED: True, "anchor of " + NAME: "500"})
    found.answers.clear()
    observed = datapump_export.observe(found, want())
    assert datapump_export.plan(observed, want()) == [] and observed[JOB]["good"]


@pytest.mark.parametrize("log, good", [(GOOD, True), (BAD, False), (KILLED, False)])
def test_good_and_bad_ends_are_told_apart(log, good):
    assert datapump_job.observe_job(session(log), want(), "EXPORT")[JOB]["good"] is good


def test_planned_jobs_count_as_done_in_later_phases():
    step, = steps(anchor=None)
    assert datapump_job.is_done(dict(step.effects[JOB]), "500") and not datapump_job.is_done(dict(step.effects[JOB]), "501")


@pytest.mark.parametrize("more, calls", [
    ({"job_mode": "schema", "schemas": ["QUAY", "O'NEIL"]}, ["SCHEMA_EXPR', value => 'IN (''QUAY'',''O''''NEIL'')'"]),
    ({"job_mode": "table", "tables": ["QUAY.BERTHS", "QUAY.A.B"]},
     ["SCHEMA_EXPR', value => 'IN (''QUAY'')'", "NAME_EXPR', value => 'IN (''BERTHS'',''A.B'')'"]),
    ({"job_mode": "full", "metadata_only": True, "exclude": ["STATISTICS"], "parallel": 4},
     ["EXCLUDE_PATH_EXPR', value => 'IN (''STATISTICS'')'", "INCLUDE_ROWS', value => 0", "SET_PARALLEL(handle => h, degree => 4)"]),
    ({"job_mode": "full", "include": ["PROFILE"], "flashback_scn": 77}, ["INCLUDE_PATH_EXPR", "FLASHBACK_SCN', value => 77"]),
])
def test_what_a_job_covers(more, calls):
    step, = datapump_export.plan({JOB: None}, want(**more))
    assert all(call in str(step.statement) for call in calls)


@pytest.mark.parametrize("tables", [["BERTHS"], ["QUAY.BERTHS", "PIER.P"]])
def test_one_schema_a_table_job(tables):
    with pytest.raises(Refused) as caught:
        datapump_export.plan({JOB: None}, want(job_mode="table", tables=tables))
    assert caught.value.code == "ORA-39039"


def test_a_plug_in_is_written_down_before_it_begins():
    job = "DATAPUMP_JOB DBF_SALES_R1_IMP_SET"
    step, = datapump_import.plan({job: None}, want(datafiles=["/u02/a.dbf", "/u02/b.dbf"], remap_tablespaces={"QUAY_DATA": "NEW"}))
    text = str(step.statement)
    assert text.count("TABLESPACE_DATAFILE") == 2 and text.index("/u02/a.dbf") < text.index("/u02/b.dbf")
    assert "reusefile => 1" in text.split("dmp")[0]
    assert "reusefile" not in text.split("dmp")[1], "an import never writes its dump file"
    assert "REMAP_TABLESPACE', old_value => 'QUAY_DATA', value => 'NEW'" in text and "TABLE_EXISTS_ACTION" not in text
    assert step.remember["plugged in NEW"] == ["/u02/a.dbf", "/u02/b.dbf"]
    assert step.effects["TABLESPACE NEW"]["ours"] and step.effects["TABLESPACE NEW"]["status"] == "READ ONLY"


def test_several_imports_read_one_dump():
    step, = datapump_import.plan({"DATAPUMP_JOB DBF_SALES_R1_IMP_CODE": None}, want(purpose="CODE", dump_of="METADATA", job_mode="full"))
    assert "dbf_sales_r1_metadata.dmp" in str(step.statement) and "TABLE_EXISTS_ACTION', value => 'SKIP'" in str(step.statement)


def info(found, **more):
    options = want(**dict({"operation": "export", "fail": True}, **more))
    return datapump_job_info.report(datapump_job_info.observe(found, options), options)


def test_waiting_ends_when_the_job_does():
    assert info(session(KILLED, state="EXECUTING", attached=1))["finished"] is False
    assert info(session(GOOD))["finished"] is True and info(session(GOOD))["job"]["rows"] == 55500


def test_a_job_that_ended_badly_fails_with_its_own_code():
    with pytest.raises(DbferryError) as caught:
        info(session(BAD, state="NOT RUNNING"))
    assert caught.value.code == "ORA-39123" and "ORA-29335" in caught.value.message and "dbf_sales_r1_exp_set.log" in caught.value.hint
    assert info(session(BAD), fail=False)["job"]["verdict"] == "failed"


@pytest.mark.parametrize("found", [session(KILLED), session()], ids=["killed", "not there"])
def test_a_job_that_cannot_be_waited_for(found):
    with pytest.raises(DbferryError) as caught:
        info(found)
    assert caught.value.code == "DBF-0131"


def test_an_import_that_would_leave_out_what_others_own_is_refused():
    for roles, mode, hindered in ((["IMP_FULL_DATABASE"], "full", False), ([], "schema", False), ([], "full", True), ([], "transportable", True)):
        state = {"ROLE " + role: {"enabled": True} for role in roles}
        found = datapump_import.obstacle(state, want(job_mode=mode))
        assert (found is not None and found.code == "DBF-0132") == hindered


def test_what_was_serious_is_told_first():
    job = {"verdict": "completed_with_errors", "serious": ["ORA-39083", "ORA-01950"], "errors": [], "log_file": "x.log", "messages": [
        "ORA-39151: Table A exists"] * 9 + ["ORA-39083: Object type TABLE failed to create", "ORA-01950: no privileges on tablespace 'USERS'"]}
    error = datapump_job.failed({JOB: job}, want())
    assert error.message.split(": ", 1)[1].startswith("ORA-39083: Object type TABLE failed to create; ORA-01950")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_catalog import FakeDatabase, FakeSession
from oralab.catalog import model
from oralab.errors import OraError
from oralab.packages import jobs

CREATE = "DBMS_SCHEDULER.CREATE_JOB"


@pytest.fixture
def work() -> list[Any]:
    """What jobs do: called with session, text and binds."""
    return [lambda session, text, binds: None]


@pytest.fixture(autouse=True)
def scheduler(database: FakeDatabase, monkeypatch: pytest.MonkeyPatch, keep: Any, work: list[Any]) -> Iterator[jobs.Coordinator]:
    def open_session(base: Any, user: str, process: str, module: str = "", action: str = "") -> FakeSession:
        session = FakeSession(base, user)
        session.work = lambda *call: work[0](*call)
        session.module, session.action = module, action
        return session
    monkeypatch.setattr(jobs, "open_session", open_session)
    keep(model.SystemGrant(grantee="HR", privilege="CREATE JOB"))
    coordinator = jobs.coordinator(database)
    coordinator.start()
    yield coordinator
    coordinator.stop()


def until(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError("did not happen within a minute")


def job(database: FakeDatabase, name: str = "J") -> Any:
    return database.catalog.get(model.SchedulerJob, "HR", name)


def runs(database: FakeDatabase) -> list[model.JobRun]:
    return database.catalog.all(model.JobRun)


def refused(code: int, call: Any, *args: Any, **named: Any) -> OraError:
    with pytest.raises(OraError) as caught:
        call(*args, **named)
    assert caught.value.code == code
    return caught.value


def test_a_job_runs_once_and_is_dropped(session: FakeSession, database: FakeDatabase, work: list[Any]) -> None:
    seen = []
    work[0] = lambda runner, text, binds: seen.append((runner.user, runner.module, runner.action, text))
    session.call(CREATE, "j", "PLSQL_BLOCK", "null;", enabled=True)
    until(lambda: job(database) is None)
    assert seen == [("HR", "DBMS_SCHEDULER", "J", "BEGIN null; END;")]
    assert [(run.job_name, run.status, run.error) for run in runs(database)] == [("J", "SUCCEEDED", 0)]


def test_a_failing_job_says_why(session: FakeSession, database: FakeDatabase, work: list[Any]) -> None:
    def fail(*call: Any) -> None:
        raise OraError(1403, "no data found")
    work[0] = fail
    session.call(CREATE, "j", "PLSQL_BLOCK", "BEGIN x; END;", enabled=True, auto_drop=False)
    until(lambda: job(database).state == "FAILED")
    assert job(database).failure_count == 1
    assert not job(database).enabled
    assert [(run.status, run.error, run.additional_info) for run in runs(database)] == [
        ("FAILED", 1403, "ORA-01403: no data found")]


def test_a_disabled_job_waits(session: FakeSession, database: FakeDatabase) -> None:
    session.call(CREATE, "j", "PLSQL_BLOCK", "null;", auto_drop=False)
    assert (job(database).state, job(database).next_run_date) == ("DISABLED", None)
    session.call("DBMS_SCHEDULER.ENABLE", "J")
    until(lambda: job(database).state == "SUCCEEDED")


def test_repeating_jobs_go_on(session: FakeSession, database: FakeDatabase) -> None:
    session.call(CREATE, "j", "PLSQL_BLOCK", "null;", repeat_interval="FREQ=SECONDLY", enabled=True)
    until(lambda: job(database).run_count)
    assert job(database).state in ("SCHEDULED", "RUNNING")
    session.call("DBMS_SCHEDULER.DISABLE", "J", True)
    assert job(database).enabled is False
    refused(27412, session.call, "DBMS_SCHEDULER.SET_ATTRIBUTE", "J", "repeat_interval", "FREQ=NEVER")
    refused(27469, session.call, "DBMS_SCHEDULER.SET_ATTRIBUTE", "J", "colour", "red")


def test_nothing_runs_with_job_queue_processes_0(session: FakeSession, database: FakeDatabase) -> None:
    database.parameters.job_queue_processes = 0
    session.call(CREATE, "j", "PLSQL_BLOCK", "null;", enabled=True, auto_drop=False)
    time.sleep(0.5)
    assert job(database).state == "SCHEDULED"
    refused(27492, session.call, "DBMS_SCHEDULER.RUN_JOB", "J", False)
    database.parameters.job_queue_processes = 1
    until(lambda: job(database).state == "SUCCEEDED")


def test_running_jobs_can_be_stopped(session: FakeSession, database: FakeDatabase, work: list[Any],
                                     scheduler: jobs.Coordinator) -> None:
    started = threading.Event()

    def forever(runner: FakeSession, text: str, binds: Any) -> None:
        started.set()
        while not runner.cancelled():
            time.sleep(0.01)
        raise OraError(1013, "user requested cancel of current operation")
    work[0] = forever
    session.call(CREATE, "j", "PLSQL_BLOCK", "x;", enabled=True, auto_drop=False)
    assert started.wait(60)
    assert job(database).state == "RUNNING"
    assert ("HR", "J") in scheduler.running
    assert refused(27478, session.call, "DBMS_SCHEDULER.DROP_JOB", "J").message == 'job "HR"."J" is running'
    session.call("DBMS_SCHEDULER.STOP_JOB", "J")
    assert job(database).state == "STOPPED"
    assert runs(database)[0].additional_info == "REASON=\"Stop job called by user: 'HR'\""
    assert refused(27366, session.call, "DBMS_SCHEDULER.STOP_JOB", "J").message == 'job "HR"."J" is not running'
    session.call("DBMS_SCHEDULER.DROP_JOB", "J")
    assert job(database) is None


def test_run_job_in_the_current_session(session: FakeSession, database: FakeDatabase) -> None:
    session.call(CREATE, "j", "STORED_PROCEDURE", "HR.P", number_of_arguments=1)
    refused(27457, session.call, "DBMS_SCHEDULER.ENABLE", "J")
    session.call("DBMS_SCHEDULER.SET_JOB_ARGUMENT_VALUE", "J", 1, "x")
    session.call("DBMS_SCHEDULER.RUN_JOB", "J")
    assert session.executed == ["BEGIN HR.P(:1); END;"]
    assert (job(database).run_count, len(runs(database))) == (0, 1)


def test_names_and_rights(session: FakeSession, database: FakeDatabase) -> None:
    session.call(CREATE, "j", "PLSQL_BLOCK", "null;")
    assert refused(27477, session.call, CREATE, "HR.J", "PLSQL_BLOCK", "null;").message == '"HR"."J" already exists'
    assert refused(27475, session.call, "DBMS_SCHEDULER.DROP_JOB", "NONE").message == 'unknown job "HR"."NONE"'
    refused(27476, session.call, "DBMS_SCHEDULER.ENABLE", "NONE")
    refused(27486, session.call, CREATE, "OE.J", "PLSQL_BLOCK", "null;")
    refused(27486, FakeSession(database, "OE").call, "DBMS_SCHEDULER.DROP_JOB", "HR.J")
    refused(27452, session.call, CREATE, "a b", "PLSQL_BLOCK", "null;")
    refused(27486, session.call, "DBMS_SCHEDULER.SET_SCHEDULER_ATTRIBUTE", "SCHEDULER_DISABLED", "TRUE")
    database.release = "12.1"
    assert refused(27475, session.call, "DBMS_SCHEDULER.DROP_JOB", "NONE").message == '"HR.NONE" must be a job'


def test_a_start_date_is_waited_for(session: FakeSession, database: FakeDatabase) -> None:
    later = datetime.datetime.now() + datetime.timedelta(hours=1)
    session.call(CREATE, "j", "PLSQL_BLOCK", "null;", start_date=later, enabled=True)
    assert jobs.local(job(database).next_run_date) == later
    time.sleep(0.3)
    assert job(database).state == "SCHEDULED"

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job coordinator of an instance: runs DBMS_SCHEDULER and DBMS_JOB jobs as sessions of their owners.

``install`` gives an instance its coordinator, which then begins to work at every open; ``coordinator`` finds it. Sessions of
jobs are sessions that nobody logged on to: no password, no CREATE SESSION (documented).
"""
from __future__ import annotations

import dataclasses
import datetime
import threading
import time
import weakref
from typing import Any

from oralab import api
from oralab.catalog import model
from oralab.errors import OraError
from oralab.packages import calendaring
from oralab.values import IntervalDS, Timestamp

LOG_LINES = 4000
"""Longest ADDITIONAL_INFO, in characters (documented column size)."""


def timestamp(moment: datetime.datetime) -> Timestamp:
    """A server time as the dictionary's TIMESTAMP WITH TIME ZONE."""
    offset = int((time.localtime().tm_gmtoff or 0) / 60)
    sign, minutes = "-" if offset < 0 else "+", abs(offset)
    return Timestamp(moment.replace(microsecond=0), moment.microsecond * 1000, f"{sign}{minutes // 60:02d}:{minutes % 60:02d}",
                     offset)


def local(value: Any) -> datetime.datetime | None:
    """A DATE or timestamp as the server's local time."""
    if isinstance(value, Timestamp):
        moment = value.moment.replace(microsecond=value.nanos // 1000)
        return moment if value.zone is None else moment + datetime.timedelta(
            seconds=(time.localtime().tm_gmtoff or 0) - value.offset * 60)
    return value if isinstance(value, datetime.datetime) else None


@dataclasses.dataclass(slots=True)
class Run:
    """A job that is running: a row of DBA_SCHEDULER_RUNNING_JOBS."""

    owner: str
    job_name: str
    session: Any
    started: datetime.datetime
    requested: datetime.datetime
    slave: int = 0
    stopped_by: str = ""


class Coordinator:
    """Starts what is due, at most JOB_QUEUE_PROCESSES at a time."""

    def __init__(self, database: Any) -> None:
        self._database = weakref.ref(database)
        self.running: dict[tuple[str, str], Run] = {}
        self.editing = threading.RLock()
        """Held from reading a job until what was changed of it is kept: a run that begins or ends does not undo what a user does meanwhile, and
        who sees that a job has ended may drop it."""
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False

    @property
    def database(self) -> Any:
        return self._database()

    @property
    def catalog(self) -> Any:
        return self.database.catalog

    # --- life ---

    def start(self) -> None:
        """Begin to run jobs; what a crash left as running goes back to its schedule (assumed)."""
        if self._thread and self._thread.is_alive():
            return
        for job in self.catalog.all(model.SchedulerJob):
            if job.state == "RUNNING" and not self.database.read_only:
                self.finish(job, Run(job.owner, job.name, None, self.now(), self.now(), stopped_by="instance"), None)
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="job coordinator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """No new jobs; running ones are cancelled and awaited."""
        with self._changed:
            self._stopping = True
            runs = list(self.running.values())
            self._changed.notify_all()
        for run in runs:
            run.stopped_by = run.stopped_by or "shutdown"
            _cancel(run)
        if self._thread:
            self._thread.join(10)
        with self._changed:
            self._changed.wait_for(lambda: not self.running, 10)

    def wake(self) -> None:
        """A schedule changed."""
        with self._changed:
            self._changed.notify_all()

    def now(self) -> datetime.datetime:
        found: datetime.datetime = self.database.now()
        return found

    def _loop(self) -> None:
        while True:
            with self._changed:
                self._changed.wait(0.25)
            if self._stopping or self.database is None or self.database.state == "DOWN":
                return
            if self.may_run():
                self._start_due()

    def may_run(self) -> bool:
        """Whether jobs run at all now: not in a read only instance, nor with JOB_QUEUE_PROCESSES=0."""
        disabled = self.catalog.get(model.SchedulerAttribute, "SCHEDULER_DISABLED")
        database = self.database
        return bool(database.state == "OPEN" and not database.read_only and self.limit() > 0
                    and not (disabled and disabled.value == "TRUE"))

    def may_begin(self, job: model.SchedulerJob) -> bool:
        """In a restricted instance, only a job with ALLOW_RUNS_IN_RESTRICTED_MODE whose owner may log on then (documented)."""
        if not self.database.restricted:
            return True
        if str(job.attributes.get("allow_runs_in_restricted_mode")).upper() not in ("TRUE", "1"):
            return False
        session = open_session(self.database, job.owner, "CJQ0")
        try:
            return bool(self.catalog.privileges.has(session, "RESTRICTED SESSION"))
        finally:
            session.close()

    def limit(self) -> int:
        return int(self.database.parameters.number("job_queue_processes"))

    def _start_due(self) -> None:
        now = self.now()
        for job in self.catalog.all(model.SchedulerJob):
            due = local(job.next_run_date)
            if (job.enabled and job.state == "SCHEDULED" and due and due <= now
                    and (job.owner, job.name) not in self.running and len(self.running) < self.limit() and self.may_begin(job)):
                self.launch(job, due)
        for legacy in self.catalog.all(model.LegacyJob) if not self.database.restricted else ():
            key = (legacy.log_user, f"DBMS_JOB$_{legacy.job}")
            if not legacy.broken and legacy.next_date <= now and key not in self.running and len(self.running) < self.limit():
                self._begin(Run(*key, None, now, legacy.next_date), self._run_legacy, legacy)

    # --- scheduler jobs ---

    def launch(self, job: model.SchedulerJob, requested: datetime.datetime) -> None:
        """Run a job in a session of its own."""
        self._begin(Run(job.owner, job.name, None, self.now(), requested), self._run_job, job)

    def _begin(self, run: Run, work: Any, record: Any) -> None:
        with self._changed:
            slaves = {other.slave for other in self.running.values()}
            run.slave = next(number for number in range(1000) if number not in slaves)
            self.running[run.owner, run.job_name] = run
        threading.Thread(target=self._process, args=(run, work, record), name=f"J{run.slave:03d}", daemon=True).start()

    def _process(self, run: Run, work: Any, record: Any) -> None:
        try:
            work(run, record)
        finally:
            self._over(run)

    def _over(self, run: Run) -> None:
        with self._changed:
            if self.running.get((run.owner, run.job_name)) is run:
                del self.running[run.owner, run.job_name]
            self._changed.notify_all()

    def _run_job(self, run: Run, job: model.SchedulerJob) -> None:
        error: OraError | None = None
        try:
            run.session = open_session(self.database, job.owner, f"J{run.slave:03d}", "DBMS_SCHEDULER", job.name)
            self._mark(job, run.session.sid)
            try:
                if not run.stopped_by:
                    execute(run.session, job)
                run.session.commit()
            except OraError as failure:
                error = failure
                run.session.rollback()
            finally:
                run.session.close()
        except OraError as failure:
            error = failure
        with self.editing:
            current = self.catalog.get(model.SchedulerJob, job.owner, job.name)
            if current is not None and self.database.state == "OPEN":
                self.finish(current, run, error)
            self._over(run)

    def _mark(self, job: model.SchedulerJob, sid: int) -> None:
        """The job runs in that session."""
        with self.editing:
            current = self.catalog.get(model.SchedulerJob, job.owner, job.name)
            if current is not None:
                with self.catalog.change() as change:
                    edited = change.edit(current)
                    edited.state, edited.attributes["session_id"] = "RUNNING", sid

    def finish(self, job: model.SchedulerJob, run: Run, error: OraError | None) -> None:
        """Log a run and decide what becomes of the job."""
        ended = self.now()
        duration = IntervalDS(int((ended - run.started).total_seconds() * 10 ** 9))
        self.log(job, run, error, ended)
        with self.catalog.change() as change:
            edited = change.edit(job)
            edited.attributes.pop("session_id", None)
            edited.run_count += 1
            edited.failure_count += bool(error and not run.stopped_by)
            edited.last_start_date, edited.last_run_duration = timestamp(run.started), duration
            following = self.following(edited, run.requested, ended)
            if edited.max_failures and edited.failure_count >= edited.max_failures:
                edited.state, edited.enabled = "BROKEN", False
            elif following is not None and not (edited.max_runs and edited.run_count >= edited.max_runs):
                edited.state, edited.next_run_date = "SCHEDULED" if edited.enabled else "DISABLED", timestamp(following)
            else:
                once = "STOPPED" if run.stopped_by else "FAILED" if error else "SUCCEEDED"
                edited.state = "COMPLETED" if edited.repeat_interval else once
                edited.enabled, edited.next_run_date = False, None
                if edited.auto_drop:
                    change.remove(edited)

    def following(self, job: model.SchedulerJob, last: datetime.datetime, after: datetime.datetime) -> datetime.datetime | None:
        """Next run of a repeating job, None when there is none."""
        if not job.repeat_interval:
            return None
        start = local(job.start_date) or last
        if calendaring.is_calendar(job.repeat_interval):
            found = calendaring.next_run(job.repeat_interval, start, after)
        else:
            found = evaluate(self.database, job.owner, job.repeat_interval)
        end = local(job.end_date)
        return None if found is None or (end and found > end) else found

    def log(self, job: model.SchedulerJob, run: Run, error: OraError | None, ended: datetime.datetime) -> None:
        """A row of DBA_SCHEDULER_JOB_LOG and DBA_SCHEDULER_JOB_RUN_DETAILS."""
        status = "STOPPED" if run.stopped_by else "FAILED" if error else "SUCCEEDED"
        info = error.text[:LOG_LINES] if error and not run.stopped_by else None
        if run.stopped_by:
            info = f"REASON=\"Stop job called by user: '{run.stopped_by}'\""
        numbers = [entry.log_id for entry in self.catalog.all(model.JobRun)]
        with self.catalog.change() as change:
            change.save(model.JobRun(
                log_id=max(numbers, default=0) + 1, owner=job.owner, job_name=job.name, status=status,
                error=error.code if error and not run.stopped_by else 0, log_date=timestamp(ended),
                requested_start=timestamp(run.requested), actual_start=timestamp(run.started),
                run_duration=IntervalDS(int((ended - run.started).total_seconds()) * 10 ** 9),
                session_id=f"{run.session.sid},{run.session.serial}" if run.session else "", additional_info=info,
                errors=error.text[:LOG_LINES] if error and not run.stopped_by else None))

    def stop_job(self, owner: str, name: str, user: str, timeout: float = 30) -> bool:
        """Cancel a running job and wait for its end. False when it was not running."""
        with self._changed:
            run = self.running.get((owner, name))
            if run is None:
                return False
            run.stopped_by = user
            _cancel(run)
            self._changed.wait_for(lambda: (owner, name) not in self.running, timeout)
            return True

    # --- DBMS_JOB ---

    def _run_legacy(self, run: Run, job: model.LegacyJob) -> None:
        failed = False
        following: datetime.datetime | None = None
        run.session = open_session(self.database, job.priv_user, f"J{run.slave:03d}")
        try:
            if job.interval.lower() != "null":
                following = evaluate(self.database, job.priv_user, job.interval)
            run.session.sql(block(job.what))
            run.session.commit()
        except OraError:
            failed = True
            run.session.rollback()
        finally:
            run.session.close()
        current = self.catalog.get(model.LegacyJob, str(job.job))
        if current is None or self.database.state != "OPEN":
            return
        with self.catalog.change() as change:
            if following is None and not failed:
                change.remove(current)
                return
            edited = change.edit(current)
            edited.last_date = self.now() if not failed else edited.last_date
            edited.failures = edited.failures + 1 if failed else 0
            edited.broken = edited.failures >= 16
            pause = datetime.timedelta(minutes=2 ** edited.failures)
            edited.next_date = self.now() + pause if failed or following is None else following


_coordinators: weakref.WeakKeyDictionary[Any, Coordinator] = weakref.WeakKeyDictionary()


def coordinator(database: Any) -> Coordinator:
    """The coordinator of an instance."""
    return _coordinators.setdefault(database, Coordinator(database))


def install(database: Any) -> None:
    """Let jobs run from now on, and after every start of the instance."""
    database.on_open.append(lambda opened: coordinator(opened).start())
    database.on_close.append(lambda closing: coordinator(closing).stop())
    if database.state == "OPEN":
        coordinator(database).start()


def open_session(database: Any, user: str, process: str, module: str = "", action: str = "") -> Any:
    """A session of a background process working for ``user``; ``process`` is its name (J000, DM00)."""
    from oralab.engine.session import Session
    session = Session(database, api.Logon(user, "SYS$USERS", program=f"oracle@{database.spec.host} ({process})"))
    if database.spec.is_cdb:
        session.parameters["container"] = database.spec.pdb
    session.set_attributes({"module": module, "action": action})
    return session


def _cancel(run: Run) -> None:
    if run.session is not None:
        run.session.cancelled = lambda: True


def block(action: str) -> str:
    """The anonymous block that a job's action stands for."""
    text = action.strip()
    return text if text.upper().startswith(("BEGIN", "DECLARE")) else f"BEGIN {text} END;"


def execute(session: Any, job: model.SchedulerJob) -> None:
    """Run a job's action in a session."""
    if job.job_type == "STORED_PROCEDURE":
        marks = ", ".join(f":{position}" for position in range(1, job.number_of_arguments + 1))
        values = [job.arguments.get(position) for position in range(1, job.number_of_arguments + 1)]
        session.sql(f"BEGIN {job.action}{f'({marks})' if marks else ''}; END;", values)
    else:
        session.sql(block(job.action))


def evaluate(database: Any, user: str, expression: str) -> datetime.datetime | None:
    """Value of a date expression such as ``SYSDATE + 1``."""
    session = open_session(database, user, "CJQ0")
    try:
        [[value]] = session.sql(f"SELECT {expression} FROM dual")
        return local(value)
    finally:
        session.close()

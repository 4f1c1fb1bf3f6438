# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_SCHEDULER (documented) and DBMS_JOB over the instance's job coordinator.

Every procedure commits, as a DDL does. Messages name a job as ``"OWNER"."JOB"`` in 19c and ``"OWNER.JOB"`` in 12.1
(seen in transcripts of both).
"""
from __future__ import annotations

import copy
import datetime
import re
from collections.abc import Sequence
from typing import Any

from oralab.catalog import model
from oralab.errors import OraError, not_simulated
from oralab.packages import calendaring, jobs
from oralab.packages.registry import Package, Param
from oralab.values import Timestamp

STOP_ON_FIRST_ERROR = "STOP_ON_FIRST_ERROR"
JOB_TYPES = ("PLSQL_BLOCK", "STORED_PROCEDURE")
OTHER_JOB_TYPES = ("EXECUTABLE", "CHAIN", "EXTERNAL_SCRIPT", "SQL_SCRIPT", "BACKUP_SCRIPT")
_MOMENT = "TIMESTAMP WITH TIME ZONE"
_COMMIT = Param("commit_semantics", default=STOP_ON_FIRST_ERROR)
_ATTRIBUTES: dict[str, str] = {
    "job_action": "action", "job_type": "job_type", "start_date": "start_date", "repeat_interval": "repeat_interval",
    "end_date": "end_date", "comments": "comments", "auto_drop": "auto_drop", "restartable": "restartable",
    "max_runs": "max_runs", "max_failures": "max_failures", "job_class": "job_class", "instance_id": "instance_id",
    "number_of_arguments": "number_of_arguments"}
"""Attributes with a field of their own in the job's record."""
_FURTHER = {"logging_level", "job_priority", "schedule_limit", "max_run_duration", "stop_on_window_close", "raise_events",
            "instance_stickiness", "job_weight", "allow_runs_in_restricted_mode", "restart_on_recovery", "restart_on_failure",
            "store_output", "database_role", "parallel_instances", "follow_default_timezone"}
_GLOBAL = {"SCHEDULER_DISABLED", "LOG_HISTORY", "DEFAULT_TIMEZONE", "MAX_JOB_SLAVE_PROCESSES", "EVENT_EXPIRY_TIME",
           "EMAIL_SERVER", "EMAIL_SENDER", "FILE_WATCHER_COUNT"}

DBMS_SCHEDULER = Package("DBMS_SCHEDULER", constants={
    "LOGGING_OFF": 32, "LOGGING_RUNS": 64, "LOGGING_FAILED_RUNS": 128, "LOGGING_FULL": 256})
DBMS_JOB = Package("DBMS_JOB")


# --- names and rights ---

def split_name(session: Any, name: str | None) -> tuple[str, str]:
    """``[schema.]job`` in dictionary spelling. ORA-27452."""
    parts = re.fullmatch(r'\s*(?:("[^"]+"|[\w$#]+)\.)?("[^"]+"|[\w$#]+)\s*', name or "")
    limit = 30 if session.database.release == "12.1" else 128
    if parts is None:
        raise OraError(27452, f"{name} is an invalid name for a database object.")
    owner, job = (part[1:-1] if part and part[0] == '"' else (part or "").upper() for part in parts.groups())
    if len(job) > limit:
        raise OraError(27452, f"{name} is an invalid name for a database object.")
    return owner or session.schema, job


def label(session: Any, owner: str, name: str) -> str:
    return f'"{owner}.{name}"' if session.database.release == "12.1" else f'"{owner}"."{name}"'


def _find(session: Any, name: str | None, code: int = 27475) -> model.SchedulerJob:
    """A job by its name. ORA-27475 or 27476 when there is none, ORA-27486 without rights on it."""
    owner, job_name = split_name(session, name)
    found: model.SchedulerJob | None = session.database.catalog.get(model.SchedulerJob, owner, job_name)
    if found is None:
        text = label(session, owner, job_name)
        if code == 27476:
            raise OraError(27476, f"{text} does not exist")
        raise OraError(27475, f"{text} must be a job" if session.database.release == "12.1" else f"unknown job {text}")
    privileges = session.database.catalog.privileges
    if owner != session.user and not privileges.has(session, "CREATE ANY JOB") and not privileges.on_object(session, "ALTER", found):
        raise OraError(27486, "insufficient privileges")
    return found


def _listed(session: Any, names: str | None) -> list[model.SchedulerJob]:
    return [_find(session, name) for name in (names or "").split(",")]


def _need(session: Any, privilege: str) -> None:
    if not session.database.catalog.privileges.has(session, privilege):
        raise OraError(27486, "insufficient privileges")


def _running(session: Any, job: model.SchedulerJob) -> bool:
    coordinator = jobs.coordinator(session.database)
    with coordinator.editing:
        return (job.owner, job.name) in coordinator.running


def _first_run(session: Any, job: model.SchedulerJob) -> Timestamp:
    """Next run of a job that is enabled now."""
    now = session.database.now()
    start = jobs.local(job.start_date)
    if start and start > now:
        return jobs.timestamp(start)
    if start and job.repeat_interval and calendaring.is_calendar(job.repeat_interval):
        following = calendaring.next_run(job.repeat_interval, start, now)
        return jobs.timestamp(following or now)
    if not start and job.repeat_interval and calendaring.is_calendar(job.repeat_interval):
        return jobs.timestamp(calendaring.next_run(job.repeat_interval, now, now - datetime.timedelta(seconds=1)) or now)
    return jobs.timestamp(now)


def _check(job: model.SchedulerJob) -> None:
    """What a job must be to be enabled or created."""
    if job.job_type in OTHER_JOB_TYPES:
        raise not_simulated(f"job type {job.job_type}")
    if job.job_type not in JOB_TYPES:
        raise OraError(27465, f"invalid value {job.job_type} for attribute JOB_TYPE")
    if not job.action:
        raise OraError(27451, "JOB_ACTION cannot be NULL")
    if job.repeat_interval and calendaring.is_calendar(job.repeat_interval):
        calendaring.parse(job.repeat_interval)


def _enable(session: Any, job: model.SchedulerJob) -> None:
    missing = [position for position in range(1, job.number_of_arguments + 1) if position not in job.arguments]
    if missing:
        raise OraError(27457, f"argument {missing[0]} of job {label(session, job.owner, job.name)} has no value")
    job.enabled, job.state, job.next_run_date = True, "SCHEDULED", _first_run(session, job)
    job.failure_count = 0


# --- DBMS_SCHEDULER ---

@DBMS_SCHEDULER.routine("CREATE_JOB", [
    Param("job_name"), Param("job_type"), Param("job_action"), Param("number_of_arguments", "PLS_INTEGER", default=0),
    Param("start_date", _MOMENT, default=None), Param("repeat_interval", default=None), Param("end_date", _MOMENT, default=None),
    Param("job_class", default="DEFAULT_JOB_CLASS"), Param("enabled", "BOOLEAN", default=False),
    Param("auto_drop", "BOOLEAN", default=True), Param("comments", default=None), Param("credential_name", default=None),
    Param("destination_name", default=None)])
def create_job(session: Any, job_name: str, job_type: str, job_action: str, number_of_arguments: int, start_date: Any,
               repeat_interval: str | None, end_date: Any, job_class: str, enabled: bool, auto_drop: bool,
               comments: str | None, credential_name: str | None, destination_name: str | None) -> None:
    owner, name = split_name(session, job_name)
    privileges = session.database.catalog.privileges
    if not privileges.has(session, "CREATE JOB" if owner == session.user else "CREATE ANY JOB"):
        raise OraError(27486, "insufficient privileges")
    if credential_name or destination_name:
        raise not_simulated("jobs with a credential or a destination")
    session.commit()
    catalog = session.database.catalog
    if catalog.get(model.SchedulerJob, owner, name) or catalog.named(owner, name):
        raise OraError(27477, f"{label(session, owner, name)} already exists")
    now = session.database.now()
    job = model.SchedulerJob(
        owner=owner, name=name, object_id=catalog.new_object_id(), created=now, last_ddl_time=now,
        job_type=(job_type or "").upper(), action=job_action or "", number_of_arguments=int(number_of_arguments or 0),
        start_date=_zoned(start_date), repeat_interval=repeat_interval or "", end_date=_zoned(end_date),
        job_class=(job_class or "DEFAULT_JOB_CLASS").upper(), auto_drop=bool(auto_drop), comments=comments, creator=session.user)
    _check(job)
    if enabled:
        _enable(session, job)
    with catalog.change() as change:
        change.save(job)
    jobs.coordinator(session.database).wake()


def _zoned(value: Any) -> Any:
    """A date given without zone is the server's local time."""
    if isinstance(value, datetime.datetime):
        return jobs.timestamp(value)
    if isinstance(value, Timestamp) and value.zone is None:
        return jobs.timestamp(value.moment.replace(microsecond=value.nanos // 1000))
    return value


@DBMS_SCHEDULER.routine("SET_JOB_ARGUMENT_VALUE", [
    Param("job_name"), Param("argument_position", "PLS_INTEGER"), Param("argument_value")])
def set_job_argument_value(session: Any, job_name: str, argument_position: int, argument_value: Any) -> None:
    job = _find(session, job_name, 27476)
    if not 1 <= (argument_position or 0) <= job.number_of_arguments:
        raise OraError(27466, f"internal scheduler error: argument position {argument_position}")
    _change(session, job, lambda edited: edited.arguments.update({int(argument_position): argument_value}))


def _change(session: Any, job: model.SchedulerJob, edit: Any) -> None:
    session.commit()
    trial = copy.deepcopy(job)
    edit(trial)
    coordinator = jobs.coordinator(session.database)
    with coordinator.editing:
        current = _find(session, f'"{job.owner}"."{job.name}"', 27476)
        with session.database.catalog.change() as change:
            edit(change.edit(current))
    coordinator.wake()


@DBMS_SCHEDULER.routine("RUN_JOB", [Param("job_name"), Param("use_current_session", "BOOLEAN", default=True)])
def run_job(session: Any, job_name: str, use_current_session: bool) -> None:
    """In the current session the job's counters stay as they are, though the run is logged (documented)."""
    coordinator = jobs.coordinator(session.database)
    for job in _listed(session, job_name):
        session.commit()
        if not use_current_session:
            if _running(session, job):
                raise OraError(27478, f"job {label(session, job.owner, job.name)} is running")
            if not coordinator.may_run():
                raise OraError(27492, f"unable to run job {label(session, job.owner, job.name)}: scheduler unavailable")
            coordinator.launch(job, coordinator.now())
            continue
        run = jobs.Run(job.owner, job.name, session, coordinator.now(), coordinator.now())
        error: OraError | None = None
        try:
            jobs.execute(session, job)
            session.commit()
        except OraError as failure:
            error = failure
            session.rollback()
        coordinator.log(job, run, error, coordinator.now())
        if error:
            raise error


@DBMS_SCHEDULER.routine("STOP_JOB", [Param("job_name"), Param("force", "BOOLEAN", default=False), _COMMIT])
def stop_job(session: Any, job_name: str, force: bool, commit_semantics: str) -> None:
    if force:
        _need(session, "MANAGE SCHEDULER")
    for job in _listed(session, job_name):
        if not jobs.coordinator(session.database).stop_job(job.owner, job.name, session.user):
            raise OraError(27366, f"job {label(session, job.owner, job.name)} is not running")


@DBMS_SCHEDULER.routine("DROP_JOB", [
    Param("job_name"), Param("force", "BOOLEAN", default=False), Param("defer", "BOOLEAN", default=False), _COMMIT])
def drop_job(session: Any, job_name: str, force: bool, defer: bool, commit_semantics: str) -> None:
    for job in _listed(session, job_name):
        if _running(session, job):
            if defer:
                _change(session, job, _last_run)
                continue
            if not force:
                raise OraError(27478, f"job {label(session, job.owner, job.name)} is running")
            jobs.coordinator(session.database).stop_job(job.owner, job.name, session.user)
        session.commit()
        with jobs.coordinator(session.database).editing:
            current = session.database.catalog.get(model.SchedulerJob, job.owner, job.name)
            if current is not None:
                with session.database.catalog.change() as change:
                    change.remove(current)


def _last_run(job: model.SchedulerJob) -> None:
    """Let a running job be dropped when it ends."""
    job.repeat_interval, job.auto_drop = "", True


@DBMS_SCHEDULER.routine("ENABLE", [Param("name"), _COMMIT])
def enable(session: Any, name: str, commit_semantics: str) -> None:
    for one in (name or "").split(","):
        job = _find(session, one, 27476)
        if not job.enabled:
            _check(job)
            _change(session, job, lambda edited: _enable(session, edited))


@DBMS_SCHEDULER.routine("DISABLE", [Param("name"), Param("force", "BOOLEAN", default=False), _COMMIT])
def disable(session: Any, name: str, force: bool, commit_semantics: str) -> None:
    for one in (name or "").split(","):
        job = _find(session, one, 27476)
        if _running(session, job) and not force:
            raise OraError(27478, f"job {label(session, job.owner, job.name)} is running")

        def off(edited: model.SchedulerJob) -> None:
            edited.enabled, edited.next_run_date = False, None
            edited.state = edited.state if edited.state == "RUNNING" else "DISABLED"
        _change(session, job, off)


def _set_attribute(session: Any, name: str, attribute: str, value: Any) -> None:
    """ORA-27469 for an attribute that jobs have not. An enabled job is disabled and enabled again (documented)."""
    job = _find(session, name, 27476)
    word = (attribute or "").lower()
    if word not in _ATTRIBUTES and word not in _FURTHER:
        raise OraError(27469, f"{(attribute or '').upper()} is not a valid job attribute")
    if word in ("job_action", "job_type") and value is None:
        raise OraError(27451, f"{word.upper()} cannot be NULL")
    if word == "repeat_interval" and value and calendaring.is_calendar(value):
        calendaring.parse(value)

    def edit(edited: model.SchedulerJob) -> None:
        if word in _ATTRIBUTES:
            setattr(edited, _ATTRIBUTES[word], _zoned(value) if word.endswith("_date") else
                    "" if value is None and word == "repeat_interval" else value)
        else:
            edited.attributes[word] = value
        _check(edited)
        if edited.enabled and edited.state == "SCHEDULED" and word in ("start_date", "repeat_interval"):
            edited.next_run_date = _first_run(session, edited)
    _change(session, job, edit)


def _value_overloads(types: Sequence[str]) -> None:
    for type_ in types:
        DBMS_SCHEDULER.routine("SET_ATTRIBUTE", [Param("name"), Param("attribute"), Param("value", type_)])(_set_attribute)


_value_overloads(["BOOLEAN", _MOMENT, "INTERVAL DAY TO SECOND", "NUMBER", "VARCHAR2"])


@DBMS_SCHEDULER.routine("SET_ATTRIBUTE_NULL", [Param("name"), Param("attribute")])
def set_attribute_null(session: Any, name: str, attribute: str) -> None:
    _set_attribute(session, name, attribute, None)


@DBMS_SCHEDULER.routine("GET_ATTRIBUTE", [Param("name"), Param("attribute"), Param("value", "VARCHAR2", "OUT")])
def get_attribute(session: Any, name: str, attribute: str, value: None) -> dict[str, Any]:
    job = _find(session, name, 27476)
    word = (attribute or "").lower()
    if word not in _ATTRIBUTES and word not in _FURTHER:
        raise OraError(27469, f"{(attribute or '').upper()} is not a valid job attribute")
    found = getattr(job, _ATTRIBUTES[word]) if word in _ATTRIBUTES else job.attributes.get(word)
    return {"value": found}


@DBMS_SCHEDULER.routine("SET_SCHEDULER_ATTRIBUTE", [Param("attribute"), Param("value")])
def set_scheduler_attribute(session: Any, attribute: str, value: str | None) -> None:
    _need(session, "MANAGE SCHEDULER")
    name = (attribute or "").upper()
    if name not in _GLOBAL:
        raise OraError(27469, f"{name} is not a valid scheduler attribute")
    session.commit()
    with session.database.catalog.change() as change:
        change.save(model.SchedulerAttribute(name=name, value=(value or "").upper() if name == "SCHEDULER_DISABLED" else value))
    jobs.coordinator(session.database).wake()


@DBMS_SCHEDULER.routine("GET_SCHEDULER_ATTRIBUTE", [Param("attribute"), Param("value", "VARCHAR2", "OUT")])
def get_scheduler_attribute(session: Any, attribute: str, value: None) -> dict[str, Any]:
    name = (attribute or "").upper()
    if name not in _GLOBAL:
        raise OraError(27469, f"{name} is not a valid scheduler attribute")
    found = session.database.catalog.get(model.SchedulerAttribute, name)
    return {"value": found.value if found else None}


@DBMS_SCHEDULER.routine("PURGE_LOG", [
    Param("log_history", "PLS_INTEGER", default=0), Param("which_log", default="JOB_AND_WINDOW_LOG"),
    Param("job_name", default=None)])
def purge_log(session: Any, log_history: int | None, which_log: str, job_name: str | None) -> None:
    _need(session, "MANAGE SCHEDULER")
    session.commit()
    wanted = {split_name(session, name) for name in job_name.split(",")} if job_name else None
    oldest = session.database.now() - datetime.timedelta(days=int(log_history or 0))
    with session.database.catalog.change() as change:
        for entry in session.database.catalog.all(model.JobRun):
            logged = jobs.local(entry.log_date)
            if logged and logged <= oldest and (wanted is None or (entry.owner, entry.job_name) in wanted):
                change.remove(entry)


@DBMS_SCHEDULER.routine("GENERATE_JOB_NAME", [Param("prefix", default="JOB$_")], "VARCHAR2")
def generate_job_name(session: Any, prefix: str | None) -> str:
    return f"{prefix or ''}{session.database.catalog.new_object_id()}"


@DBMS_SCHEDULER.routine("EVALUATE_CALENDAR_STRING", [
    Param("calendar_string"), Param("start_date", _MOMENT), Param("return_date_after", _MOMENT),
    Param("next_run_date", _MOMENT, "OUT")])
def evaluate_calendar_string(session: Any, calendar_string: str, start_date: Any, return_date_after: Any,
                             next_run_date: None) -> dict[str, Any]:
    now = session.database.now()
    start = jobs.local(_zoned(start_date)) or now
    found = calendaring.next_run(calendar_string or "", start, jobs.local(_zoned(return_date_after)) or start)
    return {"next_run_date": jobs.timestamp(found) if found else None}


# --- DBMS_JOB ---

def _legacy(session: Any, number: Any) -> model.LegacyJob:
    """A job of the session's user. ORA-23421."""
    found: model.LegacyJob | None = session.database.catalog.get(model.LegacyJob, str(number))
    if found is None or found.priv_user != session.user:
        raise OraError(23421, f"job number {number} is not a job in the job queue")
    return found


@DBMS_JOB.routine("SUBMIT", [
    Param("job", "BINARY_INTEGER", "OUT"), Param("what"), Param("next_date", "DATE", default=None),
    Param("interval", default="null"), Param("no_parse", "BOOLEAN", default=False),
    Param("instance", "BINARY_INTEGER", default=0), Param("force", "BOOLEAN", default=False)])
def submit(session: Any, job: None, what: str, next_date: Any, interval: str | None, no_parse: bool, instance: int,
           force: bool) -> dict[str, Any]:
    """Runs after COMMIT in real Oracle; here at once (assumed to make no difference to callers that commit)."""
    catalog = session.database.catalog
    number = max((record.job for record in catalog.all(model.LegacyJob)), default=0) + 1
    with catalog.change() as change:
        change.save(model.LegacyJob(job=number, log_user=session.user, priv_user=session.user, schema_user=session.schema,
                                    what=what, next_date=next_date or session.database.now(), interval=interval or "null"))
    jobs.coordinator(session.database).wake()
    return {"job": number}


@DBMS_JOB.routine("REMOVE", [Param("job", "BINARY_INTEGER")])
def remove(session: Any, job: int) -> None:
    found = _legacy(session, job)
    with session.database.catalog.change() as change:
        change.remove(found)


@DBMS_JOB.routine("BROKEN", [Param("job", "BINARY_INTEGER"), Param("broken", "BOOLEAN"), Param("next_date", "DATE", default=None)])
def broken(session: Any, job: int, broken: bool, next_date: Any) -> None:
    found = _legacy(session, job)
    with session.database.catalog.change() as change:
        edited = change.edit(found)
        edited.broken = bool(broken)
        edited.next_date = datetime.datetime(4000, 1, 1) if broken else next_date or session.database.now()


@DBMS_JOB.routine("RUN", [Param("job", "BINARY_INTEGER"), Param("force", "BOOLEAN", default=False)])
def run(session: Any, job: int, force: bool) -> None:
    session.sql(jobs.block(_legacy(session, job).what))
    session.commit()

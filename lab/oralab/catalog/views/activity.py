# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions, processes, transactions, locks, long operations, jobs and Data Pump jobs."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.dictionary import OBJECT, OWNER, RowDict, empty, rows
from oralab.packages.datapump.job import jobs
from oralab.values import Value

if TYPE_CHECKING:
    from oralab.catalog.database import Database

empty("2PC_NEIGHBORS", "PENDING_TRANSACTIONS", "V$GLOBAL_TRANSACTION", "RESUMABLE", "V$CORRUPT_XID_LIST",
      "SCHEDULER_CHAINS", "SCHEDULER_CREDENTIALS", "SCHEDULER_SCHEDULES", "SCHEDULER_WINDOWS", "V$STANDBY_EVENT_HISTOGRAM",
      "V$TEMPSEG_USAGE", "V$WALLET", "V$CLIENT_SECRETS")


def _address(number: int) -> bytes:
    return (0x7F00000000000000 + number * 0x1000).to_bytes(8, "big")


@rows("V$SESSION")
def sessions(session: Any, database: Database) -> Iterator[RowDict]:
    for other in session.instance.sessions():
        user = database.catalog.get(model.User, other.user)
        transaction = getattr(other, "transaction", None)
        blocker = getattr(other, "blocked_by", None)
        logon = other.logon
        yield {
            "SADDR": _address(other.sid), "SID": other.sid, "SERIAL#": other.serial,
            "AUDSID": 4294967295 if logon.privilege else 100000 + other.sid,
            "PADDR": _address(other.sid + 5000), "USER#": user.user_id if user else 0, "USERNAME": other.user,
            "COMMAND": 3 if other is session else 0,
            "OWNERID": 2147483644, "TADDR": _address(other.sid + 9000).hex().upper() if transaction else None,
            "STATUS": other.status if other is not session else "ACTIVE", "SERVER": "DEDICATED", "SCHEMANAME": other.schema,
            "SCHEMA#": user.user_id if user else 0, "OSUSER": logon.os_user or None, "PROCESS": logon.pid or None,
            "MACHINE": logon.machine or None, "PORT": 0, "TERMINAL": logon.terminal or "unknown", "PROGRAM": logon.program or None,
            "TYPE": "BACKGROUND" if logon.service == "SYS$BACKGROUND" else "USER", "MODULE": other.module or logon.program or None,
            "ACTION": other.action or None, "CLIENT_INFO": getattr(other, "client_info", None) or None,
            "CLIENT_IDENTIFIER": other.client_identifier or None, "LOGON_TIME": other.logon_time,
            "LAST_CALL_ET": int((database.now() - getattr(other, "last_call", other.logon_time)).total_seconds()),
            "PDML_ENABLED": "NO", "FAILOVER_TYPE": "NONE", "FAILOVER_METHOD": "NONE", "FAILED_OVER": "NO", "PDML_STATUS": "DISABLED",
            "PDDL_STATUS": "ENABLED", "PQ_STATUS": "ENABLED", "CURRENT_QUEUE_DURATION": 0, "SQL_CHILD_NUMBER": 0, "SQL_HASH_VALUE": 0,
            "BLOCKING_SESSION_STATUS": "VALID" if blocker else "NO HOLDER", "BLOCKING_INSTANCE": 1 if blocker else None,
            "BLOCKING_SESSION": blocker, "FINAL_BLOCKING_SESSION_STATUS": "VALID" if blocker else "NO HOLDER",
            "FINAL_BLOCKING_SESSION": blocker, "FINAL_BLOCKING_INSTANCE": 1 if blocker else None,
            "ROW_WAIT_OBJ#": -1, "EVENT": "enq: TX - row lock contention" if blocker else "SQL*Net message from client",
            "WAIT_CLASS": "Application" if blocker else "Idle", "STATE": "WAITING", "SEQ#": 1, "EVENT#": 388, "WAIT_TIME": 0,
            "SECONDS_IN_WAIT": 0, "SERVICE_NAME": logon.service, "SQL_TRACE": "DISABLED", "SQL_TRACE_WAITS": "FALSE",
            "SQL_TRACE_BINDS": "FALSE", "SESSION_EDITION_ID": 134, "CON_ID": database.container(other), "PLSQL_DEBUGGER_CONNECTED": "FALSE"}


STATISTICS = {"SQL*Net roundtrips to/from client": (1, 1), "parse count (total)": (64, 2)}
"""The statistics that sessions keep -> class (documented) and number, which differs between releases (assumed)."""


@rows("V$STATNAME")
def statistic_names(session: Any, database: Database) -> Iterator[RowDict]:
    for name, (kind, number) in STATISTICS.items():
        yield {"STATISTIC#": number, "NAME": name, "CLASS": kind, "STAT_ID": number, "DISPLAY_NAME": name, "CON_ID": 0}


@rows("V$SESSTAT")
def session_statistics(session: Any, database: Database) -> Iterator[RowDict]:
    for other in list(database.sessions.values()):
        for name, (_, number) in STATISTICS.items():
            yield {"SID": other.sid, "STATISTIC#": number, "VALUE": other.statistics[name], "CON_ID": database.container(other)}


@rows("V$MYSTAT")
def own_statistics(session: Any, database: Database) -> Iterator[RowDict]:
    return (row for row in session_statistics(session, database) if row["SID"] == session.sid)


@rows("V$SESSION_CONNECT_INFO")
def connect_information(session: Any, database: Database) -> Iterator[RowDict]:
    for other in list(database.sessions.values()):
        yield {"SID": other.sid, "SERIAL#": other.serial, "OSUSER": other.logon.os_user or None, "CLIENT_CHARSET": "Unknown",
               "AUTHENTICATION_TYPE": "OS" if other.logon.os_authenticated else "DATABASE", "CLIENT_CONNECTION": "Heterogeneous",
               "CLIENT_OCI_LIBRARY": "Unknown", "CLIENT_DRIVER": other.logon.driver or None, "CON_ID": database.container(other)}


@rows("V$PROCESS")
def processes(session: Any, database: Database) -> Iterator[RowDict]:
    for number, name in enumerate(("PMON", "SMON", "DBW0", "LGWR", "CKPT"), 2):
        yield {"ADDR": _address(number), "PID": number, "SPID": str(2000 + number), "SOSID": str(2000 + number), "PNAME": name,
               "PROGRAM": f"oracle@{database.spec.host} ({name})", "BACKGROUND": "1", "SERIAL#": 1, "USERNAME": "oracle"}
    for other in session.instance.sessions():
        yield {"ADDR": _address(other.sid + 5000), "PID": other.sid + 10, "SPID": str(3000 + other.sid), "SOSID": str(3000 + other.sid),
               "SERIAL#": 1, "USERNAME": "oracle", "PROGRAM": f"oracle@{database.spec.host}"}


@rows("V$TRANSACTION")
def transactions(session: Any, database: Database) -> Iterator[RowDict]:
    for other in session.instance.sessions():
        transaction = getattr(other, "transaction", None)
        if transaction is None:
            continue
        usn, slot, sequence = transaction.xid
        started = database.store.scn_time(transaction.start_scn)
        yield {
            "ADDR": _address(other.sid + 9000), "XIDUSN": usn, "XIDSLOT": slot, "XIDSQN": sequence, "STATUS": "ACTIVE",
            "START_TIME": started.strftime("%m/%d/%y %H:%M:%S"), "START_DATE": started.replace(microsecond=0),
            "START_SCN": transaction.start_scn, "START_SCNB": transaction.start_scn & 0xFFFFFFFF, "START_SCNW": transaction.start_scn >> 32,
            "SES_ADDR": _address(other.sid), "SPACE": "NO", "RECURSIVE": "NO", "NOUNDO": "NO", "PTX": "NO", "USED_UBLK": 1, "USED_UREC": 1,
            "XID": usn.to_bytes(2, "little") + slot.to_bytes(2, "little") + sequence.to_bytes(4, "little"),
            "CON_ID": database.container(other)}


@rows("2PC_PENDING")
def in_doubt(session: Any, database: Database) -> Iterator[RowDict]:
    """Forced ones stay until somebody purges them (documented: DBMS_TRANSACTION.PURGE_LOST_DB_ENTRY)."""
    for transaction in list(database.store.in_doubt.values()):
        forced = transaction.forced and f"forced {transaction.forced.lower()}"
        yield {"LOCAL_TRAN_ID": transaction.local_id, "GLOBAL_TRAN_ID": f"ELSEWHERE.{transaction.local_id}", "STATE": forced or "prepared", "MIXED": "no",
               "FAIL_TIME": transaction.prepared, "RETRY_TIME": transaction.prepared, "COMMIT#": str(transaction.commit_scn or transaction.start_scn)}


@rows("V$LOCK")
def locks(session: Any, database: Database) -> Iterator[RowDict]:
    for other in list(database.sessions.values()):
        transaction = getattr(other, "transaction", None)
        if transaction is not None:
            usn, slot, sequence = transaction.xid
            blocks = any(getattr(waiter, "blocked_by", None) == other.sid for waiter in list(database.sessions.values()))
            yield {"ADDR": _address(other.sid), "KADDR": _address(other.sid), "SID": other.sid, "TYPE": "TX", "ID1": usn << 16 | slot,
                   "ID2": sequence, "LMODE": 6, "REQUEST": 0, "CTIME": 0, "BLOCK": int(blocks)}
        for object_id, mode in locked_objects(other):
            yield {"ADDR": _address(other.sid), "KADDR": _address(other.sid), "SID": other.sid, "TYPE": "TM", "ID1": object_id, "ID2": 0,
                   "LMODE": mode, "REQUEST": 0, "CTIME": 0, "BLOCK": 0}


def locked_objects(session: Any) -> list[tuple[int, int]]:
    """(object id, mode) of the tables that a session's transaction has locked."""
    transaction = getattr(session, "transaction", None)
    return [] if transaction is None else sorted(getattr(transaction, "table_locks", {}).items())


@rows("V$LOCKED_OBJECT")
def locked_object(session: Any, database: Database) -> Iterator[RowDict]:
    for other in list(database.sessions.values()):
        for object_id, mode in locked_objects(other):
            usn, slot, sequence = other.transaction.xid
            yield {"XIDUSN": usn, "XIDSLOT": slot, "XIDSQN": sequence, "OBJECT_ID": object_id, "SESSION_ID": other.sid,
                   "ORACLE_USERNAME": other.user, "OS_USER_NAME": other.logon.os_user, "PROCESS": other.logon.pid, "LOCKED_MODE": mode}


@rows("DBA_BLOCKERS", "BLOCKERS")
def blockers(session: Any, database: Database) -> Iterator[RowDict]:
    found = {other.blocked_by for other in list(database.sessions.values()) if getattr(other, "blocked_by", None)}
    return ({"HOLDING_SESSION": sid} for sid in sorted(found))


@rows("V$SESSION_LONGOPS")
def longops(session: Any, database: Database) -> Iterator[RowDict]:
    return iter([dict(row) for row in list(database.longops.values())])


# --- jobs ---

@rows("SCHEDULER_JOBS")
def scheduler_jobs(session: Any, database: Database) -> Iterator[RowDict]:
    for job in database.catalog.all(model.SchedulerJob):
        schedule = "NAMED" if job.schedule else "CALENDAR" if job.repeat_interval else "ONCE" if job.start_date else "IMMEDIATE"
        more = job.attributes
        yield {
            OBJECT: job, "OWNER": job.owner, "JOB_NAME": job.name, "JOB_STYLE": "REGULAR", "JOB_CREATOR": job.creator or job.owner,
            "PROGRAM_OWNER": job.program[0] if job.program else None, "PROGRAM_NAME": job.program[1] if job.program else None,
            "JOB_TYPE": None if job.program else job.job_type, "JOB_ACTION": None if job.program else job.action,
            "NUMBER_OF_ARGUMENTS": job.number_of_arguments, "SCHEDULE_OWNER": job.schedule[0] if job.schedule else None,
            "SCHEDULE_NAME": job.schedule[1] if job.schedule else None, "SCHEDULE_TYPE": schedule, "START_DATE": job.start_date,
            "REPEAT_INTERVAL": job.repeat_interval or None, "END_DATE": job.end_date, "JOB_CLASS": job.job_class,
            "ENABLED": _true(job.enabled), "AUTO_DROP": _true(job.auto_drop), "RESTARTABLE": _true(job.restartable),
            "RESTART_ON_RECOVERY": "FALSE", "RESTART_ON_FAILURE": _true(job.restartable), "STATE": job.state,
            "JOB_PRIORITY": more.get("job_priority", 3), "RUN_COUNT": job.run_count, "MAX_RUNS": job.max_runs,
            "UPTIME_RUN_COUNT": job.run_count, "FAILURE_COUNT": job.failure_count, "UPTIME_FAILURE_COUNT": job.failure_count,
            "MAX_FAILURES": job.max_failures, "RETRY_COUNT": 0, "LAST_START_DATE": job.last_start_date,
            "LAST_RUN_DURATION": job.last_run_duration, "NEXT_RUN_DATE": job.next_run_date, "LOGGING_LEVEL": "RUNS", "STORE_OUTPUT": "TRUE",
            "STOP_ON_WINDOW_CLOSE": "FALSE", "INSTANCE_STICKINESS": "TRUE", "SYSTEM": _true(job.oracle_maintained), "JOB_WEIGHT": 1,
            "RAISE_EVENTS": more.get("raise_events"), "MAX_RUN_DURATION": more.get("max_run_duration"),
            "NUMBER_OF_DESTINATIONS": 1, "INSTANCE_ID": job.instance_id, "DEFERRED_DROP": "FALSE",
            "ALLOW_RUNS_IN_RESTRICTED_MODE": _true(more.get("allow_runs_in_restricted_mode")), "COMMENTS": job.comments, "FLAGS": 0,
            "HAS_CONSTRAINTS": "FALSE", "FAIL_ON_SCRIPT_ERROR": "FALSE", "SOURCE": None}


def _true(value: object) -> Value:
    return "TRUE" if value else "FALSE"


@rows("SCHEDULER_JOB_ARGS")
def scheduler_job_args(session: Any, database: Database) -> Iterator[RowDict]:
    for job in database.catalog.all(model.SchedulerJob):
        for position, value in sorted(job.arguments.items()):
            yield {OBJECT: job, "OWNER": job.owner, "JOB_NAME": job.name, "ARGUMENT_POSITION": position,
                   "VALUE": None if value is None else str(value), "OUT_ARGUMENT": "FALSE"}


@rows("SCHEDULER_RUNNING_JOBS")
def scheduler_running_jobs(session: Any, database: Database) -> Iterator[RowDict]:
    for job in database.catalog.all(model.SchedulerJob):
        if job.state == "RUNNING":
            yield {OBJECT: job, "OWNER": job.owner, "JOB_NAME": job.name, "JOB_STYLE": "REGULAR", "DETACHED": "FALSE",
                   "SESSION_ID": job.attributes.get("session_id"), "RUNNING_INSTANCE": 1,
                   "SLAVE_PROCESS_ID": job.attributes.get("session_id")}


@rows("SCHEDULER_JOB_RUN_DETAILS", "SCHEDULER_JOB_LOG")
def scheduler_job_run_details(session: Any, database: Database) -> Iterator[RowDict]:
    for run in database.catalog.all(model.JobRun):
        yield {OWNER: run.owner, "LOG_ID": run.log_id, "LOG_DATE": run.log_date, "OWNER": run.owner, "JOB_NAME": run.job_name,
               "STATUS": run.status, "OPERATION": "RUN", "JOB_CLASS": "DEFAULT_JOB_CLASS", "ERROR#": run.error,
               "REQ_START_DATE": run.requested_start, "ACTUAL_START_DATE": run.actual_start,
               "RUN_DURATION": run.run_duration, "INSTANCE_ID": 1, "SESSION_ID": run.session_id or None,
               "ADDITIONAL_INFO": run.additional_info, "ERRORS": run.errors, "OUTPUT": run.output}


@rows("SCHEDULER_JOB_CLASSES")
def scheduler_job_classes(session: Any, database: Database) -> Iterator[RowDict]:
    for name in ("DEFAULT_JOB_CLASS", "DBMS_JOB$", "SCHED$_LOG_ON_ERRORS_CLASS", "ORA$AUTOTASK_JOB_CLASS"):
        yield {OWNER: "PUBLIC", "OWNER": "SYS", "JOB_CLASS_NAME": name, "LOGGING_LEVEL": "RUNS"}


@rows("JOBS")
def legacy_jobs(session: Any, database: Database) -> Iterator[RowDict]:
    for job in database.catalog.all(model.LegacyJob):
        yield {OWNER: job.log_user, "JOB": job.job, "LOG_USER": job.log_user, "PRIV_USER": job.priv_user, "SCHEMA_USER": job.schema_user,
               "LAST_DATE": job.last_date, "LAST_SEC": job.last_date.strftime("%H:%M:%S") if job.last_date else None,
               "NEXT_DATE": job.next_date, "NEXT_SEC": job.next_date.strftime("%H:%M:%S"), "TOTAL_TIME": 0,
               "BROKEN": "Y" if job.broken else "N", "INTERVAL": job.interval, "FAILURES": job.failures, "WHAT": job.what, "INSTANCE": 0}


@rows("DATAPUMP_JOBS")
def datapump_jobs(session: Any, database: Database) -> Iterator[RowDict]:
    for row in jobs(database).jobs():
        yield {OWNER: row.get("OWNER_NAME"), **row}


@rows("DATAPUMP_SESSIONS")
def datapump_sessions(session: Any, database: Database) -> Iterator[RowDict]:
    return jobs(database).sessions()


@rows("TRANSPORT_SET_VIOLATIONS")
def transport_set_violations(session: Any, database: Database) -> Iterator[RowDict]:
    return ({"VIOLATIONS": text} for text in session.package_state.get("TRANSPORT_SET_VIOLATIONS", ()))

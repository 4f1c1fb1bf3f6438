# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of an instance: what was asked of them, their states, and the threads in which they run as their owner."""
from __future__ import annotations

import dataclasses
import datetime
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from oralab.api import Logon
from oralab.catalog import model
from oralab.catalog.ddl_text import Transform
from oralab.errors import Disconnect, OraError
from oralab.packages.datapump import dumpfile, master
from oralab.packages.datapump.log import Log, interval, moment
from oralab.packages.datapump.objects import Remap
from oralab.packages.datapump.scope import Scope
from oralab.storage import asm

MEGABYTE = 1024 * 1024


class Stopped(Exception):
    """The job was asked to stop."""


class Fatal(Exception):
    """The job cannot go on; its arguments are the lines for the log."""


@dataclasses.dataclass(slots=True)
class DumpSpec:
    """A dump file as ADD_FILE gave it; ``path`` may hold %U. ``size`` limits each file in bytes."""

    path: str
    size: int | None = None
    reuse: bool = False

    @property
    def template(self) -> bool:
        return "%U" in self.path

    def expand(self, number: int) -> str:
        return self.path.replace("%U", f"{number:02d}")


@dataclasses.dataclass(eq=False)
class Job:
    """One job. ``state`` is as in DBA_DATAPUMP_JOBS; ``operation`` is EXPORT or IMPORT."""

    database: Any
    owner: str
    name: str
    operation: str
    mode: str
    version: str
    scope: Scope
    link: str = ""
    """The database link through which an import reads its source."""
    state: str = "UNDEFINED"
    degree: int = 1
    dumps: list[DumpSpec] = dataclasses.field(default_factory=list)
    log_path: str | None = None
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)
    datafiles: list[str] = dataclasses.field(default_factory=list)
    remap: Remap = dataclasses.field(default_factory=lambda: Remap({}, {}, {}, {}))
    transform: Transform = dataclasses.field(default_factory=Transform)
    rows: bool = True
    queries: dict[tuple[str, str], str] = dataclasses.field(default_factory=dict)
    keep_master: bool = False
    attached: weakref.WeakSet[Any] = dataclasses.field(default_factory=weakref.WeakSet)
    sessions: list[Any] = dataclasses.field(default_factory=list)
    started: datetime.datetime | None = None
    done: int = 0
    total: int = 0
    log: Log = dataclasses.field(default_factory=lambda: Log(None, datetime.datetime.now))
    stopping: threading.Event = dataclasses.field(default_factory=threading.Event)
    ended: threading.Event = dataclasses.field(default_factory=threading.Event)
    drop_when_stopped: bool = False
    reader: dumpfile.Reader | None = None
    made: list[str] = dataclasses.field(default_factory=list)
    """Dump files that this job made: a killed export takes them along (documented for KILL_JOB)."""

    def __post_init__(self) -> None:
        self.store = self.database.store

    @property
    def quoted(self) -> str:
        return f'"{self.owner}"."{self.name}"'

    @property
    def starting(self) -> str:
        """The line with which the work begins: the client's command, if it gave one (transcript)."""
        command = self.parameter("CLIENT_COMMAND")
        return f"Starting {self.quoted}:  {command + ' ' if command else ''}"

    def parameter(self, name: str, default: Any = None) -> Any:
        return self.parameters.get(name, default)

    def say(self, text: str, worker: int = 1) -> None:
        self.log.line(text, worker)

    def check(self) -> None:
        """Called between steps of the work."""
        self.store.faults.pause()
        if self.stopping.is_set() or self.gone:
            raise Stopped

    @property
    def gone(self) -> bool:
        """The instance ended under the job: its master table stays, and the job is NOT RUNNING after the restart."""
        return self.database.state != "OPEN" or self.database.store is not self.store

    @property
    def orphaned(self) -> bool:
        """Somebody dropped the master table of a job that does not run: the job is no more (documented clean-up)."""
        return self.state in ("DEFINING", "IDLING") and master.find(
            self.database.catalog, self.owner, self.name) is None

    def progress(self, amount: int) -> None:
        """``amount`` bytes more are done: V$SESSION_LONGOPS tells so (documented: SOFAR and TOTALWORK in MB)."""
        self.done += amount
        now, session = self.database.now(), self.sessions[0]
        done, total = -(-self.done // MEGABYTE), max(1, -(-self.total // MEGABYTE))
        began = self.started or now
        spent = int((now - began).total_seconds())
        self.database.longops[session.sid, self.name, self.operation] = {
            "SID": session.sid, "SERIAL#": session.serial, "OPNAME": self.name, "TARGET": None,
            "TARGET_DESC": self.operation, "SOFAR": done, "TOTALWORK": total, "UNITS": "MB", "START_TIME": began,
            "LAST_UPDATE_TIME": now, "TIMESTAMP": None, "ELAPSED_SECONDS": spent, "CONTEXT": 0, "USERNAME": self.owner,
            "TIME_REMAINING": spent * (total - done) // done if done else None,
            "MESSAGE": f"{self.name}: {self.operation} : {done} out of {total} MB done"}
        self.check()

    def new_session(self, process: str, user: str | None = None) -> Any:
        """A server session of the job's owner (or another ``user``): process DM00 is the master, DW00 a worker."""
        session = server_session(self.database, user or self.owner, process, self.name)
        self.sessions.append(session)
        return session

    # --- running ---

    def start(self, work: Callable[[Job, Any], None]) -> None:
        """Open the log and run ``work`` in a thread of the server. ORA-39002 over ORA-39070 without log."""
        self.log = Log(self._open_log(), datetime.datetime.now, metrics=bool(self.parameter("METRICS")),
                       timestamps=self.parameter("LOGTIME", "NONE") in ("ALL", "LOGFILE"))
        self.started = self.database.now()
        self.state = "EXECUTING"
        threading.Thread(target=self._run, args=(work,), name=f"datapump {self.owner}.{self.name}", daemon=True).start()

    def _open_log(self) -> TextIO | None:
        if self.log_path is None:
            return None
        try:
            return open(self.log_path, "w", encoding="utf-8")
        except OSError as error:
            raise OraError(39002, "invalid operation", stack=[
                "ORA-39070: Unable to open the log file.", "ORA-29283: invalid file operation"]) from error

    def _run(self, work: Callable[[Job, Any], None]) -> None:
        began = time.monotonic()
        try:
            session = self.new_session("DM00")
            verdict = self._verdict(work, session)
            if not self.gone:
                elapsed = interval(int(time.monotonic() - began))
                self._finish(session)
                self.log.line(f"Job {self.quoted} {verdict} at {moment(self.database.now())} elapsed {elapsed}")
        except (OraError, Disconnect) as error:
            # The instance is going down under the job: nothing is left to write a state into.
            self.log.line(str(error))
        finally:
            self.log.close()
            for session in self.sessions:
                session.close()
            jobs(self.database).forget(self)
            self.ended.set()

    def _verdict(self, work: Callable[[Job, Any], None], session: Any) -> str:
        """Do the work and say how the closing line of the log calls its end."""
        try:
            work(self, session)
        except Stopped:
            self.state = "STOPPED"
            return "stopped by user request"
        except (Fatal, OraError, Disconnect) as error:
            if self.gone:
                return ""
            session.rollback()
            self.log.error("\n".join(error.args) if isinstance(error, Fatal) else str(error))
            self.state = "STOPPED"
            return "stopped due to fatal error"
        except Exception as error:
            self.state = "STOPPED"
            self.log.error(f"ORA-39125: Worker unexpected fatal error in KUPW$WORKER.MAIN while calling {error!r}")
            raise
        self.state = "COMPLETED"
        return f"completed with {self.log.errors} error(s)" if self.log.errors else "successfully completed"

    def _finish(self, session: Any) -> None:
        """The master table goes when the job completed (unless it is to be kept) and stays when it failed."""
        killed = self.state == "STOPPED" and self.drop_when_stopped
        if self.state == "COMPLETED" and not self.keep_master or killed:
            self.remove(session)
        if killed and self.operation == "EXPORT":
            for path in self.made:
                asm.remove(path)

    def remove(self, session: Any) -> None:
        """Drop the master table."""
        if master.find(self.database.catalog, self.owner, self.name):
            master.drop(session, self.owner, self.name)


def server_session(database: Any, user: str, process: str, job: str) -> Any:
    """A session that the server opens by itself: logon rules do not apply, the user's privileges do."""
    from oralab.engine.session import Session
    session = Session(database, Logon(
        user, "SYS$USERS", "SYSDBA" if user == "SYS" else "", os_authenticated=True, os_user="oracle",
        machine=database.spec.host, program=f"oracle@{database.spec.host} ({process})"))
    session.set_attributes({"module": f"Data Pump {'Master' if process.startswith('DM') else 'Worker'}", "action": job})
    return session


class Jobs:
    """The jobs of one database: those being defined or run, and what DBA_DATAPUMP_JOBS and _SESSIONS show."""

    def __init__(self, database: Any) -> None:
        self._database = weakref.ref(database)
        self._lock = threading.RLock()
        self._by_name: dict[tuple[str, str], Job] = {}

    def add(self, job: Job) -> None:
        """ORA-31634 when the owner has a job of that name."""
        with self._lock:
            if self.get(job.owner, job.name):
                raise OraError(31634, "job already exists")
            self._by_name[job.owner, job.name] = job

    def get(self, owner: str, name: str) -> Job | None:
        job = self._by_name.get((owner, name))
        return None if job is None or job.gone or job.orphaned else job

    def forget(self, job: Job) -> None:
        with self._lock:
            if self._by_name.get((job.owner, job.name)) is job:
                del self._by_name[job.owner, job.name]

    def known(self) -> list[Job]:
        with self._lock:
            return [job for job in self._by_name.values() if not (job.gone or job.orphaned or job.state == "UNDEFINED")]

    def jobs(self) -> Iterator[dict[str, Any]]:
        """Rows of DBA_DATAPUMP_JOBS: the active jobs, then those of which only the master table is left."""
        active = {(job.owner, job.name): job for job in self.known()}
        for job in active.values():
            attached = sum(1 for session in job.attached if not session.closed)
            yield {"OWNER_NAME": job.owner, "JOB_NAME": job.name, "OPERATION": job.operation, "JOB_MODE": job.mode,
                   "STATE": job.state, "DEGREE": job.degree, "ATTACHED_SESSIONS": attached,
                   "DATAPUMP_SESSIONS": attached + len(job.sessions)}
        database = self._database()
        for table in database.catalog.all(model.Table) if database else ():
            if master.is_master(table) and not table.dropped and (table.owner, table.name) not in active:
                operation, mode = master.describes(table)
                yield {"OWNER_NAME": table.owner, "JOB_NAME": table.name, "OPERATION": operation, "JOB_MODE": mode,
                       "STATE": "NOT RUNNING", "DEGREE": 0, "ATTACHED_SESSIONS": 0, "DATAPUMP_SESSIONS": 0}

    def sessions(self) -> Iterator[dict[str, Any]]:
        """Rows of DBA_DATAPUMP_SESSIONS."""
        for job in self.known():
            clients = [session for session in job.attached if not session.closed]
            for session, kind in [(one, "DBMS_DATAPUMP") for one in clients] + [
                    (one, "WORKER" if place else "MASTER") for place, one in enumerate(job.sessions)]:
                yield {"OWNER_NAME": job.owner, "JOB_NAME": job.name, "INST_ID": 1, "SESSION_TYPE": kind,
                       "SADDR": session.sid.to_bytes(8, "big")}


def jobs(database: Any) -> Jobs:
    """The jobs of a database."""
    if database.datapump is None:
        database.datapump = Jobs(database)
    found: Jobs = database.datapump
    return found

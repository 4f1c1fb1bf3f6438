# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery Manager's side of the instance: one RMAN session, its channels, and what its commands print.

The client parses and prints; everything else happens here, in server sessions. When the client is gone its channels stop after
the file that they are at.
"""
from __future__ import annotations

import dataclasses
import datetime
import os
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from oralab.engine import date_format
from oralab.errors import OraError
from oralab.storage.asm import is_asm
from oralab.storage.pieces import Encryption
from oralab.tools import rman_commands as commands
from oralab.tools.control import Hello
from oralab.tools.rman_backup import BackupWork
from oralab.tools.rman_channels import Channel, ClientGone, RmanFailure, Step, failed, perform
from oralab.tools.rman_duplicate import Duplicator
from oralab.tools.rman_files import Examined
from oralab.tools.rman_pool import Channels
from oralab.tools.rman_recover import Recoverer
from oralab.tools.rman_reports import Reports
from oralab.tools.rman_restore import Restorer
from oralab.tools.rman_settings import SessionSettings
from oralab.tools.sqlplus_link import SessionLink
from oralab.tools.sqlplus_output import Settings, Table, said


class RmanServer(Channels):
    """One run of RMAN inside an instance. ``write`` prints lines at the client and raises OSError when it is gone."""

    def __init__(self, database: Any, hello: Hello, write: Callable[[list[str]], None]) -> None:
        super().__init__()
        self.database = database
        self.hello = hello
        self.session = database.logon(hello.logon())
        self.command_id = f"{database.now():%Y-%m-%dT%H:%M:%S}"
        self.counted = [0, 0]
        """Bytes read and written by the command that is running."""
        self.settings = SessionSettings(self)
        self.work = BackupWork(self)
        self.reports = Reports(self)
        self.restorer = Restorer(self)
        self.recoverer = Recoverer(self)
        self.in_block = False
        """A RUN block is running."""
        self._write = write
        self._lock = threading.Lock()
        self._gone = False
        self._named = 0
        self._examined: list[tuple[Any, Examined]] = []

    def close(self) -> None:
        self.close_channels()
        self.session.close()

    # --- for those who do the work ---

    def emit(self, lines: Sequence[str]) -> None:
        """Print lines together. Raises ``ClientGone``."""
        with self._lock:
            if self._gone:
                raise ClientGone
            try:
                self._write(list(lines))
            except OSError:
                self._gone = True
                raise ClientGone from None
        self._remember_output(lines)

    def _remember_output(self, lines: Sequence[str]) -> None:
        kept = self.database.rman_records.setdefault("V$RMAN_OUTPUT", [])
        for line in lines:
            kept.append({"SID": self.session.sid, "RECID": len(kept) + 1, "STAMP": 0, "SESSION_RECID": 0, "SESSION_STAMP": 0,
                         "OUTPUT": line[:130],
                         "RMAN_STATUS_RECID": 0, "RMAN_STATUS_STAMP": 0, "SESSION_KEY": 0, "CON_ID": 0})

    def date(self, moment: datetime.datetime) -> str:
        return date_format.date_text(moment, self.hello.environment.get("NLS_DATE_FORMAT", "DD-MON-RR"))

    def names_given(self) -> int:
        """A number that no other name of this run has."""
        with self._lock:
            self._named += 1
            return self._named - 1

    def count(self, read: int, written: int) -> None:
        with self._lock:
            self.counted = [self.counted[0] + read, self.counted[1] + written]

    def found(self, examined: list[tuple[Any, Examined]]) -> None:
        with self._lock:
            self._examined += examined

    # --- commands ---

    def run(self, command: commands.Command) -> None:
        """Run one command. Raises ``RmanFailure`` with the lines of the error stack."""
        if isinstance(command, commands.Run):
            self.in_block = True
            try:
                for inner in command.commands:
                    self.run(inner)
            finally:
                self.in_block = False
                self.restorer.end_of_block()
                for channel in list(self._allocated):
                    self.release(channel.name)
            return
        handler = _HANDLERS[type(command)]
        try:
            handler(self, command)
        except OraError as error:
            raise failed(_WORDS.get(type(command), type(command).__name__.lower()), self.database.now(), *error.text.split("\n")) from None

    def convert(self, command: commands.Convert) -> None:
        self.framed(f"conversion at {'target' if command.kind == 'DATAFILE' else 'source'}", lambda: self.work.convert(
            command, self.channels(command.parallelism)))

    def backup(self, command: commands.Backup) -> None:
        """BACKUP with what belongs to it: archived logs before and after (PLUS ARCHIVELOG), the autobackup."""
        if command.plus is not None:
            self._backup(command.plus)
            self.emit([""])
        self._backup(dataclasses.replace(command, plus=None))
        if command.plus is not None:
            self.emit([""])
            self._backup(dataclasses.replace(command.plus, not_backed_up=max(command.plus.not_backed_up, 1)))
        if not command.validate and self.autobackup():
            self.emit([""])
            self.work.autobackup(self.channels(device=command.device)[0])

    def _backup(self, command: commands.Backup) -> None:
        self._examined = []

        def backup() -> None:
            if command.logs is not None and command.logs.high is None:
                self._archive_current()
            self.work.backup(command, self.channels(device=command.device))
            if command.validate and command.scope is not None:
                self.emit(self.reports.examined(self._examined))
        self.framed("backup", backup)

    def _archive_current(self) -> None:
        """An open database has its current logs archived first when no upper limit is given (transcripts)."""
        if self.database.state == "OPEN" and not self.database.read_only and self.database.attributes.log_mode == "ARCHIVELOG":
            for thread in self.database.logs.threads():
                self.database.logs.switch(self.session, thread)
            self.emit(["current log archived"])

    # --- encryption and autobackups ---

    def autobackup(self) -> bool:
        return self.settings.autobackup()

    def autobackup_format(self, device: str) -> str:
        return self.settings.autobackup_format(device)

    def encryption(self) -> tuple[Encryption | None, bytes]:
        return self.settings.encryption()

    def validate(self, command: commands.Validate) -> None:
        self._examined = []

        def validate() -> None:
            self.work.validate(command, self.channels())
            self.emit(self.reports.examined(self._examined))
        self.framed("validate", validate)

    def perform(self, command: str, steps: Sequence[Step], channels: Sequence[Channel], size: int) -> None:
        """The steps of a restoring command. Its failure is the command's, whatever channel it was (transcripts); ``size`` in bytes."""
        try:
            perform(self.database, command, steps, channels, self.emit, size // 8192)
        except RmanFailure as failure:
            causes = [line for line in failure.lines if not line.startswith("RMAN-03009")]
            raise failed(command, self.database.now(), *causes) from None

    def moment(self, text: str) -> datetime.datetime:
        """UNTIL TIME: an expression, or a text in NLS_DATE_FORMAT."""
        expression = text if "(" in text or "SYSDATE" in text.upper() else "TO_DATE('" + text.replace("'", "''") + "', '" + self.hello.environment.get(
            "NLS_DATE_FORMAT", "DD-MON-RR") + "')"
        answer = SessionLink(self.session).execute(f"SELECT TO_CHAR({expression}, 'YYYY-MM-DD HH24:MI:SS') FROM dual")
        if answer.error is not None or not answer.rows or not answer.rows[0][0]:
            raise failed("set", self.database.now(), *(answer.error.text.split("\n") if answer.error else ["ORA-01861: literal does not match format string"]))
        return datetime.datetime.fromisoformat(str(answer.rows[0][0]))

    def crosscheck_implicitly(self) -> None:
        """Records that a control file brought along are looked at before they are used for the first time, as is the recovery area (transcript)."""
        database = self.database
        if getattr(database, "checked", True):
            return
        database.checked = True
        records, now = self.work.records, self.date(database.now())
        self.emit([f"Starting implicit crosscheck backup at {now}"])
        self.channels()
        there = [row for row in records.rows("V$BACKUP_PIECE") if row["STATUS"] == "A"]
        for row in there:
            if not self.media(str(row["DEVICE_TYPE"])).exists(str(row["HANDLE"])):
                records.change("V$BACKUP_PIECE", row, STATUS="X")
        self.emit([*([f"Crosschecked {len(there)} objects"] if there else []), f"Finished implicit crosscheck backup at {now}", "",
                   f"Starting implicit crosscheck copy at {now}"])
        self.channels()
        self.emit([f"Finished implicit crosscheck copy at {now}", "", "searching for all files in the recovery area", "cataloging files..."])
        area = self.database.parameters.get("db_recovery_file_dest")
        names = self.reports.unknown(os.path.join(area, self.database.spec.db_unique_name.upper())) if area and not is_asm(area) else []
        self.emit(["cataloging done" if names else "no files cataloged", ""])
        self.reports.catalog_files(names, commands.Catalog("RECOVERY AREA"))

    def framed(self, name: str, work: Callable[[], None]) -> None:
        self.emit([f"Starting {name} at {self.date(self.database.now())}"])
        work()
        self.emit([f"Finished {name} at {self.date(self.database.now())}"])

    def sql(self, command: commands.Sql) -> None:
        self.introduce()
        if command.quoted:
            self.emit([f"sql statement: {command.text}"])
        before = self.database.state
        answer = SessionLink(self.session).execute(command.text.rstrip(";"))
        if answer.error is not None:
            raise failed("sql statement" if not command.quoted else "sql", self.database.now(), *(
                ["RMAN-11003: failure during parse/execution of SQL statement: " + command.text] if command.quoted else []),
                *answer.error.text.split("\n"))
        if answer.columns is not None:
            table = Table([column.name for column in answer.columns], [column.type for column in answer.columns],
                          Settings(linesize=200), {})
            lines = table.heading() if answer.rows else ["no rows selected"]
            for row in answer.rows:
                lines += table.row(row)
            self.emit([*lines, ""])
        elif not command.quoted:
            counted = said(command.text, answer.rowcount) if answer.kind == "dml" else "Statement processed"
            self.emit([counted])
        if self.database.state != before:
            self.state_changed()

    def startup(self, command: commands.Startup) -> None:
        from oralab.tools.sqlplus_server import sga
        if command.force and self.database.state != "DOWN":
            self.database.shutdown("ABORT")
        self.database.startup({"NOMOUNT": "STARTED", "MOUNT": "MOUNTED"}.get(command.to, "OPEN"))
        lines = ["Oracle instance started"] + {"NOMOUNT": [], "MOUNT": ["database mounted"]}.get(command.to,
                                                                                                 ["database mounted", "database opened"])
        self.session = self._logon()
        self.emit([*lines, "", *(line for text in sga(self.database) for line in (text, ""))])

    def shutdown(self, command: commands.Shutdown) -> None:
        was = self.database.state
        self._automatic.clear()
        self.database.shutdown(command.mode)
        lines = {"OPEN": ["database closed", "database dismounted"], "MOUNTED": ["database dismounted"]}.get(was, [])
        self.emit([*([] if command.mode == "ABORT" else lines), "Oracle instance shut down"])

    def restart(self, to: str) -> None:
        """What a command does with the instance while it works: shut it down and start it up to a state."""
        self.shutdown(commands.Shutdown("IMMEDIATE"))
        self.startup(commands.Startup(to))

    def unknown(self, command: commands.Unknown) -> None:
        raise failed(command.what.split()[0].lower(), self.database.now(),
                     f"ORA-03001: unimplemented feature (lab: not simulated: {command.what})")


_WORDS: dict[type, str] = {commands.Records: "list", commands.Sql: "sql statement"}
_HANDLERS: dict[type, Callable[[RmanServer, Any], None]] = {
    commands.Allocate: RmanServer.allocate, commands.Release: lambda server, command: server.release(command.channel),
    commands.Convert: RmanServer.convert, commands.Backup: RmanServer.backup, commands.Validate: RmanServer.validate,
    commands.Sql: RmanServer.sql, commands.Startup: RmanServer.startup, commands.Shutdown: RmanServer.shutdown,
    commands.Unknown: RmanServer.unknown,
    commands.Records: lambda server, command: server.reports.run(command),
    commands.Show: lambda server, command: server.settings.show(command),
    commands.Configure: lambda server, command: server.settings.configure(command),
    commands.SetBackup: lambda server, command: server.settings.set(command),
    commands.Catalog: lambda server, command: server.reports.catalog(command),
    commands.Restore: lambda server, command: server.restorer.restore(command),
    commands.Recover: lambda server, command: server.recoverer.recover(command),
    commands.Switch: lambda server, command: server.restorer.switch(command),
    commands.DuplicateFrom: lambda server, command: Duplicator(server).duplicate(command),
    commands.SetNewname: lambda server, command: server.restorer.set_newname(command),
    commands.SetUntil: lambda server, command: server.restorer.set_until(command),
    commands.SetDbid: lambda server, command: server.restorer.set_dbid(command),
    commands.SetOption: lambda server, command: server.emit(["executing command: SET"]),
}


def serve(database: Any, conversation: Connection, hello: Hello) -> None:
    """One conversation: what the database is, then a command at a time; each ends with ("end", lines of the error stack)."""
    def write(lines: list[str]) -> None:
        conversation.send(("out", lines))

    server: RmanServer | None = None
    try:
        if database.state != "DOWN":
            try:
                server = RmanServer(database, hello, write)
            except OraError as error:
                conversation.send(("refused", error.text.split("\n")))
                return
        conversation.send(("target", describe(database)))
        while True:
            command = conversation.recv()
            if server is None and not isinstance(command, commands.Startup):
                conversation.send(("end", [f"RMAN-03002: failure of command at {database.now():%m/%d/%Y %H:%M:%S}",
                                           "RMAN-06403: could not obtain a fully authorized session", "ORA-01034: ORACLE not available"]))
                continue
            if server is None:
                server = _started(database, hello, write, command, conversation)
                continue
            try:
                server.run(command)
                conversation.send(("end", []))
            except RmanFailure as failure:
                conversation.send(("end", failure.lines))
    except ClientGone:
        pass
    finally:
        if server is not None and database.state != "DOWN":
            server.close()


def _started(database: Any, hello: Hello, write: Callable[[list[str]], None], command: commands.Startup,
             conversation: Connection) -> RmanServer | None:
    """STARTUP of an idle instance: nothing can log on before it."""
    try:
        database.startup({"NOMOUNT": "STARTED", "MOUNT": "MOUNTED"}.get(command.to, "OPEN"))
        server = RmanServer(database, hello, write)
        said_ = ["Oracle instance started"] + {"NOMOUNT": [], "MOUNT": ["database mounted"]}.get(command.to,
                                                                                                 ["database mounted", "database opened"])
        server.emit(said_)
        conversation.send(("end", []))
        return server
    except OraError as error:
        conversation.send(("end", [f"RMAN-03002: failure of startup command at {database.now():%m/%d/%Y %H:%M:%S}",
                                   *error.text.split("\n")]))
        return None


def describe(database: Any) -> str:
    """What RMAN prints after "connected to target database"."""
    if database.state == "DOWN":
        return " (not started)"
    if database.state == "STARTED":
        return f": {database.spec.name} (not mounted)"
    mounted = "" if database.state == "OPEN" else ", not open"
    return f": {database.spec.name} (DBID={database.store.dbid}{mounted})"

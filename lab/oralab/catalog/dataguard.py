# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mounted database as a member of a Data Guard configuration: what it sends, what it receives and applies, what it knows of the others."""
from __future__ import annotations

import collections
import dataclasses
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oralab.catalog import redo_destinations, role_changes
from oralab.catalog.instances import MOUNTED, OPEN
from oralab.catalog.managed_recovery import ManagedRecovery
from oralab.catalog.redo_client import LARGEST, Remote
from oralab.catalog.redo_receipt import Receiver
from oralab.catalog.redo_shipping import Transport
from oralab.errors import OraError
from oralab.storage import asm
from oralab.storage.control_file import Datafile
from oralab.storage.redo import LogHeader

if TYPE_CHECKING:
    from oralab.catalog.database import Database

STANDBY_ROLES = ("PHYSICAL STANDBY", "SNAPSHOT STANDBY")
MESSAGES = 256
"""Rows that V$DATAGUARD_STATUS keeps."""


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """A row of V$DATAGUARD_STATUS."""

    number: int
    time: float
    text: str
    error: int = 0
    destination: int = 0


class DataGuard:
    """Transport, receipt and recovery of one database, from its mount until its shutdown."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.transport = Transport(database)
        self.receiver = Receiver(database)
        self.recovery: ManagedRecovery | None = None
        """The managed recovery that runs."""
        self.messages: collections.deque[Message] = collections.deque(maxlen=MESSAGES)
        self.diverged = False
        """The primary has begun an incarnation at an SCN that is older than what this standby has applied."""
        self._ended = False
        """The end of redo was met by recovery that ran here; it goes on when another primary sends redo."""
        self.member: dict[str, Any] = {}
        """What the primary said of itself when it logged on last: name, process of the session."""

    @property
    def role(self) -> str:
        return self._database.store.control.role

    @property
    def standby(self) -> bool:
        return self.role in STANDBY_ROLES

    # --- life ---

    def mounted(self) -> None:
        store = self._database.store
        store.name_file = self._name_file
        if self.role == "PHYSICAL STANDBY":
            store.control.scn = self.receiver.position()
        store.redo.on_write = self.transport.wake
        self.transport.refresh()
        self._database.broker.refresh(mounting=True)

    def closing(self, *, abort: bool) -> None:
        """Before the files are closed."""
        self._database.broker.stop()
        if self.recovery is not None:
            self.recovery.cancel(write=not abort)

    def closed(self, *, abort: bool) -> None:
        """After the last redo was written."""
        self.transport.stop(abort=abort)

    def say(self, text: str, error: int = 0, destination: int = 0) -> None:
        """Into V$DATAGUARD_STATUS and the alert log."""
        number = self.messages[-1].number + 1 if self.messages else 1
        self.messages.append(Message(number, time.time(), text, error, destination))
        self._database.alert(text)

    # --- recovery ---

    @property
    def recovering(self) -> bool:
        return self.recovery is not None

    def recover(self, *, real_time: bool = True, delay: int | None = None, until: int | None = None) -> ManagedRecovery:
        """RECOVER MANAGED STANDBY DATABASE. ORA-01507 not mounted, ORA-01665 on a primary, ORA-01153 when recovery is active."""
        if self._database.state not in (MOUNTED, OPEN):
            raise OraError(1507, "database not mounted")
        if self.role != "PHYSICAL STANDBY":
            raise OraError(1665, "control file is not a standby control file")
        if self.recovery is not None:
            raise OraError(1153, "an incompatible media recovery is active")
        if self.diverged:
            first = self._database.store.datafiles()[0]
            raise OraError(19909, f"datafile {first.number} belongs to an orphan incarnation", stack=[f"ORA-01110: data file {first.number}: '{first.path}'"])
        self.recovery = ManagedRecovery(self._database, real_time=real_time, delay=delay, until=until)
        self.recovery.begin()
        return self.recovery

    def finish(self) -> None:
        """RECOVER MANAGED STANDBY DATABASE FINISH: everything that was received is applied; the primary is taken for lost (documented)."""
        if self._database.state not in (MOUNTED, OPEN):
            raise OraError(1507, "database not mounted")
        if self.role != "PHYSICAL STANDBY":
            raise OraError(1665, "control file is not a standby control file")
        if self.recovery is not None:
            self.recovery.cancel()
        recovery = ManagedRecovery(self._database, real_time=True, delay=0, finish=True)
        self.recovery = recovery
        recovery.begin()
        recovery.join()
        if recovery.error is not None:
            raise recovery.error

    def may_open(self, read_only: bool) -> bool:
        """Whether the database opens for reading only, as a physical standby does. ORA-10456 while it recovers without being open."""
        if self.role != "PHYSICAL STANDBY":
            return read_only
        if self.recovery is not None:
            raise OraError(10456, "cannot open standby database; media recovery session may be in progress")
        return True

    def cancel(self) -> None:
        """RECOVER MANAGED STANDBY DATABASE CANCEL. ORA-16136 when there is nothing to cancel, ORA-01665 on a primary."""
        if self._database.state not in (MOUNTED, OPEN):
            raise OraError(1507, "database not mounted")
        if self.role != "PHYSICAL STANDBY":
            raise OraError(1665, "control file is not a standby control file")
        if self.recovery is None:
            raise OraError(16136, "Managed Standby Recovery not active")
        self.recovery.cancel()

    def recovery_ended(self, recovery: ManagedRecovery) -> None:
        """The process says so itself."""
        database = self._database
        if recovery.error is not None:
            self.say(f"MRP0: Background Media Recovery terminated with error {recovery.error.code}", recovery.error.code)
            database.alert(*recovery.error.text.split("\n"), "Recovery interrupted!")
        elif recovery.finished:
            database.alert("MRP0: Media Recovery Complete: End-Of-REDO")
            database.store.control.end_of_redo = recovery.end_of_redo or database.store.current_scn()
            database.store.control.terminal = not recovery.end_of_redo
            self._ended = True
        else:
            database.alert("MRP0: Background Media Recovery cancelled with status 16037")
        try:
            if recovery.writes and recovery.loaded:
                recovery.write()
        except (OraError, OSError) as error:
            database.alert(*str(error).split("\n"))
        if self.recovery is recovery:
            self.recovery = None

    def mode(self) -> str:
        """RECOVERY_MODE of V$ARCHIVE_DEST_STATUS at the primary (documented values)."""
        if self.recovery is None:
            return "IDLE"
        words = "MANAGED REAL TIME APPLY" if self.recovery.real_time else "MANAGED"
        return f"{words} WITH QUERY" if self._database.state == OPEN else words

    def _name_file(self, file: Datafile) -> None:
        """Where a file that was added at the primary is made here: by STANDBY_FILE_MANAGEMENT, DB_FILE_NAME_CONVERT and DB_CREATE_FILE_DEST.

        MANUAL: it gets the name UNNAMEDnnnnn and no file, and ORA-01274 ends recovery (documented).
        """
        if self.role != "PHYSICAL STANDBY":
            return
        database, origin = self._database, file.path
        if database.parameters.get("standby_file_management").upper() == "AUTO":
            file.path = self._converted(file)
            return
        file.path = os.path.join(database.spec.oracle_home, "dbs", f"UNNAMED{file.number:05d}")
        database.store.control.datafiles[file.number] = file
        database.store.control.next_file = max(database.store.control.next_file, file.number + 1)
        database.store.write_control()
        database.alert(f"File #{file.number} added to control file as 'UNNAMED{file.number:05d}' because",
                       "the parameter STANDBY_FILE_MANAGEMENT is set to MANUAL", "The file should be manually created to continue.")
        raise OraError(1274, f"cannot add data file that was originally created as '{origin}'")

    def _converted(self, file: Datafile) -> str:
        """DB_CREATE_FILE_DEST wins when it is set (documented); the pairs of DB_FILE_NAME_CONVERT are tried in their order."""
        parameters = self._database.parameters
        home = parameters.get("db_create_file_dest")
        if home and asm.is_asm(home):
            return asm.place(home, "DATAFILE", file.tablespace, self._database.spec.db_unique_name)
        if home:
            file.omf = True
            folder = os.path.join(home, self._database.spec.db_unique_name.upper(), "datafile")
            os.makedirs(folder, exist_ok=True)
            return os.path.join(folder, f"o1_mf_{file.tablespace.lower()[:8]}_{file.creation_scn:08x}_.dbf")
        words = [word.strip().strip("'\"") for word in parameters.get("db_file_name_convert").split(",")]
        for old, new in zip(words[::2], words[1::2]):
            if old and old in file.path:
                return file.path.replace(old, new, 1)
        return file.path

    # --- gaps ---

    def fetch_gap(self, thread: int, sequence: int) -> bool:
        """Ask the servers of FAL_SERVER for a log; whether one had it."""
        for service in filter(None, (name.strip() for name in self._database.parameters.get("fal_server").split(","))):
            try:
                if self._fetch(service, thread, sequence):
                    return True
            except OraError as error:
                self.say(f"FAL[client]: Error {error.code} connecting to {service} for fetching gap sequence", error.code)
        self.say(f"FAL[client]: Failed to request gap sequence GAP - thread {thread} sequence {sequence}-{sequence}")
        return False

    def _fetch(self, service: str, thread: int, sequence: int) -> bool:
        remote = Remote(self._database, service, "FAL", seconds=5.0)
        try:
            offset = 0
            while True:
                found = remote.ask("fetch", thread=thread, sequence=sequence, offset=offset)
                if found is None:
                    return False
                header, data, last = found
                self.receiver.receive_archived(header, offset, data, last, True)
                if last:
                    return True
                offset += len(data)
        finally:
            remote.close()

    # --- what others ask ---

    def answer(self, session: Any, operation: str, arguments: dict[str, Any]) -> Any:
        """One exchange with another database, whose process ``session`` is."""
        if self._database.state not in (MOUNTED, OPEN):
            raise OraError(16058, "standby database instance is not mounted")
        return _OPERATIONS[operation](self, **arguments)

    def _hello(self, name: str, wanted: str, dbid: int, resetlogs: int, delay: int) -> dict[str, Any]:
        """A primary logs on. ORA-16009, 16012, 16047, 16057 (documented messages)."""
        database = self._database
        if not self.standby:
            raise OraError(16009, "invalid redo transport destination")
        if dbid != database.store.dbid:
            raise OraError(16012, "database identifier mismatch")
        own = database.spec.db_unique_name.lower()
        if wanted and wanted.lower() != own or name.lower() == own:
            raise OraError(16047, "DGID mismatch between destination setting and target database")
        config = redo_destinations.configuration(database.parameters.get("log_archive_config"))
        if not config.has(name) or not config.receive:
            raise OraError(16057, "server not in Data Guard configuration")
        self.receiver.delay = delay
        self.member = {"name": name, "resetlogs": resetlogs}
        role_changes.follow(database, resetlogs)
        return self.facts()

    def _goes_on(self, scn: int) -> None:
        """A primary writes redo beyond the end of redo that was met here: it was none, for this standby."""
        control = self._database.store.control
        if self.diverged or not 0 < control.end_of_redo < scn - 1:
            return
        if self.recovery is not None and self.recovery.finished:
            # It still writes its files. The primary says so again.
            return
        control.end_of_redo, control.terminal = 0, False
        if self._ended and self.recovery is None and self.role == "PHYSICAL STANDBY":
            self.recover()
        self._ended = False

    def facts(self) -> dict[str, Any]:
        """What the primary knows of this standby."""
        database, logs = self._database, self._database.store.control.standby_logs
        return {"name": database.spec.db_unique_name, "role": self.role, "mode": self.open_mode(),
                "recovery": self.mode(), "standby_logs": len(logs), "active": sum(log.log is not None for log in logs),
                "applied": dict(database.store.control.applied), "applied_scn": self.receiver.position(), "gaps": self.receiver.gaps()}

    def _beat(self, source: str, dbid: int, moment: float, scn: int, scns: dict[int, int]) -> dict[str, Any]:
        self._goes_on(scn)
        self.receiver.told(source, dbid, moment, scn, scns)
        return self.facts()

    def _serve(self, thread: int, sequence: int, offset: int) -> tuple[LogHeader, bytes, bool] | None:
        """What a FAL client asks for: a piece of an archived log, None when it is not here."""
        entry = self.receiver.archived(thread, sequence)
        if entry is None:
            return None
        with open(entry.name, "rb") as file:
            file.seek(offset)
            data = file.read(LARGEST)
        return entry.log, data, offset + len(data) >= entry.bytes

    # --- what views say ---

    def primary_name(self) -> str | None:
        """PRIMARY_DB_UNIQUE_NAME: of a standby, the database that sent redo last."""
        if not self.standby:
            return self._database.spec.db_unique_name
        name: str | None = self.receiver.datum.source if self.receiver.datum else self.member.get("name")
        return name

    def applied_time(self) -> float:
        """Up to which moment of the primary its redo has been applied; 0 when nobody can tell."""
        moment, scn = self.receiver.complete
        position = self.receiver.position()
        if scn and position >= scn:
            return moment
        if self.recovery is not None and self.recovery.applied_time:
            return self.recovery.applied_time
        ends = [header.next_time for header in self.receiver.known().values() if header.next_scn and header.next_scn <= position + 1]
        begun = [header.first_time for header in self.receiver.known().values() if header.first_scn <= position + 1]
        return max([*ends, *begun], default=0.0)

    def unapplied(self) -> int:
        """Bytes that have arrived and are not applied."""
        control, position = self._database.store.control, self.receiver.position()
        waiting = sum(entry.bytes for entry in control.archived if entry.log.next_scn > position + 1)
        return waiting + sum(log.used for log in control.standby_logs if log.log is not None and position < self.receiver.complete[1])

    def switchover_status(self, session: Any) -> str:
        """SWITCHOVER_STATUS of V$DATABASE (documented values; which comes first when several are true is assumed)."""
        if self.role == "SNAPSHOT STANDBY":
            return "NOT ALLOWED"
        if self.standby:
            return "TO PRIMARY" if self._database.store.control.end_of_redo else "NOT ALLOWED"
        statuses = [self.gap_status(number) for number in self.targets() if not self._snapshot(number)]
        if not statuses:
            return "NOT ALLOWED"
        for status in ("FAILED DESTINATION", "UNRESOLVABLE GAP", "RESOLVABLE GAP", "LOG SWITCH GAP"):
            if all(found == status for found in statuses):
                return status
        others = [other for other in self._database.sessions.values() if other is not session and not other.logon.program.startswith(("oracle", "ora_"))]
        return "SESSIONS ACTIVE" if others else "TO STANDBY"

    def open_mode(self) -> str:
        """DATABASE_MODE of V$ARCHIVE_DEST_STATUS (documented values)."""
        if self._database.state != OPEN:
            return "MOUNTED-STANDBY" if self.standby else "MOUNTED"
        return "OPEN_READ-ONLY" if self._database.read_only else "OPEN"

    def _snapshot(self, number: int) -> bool:
        """Whether the destination is a snapshot standby, which no switchover goes to."""
        sender = self.transport.senders.get(number)
        return sender is not None and sender.status.standby.get("role") == "SNAPSHOT STANDBY"

    def synchronized(self) -> bool:
        """Whether a destination with SYNC has everything that was committed."""
        for number, sender in self.transport.senders.items():
            destination = sender.destination()
            if destination is not None and destination.sync and sender.status.real_time and self.gap_status(number) == "NO GAP":
                return True
        return False

    def protection_level(self) -> str:
        """PROTECTION_LEVEL of V$DATABASE: what the mode really gives now (documented: RESYNCHRONIZATION without a synchronized standby)."""
        mode = self._database.store.control.protection
        return mode if mode == "MAXIMUM PERFORMANCE" or self.standby or self.synchronized() else "RESYNCHRONIZATION"

    def targets(self) -> list[int]:
        """Destinations in use that are standby databases."""
        return [one.number for one in redo_destinations.destinations(self._database.parameters.memory)
                if one.service and one.state == "ENABLE" and one.valid_for(self.standby)]

    def gap_status(self, number: int) -> str:
        """FAILED DESTINATION, or GAP_STATUS of V$ARCHIVE_DEST_STATUS (documented values)."""
        sender = self.transport.senders.get(number)
        if sender is None or sender.status.error or not sender.status.connected:
            return "FAILED DESTINATION"
        if sender.status.gap:
            return f"{sender.status.gap} GAP"
        logs = self._database.logs
        late = any(sender.status.sent.get(thread, logs.history(thread)[0].sequence - 1) < logs.current(thread).sequence - 1 for thread in logs.threads())
        return "LOG SWITCH GAP" if late else "NO GAP"


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "hello": DataGuard._hello, "beat": DataGuard._beat, "fetch": DataGuard._serve,
    "broker": lambda self, command, arguments: self._database.broker.answer(command, arguments),
    "role": lambda self, primary: role_changes.told(self._database, primary),
    "become primary": lambda self: role_changes.to_primary(self._database, None),
    "missing": lambda self, history: self.receiver.missing(history),
    "receive": lambda self, header, size, offset, data: self.receiver.receive(header, size, offset, data),
    "finish": lambda self, header: self.receiver.finish(header),
    "archived": lambda self, header, offset, data, last, fal: self.receiver.receive_archived(header, offset, data, last, fal)}

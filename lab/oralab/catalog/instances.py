# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instances of a database: one, or those of a RAC database, each with its SID, redo thread, parameters and sessions.

All of them live in one process and share the database. An instance is what the listener and the local tools reach; the database
is open as long as one instance has it open. When one is lost the others go on, and no recovery is left to the next start.

A further instance joins one that runs when CLUSTER_DATABASE is TRUE for both. ORA-00304, 01102, 01618, 01619, 01620, 30012 and 30013 are documented; that an
instance goes down which lacks its undo tablespace is seen in transcripts (with ORA-01092 beside the code, which is left out), that ORA-01102 is told to whoever
joins an instance that has the database for itself is assumed.
"""
from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oralab import api
from oralab.catalog.parameters import Parameters
from oralab.errors import OraError, not_simulated

if TYPE_CHECKING:
    from oralab.catalog.database import Database

_STARTER = re.compile(r"dgmgrl\.startup@\S+")
DOWN, NOMOUNT, MOUNTED, OPEN = "DOWN", "STARTED", "MOUNTED", "OPEN"
ORDER = (DOWN, NOMOUNT, MOUNTED, OPEN)


class ServerInstance:
    """One instance (implements ``oralab.api.Database``). ``number`` is INSTANCE_NUMBER and the redo thread."""

    def __init__(self, database: Database, name: str, number: int) -> None:
        self.database = database
        self.name = name
        self.number = self.thread = number
        self.version = database.version
        self.parameters: Parameters
        self.started: datetime.datetime | None = None
        self.reached = DOWN
        """State of an instance of several; that of a single one is the database's."""
        self.further = False
        """It was not there when the database was made."""

    @property
    def _others(self) -> list[ServerInstance]:
        return [other for other in self.database.instances if other is not self]

    @property
    def state(self) -> str:
        return self.reached if self._others else self.database.state

    # --- starting and stopping ---

    def startup(self, to: str = OPEN, *, restrict: bool = False, read_only: bool = False, pfile: str = "") -> None:
        """STARTUP. ORA-01081 when running."""
        database = self.database
        if self.state != DOWN:
            raise OraError(1081, "cannot start already-running ORACLE - shut it down first")
        if database.state == DOWN and self.further:
            raise not_simulated("starting a further instance before the one that the database was made with")
        if database.state == DOWN:
            try:
                database.startup(to, restrict=restrict, read_only=read_only, pfile=pfile)
            finally:
                for other in self._others:
                    other.reached = DOWN
                self.reached = database.state
            return
        if self.further:
            self._join(database.read_parameters(self.name, pfile))
        else:
            self.begin(database.read_parameters(self.name, pfile))
        self.reached = NOMOUNT
        if to in (MOUNTED, OPEN):
            self.mount()
        if to == OPEN:
            self.open_database(read_only=read_only)

    def begin(self, parameters: Parameters) -> None:
        """The instance starts with these parameters."""
        self.parameters, self.started = parameters, self.database.now()

    def mount(self) -> None:
        """ALTER DATABASE MOUNT. ORA-01100 when mounted."""
        if self.state != NOMOUNT:
            raise OraError(1100, "database already mounted")
        if self.database.state == NOMOUNT:
            self.database.mount()
        if self.further:
            self.thread = self._mountable_thread()
        self.reached = MOUNTED

    def open_database(self, *, read_only: bool = False, resetlogs: bool = False) -> None:
        """ALTER DATABASE OPEN. ORA-01507 unless mounted, ORA-01531 when open."""
        if self.state == NOMOUNT:
            raise OraError(1507, "database not mounted")
        if self.state == OPEN:
            raise OraError(1531, "a database already open by the instance")
        if self.database.state != OPEN:
            self.database.open_database(read_only=read_only, resetlogs=resetlogs)
        if self.further:
            self._take_undo()
            if self.thread not in self.database.logs.threads():
                self.database.logs.begin(self.thread)
        self.reached = OPEN

    # --- further instances ---

    @property
    def is_parallel(self) -> bool:
        """Whether it shares the database with others, or may."""
        return self.parameters.get("cluster_database") == "TRUE"

    def _join(self, parameters: Parameters) -> None:
        """It starts beside others. ORA-00304 its number is taken."""
        running = [other for other in self._others if other.state != DOWN]
        wanted = parameters.number("instance_number")
        if wanted and any(other.number == wanted for other in running):
            raise OraError(304, "requested INSTANCE_NUMBER is busy")
        self.begin(parameters)
        self.number = wanted or next(number for number in range(1, len(running) + 2) if all(other.number != number for other in running))

    def _mountable_thread(self) -> int:
        """The redo thread that it writes. ORA-01102 unless all share the database, ORA-01618 not enabled, 01619 another's, 01620 there is none."""
        database = self.database
        others = [other for other in self._others if other.state not in (DOWN, NOMOUNT)]
        if others and not (self.is_parallel and all(other.is_parallel for other in others)):
            raise OraError(1102, "cannot mount database in EXCLUSIVE mode")
        if database.dataguard.standby:
            raise not_simulated("a further instance of a standby database")
        enabled = {*database.logs.threads(), *(one.number for one in database.logs.waiting_threads() if one.enabled != "DISABLED")}
        taken = {other.thread: other for other in others}
        wanted = self.parameters.number("thread")
        if not wanted:
            free = sorted(enabled - set(taken))
            if not free:
                raise OraError(1620, "no public threads are available for mounting")
            return free[0]
        if wanted not in enabled:
            raise OraError(1618, f"redo thread {wanted} is not enabled - cannot mount")
        if wanted in taken:
            raise OraError(1619, f"thread {wanted} is mounted by another instance")
        return wanted

    def _take_undo(self) -> None:
        """ORA-30012 no such undo tablespace, ORA-30013 another instance uses it; the instance goes down."""
        name = self.parameters.get("undo_tablespace").upper()
        if not any(one.name == name and one.contents == "UNDO" for one in self.database.store.tablespaces()):
            self.reached = DOWN
            raise OraError(30012, f"undo tablespace '{name}' does not exist or of wrong type")
        if any(other.state == OPEN and other.parameters.get("undo_tablespace").upper() == name for other in self._others):
            self.reached = DOWN
            raise OraError(30013, f"undo tablespace '{name}' is currently in use")

    def open_upgrade(self) -> None:
        """ALTER DATABASE OPEN UPGRADE: one instance, for SYSDBA alone. ORA-39701 of a cluster database."""
        database = self.database
        if self.is_parallel:
            raise OraError(39701, "database must be mounted EXCLUSIVE for UPGRADE or DOWNGRADE")
        if database.dataguard.role != "PRIMARY":
            raise not_simulated("ALTER DATABASE OPEN UPGRADE of a standby database")
        restricted, database.restricted, database.opening_upgrade = database.restricted, True, True
        try:
            self.open_database()
        except OraError:
            database.restricted = restricted
            raise
        finally:
            database.opening_upgrade = False
        database.upgrade_mode = True

    def shutdown(self, mode: str = "IMMEDIATE") -> None:
        """SHUTDOWN of this instance; the last one closes the database."""
        if self.state == DOWN:
            raise OraError(1034, "ORACLE not available")
        rest = max((ORDER.index(other.state) for other in self._others), default=0)
        if not rest:
            self.database.shutdown(mode)
        elif rest < ORDER.index(self.database.state):
            raise not_simulated("shutting down the only instance that has the database open while others have it mounted")
        else:
            for session in self.sessions():
                if mode == "ABORT":
                    session.kill(abort=True)
                session.close()
        self.reached = DOWN

    def sessions(self) -> list[Any]:
        return [session for session in list(self.database.sessions.values()) if session.instance is self]

    # --- what the listener asks ---

    def services(self) -> Mapping[str, str]:
        return self.database.services_at(self.state)

    def sid_name(self) -> str:
        return self.name

    def verifier(self, user: str, privilege: str) -> api.Verifier | None:
        return self.database.verifier(user, privilege)

    def failed_logon(self, user: str) -> None:
        self.database.failed_logon(user)

    def time_zone(self) -> str:
        return self.database.time_zone()

    def logon(self, request: api.Logon) -> Any:
        """A session of this instance. ORA-01034 down, ORA-01033 not open.

        The preliminary logon with which a client starts an instance that is down is told by the name of its program (ours).
        """
        if self.state == DOWN and request.privilege and _STARTER.fullmatch(request.program):
            self.startup(NOMOUNT)
        if self.state == DOWN:
            raise OraError(1034, "ORACLE not available", stack=["ORA-27101: shared memory realm does not exist"])
        if self.state != OPEN and not request.privilege:
            raise OraError(1033, "ORACLE initialization or shutdown in progress")
        return self.database.logon(request, self)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Data Guard broker of one database: its monitor (DMON), and the configuration in its two files (documented: Data Guard Broker).

The configuration belongs to all its members, each of which keeps a copy; that of the primary counts. What it says is done by the instances:
parameters of redo transport are set, Redo Apply is started. Commands that reach a standby go on to the primary.
"""
from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from oralab import api
from oralab.catalog import broker_members, redo_destinations
from oralab.catalog.broker_members import Configuration, Member
from oralab.catalog.instances import MOUNTED, OPEN
from oralab.catalog.redo_client import Remote
from oralab.errors import OraError, not_simulated
from oralab.storage import records

if TYPE_CHECKING:
    from oralab.catalog.database import Database

BEGINNING: Final = 1.0
"""Seconds that the monitor takes to be there."""
ROUND: Final = 2.0
"""Seconds between two looks at the members (a minute in reality)."""


class Broker:
    """DMON of a database, from its mount until its shutdown."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.RLock()
        self._monitor: threading.Thread | None = None
        self._stop = threading.Event()
        self._begun = 0.0
        self.aligned: dict[str, tuple[int, object]] = {}
        """Member -> version of the configuration that it was brought into line with, and since when its instance ran then."""
        self.checked = 0.0
        """When the members were looked at last."""

    # --- life ---

    @property
    def wanted(self) -> bool:
        return self._database.parameters.get("dg_broker_start").upper() == "TRUE"

    @property
    def managed(self) -> bool:
        """Whether an enabled configuration has this database (DATAGUARD_BROKER of V$DATABASE)."""
        held = self.held() if self.wanted else None
        member = held.find(self.name) if held is not None and held.enabled else None
        return member is not None and member.enabled

    def refresh(self, *, mounting: bool = False) -> None:
        """The instance has mounted its database, or DG_BROKER_START was set."""
        if self.wanted and self._monitor is None:
            self._begun = time.monotonic() - (BEGINNING if mounting else 0)
            self._stop.clear()
            self._monitor = threading.Thread(target=self._run, name="DMON", daemon=True)
            self._monitor.start()
        elif not self.wanted:
            self.stop()

    def stop(self) -> None:
        monitor, self._monitor = self._monitor, None
        self._stop.set()
        if monitor is not None and monitor is not threading.current_thread():
            monitor.join(10.0)

    def _run(self) -> None:
        while not self._stop.wait(ROUND if self.checked else BEGINNING):
            try:
                self.look()
            except (OraError, OSError) as error:
                self._database.alert(f"DMON: {error}")

    # --- the configuration ---

    def files(self) -> list[str]:
        """DG_BROKER_CONFIG_FILE1 and 2; by default in $ORACLE_HOME/dbs, where there is one (documented)."""
        spec, home = self._database.spec, os.path.join(self._database.spec.oracle_home, "dbs")
        folder = home if os.path.isdir(home) else self._database.directory
        return [self._database.parameters.get(f"dg_broker_config_file{number}") or os.path.join(folder, f"dr{number}{spec.db_unique_name}.dat")
                for number in (1, 2)]

    def available(self) -> None:
        """ORA-16525 while the monitor does not run or is just starting."""
        if self._monitor is None or self._database.state not in (MOUNTED, OPEN) or time.monotonic() < self._begun + BEGINNING:
            raise OraError(16525, "The Oracle Data Guard broker is not yet available.")

    def held(self) -> Configuration | None:
        """The newest of the copies here."""
        found = []
        for path in self.files():
            with contextlib.suppress(OSError, EOFError):
                with open(path, "rb") as file:
                    found.append(records.load(file.read()))
        return max(found, key=lambda one: int(one.version), default=None)

    def configuration(self) -> Configuration:
        """ORA-16525, ORA-16532."""
        self.available()
        found = self.held()
        if found is None:
            raise OraError(16532, "Oracle Data Guard broker configuration does not exist")
        return found

    def keep(self, configuration: Configuration | None) -> None:
        """Into both files; None removes them. What comes late does not take the place of what is newer."""
        with self._lock:
            known = self.held()
            if configuration is not None and known is not None and known.version > configuration.version:
                return
            for path in self.files():
                if configuration is None:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(path)
                    continue
                with open(path + ".new", "wb") as file:
                    file.write(records.dump(configuration))
                os.replace(path + ".new", path)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[Configuration]:
        """Change the configuration and tell the enabled members."""
        with self._lock:
            configuration = self.configuration()
            configuration.version += 1
            yield configuration
            self.keep(configuration)
        if configuration.enabled:
            self.tell(configuration)

    def tell(self, configuration: Configuration) -> None:
        """Enabled members get a copy; one that is away gets it when it is back."""
        for member in configuration.others(self.name):
            if member.enabled:
                with contextlib.suppress(OraError):
                    self.ask(member, "store", configuration=configuration)

    @property
    def name(self) -> str:
        return self._database.spec.db_unique_name

    @property
    def primary(self) -> bool:
        return self._database.store.control.role == "PRIMARY"

    def ask(self, member: Member, operation: str, **arguments: Any) -> Any:
        """What another member's monitor answers."""
        remote = Remote(self._database, member.identifier, "DMON")
        try:
            return remote.ask("broker", command=operation, arguments=arguments)
        finally:
            remote.close()

    def answer(self, operation: str, arguments: dict[str, Any]) -> Any:
        """A command of DGMGRL, or of another member's monitor."""
        function = _OPERATIONS.get(operation)
        if function is None:
            raise not_simulated(f"the broker's {operation}")
        if operation in _OF_THE_PRIMARY and self._database.state in (MOUNTED, OPEN) and not self.primary:
            configuration = self.configuration()
            if configuration.primary.name.lower() != self.name.lower():
                return self.ask(configuration.primary, operation, **arguments)
        return function(self, **arguments)

    # --- statements of its own ---

    @contextlib.contextmanager
    def session(self) -> Iterator[Any]:
        made = self._database.logon(api.Logon("SYS", "SYS$BACKGROUND", "SYSDBA", os_authenticated=True, program=f"oracle@{self._database.spec.host} (DMON)"))
        try:
            yield made
        finally:
            made.close()

    def sql(self, text: str) -> list[Any]:
        with self.session() as session:
            return list(session.sql(text))

    def set(self, name: str, value: str) -> None:
        """ALTER SYSTEM SET, where it says something else."""
        if self._database.parameters.get(name) != value:
            quoted = value.replace("'", "''")
            self.sql(f"ALTER SYSTEM SET {name}='{quoted}'")

    # --- what members do ---

    def who(self) -> dict[str, Any]:
        self.available()
        database = self._database
        mine = [one.number for one in redo_destinations.destinations(database.parameters.memory) if one.service and one.register]
        held = self.held()
        return {"name": database.spec.db_unique_name, "sid": database.sid_name(), "role": database.store.control.role, "destinations": mine,
                "state": database.state, "opened": "READ ONLY" if database.read_only else "READ WRITE", "configuration": held.name if held else None,
                "host": database.spec.host, "release": database.release}

    def configure(self, targets: list[tuple[str, str]], members: list[str], servers: str, managed: str, apply: bool | None) -> object:
        """What a member's role wants: destinations by DB_UNIQUE_NAME, DG_CONFIG, FAL_SERVER, Redo Apply on or off (None: leave it).

        Gives since when the instance runs.
        """
        self.set("log_archive_config", f"dg_config=({','.join(members)})")
        used = {one.db_unique_name.lower(): one.number for one in redo_destinations.destinations(self._database.parameters.memory) if one.service}
        wanted = dict(targets)
        for name, number in list(used.items()):
            if name not in {target.lower() for target in wanted}:
                self.set(f"log_archive_dest_{number}", "")
                del used[name]
        for name, text in targets:
            taken = {one.number for one in redo_destinations.destinations(self._database.parameters.memory)}
            number = used.get(name.lower()) or next(number for number in range(2, 32) if number not in taken)
            self.set(f"log_archive_dest_{number}", text)
        self.set("fal_server", servers)
        if managed:
            self.set("standby_file_management", managed)
        recovering = self._database.dataguard.recovering
        if apply is not None and self._database.store.control.role == "PHYSICAL STANDBY" and apply != recovering:
            self.sql("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE " + ("DISCONNECT" if apply else "CANCEL"))
        return self._database.started

    def health(self) -> dict[str, Any]:
        """What the primary wants to know of a member."""
        database, held = self._database, self.held()
        found: dict[str, Any] = {
            "started": database.started, "role": database.store.control.role, "recovering": database.dataguard.recovering,
            "version": held.version if held else 0, "logs": len(database.store.control.standby_logs), "state": database.state,
            "flashback": database.attributes.flashback, "gaps": bool(database.dataguard.receiver.gaps()), "lags": {}}
        if database.dataguard.standby:
            found["lags"] = {row[0]: (row[1], row[2]) for row in self.sql(
                "SELECT name, value, (SYSDATE - TO_DATE(datum_time, 'MM/DD/YYYY HH24:MI:SS')) * 86400 FROM v$dataguard_stats WHERE name LIKE '% lag'")}
        return found

    # --- the primary's rounds ---

    def look(self) -> Configuration | None:
        """See how the members are, and bring what has come back into line."""
        with self._lock:
            configuration = self.held()
            if configuration is None or not configuration.enabled or not self.primary or configuration.primary.name.lower() != self.name.lower():
                return configuration
            before = [member.status for member in configuration.members]
            broker_members.examine(self, self._database, configuration)
            self.keep(configuration)
            self.checked = time.time()
            if [member.status for member in configuration.members] != before:
                self.tell(configuration)
            return configuration

    def apply_configuration(self, configuration: Configuration) -> None:
        """Bring every enabled member to what the configuration says."""
        for member in configuration.members:
            if member.enabled:
                self.align(configuration, member)

    def align(self, configuration: Configuration, member: Member) -> None:
        """Bring one member to it. Redo is sent at once to one that was away, whatever ReopenSecs says."""
        arguments = broker_members.wanted(configuration, member)
        if member.name.lower() == self.name.lower():
            self.configure(**arguments)
        else:
            self.ask(member, "store", configuration=configuration)
            self.aligned[member.name] = configuration.version, self.ask(member, "configure", **arguments)
            self._database.dataguard.transport.refresh()

    # --- commands ---

    def create(self, name: str, primary: str, identifier: str) -> None:
        """ORA-16504 there is one, ORA-16642 another database's name, ORA-16698 (12.1+), ORA-16584 (assumed) on a standby."""
        self.available()
        if self.held() is not None:
            raise OraError(16504, "The Oracle Data Guard configuration already exists.")
        if not self.primary:
            raise OraError(16584, "operation cannot be performed on a standby database")
        made = Member(primary, identifier, "PRIMARY")
        known = self.ask(made, "who")
        if known["name"].lower() != primary.lower() or known["name"].lower() != self.name.lower():
            raise OraError(16642, "DB_UNIQUE_NAME mismatch")
        _no_destinations(known)
        made.instance, made.host = known["sid"], known["host"]
        self.keep(Configuration(name, [made]))

    def add(self, name: str, identifier: str) -> None:
        """ORA-16642, ORA-16698; ORA-16525 and what Oracle Net says of the other side."""
        with self._changing() as configuration:
            if configuration.find(name) is not None:
                raise not_simulated("adding a member twice")
            made = Member(name, identifier, "PHYSICAL STANDBY")
            known = self.ask(made, "who")
            if known["name"].lower() != name.lower():
                raise OraError(16642, "DB_UNIQUE_NAME mismatch")
            _no_destinations(known)
            made.role, made.instance, made.host = known["role"], known["sid"], known["host"]
            configuration.members.append(made)

    def remove(self, name: str | None, preserve: bool) -> None:
        with self._lock:
            configuration = self.configuration()
            gone = configuration.others(self.name) if name is None else [configuration.member(name)]
            for member in gone:
                if member.role == "PRIMARY":
                    raise OraError(16627, "operation disallowed since no member would remain to support protection mode")
                with contextlib.suppress(OraError):
                    self.ask(member, "store", configuration=None)
                configuration.members.remove(member)
            if not preserve and configuration.enabled:
                self.align(configuration, configuration.primary)
            configuration.version += 1
            self.keep(None if name is None else configuration)

    def set_property(self, name: str | None, key: str, value: str) -> str:
        """ORA-16540 (assumed) for what is no property; gives its name as it is spelt."""
        with self._changing() as configuration:
            if name is None:
                key = broker_members.spelt(key, broker_members.OF_THE_CONFIGURATION)
                configuration.properties[key] = value
            else:
                member = configuration.member(name)
                key = broker_members.spelt(key, broker_members.OF_A_DATABASE)
                if key == "DGConnectIdentifier":
                    member.identifier = value
                else:
                    member.properties[key] = value
            if configuration.enabled:
                self.apply_configuration(configuration)
        return key

    def set_state(self, name: str, state: str) -> None:
        """TRANSPORT-ON, TRANSPORT-OFF, APPLY-ON, APPLY-OFF. ORA-16516 for a state that the role does not have."""
        with self._changing() as configuration:
            member = configuration.member(name)
            if state not in (("TRANSPORT-ON", "TRANSPORT-OFF") if member.role == "PRIMARY" else ("APPLY-ON", "APPLY-OFF")):
                raise OraError(16516, "current state is invalid for the attempted operation")
            member.intended = state
            if configuration.enabled:
                self.apply_configuration(configuration)

    def set_mode(self, mode: str) -> None:
        """ORA-16627 when no standby receives as the mode needs it (documented). Only MaxPerformance has effects here."""
        with self._changing() as configuration:
            standbys = configuration.others(configuration.primary.name)
            synchronous = [one for one in standbys if one.enabled and one.property("LogXptMode").upper() == "SYNC"]
            if mode != "MaxPerformance" and not synchronous:
                raise OraError(16627, "operation disallowed since no member would remain to support protection mode")
            configuration.mode = mode

    def enable(self, name: str | None) -> None:
        """ORA-16661 for a member that has to be reinstated; what a member's side says."""
        with self._lock:
            configuration = self.configuration()
            wanted = configuration.members if name is None else [configuration.member(name)]
            for member in wanted:
                if member.reinstate:
                    if name is not None:
                        raise OraError(16661, "the standby database needs to be reinstated")
                    continue
                member.enabled = True
            configuration.enabled = configuration.enabled or name is None
            configuration.version += 1
            if configuration.enabled:
                self.apply_configuration(configuration)
            self.keep(configuration)
            self.checked = 0.0

    def disable(self, name: str | None) -> None:
        """What was set stays as it is (documented)."""
        with self._changing() as configuration:
            for member in configuration.members if name is None else [configuration.member(name)]:
                member.enabled = False
            configuration.enabled = configuration.enabled and name is not None
        for member in configuration.others(self.name):
            with contextlib.suppress(OraError):
                self.ask(member, "store", configuration=configuration)

    # --- role changes ---

    def switchover(self, name: str) -> None:
        """The primary's part: its instance is gone afterwards."""
        self.sql(f"ALTER DATABASE SWITCHOVER TO {name}")

    def open_primary(self, failed_over: bool) -> None:
        """The new primary's part: it opens, and the configuration says so."""
        with self._lock:
            configuration = self.configuration()
            old = configuration.primary
            if self._database.state != OPEN:
                self.sql("ALTER DATABASE OPEN")
            new = configuration.member(self.name)
            if new is not old:
                old.role, new.role = "PHYSICAL STANDBY", "PRIMARY"
                old.intended, new.intended = "APPLY-ON", "TRANSPORT-ON"
                if failed_over:
                    old.enabled, old.reinstate = False, True
            configuration.version += 1
            self.keep(configuration)
        self.configure(**broker_members.wanted(configuration, new))
        self.tell(configuration)
        for member in configuration.others(self.name):
            if member.enabled:
                with contextlib.suppress(OraError):
                    self.align(configuration, member)

    def failover(self, name: str, immediate: bool) -> None:
        """The standby's part, at the standby."""
        if immediate:
            with contextlib.suppress(OraError):
                self.sql("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL")
            self.sql("ALTER DATABASE ACTIVATE PHYSICAL STANDBY DATABASE")
        else:
            self.sql(f"ALTER DATABASE FAILOVER TO {name}")
        self.open_primary(True)

    def statement(self, text: str) -> None:
        """A step of REINSTATE or CONVERT at the member itself."""
        self.sql(text)

    def store(self, configuration: Configuration | None) -> None:
        self.available()
        self.keep(configuration)

    def reinstated(self, name: str, role: str) -> None:
        """A member has come back, or has another role."""
        with self._lock:
            configuration = self.configuration()
            member = configuration.member(name)
            member.reinstate, member.enabled, member.role = False, True, role
            configuration.version += 1
            self.keep(configuration)
            self.align(configuration, configuration.primary)
            self.align(configuration, member)


def _no_destinations(known: dict[str, Any]) -> None:
    if known["destinations"] and known["release"] != "11.2":
        raise OraError(16698, "LOG_ARCHIVE_DEST_n parameter set for object to be added")


_OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    "who": Broker.who, "store": Broker.store, "configure": Broker.configure, "health": Broker.health, "create": Broker.create, "add": Broker.add,
    "remove": Broker.remove, "property": Broker.set_property, "state": Broker.set_state, "mode": Broker.set_mode, "enable": Broker.enable,
    "disable": Broker.disable, "switchover": Broker.switchover, "open": Broker.open_primary, "failover": Broker.failover,
    "statement": Broker.statement, "reinstated": Broker.reinstated,
    "stop": lambda self: self._database.first_instance().shutdown("ABORT"),
    "show": lambda self: broker_members.shown(self),
    "database": lambda self, name: broker_members.database(self, name),
    "validate": lambda self, name: broker_members.validated(self, name)}
_OF_THE_PRIMARY: Final = ("add", "remove", "property", "state", "mode", "enable", "disable", "show", "database", "validate", "reinstated")

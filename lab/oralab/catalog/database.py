# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One database with its instance: start and stop, services, logon rules, sessions."""
from __future__ import annotations

import contextlib
import dataclasses
import datetime
import os
import pickle
import re
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, cast

from oralab import api
from oralab.catalog import bootstrap, model, redo_client
from oralab.catalog.broker import Broker
from oralab.catalog.catalog import Catalog, RowSource
from oralab.catalog.containers import PluggableDatabase
from oralab.catalog.dataguard import DataGuard
from oralab.catalog.ddl import Ddl
from oralab.catalog.dictionary import Dictionary
from oralab.catalog.external import ExternalRows
from oralab.catalog.instances import DOWN, MOUNTED, NOMOUNT, OPEN, ServerInstance
from oralab.catalog.keystore import Keystore
from oralab.catalog.parameters import ParameterFile, Parameters, first_file
from oralab.catalog.passwords import PasswordFile, home_directory
from oralab.catalog.privileges import Privileges
from oralab.catalog.redo_client import REDO_USER
from oralab.catalog.redo_logs import RedoLogs
from oralab.catalog.sequences import Sequences
from oralab.catalog.spec import DatabaseSpec, Patch
from oralab.catalog.supplement import Supplement
from oralab.errors import OraError
from oralab.net.auth import make_verifier
from oralab.packages import dbms_dst
from oralab.storage import Store, asm, flashback, incarnations
from oralab.storage.faults import Faults
from oralab.values import Value

RowDict = Mapping[str, Any]


class DataPumpRows(Protocol):
    """What the Data Pump engine tells of its jobs: rows by column name of DBA_DATAPUMP_JOBS and _SESSIONS."""

    def jobs(self) -> Iterable[RowDict]: ...

    def sessions(self) -> Iterable[RowDict]: ...


class NotMounted:
    """Stands for the store while no database is mounted: whatever is asked of it is ORA-01507."""

    def __getattr__(self, name: str) -> Any:
        raise OraError(1507, "database not mounted")


class Database:
    """Implements ``oralab.api.Database``. One object lives through any number of starts and shutdowns."""

    def __init__(self, directory: str, spec: DatabaseSpec) -> None:
        self.directory = directory
        self.spec = self._created_as = spec
        """What it is: as it was created, then as its parameter file says from the start on, then as its control file says from the mount on."""
        self.release = spec.release
        numbers = [int(part) for part in spec.version.split(".")]
        self.version = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
        self.state = DOWN
        """How far the instance that got furthest has it."""
        self.instances = [ServerInstance(self, name, number) for number, name in enumerate(spec.instances or (spec.instance_name,), 1)]
        self.read_only = False
        self.restricted = False
        self.upgrade_mode = self.opening_upgrade = False
        """Opened, or being opened, with UPGRADE: for SYSDBA alone, and without jobs."""
        self.con_id = 0
        """CON_ID of a pluggable database that was plugged in; every other is itself the ``root``."""
        self.root: Database = self
        self.pluggable = PluggableDatabase(self) if spec.is_cdb else None
        """The pluggable database that a container database is made with."""
        self.plugged: dict[str, Any] = {}
        """Those that were plugged in, by name, once it has been open."""
        self.crashed = False
        """The instance before this one was not shut down cleanly, and the database has not been opened since."""
        self.started: datetime.datetime | None = None
        self.dismounted = False
        """The instance has had the database mounted, and has it no more."""
        self.sessions: dict[int, Any] = {}
        """Open sessions by SID."""
        self.faults = Faults()
        """What goes wrong with files, whatever control file is mounted."""
        self.store: Store
        self.catalog: Catalog
        self.dictionary: Dictionary
        self.ddl: Ddl
        self.sequences: Sequences
        self.logs: RedoLogs
        self.dataguard: DataGuard
        self.broker = Broker(self)
        self.attributes: model.DatabaseAttributes
        self.keystore = Keystore(self)
        # Instances of one home share a file without a SID in its name.
        self.password_file = PasswordFile(home_directory(spec.oracle_home, directory), "" if spec.instances else spec.instance_name)
        self.rman_records: dict[str, list[dict[str, Value]]] = {}
        """Rows of V$BACKUP_SET, V$RMAN_STATUS and their like by view name, kept by the tools."""
        self.datapump: DataPumpRows | None = None
        self.longops: dict[tuple[int, str, object], dict[str, Value]] = {}
        """Rows of V$SESSION_LONGOPS by (sid, opname, target)."""
        self.running_services: set[str] = set()
        self.on_mount: list[Callable[[Database], None]] = []
        """Called at every mount, when the control file has been read."""
        self.on_open: list[Callable[[Database], None]] = []
        """Called at every open, before ordinary users may log on (scheduler, Data Pump)."""
        self.on_close: list[Callable[[Database], None]] = []
        """Called before every shutdown but ABORT, while sessions still work."""
        self.on_plugged: list[Callable[[Any], None]] = []
        """Called with every pluggable database that was plugged in, when it becomes known."""
        self._lock = threading.RLock()
        self._serial = 0
        self._next_sid = 20

    # --- making, starting, stopping ---

    @classmethod
    def create(cls, directory: str, spec: DatabaseSpec) -> Database:
        """CREATE DATABASE with all its files below ``directory``; the database is open afterwards."""
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, "spec.pickle"), "wb") as file:
            pickle.dump(spec, file)
        database = cls(directory, spec)
        database._mount_disk_groups()
        first_file(database.parameter_files()[spec.parameter_file], spec, directory)
        database._begin_instances()
        database.store = Store.create(
            directory, name=spec.name, dbid=spec.dbid or zlib.crc32(spec.db_unique_name.encode()) | 1 << 30, platform=spec.platform_id,
            block_size=spec.block_size, file_name=database.file_name)
        database.store.faults = database.faults
        database.password_file.write("SYS", make_verifier(spec.passwords.get("SYS", "change_on_install")),
                                     {"SYSDBA", "SYSOPER"})
        database._attach()
        bootstrap.create(database)
        database.attributes = bootstrap.attributes(database)
        for thread in range(2, len(spec.instances) + 1):
            database.store.redo.enable(thread, database.store.next_scn())
        if spec.log_mode == "ARCHIVELOG":
            database.logs.begin_archiving()
        database.dataguard.mounted()
        database._opened(read_only=False)
        dbms_dst.create_tables(database)
        return database

    @classmethod
    def open(cls, directory: str, *, to: str = OPEN) -> Database:
        """The database of a directory, started up ``to`` NOMOUNT (STARTED), MOUNTED or OPEN; DOWN leaves it idle."""
        with open(os.path.join(directory, "spec.pickle"), "rb") as file:
            database = cls(directory, pickle.load(file))
        if to != DOWN:
            database.startup(to)
        return database

    def _mount_disk_groups(self) -> None:
        """The host's ASM has them before any database looks for its files there."""
        asm.mount(self.spec.disk_groups, os.path.join(self.directory, "asm"))

    def file_name(self, tablespace: str, contents: str) -> str:
        """Name of a tablespace's first file: in the disk group that DB_CREATE_FILE_DEST names, or in the database's directory."""
        home = self.spec.parameters.get("db_create_file_dest", "")
        if asm.is_asm(home):
            return asm.place(home, "TEMPFILE" if contents == "TEMPORARY" else "DATAFILE", tablespace, self.spec.db_unique_name)
        return os.path.join(self.directory, tablespace.lower() + "01.dbf")

    def parameter_files(self) -> dict[str, str]:
        """Where STARTUP looks, in this order. All instances of a RAC database share them."""
        return {kind: os.path.join(self.directory, f"{prefix}{self.spec.instance_name}.ora")
                for kind, prefix in (("spfile", "spfile"), ("pfile", "init"))}

    def read_parameters(self, sid: str, pfile: str = "") -> Parameters:
        """What an instance starts with. ORA-01078 over LRM-00109 without any file."""
        running = next((one.parameters.spfile for one in self.instances if one.state != DOWN), None)
        return Parameters(self._parameter_file(pfile) if pfile else running or self._parameter_file(), self.spec, sid)

    def _parameter_file(self, pfile: str = "") -> ParameterFile:
        usual = self.parameter_files()
        for path in [pfile] if pfile else usual.values():
            if os.path.exists(path):
                return ParameterFile.read(path)
        raise OraError(1078, "failure in processing system parameters",
                       stack=[f"LRM-00109: could not open parameter file '{pfile or usual['pfile']}'"])

    def _begin_instances(self, pfile: str = "") -> None:
        file = self._parameter_file(pfile)
        given = file.of(self.instances[0].name)
        if given.get("cluster_database", "").upper() == "TRUE" and not self.spec.has_rac:
            raise OraError(439, "feature not enabled: Real Application Clusters")
        self._name(given)
        for one in self.instances:
            one.begin(Parameters(file, self.spec, one.name))

    @property
    def parameters(self) -> Parameters:
        """Those of the first instance that runs, for what is the same in all of them."""
        return next((one for one in self.instances if one.reached != DOWN), self.instances[0]).parameters

    def startup(self, to: str = OPEN, *, restrict: bool = False, read_only: bool = False, pfile: str = "") -> None:
        """STARTUP. ORA-01081 when running."""
        if self.state != DOWN:
            raise OraError(1081, "cannot start already-running ORACLE - shut it down first")
        self._mount_disk_groups()
        self._begin_instances(pfile)
        self.running_services = {self.spec.default_service}
        self.state, self.restricted, self.upgrade_mode, self.started = NOMOUNT, restrict, False, self.now()
        self.store, self.dismounted = cast(Store, NotMounted()), False
        self.attributes = model.DatabaseAttributes(name=self.spec.name, created=self.started)
        self._attach()
        if to in (MOUNTED, OPEN):
            self.mount()
        if to == OPEN:
            self.open_database(read_only=read_only)
        for one in self.instances:
            one.reached = self.state

    def _name(self, parameters: Mapping[str, str]) -> None:
        """The names that the parameter file gives (documented: DB_UNIQUE_NAME is DB_NAME by default; ORA-01506 without DB_NAME)."""
        spec = self._created_as
        name = parameters.get("db_name")
        if not name:
            raise OraError(1506, "missing or illegal database name")
        unique, domain = parameters.get("db_unique_name") or name, parameters.get("db_domain", "")
        same = unique.lower() == spec.db_unique_name.lower() and domain == spec.domain
        self.spec = dataclasses.replace(
            spec, name=name, unique_name=unique, sid=spec.instance_name, domain=domain, compatible=parameters.get("compatible") or spec.compatible,
            service=spec.service if same else "", root_service=spec.root_service if same else "")

    def name_pairs(self, parameter: str) -> list[tuple[str, str]]:
        """The pairs of patterns of DB_FILE_NAME_CONVERT or LOG_FILE_NAME_CONVERT."""
        names = [name.strip().strip("'\"") for name in self.parameters.get(parameter).split(",") if name.strip()]
        return list(zip(names[::2], names[1::2]))

    def control_files(self) -> list[str]:
        """CONTROL_FILES of the instance."""
        return [path.strip().strip("'\"") for path in self.parameters.get("control_files").split(",") if path.strip()]

    def mount(self) -> None:
        """ALTER DATABASE MOUNT: reads the control file alone. ORA-01100 when mounted, ORA-00205, ORA-01103 another database's control file."""
        if self.state != NOMOUNT:
            raise OraError(1100, "database already mounted")
        if self.dismounted:
            raise OraError(750, "database has been previously mounted and dismounted")
        store = Store.mount(self.directory, self.control_files())
        if store.name.upper() != self.spec.name.upper():
            raise OraError(1103, f"database name '{store.name.upper()}' in control file is not '{self.spec.name.upper()}'")
        if store.control.role != "PRIMARY":
            store.convert_names(self.name_pairs("db_file_name_convert"))
        self.store, store.faults = store, self.faults
        contained = store.control.facts.get("pdb", self.spec.pdb) == self.spec.pdb
        self.spec = dataclasses.replace(self.spec, dbid=store.dbid, service=self.spec.service if contained else "", **store.control.facts)
        self._attach()
        self.catalog.load()
        self.attributes = bootstrap.attributes(self)
        self.crashed = os.path.exists(self._running)
        self.state = MOUNTED
        self.dataguard.mounted()
        for hook in self.on_mount:
            hook(self)

    def open_database(self, *, read_only: bool = False, resetlogs: bool = False) -> None:
        """ALTER DATABASE OPEN. ORA-01507 unless mounted, ORA-01531 when open."""
        if self.state == NOMOUNT:
            raise OraError(1507, "database not mounted")
        if self.state == OPEN:
            raise OraError(1531, "a database already open by the instance")
        if resetlogs:
            incarnations.open_resetlogs(self.store)
        read_only = self.dataguard.may_open(read_only)
        self.store.open_files(writable=not read_only)
        if resetlogs:
            self.store.checkpoint()
            if self.attributes.flashback:
                flashback.begin_logging(self.store)
        self.catalog.load()
        self.attributes = bootstrap.attributes(self)
        self._opened(read_only=read_only)
        late = {name: value for name, value in self.store.control.attributes.items() if name not in model.CONTROL_FILE_ATTRIBUTES}
        if late and not read_only:
            self.set_attributes(**late)

    def close(self, sessions: Iterable[Any]) -> None:
        """The open database is only mounted again, and these sessions end. Its files are still loaded: their redo may be ended."""
        for hook in self.on_close:
            hook(self)
        for session in sessions:
            session.kill()
            session.close()
        if not self.read_only:
            self.sequences.flush()
        self._reached(OPEN, MOUNTED)

    def reopen(self) -> None:
        """What was closed is open after all."""
        self._reached(MOUNTED, OPEN)
        for hook in self.on_open:
            hook(self)

    def _reached(self, was: str, state: str) -> None:
        self.state = state
        for one in self.instances:
            one.reached = state if one.reached == was else one.reached

    def dismount(self) -> None:
        """The control file is closed; the instance has to be started anew before it is mounted again (ORA-00750, documented)."""
        self.dataguard.closing(abort=True)
        self.store.close(abort=True)
        self.dataguard.closed(abort=True)
        if os.path.exists(self._running):
            os.unlink(self._running)
        self._reached(self.state, NOMOUNT)
        self.dismounted = True
        self.store = cast(Store, NotMounted())
        self._attach()

    def shutdown(self, mode: str = "IMMEDIATE") -> None:
        """SHUTDOWN NORMAL, TRANSACTIONAL, IMMEDIATE or ABORT. Sessions end; ABORT leaves recovery to the next start."""
        if self.state == DOWN:
            raise OraError(1034, "ORACLE not available")
        abort = mode == "ABORT"
        for hook in () if abort or self.state != OPEN else self.on_close:
            hook(self)
        was, self.state = self.state, DOWN
        for one in self.instances:
            one.reached = DOWN
        for session in list(self.sessions.values()):
            if abort:
                session.kill(abort=True)
            else:
                session.close()
        self.sessions.clear()
        for plugged in self.plugged.values():
            plugged.went_down(abort=abort)
        if was != NOMOUNT:
            self.dataguard.closing(abort=abort)
            if not abort and was == OPEN and not self.read_only:
                self.sequences.flush()
            self.store.close(abort=abort)
            self.dataguard.closed(abort=abort)
            if not abort and os.path.exists(self._running):
                os.unlink(self._running)
        self.keystore.forget()
        asm.dismount(self.spec.disk_groups)

    def _attach(self) -> None:
        self.catalog = Catalog(self.store, self.release, self)
        self.catalog.privileges = Privileges(self.catalog)
        self.dictionary = Dictionary(self)
        self.ddl = Ddl(self)
        self.sequences = Sequences(self.catalog)
        self.logs = RedoLogs(self)
        self.dataguard = DataGuard(self)
        self.store.supplement = Supplement(self)
        self.store.keys = self.keystore

    @property
    def _running(self) -> str:
        """A file that is there from the open to the clean shutdown."""
        return os.path.join(self.directory, "open")

    def own_services(self) -> list[str]:
        """The services that something on this server starts with the database. Elsewhere they are in the dictionary and do not run."""
        return [name for name in self.attributes.services if name in self.spec.further_services]

    def _opened(self, *, read_only: bool) -> None:
        self.read_only, self.crashed = read_only, False
        open(self._running, "w").close()
        if self.started is None:
            self.started = self.now()
        self.running_services = {self.spec.default_service, *filter(None, (self.spec.container_service,)), *self.own_services()}
        for hook in self.on_open:
            hook(self)
        self.state = OPEN
        if self.pluggable is not None:
            self.running_services &= {self.spec.container_service}
            self.pluggable.came_up()
        for record in list(self.attributes.plugged.values()):
            (self.plugged.get(record.name) or self.add_plugged(record)).pluggable.came_up()
        if all(one.reached == DOWN for one in self.instances):
            for one in self.instances:
                one.reached = OPEN

    def add_plugged(self, record: model.PluggedIn) -> Any:
        """A pluggable database becomes known."""
        from oralab.catalog.plugged import PluggedDatabase
        self.plugged[record.name] = found = PluggedDatabase(self, record)
        for hook in self.on_plugged:
            hook(found)
        return found

    # --- what a newer home brings ---

    def patches(self, container: str = "") -> list[Patch]:
        """The actions that DBA_REGISTRY_SQLPATCH has, of one container."""
        return [patch for patch in self.attributes.patches if not patch.container or patch.container == container]

    def register_patch(self, patch: Patch) -> None:
        """What datapatch did."""
        self.set_attributes(patches=[*self.attributes.patches, patch])

    def time_zone_files(self, container: int) -> model.TimeZoneFiles:
        """Those of a container, by CON_ID."""
        return self.attributes.time_zones.get(container) or model.TimeZoneFiles(self.spec.timezone_file)

    @property
    def timezone_file(self) -> int:
        """Version of the primary time zone file where users work."""
        return self.time_zone_files(self.con_id or (3 if self.spec.is_cdb else 0)).primary

    # --- what the listener asks ---

    def services(self) -> Mapping[str, str]:
        return self.services_at(self.state)

    def services_at(self, state: str) -> Mapping[str, str]:
        """What an instance in this state registers with the listener."""
        if state == DOWN:
            return {}
        if state == NOMOUNT:
            return {self.spec.default_service: "BLOCKED"}
        names = self.running_services if state == OPEN else {self.spec.default_service, self.spec.container_service} - {""}
        inside = self.pluggable is not None and self.pluggable.restricted
        return {name: "RESTRICTED" if self.restricted or inside and name != self.spec.container_service else "READY" for name in sorted(names)}

    def sid_name(self) -> str:
        return self.spec.instance_name

    def time_zone(self) -> str:
        return self.attributes.time_zone if self.state in (MOUNTED, OPEN) else self.spec.time_zone

    def verifier(self, user: str, privilege: str) -> api.Verifier | None:
        if privilege:
            if self.password_mode() == "NONE":
                return None
            if user == REDO_USER:
                return redo_client.verifier(self.password_file) if privilege == "SYSDBA" else None
            return self.password_file.verifier(user, privilege)
        if self.state == DOWN:
            raise OraError(1034, "ORACLE not available", stack=["ORA-27101: shared memory realm does not exist"])
        if self.state != OPEN:
            # Whoever is not in the password file is in a dictionary that cannot be read yet.
            raise OraError(1033, "ORACLE initialization or shutdown in progress")
        found = self.catalog.get(model.User, user)
        return found.verifier if found and found.authentication == "PASSWORD" else None

    def password_mode(self) -> str:
        """REMOTE_LOGIN_PASSWORDFILE; an instance that is not started has read no parameter that would keep anybody out."""
        return "EXCLUSIVE" if self.state == DOWN else str(self.parameters.get("remote_login_passwordfile")).upper()

    def failed_logon(self, user: str) -> None:
        """A wrong password: counts towards FAILED_LOGIN_ATTEMPTS, which locks the account (SYS excepted)."""
        found = self.catalog.get(model.User, user) if self.state == OPEN else None
        if found is None or user == "SYS" or self.read_only:
            return
        limit = self.limit(found, "FAILED_LOGIN_ATTEMPTS")
        with self._lock, self.catalog.change(quiet=True) as change:
            found = change.edit(found)
            found.failed_logons += 1
            if limit is not None and found.failed_logons >= limit and not found.locked:
                found.timed_lock, found.lock_date = True, self.now()

    def logon(self, request: api.Logon, instance: ServerInstance | None = None) -> Any:
        """Checks in Oracle's order: instance state, administrative privilege, lock, expiry, CREATE SESSION, restriction.

        ``instance``: the one that was connected to, without it the first that runs.
        """
        instance = instance or self.first_instance()
        from oralab.engine.session import Session
        if self.state == DOWN:
            raise OraError(1034, "ORACLE not available", stack=["ORA-27101: shared memory realm does not exist"])
        if request.privilege:
            if not request.os_authenticated and not self.verifier(request.user, request.privilege):
                raise OraError(1031, "insufficient privileges")
            return Session(self, self._administrative(request), instance)
        if self.state != OPEN:
            raise OraError(1033, "ORACLE initialization or shutdown in progress")
        if self.logs.stuck:
            raise OraError(257, "Archiver error. Connect AS SYSDBA only until resolved.")
        if request.user == "SYS":
            raise OraError(28009, "connection as SYS should be as SYSDBA or SYSOPER")
        user = self.catalog.get(model.User, request.user)
        if user is None:
            raise OraError(1017, "invalid username/password; logon denied")
        if self.spec.is_cdb and request.service == self.spec.container_service and not (user.common or user.oracle_maintained):
            raise OraError(1017, "invalid username/password; logon denied")
        self._may_log_on(user, request)
        session = Session(self, request, instance)
        if not self.catalog.privileges.has(session, "CREATE SESSION"):
            session.close()
            raise OraError(1045, f"user {user.name} lacks CREATE SESSION privilege; logon denied")
        inside = self.pluggable is not None and self.inside(session)
        restricted = self.restricted or inside and self.pluggable is not None and self.pluggable.restricted
        if self.upgrade_mode or restricted and not self.catalog.privileges.has(session, "RESTRICTED SESSION"):
            session.close()
            raise OraError(1035, "ORACLE only available to users with RESTRICTED SESSION privilege")
        if not self.read_only:
            with self._lock, self.catalog.change(quiet=True) as change:
                user = change.edit(self.catalog.get(model.User, user.name) or user)
                user.last_login, user.failed_logons, user.timed_lock = self.now(), 0, False
        return session

    def _administrative(self, request: api.Logon) -> api.Logon:
        """SYSDBA works as SYS, SYSOPER as PUBLIC, the others as the account of their own name (documented)."""
        request.user = {"SYSDBA": "SYS", "SYSOPER": "PUBLIC"}.get(request.privilege, request.privilege)
        return request

    def _may_log_on(self, user: model.User, request: api.Logon) -> None:
        locked = user.locked
        if user.timed_lock:
            days = self.limit(user, "PASSWORD_LOCK_TIME")
            since = self.now() - (user.lock_date or self.now())
            locked = locked or days is None or since < datetime.timedelta(days=days)
        if locked:
            raise OraError(28000, "the account is locked")
        if (user.expired or self._password_outlived(user)) and not request.new_password:
            raise OraError(28001, "the password has expired")
        limit = self.limit(user, "SESSIONS_PER_USER")
        if limit is not None and sum(session.user == user.name for session in self.sessions.values()) >= limit:
            raise OraError(2391, "exceeded simultaneous SESSIONS_PER_USER limit")

    def _password_outlived(self, user: model.User) -> bool:
        life, grace = self.limit(user, "PASSWORD_LIFE_TIME"), self.limit(user, "PASSWORD_GRACE_TIME")
        if life is None or user.password_changed is None or user.oracle_maintained:
            return False
        return self.now() - user.password_changed > datetime.timedelta(days=life + (grace or 0))

    def limit(self, user: model.User, name: str) -> float | None:
        """A numeric profile limit of a user, None for UNLIMITED."""
        for profile_name in (user.profile, "DEFAULT"):
            profile = self.catalog.get(model.Profile, profile_name)
            text = profile.limits.get(name, "DEFAULT") if profile else "DEFAULT"
            if text != "DEFAULT":
                return None if text in ("UNLIMITED", "NULL") else float(text)
        return None

    # --- sessions ---

    def first_instance(self) -> ServerInstance:
        return next((one for one in self.instances if one.state != DOWN), self.instances[0])

    def instance(self, name: str) -> ServerInstance | None:
        """By its name, in any case."""
        return next((one for one in self.instances if one.name.upper() == name.upper()), None)

    def further_instance(self, name: str) -> ServerInstance:
        """An instance of a name that the database was not made with; it is down."""
        first, one = self.instances[0], ServerInstance(self, name, 0)
        if len(self.instances) == 1:
            first.reached = self.state
        one.further = True
        self.instances.append(one)
        return one

    def register(self, session: Any) -> tuple[int, int]:
        """SID and serial number of a new session. ORA-00018 when ``sessions`` are exceeded."""
        with self._lock:
            if len(self.sessions) >= self.parameters.number("sessions"):
                raise OraError(18, "maximum number of sessions exceeded")
            self._next_sid += 1
            self._serial += 7
            self.sessions[self._next_sid] = session
            return self._next_sid, 1000 + self._serial % 60000

    def unregister(self, session: Any) -> None:
        with self._lock:
            self.sessions.pop(session.sid, None)
            for key in [key for key in self.longops if key[0] == session.sid]:
                del self.longops[key]

    def kill(self, sid: int, serial: int, *, immediate: bool = False) -> None:
        """ALTER SYSTEM KILL SESSION. ORA-00030 when there is none."""
        session = self.sessions.get(sid)
        if session is None or session.serial != serial:
            raise OraError(30, "User session ID does not exist.")
        session.kill(abort=immediate)

    def container(self, session: Any) -> int:
        """CON_ID of a session: 0 in a non-CDB, 1 in the root, from 3 on in a pluggable database."""
        if session.database.con_id:
            return int(session.database.con_id)
        if not self.spec.is_cdb:
            return 0
        return 1 if getattr(session, "container", self.spec.pdb) == "CDB$ROOT" else 3

    def inside(self, session: Any) -> bool:
        """Whether a session is in a pluggable database."""
        return self.container(session) > 1

    @contextlib.contextmanager
    def internal(self, user: str = "SYS") -> Iterator[Any]:
        """A session of the instance's own, not seen in V$SESSION's user sessions, for recursive work as ``user``."""
        from oralab.engine.session import Session
        session = Session(self, api.Logon(user, "SYS$BACKGROUND", "SYSDBA" if user == "SYS" else "", program="oracle (J000)"), self.first_instance())
        try:
            yield session
            session.commit()
        finally:
            session.close()

    # --- services of the engine ---

    def now(self) -> datetime.datetime:
        """SYSDATE: the server's clock, to the second."""
        return datetime.datetime.now().replace(microsecond=0)

    def handle(self, session: Any, table: model.Table) -> Any:
        """The store's handle of a table's rows; of a temporary table, this session's own."""
        return self.ddl.segments.handle(session, table)

    def external_rows(self, session: Any, table: model.Table) -> RowSource:
        return ExternalRows(self, table)

    def dictionary_objects(self) -> Iterator[dict[str, Any]]:
        """Rows of DBA_OBJECTS for what SYS has: dictionary views with their public synonyms, supplied packages."""
        from oralab.packages.registry import packages
        base = {"CREATED": self.attributes.created, "LAST_DDL_TIME": self.attributes.created, "STATUS": "VALID", "TEMPORARY": "N",
                "GENERATED": "N", "SECONDARY": "N", "NAMESPACE": 1, "ORACLE_MAINTAINED": "Y", "SHARING": "METADATA LINK",
                "TIMESTAMP": self.attributes.created.strftime("%Y-%m-%d:%H:%M:%S"), "\0owner": "PUBLIC"}
        number = 1000
        for title, relation in self.public_dictionary():
            yield {**base, "OWNER": "SYS", "OBJECT_NAME": relation, "OBJECT_TYPE": "VIEW", "OBJECT_ID": (number := number + 1)}
            yield {**base, "OWNER": "PUBLIC", "OBJECT_NAME": title, "OBJECT_TYPE": "SYNONYM", "OBJECT_ID": (number := number + 1)}
        for name in (name for name, package in packages().items() if package.internal is None):
            for kind in ("PACKAGE", "PACKAGE BODY"):
                yield {**base, "OWNER": "SYS", "OBJECT_NAME": name, "OBJECT_TYPE": kind, "OBJECT_ID": (number := number + 1)}

    def public_dictionary(self) -> Iterator[tuple[str, str]]:
        """(public synonym, view in SYS) of every simulated dictionary view."""
        for title in self.dictionary.titles():
            yield title, re.sub(r"^(G?V)\$", r"\1_$", title)

    def alert(self, *lines: str) -> None:
        """Write to the alert log: where it lies is documented, a time stands before what is written (transcripts)."""
        folder = os.path.join(self.parameters.get("diagnostic_dest"), "diag", "rdbms", self.spec.db_unique_name.lower(), self.spec.instance_name, "trace")
        os.makedirs(folder, exist_ok=True)
        with self._lock, open(os.path.join(folder, f"alert_{self.spec.instance_name}.log"), "a", encoding="utf-8") as file:
            file.write("\n".join([datetime.datetime.now().astimezone().isoformat(), *lines]) + "\n")

    def follow(self, details: Mapping[str, Any]) -> None:
        """The dictionary was changed by redo while the database is open: what is kept of it in memory follows."""
        self.catalog.follow(details["steps"])
        if any(kind == "DatabaseAttributes" for kind, _, _ in details["steps"]):
            self.attributes = bootstrap.attributes(self)

    def set_attributes(self, **changes: Any) -> None:
        """Change the database's own attributes (log mode, supplemental logging, ...), durably."""
        control = self.store.control
        own = {name for name in changes if self.state != OPEN or name in model.CONTROL_FILE_ATTRIBUTES}
        control.attributes = {**{name: value for name, value in control.attributes.items() if name not in changes},
                              **{name: changes[name] for name in own}}
        self.store.write_control()
        if set(changes) - own:
            with self.catalog.change() as change:
                edited = change.edit(self.attributes)
                for name, value in changes.items():
                    setattr(edited, name, value)
        self.attributes = bootstrap.attributes(self)

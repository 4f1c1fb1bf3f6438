# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pluggable databases that were plugged in: each works with the very datafiles of the database that it was.

Such a database has a dictionary, segments and transactions of its own, and shares the instances, their parameters, the sessions, the keystore and
the password file of its container database. That its changes are redo of its own, which no log of the container database has, and that its files
keep their numbers is a simplification.
"""
from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import shutil
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from oralab import api
from oralab.catalog import bootstrap, manifest, model
from oralab.catalog.containers import MOUNTED as CLOSED
from oralab.catalog.containers import READ_ONLY, SAVED, PluggableDatabase
from oralab.catalog.database import Database
from oralab.catalog.instances import DOWN, MOUNTED, OPEN
from oralab.catalog.spec import OF_THE_DATABASE
from oralab.errors import OraError, not_simulated
from oralab.storage import Store, asm, datafile
from oralab.storage.control_file import Control, Datafile

if TYPE_CHECKING:
    from oralab.catalog.manifest import Manifest

FIRST_CON_ID = 4
"""3 is the one that a container database is made with."""


class PluggedState(PluggableDatabase):
    """How one that was plugged in is open; its files are opened and closed with it."""

    def __init__(self, database: PluggedDatabase) -> None:
        super().__init__(database)
        self._own = database

    def came_up(self) -> None:
        own, root = self._own, self._own.root
        own.mount()
        self.open_mode, self.restricted = CLOSED, False
        saved = next(filter(None, (own.record.saved_states.get(instance.name.upper()) for instance in root.instances)), None)
        if saved is not None and not root.opening_upgrade:
            # A pluggable database that cannot be opened does not keep the others from it; the alert log says why (documented).
            try:
                self._opened(READ_ONLY if root.read_only or saved == SAVED[READ_ONLY] else "READ WRITE", False)
            except OraError as error:
                root.alert(error.text)

    def _opened(self, mode: str, restricted: bool) -> None:
        """With violations of type ERROR it is restricted, whatever was asked for (documented)."""
        own = self._own
        own.open_files(mode)
        super()._opened(mode, restricted or own.look_for_violations())

    def close(self, session: Any = None) -> None:
        super().close(session)
        self._own.close_files(abort=False)
        self._own.mount()

    def save(self, kept: bool) -> None:
        state = SAVED.get(self.open_mode) if kept else None
        names = [instance.name.upper() for instance in self._own.root.instances]
        self._own.remember(saved_states=dict.fromkeys(names, state) if state else {})


class PluggedDatabase(Database):
    """One of them. ``root`` is its container database; its own state is MOUNTED or OPEN while that is open."""

    def __init__(self, root: Database, record: model.PluggedIn) -> None:
        name = record.name
        super().__init__(record.directory, dataclasses.replace(
            root.spec, pdb=name, service=".".join(filter(None, (name.lower(), root.spec.domain))), root_service=root.spec.container_service,
            further_services=(), instances=()))
        self.record = record
        self.con_id = record.con_id
        self.root = root
        self.instances = root.instances
        self.sessions = root.sessions
        self.keystore = root.keystore
        self.password_file = root.password_file
        self.broker = root.broker
        self.pluggable: PluggedState = PluggedState(self)

    def register(self, session: Any) -> tuple[int, int]:
        return self.root.register(session)

    def unregister(self, session: Any) -> None:
        self.root.unregister(session)

    def remember(self, **changes: Any) -> None:
        """What the root knows of it."""
        self.record = dataclasses.replace(self.record, **changes)
        self.root.set_attributes(plugged={**self.root.attributes.plugged, self.record.name: self.record})

    # --- its files ---

    def mount(self) -> None:
        """Its control file is read. The root is open."""
        self.store = Store.mount(self.directory)
        facts = {name: value for name, value in self.store.control.facts.items() if name not in ("name", "pdb")}
        self.spec = dataclasses.replace(self.spec, dbid=self.store.dbid, **facts)
        self._attach()
        self.catalog.load()
        self.attributes = bootstrap.attributes(self)
        self.read_only, self.state = False, MOUNTED

    def open_files(self, mode: str) -> None:
        self.started = self.now()
        self.store.open_files(writable=mode != READ_ONLY)
        self.catalog.load()
        self.attributes = bootstrap.attributes(self)
        self.read_only, self.upgrade_mode, self.state = mode == READ_ONLY, mode == "MIGRATE", OPEN
        if self.record.status == "NEW" and not self.root.read_only:
            self.remember(status="NORMAL")
        for hook in self.on_open:
            hook(self)

    def close_files(self, *, abort: bool) -> None:
        """Sessions have ended."""
        for hook in () if abort else self.on_close:
            hook(self)
        if not abort and not self.read_only:
            self.sequences.flush()
        self.store.close(abort=abort)
        self.running_services, self.upgrade_mode, self.state = set(), False, MOUNTED

    def went_down(self, *, abort: bool) -> None:
        """With the root. What an abort leaves undone is recovered when it is opened."""
        if self.state == OPEN:
            self.close_files(abort=abort)
        elif self.state == MOUNTED:
            self.store.close(abort=True)
        self.pluggable.open_mode, self.state = CLOSED, DOWN

    def look_for_violations(self) -> bool:
        """Whether there are any of type ERROR."""
        root = self.root
        found = manifest.violations(root, manifest.of_database(self), self.record.name, plugged=True)
        if not root.read_only:
            root.set_attributes(violations=manifest.told(root.attributes.violations, self.record.name, found))
        return any(one.type == "ERROR" for one in found)


class PluggedServices:
    """What the listener has of it (implements ``oralab.api.Database``)."""

    def __init__(self, database: PluggedDatabase) -> None:
        self.database = database
        self.version = database.version

    def services(self) -> Mapping[str, str]:
        database = self.database
        if database.state != OPEN:
            return {}
        state = "RESTRICTED" if database.root.restricted or database.pluggable.restricted else "READY"
        return dict.fromkeys(sorted(database.running_services), state)

    def sid_name(self) -> str:
        return self.database.root.sid_name()

    def verifier(self, user: str, privilege: str) -> api.Verifier | None:
        return self.database.verifier(user, privilege)

    def failed_logon(self, user: str) -> None:
        self.database.failed_logon(user)

    def time_zone(self) -> str:
        return self.database.time_zone()

    def logon(self, request: api.Logon) -> Any:
        return self.database.logon(request, self.database.root.first_instance())


# --- plugging in ---

@dataclasses.dataclass(frozen=True, slots=True)
class How:
    """The clauses of CREATE PLUGGABLE DATABASE ... USING."""

    copy: str = "COPY"
    tempfile_reuse: bool = False
    as_clone: bool = False
    file_name_convert: tuple[tuple[str, str], ...] | None = None
    source_file_name_convert: tuple[tuple[str, str], ...] | None = None


def plug_in(root: Database, name: str, path: str, how: How) -> None:
    """Everything is looked at before anything is changed.

    ORA-65026 no manifest, ORA-65122 its GUID is there already, ORA-65134, 65116 and 65119 another byte order or character set, ORA-65138 a file is
    not there, ORA-65139 it is not as it was when it was described, ORA-01157 over 27086 an instance has it open (ORA-27086 says that; where it
    stands is assumed). That versions differ is no reason here: it is opened restricted (documented).
    """
    destinations = [root.parameters.get(f"log_archive_dest_{number}").upper() for number in range(1, 32)]
    if root.dataguard.role != "PRIMARY" or any(one.startswith("SERVICE") for one in destinations):
        raise not_simulated("CREATE PLUGGABLE DATABASE with a standby database")
    found = manifest.read(path)
    if how.source_file_name_convert:
        for file in found.datafiles:
            file.path = _converted(file.path, how.source_file_name_convert)
    guids = {pdb.guid for pdb in root.attributes.plugged.values()}
    if found.guid in guids and not how.as_clone:
        raise OraError(65122, "Pluggable database GUID conflicts with the GUID of an existing container.")
    _check(root, found, path)
    record = model.PluggedIn(
        name=name, con_id=max((pdb.con_id for pdb in root.attributes.plugged.values()), default=FIRST_CON_ID - 1) + 1,
        guid=secrets.token_hex(16).upper() if how.as_clone else found.guid, directory="", created=root.now())
    record = dataclasses.replace(record, directory=os.path.join(root.directory, "pdbs", record.guid))
    made = _place(root, found, record, how)
    try:
        _make_control(root, found, record)
    except OraError:
        for new in made:
            asm.remove(new)
        shutil.rmtree(record.directory, ignore_errors=True)
        raise
    if how.copy == "MOVE":
        for old in made.values():
            with contextlib.suppress(FileNotFoundError):
                asm.remove(old)
    known = manifest.told(root.attributes.violations, name, manifest.violations(root, found, name, plugged=True))
    root.set_attributes(plugged={**root.attributes.plugged, name: record}, violations=known)
    root.add_plugged(record).mount()


def _converted(path: str, pairs: tuple[tuple[str, str], ...]) -> str:
    return next((path.replace(old, new, 1) for old, new in pairs if old in path), path)


def _check(root: Database, found: Manifest, path: str) -> None:
    spec = root.spec
    if found.big_endian != (root.store.platform.order == ">"):
        raise OraError(65134, "endian mismatch")
    for code, pdb, cdb, what in ((65116, found.character_set, spec.character_set, "database"),
                                 (65119, found.national_character_set, spec.national_character_set, "national")):
        if not manifest.fits(code, pdb, cdb, spec.release):
            raise OraError(code, f"incompatible {what} character set")
    if found.block_size != root.store.block_size:
        raise not_simulated("a pluggable database of another block size than the root's")
    for file in found.datafiles:
        if file.contents == "TEMPORARY":
            continue
        if not asm.exists(file.path):
            raise OraError(65138, f"Data file {file.path} of pluggable database {found.name} not found.")
        header = datafile.read_header(file.path, root.store.platform)
        for element, held, there in (("fdbid", found.dbid, header.dbid), ("afn", file.number, header.file),
                                     ("createscnbas", file.creation_scn, header.creation_scn), ("fcpsb", file.checkpoint_scn, header.checkpoint_scn)):
            if held != there:
                raise OraError(65139, f"Mismatch between XML metadata file and data file {file.path} for value of {element} ({held} in the plug XML file, "
                               f"{there} in the data file)")
        if datafile.in_use(file.path):
            raise OraError(1157, f"cannot identify/lock data file {file.number} - see DBWR trace file", stack=[
                f"ORA-01110: data file {file.number}: '{file.path}'", "ORA-27086: unable to lock file - already in use"])


def _place(root: Database, found: Manifest, record: model.PluggedIn, how: How) -> dict[str, str]:
    """Copy the files to where they will be, and name them so; the copies, with what they are copies of. ORA-65016, ORA-01119 over 27038."""
    copies: dict[str, str] = {}
    dest = root.parameters.get("db_create_file_dest")
    for file in found.datafiles:
        old = file.path
        if how.copy != "NOCOPY":
            file.path, file.omf = _new_name(root, file, record, how, dest)
            copies[file.path] = old
        fresh = file.path != old or file.contents == "TEMPORARY" and not how.tempfile_reuse
        if fresh and asm.exists(file.path):
            raise OraError(1119, f"error in creating database file '{file.path}'", stack=[
                "ORA-27038: created file already exists", "Additional information: 1"])
    made: dict[str, str] = {}
    for new, old in copies.items():
        if asm.exists(old):
            if asm.is_asm(new) or asm.is_asm(old):
                raise not_simulated("CREATE PLUGGABLE DATABASE with copies in disk groups")
            os.makedirs(os.path.dirname(new), exist_ok=True)
            shutil.copyfile(old, new)
            made[new] = old
    return made


def _new_name(root: Database, file: Datafile, record: model.PluggedIn, how: How, dest: str) -> tuple[str, bool]:
    if how.file_name_convert is not None:
        new = _converted(file.path, how.file_name_convert)
        if new == file.path:
            raise OraError(1276, f"Cannot add file {file.path}.  File has an Oracle Managed Files file name.") if file.omf else OraError(
                65005, "missing or invalid file name pattern for file - " + file.path)
        return new, False
    if not dest:
        raise OraError(65016, "FILE_NAME_CONVERT must be specified")
    kind, suffix = ("tempfile", "tmp") if file.contents == "TEMPORARY" else ("datafile", "dbf")
    return os.path.join(dest, root.spec.db_unique_name.upper(), record.guid, kind,
                        f"o1_mf_{file.tablespace.lower()[:8]}_{zlib.crc32(file.path.encode()):08x}_.{suffix}"), True


def _make_control(root: Database, found: Manifest, record: model.PluggedIn) -> None:
    """A control file out of what the manifest says and what the SYSTEM tablespace holds."""
    newest = max(file.checkpoint_scn for file in found.datafiles)
    control = Control(
        name=found.name, dbid=found.dbid, platform=root.store.platform.id, block_size=found.block_size, created=found.created, scn=newest,
        resetlogs_scn=found.resetlogs_scn, next_tablespace=max(space.number for space in found.tablespaces) + 1,
        next_file=max(file.number for file in found.datafiles) + 1, tablespaces={space.name: space for space in found.tablespaces},
        datafiles={file.number: file for file in found.datafiles}, attributes={"log_mode": "NOARCHIVELOG"},
        facts={**{name: getattr(root.spec, name) for name in OF_THE_DATABASE}, "name": root.spec.name, "pdb": record.name,
               "character_set": found.character_set, "national_character_set": found.national_character_set, "timezone_file": found.timezone_file,
               "components": tuple(found.components)})
    os.makedirs(record.directory)
    store = Store(record.directory, control)
    held = store.read_dictionary()
    store.close(abort=True)
    control.records["DatabaseAttributes"] = held["DatabaseAttributes"]
    numbers = [*control.segments, *(one.object_id for records in held.values() for one in records.values() if isinstance(one, model.SchemaObject))]
    control.next_object = max([control.next_object, *numbers])
    store.write_control()


def unplug(root: Database, name: str, *, datafiles: bool) -> None:
    """DROP PLUGGABLE DATABASE: it, and with ``datafiles`` its files."""
    database = cast(PluggedDatabase, root.plugged.pop(name))
    files = [file.path for file in database.store.datafiles()]
    database.went_down(abort=True)
    database.store.close(abort=True)
    root.set_attributes(plugged={other: record for other, record in root.attributes.plugged.items() if other != name})
    shutil.rmtree(database.directory)
    for path in files if datafiles else ():
        if asm.exists(path):
            asm.remove(path)


def convert(database: PluggedDatabase, step: int) -> None:
    """A step of noncdb_to_pdb.sql: the dictionary becomes one that shares what Oracle supplies with the root's."""
    with database.catalog.change() as change:
        change.edit(database.attributes).converted = step
    database.attributes = bootstrap.attributes(database)

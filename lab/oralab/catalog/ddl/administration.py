# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories, database links, contexts; ALTER SYSTEM, SESSION and DATABASE."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oralab.catalog import model, role_changes
from oralab.catalog.ddl import Ddl, flashback, statement
from oralab.errors import OraError, not_simulated
from oralab.sql import ast

# --- directories, links, contexts ---


@statement(ast.CreateDirectory)
def create_directory(ddl: Ddl, session: Any, node: ast.CreateDirectory) -> None:
    """Owned by SYS; the creator is granted READ and WRITE (documented). The path need not exist."""
    ddl.privileges.need(session, "CREATE ANY DIRECTORY")
    name = node.name.name
    ddl.check_name(name)
    existing = ddl.catalog.get(model.Directory, "SYS", name)
    if existing and not node.or_replace:
        raise OraError(955, "name is already used by an existing object")
    directory = ddl.stamp(model.Directory(owner="SYS", name=name, path=node.path, object_id=existing.object_id if existing else 0))
    with ddl.change() as change:
        change.save(directory)
        if existing is None and session.user != "SYS":
            for privilege in ("READ", "WRITE", "EXECUTE"):
                change.save(model.ObjectGrant(grantee=session.user, owner="SYS", name=name, type="DIRECTORY", privilege=privilege,
                                              grantor="SYS", grantable=True))


def drop_directory(ddl: Ddl, session: Any, node: ast.Drop) -> None:
    ddl.privileges.need(session, "DROP ANY DIRECTORY")
    found = ddl.catalog.get(model.Directory, "SYS", node.name.name)
    if found is None:
        raise OraError(4043, f"object {node.name.name} does not exist")
    with ddl.change() as change:
        change.remove(found)
        for grant in ddl.catalog.grants_on("SYS", found.name):
            change.remove(grant)


def _link_name(ddl: Ddl, name: str) -> str:
    """The domain of the database is appended to a name without one (documented)."""
    domain = ddl.database.spec.domain.upper()
    return f"{name}.{domain}" if domain and "." not in name else name


@statement(ast.CreateDatabaseLink)
def create_link(ddl: Ddl, session: Any, node: ast.CreateDatabaseLink) -> None:
    """ORA-02011; nothing is connected to."""
    owner = "PUBLIC" if node.public else session.schema
    name = _link_name(ddl, node.name.name)
    found = ddl.catalog.get(model.DbLink, owner, name)
    if node.alter:
        ddl.privileges.need(session, "ALTER PUBLIC DATABASE LINK" if node.public else "ALTER DATABASE LINK")
        if found is None:
            raise OraError(2024, "database link not found")
    else:
        ddl.privileges.need(session, "CREATE PUBLIC DATABASE LINK" if node.public else "CREATE DATABASE LINK")
        if not node.public and owner != session.user:
            raise OraError(1031, "insufficient privileges")
        if found is not None:
            raise OraError(2011, "duplicate database link name")
    with ddl.change() as change:
        link = change.edit(found) if found else change.save(model.DbLink(owner=owner, name=name, created=ddl.database.now()))
        link.username, link.password = node.user, node.password or node.values
        link.host = node.using if node.using is not None else link.host


def drop_link(ddl: Ddl, session: Any, node: ast.Drop) -> None:
    if node.public:
        ddl.privileges.need(session, "DROP PUBLIC DATABASE LINK")
    found = ddl.catalog.get(model.DbLink, "PUBLIC" if node.public else session.schema, _link_name(ddl, node.name.name))
    if found is None:
        raise OraError(2024, "database link not found")
    with ddl.change() as change:
        change.remove(found)


@statement(ast.CreateContext)
def create_context(ddl: Ddl, session: Any, node: ast.CreateContext) -> None:
    ddl.privileges.need(session, "CREATE ANY CONTEXT")
    existing = ddl.catalog.get(model.Context, "SYS", node.name)
    if existing and not node.or_replace:
        raise OraError(955, "name is already used by an existing object")
    with ddl.change() as change:
        change.save(ddl.stamp(model.Context(owner="SYS", name=node.name, schema=node.package.schema or session.schema,
                                            package=node.package.name,
                                            type=node.access or "ACCESSED LOCALLY")))


def drop_context(ddl: Ddl, session: Any, node: ast.Drop) -> None:
    ddl.privileges.need(session, "DROP ANY CONTEXT")
    found = ddl.catalog.get(model.Context, "SYS", node.name.name)
    if found is None:
        raise OraError(4043, f"object {node.name.name} does not exist")
    with ddl.change() as change:
        change.remove(found)


# --- ALTER SYSTEM ---

def _switch_logfile(ddl: Ddl, session: Any, node: ast.AlterSystem) -> None:
    """The log of the session's own instance (documented)."""
    _root_only(ddl, session)
    ddl.database.logs.switch(session, session.thread)


def _archive_log(ddl: Ddl, session: Any, node: ast.AlterSystem) -> None:
    """CURRENT switches and archives every enabled thread; INSTANCE 'name' or THREAD n that one (documented: ALTER SYSTEM).

    ORA-00258 in NOARCHIVELOG mode, ORA-00271 when there is nothing to archive, ORA-16038 over the reason when it cannot be
    (documented), ORA-01618 for a thread that there is not (assumed).
    """
    _root_only(ddl, session)
    database = ddl.database
    if database.attributes.log_mode != "ARCHIVELOG":
        raise OraError(258, "manual archiving in NOARCHIVELOG mode must identify log")
    if node.what not in ("CURRENT", "ALL", "NEXT"):
        raise not_simulated(f"ARCHIVE LOG {node.what}")
    threads = [int(node.value)] if node.value else database.logs.threads()
    if node.target:
        one = database.instance(node.target)
        threads = [one.thread] if one else [0]
    if not set(threads) <= set(database.logs.threads()):
        raise OraError(1618, f"redo thread {threads[0]} is not enabled - cannot mount")
    if node.what == "CURRENT":
        for thread in threads:
            database.logs.switch(session, thread)
    elif not database.logs.waiting():
        raise OraError(271, "there are no logs that need archiving")
    for log in database.logs.archive_all():
        raise OraError(16038, f"log {database.logs.group(log)} sequence# {log.sequence} cannot be archived",
                       stack=sorted(set(database.logs.failures.values())))


def _checkpoint(ddl: Ddl, session: Any, node: ast.AlterSystem) -> None:
    ddl.database.store.checkpoint()


def _restricted(ddl: Ddl, session: Any, node: ast.AlterSystem | ast.AlterDatabase) -> None:
    ddl.database.restricted = node.enable


def _kill(ddl: Ddl, session: Any, node: ast.AlterSystem) -> None:
    """ORA-00026 a malformed id, ORA-00027 oneself, ORA-00030 nobody."""
    parts = [part.strip() for part in (node.target or "").split(",")]
    if len(parts) not in (2, 3) or not all(part.isdigit() for part in parts[:2]):
        raise OraError(26, "missing or invalid session ID")
    sid, serial = int(parts[0]), int(parts[1])
    if (sid, serial) == (session.sid, session.serial):
        raise OraError(27, "cannot kill current session")
    ddl.database.kill(sid, serial, immediate=node.immediate)


def _nothing(ddl: Ddl, session: Any, node: ast.AlterSystem) -> None:
    """Without an effect that anybody could see here."""


_SYSTEM: dict[str, Callable[[Ddl, Any, ast.AlterSystem], None]] = {
    "SWITCH LOGFILE": _switch_logfile, "ARCHIVE LOG": _archive_log, "CHECKPOINT": _checkpoint, "CHECK DATAFILES": _nothing,
    "FLUSH": _nothing,
    "RESTRICTED SESSION": _restricted, "KILL SESSION": _kill, "DISCONNECT SESSION": _kill, "REGISTER": _nothing,
    "DISTRIBUTED RECOVERY": _nothing}


def _root_only(ddl: Ddl, session: Any) -> None:
    if ddl.database.inside(session):
        raise OraError(65040, "operation not allowed from within a pluggable database")


@statement(ast.AlterSystem)
def alter_system(ddl: Ddl, session: Any, node: ast.AlterSystem) -> None:
    if session.privilege not in ("SYSOPER", "SYSBACKUP", "SYSDG"):
        ddl.privileges.need(session, "ALTER SYSTEM")
    function = _SYSTEM.get(node.action)
    if function is None:
        raise not_simulated(f"ALTER SYSTEM {node.action}")
    if ddl.database.state != "OPEN" and node.action not in ("RESTRICTED SESSION", "REGISTER"):
        raise OraError(1109, "database not open")
    function(ddl, session, node)


# --- ALTER DATABASE ---

def _administrator(session: Any) -> None:
    if session.privilege not in ("SYSDBA", "SYSOPER", "SYSBACKUP", "SYSDG"):
        raise OraError(1031, "insufficient privileges")


def _mount(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    _administrator(session)
    session.instance.mount()


def _open(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    _administrator(session)
    if node.what == "UPGRADE":
        session.instance.open_upgrade()
        return
    if node.what not in ("", "READ ONLY", "READ WRITE", "RESETLOGS", "READ WRITE RESETLOGS", "NORESETLOGS"):
        raise not_simulated(f"ALTER DATABASE OPEN {node.what}")
    session.instance.open_database(read_only=node.what == "READ ONLY", resetlogs=node.what.endswith("RESETLOGS") and node.what != "NORESETLOGS")


def _log_mode(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """ORA-01507 not mounted, ORA-01126 open, ORA-38774 while flashback is on, ORA-38781 with guaranteed restore points."""
    _administrator(session)
    _mounted(ddl)
    if ddl.database.state == "OPEN":
        raise OraError(1126, "database must be mounted in this instance and not open in any instance")
    if node.action == "NOARCHIVELOG":
        if ddl.database.attributes.flashback:
            raise OraError(38774, "cannot disable media recovery - flashback database is enabled")
        if any(point.guaranteed for point in ddl.catalog.all(model.RestorePoint)):
            raise OraError(38781, "cannot disable media recovery - have guaranteed restore points")
    if ddl.database.crashed:
        raise OraError(265, "instance recovery required, cannot set ARCHIVELOG mode")
    ddl.database.set_attributes(log_mode=node.action)
    if node.action == "ARCHIVELOG":
        ddl.database.logs.begin_archiving()


def _mounted(ddl: Ddl) -> None:
    if ddl.database.state not in ("MOUNTED", "OPEN"):
        raise OraError(1507, "database not mounted")


def _force_logging(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    wanted = node.action == "FORCE LOGGING"
    if wanted == ddl.database.attributes.force_logging:
        raise OraError(12920 if wanted else 12921, f"database is already {'' if wanted else 'not '}in force logging mode")
    ddl.database.set_attributes(force_logging=wanted)


SUPPLEMENTAL = {"MIN": "MIN", "PRIMARY KEY": "PK", "UNIQUE": "UI", "FOREIGN KEY": "FK", "ALL": "ALL", "PROCEDURAL REPLICATION": "PL"}


def _supplemental(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """The levels of the container that the session is in. They wait for every transaction that is open (known to DBAs).

    ORA-32589 dropping minimal logging while key logging needs it (documented), ORA-32587 dropping what is not there (assumed for this level),
    ORA-31541 in a pluggable database while the root has none; without any at the root, that of the pluggable database goes too (documented).
    """
    attributes = ddl.database.attributes
    local = ddl.database.inside(session)
    held = set(attributes.pdb_supplemental if local else attributes.supplemental)
    if local and not node.drop and not attributes.supplemental:
        raise OraError(31541, "Supplemental logging is not enabled in CDB$ROOT.")
    for log in node.logs or ("MIN",):
        word = SUPPLEMENTAL[log]
        if node.drop:
            if word not in held:
                raise OraError(32587, "Cannot drop nonexistent  supplemental logging")
            if word == "MIN" and held - {"MIN", "PL"}:
                raise OraError(32589, "unable to drop minimal supplemental logging")
            held.discard(word)
        else:
            held.add(word)
    ddl.segments.wait_for_transactions(session)
    if local:
        ddl.database.set_attributes(pdb_supplemental=held)
    else:
        ddl.database.set_attributes(supplemental=held, **({} if held else {"pdb_supplemental": set()}))


def _default_tablespace(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """ORA-00959; users whose default it was follow (documented)."""
    temporary = node.action == "DEFAULT TEMPORARY TABLESPACE"
    info = ddl.catalog.get(model.TablespaceInfo, node.name or "")
    if info is None:
        raise OraError(959, f"tablespace '{node.name}' does not exist")
    if (info.contents == "TEMPORARY") != temporary:
        raise OraError(12902 if temporary else 12904, "default temporary tablespace must be SYSTEM or of TEMPORARY type" if temporary
                       else "default temporary tablespace cannot be altered to PERMANENT type")
    field = "temporary_tablespace" if temporary else "default_tablespace"
    old = getattr(ddl.database.attributes, field)
    with ddl.change() as change:
        for user in ddl.catalog.all(model.User):
            if getattr(user, field) == old and not user.oracle_maintained:
                setattr(change.edit(user), field, info.name)
    ddl.database.set_attributes(**{field: info.name})


def _time_zone(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """ORA-30079 while columns WITH LOCAL TIME ZONE exist. Takes effect at the next start."""
    if any(column.type.name == "TIMESTAMP WITH LOCAL TIME ZONE" for table in ddl.catalog.all(model.Table) for column in table.columns
           if not column.unused):
        raise OraError(30079, "cannot alter database timezone when database has TIMESTAMP WITH LOCAL TIME ZONE columns")
    ddl.database.set_attributes(time_zone=node.name or "+00:00")


def _datafile(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    from oralab.catalog.ddl import tablespaces
    tablespaces.alter_file(ddl, session, node)


def _standby(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    from oralab.catalog.ddl import standby
    standby.alter_database(ddl, session, node)


def _thread(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    from oralab.catalog.ddl import redo_threads
    redo_threads.alter_database(ddl, session, node)


def _switchover(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    _data_guard(session)
    role_changes.switchover(ddl.database, session, node.name or "", node.what)


def _commit_to_switchover(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    _data_guard(session)
    role_changes.commit_to_switchover(ddl.database, session, node.what)


def _failover(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    _data_guard(session)
    role_changes.failover(ddl.database, session, node.name or "", node.what)


def _activate(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    _data_guard(session)
    role_changes.activate(ddl.database, session)


def _convert(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    _data_guard(session)
    role_changes.convert(ddl.database, session, node.what)


def _data_guard(session: Any) -> None:
    """Role changes need SYSDBA or SYSDG (documented)."""
    if session.privilege not in ("SYSDBA", "SYSDG"):
        raise OraError(1031, "insufficient privileges")


_DATABASE: dict[str, Callable[[Ddl, Any, ast.AlterDatabase], None]] = {
    "SWITCHOVER TO": _switchover, "COMMIT TO SWITCHOVER": _commit_to_switchover, "FAILOVER TO": _failover, "ACTIVATE STANDBY": _activate,
    "CONVERT TO": _convert, "MOUNT": _mount, "OPEN": _open, "ARCHIVELOG": _log_mode, "NOARCHIVELOG": _log_mode, "FORCE LOGGING": _force_logging,
    "NO FORCE LOGGING": _force_logging, "FLASHBACK ON": flashback.switch_logging, "FLASHBACK OFF": flashback.switch_logging, "SUPPLEMENTAL LOG": _supplemental,
    "DEFAULT TABLESPACE": _default_tablespace, "DEFAULT TEMPORARY TABLESPACE": _default_tablespace, "TIME_ZONE": _time_zone,
    "DATAFILE": _datafile, "TEMPFILE": _datafile, "RENAME FILE": _datafile, "MOVE DATAFILE": _datafile,
    "ADD STANDBY LOGFILE": _standby, "DROP STANDBY LOGFILE": _standby, "RECOVER": _standby, "CREATE DATAFILE": _standby,
    "CLEAR LOGFILE": _standby, "CREATE STANDBY CONTROLFILE": _standby, "REGISTER LOGFILE": _standby, "SET STANDBY TO MAXIMIZE": _standby,
    "ADD LOGFILE": _thread, "DROP LOGFILE": _thread, "ENABLE THREAD": _thread, "DISABLE THREAD": _thread,
    "ENABLE RESTRICTED SESSION": _restricted}
_OF_THE_ROOT = frozenset({"ARCHIVELOG", "NOARCHIVELOG", "MOUNT", "FLASHBACK ON", "FLASHBACK OFF", "FORCE LOGGING", "NO FORCE LOGGING", "RECOVER",
                          "ADD STANDBY LOGFILE", "DROP STANDBY LOGFILE", "CLEAR LOGFILE", "REGISTER LOGFILE", "SET STANDBY TO MAXIMIZE",
                          "ADD LOGFILE", "DROP LOGFILE", "ENABLE THREAD", "DISABLE THREAD"})


@statement(ast.AlterDatabase)
def alter_database(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    if not session.privilege:
        ddl.privileges.need(session, "ALTER DATABASE")
    function = _DATABASE.get(node.action)
    if function is None:
        raise not_simulated(f"ALTER DATABASE {node.action}")
    if node.action in _OF_THE_ROOT and ddl.database.inside(session) and not node.pluggable:
        raise OraError(65040, "operation not allowed from within a pluggable database")
    function(ddl, session, node)

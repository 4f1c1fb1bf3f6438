# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restore points, flashback logging and FLASHBACK DATABASE."""
from __future__ import annotations

from typing import Any, Final

from oralab.catalog import model
from oralab.catalog.ddl import Ddl, statement
from oralab.errors import OraError, not_simulated
from oralab.sql import ast
from oralab.storage import flashback, incarnations

ADMINISTRATORS: Final = ("SYSDBA", "SYSBACKUP", "SYSDG")


@statement(ast.CreateRestorePoint)
def create_restore_point(ddl: Ddl, session: Any, node: ast.CreateRestorePoint) -> None:
    """A guaranteed one needs ARCHIVELOG and a recovery area (ORA-38784, ORA-38786, ORA-38787); ORA-38778 name used."""
    if session.privilege not in ADMINISTRATORS:
        ddl.privileges.need(session, "FLASHBACK ANY TABLE", "SELECT ANY DICTIONARY")
    if node.guarantee and session.privilege not in ADMINISTRATORS:
        raise OraError(1031, "insufficient privileges")
    if node.as_of_scn is not None or node.as_of_timestamp is not None:
        raise not_simulated("CREATE RESTORE POINT AS OF")
    keep(ddl, node.name, guarantee=node.guarantee, preserved=node.preserve, clean=node.clean)


def keep(ddl: Ddl, name: str, *, guarantee: bool, preserved: bool = False, clean: bool = False) -> None:
    """Make a restore point. Errors as ``create_restore_point`` has them."""
    database = ddl.database
    if ddl.catalog.get(model.RestorePoint, name):
        raise OraError(38778, f"Restore point '{name}' already exists.")
    if guarantee:
        reason = None
        if database.attributes.log_mode != "ARCHIVELOG":
            reason = "ORA-38785: Media recovery must be enabled for guaranteed restore point."
        elif not database.parameters.get("db_recovery_file_dest"):
            reason = "ORA-38786: Recovery area is not enabled."
        if reason:
            raise OraError(38784, f"Cannot create restore point '{name}'.", stack=[reason])
    scn = database.store.create_restore_point(name) if guarantee else database.store.current_scn()
    with ddl.change() as change:
        change.save(model.RestorePoint(
            name=name, scn=scn, time=database.now(), guaranteed=guarantee, preserved=preserved, clean=clean,
            storage_size=database.store.restore_point_bytes(name) if guarantee else 0, incarnation=incarnations.current(database.store.control).number))


def drop_restore_point(ddl: Ddl, session: Any, node: ast.Drop) -> None:
    if session.privilege not in ADMINISTRATORS:
        ddl.privileges.need(session, "FLASHBACK ANY TABLE", "SELECT ANY DICTIONARY")
    found = _point(ddl, node.name.name)
    if found.guaranteed and session.privilege not in ADMINISTRATORS:
        raise OraError(1031, "insufficient privileges")
    forget(ddl, found)


def forget(ddl: Ddl, point: model.RestorePoint) -> None:
    """A restore point goes, with what was kept for it."""
    if point.guaranteed:
        ddl.database.store.drop_restore_point(point.name)
    with ddl.change() as change:
        change.remove(point)


def _point(ddl: Ddl, name: str) -> model.RestorePoint:
    found = ddl.catalog.get(model.RestorePoint, name)
    if found is None:
        raise OraError(38780, f"Restore point '{name}' does not exist.")
    return found


def switch_logging(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """ALTER DATABASE FLASHBACK ON or OFF. ORA-38706 over ORA-38707 (media recovery), 38709 (recovery area) or 38713 (on already)."""
    database = ddl.database
    if database.state not in ("MOUNTED", "OPEN"):
        raise OraError(1507, "database not mounted")
    attributes = database.attributes
    wanted = node.action.endswith("ON")
    verb = "turn on" if wanted else "turn off"
    reason = None
    if wanted and attributes.log_mode != "ARCHIVELOG":
        reason = "ORA-38707: Media recovery is not enabled."
    elif wanted and not database.parameters.get("db_recovery_file_dest"):
        reason = "ORA-38709: Recovery Area is not enabled."
    elif wanted and attributes.flashback:
        reason = "ORA-38713: Flashback Database logging is already turned on."
    if reason:
        raise OraError(38706, f"Cannot {verb} FLASHBACK DATABASE logging.", stack=[reason])
    if wanted:
        flashback.begin_logging(database.store)
    else:
        flashback.end_logging(database.store)
    database.set_attributes(flashback=wanted)


@statement(ast.FlashbackDatabase)
def flashback_database(ddl: Ddl, session: Any, node: ast.FlashbackDatabase) -> None:
    """Needs SYSDBA, SYSBACKUP or SYSDG (ORA-01031) and a database that is mounted (ORA-01507, ORA-38757).

    ORA-38726 without flashback logging, but for guaranteed restore points; ORA-01153 while a standby applies redo (documented); others as
    ``oralab.storage.flashback`` has them.
    """
    database = ddl.database
    if session.privilege not in ADMINISTRATORS:
        raise OraError(1031, "insufficient privileges")
    if node.pluggable:
        raise not_simulated("FLASHBACK PLUGGABLE DATABASE")
    if database.state == "STARTED":
        raise OraError(1507, "database not mounted")
    if database.state != "MOUNTED":
        raise OraError(38757, "Database must be mounted and not open to FLASHBACK.")
    if database.store.control.role != "PRIMARY" and database.dataguard.recovering:
        raise OraError(1153, "an incompatible media recovery is active")
    store = database.store
    if node.restore_point is not None:
        point = _point(ddl, node.restore_point)
        if point.guaranteed and not node.before:
            flashback.to_restore_point(store, point.name)
            return
        scn = point.scn
    else:
        scn = _scn(node)
    if not database.attributes.flashback:
        raise OraError(38726, "Flashback database logging is not on.")
    flashback.to_scn(store, scn - 1 if node.before else scn)


def _scn(node: ast.FlashbackDatabase) -> int:
    if isinstance(node.scn, ast.Literal) and node.scn.type is not None and node.scn.type.name == "NUMBER":
        return int(str(node.scn.value))
    raise not_simulated("FLASHBACK DATABASE TO what is neither a number nor a restore point")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role changes: switchover, failover, and standbys that are opened for a while (documented: Data Guard Concepts and Administration, SQL Reference).

A switchover writes a last record into the primary's redo, END OF REDO, and the control file says PHYSICAL STANDBY from then on. Whoever has applied
that record may become primary: the target, or the same database again. So what stopped halfway is finished on either side. A failover ends the
redo where it is, and begins an incarnation.
"""
from __future__ import annotations

import datetime
import re
import time
from typing import TYPE_CHECKING, Any

from oralab.catalog import model, redo_destinations
from oralab.catalog.instances import MOUNTED, OPEN
from oralab.catalog.redo_client import Remote
from oralab.errors import OraError, not_simulated
from oralab.storage import flashback, incarnations
from oralab.storage.redo import Record

if TYPE_CHECKING:
    from oralab.catalog.database import Database
    from oralab.catalog.redo_destinations import Destination

ARRIVAL_SECONDS = 30.0
"""How long a primary that gives up its role waits for the standby to have all of its redo."""
APPLY_SECONDS = 40.0
"""How long a standby that becomes primary may go on applying what it has received."""
SNAPSHOT_POINT = "SNAPSHOT_STANDBY_REQUIRED_"


# --- conditions ---

def _in_role(database: Database, role: str, error: OraError) -> None:
    if database.state not in (MOUNTED, OPEN):
        raise OraError(1507, "database not mounted")
    if database.store.control.role != role:
        raise error


def _open_primary(database: Database) -> None:
    if database.state != OPEN or database.read_only or database.store.control.role != "PRIMARY":
        raise OraError(16465, "operation must be initiated on an open primary database")


def _not_standby() -> OraError:
    return OraError(1665, "control file is not a standby control file")


def _others(database: Database, session: Any) -> list[Any]:
    """Sessions that a change of roles has to end: not those of other databases, nor background ones."""
    return [other for other in list(database.sessions.values()) if other is not session and not other.logon.program.startswith(("oracle@", "ora_"))]


# --- switchover in one statement ---

def switchover(database: Database, session: Any, name: str, mode: str) -> None:
    """SWITCHOVER TO name [VERIFY | FORCE], on the primary; with FORCE also on a standby that has applied the end of redo, for what stopped halfway.

    ORA-16465 not on an open primary, ORA-16474 no destination of that name, ORA-16470 Redo Apply is not running there, ORA-16467 it lacks redo,
    ORA-16475 only warnings (VERIFY passes with it), ORA-16471 the target could not become primary; what Oracle Net says when it is not
    reached (assumed). The old primary's instance ends; the new primary is mounted (transcripts).
    """
    control = database.store.control if database.state in (MOUNTED, OPEN) else None
    if mode == "FORCE" and control is not None and control.role == "PHYSICAL STANDBY" and name.lower() == database.spec.db_unique_name.lower():
        to_primary(database, session)
        return
    _open_primary(database)
    destination = _destination(database, name)
    remote = Remote(database, destination.service, "SWITCHOVER", seconds=APPLY_SECONDS / 2)
    try:
        warnings = _verify(database, destination, remote.ask("role", primary=database.spec.db_unique_name))
        if mode == "VERIFY":
            if warnings:
                raise OraError(16475, "succeeded with warnings, check alert log for more details")
            return
        database.alert(f"Starting switchover [Process ID: {session.sid}]",
                       f"ALTER DATABASE COMMIT TO SWITCHOVER TO PHYSICAL STANDBY [Process Id: {session.sid}] ({database.sid_name()})")
        _end_redo(database, session, [destination.number])
        _become_standby(database)
        database.alert("Switchover: Complete - Database shutdown required", f"Sending request(convert to primary database) to switchover target {name.upper()}")
        try:
            remote.ask("become primary")
        except OraError as error:
            database.store.unload()
            raise OraError(16471, f"cannot convert switchover target {name.upper()} to a primary database", stack=error.text.split("\n")) from None
    finally:
        remote.close()
    database.alert("Switchover complete. Database shutdown required", f"USER (ospid: {session.sid}): terminating the instance")
    session.instance.shutdown("ABORT")


def _destination(database: Database, name: str) -> Destination:
    for one in redo_destinations.destinations(database.parameters.memory):
        if one.service and one.db_unique_name.lower() == name.lower() and one.state == "ENABLE" and one.valid_for(False):
            return one
    raise OraError(16474, f"{name} not found in the LOG_ARCHIVE_DEST_n parameter")


def _verify(database: Database, destination: Destination, target: dict[str, Any]) -> list[str]:
    """What is wrong with a target; gives what are only warnings, for the alert log (their wording is known to DBAs)."""
    if target["role"] != "PHYSICAL STANDBY":
        raise OraError(16466, "invalid switchover target")
    if not target["recovering"]:
        raise OraError(16470, "Redo Apply is not running on switchover target")
    if database.dataguard.gap_status(destination.number) != "NO GAP" or target["gaps"]:
        raise OraError(16467, "switchover target is not synchronized")
    warnings = [] if target["returns"] else [
        "SWITCHOVER VERIFY WARNING: switchover target has no standby database defined in LOG_ARCHIVE_DEST_n parameter. If the switchover target is "
        "converted to a primary database, the new primary database will not be protected."]
    database.alert(*warnings or [f"SWITCHOVER VERIFY COMPLETE: READY FOR SWITCHOVER ({destination.db_unique_name})"])
    return warnings


# --- the two halves ---

def commit_to_switchover(database: Database, session: Any, what: str) -> None:
    """COMMIT TO SWITCHOVER TO [PHYSICAL] STANDBY or PRIMARY [WITH SESSION SHUTDOWN].

    ORA-01093 while others are connected and it is not said that they are to go, ORA-16139 before the end of redo has been applied, ORA-16416 a
    primary that nobody can take over from (documented). The old primary is not open any more, and its instance has to be started anew
    (documented: SHUTDOWN ABORT, STARTUP MOUNT).
    """
    words = what.split()
    if "LOGICAL" in words or "CANCEL" in words:
        raise not_simulated(f"COMMIT TO SWITCHOVER {what}")
    if "PRIMARY" in words:
        _in_role(database, "PHYSICAL STANDBY", _not_standby())
        _may_end(database, session, words)
        to_primary(database, session)
        return
    _open_primary(database)
    targets = database.dataguard.targets()
    if not targets:
        raise OraError(16416, "No viable Physical Standby switchover targets available")
    _may_end(database, session, words)
    _end_redo(database, session, targets)
    _become_standby(database)
    database.dismount()


def _may_end(database: Database, session: Any, words: list[str]) -> None:
    ordered = "SESSION" in words and "WITHOUT" not in words
    if database.state == OPEN and _others(database, session) and not ordered:
        raise OraError(1093, "ALTER DATABASE CLOSE only permitted with no sessions connected")


def _end_redo(database: Database, session: Any, targets: list[int]) -> None:
    """Nobody works any more, everything that was committed reaches the targets, and then END OF REDO does. ORA-16467 when it does not: still a primary."""
    database.close(_others(database, session))
    try:
        _await_arrival(database, session, targets)
    except OraError:
        database.reopen()
        raise
    store = database.store
    with store.lock:
        store.checkpoint()
        scn = store.next_scn()
        store.redo.write(Record(scn, time.time(), "END OF REDO"))
        store.control.end_of_redo = scn
        # The files are as new as that: a recovery that begins as a standby's does not come upon the end again.
        store.write_files(scn, None)
    _await_arrival(database, session, targets)


def _await_arrival(database: Database, session: Any, targets: list[int]) -> None:
    finished = {thread: database.logs.switch(session, thread).sequence for thread in database.logs.threads()}
    deadline = time.monotonic() + ARRIVAL_SECONDS
    for number in targets:
        sender = database.dataguard.transport.senders[number]
        while any(sender.status.sent.get(thread, 0) < sequence for thread, sequence in finished.items()):
            if time.monotonic() > deadline:
                raise OraError(16467, "switchover target is not synchronized")
            sender.retry()
            session.poll()
            time.sleep(0.05)


def _become_standby(database: Database) -> None:
    store, logs = database.store, database.logs
    with store.lock:
        store.control.role = "PHYSICAL STANDBY"
        # The log that the last switch began is the new primary's to write.
        store.control.applied = {thread: logs.current(thread).sequence - 1 for thread in logs.threads()}
        store.control.scn = store.control.structure_scn = store.control.end_of_redo
        store.control.terminal = False
        store.write_control()
    database.alert("Switchover: Primary controlfile converted to standby controlfile succesfully.")


def to_primary(database: Database, session: Any) -> None:
    """A standby that has applied the end of redo, or just does so, is the primary, mounted. ORA-16139 when it has not."""
    _in_role(database, "PHYSICAL STANDBY", _not_standby())
    dataguard, control = database.dataguard, database.store.control
    deadline = time.monotonic() + APPLY_SECONDS
    while dataguard.recovery is not None and time.monotonic() < deadline and not control.end_of_redo:
        dataguard.recovery.delay = 0
        time.sleep(0.05)
    if not control.end_of_redo:
        raise OraError(16139, "media recovery required")
    _leave_standby(database, session, new_incarnation=control.terminal)


def _leave_standby(database: Database, session: Any, *, new_incarnation: bool, role: str = "PRIMARY") -> None:
    """The control file says so, and redo of one's own begins."""
    if database.dataguard.recovery is not None:
        database.dataguard.recovery.cancel()
    if database.state == OPEN:
        database.close(_others(database, session))
    store = database.store
    if role == "PRIMARY":
        database.dataguard.receiver.clear()
    with store.lock:
        control = store.control
        store.unload()
        control.role = role
        if role == "PRIMARY":
            control.became_primary_scn = control.scn
        if new_incarnation:
            incarnations.reset(store)
        else:
            control.scn = control.end_of_redo + 1
            threads = {thread: (sequence + 1, control.scn) for thread, sequence in control.applied.items()}
            store.redo.reset(control.resetlogs_scn, threads)
            control.archive_from = {thread: sequence for thread, (sequence, _) in threads.items()}
        control.end_of_redo, control.terminal = 0, False
        store.write_control()
    database.alert("Switchover: Complete - Database mounted as primary" if role == "PRIMARY" else "Completed: ALTER DATABASE CONVERT TO SNAPSHOT STANDBY")
    database.dataguard.transport.refresh()


# --- failover ---

def failover(database: Database, session: Any, name: str, mode: str) -> None:
    """FAILOVER TO name [FORCE], on the standby itself: what was received is applied, and the rest is lost. ORA-16466 (assumed) another one's name."""
    if mode == "VERIFY":
        raise OraError(922, "missing or invalid option")
    _in_role(database, "PHYSICAL STANDBY", _not_standby())
    if name.lower() != database.spec.db_unique_name.lower():
        raise OraError(16466, "invalid switchover target")
    if not database.store.control.end_of_redo:
        database.dataguard.finish()
    _leave_standby(database, session, new_incarnation=True)


def activate(database: Database, session: Any) -> None:
    """ACTIVATE [PHYSICAL] STANDBY DATABASE: what is not applied yet is lost (documented)."""
    _in_role(database, "PHYSICAL STANDBY", _not_standby())
    if database.dataguard.recovering:
        raise OraError(1153, "an incompatible media recovery is active")
    _leave_standby(database, session, new_incarnation=True)


def follow(database: Database, resetlogs_scn: int) -> None:
    """The primary that sends redo has begun an incarnation: the standby goes with it, when it has not applied more than the two have in common."""
    store = database.store
    if resetlogs_scn == store.resetlogs_scn or store.control.role != "PHYSICAL STANDBY":
        return
    dataguard = database.dataguard
    dataguard.diverged = resetlogs_scn < store.resetlogs_scn or dataguard.receiver.position() >= resetlogs_scn
    if not dataguard.diverged:
        with store.lock:
            incarnations.begin(store.control, resetlogs_scn)
            store.resetlogs_scn = resetlogs_scn
            store.control.applied.clear()
            store.write_control()
        database.alert(f"RFS: New Archival REDO Branch: {resetlogs_scn}")


# --- conversion ---

def convert(database: Database, session: Any, to: str) -> None:
    """CONVERT TO SNAPSHOT STANDBY or PHYSICAL STANDBY. ORA-01507 not mounted, ORA-01126 open."""
    if database.state not in (MOUNTED, OPEN):
        raise OraError(1507, "database not mounted")
    if database.state == OPEN:
        raise OraError(1126, "database must be mounted in this instance and not open in any instance")
    (_to_snapshot if to == "SNAPSHOT STANDBY" else _to_physical)(database, session)


def _to_snapshot(database: Database, session: Any) -> None:
    """ORA-01665 unless a physical standby; ORA-38784 over ORA-01153 while Redo Apply runs, over 38785 or 38786 without what a restore point needs."""
    from oralab.catalog.ddl.flashback import keep
    _in_role(database, "PHYSICAL STANDBY", _not_standby())
    name = SNAPSHOT_POINT + f"{datetime.datetime.now():%m/%d/%Y %H:%M:%S}"
    if database.dataguard.recovering:
        raise OraError(38784, f"Cannot create restore point '{name}'.", stack=["ORA-01153: an incompatible media recovery is active"])
    keep(database.ddl, name, guarantee=True)
    database.alert(f"Created guaranteed restore point {name}")
    _leave_standby(database, session, new_incarnation=True, role="SNAPSHOT STANDBY")


def _to_physical(database: Database, session: Any) -> None:
    """What was done since goes with the restore point; a primary becomes a standby as it is. The database is not mounted any more (transcripts)."""
    from oralab.catalog.ddl.flashback import forget
    store = database.store
    control = store.control
    if control.role == "SNAPSHOT STANDBY":
        point = next((one for one in database.catalog.all(model.RestorePoint) if re.match(SNAPSHOT_POINT, one.name)), None)
        if point is None:
            raise OraError(38780, f"Restore point '{SNAPSHOT_POINT}' does not exist.")
        with store.lock:
            control.role = "PHYSICAL STANDBY"
            incarnations.abandon(store)
            flashback.to_restore_point(store, point.name)
        forget(database.ddl, point)
        database.alert(f"Drop guaranteed restore point {point.name}")
    elif control.role == "PRIMARY":
        with store.lock:
            control.role, control.incomplete = "PHYSICAL STANDBY", False
            control.applied = {}
            store.write_control()
    database.dismount()


# --- what other databases ask ---

def told(database: Database, primary: str) -> dict[str, Any]:
    """What a primary wants to know of a switchover target. ``returns``: whether redo would go back to it."""
    known = redo_destinations.destinations(database.parameters.memory)
    return {"role": database.store.control.role, "recovering": database.dataguard.recovering, "gaps": database.dataguard.receiver.gaps(),
            "returns": any(one.service and one.valid_for(False) and one.state == "ENABLE" for one in known), "primary": primary}

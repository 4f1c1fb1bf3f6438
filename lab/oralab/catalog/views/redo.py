# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redo logs by thread, archived logs and their destinations, the recovery area."""
from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from oralab.catalog import model
from oralab.catalog.dictionary import RowDict, quotient, rows, yes
from oralab.catalog.redo_logs import BLOCK

if TYPE_CHECKING:
    from typing import Any

    from oralab.catalog.database import Database
    from oralab.storage.redo import LogHeader


def _moment(stamp: float) -> datetime.datetime | None:
    return datetime.datetime.fromtimestamp(stamp).replace(microsecond=0) if stamp else None


@rows("V$THREAD")
def thread(session: Any, database: Database) -> Iterator[RowDict]:
    """A thread that a crash left open is so until the database is opened (known to DBAs)."""
    for number in database.logs.threads():
        one = next((one for one in database.instances if one.thread == number), None)
        log, now = database.logs.current(number), database.now()
        yield {"THREAD#": number, "STATUS": "OPEN" if one and one.state == "OPEN" or database.crashed else "CLOSED", "ENABLED": "PUBLIC",
               "GROUPS": len(database.logs.groups(number)), "INSTANCE": one.name if one else f"UNNAMED_INSTANCE_{number}",
               "OPEN_TIME": one.started if one else None, "CURRENT_GROUP#": database.logs.group(log),
               "SEQUENCE#": log.sequence, "CHECKPOINT_CHANGE#": database.store.current_scn(), "CHECKPOINT_TIME": now,
               "ENABLE_CHANGE#": database.store.resetlogs_scn, "ENABLE_TIME": database.attributes.created, "DISABLE_CHANGE#": 0,
               "LAST_REDO_SEQUENCE#": log.sequence, "LAST_REDO_CHANGE#": database.store.current_scn(), "LAST_REDO_TIME": now}
    for reserved in database.logs.waiting_threads():
        enabled, (scn, at) = reserved.enabled != "DISABLED", reserved.since
        yield {"THREAD#": reserved.number, "STATUS": "CLOSED", "ENABLED": reserved.enabled, "GROUPS": len(reserved.groups), "INSTANCE": reserved.instance,
               "CURRENT_GROUP#": reserved.groups[0].group if enabled else 0, "SEQUENCE#": int(enabled), "CHECKPOINT_CHANGE#": scn,
               "CHECKPOINT_TIME": _moment(at), "ENABLE_CHANGE#": scn, "ENABLE_TIME": _moment(at), "DISABLE_CHANGE#": 0, "LAST_REDO_SEQUENCE#": int(enabled),
               "LAST_REDO_CHANGE#": scn, "LAST_REDO_TIME": _moment(at)}


@rows("V$LOG")
def log(session: Any, database: Database) -> Iterator[RowDict]:
    logs = database.logs
    for number in logs.threads():
        online = logs.online(number)
        for entry in online:
            yield {"GROUP#": logs.group(entry), "THREAD#": number, "SEQUENCE#": entry.sequence, "BYTES": logs.groups(number)[0].bytes,
                   "BLOCKSIZE": 512, "MEMBERS": 1, "ARCHIVED": yes(logs.is_archived(entry)), "STATUS": logs.status(entry),
                   "FIRST_CHANGE#": entry.first_scn, "FIRST_TIME": _moment(entry.first_time),
                   "NEXT_CHANGE#": entry.next_scn or 18446744073709551615, "NEXT_TIME": _moment(entry.next_time)}
        used = {logs.group(entry) for entry in online}
        for unused in (one for one in logs.groups(number) if one.group not in used):
            yield {"GROUP#": unused.group, "THREAD#": number, "SEQUENCE#": 0, "BYTES": unused.bytes, "BLOCKSIZE": 512,
                   "MEMBERS": 1, "ARCHIVED": "YES", "STATUS": "UNUSED", "FIRST_CHANGE#": 0, "NEXT_CHANGE#": 0}
    for reserved in logs.waiting_threads():
        for place, held in enumerate(reserved.groups):
            current = not place and reserved.enabled != "DISABLED"
            yield {"GROUP#": held.group, "THREAD#": reserved.number, "SEQUENCE#": int(current), "BYTES": held.bytes, "BLOCKSIZE": BLOCK,
                   "MEMBERS": len(held.members), "ARCHIVED": yes(not current), "STATUS": "CURRENT" if current else "UNUSED",
                   "FIRST_CHANGE#": reserved.since[0] if current else 0, "FIRST_TIME": _moment(reserved.since[1]) if current else None,
                   "NEXT_CHANGE#": 18446744073709551615 if current else 0}


@rows("V$LOGFILE")
def logfile(session: Any, database: Database) -> Iterator[RowDict]:
    for log in database.store.control.standby_logs:
        for member in log.members:
            yield {"GROUP#": log.group, "TYPE": "STANDBY", "MEMBER": member, "IS_RECOVERY_DEST_FILE": "NO"}
    threads = [database.logs.groups(number) for number in database.logs.threads()] + [one.groups for one in database.logs.waiting_threads()]
    for held in (one for groups in threads for one in groups):
        for member in held.members:
            yield {"GROUP#": held.group, "TYPE": "ONLINE", "MEMBER": member, "IS_RECOVERY_DEST_FILE": "NO"}


def _log_columns(entry: LogHeader, database: Database) -> RowDict:
    return {"THREAD#": entry.thread, "SEQUENCE#": entry.sequence, "FIRST_CHANGE#": entry.first_scn,
            "FIRST_TIME": _moment(entry.first_time), "NEXT_CHANGE#": entry.next_scn, "RESETLOGS_CHANGE#": entry.resetlogs_scn,
            "RESETLOGS_TIME": database.attributes.created}


@rows("V$LOG_HISTORY")
def log_history(session: Any, database: Database) -> Iterator[RowDict]:
    finished = [entry for number in database.logs.threads() for entry in database.logs.history(number)[:-1]]
    if database.dataguard.standby:
        finished = list({(entry.log.thread, entry.log.sequence): entry.log for entry in database.logs.archived()}.values())
    for recid, entry in enumerate(sorted(finished, key=lambda entry: entry.next_scn), 1):
        yield {**_log_columns(entry, database), "RECID": recid, "STAMP": int(entry.next_time)}


@rows("V$ARCHIVED_LOG")
def archived_log(session: Any, database: Database) -> Iterator[RowDict]:
    """Those that are here, then those that standby databases have."""
    here = database.logs.archived()
    for recid, entry in enumerate([*here, *database.store.control.shipped], 1):
        yield {**_log_columns(entry.log, database), "RECID": recid, "STAMP": int(entry.completed), "NAME": entry.name if entry.status != "D" else None,
               "DEST_ID": entry.dest, "RESETLOGS_ID": int(database.attributes.created.timestamp()) % 10**9,
               "BLOCKS": entry.bytes // BLOCK + 1, "BLOCK_SIZE": BLOCK, "NEXT_TIME": _moment(entry.log.next_time),
               "CREATOR": entry.creator, "REGISTRAR": entry.registrar, "STANDBY_DEST": yes(recid > len(here)), "ARCHIVED": "YES",
               "APPLIED": entry.applied,
               "DELETED": yes(entry.status == "D"), "STATUS": entry.status, "COMPLETION_TIME": _moment(entry.completed), "DICTIONARY_BEGIN": "NO",
               "DICTIONARY_END": "NO", "END_OF_REDO": "NO", "BACKUP_COUNT": sum(
                   row["THREAD#"] == entry.log.thread and row["SEQUENCE#"] == entry.log.sequence and row["RESETLOGS_CHANGE#"] == (
                       entry.log.resetlogs_scn) for row in database.rman_records.get("V$BACKUP_REDOLOG", ())), "ARCHIVAL_THREAD#": entry.log.thread,
               "IS_RECOVERY_DEST_FILE": yes(entry.recovery_area), "COMPRESSED": "NO", "FAL": yes(entry.fal)}


def _area(database: Database) -> dict[str, tuple[int, int]]:
    """What is in the recovery area: kind -> bytes and files."""
    kept = [int(point.storage_size) for point in database.catalog.all(model.RestorePoint) if point.storage_size]
    logs = [entry.bytes for entry in database.logs.archived() if entry.recovery_area and os.path.exists(entry.name)]
    return {"ARCHIVED LOG": (sum(logs), len(logs)), "FLASHBACK LOG": (sum(kept), len(kept))}


@rows("V$RECOVERY_FILE_DEST")
def recovery_file_dest(session: Any, database: Database) -> Iterator[RowDict]:
    place = database.parameters.get("db_recovery_file_dest")
    if place:
        used = _area(database).values()
        yield {"NAME": place, "SPACE_LIMIT": database.parameters.number("db_recovery_file_dest_size"),
               "SPACE_USED": sum(size for size, _ in used), "SPACE_RECLAIMABLE": 0, "NUMBER_OF_FILES": sum(files for _, files in used)}


@rows("V$RECOVERY_AREA_USAGE")
def recovery_area_usage(session: Any, database: Database) -> Iterator[RowDict]:
    limit, used = database.parameters.number("db_recovery_file_dest_size"), _area(database)
    for kind in ("CONTROL FILE", "REDO LOG", "ARCHIVED LOG", "BACKUP PIECE", "IMAGE COPY", "FLASHBACK LOG", "FOREIGN ARCHIVED LOG",
                 "AUXILIARY DATAFILE COPY"):
        size, files = used.get(kind, (0, 0))
        yield {"FILE_TYPE": kind, "PERCENT_SPACE_USED": quotient(100 * size / limit, 2) if limit else 0,
               "PERCENT_SPACE_RECLAIMABLE": 0, "NUMBER_OF_FILES": files}

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network backup sets: what RESTORE and RECOVER ... FROM SERVICE read from the other database, as backup pieces that nobody keeps.

A datafile is checkpointed first and then read as it is (documented for every datafile backup), each at a time of its own: files that are
restored while the database works are of different age, and need redo.
"""
from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from oralab.catalog import redo_client
from oralab.errors import OraError, not_simulated
from oralab.packages.registry import Package, signature
from oralab.storage import asm, pieces, records
from oralab.storage.control_file import Datafile

LAB_BACKUP = Package("LAB$BACKUP", grantees=(), internal=redo_client.from_redo)
CHUNK: Final = redo_client.LARGEST


class Sets:
    """Backup sets that a session has open."""

    def __init__(self) -> None:
        self.by_handle: dict[int, BinaryIO] = {}

    def open(self, stream: BinaryIO) -> int:
        stream.seek(0)
        handle = max(self.by_handle, default=0) + 1
        self.by_handle[handle] = stream
        return handle

    def close(self) -> None:
        self.by_handle.clear()


@LAB_BACKUP.routine("EXCHANGE", signature("request RAW, answer OUT RAW"))
def exchange(session: Any, request: bytes, answer: None) -> dict[str, bytes]:
    operation, arguments = records.load(request)
    return {"answer": records.dump(_OPERATIONS[operation](session, **arguments))}


def _sets(session: Any) -> Sets:
    found: Sets = session.package_state.setdefault("LAB$BACKUP", Sets())
    return found


def _identify(session: Any) -> dict[str, Any]:
    """Which database it is."""
    database = session.database
    if database.state not in ("MOUNTED", "OPEN"):
        raise OraError(1507, "database not mounted")
    if database.plugged:
        raise not_simulated("copies of a container database into which others were plugged")
    store = database.store
    return {"dbid": store.dbid, "name": store.name, "db_unique_name": database.spec.db_unique_name, "platform": store.control.platform,
            "role": store.control.role, "release": database.release, "scn": store.current_scn(),
            "files": [(file.number, file.path, file.tablespace, file.checkpoint_scn) for file in store.datafiles() if file.contents != "TEMPORARY"]}


def _writer(session: Any, **contents: Any) -> pieces.Writer:
    store = session.database.store
    return pieces.Writer(io.BytesIO(), pieces.PieceHeader(
        database=store.name, db_unique_name=session.database.spec.db_unique_name, dbid=store.dbid, platform=store.control.platform,
        resetlogs_scn=store.resetlogs_scn, tag="", set_stamp=0, set_count=0, completed=time.time(), **contents))


def _control_file(session: Any, role: str) -> int:
    store = session.database.store
    data = store.control_copy(role)
    piece = _writer(session, control_file="STANDBY" if role else "CURRENT", control_scn=store.current_scn())
    piece.content(pieces.CONTROL_FILE, data)
    return _sets(session).open(piece.stream)


def _spfile(session: Any) -> int:
    path = session.database.parameters.get("spfile")
    if not path:
        raise OraError(19505, 'failed to identify file "spfile"', stack=asm.unfound("spfile"))
    piece = _writer(session, spfile=True)
    with open(path, "rb") as file:
        piece.content(pieces.SPFILE, file.read())
    return _sets(session).open(piece.stream)


def _datafile(session: Any, number: int, from_scn: int, compressed: bool) -> int:
    """ORA-19602 of an open database in NOARCHIVELOG mode, ORA-19505 when the file is not there."""
    database, store = session.database, session.database.store
    file = store.control.datafiles.get(number)
    if file is None:
        raise OraError(19563, f"datafile header validation failed for file {number}")
    if database.state == "OPEN" and not database.read_only and store.tablespace_status(file.tablespace) == "ONLINE":
        if database.attributes.log_mode == "NOARCHIVELOG":
            raise OraError(19602, "cannot backup or copy active file in NOARCHIVELOG mode")
        store.checkpoint(file.tablespace)
    with store.lock:
        blocks = image(store, file, from_scn)
    piece = _writer(session, compressed=compressed, level=1 if from_scn else None, files=(pieces.FileInPiece(
        number, file.path, file.tablespace, file.blocks(store.block_size), store.block_size, file.creation_scn, file.checkpoint_scn, from_scn,
        store.resetlogs_scn),))
    for block, data in blocks:
        piece.block(number, block, data)
    return _sets(session).open(piece.stream)


def image(store: Any, file: Datafile, from_scn: int = 0) -> list[tuple[int, bytes]]:
    """Blocks of a file that are newer than an SCN, and its header, as they are at one moment. ORA-19505, ORA-19566."""
    from oralab.tools import rman_files as files
    if not asm.exists(file.path):
        raise OraError(19505, f'failed to identify file "{file.path}"', stack=asm.unfound(file.path))
    found = []
    for number, data in files.used_blocks(file.path, store.block_size):
        if number and files.damaged(data, store.platform):
            raise OraError(19566, f"exceeded limit of 0 corrupt blocks for file {file.path}")
        if number == 0 or files.block_scn(data, store.platform) > from_scn:
            found.append((number, data))
    return found


def _archive_current(session: Any) -> None:
    """What duplication asks for when the files have travelled (transcript)."""
    for thread in session.database.logs.threads():
        session.database.logs.switch(session, thread)


def _archived_logs(session: Any, from_scn: int) -> list[tuple[int, int]]:
    """Threads and sequences of what has redo from an SCN on. RMAN-06059 class: ORA-19625 over 27037 for one that is gone (transcript)."""
    found = {}
    for entry in session.database.store.control.archived:
        if entry.log.next_scn > from_scn and entry.log.resetlogs_scn == session.database.store.resetlogs_scn:
            if not os.path.exists(entry.name):
                raise OraError(19625, f"error identifying file {entry.name}", stack=asm.unfound(entry.name))
            found[entry.log.thread, entry.log.sequence] = entry
    return sorted(found)


def _archived_log(session: Any, thread: int, sequence: int) -> int:
    entry = next(entry for entry in session.database.store.control.archived if (entry.log.thread, entry.log.sequence) == (thread, sequence)
                 and os.path.exists(entry.name))
    piece = _writer(session, logs=(entry.log,))
    with open(entry.name, "rb") as file:
        piece.content(pieces.ARCHIVED_LOG, file.read(), 0)
    return _sets(session).open(piece.stream)


def _place(session: Any, number: int) -> tuple[int, int]:
    """What tells the file itself, whatever its name: nobody may write where it is."""
    found = os.stat(asm.real(session.database.store.control.datafiles[number].path))
    return found.st_dev, found.st_ino


def _read(session: Any, handle: int) -> bytes:
    """The next bytes of a set; none at its end."""
    sets = _sets(session).by_handle
    data = sets[handle].read(CHUNK)
    if not data:
        del sets[handle]
    return data


_OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    "identify": _identify, "control file": _control_file, "spfile": _spfile, "datafile": _datafile, "place": _place, "read": _read,
    "archive current": _archive_current, "archived logs": _archived_logs, "archived log": _archived_log}

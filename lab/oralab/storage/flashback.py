# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guaranteed restore points and flashback logging: what is needed to take the whole database back.

Oracle keeps images of blocks before their first change; here the files are copied when the restore point is made, or when flashback logging
begins, and rolled forward from there (assumed: nobody can tell but by the time and the space it takes). Files that became part of the
database afterwards stay on disk and are forgotten; those that were dropped come back.
"""
from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from oralab.errors import OraError
from oralab.storage import asm, records, sparse
from oralab.storage.apply import apply

if TYPE_CHECKING:
    from oralab.storage.control_file import Control, Datafile
    from oralab.storage.store import Store

CONTROL_FILE = "control01.ctl"
_LOGGING = "\0"
"""Begins the names of copies that flashback logging needs."""
_OF_THAT_TIME = ("tablespaces", "datafiles", "segments", "catalog_scn", "catalog_blocks", "structure_scn")
"""What a control file takes over from the one of an earlier time. The rest it goes on knowing: role, backups, restore points, logs."""


def _directory(store: Store, name: str) -> str:
    return os.path.join(store.directory, "flashback", name.encode().hex())


def _files(control: Control) -> list[Datafile]:
    """Temporary ones are not flashed back (documented); a standby that was restored has none before it is opened."""
    return [file for file in control.datafiles.values() if file.contents != "TEMPORARY"]


def create(store: Store, name: str) -> int:
    """Keep the database as it is now; gives the SCN. ORA-38778 when there is one of that name."""
    target = _directory(store, name)
    with store.lock:
        if os.path.exists(target):
            raise OraError(38778, f"Restore point '{name}' already exists.")
        if store.segments:
            store.checkpoint()
        made = target + ".new"
        shutil.rmtree(made, ignore_errors=True)
        os.makedirs(made)
        for file in _files(store.control):
            sparse.copy(asm.real(file.path), os.path.join(made, str(file.number)))
        with open(os.path.join(made, CONTROL_FILE), "wb") as copy:
            copy.write(records.dump(store.control))
        os.replace(made, target)
        return store.control.scn


def drop(store: Store, name: str) -> None:
    """ORA-38780 when there is none."""
    if not os.path.exists(_directory(store, name)):
        raise OraError(38780, f"Restore point '{name}' does not exist.")
    shutil.rmtree(_directory(store, name))


def size(store: Store, name: str) -> int:
    """Bytes on disk that a restore point takes (STORAGE_SIZE)."""
    kept = _directory(store, name)
    return sum(os.stat(os.path.join(kept, entry)).st_blocks * 512 for entry in os.listdir(kept)) if os.path.exists(kept) else 0


# --- flashback logging ---

def begin_logging(store: Store) -> None:
    """From now on the database can be taken back to every SCN of this incarnation."""
    name = f"{_LOGGING}{store.control.resetlogs_scn}"
    if not os.path.exists(_directory(store, name)):
        create(store, name)


def end_logging(store: Store) -> None:
    for name in [name for name, _ in _kept(store) if name.startswith(_LOGGING)]:
        drop(store, name)


def oldest(store: Store) -> int | None:
    """OLDEST_FLASHBACK_SCN; None without flashback logging."""
    return min((control.scn for name, control in _kept(store) if name.startswith(_LOGGING)), default=None)


def _kept(store: Store) -> Iterator[tuple[str, Control]]:
    home = os.path.join(store.directory, "flashback")
    for entry in sorted(os.listdir(home)) if os.path.isdir(home) else ():
        if not entry.endswith(".new"):
            with open(os.path.join(home, entry, CONTROL_FILE), "rb") as source:
                yield bytes.fromhex(entry).decode(), records.load(source.read())


# --- going back ---

def to_restore_point(store: Store, name: str) -> None:
    """FLASHBACK DATABASE TO a guaranteed RESTORE POINT. ORA-38780 when there is none."""
    found = next((control for kept, control in _kept(store) if kept == name), None)
    if found is None:
        raise OraError(38780, f"Restore point '{name}' does not exist.")
    _go_back(store, name, found, found.scn)


def to_scn(store: Store, scn: int) -> None:
    """FLASHBACK DATABASE TO SCN. ORA-38743 for one that is not reached yet, ORA-38729 for one that flashback logs do not reach back to."""
    # After a crash the control file does not know how far redo goes.
    if scn > max((record.scn for record in store.redo.records(store.control.scn)), default=store.control.scn):
        raise OraError(38743, "Time/SCN is in the future of the database.")
    found = [(control.scn, name, control) for name, control in _kept(store)
             if control.scn == scn or control.scn < scn and control.resetlogs_scn == store.control.resetlogs_scn]
    if not found:
        raise OraError(38729, "Not enough flashback database log data to do FLASHBACK.")
    _, name, then = max(found, key=lambda one: one[0])
    _go_back(store, name, then, scn)


def _go_back(store: Store, name: str, then: Control, scn: int) -> None:
    """Files of a kept copy in their places, rolled forward to an SCN. A primary opens only with RESETLOGS then."""
    kept, control = _directory(store, name), store.control
    with store.lock:
        for file in control.datafiles.values():
            if file.number not in then.datafiles and file.creation_scn <= scn and not file.object_map:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(asm.real(file.path))     # rolling forward makes it anew
        for file in _files(then):
            path = asm.real(file.path)
            if os.path.exists(path):
                os.unlink(path)
            sparse.copy(os.path.join(kept, str(file.number)), path)
        for field in _OF_THAT_TIME:
            setattr(control, field, getattr(then, field))
        control.scn = then.scn
        store.load()
        apply(store, (record for record in store.redo.records(store.oldest_checkpoint()) if record.scn <= scn))
        control.scn = scn
        control.incomplete = control.role != "PHYSICAL STANDBY"
        store.write_files(scn, None)
        store.unload()

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guaranteed restore points: what is needed to take the whole database back.

Oracle keeps images of blocks before their first change; here the files are copied when the restore point is made (assumed: nobody
can tell but by the time it takes). Files that became part of the database afterwards stay on disk and are forgotten; those
that were dropped come back.
"""
from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from oralab.errors import OraError
from oralab.storage import asm, records
from oralab.storage.tablespaces import IN_CONTROL_FILE

if TYPE_CHECKING:
    from oralab.storage.store import Store
    from oralab.storage.tablespaces import Control

CONTROL_FILE = "control01.ctl"


def _directory(store: Store, name: str) -> str:
    return os.path.join(store.directory, "flashback", name.encode().hex())


def create(store: Store, name: str) -> int:
    """Keep the database as it is now; gives the SCN. ORA-38778 when there is one of that name."""
    target = _directory(store, name)
    with store.lock:
        if os.path.exists(target):
            raise OraError(38778, f"Restore point '{name}' already exists.")
        scn = store.checkpoint()
        made = target + ".new"
        shutil.rmtree(made, ignore_errors=True)
        os.makedirs(made)
        for file in store.datafiles():
            _copy(asm.real(file.path), os.path.join(made, str(file.number)))
        with open(os.path.join(made, CONTROL_FILE), "wb") as copy:
            copy.write(store.control_copy())
        os.replace(made, target)
    return scn


def drop(store: Store, name: str) -> None:
    """ORA-38780 when there is none."""
    if not os.path.exists(_directory(store, name)):
        raise OraError(38780, f"Restore point '{name}' does not exist.")
    shutil.rmtree(_directory(store, name))


def size(store: Store, name: str) -> int:
    """Bytes on disk that a restore point takes (STORAGE_SIZE)."""
    kept = _directory(store, name)
    return sum(os.stat(os.path.join(kept, entry)).st_blocks * 512 for entry in os.listdir(kept)) if os.path.exists(kept) else 0


def restore(store: Store, name: str) -> Control:
    """Put the files back; gives the control file of a new incarnation. The store's transactions are gone."""
    kept = _directory(store, name)
    if not os.path.exists(kept):
        raise OraError(38780, f"Restore point '{name}' does not exist.")
    with open(os.path.join(kept, CONTROL_FILE), "rb") as source:
        control: Control = records.load(source.read())
    for file in control.datafiles.values():
        path = asm.real(file.path)
        if os.path.exists(path):
            os.unlink(path)
        _copy(os.path.join(kept, str(file.number)), path)
    # The control file that is there now goes on: it knows what was backed up, and the restore points, since then.
    control.records.update({kind: held for kind, held in store.control.records.items() if kind in IN_CONTROL_FILE})
    control.next_object = max(control.next_object, store.control.next_object)
    control.scn += 1
    control.resetlogs_scn = control.scn
    return control


def _copy(source: str, target: str) -> None:
    """A copy that leaves the holes of a sparse file holes."""
    with open(source, "rb") as old, open(target, "wb") as new:
        size = os.fstat(old.fileno()).st_size
        position = 0
        while position < size:
            try:
                start = os.lseek(old.fileno(), position, os.SEEK_DATA)
            except OSError:
                break
            position = os.lseek(old.fileno(), start, os.SEEK_HOLE)
            old.seek(start)
            new.seek(start)
            new.write(old.read(position - start))
        new.truncate(size)

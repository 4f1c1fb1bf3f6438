# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Incarnations of a database: OPEN RESETLOGS begins one, with logs of its own that begin anew (documented: Backup and Recovery User's Guide)."""
from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

from oralab.errors import OraError

if TYPE_CHECKING:
    from oralab.storage.control_file import Control
    from oralab.storage.store import Store


@dataclasses.dataclass(slots=True)
class Incarnation:
    """``status``: CURRENT, PARENT, or ORPHAN for one that no way leads from to the current one. ``parent``: 0 for the first."""

    number: int
    resetlogs_scn: int
    resetlogs_time: float
    status: str = "CURRENT"
    parent: int = 0


def of(control: Control) -> list[Incarnation]:
    """Every incarnation that a control file knows, the oldest first."""
    return control.incarnations or [Incarnation(1, control.resetlogs_scn, control.created)]


def current(control: Control) -> Incarnation:
    return next(one for one in of(control) if one.status == "CURRENT")


def begin(control: Control, scn: int) -> Incarnation:
    """A new incarnation whose first SCN is ``scn``. Those that began after it on another way are orphans (documented)."""
    known = of(control)
    parent = next(one for one in known if one.status == "CURRENT")
    while parent.parent and parent.resetlogs_scn > scn:
        parent.status = "ORPHAN"
        parent = next(one for one in known if one.number == parent.parent)
    parent.status = "PARENT"
    made = Incarnation(max(one.number for one in known) + 1, scn, time.time(), "CURRENT", parent.number)
    control.incarnations = [*known, made]
    control.resetlogs_scn = scn
    return made


def open_resetlogs(store: Store) -> None:
    """What OPEN RESETLOGS does before files are opened. ORA-01139 unless recovery ended before the end of redo, or the control file is a backup."""
    from oralab.storage import media_recovery
    with store.lock:
        if not (store.control.incomplete or store.control.backup):
            raise OraError(1139, "RESETLOGS option only valid after an incomplete database recovery")
        media_recovery.check_consistent(store)
        reset(store)


def reset(store: Store) -> None:
    """A new incarnation from here on: its logs begin anew, and the files belong to it."""
    control = store.control
    control.scn += 1
    begin(control, control.scn)
    control.incomplete = control.backup = False
    control.archive_from = dict.fromkeys(control.archive_from, 1)
    store.resetlogs_scn = control.resetlogs_scn
    store.redo.reset(control.resetlogs_scn)
    store.write_control()


def abandon(store: Store) -> None:
    """Back to the incarnation before: the current one leads nowhere, and what it wrote is forgotten."""
    control = store.control
    known = of(control)
    left = current(control)
    left.status = "ORPHAN"
    parent = next(one for one in known if one.number == left.parent)
    parent.status = "CURRENT"
    control.resetlogs_scn = store.resetlogs_scn = parent.resetlogs_scn
    store.redo.reset(parent.resetlogs_scn)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pluggable database of a container database: whether and how it is open, and in which state it comes up with the instance.

One is made with the container database, beside PDB$SEED and in all instances alike; for others see ``plugged``. It is mounted when the
container database is opened, and opened where its state was saved for the instance (documented, since 12.1.0.2); that of a new database is
(assumed). A state is saved by the instance's name, so a restored or standby database has none.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oralab.errors import OraError, not_simulated

if TYPE_CHECKING:
    from oralab.catalog.database import Database

MOUNTED, READ_WRITE, READ_ONLY, MIGRATE = "MOUNTED", "READ WRITE", "READ ONLY", "MIGRATE"
SAVED = {READ_WRITE: "OPEN", READ_ONLY: "OPEN READ ONLY", MIGRATE: "OPEN MIGRATE"}
"""STATE of DBA_PDB_SAVED_STATES, by OPEN_MODE."""


class PluggableDatabase:
    """It as the instances have it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.open_mode = MOUNTED
        self.restricted = False

    @property
    def name(self) -> str:
        return self._database.spec.pdb.upper()

    @property
    def mode(self) -> str:
        """OPEN_MODE of V$PDBS: one of an instance that is not open is mounted."""
        return self.open_mode if self._database.state == "OPEN" else MOUNTED

    def came_up(self) -> None:
        """The container database was opened."""
        self.open_mode, self.restricted = MOUNTED, False
        states = {instance.name.upper(): self._database.attributes.saved_states.get(instance.name.upper()) for instance in self._database.instances}
        saved = next(filter(None, states.values()), None)
        if saved is not None and not self._database.opening_upgrade:
            self._opened(READ_ONLY if self._database.read_only or saved == SAVED[READ_ONLY] else READ_WRITE, False)

    def open(self, what: str, restricted: bool, force: bool) -> None:
        """ALTER PLUGGABLE DATABASE OPEN. ORA-65019 open already, ORA-65054 not so in this container database."""
        root = self._database.root
        mode = {"": READ_ONLY if root.read_only else READ_WRITE, "UPGRADE": MIGRATE}.get(what, what)
        if mode not in SAVED:
            raise not_simulated(f"ALTER PLUGGABLE DATABASE OPEN {what}")
        if self.open_mode != MOUNTED:
            if not force:
                raise OraError(65019, f"pluggable database {self.name} already open")
            self.close()
        if mode != READ_ONLY and root.read_only or mode == READ_WRITE and root.upgrade_mode:
            raise OraError(65054, "Cannot open a pluggable database in the desired mode.")
        self._opened(mode, restricted or mode == MIGRATE)

    def _opened(self, mode: str, restricted: bool) -> None:
        self.open_mode, self.restricted = mode, restricted
        database = self._database
        database.running_services |= {database.spec.default_service, *database.own_services()}

    def close(self, session: Any = None) -> None:
        """ALTER PLUGGABLE DATABASE CLOSE: sessions in it end, that of whoever closes it excepted. ORA-65020 closed already."""
        if self.open_mode == MOUNTED:
            raise OraError(65020, f"pluggable database {self.name} already closed")
        self.open_mode, self.restricted = MOUNTED, False
        database = self._database
        database.running_services &= {database.spec.container_service}
        for other in list(database.sessions.values()):
            if other.database is not database or not database.inside(other):
                continue
            if other is session:
                other.forget()
            else:
                other.kill(abort=True)

    def save(self, kept: bool) -> None:
        """SAVE STATE, of a closed one nothing; DISCARD STATE."""
        state = SAVED.get(self.open_mode) if kept else None
        names = [instance.name.upper() for instance in self._database.instances]
        others = {name: value for name, value in self._database.attributes.saved_states.items() if name not in names}
        self._database.set_attributes(saved_states={**others, **(dict.fromkeys(names, state) if state else {})})


def closed(session: Any) -> bool:
    """Whether a session is in a pluggable database that is not open."""
    pluggable = session.database.pluggable
    return pluggable is not None and session.database.inside(session) and pluggable.mode == MOUNTED


def read_only(session: Any) -> bool:
    """Whether nothing can be written where a session is."""
    database = session.database
    return bool(database.read_only or database.pluggable is not None and database.inside(session)
                and database.pluggable.open_mode == READ_ONLY)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the control file remembers of backups and copies: the rows of V$DATAFILE_COPY, V$BACKUP_SET and their like."""
from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from typing import Any

KIND = "RMAN"
"""Kind of the catalog records in which the rows survive a restart."""
CONFIGURATION = "V$RMAN_CONFIGURATION"
Row = dict[str, Any]


def stamp_of(moment: datetime.datetime) -> int:
    """A time as the control file's STAMP: seconds since 1988, every month counted as 31 days (documented formula)."""
    days = ((moment.year - 1988) * 12 + moment.month - 1) * 31 + moment.day - 1
    return days * 86400 + moment.hour * 3600 + moment.minute * 60 + moment.second


class Records:
    """The records of one database; the rows themselves are ``database.rman_records``, where the views find them."""

    _locks: dict[int, threading.RLock] = {}

    def __init__(self, database: Any) -> None:
        self.database = database
        self._lock = self._locks.setdefault(id(database), threading.RLock())

    @staticmethod
    def load(database: Any) -> None:
        """At every mount: what the control file remembers."""
        found: dict[str, list[Row]] = {}
        for (view, _), row in sorted(database.store.all(KIND), key=lambda item: int(item[0][1])):
            found.setdefault(view, []).append(row)
        database.rman_records.clear()
        database.rman_records.update(found)

    def rows(self, view: str) -> Iterator[Row]:
        yield from list(self.database.rman_records.get(view, []))

    def add(self, view: str, row: Row, *, durable: bool = True) -> Row:
        """A new record: RECID counts up, STAMP is now."""
        with self._lock:
            kept = self.database.rman_records.setdefault(view, [])
            recid = 1 + max((other["RECID"] for other in kept), default=0)
            new: Row = {"CON_ID": 0, **row, "RECID": recid, "STAMP": row.get("STAMP") or stamp_of(self.database.now())}
            kept.append(new)
            if durable:
                self._keep(view, new)
            return new

    def change(self, view: str, row: Row, **changes: Any) -> None:
        with self._lock:
            row.update(changes)
            self._keep(view, row)

    def remove(self, view: str, rows: list[Row]) -> None:
        with self._lock:
            kept = self.database.rman_records.get(view, [])
            self.database.rman_records[view] = [row for row in kept if row not in rows]
            for row in rows:
                self.database.store.remove(KIND, (view, str(row["RECID"])))

    def _keep(self, view: str, row: Row) -> None:
        if self.database.state in ("MOUNTED", "OPEN"):
            self.database.store.put(KIND, (view, str(row["RECID"])), dict(row))

    def next_set(self) -> int:
        """SET_COUNT of the next backup set."""
        with self._lock:
            return 1 + max((row["SET_COUNT"] for row in self.database.rman_records.get("V$BACKUP_SET", [])), default=0)

    # --- persistent configuration ---

    def configuration(self) -> dict[str, list[str]]:
        """Values by name; those of several devices have one name."""
        found: dict[str, list[str]] = {}
        for row in self.rows(CONFIGURATION):
            found.setdefault(str(row["NAME"]), []).append(str(row["VALUE"]))
        return found

    def configure(self, name: str, key: str, value: str | None) -> None:
        """CONFIGURE; None goes back to the default. ``key`` begins the value of a setting of one device."""
        self.remove(CONFIGURATION, [row for row in self.rows(CONFIGURATION) if row["NAME"] == name and str(row["VALUE"]).upper().startswith(key.upper())])
        if value is not None:
            row = self.add(CONFIGURATION, {"NAME": name, "VALUE": value})
            self.change(CONFIGURATION, row, **{"CONF#": row["RECID"]})

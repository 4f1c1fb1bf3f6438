# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBA_SCHEDULER_GLOBAL_ATTRIBUTE."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.dictionary import RowDict, rows

if TYPE_CHECKING:
    from oralab.catalog.database import Database

_DEFAULTS: dict[str, str | None] = {
    "MAX_JOB_SLAVE_PROCESSES": None, "LOG_HISTORY": "30", "DEFAULT_TIMEZONE": "Etc/UTC", "EMAIL_SERVER": None, "EMAIL_SENDER": None,
    "LAST_OBSERVED_EVENT": None, "EVENT_EXPIRY_TIME": None, "FILE_WATCHER_COUNT": "0", "CURRENT_OPEN_WINDOW": None}
"""Attributes of a new database; SCHEDULER_DISABLED shows once it was set (assumed)."""


@rows("SCHEDULER_GLOBAL_ATTRIBUTE")
def scheduler_global_attribute(session: Any, database: Database) -> Iterator[RowDict]:
    found = {**_DEFAULTS, **{one.name: one.value for one in database.catalog.all(model.SchedulerAttribute)}}
    for name, value in found.items():
        yield {"ATTRIBUTE_NAME": name, "VALUE": value}

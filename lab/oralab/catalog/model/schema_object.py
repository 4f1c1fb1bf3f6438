# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every object of a schema is."""
from __future__ import annotations

import dataclasses
import datetime
from typing import ClassVar


@dataclasses.dataclass(slots=True, frozen=True)
class Reference:
    """A dependency of one object on another, as in DBA_DEPENDENCIES."""

    owner: str
    name: str
    type: str
    link: str = ""


@dataclasses.dataclass(slots=True, kw_only=True)
class SchemaObject:
    """What DBA_OBJECTS knows of every object. ``kind`` is its OBJECT_TYPE; times are the server's local time."""

    KIND: ClassVar[str] = ""

    owner: str
    name: str
    object_id: int = 0
    created: datetime.datetime = datetime.datetime(1970, 1, 1)
    last_ddl_time: datetime.datetime = datetime.datetime(1970, 1, 1)
    status: str = "VALID"                # or INVALID
    generated: bool = False              # name made by the system
    secondary: bool = False
    oracle_maintained: bool = False
    references: list[Reference] = dataclasses.field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.KIND

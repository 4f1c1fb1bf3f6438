# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Data Guard broker's configuration."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog.dictionary import RowDict, rows

if TYPE_CHECKING:
    from oralab.catalog.database import Database


@rows("V$DG_BROKER_CONFIG")
def dg_broker_config(session: Any, database: Database) -> Iterator[RowDict]:
    """From any member, as of the primary's last look (documented). No rows without a broker or a configuration (assumed)."""
    configuration = database.broker.held() if database.broker.wanted else None
    for member in configuration.members if configuration else ():
        primary = member.role == "PRIMARY"
        yield {"DATABASE": member.name, "CONNECT_IDENTIFIER": member.identifier, "DATAGUARD_ROLE": member.role,
               "REDO_SOURCE": "-N/A-" if primary or configuration is None else configuration.source(member).name,
               "ENABLED": "TRUE" if member.enabled else "FALSE", "STATUS": member.status[0], "VERSION": database.spec.version, "CON_ID": 0}

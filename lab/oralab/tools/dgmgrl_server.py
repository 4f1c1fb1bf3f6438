# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instance's side of ``dgmgrl``'s local connections."""
from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Any

from oralab.catalog.instances import DOWN
from oralab.errors import OraError
from oralab.packages.data_guard_broker import command


def serve(database: Any, conversation: Connection) -> None:
    """One conversation: first the names of database and instance, None for an idle one; then commands, each answered by (value, None) or (None, error)."""
    conversation.send(None if database.state == DOWN else (database.spec.db_unique_name, database.sid_name()))
    while True:
        operation, arguments = conversation.recv()
        try:
            if database.state == DOWN:
                raise OraError(1034, "ORACLE not available")
            answer: tuple[Any, tuple[int, str] | None] = (command(database, operation, arguments), None)
        except OraError as error:
            answer = None, (error.code, error.message)
        conversation.send(answer)

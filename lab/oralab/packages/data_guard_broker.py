# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``dgmgrl`` says to the broker's monitor through Oracle Net; the real one calls a package that is not documented."""
from __future__ import annotations

import re
from typing import Any

from oralab.errors import OraError
from oralab.packages.registry import Package, signature
from oralab.storage import records


def from_dgmgrl(session: Any) -> bool:
    return session.privilege in ("SYSDBA", "SYSDG") and bool(re.match(r"dgmgrl(\.startup)?@", session.logon.program))


LAB_BROKER = Package("LAB$BROKER", grantees=(), internal=from_dgmgrl)


@LAB_BROKER.routine("EXCHANGE", signature("request RAW, answer OUT RAW"))
def exchange(session: Any, request: bytes, answer: None) -> dict[str, bytes]:
    operation, arguments = records.load(request)
    return {"answer": records.dump(command(session.database, operation, arguments))}


def command(database: Any, operation: str, arguments: dict[str, Any]) -> Any:
    """Do it, and give what it gave."""
    if database.state == "STARTED" and operation != "stop":
        raise OraError(16525, "The Oracle Data Guard broker is not yet available.")
    return database.broker.answer(operation, arguments)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What databases of a Data Guard configuration say to each other, which real ones say in a protocol of their own."""
from __future__ import annotations

from typing import Any

from oralab.catalog import redo_client
from oralab.packages.registry import Package, signature
from oralab.storage import records

LAB_REDO = Package("LAB$REDO", grantees=(), internal=redo_client.from_redo)


@LAB_REDO.routine("EXCHANGE", signature("request RAW, answer OUT RAW"))
def exchange(session: Any, request: bytes, answer: None) -> dict[str, bytes]:
    operation, arguments = records.load(request)
    return {"answer": records.dump(session.database.dataguard.answer(session, operation, arguments))}

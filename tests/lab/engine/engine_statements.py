# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the engine's tests run statements."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from oralab.api import Bind, Outcome
from oralab.engine.convert import type_of
from oralab.engine.session import Session
from oralab.errors import OraError
from oralab.values import DataType


def rows(session: Session, sql: str, *binds: Any) -> list[Any]:
    """Rows of a query, single columns unwrapped."""
    found = session.sql(sql, binds)
    return [row[0] for row in found] if found and len(found[0]) == 1 else found


def code(session: Session, sql: str, *binds: Any) -> int:
    """Number of the error that a statement ends with."""
    with pytest.raises(OraError) as caught:
        session.sql(sql, binds)
    return caught.value.code


def run(session: Session, sql: str, values: Sequence[Sequence[Any]] = ((),), types: Sequence[DataType] = (), **options: Any) -> Outcome:
    """Execute with rows of bind values as the listener does."""
    statement = session.parse(sql)
    first = list(values[0]) + [None] * len(statement.bind_names)
    binds = [Bind(name, types[place] if types else type_of(first[place])) for place, name in enumerate(statement.bind_names)]
    return session.execute(statement, binds, values, **options)

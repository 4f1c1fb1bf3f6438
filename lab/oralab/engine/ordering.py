# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ORDER BY: NULLs, directions and the keys by which values of a type are ordered."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from oralab import codec
from oralab.engine import datetimes, types
from oralab.sql import ast
from oralab.values import DataType


def not_orderable(type_: DataType) -> None:
    """ORA-00932 for LOBs and user-defined types in ORDER BY, GROUP BY, DISTINCT and set operations; ORA-00997 for LONG."""
    from oralab.errors import OraError
    if types.family(type_) in "LBPXK":
        raise types.inconsistent("-", type_)
    if type_.name in ("LONG", "LONG RAW"):
        raise OraError(997, "illegal use of LONG datatype")


def key_function(type_: DataType) -> Callable[[Any], Any] | None:
    """What a value of the type is ordered and grouped by, None for itself."""
    if types.family(type_) in "ZW":
        return datetimes.instant if types.family(type_) == "Z" else codec.rowid_fields
    if types.is_char(type_):
        return lambda value: value.rstrip(" ")
    return None


def sorter(keys: Sequence[tuple[int, DataType, ast.OrderItem]]) -> Callable[[list[Any]], list[Any]]:
    """A function that sorts rows by ``(slot, type, item)``. NULLs come last in ascending, first in descending order (documented)."""
    steps = []
    for slot, type_, item in reversed(keys):
        not_orderable(type_)
        nulls_first = item.descending if item.nulls_first is None else item.nulls_first
        # Sorting is reversed as a whole for DESC, so NULLs must be high exactly when they come last in the direction sorted.
        nulls_high = nulls_first == item.descending
        steps.append((_key(slot, key_function(type_), nulls_high), item.descending))

    def sort(rows: list[Any]) -> list[Any]:
        for key, reverse in steps:
            rows.sort(key=key, reverse=reverse)
        return rows
    return sort


def _key(slot: int, function: Callable[[Any], Any] | None, nulls_high: bool) -> Callable[[Any], Any]:
    null, present = ((True, 0), False) if nulls_high else ((False, 0), True)
    if function is None:
        def plain(row: Any) -> Any:
            value = row[slot]
            return null if value is None else (present, value)
        return plain

    def keyed(row: Any) -> Any:
        value = row[slot]
        return null if value is None else (present, function(value))
    return keyed


def identity(columns: Sequence[DataType]) -> Callable[[Any], Any] | None:
    """What makes rows equal in DISTINCT, GROUP BY and set operations; None when it is the row itself."""
    functions = [key_function(type_) for type_ in columns]
    if not any(functions):
        return None
    return lambda row: tuple(value if function is None or value is None else function(value) for function, value in zip(functions, row))

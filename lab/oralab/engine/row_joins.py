# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How joined rows are found: hash tables, nested loops, lookups by ROWID."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Rows = Callable[[Any], Iterator[Any]]
POLL = 2000
"""Pairs of rows that a join looks at between two looks whether the client cancelled."""


def hashed(rows: Iterator[Any], key: Callable[..., Any], x: Any) -> dict[Any, list[Any]]:
    table: dict[Any, list[Any]] = {}
    for row in rows:
        value = key(row, x)
        if value is not None:
            table.setdefault(value, []).append(row)
    return table


def hash_lookup(run: Rows, probe: Callable[..., Any], key: Callable[..., Any]) -> Rows:
    mark = object()

    def lookup(x: Any) -> Iterator[Any]:
        table = x.cache.get(mark)
        if table is None:
            table = x.cache[mark] = hashed(run(x), key, x)
        return iter(table.get(probe((), x), ()))
    return lookup


def by_rowid(handle: Any, key: Callable[..., Any], read: Any, snapshot: Any) -> Rows:
    def fetch(x: Any) -> Iterator[Any]:
        rowid = key((), x)
        if rowid is None:
            return iter(())
        rid = handle.rid(rowid)
        row = handle.fetch(rid, snapshot(x))
        return read(x, iter(() if row is None else ((rid, row),)))      # type: ignore[no-any-return]
    return fetch


def join_rows(left: Rows, right: Rows, probe: Any, key: Any, keys: int, test: Any, kind: str, left_width: int, right_width: int) -> Rows:
    no_left, no_right = (None,) * left_width, (None,) * right_width
    keep_left, keep_right = kind in ("LEFT", "FULL"), kind in ("RIGHT", "FULL")

    def rows(x: Any) -> Iterator[Any]:
        others = list(right(x))
        table = None if probe is None else hashed(iter(others), key, x)
        matched: set[int] = set()
        work = 0
        for row in left(x):
            work += 1
            if table is None:
                candidates = others
            else:
                value = probe(row, x)
                candidates = [] if value is None or keys > 1 and None in value else table.get(value, [])
            found = False
            work += len(candidates)
            if work > POLL:
                x.poll()
                work = 0
            for other in candidates:
                joined = row + other
                if test is None or test(joined, x):
                    found = True
                    if keep_right:
                        matched.add(id(other))
                    yield joined
            if not found and keep_left:
                yield row + no_right
        if keep_right:
            for other in others:
                if id(other) not in matched:
                    yield no_left + other
    return rows

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Row comparison inside the databases against fetching every row and hashing it here: the same tables, lab and driver."""
from __future__ import annotations

import hashlib
import time
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import compare_rows
from ansible_collections.dbferry.oracle.plugins.module_utils.journal import Journal
from ansible_collections.dbferry.oracle.plugins.module_utils.session import DriverSession
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from stand import Measurement, Stand

DATABASE = "dbsrc"
#: Both ways are taken in turn; the best time of each counts, as anything else is the machine's doing.
ROUNDS = 3


def inside(session: t.Any, tables: t.Iterable[compare_rows.Table]) -> float:
    began = time.monotonic()
    for table in tables:
        session.execute(compare_rows.summing(table, "", None, "BENCH", 1, f"rows of {table.title}", again=False))
    took = time.monotonic() - began
    session.execute(Statement("DELETE FROM dbferry_journal WHERE migration_id = 'BENCH'"))
    return took


def fetched(session: t.Any, tables: t.Iterable[compare_rows.Table]) -> t.Tuple[float, int]:
    """The same answer the other way: count and two sums of 60 bits of the hash of each row."""
    rows = 0
    began = time.monotonic()
    for table in tables:
        columns = ", ".join('"{0}"'.format(column["column_name"]) for column in table.comparable())
        sums = [0, 0]
        for row in session.query(f"SELECT {columns} FROM {table.quoted}"):
            text = "\x1f".join("-" if value is None else f"+{value}" for value in row.values()).encode("utf-8")
            digest = hashlib.sha1(text).hexdigest()
            sums[0] += int(digest[:15], 16)
            sums[1] += int(digest[15:30], 16)
            rows += 1
    return time.monotonic() - began, rows


def measure(stand: Stand) -> Measurement:
    session = DriverSession(stand.login(DATABASE))
    try:
        for statement in Journal(session, "BENCH", 1, {}).preparing():
            session.execute(statement)
        tables = [table for table in compare_rows.tables(session).values() if table.comparable()]
        rounds = [(inside(session, tables), *fetched(session, tables)) for _ in range(ROUNDS)]
    finally:
        session.close()
    there, here, rows = (min(found) for found in zip(*rounds))
    return Measurement("Rows per second of the comparison inside the database against fetching and hashing", here / there,
                       {"tables": len(tables), "rows": rows, "inside, rows a second": round(rows / there), "fetched, rows a second": round(rows / here)},
                       at_least=3)

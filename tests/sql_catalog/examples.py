# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements that are made of parts and that no unit test plans: (module, text) by calling what makes them."""
from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import compare_rows, directory_files
from ansible_collections.dbferry.oracle.plugins.modules import database_link, switchover


class Hearing:
    """A session that hears what is asked and answers with nothing."""

    release = (19, 3)

    def __init__(self) -> None:
        self.asked: t.List[str] = []

    def call(self, statement: t.Any, **outs: t.Any) -> None:
        self.asked.append(statement.text())

    def one(self, sql: str, **binds: t.Any) -> t.Dict[str, t.Any]:
        self.asked.append(sql)
        return {"low": None, "high": None}


def statements() -> t.Iterator[t.Tuple[str, str]]:
    table = compare_rows.Table("SALES", "ORDERS", compare_rows.RANGE_ROWS * 2)
    table.columns = [{"column_name": "ORDER_ID", "data_type": "NUMBER", "data_length": 22, "data_type_owner": None}]
    table.key = ["ORDER_ID"]
    session = Hearing()
    compare_rows.bounds(session, table)
    yield from (("compare_rows", text) for text in session.asked)
    yield "compare_rows", compare_rows.keys_and_hashes(table, '"ORDER_ID" < 1000', 4711, 10)
    session = Hearing()
    database_link.answer_of(session, "DBF_SALES_R1_LNK_LINK")
    yield from (("database_link", text) for text in session.asked)
    yield "directory_files", directory_files.SIZE.format(name="'orders01.dbf'", directory="'DBF_SALES_R1_DIR'")
    session = Hearing()
    switchover.verify(session, {"db_unique_name": "sales_new"})
    yield from (("switchover", text) for text in session.asked)
    yield "session", 'ALTER SESSION SET CONTAINER = "SHOP"'
    yield "session", "ALTER SESSION SET CONTAINER = CDB$ROOT"

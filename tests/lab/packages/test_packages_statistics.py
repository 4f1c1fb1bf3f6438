# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from fake_catalog import FakeDatabase, FakeSession, NoStore, index, table
from oralab.catalog import model
from oralab.errors import OraError
from oralab.packages import stat_table
from oralab.values import DataType


class Rows:
    """A table handle that only scans."""

    def __init__(self, parts: dict[str | None, list[tuple[Any, ...]]]) -> None:
        self.parts = parts
        self.segments = dict.fromkeys(parts, self)
        self.number = 1

    def scan(self, snapshot: Any, partition: str | None = None) -> Iterator[tuple[str, tuple[Any, ...]]]:
        return ((str(number), row) for number, row in enumerate(self.parts[partition]))


@pytest.fixture
def employees(session: FakeSession, database: FakeDatabase, keep: Any) -> None:
    columns = [model.Column(name="ID", type=DataType("NUMBER")), model.Column(name="CITY", type=DataType("VARCHAR2", 20)),
               model.Column(name="LATE", type=DataType("NUMBER"), absent=7)]
    keep(model.User(name="HR"), table("EMP", columns=columns), index("EMP_ID", "EMP", unique=True),
         index("EMP_CITY", "EMP", columns=[model.IndexColumn(name="CITY")]))
    rows = [(number, ("Rome", "Oslo", None)[number % 3]) for number in range(300)]
    database.store = NoStore()
    database.handle = lambda session, table: Rows({None: rows})


def get(database: FakeDatabase, type_: Any, name: str) -> Any:
    return database.catalog.get(type_, "HR", name)


def test_gathered_statistics_stand_in_the_dictionary(session: FakeSession, database: FakeDatabase, employees: None) -> None:
    session.call("DBMS_STATS.GATHER_SCHEMA_STATS", "hr")
    emp = get(database, model.Table, "EMP")
    assert (emp.statistics.num_rows, emp.statistics.sample_size) == (300, 300)
    assert emp.statistics.blocks == 2
    assert emp.statistics.last_analyzed is not None
    city, late = emp.column("CITY").statistics, emp.column("LATE").statistics
    assert (city.num_distinct, city.num_nulls, city.low_value, city.high_value) == (2, 100, b"Oslo", b"Rome")
    assert (late.num_distinct, late.num_nulls) == (1, 0)
    assert get(database, model.Index, "EMP_ID").statistics.distinct_keys == 300
    assert get(database, model.Index, "EMP_CITY").statistics.num_rows == 200


def test_locked_statistics(session: FakeSession, database: FakeDatabase, employees: None) -> None:
    session.call("DBMS_STATS.LOCK_TABLE_STATS", "HR", "EMP")
    with pytest.raises(OraError, match=r"ORA-20005: object statistics are locked \(stattype = ALL\)"):
        session.call("DBMS_STATS.GATHER_TABLE_STATS", "HR", "EMP")
    session.call("DBMS_STATS.GATHER_SCHEMA_STATS", "HR")
    assert get(database, model.Table, "EMP").statistics.num_rows is None
    session.call("DBMS_STATS.GATHER_TABLE_STATS", "HR", "EMP", force=True)
    assert get(database, model.Table, "EMP").statistics.locked
    session.call("DBMS_STATS.UNLOCK_SCHEMA_STATS", "HR")
    session.call("DBMS_STATS.DELETE_TABLE_STATS", "HR", "EMP")
    assert get(database, model.Table, "EMP").statistics is None


def test_records_carry_everything(session: FakeSession, database: FakeDatabase, employees: None) -> None:
    session.call("DBMS_STATS.GATHER_TABLE_STATS", "HR", "EMP")
    emp, indexes = get(database, model.Table, "EMP"), [get(database, model.Index, name) for name in ("EMP_ID", "EMP_CITY")]
    records = stat_table.of_table(emp, indexes)
    assert [record["TYPE"] for record in records] == ["T", "C", "C", "C", "I", "I"]
    names = stat_table.columns("19")
    bare, bare_indexes = copy.deepcopy(emp), {one.name: copy.deepcopy(one) for one in indexes}
    for holder in [bare, *bare.columns, *bare_indexes.values()]:
        holder.statistics = None
    for record in records:
        stat_table.into(bare, bare_indexes, {**dict.fromkeys(names), **record})
    assert bare.statistics == emp.statistics
    assert [column.statistics for column in bare.columns] == [column.statistics for column in emp.columns]
    assert [one.statistics for one in bare_indexes.values()] == [one.statistics for one in indexes]


def test_preferences(session: FakeSession, employees: None) -> None:
    assert session.call("DBMS_STATS.GET_PREFS", "stale_percent", "HR", "EMP").value == "10"
    session.call("DBMS_STATS.SET_TABLE_PREFS", "HR", "EMP", "STALE_PERCENT", "5")
    assert session.call("DBMS_STATS.GET_PREFS", "STALE_PERCENT", "HR", "EMP").value == "5"
    assert session.call("DBMS_STATS.GET_PREFS", "STALE_PERCENT").value == "10"
    session.call("DBMS_STATS.DELETE_SCHEMA_PREFS", "HR", "STALE_PERCENT")
    assert session.call("DBMS_STATS.GET_PREFS", "STALE_PERCENT", "HR", "EMP").value == "10"
    with pytest.raises(OraError, match="ORA-20001"):
        session.call("DBMS_STATS.GET_PREFS", "COLOUR")
    with pytest.raises(OraError, match="ORA-20000"):
        session.call("DBMS_STATS.SET_GLOBAL_PREFS", "DEGREE", "4")


def test_what_may_not_be_analyzed(session: FakeSession, database: FakeDatabase, employees: None) -> None:
    with pytest.raises(OraError, match='ORA-20000: Unable to analyze TABLE "HR"."NONE", insufficient privileges or does not exist'):
        session.call("DBMS_STATS.GATHER_TABLE_STATS", "HR", "NONE")
    with pytest.raises(OraError, match='ORA-20000: Schema "HR" does not exist or insufficient privileges'):
        FakeSession(database, "OE").call("DBMS_STATS.GATHER_SCHEMA_STATS", "HR")


def test_stat_tables_of_12_1_are_narrower() -> None:
    assert stat_table.columns("12.1")["C1"] == "VARCHAR2(30)"
    assert stat_table.columns("19")["C1"] == "VARCHAR2(128)"
    assert set(stat_table.columns("19")) - set(stat_table.columns("12.1")) == {"BL1"}

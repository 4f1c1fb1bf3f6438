# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries through the unmodified driver: types in both directions, describe, fetch and LOBs."""
from __future__ import annotations

import datetime
from decimal import Decimal

import oracledb
import pytest
from fake_database import column, echo, query
from oralab.api import Outcome, Result
from oralab.errors import OraError
from oralab.values import BinaryFloat, IntervalDS, IntervalYM, Rowid, Timestamp

MOMENT = datetime.datetime(2024, 2, 29, 23, 59, 58)
MICRO = MOMENT.replace(microsecond=123456)
DAY = 86400 * 10 ** 9


def one(lab, cursor, type: str, value: object, **parts: object) -> object:
    """What the driver makes of one value of a type."""
    cursor.execute(lab.database.teach(f"select {type} from one", query([column("C", type, **parts)], [(value,)])))
    return cursor.fetchone()[0]


@pytest.mark.parametrize("type, value, expected", [
    ("VARCHAR2", "Ünïcödé €", "Ünïcödé €"), ("VARCHAR2", "", None), ("NVARCHAR2", "né€\U0001f600", "né€\U0001f600"),
    ("CHAR", "x  ", "x  "), ("NCHAR", "y ", "y "), ("LONG", "l" * 70000, "l" * 70000), ("LONG", None, None),
    ("RAW", b"\x00\xff", b"\x00\xff"), ("LONG RAW", b"\x01" * 300, b"\x01" * 300), ("DATE", MOMENT, MOMENT),
    ("TIMESTAMP", Timestamp(MOMENT, 123456000), MICRO), ("TIMESTAMP", Timestamp(MOMENT), MOMENT),
    ("TIMESTAMP WITH TIME ZONE", Timestamp(MOMENT, 123456000, "+05:30", 330), MICRO),
    ("TIMESTAMP WITH TIME ZONE", Timestamp(MOMENT, 0, "-08:00", -480), MOMENT),
    ("TIMESTAMP WITH LOCAL TIME ZONE", Timestamp(MOMENT, 1000), MOMENT.replace(microsecond=1)),
    ("INTERVAL DAY TO SECOND", IntervalDS(-3 * DAY - 5_000_000_000), datetime.timedelta(days=-3, seconds=-5)),
    ("INTERVAL DAY TO SECOND", IntervalDS(123456789000), datetime.timedelta(seconds=123, microseconds=456789)),
    ("BINARY_FLOAT", BinaryFloat(-1.5), -1.5), ("BINARY_DOUBLE", 1e-300, 1e-300),
    ("ROWID", Rowid("AAAR3sAAEAAAACXAAA"), "AAAR3sAAEAAAACXAAA"), ("UROWID", Rowid("AAAR3sAAEAAAACXAAB"), "AAAR3sAAEAAAACXAAB"),
    ("ROWID", None, None), ("UROWID", None, None), ("VARCHAR2", "v" * 4000, "v" * 4000),
])
def test_values_to_the_client(lab, cursor, type: str, value: object, expected: object) -> None:
    assert one(lab, cursor, type, value, length=4000) == expected


def test_interval_year_to_month(lab, cursor) -> None:
    found = one(lab, cursor, "INTERVAL YEAR TO MONTH", IntervalYM(-25))
    assert (found.years, found.months) == (-2, -1)


def test_numbers_are_exact_in_both_directions(lab, connection) -> None:
    with connection.cursor() as cursor:
        cursor.outputtypehandler = lambda cursor, metadata: cursor.var(Decimal, arraysize=cursor.arraysize)
        sql = lab.database.teach("select :1, :2, :3, :4, :5, :6 from dual", echo("NUMBER"))
        values = [0, -1, 10 ** 37 + 1, -(10 ** 38 - 1), Decimal("-1E-38"), Decimal("123456789.123456789")]
        cursor.execute(sql, values)
        assert list(cursor.fetchone()) == values


def test_binds_arrive_as_values(lab, cursor) -> None:
    sql = lab.database.teach("select :1, :2, :3, :4, :5, :6, :7, :8, :9 from dual", query([column("X", "NUMBER")], [(1,)]))
    seen = []
    answer = lab.database.statements[sql]
    lab.database.statements[sql] = lambda session, binds, rows, batch: seen.append((list(binds), list(rows[0]))) or \
        answer(session, binds, rows, batch)
    cursor.setinputsizes(None, None, None, oracledb.DB_TYPE_TIMESTAMP, oracledb.DB_TYPE_TIMESTAMP_TZ, None, oracledb.DB_TYPE_NVARCHAR,
                         oracledb.DB_TYPE_BINARY_FLOAT, oracledb.DB_TYPE_BINARY_DOUBLE)
    cursor.execute(sql, ["é", b"\x00", MOMENT, MICRO, MICRO, datetime.timedelta(days=-1, microseconds=5), "né", 1.5, -2.5])
    (binds, values), = seen
    assert values == ["é", b"\x00", MOMENT, Timestamp(MOMENT, 123456000), Timestamp(MOMENT, 123456000, "+00:00", 0),
                      IntervalDS(-DAY + 5000), "né", 1.5, -2.5]
    assert isinstance(values[7], BinaryFloat) and not isinstance(values[8], BinaryFloat)
    assert [bind.type.name for bind in binds] == ["VARCHAR2", "RAW", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE",
                                                  "INTERVAL DAY TO SECOND", "NVARCHAR2", "BINARY_FLOAT", "BINARY_DOUBLE"]
    assert [bind.name for bind in binds] == list("123456789")


def test_null_and_repeated_and_long_binds(lab, cursor) -> None:
    sql = lab.database.teach("select :x, :y, :x from dual", echo("VARCHAR2", 32767))
    for x in ("abc", None, "a" * 3000, "é" * 32000):
        cursor.execute(sql, x=x, y="between")
        assert cursor.fetchone() == (x, "between", x)


def test_description(lab, cursor) -> None:
    sql = lab.database.teach("select everything from t", query([
        column("ID", "NUMBER", precision=9, scale=0, nullable=False), column("N", "NUMBER"), column("P", "NUMBER", precision=7, scale=-2),
        column("I", "NUMBER", scale=0), column("F", "FLOAT", precision=63), column("V", "VARCHAR2", 30),
        column("VC", "VARCHAR2", 30, char_used="C"), column("NV", "NVARCHAR2", 10, char_used="C"), column("TS", "TIMESTAMP", scale=6),
        column("DS", "INTERVAL DAY TO SECOND", precision=2, scale=6), column("R", "RAW", 16), column("quoted name", "CLOB"),
    ], []))
    cursor.execute(sql)
    found = [(item[0], item[1].name, item[3], item[4], item[5], item[6]) for item in cursor.description]
    assert found == [
        ("ID", "DB_TYPE_NUMBER", None, 9, 0, False), ("N", "DB_TYPE_NUMBER", None, 0, -127, True),
        ("P", "DB_TYPE_NUMBER", None, 7, -2, True), ("I", "DB_TYPE_NUMBER", None, 38, 0, True),
        ("F", "DB_TYPE_NUMBER", None, 63, -127, True), ("V", "DB_TYPE_VARCHAR", 30, None, None, True),
        ("VC", "DB_TYPE_VARCHAR", 120, None, None, True), ("NV", "DB_TYPE_NVARCHAR", 20, None, None, True),
        ("TS", "DB_TYPE_TIMESTAMP", None, 0, 6, True), ("DS", "DB_TYPE_INTERVAL_DS", None, 2, 6, True),
        ("R", "DB_TYPE_RAW", 16, None, None, True), ("quoted name", "DB_TYPE_CLOB", None, None, None, True)]
    assert cursor.fetchall() == []


def test_parse_describes_without_executing(lab, cursor) -> None:
    cursor.parse(lab.database.teach("select a from t where b = :b", query([column("A", "NUMBER")], [])))
    assert [item[0] for item in cursor.description] == ["A"]
    assert lab.session.events[-1] == "describe"
    cursor.parse(lab.database.teach("delete from t", query([], [])))
    assert lab.session.events[-1] == ("parse", "delete from t")
    with pytest.raises(oracledb.DatabaseError, match="ORA-00942"):
        cursor.parse("select * from nosuch")
    cursor.parse(lab.database.teach("drop table t", lambda *arguments: Outcome()))
    assert lab.session.events[-1] == ("execute", "drop table t")      # parsing DDL performs it


@pytest.mark.parametrize("arraysize, prefetch", [(100, 2), (1, 0), (7, 3), (1000, 1001), (500, 500)])
def test_fetch_in_several_round_trips(lab, connection, arraysize: int, prefetch: int) -> None:
    rows = [(number, "x" * (number % 97)) for number in range(1, 1001)]
    sql = lab.database.teach("select k, v from t", query([column("K", "NUMBER"), column("V", "VARCHAR2", 100)], rows))
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.arraysize, cursor.prefetchrows = arraysize, prefetch
            assert [(key, value or "") for key, value in cursor.execute(sql)] == rows
            assert cursor.rowcount == 1000


@pytest.mark.parametrize("sdu", [512, 65535, 1048576])
def test_packets_of_any_size(lab, sdu: int) -> None:
    rows = [(number, "ä" * 1500) for number in range(60)]
    with lab.connect(sdu=sdu) as connection:
        cursor = connection.cursor()
        cursor.execute(lab.database.teach("select k, v from t", query([column("K", "NUMBER"), column("V", "VARCHAR2", 4000)], rows)))
        assert cursor.fetchall() == rows
        sql = lab.database.teach("select :1 from dual", echo("VARCHAR2", 4000))
        assert cursor.execute(sql, ["z" * 3999]).fetchone() == ("z" * 3999,)


def test_changed_columns_are_described_again(lab, cursor) -> None:
    def run(session, binds, rows, batch):
        return Outcome(Result([column("X", binds[0].type.name, binds[0].type.length)], iter([tuple(rows[0])])))
    sql = lab.database.teach("select :x from dual", run)
    for value in (1, "abc", MOMENT, 5.5, "é" * 2000, 7):
        assert cursor.execute(sql, [value]).fetchone() == (value,)


def test_scrollable_cursors_are_refused(lab, cursor) -> None:
    if int(oracledb.__version__.split(".")[0]) < 3:
        pytest.skip("the driver knows no scrollable cursors in thin mode")
    scrollable = cursor.connection.cursor(scrollable=True)
    with pytest.raises(oracledb.DatabaseError, match="scrollable"):
        scrollable.execute(lab.database.teach("select 1 from dual", query([column("A", "NUMBER")], [(1,)])))


def test_an_error_while_rows_are_made(lab, cursor) -> None:
    def rows():
        yield from ((number,) for number in range(150))
        raise OraError(1476, "divisor is equal to zero")
    sql = lab.database.teach("select 1/x from t", lambda *arguments: Outcome(Result([column("X", "NUMBER")], rows())))
    with pytest.raises(oracledb.DatabaseError, match="ORA-01476"):
        cursor.execute(sql).fetchall()
    assert one(lab, cursor, "NUMBER", 5) == 5


# -- LOBs

BIG = "日本€é\U0001f600" * 20000
LOB_ROWS = [(1, "small", b"\x01\x02", "né"), (2, None, None, None), (3, "", b"", ""), (4, BIG, b"\xfe" * 300000, "ß" * 9000)]


def lob_query(lab) -> str:
    return lab.database.teach("select * from lobs", query(
        [column("ID", "NUMBER"), column("C", "CLOB"), column("B", "BLOB"), column("N", "NCLOB")], LOB_ROWS))


def test_lobs_by_locator(lab, cursor) -> None:
    rows = cursor.execute(lob_query(lab)).fetchall()
    assert [(row[0], *(lob if lob is None else lob.read() or lob.read().__class__() for lob in row[1:])) for row in rows] == LOB_ROWS
    clob, blob = rows[3][1], rows[3][2]
    assert clob.size() == len(BIG.encode("utf-16-be")) // 2
    assert clob.read(2, 3) == BIG[1:4] and blob.read(299999, 50) == b"\xfe\xfe"
    assert clob.getchunksize() > 0 and not clob.isopen()
    clob.open()
    assert clob.isopen()
    clob.close()
    with pytest.raises(oracledb.DatabaseError, match="not simulated"):
        clob.write("x")


def test_lobs_in_the_rows(lab, connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracledb.defaults, "fetch_lobs", False)
    expected = [tuple(value or None for value in row) for row in LOB_ROWS]
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.arraysize = 3
            assert [tuple(value or None for value in row) for row in cursor.execute(lob_query(lab))] == expected


def test_temporary_lobs(lab, connection) -> None:
    seen = []
    def run(session, binds, rows, batch):
        seen.extend(rows[0])
        return Outcome(rowcount=1)
    sql = lab.database.teach("insert into lobs values (:1, :2)", run)
    clob, blob = connection.createlob(oracledb.DB_TYPE_CLOB), connection.createlob(oracledb.DB_TYPE_BLOB, b"1234567890")
    clob.write(BIG)
    clob.write("ABC", 2)
    blob.trim(4)
    connection.cursor().execute(sql, [clob, blob])
    assert seen == [BIG[:1] + "ABC" + BIG[4:], b"1234"]
    del clob, blob
    connection.ping()       # carries the message that frees them
    connection.cursor().execute(sql, ["x" * 40000, b"y" * 40000])
    assert seen[2:] == ["x" * 40000, b"y" * 40000]

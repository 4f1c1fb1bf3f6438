# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""seerdb, a driver of Oracle's wire protocol that shares no code with python-oracledb, connects, queries and changes rows."""
from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import seerdb


@pytest.fixture
def connection(server) -> Iterator[Any]:
    found = seerdb.connect(user="SALES", password=server.password, dsn=server.dsn)
    yield found
    found.close()


@pytest.fixture
def cursor(connection: Any) -> Any:
    return connection.cursor()


def test_types_of_a_query(cursor: Any) -> None:
    cursor.execute("""SELECT 42, 1.5, 'Ω', DATE '2024-02-29', TIMESTAMP '2024-02-29 12:00:00.25', INTERVAL '1 02:03:04' DAY TO SECOND,
                             HEXTORAW('00FF'), CAST('ab' AS CHAR(4)), CAST(0.5 AS BINARY_DOUBLE), NULL, TO_CLOB('text') FROM dual""")
    *values, clob = cursor.fetchone()
    assert values == [42, Decimal("1.5"), "Ω", datetime.datetime(2024, 2, 29), datetime.datetime(2024, 2, 29, 12, 0, 0, 250000),
                      datetime.timedelta(days=1, hours=2, minutes=3, seconds=4), b"\0\xff", "ab  ", 0.5, None]
    assert clob.read() == "text"


def test_binds_and_many_rows(cursor: Any) -> None:
    cursor.execute("SELECT LEVEL, :1 || LEVEL FROM dual CONNECT BY LEVEL <= :2", ["row ", 1000])
    rows = cursor.fetchall()
    assert len(rows) == 1000 and tuple(rows[-1]) == (1000, "row 1000")


def test_changes_and_transactions(connection: Any, cursor: Any) -> None:
    cursor.execute("CREATE TABLE seer (id NUMBER PRIMARY KEY, name VARCHAR2(20), story CLOB)")
    try:
        cursor.executemany("INSERT INTO seer (id, name) VALUES (:1, :2)", [(number, f"name {number}") for number in range(5)])
        assert cursor.rowcount == 5
        connection.rollback()
        cursor.execute("INSERT INTO seer VALUES (:1, :2, :3)", [1, "one", "long " * 2000])
        connection.commit()
        cursor.execute("SELECT name, story FROM seer")
        name, story = cursor.fetchone()
        assert (name, story.read()) == ("one", "long " * 2000)
        with pytest.raises(seerdb.IntegrityError, match="ORA-00001"):
            cursor.execute("INSERT INTO seer (id) VALUES (1)")
    finally:
        cursor.execute("DROP TABLE seer PURGE")


def test_errors(server, cursor: Any) -> None:
    with pytest.raises(seerdb.DatabaseError, match="ORA-00942"):
        cursor.execute("SELECT * FROM nothing")
    with pytest.raises(seerdb.DatabaseError, match="ORA-01017"):
        seerdb.connect(user="SALES", password="wrong", dsn=server.dsn)
    with pytest.raises(seerdb.DatabaseError, match="12514"):
        seerdb.connect(user="SALES", password=server.password, dsn=f"{server.host}:{server.port}/nowhere")


def test_plsql(cursor: Any) -> None:
    found = cursor.var(int)
    cursor.execute("BEGIN :1 := LENGTH(:2) * 2; END;", [found, "four"])
    assert found.getvalue() == 8

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""INSERT, UPDATE, DELETE, MERGE: defaults, sizes, constraints, partitions, atomicity, arrays."""
from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from engine_statements import code, rows, run
from oralab.catalog.database import Database
from oralab.engine.session import Session
from oralab.errors import OraError
from oralab.values import DataType


@pytest.fixture
def t(session: Session) -> Session:
    session.sql("CREATE TABLE t (id NUMBER(4) CONSTRAINT t_pk PRIMARY KEY, name VARCHAR2(5 CHAR) NOT NULL, amount NUMBER(5,2) DEFAULT 1.5, "
                "code CHAR(3), bytes RAW(2), twice NUMBER GENERATED ALWAYS AS (amount * 2) VIRTUAL, CONSTRAINT t_ck CHECK (amount < 500), "
                "CONSTRAINT t_uk UNIQUE (code))")
    return session


def test_defaults_virtual_columns_and_padding(t: Session) -> None:
    t.sql("INSERT INTO t (id, name, code) VALUES (1, 'a', 'x')")
    t.sql("INSERT INTO t VALUES (2, 'b', DEFAULT, NULL, NULL, DEFAULT)")
    t.sql("INSERT INTO t (id, name, amount) VALUES (3, 'c', 2.345)")
    assert rows(t, "SELECT amount, code, twice FROM t ORDER BY id") == [
        (Decimal("1.5"), "x  ", 3), (Decimal("1.5"), None, 3), (Decimal("2.35"), None, Decimal("4.7"))]


@pytest.mark.parametrize("sql, expected", [
    ("INSERT INTO t (id) VALUES (1)", 1400), ("INSERT INTO t (id, name) VALUES (1, '')", 1400),
    ("INSERT INTO t (id, name) VALUES (12345, 'a')", 1438),
    ("INSERT INTO t (id, name) VALUES (1, 'äöüßéé')", 12899), ("INSERT INTO t (id, name, code) VALUES (1, 'a', 'abcd')", 12899),
    ("INSERT INTO t (id, name, bytes) VALUES (1, 'a', HEXTORAW('010203'))", 12899),
    ("INSERT INTO t (id, name, amount) VALUES (1, 'a', 500)", 2290),
    ("INSERT INTO t (id, name, twice) VALUES (1, 'a', 1)", 54013), ("INSERT INTO t (id, name) VALUES (1)", 947),
    ("INSERT INTO t (id) VALUES (1, 2)", 913),
    ("INSERT INTO t (id, nosuch) VALUES (1, 2)", 904), ("INSERT INTO t (id, id) VALUES (1, 2)", 957),
    ("INSERT INTO t (id, name) VALUES ('x', 'a')", 1722),
    ("INSERT INTO t (id, name) VALUES (SYSDATE, 'a')", 932), ("UPDATE t SET name = NULL", 1407), ("UPDATE t SET twice = 1", 54017),
    ("UPDATE t SET id = 8 WHERE id = 7 AND nosuch = 1", 904), ("DELETE FROM nosuch", 942),
    ("INSERT INTO dba_users SELECT * FROM dba_users", 942),
    ("UPDATE t SET amount = 600", 2290), ("UPDATE t SET id = 8", 1),
])
def test_refusals(t: Session, sql: str, expected: int) -> None:
    t.sql("INSERT INTO t (id, name) VALUES (7, 'a')")
    t.sql("INSERT INTO t (id, name) VALUES (9, 'b')")
    assert code(t, sql) == expected
    assert rows(t, "SELECT COUNT(*), MIN(id), MAX(id) FROM t") == [(2, 7, 9)]


def test_messages_name_the_column_and_the_constraint(t: Session) -> None:
    with pytest.raises(OraError, match=r'ORA-12899: value too large for column "APP"."T"."NAME" \(actual: 6, maximum: 5\)'):
        t.sql("INSERT INTO t (id, name) VALUES (1, 'abcdef')")
    t.sql("INSERT INTO t (id, name) VALUES (1, 'a')")
    with pytest.raises(OraError, match=r"ORA-00001: unique constraint \(APP.T_PK\) violated"):
        t.sql("INSERT INTO t (id, name) VALUES (1, 'b')")
    with pytest.raises(OraError, match=r'ORA-01400: cannot insert NULL into \("APP"."T"."NAME"\)'):
        t.sql("INSERT INTO t (id) VALUES (2)")


def test_keys_hold_for_the_statement_as_a_whole(t: Session) -> None:
    for number in (1, 2, 3):
        t.sql("INSERT INTO t (id, name) VALUES (:1, 'a')", [number])
    t.sql("UPDATE t SET id = id + 1")
    assert rows(t, "SELECT id FROM t ORDER BY id") == [2, 3, 4]


def test_a_failing_statement_leaves_nothing_but_keeps_the_transaction(t: Session) -> None:
    t.sql("INSERT INTO t (id, name) VALUES (1, 'a')")
    assert code(t, "INSERT INTO t (id, name) SELECT LEVEL + 1, RPAD('x', LEVEL, 'x') FROM dual CONNECT BY LEVEL < 9") == 12899
    assert rows(t, "SELECT id FROM t") == [1]
    t.rollback()
    assert rows(t, "SELECT id FROM t") == []


def test_arrays_stop_at_the_first_error_or_collect_them(t: Session) -> None:
    sql, number = "INSERT INTO t (id, name) VALUES (:1, :2)", [DataType("NUMBER"), DataType("VARCHAR2", 10)]
    with pytest.raises(OraError) as caught:
        run(t, sql, [(1, "a"), (2, "b"), (1, "c"), (3, "d")], number)
    assert (caught.value.code, caught.value.rows_done) == (1, 2)  # type: ignore[attr-defined]
    t.rollback()
    outcome = run(t, sql, [(1, "a"), (1, "b"), (2, "toolong"), (3, "d")], number, batch_errors=True)
    assert (outcome.rowcount, outcome.rowcounts) == (2, [1, 0, 0, 1])
    assert [(place, number) for place, number, _ in outcome.batch_errors] == [(1, 1), (2, 12899)]


def test_returning(t: Session) -> None:
    outcome = run(t, "INSERT INTO t (id, name) VALUES (:1, 'a') RETURNING id * 10, twice, ROWID INTO :2, :3, :4", [(5,)],
                  [DataType("NUMBER")] * 3 + [DataType("ROWID")])
    [[(tenfold, twice, rowid)]] = outcome.returning
    assert (tenfold, twice, rowid) == (50, 3, rows(t, "SELECT ROWID FROM t")[0])
    outcome = run(t, "UPDATE t SET amount = amount + 1 RETURNING amount INTO :1", [()], [DataType("NUMBER")])
    assert outcome.returning == [[(Decimal("2.5"),)]]
    assert run(t, "DELETE FROM t RETURNING name INTO :1", [()], [DataType("VARCHAR2", 10)]).returning == [[("a",)]]


def test_update_from_a_subquery_sees_the_state_before_the_statement(t: Session) -> None:
    for number in (1, 2):
        t.sql("INSERT INTO t (id, name, amount) VALUES (:1, 'a', :2)", [number, number * 10])
    t.sql("UPDATE t x SET (amount, name) = (SELECT SUM(amount), MAX(x.name) FROM t) WHERE EXISTS (SELECT 1 FROM t y WHERE y.id = x.id)")
    assert rows(t, "SELECT amount FROM t") == [30, 30]
    t.sql("DELETE FROM t WHERE ROWNUM <= 1")
    assert rows(t, "SELECT COUNT(*) FROM t") == [1]


def test_foreign_keys(session: Session) -> None:
    session.sql("CREATE TABLE parent (id NUMBER PRIMARY KEY)")
    session.sql("CREATE TABLE strict (p NUMBER CONSTRAINT fk_strict REFERENCES parent)")
    session.sql("CREATE TABLE cascade_ (p NUMBER REFERENCES parent ON DELETE CASCADE)")
    session.sql("CREATE TABLE nulled (p NUMBER REFERENCES parent ON DELETE SET NULL)")
    session.sql("INSERT INTO parent SELECT LEVEL FROM dual CONNECT BY LEVEL <= 3")
    with pytest.raises(OraError, match=r"ORA-02291: integrity constraint \(APP.FK_STRICT\) violated - parent key not found"):
        session.sql("INSERT INTO strict VALUES (9)")
    session.sql("INSERT INTO strict VALUES (1)")
    session.sql("INSERT INTO strict VALUES (NULL)")
    for table in ("cascade_", "nulled"):
        session.sql(f"INSERT INTO {table} VALUES (2)")
    with pytest.raises(OraError, match=r"ORA-02292: integrity constraint \(APP.FK_STRICT\) violated - child record found"):
        session.sql("DELETE FROM parent WHERE id = 1")
    assert code(session, "UPDATE parent SET id = 7 WHERE id = 1") == 2292
    session.sql("DELETE FROM parent WHERE id = 2")
    assert rows(session, "SELECT p FROM nulled") == [None] and rows(session, "SELECT p FROM cascade_") == []


def test_partitions_take_their_rows(session: Session) -> None:
    session.sql("CREATE TABLE p (id NUMBER, d DATE) PARTITION BY RANGE (d) (PARTITION p1 VALUES LESS THAN (DATE '2024-01-01'), "
                "PARTITION p2 VALUES LESS THAN (DATE '2025-01-01'))")
    session.sql("INSERT INTO p VALUES (1, DATE '2023-06-01')")
    session.sql("INSERT INTO p VALUES (2, DATE '2024-06-01')")
    assert rows(session, "SELECT id FROM p PARTITION (p2)") == [2]
    assert rows(session, "SELECT id FROM p PARTITION FOR (DATE '2023-01-01')") == [1]
    assert code(session, "INSERT INTO p VALUES (3, DATE '2026-01-01')") == 14400
    assert code(session, "UPDATE p SET d = DATE '2024-02-01' WHERE id = 1") == 14402
    session.sql("ALTER TABLE p ENABLE ROW MOVEMENT")
    session.sql("UPDATE p SET d = DATE '2024-02-01' WHERE id = 1")
    assert rows(session, "SELECT COUNT(*) FROM p PARTITION (p2)") == [2]


def test_merge(t: Session) -> None:
    t.sql("INSERT INTO t (id, name, amount) VALUES (1, 'old', 1)")
    t.sql("INSERT INTO t (id, name, amount) VALUES (2, 'gone', 2)")
    outcome = run(t, "MERGE INTO t USING (SELECT LEVEL n FROM dual CONNECT BY LEVEL <= 3) s ON (t.id = s.n) "
                     "WHEN MATCHED THEN UPDATE SET t.name = 'new' DELETE WHERE t.amount = 2 "
                     "WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.n, 'ins')")
    assert outcome.rowcount == 3
    assert rows(t, "SELECT id, name FROM t ORDER BY id") == [(1, "new"), (3, "ins")]
    assert code(t, "MERGE INTO t USING (SELECT 1 n FROM dual UNION ALL SELECT 1 FROM dual) s ON (t.id = s.n) WHEN MATCHED THEN "
                   "UPDATE SET name = 'x'") == 30926
    assert code(t, "MERGE INTO t USING dual ON (t.id = 1) WHEN MATCHED THEN UPDATE SET id = 5") == 38104


def test_insert_all_and_from_queries(session: Session) -> None:
    session.sql("CREATE TABLE small (n NUMBER)")
    session.sql("CREATE TABLE large (n NUMBER)")
    outcome = run(session, "INSERT ALL WHEN n < 3 THEN INTO small VALUES (n) ELSE INTO large VALUES (n * 10) "
                           "SELECT LEVEL n FROM dual CONNECT BY LEVEL <= 4")
    assert outcome.rowcount == 4
    session.sql("INSERT INTO small SELECT n + 100 FROM small")
    assert rows(session, "SELECT n FROM small ORDER BY n") == [1, 2, 101, 102] and rows(session, "SELECT n FROM large") == [30, 40]


def test_sequences_and_identity_columns(session: Session) -> None:
    session.sql("CREATE SEQUENCE s START WITH 5 MAXVALUE 6")
    assert code(session, "SELECT s.CURRVAL FROM dual") == 8002
    assert rows(session, "SELECT s.NEXTVAL, s.NEXTVAL, s.CURRVAL FROM dual") == [(5, 5, 5)]
    session.sql("SELECT s.NEXTVAL FROM dual")
    assert code(session, "SELECT s.NEXTVAL FROM dual") == 8004
    assert code(session, "SELECT nosuch.NEXTVAL FROM dual") == 2289
    session.sql("CREATE TABLE i (id NUMBER GENERATED ALWAYS AS IDENTITY, x NUMBER)")
    session.sql("INSERT INTO i (x) VALUES (1)")
    session.sql("INSERT INTO i (x) VALUES (2)")
    assert rows(session, "SELECT id FROM i ORDER BY x") == [1, 2]
    assert code(session, "INSERT INTO i (id, x) VALUES (9, 9)") == 32795


def test_read_only_things(session: Session, connect: Callable[..., Session]) -> None:
    session.sql("CREATE TABLE r (n NUMBER)")
    session.sql("ALTER TABLE r READ ONLY")
    assert code(session, "INSERT INTO r VALUES (1)") == 12081
    session.sql("ALTER TABLE r READ WRITE")
    session.sql("SET TRANSACTION READ ONLY")
    assert code(session, "INSERT INTO r VALUES (1)") == 1456
    session.commit()
    session.sql("INSERT INTO r VALUES (1)")


def test_all_types_come_back_as_they_went_in(session: Session) -> None:
    session.sql("CREATE TABLE types (a NUMBER, b FLOAT(10), c BINARY_FLOAT, d BINARY_DOUBLE, e NVARCHAR2(3), f CLOB, g BLOB, h "
                "DATE, i TIMESTAMP(2), "
                "j TIMESTAMP WITH TIME ZONE, k INTERVAL YEAR TO MONTH, l INTERVAL DAY TO SECOND, m LONG)")
    session.sql("INSERT INTO types VALUES (12345678901234567890123456789012345678, 1/3, 0.1, 0.1, 'äöü', TO_CLOB('x'), HEXTORAW('00FF'), "
                "DATE '2024-02-29', TIMESTAMP '2024-02-29 01:02:03.456', TIMESTAMP '2024-02-29 01:02:03 -05:00', INTERVAL '3' YEAR, "
                "INTERVAL '4 05:06:07.5' DAY TO SECOND, 'long')")
    [row] = session.sql("SELECT * FROM types")
    assert row[0] == 12345678901234567890123456789012345678 and row[1] == Decimal("0.3333") and row[3] == 0.1
    assert row[2] == pytest.approx(0.1, abs=1e-8) and row[2] != 0.1
    assert row[4:8] == ("äöü", "x", b"\x00\xff", datetime.datetime(2024, 2, 29)) and row[8].nanos == 460000000 and row[9].offset == -300
    assert row[10].months == 36 and row[11].nanos == (4 * 86400 + 5 * 3600 + 6 * 60 + 7) * 10 ** 9 + 5 * 10 ** 8 and row[12] == "long"
    assert code(session, "UPDATE types SET k = INTERVAL '123' YEAR(3)") == 1873
    assert code(session, "UPDATE types SET e = 'abcd'") == 12899


def test_nobody_changes_what_he_may_not(session: Session, connect: Callable[..., Session]) -> None:
    session.sql("CREATE TABLE mine (n NUMBER, m NUMBER)")
    other = connect("OTHER")
    assert code(other, "INSERT INTO app.mine VALUES (1, 1)") == 942
    session.sql("GRANT INSERT, UPDATE (m) ON mine TO other")
    other.sql("INSERT INTO app.mine VALUES (1, 1)")
    other.sql("UPDATE app.mine SET m = 2")
    assert code(other, "UPDATE app.mine SET n = 2") == 1031
    assert code(other, "DELETE FROM app.mine") == 1031
    assert code(other, "SELECT * FROM app.mine") == 1031


def test_a_tablespace_that_is_read_only_refuses_changes(session: Session, sys: Session, database: Database) -> None:
    sys.sql(f"CREATE TABLESPACE frozen DATAFILE '{database.directory}/frozen01.dbf' SIZE 10M")
    sys.sql("ALTER USER app QUOTA UNLIMITED ON frozen")
    session.sql("CREATE TABLE ice (n NUMBER) TABLESPACE frozen")
    session.sql("INSERT INTO ice VALUES (1)")
    session.commit()
    sys.sql("ALTER TABLESPACE frozen READ ONLY")
    for sql in ("INSERT INTO ice VALUES (2)", "UPDATE ice SET n = 2", "DELETE FROM ice"):
        assert code(session, sql) == 372
    assert rows(session, "SELECT n FROM ice") == [1]
    sys.sql("DROP TABLESPACE frozen INCLUDING CONTENTS AND DATAFILES")

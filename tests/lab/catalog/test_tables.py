# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_a_table_and_what_the_dictionary_says_of_it(schema: Callable[..., Any], sys: Any) -> None:
    app = schema("app")
    app.sql("""CREATE TABLE orders (id NUMBER(10) CONSTRAINT orders_pk PRIMARY KEY, customer VARCHAR2(20 CHAR) NOT NULL,
        placed DATE DEFAULT SYSDATE, note CLOB, total NUMBER(8,2) CHECK (total >= 0), twice NUMBER AS (total * 2))""")
    columns = sys.sql("""SELECT column_name, data_type, data_length, data_precision, data_scale, nullable, char_used, virtual_column
        FROM dba_tab_cols WHERE owner = 'APP' AND table_name = 'ORDERS' ORDER BY column_id""")
    assert columns == [
        ("ID", "NUMBER", 22, 10, 0, "N", None, "NO"), ("CUSTOMER", "VARCHAR2", 80, None, None, "N", "C", "NO"),
        ("PLACED", "DATE", 7, None, None, "Y", None, "NO"), ("NOTE", "CLOB", 4000, None, None, "Y", None, "NO"),
        ("TOTAL", "NUMBER", 22, 8, 2, "Y", None, "NO"), ("TWICE", "NUMBER", 22, None, None, "Y", None, "YES")]
    found = app.sql("SELECT constraint_type, COUNT(*) FROM user_constraints WHERE table_name = 'ORDERS' GROUP BY "
                    "constraint_type ORDER BY 1")
    assert found == [("C", 2), ("P", 1)]
    assert app.sql("SELECT index_name, uniqueness FROM user_indexes WHERE index_type <> 'LOB'") == [("ORDERS_PK", "UNIQUE")]
    assert app.sql("SELECT column_name, securefile FROM user_lobs") == [("NOTE", "YES")]
    types = app.sql("SELECT object_type FROM user_objects ORDER BY object_type")
    assert types == [("INDEX",), ("INDEX",), ("LOB",), ("TABLE",)]


def test_refusals_of_create_table(schema: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    app = schema("app")
    app.sql("CREATE TABLE t (id NUMBER PRIMARY KEY, a NUMBER CONSTRAINT c1 CHECK (a > 0))")
    assert fails(app, "CREATE TABLE t (id NUMBER)") == 955
    assert fails(app, "CREATE TABLE u (id NUMBER, id DATE)") == 957
    assert fails(app, "CREATE TABLE u (id NUMBER CONSTRAINT c1 CHECK (id > 0))") == 2264
    assert fails(app, "CREATE TABLE u (id NUMBER PRIMARY KEY, b NUMBER PRIMARY KEY)") == 2260
    assert fails(app, "CREATE TABLE u (id NUMBER REFERENCES nowhere)") == 942
    assert fails(app, "CREATE TABLE u (id NUMBER REFERENCES t (a))") == 2270
    assert fails(app, "CREATE TABLE u (id nosuchtype)") == 902
    assert fails(app, "CREATE TABLE u (id NUMBER) TABLESPACE nowhere") == 959
    assert fails(app, "CREATE TABLE u (id NUMBER, CHECK (idd > 0))") == 904
    assert fails(app, "CREATE TABLE system.u (id NUMBER)") == 1031
    assert app.sql("SELECT table_name FROM user_tables") == [("T",)]


def test_names_are_thirty_bytes_before_12_2(schema: Callable[..., Any], fails: Callable[[Any, str], int], release: str) -> None:
    app = schema("app")
    assert fails(app, f"CREATE TABLE {'a' * 31} (id NUMBER)") == (972 if release == "12.1" else 0)


def test_keys_are_checked_against_the_rows(schema: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    app = schema("app")
    app.sql("CREATE TABLE t (id NUMBER, a NUMBER)")
    for row in ((1, 1), (1, None)):
        app.sql("INSERT INTO t VALUES (:1, :2)", row)
    app.commit()
    assert fails(app, "ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY (id)") == 2437
    assert fails(app, "ALTER TABLE t ADD CONSTRAINT uk UNIQUE (id)") == 2299
    assert fails(app, "ALTER TABLE t MODIFY a NOT NULL") in (2296, 1449)
    assert fails(app, "ALTER TABLE t ADD CONSTRAINT ck CHECK (a > 5)") == 2293
    assert fails(app, "CREATE UNIQUE INDEX ui ON t (id)") == 1452
    assert app.sql("SELECT * FROM user_constraints") == []
    app.sql("DELETE FROM t WHERE a IS NULL")
    app.sql("ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY (id)")
    assert fails(app, "INSERT INTO t VALUES (1, 2)") == 1


def test_foreign_keys(schema: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    app = schema("app")
    app.sql("CREATE TABLE p (id NUMBER CONSTRAINT p_pk PRIMARY KEY)")
    app.sql("CREATE TABLE c (p_id NUMBER CONSTRAINT c_fk REFERENCES p ON DELETE CASCADE)")
    assert app.sql("SELECT r_constraint_name, delete_rule FROM user_constraints WHERE constraint_name = 'C_FK'") == [("P_PK", "CASCADE")]
    assert fails(app, "DROP TABLE p") == 2449
    assert fails(app, "ALTER TABLE p DROP PRIMARY KEY") == 2273
    assert fails(app, "ALTER TABLE p DISABLE PRIMARY KEY") == 2297
    assert fails(app, "TRUNCATE TABLE p") == 2266
    app.sql("ALTER TABLE c DISABLE CONSTRAINT c_fk")
    app.sql("INSERT INTO c VALUES (7)")
    app.commit()
    assert fails(app, "ALTER TABLE c ENABLE CONSTRAINT c_fk") == 2298
    app.sql("ALTER TABLE c ENABLE NOVALIDATE CONSTRAINT c_fk")
    assert app.sql("SELECT status, validated FROM user_constraints WHERE constraint_name = 'C_FK'") == [("ENABLED", "NOT VALIDATED")]
    app.sql("DROP TABLE p CASCADE CONSTRAINTS")
    assert app.sql("SELECT * FROM user_constraints") == []


def test_columns_are_added_changed_and_dropped(schema: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    app = schema("app")
    app.sql("CREATE TABLE t (id NUMBER)")
    app.sql("INSERT INTO t VALUES (1)")
    app.commit()
    assert fails(app, "ALTER TABLE t ADD id NUMBER") == 1430
    assert fails(app, "ALTER TABLE t ADD b NUMBER NOT NULL") == 1758
    app.sql("ALTER TABLE t ADD b VARCHAR2(5) DEFAULT 'x' NOT NULL")
    assert app.sql("SELECT * FROM t") == [(1, "x")]
    app.sql("INSERT INTO t VALUES (2, 'long')")
    app.commit()
    assert fails(app, "ALTER TABLE t MODIFY b VARCHAR2(2)") == 1441
    assert fails(app, "ALTER TABLE t MODIFY b NUMBER") == 1439
    app.sql("ALTER TABLE t MODIFY b VARCHAR2(50)")
    app.sql("ALTER TABLE t RENAME COLUMN b TO name")
    app.sql("ALTER TABLE t DROP COLUMN id")
    assert app.sql("SELECT * FROM t ORDER BY 1") == [("long",), ("x",)]
    assert fails(app, "ALTER TABLE t DROP COLUMN name") == 12983
    app.sql("INSERT INTO t VALUES ('new')")
    assert app.sql("SELECT COUNT(*) FROM t") == [(3,)]


def test_ddl_commits_and_meets_locks(schema: Callable[..., Any], connect: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    app = schema("app")
    app.sql("CREATE TABLE t (id NUMBER)")
    app.sql("INSERT INTO t VALUES (1)")
    other = connect("APP")
    assert fails(other, "ALTER TABLE t ADD b NUMBER") == 54
    app.sql("CREATE TABLE u (id NUMBER)")
    assert other.sql("SELECT COUNT(*) FROM t") == [(1,)]
    other.sql("ALTER TABLE t ADD b NUMBER")


def test_partitions(schema: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    app = schema("app")
    app.sql("""CREATE TABLE sales (id NUMBER, day DATE) PARTITION BY RANGE (day) (
        PARTITION p1 VALUES LESS THAN (DATE '2024-01-01'), PARTITION p2 VALUES LESS THAN (DATE '2025-01-01'))""")
    app.sql("CREATE INDEX sales_ix ON sales (id) LOCAL")
    app.sql("INSERT INTO sales VALUES (1, DATE '2023-05-05')")
    app.sql("INSERT INTO sales VALUES (2, DATE '2024-05-05')")
    assert fails(app, "INSERT INTO sales VALUES (3, DATE '2026-05-05')") == 14400
    app.commit()
    assert app.sql("SELECT id FROM sales PARTITION (p2)") == [(2,)]
    high = app.sql("SELECT high_value FROM user_tab_partitions ORDER BY partition_position")[0][0]
    assert high == "TO_DATE(' 2024-01-01 00:00:00', 'SYYYY-MM-DD HH24:MI:SS', 'NLS_CALENDAR=GREGORIAN')"
    assert fails(app, "ALTER TABLE sales ADD PARTITION p0 VALUES LESS THAN (DATE '2020-01-01')") == 14074
    app.sql("ALTER TABLE sales ADD PARTITION p3 VALUES LESS THAN (MAXVALUE)")
    assert app.sql("SELECT COUNT(*) FROM user_ind_partitions") == [(3,)]
    app.sql("ALTER TABLE sales DROP PARTITION p1")
    assert app.sql("SELECT id FROM sales") == [(2,)]
    assert app.sql("SELECT object_type, COUNT(*) FROM user_objects GROUP BY object_type ORDER BY 1") == [
        ("INDEX", 1), ("INDEX PARTITION", 2), ("TABLE", 1), ("TABLE PARTITION", 2)]


def test_recycle_bin(schema: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    app = schema("app")
    app.sql("CREATE TABLE t (id NUMBER PRIMARY KEY) SEGMENT CREATION IMMEDIATE")
    app.sql("INSERT INTO t VALUES (1)")
    app.sql("DROP TABLE t")
    assert fails(app, "SELECT * FROM t") == 942
    assert app.sql("SELECT original_name, type, can_undrop FROM user_recyclebin ORDER BY type") [1] == ("T", "TABLE", "YES")
    app.sql("FLASHBACK TABLE t TO BEFORE DROP")
    assert app.sql("SELECT * FROM t") == [(1,)]
    app.sql("DROP TABLE t PURGE")
    assert app.sql("SELECT * FROM user_recyclebin") == []
    assert fails(app, "PURGE TABLE t") == 38307


def test_rows_identity_truncate_and_create_as_select(schema: Callable[..., Any]) -> None:
    app = schema("app")
    app.sql("CREATE TABLE t (id NUMBER GENERATED BY DEFAULT AS IDENTITY, name VARCHAR2(10))")
    for name in ("a", "b"):
        app.sql("INSERT INTO t (name) VALUES (:1)", (name,))
    app.sql("CREATE TABLE copy AS SELECT id * 10 AS big, name FROM t")
    assert app.sql("SELECT * FROM copy ORDER BY big") == [(10, "a"), (20, "b")]
    assert app.sql("SELECT table_name, generation_type FROM user_tab_identity_cols") == [("T", "BY DEFAULT")]
    app.sql("TRUNCATE TABLE t")
    assert app.sql("SELECT COUNT(*) FROM t") == [(0,)]


def test_supplemental_log_groups(schema: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    app = schema("app")
    app.sql("CREATE TABLE t (id NUMBER PRIMARY KEY)")
    app.sql("ALTER TABLE t ADD SUPPLEMENTAL LOG DATA (PRIMARY KEY, UNIQUE) COLUMNS")
    assert fails(app, "ALTER TABLE t ADD SUPPLEMENTAL LOG DATA (PRIMARY KEY) COLUMNS") == 32588
    assert app.sql("SELECT log_group_type FROM user_log_groups ORDER BY 1") == [("PRIMARY KEY LOGGING",), ("UNIQUE KEY LOGGING",)]
    app.sql("ALTER TABLE t DROP SUPPLEMENTAL LOG DATA (UNIQUE) COLUMNS")
    assert fails(app, "ALTER TABLE t DROP SUPPLEMENTAL LOG DATA (UNIQUE) COLUMNS") == 32587


def test_external_table(schema: Callable[..., Any], sys: Any, fails: Callable[[Any, str], int], tmp_path: Any) -> None:
    app = schema("app")
    sys.sql(f"CREATE OR REPLACE DIRECTORY ext_dir AS '{tmp_path}'")
    text = """CREATE TABLE ext (id NUMBER, name VARCHAR2(10)) ORGANIZATION EXTERNAL (TYPE ORACLE_LOADER DEFAULT DIRECTORY ext_dir
        ACCESS PARAMETERS (RECORDS DELIMITED BY NEWLINE FIELDS TERMINATED BY ',') LOCATION ('data.csv'))"""
    assert fails(app, text) == 6564
    sys.sql("GRANT READ ON DIRECTORY ext_dir TO app")
    app.sql(text)
    assert fails(app, "SELECT * FROM ext") == 29913
    (tmp_path / "data.csv").write_text("1,one\n2,\n")
    assert app.sql("SELECT * FROM ext") == [(1, "one"), (2, None)]
    assert app.sql("SELECT location FROM user_external_locations") == [("data.csv",)]
    sys.sql("DROP DIRECTORY ext_dir")


def test_rows_of_a_temporary_table_are_the_sessions_own(schema: Callable[..., Any], connect: Callable[..., Any]) -> None:
    app = schema("app")
    app.sql("CREATE GLOBAL TEMPORARY TABLE t (id NUMBER)")
    app.sql("CREATE GLOBAL TEMPORARY TABLE kept (id NUMBER) ON COMMIT PRESERVE ROWS")
    app.sql("INSERT INTO t VALUES (1)")
    app.sql("INSERT INTO kept VALUES (1)")
    assert app.sql("SELECT COUNT(*) FROM t") == [(1,)]
    app.commit()
    assert app.sql("SELECT COUNT(*) FROM t") == [(0,)]
    assert app.sql("SELECT COUNT(*) FROM kept") == [(1,)]
    assert connect("APP").sql("SELECT COUNT(*) FROM kept") == [(0,)]
    assert app.sql("SELECT table_name, duration FROM user_tables ORDER BY 1") == [("KEPT", "SYS$SESSION"), ("T", "SYS$TRANSACTION")]


def test_list_hash_and_interval_partitions(schema: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    app = schema("app")
    app.sql("""CREATE TABLE l (id NUMBER, land VARCHAR2(2)) PARTITION BY LIST (land)
        (PARTITION eu VALUES ('DE', 'FR'), PARTITION rest VALUES (DEFAULT))""")
    app.sql("INSERT INTO l VALUES (1, 'FR')")
    app.sql("INSERT INTO l VALUES (2, 'US')")
    assert app.sql("SELECT id FROM l PARTITION (eu)") == [(1,)]
    assert app.sql("SELECT high_value FROM user_tab_partitions WHERE partition_name = 'EU'") == [("'DE', 'FR'",)]
    assert fails(app, "ALTER TABLE l ADD PARTITION us VALUES ('US')") == 14323
    app.sql("CREATE TABLE h (id NUMBER) PARTITION BY HASH (id) PARTITIONS 4")
    for number in range(20):
        app.sql("INSERT INTO h VALUES (:1)", (number,))
    app.commit()
    assert app.sql("SELECT COUNT(*) FROM h") == [(20,)]
    app.sql("""CREATE TABLE i (day DATE) PARTITION BY RANGE (day) INTERVAL (NUMTOYMINTERVAL(1, 'MONTH'))
        (PARTITION first VALUES LESS THAN (DATE '2024-01-01'))""")
    app.sql("INSERT INTO i VALUES (DATE '2024-03-15')")
    app.commit()
    assert app.sql("SELECT interval, high_value FROM user_tab_partitions WHERE table_name = 'I' ORDER BY partition_position") == [
        ("NO", "TO_DATE(' 2024-01-01 00:00:00', 'SYYYY-MM-DD HH24:MI:SS', 'NLS_CALENDAR=GREGORIAN')"),
        ("YES", "TO_DATE(' 2024-04-01 00:00:00', 'SYYYY-MM-DD HH24:MI:SS', 'NLS_CALENDAR=GREGORIAN')")]
    assert app.sql("SELECT day FROM i")[0][0].month == 3

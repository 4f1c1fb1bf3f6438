# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements that Oracle refuses, with its code and, where it matters, the offset."""
from __future__ import annotations

import pytest
from oralab.errors import OraError
from oralab.sql import parse

REFUSED = [
    ("", 900), ("FOO", 900), ("1", 900), ("SELEC 1 FROM dual", 900),
    # queries
    ("SELECT 1", 923), ("SELECT 1=1 FROM dual", 923), ("SELECT a > 1 x FROM t", 923), ("SELECT (1=1) FROM dual", 907),
    ("SELECT a b c FROM t", 923), ("SELECT a AS comment FROM t", 923), ("SELECT FROM dual", 936), ("SELECT a, FROM t", 936),
    ("SELECT comment FROM t", 936), ("SELECT t.comment FROM t", 1747), ("SELECT f(1 FROM dual", 907), ("SELECT f(1,) FROM dual", 936),
    ("SELECT * FROM", 903), ("SELECT * FROM select", 903), ("SELECT * FROM t AS x", 933), ("SELECT * FROM t x y", 933),
    ("SELECT * FROM t WHERE", 936), ("SELECT * FROM t WHERE a", 920), ("SELECT * FROM t WHERE 1", 920),
    ("SELECT * FROM t WHERE a = 1 AND b", 920), ("SELECT * FROM t WHERE a =", 936), ("SELECT * FROM t WHERE a = 1 = 2", 933),
    ("SELECT * FROM t WHERE a IS 1", 908), ("SELECT * FROM t WHERE a NOT 1", 920), ("SELECT * FROM t WHERE (a = 1", 907),
    ("SELECT * FROM t WHERE a BETWEEN 1", 905), ("SELECT * FROM t WHERE a IN ()", 936), ("SELECT * FROM t WHERE EXISTS a", 906),
    ("SELECT * FROM t WHERE EXISTS (a)", 928), ("SELECT * FROM t WHERE TRUE", 920), ("SELECT * FROM t ORDER a", 924),
    ("SELECT * FROM t GROUP a", 924), ("SELECT * FROM t START WITH a = 1", 1788), ("SELECT * FROM t JOIN u", 905),
    ("SELECT * FROM t LEFT u", 905), ("SELECT 1 FROM dual UNION", 928), ("SELECT 1 FROM dual UNION SELECT 2", 923),
    ("SELECT 1 FROM t WHERE a IN (SELECT 1 FROM u ORDER BY 1)", 907), ("SELECT CASE END FROM t", 905),
    ("SELECT CASE WHEN 1 THEN 2 END FROM t", 920), ("SELECT CASE WHEN a = 1 THEN 2 FROM t", 905), ("SELECT a INTO b FROM t", 905),
    ("SELECT 1 FROM dual LIMIT 1", 933), ("SELECT 1 FROM dual FETCH FIRST 1", 905), ("SELECT DISTINCT (a, b) FROM t", 907),
    ("SELECT a FROM t FOR UPDATE NOWAIT x", 933), ("SELECT 1 FROM dual; SELECT 2 FROM dual", 911), ("WITH q AS SELECT 1 FROM dual", 906),
    (f"SELECT 1 FROM t WHERE a IN ({', '.join(['1'] * 1001)})", 1795),
    # DML
    ("INSERT t VALUES (1)", 925), ("INSERT INTO t", 926), ("INSERT INTO t SET a = 1", 926), ("INSERT INTO t VALUES 1", 906),
    ("INSERT INTO t VALUES (1), (2)", 933), ("INSERT INTO t (a b) VALUES (1)", 917), ("INSERT INTO t VALUES (1 2)", 917),
    ("INSERT INTO t (a, select) VALUES (1, 2)", 1747), ("INSERT INTO t VALUES (1) RETURNING a INTO", 936),
    ("INSERT INTO t VALUES (1) RETURNING a, b INTO :x", 913), ("UPDATE t a = 1", 971), ("UPDATE t SET a 1", 927), ("UPDATE t SET a =", 936),
    ("UPDATE t SET select = 1", 1747), ("UPDATE SET a = 1", 903), ("UPDATE t SET a = 1 WHERE a", 920), ("DELETE FROM", 903),
    ("DELETE FROM t a b", 933), ("MERGE INTO t USING u WHEN MATCHED THEN UPDATE SET a = 1", 969),
    ("MERGE INTO t USING u ON a = b WHEN MATCHED THEN UPDATE SET a = 1", 906), ("LOCK TABLE t IN SLOW MODE", 1737),
    ("SET FOO", 922), ("ROLLBACK TO", 905), ("COMMIT x", 933),
    # tables
    ("CREATE FOO", 901), ("CREATE OR REPLACE TABLE t (a NUMBER)", 922), ("CREATE TABLE select (a NUMBER)", 903), ("CREATE TABLE t", 906),
    ("CREATE TABLE IF NOT EXISTS t (a NUMBER)", 922), ("CREATE TABLE t (a NUMBER) FOO", 922), ("CREATE TABLE t (a NUMBER", 907),
    ("CREATE TABLE t (a NUMBER,)", 904), ("CREATE TABLE t (comment NUMBER)", 904), ("CREATE TABLE t (a)", 2263),
    ("CREATE TABLE t (a BOOLEAN)", 902), ("CREATE TABLE t (a 1)", 907), ("CREATE TABLE t (a VARCHAR2)", 906),
    ("CREATE TABLE t (a VARCHAR2(4001))", 910), ("CREATE TABLE t (a VARCHAR2(0))", 1723), ("CREATE TABLE t (a NUMBER(39))", 1727),
    ("CREATE TABLE t (a NUMBER(3, 200))", 1728), ("CREATE TABLE t (a TIMESTAMP(10))", 30088), ("CREATE TABLE t (a NUMBER NOT 1)", 908),
    ("CREATE TABLE t (a NUMBER NULL NOT NULL)", 2258), ("CREATE TABLE t (a NUMBER REFERENCES u ON UPDATE CASCADE)", 905),
    ("CREATE TABLE t (a NUMBER) PARTITION BY MAGIC (a)", 14151), ("CREATE TABLE t (a NUMBER) PARTITION BY RANGE (a) (x)", 14004),
    ("CREATE TABLE t (a NUMBER) PCTFREE 100", 2211), ("CREATE TABLE t (a NUMBER) STORAGE (FOO 1)", 2143),
    ("CREATE TABLE t AS", 928), ("CREATE TABLE t AS SELECT :a FROM dual", 1027), ("CREATE TABLE t (a NUMBER);", 911),
    ("ALTER TABLE t", 1735), ("ALTER TABLE t FOO", 1735), ("ALTER TABLE t ADD COLUMN a NUMBER", 904), ("ALTER TABLE t DROP a", 905),
    ("ALTER TABLE t RENAME a TO b", 905), ("ALTER TABLE t RENAME COLUMN a b", 946), ("ALTER TABLE t ADD (a NUMBER", 907),
    ("DROP TABLE IF EXISTS t", 933), ("DROP TABLE t CASCADE", 905), ("DROP FOO x", 950), ("ALTER FOO x", 940),
    ("TRUNCATE t", 3290), ("TRUNCATE TABLE t FOO", 3291), ("RENAME a b", 946), ("RENAME s.a TO b", 1765), ("COMMENT TABLE t IS 'x'", 969),
    ("COMMENT ON TABLE t IS x", 1780), ("COMMENT ON COLUMN c IS 'x'", 1748), ("CREATE INDEX ON t (a)", 953), ("CREATE INDEX i t (a)", 969),
    ("CREATE INDEX i ON t", 906), ("CREATE INDEX i ON t (a) FOO", 933), ("ALTER INDEX i FOO", 2243), ("DROP INDEX", 953),
    # other objects
    ("CREATE VIEW v SELECT 1 FROM dual", 905), ("CREATE VIEW v AS SELECT :a FROM dual", 1027), ("CREATE VIEW v AS DELETE t", 928),
    ("CREATE SYNONYM s t", 905), ("CREATE SYNONYM FOR t", 995), ("ALTER SEQUENCE s", 2286), ("CREATE SEQUENCE s INCREMENT 1", 924),
    ("CREATE PUBLIC TABLE t (a NUMBER)", 905), ("CREATE TRIGGER t ON u BEGIN NULL; END;", 4071),
    ("CREATE TRIGGER t BEFORE FOO ON u BEGIN NULL; END;", 4072), ("ALTER PROCEDURE p RECOMPILE", 922), ("PURGE FOO", 38302),
    # users and privileges
    ("CREATE USER", 1935), ("CREATE USER u", 1938), ("CREATE USER u IDENTIFIED x", 924), ("CREATE USER u IDENTIFIED BY 1x", 988),
    ("CREATE USER u IDENTIFIED BY x FOO", 922), ("CREATE USER u IDENTIFIED BY x QUOTA LOTS ON t", 2187), ("ALTER USER u FOO", 922),
    ("GRANT FOO BAR TO u", 990), ("GRANT SELECT TO u", 990), ("GRANT SELECT ON t u", 946), ("GRANT CREATE SESSION TO 1", 987),
    ("GRANT CREATE SESSION TO u WITH GRANT OPTION", 1939), ("GRANT SELECT ON t TO u WITH ADMIN OPTION", 993),
    ("GRANT CREATE SESSION TO u WITH ADMIN", 994), ("CREATE PROFILE p LIMIT FOO 1", 2376), ("CREATE PROFILE p LIMIT IDLE_TIME x", 2377),
    # tablespaces, system, database
    ("CREATE TABLESPACE", 2216), ("CREATE TABLESPACE x FOO", 2180), ("CREATE TABLESPACE x DATAFILE 'a' SIZE big", 2237),
    ("ALTER TABLESPACE x", 2142), ("ALTER TABLESPACE x READ", 2142), ("ALTER TABLESPACE x RENAME DATAFILE 'a' TO 'b', 'c'", 2238),
    ("DROP TABLESPACE x INCLUDING", 2173), ("ALTER SYSTEM FOO", 2065), ("ALTER SYSTEM SET a", 927), ("ALTER SYSTEM SET a=1 SCOPE=X", 2065),
    ("ALTER SYSTEM SET _a=1", 911), ("ALTER SYSTEM SWITCH LOGS", 1900), ("ALTER SESSION SET", 2248), ("ALTER SESSION ENABLE FOO", 2248),
    ("ALTER DATABASE FOO", 2231), ("ALTER DATABASE OPEN WIDE", 2288), ("ADMINISTER KEYS", 900),
]


@pytest.mark.parametrize("sql, code", REFUSED, ids=[sql[:60] for sql, _ in REFUSED])
@pytest.mark.parametrize("release", ["12.1", "19"])
def test_refused(sql: str, code: int, release: str) -> None:
    with pytest.raises(OraError) as caught:
        parse(sql, release)
    assert caught.value.code == code


@pytest.mark.parametrize("sql, code", [
    ("SELECT listagg(a, ',' ON OVERFLOW ERROR) WITHIN GROUP (ORDER BY a) FROM t", 907),
    ("SELECT listagg(DISTINCT a) WITHIN GROUP (ORDER BY a) FROM t", 30482), ("CREATE USER u NO AUTHENTICATION", 922),
    ("ALTER SYSTEM CANCEL SQL '1, 2'", 2065), ("ALTER TABLE t MOVE ONLINE", 1735), ("CREATE TABLE t (a NUMBER) READ ONLY", 922),
    ("CREATE PROFILE p LIMIT INACTIVE_ACCOUNT_TIME 30", 2376), (f"SELECT 1 FROM {'x' * 31}", 972)])
def test_what_came_after_12_1(sql: str, code: int) -> None:
    parse(sql, "19")
    with pytest.raises(OraError) as caught:
        parse(sql, "12.1")
    assert caught.value.code == code


@pytest.mark.parametrize("sql, offset", [
    ("SELECT 1=1 FROM dual", 8), ("SELECT 1", 8), ("SELECT a FROM t\n WHERE b ORDER BY 1", 25), ("UPDATE t SET ä = 1 x", 19),
    ("CREATE TABLE t (a NUMBER) FOO", 26), ("CREATE TABLE t (a, b NUMBER)", 16)])
def test_offsets_point_at_the_token(sql: str, offset: int) -> None:
    with pytest.raises(OraError) as caught:
        parse(sql)
    assert caught.value.offset == offset

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries: joins, subqueries, grouping, set operations, hierarchies, analytic functions, limits."""
from __future__ import annotations

import pytest
from engine_statements import code, rows
from oralab.engine.session import Session

EMP = [(7839, "KING", None, 5000, 10), (7698, "BLAKE", 7839, 2850, 30), (7782, "CLARK", 7839, 2450, 10), (7566, "JONES", 7839, 2975, 20),
       (7788, "SCOTT", 7566, 3000, 20), (7369, "SMITH", 7902, 800, 20), (7902, "FORD", 7566, 3000, 20), (7499, "ALLEN", 7698, 1600, 30)]


@pytest.fixture
def emp(session: Session) -> Session:
    session.sql("CREATE TABLE dept (deptno NUMBER(2) PRIMARY KEY, dname VARCHAR2(14))")
    session.sql("CREATE TABLE emp (empno NUMBER(4) PRIMARY KEY, ename VARCHAR2(10), mgr NUMBER(4), sal NUMBER(7,2), deptno NUMBER(2))")
    for row in ((10, "ACCOUNTING"), (20, "RESEARCH"), (30, "SALES"), (40, "OPERATIONS")):
        session.sql("INSERT INTO dept VALUES (:1, :2)", row)
    for employee in EMP:
        session.sql("INSERT INTO emp VALUES (:1, :2, :3, :4, :5)", employee)
    session.commit()
    return session


QUERIES = [
    # joins
    ("SELECT e.ename, d.dname FROM emp e, dept d WHERE e.deptno = d.deptno AND e.sal > 2900 ORDER BY 1",
     [("FORD", "RESEARCH"), ("JONES", "RESEARCH"), ("KING", "ACCOUNTING"), ("SCOTT", "RESEARCH")]),
    ("SELECT d.deptno, COUNT(e.empno) FROM dept d LEFT JOIN emp e ON e.deptno = d.deptno GROUP BY d.deptno ORDER BY 1",
     [(10, 2), (20, 4), (30, 2), (40, 0)]),
    ("SELECT d.deptno, e.ename FROM emp e, dept d WHERE d.deptno = e.deptno(+) AND e.sal(+) > 2900 ORDER BY 1, 2",
     [(10, "KING"), (20, "FORD"), (20, "JONES"), (20, "SCOTT"), (30, None), (40, None)]),
    ("SELECT COUNT(*) FROM emp RIGHT JOIN dept USING (deptno)", [9]),
    ("SELECT deptno, dname FROM emp JOIN dept USING (deptno) WHERE deptno > 20 AND sal > 2000", [(30, "SALES")]),
    ("SELECT d.deptno, x.n FROM dept d OUTER APPLY (SELECT SUM(sal) n FROM emp e WHERE e.deptno = d.deptno) x "
     "WHERE d.deptno > 20 ORDER BY 1",
     [(30, 4450), (40, None)]),
    ("SELECT COUNT(*) FROM emp e FULL JOIN emp m ON e.mgr = m.empno", [12]),
    ("SELECT deptno FROM emp NATURAL JOIN dept WHERE ename = 'KING'", [10]),
    ("SELECT COUNT(*) FROM emp CROSS JOIN dept", [32]),
    ("SELECT e.ename, m.ename FROM emp e JOIN emp m ON e.mgr = m.empno AND e.sal > m.sal ORDER BY 1",
     [("FORD", "JONES"), ("SCOTT", "JONES")]),
    # subqueries
    ("SELECT ename FROM emp WHERE sal = (SELECT MAX(sal) FROM emp)", ["KING"]),
    ("SELECT ename FROM emp e WHERE sal > (SELECT AVG(sal) FROM emp WHERE deptno = e.deptno) ORDER BY 1",
     ["BLAKE", "FORD", "JONES", "KING", "SCOTT"]),
    ("SELECT dname FROM dept d WHERE NOT EXISTS (SELECT 1 FROM emp WHERE deptno = d.deptno)", ["OPERATIONS"]),
    ("SELECT ename FROM emp WHERE empno NOT IN (SELECT mgr FROM emp WHERE mgr IS NOT NULL) ORDER BY 1",
     ["ALLEN", "CLARK", "SCOTT", "SMITH"]),
    ("SELECT ename FROM emp WHERE empno NOT IN (SELECT mgr FROM emp)", []),
    ("SELECT ename FROM emp WHERE sal >= ALL (SELECT sal FROM emp)", ["KING"]),
    ("SELECT (SELECT dname FROM dept d WHERE d.deptno = e.deptno) FROM emp e WHERE ename = 'SMITH'", ["RESEARCH"]),
    ("SELECT x.n FROM (SELECT deptno, COUNT(*) n FROM emp GROUP BY deptno) x WHERE x.n > 2", [4]),
    ("WITH a AS (SELECT deptno d FROM dept), b AS (SELECT d FROM a WHERE d > 20) SELECT SUM(a.d) FROM a, b WHERE a.d = b.d", [70]),
    ("WITH r (n, f) AS (SELECT 1, 1 FROM dual UNION ALL SELECT n + 1, f * (n + 1) FROM r WHERE n < 5) SELECT f FROM r WHERE n = 5", [120]),
    ("SELECT t.n FROM dept d, LATERAL (SELECT COUNT(*) n FROM emp e WHERE e.deptno = d.deptno) t ORDER BY 1", [0, 2, 2, 4]),
    # grouping
    ("SELECT COUNT(*), COUNT(mgr), COUNT(DISTINCT deptno), SUM(sal), MIN(ename), MAX(sal), AVG(DISTINCT deptno) FROM emp",
     [(8, 7, 3, 21675, "ALLEN", 5000, 20)]),
    ("SELECT COUNT(*), SUM(sal) FROM emp WHERE 1 = 2", [(0, None)]),
    ("SELECT deptno, SUM(sal) FROM emp WHERE 1 = 2 GROUP BY deptno", []),
    ("SELECT deptno * 2, MAX(sal) - MIN(sal) FROM emp GROUP BY deptno * 2 HAVING COUNT(*) > 2", [(40, 2200)]),
    ("SELECT deptno, LISTAGG(ename, ';') WITHIN GROUP (ORDER BY ename) FROM emp GROUP BY deptno ORDER BY 1",
     [(10, "CLARK;KING"), (20, "FORD;JONES;SCOTT;SMITH"), (30, "ALLEN;BLAKE")]),
    ("SELECT deptno, GROUPING(deptno), SUM(sal) FROM emp GROUP BY ROLLUP (deptno) ORDER BY 1",
     [(10, 0, 7450), (20, 0, 9775), (30, 0, 4450), (None, 1, 21675)]),
    ("SELECT COUNT(*) FROM (SELECT 1 FROM emp GROUP BY CUBE (deptno, mgr))", [16]),
    ("SELECT MAX(ename) KEEP (DENSE_RANK LAST ORDER BY sal), MIN(ename) KEEP (DENSE_RANK FIRST ORDER BY sal) FROM emp",
     [("KING", "SMITH")]),
    ("SELECT MEDIAN(sal), ROUND(STDDEV(sal), 2), VARIANCE(deptno) FROM emp WHERE deptno = 10", [(3725, 1803.12, 0)]),
    # set operations
    ("SELECT deptno FROM dept MINUS SELECT deptno FROM emp", [40]),
    ("SELECT deptno FROM dept INTERSECT SELECT deptno FROM emp ORDER BY 1 DESC", [30, 20, 10]),
    ("SELECT 1 FROM dual UNION ALL SELECT 1 FROM dual UNION SELECT 2 FROM dual", [1, 2]),
    ("SELECT deptno x FROM dept WHERE deptno < 20 UNION SELECT NULL FROM dual ORDER BY x NULLS FIRST", [None, 10]),
    # order and limits
    ("SELECT ename FROM emp ORDER BY mgr NULLS FIRST, ename FETCH FIRST 2 ROWS ONLY", ["KING", "FORD"]),
    ("SELECT ename FROM emp ORDER BY sal DESC OFFSET 1 ROW FETCH NEXT 1 ROW WITH TIES", ["SCOTT", "FORD"]),
    ("SELECT ename, sal * 12 annual FROM emp WHERE deptno = 10 ORDER BY annual", [("CLARK", 29400), ("KING", 60000)]),
    ("SELECT mgr FROM emp ORDER BY mgr DESC FETCH FIRST 1 ROW ONLY", [None]),
    ("SELECT DISTINCT deptno FROM emp ORDER BY deptno", [10, 20, 30]),
    ("SELECT ename FROM (SELECT ename FROM emp ORDER BY sal) WHERE ROWNUM <= 2", ["SMITH", "ALLEN"]),
    ("SELECT COUNT(*) FROM emp WHERE ROWNUM > 1", [0]), ("SELECT ROWNUM, deptno FROM dept WHERE deptno > 20", [(1, 30), (2, 40)]),
    # hierarchies
    ("SELECT LEVEL, SYS_CONNECT_BY_PATH(ename, '/') FROM emp START WITH mgr IS NULL CONNECT BY PRIOR empno = mgr AND sal > 2900",
     [(1, "/KING"), (2, "/KING/JONES"), (3, "/KING/JONES/SCOTT"), (3, "/KING/JONES/FORD")]),
    ("SELECT ename, CONNECT_BY_ISLEAF, CONNECT_BY_ROOT ename, PRIOR ename FROM emp WHERE LEVEL = 4 START WITH mgr IS NULL "
     "CONNECT BY PRIOR empno = mgr",
     [("SMITH", 1, "KING", "FORD")]),
    ("SELECT ename FROM emp START WITH mgr IS NULL CONNECT BY PRIOR empno = mgr AND LEVEL < 3 ORDER SIBLINGS BY ename DESC",
     ["KING", "JONES", "CLARK", "BLAKE"]),
    ("SELECT SUM(LEVEL) FROM dual CONNECT BY LEVEL <= 100", [5050]),
    # analytic functions
    ("SELECT ename, ROW_NUMBER() OVER (PARTITION BY deptno ORDER BY sal DESC) FROM emp WHERE deptno = 30", [("BLAKE", 1), ("ALLEN", 2)]),
    ("SELECT sal, RANK() OVER (ORDER BY sal DESC), DENSE_RANK() OVER (ORDER BY sal DESC) FROM emp ORDER BY 1 DESC FETCH FIRST 4 ROWS ONLY",
     [(5000, 1, 1), (3000, 2, 2), (3000, 2, 2), (2975, 4, 3)]),
    ("SELECT ename, LAG(ename) OVER (ORDER BY empno), LEAD(ename, 1, '-') OVER (ORDER BY empno) FROM emp WHERE deptno = 10 ORDER BY empno",
     [("CLARK", None, "KING"), ("KING", "CLARK", "-")]),
    ("SELECT SUM(sal) OVER (ORDER BY sal) FROM emp WHERE deptno = 20 ORDER BY 1", [800, 3775, 9775, 9775]),
    ("SELECT SUM(sal) OVER (ORDER BY sal ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM emp WHERE deptno = 20 ORDER BY empno",
     [800, 3775, 5975, 6000]),
    ("SELECT COUNT(*) OVER (ORDER BY sal RANGE BETWEEN 100 PRECEDING AND 100 FOLLOWING) FROM emp WHERE ename = 'JONES' OR sal = 3000",
     [3, 3, 3]),
    ("SELECT FIRST_VALUE(ename) OVER (ORDER BY sal), LAST_VALUE(ename) OVER (ORDER BY sal ROWS BETWEEN UNBOUNDED PRECEDING AND "
     "UNBOUNDED FOLLOWING) "
     "FROM emp WHERE ROWNUM = 1", [("KING", "KING")]),
    ("SELECT deptno, SUM(SUM(sal)) OVER (ORDER BY deptno) FROM emp GROUP BY deptno ORDER BY 1", [(10, 7450), (20, 17225), (30, 21675)]),
    ("SELECT NTILE(2) OVER (ORDER BY empno) FROM emp WHERE deptno = 20 ORDER BY empno", [1, 1, 2, 2]),
    ("SELECT ROUND(RATIO_TO_REPORT(sal) OVER (), 2) FROM emp WHERE deptno = 30 ORDER BY sal", [0.36, 0.64]),
    # other sources
    ("SELECT column_value FROM TABLE(sys.odcinumberlist(3, 1)) ORDER BY 1", [1, 3]),
]


@pytest.mark.parametrize("sql, expected", QUERIES)
def test_query(emp: Session, sql: str, expected: list[object]) -> None:
    if "LAST_VALUE" in sql:
        sql = sql.replace(" WHERE ROWNUM = 1", " WHERE deptno = 10 AND ename = 'KING'")
    found = rows(emp, sql)

    def plain(value):
        return float(value) if hasattr(value, "as_tuple") else value

    assert [tuple(plain(v) for v in row) if isinstance(row, tuple) else plain(row) for row in found] == expected


ERRORS = [
    ("SELECT ename, COUNT(*) FROM emp", 937), ("SELECT ename FROM emp GROUP BY deptno", 979),
    ("SELECT ename FROM emp WHERE COUNT(*) > 1", 934),
    ("SELECT deptno FROM emp, dept", 918), ("SELECT nosuch FROM emp", 904), ("SELECT e.* FROM emp", 904), ("SELECT * FROM nosuch", 942),
    ("SELECT 1 FROM dual UNION SELECT 1, 2 FROM dual", 1789), ("SELECT 1 FROM dual UNION SELECT 'a' FROM dual", 1790),
    ("SELECT ename FROM emp ORDER BY 2", 1785), ("SELECT DISTINCT ename FROM emp ORDER BY sal", 1791),
    ("SELECT empno FROM emp WHERE empno = (SELECT 1, 2 FROM dual)", 913),
    ("SELECT 1 FROM emp WHERE empno = (SELECT empno FROM emp)", 1427), ("SELECT ename FROM emp CONNECT BY PRIOR empno = empno", 1436),
    ("SELECT TO_CLOB('a') FROM dual ORDER BY 1", 932), ("SELECT DISTINCT TO_CLOB('a') FROM dual", 932),
    ("SELECT * FROM emp SAMPLE (0)", 30562),
    ("SELECT ename FROM emp e, dept d WHERE e.deptno(+) = d.deptno AND d.deptno(+) = e.deptno", 1416),
    ("SELECT ename FROM emp PARTITION (p1)", 14501), ("SELECT SUM(ename) FROM emp", 1722),
    ("SELECT deptno FROM emp GROUP BY deptno ORDER BY sal", 979), ("SELECT * FROM emp AS OF SCN 999999999999", 8181),
]


@pytest.mark.parametrize("sql, expected", ERRORS)
def test_error(emp: Session, sql: str, expected: int) -> None:
    assert code(emp, sql) == expected


def test_unknown_columns_are_named(emp: Session) -> None:
    with pytest.raises(Exception, match='"E"."NOSUCH": invalid identifier') as caught:
        emp.sql("SELECT e.nosuch FROM emp e")
    assert caught.value.offset == 7  # type: ignore[attr-defined]


def test_correlated_subqueries_inside_views_keep_their_own_rows(emp: Session) -> None:
    emp.sql("CREATE VIEW v AS SELECT deptno, (SELECT COUNT(*) FROM emp e WHERE e.deptno = d.deptno) n FROM dept d")
    assert rows(emp, "SELECT dname, (SELECT n FROM v WHERE v.deptno = x.deptno) FROM dept x ORDER BY deptno") == [
        ("ACCOUNTING", 2), ("RESEARCH", 4), ("SALES", 2), ("OPERATIONS", 0)]


def test_a_view_that_no_longer_compiles(emp: Session) -> None:
    emp.sql("CREATE TABLE base (a NUMBER, b NUMBER)")
    emp.sql("CREATE VIEW v AS SELECT b FROM base")
    emp.sql("ALTER TABLE base DROP COLUMN b")
    assert code(emp, "SELECT * FROM v") == 4063


def test_rows_are_found_by_unique_key_and_by_rowid(emp: Session) -> None:
    [rowid] = rows(emp, "SELECT ROWID FROM emp WHERE empno = 7788")
    assert rows(emp, "SELECT ename FROM emp WHERE ROWID = :1", str(rowid)) == ["SCOTT"]
    assert rows(emp, "SELECT ename FROM emp WHERE empno = '7788' AND ename = 'SCOTT'") == ["SCOTT"]
    assert rows(emp, "SELECT ename FROM emp WHERE empno = NULL") == []
    assert code(emp, "SELECT ename FROM emp WHERE ROWID = 'x'") == 1410


def test_rowids_compare_in_the_order_of_the_rows(session: Session) -> None:
    session.sql("CREATE TABLE many (n NUMBER, twice NUMBER AS (n * 2))")
    session.sql("INSERT INTO many (n) SELECT LEVEL FROM dual CONNECT BY LEVEL <= 500")
    [(low, high)] = rows(session, "SELECT MIN(ROWID), MAX(ROWID) FROM many WHERE n BETWEEN 50 AND 450")
    assert rows(session, "SELECT COUNT(*), MIN(n), MAX(n) FROM many WHERE ROWID BETWEEN :1 AND :2", str(low), str(high)) == [(401, 50, 450)]
    assert rows(session, "SELECT n FROM many ORDER BY ROWID FETCH FIRST 1 ROW ONLY") == [1]
    grouped = "SELECT m.twice, COUNT(*) FROM many m WHERE EXISTS (SELECT 1 FROM dual WHERE m.twice = 10) GROUP BY twice"
    assert rows(session, grouped) == [(10, 1)]


def test_local_timestamps_are_shown_in_the_zone_of_the_session(session: Session) -> None:
    session.sql("CREATE TABLE moments (t TIMESTAMP(0) WITH LOCAL TIME ZONE)")
    session.sql("ALTER SESSION SET TIME_ZONE = '+02:00'")
    session.sql("INSERT INTO moments VALUES (TIMESTAMP '2024-01-01 12:00:00')")
    session.sql("ALTER SESSION SET TIME_ZONE = '-01:00'")
    assert rows(session, "SELECT t FROM moments")[0].moment.hour == 9
    assert rows(session, "SELECT TO_CHAR(t, 'HH24:MI TZR') FROM moments") == ["09:00 -01:00"]

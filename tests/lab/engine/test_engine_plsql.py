# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PL/SQL with control statements, cursors, handlers, index tables and subprograms."""
from __future__ import annotations

from typing import Any

import pytest
from engine_statements import code
from oralab.api import Bind
from oralab.engine.session import Session
from oralab.errors import OraError
from oralab.values import DataType


def result(session: Session, text: str) -> Any:
    """The value that a block assigns to :r."""
    outcome = session.execute(session.parse(text), [Bind("R", DataType("VARCHAR2", 4000), 4000)], [[None]])
    return outcome.out["R"]


def block(statements: str, declarations: str = "") -> str:
    return f"DECLARE n NUMBER := 0; s VARCHAR2(200); {declarations} BEGIN {statements} :r := NVL(s, n); END;"


@pytest.mark.parametrize("statements, expected", [
    ("IF 1 > 2 THEN n := 1; ELSIF NULL > 1 THEN n := 2; ELSE n := 3; END IF;", "3"),
    ("FOR i IN 1 .. 4 LOOP n := n + i; END LOOP;", "10"), ("FOR i IN 5 .. 4 LOOP n := 1; END LOOP;", "0"),
    ("FOR i IN REVERSE 1 .. 3 LOOP s := s || i; END LOOP;", "321"),
    ("LOOP n := n + 1; EXIT WHEN n = 7; END LOOP;", "7"), ("WHILE n < 5 LOOP n := n + 2; END LOOP;", "6"),
    ("<<outer>> FOR i IN 1 .. 3 LOOP FOR j IN 1 .. 3 LOOP CONTINUE outer WHEN j = 2; EXIT outer WHEN i = 3; s := s || i || j; "
     "END LOOP; END LOOP;", "1121"),
    ("CASE n WHEN 1 THEN s := 'a'; WHEN 0 THEN s := 'b'; END CASE;", "b"), ("CASE WHEN n > 0 THEN s := 'a'; ELSE s := 'c'; END CASE;", "c"),
    ("FOR r IN (SELECT LEVEL a, 'x' b FROM dual CONNECT BY LEVEL < 4) LOOP s := s || r.a || r.b; END LOOP;", "1x2x3x"),
    ("DECLARE n VARCHAR2(5) := 'in'; BEGIN s := n; END; s := s || n;", "in0"),
    ("BEGIN n := 1 / 0; EXCEPTION WHEN VALUE_ERROR THEN s := 'v'; WHEN ZERO_DIVIDE THEN s := 'z' || SQLCODE; END;", "z-1476"),
    ("BEGIN SELECT 1 INTO n FROM dual WHERE 1 = 0; EXCEPTION WHEN OTHERS THEN s := SQLCODE || ' ' || SQLERRM; END;",
     "100 ORA-01403: no data found"),
    ("BEGIN BEGIN n := 1 / 0; EXCEPTION WHEN OTHERS THEN RAISE; END; EXCEPTION WHEN ZERO_DIVIDE THEN s := 'again'; END;", "again")])
def test_control(session: Session, statements: str, expected: str) -> None:
    assert result(session, block(statements)) == expected


@pytest.mark.parametrize("declarations, statements, expected", [
    ("mine EXCEPTION;", "BEGIN RAISE mine; EXCEPTION WHEN mine THEN s := SQLCODE; END;", "1"),
    ("known EXCEPTION; PRAGMA EXCEPTION_INIT(known, -942);",
     "BEGIN EXECUTE IMMEDIATE 'DROP TABLE nosuch'; EXCEPTION WHEN known THEN s := 'gone'; END;", "gone"),
    ("CURSOR c IS SELECT LEVEL a FROM dual CONNECT BY LEVEL < 3;",
     "OPEN c; LOOP FETCH c INTO n; EXIT WHEN c%NOTFOUND; s := s || n || c%ROWCOUNT; END LOOP; CLOSE c;", "1122"),
    ("CURSOR c IS SELECT LEVEL a FROM dual CONNECT BY LEVEL < 3;", "FOR r IN c LOOP s := s || r.a; END LOOP;", "12"),
    ("TYPE list IS TABLE OF VARCHAR2(10) INDEX BY PLS_INTEGER; a list;",
     "a(5) := 'five'; a(-2) := 'two'; s := a.COUNT || a.FIRST || a(a.LAST) || a.NEXT(-2); a.DELETE(5); s := s || a.COUNT;", "2-2five51"),
    ("TYPE named IS TABLE OF NUMBER INDEX BY VARCHAR2(10); a named;",
     "a('x') := 1; IF a.EXISTS('x') AND NOT a.EXISTS('y') THEN s := 'yes'; END IF;", "yes"),
    ("FUNCTION twice (v NUMBER, by_how NUMBER := 2) RETURN NUMBER IS BEGIN RETURN v * by_how; END;",
     "s := twice(4) || twice(by_how => 3, v => 5);", "815"),
    ("FUNCTION factorial (v NUMBER) RETURN NUMBER IS BEGIN IF v < 2 THEN RETURN 1; END IF; RETURN v * factorial(v - 1); END;",
     "s := factorial(10);", "3628800"),
    ("PROCEDURE swap (a IN OUT NUMBER, b OUT VARCHAR2) IS BEGIN b := 'was ' || a; a := a + 1; END;", "swap(n, s); s := s || n;", "was 01")])
def test_declarations(session: Session, declarations: str, statements: str, expected: str) -> None:
    assert result(session, block(statements, declarations)) == expected


@pytest.mark.parametrize("text, expected, line", [
    ("DECLARE mine EXCEPTION; BEGIN RAISE mine; END;", 6510, "unhandled user-defined exception"),
    ("DECLARE n NUMBER := 1; BEGIN CASE n WHEN 2 THEN NULL; END CASE; END;", 6592, "CASE not found"),
    ("DECLARE TYPE l IS TABLE OF NUMBER INDEX BY PLS_INTEGER; a l; n NUMBER; BEGIN n := a(1); END;", 1403, "no data found"),
    ("DECLARE c SYS_REFCURSOR; n NUMBER; BEGIN FETCH c INTO n; END;", 1001, "invalid cursor"),
    ("BEGIN RAISE nosuch; END;", 6550, "PLS-00201: identifier 'NOSUCH' must be declared"),
    ("BEGIN FOR i IN 1 .. 2 LOOP i := 3; END LOOP; END;", 6550, "PLS-00363: expression 'I' cannot be used as an assignment target"),
    ("DECLARE PROCEDURE p (a NUMBER) IS BEGIN NULL; END; BEGIN p; END;", 6550, "PLS-00306: wrong number or types of arguments in call to 'P'"),
    ("DECLARE FUNCTION f RETURN NUMBER IS BEGIN NULL; END; BEGIN f; END;", 6550, "PLS-00221: 'F' is not a procedure or is undefined"),
    ("BEGIN\n  BEGIN\n    RAISE ZERO_DIVIDE;\n  END;\nEND;", 1476, "ORA-06512: at line 3")])
def test_errors(session: Session, text: str, expected: int, line: str) -> None:
    with pytest.raises(OraError) as caught:
        session.sql(text)
    assert caught.value.code == expected and line in caught.value.text


def test_a_handler_leaves_earlier_changes_alone(session: Session) -> None:
    session.sql("CREATE TABLE t (n NUMBER PRIMARY KEY)")
    session.sql("BEGIN INSERT INTO t VALUES (1); INSERT INTO t VALUES (1); EXCEPTION WHEN DUP_VAL_ON_INDEX THEN INSERT INTO t VALUES (2); END;")
    assert session.sql("SELECT n FROM t ORDER BY n") == [(1,), (2,)]


def test_stored_units(session: Session) -> None:
    session.sql("CREATE TABLE t (n NUMBER)")
    session.sql("CREATE FUNCTION total RETURN NUMBER IS found NUMBER; BEGIN SELECT NVL(SUM(n), 0) INTO found FROM t; RETURN found; END;")
    session.sql("CREATE PACKAGE tools IS PROCEDURE fill (upto NUMBER); FUNCTION name (v NUMBER) RETURN VARCHAR2; "
                "FUNCTION name (v VARCHAR2) RETURN VARCHAR2; END;")
    session.sql("CREATE PACKAGE BODY tools IS\n  PROCEDURE hidden (v NUMBER) IS BEGIN INSERT INTO t VALUES (v); END;\n"
                "  PROCEDURE fill (upto NUMBER) IS BEGIN FOR i IN 1 .. upto LOOP hidden(i); END LOOP; END;\n"
                "  FUNCTION name (v NUMBER) RETURN VARCHAR2 IS BEGIN RETURN 'number'; END;\n"
                "  FUNCTION name (v VARCHAR2) RETURN VARCHAR2 IS BEGIN RETURN 1 / 0; END;\nEND;")
    assert result(session, "BEGIN tools.fill(4); :r := total + 1 || tools.name(5); END;") == "11number"
    assert code(session, "BEGIN tools.hidden(1); END;") == 6550
    with pytest.raises(OraError) as caught:
        result(session, "BEGIN :r := tools.name('x'); END;")
    assert caught.value.text.split("\n")[1:] == ['ORA-06512: at "APP.TOOLS", line 5', "ORA-06512: at line 1"]
    session.sql("DROP PACKAGE tools")
    session.sql("DROP FUNCTION total")

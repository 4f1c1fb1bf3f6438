# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Anonymous blocks: variables, binds, supplied packages, SQL inside, errors."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from engine_statements import code, rows, run
from oralab.api import IN, IN_OUT, OUT, Result
from oralab.engine.session import Session
from oralab.errors import OraError
from oralab.values import DataType

NUMBER, TEXT, CURSOR = DataType("NUMBER"), DataType("VARCHAR2", 100), DataType("REF CURSOR")


def block(session: Session, text: str, *binds: tuple[DataType, Any]) -> dict[str, Any]:
    """New values of the OUT binds."""
    return run(session, text, [[value for _, value in binds]], [type_ for type_, _ in binds]).out


def test_variables_and_binds(session: Session) -> None:
    text = "DECLARE a NUMBER := 5; b CONSTANT VARCHAR2(10) := 'x'; BEGIN a := a * :f; :r := b || a; END;"
    assert block(session, text, (NUMBER, 3), (TEXT, None)) == {"R": "x15"}
    outcome = run(session, "BEGIN :a := :a + :b; :c := 1; END;", [[1, 2, None]], [NUMBER] * 3)
    assert outcome.directions == {"A": OUT, "B": IN, "C": OUT} or outcome.directions == {"A": IN_OUT, "B": IN, "C": OUT}
    assert outcome.out == {"A": 3, "C": 1}


def test_sql_inside(session: Session) -> None:
    session.sql("CREATE TABLE t (id NUMBER PRIMARY KEY, name VARCHAR2(10))")
    found = block(session, "DECLARE n t.name%TYPE; c NUMBER; BEGIN INSERT INTO t VALUES (1, 'one') RETURNING name INTO n; "
                           "UPDATE t SET name = 'uno' WHERE name = n; c := SQL%ROWCOUNT; SELECT name INTO n FROM t WHERE id = :i; "
                           "DELETE FROM t WHERE id = 99; :r := n || c || SQL%ROWCOUNT; COMMIT; END;", (NUMBER, 1), (TEXT, None))
    assert found == {"R": "uno10"} and not session.in_transaction
    session.sql("BEGIN INSERT INTO t VALUES (2, 'two'); ROLLBACK; END;")
    assert rows(session, "SELECT COUNT(*) FROM t") == [1]


def test_columns_go_before_variables(session: Session) -> None:
    session.sql("CREATE TABLE t (id NUMBER)")
    session.sql("INSERT INTO t VALUES (1)")
    assert block(session, "DECLARE id NUMBER := 5; n NUMBER; BEGIN SELECT COUNT(*) INTO n FROM t WHERE t.id = id; :n := n; END;",
                 (NUMBER, None)) == {"N": 1}


def test_cursors_and_implicit_conversion(session: Session) -> None:
    found = block(session, "DECLARE v NUMBER := '7'; BEGIN OPEN :c FOR SELECT v + LEVEL FROM dual CONNECT BY LEVEL <= 2; END;",
                  (CURSOR, None))["C"]
    assert isinstance(found, Result) and list(found.rows) == [(8,), (9,)]


def test_execute_immediate(session: Session) -> None:
    session.sql("BEGIN EXECUTE IMMEDIATE 'CREATE TABLE dyn (n NUMBER)'; EXECUTE IMMEDIATE 'INSERT INTO dyn VALUES (:1)' USING 4; END;")
    assert block(session, "DECLARE n NUMBER; BEGIN EXECUTE IMMEDIATE 'SELECT n + :1 FROM dyn' INTO n USING 1; :r := n; END;",
                 (NUMBER, None)) == {"R": 5}


def test_supplied_packages(session: Session) -> None:
    found = block(session,
                  "BEGIN dbms_output.enable(buffer_size => NULL); dbms_output.put_line('a' || 1); dbms_output.get_line(:l, :s); END;",
                  (TEXT, None), (NUMBER, None))
    assert found == {"L": "a1", "S": 0}
    assert block(session, "BEGIN :r := dbms_utility.get_hash_value('a', 0, 1000) - dbms_utility.get_hash_value('a', 0, 1000); END;",
                 (NUMBER, None)) == {"R": 0}
    assert block(session, "CALL dbms_application_info.set_module('m', 'a')") == {}
    assert rows(session, "SELECT SYS_CONTEXT('USERENV', 'MODULE') FROM dual") == ["m"]


@pytest.mark.parametrize("text, expected, line", [
    ("BEGIN SELECT 1 INTO :x FROM dual WHERE 1 = 2; END;", 1403, "ORA-06512: at line 1"),
    ("BEGIN SELECT 1 INTO :x FROM dual CONNECT BY LEVEL < 3; END;", 1422, "ORA-06512: at line 1"),
    ("BEGIN RAISE_APPLICATION_ERROR(-20123, 'mine'); END;", 20123, "ORA-06512: at line 1"),
    ("DECLARE v VARCHAR2(2); BEGIN v := 'abc'; END;", 6502, "ORA-06512: at line 1"),
    ("DECLARE v NUMBER(2); BEGIN v := 'x'; END;", 6502, ""),
    ("BEGIN nosuch.proc; END;", 6550, "PLS-00201: identifier 'NOSUCH.PROC' must be declared"),
    ("BEGIN nosuch; END;", 6550, "PLS-00201: identifier 'NOSUCH' must be declared"),
    ("BEGIN dbms_output.nosuch; END;", 6550, "PLS-00302: component 'NOSUCH' must be declared"),
    ("BEGIN dbms_output.put_line; END;", 6550, "PLS-00306: wrong number or types of arguments in call to 'PUT_LINE'"),
    ("BEGIN :x := nosuch; END;", 6550, "PLS-00201: identifier 'NOSUCH' must be declared"),
    ("BEGIN DELETE FROM nosuch; END;", 6550, "PL/SQL: ORA-00942: table or view does not exist"),
    ("BEGIN dbms_crypto.randombytes(1); END;", 6550, "PLS-00201: identifier 'DBMS_CRYPTO' must be declared"),
    ("BEGIN RAISE NO_DATA_FOUND; END;", 1403, "ORA-06512: at line 1"), ("BEGIN FORALL i IN 1 .. 2 DELETE FROM dual; END;", 3001, ""),
    ("BEGIN EXECUTE IMMEDIATE 'SELECT * FROM nosuch'; END;", 942, "ORA-06512: at line 1"),
])
def test_errors(session: Session, text: str, expected: int, line: str) -> None:
    with pytest.raises(OraError) as caught:
        run(session, text, [[None]] if ":x" in text else [[]], [TEXT] if ":x" in text else [])
    assert caught.value.code == expected
    assert line in caught.value.text


def test_errors_of_packages_carry_the_stack(session: Session) -> None:
    with pytest.raises(OraError) as caught:
        session.sql("BEGIN\n  utl_file.fremove('NOSUCH', 'x');\nEND;")
    assert caught.value.stack[-2].startswith('ORA-06512: at "SYS.UTL_FILE", line ')
    assert caught.value.stack[-1] == "ORA-06512: at line 2"


def test_nothing_runs_when_a_later_statement_does_not_compile(session: Session) -> None:
    session.sql("CREATE TABLE t (n NUMBER)")
    assert code(session, "BEGIN INSERT INTO t VALUES (1); nosuch.proc; END;") == 6550
    assert rows(session, "SELECT COUNT(*) FROM t") == [0]


def test_stored_procedures_run_with_the_rights_of_their_owner(session: Session, connect: Callable[..., Session]) -> None:
    session.sql("CREATE TABLE log (n NUMBER)")
    session.sql("CREATE PROCEDURE note IS BEGIN INSERT INTO log VALUES (1); COMMIT; END;")
    other = connect("OTHER")
    assert code(other, "BEGIN app.note; END;") == 6550
    session.sql("GRANT EXECUTE ON note TO other")
    other.sql("BEGIN app.note; END;")
    assert rows(session, "SELECT COUNT(*) FROM log") == [1]
    assert (other.user, other.schema) == ("OTHER", "OTHER")


def test_triggers_in_the_form_of_such_blocks(session: Session) -> None:
    session.sql("CREATE TABLE t (id NUMBER, name VARCHAR2(20) NOT NULL, n NUMBER)")
    session.sql("CREATE TABLE log (what VARCHAR2(30))")
    session.sql("CREATE TRIGGER t_name BEFORE INSERT OR UPDATE OF name ON t FOR EACH ROW WHEN (NEW.id > 1) "
                "BEGIN :NEW.name := INITCAP(NVL(:NEW.name, 'nobody')) || ' :OLD.x'; END;")
    session.sql("CREATE TRIGGER t_log AFTER DELETE ON t FOR EACH ROW BEGIN INSERT INTO log VALUES ('gone ' || :OLD.id); END;")
    session.sql("INSERT INTO t VALUES (2, NULL, 0)")
    assert code(session, "INSERT INTO t VALUES (1, NULL, 0)") == 1400
    session.sql("UPDATE t SET n = 5")
    assert rows(session, "SELECT name, n FROM t") == [("Nobody :OLD.x", 5)]
    session.sql("UPDATE t SET name = 'any body'")
    session.sql("DELETE FROM t")
    assert rows(session, "SELECT what FROM log") == ["gone 2"]
    session.sql("CREATE OR REPLACE TRIGGER t_log BEFORE DELETE ON t FOR EACH ROW BEGIN RAISE_APPLICATION_ERROR(-20001, 'kept'); END;")
    session.sql("INSERT INTO t VALUES (3, 'x', 0)")
    with pytest.raises(OraError) as caught:
        session.sql("DELETE FROM t")
    assert caught.value.text.split("\n") == [
        "ORA-20001: kept", 'ORA-06512: at "APP.T_LOG", line 1', "ORA-04088: error during execution of trigger 'APP.T_LOG'"]
    assert rows(session, "SELECT COUNT(*) FROM t") == [1]
    session.sql("CREATE OR REPLACE TRIGGER t_log BEFORE DELETE ON t BEGIN IF 1 = 1 THEN RAISE NO_DATA_FOUND; END IF; END;")
    assert code(session, "DELETE FROM t") == 1403

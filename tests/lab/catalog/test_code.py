# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from oralab.catalog.ddl.dependencies import tokens


def status(app: Any, name: str, kind: str = "") -> str:
    found = app.sql("SELECT status FROM user_objects WHERE object_name = :1 AND object_type LIKE :2", (name, kind or "%"))
    return str(found[0][0])


def warned(app: Any, text: str) -> tuple[int, str] | None:
    found: tuple[int, str] | None = app.execute(app.parse(text), [], [[]]).warning
    return found


def test_a_view_and_its_dependencies(schema: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    app = schema("app")
    app.sql("CREATE TABLE t (id NUMBER, name VARCHAR2(10))")
    app.sql("CREATE VIEW v (n) AS SELECT name FROM t WHERE id > 1")
    app.sql("CREATE VIEW w AS SELECT n FROM v")
    assert app.sql("SELECT referenced_name FROM user_dependencies WHERE name = 'V'") == [("T",)]
    assert app.sql("SELECT column_name, data_type FROM user_tab_columns WHERE table_name = 'V'") == [("N", "VARCHAR2")]
    assert fails(app, "CREATE VIEW bad AS SELECT * FROM nowhere") == 942
    app.sql("ALTER TABLE t ADD b NUMBER")
    assert status(app, "V") == status(app, "W") == "INVALID"
    app.sql("SELECT * FROM w")
    assert status(app, "V") == status(app, "W") == "VALID"
    app.sql("DROP TABLE t")
    assert status(app, "V") == "INVALID"
    assert fails(app, "SELECT * FROM v") == 4063


def test_force_makes_an_invalid_view(schema: Callable[..., Any]) -> None:
    app = schema("app")
    assert warned(app, "CREATE FORCE VIEW v AS SELECT id FROM later") == (24344, "success with compilation error")
    assert app.sql("SELECT text FROM user_errors WHERE name = 'V'") == [("ORA-00942: table or view does not exist",)]
    app.sql("CREATE TABLE later (id NUMBER)")
    app.sql("ALTER VIEW v COMPILE")
    assert status(app, "V") == "VALID"


def test_a_unit_that_names_something_missing_is_invalid(schema: Callable[..., Any]) -> None:
    app = schema("app")
    source = """CREATE OR REPLACE PROCEDURE p (n IN NUMBER) IS
      total NUMBER;
    BEGIN
      SELECT COUNT(*) INTO total FROM missing WHERE id = n;
      helper(total);
    END p;"""
    assert warned(app, source) == (24344, "success with compilation error")
    texts = [text for text, in app.sql("SELECT text FROM user_errors WHERE name = 'P' ORDER BY sequence")]
    assert "PL/SQL: ORA-00942: table or view does not exist" in texts and "PLS-00201: identifier 'HELPER' must be declared" in texts
    app.sql("CREATE TABLE missing (id NUMBER)")
    app.sql("CREATE PROCEDURE helper (n NUMBER) IS BEGIN NULL; END;")
    assert status(app, "P") == "INVALID"
    app.sql("ALTER PROCEDURE p COMPILE")
    assert status(app, "P") == "VALID"
    assert app.sql("SELECT * FROM user_errors") == []
    assert app.sql("SELECT line, text FROM user_source WHERE name = 'P' AND line <= 2 ORDER BY line") == [
        (1, "PROCEDURE p (n IN NUMBER) IS\n"), (2, "      total NUMBER;\n")]
    names = app.sql("SELECT referenced_name FROM user_dependencies WHERE name = 'P' ORDER BY 1")
    assert ("HELPER",) in names and ("MISSING",) in names


@pytest.mark.parametrize("source", [
    """CREATE PACKAGE api AS
      limit_value CONSTANT NUMBER := 10;
      TYPE names IS TABLE OF VARCHAR2(30) INDEX BY PLS_INTEGER;
      FUNCTION total (p_id IN t.id%TYPE) RETURN NUMBER;
      PROCEDURE run;
    END api;""",
    """CREATE PACKAGE BODY api AS
      g_count NUMBER := 0;
      FUNCTION total (p_id IN t.id%TYPE) RETURN NUMBER IS
        CURSOR c IS SELECT x.id, x.name FROM t x, (SELECT 1 one FROM dual) y WHERE x.id = p_id;
        r t%ROWTYPE;
      BEGIN
        FOR rec IN c LOOP g_count := g_count + EXTRACT(YEAR FROM SYSDATE); END LOOP;
        WITH q AS (SELECT id FROM t) SELECT MAX(id) INTO g_count FROM q;
        UPDATE t SET name = 'x' WHERE id = p_id;
        INSERT INTO t (id, name) VALUES (seq.NEXTVAL, q'[it's FROM nowhere]');
        DELETE FROM t WHERE id = 5;
        DBMS_OUTPUT.PUT_LINE('from nothing'); -- from comment
        RETURN NVL(g_count, 0);
      EXCEPTION WHEN NO_DATA_FOUND THEN RAISE_APPLICATION_ERROR(-20001, 'no'); RETURN NULL;
      END total;
      PROCEDURE run IS BEGIN g_count := total(1); run; END run;
    END api;"""])
def test_ordinary_code_compiles(schema: Callable[..., Any], source: str) -> None:
    app = schema("app")
    app.sql("CREATE TABLE t (id NUMBER, name VARCHAR2(100))")
    app.sql("CREATE SEQUENCE seq")
    if "BODY" in source:
        app.sql("CREATE PACKAGE api AS FUNCTION total (p_id IN t.id%TYPE) RETURN NUMBER; PROCEDURE run; END api;")
    assert warned(app, source) is None, app.sql("SELECT line, position, text FROM user_errors")


def test_replacing_a_package_invalidates_what_calls_it(schema: Callable[..., Any]) -> None:
    app = schema("app")
    app.sql("CREATE PACKAGE a AS PROCEDURE run; END;")
    app.sql("CREATE PACKAGE BODY a AS PROCEDURE run IS BEGIN NULL; END; END;")
    app.sql("CREATE PROCEDURE b IS BEGIN a.run; END;")
    app.sql("CREATE OR REPLACE PACKAGE a AS PROCEDURE run; PROCEDURE more; END;")
    assert (status(app, "A", "PACKAGE"), status(app, "A", "PACKAGE BODY"), status(app, "B")) == ("VALID", "INVALID", "INVALID")
    app.sql("DROP PACKAGE a")
    assert warned(app, "ALTER PROCEDURE b COMPILE") == (24344, "success with compilation error")


def test_definers_rights_need_direct_grants(schema: Callable[..., Any], sys: Any, fails: Callable[[Any, str], int]) -> None:
    owner, user = schema("owner1"), schema("user1")
    owner.sql("CREATE TABLE t (id NUMBER)")
    sys.sql("CREATE ROLE reader")
    sys.sql("GRANT SELECT ON owner1.t TO reader")
    sys.sql("GRANT reader TO user1")
    user.roles = set(sys.database.catalog.privileges.roles_of("USER1"))
    assert fails(user, "SELECT * FROM owner1.t") == 0
    assert fails(user, "CREATE VIEW v AS SELECT * FROM owner1.t") in (942, 1031)
    owner.sql("GRANT SELECT ON t TO user1")
    assert fails(user, "CREATE VIEW v AS SELECT * FROM owner1.t") == 0
    sys.sql("DROP ROLE reader")


def test_triggers_types_synonyms_sequences(schema: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    app = schema("app")
    app.sql("CREATE TABLE t (id NUMBER)")
    app.sql("CREATE TRIGGER trg BEFORE INSERT OR UPDATE ON t FOR EACH ROW WHEN (NEW.id > 0) BEGIN :NEW.id := 1; END;")
    assert app.sql("SELECT trigger_type, triggering_event, status, table_name FROM user_triggers") == [
        ("BEFORE EACH ROW", "INSERT OR UPDATE", "ENABLED", "T")]
    app.sql("ALTER TRIGGER trg DISABLE")
    assert app.sql("SELECT status FROM user_triggers") == [("DISABLED",)]
    assert fails(app, "CREATE TRIGGER trg BEFORE INSERT ON t BEGIN NULL; END;") == 4081
    assert fails(app, "DROP TRIGGER nothing") == 4080
    app.sql("CREATE TYPE address AS OBJECT (street VARCHAR2(30), zip NUMBER(5))")
    app.sql("CREATE TYPE addresses AS TABLE OF address")
    assert app.sql("SELECT type_name, typecode, attributes FROM user_types ORDER BY 1") == [
        ("ADDRESS", "OBJECT", 2), ("ADDRESSES", "COLLECTION", 0)]
    app.sql("CREATE TABLE people (id NUMBER, home address)")
    assert app.sql("SELECT data_type, data_type_owner FROM user_tab_columns WHERE column_name = 'HOME'") == [("ADDRESS", "APP")]
    assert fails(app, "DROP TYPE address") == 2303
    app.sql("CREATE SYNONYM s FOR t")
    assert fails(app, "SELECT * FROM s") == 0
    assert fails(app, "CREATE SYNONYM s FOR u") == 955
    assert fails(app, "DROP SYNONYM nothing") == 1434
    app.sql("CREATE SEQUENCE q START WITH 5 INCREMENT BY 5 MAXVALUE 15 CACHE 2")
    assert [app.sql("SELECT q.NEXTVAL FROM dual")[0][0] for _ in range(3)] == [5, 10, 15]
    assert fails(app, "SELECT q.NEXTVAL FROM dual") == 8004
    assert fails(app, "ALTER SEQUENCE q START WITH 1") == 2283
    assert fails(app, "SELECT nothing.NEXTVAL FROM dual") == 2289
    assert fails(app, "DROP SEQUENCE nothing") == 2289


def test_materialized_view(schema: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    app = schema("app")
    app.sql("CREATE TABLE t (id NUMBER PRIMARY KEY, a NUMBER)")
    app.sql("INSERT INTO t VALUES (1, 2)")
    app.commit()
    app.sql("CREATE MATERIALIZED VIEW mv AS SELECT id, a FROM t")
    assert app.sql("SELECT * FROM mv") == [(1, 2)]
    assert app.sql("SELECT object_type FROM user_objects WHERE object_name = 'MV' ORDER BY 1") == [("MATERIALIZED VIEW",), ("TABLE",)]
    assert fails(app, "DROP TABLE mv") == 12083
    assert fails(app, "CREATE MATERIALIZED VIEW mf REFRESH FAST AS SELECT id, a FROM t") == 23413
    app.sql("CREATE MATERIALIZED VIEW LOG ON t WITH PRIMARY KEY")
    assert app.sql("SELECT log_table FROM user_mview_logs") == [("MLOG$_T",)]
    app.sql("DROP MATERIALIZED VIEW mv")
    assert fails(app, "SELECT * FROM mv") == 942


def test_tokens_keep_their_place() -> None:
    found = [(token.text, token.line, token.column) for token in tokens("a -- x\n /* y\n */ \"Bc\" q'[it's]' := 1.5")]
    assert found == [("A", 1, 1), ("Bc", 3, 5), ("q'[it's]'", 3, 10), (":=", 3, 20), ("1.5", 3, 23)]


def test_functions_that_sql_calls_are_not_simulated(schema: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    app = schema("app")
    app.sql("CREATE FUNCTION one RETURN NUMBER IS BEGIN RETURN 1; END;")
    app.sql("CREATE PACKAGE numbers AS FUNCTION two RETURN NUMBER; END;")
    for call in ("one", "one()", "app.one", "numbers.two", "app.numbers.two()"):
        assert fails(app, f"SELECT {call} FROM dual") == 3001
    assert fails(app, "SELECT three FROM dual") == fails(app, "SELECT four.three FROM dual") == 904

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DML, transaction control, PL/SQL blocks."""
from __future__ import annotations

import pytest
from oralab.errors import OraError
from oralab.sql import ast, parse
from oralab.values import DataType

A, B = ast.ColumnRef("A"), ast.ColumnRef("B")
T = ast.TableRef("T")
ONE, TWO = ast.Literal(1, DataType("NUMBER")), ast.Literal(2, DataType("NUMBER"))
TRUE = ast.Literal(True, DataType("BOOLEAN"))


def bind(name: str, index: int) -> ast.BindRef:
    return ast.BindRef(name, index)


@pytest.mark.parametrize("sql, node", [
    ("INSERT INTO t VALUES (1, DEFAULT)", ast.Insert(target=T, values=(ONE, ast.DefaultValue()))),
    ("INSERT INTO t x (a, x.b) SELECT 1, 2 FROM dual",
     ast.Insert(target=ast.TableRef("T", alias="X"), columns=(A, ast.ColumnRef("B", "X")),
                source=parse("SELECT 1, 2 FROM dual"))),
    ("INSERT INTO t (a) VALUES (:1) RETURNING a, b INTO :2, :3",
     ast.Insert(target=T, columns=(A,), values=(bind("1", 0),), returning=ast.Returning((A, B), (bind("2", 1), bind("3", 2))))),
    ("INSERT INTO t PARTITION (p) VALUES (1) LOG ERRORS INTO e ('x') REJECT LIMIT UNLIMITED",
     ast.Insert(target=ast.TableRef("T", partition=ast.PartitionChoice("P")), values=(ONE,),
                error_log=ast.ErrorLog(ast.TableRef("E"), ast.Literal("x", DataType("CHAR", 1)), None))),
    ("UPDATE t SET a = 1, (a, b) = (SELECT 1, 2 FROM dual) WHERE a = 2",
     ast.Update(target=T, set=(ast.SetClause((A,), ONE),
                               ast.SetClause((A, B), ast.ScalarSubquery(parse("SELECT 1, 2 FROM dual")))),
                where=ast.Compare("=", A, TWO))),
    ("DELETE t WHERE a = 1 RETURN b INTO :b",
     ast.Delete(target=T, where=ast.Compare("=", A, ONE), returning=ast.Returning((B,), (bind("B", 0),)))),
    ("MERGE INTO t USING (SELECT 1 a FROM dual) s ON (a = 1) WHEN MATCHED THEN UPDATE SET a = 1 WHERE a = 2 DELETE WHERE b = 1 "
     "WHEN NOT MATCHED THEN INSERT (a) VALUES (1) WHERE a = 1",
     ast.Merge(target=T, source=ast.SubqueryRef(parse("SELECT 1 a FROM dual"), "S"), on=ast.Compare("=", A, ONE),
               update=ast.MergeUpdate((ast.SetClause((A,), ONE),), ast.Compare("=", A, TWO), ast.Compare("=", B, ONE)),
               insert=ast.MergeInsert((A,), (ONE,), ast.Compare("=", A, ONE)))),
    ("LOCK TABLE t, s.u IN ROW EXCLUSIVE MODE WAIT 3",
     ast.LockTable(tables=(T, ast.TableRef("U", "S")), mode="ROW EXCLUSIVE", wait=3)),
    ("COMMIT WORK WRITE NOWAIT BATCH", ast.Commit(write="NOWAIT BATCH")),
    ("ROLLBACK TO SAVEPOINT a", ast.Rollback(to="A")), ("ROLLBACK FORCE '1.2.3'", ast.Rollback(force="1.2.3")),
    ("SAVEPOINT a", ast.Savepoint(name="A")), ("SET TRANSACTION READ ONLY NAME 'x'", ast.SetTransaction(mode="READ ONLY", name="x")),
    ("SET ROLE a, b IDENTIFIED BY Secret", ast.SetRole(roles=(("A", None), ("B", "Secret")))),
    ("SET ROLE ALL EXCEPT a", ast.SetRole(all=True, except_=("A",))), ("SET ROLE NONE", ast.SetRole()),
    ("SET CONSTRAINTS ALL DEFERRED", ast.SetConstraints(names=(), deferred=True)),
])
def test_statements(sql: str, node: ast.Statement) -> None:
    assert parse(sql) == node


def test_returning_binds_come_last() -> None:
    statement = parse("UPDATE t SET a = :x WHERE b = :y RETURNING a, b INTO :o1, :o2")
    assert statement.binds == ["X", "Y", "O1", "O2"]
    assert statement.returning_binds == 2


def test_insert_into_several_tables() -> None:
    node = parse("INSERT FIRST WHEN a = 1 THEN INTO t (a) VALUES (1) INTO u ELSE INTO v SELECT 1 a FROM dual")
    assert [(branch.target.name, branch.when is None, branch.otherwise) for branch in node.branches] == [
        ("T", False, False), ("U", False, False), ("V", True, True)]
    assert node.first


# --- PL/SQL ---

def block(text: str) -> ast.Block:
    node = parse(text)
    assert isinstance(node, ast.Block)
    return node


@pytest.mark.parametrize("text, node", [
    ("null", ast.Null()), ("return", ast.Return()), ("raise no_data_found", ast.Raise("NO_DATA_FOUND")),
    ("sys.p.q(1, x => TRUE, mode => a > 1)",
     ast.Call("Q", "P", "SYS", (ONE,), (("X", TRUE), ("MODE", ast.Compare(">", A, ONE))))),
    ("dbms_output.enable", ast.Call("ENABLE", "DBMS_OUTPUT")),
    ("p@link(:x)", ast.Call("P", args=(bind("X", 0),), dblink="LINK")),
    ("a := dbms_lob.session", ast.Assign(A, ast.ColumnRef("SESSION", "DBMS_LOB"))),
    (":n := SQL%ROWCOUNT", ast.Assign(bind("N", 0), ast.Pseudo("SQL%ROWCOUNT"))),
    ("r.f := q'[x]'", ast.Assign(ast.ColumnRef("F", "R"), ast.Literal("x", DataType("CHAR", 1)))),
    ("COMMIT", ast.SqlStatement(ast.Commit())),
    ("SELECT 1, 2 INTO a, :b FROM dual", ast.SqlStatement(parse("SELECT 1, 2 FROM dual"), (A, bind("B", 0)))),
    ("SELECT 1 BULK COLLECT INTO a FROM dual", ast.SqlStatement(parse("SELECT 1 FROM dual"), (A,), True)),
    ("DELETE FROM t RETURNING a BULK COLLECT INTO b",
     ast.SqlStatement(ast.Delete(target=T, returning=ast.Returning((A,), (B,), True)))),
    ("EXECUTE IMMEDIATE 'x' || a INTO b USING 1, IN OUT :c",
     ast.ExecuteImmediate(ast.Binary("||", ast.Literal("x", DataType("CHAR", 1)), A), (B,),
                          (ast.UsingItem(ONE), ast.UsingItem(bind("C", 0), "IN OUT")))),
    ("OPEN :c FOR SELECT 1 FROM dual", ast.OpenCursor(bind("C", 0), parse("SELECT 1 FROM dual"))),
])
def test_plsql_statements(text: str, node: object) -> None:
    assert block(f"BEGIN {text}; END;").statements == (node,)


def test_declarations() -> None:
    node = block("DECLARE n CONSTANT PLS_INTEGER NOT NULL := 1; v VARCHAR2(32767); f BOOLEAN DEFAULT TRUE; c s.t.c%TYPE; "
                 "r SYS_REFCURSOR; BEGIN <<x>> NULL; END;".replace("<<x>> ", ""))
    assert node.declarations == (
        ast.VarDecl("N", DataType("NUMBER", scale=0), ONE, True, True), ast.VarDecl("V", DataType("VARCHAR2", 32767, char_used="")),
        ast.VarDecl("F", DataType("BOOLEAN"), TRUE), ast.VarDecl("C", None, anchor=ast.ColumnRef("C", "T", "S")),
        ast.VarDecl("R", DataType("REF CURSOR")))


def test_source_of_a_statement_inside_a_block() -> None:
    found = block("BEGIN\n  UPDATE t SET a = 1 /* why */ WHERE b = 2 ;\nEND;").statements[0]
    assert found.statement.text == "UPDATE t SET a = 1 /* why */ WHERE b = 2"


def test_nested_blocks_without_handlers_are_their_statements() -> None:
    assert block("BEGIN p; BEGIN q; r; END; END;").statements == (ast.Call("P"), ast.Call("Q"), ast.Call("R"))


def test_call() -> None:
    assert parse("CALL s.p(:a, :a, x => 1)") == ast.Block(
        call=True, statements=(ast.Call("P", "S", args=(bind("A", 0), bind("A", 0)), named=(("X", ONE),)),))
    assert parse("CALL f(1) INTO :r").statements == (ast.Assign(bind("R", 0), ast.FunctionCall("F", (ONE,))),)


@pytest.mark.parametrize("text, lines", [
    ("BEGIN\n  p(;\nEND;", ["ORA-06550: line 2, column 5:", 'PLS-00103: Encountered the symbol ";" when expecting one of the following:']),
    ("BEGIN p END;", ["ORA-06550: line 1, column 9:", 'PLS-00103: Encountered the symbol "END" when expecting one of the following:']),
    ("BEGIN NULL; END",
     ["ORA-06550: line 1, column 16:", 'PLS-00103: Encountered the symbol "end-of-file" when expecting one of the following:']),
    ("BEGIN END;", ["ORA-06550: line 1, column 7:", 'PLS-00103: Encountered the symbol "END" when expecting one of the following:']),
    ("BEGIN\n  DELETE FROM t WHRE a = 1;\nEND;",
     ["ORA-06550: line 2, column 22:", "PL/SQL: ORA-00933: SQL command not properly ended", "ORA-06550: line 2, column 3:",
      "PL/SQL: SQL Statement ignored"]),
])
def test_errors_in_plsql(text: str, lines: list[str]) -> None:
    with pytest.raises(OraError) as caught:
        parse(text)
    assert caught.value.text.split("\n") == lines


def test_a_query_without_into_is_refused() -> None:
    with pytest.raises(OraError, match="PLS-00428"):
        parse("BEGIN SELECT 1 FROM dual; END;")


@pytest.mark.parametrize("text", [
    "BEGIN GOTO a; END;", "BEGIN FORALL i IN 1 .. 3 DELETE FROM t; END;", "DECLARE TYPE r IS RECORD (a NUMBER); BEGIN NULL; END;",
    "DECLARE r t%ROWTYPE; BEGIN NULL; END;", "DECLARE CURSOR c (a NUMBER) IS SELECT 1 FROM dual; BEGIN NULL; END;",
    "DECLARE TYPE t IS TABLE OF NUMBER; BEGIN NULL; END;", "BEGIN FETCH c BULK COLLECT INTO a; END;",
    "SELECT xmlelement(\"a\") FROM dual", "SELECT * FROM t PIVOT (sum(a) FOR b IN (1))", "SELECT cursor(SELECT 1 FROM dual) FROM dual",
    "EXPLAIN PLAN FOR SELECT 1 FROM dual", "CREATE CLUSTER c (a NUMBER)", "ALTER TYPE t ADD ATTRIBUTE (a NUMBER)",
    "CREATE DATABASE x", "SELECT a FROM t VERSIONS BETWEEN SCN 1 AND 2",
    f"SELECT {'(' * 2000}1{')' * 2000} FROM dual"])
def test_what_is_not_simulated_says_so(text: str) -> None:
    with pytest.raises(OraError, match="not simulated") as caught:
        parse(text)
    assert caught.value.code == 3001

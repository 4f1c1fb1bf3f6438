# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DML, PL/SQL and transactions through the unmodified driver."""
from __future__ import annotations

import datetime
from decimal import Decimal

import oracledb
import pytest
from fake_database import column, query, wait_for
from oralab.api import IN, IN_OUT, OUT, Outcome, Result
from oralab.errors import OraError
from oralab.values import Rowid, Timestamp

MOMENT = datetime.datetime(2024, 2, 29, 23, 59, 58)
INSERT = "insert into t values (:1, :2)"


def failure(error: pytest.ExceptionInfo[oracledb.Error]):
    return error.value.args[0]


@pytest.fixture
def table(lab) -> list[tuple[object, ...]]:
    """What INSERT put into t; a negative first value violates a constraint."""
    rows: list[tuple[object, ...]] = []

    def insert(session, binds, values, batch):
        outcome = Outcome()
        for iteration, row in enumerate(values):
            if row[0] < 0:
                error = OraError(1, "unique constraint (SCOTT.PK) violated")
                error.rows_done = iteration
                if not batch:
                    raise error
                outcome.batch_errors.append((iteration, 1, error.text))
            else:
                rows.append(tuple(row))
            outcome.rowcounts.append(int(row[0] >= 0))
        outcome.rowcount = sum(outcome.rowcounts)
        return outcome

    lab.database.teach(INSERT, insert)
    return rows


# -- DML

def test_array_dml(lab, cursor, table) -> None:
    rows = [(number, "x" * number or None) for number in range(1000)]
    cursor.executemany(INSERT, rows)
    assert table == rows and cursor.rowcount == 1000
    cursor.execute(INSERT, [5, None])
    assert cursor.rowcount == 1 and table[-1] == (5, None)


def test_array_dml_stops_at_the_first_error(lab, cursor, table) -> None:
    with pytest.raises(oracledb.IntegrityError, match="ORA-00001"):
        cursor.executemany(INSERT, [(1, "a"), (2, "b"), (-1, "c"), (3, "d")])
    assert cursor.rowcount == 2 and len(table) == 2


def test_batch_errors_and_row_counts(lab, cursor, table) -> None:
    cursor.executemany(INSERT, [(1, "a"), (-1, "b"), (2, "c"), (-2, "d")], batcherrors=True, arraydmlrowcounts=True)
    assert [(error.offset, error.code) for error in cursor.getbatcherrors()] == [(1, 1), (3, 1)]
    assert "unique constraint (SCOTT.PK) violated" in cursor.getbatcherrors()[0].message
    assert cursor.getarraydmlrowcounts() == [1, 0, 1, 0]
    cursor.executemany(INSERT, [(7, "a")], batcherrors=True)
    assert cursor.getbatcherrors() == []
    cursor.executemany(INSERT, [(-3, None)] * 300, batcherrors=True)
    assert len(cursor.getbatcherrors()) == 300


def test_returning_into(lab, cursor) -> None:
    seen = []

    def update(session, binds, values, batch):
        seen.append(([bind.name for bind in binds], values))
        first = [(1, "é", b"\x01", Rowid("AAAR3sAAEAAAACXAAA")), (2, None, None, None)]
        return Outcome(rowcount=3, returning=[first, [(3, "c", b"", None)]])

    sql = lab.database.teach("update t set a = :a returning id, n, r, rowid into :b, :c, :d, :e", update)
    out = [cursor.var(kind, arraysize=2) for kind in (int, str, bytes, oracledb.DB_TYPE_ROWID)]
    cursor.setinputsizes(None, *out)
    cursor.executemany(sql, [(1,), (2,)])
    assert [variable.values for variable in out] == [[[1, 2], [3]], [["é", None], ["c"]], [[b"\x01", None], [None]],
                                                     [["AAAR3sAAEAAAACXAAA", None], [None]]]
    assert seen == [(["A", "B", "C", "D", "E"], [[1], [2]])]


def test_missing_binds(lab, cursor) -> None:
    sql = lab.database.teach("delete from t where ':no' = :yes", lambda *arguments: Outcome(rowcount=1))
    cursor.execute(sql, ["x"])
    # The driver counts binds itself; that of a comment it does not see is one too many for it and one too few for us.
    lab.database.teach("delete from t -- :c", lambda *arguments: Outcome(rowcount=1))
    with pytest.raises(oracledb.DatabaseError, match="ORA-01008"):
        cursor.execute("delete from t -- :c")
    cursor.execute(sql, ["x"])


def test_transaction_calls_and_autocommit(lab, connection, table) -> None:
    cursor = connection.cursor()
    events = lab.session.events
    cursor.execute(INSERT, [1, "a"])
    connection.commit()
    assert events[-1] == "commit"
    cursor.execute(INSERT, [1, "a"])
    connection.rollback()
    assert events[-1] == "rollback"
    connection.autocommit = True
    for _ in range(3):
        events.clear()
        cursor.execute(INSERT, [1, "a"])
        assert events[-1] == "commit"
    connection.autocommit = False
    cursor.execute(INSERT, [1, "a"])
    connection.close()
    assert events[-1] == "rollback"     # the driver knows from us that a transaction is open
    wait_for(lambda: lab.session.closed)


def test_ddl_runs_at_every_execution(lab, cursor) -> None:
    sql = lab.database.teach("create table t (a number)", lambda *arguments: Outcome())
    for _ in range(3):
        cursor.execute(sql)
    assert lab.session.events.count(("execute", sql)) == 3


def test_success_with_compilation_error(lab, cursor) -> None:
    sql = lab.database.teach("create procedure p as bad", lambda *arguments: Outcome(warning=(24344, "success with compilation error")))
    cursor.execute(sql)
    assert cursor.warning is not None
    cursor.execute(lab.database.teach("create table ok (a number)", lambda *arguments: Outcome()))
    assert cursor.warning is None


# -- errors

def test_error_with_stack_and_offset(lab, cursor) -> None:
    def fail(*arguments):
        raise OraError(39123, "Data Pump transportable tablespace job aborted", stack=["ORA-29342: user HR does not exist in the database"])
    with pytest.raises(oracledb.DatabaseError) as failed:
        cursor.execute(lab.database.teach("begin fail; end;", fail))
    assert failure(failed).full_code == "ORA-39123"
    assert failure(failed).message.splitlines()[:2] == ["ORA-39123: Data Pump transportable tablespace job aborted",
                                                        "ORA-29342: user HR does not exist in the database"]
    with pytest.raises(oracledb.DatabaseError) as failed:
        cursor.execute("select * from nosuch where a = :1 and b = :2", [1, "x" * 5000])
    assert (failure(failed).full_code, failure(failed).offset) == ("ORA-00942", 14)
    with pytest.raises(oracledb.DatabaseError, match="ORA-00942"):
        cursor.execute("insert into nosuch values (:1) returning a into :2", [1, cursor.var(int)])
    cursor.connection.ping()


def test_faults_of_the_lab_are_logged_and_reported(lab, cursor, caplog: pytest.LogCaptureFixture) -> None:
    def bug(*arguments):
        raise KeyError("oops")
    with pytest.raises(oracledb.DatabaseError, match="ORA-00604(.|\n)*KeyError"):
        cursor.execute(lab.database.teach("begin bug; end;", bug))
    assert "Traceback" in caplog.text and "oops" in caplog.text
    cursor.connection.ping()


def test_failing_files_of_the_lab_are_no_lost_connection(lab, cursor) -> None:
    def fail(*arguments):
        raise FileNotFoundError("users01.dbf")
    with pytest.raises(oracledb.DatabaseError, match="ORA-00604(.|\n)*users01.dbf"):
        cursor.execute(lab.database.teach("alter system checkpoint", fail))
    cursor.connection.ping()


def test_open_cursors_are_limited_and_closed(lab, connection) -> None:
    sql = [lab.database.teach(f"select {number} from t", query([column("N", "NUMBER")], [(number,)])) for number in range(100)]
    for text in sql * 2:                    # the statement cache of the driver closes what it drops
        assert connection.cursor().execute(text).fetchone() == (int(text.split()[1]),)
    held = []
    with pytest.raises(oracledb.DatabaseError, match="ORA-01000"):
        for text in sql:
            held.append(connection.cursor())
            held[-1].execute(text)
    assert len(held) > 30


# -- PL/SQL

def procedure(directions: dict[str, int], run):
    """A block that computes its OUT values from a dictionary of its binds."""
    def handler(session, binds, values, batch):
        assert len(values) == 1
        given = dict(zip((bind.name for bind in binds), values[0], strict=True))
        return Outcome(out=run(given), directions=directions)
    return handler


def test_in_out_and_in_out_binds(lab, cursor) -> None:
    sql = lab.database.teach("begin p(:i, :o, :io, :i); end;", procedure(
        {"I": IN, "O": OUT, "IO": IN_OUT}, lambda given: {"O": f"got {given['I']}", "IO": given["IO"] + 1}))
    out, both = cursor.var(str), cursor.var(int)
    both.setvalue(0, 5)
    for expected in (6, 7, 8):
        cursor.execute(sql, i=expected, o=out, io=both)
        assert (out.getvalue(), both.getvalue()) == (f"got {expected}", expected)


def test_block_without_binds_and_with_only_in_binds(lab, cursor) -> None:
    cursor.execute(lab.database.teach("begin null; end;", procedure({}, lambda given: {})))
    sql = lab.database.teach("begin p(:a); end;", procedure({}, lambda given: {}))
    cursor.execute(sql, a=1)
    cursor.execute(sql, a=2)


@pytest.mark.parametrize("type, value, expected", [
    (oracledb.DB_TYPE_NUMBER, Decimal("12.5"), 12.5), (oracledb.DB_TYPE_NUMBER, " 42 ", 42), (oracledb.DB_TYPE_VARCHAR, 42, "42"),
    (oracledb.DB_TYPE_VARCHAR, Decimal("-0.5"), "-.5"), (oracledb.DB_TYPE_DATE, MOMENT, MOMENT), (oracledb.DB_TYPE_DATE, None, None),
    (oracledb.DB_TYPE_DATE, Timestamp(MOMENT, 5), MOMENT),
    (oracledb.DB_TYPE_TIMESTAMP, Timestamp(MOMENT, 1000), MOMENT.replace(microsecond=1)),
    (oracledb.DB_TYPE_TIMESTAMP_TZ, Timestamp(MOMENT, 0, "+02:00", 120), MOMENT), (oracledb.DB_TYPE_NVARCHAR, "né€", "né€"),
    (oracledb.DB_TYPE_RAW, b"\x00\x01", b"\x00\x01"), (oracledb.DB_TYPE_BINARY_DOUBLE, 1.5, 1.5), (oracledb.DB_TYPE_BOOLEAN, True, True),
    (oracledb.DB_TYPE_BOOLEAN, False, False), (oracledb.DB_TYPE_BOOLEAN, None, None), (oracledb.DB_TYPE_BINARY_INTEGER, 7, 7),
    (oracledb.DB_TYPE_ROWID, Rowid("AAAR3sAAEAAAACXAAA"), "AAAR3sAAEAAAACXAAA"), (oracledb.DB_TYPE_CHAR, "ab", "ab"),
])
def test_types_of_out_binds(lab, cursor, type: object, value: object, expected: object) -> None:
    sql = lab.database.teach("begin p(:o); end;", procedure({"O": OUT}, lambda given: {"O": value}))
    variable = cursor.var(type)
    cursor.execute(sql, [variable])
    assert variable.getvalue() == expected


@pytest.mark.parametrize("value", [True, False, None])
def test_boolean_in_bind(lab, cursor, value: bool | None) -> None:
    sql = lab.database.teach("begin :o := :b; end;", procedure({"O": OUT}, lambda given: {"O": repr(given["B"])}))
    out, flag = cursor.var(str), cursor.var(bool)
    flag.setvalue(0, value)
    cursor.execute(sql, o=out, b=flag)
    assert out.getvalue() == repr(value)


@pytest.mark.parametrize("value, size", [("much too long", 2), (MOMENT, 100), ("not a number", 0)])
def test_out_values_that_do_not_fit(lab, cursor, value: object, size: int) -> None:
    sql = lab.database.teach("begin p(:o); end;", procedure({"O": OUT}, lambda given: {"O": value}))
    with pytest.raises(oracledb.DatabaseError, match="ORA-06502"):
        cursor.execute(sql, [cursor.var(str, size) if size else cursor.var(int)])


def test_large_strings_and_lobs_in_plsql(lab, cursor) -> None:
    sql = lab.database.teach("begin p(:i, :o); end;", procedure({"I": IN, "O": OUT}, lambda given: {"O": given["I"] + "x"}))
    out = cursor.var(oracledb.DB_TYPE_CLOB)
    cursor.execute(sql, ["k" * 70000, out])
    assert out.getvalue().read() == "k" * 70000 + "x"
    text = cursor.var(str, 32767)
    cursor.execute(sql, ["é" * 30000, text])
    assert text.getvalue() == "é" * 30000 + "x"
    blob = cursor.var(oracledb.DB_TYPE_BLOB)
    cursor.execute(lab.database.teach("begin b(:o); end;", procedure({"O": OUT}, lambda given: {"O": b"\x00" * 9})), [blob])
    assert blob.getvalue().read() == b"\x00" * 9


def test_array_binds(lab, cursor) -> None:
    sql = lab.database.teach("begin p(:a, :b, :n); end;", procedure(
        {"A": IN, "B": OUT, "N": IN_OUT}, lambda given: {"B": [value and value * 2 for value in given["A"]], "N": given["N"] - 1}))
    array, number = cursor.arrayvar(str, 10), cursor.var(int)
    number.setvalue(0, 10)
    cursor.execute(sql, [cursor.arrayvar(str, ["a", None, "é"]), array, number])
    assert (array.getvalue(), number.getvalue()) == (["aa", None, "éé"], 9)
    with pytest.raises(oracledb.DatabaseError, match="ORA-06513"):
        cursor.execute(sql, [cursor.arrayvar(str, ["a"] * 11), array, number])


def test_many_executions_of_a_block(lab, cursor) -> None:
    sql = lab.database.teach("begin :o := :i * 10; end;", procedure({"O": OUT, "I": IN}, lambda given: {"O": given["I"] * 10}))
    variable = cursor.var(int, arraysize=4)
    cursor.setinputsizes(o=variable)
    for _ in range(2):
        cursor.executemany(sql, [{"i": number} for number in range(1, 5)])
        assert variable.values == [10, 20, 30, 40]


def test_ref_cursors_and_implicit_results(lab, cursor) -> None:
    def result(rows, kind: str = "NUMBER") -> Result:
        return Result([column("K", kind)], iter([(row,) for row in rows]))
    sql = lab.database.teach("begin open :rc for q; end;", procedure({"RC": OUT}, lambda given: {"RC": result(range(250))}))
    variable = cursor.var(oracledb.DB_TYPE_CURSOR)
    for _ in range(2):
        cursor.execute(sql, rc=variable)
        assert [row[0] for row in variable.getvalue()] == list(range(250))
    lobs = procedure({"RC": OUT}, lambda given: {"RC": result(["x" * 9] * 120, "CLOB")})
    cursor.execute(lab.database.teach("begin open :rc for l; end;", lobs), rc=variable)
    assert [row[0].read() for row in variable.getvalue()] == ["x" * 9] * 120
    implicit = lab.database.teach("begin return_results; end;", lambda *arguments: Outcome(implicit=[result([1]), result(range(500))]))
    cursor.execute(implicit)
    assert [len(found.fetchall()) for found in cursor.getimplicitresults()] == [1, 500]


def test_cursor_expressions(lab, cursor) -> None:
    inner = [Result([column("X", "VARCHAR2", 5)], iter([(text,)])) for text in ("a", "b")]
    sql = lab.database.teach("select cursor(select x from u) from t", query([column("C", "REF CURSOR")], [(result,) for result in inner]))
    assert [row[0].fetchall() for row in cursor.execute(sql)] == [[("a",)], [("b",)]]


# -- what travels along with calls

def test_attributes(lab, connection) -> None:
    cursor = connection.cursor()    # some drivers send attributes along with statements only
    sql = lab.database.teach("begin null; end;", lambda *arguments: Outcome())
    connection.module, connection.action, connection.client_identifier = "mod", "act", "client é"
    connection.clientinfo, connection.dbop, connection.current_schema = "info", "op", "hr"
    cursor.execute(sql)
    assert lab.session.events[:1] == [{"module": "mod", "action": "act", "client_identifier": "client é", "client_info": "info",
                                   "dbop": "op", "current_schema": "HR"}]
    connection.module = None
    cursor.execute(sql)
    assert lab.session.events[-2]["module"] == ""
    connection.current_schema = "ghost"
    with pytest.raises(oracledb.DatabaseError, match="ORA-01435"):
        cursor.execute(sql)
    connection.current_schema = '"ghost"'
    cursor.execute(sql)
    assert {"current_schema": "ghost"} in lab.session.events

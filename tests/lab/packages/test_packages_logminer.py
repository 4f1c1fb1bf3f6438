# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LogMiner reads what the redo holds, and supplemental logging decides how much that is."""
from __future__ import annotations

import pathlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from oralab.api import Logon
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.errors import OraError

PASSWORDS = {"SYS": "secret", "SYSTEM": "secret"}
ONLINE = "DBMS_LOGMNR.DICT_FROM_ONLINE_CATALOG"
ROWS = "SELECT operation, sql_redo, sql_undo FROM v$logmnr_contents WHERE seg_owner = 'APP' ORDER BY scn, sequence#"


@pytest.fixture(scope="module", params=["19", "12.1"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    version = {"19": "19.3.0.0.0", "12.1": "12.1.0.2.0"}[request.param]
    place = tmp_path_factory.mktemp("db")
    (place / "arch").mkdir()
    made = Database.create(str(place / "sales"), DatabaseSpec(
        name="SALES", release=request.param, version=version, passwords=PASSWORDS, compatible=version, log_mode="ARCHIVELOG",
        parameters={"log_archive_dest_1": f"LOCATION={place}/arch"}))
    with_sys = made.logon(Logon("SYS", made.spec.default_service, "SYSDBA"))
    with_sys.sql('CREATE USER app IDENTIFIED BY "x" QUOTA UNLIMITED ON users')
    with_sys.sql("GRANT CONNECT, RESOURCE TO app")
    with_sys.sql("ALTER DATABASE ADD SUPPLEMENTAL LOG DATA")
    with_sys.close()
    yield made
    made.shutdown("ABORT")


@pytest.fixture
def sys(database: Database) -> Iterator[Any]:
    session = database.logon(Logon("SYS", database.spec.default_service, "SYSDBA"))
    yield session
    session.close()


@pytest.fixture
def app(database: Database, sys: Any) -> Iterator[Any]:
    session = database.logon(Logon("APP", database.spec.default_service, machine="app1", os_user="oracle", program="shop"))
    session.sql("CREATE TABLE t (id NUMBER CONSTRAINT t_pk PRIMARY KEY, code VARCHAR2(10) CONSTRAINT t_uk UNIQUE, name VARCHAR2(20), made DATE, "
                "size_ NUMBER(6,2))")
    session.sql("INSERT INTO t VALUES (1, 'A', 'it''s', DATE '2024-02-29', 1.5)")
    session.commit()
    yield session
    session.rollback()
    session.sql("DROP TABLE t PURGE")
    session.close()


@pytest.fixture
def code() -> Callable[[Any, str], int]:
    def run(session: Any, sql: str) -> int:
        with pytest.raises(OraError) as caught:
            session.sql(sql)
        return caught.value.code
    return run


def call(session: Any, text: str) -> None:
    session.sql(f"BEGIN DBMS_LOGMNR.{text}; END;")


def current(sys: Any) -> str:
    return str(sys.sql("SELECT f.member FROM v$logfile f JOIN v$log l ON l.group# = f.group# WHERE l.status = 'CURRENT'")[0][0])


def scn(sys: Any) -> int:
    return int(sys.sql("SELECT current_scn FROM v$database")[0][0])


def mined(sys: Any, since: int, sql: str = ROWS, options: str = "0") -> list[Any]:
    call(sys, f"ADD_LOGFILE('{current(sys)}', DBMS_LOGMNR.NEW)")
    call(sys, f"START_LOGMNR(startScn => {since}, Options => {ONLINE} + {options})")
    found = list(sys.sql(sql))
    call(sys, "END_LOGMNR")
    return found


def test_the_statements_that_redo_and_undo_a_change(app: Any, sys: Any) -> None:
    since = scn(sys) + 1
    app.sql("INSERT INTO t VALUES (2, NULL, 'x', DATE '2024-01-02', -3)")
    app.sql("UPDATE t SET name = 'y', made = NULL WHERE id = 2")
    app.sql("DELETE FROM t WHERE id = 2")
    app.commit()
    insert, update, delete = mined(sys, since)
    row = re.search(r"ROWID = '(\w{18})'", insert[2])[1]
    assert insert == (
        "INSERT", """insert into "APP"."T"("ID","CODE","NAME","MADE","SIZE_") values """
                  """('2',NULL,'x',TO_DATE('02-JAN-24', 'DD-MON-RR'),'-3');""",
        f"""delete from "APP"."T" where "ID" = '2' and "CODE" IS NULL and "NAME" = 'x' and "MADE" = TO_DATE('02-JAN-24', 'DD-MON-RR') and """
        f""""SIZE_" = '-3' and ROWID = '{row}';""")
    assert update[1] == (f"""update "APP"."T" set "NAME" = 'y',"MADE" = NULL where "NAME" = 'x' and "MADE" = """
                         f"""TO_DATE('02-JAN-24', 'DD-MON-RR') and ROWID = '{row}';""")
    assert update[2] == f"""update "APP"."T" set "NAME" = 'x',"MADE" = TO_DATE('02-JAN-24', 'DD-MON-RR') """ \
                        f"""where "NAME" = 'y' and "MADE" IS NULL and ROWID = '{row}';"""
    assert delete[1].startswith("""delete from "APP"."T" where "ID" = '2' and "CODE" IS NULL and "NAME" = 'y' and "MADE" IS NULL""")
    assert delete[2].startswith("""insert into "APP"."T"(""")


def test_redo_of_a_statement_does_it_again(app: Any, sys: Any) -> None:
    since = scn(sys) + 1
    app.sql("UPDATE t SET name = 'a''b', size_ = 7.25 WHERE id = 1")
    app.commit()
    (_, redo, undo), = mined(sys, since)
    sys.sql(undo.rstrip(";"))
    assert sys.sql("SELECT name, TO_CHAR(size_) FROM app.t") == [("it's", "1.5")]
    sys.sql(redo.rstrip(";"))
    sys.commit()
    assert sys.sql("SELECT name FROM app.t") == [("a'b",)]


@pytest.mark.parametrize("level, where", [
    ("ADD SUPPLEMENTAL LOG DATA (PRIMARY KEY) COLUMNS", ["ID", "NAME"]), ("ADD SUPPLEMENTAL LOG DATA (UNIQUE) COLUMNS", ["NAME"]),
    ("ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS", ["ID", "CODE", "NAME", "MADE", "SIZE_"]),
    ("ADD SUPPLEMENTAL LOG GROUP g (size_, made NO LOG) ALWAYS", ["NAME", "SIZE_"]), ("ADD SUPPLEMENTAL LOG GROUP g (size_, made)", ["NAME"]),
    ("ADD SUPPLEMENTAL LOG GROUP g (size_, name)", ["NAME", "SIZE_"]), ("MODIFY (name VARCHAR2(30))", ["NAME"])])
def test_supplemental_logging_decides_which_old_values_there_are(app: Any, sys: Any, level: str, where: list[str]) -> None:
    app.sql(f"ALTER TABLE t {level}")
    since = scn(sys) + 1
    app.sql("UPDATE t SET name = 'z' WHERE id = 1")
    app.commit()
    (_, redo, _), = mined(sys, since)
    assert re.findall(r'"(\w+)" (?:=|IS)', redo.partition(" where ")[2]) == where


def test_what_was_logged_counts_and_not_what_is_logged_now(app: Any, sys: Any) -> None:
    since = scn(sys) + 1
    app.sql("UPDATE t SET name = 'z' WHERE id = 1")
    app.commit()
    app.sql("ALTER TABLE t ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS")
    redo = next(redo for operation, redo, _ in mined(sys, since) if operation == "UPDATE")
    assert '"ID"' not in redo


def test_columns_beside_the_statement(app: Any, sys: Any) -> None:
    since = scn(sys) + 1
    app.sql("UPDATE t SET name = 'z' WHERE id = 1")
    app.commit()
    found = mined(sys, since, "SELECT operation, operation_code, table_name, seg_type_name, username, machine_name, commit_scn, row_id, csf, "
                  "xidusn || '.' || xidslt || '.' || xidsqn FROM v$logmnr_contents WHERE operation <> 'DDL' ORDER BY sequence#",
                  "DBMS_LOGMNR.COMMITTED_DATA_ONLY")
    assert [row[:2] for row in found] == [("START", 6), ("UPDATE", 3), ("COMMIT", 7)]
    assert found[1][2:6] == ("T", "TABLE", "APP", "app1") and found[1][6] >= since and found[1][8] == 0
    assert found[1][7] == app.sql("SELECT ROWID FROM t")[0][0] and len({row[9] for row in found}) == 1
    assert mined(sys, since, "SELECT commit_scn FROM v$logmnr_contents WHERE operation = 'UPDATE'") == [(None,)]


def test_forms_of_the_statement(app: Any, sys: Any) -> None:
    since = scn(sys) + 1
    app.sql("DELETE FROM t WHERE id = 1")
    app.commit()
    (_, redo, _), = mined(sys, since, options="DBMS_LOGMNR.NO_ROWID_IN_STMT + DBMS_LOGMNR.NO_SQL_DELIMITER")
    assert "ROWID" not in redo and not redo.endswith(";")
    (_, pretty, _), = mined(sys, since, options="DBMS_LOGMNR.PRINT_PRETTY_SQL")
    assert pretty.count("\n") > 4


def test_a_long_statement_goes_on_in_the_next_row(app: Any, sys: Any) -> None:
    app.sql("ALTER TABLE t ADD (big VARCHAR2(4000))")
    since = scn(sys) + 1
    app.sql("INSERT INTO t (id, big) VALUES (3, RPAD('b', 4000, 'c'))")
    app.commit()
    found = mined(sys, since, "SELECT sql_redo, csf FROM v$logmnr_contents WHERE operation = 'INSERT' ORDER BY scn, sequence#, csf DESC")
    assert [row[1] for row in found] == [1, 0] and "".join(row[0] for row in found).endswith("ccc');")


def test_ddl_has_its_text_and_no_password(app: Any, sys: Any) -> None:
    since = scn(sys) + 1
    app.sql("ALTER TABLE t ADD (further NUMBER)")
    sys.sql('ALTER USER app IDENTIFIED BY "canary word"')
    found = mined(sys, since, "SELECT seg_owner, table_name, username, sql_redo FROM v$logmnr_contents WHERE operation = 'DDL' ORDER BY scn")
    assert found[0] == ("APP", "T", "APP", "ALTER TABLE t ADD (further NUMBER);")
    assert all("canary" not in str(row) for row in found)


def test_a_table_that_the_dictionary_has_no_more(app: Any, sys: Any) -> None:
    app.sql("CREATE TABLE gone (id NUMBER)")
    since = scn(sys) + 1
    app.sql("INSERT INTO gone VALUES (1)")
    app.commit()
    app.sql("DROP TABLE gone PURGE")
    (owner, name, redo, status), = mined(sys, since, "SELECT seg_owner, table_name, sql_redo, status FROM v$logmnr_contents WHERE operation = 'INSERT'")
    assert owner == "UNKNOWN" and name.startswith("OBJ# ") and redo is None and status == 2


def test_archived_logs_are_files(app: Any, sys: Any, code: Callable[[Any, str], int]) -> None:
    since = scn(sys) + 1
    app.sql("UPDATE t SET name = 'archived' WHERE id = 1")
    app.commit()
    sys.sql("ALTER SYSTEM SWITCH LOGFILE")
    (name, low, high), = sys.sql(f"SELECT name, first_change#, next_change# FROM v$archived_log WHERE {since} BETWEEN first_change# AND next_change#")
    call(sys, f"ADD_LOGFILE('{name}', DBMS_LOGMNR.NEW)")
    assert code(sys, f"BEGIN DBMS_LOGMNR.ADD_LOGFILE('{name}'); END;") == 1289
    call(sys, f"START_LOGMNR(startScn => {since}, Options => {ONLINE})")
    assert [row[0] for row in sys.sql(ROWS)] == ["UPDATE"]
    assert sys.sql("SELECT filename, low_scn, next_scn, status, type FROM v$logmnr_logs") == [(name, low, high, 1, "ARCHIVED")]
    pathlib.Path(name).rename(name + ".gone")
    assert code(sys, "SELECT COUNT(*) FROM v$logmnr_contents") == 308
    assert code(sys, f"BEGIN DBMS_LOGMNR.ADD_LOGFILE('{name}', DBMS_LOGMNR.NEW); END;") == 1284
    pathlib.Path(name + ".gone").rename(name)
    call(sys, "END_LOGMNR")


def test_gaps_are_told(app: Any, sys: Any, code: Callable[[Any, str], int]) -> None:
    for _ in range(3):
        sys.sql("ALTER SYSTEM SWITCH LOGFILE")
    names = [row[0] for row in sys.sql("SELECT name FROM v$archived_log ORDER BY sequence# DESC")][:3]
    call(sys, f"ADD_LOGFILE('{names[2]}', DBMS_LOGMNR.NEW)")
    call(sys, f"ADD_LOGFILE('{names[0]}')")
    assert sys.sql("SELECT info, status FROM v$logmnr_logs WHERE status = 4") == [("MISSING_LOGFILE", 4)]
    assert code(sys, f"BEGIN DBMS_LOGMNR.START_LOGMNR(Options => {ONLINE} + DBMS_LOGMNR.DDL_DICT_TRACKING); END;") == 1291
    assert code(sys, f"BEGIN DBMS_LOGMNR.START_LOGMNR(startScn => 1, Options => {ONLINE}); END;") == 1291
    assert code(sys, f"BEGIN DBMS_LOGMNR.START_LOGMNR(startScn => {scn(sys) + 1000}, Options => {ONLINE}); END;") == 1291
    call(sys, f"START_LOGMNR(Options => {ONLINE})")
    call(sys, "END_LOGMNR")


def test_what_is_refused(app: Any, sys: Any, database: Database, code: Callable[[Any, str], int], tmp_path: pathlib.Path) -> None:
    def start(text: str) -> int:
        return code(sys, f"BEGIN DBMS_LOGMNR.START_LOGMNR({text}); END;")
    assert code(sys, "SELECT * FROM v$logmnr_contents") == 1306
    assert code(sys, "BEGIN DBMS_LOGMNR.END_LOGMNR; END;") == 1307
    assert start(f"Options => {ONLINE}") == 1292
    other = tmp_path / "text.log"
    other.write_text("no log")
    assert code(sys, f"BEGIN DBMS_LOGMNR.ADD_LOGFILE('{other}'); END;") == 1285
    assert code(sys, f"BEGIN DBMS_LOGMNR.ADD_LOGFILE('{current(sys)}', 9); END;") == 1283
    call(sys, f"ADD_LOGFILE('{current(sys)}')")
    assert code(sys, "SELECT * FROM v$logmnr_contents") == 1306
    assert code(sys, "BEGIN DBMS_LOGMNR.REMOVE_LOGFILE('/nowhere'); END;") == 1290
    assert start(f"startScn => 9, endScn => 8, Options => {ONLINE}") == 1281
    assert start(f"startTime => SYSDATE, endTime => SYSDATE - 1, Options => {ONLINE}") == 1282
    assert start("Options => 100000") == 1283
    assert start("Options => 0") == 3001
    call(sys, "END_LOGMNR")


def test_continuous_mining_ended_with_19c(app: Any, sys: Any, database: Database, code: Callable[[Any, str], int]) -> None:
    since = scn(sys) + 1
    text = f"START_LOGMNR(startScn => {since}, Options => {ONLINE} + DBMS_LOGMNR.CONTINUOUS_MINE)"
    if database.release == "19":
        assert code(sys, f"BEGIN DBMS_LOGMNR.{text}; END;") == 44609
        return
    app.sql("UPDATE t SET name = 'c' WHERE id = 1")
    app.commit()
    sys.sql("ALTER SYSTEM SWITCH LOGFILE")
    call(sys, text)
    assert [row[0] for row in sys.sql(ROWS)] == ["UPDATE"]
    call(sys, "END_LOGMNR")


def test_privileges(app: Any, sys: Any, database: Database, code: Callable[[Any, str], int]) -> None:
    add = f"BEGIN SYS.DBMS_LOGMNR.ADD_LOGFILE('{current(sys)}'); END;"
    assert code(app, add) == 6550
    sys.sql("GRANT EXECUTE ON dbms_logmnr TO app")
    assert code(app, add) == 1031
    sys.sql("GRANT LOGMINING TO app")
    app.sql(add)
    assert code(app, "SELECT * FROM v$logmnr_contents") == 942
    sys.sql("REVOKE LOGMINING FROM app")
    sys.sql("REVOKE EXECUTE ON dbms_logmnr FROM app")


def test_from_the_root_alone(tmp_path: pathlib.Path, code: Callable[[Any, str], int]) -> None:
    made = Database.create(str(tmp_path / "cdb"), DatabaseSpec(name="CDB", pdb="SHOP", passwords=PASSWORDS))
    try:
        local = made.logon(Logon("SYS", made.spec.default_service, "SYSDBA"))
        assert code(local, "BEGIN DBMS_LOGMNR.ADD_LOGFILE('x'); END;") == 65040
        root = made.logon(Logon("SYS", made.spec.container_service, "SYSDBA"))
        call(root, f"ADD_LOGFILE('{current(root)}')")
        call(root, f"START_LOGMNR(Options => {ONLINE})")
        assert {row[0] for row in root.sql("SELECT src_con_name FROM v$logmnr_contents")} <= {"SHOP"}
    finally:
        made.shutdown("ABORT")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_DST and UPGRADE mode: windows in their order, over restarts, and what is refused outside them."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from oralab.api import Logon
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.errors import OraError
from oralab.tools import sqlplus_server

PROPERTIES = "SELECT property_value FROM database_properties WHERE property_name LIKE 'DST\\_%' ESCAPE '\\' ORDER BY property_name"
UPGRADE = "DECLARE n NUMBER; BEGIN DBMS_DST.UPGRADE_DATABASE(n, log_errors => TRUE); DBMS_OUTPUT.PUT_LINE('failures ' || n); END;"
END = "DECLARE n NUMBER; BEGIN DBMS_DST.END_UPGRADE(n); END;"


class Moved:
    """A database with file 32 in a home with 44."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.open: list[Any] = []

    def connect(self, user: str = "SYS", privilege: str = "SYSDBA") -> Any:
        self.open.append(self.database.logon(Logon(user, self.database.spec.default_service, privilege)))
        return self.open[-1]

    def start(self, how: str = "") -> Any:
        if self.database.state != "DOWN":
            self.database.shutdown("IMMEDIATE")
        sqlplus_server.startup(self.database.instances[0], how, None)
        return self.connect()

    @property
    def properties(self) -> list[str]:
        """Primary version, secondary version, state."""
        return [value for (value,) in self.connect().sql(PROPERTIES)]


@pytest.fixture
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    database = Database.create(str(tmp_path_factory.mktemp("dst")), DatabaseSpec("DST", timezone_file=32, home_timezone_file=44))
    with database.internal() as session:
        session.sql('CREATE USER app IDENTIFIED BY "x" QUOTA UNLIMITED ON users')
        session.sql("GRANT CREATE SESSION, RESTRICTED SESSION TO app")
        session.sql("CREATE TABLE app.meetings (id NUMBER, at TIMESTAMP WITH TIME ZONE)")
        session.sql("CREATE TABLE app.offsets (at TIMESTAMP WITH TIME ZONE)")
        session.sql("CREATE TABLE app.plain (at TIMESTAMP)")
        session.sql("INSERT INTO app.meetings SELECT LEVEL, TIMESTAMP '2026-07-01 10:00:00 Europe/Berlin' FROM dual CONNECT BY LEVEL <= 7")
        session.sql("INSERT INTO app.offsets VALUES (TIMESTAMP '2026-07-01 10:00:00 +02:00')")
    yield Moved(database)
    if database.state != "DOWN":
        database.shutdown("ABORT")


def refused(code: int, call: Callable[[], object]) -> None:
    with pytest.raises(OraError) as caught:
        call()
    assert caught.value.code == code, caught.value


def test_a_prepare_window_finds_what_a_newer_file_touches(moved: Moved) -> None:
    session = moved.connect()
    assert moved.properties == ["32", "0", "NONE"] and session.sql("SELECT DBMS_DST.GET_LATEST_TIMEZONE_VERSION FROM dual") == [(44,)]
    for statement in ("BEGIN DBMS_DST.FIND_AFFECTED_TABLES; END;", "BEGIN DBMS_DST.END_PREPARE; END;"):
        refused(56924, lambda statement=statement: session.sql(statement))
    for version, code in ((32, 56921), (14, 56921), (45, 30094)):
        refused(code, lambda version=version: session.sql(f"BEGIN DBMS_DST.BEGIN_PREPARE({version}); END;"))
    session.sql("BEGIN DBMS_DST.BEGIN_PREPARE(44); END;")
    assert moved.properties == ["32", "44", "PREPARE"]
    refused(56920, lambda: session.sql("BEGIN DBMS_DST.BEGIN_PREPARE(44); END;"))
    # It lasts over a restart.
    session = moved.start()
    session.sql("BEGIN DBMS_DST.FIND_AFFECTED_TABLES(log_errors => TRUE); END;")
    assert session.sql("SELECT table_owner, table_name, column_name, row_count, error_count FROM sys.dst$affected_tables") == [
        ("APP", "MEETINGS", "AT", 7, 0)]
    session.sql("BEGIN DBMS_DST.END_PREPARE; END;")
    assert moved.properties == ["32", "0", "NONE"]


def test_an_upgrade_needs_upgrade_mode_first_and_ordinary_work_then(moved: Moved) -> None:
    session = moved.connect()
    refused(56926, lambda: session.sql("BEGIN DBMS_DST.BEGIN_UPGRADE(44); END;"))
    refused(56928, lambda: session.sql(UPGRADE))
    session = moved.start("UPGRADE")
    assert session.sql("SELECT status, logins FROM v$instance") == [("OPEN MIGRATE", "RESTRICTED")]
    refused(1035, lambda: moved.connect("APP", ""))
    session.sql("BEGIN DBMS_DST.BEGIN_UPGRADE(44); END;")
    assert moved.properties == ["44", "32", "UPGRADE"]
    with pytest.raises(OraError, match="not simulated"):
        session.sql(UPGRADE)
    session = moved.start()
    assert session.sql("SELECT status, logins FROM v$instance") == [("OPEN", "ALLOWED")]
    assert session.sql("SELECT table_name FROM dba_tstz_tables WHERE upgrade_in_progress = 'YES' ORDER BY 1") == [("MEETINGS",), ("OFFSETS",)]
    refused(56929, lambda: session.sql(END))
    # A table that is worked with fails and stays marked.
    application = moved.connect("APP", "")
    application.sql("INSERT INTO meetings VALUES (8, SYSTIMESTAMP)")
    session.sql("BEGIN DBMS_OUTPUT.ENABLE; END;")
    session.sql(UPGRADE)
    assert session.sql("SELECT table_name, error_number FROM sys.dst$error_table") == [("MEETINGS", 54)]
    refused(56929, lambda: session.sql(END))
    application.rollback()
    session.sql(UPGRADE)
    session.sql(END)
    assert moved.properties == ["44", "0", "NONE"] and session.sql("SELECT version FROM v$timezone_file") == [(44,)]
    refused(56921, lambda: session.sql("BEGIN DBMS_DST.BEGIN_PREPARE(32); END;"))


def test_dropped_tables_stand_in_the_way(moved: Moved) -> None:
    moved.connect().sql("DROP TABLE app.offsets")
    session = moved.start("UPGRADE")
    refused(38301, lambda: session.sql("BEGIN DBMS_DST.BEGIN_UPGRADE(44); END;"))
    session.sql("PURGE DBA_RECYCLEBIN")
    session.sql("BEGIN DBMS_DST.BEGIN_UPGRADE(44); END;")


def test_it_takes_the_privileges_that_it_uses(moved: Moved) -> None:
    administrator = moved.connect()
    administrator.sql("GRANT EXECUTE_CATALOG_ROLE TO app")
    session = moved.connect("APP", "")
    refused(1031, lambda: session.sql("BEGIN DBMS_DST.BEGIN_PREPARE(44); END;"))


def test_a_pluggable_database_is_upgraded_by_itself(tmp_path_factory: pytest.TempPathFactory) -> None:
    database = Database.create(str(tmp_path_factory.mktemp("cdb")), DatabaseSpec("CDB", pdb="SHOP", root_service="cdb", timezone_file=32,
                                                                                   home_timezone_file=44))
    session = database.logon(Logon("SYS", "cdb", "SYSDBA"))
    try:
        session.sql("ALTER PLUGGABLE DATABASE shop CLOSE IMMEDIATE")
        session.sql("ALTER PLUGGABLE DATABASE shop OPEN UPGRADE")
        assert session.sql("SELECT open_mode, restricted FROM v$pdbs WHERE con_id = 3") == [("MIGRATE", "YES")]
        refused(56926, lambda: session.sql("BEGIN DBMS_DST.BEGIN_UPGRADE(44); END;"))
        session.sql("ALTER SESSION SET CONTAINER = shop")
        session.sql("BEGIN DBMS_DST.BEGIN_UPGRADE(44); END;")
        session.sql("ALTER PLUGGABLE DATABASE CLOSE")
        session.sql("ALTER PLUGGABLE DATABASE OPEN")
        session.sql(UPGRADE)
        session.sql(END)
        assert session.sql("SELECT version FROM v$timezone_file") == [(44,)]
        session.sql("ALTER SESSION SET CONTAINER = cdb$root")
        assert session.sql("SELECT version FROM v$timezone_file") == [(32,)]
    finally:
        database.shutdown("ABORT")

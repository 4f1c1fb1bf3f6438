# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restore points, FLASHBACK DATABASE and incarnations, as a DBA types them."""
from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from oralab.api import Logon
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.errors import OraError


def code(session: Any, text: str) -> int:
    with pytest.raises(OraError) as caught:
        session.sql(text)
    return caught.value.code


@pytest.fixture
def database(tmp_path: pathlib.Path) -> Iterator[Database]:
    (tmp_path / "fra").mkdir()
    made = Database.create(str(tmp_path / "quay"), DatabaseSpec(name="QUAY", passwords={"SYS": "secret"}, log_mode="ARCHIVELOG", parameters={
        "db_recovery_file_dest_size": "10G", "db_recovery_file_dest": str(tmp_path / "fra")}))
    yield made
    if made.state != "DOWN":
        made.shutdown("ABORT")


def sysdba(database: Database) -> Any:
    return database.logon(Logon("SYS", database.spec.default_service, "SYSDBA", os_authenticated=True))


def mounted(database: Database) -> Any:
    database.shutdown("IMMEDIATE")
    database.startup("MOUNTED")
    return sysdba(database)


def ships(session: Any) -> list[Any]:
    return [row[0] for row in session.sql("SELECT name FROM ships ORDER BY name")]


def insert(session: Any, name: str) -> int:
    session.sql(f"INSERT INTO ships VALUES ('{name}')")
    session.commit()
    return int(session.sql("SELECT current_scn FROM v$database")[0][0])


def test_temporary_files_are_not_flashed_back_and_need_not_be_there(database: Database) -> None:
    """A standby that was restored has none before it is opened."""
    session = sysdba(database)
    session.sql("CREATE TABLE ships (name VARCHAR2(30))")
    insert(session, "ARGO")
    temporary = [pathlib.Path(row[0]) for row in session.sql("SELECT name FROM v$tempfile")]
    session = mounted(database)
    for path in temporary:
        path.unlink()
    session.sql("CREATE RESTORE POINT before_storm GUARANTEE FLASHBACK DATABASE")
    session.sql("ALTER DATABASE OPEN")
    insert(session, "BOREAS")
    session = mounted(database)
    session.sql("FLASHBACK DATABASE TO RESTORE POINT before_storm")
    session.sql("ALTER DATABASE OPEN RESETLOGS")
    assert ships(session) == ["ARGO"] and temporary and all(path.exists() for path in temporary)


def test_back_to_a_guaranteed_restore_point_and_a_new_incarnation(database: Database) -> None:
    session = sysdba(database)
    session.sql("CREATE TABLE ships (name VARCHAR2(30))")
    insert(session, "ARGO")
    session.sql("CREATE RESTORE POINT before_storm GUARANTEE FLASHBACK DATABASE")
    assert session.sql("SELECT storage_size FROM v$restore_point")[0][0] > 0
    insert(session, "BOREAS")
    session.sql("CREATE TABLESPACE later DATAFILE SIZE 1M" if database.parameters.get("db_create_file_dest") else
                f"CREATE TABLESPACE later DATAFILE '{database.directory}/later.dbf' SIZE 1M")
    assert code(session, "FLASHBACK DATABASE TO RESTORE POINT before_storm") == 38757
    session = mounted(database)
    assert code(session, "ALTER DATABASE OPEN RESETLOGS") == 1139
    assert code(session, "FLASHBACK DATABASE TO RESTORE POINT nowhere") == 38780
    session.sql("FLASHBACK DATABASE TO RESTORE POINT before_storm")
    assert session.sql("SELECT open_resetlogs FROM v$database") == [("REQUIRED",)]
    assert code(session, "ALTER DATABASE OPEN") == 1589
    session.sql("ALTER DATABASE OPEN READ ONLY")
    assert ships(session) == ["ARGO"]
    session = mounted(database)
    session.sql("DROP RESTORE POINT before_storm")
    session.sql("ALTER DATABASE OPEN RESETLOGS")
    assert ships(session) == ["ARGO"] and session.sql("SELECT COUNT(*) FROM dba_tablespaces WHERE tablespace_name = 'LATER'") == [(0,)]
    assert session.sql("SELECT incarnation#, status, prior_incarnation# FROM v$database_incarnation ORDER BY 1") == [(1, "PARENT", 0), (2, "CURRENT", 1)]
    assert session.sql("SELECT sequence#, status FROM v$log WHERE status = 'CURRENT'") == [(1, "CURRENT")]
    insert(session, "CIRCE")
    session.sql("ALTER SYSTEM ARCHIVE LOG CURRENT")
    database.shutdown("ABORT")
    database.startup()
    assert ships(sysdba(database)) == ["ARGO", "CIRCE"]


def test_flashback_logging_goes_to_any_scn(database: Database) -> None:
    session = sysdba(database)
    session.sql("CREATE TABLE ships (name VARCHAR2(30))")
    first = insert(session, "ARGO")
    session.sql("ALTER DATABASE FLASHBACK ON")
    second = insert(session, "BOREAS")
    session.sql("CREATE RESTORE POINT ordinary")
    insert(session, "CIRCE")
    session = mounted(database)
    assert code(session, f"FLASHBACK DATABASE TO SCN {first}") == 38729
    assert code(session, "FLASHBACK DATABASE TO SCN 99999999999") == 38743
    session.sql(f"FLASHBACK DATABASE TO SCN {second}")
    session.sql("ALTER DATABASE OPEN RESETLOGS")
    assert ships(session) == ["ARGO", "BOREAS"]
    session = mounted(database)
    session.sql("ALTER DATABASE FLASHBACK OFF")
    assert code(session, "FLASHBACK DATABASE TO RESTORE POINT ordinary") == 38726


def test_who_may(database: Database) -> None:
    session = sysdba(database)
    session.sql("CREATE USER mate IDENTIFIED BY x")
    session.sql("GRANT CREATE SESSION, ALTER DATABASE, FLASHBACK ANY TABLE TO mate")
    mate = database.logon(Logon("MATE", database.spec.default_service, ""))
    assert code(mate, "FLASHBACK DATABASE TO SCN 5") == 1031
    assert code(mate, "CREATE RESTORE POINT mine GUARANTEE FLASHBACK DATABASE") == 1031

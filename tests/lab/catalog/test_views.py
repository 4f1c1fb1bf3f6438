# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any

import pytest
from oralab.catalog import dictionary
from oralab.catalog.database import Database
from oralab.errors import OraError
from oralab.values import Timestamp


def rows(database: Database, session: Any, view: str) -> list[dict[str, Any]]:
    relation = database.dictionary.public(view)
    assert relation is not None
    names = [column.name for column in relation.columns]
    return [dict(zip(names, row)) for row in relation.scan(session)]


@pytest.fixture
def mining(sys: Any) -> Any:
    """SYS with a LogMiner session, without which V$LOGMNR_CONTENTS has nothing to say (ORA-01306)."""
    member, = sys.sql("SELECT f.member FROM v$logfile f JOIN v$log l ON l.group# = f.group# WHERE l.status = 'CURRENT'")[0]
    sys.sql(f"BEGIN DBMS_LOGMNR.ADD_LOGFILE('{member}', DBMS_LOGMNR.NEW); "
            "DBMS_LOGMNR.START_LOGMNR(Options => DBMS_LOGMNR.DICT_FROM_ONLINE_CATALOG); END;")
    return sys


def test_every_simulated_view_gives_rows_of_its_columns(database: Database, mining: Any) -> None:
    sys = mining
    kinds: dict[str, tuple[type, ...]] = {
        "NUMBER": (int, Decimal), "VARCHAR2": (str,), "CHAR": (str,), "CLOB": (str,), "LONG": (str,), "DATE": (datetime.datetime,),
        "RAW": (bytes,), "TIMESTAMP": (Timestamp,), "TIMESTAMP WITH TIME ZONE": (Timestamp,)}
    sys.sql("CREATE TABLE system.probe (id NUMBER PRIMARY KEY, note CLOB, day DATE DEFAULT SYSDATE) TABLESPACE users")
    sys.sql("INSERT INTO system.probe VALUES (1, 'x', SYSDATE)")
    sys.commit()
    sys.sql("BEGIN DBMS_STATS.GATHER_TABLE_STATS('SYSTEM', 'PROBE'); END;")
    sys.sql("CREATE RESTORE POINT probe")
    titles = database.dictionary.titles()
    assert len(titles) > 400
    for title in titles:
        relation = database.dictionary.public(title)
        assert relation is not None
        for row in relation.scan(sys):
            assert len(row) == len(relation.columns), title
            for column, value in zip(relation.columns, row):
                assert value is None or isinstance(value, kinds.get(column.type.name, (object,))), (title, column.name, value)
    sys.sql("DROP RESTORE POINT probe")
    sys.sql("DROP TABLE system.probe PURGE")


def test_row_functions_name_only_columns_that_exist(database: Database, mining: Any) -> None:
    known: dict[str, set[str]] = {}
    for release in ("12.1", "19"):
        for title, columns in dictionary.columns_by_view(release).items():
            short = re.sub(r"^(DBA|ALL|USER)_", "", title)
            known.setdefault(short, set()).update(column.name for column in columns)
    every = {"INST_ID", "CON_ID", "USERNAME", "GRANTEE", dictionary.OBJECT, dictionary.OWNER}
    for name, provider in dictionary._providers.items():
        short = re.sub(r"^(DBA|ALL|USER)_", "", name)
        allowed = known.get(short, set()) | every
        for row in provider(mining, database):
            stray = {key for key in row if key not in allowed}
            assert all(any(key in columns for columns in known.values()) for key in stray), (name, stray)
            break


def test_columns_follow_the_release(database: Database, release: str) -> None:
    names = {column.name for column in database.dictionary.public("V$DATABASE").columns}      # type: ignore[union-attr]
    assert ("SUPPLEMENTAL_LOG_DATA_SR" in names) == (release == "19")
    instance = {column.name for column in database.dictionary.public("V$INSTANCE").columns}   # type: ignore[union-attr]
    assert ("VERSION_FULL" in instance) == (release == "19")


def test_a_known_view_that_is_not_built_differs_from_an_unknown_one(database: Database) -> None:
    with pytest.raises(OraError) as error:
        database.dictionary.public("DBA_HIST_SQLSTAT")
    assert error.value.code == 3001
    assert database.dictionary.public("DBA_NO_SUCH_VIEW") is None


def test_cdb_and_gv_views_add_their_column(database: Database, sys: Any) -> None:
    assert database.dictionary.public("CDB_TABLES").columns[-1].name == "CON_ID"              # type: ignore[union-attr]
    assert database.dictionary.public("GV$SESSION").columns[0].name == "INST_ID"              # type: ignore[union-attr]
    assert rows(database, sys, "GV$SESSION")[0]["INST_ID"] == 1


def test_what_every_database_has(database: Database, sys: Any) -> None:
    spaces = {row["TABLESPACE_NAME"]: row["CONTENTS"] for row in rows(database, sys, "DBA_TABLESPACES")}
    assert spaces == {"SYSTEM": "PERMANENT", "SYSAUX": "PERMANENT", "UNDOTBS1": "UNDO", "TEMP": "TEMPORARY", "USERS": "PERMANENT"}
    users = {row["USERNAME"]: row for row in rows(database, sys, "DBA_USERS")}
    assert users["SYSTEM"]["ORACLE_MAINTAINED"] == "Y" and users["OUTLN"]["ACCOUNT_STATUS"] == "LOCKED"
    roles = {row["ROLE"] for row in rows(database, sys, "DBA_ROLES")}
    assert {"CONNECT", "RESOURCE", "DBA", "DATAPUMP_EXP_FULL_DATABASE", "SELECT_CATALOG_ROLE"} <= roles
    parameters = {row["NAME"]: row["VALUE"] for row in rows(database, sys, "V$PARAMETER")}
    assert parameters["db_name"] == "SALES" and parameters["processes"] == "300"
    properties = {row["PROPERTY_NAME"]: row["PROPERTY_VALUE"] for row in rows(database, sys, "DATABASE_PROPERTIES")}
    assert properties["NLS_CHARACTERSET"] == "AL32UTF8" and properties["DEFAULT_TEMP_TABLESPACE"] == "TEMP"

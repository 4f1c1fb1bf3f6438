# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database of its own for the engine's tests, and sessions in it."""
from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from oralab.api import Logon
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.engine.session import Session


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    found = Database.create(str(tmp_path_factory.mktemp("engine")), DatabaseSpec(name="ENGINE"))
    with found.internal() as sys:
        for sql in ("CREATE USER app IDENTIFIED BY app DEFAULT TABLESPACE system QUOTA UNLIMITED ON system",
                    "GRANT CREATE SESSION, CREATE TABLE, CREATE VIEW, CREATE SEQUENCE, CREATE PROCEDURE, CREATE TRIGGER, CREATE "
                    "SYNONYM TO app",
                    "CREATE USER other IDENTIFIED BY other DEFAULT TABLESPACE system QUOTA UNLIMITED ON system",
                    "GRANT CREATE SESSION, CREATE TABLE TO other", "GRANT EXECUTE ON dbms_lock TO app"):
            sys.sql(sql)
    yield found


@pytest.fixture
def connect(database: Database) -> Iterator[Callable[..., Session]]:
    """Log on as a user; sessions are closed and the tables of APP and OTHER dropped afterwards."""
    opened: list[Session] = []

    def logon(user: str = "APP", privilege: str = "") -> Session:
        opened.append(database.logon(Logon(user, "engine", privilege)))
        return opened[-1]
    yield logon
    for session in opened:
        session.close()
    with database.internal() as sys:
        for owner, name, kind in sys.sql("SELECT owner, object_name, object_type FROM dba_objects WHERE owner IN ('APP', 'OTHER') "
                                         "AND object_type IN ('TABLE', 'VIEW', 'SEQUENCE', 'PROCEDURE', 'SYNONYM') AND object_name "
                                         "NOT LIKE 'ISEQ$$%'"):
            more = " CASCADE CONSTRAINTS PURGE" if kind == "TABLE" else ""
            sys.sql(f'DROP {kind} "{owner}"."{name}"{more}')


@pytest.fixture
def session(connect: Callable[..., Session]) -> Session:
    return connect()


@pytest.fixture
def sys(connect: Callable[..., Session]) -> Session:
    return connect("SYS", "SYSDBA")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from oralab.api import Logon
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.errors import OraError

PASSWORDS = {"SYS": "secret", "SYSTEM": "secret"}


@pytest.fixture(scope="module", params=["19", "12.1"])
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def database(release: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    version = {"19": "19.3.0.0.0", "12.1": "12.1.0.2.0"}[release]
    made = Database.create(str(tmp_path_factory.mktemp("db") / "sales"), DatabaseSpec(
        name="SALES", release=release, version=version, passwords=PASSWORDS, compatible=version))
    yield made
    if made.state != "DOWN":
        made.shutdown("ABORT")


@pytest.fixture
def connect(database: Database) -> Iterator[Callable[..., Any]]:
    opened = []

    def session(user: str, privilege: str = "") -> Any:
        opened.append(database.logon(Logon(user, database.spec.default_service, privilege)))
        return opened[-1]
    yield session
    for one in opened:
        one.close()


@pytest.fixture
def sys(connect: Callable[..., Any]) -> Any:
    return connect("SYS", "SYSDBA")


@pytest.fixture
def schema(sys: Any, connect: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Makes users with the usual privileges; they are dropped afterwards."""
    made: list[str] = []

    def user(name: str, *privileges: str, quota: str = "UNLIMITED") -> Any:
        sys.sql(f'CREATE USER {name} IDENTIFIED BY "x" QUOTA {quota} ON users')
        made.append(name)
        for privilege in ("CONNECT", "RESOURCE", "CREATE VIEW", "CREATE SYNONYM", "CREATE MATERIALIZED VIEW", *privileges):
            sys.sql(f"GRANT {privilege} TO {name}")
        return connect(name.upper())
    yield user
    for name in made:
        for one in list(sys.database.sessions.values()):
            if one.user == name.upper():
                one.close()
        sys.sql(f"DROP USER {name} CASCADE")


def code(call: Callable[[], Any]) -> int:
    """The ORA code that a call fails with; 0 when it does not."""
    try:
        call()
    except OraError as error:
        return error.code
    return 0


@pytest.fixture
def fails() -> Callable[[Any, str], int]:
    """The ORA code of a statement, 0 when it succeeds."""
    return lambda session, sql: code(lambda: session.sql(sql))

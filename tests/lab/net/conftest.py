# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A listener with two fake databases, and connections of the real driver to the first."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import oracledb
import pytest
from fake_database import FakeDatabase, FakeSession
from oralab.net.faults import FaultPlan
from oralab.net.listener import Listener


@dataclasses.dataclass
class Lab:
    """What a test talks to."""

    listener: Listener
    database: FakeDatabase
    faults: FaultPlan

    def dsn(self, service: str = "fake_svc") -> str:
        return f"127.0.0.1:{self.listener.port}/{service}"

    def descriptor(self, connect_data: str) -> str:
        address = f"(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT={self.listener.port}))"
        return f"(DESCRIPTION={address}(CONNECT_DATA={connect_data}))"

    def connect(self, user: str = "scott", password: str = "tiger", **options: object) -> oracledb.Connection:
        return oracledb.connect(user=user, password=password, dsn=options.pop("dsn", self.dsn()), **options)

    @property
    def session(self) -> FakeSession:
        """The server's side of the newest connection."""
        return self.database.sessions[-1]


@pytest.fixture(params=[(19, 3, 0, 0, 0), (12, 1, 0, 2, 0)], ids=["19c", "12.1"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    database, faults = FakeDatabase(version=request.param), FaultPlan()
    listener = Listener("127.0.0.1", 0, [database, FakeDatabase("OTHER", (12, 2, 0, 1, 0))], faults=faults)
    listener.start()
    yield Lab(listener, database, faults)
    listener.stop()


@pytest.fixture
def connection(lab: Lab) -> Iterator[oracledb.Connection]:
    with lab.connect() as connection:
        yield connection


@pytest.fixture
def cursor(connection: oracledb.Connection) -> oracledb.Cursor:
    return connection.cursor()

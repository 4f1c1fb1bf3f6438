# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample schemas without their many rows, and a listener, for clients that other people wrote."""
from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator

import pytest
from oralab.hosts import Host
from oralab.lab import load, topologies
from oralab.net.listener import Listener

PASSWORD = "a1b2c3"


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """Where clients connect to; every user has the same password."""

    host: str
    port: int
    service: str
    password: str = PASSWORD

    @property
    def dsn(self) -> str:
        return f"{self.host}:{self.port}/{self.service}"


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("clients")
    member = topologies()["xtts"].members[0]
    host = Host(str(home / "host"))
    database = host.create(dataclasses.replace(member.spec, passwords={"SYS": PASSWORD, "SYSTEM": PASSWORD}))
    os.mkdir(home / "staging")
    variables = {"DATAFILES": host.data, "STAGING": str(home / "staging"),
                 **{f"{name}_PASSWORD": PASSWORD for name in ("SYS", "SYSTEM", "DBFERRY", "SALES", "HR", "INVENTORY")}}
    for script in member.scripts:
        if script != "application_rows.sql":
            load(database, script, variables)
    listener = Listener("127.0.0.1", 0, [database])
    listener.start()
    yield Server("127.0.0.1", listener.port, database.spec.default_service)
    listener.stop()
    database.shutdown("ABORT")

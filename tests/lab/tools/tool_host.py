# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose database is a real store without a dictionary, and its tools run as processes."""
from __future__ import annotations

import datetime
import logging
import os
import pathlib
import subprocess
import sys
import time
import types

from oralab.storage import PLATFORMS, Store
from oralab.tools import control, rman_server
from oralab.tools.rman_records import Records
from oralab.values import DataType

LAB = pathlib.Path(__file__).resolve().parents[3] / "lab"


class FakeSession:
    def __init__(self, database: FakeDatabase, user: str) -> None:
        database.next_sid += 1
        self.sid, self.serial, self.user = database.next_sid, 1, user
        self.database = database
        database.open_sessions.add(self.sid)

    def close(self) -> None:
        self.database.open_sessions.discard(self.sid)


class FakeDatabase:
    """What RMAN asks of ``oralab.catalog.database.Database``."""

    def __init__(self, directory: pathlib.Path, name: str, platform: int) -> None:
        self.directory = str(directory / "oradata")
        self.store = Store.create(self.directory, name=name, dbid=4711 + platform, platform=platform)
        self.spec = types.SimpleNamespace(name=name, db_unique_name=name, platform=PLATFORMS[platform].name, platform_id=platform,
                                          oracle_home=str(directory / "home"), instance_name=name.lower(), instances=())
        self.spfile = str(directory / "spfile.ora")
        pathlib.Path(self.spfile).write_text("db_name=x\n")
        self.parameters = {"db_recovery_file_dest": str(directory / "recovery")}
        self.attributes = types.SimpleNamespace(log_mode="ARCHIVELOG")
        self.state, self.read_only = "OPEN", False
        self.instances: list[object] = []
        self.plugged: dict[str, object] = {}
        self.rman_records: dict[str, list[dict[str, object]]] = {}
        self.longops: dict[object, dict[str, object]] = {}
        self.next_sid = 40
        self.open_sessions: set[int] = set()

    def now(self) -> datetime.datetime:
        return datetime.datetime.now().replace(microsecond=0)

    def logon(self, request: object) -> FakeSession:
        return FakeSession(self, request.privilege)  # type: ignore[attr-defined]


class Host:
    """A fake database served on its control channel, with an ORACLE_HOME that finds it."""

    def __init__(self, directory: pathlib.Path, name: str, platform: int) -> None:
        self.directory = directory
        self.database = FakeDatabase(directory, name, platform)
        Records.load(self.database)
        self.home = directory / "home"
        (self.home / "dbs").mkdir(parents=True)
        (self.home / "dbs" / f"{name.lower()}.lab").write_text(self.database.directory + "\n")
        self.environment = {**os.environ, "ORACLE_HOME": str(self.home), "ORACLE_SID": name.lower(), "PYTHONPATH": str(LAB),
                            "NLS_DATE_FORMAT": "YYYY-MM-DD HH24:MI:SS"}
        self.server = control.ControlServer(self.database.directory, {
            "rman": lambda conversation, hello: rman_server.serve(self.database, conversation, hello)}, logging.getLogger("test"))
        self.server.start()

    @property
    def store(self) -> Store:
        return self.database.store

    def fill(self, tablespace: str = "APP", rows: int = 200, number: int = 100) -> pathlib.Path:
        """A tablespace with a table of that many rows; the path of its file."""
        path = self.directory / "oradata" / f"{tablespace.lower()}01.dbf"
        self.store.create_tablespace(tablespace, [(str(path), 4 << 20, True, 1 << 30, 1 << 20)])
        self.store.create_segment(number, tablespace, [DataType("NUMBER"), DataType("VARCHAR2", 4000)])
        self.insert(rows, number)
        return path

    def insert(self, rows: int, number: int = 100, start: int = 0) -> None:
        handle = self.store.table({None: number})
        transaction = self.store.begin()
        for value in range(start, start + rows):
            handle.insert(transaction, (value, f"Größe {value} " * 5))
        self.store.commit(transaction)

    def nobody_is_logged_on(self) -> None:
        """Until the database has noticed that its clients are gone."""
        deadline = time.monotonic() + 60
        while self.database.open_sessions:
            assert time.monotonic() < deadline, "a session was left behind"
            time.sleep(0.05)

    def rman(self, text: str, *arguments: str, **environment: str) -> tuple[int, str]:
        """Exit code and output of ``rman`` with ``text`` as its standard input."""
        done = subprocess.run([sys.executable, "-m", "oralab.tools.rman_main", *arguments], input=text, capture_output=True, text=True,
                              timeout=300, env={**self.environment, **environment}, check=False)
        assert not done.stderr
        return done.returncode, done.stdout

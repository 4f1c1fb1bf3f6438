# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A primary and a physical standby of it on servers of their own, and the modules run on either of them.

The standby is made of copies of the primary's files, as after a restore; nothing of Data Guard is set up.
"""
from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import shutil
import subprocess
import time
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import kernel
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import full_spec
from ansible_collections.dbferry.oracle.plugins.module_utils.opening import open_session
from ansible_collections.dbferry.oracle.plugins.module_utils.session import DriverSession
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from lab_under_test import on_this_host
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host
from oralab.lab import load
from oralab.storage import records
from test_contract import module_of

PASSWORD = "Tiger"

Proxy = t.Callable[[t.Any], t.Any]


class Pair:
    """Two databases, ``dbsrc`` and ``dbtrg``."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        self.hosts = {name: Host(str(directory / name)) for name in ("dbsrc", "dbtrg")}

    # -- making it

    def make(self) -> None:
        source = DatabaseSpec("SALES", unique_name="dbsrc", sid="dbsrc", log_mode="ARCHIVELOG", passwords={"SYS": PASSWORD, "SYSTEM": PASSWORD})
        primary = self._create("dbsrc", source)
        load(primary, "migration_user.sql", {"DATAFILES": self.hosts["dbsrc"].data, "DBFERRY_PASSWORD": PASSWORD})
        standby = self._create("dbtrg", dataclasses.replace(source, unique_name="dbtrg", sid="dbtrg"))
        standby.shutdown("IMMEDIATE")
        self._copy(primary, standby)
        primary.shutdown("IMMEDIATE")
        self.hosts["dbsrc"].start()
        self.hosts["dbtrg"].start()
        self.run("instance", "dbtrg", state="mounted", restart=True)

    def _create(self, name: str, spec: DatabaseSpec) -> Database:
        host = self.hosts[name]
        database = host.create(spec)
        open(host.log, "ab").close()
        return database

    def _copy(self, primary: Database, standby: Database) -> None:
        """Take the primary's files and a standby control file in the place of the other database's own."""
        home = self.hosts["dbtrg"].data
        with primary.store.lock:
            primary.store.checkpoint()
            control = records.load(primary.store.control_copy("PHYSICAL STANDBY"))
            for path in pathlib.Path(home).glob("*"):
                if path.is_file() and path.suffix in (".dbf", ".log", ".ctl", ".redo"):
                    path.unlink()
            shutil.rmtree(os.path.join(home, "redo"), ignore_errors=True)
            for file in control.datafiles.values():
                there = os.path.join(home, os.path.basename(file.path))
                shutil.copyfile(file.path, there)
                file.path = there
        with open(os.path.join(home, "control01.ctl"), "wb") as made:
            made.write(records.dump(control))
        shutil.copyfile(primary.password_file.path, standby.password_file.path)

    def stop(self) -> None:
        for host in self.hosts.values():
            if host.exists():
                host.stop(abort=True)

    # -- using it

    def address(self, name: str) -> str:
        """What the other database connects by."""
        return f"127.0.0.1:{self.hosts[name].port}/{name}"

    def login(self, name: str, **more: t.Any) -> t.Dict[str, t.Any]:
        return dict({"dsn": self.address(name), "user": "SYS", "password": PASSWORD, "mode": "sysdba", "oracle_home": self.hosts[name].home,
                     "oracle_sid": name}, **more)

    def run(self, module: str, name: str, /, peer: t.Optional[str] = None, check_mode: bool = False, proxy: t.Optional[Proxy] = None,
            **arguments: t.Any) -> t.Dict[str, t.Any]:
        """One call of a module as the action plugin makes it."""
        found = module_of(module)
        want = {option: spec.get("default") for option, spec in full_spec(found.argument_spec).items()}
        want.update(self.login(name), migration_id="SALES", migration_run=1, journal_owner="DBFERRY")
        want.update(arguments)
        if peer:
            want["peer"] = self.login(peer)
        with open_session(want, on_this_host, found.local(want), found.reopen) as session:
            return kernel.run(found, want, proxy(session) if proxy else session, check_mode=check_mode)

    def until_finished(self, module: str, name: str, peer: t.Optional[str] = None, **arguments: t.Any) -> t.Dict[str, t.Any]:
        """Calls of a module until it says that it is finished, as a task with ``until`` makes them."""
        deadline = time.monotonic() + 180
        while not (found := self.run(module, name, peer, **arguments))["finished"]:
            assert time.monotonic() < deadline, f"{module} did not finish: {found}"
            time.sleep(0.2)
        return found

    @contextlib.contextmanager
    def session(self, name: str, **login: t.Any) -> t.Iterator[DriverSession]:
        session = DriverSession(self.login(name, **login))
        try:
            yield session
        finally:
            session.close()

    def sql(self, name: str, *statements: str, **login: t.Any) -> None:
        with self.session(name, **login) as session:
            for statement in statements:
                session.execute(Statement(statement))

    def one(self, name: str, query: str, **login: t.Any) -> t.Any:
        """The one value that a query gives."""
        with self.session(name, **login) as session:
            [row] = session.query(query)
            return next(iter(row.values()))

    def role(self, name: str) -> str:
        with self.session(name) as session:
            return session.one("SELECT database_role || ', ' || open_mode role FROM v$database")["role"]

    def tool(self, name: str, program: str, *arguments: str) -> None:
        """A program of the ORACLE_HOME of a database's server."""
        home = self.hosts[name].home
        subprocess.run([os.path.join(home, "bin", program), *arguments], env=dict(os.environ, ORACLE_HOME=home, ORACLE_SID=name), check=True,
                       stdout=subprocess.DEVNULL)

    def password_file(self, name: str) -> pathlib.Path:
        return pathlib.Path(self.hosts[name].home, "dbs", f"orapw{name}")

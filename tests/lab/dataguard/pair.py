# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A primary and standbys of it, each with a listener of its own, in the process of the test."""
from __future__ import annotations

import dataclasses
import logging
import os
import pickle
import shutil
import time
from collections.abc import Callable
from typing import Any

from oralab.api import Logon
from oralab.catalog.database import Database
from oralab.catalog.instances import DOWN, MOUNTED
from oralab.catalog.parameters import first_file
from oralab.catalog.spec import DatabaseSpec
from oralab.net.faults import FaultPlan
from oralab.net.listener import Listener
from oralab.storage import records, sparse

LOGGER = logging.getLogger("pair")
PASSWORD = "secret"


@dataclasses.dataclass
class Member:
    """A database with its listener."""

    database: Database
    listener: Listener
    faults: FaultPlan

    @property
    def name(self) -> str:
        return self.database.spec.db_unique_name

    @property
    def address(self) -> str:
        """What another member connects by."""
        return f"127.0.0.1:{self.listener.port}/{self.database.spec.default_service}"

    def sql(self, text: str, *binds: Any) -> list[Any]:
        """A statement of an administrator, in a session of its own."""
        session = self.database.logon(Logon("SYS", "SYS$USERS", "SYSDBA", os_authenticated=True, program="sqlplus"))
        try:
            found = list(session.sql(text, binds))
            session.commit()
            return found
        finally:
            session.close()

    def one(self, text: str) -> Any:
        [(value,)] = self.sql(text)
        return value

    def restart(self, to: str = MOUNTED, *, abort: bool = False) -> None:
        self.down(abort=abort)
        self.database.startup(to)

    def down(self, *, abort: bool = False) -> None:
        if self.database.state != DOWN:
            self.database.shutdown("ABORT" if abort else "IMMEDIATE")

    def stop(self) -> None:
        self.listener.stop()
        self.down(abort=True)

    def archived(self) -> str:
        """Where its archived logs lie."""
        return os.path.join(self.database.directory, "archive")


def _serve(database: Database) -> Member:
    faults = FaultPlan()
    listener = Listener("127.0.0.1", 0, database.instances, logger=LOGGER, faults=faults, oracle_home=database.spec.oracle_home)
    listener.start()
    return Member(database, listener, faults)


def primary(directory: str, name: str = "dbsrc", **more: Any) -> Member:
    """A primary in ARCHIVELOG mode, with a table APP.T."""
    home = os.path.join(directory, name)
    os.makedirs(os.path.join(home, "archive"))
    parameters = {"log_archive_dest_1": f"LOCATION={home}/archive", **more.pop("parameters", {})}
    member = _serve(Database.create(home, DatabaseSpec(
        name="SALES", unique_name=name, log_mode="ARCHIVELOG", oracle_home=home, passwords={"SYS": PASSWORD}, parameters=parameters, **more)))
    member.sql("CREATE USER app IDENTIFIED BY app DEFAULT TABLESPACE users QUOTA UNLIMITED ON users")
    member.sql("CREATE TABLE app.t (id NUMBER PRIMARY KEY, text VARCHAR2(100))")
    return member


def standby(of: Member, directory: str, name: str = "dbtrg", **parameters: str) -> Member:
    """A physical standby made of copies of the primary's files, mounted."""
    home = os.path.join(directory, name)
    os.makedirs(os.path.join(home, "archive"))
    source = of.database
    with source.store.lock:
        source.store.checkpoint()
        control = records.load(source.store.control_copy("PHYSICAL STANDBY"))
        for file in control.datafiles.values():
            path = os.path.join(home, os.path.basename(file.path))
            sparse.copy(file.path, path)
            file.path = path
    with open(os.path.join(home, "control01.ctl"), "wb") as made:
        made.write(records.dump(control))
    given = {"log_archive_dest_1": f"LOCATION={home}/archive", "standby_file_management": "AUTO",
             "db_file_name_convert": f"{source.directory},{home}", **parameters}
    spec = dataclasses.replace(source.spec, unique_name=name, service=name, oracle_home=home, parameters=given)
    with open(os.path.join(home, "spec.pickle"), "wb") as file:
        pickle.dump(spec, file)
    made_database = Database.open(home, to=DOWN)
    first_file(made_database.parameter_files()["spfile"], spec, home)
    shutil.copyfile(source.password_file.path, made_database.password_file.path)
    made_database.startup(MOUNTED)
    return _serve(made_database)


def ship(source: Member, target: Member, number: int = 2, attributes: str = "ASYNC REOPEN=5") -> None:
    """Set the destination that sends the source's redo to the target."""
    names = f"DG_CONFIG=({source.name},{target.name})"
    for member in (source, target):
        member.sql(f"ALTER SYSTEM SET log_archive_config='{names}'")
    source.sql(f"ALTER SYSTEM SET log_archive_dest_{number}='SERVICE={target.address} {attributes} "
               f"VALID_FOR=(ONLINE_LOGFILES,PRIMARY_ROLE) DB_UNIQUE_NAME={target.name}'")


def defer(source: Member, number: int = 2) -> None:
    """Defer a destination, and wait until nothing goes there any more."""
    source.sql(f"ALTER SYSTEM SET log_archive_dest_state_{number}=DEFER")
    await_that(lambda: not source.sql("SELECT * FROM v$managed_standby WHERE process = 'LNS'"))


def add_standby_logs(member: Member, count: int = 4) -> None:
    for group in range(11, 11 + count):
        member.sql(f"ALTER DATABASE ADD STANDBY LOGFILE THREAD 1 GROUP {group} ('{member.database.directory}/standby{group}.log') SIZE 200M")


def await_that(true: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What the condition gives once it is true."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)
    return found

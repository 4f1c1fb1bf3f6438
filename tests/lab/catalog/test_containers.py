# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pluggable database is opened and closed by itself, and comes up as it was saved."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from oralab.api import Logon
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.errors import OraError

PDBS = "SELECT open_mode, restricted FROM v$pdbs WHERE name = 'SHOP'"


@pytest.fixture
def cdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    made = Database.create(str(tmp_path_factory.mktemp("cdb")), DatabaseSpec("CDB", pdb="SHOP", root_service="cdb"))
    with made.internal() as session:
        session.parameters["container"] = "SHOP"
        session.sql('CREATE USER app IDENTIFIED BY "x" QUOTA UNLIMITED ON users')
        session.sql("GRANT CREATE SESSION, CREATE TABLE TO app")
        session.sql("CREATE TABLE app.orders (id NUMBER)")
    yield made
    if made.state != "DOWN":
        made.shutdown("ABORT")


def root(cdb: Database) -> Any:
    return cdb.logon(Logon("SYS", "cdb", "SYSDBA"))


def refused(code: int, call: Callable[[], object]) -> None:
    with pytest.raises(OraError) as caught:
        call()
    assert caught.value.code == code, caught.value


def alter(session: Any, what: str) -> None:
    session.sql(f"ALTER PLUGGABLE DATABASE {what}")


def test_closed_it_offers_no_service_and_ends_its_sessions(cdb: Database) -> None:
    session, application = root(cdb), cdb.logon(Logon("APP", "shop"))
    assert session.sql(PDBS) == [("READ WRITE", "NO")] and cdb.services() == {"cdb": "READY", "shop": "READY"}
    refused(65019, lambda: alter(session, "shop OPEN"))
    refused(65011, lambda: alter(session, "no_such OPEN"))
    refused(65017, lambda: alter(session, "PDB$SEED CLOSE"))
    alter(session, "shop CLOSE IMMEDIATE")
    assert session.sql(PDBS) == [("MOUNTED", None)] and cdb.services() == {"cdb": "READY"} and application.killed
    refused(65020, lambda: alter(session, "shop CLOSE"))
    alter(session, "ALL CLOSE")
    # From inside, what is fixed can be asked, and it can be opened.
    session.sql("ALTER SESSION SET CONTAINER = shop")
    refused(1219, lambda: session.sql("SELECT COUNT(*) FROM app.orders"))
    refused(1109, lambda: session.sql("INSERT INTO app.orders VALUES (1)"))
    assert session.sql("SELECT open_mode FROM v$pdbs") == [("MOUNTED",)]
    alter(session, "OPEN")
    assert session.sql("SELECT COUNT(*) FROM app.orders") == [(0,)]


def test_read_only_and_restricted(cdb: Database) -> None:
    session = root(cdb)
    alter(session, "shop OPEN READ ONLY FORCE")
    application = cdb.logon(Logon("APP", "shop"))
    refused(16000, lambda: application.sql("INSERT INTO orders VALUES (1)"))
    refused(16000, lambda: application.sql("CREATE TABLE t (id NUMBER)"))
    assert application.sql("SELECT COUNT(*) FROM orders") == [(0,)]
    alter(session, "shop CLOSE IMMEDIATE")
    alter(session, "shop OPEN RESTRICTED")
    assert session.sql(PDBS) == [("READ WRITE", "YES")] and cdb.services()["shop"] == "RESTRICTED"
    refused(1035, lambda: cdb.logon(Logon("APP", "shop")))


def test_it_comes_up_as_it_was_saved(cdb: Database) -> None:
    def restarted() -> list[Any]:
        cdb.shutdown("IMMEDIATE")
        cdb.startup()
        return list(root(cdb).sql(PDBS))

    assert restarted() == [("READ WRITE", "NO")]
    session = root(cdb)
    alter(session, "shop OPEN READ ONLY FORCE")
    alter(session, "shop SAVE STATE")
    assert session.sql("SELECT con_name, instance_name, state FROM dba_pdb_saved_states") == [("SHOP", "CDB", "OPEN READ ONLY")]
    assert restarted() == [("READ ONLY", "NO")]
    alter(root(cdb), "shop DISCARD STATE")
    assert root(cdb).sql("SELECT COUNT(*) FROM dba_pdb_saved_states") == [(0,)] and restarted() == [("MOUNTED", None)]


def test_what_only_an_administrator_of_the_root_does(cdb: Database) -> None:
    session = root(cdb)
    refused(65025, lambda: session.sql("DROP PLUGGABLE DATABASE shop INCLUDING DATAFILES"))
    application = cdb.logon(Logon("APP", "shop"))
    refused(1031, lambda: alter(application, "CLOSE"))
    with cdb.internal() as inside:
        inside.parameters["container"] = "SHOP"
        refused(65040, lambda: inside.sql("DROP PLUGGABLE DATABASE shop"))
    refused(65046, lambda: alter(session, "CLOSE"))

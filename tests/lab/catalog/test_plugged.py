# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A non-CDB becomes a pluggable database with the very files it has."""
from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from oralab.api import Logon
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec, Patch
from oralab.errors import OraError

ORDERS = [(1, "first"), (2, "second")]
PDBS = "SELECT open_mode, restricted FROM v$pdbs WHERE name = 'SALES'"
PENDING = "SELECT cause, type FROM pdb_plug_in_violations WHERE name = 'SALES' AND status = 'PENDING' ORDER BY cause"
NON_CDB = ("Non-CDB to PDB", "ERROR")


class Pair:
    """A non-CDB with rows and a container database on one server."""

    def __init__(self, directory: str, **differences: Any) -> None:
        self.directory = directory
        spec = DatabaseSpec("SALES")
        self.sales = Database.create(os.path.join(directory, "sales"), dataclasses.replace(spec, **differences.pop("sales", {})))
        self.cdb = Database.create(os.path.join(directory, "cdb"), dataclasses.replace(
            DatabaseSpec("CDB", pdb="SHOP", root_service="cdb", parameters={"db_create_file_dest": ""}), **differences))
        with self.sales.internal() as session:
            session.sql('CREATE USER app IDENTIFIED BY "x" QUOTA UNLIMITED ON users')
            session.sql("GRANT CREATE SESSION, CREATE TABLE TO app")
            session.sql("CREATE TABLE app.orders (id NUMBER PRIMARY KEY, note VARCHAR2(20))")
            for number, note in ORDERS:
                session.sql(f"INSERT INTO app.orders VALUES ({number}, '{note}')")
        self.manifest = os.path.join(directory, "sales.xml")

    def close(self) -> None:
        for database in (self.sales, self.cdb):
            if database.state != "DOWN":
                database.shutdown("ABORT")

    def root(self) -> Any:
        return self.cdb.logon(Logon("SYS", "cdb", "SYSDBA"))

    def describe(self) -> None:
        session = self.sales.logon(Logon("SYS", "sales", "SYSDBA"))
        session.sql(f"BEGIN DBMS_PDB.DESCRIBE(pdb_descr_file => '{self.manifest}'); END;")
        session.close()

    def ready(self) -> None:
        """Described as a clean shutdown left it, and down."""
        self.sales.shutdown()
        self.sales.startup(read_only=True)
        self.describe()
        self.sales.shutdown()

    def plug(self, session: Any, clauses: str = "NOCOPY TEMPFILE REUSE", name: str = "sales", clone: str = "") -> None:
        session.sql(f"CREATE PLUGGABLE DATABASE {name} {clone} USING '{self.manifest}' {clauses}")


@pytest.fixture
def pair(tmp_path: Any) -> Iterator[Pair]:
    made = Pair(str(tmp_path))
    yield made
    made.close()


def refused(code: int, call: Callable[[], object]) -> str:
    with pytest.raises(OraError) as caught:
        call()
    assert caught.value.code == code, caught.value
    return str(caught.value)


def convert(session: Any) -> None:
    """What noncdb_to_pdb.sql does."""
    session.sql("ALTER SESSION SET CONTAINER = sales")
    session.sql("ALTER PLUGGABLE DATABASE CLOSE IMMEDIATE")
    session.sql("ALTER PLUGGABLE DATABASE OPEN UPGRADE")
    for step in (1, 2):
        session.sql(f"BEGIN DBMS_PDB.NONCDB_TO_PDB({step}); END;")
    session.sql("ALTER PLUGGABLE DATABASE CLOSE IMMEDIATE")
    session.sql("ALTER PLUGGABLE DATABASE OPEN")
    session.sql("ALTER SESSION SET CONTAINER = CDB$ROOT")


def test_rows_are_read_where_their_files_are_now(pair: Pair) -> None:
    pair.ready()
    session = pair.root()
    pair.plug(session)
    assert session.sql(PDBS) == [("MOUNTED", None)] and session.sql(PENDING) == [NON_CDB]
    assert session.sql("SELECT status FROM dba_pdbs WHERE pdb_name = 'SALES'") == [("NEW",)]
    # Unconverted it is restricted, whatever is asked for.
    session.sql("ALTER PLUGGABLE DATABASE sales OPEN")
    assert session.sql(PDBS) == [("READ WRITE", "YES")]
    refused(1035, lambda: pair.cdb.plugged["SALES"].logon(Logon("APP", "sales")))
    convert(session)
    assert session.sql(PDBS) == [("READ WRITE", "NO")] and session.sql(PENDING) == []
    assert session.sql("SELECT status FROM pdb_plug_in_violations WHERE cause = 'Non-CDB to PDB'") == [("RESOLVED",)]
    application = pair.cdb.plugged["SALES"].logon(Logon("APP", "sales"))
    assert application.sql("SELECT id, note FROM orders ORDER BY id") == ORDERS
    assert application.sql("SELECT SYS_CONTEXT('USERENV', 'CON_NAME'), SYS_CONTEXT('USERENV', 'CON_ID') FROM dual") == [("SALES", "4")]
    application.sql("INSERT INTO orders VALUES (3, 'third')")
    application.commit()
    # The root and its other pluggable database have nothing of it.
    refused(942, lambda: session.sql("SELECT * FROM app.orders"))
    assert session.sql("SELECT con_id FROM cdb_tables WHERE owner = 'APP'") == [(4,)]
    # Its files are no more those of the non-CDB.
    assert refused(1122, lambda: pair.sales.startup())


def test_it_comes_up_as_it_was_saved_and_loses_nothing(pair: Pair) -> None:
    pair.ready()
    session = pair.root()
    pair.plug(session)
    session.sql("ALTER PLUGGABLE DATABASE sales OPEN")
    convert(session)
    pair.cdb.shutdown()
    pair.cdb.startup()
    session = pair.root()
    assert session.sql(PDBS) == [("MOUNTED", None)]
    session.sql("ALTER PLUGGABLE DATABASE sales OPEN")
    session.sql("ALTER PLUGGABLE DATABASE sales SAVE STATE")
    assert session.sql("SELECT state FROM dba_pdb_saved_states WHERE con_name = 'SALES'") == [("OPEN",)]
    application = pair.cdb.plugged["SALES"].logon(Logon("APP", "sales"))
    application.sql("INSERT INTO orders VALUES (3, 'third')")
    application.commit()
    pair.cdb.shutdown("ABORT")
    pair.cdb.startup()
    assert pair.root().sql(PDBS) == [("READ WRITE", "NO")]
    assert pair.cdb.plugged["SALES"].logon(Logon("APP", "sales")).sql("SELECT COUNT(*) FROM orders") == [(3,)]
    # Another process finds it too.
    pair.cdb.shutdown()
    again = Database.open(os.path.join(pair.directory, "cdb"))
    assert again.plugged["SALES"].logon(Logon("APP", "sales")).sql("SELECT COUNT(*) FROM orders") == [(3,)]
    again.shutdown()


def test_what_stands_in_the_way_is_told_before_anything_changes(pair: Pair) -> None:
    session = pair.root()
    # It can be described while it is at work, and is then newer than its description.
    pair.describe()
    pair.sales.shutdown()
    assert "for value of fcpsb" in refused(65139, lambda: pair.plug(session))
    pair.sales.startup(read_only=True)
    pair.describe()
    assert "ORA-27086" in refused(1157, lambda: pair.plug(session))
    pair.sales.shutdown()
    refused(1119, lambda: pair.plug(session, "NOCOPY"))
    refused(65016, lambda: pair.plug(session, "COPY"))
    refused(65012, lambda: pair.plug(session, name="shop"))
    refused(65026, lambda: session.sql("CREATE PLUGGABLE DATABASE sales USING '/no/such.xml' NOCOPY"))
    session.sql("ALTER SESSION SET CONTAINER = shop")
    refused(65040, lambda: pair.plug(session))
    session.sql("ALTER SESSION SET CONTAINER = CDB$ROOT")
    os.rename(os.path.join(pair.directory, "sales", "users01.dbf"), os.path.join(pair.directory, "away"))
    refused(65138, lambda: pair.plug(session))
    os.rename(os.path.join(pair.directory, "away"), os.path.join(pair.directory, "sales", "users01.dbf"))
    assert session.sql("SELECT COUNT(*) FROM v$pdbs") == [(2,)]
    pair.sales.startup()
    assert pair.sales.logon(Logon("APP", "sales")).sql("SELECT COUNT(*) FROM orders") == [(2,)]
    refused(65090, lambda: pair.sales.logon(Logon("SYS", "sales", "SYSDBA")).sql("CREATE PLUGGABLE DATABASE x USING '/x' NOCOPY"))


def test_copies_leave_the_non_cdb_what_it_is_and_a_second_one_is_a_clone(pair: Pair) -> None:
    pair.ready()
    session = pair.root()
    old, new = os.path.join(pair.directory, "sales"), os.path.join(pair.directory, "copies")
    pair.plug(session, f"COPY FILE_NAME_CONVERT = ('{old}', '{new}')")
    again = f"COPY FILE_NAME_CONVERT = ('{old}', '{new}2')"
    refused(65122, lambda: pair.plug(session, again, "sales2"))
    pair.plug(session, again, "sales2", "AS CLONE")
    session.sql("ALTER PLUGGABLE DATABASE ALL OPEN")
    assert session.sql("SELECT name, con_id FROM v$pdbs WHERE name LIKE 'SALES%' ORDER BY con_id") == [("SALES", 4), ("SALES2", 5)]
    refused(65025, lambda: session.sql("DROP PLUGGABLE DATABASE sales2 INCLUDING DATAFILES"))
    session.sql("ALTER PLUGGABLE DATABASE sales2 CLOSE")
    refused(65179, lambda: session.sql("DROP PLUGGABLE DATABASE sales2"))
    session.sql("DROP PLUGGABLE DATABASE sales2 INCLUDING DATAFILES")
    assert not [name for name in os.listdir(new + "2") if name.endswith(".dbf")]
    pair.sales.startup()
    assert pair.sales.logon(Logon("APP", "sales")).sql("SELECT COUNT(*) FROM orders") == [(2,)]


def test_differences_are_violations(tmp_path: Any) -> None:
    patch = Patch(35042068, 25183678, "Database Release Update : 19.19", "19.19.0.0.0")
    made = Pair(str(tmp_path), sales={"components": ("CATALOG", "CATPROC", "XDB", "OWM", "CONTEXT"), "character_set": "WE8ISO8859P1"}, patches=(patch,))
    made.ready()
    session = made.root()
    check = f"BEGIN IF DBMS_PDB.CHECK_PLUG_COMPATIBILITY('{made.manifest}', 'SALES') THEN RAISE_APPLICATION_ERROR(-20001, 'it fits'); END IF; END;"
    session.sql(check)
    assert session.sql(PENDING) == [("Non-CDB to PDB", "WARNING"), ("OPTION", "ERROR"), ("SQL Patch", "ERROR")]
    made.plug(session)
    session.sql("ALTER PLUGGABLE DATABASE sales OPEN")
    convert(session)
    assert session.sql(PDBS) == [("READ WRITE", "YES")] and session.sql(PENDING) == [("OPTION", "ERROR"), ("SQL Patch", "ERROR")]
    made.close()


def test_12_1_describes_what_is_read_only(tmp_path: Any) -> None:
    early = {"release": "12.1", "version": "12.1.0.2.0", "compatible": "12.1.0"}
    made = Pair(str(tmp_path), sales=early, **early)
    refused(65129, made.describe)
    made.sales.shutdown()
    made.sales.startup(read_only=True)
    made.describe()
    made.close()

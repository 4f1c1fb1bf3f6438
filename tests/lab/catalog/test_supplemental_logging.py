# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Supplemental logging: of the database, of tables, of named groups, and of a pluggable database."""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from oralab.api import Logon
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.errors import OraError

DATA = "SUPPLEMENTAL LOG DATA"
LEVELS = """SELECT supplemental_log_data_min, supplemental_log_data_pk, supplemental_log_data_ui, supplemental_log_data_fk,
    supplemental_log_data_all FROM v$database"""


@pytest.fixture
def plain(sys: Any) -> Iterator[Any]:
    """SYS of a database without supplemental logging, which it is afterwards too."""
    yield sys
    for level in ("(ALL) COLUMNS", "(PRIMARY KEY) COLUMNS", "(UNIQUE) COLUMNS", "(FOREIGN KEY) COLUMNS", ""):
        try:
            sys.sql(f"ALTER DATABASE DROP {DATA} {level}")
        except OraError as error:
            assert error.code == 32587


def test_key_logging_implies_minimal_and_keeps_it(plain: Any, fails: Callable[[Any, str], int]) -> None:
    assert plain.sql(LEVELS) == [("NO", "NO", "NO", "NO", "NO")]
    plain.sql(f"ALTER DATABASE ADD {DATA} (PRIMARY KEY, UNIQUE) COLUMNS")
    assert plain.sql(LEVELS) == [("IMPLICIT", "YES", "YES", "NO", "NO")]
    plain.sql(f"ALTER DATABASE ADD {DATA}")
    assert plain.sql(LEVELS) == [("YES", "YES", "YES", "NO", "NO")]
    plain.sql(f"ALTER DATABASE DROP {DATA} (PRIMARY KEY) COLUMNS")
    assert fails(plain, f"ALTER DATABASE DROP {DATA}") == 32589
    plain.sql(f"ALTER DATABASE DROP {DATA} (UNIQUE) COLUMNS")
    plain.sql(f"ALTER DATABASE DROP {DATA}")
    assert plain.sql(LEVELS) == [("NO", "NO", "NO", "NO", "NO")]


def test_adding_waits_for_transactions_that_are_open(plain: Any, schema: Callable[..., Any]) -> None:
    app = schema("app")
    app.sql("CREATE TABLE t (id NUMBER)")
    app.sql("INSERT INTO t VALUES (1)")
    adding = threading.Thread(target=plain.sql, args=(f"ALTER DATABASE ADD {DATA}",))
    adding.start()
    adding.join(0.3)
    assert adding.is_alive()
    app.commit()
    adding.join(60)
    assert not adding.is_alive() and plain.sql(LEVELS)[0][0] == "YES"


def test_named_groups(schema: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    app = schema("app")
    app.sql("CREATE TABLE t (id NUMBER CONSTRAINT t_pk PRIMARY KEY, a NUMBER, b NUMBER, c CLOB)")
    app.sql("ALTER TABLE t ADD SUPPLEMENTAL LOG GROUP g (id, a NO LOG, b) ALWAYS")
    assert app.sql("SELECT log_group_name, log_group_type, always, generated FROM user_log_groups") == [
        ("G", "USER LOG GROUP", "ALWAYS", "USER NAME")]
    assert app.sql("SELECT column_name, position, logging_property FROM user_log_group_columns ORDER BY position") == [
        ("ID", 1, "LOG"), ("A", 2, "NO LOG"), ("B", 3, "LOG")]
    assert fails(app, "ALTER TABLE t ADD SUPPLEMENTAL LOG GROUP g (b)") == 30567
    assert fails(app, "ALTER TABLE t ADD SUPPLEMENTAL LOG GROUP t_pk (b)") == 30567
    assert fails(app, "ALTER TABLE t ADD SUPPLEMENTAL LOG GROUP h (c)") == 30569
    assert fails(app, "ALTER TABLE t ADD SUPPLEMENTAL LOG GROUP h (a NO LOG)") == 32592
    assert fails(app, "ALTER TABLE t ADD SUPPLEMENTAL LOG GROUP h (nowhere)") == 904
    assert fails(app, "ALTER TABLE t DROP SUPPLEMENTAL LOG GROUP h") == 30568
    app.sql("ALTER TABLE t RENAME COLUMN a TO aa")
    assert app.sql("SELECT column_name FROM user_log_group_columns WHERE logging_property = 'NO LOG'") == [("AA",)]
    app.sql("ALTER TABLE t DROP SUPPLEMENTAL LOG GROUP g")
    assert app.sql("SELECT COUNT(*) FROM user_log_groups") == [(0,)]


@pytest.fixture
def container(tmp_path: Any) -> Iterator[Database]:
    made = Database.create(str(tmp_path / "cdb"), DatabaseSpec(name="CDB", release="19", version="19.3.0.0.0", pdb="SHOP",
                                                               passwords={"SYS": "secret", "SYSTEM": "secret"}))
    yield made
    made.shutdown("ABORT")


def test_a_pluggable_database_adds_to_what_the_root_has(container: Database, fails: Callable[[Any, str], int]) -> None:
    root = container.logon(Logon("SYS", container.spec.container_service, "SYSDBA"))
    local = container.logon(Logon("SYS", container.spec.default_service, "SYSDBA"))
    own = "SELECT minimal, primary_key FROM dba_supplemental_logging"
    assert fails(local, f"ALTER DATABASE ADD {DATA} (PRIMARY KEY) COLUMNS") == 31541
    root.sql(f"ALTER DATABASE ADD {DATA}")
    local.sql(f"ALTER DATABASE ADD {DATA} (PRIMARY KEY) COLUMNS")
    assert local.sql(own) == [("YES", "YES")] and root.sql(own) == [("YES", "NO")]
    assert local.sql(LEVELS)[0][:2] == ("YES", "NO")
    root.sql(f"ALTER DATABASE DROP {DATA}")
    assert local.sql(own) == [("NO", "NO")]
    root.close()
    local.close()

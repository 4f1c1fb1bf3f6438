# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A transaction whose coordinator vanished between the two phases of its commit."""
from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import oracledb
import pytest
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host
from oralab.net.faults import Fault, FaultPlan
from oralab.net.listener import Listener

Connect = Callable[[], oracledb.Connection]


@pytest.fixture()
def connect(tmp_path: pathlib.Path) -> Iterator[Connect]:
    database = Host(str(tmp_path / "host")).create(DatabaseSpec("DOUBT", passwords={"SYS": "secret", "SYSTEM": "secret"}))
    listener = Listener("127.0.0.1", 0, [database], faults=FaultPlan(Fault("call", function="COMMIT", nth=2, prepare=True)))
    listener.start()

    def logged_on() -> oracledb.Connection:
        return oracledb.connect(user="SYSTEM", password="secret", dsn=f"127.0.0.1:{listener.port}/doubt")
    yield logged_on
    listener.stop()
    database.shutdown("ABORT")


def asked(connection: oracledb.Connection, sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        return list(cursor.execute(sql))


@pytest.mark.parametrize("action, n", [("COMMIT", 2), ("ROLLBACK", 1)])
def test_it_keeps_its_locks_until_it_is_forced(connect: Connect, action: str, n: int) -> None:
    owner = connect()
    owner.cursor().execute("CREATE TABLE t (n NUMBER)")
    owner.cursor().execute("INSERT INTO t VALUES (1)")
    owner.commit()
    owner.cursor().execute("UPDATE t SET n = 2")
    with pytest.raises(oracledb.Error, match="DPY-4011"):
        owner.commit()

    other = connect()
    (local_id, state), = asked(other, "SELECT local_tran_id, state FROM dba_2pc_pending")
    assert state == "prepared" and asked(other, "SELECT n FROM t") == [(1,)]
    with pytest.raises(oracledb.Error, match="ORA-01591"):
        other.cursor().execute("UPDATE t SET n = 3")
    with pytest.raises(oracledb.Error, match="ORA-02058"):
        other.cursor().execute(f"{action} FORCE '99.99.99'")
    other.cursor().execute(f"{action} FORCE '{local_id}'")
    assert asked(other, "SELECT n FROM t") == [(n,)]
    assert asked(other, "SELECT state FROM dba_2pc_pending") == [(f"forced {action.lower()}",)]
    other.cursor().execute("UPDATE t SET n = 3")
    other.commit()
    other.close()

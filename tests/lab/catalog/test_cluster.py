# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two instances of one database: connected to, told apart, stopped and started one by one."""
from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import oracledb
import pytest
from oralab.api import Logon
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.errors import OraError
from oralab.net.listener import Listener

NAMES = "SELECT inst_id, instance_name, status FROM gv$instance ORDER BY 1"


@pytest.fixture()
def cluster(tmp_path: pathlib.Path) -> Iterator[Database]:
    database = Database.create(str(tmp_path / "x"), DatabaseSpec(
        name="RAC", instances=("RAC1", "RAC2"), log_mode="ARCHIVELOG", passwords={"SYS": "sys", "SYSTEM": "manager"},
        parameters={"db_recovery_file_dest_size": "1G", "db_recovery_file_dest": str(tmp_path)}))
    yield database
    if database.state != "DOWN":
        database.shutdown("ABORT")


def sysdba(database: Database, number: int = 1) -> Any:
    return database.instances[number - 1].logon(Logon("SYS", "SYS$USERS", "SYSDBA", os_authenticated=True))


def code(session: Any, text: str) -> int:
    with pytest.raises(OraError) as error:
        session.sql(text)
    return error.value.code


def test_the_driver_reaches_each_instance(cluster: Database) -> None:
    listener = Listener("127.0.0.1", 0, cluster.instances)
    listener.start()
    try:
        address = f"(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT={listener.port}))(CONNECT_DATA="
        for descriptor, name in (("(SID=RAC2)", "RAC2"), ("(SID=RAC1)", "RAC1"), ("(SERVICE_NAME=rac)(INSTANCE_NAME=RAC2)", "RAC2")):
            with oracledb.connect(user="system", password="manager", dsn=f"{address}{descriptor}))") as connection:
                with connection.cursor() as cursor:
                    found = cursor.execute("SELECT i.instance_name, i.thread#, SYS_CONTEXT('USERENV', 'INSTANCE_NAME') FROM v$instance i").fetchone()
                assert found == (name, int(name[-1]), name) and connection.instance_name == name
        cluster.instances[1].shutdown("ABORT")
        with pytest.raises(oracledb.DatabaseError, match="12505|DPY-6003"):
            oracledb.connect(user="system", password="manager", dsn=f"{address}(SID=RAC2)))")
        with oracledb.connect(user="system", password="manager", dsn=f"127.0.0.1:{listener.port}/rac") as connection:
            assert connection.instance_name == "RAC1"
    finally:
        listener.stop()


def test_each_instance_switches_its_own_thread(cluster: Database) -> None:
    first, second = sysdba(cluster, 1), sysdba(cluster, 2)
    current = "SELECT thread#, sequence# FROM v$log WHERE status = 'CURRENT' ORDER BY 1"
    assert first.sql(current) == [(1, 1), (2, 1)]
    second.sql("ALTER SYSTEM SWITCH LOGFILE")
    assert first.sql(current) == [(1, 1), (2, 2)]
    first.sql("ALTER SYSTEM ARCHIVE LOG INSTANCE 'RAC2' CURRENT")
    first.sql("ALTER SYSTEM ARCHIVE LOG THREAD 1 CURRENT")
    assert first.sql(current) == [(1, 2), (2, 3)]
    first.sql("ALTER SYSTEM ARCHIVE LOG CURRENT")
    assert first.sql(current) == [(1, 3), (2, 4)]
    assert first.sql("SELECT thread#, COUNT(*) FROM v$archived_log GROUP BY thread# ORDER BY 1") == [(1, 2), (2, 3)]


def test_redo_goes_to_the_thread_of_the_session(cluster: Database) -> None:
    first, second = sysdba(cluster, 1), sysdba(cluster, 2)
    first.sql("CREATE TABLE system.t (id NUMBER)")
    for number, session in ((1, first), (2, second)):
        session.sql("INSERT INTO system.t VALUES (:1)", [number])
        session.commit()
    first.sql("ALTER SYSTEM ARCHIVE LOG CURRENT")
    for thread, name in first.sql("SELECT thread#, name FROM v$archived_log"):
        _, records = cluster.logs.open(name)
        assert [change.after for record in records for change in record.changes] == [(thread,)]
    cluster.shutdown("ABORT")
    cluster.startup()
    assert sorted(sysdba(cluster, 2).sql("SELECT id FROM system.t")) == [(1,), (2,)]


def test_one_instance_stops_and_the_other_goes_on(cluster: Database) -> None:
    first, second = sysdba(cluster, 1), sysdba(cluster, 2)
    assert second.sql(NAMES) == [(1, "RAC1", "OPEN"), (2, "RAC2", "OPEN")]
    assert [row[0] for row in first.sql("SELECT DISTINCT inst_id FROM gv$session ORDER BY 1")] == [1, 2]
    cluster.instances[0].shutdown("ABORT")
    assert second.sql(NAMES) == [(2, "RAC2", "OPEN")]
    assert second.sql("SELECT instance, status FROM v$thread ORDER BY 1") == [("RAC1", "CLOSED"), ("RAC2", "OPEN")]
    cluster.instances[0].startup("MOUNTED")
    first = sysdba(cluster, 1)
    assert first.sql("SELECT status FROM v$instance") == [("MOUNTED",)] and code(first, "SELECT * FROM dba_users") == 1219
    assert code(first, "ALTER DATABASE NOARCHIVELOG") == 1126     # open in the other instance
    first.sql("ALTER DATABASE OPEN")
    cluster.instances[1].shutdown("IMMEDIATE")
    cluster.instances[0].shutdown("IMMEDIATE")
    assert cluster.state == "DOWN" and not cluster.services()
    cluster.instances[1].startup("MOUNTED")
    second = sysdba(cluster, 2)
    second.sql("ALTER DATABASE NOARCHIVELOG")
    second.sql("ALTER DATABASE OPEN")
    assert second.sql(NAMES) == [(2, "RAC2", "OPEN")]
    cluster.instances[0].startup()
    assert second.sql("SELECT log_mode FROM v$database") == [("NOARCHIVELOG",)]


def test_parameters_of_instances(cluster: Database) -> None:
    first = sysdba(cluster, 1)
    both = "SELECT inst_id, value FROM gv$parameter WHERE name = '{}' ORDER BY 1"
    first.sql("ALTER SYSTEM SET open_cursors = 400 SID = 'RAC2'")
    assert first.sql(both.format("open_cursors")) == [(1, "300"), (2, "400")]
    first.sql("ALTER SYSTEM SET open_cursors = 500 SCOPE = SPFILE SID = '*'")
    assert code(first, "ALTER SYSTEM SET sga_target = 2G") == 32018
    first.sql("ALTER SYSTEM SET sga_target = 2G SID = 'RAC1'")
    cluster.shutdown("IMMEDIATE")
    cluster.startup()
    assert sysdba(cluster).sql(both.format("open_cursors")) == [(1, "500"), (2, "400")]
    assert sysdba(cluster).sql("SELECT sid, value FROM v$spparameter WHERE name = 'open_cursors' ORDER BY 1") == [("*", "500"), ("RAC2", "400")]


def test_a_static_parameter_and_a_hidden_one(cluster: Database) -> None:
    sys = sysdba(cluster)
    assert code(sys, "ALTER SYSTEM SET db_files = 500") == 2095
    assert code(sys, "ALTER SYSTEM SET recyclebin = off SCOPE = MEMORY") == 2096
    sys.sql("ALTER SYSTEM SET recyclebin = off DEFERRED SCOPE = MEMORY")
    assert code(sys, "ALTER SYSTEM SET _log_parallelism_max = 1 SCOPE = SPFILE") == 911
    assert code(sys, 'ALTER SYSTEM SET "_log_parallelism_max" = 1 SCOPE = BOTH') == 2095
    assert code(sys, 'ALTER SYSTEM SET "_no_such" = 1 SCOPE = SPFILE') == 2065
    assert code(sys, "ALTER SYSTEM RESET db_files SCOPE = SPFILE") == 32010
    sys.sql('ALTER SYSTEM SET "_log_parallelism_max" = 1 COMMENT = \'for readers\' SCOPE = SPFILE SID = \'*\'')
    seen = "SELECT value FROM v$parameter WHERE name = '_log_parallelism_max'"
    inside = ("SELECT v.ksppstvl FROM sys.x$ksppi n, sys.x$ksppsv v WHERE n.indx = v.indx AND n.ksppinm LIKE '\\_%' ESCAPE '\\' "
              "AND UPPER(n.ksppinm) LIKE '%LOG_PARALLELISM_MAX'")
    assert sys.sql(seen) == [] and sys.sql(inside) == [("2",)]
    assert sys.sql("SELECT update_comment FROM v$spparameter WHERE name = '_log_parallelism_max'") == [("for readers",)]
    system = cluster.logon(Logon("SYSTEM", "rac"))
    assert code(system, inside) == 942
    cluster.shutdown("IMMEDIATE")
    cluster.startup()
    sys = sysdba(cluster, 2)
    assert sys.sql(seen) == [("1",)] and sys.sql(inside) == [("1",)]


def test_an_instance_without_an_spfile(tmp_path: pathlib.Path) -> None:
    database = Database.create(str(tmp_path / "x"), DatabaseSpec(name="OLD", parameter_file="pfile"))
    sys = sysdba(database)
    assert sys.sql("SELECT value FROM v$parameter WHERE name = 'spfile'") == [(None,)]
    assert code(sys, "ALTER SYSTEM SET open_cursors = 400 SCOPE = BOTH") == 32001
    sys.sql("ALTER SYSTEM SET open_cursors = 400")
    assert sys.sql("SELECT COUNT(*) FROM v$spparameter WHERE isspecified = 'TRUE'") == [(0,)]
    sys.sql("CREATE SPFILE FROM PFILE")
    assert code(sys, "ALTER SYSTEM SET db_files = 300 SCOPE = SPFILE") == 32001
    database.shutdown("IMMEDIATE")
    database.startup()
    sys = sysdba(database)
    assert sys.sql("SELECT value FROM v$parameter WHERE name = 'open_cursors'") == [("300",)]
    assert code(sys, "CREATE SPFILE FROM PFILE") == 32002
    sys.sql("ALTER SYSTEM SET db_files = 300 SCOPE = SPFILE")
    sys.sql("ALTER SYSTEM RESET db_files SCOPE = SPFILE")
    database.shutdown("ABORT")


def test_the_recovery_area_is_checked_as_oracle_does(tmp_path: pathlib.Path) -> None:
    database = Database.create(str(tmp_path / "x"), DatabaseSpec(name="AREA"))
    sys = sysdba(database)
    for size, path, inner in ((None, tmp_path, "ORA-19802"), ("1G", "/no/such", "ORA-01261")):
        if size:
            sys.sql(f"ALTER SYSTEM SET db_recovery_file_dest_size = {size}")
        with pytest.raises(OraError) as error:
            sys.sql(f"ALTER SYSTEM SET db_recovery_file_dest = '{path}'")
        assert error.value.code == 2097 and error.value.stack[0].startswith(inner)
    database.shutdown("ABORT")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host: an instance process, its listener, its tools, and what a kill leaves."""
from __future__ import annotations

import os
import pathlib
import stat
import subprocess
from collections.abc import Iterator

import oracledb
import pytest
from oralab import instance
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host

PASSWORD = "a1b2c3"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    # A directory whose path is longer than the address of a socket may be.
    host = Host(str(tmp_path_factory.mktemp("host") / ("deep" * 30)))
    spec = DatabaseSpec("ORCL", sid="orcl", log_mode="ARCHIVELOG", passwords={"SYS": PASSWORD, "SYSTEM": PASSWORD})
    host.create(spec).shutdown("IMMEDIATE")
    host.start()
    yield host
    host.stop()


def tool(host: Host, name: str, *arguments: str, script: str = "", sid: str = "orcl") -> tuple[int, str]:
    environment = {**os.environ, "ORACLE_HOME": host.home, "ORACLE_SID": sid, "NLS_DATE_FORMAT": "YYYY-MM-DD HH24:MI:SS"}
    done = subprocess.run([os.path.join(host.home, "bin", name), *arguments], input=script, capture_output=True, text=True, env=environment,
                          timeout=300, check=False)
    assert not done.stderr
    return done.returncode, done.stdout


def sqlplus(host: Host, script: str, logon: str = "/ as sysdba") -> tuple[int, str]:
    return tool(host, "sqlplus", "-S", "-L", logon, script="SET PAGESIZE 0 FEEDBACK OFF\n" + script)


def connect(host: Host) -> oracledb.Connection:
    return oracledb.connect(user="system", password=PASSWORD, dsn=f"127.0.0.1:{host.port}/orcl")


def test_the_driver_connects(host: Host) -> None:
    with connect(host) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT name, log_mode, open_mode FROM v$database")
        assert cursor.fetchall() == [("ORCL", "ARCHIVELOG", "READ WRITE")]


def test_nobody_else_may_open_the_local_channel(host: Host) -> None:
    path = pathlib.Path(host.data, "control")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_sqlplus_as_the_oracle_owner(host: Host) -> None:
    assert sqlplus(host, "SELECT user FROM dual;\n") == (0, "SYS\n")
    rc, out = sqlplus(host, "WHENEVER SQLERROR EXIT FAILURE ROLLBACK\nSELECT * FROM nothere;\n")
    assert rc == 1 and "ORA-00942: table or view does not exist" in out


def test_sqlplus_over_the_listener(host: Host) -> None:
    dsn = f"127.0.0.1:{host.port}/orcl"
    assert sqlplus(host, "SELECT user FROM dual;\n", f"system/{PASSWORD}@{dsn}") == (0, "SYSTEM\n")
    assert sqlplus(host, f"CONNECT system/{PASSWORD}\nSELECT user FROM dual;\n", "/nolog") == (0, "Connected.\nSYSTEM\n")
    rc, out = sqlplus(host, "SELECT user FROM dual;\n", f"system/wrong@{dsn}")
    assert rc == 1 and "ORA-01017: invalid username/password; logon denied" in out and "SP2-0751: Unable to connect to Oracle." in out
    assert "ORA-12514" in sqlplus(host, "", f"system/{PASSWORD}@127.0.0.1:{host.port}/other")[1]


def test_shutdown_and_startup(host: Host) -> None:
    rc, out = sqlplus(host, "SHUTDOWN IMMEDIATE\nSELECT 1 FROM dual;\n")
    assert rc == 0 and "Database closed.\nDatabase dismounted.\nORACLE instance shut down.\n" in out and "ORA-01034" in out
    with pytest.raises(oracledb.Error, match="ORA-12514|DPY-6001"):
        connect(host)
    rc, out = sqlplus(host, "STARTUP MOUNT\nSELECT open_mode FROM v$database;\nALTER DATABASE OPEN;\nSELECT open_mode FROM v$database;\n")
    assert rc == 0 and "ORACLE instance started." in out and "Database mounted.\nMOUNTED\n" in out and out.endswith("READ WRITE\n")
    connect(host).close()


def test_rman_works_inside_the_instance(host: Host) -> None:
    rc, out = tool(host, "rman", script="CONNECT TARGET '/ AS SYSBACKUP';\nVALIDATE TABLESPACE users;\nSELECT name FROM v$database;\n")
    assert rc == 0 and "connected to target database: ORCL (DBID=" in out and "Finished validate at " in out and "\nORCL\n" in out
    rc, out = tool(host, "rman", "target", "/", script=f"BACKUP AS COPY TAG T1 FORMAT '{host.recovery}/%U' TABLESPACE users;\n")
    assert rc == 0, out
    with connect(host) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT tag, status FROM v$datafile_copy")
        assert cursor.fetchall() == [("T1", "A")]


def test_a_killed_instance_recovers(host: Host) -> None:
    with connect(host) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (a NUMBER)")
        cursor.execute("INSERT INTO kept VALUES (1)")
        connection.commit()
        cursor.execute("INSERT INTO kept VALUES (2)")
        host.stop(abort=True)
    assert instance.status(host.data) is None
    rc, out = tool(host, "rman", "target", "/", script="VALIDATE DATABASE;\n")
    assert rc == 1 and "connected to target database (not started)" in out
    rc, out = tool(host, "sqlplus", "-S", "/ as sysdba", script="SELECT 1 FROM dual;\nSTARTUP\n")
    assert "ORA-01034: ORACLE not available" in out and "Database opened." in out
    with connect(host) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT a FROM kept")
        assert cursor.fetchall() == [(1,)]
        cursor.execute("SELECT tag FROM v$datafile_copy")
        assert cursor.fetchall() == [("T1",)]


def test_tools_without_an_environment(host: Host) -> None:
    assert "connected to target database (not started)" in tool(host, "rman", "target", "/", sid="none")[1]
    rc, out = tool(host, "sqlplus", "-S", "-L", "/ as sysdba", script="SELECT 1 FROM dual;\n", sid="none")
    assert rc == 0 and "ORA-01034: ORACLE not available" in out

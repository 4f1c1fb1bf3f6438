# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""srvctl: what it starts and stops, and what it refuses."""
from __future__ import annotations

import os
import pathlib
import subprocess
from collections.abc import Iterator

import pytest
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host


def made(directory: str, spec: DatabaseSpec) -> Iterator[Host]:
    host = Host(directory)
    host.create(spec).shutdown("IMMEDIATE")
    host.start()
    yield host
    host.stop()


@pytest.fixture(scope="module")
def restart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    yield from made(str(tmp_path_factory.mktemp("restart")), DatabaseSpec("ORCL", unique_name="orcl_a", sid="orcl", oracle_restart=True))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    yield from made(str(tmp_path_factory.mktemp("cluster")), DatabaseSpec("PORT", instances=("PORT1", "PORT2"), host="pier"))


def tool(host: Host, name: str, *arguments: str, script: str = "", sid: str = "orcl") -> tuple[int, str]:
    done = subprocess.run([os.path.join(host.home, "bin", name), *arguments], input=script, capture_output=True, text=True, timeout=300, check=False,
                          env={**os.environ, "ORACLE_HOME": host.home, "ORACLE_SID": sid})
    assert not done.stderr
    return done.returncode, done.stdout


def mode(host: Host, sid: str = "orcl") -> str:
    query = "SET PAGESIZE 0 FEEDBACK OFF\nSELECT i.status || ' ' || d.open_mode FROM v$instance i, v$database d;\n"
    return tool(host, "sqlplus", "-S", "/ as sysdba", script=query, sid=sid)[1].strip()


def test_down_and_up_in_every_way(restart: Host) -> None:
    assert tool(restart, "srvctl", "status", "database", "-d", "ORCL_A") == (0, "Database is running.\n")
    for option, found in (("mount", "MOUNTED MOUNTED"), ("read only", "OPEN READ ONLY"), ("open", "OPEN READ WRITE")):
        assert tool(restart, "srvctl", "stop", "database", "-db", "orcl_a", "-stopoption", "immediate") == (0, "")
        assert tool(restart, "srvctl", "start", "database", "-d", "orcl_a", "-o", option) == (0, "")
        assert mode(restart) == found


def test_what_is_so_already(restart: Host) -> None:
    rc, out = tool(restart, "srvctl", "start", "database", "-d", "orcl_a")
    assert rc == 2 and out.splitlines()[0] == "PRCC-1014 : orcl_a was already running" and "CRS-5702" in out
    assert tool(restart, "srvctl", "stop", "database", "-d", "orcl_a", "-o", "abort") == (0, "")
    assert tool(restart, "srvctl", "stop", "database", "-d", "orcl_a") == (2, "PRCC-1016 : orcl_a was already stopped\n")
    assert tool(restart, "srvctl", "status", "database", "-d", "orcl_a") == (0, "Database is not running.\n")
    assert tool(restart, "srvctl", "start", "database", "-d", "orcl_a") == (0, "")


@pytest.mark.parametrize("arguments, code", [
    (("start", "database", "-d", "other"), "PRCD-1120"), (("start", "database"), "PRKO-2001"), (("start", "database", "-d", "orcl_a", "-x", "1"), "PRKO-2002"),
    (("stop", "database", "-d", "orcl_a", "-o", "sideways"), "PRKO-2002"), (("start", "database", "-d", "orcl_a", "-o", "half"), "PRKO-2002"),
    (("stop", "instance", "-d", "orcl_a", "-i", "orcl"), "PRKO-2001"), (("relocate", "database", "-d", "orcl_a"), "PRKO-2000"),
])
def test_refusals(restart: Host, arguments: tuple[str, ...], code: str) -> None:
    rc, out = tool(restart, "srvctl", *arguments)
    assert rc == 1 and out.startswith(code)
    assert mode(restart) == "OPEN READ WRITE"


def test_instances_of_a_cluster(cluster: Host) -> None:
    # The process starts the first instance; srvctl starts what is not running.
    tool(cluster, "srvctl", "start", "database", "-d", "port", sid="PORT1")
    running = "Instance PORT1 is running on node pier\nInstance PORT2 is running on node pier\n"
    assert tool(cluster, "srvctl", "status", "database", "-d", "port", sid="PORT1") == (0, running)
    assert tool(cluster, "srvctl", "stop", "instance", "-d", "port", "-i", "PORT2", sid="PORT1") == (0, "")
    assert "PORT2 is not running" in tool(cluster, "srvctl", "status", "instance", "-d", "port", "-i", "PORT1,PORT2", sid="PORT1")[1]
    assert mode(cluster, "PORT1") == "OPEN READ WRITE"
    assert tool(cluster, "srvctl", "stop", "database", "-d", "port", sid="PORT1") == (0, "")
    assert tool(cluster, "srvctl", "start", "database", "-d", "port", "-o", "mount", sid="PORT1") == (0, "")
    assert [mode(cluster, sid) for sid in ("PORT1", "PORT2")] == ["MOUNTED MOUNTED"] * 2


def active(host: Host, sid: str = "orcl") -> set[str]:
    query = "SET PAGESIZE 0 FEEDBACK OFF\nSELECT name FROM v$active_services WHERE name NOT LIKE 'SYS$%';\n"
    return set(tool(host, "sqlplus", "-S", "/ as sysdba", script=query, sid=sid)[1].split())


def test_services_are_registered_and_start_with_the_role(restart: Host) -> None:
    def service(verb: str, *more: str) -> tuple[int, str]:
        return tool(restart, "srvctl", verb, "service", "-d", "orcl_a", *more)

    assert service("add", "-s", "sales", "-l", "PRIMARY") == (0, "") and service("add", "-s", "reports", "-role", "PHYSICAL_STANDBY") == (0, "")
    assert service("add", "-s", "SALES")[1].startswith("PRKO-3117")
    assert service("status", "-s", "sales") == (0, "Service sales is not running\n") and "sales" not in active(restart)
    assert service("start", "-s", "sales") == (0, "") and "sales" in active(restart)
    rc, out = service("start", "-s", "sales")
    assert rc == 2 and out.startswith("PRCC-1014 : sales was already running")
    assert service("remove", "-s", "sales")[1].startswith("PRCR-1025")
    for verb in ("stop", "start"):
        assert tool(restart, "srvctl", verb, "database", "-d", "orcl_a") == (0, "")
    assert {"sales"} == active(restart) & {"sales", "reports"}
    assert service("stop", "-s", "sales") == (0, "") and service("stop", "-s", "sales")[0] == 2
    assert service("remove", "-s", "sales") == (0, "") and service("remove", "-s", "reports") == (0, "")
    assert service("start", "-s", "sales")[1].startswith("PRCR-1001")


@pytest.fixture(scope="module")
def unregistered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A database on a server with Oracle Restart, which does not know it."""
    yield from made(str(tmp_path_factory.mktemp("bare")), DatabaseSpec("ORCL", unique_name="orcl_b", sid="orcl", clusterware="restart"))


def test_a_database_is_registered_changed_and_forgotten(unregistered: Host) -> None:
    host = unregistered

    def srvctl(verb: str, *more: str) -> tuple[int, str]:
        return tool(host, "srvctl", verb, "database", "-db", "orcl_b", *more)

    assert srvctl("config") == (1, "PRCD-1120 : The resource for database orcl_b could not be found.\nPRCR-1001 : Resource ora.orcl_b.db does not exist\n")
    assert srvctl("add", "-oraclehome", "/no/home")[1].startswith("PRCD-1025") and srvctl("add")[1].startswith("PRKO-2001")
    assert srvctl("add", "-oraclehome", host.home, "-instance", "orcl", "-dbname", "ORCL", "-role", "PHYSICAL_STANDBY", "-startoption", "mount") == (0, "")
    assert srvctl("add", "-oraclehome", host.home) == (2, "PRCD-1000 : Database orcl_b already exists\n")
    assert srvctl("modify", "-role", "QUEEN")[1].startswith("PRKO-2002")
    assert srvctl("modify", "-spfile", "+DATA/spfile.ora", "-policy", "manual", "-diskgroup", "DATA,FRA") == (0, "")
    shown = srvctl("config", "-all")[1]
    for line in ("Database unique name: orcl_b", "Database name: ORCL", f"Oracle home: {host.home}", "Spfile: +DATA/spfile.ora", "Start options: mount",
                 "Database role: PHYSICAL_STANDBY", "Management policy: MANUAL", "Disk Groups: DATA,FRA", "Database instance: orcl", "Database is enabled"):
        assert line in shown.splitlines()
    # It starts as it is registered, and not at all while it is disabled.
    assert srvctl("remove", "-noprompt")[1] == "PRKO-3141 : Database orcl_b could not be removed because it was running\n"
    assert srvctl("stop") == (0, "") and srvctl("disable") == (0, "") and srvctl("disable")[1].startswith("PRCC-1011")
    assert "CRS-2501" in srvctl("start")[1] and srvctl("enable") == (0, "") and srvctl("start") == (0, "")
    assert mode(host) == "MOUNTED MOUNTED"
    assert srvctl("stop") == (0, "") and srvctl("remove", "-noprompt") == (0, "") and srvctl("status")[1].startswith("PRCD-1120")


@pytest.fixture(scope="module")
def unknown_to_its_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A database on a node of a cluster, which does not know it."""
    yield from made(str(tmp_path_factory.mktemp("node")), DatabaseSpec("ORCL", unique_name="orcl_c", sid="orcl", clusterware="cluster", host="pier1"))


def test_a_database_of_several_instances_is_registered(unknown_to_its_cluster: Host) -> None:
    host = unknown_to_its_cluster

    def srvctl(verb: str, what: str, *more: str) -> tuple[int, str]:
        return tool(host, "srvctl", verb, what, "-db", "orcl_c", *more)

    home = ("-oraclehome", host.home, "-dbname", "ORCL")
    assert srvctl("add", "database", *home, "-dbtype", "SINGLE")[1].startswith("PRKO-2140")
    assert srvctl("add", "database", *home, "-dbtype", "SINGLE", "-node", "pier1", "-instance", "orcl") == (0, "")
    assert srvctl("add", "instance", "-instance", "orcl2", "-node", "pier2")[1].startswith("PRKO-2001"), "of a RAC database only"
    assert srvctl("remove", "database", "-force", "-noprompt") == (0, "")
    assert srvctl("add", "database", *home, "-dbtype", "RAC") == (0, "")
    assert srvctl("add", "instance", "-instance", "orcl")[1].startswith("PRKO-2001")
    for sid, node in (("orcl", "pier1"), ("orcl2", "pier2")):
        assert srvctl("add", "instance", "-instance", sid, "-node", node) == (0, "")
    shown = srvctl("config", "database", "-all")[1].splitlines()
    for line in ("Type: RAC", "Database is enabled", "Database is individually disabled on nodes: ", "Database instances: orcl,orcl2",
                 "Configured nodes: pier1,pier2", "Database is administrator managed"):
        assert line in shown
    assert srvctl("status", "database") == (0, "Instance orcl is running on node pier1\nInstance orcl2 is not running on node pier2\n")
    assert srvctl("start", "instance", "-instance", "orcl")[0] == 2


@pytest.mark.everything
def test_a_second_instance_starts_once_there_is_all_that_it_needs(unknown_to_its_cluster: Host) -> None:
    host = unknown_to_its_cluster

    def srvctl(verb: str, what: str, *more: str) -> tuple[int, str]:
        return tool(host, "srvctl", verb, what, "-db", "orcl_c", *more)

    def sql(*statements: str, sid: str = "orcl") -> str:
        return tool(host, "sqlplus", "-S", "/ as sysdba", script="SET PAGESIZE 0 FEEDBACK OFF\n" + "\n".join(statements) + "\n", sid=sid)[1]

    if srvctl("config", "database")[0]:
        srvctl("add", "database", "-oraclehome", host.home, "-dbname", "ORCL", "-dbtype", "RAC")
        for sid, node in (("orcl", "pier1"), ("orcl2", "pier2")):
            srvctl("add", "instance", "-instance", sid, "-node", node)

    def start() -> str:
        return srvctl("start", "instance", "-instance", "orcl2")[1]

    assert "ORA-01102" in start(), "the first one has the database for itself"
    assert sql("SELECT parallel FROM v$instance;") == "NO\n"
    for text in ("cluster_database = TRUE SCOPE = SPFILE SID = '*'", "instance_number = 2 SCOPE = SPFILE SID = 'orcl2'",
                 "thread = 2 SCOPE = SPFILE SID = 'orcl2'", "undo_tablespace = 'UNDOTBS2' SCOPE = SPFILE SID = 'orcl2'"):
        assert "ORA-" not in sql(f"ALTER SYSTEM SET {text};")
    sql("SHUTDOWN IMMEDIATE", sid="orcl2")
    assert srvctl("stop", "instance", "-instance", "orcl") == (0, "") and srvctl("start", "instance", "-instance", "orcl") == (0, "")
    assert sql("SELECT parallel FROM v$instance;") == "YES\n" and "ORA-39701" in sql("SHUTDOWN IMMEDIATE", "STARTUP UPGRADE")
    sql("SHUTDOWN IMMEDIATE", "STARTUP")
    assert "ORA-01618" in start()
    groups = [f"ALTER DATABASE ADD LOGFILE THREAD 2 GROUP {number} ('{host.data}/redo2_{number}.log') SIZE 50M;" for number in (7, 8)]
    assert "ORA-" not in sql(*groups, "ALTER DATABASE ENABLE PUBLIC THREAD 2;")
    sql("SHUTDOWN ABORT", sid="orcl2")
    assert "ORA-30012" in start()
    assert "ORA-" not in sql(f"CREATE UNDO TABLESPACE undotbs2 DATAFILE '{host.data}/undotbs2.dbf' SIZE 10M;")
    assert start() == "" and mode(host, "orcl2") == "OPEN READ WRITE"
    assert sql("SELECT instance_number || ' ' || instance_name || ' ' || thread# FROM gv$instance ORDER BY 1;").split("\n")[:2] == ["1 orcl 1", "2 orcl2 2"]
    assert sql("ALTER SYSTEM SWITCH LOGFILE;", "SELECT group# || ' ' || sequence# FROM v$log WHERE thread# = 2 ORDER BY 1;", sid="orcl2") == "7 1\n8 2\n"
    assert "ORA-01616" in sql("ALTER DATABASE DISABLE THREAD 2;") and "ORA-30013" in sql("DROP TABLESPACE undotbs2;")
    assert srvctl("stop", "instance", "-instance", "orcl2") == (0, "") and mode(host) == "OPEN READ WRITE"
    assert sql("SELECT status FROM v$thread ORDER BY thread#;").split() == ["OPEN", "CLOSED"]
    assert srvctl("start", "database")[0] == 0 and mode(host, "orcl2") == "OPEN READ WRITE"


def test_without_clusterware_nobody_answers(tmp_path: pathlib.Path) -> None:
    host = Host(str(tmp_path / "host"))
    host.create(DatabaseSpec("ORCL")).shutdown("IMMEDIATE")
    rc, out = tool(host, "srvctl", "config", "database", "-db", "orcl", sid="ORCL")
    assert rc == 1 and out.splitlines()[0] == "PRCD-1027 : Failed to retrieve database orcl" and "CRS-0184" in out


def test_a_service_of_a_cluster_needs_its_instances(cluster: Host) -> None:
    assert tool(cluster, "srvctl", "add", "service", "-d", "port", "-s", "sales")[1].startswith("PRKO-3116")
    assert tool(cluster, "srvctl", "add", "service", "-d", "port", "-s", "sales", "-preferred", "PORT1,PORT2") == (0, "")
    assert tool(cluster, "srvctl", "remove", "service", "-d", "port", "-s", "sales") == (0, "")

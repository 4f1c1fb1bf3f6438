# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""datapatch and opatch: a database that comes from an older home gets what its new home has, and what goes wrong stays known."""
from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest
from oralab import instance
from oralab.catalog.spec import DatabaseSpec, Patch
from oralab.hosts import Host
from oralab.tools import inventory

BASE = Patch(29517242, 22862832, "Database Release Update : 19.3.0.0.190416 (29517242)", "19.3.0.0.0")
UPDATE = Patch(36912597, 25871884, "Database Release Update : 19.25.0.0.241015 (36912597)", "19.25.0.0.0", build="241010184253")
OJVM = Patch(36878697, 25797620, "OJVM RELEASE UPDATE: 19.25.0.0.241015 (36878697)", "19.25.0.0.0", patch_type="INTERIM")


def made(directory: str, **more: object) -> Iterator[Host]:
    host = Host(directory)
    host.create(DatabaseSpec("PORT", sid="port", version="19.25.0.0.0", patches=(BASE,), home_patches=(UPDATE, OJVM), home_timezone_file=44,
                             **more)).shutdown("IMMEDIATE")  # type: ignore[arg-type]
    host.start()
    yield host
    host.stop()


@pytest.fixture
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    yield from made(str(tmp_path_factory.mktemp("port")))


def tool(host: Host, name: str, *arguments: str, script: str = "") -> tuple[int, str]:
    directory = "bin" if name == "sqlplus" else "OPatch"
    done = subprocess.run([os.path.join(host.home, directory, name), *arguments], input=script, capture_output=True, text=True, timeout=300,
                          check=False, env={**os.environ, "ORACLE_HOME": host.home, "ORACLE_SID": "port"})
    assert not done.stderr
    return done.returncode, done.stdout


def query(host: Host, sql: str) -> list[str]:
    return tool(host, "sqlplus", "-S", "/ as sysdba", script=f"SET PAGESIZE 0 FEEDBACK OFF\n{sql};\n")[1].splitlines()


REGISTRY = "SELECT patch_id || ' ' || action || ' ' || status || ' ' || target_version FROM dba_registry_sqlpatch ORDER BY install_id"


def test_the_queue_is_the_difference_of_home_and_registry(host: Host) -> None:
    rc, out = tool(host, "opatch", "lspatches")
    assert rc == 0 and out == f"36912597;{UPDATE.description}\n36878697;{OJVM.description}\n\nOPatch succeeded.\n"
    assert query(host, "SELECT version_full FROM v$instance") == ["19.25.0.0.0"]
    rc, out = tool(host, "datapatch", "-prereq", "-verbose")
    assert rc == 0 and "Apply from 19.3.0.0.0 Release_Update 190410122720 to 19.25.0.0.0 Release_Update 241010184253" in out
    assert query(host, REGISTRY) == ["29517242 APPLY SUCCESS 19.3.0.0.0"]
    rc, out = tool(host, "datapatch", "-verbose")
    assert rc == 0 and "Patch 36912597 apply: SUCCESS" in out and "Total patches installed: 2" in out
    assert query(host, REGISTRY)[1:] == ["36912597 APPLY SUCCESS 19.25.0.0.0", "36878697 APPLY SUCCESS 19.25.0.0.0"]
    rc, out = tool(host, "datapatch")
    assert rc == 0 and "No release update patches need to be installed" in out and "SQL Patching tool complete" in out
    assert len(query(host, REGISTRY)) == 3
    # It is in the dictionary, so it is there after a start.
    host.stop()
    host.start()
    assert len(query(host, REGISTRY)) == 3


def test_what_fails_is_registered_with_errors_and_tried_again(host: Host) -> None:
    instance.plan_faults(host.data, failing_patches={UPDATE.patch_id})
    rc, out = tool(host, "datapatch", "-verbose")
    assert rc == 1 and "Patch 36912597 apply: WITH ERRORS" in out and "Patch 36878697 apply: SUCCESS" in out and "SQL Patching tool complete" in out
    assert query(host, REGISTRY)[1] == "36912597 APPLY WITH ERRORS 19.25.0.0.0"
    instance.plan_faults(host.data)
    assert tool(host, "datapatch", "-verbose")[0] == 0
    assert query(host, REGISTRY)[3:] == ["36912597 APPLY SUCCESS 19.25.0.0.0"]


def test_it_gives_up_without_an_open_primary_and_still_says_that_it_is_complete(host: Host) -> None:
    tool(host, "sqlplus", "-S", "/ as sysdba", script="SHUTDOWN IMMEDIATE\n")
    rc, out = tool(host, "datapatch", "-verbose")
    assert rc == 1 and "ORA-01034" in out and "Prereq check failed" in out and "SQL Patching tool complete" in out
    tool(host, "sqlplus", "-S", "/ as sysdba", script="STARTUP OPEN READ ONLY\n")
    rc, out = tool(host, "datapatch", "-verbose")
    assert rc == 1 and "READ ONLY" in out and query(host, REGISTRY) == ["29517242 APPLY SUCCESS 19.3.0.0.0"]


def test_containers_are_patched_one_by_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    for host in made(str(tmp_path_factory.mktemp("cdb")), pdb="SHOP"):
        rc, out = tool(host, "datapatch", "-verbose")
        assert rc == 0 and "For the following PDBs: CDB$ROOT PDB$SEED SHOP" in out
        assert "Patch 36912597 apply (pdb SHOP): SUCCESS" in out and "Patch 36912597 apply (pdb CDB$ROOT): SUCCESS" in out
        assert query(host, "SELECT con_id || ' ' || patch_id FROM cdb_registry_sqlpatch WHERE patch_id > 30000000 ORDER BY 1") == [
            "1 36878697", "1 36912597", "3 36878697", "3 36912597"]


def test_a_home_that_is_older_rolls_back(host: Host) -> None:
    tool(host, "datapatch")
    inventory.install(host.home, BASE)
    rc, out = tool(host, "datapatch", "-verbose")
    assert rc == 0 and "Rollback from 19.25.0.0.0 Release_Update 241010184253 to 19.3.0.0.0" in out
    assert query(host, REGISTRY)[-1] == "36912597 ROLLBACK SUCCESS 19.3.0.0.0"

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole lab: two databases with the sample application."""
from __future__ import annotations

import json
import os
import pathlib
import stat
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import oracledb
import pytest
import yaml
from oralab import instance
from oralab.lab import Lab, inventory, main, topologies


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(str(tmp_path_factory.mktemp("lab") / "lab"))
    assert main(["up", "--for", "xtts", "--directory", lab.directory]) == 0
    yield lab
    lab.down()


def endpoints(lab: Lab) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pathlib.Path(lab.directory, "endpoints.json").read_text())
    return found["databases"]  # type: ignore[no-any-return]


def query(lab: Lab, name: str, statement: str, user: str = "") -> list[tuple[Any, ...]]:
    found = endpoints(lab)[name]
    user = user or found["user"]
    with oracledb.connect(user=user, password=found["users"][user], dsn=found["dsn"]) as connection, connection.cursor() as cursor:
        return cursor.execute(statement).fetchall()  # type: ignore[no-any-return]


def test_the_databases_are_of_different_byte_order(lab: Lab) -> None:
    statement = ("SELECT d.platform_name, p.endian_format, d.log_mode FROM v$database d JOIN v$transportable_platform p "
                 "ON p.platform_id = d.platform_id")
    assert query(lab, "dbsrc", statement) == [("Solaris[tm] OE (64-bit)", "Big", "ARCHIVELOG")]
    assert query(lab, "dbtrg", statement) == [("Linux x86 64-bit", "Little", "ARCHIVELOG")]


def test_the_sample_is_a_real_application(lab: Lab) -> None:
    tables = query(lab, "dbsrc", "SELECT owner, table_name FROM dba_tables WHERE owner IN ('SALES', 'HR', 'INVENTORY') "
                                 "AND temporary = 'N' AND (owner, table_name) NOT IN (SELECT owner, table_name FROM dba_external_tables)")
    counts = [query(lab, "dbsrc", f'SELECT COUNT(*) FROM "{owner}"."{name}"')[0][0] for owner, name in tables]
    assert len(tables) >= 12 and 150_000 < sum(counts) < 300_000
    assert query(lab, "dbsrc", "SELECT owner, object_name, object_type FROM dba_objects WHERE status = 'INVALID'") == [
        ("SALES", "OLD_REPORT", "VIEW")]
    spaces = query(lab, "dbsrc", "SELECT DISTINCT tablespace_name FROM dba_segments WHERE owner IN ('SALES', 'HR', 'INVENTORY') ORDER BY 1")
    assert [name for name, in spaces] == ["APP_DATA", "APP_INDEX", "APP_LOB", "USERS"]


def test_the_set_is_self_contained(lab: Lab) -> None:
    found = endpoints(lab)["dbsrc"]
    with oracledb.connect(user="DBFERRY", password=found["users"]["DBFERRY"],
                          dsn=found["dsn"]) as connection, connection.cursor() as cursor:
        cursor.callproc("DBMS_TTS.TRANSPORT_SET_CHECK", ["APP_DATA,APP_INDEX,APP_LOB", True, True])
        assert cursor.execute("SELECT violations FROM transport_set_violations").fetchall() == []


def test_files_for_programs_and_for_ansible(lab: Lab) -> None:
    for name in ("endpoints.json", "inventory.yml"):
        assert stat.S_IMODE(os.stat(os.path.join(lab.directory, name)).st_mode) == 0o600
    inventory = yaml.safe_load(pathlib.Path(lab.directory, "inventory.yml").read_text())["all"]["children"]
    assert list(inventory) == ["source", "target"]
    target = inventory["target"]["hosts"]["dbtrg"]
    assert target["dbferry_user"] == "DBFERRY" and target["xtts_tablespaces"] == ["APP_DATA", "APP_INDEX", "APP_LOB"]
    assert os.access(os.path.join(target["dbferry_oracle_home"], "bin", "rman"), os.X_OK)


def test_up_again_changes_nothing_and_starts_what_was_killed(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    before = endpoints(lab)
    assert main(["up", "--directory", lab.directory]) == 0
    assert "The lab is already up" in capsys.readouterr().out and endpoints(lab) == before
    lab.host("dbsrc").stop(abort=True)
    assert main(["status", "--directory", lab.directory]) == 1
    assert main(["up", "--directory", lab.directory]) == 0 and endpoints(lab) == before
    assert query(lab, "dbsrc", "SELECT COUNT(*) FROM sales.orders", "DBFERRY") == [(40002,)]


def test_down_leaves_nothing_behind(lab: Lab) -> None:
    other = pathlib.Path(lab.directory, "notes.txt")
    other.write_text("somebody else's")
    pids = [str((instance.status(lab.host(name).data) or {})["pid"]) for name in ("dbsrc", "dbtrg")]
    done = subprocess.run([sys.executable, "-m", "oralab.lab", "down", "--directory", lab.directory], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, check=False)
    assert done.returncode == 0 and os.listdir(lab.directory) == [other.name]
    assert not [pid for pid in pids if os.path.exists(f"/proc/{pid}/cmdline") and "oralab.instance" in
                pathlib.Path(f"/proc/{pid}/cmdline").read_text()]


def test_the_inventory_is_all_that_a_physical_migration_needs(tmp_path: pathlib.Path) -> None:
    topology = topologies()["physical"]
    common = {"users": {"DBFERRY": "x", "SYS": "y"}, "dsn": "127.0.0.1:1/s", "oracle_home": "/h", "oracle_sid": "s", "recovery_area": "/r"}
    databases = {member.name: dict(common, group=member.group, datafiles=f"/{member.name}/oradata", db_unique_name=member.spec.db_unique_name)
                 for member in topology.members}
    groups = yaml.safe_load(inventory({"databases": databases}, topology, Lab(str(tmp_path), "local")))["all"]["children"]
    target = groups["target"]["hosts"]["dbtrg"]
    assert target["physical_datafile_path"] == "/dbtrg/oradata" and target["physical_source_redo_path"] == "/dbsrc/oradata"
    assert not any(name.startswith("physical_") for name in groups["source"]["hosts"]["dbsrc"])
    options = yaml.safe_load(pathlib.Path("roles/physical/meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    assert set(topology.variables) <= set(options)

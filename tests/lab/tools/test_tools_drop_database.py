# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DROP DATABASE, what it takes and what it leaves, and an instance that begins from a text parameter file afterwards."""
from __future__ import annotations

import os
import pathlib
import subprocess
from collections.abc import Iterator

import pytest
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host


@pytest.fixture()
def host(tmp_path: pathlib.Path) -> Iterator[Host]:
    host = Host(str(tmp_path / "host"))
    host.create(DatabaseSpec("GONE", sid="gone", log_mode="ARCHIVELOG", passwords={"SYS": "a1b2c3", "SYSTEM": "a1b2c3"})).shutdown("IMMEDIATE")
    host.start()
    yield host
    host.stop()


def sqlplus(host: Host, script: str) -> str:
    done = subprocess.run([os.path.join(host.home, "bin", "sqlplus"), "-S", "-L", "/ as sysdba"], input="SET PAGESIZE 0\n" + script,
                          capture_output=True, text=True, env={**os.environ, "ORACLE_HOME": host.home, "ORACLE_SID": "gone"},
                          timeout=300, check=False)
    assert not done.stderr
    return done.stdout


def test_a_database_is_dropped_and_its_instance_begins_again_from_a_text_file(host: Host) -> None:
    pfile = os.path.join(host.home, "dbs", "Kept.ora")
    assert "ORA-01586" in sqlplus(host, "DROP DATABASE;\n"), "open"
    assert "File created." in sqlplus(host, f"CREATE PFILE = '{pfile}' FROM SPFILE;\nALTER SYSTEM ARCHIVE LOG CURRENT;\n")
    archived = [path for path in pathlib.Path(host.recovery).rglob("*") if path.is_file()]
    assert archived
    assert "ORA-12719" in sqlplus(host, "STARTUP FORCE MOUNT\nDROP DATABASE;\n"), "not restricted"
    out = sqlplus(host, "STARTUP FORCE RESTRICT MOUNT\nDROP DATABASE;\nSELECT 1 FROM dual;\n")
    assert "Database dropped." in out and "ORA-01034" in out
    left = {path.name for path in pathlib.Path(host.data).iterdir()}
    assert not [name for name in left if name.endswith((".dbf", ".ctl"))] and "spfilegone.ora" not in left and "redo" not in left
    assert all(path.exists() for path in archived), "archived logs stay"

    assert "LRM-00109" in sqlplus(host, "STARTUP NOMOUNT\n")
    assert "LRM-00109: could not open parameter file '/no/such.ora'" in sqlplus(host, "STARTUP PFILE = '/no/such.ora' NOMOUNT\n")
    out = sqlplus(host, f"STARTUP PFILE = '{pfile}' NOMOUNT\nSELECT status FROM v$instance;\nSELECT value FROM v$parameter WHERE name = 'spfile';\n"
                        f"ALTER DATABASE MOUNT;\nDROP DATABASE;\nCREATE SPFILE FROM PFILE = '{pfile}';\n")
    assert "STARTED" in out and "ORA-00205" in out and "ORA-01507" in out and "File created." in out
    out = sqlplus(host, "STARTUP FORCE NOMOUNT\nALTER SYSTEM SET db_name = 'OTHER' SCOPE = SPFILE;\nSTARTUP FORCE NOMOUNT\n"
                        "SELECT name, value FROM v$parameter WHERE name IN ('db_name', 'db_unique_name');\n")
    assert "OTHER" in out

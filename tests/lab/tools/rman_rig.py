# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with a database in ARCHIVELOG mode and a table, and what a DBA types there."""
from __future__ import annotations

import os
import pathlib
import subprocess
from typing import Any

import oracledb
from oralab.catalog.spec import DatabaseSpec
from oralab.daemons import Daemon
from oralab.hosts import Host

PASSWORD = "a1b2c3"
STACK = (r"RMAN-03009: failure of allocate command on c1 channel at .*\n"
         r"ORA-19554: error allocating device, device type: SBT_TAPE, device name:\n")
MANAGER = r"ORA-27023: skgfqsbi: media manager protocol error\nORA-19511: non RMAN, but media manager or vendor specific failure, error text:\n   "
"""How a media manager that cannot be used is told, before its own words."""


class Rig:
    """A host, and what a DBA types there."""

    def __init__(self, directory: pathlib.Path, instances: tuple[str, ...] = ()) -> None:
        self.host = Host(str(directory / "host"))
        self.sid = instances[0] if instances else "sales"
        spec = DatabaseSpec("SALES", sid="sales", log_mode="ARCHIVELOG", instances=instances, passwords={"SYS": PASSWORD, "SYSTEM": PASSWORD})
        database = self.host.create(spec)
        database.shutdown("IMMEDIATE")
        self.host.start()
        self.out = directory / "out"
        self.out.mkdir()
        self.whole_backup = ""
        self.query("CREATE TABLE t (n NUMBER, c VARCHAR2(200)) TABLESPACE users")
        self.query("INSERT INTO t SELECT level, RPAD('x', 200) FROM dual CONNECT BY level <= 2000")

    def rman(self, script: str, ok: bool = True) -> str:
        environment = {**os.environ, "ORACLE_HOME": self.host.home, "ORACLE_SID": self.sid, "NLS_DATE_FORMAT": "YYYY-MM-DD HH24:MI:SS"}
        done = subprocess.run([os.path.join(self.host.home, "bin", "rman"), "target", "/"], input=script.replace("OUT", str(self.out)),
                              capture_output=True, text=True, env=environment, timeout=300, check=False)
        assert not done.stderr
        assert (done.returncode == 0) is ok, done.stdout
        return done.stdout

    def query(self, sql: str, **binds: Any) -> list[Any]:
        with oracledb.connect(user="system", password=PASSWORD, dsn=f"127.0.0.1:{self.host.port}/sales") as connection:
            with connection.cursor() as cursor:
                cursor.execute(sql, binds)
                if cursor.description is None:
                    connection.commit()
                    return []
                return cursor.fetchall()

    def query_as_sys(self, sql: str) -> None:
        with oracledb.connect(user="sys", password=PASSWORD, dsn=f"127.0.0.1:{self.host.port}/sales", mode=oracledb.AUTH_MODE_SYSDBA) as connection:
            with connection.cursor() as cursor:
                cursor.execute(sql)

    def pieces(self, tag: str) -> list[str]:
        return [handle for handle, in self.query("SELECT handle FROM v$backup_piece WHERE tag = :tag AND status = 'A' ORDER BY recid", tag=tag)]


class MediaRig(Rig):
    """The same with a media manager, whose pieces a daemon keeps."""

    def __init__(self, directory: pathlib.Path, keeper: Daemon) -> None:
        super().__init__(directory)
        self._keeper = keeper
        self.place: dict[str, Any] = keeper.start()

    def run(self, parms: str, commands: str, ok: bool, first: str = "") -> str:
        """Commands with a channel that has these PARMS."""
        return self.rman(f"{first}RUN {{ ALLOCATE CHANNEL c1 DEVICE TYPE 'SBT_TAPE' PARMS {parms};\n{commands} }}\n", ok)

    def stop(self) -> None:
        self._keeper.stop()
        self.host.stop()

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with a database that works, and the tools of its ORACLE_HOME."""
from __future__ import annotations

import os
import subprocess

import oracledb
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host


class RmanHost:
    """``service`` is that of the database."""

    def __init__(self, host: Host, spec: DatabaseSpec) -> None:
        self.host, self.spec = host, spec
        host.create(spec).shutdown()
        host.start()

    def tool(self, name: str, text: str, *arguments: str) -> str:
        """What a tool prints."""
        done = subprocess.run([os.path.join(self.host.home, "bin", name), *arguments], input=text, capture_output=True, text=True, timeout=300,
                              env={**os.environ, "ORACLE_HOME": self.host.home, "ORACLE_SID": self.spec.instance_name})
        return done.stdout + done.stderr

    def rman(self, text: str) -> str:
        return self.tool("rman", text, "target", "/")

    def sqlplus(self, text: str) -> str:
        return self.tool("sqlplus", text, "-s", "/", "as", "sysdba")

    def connect(self, user: str = "SYSTEM") -> oracledb.Connection:
        return oracledb.connect(user=user, password=self.spec.passwords[user], dsn=f"127.0.0.1:{self.host.port}/{self.spec.default_service}")

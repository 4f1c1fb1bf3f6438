# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery Manager's client connected to an instance over Oracle Net, with a password."""
from __future__ import annotations

import collections
import contextlib
import socket
import time
from collections.abc import Mapping
from typing import Any

from oralab.engine import links
from oralab.errors import OraError
from oralab.net import names
from oralab.storage import records
from oralab.tools import rman_commands as commands

RESTART_SECONDS = 60.0
_ENVIRONMENT = ("NLS_LANG", "NLS_DATE_FORMAT")


class NetworkConversation:
    """Has the methods of a local conversation. OraError when the logon fails."""

    def __init__(self, wanted: commands.Connect, environment: Mapping[str, str]) -> None:
        self.wanted = wanted
        self._environment = environment
        self._messages: collections.deque[Any] = collections.deque()
        self._connection = self._connect()
        self._token = self._ask("begin", environment={name: environment[name] for name in _ENVIRONMENT if environment.get(name)})

    def _connect(self) -> Any:
        import oracledb
        mode = oracledb.AUTH_MODE_SYSBKP if self.wanted.privilege == "SYSBACKUP" else oracledb.AUTH_MODE_SYSDBA
        try:
            return oracledb.connect(user=self.wanted.user, password=self.wanted.password, mode=mode, program=f"rman@{socket.gethostname()}",
                                    dsn=names.resolve(self.wanted.dsn, self._environment.get("ORACLE_HOME", ""), self._environment))
        except (oracledb.Error, ValueError) as error:
            found = links.told(error, "")
            raise OraError(found.code, found.message) from None

    def _ask(self, operation: str, **arguments: Any) -> Any:
        with self._connection.cursor() as cursor:
            answer = cursor.var(bytes, 32767)
            cursor.execute("BEGIN sys.lab$rman.exchange(:request, :answer); END;", request=records.dump((operation, arguments)), answer=answer)
            return records.load(answer.getvalue())

    def _asked(self, operation: str, **arguments: Any) -> Any:
        """The same when the instance may be restarted meanwhile. EOFError when it does not come back."""
        import oracledb
        deadline = time.monotonic() + RESTART_SECONDS
        while True:
            try:
                return self._ask(operation, **arguments)
            except oracledb.Error:
                if time.monotonic() > deadline:
                    raise EOFError from None
                time.sleep(0.3)
                with contextlib.suppress(OraError):
                    self._connection = self._connect()

    def password_file(self) -> bytes:
        found: bytes = self._ask("password file")
        return found

    def send(self, command: Any) -> None:
        self._asked("send", token=self._token, command=command)

    def recv(self) -> Any:
        while not self._messages:
            self._messages.extend(self._asked("receive", token=self._token))
        message = self._messages.popleft()
        if message[0] == "gone":
            raise EOFError
        return message

    def close(self) -> None:
        import oracledb
        with contextlib.suppress(oracledb.Error):
            self._ask("finish", token=self._token)
            self._connection.close()

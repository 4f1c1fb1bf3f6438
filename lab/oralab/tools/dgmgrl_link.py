# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How ``dgmgrl`` reaches a database: over the local channel as the Oracle owner, or through Oracle Net with the public driver."""
from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any, Protocol

from oralab.errors import OraError
from oralab.net import names
from oralab.storage import records
from oralab.tools import control


class Link(Protocol):
    """A connection. ``name``: DB_UNIQUE_NAME, None of an idle instance."""

    name: str | None
    privilege: str
    release: str

    def ask(self, operation: str, arguments: dict[str, Any]) -> Any:
        """A command for the broker. OraError."""
        ...

    def close(self) -> None: ...


class Local:
    """As the Oracle owner, to the instance of ORACLE_SID. ORA-12162 without one."""

    privilege = "SYSDBA"

    def __init__(self, environment: Mapping[str, str]) -> None:
        if not environment.get("ORACLE_SID"):
            raise OraError(12162, "TNS:net service name is incorrectly specified")
        directory = control.database_directory(environment)
        self.name: str | None = None
        self.release = ""
        self._channel = None
        try:
            self._channel = control.connect(directory, control.Hello("dgmgrl", "SYSDBA", "dgmgrl", os.getpid())) if directory else None
        except OSError:
            return
        if self._channel is not None:
            found = self._channel.recv()
            if found is not None:
                self.name = found[0]
                self.release = self.ask("who", {})["release"] if self._alive() else ""

    def _alive(self) -> bool:
        try:
            self.ask("who", {})
        except OraError:
            return False
        return True

    def ask(self, operation: str, arguments: dict[str, Any]) -> Any:
        if self._channel is None:
            raise OraError(1034, "ORACLE not available")
        try:
            self._channel.send((operation, arguments))
            value, failure = self._channel.recv()
        except (OSError, EOFError):
            raise OraError(3113, "end-of-file on communication channel") from None
        if failure is not None:
            raise OraError(*failure)
        return value

    def close(self) -> None:
        if self._channel is not None:
            self._channel.close()


def _told(error: Any) -> OraError:
    """What the other side says, without where in which code it said so."""
    from oralab.engine import links
    found = links.told(error, "")
    return OraError(found.code, found.message, stack=[line for line in found.stack if not line.startswith(("ORA-06512", "ORA-02063"))])


class Remote:
    """Through Oracle Net. ``starting``: the preliminary logon that starts an instance which is down."""

    privilege = "SYSDBA"

    def __init__(self, user: str, password: str, identifier: str, environment: Mapping[str, str], *, starting: bool = False) -> None:
        import oracledb
        self._errors = (oracledb.Error, ValueError)
        if not user:
            raise OraError(1017, "invalid username/password; logon denied")
        dsn = names.resolve(identifier, environment.get("ORACLE_HOME", ""), environment)
        program = f"dgmgrl{'.startup' if starting else ''}@{socket.gethostname()}"
        self.name: str | None = None
        self.release = ""
        self._connection: Any = None
        try:
            self._connection = oracledb.connect(user=user, password=password, dsn=dsn, mode=oracledb.AUTH_MODE_SYSDBA, program=program)
        except self._errors as error:
            found = _told(error)
            if found.code != 1034:
                raise found from None
            return
        self.name = self.sql("SELECT value FROM v$parameter WHERE name = 'db_unique_name'")[0][0]
        self.release = "12.1" if self._connection.version.startswith("12.1") else "19"

    def ask(self, operation: str, arguments: dict[str, Any]) -> Any:
        try:
            with self._connection.cursor() as cursor:
                answer = cursor.var(bytes, 32767)
                cursor.execute("BEGIN sys.lab$broker.exchange(:request, :answer); END;", request=records.dump((operation, arguments)), answer=answer)
                return records.load(answer.getvalue())
        except self._errors as error:
            raise _told(error) from None

    def sql(self, text: str) -> list[Any]:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(text)
                return list(cursor.fetchall()) if cursor.description else []
        except self._errors as error:
            raise _told(error) from None

    def shutdown(self) -> None:
        """Stop the instance."""
        self.ask("stop", {})
        self.close()

    def close(self) -> None:
        try:
            self._connection.close()
        except (AttributeError, *self._errors):
            return

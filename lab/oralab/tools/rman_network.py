# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other database of FROM SERVICE: the server process of a channel logs on to its listener, with the password file."""
from __future__ import annotations

import io
from typing import Any

from oralab.catalog import redo_client
from oralab.engine import links
from oralab.errors import OraError
from oralab.storage import records
from oralab.storage.pieces import Piece

PROCESS = "RMAN"


class Service(redo_client.Remote):
    """A database, logged on to. ORA-17627 and 17629 when that fails (transcripts), ORA-17628 over what it answers otherwise (documented)."""

    def __init__(self, database: Any, service: str) -> None:
        self.service = service
        self._connected = False
        try:
            super().__init__(database, service, PROCESS)
        except OraError as error:
            # Without an entry of SYS in the own password file there is nothing to log on with.
            if error.code == 17627:
                raise
            raise self.refused("ORA-01017: invalid username/password; logon denied" if error.code == 16191 else error.text.split("\n")[0]) from None
        self._connected = True

    @staticmethod
    def refused(cause: str) -> OraError:
        return OraError(17627, cause, stack=["ORA-17629: Cannot connect to the remote database server"])

    def _failure(self, error: Any) -> OraError:
        found = links.told(error, "")
        lines = found.text.split("\n")
        if not self._connected:
            return self.refused(lines[0])
        if found.code == 2068:
            return OraError(3113, "end-of-file on communication channel")
        return OraError(17628, f"Oracle error {found.code} returned by remote Oracle server", stack=[
            line for line in lines if not line.startswith(("ORA-02063", "ORA-06512"))])

    def ask(self, operation: str, **arguments: Any) -> Any:
        try:
            with self.connection.cursor() as cursor:
                answer = cursor.var(bytes, 32767)
                cursor.execute("BEGIN sys.lab$backup.exchange(:request, :answer); END;",
                               request=records.dump((operation, arguments)), answer=answer)
                return records.load(answer.getvalue())
        except self._errors as error:
            raise self._failure(error) from None

    def piece(self, operation: str, **arguments: Any) -> Piece:
        """A network backup set as it arrives."""
        return Piece(io.BufferedReader(_Arriving(self, self.ask(operation, **arguments)), redo_client.LARGEST), f"from service {self.service}")


class _Arriving(io.RawIOBase):
    """The bytes of a set."""

    def __init__(self, service: Service, handle: int) -> None:
        self._service, self._handle, self._held = service, handle, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._held:
            self._held = self._service.ask("read", handle=self._handle)
        count = min(len(buffer), len(self._held))
        buffer[:count], self._held = self._held[:count], self._held[count:]
        return count

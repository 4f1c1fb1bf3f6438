# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How one database of a Data Guard configuration speaks to another: it logs on to its listener as SYS, as a client does.

A real database proves who it is with the contents of its password file (known to DBAs: the files have to be copies of each other, an equal
password is not enough). Here the proof is a password that both sides derive from their own file's entry of SYS. ORA-16191 over the
ORA-01017 of the other side when they differ. What the two say to each other is the internal package ``LAB$REDO``.
"""
from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

from oralab.api import Verifier
from oralab.errors import OraError
from oralab.net.auth import make_verifier
from oralab.storage import records

if TYPE_CHECKING:
    from oralab.catalog.database import Database
    from oralab.catalog.passwords import PasswordFile

REDO_USER: Final = "SYS$REDO"
"""Under this name a database logs on; its session is one of SYS."""
PROGRAM: Final = "ora_{process}_{sid}@{host}"
"""How the process calls itself in the other database's V$SESSION: the driver allows no ``oracle@host (TT00)``."""
CONNECT_SECONDS: Final = 10.0
LARGEST: Final = 30_000
"""Bytes of redo in one message: a RAW of PL/SQL holds 32767."""


def from_redo(session: Any) -> bool:
    """Whether the session is one of another database's processes."""
    return session.privilege == "SYSDBA" and bool(re.fullmatch(r"ora_\w+@\S+", session.logon.program))


def proof(file: PasswordFile) -> str | None:
    """What stands for the password file's contents; None without an entry of SYS."""
    verifier, privileges = file.entries().get("SYS", (None, set()))
    if verifier is None or "SYSDBA" not in privileges:
        return None
    return hashlib.sha256(verifier.salt + verifier.hash).hexdigest()


def verifier(file: PasswordFile) -> Verifier | None:
    """What the listener's side compares a proof with."""
    own = proof(file)
    return make_verifier(own) if own else None


class Remote:
    """Another database, logged on to. Every failure is an OraError that V$ARCHIVE_DEST can show."""

    def __init__(self, database: Database, service: str, process: str, *, seconds: float = CONNECT_SECONDS) -> None:
        import oracledb

        from oralab.engine import links
        from oralab.net import names
        self._told = links.told
        own = proof(database.password_file) if database.password_mode() != "NONE" else None
        if own is None:
            raise not_logged_on()
        self._errors = (oracledb.Error, ValueError, OSError)
        try:
            self.connection = oracledb.connect(
                user=f'"{REDO_USER}"', password=own, dsn=names.resolve(service, database.spec.oracle_home), mode=oracledb.AUTH_MODE_SYSDBA,
                program=PROGRAM.format(process=process.lower(), sid=database.spec.instance_name, host=database.spec.host),
                tcp_connect_timeout=seconds)
            self.connection.call_timeout = int(seconds * 3000)
        except self._errors as error:
            raise self._failure(error) from None

    def ask(self, operation: str, **arguments: Any) -> Any:
        """One exchange with the other database."""
        try:
            with self.connection.cursor() as cursor:
                answer = cursor.var(bytes, 32767)
                cursor.execute("BEGIN sys.lab$redo.exchange(:request, :answer); END;",
                               request=records.dump((operation, arguments)), answer=answer)
                return records.load(answer.getvalue())
        except self._errors as error:
            raise self._failure(error) from None

    def _failure(self, error: Any) -> OraError:
        found: OraError = self._told(error, "")
        if found.code == 2068:
            return OraError(3113, "end-of-file on communication channel")
        return not_logged_on() if found.code in (1017, 1031) else OraError(found.code, found.message)

    def close(self) -> None:
        try:
            self.connection.close()
        except self._errors:
            return      # the other side is gone already


def not_logged_on() -> OraError:
    return OraError(16191, "Primary log shipping client not logged on standby")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the listener asks of a database: the seam between ``oralab.net`` and ``oralab.engine``."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from oralab.values import DataType, Row, Value

IN, OUT, IN_OUT = 32, 16, 48


@dataclasses.dataclass(frozen=True, slots=True)
class Verifier:
    """A 12C password verifier: what the server keeps instead of the password.

    ``hash`` is SHA512(PBKDF2-SHA512(password, salt + "AUTH_PBKDF2_SPEEDY_KEY", 4096) + salt)[:32]. A ``kind`` of ``10G``
    only makes the listener refuse as the driver knows it (DPY-3015).
    """

    salt: bytes
    hash: bytes
    kind: str = "12C"


@dataclasses.dataclass(slots=True)
class Logon:
    """One logon as the client asked for it."""

    user: str
    service: str                   # as registered; SYS$USERS when the client named a SID
    privilege: str = ""            # "", SYSDBA, SYSOPER, SYSBACKUP, SYSDG, SYSKM
    schema: str | None = None
    proxy_user: str | None = None  # user[client]: ``user`` is the client, this the one who authenticated
    os_authenticated: bool = False
    program: str = ""
    machine: str = ""
    os_user: str = ""
    pid: str = ""
    terminal: str = ""
    driver: str = ""               # name of the client's driver
    time_zone: str | None = None   # from AUTH_ALTER_SESSION
    new_password: str = ""         # changed right after the logon, so an expired password is no reason to refuse it


@dataclasses.dataclass(frozen=True, slots=True)
class ColumnInfo:
    name: str
    type: DataType
    nullable: bool = True


@dataclasses.dataclass(slots=True)
class Bind:
    """A bind as described by the client. ``type`` is what the client announced; ``array`` for PL/SQL index tables."""

    name: str
    type: DataType
    max_size: int = 0
    array: bool = False


@dataclasses.dataclass(slots=True)
class Result:
    """Rows of a query, of a REF CURSOR or of an implicit result; ``rows`` is consumed once."""

    columns: list[ColumnInfo]
    rows: Iterator[Row]


@dataclasses.dataclass(slots=True)
class Outcome:
    """What one execution gave. Exactly one of the parts is meaningful, by the kind of the statement."""

    result: Result | None = None                    # query
    rowcount: int = 0                               # DML: rows; for arrays the total
    rowcounts: list[int] = dataclasses.field(default_factory=list)          # DML: rows per iteration
    batch_errors: list[tuple[int, int, str]] = dataclasses.field(default_factory=list)  # (iteration, code, text)
    returning: list[list[Row]] = dataclasses.field(default_factory=list)    # RETURNING: rows per iteration
    out: dict[str, Value | list[Value] | Result] = dataclasses.field(default_factory=dict)  # PL/SQL: new values by bind name
    directions: dict[str, int] = dataclasses.field(default_factory=dict)    # PL/SQL: IN, OUT or IN_OUT by bind name
    implicit: list[Result] = dataclasses.field(default_factory=list)
    warning: tuple[int, str] | None = None          # success with compilation error: (24344, ...)


class Statement(Protocol):
    """A parsed statement. ``kind`` is ``query``, ``dml``, ``plsql``, ``ddl`` or ``transaction`` (COMMIT, ROLLBACK, ...)."""

    kind: str
    bind_names: list[str]      # upper case; one per occurrence for SQL, one per distinct name for PL/SQL
    returning: int             # number of trailing OUT binds of RETURNING ... INTO


class Session(Protocol):
    """A server process. One thread works in it at a time; ``cancel`` is called by another one."""

    sid: int
    serial: int
    user: str
    cancelled: Callable[[], bool]
    """Set by the listener: polled by long work; when true the work raises ORA-01013."""

    def parse(self, sql: str) -> Statement: ...

    def describe(self, statement: Statement) -> list[ColumnInfo]:
        """Columns of a query without executing it."""
        ...

    def execute(self, statement: Statement, binds: Sequence[Bind], rows: Sequence[Sequence[Value | list[Value]]], *,
                batch_errors: bool = False) -> Outcome:
        """Execute once per row of bind values (queries: exactly one row; ``rows == [[]]`` without binds).

        Values follow ``bind_names`` in order (RETURNING binds not included; for PL/SQL one per distinct name, pure OUT
        binds given as None). An OraError raised here carries ``rows_done`` when an array stopped midway.
        """
        ...

    def count(self, statistic: str) -> None:
        """One more of a statistic of V$STATNAME, such as a round trip."""
        ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def prepare(self) -> None:
        """Leave the transaction in doubt."""
        ...

    @property
    def in_transaction(self) -> bool: ...

    def set_attributes(self, attributes: Mapping[str, str]) -> None:
        """module, action, client_identifier, client_info, current_schema... from piggybacks."""
        ...

    def change_password(self, old: str, new: str) -> None: ...

    def close(self) -> None:
        """Client logged off or vanished: roll back (a vanished client's running call finishes first)."""
        ...

    def attributes(self) -> dict[str, str]:
        """What the logon reply tells: AUTH_SC_DBUNIQUE_NAME, AUTH_SC_SERVICE_NAME, AUTH_SC_INSTANCE_NAME, NLS..."""
        ...


class Database(Protocol):
    """An instance as the listener sees it."""

    version: tuple[int, int, int, int, int]
    """(19, 3, 0, 0, 0)"""

    def services(self) -> Mapping[str, str]:
        """Registered service -> READY, BLOCKED or RESTRICTED."""
        ...

    def sid_name(self) -> str: ...

    def verifier(self, user: str, privilege: str) -> Verifier | None:
        """Of a known user (for administrative privileges: from the password file), or None."""
        ...

    def failed_logon(self, user: str) -> None: ...

    def logon(self, request: Logon) -> Session:
        """After the password check. ORA-01045, 28000, 28001, 01031, 28009, 01033, 01034, 01035, ..."""
        ...

    def time_zone(self) -> str: ...

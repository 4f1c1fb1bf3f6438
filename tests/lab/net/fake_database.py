# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database without an engine behind the listener: it knows the statements that a test teaches it."""
from __future__ import annotations

import dataclasses
import itertools
import re
import time
from collections.abc import Callable, Mapping, Sequence

import oracledb
import pytest
from oralab.api import Bind, ColumnInfo, Logon, Outcome, Result, Verifier
from oralab.errors import OraError
from oralab.net.auth import make_verifier
from oralab.values import DataType, Row, Value

Values = Sequence[Value | list[Value]]
Handler = Callable[["FakeSession", Sequence[Bind], Sequence[Values], bool], Outcome]
KINDS = {"SELECT": "query", "WITH": "query", "BEGIN": "plsql", "DECLARE": "plsql", "CALL": "plsql", "INSERT": "dml",
         "UPDATE": "dml", "DELETE": "dml", "MERGE": "dml", "COMMIT": "transaction", "ROLLBACK": "transaction"}


def column(name: str, type: str, length: int = 0, precision: int | None = None, scale: int | None = None,
           nullable: bool = True, char_used: str = "B") -> ColumnInfo:
    """A column in one line."""
    return ColumnInfo(name, DataType(type, length, precision, scale, char_used), nullable)


def query(columns: Sequence[ColumnInfo], rows: Sequence[Row]) -> Handler:
    """A query that always gives the same rows."""
    return lambda session, binds, values, batch: Outcome(Result(list(columns), iter(rows)))


def echo(type: str, length: int = 0, **parts: object) -> Handler:
    """A query that gives its binds back as columns of one type."""
    def run(session: FakeSession, binds: Sequence[Bind], values: Sequence[Values], batch: bool) -> Outcome:
        columns = [ColumnInfo(f"C{position}", DataType(type, length, **parts)) for position in range(len(binds))]  # type: ignore[arg-type]
        return Outcome(Result(columns, iter([tuple(values[0])])))  # type: ignore[arg-type]
    return run


def full_code(error: pytest.ExceptionInfo[oracledb.Error]) -> str:
    """The code that the driver names, its own or Oracle's."""
    return error.value.args[0].full_code


def wait_for(condition: Callable[[], object]) -> None:
    """Wait for what another thread does; fails after a minute."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


@dataclasses.dataclass
class FakeStatement:
    sql: str
    kind: str
    bind_names: list[str]
    returning: int
    handler: Handler


class FakeSession:
    """A session that records what happens to it in ``events``."""

    def __init__(self, database: FakeDatabase, request: Logon, sid: int) -> None:
        self.database = database
        self.request = request
        self.sid, self.serial = sid, 7
        self.user = request.user
        self.cancelled: Callable[[], bool] = lambda: False
        self.in_transaction = False
        self.closed = False
        self.events: list[object] = []
        self.binds: Sequence[Bind] = []

    def parse(self, sql: str) -> FakeStatement:
        if sql not in self.database.statements:
            raise OraError(942, "table or view does not exist", offset=sql.find("nosuch") if "nosuch" in sql else 0)
        kind = KINDS.get(sql.split()[0].upper(), "ddl")
        names = [name.upper() for name in re.findall(r"(?<!:):(\w+)", re.sub(r"'[^']*'", "", sql))]
        into = re.search(r"returning .* into (.*)$", sql)
        returning = into.group(1).count(":") if into else 0
        if kind == "plsql":
            names = list(dict.fromkeys(names))
        self.events.append(("parse", sql))
        return FakeStatement(sql, kind, names, returning, self.database.statements[sql])

    def describe(self, statement: FakeStatement) -> list[ColumnInfo]:
        self.events.append("describe")
        outcome = statement.handler(self, [], [[]], False)
        assert outcome.result is not None
        return outcome.result.columns

    def execute(self, statement: FakeStatement, binds: Sequence[Bind], rows: Sequence[Values], *,
                batch_errors: bool = False) -> Outcome:
        self.events.append(("execute", statement.sql))
        self.binds = binds
        if statement.kind == "dml":
            self.in_transaction = True
        return statement.handler(self, binds, rows, batch_errors)

    def count(self, statistic: str) -> None:
        pass

    def commit(self) -> None:
        self.events.append("commit")
        self.in_transaction = False

    def rollback(self) -> None:
        self.events.append("rollback")
        self.in_transaction = False

    def set_attributes(self, attributes: Mapping[str, str]) -> None:
        if attributes.get("current_schema") == "GHOST":
            raise OraError(1435, "user does not exist")
        self.events.append(dict(attributes))

    def change_password(self, old: str, new: str) -> None:
        if self.database.users[self.user] != old:
            raise OraError(28008, "invalid old password")
        self.database.users[self.user] = new

    def close(self) -> None:
        self.closed = True

    def attributes(self) -> dict[str, str]:
        return {"AUTH_SC_DBUNIQUE_NAME": "fake_unique", "AUTH_SC_SERVICE_NAME": self.request.service,
                "AUTH_MAX_OPEN_CURSORS": "60", "AUTH_SC_DB_DOMAIN": "example.com"}


class FakeDatabase:
    """An instance with users, services and taught statements."""

    def __init__(self, sid: str = "FAKE", version: tuple[int, int, int, int, int] = (19, 3, 0, 0, 0)) -> None:
        self.version = version
        self.sid = sid
        self.states = {f"{sid.lower()}_svc": "READY"}
        self.users = {"SCOTT": "tiger", "SYS": "change_on_install", "MixedCase": "secret", "EXPIRED": "old"}
        self.verifiers: dict[str, Verifier] = {}
        self.statements: dict[str, Handler] = {}
        self.sessions: list[FakeSession] = []
        self.failed: list[str] = []
        self._sids = itertools.count(100)

    def teach(self, sql: str, handler: Handler) -> str:
        """Make a statement known; gives it back."""
        self.statements[sql] = handler
        return sql

    def services(self) -> dict[str, str]:
        return self.states

    def sid_name(self) -> str:
        return self.sid

    def verifier(self, user: str, privilege: str) -> Verifier | None:
        if user == "TENG":
            return Verifier(bytes(16), bytes(32), "10G")
        if user not in self.users or privilege and user != "SYS":
            return None
        return make_verifier(self.users[user])

    def failed_logon(self, user: str) -> None:
        self.failed.append(user)

    def logon(self, request: Logon) -> FakeSession:
        if request.user == "SYS" and not request.privilege:
            raise OraError(28009, "connection as SYS should be as SYSDBA or SYSOPER")
        if request.user == "EXPIRED" and not request.new_password and self.users["EXPIRED"] == "old":
            raise OraError(28001, "the password has expired")
        session = FakeSession(self, request, next(self._sids))
        self.sessions.append(session)
        return session

    def time_zone(self) -> str:
        return "+00:00"

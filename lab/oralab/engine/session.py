# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions: what a server process does for its client (implements ``oralab.api.Session``)."""
from __future__ import annotations

import collections
import contextlib
import datetime
import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from oralab.api import Bind, ColumnInfo, Logon, Outcome, Result
from oralab.catalog import containers, model
from oralab.engine import control, datetimes, types
from oralab.engine.changes import compile_change
from oralab.engine.code import Execution
from oralab.engine.compilation import Compilation, Plan
from oralab.engine.convert import type_of
from oralab.engine.nls import Nls
from oralab.engine.plsql import Block, run_block
from oralab.engine.userenv import userenv
from oralab.errors import OraError, not_simulated
from oralab.packages import registry
from oralab.sql import ast, parse
from oralab.storage import Snapshot
from oralab.values import DataType, Row, Timestamp, Value

PLANS: Final = 300
"""Compiled statements that a session keeps."""
_ATTRIBUTES: Final = ("module", "action", "client_info", "client_identifier")


@functools.lru_cache(maxsize=2000)
def _parsed(sql: str, release: str) -> ast.Statement:
    return parse(sql, release)


class Parsed:
    """A parsed statement as the listener sees it."""

    __slots__ = ("text", "node", "kind", "bind_names", "returning")

    def __init__(self, text: str, node: ast.Statement) -> None:
        self.text = text
        self.node = node
        self.kind: str = node.kind
        self.bind_names = node.binds
        self.returning = node.returning_binds


class Session:
    """One session. ``user`` is whose rights count, ``schema`` where names are looked up, ``roles`` the enabled ones."""

    def __init__(self, database: Any, logon: Logon, instance: Any = None) -> None:
        self.database = database
        self.instance = instance or database.first_instance()
        self.logon = logon
        self.user = logon.user
        self.privilege = logon.privilege
        self.schema = logon.schema or logon.user
        self.cancelled: Callable[[], bool] = lambda: False
        self.status = "INACTIVE"
        self.killed = self.closed = False
        self._rolled_back = False
        """The end of the session took an open transaction with it."""
        self.module = self.action = self.client_info = self.client_identifier = ""
        self.sql_text = ""
        self.transaction: Any = None
        self.transaction_name: str | None = None
        self.read_only = self.serializable = False
        self.trusts_rows = False
        """Of a transportable import: constraints take rows that came in datafiles as they are (assumed)."""
        self.statistics: collections.Counter[str] = collections.Counter()
        self.package_state: dict[str, Any] = {}
        self.contexts: dict[tuple[str, str], str] = {}
        self.parameters: dict[str, str] = {}
        """Instance parameters as ALTER SESSION set them, names in lower case."""
        self.nls = Nls()
        self.zone = datetimes.zone_name(logon.time_zone or datetimes.offset_text(self.server_offset()))
        self.logon_time = self.last_call = database.now()
        self._fixed: Snapshot | None = None
        self._current: dict[tuple[str, str], int] = {}
        self._plans: dict[Any, Any] = {}
        self._version = -1
        self.sid, self.serial = database.register(self)
        self.roles: set[str] = self._default_roles()

    def _default_roles(self) -> set[str]:
        if self.database.state != "OPEN":
            return set()
        user = self.catalog.get(model.User, self.user)
        return set(self.catalog.privileges.default_roles(user)) if user is not None else set()

    # --- what others ask ---

    @property
    def catalog(self) -> Any:
        return self.database.catalog

    @property
    def thread(self) -> int:
        """Redo thread of the session's instance."""
        return int(self.instance.thread)

    @property
    def database_zone(self) -> str:
        return str(self.database.time_zone())

    @property
    def user_id(self) -> int:
        user = self.catalog.get(model.User, self.user)
        return user.user_id if user else 0

    @property
    def container(self) -> str:
        """The container the session is in, by its service or ALTER SESSION SET CONTAINER."""
        spec = self.database.spec
        if self.database.con_id:
            return str(spec.pdb)
        if "container" in self.parameters:
            return self.parameters["container"]
        if not spec.is_cdb:
            return str(spec.name)
        root = self.logon.service.lower() in (spec.container_service.lower(), "sys$users", "sys$background")
        return "CDB$ROOT" if root else str(spec.pdb)

    def enter(self, name: str) -> None:
        """ALTER SESSION SET CONTAINER. ORA-65011."""
        root = self.database.root
        if not root.spec.is_cdb or name not in ("CDB$ROOT", root.spec.pdb.upper(), *root.plugged):
            raise OraError(65011, f"Pluggable database {name} does not exist.")
        there = root.plugged.get(name, root)
        if there is not self.database:
            if self.transaction is not None:
                raise not_simulated("a session that leaves a container with an open transaction")
            self.database = there
            self.forget()
        self.parameters["container"] = name

    @property
    def blocked_by(self) -> int | None:
        """SID of the session whose transaction this one waits for."""
        waiting = getattr(self.transaction, "waiting_for", None)
        return getattr(getattr(waiting, "session", None), "sid", None)

    def server_now(self) -> datetime.datetime:
        return datetime.datetime.now()

    @staticmethod
    def server_offset() -> int:
        """Minutes between the server's clock and UTC."""
        return int(time.localtime().tm_gmtoff // 60)

    def is_cancelled(self) -> bool:
        return self.killed or self.cancelled()

    def poll(self) -> None:
        """ORA-01013 when the client cancelled, ORA-00028 when the session was killed."""
        if self.killed:
            raise OraError(28, "your session has been killed")
        if self.cancelled():
            raise OraError(1013, "user requested cancel of current operation")

    def kill(self, abort: bool = False) -> None:
        """ALTER SYSTEM KILL SESSION by another one: what runs ends with ORA-00028."""
        self.killed = True
        self.status = "KILLED"

    # --- statements ---

    def forget(self) -> None:
        """What was compiled is compiled again."""
        self._version = -1

    def count(self, statistic: str) -> None:
        """One more of a statistic (V$SESSTAT)."""
        self.statistics[statistic] += 1

    def parse(self, sql: str) -> Parsed:
        self.count("parse count (total)")
        text = sql.rstrip("\0")
        return Parsed(text, parse(text, self.database.release) if _is_ddl(text) else _parsed(text, self.database.release))

    def describe(self, statement: Any) -> list[ColumnInfo]:
        columns: list[ColumnInfo] = self.plan(statement.node, statement.text, []).columns
        return columns

    def resolve(self, statement: Any) -> None:
        """What parsing does beyond syntax: names, types and privileges, whatever the binds will be. Nothing runs."""
        if statement.kind == "plsql":
            Block(self, statement.node, statement.text, [])
        elif statement.kind in ("query", "dml"):
            self.plan(statement.node, statement.text, [])

    def plan(self, node: Any, text: str, bind_types: Sequence[DataType]) -> Any:
        """The compiled form of a query or DML statement, compiled again after every change of the dictionary."""
        if self._version != self.catalog.version:
            self._plans.clear()
            self._version = self.catalog.version
        bind_types = [_rounded(type_) for type_ in bind_types]
        key = (text, self.schema, self.user, frozenset(self.roles), tuple(bind_types))
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) >= PLANS:
                self._plans.clear()
            compilation = Compilation(self, bind_types)
            if isinstance(node, ast.Query):
                found = shown(compilation, compilation.query(node))
            else:
                found = compile_change(compilation, node)
            self._plans[key] = found
        return found

    def execute(self, statement: Any, binds: Sequence[Bind], rows: Sequence[Sequence[Value | list[Value]]], *,
                batch_errors: bool = False) -> Outcome:
        self.poll()
        self.status, self.sql_text, self.last_call = "ACTIVE", statement.text, self.database.now()
        try:
            self._may_run(statement.kind)
            if self.thread > 1:
                self.database.store.works_for(self.thread)
            if statement.kind == "query":
                return self._query(statement, binds, rows[0] if rows else [])
            if statement.kind == "dml":
                return self._dml(statement, binds, rows, batch_errors)
            if statement.kind == "plsql":
                return run_block(self, statement.node, statement.text, binds, rows[0] if rows else [])
            if statement.kind == "ddl":
                return self._ddl(statement)
            control.execute(self, statement.node)
            return Outcome()
        except RecursionError:
            raise not_simulated("a statement nested this deeply") from None
        finally:
            self.status = "KILLED" if self.killed else "INACTIVE"

    def _may_run(self, kind: str) -> None:
        if kind == "dml" and (self.database.state != "OPEN" or containers.closed(self)):
            raise OraError(1109, "database not open")
        if kind == "dml" and containers.read_only(self):
            raise OraError(16000, "database or pluggable database open for read-only access")

    def _query(self, statement: Any, binds: Sequence[Bind], values: Sequence[Any]) -> Outcome:
        plan = self.plan(statement.node, statement.text, [bind.type for bind in binds])
        return Outcome(result=Result(plan.columns, plan.run(self.execution(values))))

    def _dml(self, statement: Any, binds: Sequence[Bind], rows: Sequence[Sequence[Any]], batch_errors: bool) -> Outcome:
        if self.read_only:
            raise OraError(1456, "may not perform insert/delete/update operation inside a READ ONLY transaction")
        change = self.plan(statement.node, statement.text, [bind.type for bind in binds])
        outcome = Outcome()
        transaction, store = self.begin(), self.database.store
        start = store.mark(transaction)
        for iteration, values in enumerate(rows or [[]]):
            mark = store.mark(transaction)
            try:
                count, returned = change.run(self.execution(values))
            except OraError as error:
                store.rollback_to(transaction, mark)
                if not batch_errors or error.code in (1013, 28):
                    error.rows_done = outcome.rowcount  # type: ignore[attr-defined]
                    self._after_failure(transaction, start)
                    raise
                outcome.batch_errors.append((iteration, error.code, error.text))
                outcome.rowcounts.append(0)
                outcome.returning.append([])
                continue
            outcome.rowcounts.append(count)
            outcome.rowcount += count
            outcome.returning.append(returned)
        return outcome

    def _after_failure(self, transaction: Any, start: int) -> None:
        """A transaction that began with the failing statement and changed nothing is no transaction."""
        if not transaction.changes and not transaction.table_locks and not transaction.savepoints and not start:
            self.database.store.rollback(transaction)
            self.transaction = None

    def _ddl(self, statement: Any) -> Outcome:
        origin = self.database.store.carries_out(self.user, statement.text) if self.database.state == "OPEN" else contextlib.nullcontext()
        with origin:
            warning = self.database.ddl.execute(self, statement.node)
        return Outcome(warning=None if warning is None else (warning.code, warning.message) if hasattr(warning, "code") else tuple(warning))

    def execution(self, values: Sequence[Any] = ()) -> Execution:
        """A new execution at this moment."""
        return Execution(self, values, self.snapshot())

    def snapshot(self) -> Any:
        """What a statement that begins now sees."""
        if self.database.state != "OPEN":
            return None
        if self._fixed is not None:
            return Snapshot(self._fixed.scn, self.transaction)
        return self.database.store.snapshot(self.transaction)

    def sql(self, text: str, binds: Sequence[Value] | Mapping[str, Value] = ()) -> list[Row]:
        """Run a statement for internal use: rows of a query, else nothing. Binds by position or by name."""
        statement = self.parse(text)
        names = statement.bind_names
        values = [binds[name] for name in names] if isinstance(binds, Mapping) else list(binds)
        described = [Bind(name, type_of(value)) for name, value in zip(names, values)]
        outcome = self.execute(statement, described, [values])
        return list(outcome.result.rows) if outcome.result is not None else []

    def call(self, bound: registry.Bound, values: Sequence[Any]) -> registry.Answer:
        """Run a routine of a supplied package; its errors carry the PL/SQL stack."""
        try:
            return bound.invoke(self, values)
        except OraError as error:
            owner = registry.packages()[bound.routine.package].owner
            line = f'ORA-06512: at "{owner}.{bound.routine.package}", line {len(bound.routine.name) * 7 + 1}'
            if error.code not in (28, 1013) and line not in error.stack:
                error.stack.append(line)
            raise

    # --- transactions ---

    def begin(self) -> Any:
        """The open transaction, begun when there is none."""
        if self.transaction is None:
            self.transaction = self.database.store.begin(self)
        return self.transaction

    @property
    def in_transaction(self) -> bool:
        return self.transaction is not None

    def commit(self) -> None:
        transaction, self.transaction = self.transaction, None
        self._transaction_over()
        if transaction is None and self._rolled_back:
            # Whoever ended the session has rolled it back in the meantime, and nobody may hear that it is committed.
            raise OraError(28, "your session has been killed")
        if transaction is not None:
            self.database.store.commit(transaction)
            self.database.dataguard.transport.await_synchronous()
            self.database.ddl.segments.transaction_ended(self)

    def prepare(self) -> None:
        """What a coordinator asks for before it vanishes: the transaction is in doubt from now on."""
        transaction, self.transaction = self.transaction, None
        self._transaction_over()
        if transaction is not None:
            self.database.store.prepare(transaction)

    def rollback(self, savepoint: str | None = None) -> None:
        if savepoint is not None:
            if self.transaction is None:
                raise OraError(1086, f"savepoint '{savepoint}' never established in this session or is invalid")
            self.database.store.rollback(self.transaction, savepoint)
            return
        transaction, self.transaction = self.transaction, None
        self._transaction_over()
        if transaction is not None:
            self.database.store.rollback(transaction)
            self.database.ddl.segments.transaction_ended(self)

    def _transaction_over(self) -> None:
        self.read_only = self.serializable = False
        self._fixed = None
        self.transaction_name = None

    def fix_snapshot(self, *, read_only: bool) -> None:
        """SET TRANSACTION READ ONLY or ISOLATION LEVEL SERIALIZABLE: everything is seen as of now."""
        if not read_only:
            self.begin()
        self._fixed = self.database.store.snapshot(self.transaction)
        self.read_only, self.serializable = read_only, not read_only

    def nextval(self, owner: str, name: str) -> int:
        sequence = self.catalog.get(model.Sequence, owner, name)
        if sequence is None:
            raise OraError(2289, "sequence does not exist")
        if containers.read_only(self):
            raise OraError(16000, "database or pluggable database open for read-only access")
        value = int(self.catalog.next_value(self, sequence))
        self._current[owner, name] = value
        return value

    def currval(self, owner: str, name: str) -> int:
        """ORA-08002 before the first NEXTVAL of the session."""
        if (owner, name) not in self._current:
            raise OraError(8002, f"sequence {name}.CURRVAL is not yet defined in this session")
        return self._current[owner, name]

    # --- attributes ---

    def set_attributes(self, attributes: Mapping[str, str]) -> None:
        for name, value in attributes.items():
            if name == "current_schema":
                self.set_schema(value)
            elif name in _ATTRIBUTES:
                setattr(self, name, value)

    def set_schema(self, name: str) -> None:
        """ALTER SESSION SET CURRENT_SCHEMA. ORA-01435."""
        if self.catalog.get(model.User, name) is None:
            raise OraError(1435, "user does not exist")
        self.schema = name

    def change_password(self, old: str, new: str) -> None:
        self.sql(f'ALTER USER "{self.user}" IDENTIFIED BY "{new}" REPLACE "{old}"')

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        if self.database.state == "OPEN":
            self._rolled_back = self.transaction is not None
            self.rollback()
            self.database.ddl.segments.forget_session(self)
        registry.close_session(self)
        self.database.unregister(self)

    def attributes(self) -> dict[str, str]:
        spec = self.database.spec
        return {"AUTH_SC_DBUNIQUE_NAME": spec.db_unique_name, "AUTH_SC_REAL_DBUNIQUE_NAME": spec.db_unique_name,
                "AUTH_SC_SERVICE_NAME": self.logon.service, "AUTH_SC_INSTANCE_NAME": self.instance.name,
                "AUTH_INSTANCE_NO": str(self.instance.number), "AUTH_SC_DB_DOMAIN": spec.domain, "AUTH_SC_SERVER_HOST": spec.host}

    def userenv(self) -> dict[str, Any]:
        """Parameters of the namespace USERENV."""
        return userenv(self)


def _rounded(type_: DataType) -> DataType:
    """A bind's type with its length rounded up, as Oracle does it, so that values of many lengths share a compiled statement."""
    if type_.name in ("VARCHAR2", "CHAR", "RAW"):
        return DataType(type_.name, next((size for size in (32, 128, 2000, 4000) if type_.length <= size), 32767))
    return type_


def _is_ddl(text: str) -> bool:
    word = text.lstrip("( \t\r\n")[:9].upper()
    return not word.startswith(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "BEGIN", "DECLARE", "CALL"))


def shown(compilation: Compilation, plan: Plan) -> Plan:
    """A query as the client gets it: TIMESTAMP WITH LOCAL TIME ZONE in the session's zone (documented)."""
    local = [index for index, column in enumerate(plan.columns) if types.family(column.type) == "C"]
    if not local:
        return plan
    run = plan.run

    def rows(x: Any) -> Iterator[Row]:
        for row in run(x):
            values: list[Any] = list(row)
            for index in local:
                if isinstance(values[index], Timestamp):
                    values[index] = datetimes.local_to_ts(values[index], x.zone)
            yield tuple(values)
    return Plan(plan.columns, rows, plan.outer_levels)

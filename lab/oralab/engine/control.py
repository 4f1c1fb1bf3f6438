# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transaction and session control: COMMIT, ROLLBACK, SAVEPOINT, SET TRANSACTION, SET ROLE, LOCK TABLE, ALTER SESSION."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from oralab.catalog import model
from oralab.engine import datetimes, links
from oralab.errors import OraError, not_simulated
from oralab.sql import ast


def execute(session: Any, node: Any) -> None:
    """Run one statement of kind ``transaction``."""
    executor = _EXECUTORS.get(type(node))
    if executor is None:
        raise not_simulated(f"{type(node).__name__} statement")
    executor(session, node)


def _commit(session: Any, node: ast.Commit) -> None:
    if node.force is not None:
        _force(session, node.force, "COMMIT")
        return
    session.commit()


def _rollback(session: Any, node: ast.Rollback) -> None:
    if node.force is not None:
        _force(session, node.force, "ROLLBACK")
        return
    session.rollback(node.to)


def _force(session: Any, local_id: str, action: str) -> None:
    """ORA-01031 without FORCE ANY TRANSACTION (FORCE TRANSACTION is for one's own, which nobody here has any more)."""
    if not session.database.catalog.privileges.has(session, "FORCE ANY TRANSACTION"):
        raise OraError(1031, "insufficient privileges")
    session.database.store.force(local_id, action)


def _savepoint(session: Any, node: ast.Savepoint) -> None:
    session.database.store.savepoint(session.begin(), node.name)


def _set_transaction(session: Any, node: ast.SetTransaction) -> None:
    if session.transaction is not None:
        raise OraError(1453, "SET TRANSACTION must be first statement of transaction")
    session.transaction_name = node.name
    if node.mode == "READ ONLY":
        session.fix_snapshot(read_only=True)
    elif node.mode == "ISOLATION LEVEL SERIALIZABLE":
        session.fix_snapshot(read_only=False)


def _set_role(session: Any, node: ast.SetRole) -> None:
    """ORA-01924 for a role that is not granted, ORA-01979 for a missing or wrong password."""
    catalog = session.catalog
    granted = {grant.role for grant in catalog.all(model.RoleGrant) if grant.grantee in (session.user, "PUBLIC")}
    if node.all:
        for name in node.except_:
            if name not in granted:
                raise OraError(1924, f"role '{name}' not granted or does not exist")
        wanted = granted - set(node.except_)
        if any(_role(catalog, name).authentication == "PASSWORD" for name in wanted):
            raise OraError(1979, "missing or invalid password for role")
    else:
        wanted = set()
        for name, password in node.roles:
            if name not in granted:
                raise OraError(1924, f"role '{name}' not granted or does not exist")
            if _role(catalog, name).authentication == "PASSWORD" and password is None:
                raise OraError(1979, f"missing or invalid password for role '{name}'")
            if password is not None:
                raise not_simulated("SET ROLE with a password")
            wanted.add(name)
    session.roles = set(catalog.privileges.roles_of(session.user, wanted))


def _role(catalog: Any, name: str) -> model.Role:
    return catalog.get(model.Role, name) or model.Role(name=name)


def _set_constraints(session: Any, node: ast.SetConstraints) -> None:
    raise not_simulated("SET CONSTRAINTS")


def _lock_table(session: Any, node: ast.LockTable) -> None:
    for item in node.tables:
        relation = session.catalog.resolve(session, item.schema, item.name)
        if relation.kind != "TABLE":
            raise not_simulated("LOCK TABLE of a view")
        table = relation.table
        privileges = session.catalog.privileges
        if table.owner != session.user and not any(
                privileges.on_object(session, privilege, table) for privilege in ("INSERT", "UPDATE", "DELETE", "LOCK", "SELECT")):
            session.catalog.require(session, "SELECT", table)
        numbers = session.database.ddl.segments.numbers(table)
        wait = None if node.wait is None else float(node.wait)
        session.database.store.lock_table(session.begin(), numbers, node.mode, wait, session.is_cancelled)


# --- ALTER SESSION ---

def _alter_session(session: Any, node: ast.AlterSession) -> None:
    if node.action == "SET":
        for setting in node.settings:
            _set(session, setting.name.upper(), setting.value, setting.name in node.quoted)
    elif node.action in ("ENABLE", "DISABLE", "FORCE"):
        if node.what not in ("PARALLEL DML", "PARALLEL DDL", "PARALLEL QUERY", "RESUMABLE", "COMMIT IN PROCEDURE"):
            raise not_simulated(f"ALTER SESSION {node.action} {node.what}")
        if node.what == "RESUMABLE" and node.action == "ENABLE" and not session.catalog.privileges.has(session, "RESUMABLE"):
            raise OraError(1031, "insufficient privileges")
    elif node.action == "CLOSE DATABASE LINK":
        links.close(session, str(node.name))
    else:
        raise not_simulated(f"ALTER SESSION {node.action}")


def _set(session: Any, name: str, value: str, quoted: bool) -> None:
    special = _SETTINGS.get(name)
    if special is not None:
        special(session, value)
    elif name.startswith("NLS_"):
        session.nls.set(name, value)
    else:
        _parameter(session, name.lower(), value)


def _parameter(session: Any, name: str, value: str) -> None:
    """An instance parameter for this session. ORA-02248 unknown, ORA-02096 when it cannot be set so."""
    try:
        known = session.database.parameters.known(name)
    except OraError:
        raise OraError(2248, "invalid option for ALTER SESSION") from None
    if not known.session:
        raise OraError(2096, "specified initialization parameter is not modifiable with this option")
    session.parameters[name] = value


def _schema(session: Any, value: str) -> None:
    session.set_schema(value)


def _time_zone(session: Any, value: str) -> None:
    """An offset, a region, LOCAL or DBTIMEZONE."""
    word = value.strip()
    if word.upper() == "LOCAL":
        word = datetimes.offset_text(session.server_offset())
    elif word.upper() == "DBTIMEZONE":
        word = session.database_zone
    datetimes.zone_of(word)
    session.zone = datetimes.zone_name(word)


def _container(session: Any, value: str) -> None:
    """ORA-65011 for an unknown one; ORA-01031 without SET CONTAINER."""
    name = value.upper()
    if session.container != name and not (session.privilege or session.catalog.privileges.has(session, "SET CONTAINER")):
        raise OraError(1031, "insufficient privileges")
    session.enter(name)


def _isolation_level(session: Any, value: str) -> None:
    if value.upper() != "READ COMMITTED":
        raise not_simulated(f"ALTER SESSION SET ISOLATION_LEVEL = {value}")


def _ignored(session: Any, value: str) -> None:
    """Settings without a visible effect: traces, optimizer hints, the default edition."""


_SETTINGS: Final[dict[str, Callable[[Any, str], None]]] = {
    "CURRENT_SCHEMA": _schema, "TIME_ZONE": _time_zone, "CONTAINER": _container, "ISOLATION_LEVEL": _isolation_level,
    "EVENTS": _ignored, "SQL_TRACE": _ignored, "TRACEFILE_IDENTIFIER": _ignored, "OPTIMIZER_MODE": _ignored, "STATISTICS_LEVEL": _ignored,
    "PLSQL_WARNINGS": _ignored, "CONSTRAINTS": _ignored, "EDITION": _ignored, "DDL_LOCK_TIMEOUT": lambda session, value:
    session.parameters.__setitem__("ddl_lock_timeout", value)}
_EXECUTORS: Final[dict[type, Callable[[Any, Any], None]]] = {
    ast.Commit: _commit, ast.Rollback: _rollback, ast.Savepoint: _savepoint, ast.SetTransaction: _set_transaction, ast.SetRole: _set_role,
    ast.SetConstraints: _set_constraints, ast.LockTable: _lock_table, ast.AlterSession: _alter_session}

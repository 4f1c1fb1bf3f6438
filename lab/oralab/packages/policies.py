# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_RLS and DBMS_REDACT: policies as the dictionary records them (documented). They are not applied to queries."""
from __future__ import annotations

from typing import Any

from oralab.catalog import model
from oralab.errors import OraError
from oralab.packages.registry import Package, signature

DBMS_RLS = Package("DBMS_RLS", grantees=("EXECUTE_CATALOG_ROLE",), constants={
    "STATIC": 1, "SHARED_STATIC": 2, "CONTEXT_SENSITIVE": 3, "SHARED_CONTEXT_SENSITIVE": 4, "DYNAMIC": 5, "ALL_ROWS": 1})
DBMS_REDACT = Package("DBMS_REDACT", grantees=("EXECUTE_CATALOG_ROLE", "IMP_FULL_DATABASE"), constants={
    "NONE": 0, "FULL": 1, "PARTIAL": 2, "RANDOM": 4, "REGEXP": 5, "NULLIFY": 6,
    "ADD_COLUMN": 1, "DROP_COLUMN": 2, "MODIFY_EXPRESSION": 3, "MODIFY_COLUMN": 4})


def _relation(session: Any, schema: str | None, name: str | None) -> tuple[str, str]:
    """Owner and name of a table or view. ORA-00942."""
    owner = (schema or session.schema).upper()
    found = session.database.catalog.named(owner, (name or "").upper())
    if not isinstance(found, (model.Table, model.View)):
        raise OraError(942, "table or view does not exist")
    return owner, found.name


def _save(session: Any, policy: model.Policy) -> None:
    session.commit()
    with session.database.catalog.change() as change:
        change.save(policy)


def _find(session: Any, family: str, schema: str | None, name: str | None, policy: str | None) -> model.Policy | None:
    owner, table = _relation(session, schema, name)
    found: model.Policy | None = session.database.catalog.get(model.Policy, family, owner, table, (policy or "").upper())
    return found


@DBMS_RLS.routine("ADD_POLICY", signature(
    "object_schema := NULL, object_name, policy_name, function_schema := NULL, policy_function, statement_types := NULL, "
    "update_check BOOLEAN := FALSE, enable BOOLEAN := TRUE, static_policy BOOLEAN := FALSE, policy_type BINARY_INTEGER := NULL, "
    "long_predicate BOOLEAN := FALSE, sec_relevant_cols := NULL, sec_relevant_cols_opt BINARY_INTEGER := NULL, namespace := NULL, "
    "attribute := NULL"))
def add_rls_policy(session: Any, object_schema: str | None, object_name: str, policy_name: str, function_schema: str | None,
                   policy_function: str, statement_types: str | None, enable: bool, **rest: Any) -> None:
    """ORA-28101 when there is one of that name."""
    owner, table = _relation(session, object_schema, object_name)
    if _find(session, "VPD", owner, table, policy_name):
        raise OraError(28101, "policy already exists")
    package, _, function = policy_function.upper().rpartition(".")
    _save(session, model.Policy(
        family="VPD", owner=owner, table=table, name=policy_name.upper(), enabled=bool(enable),
        function=((function_schema or session.schema).upper(), package, function),
        statements=[word.strip().upper() for word in (statement_types or "SELECT,INSERT,UPDATE,DELETE").split(",")]))


@DBMS_RLS.routine("ENABLE_POLICY", signature("object_schema := NULL, object_name, policy_name, enable BOOLEAN := TRUE"))
def enable_rls_policy(session: Any, object_schema: str | None, object_name: str, policy_name: str, enable: bool) -> None:
    found = _find(session, "VPD", object_schema, object_name, policy_name)
    if found is None:
        raise OraError(28102, "policy does not exist")
    with session.database.catalog.change() as change:
        change.edit(found).enabled = bool(enable)


def _drop(session: Any, found: model.Policy) -> None:
    session.commit()
    with session.database.catalog.change() as change:
        change.remove(found)


@DBMS_RLS.routine("DROP_POLICY", signature("object_schema := NULL, object_name, policy_name"))
def drop_rls_policy(session: Any, object_schema: str | None, object_name: str, policy_name: str) -> None:
    found = _find(session, "VPD", object_schema, object_name, policy_name)
    if found is None:
        raise OraError(28102, "policy does not exist")
    _drop(session, found)


def _redaction(session: Any, owner: str, table: str) -> model.Policy | None:
    """A table has one redaction policy at most (documented)."""
    return next((policy for policy in session.database.catalog.all(model.Policy)
                 if (policy.family, policy.owner, policy.table) == ("REDACTION", owner, table)), None)


@DBMS_REDACT.routine("ADD_POLICY", signature(
    "object_schema := NULL, object_name, column_name := NULL, policy_name, function_type BINARY_INTEGER := NULL, "
    "function_parameters := NULL, expression, enable BOOLEAN := TRUE, regexp_pattern := NULL, regexp_replace_string := NULL, "
    "regexp_position BINARY_INTEGER := NULL, regexp_occurrence BINARY_INTEGER := NULL, regexp_match_parameter := NULL, "
    "policy_description := NULL, column_description := NULL"))
def add_redaction_policy(session: Any, object_schema: str | None, object_name: str, column_name: str | None, policy_name: str,
                         function_type: int | None, expression: str, enable: bool, **details: Any) -> None:
    """ORA-28069 when the table has one, ORA-00904 for an unknown column."""
    owner, table = _relation(session, object_schema, object_name)
    if _redaction(session, owner, table):
        raise OraError(28069, "A data redaction policy already exists on this object.")
    columns: dict[str, dict[str, Any]] = {}
    if column_name:
        known = [column.name for column in session.database.catalog.named(owner, table).columns]
        if column_name.upper() not in known:
            raise OraError(904, f'"{column_name.upper()}": invalid identifier')
        columns[column_name.upper()] = {"function_type": 1 if function_type is None else function_type,
                                        **{name: value for name, value in details.items() if value is not None}}
    _save(session, model.Policy(family="REDACTION", owner=owner, table=table, name=policy_name.upper(), enabled=bool(enable),
                                expression=expression, columns=columns))


@DBMS_REDACT.routine("DROP_POLICY", signature("object_schema := NULL, object_name, policy_name"))
def drop_redaction_policy(session: Any, object_schema: str | None, object_name: str, policy_name: str) -> None:
    owner, table = _relation(session, object_schema, object_name)
    found = _redaction(session, owner, table)
    if found is None or found.name != (policy_name or "").upper():
        raise OraError(28068, f'The object "{owner}"."{table}" does not have a data redaction policy.')
    _drop(session, found)

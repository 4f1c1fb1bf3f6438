# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_METADATA: DDL of objects as text (documented)."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from oralab.catalog import metadata
from oralab.catalog.ddl_text import PLAIN, Transform
from oralab.errors import OraError
from oralab.packages.registry import Package, Param, signature

SESSION_TRANSFORM = -1
DBMS_METADATA = Package("DBMS_METADATA", constants={"SESSION_TRANSFORM": SESSION_TRANSFORM})
_COMMON = "version := COMPATIBLE, model := ORACLE, transform := DDL"
_FIELDS = {"SEGMENT_ATTRIBUTES": "segment_attributes", "STORAGE": "storage", "TABLESPACE": "tablespace", "CONSTRAINTS": "constraints",
           "REF_CONSTRAINTS": "ref_constraints", "CONSTRAINTS_AS_ALTER": "constraints_as_alter", "EMIT_SCHEMA": "emit_schema",
           "FORCE": "force"}
_WITHOUT_EFFECT = {"PRETTY", "PARTITIONING", "SIZE_BYTE_KEYWORD", "OID", "BODY", "SPECIFICATION", "INSERT", "INHERIT", "REUSE",
                   "PHYSICAL_PROPERTIES", "DEFAULT_ROLE", "COLLATION_CLAUSE"}
_SCHEMALESS = ("USER", "ROLE", "PROFILE", "DIRECTORY", "CONTEXT", "TABLESPACE")


@dataclasses.dataclass(slots=True)
class _Settings:
    how: Transform = PLAIN
    terminator: bool = False


def _settings(session: Any) -> _Settings:
    found: _Settings = session.package_state.setdefault("DBMS_METADATA", _Settings())
    return found


def _open_to(session: Any, owner: str) -> bool:
    """Own objects, others with SELECT_CATALOG_ROLE (documented)."""
    privileges = session.database.catalog.privileges
    return bool(owner == session.user or privileges.is_sysdba(session) or "SELECT_CATALOG_ROLE" in privileges.grantees(session))


def _text(session: Any, function: str, object_type: str, find: Callable[[], list[str]], missing: OraError, visible: bool) -> str:
    settings = _settings(session)
    try:
        if not visible:
            raise missing
        statements = find()
    except metadata.NotFound:
        raise missing from None
    except metadata.UnknownType:
        raise OraError(31600, f"invalid input value {object_type} for parameter OBJECT_TYPE in function {function}") from None
    end = ";" if settings.terminator else ""
    return "".join(f"\n  {statement}{end}" for statement in statements)


@DBMS_METADATA.routine("GET_DDL", signature(f"object_type, name, schema := NULL, {_COMMON}"), "CLOB")
def get_ddl(session: Any, object_type: str, name: str, schema: str | None, **rest: Any) -> str:
    owner = schema or session.schema
    where = "" if object_type in _SCHEMALESS else f' in schema "{owner}"'
    missing = OraError(31603, f'object "{name}" of type {object_type} not found{where}')
    return _text(session, "GET_DDL", object_type,
                 lambda: metadata.ddl(session.database.catalog, object_type, owner, name, _settings(session).how), missing,
                 _open_to(session, "SYS" if object_type in _SCHEMALESS else owner) or (object_type, name) == ("USER", session.user))


@DBMS_METADATA.routine("GET_DEPENDENT_DDL", signature(
    f"object_type, base_object_name, base_object_schema := NULL, {_COMMON}, object_count NUMBER := 10000"), "CLOB")
def get_dependent_ddl(session: Any, object_type: str, base_object_name: str, base_object_schema: str | None, **rest: Any) -> str:
    owner = base_object_schema or session.schema
    missing = OraError(31608, f"specified object of type {object_type} not found")
    return _text(session, "GET_DEPENDENT_DDL", object_type, lambda: metadata.dependent_ddl(
        session.database.catalog, object_type, owner, base_object_name, _settings(session).how), missing, _open_to(session, owner))


@DBMS_METADATA.routine("GET_GRANTED_DDL", signature(f"object_type, grantee := NULL, {_COMMON}, object_count NUMBER := 10000"), "CLOB")
def get_granted_ddl(session: Any, object_type: str, grantee: str | None, **rest: Any) -> str:
    name = grantee or session.user
    missing = OraError(31608, f"specified object of type {object_type} not found")
    return _text(session, "GET_GRANTED_DDL", object_type,
                 lambda: metadata.granted_ddl(session.database.catalog, object_type, name), missing, _open_to(session, name))


def _set_transform_param(session: Any, transform_handle: int, name: str, value: Any, object_type: str | None) -> None:
    """ORA-31604 for a parameter that DDL has not."""
    word, on = (name or "").upper(), value in (True, 1, "TRUE")
    settings = _settings(session)
    if transform_handle != SESSION_TRANSFORM:
        raise OraError(31600, f"invalid input value {transform_handle} for parameter TRANSFORM_HANDLE in function SET_TRANSFORM_PARAM")
    if word == "DEFAULT":
        session.package_state["DBMS_METADATA"] = _Settings()
    elif word == "SQLTERMINATOR":
        settings.terminator = on
    elif word in _FIELDS:
        settings.how = dataclasses.replace(settings.how, **{_FIELDS[word]: on})
    elif word not in _WITHOUT_EFFECT:
        raise OraError(31604, f'invalid transform NAME parameter "{word}" for object type {object_type or "DDL"} in function '
                              "SET_TRANSFORM_PARAM")


for _type in ("BOOLEAN", "NUMBER", "VARCHAR2"):
    DBMS_METADATA.routine("SET_TRANSFORM_PARAM", [
        Param("transform_handle", "NUMBER"), Param("name"), Param("value", _type, default=True),
        Param("object_type", default=None)])(_set_transform_param)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_UTILITY, UTL_RECOMP and small packages of one or two functions (documented)."""
from __future__ import annotations

import dataclasses
import re
import time
import zlib
from collections.abc import Iterable
from typing import Any

from oralab import codec
from oralab.catalog import model
from oralab.errors import OraError
from oralab.packages.registry import Package, Param, signature

DBMS_UTILITY = Package("DBMS_UTILITY")
UTL_RECOMP = Package("UTL_RECOMP", grantees=())
DBMS_FLASHBACK = Package("DBMS_FLASHBACK", grantees=("DBA", "EXECUTE_CATALOG_ROLE"))
DBMS_ROWID = Package("DBMS_ROWID", constants={"ROWID_TYPE_EXTENDED": 1, "ROWID_TYPE_RESTRICTED": 0})
DBMS_SQL = Package("DBMS_SQL", constants={"V6": 0, "NATIVE": 1, "V7": 2})

COMPILE = {
    "TYPE": "ALTER TYPE {} COMPILE SPECIFICATION", "VIEW": "ALTER VIEW {} COMPILE", "SYNONYM": "ALTER SYNONYM {} COMPILE",
    "PACKAGE": "ALTER PACKAGE {} COMPILE SPECIFICATION", "FUNCTION": "ALTER FUNCTION {} COMPILE",
    "PROCEDURE": "ALTER PROCEDURE {} COMPILE", "MATERIALIZED VIEW": "ALTER MATERIALIZED VIEW {} COMPILE",
    "TYPE BODY": "ALTER TYPE {} COMPILE BODY", "PACKAGE BODY": "ALTER PACKAGE {} COMPILE BODY", "TRIGGER": "ALTER TRIGGER {} COMPILE"}
"""How each kind of object is compiled, in an order in which most find what they need."""


# --- recompilation ---

def compile_objects(session: Any, objects: Iterable[model.SchemaObject]) -> None:
    """Compile what is there; an object that does not compile stays INVALID with its errors in DBA_ERRORS."""
    order = list(COMPILE)
    for one in sorted((record for record in objects if record.kind in COMPILE), key=lambda record: order.index(record.kind)):
        if one.owner == "PUBLIC":
            statement = f'ALTER PUBLIC SYNONYM "{one.name}" COMPILE'
        else:
            statement = COMPILE[one.kind].format(f'"{one.owner}"."{one.name}"')
        try:
            session.sql(statement)
        except OraError as error:
            if error.code in (1013, 1031):
                raise


def _invalid(session: Any, schema: str | None) -> list[model.SchemaObject]:
    return [record for record in session.database.catalog.objects()
            if record.status == "INVALID" and record.kind in COMPILE and (schema is None or record.owner == schema)]


def recompile(session: Any, schema: str | None) -> None:
    """Compile invalid objects again and again, as long as that makes any valid."""
    before: set[tuple[str, str, str]] = set()
    while invalid := _invalid(session, schema):
        names = {(one.owner, one.name, one.kind) for one in invalid}
        if names == before:
            return
        before = names
        compile_objects(session, invalid)


def _recomp(session: Any, schema: str | None, flags: int, threads: int | None = None) -> None:
    """Connected as SYSDBA only (documented)."""
    if session.privilege != "SYSDBA":
        raise OraError(1031, "insufficient privileges")
    recompile(session, schema)


UTL_RECOMP.routine("RECOMP_SERIAL", signature("schema := NULL, flags PLS_INTEGER := 0"))(_recomp)
UTL_RECOMP.routine("RECOMP_PARALLEL", signature("threads PLS_INTEGER := NULL, schema := NULL, flags PLS_INTEGER := 0"))(_recomp)


@DBMS_UTILITY.routine("COMPILE_SCHEMA", signature("schema, compile_all BOOLEAN := TRUE, reuse_settings BOOLEAN := FALSE"))
def compile_schema(session: Any, schema: str, compile_all: bool, reuse_settings: bool) -> None:
    """ORA-20000 without rights on the schema, ORA-20001 for SYS (documented)."""
    catalog = session.database.catalog
    if schema == "SYS":
        raise OraError(20001, "Cannot recompile SYS objects")
    if schema != session.user and not catalog.privileges.has(session, "ALTER ANY PROCEDURE"):
        raise OraError(20000, "You have insufficient privileges for an object in this schema.")
    if compile_all:
        compile_objects(session, [record for record in catalog.objects() if record.owner == schema])
    recompile(session, schema)


# --- DBMS_UTILITY ---

@DBMS_UTILITY.routine("GET_TIME", (), "NUMBER")
def get_time(session: Any) -> int:
    """Hundredths of a second since some moment."""
    return int(time.monotonic() * 100)


@DBMS_UTILITY.routine("GET_CPU_TIME", (), "NUMBER")
def get_cpu_time(session: Any) -> int:
    return int(time.process_time() * 100)


@DBMS_UTILITY.routine("GET_HASH_VALUE", signature("name, base NUMBER, hash_size NUMBER"), "NUMBER")
def get_hash_value(session: Any, name: str | None, base: int, hash_size: int) -> int:
    """A number from ``base`` on; not the one that Oracle would give."""
    return int(base) + zlib.crc32((name or "").encode()) % max(int(hash_size), 1)


@DBMS_UTILITY.routine("DB_VERSION", signature("version OUT, compatibility OUT"))
def db_version(session: Any, version: None, compatibility: None) -> dict[str, Any]:
    """Since 18c the version's further numbers are noughts here (seen: 19.0.0.0.0)."""
    database = session.database
    full = ".".join(map(str, database.version))
    return {"version": full if database.release == "12.1" else f"{database.version[0]}.0.0.0.0",
            "compatibility": database.parameters.get("compatible")}


@DBMS_UTILITY.routine("CURRENT_INSTANCE", (), "NUMBER")
def current_instance(session: Any) -> int:
    return 1


@DBMS_UTILITY.routine("IS_CLUSTER_DATABASE", (), "BOOLEAN")
def is_cluster_database(session: Any) -> bool:
    return bool(session.instance.is_parallel)


@DBMS_UTILITY.routine("EXEC_DDL_STATEMENT", signature("parse_string"))
def exec_ddl_statement(session: Any, parse_string: str) -> None:
    session.sql(parse_string)


# --- one or two functions each ---

@DBMS_FLASHBACK.routine("GET_SYSTEM_CHANGE_NUMBER", (), "NUMBER")
def get_system_change_number(session: Any) -> int:
    return int(session.database.store.current_scn())


def _rowid_field(function: str, place: int, further: str = "") -> None:
    @DBMS_ROWID.routine(function, signature("row_id ROWID" + further), "NUMBER")
    def field(session: Any, row_id: str | None, **rest: Any) -> int | None:
        return None if row_id is None else codec.rowid_fields(row_id)[place]


_rowid_field("ROWID_OBJECT", 0)
_rowid_field("ROWID_RELATIVE_FNO", 1, ", ts_type_in := SMALLFILE")
_rowid_field("ROWID_BLOCK_NUMBER", 2, ", ts_type_in := SMALLFILE")
_rowid_field("ROWID_ROW_NUMBER", 3)


@DBMS_ROWID.routine("ROWID_CREATE", signature(
    "rowid_type NUMBER, object_number NUMBER, relative_fno NUMBER, block_number NUMBER, row_number NUMBER"), "ROWID")
def rowid_create(session: Any, rowid_type: int, object_number: int, relative_fno: int, block_number: int, row_number: int) -> str:
    return codec.rowid(int(object_number), int(relative_fno), int(block_number), int(row_number))


@dataclasses.dataclass(slots=True)
class _Cursors:
    last: int = 1000000
    open: set[int] = dataclasses.field(default_factory=set)


def _cursors(session: Any, number: int | None = None) -> _Cursors:
    found: _Cursors = session.package_state.setdefault("DBMS_SQL", _Cursors())
    if number is not None and number not in found.open:
        raise OraError(1001, "invalid cursor")
    return found


@DBMS_SQL.routine("OPEN_CURSOR", (), "INTEGER")
def open_cursor(session: Any) -> int:
    cursors = _cursors(session)
    cursors.last += 1
    cursors.open.add(cursors.last)
    return cursors.last


def _parse(session: Any, c: int, statement: str | None, language_flag: int) -> None:
    """DDL is executed when it is parsed (documented); of everything else names and privileges are checked (documented: ORA-00942, ORA-06550)."""
    _cursors(session, int(c))
    if re.match(r"\s*$", statement or ""):
        raise OraError(900, "invalid SQL statement")
    parsed = session.parse(statement)
    if parsed.kind == "ddl":
        session.sql(statement)
    else:
        session.resolve(parsed)


for _type in ("VARCHAR2", "CLOB"):
    DBMS_SQL.routine("PARSE", [Param("c", "INTEGER"), Param("statement", _type), Param("language_flag", "INTEGER")])(_parse)


@DBMS_SQL.routine("IS_OPEN", [Param("c", "INTEGER")], "BOOLEAN")
def is_open(session: Any, c: int) -> bool:
    return c in _cursors(session).open


@DBMS_SQL.routine("CLOSE_CURSOR", [Param("c", "INTEGER", "IN OUT")])
def close_cursor(session: Any, c: int) -> dict[str, Any]:
    _cursors(session, int(c)).open.remove(int(c))
    return {"c": None}

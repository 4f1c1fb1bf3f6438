# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UTL_RAW and DBMS_ASSERT: bytes as such, and names checked before they go into a statement (documented)."""
from __future__ import annotations

import re
from typing import Any

from oralab.catalog import model
from oralab.errors import OraError
from oralab.packages.registry import Package, signature

UTL_RAW = Package("UTL_RAW")
DBMS_ASSERT = Package("DBMS_ASSERT")
_SIMPLE = r'(?:[A-Za-z][\w$#]*|"[^"\0]+")'


@UTL_RAW.routine("CAST_TO_RAW", signature("c"), "RAW")
def cast_to_raw(session: Any, c: str | None) -> bytes | None:
    return c.encode() if c else None


@UTL_RAW.routine("CAST_TO_VARCHAR2", signature("r RAW"), "VARCHAR2")
def cast_to_varchar2(session: Any, r: bytes | None) -> str | None:
    return r.decode("utf-8", "replace") if r else None


@UTL_RAW.routine("LENGTH", signature("r RAW"), "NUMBER")
def length(session: Any, r: bytes | None) -> int | None:
    return len(r) if r else None


@UTL_RAW.routine("SUBSTR", signature("r RAW, pos BINARY_INTEGER, len BINARY_INTEGER := NULL"), "RAW")
def substr(session: Any, r: bytes | None, pos: int, **given: int | None) -> bytes | None:
    """ORA-06502 when the part does not lie within (documented)."""
    if not r:
        return None
    start = len(r) + pos if pos < 0 else max(pos - 1, 0)
    size = given["len"]
    end = len(r) if size is None else start + size
    if not 0 <= start < len(r) or end > len(r) or (size is not None and size < 1):
        raise OraError(6502, "PL/SQL: numeric or value error")
    return r[start:end]


@UTL_RAW.routine("CONCAT", signature(", ".join(f"r{number} RAW := NULL" for number in range(1, 13))), "RAW")
def concat(session: Any, **parts: bytes | None) -> bytes | None:
    return b"".join(part for part in parts.values() if part) or None


@DBMS_ASSERT.routine("NOOP", signature("str"), "VARCHAR2")
def noop(session: Any, **given: str | None) -> str | None:
    return given["str"]


@DBMS_ASSERT.routine("SIMPLE_SQL_NAME", signature("str"), "VARCHAR2")
def simple_sql_name(session: Any, **given: str | None) -> str:
    text = (given["str"] or "").strip()
    if not re.fullmatch(_SIMPLE, text):
        raise OraError(44003, "invalid SQL name")
    return text


@DBMS_ASSERT.routine("QUALIFIED_SQL_NAME", signature("str"), "VARCHAR2")
def qualified_sql_name(session: Any, **given: str | None) -> str:
    text = (given["str"] or "").strip()
    if not re.fullmatch(rf"{_SIMPLE}(?:\.{_SIMPLE})*(?:@{_SIMPLE}(?:\.{_SIMPLE})*)?", text):
        raise OraError(44004, "invalid qualified SQL name")
    return text


@DBMS_ASSERT.routine("SCHEMA_NAME", signature("str"), "VARCHAR2")
def schema_name(session: Any, **given: str | None) -> str:
    """The name as it is given: case matters (documented)."""
    text = given["str"] or ""
    if session.database.catalog.get(model.User, text) is None:
        raise OraError(44001, "invalid schema")
    return text


@DBMS_ASSERT.routine("SQL_OBJECT_NAME", signature("str"), "VARCHAR2")
def sql_object_name(session: Any, **given: str | None) -> str:
    text = qualified_sql_name(session, **given)
    parts = [part[1:-1] if part[0] == '"' else part.upper() for part in re.findall(_SIMPLE, text)]
    schema, name = (parts[0], parts[1]) if len(parts) > 1 else (None, parts[0])
    if session.database.catalog.find(session, schema, name) is None:
        raise OraError(44002, "invalid object name")
    return text


@DBMS_ASSERT.routine("ENQUOTE_NAME", signature("str, capitalize BOOLEAN := TRUE"), "VARCHAR2")
def enquote_name(session: Any, capitalize: bool, **given: str | None) -> str:
    text = given["str"] or ""
    if text.startswith('"') and text.endswith('"') and len(text) > 2:
        text, capitalize = text[1:-1], False
    if not text or '"' in text:
        raise OraError(44003, "invalid SQL name")
    return f'"{text.upper() if capitalize else text}"'


@DBMS_ASSERT.routine("ENQUOTE_LITERAL", signature("str"), "VARCHAR2")
def enquote_literal(session: Any, **given: str | None) -> str:
    """ORA-06502 for a single quote that is not doubled (documented)."""
    text = given["str"] or ""
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        text = text[1:-1]
    if re.search(r"(?<!')'(?:'')*(?!')", text):
        raise OraError(6502, "PL/SQL: numeric or value error")
    return f"'{text}'"

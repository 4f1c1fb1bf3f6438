# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL_REDO and SQL_UNDO: the statements that LogMiner makes of a change (form documented in examples of the Utilities guide).

Numbers stand in quotes unless STRING_LITERALS is off for them, which Oracle's own output never has; dates in the session's format.
"""
from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING

from oralab import codec
from oralab.catalog.mining import LogicalChange
from oralab.engine import date_format, datetimes
from oralab.storage.rows import rid_fields
from oralab.values import IntervalDS, IntervalYM, Timestamp, Value

if TYPE_CHECKING:
    from oralab.engine.nls import Nls

_EMPTY = {"CLOB": "EMPTY_CLOB()", "NCLOB": "EMPTY_CLOB()", "BLOB": "EMPTY_BLOB()"}
_LOBS = frozenset({*_EMPTY, "BFILE", "XMLTYPE", "LONG", "LONG RAW"})


@dataclasses.dataclass(frozen=True, slots=True)
class Form:
    """How statements are written: with a ROWID, with a semicolon, over several lines."""

    nls: Nls
    rowid: bool = True
    delimiter: bool = True
    pretty: bool = False


def row_id(found: LogicalChange) -> str:
    """ROWID of the changed row."""
    assert found.change is not None
    return codec.rowid(found.change.data_object, *rid_fields(found.change.rid))


def redo(found: LogicalChange, form: Form) -> str | None:
    """The statement that does the change again; None where the dictionary does not know the object."""
    if found.operation in ("START", "COMMIT"):
        return _ended("set transaction read write" if found.operation == "START" else "commit", form)
    if found.operation == "DDL":
        return _ended(str(found.record.details["statement"]).rstrip("; \n"), form)
    return _statement(found, found.operation, found.old, found.new, form)


def undo(found: LogicalChange, form: Form) -> str | None:
    """The statement that takes the change back."""
    if found.change is None:
        return None
    if found.operation == "UPDATE":
        # What the row is now: the changed columns, and the logged ones, which are as they were.
        return _statement(found, "UPDATE", {**found.old, **found.new}, {name: found.old[name] for name in found.new}, form)
    return _statement(found, {"INSERT": "DELETE", "DELETE": "INSERT"}[found.operation], found.new, found.old, form)


def _statement(found: LogicalChange, operation: str, old: dict[str, Value], new: dict[str, Value], form: Form) -> str | None:
    table = found.table
    if table is None:
        return None
    types = {column.name: column.type.name for column in table.columns}
    name = f'"{table.owner}"."{table.name}"'
    comma, conjunction, gap = (",\n    ", " and\n    ", "\n    ") if form.pretty else (",", " and ", " ")
    if operation == "INSERT":
        columns = ",".join(f'"{column}"' for column in new)
        values = ",".join(literal(value, types[column], form) for column, value in new.items())
        if form.pretty:
            pairs = comma.join(f'"{column}" = {literal(value, types[column], form)}' for column, value in new.items())
            return _ended(f"insert into {name}\n values\n    {pairs}", form)
        return _ended(f"insert into {name}({columns}) values ({values})", form)
    tests = [_test(column, value, types[column], form) for column, value in old.items() if types[column] not in _LOBS]
    if form.rowid:
        tests.append(f"ROWID = '{row_id(found)}'")
    where = f"where{gap}{conjunction.join(tests)}" if tests else ""
    before = "\n " if form.pretty else " "
    if operation == "DELETE":
        return _ended(f"delete from {name}{before}{where}".rstrip(), form)
    changes = comma.join(f'"{column}" = {literal(value, types[column], form)}' for column, value in new.items())
    return _ended(f"update {name}{before}set{gap}{changes}{before}{where}".rstrip(), form)


def _ended(text: str, form: Form) -> str:
    return text + ";" if form.delimiter else text


def _test(column: str, value: Value, type_: str, form: Form) -> str:
    return f'"{column}" IS NULL' if value is None else f'"{column}" = {literal(value, type_, form)}'


def literal(value: Value, type_: str, form: Form) -> str:
    """A value as LogMiner writes it."""
    if value is None:
        return "NULL"
    if type_ in _EMPTY:
        return _EMPTY[type_]
    if isinstance(value, datetime.datetime):
        return f"TO_DATE({_quoted(date_format.date_text(value, form.nls.date_format))}, {_quoted(form.nls.date_format)})"
    if isinstance(value, Timestamp):
        zoned = value.zone is not None
        text = date_format.timestamp_text(value, form.nls.timestamp_tz_format if zoned else form.nls.timestamp_format)
        return f"TO_TIMESTAMP{'_TZ' if zoned else ''}({_quoted(text)})"
    if isinstance(value, IntervalDS):
        return f"TO_DSINTERVAL({_quoted(datetimes.ds_text(value))})"
    if isinstance(value, IntervalYM):
        return f"TO_YMINTERVAL({_quoted(datetimes.ym_text(value))})"
    if isinstance(value, bytes):
        return f"HEXTORAW({_quoted(value.hex())})"
    return _quoted(str(value))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

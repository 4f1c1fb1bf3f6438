# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stored code: program units, triggers and types. Bodies are kept as text."""
from __future__ import annotations

from typing import Final

from oralab.errors import not_simulated
from oralab.sql import ast_objects as ast
from oralab.sql import clauses
from oralab.sql.datatypes import datatype
from oralab.sql.ddl_views import Modifiers
from oralab.sql.lexer import END, Tokens
from oralab.sql.words import word_set
from oralab.values import DataType


def unit(t: Tokens, how: Modifiers) -> ast.CreateUnit | ast.CreateType:
    """After PROCEDURE, FUNCTION, PACKAGE or TYPE."""
    place = t.i - 1
    kind = t.words[place]
    if kind in ("PACKAGE", "TYPE") and t.skip("BODY"):
        kind += " BODY"
    if kind == "TYPE":
        return _type(t, how, place)
    name = clauses.object_name(t, 985 if kind != "TYPE BODY" else 903)
    authid = _authid(t)
    t.i = t.last
    return ast.CreateUnit(type=kind, name=name, source=t.rest(place), or_replace=how.or_replace, editionable=how.editionable,
                          authid=authid)


def _authid(t: Tokens) -> str | None:
    """AUTHID of a unit's header: it stands before IS or AS, whatever parameters there are."""
    place = t.i
    while t.words[place] not in ("IS", "AS", END):
        if t.words[place] == "AUTHID":
            return t.words[place + 1]
        place += 1
    return None


# --- types ---

_METHODS: Final = word_set("MEMBER STATIC CONSTRUCTOR MAP ORDER OVERRIDING NOT FINAL INSTANTIABLE PRAGMA")


def _type(t: Tokens, how: Modifiers, place: int) -> ast.CreateType:
    node = ast.CreateType(name=clauses.object_name(t), form="", source=t.rest(place), or_replace=how.or_replace,
                          editionable=how.editionable)
    if t.skip("FORCE"):
        node.force = True
    if t.skip("OID"):
        node.oid = t.string()
    if t.skip("AUTHID"):
        node.authid = t.one_of(("CURRENT_USER", "DEFINER")) or t.fail(905)
    if t.skip("UNDER"):
        node.form, node.supertype = "UNDER", clauses.object_name(t)
        _attributes(t, node)
    elif t.one_of(("AS", "IS")):
        _form(t, node)
    _finality(t, node)
    t.skip(";")
    return node


def _form(t: Tokens, node: ast.CreateType) -> None:
    if t.skip("OBJECT"):
        node.form = "OBJECT"
        _attributes(t, node)
    elif t.skip("TABLE"):
        t.expect("OF")
        node.form, node.element = "TABLE", _element(t)
    elif t.skip("VARRAY") or t.skip("VARYING", "ARRAY"):
        node.form = "VARRAY"
        t.open()
        node.limit = t.integer()
        t.close()
        t.expect("OF")
        node.element = _element(t)
    elif t.word in ("OPAQUE", "JSON"):
        raise not_simulated(f"{t.word} types")
    else:
        t.fail(905)


def _element(t: Tokens) -> DataType:
    kind = datatype(t)
    t.skip("NOT", "NULL")
    return kind


def _attributes(t: Tokens, node: ast.CreateType) -> None:
    if t.word != "(":
        return
    t.i += 1
    found: list[tuple[str, DataType]] = []
    while True:
        if t.word in _METHODS:
            node.methods += t.word != "PRAGMA"
            _skip_element(t)
        else:
            name = t.identifier()
            found.append((name, datatype(t)))
        if not t.skip(","):
            break
    t.close()
    node.attributes = tuple(found)


def _skip_element(t: Tokens) -> None:
    while t.word not in (",", ")"):
        if t.word == "(":
            t.skip_group()
        elif t.word == END:
            t.fail(907)
        else:
            t.i += 1


def _finality(t: Tokens, node: ast.CreateType) -> None:
    while True:
        no = t.ahead("NOT")
        word = t.words[t.i + no]
        if word == "FINAL":
            node.final = not no
        elif word == "INSTANTIABLE":
            node.instantiable = not no
        else:
            return
        t.i += 1 + no


# --- triggers ---

_TIMINGS: Final = {("BEFORE",): "BEFORE", ("AFTER",): "AFTER", ("INSTEAD", "OF"): "INSTEAD OF", ("FOR",): "COMPOUND"}
_DML_EVENTS: Final = ("INSERT", "UPDATE", "DELETE")
_EVENTS: Final = word_set("""
    ALTER ANALYZE AUDIT COMMENT CREATE DDL DROP GRANT NOAUDIT RENAME REVOKE TRUNCATE STARTUP SHUTDOWN DB_ROLE_CHANGE SERVERERROR
    LOGON LOGOFF SUSPEND CLONE UNPLUG""") | set(_DML_EVENTS)


def trigger(t: Tokens, how: Modifiers) -> ast.CreateTrigger:
    """After TRIGGER. ORA-04071 without a timing, ORA-00969 without ON."""
    place = t.i - 1
    name = clauses.object_name(t, 4070)
    timing = next((words for words in _TIMINGS if t.skip(*words)), None)
    if timing is None:
        t.fail(4071)
    node = ast.CreateTrigger(name=name, timing=_TIMINGS[timing], events=(), source=t.rest(place), or_replace=how.or_replace,
                             editionable=how.editionable)
    _events(t, node)
    t.expect("ON", 969)
    _base(t, node)
    _header(t, node)
    node.body = t.rest()
    t.i = t.last
    return node


def _events(t: Tokens, node: ast.CreateTrigger) -> None:
    while True:
        event = t.one_of(_EVENTS)
        if event is None:
            t.fail(4072)
        node.events += (event,)
        if event == "UPDATE" and t.skip("OF"):
            node.update_columns = clauses.names(t)
        if not t.skip("OR"):
            return


def _base(t: Tokens, node: ast.CreateTrigger) -> None:
    if t.skip("NESTED", "TABLE"):
        node.nested_column = t.identifier()
        t.expect("OF")
    if t.skip("DATABASE"):
        node.scope = "DATABASE"
    elif t.skip("PLUGGABLE", "DATABASE"):
        node.scope = "PLUGGABLE DATABASE"
    elif t.skip("SCHEMA"):
        node.scope = "SCHEMA"
    else:
        name = clauses.object_name(t)
        if name.name == "SCHEMA" and not set(node.events) & set(_DML_EVENTS):
            node.scope, node.schema = "SCHEMA", name.schema
        else:
            node.on = name


def _header(t: Tokens, node: ast.CreateTrigger) -> None:
    if t.word == "REFERENCING":
        place = t.i
        t.i += 1
        while t.one_of(("NEW", "OLD", "PARENT")):
            t.skip("AS")
            t.identifier()
        node.referencing = t.since(place)
    node.for_each_row = t.skip("FOR", "EACH", "ROW")
    while t.one_of(("FOLLOWS", "PRECEDES")):
        clauses.object_name(t)
        while t.skip(","):
            clauses.object_name(t)
    if t.one_of(("ENABLE", "DISABLE")):
        node.enabled = t.words[t.i - 1] == "ENABLE"
    if t.skip("WHEN"):
        place = t.i
        t.skip_group()
        node.when = t.text[t.ends[place]:t.starts[t.i - 1]].strip()
    if t.word not in ("DECLARE", "BEGIN", "COMPOUND", "CALL", "<<"):
        t.fail(4079)


# --- ALTER ---

def alter(t: Tokens, public: bool = False) -> ast.AlterUnit:
    """After ALTER and the type of the unit."""
    kind = t.words[t.i - 1]
    name = clauses.object_name(t, 985)
    if t.one_of(("ENABLE", "DISABLE")):
        return ast.AlterUnit(type=kind, name=name, action=t.words[t.i - 1])
    if t.skip("RENAME"):
        t.expect("TO", 946)
        return ast.AlterUnit(type=kind, name=name, action="RENAME", new_name=t.identifier())
    if t.one_of(("EDITIONABLE", "NONEDITIONABLE")):
        return ast.AlterUnit(type=kind, name=name, action=t.words[t.i - 1])
    if kind in ("TYPE", "VIEW") and t.word in ("ADD", "DROP", "MODIFY", "REPLACE", "RESET", "NOT"):
        raise not_simulated(f"ALTER {kind} {t.word}")
    t.expect("COMPILE", 922)
    node = ast.AlterUnit(type=kind, name=name, action="COMPILE", public=public)
    node.debug = t.skip("DEBUG")
    node.part = t.one_of(("BODY", "SPECIFICATION", "PACKAGE")) or ""
    settings: list[tuple[str, str]] = []
    while t.words[t.i + 1] == "=":
        word = t.identifier()
        settings.append((word, str(t.values[t.i + 1])))
        t.i += 2
    node.settings = tuple(settings)
    node.reuse_settings = t.skip("REUSE", "SETTINGS")
    return node

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PL/SQL declarations, subprograms and packages."""
from __future__ import annotations

from typing import Any, Final

from oralab.errors import not_simulated
from oralab.sql import ast_plsql as ast
from oralab.sql import clauses, conditions, plsql, plsql_control, queries
from oralab.sql.ast_changes import VarDecl
from oralab.sql.datatypes import datatype
from oralab.sql.lexer import END, Tokens
from oralab.sql.words import word_set
from oralab.values import DataType

_UNSIZED: Final = {"VARCHAR2": "VARCHAR2", "VARCHAR": "VARCHAR2", "STRING": "VARCHAR2", "NVARCHAR2": "NVARCHAR2", "RAW": "RAW", "CHAR": "CHAR",
                   "NCHAR": "NCHAR"}
_PROPERTIES: Final = word_set("DETERMINISTIC PARALLEL_ENABLE PIPELINED RESULT_CACHE")


def declarations(t: Tokens, *ends: str) -> tuple[Any, ...]:
    found: list[Any] = []
    while t.word not in ends:
        if t.word == END:
            t.fail(103)
        found.append(declaration(t))
    return tuple(found)


def declaration(t: Tokens) -> Any:
    """One declaration with its semicolon."""
    word = t.word
    if word in ("PROCEDURE", "FUNCTION"):
        t.i += 1
        return subprogram(t, word)
    if word == "PRAGMA":
        t.i += 1
        return _pragma(t)
    if word == "TYPE":
        t.i += 1
        return _type(t)
    if word == "CURSOR":
        t.i += 1
        return _cursor(t)
    if word == "SUBTYPE":
        raise not_simulated("PL/SQL subtypes")
    name = t.identifier(103)
    if t.skip("EXCEPTION"):
        t.expect(";", 103)
        return ast.ExceptionDecl(name)
    node = VarDecl(name, None, constant=t.skip("CONSTANT"))
    plsql.type_of(t, node)
    node.not_null = t.skip("NOT", "NULL")
    if t.skip(":=") or t.skip("DEFAULT"):
        node.default = conditions.disjunction(t, either=True)
    t.expect(";", 103)
    return node


def _pragma(t: Tokens) -> ast.ExceptionInit:
    if not t.skip("EXCEPTION_INIT"):
        raise not_simulated(f"PRAGMA {t.word}")
    t.open()
    name = t.identifier(103)
    t.expect(",", 103)
    code = t.integer(103)
    t.close()
    t.expect(";", 103)
    return ast.ExceptionInit(name, code)


def _type(t: Tokens) -> ast.CollectionType:
    name = t.identifier(103)
    t.expect("IS", 103)
    if not t.skip("TABLE", "OF"):
        raise not_simulated(f"PL/SQL types of the form {t.word}")
    element = VarDecl("", None)
    plsql.type_of(t, element)
    t.skip("NOT", "NULL")
    if not t.skip("INDEX", "BY"):
        raise not_simulated("PL/SQL nested tables")
    key = datatype(t)
    t.expect(";", 103)
    return ast.CollectionType(name, element, key.name != "NUMBER")


def _cursor(t: Tokens) -> ast.CursorDecl:
    name = t.identifier(103)
    if t.word == "(":
        raise not_simulated("PL/SQL cursors with parameters")
    t.expect("IS", 103)
    query = queries.query(t)
    t.expect(";", 103)
    return ast.CursorDecl(name, query)


def subprogram(t: Tokens, kind: str) -> ast.Subprogram:
    """After PROCEDURE or FUNCTION, up to its semicolon."""
    node = ast.Subprogram(clauses.object_name(t, 103).name)
    if t.skip("("):
        found = [_parameter(t)]
        while t.skip(","):
            found.append(_parameter(t))
        t.close()
        node.parameters = tuple(found)
    if kind == "FUNCTION":
        t.expect("RETURN", 103)
        node.returns = VarDecl("", None)
        _unconstrained(t, node.returns)
    while t.word in _PROPERTIES or t.word == "AUTHID":
        if t.word == "PIPELINED":
            raise not_simulated("pipelined functions")
        t.i += 2 if t.word == "AUTHID" else 1
    if t.skip(";"):
        return node
    if t.one_of(("IS", "AS")) is None:
        t.fail(103)
    if t.word in ("LANGUAGE", "EXTERNAL"):
        raise not_simulated("external subprograms")
    node.body = plsql.body(t)
    return node


def _parameter(t: Tokens) -> ast.Parameter:
    declared = VarDecl(t.identifier(103), None)
    mode = "IN OUT" if t.skip("IN", "OUT") else t.one_of(("IN", "OUT")) or "IN"
    t.skip("NOCOPY")
    _unconstrained(t, declared)
    if t.skip(":=") or t.skip("DEFAULT"):
        declared.default = conditions.disjunction(t, either=True)
    return ast.Parameter(declared, mode)


def _unconstrained(t: Tokens, node: VarDecl) -> None:
    """The type of a parameter or result, which has no length of its own."""
    if t.word in _UNSIZED:
        node.type = DataType(_UNSIZED[t.word], 32767)
        t.i += 1
        return
    plsql.type_of(t, node)


# --- stored units ---

def unit(t: Tokens) -> ast.Subprogram | ast.PackageUnit:
    """A whole unit as DBA_SOURCE keeps it. Syntax errors are PLS-00103 with their offset."""
    t.plsql = t.distinct_binds = True
    kind = t.one_of(("PROCEDURE", "FUNCTION", "PACKAGE"))
    if kind is None:
        raise not_simulated(f"code of a {t.word}")
    if kind != "PACKAGE":
        node: ast.Subprogram | ast.PackageUnit = subprogram(t, kind)
    else:
        node = _package(t)
    if t.word != END:
        t.fail(103)
    return node


def _package(t: Tokens) -> ast.PackageUnit:
    t.skip("BODY")
    clauses.object_name(t, 103)
    if t.skip("AUTHID"):
        t.i += 1
    if t.one_of(("IS", "AS")) is None:
        t.fail(103)
    found = declarations(t, "BEGIN", "END")
    start = plsql_control.statements(t, "END") if t.skip("BEGIN") else ()
    t.expect("END", 103)
    if t.word != ";":
        t.identifier(103)
    t.expect(";", 103)
    return ast.PackageUnit(found, start)



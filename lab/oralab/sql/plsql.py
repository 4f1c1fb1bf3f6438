# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PL/SQL: blocks and their simple statements, and CALL."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from oralab.errors import OraError, not_simulated
from oralab.sql import ast_changes as ast
from oralab.sql import conditions, dml, expressions, functions, plsql_control, plsql_units, queries, sources, transactions
from oralab.sql.ast_plsql import AssignElement
from oralab.sql.ast_queries import BindRef, ColumnRef, Expression, FunctionCall, Query, Statement
from oralab.sql.datatypes import datatype
from oralab.sql.lexer import BIND, END, Tokens
from oralab.sql.words import word_set

_NOT_SIMULATED: Final = word_set("GOTO FORALL PIPE")


def block(t: Tokens) -> ast.Block:
    """An anonymous block; its first word has been taken. Syntax errors are ORA-06550 with PLS lines."""
    t.plsql = t.distinct_binds = True
    t.i -= 1
    try:
        node = _block(t)
        if t.word != END:
            t.fail(103)
        return node
    except OraError as problem:
        if problem.code in (3001, 6550):
            raise
        raise _compile_error(t, problem) from None


def _compile_error(t: Tokens, problem: OraError) -> OraError:
    """ORA-06550 around PLS-00103, or for code of SQL statements around their own error."""
    line, column = _line_column(t, problem.offset)
    place = next((place for place, start in enumerate(t.starts) if start >= problem.offset), t.last)
    symbol = t.text[t.starts[place]:t.ends[place]].upper() if t.words[place] != END else "end-of-file"
    return OraError(6550, f"line {line}, column {column}:", offset=problem.offset, stack=[
        f'PLS-00103: Encountered the symbol "{symbol}" when expecting one of the following:'])


def _line_column(t: Tokens, offset: int) -> tuple[int, int]:
    before = t.text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")


def _block(t: Tokens) -> ast.Block:
    declared = plsql_units.declarations(t, "BEGIN") if t.skip("DECLARE") else ()
    return _rest(t, declared)


def body(t: Tokens) -> ast.Block:
    """Declarations and statements of a subprogram, after IS."""
    return _rest(t, plsql_units.declarations(t, "BEGIN"))


def _rest(t: Tokens, declared: tuple[Any, ...]) -> ast.Block:
    t.expect("BEGIN", 103)
    statements = plsql_control.statements(t, "END", "EXCEPTION")
    handlers = plsql_control.handlers(t) if t.skip("EXCEPTION") else ()
    t.expect("END", 103)
    if t.word != ";":
        t.identifier(103)
    t.expect(";", 103)
    return ast.Block(declarations=declared, statements=statements, handlers=handlers)


def type_of(t: Tokens, node: ast.VarDecl) -> None:
    """A type, or the type of something else (%TYPE)."""
    place = t.i
    while t.words[place + 1] == ".":
        place += 2
    if t.words[place + 1] != "%":
        node.type = datatype(t)
        return
    anchor = dml.column(t)
    t.i += 1
    if t.word != "TYPE":
        raise not_simulated("%ROWTYPE")
    t.i += 1
    node.anchor = anchor


# --- statements ---

def statement(t: Tokens) -> list[Any]:
    """One statement with its semicolon; a nested block that declares and handles nothing gives its statements."""
    word = t.word
    if word in ("BEGIN", "DECLARE"):
        nested = _block(t)
        return [nested] if nested.declarations or nested.handlers else list(nested.statements)
    if word in _NOT_SIMULATED:
        raise not_simulated(f"PL/SQL {word} statement")
    node: Any
    offset = t.starts[t.i]
    if word in _KEYWORDS:
        t.i += 1
        node = _KEYWORDS[word](t)
    elif word in _SQL:
        node = _sql(t)
    elif word == BIND or t.is_name():
        node = _assignment_or_call(t)
    else:
        t.fail(103)
    t.expect(";", 103)
    node.offset = offset
    return [node]


def _assignment_or_call(t: Tokens) -> Any:
    place = t.i
    target: Expression = BindRef(*t.bind()) if t.word == BIND else name_or_call(t)
    if t.skip(":="):
        if isinstance(target, FunctionCall):
            return AssignElement(target, conditions.disjunction(t, either=True))
        if not isinstance(target, (BindRef, ColumnRef)):
            t.fail(103, at=place)
        return ast.Assign(target, conditions.disjunction(t, either=True))
    if isinstance(target, FunctionCall):
        return ast.Call(target.name, target.package, target.schema, target.args, target.named, target.dblink, target.offset)
    if isinstance(target, ColumnRef):
        return ast.Call(target.name, target.table, target.schema, offset=target.offset)
    t.fail(103, at=place + 1)


def name_or_call(t: Tokens) -> Expression:
    """A routine's name with or without arguments; even names that SQL gives another meaning."""
    place = t.i
    parts = [t.identifier(103)]
    while t.skip("."):
        parts.append(t.member(103))
    link = None
    if t.skip("@"):
        link = sources.dblink(t)
    if t.word == "(":
        return functions.plain_call(t, parts, place, link)
    if link:
        return FunctionCall(parts[-1], package=parts[-2] if len(parts) > 1 else None, schema=parts[0] if len(parts) > 2 else None,
                            dblink=link, offset=t.starts[place])
    return expressions.column(parts, t.starts[place])


def _null(t: Tokens) -> Any:
    return ast.Null()


def _raise(t: Tokens) -> Any:
    return ast.Raise(None if t.word == ";" else t.identifier(103))


def _return(t: Tokens) -> Any:
    return ast.Return(None if t.word == ";" else conditions.disjunction(t, either=True))


def _execute(t: Tokens) -> Any:
    t.expect("IMMEDIATE", 103)
    node = ast.ExecuteImmediate(expressions.expression(t))
    if t.word in ("BULK", "INTO"):
        node.bulk = t.skip("BULK", "COLLECT")
        t.expect("INTO", 103)
        node.into = queries.into_targets(t)
    if t.skip("USING"):
        node.using = _using(t)
    if t.one_of(("RETURNING", "RETURN")):
        node.bulk = t.skip("BULK", "COLLECT")
        t.expect("INTO", 103)
        node.returning = queries.into_targets(t)
    return node


def _using(t: Tokens) -> tuple[ast.UsingItem, ...]:
    items = []
    while True:
        mode = "IN OUT" if t.skip("IN", "OUT") else t.one_of(("IN", "OUT")) or "IN"
        items.append(ast.UsingItem(expressions.expression(t), mode))
        if not t.skip(","):
            return tuple(items)


def _open(t: Tokens) -> Any:
    target = BindRef(*t.bind()) if t.word == BIND else dml.column(t)
    if not t.skip("FOR"):
        return ast.OpenCursor(target, None)
    if queries.starts_query(t):
        return ast.OpenCursor(target, queries.query(t))
    statement = expressions.expression(t)
    return ast.OpenCursor(target, statement, _using(t) if t.skip("USING") else ())


_KEYWORDS: Final[dict[str, Callable[[Tokens], Any]]] = {
    "NULL": _null, "RAISE": _raise, "RETURN": _return, "EXECUTE": _execute, "OPEN": _open,
    **plsql_control.CONTROL}


# --- SQL inside a block ---

def _select(t: Tokens) -> Query:
    t.into = []
    node = dml.select(t)
    if not t.into:
        raise OraError(6550, f"line {_line_column(t, t.starts[t.i])[0]}, column 1:", stack=[
            "PLS-00428: an INTO clause is expected in this SELECT statement"])
    return node


_SQL: Final[dict[str, Callable[[Tokens], Statement]]] = {
    "SELECT": _select, "WITH": _select, "INSERT": dml.insert, "UPDATE": dml.update, "DELETE": dml.delete, "MERGE": dml.merge,
    "COMMIT": transactions.commit, "ROLLBACK": transactions.rollback, "SAVEPOINT": transactions.savepoint,
    "LOCK": dml.lock, "SET": transactions.set_}


def _sql(t: Tokens) -> ast.SqlStatement:
    place = t.i
    parse = _SQL[t.word]
    t.i += 1
    try:
        statement = parse(t)
        if t.word != ";":
            t.fail(933)
    except OraError as problem:
        if problem.code in (3001, 6550):
            raise
        raise _sql_error(t, problem, place) from None
    statement.text = t.since(place)
    into, t.into = t.into, None
    return ast.SqlStatement(statement, into[1], into[0]) if into else ast.SqlStatement(statement)


def _sql_error(t: Tokens, problem: OraError, place: int) -> OraError:
    line, column = _line_column(t, problem.offset)
    outer_line, outer_column = _line_column(t, t.starts[place])
    return OraError(6550, f"line {line}, column {column}:", offset=problem.offset, stack=[
        f"PL/SQL: {problem.text}", f"ORA-06550: line {outer_line}, column {outer_column}:", "PL/SQL: SQL Statement ignored"])


# --- CALL ---

def call(t: Tokens) -> ast.Block:
    """CALL routine(arguments) [INTO :bind], a SQL statement with SQL's own errors."""
    t.distinct_binds = True
    place = t.i
    target = name_or_call(t)
    if not isinstance(target, FunctionCall) or t.words[t.i - 1] != ")":
        t.fail(6576, at=place)
    if t.skip("INTO"):
        if t.word != BIND:
            t.fail(905)
        return ast.Block(call=True, statements=(ast.Assign(BindRef(*t.bind()), target),))
    routine = ast.Call(target.name, target.package, target.schema, target.args, target.named, target.dblink, target.offset)
    return ast.Block(call=True, statements=(routine,))


# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PL/SQL: anonymous blocks that are sequences of simple statements, and CALL."""
from __future__ import annotations

from collections.abc import Callable
from typing import Final

from oralab.errors import OraError, not_simulated
from oralab.sql import ast_changes as ast
from oralab.sql import conditions, dml, expressions, functions, queries, sources, transactions
from oralab.sql.ast_queries import BindRef, ColumnRef, Expression, FunctionCall, Query, Statement
from oralab.sql.datatypes import datatype
from oralab.sql.lexer import BIND, END, Tokens
from oralab.sql.words import word_set

_NOT_SIMULATED: Final = word_set("IF LOOP FOR WHILE CASE GOTO EXIT CONTINUE FORALL PIPE FETCH CLOSE DECLARE <<")
_NOT_DECLARED: Final = word_set("CURSOR TYPE SUBTYPE PROCEDURE FUNCTION PRAGMA")


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
    declarations: list[ast.VarDecl] = []
    if t.skip("DECLARE"):
        while t.word != "BEGIN":
            declarations.append(_declaration(t))
    t.expect("BEGIN", 103)
    statements: list[ast.PlsqlStatement] = []
    while t.word not in ("END", "EXCEPTION"):
        statements.extend(_statement(t))
    if t.word == "EXCEPTION":
        raise not_simulated("PL/SQL exception handlers")
    if not statements:
        t.fail(103)
    t.i += 1
    if t.word != ";":
        t.identifier(103)
    t.expect(";", 103)
    return ast.Block(declarations=tuple(declarations), statements=tuple(statements))


def _declaration(t: Tokens) -> ast.VarDecl:
    if t.word in _NOT_DECLARED:
        raise not_simulated(f"PL/SQL declaration of a {t.word}")
    name = t.identifier(103)
    node = ast.VarDecl(name, None, constant=t.skip("CONSTANT"))
    if t.word == "EXCEPTION":
        raise not_simulated("PL/SQL exceptions of one's own")
    _type(t, node)
    node.not_null = t.skip("NOT", "NULL")
    if t.skip(":=") or t.skip("DEFAULT"):
        node.default = conditions.disjunction(t, either=True)
    t.expect(";", 103)
    return node


def _type(t: Tokens, node: ast.VarDecl) -> None:
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

def _statement(t: Tokens) -> list[ast.PlsqlStatement]:
    """One statement with its semicolon; a nested block without declarations gives its statements."""
    word = t.word
    if word == "BEGIN":
        return list(_block(t).statements)
    if word in _NOT_SIMULATED:
        raise not_simulated(f"PL/SQL {word} statement")
    node: ast.PlsqlStatement
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
    return [node]


def _assignment_or_call(t: Tokens) -> ast.PlsqlStatement:
    place = t.i
    target: Expression = BindRef(*t.bind()) if t.word == BIND else name_or_call(t)
    if t.skip(":="):
        if not isinstance(target, (BindRef, ColumnRef)):
            raise not_simulated("assignment to an element of a collection")
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


def _null(t: Tokens) -> ast.PlsqlStatement:
    return ast.Null()


def _raise(t: Tokens) -> ast.PlsqlStatement:
    return ast.Raise(t.identifier(103))


def _return(t: Tokens) -> ast.PlsqlStatement:
    return ast.Return()


def _execute(t: Tokens) -> ast.PlsqlStatement:
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


def _open(t: Tokens) -> ast.PlsqlStatement:
    target = BindRef(*t.bind()) if t.word == BIND else dml.column(t)
    if t.word != "FOR":
        raise not_simulated("PL/SQL cursors")
    t.i += 1
    if queries.starts_query(t):
        return ast.OpenCursor(target, queries.query(t))
    statement = expressions.expression(t)
    return ast.OpenCursor(target, statement, _using(t) if t.skip("USING") else ())


_KEYWORDS: Final[dict[str, Callable[[Tokens], ast.PlsqlStatement]]] = {
    "NULL": _null, "RAISE": _raise, "RETURN": _return, "EXECUTE": _execute, "OPEN": _open}


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


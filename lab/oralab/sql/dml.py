# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""INSERT, UPDATE, DELETE, MERGE and LOCK TABLE."""
from __future__ import annotations

from oralab.errors import not_simulated
from oralab.sql import ast_changes as ast
from oralab.sql import conditions, expressions, queries, sources
from oralab.sql.ast_queries import BindRef, ColumnRef, Condition, Expression, Query, ScalarSubquery, SubqueryRef, TableRef
from oralab.sql.lexer import Tokens


def insert(t: Tokens) -> ast.Insert | ast.InsertAll:
    if t.word in ("ALL", "FIRST"):
        return _insert_all(t)
    t.expect("INTO", 925)
    node = ast.Insert(target=_target(t))
    node.columns = _columns(t)
    if t.skip("VALUES"):
        node.values = _values(t)
    elif queries.starts_query(t):
        node.source = queries.query(t)
    else:
        t.fail(926)
    node.returning = _returning(t)
    node.error_log = _error_log(t)
    return node


def _target(t: Tokens) -> TableRef | SubqueryRef:
    if t.word == "(":
        return SubqueryRef(queries.subquery(t), sources.alias(t))
    if t.word == "TABLE" and t.words[t.i + 1] == "(":
        raise not_simulated("DML on a nested table")
    return sources.table(t)


def _columns(t: Tokens) -> tuple[ColumnRef, ...]:
    """The column list of INSERT, () when there is none."""
    if t.word != "(" or queries.starts_query(t):
        return ()
    t.open()
    columns = [column(t)]
    while t.skip(","):
        columns.append(column(t))
    if t.word != ")":
        t.fail(917)
    t.close()
    return tuple(columns)


def column(t: Tokens) -> ColumnRef:
    """A column's name, maybe qualified. ORA-01747 for a reserved word."""
    place = t.i
    parts = [t.identifier(1747)]
    while t.skip("."):
        parts.append(t.identifier(1747))
    return expressions.column(parts, t.starts[place])


def _values(t: Tokens) -> tuple[Expression, ...]:
    t.open()
    values = [expressions.value_or_default(t)]
    while t.skip(","):
        values.append(expressions.value_or_default(t))
    if t.word != ")":
        t.fail(917)
    t.close()
    return tuple(values)


def _insert_all(t: Tokens) -> ast.InsertAll:
    first = t.word == "FIRST"
    t.i += 1
    branches: list[ast.InsertBranch] = []
    when: Condition | None = None
    otherwise = False
    while t.word in ("WHEN", "INTO", "ELSE"):
        if t.skip("WHEN"):
            when = conditions.condition(t)
            t.expect("THEN")
        elif t.skip("ELSE"):
            when, otherwise = None, True
        t.expect("INTO", 925)
        target = sources.table(t)
        columns = _columns(t)
        values = _values(t) if t.skip("VALUES") else ()
        branches.append(ast.InsertBranch(target, columns, values, when, otherwise))
    if not branches:
        t.fail(925)
    if not queries.starts_query(t):
        t.fail(928)
    return ast.InsertAll(branches=tuple(branches), source=queries.query(t), first=first)


def update(t: Tokens) -> ast.Update:
    t.skip("ONLY")
    target = _target(t)
    t.expect("SET", 971)
    clauses = _set_list(t)
    where = conditions.condition(t) if t.skip("WHERE") else None
    return ast.Update(target=target, set=clauses, where=where, returning=_returning(t), error_log=_error_log(t))


def _set_list(t: Tokens) -> tuple[ast.SetClause, ...]:
    clauses = [_set_clause(t)]
    while t.skip(","):
        clauses.append(_set_clause(t))
    return tuple(clauses)


def _set_clause(t: Tokens) -> ast.SetClause:
    if t.word == "ROW":
        raise not_simulated("SET ROW")
    if t.word == "(":
        columns = _columns(t)
        t.expect("=", 927)
        return ast.SetClause(columns, ScalarSubquery(queries.subquery(t)))
    target = column(t)
    t.expect("=", 927)
    return ast.SetClause((target,), expressions.value_or_default(t))


def delete(t: Tokens) -> ast.Delete:
    t.skip("FROM")
    target = _target(t)
    where = conditions.condition(t) if t.skip("WHERE") else None
    return ast.Delete(target=target, where=where, returning=_returning(t), error_log=_error_log(t))


def merge(t: Tokens) -> ast.Merge:
    t.expect("INTO", 925)
    target = sources.table(t)
    t.expect("USING")
    source = sources.from_item(t)
    t.expect("ON", 969)
    t.open()
    on = conditions.condition(t)
    t.close()
    node = ast.Merge(target=target, source=source, on=on)
    while t.word == "WHEN":
        t.i += 1
        if t.skip("NOT", "MATCHED", "THEN", "INSERT"):
            node.insert = _merge_insert(t)
        elif t.skip("MATCHED", "THEN", "UPDATE"):
            node.update = _merge_update(t)
        else:
            t.fail(905)
    if node.insert is None and node.update is None:
        t.fail(905)
    node.error_log = _error_log(t)
    return node


def _merge_update(t: Tokens) -> ast.MergeUpdate:
    t.expect("SET", 971)
    node = ast.MergeUpdate(_set_list(t))
    if t.skip("WHERE"):
        node.where = conditions.condition(t)
    if t.skip("DELETE"):
        t.expect("WHERE", 905)
        node.delete_where = conditions.condition(t)
    return node


def _merge_insert(t: Tokens) -> ast.MergeInsert:
    columns = _columns(t)
    t.expect("VALUES", 926)
    node = ast.MergeInsert(columns, _values(t))
    if t.skip("WHERE"):
        node.where = conditions.condition(t)
    return node


def _returning(t: Tokens) -> ast.Returning | None:
    if not t.one_of(("RETURNING", "RETURN")):
        return None
    values = expressions.expressions(t)
    bulk = t.plsql and t.skip("BULK", "COLLECT")
    t.expect("INTO", 925)
    targets = queries.into_targets(t)
    if len(targets) != len(values):
        t.fail(913 if len(values) > len(targets) else 947)
    if not t.plsql and not all(isinstance(target, BindRef) for target in targets):
        t.fail(905)
    return ast.Returning(values, targets, bulk)


def _error_log(t: Tokens) -> ast.ErrorLog | None:
    if not t.skip("LOG"):
        return None
    t.expect("ERRORS")
    node = ast.ErrorLog()
    if t.skip("INTO"):
        node.table = sources.plain_table(t)
    if t.skip("("):
        node.tag = expressions.expression(t)
        t.close()
    if t.skip("REJECT"):
        t.expect("LIMIT")
        node.limit = None if t.skip("UNLIMITED") else t.integer()
    return node


_MODES = (("ROW", "SHARE"), ("ROW", "EXCLUSIVE"), ("SHARE", "ROW", "EXCLUSIVE"), ("SHARE", "UPDATE"), ("SHARE",), ("EXCLUSIVE",))


def lock(t: Tokens) -> ast.LockTable:
    t.expect("TABLE", 966)
    tables = [_locked(t)]
    while t.skip(","):
        tables.append(_locked(t))
    t.expect("IN")
    mode = next((mode for mode in _MODES if t.skip(*mode)), None)
    if mode is None:
        t.fail(1737)
    t.expect("MODE")
    words = "ROW SHARE" if mode == ("SHARE", "UPDATE") else " ".join(mode)
    return ast.LockTable(tables=tuple(tables), mode=words, wait=queries.wait_clause(t))


def _locked(t: Tokens) -> TableRef:
    node = sources.plain_table(t)
    if t.word in ("PARTITION", "SUBPARTITION"):
        node.partition = sources.partition(t)
    return node


def select(t: Tokens) -> Query:
    """A query as a statement; the word it begins with has been taken."""
    t.i -= 1
    return queries.query(t, statement=True)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""INSERT, UPDATE, DELETE and MERGE as compiled changes."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.engine.code import Code, Execution
from oralab.engine.joins import FromClause
from oralab.engine.relations import of_plan
from oralab.engine.scope import Scope, walk
from oralab.engine.targets import Restart, Target, returning
from oralab.errors import OraError, not_simulated
from oralab.sql import ast

if TYPE_CHECKING:
    from oralab.engine.compilation import Compilation
    from oralab.engine.expressions import Expressions

RESTARTS = 1000
"""How often a statement begins anew because others change its rows."""


@dataclasses.dataclass(slots=True)
class Change:
    """A compiled DML statement: ``run`` gives the number of rows and what RETURNING returns."""

    run: Callable[[Any], tuple[int, list[Any]]]


def compile_change(compilation: Compilation, node: Any) -> Change:
    """ORA-03001 for LOG ERRORS."""
    if getattr(node, "error_log", None) is not None:
        raise not_simulated("LOG ERRORS")
    if isinstance(node, (ast.Update, ast.Delete, ast.Merge)) or any(
            isinstance(part, ast.Pseudo) and part.name == "ROWID" for part in walk(_parts(node), queries=True)):
        compilation.rowids = True
    return Change(_COMPILERS[type(node)](compilation, node))


def _parts(node: Any) -> tuple[Any, ...]:
    return tuple(getattr(node, field.name) for field in dataclasses.fields(node) if field.name not in ("text", "binds"))


# --- INSERT ---

class _Inserter:
    """Rows into one table from values by column."""

    def __init__(self, target: Target, columns: Sequence[ast.ColumnRef]) -> None:
        self.target = target
        self.columns = [target.column(ref) for ref in columns] if columns else target.visible()
        if len({column.name for column in self.columns}) < len(self.columns):
            raise OraError(957, "duplicate column name")
        target.require("INSERT", [column.name for column in self.columns])

    def row(self, values: Sequence[Code | None]) -> str:
        """Source of a complete row; None stands for DEFAULT."""
        target = self.target
        if len(values) < len(self.columns):
            raise OraError(947, "not enough values")
        if len(values) > len(self.columns):
            raise OraError(913, "too many values")
        given = {id(column): value for column, value in zip(self.columns, values)}
        texts = []
        for column in target.table.columns:
            value = given.get(id(column))
            if value is not None:
                self._allowed(column)
                text = target.stored(column, value)
                if column.default_on_null or column.identity is not None and column.identity.generation == "BY DEFAULT ON NULL":
                    name = target.compiler.emitter.temp()
                    text = f"({name} if ({name} := {text}) is not None else {target.default(column)})"
                texts.append(text)
            else:
                texts.append(target.default(column))
        return f"({', '.join(texts)},)"

    @staticmethod
    def _allowed(column: model.Column) -> None:
        if column.virtual:
            raise OraError(54013, "INSERT operation disallowed on virtual columns")
        if column.identity is not None and column.identity.generation == "ALWAYS":
            raise OraError(32795, "cannot insert into a generated always identity column")


def _insert(compilation: Compilation, node: ast.Insert) -> Callable[[Any], tuple[int, list[Any]]]:
    target = Target(compilation, node.target, "INSERT")
    inserter = _Inserter(target, node.columns)
    shown = returning(target.compiler, node.returning)
    if node.source is not None:
        plan = compilation.query(node.source)
        codes: list[Code | None] = [Code(f"r[{index}]", column.type, column.nullable) for index, column in enumerate(plan.columns)]
        make, source = compilation.emitter.function(inserter.row(codes)), plan.run
    else:
        outer = compilation.expressions(Scope())
        values = [None if isinstance(value, ast.DefaultValue) else outer.compile(value) for value in node.values]
        make, source = compilation.emitter.function(inserter.row(values)), lambda x: iter([()])

    def run(x: Execution) -> tuple[int, list[Any]]:
        work, count, returned = target.work(), 0, []
        # All rows are read before the first is stored: the query may read the table itself.
        for given in list(source(x)):
            if not count:
                target.ensure_segment()
            row = target.insert(make(given, x), x, work)
            count += 1
            if not count & 511:
                x.poll()
            if shown is not None:
                returned.append(shown(row, x))
        work.finish(x)
        return count, returned
    return run


def _insert_all(compilation: Compilation, node: ast.InsertAll) -> Callable[[Any], tuple[int, list[Any]]]:
    plan = compilation.query(node.source)
    scope = Scope()
    scope.sources.append(of_plan(plan, "", None, [column.name for column in plan.columns]))
    compiler = compilation.expressions(scope)
    branches = []
    for branch in node.branches:
        target = Target(compilation, branch.target, "INSERT")
        inserter = _Inserter(target, branch.columns)
        if branch.values:
            values = [None if isinstance(value, ast.DefaultValue) else compiler.compile(value) for value in branch.values]
        else:
            values = [Code(f"r[{index}]", column.type, column.nullable) for index, column in enumerate(plan.columns)]
        test = compilation.emitter.function(compiler.condition(branch.when)) if branch.when is not None else None
        branches.append((target, compilation.emitter.function(inserter.row(values)), test, branch.otherwise))

    def run(x: Execution) -> tuple[int, list[Any]]:
        works = [branch[0].work() for branch in branches]
        count = 0
        for given in plan.run(x):
            taken = False
            for work, (target, make, test, otherwise) in zip(works, branches):
                if otherwise and taken or test is not None and not test(given, x) or node.first and taken:
                    continue
                taken = taken or test is not None
                target.ensure_segment()
                target.insert(make(given, x), x, work)
                count += 1
        for work in works:
            work.finish(x)
        return count, []
    return run


# --- UPDATE and DELETE ---

def _rows_of(compilation: Compilation, target: Target, where: Any) -> Callable[[Any], list[Any]]:
    """Rows of the target that WHERE selects, with their row ids."""
    scope = target.scope
    scope.sources.clear()
    clause = FromClause(compilation, scope)
    clause.add([target.item])
    scope.sources[0].alias = target.source.alias
    rows, rest = clause.compile(where)
    if any(isinstance(part, ast.Pseudo) and part.name == "ROWNUM" for part in walk((where,))):
        return _numbered(compilation, target, rows, rest)
    compiler = compilation.expressions(scope)
    test = compilation.emitter.function(" and ".join(compiler.condition(node) for node in rest) or "True")
    return lambda x: [row for row in rows(x) if test(row, x)]


def _numbered(compilation: Compilation, target: Target, rows: Any, conditions: Sequence[Any]) -> Callable[[Any], list[Any]]:
    scope = target.scope
    scope.extra["ROWNUM"] = scope.width
    compiler = compilation.expressions(scope)
    test = compilation.emitter.function(" and ".join(compiler.condition(node) for node in conditions) or "True")
    width = scope.width

    def select(x: Any) -> list[Any]:
        found: list[Any] = []
        for row in rows(x):
            numbered = (*row, len(found) + 1)
            if test(numbered, x):
                found.append(numbered[:width])
        return found
    return select


def _restarting(target: Target, once: Callable[[Any], tuple[int, list[Any]]]) -> Callable[[Any], tuple[int, list[Any]]]:
    def run(x: Execution) -> tuple[int, list[Any]]:
        store, transaction = target.session.database.store, target.session.transaction
        mark = store.mark(transaction)
        for _ in range(RESTARTS):
            try:
                return once(x)
            except Restart:
                store.rollback_to(transaction, mark)
                x.snapshot = target.session.snapshot()
                x.cache.clear()
        raise OraError(8177, "can't serialize access for this transaction")
    return run


class _Setter:
    """SET clauses as a function from old row to new row. ``compiler`` sees the row that values are computed from."""

    def __init__(self, target: Target, clauses: Sequence[ast.SetClause], compiler: Expressions, base: int = 0) -> None:
        self.target = target
        emitter = compiler.emitter
        texts: dict[int, str] = {}
        names: list[str] = []
        prepare: list[str] = []
        for clause in clauses:
            columns = [target.column(ref) for ref in clause.columns]
            names += [column.name for column in columns]
            for column, code in zip(columns, self._values(clause, columns, compiler, prepare)):
                if column.virtual:
                    raise OraError(54017, "UPDATE operation disallowed on virtual columns")
                always = column.identity is not None and column.identity.generation == "ALWAYS"
                if always and not isinstance(clause.value, ast.DefaultValue):
                    raise OraError(32796, "cannot update a generated always identity column")
                place = target.place(column)
                texts[place] = target.default(column) if code is None else target.stored(column, code)
        if len(set(names)) < len(names):
            raise OraError(957, "duplicate column name")
        target.require("UPDATE", names)
        self.names = names
        parts = [texts.get(place, f"r[{base + place}]") for place in range(len(target.table.columns))]
        body = f"({', '.join(parts)},)"
        for step in reversed(prepare):
            body = f"({step}, {body})[1]"
        self.make = emitter.function(body)

    def _values(self, clause: ast.SetClause, columns: Sequence[model.Column], compiler: Expressions,
                prepare: list[str]) -> list[Code | None]:
        if isinstance(clause.value, ast.DefaultValue):
            return [None]
        if len(columns) == 1:
            return [compiler.compile(clause.value)]
        if not isinstance(clause.value, ast.ScalarSubquery):
            raise OraError(1767, "UPDATE ... SET expression must be a subquery")
        plan, row = compiler.subquery(clause.value.query, len(columns))
        name = compiler.emitter.temp()
        absent = "(None,) * " + str(len(columns))
        prepare.append(f"({name} := {compiler.emitter.constant(plan.row(compiler.scope.level))}(x, {row}) or {absent})")
        return [Code(f"{name}[{index}]", column.type) for index, column in enumerate(plan.columns)]


def _update(compilation: Compilation, node: ast.Update) -> Callable[[Any], tuple[int, list[Any]]]:
    target = Target(compilation, node.target, "UPDATE")
    rows = _rows_of(compilation, target, node.where)
    setter = _Setter(target, node.set, compilation.expressions(target.scope))
    shown = returning(target.compiler, node.returning)

    def once(x: Execution) -> tuple[int, list[Any]]:
        work, returned, later = target.work(), [], []
        # Values are computed before the first row changes: subqueries see the state before the statement.
        found = [(old, setter.make(old, x)) for old in rows(x)]
        for place, (old, row) in enumerate(found):
            if not place & 511:
                x.poll()
            try:
                row = target.update(old[-1], old[:-1], row, x, work)
            except OraError as error:
                if error.code != 1:
                    raise
                later.append((old, row))
                row = (*row, old[-1])
            if shown is not None:
                returned.append(shown(row, x))
        _retry(target, later, x, work)
        work.finish(x)
        return len(found), returned
    return _restarting(target, once)


def _retry(target: Target, later: list[tuple[Any, Any]], x: Any, work: Any) -> None:
    """Unique keys hold for the statement as a whole: rows that clashed with one that moved away itself are tried again."""
    while later:
        rest: list[tuple[Any, Any]] = []
        for old, row in reversed(later):
            try:
                target.update(old[-1], old[:-1], row, x, work)
            except OraError as error:
                if error.code != 1 or len(rest) + 1 == len(later):
                    raise
                rest.append((old, row))
        later = rest[::-1]


def _delete(compilation: Compilation, node: ast.Delete) -> Callable[[Any], tuple[int, list[Any]]]:
    target = Target(compilation, node.target, "DELETE")
    target.require("DELETE")
    rows = _rows_of(compilation, target, node.where)
    shown = returning(target.compiler, node.returning)

    def once(x: Execution) -> tuple[int, list[Any]]:
        work = target.work()
        found = rows(x)
        for place, old in enumerate(found):
            if not place & 511:
                x.poll()
            target.delete(old[-1], old[:-1], work)
        work.finish(x)
        return len(found), [shown(old, x) for old in found] if shown is not None else []
    return _restarting(target, once)


# --- MERGE ---

def _merge(compilation: Compilation, node: ast.Merge) -> Callable[[Any], tuple[int, list[Any]]]:
    target = Target(compilation, node.target, "MERGE")
    scope = Scope()
    clause = FromClause(compilation, scope)
    clause.add([ast.Join("LEFT", node.source, node.target, node.on)])
    rows, _ = clause.compile(None)
    base, slot = scope.sources[-1].offset, scope.width - 1
    compiler = compilation.expressions(scope)
    update, insert = node.update, node.insert
    setter = _Setter(target, update.set, compiler, base) if update is not None else None
    if setter is not None:
        _not_in_on(node, target, setter.names, scope)
    source_scope = Scope()
    source_clause = FromClause(compilation, source_scope)
    source_clause.add([node.source])
    source_compiler = compilation.expressions(source_scope)
    make = None
    if insert is not None:
        inserter = _Inserter(target, insert.columns)
        values = [None if isinstance(value, ast.DefaultValue) else source_compiler.compile(value) for value in insert.values]
        make = compilation.emitter.function(inserter.row(values))

    def test(condition: Any, with_: Expressions) -> Callable[..., Any] | None:
        return compilation.emitter.function(with_.condition(condition)) if condition is not None else None
    may_update = test(update.where, compiler) if update else None
    may_delete = test(update.delete_where, compiler) if update else None
    may_insert = test(insert.where, source_compiler) if insert else None
    if may_delete is not None:
        target.require("DELETE")

    def once(x: Execution) -> tuple[int, list[Any]]:
        work, count, touched = target.work(), 0, set()
        for row in list(rows(x)):
            rid = row[slot]
            if rid is None:
                if make is not None and (may_insert is None or may_insert(row[:base], x)):
                    if not count:
                        target.ensure_segment()
                    target.insert(make(row[:base], x), x, work)
                    count += 1
                continue
            if setter is None or may_update is not None and not may_update(row, x):
                continue
            if rid in touched:
                raise OraError(30926, "unable to get a stable set of rows in the source tables")
            touched.add(rid)
            *new, rid = target.update(rid, row[base:slot], setter.make(row, x), x, work)
            count += 1
            if may_delete is not None and may_delete((*row[:base], *new, rid), x):
                target.delete(rid, tuple(new), work)
        work.finish(x)
        return count, []
    return _restarting(target, once)


def _not_in_on(node: ast.Merge, target: Target, names: Sequence[str], scope: Scope) -> None:
    """ORA-38104."""
    for part in walk(node.on):
        if isinstance(part, ast.ColumnRef) and part.name in names:
            found = scope.find(part)
            if found and found[0][0] is scope.sources[-1]:
                raise OraError(38104, f'Columns referenced in the ON Clause cannot be updated: "{target.source.alias}"."{part.name}"')


_COMPILERS: dict[type, Callable[[Any, Any], Callable[[Any], tuple[int, list[Any]]]]] = {
    ast.Insert: _insert, ast.InsertAll: _insert_all, ast.Update: _update, ast.Delete: _delete, ast.Merge: _merge}

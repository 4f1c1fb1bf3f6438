# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole queries: WITH, set operations, ORDER BY, OFFSET and FETCH, FOR UPDATE."""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from oralab.api import ColumnInfo
from oralab.engine import convert, types
from oralab.engine.compilation import Plan
from oralab.engine.ordering import identity, not_orderable, sorter
from oralab.engine.relations import of_plan
from oralab.engine.row_joins import Rows
from oralab.engine.scope import Scope, Source, walk
from oralab.engine.select import Block, SelectCompiler
from oralab.errors import OraError
from oralab.sql import ast
from oralab.values import DataType, Row

if TYPE_CHECKING:
    from oralab.engine.compilation import Compilation


def compile_query(compilation: Compilation, query: ast.Query, parent: Scope | None, definer: str | None = None) -> Plan:
    """A query expression. ``definer`` is the owner of the view that it is the text of."""
    scope = Scope(parent, definer=definer)
    _common_tables(compilation, query, scope)
    if isinstance(query.body, ast.Select):
        rids = query.for_update is not None or compilation.locking
        block = _block(compilation, query.body, scope, query.order_by, rids, query.siblings)
    else:
        block = _combined(compilation, query.body, scope, query.order_by)
        if query.for_update is not None:
            raise OraError(2014, "cannot select FOR UPDATE from view with DISTINCT, GROUP BY, etc.")
    run = block.rows
    width = len(block.columns)
    if block.keys and not query.siblings:
        run = _sorted(run, sorter(block.keys))
    if query.for_update is not None:
        run = _locking(compilation, query.for_update, run, block)
    if query.offset is not None or query.fetch is not None:
        run = _limited(compilation, scope, query, run, block)
    if block.hidden and not compilation.locking:
        run = _cut(run, width)
    return Plan(block.columns, run, {level for level in scope.outer_levels if level < scope.level})


def _block(compilation: Compilation, select: ast.Select, scope: Scope, order_by: Sequence[ast.OrderItem], rids: bool = False,
           siblings: bool = False) -> Block:
    if rids:
        compilation.rowids = True
    elif not compilation.rowids:
        compilation.rowids = any(isinstance(node, ast.Pseudo) and node.name == "ROWID"
                                 for node in walk((select, tuple(order_by)), queries=True))
    return SelectCompiler(compilation, select, scope, order_by, rids=rids, siblings=siblings).compile()


# --- WITH ---

def _common_tables(compilation: Compilation, query: ast.Query, scope: Scope) -> None:
    for element in query.with_:
        around = Scope(scope.parent, definer=scope.definer)
        around.tables = dict(scope.tables)
        if element.columns and _refers_to(element.query, element.name):
            scope.tables[element.name] = _recursive(compilation, element, around)
        else:
            scope.tables[element.name] = _common(compilation, element, around)


def _refers_to(query: ast.Query, name: str) -> bool:
    return any(isinstance(node, ast.TableRef) and node.name == name and node.schema is None for node in walk(query, queries=True))


def _names(element: ast.CommonTable, plan: Plan) -> list[str]:
    if element.columns and len(element.columns) != len(plan.columns):
        raise OraError(32038, "number of WITH clause column names does not match number of elements in select list")
    return list(element.columns) or [column.name for column in plan.columns]


def _common(compilation: Compilation, element: ast.CommonTable, around: Scope) -> Callable[[str], Source]:
    """Compiled at its first use; its rows are computed once per execution."""
    plans: list[Plan] = []

    def open_(alias: str) -> Source:
        if not plans:
            plan = compilation.query(element.query, around)
            if not plan.outer_levels:
                plan = dataclasses.replace(plan, run=_materialised(plan))
            plans.append(plan)
        return of_plan(plans[0], alias, None, _names(element, plans[0]))
    return open_


def _materialised(plan: Plan) -> Rows:
    run = plan.run

    def rows(x: Any) -> Iterator[Row]:
        key = (plan.number, "with")
        if key not in x.cache:
            x.cache[key] = list(run(x))
        return iter(x.cache[key])
    return rows


def _recursive(compilation: Compilation, element: ast.CommonTable, around: Scope) -> Callable[[str], Source]:
    """Recursive WITH: anchor UNION ALL branch, breadth first. ORA-32044 for a cycle (here: beyond 100 000 rounds)."""
    body = element.query.body
    if not isinstance(body, ast.SetOp) or body.op != "UNION ALL":
        raise OraError(32040, "recursive WITH clause must use a UNION ALL operation")
    anchor = compilation.query(ast.Query(body=body.left), around)
    names = _names(element, anchor)
    current = object()

    def working(alias: str) -> Source:
        return of_plan(Plan(anchor.columns, lambda x: iter(x.cache[current])), alias, None, names)
    inner = Scope(around.parent, definer=around.definer)
    inner.tables = {**around.tables, element.name: working}
    branch = compilation.query(ast.Query(body=body.right), inner)
    if len(branch.columns) != len(anchor.columns):
        raise OraError(1789, "query block has incorrect number of result columns")

    def rows(x: Any) -> Iterator[Row]:
        level = list(anchor.run(x))
        for _ in range(100_000):
            if not level:
                return
            yield from level
            x.poll()
            x.cache[current] = level
            # Inner caches would hold the rows of the round before.
            for key in [key for key in x.cache if key is not current and isinstance(key, tuple) and key[0] > anchor.number]:
                del x.cache[key]
            level = list(branch.run(x))
        raise OraError(32044, "cycle detected while executing recursive WITH query")
    return lambda alias: of_plan(Plan(anchor.columns, rows, set(anchor.outer_levels)), alias, None, names)


# --- set operations ---

def _operand(compilation: Compilation, body: Any, scope: Scope) -> Plan:
    if isinstance(body, ast.Select):
        inner = Scope(scope.parent, definer=scope.definer)
        inner.tables = scope.tables
        block = _block(compilation, body, inner, ())
        scope.outer_levels |= {level for level in inner.outer_levels if level < inner.level}
        return Plan(block.columns, block.rows)
    if isinstance(body, ast.Query):
        around = Scope(scope.parent, definer=scope.definer)
        around.tables = scope.tables
        plan = compile_query(compilation, body, around)
        scope.outer_levels |= plan.outer_levels
        return plan
    left, right = _operand(compilation, body.left, scope), _operand(compilation, body.right, scope)
    return _set_operation(body.op, left, right)


def _set_operation(op: str, left: Plan, right: Plan) -> Plan:
    if len(left.columns) != len(right.columns):
        raise OraError(1789, "query block has incorrect number of result columns")
    columns, converters = [], [[], []]  # type: ignore[var-annotated]
    for ours, theirs in zip(left.columns, right.columns):
        type_ = _common_type(ours, theirs)
        if op != "UNION ALL":
            not_orderable(type_)
        columns.append(ColumnInfo(ours.name, type_, ours.nullable or theirs.nullable))
        for side, column in zip(converters, (ours, theirs)):
            side.append(None if convert.template(column.type, type_) is None else (column.type, type_))
    first, second = (_converted(plan.run, pairs) for plan, pairs in zip((left, right), converters))
    same = identity([column.type for column in columns]) or (lambda row: row)
    return Plan(columns, _OPERATIONS[op](first, second, same))


def _common_type(left: ColumnInfo, right: ColumnInfo) -> DataType:
    """ORA-01790: the families must agree, only NULL goes with everything (documented)."""
    if types.is_null(left.type) or types.is_null(right.type):
        return right.type if types.is_null(left.type) else left.type
    a, b = types.family(left.type), types.family(right.type)
    if a != b and not {a, b} <= {"N", "F"} and not {a, b} <= set(types.DATETIMES) and not {a, b} <= {"S", "L"}:
        raise OraError(1790, "expression must have same datatype as corresponding expression")
    if types.is_char(left.type) and types.is_char(right.type) and left.type.length != right.type.length:
        return types.varchar(max(left.type.max_bytes(), right.type.max_bytes()))
    if a == b == "N" and left.type != right.type:
        return types.NUMBER
    return types.common([left.type, right.type], strict=True)


def _converted(run: Rows, pairs: Sequence[tuple[DataType, DataType] | None]) -> Rows:
    if not any(pairs):
        return run
    return lambda x: (tuple(value if pair is None else convert.convert(value, pair[0], pair[1], x) for value, pair in zip(row, pairs))
                      for row in run(x))


def _union(first: Rows, second: Rows, same: Callable[[Any], Any]) -> Rows:
    def rows(x: Any) -> Iterator[Row]:
        found: dict[Any, Row] = {}
        for row in itertools.chain(first(x), second(x)):
            found.setdefault(same(row), row)
        return iter(_in_order(found))
    return rows


def _in_order(found: dict[Any, Row]) -> list[Row]:
    """Set operations sort (as real plans do, though it is not promised)."""
    if not _sortable(found):
        return list(found.values())
    return sorted(found.values(), key=lambda row: tuple((value is None, 0 if value is None else value) for value in row))


def _sortable(found: dict[Any, Row]) -> bool:
    columns = zip(*found.values()) if found else ()
    return all(len({type(value) if not isinstance(value, int) else int for value in column if value is not None} - {int}) <= 1
               for column in columns)


def _minus(first: Rows, second: Rows, same: Callable[[Any], Any]) -> Rows:
    def rows(x: Any) -> Iterator[Row]:
        unwanted = {same(row) for row in second(x)}
        return iter(_in_order({same(row): row for row in first(x) if same(row) not in unwanted}))
    return rows


def _intersect(first: Rows, second: Rows, same: Callable[[Any], Any]) -> Rows:
    def rows(x: Any) -> Iterator[Row]:
        wanted = {same(row) for row in second(x)}
        return iter(_in_order({same(row): row for row in first(x) if same(row) in wanted}))
    return rows


_OPERATIONS: dict[str, Callable[[Rows, Rows, Callable[[Any], Any]], Rows]] = {
    "UNION ALL": lambda first, second, same: lambda x: itertools.chain(first(x), second(x)),
    "UNION": _union, "MINUS": _minus, "INTERSECT": _intersect}


def _combined(compilation: Compilation, body: Any, scope: Scope, order_by: Sequence[ast.OrderItem]) -> Block:
    plan = _operand(compilation, body, scope)
    keys = []
    names = [column.name for column in plan.columns]
    for item in order_by:
        node = item.expression
        if isinstance(node, ast.Literal) and isinstance(node.value, int):
            slot = node.value - 1
        elif isinstance(node, ast.ColumnRef) and node.table is None and node.name in names:
            slot = names.index(node.name)
        else:
            raise OraError(1785, "ORDER BY item must be the number of a SELECT-list expression")
        if not 0 <= slot < len(names):
            raise OraError(1785, "ORDER BY item must be the number of a SELECT-list expression")
        keys.append((slot, plan.columns[slot].type, item))
    return Block(plan.columns, plan.run, keys, [])


# --- after the body ---

def _sorted(run: Rows, sort: Callable[[list[Any]], list[Any]]) -> Rows:
    return lambda x: iter(sort(list(run(x))))


def _cut(run: Rows, width: int) -> Rows:
    return lambda x: (row[:width] for row in run(x))


def _limited(compilation: Compilation, scope: Scope, query: ast.Query, run: Rows, block: Block) -> Rows:
    compiler = compilation.expressions(Scope(scope.parent))
    skip = compiler.value(query.offset, types.NUMBER) if query.offset is not None else None
    fetch = query.fetch
    count = compiler.value(fetch.count, types.NUMBER) if fetch is not None else None

    def rows(x: Any) -> Iterator[Row]:
        start = max(int(skip((), x) or 0), 0) if skip is not None else 0
        if fetch is None or count is None:
            yield from itertools.islice(run(x), start, None)
            return
        wanted = count((), x)
        if wanted is None or wanted <= 0:
            return
        iterator = run(x)
        if fetch.percent:
            everything = list(iterator)
            iterator, wanted = iter(everything), -(-len(everything) * wanted // 100)
        last = None
        for row in itertools.islice(iterator, start, start + int(wanted)):
            last = row
            yield row
        if fetch.with_ties and last is not None and block.keys:
            slots = [slot for slot, _, _ in block.keys]
            yield from itertools.takewhile(lambda row: all(row[slot] == last[slot] for slot in slots), iterator)
    return rows


def _locking(compilation: Compilation, clause: ast.ForUpdate, run: Rows, block: Block) -> Rows:
    """SELECT ... FOR UPDATE: all rows are locked before the first is given (documented)."""
    wanted = _to_lock(clause, block)
    first = len(block.columns) + block.hidden - len(block.sources)
    session = compilation.session
    for position in wanted:
        source = block.sources[position]
        session.catalog.require(session, "UPDATE", source.relation.table)

    def rows(x: Any) -> Iterator[Row]:
        transaction = session.begin()
        found = []
        for row in run(x):
            try:
                for position in wanted:
                    handle = block.sources[position].relation.handle
                    rid = row[first + position]
                    if rid is not None:
                        handle.lock(transaction, rid, clause.wait if not clause.skip_locked else 0, session.is_cancelled)
            except OraError as error:
                if clause.skip_locked and error.code == 54:
                    continue
                raise
            found.append(row)
        return iter(found)
    return rows


def _to_lock(clause: ast.ForUpdate, block: Block) -> list[int]:
    stored = [index for index, source in enumerate(block.sources) if source.rowid is not None]
    if not stored:
        raise OraError(2014, "cannot select FOR UPDATE from view with DISTINCT, GROUP BY, etc.")
    if not clause.of:
        return stored
    chosen = []
    for ref in clause.of:
        found = [index for index in stored if (ref.table is None or block.sources[index].answers_to(ref.table, ref.schema))
                 and ref.name in block.sources[index].by_name]
        if not found:
            raise OraError(904, f'"{ref.name}": invalid identifier')
        chosen.append(found[0])
    return chosen

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements of FROM opened as sources: tables, views, dictionary views, inline views, WITH elements, collections."""
from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.engine import links, types
from oralab.engine.code import Code
from oralab.engine.scope import Scope, Source, SourceColumn
from oralab.errors import OraError, not_simulated
from oralab.sql import ast, conditions, expressions
from oralab.sql.lexer import Tokens
from oralab.values import DataType

if TYPE_CHECKING:
    from oralab.engine.compilation import Compilation, Plan

CHUNK = 512
"""Rows between two looks whether the client cancelled."""


@functools.lru_cache(maxsize=4096)
def parse_expression(text: str, release: str) -> ast.Expression:
    """An expression that the dictionary keeps as text (DEFAULT, virtual columns, index expressions)."""
    tokens = Tokens(text, release)
    node = expressions.expression(tokens)
    tokens.end()
    return node


@functools.lru_cache(maxsize=4096)
def parse_condition(text: str, release: str) -> ast.Condition:
    """A condition that the dictionary keeps as text (CHECK)."""
    tokens = Tokens(text, release)
    node = conditions.condition(tokens)
    tokens.end()
    return node


def open_source(compilation: Compilation, scope: Scope, item: Any) -> Source:
    """The source that an element of FROM stands for; SELECT on it is checked."""
    if isinstance(item, ast.TableRef):
        return _table(compilation, scope, item)
    if isinstance(item, ast.SubqueryRef):
        plan = compilation.query(item.query, scope if item.lateral else _around(scope))
        scope.outer_levels |= {level for level in plan.outer_levels if level < scope.level}
        return of_plan(plan, item.alias or "", None, [column.name for column in plan.columns],
                       lateral=item.lateral and scope.level in plan.outer_levels)
    return _collection(compilation, scope, item)


def _around(scope: Scope) -> Scope:
    """What an inline view sees of its surroundings: no sources beside it, but the blocks around and WITH."""
    outer = Scope(scope.parent, definer=scope.definer)
    outer.tables = scope.tables
    outer.variables = scope.variables
    return outer


def of_plan(plan: Plan, alias: str, owner: str | None, names: Sequence[str], *, lateral: bool = False,
            types_: Sequence[DataType] | None = None) -> Source:
    """A source of a compiled query's rows."""
    columns = [SourceColumn(name, types_[index] if types_ else column.type, column.nullable, index)
               for index, (name, column) in enumerate(zip(names, plan.columns))]
    if not lateral and not plan.outer_levels:
        return Source(alias, owner, columns, len(columns), lambda x: plan.run(x))
    return Source(alias, owner, columns, len(columns), plan.run, lateral=lateral)


def _table(compilation: Compilation, scope: Scope, item: ast.TableRef) -> Source:
    if item.dblink:
        return links.source(compilation, item)
    alias = item.alias or item.name
    if item.schema is None:
        common = scope.table(item.name)
        if common is not None:
            found: Source = common(alias)
            return found
    session = compilation.session
    try:
        relation: Any = session.catalog.resolve(session, item.schema, item.name, definer=scope.definer)
        if item is not compilation.target:
            session.catalog.require(session, "SELECT", _record(relation), definer=scope.definer)
        if item.as_of is not None:
            session.catalog.require(session, "FLASHBACK", _record(relation), definer=scope.definer)
    except OraError as error:
        error.offset = error.offset or item.offset
        raise
    if relation.kind == "VIEW":
        return view_source(compilation, relation, alias, item)
    if relation.kind == "ROWS":
        columns = [SourceColumn(column.name, column.type, column.nullable, index) for index, column in enumerate(relation.columns)]
        return Source(alias, relation.owner, columns, len(columns), _polled_rows(relation))
    return base_source(compilation, relation, item, alias, scope)


def _record(relation: Any) -> Any:
    """The dictionary's record of a relation, about which privileges are asked."""
    return getattr(relation, "table", None) or getattr(relation, "view", None) or relation


def _polled_rows(relation: Any) -> Callable[[Any], Iterator[Any]]:
    def rows(x: Any) -> Iterator[Any]:
        iterator = relation.scan(x.session, x.snapshot)
        while chunk := list(itertools.islice(iterator, CHUNK)):
            x.poll()
            yield from chunk
    return rows


def view_source(compilation: Compilation, relation: Any, alias: str, item: ast.TableRef | None = None) -> Source:
    """A view's query, compiled with its owner's rights. ORA-04063 when it no longer compiles."""
    from oralab.sql import parse
    view: model.View = relation.view
    if item is not None and (item.as_of or item.partition):
        raise not_simulated("AS OF or PARTITION of a view")
    if compilation.depth > 60:
        raise OraError(4063, f'view "{view.owner}.{view.name}" has errors')
    statement = parse(view.text, compilation.release)
    if not isinstance(statement, ast.Query):
        raise OraError(4063, f'view "{view.owner}.{view.name}" has errors')
    plsql, compilation.plsql = compilation.plsql, False
    try:
        plan = compilation.query(statement, None, definer=view.owner)
    except OraError as error:
        if error.code in (904, 942, 1031, 980, 4063, 918):
            raise OraError(4063, f'view "{view.owner}.{view.name}" has errors') from error
        raise
    finally:
        compilation.plsql = plsql
    names = [column.name for column in view.columns] or view.aliases or [column.name for column in plan.columns]
    return of_plan(plan, alias, view.owner, names)


def base_columns(compilation: Compilation, table: model.Table) -> list[SourceColumn]:
    """Columns of a stored table at their places in its rows; unused ones have no name."""
    columns = []
    for index, column in enumerate(table.columns):
        if column.unused:
            continue
        expression = parse_expression(column.default, compilation.release) if column.virtual and column.default else None
        nullable = column.nullable and not _in_primary_key(table, column.name)
        columns.append(SourceColumn(column.name, column.type, nullable, index, column.visible, expression))
    return columns


def _in_primary_key(table: model.Table, name: str) -> bool:
    key = table.key()
    return key is not None and key.enabled and name in key.columns


def base_source(compilation: Compilation, relation: Any, item: ast.TableRef, alias: str, scope: Scope) -> Source:
    """A stored table. The slot after its columns holds the store's row id, where a statement asks for ROWIDs."""
    table, handle = relation.table, relation.handle
    width = len(table.columns)
    leaves = partition_leaves(compilation, table, item.partition, scope) if item.partition else None
    snapshot = _snapshot(compilation, item.as_of, scope)
    keep = _sampler(compilation, item.sample, scope)
    with_rowid = compilation.rowids

    def run(x: Any) -> Iterator[Any]:
        yield from read(x, *([handle.scan(snapshot(x), leaf) for leaf in leaves] if leaves is not None else [handle.scan(snapshot(x))]))

    def read(x: Any, *iterators: Iterator[Any]) -> Iterator[Any]:
        for iterator in iterators:
            while chunk := list(itertools.islice(iterator, CHUNK)):
                x.poll()
                if keep is not None:
                    chunk = [pair for pair in chunk if keep(x)]
                if with_rowid:
                    for rid, row in chunk:
                        yield (*row, rid)
                else:
                    for _, row in chunk:
                        yield row
    source = Source(alias, table.owner, base_columns(compilation, table), width + with_rowid, run, relation=relation,
                    rowid=width if with_rowid else None)
    if leaves is None and keep is None:
        source.read = lambda x, iterator: read(x, iterator)
        source.snapshot = snapshot
    return source


def _snapshot(compilation: Compilation, as_of: ast.AsOf | None, scope: Scope) -> Callable[[Any], Any]:
    if as_of is None:
        return lambda x: x.snapshot
    compiler = compilation.expressions(Scope(scope.parent, definer=scope.definer))
    store = compilation.session.database.store
    if not as_of.timestamp:
        scn = compiler.value(as_of.value, types.NUMBER)
        return lambda x: store.snapshot(None, int(_present(scn((), x), 8181)))
    moment = compiler.value(as_of.value, types.TIMESTAMP)
    return lambda x: store.snapshot(None, store.time_to_scn(_present(moment((), x), 8186).moment))


def _present(value: Any, code: int) -> Any:
    if value is None:
        raise OraError(code, "specified number is not a valid system change number" if code == 8181 else "invalid timestamp specified")
    return value


def _sampler(compilation: Compilation, sample: ast.Sample | None, scope: Scope) -> Callable[[Any], bool] | None:
    """ORA-30562 unless 0.000001 <= percent < 100. Each row is taken with that probability; BLOCK samples rows all the same."""
    if sample is None:
        return None
    compiler = compilation.expressions(Scope(scope.parent))
    percent = compiler.value(sample.percent, types.NUMBER)
    seed = compiler.value(sample.seed, types.NUMBER) if sample.seed is not None else None

    def keep(x: Any) -> bool:
        generator = x.cache.get(keep)
        if generator is None:
            share = percent((), x)
            if share is None or not 0 < share < 100:
                raise OraError(30562, "SAMPLE percentage must be in the range [0.000001,100)")
            generator = x.cache[keep] = (random.Random(int(seed((), x)) if seed else None), float(share) / 100)
        return bool(generator[0].random() < generator[1])
    return keep


def partition_leaves(compilation: Compilation, table: model.Table, choice: ast.PartitionChoice, scope: Scope) -> list[str]:
    """Names of the (sub)partitions that PARTITION (...) means. ORA-14501, ORA-02149, ORA-14251."""
    partitioning = table.partitioning
    if partitioning is None:
        raise OraError(14501, "object is not partitioned")
    if choice.name is None:
        from oralab.catalog.ddl.partitions import leaf_of
        compiler = compilation.expressions(Scope(scope.parent))
        by_name = {column.name: column for column in table.columns}
        x = compilation.session.execution()
        row: list[Any] = [None] * len(table.columns)
        for name, value in zip(partitioning.columns + partitioning.subcolumns, choice.values):
            row[table.columns.index(by_name[name])] = compiler.value(value, by_name[name].type)((), x)
        leaf = leaf_of(table, tuple(row))
        if leaf is None:
            raise OraError(14702, "The partition number is invalid or out-of-range")
        return [leaf.name]
    if choice.sub:
        if choice.name not in [leaf.name for leaf in partitioning.leaves()] or not partitioning.subtype:
            raise OraError(14251, "Specified subpartition does not exist")
        return [choice.name]
    for partition in partitioning.partitions:
        if partition.name == choice.name:
            return [leaf.name for leaf in partition.subpartitions or [partition]]
    raise OraError(2149, "Specified partition does not exist")


_COLLECTIONS = {"ODCIVARCHAR2LIST": types.of_family("S"), "ODCINUMBERLIST": types.NUMBER, "ODCIDATELIST": types.DATE,
                "DBMS_DEBUG_VC2COLL": types.of_family("S"), "ODCIRAWLIST": types.of_family("R")}


def _collection(compilation: Compilation, scope: Scope, item: ast.TableFunction) -> Source:
    """TABLE(sys.odcivarchar2list(...)) and its siblings; other collections are not simulated."""
    call = item.expression
    if not isinstance(call, ast.FunctionCall) or call.name not in _COLLECTIONS or call.package not in (None, "SYS"):
        raise not_simulated("TABLE() of this expression")
    element = _COLLECTIONS[call.name]
    compiler = compilation.expressions(Scope(scope.parent, definer=scope.definer))
    codes: list[Code] = [compiler.convert(argument, element) for argument in call.args]
    values = compilation.emitter.function(f"({''.join(code.text + ', ' for code in codes)})")
    column = SourceColumn("COLUMN_VALUE", element, True, 0)
    return Source(item.alias or "", None, [column], 1, lambda x: iter([(value,) for value in values((), x)]))

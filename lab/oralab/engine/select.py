# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One query block: WHERE, ROWNUM, CONNECT BY, GROUP BY, analytic functions, select list, DISTINCT."""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from oralab.api import ColumnInfo
from oralab.engine import aggregates, analytics, types
from oralab.engine.code import NULL_CODE, Code
from oralab.engine.hierarchy import connect
from oralab.engine.joins import FromClause, conjuncts_of
from oralab.engine.ordering import identity, key_function, not_orderable
from oralab.engine.row_joins import Rows
from oralab.engine.scope import Grouped, Scope, Source, walk
from oralab.errors import OraError
from oralab.sql import ast
from oralab.values import DataType

if TYPE_CHECKING:
    from oralab.engine.compilation import Compilation
    from oralab.engine.expressions import Expressions

_LAZY = frozenset(("NVL", "NVL2", "COALESCE", "DECODE"))
"""Functions that do not evaluate all their arguments."""


@dataclasses.dataclass(slots=True)
class Block:
    """A compiled query block. Rows are the select list, then hidden sort keys; ``keys`` tells the slot and type of each ORDER BY item."""

    columns: list[ColumnInfo]
    rows: Rows
    keys: list[tuple[int, DataType, ast.OrderItem]]
    sources: list[Source]
    hidden: int = 0


class SelectCompiler:
    """Compiles one ``Select``."""

    def __init__(self, compilation: Compilation, select: ast.Select, scope: Scope, order_by: Sequence[ast.OrderItem], *,
                 rids: bool = False, siblings: bool = False) -> None:
        self.compilation = compilation
        self.emitter = compilation.emitter
        self.select = select
        self.scope = scope
        self.order_by = () if siblings else order_by
        self.siblings = order_by if siblings else ()
        self.rids = rids
        """Hidden ROWIDs of every source are wanted at the end of the row (FOR UPDATE, DML through a query)."""

    def compile(self) -> Block:
        select, scope = self.select, self.scope
        clause = FromClause(self.compilation, scope)
        clause.add(select.from_)
        items = self._items()
        rows, remaining = self._filtered_rows(clause)
        rows = self._numbered(rows, remaining, items)
        grouped = self._grouped(rows, items)
        rows = grouped or rows
        rows = self._windows(rows, items)
        return self._project(rows, items)

    # --- select list ---

    def _items(self) -> list[ast.SelectItem]:
        """The select list with stars replaced. ORA-00904 for ``t.*`` of an unknown table."""
        found: list[ast.SelectItem] = []
        for item in self.select.items:
            if isinstance(item, ast.SelectItem):
                found.append(item)
                continue
            sources = [source for source in self.scope.sources if item.table is None or source.answers_to(item.table, item.schema)]
            if not sources:
                raise OraError(904, f'"{item.table}": invalid identifier', offset=item.offset)
            if item.table is None:
                found += [ast.SelectItem(ast.ColumnRef(name), name) for name in self.scope.merged]
            for source in sources:
                for column in source.columns:
                    if column.visible and not (item.table is None and column.name in self.scope.merged):
                        owner = source.owner if source.alias else None
                        found.append(ast.SelectItem(ast.ColumnRef(column.name, source.alias or None, owner), column.name))
        return found

    def _filtered_rows(self, clause: FromClause) -> tuple[Rows, list[Any]]:
        select = self.select
        if select.connect_by is None:
            return clause.compile(select.where)
        # Join conditions in WHERE apply before the hierarchy is walked, the others after (documented).
        conditions = conjuncts_of(select.where)
        before = [node for node in conditions if len(clause.classify(node).units) > 1 and not clause.classify(node).late]
        rows, rest = clause.compile(ast.Logical("AND", tuple(before)) if len(before) > 1 else before[0] if before else None)
        rows = self._where(rows, rest)
        return connect(self.compilation, self.scope, select, rows, self.siblings), [node for node in conditions if node not in before]

    def _where(self, rows: Rows, conditions: Sequence[Any]) -> Rows:
        if not conditions:
            return rows
        compiler = self.compilation.expressions(self.scope)
        test = " and ".join(compiler.condition(node) for node in conditions)
        name = self.emitter.constant(rows)
        return self.emitter.define(f"w{name}", [  # type: ignore[no-any-return]
            f"def w{name}(x):", f"    for r in {name}(x):", f"        if {test}: yield r"])

    def _numbered(self, rows: Rows, conditions: list[Any], items: Sequence[ast.SelectItem]) -> Rows:
        """Conditions that remain, and ROWNUM where it is used: a row has its number before the conditions on it are tested."""
        uses = [node for node in walk((*items, self.select.group_by, self.select.having,
                                       *(item.expression for item in self.order_by), *conditions))
                if isinstance(node, ast.Pseudo) and node.name == "ROWNUM"]
        if not uses:
            return self._where(rows, conditions)
        on_number = [node for node in conditions if any(isinstance(part, ast.Pseudo) and part.name == "ROWNUM" for part in walk(node))]
        rows = self._where(rows, [node for node in conditions if node not in on_number])
        width = self.scope.width if self.select.connect_by is None else max(self.scope.extra.values()) + 1
        self.scope.extra["ROWNUM"] = width
        compiler = self.compilation.expressions(self.scope)
        test = " and ".join(compiler.condition(node) for node in on_number) or "True"
        stop = any(_limits(node) for node in on_number)
        name = self.emitter.constant(rows)
        return self.emitter.define(f"n{name}", [  # type: ignore[no-any-return]
            f"def n{name}(x):", "    n = 1", f"    for r in {name}(x):", "        r = r + (n,)", f"        if {test}:",
            "            n += 1",
            "            yield r", *(["        else: break"] if stop else [])])

    # --- grouping ---

    def _grouped(self, rows: Rows, items: Sequence[ast.SelectItem]) -> Rows | None:
        select, scope = self.select, self.scope
        compiler = self.compilation.expressions(scope)
        calls: dict[Any, ast.FunctionCall] = {}
        for node in walk((*items, select.having, *(item.expression for item in self._own_order(items)))):
            if aggregates.is_aggregate(node):
                for part in walk(tuple(node.args)):
                    if aggregates.is_aggregate(part):
                        raise OraError(978, "nested group function without GROUP BY") if not select.group_by else _nested()
                calls.setdefault(compiler.canonical(node), node)
        if not calls and not select.group_by and select.having is None:
            return None
        sets, expressions = _grouping_sets(select.group_by)
        keys = [compiler.compile(node) for node in expressions]
        for key in keys:
            not_orderable(key.type)
        slots: dict[Any, tuple[int, DataType, bool]] = {}
        for index, (node, key) in enumerate(zip(expressions, keys)):
            slots.setdefault(compiler.canonical(node), (index, key.type, key.nullable or sets is not None))
        shared = self._shared(compiler, list(calls.values()))
        states = [aggregates.compiled(compiler, node, index) for index, node in enumerate(calls.values())]
        scope.shared = {}
        for index, (canonical, state) in enumerate(zip(calls, states)):
            slots[canonical] = (len(keys) + index, state.type, state.nullable)
        flags = len(keys) + len(states) if sets is not None else None
        canonical_keys = [compiler.canonical(node) for node in expressions]
        result = self._group_rows(rows, keys, states, sets, shared)
        scope.grouped = Grouped(slots, not select.group_by, flags, canonical_keys)
        if select.having is not None:
            test = self.emitter.function(compiler.condition(select.having))
            ungrouped = result
            return lambda x: (row for row in ungrouped(x) if test(row, x))
        return result

    def _shared(self, compiler: Expressions, calls: Sequence[ast.FunctionCall]) -> list[str]:
        """Concatenations that several aggregates take in (hashes of the same row) are computed once: lines that do so."""
        seen: dict[Any, list[Any]] = {}

        def collect(node: Any) -> None:
            if isinstance(node, ast.Binary) and node.op == "||":
                seen.setdefault(compiler.canonical(node), []).append(node)
            elif isinstance(node, ast.FunctionCall) and node.name not in _LAZY:
                for argument in node.args:
                    collect(argument)
        for call in calls:
            collect(call)
        lines = []
        for key, (node, *others) in seen.items():
            if others:
                code, name = compiler.compile(node), self.emitter.temp()
                lines.append(f"{name} = {code.text}")
                self.scope.shared[key] = Code(name, code.type, code.nullable)
        return lines

    def _own_order(self, items: Sequence[ast.SelectItem]) -> list[ast.OrderItem]:
        """ORDER BY items that are expressions of their own, not positions or aliases of the select list."""
        aliases = {item.alias for item in items if item.alias}
        return [item for item in self.order_by if not isinstance(item.expression, ast.Literal)
                and not (isinstance(item.expression, ast.ColumnRef) and item.expression.table is None and item.expression.name in aliases)]

    def _group_rows(self, rows: Rows, keys: Sequence[Code], states: Sequence[aggregates.Aggregate], sets: list[tuple[int, ...]] | None,
                    shared: Sequence[str]) -> Rows:
        normal = [key_function(key.type) for key in keys]
        names = [self.emitter.temp() for _ in keys]
        texts = []
        for normalise, name in zip(normal, names):
            texts.append(name if normalise is None else f"(None if {name} is None else {self.emitter.constant(normalise)}({name}))")
        starts = ", ".join(state.start for state in states)
        shown = "".join(name + ", " for name in names)
        finish = [self.emitter.constant(state.finish) + f"(a[{index}])" if state.finish else f"a[{index}]"
                  for index, state in enumerate(states)]
        tail = "".join(text + ", " for text in finish)
        rows_name = self.emitter.constant(rows)
        function = f"g{rows_name}"
        single = not keys and sets is None
        lines = [f"def {function}(x):", "    found = {}"]
        if single:
            lines += [f"    a = found[()] = [{starts}]"]
        lines += [f"    for r in {rows_name}(x):", *(f"        {line}" for line in shared),
                  *(f"        {name} = {key.text}" for name, key in zip(names, keys))]
        indent = " " * 8
        if sets is not None:
            parts = []
            for chosen in sets:
                mark = tuple(int(index not in chosen) for index in range(len(keys)))
                kept = "".join((text if index in chosen else "None") + ", " for index, text in enumerate(texts))
                plain = "".join((name if index in chosen else "None") + ", " for index, name in enumerate(names))
                parts.append(f"(({kept}{mark}), ({plain}), {mark})")
            lines.append(f"        for k, s, f in ({', '.join(parts)},):")
            indent = " " * 12
        elif not single:
            lines += [f"        k = ({''.join(text + ', ' for text in texts)})", f"        s = ({shown})", "        f = ()"]
        if not single:
            lines += [f"{indent}a = found.get(k)", f"{indent}if a is None: a = found[k] = [{starts}{', ' if starts else ''}s, f]"]
        lines += [f"{indent}{line}" for state in states for line in state.step] or [f"{indent}pass"]
        if sets is not None and () in sets:
            mark = (1,) * len(keys)
            nothing = (None,) * len(keys)
            lines.append(f"    if not found: found[()] = [{starts}{', ' if starts else ''}{nothing}, {mark}]")
        lines.append("    for a in found.values():")
        flags = f"a[{len(states) + 1}]," if sets is not None else ""
        lines.append(f"        yield ({tail})" if single else f"        yield a[{len(states)}] + ({tail}{flags})")
        return self.emitter.define(function, lines)  # type: ignore[no-any-return]

    # --- analytic functions ---

    def _windows(self, rows: Rows, items: Sequence[ast.SelectItem]) -> Rows:
        calls: dict[Any, ast.FunctionCall] = {}
        compiler = self.compilation.expressions(self.scope)
        for node in walk((*items, *(item.expression for item in self._own_order(items)))):
            if isinstance(node, ast.FunctionCall) and node.over is not None:
                calls.setdefault(compiler.canonical(node), node)
        if not calls:
            return rows
        grouped = self.scope.grouped
        if grouped is not None:
            width = max((slot for slot, _, _ in grouped.slots.values()), default=-1) + 1 + (grouped.sets is not None)
        else:
            width = max([self.scope.width - 1, *self.scope.extra.values()]) + 1
        steps, windows = [], {}
        for index, (canonical, node) in enumerate(calls.items()):
            step = analytics.compiled(compiler, node)
            steps.append(step.compute)
            windows[canonical] = (width + index, step.type)
        self.scope.windows = windows

        def computed(x: Any) -> Iterator[Any]:
            found = list(rows(x))
            added = [step(found, x) for step in steps]
            return (row + extra for row, extra in zip(found, zip(*added)))
        return computed

    # --- output ---

    def _project(self, rows: Rows, items: Sequence[ast.SelectItem]) -> Block:
        compiler = self.compilation.expressions(self.scope)
        codes = [compiler.compile(item.expression) for item in items]
        columns = [ColumnInfo(item.name, code.type if not types.is_null(code.type) else DataType("VARCHAR2", 0), code.nullable)
                   for item, code in zip(items, codes)]
        canonical = [compiler.canonical(item.expression) for item in items]
        keys: list[tuple[int, DataType, ast.OrderItem]] = []
        hidden: list[Code] = []
        for order in self.order_by:
            slot = self._position(order.expression, items, canonical, compiler)
            if slot is None:
                if self.select.distinct:
                    raise OraError(1791, "not a SELECTed expression")
                code = compiler.compile(order.expression)
                hidden.append(code)
                keys.append((len(codes) + len(hidden) - 1, code.type, order))
            else:
                keys.append((slot, codes[slot].type, order))
        if self.rids:
            if self.select.distinct or self.scope.grouped or self.select.group_by:
                raise OraError(2014, "cannot select FOR UPDATE from view with DISTINCT, GROUP BY, etc.")
            hidden += [self._rid(source) for source in self.scope.sources]
        if self.select.distinct:
            for code in codes:
                not_orderable(code.type)
        rows_name = self.emitter.constant(rows)
        body = "".join(code.text + ", " for code in (*codes, *hidden))
        run = self.emitter.define(f"p{rows_name}", [f"def p{rows_name}(x):", f"    for r in {rows_name}(x):", f"        yield ({body})"])
        if self.select.distinct:
            run = distinct(run, [code.type for code in codes])
        return Block(columns, run, keys, self.scope.sources, len(hidden))

    def _rid(self, source: Source) -> Code:
        return Code(f"r[{source.offset + source.rowid}]", types.ROWID, False) if source.rowid is not None else NULL_CODE

    @staticmethod
    def _position(node: Any, items: Sequence[ast.SelectItem], canonical: list[Any], compiler: Any) -> int | None:
        """The select list's element that an ORDER BY item means. ORA-01785 for a position that is not there."""
        if isinstance(node, ast.Literal) and types.family(node.type or types.NULL) == "N" and isinstance(node.value, int):
            if not 1 <= node.value <= len(items):
                raise OraError(1785, "ORDER BY item must be the number of a SELECT-list expression")
            return node.value - 1
        if isinstance(node, ast.ColumnRef) and node.table is None:
            named = [index for index, item in enumerate(items) if item.alias == node.name]
            if named:
                return named[0]
        wanted = compiler.canonical(node)
        return canonical.index(wanted) if wanted in canonical else None


def distinct(run: Rows, kinds: Sequence[DataType]) -> Rows:
    """Rows without repetitions."""
    same = identity(kinds)

    def unique(x: Any) -> Iterator[Any]:
        if same is None:
            return iter(dict.fromkeys(run(x)))
        found: dict[Any, Any] = {}
        for row in run(x):
            found.setdefault(same(row), row)
        return iter(found.values())
    return unique


def _nested() -> OraError:
    from oralab.errors import not_simulated
    return not_simulated("nested group functions")


def _limits(node: Any) -> bool:
    """A condition that no later row fulfils once one failed: ROWNUM < n, <= n or = 1."""
    return isinstance(node, ast.Compare) and (isinstance(node.left, ast.Pseudo) and node.left.name == "ROWNUM"
                                              and node.op in ("<", "<=", "=")
                                              or isinstance(node.right, ast.Pseudo) and node.right.name == "ROWNUM"
                                              and node.op in (">", ">=", "="))


def _grouping_sets(group_by: Sequence[Any]) -> tuple[list[tuple[int, ...]] | None, list[Any]]:
    """Indexes of the keys in each grouping set (None for plain GROUP BY), and the keys."""
    keys: list[Any] = []

    def index(node: Any) -> int:
        if node not in keys:
            keys.append(node)
        return keys.index(node)

    def members(node: Any) -> tuple[int, ...]:
        return tuple(index(item) for item in node.items) if isinstance(node, ast.Tuple) else (index(node),)

    def expand(node: Any) -> list[tuple[int, ...]]:
        if not isinstance(node, ast.Grouping):
            return [members(node)]
        if node.kind == "ROLLUP":
            parts = [members(item) for item in node.items]
            return [sum(parts[:count], ()) for count in range(len(parts), -1, -1)]
        if node.kind == "CUBE":
            parts = [members(item) for item in node.items]
            return [sum(chosen, ()) for count in range(len(parts), -1, -1) for chosen in itertools.combinations(parts, count)]
        return [one for item in node.items for one in expand(item)]
    plain = not any(isinstance(node, ast.Grouping) for node in group_by)
    combined: list[tuple[int, ...]] = [()]
    for node in group_by:
        combined = [left + right for left in combined for right in expand(node)]
    return (None if plain else combined), keys


# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""FROM: sources and joins.

Units of FROM are joined in the order written, except that a unit with an equality to those already joined goes first. An equality
becomes a hash join whose table is built of the new unit; outer joins (ANSI or (+)) and everything else follow the same way.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from oralab.engine.relations import open_source
from oralab.engine.row_joins import Rows, by_rowid, hash_lookup, join_rows
from oralab.engine.scope import Scope, Source, walk
from oralab.errors import OraError
from oralab.sql import ast

if TYPE_CHECKING:
    from oralab.engine.compilation import Compilation
    from oralab.engine.expressions import Expressions



@dataclasses.dataclass(slots=True)
class Unit:
    """Something joined as a whole: a source, or a tree of ANSI joins."""

    item: Any
    sources: list[Source]

    @property
    def width(self) -> int:
        return sum(source.width for source in self.sources)


@dataclasses.dataclass(slots=True)
class Conjunct:
    """A condition joined by AND to others. ``units`` are the indexes of the units it reads, ``outer`` of the one marked (+)."""

    node: Any
    units: set[int]
    outer: int | None = None
    late: bool = False           # reads ROWNUM, or contains a query: judged on the complete row


def conjuncts_of(condition: Any) -> list[Any]:
    """The conditions that AND joins."""
    if condition is None:
        return []
    if isinstance(condition, ast.Logical) and condition.op == "AND":
        return [part for item in condition.items for part in conjuncts_of(item)]
    return [condition]


class FromClause:
    """Compiles FROM and the part of WHERE that belongs to it."""

    def __init__(self, compilation: Compilation, scope: Scope) -> None:
        self.compilation = compilation
        self.scope = scope
        self.units: list[Unit] = []
        self.conditions: list[Any] = []
        self._equal: dict[int, list[Any]] = {}
        """Conditions that USING and NATURAL stand for, by join."""

    def add(self, items: Sequence[Any]) -> None:
        """Open the sources of FROM. They are visible in the scope afterwards, at provisional places."""
        for item in items:
            self._flatten(item)
        self._place([source for unit in self.units for source in unit.sources])

    def _place(self, sources: Sequence[Source]) -> None:
        offset = 0
        for source in sources:
            source.offset = offset
            offset += source.width

    def _flatten(self, item: Any) -> None:
        if isinstance(item, ast.Join) and item.kind in ("INNER", "CROSS") and not item.using and not item.natural:
            self._flatten(item.left)
            self._flatten(item.right)
            if item.on is not None:
                self.conditions += conjuncts_of(item.on)
            return
        before = len(self.scope.sources)
        self._open(item)
        self.units.append(Unit(item, self.scope.sources[before:]))

    def _open(self, item: Any) -> None:
        if isinstance(item, ast.Join):
            start = len(self.scope.sources)
            self._open(item.left)
            middle = len(self.scope.sources)
            right = item.right
            if item.kind.endswith("APPLY") and isinstance(right, ast.SubqueryRef):
                right = dataclasses.replace(right, lateral=True)
            self._open(right)
            self._merge(item, self.scope.sources[start:middle], self.scope.sources[middle:])
            if item.kind in ("LEFT", "FULL", "OUTER APPLY"):
                _may_be_absent(self.scope.sources[middle:])
            if item.kind in ("RIGHT", "FULL"):
                _may_be_absent(self.scope.sources[start:middle])
            return
        self._place(self.scope.sources)
        source = open_source(self.compilation, self.scope, item)
        source.offset = self.scope.width
        self.scope.sources.append(source)

    # --- conditions ---

    def classify(self, node: Any) -> Conjunct:
        units: set[int] = set()
        outer: int | None = None
        late = False
        for part in walk(node):
            if isinstance(part, ast.Query):
                late = True
            elif isinstance(part, ast.ColumnRef):
                found = self.scope.find(part)
                indexes = {self._unit_of(source) for source, _ in found}
                units |= indexes
                if part.outer and indexes:
                    outer = indexes.pop()
            elif isinstance(part, ast.Pseudo) and part.name in ("ROWNUM", "LEVEL", "CONNECT_BY_ISLEAF", "CONNECT_BY_ISCYCLE"):
                late = True
            elif isinstance(part, ast.Pseudo) and part.name == "ROWID":
                units |= {self._unit_of(source) for source in self.scope.sources if part.table in (None, source.alias)}
            elif isinstance(part, ast.SequenceRef):
                raise OraError(2287, "sequence number not allowed here")
        return Conjunct(node, set(range(len(self.units))) if late else units, outer, late)

    def _unit_of(self, source: Source) -> int:
        return next(index for index, unit in enumerate(self.units) if any(own is source for own in unit.sources))

    # --- plan ---

    def compile(self, where: Any) -> tuple[Rows, list[Any]]:
        """Rows of FROM joined, and the conditions that remain to be tested on them."""
        pending = [self.classify(node) for node in [*self.conditions, *conjuncts_of(where)]]
        for conjunct in pending:
            if conjunct.outer is not None:
                _may_be_absent(self.units[conjunct.outer].sources)
        order = self._order(pending)
        self._place([source for index in order for source in self.units[index].sources])
        joined: set[int] = set()
        rows: Rows | None = None
        for place, index in enumerate(order):
            unit = self.units[index]
            last = place == len(order) - 1
            outer = [conjunct for conjunct in pending if conjunct.outer == index]
            own = [] if outer else [c for c in pending if c.units == {index} and not c.late and c.outer is None]
            if rows is None:
                found = self._by_index(unit, own) or self._by_constant(unit, own) or self._unit_rows(unit)
                rows = self._filtered(found, [] if last else [conjunct.node for conjunct in own], self._base(unit))
                pending = pending if last else [c for c in pending if c not in own]
            else:
                ready = outer or [c for c in pending if c.outer is None and not c.late and c.units <= joined | {index} and c.units - joined]
                rows = self._join(rows, unit, [c.node for c in ready], "LEFT" if outer else "INNER")
                pending = [c for c in pending if c not in ready]
            joined.add(index)
        if rows is None:
            raise TypeError("FROM without sources")
        return rows, [conjunct.node for conjunct in pending]

    def _order(self, pending: list[Conjunct]) -> list[int]:
        outer_of: dict[int, set[int]] = {}
        for conjunct in pending:
            if conjunct.outer is not None:
                needs = conjunct.units - {conjunct.outer}
                outer_of.setdefault(conjunct.outer, set()).update(needs)
        remaining, order = list(range(len(self.units))), list[int]()
        fixed = any(source.lateral for source in self.scope.sources)
        while remaining:
            ready = [index for index in remaining if outer_of.get(index, set()) <= set(order) and (order or index not in outer_of)]
            if not ready:
                if len(remaining) == len(self.units) and len(self.units) == 1:
                    ready = remaining[:]
                else:
                    raise OraError(1416, "two tables cannot be outer-joined to each other")
            linked = [index for index in ready if any(_is_equality(c.node) and index in c.units and c.units - {index} <= set(order)
                                                      and len(c.units) > 1 for c in pending)]
            chosen = ready[0] if fixed or not linked or not order else linked[0]
            order.append(chosen)
            remaining.remove(chosen)
        return order

    @staticmethod
    def _base(unit: Unit) -> int:
        return unit.sources[0].offset

    def _compiler(self, shift: int) -> Expressions:
        self.scope.shift = shift
        return self.compilation.expressions(self.scope)

    def _filtered(self, rows: Rows, conditions: Sequence[Any], shift: int) -> Rows:
        """Rows for which all conditions hold; ``shift`` is the slot at which they begin."""
        if not conditions:
            return rows
        compiler = self._compiler(shift)
        test = self.compilation.emitter.function(" and ".join(compiler.condition(node) for node in conditions))
        self.scope.shift = 0
        return lambda x: (row for row in rows(x) if test(row, x))

    def _by_index(self, unit: Unit, own: Sequence[Conjunct]) -> Rows | None:
        """Rows by ROWID or by an index whose columns are all compared with values that do not come from this row."""
        source = unit.sources[0]
        if len(unit.sources) != 1 or source.read is None or source.snapshot is None:
            return None
        read, snapshot, handle = source.read, source.snapshot, source.relation.handle
        probes: dict[str, Any] = {}
        for conjunct in own:
            sides = self._sides(conjunct.node, {self._unit_of(source)})
            if sides is None:
                continue
            compiler = self._compiler(source.offset)
            mine, other = compiler.compile(sides[0]), compiler.compile(sides[1])
            if isinstance(sides[0], ast.Pseudo) and sides[0].name == "ROWID":
                key = self.compilation.emitter.converted(other, mine.type)
                self.scope.shift = 0
                return by_rowid(handle, self.compilation.emitter.function(key.text), read, snapshot)
            column, key = compiler.comparable(mine, other)
            self.scope.shift = 0
            if isinstance(sides[0], ast.ColumnRef) and column.text == mine.text and mine.family in "NSDR":
                probes[sides[0].name] = key.text
        width = len(source.relation.table.columns)
        for index in handle.indexes if probes else ():
            record = self.compilation.session.catalog.by_id(index.number)
            names = [part.name for part in record.columns] if record is not None else []
            if names and all(name in probes for name in names):
                parts = ["None"] * width
                for name in names:
                    parts[source.by_name[name].index] = probes[name]
                pattern = self.compilation.emitter.function(f"({', '.join(parts)},)")

                def lookup(x: Any, index: Any = index, pattern: Any = pattern) -> Iterator[Any]:
                    key = index.key(pattern((), x))
                    return iter(()) if key is None or None in key else read(x, handle.lookup(index, key, snapshot(x)))
                return lookup
        return None

    def _by_constant(self, unit: Unit, own: Sequence[Conjunct]) -> Rows | None:
        """In a correlated block: rows hashed once by the column that is compared with an outer row's value."""
        if self.scope.parent is None or len(unit.sources) != 1 or unit.sources[0].lateral:
            return None
        source = unit.sources[0]
        for conjunct in own:
            sides = self._sides(conjunct.node, {self._unit_of(source)})
            if sides is None:
                continue
            compiler = self._compiler(source.offset)
            left, right = compiler.comparable(compiler.compile(sides[1]), compiler.compile(sides[0]))
            self.scope.shift = 0
            if "x.outer[" not in left.text:
                continue
            probe, key = self.compilation.emitter.function(left.text), self.compilation.emitter.function(right.text)
            return hash_lookup(source.run, probe, key)
        return None

    def _sides(self, node: Any, units: set[int]) -> tuple[Any, Any] | None:
        """Of an equality: the side that reads only ``units``, and the side that reads none of them."""
        if not _is_equality(node):
            return None
        reads = [self.classify(side).units for side in (node.left, node.right)]
        for mine, other in ((0, 1), (1, 0)):
            if reads[mine] and reads[mine] <= units and not reads[other] & units:
                return (node.left, node.right)[mine], (node.left, node.right)[other]
        return None

    def _unit_rows(self, unit: Unit) -> Rows:
        if isinstance(unit.item, ast.Join):
            return self._tree(unit.item, iter(unit.sources))[0]
        return unit.sources[0].run

    def _tree(self, item: Any, sources: Iterator[Source]) -> tuple[Rows, list[Source]]:
        if not isinstance(item, ast.Join):
            source = next(sources)
            return source.run, [source]
        left, left_sources = self._tree(item.left, sources)
        right, right_sources = self._tree(item.right, sources)
        conditions = conjuncts_of(item.on) + self._equal[id(item)]
        kind = {"CROSS": "INNER", "CROSS APPLY": "INNER", "OUTER APPLY": "LEFT"}.get(item.kind, item.kind)
        return self._joined(left, left_sources, right, right_sources, conditions, kind), left_sources + right_sources

    def _merge(self, item: ast.Join, left: list[Source], right: list[Source]) -> None:
        """Columns of USING and NATURAL are one column outside the join."""
        names = item.using
        if item.natural:
            names = tuple(column.name for source in left for column in source.columns if column.visible
                          and any(column.name in other.by_name for other in right))
        self._equal[id(item)] = []
        for name in names:
            pair = []
            for side in (left, right):
                found = [(source, source.by_name[name]) for source in side if name in source.by_name]
                if not found:
                    raise OraError(904, f'"{name}": invalid identifier')
                pair.append(found[0])
            self.scope.merged[name] = pair[::-1] if item.kind == "RIGHT" else pair
            self._equal[id(item)].append(ast.Compare("=", *(ast.ColumnRef(name, source.alias) for source, _ in pair)))

    def _join(self, left: Rows, unit: Unit, conditions: list[Any], kind: str) -> Rows:
        place = self.scope.sources
        before = [source for source in place if source.offset < unit.sources[0].offset]
        return self._joined(left, sorted(before, key=lambda source: source.offset), self._unit_rows(unit), unit.sources, conditions, kind)

    def _joined(self, left: Rows, left_sources: list[Source], right: Rows, right_sources: list[Source], conditions: list[Any],
                kind: str) -> Rows:
        left_base, right_base = left_sources[0].offset, right_sources[0].offset
        right_width = sum(source.width for source in right_sources)
        left_width = right_base - left_base
        right_units = {id(source) for source in right_sources}
        emitter = self.compilation.emitter
        keys: list[tuple[str, str]] = []
        rest: list[Any] = []
        own: list[Any] = []
        for node in conditions:
            pair = self._equality(node, right_units, left_base, right_base)
            if pair is not None:
                keys.append(pair)
            elif kind in ("INNER", "LEFT") and self._reads_only(node, right_units):
                own.append(node)
            else:
                rest.append(node)
        right = self._filtered(right, own, right_base)
        test = None
        if rest:
            compiler = self._compiler(left_base)
            test = emitter.function(" and ".join(compiler.condition(node) for node in rest))
            self.scope.shift = 0
        if any(source.lateral for source in right_sources):
            return self._lateral(left, right, left_base, right_width, test, keys, kind)
        probe = key = None
        if keys:
            probe = emitter.function(_tuple(text for text, _ in keys))
            key = emitter.function(_tuple(text for _, text in keys))
        return join_rows(left, right, probe, key, len(keys), test, kind, left_width, right_width)

    def _lateral(self, left: Rows, right: Rows, base: int, width: int, test: Any, keys: Any, kind: str) -> Rows:
        level, absent = self.scope.level, (None,) * width
        if keys:
            raise OraError(1799, "a column may not be outer-joined to a subquery")

        def rows(x: Any) -> Iterator[Any]:
            for row in left(x):
                x.outer[level] = (None,) * base + row
                found = [row + other for other in right(x)]
                if test is not None:
                    found = [joined for joined in found if test(joined, x)]
                yield from found or ([row + absent] if kind == "LEFT" else [])
        return rows

    def _reads_only(self, node: Any, sources: set[int]) -> bool:
        if any(isinstance(part, ast.Query) for part in walk(node)):
            return False
        found = [source for part in walk(node) if isinstance(part, ast.ColumnRef) for source, _ in self.scope.find(part)]
        return bool(found) and all(id(source) in sources for source in found)

    def _equality(self, node: Any, right: set[int], left_base: int, right_base: int) -> tuple[str, str] | None:
        """Keys of both sides when the condition is an equality between them."""
        if not _is_equality(node) or any(isinstance(part, ast.Query) for part in walk(node)):
            return None
        if self._reads_only(node.right, right) and not self._touches(node.left, right):
            mine, other = node.right, node.left
        elif self._reads_only(node.left, right) and not self._touches(node.right, right):
            mine, other = node.left, node.right
        else:
            return None
        compiler = self._compiler(left_base)
        theirs = compiler.compile(other)
        self.scope.shift = right_base
        ours = compiler.compile(mine)
        self.scope.shift = 0
        theirs, ours = compiler.comparable(theirs, ours)
        return theirs.text, ours.text

    def _touches(self, node: Any, sources: set[int]) -> bool:
        return any(id(source) in sources for part in walk(node) if isinstance(part, ast.ColumnRef) for source, _ in self.scope.find(part))


def _may_be_absent(sources: Sequence[Source]) -> None:
    """Every column of the null-supplied side of an outer join may be NULL."""
    for source in sources:
        for column in source.columns:
            column.nullable = True


def _is_equality(node: Any) -> bool:
    return (isinstance(node, ast.Compare) and node.op == "="
            and not isinstance(node.left, ast.Tuple) and not isinstance(node.right, ast.Tuple))


def _tuple(texts: Iterator[str]) -> str:
    parts = list(texts)
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"

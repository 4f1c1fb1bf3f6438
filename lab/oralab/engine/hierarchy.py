# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CONNECT BY: rows of a hierarchy in depth-first order (documented: "Hierarchical Queries")."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from oralab.engine.joins import conjuncts_of
from oralab.engine.ordering import sorter
from oralab.engine.row_joins import Rows
from oralab.engine.scope import Scope, walk
from oralab.errors import OraError
from oralab.sql import ast

if TYPE_CHECKING:
    from oralab.engine.compilation import Compilation
    from oralab.engine.expressions import Expressions


@dataclasses.dataclass(slots=True)
class _Node:
    row: Any
    parent: _Node | None
    level: int
    root: Any
    path: Any                            # (row, path of the parent)


def connect(compilation: Compilation, scope: Scope, select: ast.Select, rows: Rows, siblings: Sequence[ast.OrderItem] = ()) -> Rows:
    """Rows of the hierarchy: the row, its parent's columns, then LEVEL, CONNECT_BY_ISLEAF, CONNECT_BY_ISCYCLE, root row and path."""
    width = scope.width
    scope.extra = {"LEVEL": 2 * width, "CONNECT_BY_ISLEAF": 2 * width + 1, "CONNECT_BY_ISCYCLE": 2 * width + 2, "ROOT": 2 * width + 3,
                   "PATH": 2 * width + 4}
    compiler = compilation.expressions(scope)
    emitter = compilation.emitter
    start = emitter.function(compiler.condition(select.start_with)) if select.start_with is not None else None
    scope.prior = width
    uses_prior = any(isinstance(node, ast.Unary) and node.op == "PRIOR" for node in walk(select.connect_by))
    keys, rest = _keys(scope, select.connect_by)
    test = emitter.function(" and ".join(compiler.condition(node) for node in rest) or "True")
    own = emitter.function("(" + "".join(compiler.compile(mine).text + ", " for mine, _ in keys) + ")")
    theirs = emitter.function("(" + "".join(compiler.compile(prior).text + ", " for _, prior in keys) + ")")
    walker = _Walker(start, test, own if keys else None, theirs, uses_prior, select.nocycle, width)
    order = _siblings(compilation, compiler, siblings)
    return lambda x: walker.run(x, order(list(rows(x)), x))


def _siblings(compilation: Compilation, compiler: Expressions, items: Sequence[ast.OrderItem]) -> Callable[[list[Any], Any], list[Any]]:
    """ORDER SIBLINGS BY: rows sorted beforehand stay in that order among the children of one row. Expressions of the row only."""
    if not items:
        return lambda rows, x: rows
    codes = [compiler.compile(item.expression) for item in items]
    keys = compilation.emitter.function("(" + "".join(code.text + ", " for code in codes) + "r,)")
    sort = sorter([(index, code.type, item) for index, (code, item) in enumerate(zip(codes, items))])
    return lambda rows, x: [item[-1] for item in sort([keys(row, x) for row in rows])]


def _keys(scope: Scope, condition: Any) -> tuple[list[tuple[Any, Any]], list[Any]]:
    """Equalities ``PRIOR a = b`` between columns of one type as (b, PRIOR a), and the other conditions."""
    keys, rest = [], []
    for node in conjuncts_of(condition):
        pair = None
        if isinstance(node, ast.Compare) and node.op == "=":
            for prior, own in ((node.left, node.right), (node.right, node.left)):
                if (isinstance(prior, ast.Unary) and prior.op == "PRIOR" and isinstance(prior.operand, ast.ColumnRef)
                        and isinstance(own, ast.ColumnRef)):
                    types = [scope.find(ref)[0][1].type for ref in (prior.operand, own) if scope.find(ref)]
                    if len(types) == 2 and types[0].name == types[1].name != "CHAR":
                        pair = (own, prior)
        if pair is None:
            rest.append(node)
        else:
            keys.append(pair)
    return keys, rest


class _Walker:
    def __init__(self, start: Any, test: Callable[..., Any], own: Any, theirs: Callable[..., Any], uses_prior: bool, nocycle: bool,
                 width: int) -> None:
        self.start, self.test, self.own, self.theirs = start, test, own, theirs
        self.uses_prior, self.nocycle = uses_prior, nocycle
        self.absent = (None,) * width

    def run(self, x: Any, rows: list[Any]) -> Iterator[Any]:
        table: dict[Any, list[Any]] = {}
        if self.own is not None:
            for row in rows:
                key = self.own(row, x)
                if None not in key:
                    table.setdefault(key, []).append(row)
        first = (1, 0, 0)
        stack = [_Node(row, None, 1, row, (row, None)) for row in reversed(rows)
                 if self.start is None or self.start(row + self.absent + first, x)]
        count = 0
        while stack:
            node = stack.pop()
            count += 1
            if not count & 511:
                x.poll()
            children, cycle = self._children(node, x, rows, table)
            parent = node.parent.row if node.parent else self.absent
            yield (*node.row, *parent, node.level, int(not children), int(cycle), node.root + self.absent, node.path)
            stack.extend(reversed(children))

    def _children(self, node: _Node, x: Any, rows: list[Any], table: dict[Any, list[Any]]) -> tuple[list[_Node], bool]:
        candidates = rows
        if self.own is not None:
            key = self.theirs((None,) * len(self.absent) + node.row, x)
            candidates = [] if None in key else table.get(key, [])
        children, cycle = [], False
        mark = (node.level + 1, 0, 0)
        for row in candidates:
            if not self.test(row + node.row + mark, x):
                continue
            if self.uses_prior and self._above(node, row):
                if not self.nocycle:
                    raise OraError(1436, "CONNECT BY loop in user data")
                cycle = True
                continue
            children.append(_Node(row, node, node.level + 1, node.root, (row, node.path)))
        return children, cycle

    @staticmethod
    def _above(node: _Node | None, row: Any) -> bool:
        while node is not None:
            if node.row is row:
                return True
            node = node.parent
        return False

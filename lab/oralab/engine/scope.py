# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What names mean inside a query block: its sources, their columns, and the blocks around it."""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from oralab.errors import OraError
from oralab.sql import ast
from oralab.values import DataType

if TYPE_CHECKING:
    from oralab.engine.code import Code


@dataclasses.dataclass(slots=True)
class SourceColumn:
    """A column of a source. ``index`` counts from the source's first slot; ``expression`` is set for virtual columns."""

    name: str
    type: DataType
    nullable: bool
    index: int
    visible: bool = True
    expression: ast.Expression | None = None


@dataclasses.dataclass(slots=True)
class Source:
    """One element of FROM. Its columns stand in the row from slot ``offset`` on; ``width`` slots are its own."""

    alias: str
    owner: str | None
    columns: list[SourceColumn]
    width: int
    run: Callable[[Any], Iterator[Any]]
    offset: int = 0
    relation: Any = None                 # catalog.BaseTable, when it is one
    rowid: int | None = None             # slot of ROWID within the source
    lateral: bool = False
    read: Callable[[Any, Iterator[Any]], Iterator[Any]] | None = None
    """Of a stored table read as a whole: rows of (row id, row) pairs that an index gave."""
    snapshot: Callable[[Any], Any] | None = None
    by_name: dict[str, SourceColumn] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        for column in self.columns:
            self.by_name.setdefault(column.name, column)

    def answers_to(self, table: str, schema: str | None) -> bool:
        return self.alias == table and (schema is None or schema == self.owner)


def invalid_identifier(*names: str | None) -> OraError:
    """ORA-00904."""
    return OraError(904, ".".join(f'"{name}"' for name in names if name) + ": invalid identifier")


@dataclasses.dataclass(slots=True)
class Grouped:
    """Slots of a grouped row: by canonical expression, then aggregates by canonical call."""

    slots: dict[Any, tuple[int, DataType, bool]]
    single: bool                         # aggregates without GROUP BY
    sets: int | None = None              # slot with the tuple of GROUPING flags, and
    keys: list[Any] = dataclasses.field(default_factory=list)              # the expressions they are about

    def error(self) -> OraError:
        if self.single:
            return OraError(937, "not a single-group group function")
        return OraError(979, "not a GROUP BY expression")


_levels = itertools.count()


class Scope:
    """Names of one query block. ``level`` is its number, higher than those of the blocks around: their rows are ``x.outer[level]``."""

    def __init__(self, parent: Scope | None = None, *, definer: str | None = None) -> None:
        self.parent = parent
        self.level = next(_levels)
        self.definer: str | None = definer if definer is not None or parent is None else parent.definer
        self.sources: list[Source] = []
        self.merged: dict[str, list[tuple[Source, SourceColumn]]] = {}
        self.tables: dict[str, Any] = {}                   # WITH elements visible here
        self.grouped: Grouped | None = None
        self.windows: dict[Any, tuple[int, DataType]] | None = None
        self.shared: dict[Any, Code] = {}                  # expressions computed once a row, by canonical form
        self.extra: dict[str, int] = {}                    # slots of ROWNUM, LEVEL and their like
        self.prior: int | None = None                      # distance from a slot to the same slot of the parent row
        self.shift = 0                                     # slots left of the row that the source being compiled sees
        self.outer_levels: set[int] = set()                # levels of outer blocks that this one refers to
        self.variables: dict[str, Code] = parent.variables if parent else {}

    @property
    def width(self) -> int:
        return sum(source.width for source in self.sources)

    def find(self, ref: ast.ColumnRef) -> list[tuple[Source, SourceColumn]]:
        """Columns of this block that the name may mean. ORA-00918 for more than one."""
        found = []
        for source in self.sources:
            if ref.table is not None and not source.answers_to(ref.table, ref.schema):
                continue
            column = source.by_name.get(ref.name)
            if column is not None:
                found.append((source, column))
        if len(found) > 1:
            if ref.table is None and ref.name in self.merged:
                return self.merged[ref.name]
            raise OraError(918, "column ambiguously defined", offset=ref.offset)
        return found

    def table(self, name: str) -> Any:
        """An element of WITH, or None."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.tables:
                return scope.tables[name]
            scope = scope.parent
        return None

    def mark_outer(self, owner: Scope) -> None:
        """Note in every block between here and ``owner`` that it is correlated."""
        scope: Scope | None = self
        while scope is not None and scope is not owner:
            scope.outer_levels.add(owner.level)
            scope = scope.parent


def rewrite(node: Any, visit: Callable[[Any], Any]) -> Any:
    """The tree, for comparison with others, with nodes replaced by what ``visit`` gives (None: look inside).

    Nested queries are left alone.
    """
    replaced = visit(node)
    if replaced is not None:
        return replaced
    if isinstance(node, tuple):
        items = tuple(rewrite(item, visit) for item in node)
        return node if all(new is old for new, old in zip(items, node)) else items
    if isinstance(node, ast.Binary):
        return _rewrite_chain(node, visit)
    if isinstance(node, (ast.Query, ast.Multiset)) or not dataclasses.is_dataclass(node) or isinstance(node, (type, DataType)):
        return node
    changed = {}
    for field in dataclasses.fields(node):
        old = getattr(node, field.name)
        if isinstance(old, tuple) or dataclasses.is_dataclass(old):
            new = rewrite(old, visit)
            if new is not old:
                changed[field.name] = new
    return dataclasses.replace(node, **changed) if changed else node


def _rewrite_chain(node: ast.Binary, visit: Callable[[Any], Any]) -> Any:
    """``a || b || c || ...`` without a call per operand, and as one flat node: real statements concatenate hundreds of columns."""
    chain = [node]
    while isinstance(chain[-1].left, ast.Binary) and visit(chain[-1].left) is None:
        chain.append(chain[-1].left)
    if len(chain) > 1 and all(part.op == "||" for part in chain):
        operands = (chain[-1].left, *(part.right for part in reversed(chain)))
        return ast.FunctionCall("||", tuple(rewrite(operand, visit) for operand in operands))
    left: Any = rewrite(chain[-1].left, visit)
    for part in reversed(chain):
        right = rewrite(part.right, visit)
        left = part if left is part.left and right is part.right else ast.Binary(part.op, left, right)
    return left


def walk(node: Any, *, queries: bool = False) -> Iterator[Any]:
    """All nodes of a tree, parents before children; the inside of nested queries only when asked."""
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, (tuple, list)):
            waiting.extend(reversed(item))
        elif dataclasses.is_dataclass(item) and not isinstance(item, (type, DataType)):
            yield item
            if queries or not isinstance(item, ast.Query):
                waiting.extend(getattr(item, field.name) for field in reversed(dataclasses.fields(item)))

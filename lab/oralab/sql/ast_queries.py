# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of expressions, conditions and queries (see ``oralab.sql.ast``)."""
from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, Union

from oralab.values import DataType, Value


@dataclass(slots=True, kw_only=True)
class Statement:
    """Any statement. ``binds`` are names in upper case without colon: for SQL one per occurrence, for PL/SQL one per name.

    ``returning`` is the number of trailing binds that RETURNING ... INTO fills. Both are empty in nested queries.
    """

    kind: ClassVar[str] = ""             # query, dml, plsql, ddl or transaction

    text: str = dataclasses.field(default="", compare=False)
    binds: list[str] = dataclasses.field(default_factory=list, compare=False)
    returning_binds: int = dataclasses.field(default=0, compare=False)


# --- expressions ---

@dataclass(slots=True, unsafe_hash=True)
class Literal:
    """A constant; ``type`` is None for NULL (and '' has the value None with type CHAR).

    Character literals are CHAR (N'...' NCHAR) of their length in bytes, numbers NUMBER, BINARY_FLOAT (1f) or BINARY_DOUBLE
    (1d); DATE, TIMESTAMP and INTERVAL literals hold the value objects of ``oralab.values``.
    """

    value: Value
    type: DataType | None = None


@dataclass(slots=True, unsafe_hash=True)
class ColumnRef:
    """``[[schema.]table.]name``; ``outer`` when (+) follows. May turn out to be a function without arguments."""

    name: str
    table: str | None = None
    schema: str | None = None
    outer: bool = False
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True, unsafe_hash=True)
class BindRef:
    """A bind variable; ``index`` counts into ``Statement.binds``."""

    name: str
    index: int


@dataclass(slots=True, unsafe_hash=True)
class Pseudo:
    """A word with a value of its own, see ``PSEUDO``; ``precision`` of CURRENT_TIMESTAMP and LOCALTIMESTAMP.

    ROWID and ORA_ROWSCN may be qualified by ``table``.
    """

    name: str
    table: str | None = None
    precision: int | None = None
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True, unsafe_hash=True)
class SequenceRef:
    """``[schema.]sequence.NEXTVAL`` or CURRVAL."""

    name: str
    schema: str | None
    next: bool
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True, unsafe_hash=True)
class Unary:
    """``op`` is -, +, PRIOR or CONNECT_BY_ROOT."""

    op: str
    operand: Expression


@dataclass(slots=True, unsafe_hash=True)
class Binary:
    """``op`` is + - * / or ||."""

    op: str
    left: Expression
    right: Expression


@dataclass(slots=True, unsafe_hash=True)
class Case:
    """CASE; of a simple CASE ``operand`` is set and the first of each pair is an expression, else a condition."""

    operand: Expression | None
    branches: tuple[tuple[Expression | Condition, Expression], ...]
    default: Expression | None


@dataclass(slots=True, unsafe_hash=True)
class WindowBound:
    """``kind`` is UNBOUNDED PRECEDING, UNBOUNDED FOLLOWING, CURRENT ROW, PRECEDING or FOLLOWING (these with ``value``)."""

    kind: str
    value: Expression | None = None


@dataclass(slots=True, unsafe_hash=True)
class Window:
    """OVER (...). ``unit`` is ROWS or RANGE, "" without a windowing clause (``end`` None: CURRENT ROW)."""

    partition_by: tuple[Expression, ...] = ()
    order_by: tuple[OrderItem, ...] = ()
    unit: str = ""
    start: WindowBound | None = None
    end: WindowBound | None = None


@dataclass(slots=True, unsafe_hash=True)
class Keep:
    """KEEP (DENSE_RANK FIRST|LAST ORDER BY ...)."""

    last: bool
    order_by: tuple[OrderItem, ...]


@dataclass(slots=True, unsafe_hash=True)
class FunctionCall:
    """``[[schema.]package.]name(...)``, built in or not.

    ``star`` is COUNT(*); ``named`` are arguments by name; ``option`` words inside the parentheses that are no arguments:
    TRIM's LEADING, TRAILING or BOTH (its arguments then are character and source), IGNORE NULLS or RESPECT NULLS,
    FROM LAST, and LISTAGG's ON OVERFLOW clause (``ON OVERFLOW TRUNCATE WITH COUNT``, its text as second or third argument).
    """

    name: str
    args: tuple[Expression, ...] = ()
    package: str | None = None
    schema: str | None = None
    named: tuple[tuple[str, Expression], ...] = ()
    distinct: bool = False
    star: bool = False
    option: str = ""
    within_group: tuple[OrderItem, ...] = ()
    keep: Keep | None = None
    over: Window | None = None
    dblink: str | None = None
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True, unsafe_hash=True)
class Cast:
    """CAST(expr AS type); of CAST(MULTISET(query) AS type) the operand is a ``Multiset``."""

    operand: Expression | Multiset
    type: DataType


@dataclass(slots=True, unsafe_hash=True)
class Multiset:
    query: Query


@dataclass(slots=True, unsafe_hash=True)
class Extract:
    """EXTRACT(field FROM operand); ``field`` is YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, TIMEZONE_..."""

    field: str
    operand: Expression


@dataclass(slots=True, unsafe_hash=True)
class AtTimeZone:
    """``operand AT TIME ZONE zone``; ``zone`` None is AT LOCAL."""

    operand: Expression
    zone: Expression | None


@dataclass(slots=True, unsafe_hash=True)
class IntervalCast:
    """``(a - b) DAY TO SECOND`` or ``YEAR TO MONTH``: the difference of two moments as an interval of ``type``."""

    operand: Expression
    type: DataType


@dataclass(slots=True, unsafe_hash=True)
class ScalarSubquery:
    query: Query


@dataclass(slots=True, unsafe_hash=True)
class Tuple:
    """``(a, b)`` on one side of a comparison."""

    items: tuple[Expression, ...]


@dataclass(slots=True, unsafe_hash=True)
class DefaultValue:
    """The word DEFAULT in VALUES and SET."""


# --- conditions: not values in Oracle ---

@dataclass(slots=True, unsafe_hash=True)
class Logical:
    """``op`` is AND or OR, over two or more conditions."""

    op: str
    items: tuple[Condition, ...]


@dataclass(slots=True, unsafe_hash=True)
class Not:
    operand: Condition


@dataclass(slots=True, unsafe_hash=True)
class Compare:
    """``op`` is = <> < <= > >= (!= and ^= become <>)."""

    op: str
    left: Expression
    right: Expression


@dataclass(slots=True, unsafe_hash=True)
class Quantified:
    """``left op ANY|ALL (items or query)``; SOME is ANY."""

    op: str
    left: Expression
    all: bool
    items: tuple[Expression, ...] | Query


@dataclass(slots=True, unsafe_hash=True)
class IsNull:
    operand: Expression
    negated: bool = False


@dataclass(slots=True, unsafe_hash=True)
class IsTest:
    """``operand IS [NOT] what``, with NAN or INFINITE."""

    operand: Expression
    what: str
    negated: bool = False


@dataclass(slots=True, unsafe_hash=True)
class Between:
    operand: Expression
    low: Expression
    high: Expression
    negated: bool = False


@dataclass(slots=True, unsafe_hash=True)
class In:
    operand: Expression
    items: tuple[Expression, ...] | Query
    negated: bool = False


@dataclass(slots=True, unsafe_hash=True)
class Like:
    """``op`` is LIKE, LIKEC, LIKE2 or LIKE4."""

    operand: Expression
    pattern: Expression
    escape: Expression | None = None
    negated: bool = False
    op: str = "LIKE"


@dataclass(slots=True, unsafe_hash=True)
class RegexpLike:
    """REGEXP_LIKE is a condition, not a function."""

    args: tuple[Expression, ...]


@dataclass(slots=True, unsafe_hash=True)
class Exists:
    query: Query


# --- queries ---

@dataclass(slots=True, unsafe_hash=True)
class OrderItem:
    """A whole-number ``Literal`` is a position in the select list. ``nulls_first`` None: last for ASC, first for DESC."""

    expression: Expression
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(slots=True, unsafe_hash=True)
class Star:
    """``*`` or ``[schema.]table.*`` in a select list."""

    table: str | None = None
    schema: str | None = None
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True, unsafe_hash=True)
class SelectItem:
    """``name`` is what describe shows: the alias, the column's name, or the text in upper case without blanks."""

    expression: Expression
    name: str
    alias: str | None = None


@dataclass(slots=True, unsafe_hash=True)
class PartitionChoice:
    """``PARTITION (name)`` or ``PARTITION FOR (values)``; ``sub`` for SUBPARTITION."""

    name: str | None
    values: tuple[Expression, ...] = ()
    sub: bool = False


@dataclass(slots=True, unsafe_hash=True)
class AsOf:
    """``AS OF SCN value`` or ``AS OF TIMESTAMP value``."""

    timestamp: bool
    value: Expression


@dataclass(slots=True, unsafe_hash=True)
class Sample:
    """SAMPLE [BLOCK] (percent) [SEED (seed)]."""

    percent: Expression
    block: bool = False
    seed: Expression | None = None


@dataclass(slots=True, unsafe_hash=True)
class TableRef:
    """``[schema.]name[@dblink]`` in FROM or as the target of DML."""

    name: str
    schema: str | None = None
    dblink: str | None = None
    partition: PartitionChoice | None = None
    as_of: AsOf | None = None
    sample: Sample | None = None
    alias: str | None = None
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True, unsafe_hash=True)
class SubqueryRef:
    """A query in FROM or as the target of DML."""

    query: Query
    alias: str | None = None
    lateral: bool = False


@dataclass(slots=True, unsafe_hash=True)
class TableFunction:
    """``TABLE(expr) [(+)]``; ``expression`` is a call, a bind, a column or a subquery."""

    expression: Expression
    alias: str | None = None
    outer: bool = False


@dataclass(slots=True, unsafe_hash=True)
class Join:
    """``kind`` is INNER, LEFT, RIGHT, FULL, CROSS, CROSS APPLY or OUTER APPLY; at most one of ``on`` and ``using``."""

    kind: str
    left: FromItem
    right: FromItem
    on: Condition | None = None
    using: tuple[str, ...] = ()
    natural: bool = False


@dataclass(slots=True, unsafe_hash=True)
class Grouping:
    """``kind`` is ROLLUP, CUBE or GROUPING SETS; an element is an expression, a ``Tuple`` or, in SETS, a ``Grouping``."""

    kind: str
    items: tuple[Expression | Grouping, ...]


@dataclass(slots=True, unsafe_hash=True)
class Select:
    """One query block."""

    items: tuple[SelectItem | Star, ...]
    from_: tuple[FromItem, ...]
    distinct: bool = False
    where: Condition | None = None
    start_with: Condition | None = None
    connect_by: Condition | None = None
    nocycle: bool = False
    group_by: tuple[Expression | Grouping, ...] = ()
    having: Condition | None = None
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True, unsafe_hash=True)
class SetOp:
    """``op`` is UNION, UNION ALL, MINUS or INTERSECT; all have the same precedence, from left to right."""

    op: str
    left: Body
    right: Body


@dataclass(slots=True, unsafe_hash=True)
class CommonTable:
    """One element of WITH; recursive when ``query`` refers to ``name`` (and ``columns`` are given)."""

    name: str
    columns: tuple[str, ...]
    query: Query


@dataclass(slots=True, unsafe_hash=True)
class Fetch:
    """FETCH FIRST: ``count`` rows or percent."""

    count: Expression
    percent: bool = False
    with_ties: bool = False


@dataclass(slots=True, unsafe_hash=True)
class ForUpdate:
    """``of`` names columns; ``wait`` None waits for ever, 0 is NOWAIT, else seconds."""

    of: tuple[ColumnRef, ...] = ()
    wait: int | None = None
    skip_locked: bool = False


@dataclass(slots=True, unsafe_hash=True, kw_only=True)
class Query(Statement):
    """A query expression, as a statement or nested. ``siblings`` is ORDER SIBLINGS BY."""

    kind: ClassVar[str] = "query"

    body: Body
    with_: tuple[CommonTable, ...] = ()
    order_by: tuple[OrderItem, ...] = ()
    siblings: bool = False
    offset: Expression | None = None
    fetch: Fetch | None = None
    for_update: ForUpdate | None = None


Expression = Union[Literal, ColumnRef, BindRef, Pseudo, SequenceRef, Unary, Binary, Case, FunctionCall, Cast, Extract,
                   AtTimeZone, IntervalCast, ScalarSubquery, Tuple, DefaultValue]
Condition = Union[Logical, Not, Compare, Quantified, IsNull, IsTest, Between, In, Like, RegexpLike, Exists]
FromItem = Union[TableRef, SubqueryRef, TableFunction, Join]
Body = Union[Select, SetOp, Query]
"""A parenthesised operand of a set operation that has its own ORDER BY or WITH is a ``Query``."""

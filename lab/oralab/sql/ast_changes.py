# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of DML, transaction control and PL/SQL blocks (see ``oralab.sql.ast``)."""
from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

from oralab.sql.ast_queries import BindRef, ColumnRef, Condition, Expression, FromItem, Query, Statement, SubqueryRef, TableRef
from oralab.values import DataType

# --- DML ---


@dataclass(slots=True, kw_only=True)
class Dml(Statement):
    kind: ClassVar[str] = "dml"


@dataclass(slots=True)
class Returning:
    """RETURNING expressions INTO targets: binds, in PL/SQL also variables. ``bulk`` is BULK COLLECT (PL/SQL)."""

    expressions: tuple[Expression, ...]
    into: tuple[BindRef | ColumnRef, ...]
    bulk: bool = False


@dataclass(slots=True)
class ErrorLog:
    """LOG ERRORS [INTO table] [(tag)] [REJECT LIMIT n]; ``limit`` None is UNLIMITED."""

    table: TableRef | None = None
    tag: Expression | None = None
    limit: int | None = 0


@dataclass(slots=True, kw_only=True)
class Insert(Dml):
    """INSERT of one row of ``values`` or of a ``source`` query. ``columns`` is empty when no list was given."""

    target: TableRef | SubqueryRef
    columns: tuple[ColumnRef, ...] = ()
    values: tuple[Expression, ...] = ()
    source: Query | None = None
    returning: Returning | None = None
    error_log: ErrorLog | None = None


@dataclass(slots=True)
class InsertBranch:
    """One INTO of a multi-table insert; ``when`` None for ALL without WHEN, and for ELSE with ``otherwise``."""

    target: TableRef
    columns: tuple[ColumnRef, ...] = ()
    values: tuple[Expression, ...] = ()
    when: Condition | None = None
    otherwise: bool = False


@dataclass(slots=True, kw_only=True)
class InsertAll(Dml):
    """INSERT ALL or (``first``) INSERT FIRST. Branches without VALUES take the columns of ``source`` by position."""

    branches: tuple[InsertBranch, ...]
    source: Query
    first: bool = False


@dataclass(slots=True)
class SetClause:
    """``columns = value``; several columns take the row of a ScalarSubquery."""

    columns: tuple[ColumnRef, ...]
    value: Expression


@dataclass(slots=True, kw_only=True)
class Update(Dml):
    target: TableRef | SubqueryRef
    set: tuple[SetClause, ...]
    where: Condition | None = None
    returning: Returning | None = None
    error_log: ErrorLog | None = None


@dataclass(slots=True, kw_only=True)
class Delete(Dml):
    target: TableRef | SubqueryRef
    where: Condition | None = None
    returning: Returning | None = None
    error_log: ErrorLog | None = None


@dataclass(slots=True)
class MergeUpdate:
    set: tuple[SetClause, ...]
    where: Condition | None = None
    delete_where: Condition | None = None


@dataclass(slots=True)
class MergeInsert:
    columns: tuple[ColumnRef, ...]
    values: tuple[Expression, ...]
    where: Condition | None = None


@dataclass(slots=True, kw_only=True)
class Merge(Dml):
    target: TableRef
    source: FromItem
    on: Condition
    update: MergeUpdate | None = None
    insert: MergeInsert | None = None
    error_log: ErrorLog | None = None


@dataclass(slots=True, kw_only=True)
class LockTable(Statement):
    """``mode`` is ROW SHARE, ROW EXCLUSIVE, SHARE, SHARE ROW EXCLUSIVE or EXCLUSIVE; ``wait`` as in ``ForUpdate``."""

    kind: ClassVar[str] = "transaction"

    tables: tuple[TableRef, ...]
    mode: str
    wait: int | None = None


# --- transaction and session control ---

@dataclass(slots=True, kw_only=True)
class Control(Statement):
    kind: ClassVar[str] = "transaction"


@dataclass(slots=True, kw_only=True)
class Commit(Control):
    """``write`` holds the words after WRITE; ``force`` the id of an in-doubt transaction."""

    comment: str | None = None
    write: str = ""
    force: str | None = None


@dataclass(slots=True, kw_only=True)
class Rollback(Control):
    """``to`` is a savepoint; ``force`` the id of an in-doubt transaction."""

    to: str | None = None
    force: str | None = None


@dataclass(slots=True, kw_only=True)
class Savepoint(Control):
    name: str


@dataclass(slots=True, kw_only=True)
class SetTransaction(Control):
    """``mode`` is READ ONLY, READ WRITE, ISOLATION LEVEL SERIALIZABLE, ISOLATION LEVEL READ COMMITTED, or "" with a name only."""

    mode: str = ""
    name: str | None = None
    rollback_segment: str | None = None


@dataclass(slots=True, kw_only=True)
class SetRole(Control):
    """``roles`` with their passwords; ``all`` with ``roles`` empty, or ALL EXCEPT ``except_``; neither is NONE."""

    roles: tuple[tuple[str, str | None], ...] = ()
    all: bool = False
    except_: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class SetConstraints(Control):
    """``names`` (schema, name) is empty for ALL."""

    names: tuple[tuple[str | None, str], ...]
    deferred: bool


# --- PL/SQL blocks ---

@dataclass(slots=True)
class VarDecl:
    """A declaration. ``type`` None with ``anchor`` for %TYPE (``%ROWTYPE`` is not simulated)."""

    name: str
    type: DataType | None
    default: Expression | Condition | None = None
    constant: bool = False
    not_null: bool = False
    anchor: ColumnRef | None = None


@dataclass(slots=True)
class Call:
    """A procedure call. ``args`` by position come before ``named``; an OUT argument is a ColumnRef or BindRef."""

    name: str
    package: str | None = None
    schema: str | None = None
    args: tuple[Expression | Condition, ...] = ()
    named: tuple[tuple[str, Expression | Condition], ...] = ()
    dblink: str | None = None
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class Assign:
    """``target := value``; a ColumnRef with ``table`` is a field of a record."""

    target: ColumnRef | BindRef
    value: Expression | Condition
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class SqlStatement:
    """A DML, transaction or SELECT ... INTO statement; ``into`` of SELECT ... INTO. Variables are ColumnRefs in it."""

    statement: Statement
    into: tuple[BindRef | ColumnRef, ...] = ()
    bulk: bool = False
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class UsingItem:
    value: Expression
    mode: str = "IN"                     # IN, OUT or IN OUT


@dataclass(slots=True)
class ExecuteImmediate:
    statement: Expression
    into: tuple[BindRef | ColumnRef, ...] = ()
    using: tuple[UsingItem, ...] = ()
    returning: tuple[BindRef | ColumnRef, ...] = ()
    bulk: bool = False
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class OpenCursor:
    """OPEN variable FOR query; ``statement`` is a Query, the text of a dynamic one, or None for a declared cursor."""

    target: ColumnRef | BindRef
    statement: Query | Expression | None
    using: tuple[UsingItem, ...] = ()
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class Null:
    """The NULL statement."""

    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class Raise:
    """RAISE name; in a handler without a name, the error that it handles."""

    name: str | None
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class Return:
    """RETURN, which ends the block or subprogram; ``value`` in a function."""

    value: Expression | Condition | None = None
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True, kw_only=True)
class Block(Statement):
    """An anonymous block, a block within one, the body of a subprogram, or CALL (``call``), whose result goes ``INTO`` the bind of an Assign.

    In PL/SQL ``TRUE`` and ``FALSE`` are Literals of type BOOLEAN; a name without parentheses is a ColumnRef, be it a
    variable, a package's constant or a function without arguments.
    """

    kind: ClassVar[str] = "plsql"

    declarations: tuple[Any, ...] = ()
    statements: tuple[Any, ...] = ()
    handlers: tuple[Any, ...] = ()
    call: bool = False

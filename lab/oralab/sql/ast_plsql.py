# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of PL/SQL beyond plain sequences of statements: control, cursors, handlers, collections, subprograms, packages."""
from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from oralab.sql.ast_changes import Block, VarDecl
from oralab.sql.ast_queries import BindRef, ColumnRef, Condition, Expression, FunctionCall, Query
from oralab.values import DataType

Test = Expression | Condition
Statements = tuple[Any, ...]


@dataclass(slots=True)
class If:
    """IF and ELSIF as (test, statements) in order, then ELSE."""

    branches: tuple[tuple[Test, Statements], ...]
    otherwise: Statements = ()
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class CaseStatement:
    """CASE [selector] WHEN ... END CASE; ``otherwise`` None without ELSE (then ORA-06592)."""

    selector: Expression | None
    branches: tuple[tuple[Test, Statements], ...]
    otherwise: Statements | None = None
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class Loop:
    """LOOP, and WHILE with ``test``."""

    body: Statements
    test: Test | None = None
    label: str | None = None
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class ForRange:
    """FOR name IN [REVERSE] low .. high LOOP."""

    name: str
    low: Expression
    high: Expression
    body: Statements
    reverse: bool = False
    label: str | None = None
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class ForQuery:
    """FOR name IN (query) LOOP or FOR name IN cursor LOOP."""

    name: str
    source: Query | str
    body: Statements
    label: str | None = None
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class Leave:
    """EXIT or (``again``) CONTINUE [label] [WHEN test]."""

    again: bool
    label: str | None = None
    when: Test | None = None
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class Handler:
    """WHEN names THEN statements; OTHERS is a name like any."""

    names: tuple[str, ...]
    body: Statements


@dataclass(slots=True)
class FetchCursor:
    """FETCH cursor INTO targets."""

    cursor: ColumnRef | BindRef
    into: tuple[BindRef | ColumnRef, ...]
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class CloseCursor:
    cursor: ColumnRef | BindRef
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class AssignElement:
    """``collection(index) := value``."""

    target: FunctionCall
    value: Test
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class ExceptionDecl:
    name: str


@dataclass(slots=True)
class ExceptionInit:
    """PRAGMA EXCEPTION_INIT(name, code)."""

    name: str
    code: int


@dataclass(slots=True)
class CollectionType:
    """TYPE name IS TABLE OF element INDEX BY key."""

    name: str
    element: VarDecl
    text_key: bool = False


@dataclass(slots=True)
class CursorDecl:
    """CURSOR name IS query."""

    name: str
    query: Query


@dataclass(slots=True)
class Parameter:
    """``declared`` holds name, type or anchor, and default; ``mode`` is IN, OUT or IN OUT."""

    declared: VarDecl
    mode: str = "IN"


@dataclass(slots=True)
class Subprogram:
    """A procedure, or a function with ``returns``; ``body`` None where it is only declared."""

    name: str
    parameters: tuple[Parameter, ...] = ()
    returns: VarDecl | None = None
    body: Block | None = None


@dataclass(slots=True)
class PackageUnit:
    """The declarations of a package specification or body; ``start`` are the statements of its initialisation."""

    declarations: tuple[Any, ...]
    start: Statements = ()


def anonymous(type_: DataType) -> VarDecl:
    """A declaration that is nothing but a type."""
    return VarDecl("", type_)

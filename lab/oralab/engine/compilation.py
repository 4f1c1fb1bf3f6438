# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one statement is compiled in, and compiled queries."""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from oralab.api import ColumnInfo
from oralab.catalog import containers
from oralab.engine import types
from oralab.engine.code import Code, Emitter
from oralab.engine.scope import Scope, invalid_identifier
from oralab.errors import OraError, not_simulated
from oralab.packages import registry
from oralab.sql import ast
from oralab.values import DataType, Row

if TYPE_CHECKING:
    from oralab.engine.expressions import Expressions

_plan_numbers = itertools.count(1)
UNBOUND: Final = DataType("VARCHAR2", 2000)
"""Type of a bind that is not known yet, when a statement is only described (assumed)."""


def single_row_error() -> OraError:
    """ORA-01427."""
    return OraError(1427, "single-row subquery returns more than one row")


@dataclasses.dataclass(slots=True)
class Plan:
    """A compiled query. ``run`` gives its rows; ``outer_levels`` are the outer blocks whose rows it reads."""

    columns: list[ColumnInfo]
    run: Callable[[Any], Iterator[Row]]
    outer_levels: set[int] = dataclasses.field(default_factory=set)
    number: int = dataclasses.field(default_factory=lambda: next(_plan_numbers))

    def _cached(self, x: Any, level: int, row: Any, what: str, make: Callable[[], Any]) -> Any:
        """``make`` once per execution unless the query is correlated."""
        if self.outer_levels:
            x.outer[level] = row
            return make()
        key = (self.number, what)
        if key not in x.cache:
            x.cache[key] = make()
        return x.cache[key]

    def scalar(self, level: int) -> Callable[[Any, Any], Any]:
        """A scalar subquery of a block at ``level``: ORA-01427 for a second row."""
        def first(x: Any) -> Any:
            rows = self.run(x)
            row = next(rows, None)
            if row is None:
                return None
            if next(rows, None) is not None:
                raise single_row_error()
            return row[0]
        return lambda x, row: self._cached(x, level, row, "scalar", lambda: first(x))

    def row(self, level: int) -> Callable[[Any, Any], Row | None]:
        """The only row (SET (a, b) = (SELECT ...)), None when there is none."""
        def only(x: Any) -> Row | None:
            rows = self.run(x)
            found = next(rows, None)
            if found is not None and next(rows, None) is not None:
                raise single_row_error()
            return found
        return lambda x, row: self._cached(x, level, row, "row", lambda: only(x))

    def exists(self, level: int) -> Callable[[Any, Any], bool]:
        return lambda x, row: self._cached(x, level, row, "exists", lambda: next(self.run(x), None) is not None)

    def quantified(self, level: int, test: Callable[..., Any], all_: bool) -> Callable[[Any, Any, Any], bool]:
        """``value op ANY|ALL (query)``."""
        def holds(x: Any, row: Any, value: Any) -> bool:
            rows = self._cached(x, level, row, "rows", lambda: list(self.run(x)))
            return (all if all_ else any)(test(value, candidate, x) for candidate in rows)
        return holds

    def membership(self, level: int, key: Callable[..., Any], negated: bool) -> Callable[[Any, Any, Any], bool]:
        """``(values) [NOT] IN (query)`` with Oracle's NULLs."""
        def collect(x: Any) -> tuple[set[Any], list[Any]]:
            members = {key(row, x) for row in self.run(x)}
            return members, [member for member in members if None in member]

        def test(x: Any, row: Any, values: Any) -> bool:
            members, partial = self._cached(x, level, row, "members", lambda: collect(x))
            if None not in values:
                if values in members:
                    return not negated
                return negated and all(_differs(values, member) for member in partial)
            return negated and all(_differs(values, member) for member in members)
        return test


def _differs(left: Sequence[Any], right: Sequence[Any]) -> bool:
    """Definitely different, whatever the NULLs stand for."""
    return any(a is not None and b is not None and a != b for a, b in zip(left, right))


class Compilation:
    """One statement being compiled for a session: who resolves names, checks privileges and knows the binds."""

    def __init__(self, session: Any, bind_types: Sequence[DataType] = (), *, plsql: bool = False, emitter: Emitter | None = None) -> None:
        self.session = session
        self.release: str = session.database.release
        self.emitter = emitter or Emitter()
        self.bind_types = list(bind_types)
        self.plsql = plsql
        self.sequences: set[tuple[str, str]] = set()
        self.embedded: dict[str, Code] = {}
        """PL/SQL variables that a DML statement inside a block sees."""
        self.block: Any = None
        """The PL/SQL block that this is part of (``plsql.Block``)."""
        self.target: Any = None
        """The table that a DML statement changes: no SELECT on it is needed (documented, SQL92_SECURITY being false)."""
        self.rowids = False
        self.locking = False
        self.depth = 0

    def expressions(self, scope: Scope) -> Expressions:
        from oralab.engine.expressions import Expressions
        scope.variables = scope.variables or self.embedded
        return Expressions(self, scope)

    def query(self, query: ast.Query, parent: Scope | None = None, *, definer: str | None = None) -> Plan:
        """Compile a query; ``parent`` is the block it stands in, ``definer`` the owner of the view it is of."""
        from oralab.engine.query import compile_query
        self.depth += 1
        try:
            return compile_query(self, query, parent, definer)
        finally:
            self.depth -= 1

    def bind_type(self, node: ast.BindRef) -> DataType:
        return self.bind_types[node.index] if node.index < len(self.bind_types) else UNBOUND

    # --- supplied packages ---

    def may_execute(self, package: str, definer: str | None = None) -> bool:
        """Nobody before the database is open: packages are in its dictionary (documented; the fixed ones are not simulated)."""
        found = registry.packages()[package]
        if found.internal is not None:
            return found.internal(self.session)
        if self.session.database.state != "OPEN" or containers.closed(self.session):
            return False
        privileges = self.session.catalog.privileges
        if privileges.is_sysdba(self.session, definer):
            return True
        names = privileges.grantees(self.session, definer)
        return bool(names & set(found.grantees)) or any(
            grant.grantee in names and grant.privilege == "EXECUTE" for grant in self.session.catalog.grants_on(found.owner, package))

    def need_execute(self, package: str) -> None:
        """That the session may call a supplied package: who may not does not see it (documented)."""
        if package in registry.packages() and not self.may_execute(package):
            raise registry.no_execute(package) if self.plsql else invalid_identifier(package)

    def bind_routine(self, package: str, name: str, positional: int, named: Sequence[str], kinds: Sequence[str | None]) -> registry.Bound:
        """The overload that a call means. In SQL an unknown function is ORA-00904."""
        if not self.plsql and not registry.lookup(package, name):
            raise invalid_identifier(package, name)
        try:
            return registry.bind(package, name, positional, named, kinds)
        except OraError as error:
            if self.plsql:
                raise
            raise OraError(6553, f"PLS-306: wrong number or types of arguments in call to '{name}'") from error

    @staticmethod
    def parameter_type(param: registry.Param) -> DataType:
        """The type that an argument for ``param`` is converted to."""
        family = types.family(DataType(param.type))
        if family == "X" or param.type in ("BOOLEAN", "REF CURSOR"):
            return DataType(param.type)
        return DataType("VARCHAR2", 32767) if family == "S" else types.of_family(family)

    @staticmethod
    def caller(bound: registry.Bound) -> Callable[[Any, list[Any]], Any]:
        """A function call from compiled code."""
        return lambda x, values: x.session.call(bound, values).value

    def stored_function(self, compiler: Expressions, node: ast.FunctionCall) -> Code:
        """A function that is not built in: in PL/SQL one of a block or a stored one. ORA-00904 when there is none."""
        if self.plsql and self.block is not None and not compiler.scope.sources:
            return self.block.own_function(compiler, node)  # type: ignore[no-any-return]
        catalog = self.session.catalog
        found = catalog.find(self.session, node.schema or None, node.package or node.name, definer=compiler.scope.definer)
        if found is None and node.package and not node.schema:
            found = catalog.find(self.session, node.package, node.name, definer=compiler.scope.definer)
        if getattr(found, "kind", "") in ("FUNCTION", "PACKAGE", "TYPE"):
            raise not_simulated(f"the user-defined function or type {node.package + '.' if node.package else ''}{node.name}")
        if self.plsql and not compiler.scope.sources:
            name = f"{node.package}.{node.name}" if node.package else node.name
            raise registry.compile_error(f"PLS-00201: identifier '{name}' must be declared")
        error = invalid_identifier(node.schema, node.package, node.name)
        error.offset = node.offset
        raise error

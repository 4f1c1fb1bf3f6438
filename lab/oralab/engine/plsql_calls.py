# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subprograms: stored ones, those of packages and local ones; which one a call means, and running it."""
from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from oralab.catalog import model
from oralab.engine import types
from oralab.engine.code import Code, Execution
from oralab.engine.plsql_collections import Collection
from oralab.engine.plsql_run import as_owner
from oralab.errors import OraError, not_simulated
from oralab.packages import registry
from oralab.sql import ast, plsql_units
from oralab.sql.lexer import Tokens
from oralab.values import DataType

Step = Callable[[Execution], None]


@dataclasses.dataclass(slots=True)
class Formal:
    """A parameter with its type resolved."""

    name: str
    type: DataType
    mode: str
    collection: Collection | None
    default: Any


@dataclasses.dataclass(slots=True)
class Routine:
    """A subprogram that can be called; compiled when it first is. ``home`` is the block that it is declared in."""

    node: ast.Subprogram
    home: Any
    formals: list[Formal]
    returns: DataType | None
    where: str                           # in error stacks: "OWNER.UNIT", "" in an anonymous block
    unit: model.StoredUnit | None = None
    block: Any = None

    def takes(self, positional: int, named: Sequence[str]) -> list[Formal] | None:
        """Parameters of the arguments in order, None when they do not fit."""
        by_name = {formal.name: formal for formal in self.formals}
        if positional > len(self.formals) or any(name not in by_name for name in named):
            return None
        taken = self.formals[:positional] + [by_name[name] for name in named]
        rest = [formal for formal in self.formals if formal not in taken]
        if len(set(map(id, taken))) < len(taken) or any(formal.default is None for formal in rest):
            return None
        return taken

    def invoke(self, session: Any, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Run with values by parameter name; the result, and the values of all parameters afterwards."""
        owner = self.unit.owner if self.unit is not None and self.unit.authid != "CURRENT_USER" else None
        with as_owner(session, owner) if owner else contextlib.nullcontext():
            if self.block is None:
                self.block = self._compiled(session)
            x = session.execution()
            for formal in self.formals:
                value = given.get(formal.name)
                if formal.name not in given and formal.default is not None:
                    value = self.home._value(formal.default, formal.type)(x)
                x.variables[formal.name] = {} if value is None and formal.collection else value
            try:
                result = self.block.run(x)
            except OraError as error:
                if self.where:
                    error.stack = [line.replace("at line", f'at "{self.where}", line') for line in error.stack]
                raise
        return result, {formal.name: x.variables[formal.name] for formal in self.formals}

    def _compiled(self, session: Any) -> Any:
        if self.node.body is None:
            raise registry.compile_error(f"PLS-00323: subprogram or cursor '{self.node.name}' is declared in a package specification "
                                         "and must be defined in the package body")
        fixed = [formal.name for formal in self.formals if formal.mode == "IN"]
        return self.home.within(self.node.body, {formal.name: formal.type for formal in self.formals}, fixed, self.returns)


class Calling:
    """The part of ``Block`` that knows subprograms."""

    session: Any
    compilation: Any
    emitter: Any
    types: dict[str, DataType]
    routines: dict[str, list[Routine]]
    unit: model.StoredUnit | None
    type_of: Callable[[ast.VarDecl], DataType]
    collection_type: Callable[[DataType | None], Collection | None]
    _value: Callable[..., Callable[[Execution], Any]]
    _assigned: Callable[..., Callable[[Execution, Any], None]]
    _target: Callable[..., tuple[Callable[[Execution, Any], None], DataType]]
    _line: Callable[[Any], int]
    _kind: Callable[[Any], str | None]

    def add_routine(self, node: ast.Subprogram) -> None:
        """A declaration, or the body of one that is declared already."""
        formals = []
        for parameter in node.parameters:
            type_ = self.type_of(parameter.declared)
            collection = self.collection_type(type_)
            if collection is None and types.family(type_) == "X" and type_.name != "XMLTYPE":
                raise not_simulated(f"parameters of type {type_.name}")
            formals.append(Formal(parameter.declared.name, type_, parameter.mode, collection, parameter.declared.default))
        returns = self.type_of(node.returns) if node.returns is not None else None
        where = f"{self.unit.owner}.{self.unit.name}" if self.unit is not None else ""
        overloads = self.routines.setdefault(node.name, [])
        for known in overloads:
            if known.node.body is None and [(one.name, one.type) for one in known.formals] == [(one.name, one.type) for one in formals]:
                known.node = node
                return
        overloads.append(Routine(node, self, formals, returns, where, self.unit))

    # --- which one ---

    def _overloads(self, schema: str | None, package: str | None, name: str) -> list[Routine]:
        if package is None and name in self.routines:
            return self.routines[name]
        return stored(self.session, schema, package, name)

    def _routine(self, node: Any) -> tuple[Routine, list[tuple[Any, Formal]]]:
        """The routine that a call means, and its arguments with their parameters. PLS-00201, PLS-00302, PLS-00306."""
        overloads = self._overloads(node.schema, node.package, node.name)
        if not overloads:
            name = ".".join(part for part in (node.schema, node.package, node.name) if part)
            raise registry.compile_error(f"PLS-00201: identifier '{name}' must be declared", self._line(node))
        arguments = [*node.args, *(argument for _, argument in node.named)]
        kinds = [self.compilation.bind_type(one).name if isinstance(one, ast.BindRef) else self._kind(one) for one in arguments]
        fitting = []
        for routine in overloads:
            formals = routine.takes(len(node.args), [name for name, _ in node.named])
            if formals is not None:
                same = sum(1 for formal, kind in zip(formals, kinds)
                           if kind and types.family(DataType(kind)) == types.family(formal.type))
                fitting.append((same, routine, formals))
        if not fitting:
            raise registry.compile_error(f"PLS-00306: wrong number or types of arguments in call to '{node.name}'", self._line(node))
        _, routine, formals = max(fitting, key=lambda one: one[0])
        for formal, kind in zip(formals, kinds):
            if kind and not _convertible(kind, formal):
                raise registry.compile_error(f"PLS-00306: wrong number or types of arguments in call to '{node.name}'", self._line(node))
        return routine, list(zip(arguments, formals))

    # --- calls ---

    def _own_procedure(self, node: ast.Call) -> Step:
        routine, arguments = self._routine(node)
        if routine.returns is not None:
            raise registry.compile_error(f"PLS-00221: '{node.name}' is not a procedure or is undefined", self._line(node))
        values, outs = [], []
        for argument, formal in arguments:
            if formal.mode != "OUT":
                values.append((formal.name, self._argument(argument, formal)))
            if formal.mode != "IN":
                outs.append((formal.name, self._out(argument, formal)))
        session = self.session

        def call(x: Execution) -> None:
            _, after = routine.invoke(session, {name: value(x) for name, value in values})
            for name, store in outs:
                store(x, after[name])
            x.snapshot = session.snapshot()
        return call

    def own_function(self, compiler: Any, node: ast.FunctionCall) -> Code:
        """A call of a function in an expression."""
        routine, arguments = self._routine(node)
        if routine.returns is None:
            raise registry.compile_error(f"PLS-00222: no function with name '{node.name}' exists in this scope", self._line(node))
        if any(formal.mode != "IN" for _, formal in arguments):
            raise not_simulated("functions with OUT parameters")
        values = [(formal.name, self._argument(argument, formal)) for argument, formal in arguments]

        def call(x: Execution) -> Any:
            result, _ = routine.invoke(x.session, {name: value(x) for name, value in values})
            x.snapshot = x.session.snapshot()
            return result
        return Code(f"{self.emitter.constant(call)}(x)", routine.returns)

    def _argument(self, argument: Any, formal: Formal) -> Callable[[Execution], Any]:
        if formal.collection is not None:
            return formal.collection.value(self, argument, formal.type)
        return self._value(argument, formal.type)

    def _out(self, argument: Any, formal: Formal) -> Callable[[Execution, Any], None]:
        if formal.collection is None:
            return self._assigned(argument, formal.type, reads=formal.mode == "IN OUT")
        store, _ = self._target(argument, reads=formal.mode == "IN OUT")
        if isinstance(argument, ast.BindRef):
            return lambda x, elements: store(x, [elements[key] for key in sorted(elements)])
        return store


def _convertible(kind: str, formal: Formal) -> bool:
    """Whether PL/SQL converts an argument's type to the parameter's (documented)."""
    a, b = types.family(DataType(kind)), types.family(formal.type)
    if formal.collection is not None or a == b or "X" in (a, b):
        return True
    if "O" in (a, b) or "K" in (a, b):
        return False
    return a in "SNFL" and b in "SNFL" and {a, b} != {"N", "L"} or {a, b} <= set(types.DATETIMES) or "S" in (a, b)


# --- stored units ---

def stored(session: Any, schema: str | None, package: str | None, name: str) -> list[Routine]:
    """Overloads of a stored subprogram; empty when there is none that the session may execute. PLS-00905, PLS-00302."""
    catalog = session.catalog
    found, member = catalog.find(session, schema or package, name), None
    if package is not None and not (isinstance(found, model.StoredUnit) and found.type in ("PROCEDURE", "FUNCTION")):
        found, member = catalog.find(session, schema, package), name
    if not isinstance(found, model.StoredUnit) or found.type not in ("PROCEDURE", "FUNCTION", "PACKAGE"):
        return []
    if (found.type == "PACKAGE") != (member is not None):
        return []
    try:
        catalog.require(session, "EXECUTE", found)
    except OraError:
        return []
    if found.status != "VALID":
        raise registry.compile_error(f"PLS-00905: object {found.owner}.{found.name} is invalid")
    declared, block = loaded(session, found)
    routines: list[Routine] = block.routines.get(member or found.name, [])
    if member is not None and member not in declared:
        raise registry.compile_error(f"PLS-00302: component '{member}' must be declared")
    return routines


def loaded(session: Any, unit: model.StoredUnit) -> tuple[set[str], Any]:
    """A unit ready to be called: what it declares to others, and the block of its declarations. Kept until the dictionary changes."""
    kept = session.package_state.setdefault("loaded units", {})
    key = (unit.owner, unit.name, session.catalog.version)
    if key not in kept:
        body = session.catalog.get(model.StoredUnit, unit.owner, unit.name, kind="PACKAGE BODY") if unit.type == "PACKAGE" else None
        with as_owner(session, unit.owner):
            kept[key] = _load(session, unit, body)
    found: tuple[set[str], Any] = kept[key]
    return found


def _load(session: Any, unit: model.StoredUnit, body: model.StoredUnit | None) -> tuple[set[str], Any]:
    from oralab.engine.plsql import Block
    release = session.database.release
    node = plsql_units.unit(Tokens(unit.source, release))
    if isinstance(node, ast.Subprogram):
        block = Block(session, ast.Block(declarations=(dataclasses.replace(node, name=unit.name),)), unit.source, [], unit=unit)
        return {unit.name}, block
    declarations = node.declarations
    declared = {one.name for one in declarations if isinstance(one, ast.Subprogram)}
    text = unit.source
    if body is not None:
        if body.status != "VALID":
            raise OraError(4063, f'package body "{unit.owner}.{unit.name}" has errors')
        inside = plsql_units.unit(Tokens(body.source, release))
        assert isinstance(inside, ast.PackageUnit)
        if inside.start:
            raise not_simulated(f"the initialisation of package {unit.owner}.{unit.name}")
        declarations, text = declarations + inside.declarations, body.source
    if any(isinstance(one, (ast.VarDecl, ast.CursorDecl)) for one in declarations):
        raise not_simulated(f"variables of package {unit.owner}.{unit.name}")
    return declared, Block(session, ast.Block(declarations=declarations), text, [], unit=unit)

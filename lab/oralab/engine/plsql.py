# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PL/SQL blocks and CALL: declarations, expressions, assignments, calls of supplied packages, SQL and EXECUTE IMMEDIATE.

A block is compiled as a whole before its first statement runs, so that a wrong name anywhere is ORA-06550 and nothing has happened
(documented). Control statements, cursors and handlers are in ``plsql_control``, subprograms in ``plsql_calls``, index tables in
``plsql_collections``.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from oralab.api import IN, IN_OUT, OUT, Bind, Outcome, Result
from oralab.catalog import model
from oralab.engine import control, convert, types
from oralab.engine.changes import compile_change
from oralab.engine.code import Code, Emitter, Execution
from oralab.engine.compilation import Compilation
from oralab.engine.plsql_calls import Calling, Routine
from oralab.engine.plsql_collections import Collection
from oralab.engine.plsql_control import CONTROL, SQL_STATE, Control, Returned, UserException
from oralab.engine.plsql_run import change_into, fetch_into, fitting, plsql_error, select_into
from oralab.engine.scope import Scope
from oralab.errors import OraError, not_simulated
from oralab.packages import registry
from oralab.sql import ast
from oralab.values import DataType

Step = Callable[[Execution], None]
_WITHOUT_STACK: Final = (28, 1013, 3001, 6550)


def run_block(session: Any, node: ast.Block, text: str, binds: Sequence[Bind], values: Sequence[Any]) -> Outcome:
    """Compile and run a block; new values of its OUT binds are in the outcome."""
    block = Block(session, node, text, [bind.type for bind in binds])
    x = session.execution(values)
    outcome = Outcome()
    session.package_state.setdefault("implicit results", []).clear()
    try:
        block.run(x)
    finally:
        outcome.implicit = list(session.package_state.pop("implicit results", []))
    for index, name in enumerate(node.binds):
        direction = block.directions.get(index, IN)
        outcome.directions[name] = direction
        if direction != IN:
            outcome.out[name] = x.binds[index]
    return outcome


class Block(Control, Calling):
    """A compiled block. ``parameters`` are variables given from outside, of which ``fixed`` ones cannot be assigned."""

    def __init__(self, session: Any, node: ast.Block, text: str, bind_types: Sequence[DataType],
                 parameters: Mapping[str, DataType] | None = None, fixed: Sequence[str] = (), *,
                 unit: model.StoredUnit | None = None) -> None:
        self._begin(session, node, text, bind_types, parameters or {}, fixed, unit)
        self._declared, self._body, self._handlers = self._parts(node)

    def within(self, node: ast.Block, parameters: Mapping[str, DataType], fixed: Sequence[str], returns: DataType | None) -> Block:
        """The body of a subprogram, which sees what this block declares but for its variables."""
        inner = Block.__new__(Block)
        inner._begin(self.session, node, self.text, [], parameters, fixed, self.unit)
        inner.collections, inner.exceptions, inner.routines = dict(self.collections), dict(self.exceptions), dict(self.routines)
        inner.returns = returns
        inner._declared, inner._body, inner._handlers = inner._parts(node)
        return inner

    def _begin(self, session: Any, node: ast.Block, text: str, bind_types: Sequence[DataType], parameters: Mapping[str, DataType],
               fixed: Sequence[str], unit: model.StoredUnit | None) -> None:
        self.session = session
        self.node = node
        self.text = text
        self.emitter = Emitter()
        self.compilation = Compilation(session, bind_types, plsql=True, emitter=self.emitter)
        self.scope = Scope()
        self.scope.variables = {name: Code(f"x.variables[{name!r}]", type_) for name, type_ in parameters.items()} | SQL_STATE
        self.compiler = self.compilation.expressions(self.scope)
        self.compilation.block = self
        self.unit = unit
        self.returns: DataType | None = None
        self.types: dict[str, DataType] = dict(parameters)
        self.slots: dict[str, str] = {name: name for name in parameters}
        self.constants: set[str] = set(fixed)
        self.directions: dict[int, int] = {}
        self.steps: list[tuple[Step, int]] = []
        self.collections: dict[str, Collection] = {}
        self.cursors: dict[str, ast.Query] = {}
        self.exceptions: dict[str, UserException] = {}
        self.routines: dict[str, list[Routine]] = {}

    def run(self, x: Execution) -> Any:
        """Run the block; what RETURN gave."""
        try:
            self._guarded(self._declared, self._body, self._handlers, x)
        except Returned as returned:
            return returned.value
        return None

    def run_steps(self, steps: Sequence[tuple[Step, int]], x: Execution) -> None:
        """Statements one after the other. An error gets the line of the innermost one, once for each subprogram it leaves."""
        for step, line in steps:
            x.poll()
            x._now = None
            x.cache.clear()
            try:
                step(x)
            except OraError as error:
                if error.code not in _WITHOUT_STACK and not self.node.call and getattr(error, "left", None) is not self:
                    error.stack.append(f"ORA-06512: at line {line}")
                    error.left = self  # type: ignore[attr-defined]
                raise

    def _line(self, statement: Any) -> int:
        offset = getattr(statement, "offset", 0) or getattr(getattr(statement, "target", None), "offset", 0)
        return self.text[:offset].count("\n") + 1

    # --- declarations ---

    def _variable(self, node: ast.VarDecl) -> None:
        type_ = self.type_of(node)
        collection = self.collection_type(type_)
        if registry.opaque(type_.owner, type_.name):
            type_ = DataType(type_.name)
        elif collection is None and (type_.owner is not None or types.family(type_) == "X" and type_.name != "XMLTYPE"):
            raise not_simulated(f"variables of type {type_.name}")
        default = self._value(node.default, type_) if node.default is not None else None
        self.add_variable(node.name, type_)
        store = self._store(node.name, type_)

        def initialise(x: Execution) -> None:
            store(x, {} if collection is not None else default(x) if default is not None else None)
        if node.constant:
            self.constants.add(node.name)
        self.steps.append((initialise, 1))

    def type_of(self, node: ast.VarDecl) -> DataType:
        type_ = node.type if node.anchor is None else self._anchored(node.anchor)
        if type_ is None:
            raise not_simulated(f"the declaration of {node.name}")
        return type_

    def add_variable(self, name: str, type_: DataType) -> None:
        """A name from here on, with a place of its own where another variable of an outer block bears the same name."""
        slot = name if name not in self.slots else f"{name}#{len(self.slots)}"
        self.slots[slot] = slot
        self.slots[name] = slot
        self.scope.variables[name] = Code(f"x.variables[{slot!r}]", type_)
        self.types[name] = type_
        self.constants.discard(name)

    def _anchored(self, ref: ast.ColumnRef) -> DataType:
        """The type of ``table.column%TYPE`` or ``variable%TYPE``. PLS-00201."""
        if ref.table is None and ref.name in self.types:
            return self.types[ref.name]
        try:
            relation = self.session.catalog.resolve(self.session, ref.schema, ref.table or "")
        except OraError:
            raise registry.compile_error(f"PLS-00201: identifier '{ref.table}.{ref.name}' must be declared") from None
        for column in relation.columns:
            if column.name == ref.name:
                found: DataType = column.type
                return found
        raise registry.compile_error(f"PLS-00302: component '{ref.name}' must be declared")

    def _store(self, name: str, type_: DataType) -> Callable[[Execution, Any], None]:
        fit = fitting(type_)
        slot = self.slots[name]

        def store(x: Execution, value: Any) -> None:
            x.variables[slot] = value if value is None or fit is None else fit(value)
        return store

    # --- values and targets ---

    def _value(self, node: Any, type_: DataType) -> Callable[[Execution], Any]:
        """An expression, or for a BOOLEAN a condition, converted to a type."""
        if type_.name == "BOOLEAN":
            return self._boolean(node)
        collection = self.collection_type(type_)
        if collection is not None:
            return collection.value(self, node, type_)
        code = self.compiler.compile(node)
        if types.is_null(code.type):
            return lambda x: None
        if code.type.name == "BOOLEAN":
            raise registry.compile_error("PLS-00382: expression is of wrong type")
        if type_.name == "REF CURSOR" or types.family(type_) == "X":
            raw = self.emitter.function(code.text)
            return lambda x: raw((), x)
        function = self.emitter.function(self.emitter.converted(code, type_).text)
        return lambda x: plsql_error(function, x)

    def _boolean(self, node: Any) -> Callable[[Execution], Any]:
        if isinstance(node, ast.Literal):
            if node.value is not None and not isinstance(node.value, bool):
                raise registry.compile_error("PLS-00382: expression is of wrong type")
            return lambda x: node.value
        if isinstance(node, (ast.ColumnRef, ast.BindRef, ast.FunctionCall)):
            code = self.compiler.compile(node)
            if code.type.name != "BOOLEAN":
                raise registry.compile_error("PLS-00382: expression is of wrong type")
            function = self.emitter.function(code.text)
            return lambda x: function((), x)
        test = self.emitter.function(self.compiler.condition(node))
        opposite = self.emitter.function(self.compiler.condition(node, True))
        return lambda x: True if test((), x) else False if opposite((), x) else None

    def _target(self, node: Any, *, reads: bool = False) -> tuple[Callable[[Execution, Any], None], DataType]:
        """Where a value goes: a variable or a bind. PLS-00363 for anything else."""
        if isinstance(node, ast.BindRef):
            self.directions[node.index] = IN_OUT if reads or self.directions.get(node.index) == IN_OUT else OUT
            type_ = self.compilation.bind_type(node)

            def bind(x: Execution, value: Any) -> None:
                x.binds[node.index] = value
            return bind, type_
        if isinstance(node, ast.ColumnRef) and node.table is None and node.name in self.types:
            if node.name in self.constants:
                raise registry.compile_error(f"PLS-00363: expression '{node.name}' cannot be used as an assignment target")
            return self._store(node.name, self.types[node.name]), self.types[node.name]
        if isinstance(node, ast.ColumnRef):
            name = ".".join(part for part in (node.schema, node.table, node.name) if part)
            if node.table is None or node.table not in registry.packages():
                raise registry.compile_error(f"PLS-00201: identifier '{name}' must be declared")
        raise registry.compile_error("PLS-00363: expression cannot be used as an assignment target")

    def _assigned(self, node: Any, source: DataType, *, reads: bool = False) -> Callable[[Execution, Any], None]:
        """A target that converts what it is given from ``source``."""
        store, type_ = self._target(node, reads=reads)

        def assign(x: Execution, value: Any) -> None:
            if (value is not None and not isinstance(value, (list, Result))
                    and types.family(source) not in "XKO" and types.family(type_) not in "XKO"):
                value = convert.convert(value, source, type_, x)
            store(x, value)
        return assign

    # --- statements ---

    def _compile(self, node: Any) -> Step:
        method = _STATEMENTS.get(type(node))
        if method is None:
            raise not_simulated(f"PL/SQL {type(node).__name__}")
        try:
            return method(self, node)
        except OraError as error:
            if error.code in (3001, 6550):
                raise
            offset = getattr(node, "offset", 0)
            place = f"line {self._line(node)}, column {max(offset - self.text.rfind(chr(10), 0, offset), 1)}:"
            ignored = "PL/SQL: SQL Statement ignored" if isinstance(node, ast.SqlStatement) else "PL/SQL: Statement ignored"
            raise OraError(6550, place, stack=[f"PL/SQL: {error.text}", f"ORA-06550: {place}", ignored]) from error

    def _null(self, node: ast.Null) -> Step:
        return lambda x: None

    def _assign(self, node: ast.Assign) -> Step:
        if self.node.call and isinstance(node.value, ast.FunctionCall) and node.value.package is None:
            raise not_simulated(f"the function {node.value.name}")
        store, type_ = self._target(node.target)
        value = self._value(node.value, type_)
        return lambda x: store(x, value(x))

    def _call(self, node: ast.Call) -> Step:
        if node.dblink:
            raise not_simulated(f"a procedure at database link {node.dblink}")
        if node.package is None and node.name == "RAISE_APPLICATION_ERROR":
            return self._application_error(node)
        package = node.package
        if package in self.scope.variables and self.collection_type(self.types[package]):
            return self._delete(node)
        if package is None or package not in registry.packages() or node.schema not in (None, "SYS", registry.packages()[package].owner):
            return self._own_procedure(node)
        self.compilation.need_execute(package)
        arguments = [*node.args, *(argument for _, argument in node.named)]
        bound = registry.bind(package, node.name, len(node.args), [name for name, _ in node.named],
                              [self._kind(argument) for argument in arguments],
                              line=self._line(node))
        if bound.routine.returns is not None:
            raise registry.compile_error(f"PLS-00221: '{node.name}' is not a procedure or is undefined", self._line(node))
        values: list[Callable[[Execution], Any]] = []
        outs: list[tuple[str, Callable[[Execution, Any], None]]] = []
        for argument, param in zip(arguments, bound.params):
            type_ = self.compilation.parameter_type(param)
            if param.mode == "IN":
                values.append(self._value(argument, type_))
                continue
            values.append(self._value(argument, type_) if param.mode == "IN OUT" else lambda x: None)
            outs.append((param.name, self._assigned(argument, type_, reads=param.mode == "IN OUT")))
        session = self.session

        def call(x: Execution) -> None:
            answer = session.call(bound, [value(x) for value in values])
            for name, store in outs:
                store(x, answer.outs[name])
            x.snapshot = session.snapshot()
        return call

    def _kind(self, node: Any) -> str | None:
        """Type name of an argument, None where the parameter decides."""
        if isinstance(node, ast.Literal):
            return None if node.value is None or node.type is None else node.type.name
        if isinstance(node, ast.BindRef):
            return None
        if isinstance(node, ast.ColumnRef) and node.table is None and node.name in self.types:
            return self.types[node.name].name
        try:
            code = self.compiler.compile(node)
        except OraError as error:
            if error.code in (3001, 6550):
                raise
            return None
        except KeyError:
            return None
        return None if types.is_null(code.type) else code.type.name

    def _application_error(self, node: ast.Call) -> Step:
        if not 2 <= len(node.args) <= 3:
            raise registry.compile_error("PLS-00306: wrong number or types of arguments in call to 'RAISE_APPLICATION_ERROR'",
                                         self._line(node))
        number, message = self._value(node.args[0], types.NUMBER), self._value(node.args[1], types.of_family("S"))

        def fail(x: Execution) -> None:
            code = int(number(x) or 0)
            if not -20999 <= code <= -20000:
                raise OraError(21000, f"error number argument to raise_application_error of {code} is out of range")
            raise OraError(-code, (message(x) or "")[:2048])
        return fail

    # --- SQL ---

    def _sql(self, node: ast.SqlStatement) -> Step:
        statement = node.statement
        if node.bulk:
            raise not_simulated("BULK COLLECT")
        if isinstance(statement, (ast.Control, ast.LockTable)):
            return lambda x: control.execute(self.session, statement)
        inner = self.sql_compilation()
        if isinstance(statement, ast.Query):
            plan = inner.query(statement, self._around())
            if len(plan.columns) != len(node.into):
                raise OraError(947, "not enough values") if len(plan.columns) < len(node.into) else OraError(913, "too many values")
            stores = [self._assigned(target, column.type) for target, column in zip(node.into, plan.columns)]
            return lambda x: select_into(self.session, plan, stores, x)
        inner.embedded = self.scope.variables
        change = compile_change(inner, statement)
        into = getattr(statement, "returning", None)
        stores = [self._assigned(target, types.NULL) for target in into.into] if into else []
        return lambda x: change_into(self.session, change, stores, x)

    def _execute_immediate(self, node: ast.ExecuteImmediate) -> Step:
        if node.bulk:
            raise not_simulated("BULK COLLECT")
        text = self._value(node.statement, types.of_family("S") if self._kind(node.statement) != "CLOB" else types.CLOB)
        using = [(self._value(item.value, self.compiler.compile(item.value).type), item) for item in node.using]
        outs = {position: self._assigned(item.value, types.NULL) for position, item in enumerate(node.using) if item.mode != "IN"}
        into = [self._target(target) for target in node.into]
        back = [self._target(target)[0] for target in node.returning]
        session = self.session

        def execute(x: Execution) -> None:
            statement = session.parse(text(x) or "")
            values = [value(x) for value, _ in using]
            outer_text = session.sql_text
            described = [Bind(name, convert.type_of(value)) for name, value in zip(statement.bind_names, values)]
            outcome = session.execute(statement, described, [values])
            session.sql_text, session.status = outer_text, "ACTIVE"
            for position, assign in outs.items():
                assign(x, outcome.out.get(statement.bind_names[position]))
            if outcome.result is not None and into:
                fetch_into(list(zip(into, outcome.result.columns)), outcome.result.rows, x)
            if back and outcome.returning and outcome.returning[0]:
                for store, value in zip(back, outcome.returning[0][0]):
                    store(x, value)
            x.variables["SQL%ROWCOUNT"] = outcome.rowcount
            x.snapshot = session.snapshot()
        return execute


_STATEMENTS: Final[dict[type, Callable[[Block, Any], Step]]] = {
    ast.Null: Block._null, ast.Assign: Block._assign, ast.Call: Block._call, ast.SqlStatement: Block._sql,
    ast.ExecuteImmediate: Block._execute_immediate, **CONTROL}

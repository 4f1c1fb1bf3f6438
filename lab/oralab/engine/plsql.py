# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Anonymous PL/SQL blocks and CALL: sequences of calls, assignments, SQL statements and EXECUTE IMMEDIATE.

A block is compiled as a whole before its first statement runs, so that a wrong name anywhere is ORA-06550 and nothing has happened
(documented). What the server really keeps of stored code is text: a stored procedure runs only when it is without parameters and its
body is such a block itself.
"""
from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from oralab.api import IN, IN_OUT, OUT, Bind, Outcome, Result
from oralab.catalog import model
from oralab.engine import control, convert, types
from oralab.engine.changes import compile_change
from oralab.engine.code import Code, Emitter, Execution
from oralab.engine.compilation import Compilation
from oralab.engine.plsql_run import EXCEPTIONS, as_owner, change_into, fetch_into, fitting, plsql_error, select_into
from oralab.engine.scope import Scope
from oralab.errors import OraError, not_simulated
from oralab.packages import registry
from oralab.sql import ast, parse
from oralab.values import DataType

Step = Callable[[Execution], None]
_WITHOUT_STACK: Final = (28, 1013, 3001, 6550)


class _Return(Exception):
    """RETURN."""


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


class Block:
    """A compiled block. ``parameters`` are variables given from outside, of which ``fixed`` ones cannot be assigned."""

    def __init__(self, session: Any, node: ast.Block, text: str, bind_types: Sequence[DataType],
                 parameters: Mapping[str, DataType] | None = None, fixed: Sequence[str] = ()) -> None:
        self.session = session
        self.node = node
        self.text = text
        self.emitter = Emitter()
        self.compilation = Compilation(session, bind_types, plsql=True, emitter=self.emitter)
        self.scope = Scope()
        self.scope.variables = {name: Code(f"x.variables[{name!r}]", type_) for name, type_ in (parameters or {}).items()}
        self.compiler = self.compilation.expressions(self.scope)
        self.types: dict[str, DataType] = dict(parameters or {})
        self.constants: set[str] = set(fixed)
        self.directions: dict[int, int] = {}
        self.steps: list[tuple[Step, int]] = []
        for declaration in node.declarations:
            self._declare(declaration)
        for statement in node.statements:
            self.steps.append((self._compile(statement), self._line(statement)))

    def run(self, x: Execution) -> None:
        for step, line in self.steps:
            x.poll()
            x._now = None
            x.cache.clear()
            try:
                step(x)
            except _Return:
                return
            except OraError as error:
                if error.code not in _WITHOUT_STACK and not self.node.call:
                    error.stack.append(f"ORA-06512: at line {line}")
                raise

    def _line(self, statement: Any) -> int:
        offset = getattr(statement, "offset", 0) or getattr(getattr(statement, "target", None), "offset", 0)
        return self.text[:offset].count("\n") + 1

    # --- declarations ---

    def _declare(self, node: ast.VarDecl) -> None:
        type_ = node.type if node.anchor is None else self._anchored(node.anchor)
        if type_ is None:
            raise not_simulated(f"the declaration of {node.name}")
        if registry.opaque(type_.owner, type_.name):
            type_ = DataType(type_.name)
        elif type_.owner is not None or types.family(type_) == "X" and type_.name != "XMLTYPE":
            raise not_simulated(f"variables of type {type_.name}")
        store = self._store(node.name, type_)
        default = self._value(node.default, type_) if node.default is not None else None
        self.scope.variables[node.name] = Code(f"x.variables[{node.name!r}]", type_)
        self.types[node.name] = type_

        def initialise(x: Execution) -> None:
            store(x, default(x) if default is not None else None)
        if node.constant:
            self.constants.add(node.name)
        self.steps.append((initialise, 1))

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

        def store(x: Execution, value: Any) -> None:
            x.variables[name] = value if value is None or fit is None else fit(value)
        return store

    # --- values and targets ---

    def _value(self, node: Any, type_: DataType) -> Callable[[Execution], Any]:
        """An expression, or for a BOOLEAN a condition, converted to a type."""
        if type_.name == "BOOLEAN":
            return self._boolean(node)
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

    def _return(self, node: ast.Return) -> Step:
        def leave(x: Execution) -> None:
            raise _Return
        return leave

    def _raise(self, node: ast.Raise) -> Step:
        if node.name not in EXCEPTIONS:
            raise registry.compile_error(f"PLS-00201: identifier '{node.name}' must be declared")
        code, message = EXCEPTIONS[node.name]

        def fail(x: Execution) -> None:
            raise OraError(code, message)
        return fail

    def _assign(self, node: ast.Assign) -> Step:
        if self.node.call and isinstance(node.value, ast.FunctionCall) and node.value.package is None:
            raise not_simulated(f"the function {node.value.name}")
        store, type_ = self._target(node.target)
        if isinstance(node.target, ast.BindRef) and type_.name == "REF CURSOR":
            raise not_simulated("assignment of cursors")
        value = self._value(node.value, type_)
        return lambda x: store(x, value(x))

    def _call(self, node: ast.Call) -> Step:
        if node.dblink:
            raise not_simulated(f"a procedure at database link {node.dblink}")
        if node.package is None and node.name == "RAISE_APPLICATION_ERROR":
            return self._application_error(node)
        package = node.package
        if package is None or package not in registry.packages() or node.schema not in (None, "SYS", registry.packages()[package].owner):
            return self._stored_procedure(node)
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

    def _stored_procedure(self, node: ast.Call) -> Step:
        """A procedure of the schema: runs when it takes nothing and its body is a block of this form."""
        name = ".".join(part for part in (node.schema, node.package, node.name) if part)
        catalog = self.session.catalog
        found = catalog.find(self.session, node.schema or node.package, node.name)
        if found is None and node.package is not None:
            found = catalog.find(self.session, node.schema, node.package)
        if not isinstance(found, model.StoredUnit):
            raise registry.compile_error(f"PLS-00201: identifier '{name}' must be declared", self._line(node))
        try:
            catalog.require(self.session, "EXECUTE", found)
        except OraError:
            raise registry.compile_error(f"PLS-00201: identifier '{name}' must be declared", self._line(node)) from None
        if found.status != "VALID":
            raise registry.compile_error(f"PLS-00905: object {found.owner}.{found.name} is invalid", self._line(node))
        match = re.fullmatch(r"PROCEDURE\s+[\w$#\".]+\s+(?:AUTHID\s+\w+\s+)?(?:IS|AS)\s+(.*)", found.source.strip(),
                             re.IGNORECASE | re.DOTALL)
        if found.type != "PROCEDURE" or match is None or node.args or node.named:
            raise not_simulated(f"running the stored {found.type.lower()} {found.owner}.{found.name}")
        body = match[1].strip()
        text = body if body.upper().startswith("BEGIN") else "DECLARE " + body
        block = parse(text, self.session.database.release)
        if not isinstance(block, ast.Block):
            raise not_simulated(f"running the stored procedure {found.owner}.{found.name}")
        return lambda x: _as_definer(self.session, found, block, text)

    # --- SQL ---

    def _sql(self, node: ast.SqlStatement) -> Step:
        statement = node.statement
        if node.bulk:
            raise not_simulated("BULK COLLECT")
        if isinstance(statement, (ast.Control, ast.LockTable)):
            return lambda x: control.execute(self.session, statement)
        inner = Compilation(self.session, self.compilation.bind_types, emitter=self.emitter)
        around = Scope()
        around.variables = self.scope.variables
        if isinstance(statement, ast.Query):
            plan = inner.query(statement, around)
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

    def _open(self, node: ast.OpenCursor) -> Step:
        store, type_ = self._target(node.target)
        if type_.name not in ("REF CURSOR", "SYS_REFCURSOR"):
            raise registry.compile_error("PLS-00382: expression is of wrong type")
        session = self.session
        if isinstance(node.statement, ast.Query):
            inner = Compilation(session, self.compilation.bind_types, emitter=self.emitter)
            around = Scope()
            around.variables = self.scope.variables
            plan = inner.query(node.statement, around)

            def open_(x: Execution) -> None:
                own = session.execution(x.binds)
                own.variables = dict(x.variables)
                store(x, Result(plan.columns, plan.run(own)))
            return open_
        text = self._value(node.statement, types.of_family("S"))
        using = [self._value(item.value, self.compiler.compile(item.value).type) for item in node.using]

        def open_dynamic(x: Execution) -> None:
            statement = session.parse(text(x) or "")
            values = [value(x) for value in using]
            described = [Bind(name, convert.type_of(value)) for name, value in zip(statement.bind_names, values)]
            store(x, session.execute(statement, described, [values]).result)
        return open_dynamic


def _as_definer(session: Any, unit: model.StoredUnit, block: ast.Block, text: str) -> None:
    """Run a stored procedure's block with its owner's rights, without roles (documented), or the caller's for AUTHID CURRENT_USER."""
    try:
        with as_owner(session, unit.owner) if unit.authid != "CURRENT_USER" else contextlib.nullcontext():
            run_block(session, block, text, [], [])
    except OraError as error:
        error.stack = [line.replace("at line", f'at "{unit.owner}.{unit.name}", line') for line in error.stack]
        raise


_STATEMENTS: Final[dict[type, Callable[[Block, Any], Step]]] = {
    ast.Null: Block._null, ast.Return: Block._return, ast.Raise: Block._raise, ast.Assign: Block._assign, ast.Call: Block._call,
    ast.SqlStatement: Block._sql, ast.ExecuteImmediate: Block._execute_immediate, ast.OpenCursor: Block._open}

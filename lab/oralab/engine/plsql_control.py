# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control statements, cursors and exception handlers of PL/SQL blocks."""
from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, cast

from oralab.api import Bind, Result
from oralab.engine import convert, types
from oralab.engine.code import Code, Execution
from oralab.engine.compilation import Compilation
from oralab.engine.plsql_collections import Collection
from oralab.engine.plsql_run import EXCEPTIONS
from oralab.engine.scope import Scope
from oralab.errors import OraError, not_simulated
from oralab.packages import registry
from oralab.sql import ast
from oralab.values import DataType

Step = Callable[[Execution], None]
Steps = Sequence[tuple[Step, int]]
Handlers = Sequence[tuple[Callable[[OraError], bool], Steps]]
CURSOR: Final = DataType("REF CURSOR")
_NEVER_HANDLED: Final = (28, 1013, 3001, 6550)
"""Errors that leave a block whatever it handles: of the session, and what the lab does not know."""
SQL_STATE: Final = {
    "SQLCODE": Code("x.variables.get('SQLCODE', 0)", types.NUMBER, False),
    "SQLERRM": Code("x.variables.get('SQLERRM', 'ORA-0000: normal, successful completion')", DataType("VARCHAR2", 512), False)}


class Returned(Exception):
    """RETURN."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class _Left(Exception):
    """EXIT or CONTINUE of the loop with a label, or of the innermost one."""

    def __init__(self, again: bool, label: str | None) -> None:
        super().__init__()
        self.again, self.label = again, label


@dataclasses.dataclass(eq=False, slots=True)
class UserException:
    """An exception that a block declares; ``code`` by PRAGMA EXCEPTION_INIT."""

    code: int = 0

    def error(self) -> OraError:
        found = OraError(-self.code, "") if self.code else OraError(6510, "PL/SQL: unhandled user-defined exception")
        found.exception = self  # type: ignore[attr-defined]
        return found


@dataclasses.dataclass(slots=True)
class Opened(Result):
    """An open cursor of PL/SQL; what its attributes tell."""

    found: bool | None = None
    count: int = 0


def _attribute(name: str) -> Callable[[Any], Any]:
    def tell(cursor: Any) -> Any:
        if name == "%ISOPEN":
            return cursor is not None
        if cursor is None:
            raise OraError(1001, "invalid cursor")
        found, count = (cursor.found, cursor.count) if isinstance(cursor, Opened) else (None, 0)
        return count if name == "%ROWCOUNT" else found if name == "%FOUND" or found is None else not found
    return tell


class Control:
    """The part of ``Block`` that compiles control statements."""

    session: Any
    node: Any
    emitter: Any
    compilation: Any
    compiler: Any
    scope: Scope
    types: dict[str, DataType]
    constants: set[str]
    slots: dict[str, str]
    steps: list[tuple[Step, int]]
    collections: dict[str, Collection]
    cursors: dict[str, ast.Query]
    exceptions: dict[str, UserException]
    returns: DataType | None
    _boolean: Callable[[Any], Callable[[Execution], Any]]
    _value: Callable[[Any, DataType], Callable[[Execution], Any]]
    _target: Callable[..., tuple[Callable[[Execution, Any], None], DataType]]
    _compile: Callable[[Any], Step]
    _line: Callable[[Any], int]
    run_steps: Callable[[Steps, Execution], None]
    add_variable: Callable[[str, DataType], None]
    type_of: Callable[[ast.VarDecl], DataType]
    _variable: Callable[[ast.VarDecl], None]
    add_routine: Callable[[ast.Subprogram], None]

    # --- blocks ---

    def _parts(self, node: ast.Block) -> tuple[Steps, Steps, Handlers]:
        """Steps of the declarations and of the statements, and the handlers."""
        declared: list[tuple[Step, int]] = []
        self.steps = declared
        for declaration in node.declarations:
            self._declare(declaration)
        return declared, self._all(node.statements), [self._handler(handler) for handler in node.handlers]

    def _all(self, statements: Sequence[Any]) -> Steps:
        return [(self._compile(statement), self._line(statement)) for statement in statements]

    @contextlib.contextmanager
    def _names(self) -> Iterator[None]:
        """Names that are declared within are forgotten afterwards."""
        kept = (dict(self.scope.variables), dict(self.types), dict(self.slots), set(self.constants), dict(self.exceptions),
                dict(self.collections), dict(self.cursors), self.steps)
        try:
            yield
        finally:
            (self.scope.variables, self.types, self.slots, self.constants, self.exceptions, self.collections, self.cursors,
             self.steps) = kept

    def _block(self, node: ast.Block) -> Step:
        with self._names():
            parts = self._parts(node)
        return lambda x: self._guarded(*parts, x)

    def _guarded(self, declared: Steps, body: Steps, handlers: Handlers, x: Execution) -> None:
        """Run a block; its handlers see the errors of its statements, not those of its declarations (documented)."""
        self.run_steps(declared, x)
        try:
            self.run_steps(body, x)
        except OraError as error:
            chosen = next((steps for test, steps in handlers if test(error)), None)
            if chosen is None or error.code in _NEVER_HANDLED:
                raise
            kept: dict[str, Any] = {name: x.variables.get(name) for name in ("SQLCODE", "SQLERRM", "error") if name in x.variables}
            user = getattr(error, "exception", None)
            x.variables["SQLCODE"] = 1 if user and not user.code else 100 if error.code == 1403 else -error.code
            x.variables["SQLERRM"] = "User-Defined Exception" if user and not user.code else f"ORA-{error.code:05d}: {error.message}"
            x.variables["error"] = error
            self.run_steps(chosen, x)
            for name in ("SQLCODE", "SQLERRM", "error"):
                x.variables.pop(name, None)
            x.variables |= kept

    def _handler(self, node: ast.Handler) -> tuple[Callable[[OraError], bool], Steps]:
        tests = [self._handles(name) for name in node.names]
        return (lambda error: any(test(error) for test in tests)), self._all(node.body)

    def _handles(self, name: str) -> Callable[[OraError], bool]:
        if name == "OTHERS":
            return lambda error: True
        own = self.exceptions.get(name)
        if own is not None:
            return lambda error: getattr(error, "exception", None) is own or bool(own.code) and error.code == -own.code
        if name not in EXCEPTIONS:
            raise registry.compile_error(f"PLS-00201: identifier '{name}' must be declared")
        code = EXCEPTIONS[name][0]
        return lambda error: error.code == code

    # --- declarations ---

    def _declare(self, node: Any) -> None:
        if isinstance(node, ast.VarDecl):
            self._variable(node)
        elif isinstance(node, ast.CollectionType):
            self.collections[node.name] = Collection(self.type_of(node.element), node.text_key)
        elif isinstance(node, ast.ExceptionDecl):
            self.exceptions[node.name] = UserException()
        elif isinstance(node, ast.ExceptionInit):
            if node.name not in self.exceptions:
                raise registry.compile_error(f"PLS-00201: identifier '{node.name}' must be declared")
            self.exceptions[node.name].code = node.code
        elif isinstance(node, ast.CursorDecl):
            self._variable(ast.VarDecl(node.name, CURSOR))
            self.cursors[node.name] = node.query
        else:
            self.add_routine(node)

    def collection_type(self, type_: DataType | None) -> Collection | None:
        if type_ is None or type_.owner is None:
            return None
        return self.collections.get(f"{type_.owner}.{type_.name}" if type_.owner else type_.name)

    # --- IF, CASE, loops ---

    def _if(self, node: ast.If) -> Step:
        branches = [(self._boolean(test), self._all(body)) for test, body in node.branches]
        otherwise = self._all(node.otherwise)

        def choose(x: Execution) -> None:
            self.run_steps(next((body for test, body in branches if test(x)), otherwise), x)
        return choose

    def _case(self, node: ast.CaseStatement) -> Step:
        selector = node.selector
        branches = [(self._boolean(test if selector is None else ast.Compare("=", selector, cast(ast.Expression, test))), self._all(body))
                    for test, body in node.branches]
        otherwise = None if node.otherwise is None else self._all(node.otherwise)

        def choose(x: Execution) -> None:
            body = next((body for test, body in branches if test(x)), otherwise)
            if body is None:
                raise OraError(6592, "CASE not found while executing CASE statement")
            self.run_steps(body, x)
        return choose

    def _turn(self, body: Steps, label: str | None, x: Execution) -> bool:
        """One turn of a loop; whether EXIT ended the loop."""
        try:
            self.run_steps(body, x)
        except _Left as left:
            if left.label not in (None, label):
                raise
            return not left.again
        return False

    def _loop(self, node: ast.Loop) -> Step:
        test, body = self._boolean(node.test) if node.test is not None else lambda x: True, self._all(node.body)

        def run(x: Execution) -> None:
            while test(x) and not self._turn(body, node.label, x):
                x.cache.clear()
        return run

    def _for_range(self, node: ast.ForRange) -> Step:
        low, high = self._value(node.low, types.INTEGER), self._value(node.high, types.INTEGER)
        with self._names():
            self.add_variable(node.name, types.INTEGER)
            self.constants.add(node.name)
            slot, body = self.slots[node.name], self._all(node.body)

        def run(x: Execution) -> None:
            first, last = low(x), high(x)
            if first is None or last is None:
                raise OraError(6502, "PL/SQL: numeric or value error")
            turns = range(round(first), round(last) + 1)
            for number in reversed(turns) if node.reverse else turns:
                x.variables[slot] = number
                if self._turn(body, node.label, x):
                    return
        return run

    def _for_query(self, node: ast.ForQuery) -> Step:
        query = self.cursors.get(node.source) if isinstance(node.source, str) else node.source
        if query is None:
            raise registry.compile_error(f"PLS-00201: identifier '{node.source}' must be declared")
        plan = self.sql_compilation().query(query, self._around())
        with self._names():
            slots = []
            for column in plan.columns:
                self.add_variable(f"{node.name}.{column.name}", column.type)
                slots.append(self.slots[f"{node.name}.{column.name}"])
            body = self._all(node.body)

        def run(x: Execution) -> None:
            for row in plan.run(self._own(x)):
                x.variables.update(zip(slots, row))
                if self._turn(body, node.label, x):
                    return
        return run

    def _leave(self, node: ast.Leave) -> Step:
        when = self._boolean(node.when) if node.when is not None else lambda x: True

        def leave(x: Execution) -> None:
            if when(x):
                raise _Left(node.again, node.label)
        return leave

    def _return(self, node: ast.Return) -> Step:
        if (node.value is not None) != (self.returns is not None):
            complaint = "PLS-00503: RETURN <value> statement is required for this return from function" if self.returns else \
                "PLS-00372: In a procedure, RETURN statement cannot contain an expression"
            raise registry.compile_error(complaint)
        value = self._value(node.value, self.returns) if self.returns is not None else lambda x: None

        def leave(x: Execution) -> None:
            raise Returned(value(x))
        return leave

    def _raise(self, node: ast.Raise) -> Step:
        if node.name is not None and node.name not in self.exceptions and node.name not in EXCEPTIONS:
            raise registry.compile_error(f"PLS-00201: identifier '{node.name}' must be declared")
        own = self.exceptions.get(node.name or "")

        def fail(x: Execution) -> None:
            if node.name is None:
                raise x.variables["error"]
            raise own.error() if own is not None else OraError(*EXCEPTIONS[node.name])
        return fail

    # --- collections ---

    def _assign_element(self, node: ast.AssignElement) -> Step:
        target = node.target
        collection = self.collection_type(self.types.get(target.name)) if target.package is None else None
        if collection is None or len(target.args) != 1:
            raise not_simulated("assignment to this expression")
        if target.name in self.constants:
            raise registry.compile_error(f"PLS-00363: expression '{target.name}' cannot be used as an assignment target")
        read = self.emitter.function(self.scope.variables[target.name].text)
        key, value = self._value(target.args[0], collection.key), self._value(node.value, collection.element)

        def assign(x: Execution) -> None:
            place = key(x)
            if place is None:
                raise OraError(6502, "PL/SQL: numeric or value error: NULL index table key value")
            read((), x)[place] = value(x)
        return assign

    def _delete(self, node: ast.Call) -> Step:
        """``a.DELETE`` and ``a.DELETE(key)``."""
        collection = self.collection_type(self.types[node.package or ""])
        if node.name != "DELETE" or collection is None or len(node.args) > 1:
            raise not_simulated(f"the collection method {node.name}")
        read = self.emitter.function(self.scope.variables[node.package or ""].text)
        key = self._value(node.args[0], collection.key) if node.args else None
        return lambda x: read((), x).clear() if key is None else read((), x).pop(key(x), None)

    # --- cursors ---

    def sql_compilation(self) -> Compilation:
        """For a SQL statement within the block."""
        inner = Compilation(self.session, self.compilation.bind_types, emitter=self.emitter)
        inner.block = self
        return inner

    def _around(self) -> Scope:
        around = Scope()
        around.variables = self.scope.variables
        return around

    def _own(self, x: Execution) -> Execution:
        own: Execution = self.session.execution(x.binds)
        own.variables = dict(x.variables)
        return own

    def cursor_attribute(self, node: ast.Pseudo) -> Code:
        variable = self.scope.variables.get(node.table or "")
        if variable is None or variable.type.name not in ("REF CURSOR", "SYS_REFCURSOR"):
            raise registry.compile_error(f"PLS-00201: identifier '{node.table}' must be declared")
        text = f"{self.emitter.constant(_attribute(node.name))}({variable.text})"
        return Code(text, types.NUMBER if node.name == "%ROWCOUNT" else DataType("BOOLEAN"))

    def _cursor(self, node: Any) -> tuple[Callable[[Execution], Any], Callable[[Execution, Any], None] | None]:
        """How to read and to set a cursor; a parameter that cannot be set can still be closed."""
        if isinstance(node, ast.ColumnRef) and node.table is None and node.name in self.constants:
            read = self.emitter.function(self.scope.variables[node.name].text)
            return lambda x: read((), x), None
        store, type_ = self._target(node)
        if type_.name not in ("REF CURSOR", "SYS_REFCURSOR"):
            raise registry.compile_error("PLS-00382: expression is of wrong type")
        if isinstance(node, ast.BindRef):
            return lambda x: x.binds[node.index], store
        read = self.emitter.function(self.scope.variables[node.name].text)
        return lambda x: read((), x), store

    def _open(self, node: ast.OpenCursor) -> Step:
        read, store = self._cursor(node.target)
        if store is None:
            raise registry.compile_error("PLS-00361: IN cursor cannot be OPEN'ed")
        session = self.session
        declared = isinstance(node.target, ast.ColumnRef) and node.statement is None
        query = self.cursors.get(node.target.name) if declared else node.statement
        if isinstance(query, ast.Query):
            plan = self.sql_compilation().query(query, self._around())

            def open_(x: Execution) -> None:
                if declared and read(x) is not None:
                    raise OraError(6511, "PL/SQL: cursor already open")
                store(x, Opened(plan.columns, plan.run(self._own(x))))
            return open_
        if query is None:
            raise registry.compile_error("PLS-00382: expression is of wrong type")
        text = self._value(query, types.of_family("S"))
        using = [self._value(item.value, self.compiler.compile(item.value).type) for item in node.using]

        def open_dynamic(x: Execution) -> None:
            statement = session.parse(text(x) or "")
            values = [value(x) for value in using]
            described = [Bind(name, convert.type_of(value)) for name, value in zip(statement.bind_names, values)]
            result = session.execute(statement, described, [values]).result
            store(x, Opened(result.columns, result.rows))
        return open_dynamic

    def _fetch(self, node: ast.FetchCursor) -> Step:
        read, _ = self._cursor(node.cursor)
        targets = [self._target(target) for target in node.into]

        def fetch(x: Execution) -> None:
            cursor = read(x)
            if not isinstance(cursor, Opened):
                raise OraError(1001, "invalid cursor")
            if len(cursor.columns) != len(targets):
                raise OraError(6504, "PL/SQL: Return types of Result Set variables or query do not match")
            row = next(cursor.rows, None)
            cursor.found = row is not None
            if row is None:
                return
            cursor.count += 1
            for (store, type_), column, value in zip(targets, cursor.columns, row):
                if value is not None and types.family(type_) not in "XKO":
                    value = convert.convert(value, column.type, type_, x)
                store(x, value)
        return fetch

    def _close(self, node: ast.CloseCursor) -> Step:
        read, store = self._cursor(node.cursor)

        def close(x: Execution) -> None:
            cursor = read(x)
            if cursor is None:
                raise OraError(1001, "invalid cursor")
            cursor.rows = iter(())
            if store is not None:
                store(x, None)
        return close


CONTROL: Final[dict[type, Callable[[Any, Any], Step]]] = {
    ast.Block: Control._block, ast.If: Control._if, ast.CaseStatement: Control._case, ast.Loop: Control._loop,
    ast.ForRange: Control._for_range, ast.ForQuery: Control._for_query, ast.Leave: Control._leave, ast.Return: Control._return,
    ast.Raise: Control._raise, ast.AssignElement: Control._assign_element, ast.OpenCursor: Control._open, ast.FetchCursor: Control._fetch,
    ast.CloseCursor: Control._close}

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Index tables of PL/SQL: dictionaries of elements by key. Reading a key that is not there is ORA-01403 (documented)."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

from oralab.engine import convert, types
from oralab.engine.code import Code, Execution
from oralab.errors import OraError, not_simulated
from oralab.packages import registry
from oralab.sql import ast
from oralab.values import DataType

Elements = dict[Any, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Collection:
    """TYPE ... IS TABLE OF ``element`` INDEX BY a number or (``text_key``) a string."""

    element: DataType
    text_key: bool = False

    @property
    def key(self) -> DataType:
        return types.of_family("S") if self.text_key else types.INTEGER

    def value(self, block: Any, node: Any, type_: DataType) -> Callable[[Execution], Elements]:
        """A whole collection: a variable of the same type, or a bind, whose elements are numbered from 1."""
        if isinstance(node, ast.BindRef):
            source = block.compilation.bind_type(node)
            return lambda x: {key: self._converted(value, source, x) for key, value in enumerate(x.binds[node.index] or (), 1)}
        if isinstance(node, ast.ColumnRef) and node.table is None and block.types.get(node.name) == type_:
            read = block.emitter.function(block.scope.variables[node.name].text)
            return lambda x: dict(read((), x))
        if isinstance(node, (ast.ColumnRef, ast.Literal)):
            raise registry.compile_error("PLS-00382: expression is of wrong type")
        raise not_simulated("this expression of a collection")

    def _converted(self, value: Any, source: DataType, x: Execution) -> Any:
        if value is None or isinstance(value, bool) or types.family(source) == types.family(self.element):
            return value
        return convert.convert(value, source, self.element, x)


def get(elements: Elements, key: Any) -> Any:
    if key is None:
        raise OraError(6502, "PL/SQL: numeric or value error: NULL index table key value")
    try:
        return elements[key]
    except KeyError:
        raise OraError(1403, "no data found") from None


def _beside(elements: Elements, key: Any, later: bool) -> Any:
    keys = [one for one in elements if (one > key if later else one < key)]
    return (min(keys) if later else max(keys)) if keys else None


ATTRIBUTES: Final[dict[str, Callable[[Elements], Any]]] = {
    "COUNT": len, "FIRST": lambda elements: min(elements, default=None), "LAST": lambda elements: max(elements, default=None)}
METHODS: Final[dict[str, Callable[[Elements, Any], Any]]] = {
    "EXISTS": lambda elements, key: key in elements, "NEXT": lambda elements, key: _beside(elements, key, True),
    "PRIOR": lambda elements, key: _beside(elements, key, False)}


def attribute(compiler: Any, variable: Code, collection: Collection, name: str) -> Code | None:
    """``a.COUNT`` and its like; None for another word."""
    if name not in ATTRIBUTES:
        return None
    text = f"{compiler.emitter.constant(ATTRIBUTES[name])}({variable.text})"
    return Code(text, types.NUMBER if name == "COUNT" else collection.key)


def element(compiler: Any, variable: Code, collection: Collection, node: ast.FunctionCall) -> Code:
    """``a(key)``, or ``a.EXISTS(key)`` and its like."""
    if len(node.args) != 1 or node.named:
        raise registry.compile_error("PLS-00306: wrong number or types of arguments in call to '" + node.name + "'")
    key = compiler.emitter.converted(compiler.compile(node.args[0]), collection.key).text
    function: Callable[[Elements, Any], Any] = get
    type_ = collection.element
    if node.package is not None:
        if node.name not in METHODS:
            raise not_simulated(f"the collection method {node.name}")
        function, type_ = METHODS[node.name], DataType("BOOLEAN") if node.name == "EXISTS" else collection.key
    return Code(f"{compiler.emitter.constant(function)}({variable.text}, {key})", type_)

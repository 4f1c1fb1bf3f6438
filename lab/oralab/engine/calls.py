# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Function calls: special forms, built-in functions, functions of supplied packages."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from oralab.engine import plsql_collections, types
from oralab.engine.code import UNKNOWN, Code
from oralab.engine.conditions import Conditions
from oralab.engine.functions.registry import Builtin, builtins
from oralab.engine.scope import invalid_identifier
from oralab.errors import OraError, not_simulated
from oralab.packages import registry
from oralab.sql import ast
from oralab.values import DataType

_PARAMETER_TYPES: Final = {"S": types.of_family("S"), "N": types.NUMBER, "D": types.DATE, "T": types.TIMESTAMP, "Z": types.TIMESTAMP_TZ,
                           "R": types.of_family("R"), "L": types.CLOB}


class Calls(Conditions):
    """The part of ``Expressions`` that compiles calls."""

    def convert(self, node: Any, target: DataType) -> Code:
        """An expression converted to another family."""
        return self.emitter.converted(self.compile(node), target)

    def function(self, node: ast.FunctionCall) -> Code:
        from oralab.engine import aggregates, special
        compiler: Any = self
        if node.dblink:
            raise not_simulated(f"a function at database link {node.dblink}")
        if node.package is None and node.schema is None:
            if node.over is not None:
                raise OraError(30483, "window  functions are not allowed here", offset=node.offset)
            if aggregates.is_aggregate(node):
                raise OraError(934, "group function is not allowed here", offset=node.offset)
            builder = special.BUILDERS.get(node.name)
            if builder is not None and (self.compilation.release != "12.1" or node.name not in special.NOT_IN_12_1):
                return builder(compiler, node)
        block = self.compilation.block
        if block is not None and node.schema is None:
            variable = block.scope.variables.get(node.package or node.name)
            collection = block.collection_type(variable.type) if variable is not None else None
            if collection is not None:
                return plsql_collections.element(self, variable, collection, node)
            if node.package is None and node.name in block.routines:
                return self.compilation.stored_function(compiler, node)
        name = f"{node.package}.{node.name}" if node.package else node.name
        found = builtins().get(name)
        if found is not None and (node.package is None or node.schema in (None, "SYS")) and not node.named:
            if node.package is not None:
                self.compilation.need_execute(node.package)
            return self._builtin(found, node)
        if node.package is not None and node.package in registry.packages():
            return self.package_function(node)
        return self.compilation.stored_function(compiler, node)

    def _builtin(self, found: Builtin, node: ast.FunctionCall) -> Code:
        if not found.takes(len(node.args)):
            if len(node.args) < found.minimum:
                raise OraError(938, "not enough arguments for function", offset=node.offset)
            raise OraError(939, "too many arguments for function", offset=node.offset)
        arguments = [self.argument(found.param(index), argument) for index, argument in enumerate(node.args)]
        type_ = found.type([argument.type for argument in arguments])
        folded = self._folded(found, arguments, type_)
        if folded is not None:
            return folded
        function = self.emitter.constant(found.function)
        first = "x, " if found.context else ""
        if not found.strict:
            return Code(f"{function}({first}{', '.join(argument.text for argument in arguments)})", type_)
        holes = ", ".join(f"{{{index}}}" for index in range(len(arguments)))
        text = self.emitter.strict(f"{function}({first}{holes})", *arguments)
        # Text functions may give the empty string, which is NULL.
        return Code(text, type_, types.family(type_) not in "NDTZIYC" or any(argument.nullable for argument in arguments))

    def _folded(self, found: Builtin, arguments: Sequence[Code], type_: DataType) -> Code | None:
        """The value of a function of constants; None when it depends on more, or fails (then at run time)."""
        if found.context or not arguments or any(argument.constant is UNKNOWN for argument in arguments):
            return None
        values = [argument.constant for argument in arguments]
        try:
            value = None if found.strict and None in values else found.function(*values)
        except OraError:
            return None
        return Code(self.emitter.literal(value), type_, value is None, value)

    def argument(self, letter: str, node: Any) -> Code:
        """An argument converted as the parameter's letter says (see ``functions.registry``)."""
        code = self.compile(node)
        family = code.family
        if letter == "A" or letter == "S" and family == "L" or letter == "M" and family in "NF" or letter == "R" and family == "B":
            return code
        if letter == "G":
            return code if family in types.DATETIMES else self.emitter.converted(code, types.DATE)
        return self.emitter.converted(code, _PARAMETER_TYPES["N" if letter == "M" else letter])

    def package_function(self, node: ast.FunctionCall) -> Code:
        """A function of a supplied package."""
        package = node.package or ""
        self.compilation.need_execute(package)
        codes = [self.compile(argument) for argument in (*node.args, *(argument for _, argument in node.named))]
        bound = self.compilation.bind_routine(package, node.name, len(node.args), [name for name, _ in node.named],
                                              [None if types.is_null(code.type) else code.type.name for code in codes])
        routine = bound.routine
        if routine.returns is None or not self.compilation.plsql and routine.returns == "BOOLEAN":
            raise invalid_identifier(package, node.name)
        texts = []
        for code, param in zip(codes, bound.params):
            if param.mode != "IN":
                raise OraError(6572, f"Function {node.name} has out arguments")
            texts.append(self.emitter.converted(code, self.compilation.parameter_type(param)).text)
        invoke = self.emitter.constant(self.compilation.caller(bound))
        return Code(f"{invoke}(x, [{', '.join(texts)}])", self.compilation.parameter_type(registry.Param("", routine.returns)))

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What names in expressions mean: columns, variables, binds, pseudocolumns, sequences."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from oralab.engine import convert, datetimes, plsql_collections, types
from oralab.engine.calls import Calls
from oralab.engine.code import Code
from oralab.engine.functions.registry import builtins
from oralab.engine.scope import Scope, Source, SourceColumn, invalid_identifier
from oralab.errors import OraError, not_simulated
from oralab.packages import registry
from oralab.sql import ast
from oralab.values import DataType

_PSEUDO: Final[dict[str, tuple[str, DataType]]] = {
    "SYSDATE": ("x.sysdate", types.DATE), "SYSTIMESTAMP": ("x.now", dataclasses.replace(types.TIMESTAMP_TZ, scale=6)),
    "CURRENT_DATE": ("x.current().moment", types.DATE), "USER": ("x.session.user", types.varchar(128)),
    "UID": ("x.session.user_id", types.NUMBER), "SESSIONTIMEZONE": ("x.zone", types.varchar(75)),
    "DBTIMEZONE": ("x.database_zone", types.varchar(6)),
}
_ROW_PSEUDO: Final = ("ROWNUM", "LEVEL", "CONNECT_BY_ISLEAF", "CONNECT_BY_ISCYCLE")


class Names(Calls):
    """The part of ``Expressions`` that compiles names."""

    def column(self, node: ast.ColumnRef) -> Code:
        if node.table == "\0":
            raise self.scope.grouped.error() if self.scope.grouped else invalid_identifier(node.name)
        scope: Scope | None = self.scope
        while scope is not None:
            found = scope.find(node)
            if found:
                return self._found(scope, node, found)
            scope = scope.parent
        return self._not_a_column(node)

    def _found(self, scope: Scope, node: ast.ColumnRef, found: list[tuple[Source, SourceColumn]]) -> Code:
        if len(found) > 1:
            return self._coalesced([self._found(scope, node, [one]) for one in found])
        source, column = found[0]
        if column.expression is not None:
            inner = Scope(scope.parent, definer=source.owner)
            inner.sources, inner.shift, inner.level, inner.grouped = [source], scope.shift, scope.level, scope.grouped
            if scope is not self.scope:
                inner = Scope(inner)
                self.scope.mark_outer(scope)
            code = self.compilation.expressions(inner).compile(column.expression)
            return Code(self.emitter.converted(code, column.type).text, column.type)
        slot = source.offset + column.index
        nullable = column.nullable
        if scope.grouped is not None and not scope.grouped.slots.get(ast.ColumnRef(str(slot), "\0")):
            raise scope.grouped.error()
        if scope.grouped is not None:
            slot, _, nullable = scope.grouped.slots[ast.ColumnRef(str(slot), "\0")]
        if scope is self.scope:
            return Code(f"r[{slot - scope.shift}]", column.type, nullable)
        self.scope.mark_outer(scope)
        return Code(f"x.outer[{scope.level}][{slot}]", column.type, nullable)

    def _coalesced(self, codes: Sequence[Code]) -> Code:
        name = self.emitter.temp()
        first, second = codes[0], codes[1]
        return Code(f"({name} if ({name} := {first.text}) is not None else {second.text})", first.type)

    def _not_a_column(self, node: ast.ColumnRef) -> Code:
        """A PL/SQL variable, a package constant, a function without arguments, or nothing at all."""
        if node.table is None and node.name in self.scope.variables:
            return self.scope.variables[node.name]
        if node.table is not None and node.schema is None and self.compilation.block is not None:
            found = self._of_a_variable(node.table, node.name)
            if found is not None:
                return found
        if node.table is not None:
            package = registry.packages().get(node.table)
            if package is not None and node.name in package.constants:
                if not self.compilation.plsql:
                    raise invalid_identifier(node.schema, node.table, node.name)
                value = package.constants[node.name]
                return Code(self.emitter.literal(value), convert.type_of(value), value is None, value)
            if registry.lookup(node.table, node.name):
                return self.function(ast.FunctionCall(node.name, package=node.table, schema=node.schema, offset=node.offset))
        elif node.name in builtins() and builtins()[node.name].takes(0):
            return self.function(ast.FunctionCall(node.name, offset=node.offset))
        compiler: Any = self
        return self.compilation.stored_function(compiler,
                                                ast.FunctionCall(node.name, package=node.table, schema=node.schema, offset=node.offset))

    def _of_a_variable(self, name: str, member: str) -> Code | None:
        """A field of a record, or an attribute of a collection."""
        variables = self.compilation.block.scope.variables
        if f"{name}.{member}" in variables:
            return variables[f"{name}.{member}"]  # type: ignore[no-any-return]
        collection = self.compilation.block.collection_type(variables[name].type) if name in variables else None
        return plsql_collections.attribute(self, variables[name], collection, member) if collection is not None else None

    def bind(self, node: ast.BindRef) -> Code:
        type_ = self.compilation.bind_type(node)
        return Code(f"x.binds[{node.index}]", type_)

    def pseudo(self, node: ast.Pseudo) -> Code:
        if node.name.startswith("%") and self.compilation.block is not None:
            return self.compilation.block.cursor_attribute(node)  # type: ignore[no-any-return]
        if node.name == "SQL%ROWCOUNT":
            return Code("x.variables.get('SQL%ROWCOUNT')", types.NUMBER)
        if node.name in _PSEUDO:
            text, type_ = _PSEUDO[node.name]
            return Code(text, type_, False)
        if node.name in ("CURRENT_TIMESTAMP", "LOCALTIMESTAMP"):
            digits = 6 if node.precision is None else node.precision
            rounded = f"{self.emitter.constant(datetimes.rounded)}(x.current(), {digits})"
            if node.name == "LOCALTIMESTAMP":
                return Code(f"drop_zone({rounded})", DataType("TIMESTAMP", scale=digits), False)
            return Code(rounded, DataType("TIMESTAMP WITH TIME ZONE", scale=digits), False)
        if node.name == "ROWID":
            return self._rowid(node)
        if node.name in _ROW_PSEUDO:
            if node.name in self.scope.extra and self.scope.grouped is None:
                return Code(f"r[{self.scope.extra[node.name]}]", types.NUMBER, node.name != "ROWNUM")
            if self.scope.grouped is not None and node.name in self.scope.extra:
                raise self.scope.grouped.error()
            raise OraError(976, "Specified pseudocolumn or operator not allowed here")
        raise not_simulated(f"the pseudocolumn {node.name}")

    def _rowid(self, node: ast.Pseudo) -> Code:
        scope: Scope | None = self.scope
        while scope is not None:
            sources = [source for source in scope.sources if node.table is None or source.answers_to(node.table, None)]
            if sources:
                if len(sources) > 1:
                    raise OraError(918, "column ambiguously defined", offset=node.offset)
                if sources[0].rowid is None:
                    raise OraError(1445, "cannot select ROWID from, or sample, a join view without a key-preserved table")
                slot = sources[0].offset + sources[0].rowid
                text = f"r[{slot - scope.shift}]"
                if scope is not self.scope:
                    self.scope.mark_outer(scope)
                    text = f"x.outer[{scope.level}][{slot}]"
                shown = self.emitter.constant(sources[0].relation.handle.rowid)
                return Code(self.emitter.strict(f"{shown}({{0}})", Code(text, types.NUMBER)), types.ROWID)
            scope = scope.parent
        raise invalid_identifier(node.table, "ROWID")

    def sequence(self, node: ast.SequenceRef) -> Code:
        session = self.compilation.session
        sequence = session.catalog.sequence(session, node.schema, node.name, definer=self.scope.definer)
        key = (sequence.owner, sequence.name)
        text = "currval"
        if node.next and key not in self.compilation.sequences:
            # A second NEXTVAL in the same row gives the same number (documented).
            self.compilation.sequences.add(key)
            text = "nextval"
        return Code(f"x.session.{text}({self.emitter.literal(sequence.owner)}, {self.emitter.literal(sequence.name)})", types.NUMBER, False)

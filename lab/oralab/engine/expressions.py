# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions as Python source, with Oracle's types, implicit conversions and NULLs."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from oralab.engine import convert, datetimes, numbers, types
from oralab.engine.calls import Calls
from oralab.engine.code import NULL_CODE, UNKNOWN, Code
from oralab.engine.functions import dates
from oralab.engine.functions.registry import builtins
from oralab.engine.functions.strings import char_limit
from oralab.engine.scope import Scope, Source, SourceColumn, invalid_identifier, rewrite
from oralab.errors import OraError, not_simulated
from oralab.packages import registry
from oralab.sql import ast
from oralab.values import DataType

if TYPE_CHECKING:
    from oralab.engine.compilation import Compilation

# Operands by family: template, and the family of the result ("" for that of the moment).
_ARITHMETIC: Final[dict[tuple[str, str, str], tuple[str, str]]] = {
    ("N", "+", "N"): ("add({0}, {1})", "N"), ("N", "-", "N"): ("sub({0}, {1})", "N"), ("N", "*", "N"): ("mul({0}, {1})", "N"),
    ("N", "/", "N"): ("div({0}, {1})", "N"), ("F", "+", "F"): ("{0} + {1}", "F"), ("F", "-", "F"): ("{0} - {1}", "F"),
    ("F", "*", "F"): ("{0} * {1}", "F"), ("F", "/", "F"): ("fdiv({0}, {1})", "F"),
    ("D", "+", "N"): ("date_add({0}, {1})", "D"), ("N", "+", "D"): ("date_add({1}, {0})", "D"), ("D", "-", "N"): ("date_sub({0}, {1})", "D"),
    ("D", "-", "D"): ("days_between({0}, {1})", "N"),
    ("D", "+", "I"): ("date_add_ds({0}, {1})", "D"), ("I", "+", "D"): ("date_add_ds({1}, {0})", "D"), ("D", "-", "I"): ("date_sub_ds({0}, {1})", "D"),
    ("D", "+", "Y"): ("date_add_ym({0}, {1})", "D"), ("Y", "+", "D"): ("date_add_ym({1}, {0})", "D"), ("D", "-", "Y"): ("date_sub_ym({0}, {1})", "D"),
    ("I", "+", "I"): ("ds_add({0}, {1})", "I"), ("I", "-", "I"): ("ds_sub({0}, {1})", "I"),
    ("Y", "+", "Y"): ("ym_add({0}, {1})", "Y"), ("Y", "-", "Y"): ("ym_sub({0}, {1})", "Y"),
    ("I", "*", "N"): ("interval_times({0}, {1})", "I"), ("N", "*", "I"): ("interval_times({1}, {0})", "I"),
    ("Y", "*", "N"): ("interval_times({0}, {1})", "Y"), ("N", "*", "Y"): ("interval_times({1}, {0})", "Y"),
    ("I", "/", "N"): ("interval_by({0}, {1})", "I"), ("Y", "/", "N"): ("interval_by({0}, {1})", "Y"),
}
for _letter in "TZC":
    _ARITHMETIC.update({
        (_letter, "+", "I"): ("ts_add({0}, {1})", _letter), ("I", "+", _letter): ("ts_add({1}, {0})", _letter),
        (_letter, "-", "I"): ("ts_sub({0}, {1})", _letter), (_letter, "+", "Y"): ("ts_add_ym({0}, {1})", _letter),
        ("Y", "+", _letter): ("ts_add_ym({1}, {0})", _letter), (_letter, "-", "Y"): ("ts_sub_ym({0}, {1})", _letter)})
_PSEUDO: Final[dict[str, tuple[str, DataType]]] = {
    "SYSDATE": ("x.sysdate", types.DATE), "SYSTIMESTAMP": ("x.now", dataclasses.replace(types.TIMESTAMP_TZ, scale=6)),
    "CURRENT_DATE": ("x.current().moment", types.DATE), "USER": ("x.session.user", types.varchar(128)),
    "UID": ("x.session.user_id", types.NUMBER), "SESSIONTIMEZONE": ("x.zone", types.varchar(75)),
    "DBTIMEZONE": ("x.database_zone", types.varchar(6)),
}
_ROW_PSEUDO: Final = ("ROWNUM", "LEVEL", "CONNECT_BY_ISLEAF", "CONNECT_BY_ISCYCLE")


class Expressions(Calls):
    """Compiles the expressions of one query block."""

    def __init__(self, compilation: Compilation, scope: Scope) -> None:
        self.compilation = compilation
        self.emitter = compilation.emitter
        self.scope = scope

    def compile(self, node: Any) -> Code:
        """An expression as source."""
        scope = self.scope
        if scope.windows is not None and isinstance(node, ast.FunctionCall) and node.over is not None:
            slot, type_ = scope.windows[self.canonical(node)]
            return Code(f"r[{slot}]", type_)
        if scope.shared and isinstance(node, ast.Binary):
            shared = scope.shared.get(self.canonical(node))
            if shared is not None:
                return shared
        if scope.grouped is not None and not isinstance(node, (ast.Literal, ast.BindRef)):
            found = scope.grouped.slots.get(self.canonical(node))
            if found is not None:
                return Code(f"r[{found[0]}]", found[1], found[2])
        try:
            method = _METHODS[type(node)]
        except KeyError:
            raise not_simulated(f"{type(node).__name__} as an expression") from None
        return method(self, node)

    def value(self, node: Any, target: DataType | None = None) -> Callable[..., Any]:
        """An expression as a function of row and execution."""
        code = self.compile(node)
        return self.emitter.function((self.emitter.converted(code, target) if target else code).text)

    def canonical(self, node: Any) -> Any:
        """The expression with columns of this block by slot, so that equal expressions are equal trees."""
        def visit(item: Any) -> Any:
            if isinstance(item, ast.ColumnRef) and item.table != "\0":
                found = self.scope.find(item)
                if len(found) == 1:
                    return ast.ColumnRef(str(found[0][0].offset + found[0][1].index), "\0")
                return None
            return None
        return rewrite(node, visit)

    # --- leaves ---

    def _literal(self, node: ast.Literal) -> Code:
        if node.value is None:
            return NULL_CODE
        return Code(self.emitter.literal(node.value), node.type or types.NULL, False, node.value)

    def _column(self, node: ast.ColumnRef) -> Code:
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
            code = Expressions(self.compilation, inner).compile(column.expression)
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
        if self.compilation.plsql and not self.scope.sources:
            text = ".".join(part for part in (node.schema, node.table, node.name) if part)
            raise registry.compile_error(f"PLS-00201: identifier '{text}' must be declared")
        error = invalid_identifier(node.schema, node.table, node.name)
        error.offset = node.offset
        raise error

    def _bind(self, node: ast.BindRef) -> Code:
        type_ = self.compilation.bind_type(node)
        return Code(f"x.binds[{node.index}]", type_)

    def _pseudo(self, node: ast.Pseudo) -> Code:
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

    def _sequence(self, node: ast.SequenceRef) -> Code:
        session = self.compilation.session
        sequence = session.catalog.sequence(session, node.schema, node.name, definer=self.scope.definer)
        key = (sequence.owner, sequence.name)
        text = "currval"
        if node.next and key not in self.compilation.sequences:
            # A second NEXTVAL in the same row gives the same number (documented).
            self.compilation.sequences.add(key)
            text = "nextval"
        return Code(f"x.session.{text}({self.emitter.literal(sequence.owner)}, {self.emitter.literal(sequence.name)})", types.NUMBER, False)

    # --- operators ---

    def _unary(self, node: ast.Unary) -> Code:
        if node.op == "PRIOR":
            if self.scope.prior is None:
                raise OraError(976, "Specified pseudocolumn or operator not allowed here")
            old = self.scope.shift
            self.scope.shift = old - self.scope.prior
            try:
                return self.compile(node.operand)
            finally:
                self.scope.shift = old
        if node.op == "CONNECT_BY_ROOT":
            if "ROOT" not in self.scope.extra:
                raise OraError(976, "Specified pseudocolumn or operator not allowed here")
            code = self.compile(node.operand)
            function = self.emitter.constant(self.emitter.function(code.text))
            return Code(f"{function}(r[{self.scope.extra['ROOT']}], x)", code.type, code.nullable)
        code = self.compile(node.operand)
        if code.family in "SL":
            code = self.emitter.converted(code, types.NUMBER)
        if code.family not in "NF":
            if code.family in "IY" and node.op == "-":
                return Code(self.emitter.strict("interval_times({0}, -1)", code), code.type, code.nullable)
            raise types.inconsistent(types.NUMBER, code.type)
        if node.op == "+":
            return code
        constant = -code.constant if isinstance(code.constant, (int, float)) else UNKNOWN
        return Code(self.emitter.strict("-{0}", code), code.type, code.nullable, constant)

    def _binary(self, node: ast.Binary) -> Code:
        if node.op == "||":
            return self._concatenation(node)
        left, right = self.compile(node.left), self.compile(node.right)
        if node.op == "**" or node.op == "MOD":
            template = "power({0}, {1})" if node.op == "**" else "modulo({0}, {1})"
            self.emitter.names.update(power=numbers.power, modulo=numbers.mod)
            pair = [self.emitter.converted(side, types.NUMBER) for side in (left, right)]
            return Code(self.emitter.strict(template, *pair), types.NUMBER)
        return self.arithmetic(node.op, left, right)

    def arithmetic(self, op: str, left: Code, right: Code) -> Code:
        """``left op right`` of + - * /."""
        left, right = (self.emitter.converted(side, types.NUMBER) if side.family in "SL" else side for side in (left, right))
        a, b = left.family, right.family
        if "F" in (a, b) and {a, b} <= {"N", "F"}:
            left, right = (self.emitter.converted(side, types.BINARY_DOUBLE) for side in (left, right))
            a = b = "F"
        elif a in "DTZC" and b in "DTZC" and op == "-" and a + b != "DD":
            wide = types.TIMESTAMP_TZ if set(a + b) & set("ZC") else types.TIMESTAMP
            pair = [self.emitter.converted(side, wide) for side in (left, right)]
            return Code(self.emitter.strict("ts_between({0}, {1})", *pair), types.INTERVAL_DS, left.nullable or right.nullable)
        elif a in "TZC" and b in "NF":
            left, a = self.emitter.converted(left, types.DATE), "D"
        elif b in "TZC" and a in "NF":
            right, b = self.emitter.converted(right, types.DATE), "D"
        if "F" in (a, b) and a != b:
            left, right = (self.emitter.converted(side, types.NUMBER) if side.family == "F" else side for side in (left, right))
            a, b = left.family, right.family
        found = _ARITHMETIC.get((a, op, b))
        if found is None:
            if op == "+" and a in "DTZC" and b in "DTZC":
                raise OraError(975, "date + date not allowed")
            raise types.inconsistent(types.NUMBER, left.type if a != "N" else right.type)
        template, result = found
        type_ = left.type if result == a else right.type if result == b else types.of_family(result)
        if result == "N":
            type_ = types.NUMBER
        elif result in "IY":
            type_ = types.of_family(result)
        return Code(self.emitter.strict(template, left, right), type_, left.nullable or right.nullable)

    def _concatenation(self, node: ast.Binary) -> Code:
        parts: list[Code] = []

        def collect(item: Any) -> None:
            if isinstance(item, ast.Binary) and item.op == "||" and (self.scope.grouped is None or self.canonical(item) not in self.scope.grouped.slots):
                collect(item.left)
                collect(item.right)
            else:
                parts.append(self.compile(item))
        collect(node)
        type_ = parts[0].type
        for part in parts[1:]:
            type_ = types.concatenated(type_, part.type)
        nullable = True
        texts: list[str] = []
        constants: list[Any] = []
        for part in parts:
            if part.family in "BRPKX" and part.family != "R":
                raise types.inconsistent("CHAR", part.type)
            text = part if part.family in "SL" else self.emitter.converted(part, types.of_family("S"))
            if text.text == "None":
                continue
            nullable = nullable and text.nullable
            if isinstance(text.constant, str) and constants and isinstance(constants[-1], str):
                constants[-1] += text.constant
                texts[-1] = repr(constants[-1])
                continue
            constants.append(text.constant)
            texts.append(f"({text.text} or '')" if text.nullable else text.text)
        if not texts:
            return NULL_CODE
        joined = " + ".join(texts)
        if types.family(type_) == "S" and sum(types.text_length(part.type) for part in parts) > types.MAX_STRING and not self.compilation.plsql:
            self.emitter.names["char_limit"] = char_limit
            joined = f"char_limit({joined})"
        elif nullable:
            joined = f"({joined} or None)"
        return Code(f"({joined})", type_, nullable)

    def _case(self, node: ast.Case) -> Code:
        operand: Code | None = None
        if node.operand is not None:
            operand = self.compile(node.operand)
        tests: list[str] = []
        values = [self.compile(value) for _, value in node.branches]
        values.append(self.compile(node.default) if node.default is not None else NULL_CODE)
        result = types.common([value.type for value in values], strict=True)
        for test, _ in node.branches:
            if operand is None:
                tests.append(self.condition(test))
                continue
            tests.append(self.comparison("=", operand, self.compile(test)))
        texts = [self.emitter.converted(value, result).text for value in values]
        body = "".join(f"{text} if {test} else " for text, test in zip(texts, tests))
        return Code(f"({body}{texts[-1]})", result, any(value.nullable for value in values))

    def _cast(self, node: ast.Cast) -> Code:
        if isinstance(node.operand, ast.Multiset):
            raise not_simulated("CAST(MULTISET ...)")
        return self.cast(self.compile(node.operand), node.type)

    def cast(self, code: Code, target: DataType) -> Code:
        """CAST: text is cut to the length (documented), numbers rounded."""
        source = code
        if convert.template(code.type, target) is not None:
            code = self.emitter.converted(code, types.of_family(types.family(target)) if types.family(target) != "X" else target)
        fit: Any = convert.storer(target, '"CAST"')
        if types.family(target) == "S" and target.name != "LONG":
            fit = self._cutter(target, source.family not in "SL")
        if target == types.NUMBER or fit is None:
            return Code(code.text, target, code.nullable)
        return Code(self.emitter.strict(self.emitter.constant(fit) + "({0})", code), target)

    @staticmethod
    def _cutter(target: DataType, exact: bool) -> Callable[[str], str | None]:
        def cut(value: str) -> str | None:
            actual = convert.character_length(value, target)
            if actual > target.length:
                if exact:
                    raise OraError(25137, "Data value out of range")
                value = value[:target.length]
                while convert.character_length(value, target) > target.length:
                    value = value[:-1]
            if types.is_char(target):
                value += " " * (target.length - convert.character_length(value, target))
            return value or None
        return cut

    def _extract(self, node: ast.Extract) -> Code:
        code = self.compile(node.operand)
        if code.family not in "DTZCIY":
            raise OraError(30076, "invalid extract field for extract source")
        if code.family == "C":
            code = self.emitter.converted(code, types.TIMESTAMP_TZ)
        text = node.field in ("TIMEZONE_REGION", "TIMEZONE_ABBR")
        function = self.emitter.constant(dates.extract)
        return Code(self.emitter.strict(f"{function}({{0}}, {node.field!r})", code), types.varchar(64) if text else types.NUMBER, code.nullable)

    def _at_time_zone(self, node: ast.AtTimeZone) -> Code:
        code = self.emitter.converted(self.compile(node.operand), types.TIMESTAMP_TZ)
        zone = Code("x.zone", types.varchar(75), False) if node.zone is None else self.convert(node.zone, types.of_family("S"))
        function = self.emitter.constant(_at_zone)
        return Code(self.emitter.strict(f"{function}({{0}}, {{1}}, x)", code, zone), types.TIMESTAMP_TZ)

    def _interval_cast(self, node: ast.IntervalCast) -> Code:
        binary = node.operand
        if node.type.name == "INTERVAL DAY TO SECOND" and isinstance(binary, ast.Binary) and binary.op == "-":
            pair = [self.convert(side, types.TIMESTAMP_TZ) for side in (binary.left, binary.right)]
            return Code(self.emitter.strict("ts_between({0}, {1})", *pair), node.type)
        if isinstance(binary, ast.Binary) and binary.op == "-":
            pair = [self.convert(side, types.DATE) for side in (binary.left, binary.right)]
            function = self.emitter.constant(_months)
            return Code(self.emitter.strict(function + "({0}, {1})", *pair), node.type)
        raise OraError(30081, "invalid data type for datetime/interval arithmetic")

    # --- subqueries ---

    def subquery(self, query: ast.Query, width: int) -> tuple[Any, str]:
        """A compiled nested query of ``width`` columns, and the source of the row it may refer to. ORA-00913, ORA-00947."""
        plan = self.compilation.query(query, self.scope)
        if len(plan.columns) != width:
            raise OraError(913, "too many values") if len(plan.columns) > width else OraError(947, "not enough values")
        shift = self.scope.shift
        return plan, "r" if not shift else f"((None,) * {shift} + r)"

    def _scalar(self, node: ast.ScalarSubquery) -> Code:
        plan, row = self.subquery(node.query, 1)
        function = self.emitter.constant(plan.scalar(self.scope.level))
        return Code(f"{function}(x, {row})", plan.columns[0].type)

    def _tuple(self, node: ast.Tuple) -> Code:
        if len(node.items) == 1:
            return self.compile(node.items[0])
        raise OraError(907, "missing right parenthesis")


def _at_zone(value: Any, zone: str, x: Any) -> Any:
    name = {"SESSIONTIMEZONE": x.zone, "DBTIMEZONE": x.database_zone}.get(zone.strip().upper(), zone.strip())
    return datetimes.at_zone_utc(value, name)


def _months(left: Any, right: Any) -> Any:
    return datetimes.scaled_ym(numbers.round_to(datetimes.months_between(left, right)), "MONTH")


_METHODS: Final[dict[type, Callable[[Expressions, Any], Code]]] = {
    ast.Literal: Expressions._literal, ast.ColumnRef: Expressions._column, ast.BindRef: Expressions._bind, ast.Pseudo: Expressions._pseudo,
    ast.SequenceRef: Expressions._sequence, ast.Unary: Expressions._unary, ast.Binary: Expressions._binary, ast.Case: Expressions._case,
    ast.FunctionCall: Expressions.function, ast.Cast: Expressions._cast, ast.Extract: Expressions._extract,
    ast.AtTimeZone: Expressions._at_time_zone, ast.IntervalCast: Expressions._interval_cast, ast.ScalarSubquery: Expressions._scalar,
    ast.Tuple: Expressions._tuple,
}

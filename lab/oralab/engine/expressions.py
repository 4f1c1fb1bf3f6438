# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions as Python source, with Oracle's types, implicit conversions and NULLs."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from oralab.engine import convert, datetimes, numbers, types
from oralab.engine.code import NULL_CODE, UNKNOWN, Code
from oralab.engine.functions import dates
from oralab.engine.functions.strings import char_limit
from oralab.engine.names import Names
from oralab.engine.scope import Scope, rewrite
from oralab.errors import OraError, not_simulated
from oralab.sql import ast
from oralab.values import DataType

if TYPE_CHECKING:
    from oralab.engine.compilation import Compilation

# Operands by family: template, and the family of the result ("" for that of the moment).
_ARITHMETIC: Final[dict[tuple[str, str, str], tuple[str, str]]] = {
    ("N", "+", "N"): ("add({0}, {1})", "N"), ("N", "-", "N"): ("sub({0}, {1})", "N"), ("N", "*", "N"): ("mul({0}, {1})", "N"),
    ("N", "/", "N"): ("div({0}, {1})", "N"), ("F", "+", "F"): ("{0} + {1}", "F"), ("F", "-", "F"): ("{0} - {1}", "F"),
    ("F", "*", "F"): ("{0} * {1}", "F"), ("F", "/", "F"): ("fdiv({0}, {1})", "F"),
    ("D", "+", "N"): ("date_add({0}, {1})", "D"), ("N", "+", "D"): ("date_add({1}, {0})", "D"),
    ("D", "-", "N"): ("date_sub({0}, {1})", "D"),
    ("D", "-", "D"): ("days_between({0}, {1})", "N"),
    ("D", "+", "I"): ("date_add_ds({0}, {1})", "D"), ("I", "+", "D"): ("date_add_ds({1}, {0})", "D"),
    ("D", "-", "I"): ("date_sub_ds({0}, {1})", "D"),
    ("D", "+", "Y"): ("date_add_ym({0}, {1})", "D"), ("Y", "+", "D"): ("date_add_ym({1}, {0})", "D"),
    ("D", "-", "Y"): ("date_sub_ym({0}, {1})", "D"),
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


def _is_concatenation(node: Any) -> bool:
    """Of two operands, or of more as ``rewrite`` has them."""
    return isinstance(node, ast.Binary) and node.op == "||" or isinstance(node, ast.FunctionCall) and node.name == "||"


class Expressions(Names):
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
        operands: list[Any] = [node.right]
        item: Any = node.left
        # Every beginning of the chain may be what is grouped by. To look for each of hundreds takes long, and they are seldom there.
        slots = {slot for slot in self.scope.grouped.slots if _is_concatenation(slot)} if self.scope.grouped else set()
        while isinstance(item, ast.Binary) and item.op == "||" and not (slots and self.canonical(item) in slots):
            operands.append(item.right)
            item = item.left
        parts = [self.compile(operand) for operand in (item, *reversed(operands))]
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
        # A long chain of + would be too deep for Python's compiler.
        joined = " + ".join(texts) if len(texts) <= 20 else f"''.join(({', '.join(texts)}))"
        too_long = types.family(type_) == "S" and sum(types.text_length(part.type) for part in parts) > types.MAX_STRING
        if too_long and not self.compilation.plsql:
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
        return Code(self.emitter.strict(f"{function}({{0}}, {node.field!r})", code),
                    types.varchar(64) if text else types.NUMBER, code.nullable)

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
    ast.Literal: Expressions._literal, ast.ColumnRef: Expressions.column, ast.BindRef: Expressions.bind, ast.Pseudo: Expressions.pseudo,
    ast.SequenceRef: Expressions.sequence, ast.Unary: Expressions._unary, ast.Binary: Expressions._binary, ast.Case: Expressions._case,
    ast.FunctionCall: Expressions.function, ast.Cast: Expressions._cast, ast.Extract: Expressions._extract,
    ast.AtTimeZone: Expressions._at_time_zone, ast.IntervalCast: Expressions._interval_cast, ast.ScalarSubquery: Expressions._scalar,
    ast.Tuple: Expressions._tuple,
}

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions as Python source that is true when the condition is TRUE, and false when it is FALSE or unknown.

A negation is pushed down to the comparisons, where three-valued logic is exact: NOT (a < b) is a >= b, both unknown for a NULL. So
``condition(c)`` and ``condition(c, True)`` are both false when ``c`` is unknown, which is all that WHERE and CHECK need to know.
"""
from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from oralab.engine import types
from oralab.engine.code import Code, Emitter
from oralab.engine.functions.regexp import regexp_like
from oralab.errors import OraError, not_simulated
from oralab.sql import ast
from oralab.values import DataType

if TYPE_CHECKING:
    from oralab.engine.compilation import Compilation
    from oralab.engine.scope import Scope

_NEGATED: Final = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_PYTHON: Final = {"=": "==", "<>": "!=", "<": "<", ">=": ">=", ">": ">", "<=": "<="}
_UNCOMPARABLE: Final = "LBPXK"


@functools.lru_cache(maxsize=1024)
def like_pattern(pattern: str, escape: str | None) -> re.Pattern[str]:
    """A LIKE pattern as a regular expression. ORA-01425, ORA-01424."""
    if escape is not None and len(escape) != 1:
        raise OraError(1425, "escape character must be character string of length 1")
    out, position = [], 0
    while position < len(pattern):
        character = pattern[position]
        if character == escape:
            position += 1
            if position >= len(pattern) or pattern[position] not in ("%", "_", escape):
                raise OraError(1424, "missing or illegal character following the escape character")
            out.append(re.escape(pattern[position]))
        else:
            out.append(".*" if character == "%" else "." if character == "_" else re.escape(character))
        position += 1
    return re.compile("".join(out), re.DOTALL)


def like(value: str, pattern: str, escape: str | None = None) -> bool:
    return like_pattern(pattern, escape).fullmatch(value) is not None


class Conditions:
    """The part of ``Expressions`` that compiles conditions."""

    compilation: Compilation
    emitter: Emitter
    scope: Scope

    def compile(self, node: Any) -> Code:
        raise NotImplementedError

    def subquery(self, query: ast.Query, width: int) -> tuple[Any, str]:
        raise NotImplementedError

    def condition(self, node: Any, negated: bool = False) -> str:
        """Source that is true when the condition (or its negation) is TRUE."""
        try:
            method = _METHODS[type(node)]
        except KeyError:
            if self.compilation.plsql:
                return self._boolean(node, negated)
            raise OraError(920, "invalid relational operator") from None
        return method(self, node, negated)

    def _logical(self, node: ast.Logical, negated: bool) -> str:
        word = " and " if (node.op == "AND") != negated else " or "
        return "(" + word.join(self.condition(item, negated) for item in node.items) + ")"

    def _not(self, node: ast.Not, negated: bool) -> str:
        return self.condition(node.operand, not negated)

    def _boolean(self, node: Any, negated: bool) -> str:
        """A BOOLEAN of PL/SQL."""
        code = self.compile(node)
        if code.type.name != "BOOLEAN":
            raise OraError(6550, "line 1, column 7:", stack=["PLS-00382: expression is of wrong type"])
        return f"({code.text} is {not negated})"

    # --- comparisons ---

    def _compare(self, node: ast.Compare, negated: bool) -> str:
        op = _NEGATED[node.op] if negated else node.op
        if isinstance(node.left, ast.Tuple) or isinstance(node.right, ast.Tuple):
            return self._tuples(op, node.left, node.right)
        return self.comparison(op, self.compile(node.left), self.compile(node.right))

    def _tuples(self, op: str, left: Any, right: Any) -> str:
        if op not in ("=", "<>") or not isinstance(left, ast.Tuple):
            raise OraError(920, "invalid relational operator")
        if isinstance(right, ast.ScalarSubquery):
            return self._in(ast.In(left, right.query), op == "<>")
        if not isinstance(right, ast.Tuple) or len(left.items) != len(right.items):
            raise OraError(920, "invalid relational operator")
        word = " and " if op == "=" else " or "
        return "(" + word.join(self.comparison(op, self.compile(a), self.compile(b)) for a, b in zip(left.items, right.items)) + ")"

    def comparable(self, left: Code, right: Code) -> tuple[Code, Code]:
        """Both sides in one family and form in which Python compares them as Oracle does. ORA-00932."""
        a, b = left.family, right.family
        for code in (left, right):
            if code.family in _UNCOMPARABLE:
                raise types.inconsistent("-", code.type)
        if a != b:
            target = self._meeting(left, right)
            left, right = self.emitter.converted(left, target), self.emitter.converted(right, target)
        if left.family == "S" and types.is_char(left.type) and types.is_char(right.type):
            left, right = self._stripped(left), self._stripped(right)
        elif left.family in "ZW":
            key = "instant({0})" if left.family == "Z" else "rowid_fields({0})"
            left, right = (Code(self.emitter.strict(key, side), side.type, side.nullable) for side in (left, right))
        return left, right

    def _stripped(self, code: Code) -> Code:
        """Without trailing blanks: CHAR is compared blank-padded."""
        if isinstance(code.constant, str):
            return Code(repr(code.constant.rstrip(" ")), code.type, False, code.constant.rstrip(" "))
        return Code(self.emitter.strict("{0}.rstrip(' ')", code), code.type, code.nullable)

    @staticmethod
    def _meeting(left: Code, right: Code) -> DataType:
        """The type both are converted to before they are compared (documented: data type precedence)."""
        pair = {left.family, right.family}
        if types.is_null(left.type) or types.is_null(right.type):
            return right.type if types.is_null(left.type) else left.type
        if pair <= set(types.DATETIMES):
            return types.TIMESTAMP_TZ if pair & {"Z", "C"} else types.TIMESTAMP
        if pair == {"N", "F"}:
            return types.BINARY_DOUBLE
        if "S" in pair:
            other = left if right.family == "S" else right
            return types.of_family(other.family)
        raise types.inconsistent(left.type, right.type)

    def comparison(self, op: str, left: Code, right: Code) -> str:
        """``left op right`` of two compiled expressions."""
        left, right = self.comparable(left, right)
        if left.text == "None" or right.text == "None":
            return "False"
        python = _PYTHON[op]
        if op == "=" and (not left.nullable or not right.nullable):
            return f"({left.text} == {right.text})"
        checks, values = [], []
        for side in (left, right):
            if not side.nullable:
                values.append(side.text)
                continue
            name = self.emitter.temp()
            checks.append(f"({name} := {side.text}) is not None")
            values.append(name)
            if op == "=":
                # None equals no value on the other side: one check is enough.
                values = [name, right.text]
                break
        return "(" + " and ".join([*checks, f"{values[0]} {python} {values[1]}"]) + ")"

    def _is_null(self, node: ast.IsNull, negated: bool) -> str:
        code = self.compile(node.operand)
        return f"({code.text} is {'not ' if node.negated != negated else ''}None)"

    def _is_test(self, node: ast.IsTest, negated: bool) -> str:
        if node.what not in ("NAN", "INFINITE"):
            raise not_simulated(f"the condition IS {node.what}")
        test = self.emitter.constant(math.isnan if node.what == "NAN" else math.isinf)
        name = self.emitter.temp()
        word = "not " if node.negated != negated else ""
        return f"(({name} := {self.compile(node.operand).text}) is not None and {word}{test}({name}))"

    def _between(self, node: ast.Between, negated: bool) -> str:
        operand, low, high = self.compile(node.operand), self.compile(node.low), self.compile(node.high)
        if node.negated != negated:
            return f"({self.comparison('<', operand, low)} or {self.comparison('>', operand, high)})"
        return f"({self.comparison('>=', operand, low)} and {self.comparison('<=', operand, high)})"

    # --- IN, ANY, ALL, EXISTS ---

    def _in(self, node: ast.In, negated: bool) -> str:
        negated = node.negated != negated
        operands = node.operand.items if isinstance(node.operand, ast.Tuple) else (node.operand,)
        if isinstance(node.items, ast.Query):
            return self._in_query(operands, node.items, negated)
        if len(operands) == 1:
            fast = self._constants(operands[0], node.items)
            if fast is not None:
                code, members = fast
                name = self.emitter.constant(members)
                test = self.emitter.temp()
                return f"(({test} := {code.text}) is not None and {test} not in {name})" if negated else f"({code.text} in {name})"
        op = "<>" if negated else "="
        tests = []
        for item in node.items:
            if len(operands) > 1:
                tests.append(self._tuples(op, node.operand, item))
            else:
                tests.append(self.comparison(op, self.compile(operands[0]), self.compile(item)))
        return "(" + (" and " if negated else " or ").join(tests) + ")"

    def _constants(self, operand: Any, items: Sequence[Any]) -> tuple[Code, frozenset[Any]] | None:
        """A long list of constants of the operand's own family becomes a set."""
        if len(items) < 3 or not all(isinstance(item, ast.Literal) and item.value is not None for item in items):
            return None
        code = self.compile(operand)
        members = [self.compile(item) for item in items]
        if any(member.family != code.family for member in members) or code.family not in "NSD":
            return None
        if types.is_char(code.type):
            code, members = self._stripped(code), [self._stripped(member) for member in members]
        return code, frozenset(member.constant for member in members)

    def _in_query(self, operands: Sequence[Any], query: ast.Query, negated: bool) -> str:
        plan, row = self.subquery(query, len(operands))
        sides = [self.comparable(self.compile(operand), Code(f"q[{index}]", column.type, column.nullable))
                 for index, (operand, column) in enumerate(zip(operands, plan.columns))]
        key = self.emitter.function("(" + ", ".join(right.text for _, right in sides) + ",)", "q, x")
        member = self.emitter.constant(plan.membership(self.scope.level, key, negated))
        return f"{member}(x, {row}, ({', '.join(left.text for left, _ in sides)},))"

    def _exists(self, node: ast.Exists, negated: bool) -> str:
        plan = self.compilation.query(node.query, self.scope)
        function = self.emitter.constant(plan.exists(self.scope.level))
        row = "r" if not self.scope.shift else f"((None,) * {self.scope.shift} + r)"
        return f"({'not ' if negated else ''}{function}(x, {row}))"

    def _quantified(self, node: ast.Quantified, negated: bool) -> str:
        op, all_ = (_NEGATED[node.op], not node.all) if negated else (node.op, node.all)
        operands = node.left.items if isinstance(node.left, ast.Tuple) else (node.left,)
        if isinstance(node.items, ast.Query):
            if op == "=" and not all_:
                return self._in_query(operands, node.items, False)
            if op == "<>" and all_:
                return self._in_query(operands, node.items, True)
            plan, row = self.subquery(node.items, 1)
            test = self.emitter.function(self.comparison(op, Code("v", self.compile(node.left).type), Code("q[0]", plan.columns[0].type)),
                                         "v, q, x")
            function = self.emitter.constant(plan.quantified(self.scope.level, test, all_))
            return f"{function}(x, {row}, {self.compile(node.left).text})"
        tests = [self.comparison(op, self.compile(node.left), self.compile(item)) for item in node.items]
        return "(" + (" and " if all_ else " or ").join(tests) + ")"

    # --- patterns ---

    def _text(self, node: Any) -> Code:
        code = self.compile(node)
        return code if code.family in "SL" else self.emitter.converted(code, types.of_family("S"))

    def _like(self, node: ast.Like, negated: bool) -> str:
        value, pattern = self._text(node.operand), self._text(node.pattern)
        escape = self._text(node.escape) if node.escape is not None else None
        wanted = node.negated == negated
        if isinstance(pattern.constant, str) and (escape is None or isinstance(escape.constant, str)):
            match = self.emitter.constant(like_pattern(pattern.constant, escape.constant if escape else None).fullmatch)
            name = self.emitter.temp()
            return f"(({name} := {value.text}) is not None and {match}({name}) is {'not ' if wanted else ''}None)"
        self.emitter.names["like"] = like
        arguments = [value, pattern, *([escape] if escape else [])]
        holes = ", ".join(f"{{{index}}}" for index in range(len(arguments)))
        return f"({self.emitter.strict(f'like({holes})', *arguments)} is {wanted})"

    def _regexp_like(self, node: ast.RegexpLike, negated: bool) -> str:
        arguments = [self._text(argument) for argument in node.args]
        holes = ", ".join(f"{{{index}}}" for index in range(len(arguments)))
        function = self.emitter.constant(regexp_like)
        return f"({self.emitter.strict(f'{function}({holes})', *arguments)} is {not negated})"


_METHODS: Final[dict[type, Callable[[Conditions, Any, bool], str]]] = {
    ast.Logical: Conditions._logical, ast.Not: Conditions._not, ast.Compare: Conditions._compare, ast.IsNull: Conditions._is_null,
    ast.IsTest: Conditions._is_test, ast.Between: Conditions._between, ast.In: Conditions._in, ast.Exists: Conditions._exists,
    ast.Quantified: Conditions._quantified, ast.Like: Conditions._like, ast.RegexpLike: Conditions._regexp_like,
}

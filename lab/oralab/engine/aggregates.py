# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aggregate functions: how values are collected and what becomes of them."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from oralab.engine import datetimes, numbers, types
from oralab.engine.code import Code, sum_of
from oralab.engine.functions.strings import char_limit
from oralab.engine.numbers import WIDE
from oralab.engine.ordering import key_function, sorter
from oralab.errors import OraError, not_simulated
from oralab.sql import ast
from oralab.values import DataType, IntervalDS, IntervalYM

if TYPE_CHECKING:
    from oralab.engine.expressions import Expressions

NAMES: Final = frozenset(("COUNT", "SUM", "AVG", "MIN", "MAX", "STDDEV", "STDDEV_POP", "STDDEV_SAMP", "VARIANCE", "VAR_POP",
                          "VAR_SAMP", "MEDIAN",
                          "LISTAGG", "CORR", "COVAR_POP", "COVAR_SAMP", "PERCENTILE_CONT", "PERCENTILE_DISC", "STATS_MODE", "WM_CONCAT",
                          "APPROX_COUNT_DISTINCT", "XMLAGG", "COLLECT", "GROUP_ID"))
_NOT_SIMULATED: Final = frozenset(("CORR", "COVAR_POP", "COVAR_SAMP", "STATS_MODE", "WM_CONCAT", "XMLAGG", "COLLECT", "GROUP_ID"))
_RANKS: Final = frozenset(("RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST"))


def is_aggregate(node: Any) -> bool:
    """A call that makes its query block a grouped one."""
    return (isinstance(node, ast.FunctionCall) and node.package is None and node.over is None
            and (node.name in NAMES or node.name in _RANKS and bool(node.within_group)))


def total(values: Iterable[Any]) -> Any:
    """Exact sum, None of nothing."""
    result: Any = None
    for value in values:
        result = value if result is None else result + value if type(result) is type(value) is int else sum_of(result, value)
    return result


def finished(value: Any) -> Any:
    """An exact sum as a NUMBER."""
    return numbers.canon(value) if isinstance(value, Decimal) else numbers.canon_int(value) if type(value) is int else value


def sum_values(values: Sequence[Any]) -> Any:
    if values and isinstance(values[0], (IntervalDS, IntervalYM)):
        result = values[0]
        for value in values[1:]:
            result = datetimes.ds_add(result, value) if isinstance(result, IntervalDS) else datetimes.ym_add(result, value)
        return result
    return finished(total(values))


def average(values: Sequence[Any]) -> Any:
    if not values:
        return None
    whole = total(values)
    return whole / len(values) if isinstance(whole, float) else numbers.div(finished(whole), len(values))


def variance(values: Sequence[Any], population: bool, single: Any = 0) -> Any:
    """``single`` is the result for one value: 0 for VARIANCE, NULL for VAR_SAMP (documented)."""
    if not values:
        return None
    if len(values) == 1:
        return 0 if population else single
    exact = [Decimal(value) for value in values]
    count = len(exact)
    mean = WIDE.divide(total(exact), count)
    squares: Any = Decimal(0)
    for value in exact:
        difference = WIDE.subtract(value, mean)
        squares = WIDE.add(squares, WIDE.multiply(difference, difference))
    return numbers.canon(WIDE.divide(squares, count if population else count - 1))


def _root(value: Any) -> Any:
    return None if value is None else numbers.sqrt(value)


def median(values: Sequence[Any]) -> Any:
    return percentile(sorted(values), Decimal("0.5"))


def percentile(ordered: Sequence[Any], fraction: Any) -> Any:
    """PERCENTILE_CONT of sorted values: linear interpolation (documented)."""
    if not ordered:
        return None
    position = Decimal(fraction) * (len(ordered) - 1)
    low = int(position)
    if position == low:
        return ordered[low]
    first, second = ordered[low], ordered[low + 1]
    if isinstance(first, (int, Decimal)):
        return numbers.add(first, numbers.mul(numbers.sub(second, first), numbers.canon(position - low)))
    if isinstance(first, float):
        return first + (second - first) * float(position - low)
    return datetimes.date_add(first, numbers.mul(datetimes.days_between(second, first), numbers.canon(position - low)))


def percentile_disc(ordered: Sequence[Any], fraction: Any) -> Any:
    if not ordered:
        return None
    return ordered[max(numbers.ceil(numbers.mul(fraction, len(ordered))) - 1, 0)]


def listagg(values: Sequence[str], separator: str | None, overflow: str = "", filler: str | None = None) -> str | None:
    """ORA-01489 unless ON OVERFLOW TRUNCATE."""
    joined = (separator or "").join(values)
    if "TRUNCATE" not in overflow or len(joined.encode()) <= types.MAX_STRING:
        return char_limit(joined) if values else None
    marker = "..." if filler is None else filler
    kept: list[str] = []
    room = types.MAX_STRING - len(marker.encode()) - (24 if "WITHOUT COUNT" not in overflow else 0)
    for value in values:
        room -= len(value.encode()) + len((separator or "").encode())
        if room < 0:
            break
        kept.append(value)
    tail = marker if "WITHOUT COUNT" in overflow else f"{marker}({len(values) - len(kept)})"
    return (separator or "").join([*kept, tail])


_FINISHERS: Final[dict[str, Callable[[Sequence[Any]], Any]]] = {
    "COUNT": len, "SUM": sum_values, "AVG": average, "MEDIAN": median, "APPROX_COUNT_DISTINCT": lambda values: len(set(values)),
    "MIN": lambda values: min(values, default=None), "MAX": lambda values: max(values, default=None),
    "VARIANCE": lambda values: variance(values, False), "VAR_SAMP": lambda values: variance(values, False, None),
    "VAR_POP": lambda values: variance(values, True), "STDDEV": lambda values: _root(variance(values, False)),
    "STDDEV_SAMP": lambda values: _root(variance(values, False, None)), "STDDEV_POP": lambda values: _root(variance(values, True)),
}


@dataclasses.dataclass(slots=True)
class Aggregate:
    """One aggregate of a query block. ``start`` is the source of its first state, ``step`` the source lines that take in row ``r``
    (the state is ``a[i]``), ``finish`` gives the result from the final state."""

    type: DataType
    start: str
    step: list[str]
    finish: Callable[[Any], Any] | None = None
    nullable: bool = True


def result_type(name: str, argument: DataType) -> DataType:
    """ORA-00932 for arguments that cannot be aggregated so."""
    family = types.family(argument)
    if name in ("MIN", "MAX"):
        if family in "LBPXK":
            raise types.inconsistent("-", argument)
        return argument
    if name in ("COUNT", "APPROX_COUNT_DISTINCT"):
        return types.NUMBER
    if family == "F":
        return types.BINARY_DOUBLE
    if name in ("SUM", "AVG") and family in "IY" or name == "MEDIAN" and family in types.DATETIMES:
        return argument
    if family not in "NS":
        raise types.inconsistent(types.NUMBER, argument)
    return types.NUMBER


def compiled(compiler: Expressions, node: ast.FunctionCall, slot: int) -> Aggregate:
    """An aggregate call over the rows that ``compiler`` sees."""
    if node.name in _NOT_SIMULATED:
        raise not_simulated(f"the aggregate {node.name}")
    emitter, state = compiler.emitter, f"a[{slot}]"
    if node.name == "LISTAGG":
        return _listagg(compiler, node, state)
    if node.name in ("PERCENTILE_CONT", "PERCENTILE_DISC"):
        return _percentile(compiler, node, state)
    if node.name in _RANKS:
        raise not_simulated(f"the aggregate {node.name} WITHIN GROUP")
    if node.star:
        if node.keep is None:
            return Aggregate(types.NUMBER, "0", [f"{state} += 1"], None, False)
        code = Code("1", types.NUMBER, False)
    else:
        if len(node.args) != 1:
            raise OraError(909, "invalid number of arguments", offset=node.offset)
        code = compiler.compile(node.args[0])
    type_ = result_type(node.name, code.type)
    if types.family(type_) == "N" and code.family == "S" and node.name not in ("COUNT", "APPROX_COUNT_DISTINCT"):
        code = emitter.converted(code, types.NUMBER)
    if node.keep is not None:
        return _keep(compiler, node, code, type_, state)
    value = emitter.temp()
    simple = code.family in "NFSDTR" and not (code.family == "S" and types.is_char(code.type))
    if not node.distinct and node.name == "COUNT":
        return Aggregate(type_, "0", [f"if {code.text} is not None: {state} += 1"] if code.nullable else [f"{state} += 1"], None, False)
    if not node.distinct and node.name in ("MIN", "MAX") and simple:
        sign = "<" if node.name == "MIN" else ">"
        return Aggregate(type_, "None",
                         [f"if ({value} := {code.text}) is not None and ({state} is None or {value} {sign} {state}): {state} = {value}"])
    if not node.distinct and node.name == "SUM" and code.family in "NF":
        old = emitter.temp()
        return Aggregate(type_, "None", [
            f"if ({value} := {code.text}) is not None:",
            f"    {old} = {state}",
            f"    {state} = {value} if {old} is None else {old} + {value} if type({old}) is int and type({value}) is int else "
            f"sum_of({old}, {value})",
        ], finished)
    finish = _FINISHERS[node.name]
    if node.distinct:
        if types.family(code.type) in "LBPXK":
            raise types.inconsistent("-", code.type)
        return Aggregate(type_, "{}", [f"if ({value} := {code.text}) is not None: {state}[{_key(code, value)}] = {value}"],
                         lambda found: finish(list(found.values())), node.name != "COUNT")
    if node.name in ("MIN", "MAX") and (key := key_function(code.type)) is not None:
        pick = min if node.name == "MIN" else max
        return Aggregate(type_, "[]", [f"if ({value} := {code.text}) is not None: {state}.append({value})"],
                         lambda found: pick(found, key=key, default=None))
    return Aggregate(type_, "[]", [f"if ({value} := {code.text}) is not None: {state}.append({value})"], finish)


def _key(code: Code, value: str) -> str:
    return f"instant({value})" if code.family == "Z" else f"{value}.rstrip(' ')" if types.is_char(code.type) else value


def _ordered(compiler: Expressions, order_by: Sequence[ast.OrderItem], value: str,
             state: str) -> tuple[list[str], Callable[[list[Any]], list[Any]]]:
    """Lines that collect (value, sort keys), and the function that gives the collected pairs in order."""
    codes = [compiler.compile(item.expression) for item in order_by]
    sort = sorter([(index + 1, code.type, item) for index, (code, item) in enumerate(zip(codes, order_by))])
    return [f"{state}.append(({value}, {''.join(code.text + ', ' for code in codes)}))"], sort


def _listagg(compiler: Expressions, node: ast.FunctionCall, state: str) -> Aggregate:
    if node.option and compiler.compilation.release == "12.1":
        raise OraError(907, "missing right parenthesis")
    arguments = [compiler.argument("S", argument) for argument in node.args]
    value = compiler.emitter.temp()
    lines, sort = _ordered(compiler, node.within_group, value, state)
    texts = [argument.constant if isinstance(argument.constant, str) else None for argument in arguments[1:]] + [None, None]

    def finish(found: list[Any]) -> str | None:
        values = [row[0] for row in sort(found)]
        return listagg(list(dict.fromkeys(values)) if node.distinct else values, texts[0], node.option, texts[1])
    return Aggregate(types.varchar(4000), "[]", [f"if ({value} := {arguments[0].text}) is not None: {lines[0]}"], finish)


def _percentile(compiler: Expressions, node: ast.FunctionCall, state: str) -> Aggregate:
    if len(node.within_group) != 1:
        raise OraError(30491, "missing ORDER BY expression in the window specification")
    fraction = compiler.convert(node.args[0], types.NUMBER)
    code = compiler.compile(node.within_group[0].expression)
    value = compiler.emitter.temp()
    function = percentile if node.name == "PERCENTILE_CONT" else percentile_disc
    reverse = node.within_group[0].descending

    def finish(found: list[Any]) -> Any:
        return function(sorted(found, reverse=reverse), fraction.constant)
    return Aggregate(code.type, "[]", [f"if ({value} := {code.text}) is not None: {state}.append({value})"], finish)


def _keep(compiler: Expressions, node: ast.FunctionCall, code: Code, type_: DataType, state: str) -> Aggregate:
    keep = node.keep
    if keep is None:
        raise TypeError("an aggregate without KEEP")
    value = compiler.emitter.temp()
    lines, sort = _ordered(compiler, keep.order_by, value, state)
    finish_values = _FINISHERS[node.name]

    def finish(found: list[Any]) -> Any:
        ordered = sort(found)
        if not ordered:
            return 0 if node.name == "COUNT" else None
        edge = ordered[-1 if keep.last else 0][1:]
        return finish_values([row[0] for row in ordered if row[1:] == edge and row[0] is not None])
    return Aggregate(type_, "[]", [f"{value} = {code.text}", *lines], finish)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Analytic functions (documented: SQL Language Reference, "Analytic Functions")."""
from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from oralab.engine import aggregates, datetimes, numbers, types
from oralab.engine.code import Code
from oralab.engine.ordering import key_function, sorter
from oralab.errors import OraError, not_simulated
from oralab.sql import ast
from oralab.values import DataType, IntervalDS, IntervalYM

if TYPE_CHECKING:
    from oralab.engine.expressions import Expressions

Partition = list[tuple[int, Any, tuple[Any, ...], tuple[Any, ...]]]
"""Rows of a partition in order: place in the result, row, arguments, sort keys."""
Compute = Callable[[Partition, Any], Iterator[Any]]
_RANKING: Final = ("ROW_NUMBER", "RANK", "DENSE_RANK", "NTILE", "CUME_DIST", "PERCENT_RANK", "LAG", "LEAD")
_POSITIONAL: Final = ("FIRST_VALUE", "LAST_VALUE", "NTH_VALUE")


@dataclasses.dataclass(slots=True)
class Step:
    """``compute`` gives one value per row, in the order of the rows."""

    compute: Callable[[list[Any], Any], list[Any]]
    type: DataType


def compiled(compiler: Expressions, node: ast.FunctionCall) -> Step:
    """An analytic call over the rows of a query block."""
    window = node.over
    if window is None:
        raise TypeError("not an analytic call")
    if node.name in _RANKING and not window.order_by:
        raise OraError(30485, "missing ORDER BY expression in the window specification")
    arguments = [compiler.compile(argument) for argument in node.args]
    if node.name == "LISTAGG":
        window = dataclasses.replace(window, order_by=node.within_group)
    elif node.name in ("SUM", "AVG", "STDDEV", "VARIANCE", "MEDIAN") and arguments and arguments[0].family == "S":
        arguments[0] = compiler.emitter.converted(arguments[0], types.NUMBER)
    keys = [compiler.compile(item.expression) for item in window.order_by]
    groups = [compiler.compile(item) for item in window.partition_by]
    group = compiler.emitter.function("(" + "".join(_grouping_key(compiler, code) + ", " for code in groups) + ")")
    values = compiler.emitter.function("(" + "".join(code.text + ", " for code in arguments) + ")")
    sort_values = compiler.emitter.function("(" + "".join(code.text + ", " for code in keys) + ")")
    sort = sorter([(index, code.type, item) for index, (code, item) in enumerate(zip(keys, window.order_by))])
    type_, function = _function(compiler, node, window, arguments, keys)

    def compute(rows: list[Any], x: Any) -> list[Any]:
        parts: dict[Any, list[Any]] = {}
        for place, row in enumerate(rows):
            parts.setdefault(group(row, x), []).append((*sort_values(row, x), place, row))
        result: list[Any] = [None] * len(rows)
        width = len(keys)
        for members in parts.values():
            partition: Partition = [(item[width], item[width + 1], values(item[width + 1], x), item[:width]) for item in sort(members)]
            x.poll()
            for (place, _, _, _), value in zip(partition, function(partition, x)):
                result[place] = value
        return result
    return Step(compute, type_)


def _grouping_key(compiler: Expressions, code: Code) -> str:
    function = key_function(code.type)
    return code.text if function is None else compiler.emitter.strict(compiler.emitter.constant(function) + "({0})", code)


def _function(compiler: Expressions, node: ast.FunctionCall, window: ast.Window, arguments: Sequence[Code],
              keys: Sequence[Code]) -> tuple[DataType, Compute]:
    name = node.name
    if name in ("LAG", "LEAD"):
        return arguments[0].type, _shifted(1 if name == "LEAD" else -1, "IGNORE NULLS" in node.option)
    if name in _RANKING:
        return types.NUMBER, _ranks(name)
    if name == "RATIO_TO_REPORT":
        return types.NUMBER, _ratio
    if name == "LISTAGG":
        return types.varchar(4000), _listagg
    if name in _POSITIONAL:
        frame = _frame(compiler, window, keys)
        return arguments[0].type, _positional(name, frame, "IGNORE NULLS" in node.option)
    if name not in aggregates.NAMES:
        raise not_simulated(f"the analytic function {name}")
    if node.distinct and window.order_by:
        raise OraError(30487, "ORDER BY not allowed here")
    type_ = types.NUMBER if node.star else aggregates.result_type(name, arguments[0].type)
    finish = aggregates._FINISHERS.get(name)
    if finish is None or node.keep is not None:
        raise not_simulated(f"the analytic function {name}")
    return type_, _over_frames(finish, node.star, node.distinct, name, window, _frame(compiler, window, keys))


# --- ranks and neighbours ---

def _ranks(name: str) -> Compute:
    def compute(partition: Partition, x: Any) -> Iterator[Any]:
        size = len(partition)
        if name == "NTILE":
            buckets = int(partition[0][2][0])
            large, rest = divmod(size, buckets)
            for place in range(size):
                yield place // (large + 1) + 1 if place < rest * (large + 1) else (place - rest) // max(large, 1) + 1
            return
        rank = dense = 0
        ends = list(_peer_ends(partition))
        for place, (_, _, _, keys) in enumerate(partition):
            if not place or keys != partition[place - 1][3]:
                rank, dense = place + 1, dense + 1
            yield {"ROW_NUMBER": place + 1, "RANK": rank, "DENSE_RANK": dense}.get(name) or (
                numbers.div(ends[place], size) if name == "CUME_DIST" else numbers.div(rank - 1, size - 1) if size > 1 else 0)
    return compute


def _peer_ends(partition: Partition) -> list[int]:
    """For each row the place after its last peer."""
    ends = [0] * len(partition)
    end = len(partition)
    for place in range(len(partition) - 1, -1, -1):
        if place + 1 < len(partition) and partition[place][3] != partition[place + 1][3]:
            end = place + 1
        ends[place] = end
    return ends


def _shifted(direction: int, ignore_nulls: bool) -> Compute:
    def compute(partition: Partition, x: Any) -> Iterator[Any]:
        for place, (_, _, values, _) in enumerate(partition):
            distance = int(values[1]) if len(values) > 1 and values[1] is not None else 1
            default = values[2] if len(values) > 2 else None
            other = place + direction * distance
            if ignore_nulls and distance:
                found = [row[2][0] for row in (partition[place + 1:] if direction > 0 else partition[:place][::-1])
                         if row[2][0] is not None]
                yield found[distance - 1] if len(found) >= distance else default
            else:
                yield partition[other][2][0] if 0 <= other < len(partition) else default
    return compute


def _ratio(partition: Partition, x: Any) -> Iterator[Any]:
    whole = aggregates.sum_values([values[0] for _, _, values, _ in partition if values[0] is not None])
    for _, _, values, _ in partition:
        yield None if values[0] is None or not whole else numbers.div(values[0], whole)


def _listagg(partition: Partition, x: Any) -> Iterator[Any]:
    separator = partition[0][2][1] if len(partition[0][2]) > 1 else None
    joined = aggregates.listagg([values[0] for _, _, values, _ in partition if values[0] is not None], separator)
    return iter([joined] * len(partition))


# --- frames ---

Frame = Callable[[Partition, Any], list[tuple[int, int]]]


def _frame(compiler: Expressions, window: ast.Window, keys: Sequence[Code]) -> Frame:
    """For each row the first place of its window and the place after the last."""
    if not window.order_by:
        if window.unit:
            raise OraError(30485, "missing ORDER BY expression in the window specification")
        return lambda partition, x: [(0, len(partition))] * len(partition)
    unit = window.unit or "RANGE"
    start = window.start or ast.WindowBound("UNBOUNDED PRECEDING")
    end = window.end or ast.WindowBound("CURRENT ROW")
    bounds = []
    for bound in (start, end):
        value = compiler.value(bound.value) if bound.value is not None else None
        bounds.append((bound.kind, value))
    if unit == "ROWS":
        return lambda partition, x: [_by_rows(place, len(partition), bounds, partition, x) for place in range(len(partition))]
    if any(value is not None for _, value in bounds):
        if len(keys) != 1:
            raise OraError(30486, "invalid window aggregation group in the window specification")
        return _by_range(bounds, window.order_by[0].descending)
    return lambda partition, x: _by_peers(partition, bounds)


def _by_rows(place: int, size: int, bounds: Sequence[Any], partition: Partition, x: Any) -> tuple[int, int]:
    edges = []
    for kind, value in bounds:
        distance = int(value(partition[place][1], x)) if value is not None else 0
        edges.append({"UNBOUNDED PRECEDING": 0, "UNBOUNDED FOLLOWING": size - 1, "CURRENT ROW": place, "PRECEDING": place - distance,
                      "FOLLOWING": place + distance}[kind])
    return max(edges[0], 0), min(edges[1] + 1, size)


def _by_peers(partition: Partition, bounds: Sequence[Any]) -> list[tuple[int, int]]:
    ends = _peer_ends(partition)
    starts = [place if not place or partition[place][3] != partition[place - 1][3] else -1 for place in range(len(partition))]
    for place, start in enumerate(starts):
        if start < 0:
            starts[place] = starts[place - 1]
    size = len(partition)
    return [(0 if bounds[0][0] == "UNBOUNDED PRECEDING" else starts[place], size if bounds[1][0] == "UNBOUNDED FOLLOWING" else ends[place])
            for place in range(size)]


def _moved(key: Any, distance: Any, sign: int) -> Any:
    if isinstance(distance, IntervalDS):
        signed = IntervalDS(sign * distance.nanos)
        return datetimes.ts_add(key, signed) if not hasattr(key, "year") else datetimes.date_add_ds(key, signed)
    if isinstance(distance, IntervalYM):
        signed_months = IntervalYM(sign * distance.months)
        return datetimes.ts_add_ym(key, signed_months) if not hasattr(key, "year") else datetimes.date_add_ym(key, signed_months)
    if isinstance(key, (int, Decimal)):
        return numbers.add(key, sign * distance)
    return key + sign * float(distance) if isinstance(key, float) else datetimes.date_add(key, sign * distance)


def _by_range(bounds: Sequence[Any], descending: bool) -> Frame:
    def frame(partition: Partition, x: Any) -> list[tuple[int, int]]:
        size = len(partition)
        present = [row[3][0] for row in partition if row[3][0] is not None]
        first = next((place for place, row in enumerate(partition) if row[3][0] is not None), size)
        ascending = present[::-1] if descending else present
        peers = _by_peers(partition, [("CURRENT ROW", None), ("CURRENT ROW", None)])
        result = []
        for place, (_, row, _, (key,)) in enumerate(partition):
            edges = []
            for (kind, value), right in zip(bounds, (False, True)):
                if kind.startswith("UNBOUNDED"):
                    edges.append(0 if "PRECEDING" in kind else size)
                elif kind == "CURRENT ROW" or key is None:
                    edges.append(peers[place][right])
                else:
                    sign = (-1 if kind == "PRECEDING" else 1) * (-1 if descending else 1)
                    target = _moved(key, value(row, x), sign)
                    if descending:
                        found = bisect.bisect_left(ascending, target) if right else bisect.bisect_right(ascending, target)
                        edges.append(first + len(present) - found)
                    else:
                        edges.append(first + (bisect.bisect_right if right else bisect.bisect_left)(ascending, target))
            result.append((edges[0], edges[1]))
        return result
    return frame


def _positional(name: str, frame: Frame, ignore_nulls: bool) -> Compute:
    def compute(partition: Partition, x: Any) -> Iterator[Any]:
        for place, (low, high) in enumerate(frame(partition, x)):
            found = [row[2][0] for row in partition[low:high]]
            if ignore_nulls:
                found = [value for value in found if value is not None]
            wanted = {"FIRST_VALUE": 0, "LAST_VALUE": -1}.get(name)
            if wanted is None:
                wanted = int(partition[place][2][1]) - 1
            yield found[wanted] if found and wanted < len(found) else None
    return compute


def _over_frames(finish: Callable[[Sequence[Any]], Any], star: bool, distinct: bool, name: str, window: ast.Window,
                 frame: Frame) -> Compute:
    def compute(partition: Partition, x: Any) -> Iterator[Any]:
        values = [1 if star else arguments[0] for _, _, arguments, _ in partition]
        frames = frame(partition, x)
        running = name in ("SUM", "COUNT") and not distinct and all(low == 0 for low, _ in frames) and window.order_by
        if running and not any(isinstance(value, (IntervalDS, IntervalYM)) for value in values):
            yield from _running(values, frames, name)
            return
        last: tuple[int, int] | None = None
        result: Any = None
        for bounds in frames:
            if bounds != last:
                found = [value for value in values[bounds[0]:bounds[1]] if value is not None]
                result, last = finish(list(dict.fromkeys(found)) if distinct else found), bounds
            yield result
    return compute


def _running(values: Sequence[Any], frames: Sequence[tuple[int, int]], name: str) -> Iterator[Any]:
    """Sums and counts from the first row on, without starting anew for each row."""
    whole: Any = None
    count = done = 0
    for _, high in frames:
        while done < high:
            value = values[done]
            if value is not None:
                count += 1
                whole = aggregates.total([whole, value]) if whole is not None else value
            done += 1
        yield count if name == "COUNT" else aggregates.finished(whole)

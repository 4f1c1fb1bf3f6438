# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numeric functions."""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from oralab.engine import numbers
from oralab.engine.functions.registry import builtin, like_first
from oralab.engine.types import BINARY_DOUBLE, INTEGER, NUMBER, family
from oralab.values import BinaryFloat, DataType


def numeric_like_first(arguments: Sequence[DataType]) -> DataType:
    return arguments[0] if family(arguments[0]) == "F" else NUMBER


builtin("MOD", "N N", NUMBER)(numbers.mod)
builtin("REMAINDER", "N N", NUMBER)(numbers.remainder)
builtin("POWER", "N N", NUMBER)(numbers.power)
builtin("SQRT", "N", NUMBER)(numbers.sqrt)
builtin("EXP", "N", NUMBER)(numbers.exp)
builtin("LN", "N", NUMBER)(numbers.ln)
builtin("LOG", "N N", NUMBER)(numbers.log)
builtin("SIGN", "M", NUMBER)(numbers.sign)
builtin("BITAND", "N N", INTEGER)(numbers.bitand)
builtin("ABS", "M", numeric_like_first)(abs)


@builtin("CEIL", "M", numeric_like_first)
def ceil(value: Any) -> Any:
    return type(value)(math.ceil(value)) if isinstance(value, float) else numbers.ceil(value)


@builtin("FLOOR", "M", numeric_like_first)
def floor(value: Any) -> Any:
    return type(value)(math.floor(value)) if isinstance(value, float) else numbers.floor(value)


def round_number(value: Any, places: Any = 0) -> Any:
    """ROUND of a number; binary floats are rounded half to even (documented)."""
    if isinstance(value, float):
        return type(value)(round(value, int(places)))
    return numbers.round_to(value, places)


def trunc_number(value: Any, places: Any = 0) -> Any:
    if isinstance(value, float):
        scale = 10.0 ** int(places)
        return type(value)(math.trunc(value * scale) / scale)
    return numbers.trunc_to(value, places)


@builtin("NANVL", "M M", like_first)
def nanvl(value: Any, other: Any) -> Any:
    return other if isinstance(value, float) and math.isnan(value) else value


@builtin("TO_BINARY_DOUBLE", "M", BINARY_DOUBLE)
def to_binary_double(value: Any) -> float:
    return float(value)


@builtin("TO_BINARY_FLOAT", "M", DataType("BINARY_FLOAT"))
def to_binary_float(value: Any) -> BinaryFloat:
    return numbers.to_binary_float(value)


@builtin("WIDTH_BUCKET", "N N N N", NUMBER)
def width_bucket(value: Any, low: Any, high: Any, count: Any) -> int:
    if low <= high:
        if value < low:
            return 0
        if value >= high:
            return int(count) + 1
        return int(numbers.floor(numbers.div(numbers.mul(numbers.sub(value, low), int(count)), numbers.sub(high, low)))) + 1
    return width_bucket(-value, -low, -high, count)


for _name in ("SIN", "COS", "TAN", "SINH", "COSH", "TANH", "ASIN", "ACOS", "ATAN"):
    def _declare(name: str) -> None:
        @builtin(name, "N", NUMBER)
        def function(value: Any) -> Any:
            return numbers.trigonometric(name.lower(), value)
    _declare(_name)


@builtin("ATAN2", "N N", NUMBER)
def atan2(left: Any, right: Any) -> Any:
    return numbers.trigonometric("atan2", left, right)

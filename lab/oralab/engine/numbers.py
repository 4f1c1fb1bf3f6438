# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arithmetic of NUMBER as Oracle does it: twenty base-100 digits, rounded half up.

Arguments are never NULL: whoever compiles an expression tests for that. Results are ``int`` when integral, else a normalised
``Decimal`` (see ``oralab.values``).
"""
from __future__ import annotations

import math
import re
import struct
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, Final, Union

from oralab.errors import OraError
from oralab.values import BinaryFloat

Number = Union[int, Decimal]

_traps = [InvalidOperation, DivisionByZero, Overflow]
WIDE: Final = Context(prec=80, rounding=ROUND_HALF_UP, Emin=-999999, Emax=999999, traps=_traps)
_C40: Final = Context(prec=40, rounding=ROUND_HALF_UP, Emin=-999999, Emax=999999, traps=_traps)
_C39: Final = Context(prec=39, rounding=ROUND_HALF_UP, Emin=-999999, Emax=999999, traps=_traps)
_SAFE: Final = 10 ** 38
_NUMBER: Final = re.compile(r"\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*", re.ASCII)
MAX_EXPONENT: Final = 125
MIN_EXPONENT: Final = -130


def invalid_number() -> OraError:
    """ORA-01722."""
    return OraError(1722, "invalid number")


def canon(value: Decimal) -> Number:
    """A computed value as a NUMBER: 39 or 40 digits (whole base-100 digits), ORA-01426 when too large, 0 when too small."""
    if not value:
        return 0
    magnitude = value.adjusted()
    if magnitude > MAX_EXPONENT:
        raise OraError(1426, "numeric overflow")
    if magnitude < MIN_EXPONENT:
        return 0
    # The first base-100 digit holds two decimal digits when the exponent is odd.
    rounded = (_C40 if magnitude & 1 else _C39).plus(value)
    whole = int(rounded)
    return whole if whole == rounded else rounded.normalize(_C40)


def canon_int(value: int) -> int:
    """A computed integer as a NUMBER."""
    return value if -_SAFE < value < _SAFE else int(canon(Decimal(value)))


def add(left: Number, right: Number) -> Number:
    if type(left) is int and type(right) is int:
        return canon_int(left + right)
    return canon(WIDE.add(left, right))


def sub(left: Number, right: Number) -> Number:
    if type(left) is int and type(right) is int:
        return canon_int(left - right)
    return canon(WIDE.subtract(left, right))


def mul(left: Number, right: Number) -> Number:
    if type(left) is int and type(right) is int:
        return canon_int(left * right)
    return canon(WIDE.multiply(left, right))


def div(left: Number, right: Number) -> Number:
    """ORA-01476 on division by zero."""
    if not right:
        raise OraError(1476, "divisor is equal to zero")
    if type(left) is int and type(right) is int and not left % right:
        return left // right
    return canon(WIDE.divide(left, right))


def fdiv(left: float, right: float) -> float:
    """Division of binary floating-point numbers: never an error (documented)."""
    if right:
        return left / right
    return math.nan if not left or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)


def mod(left: Number, right: Number) -> Number:
    """MOD: the sign of the dividend; the dividend itself for a divisor of 0 (documented)."""
    if not right:
        return left
    if type(left) is int and type(right) is int:
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    quotient = WIDE.divide(left, right).to_integral_value(ROUND_DOWN)
    return canon(WIDE.subtract(left, WIDE.multiply(right, quotient)))


def remainder(left: Number, right: Number) -> Number:
    """REMAINDER: like MOD with ROUND in place of FLOOR (documented)."""
    if not right:
        raise OraError(1476, "divisor is equal to zero")
    quotient = WIDE.divide(left, right).to_integral_value("ROUND_HALF_EVEN")
    return canon(WIDE.subtract(left, WIDE.multiply(right, quotient)))


def round_to(value: Number, places: Number = 0) -> Number:
    """ROUND(n, places): half away from zero."""
    return _quantize(value, int(places), ROUND_HALF_UP)


def trunc_to(value: Number, places: Number = 0) -> Number:
    """TRUNC(n, places)."""
    return _quantize(value, int(places), ROUND_DOWN)


def _quantize(value: Number, places: int, rounding: str) -> Number:
    if type(value) is int and places >= 0:
        return value
    if places > 130:
        return value
    decimal = Decimal(value)
    if decimal.adjusted() + places < -2:
        return 0
    return canon(decimal.quantize(Decimal((0, (1,), -places)), rounding, WIDE))


def ceil(value: Number) -> int:
    return value if type(value) is int else int(Decimal(value).to_integral_value(ROUND_CEILING))


def floor(value: Number) -> int:
    return value if type(value) is int else int(Decimal(value).to_integral_value(ROUND_FLOOR))


def sign(value: Number) -> int:
    return (value > 0) - (value < 0)


def out_of_range(argument: str) -> OraError:
    """ORA-01428."""
    return OraError(1428, f"argument '{argument}' is out of range")


def power(left: Number, right: Number) -> Number:
    """POWER; ORA-01428 for a negative base with a fractional exponent."""
    if left < 0 and type(right) is not int:
        raise out_of_range(text(left))
    if not left and right < 0:
        raise OraError(1426, "numeric overflow")
    if type(left) is int and type(right) is int and 0 <= right < 400 and abs(left) < 10 ** 30:
        return canon_int(left ** right)
    try:
        return canon(WIDE.power(Decimal(left), Decimal(right)))
    except (Overflow, InvalidOperation):
        raise OraError(1426, "numeric overflow") from None


def sqrt(value: Number) -> Number:
    if value < 0:
        raise out_of_range(text(value))
    return canon(WIDE.sqrt(Decimal(value)))


def ln(value: Number) -> Number:
    if value <= 0:
        raise out_of_range(text(value))
    return canon(WIDE.ln(Decimal(value)))


def log(base: Number, value: Number) -> Number:
    if base <= 0 or base == 1 or value <= 0:
        raise out_of_range(text(base if base <= 0 or base == 1 else value))
    result = WIDE.divide(WIDE.ln(Decimal(value)), WIDE.ln(Decimal(base)))
    near = result.quantize(Decimal(1), ROUND_HALF_UP, WIDE)
    return int(near) if abs(result - near) < Decimal("1e-60") else canon(result)


def exp(value: Number) -> Number:
    try:
        return canon(WIDE.exp(Decimal(value)))
    except Overflow:
        raise OraError(1426, "numeric overflow") from None


def bitand(left: Number, right: Number) -> int:
    return int(left) & int(right)


def from_float(value: float) -> Number:
    """BINARY_DOUBLE or BINARY_FLOAT to NUMBER; ORA-01426 for infinity and NaN."""
    if math.isinf(value) or math.isnan(value):
        raise OraError(1426, "numeric overflow")
    return canon(Decimal(f"{value:.9g}" if isinstance(value, BinaryFloat) else repr(float(value))))


def to_binary_float(value: float | int | Decimal) -> BinaryFloat:
    """Rounded to 32 bits; infinity when too large (documented)."""
    try:
        return BinaryFloat(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return BinaryFloat(math.copysign(math.inf, value))


def parse(source: str, point: str = ".") -> Number:
    """Text to NUMBER without a format, as implicit conversion does it. ORA-01722."""
    if point != ".":
        source = source.replace(".", "x").replace(point, ".")
    match = _NUMBER.fullmatch(source)
    if match is None or not (match[2] or match[3]):
        raise invalid_number()
    if match[3] is None and match[4] is None:
        return canon_int(int(match[1] + match[2]))
    return canon(WIDE.create_decimal(source.strip()))


def text(value: Number, point: str = ".") -> str:
    """NUMBER to text without a format: at most 40 characters of digits, scientific beyond (assumed: from 64 digits on)."""
    if type(value) is int:
        plain = str(value)
        if len(plain) <= 63:
            return plain
        return _scientific(Decimal(value), point)
    if value.is_infinite():                                     # type: ignore[union-attr]
        return "~" if value > 0 else "-~"
    plain = format(value, "f")
    if len(plain) > 63:
        return _scientific(Decimal(value), point)
    if plain.startswith("0."):
        plain = plain[1:]
    elif plain.startswith("-0."):
        plain = "-" + plain[2:]
    return plain if point == "." else plain.replace(".", point)


def _scientific(value: Decimal, point: str) -> str:
    negative, digits, exponent = value.as_tuple()
    head = "".join(map(str, digits))
    places = 40 - 6 - bool(negative)
    rounded = Decimal(head[0] + "." + (head[1:] or "0")).quantize(Decimal((0, (1,), -places)), ROUND_HALF_UP, WIDE)
    shift = len(head) - 1 + int(exponent)
    return f"{'-' if negative else ''}{rounded}E{'-' if shift < 0 else '+'}{abs(shift):02d}".replace(".", point)


def float_text(value: float, point: str = ".") -> str:
    """BINARY_FLOAT and BINARY_DOUBLE to text: 1.5E+000, Nan, Inf, -Inf (documented)."""
    if math.isnan(value):
        return "Nan"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    if not value:
        return "0"
    mantissa, _, exponent = f"{value:.{8 if isinstance(value, BinaryFloat) else 16}E}".partition("E")
    whole, _, fraction = mantissa.partition(".")
    return f"{whole}{point}{fraction.rstrip('0') or '0'}E{exponent[0]}{int(exponent[1:]):03d}"


def fit(value: Number, precision: int | None, scale: int | None) -> Number:
    """A value as NUMBER(precision, scale) keeps it. ORA-01438."""
    if precision is None and scale is None:
        return value
    places = scale or 0
    if type(value) is not int or places < 0:
        value = round_to(value, places)
    if precision is not None and abs(value) >= _LIMITS[precision - places + 130]:
        raise OraError(1438, "value larger than specified precision allowed for this column")
    return value


_LIMITS: Final[list[Any]] = [10 ** e if e >= 0 else Decimal((0, (1,), e)) for e in range(-130, 131)]


def fit_binary(value: Number, precision: int) -> Number:
    """A value as FLOAT(precision) keeps it: ``precision`` counts binary digits (documented: times 0.30103)."""
    digits = math.ceil(precision * 0.30103)
    decimal = Decimal(value)
    if len(decimal.as_tuple().digits) <= digits:
        return value
    return canon(Context(prec=digits, rounding=ROUND_HALF_UP).plus(decimal))


def trigonometric(name: str, *arguments: Any) -> Number:
    """SIN, ACOS, ATAN2, ...: computed in binary floating point, given with 15 digits (less exact than the real ones)."""
    try:
        return canon(Decimal(repr(getattr(math, name)(*map(float, arguments)))))
    except ValueError:
        raise out_of_range(text(arguments[0])) from None

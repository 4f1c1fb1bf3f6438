# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Number format models: TO_CHAR(n, format) and TO_NUMBER(text, format) (documented: "Format Models")."""
from __future__ import annotations

import dataclasses
import functools
import math
import re
from decimal import ROUND_HALF_UP, Decimal

from oralab.engine import numbers
from oralab.engine.nls import Nls
from oralab.engine.numbers import WIDE, Number
from oralab.errors import OraError, not_simulated


@dataclasses.dataclass(frozen=True, slots=True)
class Model:
    """A number format taken apart. ``whole`` and ``fraction`` keep 9, 0, and the group marks as written."""

    fill: bool
    whole: str
    fraction: str
    point: str = ""          # ".", "D" or "V"
    sign: str = ""           # "S front", "S back", "MI", "PR" or ""
    dollar: bool = False
    currency: str = ""       # "front", "back" (L, C, U)
    scientific: bool = False
    blank_zero: bool = False

    @property
    def digits(self) -> int:
        return len(re.sub(r"[^09]", "", self.whole))


def invalid_model() -> OraError:
    """ORA-01481."""
    return OraError(1481, "invalid number format model")


@functools.lru_cache(maxsize=512)
def model(format_: str) -> Model:
    """A format of the elements 9 0 . , D G V S MI PR $ L C U B EEEE FM. ORA-01481."""
    text = format_.upper()
    fill = not text.startswith("FM")
    if not fill:
        text = text[2:]
    sign = currency = ""
    blank_zero = "B" in text
    text = text.replace("B", "", 1)
    dollar = text.count("$") == 1
    text = text.replace("$", "", 1)
    if text.endswith("MI"):
        sign, text = "MI", text[:-2]
    elif text.endswith("PR"):
        sign, text = "PR", text[:-2]
    elif text.startswith("S"):
        sign, text = "S front", text[1:]
    elif text.endswith("S"):
        sign, text = "S back", text[:-1]
    if text[:1] in ("L", "C", "U"):
        currency, text = "front", text[1:]
    elif text[-1:] in ("L", "C", "U"):
        currency, text = "back", text[:-1]
    scientific = text.endswith("EEEE")
    if scientific:
        text = text[:-4]
    match = re.fullmatch(r"([09,G]*)(?:([.DV])([09]*))?", text)
    if match is None or text[:1] in (",", "G") or not re.search("[09]", text) or scientific and re.search("[,G]", text):
        raise invalid_model()
    return Model(fill, match[1], match[3] or "", match[2] or "", sign, dollar, currency, scientific, blank_zero)


def to_text(value: Number | float, format_: str, nls: Nls) -> str:
    """TO_CHAR(n, format): ``#`` marks when the number does not fit."""
    upper = format_.upper()
    if isinstance(value, float):
        if not math.isfinite(value):
            return numbers.float_text(value)
        value = numbers.from_float(value)
    if upper.startswith("TM"):
        return _minimal(value, upper, nls)
    if re.fullmatch(r"(FM)?0*X+", upper):
        return _hexadecimal(value, format_)
    if upper in ("RN", "FMRN"):
        return _roman(value, format_)
    parts = model(format_)
    if parts.scientific:
        return _scientific(value, parts, nls)
    if parts.point == "V":
        value = numbers.mul(value, 10 ** len(parts.fraction))
        parts = dataclasses.replace(parts, whole=parts.whole + parts.fraction, fraction="", point="")
    return _plain(value, parts, nls)


def _plain(value: Number, parts: Model, nls: Nls) -> str:
    rounded = Decimal(value).quantize(Decimal((0, (1,), -len(parts.fraction))), ROUND_HALF_UP, WIDE)
    negative = rounded < 0
    whole, _, fraction = format(abs(rounded), "f").partition(".")
    slots = parts.digits
    whole = whole.lstrip("0")
    overflow = len(whole) > slots
    groups = parts.whole.replace("G", ",")
    required = next((len(re.sub(",", "", groups[i:])) for i, c in enumerate(groups) if c == "0"), 0)
    if not whole and not parts.fraction and not required:
        required = 1
    digits = whole.rjust(required, "0") if required > len(whole) else whole
    out, position = [], len(digits)
    for mark in reversed(groups):
        if mark == ",":
            if position > 0:
                out.append(nls.group if "G" in parts.whole else ",")
        elif position > 0:
            position -= 1
            out.append(digits[position])
    body = "".join(reversed(out))
    if parts.point:
        if not parts.fill:
            keep = parts.fraction.rfind("0") + 1
            fraction = fraction[:keep] + fraction[keep:].rstrip("0")
        body += (nls.point if parts.point == "D" else ".") + fraction
        if not whole and not required and parts.whole and not parts.fill and body[:1] in (nls.point, ".") and slots and len(body) == 1:
            body = "0" + body
    if parts.blank_zero and not rounded:
        body = ""
    width = len(groups) + (len(parts.fraction) + 1 if parts.point else 0)
    if overflow:
        return "#" * (width + (parts.sign != "S back" or 1) + parts.dollar)
    return _signed(body, negative, parts, width, nls)


def _signed(body: str, negative: bool, parts: Model, width: int, nls: Nls) -> str:
    symbol = "$" if parts.dollar else nls.currency if parts.currency else ""
    if symbol and parts.currency != "back":
        body = symbol + body
        width += len(symbol) if parts.dollar else 10       # L is ten characters wide (documented for TO_CHAR)
    elif symbol:
        body += symbol
        width += 10
    if parts.sign == "MI":
        body, width = body + ("-" if negative else " " if parts.fill else ""), width + 1
    elif parts.sign == "PR":
        body, width = f"<{body}>" if negative else f" {body} " if parts.fill else body, width + 2
    elif parts.sign == "S back":
        body, width = body + ("-" if negative else "+"), width + 1
    elif parts.sign == "S front":
        body, width = ("-" if negative else "+") + body, width + 1
    else:
        body, width = ("-" if negative else "") + body, width + 1
    return body.rjust(width) if parts.fill else body


def _scientific(value: Number, parts: Model, nls: Nls) -> str:
    places = len(parts.fraction)
    mantissa, _, exponent = f"{Decimal(value):.{places}E}".partition("E")
    power = int(exponent or 0)
    if not Decimal(value):
        power = 0
    body = f"{mantissa.lstrip('-')}E{'-' if power < 0 else '+'}{abs(power):02d}"
    if parts.point == "D":
        body = body.replace(".", nls.point)
    return _signed(body, value < 0, parts, len(body) + 1, nls)


def _minimal(value: Number, format_: str, nls: Nls) -> str:
    if format_ in ("TM", "TM9"):
        return numbers.text(value, nls.point)
    if format_ == "TME":
        mantissa, _, exponent = f"{Decimal(value):E}".partition("E")
        power = int(exponent or 0)
        return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}E{'-' if power < 0 else '+'}{abs(power):02d}"
    raise invalid_model()


def _hexadecimal(value: Number, format_: str) -> str:
    fill = not format_.upper().startswith("FM")
    digits = format_ if fill else format_[2:]
    whole = int(numbers.round_to(value, 0))
    if whole < 0 or len(f"{whole:x}") > len(digits):
        return "#" * (len(digits) + fill)
    text = f"{whole:X}" if "X" in digits else f"{whole:x}"
    if digits.startswith("0"):
        text = text.rjust(len(digits), "0")
    return text.rjust(len(digits) + 1) if fill else text


def _roman(value: Number, format_: str) -> str:
    whole = int(numbers.round_to(value, 0))
    if not 1 <= whole <= 3999:
        return "#" * 15
    out = ""
    for size, mark in ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
                       (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        out += mark * (whole // size)
        whole %= size
    out = out if "RN" in format_ else out.lower()
    return out if format_.upper().startswith("FM") else out.rjust(15)


def hexadecimal(source: str, digits: int) -> int:
    """TO_NUMBER(text, 'XXX'). ORA-01722."""
    text = source.strip()
    if len(text) > digits or not text.isalnum():
        raise numbers.invalid_number()
    try:
        return int(text, 16)
    except ValueError:
        raise numbers.invalid_number() from None


def to_number(source: str, format_: str, nls: Nls) -> Number:
    """TO_NUMBER(text, format). ORA-01722 when the text does not match."""
    upper = format_.upper().removeprefix("FM")
    text = source.strip()
    if re.fullmatch(r"0*X+", upper):
        return hexadecimal(text, len(upper))
    if upper in ("TM", "TM9", "TME"):
        return numbers.parse(text)
    if "RN" in upper:
        raise not_simulated("TO_NUMBER of Roman numerals")
    parts = model(format_)
    negative = False
    if parts.sign == "PR" and text.startswith("<") and text.endswith(">"):
        negative, text = True, text[1:-1]
    elif parts.sign in ("MI", "S back") and text[-1:] in ("-", "+"):
        negative, text = text[-1] == "-", text[:-1]
    elif parts.sign not in ("MI", "S back") and text[:1] in ("-", "+"):
        negative, text = text[0] == "-", text[1:]
    symbol = "$" if parts.dollar else nls.currency if parts.currency else ""
    if symbol:
        text = text.removeprefix(symbol).removesuffix(symbol)
    point = nls.point if parts.point == "D" else "."
    group = nls.group if "G" in parts.whole else ","
    whole, _, fraction = text.partition(point)
    if re.search("[,G]", parts.whole):
        whole = whole.replace(group, "")
    if parts.scientific:
        return numbers.parse(text if not negative else "-" + text)
    if not re.fullmatch(r"\d+", whole + fraction) or len(whole) > parts.digits or len(fraction) > len(parts.fraction):
        raise numbers.invalid_number()
    value = numbers.parse(f"{whole or '0'}.{fraction or '0'}")
    return -value if negative else value

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Character functions. Lengths and positions count characters, in the ...B functions bytes of the database character set."""
from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from oralab.engine import numbers
from oralab.engine.functions.registry import builtin
from oralab.engine.types import CLOB, NATIONAL, NUMBER, family, text_length, varchar
from oralab.errors import OraError, not_simulated
from oralab.values import DataType

_BLANKS = " "


def text_like_first(arguments: Sequence[DataType]) -> DataType:
    """Text of the first argument's length: CHAR becomes VARCHAR2, LOBs stay LOBs."""
    first = arguments[0]
    if family(first) == "L":
        return first
    if first.name in NATIONAL:
        return DataType("NVARCHAR2", first.length or 1, char_used="C")
    if family(first) == "S":
        return DataType("VARCHAR2", first.length or 1, char_used=first.char_used)
    return varchar(text_length(first))


def same_text(arguments: Sequence[DataType]) -> DataType:
    """UPPER and LOWER keep CHAR."""
    return arguments[0] if arguments[0].name in ("CHAR", "NCHAR") and arguments[0].length else text_like_first(arguments)


def long_text(arguments: Sequence[DataType]) -> DataType:
    """Text of unknown length."""
    if family(arguments[0]) == "L":
        return CLOB
    return DataType("NVARCHAR2", 2000, char_used="C") if arguments[0].name in NATIONAL else varchar(4000)


def char_limit(value: str) -> str | None:
    """The result of a function that builds VARCHAR2. ORA-01489."""
    if len(value) > 1000 and len(value.encode()) > 4000:
        raise OraError(1489, "result of string concatenation is too long")
    return value or None


builtin("UPPER", "S", same_text)(str.upper)
builtin("LOWER", "S", same_text)(str.lower)
builtin("LENGTH", "S", NUMBER)(len)
builtin("LENGTHC LENGTH4", "S", NUMBER)(len)


@builtin("LENGTH2", "S", NUMBER)
def length2(value: str) -> int:
    return len(value.encode("utf-16-be")) // 2


@builtin("LENGTHB", "S", NUMBER)
def lengthb(value: str) -> int:
    return len(value.encode())


@builtin("VSIZE", "A", NUMBER)
def vsize(value: Any) -> int:
    from oralab.engine.functions.hashing import internal_bytes
    return len(internal_bytes(value))


@builtin("SUBSTR SUBSTRC SUBSTR4", "S N ?N", text_like_first)
def substr(value: str, start: Any, length: Any = None) -> str | None:
    first = int(start)
    if first > 0:
        first -= 1
    elif first < 0:
        first += len(value)
        if first < 0:
            return None
    if length is None:
        return value[first:] or None
    count = int(length)
    return value[first:first + count] or None if count > 0 else None


@builtin("SUBSTRB", "S N ?N", text_like_first)
def substrb(value: str, start: Any, length: Any = None) -> str | None:
    """Partial characters at the edges become blanks (documented)."""
    data = value.encode()
    first = int(start)
    first = first - 1 if first > 0 else first + len(data) if first < 0 else 0
    if first < 0 or length is not None and int(length) < 1:
        return None
    piece = data[first:] if length is None else data[first:first + int(length)]
    lead = 0
    while lead < len(piece) and piece[lead] & 0xC0 == 0x80:
        lead += 1
    body = piece[lead:].decode(errors="ignore")
    return " " * lead + body + " " * (len(piece) - lead - len(body.encode())) or None


def find(value: Any, wanted: Any, position: int, occurrence: int) -> int:
    """INSTR over text or bytes: 1-based, from the end when ``position`` is negative."""
    if occurrence < 1:
        raise numbers.out_of_range(str(occurrence))
    if position > 0:
        at = position - 2
        for _ in range(occurrence):
            at = value.find(wanted, at + 1)
            if at < 0:
                return 0
        return at + 1
    if position == 0:
        return 0
    at = len(value) + position + 1
    for _ in range(occurrence):
        at = value.rfind(wanted, 0, at - 1 + len(wanted) if at - 1 + len(wanted) > 0 else 0)
        if at < 0:
            return 0
    return at + 1


@builtin("INSTR INSTRC INSTR4", "S S ?N ?N", NUMBER)
def instr(value: str, wanted: str, position: Any = 1, occurrence: Any = 1) -> int:
    if position == 1 and occurrence == 1:
        return value.find(wanted) + 1
    return find(value, wanted, int(position), int(occurrence))


@builtin("INSTRB", "S S ?N ?N", NUMBER)
def instrb(value: str, wanted: str, position: Any = 1, occurrence: Any = 1) -> int:
    return find(value.encode(), wanted.encode(), int(position), int(occurrence))


def _padding(value: str, length: Any, pad: str) -> tuple[int, str]:
    missing = int(length) - len(value)
    return missing, (pad * (missing // len(pad) + 1))[:missing] if missing > 0 else ""


@builtin("LPAD", "S N ?S", long_text)
def lpad(value: str, length: Any, pad: str = " ") -> str | None:
    missing, filler = _padding(value, length, pad)
    return char_limit(filler + value) if missing >= 0 else value[:max(int(length), 0)] or None


@builtin("RPAD", "S N ?S", long_text)
def rpad(value: str, length: Any, pad: str = " ") -> str | None:
    missing, filler = _padding(value, length, pad)
    return char_limit(value + filler) if missing >= 0 else value[:max(int(length), 0)] or None


@builtin("LTRIM", "S ?S", text_like_first)
def ltrim(value: str, characters: str = _BLANKS) -> str | None:
    return value.lstrip(characters) or None


@builtin("RTRIM", "S ?S", text_like_first)
def rtrim(value: str, characters: str = _BLANKS) -> str | None:
    return value.rstrip(characters) or None


def trim(value: str, character: str, option: str) -> str | None:
    """TRIM([LEADING|TRAILING|BOTH] [character FROM] value). ORA-30001 unless it is one character."""
    if len(character) != 1:
        raise OraError(30001, "trim set should have only one character")
    if option != "TRAILING":
        value = value.lstrip(character)
    if option != "LEADING":
        value = value.rstrip(character)
    return value or None


@builtin("REPLACE", "S S ?S", long_text, strict=False)
def replace(value: str | None, search: str | None, replacement: str | None = None) -> str | None:
    if value is None or search is None:
        return value
    return char_limit(value.replace(search, replacement or "")) if len(value) <= 4000 else value.replace(search, replacement or "")


@builtin("TRANSLATE", "S S S", text_like_first)
def translate(value: str, source: str, target: str) -> str | None:
    table: dict[int, str | None] = {}
    for index, character in enumerate(source):
        table.setdefault(ord(character), target[index] if index < len(target) else None)
    return value.translate(table) or None


@builtin("INITCAP NLS_INITCAP", "S", text_like_first)
def initcap(value: str) -> str:
    out, inside = [], False
    for character in value:
        out.append(character.lower() if inside else character.upper())
        inside = character.isalnum()
    return "".join(out)


@builtin("ASCII", "S", NUMBER)
def ascii_(value: str) -> int:
    return int.from_bytes(value[0].encode(), "big")


@builtin("CHR", "N", varchar(4))
def chr_(code: Any) -> str:
    number = int(code)
    try:
        return number.to_bytes(max((number.bit_length() + 7) // 8, 1), "big").decode()
    except (UnicodeDecodeError, OverflowError):
        raise not_simulated(f"CHR({number}): no character of AL32UTF8") from None


@builtin("NCHR", "N", DataType("NVARCHAR2", 1, char_used="C"))
def nchr(code: Any) -> str:
    return chr(int(code))


@builtin("UNISTR", "S", lambda types: DataType("NVARCHAR2", types[0].length or 1, char_used="C"))
def unistr(value: str) -> str:
    out, position = [], 0
    while position < len(value):
        if value[position] == "\\":
            if value[position + 1:position + 2] == "\\":
                out.append("\\")
                position += 2
                continue
            try:
                out.append(chr(int(value[position + 1:position + 5], 16)))
            except ValueError:
                raise OraError(30186, "'\\' must be followed by four hexadecimal characters or another '\\'") from None
            position += 5
        else:
            out.append(value[position])
            position += 1
    return "".join(out).encode("utf-16", "surrogatepass").decode("utf-16")


@builtin("ASCIISTR", "S", long_text)
def asciistr(value: str) -> str:
    data = value.encode("utf-16-be")
    units = [int.from_bytes(data[i:i + 2], "big") for i in range(0, len(data), 2)]
    return "".join(chr(unit) if unit < 128 and unit != 92 else f"\\{unit:04X}" for unit in units)


@builtin("REVERSE", "S", text_like_first)
def reverse(value: str) -> str:
    """Undocumented but in use: reverses bytes; here characters."""
    return value[::-1]


@builtin("SOUNDEX", "S", varchar(4))
def soundex(value: str) -> str | None:
    letters = [c for c in value.upper() if "A" <= c <= "Z"]
    if not letters:
        return None
    codes = {c: d for d, group in (("1", "BFPV"), ("2", "CGJKQSXZ"), ("3", "DT"), ("4", "L"), ("5", "MN"), ("6", "R")) for c in group}
    out, last = letters[0], codes.get(letters[0], "")
    for letter in letters[1:]:
        code = codes.get(letter, "")
        if code and code != last:
            out += code
        if letter not in "HW":
            last = code
    return (out + "000")[:4]


@builtin("CONCAT", "S S", lambda types: varchar(text_length(types[0]) + text_length(types[1])), strict=False)
def concat(left: str | None, right: str | None) -> str | None:
    if left is None or right is None:
        return right if left is None else left
    joined = left + right
    return char_limit(joined) if len(joined) > 1000 else joined


@builtin("TO_SINGLE_BYTE TO_MULTI_BYTE COMPOSE DECOMPOSE", "S", text_like_first)
def unchanged(value: str) -> str:
    return value


@builtin("NLSSORT", "S ?S", DataType("RAW", 2000))
def nlssort(value: str, parameter: str = "NLS_SORT=BINARY") -> bytes:
    wanted = parameter.upper().replace(" ", "")
    if wanted not in ("NLS_SORT=BINARY", "NLS_SORT=BINARY_CI"):
        raise not_simulated(f"linguistic sort {parameter}")
    return (value.lower() if wanted.endswith("CI") else value).encode() + b"\0"


@builtin("NLS_UPPER", "S ?S", text_like_first)
def nls_upper(value: str, parameter: str = "") -> str:
    return value.upper()


@builtin("NLS_LOWER", "S ?S", text_like_first)
def nls_lower(value: str, parameter: str = "") -> str:
    return value.lower()


@builtin("CONVERT", "S S ?S", text_like_first)
def convert(value: str, target: str, source: str = "AL32UTF8") -> str:
    if {target.upper(), source.upper()} - {"AL32UTF8", "UTF8"}:
        raise not_simulated(f"CONVERT to {target}")
    return value


@builtin("NLS_CHARSET_ID", "S", NUMBER)
def nls_charset_id(name: str) -> int | None:
    return {"AL32UTF8": 873, "UTF8": 871, "AL16UTF16": 2000, "US7ASCII": 1, "WE8ISO8859P1": 31, "WE8ISO8859P15": 46,
            "WE8MSWIN1252": 178, "CHAR_CS": 873, "NCHAR_CS": 2000, "ZHS16GBK": 852}.get(name.upper())


@builtin("NLS_CHARSET_NAME", "N", varchar(20))
def nls_charset_name(number: int | Decimal) -> str | None:
    return {873: "AL32UTF8", 871: "UTF8", 2000: "AL16UTF16", 1: "US7ASCII", 31: "WE8ISO8859P1", 46: "WE8ISO8859P15",
            178: "WE8MSWIN1252", 852: "ZHS16GBK"}.get(int(number))

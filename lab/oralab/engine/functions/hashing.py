# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STANDARD_HASH, ORA_HASH, DUMP and UTL_RAW functions: the bytes of values.

ORA_HASH's algorithm is not published: the lab has its own 32-bit function with the documented arguments (assumed), so its
values differ from a real database's, but not between two databases of the lab.
"""
from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable
from typing import Any, Final

from oralab import codec
from oralab.engine.functions.registry import builtin
from oralab.engine.types import NATIONAL, NUMBER, family, varchar
from oralab.errors import OraError, not_simulated
from oralab.values import BinaryFloat, DataType, IntervalDS, IntervalYM, Rowid, Timestamp

METHODS: Final[dict[str, tuple[Callable[[bytes], Any], int]]] = {
    "MD5": (hashlib.md5, 16), "SHA1": (hashlib.sha1, 20), "SHA256": (hashlib.sha256, 32), "SHA384": (hashlib.sha384, 48),
    "SHA512": (hashlib.sha512, 64)}
MAX_BUCKET: Final = 4294967295


def bytes_function(type_: DataType) -> Callable[[Any], bytes]:
    """The internal bytes of values of a type: strings in the character set they are kept in. ORA-00902 for LOBs."""
    if family(type_) in "LBPXK" or type_.name.startswith("LONG"):
        raise OraError(902, "invalid datatype")
    if type_.name in ("VARCHAR2", "CHAR"):
        return str.encode
    if type_.name in NATIONAL:
        return lambda value: value.encode("utf-16-be")
    if type_.name == "RAW":
        return bytes
    return codec.encoder(type_)


def standard_hash(data: bytes, method: str) -> bytes:
    try:
        digest: bytes = METHODS[method.upper()][0](data).digest()
        return digest
    except KeyError:
        raise OraError(12705, "Cannot access NLS data files or invalid environment specified") from None


def ora_hash(data: bytes, bucket: Any = MAX_BUCKET, seed: Any = 0) -> int:
    """ORA-01428 for arguments beyond 32 bits."""
    for argument in (bucket, seed):
        if not 0 <= argument <= MAX_BUCKET:
            raise OraError(1428, f"argument '{argument}' is out of range")
    mixed = hashlib.md5(data + int(seed).to_bytes(4, "big") if seed else data).digest()
    return int.from_bytes(mixed[:4], "big") % (int(bucket) + 1)


_ENCODERS: Final[tuple[tuple[type, Callable[[Any], bytes]], ...]] = (
    (BinaryFloat, codec.encode_binary_float), (float, codec.encode_binary_double), (Rowid, codec.encode_rowid), (str, str.encode),
    (bytes, bytes), (datetime.datetime, codec.encode_date), (IntervalDS, codec.encode_interval_ds), (IntervalYM, codec.encode_interval_ym))


def internal_bytes(value: Any) -> bytes:
    """The internal bytes of a value whose type is not known more closely."""
    if isinstance(value, Timestamp):
        return codec.encode_timestamp(value) if value.zone is None else codec.encode_timestamp_tz(value)
    encode = next((encode for type_, encode in _ENCODERS if isinstance(value, type_)), codec.encode_number)
    return encode(value)


_DUMP_TYPES: Final = {"VARCHAR2": 1, "NVARCHAR2": 1, "NUMBER": 2, "FLOAT": 2, "LONG": 8, "DATE": 12, "RAW": 23, "ROWID": 69,
                      "CHAR": 96, "NCHAR": 96,
                      "BINARY_FLOAT": 100, "BINARY_DOUBLE": 101, "CLOB": 112, "BLOB": 113, "TIMESTAMP": 180,
                      "TIMESTAMP WITH TIME ZONE": 181,
                      "INTERVAL YEAR TO MONTH": 182, "INTERVAL DAY TO SECOND": 183, "TIMESTAMP WITH LOCAL TIME ZONE": 231}


def dump(data: bytes, type_: DataType, format_: Any = 10, start: Any = 1, length: Any = None) -> str:
    """DUMP(expr, format, start, length): format 8, 10, 16 or 17, plus 1000 for the character set (documented)."""
    number = int(format_)
    with_charset, base = divmod(number, 1000)
    shown = data[int(start) - 1:] if length is None else data[int(start) - 1:int(start) - 1 + int(length)]
    if base == 17:
        parts = [chr(byte) if 32 <= byte < 127 else f"{byte:x}" for byte in shown]
    else:
        parts = [format(byte, {8: "o", 16: "x"}.get(base, "d")) for byte in shown]
    charset = ""
    if with_charset and family(type_) == "S":
        charset = f" CharacterSet={'AL16UTF16' if type_.name in NATIONAL else 'AL32UTF8'}"
    return f"Typ={_DUMP_TYPES.get(type_.name, 1)} Len={len(data)}{charset}: {','.join(parts)}"


@builtin("RAWTOHEX", "R", varchar(4000))
def rawtohex(value: bytes) -> str:
    return value.hex().upper()


@builtin("HEXTORAW", "S", DataType("RAW", 2000))
def hextoraw(value: str) -> bytes:
    from oralab.engine.convert import hex_to_raw
    return hex_to_raw(value)


@builtin("RAWTONHEX", "R", DataType("NVARCHAR2", 2000, char_used="C"))
def rawtonhex(value: bytes) -> str:
    return value.hex().upper()


@builtin("CHARTOROWID", "S", DataType("ROWID"))
def chartorowid(value: str) -> Rowid:
    from oralab.engine.convert import text_to_rowid
    return text_to_rowid(value)


@builtin("ROWIDTOCHAR ROWIDTONCHAR", "A", varchar(18))
def rowidtochar(value: str) -> str:
    return str(value)


def _combined(name: str, operation: Callable[[int, int], int]) -> None:
    @builtin(f"UTL_RAW.{name}", "R R", DataType("RAW", 2000))
    def combine(left: bytes, right: bytes) -> bytes:
        """The longer one's rest is kept unchanged (documented)."""
        longer = left if len(left) >= len(right) else right
        pairs = bytes(operation(a, b) for a, b in zip(left, right))
        return pairs + longer[len(pairs):]


for _name, _operation in (("BIT_AND", int.__and__), ("BIT_OR", int.__or__), ("BIT_XOR", int.__xor__)):
    _combined(_name, _operation)


@builtin("UTL_RAW.CAST_TO_RAW", "S", DataType("RAW", 2000))
def cast_to_raw(value: str) -> bytes:
    return value.encode()


@builtin("UTL_RAW.CAST_TO_VARCHAR2", "R", varchar(4000))
def cast_to_varchar2(value: bytes) -> str | None:
    return value.decode(errors="replace") or None


@builtin("UTL_RAW.CAST_TO_NVARCHAR2", "R", DataType("NVARCHAR2", 2000, char_used="C"))
def cast_to_nvarchar2(value: bytes) -> str | None:
    return value.decode("utf-16-be", errors="replace") or None


@builtin("UTL_RAW.CAST_FROM_NUMBER", "N", DataType("RAW", 22))
def cast_from_number(value: Any) -> bytes:
    return codec.encode_number(value)


@builtin("UTL_RAW.CAST_TO_NUMBER", "R", NUMBER)
def cast_to_number(value: bytes) -> Any:
    return codec.decode_number(value)


@builtin("UTL_RAW.LENGTH", "R", NUMBER)
def raw_length(value: bytes) -> int:
    return len(value)


@builtin("UTL_RAW.SUBSTR", "R N ?N", DataType("RAW", 2000))
def raw_substr(value: bytes, start: Any, length: Any = None) -> bytes | None:
    first = int(start) - 1 if start > 0 else len(value) + int(start)
    if not 0 <= first < len(value) or length is not None and (length < 1 or first + int(length) > len(value)):
        raise OraError(6502, "PL/SQL: numeric or value error")
    return value[first:] if length is None else value[first:first + int(length)]


@builtin("UTL_RAW.CONCAT", "?R *R*", DataType("RAW", 2000), strict=False)
def raw_concat(*values: bytes | None) -> bytes | None:
    return b"".join(value for value in values if value) or None


@builtin("UTL_RAW.REVERSE", "R", DataType("RAW", 2000))
def raw_reverse(value: bytes) -> bytes:
    return value[::-1]


@builtin("UTL_RAW.CAST_FROM_BINARY_INTEGER", "N ?N", DataType("RAW", 4))
def cast_from_binary_integer(value: Any, endianness: Any = 1) -> bytes:
    return int(value).to_bytes(4, "big" if endianness == 1 else "little", signed=True)


@builtin("UTL_RAW.CAST_TO_BINARY_INTEGER", "R ?N", NUMBER)
def cast_to_binary_integer(value: bytes, endianness: Any = 1) -> int:
    return int.from_bytes(value[:4], "big" if endianness == 1 else "little", signed=True)


@builtin("DBMS_UTILITY.GET_HASH_VALUE", "S N N", NUMBER)
def get_hash_value(name: str, base: Any, size: Any) -> int:
    """``base`` + a hash below ``size`` (its algorithm is not published either)."""
    if size < 1:
        raise not_simulated("DBMS_UTILITY.GET_HASH_VALUE with hash_size 0")
    return int(base) + int.from_bytes(hashlib.md5(name.encode()).digest()[:4], "big") % int(size)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversion between families of types: as Python source for compiled expressions, and as functions.

In the templates ``{}`` is a value that is not NULL and ``x`` the execution, of which ``x.nls`` and ``x.zone`` are read.
"""
from __future__ import annotations

import datetime
import functools
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from oralab import codec
from oralab.engine import date_format, date_reader, datetimes, numbers
from oralab.engine.types import MAX_RAW, MAX_STRING, family, inconsistent, is_null
from oralab.errors import OraError
from oralab.values import BinaryFloat, DataType, Rowid, Timestamp, Value

_FLOATS: Final = {"NAN": math.nan, "INF": math.inf, "INFINITY": math.inf, "-INF": -math.inf, "-INFINITY": -math.inf, "+INF": math.inf}


def text_to_float(source: str) -> float:
    """ORA-01722."""
    word = source.strip().upper()
    if word in _FLOATS:
        return _FLOATS[word]
    return float(numbers.parse(word.rstrip("DF")))


def hex_to_raw(source: str) -> bytes:
    """HEXTORAW: an odd number of digits gets a leading zero. ORA-01465."""
    try:
        return bytes.fromhex(source if len(source) % 2 == 0 else "0" + source)
    except ValueError:
        raise OraError(1465, "invalid hex number") from None


def raw_to_hex(value: bytes) -> str | None:
    return value.hex().upper() or None


def lob_to_text(value: str) -> str | None:
    """CLOB to VARCHAR2. ORA-22835."""
    if len(value) > MAX_STRING or len(value) > 1000 and len(value.encode()) > MAX_STRING:
        raise OraError(22835, "Buffer too small for CLOB to CHAR or BLOB to RAW conversion "
                              f"(actual: {len(value)}, maximum: {MAX_STRING})")
    return value or None


def lob_to_raw(value: bytes) -> bytes | None:
    """BLOB to RAW. ORA-22835."""
    if len(value) > MAX_RAW:
        raise OraError(22835, f"Buffer too small for CLOB to CHAR or BLOB to RAW conversion (actual: {len(value)}, maximum: {MAX_RAW})")
    return value or None


def text_to_rowid(source: str) -> Rowid:
    """CHARTOROWID. ORA-01410."""
    codec.rowid_fields(source)
    return Rowid(source)


_TEMPLATES: Final[dict[str, str]] = {
    "NS": "number_text({}, x.nls.point)", "SN": "parse_number({}, x.nls.point)", "NF": "float({})", "FN": "from_float({})",
    "FS": "float_text({}, x.nls.point)", "SF": "text_to_float({})", "LN": "parse_number({}, x.nls.point)",
    "NL": "number_text({}, x.nls.point)",
    "SD": "parse_date({}, x.nls.date_format)", "DS": "date_text({}, x.nls.date_format)",
    "ST": "parse_timestamp({}, x.nls.timestamp_format)", "TS": "timestamp_text({}, x.nls.timestamp_format)",
    "SZ": "parse_timestamp({}, x.nls.timestamp_tz_format, zoned=True, default_zone=x.zone)",
    "ZS": "timestamp_text({}, x.nls.timestamp_tz_format)",
    "SC": "ts_to_local(parse_timestamp({}, x.nls.timestamp_format), x.zone)",
    "CS": "timestamp_text(local_to_ts({}, x.zone), x.nls.timestamp_format)",
    "DT": "Timestamp({})", "TD": "{}.moment", "DZ": "with_zone(Timestamp({}), x.zone)", "ZD": "{}.moment",
    "TZ": "with_zone({}, x.zone)", "ZT": "drop_zone({})", "CD": "local_to_ts({}, x.zone).moment", "CT": "local_to_ts({}, x.zone)",
    "CZ": "local_to_tz({}, x.zone)", "DC": "ts_to_local(Timestamp({}), x.zone)", "TC": "ts_to_local({}, x.zone)",
    "ZC": "tz_to_local({})",
    "SY": "parse_ym({})", "YS": "ym_text({})", "SI": "parse_ds({})", "IS": "ds_text({})",
    "RS": "raw_to_hex({})", "SR": "hex_to_raw({})", "RB": "{}", "BR": "lob_to_raw({})", "SL": "{}", "LS": "lob_to_text({})",
    "WS": "str({})", "SW": "text_to_rowid({})", "RL": "raw_to_hex({})", "SB": "hex_to_raw({})",
    "DL": "date_text({}, x.nls.date_format)", "XL": "{}", "XS": "{}", "SX": "{}", "LX": "{}",
}
NAMES: Final[dict[str, Any]] = {
    "number_text": numbers.text, "parse_number": numbers.parse, "from_float": numbers.from_float, "float_text": numbers.float_text,
    "text_to_float": text_to_float, "parse_date": date_reader.parse_date, "date_text": date_format.date_text,
    "parse_timestamp": date_reader.parse_timestamp, "timestamp_text": date_format.timestamp_text, "Timestamp": Timestamp,
    "ts_to_local": datetimes.ts_to_local, "local_to_ts": datetimes.local_to_ts, "local_to_tz": datetimes.local_to_tz,
    "tz_to_local": datetimes.tz_to_local, "with_zone": datetimes.with_zone, "drop_zone": datetimes.drop_zone,
    "parse_ym": datetimes.parse_ym, "ym_text": datetimes.ym_text, "parse_ds": datetimes.parse_ds, "ds_text": datetimes.ds_text,
    "raw_to_hex": raw_to_hex, "hex_to_raw": hex_to_raw, "lob_to_raw": lob_to_raw, "lob_to_text": lob_to_text,
    "text_to_rowid": text_to_rowid,
}
"""What the templates call."""


def template(source: DataType, target: DataType) -> str | None:
    """Source text of the conversion, None when the value stays as it is. ORA-00932 when there is no such conversion."""
    a, b = family(source), family(target)
    if a == b or is_null(source):
        return None
    found = _TEMPLATES.get(a + b)
    if found is None:
        raise inconsistent(target, source)
    if b == "T" and a in "SD" or found == "{}":
        return None if found == "{}" else found
    return found


@functools.lru_cache(maxsize=256)
def _function(pair: str) -> Callable[[Any, Any], Any]:
    return eval(f"lambda v, x: {_TEMPLATES[pair].format('v')}", dict(NAMES))  # type: ignore[no-any-return]


def convert(value: Any, source: DataType, target: DataType, x: Any) -> Any:
    """One value, outside compiled expressions."""
    if value is None or template(source, target) is None:
        return value
    return _function(family(source) + family(target))(value, x)


def type_of(value: Value) -> DataType:
    """The type of a Python value that comes from outside (internal SQL, PL/SQL)."""
    name = next((name for python_type, name in _PYTHON_TYPES if isinstance(value, python_type)), "")
    if not name:
        return DataType("VARCHAR2", 0)
    if name == "TIMESTAMP" and isinstance(value, Timestamp) and value.zone is not None:
        return DataType("TIMESTAMP WITH TIME ZONE", scale=9)
    if isinstance(value, str):
        size = len(value.encode())
        return DataType("VARCHAR2", size or 1) if name != "VARCHAR2" or size <= 32767 else DataType("CLOB")
    if isinstance(value, bytes):
        return DataType("RAW", len(value)) if len(value) <= 32767 else DataType("BLOB")
    return DataType(name, scale=9 if name == "TIMESTAMP" else None)


_PYTHON_TYPES: Final[tuple[tuple[Any, str], ...]] = (
    (bool, "BOOLEAN"), ((int, Decimal), "NUMBER"), (BinaryFloat, "BINARY_FLOAT"), (float, "BINARY_DOUBLE"), (Rowid, "ROWID"),
    (str, "VARCHAR2"), (bytes, "RAW"), (datetime.datetime, "DATE"), (Timestamp, "TIMESTAMP"))


# --- values into columns ---

def character_length(value: str, type_: DataType) -> int:
    """A string's length in the unit of the type's own length."""
    if type_.char_used == "C" or type_.name in ("NCHAR", "NVARCHAR2"):
        return len(value) if value.isascii() or type_.name not in ("NCHAR", "NVARCHAR2") else len(value.encode("utf-16-be")) // 2
    return len(value) if value.isascii() else len(value.encode())


def too_large(column: str, actual: int, maximum: int) -> OraError:
    """ORA-12899; ``column`` as ``"OWNER"."TABLE"."COLUMN"``."""
    return OraError(12899, f"value too large for column {column} (actual: {actual}, maximum: {maximum})")


def storer(type_: DataType, column: str) -> Callable[[Any], Any] | None:
    """The check and final form of a value of the right family for a column; None when nothing can be wrong. Values are not NULL."""
    name, length = type_.name, type_.length
    if name in ("VARCHAR2", "NVARCHAR2"):
        def keep(value: str) -> str | None:
            if len(value) * 4 > length:
                actual = character_length(value, type_)
                if actual > length:
                    raise too_large(column, actual, length)
                if type_.char_used == "C" and len(value) > 1000 and len(value.encode()) > MAX_STRING:
                    raise too_large(column, len(value.encode()), MAX_STRING)
            return value or None
        return keep
    if name in ("CHAR", "NCHAR"):
        def pad(value: str) -> str | None:
            actual = character_length(value, type_)
            if actual > length:
                raise too_large(column, actual, length)
            return value + " " * (length - actual) if value else None
        return pad
    if name == "RAW":
        def limit(value: bytes) -> bytes | None:
            if len(value) > length:
                raise too_large(column, len(value), length)
            return value or None
        return limit
    if name == "NUMBER":
        precision, scale = type_.precision, type_.scale
        return None if precision is None and scale is None else lambda value: numbers.fit(value, precision, scale)
    if name == "FLOAT":
        return lambda value: numbers.fit_binary(value, type_.precision or 126)
    if name == "BINARY_FLOAT":
        return numbers.to_binary_float
    if name == "BINARY_DOUBLE":
        return float
    if name.startswith("TIMESTAMP"):
        digits = 6 if type_.scale is None else type_.scale
        return lambda value: datetimes.rounded(value, digits)
    if name.startswith("INTERVAL"):
        return lambda value: _interval(value, type_)
    if name == "BFILE" or name in ("CLOB", "NCLOB", "BLOB", "DATE", "LONG", "LONG RAW", "ROWID", "UROWID"):
        return None
    return None


def _interval(value: Any, type_: DataType) -> Any:
    leading = type_.precision if type_.precision is not None else 2
    size = abs(value.months) // 12 if type_.name == "INTERVAL YEAR TO MONTH" else abs(value.nanos) // (datetimes.DAY * datetimes.NANOS)
    if size >= 10 ** leading:
        raise OraError(1873, "the leading precision of the interval is too small")
    return value

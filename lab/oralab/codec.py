# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scalar values as Oracle's own bytes: what DUMP() shows, what rows in blocks hold and what travels over the net.

NULL has no bytes: whoever stores or sends rows marks it in its own way. The forms of NUMBER, DATE, TIMESTAMP, INTERVAL
and BINARY_FLOAT/DOUBLE are documented (Oracle Call Interface, "Internal Data Types"); a time zone region is kept as its
offset, because the numbers of the regions are not published (assumed).
"""
from __future__ import annotations

import datetime
import functools
import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from oralab.errors import OraError, not_simulated
from oralab.values import BinaryFloat, DataType, IntervalDS, IntervalYM, Rowid, Timestamp, Value

Encoder = Callable[[Any], bytes]
Decoder = Callable[[bytes], Value]

MANTISSA_BYTES: Final = 20      # base-100 digits a NUMBER holds
NUMBER_EXPONENTS: Final = range(-65, 63)
NANOS: Final = 1_000_000_000
BIAS: Final = 0x80000000        # makes signed interval fields sort as unsigned bytes
ROWID_DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_ROWID_VALUE: Final = {digit: value for value, digit in enumerate(ROWID_DIGITS)}


@functools.lru_cache(maxsize=16384)
def encode_number(value: int | Decimal) -> bytes:
    """NUMBER: exponent byte, then up to 20 base-100 digits; both complemented for negative numbers.

    Digits beyond the twentieth pair are rounded away, what is too small becomes zero, what is too large is ORA-01426.
    """
    if isinstance(value, Decimal):
        if value.is_infinite():
            return b"\xff\x65" if value > 0 else b"\x00"
        sign, digits, exponent = value.as_tuple()
        text, negative = "".join(map(str, digits)).lstrip("0"), bool(sign)
        point = len(text) + int(exponent)
    else:
        negative = value < 0
        text = str(-value if negative else value) if value else ""
        point = len(text)
    text = text.rstrip("0")
    if not text:
        return b"\x80"
    if point % 2:
        text, point = "0" + text, point + 1
    if len(text) > 2 * MANTISSA_BYTES:
        return encode_number(_rounded(value, point))
    if len(text) % 2:
        text += "0"
    exponent = point // 2 - 1
    if exponent not in NUMBER_EXPONENTS:
        if exponent < 0:
            return b"\x80"
        raise OraError(1426, "numeric overflow")
    pairs = [int(text[i:i + 2]) for i in range(0, len(text), 2)]
    if negative:
        end = b"\x66" if len(pairs) < MANTISSA_BYTES else b""
        return bytes([62 - exponent, *(101 - pair for pair in pairs)]) + end
    return bytes([193 + exponent, *(pair + 1 for pair in pairs)])


def _rounded(value: int | Decimal, point: int) -> Decimal:
    """To twenty base-100 digits, of which ``point / 2`` stand before the decimal point."""
    shift = 2 * MANTISSA_BYTES - point
    sign, digits, exponent = Decimal(value).as_tuple()
    text = "".join(map(str, digits))
    keep = len(text) + int(exponent) + shift
    kept = int(text[:keep]) + (text[keep] >= "5")
    return Decimal((sign, tuple(map(int, str(kept))), -shift))


@functools.lru_cache(maxsize=16384)
def decode_number(data: bytes) -> int | Decimal:
    """The ``int`` or normalised ``Decimal`` of a NUMBER."""
    first = data[0]
    if len(data) == 1:
        return 0 if first == 0x80 else Decimal("-Infinity")
    mantissa = 0
    if first & 0x80:
        if data == b"\xff\x65":
            return Decimal("Infinity")
        pairs = len(data) - 1
        shift = first - 192 - pairs
        for byte in data[1:]:
            mantissa = mantissa * 100 + byte - 1
    else:
        body = data[1:-1] if data[-1] == 0x66 else data[1:]
        shift = 63 - first - len(body)
        for byte in body:
            mantissa = mantissa * 100 + 101 - byte
        mantissa = -mantissa
    if shift >= 0:
        return int(mantissa * 100 ** shift)
    # The last base-100 digit is not zero, but its second decimal digit may be. A literal is exact, whatever the context's precision.
    return Decimal(f"{mantissa // 10}E{2 * shift + 1}" if mantissa % 10 == 0 else f"{mantissa}E{2 * shift}")


def encode_date(value: datetime.datetime) -> bytes:
    """DATE: century and year in excess-100, month, day, then hour, minute and second plus one."""
    century, year = divmod(value.year, 100)
    return bytes((century + 100, year + 100, value.month, value.day,
                  value.hour + 1, value.minute + 1, value.second + 1))


def decode_date(data: bytes) -> datetime.datetime:
    """A DATE, or the DATE part of a longer datetime."""
    year = (data[0] - 100) * 100 + data[1] - 100
    return datetime.datetime(year, data[2], data[3], data[4] - 1, data[5] - 1, data[6] - 1)


def encode_timestamp(value: Timestamp) -> bytes:
    """TIMESTAMP: a DATE and, unless it is zero, the fraction in nanoseconds."""
    return encode_date(value.moment) + (value.nanos.to_bytes(4, "big") if value.nanos else b"")


def decode_timestamp(data: bytes) -> Timestamp:
    """A TIMESTAMP without time zone."""
    return Timestamp(decode_date(data), int.from_bytes(data[7:11], "big"))


def encode_timestamp_tz(value: Timestamp) -> bytes:
    """TIMESTAMP WITH TIME ZONE: UTC, the fraction, and the zone's hours plus 20 and minutes plus 60."""
    hours, minutes = divmod(abs(value.offset), 60)
    sign = -1 if value.offset < 0 else 1
    return encode_date(value.utc()) + struct.pack(">IBB", value.nanos, 20 + sign * hours, 60 + sign * minutes)


def decode_timestamp_tz(data: bytes) -> Timestamp:
    """A TIMESTAMP WITH TIME ZONE; its zone as ``+HH:MM``."""
    offset = (data[11] - 20) * 60 + data[12] - 60
    zone = f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    moment = decode_date(data) + datetime.timedelta(minutes=offset)
    return Timestamp(moment, int.from_bytes(data[7:11], "big"), zone, offset)


def encode_interval_ym(value: IntervalYM) -> bytes:
    """INTERVAL YEAR TO MONTH: years plus 2**31, months plus 60."""
    years, months = divmod(abs(value.months), 12)
    sign = -1 if value.months < 0 else 1
    return struct.pack(">IB", BIAS + sign * years, 60 + sign * months)


def decode_interval_ym(data: bytes) -> IntervalYM:
    """An INTERVAL YEAR TO MONTH in months."""
    years, months = struct.unpack(">IB", data)
    return IntervalYM((years - BIAS) * 12 + months - 60)


def encode_interval_ds(value: IntervalDS) -> bytes:
    """INTERVAL DAY TO SECOND: days and nanoseconds plus 2**31, hours, minutes and seconds plus 60."""
    sign = -1 if value.nanos < 0 else 1
    seconds, nanos = divmod(abs(value.nanos), NANOS)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return struct.pack(">IBBBI", BIAS + sign * days, 60 + sign * hour, 60 + sign * minute, 60 + sign * second,
                       BIAS + sign * nanos)


def decode_interval_ds(data: bytes) -> IntervalDS:
    """An INTERVAL DAY TO SECOND in nanoseconds."""
    days, hour, minute, second, nanos = struct.unpack(">IBBBI", data)
    seconds = (((days - BIAS) * 24 + hour - 60) * 60 + minute - 60) * 60 + second - 60
    return IntervalDS(seconds * NANOS + nanos - BIAS)


def _sortable(data: bytes) -> bytes:
    """IEEE 754 so that unsigned bytes sort as the numbers do."""
    if data[0] & 0x80:
        return bytes(byte ^ 0xFF for byte in data)
    return bytes((data[0] | 0x80,)) + data[1:]


def _ieee(data: bytes) -> bytes:
    if data[0] & 0x80:
        return bytes((data[0] & 0x7F,)) + data[1:]
    return bytes(byte ^ 0xFF for byte in data)


def encode_binary_float(value: float) -> bytes:
    """BINARY_FLOAT; ORA-01426 beyond 32 bits."""
    try:
        return _sortable(struct.pack(">f", value))
    except OverflowError as error:
        raise OraError(1426, "numeric overflow") from error


def decode_binary_float(data: bytes) -> BinaryFloat:
    """A BINARY_FLOAT."""
    return BinaryFloat(struct.unpack(">f", _ieee(data))[0])


def encode_binary_double(value: float) -> bytes:
    """BINARY_DOUBLE."""
    return _sortable(struct.pack(">d", value))


def decode_binary_double(data: bytes) -> float:
    """A BINARY_DOUBLE."""
    return float(struct.unpack(">d", _ieee(data))[0])


def rowid_fields(value: str) -> tuple[int, int, int, int]:
    """Data object number, relative file number, block and row of an extended ROWID; ORA-01410 if it is none."""
    if len(value) != 18:
        raise OraError(1410, "invalid ROWID")
    try:
        digits = [_ROWID_VALUE[digit] for digit in value]
    except KeyError:
        raise OraError(1410, "invalid ROWID") from None
    fields = [functools.reduce(lambda number, digit: number * 64 + digit, digits[start:end], 0)
              for start, end in ((0, 6), (6, 9), (9, 15), (15, 18))]
    return fields[0], fields[1], fields[2], fields[3]


def rowid(data_object: int, file: int, block: int, row: int) -> Rowid:
    """The extended ROWID (``OOOOOOFFFBBBBBBRRR``) of a row."""
    return Rowid("".join(ROWID_DIGITS[number >> 6 * place & 63]
                         for number, width in ((data_object, 6), (file, 3), (block, 6), (row, 3))
                         for place in range(width - 1, -1, -1)))


def encode_rowid(value: str) -> bytes:
    """ROWID: ten bytes, the relative file number in the top ten bits of the block address."""
    data_object, file, block, row = rowid_fields(value)
    return struct.pack(">IIH", data_object, file << 22 | block & 0x3FFFFF, row)


def decode_rowid(data: bytes) -> Rowid:
    """An extended ROWID."""
    data_object, address, row = struct.unpack(">IIH", data)
    return rowid(data_object, address >> 22, address & 0x3FFFFF, row)


def encode_urowid(value: str) -> bytes:
    """UROWID of a heap table's row: a one, then the fields of the ROWID unpacked."""
    data_object, file, block, row = rowid_fields(value)
    return struct.pack(">BIHIH", 1, data_object, file, block, row)


def decode_urowid(data: bytes) -> Rowid:
    """A UROWID of a heap table's row."""
    _, data_object, file, block, row = struct.unpack(">BIHIH", data)
    return rowid(data_object, file, block, row)


def _utf8(value: str) -> bytes:
    return value.encode()


def _utf16(value: str) -> bytes:
    return value.encode("utf-16-be")


def _from_utf8(data: bytes) -> str:
    return data.decode()


def _from_utf16(data: bytes) -> str:
    return data.decode("utf-16-be")


CODECS: Final[dict[str, tuple[Encoder, Decoder]]] = {
    "NUMBER": (encode_number, decode_number),
    "FLOAT": (encode_number, decode_number),
    "BINARY_FLOAT": (encode_binary_float, decode_binary_float),
    "BINARY_DOUBLE": (encode_binary_double, decode_binary_double),
    "VARCHAR2": (_utf8, _from_utf8),
    "CHAR": (_utf8, _from_utf8),
    "LONG": (_utf8, _from_utf8),
    "XMLTYPE": (_utf8, _from_utf8),
    "NVARCHAR2": (_utf16, _from_utf16),
    "NCHAR": (_utf16, _from_utf16),
    # A database in AL32UTF8 keeps its CLOBs in AL16UTF16 (documented: SecureFiles and Large Objects Developer's Guide).
    "CLOB": (_utf16, _from_utf16),
    "NCLOB": (_utf16, _from_utf16),
    "BLOB": (bytes, bytes),
    "RAW": (bytes, bytes),
    "LONG RAW": (bytes, bytes),
    "DATE": (encode_date, decode_date),
    "TIMESTAMP": (encode_timestamp, decode_timestamp),
    "TIMESTAMP WITH LOCAL TIME ZONE": (encode_timestamp, decode_timestamp),
    "TIMESTAMP WITH TIME ZONE": (encode_timestamp_tz, decode_timestamp_tz),
    "INTERVAL YEAR TO MONTH": (encode_interval_ym, decode_interval_ym),
    "INTERVAL DAY TO SECOND": (encode_interval_ds, decode_interval_ds),
    "ROWID": (encode_rowid, decode_rowid),
    "UROWID": (encode_urowid, decode_urowid),
}


def _codec(type: DataType) -> tuple[Encoder, Decoder]:
    try:
        return CODECS[type.name]
    except KeyError:
        raise not_simulated(f"values of type {type.name}") from None


def encoder(type: DataType) -> Encoder:
    """The function that turns values of ``type`` into bytes: look it up once per column."""
    return _codec(type)[0]


def decoder(type: DataType) -> Decoder:
    """The function that turns bytes into values of ``type``."""
    return _codec(type)[1]


def encode(value: Value, type: DataType) -> bytes:
    """Bytes of one value that is not NULL; ORA-03001 for types without a scalar form."""
    return encoder(type)(value)


def decode(data: bytes, type: DataType) -> Value:
    """The value that ``encode`` made these bytes of."""
    return decoder(type)(data)

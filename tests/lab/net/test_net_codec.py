# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values and their bytes; the expected bytes are those that DUMP() shows in Oracle's documentation."""
from __future__ import annotations

import datetime
import random
from decimal import Decimal

import pytest
from oralab import codec
from oralab.errors import OraError
from oralab.values import BinaryFloat, DataType, IntervalDS, IntervalYM, Rowid, Timestamp

MOMENT = datetime.datetime(2024, 2, 29, 23, 59, 58)


@pytest.mark.parametrize("value, data", [
    (0, [128]), (1, [193, 2]), (100, [194, 2]), (123, [194, 2, 24]), (-1, [62, 100, 102]), (10, [193, 11]),
    (Decimal("0.01"), [192, 2]), (Decimal("-123.4"), [61, 100, 78, 61, 102]), (5_000_000, [196, 6]),
    (Decimal("1E-130"), [128, 2]), (Decimal("9.9E125"), [255, 100]), (Decimal("Infinity"), [255, 101]),
])
def test_number_bytes(value: int | Decimal, data: list[int]) -> None:
    assert codec.encode_number(value) == bytes(data)
    assert codec.decode_number(bytes(data)) == value


def test_number_keeps_38_digits() -> None:
    rng = random.Random(7)
    for _ in range(3000):
        digits = rng.randrange(10 ** rng.randint(1, 38)) * rng.choice((1, -1))
        value = rng.choice((digits, Decimal(digits).scaleb(rng.randint(-90, 60))))
        found = codec.decode_number(codec.encode_number(value))
        assert found == value
        assert isinstance(found, int) == (value == int(value))
        assert isinstance(found, int) or found.as_tuple().digits[-1] != 0


def test_number_bytes_sort_as_the_numbers() -> None:
    values = [Decimal(n).scaleb(e) for n in (-99, -1, 0, 1, 2, 99, 100) for e in (-5, -1, 0, 3, 10)]
    assert sorted(values) == sorted(values, key=codec.encode_number)


def test_number_rounds_what_does_not_fit() -> None:
    assert codec.decode_number(codec.encode_number(Decimal("6" * 45))) == Decimal("6" * 38 + "7" + "0" * 6)
    assert codec.decode_number(codec.encode_number(Decimal("0." + "6" * 45))) == Decimal("0." + "6" * 39 + "7")
    assert codec.encode_number(Decimal("1E-140")) == b"\x80"
    with pytest.raises(OraError) as refused:
        codec.encode_number(10 ** 126)
    assert refused.value.code == 1426


@pytest.mark.parametrize("name, value, size", [
    ("NUMBER", 12345, 4), ("FLOAT", Decimal("1.5"), 3), ("BINARY_FLOAT", BinaryFloat(-1.5), 4), ("BINARY_DOUBLE", 2.25, 8),
    ("BINARY_DOUBLE", float("-inf"), 8), ("VARCHAR2", "né€", 6), ("NVARCHAR2", "né€", 6), ("CHAR", "x  ", 3),
    ("NCHAR", "x", 2), ("LONG", "text", 4), ("CLOB", "", 0), ("CLOB", "a\U0001f600", 6), ("BLOB", b"", 0), ("RAW", b"\x00\xff", 2),
    ("DATE", MOMENT, 7), ("TIMESTAMP", Timestamp(MOMENT), 7), ("TIMESTAMP", Timestamp(MOMENT, 1), 11),
    ("TIMESTAMP WITH LOCAL TIME ZONE", Timestamp(MOMENT, 999_999_999), 11),
    ("TIMESTAMP WITH TIME ZONE", Timestamp(MOMENT, 5000, "-03:30", -210), 13),
    ("TIMESTAMP WITH TIME ZONE", Timestamp(MOMENT, 0, "+14:00", 840), 13),
    ("INTERVAL YEAR TO MONTH", IntervalYM(-25), 5), ("INTERVAL YEAR TO MONTH", IntervalYM(11), 5),
    ("INTERVAL DAY TO SECOND", IntervalDS(-(3 * 86400 + 4) * 10 ** 9 - 7), 11), ("INTERVAL DAY TO SECOND", IntervalDS(1), 11),
    ("ROWID", Rowid("AAAR3sAAEAAAACXAAA"), 10), ("UROWID", Rowid("AAAR3sAAEAAAACXAAB"), 13),
])
def test_round_trip(name: str, value: object, size: int) -> None:
    kind = DataType(name)
    data = codec.encode(value, kind)  # type: ignore[arg-type]
    assert len(data) == size
    found = codec.decode(data, kind)
    assert found == value and type(found) is type(value)


def test_date_bytes() -> None:
    assert codec.encode_date(datetime.datetime(1999, 12, 31, 1, 2, 3)) == bytes([119, 199, 12, 31, 2, 3, 4])


def test_binary_doubles_sort_as_bytes() -> None:
    values = [float("-inf"), -2.5, -0.5, 0.0, 1e-300, 1.0, 3e300, float("inf")]
    assert sorted(map(codec.encode_binary_double, values)) == [codec.encode_binary_double(value) for value in values]


def test_rowid_fields() -> None:
    assert codec.rowid_fields("AAAR3sAAEAAAACXAAA") == (73196, 4, 151, 0)
    assert codec.rowid(73196, 4, 151, 0) == "AAAR3sAAEAAAACXAAA"
    with pytest.raises(OraError) as refused:
        codec.rowid_fields("not a rowid")
    assert refused.value.code == 1410


def test_types_without_scalar_form_are_refused() -> None:
    with pytest.raises(OraError, match="not simulated"):
        codec.encode("x", DataType("MY_TYPE", owner="HR"))

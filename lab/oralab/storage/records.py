# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pickled records that only bring back the lab's own classes and plain values, and rows as lists of bytes."""
from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from typing import Any

from oralab import codec
from oralab.errors import OraError
from oralab.values import DataType, Row, Timestamp

_PLAIN = {("builtins", name) for name in ("set", "frozenset", "bytearray", "complex")} | {
    ("datetime", name) for name in ("datetime", "date", "time", "timedelta", "timezone")} | {
    ("decimal", "Decimal"), ("collections", "OrderedDict"), ("collections", "defaultdict"), ("collections", "deque"),
    ("copyreg", "_reconstructor")}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module == "oralab" or module.startswith("oralab.") or (module, name) in _PLAIN:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a record")


def dump(record: Any) -> bytes:
    return pickle.dumps(record, protocol=pickle.HIGHEST_PROTOCOL)


def load(data: bytes) -> Any:
    return _Reader(io.BytesIO(data)).load()


class RowCodec:
    """Rows of one table as lists of bytes, and back. Values of user-defined types are records."""

    def __init__(self, types: list[DataType]) -> None:
        self._encoders = [_encoder(type_) for type_ in types]
        self._decoders = [_decoder(type_) for type_ in types]

    def encode(self, row: Row) -> list[bytes | None]:
        return [None if value is None else encode(value) for value, encode in zip(row, self._encoders)]

    def decode(self, values: list[bytes | None]) -> Row:
        return tuple([None if value is None else decode(value) for value, decode in zip(values, self._decoders)])


ZONED = "TIMESTAMP WITH TIME ZONE"


def _encode_zoned(value: Timestamp) -> bytes:
    """The codec's bytes and, where the zone is a region, its name: Oracle's numbers of regions are not published (assumed)."""
    data = codec.encode_timestamp_tz(value)
    return data + value.zone.encode() if value.zone and value.zone[0] not in "+-" else data


def _decode_zoned(data: bytes) -> Timestamp:
    value, region = codec.decode_timestamp_tz(data[:13]), data[13:].decode()
    return Timestamp(value.moment, value.nanos, region, value.offset) if region else value


def _encoder(type_: DataType) -> Callable[[Any], bytes]:
    if type_.name == ZONED:
        return _encode_zoned
    try:
        return codec.encoder(type_) if type_.owner is None else dump
    except OraError:
        return dump


def _decoder(type_: DataType) -> Callable[[bytes], Any]:
    if type_.name == ZONED:
        return _decode_zoned
    try:
        return codec.decoder(type_) if type_.owner is None else load
    except OraError:
        return load

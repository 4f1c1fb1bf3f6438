# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of segments in memory, in versions, at the places they have on disk."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from oralab import codec
from oralab.errors import OraError
from oralab.storage import records
from oralab.storage.datafile import BLOCK_HEADER, pack_row, unpack_row
from oralab.storage.transactions import Snapshot, Writer
from oralab.values import DataType, Row, Rowid, Timestamp, Value

if TYPE_CHECKING:
    from oralab.storage.structure import Tablespace

SLOTS_PER_BLOCK = 700
ROW_OVERHEAD = 8                     # slot entry and length bytes, roughly
_VARIABLE = {"VARCHAR2", "NVARCHAR2", "CHAR", "NCHAR", "CLOB", "NCLOB", "BLOB", "RAW", "LONG", "LONG RAW", "XMLTYPE"}
_WIDE = {"NVARCHAR2", "NCHAR", "CLOB", "NCLOB"}


def make_rowid(data_object: int, relative: int, block: int, slot: int) -> int:
    return data_object << 48 | relative << 38 | block << 16 | slot


def format_rowid(rowid: int) -> Rowid:
    """The 18 characters of a ROWID."""
    return codec.rowid(rowid >> 48, rowid >> 38 & 0x3FF, rowid >> 16 & 0x3FFFFF, rowid & 0xFFFF)


def parse_rowid(text: str) -> int:
    """ORA-01410 unless it has the form of an extended ROWID."""
    return make_rowid(*codec.rowid_fields(text))


class Version:
    """One state of one row; ``row`` is None where it was deleted."""

    __slots__ = ("row", "writer", "previous")

    def __init__(self, row: Row | None, writer: Writer, previous: Version | None) -> None:
        self.row = row
        self.writer = writer
        self.previous = previous


class BlockState:
    """What is known of a block in use: slots given out, bytes they are thought to take, overflow blocks."""

    __slots__ = ("relative", "number", "slots", "bytes", "overflow", "dirty")

    def __init__(self, relative: int, number: int) -> None:
        self.relative = relative
        self.number = number
        self.slots = 0
        self.bytes = 0
        self.overflow: list[int] = []
        self.dirty = False


class Shape:
    """How rows of one list of column types become bytes and come back."""

    def __init__(self, types: Sequence[DataType]) -> None:
        self.types = list(types)
        self._encoders = [_encoder(type_) for type_ in types]
        self._decoders = [_decoder(type_) for type_ in types]
        self._variable = [(position, 2 if type_.name in _WIDE else 1) for position, type_ in enumerate(types)
                          if type_.name in _VARIABLE or type_.name not in codec.CODECS]
        self._fixed = ROW_OVERHEAD + 8 * (len(self.types) - len(self._variable)) + 2 * len(self._variable)

    def estimate(self, row: Row) -> int:
        """About how many bytes a row takes."""
        size = self._fixed
        for position, width in self._variable:
            if position < len(row):
                value = row[position]
                if value is not None:
                    size += width * len(value) if isinstance(value, (str, bytes)) else 200
        return size

    def encode(self, row: Row, order: str) -> bytes:
        return pack_row([None if value is None else encode(value) for value, encode in zip(row, self._encoders)], order)

    def decode(self, data: bytes, order: str) -> Row:
        return tuple(None if value is None else decode(value) for value, decode in zip(unpack_row(data, order), self._decoders))


def _encoder(type_: DataType) -> codec.Encoder:
    if type_.name == "TIMESTAMP WITH TIME ZONE":
        return _encode_zoned
    return codec.CODECS[type_.name][0] if type_.name in codec.CODECS else records.dumps


def _decoder(type_: DataType) -> codec.Decoder:
    if type_.name == "TIMESTAMP WITH TIME ZONE":
        return _decode_zoned
    return codec.CODECS[type_.name][1] if type_.name in codec.CODECS else records.loads


def _encode_zoned(value: Timestamp) -> bytes:
    """A region is kept by its name after the value, for want of Oracle's numbers of regions (assumed)."""
    data = codec.encode_timestamp_tz(value)
    return data if not value.zone or value.zone[0] in "+-" else data + value.zone.encode()


def _decode_zoned(data: bytes) -> Timestamp:
    value = codec.decode_timestamp_tz(data[:13])
    return value if len(data) == 13 else Timestamp(value.moment, value.nanos, data[13:].decode(), value.offset)


LOADED = Writer(0)


class Segment:
    """The rows of one data object. All of it is guarded by the store's lock; readers may walk versions without."""

    def __init__(self, data_object: int, disk_object: int, object_id: int, tablespace: Tablespace | None, types: Sequence[DataType], block_size: int,
                 creation_scn: int) -> None:
        self.data_object = data_object
        self.disk_object = disk_object        # the number in the blocks: the source's, in a plugged tablespace
        self.object_id = object_id
        self.tablespace = tablespace          # None: a temporary segment, which has no redo and no place
        self.shape = Shape(types)
        self.room = block_size - BLOCK_HEADER
        self.creation_scn = creation_scn
        self.rows: dict[int, Version] = {}
        self.blocks: dict[int, BlockState] = {}    # by rowid of their first slot
        self.current: BlockState | None = None
        self.raw: list[tuple[int, dict[int, bytes], str]] = []
        """Blocks read and not yet decoded: rowid of the first slot, rows, byte order."""
        self.dirty: set[int] = set()          # keys of ``blocks``
        self.last_scn = 0                     # of the newest commit of a change

    def load(self) -> None:
        """Decode what was read from disk."""
        decode, rows = self.shape.decode, self.rows
        pending, self.raw = self.raw, []
        for base, slots, order in pending:
            for slot, data in slots.items():
                rows[base + slot] = Version(decode(data, order), LOADED, None)

    def base(self, block: BlockState) -> int:
        return make_rowid(self.data_object, block.relative, block.number, 0)

    def mark(self, rowid: int) -> None:
        self.dirty.add(rowid & ~0xFFFF)

    def reshape(self, types: Sequence[DataType]) -> bool:
        """Other column types from now on. True when rows on disk have to be written anew."""
        old = self.shape.types
        if old == list(types):
            return False
        self.load()
        self.shape = Shape(types)
        if [type_.name for type_ in old] == [type_.name for type_ in types][:len(old)]:
            return False
        self.dirty.update(self.blocks)
        return True


def visible(version: Version | None, snapshot: Snapshot) -> Row | None:
    """The row as a snapshot sees it; None when it is not there."""
    scn, own = snapshot.scn, snapshot.writer
    while version is not None:
        writer = version.writer
        if writer.scn <= scn or writer is own:
            return version.row
        version = version.previous
    return None


def scan(segment: Segment, snapshot: Snapshot) -> Iterator[tuple[int, Row]]:
    """All rows of a segment that a snapshot sees, in rowid order of their insertion; later changes do not disturb."""
    scn, own = snapshot.scn, snapshot.writer
    for rowid, version in list(segment.rows.items()):
        writer = version.writer
        row = version.row if writer.scn <= scn or writer is own else visible(version.previous, snapshot)
        if row is not None:
            yield rowid, row


def padded(rows: Iterable[tuple[int, Row]], defaults: Row) -> Iterator[tuple[int, Row]]:
    """Rows that are shorter than the table, filled up."""
    width = len(defaults)
    for rowid, row in rows:
        yield rowid, row if len(row) >= width else row + defaults[len(row):]


def invalid_rowid() -> OraError:
    return OraError(1410, "invalid ROWID")


def key_value(value: Value) -> Value | tuple[object, ...]:
    """A value as keys compare it: moments with a zone by their UTC time."""
    if isinstance(value, Timestamp) and value.zone is not None:
        return value.utc(), value.nanos
    return value

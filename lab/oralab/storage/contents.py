# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies in the files of a database: rows in segments, and the records of its catalog."""
from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

from oralab.errors import OraError
from oralab.storage import asm, datafile, records
from oralab.storage.control_file import ALSO_IN_CONTROL_FILE, IN_CONTROL_FILE, Datafile, Tablespace
from oralab.storage.redo import Record
from oralab.storage.rows import Rid, Segment, Snapshot, make_rid, rid_fields
from oralab.storage.tablespaces import Tablespaces
from oralab.values import DataType

JOURNAL = "checkpoint.jnl"
"""Blocks of a checkpoint that is being written."""

SEGMENTS = "Segments"
"""Under this name the SYSTEM tablespace has, beside the catalog's records, which segments there are."""
CATALOG_SEGMENT = 1
"""Data object number under which the catalog's records lie in the SYSTEM tablespace."""


class Contents(Tablespaces):
    """The layer of a store that knows what is in its files."""

    opened: bool
    writable: bool
    """Whether the datafiles are open, and whether for writing; the database is only mounted before."""
    _records: dict[str, dict[tuple[str, ...], Any]]
    _pending: threading.local

    # --- segments ---

    def next_object_id(self) -> int:
        with self.lock:
            self.control.next_object += 1
            return self.control.next_object

    def create_segment(self, number: int, tablespace: str | None, types: list[DataType]) -> Segment:
        """A new segment; ``tablespace`` None for temporary tables."""
        with self.lock:
            segment = Segment(number, tablespace, types)
            if tablespace is not None:
                self.check_tablespace(tablespace)
                self.unlock(self.tablespace(tablespace))
                self.segments[number] = segment
                self.control.segments[number] = (tablespace, types)
                self.control.next_object = max(self.control.next_object, number)
                self._log("SEGMENT", number=number, tablespace=tablespace, types=types)
                self.write_control()
                if getattr(self._pending, "steps", None) is not None:
                    self._pending.made.append(number)
            return segment

    def set_types(self, number: int, types: list[DataType]) -> None:
        """The columns of a segment's rows have changed: added at the end, or of another type.

        Where a column's bytes change, blocks are written anew at once; values that the new type cannot hold (those of a column that was
        dropped) become NULL.
        """
        with self.lock:
            self._log("SEGMENT", number=number, tablespace=self.segments[number].tablespace, types=types)
            if self.retype(number, types):
                self.checkpoint(self.segments[number].tablespace)
            self.write_control()

    def retype(self, number: int, types: list[DataType]) -> bool:
        """Give a segment's columns these types; whether rows have to be written anew."""
        segment = self.segments[number]
        changed = [place for place, (old, new) in enumerate(zip(segment.types, types)) if old.name != new.name]
        segment.set_types(types)
        self.control.segments[number] = (segment.tablespace or "", types)
        if not changed or not segment.rows:
            return False
        segment.convert(changed)
        segment.dirty.update((file, block) for file, blocks in segment.blocks.items() for block in blocks)
        return True

    def drop_segment(self, number: int) -> None:
        if getattr(self._pending, "steps", None) is not None:
            self._pending.dropped.append(number)
            return
        with self.lock:
            segment = self.segments.pop(number, None)
            if self.control.segments.pop(number, None) is not None:
                self._log("DROP SEGMENT", number=number)
            if segment is not None:
                self.free_blocks(segment)
            self.write_control()

    def segment(self, number: int) -> Segment:
        return self.segments[number]

    def segment_bytes(self, number: int) -> int:
        """Bytes of the blocks that a segment has filled."""
        segment = self.segments.get(number)
        return segment.bytes_used(self.block_size) if segment else 0

    # --- catalog records ---

    @contextlib.contextmanager
    def ddl(self) -> Iterator[None]:
        """Records put and removed inside become durable together, under one SCN, or not at all.

        Segments dropped inside go when the records are durable; those made inside go when it fails.
        """
        outer = getattr(self._pending, "steps", None)
        if outer is not None:
            yield
            return
        self._pending.steps, self._pending.made, self._pending.dropped = [], [], []
        try:
            yield
        except BaseException:
            self._pending.steps = None
            for number in self._pending.made:
                self.drop_segment(number)
            raise
        steps, self._pending.steps = self._pending.steps, None
        self._write_records(steps)
        for number in self._pending.dropped:
            self.drop_segment(number)

    def put(self, kind: str, key: tuple[str, ...], record: Any) -> None:
        self._step((kind, key, records.dump(record)))

    def remove(self, kind: str, key: tuple[str, ...]) -> None:
        self._step((kind, key, None))

    def get(self, kind: str, key: tuple[str, ...]) -> Any:
        return self._records.get(kind, {}).get(key)

    def all(self, kind: str) -> Iterator[tuple[tuple[str, ...], Any]]:
        yield from list(self._records.get(kind, {}).items())

    def _step(self, step: tuple[str, tuple[str, ...], bytes | None]) -> None:
        pending = getattr(self._pending, "steps", None)
        if pending is None:
            self._write_records([step])
        else:
            pending.append(step)

    def _need_writable(self) -> None:
        """ORA-01109 when the database is not open, ORA-16000 when it is for reading only."""
        if not self.opened:
            raise OraError(1109, "database not open")
        if not self.writable:
            raise OraError(16000, "database or pluggable database open for read-only access")

    def _write_records(self, steps: list[tuple[str, tuple[str, ...], bytes | None]]) -> None:
        own = [step for step in steps if step[0] in IN_CONTROL_FILE]
        if own:
            with self.lock:
                self.apply_records({"steps": own})
                self.write_control()
        steps = [step for step in steps if step[0] not in IN_CONTROL_FILE]
        if not steps:
            return
        self._need_writable()
        with self.lock:
            statement, self._pending.statement = getattr(self._pending, "statement", None), None
            details: dict[str, object] = {"steps": steps, **(statement or {})}
            self.redo.write(Record(self.next_scn(), time.time(), "DDL", details=details), getattr(self._pending, "thread", 1))
            self.apply_records(details)

    def apply_records(self, details: dict[str, object]) -> None:
        for kind, key, data in details["steps"]:   # type: ignore[attr-defined]
            for held in (self._records, *([self.control.records] if kind in (*IN_CONTROL_FILE, *ALSO_IN_CONTROL_FILE) else [])):
                if data is None:
                    held.get(kind, {}).pop(key, None)
                else:
                    held.setdefault(kind, {})[key] = records.load(data)

    def write_catalog(self, journal: datafile.Journal) -> None:
        """All records into the SYSTEM tablespace; part of every full checkpoint."""
        file = self.datafiles("SYSTEM")[0]
        data = records.dump({SEGMENTS: self.control.segments,
                             **{kind: held for kind, held in self._records.items() if kind not in IN_CONTROL_FILE}})
        scn = self.applied_scn if self.control.role == "PHYSICAL STANDBY" else self.control.scn
        block = datafile.Block(1, CATALOG_SEGMENT, scn, {0: datafile.pack_row([data], self.platform.order)},
                               list(self.control.catalog_blocks))
        with datafile.BlockFile(file.path, self.platform, self.block_size, journal=journal, key=self.tablespace_key("SYSTEM")) as blocks:
            blocks.write(block, lambda: self.allocate_block("SYSTEM")[1])
        self.control.catalog_blocks = block.overflow
        self.control.catalog_scn = scn

    def _read_catalog(self, rewind: bool) -> dict[str, dict[tuple[str, ...], Any]]:
        file = self.datafiles("SYSTEM")[0]
        self.identify(file, recovering=rewind)
        with datafile.BlockFile(file.path, self.platform, self.block_size, "rb", key=self.tablespace_key("SYSTEM")) as blocks:
            for block in blocks.blocks(2):
                data = datafile.unpack_row(block.rows[0], self.platform.order)[0]
                self.control.catalog_blocks, self.control.catalog_scn = block.overflow, block.scn
                found: dict[str, dict[tuple[str, ...], Any]] = records.load(data or b"")
                segments: Any = found.pop(SEGMENTS)
                if rewind:
                    self.control.segments, self.control.structure_scn = segments, block.scn
                return found
        return {}

    def read_dictionary(self) -> dict[str, dict[tuple[str, ...], Any]]:
        """The catalog's records as the SYSTEM tablespace has them; the control file learns from it which segments there are."""
        return self._read_catalog(True)

    # --- reading and writing allowed? ---

    def check_readable(self, segment: Segment) -> None:
        """ORA-00376 over 01110 for rows of an offline tablespace, ORA-28365 of an encrypted one whose key cannot be had."""
        if segment.tablespace is None:
            return
        space = self.tablespace(segment.tablespace)
        if space.status == "OFFLINE":
            self.check_writable(segment)
        if space.encryption is not None:
            self.unlock(space)

    def check_writable(self, segment: Segment, rid: Rid | None = None) -> None:
        """ORA-00372 over 01110 for rows of a read-only tablespace, ORA-00376 of an offline one, ORA-28365 as for reading."""
        if segment.tablespace is None:
            return
        space = self.tablespace(segment.tablespace)
        if space.status == "ONLINE":
            if space.encryption is not None:
                self.unlock(space)
            return
        files = {file.number: file for file in self.datafiles(segment.tablespace)}
        file = files.get(rid_fields(rid)[0]) if rid is not None else None
        file = file or next(iter(files.values()))
        code, text = (372, "cannot be modified at this time") if space.status == "READ ONLY" else (376, "cannot be read at this time")
        raise OraError(code, f"file {file.number} {text}", stack=[f"ORA-01110: data file {file.number}: '{file.path}'"])

    # --- files ---

    def unlock(self, space: Tablespace) -> None:
        """What sessions need to work with an encrypted tablespace: its key now, and its rows, which wait for the key. ORA-28365, ORA-28374."""
        if space.encryption is not None:
            self.keys.key(space.encryption[1])
        for file in self.datafiles(space.name):
            if file.number in self.sealed:
                self.unseal(file)

    def unseal(self, file: Datafile) -> None:
        """Read a file whose key was not there before. ORA-28365, ORA-28374."""
        with self.lock:
            if file.number in self.sealed:
                self.tablespace_key(file.tablespace)
                self.load_file(file)

    def reload_segment(self, number: int) -> None:
        """Rows of a segment out of files that are newer than what was known of it: it was made, or got columns, before they were copied."""
        segment = self.segments[number]
        segment.rows.clear()
        segment.blocks.clear()
        segment.overflow.clear()
        for file in self.datafiles(segment.tablespace):
            key = self.tablespace_key(file.tablespace)
            with datafile.BlockFile(file.path, self.platform, self.block_size, "rb", key=key) as blocks:
                for block in blocks.blocks(file.blocks(self.block_size)):
                    if file.object_map.get(block.data_object, block.data_object) == number:
                        self._take_block(segment, file, block)
                        for used in (block.number, *block.overflow):
                            if used in file.free:
                                file.free.remove(used)
                        file.next_block = max(file.next_block, *(used + 1 for used in (block.number, *block.overflow)))

    def _take_block(self, segment: Segment, file: Datafile, block: datafile.Block) -> None:
        segment.blocks.setdefault(file.number, []).append(block.number)
        if block.overflow:
            segment.overflow[file.number, block.number] = block.overflow
        decode, order = segment.codec.decode, self.platform.order
        for slot, data in block.rows.items():
            rid = make_rid(file.number, block.number, slot)
            segment.rows[rid] = row = decode(datafile.unpack_row(data, order))
            for index in segment.indexes:
                index.add(segment, rid, row)

    def load_file(self, file: Datafile) -> None:
        """Read a datafile's rows into their segments. One whose key cannot be had is sealed until it can."""
        try:
            key = self.tablespace_key(file.tablespace)
        except OraError:
            self.sealed.add(file.number)
            return
        self.sealed.discard(file.number)
        used = {1, *self.control.catalog_blocks} if file.tablespace == "SYSTEM" else {0}
        with datafile.BlockFile(file.path, self.platform, self.block_size, "rb", key=key) as blocks:
            for block in blocks.blocks(file.blocks(self.block_size)):
                segment = self.segments.get(file.object_map.get(block.data_object, block.data_object))
                if segment is None:
                    continue
                used.update((block.number, *block.overflow))
                self._take_block(segment, file, block)
        file.next_block = max(used) + 1
        file.free = sorted(set(range(1, file.next_block)) - used, reverse=True)

    def checkpoint(self, tablespace: str | None = None) -> int:
        """Write changed blocks and headers of one tablespace, or of all that are writable, and the catalog; gives the SCN.

        All of it or nothing: the blocks go through a journal. ORA-19502 when a file cannot be written; nothing is lost then.
        """
        with self.lock:
            before = ([(file, file.checkpoint_scn, file.checkpoint_time) for file in self.control.datafiles.values()],
                      [(segment, set(segment.dirty)) for segment in self.segments.values() if segment.dirty],
                      self.control.catalog_scn, self.control.catalog_blocks)
            try:
                return self._checkpoint(tablespace)
            except OraError:
                for file, scn, moment in before[0]:
                    file.checkpoint_scn, file.checkpoint_time = scn, moment
                for segment, dirty in before[1]:
                    segment.dirty |= dirty
                self.control.catalog_scn, self.control.catalog_blocks = before[2:]
                raise

    def _checkpoint(self, tablespace: str | None) -> int:
        """A standby's files are as new as the redo that was applied to them; its checkpoints are in no redo."""
        if self.control.role == "PHYSICAL STANDBY":
            return self.write_files(self.control.scn, tablespace)
        scn = self.next_scn()
        return self.write_files(scn, tablespace, Record(scn, time.time(), "CHECKPOINT", details={"tablespace": tablespace}))

    def write_files(self, scn: int, tablespace: str | None, record: Record | None = None) -> int:
        """Blocks and headers as of an SCN, all or nothing. ``record`` goes into redo before they go to their places."""
        journal = datafile.Journal(os.path.join(self.directory, JOURNAL))
        for segment in list(self.segments.values()):
            if segment.dirty and (tablespace == segment.tablespace or tablespace is None
                                  and self.control.tablespaces[segment.tablespace or ""].status == "ONLINE"):
                self._write_segment(segment, scn, journal)
        for file in self.control.datafiles.values():
            online = self.control.tablespaces[file.tablespace].status == "ONLINE"
            # Tempfiles are not checkpointed; those of a database that was restored come with its first open.
            there = not file.unnamed and (file.contents != "TEMPORARY" or asm.exists(file.path))
            if (file.tablespace == tablespace or tablespace is None and online) and there:
                file.checkpoint_scn, file.checkpoint_time = max(file.checkpoint_scn, scn), time.time()
                self.write_header(file, fuzzy=online, journal=journal)
        if tablespace is None:
            self.write_catalog(journal)
        if record is not None:
            self.redo.write(record)
        if tablespace is None and self.control.role == "PHYSICAL STANDBY":
            self.control.structure_scn = max(self.control.structure_scn, self.applied_scn)
        journal.control = records.dump(self.control)
        journal.write()
        journal.apply()
        self.write_control()
        journal.remove()
        return scn

    def _write_segment(self, segment: Segment, scn: int, journal: datafile.Journal) -> None:
        wanted = {make_rid(file, block, 0) >> 16: (file, block) for file, block in segment.dirty}
        rows: dict[int, dict[int, bytes]] = {place: {} for place in wanted}
        order, encode = self.platform.order, segment.codec.encode
        everything = Snapshot(1 << 62)
        for rid in list(segment.rows):
            if rid >> 16 in rows:
                row = segment.visible(rid, everything) if rid in segment.undo else segment.rows[rid]
                if row is not None:
                    rows[rid >> 16][rid & 0xFFFF] = datafile.pack_row(encode(row), order)
        by_file: dict[int, list[int]] = {}
        for place, (file, _) in wanted.items():
            by_file.setdefault(file, []).append(place)
        for number, places in by_file.items():
            file_ = self.control.datafiles[number]
            self.faults.on_write(file_.path)
            stored = file_.stored_number(segment.number)
            key = self.tablespace_key(file_.tablespace)
            with datafile.BlockFile(file_.path, self.platform, self.block_size, journal=journal, key=key) as blocks:
                for place in places:
                    _, block = wanted[place]
                    chain = segment.overflow.get((number, block), [])
                    written = datafile.Block(block, stored, scn, rows[place], chain)
                    blocks.write(written, lambda file=file_: self.allocate_in(file))   # type: ignore[misc]
                    if written.overflow:
                        segment.overflow[number, block] = written.overflow
        # What an open transaction changed is written again when it has ended.
        segment.dirty = {rid_fields(rid)[:2] for rid, undo in segment.undo.items() if not undo.transaction.ended}

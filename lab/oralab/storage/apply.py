# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redo applied to datafiles: by crash recovery, by media recovery, and by the managed recovery of a standby database.

A record changes what is older than it: each file from its own checkpoint SCN on, the dictionary and the control file from theirs. So
the same redo may be applied twice, and files of different age become one database.
"""
from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from oralab.errors import OraError
from oralab.storage import asm, datafile
from oralab.storage.control_file import Datafile, Tablespace
from oralab.storage.redo import Record
from oralab.storage.rows import Rid, Segment, Transaction, Undo, rid_fields

if TYPE_CHECKING:
    from oralab.storage.store import Store


def apply(store: Store, records: Iterable[Record], *, readers: bool = False) -> None:
    """Apply records, which come in the order of their SCNs, to a store whose files are loaded."""
    recovery = Recovery(store, readers=readers)
    for record in records:
        recovery.apply(record)


class Recovery:
    """What applies redo to one store, record by record.

    ``readers``: sessions read meanwhile, and each goes on seeing what its snapshot saw: undo is kept, a record becomes visible as a whole.
    ``on_records`` hears of the dictionary's changes. ``structure_known``: changes of tablespaces and files up to this SCN stand in the
    control file already, which is newer than the files.
    """

    def __init__(self, store: Store, *, readers: bool = False, on_records: Callable[[dict[str, Any]], None] | None = None,
                 structure_known: int = 0) -> None:
        self._store = store
        self._structure_known = structure_known
        self._readers = readers
        self._on_records = on_records
        self._known = {(file, block) for segment in store.segments.values() for file, blocks in segment.blocks.items() for block in blocks}

    def apply(self, record: Record) -> None:
        """One record. OraError when it cannot be applied; it can be tried again then."""
        store = self._store
        with store.lock:
            _KINDS[record.kind](self, record)
            store.reached(record.scn, record.time)

    # --- rows ---

    def _transaction(self, record: Record) -> None:
        store = self._store
        writer = Transaction(record.xid, record.scn, datetime.datetime.fromtimestamp(record.time))
        changed: list[tuple[Segment, Rid]] = []
        for change in record.changes:
            segment = store.segments.get(change.data_object)
            number, block, _ = rid_fields(change.rid)
            file = store.control.datafiles.get(number)
            if segment is None or file is None or record.scn <= file.checkpoint_scn:
                continue
            if number in store.sealed:
                store.unseal(file)
            self._take(segment, file, block)
            before = segment.rows.get(change.rid)
            with segment.latch:
                if self._readers:
                    segment.undo[change.rid] = Undo(writer, before, segment.undo.get(change.rid))
                if change.after is None and not self._readers:
                    segment.rows.pop(change.rid, None)
                else:
                    segment.rows[change.rid] = change.after
            segment.dirty.add((number, block))
            for index in segment.indexes:
                index.add(segment, change.rid, change.after)
            changed.append((segment, change.rid))
        writer.commit_scn, writer.ended = record.scn, True
        if self._readers and changed:
            store.retain(record.scn, changed)

    def _take(self, segment: Segment, file: Datafile, block: int) -> None:
        """The block belongs to the segment from now on. One that was used here to continue another block is needed as its origin used it."""
        key = (file.number, block)
        if key in self._known:
            return
        self._known.add(key)
        store = self._store
        for other in store.segments.values():
            for place, chain in list(other.overflow.items()):
                if place[0] == file.number and block in chain:
                    file.free += [number for number in chain if number != block]
                    del other.overflow[place]
                    other.dirty.add(place)
        if file.tablespace == "SYSTEM" and block in store.control.catalog_blocks:
            store.control.catalog_blocks = []
        if block >= file.blocks(store.block_size):
            store.extend_to(file, block)
        segment.blocks.setdefault(file.number, []).append(block)
        file.next_block = max(file.next_block, block + 1)
        if block in file.free:
            file.free.remove(block)

    # --- the dictionary ---

    def _ddl(self, record: Record) -> None:
        if record.scn > self._store.control.catalog_scn:
            self._store.apply_records(record.details)
            if self._on_records is not None:
                self._on_records(record.details)

    # --- the control file ---

    def _structure(self, record: Record) -> None:
        control = self._store.control
        change = _details(record)["change"]
        if record.scn > control.structure_scn:
            if record.scn > self._structure_known or change in ("SEGMENT", "DROP SEGMENT"):
                _CHANGES[change](self, record)
            control.structure_scn = record.scn

    def _segment(self, record: Record) -> None:
        store, details = self._store, _details(record)
        number, tablespace, types = details["number"], details["tablespace"], details["types"]
        newer = any(file.checkpoint_scn > record.scn for file in store.datafiles(tablespace))
        if number not in store.segments:
            store.segments[number] = Segment(number, tablespace, types)
            store.control.segments[number] = (tablespace, types)
        elif newer:
            store.segments[number].set_types(types)
            store.control.segments[number] = (tablespace, types)
        elif store.retype(number, types):
            # Rows in the file are of the old types, which the control file no longer knows.
            store.control.structure_scn = record.scn
            store.write_files(record.scn, tablespace)
        if newer:
            store.reload_segment(number)
        store.control.next_object = max(store.control.next_object, number)

    def _drop_segment(self, record: Record) -> None:
        store, number = self._store, _details(record)["number"]
        segment = store.segments.pop(number, None)
        store.control.segments.pop(number, None)
        if segment is not None:
            store.free_blocks(segment)
            self._known -= {(file, block) for file, blocks in segment.blocks.items() for block in blocks}

    def _tablespace(self, record: Record) -> None:
        """A tablespace is made or changes its state. Its files are frozen by the checkpoint that comes after.

        One that is encrypted on one side alone stays so on either (documented of standby databases whose primary is not encrypted).
        """
        made: Tablespace = _details(record)["tablespace"]
        control = self._store.control
        known = control.tablespaces.get(made.name)
        if known is not None and None in (known.encryption, made.encryption):
            made = dataclasses.replace(made, encryption=known.encryption)
        control.tablespaces[made.name] = made
        control.next_tablespace = max(control.next_tablespace, made.number + 1)

    def _rename_tablespace(self, record: Record) -> None:
        self._store.change_name(_details(record)["name"], _details(record)["new"])

    def _drop_tablespace(self, record: Record) -> None:
        store, name = self._store, _details(record)["name"]
        for number in [number for number, segment in store.segments.items() if segment.tablespace == name]:
            del store.segments[number]
            store.control.segments.pop(number, None)
        for file in store.datafiles(name):
            del store.control.datafiles[file.number]
            self._known = {place for place in self._known if place[0] != file.number}
            if _details(record)["remove"] or file.omf:
                asm.remove(file.path)
        store.control.tablespaces.pop(name, None)

    def _file(self, record: Record) -> None:
        """A file is added to the database; it is made here, where the database wants it. Temporary ones travel in no redo (documented).

        That of a tablespace that was plugged in has to be there already (documented): its rows are in no redo. ORA-01157.
        """
        store, file = self._store, _details(record)["file"]
        control = store.control
        if file.number in control.datafiles or file.contents == "TEMPORARY":
            return
        store.tablespace_key(file.tablespace)     # ORA-28365: nothing of an encrypted tablespace is applied without its key
        store.name_file(file)
        if _details(record).get("plugged"):
            if not asm.exists(file.path):
                raise OraError(1157, f"cannot identify/lock data file {file.number} - see DBWR trace file",
                               stack=[f"ORA-01110: data file {file.number}: '{file.path}'"])
            store.load_file(file)
        else:
            file.free, file.next_block = [], 2 if file.tablespace == "SYSTEM" else 1
            if not store.is_file(file):
                datafile.create(file.path, store.header(file, control.tablespaces[file.tablespace], fuzzy=True))
        control.datafiles[file.number] = file
        control.next_file = max(control.next_file, file.number + 1)

    def _size(self, record: Record) -> None:
        store, details = self._store, _details(record)
        file = store.control.datafiles.get(details["number"])
        if file is None:
            return
        for name in ("auto_extend", "max_bytes", "increment"):
            setattr(file, name, details[name])
        if details["bytes"] > file.bytes or details["bytes"] >= file.next_block * store.block_size:
            store.set_size(file, details["bytes"])

    # --- checkpoints ---

    def _checkpoint(self, record: Record) -> None:
        """That of one tablespace freezes its files, with the SCN that they have at their origin."""
        name = _details(record).get("tablespace")
        if name is not None and any(file.checkpoint_scn < record.scn for file in self._store.datafiles(name)):
            self._store.write_files(record.scn, name)

    def _nothing(self, record: Record) -> None:
        """Changes no file."""


def _details(record: Record) -> dict[str, Any]:
    return record.details


_KINDS: dict[str, Callable[[Recovery, Record], None]] = {
    "TRANSACTION": Recovery._transaction, "DDL": Recovery._ddl, "STRUCTURE": Recovery._structure, "CHECKPOINT": Recovery._checkpoint,
    "END OF REDO": Recovery._nothing}
_CHANGES: dict[str, Callable[[Recovery, Record], None]] = {
    "SEGMENT": Recovery._segment, "DROP SEGMENT": Recovery._drop_segment, "TABLESPACE": Recovery._tablespace,
    "RENAME TABLESPACE": Recovery._rename_tablespace, "DROP TABLESPACE": Recovery._drop_tablespace, "FILE": Recovery._file,
    "SIZE": Recovery._size}

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Media recovery: files that were restored become as new as the redo that is applied to them. And which files are consistent."""
from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from oralab.errors import OraError
from oralab.storage import asm, datafile
from oralab.storage.apply import Recovery
from oralab.storage.control_file import Datafile
from oralab.storage.redo import Record

if TYPE_CHECKING:
    from oralab.storage.store import Store


def online(store: Store) -> list[Datafile]:
    """The files that redo is applied to: neither temporary ones nor those of tablespaces that are frozen or offline."""
    return [file for file in store.datafiles() if file.contents != "TEMPORARY" and store.tablespace_status(file.tablespace) == "ONLINE"]


def header_of(store: Store, file: Datafile) -> datafile.Header:
    """ORA-01157 over 01110 when it is not there, ORA-01122 over 01206 when it is another database's."""
    where = f"ORA-01110: data file {file.number}: '{file.path}'"
    try:
        header = datafile.read_header(file.path, store.platform)
    except OraError:
        raise OraError(1157, f"cannot identify/lock data file {file.number} - see DBWR trace file", stack=[where]) from None
    if (header.dbid, header.file) != (store.dbid, file.number):
        raise OraError(1122, f"database file {file.number} failed verification check", stack=[
            where, "ORA-01206: file is not part of this database - wrong database id"])
    return header


def check_consistent(store: Store, code: int = 1194) -> None:
    """That all files are of one moment, as opening after incomplete recovery or as a standby needs. ORA-01194 or 01196 over 01110 (transcripts)."""
    newest = max((file.checkpoint_scn for file in online(store)), default=0)
    for file in online(store):
        if file.checkpoint_scn < newest:
            text = "needs more recovery to be consistent" if code == 1194 else "is inconsistent due to a failed media recovery session"
            raise OraError(code, f"file {file.number} {text}", stack=[f"ORA-01110: data file {file.number}: '{file.path}'"])


class MediaRecovery:
    """One media recovery of a mounted database, from its files' checkpoints on; ``start`` is the SCN from which redo is needed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.lock:
            known = store.control.structure_scn
            for file in online(store):
                file.checkpoint_scn = header_of(store, file).checkpoint_scn
            store.load(rewind=True)
            self.start = min([file.checkpoint_scn for file in online(store)] + [store.control.catalog_scn])
            self.scn = store.control.scn = self.start
            """Of the last record that was applied."""
            self.newest = max(file.checkpoint_scn for file in online(store))
            self._recovery = Recovery(store, structure_known=known)

    def apply(self, records: Iterable[Record], *, before: int | None = None, until: datetime.datetime | None = None) -> bool:
        """Apply redo up to below an SCN or a time; whether that was reached."""
        for record in records:
            if before is not None and record.scn >= before or until is not None and record.time >= until.timestamp():
                return True
            self._recovery.apply(record)
            self.scn = max(self.scn, record.scn)
        return False

    def finish(self, *, covered: int | None, incomplete: bool) -> None:
        """Write the files as of what was applied; the database is mounted as before. ``incomplete``: it will open with RESETLOGS.

        ``covered``: up to which SCN there was all redo that there is; None: up to its end. A file that is newer stays so, and is not consistent.
        """
        store = self._store
        scn = max(self.scn, self.newest) if covered is None else max(self.scn, min(covered, self.newest))
        with store.lock:
            for number, segment in list(store.segments.items()):
                if segment.tablespace not in store.control.tablespaces:
                    del store.segments[number]
                    store.control.segments.pop(number, None)
            store.control.incomplete = store.control.incomplete or incomplete
            store.control.scn = scn
            for file in online(store):
                file.recover = file.recover and file.checkpoint_scn > scn
            store.write_files(scn, None)
            store.unload()


def apply_increment(store: Store, file: Datafile, blocks: Mapping[int, bytes]) -> None:
    """Lay newer blocks over a file. ORA-28365 for one that is encrypted, without its key.

    What continues a block elsewhere may lie at other places here than at the origin of the increment, when redo was applied to the file
    meanwhile: so rows are taken from the blocks, and the file is written anew with their continuations where there is room.
    """
    platform, block_size, key = store.platform, store.block_size, store.tablespace_key(file.tablespace)
    real = asm.real(file.path)
    scratch = real + ".increment"
    with open(scratch, "w+b") as out:
        for number, data in blocks.items():
            out.seek(number * block_size)
            out.write(data)
    last = max(blocks) + 1
    header = datafile.Header.unpack(blocks[0], platform)
    if header is None:
        raise OraError(19563, f"datafile header validation failed for file {file.path}")
    with datafile.BlockFile(scratch, platform, block_size, "rb", key=key) as newer:
        changed = {block.number: block for block in newer.blocks(last)}
    with datafile.BlockFile(real, platform, block_size, "rb", key=key) as older:
        kept = {block.number: block for block in older.blocks(header.blocks) if block.number not in blocks}
    heads = {**kept, **changed}
    following = iter(number for number in range(1, header.blocks) if number not in heads)
    with open(scratch, "w+b") as out:
        out.truncate(header.blocks * block_size)
    with datafile.BlockFile(scratch, platform, block_size, key=key) as made:
        for block in heads.values():
            block.overflow.clear()
            made.write(block, lambda: next(following))
        made.write_header(header)
    with open(scratch, "rb") as source, open(real, "r+b") as target:
        target.truncate(0)
        while data := source.read(1 << 20):
            if any(data):
                target.write(data)
            else:
                target.seek(len(data), 1)
        target.truncate(header.blocks * block_size)
    os.unlink(scratch)

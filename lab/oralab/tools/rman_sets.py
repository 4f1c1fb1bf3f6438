# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup sets being made: their pieces, what the control file remembers of them, and those of the control file itself."""
from __future__ import annotations

import dataclasses
import datetime
import os
import threading
from collections.abc import Callable
from typing import Any

from oralab.errors import OraError
from oralab.storage import pieces
from oralab.tools import rman_commands as commands
from oralab.tools import rman_files as files
from oralab.tools.rman_channels import Channel, Work
from oralab.tools.rman_records import Row
from oralab.tools.rman_work import FileWork

STANDBY = "PHYSICAL STANDBY"
CONTROL_FILE_TYPE = {"CURRENT": "B", "STANDBY": "S"}
"""CONTROLFILE_TYPE of V$BACKUP_DATAFILE (documented)."""


@dataclasses.dataclass(slots=True)
class Set:
    """A backup set that is being made. ``kind``: BACKUP_TYPE of V$BACKUP_SET: D, I (incremental) or L (archived logs); ``word``: part of
    the names that Oracle manages.
    """

    names: files.Names
    kind: str
    word: str
    tag: str
    level: int | None = None
    control_file: str = ""
    pieces: int = 1
    details: dict[str, list[Row]] = dataclasses.field(default_factory=dict)
    written: int = 0
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)


class SetWork(FileWork):
    """What commands of one RMAN session need that write backup sets."""

    # --- control file and server parameter file ---

    def write_control_file(self, work: Work, made: Set, command: commands.Backup, control_file: str, spfile: bool, *,
                            autobackup: bool = False) -> str:
        store = self.database.store
        scn = store.current_scn()
        header = self.header(made, command, 1, control_file=control_file, control_scn=scn, spfile=spfile, autobackup=autobackup)

        def write(piece: pieces.Writer, handle: str) -> int:
            read = 0
            if control_file:
                data = self.snapshot(STANDBY if control_file == "STANDBY" else "")
                piece.content(pieces.CONTROL_FILE, data)
                read += len(data)
            if spfile:
                with open(self.database.parameters.get("spfile"), "rb") as file:
                    data = file.read()
                piece.content(pieces.SPFILE, data)
                read += len(data)
            return read

        def details() -> dict[str, list[Row]]:
            now = self.database.now()
            found: dict[str, list[Row]] = {}
            if control_file:
                found["V$BACKUP_DATAFILE"] = [{
                    "FILE#": 0, "CREATION_CHANGE#": 0, "RESETLOGS_CHANGE#": store.resetlogs_scn, "INCREMENTAL_CHANGE#": 0, "CHECKPOINT_CHANGE#": scn,
                    "CHECKPOINT_TIME": now, "ABSOLUTE_FUZZY_CHANGE#": 0, "MARKED_CORRUPT": 0, "MEDIA_CORRUPT": 0, "LOGICALLY_CORRUPT": 0,
                    "DATAFILE_BLOCKS": 0, "BLOCKS": 0, "BLOCK_SIZE": 16384, "COMPLETION_TIME": now, "CONTROLFILE_TYPE": CONTROL_FILE_TYPE[control_file],
                    "USED_CHANGE_TRACKING": "NO", "BLOCKS_READ": 0, "USED_OPTIMIZATION": "NO", "PLUGGED_READONLY": "NO", "INCREMENTAL_LEVEL": None}]
            if spfile:
                path = self.database.parameters.get("spfile")
                found["V$BACKUP_SPFILE"] = [{"MODIFICATION_TIME": moment(os.path.getmtime(path)), "BYTES": os.path.getsize(path),
                                             "COMPLETION_TIME": now, "DB_UNIQUE_NAME": self.database.spec.db_unique_name.upper()}]
            return found

        return self.piece(work, made, command, header, 1, write, details, quiet=autobackup)

    def snapshot(self, role: str) -> bytes:
        """The control file as it is now, by way of the snapshot control file. ORA-00245 where instances cannot share that.

        What lies in ORACLE_HOME is each node's own (known to DBAs: the default of RAC databases that were upgraded).
        """
        path = self.server.settings.snapshot_name()
        spec = self.database.spec
        if path.startswith(spec.oracle_home + os.sep) and sum(one.state == "OPEN" for one in self.database.instances) > 1:
            raise OraError(245, "control file backup failed; in Oracle RAC, target might not be on shared storage")
        copy: bytes = self.database.store.control_copy(role)
        try:
            with open(path, "wb") as file:
                file.write(copy)
        except OSError as error:
            raise OraError(1580, f"error creating control backup file {path}", stack=[
                "ORA-27040: file create error, unable to create file", f"Linux-x86_64 Error: {error.errno}: {error.strerror}"]) from None
        return copy

    def autobackup(self, channel: Channel) -> None:
        """Control file and server parameter file after every backup, where that is configured."""
        command = commands.Backup()
        spfile = bool(self.database.parameters.get("spfile"))
        now = self.database.now()
        name = f"Control File {'and SPFILE ' if spfile else ''}Autobackup"
        self.server.emit([f"Starting {name} at {self.server.date(now)}"])
        names = self.names(piece=1)
        made = Set(names, "D", f"s_{names.stamp}", f"TAG{now:%Y%m%dT%H%M%S}", control_file="CURRENT")

        def backup(work: Work) -> None:
            handle = self.write_control_file(work, made, command, "CURRENT", spfile, autobackup=True)
            self.server.emit([f"piece handle={handle} comment={channel.media.comment}"])

        self._perform("backup", [backup], [channel], [])
        self.server.emit([f"Finished {name} at {self.server.date(self.database.now())}"])

    # --- pieces ---

    def header(self, made: Set, command: commands.Backup, number: int, **contents: Any) -> pieces.PieceHeader:
        spec, store = self.database.spec, self.database.store
        return pieces.PieceHeader(
            spec.name, spec.db_unique_name, store.dbid, store.platform.id, store.resetlogs_scn, made.tag, made.names.stamp, made.names.set_count,
            made.names.moment.timestamp(), number, made.pieces, made.level, compressed=command.as_compressed, **contents)

    def piece(self, work: Work, made: Set, command: commands.Backup, header: pieces.PieceHeader, number: int,
               write: Callable[[pieces.Writer, str], int], details: Callable[[], dict[str, list[Row]]], *, quiet: bool = False) -> str:
        """Write a piece and remember it; gives its handle. The set is remembered with its first piece, what is in it with its last."""
        media, started = work.channel.media, self.database.now()
        handle = self._handle(work, made, command, number, quiet)
        encryption, secret = self.server.encryption()
        if not quiet:
            work.say(f"channel {{c}}: starting piece {number} at {self.server.date(started)}")
        stream = media.create(handle, encrypted=encryption is not None)
        try:
            piece = pieces.Writer(stream, dataclasses.replace(header, encryption=encryption), secret)
            read = write(piece, handle)
            stream.close()
        except OraError:
            media.discard(stream, handle)
            raise
        with made.lock:
            made.written += 1
            for view, rows in details().items():
                made.details.setdefault(view, [])
                made.details[view] += [row for row in rows if row["FILE#"] not in [known.get("FILE#") for known in made.details[view]]] \
                    if view == "V$BACKUP_DATAFILE" else rows
            self._remember_piece(made, command, started, handle, number, piece.size, media, encryption is not None)
        self.server.count(read, piece.size)
        if not quiet:
            work.say(f"channel {{c}}: finished piece {number} at {self.server.date(self.database.now())}",
                     f"piece handle={handle} tag={made.tag} comment={media.comment}",
                     f"channel {{c}}: backup set complete, elapsed time: {work.elapsed()}")
        return handle

    def _handle(self, work: Work, made: Set, command: commands.Backup, number: int, autobackup: bool) -> str:
        media = work.channel.media
        names, form = dataclasses.replace(made.names, piece=number), command.format or work.channel.format
        area = self.database.parameters.get("db_recovery_file_dest") if media.device == "DISK" else ""
        if autobackup:
            form = self.server.autobackup_format(media.device)
            if form != "%F" or not area:
                # The last part of %F counts the autobackups of a day (documented).
                every = (self._named(dataclasses.replace(names, autobackup=count), form, media.device) for count in range(256))
                return next(name for name in every if not media.exists(name))
        elif form or media.device != "DISK":
            name = self._named(names, form or "%U", media.device)
            return self._placed(name, f"{work.channel.name}_{names.stamp}", "BACKUPSET") if media.device == "DISK" else name
        if command.keep and area:
            raise OraError(19811, "cannot have files in DB_RECOVERY_FILE_DEST with keep attributes")
        directory = os.path.join(self._recovery_area("autobackup" if autobackup else "backupset"), f"{self.database.now():%Y_%m_%d}")
        return files.unique_path(directory, made.word if autobackup else f"{made.word}_{made.tag}", ".bkp", names.stamp + names.set_count * 64 + number)

    def _named(self, names: files.Names, form: str, device: str) -> str:
        """A name from a format; on disk below ORACLE_HOME/dbs unless it is absolute (documented for Unix)."""
        name = names.expand(form, copy=False)
        return os.path.join(self.database.spec.oracle_home, "dbs", name) if device == "DISK" and not name.startswith(("/", "+")) else name

    def _remember_piece(self, made: Set, command: commands.Backup, started: datetime.datetime, handle: str, number: int, size: int, media: Any,
                        encrypted: bool) -> None:
        now = self.database.now()
        common: Row = {"SET_STAMP": made.names.stamp, "SET_COUNT": made.names.set_count}
        spent = int((now - started).total_seconds())
        area = self.database.parameters.get("db_recovery_file_dest") or "\0"
        included = {"": "NO", "CURRENT": "YES", "STANDBY": "SBY"}[made.control_file]
        if made.written == 1:
            self.records.add("V$BACKUP_SET", {
                **common, "BACKUP_TYPE": made.kind, "CONTROLFILE_INCLUDED": included, "INCREMENTAL_LEVEL": made.level, "PIECES": made.pieces,
                "START_TIME": started, "COMPLETION_TIME": now, "ELAPSED_SECONDS": spent, "BLOCK_SIZE": 512 if made.kind == "L" else 8192,
                "INPUT_FILE_SCAN_ONLY": "NO", **self.keeping(command), "MULTI_SECTION": "YES" if made.pieces > 1 else "NO"})
        self.records.add("V$BACKUP_PIECE", {
            **common, "PIECE#": number, "COPY#": 1, "DEVICE_TYPE": media.device, "HANDLE": handle, "CONCUR": "NO", "TAG": made.tag, "STATUS": "A",
            "COMMENTS": None if media.device == "DISK" else media.comment, "MEDIA": media.name or None,
            "START_TIME": started, "COMPLETION_TIME": now, "ELAPSED_SECONDS": spent, "DELETED": "NO", "BYTES": size,
            "IS_RECOVERY_DEST_FILE": "YES" if handle.startswith(area) else "NO", "COMPRESSED": "YES" if command.as_compressed else "NO",
            "ENCRYPTED": "YES" if encrypted else "NO"})
        if made.written == made.pieces:
            for view, rows in made.details.items():
                for row in rows:
                    self.records.add(view, {**common, **row})

    def keeping(self, command: commands.Backup | commands.Records) -> Row:
        """KEEP, KEEP_UNTIL and KEEP_OPTIONS."""
        if not command.keep:
            return {"KEEP": "NO"}
        until = None if command.keep == "FOREVER" else self.server.moment(command.keep)
        return {"KEEP": "YES", "KEEP_UNTIL": until, "KEEP_OPTIONS": "LOGS" if getattr(command, "keep_logs", True) else "NOLOGS"}


def moment(stamp: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(stamp).replace(microsecond=0)

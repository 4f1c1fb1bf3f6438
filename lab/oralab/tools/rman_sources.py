# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backup a restore reads: what the control file remembers, or what is given by name where there is none yet."""
from __future__ import annotations

import dataclasses
import datetime
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from oralab.storage.control_file import ArchivedLog, Datafile
from oralab.storage.pieces import Piece
from oralab.storage.redo import LogHeader
from oralab.tools import rman_commands as commands
from oralab.tools.rman_channels import Channel, failed

Row = dict[str, Any]
ENDLESS: Final = 1 << 62


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """A backup set with its pieces in order, or an image copy (``copy``: its RECID and STAMP)."""

    handles: tuple[str, ...]
    device: str
    tag: str
    scn: int
    floor: int = 0
    copy: tuple[int, int] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Limit:
    """Where recovery ends: before ``scn``, or before the time."""

    scn: int = ENDLESS
    time: datetime.datetime | None = None

    def allows(self, scn: int, moment: datetime.datetime | None) -> bool:
        """Whether a backup with this checkpoint may be used."""
        return scn < self.scn and (self.time is None or moment is None or moment < self.time)


class Sources:
    """What one RMAN session may restore from."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.database = server.database

    def rows(self, view: str) -> Iterator[Row]:
        yield from self.server.work.records.rows(view)

    def _aborted(self, *causes: str) -> Exception:
        return failed("restore", self.database.now(), *causes)

    # --- limits ---

    def limit(self, until: commands.Until | None) -> Limit:
        """RMAN-06556-like refusals are left to what is not found. RMAN-20207 for a time before the control file's (not looked at)."""
        if until is None:
            return Limit()
        if until.kind == "SCN":
            return Limit(int(until.value))
        if until.kind == "TIME":
            return Limit(time=self.server.moment(until.value))
        sequence = int(until.value)
        for entry in self.database.store.control.archived:
            if entry.log.thread == until.thread and entry.log.sequence in (sequence, sequence - 1):
                return Limit(entry.log.first_scn if entry.log.sequence == sequence else entry.log.next_scn)
        for log in self.database.store.redo.logs(until.thread) if until.thread in self.database.store.redo.threads() else ():
            if log.sequence == sequence:
                return Limit(log.first_scn)
        raise self._aborted(f"RMAN-06556: datafile 1 must be restored from backup older than sequence {sequence}")

    # --- datafiles ---

    def _sets(self) -> dict[tuple[int, int], list[Row]]:
        """Available pieces by set."""
        found: dict[tuple[int, int], list[Row]] = {}
        for row in self.rows("V$BACKUP_PIECE"):
            if row["STATUS"] == "A":
                found.setdefault((row["SET_STAMP"], row["SET_COUNT"]), []).append(row)
        return found

    def _source(self, pieces: Sequence[Row], scn: int, floor: int) -> Source:
        ordered = sorted(pieces, key=lambda row: (int(row["COPY#"]), int(row["PIECE#"])))
        first = [row for row in ordered if row["COPY#"] == ordered[0]["COPY#"]]
        return Source(tuple(str(row["HANDLE"]) for row in first), str(first[0]["DEVICE_TYPE"]), str(first[0]["TAG"]), scn, floor)

    def _backups(self, file: Datafile, tag: str) -> Iterator[tuple[Source, datetime.datetime | None]]:
        """Backup sets with the file in them, whole ones and increments."""
        sets = self._sets()
        for row in self.rows("V$BACKUP_DATAFILE"):
            pieces = sets.get((row["SET_STAMP"], row["SET_COUNT"]), [])
            if row["FILE#"] == file.number and pieces and tag in ("", pieces[0]["TAG"]) and row["CREATION_CHANGE#"] == file.creation_scn:
                yield self._source(pieces, int(row["CHECKPOINT_CHANGE#"]), int(row["INCREMENTAL_CHANGE#"] or 0)), row["CHECKPOINT_TIME"]

    def _copies(self, file: Datafile, tag: str) -> Iterator[tuple[Source, datetime.datetime | None]]:
        for row in self.rows("V$DATAFILE_COPY"):
            if row["FILE#"] == file.number and row["STATUS"] == "A" and tag in ("", row["TAG"]) and row["NAME"] != file.path:
                yield Source((str(row["NAME"]),), "DISK", str(row["TAG"] or ""), int(row["CHECKPOINT_CHANGE#"]),
                             copy=(int(row["RECID"]), int(row["STAMP"]))), row["CHECKPOINT_TIME"]

    def datafiles(self, chosen: Iterable[Datafile], limit: Limit, tag: str) -> dict[int, Source]:
        """The newest whole backup of every file that the limit allows. RMAN-06026 over 06023 for each file without, and over 06100 where no channel that
        was allocated is for the device that has it (documented).
        """
        found: dict[int, Source] = {}
        missing, devices = [], self.server.devices()
        for file in chosen:
            fitting = [source for source, moment in (*self._backups(file, tag), *self._copies(file, tag))
                       if source.floor == 0 and limit.allows(source.scn, moment)]
            usable = [source for source in fitting if not devices or source.device in devices]
            if usable:
                found[file.number] = max(usable, key=lambda source: source.scn)
            elif fitting:
                missing.append(f"RMAN-06100: no channel to restore a backup or copy of datafile {file.number}")
            else:
                missing.append(f"RMAN-06023: no backup or copy of datafile {file.number} found to restore")
        if missing:
            raise self._aborted("RMAN-06026: some targets not found - aborting restore", *missing)
        return found

    def increments(self, file: Datafile, limit: Limit, tag: str) -> list[Source]:
        """The increments that lead on from where a file is, in order: each begins at or below what the one before reached."""
        scn, way = file.checkpoint_scn, []
        every = [source for source, moment in self._backups(file, tag) if source.floor and limit.allows(source.scn, moment)]
        while fitting := [source for source in every if source.floor <= scn < source.scn]:
            best = max(fitting, key=lambda source: source.scn)
            way.append(best)
            scn = best.scn
        return way

    def preview(self, found: dict[int, Source]) -> list[str]:
        """RESTORE ... PREVIEW (the columns of LIST BACKUP are shortened; assumed)."""
        lines = ["", "List of Backup Sets", "==================="]
        for source in sorted(set(found.values()), key=lambda source: source.scn):
            numbers = ", ".join(str(number) for number, one in sorted(found.items()) if one == source)
            lines += [f"  Datafiles {numbers}  Ckp SCN {source.scn}  Tag: {source.tag}", *(f"        Piece Name: {handle}" for handle in source.handles)]
        newest = max(source.scn for source in found.values())
        return [*lines, f"recovery will be done up to SCN {newest}", f"Media recovery start SCN is {min(one.scn for one in found.values())}",
                f"Recovery must be done beyond SCN {newest} to clear datafile fuzziness"]

    # --- archived logs ---

    def logs(self, tag: str = "") -> dict[tuple[int, int], Source]:
        """Backup sets with an archived log, by thread and sequence."""
        found, sets = {}, self._sets()
        for row in self.rows("V$BACKUP_REDOLOG"):
            pieces = sets.get((row["SET_STAMP"], row["SET_COUNT"]), [])
            if pieces and tag in ("", pieces[0]["TAG"]):
                found[int(row["THREAD#"]), int(row["SEQUENCE#"])] = self._source(pieces, int(row["FIRST_CHANGE#"]), 0)
        return found

    def log_headers(self) -> dict[tuple[int, int], LogHeader]:
        """What the records say of the logs in backup sets."""
        return {(int(row["THREAD#"]), int(row["SEQUENCE#"])): LogHeader(
            self.database.store.dbid, int(row["RESETLOGS_CHANGE#"]), int(row["THREAD#"]), int(row["SEQUENCE#"]), int(row["FIRST_CHANGE#"]),
            row["FIRST_TIME"].timestamp(), int(row["NEXT_CHANGE#"]), row["NEXT_TIME"].timestamp()) for row in self.rows("V$BACKUP_REDOLOG")}

    def archived(self) -> dict[tuple[int, int], ArchivedLog]:
        """Archived logs that are there on disk, by thread and sequence."""
        return {(entry.log.thread, entry.log.sequence): entry for entry in self.database.store.control.archived
                if entry.status != "D" and os.path.exists(entry.name)}

    # --- control file and server parameter file ---

    def control_file(self, command: commands.Restore, dbid: int | None, channel: Channel) -> Piece:
        """RMAN-06563, RMAN-06495 and RMAN-06172 as there is no way to one."""
        for handle, device in self._candidates(command, dbid, "V$BACKUP_SET", "CONTROLFILE_INCLUDED"):
            piece = self.open(handle, device, channel)
            if piece.header.control_file:
                return piece
            piece.close()
        raise self._aborted("RMAN-06172: no AUTOBACKUP found or specified handle is not a valid copy or piece")

    def spfile(self, command: commands.Restore, dbid: int | None, channel: Channel) -> Piece:
        """As ``control_file``."""
        for handle, device in self._candidates(command, dbid, "V$BACKUP_SPFILE", ""):
            piece = self.open(handle, device, channel)
            if piece.header.spfile:
                return piece
            piece.close()
        raise self._aborted("RMAN-06172: no AUTOBACKUP found or specified handle is not a valid copy or piece")

    def _candidates(self, command: commands.Restore, dbid: int | None, view: str, column: str) -> Iterator[tuple[str, str]]:
        """Handles and devices of pieces that may have it, the newest first."""
        if command.source and command.source != "AUTOBACKUP":
            yield command.source, self.server.device()
            return
        if command.source == "AUTOBACKUP":
            if dbid is None and self.database.state == "STARTED" and not self.database.parameters.get("db_recovery_file_dest"):
                raise self._aborted("RMAN-06495: must explicitly specify DBID with SET DBID command")
            yield from self.server.autobackups(dbid)
            return
        if self.database.state == "STARTED":
            raise self._aborted("RMAN-06563: control file or SPFILE must be restored using FROM AUTOBACKUP")
        sets = self._sets()
        for row in sorted(self.rows(view), key=lambda row: row["RECID"], reverse=True):
            pieces = sets.get((row["SET_STAMP"], row["SET_COUNT"]), [])
            if pieces and (not column or row[column] != "NO") and command.tag in ("", pieces[0]["TAG"]):
                yield str(pieces[0]["HANDLE"]), str(pieces[0]["DEVICE_TYPE"])

    def open(self, handle: str, device: str, channel: Channel) -> Piece:
        """A piece. ORA-19870 over the reason."""
        found: Piece = self.server.read_piece(handle, device, channel)
        return found

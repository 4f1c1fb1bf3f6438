# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BACKUP, as the instance does it: sets and copies of datafiles, archived logs, control file and server parameter file."""
from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from oralab.errors import OraError, not_simulated
from oralab.storage import datafile, pieces
from oralab.storage.asm import exists, unfound
from oralab.storage.control_file import ArchivedLog
from oralab.tools import rman_commands as commands
from oralab.tools import rman_files as files
from oralab.tools.rman_channels import Channel, Step, Work, failed
from oralab.tools.rman_records import Row
from oralab.tools.rman_sets import Set, SetWork, moment
from oralab.tools.rman_work import FILES_PER_SET

Image = tuple[datafile.Header, list[tuple[int, bytes]]]
"""A datafile at one moment: its header, and the blocks that were ever written."""


class BackupWork(SetWork):
    """The commands of one RMAN session that make backups."""

    # --- what is backed up ---

    def backup(self, command: commands.Backup, channels: Sequence[Channel]) -> None:
        """One BACKUP without what is around it (PLUS ARCHIVELOG, autobackup)."""
        now = self.database.now()
        tag = command.tag or f"TAG{now:%Y%m%dT%H%M%S}"
        self._check(command, channels)
        chosen = self._chosen(command) if command.scope is not None else []
        steps: list[Step] = []
        if command.scope is not None:
            if not command.validate:
                self._flush(chosen)
            self._tell_of_parents(chosen, command)
            if command.as_copy:
                steps += [self._copy(file, command, tag) for file in chosen]
            else:
                steps += self._datafile_sets(chosen, command, tag, len(channels))
        logs = self._logs(command) if command.logs is not None else []
        steps += [self._log_set(some, command, tag) for some in _parts(logs, command.filesperset or FILES_PER_SET, len(channels))]
        control_file, spfile = self._companions(command, chosen)
        if (control_file or spfile) and not command.validate:
            steps.append(self._control_file_set(command, tag, control_file, spfile))
        if not steps:
            self.server.emit(["backup cancelled because there are no files to backup"])
            return
        with self.status("BACKUP", self._object_type(command), channels[0].media.device):
            self._perform("backup", steps, channels, [file.path for file in chosen] + [log.name for log in logs])

    def _check(self, command: commands.Backup, channels: Sequence[Channel]) -> None:
        self.mounted("backup")
        now = self.database.now()
        if command.as_copy and command.level == 1:
            raise failed("backup", now, "RMAN-06580: the INCREMENTAL LEVEL 1 option cannot be used with AS COPY")
        if command.as_copy and channels[0].media.device != "DISK":
            raise failed("backup", now, "RMAN-06474: maintenance channels are not allocated" if not channels else
                         "RMAN-06513: copies must be made to disk")
        if command.recover_of and not command.level:
            raise failed("backup", now, "RMAN-06578: INCREMENTAL LEVEL > 0 must be specified with FOR RECOVER OF")
        if command.keep and command.keep != "FOREVER":
            self.server.moment(command.keep)
        whole = command.scope is not None and command.scope.kind == "DATABASE"
        if whole and self.database.plugged:
            raise not_simulated("BACKUP DATABASE of a container database into which others were plugged")
        exposed = self.database.attributes.log_mode == "NOARCHIVELOG" and self.database.state == "OPEN" and not self.database.read_only
        if exposed and whole and not command.validate:
            raise failed("backup", now, "RMAN-06149: cannot BACKUP DATABASE in NOARCHIVELOG mode")

    @staticmethod
    def _object_type(command: commands.Backup) -> str:
        """OBJECT_TYPE of V$RMAN_STATUS (documented list)."""
        if command.scope is not None:
            kind = "DB" if command.scope.kind == "DATABASE" else "DATAFILE"
            return f"{kind} {'INCR' if command.level is not None or command.from_scn is not None else 'FULL'}"
        return "ARCHIVELOG" if command.logs is not None else "CONTROLFILE" if command.control_file else "SPFILE"

    def _chosen(self, command: commands.Backup) -> list[Any]:
        """The datafiles meant, without those that NOT BACKED UP leaves out."""
        assert command.scope is not None
        every = self.scope("backup", command.scope)
        if not command.not_backed_up:
            return every
        known = {row["FILE#"] for view in ("V$BACKUP_DATAFILE", "V$DATAFILE_COPY") for row in self.records.rows(view)}
        self.server.emit([f"skipping datafile {file.number}; already backed up" for file in every if file.number in known])
        return [file for file in every if file.number not in known]

    def _companions(self, command: commands.Backup, chosen: Sequence[Any]) -> tuple[str, bool]:
        """Control file and server parameter file that go into the backup: asked for, or because datafile 1 does (documented).

        With autobackups they come afterwards instead.
        """
        control_file, spfile = command.control_file, command.spfile
        if command.include_controlfile or any(file.number == 1 for file in chosen) and not self.server.autobackup():
            control_file, spfile = control_file or "CURRENT", True
        return control_file, spfile and bool(self.database.parameters.get("spfile"))

    def _tell_of_parents(self, chosen: Sequence[Any], command: commands.Backup) -> None:
        lines = [f"no parent backup or copy of datafile {file.number} found" for file in chosen if command.level == 1
                 and not self._floor(file, command)]
        lines += [f"RMAN-06755: WARNING: datafile {file.number}: incremental-start SCN is too recent; using checkpoint SCN "
                  f"{file.checkpoint_scn} instead"
                  for file in chosen if command.from_scn is not None and command.from_scn > file.checkpoint_scn]
        if lines:
            self.server.emit(lines)

    def _floor(self, file: Any, command: commands.Backup) -> int:
        """The SCN after which changes are backed up: of the parent backup for level 1, 0 for everything.

        Level 1 without a level 0 becomes a level 0 backup (documented). FOR RECOVER OF TAG takes parents of that tag only.
        """
        if command.from_scn is not None:
            return command.from_scn
        if command.level != 1:
            return 0
        levels = [0] if command.cumulative else [0, 1]
        tagged = {(row["SET_STAMP"], row["SET_COUNT"]) for row in self.records.rows("V$BACKUP_PIECE")
                  if row["STATUS"] == "A" and command.recover_of in ("", row["TAG"])}
        sets = [int(row["CHECKPOINT_CHANGE#"]) for row in self.records.rows("V$BACKUP_DATAFILE") if row["FILE#"] == file.number
                and row["INCREMENTAL_LEVEL"] in levels and (row["SET_STAMP"], row["SET_COUNT"]) in tagged
                and row["RESETLOGS_CHANGE#"] == self.database.store.resetlogs_scn]
        copies = [int(row["CHECKPOINT_CHANGE#"]) for row in self.records.rows("V$DATAFILE_COPY") if row["FILE#"] == file.number
                  and row["INCREMENTAL_LEVEL"] in levels and command.recover_of in ("", row["TAG"]) and row["STATUS"] == "A"]
        return max(sets + copies, default=0)

    def _check_archivelog(self, file: Any) -> None:
        if self._active(file) and self.database.attributes.log_mode == "NOARCHIVELOG":
            raise OraError(19602, "cannot backup or copy active file in NOARCHIVELOG mode")

    # --- copies of datafiles ---

    def _copy(self, file: Any, command: commands.Backup, tag: str) -> Step:
        def copy(work: Work) -> None:
            work.say("channel {c}: starting datafile copy", f"input datafile file number={file.number:05d} name={file.path}")
            self._check_archivelog(file)
            names = self.names(path=file.path, file=file.number, tablespace=file.tablespace)
            target = files.converted_name(file.path, command.name_convert) if command.name_convert else None
            if target is None:
                form = command.format or work.channel.format
                target = self._placed(names.expand(form, copy=True), file.tablespace) if form else files.unique_path(
                    self._recovery_area("datafile"), file.tablespace.lower()[:8], ".dbf", names.stamp + names.set_count)
            size = files.copy_file(file.path, target, reuse=command.reuse,
                                   progress=work.progress("RMAN: datafile copy", file.path, size=self.block_size, writes=target))
            row = self.remember_copy(work, target, datafile.read_header(target, self.database.store.platform), tag, file.number,
                                     level=command.level)
            self.server.count(size, size)
            work.say(f"output file name={target} tag={tag} RECID={row['RECID']} STAMP={row['STAMP']}",
                     f"channel {{c}}: datafile copy complete, elapsed time: {work.elapsed()}")
        return copy

    # --- sets of datafiles ---

    def _datafile_sets(self, chosen: Sequence[Any], command: commands.Backup, tag: str, channels: int) -> list[Step]:
        """Files larger than SECTION SIZE have a set of their own, whose pieces hold a section each (documented)."""
        large = [file for file in chosen if command.section and file.bytes > command.section and not command.validate]
        steps: list[Step] = []
        for file in large:
            steps += self._sections(file, command, tag)
        rest = sorted((file for file in chosen if file not in large), key=lambda file: -file.bytes)
        return steps + [self._datafile_set(some, command, tag) for some in _parts(rest, command.filesperset or FILES_PER_SET, channels)]

    def _new_set(self, chosen: Sequence[Any], command: commands.Backup, tag: str, count: int = 1) -> Set:
        names = self.names(path=chosen[0].path, file=chosen[0].number, tablespace=chosen[0].tablespace)
        incremental = any(self._floor(file, command) for file in chosen)
        return Set(names, "I" if incremental else "D", "nnndf" if command.level is None else f"nnnd{command.level}", tag, command.level, pieces=count)

    def _starting(self, command: commands.Backup, what: str) -> list[str]:
        compressed = "compressed " if command.as_compressed else ""
        return [f"channel {{c}}: starting {compressed}{what} backup set"]

    @staticmethod
    def _kind(command: commands.Backup) -> str:
        incremental = command.level is not None or command.from_scn is not None
        return f"incremental level {command.level if command.level is not None else 1} datafile" if incremental else "full datafile"

    def _datafile_set(self, chosen: list[Any], command: commands.Backup, tag: str) -> Step:
        """A backup set. A file whose checkpoint is not past the start of the increment is left out of it, as such a set could never be
        applied (documented with ORA-19648); with nothing left there is no piece, and no error (transcript).
        """
        def backup(work: Work) -> None:
            work.say(*self._starting(command, self._kind(command)), "channel {c}: specifying datafile(s) in backup set",
                     *(f"input datafile file number={file.number:05d} name={file.path}" for file in chosen))
            for file in chosen:
                self._check_archivelog(file)
            if command.validate:
                found = [(file, self._examine(work, file)) for file in chosen]
                work.say(f"channel {{c}}: backup set complete, elapsed time: {work.elapsed()}")
                self.server.found(found)
                return
            changed = [file for file in chosen if self._floor(file, command) < file.checkpoint_scn]
            work.say(*(f"channel {{c}}: skipping datafile {file.number:05d} because it has not changed"
                       for file in chosen if file not in changed))
            if changed:
                whole = [(file, 0, file.blocks(self.block_size)) for file in changed]
                self._write_datafiles(work, self._new_set(changed, command, tag), whole, command, 1)
            else:
                work.say("channel {c}: backup cancelled because all files were skipped")
        return backup

    def _sections(self, file: Any, command: commands.Backup, tag: str) -> list[Step]:
        blocks, step = file.blocks(self.block_size), max(1, command.section // self.block_size)
        starts = range(0, blocks, step)
        shared = self._new_set([file], command, tag, len(starts))
        taken: list[Image] = []

        def image() -> Image:
            """Of one moment, whenever a section is written: rows may go on from one to the other."""
            with self.database.store.lock:
                if not taken:
                    taken.append(self._image(file, 0, blocks))
                return taken[0]

        def section(number: int, first: int) -> Step:
            def backup(work: Work) -> None:
                last = min(first + step, blocks)
                work.say(*self._starting(command, self._kind(command)), "channel {c}: specifying datafile(s) in backup set",
                         f"input datafile file number={file.number:05d} name={file.path}", f"backing up blocks {first + 1} through {last}")
                self._check_archivelog(file)
                self._write_datafiles(work, shared, [(file, first, last)], command, number, image())
            return backup

        return [section(number, first) for number, first in enumerate(starts, 1)]

    def _image(self, file: Any, first: int, last: int) -> Image:
        """What a checkpoint writes belongs together: the dictionary, and rows that go on in other blocks."""
        with self.database.store.lock:
            return datafile.read_header(file.path, self.database.store.platform), list(files.used_blocks(file.path, self.block_size, first, last))

    def _write_datafiles(self, work: Work, made: Set, parts: list[tuple[Any, int, int]], command: commands.Backup, number: int,
                         image: Image | None = None) -> None:
        """One piece with blocks of datafiles, each from its first block to below its last; of the one file of which there is an image, out of that."""
        store = self.database.store
        floors = {file.number: self._floor(file, command) for file, _, _ in parts}
        header = self.header(made, command, number, files=tuple(
            self._in_piece(file, floors[file.number], first, last, image) for file, first, last in parts))
        counts: dict[int, int] = {}
        headers: dict[int, datafile.Header] = {}

        def write(piece: pieces.Writer, handle: str) -> int:
            for file, first, last in parts:
                report = work.progress(f"RMAN: {'incremental' if floors[file.number] else 'full'} datafile backup", file.path, writes=handle)
                counts[file.number] = 0
                headers[file.number], found = image or self._image(file, first, last)
                for block, data in found:
                    if not first <= block < last:
                        continue
                    if block and files.damaged(data, store.platform):
                        raise OraError(19566, f"exceeded limit of 0 corrupt blocks for file {file.path}")
                    if block == 0 or files.block_scn(data, store.platform) > floors[file.number]:
                        piece.block(file.number, block, data)
                        counts[file.number] += 1
                    if block % 256 == 0:
                        report(block, last)
                report(last, last)
            return sum((last - first) * self.block_size for _, first, last in parts)

        self.piece(work, made, command, header, number, write, lambda: {"V$BACKUP_DATAFILE": [
            self._backup_datafile(file, headers[file.number], command, floors[file.number], counts[file.number]) for file, _, _ in parts]})

    def _in_piece(self, file: Any, floor: int, first: int, last: int, image: Image | None) -> pieces.FileInPiece:
        header = image[0] if image else datafile.read_header(file.path, self.database.store.platform)
        return pieces.FileInPiece(file.number, file.path, file.tablespace, header.blocks, header.block_size, header.creation_scn,
                                  header.checkpoint_scn, floor, header.resetlogs_scn, first, last)

    # --- archived logs ---

    def _logs(self, command: commands.Backup) -> list[ArchivedLog]:
        """The archived logs meant, each once. RMAN-06059 over 19625 for one that is gone and was not said to be."""
        assert command.logs is not None
        found = self.archived_logs(command.logs)
        if not found:
            self.server.emit(["specification does not match any archived log in the repository"])
        if command.not_backed_up:
            done = [log for log in found if self.backup_count(log) >= command.not_backed_up]
            self.server.emit([f"skipping archived log of thread {log.log.thread} with sequence {log.log.sequence}; already backed up" for log in done])
            found = [log for log in found if log not in done]
        for log in found:
            if not exists(log.name):
                raise failed("backup", self.database.now(), "RMAN-06059: expected archived log not found, loss of archived log compromises recoverability",
                             f"ORA-19625: error identifying file {log.name}", *unfound(log.name))
        return found

    def archived_logs(self, wanted: commands.Logs, *, every: bool = False) -> list[ArchivedLog]:
        """Archived logs that the control file knows to be there, in order; unless ``every`` one copy of each."""
        found: dict[object, ArchivedLog] = {}
        for place, log in enumerate(self.database.store.control.archived):
            low, high, value = wanted.low, wanted.high, log.log
            if log.status == "D" or wanted.thread and value.thread != wanted.thread:
                continue
            if wanted.kind == "SEQUENCE" and not (int(low or 0) <= value.sequence <= int(high or 1 << 60)):
                continue
            if wanted.kind == "SCN" and not (value.next_scn > int(low or 0) and value.first_scn <= int(high or 1 << 60)):
                continue
            if wanted.kind == "TIME" and not self._in_time(log, low, high):
                continue
            key = place if every else (value.resetlogs_scn, value.thread, value.sequence)
            if key not in found or not exists(found[key].name):
                found[key] = log
        return sorted(found.values(), key=lambda log: (log.log.resetlogs_scn, log.log.thread, log.log.sequence))

    def _in_time(self, log: ArchivedLog, low: str | None, high: str | None) -> bool:
        began, ended = (datetime.datetime.fromtimestamp(moment) for moment in (log.log.first_time, log.log.next_time))
        return (low is None or ended >= self.server.moment(low)) and (high is None or began <= self.server.moment(high))

    def backup_count(self, log: ArchivedLog) -> int:
        """How many backup sets that are there have the log."""
        there = {(row["SET_STAMP"], row["SET_COUNT"]) for row in self.records.rows("V$BACKUP_PIECE") if row["STATUS"] == "A"}
        return sum(row["THREAD#"] == log.log.thread and row["SEQUENCE#"] == log.log.sequence and row["RESETLOGS_CHANGE#"] == log.log.resetlogs_scn
                   and (row["SET_STAMP"], row["SET_COUNT"]) in there for row in self.records.rows("V$BACKUP_REDOLOG"))

    def _log_set(self, chosen: list[ArchivedLog], command: commands.Backup, tag: str) -> Step:
        recids = {id(log): recid for recid, log in enumerate(self.database.store.control.archived, 1)}

        def named(log: ArchivedLog) -> str:
            return f"RECID={recids[id(log)]} STAMP={int(log.completed)}"

        def backup(work: Work) -> None:
            work.say(*self._starting(command, "archived log"), "channel {c}: specifying archived log(s) in backup set",
                     *(f"input archived log thread={log.log.thread} sequence={log.log.sequence} {named(log)}" for log in chosen))
            made = Set(self.names(piece=1), "L", "annnn", tag)
            header = self.header(made, command, 1, logs=tuple(log.log for log in chosen))

            def write(piece: pieces.Writer, handle: str) -> int:
                read = 0
                for place, log in enumerate(chosen):
                    with open(log.name, "rb") as file:
                        data = file.read()
                    self.database.store.faults.on_write(handle)
                    piece.content(pieces.ARCHIVED_LOG, data, place)
                    read += len(data)
                return read

            self.piece(work, made, command, header, 1, write, lambda: {"V$BACKUP_REDOLOG": [{
                "THREAD#": log.log.thread, "SEQUENCE#": log.log.sequence, "RESETLOGS_CHANGE#": log.log.resetlogs_scn,
                "RESETLOGS_TIME": self.database.attributes.created, "FIRST_CHANGE#": log.log.first_scn,
                "FIRST_TIME": moment(log.log.first_time), "NEXT_CHANGE#": log.log.next_scn, "NEXT_TIME": moment(log.log.next_time),
                "BLOCKS": log.bytes // 512 + 1, "BLOCK_SIZE": 512, "TERMINAL": "NO"} for log in chosen]})
            if command.delete_input or command.delete_all_input:
                work.say("channel {c}: deleting archived log(s)")
                copies = [log for one in chosen for log in self.database.store.control.archived
                          if log is one or command.delete_all_input and log.status != "D" and (log.log.thread, log.log.sequence) == (
                              one.log.thread, one.log.sequence)]
                for log in copies:
                    self.delete_log(log)
                    work.say(f"archived log file name={log.name} {named(log)}")
        return backup

    def delete_log(self, log: ArchivedLog) -> None:
        """The file, and in the control file that it is gone."""
        self._discard(log.name)
        log.status = "D"
        self.database.store.write_control()

    # --- control file and server parameter file ---

    def _control_file_set(self, command: commands.Backup, tag: str, control_file: str, spfile: bool) -> Step:
        named = {"CURRENT": "including current control file in backup set", "STANDBY": "including standby control file in backup set"}

        def backup(work: Work) -> None:
            work.say(*self._starting(command, "full datafile"), "channel {c}: specifying datafile(s) in backup set",
                     *([named[control_file]] if control_file else []), *(["including current SPFILE in backup set"] if spfile else []))
            word = ("nc" if control_file else "nn") + ("snf" if spfile else "nnf")
            self.write_control_file(work, Set(self.names(piece=1), "D", word, tag, control_file=control_file), command, control_file, spfile)
        return backup

    def _backup_datafile(self, file: Any, header: datafile.Header, command: commands.Backup, floor: int, count: int) -> Row:
        return {"FILE#": file.number, "CREATION_CHANGE#": header.creation_scn, "RESETLOGS_CHANGE#": header.resetlogs_scn,
                "INCREMENTAL_LEVEL": command.level, "INCREMENTAL_CHANGE#": floor, "CHECKPOINT_CHANGE#": header.checkpoint_scn,
                "CHECKPOINT_TIME": moment(header.checkpoint_time), "ABSOLUTE_FUZZY_CHANGE#": 0, "MARKED_CORRUPT": 0,
                "MEDIA_CORRUPT": 0, "LOGICALLY_CORRUPT": 0, "DATAFILE_BLOCKS": file.blocks(self.block_size), "BLOCKS": count,
                "BLOCK_SIZE": self.block_size, "SECTION_SIZE": command.section // self.block_size if command.section and (
                    file.bytes > command.section) else 0,
                "COMPLETION_TIME": self.database.now(), "USED_CHANGE_TRACKING": "NO", "BLOCKS_READ": file.blocks(self.block_size),
                "USED_OPTIMIZATION": "NO", "PLUGGED_READONLY": "NO", "SPARSE_BACKUP": "NO"}


def _parts(items: Sequence[Any], size: int, channels: int) -> list[list[Any]]:
    """Sets of about equal length: no more members than FILESPERSET, and work for every channel."""
    if not items:
        return []
    number = max(-(-len(items) // size), min(channels, len(items)))
    return [list(items[at::number]) for at in range(number)]

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CONVERT, BACKUP and VALIDATE, as the instance does them."""
from __future__ import annotations

import contextlib
import dataclasses
import datetime
import os
from collections.abc import Iterator, Sequence
from typing import Any

from oralab.errors import OraError, not_simulated
from oralab.storage import datafile, pieces
from oralab.storage.asm import exists, is_asm, place, real, remove
from oralab.storage.platforms import Platform, by_name
from oralab.tools import rman_commands as commands
from oralab.tools import rman_files as files
from oralab.tools.rman_channels import Channel, Step, Work, failed, perform
from oralab.tools.rman_media import Disk
from oralab.tools.rman_records import Records, Row, stamp_of

BLOCK_SIZE = 8192
"""Of the progress that is shown, in bytes."""
FILES_PER_SET = 64
"""Default of FILESPERSET (documented)."""
DISK = Disk()
_UNCONVERTIBLE = ("SYSTEM", "SYSAUX")


class FileWork:
    """The commands of one RMAN session that read and write files."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.database = server.database
        self.records = Records(server.database)

    # --- what a command works on ---

    def mounted(self, command: str) -> None:
        if self.database.state not in ("MOUNTED", "OPEN"):
            raise failed(command, self.database.now(), "ORA-01507: database not mounted")

    def scope(self, command: str, scope: commands.Scope) -> list[Any]:
        """The datafiles meant. RMAN-20202 or RMAN-20201 for what there is not."""
        self.mounted(command)
        every = [file for file in self.database.store.datafiles() if file.contents != "TEMPORARY"]
        if scope.kind == "DATABASE":
            return every
        found: list[Any] = []
        for item in scope.items:
            if scope.kind == "TABLESPACE":
                some = [file for file in every if file.tablespace == item]
                missing = ["RMAN-20202: Tablespace not found in the recovery catalog",
                           f'RMAN-06019: could not translate tablespace name "{item}"']
            else:
                some = [file for file in every if item in (str(file.number), file.path)]
                missing = ["RMAN-20201: datafile not found in the recovery catalog", f"RMAN-06010: error while looking up datafile: {item}"]
            if not some:
                raise failed(command, self.database.now(), *missing)
            found += [file for file in some if file not in found]
        return found

    def _perform(self, command: str, steps: Sequence[Step], channels: Sequence[Channel], paths: Sequence[str]) -> None:
        blocks = sum(os.path.getsize(real(path)) for path in paths if exists(path)) // BLOCK_SIZE
        perform(self.database, command, steps, channels, self.server.emit, blocks)

    @property
    def block_size(self) -> int:
        return int(self.database.store.block_size)

    def _status(self, file: Any) -> str:
        return str(self.database.store.tablespace_status(file.tablespace))

    def _active(self, file: Any) -> bool:
        """Whether the instance may write the file while it is being copied."""
        return self.database.state == "OPEN" and not self.database.read_only and self._status(file) == "ONLINE"

    def _flush(self, chosen: Sequence[Any]) -> None:
        """What is in memory goes to the files first, as a checkpoint precedes every datafile backup (documented)."""
        for tablespace in sorted({file.tablespace for file in chosen if self._active(file)}):
            self.database.store.checkpoint(tablespace)

    def names(self, **values: Any) -> files.Names:
        now = self.database.now()
        return files.Names(self.database.spec.name, self.database.store.dbid, stamp_of(now),
                           self.records.next_set() + self.server.names_given(),
                           moment=now, **values)

    # --- CONVERT ---

    def convert(self, command: commands.Convert, channels: Sequence[Channel]) -> None:
        if command.kind == "DATAFILE":
            self._convert_here(command, channels)
        elif command.kind == "TABLESPACE":
            self._convert_away(command, channels)
        else:
            raise failed("conversion at source", self.database.now(),
                         "ORA-03001: unimplemented feature (lab: not simulated: CONVERT DATABASE)")

    def _platform(self, step: str, name: str) -> Platform:
        found = by_name(name)
        if found is None:
            raise failed(step, self.database.now(), f"RMAN-06594: platform name '{name}' is not supported by CONVERT")
        return found

    def _convert_here(self, command: commands.Convert, channels: Sequence[Channel]) -> None:
        step = "conversion at target"
        own = self.database.spec.platform
        to = self._platform(step, command.to_platform or own)
        if to.id != self.database.spec.platform_id:
            raise failed(step, self.database.now(), f"RMAN-06595: platform name '{to.name}' does not match database platform name '{own}'")
        source = self._platform(step, command.from_platform or own)
        steps: list[Step] = []
        for path, form in zip(command.items, command.formats):
            steps.append(self._conversion(path, self._output(path, form or command.format, command.name_convert, 0, ""), source, to, None))
        self._perform(step, steps, channels, command.items)

    def _convert_away(self, command: commands.Convert, channels: Sequence[Channel]) -> None:
        step = "conversion at source"
        self.mounted(step)
        if not command.to_platform:
            raise failed(step, self.database.now(), "RMAN-06592: TO PLATFORM must be specified")
        to = self._platform(step, command.to_platform)
        own = self._platform(step, self.database.spec.platform)
        chosen = self.scope(step, commands.Scope("TABLESPACE", command.items))
        for name in command.items:
            if name in _UNCONVERTIBLE or any(file.contents != "PERMANENT" for file in chosen if file.tablespace == name):
                raise failed(step, self.database.now(), f"RMAN-06590: tablespace {name} cannot be converted")
            if self.database.store.tablespace_status(name) != "READ ONLY":
                raise failed(step, self.database.now(), f"RMAN-06599: Tablespace {name} is not in read-only mode")
        steps = [self._conversion(file.path, self._output(file.path, command.format, command.name_convert, file.number, file.tablespace),
                                  own, to,
                                  file.number) for file in chosen]
        self._perform(step, steps, channels, [file.path for file in chosen])

    def _output(self, path: str, form: str, pairs: tuple[str, ...], number: int, tablespace: str) -> str:
        """The output's name: by pairs of patterns, else by format, else one that Oracle manages."""
        if pairs:
            name = files.converted_name(path, pairs)
            if name is not None:
                return name
        names = self.names(path=path, file=number, tablespace=tablespace)
        if form:
            return names.expand(form, copy=True)
        directory = self.database.parameters.get("db_create_file_dest") or self._recovery_area("datafile")
        return directory if is_asm(directory) else files.unique_path(directory, (tablespace or "converted").lower()[:8], ".dbf", names.stamp + names.set_count)

    def _placed(self, name: str, tag: str, kind: str = "DATAFILE") -> str:
        """The name under which a file is made: in a disk group ASM has a say in it. ORA-19504 over 17502."""
        try:
            return place(name, kind, tag, self.database.spec.db_unique_name)
        except OraError as error:
            raise error.under(19504, f'failed to create file "{name}"') from None

    def _conversion(self, source: str, output: str, old: Platform, new: Platform, number: int | None) -> Step:
        def convert(work: Work) -> None:
            named = f"input datafile file number={number:05d} name={source}" if number is not None else f"input file name={source}"
            work.say("channel {c}: starting datafile conversion", named)
            target = self._placed(output, self._tablespace_in(source, old))
            try:
                header = datafile.convert_datafile(source, target, old, new, work.progress("RMAN: datafile conversion", source, writes=target))
            except OraError as error:
                if error.code != 19504:
                    self._discard(target)
                raise
            self.remember_copy(work, target, header, "", number or header.file, converted=True)
            work.say(f"converted datafile={target}", f"channel {{c}}: datafile conversion complete, elapsed time: {work.elapsed()}")
        return convert

    def _tablespace_in(self, path: str, platform: Platform) -> str:
        """The tablespace that a file's header names; what is wrong with it the conversion says."""
        try:
            return datafile.read_header(path, platform).tablespace
        except OraError:
            return "UNKNOWN"

    def _discard(self, path: str) -> None:
        if exists(path):
            remove(path)

    # --- BACKUP ---

    def backup(self, command: commands.Backup, channels: Sequence[Channel]) -> None:
        chosen = self.scope("backup", command.scope)
        now = self.database.now()
        tag = command.tag or f"TAG{now:%Y%m%dT%H%M%S}"
        if command.as_copy and command.level == 1:
            raise failed("backup", now, "RMAN-06580: the INCREMENTAL LEVEL 1 option cannot be used with AS COPY")
        if command.plus_archivelog:
            raise failed("backup", now, "ORA-03001: unimplemented feature (lab: not simulated: PLUS ARCHIVELOG)")
        kind = "DB" if command.scope.kind == "DATABASE" else "DATAFILE"
        word = "INCR" if command.level is not None or command.from_scn is not None else "FULL"
        status = self._status_row("BACKUP", f"{kind} {word}")
        if not command.validate:
            self._flush(chosen)
        orphans = [f"no parent backup or copy of datafile {file.number} found" for file in chosen if command.level == 1
                   and not self._floor(file, command)]
        if orphans:
            self.server.emit(orphans)
        early = [f"RMAN-06755: WARNING: datafile {file.number}: incremental-start SCN is too recent; using checkpoint SCN "
                 f"{file.checkpoint_scn} instead"
                 for file in chosen if command.from_scn is not None and command.from_scn > file.checkpoint_scn]
        if early:
            self.server.emit(early)
        steps = [self._copy(file, command, tag) for file in chosen] if command.as_copy else [
            self._set(some, command, tag) for some in self._groups(chosen, command, len(channels))]
        if not command.validate and any(file.number == 1 for file in chosen):
            steps.append(self._control_file_set(command, tag))
        try:
            self._perform("backup", steps, channels, [file.path for file in chosen])
        except BaseException:
            self._close_status(status, "FAILED")
            raise
        self._close_status(status, "COMPLETED")

    def _groups(self, chosen: Sequence[Any], command: commands.Backup, channels: int) -> list[list[Any]]:
        size = command.filesperset or min(FILES_PER_SET, -(-len(chosen) // channels))
        ordered = sorted(chosen, key=lambda file: -file.bytes)
        number = -(-len(ordered) // size)
        return [ordered[at::number] for at in range(number)]

    def _check_archivelog(self, file: Any) -> None:
        if self._active(file) and self.database.attributes.log_mode == "NOARCHIVELOG":
            raise OraError(19602, "cannot backup or copy active file in NOARCHIVELOG mode")

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

    def _set(self, chosen: list[Any], command: commands.Backup, tag: str) -> Step:
        """A backup set. A file whose checkpoint is not past the start of the increment is left out of it, as such a set could never be
        applied (documented with ORA-19648); with nothing left there is no piece, and no error (transcript).
        """
        incremental = command.level is not None or command.from_scn is not None
        kind = f"incremental level {command.level if command.level is not None else 1}" if incremental else "full"

        def backup(work: Work) -> None:
            compressed = "compressed " if command.as_compressed else ""
            work.say(f"channel {{c}}: starting {compressed}{kind} datafile backup set", "channel {c}: specifying datafile(s) in backup set",
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
                self._write_set(work, changed, command, tag)
            else:
                work.say("channel {c}: backup cancelled because all files were skipped")
        return backup

    def _write_set(self, work: Work, chosen: list[Any], command: commands.Backup, tag: str) -> None:
        database, platform = self.database, self.database.store.platform
        started = database.now()
        names = self.names(path=chosen[0].path, file=chosen[0].number, tablespace=chosen[0].tablespace)
        word = "nnndf" if command.level is None else f"nnnd{command.level}"
        path = self._piece_path(work, command.format, names, f"{word}_{tag}", "bkp")
        floors = {file.number: self._floor(file, command) for file in chosen}
        work.say(f"channel {{c}}: starting piece 1 at {self.server.date(started)}")
        stream = DISK.create(path)
        piece = pieces.Writer(stream, dataclasses.replace(self._piece_header(names, tag), level=command.level, files=tuple(
            self._in_piece(file, floors[file.number]) for file in chosen)))
        read = written = 0
        details: list[Row] = []
        try:
            for file in chosen:
                report = work.progress(f"RMAN: {'incremental' if floors[file.number] else 'full'} datafile backup", file.path, writes=path)
                count, total = 0, file.blocks(self.block_size)
                for number, data in files.used_blocks(file.path, self.block_size):
                    if number and files.damaged(data, platform):
                        raise OraError(19566, f"exceeded limit of 0 corrupt blocks for file {file.path}")
                    if number == 0 or files.block_scn(data, platform) > floors[file.number]:
                        piece.block(file.number, number, data)
                        count += 1
                    if number % 256 == 0:
                        report(number, total)
                report(total, total)
                read += file.bytes
                written += count
                details.append(self._backup_datafile(file, command, floors[file.number], count))
        except OraError:
            stream.close()
            self._discard(path)
            raise
        stream.close()
        size = piece.size
        self._remember_set(names, started, "I" if floors[chosen[0].number] else "D", command.level, details, path, tag, size)
        self.server.count(read, size)
        work.say(f"channel {{c}}: finished piece 1 at {self.server.date(database.now())}", f"piece handle={path} tag={tag} comment=NONE",
                 f"channel {{c}}: backup set complete, elapsed time: {work.elapsed()}")

    def _floor(self, file: Any, command: commands.Backup) -> int:
        """The SCN after which changes are backed up: of the parent backup for level 1, 0 for everything.

        Level 1 without a level 0 becomes a level 0 backup (documented).
        """
        if command.from_scn is not None:
            return command.from_scn
        if command.level != 1:
            return 0
        parents = [0] if command.cumulative else [0, 1]
        found = [int(str(row["CHECKPOINT_CHANGE#"])) for view in ("V$BACKUP_DATAFILE", "V$DATAFILE_COPY") for row in self.records.rows(view)
                 if row["FILE#"] == file.number and row["INCREMENTAL_LEVEL"] in parents]
        return max(found, default=0)

    def _control_file_set(self, command: commands.Backup, tag: str) -> Step:
        """With datafile 1 come the control file and the server parameter file (documented)."""
        def backup(work: Work) -> None:
            started = self.database.now()
            names = self.names(piece=1)
            work.say("channel {c}: starting full datafile backup set", "channel {c}: specifying datafile(s) in backup set",
                     "including current control file in backup set", "including current SPFILE in backup set",
                     f"channel {{c}}: starting piece 1 at {self.server.date(started)}")
            path = self._piece_path(work, command.format, names, f"ncsnf_{tag}", "bkp")
            with DISK.create(path) as stream:
                piece = pieces.Writer(stream, dataclasses.replace(self._piece_header(names, tag), control_file="CURRENT", spfile=True))
                with open(os.path.join(self.database.directory, "control01.ctl"), "rb") as file:
                    piece.content(pieces.CONTROL_FILE, file.read())
                spfile = self.database.parameters.get("spfile")
                if spfile:
                    with open(spfile, "rb") as file:
                        piece.content(pieces.SPFILE, file.read())
                size = piece.size
            self._remember_set(names, started, "D", None, [], path, tag, size, control_file=True)
            self.server.count(0, size)
            work.say(f"channel {{c}}: finished piece 1 at {self.server.date(self.database.now())}",
                     f"piece handle={path} tag={tag} comment=NONE",
                     f"channel {{c}}: backup set complete, elapsed time: {work.elapsed()}")
        return backup

    def _piece_header(self, names: files.Names, tag: str) -> pieces.PieceHeader:
        spec, store = self.database.spec, self.database.store
        return pieces.PieceHeader(spec.name, spec.db_unique_name, store.dbid, store.platform.id, store.resetlogs_scn, tag, names.stamp,
                                  names.set_count, names.moment.timestamp())

    def _in_piece(self, file: Any, floor: int) -> pieces.FileInPiece:
        header = datafile.read_header(file.path, self.database.store.platform)
        return pieces.FileInPiece(file.number, file.path, file.tablespace, header.blocks, header.block_size, header.creation_scn,
                                  header.checkpoint_scn, floor, header.resetlogs_scn, 0, header.blocks)

    def _piece_path(self, work: Work, form: str, names: files.Names, prefix: str, suffix: str) -> str:
        form = form or work.channel.format
        if form:
            return self._placed(names.expand(form, copy=False), f"{work.channel.name}_{names.stamp}", "BACKUPSET")
        directory = os.path.join(self._recovery_area("backupset"), f"{self.database.now():%Y_%m_%d}")
        return files.unique_path(directory, prefix, f".{suffix}", names.stamp + names.set_count)

    def _recovery_area(self, kind: str) -> str:
        area = self.database.parameters.get("db_recovery_file_dest") or os.path.join(self.database.directory, "dbs")
        if is_asm(area):
            raise not_simulated("a recovery area in a disk group")
        path = os.path.join(area, self.database.spec.db_unique_name.upper(), kind)
        os.makedirs(path, exist_ok=True)
        return path

    # --- VALIDATE ---

    def validate(self, command: commands.Validate, channels: Sequence[Channel]) -> None:
        chosen = self.scope("validate", command.scope)
        self._flush(chosen)
        steps = [self._validation(some) for some in self._groups(chosen, commands.Backup(command.scope), len(channels))]
        self._perform("validate", steps, channels, [file.path for file in chosen])

    def _validation(self, chosen: list[Any]) -> Step:
        def validate(work: Work) -> None:
            work.say("channel {c}: starting validation of datafile", "channel {c}: specifying datafile(s) for validation",
                     *(f"input datafile file number={file.number:05d} name={file.path}" for file in chosen))
            found = [(file, self._examine(work, file)) for file in chosen]
            work.say(f"channel {{c}}: validation complete, elapsed time: {work.elapsed()}")
            self.server.found(found)
        return validate

    def _examine(self, work: Work, file: Any) -> files.Examined:
        found = files.examine(file.path, self.database.store.platform, self.block_size,
                              work.progress("RMAN: full datafile backup", file.path))
        view = "V$DATABASE_BLOCK_CORRUPTION"
        rows = self.database.rman_records.setdefault(view, [])
        rows[:] = [row for row in rows if row["FILE#"] != file.number]
        rows += [{"FILE#": file.number, "BLOCK#": number, "BLOCKS": 1, "CORRUPTION_CHANGE#": 0, "CORRUPTION_TYPE": "CHECKSUM", "CON_ID": 0}
                 for number in found.corrupt]
        return found

    # --- records ---

    def remember_copy(self, work: Work, path: str, header: Any, tag: str, number: int, *, level: int | None = None,
                       converted: bool = False) -> Row:
        if self.database.state not in ("MOUNTED", "OPEN"):
            return {}
        now = self.database.now()
        area = self.database.parameters.get("db_recovery_file_dest") or "\0"
        return self.records.add("V$DATAFILE_COPY", {
            "NAME": path, "TAG": tag or None, "FILE#": number, "RFILE#": header.relative, "CREATION_CHANGE#": header.creation_scn,
            "RESETLOGS_CHANGE#": header.resetlogs_scn, "INCREMENTAL_LEVEL": level, "CHECKPOINT_CHANGE#": header.checkpoint_scn,
            "CHECKPOINT_TIME": datetime.datetime.fromtimestamp(header.checkpoint_time).replace(microsecond=0), "ABSOLUTE_FUZZY_CHANGE#": 0,
            "ONLINE_FUZZY": "YES" if header.fuzzy else "NO", "BACKUP_FUZZY": "NO", "MARKED_CORRUPT": 0, "MEDIA_CORRUPT": 0,
            "LOGICALLY_CORRUPT": 0, "BLOCKS": header.blocks, "BLOCK_SIZE": header.block_size, "DELETED": "NO", "STATUS": "A",
            "COMPLETION_TIME": now, "KEEP": "NO", "SCANNED": "NO", "IS_RECOVERY_DEST_FILE": "YES" if path.startswith(area) else "NO",
            "CONVERTED_FILE": "YES" if converted else "NO", "SAME_ENDIAN": "YES", "FOREIGN_DBID": header.dbid if converted else 0,
            "PLUGGED_READONLY": "NO", "SPARSE_BACKUP": "NO"})

    def _backup_datafile(self, file: Any, command: commands.Backup, floor: int, count: int) -> Row:
        header = datafile.read_header(file.path, self.database.store.platform)
        return {"FILE#": file.number, "CREATION_CHANGE#": header.creation_scn, "RESETLOGS_CHANGE#": header.resetlogs_scn,
                "INCREMENTAL_LEVEL": command.level, "INCREMENTAL_CHANGE#": floor, "CHECKPOINT_CHANGE#": header.checkpoint_scn,
                "CHECKPOINT_TIME": datetime.datetime.fromtimestamp(header.checkpoint_time).replace(microsecond=0), "MARKED_CORRUPT": 0,
                "MEDIA_CORRUPT": 0, "LOGICALLY_CORRUPT": 0, "DATAFILE_BLOCKS": file.blocks(self.block_size), "BLOCKS": count,
                "BLOCK_SIZE": self.block_size,
                "COMPLETION_TIME": self.database.now(), "USED_CHANGE_TRACKING": "NO", "BLOCKS_READ": file.blocks(self.block_size),
                "USED_OPTIMIZATION": "NO",
                "PLUGGED_READONLY": "NO", "SPARSE_BACKUP": "NO"}

    def _remember_set(self, names: files.Names, started: datetime.datetime, kind: str, level: int | None, details: list[Row], path: str,
                      tag: str, size: int, *, control_file: bool = False) -> None:
        now = self.database.now()
        common: Row = {"SET_STAMP": names.stamp, "SET_COUNT": names.set_count}
        spent = int((now - started).total_seconds())
        self.records.add("V$BACKUP_SET", {
            **common, "BACKUP_TYPE": kind, "CONTROLFILE_INCLUDED": "YES" if control_file else "NO", "INCREMENTAL_LEVEL": level, "PIECES": 1,
            "START_TIME": started, "COMPLETION_TIME": now, "ELAPSED_SECONDS": spent, "BLOCK_SIZE": 8192, "INPUT_FILE_SCAN_ONLY": "NO",
            "KEEP": "NO", "MULTI_SECTION": "NO"})
        self.records.add("V$BACKUP_PIECE", {
            **common, "PIECE#": 1, "COPY#": 1, "DEVICE_TYPE": "DISK", "HANDLE": path, "CONCUR": "NO", "TAG": tag, "STATUS": "A",
            "START_TIME": started, "COMPLETION_TIME": now, "ELAPSED_SECONDS": spent, "DELETED": "NO", "BYTES": size,
            "IS_RECOVERY_DEST_FILE": "NO", "COMPRESSED": "NO", "ENCRYPTED": "NO"})
        for row in details:
            self.records.add("V$BACKUP_DATAFILE", {**common, **row})

    @contextlib.contextmanager
    def status(self, operation: str, kind: str) -> Iterator[None]:
        """A command's row of V$RMAN_STATUS while it works."""
        row = self._status_row(operation, kind)
        try:
            yield
        except BaseException:
            self._close_status(row, "FAILED")
            raise
        self._close_status(row, "COMPLETED")

    def _status_row(self, operation: str, kind: str) -> Row:
        self.server.counted = [0, 0]
        return self.records.add("V$RMAN_STATUS", {
            "SID": self.server.session.sid, "ROW_LEVEL": 1, "ROW_TYPE": "COMMAND", "COMMAND_ID": self.server.command_id,
            "OPERATION": operation,
            "STATUS": "RUNNING", "START_TIME": self.database.now(), "OBJECT_TYPE": kind, "OPTIMIZED": "NO", "OUTPUT_DEVICE_TYPE": "DISK",
            "INPUT_BYTES": 0, "OUTPUT_BYTES": 0, "MBYTES_PROCESSED": 0})

    def _close_status(self, row: Row, status: str) -> None:
        now, (read, written) = self.database.now(), self.server.counted
        self.records.change("V$RMAN_STATUS", row, STATUS=status, END_TIME=now, INPUT_BYTES=read, OUTPUT_BYTES=written,
                            MBYTES_PROCESSED=read >> 20)
        started = row["START_TIME"]
        assert isinstance(started, datetime.datetime)
        spent = int((now - started).total_seconds())
        self.records.add("V$RMAN_BACKUP_JOB_DETAILS", {
            "SESSION_KEY": row["RECID"], "SESSION_RECID": row["RECID"], "SESSION_STAMP": row["STAMP"], "COMMAND_ID": row["COMMAND_ID"],
            "START_TIME": started, "END_TIME": now, "INPUT_BYTES": read, "OUTPUT_BYTES": written, "OUTPUT_DEVICE_TYPE": "DISK",
            "STATUS": status, "INPUT_TYPE": row["OBJECT_TYPE"], "OPTIMIZED": "NO", "ELAPSED_SECONDS": spent, "AUTOBACKUP_COUNT": 0,
            "AUTOBACKUP_DONE": "NO", "TIME_TAKEN_DISPLAY": f"{spent // 3600:02d}:{spent // 60 % 60:02d}:{spent % 60:02d}"})

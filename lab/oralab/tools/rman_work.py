# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CONVERT and VALIDATE, as the instance does them, and what they have in common with BACKUP."""
from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Iterator, Sequence
from typing import Any

from oralab.errors import OraError, not_simulated
from oralab.storage import datafile
from oralab.storage.asm import exists, is_asm, place, real, remove
from oralab.storage.platforms import Platform, by_name
from oralab.tools import rman_commands as commands
from oralab.tools import rman_files as files
from oralab.tools.rman_channels import Channel, Step, Work, failed, perform
from oralab.tools.rman_records import Records, Row, stamp_of

BLOCK_SIZE = 8192
"""Of the progress that is shown, in bytes."""
FILES_PER_SET = 64
"""Default of FILESPERSET (documented)."""
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
        spaces = sorted({file.tablespace for file in chosen if self._active(file)})
        if "SYSTEM" in spaces:
            # The dictionary goes to its file in a checkpoint of the whole database only.
            self.database.store.checkpoint()
            return
        for tablespace in spaces:
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
        size = -(-len(chosen) // len(channels)) or 1
        steps = [self._validation(list(chosen[at:at + size])) for at in range(0, len(chosen), size)]
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

    @contextlib.contextmanager
    def status(self, operation: str, kind: str, device: str = "DISK") -> Iterator[None]:
        """A command's row of V$RMAN_STATUS while it works."""
        row = self._status_row(operation, kind, device)
        try:
            yield
        except BaseException:
            self._close_status(row, "FAILED")
            raise
        self._close_status(row, "COMPLETED")

    def _status_row(self, operation: str, kind: str, device: str) -> Row:
        self.server.counted = [0, 0]
        return self.records.add("V$RMAN_STATUS", {
            "SID": self.server.session.sid, "ROW_LEVEL": 1, "ROW_TYPE": "COMMAND", "COMMAND_ID": self.server.command_id,
            "OPERATION": operation,
            "STATUS": "RUNNING", "START_TIME": self.database.now(), "OBJECT_TYPE": kind, "OPTIMIZED": "NO", "OUTPUT_DEVICE_TYPE": device,
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
            "START_TIME": started, "END_TIME": now, "INPUT_BYTES": read, "OUTPUT_BYTES": written, "OUTPUT_DEVICE_TYPE": row["OUTPUT_DEVICE_TYPE"],
            "STATUS": status, "INPUT_TYPE": row["OBJECT_TYPE"], "OPTIMIZED": "NO", "ELAPSED_SECONDS": spent, "AUTOBACKUP_COUNT": 0,
            "AUTOBACKUP_DONE": "NO", "TIME_TAKEN_DISPLAY": f"{spent // 3600:02d}:{spent // 60 % 60:02d}:{spent % 60:02d}"})

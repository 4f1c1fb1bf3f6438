# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RESTORE and SWITCH: files out of backups, or out of another database over the network, and where they go.

A datafile's header is written last: one that a killed restore left is none, and is restored again.
"""
from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from oralab.catalog.parameters import ParameterFile
from oralab.errors import OraError, not_simulated
from oralab.storage import asm, datafile, records
from oralab.storage.control_file import Control, Datafile, write_control_files
from oralab.storage.pieces import CONTROL_FILE, SPFILE, Piece
from oralab.storage.redo import read_header
from oralab.tools import rman_commands as commands
from oralab.tools import rman_encrypted
from oralab.tools.rman_channels import Channel, RmanFailure, Step, Work, failed
from oralab.tools.rman_network import Service
from oralab.tools.rman_sources import Source, Sources

_STARTING: Final = "channel {c}: starting datafile backup set restore"


class Restorer:
    """The restoring commands of one RMAN session. ``newnames`` are those of the RUN block that is running."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.database = server.database
        self.sources = Sources(server)
        self.newnames: dict[tuple[str, str], str] = {}
        self.until: commands.Until | None = None
        self.dbid: int | None = None
        self.copied: dict[int, dict[str, Any]] = {}
        """Datafile -> the record of the copy that was restored under a new name in this block."""

    def end_of_block(self) -> None:
        """Names and limits that were SET in a RUN block end with it (documented)."""
        self.newnames.clear()
        self.copied.clear()
        self.until = None

    # --- SET ---

    def set_newname(self, command: commands.SetNewname) -> None:
        if not self.server.in_block:
            raise RmanFailure("RMAN-03031: this option of set command needs to be used inside a run block")
        self.newnames[command.kind, command.item] = command.name
        self.server.emit(["executing command: SET NEWNAME"])
        if command.kind == "TEMPFILE" or command.kind == "DATABASE" and self.database.state == "MOUNTED":
            self.rename_tempfiles(command)

    def rename_tempfiles(self, command: commands.SetNewname) -> None:
        temporary = [file for file in self.database.store.datafiles() if file.contents == "TEMPORARY"] if self.database.state == "MOUNTED" else []
        for number, file in enumerate(temporary, 1):
            if command.kind == "DATABASE" or command.item in (str(number), file.path):
                name = self._expanded(command.name, file, "TEMPFILE")
                file.path, file.omf = name, not command.name
        if temporary:
            self.database.store.write_control()

    def set_until(self, command: commands.SetUntil) -> None:
        if not self.server.in_block:
            raise RmanFailure("RMAN-03031: this option of set command needs to be used inside a run block")
        self.until = command.until
        self.server.emit(["executing command: SET until clause"])

    def set_dbid(self, command: commands.SetDbid) -> None:
        """ORA-06188-like refusal of a mounted database (RMAN-06188, documented: cannot be used when connected to a mounted target)."""
        if self.database.state in ("MOUNTED", "OPEN"):
            raise failed("set", self.database.now(), "RMAN-06188: cannot use command when connected to a mounted target database")
        self.dbid = command.dbid
        self.server.emit(["executing command: SET DBID"])

    # --- RESTORE ---

    def restore(self, command: commands.Restore) -> None:
        rman_encrypted.check(self.database, command)
        self.server.framed("restore", lambda: _KINDS[command.what](self, command))

    @contextlib.contextmanager
    def status(self, kind: str, operation: str = "RESTORE") -> Iterator[None]:
        """The row of V$RMAN_STATUS of what is done inside."""
        with self.server.work.status(operation, kind):
            yield

    @contextlib.contextmanager
    def service(self, name: str) -> Iterator[Service]:
        found = Service(self.database, name)
        try:
            yield found
        finally:
            found.close()

    # --- control files and server parameter files ---

    def _control_file(self, command: commands.Restore) -> None:
        """Into every place of CONTROL_FILES, or TO one. RMAN-06496 when they are in use."""
        database = self.database
        if database.state != "STARTED" and not command.to:
            raise failed("restore", database.now(), "RMAN-06496: must use the TO clause when the database is mounted or open")
        standby = command.what == "STANDBY CONTROLFILE"
        channel = self.server.channels()[0]
        with self.status("CONTROLFILE"):
            data = self._control_data(command, channel, standby)
            paths = [command.to] if command.to else self._places(database.control_files())
            if not command.to:
                self._forget_other_redo(data)
            self._write(paths, data)
            self.server.emit([f"channel {channel.name}: restore complete, elapsed time: 00:00:01", *(f"output file name={path}" for path in paths)])
        database.checked = False

    def _control_data(self, command: commands.Restore, channel: Channel, standby: bool) -> bytes:
        if command.service:
            with self.service(command.service) as service:
                self.server.emit(["", *self.said(channel, command), f"channel {channel.name}: restoring control file"])
                data = service.piece("control file", role="PHYSICAL STANDBY" if standby else "").contents()[CONTROL_FILE, 0]
        else:
            piece = self.sources.control_file(command, self.dbid, channel)
            self.server.emit(self._found(command, piece, channel, "control file"))
            data = piece.contents()[CONTROL_FILE, 0]
            if standby and piece.header.control_file != "STANDBY":
                raise OraError(19870, f"error while restoring backup piece {piece.handle}", stack=[
                    "ORA-19695: fixed table x$krbmsft has not been populated"])
        control: Control = records.load(data)
        control.backup = not standby
        if standby:
            control.role = "PHYSICAL STANDBY"
        return records.dump(control)

    def _found(self, command: commands.Restore, piece: Piece, channel: Channel, what: str) -> list[str]:
        """What is said of a backup that nobody has a record of."""
        said = f"channel {channel.name}"
        if command.source != "AUTOBACKUP":
            return ["", f"{said}: restoring {what}"]
        return ["", f"{said}: AUTOBACKUP {piece.handle} found in the recovery area", f"{said}: restoring {what} from AUTOBACKUP {piece.handle}",
                f"{said}: {what} restore from AUTOBACKUP complete"]

    def said(self, channel: Channel, command: commands.Restore | commands.Recover, word: str = "datafile") -> list[str]:
        compressed = "compressed " if command.compressed else ""
        return [f"channel {channel.name}: starting {word} backup set restore",
                f"channel {channel.name}: using {compressed}network backup set from service {command.service}"]

    def _places(self, paths: Sequence[str]) -> list[str]:
        """Names in a disk group that only say which are made there."""
        return [asm.place(path, "CONTROLFILE", "current", self.database.spec.db_unique_name) if asm.is_asm(path) and not asm.exists(path) else path
                for path in paths]

    def _write(self, paths: Sequence[str], data: bytes) -> None:
        for path in paths:
            try:
                write_control_files([path], data)
            except OSError as error:
                raise OraError(19504, f'failed to create file "{path}"', stack=[
                    "ORA-27040: file create error, unable to create file", f"Linux-x86_64 Error: {error.errno}: {error.strerror}"]) from None

    def _forget_other_redo(self, data: bytes) -> None:
        """The redo of the database that was here before is nobody's any more, once its control file is overwritten."""
        control: Control = records.load(data)
        place = os.path.join(self.database.directory, "redo")
        names = os.listdir(place) if os.path.isdir(place) else []
        headers = [read_header(os.path.join(place, name)) for name in names]
        if any(header is None or (header.dbid, header.resetlogs_scn) != (control.dbid, control.resetlogs_scn) for header in headers):
            shutil.rmtree(place)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self.database.directory, "checkpoint.jnl"))

    def _spfile(self, command: commands.Restore) -> None:
        """RMAN-06564 while the instance runs with the file that would be overwritten."""
        database, channel = self.database, self.server.channels()[0]
        target = command.to or database.parameter_files()["spfile"]
        if not command.to and database.parameters.get("spfile") == target:
            raise failed("restore", database.now(), "RMAN-06564: must use the TO clause when the instance is started with SPFILE")
        with self.status("SPFILE"):
            if command.service:
                with self.service(command.service) as service:
                    self.server.emit(["", *self.said(channel, command), f"channel {channel.name}: restoring SPFILE", f"output file name={target}"])
                    data = service.piece("spfile").contents()[SPFILE, 0]
            else:
                piece = self.sources.spfile(command, self.dbid, channel)
                self.server.emit(self._found(command, piece, channel, "spfile"))
                data = piece.contents()[SPFILE, 0]
            self._write_parameters(target, data, as_pfile=command.as_pfile)
            self.server.emit([f"channel {channel.name}: restore complete, elapsed time: 00:00:01"])

    def _write_parameters(self, target: str, data: bytes, *, as_pfile: bool) -> None:
        """A server parameter file, or its text TO PFILE."""
        if os.path.basename(target).startswith("spfile") and not as_pfile:
            with open(target, "wb") as file:
                file.write(data)
            return
        folder = os.path.dirname(target)
        with tempfile.NamedTemporaryFile("wb", prefix="spfile", dir=folder, delete=False) as held:
            held.write(data)
        made = ParameterFile.read(held.name)
        os.unlink(held.name)
        made.path = target
        made.write()

    # --- datafiles ---

    def _datafiles(self, command: commands.Restore) -> None:
        chosen = [file for file in self.server.work.scope("restore", command.scope) if file.tablespace not in command.skip]
        self.server.crosscheck_implicitly()
        channels = self.server.channels()
        if command.service:
            self._from_service(command, chosen, channels)
            return
        self._from_backups(command, chosen, channels)

    def _from_service(self, command: commands.Restore, chosen: Sequence[Datafile], channels: Sequence[Channel]) -> None:
        if command.verb == "PREVIEW":
            raise not_simulated("RESTORE ... PREVIEW FROM SERVICE")
        with self.service(command.service) as service:
            self._same_database(service)
        with self.status("DB FULL"):
            self.server.emit([""])
            self.server.perform("restore", [self._network_restore(file, command) for file in chosen], channels, sum(
                file.bytes for file in chosen))

    def _same_database(self, service: Service) -> None:
        """ORA-19722-like refusal of another database's files: ORA-01206 (assumed for network backup sets)."""
        there = service.ask("identify")
        if there["dbid"] != self.database.store.dbid:
            raise OraError(17628, "Oracle error 1206 returned by remote Oracle server", stack=[
                "ORA-01206: file is not part of this database - wrong database id"])

    def _network_restore(self, file: Datafile, command: commands.Restore) -> Step:
        def restore(work: Work) -> None:
            with self.service(command.service) as service:
                target, renamed = self.destination(file)
                sections = -(-file.bytes // command.section) if command.section else 0
                work.say(*self.said(work.channel, command), "channel {c}: specifying datafile(s) to restore from backup set",
                         f"channel {{c}}: restoring datafile {file.number:05d} to {target}",
                         *(["channel {c}: restoring section 1 of " + str(sections)] if sections else []))
                self._not_its_own(service, file, target)
                piece = service.piece("datafile", number=file.number, from_scn=0, compressed=command.compressed)
                header = self.write(work, piece, file, target, validate=command.verb == "VALIDATE", key=rman_encrypted.key(self.database, command, file))
                for section in range(2, sections + 1):
                    work.say(f"channel {{c}}: restoring section {section} of {sections}")
                if command.verb != "VALIDATE":
                    self.adopt(work, file, target, header, renamed)
                work.say(f"channel {{c}}: restore complete, elapsed time: {work.elapsed()}")
        return restore

    def _not_its_own(self, service: Service, file: Datafile, target: str) -> None:
        """ORA-27086: the file of that name is the one that the other instance has open."""
        if asm.exists(target):
            found = os.stat(asm.real(target))
            if (found.st_dev, found.st_ino) == service.ask("place", number=file.number):
                raise OraError(19504, f'failed to create file "{target}"', stack=[
                    "ORA-27086: unable to lock file - already in use", "Linux-x86_64 Error: 11: Resource temporarily unavailable"])

    def destination(self, file: Datafile) -> tuple[str, bool]:
        """Where a file is restored to, and whether that is a new name that SWITCH has to make known.

        SET NEWNAME comes first; a name that Oracle manages is made anew where DB_CREATE_FILE_DEST says (documented).
        """
        for key in (("DATAFILE", str(file.number)), ("DATAFILE", file.path), ("TABLESPACE", file.tablespace), ("DATABASE", "")):
            if key in self.newnames:
                return self._expanded(self.newnames[key], file, "DATAFILE"), True
        home = self.database.parameters.get("db_create_file_dest")
        if file.omf and home and not asm.exists(file.path):
            return self._managed(home, file, "DATAFILE"), False
        return file.path, False

    def _expanded(self, form: str, file: Datafile, kind: str) -> str:
        """A SET NEWNAME format, "" for NEW. RMAN-05088-like refusal: NEW needs DB_CREATE_FILE_DEST."""
        home = self.database.parameters.get("db_create_file_dest")
        if not form:
            if not home:
                raise failed("set newname", self.database.now(), "RMAN-05088: TO NEW cannot be used, DB_CREATE_FILE_DEST is not set")
            return self._managed(home, file, kind)
        if asm.is_asm(form):
            return asm.place(form, kind, file.tablespace, self.database.spec.db_unique_name)
        return self.server.work.names(path=file.path, file=file.number, tablespace=file.tablespace).expand(form, copy=True) if "%" in form else form

    def _managed(self, home: str, file: Datafile, kind: str) -> str:
        """A name that Oracle makes (documented: DB_CREATE_FILE_DEST/DB_UNIQUE_NAME/datafile/o1_mf_...)."""
        if asm.is_asm(home):
            return asm.place(home, kind, file.tablespace, self.database.spec.db_unique_name)
        folder = os.path.join(home, self.database.spec.db_unique_name.upper(), "datafile")
        os.makedirs(folder, exist_ok=True)
        unique = zlib.crc32(f"{file.number} {self.server.command_id} {self.server.names_given()}".encode())
        return os.path.join(folder, f"o1_mf_{file.tablespace.lower()[:8]}_{unique:08x}_.{'tmp' if kind == 'TEMPFILE' else 'dbf'}")

    def write(self, work: Work, piece: Piece, file: Datafile, target: str, *, validate: bool = False, incremental: bool = False,
              key: bytes | None = None) -> bytes:
        """The blocks of a file in a piece into their file, encrypted if there is a key for that, but its header, which is given back. ORA-19504, ORA-19502."""
        entry = next(found for found in piece.header.files if found.number == file.number)
        word = "incremental" if incremental else "full"
        report = work.progress(f"RMAN: {word} datafile restore", file.number, writes=target, whole="RMAN: aggregate output")
        real = os.devnull if validate else self._made(target, entry.blocks * entry.block_size)
        header = b""
        try:
            with open(real, "r+b" if validate or incremental else "w+b") as out:
                if not validate:
                    out.truncate(entry.blocks * entry.block_size)
                for count, (number, block, data) in enumerate(piece.blocks()):
                    if number != file.number:
                        continue
                    if block == 0:
                        header = data
                        continue
                    out.seek(block * entry.block_size)
                    out.write(datafile.encrypted_block(data, self.database.store.platform, block, key) if key else data)
                    if count % 64 == 0:
                        report(block, entry.blocks)
        except OSError as error:
            raise OraError(19504, f'failed to create file "{target}"', stack=[
                "ORA-27040: file create error, unable to create file", f"Linux-x86_64 Error: {error.errno}: {error.strerror}"]) from None
        report(entry.blocks, entry.blocks)
        self.server.count(entry.blocks * entry.block_size, entry.blocks * entry.block_size)
        return header

    def _made(self, target: str, size: int) -> str:
        """The path under which a file that is there, or is to be, is written. ORA-19504 over 17502, 15041."""
        if asm.exists(target):
            return asm.real(target)
        try:
            return asm.target(target, size)
        except OraError as error:
            raise OraError(19504, f'failed to create file "{target}"', stack=error.text.split("\n")) from None

    def adopt(self, work: Work, file: Datafile, target: str, written: bytes, renamed: bool) -> None:
        """A file has been restored: its header is written, and what is known of it."""
        with open(asm.real(target), "r+b") as out:
            out.write(written)
        self.learn(work, file, target, renamed)

    def learn(self, work: Work, file: Datafile, target: str, renamed: bool) -> None:
        """What is known of a file now that it is another one."""
        store = self.database.store
        header = datafile.read_header(target, store.platform)
        if renamed:
            self.copied[file.number] = self.server.work.remember_copy(work, target, header, "", file.number)
            return
        with store.lock:
            file.path = target
            self.known(file, header)
            store.write_control()

    def known(self, file: Datafile, header: datafile.Header) -> None:
        """The control file has what the file's header says. One that is older than it was known to be needs recovery."""
        file.recover = file.recover or header.checkpoint_scn < file.checkpoint_scn or self.database.store.control.backup
        file.checkpoint_scn, file.checkpoint_time = header.checkpoint_scn, float(header.checkpoint_time)
        file.bytes = header.blocks * header.block_size

    # --- from backups ---

    def _from_backups(self, command: commands.Restore, chosen: Sequence[Datafile], channels: Sequence[Channel]) -> None:
        until = self.sources.limit(command.until or self.until)
        found = self.sources.datafiles(chosen, until, command.tag)
        if command.verb == "PREVIEW":
            self.server.emit(self.sources.preview(found))
            return
        by_source: dict[Source, list[Datafile]] = {}
        for file in chosen:
            by_source.setdefault(found[file.number], []).append(file)
        with self.status("DB FULL"):
            self.server.emit([""])
            self.server.perform("restore", [self._set_restore(source, files, command) for source, files in by_source.items()], channels,
                                sum(file.bytes for file in chosen))

    def _set_restore(self, source: Source, files: Sequence[Datafile], command: commands.Restore) -> Step:
        def restore(work: Work) -> None:
            targets = {file.number: self.destination(file) for file in files}
            if command.verb == "VALIDATE":
                work.say("channel {c}: starting validation of datafile backup set")
            else:
                work.say(_STARTING, "channel {c}: specifying datafile(s) to restore from backup set", *(
                    f"channel {{c}}: restoring datafile {file.number:05d} to {targets[file.number][0]}" for file in files))
            headers = {file.number: b"" for file in files}
            for number, handle in enumerate(source.handles, 1):
                work.say(f"channel {{c}}: reading from backup piece {handle}")
                for file in files:
                    piece = self.sources.open(handle, source.device, work.channel)
                    if any(entry.number == file.number for entry in piece.header.files):
                        header = self.write(work, piece, file, targets[file.number][0], validate=command.verb == "VALIDATE", incremental=number > 1,
                                            key=rman_encrypted.key(self.database, command, file, handle))
                        headers[file.number] = header or headers[file.number]
                    piece.close()
                work.say(f"channel {{c}}: piece handle={handle} tag={source.tag}", f"channel {{c}}: restored backup piece {number}")
            if command.verb == "VALIDATE":
                work.say(f"channel {{c}}: validation complete, elapsed time: {work.elapsed()}")
                return
            for file in files:
                target, renamed = targets[file.number]
                self.adopt(work, file, target, headers[file.number], renamed)
            work.say(f"channel {{c}}: restore complete, elapsed time: {work.elapsed()}")
        return restore

    # --- SWITCH ---

    def switch(self, command: commands.Switch) -> None:
        """RMAN-06571 for a file without a copy. SWITCH DATAFILE ALL takes what the block has restored under new names (documented)."""
        self.server.work.mounted("switch")
        if command.kind == "TEMPFILE":
            self._switch_tempfiles()
            return
        if command.kind == "DATAFILE" and not command.items:
            for number, row in sorted(self.copied.items()):
                self._switch_to(number, row)
                self.server.emit([f"datafile {number} switched to datafile copy",
                                  f"input datafile copy RECID={row['RECID']} STAMP={row['STAMP']} file name={row['NAME']}"])
            return
        scope = commands.Scope(command.kind, command.items)
        for file in self.server.work.scope("switch", scope):
            row = self._copy_of(file, command.copy)
            self._switch_to(file.number, row)
            self.server.emit([f"datafile {file.number} switched to datafile copy \"{row['NAME']}\""])

    def _switch_tempfiles(self) -> None:
        for number, file in enumerate((file for file in self.database.store.datafiles() if file.contents == "TEMPORARY"), 1):
            self.server.emit([f"renamed tempfile {number} to {file.path} in control file"])

    def _copy_of(self, file: Datafile, name: str) -> dict[str, Any]:
        rows = [row for row in self.server.work.records.rows("V$DATAFILE_COPY") if row["FILE#"] == file.number and row["STATUS"] == "A"
                and name in ("", "COPY", row["NAME"])]
        if not rows:
            raise failed("switch", self.database.now(), f"RMAN-06571: datafile {file.number} does not have recoverable copy")
        return max(rows, key=lambda row: (int(row["CHECKPOINT_CHANGE#"]), int(row["RECID"])))

    def _switch_to(self, number: int, row: dict[str, Any]) -> None:
        store = self.database.store
        file = store.control.datafiles[number]
        header = datafile.read_header(row["NAME"], store.platform)
        with store.lock:
            file.path, file.omf = row["NAME"], os.path.basename(row["NAME"]).startswith("o1_mf_") or asm.is_managed(row["NAME"])
            self.known(file, header)
            store.write_control()
        self.server.work.records.remove("V$DATAFILE_COPY", [row])


_KINDS: Final[dict[str, Callable[[Restorer, commands.Restore], None]]] = {
    "DATAFILES": Restorer._datafiles, "CONTROLFILE": Restorer._control_file, "STANDBY CONTROLFILE": Restorer._control_file,
    "SPFILE": Restorer._spfile, "ARCHIVELOG": lambda restorer, command: restorer.server.recoverer.restore_logs(command)}

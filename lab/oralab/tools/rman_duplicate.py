# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DUPLICATE ... FOR STANDBY FROM ACTIVE DATABASE: what the auxiliary instance does, script by script (transcripts)."""
from __future__ import annotations

import os
import time
from typing import Any

from oralab.catalog.parameters import ParameterFile
from oralab.errors import OraError, not_simulated
from oralab.storage.control_file import ArchivedLog, Datafile
from oralab.storage.media_recovery import header_of, online
from oralab.storage.pieces import ARCHIVED_LOG
from oralab.storage.redo import read_header
from oralab.tools import rman_commands as commands
from oralab.tools.rman_channels import RmanFailure, failed
from oralab.tools.rman_files import converted_name
from oralab.tools.rman_sources import Limit

COMMAND = "Duplicate Db"


def _set_newname(kind: str, number: int, name: str) -> str:
    return f"set newname for {kind}  {number} to \"{name}\";" if name else f"set newname for clone {kind}  {number} to new;"


class Duplicator:
    """The duplications of one RMAN session that is connected to the auxiliary instance."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.database = server.database

    def duplicate(self, wanted: commands.DuplicateFrom) -> None:
        """RMAN-05501 over what was wrong; in a script, over RMAN-03015 (transcripts)."""
        self.server.emit([f"Starting Duplicate Db at {self.server.date(self.database.now())}"])
        if self.database.state != "STARTED":
            raise self._aborted("RMAN-05500: the auxiliary database must be not mounted when issuing a DUPLICATE command")
        if not wanted.command.active or not wanted.command.standby:
            raise not_simulated("DUPLICATE but FOR STANDBY FROM ACTIVE DATABASE")
        self.server.channels()
        try:
            self._steps(wanted)
        except (RmanFailure, OraError) as failure:
            lines = failure.lines if isinstance(failure, RmanFailure) else failure.text.split("\n")
            if any("RMAN-05501" in line for line in lines):
                raise
            raise self._aborted("RMAN-03015: error occurred in stored script Memory Script",
                                *(line for line in lines if not line.startswith("RMAN-03002"))) from None
        finally:
            self.server.restorer.end_of_block()
        self.server.emit([f"Finished Duplicate Db at {self.server.date(self.database.now())}"])

    def _aborted(self, *causes: str) -> RmanFailure:
        return failed(COMMAND, self.database.now(), "RMAN-05501: aborting duplication of target database", *causes)

    def _script(self, *lines: str) -> None:
        self.server.emit(["", "contents of Memory Script:", "{", *(f"   {line}" for line in lines), "}", "executing Memory Script", ""])

    def _steps(self, wanted: commands.DuplicateFrom) -> None:
        database, restorer, service = self.database, self.server.restorer, wanted.service
        file = database.password_file.path
        self._script("backup as copy reuse", f"passwordfile auxiliary format  '{file}'   ;")
        with open(file, "wb") as out:
            out.write(wanted.password_file)
        if wanted.command.spfile is not None:
            self._parameters(wanted)
        self._script(f"restore clone from service  '{service}' standby controlfile;")
        restorer.restore(commands.Restore("STANDBY CONTROLFILE", service=service))
        self._script("sql clone 'alter database mount standby database';")
        database.mount()
        self.server.state_changed()
        self.server.emit(["sql statement: alter database mount standby database"])
        database.checked = True
        targets = self._names(wanted)
        self._tempfiles(wanted)
        self._script(*(_set_newname("datafile", number, path) for number, path in targets.items()),
                     "restore", f"from  nonsparse   from service  '{service}'   clone database", ";", "sql 'alter system archive log current';")
        for number, path in targets.items():
            restorer.newnames["DATAFILE", str(number)] = path
        self.server.emit(["executing command: SET NEWNAME"] * len(targets))
        restorer.restore(commands.Restore(scope=commands.Scope("DATABASE"), service=service, section=wanted.command.section,
                                          compressed=wanted.command.compressed))
        with restorer.service(service) as there:
            there.ask("archive current")
        self.server.emit(["sql statement: alter system archive log current"])
        self._script("switch clone datafile all;")
        restorer.switch(commands.Switch("DATAFILE"))
        if wanted.command.dorecover:
            self._recover(service)

    def _parameters(self, wanted: commands.DuplicateFrom) -> None:
        """The target's server parameter file, changed, and the instance restarted with it. RMAN-05537 for one that has one already (documented)."""
        database = self.database
        if database.parameters.get("spfile"):
            raise self._aborted("RMAN-05537: DUPLICATE without TARGET connection when auxiliary instance is started with spfile cannot use SPFILE clause")
        path = database.parameter_files()["spfile"]
        self._script(f"restore clone from service  '{wanted.service}' spfile to", f"'{path}';", f"sql clone \"alter system set spfile= ''{path}''\";")
        self.server.restorer.restore(commands.Restore("SPFILE", service=wanted.service, to=path))
        made = ParameterFile.read(path)
        for verb, name, value in wanted.command.spfile or ():
            if verb == "SET":
                made.entries["*", name] = value
                self.server.emit([f"sql statement: alter system set  {name} =  ''{value}'' comment= '''' scope=spfile"])
            elif verb == "RESET":
                made.entries.pop(("*", name), None)
            else:
                made.entries = {key: held.replace(name, value) for key, held in made.entries.items()}
        made.write()
        self.server.restart("NOMOUNT")

    def _names(self, wanted: commands.DuplicateFrom) -> dict[int, str]:
        """Where the datafiles go. RMAN-05001 for every one whose name the target uses, unless that is said not to matter."""
        with self.server.restorer.service(wanted.service) as there:
            used = {path for _, path, _, _ in there.ask("identify")["files"]}
        found = {file.number: self._name(file, wanted) for file in self.database.store.datafiles() if file.contents != "TEMPORARY"}
        conflicts = [f"RMAN-05001: auxiliary file name {path} conflicts with a file used by the target database"
                     for path in found.values() if path in used and not wanted.command.nofilenamecheck]
        if conflicts:
            raise self._aborted(*conflicts)
        return found

    def _name(self, file: Datafile, wanted: commands.DuplicateFrom) -> str:
        """Where a file goes, "" for a name that Oracle makes: with DB_CREATE_FILE_DEST it names what nothing else does, whatever that is called at
        the target (transcripts; that DB_FILE_NAME_CONVERT rules it out for every file is assumed)."""
        converted = converted_name(file.path, wanted.command.name_convert)
        path, chosen = self.server.restorer.destination(file)
        managed = self.database.parameters.get("db_create_file_dest") and not self.database.name_pairs("db_file_name_convert")
        return converted or ("" if managed and not chosen else path)

    def _tempfiles(self, wanted: commands.DuplicateFrom) -> None:
        """They are renamed before anything is restored (transcripts), and made with the first open."""
        temporary = [file for file in self.database.store.datafiles() if file.contents == "TEMPORARY"]
        names = {number: self._name(file, wanted) for number, file in enumerate(temporary, 1)}
        self._script(*(_set_newname("tempfile", number, name) for number, name in names.items()), "switch clone tempfile all;")
        self.server.emit(["executing command: SET NEWNAME"] * len(names))
        for number, name in names.items():
            self.server.restorer.rename_tempfiles(commands.SetNewname("TEMPFILE", str(number), name))
        self.server.restorer.switch(commands.Switch("TEMPFILE"))

    def _recover(self, service: str) -> None:
        """DORECOVER: the archived logs from the files' checkpoints on travel too, and are applied."""
        store, logs = self.database.store, self.database.logs
        start = min(header_of(store, file).checkpoint_scn for file in online(store))
        start = min(start, store.control.structure_scn)
        self._script(f"restore clone force from service  '{service}'", f"archivelog from scn  {start};", "recover", "standby", "clone database",
                     "delete archivelog", ";")
        channel = self.server.channels()[0]
        with self.server.restorer.service(service) as there:
            for thread, sequence in there.ask("archived logs", from_scn=start):
                piece = there.piece("archived log", thread=thread, sequence=sequence)
                path, number, area = logs.restored(piece.header.logs[0])
                self.server.emit([f"channel {channel.name}: starting archived log restore to default destination",
                                  f"channel {channel.name}: using network backup set from service {service}",
                                  f"channel {channel.name}: restoring archived log", f"archived log thread={thread} sequence={sequence}"])
                data = piece.contents()[ARCHIVED_LOG, 0]
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as out:
                    out.write(data)
                header = read_header(path)
                assert header is not None
                store.control.archived.append(ArchivedLog(path, number, header, len(data), time.time(), area, "RMAN"))
                self.server.emit([f"channel {channel.name}: restore complete, elapsed time: 00:00:01"])
        store.write_control()
        self.server.framed("recover", lambda: self.server.recoverer.redo(Limit(), self.server.channels(), asked=False))

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LIST, CROSSCHECK, DELETE, CHANGE and CATALOG, and the tables that VALIDATE prints."""
from __future__ import annotations

import datetime
import os
import re
from collections.abc import Callable, Sequence
from typing import Any

from oralab.errors import OraError
from oralab.storage import asm, datafile
from oralab.storage.control_file import ArchivedLog
from oralab.storage.pieces import PieceHeader
from oralab.storage.redo import read_header
from oralab.tools import rman_commands as commands
from oralab.tools import rman_lists as lists
from oralab.tools.rman_channels import failed
from oralab.tools.rman_files import Examined
from oralab.tools.rman_media import read_piece
from oralab.tools.rman_records import Records, Row

_COPY, _SET, _PIECE, _FILE, _LOG = "V$DATAFILE_COPY", "V$BACKUP_SET", "V$BACKUP_PIECE", "V$BACKUP_DATAFILE", "V$BACKUP_REDOLOG"
_DETAILS = (_FILE, _LOG, "V$BACKUP_SPFILE")
_WORDS = {"COPY": "datafile copy", "DATAFILECOPY": "datafile copy", "ARCHIVELOG": "archived log"}
_CHANGES = {"UNAVAILABLE": {"STATUS": "U"}, "AVAILABLE": {"STATUS": "A"}}
"""STATUS as V$BACKUP_PIECE and V$DATAFILE_COPY have it (documented)."""


class Reports:
    """The commands of one RMAN session that read and change records."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.database = server.database
        self.records = Records(server.database)

    def date(self, value: object) -> str:
        return self.server.date(value) if isinstance(value, datetime.datetime) else ""

    # --- what a command is about ---

    def run(self, command: commands.Records) -> None:
        self.server.work.mounted(command.verb.lower())
        if command.verb in ("LIST", "CHANGE"):
            self.server.introduce()
        else:
            self.server.channels()
        if command.obsolete:
            self._delete(command, self._obsolete())
            return
        found = self._logs(command) if command.kind == "ARCHIVELOG" else self._copies(command) if command.kind in _WORDS else self._pieces(command)
        if not found:
            self.server.emit([f"specification does not match any {_WORDS.get(command.kind, 'backup')} in the repository"])
            return
        verbs: dict[str, Callable[[commands.Records, list[Any]], None]] = {
            "LIST": self._list, "CROSSCHECK": self._crosscheck, "DELETE": self._delete, "CHANGE": self._change}
        verbs[command.verb](command, found)

    def _numbers(self, command: commands.Records) -> set[int] | None:
        if command.scope is not None:
            return {file.number for file in self.server.work.scope(command.verb.lower(), command.scope)}
        return {0} if command.of == "CONTROLFILE" else None

    def _copies(self, command: commands.Records) -> list[Any]:
        numbers = self._numbers(command)
        return [row for row in self.records.rows(_COPY) if row["DELETED"] == "NO" and (numbers is None or row["FILE#"] in numbers)
                and command.tag in ("", row["TAG"]) and (not command.expired or row["STATUS"] == "X")
                and (not command.items or row["NAME"] in command.items or str(row["RECID"]) in command.items)]

    def _sets_of(self, command: commands.Records) -> set[int] | None:
        """SET_COUNT of the sets with what is asked for; None for all."""
        numbers = self._numbers(command)
        if numbers is not None:
            return {row["SET_COUNT"] for row in self.records.rows(_FILE) if row["FILE#"] in numbers}
        if command.of == "SPFILE":
            return {row["SET_COUNT"] for row in self.records.rows("V$BACKUP_SPFILE")}
        if command.logs is not None:
            wanted = command.logs
            return {row["SET_COUNT"] for row in self.records.rows(_LOG) if wanted.kind == "ALL" or wanted.kind == "SEQUENCE" and (
                int(wanted.low or 0) <= row["SEQUENCE#"] <= int(wanted.high or 1 << 60)) or wanted.kind == "SCN" and row["NEXT_CHANGE#"] > int(wanted.low or 0)}
        return None

    def _pieces(self, command: commands.Records) -> list[Any]:
        sets, key = self._sets_of(command), "RECID" if command.kind == "BACKUPPIECE" else "SET_COUNT"
        return [row for row in self.records.rows(_PIECE) if row["DELETED"] == "NO" and (sets is None or row["SET_COUNT"] in sets)
                and command.tag in ("", row["TAG"]) and command.device in ("", row["DEVICE_TYPE"]) and (not command.expired or row["STATUS"] == "X")
                and (not command.items or row["HANDLE"] in command.items or str(row[key]) in command.items)]

    def _logs(self, command: commands.Records) -> list[Any]:
        work = self.server.work
        found = work.archived_logs(command.logs, every=True)
        if command.backed_up:
            found = [log for log in found if work.backup_count(log) >= command.backed_up]
        return [log for log in found if not command.expired or log.status == "X"]

    def _obsolete(self) -> list[Any]:
        """Pieces that RETENTION POLICY TO REDUNDANCY does not need: every datafile in them has as many newer whole backups."""
        found = re.search(r"REDUNDANCY (\d+)", self.server.settings.configured("RETENTION POLICY") or "")
        if found is None:
            raise failed("delete", self.database.now(), "ORA-03001: unimplemented feature (lab: not simulated: DELETE OBSOLETE with this retention policy)")
        keep, whole = int(found[1]), [row for row in self.records.rows(_FILE) if not row["INCREMENTAL_CHANGE#"]]
        kept = {row["SET_COUNT"] for row in self.records.rows(_SET) if row["KEEP"] == "YES"}
        needed: set[int] = set()
        for number in {row["FILE#"] for row in whole}:
            newest = sorted((row for row in whole if row["FILE#"] == number), key=lambda row: -int(row["CHECKPOINT_CHANGE#"]))[:keep]
            oldest = min(int(row["CHECKPOINT_CHANGE#"]) for row in newest)
            needed |= {row["SET_COUNT"] for row in newest}
            needed |= {row["SET_COUNT"] for row in self.records.rows(_FILE) if row["FILE#"] == number and row["CHECKPOINT_CHANGE#"] >= oldest}
        with_files = {row["SET_COUNT"] for row in self.records.rows(_FILE)}
        return [row for row in self.records.rows(_PIECE) if row["DELETED"] == "NO" and row["SET_COUNT"] in with_files - needed - kept]

    # --- LIST ---

    def _list(self, command: commands.Records, found: list[Any]) -> None:
        self.server.emit(self._table(command, found))

    def _table(self, command: commands.Records, found: list[Any]) -> list[str]:
        if command.kind == "ARCHIVELOG":
            recids = {id(log): recid for recid, log in enumerate(self.database.store.control.archived, 1)}
            return lists.archived_logs([(recids[id(log)], log) for log in found], self.database.spec.db_unique_name, self.date)
        if command.kind in _WORDS:
            return lists.datafile_copies(found, self.date)
        if command.summary:
            return lists.summary(found, {row["SET_COUNT"]: row for row in self.records.rows(_SET)}, self.date)
        if command.kind == "BACKUPPIECE":
            return lists.backup_pieces(found)
        return lists.backup_sets(found, {view: list(self.records.rows(view)) for view in (_SET, *_DETAILS)},
                                 {file.number: file.path for file in self.database.store.datafiles()}, self.date)

    # --- CROSSCHECK, DELETE, CHANGE ---

    def _there(self, thing: Any) -> bool:
        if isinstance(thing, ArchivedLog):
            return os.path.exists(thing.name)
        if "NAME" in thing:
            return asm.exists(str(thing["NAME"]))
        return bool(self.server.media(thing["DEVICE_TYPE"]).exists(str(thing["HANDLE"])))

    def _mark(self, thing: Any, status: str) -> None:
        if isinstance(thing, ArchivedLog):
            thing.status = status
            self.database.store.write_control()
        else:
            self.records.change(_COPY if "NAME" in thing else _PIECE, thing, STATUS=status)

    def _named(self, thing: Any) -> str:
        if isinstance(thing, ArchivedLog):
            recid = next(at for at, log in enumerate(self.database.store.control.archived, 1) if log is thing)
            return f"archived log file name={thing.name} RECID={recid} STAMP={int(thing.completed)}"
        if "NAME" in thing:
            return f"datafile copy file name={thing['NAME']} RECID={thing['RECID']} STAMP={thing['STAMP']}"
        return f"backup piece handle={thing['HANDLE']} RECID={thing['RECID']} STAMP={thing['STAMP']}"

    def _word(self, thing: Any) -> str:
        return "archived log" if isinstance(thing, ArchivedLog) else "datafile copy" if "NAME" in thing else "backup piece"

    def _crosscheck(self, command: commands.Records, found: list[Any]) -> None:
        lines = []
        for thing in found:
            there = self._there(thing)
            self._mark(thing, "A" if there else "X")
            if isinstance(thing, ArchivedLog):
                lines += [f"validation {'succeeded' if there else 'failed'} for archived log", self._named(thing)]
            else:
                lines += [f"crosschecked {self._word(thing)}: found to be '{'AVAILABLE' if there else 'EXPIRED'}'", self._named(thing)]
        self.server.emit([*lines, f"Crosschecked {len(found)} objects", ""])

    def _delete(self, command: commands.Records, found: list[Any]) -> None:
        """DELETE asks nobody here: its input is a script (as with NOPROMPT). Files of the database itself stay."""
        if not found:
            self.server.emit(["no obsolete backups found"])
            return
        lines = self._table(command, found)
        in_use = {file.path for file in self.database.store.datafiles()}
        for thing in found:
            lines += [f"deleted {self._word(thing)}", self._named(thing)]
            if isinstance(thing, ArchivedLog):
                self.server.work.delete_log(thing)
                continue
            if self._there(thing) and thing.get("NAME") not in in_use:
                if "NAME" in thing:
                    asm.remove(str(thing["NAME"]))
                else:
                    self.server.media(thing["DEVICE_TYPE"]).remove(str(thing["HANDLE"]))
            self.records.change(_COPY if "NAME" in thing else _PIECE, thing, DELETED="YES", STATUS="D")
        kind = "EXPIRED " if command.expired else ""
        self.server.emit([*lines, f"Deleted {len(found)} {kind}objects", ""])

    def _change(self, command: commands.Records, found: list[Any]) -> None:
        words = {"UNCATALOG": "uncataloged", "UNAVAILABLE": "changed", "AVAILABLE": "changed", "KEEP": "keep attributes for the backup are changed",
                 "NOKEEP": "keep attributes for the backup are deleted"}
        lines: list[str] = []
        for thing in found:
            if command.action == "UNCATALOG":
                lines += [f"uncataloged {self._word(thing)}", self._named(thing)]
                self._forget(thing)
            elif command.action in _CHANGES:
                self._mark(thing, _CHANGES[command.action]["STATUS"])
                lines += [f"changed {self._word(thing)} {command.action.lower()}", self._named(thing)]
            else:
                keeping = self.server.work.keeping(command) if command.action == "KEEP" else {"KEEP": "NO", "KEEP_UNTIL": None, "KEEP_OPTIONS": None}
                for row in self.records.rows(_SET):
                    if row["SET_COUNT"] == thing["SET_COUNT"]:
                        self.records.change(_SET, row, **keeping)
                lines += [words[command.action], self._named(thing)]
        word = "Uncataloged" if command.action == "UNCATALOG" else "Changed"
        self.server.emit([*lines, f"{word} {len(found)} objects", ""])

    def _forget(self, thing: Any) -> None:
        """Nothing is remembered of it; a set goes with its last piece."""
        if isinstance(thing, ArchivedLog):
            self.database.store.control.archived.remove(thing)
            self.database.store.write_control()
            return
        if "NAME" in thing:
            self.records.remove(_COPY, [thing])
            return
        self.records.remove(_PIECE, [thing])
        key = (thing["SET_STAMP"], thing["SET_COUNT"])
        if not any((row["SET_STAMP"], row["SET_COUNT"]) == key for row in self.records.rows(_PIECE)):
            for view in (_SET, *_DETAILS):
                self.records.remove(view, [row for row in self.records.rows(view) if (row["SET_STAMP"], row["SET_COUNT"]) == key])

    # --- CATALOG ---

    def catalog(self, command: commands.Catalog) -> None:
        self.server.work.mounted("catalog")
        self.server.introduce()
        if command.kind in ("START WITH", "RECOVERY AREA"):
            self._catalog_all(command)
            return
        for name in command.items:
            try:
                self._catalog_one(name, command)
            except OraError as error:
                raise failed("catalog", self.database.now(), *error.text.split("\n")) from None

    def _catalog_all(self, command: commands.Catalog) -> None:
        """Every file whose name begins so, that is not known yet. What is no backup of this database is told, and is no error (transcripts)."""
        prefix = command.items[0] if command.items else self.database.parameters.get("db_recovery_file_dest") or ""
        names = self.unknown(prefix)
        what = "files in the recovery area" if command.kind == "RECOVERY AREA" else f"files that match the pattern {prefix}"
        self.server.emit([f"searching for all {what}"])
        if not names:
            self.server.emit([f"no files found to be unknown to the database{' in the recovery area' if not command.items else ''}"])
            return
        self.server.emit(["", "List of Files Unknown to the Database", "=====================================", *(f"File Name: {name}" for name in names),
                          "cataloging files...", "cataloging done", ""])
        refused = self.catalog_files(names, command)
        if refused:
            self.server.emit(["List of Files Which Were Not Cataloged", "=======================================", *refused, ""])

    def unknown(self, prefix: str) -> list[str]:
        """Files whose names begin so and that no record has."""
        known = {row["NAME"] for row in self.records.rows(_COPY)} | {row["HANDLE"] for row in self.records.rows(_PIECE) if row["DELETED"] == "NO"}
        known |= {log.name for log in self.database.store.control.archived} | {file.path for file in self.database.store.datafiles()}
        return [name for name in _files_below(prefix) if name not in known]

    def catalog_files(self, names: Sequence[str], command: commands.Catalog) -> list[str]:
        """Catalog what is of this database and say so; what is said of the others."""
        done, refused = [], []
        for name in names:
            try:
                self._catalog_one(name, command, quiet=True)
                done.append(f"File Name: {name}")
            except OraError as error:
                refused += [f"File Name: {name}", f"  RMAN-07517: Reason: {error.message}" if error.code != 19870 else
                            "  RMAN-07517: Reason: The file header is corrupted"]
        if done:
            self.server.emit(["List of Cataloged Files", "=======================", *done, ""])
        return refused

    def _catalog_one(self, name: str, command: commands.Catalog, *, quiet: bool = False) -> None:
        """One file as what it is. ``OraError`` when it is nothing of this database."""
        kinds = {"BACKUPPIECE": self._catalog_piece, "DATAFILECOPY": self._catalog_copy, "ARCHIVELOG": self._catalog_log}
        tried = [kinds[command.kind]] if command.kind in kinds else list(kinds.values())
        failure: OraError | None = None
        for attempt in tried:
            try:
                lines = attempt(name, command)
            except OraError as error:
                failure = failure or error
                continue
            if not quiet:
                self.server.emit(lines)
            return
        raise failure or OraError(3001, "unimplemented feature (lab: not simulated: CATALOG CONTROLFILECOPY)")

    def _catalog_piece(self, name: str, command: commands.Catalog) -> list[str]:
        where = self.server.media(command.device)
        piece = read_piece(name, where)
        piece.close()
        header = piece.header
        if header.dbid != self.database.store.dbid:
            raise OraError(19563, f"Foreign database file DBID: {header.dbid}  Database Name: {header.database}")
        known = next((row for row in self.records.rows(_PIECE) if row["HANDLE"] == name and row["DELETED"] == "NO"), None)
        row = known or self._remember(header, name, where, command)
        self._mark(row, "A")
        return [f"cataloged backup piece\nbackup piece handle={name} RECID={row['RECID']} STAMP={row['STAMP']}"]

    def _remember(self, header: PieceHeader, name: str, where: Any, command: commands.Catalog) -> Row:
        """Records of a piece from what it says of itself; of its set with the first one, of the contents once."""
        common: Row = {"SET_STAMP": header.set_stamp, "SET_COUNT": header.set_count}
        moment = datetime.datetime.fromtimestamp(header.completed).replace(microsecond=0)

        def new(view: str) -> bool:
            return not any((row["SET_STAMP"], row["SET_COUNT"]) == (header.set_stamp, header.set_count) for row in self.records.rows(view))

        if new(_SET):
            self.records.add(_SET, {
                **common, "BACKUP_TYPE": "L" if header.logs else "I" if any(file.from_scn for file in header.files) else "D",
                "CONTROLFILE_INCLUDED": {"": "NO", "CURRENT": "YES", "STANDBY": "SBY"}[header.control_file], "INCREMENTAL_LEVEL": header.level,
                "PIECES": header.pieces, "START_TIME": moment, "COMPLETION_TIME": moment, "ELAPSED_SECONDS": 0, "BLOCK_SIZE": 8192,
                "INPUT_FILE_SCAN_ONLY": "NO", "KEEP": "NO", "MULTI_SECTION": "YES" if header.pieces > 1 else "NO"})
        for view, rows in lists.contents(header, moment).items():
            if new(view):
                for row in rows:
                    self.records.add(view, {**common, **row})
        return self.records.add(_PIECE, {
            **common, "PIECE#": header.piece, "COPY#": 1, "DEVICE_TYPE": where.device, "HANDLE": name, "CONCUR": "NO", "TAG": command.tag or header.tag,
            "STATUS": "A", "START_TIME": moment, "COMPLETION_TIME": moment, "ELAPSED_SECONDS": 0, "DELETED": "NO", "MEDIA": where.name or None,
            "BYTES": os.path.getsize(asm.real(name)) if where.device == "DISK" else 0, "IS_RECOVERY_DEST_FILE": "NO",
            "COMPRESSED": "YES" if header.compressed else "NO", "ENCRYPTED": "YES" if header.encryption else "NO"})

    def _catalog_copy(self, name: str, command: commands.Catalog) -> list[str]:
        try:
            header = datafile.read_header(name, self.database.store.platform)
        except OraError as error:
            raise error.under(19625, f"error identifying file {name}") from None
        if header.dbid != self.database.store.dbid:
            raise OraError(19563, f"Foreign database file DBID: {header.dbid}  Database Name: {header.database}")
        row = self.server.work.remember_copy(None, name, header, command.tag, header.file, level=command.level)
        return [f"cataloged datafile copy\ndatafile copy file name={name} RECID={row['RECID']} STAMP={row['STAMP']}"]

    def _catalog_log(self, name: str, command: commands.Catalog) -> list[str]:
        try:
            log = read_header(name)
        except OSError:
            raise OraError(19625, f"error identifying file {name}", stack=asm.unfound(name)) from None
        if log is None or log.dbid != self.database.store.dbid:
            raise OraError(19563, "file is no archived log of this database")
        area = self.database.parameters.get("db_recovery_file_dest") or "\0"
        entry = ArchivedLog(name, 0, log, os.path.getsize(name), os.path.getmtime(name), name.startswith(area), "RMAN", "RMAN")
        self.database.store.control.archived.append(entry)
        self.database.store.write_control()
        return [f"cataloged archived log\n{self._named(entry)}"]

    # --- VALIDATE ---

    def examined(self, found: Sequence[tuple[Any, Examined]]) -> list[str]:
        """The table of results, by file number."""
        lines = ["List of Datafiles", "================="]
        corrupt = False
        for file, result in sorted(found, key=lambda item: int(item[0].number)):
            corrupt = corrupt or bool(result.corrupt)
            status = "FAILED" if result.corrupt else "OK"
            lines += ["File Status Marked Corrupt Empty Blocks Blocks Examined High SCN",
                      "---- ------ -------------- ------------ --------------- ----------",
                      f"{file.number:<4} {status:<6} {0:<14} {result.empty:<12} {result.blocks:<15} {result.high_scn}",
                      f"  File Name: {file.path}", "  Block Type Blocks Failing Blocks Processed",
                      "  ---------- -------------- ----------------",
                      f"  {'Data':<10} {len(result.corrupt):<14} {result.data:<16}".rstrip(), f"  {'Index':<10} {0:<14} {0:<16}".rstrip(),
                      f"  {'Other':<10} {0:<14} {result.other + 1:<16}".rstrip(), ""]
        if corrupt:
            lines += ["validate found one or more corrupt blocks",
                      f"See trace file {os.path.join(os.path.dirname(self.database.directory), 'alert.log')} for details"]
        return lines


def _files_below(prefix: str) -> list[str]:
    """Files whose name begins with a prefix: all of a directory, or those of a directory whose last part begins so (documented)."""
    top = prefix if os.path.isdir(prefix) else os.path.dirname(prefix)
    found = [os.path.join(directory, name) for directory, _, names in os.walk(top) for name in names]
    return sorted(name for name in found if name.startswith(prefix))

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LIST, CROSSCHECK, DELETE, SHOW and CONFIGURE, and the tables that VALIDATE prints."""
from __future__ import annotations

import datetime
import os
import re
from collections.abc import Sequence
from typing import Any

from oralab.storage import asm
from oralab.tools import rman_commands as commands
from oralab.tools.rman_channels import failed
from oralab.tools.rman_files import Examined
from oralab.tools.rman_records import Records, Row

_DEFAULTS = {
    "RETENTION POLICY": "TO REDUNDANCY 1", "BACKUP OPTIMIZATION": "OFF", "DEFAULT DEVICE TYPE": "TO DISK", "CONTROLFILE AUTOBACKUP": "OFF",
    "CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE DISK": "TO '%F'", "DEVICE TYPE DISK": "PARALLELISM 1 BACKUP TYPE TO BACKUPSET",
    "DATAFILE BACKUP COPIES FOR DEVICE TYPE DISK": "TO 1", "ARCHIVELOG BACKUP COPIES FOR DEVICE TYPE DISK": "TO 1",
    "MAXSETSIZE": "TO UNLIMITED",
    "ENCRYPTION FOR DATABASE": "OFF", "ENCRYPTION ALGORITHM": "'AES128'",
    "COMPRESSION ALGORITHM": "'BASIC' AS OF RELEASE 'DEFAULT' OPTIMIZE FOR LOAD TRUE", "RMAN OUTPUT": "TO KEEP FOR 7 DAYS",
    "ARCHIVELOG DELETION POLICY": "TO NONE",
}
"""Persistent settings of 19c with their defaults, in the order of SHOW ALL (documented)."""
_COPY, _SET, _PIECE, _FILE = "V$DATAFILE_COPY", "V$BACKUP_SET", "V$BACKUP_PIECE", "V$BACKUP_DATAFILE"


class Reports:
    """The commands of one RMAN session that read and change records."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.database = server.database
        self.records = Records(server.database)

    # --- configuration ---

    def parallelism(self) -> int:
        found = re.search(r"PARALLELISM\s+(\d+)", self.records.configuration().get("DEVICE TYPE DISK", ""), re.IGNORECASE)
        return int(found.group(1)) if found else 1

    def show(self, command: commands.Show) -> None:
        chosen = self.records.configuration()
        wanted = [name for name in _DEFAULTS if command.what in ("ALL", "") or command.what == name
                  or command.what == name.removesuffix(" DISK")]
        if not wanted:
            raise failed("show", self.database.now(), f"ORA-03001: unimplemented feature (lab: not simulated: SHOW {command.what})")
        self.server._introduce()
        lines = [f"RMAN configuration parameters for database with db_unique_name {self.database.spec.db_unique_name.upper()} are:"]
        for name in wanted:
            lines.append(f"CONFIGURE {name} {chosen[name]};" if name in chosen else f"CONFIGURE {name} {_DEFAULTS[name]}; # default")
        self.server.emit(lines)

    def configure(self, command: commands.Configure) -> None:
        self.server.work.mounted("configure")
        self.server._introduce()
        old = self.records.configuration().get(command.name)
        self.records.configure(command.name, command.value)
        lines = ["old RMAN configuration parameters:", f"CONFIGURE {command.name} {old};"] if old is not None else []
        if command.value is None:
            lines.append("old RMAN configuration parameters are successfully deleted" if old is not None
                         else "RMAN configuration parameters are successfully reset to default value")
        else:
            lines += ["new RMAN configuration parameters:", f"CONFIGURE {command.name} {command.value};",
                      "new RMAN configuration parameters are successfully stored"]
        self.server.emit(lines)

    # --- records ---

    def run(self, command: commands.Records) -> None:
        self.server.work.mounted(command.verb.lower())
        if command.obsolete:
            raise failed("delete", self.database.now(), "ORA-03001: unimplemented feature (lab: not simulated: DELETE OBSOLETE)")
        if command.verb != "LIST":
            self.server.channels()
        else:
            self.server._introduce()
        copies = command.kind in ("COPY", "DATAFILECOPY")
        rows = self._copies(command) if copies else self._pieces(command)
        if command.expired:
            rows = [row for row in rows if row["STATUS"] == "X"]
        what = "datafile copy" if copies else "backup"
        if not rows:
            self.server.emit([f"specification does not match any {what} in the repository"])
            return
        {"LIST": self._list, "CROSSCHECK": self._crosscheck, "DELETE": self._delete}[command.verb](command, rows, copies)

    def _files(self, command: commands.Records) -> set[int] | None:
        if command.scope is None:
            return None
        return {file.number for file in self.server.work.scope(command.verb.lower(), command.scope)}

    def _copies(self, command: commands.Records) -> list[Row]:
        numbers = self._files(command)
        return [row for row in self.records.rows(_COPY) if row["DELETED"] == "NO" and (numbers is None or row["FILE#"] in numbers)
                and (not command.tag or row["TAG"] == command.tag)
                and (not command.items or row["NAME"] in command.items or str(row["RECID"]) in command.items)]

    def _pieces(self, command: commands.Records) -> list[Row]:
        numbers = self._files(command)
        sets = None if numbers is None else {row["SET_COUNT"] for row in self.records.rows(_FILE) if row["FILE#"] in numbers}
        return [row for row in self.records.rows(_PIECE) if row["DELETED"] == "NO" and (sets is None or row["SET_COUNT"] in sets)
                and (not command.tag or row["TAG"] == command.tag)
                and (not command.items or row["HANDLE"] in command.items or str(row["SET_COUNT"]) in command.items)]

    def _path(self, row: Row) -> str:
        return str(row["NAME"] if "NAME" in row else row["HANDLE"])

    def _date(self, value: object) -> str:
        return self.server.date(value) if isinstance(value, datetime.datetime) else ""

    def _list(self, command: commands.Records, rows: list[Row], copies: bool) -> None:
        self.server.emit(self._table(rows, copies))

    def _table(self, rows: list[Row], copies: bool) -> list[str]:
        if copies:
            lines = ["List of Datafile Copies", "=======================", "",
                     "Key     File S Completion Time Ckp SCN    Ckp Time        Sparse",
                     "------- ---- - --------------- ---------- --------------- ------"]
            for row in rows:
                lines += [f"{row['RECID']:<7} {row['FILE#']:<4} {row['STATUS']} {self._date(row['COMPLETION_TIME']):<15} "
                          f"{row['CHECKPOINT_CHANGE#']:<10} {self._date(row['CHECKPOINT_TIME']):<15} NO", f"        Name: {row['NAME']}"]
                lines += [f"        Tag: {row['TAG']}", ""] if row["TAG"] else [""]
            return lines
        lines = ["", "List of Backup Sets", "===================", ""]
        for piece in rows:
            members = [row for row in self.records.rows(_FILE) if row["SET_COUNT"] == piece["SET_COUNT"]]
            level = next((row["INCREMENTAL_LEVEL"] for row in members), None)
            kind = f"Incr {level}" if level is not None else "Full"
            size = piece["BYTES"]
            shown = f"{size / (1 << 20):.2f}M" if size >= 1 << 20 else f"{size / 1024:.2f}K"
            lines += ["BS Key  Type LV Size       Device Type Elapsed Time Completion Time",
                      "------- ---- -- ---------- ----------- ------------ ---------------",
                      f"{piece['SET_COUNT']:<7} {kind:<7} {shown:<10} DISK        00:00:{piece['ELAPSED_SECONDS'] % 60:02d}     "
                      f"{self._date(piece['COMPLETION_TIME'])}",
                      f"        BP Key: {piece['RECID']}   Status: {'AVAILABLE' if piece['STATUS'] == 'A' else 'EXPIRED'}  "
                      f"Compressed: NO  Tag: {piece['TAG']}",
                      f"        Piece Name: {piece['HANDLE']}"]
            if members:
                lines += [f"  List of Datafiles in backup set {piece['SET_COUNT']}",
                          "  File LV Type Ckp SCN    Ckp Time  Abs Fuz SCN Sparse Name",
                          "  ---- -- ---- ---------- --------- ----------- ------ ----"]
                paths = {file.number: file.path for file in self.database.store.datafiles()}
                lines += [f"  {row['FILE#']:<4} {'' if row['INCREMENTAL_LEVEL'] is None else row['INCREMENTAL_LEVEL']:<2} "
                          f"{'Full' if not row['INCREMENTAL_CHANGE#'] else 'Incr'} {row['CHECKPOINT_CHANGE#']:<10} "
                          f"{self._date(row['CHECKPOINT_TIME']):<9}"
                          f"              NO    {paths.get(row['FILE#'], '')}" for row in members]
            lines.append("")
        return lines

    def _crosscheck(self, command: commands.Records, rows: list[Row], copies: bool) -> None:
        view, what = (_COPY, "datafile copy") if copies else (_PIECE, "backup piece")
        lines = []
        for row in rows:
            there = asm.exists(self._path(row))
            self.records.change(view, row, STATUS="A" if there else "X")
            lines += [f"crosschecked {what}: found to be '{'AVAILABLE' if there else 'EXPIRED'}'", self._named(row, copies)]
        self.server.emit([*lines, f"Crosschecked {len(rows)} objects", ""])

    def _named(self, row: Row, copies: bool) -> str:
        if copies:
            return f"datafile copy file name={row['NAME']} RECID={row['RECID']} STAMP={row['STAMP']}"
        return f"backup piece handle={row['HANDLE']} RECID={row['RECID']} STAMP={row['STAMP']}"

    def _delete(self, command: commands.Records, rows: list[Row], copies: bool) -> None:
        view, what = (_COPY, "datafile copy") if copies else (_PIECE, "backup piece")
        lines = self._table(rows, copies)
        in_use = {file.path for file in self.database.store.datafiles()}
        for row in rows:
            path = self._path(row)
            if asm.exists(path) and path not in in_use:
                asm.remove(path)
            lines += [f"deleted {what}", self._named(row, copies)]
            self.records.change(view, row, DELETED="YES", STATUS="D")
        self.server.emit([*lines, f"Deleted {len(rows)} objects", ""])

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

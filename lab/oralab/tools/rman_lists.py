# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What LIST prints, and the records that a piece has of what is in it."""
from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence

from oralab.storage.control_file import ArchivedLog
from oralab.storage.pieces import PieceHeader
from oralab.tools.rman_records import Row

Date = Callable[[object], str]
_STATUS = {"A": "AVAILABLE", "X": "EXPIRED", "U": "UNAVAILABLE", "D": "DELETED"}


def datafile_copies(found: Sequence[Row], date: Date) -> list[str]:
    lines = ["List of Datafile Copies", "=======================", "",
             "Key     File S Completion Time Ckp SCN    Ckp Time        Sparse",
             "------- ---- - --------------- ---------- --------------- ------"]
    for row in found:
        lines += [f"{row['RECID']:<7} {row['FILE#']:<4} {row['STATUS']} {date(row['COMPLETION_TIME']):<15} "
                  f"{row['CHECKPOINT_CHANGE#']:<10} {date(row['CHECKPOINT_TIME']):<15} NO", f"        Name: {row['NAME']}"]
        lines += [f"        Tag: {row['TAG']}", ""] if row["TAG"] else [""]
    return lines


def archived_logs(found: Sequence[tuple[int, ArchivedLog]], unique_name: str, date: Date) -> list[str]:
    title = f"List of Archived Log Copies for database with db_unique_name {unique_name.upper()}"
    lines = [title, "=" * len(title), "", "Key     Thrd Seq     S Low Time", "------- ---- ------- - ---------"]
    for recid, log in found:
        low = datetime.datetime.fromtimestamp(log.log.first_time).replace(microsecond=0)
        lines += [f"{recid:<7} {log.log.thread:<4} {log.log.sequence:<7} {log.status} {date(low)}", f"        Name: {log.name}", ""]
    return lines


def backup_pieces(found: Sequence[Row]) -> list[str]:
    lines = ["", "List of Backup Pieces", "BP Key  BS Key  Pc# Cp# Status      Device Type Piece Name",
             "------- ------- --- --- ----------- ----------- ----------"]
    for row in found:
        lines.append(f"{row['RECID']:<7} {row['SET_COUNT']:<7} {row['PIECE#']:<3} {row['COPY#']:<3} {_STATUS[row['STATUS']]:<11} "
                     f"{row['DEVICE_TYPE']:<11} {row['HANDLE']}")
    return lines


def summary(found: Sequence[Row], sets: Mapping[int, Row], date: Date) -> list[str]:
    lines = ["", "List of Backups", "===============", "Key     TY LV S Device Type Completion Time #Pieces #Copies Compressed Tag",
             "------- -- -- - ----------- --------------- ------- ------- ---------- ---"]
    for number in dict.fromkeys(row["SET_COUNT"] for row in found):
        first, made = next(row for row in found if row["SET_COUNT"] == number), sets[number]
        level = "A" if made["BACKUP_TYPE"] == "L" else "F" if made["INCREMENTAL_LEVEL"] is None else made["INCREMENTAL_LEVEL"]
        lines.append(f"{number:<7} B  {level:<2} {first['STATUS']} {first['DEVICE_TYPE']:<11} {date(made['COMPLETION_TIME']):<15} {made['PIECES']:<7} "
                     f"1       {first['COMPRESSED']:<10} {first['TAG']}")
    return [*lines, ""]


def backup_sets(found: Sequence[Row], records: Mapping[str, Sequence[Row]], paths: Mapping[int, str], date: Date) -> list[str]:
    lines = ["", "List of Backup Sets", "===================", ""]
    sets = {(row["SET_STAMP"], row["SET_COUNT"]): row for row in records["V$BACKUP_SET"]}
    for key in dict.fromkeys((row["SET_STAMP"], row["SET_COUNT"]) for row in found):
        pieces = [row for row in found if (row["SET_STAMP"], row["SET_COUNT"]) == key]
        made = sets.get(key, {})
        level = made.get("INCREMENTAL_LEVEL")
        kind = "ArchLog" if made.get("BACKUP_TYPE") == "L" else f"Incr {level}" if level is not None else "Full"
        size = sum(int(row["BYTES"]) for row in pieces)
        shown = f"{size / (1 << 20):.2f}M" if size >= 1 << 20 else f"{size / 1024:.2f}K"
        lines += ["BS Key  Type LV Size       Device Type Elapsed Time Completion Time",
                  "------- ---- -- ---------- ----------- ------------ ---------------",
                  f"{key[1]:<7} {kind:<7} {shown:<10} {pieces[0]['DEVICE_TYPE']:<11} 00:00:{int(made.get('ELAPSED_SECONDS') or 0) % 60:02d}     "
                  f"{date(pieces[-1]['COMPLETION_TIME'])}"]
        for piece in pieces:
            lines += [f"        BP Key: {piece['RECID']}   Status: {_STATUS[piece['STATUS']]}  Compressed: {piece['COMPRESSED']}  Tag: {piece['TAG']}",
                      f"        Piece Name: {piece['HANDLE']}"]
        lines += _members(key, records, paths, date)
        lines.append("")
    return lines


def _members(key: tuple[int, int], records: Mapping[str, Sequence[Row]], paths: Mapping[int, str], date: Date) -> list[str]:
    def of(view: str) -> list[Row]:
        return [row for row in records[view] if (row["SET_STAMP"], row["SET_COUNT"]) == key]

    lines, files = [], [row for row in of("V$BACKUP_DATAFILE") if row["FILE#"]]
    if of("V$BACKUP_REDOLOG"):
        lines += ["", f"  List of Archived Logs in backup set {key[1]}", "  Thrd Seq     Low SCN    Low Time  Next SCN   Next Time",
                  "  ---- ------- ---------- --------- ---------- ---------"]
        lines += [f"  {row['THREAD#']:<4} {row['SEQUENCE#']:<7} {row['FIRST_CHANGE#']:<10} {date(row['FIRST_TIME'])} {row['NEXT_CHANGE#']:<10} "
                  f"{date(row['NEXT_TIME'])}" for row in of("V$BACKUP_REDOLOG")]
    if files:
        lines += [f"  List of Datafiles in backup set {key[1]}", "  File LV Type Ckp SCN    Ckp Time  Abs Fuz SCN Sparse Name",
                  "  ---- -- ---- ---------- --------- ----------- ------ ----"]
        lines += [f"  {row['FILE#']:<4} {'' if row['INCREMENTAL_LEVEL'] is None else row['INCREMENTAL_LEVEL']:<2} "
                  f"{'Full' if not row['INCREMENTAL_CHANGE#'] else 'Incr'} {row['CHECKPOINT_CHANGE#']:<10} {date(row['CHECKPOINT_TIME']):<9}"
                  f"              NO    {paths.get(row['FILE#'], '')}" for row in files]
    for row in of("V$BACKUP_SPFILE"):
        lines += [f"  SPFILE Included: Modification time: {date(row['MODIFICATION_TIME'])}", f"  SPFILE db_unique_name: {row['DB_UNIQUE_NAME']}"]
    for row in of("V$BACKUP_DATAFILE"):
        if not row["FILE#"]:
            standby = "Standby " if row["CONTROLFILE_TYPE"] == "S" else ""
            lines.append(f"  {standby}Control File Included: Ckp SCN: {row['CHECKPOINT_CHANGE#']}   Ckp time: {date(row['CHECKPOINT_TIME'])}")
    return lines


def contents(header: PieceHeader, moment: datetime.datetime) -> dict[str, list[Row]]:
    """Rows of V$BACKUP_DATAFILE, _REDOLOG and _SPFILE for what a piece says is in it; what only its making knows is left out."""
    base: Row = {"MARKED_CORRUPT": 0, "MEDIA_CORRUPT": 0, "LOGICALLY_CORRUPT": 0, "COMPLETION_TIME": moment, "USED_CHANGE_TRACKING": "NO",
                 "BLOCKS_READ": 0, "USED_OPTIMIZATION": "NO", "PLUGGED_READONLY": "NO", "ABSOLUTE_FUZZY_CHANGE#": 0, "CHECKPOINT_TIME": moment}
    files = [{**base, "FILE#": file.number, "CREATION_CHANGE#": file.creation_scn, "RESETLOGS_CHANGE#": file.resetlogs_scn,
              "INCREMENTAL_LEVEL": header.level, "INCREMENTAL_CHANGE#": file.from_scn, "CHECKPOINT_CHANGE#": file.checkpoint_scn,
              "DATAFILE_BLOCKS": file.blocks, "BLOCKS": file.blocks, "BLOCK_SIZE": file.block_size} for file in header.files]
    if header.control_file:
        files.append({**base, "FILE#": 0, "CREATION_CHANGE#": 0, "RESETLOGS_CHANGE#": header.resetlogs_scn, "INCREMENTAL_LEVEL": None,
                      "INCREMENTAL_CHANGE#": 0, "CHECKPOINT_CHANGE#": header.control_scn, "DATAFILE_BLOCKS": 0, "BLOCKS": 0, "BLOCK_SIZE": 16384,
                      "CONTROLFILE_TYPE": "S" if header.control_file == "STANDBY" else "B"})
    logs = [{"THREAD#": log.thread, "SEQUENCE#": log.sequence, "RESETLOGS_CHANGE#": log.resetlogs_scn, "FIRST_CHANGE#": log.first_scn,
             "FIRST_TIME": datetime.datetime.fromtimestamp(log.first_time).replace(microsecond=0), "NEXT_CHANGE#": log.next_scn,
             "NEXT_TIME": datetime.datetime.fromtimestamp(log.next_time).replace(microsecond=0), "BLOCKS": 0, "BLOCK_SIZE": 512, "TERMINAL": "NO"}
            for log in header.logs]
    spfile: Row = {"MODIFICATION_TIME": moment, "BYTES": 0, "COMPLETION_TIME": moment, "DB_UNIQUE_NAME": header.db_unique_name.upper()}
    return {"V$BACKUP_DATAFILE": files, "V$BACKUP_REDOLOG": logs, "V$BACKUP_SPFILE": [spfile] if header.spfile else []}

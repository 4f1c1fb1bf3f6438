# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""V$LOGMNR_LOGS, V$LOGMNR_PARAMETERS and V$LOGMNR_CONTENTS: the LogMiner session of whoever asks."""
from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from oralab.catalog import redo_sql
from oralab.catalog.dictionary import RowDict, rows
from oralab.catalog.mining import OPERATIONS
from oralab.storage.rows import rid_fields

if TYPE_CHECKING:
    from oralab.catalog.database import Database
    from oralab.packages.dbms_logmnr import Found, Start

PIECE = 4000
"""Bytes of SQL_REDO and SQL_UNDO in one row; a longer statement goes on in the next (CSF, documented)."""
_BLOCK = 512
_SEGMENT_TYPES = {"TABLE": 2, "TABLE PARTITION": 19, "TABLE SUBPARTITION": 34}


def _moment(stamp: float) -> datetime.datetime | None:
    return datetime.datetime.fromtimestamp(stamp).replace(microsecond=0) if stamp else None


@rows("V$LOGMNR_LOGS")
def logs(session: Any, database: Database) -> Iterator[RowDict]:
    """The list, and a row for every gap in it (STATUS 4). After START_LOGMNR the first log to be read has STATUS 1 (documented)."""
    from oralab.packages.dbms_logmnr import mining
    found = mining(session)
    if found is None:
        return
    ordered = sorted(found.logs, key=lambda log: (log.header.first_scn, log.header.thread))
    first = True
    for log in ordered:
        header, start = log.header, found.start
        pruned = start is not None and (0 < header.next_scn <= start.from_scn or start.to_scn is not None and header.first_scn > start.to_scn)
        status = 2 if pruned else 1 if first and start else 0
        first = first and not (start and not pruned)
        yield {"LOG_ID": header.sequence, "FILENAME": log.name, "LOW_TIME": _moment(header.first_time), "HIGH_TIME": _moment(header.next_time),
               "DB_ID": header.dbid, "DB_NAME": database.spec.name.upper(), "RESET_SCN": header.resetlogs_scn,
               "RESET_SCN_TIME": database.attributes.created, "COMPATIBLE": database.parameters.get("compatible"), "THREAD_ID": header.thread,
               "THREAD_SQN": header.sequence, "LOW_SCN": header.first_scn, "NEXT_SCN": header.next_scn or 18446744073709551615,
               "DICTIONARY_BEGIN": "NO", "DICTIONARY_END": "NO", "TYPE": "ARCHIVED" if os.path.exists(log.name) else "ONLINE",
               "BLOCKSIZE": _BLOCK, "FILESIZE": os.path.getsize(log.name) if os.path.exists(log.name) else 200 << 20, "STATUS": status}
    for thread, low, high in found.missing():
        yield {"FILENAME": f"Missing log file(s) for thread number {thread}, sequence number(s) {low} to {high}", "THREAD_ID": thread,
               "INFO": "MISSING_LOGFILE", "STATUS": 4}


@rows("V$LOGMNR_PARAMETERS")
def parameters(session: Any, database: Database) -> Iterator[RowDict]:
    from oralab.packages.dbms_logmnr import mining
    found = mining(session)
    if found is not None and found.start is not None:
        start = found.start
        yield {"START_DATE": start.from_time, "END_DATE": start.to_time, "START_SCN": start.from_scn, "END_SCN": start.to_scn or 0,
               "OPTIONS": start.options, "STATUS": 0}


@rows("V$LOGMNR_CONTENTS")
def contents(session: Any, database: Database) -> Iterator[RowDict]:
    from oralab.packages import dbms_logmnr
    start, found = dbms_logmnr.contents(session)
    form = dbms_logmnr.form(session, start)
    for one in found:
        redo, undo = redo_sql.redo(one.change, form), redo_sql.undo(one.change, form)
        pieces = list(zip_longest(_pieces(redo), _pieces(undo)))
        row = _row(database, start, one)
        for number, (first, second) in enumerate(pieces, 1):
            yield {**row, "SQL_REDO": first, "SQL_UNDO": second, "CSF": int(number < len(pieces))}


def _pieces(text: str | None) -> list[str | None]:
    """A statement in parts that fit a row."""
    if not text or len(text.encode()) <= PIECE:
        return [text]
    step = PIECE if text.isascii() else PIECE // 4
    return [text[at:at + step] for at in range(0, len(text), step)]


def _row(database: Database, start: Start, one: Found) -> RowDict:
    found, record = one.change, one.change.record
    usn, slot, number = record.xid
    order = "big" if database.store.platform.order == ">" else "little"
    raw = usn.to_bytes(2, order) + slot.to_bytes(2, order) + number.to_bytes(4, order)    # type: ignore[arg-type]
    time, details = _moment(record.time), record.details
    row: RowDict = {
        "SCN": record.scn, "TIMESTAMP": time, "XIDUSN": usn, "XIDSLT": slot, "XIDSQN": number, "XID": raw, "PXIDUSN": usn, "PXIDSLT": slot,
        "PXIDSQN": number, "PXID": raw, "TX_NAME": details.get("transaction_name"), "OPERATION": found.operation,
        "OPERATION_CODE": OPERATIONS[found.operation], "ROLLBACK": 0, "AUDIT_SESSIONID": 0, "THREAD#": record.thread,
        "SEQUENCE#": found.number + 1, "RBASQN": one.log.sequence, "RBABLK": one.place, "RBABYTE": 16, "UBAFIL": 0, "UBABLK": 0, "UBAREC": 0,
        "UBASQN": 0, "RS_ID": f" 0x{one.log.sequence:06x}.{one.place:08x}.{16 + found.number:04x} ", "SSN": 0, "STATUS": 0, "REDO_VALUE": 0,
        "UNDO_VALUE": 0, "SAFE_RESUME_SCN": 0, "CSCN": record.scn if start.has("COMMITTED_DATA_ONLY") else None}
    if start.has("COMMITTED_DATA_ONLY"):
        row |= {"START_SCN": details.get("start_scn"), "COMMIT_SCN": record.scn, "START_TIMESTAMP": _second(details.get("start_time")),
                "COMMIT_TIMESTAMP": time}
    row |= _who(one) | _where(database, one)
    if database.spec.is_cdb:
        row |= {"CON_ID": 1, "SRC_CON_NAME": database.spec.pdb.upper(), "SRC_CON_ID": 3, "SRC_CON_DBID": database.store.dbid}
    return row


def _second(moment: Any) -> Any:
    return moment.replace(microsecond=0) if moment else None


def _who(one: Found) -> RowDict:
    """Whose change it is, which only minimal supplemental logging tells (documented)."""
    record, details = one.change.record, one.change.record.details
    if record.kind == "DDL":
        return {"USERNAME": details.get("user")}
    if all(change.logged is None for change in record.changes):
        return dict.fromkeys(("USERNAME", "OS_USERNAME", "MACHINE_NAME", "SESSION_INFO"), "UNKNOWN")
    return {"USERNAME": record.user, "OS_USERNAME": details.get("os_user"), "MACHINE_NAME": details.get("machine"),
            "SESSION#": details.get("sid"), "SERIAL#": details.get("serial"),
            "SESSION_INFO": f"login_username={record.user} client_info= OS_username={details.get('os_user')} "
                            f"Machine_name={details.get('machine')} OS_terminal= OS_process_id= OS_program_name={details.get('program')}"}


def _where(database: Database, one: Found) -> RowDict:
    """The object that changed. One that the dictionary has no more is shown by number, and its statement cannot be made (STATUS 2)."""
    found = one.change
    if found.operation == "DDL":
        key = next((key for _, key, _ in found.record.details["steps"] if len(key) == 2), (None, None))   # type: ignore[attr-defined]
        return {"SEG_OWNER": key[0], "SEG_NAME": key[1], "TABLE_NAME": key[1]}
    if found.change is None:
        return {}
    file, block, _ = rid_fields(found.change.rid)
    number = found.change.data_object
    row: RowDict = {"ROW_ID": redo_sql.row_id(found), "ABS_FILE#": file, "REL_FILE#": file, "DATA_BLK#": block, "DATA_OBJ#": number,
                    "DATA_OBJV#": 1, "DATA_OBJD#": number}
    table = found.table
    if table is None:
        return {**row, "SEG_OWNER": "UNKNOWN", "SEG_NAME": f"OBJ# {number}", "TABLE_NAME": f"OBJ# {number}", "SEG_TYPE": 0,
                "SEG_TYPE_NAME": "UNKNOWN", "STATUS": 2, "INFO": "Dictionary Mismatch"}
    leaf = next((leaf.name for leaf in table.partitioning.leaves() if leaf.data_object_id == number), None) if table.partitioning else None
    kind = "TABLE" if leaf is None else "TABLE SUBPARTITION" if table.partitioning and table.partitioning.subtype else "TABLE PARTITION"
    segment = database.store.segments.get(number)
    return {**row, "SEG_OWNER": table.owner, "SEG_NAME": f"{table.name},{leaf}" if leaf else table.name, "TABLE_NAME": table.name,
            "SEG_TYPE": _SEGMENT_TYPES[kind], "SEG_TYPE_NAME": kind, "DATA_OBJ#": table.object_id,
            "TABLE_SPACE": segment.tablespace if segment else None}

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_LOGMNR: the logs of a session, what is to be read of them, and how it is to be shown (documented).

Codes are those of the package's reference; their texts are from the message file. Assumed: a start SCN that no log of the list covers is
ORA-01291, a log that is of another database is told at the start (ORA-01295), and LOGMINING is asked for in every call.
"""
from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from typing import Any

from oralab.catalog.mining import LogicalChange, logical_changes, tables_by_segment
from oralab.catalog.redo_sql import Form
from oralab.errors import OraError, not_simulated
from oralab.packages.registry import Package, Param
from oralab.storage.redo import LogHeader, Record

NEW, REMOVEFILE, ADDFILE = 1, 2, 3
OPTIONS = {
    "COMMITTED_DATA_ONLY": 2, "SKIP_CORRUPTION": 4, "DDL_DICT_TRACKING": 8, "DICT_FROM_ONLINE_CATALOG": 16, "DICT_FROM_REDO_LOGS": 32,
    "NO_SQL_DELIMITER": 64, "PRINT_PRETTY_SQL": 512, "CONTINUOUS_MINE": 1024, "NO_ROWID_IN_STMT": 2048, "STRING_LITERALS_IN_STMT": 4096}
DBMS_LOGMNR = Package("DBMS_LOGMNR", grantees=("EXECUTE_CATALOG_ROLE",),
                      constants={"NEW": NEW, "REMOVEFILE": REMOVEFILE, "ADDFILE": ADDFILE, **OPTIONS})
_KEY = "DBMS_LOGMNR"


@dataclasses.dataclass(slots=True)
class Listed:
    """A log of the list, by the name it was added with."""

    name: str
    header: LogHeader


@dataclasses.dataclass(slots=True)
class Start:
    """What START_LOGMNR was given; None where there is no limit."""

    from_scn: int
    to_scn: int | None
    from_time: datetime.datetime | None
    to_time: datetime.datetime | None
    options: int

    def has(self, option: str) -> bool:
        return bool(self.options & OPTIONS[option])

    def covers(self, record: Record) -> bool:
        moment = datetime.datetime.fromtimestamp(record.time)
        return (record.scn >= self.from_scn and (self.to_scn is None or record.scn <= self.to_scn)
                and (self.from_time is None or moment >= self.from_time) and (self.to_time is None or moment <= self.to_time))


@dataclasses.dataclass(slots=True)
class Mining:
    """The LogMiner session of a database session."""

    logs: list[Listed] = dataclasses.field(default_factory=list)
    start: Start | None = None

    def missing(self) -> Iterator[tuple[int, int, int]]:
        """Gaps between the logs of a thread: thread, first and last sequence number."""
        for thread in sorted({log.header.thread for log in self.logs}):
            found = sorted(log.header.sequence for log in self.logs if log.header.thread == thread)
            for before, after in zip(found, found[1:]):
                if after > before + 1:
                    yield thread, before + 1, after - 1


def mining(session: Any) -> Mining | None:
    """The session's LogMiner session, or None. ORA-65040 in a pluggable database (documented for 12.1), ORA-01031 without LOGMINING."""
    if session.database.inside(session):
        raise OraError(65040, "operation not allowed from within a pluggable database")
    if not session.database.catalog.privileges.has(session, "LOGMINING"):
        raise OraError(1031, "insufficient privileges")
    found: Mining | None = session.package_state.get(_KEY)
    return found


@DBMS_LOGMNR.routine("ADD_LOGFILE", [Param("LogFileName"), Param("Options", "BINARY_INTEGER", default=ADDFILE)])
def add_logfile(session: Any, logfilename: str | None, options: int) -> None:
    """ORA-01284 no such file, ORA-01285 not a log, ORA-01287 another incarnation, ORA-01289 listed, ORA-01283 options."""
    found = mining(session)
    if options == REMOVEFILE:
        remove_logfile(session, logfilename)
        return
    if options not in (NEW, ADDFILE):
        raise OraError(1283, "Options parameter specified is invalid")
    header = _header(session, logfilename or "")
    if header.dbid == session.database.store.dbid and header.resetlogs_scn != session.database.store.resetlogs_scn:
        raise OraError(1287, f"file {logfilename} is from a different database incarnation")
    if options == NEW or found is None:
        found = session.package_state[_KEY] = Mining()
    if any(log.name == logfilename or (log.header.thread, log.header.sequence) == (header.thread, header.sequence) for log in found.logs):
        raise OraError(1289, f"cannot add duplicate logfile {logfilename}")
    found.logs.append(Listed(logfilename or "", header))
    found.start = None


def _header(session: Any, name: str) -> LogHeader:
    try:
        header: LogHeader = session.database.logs.open(name)[0]
    except OSError as error:
        raise OraError(1284, f"file {name} cannot be opened", stack=[
            f"ORA-00308: cannot open archived log '{name}'", "ORA-27037: unable to obtain file status",
            f"Linux-x86_64 Error: {error.errno}: {error.strerror}"]) from None
    except ValueError:
        raise OraError(1285, f"error reading file {name}") from None
    return header


@DBMS_LOGMNR.routine("REMOVE_LOGFILE", [Param("LogFileName")])
def remove_logfile(session: Any, logfilename: str | None) -> None:
    """ORA-01290 when the list has it not."""
    found = mining(session)
    kept = [log for log in found.logs if log.name != logfilename] if found else []
    if found is None or len(kept) == len(found.logs):
        raise OraError(1290, f"cannot remove unlisted logfile {logfilename}")
    found.logs, found.start = kept, None


@DBMS_LOGMNR.routine("START_LOGMNR", [
    Param("startScn", "NUMBER", default=0), Param("endScn", "NUMBER", default=0), Param("startTime", "DATE", default=None),
    Param("endTime", "DATE", default=None), Param("DictFileName", default=None), Param("Options", "BINARY_INTEGER", default=0)])
def start_logmnr(session: Any, startscn: Any, endscn: Any, starttime: Any, endtime: Any, dictfilename: str | None, options: int) -> None:
    """ORA-01281 and 01282 range, 01283 options, 01291 and 01292 logs, 01295 another database, 01325 log mode, 44609 desupported."""
    found = mining(session)
    start = Start(int(startscn or 0), int(endscn or 0) or None, starttime, endtime, int(options or 0))
    if start.options & ~sum(OPTIONS.values()) or start.options < 0:
        raise OraError(1283, "Options parameter specified is invalid")
    if start.from_scn < 0 or start.to_scn is not None and start.from_scn > start.to_scn:
        raise OraError(1281, "SCN range specified is invalid")
    if starttime and endtime and starttime > endtime:
        raise OraError(1282, "date range specified is invalid")
    if start.has("CONTINUOUS_MINE"):
        found = _continuous(session, start)
    if found is None or not found.logs:
        raise OraError(1292, "no log file has been specified for the current LogMiner session")
    if dictfilename or start.has("DICT_FROM_REDO_LOGS") or not start.has("DICT_FROM_ONLINE_CATALOG"):
        raise not_simulated("a LogMiner dictionary other than the online catalog")
    if any(log.header.dbid != session.database.store.dbid for log in found.logs):
        raise OraError(1295, "DB_ID mismatch between dictionary USE_ONLINE_CATALOG and logfiles")
    low, high = min(log.header.first_scn for log in found.logs), [log.header.next_scn for log in found.logs]
    beyond = 0 not in high and (start.to_scn or 0) > max(high)
    if start.from_scn and (start.from_scn < low or 0 not in high and start.from_scn >= max(high)) or beyond or (
            start.has("DDL_DICT_TRACKING") and any(found.missing())):
        raise OraError(1291, "missing log file")
    found.start = start


def _continuous(session: Any, start: Start) -> Mining:
    """CONTINUOUS_MINE of 12.1: the logs are found by LogMiner itself."""
    if session.database.release != "12.1":
        raise OraError(44609, "CONTINOUS_MINE is desupported for use with DBMS_LOGMNR.START_LOGMNR.")
    logs = session.database.logs
    if not logs.archiving:
        raise OraError(1325, "archive log mode must be enabled to build into the logstream")
    archived = {(entry.log.thread, entry.log.sequence): Listed(entry.name, entry.log) for entry in logs.archived()}
    online = {(log.thread, log.sequence): Listed(logs.member(logs.group(log)), log) for thread in logs.threads() for log in logs.online(thread)}
    found = Mining([log for log in {**archived, **online}.values() if not log.header.next_scn or log.header.next_scn > start.from_scn])
    session.package_state[_KEY] = found
    return found


@DBMS_LOGMNR.routine("END_LOGMNR")
def end_logmnr(session: Any) -> None:
    if mining(session) is None:
        raise OraError(1307, "no LogMiner session is currently active")
    del session.package_state[_KEY]


@DBMS_LOGMNR.routine("MINE_VALUE", [Param("sql_redo_undo", "NUMBER", default=0), Param("column_name", default=None)], "VARCHAR2")
def mine_value(session: Any, sql_redo_undo: Any, column_name: str | None) -> str:
    raise not_simulated("DBMS_LOGMNR.MINE_VALUE")


@DBMS_LOGMNR.routine("COLUMN_PRESENT", [Param("sql_redo_undo", "NUMBER", default=0), Param("column_name", default=None)], "NUMBER")
def column_present(session: Any, sql_redo_undo: Any, column_name: str | None) -> int:
    raise not_simulated("DBMS_LOGMNR.COLUMN_PRESENT")


# --- what the views ask ---

@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """A logical change with the place of its record: log and number of the record in it."""

    change: LogicalChange
    log: LogHeader
    place: int


def contents(session: Any) -> tuple[Start, Iterator[Found]]:
    """What V$LOGMNR_CONTENTS shows. ORA-01306 before START_LOGMNR, ORA-00308 when a log is gone, ORA-00310 when it was overwritten."""
    found = mining(session)
    if found is None or found.start is None:
        raise OraError(1306, "dbms_logmnr.start_logmnr() must be invoked before selecting from v$logmnr_contents")
    start = found.start

    def read() -> Iterator[Found]:
        tables = tables_by_segment(session.database)
        for log in sorted(found.logs, key=lambda log: (log.header.first_scn, log.header.thread)):
            try:
                header, records = session.database.logs.open(log.name)
            except (OSError, ValueError):
                raise OraError(308, f"cannot open archived log '{log.name}'", stack=["ORA-27037: unable to obtain file status"]) from None
            if header.sequence != log.header.sequence:
                raise OraError(310, f"archived log contains sequence {header.sequence}; sequence {log.header.sequence} required",
                               stack=[f"ORA-00334: archived log: '{log.name}'"])
            for place, record in enumerate(records, 2):
                if start.covers(record):
                    for change in logical_changes(record, tables):
                        yield Found(change, header, place)
    return start, read()


def form(session: Any, start: Start) -> Form:
    """How START_LOGMNR wants statements to be written."""
    return Form(session.nls, not start.has("NO_ROWID_IN_STMT"), not start.has("NO_SQL_DELIMITER"), start.has("PRINT_PRETTY_SQL"))

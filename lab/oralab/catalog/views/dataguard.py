# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data Guard: destinations and what they know of standby databases, standby redo logs, gaps, processes, lags."""
from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog import redo_destinations
from oralab.catalog.dictionary import RowDict, rows, yes
from oralab.catalog.redo_client import from_redo
from oralab.catalog.redo_logs import BLOCK
from oralab.values import Timestamp

if TYPE_CHECKING:
    from oralab.catalog.database import Database
    from oralab.catalog.redo_destinations import Destination
    from oralab.catalog.redo_shipping import Sender

_PID = 4200
"""The first of the process ids that are shown."""


def _moment(stamp: float) -> datetime.datetime | None:
    return datetime.datetime.fromtimestamp(stamp).replace(microsecond=0) if stamp else None


# --- destinations ---

def _destinations(database: Database) -> Iterator[tuple[int, Destination | None, Sender | None]]:
    """All 31, with what is set and the process that sends; local ones that hold without a parameter too."""
    found: dict[int, Destination] = {one.number: one for one in redo_destinations.destinations(database.parameters.memory)}
    for number, place in database.logs.destinations().items():
        if number not in found:
            found[number] = redo_destinations.Destination(number, location=place)
    for number in redo_destinations.NUMBERS:
        yield number, found.get(number), database.dataguard.transport.senders.get(number)


def _status(database: Database, one: Destination | None, sender: Sender | None) -> tuple[str, str | None]:
    """STATUS and ERROR of a destination (documented values)."""
    if one is None:
        return "INACTIVE", None
    if one.state in ("DEFER", "ALTERNATE"):
        return {"DEFER": "DEFERRED", "ALTERNATE": "ALTERNATE"}[one.state], None
    error = (sender.status.error if sender else "") if one.service else database.logs.failures.get(one.number, "")
    return ("ERROR", error) if error else ("VALID", None)


@rows("V$ARCHIVE_DEST")
def archive_dest(session: Any, database: Database) -> Iterator[RowDict]:
    standby = database.dataguard.standby
    entries = [*database.logs.archived(), *database.store.control.shipped]
    for number, one, sender in _destinations(database):
        status, error = _status(database, one, sender)
        row: RowDict = {"DEST_ID": number, "DEST_NAME": f"LOG_ARCHIVE_DEST_{number}", "STATUS": status, "BINDING": "OPTIONAL", "NAME_SPACE": "SYSTEM",
                        "TARGET": "LOCAL" if standby else "PRIMARY", "ARCHIVER": "ARCH", "SCHEDULE": "INACTIVE", "LOG_SEQUENCE": 0, "REOPEN_SECS": 0,
                        "DELAY_MINS": 0, "MAX_CONNECTIONS": 1, "NET_TIMEOUT": 0, "PROCESS": "ARCH", "REGISTER": "YES", "FAIL_SEQUENCE": 0,
                        "FAIL_BLOCK": 0, "FAILURE_COUNT": 0, "MAX_FAILURE": 0, "ERROR": error, "ALTERNATE": "NONE", "DEPENDENCY": "NONE",
                        "REMOTE_TEMPLATE": "NONE", "QUOTA_SIZE": 0, "QUOTA_USED": 0, "MOUNTID": 0, "TRANSMIT_MODE": "SYNCHRONOUS",
                        "ASYNC_BLOCKS": 0, "AFFIRM": "NO", "TYPE": "PUBLIC", "VALID_NOW": "UNKNOWN", "VALID_TYPE": "ALL_LOGFILES",
                        "VALID_ROLE": "ALL_ROLES", "DB_UNIQUE_NAME": "NONE", "VERIFY": "NO", "COMPRESSION": "DISABLE", "APPLIED_SCN": 0,
                        "ENCRYPTION": "DISABLE"}
        if one is not None:
            sequences = [entry.log.sequence for entry in entries if entry.dest == number]
            row |= {"DESTINATION": one.service or one.location, "BINDING": "MANDATORY" if one.mandatory else "OPTIONAL",
                    "SCHEDULE": "ACTIVE" if status in ("VALID", "ERROR") else "PENDING" if status == "DEFERRED" else "LATENT",
                    "LOG_SEQUENCE": max(sequences, default=0), "REOPEN_SECS": one.reopen, "DELAY_MINS": one.delay,
                    "MAX_CONNECTIONS": one.max_connections, "NET_TIMEOUT": one.net_timeout if one.service else 0,
                    "REGISTER": yes(one.register), "MAX_FAILURE": one.max_failure, "AFFIRM": yes(one.affirm),
                    "VALID_NOW": one.valid_now(standby), "VALID_TYPE": one.log_type, "VALID_ROLE": one.role,
                    "DB_UNIQUE_NAME": one.db_unique_name or "NONE", "COMPRESSION": one.compression.upper(), "ENCRYPTION": one.encryption.upper(),
                    "VERIFY": yes(one.verify)}
            if one.service:
                row |= {"TARGET": "REMOTE" if standby else "STANDBY", "ARCHIVER": one.writer, "PROCESS": one.writer,
                        "TRANSMIT_MODE": "PARALLELSYNC" if one.sync else "ASYNCHRONOUS", "ASYNC_BLOCKS": 0 if one.sync else 2048}
        if sender is not None:
            row |= {"FAIL_DATE": _moment(sender.status.failed), "FAIL_SEQUENCE": sender.status.fail_sequence if sender.status.error else 0,
                    "FAILURE_COUNT": sender.status.failures if one is not None and one.max_failure else 0,
                    "APPLIED_SCN": sender.status.standby.get("applied_scn", 0)}
        yield row


_TYPES = {"PHYSICAL STANDBY": "PHYSICAL", "SNAPSHOT STANDBY": "SNAPSHOT"}


@rows("V$ARCHIVE_DEST_STATUS")
def archive_dest_status(session: Any, database: Database) -> Iterator[RowDict]:
    dataguard, logs = database.dataguard, database.logs
    for number, one, sender in _destinations(database):
        status, error = _status(database, one, sender)
        row: RowDict = {
            "DEST_ID": number, "DEST_NAME": f"LOG_ARCHIVE_DEST_{number}", "STATUS": status, "TYPE": "LOCAL", "DATABASE_MODE": dataguard.open_mode(),
            "RECOVERY_MODE": dataguard.mode(), "PROTECTION_MODE": "MAXIMUM PERFORMANCE", "STANDBY_LOGFILE_COUNT": 0,
            "STANDBY_LOGFILE_ACTIVE": 0, "ARCHIVED_THREAD#": 0, "ARCHIVED_SEQ#": 0, "APPLIED_THREAD#": 0, "APPLIED_SEQ#": 0, "ERROR": error,
            "SRL": "NO", "DB_UNIQUE_NAME": "NONE", "SYNCHRONIZATION_STATUS": "CHECK CONFIGURATION", "SYNCHRONIZED": "NO", "GAP_STATUS": None}
        if one is not None:
            done = [entry.log for entry in (database.store.control.shipped if one.service else logs.archived()) if entry.dest == number]
            last = max(done, key=lambda log: log.next_scn, default=None)
            row |= {"DESTINATION": one.service or one.location, "DB_UNIQUE_NAME": one.db_unique_name or "NONE",
                    "ARCHIVED_THREAD#": last.thread if last else 0, "ARCHIVED_SEQ#": last.sequence if last else 0}
        if one is not None and one.service:
            known = sender.status.standby if sender is not None else {}
            applied: dict[int, int] = known.get("applied", {})
            thread = max(applied, key=lambda of: applied[of], default=0)
            gap = dataguard.gap_status(number) if one.state == "ENABLE" and one.valid_for(dataguard.standby) else None
            row |= {"TYPE": _TYPES.get(known.get("role", ""), "UNKNOWN"), "DATABASE_MODE": known.get("mode", "UNKNOWN"),
                    "RECOVERY_MODE": known.get("recovery", "UNKNOWN"), "STANDBY_LOGFILE_COUNT": known.get("standby_logs", 0),
                    "STANDBY_LOGFILE_ACTIVE": known.get("active", 0), "APPLIED_THREAD#": thread, "APPLIED_SEQ#": applied.get(thread, 0),
                    "SRL": yes(known.get("standby_logs")), "GAP_STATUS": None if gap == "FAILED DESTINATION" else gap}
            if one.sync and sender is not None and not sender.status.error and gap == "NO GAP":
                row |= {"SYNCHRONIZATION_STATUS": "OK", "SYNCHRONIZED": "YES"}
        if database.release == "12.1":
            row["RECOVERY_MODE"] = row["RECOVERY_MODE"].removesuffix(" WITH QUERY")
        yield row


# --- standby redo logs, gaps ---

@rows("V$STANDBY_LOG")
def standby_log(session: Any, database: Database) -> Iterator[RowDict]:
    for one in database.store.control.standby_logs:
        row: RowDict = {"GROUP#": one.group, "DBID": "UNASSIGNED", "THREAD#": one.thread, "SEQUENCE#": 0, "BYTES": one.bytes, "BLOCKSIZE": BLOCK,
                        "USED": 0, "ARCHIVED": "YES", "STATUS": "UNASSIGNED"}
        if one.log is not None:
            row |= {"DBID": str(one.log.dbid), "THREAD#": one.log.thread, "SEQUENCE#": one.log.sequence, "USED": one.used, "ARCHIVED": yes(not one.full),
                    "STATUS": "ACTIVE", "FIRST_CHANGE#": one.log.first_scn, "FIRST_TIME": _moment(one.log.first_time),
                    "NEXT_CHANGE#": one.log.next_scn or None, "NEXT_TIME": _moment(one.log.next_time), "LAST_CHANGE#": database.store.current_scn(),
                    "LAST_TIME": _moment(one.last_time)}
        yield row


@rows("V$ARCHIVE_GAP")
def archive_gap(session: Any, database: Database) -> Iterator[RowDict]:
    """What keeps a standby from going on; a primary has no rows."""
    for thread, low, high in database.dataguard.receiver.gaps() if database.dataguard.standby else ():
        yield {"THREAD#": thread, "LOW_SEQUENCE#": low, "HIGH_SEQUENCE#": high}


# --- processes ---

def _receivers(database: Database) -> list[Any]:
    return [session for session in database.sessions.values() if from_redo(session)]


def _applying(database: Database) -> RowDict:
    """Where managed recovery is: thread, log, block."""
    recovery = database.dataguard.recovery
    reading = max(recovery.readings.values(), key=lambda one: one.sequence, default=None) if recovery is not None else None
    if reading is None:
        return {"THREAD#": 0, "SEQUENCE#": 0, "BLOCK#": 0}
    return {"THREAD#": reading.thread, "SEQUENCE#": reading.sequence, "BLOCK#": reading.offset // BLOCK}


@rows("V$MANAGED_STANDBY")
def managed_standby(session: Any, database: Database) -> Iterator[RowDict]:
    """Archivers, the processes that send (LNS) or receive (RFS), and MRP0, in the manner of transcripts."""
    dataguard, control = database.dataguard, database.store.control
    common: RowDict = {"CLIENT_PROCESS": "N/A", "CLIENT_PID": "N/A", "CLIENT_DBID": "N/A", "GROUP#": "N/A", "RESETLOG_ID": 0, "THREAD#": 0,
                       "SEQUENCE#": 0, "BLOCK#": 0, "BLOCKS": 0, "DELAY_MINS": 0, "KNOWN_AGENTS": 0, "ACTIVE_AGENTS": 0}
    last = max((entry.log for entry in control.archived), key=lambda log: log.next_scn, default=None)
    for number in range(database.parameters.number("log_archive_max_processes")):
        closed: RowDict = {"STATUS": "CLOSING", "CLIENT_PROCESS": "ARCH", "THREAD#": last.thread, "SEQUENCE#": last.sequence} if last and not number else {
            "STATUS": "CONNECTED", "CLIENT_PROCESS": "ARCH"}
        yield {**common, "PROCESS": "ARCH", "PID": str(_PID + number), **closed}
    for sender in dataguard.transport.senders.values():
        if sender.status.connected:
            current = database.logs.current()
            yield {**common, "PROCESS": "LNS", "PID": str(_PID + 50 + sender.number), "STATUS": "WRITING" if sender.status.real_time else "CONNECTED",
                   "CLIENT_PROCESS": "LNS", "THREAD#": current.thread, "SEQUENCE#": current.sequence, "DELAY_MINS": 0}
    for number, receiver in enumerate(_receivers(database)):
        log = next((one for one in control.standby_logs if one.log is not None and not one.full), None)
        yield {**common, "PROCESS": "RFS", "PID": str(_PID + 100 + number), "STATUS": "IDLE", "CLIENT_PROCESS": "LGWR" if log else "UNKNOWN",
               "CLIENT_PID": receiver.logon.pid or "N/A", "CLIENT_DBID": str(database.store.dbid), "GROUP#": str(log.group) if log else "N/A",
               "THREAD#": log.log.thread if log and log.log else 0, "SEQUENCE#": log.log.sequence if log and log.log else 0,
               "BLOCK#": log.used // BLOCK if log else 0}
    if dataguard.recovery is not None:
        yield {**common, "PROCESS": "MRP0", "PID": str(_PID + 200), "STATUS": dataguard.recovery.state, **_applying(database),
               "DELAY_MINS": dataguard.recovery.delay or dataguard.receiver.delay}


@rows("V$DATAGUARD_PROCESS")
def dataguard_process(session: Any, database: Database) -> Iterator[RowDict]:
    dataguard, store = database.dataguard, database.store
    started = Timestamp(database.started or database.now(), 0)
    common: RowDict = {"TYPE": "KSB", "PROC_TIME": started, "TASK_TIME": started, "TASK_DONE": "N", "ACTION": "IDLE", "CLIENT_PID": 0,
                       "CLIENT_ROLE": "none", "GROUP#": 0, "RESETLOG_ID": 0, "THREAD#": 0, "SEQUENCE#": 0, "BLOCK#": 0, "BLOCK_COUNT": 0, "DELAY_MINS": 0,
                       "DEST_ID": 0, "DEST_MASK": 0, "DBID": 0, "DGID": 0, "INSTANCE": 0, "STOP_STATE": "NONE"}
    named: list[RowDict] = [{"NAME": "LGWR", "ROLE": "log writer"}, {"NAME": "TMON", "ROLE": "redo transport monitor"}]
    named += [{"NAME": f"ARC{number}", "ROLE": "archive local" if number == 0 else "archive redo"}
              for number in range(min(database.parameters.number("log_archive_max_processes"), 10))]
    for sender in dataguard.transport.senders.values():
        if sender.status.connected:
            destination, current = sender.destination(), database.logs.current()
            named.append({"NAME": f"NSS{sender.number % 10}" if destination and destination.sync else f"TT{sender.number:02d}", "TYPE": "KSV",
                          "ROLE": "sync" if destination and destination.sync else "async ORL single", "ACTION": "WRITING", "THREAD#": current.thread,
                          "SEQUENCE#": current.sequence, "DEST_ID": sender.number})
    for receiver in _receivers(database):
        log = next((one for one in store.control.standby_logs if one.log is not None and not one.full), None)
        found: RowDict = {"GROUP#": log.group, "THREAD#": log.log.thread, "SEQUENCE#": log.log.sequence, "BLOCK#": log.used // BLOCK,
                          } if log is not None and log.log is not None else {}
        named.append({"NAME": "rfs", "TYPE": "NET", "ROLE": "RFS async" if log else "RFS archive", "CLIENT_ROLE": "async ORL single" if log else "archive redo",
                      "CLIENT_PID": int(receiver.logon.pid) if receiver.logon.pid.isdigit() else 0, "DBID": store.dbid, **found})
    if dataguard.recovery is not None:
        named.append({"NAME": "MRP0", "ROLE": "managed recovery", "ACTION": "IDLE"})
        named.append({"NAME": "PR00", "ROLE": "recovery logmerger", "ACTION": dataguard.recovery.state, **_applying(database)})
    for number, row in enumerate(named):
        yield {**common, "PID": str(_PID + number), **row}


# --- lags ---

def _interval(seconds: float, *, fraction: bool = False) -> str:
    whole = int(seconds)
    days, rest = divmod(whole, 86400)
    text = f"+{days:02d} {rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{text}.{int((seconds - whole) * 1000):03d}" if fraction else text


@rows("V$DATAGUARD_STATS")
def dataguard_stats(session: Any, database: Database) -> Iterator[RowDict]:
    """Lags as of what the primary said last: when it says no more, they stay as they are and DATUM_TIME with them (documented).

    A value is NULL while nobody can tell it: no primary has said anything, or redo is not applied (transcripts).
    """
    dataguard = database.dataguard
    if not dataguard.standby:
        return
    with dataguard.receiver.lock:
        datum, (arrived, _), applied = dataguard.receiver.datum, dataguard.receiver.complete, dataguard.applied_time()
    recovery = dataguard.recovery
    transport = datum.time - arrived if datum is not None and arrived else None
    lag = datum.time - applied if datum is not None and applied else None
    left = dataguard.unapplied()
    values: list[tuple[str, str | None, str, bool]] = [
        ("transport lag", None if transport is None else _interval(max(transport, 0)), "day(2) to second(0) interval", True),
        ("apply lag", None if lag is None else _interval(max(lag, 0)), "day(2) to second(0) interval", True),
        ("apply finish time", None if recovery is None or datum is None else _interval(left / 50e6, fraction=True), "day(2) to second(3) interval", False),
        ("estimated startup time", "10", "second", False)]
    now = time.strftime("%m/%d/%Y %H:%M:%S")
    for name, value, unit, received in values:
        yield {"SOURCE_DBID": datum.dbid if datum else 0, "SOURCE_DB_UNIQUE_NAME": datum.source if datum else None, "NAME": name, "VALUE": value,
               "UNIT": unit, "TIME_COMPUTED": now,
               "DATUM_TIME": time.strftime("%m/%d/%Y %H:%M:%S", time.localtime(datum.received)) if received and datum else None}


@rows("V$RECOVERY_PROGRESS")
def recovery_progress(session: Any, database: Database) -> Iterator[RowDict]:
    recovery = database.dataguard.recovery
    if recovery is None:
        return
    elapsed = max(int(time.time() - recovery.started), 1)
    kilobytes = recovery.applied_bytes // 1024
    values = [("Log Files", "Files", sum(entry.applied == "YES" for entry in database.store.control.archived), 0, None),
              ("Active Apply Rate", "KB/sec", kilobytes // elapsed, 0, None), ("Average Apply Rate", "KB/sec", kilobytes // elapsed, 0, None),
              ("Redo Applied", "Megabytes", kilobytes // 1024, 0, None),
              ("Last Applied Redo", "SCN+Time", 0, 0, f"SCN: {database.store.current_scn()}"), ("Elapsed Time", "Seconds", elapsed, 0, None)]
    for item, units, done, total, comments in values:
        yield {"START_TIME": _moment(recovery.started), "TYPE": "Media Recovery", "ITEM": item, "UNITS": units, "SOFAR": done, "TOTAL": total,
               "TIMESTAMP": _moment(recovery.applied_time) if item == "Last Applied Redo" else None, "COMMENTS": comments}


# --- the configuration ---

@rows("V$DATAGUARD_CONFIG")
def dataguard_config(session: Any, database: Database) -> Iterator[RowDict]:
    """The database itself first, then the others of DG_CONFIG (documented)."""
    dataguard, own = database.dataguard, database.spec.db_unique_name
    members = redo_destinations.configuration(database.parameters.get("log_archive_config")).members
    if members is None:
        return
    source = dataguard.primary_name()
    roles: dict[str, tuple[str, int]] = {}
    for sender in dataguard.transport.senders.values():
        known = sender.status.standby
        if known:
            roles[known["name"].lower()] = known["role"], known["applied_scn"]
    yield {"DB_UNIQUE_NAME": own, "PARENT_DBUN": "NONE" if not dataguard.standby else source or "UNKNOWN",
           "DEST_ROLE": dataguard.role if dataguard.standby else "PRIMARY DATABASE", "CURRENT_SCN": database.store.current_scn()}
    for name in members:
        if name != own.lower():
            role, scn = roles.get(name, ("PRIMARY DATABASE" if source and name == source.lower() else "UNKNOWN", 0))
            yield {"DB_UNIQUE_NAME": name, "PARENT_DBUN": own if name in roles else "NONE" if role == "PRIMARY DATABASE" else "UNKNOWN",
                   "DEST_ROLE": role, "CURRENT_SCN": scn}


@rows("V$DATAGUARD_STATUS")
def dataguard_status(session: Any, database: Database) -> Iterator[RowDict]:
    for message in database.dataguard.messages:
        facility = "Log Transport Services" if message.destination else "Log Apply Services" if "MRP0" in message.text else "Remote File Server"
        yield {"FACILITY": facility, "SEVERITY": "Error" if message.error else "Informational", "DEST_ID": message.destination,
               "MESSAGE_NUM": message.number, "ERROR_CODE": message.error, "CALLOUT": "NO", "TIMESTAMP": _moment(message.time), "MESSAGE": message.text}

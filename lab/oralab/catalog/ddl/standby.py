# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ALTER DATABASE for standby databases: standby redo logs, managed recovery, files that redo brought and nobody made."""
from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable
from typing import Any

from oralab.catalog.ddl import Ddl
from oralab.catalog.instances import MOUNTED, OPEN
from oralab.catalog.redo_logs import BLOCK
from oralab.errors import OraError, not_simulated
from oralab.sql import ast
from oralab.storage import asm, datafile
from oralab.storage.control_file import ArchivedLog, StandbyLog
from oralab.storage.redo import read_header

SMALLEST = 4 << 20
"""Bytes of a redo log at least (documented)."""
DEFAULT = 100 << 20
"""Bytes of one that Oracle names itself (documented)."""
_OPTION = re.compile(r"(DISCONNECT(?: FROM SESSION)?|USING CURRENT LOGFILE|USING ARCHIVED LOGFILE|NODELAY|DELAY \d+|UNTIL CHANGE \d+|"
                     r"UNTIL CONSISTENT|(?:NO)?PARALLEL(?: \d+)?|USING INSTANCES (?:ALL|\d+)|FINISH(?: FORCE)?|CANCEL(?: IMMEDIATE)?(?: WAIT| NOWAIT)?)(?: |$)")


def alter_database(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    if ddl.database.state not in (MOUNTED, OPEN):
        raise OraError(1507, "database not mounted")
    _ACTIONS[node.action](ddl, session, node)


# --- standby redo logs ---

def _groups(ddl: Ddl) -> dict[int, list[str]]:
    """Members of every group, online and standby."""
    logs, control = ddl.database.logs, ddl.database.store.control
    found = {one.group: one.members for thread in logs.threads() for one in logs.groups(thread)}
    reserved = {log.group: log.members for thread in control.reserved_threads for log in thread.groups}
    return found | reserved | {log.group: log.members for log in control.standby_logs}


def not_recovering(ddl: Ddl) -> None:
    """ORA-01156 while managed recovery runs (known to DBAs)."""
    if ddl.database.dataguard.recovering:
        raise OraError(1156, "recovery or flashback in progress may need access to files")


def new_group(ddl: Ddl, node: ast.AlterDatabase) -> tuple[int, int, list[str]]:
    """Number, size and members of a group, whose files are made. ORA-01184 the group is there, ORA-01577 the member is, ORA-00301 its file, ORA-00336
    too small, ORA-01156."""
    not_recovering(ddl)
    groups = _groups(ddl)
    group = node.group or max(groups) + 1
    if group in groups:
        raise OraError(1184, f"logfile group {group} already exists")
    sizes = {spec.size for spec in node.files} - {None}
    size = max((size for size in sizes if size), default=0)
    if size and size < SMALLEST:
        raise OraError(336, f"log file size {size // BLOCK} blocks is less than minimum {SMALLEST // BLOCK} blocks")
    members: list[str] = []
    for spec in node.files:
        path = spec.path or _named_by_oracle(ddl, group, len(members))
        if any(path in known for known in groups.values()) or path in members:
            raise OraError(1577, f"cannot add log file '{path}' - file already part of database")
        there = asm.exists(path)
        if there and not spec.reuse:
            raise OraError(301, f"error in adding log file '{path}' - file cannot be created", stack=[
                "ORA-27038: created file already exists", "Additional information: 1"])
        if not size and spec.path and not there and not asm.is_asm(path):
            raise OraError(301, f"error in adding log file '{path}' - file cannot be created", stack=[
                "ORA-27037: unable to obtain file status", "Linux-x86_64 Error: 2: No such file or directory"])
        members.append(path if there else _placed(ddl, group, path))
    size = size or DEFAULT
    for path in members:
        _create(path, size)
    return group, size, members


def _add(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    group, size, members = new_group(ddl, node)
    control = ddl.database.store.control
    control.standby_logs.append(StandbyLog(group, node.thread or 0, size, members))
    control.standby_logs.sort(key=lambda log: log.group)
    ddl.database.store.write_control()


def _named_by_oracle(ddl: Ddl, group: int, place: int) -> str:
    """ORA-02236 (assumed) when no parameter says where files without a name go."""
    parameters, spec = ddl.database.parameters, ddl.database.spec
    home = parameters.get(f"db_create_online_log_dest_{place + 1}") or parameters.get("db_create_file_dest") or parameters.get("db_recovery_file_dest")
    if not home:
        raise OraError(2236, "invalid file name")
    if asm.is_asm(home):
        return home
    folder = os.path.join(home, spec.db_unique_name.upper(), "onlinelog")
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, f"o1_mf_{group}_{int(time.time() * 1000) % 36 ** 7:08x}_.log")


def _placed(ddl: Ddl, group: int, path: str) -> str:
    """The name under which a file will be: in a disk group ASM may give it one. ORA-00301 over 17502."""
    try:
        return asm.place(path, "ONLINELOG", f"group_{group}", ddl.database.spec.db_unique_name)
    except OraError as error:
        raise _uncreated(path, error) from None


def _uncreated(path: str, reason: OraError) -> OraError:
    return OraError(301, f"error in adding log file '{path}' - file cannot be created", stack=reason.text.split("\n"))


def _create(path: str, size: int) -> None:
    """A log begins as an empty file: how much of it is used is what counts here. ORA-00301 over 27040, over 15041 in a full disk group."""
    try:
        real = asm.real(path) if asm.exists(path) else asm.target(path, size)
        with open(real, "wb"):
            os.chmod(real, 0o640)
    except OraError as error:
        raise _uncreated(path, error) from None
    except OSError as error:
        raise OraError(301, f"error in adding log file '{path}' - file cannot be created", stack=[
            "ORA-27040: file create error, unable to create file", f"Linux-x86_64 Error: {error.errno}: {error.strerror}"]) from None


def _drop(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """ORA-01514 over 01517 no such log (known to DBAs), ORA-00261 over 00312 while it receives, ORA-01156. Its files stay, but for Oracle's own."""
    not_recovering(ddl)
    control = ddl.database.store.control
    found = next((log for log in control.standby_logs if log.group == node.group or set(node.file) & set(log.members)), None)
    if found is None:
        name = f"log {node.group}" if node.group else f"log member: '{node.file[0]}'"
        raise OraError(1514, "error in log specification: no such log", stack=[f"ORA-01517: {name}"])
    if found.log is not None:
        raise OraError(261, f"log {found.group} of thread {found.log.thread} is being archived or modified", stack=[
            f"ORA-00312: online log {found.group} thread {found.log.thread}: '{member}'" for member in found.members])
    control.standby_logs.remove(found)
    ddl.database.store.write_control()
    remove_managed(found.members)


def remove_managed(members: Iterable[str]) -> None:
    """The files of a group go with it if Oracle or ASM named them (documented)."""
    for member in members:
        if (asm.is_managed(member) or os.path.basename(member).startswith("o1_mf_")) and asm.exists(member):
            asm.remove(member)


def _clear(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """CLEAR LOGFILE: the content of a log goes. ORA-01624 the current one of a primary, ORA-00350 one that has to be archived first, ORA-01156."""
    not_recovering(ddl)
    database = ddl.database
    logs = database.logs
    group = node.group or next((number for number, members in _groups(ddl).items() if set(node.file) & set(members)), 0)
    if group not in _groups(ddl):
        raise OraError(1514, "error in log specification: no such log", stack=[f"ORA-01517: log {group}"])
    standby_log = next((log for log in database.store.control.standby_logs if log.group == group), None)
    if standby_log is not None and standby_log.log is not None:
        raise OraError(261, f"log {group} of thread {standby_log.log.thread} is being archived or modified")
    held = next((log for thread in logs.threads() for log in logs.online(thread) if logs.group(log) == group), None)
    if held is None or database.dataguard.standby:
        return
    where = f"ORA-00312: online log {group} thread {held.thread}: '{logs.member(group)}'"
    if logs.status(held) != "INACTIVE":
        raise OraError(1624, f"log {group} needed for crash recovery of instance {session.instance.name} (thread {held.thread})", stack=[where])
    if held in logs.waiting() and node.what != "UNARCHIVED":
        raise OraError(350, f"log {group} of instance {session.instance.name} (thread {held.thread}) needs to be archived", stack=[where])


# --- managed recovery ---

def _recover(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """ORA-00274 for what is no option. Without DISCONNECT the session waits until recovery ends: ORA-16037 when somebody cancels it."""
    words = " ".join(node.what.split())
    if not words.startswith("MANAGED STANDBY DATABASE"):
        raise not_simulated(f"ALTER DATABASE RECOVER {words}")
    options = words.removeprefix("MANAGED STANDBY DATABASE").strip()
    found: list[str] = []
    while options:
        match = _OPTION.match(options)
        if match is None:
            raise OraError(274, f"illegal recovery option {options.split()[0]}")
        found.append(match[1])
        options = options[match.end():]
    dataguard = ddl.database.dataguard
    if any(option.startswith("CANCEL") for option in found):
        dataguard.cancel()
        return
    if any(option.startswith("FINISH") for option in found):
        dataguard.finish()
        return
    numbers = {option.rpartition(" ")[0]: int(option.rpartition(" ")[2]) for option in found if option[-1].isdigit()}
    recovery = dataguard.recover(real_time="USING ARCHIVED LOGFILE" not in found, delay=0 if "NODELAY" in found else numbers.get("DELAY"),
                                 until=numbers.get("UNTIL CHANGE"))
    if any(option.startswith("DISCONNECT") for option in found):
        return
    try:
        while recovery.is_alive():
            session.poll()
            time.sleep(0.05)
    except OraError:
        recovery.cancel()
        raise
    if recovery.error is not None:
        raise recovery.error
    if not recovery.complete:
        raise OraError(16037, "user requested cancel of managed recovery operation")


# --- files ---

def _standby_controlfile(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """ORA-00200 over 27038 when the file is there."""
    if node.what:
        raise not_simulated("CREATE LOGICAL STANDBY CONTROLFILE")
    path = node.to or ""
    if os.path.exists(path) and not node.reuse:
        raise OraError(200, "control file could not be created", stack=[f"ORA-00202: control file: '{path}'", "ORA-27038: created file already exists"])
    with open(path, "wb") as file:
        file.write(ddl.database.store.control_copy("PHYSICAL STANDBY"))


def _register(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """REGISTER LOGFILE. ORA-01665 on a primary, ORA-00308 over 27037 no file, ORA-00316 no log, ORA-16089 registered already."""
    database = ddl.database
    if not database.dataguard.standby:
        raise OraError(1665, "control file is not a standby control file")
    for name in map(str, node.file):
        try:
            header = read_header(name)
        except OSError:
            raise OraError(308, f"cannot open archived log '{name}'", stack=["ORA-27037: unable to obtain file status"]) from None
        if header is None or not header.next_scn:
            raise OraError(316, "log 0 of thread 0, type 0 in header is not log file", stack=[f"ORA-00334: archived log: '{name}'"])
        known = [entry for entry in database.store.control.archived if entry.name == name]
        if known and node.what != "REPLACE":
            raise OraError(16089, "archive log has already been registered")
        for entry in known:
            database.store.control.archived.remove(entry)
        database.store.control.archived.append(ArchivedLog(name, 0, header, os.path.getsize(name), time.time(), False, "FGRD", "FGRD"))
        database.store.write_control()
        database.dataguard.receiver.arrived.set()


def _maximize(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """SET STANDBY DATABASE TO MAXIMIZE. ORA-01666 (assumed) on a standby, ORA-16072 PROTECTION without a synchronous standby."""
    database = ddl.database
    if database.dataguard.standby:
        raise OraError(1666, "control file is for a standby database")
    if node.what == "PROTECTION" and not database.dataguard.synchronized():
        raise OraError(16072, "a minimum of one standby database destination is required")
    database.store.control.protection = f"MAXIMUM {node.what}"
    database.store.write_control()


def _create_datafile(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """A file that redo brought, made under its right name. ORA-01516 without such a file, ORA-01178 (assumed) for one that is there."""
    database = ddl.database
    store = database.store
    for wanted in node.file:
        file = next((one for one in store.datafiles() if one.contents != "TEMPORARY" and wanted in (one.number, one.path)), None)
        if file is None:
            raise OraError(1516, f'nonexistent log file, data file, or temporary file "{wanted}" in the current container')
        if os.path.exists(file.path):
            raise OraError(1178, f"file {file.number} created before last CREATE CONTROLFILE, cannot recreate", stack=[
                f"ORA-01110: data file {file.number}: '{file.path}'"])
        if node.files and node.files[0].path:
            file.path = node.files[0].path
        file.checkpoint_scn, file.free, file.next_block = file.creation_scn, [], 1
        datafile.create(file.path, store.header(file, store.control.tablespaces[file.tablespace], fuzzy=True))
        store.write_control()


_ACTIONS: dict[str, Callable[[Ddl, Any, ast.AlterDatabase], None]] = {
    "ADD STANDBY LOGFILE": _add, "DROP STANDBY LOGFILE": _drop, "CLEAR LOGFILE": _clear, "RECOVER": _recover,
    "CREATE DATAFILE": _create_datafile, "CREATE STANDBY CONTROLFILE": _standby_controlfile, "REGISTER LOGFILE": _register,
    "SET STANDBY TO MAXIMIZE": _maximize}


# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ALTER DATABASE for redo threads of instances to come: their log groups, ENABLE and DISABLE.

They are data until an instance opens the thread: nothing is written to it, and so nothing of it is archived or sent. Codes and conditions are documented
(Database Error Messages), that the first group of an enabled thread is its current one is assumed. Groups of the threads that instances write are as
they were made.
"""
from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from oralab.catalog.ddl import Ddl, standby
from oralab.catalog.instances import DOWN, MOUNTED, OPEN
from oralab.errors import OraError, not_simulated
from oralab.sql import ast
from oralab.storage.control_file import LogGroup, ReservedThread

FEWEST = 2
"""Log groups of a thread that is enabled (documented)."""


def alter_database(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    if ddl.database.state not in (MOUNTED, OPEN):
        raise OraError(1507, "database not mounted")
    _ACTIONS[node.action](ddl, session, node)
    ddl.database.store.write_control()


def _reserved(ddl: Ddl, number: int) -> ReservedThread | None:
    found: list[ReservedThread] = ddl.database.store.control.reserved_threads
    return next((thread for thread in found if thread.number == number), None)


def _named(ddl: Ddl, number: int) -> str:
    """A thread as messages have it."""
    name = next((one.name for one in ddl.database.instances if one.thread == number), ReservedThread(number, []).instance)
    return f"instance {name} (thread {number})"


def _add(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """ADD LOGFILE THREAD. ORA-01275 on a standby that manages its files itself, and what a group is refused for."""
    database = ddl.database
    if database.dataguard.standby and database.parameters.get("standby_file_management").upper() == "AUTO":
        raise OraError(1275, "Operation ADD LOGFILE is not allowed if standby file management is automatic.")
    number = node.thread or session.instance.thread
    if number in database.logs.threads():
        raise not_simulated("another log group for the redo thread of an instance")
    group, size, members = standby.new_group(ddl, node)
    threads = database.store.control.reserved_threads
    thread = _reserved(ddl, number)
    if thread is None:
        thread = ReservedThread(number, [])
        threads.append(thread)
        threads.sort(key=lambda one: one.number)
    thread.groups.append(LogGroup(group, size, members))


def _drop(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """DROP LOGFILE. ORA-01514 over 01517 no such log, ORA-01567 too few are left, ORA-01623 the current one. A thread without groups is none."""
    threads = ddl.database.store.control.reserved_threads
    for thread in ddl.database.logs.waiting_threads():
        held = next((log for log in thread.groups if log.group == node.group or set(node.file) & set(log.members)), None)
        if held is None:
            continue
        if thread.enabled != "DISABLED" and len(thread.groups) <= FEWEST:
            raise OraError(1567, f"dropping log {held.group} would leave less than 2 log files for {_named(ddl, thread.number)}")
        if thread.enabled != "DISABLED" and held is thread.groups[0]:
            raise OraError(1623, f"log {held.group} is current log for {_named(ddl, thread.number)} - cannot drop",
                           stack=[f"ORA-00312: online log {held.group} thread {thread.number}: '{member}'" for member in held.members])
        thread.groups.remove(held)
        if not thread.groups:
            threads.remove(thread)
        standby.remove_managed(held.members)
        return
    logs = ddl.database.logs
    if node.group and node.group not in [one.group for number in logs.threads() for one in logs.groups(number)]:
        raise OraError(1514, "error in log specification: no such log", stack=[f"ORA-01517: log {node.group}"])
    raise not_simulated("dropping a log group of the redo thread of an instance")


def _enable(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """ENABLE [PUBLIC] THREAD. ORA-01109 and 16000 unless open read write, ORA-01612 it is enabled, ORA-01613 it has less than two groups."""
    _writable(ddl)
    number = node.thread or 0
    if number in ddl.database.logs.threads():
        raise OraError(1612, f"{_named(ddl, number)} is already enabled")
    thread = _reserved(ddl, number)
    if thread is not None and thread.enabled != "DISABLED":
        raise OraError(1612, f"{_named(ddl, number)} is already enabled")
    groups = len(thread.groups) if thread is not None else 0
    if thread is None or groups < FEWEST:
        raise OraError(1613, f"{_named(ddl, number)} only has {groups} logs - at least 2 logs required to enable")
    thread.enabled, thread.since = node.what or "PRIVATE", (ddl.database.store.current_scn(), time.time())


def _disable(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """DISABLE THREAD. ORA-01616 an instance has it open, ORA-01615 mounted."""
    _writable(ddl)
    number = node.thread or 0
    if number in ddl.database.logs.threads():
        state = next((one.state for one in ddl.database.instances if one.thread == number), DOWN)
        if state not in (MOUNTED, OPEN):
            raise not_simulated("disabling the redo thread of an instance that is down")
        raise OraError(1616 if state == OPEN else 1615, f"{_named(ddl, number)} is {'open' if state == OPEN else 'mounted'} - cannot disable")
    thread = _reserved(ddl, number)
    if thread is None or thread.enabled == "DISABLED":
        raise not_simulated("disabling a redo thread that is not enabled")
    thread.enabled, thread.since = "DISABLED", (0, 0.0)


def _writable(ddl: Ddl) -> None:
    database = ddl.database
    if database.state != OPEN:
        raise OraError(1109, "database not open")
    if database.dataguard.standby or database.read_only:
        raise OraError(16000, "database or pluggable database open for read-only access")


_ACTIONS: dict[str, Callable[[Ddl, Any, ast.AlterDatabase], None]] = {
    "ADD LOGFILE": _add, "DROP LOGFILE": _drop, "ENABLE THREAD": _enable, "DISABLE THREAD": _disable}

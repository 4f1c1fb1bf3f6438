# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_LOCK: user locks, known by a number, shared by the sessions of one instance (documented).

Modes are numbers: 1 null, 2 sub share, 3 sub exclusive, 4 share, 5 share sub exclusive, 6 exclusive. Deadlocks among user
locks are not looked for: a waiter times out instead (assumed to be enough).
"""
from __future__ import annotations

import dataclasses
import threading
import time
import weakref
from typing import Any

from oralab.errors import OraError, not_simulated
from oralab.packages.registry import Package, Param
from oralab.packages.session_packages import pause

MAXWAIT = 32767
SUCCESS, TIMEOUT, PARAMETER_ERROR, ALREADY_OWN, NOT_OWNED, ILLEGAL_HANDLE = 0, 1, 3, 4, 4, 5
DBMS_LOCK = Package("DBMS_LOCK", grantees=("EXECUTE_CATALOG_ROLE",), constants={
    "NL_MODE": 1, "SS_MODE": 2, "SX_MODE": 3, "S_MODE": 4, "SSX_MODE": 5, "X_MODE": 6, "MAXWAIT": MAXWAIT})
_FIRST_HANDLE = 1073741824
_COMPATIBLE = {1: {1, 2, 3, 4, 5, 6}, 2: {1, 2, 3, 4, 5}, 3: {1, 2, 3}, 4: {1, 2, 4}, 5: {1, 2}, 6: {1}}


@dataclasses.dataclass(eq=False)
class _Locks:
    """The user locks of an instance: who holds what, and the names that ALLOCATE_UNIQUE knows."""

    changed: threading.Condition = dataclasses.field(default_factory=threading.Condition)
    held: dict[int, weakref.WeakKeyDictionary[Any, int]] = dataclasses.field(default_factory=dict)
    names: dict[str, int] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class _Holder:
    """A session's locks, given up when its package state is closed."""

    locks: _Locks
    session: weakref.ref[Any]

    def close(self) -> None:
        with self.locks.changed:
            for holders in self.locks.held.values():
                holders.pop(self.session(), None)
            self.locks.changed.notify_all()


_instances: weakref.WeakKeyDictionary[Any, _Locks] = weakref.WeakKeyDictionary()


def _locks(session: Any) -> _Locks:
    locks = _instances.setdefault(session.database, _Locks())
    session.package_state.setdefault("DBMS_LOCK", _Holder(locks, weakref.ref(session)))
    return locks


def _number(handle: Any) -> int | None:
    """Lock number of a handle or of an id from 0 to 1073741823."""
    text = str(handle or "0")
    if text.isdigit() and len(text) > 10:
        return int(text[:10])
    return int(text) if text.isdigit() and int(text) < _FIRST_HANDLE else None


def _acquire(session: Any, number: int | None, mode: int, timeout: int, *, convert: bool) -> int:
    if number is None:
        return ILLEGAL_HANDLE
    if mode not in _COMPATIBLE or timeout is None or timeout < 0:
        return PARAMETER_ERROR
    locks = _locks(session)
    end = time.monotonic() + timeout
    with locks.changed:
        holders = locks.held.setdefault(number, weakref.WeakKeyDictionary())
        if (session in holders) != convert:
            return NOT_OWNED if convert else ALREADY_OWN
        while not all(held in _COMPATIBLE[mode] for owner, held in holders.items() if owner is not session):
            if session.cancelled():
                raise OraError(1013, "user requested cancel of current operation")
            left = end - time.monotonic()
            if timeout < MAXWAIT and left <= 0:
                return TIMEOUT
            locks.changed.wait(min(left, 0.05) if timeout < MAXWAIT else 0.05)
        holders[session] = mode
        return SUCCESS


@DBMS_LOCK.routine("ALLOCATE_UNIQUE", [
    Param("lockname"), Param("lockhandle", "VARCHAR2", "OUT"), Param("expiration_secs", "INTEGER", default=864000)])
def allocate_unique(session: Any, lockname: str, lockhandle: None, expiration_secs: int) -> dict[str, Any]:
    """Commits (documented)."""
    session.commit()
    locks = _locks(session)
    with locks.changed:
        number = locks.names.setdefault(lockname, _FIRST_HANDLE + len(locks.names))
    return {"lockhandle": f"{number}{number}{number % 97:03d}"}


_REQUEST = [Param("lockmode", "INTEGER", default=6), Param("timeout", "INTEGER", default=MAXWAIT),
            Param("release_on_commit", "BOOLEAN", default=False)]


@DBMS_LOCK.routine("REQUEST", [Param("id", "INTEGER"), *_REQUEST], "NUMBER")
@DBMS_LOCK.routine("REQUEST", [Param("lockhandle"), *_REQUEST], "NUMBER")
def request(session: Any, lockmode: int, timeout: int, release_on_commit: bool, **lock: Any) -> int:
    """0 success, 1 timeout, 3 parameter error, 4 already own, 5 illegal handle."""
    if release_on_commit:
        raise not_simulated("DBMS_LOCK.REQUEST(release_on_commit => TRUE)")
    return _acquire(session, _number(*lock.values()), int(lockmode), int(timeout), convert=False)


_CONVERT = [Param("lockmode", "INTEGER"), Param("timeout", "NUMBER", default=MAXWAIT)]


@DBMS_LOCK.routine("CONVERT", [Param("id", "INTEGER"), *_CONVERT], "NUMBER")
@DBMS_LOCK.routine("CONVERT", [Param("lockhandle"), *_CONVERT], "NUMBER")
def convert(session: Any, lockmode: int, timeout: int, **lock: Any) -> int:
    return _acquire(session, _number(*lock.values()), int(lockmode), int(timeout), convert=True)


@DBMS_LOCK.routine("RELEASE", [Param("id", "INTEGER")], "NUMBER")
@DBMS_LOCK.routine("RELEASE", [Param("lockhandle")], "NUMBER")
def release(session: Any, **lock: Any) -> int:
    number = _number(*lock.values())
    if number is None:
        return ILLEGAL_HANDLE
    locks = _locks(session)
    with locks.changed:
        if locks.held.get(number, {}).pop(session, None) is None:
            return NOT_OWNED
        locks.changed.notify_all()
        return SUCCESS


@DBMS_LOCK.routine("SLEEP", [Param("seconds", "NUMBER")])
def sleep(session: Any, seconds: Any) -> None:
    pause(session, seconds)

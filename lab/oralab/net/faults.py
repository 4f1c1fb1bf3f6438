# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand at the listener: refused and dropped connections, slow and failing calls."""
from __future__ import annotations

import dataclasses
import re
import threading
import time
from typing import Protocol

from oralab.errors import Disconnect, OraError


class Prepared(Disconnect):
    """The connection goes, and its transaction stays in doubt, as when a coordinator vanishes between the phases of its commit."""


class Refused(Exception):
    """The listener refuses the connection with a TNS error number."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"ORA-{code:05d}")


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """One call of a client. ``number`` counts the calls of its connection, the two of the logon included."""

    service: str
    user: str
    number: int
    function: str           # LOGON, EXECUTE, FETCH, COMMIT, ROLLBACK, PING, LOB, LOGOFF, ...
    statement: str = ""


class Faults(Protocol):
    """Consulted by the listener. Each method may sleep, or raise what shall happen."""

    def on_connect(self, service: str) -> None:
        """Before the connection is accepted; may raise ``Refused`` or ``Disconnect``."""
        ...

    def on_call(self, call: Call) -> None:
        """Before the call runs; may raise ``OraError`` (its answer) or ``Disconnect``."""
        ...

    def on_reply(self, call: Call) -> None:
        """After the call ran: whoever disconnects here leaves the client in doubt about it."""
        ...


@dataclasses.dataclass(slots=True)
class Fault:
    """One planned fault.

    ``at`` is ``connect``, ``call`` or ``reply``. The patterns are regular expressions that must be found (``function``
    matches whole). The fault happens at the ``nth`` event that they select, and ``times`` times. First it waits
    ``delay`` seconds; then ``code`` is the ORA number to fail with (``message`` its text), or ``drop`` drops the
    connection; ``prepare`` drops it too and leaves its transaction in doubt.
    """

    at: str
    service: str = ""
    user: str = ""
    function: str = ""
    statement: str = ""
    nth: int = 1
    times: int = 1
    delay: float = 0.0
    code: int = 0
    message: str = "fault injected"
    drop: bool = False
    prepare: bool = False
    seen: int = 0

    def selects(self, at: str, call: Call) -> bool:
        """Whether this is an event the fault waits for."""
        return (self.at == at and bool(re.search(self.service, call.service, re.IGNORECASE))
                and bool(re.search(self.user, call.user, re.IGNORECASE))
                and (not self.function or bool(re.fullmatch(self.function, call.function, re.IGNORECASE)))
                and bool(re.search(self.statement, call.statement, re.IGNORECASE)))

    def happen(self) -> None:
        """Wait, then raise what was planned."""
        time.sleep(self.delay)
        if self.prepare:
            raise Prepared
        if self.drop:
            raise Disconnect
        if self.code:
            raise Refused(self.code) if self.at == "connect" else OraError(self.code, self.message)


class FaultPlan:
    """``Faults`` from a list of planned ones; safe to change while connections are served."""

    def __init__(self, *faults: Fault) -> None:
        self._faults = list(faults)
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Plan one more."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Forget what has not happened yet."""
        with self._lock:
            self._faults.clear()

    def _event(self, at: str, call: Call) -> None:
        due = []
        with self._lock:
            for fault in self._faults:
                if fault.selects(at, call):
                    fault.seen += 1
                    if fault.nth <= fault.seen < fault.nth + fault.times:
                        due.append(fault)
        for fault in due:
            fault.happen()

    def on_connect(self, service: str) -> None:
        """See ``Faults``."""
        self._event("connect", Call(service, "", 0, "CONNECT"))

    def on_call(self, call: Call) -> None:
        """See ``Faults``."""
        self._event("call", call)

    def on_reply(self, call: Call) -> None:
        """See ``Faults``."""
        self._event("reply", call)

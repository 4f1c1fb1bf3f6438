# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listener's side of ``lsnrctl``: what it does when it is told to, and what it says of itself."""
from __future__ import annotations

import dataclasses
import datetime
from multiprocessing.connection import Connection

from oralab.net.listener import STATIC, Listener


@dataclasses.dataclass(frozen=True, slots=True)
class Handler:
    """What connections for a service are handed to; ``status`` is READY, BLOCKED, RESTRICTED or UNKNOWN."""

    service: str
    instance: str
    status: str
    established: int


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """The state of a listener. ``failed`` is the error of a start."""

    listening: bool
    name: str
    host: str
    port: int
    version: tuple[int, ...]
    started: datetime.datetime | None = None
    handlers: tuple[Handler, ...] = ()
    failed: str = ""


def _report(listener: Listener, failed: str = "") -> Report:
    handlers = [Handler(name, database.sid_name(), state, listener.established[name.lower(), database.sid_name(), state == STATIC])
                for database, name, state in listener.registrations()]
    return Report(listener.listening, listener.name, listener.host, listener.port, listener.databases[0].version, listener.started,
                  tuple(sorted(handlers, key=lambda one: (one.service.lower(), one.status != STATIC, one.instance))), failed)


def serve(listener: Listener, conversation: Connection) -> None:
    """One conversation: a verb (``status``, ``reload``, ``stop``, ``start``), and the state after it."""
    verb, failed = conversation.recv(), ""
    if verb == "reload" and listener.listening:
        listener.reload()
    elif verb == "stop":
        listener.stop_listening()
    elif verb == "start" and not listener.listening:
        try:
            listener.start()
        except OSError as error:
            failed = error.strerror or str(error)
    conversation.send(_report(listener, failed))

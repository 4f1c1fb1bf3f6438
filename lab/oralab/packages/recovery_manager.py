# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Recovery Manager's client and an instance say to each other over Oracle Net: the conversation that local ones have by a socket.

A conversation outlives the session that began it, as RMAN goes on after it has restarted the instance.
"""
from __future__ import annotations

import multiprocessing
import re
import secrets
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Final

from oralab.packages.registry import Package, signature
from oralab.storage import records
from oralab.tools.control import Hello

_LARGEST: Final = 20_000
_WAIT_SECONDS: Final = 0.5


def from_rman(session: Any) -> bool:
    """Whether the session is one of Recovery Manager's clients."""
    return session.privilege in ("SYSDBA", "SYSBACKUP") and bool(re.fullmatch(r"rman@\S+", session.logon.program))


LAB_RMAN = Package("LAB$RMAN", grantees=(), internal=from_rman)
_open: dict[str, Connection] = {}


@LAB_RMAN.routine("EXCHANGE", signature("request RAW, answer OUT RAW"))
def exchange(session: Any, request: bytes, answer: None) -> dict[str, bytes]:
    operation, arguments = records.load(request)
    return {"answer": records.dump(_OPERATIONS[operation](session, **arguments))}


def _begin(session: Any, environment: dict[str, str]) -> str:
    from oralab.tools import rman_server
    ours, theirs = multiprocessing.Pipe()
    token = secrets.token_hex(8)
    hello = Hello("rman", session.privilege, "rman", 0, environment)

    def serve() -> None:
        with theirs:
            try:
                rman_server.serve(session.database, theirs, hello)
            except (EOFError, OSError):
                return      # the client is gone
    _open[token] = ours
    threading.Thread(target=serve, name="rman over the network", daemon=True).start()
    return token


def _send(session: Any, token: str, command: Any) -> bool:
    _open[token].send(command)
    return True


def _receive(session: Any, token: str) -> list[Any]:
    """What has been said since, as far as it fits; nothing after a while of silence. A conversation that ended says so."""
    found: list[Any] = []
    size, conversation = 0, _open[token]
    try:
        while size < _LARGEST and conversation.poll(0 if found else _WAIT_SECONDS):
            message = conversation.recv()
            size += len(records.dump(message))
            found.append(message)
    except (EOFError, OSError):
        found.append(("gone", []))
    return found


def _finish(session: Any, token: str) -> bool:
    conversation = _open.pop(token, None)
    if conversation is not None:
        conversation.close()
    return True


def _password_file(session: Any) -> bytes:
    """The password file, which active duplication copies first (transcript)."""
    with open(session.database.password_file.path, "rb") as file:
        return file.read()


_OPERATIONS: Final[dict[str, Callable[..., Any]]] = {"begin": _begin, "send": _send, "receive": _receive, "finish": _finish, "password file": _password_file}

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local channel between an instance and the tools of its ORACLE_HOME: a Unix socket beside the database.

Whoever may open the socket is the Oracle owner, as whoever is in the group ``dba`` is for the real tools. A connection is
one conversation: a ``Hello`` that names the service, then whatever that service and its client say to each other.
"""
from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.connection import Client, Connection, Listener

from oralab import api

_NAME = "control"
_LONGEST = 100
"""Longest path of a socket that every system takes, in bytes."""
Service = Callable[[Connection, "Hello"], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Hello:
    """How a conversation begins: the service wanted, the administrative privilege, and who asks."""

    service: str
    privilege: str = "SYSDBA"
    program: str = ""
    pid: int = 0
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """ORACLE_SID, NLS_DATE_FORMAT and NLS_LANG, where the tool was given them."""

    def logon(self) -> api.Logon:
        """The logon of a tool that operating-system authentication let in."""
        host = socket.gethostname()
        return api.Logon("SYS", "SYS$USERS", self.privilege, os_authenticated=True, program=f"{self.program}@{host} (TNS V1-V3)",
                         machine=host, os_user="oracle", pid=str(self.pid))


@contextlib.contextmanager
def _address(directory: str) -> Iterator[str]:
    """The socket's address; of a directory whose path is too long for a socket, by way of an open descriptor."""
    path = os.path.join(directory, _NAME)
    if len(os.fsencode(path)) <= _LONGEST:
        yield path
        return
    descriptor = os.open(directory, os.O_PATH)
    try:
        yield f"/proc/self/fd/{descriptor}/{_NAME}"
    finally:
        os.close(descriptor)


class ControlServer:
    """Serves conversations, each in a thread of its own, from ``start`` to ``stop``."""

    def __init__(self, directory: str, services: Mapping[str, Service], logger: logging.Logger) -> None:
        self.directory = directory
        self.services = services
        self._logger = logger
        self._listener: Listener | None = None

    def start(self) -> None:
        os.chmod(self.directory, 0o700)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self.directory, _NAME))
        with _address(self.directory) as address:
            self._listener = Listener(address, "AF_UNIX")
        os.chmod(os.path.join(self.directory, _NAME), 0o600)
        threading.Thread(target=self._accept, args=(self._listener,), name="control", daemon=True).start()

    def stop(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self.directory, _NAME))

    def _accept(self, listener: Listener) -> None:
        while True:
            try:
                conversation = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conversation,), name="local server process", daemon=True).start()

    def _serve(self, conversation: Connection) -> None:
        with conversation:
            try:
                hello = conversation.recv()
                self.services[hello.service](conversation, hello)
            except (EOFError, OSError) as error:
                self._logger.debug("conversation ended: %r", error)
            except Exception:
                self._logger.exception("conversation failed")


def connect(directory: str, hello: Hello) -> Connection:
    """Begin a conversation with the instance of a database directory. OSError when no instance process runs."""
    with _address(directory) as address:
        conversation = Client(address, "AF_UNIX")
    conversation.send(hello)
    return conversation


def database_directory(environment: Mapping[str, str]) -> str | None:
    """The database that ORACLE_HOME and ORACLE_SID mean: ``$ORACLE_HOME/dbs/<SID>.lab`` holds its directory; None without one."""
    with contextlib.suppress(OSError):
        with open(_pointer(environment.get("ORACLE_HOME", ""), environment.get("ORACLE_SID", "")), encoding="utf-8") as file:
            return file.read().strip()
    return None


def name_database(home: str, sid: str, directory: str) -> None:
    """An instance of a home belongs to the database of a directory from now on."""
    with open(_pointer(home, sid), "w", encoding="utf-8") as file:
        file.write(directory + "\n")


def _pointer(home: str, sid: str) -> str:
    return os.path.join(home, "dbs", f"{sid}.lab")

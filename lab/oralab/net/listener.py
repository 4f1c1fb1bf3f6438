# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listener: accepts connections for the services of several databases and gives each a server process."""
from __future__ import annotations

import collections
import contextlib
import datetime
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from oralab.api import Database, Logon, Session, Verifier
from oralab.errors import Disconnect, OraError
from oralab.net import names
from oralab.net.faults import FaultPlan, Faults, Refused
from oralab.net.packet import Closed, Packets
from oralab.net.ttc import ServerProcess

NO_SUCH_SERVICE, NO_SUCH_SID, NO_SUCH_INSTANCE, NO_HANDLER, NOT_SPAWNED = 12514, 12505, 12521, 12520, 12518
SID_SERVICE: Final = "SYS$USERS"     # the service of sessions that named a SID
REFUSED_STATES: Final = {"BLOCKED": 12528, "RESTRICTED": 12526}
STATIC: Final = "UNKNOWN"
"""The state of a static entry: the listener does not know what its instance does, and hands every connection over."""
PREFERRED: Final = ("READY", STATIC)
SWITCH_INTERVAL: Final = 0.0005      # seconds; many connections answer short calls, so threads must change quickly
BACKLOG: Final = 256


class Idle:
    """An instance that a static entry names and that does not exist: its server process finds no shared memory."""

    def __init__(self, sid: str, oracle_home: str, version: tuple[int, int, int, int, int]) -> None:
        self._sid = sid
        self.oracle_home = oracle_home
        self.version = version

    def services(self) -> Mapping[str, str]:
        return {}

    def sid_name(self) -> str:
        return self._sid

    def verifier(self, user: str, privilege: str) -> Verifier | None:
        raise OraError(1034, "ORACLE not available", stack=["ORA-27101: shared memory realm does not exist"])

    def failed_logon(self, user: str) -> None:
        """There is nobody who would count."""

    def logon(self, request: Logon) -> Session:
        raise OraError(1034, "ORACLE not available", stack=["ORA-27101: shared memory realm does not exist"])

    def time_zone(self) -> str:
        return "+00:00"


class Listener:
    """Listens on ``host`` and ``port`` (0: a free one; ``port`` tells which) from ``start`` to ``stop``.

    ``databases`` are asked at every connection which services they offer, so instances may come, go and change their
    state while the listener runs. Errors of the lab itself are logged to ``logger`` with their traceback.

    Static entries of ``listener.ora`` below ``oracle_home`` are read at the start and when it is told to, under the listener's ``name``.
    They need no instance: through them one is reached that is not open (which blocks or restricts its own registrations) or not started.
    """

    def __init__(self, host: str, port: int, databases: Iterable[Database], *, faults: Faults | None = None,
                 logger: logging.Logger | None = None, oracle_home: str = "", name: str = "LISTENER") -> None:
        self.host = host
        self.port = port
        self.name = name
        self.oracle_home = oracle_home
        self.static: list[names.Static] = []
        self.started: datetime.datetime | None = None
        self.established: collections.Counter[tuple[str, str, bool]] = collections.Counter()
        """Connections by service, SID and whether a static entry led there."""
        self.databases = list(databases)
        self.faults = faults or FaultPlan()
        self._logger = logger or logging.getLogger("oralab.net")
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, ServerProcess | None] = {}
        self._socket: socket.socket | None = None

    def start(self) -> None:
        """Begin to listen; raises ``OSError`` when the port is taken."""
        sys.setswitchinterval(min(SWITCH_INTERVAL, sys.getswitchinterval()))
        self._socket = socket.create_server((self.host, self.port), backlog=BACKLOG)
        self.port = self._socket.getsockname()[1]
        self.started = datetime.datetime.now()
        self.reload()
        threading.Thread(target=self._accept, args=(self._socket,), name=f"listener {self.port}", daemon=True).start()

    def reload(self) -> None:
        """Read the static entries again."""
        self.static = names.static_services(names.admin_directory(self.oracle_home), self.name) if self.oracle_home else []

    @property
    def listening(self) -> bool:
        return self._socket is not None

    def stop(self) -> None:
        """Stop listening and drop all connections; the calls that run come to their end by themselves."""
        self.stop_listening()
        self._drop(lambda process: True)

    def stop_listening(self) -> None:
        """Stop listening; connections stay, as they are the server processes' own."""
        if self._socket is not None:
            # Only a shutdown wakes the thread that waits in accept.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None

    def disconnect(self, database: Database, sid: int | None = None) -> int:
        """Drop the connections of a database, or of one session of it, as when its server processes die; how many."""
        return self._drop(lambda process: process is not None and process.database is database and (
            sid is None or process.session is not None and process.session.sid == sid))

    def _drop(self, chosen: Callable[[ServerProcess | None], bool]) -> int:
        with self._lock:
            dropped = [sock for sock, process in self._connections.items() if chosen(process)]
        for sock in dropped:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        return len(dropped)

    # -- connections

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                sock, _ = listening.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._connections[sock] = None
            threading.Thread(target=self._serve, args=(sock,), name="server process", daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            packets = Packets(sock)
            packets.read_connect()
            try:
                database, service = self._handler(packets)
                self.faults.on_connect(service)
            except Refused as refused:
                packets.refuse(refused.code)
                return
            packets.accept()
            process = ServerProcess(packets, database, service, self.faults, self._logger)
            with self._lock:
                self._connections[sock] = process
            process.serve()
        except (Closed, Disconnect) as error:
            self._logger.debug("connection ended: %r", error)
        except Exception:
            self._logger.exception("connection failed")
        finally:
            with self._lock:
                del self._connections[sock]
            sock.close()

    def _handler(self, packets: Packets) -> tuple[Database, str]:
        """The database that serves a connect description, and its service; ``Refused`` when none does."""
        if packets.connect_field("SERVER").upper() in ("POOLED", "SHARED"):
            raise Refused(NO_HANDLER)
        service, sid = packets.connect_field("SERVICE_NAME"), packets.connect_field("SID")
        found = self._by_sid(sid) if sid else self._by_service(service)
        if not found:
            raise Refused(NO_SUCH_SID if sid else NO_SUCH_SERVICE)
        instance = packets.connect_field("INSTANCE_NAME").upper()
        found = [entry for entry in found if not instance or entry[0].sid_name().upper() == instance]
        if not found:
            raise Refused(NO_SUCH_INSTANCE)
        database, name, state = min(found, key=lambda entry: PREFERRED.index(entry[2]) if entry[2] in PREFERRED else len(PREFERRED))
        if isinstance(database, Idle) and not os.path.isdir(database.oracle_home):
            raise Refused(NOT_SPAWNED)
        # UR=A lets a client through to an instance that is not open to all (seen in connect descriptors for DUPLICATE).
        if state in REFUSED_STATES and packets.connect_field("UR").upper() != "A":
            raise Refused(REFUSED_STATES[state])
        self.established[name.lower(), database.sid_name(), state == STATIC] += 1
        return database, name

    def _by_service(self, wanted: str) -> list[tuple[Database, str, str]]:
        return [(database, name, state) for database, name, state in self.registrations() if name.lower() == wanted.lower()]

    def registrations(self) -> list[tuple[Database, str, str]]:
        """Instance, service and state of everything that it may hand a connection to."""
        return [*((database, name, state) for database in self.databases for name, state in self._services(database)),
                *((self._spawned(static), static.service, STATIC) for static in self.static)]

    def _spawned(self, static: names.Static) -> Database:
        """What a server process finds that is started in a home under a SID (which has upper and lower case)."""
        home = os.path.realpath(static.oracle_home or self.oracle_home)
        here = home == os.path.realpath(self.oracle_home)
        return next((database for database in self.databases if here and database.sid_name() == static.sid),
                    Idle(static.sid, home, self.databases[0].version))

    def _by_sid(self, wanted: str) -> list[tuple[Database, str, str]]:
        found = []
        for database in self.databases:
            services = self._services(database)
            if services and database.sid_name().upper() == wanted.upper():
                states = [state for _, state in services]
                found.append((database, SID_SERVICE, "READY" if "READY" in states else states[0]))
        return found + [(self._spawned(static), SID_SERVICE, STATIC) for static in self.static if static.sid.upper() == wanted.upper()]

    def _services(self, database: Database) -> list[tuple[str, str]]:
        try:
            return list(database.services().items())
        except OraError:
            return []

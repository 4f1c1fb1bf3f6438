# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process of one instance: its database, its listener and the local channel of its tools.

``python -m oralab.instance DIRECTORY --port N`` serves a database until SIGTERM, which shuts it down as SHUTDOWN IMMEDIATE does.
A process that is killed leaves a database that recovers at the next start. The process outlives SHUTDOWN and STARTUP, as
the listener of a host does.
"""
from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection

from oralab.catalog.database import Database
from oralab.catalog.instances import DOWN
from oralab.catalog.plugged import PluggedServices
from oralab.errors import OraError
from oralab.net.faults import Fault, FaultPlan
from oralab.net.listener import Listener
from oralab.packages import jobs
from oralab.tools import control, datapatch_server, dgmgrl_server, lsnrctl_server, rman_server, sqlplus_server
from oralab.tools.rman_records import Records

HOST = "127.0.0.1"
START_SECONDS = 180.0
"""How long a start may take, crash recovery included."""


class Instance:
    """One database being served, with all its instances. ``port`` 0 takes a free port."""

    def __init__(self, database: Database, directory: str, port: int, logger: logging.Logger, address: str = HOST) -> None:
        self.database = database
        self.logger = logger
        self.stopping = threading.Event()
        self.faults = FaultPlan()
        self.listener = Listener(address, port, database.instances, logger=logger, faults=self.faults, oracle_home=database.spec.oracle_home)
        self.control = control.ControlServer(directory, {
            "sqlplus": self._sqlplus, "rman": self._rman, "datapatch": self._datapatch, "status": self._status, "stop": self._stop,
            "dgmgrl": self._dgmgrl, "faults": self._plan_faults, "listener": self._listener}, logger)
        jobs.install(database)
        database.on_plugged += [jobs.install, lambda plugged: self.listener.databases.append(PluggedServices(plugged))]
        database.on_mount.append(Records.load)

    def start(self) -> None:
        self.listener.start()
        self.control.start()
        self.logger.info("instance %s listens on port %d", self.database.sid_name(), self.listener.port)

    def stop(self) -> None:
        self.listener.stop()
        if self.database.state != DOWN:
            self.database.shutdown("IMMEDIATE")
        self.control.stop()
        self.logger.info("instance %s is shut down", self.database.sid_name())

    # --- services of the local channel ---

    def _sqlplus(self, conversation: Connection, hello: control.Hello) -> None:
        sid = hello.environment.get("ORACLE_SID", "")
        named = self.database.instance(sid) if sid else self.database.instances[0]
        if named is None:
            named = self.database.further_instance(sid)
            self.listener.databases.append(named)
        sqlplus_server.serve(named, conversation, hello, self.listener)

    def _rman(self, conversation: Connection, hello: control.Hello) -> None:
        rman_server.serve(self.database, conversation, hello)

    def _datapatch(self, conversation: Connection, hello: control.Hello) -> None:
        datapatch_server.serve(self.database, conversation, hello)

    def _dgmgrl(self, conversation: Connection, hello: control.Hello) -> None:
        dgmgrl_server.serve(self.database, conversation)

    def _status(self, conversation: Connection, hello: control.Hello) -> None:
        conversation.send({"pid": os.getpid(), "port": self.listener.port, "state": self.database.state})

    def _listener(self, conversation: Connection, hello: control.Hello) -> None:
        lsnrctl_server.serve(self.listener, conversation)

    def _plan_faults(self, conversation: Connection, hello: control.Hello) -> None:
        connections, storage = conversation.recv()
        self.faults.clear()
        for fault in connections:
            self.faults.add(fault)
        self.database.faults.plan(**storage)
        conversation.send(True)

    def _stop(self, conversation: Connection, hello: control.Hello) -> None:
        conversation.send(True)
        self.stopping.set()


def spawn(directory: str, port: int, log: str, *, to: str = "OPEN", address: str = HOST, prefix: Sequence[str] = (),
          variables: Mapping[str, str] | None = None) -> int:
    """Start the process for a database directory and wait until it serves; its process id. ``prefix`` begins its command line, ``variables`` are added to
    its environment.

    TimeoutError when it does not within ``START_SECONDS``, ChildProcessError when it ends; both carry the end of the log.
    """
    environment = {**os.environ, **(variables or {}), "PYTHONPATH": os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}
    with open(log, "ab") as output:
        process = subprocess.Popen([*prefix, sys.executable, "-m", "oralab.instance", directory, "--address", address, "--port", str(port),
                                    "--to", to],
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, start_new_session=True)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ChildProcessError(f"the instance of {directory} ended with {process.returncode}:\n{_tail(log)}")
        with contextlib.suppress(OSError, EOFError):
            found = status(directory)
            if found is not None and found["pid"] == process.pid:
                return process.pid
        time.sleep(0.05)
    process.terminate()
    raise TimeoutError(f"the instance of {directory} did not start:\n{_tail(log)}")


def status(directory: str) -> dict[str, object] | None:
    """pid, port and state of the instance that serves a database directory; None when none does."""
    try:
        with control.connect(directory, control.Hello("status")) as conversation:
            found: dict[str, object] = conversation.recv()
            return found
    except (OSError, EOFError):
        return None


def plan_faults(directory: str, connections: Sequence[Fault] = (), **storage: object) -> None:
    """Tell the running instance of a database directory what shall go wrong; it takes the place of what was told before.

    ``storage`` sets attributes of ``oralab.storage.faults.Faults``. Without anything, all goes well again.
    """
    with control.connect(directory, control.Hello("faults")) as conversation:
        conversation.send((tuple(connections), storage))
        conversation.recv()


def _tail(log: str) -> str:
    with open(log, encoding="utf-8", errors="replace") as file:
        return file.read()[-2000:]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", help="directory of the database")
    parser.add_argument("--address", default=HOST, help="address of the listener")
    parser.add_argument("--port", type=int, default=0, help="port of the listener; 0 takes a free one")
    parser.add_argument("--to", default="OPEN", choices=("DOWN", "NOMOUNT", "MOUNT", "OPEN"), help="how far to start the instance")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logger = logging.getLogger("oralab")
    database = Database.open(options.directory, to=DOWN)
    instance = Instance(database, options.directory, options.port, logger, options.address)
    signal.signal(signal.SIGTERM, lambda number, frame: instance.stopping.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        if options.to != "DOWN":
            database.startup({"NOMOUNT": "STARTED", "MOUNT": "MOUNTED"}.get(options.to, options.to))
        instance.start()
    except (OraError, OSError) as error:
        logger.error("start failed: %s", error)
        return 1
    instance.stopping.wait()
    instance.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())

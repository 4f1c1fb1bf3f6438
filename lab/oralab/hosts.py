# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulated database host: its directory, its ORACLE_HOME, its database and the process that serves it.

::

    <host>/home/bin/                 the tools
    <host>/home/network/admin/       listener.ora and its kin, unless TNS_ADMIN is another directory, <host>/admin/network
    <host>/home/dbs/<SID>.lab        where the database of a SID is; beside it the password file
    <host>/oradata/                  the database with its datafiles
    <host>/recovery/                 the recovery area
    <host>/admin/                    what belongs to the database and is no file of it, such as its keystore
    <host>/alert.log                 what the instance says
    <host>/host.json                 address and port of the listener
"""
from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import signal
import socket
import stat
import sys
import time
from collections.abc import Mapping
from typing import Any

from oralab import instance
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.net import names
from oralab.tools import control, inventory, scripts, srvctl_databases

STOP_SECONDS = 120.0
_TOOLS = {name: f"oralab.tools.{name}_main" for name in ("dgmgrl", "lsnrctl", "orapwd", "rman", "sqlplus", "srvctl", "tnsping", "datapatch", "opatch", "java")}
_FOLDERS = {"datapatch": "OPatch", "opatch": "OPatch", "java": os.path.join("jdk", "bin")}
"""Of ORACLE_HOME, where it is not bin."""
_LISTENER = """# listener.ora Network Configuration File

LISTENER =
  (DESCRIPTION_LIST =
    (DESCRIPTION =
      (ADDRESS = (PROTOCOL = TCP)(HOST = {address})(PORT = {port}))
    )
  )
"""
_PLACE = re.compile(r"\(HOST = [^()]*\)\(PORT = \d+\)")
_WRAPPER = """#!/bin/sh
# {tool} of the simulated ORACLE_HOME
PYTHONPATH='{path}' exec '{python}' -X utf8 -m {module} "$@"
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """A host by its directory.

    ``address`` and ``first_port`` are what its listener gets at the first start; 0 takes a free port. ``prefix`` begins the command
    line of its process (see ``servers``).
    """

    directory: str
    address: str = instance.HOST
    first_port: int = 0
    prefix: tuple[str, ...] = ()

    @property
    def home(self) -> str:
        return os.path.join(self.directory, "home")

    @property
    def data(self) -> str:
        return os.path.join(self.directory, "oradata")

    @property
    def recovery(self) -> str:
        return os.path.join(self.directory, "recovery")

    @property
    def admin(self) -> str:
        return os.path.join(self.directory, "admin")

    @property
    def network(self) -> str:
        """Where the files of Oracle Net are: TNS_ADMIN where the server has such a directory."""
        named = os.path.join(self.admin, "network")
        return named if os.path.isdir(named) else os.path.join(self.home, "network", "admin")

    @property
    def variables(self) -> dict[str, str]:
        """What is set in the environment of whatever runs on the server."""
        return {"TNS_ADMIN": self.network} if self.network.startswith(self.admin) else {}

    @property
    def log(self) -> str:
        return os.path.join(self.directory, "alert.log")

    @property
    def listener(self) -> tuple[str, int]:
        """Address and port of the listener."""
        with open(os.path.join(self.directory, "host.json"), encoding="utf-8") as file:
            found = json.load(file)
            return str(found["address"]), int(found["port"])

    @property
    def port(self) -> int:
        return self.listener[1]

    def exists(self) -> bool:
        return os.path.exists(os.path.join(self.directory, "host.json"))

    def create(self, spec: DatabaseSpec, *, tns_admin: bool = False) -> Database:
        """Make the host's files and CREATE DATABASE; the database is open in this process, for whoever fills it. ``tns_admin``: Oracle Net's are not in
        ORACLE_HOME.
        """
        if tns_admin:
            os.makedirs(os.path.join(self.admin, "network"), mode=0o700)
        folders = (os.path.join(self.home, name) for name in ("bin", "dbs", "lib", *_FOLDERS.values()))
        for path in (self.directory, *folders, os.path.dirname(self._listener_ora), self.recovery):
            os.makedirs(path, mode=0o700, exist_ok=True)
        with open(self._listener_ora, "w", encoding="utf-8"):
            pass
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        for tool, module in _TOOLS.items():
            path = os.path.join(self.home, _FOLDERS.get(tool, "bin"), tool)
            with open(path, "w", encoding="utf-8") as file:
                file.write(_WRAPPER.format(tool=tool, path=package, python=sys.executable, module=module))
            os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        inventory.equip(self.home, spec)
        scripts.install(self.home)
        self._register(spec)
        for sid in spec.instances or (spec.instance_name,):
            control.name_database(self.home, sid, self.data)
        spec = dataclasses.replace(spec, oracle_home=self.home, parameters={
            "db_recovery_file_dest": self.recovery, "db_recovery_file_dest_size": "10G", **spec.parameters})
        return Database.create(self.data, spec)

    def _register(self, spec: DatabaseSpec) -> None:
        """What clusterware has on record once the database is made."""
        registry = srvctl_databases.Registry(self.home)
        if spec.instances or spec.oracle_restart:
            own = srvctl_databases.Registration(spec.db_unique_name, self.home, spec.name, spec.domain, instance=spec.instance_name, node=spec.host,
                                                rac=bool(spec.instances), instances=spec.instances, nodes=(spec.host,) * len(spec.instances))
            registry.install(srvctl_databases.CLUSTER if spec.instances else srvctl_databases.RESTART, spec.host, [own])
        elif spec.clusterware:
            registry.install(spec.clusterware, spec.host)

    def start(self) -> int:
        """Start the process unless it runs; the listener's port, the same at every start."""
        found = instance.status(self.data)
        if found is None:
            address, port = self.listener if self.exists() else (self.address, self.first_port or free_port(self.address))
            self._remember(address, port)
            self._write_listener(address, port)
            instance.spawn(self.data, port, self.log, address=address, prefix=self.prefix, variables=self.variables)
        return self.port

    @property
    def _listener_ora(self) -> str:
        return os.path.join(self.network, "listener.ora")

    def _write_listener(self, address: str, port: int) -> None:
        """The listener's place stands in listener.ora, as an installation leaves it; one that moved with the lab takes nothing else with it."""
        with open(self._listener_ora, "a+", encoding="utf-8") as file:
            file.seek(0)
            text = file.read()
            found = names.listener_address(os.path.dirname(self._listener_ora), "LISTENER")
            if found == (address, port):
                return
            text = _PLACE.sub(f"(HOST = {address})(PORT = {port})", text, count=1) if found else _LISTENER.format(address=address, port=port) + text
            file.truncate(0)
            file.write(text)

    def _remember(self, address: str, port: int) -> None:
        with open(os.path.join(self.directory, "host.json"), "w", encoding="utf-8") as file:
            json.dump({"address": address, "port": port}, file)

    def stop(self, *, abort: bool = False) -> bool:
        """Shut the instance down (``abort``: kill its process) and wait until it is gone; whether it ran."""
        found = instance.status(self.data)
        if found is None:
            return False
        pid = int(str(found["pid"]))
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL if abort else signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while _alive(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                deadline += STOP_SECONDS
            time.sleep(0.05)
        return True


def _alive(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rsplit(")", 1)[-1].split()[0] != "Z"
    return True


def free_port(address: str) -> int:
    """A port of an address of this machine that nobody listens on."""
    with socket.create_server((address, 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def restart(data: str, *, to: str = "OPEN") -> None:
    """Start the process of a database directory anew, after it was killed."""
    host = Host(os.path.dirname(data))
    address, port = host.listener
    instance.spawn(data, port, host.log, to=to, address=address, variables=host.variables)


def local_dsn(environment: Mapping[str, Any]) -> str | None:
    """The connect string of the database that ORACLE_SID means, None without one."""
    data = control.database_directory(environment)
    if data is None:
        return None
    spec = Database.open(data, to="DOWN").spec
    address, port = Host(os.path.dirname(data)).listener
    return f"{address}:{port}/{spec.default_service}"

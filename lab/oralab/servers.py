# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machines that databases of a lab live on, and how Ansible reaches them.

========== ============================================================================================================
local      this machine, without ssh
loopback   an sshd for each database on an address of the loopback interface; files, processes and the account are one's own
namespaces a network namespace for each database, with an address, a host name, the accounts ``oracle`` (owner of database and
           ORACLE_HOME) and ``ansible`` (may sudo), /tmp, /home and an sshd of its own; needs root
========== ============================================================================================================

sshd keeps its defaults, MaxSessions and MaxStartups among them. What a namespace changes in /etc it changes for itself alone.
"""
from __future__ import annotations

import contextlib
import ctypes
import getpass
import hashlib
import ipaddress
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from oralab.hosts import free_port

SSHD = "/usr/sbin/sshd"
START_SECONDS = 120.0
OWNER, OWNER_ID, LOGIN, LOGIN_ID = "oracle", 54321, "ansible", 54323
_ACCOUNTS = {
    "passwd": (f"{OWNER}:x:{OWNER_ID}:{OWNER_ID}:Oracle software owner:/home/{OWNER}:/bin/bash",
               f"{LOGIN}:x:{LOGIN_ID}:{LOGIN_ID}:somebody who may become others:/home/{LOGIN}:/bin/bash"),
    "group": (f"oinstall:x:{OWNER_ID}:", f"dba:x:54322:{OWNER}", f"{LOGIN}:x:{LOGIN_ID}:"),
    "shadow": (f"{OWNER}:*:20000::::::", f"{LOGIN}:*:20000::::::"),
    "sudoers": (f"{LOGIN} ALL=(ALL) NOPASSWD: ALL",),
}
_PRIVATE = {"/tmp": 0o1777, "/var/tmp": 0o1777, "/home": 0o755, "/run": 0o755}
_BENCHMARKS = ipaddress.ip_network("198.18.0.0/15")
"""Addresses for tests between networks (RFC 2544), which no host has."""
_MS_BIND, _MS_REC = 0x1000, 0x4000


class Servers:
    """The servers of a lab: those of the kind ``local``, and what the other kinds have in common."""

    kind = "local"

    def __init__(self, directory: str) -> None:
        self.lab = directory
        self.directory = os.path.join(directory, "servers")

    def start(self, names: Sequence[str]) -> bool:
        """Start those that do not run; whether there were any."""
        return False

    def stop(self) -> None:
        """End every process on the servers and remove their files."""

    def address(self, name: str) -> str:
        """Where the listener of a server's database listens."""
        return "127.0.0.1"

    def shared_address(self) -> str:
        """Where all servers reach what this machine serves."""
        return "127.0.0.1"

    def port(self, name: str) -> int:
        """The port of that listener; 0 for any."""
        return 0

    def prefix(self, name: str) -> tuple[str, ...]:
        """What a command line begins with, so that it runs on the server, as the owner of the database."""
        return ()

    def give(self, path: str) -> None:
        """Make the owner of the databases the owner of a path and of what is below it."""

    def variables(self, name: str) -> dict[str, Any]:
        """How Ansible reaches the server: variables of its inventory entry."""
        return {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "dbferry_work_directory": os.path.join(self.lab, name, "work")}

    def shared_variables(self) -> dict[str, Any]:
        """Variables of all entries."""
        return {}


class Loopback(Servers):
    """An sshd for each database, on an address of the loopback interface."""

    kind = "loopback"
    owner = login = getpass.getuser()

    def start(self, names: Sequence[str]) -> bool:
        missing = [name for name in names if self._pid(name) is None]
        if not missing:
            return False
        if not os.path.exists(SSHD):
            raise RuntimeError(f"{SSHD} is not there: install openssh-server")
        os.makedirs(self.directory, exist_ok=True)
        for path in (self.lab, self.directory):
            os.chmod(path, 0o711)
        with open(self._path("kind"), "w", encoding="utf-8") as file:
            file.write(self.kind + "\n")
        if not os.path.exists(self._path("key")):
            self._new_key(self._path("key"))
        for name in missing:
            self._prepare(name, names.index(name) + 2)
        self._remember(names)
        for name in missing:
            self._begin(name)
        return True

    def stop(self) -> None:
        for pid in list(self._processes()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.directory, ignore_errors=True)

    def address(self, name: str) -> str:
        return str(self._known()[name]["address"])

    def variables(self, name: str) -> dict[str, Any]:
        known = self._known()[name]
        return {"ansible_host": known["address"], "ansible_port": known["port"],
                "dbferry_work_directory": os.path.join(self.lab, name, "work")}

    def shared_variables(self) -> dict[str, Any]:
        return {"ansible_user": self.owner, "lab_owner": self.owner, "lab_login": self.login, "ansible_python_interpreter": "/usr/bin/python3",
                "ansible_ssh_private_key_file": self._path("key"),
                "ansible_ssh_common_args": f"-o UserKnownHostsFile={self._path('known_hosts')} -o IdentitiesOnly=yes"}

    # --- one server ---

    def _prepare(self, name: str, number: int) -> None:
        """Write its files and choose its address."""
        os.makedirs(self._path(name), mode=0o711, exist_ok=True)
        digest = hashlib.sha256(self.lab.encode()).digest()
        address = f"127.{digest[0] or 1}.{digest[1]}.{number}"
        self._configure(name, address, free_port(address))

    def _configure(self, name: str, address: str, port: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(name, "host_key"))
        self._new_key(self._path(name, "host_key"))
        with open(self._path(name, "sshd_config"), "w", encoding="utf-8") as file:
            file.write(f"ListenAddress {address}:{port}\nHostKey {self._path(name, 'host_key')}\n"
                       f"AuthorizedKeysFile {self._path('key.pub')}\nStrictModes no\nUsePAM no\nPidFile none\n"
                       "PasswordAuthentication no\nPermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n")
        with open(self._path(name, "server.json"), "w", encoding="utf-8") as file:
            json.dump({"name": name, "address": address, "port": port}, file)

    def _begin(self, name: str) -> None:
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        with open(self._path(name, "sshd.log"), "ab") as log:
            subprocess.Popen([SSHD, "-D", "-e", "-f", self._path(name, "sshd_config")], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                             start_new_session=True)
        self._await(name)

    def _await(self, name: str) -> None:
        known = self._server(name)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection((known["address"], known["port"]), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    with open(self._path(name, "sshd.log"), encoding="utf-8", errors="replace") as log:
                        raise TimeoutError(f"the sshd of {name} did not start:\n{log.read()[-2000:]}") from None
                time.sleep(0.05)

    def _pid(self, name: str) -> int | None:
        """The process of its sshd."""
        wanted = self._path(name, "sshd_config")
        return next((pid for pid, line in _command_lines() if wanted in line and SSHD in line), None)

    def _processes(self) -> Iterator[int]:
        """Every process on the servers: sshd and what began below it."""
        ours = {pid for pid, line in _command_lines() if self.directory + os.sep in line and SSHD in line}
        parents = {int(pid): _parent(int(pid)) for pid in os.listdir("/proc") if pid.isdigit()}
        while more := {pid for pid, parent in parents.items() if parent in ours and pid not in ours}:
            ours |= more
        yield from ours - {os.getpid()}

    # --- files ---

    def _path(self, *parts: str) -> str:
        return os.path.join(self.directory, *parts)

    def _server(self, name: str) -> dict[str, Any]:
        with open(self._path(name, "server.json"), encoding="utf-8") as file:
            found: dict[str, Any] = json.load(file)
            return found

    def _known(self) -> dict[str, dict[str, Any]]:
        names = [name for name in os.listdir(self.directory) if os.path.exists(self._path(name, "server.json"))]
        return {name: self._server(name) for name in names}

    def _remember(self, names: Sequence[str]) -> None:
        with open(self._path("known_hosts"), "w", encoding="utf-8") as file:
            for name in names:
                known = self._server(name)
                with open(self._path(name, "host_key.pub"), encoding="utf-8") as key:
                    where = known["address"] if known["port"] == 22 else f"[{known['address']}]:{known['port']}"
                    file.write(f"{where} {' '.join(key.read().split()[:2])}\n")

    @staticmethod
    def _new_key(path: str) -> None:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", path], check=True, capture_output=True)


class Namespaces(Loopback):
    """A network namespace for each database, on one bridge."""

    kind = "namespaces"
    owner, login = OWNER, LOGIN

    def start(self, names: Sequence[str]) -> bool:
        if all(self._pid(name) is not None for name in names):
            return False
        self._bridge()
        return super().start(names)

    def stop(self) -> None:
        super().stop()
        for link in _links():
            if link["ifname"].startswith(self._link_name("")):
                subprocess.run(["ip", "link", "delete", link["ifname"]], check=False, capture_output=True)

    def shared_address(self) -> str:
        return str(self._network()[1])

    def port(self, name: str) -> int:
        return 1521

    def prefix(self, name: str) -> tuple[str, ...]:
        return ("nsenter", "--target", str(self._pid(name)), "--net", "--uts", "--mount", "setpriv", f"--reuid={OWNER}", "--regid=oinstall",
                "--init-groups", "env", f"HOME=/home/{OWNER}", f"USER={OWNER}", f"LOGNAME={OWNER}")

    def give(self, path: str) -> None:
        for directory, _, files in os.walk(path):
            for entry in (directory, *(os.path.join(directory, file) for file in files)):
                os.chown(entry, OWNER_ID, OWNER_ID, follow_symlinks=False)

    def variables(self, name: str) -> dict[str, Any]:
        return {"ansible_host": self.address(name)}

    # --- one server ---

    def _prepare(self, name: str, number: int) -> None:
        os.makedirs(self._path(name, "etc"), mode=0o711, exist_ok=True)
        address = str(self._network()[number])
        self._configure(name, address, 22)
        for file, lines in _ACCOUNTS.items():
            self._write_etc(name, file, lines)
        self._write_etc(name, "hostname", [name], afresh=True)

    def _write_etc(self, name: str, file: str, lines: Sequence[str], *, afresh: bool = False) -> None:
        """The machine's own file of /etc, with these lines in the place of those that begin alike."""
        source, kept = f"/etc/{file}", []
        if os.path.exists(source) and not afresh:
            with open(source, encoding="utf-8") as text:
                ours = {line.split(":")[0].split(" ")[0] for line in lines}
                kept = [line for line in text.read().splitlines() if line.split(":")[0].split(" ")[0] not in ours]
        path = self._path(name, "etc", file)
        with open(path, "w", encoding="utf-8") as text:
            text.write("\n".join([*kept, *lines]) + "\n")
        os.chmod(path, {"shadow": 0o600, "sudoers": 0o440}.get(file, 0o644))

    def _begin(self, name: str) -> None:
        """A process in namespaces of its own arranges them, waits for its end of the cable, and becomes sshd."""
        known = [f"{known['address']} {known['name']}" for known in self._known().values()]
        self._write_etc(name, "hosts", ["127.0.0.1 localhost", *known], afresh=True)
        with open(self._path(name, "sshd.log"), "ab") as log:
            process = subprocess.Popen(
                ["unshare", "--net", "--uts", "--mount", sys.executable, "-m", "oralab.servers", self._path(name), self.lab],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True, text=True, cwd="/",
                env={**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(os.path.abspath(__file__)))})
        assert process.stdin is not None and process.stdout is not None
        with process.stdin as go, process.stdout as ready:
            if not ready.readline():
                with open(self._path(name, "sshd.log"), encoding="utf-8", errors="replace") as log_text:
                    raise RuntimeError(f"the namespace of {name} could not be made:\n{log_text.read()[-2000:]}")
            link = self._link_name(self._server(name)["address"].rsplit(".", 1)[1])
            _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", str(process.pid))
            _ip("link", "set", link, "master", self._link_name("b"), "up")
            go.write("go\n")
        self._await(name)

    def _processes(self) -> Iterator[int]:
        """Every process in the network namespaces of the servers."""
        spaces = {_namespace(pid) for pid, line in _command_lines() if self.directory + os.sep in line and SSHD in line} - {None}
        yield from (int(pid) for pid in os.listdir("/proc") if pid.isdigit() and _namespace(int(pid)) in spaces)

    # --- the network ---

    def _link_name(self, end: str) -> str:
        return f"lab{hashlib.sha256(self.lab.encode()).hexdigest()[:7]}{end}"

    def _network(self) -> ipaddress.IPv4Network:
        """The network of this lab: that of its bridge, or one that this machine knows nothing of."""
        taken = []
        for link in _links():
            for found in link.get("addr_info", []):
                if found["family"] == "inet":
                    network = ipaddress.IPv4Interface(f"{found['local']}/{found['prefixlen']}").network
                    if link["ifname"] == self._link_name("b"):
                        return network
                    taken.append(network)
        return next(network for network in _BENCHMARKS.subnets(new_prefix=24)
                    if not any(network.overlaps(other) for other in taken) and isinstance(network, ipaddress.IPv4Network))

    def _bridge(self) -> None:
        name = self._link_name("b")
        if any(link["ifname"] == name for link in _links()):
            return
        network = self._network()
        _ip("link", "add", name, "type", "bridge")
        _ip("address", "add", f"{network[1]}/{network.prefixlen}", "dev", name)
        _ip("link", "set", name, "up")


KINDS: Mapping[str, type[Servers]] = {kind.kind: kind for kind in (Servers, Loopback, Namespaces)}


def of(directory: str, kind: str | None = None) -> Servers:
    """The servers of the lab of a directory: those that there are, otherwise of this kind; ``ssh`` is the best that is possible here."""
    with contextlib.suppress(FileNotFoundError), open(os.path.join(directory, "servers", "kind"), encoding="utf-8") as file:
        kind = file.read().strip()
    return KINDS[_ssh_kind() if kind == "ssh" else kind or Servers.kind](directory)


def _ssh_kind() -> str:
    if os.geteuid() or not shutil.which("ip"):
        return Loopback.kind
    tried = subprocess.run(["unshare", "--net", "--uts", "--mount", "true"], check=False, capture_output=True)
    return Loopback.kind if tried.returncode else Namespaces.kind


# --- what the system knows ---

def _ip(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def _links() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_ip("-json", "address") or "[]")
    return found


def _command_lines() -> Iterator[tuple[int, str]]:
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
                yield int(pid), file.read().replace(b"\0", b" ").decode("utf-8", "replace")


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return int(file.read().rsplit(")", 1)[-1].split()[1])
    return 0


def _namespace(pid: int) -> str | None:
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/ns/net")
    return None


# --- inside a namespace ---

def _mount(source: str, target: str, kind: str, flags: int, options: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), kind.encode(), flags, options.encode()):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)


def _closed(path: str) -> str | None:
    """The first directory on the way to a path that not everybody may go through."""
    way = ""
    for part in path.strip("/").split("/"):
        way += "/" + part
        if os.path.isdir(way) and not os.stat(way).st_mode & 0o001:
            return way
    return None


def _arrange(server: str, lab: str) -> None:
    """Give this mount namespace directories of its own, but for what the lab consists of, and the server's files of /etc."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    kept = {path: os.open(path, os.O_PATH) for path in {package, sys.prefix, sys.base_prefix, lab}}
    closed = {way: 0o711 for path in kept if path != lab and (way := _closed(path))}
    for path, mode in {**_PRIVATE, **closed}.items():
        _mount("lab", path, "tmpfs", 0, f"mode={mode:o}")
    for path, descriptor in sorted(kept.items()):
        if not os.path.exists(path):
            os.makedirs(path)
            _mount(f"/proc/self/fd/{descriptor}", path, "none", _MS_BIND | _MS_REC, "")
    for file in os.listdir(os.path.join(server, "etc")):
        if os.path.exists(f"/etc/{file}"):
            _mount(os.path.join(server, "etc", file), f"/etc/{file}", "none", _MS_BIND, "")
    os.mkdir("/run/sshd", 0o755)
    for name, number in ((OWNER, OWNER_ID), (LOGIN, LOGIN_ID)):
        os.mkdir(f"/home/{name}", 0o700)
        os.chown(f"/home/{name}", number, number)


def main(server: str, lab: str) -> None:
    """Become the sshd of a server, in the namespaces that this process is in. ``server`` is the directory of its files."""
    with open(os.path.join(server, "server.json"), encoding="utf-8") as file:
        known = json.load(file)
    _arrange(server, lab)
    socket.sethostname(known["name"])
    print("ready", flush=True)
    if not sys.stdin.readline():
        sys.exit("nobody connected the network")
    _ip("link", "set", "lo", "up")
    _ip("address", "add", f"{known['address']}/24", "dev", "eth0")
    _ip("link", "set", "eth0", "up")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(null, descriptor)
    os.execv(SSHD, [SSHD, "-D", "-e", "-f", os.path.join(server, "sshd_config")])


if __name__ == "__main__":
    main(*sys.argv[1:])

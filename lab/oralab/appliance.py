# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Recovery Appliance, as far as the library of its backup module can tell: pieces of backups, kept under their handles for an account.

``python -m oralab.appliance DIRECTORY`` serves until SIGTERM. What was sent outlives the process. Whoever does not log on with the account of
the appliance, or asks for another service, is refused.

::

    <directory>/appliance.json       address, service and account (for the owner alone)
    <directory>/pieces/              a file each
    <directory>/appliance.log
"""
from __future__ import annotations

import argparse
import base64
import contextlib
import dataclasses
import http.client
import http.server
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import Any
from urllib.parse import quote, unquote

START_SECONDS = 30.0
SERVICE, USER = "zdlra", "RAVPC1"
_CHUNK = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class RecoveryAppliance:
    """The appliance of a directory."""

    directory: str
    address: str = "127.0.0.1"

    @property
    def _state(self) -> str:
        return os.path.join(self.directory, "appliance.json")

    def described(self) -> dict[str, Any]:
        """alias, user, password and pid. The alias is the connect identifier that its administrators give out."""
        with open(self._state, encoding="utf-8") as file:
            found: dict[str, Any] = json.load(file)
            return found

    def runs(self) -> bool:
        """Whether it, and no other one in its place, answers."""
        try:
            found = self.described()
            host, _, port = found["alias"].partition("/")[0].rpartition(":")
            connection = http.client.HTTPConnection(host, int(port), timeout=10)
            connection.request("HEAD", f"/{SERVICE}/", headers={"Authorization": authorization(found["password"])})
            return connection.getresponse().status == 200
        except (OSError, ValueError, http.client.HTTPException):
            return False

    def start(self) -> dict[str, Any]:
        """Start the process and wait until it serves: where it did before, if nobody else does, and with the same account. TimeoutError."""
        os.makedirs(os.path.join(self.directory, "pieces"), mode=0o700, exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}
        with open(os.path.join(self.directory, "appliance.log"), "ab") as log:
            process = subprocess.Popen([sys.executable, "-m", "oralab.appliance", self.directory, "--address", self.address],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if self.runs():
                return self.described()
            time.sleep(0.05)
        process.terminate()
        raise TimeoutError(f"the appliance of {self.directory} did not start")

    def stop(self) -> None:
        if self.runs():
            os.kill(int(self.described()["pid"]), signal.SIGTERM)


def authorization(password: str) -> str:
    return "Basic " + base64.b64encode(f"{USER}:{password}".encode()).decode()


class _Handler(http.server.BaseHTTPRequestHandler):
    """One request: PUT, GET, HEAD or DELETE of a piece; HEAD of none tells whether one may log on."""

    pieces: str
    authorization: str

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is worth a line."""

    def _answer(self, status: int, length: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _piece(self) -> str | None:
        """Where the piece is; None when the request was refused."""
        service, _, handle = self.path.lstrip("/").partition("/")
        if service != SERVICE:
            self._answer(421)
            return None
        if not secrets.compare_digest(self.headers.get("Authorization", ""), self.authorization):
            self._answer(401)
            return None
        return os.path.join(self.pieces, quote(unquote(handle), safe="") + ".piece") if handle else self.pieces

    def do_HEAD(self) -> None:
        path = self._piece()
        if path is not None:
            self._answer(200 if os.path.exists(path) else 404)

    def do_GET(self) -> None:
        path = self._piece()
        if path is None:
            return
        try:
            with open(path, "rb") as file:
                self._answer(200, os.fstat(file.fileno()).st_size)
                shutil.copyfileobj(file, self.wfile, _CHUNK)
        except OSError:
            self._answer(404)

    def do_PUT(self) -> None:
        path, left = self._piece(), int(self.headers.get("Content-Length", "0"))
        if path is None:
            return
        new = f"{path}.{threading.get_ident()}.new"
        with open(new, "wb") as file:
            while left and (data := self.rfile.read(min(left, _CHUNK))):
                file.write(data)
                left -= len(data)
        if left:
            os.unlink(new)
            return
        os.replace(new, path)
        self._answer(201)

    def do_DELETE(self) -> None:
        path = self._piece()
        if path is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            self._answer(204)


def _server(address: str, port: int) -> http.server.ThreadingHTTPServer:
    try:
        return http.server.ThreadingHTTPServer((address, port), _Handler)
    except OSError:
        return http.server.ThreadingHTTPServer((address, 0), _Handler)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory")
    parser.add_argument("--address", default="127.0.0.1")
    options = parser.parse_args()
    before: dict[str, Any] = {"alias": ":0/", "password": secrets.token_hex(8)}
    with contextlib.suppress(OSError):
        before = RecoveryAppliance(options.directory).described()
    _Handler.pieces = os.path.join(options.directory, "pieces")
    _Handler.authorization = authorization(before["password"])
    server = _server(options.address, int(before["alias"].partition("/")[0].rpartition(":")[2]))
    path = os.path.join(options.directory, "appliance.json")
    with open(path + ".new", "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        json.dump({"alias": f"{options.address}:{server.server_port}/{SERVICE}:dedicated", "user": USER, "password": before["password"],
                   "pid": os.getpid()}, file)
    os.replace(path + ".new", path)
    signal.signal(signal.SIGTERM, lambda number, frame: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())

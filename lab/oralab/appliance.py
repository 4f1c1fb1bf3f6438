# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Recovery Appliance, as far as the library of its backup module can tell: pieces of backups, kept under their handles for an account.

``python -m oralab.appliance DIRECTORY`` serves until SIGTERM. What was sent outlives the process. Whoever does not log on with the account of
the appliance, or asks for another service, is refused.

::

    <directory>/pieces/              a file each
"""
from __future__ import annotations

import base64
import contextlib
import http.client
import http.server
import os
import secrets
import shutil
import sys
import threading
from typing import Any
from urllib.parse import quote, unquote

from oralab.daemons import Daemon

SERVICE, USER = "zdlra", "RAVPC1"
_CHUNK = 1 << 20


class RecoveryAppliance(Daemon):
    """The appliance of a directory. It describes itself by alias, user and password; the alias is the connect identifier that its administrators give
    out. It starts where it was before, if nobody else is there, and with the same account.
    """

    module, name = "oralab.appliance", "appliance"

    @property
    def pieces(self) -> str:
        return os.path.join(self.directory, "pieces")

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


def _run(appliance: RecoveryAppliance) -> None:
    before: dict[str, Any] = {"alias": ":0/", "password": secrets.token_hex(8)}
    with contextlib.suppress(OSError):
        before = appliance.described()
    os.makedirs(appliance.pieces, mode=0o700, exist_ok=True)
    _Handler.pieces = appliance.pieces
    _Handler.authorization = authorization(before["password"])
    server = _server(appliance.address, int(before["alias"].partition("/")[0].rpartition(":")[2]))
    appliance.serve(server, {"alias": f"{appliance.address}:{server.server_port}/{SERVICE}:dedicated", "user": USER, "password": before["password"]})


if __name__ == "__main__":
    sys.exit(RecoveryAppliance.main(_run, __doc__))

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Object storage: a server with the API of S3, which moto is, for backups through a media manager.

``python -m oralab.object_store DIRECTORY --port N`` serves until SIGTERM. What is stored lives as long as the process. Requests
without the right credentials are refused (403), and tests may have others fail: ``PUT /_lab/fault?status=500&count=2&after=1``.

::

    <directory>/store.json           endpoint, bucket and credentials (for the owner alone)
    <directory>/store.log
"""
from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

START_SECONDS = 120.0
BUCKET = "backups"
FAULT = "/_lab/fault"
_POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


@dataclasses.dataclass(frozen=True, slots=True)
class ObjectStore:
    """The server of a directory."""

    directory: str
    address: str = "127.0.0.1"

    @property
    def _state(self) -> str:
        return os.path.join(self.directory, "store.json")

    def described(self) -> dict[str, Any]:
        """endpoint, bucket, access_key, secret_key and pid."""
        with open(self._state, encoding="utf-8") as file:
            found: dict[str, Any] = json.load(file)
            return found

    def runs(self) -> bool:
        """Whether it answers; without credentials it says no."""
        try:
            urllib.request.urlopen(self.described()["endpoint"], timeout=10).close()
        except urllib.error.HTTPError:
            return True
        except (OSError, ValueError):
            return False
        return True

    def start(self, port: int = 0) -> dict[str, Any]:
        """Start the process and wait until it serves. TimeoutError."""
        os.makedirs(self.directory, mode=0o700, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._state)
        environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}
        with open(os.path.join(self.directory, "store.log"), "ab") as log:
            process = subprocess.Popen([sys.executable, "-m", "oralab.object_store", self.directory, "--address", self.address, "--port", str(port)],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError, ValueError):
                return self.described()
            time.sleep(0.05)
        process.terminate()
        raise TimeoutError(f"the object storage of {self.directory} did not start")

    def stop(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            os.kill(int(self.described()["pid"]), signal.SIGTERM)
            os.unlink(self._state)

    def fail(self, status: int, count: int = 1, after: int = 0) -> None:
        """The next requests but the first ``after`` are answered with this status; 0 requests: all goes well again."""
        request = urllib.request.Request(f"{self.described()['endpoint']}{FAULT}?status={status}&count={count}&after={after}", method="PUT")
        urllib.request.urlopen(request, timeout=10).close()


class _Faulty:
    """The application, with what tests have fail."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._status, self._left, self._well = 0, 0, 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == FAULT:
            wanted = parse_qs(environ["QUERY_STRING"])
            with self._lock:
                self._status, self._left, self._well = (int(wanted[name][0]) for name in ("status", "count", "after"))
            start_response("204 No Content", [])
            return []
        with self._lock:
            failing = self._left > 0 and self._well == 0
            self._left, self._well = self._left - failing, max(0, self._well - 1)
        if failing:
            start_response(f"{self._status} Fault", [("Content-Length", "0")])
            return []
        return self._application(environ, start_response)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    # Read when moto is imported: every request needs credentials.
    os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.iam.models import iam_backends
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from moto.s3.models import s3_backends
    from werkzeug.serving import make_server

    iam = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    iam.create_user("us-east-1", "backup")
    iam.put_user_policy("backup", "backups", _POLICY)
    key = iam.create_access_key("backup")
    s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket(BUCKET, "us-east-1")
    server = make_server(options.address, options.port, _Faulty(DomainDispatcherApplication(create_backend_app)), threaded=True)
    path = os.path.join(options.directory, "store.json")
    with open(path + ".new", "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        json.dump({"endpoint": f"http://{options.address}:{server.port}", "bucket": BUCKET, "access_key": key.access_key_id,
                   "secret_key": key.secret_access_key, "pid": os.getpid()}, file)
    os.replace(path + ".new", path)
    signal.signal(signal.SIGTERM, lambda number, frame: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())

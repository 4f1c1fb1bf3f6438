# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Object storage: a server with the API of S3, which moto is, for backups through a media manager.

``python -m oralab.object_store DIRECTORY`` serves until SIGTERM. What is stored lives as long as the process. Requests
without the right credentials are refused (403), and tests may have others fail: ``PUT /_lab/fault?status=500&count=2&after=1``.
"""
from __future__ import annotations

import os
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from oralab.daemons import Daemon

BUCKET = "backups"
FAULT = "/_lab/fault"
_POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


class ObjectStore(Daemon):
    """The server of a directory. It describes itself by endpoint, bucket, access_key and secret_key."""

    module, name = "oralab.object_store", "store"

    def runs(self) -> bool:
        """Whether it answers; without credentials it says no."""
        try:
            urllib.request.urlopen(self.described()["endpoint"], timeout=10).close()
        except urllib.error.HTTPError:
            return True
        except (OSError, ValueError):
            return False
        return True

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


def _run(store: ObjectStore) -> None:
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
    server = make_server(store.address, 0, _Faulty(DomainDispatcherApplication(create_backend_app)), threaded=True)
    store.serve(server, {"endpoint": f"http://{store.address}:{server.port}", "bucket": BUCKET, "access_key": key.access_key_id,
                         "secret_key": key.secret_access_key})


if __name__ == "__main__":
    sys.exit(ObjectStore.main(_run, __doc__))

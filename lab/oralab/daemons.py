# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What serves beside the databases, each in a process of its own that says in a JSON file of its directory where it is.

::

    <directory>/<name>.json          how it is reached, credentials and pid (for the owner alone)
    <directory>/<name>.log
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
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol, Self

START_SECONDS = 120.0


class Server(Protocol):
    """One that listens already."""

    def serve_forever(self) -> None: ...

    def shutdown(self) -> None: ...


@dataclasses.dataclass(frozen=True)
class Daemon:
    """The process of a directory. ``module`` is what runs in it: ``python -m <module> DIRECTORY`` serves until SIGTERM."""

    module: ClassVar[str]
    name: ClassVar[str]

    directory: str
    address: str = "127.0.0.1"

    def _path(self, ending: str) -> str:
        return os.path.join(self.directory, f"{self.name}.{ending}")

    def described(self) -> dict[str, Any]:
        """What it said of itself when it last started, with its pid. OSError when it never did."""
        with open(self._path("json"), encoding="utf-8") as file:
            found: dict[str, Any] = json.load(file)
            return found

    def runs(self) -> bool:
        """Whether it answers where it said."""
        raise NotImplementedError

    def start(self) -> dict[str, Any]:
        """Start the process and wait until it serves; what it says of itself. TimeoutError."""
        os.makedirs(self.directory, mode=0o700, exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}
        with open(self._path("log"), "ab") as log:
            process = subprocess.Popen([sys.executable, "-m", self.module, self.directory, "--address", self.address],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError, ValueError):
                found = self.described()
                if found["pid"] == process.pid:
                    return found
            time.sleep(0.05)
        process.terminate()
        raise TimeoutError(f"{self.module} did not start in {self.directory}: see {self._path('log')}")

    def stop(self) -> None:
        if self.runs():
            os.kill(int(self.described()["pid"]), signal.SIGTERM)

    # --- in the process ---

    def serve(self, server: Server, description: Mapping[str, Any]) -> None:
        """Say where it is, and serve until SIGTERM."""
        path = self._path("json")
        with open(path + ".new", "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            json.dump({**description, "pid": os.getpid()}, file)
        os.replace(path + ".new", path)
        signal.signal(signal.SIGTERM, lambda number, frame: threading.Thread(target=server.shutdown).start())
        server.serve_forever()

    @classmethod
    def main(cls, run: Callable[[Self], None], description: str | None) -> int:
        """The process: ``run`` makes the server and has it served."""
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("directory")
        parser.add_argument("--address", default=cls.address)
        options = parser.parse_args()
        run(cls(options.directory, options.address))
        return 0

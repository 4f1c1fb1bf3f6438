# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for a lab's passwords in the command lines of all processes, as long as it is told to.

``watch.py begin DIRECTORY`` goes on in the background. What it has seen is in DIRECTORY/watch.json: how many command lines there were,
those of them that hold a password (shortened), and whether it saw the tools whose command lines matter.
"""
from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import sys
import time

INTERVAL = 0.02
TOOLS = ("server_job", "rman_main", "ansible-playbook", "ssh")


def watch(directory: pathlib.Path) -> None:
    databases = json.loads((directory / "endpoints.json").read_text())["databases"]
    secrets = [password.encode() for one in databases.values() for password in (*one["users"].values(), one["password"])]
    seen: dict[bytes, bool] = {}
    tools: set[str] = set()
    while (directory / "watch.pid").exists():
        news = False
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line = (process / "cmdline").read_bytes()
                if line not in seen:
                    news = True
                    seen[line] = any(secret in line for secret in secrets)
                    tools.update(tool for tool in TOOLS if tool.encode() in line)
        if news:
            found = {"lines": len(seen), "tools": sorted(tools), "secrets": [line[:60].decode(errors="replace") for line, bad in seen.items() if bad]}
            (directory / "watch.new").write_text(json.dumps(found))
            os.replace(directory / "watch.new", directory / "watch.json")
        time.sleep(INTERVAL)


def main(action: str, directory: pathlib.Path) -> None:
    pid = directory / "watch.pid"
    if action == "end":
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int(pid.read_text()), signal.SIGTERM)
            print("ended")
        pid.unlink(missing_ok=True)
        return
    if os.fork():
        return
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    pid.write_text(str(os.getpid()))
    watch(directory)


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))

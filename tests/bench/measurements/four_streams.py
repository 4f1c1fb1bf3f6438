# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Four parallel streams against one: large files by file_copy over a way on which each stream is as slow as a wide area network makes it.

The way is a stand-in for ssh, found first on the PATH: it runs the command here and lets so many bytes a second through. So latency and
window, which limit each stream by itself there, do so here; what is measured is that streams do not wait for each other.
"""
from __future__ import annotations

import pathlib
import shutil
import sys

from stand import RESULTS, Measurement, Stand
from thousand_files import copy, directories

FILES = 4
BYTES = 20 << 20
#: Bytes a second of one stream.
RATE = 1 << 20

SSH = """#!{python}
import subprocess, sys, time
with subprocess.Popen(["/bin/sh", "-c", sys.argv[-1]], stdin=subprocess.PIPE) as other:
    began, sent = time.monotonic(), 0
    while chunk := sys.stdin.buffer.read1(65536):
        other.stdin.write(chunk)
        other.stdin.flush()
        sent += len(chunk)
        time.sleep(max(0.0, began + sent / {rate} - time.monotonic()))
    other.stdin.close()
sys.exit(other.returncode)
"""


def slow_way() -> pathlib.Path:
    """A directory with an ssh that goes nowhere, slowly."""
    folder = RESULTS / "slow"
    folder.mkdir(exist_ok=True)
    (folder / "ssh").write_text(SSH.format(python=sys.executable, rate=RATE))
    (folder / "ssh").chmod(0o755)
    return folder


def measure(stand: Stand) -> Measurement:
    base = stand.inventory.parent / "staging"
    origin = base / "streams_from"
    origin.mkdir()
    names = [f"large{number}.dbf" for number in range(FILES)]
    for number, name in enumerate(names):
        (origin / name).write_bytes(bytes([65 + number]) * BYTES)
    path = slow_way()
    took = {}
    for streams in (1, FILES):
        target = base / f"streams_to_{streams}"
        target.mkdir()
        prepared = directories(origin, target)
        stand.play(prepared)
        empty = stand.play(prepared)
        task = copy(names)
        task["dbferry.oracle.file_copy"].update(purpose=f"BENCH{streams}", transport="ssh", ssh_host="target.invalid", streams=streams,
                                                ssh_python=sys.executable)
        took[streams] = stand.play([*prepared, task], first_on_path=path) - empty
        if sum(file.stat().st_size for file in target.iterdir()) != FILES * BYTES:
            raise RuntimeError("file_copy did not copy every file")
        shutil.rmtree(target)
    return Measurement("file_copy of four large files by one stream against four", took[1] / took[FILES],
                       {"one stream, seconds": round(took[1], 1), "four streams, seconds": round(took[FILES], 1), "bytes a file": BYTES,
                        "bytes a second of one stream": RATE}, at_least=3,
                       note="Each stream is held at its rate by a stand-in for ssh, as a wide area network would; both servers are this machine.")

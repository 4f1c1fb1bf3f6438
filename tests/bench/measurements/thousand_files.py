# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand small files from server to server: one call of file_copy against a loop of one task a file."""
from __future__ import annotations

import pathlib
import typing as t

from stand import Measurement, Stand

FILES = 1000
#: The loop is measured over so many of them and counted up: each costs the same.
LOOPED = 40
BYTES = 8192


def copy(names: t.List[str]) -> t.Dict[str, t.Any]:
    return {"dbferry.oracle.file_copy": {"purpose": "BENCH", "directory": "DBF_BENCH_FROM", "peer_directory": "DBF_BENCH_TO", "files": names,
                                         "transport": "local", "peer_entry": "dbtrg", "migration_id": "BENCH"},
            "delegate_to": "dbsrc", "register": "copied", "until": "copied.finished", "retries": 600, "delay": 1}


def directories(origin: pathlib.Path, target: pathlib.Path) -> t.List[t.Dict[str, t.Any]]:
    return [{"dbferry.oracle.directory": {"name": name, "path": str(path)}, "delegate_to": entry}
            for name, path, entry in (("DBF_BENCH_FROM", origin, "dbsrc"), ("DBF_BENCH_TO", target, "dbtrg"))]


def measure(stand: Stand) -> Measurement:
    base = stand.inventory.parent / "staging"
    origin, target, looped = (base / name for name in ("bench_from", "bench_to", "bench_looped"))
    for path in (origin, target, looped):
        path.mkdir()
    names = [f"file{number:04}.dbf" for number in range(FILES)]
    for name in names:
        (origin / name).write_bytes(name.encode() * (BYTES // len(name)))
    prepared = directories(origin, target)
    stand.play(prepared)
    empty = stand.play(prepared)
    once = stand.play([*prepared, copy(names)]) - empty
    if len(list(target.iterdir())) != FILES:
        raise RuntimeError("file_copy did not copy every file")
    loop = {"ansible.builtin.copy": {"src": f"{origin}/{{{{ item }}}}", "dest": f"{looped}/", "remote_src": True, "mode": "0640"}, "loop": names[:LOOPED]}
    each = (stand.play([*prepared, loop]) - empty) / LOOPED
    return Measurement("Copying 1,000 files by a loop of one task a file against one call of file_copy", each * FILES / once,
                       {"file_copy, seconds": round(once, 2), "loop, seconds a file": round(each, 3), "bytes a file": BYTES},
                       at_least=20,
                       note=f"The loop is measured over {LOOPED} files and counted up to {FILES}. Both servers are this machine (transport local).")

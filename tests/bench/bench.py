# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ratios of speed, each measured within one run of one machine; results in build/bench/*.json."""
from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import time
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAB = ROOT / "build/bench-lab"
RESULTS = ROOT / "build/bench"
CALLS = 40
ROUNDS = 3


def lab(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "oralab.lab", *arguments, "--directory", str(LAB)], check=True, cwd=ROOT,
                   stdout=subprocess.DEVNULL)


def play(tasks: t.List[t.Dict[str, t.Any]]) -> float:
    """Seconds that ansible-playbook takes for these tasks."""
    path = RESULTS / "play.yml"
    path.write_text(json.dumps([{"hosts": "dbtrg", "gather_facts": False, "tasks": tasks}]))
    began = time.monotonic()
    subprocess.run(["ansible-playbook", str(path), "-i", str(LAB / "inventory.yml")], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def slope(task: t.Dict[str, t.Any]) -> float:
    """Seconds of one more call of a task: many calls against one, so that the start of ansible-playbook does not count."""
    return min((play([task] * (CALLS + 1)) - play([task])) / CALLS for _ in range(ROUNDS))


def main() -> int:
    RESULTS.mkdir(parents=True, exist_ok=True)
    lab("up", "--for", "xtts")
    try:
        ping = slope({"ansible.builtin.ping": {}})
        ours = slope({"dbferry.oracle.ping": {}})
    finally:
        lab("down")
    ratio = ours / ping
    found = {"calls": CALLS, "ansible.builtin.ping seconds": round(ping, 4), "dbferry.oracle.ping seconds": round(ours, 4),
             "ratio": round(ratio, 3), "at most": 0.2}
    (RESULTS / "sql_module_against_ping.json").write_text(json.dumps(found, indent=1))
    print(json.dumps(found, indent=1))
    return 0 if ratio <= 0.2 else 1


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What importing a module costs before the driver: a fresh interpreter that imports it against one that does nothing."""
from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import time
import typing as t

from stand import ROOT, Measurement, Stand

ROUNDS = 5
#: The driver is refused, as on a host that lacks it; its import is its own affair.
WITHOUT_DRIVER = "import sys; sys.modules['oracledb'] = None; "


def start(program: str) -> t.Tuple[float, float]:
    """Seconds of the processor and by the clock that an interpreter takes for a program; the least of some, as more is the machine's doing."""
    found = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"The interpreter failed with {process.returncode}: {program}")
        found.append((usage.ru_utime + usage.ru_stime, time.monotonic() - began))
    processor, clock = zip(*found)
    return min(processor), min(clock)


def measure(stand: Stand) -> Measurement:
    names = sorted(path.stem for path in pathlib.Path(ROOT / "plugins/modules").glob("*.py"))
    bare = start(WITHOUT_DRIVER)
    costs = {name: start(f"{WITHOUT_DRIVER}import ansible_collections.dbferry.oracle.plugins.modules.{name}") for name in names}
    processor = {name: cost[0] - bare[0] for name, cost in costs.items()}
    clock = {name: cost[1] - bare[1] for name, cost in costs.items()}
    worst = max(names, key=lambda name: processor[name])
    return Measurement("Seconds of the processor that importing the slowest module adds to the start of Python", processor[worst],
                       {"modules": len(names), "slowest": worst, "fastest, seconds": round(min(processor.values()), 4),
                        "by the clock, seconds": round(max(clock.values()), 4), "slowest by the clock": max(names, key=lambda name: clock[name]),
                        "bare start, seconds": round(bare[0], 4)}, at_most=0.1,
                       note="The bound is on the processor's time: what the clock shows holds the other work of the machine as well.")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What importing a module costs before the driver: a fresh interpreter that imports it against one that does nothing."""
from __future__ import annotations

import os
import pathlib
import subprocess
import sys

from stand import ROOT, Measurement, Stand

ROUNDS = 5
#: The driver is refused, as on a host that lacks it; its import is its own affair.
WITHOUT_DRIVER = "import sys; sys.modules['oracledb'] = None; "


def start(program: str) -> float:
    """Seconds of processor time of an interpreter that runs a program; the least of some, as anything else is the machine's doing."""
    found = []
    for _ in range(ROUNDS):
        process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"The interpreter failed with {process.returncode}: {program}")
        found.append(usage.ru_utime + usage.ru_stime)
    return min(found)


def measure(stand: Stand) -> Measurement:
    names = sorted(path.stem for path in pathlib.Path(ROOT / "plugins/modules").glob("*.py"))
    bare = start(WITHOUT_DRIVER)
    costs = {name: start(f"{WITHOUT_DRIVER}import ansible_collections.dbferry.oracle.plugins.modules.{name}") - bare for name in names}
    worst = max(costs, key=lambda name: costs[name])
    return Measurement("Seconds of the processor that importing the slowest module adds to the start of Python", costs[worst],
                       {"modules": len(costs), "slowest": worst, "fastest, seconds": round(min(costs.values()), 4), "bare start, seconds": round(bare, 4)},
                       at_most=0.1)

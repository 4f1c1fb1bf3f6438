# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A finished migration, run again, against as many pings as it has tasks."""
from __future__ import annotations

import re

from stand import RESULTS, Measurement, Stand


def measure(stand: Stand) -> Measurement:
    assert stand.migrated
    again = stand.playbook("dbferry.oracle.xtts", "-e", "migration_poll_delay=1")
    shown = (RESULTS / "playbook.log").read_text()
    counted = re.search(r"^dbtrg\s+: ok=(\d+)\s+changed=0\s.*skipped=(\d+)", shown, re.MULTILINE)
    if counted is None:
        raise RuntimeError(f"The second run changed something:\n{shown[-3000:]}")
    # Tasks that are skipped cost next to nothing: they do not count.
    tasks = int(counted.group(1))
    pings = stand.play([{"ansible.builtin.ping": {}}] * tasks)
    return Measurement("A finished xtts run again against as many pings as it has tasks", again / pings,
                       {"tasks": tasks, "xtts, seconds": round(again, 1), "pings, seconds": round(pings, 1)}, at_most=0.5)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks of a phase on average, in the physical workflow that has most. The user's actions and the pauses around each are not its own."""
from __future__ import annotations

import re
import subprocess

from stand import ROOT, Measurement, Stand

WORKFLOWS = ("physical_online", "physical_offline")
PHASE = re.compile(r"^\s+(?:\S+ : )?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+) \S.*TAGS: ", re.MULTILINE)


def average(stand: Stand, workflow: str) -> float:
    shown = subprocess.run(["ansible-playbook", "dbferry.oracle." + workflow, "-i", stand.inventory, "--list-tasks"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout
    tasks = PHASE.findall(shown)
    return len(tasks) / len(set(tasks))


def measure(stand: Stand) -> Measurement:
    found = {workflow: round(average(stand, workflow), 2) for workflow in WORKFLOWS}
    return Measurement("Tasks of a phase on average, in the physical workflow that has most", max(found.values()),
                       {**found, "xtts": round(average(stand, "xtts"), 2)}, at_most=4)

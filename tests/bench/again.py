# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A workflow whose migration is finished, run again: it asks of every phase whether there is anything to do, and there is not."""
from __future__ import annotations

import re
import typing as t

from stand import RESULTS, Measurement, Stand

#: A task with what became of it; lines of the callback may stand between.
TASK = re.compile(r"^TASK \[(?:\S+ : )?(.+?)\] \*+\n(?:\d\d:.*\n)*(\w+)", re.MULTILINE)
#: What goes around every phase: places for the user's own actions.
AROUND = ("Run your own actions", "Pause after")


def against_pings(stand: Stand, workflow: str, figures: t.Optional[t.Dict[str, t.Any]] = None) -> Measurement:
    """How long that takes, against as many pings as it has tasks. A task that is skipped is one: Ansible starts a process for it too.

    :arg figures: more to tell beside the times.
    """
    took = stand.playbook("dbferry.oracle." + workflow, "-e", "migration_poll_delay=1")
    shown = (RESULTS / "playbook.log").read_text()
    if re.search(r"^dbtrg\s+: ok=\d+\s+changed=0\s", shown, re.MULTILINE) is None:
        raise RuntimeError(f"The second run changed something:\n{shown[-3000:]}")
    outcomes = [outcome for name, outcome in TASK.findall(shown) if not name.startswith(AROUND)]
    ran = len([outcome for outcome in outcomes if outcome != "skipping"])
    pings = stand.play([{"ansible.builtin.ping": {}}] * len(outcomes))
    return Measurement(f"A finished {workflow} run again against as many pings as it has tasks", took / pings,
                       {"tasks": len(outcomes), "that were not skipped": ran, f"{workflow}, seconds": round(took, 1), "pings, seconds": round(pings, 1),
                        "against as many pings as tasks were not skipped": round(took / pings * len(outcomes) / ran, 3), **(figures or {})}, at_most=0.5)

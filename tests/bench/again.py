# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A workflow whose migration is finished, run again: it asks of every phase whether there is anything to do, and there is not."""
from __future__ import annotations

import re
import typing as t

from stand import RESULTS, Measurement, Stand


def against_pings(stand: Stand, workflow: str, figures: t.Optional[t.Dict[str, t.Any]] = None,
                  at_most: t.Optional[float] = None) -> Measurement:
    """How long that takes, against as many pings as it has tasks.

    :arg figures: more to tell beside the times.
    """
    took = stand.playbook("dbferry.oracle." + workflow, "-e", "migration_poll_delay=1")
    shown = (RESULTS / "playbook.log").read_text()
    counted = re.search(r"^dbtrg\s+: ok=(\d+)\s+changed=0\s.*skipped=(\d+)", shown, re.MULTILINE)
    if counted is None:
        raise RuntimeError(f"The second run changed something:\n{shown[-3000:]}")
    # Tasks that are skipped cost next to nothing: they do not count.
    tasks = int(counted.group(1))
    pings = stand.play([{"ansible.builtin.ping": {}}] * tasks)
    return Measurement(f"A finished {workflow} run again against as many pings as it has tasks", took / pings,
                       {"tasks": tasks, f"{workflow}, seconds": round(took, 1), "pings, seconds": round(pings, 1), **(figures or {})}, at_most=at_most)

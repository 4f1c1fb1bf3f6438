# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A finished physical_online, run again, against as many pings as it has tasks; and how few tasks applications wait for."""
from __future__ import annotations

import again
from stand import RESULTS, Measurement, Stand

#: What is between the moment at which applications are sent away and the target's first commit.
FROM, TO = "ZDM_SWITCHOVER_SRC", "ZDM_SWITCHOVER_SRC the target becomes the primary"


def in_the_window(shown: str) -> int:
    """Tasks that were not skipped, from the first of the switchover to that which opens the target for writes."""
    done = [name for name, outcome in again.TASK.findall(shown) if outcome != "skipping"]
    first = next(number for number, name in enumerate(done) if name.startswith(FROM))
    return done.index(TO) - first + 1


def measure(stand: Stand) -> Measurement:
    pair = Stand(stand.directory.with_name(stand.directory.name + "-physical"), "physical")
    try:
        pair.playbook("dbferry.oracle.physical_online", "-e", "migration_poll_delay=1")
        waited = in_the_window((RESULTS / "playbook.log").read_text())
        return again.against_pings(pair, "physical_online", {"tasks from ZDM_SWITCHOVER_SRC until the target is open for writes": waited})
    finally:
        pair.down()

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that runs in the control node's own process against a task that goes to a host."""
from __future__ import annotations

from stand import Measurement, Stand


def measure(stand: Stand) -> Measurement:
    ours = stand.slope({"dbferry.oracle.ping": {}})
    return Measurement("dbferry.oracle.ping, which asks a database, against ansible.builtin.ping", ours / stand.ping,
                       {"dbferry.oracle.ping, seconds": round(ours, 4), "ansible.builtin.ping, seconds": round(stand.ping, 4)}, at_most=0.2)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same module sent to a host as an ordinary one, which it is where dbferry_sql_from says so."""
from __future__ import annotations

from stand import Measurement, Stand


def measure(stand: Stand) -> Measurement:
    ours = stand.slope({"dbferry.oracle.ping": {}}, "-e", "dbferry_sql_from=host")
    return Measurement("dbferry.oracle.ping as an ordinary module against ansible.builtin.ping", ours / stand.ping,
                       {"dbferry.oracle.ping, seconds": round(ours, 4), "ansible.builtin.ping, seconds": round(stand.ping, 4)}, at_most=1.4)

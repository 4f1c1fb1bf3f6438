# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A finished migration by xtts, run again, against as many pings as it has tasks."""
from __future__ import annotations

import again
from stand import Measurement, Stand


def measure(stand: Stand) -> Measurement:
    assert stand.migrated
    return again.against_pings(stand, "xtts")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many databases on one server entry: 100 inventory entries through database_info in one task."""
from __future__ import annotations

import json

from stand import RESULTS, Measurement, Stand

ENTRIES = 100


def inventory(stand: Stand, number: int) -> None:
    """So many entries, all of which mean the same database."""
    login = stand.login("dbtrg")
    entry = {"ansible_connection": "local", "dbferry_dsn": login["dsn"], "dbferry_user": login["user"], "dbferry_password": login["password"]}
    path = RESULTS / "entries.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps({"all": {"children": {"target": {"hosts": {f"db{index:03}": entry for index in range(number)}}}}}))
    (RESULTS / "entries_play.yml").write_text(json.dumps([{"hosts": "target", "gather_facts": False, "tasks": [{"dbferry.oracle.database_info": {}}]}]))


def seconds(stand: Stand, number: int) -> float:
    inventory(stand, number)
    try:
        return stand.playbook(str(RESULTS / "entries_play.yml"), inventory=RESULTS / "entries.json")
    finally:
        (RESULTS / "entries.json").unlink()


def measure(stand: Stand) -> Measurement:
    one = seconds(stand, 1)
    before = stand.largest
    many = seconds(stand, ENTRIES)
    each = (many - one) / (ENTRIES - 1)
    return Measurement("Seconds of one more entry in a task over 100", each,
                       {"one entry, seconds": round(one, 2), "100 entries, seconds": round(many, 2),
                        "largest process of Ansible with one entry, MiB": round(before), "with 100 entries, MiB": round(stand.largest),
                        "more memory for each entry, MiB": round(max(0.0, stand.largest - before) / (ENTRIES - 1), 3)},
                       note="One database answers for all of them, and is one process of the lab: what it takes to answer is included.")

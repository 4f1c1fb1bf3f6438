# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many migrations in one run of the playbook against one alone: physical_online, each pair with instances of its own.

The instances are processes on the machine that runs Ansible, so what is gained is limited by its cores. PAIRS says how many pairs there are.
"""
from __future__ import annotations

import json
import os
import typing as t

import yaml
from stand import RESULTS, Measurement, Stand

PAIRS = int(os.environ.get("PAIRS", "8"))


def entries(stand: Stand, number: int) -> t.Dict[str, t.Any]:
    """A pair's part of the inventory, under names of its own."""
    groups = yaml.safe_load(stand.inventory.read_text())["all"]["children"]
    return {"source": {"hosts": {f"dbsrc{number}": groups["source"]["hosts"]["dbsrc"]}},
            "target": {"hosts": {f"dbtrg{number}": {**groups["target"]["hosts"]["dbtrg"], "migration_source": f"dbsrc{number}"}}}}


def migrate(stands: t.Sequence[Stand]) -> float:
    """Seconds that one run takes for all of these pairs."""
    found: t.Dict[str, t.Any] = {"source": {"hosts": {}}, "target": {"hosts": {}}}
    for number, stand in enumerate(stands, 1):
        for group, contents in entries(stand, number).items():
            found[group]["hosts"].update(contents["hosts"])
    path = RESULTS / "pairs.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps({"all": {"children": found}}))
    try:
        return stands[0].playbook("dbferry.oracle.physical_online", "-e", "migration_poll_delay=1", "--forks", str(len(stands)), inventory=path)
    finally:
        path.unlink()


def measure(stand: Stand) -> Measurement:
    pairs = [Stand(stand.directory.with_name(f"{stand.directory.name}-pair{number}"), "physical") for number in range(PAIRS + 1)]
    alone, *together = pairs
    try:
        one = migrate([alone])
        before = alone.largest
        alone.down()
        many = migrate(together)
    finally:
        for pair in pairs:
            pair.down()
    return Measurement(f"Seconds of a migration, one alone against each of {PAIRS} in one run", one / (many / PAIRS),
                       {"one alone, seconds": round(one, 1), f"{PAIRS} in one run, seconds": round(many, 1),
                        "largest process of Ansible with one, MiB": round(before), f"with {PAIRS}, MiB": round(together[0].largest),
                        "more memory for each migration, MiB": round(max(0.0, together[0].largest - before) / (PAIRS - 1), 1)}, at_least=1.5)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A source in a disk group moves into one of its new home, where ASM names every file, and back."""
from __future__ import annotations

import re
import typing as t

import pytest
from lab_under_test import ROOT, Lab, make_lab
from moving import assert_moved, assert_moved_away, choices, on_disks, role, rows, working
from workflow import PHYSICAL_OFFLINE, PHYSICAL_ONLINE

pytestmark = pytest.mark.everything

FILES = "SELECT name FROM v$datafile UNION ALL SELECT name FROM v$tempfile UNION ALL SELECT member FROM v$logfile WHERE type = 'STANDBY'"


@pytest.fixture()
def lab(worker_id: str) -> t.Iterator[Lab]:
    yield from make_lab(ROOT / f"build/physical-asm-lab-{worker_id}", "physical_asm")


def elsewhere(lab: Lab, name: str, place: str) -> t.List[str]:
    """The files of a database that are not where they should be."""
    return [file for file, in rows(lab, name, FILES) if not file.startswith(place)]


@pytest.mark.parametrize("playbook", [PHYSICAL_ONLINE, PHYSICAL_OFFLINE])
def test_from_disk_group_to_disk_group(lab: Lab, playbook: str) -> None:
    chosen = choices(**(on_disks(lab) if playbook == PHYSICAL_OFFLINE else {}))
    with working(lab) as orders:
        lab.playbook(playbook, *chosen)
        orders.are_taken_by("target")
    (assert_moved if playbook == PHYSICAL_ONLINE else assert_moved_away)(lab, orders)
    assert elsewhere(lab, "dbtrg", "+DATA02/DBTRG/") == [] and elsewhere(lab, "dbsrc", "+DATA01/DBSRC/") == []
    again = lab.playbook(playbook, *chosen, stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]
    if playbook == PHYSICAL_ONLINE:
        lab.playbook("dbferry.oracle.fallback_physical", *choices(physical_fallback_confirm="DBTRG"))
        assert role(lab, "dbsrc") == ("PRIMARY", "READ WRITE") and role(lab, "dbtrg") == ("PHYSICAL STANDBY", "MOUNTED")

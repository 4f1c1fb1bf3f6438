# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A source that takes orders moves by its backups, on disks, in object storage, at an appliance, or there already, whatever is killed on the way."""
from __future__ import annotations

import re
import typing as t

import pytest
from lab_under_test import Lab
from moving import (
    assert_moved,
    assert_moved_away,
    by_a_backup_that_was_there,
    by_an_appliance,
    choices,
    in_object_storage,
    is_a_source,
    on_disks,
    rows,
    working,
)
from workflow import PHASES, PHYSICAL_OFFLINE, PHYSICAL_ONLINE, Running, faults, phases, record, wait_for

pytestmark = pytest.mark.everything

RMAN_AT_WORK = "SELECT COUNT(*) FROM v$session WHERE program LIKE 'rman%'"
#: What makes each long phase long enough to be killed in: seconds for a write.
SLOW = 0.5


#: Which pieces the migration's own backups are made of: whether they are compressed, and whether they are one of several sections.
PIECES = """SELECT DISTINCT p.compressed, s.multi_section FROM v$backup_piece p
  JOIN v$backup_set s ON s.set_stamp = p.set_stamp AND s.set_count = p.set_count WHERE p.tag LIKE 'DBF%'"""


class Way(t.NamedTuple):
    """A choice, the phases that do what it asks for, those in which the control node is killed while RMAN works at this database, and what its backups
    are made of (``PIECES``).
    """

    playbook: str
    lab: str
    chosen: t.Callable[[Lab], t.Dict[str, t.Any]]
    by: t.Set[str]
    killed: t.Dict[str, str] = {}
    pieces: t.Set[t.Tuple[str, str]] = {("NO", "NO")}


def on_disks_compressed(lab: Lab) -> t.Dict[str, t.Any]:
    """In sections, which the larger files have."""
    return dict(on_disks(lab), physical_compression="medium", physical_section_size="16M")


BACKUPS = {"ZDM_BACKUP_FULL_SRC": "dbsrc", "ZDM_BACKUP_INCREMENTAL_SRC": "dbsrc"}
WAYS = {
    "online-disks": Way(PHYSICAL_ONLINE, "physical_lab", on_disks_compressed, {"ZDM_CLONE_TGT"}, dict(BACKUPS, ZDM_CLONE_TGT="dbtrg"),
                        {("YES", "NO"), ("YES", "YES")}),
    "online-object-storage": Way(PHYSICAL_ONLINE, "storage_lab", in_object_storage, {"ZDM_OBC_INST_SRC", "ZDM_OBC_INST_TGT", "ZDM_CLONE_TGT"}),
    "online-existing": Way(PHYSICAL_ONLINE, "physical_lab", by_a_backup_that_was_there, {"ZDM_CLONE_TGT"}),
    "online-appliance": Way(PHYSICAL_ONLINE, "appliance_lab", by_an_appliance, {"ZDM_CLONE_TGT"}, {"ZDM_CLONE_TGT": "dbtrg"}),
    "offline-existing": Way(PHYSICAL_OFFLINE, "physical_lab", by_a_backup_that_was_there, {"ZDM_RESTORE_TGT", "ZDM_RECOVER_TGT"}),
    "offline-appliance": Way(PHYSICAL_OFFLINE, "appliance_lab", by_an_appliance, {"ZDM_RESTORE_TGT", "ZDM_RECOVER_TGT"},
                             {"ZDM_BACKUP_DIFFERENTIAL_SRC": "dbsrc"}),
    "offline-object-storage": Way(
        PHYSICAL_OFFLINE, "storage_lab", in_object_storage, {"ZDM_OBC_INST_SRC", "ZDM_OBC_INST_TGT", "ZDM_OSS_RESTORE_TGT", "ZDM_OSS_RECOVER_TGT"},
        dict(BACKUPS, ZDM_OSS_RESTORE_TGT="dbtrg", ZDM_BACKUP_DIFFERENTIAL_SRC="dbsrc", ZDM_OSS_RECOVER_TGT="dbtrg")),
}
#: The phases that are for some ways alone.
OF_SOME = {"ZDM_OBC_INST_SRC", "ZDM_OBC_INST_TGT", "ZDM_CLONE_TGT", "ZDM_DUPLICATE_TGT", "ZDM_RESTORE_TGT", "ZDM_RECOVER_TGT", "ZDM_OSS_RESTORE_TGT",
           "ZDM_OSS_RECOVER_TGT"}


def killed_in(lab: Lab, way: Way, phase: str, chosen: t.Sequence[str]) -> None:
    """The control node goes while RMAN works at a phase, and RMAN goes on."""
    name, order = way.killed[phase], PHASES[way.playbook]
    run = Running(lab, way.playbook, *chosen)
    # A phase of short work is over before it is told that it began.
    run.pass_by(order[order.index(phase) - 1])
    faults(lab, name, seconds_per_write=SLOW)
    wait_for(lambda: rows(lab, name, RMAN_AT_WORK)[0][0] > 0 or run.process.poll() is not None, meanwhile=lambda: run.said[-3000:])
    assert run.process.poll() is None, f"it ended in {phase}:\n{run.said[-3000:]}"
    run.kill()
    assert rows(lab, name, RMAN_AT_WORK)[0][0] > 0, f"{phase} died with the control node"
    faults(lab, name)


@pytest.mark.parametrize("name", WAYS)
def test_a_source_at_work_moves_by_its_backups(name: str, request: pytest.FixtureRequest) -> None:
    way = WAYS[name]
    lab: Lab = request.getfixturevalue(way.lab)
    done: t.Set[str] = set()
    with working(lab) as orders:
        chosen = choices(**way.chosen(lab))
        for phase in way.killed:
            killed_in(lab, way, phase, chosen)
            assert is_a_source(lab), phase
            if phase in BACKUPS or phase.endswith(("CLONE_TGT", "RESTORE_TGT")):
                orders.are_taken_by("source")
        lab.playbook(way.playbook, *chosen)
        orders.are_taken_by("target")
    run = phases(record(lab, way.playbook)["runs"][-1])
    done = {phase for phase in OF_SOME & set(run) if run[phase]["status"] != "does not apply"}
    assert done == way.by and set(rows(lab, "dbsrc", PIECES)) == way.pieces
    (assert_moved if way.playbook == PHYSICAL_ONLINE else assert_moved_away)(lab, orders)
    again = lab.playbook(way.playbook, *chosen, stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]


def test_an_appliance_that_cannot_be_used_is_told_before_anything_is_changed(appliance_lab: Lab) -> None:
    def told(playbook: str, **more: t.Any) -> str:
        done = lab.playbook(playbook, *choices(**dict(chosen, **more)), check=False)
        assert done.returncode
        return done.stdout

    lab, chosen = appliance_lab, by_an_appliance(appliance_lab)
    said = told(PHYSICAL_ONLINE, physical_existing_tag="", physical_zdlra_credential_alias="")
    assert "wants physical_zdlra_credential_alias" in said and "physical_existing_tag names it" in said
    assert "ORA-01017" in told(PHYSICAL_ONLINE, physical_zdlra_credential_alias=chosen["physical_zdlra_credential_alias"].replace("zdlra", "other"))
    assert "The backup under the tag WEEKLY cannot be read through the channel" in told(PHYSICAL_ONLINE, physical_existing_tag="WEEKLY")
    # What both servers lack is told at once.
    library, wallet = lab.directory / "dbsrc/home/lib/libra.so", lab.directory / "dbtrg/admin/ra_wallet/cwallet.sso"
    library.unlink()
    wallet.unlink()
    said = told("dbferry.oracle.physical_evaluate")
    assert f"The library {library} is not there" in said and f"The wallet {wallet} is not there" in said
    assert is_a_source(lab) and not any("DBF_" in path.read_text() for path in lab.directory.glob("*/home/network/admin/*.ora"))

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database that is moved by its backups: on disks that both servers see. How it loses no order, test_physical_media.py shows."""
from __future__ import annotations

import json
import typing as t

import given
import pytest
from lab_under_test import ROOT, Lab, make_lab
from workflow import PHYSICAL_OFFLINE, assert_all_equal, phases, record

EVALUATE = "dbferry.oracle.physical_evaluate"

pytestmark = pytest.mark.skipif(given.are_given(), reason="needs a placeholder that is made for it")


@pytest.fixture(scope="module")
def on_disks(worker_id: str) -> t.Iterator[Lab]:
    yield from make_lab(ROOT / f"build/offline-lab-{worker_id}", "physical")


def variables(**more: t.Any) -> t.Tuple[str, str]:
    return "-e", json.dumps(more)


def nfs(lab: Lab) -> t.Tuple[str, str]:
    return variables(physical_medium="nfs", physical_backup_path=str(lab.staging))


def opened(lab: Lab) -> t.Dict[str, t.Any]:
    return lab.query("dbtrg", "SELECT database_role role, open_mode, resetlogs_change# resetlogs_scn, dbid FROM v$database")[0]


def moved(lab: Lab, arguments: t.Sequence[str], by: t.Sequence[str]) -> None:
    """The whole way, and once more without a change."""
    source = lab.query("dbsrc", "SELECT dbid, resetlogs_change# resetlogs_scn FROM v$database")[0]
    lab.playbook(PHYSICAL_OFFLINE, *arguments)
    found = opened(lab)
    assert (found["role"], found["open_mode"], found["dbid"]) == ("PRIMARY", "READ WRITE", source["dbid"])
    assert found["resetlogs_scn"] > source["resetlogs_scn"], "a new incarnation"
    run = phases(record(lab, PHYSICAL_OFFLINE)["runs"][-1])
    assert {name for name in run if name.endswith(("RESTORE_TGT", "RECOVER_TGT")) and run[name]["status"] != "does not apply"} == set(by)
    assert_all_equal(lab, PHYSICAL_OFFLINE)
    assert lab.query("dbtrg", "SELECT value FROM v$parameter WHERE name = 'job_queue_processes'")[0]["value"] != "0"
    again = lab.playbook(PHYSICAL_OFFLINE, *arguments)
    assert not [entry["name"] for entry in record(lab, PHYSICAL_OFFLINE)["runs"][-1]["phases"] if entry["statements"]], again.stdout[-3000:]


def test_an_evaluation_tells_everything_and_changes_nothing(on_disks: Lab) -> None:
    before = on_disks.query("dbsrc", "SELECT log_mode, force_logging, current_scn FROM v$database")[0]
    refused = on_disks.playbook(EVALUATE, *variables(physical_backup_path="/no/such/directory", physical_medium="nfs", physical_force_logging=False,
                                                     physical_datafile_path="/nor/this"), check=False)
    assert refused.returncode and all(word in refused.stdout for word in ("does not log everything", "/no/such/directory", "/nor/this")), refused.stdout
    on_disks.playbook(EVALUATE, *nfs(on_disks))
    after = on_disks.query("dbsrc", "SELECT log_mode, force_logging, current_scn FROM v$database")[0]
    assert (before["log_mode"], before["force_logging"]) == (after["log_mode"], after["force_logging"])
    assert opened(on_disks)["dbid"] != on_disks.query("dbsrc", "SELECT dbid FROM v$database")[0]["dbid"], "the placeholder is still there"


def test_by_backups_on_disks(on_disks: Lab) -> None:
    moved(on_disks, nfs(on_disks), ["ZDM_RESTORE_TGT", "ZDM_RECOVER_TGT"])

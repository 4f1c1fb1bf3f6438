# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups as a physical migration takes them: on shared storage and in object storage, counted only when they are complete."""
from __future__ import annotations

import json
import pathlib
import time
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.modules import cloud_backup_module, rman_backup, rman_configuration
from lab_under_test import ROOT, Lab, make_lab
from oralab.object_store import ObjectStore

pytestmark = pytest.mark.everything
SOURCE = "dbsrc"
EVERYTHING = {"purpose": "FULL", "backup_of": ["database", "archivelog", "current_controlfile_for_standby", "spfile"], "parallelism": 2,
              "section_size": "16M", "compression": "basic"}


@pytest.fixture(scope="module")
def physical(worker_id: str) -> t.Iterator[Lab]:
    yield from make_lab(ROOT / f"build/backup-lab-{worker_id}", "physical_oss")


def until_finished(lab: Lab, module: t.Any, **arguments: t.Any) -> t.Dict[str, t.Any]:
    """Call it again and again, as a task with until does; what the calls changed and issued together."""
    statements: t.List[str] = []
    changed = False
    deadline = time.monotonic() + 300
    while True:
        found = lab.run(module.MODULE, SOURCE, arguments)
        statements, changed = statements + found["statements"], changed or found["changed"]
        if found["finished"]:
            return dict(found, statements=statements, changed=changed)
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def test_level_0_and_1_on_shared_storage(physical: Lab) -> None:
    path = physical.staging / "backup"
    path.mkdir()
    wanted = dict(EVERYTHING, path=str(path), encryption="password", encryption_password="Backup 1")
    planned = physical.run(rman_backup.MODULE, SOURCE, wanted, check_mode=True)
    found = until_finished(physical, rman_backup, **wanted)
    assert found["changed"] and planned["statements"] == found["statements"] and "Backup 1" not in json.dumps(found, default=str)
    assert found["tag"] == "DBF_CONTRACT_R1_FULL" and all(pathlib.Path(piece).parent == path for piece in found["pieces"])
    assert pathlib.Path(found["control_file"]).exists() and found["progress"]["percent"] == 100.0
    again = physical.run(rman_backup.MODULE, SOURCE, wanted)
    assert not again["changed"] and again["pieces"] == found["pieces"] and again["checkpoint_scn"] == found["checkpoint_scn"]
    level_1 = dict(wanted, purpose="INCR", backup_of=["database", "archivelog", "current_controlfile"], incremental_level=1, for_recover_of="FULL")
    incremental = until_finished(physical, rman_backup, **level_1)
    assert incremental["changed"] and incremental["checkpoint_scn"] > found["checkpoint_scn"] and not physical.run(
        rman_backup.MODULE, SOURCE, level_1)["changed"]
    with pytest.raises(Refused, match="does not cover"):
        physical.run(rman_backup.MODULE, SOURCE, {"purpose": "FULL", "existing_tag": "WEEKLY"})
    assert physical.run(rman_backup.MODULE, SOURCE, {"purpose": "OTHER", "existing_tag": found["tag"]})["tag"] == found["tag"]


def test_configuration_is_put_back(physical: Lab) -> None:
    wanted = {"controlfile_autobackup": True, "snapshot_controlfile_name": str(physical.staging / "snapcf.f"), "parallelism": 3,
              "archivelog_deletion_policy": "applied on all standby"}
    assert until_finished(physical, rman_configuration, **wanted)["changed"]
    assert not physical.run(rman_configuration.MODULE, SOURCE, wanted)["changed"]
    rows = physical.query(SOURCE, "SELECT name, value FROM v$rman_configuration ORDER BY name")
    assert ("DEVICE TYPE", "DISK PARALLELISM 3 BACKUP TYPE TO BACKUPSET") in [(row["name"], row["value"]) for row in rows]
    assert until_finished(physical, rman_configuration, state="as_before")["changed"]
    assert physical.query(SOURCE, "SELECT name, value FROM v$rman_configuration") == []


def test_object_storage(physical: Lab) -> None:
    store = json.loads((physical.directory / "endpoints.json").read_text())["object_store"]
    module = {"service": "opc", "installer": str(physical.staging / "opc_installer.zip"), "endpoint": store["endpoint"] + "/v1/sales",
              "container": store["bucket"], "opc_id": store["access_key"], "opc_password": store["secret_key"]}
    with pytest.raises(DbferryError, match="Could not authenticate"):
        physical.run(cloud_backup_module.MODULE, SOURCE, dict(module, opc_password="wrong"))
    installed = physical.run(cloud_backup_module.MODULE, SOURCE, module)
    assert installed["changed"] and store["secret_key"] not in json.dumps(installed)
    assert not physical.run(cloud_backup_module.MODULE, SOURCE, module)["changed"]
    channel = {"device_type": "sbt", "sbt_library": installed["library"], "sbt_parms": installed["sbt_parms"]}
    wanted = dict(EVERYTHING, purpose="CLOUD", encryption="password", encryption_password="Backup 1", **channel)
    found = until_finished(physical, rman_backup, **wanted)
    assert found["changed"] and not physical.run(rman_backup.MODULE, SOURCE, wanted)["changed"]
    assert all("/" not in piece and piece.startswith(found["tag"]) for piece in found["pieces"])
    ObjectStore(str(physical.directory / "object_store")).fail(500)
    with pytest.raises(DbferryError, match="KBHS-00715|ORA-19511"):
        until_finished(physical, rman_backup, **dict(wanted, purpose="CLOUD_2", backup_of=["spfile"]))
    assert until_finished(physical, rman_backup, **dict(wanted, purpose="CLOUD_2", backup_of=["spfile"]))["changed"]
    with pytest.raises(DbferryError, match="is not encrypted"):
        until_finished(physical, rman_backup, **dict(channel, purpose="PLAIN", backup_of=["spfile"]))

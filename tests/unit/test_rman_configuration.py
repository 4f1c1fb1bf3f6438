# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RMAN's persistent configuration: what is planned from what V$RMAN_CONFIGURATION has."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.modules import rman_configuration
from fake_session import FakeSession

WANT = {name: spec.get("default") for name, spec in rman_configuration.MODULE.argument_spec.items()}


def plan(rows=(), items=None, **more):
    want = dict(WANT, migration_id="SALES", migration_run=1, **more)
    session = FakeSession({rman_configuration.CONFIGURATION: [{"name": name, "value": value} for name, value in rows]}).with_journal(items or {})
    steps = rman_configuration.plan(rman_configuration.observe(session, want), want)
    return ([line for line in str(steps[0].statement).split("\n") if line.startswith("CONFIGURE")], steps[0].remember) if steps else None


def test_only_what_differs_is_configured_outside_a_block():
    lines, remember = plan([("CONTROLFILE AUTOBACKUP", "OFF"), ("BACKUP OPTIMIZATION", "ON")], controlfile_autobackup=True, backup_optimization=True,
                           snapshot_controlfile_name="+RECO/snapcf.f", retention_policy="recovery window of 60 days")
    assert lines == ["CONFIGURE RETENTION POLICY TO RECOVERY WINDOW OF 60 DAYS;", "CONFIGURE CONTROLFILE AUTOBACKUP ON;",
                     "CONFIGURE SNAPSHOT CONTROLFILE NAME TO '+RECO/snapcf.f';"]
    assert remember == {"rman configuration RETENTION POLICY": None, "rman configuration CONTROLFILE AUTOBACKUP": "OFF",
                        "rman configuration SNAPSHOT CONTROLFILE NAME": None}


def test_the_script_has_no_block():
    want = dict(WANT, migration_id="SALES", migration_run=1, backup_optimization=True)
    session = FakeSession({rman_configuration.CONFIGURATION: []}).with_journal()
    (step,) = rman_configuration.plan(rman_configuration.observe(session, want), want)
    assert str(step.statement) == "CONNECT TARGET '/ AS SYSBACKUP';\nCONFIGURE BACKUP OPTIMIZATION ON;\nEXIT;\n"


@pytest.mark.parametrize("row, wanted", [
    (("DEVICE TYPE", "DISK PARALLELISM 4 BACKUP TYPE TO COMPRESSED BACKUPSET"), {"parallelism": 4, "backup_type": "compressed_backupset"}),
    (("DEFAULT DEVICE TYPE", "TO 'SBT_TAPE'"), {"default_device_type": "sbt"}),
    (("CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE", "'SBT_TAPE' TO 'sales_%F'"), {"device_type": "sbt", "controlfile_autobackup_format": "sales_%F"}),
    (("CHANNEL", "DEVICE TYPE 'SBT_TAPE' PARMS  'SBT_LIBRARY=/l.so,SBT_PARMS=(OPC_PFILE=/c.ora)'"),
     {"sbt_library": "/l.so", "sbt_parms": {"OPC_PFILE": "/c.ora"}}),
    (("CHANNEL", "DEVICE TYPE 'SBT_TAPE' PARMS  \"SBT_LIBRARY=/l.so,SBT_PARMS=(RA_WALLET='location=file:/w credential_alias=ra:1521/z')\""),
     {"sbt_library": "/l.so", "sbt_parms": {"RA_WALLET": "location=file:/w credential_alias=ra:1521/z"}}),
    (("ARCHIVELOG DELETION POLICY", "TO APPLIED ON ALL STANDBY BACKED UP 1 TIMES TO DISK"),
     {"archivelog_deletion_policy": "applied on all standby backed up 1 times to disk"}),
    (("COMPRESSION ALGORITHM", "'MEDIUM' AS OF RELEASE 'DEFAULT' OPTIMIZE FOR LOAD TRUE"), {"compression_algorithm": "medium"}),
    (("ENCRYPTION ALGORITHM", "'AES256'"), {"encryption_algorithm": "aes256"}),
])
def test_a_setting_is_found_however_its_name_is_divided(row, wanted):
    assert plan([row], **wanted) is None
    lines, remember = plan([], **wanted)
    name, = (found[len("rman configuration "):] for found in remember)
    assert rman_configuration.normal(lines[0].rstrip(";")) == "CONFIGURE " + rman_configuration.normal(" ".join(row))
    assert remember["rman configuration " + name] is None


def test_defaults_need_no_row():
    assert plan([], backup_optimization=False, default_device_type="disk", parallelism=1, compression_algorithm="basic", encryption_algorithm="aes128",
                retention_policy="REDUNDANCY 1", archivelog_deletion_policy="none", controlfile_autobackup_format="%F") is None
    # Whether this one is on by default depends on the release, so it is said.
    assert plan([], controlfile_autobackup=False)[0] == ["CONFIGURE CONTROLFILE AUTOBACKUP OFF;"]


def test_a_name_that_begins_another_one_is_not_mistaken_for_it():
    rows = [("CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE", "DISK TO '/u01/%F'")]
    assert plan(rows, controlfile_autobackup=True)[0] == ["CONFIGURE CONTROLFILE AUTOBACKUP ON;"]


def test_the_way_back():
    items = {"rman configuration BACKUP OPTIMIZATION": None, "rman configuration DEVICE TYPE DISK": "PARALLELISM 2 BACKUP TYPE TO BACKUPSET",
             "rman configuration CONTROLFILE AUTOBACKUP": "ON"}
    rows = [("BACKUP OPTIMIZATION", "ON"), ("DEVICE TYPE", "DISK PARALLELISM 8 BACKUP TYPE TO BACKUPSET"), ("CONTROLFILE AUTOBACKUP", "ON")]
    lines, remember = plan(rows, items, state="as_before")
    assert lines == ["CONFIGURE BACKUP OPTIMIZATION CLEAR;", "CONFIGURE DEVICE TYPE DISK PARALLELISM 2 BACKUP TYPE TO BACKUPSET;"] and remember == {}
    assert plan([rows[2], ("DEVICE TYPE", "DISK PARALLELISM 2 BACKUP TYPE TO BACKUPSET")], items, state="as_before") is None


def test_what_was_there_first_is_remembered_once():
    lines, remember = plan([("BACKUP OPTIMIZATION", "OFF")], {"rman configuration BACKUP OPTIMIZATION": None}, backup_optimization=True)
    assert lines and remember == {}


@pytest.mark.parametrize("wrong", [
    {"retention_policy": "REDUNDANCY 0; HOST 'x'"}, {"archivelog_deletion_policy": "SOON"}, {"snapshot_controlfile_name": "/u01/a'b"},
    {"controlfile_autobackup_format": ""}, {"parallelism": 0}, {"sbt_library": "/a b"},
])
def test_what_is_no_setting_is_refused(wrong):
    with pytest.raises(Refused):
        plan([], **wrong)

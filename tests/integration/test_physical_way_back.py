# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends a way back waits until somebody has confirmed it; a target is rehearsed with and goes on following; one takes over from a source that is lost."""
from __future__ import annotations

import re
import typing as t

import pytest
from lab_under_test import ROOT, Lab, make_lab
from moving import SERVICES, choices, execute, follows, role, rows, tool
from oralab import workload
from workflow import PHYSICAL_ONLINE, Running, assert_all_equal, phases, record, wait_for

pytestmark = pytest.mark.everything

REHEARSAL, FAILOVER, REINSTATE = "dbferry.oracle.physical_rehearsal", "dbferry.oracle.physical_failover", "dbferry.oracle.physical_reinstate"
DATAPATCH, TIMEZONE = "ZDM_DATAPATCH_TGT", "TIMEZONE_UPGRADE_TGT"
POINTS = "SELECT name FROM v$restore_point WHERE guarantee_flashback_database = 'YES' ORDER BY name"
UPDATES = "SELECT target_version FROM dba_registry_sqlpatch ORDER BY action_time"
ZONE = "SELECT version FROM v$timezone_file"
#: What somebody leaves behind who tries things out at the target.
LEFT = "SELECT COUNT(*) FROM dba_directories WHERE directory_name = 'REHEARSED'"


@pytest.fixture()
def newer_lab(worker_id: str) -> t.Iterator[Lab]:
    """A source, and a placeholder in a home that is patched further and has a newer time zone file."""
    yield from make_lab(ROOT / f"build/newer-lab-{worker_id}", "physical_newer")


def last(lab: Lab) -> t.Dict[str, t.Dict[str, t.Any]]:
    return phases(record(lab, PHYSICAL_ONLINE)["runs"][-1])


def way_back(lab: Lab) -> str:
    found = sorted((lab.directory / "records").glob("*.html"))[-1].read_text()
    return re.search(r"Way back\.</b> ([^<]*)", found).group(1)  # type: ignore[union-attr]


def waits(lab: Lab, phase: str, *said: str, **more: t.Any) -> None:
    """The run ends before this phase, which says all this, and nothing behind it is done."""
    lab.playbook(PHYSICAL_ONLINE, *choices(physical_timezone_upgrade=True, **more))
    run = last(lab)
    assert list(run)[-1] == phase and run[phase]["status"] == "wants to be confirmed"
    assert [text for text in (phase, *said) if text not in run[phase]["question"]] == []


def test_points_of_no_return_wait_until_they_are_confirmed_one_by_one(newer_lab: Lab) -> None:
    lab = newer_lab
    told = lab.playbook("dbferry.oracle.physical_evaluate", *choices(), stdout="default").stdout
    assert "ZDM_DATAPATCH_TGT brings the database to it" in told and "TIMEZONE_UPGRADE_TGT brings the database to it" in told
    done = lab.playbook(PHYSICAL_ONLINE, *choices(physical_confirm=["ZDM_DATAPATCH"]), check=False, stdout="default")
    assert done.returncode and "no phase named ZDM_DATAPATCH" in done.stdout

    waits(lab, DATAPATCH, "36912597", "from 19.3.0.0.0", "home has to be patched")
    assert rows(lab, "dbtrg", UPDATES) == [("19.3.0.0.0",)] and rows(lab, "dbtrg", POINTS) == []
    assert "is a standby of" in way_back(lab) and "changed" not in way_back(lab)
    assert_all_equal(lab, PHYSICAL_ONLINE)

    waits(lab, TIMEZONE, "from time zone file 32 to 44", "DBSRC follows, and switching back", physical_confirm=[DATAPATCH])
    assert rows(lab, "dbtrg", UPDATES)[-1] == ("19.25.0.0.0",) and rows(lab, "dbtrg", POINTS) == [("DBF_DBTRG_R1_PATCH",)]
    assert "ZDM_DATAPATCH_TGT changed DBTRG" in way_back(lab) and "back to DBF_DBTRG_R1_PATCH loses" in way_back(lab)
    assert rows(lab, "dbtrg", ZONE) == [(32,)]
    planned = lab.playbook(PHYSICAL_ONLINE, "--check", "--tags", TIMEZONE, *choices(physical_timezone_upgrade=True), stdout="default").stdout
    assert "TIMEZONE_UPGRADE_TGT wants to be confirmed by name" in planned and rows(lab, "dbtrg", ZONE) == [(32,)]

    chosen = choices(physical_timezone_upgrade=True, physical_confirm=[DATAPATCH, TIMEZONE])
    lab.playbook(PHYSICAL_ONLINE, *chosen)
    assert list(last(lab))[-1] == "ZDM_RETAIN_DBUNIQUENAME_TGT"
    assert rows(lab, "dbtrg", ZONE) == [(44,)] and rows(lab, "dbtrg", POINTS) == [("DBF_DBTRG_R1_PATCH",), ("DBF_DBTRG_R1_TIMEZONE",)]
    assert role(lab, "dbtrg") == ("PRIMARY", "READ WRITE") and follows(lab)
    # Nobody is asked about what is done.
    again = lab.playbook(PHYSICAL_ONLINE, *choices(physical_timezone_upgrade=True), stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]

    lab.playbook(PHYSICAL_ONLINE, "--tags", "ZDM_CLEANUP_TGT", *choices(physical_drop_restore_points=True))
    assert rows(lab, "dbtrg", POINTS) == [] and "DBF_DBTRG" not in way_back(lab)


def rehearsed(lab: Lab) -> t.Dict[str, t.Any]:
    """Somebody's own actions at the target."""
    file = lab.directory / "rehearse.yml"
    file.write_text("- name: Try something out\n  dbferry.oracle.directory:\n    name: REHEARSED\n    path: /tmp\n")
    return {"migration_actions": [{"phase": "PHYSICAL_REHEARSAL_TEST", "file": str(file)}]}


def known_to_the_broker(lab: Lab, name: str) -> t.Dict[str, t.Tuple[str, str]]:
    return {found[0]: (found[1], found[2]) for found in rows(lab, name, "SELECT LOWER(database), dataguard_role, enabled FROM v$dg_broker_config")}


def test_a_target_is_rehearsed_with_and_later_takes_over_from_a_source_that_is_lost(physical_lab: Lab) -> None:
    lab = physical_lab
    lab.playbook(PHYSICAL_ONLINE, *choices(migration_pause_after=["ZDM_CONFIGURE_DG_SRC"]))

    # Killed while it is open for work, and brought back by the last phase alone.
    run = Running(lab, REHEARSAL, *choices(**rehearsed(lab)))
    run.reach("PHYSICAL_REHEARSAL_BACK")
    run.kill()
    wait_for(lambda: rows(lab, "dbtrg", "SELECT COUNT(*) FROM v$database") == [(1,)], 60)
    lab.playbook(REHEARSAL, "--tags", "PHYSICAL_REHEARSAL_BACK", *choices())
    assert role(lab, "dbtrg") == ("PHYSICAL STANDBY", "MOUNTED") and role(lab, "dbsrc") == ("PRIMARY", "READ WRITE")

    # Whole, with a look in between.
    lab.playbook(REHEARSAL, *choices(migration_pause_after=["PHYSICAL_REHEARSAL_TEST"], **rehearsed(lab)))
    assert role(lab, "dbtrg") == ("SNAPSHOT STANDBY", "READ WRITE") and rows(lab, "dbtrg", LEFT) == [(1,)]
    lab.playbook(REHEARSAL, *choices())
    assert role(lab, "dbtrg") == ("PHYSICAL STANDBY", "MOUNTED")

    # The source goes. What is lost is named before anybody can accept it.
    execute(lab, "dbsrc", "CREATE RESTORE POINT insurance GUARANTEE FLASHBACK DATABASE")
    open_still = lab.playbook(FAILOVER, *choices(physical_failover_confirm="DBTRG"), check=False)
    assert open_still.returncode and "The primary DBSRC is open" in open_still.stdout
    tool(lab, "dbsrc", "sqlplus", "-S", "/ as sysdba", stdin="SHUTDOWN ABORT\n")
    refused = lab.playbook(FAILOVER, *choices(), check=False)
    assert refused.returncode and re.search(r"everything after SCN\s+\d+", refused.stdout) and "physical_failover_confirm=DBTRG" in refused.stdout
    assert role(lab, "dbtrg") == ("PHYSICAL STANDBY", "MOUNTED")
    lab.playbook(FAILOVER, *choices(physical_failover_confirm="DBTRG"))
    assert role(lab, "dbtrg") == ("PRIMARY", "READ WRITE") and (workload.SERVICE,) in rows(lab, "dbtrg", SERVICES)
    assert rows(lab, "dbtrg", LEFT) == [(0,)], "it was a rehearsal"
    assert "took over by a failover" in way_back(lab)

    lab.playbook(REINSTATE, *choices())
    assert role(lab, "dbsrc") == ("PHYSICAL STANDBY", "MOUNTED") and follows(lab)
    assert "switching back loses nothing" in way_back(lab)
    again = lab.playbook(REINSTATE, *choices(), stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]


def test_the_broker_does_the_same_where_it_is_in_charge(physical_lab: Lab) -> None:
    lab, chosen = physical_lab, {"physical_broker": True}
    lab.playbook(PHYSICAL_ONLINE, *choices(migration_pause_after=["ZDM_CONFIGURE_DG_SRC"], **chosen))
    lab.playbook(REHEARSAL, *choices(migration_pause_after=["PHYSICAL_REHEARSAL_TEST"], **rehearsed(lab), **chosen))
    assert role(lab, "dbtrg") == ("SNAPSHOT STANDBY", "READ WRITE") and rows(lab, "dbtrg", LEFT) == [(1,)]
    lab.playbook(REHEARSAL, "--tags", "PHYSICAL_REHEARSAL_BACK", *choices(**chosen))
    assert role(lab, "dbtrg") == ("PHYSICAL STANDBY", "MOUNTED") and known_to_the_broker(lab, "dbsrc")["dbtrg"] == ("PHYSICAL STANDBY", "TRUE")

    execute(lab, "dbsrc", "ALTER DATABASE FLASHBACK ON")
    tool(lab, "dbsrc", "sqlplus", "-S", "/ as sysdba", stdin="SHUTDOWN ABORT\n")
    lab.playbook(FAILOVER, *choices(physical_failover_confirm="DBTRG", **chosen))
    assert role(lab, "dbtrg") == ("PRIMARY", "READ WRITE") and rows(lab, "dbtrg", LEFT) == [(0,)]
    assert known_to_the_broker(lab, "dbtrg")["dbsrc"][1] == "FALSE"
    lab.playbook(REINSTATE, *choices(**chosen))
    assert role(lab, "dbsrc") == ("PHYSICAL STANDBY", "MOUNTED") and follows(lab)
    assert known_to_the_broker(lab, "dbtrg") == {"dbtrg": ("PRIMARY", "TRUE"), "dbsrc": ("PHYSICAL STANDBY", "TRUE")}
    again = lab.playbook(REINSTATE, *choices(**chosen), stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]

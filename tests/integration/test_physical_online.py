# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A source that takes orders becomes the standby of its new home: at one go, killed, phase by phase and paused."""
from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from lab_under_test import Lab
from moving import SERVICES, SILENCE, assert_moved, choices, execute, is_a_source, role, rows, tool, working
from oralab import workload
from workflow import PHASES, PHYSICAL_ONLINE, Running, assert_all_equal, phases, record, wait_for

ALL = PHASES[PHYSICAL_ONLINE]
#: The phases that do something on the way over the network, in their order.
WORKING = ["ZDM_SETUP_SRC", "ZDM_SETUP_TGT", "ZDM_COPYFILES", "ZDM_PREPARE_TGT", "ZDM_RESTORE_TGT", "ZDM_RECOVER_TGT", "ZDM_FINALIZE_TGT",
           "ZDM_CONFIGURE_DG_SRC", "ZDM_MONITOR_APPLY_LAG", "ZDM_SWITCHOVER_SRC", "ZDM_SWITCHOVER_TGT", "ZDM_POST_DATABASE_OPEN_TGT", "PHYSICAL_VERIFY",
           "ZDM_DATAPATCH_TGT", "ZDM_CLEANUP_TGT"]
FALLBACK = "dbferry.oracle.fallback_physical"
JOBS = "SELECT value FROM v$parameter WHERE name = 'job_queue_processes'"


def assert_down(lab: Lab, name: str) -> None:
    with pytest.raises(DbferryError, match="ORA-01034"):
        role(lab, name)


def test_a_source_at_work_moves_and_loses_no_order(physical_lab: Lab) -> None:
    lab = physical_lab
    listed = [tag for tags in re.findall(r"TAGS: \[(.*)\]", lab.playbook(PHYSICAL_ONLINE, "--list-tasks", stdout="default").stdout)
              for tag in tags.split(", ") if tag in ALL]
    assert list(dict.fromkeys(listed)) == ALL
    jobs = rows(lab, "dbsrc", JOBS)
    with working(lab) as orders:
        lab.playbook(PHYSICAL_ONLINE, *choices())
        orders.are_taken_by("target")
    run = phases(record(lab, PHYSICAL_ONLINE)["runs"][-1])
    assert list(run) == ALL
    assert {entry["status"] for entry in run.values()} <= {"changed", "unchanged", "does not apply"}
    assert_moved(lab, orders)
    assert rows(lab, "dbtrg", JOBS) == jobs

    # The source took orders all the time until the switchover.
    taken = [order.at for order in orders.taken("source")]
    assert max(later - earlier for earlier, later in zip(taken, taken[1:], strict=False)) < SILENCE
    assert run["ZDM_SWITCHOVER_SRC"]["started"] - taken[-1] < SILENCE
    assert record(lab, PHYSICAL_ONLINE)["downtime"]["seconds"] > 0

    again = lab.playbook(PHYSICAL_ONLINE, *choices(), stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]
    assert [entry["name"] for entry in record(lab, PHYSICAL_ONLINE)["runs"][-1]["phases"] if entry["statements"]] == []

    # The former primary has followed all the while, so the way back loses nothing either.
    lab.playbook(FALLBACK, *choices(physical_fallback_confirm="DBTRG"))
    assert role(lab, "dbsrc") == ("PRIMARY", "READ WRITE") and role(lab, "dbtrg") == ("PHYSICAL STANDBY", "MOUNTED")
    assert (workload.SERVICE,) in rows(lab, "dbsrc", SERVICES) and orders.report("dbsrc")["lost"] == []


def restores(lab: Lab) -> bool:
    return any(pathlib.Path(lab.endpoint("dbtrg")["datafiles"]).rglob("o1_mf_*.dbf"))


def is_read(lab: Lab) -> bool:
    """Whether the former primary is open for the comparison."""
    try:
        return bool(role(lab, "dbsrc") == ("PHYSICAL STANDBY", "READ ONLY"))
    except Exception:  # it is being restarted
        return False


@pytest.mark.everything
def test_killed_at_every_boundary_and_in_the_midst_and_finished_by_the_next_run(physical_lab: Lab) -> None:
    """The control node is killed as each phase begins, while RMAN restores, while the roles change and while rows are compared; the next run goes on."""
    lab = physical_lab
    midst: t.Dict[str, t.Callable[[], bool]] = {"ZDM_RESTORE_TGT": lambda: restores(lab), "ZDM_SWITCHOVER_SRC": lambda: not is_a_source(lab),
                                                "PHYSICAL_VERIFY": lambda: is_read(lab)}
    with working(lab) as orders:
        for phase in WORKING:
            for condition in [None, *(midst[name] for name in midst if name == phase)]:
                run = Running(lab, PHYSICAL_ONLINE, *choices())
                run.reach(phase)
                if condition is not None:
                    wait_for(condition, 120)
                run.kill()
                if WORKING.index(phase) < WORKING.index("ZDM_SWITCHOVER_SRC"):
                    assert is_a_source(lab), phase
                    orders.are_taken_by("source")
        lab.playbook(PHYSICAL_ONLINE, *choices())
        orders.are_taken_by("target")
    assert_moved(lab, orders)


@pytest.mark.everything
def test_what_a_killed_run_left_down_comes_up_with_the_next_one(physical_lab: Lab) -> None:
    """The placeholder while it gives way, the copy that is being made of the source, the source halfway through the switchover, and afterwards."""
    lab = physical_lab

    def goes_down(name: str) -> None:
        tool(lab, name, "sqlplus", "-S", "/", "as", "sysdba", stdin="SHUTDOWN ABORT\n")

    with working(lab) as orders:
        for phase in ("ZDM_PREPARE_TGT", "ZDM_RESTORE_TGT"):
            lab.playbook(PHYSICAL_ONLINE, *choices(migration_pause_after=[phase]))
            goes_down("dbtrg")
        lab.playbook(PHYSICAL_ONLINE, *choices(migration_pause_after=["ZDM_MONITOR_APPLY_LAG"]))
        # The source has given up its role, and nobody has taken it.
        execute(lab, "dbsrc", "ALTER DATABASE COMMIT TO SWITCHOVER TO PHYSICAL STANDBY WITH SESSION SHUTDOWN")
        goes_down("dbsrc")
        assert role(lab, "dbtrg") == ("PHYSICAL STANDBY", "MOUNTED")
        lab.playbook(PHYSICAL_ONLINE, *choices(migration_pause_after=["ZDM_GET_SRC_INFO"]))
        assert role(lab, "dbtrg") == ("PRIMARY", "READ WRITE") and role(lab, "dbsrc") == ("PHYSICAL STANDBY", "MOUNTED")
        # As the switchover leaves it.
        goes_down("dbsrc")
        lab.playbook(PHYSICAL_ONLINE, *choices())
        orders.are_taken_by("target")
    assert_moved(lab, orders)


@pytest.mark.everything
def test_a_source_that_was_stopped_for_good_stays_down(physical_lab: Lab) -> None:
    """A run that was killed after the switchover left it down too; only when it was needed to the last it rests."""
    lab, chosen = physical_lab, choices(physical_shutdown_source=True)
    lab.playbook(PHYSICAL_ONLINE, *choices(physical_shutdown_source=True, migration_pause_after=["ZDM_SWITCHOVER_SRC"]))
    assert_down(lab, "dbsrc")
    lab.playbook(PHYSICAL_ONLINE, *chosen)
    assert_all_equal(lab, PHYSICAL_ONLINE)
    assert_down(lab, "dbsrc")
    jobs = rows(lab, "dbtrg", JOBS)
    again = lab.playbook(PHYSICAL_ONLINE, *chosen, stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]
    run = record(lab, PHYSICAL_ONLINE)["runs"][-1]
    assert list(phases(run)) == ALL and [entry["name"] for entry in run["phases"] if entry["statements"]] == []
    assert_down(lab, "dbsrc")
    assert rows(lab, "dbtrg", JOBS) == jobs != [("0",)]


@pytest.mark.everything
def test_each_phase_by_its_tag_after_a_pause(physical_lab: Lab) -> None:
    lab = physical_lab
    with working(lab) as orders:
        lab.playbook(PHYSICAL_ONLINE, *choices(migration_pause_after=["ZDM_RESTORE_TGT"]))
        assert list(phases(record(lab, PHYSICAL_ONLINE)["runs"][-1]))[-1] == "ZDM_RESTORE_TGT"
        assert is_a_source(lab)
        for phase in [*WORKING, "ZDM_GET_SRC_INFO", "ZDM_GET_TGT_INFO", "ZDM_VALIDATE_SRC", "ZDM_VALIDATE_TGT", "ZDM_POST_MIGRATE_TGT"]:
            lab.playbook(PHYSICAL_ONLINE, "--tags", phase, *choices())
            run = phases(record(lab, PHYSICAL_ONLINE)["runs"][-1])
            assert list(run) == [phase] and run[phase]["status"] in ("changed", "unchanged")
        orders.are_taken_by("target")
    assert_moved(lab, orders)


@pytest.mark.everything
def test_duplicated_from_the_active_database(physical_lab: Lab) -> None:
    lab, chosen = physical_lab, choices(physical_direct_method="active_duplicate")
    with working(lab) as orders:
        lab.playbook(PHYSICAL_ONLINE, *chosen)
        orders.are_taken_by("target")
    run = phases(record(lab, PHYSICAL_ONLINE)["runs"][-1])
    assert run["ZDM_DUPLICATE_TGT"]["status"] == "changed" and run["ZDM_RESTORE_TGT"]["status"] == "does not apply"
    assert_moved(lab, orders)
    again = lab.playbook(PHYSICAL_ONLINE, *chosen, stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]

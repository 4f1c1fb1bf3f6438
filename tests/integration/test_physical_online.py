# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A source that takes orders becomes the standby of its new home: at one go, killed, phase by phase, paused, and with things that are wrong."""
from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.session import DriverSession
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from lab_under_test import ROOT, Lab, keep_template, lab_from
from oralab import workload
from workflow import PHASES, PHYSICAL_ONLINE, Running, assert_all_equal, phases, record, wait_for

ALL = PHASES[PHYSICAL_ONLINE]
ORDERS = "WORKLOAD.ORDERS"
#: The phases that do something on the way over the network, in their order.
WORKING = ["ZDM_SETUP_SRC", "ZDM_SETUP_TGT", "ZDM_COPYFILES", "ZDM_PREPARE_TGT", "ZDM_RESTORE_TGT", "ZDM_RECOVER_TGT", "ZDM_FINALIZE_TGT",
           "ZDM_CONFIGURE_DG_SRC", "ZDM_MONITOR_APPLY_LAG", "ZDM_SWITCHOVER_SRC", "ZDM_SWITCHOVER_TGT", "ZDM_POST_DATABASE_OPEN_TGT", "PHYSICAL_VERIFY",
           "ZDM_DATAPATCH_TGT", "ZDM_CLEANUP_TGT"]
FALLBACK = "dbferry.oracle.fallback_physical"
JOBS = "SELECT value FROM v$parameter WHERE name = 'job_queue_processes'"
SERVICES = "SELECT name FROM v$active_services"
#: Seconds without an order that are no outage yet, on a busy machine.
SILENCE = 30


@pytest.fixture(scope="module")
def physical_template(worker_id: str) -> t.Iterator[pathlib.Path]:
    yield from keep_template(ROOT / f"build/physical-lab-{worker_id}", "physical")


@pytest.fixture()
def physical_lab(physical_template: pathlib.Path) -> t.Iterator[Lab]:
    """A source with the application, and a placeholder for its new home."""
    yield from lab_from(physical_template, "physical")


def choices(lab: Lab, **more: t.Any) -> t.Tuple[str, str]:
    chosen = {"physical_datafile_path": lab.endpoint("dbtrg")["datafiles"], "physical_source_redo_path": lab.endpoint("dbsrc")["datafiles"],
              "physical_services": [workload.SERVICE], "physical_copy_transport": "local", "physical_drop_placeholder": True,
              "physical_session_shutdown": True, "physical_monitor_interval": 1}
    return "-e", json.dumps(dict(chosen, **more))


# -- what databases say, open or not

@contextlib.contextmanager
def as_sys(lab: Lab, name: str) -> t.Iterator[DriverSession]:
    session = lab.session(name, user="SYS", password=lab.endpoint("dbsrc")["users"]["SYS"], mode="sysdba")
    try:
        yield session
    finally:
        session.close()


def rows(lab: Lab, name: str, query: str) -> t.List[t.Tuple[t.Any, ...]]:
    with as_sys(lab, name) as session:
        return [tuple(row.values()) for row in session.query(query)]


def role(lab: Lab, name: str) -> t.Tuple[t.Any, ...]:
    return rows(lab, name, "SELECT database_role, open_mode FROM v$database")[0]


def is_a_source(lab: Lab) -> bool:
    try:
        return role(lab, "dbsrc") == ("PRIMARY", "READ WRITE")
    except Exception:  # its instance ends with the switchover
        return False


def follows(lab: Lab) -> bool:
    """Whether the former primary applies what its successor commits from now on."""
    scn, = rows(lab, "dbtrg", "SELECT current_scn FROM v$database")[0]
    wait_for(lambda: rows(lab, "dbsrc", "SELECT current_scn FROM v$database")[0][0] >= scn, 60)
    return True


# -- orders

class Orders:
    """The workload, as a program of its own, and what it has on record."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.record = lab, lab.directory / "orders.jsonl"
        self._process = subprocess.Popen([sys.executable, "-m", "oralab.workload", "run", "--lab", str(lab.directory), "--record", str(self.record)],
                                         cwd=ROOT, env=dict(os.environ, PYTHONPATH=f"{ROOT}/lab"))

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    def taken(self, side: str) -> t.List[workload.Order]:
        return [order for order in workload.read(str(self.record)) if order.side == side and order.outcome == workload.ACKNOWLEDGED]

    def are_taken_by(self, side: str) -> None:
        before = len(self.taken(side))
        wait_for(lambda: len(self.taken(side)) > before, 2 * SILENCE)

    def report(self, name: str) -> t.Dict[str, t.Any]:
        endpoint = self.lab.endpoint(name)
        return workload.report(workload.read(str(self.record)), workload.rows_of(
            f"{endpoint['host']}:{endpoint['port']}/{workload.SERVICE}", self.lab.endpoint("dbsrc")["users"][workload.USER]))


@contextlib.contextmanager
def working(lab: Lab) -> t.Iterator[Orders]:
    orders = Orders(lab)
    try:
        orders.are_taken_by("source")
        yield orders
    finally:
        orders.stop()


def assert_moved(lab: Lab, orders: Orders) -> None:
    """The orders have stopped: not one that was acknowledged is missing, and the two sides have changed places."""
    assert_all_equal(lab, PHYSICAL_ONLINE, growing=[ORDERS])
    found = orders.report("dbtrg")
    assert found["lost"] == [] and found["found"] == found["acknowledged"] > 0
    assert [(change["from"], change["to"]) for change in found["changes"]] == [("source", "target")]
    assert role(lab, "dbtrg") == ("PRIMARY", "READ WRITE") and role(lab, "dbsrc") == ("PHYSICAL STANDBY", "MOUNTED")
    assert follows(lab)
    assert (workload.SERVICE,) in rows(lab, "dbtrg", SERVICES) and (workload.SERVICE,) not in rows(lab, "dbsrc", SERVICES)


# -- the tests

def test_a_source_at_work_moves_and_loses_no_order(physical_lab: Lab) -> None:
    lab = physical_lab
    listed = [tag for tags in re.findall(r"TAGS: \[(.*)\]", lab.playbook(PHYSICAL_ONLINE, "--list-tasks", stdout="default").stdout)
              for tag in tags.split(", ") if tag in ALL]
    assert list(dict.fromkeys(listed)) == ALL
    jobs = rows(lab, "dbsrc", JOBS)
    with working(lab) as orders:
        lab.playbook(PHYSICAL_ONLINE, *choices(lab))
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

    again = lab.playbook(PHYSICAL_ONLINE, *choices(lab), stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]
    assert [entry["name"] for entry in record(lab, PHYSICAL_ONLINE)["runs"][-1]["phases"] if entry["statements"]] == []

    # The former primary has followed all the while, so the way back loses nothing either.
    lab.playbook(FALLBACK, *choices(lab, physical_fallback_confirm="DBTRG"))
    assert role(lab, "dbsrc") == ("PRIMARY", "READ WRITE") and role(lab, "dbtrg") == ("PHYSICAL STANDBY", "MOUNTED")
    assert (workload.SERVICE,) in rows(lab, "dbsrc", SERVICES) and orders.report("dbsrc")["lost"] == []


def restores(lab: Lab) -> bool:
    return any(pathlib.Path(lab.endpoint("dbtrg")["datafiles"]).rglob("o1_mf_*.dbf"))


@pytest.mark.everything
def test_killed_at_every_boundary_and_in_the_midst_and_finished_by_the_next_run(physical_lab: Lab) -> None:
    """The control node is killed as each phase begins, while RMAN restores and while the roles change; the run after it goes on from there."""
    lab = physical_lab
    midst: t.Dict[str, t.Callable[[], bool]] = {"ZDM_RESTORE_TGT": lambda: restores(lab), "ZDM_SWITCHOVER_SRC": lambda: not is_a_source(lab)}
    with working(lab) as orders:
        for phase in WORKING:
            for condition in [None, *(midst[name] for name in midst if name == phase)]:
                run = Running(lab, PHYSICAL_ONLINE, *choices(lab))
                run.reach(phase)
                if condition is not None:
                    wait_for(condition, 120)
                run.kill()
                if WORKING.index(phase) < WORKING.index("ZDM_SWITCHOVER_SRC"):
                    assert is_a_source(lab), phase
                    orders.are_taken_by("source")
        lab.playbook(PHYSICAL_ONLINE, *choices(lab))
        orders.are_taken_by("target")
    assert_moved(lab, orders)


@pytest.mark.everything
def test_each_phase_by_its_tag_after_a_pause(physical_lab: Lab) -> None:
    lab = physical_lab
    with working(lab) as orders:
        lab.playbook(PHYSICAL_ONLINE, *choices(lab, migration_pause_after=["ZDM_RESTORE_TGT"]))
        assert list(phases(record(lab, PHYSICAL_ONLINE)["runs"][-1]))[-1] == "ZDM_RESTORE_TGT"
        assert is_a_source(lab)
        for phase in [*WORKING, "ZDM_GET_SRC_INFO", "ZDM_GET_TGT_INFO", "ZDM_VALIDATE_SRC", "ZDM_VALIDATE_TGT", "ZDM_POST_MIGRATE_TGT"]:
            lab.playbook(PHYSICAL_ONLINE, "--tags", phase, *choices(lab))
            run = phases(record(lab, PHYSICAL_ONLINE)["runs"][-1])
            assert list(run) == [phase] and run[phase]["status"] in ("changed", "unchanged")
        orders.are_taken_by("target")
    assert_moved(lab, orders)


@pytest.mark.everything
def test_duplicated_from_the_active_database(physical_lab: Lab) -> None:
    lab, chosen = physical_lab, choices(physical_lab, physical_direct_method="active_duplicate")
    with working(lab) as orders:
        lab.playbook(PHYSICAL_ONLINE, *chosen)
        orders.are_taken_by("target")
    run = phases(record(lab, PHYSICAL_ONLINE)["runs"][-1])
    assert run["ZDM_DUPLICATE_TGT"]["status"] == "changed" and run["ZDM_RESTORE_TGT"]["status"] == "does not apply"
    assert_moved(lab, orders)
    again = lab.playbook(PHYSICAL_ONLINE, *chosen, stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]


# -- things that are wrong

def fails(lab: Lab, phase: str, *said: str, extra: t.Sequence[str] = (), **more: t.Any) -> None:
    """This phase alone fails, saying all this."""
    done = lab.playbook(PHYSICAL_ONLINE, "--tags", phase, *choices(lab, **more), *extra, check=False)
    assert done.returncode
    assert [text for text in said if text not in done.stdout] == [], done.stdout[-3000:]


def tool(lab: Lab, name: str, program: str, *arguments: str, stdin: str = "") -> None:
    endpoint = lab.endpoint(name)
    subprocess.run([os.path.join(endpoint["oracle_home"], "bin", program), *arguments], input=stdin, text=True, check=True, stdout=subprocess.DEVNULL,
                   env=dict(os.environ, ORACLE_HOME=endpoint["oracle_home"], ORACLE_SID=endpoint["oracle_sid"]))


def execute(lab: Lab, name: str, *statements: str) -> None:
    with as_sys(lab, name) as session:
        for statement in statements:
            session.execute(Statement(statement))


def hide_a_log(lab: Lab) -> t.Callable[[], None]:
    """Have an archived log that the target lacks disappear at the source; gives how it comes back."""
    (destination,), = rows(lab, "dbsrc", "SELECT dest_id FROM v$archive_dest WHERE target = 'STANDBY' AND status != 'INACTIVE'")
    execute(lab, "dbsrc", f"ALTER SYSTEM SET log_archive_dest_state_{destination} = DEFER", "ALTER SYSTEM ARCHIVE LOG CURRENT")
    execute(lab, "dbsrc", "ALTER SYSTEM ARCHIVE LOG CURRENT", "ALTER SYSTEM ARCHIVE LOG CURRENT")
    (name,), = rows(lab, "dbsrc", "SELECT name FROM v$archived_log WHERE standby_dest = 'NO' AND sequence# = "
                                  "(SELECT MAX(sequence#) - 1 FROM v$archived_log WHERE standby_dest = 'NO')")
    hidden = pathlib.Path(name)
    hidden.rename(hidden.with_suffix(".hidden"))
    execute(lab, "dbsrc", f"ALTER SYSTEM SET log_archive_dest_state_{destination} = ENABLE", "ALTER SYSTEM ARCHIVE LOG CURRENT")
    return lambda: os.rename(hidden.with_suffix(".hidden"), hidden)


@pytest.mark.everything
def test_a_placeholder_that_may_not_go_stays(physical_lab: Lab) -> None:
    """All that speaks against it is told at once."""
    lab = physical_lab
    execute(lab, "dbtrg", 'CREATE USER settler IDENTIFIED BY "Set1tler"', "CREATE TABLE settler.belongings (n NUMBER)")
    lab.playbook(PHYSICAL_ONLINE, *choices(lab, migration_pause_after=["ZDM_COPYFILES"]))
    fails(lab, "ZDM_PREPARE_TGT", "1 of SETTLER", "DB_UNIQUE_NAME DBSRC", "has to be dropped", extra=["-e", "dbferry_db_unique_name=DBSRC"],
          physical_drop_placeholder=False)
    assert role(lab, "dbtrg") == ("PRIMARY", "READ WRITE")
    execute(lab, "dbtrg", "DROP USER settler CASCADE")
    lab.playbook(PHYSICAL_ONLINE, "--tags", "ZDM_PREPARE_TGT", *choices(lab))
    assert rows(lab, "dbtrg", "SELECT status FROM v$instance") == [("STARTED",)]


@pytest.mark.everything
def test_what_is_wrong_is_told_and_once_it_is_right_the_run_goes_on(physical_lab: Lab) -> None:
    lab = physical_lab
    password = lab.endpoint("dbsrc")["users"]["SYS"]
    with working(lab) as orders:
        lab.playbook(PHYSICAL_ONLINE, *choices(lab, migration_pause_after=["ZDM_FINALIZE_TGT"]))
        tool(lab, "dbtrg", "lsnrctl", "stop")
        fails(lab, "ZDM_CONFIGURE_DG_SRC", "that the listener runs")
        tool(lab, "dbtrg", "lsnrctl", "start")

        # The same password is not enough: the verifiers have to be the same.
        own = os.path.join(lab.endpoint("dbtrg")["oracle_home"], "dbs", "orapwdbtrg")
        tool(lab, "dbtrg", "orapwd", f"file={own}", "force=y", "format=12", f"password={password}")
        lab.playbook(PHYSICAL_ONLINE, "--tags", "ZDM_CONFIGURE_DG_SRC", *choices(lab))
        fails(lab, "ZDM_SWITCHOVER_SRC", "ORA-16191")
        assert is_a_source(lab)

        lab.playbook(PHYSICAL_ONLINE, *choices(lab, migration_pause_after=["ZDM_MONITOR_APPLY_LAG"]))
        come_back = hide_a_log(lab)
        fails(lab, "ZDM_MONITOR_APPLY_LAG", migration_poll_retries=5)
        fails(lab, "ZDM_SWITCHOVER_SRC", "ORA-16467")
        come_back()
        lab.playbook(PHYSICAL_ONLINE, "--tags", "ZDM_MONITOR_APPLY_LAG", *choices(lab))

        execute(lab, "dbtrg", "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL")
        fails(lab, "ZDM_SWITCHOVER_SRC", "ORA-16470")
        assert is_a_source(lab)
        orders.are_taken_by("source")
        lab.playbook(PHYSICAL_ONLINE, "--tags", "ZDM_CONFIGURE_DG_SRC,ZDM_MONITOR_APPLY_LAG", *choices(lab))
        fails(lab, "ZDM_SWITCHOVER_SRC", "Applications are connected", workload.USER, physical_session_shutdown=False)
        assert is_a_source(lab)

        lab.playbook(PHYSICAL_ONLINE, *choices(lab))
        orders.are_taken_by("target")
    assert_moved(lab, orders)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Physical migrations with a third database: a standby of the target, with and without the broker, and a standby that the source has already."""
from __future__ import annotations

import contextlib
import json
import re
import time
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.session import DriverSession
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from lab_under_test import Lab
from workflow import PHYSICAL_ONLINE, assert_all_equal, phases, record, wait_for

pytestmark = pytest.mark.everything

FALLBACK = "dbferry.oracle.fallback_physical"
ROLE = "SELECT database_role || ', ' || open_mode FROM v$database"
PRIMARY, FOLLOWS = "PRIMARY, READ WRITE", "PHYSICAL STANDBY, MOUNTED"
NUMBERS = "SELECT id FROM dbferry.moved ORDER BY id"


@pytest.fixture()
def lab(standby_lab: Lab) -> Lab:
    """Three databases, and a table that tells what has arrived."""
    with as_sys(standby_lab, "dbsrc") as session:
        session.execute(Statement("CREATE TABLE dbferry.moved (id NUMBER PRIMARY KEY)"))
    return standby_lab


# -- what the databases say, open or not

@contextlib.contextmanager
def as_sys(lab: Lab, name: str) -> t.Iterator[DriverSession]:
    session = lab.session(name, user="SYS", password=lab.endpoint("dbsrc")["users"]["SYS"], mode="sysdba")
    try:
        yield session
    finally:
        session.close()


def values(lab: Lab, name: str, query: str) -> t.List[t.Any]:
    with as_sys(lab, name) as session:
        return [next(iter(row.values())) for row in session.query(query)]


def do(lab: Lab, name: str, *statements: str) -> None:
    with as_sys(lab, name) as session:
        for statement in statements:
            session.execute(Statement(statement))


def roles(lab: Lab) -> t.List[str]:
    return [values(lab, name, ROLE)[0] for name in ("dbsrc", "dbtrg", "dbstb")]


def parameter(lab: Lab, name: str, of: str) -> str:
    return str(values(lab, of, f"SELECT value FROM v$parameter WHERE name = '{name}'")[0] or "")


def sent_by(lab: Lab, name: str) -> t.Dict[str, str]:
    """Where a database sends redo in the role that it has: DB_UNIQUE_NAME of each destination, and what is wrong with it."""
    with as_sys(lab, name) as session:
        return {row["db_unique_name"].lower(): row["error"] or row["status"] for row in session.query(
            "SELECT db_unique_name, error, status FROM v$archive_dest WHERE status <> 'INACTIVE' AND valid_now = 'YES' AND target <> 'PRIMARY'"
            " AND db_unique_name <> 'NONE'")}


def followed(lab: Lab, primary: str, number: int, *standbys: str) -> None:
    """A row more at the primary, and its log ended; then it is applied at the standbys."""
    do(lab, primary, f"INSERT INTO dbferry.moved VALUES ({number})", "ALTER SYSTEM SWITCH LOGFILE")
    scn = values(lab, primary, "SELECT MAX(next_change#) FROM v$archived_log WHERE standby_dest = 'NO'")[0]
    for name in standbys:
        wait_for(lambda name=name: values(lab, name, "SELECT current_scn FROM v$database")[0] >= scn - 1, 90)  # type: ignore[misc]


def numbers_in(lab: Lab, name: str) -> t.List[int]:
    """The rows of a standby, which is open for reading meanwhile."""
    do(lab, name, "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL", "ALTER DATABASE OPEN READ ONLY")
    return values(lab, name, NUMBERS)


def move(lab: Lab, *arguments: str, playbook: str = PHYSICAL_ONLINE, **chosen: t.Any) -> str:
    chosen = dict({"physical_monitor_interval": 1}, **chosen)
    return lab.playbook(playbook, "-e", json.dumps(chosen), *arguments, stdout="default").stdout


def changed(said: str) -> int:
    found = re.search(r"dbtrg\s+:.*changed=(\d+) ", said)
    assert found, said[-3000:]
    return int(found.group(1))


# -- the tests

def test_the_standby_of_the_target_follows_from_the_beginning_to_the_way_back(lab: Lab) -> None:
    """The target passes redo on while it is a standby itself, and sends its own once it is the primary."""
    move(lab, migration_pause_after=["ZDM_FINALIZE_STBY"])
    assert roles(lab) == [PRIMARY, FOLLOWS, FOLLOWS]
    assert sent_by(lab, "dbsrc") == {"dbtrg": "VALID"} and sent_by(lab, "dbtrg") == {"dbstb": "VALID"}
    for name in ("dbsrc", "dbtrg", "dbstb"):
        assert {"DBSRC", "DBTRG", "DBSTB"} <= set(re.findall(r"\w+", parameter(lab, "log_archive_config", name)))
    followed(lab, "dbsrc", 1, "dbtrg", "dbstb")
    move(lab)
    assert roles(lab) == [FOLLOWS, PRIMARY, FOLLOWS] and sent_by(lab, "dbtrg") == {"dbsrc": "VALID", "dbstb": "VALID"}
    assert_all_equal(lab, PHYSICAL_ONLINE)
    followed(lab, "dbtrg", 2, "dbsrc", "dbstb")
    assert parameter(lab, "job_queue_processes", "dbstb") == parameter(lab, "job_queue_processes", "dbtrg") != "0"
    assert changed(move(lab)) == 0
    move(lab, playbook=FALLBACK, physical_fallback_confirm="DBTRG")
    assert roles(lab) == [PRIMARY, FOLLOWS, FOLLOWS] and sent_by(lab, "dbtrg") == {"dbstb": "VALID"}
    followed(lab, "dbsrc", 3, "dbtrg", "dbstb")
    assert numbers_in(lab, "dbstb") == [1, 2, 3]


def test_backups_make_both_and_the_source_sends_to_both(lab: Lab) -> None:
    chosen = {"physical_medium": "nfs", "physical_backup_path": str(lab.directory / "staging"), "physical_standby_cascading": False}
    move(lab, migration_pause_after=["ZDM_FINALIZE_STBY"], **chosen)
    tags = values(lab, "dbsrc", "SELECT DISTINCT tag FROM v$backup_piece ORDER BY 1")
    assert tags == ["DBF_DBTRG_R1_FULL", "DBF_DBTRG_R1_INCR", "DBF_DBTRG_R1_STBY"]
    restored = record(lab, PHYSICAL_ONLINE)["runs"][-1]
    assert "DBF_DBTRG_R1_STBY" in json.dumps(phases(restored)["ZDM_CLONE_STBY"])
    assert sent_by(lab, "dbsrc") == {"dbtrg": "VALID", "dbstb": "VALID"} and sent_by(lab, "dbtrg") == {}
    followed(lab, "dbsrc", 1, "dbtrg", "dbstb")
    move(lab, **chosen)
    assert roles(lab) == [FOLLOWS, PRIMARY, FOLLOWS] and sent_by(lab, "dbtrg") == {"dbsrc": "VALID", "dbstb": "VALID"}
    assert_all_equal(lab, PHYSICAL_ONLINE)
    followed(lab, "dbtrg", 2, "dbsrc", "dbstb")
    assert numbers_in(lab, "dbstb") == [1, 2]


def test_the_broker_has_all_three_and_changes_the_roles(lab: Lab) -> None:
    chosen = {"physical_broker": True}
    do(lab, "dbsrc", "INSERT INTO dbferry.moved VALUES (1)")
    move(lab, **chosen)
    assert roles(lab) == [FOLLOWS, PRIMARY, FOLLOWS] and sent_by(lab, "dbtrg") == {"dbsrc": "VALID", "dbstb": "VALID"}
    assert {values(lab, name, "SELECT dataguard_broker FROM v$database")[0] for name in ("dbsrc", "dbtrg", "dbstb")} == {"ENABLED"}
    assert "SWITCHOVER TO 'DBTRG';" in json.dumps(phases(record(lab, PHYSICAL_ONLINE)["runs"][-1])["ZDM_SWITCHOVER_SRC"])
    assert_all_equal(lab, PHYSICAL_ONLINE)
    followed(lab, "dbtrg", 2, "dbsrc", "dbstb")
    known = "SELECT LOWER(database) || ' ' || dataguard_role FROM v$dg_broker_config ORDER BY 1"
    assert values(lab, "dbtrg", known) == ["dbsrc PHYSICAL STANDBY", "dbstb PHYSICAL STANDBY", "dbtrg PRIMARY"]
    assert changed(move(lab, **chosen)) == 0
    move(lab, playbook=FALLBACK, physical_fallback_confirm="DBTRG", **chosen)
    assert roles(lab) == [PRIMARY, FOLLOWS, FOLLOWS]
    followed(lab, "dbsrc", 3, "dbtrg", "dbstb")
    assert values(lab, "dbsrc", NUMBERS) == [1, 2, 3]


def test_a_standby_that_the_source_has_already_is_read_from_and_left_as_it_is(lab: Lab) -> None:
    """It is made by a migration of its own, which goes no further."""
    fed = {"migration_id": "FED", "migration_source": "dbsrc", "physical_source_redo_path": lab.endpoint("dbsrc")["datafiles"],
           "physical_copy_transport": "local", "physical_drop_placeholder": True, "physical_standby": ""}
    inventory = lab.inventory.read_text()
    lab.inventory.write_text(inventory.replace("    standby:\n      hosts:\n", "        # The third one is a target too.\n", 1))
    move(lab, "--limit", "dbstb", migration_pause_after=["ZDM_CONFIGURE_DG_SRC"], **fed)
    lab.inventory.write_text(inventory)
    followed(lab, "dbsrc", 1, "dbstb")
    kept = {name: parameter(lab, name, "dbsrc") for name in ("log_archive_dest_2", "fal_server")}
    chosen = {"physical_standby": "", "physical_existing_standby": "dbstb", "physical_skip_fallback": True, "physical_verify": False}
    move(lab, **chosen)
    did = phases(record(lab, PHYSICAL_ONLINE)["runs"][-1])
    assert "FROM SERVICE 'DBF_DBTRG_DBSTB'" in json.dumps(did["ZDM_RESTORE_TGT"]) and "LOG_ARCHIVE_DEST_3" in json.dumps(did["ZDM_CONFIGURE_DG_SRC"]).upper()
    assert values(lab, "dbtrg", NUMBERS) == [1] and did["ZDM_CLEANUP_SRC"]["status"] == "changed"
    assert {name: parameter(lab, name, "dbsrc") for name in kept} == kept
    assert "DBSTB" in parameter(lab, "log_archive_config", "dbsrc") and "DBTRG" not in parameter(lab, "log_archive_config", "dbsrc")


def test_waiting_ends_with_what_waiting_does_not_cure(lab: Lab) -> None:
    move(lab, migration_pause_after=["ZDM_CONFIGURE_DG_SRC"], physical_standby="")
    do(lab, "dbtrg", "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL")
    begun = time.monotonic()
    chosen = json.dumps({"physical_standby": "", "physical_monitor_interval": 30})
    done = lab.playbook(PHYSICAL_ONLINE, "--tags", "ZDM_MONITOR_APPLY_LAG", "-e", chosen, check=False, stdout="default")
    assert done.returncode and "DBF-0512" in done.stdout and "ORA-16470" in done.stdout and time.monotonic() - begun < 90, done.stdout[-3000:]
    move(lab, "--tags", "ZDM_CONFIGURE_DG_SRC,ZDM_MONITOR_APPLY_LAG", physical_standby="")

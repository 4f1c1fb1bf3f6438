# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``--check`` of whole physical migrations, on a pair that nobody has touched and on one halfway: everything is told, and nothing is done."""
from __future__ import annotations

import json
import re
import typing as t

import given
import pytest
from lab_under_test import ROOT, Lab, make_lab
from moving import NIGHTLY, by_a_backup_that_was_there
from workflow import PHASES, PHYSICAL_OFFLINE, PHYSICAL_ONLINE

pytestmark = [pytest.mark.everything, pytest.mark.skipif(given.are_given(), reason="needs a placeholder that is made for it")]

#: What a server keeps beside the database's own files.
CONFIGURATION = ("home/dbs", "home/network/admin")
ANY_STATE = ("SELECT dbid, database_role, open_mode, db_unique_name, log_mode, force_logging, resetlogs_change# resetlogs_scn FROM v$database",
             "SELECT name, value FROM v$parameter", "SELECT name, value FROM v$spparameter", "SELECT status, startup_time FROM v$instance",
             "SELECT name FROM v$datafile", "SELECT group#, bytes FROM v$log", "SELECT group#, bytes FROM v$standby_log",
             "SELECT tag FROM v$backup_piece", "SELECT dest_id, destination FROM v$archive_dest WHERE status <> 'INACTIVE'",
             "SELECT process FROM v$managed_standby WHERE process LIKE 'MRP%'", "SELECT name FROM v$active_services")
OPEN = ("SELECT owner, object_type, object_name, last_ddl_time FROM dba_objects", "SELECT username, account_status FROM dba_users",
        "SELECT name FROM dba_services")

#: What every plan of the way says, in the order in which it does.
TO_A_STANDBY = ["DROP DATABASE", "ALTER DATABASE ADD STANDBY LOGFILE THREAD 1 GROUP", "ALTER SYSTEM SET log_archive_dest_2",
                "RECOVER MANAGED STANDBY DATABASE DISCONNECT"]
TO_A_PRIMARY = ["DBMS_SERVICE.STOP_SERVICE(service_name => 'shop')", "ALTER DATABASE SWITCHOVER TO DBTRG", "ALTER DATABASE OPEN",
                "DBMS_SERVICE.START_SERVICE(service_name => 'shop')", "STARTUP MOUNT", "RECOVER MANAGED STANDBY DATABASE DISCONNECT",
                "ALTER SYSTEM SET job_queue_processes = 1000", "ALTER DATABASE OPEN READ ONLY", "rows of SALES.ORDERS", "datapatch -verbose"]
BY_BACKUPS = ["BACKUP AS BACKUPSET", "DROP DATABASE", "'unknown until ZDM_BACKUP_FULL_SRC'", "DBMS_SERVICE.STOP_SERVICE(service_name => 'shop')",
              "UNTIL SCN unknown until ZDM_BACKUP_DIFFERENTIAL_SRC", "ALTER DATABASE OPEN RESETLOGS", "rows of SALES.ORDERS",
              "ALTER SYSTEM SET job_queue_processes = 1000", "DBMS_SERVICE.START_SERVICE(service_name => 'shop')", "datapatch -verbose"]


@pytest.fixture(scope="module")
def untouched(worker_id: str) -> t.Iterator[Lab]:
    yield from make_lab(ROOT / f"build/plan-lab-{worker_id}", "physical")


def picture(lab: Lab) -> t.Dict[str, t.Any]:
    """Both databases, whatever state they are in, and the files of their servers."""
    found: t.Dict[str, t.Any] = {}
    for name in ("dbsrc", "dbtrg"):
        session = lab.session(name, user="SYS", password=lab.endpoint("dbsrc")["users"]["SYS"], mode="sysdba")
        try:
            is_open = session.one("SELECT status FROM v$instance")["status"] == "OPEN"
            for question in ANY_STATE + (OPEN if is_open else ()):
                found[f"{name}: {question}"] = sorted(str(row) for row in session.query(question))
        finally:
            session.close()
        server = lab.directory / name
        for folder in CONFIGURATION:
            found[f"{name}: {folder}"] = {path.name: path.read_bytes() for path in sorted((server / folder).iterdir()) if path.is_file()}
        found[f"{name}: files"] = sorted(str(path) for path in server.rglob("*") if "work" not in path.parts)
    found["staging"] = sorted(path.name for path in lab.staging.iterdir())
    return found


def plan(lab: Lab, playbook: str, says: t.Sequence[str], **choices: t.Any) -> None:
    """The whole plan, which changes nothing, names every phase, and says these things one after the other."""
    before = picture(lab)
    planned = lab.playbook(playbook, "--check", "--diff", "-e", json.dumps(choices), stdout="default").stdout
    after = picture(lab)
    assert [name for name in before if before[name] != after.get(name)] == []
    assert [phase for phase in PHASES[playbook] if phase not in planned] == []
    rest = planned
    for words in says:
        assert words in rest, f"{words} is missing in:\n{planned[-6000:]}"
        rest = rest.split(words, 1)[1]
    assert re.search(r"dbtrg\s+:.*failed=0 ", planned)


def test_online_over_the_network(untouched: Lab) -> None:
    plan(untouched, PHYSICAL_ONLINE, [TO_A_STANDBY[0], "RESTORE STANDBY CONTROLFILE", "RECOVER DATABASE", *TO_A_STANDBY[1:], *TO_A_PRIMARY])


def test_online_by_an_active_duplicate(untouched: Lab) -> None:
    plan(untouched, PHYSICAL_ONLINE, [TO_A_STANDBY[0], "FOR STANDBY FROM ACTIVE DATABASE", *TO_A_STANDBY[1:], *TO_A_PRIMARY],
         physical_direct_method="active_duplicate")


def test_offline_by_backups_on_disks(untouched: Lab) -> None:
    plan(untouched, PHYSICAL_OFFLINE, BY_BACKUPS, physical_medium="nfs", physical_backup_path=str(untouched.staging))


def test_online_by_a_backup_that_is_there(untouched: Lab) -> None:
    plan(untouched, PHYSICAL_ONLINE, [f"FOR RECOVER OF TAG '{NIGHTLY}'", TO_A_STANDBY[0], "'unknown until ZDM_BACKUP_INCREMENTAL_SRC'", f"FROM TAG '{NIGHTLY}'",
                                      *TO_A_STANDBY[1:], *TO_A_PRIMARY], **by_a_backup_that_was_there(untouched))


def test_what_is_left_of_a_migration_that_was_paused(untouched: Lab) -> None:
    """The target is a standby then, which shows no dictionary: what comes after the switchover is planned on the source's."""
    untouched.playbook(PHYSICAL_ONLINE, "-e", '{"migration_pause_after": ["ZDM_FINALIZE_TGT"]}')
    plan(untouched, PHYSICAL_ONLINE, [*TO_A_STANDBY[2:], *TO_A_PRIMARY])

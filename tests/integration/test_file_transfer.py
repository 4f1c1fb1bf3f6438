# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Datafiles and definitions through a database link: the modules on the lab, and the whole workflow."""
from __future__ import annotations

import json
import pathlib
import re
import time
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.modules import database_link, dbms_file_transfer, directory, session_fence, tablespace
from lab_under_test import Lab
from oralab.hosts import Host
from workflow import XTTS, Running, assert_all_equal, faults, wait_for

SET = ["APP_DATA", "APP_INDEX", "APP_LOB"]
LINK = {"connect_string": "", "create_account": True}


def link(lab: Lab, **options: t.Any) -> t.Dict[str, t.Any]:
    arguments = dict(LINK, connect_string=lab.endpoint("dbtrg")["dsn"])
    arguments.update(options)
    return lab.run(database_link.MODULE, "dbsrc", arguments, "dbtrg")


def refused(call: t.Callable[[], t.Any]) -> DbferryError:
    with pytest.raises(DbferryError) as caught:
        call()
    return caught.value


def test_a_link_with_an_account_of_its_own(lab: Lab) -> None:
    made = link(lab, directories={"CONTRACT_FILES": []}, privileges=["CREATE TABLE"])
    assert made["changed"] and made["name"] == made["account"] == "DBF_CONTRACT_R1_LNK_LINK"
    assert "IDENTIFIED BY ********" in " ".join(made["statements"])
    assert not link(lab, privileges=["CREATE TABLE"])["changed"]
    held = lab.query("dbtrg", "SELECT privilege FROM dba_sys_privs WHERE grantee = 'DBF_CONTRACT_R1_LNK_LINK' ORDER BY 1")
    assert [row["privilege"] for row in held] == ["CREATE SESSION", "CREATE TABLE"]
    # Somebody changes the password: nobody knows the old one, so account and link get another.
    session = lab.session("dbtrg")
    session.execute(database_link.Statement('ALTER USER "DBF_CONTRACT_R1_LNK_LINK" IDENTIFIED BY "other"'))
    session.close()
    mended = link(lab, privileges=["CREATE TABLE"])
    assert [word.split(" ")[0] for word in mended["statements"]] == ["ALTER", "DROP", "CREATE"]
    assert link(lab, state="absent")["changed"] and not link(lab, state="absent")["changed"]
    assert not lab.query("dbtrg", "SELECT username FROM dba_users WHERE username LIKE 'DBF%LNK%'")


@pytest.mark.parametrize(("options", "code"), [
    ({"connect_string": "127.0.0.1:1/NOBODY"}, "ORA-12541"), ({"connect_string": "unheard_of"}, "ORA-12154"),
    ({"create_account": False, "link_user": "SYSTEM", "link_password": "wrong"}, "ORA-01017"), ({"create_account": False}, "DBF-0402"),
])
def test_a_link_that_leads_nowhere_says_why(lab: Lab, options: t.Dict[str, t.Any], code: str) -> None:
    try:
        error = refused(lambda: link(lab, **options))
        assert error.code == code
    finally:
        link(lab, state="absent")


class Sending:
    """A frozen set, a link and directories, in a lab of one's own."""

    def __init__(self, lab: Lab, verb: str) -> None:
        self.lab, self.verb = lab, verb
        self.files = lab.directory / "arrived"
        self.files.mkdir(exist_ok=True)
        self.here, self.there = ("dbsrc", "dbtrg") if verb == "put" else ("dbtrg", "dbsrc")
        lab.run(tablespace.MODULE, "dbsrc", {"names": SET, "state": "read_only"})
        source = pathlib.Path(lab.query("dbsrc", "SELECT file_name FROM dba_data_files WHERE tablespace_name = 'APP_DATA'")[0]["file_name"]).parent
        lab.run(directory.MODULE, "dbsrc", {"name": "SOURCE_FILES", "path": str(source)})
        lab.run(directory.MODULE, "dbtrg", {"name": "TARGET_FILES", "path": str(self.files)})
        rights = {"TARGET_FILES": ["WRITE"]} if verb == "put" else {"SOURCE_FILES": ["READ"]}
        self.link = lab.run(database_link.MODULE, self.here, {
            "connect_string": lab.endpoint(self.there)["dsn"], "create_account": True, "directories": rights}, self.there)["name"]

    def call(self, **options: t.Any) -> t.Dict[str, t.Any]:
        arguments = dict({"operation": self.verb, "tablespaces": SET, "directory": "TARGET_FILES", "link": self.link, "parallel": 4}, **options)
        return self.lab.run(dbms_file_transfer.MODULE, self.here, arguments, self.there)

    def finish(self) -> t.Dict[str, t.Any]:
        deadline = time.monotonic() + 300
        while not (found := self.call())["finished"]:
            assert time.monotonic() < deadline, f"it never ended: {found['progress']}"
            time.sleep(0.5)
        return found


@pytest.mark.parametrize("verb", ["put", pytest.param("get", marks=pytest.mark.everything)])
def test_files_are_sent_by_jobs_joined_and_sent_again_when_cut_off(fresh_lab: Lab, verb: str) -> None:
    sending = Sending(fresh_lab, verb)
    faults(fresh_lab, "dbtrg", seconds_per_write=15.0)
    first = sending.call()
    assert not first["finished"] and first["changed"]
    assert not sending.call()["changed"], "every file has its job, and jobs that run are joined"
    # The machine of the jobs crashes: what had arrived in part is removed and sent anew.
    assert Host(str(fresh_lab.directory / sending.here)).stop(abort=True)
    Host(str(fresh_lab.directory / sending.here)).start()
    faults(fresh_lab, "dbtrg")
    done = sending.finish()
    assert len(done["files"]) == done["progress"]["of"] == len(set(done["files"])) and done["progress"]["percent"] == 100.0
    assert sorted(str(path) for path in sending.files.iterdir()) == sorted(done["files"]), "no part is left"
    assert not sending.call()["changed"]
    assert not fresh_lab.query(sending.here, "SELECT job_name FROM dba_scheduler_jobs WHERE job_name LIKE 'DBF%'")


@pytest.mark.everything
def test_everything_that_is_wrong_is_said_at_once_and_a_failure_once(fresh_lab: Lab) -> None:
    sending = Sending(fresh_lab, "put")
    error = refused(lambda: sending.call(link="NO_SUCH", directory="NO_SUCH", tablespaces=SET + ["USERS"]))
    assert all(word in error.message for word in ("database link NO_SUCH", "directory object NO_SUCH", "not read only at the source: USERS"))
    faults(fresh_lab, "dbtrg", full_paths=[str(sending.files)])
    errors = []
    for _ in range(40):
        try:
            sending.call()
        except DbferryError as caught:
            errors.append(caught)
            break
        time.sleep(0.5)
    assert errors and errors[0].code == "ORA-19502" and "ORA-02063" in errors[0].message
    faults(fresh_lab, "dbtrg")
    time.sleep(2)
    failures = 0
    for _ in range(60):
        try:
            if sending.call()["finished"]:
                break
        except DbferryError:
            failures += 1
        time.sleep(0.5)
    assert failures <= 5, "each file's failure is told once"
    assert len(sending.call()["files"]) == len(list(sending.files.iterdir()))


def test_own_jobs_run_behind_the_fence_and_others_do_not(lab: Lab) -> None:
    fence = {"services": [], "own_jobs": True}
    before = lab.query("dbtrg", "SELECT value FROM v$parameter WHERE name = 'job_queue_processes'")
    session = lab.session("dbtrg", **{"user": "DBFERRY", "password": lab.endpoint("dbtrg")["users"]["DBFERRY"]})
    try:
        lab.run(session_fence.MODULE, "dbtrg", fence)
        assert lab.query("dbtrg", "SELECT value FROM v$parameter WHERE name = 'job_queue_processes'") == before
        for name, allowed in (("OWN", "TRUE"), ("OTHER", "FALSE")):
            session.execute(database_link.Statement(
                f"BEGIN DBMS_SCHEDULER.CREATE_JOB('{name}', 'PLSQL_BLOCK', 'BEGIN NULL; END;', auto_drop => FALSE); "
                f"DBMS_SCHEDULER.SET_ATTRIBUTE('{name}', 'ALLOW_RUNS_IN_RESTRICTED_MODE', {allowed}); DBMS_SCHEDULER.ENABLE('{name}'); END;"))
        wait_for(lambda: bool(session.query("SELECT 1 one FROM user_scheduler_jobs WHERE job_name = 'OWN' AND state = 'SUCCEEDED'")))
        time.sleep(1)       # in which the other one would be begun as well
        assert session.one("SELECT state FROM user_scheduler_jobs WHERE job_name = 'OTHER'")["state"] == "SCHEDULED"
        # That job is of an account that SYSTEM is not: it would run behind a fence of SYSTEM's.
        session.execute(database_link.Statement(
            "BEGIN DBMS_SCHEDULER.CREATE_JOB('LOUD', 'PLSQL_BLOCK', 'BEGIN NULL; END;', start_date => SYSTIMESTAMP + 1, auto_drop => FALSE); "
            "DBMS_SCHEDULER.SET_ATTRIBUTE('LOUD', 'ALLOW_RUNS_IN_RESTRICTED_MODE', TRUE); DBMS_SCHEDULER.ENABLE('LOUD'); END;"))
        assert refused(lambda: lab.run(session_fence.MODULE, "dbtrg", fence)).code == "DBF-0144"
    finally:
        lab.run(session_fence.MODULE, "dbtrg", {"state": "absent"})
        for row in session.query("SELECT job_name FROM user_scheduler_jobs"):
            session.execute(database_link.Statement(f"BEGIN DBMS_SCHEDULER.DROP_JOB('{row['job_name']}', force => TRUE); END;"))
        session.close()


# --- the workflow ---

def nothing_of_ours(lab: Lab) -> None:
    for name in ("dbsrc", "dbtrg"):
        assert not lab.query(name, "SELECT username FROM dba_users WHERE username LIKE 'DBF%LNK%'")
        assert not lab.query(name, "SELECT db_link FROM dba_db_links WHERE db_link LIKE 'DBF%'")
        assert not lab.query(name, "SELECT directory_name FROM dba_directories WHERE directory_name LIKE 'DBF%'")
        assert not lab.query(name, "SELECT job_name FROM dba_scheduler_jobs WHERE job_name LIKE 'DBF%'")


def options(conversion: str, metadata: str, **more: t.Any) -> t.List[str]:
    return ["-e", json.dumps(dict(more, xtts_conversion=conversion, xtts_metadata=metadata, xtts_backup=False))]


def test_a_whole_migration_without_a_dump_of_definitions(fresh_lab: Lab) -> None:
    fresh_lab.playbook(XTTS, *options("put_file", "link"))
    assert_all_equal(fresh_lab, XTTS)
    nothing_of_ours(fresh_lab)


@pytest.mark.everything
@pytest.mark.parametrize("conversion", ["get_file", "put_file"])
def test_a_whole_migration_between_servers_that_share_nothing(fresh_lab: Lab, conversion: str) -> None:
    """Datafiles go through a link, dump files from server to server; the second run changes nothing."""
    there = fresh_lab.directory / "target-staging"
    there.mkdir()
    chosen = options(conversion, "dump", xtts_transfer="copy", xtts_copy_transport="local", xtts_target_staging_path=str(there))
    fresh_lab.playbook(XTTS, *chosen)
    assert_all_equal(fresh_lab, XTTS)
    nothing_of_ours(fresh_lab)
    assert not [path for place in (fresh_lab.staging, there) for path in place.iterdir() if path.suffix != ".log"]
    again = fresh_lab.playbook(XTTS, *chosen, stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]


@pytest.mark.everything
def test_killed_while_files_travel_and_finished_by_the_next_run(fresh_lab: Lab) -> None:
    chosen = options("put_file", "link")
    faults(fresh_lab, "dbtrg", seconds_per_write=0.02)
    running = Running(fresh_lab, XTTS, *chosen)
    running.reach("XTTS_TRANSFER")
    wait_for(lambda: bool(fresh_lab.query("dbsrc", "SELECT job_name FROM dba_scheduler_running_jobs WHERE job_name LIKE 'DBF%'")), 60)
    running.kill()
    faults(fresh_lab, "dbtrg")
    fresh_lab.playbook(XTTS, *chosen)
    assert_all_equal(fresh_lab, XTTS)
    nothing_of_ours(fresh_lab)

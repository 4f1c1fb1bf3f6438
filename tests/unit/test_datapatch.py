# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What datapatch says is read with care, and it is run when the database and its home differ."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import datapatch as tool
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.modules import datapatch
from fake_session import FakeSession, texts

HEAD = "SQL Patching tool version 19.25.0.0.0 Production on Sat Mar  7 10:00:00 2026\nConnecting to database...OK\n"
QUEUE = """Installation queue:
  For the following PDBs: CDB$ROOT SHOP
    No interim patches need to be rolled back
    Patch 36912597 (Database Release Update : 19.25.0.0.241015 (36912597)):
      Apply from 19.3.0.0.0 Release_Update 190410122720 to 19.25.0.0.0 Release_Update 241010184253
    No interim patches need to be applied

Installing patches...
"""
ROOT = "Patch 36912597 apply (pdb CDB$ROOT): SUCCESS\n  logfile: /u01/a.log (no errors)\n"
END = "SQL Patching tool complete on Sat Mar  7 10:09:00 2026\n"


@pytest.mark.parametrize("text, verdict", [
    (HEAD + QUEUE + ROOT + END, "ok"),
    (HEAD + QUEUE + ROOT + "Patch 36912597 apply (pdb SHOP): SUCCESS (bypass_install)\n" + END, "ok"),
    (HEAD + QUEUE + ROOT + "Patch 36912597 apply (pdb SHOP): WITH ERRORS\n  logfile: /u01/b.log (errors)\n    Error at line 5: ORA-20001: x\n" + END,
     "completed_with_errors"),
    (HEAD + QUEUE + END, "unknown"),
    (HEAD + QUEUE, "unknown"),
    (HEAD + "Prereq check failed, exiting without installing any patches.\n" + END, "failed"),
    (HEAD + "Installation queue:\n  Nothing to roll back\n  Nothing to apply\n\n" + END, "ok"),
    (HEAD + END, "unknown"), ("", "unknown"), ("Can't locate DBI.pm in @INC\n", "failed")])
def test_the_closing_line_is_never_believed(text, verdict):
    assert tool.parse(text).verdict == verdict


def test_verdicts_name_patch_container_and_log():
    outcome = tool.parse(HEAD + QUEUE + ROOT + "Patch 36912597 apply (pdb SHOP): WITH ERRORS\n  logfile: /u01/b.log (errors)\n" + END, 1)
    assert outcome.queued and [action.container for action in outcome.actions] == ["CDB$ROOT", "SHOP"]
    with pytest.raises(DbferryError) as caught:
        outcome.require("datapatch")
    assert caught.value.code == "DBF-0631" and "36912597 apply in SHOP: WITH ERRORS, see /u01/b.log" in caught.value.message
    assert tool.parse(HEAD + QUEUE + ROOT + END, 1).verdict == "failed"


WANT = {"closed_pdbs": "open", "pdbs": [], "prereq": False, "migration_id": "SALES", "migration_run": 1, "oracle_home": "/u01/19"}
DONE = {"oracle_home": "/u01/19", "version": "19.25.0.0.0"}


def row(version="19.25.0.0.0", status="SUCCESS", patch=36912597, kind="RU", container=None):
    return {"patch_id": patch, "action": "APPLY", "status": status, "patch_type": kind, "target_version": version, "logfile": "/u01/x.log",
            "container": container}


def look(rows, done=None, told=None, pdbs=(), role="PRIMARY", open_mode="READ WRITE", release=(19, 25, 0, 0, 0), **more):
    cdb = bool(pdbs)
    session = FakeSession({
        datapatch.DATABASE: [{"database_role": role, "open_mode": open_mode, "cdb": "YES" if cdb else "NO", "container": "CDB$ROOT" if cdb else "SALES"}],
        datapatch.HOME: [{"version_full": "19.25.0.0.0"}], datapatch.PDBS: [{"name": name, "open_mode": mode} for name, mode in pdbs],
        **dict.fromkeys((datapatch.REGISTRY, datapatch.ROOT_REGISTRY, datapatch.EARLY_REGISTRY, datapatch.EARLY_ROOT_REGISTRY), rows),
    }, release=release).with_journal(
        {item: value for item, value in ((datapatch.ITEM, done), (datapatch.QUEUE, told)) if value is not None})
    want = dict(WANT, **more)
    return datapatch.observe(session, want), want


def steps(*arguments, **more):
    return datapatch.plan(*look(*arguments, **more))


def test_it_runs_where_home_and_database_differ_or_nobody_knows():
    assert texts(steps([row("19.3.0.0.0")], done=DONE)) == ["datapatch -verbose"]
    assert texts(steps([row()])) == ["datapatch -verbose"]
    assert steps([row("19.3.0.0.0"), row()], done=DONE) == []
    assert texts(steps([row(), row(status="WITH ERRORS", patch=1, kind="INTERIM")], done=DONE)) == ["datapatch -verbose"]
    assert texts(steps([row("19.9.0.0.0", status="WITH ERRORS"), row()], done=DONE)) == []
    assert texts(steps([row()], done=dict(DONE, version="19.3.0.0.0"))) == ["datapatch -verbose"]
    assert texts(steps([row(kind=None, version=None)], done=dict(DONE, version=None), release=(12, 1, 0, 2, 0))) == []


def test_closed_pluggable_databases_are_opened_first():
    pdbs = [("SHOP", "MOUNTED"), ("HR", "READ WRITE")]
    assert texts(steps([row(container="CDB$ROOT")], pdbs=pdbs)) == ['ALTER PLUGGABLE DATABASE "SHOP" OPEN', "datapatch -verbose"]
    assert texts(steps([row(container="CDB$ROOT")], pdbs=pdbs, closed_pdbs="skip")) == ["datapatch -verbose"]
    with pytest.raises(Refused) as caught:
        steps([row(container="CDB$ROOT")], pdbs=pdbs, closed_pdbs="refuse")
    assert caught.value.code == "DBF-0632" and "SHOP" in caught.value.message


def test_a_run_is_written_down_only_when_it_was_good():
    step, = steps([row("19.3.0.0.0")])
    assert step.job.name == "DBF_SALES_R1_CMD_DATAPATCH" and step.job.argv == ["datapatch", "-verbose"]
    assert step.conclude(HEAD + QUEUE + ROOT + END, 0) == {datapatch.ITEM: DONE}
    for text, rc in ((HEAD, None), (HEAD + END, 0), (HEAD + QUEUE + ROOT + END, 1)):
        with pytest.raises(DbferryError):
            step.conclude(text, rc)


LINES = ["For the following PDBs: CDB$ROOT SHOP", "Patch 36912597 (Database Release Update : 19.25.0.0.241015 (36912597)):",
         "Apply from 19.3.0.0.0 Release_Update 190410122720 to 19.25.0.0.0 Release_Update 241010184253"]
NOTHING = "Installation queue:\n  No release update patches need to be installed\n  No interim patches need to be applied\n\n"


def test_what_it_would_do_is_asked_once_and_an_empty_queue_is_all_that_a_run_would_find():
    step, = steps([row("19.3.0.0.0")], prereq=True)
    assert step.job.argv == ["datapatch", "-prereq", "-verbose"] and step.job.name == "DBF_SALES_R1_CMD_PREREQ"
    assert step.conclude(HEAD + QUEUE + END, 0) == {datapatch.QUEUE: {"home": DONE, "queue": LINES}}
    assert step.conclude(HEAD + NOTHING + END, 0) == {datapatch.ITEM: DONE}
    for text, rc in ((HEAD + END, 0), (HEAD + QUEUE + "Prereq check failed, exiting without installing any patches.\n" + END, 1), ("", None)):
        with pytest.raises(DbferryError):
            step.conclude(text, rc)


@pytest.mark.parametrize("done, told, version, queue", [
    (None, None, "19.3.0.0.0", None), (None, {"home": DONE, "queue": LINES}, "19.3.0.0.0", LINES),
    (None, {"home": dict(DONE, version="19.9.0.0.0"), "queue": LINES}, "19.3.0.0.0", None), (DONE, None, "19.25.0.0.0", []),
    (DONE, {"home": DONE, "queue": LINES}, "19.25.0.0.0", []), (DONE, {"home": DONE, "queue": LINES}, "19.3.0.0.0", LINES)])
def test_the_queue_is_of_this_home_until_it_has_been_run(done, told, version, queue):
    state, want = look([row(version)], done=done, told=told, prereq=True)
    assert datapatch.report(state, want)["queue"] == queue
    assert bool(datapatch.plan(state, want)) == (queue is None)


def test_the_registry_has_the_last_word():
    state, want = look([row(status="WITH ERRORS")], done=DONE)
    failure = datapatch.unsettled(state, want)
    assert failure.code == "DBF-0634" and "36912597 APPLY WITH ERRORS" in failure.message
    assert datapatch.unsettled(*look([row()])) is None
    assert datapatch.report(*look([row(), row(patch=2, kind="INTERIM")]))["database_version"] == {"": "19.25.0.0.0"}


@pytest.mark.parametrize("role, open_mode", [("PHYSICAL STANDBY", "READ ONLY"), ("PRIMARY", "MOUNTED")])
def test_it_needs_a_primary_that_is_open(role, open_mode):
    assert datapatch.obstacle(*look([row()], role=role, open_mode=open_mode)).code == "DBF-0633"
    assert datapatch.obstacle(*look([row()])) is None

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log switches: counted from an anchor, in turn, and not where they would hang; the log mode that they depend on."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import instance, steps
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.modules import archivelog, log_switch
from fake_session import FakeSession, texts

WANT = {"count": 3, "purpose": "SWITCH", "since_scn": None, "until_archived": True, "migration_id": "SALES"}
ITEM = "log switches since, SWITCH"
GOOD = {"dest_name": "LOG_ARCHIVE_DEST_1", "status": "VALID", "destination": "/arch", "error": None}


def observed(mode="ARCHIVELOG", threads=(("ONE", "OPEN", 0),), items=None, destinations=(GOOD,), database=None, **more):
    counts = [{"thread": number, "logs": done} for number, (_, _, done) in enumerate(threads, 1)]
    session = FakeSession({
        log_switch.DATABASE: [dict({"log_mode": mode, "open_mode": "READ WRITE", "database_role": "PRIMARY", "current_scn": 500, "thread": 1,
                                    "con_id": "0"}, **(database or {}))],
        log_switch.THREADS: [{"thread": number, "instance": name, "status": status} for number, (name, status, _) in enumerate(threads, 1)],
        log_switch.SWITCHED: lambda anchor: counts, log_switch.ARCHIVED: lambda anchor: counts if more.pop("archived", True) else [],
        log_switch.DESTINATIONS: list(destinations)}).with_journal(items or {})
    want = dict(WANT, **more)
    return log_switch.observe(session, want), want


def test_the_anchor_is_written_before_the_first_switch_and_counts_from_then_on():
    steps = log_switch.plan(*observed())
    assert texts(steps) == ["ALTER SYSTEM SWITCH LOGFILE"] * 3 and [step.remember for step in steps] == [{ITEM: 500}, {}, {}]
    steps = log_switch.plan(*observed(threads=[("ONE", "OPEN", 2)], items={ITEM: 400}))
    assert texts(steps) == ["ALTER SYSTEM SWITCH LOGFILE"] and steps[0].remember == {}
    assert log_switch.plan(*observed(threads=[("ONE", "OPEN", 5)], items={ITEM: 400})) == []
    assert log_switch.plan(*observed(since_scn=300))[0].remember == {}


def test_open_threads_take_turns():
    threads = [("ONE", "OPEN", 1), ("TWO", "OPEN", 0), ("OFF", "CLOSED", 0)]
    assert [text.split("'")[1] for text in texts(log_switch.plan(*observed(threads=threads)))] == ["TWO", "ONE", "TWO", "ONE", "TWO"]


def test_a_plan_stands_on_the_log_mode_that_is_planned():
    state, want = observed(mode="NOARCHIVELOG", threads=[("ONE", "OPEN", 0), ("TWO", "OPEN", 0)], count=1)
    steps.lay_under(state, {"LOG_MODE": {"mode": "ARCHIVELOG"}}, ())
    assert len(log_switch.plan(state, want)) == 2


def test_finished_is_archived():
    state, want = observed(threads=[("ONE", "OPEN", 3)], items={ITEM: 400})
    assert log_switch.report(state, want) == {"anchor_scn": 400, "finished": True}
    state, want = observed(threads=[("ONE", "OPEN", 3)], items={ITEM: 400}, archived=False)
    assert not log_switch.report(state, want)["finished"] and log_switch.report(state, dict(want, until_archived=False))["finished"]


@pytest.mark.parametrize("code, facts", [
    ("DBF-0283", {"destinations": [dict(GOOD, status="ERROR", error="ORA-19809")]}), ("DBF-0283", {"destinations": []}),
    ("DBF-0282", {"mode": "NOARCHIVELOG", "threads": [("ONE", "OPEN", 0), ("TWO", "OPEN", 0)]}),
    ("DBF-0281", {"database": {"database_role": "PHYSICAL STANDBY", "open_mode": "MOUNTED"}}),
    ("ORA-01109", {"database": {"open_mode": "MOUNTED"}}), ("ORA-65040", {"database": {"con_id": "3"}})])
def test_what_would_fail_or_hang_is_refused(code, facts):
    with pytest.raises(Refused) as error:
        log_switch.plan(*observed(**facts))
    assert error.value.code == code and error.value.hint


# -- the log mode

MODE = {"mode": "NOARCHIVELOG", "destinations": ["+FRA"], "_flashback": "NO", "_open": True, "_crashed": False, "_broken": [], "_full": False}
UP = {"status": "OPEN", "instance_name": "ONE", "logins": "ALLOWED", "db_unique_name": "db", "_parallel": False, "_others": []}


def mode_plan(mode=None, found=None, **more):
    want = dict({"state": "enabled", "default_destination": False, "restart": True, "shutdown_mode": "immediate", "manager": "sqlplus",
                 "db_unique_name": None}, **more)
    state = {instance.RESOURCE: dict(UP, **(found or {})), "LOG_MODE": dict(MODE, **(mode or {}))}
    return archivelog.plan(state, want)


def mode_obstacle(mode=None, found=None, **more):
    want = dict({"state": "enabled", "default_destination": False, "restart": True, "shutdown_mode": "immediate", "manager": "sqlplus",
                 "db_unique_name": None}, **more)
    state = {instance.RESOURCE: dict(UP, **(found or {})), "LOG_MODE": dict(MODE, **(mode or {}))}
    return archivelog.obstacle(state, want)


def test_the_log_mode_is_changed_by_a_restart_that_is_allowed():
    cycle = ["SHUTDOWN IMMEDIATE", "STARTUP MOUNT", "ALTER DATABASE ARCHIVELOG", "ALTER DATABASE OPEN"]
    assert texts(mode_plan()) == cycle
    assert [step.pending for step in mode_plan(restart=False)] == [instance.WAITS_FOR_RESTART]
    assert texts(mode_plan({"_open": False}, {"status": "MOUNTED"}, restart=False)) == ["ALTER DATABASE ARCHIVELOG"]
    assert texts(mode_plan({"_open": False, "_crashed": True}, {"status": "MOUNTED"})) == ["ALTER DATABASE OPEN", *cycle]
    assert mode_plan({"mode": "ARCHIVELOG"}) == [] and mode_obstacle({"mode": "ARCHIVELOG"}) is None and mode_obstacle() is None
    assert texts(mode_plan({"mode": "ARCHIVELOG", "_open": False}, {"status": "MOUNTED"})) == ["ALTER DATABASE OPEN"]


@pytest.mark.parametrize("mode, more", [({"destinations": []}, {}), ({"_full": True}, {}), ({"_broken": [dict(GOOD, error="ORA-19504")]}, {}),
                                        ({"mode": "ARCHIVELOG", "_flashback": "YES"}, {"state": "disabled"})])
def test_a_log_mode_that_would_do_harm_is_refused(mode, more):
    assert mode_obstacle(mode, **more).code == "DBF-0291"


def test_abort_is_no_way_to_change_the_log_mode():
    with pytest.raises(Refused) as error:
        mode_plan(shutdown_mode="abort")
    assert error.value.code == "ORA-00265"

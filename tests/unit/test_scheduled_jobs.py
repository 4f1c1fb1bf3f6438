# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs are held and released: those that were enabled, and no others."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.modules import scheduled_jobs
from fake_session import FakeSession, texts

WANT = {"state": "disabled", "owners": [], "except_jobs": [], "stop_running": False, "foreign_legacy": "refuse", "migration_id": "SALES"}


def job(owner, name, enabled=True):
    return {"owner": owner, "name": name, "enabled": str(enabled).upper(), "state": "SCHEDULED" if enabled else "DISABLED"}


def legacy(number, owner="DBFERRY", broken=False):
    return {"job": number, "owner": owner, "broken": "Y" if broken else "N", "next_date": "2026-03-01 02:00:00", "running": "N"}


def session(jobs=(), legacies=(), running=(), held=None):
    return FakeSession({
        scheduled_jobs.ACCOUNTS: [{"username": name} for name in ("APP", "HR", "DBFERRY")], scheduled_jobs.JOBS: list(jobs),
        scheduled_jobs.LEGACY: list(legacies), scheduled_jobs.RUNNING: [{"owner": owner, "name": name} for owner, name in running],
    }).with_journal({} if held is None else {scheduled_jobs.ITEM: held})


def look(found, **more):
    want = dict(WANT, **more)
    state = scheduled_jobs.observe(found, want)
    return scheduled_jobs.plan(state, want), scheduled_jobs.report(state, want)


def test_enabled_jobs_of_applications_are_disabled_and_remembered_before_the_first():
    steps, dummy = look(session([job("APP", "A"), job("APP", "OFF", False), job("HR", "B"), job("SYS", "PURGE_LOG"), job("DBFERRY", "OURS")]))
    assert texts(steps) == ["""BEGIN DBMS_SCHEDULER.DISABLE(name => '"APP"."A"', force => TRUE); END;""",
                            """BEGIN DBMS_SCHEDULER.DISABLE(name => '"HR"."B"', force => TRUE); END;"""]
    assert steps[0].remember == {"jobs held": {"jobs": [["APP", "A"], ["HR", "B"]], "legacy": []}} and not steps[1].remember


def test_owners_and_exceptions():
    jobs = [job("APP", "A"), job("APP", "KEEP"), job("HR", "B"), job("SYS", "PURGE_LOG")]
    assert len(look(session(jobs), owners=["APP"], except_jobs=["APP.KEEP"])[0]) == 1
    assert "PURGE_LOG" in texts(look(session(jobs), owners=["SYS"])[0])[0]


def test_a_second_look_adds_to_what_is_remembered():
    steps, dummy = look(session([job("APP", "A", False), job("APP", "NEW")], held={"jobs": [["APP", "A"]], "legacy": []}))
    assert steps[0].remember["jobs held"]["jobs"] == [["APP", "A"], ["APP", "NEW"]]


def test_running_jobs_are_told_and_stopped_only_when_asked():
    found = session([job("APP", "A")], running=[("APP", "A"), ("SYS", "X")])
    steps, result = look(found)
    assert result["running"] == ["APP.A"] and len(steps) == 1
    assert texts(look(found, stop_running=True)[0])[1] == """BEGIN DBMS_SCHEDULER.STOP_JOB(job_name => '"APP"."A"'); END;"""


def test_legacy_jobs_of_others_cannot_be_held():
    found = session(legacies=[legacy(7, "APP"), legacy(8, "HR"), legacy(9, "HR", True)])
    with pytest.raises(Refused, match=r"7 \(APP\), 8 \(HR\)"):
        look(found)
    steps, result = look(found, foreign_legacy="report")
    assert steps == [] and result["not_held"] == ["7 (APP)", "8 (HR)"]


def test_own_legacy_jobs_come_back_with_their_date():
    steps, dummy = look(session(legacies=[legacy(3)]), owners=["DBFERRY"])
    assert texts(steps) == ["BEGIN DBMS_JOB.BROKEN(job => 3, broken => TRUE); END;"]
    held = steps[0].remember["jobs held"]
    assert texts(look(session(legacies=[legacy(3, broken=True)], held=held), state="as_before")[0])[0] == (
        "BEGIN DBMS_JOB.BROKEN(job => 3, broken => FALSE, next_date => TO_DATE('2026-03-01 02:00:00', 'YYYY-MM-DD HH24:MI:SS')); END;")


def test_as_before_enables_what_was_enabled_and_forgets_it():
    held = {"jobs": [["APP", "A"], ["APP", "GONE"], ["HR", "B"]], "legacy": []}
    steps, dummy = look(session([job("APP", "A", False), job("HR", "B"), job("HR", "OFF", False)], held=held), state="as_before")
    assert str(steps[0].statement) == """BEGIN DBMS_SCHEDULER.ENABLE(name => '"APP"."A"'); END;"""
    assert len(steps) == 2 and steps[1].statement is None and steps[1].record == {"jobs held": {"jobs": [], "legacy": []}}
    assert look(session([job("HR", "OFF", False)]), state="as_before")[0] == []


def test_hostile_names_stay_names():
    steps, dummy = look(session([job("APP", "it's")]))
    assert """'"APP"."it''s"'""" in str(steps[0].statement)

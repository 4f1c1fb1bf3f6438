# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody works here any more, and everything as it was."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import open_work
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.modules import session_fence
from fake_session import FakeSession, texts

OPEN = {"state": "present", "services": ["sales_app", "old_app"], "start_services": [], "logons": True, "jobs": True, "for_good": False,
        "kill_sessions": False, "own_jobs": False}
SHUT = dict(OPEN, state="absent", services=[])
IDLE = {"sid": 7, "serial": 99, "username": "QUAY", "program": "app", "machine": "web1", "status": "INACTIVE"}
WORK = {"sid": 8, "serial": 99, "username": "QUAY", "program": "app", "machine": "web1", "since": "03/02/26 08:00:00", "undo_records": 3}


def database(logins="ALLOWED", jobs="40", services=("sales_app", "sales"), sessions=(), transactions=(), in_doubt=(), before=None, **items):
    return FakeSession({
        session_fence.INSTANCE: [{"logins": logins, "job_queue_processes": jobs}],
        session_fence.SERVICES: [{"name": name} for name in services],
        session_fence.SESSIONS: list(sessions), open_work.TRANSACTIONS: list(transactions), open_work.IN_DOUBT: list(in_doubt),
    }).with_journal(dict(items, **({} if before is None else {session_fence.ITEM: before})))


def plan(found, **more):
    want = dict(OPEN, **more)
    return session_fence.plan(session_fence.observe(found, want), want)


def obstacle(found, **more):
    want = dict(OPEN, **more)
    return session_fence.obstacle(session_fence.observe(found, want), want)


STOP, RESTRICT, HOLD = ("BEGIN DBMS_SERVICE.STOP_SERVICE(service_name => 'sales_app'); END;", "ALTER SYSTEM ENABLE RESTRICTED SESSION",
                        "ALTER SYSTEM SET job_queue_processes = 0 SCOPE = MEMORY")
BEFORE = {"job_queue_processes": "40", "logins": "ALLOWED", "services": ["sales_app"]}


def test_services_logons_and_jobs_in_this_order_and_what_was_before_first_of_all():
    steps = plan(database())
    assert texts(steps) == [STOP, RESTRICT, HOLD]
    assert steps[0].remember == {session_fence.ITEM: BEFORE} and not steps[1].remember


def test_a_fence_that_stands_is_left_alone():
    assert plan(database("RESTRICTED", "0", services=["sales"], before=BEFORE)) == []


def test_half_a_fence_is_finished_without_forgetting_what_was_before():
    step, = plan(database("RESTRICTED", "40", services=["sales"], before=BEFORE))
    assert str(step.statement) == HOLD and step.remember == {}


def test_a_fence_of_jobs_alone_looks_at_no_session():
    found = database(transactions=[WORK])
    assert texts(plan(found, logons=False, services=[])) == [HOLD] and obstacle(found, logons=False) is None


def test_open_transactions_are_named_whoever_has_them():
    found = obstacle(database(sessions=[IDLE], transactions=[WORK]))
    assert found.code == "DBF-0141" and "session 8,99 (QUAY, app on web1) since 03/02/26 08:00:00" in found.message
    assert list(found.details["transactions"]) == ["8,99"]


def test_an_idle_session_is_no_obstacle():
    assert texts(plan(database(sessions=[IDLE]))) == [STOP, RESTRICT, HOLD] and obstacle(database(sessions=[IDLE])) is None


def test_sessions_are_killed_only_when_asked_and_after_the_door_is_shut():
    working = database(sessions=[IDLE, dict(IDLE, sid=8)], transactions=[WORK])
    assert obstacle(working, kill_sessions=True) is None and obstacle(database(transactions=[WORK]), kill_sessions=True).code == "DBF-0141"
    found = texts(plan(working, kill_sessions=True))
    assert found == [STOP, RESTRICT, HOLD, "ALTER SYSTEM KILL SESSION '7,99' IMMEDIATE", "ALTER SYSTEM KILL SESSION '8,99' IMMEDIATE"]


def test_distributed_transactions_in_doubt_stop_it_even_then():
    doubt = [{"local_tran_id": "1.2.3", "state": "prepared", "fail_time": "2026-03-02"}]
    for kill in (False, True):
        found = obstacle(database(in_doubt=doubt), kill_sessions=kill)
        assert found.code == "DBF-0142" and "1.2.3 (prepared since 2026-03-02)" in found.message


def test_everything_as_it_was():
    steps = plan(database("RESTRICTED", "0", services=["sales"], before=BEFORE), **SHUT)
    assert texts(steps) == ["ALTER SYSTEM SET job_queue_processes = 40 SCOPE = MEMORY", "ALTER SYSTEM DISABLE RESTRICTED SESSION",
                            "BEGIN DBMS_SERVICE.START_SERVICE(service_name => 'sales_app'); END;"]


def test_what_was_shut_before_stays_shut():
    before = {"job_queue_processes": "0", "logins": "RESTRICTED", "services": []}
    assert plan(database("RESTRICTED", "0", services=["sales"], before=before), **SHUT) == []


def test_without_a_journal_nothing_is_assumed():
    assert plan(database("RESTRICTED", "0"), **SHUT) == []


def test_services_of_the_target_are_started_once():
    want = dict(SHUT, start_services=["sales_app", "sales"])
    assert texts(plan(database(services=["sales"]), **want)) == ["BEGIN DBMS_SERVICE.START_SERVICE(service_name => 'sales_app'); END;"]
    assert texts(plan(database(services=[], before=dict(BEFORE, job_queue_processes="40")),
                      **dict(want, start_services=["sales_app"]))) == [
        "BEGIN DBMS_SERVICE.START_SERVICE(service_name => 'sales_app'); END;"]


def test_a_database_that_was_opened_for_good_is_not_shut_again():
    step, = plan(database(services=["sales"]), **dict(SHUT, for_good=True))
    assert step.statement is None and step.record == {session_fence.OPENED: True}
    assert plan(database(**step.record)) == []
    assert plan(database(**step.record), **dict(SHUT, for_good=True)) == []


def test_the_way_back_takes_the_opening_back():
    step, = plan(database(**{session_fence.OPENED: True}), **SHUT)
    assert step.record == {session_fence.OPENED: False}
    assert texts(plan(database(**step.record))) == [STOP, RESTRICT, HOLD]


def test_a_forged_journal_reaches_no_statement():
    with pytest.raises(DbferryError) as caught:
        plan(database("RESTRICTED", "0", before=dict(BEFORE, job_queue_processes="4; DROP USER x")), **SHUT)
    assert caught.value.code == "DBF-0143"


def test_names_of_services_are_literals():
    found = texts(plan(database(services=["it's"]), services=["it's"]))
    assert found[0] == "BEGIN DBMS_SERVICE.STOP_SERVICE(service_name => 'it''s'); END;"

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A switchover from whatever state each side is in, and not before all that stands in its way is gone."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import after_steps
from ansible_collections.dbferry.oracle.plugins.modules import switchover as module
from dataguard_sides import MRP, lag, primary, standby, unreachable
from fake_session import texts

WANT = {"max_lag": 30, "max_age": 30, "max_clock_skew": 10, "session_shutdown": False, "sys_user": "SYS", "sys_password": None}
VERIFY = "ALTER DATABASE SWITCHOVER TO sales_new VERIFY"
TO = "ALTER DATABASE SWITCHOVER TO sales_new"
COMMIT = "ALTER DATABASE COMMIT TO SWITCHOVER TO "
OPEN = "ALTER DATABASE OPEN"


def the_primary(verify=None, sessions=(), **facts):
    def answer():
        if verify:
            raise DbferryError("The database refused a call: {0}: something".format(verify), code=verify)
        return {}

    return primary(answers={VERIFY: answer, module.SESSIONS: list(sessions)}, **facts)


def observed(session, **more):
    want = dict(WANT, **more)
    return module.observe(session, want), want


def test_the_statement_goes_to_the_primary_and_the_new_one_is_opened():
    state, want = observed(standby(peer=the_primary()))
    steps = module.plan(state, want)
    assert texts(steps) == [TO, OPEN] and [step.at_peer for step in steps] == [True, False] and steps[0].ends_session
    assert module.obstacle(state, want) is None and not module.report(state, want)["proved"]
    after = after_steps(state, steps)
    assert module.plan(after, want) == [] and module.report(after, want)["proved"]


def test_in_the_words_of_a_release_that_has_two_statements():
    state, want = observed(standby(peer=the_primary(release=(11, 2)), release=(11, 2)))
    steps = module.plan(state, want)
    assert texts(steps) == [COMMIT + "PHYSICAL STANDBY WITH SESSION SHUTDOWN", COMMIT + "PRIMARY WITH SESSION SHUTDOWN", OPEN]
    assert [step.at_peer for step in steps] == [True, False, False] and state["DATABASE"]["_verified"] is None
    halfway = standby(switchover_status="TO PRIMARY", release=(11, 2), peer=unreachable())
    assert texts(module.plan(*observed(halfway))) == [COMMIT + "PRIMARY WITH SESSION SHUTDOWN", OPEN]


@pytest.mark.parametrize("session, statements", [
    # The former primary gave up its role, and went down or not.
    (lambda: standby(switchover_status="TO PRIMARY", peer=unreachable()), [TO + " FORCE", OPEN]),
    (lambda: standby(switchover_status="SESSIONS ACTIVE", peer=standby()), [TO + " FORCE", OPEN]),
    # Its last redo is not applied yet.
    (lambda: standby([], switchover_status="RECOVERY NEEDED", peer=unreachable()), ["ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DISCONNECT FROM SESSION"]),
    (lambda: standby(switchover_status="SWITCHOVER PENDING", peer=unreachable()), []),
    # The roles are changed, nothing is open.
    (lambda: primary(db_unique_name="sales_new", open_mode="MOUNTED", peer=unreachable()), [OPEN]),
    (lambda: primary(db_unique_name="sales_new", open_mode="MOUNTED", peer=standby(db_unique_name="sales")), [OPEN]),
    (lambda: primary(db_unique_name="sales_new", peer=unreachable()), []),
    (lambda: primary(db_unique_name="sales_new", peer=standby(db_unique_name="sales")), [])])
def test_what_stopped_halfway_is_finished_from_there(session, statements):
    state, want = observed(session())
    steps = module.plan(state, want)
    assert texts(steps) == statements and module.obstacle(state, want) is None and not any(step.at_peer for step in steps)
    assert module.under_way(state, want) == (state["DATABASE"]["switchover_status"] in module.ON_ITS_WAY)


def test_who_is_down_is_told_and_not_taken_for_proved():
    state, want = observed(primary(db_unique_name="sales_new", peer=unreachable()))
    assert module.report(state, want)["pending"] and not module.report(state, want)["proved"]
    state, want = observed(primary(db_unique_name="sales_new", peer=standby(db_unique_name="sales")))
    assert module.report(state, want) == {"findings": [], "proved": True, "pending": []}


@pytest.mark.parametrize("session, words", [
    (lambda: standby(peer=unreachable()), ["cannot be asked"]),
    (lambda: standby([], statistics=[lag("transport lag"), lag("apply lag", "+00 00:05:00")], peer=the_primary("ORA-16470")),
     ["no redo", "300 s", "ORA-16470"]),
    (lambda: standby(gaps=[{"thread": 1, "low": 3, "high": 4}], peer=the_primary("ORA-16467")), ["thread 1: 3 to 4", "ORA-16467"]),
    (lambda: standby(peer=the_primary("ORA-16191")), ["ORA-16191: something. The password files of the two databases differ."]),
    (lambda: standby(peer=the_primary(sessions=[{"username": "SHOP", "sessions": 7}])), ["SHOP (7)"]),
    (lambda: standby(peer=standby(db_unique_name="sales")), ["no standby of the peer", "not one primary"]),
    (lambda: standby(database_role="SNAPSHOT STANDBY", peer=the_primary()), ["SNAPSHOT STANDBY"])])
def test_all_that_stands_in_the_way_is_told_at_once(session, words):
    state, want = observed(session())
    error = module.obstacle(state, want)
    assert error.code == "DBF-0521" and all(word in error.message for word in words), error.message
    assert error.details["findings"]


def under_the_broker(enabled="TRUE", **more):
    member = {dataguard.BROKER_MEMBER: lambda name: [{"database": "Sales_New", "enabled": enabled}]}
    return standby(dataguard_broker="ENABLED", broker=member, peer=the_primary(dataguard_broker="ENABLED"), **more)


def test_the_broker_does_it_where_it_is_in_charge():
    state, want = observed(under_the_broker(), sys_password="Tiger_1")
    steps = module.plan(state, want)
    assert texts(steps) == ["SWITCHOVER TO 'Sales_New';"] and module.obstacle(state, want) is None
    assert 'CONNECT "SYS"/"Tiger_1";' in steps[0].statement.stdin.text() and "Tiger_1" not in str(steps[0].statement)
    after = after_steps(state, steps)
    assert module.plan(after, want) == [] and module.report(after, want)["proved"]


@pytest.mark.parametrize("more, word", [({}, "sys_password"), ({"enabled": "FALSE"}, "no enabled member")])
def test_what_the_broker_lacks(more, word):
    state, want = observed(under_the_broker(**more))
    assert word in module.obstacle(state, want).message and module.plan(state, want)


def test_what_passes():
    state, want = observed(standby([MRP], peer=the_primary("ORA-16475")))
    assert module.obstacle(state, want) is None and module.report(state, want)["findings"][0]["severity"] == "warning"
    state, want = observed(standby(peer=the_primary(sessions=[{"username": "SHOP", "sessions": 7}])), session_shutdown=True)
    assert module.obstacle(state, want) is None


def test_two_primaries_are_no_pair():
    with pytest.raises(Refused) as error:
        module.plan(*observed(primary(peer=primary())))
    assert error.value.code == "DBF-0523"
    with pytest.raises(Refused) as error:
        module.plan(*observed(standby(db_unique_name="a b", switchover_status="TO PRIMARY", peer=unreachable())))
    assert error.value.code == "DBF-0522"

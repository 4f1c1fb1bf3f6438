# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of role besides the switchover: rehearsals, failover, the former primary as a standby, and back to a restore point."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import closed_database, dataguard, instance
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import after_steps
from ansible_collections.dbferry.oracle.plugins.modules import failover, flashback, reinstate, snapshot_standby
from dataguard_sides import FACTS, MRP, lag, primary, standby, unreachable
from fake_session import FakeSession, texts

WANT = {"restart": True, "shutdown_mode": "immediate", "manager": "sqlplus", "db_unique_name": None, "sys_user": "SYS",
        "sys_password": None}
DOWN = ["SHUTDOWN IMMEDIATE", "STARTUP MOUNT"]
CANCEL = "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL"


def on_server(status="MOUNTED", role="PRIMARY", open_mode=None, peer=None, answers=None, release=(19, 3), **facts):
    """A session on the server of an instance."""
    def ask():
        if status == "STOPPED":
            raise DbferryError("ORA-01034", code="ORA-01034")
        return [{"instance_name": "ONE", "status": status, "logins": "ALLOWED", "parallel": "NO", "db_unique_name": "one"}]

    open_mode = open_mode or ("READ WRITE" if status == "OPEN" else "MOUNTED")
    return FakeSession(dict({
        instance.INSTANCE: ask, instance.DATABASE: [{"open_mode": open_mode, "database_role": role}],
        dataguard.FACTS: [dict(FACTS, **dict({"database_role": role, "open_mode": open_mode}, **facts))], dataguard.PROCESSES: [], dataguard.RECOVERY_MODE: [],
        snapshot_standby.AREA: [{"value": "/fra"}], closed_database.OLDEST: [], reinstate.GUARANTEED: []}, **(answers or {})),
        peer=peer, release=release)


def planned(module, session, **more):
    want = dict(WANT, **more)
    state = module.observe(session, want)
    steps = module.plan(state, want)
    if not any(step.pending for step in steps) and "DATABASE" in state:
        assert module.plan(after_steps(state, steps), want) == []
    return texts(steps)


# -- snapshot standby

TO_SNAPSHOT, TO_PHYSICAL = "ALTER DATABASE CONVERT TO SNAPSHOT STANDBY", "ALTER DATABASE CONVERT TO PHYSICAL STANDBY"


@pytest.mark.parametrize("session, state, statements", [
    (lambda: on_server(role="PHYSICAL STANDBY"), "snapshot", [TO_SNAPSHOT, "ALTER DATABASE OPEN"]),
    (lambda: on_server(role="PHYSICAL STANDBY", answers={dataguard.PROCESSES: [MRP]}), "snapshot", [CANCEL, TO_SNAPSHOT, "ALTER DATABASE OPEN"]),
    (lambda: on_server("OPEN", "PHYSICAL STANDBY", "READ ONLY"), "snapshot", [*DOWN, TO_SNAPSHOT, "ALTER DATABASE OPEN"]),
    (lambda: on_server(role="SNAPSHOT STANDBY"), "snapshot", ["ALTER DATABASE OPEN"]), (lambda: on_server("OPEN", "SNAPSHOT STANDBY"), "snapshot", []),
    (lambda: on_server("OPEN", "SNAPSHOT STANDBY"), "physical", [*DOWN, TO_PHYSICAL, *DOWN]),
    (lambda: on_server(role="SNAPSHOT STANDBY"), "physical", [TO_PHYSICAL, *DOWN]),
    (lambda: on_server(role="PHYSICAL STANDBY", release=(11, 2)), "snapshot", [TO_SNAPSHOT, *DOWN, "ALTER DATABASE OPEN"]),
    (lambda: on_server(role="PHYSICAL STANDBY"), "physical", []), (lambda: on_server("STOPPED"), "physical", ["STARTUP MOUNT"]),
    (lambda: on_server("STARTED"), "snapshot", DOWN)])
def test_a_standby_is_rehearsed_with_and_brought_back(session, state, statements):
    assert planned(snapshot_standby, session(), state=state) == statements


def test_what_a_snapshot_standby_needs():
    for session, code in ((on_server(), "DBF-0551"), (on_server(role="PHYSICAL STANDBY", answers={snapshot_standby.AREA: [{"value": None}]}), "ORA-38786")):
        with pytest.raises(Refused) as error:
            planned(snapshot_standby, session, state="snapshot")
        assert error.value.code == code


def test_a_restart_waits_until_it_is_allowed_and_a_mounted_database_goes_on():
    want = dict(WANT, restart=False, state="physical")
    state = snapshot_standby.observe(on_server("OPEN", "SNAPSHOT STANDBY"), want)
    assert all(step.pending for step in snapshot_standby.plan(state, want)) and not snapshot_standby.under_way(state, want)
    assert snapshot_standby.under_way(snapshot_standby.observe(on_server(role="SNAPSHOT STANDBY"), want), want)
    assert not snapshot_standby.under_way(snapshot_standby.observe(on_server(role="PHYSICAL STANDBY"), want), want)


# -- flashback


def at(point, oldest=None, **more):
    answers = {flashback.RESTORE_POINT: lambda name: [] if point is None else [{"scn": 500, "guarantee": point}],
               closed_database.OLDEST: [{"scn": oldest}]}
    return on_server(answers=answers, **more)


BACK = 'FLASHBACK DATABASE TO RESTORE POINT "BEFORE"'


@pytest.mark.parametrize("session, statements", [
    (lambda: at("YES", status="OPEN"), [*DOWN, BACK, "ALTER DATABASE OPEN RESETLOGS"]), (lambda: at("YES"), [BACK, "ALTER DATABASE OPEN RESETLOGS"]),
    (lambda: at("NO", oldest=400), [BACK, "ALTER DATABASE OPEN RESETLOGS"]), (lambda: at("YES", status="OPEN", resetlogs_scn=501), []),
    (lambda: at("YES", resetlogs_scn=501), ["ALTER DATABASE OPEN"]), (lambda: at("YES", status="STOPPED"), ["STARTUP MOUNT"])])
def test_back_to_a_restore_point_once(session, statements):
    assert planned(flashback, session(), restore_point="BEFORE") == statements


@pytest.mark.parametrize("session, code", [
    (lambda: at(None), "ORA-38780"), (lambda: at("NO", oldest=501), "ORA-38729"), (lambda: at("NO"), "ORA-38729"),
    (lambda: at("YES", role="PHYSICAL STANDBY"), "DBF-0561")])
def test_where_no_flashback_leads(session, code):
    with pytest.raises(Refused) as error:
        planned(flashback, session(), restore_point="BEFORE")
    assert error.value.code == code and error.value.hint


# -- failover


def failing_over(session, **more):
    want = dict({"data_loss": False, "force": False}, **more)
    return failover.observe(session, want), want


TO = "ALTER DATABASE FAILOVER TO sales_new"


def test_a_failover_is_what_is_asked_for_by_name():
    state, want = failing_over(standby(peer=unreachable()), data_loss=True)
    steps = failover.plan(state, want)
    assert texts(steps) == [CANCEL, TO, "ALTER DATABASE OPEN"] and failover.obstacle(state, want) is None
    assert failover.plan(after_steps(state, steps), want) == []
    assert texts(failover.plan(*failing_over(standby([], peer=unreachable()), force=True)))[0] == TO + " FORCE"
    state, want = failing_over(standby([], statistics=[lag("transport lag", "+00 00:00:07")], gaps=[{"thread": 1, "low": 3, "high": 4}], peer=unreachable()))
    error = failover.obstacle(state, want)
    assert error.code == "DBF-0531" and "1 s ago with a transport lag of 7 s" in error.message and "thread 1: 3 to 4" in error.message
    assert "which was never" in failover.obstacle(*failing_over(standby(statistics=[]))).message


def test_two_primaries_are_never_made():
    error = failover.obstacle(*failing_over(standby(peer=primary()), data_loss=True))
    assert "switchover" in error.message and error.code == "DBF-0531"
    assert failover.obstacle(*failing_over(standby(peer=primary(open_mode="MOUNTED")), data_loss=True)) is None
    assert failover.obstacle(*failing_over(standby(database_role="SNAPSHOT STANDBY"), data_loss=True)).code == "DBF-0531"


def test_a_failover_that_stopped_halfway_and_one_that_is_done():
    state, want = failing_over(primary(open_mode="MOUNTED", standby_became_primary_scn=900, peer=unreachable()))
    assert texts(failover.plan(state, want)) == ["ALTER DATABASE OPEN"] and failover.obstacle(state, want) is None
    state, want = failing_over(primary(standby_became_primary_scn=900))
    assert failover.plan(state, want) == [] and failover.report(state, want) == {"findings": [], "became_primary_scn": 900}
    old = standby([], release=(11, 2))
    assert texts(failover.plan(*failing_over(old))) == [
        "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE FINISH", "ALTER DATABASE COMMIT TO SWITCHOVER TO PRIMARY WITH SESSION SHUTDOWN", "ALTER DATABASE OPEN"]


# -- reinstate


def former(status="OPEN", kept=800, became=900, points=(), flashback_on="YES", peer=None, **more):
    new = peer or primary(db_unique_name="sales_new", standby_became_primary_scn=became)
    return on_server(status, peer=new, answers={
        closed_database.OLDEST: [{"scn": kept}], reinstate.GUARANTEED: [{"name": "AT_{0}".format(scn), "scn": scn} for scn in points]},
        flashback_on=flashback_on, **more)


TO_850 = 'FLASHBACK DATABASE TO RESTORE POINT "AT_850"'


@pytest.mark.parametrize("session, statements", [
    (lambda: former(), [*DOWN, "FLASHBACK DATABASE TO SCN 900", TO_PHYSICAL, *DOWN]),
    (lambda: former("MOUNTED"), ["FLASHBACK DATABASE TO SCN 900", TO_PHYSICAL, *DOWN]),
    (lambda: former("MOUNTED", points=[950, 850, 100], flashback_on="RESTORE POINT ONLY"), [TO_850, TO_PHYSICAL, *DOWN]),
    (lambda: former("STOPPED"), ["STARTUP MOUNT"]), (lambda: former("MOUNTED", role="PHYSICAL STANDBY"), [])])
def test_the_former_primary_becomes_a_standby(session, statements):
    assert planned(reinstate, session()) == statements


@pytest.mark.parametrize("session, code", [
    (lambda: former(kept=None), "DBF-0542"), (lambda: former(kept=901, points=[950]), "DBF-0542"),
    (lambda: former(flashback_on="NO"), "DBF-0542"), (lambda: former(became=0), "DBF-0541"),
    (lambda: former(peer=standby()), "DBF-0541"), (lambda: former(dbid=7), "DBF-0541")])
def test_who_cannot_be_reinstated(session, code):
    with pytest.raises(Refused) as error:
        planned(reinstate, session())
    assert error.value.code == code and error.value.hint


# -- the same where the broker is in charge

PASSWORD = {"sys_password": "Tiger_1"}


def member(name="one", enabled="TRUE"):
    return {dataguard.BROKER_MEMBER: lambda **binds: [{"database": name, "enabled": enabled}]}


def managed(status="MOUNTED", role="PHYSICAL STANDBY", enabled="TRUE", **more):
    return on_server(status, role, answers=member(enabled=enabled), dataguard_broker="ENABLED", **more)


@pytest.mark.parametrize("session, state, statements", [
    (lambda: managed(), "snapshot", ["CONVERT DATABASE 'one' TO SNAPSHOT STANDBY;"]),
    (lambda: managed("OPEN", "SNAPSHOT STANDBY"), "physical", ["CONVERT DATABASE 'one' TO PHYSICAL STANDBY;"]),
    (lambda: managed("OPEN", "SNAPSHOT STANDBY"), "snapshot", []), (lambda: managed(), "physical", []),
    (lambda: managed("STOPPED"), "physical", ["STARTUP MOUNT"])])
def test_the_broker_converts_the_standby(session, state, statements):
    assert planned(snapshot_standby, session(), state=state, **PASSWORD) == statements


def test_the_broker_restarts_what_may_be_restarted():
    want = dict(WANT, restart=False, state="physical", **PASSWORD)
    steps = snapshot_standby.plan(snapshot_standby.observe(managed("OPEN", "SNAPSHOT STANDBY"), want), want)
    assert len(steps) == 1 and steps[0].pending


@pytest.mark.parametrize("session, more, code", [
    (lambda: managed(), {}, "DBF-0552"), (lambda: managed(enabled="FALSE"), PASSWORD, "DBF-0552"),
    (lambda: managed(), dict(PASSWORD, area=None), "ORA-38786")])
def test_what_the_broker_needs_to_convert_it(session, more, code):
    made = session()
    if "area" in more:
        made.answers[snapshot_standby.AREA] = [{"value": more.pop("area")}]
    with pytest.raises(Refused) as error:
        planned(snapshot_standby, made, state="snapshot", **more)
    assert error.value.code == code


def test_the_broker_fails_over():
    def state_of(enabled="TRUE", **more):
        return failing_over(standby(peer=unreachable(), dataguard_broker="ENABLED", broker=member("Sales_New", enabled)), data_loss=True, **more)

    given = dict(PASSWORD, sys_user="SYS")
    state, want = state_of(**given)
    steps = failover.plan(state, want)
    assert texts(steps) == ["FAILOVER TO 'Sales_New';"] and failover.obstacle(state, want) is None
    assert failover.plan(after_steps(state, steps), want) == []
    assert texts(failover.plan(*state_of(force=True, **given))) == ["FAILOVER TO 'Sales_New' IMMEDIATE;"]
    assert "with a password only" in failover.obstacle(*state_of(sys_password=None)).message
    assert "no enabled member" in failover.obstacle(*state_of("FALSE", **given)).message


def taken_over(status="MOUNTED", role="PRIMARY", enabled="FALSE", **more):
    rows = [{"database": "one", "connect_identifier": "old:1521/one", "enabled": enabled},
            {"database": "sales_new", "connect_identifier": "new:1521/sales_new", "enabled": "TRUE"}]
    new = primary(db_unique_name="sales_new", standby_became_primary_scn=900, dataguard_broker="ENABLED", answers={reinstate.MEMBERS: rows})
    return former(status, peer=new, role=role, db_unique_name="one", **more)


@pytest.mark.parametrize("session, statements", [
    (lambda: taken_over(), ["REINSTATE DATABASE 'one';"]), (lambda: taken_over("OPEN"), [*DOWN, "REINSTATE DATABASE 'one';"]),
    (lambda: taken_over(role="PHYSICAL STANDBY"), ["REINSTATE DATABASE 'one';"]), (lambda: taken_over(role="PHYSICAL STANDBY", enabled="TRUE"), [])])
def test_the_broker_reinstates_the_former_primary(session, statements):
    want = dict(WANT, **PASSWORD)
    steps = reinstate.plan(reinstate.observe(session(), want), want)
    assert texts(steps) == statements
    if steps:
        assert 'CONNECT "SYS"/"Tiger_1"@"new:1521/sales_new";' in steps[-1].statement.script.text()


@pytest.mark.parametrize("more, given, code", [({}, {}, "DBF-0543"), ({"points": [850], "flashback_on": "RESTORE POINT ONLY"}, PASSWORD, "DBF-0542")])
def test_what_the_broker_needs_to_reinstate_it(more, given, code):
    want = dict(WANT, **given)
    with pytest.raises(Refused) as error:
        reinstate.plan(reinstate.observe(taken_over(**more), want), want)
    assert error.value.code == code

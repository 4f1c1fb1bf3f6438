# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps from any state of an instance to another."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.instance import DATABASE, INSTANCE, OTHERS, ascend, observe_instance, restart_steps
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Step, after_steps
from ansible_collections.dbferry.oracle.plugins.modules import instance
from fake_session import FakeSession, texts

ROW = {"instance_name": "SALES", "status": "OPEN", "logins": "ALLOWED", "parallel": "NO", "db_unique_name": "sales"}


def found(status, **more):
    if status == "STOPPED":
        return {"INSTANCE": {"status": status}}
    mounted = {"open_mode": "READ WRITE", "database_role": "PRIMARY"} if status in ("MOUNTED", "OPEN") else {}
    return {"INSTANCE": dict({"status": status, "instance_name": "SALES", "logins": "ALLOWED", "db_unique_name": "sales", "_parallel": False,
                              "_others": []}, **dict(mounted, **more))}


def want(state="open", **more):
    return dict({"state": state, "open_mode": None, "restricted": None, "resetlogs": False, "scope": "database", "restart": True, "shutdown_mode": "immediate",
                 "manager": "sqlplus", "db_unique_name": None, "oracle_sid": "SALES"}, **more)


@pytest.mark.parametrize("status, state, steps", [
    ("STOPPED", "stopped", []),
    ("STOPPED", "nomount", ["STARTUP NOMOUNT"]),
    ("STOPPED", "mounted", ["STARTUP MOUNT"]),
    ("STOPPED", "open", ["STARTUP OPEN"]),
    ("STARTED", "stopped", ["SHUTDOWN IMMEDIATE"]),
    ("STARTED", "nomount", []),
    ("STARTED", "mounted", ["ALTER DATABASE MOUNT"]),
    ("STARTED", "open", ["ALTER DATABASE MOUNT", "ALTER DATABASE OPEN"]),
    ("MOUNTED", "nomount", ["SHUTDOWN IMMEDIATE", "STARTUP NOMOUNT"]),
    ("MOUNTED", "open", ["ALTER DATABASE OPEN"]),
    ("OPEN", "mounted", ["SHUTDOWN IMMEDIATE", "STARTUP MOUNT"]),
    ("OPEN", "open", []),
])
def test_from_every_state_to_every_other(status, state, steps):
    before = found(status)
    planned = instance.plan(before, want(state))
    assert texts(planned) == steps
    assert after_steps(before, planned)["INSTANCE"]["status"] == instance.STATUS[state]


def test_a_way_down_waits_for_leave():
    planned = instance.plan(found("OPEN"), want("mounted", restart=False))
    assert texts(planned) == ["SHUTDOWN IMMEDIATE", "STARTUP MOUNT"] and all("restart=true" in step.pending for step in planned)
    assert not any(step.pending for step in instance.plan(found("OPEN"), want("stopped", restart=False)))


@pytest.mark.parametrize("open_mode, now, steps", [
    ("read_only", "READ WRITE", ["SHUTDOWN IMMEDIATE", "STARTUP OPEN READ ONLY"]),
    ("read_only", "READ ONLY", []), ("read_only", "READ ONLY WITH APPLY", []), (None, "READ ONLY", []),
    ("read_write", "READ ONLY", ["SHUTDOWN IMMEDIATE", "STARTUP OPEN"]),
])
def test_how_it_is_open(open_mode, now, steps):
    assert texts(instance.plan(found("OPEN", open_mode=now), want(open_mode=open_mode))) == steps


def test_restricted():
    assert texts(instance.plan(found("OPEN"), want(restricted=True))) == ["ALTER SYSTEM ENABLE RESTRICTED SESSION"]
    assert texts(instance.plan(found("OPEN", logins="RESTRICTED"), want())) == []
    assert texts(instance.plan(found("OPEN", logins="RESTRICTED"), want(restricted=False))) == ["ALTER SYSTEM DISABLE RESTRICTED SESSION"]
    assert texts(instance.plan(found("OPEN", logins="RESTRICTED"), want("mounted"))) == ["SHUTDOWN IMMEDIATE", "STARTUP RESTRICT MOUNT"]
    assert texts(instance.plan(found("STOPPED"), want(restricted=True, manager="srvctl", db_unique_name="sales"))) == [
        "srvctl start database -d sales -o open", "ALTER SYSTEM ENABLE RESTRICTED SESSION"]


def test_srvctl_for_the_database_or_one_instance():
    assert texts(instance.plan(found("OPEN"), want("mounted", manager="srvctl", shutdown_mode="abort"))) == [
        "srvctl stop database -d sales -o abort", "srvctl start database -d sales -o mount"]
    assert texts(instance.plan(found("OPEN"), want("stopped", manager="srvctl", scope="instance", oracle_sid="SALES2"))) == [
        "srvctl stop instance -d sales -i SALES2 -o immediate"]
    with pytest.raises(Refused, match="unique name"):
        instance.plan(found("STOPPED"), want("open", manager="srvctl"))
    with pytest.raises(Refused, match="names no instance"):
        instance.plan(found("OPEN"), want("stopped", manager="srvctl", scope="instance", oracle_sid=None))


ACTION = [Step(Statement("ALTER DATABASE ARCHIVELOG"))]


@pytest.mark.parametrize("status, steps", [
    ("OPEN", ["SHUTDOWN IMMEDIATE", "STARTUP MOUNT", "ALTER DATABASE ARCHIVELOG", "ALTER DATABASE OPEN"]),
    ("MOUNTED", ["ALTER DATABASE ARCHIVELOG", "ALTER DATABASE OPEN"]),
    ("STARTED", ["ALTER DATABASE MOUNT", "ALTER DATABASE ARCHIVELOG", "ALTER DATABASE OPEN"]),
    ("STOPPED", ["STARTUP MOUNT", "ALTER DATABASE ARCHIVELOG", "ALTER DATABASE OPEN"]),
])
def test_a_restart_begins_where_it_was_left(status, steps):
    assert texts(restart_steps(found(status)["INSTANCE"], want(), ACTION)) == steps


def test_a_restart_of_a_cluster_is_one_of_every_instance():
    several = found("OPEN", _parallel=True, _others=[{"instance_name": "SALES2", "status": "OPEN"}])["INSTANCE"]
    with pytest.raises(Refused) as caught:
        restart_steps(several, want(), ACTION)
    assert caught.value.code == "ORA-01126" and "SALES2" in caught.value.message
    stop, start = "srvctl stop database -d sales -o immediate", "srvctl start database -d sales -o "
    assert texts(restart_steps(several, want(manager="srvctl"), ACTION)) == [
        stop, start + "mount", "ALTER DATABASE ARCHIVELOG", stop, start + "open"]
    mounted = dict(several, status="MOUNTED", _others=[{"instance_name": "SALES2", "status": "MOUNTED"}])
    assert texts(restart_steps(mounted, want(manager="srvctl"), ACTION)) == ["ALTER DATABASE ARCHIVELOG", stop, start + "open"]


def test_what_is_observed_depends_on_how_far_it_is():
    def idle(**binds):
        raise DbferryError("Asking the database: ORA-01034", code="ORA-01034")

    def broken(**binds):
        raise DbferryError("Asking the database: ORA-01017", code="ORA-01017")

    assert observe_instance(FakeSession({INSTANCE: idle})) == {"INSTANCE": {"status": "STOPPED"}}
    assert "open_mode" not in observe_instance(FakeSession({INSTANCE: [dict(ROW, status="STARTED")]}))["INSTANCE"]
    several = observe_instance(FakeSession({INSTANCE: [dict(ROW, status="OPEN MIGRATE", parallel="YES")], OTHERS: [{"instance_name": "B"}],
                                            DATABASE: [{"open_mode": "READ WRITE", "database_role": "PRIMARY"}]}))["INSTANCE"]
    assert several["status"] == "OPEN" and several["_others"] == [{"instance_name": "B"}] and several["open_mode"] == "READ WRITE"
    with pytest.raises(DbferryError):
        observe_instance(FakeSession({INSTANCE: broken}))


def test_a_restart_alone_goes_straight_up():
    assert texts(restart_steps(found("OPEN")["INSTANCE"], want(), [])) == ["SHUTDOWN IMMEDIATE", "STARTUP OPEN"]
    assert texts(restart_steps(found("STOPPED")["INSTANCE"], want(), [])) == ["STARTUP OPEN"]
    assert texts(restart_steps(found("MOUNTED")["INSTANCE"], want(), [])) == ["ALTER DATABASE OPEN"]
    two = found("OPEN", _parallel=True, _others=[{"instance_name": "SALES2", "status": "OPEN"}])["INSTANCE"]
    assert texts(restart_steps(two, want(manager="srvctl"), [])) == [
        "srvctl stop database -d sales -o immediate", "srvctl start database -d sales -o open"]


@pytest.mark.parametrize("required, expected", [("REQUIRED", "ALTER DATABASE OPEN RESETLOGS"), ("NOT ALLOWED", "ALTER DATABASE OPEN")])
def test_resetlogs_only_where_the_control_file_requires_it(required, expected):
    assert texts(ascend({"status": "MOUNTED", "open_resetlogs": required}, "OPEN", resetlogs=True)) == [expected]

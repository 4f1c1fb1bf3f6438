# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redo Apply: started the way that is wanted, stopped, refused where there is nothing to apply."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import after_steps
from ansible_collections.dbferry.oracle.plugins.modules import redo_apply as module
from fake_session import FakeSession, texts

WANT = {"state": "started", "real_time": True, "active_data_guard": False}
MRP = {"process": "MRP0", "status": "APPLYING_LOG", "client_process": "N/A", "thread": 1, "sequence": 9, "block": 1, "delay": None}
RFS = dict(MRP, process="RFS", status="IDLE")
MANAGED = "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE "


def observed(processes=(RFS,), modes=(), messages=(), role="PHYSICAL STANDBY", open_mode="MOUNTED", release=(19, 3), broker="DISABLED",
             enabled="TRUE", **more):
    session = FakeSession({
        dataguard.FACTS: [{"db_unique_name": "SALES_NEW", "database_role": role, "open_mode": open_mode, "dataguard_broker": broker}],
        dataguard.BROKER_MEMBER: lambda name: [{"database": name.lower(), "enabled": enabled}], dataguard.PROCESSES: list(processes),
        dataguard.RECOVERY_MODE: [{"recovery_mode": mode} for mode in modes], module.MESSAGES: list(messages)}, release=release)
    want = dict(WANT, **more)
    return module.observe(session, want), want


def test_it_is_started_in_the_words_of_the_release():
    state, want = observed()
    steps = module.plan(state, want)
    assert texts(steps) == [MANAGED + "DISCONNECT FROM SESSION"] and module.plan(after_steps(state, steps), want) == []
    assert texts(module.plan(*observed(real_time=False))) == [MANAGED + "USING ARCHIVED LOGFILE DISCONNECT FROM SESSION"]
    assert texts(module.plan(*observed(release=(11, 2)))) == [MANAGED + "USING CURRENT LOGFILE DISCONNECT FROM SESSION"]
    assert texts(module.plan(*observed(release=(11, 2), real_time=False))) == [MANAGED + "DISCONNECT FROM SESSION"]


def test_it_is_begun_anew_when_it_runs_the_other_way_and_left_alone_when_that_is_not_known():
    assert texts(module.plan(*observed([MRP], ["MANAGED"]))) == [MANAGED + "CANCEL", MANAGED + "DISCONNECT FROM SESSION"]
    assert module.plan(*observed([MRP], ["MANAGED REAL TIME APPLY"])) == [] and module.plan(*observed([MRP], [])) == []
    assert texts(module.plan(*observed([MRP], ["MANAGED REAL TIME APPLY"], state="stopped"))) == [MANAGED + "CANCEL"]
    assert module.plan(*observed(state="stopped")) == [] and module.plan(*observed(state="stopped", role="PRIMARY")) == []


def test_the_broker_is_told_where_it_is_in_charge():
    state, want = observed(broker="ENABLED")
    steps = module.plan(state, want)
    assert texts(steps) == ["EDIT DATABASE 'sales_new' SET STATE = 'APPLY-ON';"] and module.plan(after_steps(state, steps), want) == []
    assert texts(module.plan(*observed([MRP], broker="ENABLED", state="stopped"))) == ["EDIT DATABASE 'sales_new' SET STATE = 'APPLY-OFF';"]
    assert module.plan(*observed([MRP], ["MANAGED"], broker="ENABLED")) == []
    assert texts(module.plan(*observed([MRP], broker="ENABLED", enabled="FALSE", state="stopped"))) == [MANAGED + "CANCEL"]


def test_a_database_that_is_open_needs_a_licence():
    with pytest.raises(Refused) as error:
        module.plan(*observed(open_mode="READ ONLY"))
    assert error.value.code == "DBF-0502"
    assert len(module.plan(*observed(open_mode="READ ONLY", active_data_guard=True))) == 1
    assert module.plan(*observed([MRP], ["MANAGED REAL TIME APPLY"], open_mode="READ ONLY WITH APPLY")) == []


def test_a_primary_applies_nothing():
    with pytest.raises(Refused) as error:
        module.plan(*observed(role="PRIMARY"))
    assert error.value.code == "DBF-0501"
    assert module.plan(*observed(role="PRIMARY", state="started_on_standby")) == []
    assert len(module.plan(*observed(state="started_on_standby"))) == 1


def test_why_it_ended_is_told():
    message = {"message": "MRP0: Background Media Recovery terminated with error 1111", "error_code": 1111}
    error = module.unsettled(*observed(messages=[message]))
    assert error.code == "ORA-01111" and "1111" in error.message
    assert module.unsettled(*observed()) is None and module.unsettled(*observed(messages=[message], state="stopped")) is None


@pytest.mark.parametrize("text, value", [("+00 00:00:00", 0), ("+01 01:01:05", 90065), ("+00 00:00:00.250", 0.25), (None, None), ("", None), ("unknown", None)])
def test_intervals(text, value):
    assert dataguard.seconds(text) == value

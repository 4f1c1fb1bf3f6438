# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan reads a database as the phases before would leave it: the copy at its source, its instance where it is, roles as they would be."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard, dataguard_pair, kernel, parameters, planned, rman_recovery
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Step
from ansible_collections.dbferry.oracle.plugins.modules import database_service, standby_redo_log
from fake_session import FakeSession

ROLE = "SELECT database_role, open_mode, db_unique_name FROM v$database"
PARAMETERS = "SELECT name, value FROM v$parameter"
LOGS = "SELECT group# number FROM v$log"
SERVICES = "SELECT s.name FROM dba_services s JOIN v$instance i ON 1 = 1"

STANDBY = {"database_role": "PHYSICAL STANDBY", "open_mode": "MOUNTED", "db_unique_name": "NEW"}


def answers(name, **parameters_of_it):
    return {ROLE: [{"database_role": "PRIMARY", "open_mode": "READ WRITE", "db_unique_name": name}], LOGS: [{"number": name}], SERVICES: [{"name": name}],
            PARAMETERS: [{"name": key, "value": value} for key, value in parameters_of_it.items()]}


def assumed(phase="ZDM_RESTORE_TGT", **resources):
    return {name: {"phase": phase, "attributes": attributes} for name, attributes in resources.items()}


def placeholder(facts=None, **more):
    session = FakeSession(answers("PLACEHOLDER", job_queue_processes="1000", sga_target="0"))
    session.original = FakeSession(answers("SOURCE", job_queue_processes="5", sga_target="9"), user="SYS", release=(19, 25, 0, 0, 0))
    session.assumed = dict(assumed(**{planned.COPY: {"of": "SOURCE"}, planned.FACTS: facts or STANDBY}), **more)
    return session


def test_a_copy_is_read_at_its_source_and_its_instance_where_it_is():
    session = planned.as_planned(placeholder())
    assert session.one(LOGS) == {"number": "SOURCE"} and session.one(SERVICES) == {"name": "SOURCE"}
    assert session.query(PARAMETERS)[1] == {"name": "sga_target", "value": "0"}
    assert (session.user, session.release[:2], session.planned) == ("SYS", (19, 25), "ZDM_RESTORE_TGT")


def test_what_the_steps_change_is_what_it_says():
    session = planned.as_planned(placeholder(**assumed("ZDM_PREPARE_TGT", **{"PARAMETER job_queue_processes": {"value": "0", "spfile": "0"}})))
    assert session.one(ROLE) == STANDBY
    assert session.query(PARAMETERS)[0] == {"name": "job_queue_processes", "value": "0"}


def test_a_former_primary_is_asked_itself():
    session = FakeSession(answers("SOURCE"))
    session.assumed = assumed("ZDM_SWITCHOVER_SRC", **dataguard.becomes("PHYSICAL STANDBY", "MOUNTED"))
    seen = planned.as_planned(session)
    assert seen.one(ROLE) == {"database_role": "PHYSICAL STANDBY", "open_mode": "MOUNTED", "db_unique_name": "SOURCE"}
    assert seen.one(LOGS) == {"number": "SOURCE"}


def test_it_issues_nothing():
    with pytest.raises(NotImplementedError):
        planned.as_planned(placeholder()).execute(Statement("DROP DATABASE"))


def test_nothing_takes_its_place_without_a_plan():
    session = placeholder()
    session.assumed = assumed(**{"JOURNAL anchor": {"value": 1}})
    assert planned.as_planned(session) is session


def observing():
    return Module({}, lambda session, want: {"DATABASE": session.one(ROLE)}, report=lambda state, want: dict(state["DATABASE"], finished=False))


def test_a_real_run_never_assumes():
    session = placeholder()
    plan = kernel.run(observing(), {}, session, check_mode=True, assume=session.assumed)
    assert plan["database_role"] == "PHYSICAL STANDBY" and plan["finished"], "a plan waits for nothing"
    assert plan["assumed"] == [{"resource": planned.COPY, "phase": "ZDM_RESTORE_TGT"}, {"resource": planned.FACTS, "phase": "ZDM_RESTORE_TGT"}]
    done = kernel.run(observing(), {}, session, assume=plan)
    assert done["database_role"] == "PRIMARY" and not done["finished"] and "assumed" not in done


def test_what_a_step_does_at_the_peer_is_planned_there():
    step = Step(Statement("GIVE UP"), at_peer=True, remember={"was": 1}, effects={"LAMP": {"on": True}}, effects_at_peer={"LAMP": {"on": False}})
    session = FakeSession(peer=FakeSession())
    found = kernel.run(Module({}, lambda session, want: {"LAMP": {"on": None}}, lambda state, want: [] if state["LAMP"]["on"] else [step]),
                       {"migration_id": "SALES", "peer": {}}, session, check_mode=True)
    assert found["effects"] == {"LAMP": {"on": True}}
    assert found["effects_at_peer"]["LAMP"] == {"on": False} and found["effects_at_peer"]["JOURNAL was"] == {"value": 1}


def test_readiness_is_unknown_until_the_pair_is_there():
    state = {"DATABASE": {"database_role": "PHYSICAL STANDBY", "planned": "ZDM_RESTORE_TGT"}, "PEER_DATABASE": {"database_role": "PRIMARY", "planned": ""}}
    found, = dataguard_pair.readiness(state, {"max_lag": 30, "max_age": 30, "max_clock_skew": 10})
    assert found["severity"] == "warning" and "ZDM_RESTORE_TGT" in found["message"]


def test_views_of_the_modules_are_sorted_as_they_belong():
    """What asks for the instance alone stays there; anything else of a copy is asked at the source."""
    of_the_instance = (parameters.MEMORY, parameters.SPFILE, standby_redo_log.PLACES, database_service.ACTIVE, dataguard.DESTINATIONS, dataguard.PROCESSES)
    of_the_database = (dataguard.FACTS, standby_redo_log.ONLINE, standby_redo_log.STANDBY, standby_redo_log.THREADS, database_service.SERVICES,
                       database_service.DATABASE, rman_recovery.PEER_FILES)
    for sql in of_the_instance:
        assert planned._views(sql) and planned._views(sql) <= planned.OF_THE_INSTANCE, sql
    for sql in of_the_database:
        assert not planned._views(sql) <= planned.OF_THE_INSTANCE, sql


# -- what the server alone can do is seen from afar


def lamp(on):
    return Module({}, lambda session, want: {"LAMP": {"on": on}}, lambda state, want: [] if state["LAMP"]["on"] else [Step(Statement("LIGHT"))], afar=True)


def test_the_server_is_left_alone_when_there_is_nothing_to_do():
    found = kernel.seen_from_afar(lamp(True), {}, FakeSession(), {}, check_mode=False)
    assert found["changed"] is False and found["finished"] and not set(found) & set(kernel.ONLY_PLANNED)


def test_the_server_is_asked_when_there_is_something_to_do_and_a_plan_is_told_without_it():
    session = FakeSession()
    assert kernel.seen_from_afar(lamp(False), {}, session, {}, check_mode=False) is None
    assert session.issued == []
    assert kernel.seen_from_afar(lamp(False), {}, FakeSession(), {}, check_mode=True)["statements"] == ["LIGHT"]

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel: observe, plan, apply, observe again."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import applying, kernel, steps
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Lost, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.journal import CLEANED, CREATE, RESOURCE
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import ServerJob, Step, after_steps
from fake_session import FakeSession

WANT = {"migration_id": "SALES", "migration_run": 1, "names": ["A", "B"]}


class Lamps:
    """A database of lamps: statements turn them on; ``deaf`` ones accept the statement and stay off."""

    def __init__(self, deaf=()):
        self.on, self.deaf = set(), set(deaf)
        self.session = FakeSession()
        self.session.on_execute = self.execute

    def execute(self, statement):
        verb, dummy, name = statement.text().partition(" ")
        if verb == "LIGHT" and name not in self.deaf:
            self.on.add(name)

    def module(self, **more):
        def observe(session, want):
            return {"LAMP " + name: {"on": name in self.on, "_wiring": "secret"} for name in want["names"]}

        def plan(state, want):
            return [Step(Statement("LIGHT ", name), effects={"LAMP " + name: {"on": True}},
                         remember={"before " + name: state["LAMP " + name]["on"]},
                         record={"lit " + name: True}) for name in want["names"] if not state["LAMP " + name]["on"]]

        return Module({}, observe, more.pop("plan", plan), **more)

    def run(self, module=None, want=None, **options):
        self.session.statements.clear()
        return kernel.run(module or self.module(), dict(want or WANT), self.session, **options)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(kernel, "SETTLE", 0.0)


@pytest.mark.parametrize("code, told", [("ORA-46642", False), ("ORA-46643", True)])
def test_what_oracle_calls_done_already_is_no_error(code, told):
    def plan(state, want):
        return [] if state["FILE"]["there"] else [Step(Statement("EXPORT"), already="ORA-46642")]

    lamps = Lamps()
    seen = []

    def execute(statement):
        if statement.text() == "EXPORT":
            seen.append(1)
            raise DbferryError("{0}: it is there".format(code), code=code)

    lamps.session.on_execute = execute
    module = Module({}, lambda session, want: {"FILE": {"there": bool(seen)}}, plan)
    if told:
        with pytest.raises(DbferryError, match=code):
            lamps.run(module)
    else:
        assert lamps.run(module)["changed"]


def test_another_way_is_taken_where_oracle_says_that_this_one_is_barred():
    lamps = Lamps()

    def execute(statement):
        if statement.text() == "MOUNT":
            raise DbferryError("ORA-00750: it was mounted before", code="ORA-00750")
        lamps.on.add(statement.text())

    lamps.session.on_execute = execute
    step = Step(Statement("MOUNT"), instead=("ORA-00750", [Statement("STOP"), Statement("START")]))
    module = Module({}, lambda session, want: {"LAMPS": {"on": sorted(lamps.on)}}, lambda state, want: [] if state["LAMPS"]["on"] else [step])
    found = lamps.run(module)
    assert found["statements"] == ["MOUNT", "STOP", "START"] and found["after"] == {"LAMPS": {"on": ["START", "STOP"]}}
    step.instead, lamps.on = ("ORA-00751", [Statement("START")]), set()
    with pytest.raises(DbferryError, match="ORA-00750"):
        lamps.run(module)


def test_old_values_are_written_before_and_results_after_their_statement():
    lamps = Lamps()
    result = lamps.run()
    shown = [text.split("  -- ")[-1] for text in result["statements"]]
    assert shown[0] == CREATE
    assert ["before A" in shown[1], shown[2], "lit A" in shown[3], "before B" in shown[4], shown[5], "lit B" in shown[6]] == \
        [True, "LIGHT A", True, True, "LIGHT B", True]
    assert result["changed"] and result["finished"] and result["pending"] == []
    assert result["before"]["LAMP A"] == {"on": False}, "what begins with an underscore is not shown"
    assert result["after"]["LAMP A"] == {"on": True}
    assert result["migration"] == {"id": "SALES", "run": 1}


def test_the_second_run_changes_nothing():
    lamps = Lamps()
    lamps.run()
    result = lamps.run()
    assert not result["changed"] and result["statements"] == [] and result["before"] == result["after"]


def test_check_mode_touches_nothing_and_lists_what_the_run_issues():
    lamps = Lamps()
    planned = lamps.run(check_mode=True)
    assert lamps.session.issued == [] and lamps.on == set()
    done = lamps.run()
    assert planned["statements"] == done["statements"] and planned["plan_digest"] == done["plan_digest"]
    assert planned["after"] == done["after"] and planned["changed"]
    assert planned["effects"]["LAMP A"] == {"on": True} and planned["effects"]["JOURNAL lit B"] == {"value": True}
    assert RESOURCE in planned["effects"]


@pytest.mark.parametrize("survived", range(7))
def test_a_run_killed_between_any_two_statements_is_finished_by_the_next(survived):
    lamps = Lamps()

    def killing(statement):
        if len(lamps.session.issued) > survived:
            lamps.session.issued.pop()
            raise KeyboardInterrupt
        lamps.execute(statement)

    lamps.session.on_execute = killing
    with pytest.raises(KeyboardInterrupt):
        lamps.run()
    lamps.session.on_execute = lamps.execute
    lamps.run()
    assert lamps.on == {"A", "B"}
    assert not lamps.run()["changed"]


def test_what_the_database_accepts_and_does_not_do_is_a_failure():
    lamps = Lamps(deaf="B")
    with pytest.raises(DbferryError) as caught:
        lamps.run()
    assert caught.value.code == "DBF-0004" and caught.value.statement == "LIGHT B"
    assert caught.value.details["changed"] and caught.value.details["after"]["LAMP A"] == {"on": True}


def test_a_module_may_explain_better_why_nothing_came_of_it():
    lamps = Lamps(deaf="B")
    module = lamps.module(unsettled=lambda state, want: DbferryError("The bulb is broken.", code="DBF-9999"))
    with pytest.raises(DbferryError) as caught:
        lamps.run(module)
    assert caught.value.code == "DBF-9999" and caught.value.details["before"]["LAMP B"] == {"on": False}


@pytest.mark.parametrize("expected", [True, False])
def test_a_statement_that_ends_its_own_session_leaves_the_rest_to_the_next_call(expected):
    lamps = Lamps()

    def plan(state, want):
        return [Step(Statement("LIGHT ", name), ends_session=expected) for name in want["names"] if not state["LAMP " + name]["on"]]

    def execute(statement):
        lamps.execute(statement)
        if statement.text() == "LIGHT A":
            raise Lost("gone", code="ORA-03113")

    lamps.session.on_execute = execute
    if not expected:
        with pytest.raises(Lost):
            lamps.run(lamps.module(plan=plan))
        return
    found = lamps.run(lamps.module(plan=plan))
    assert not found["finished"] and found["changed"] and found["statements"] == ["LIGHT A"]
    found = lamps.run(lamps.module(plan=plan))
    assert found["finished"] and found["statements"] == ["LIGHT B"]


def test_time_to_settle_is_given(monkeypatch):
    monkeypatch.setattr(kernel, "SETTLE", 5.0)
    lamps, looks = Lamps(), []

    def observe(session, want):
        looks.append(1)
        return {"LAMP A": {"on": "A" in lamps.on and len(looks) > 3}}

    module = Module({}, observe, lambda state, want: [] if state["LAMP A"]["on"] else [Step(Statement("LIGHT A"))])
    assert lamps.run(module)["after"] == {"LAMP A": {"on": True}} and len(looks) == 4


def test_what_waits_for_something_is_told_and_not_issued():
    module = Module({}, lambda session, want: {"PARAMETER X": {"value": 1}}, lambda state,
                    want: [Step(Statement("SET X"), pending="a restart")])
    result = Lamps().run(module)
    assert result["pending"] == ["a restart"] and result["statements"] == [] and not result["changed"]


def test_an_info_module_only_looks():
    module = Module({}, lambda session, want: {"LAMP A": {"on": False}}, report=lambda state, want: {"lamps": sorted(state)})
    result = Lamps().run(module)
    assert result["lamps"] == ["LAMP A"] and result["changed"] is False and "effects" not in result


def test_an_error_of_a_statement_tells_what_was_issued_before():
    lamps = Lamps()

    def refusing(statement):
        if statement.text() == "LIGHT B":
            raise DbferryError("ORA-01031: insufficient privileges", code="ORA-01031")
        lamps.execute(statement)

    lamps.session.on_execute = refusing
    with pytest.raises(DbferryError) as caught:
        lamps.run()
    assert caught.value.details["changed"] and "LIGHT A" in caught.value.details["statements"]
    assert "lit A" in lamps.session.items and "lit B" not in lamps.session.items and "before B" in lamps.session.items


def test_a_plan_stands_on_what_earlier_phases_would_make():
    lamps = Lamps()
    assume = {"LAMP A": {"phase": "XTTS_A", "attributes": {"on": True}}, "LAMP Z": {"phase": "XTTS_Z", "attributes": {"on": True}}}
    result = lamps.run(check_mode=True, assume=assume)
    assert result["assumed"] == [{"resource": "LAMP A", "phase": "XTTS_A"}]
    assert "LIGHT A" not in result["statements"] and "LIGHT B" in result["statements"]
    assert "LIGHT A" in lamps.run(assume=assume)["statements"], "only a plan assumes; a run looks"


def test_kinds_that_are_observed_completely_take_in_what_a_plan_adds():
    state = {"TABLESPACE A": {"status": "ONLINE", "size": 5}}
    touched = steps.lay_under(state, {"TABLESPACE A": {"status": "READ ONLY"}, "TABLESPACE B": {"status": "ONLINE"},
                                       "USER U": {}}, ["TABLESPACE"])
    assert touched == ["TABLESPACE A", "TABLESPACE B"]
    assert state == {"TABLESPACE A": {"status": "READ ONLY", "size": 5}, "TABLESPACE B": {"status": "ONLINE"}}
    steps.lay_under(state, {"TABLESPACE A": None}, [])
    assert state["TABLESPACE A"] is None


def test_steps_remove_and_add_in_order():
    steps = [Step(None, effects={"TABLE T": None}), Step(None, effects={"TABLE T": {"rows": 0}, "TABLE U": None})]
    assert after_steps({"TABLE T": {"rows": 5, "old": 1}, "TABLE U": {}}, steps) == {"TABLE T": {"rows": 0}, "TABLE U": None}


def test_a_digest_names_a_plan():
    assert steps.digest([Step(Statement("A"))]) == steps.digest([Step(Statement("A"), effects={"X": {}})])
    assert steps.digest([Step(Statement("A"))]) != steps.digest([Step(Statement("B"))])


@pytest.mark.parametrize("ephemeral, made", [(lambda want: True, False), (lambda want: False, True), (None, True)])
def test_what_serves_the_migration_only_is_not_made_again_after_the_clean_up(ephemeral, made):
    lamps = Lamps()
    lamps.session.items = {CLEANED: "true"}
    result = lamps.run(lamps.module(ephemeral=ephemeral))
    assert result["changed"] is made and bool(lamps.on) is made


# -- commands on the server


class Server:
    def __init__(self, *answers):
        self.answers = list(answers)
        self.jobs = []

    def run(self, job, join_only=False):
        self.jobs.append((job.name, join_only))
        return self.answers.pop(0)


def copying(done, conclude=None):
    def plan(state, want):
        return [] if state["FILE 1"]["copied"] else [Step(
            Statement("BACKUP"), job=ServerJob("DBF_SALES_R1_CMD_COPY", ["rman"], Statement("BACKUP")), record={"copied": "expected"},
            conclude=conclude or (lambda text, rc: {"copied": text}))]

    return Module({}, lambda session, want: {"FILE 1": {"copied": session.journal.get("copied") or bool(done)}}, plan, server=True)


def test_a_command_needs_a_way_to_the_server():
    with pytest.raises(DbferryError) as caught:
        Lamps().run(copying([]))
    assert caught.value.code == "DBF-0003"


def test_a_running_command_is_joined_until_it_has_ended():
    lamps, server = Lamps(), Server({"started": True, "finished": False}, {"started": False, "finished": True, "rc": 0, "output": "file_1"})
    first = lamps.run(copying([]), host=server)
    assert first["finished"] is False and first["changed"] and first["statements"] == ["BACKUP"]
    second = lamps.run(copying([]), host=server)
    assert second["finished"] and not any(text == "BACKUP" for text in second["statements"])
    assert lamps.session.items["copied"] == '"file_1"', "what the output tells takes the place of what was expected"


def test_what_is_remembered_belongs_to_the_beginning_of_a_command():
    def plan(state, want):
        if state["FILE 1"]["done"]:
            return []
        return [Step(Statement("CONVERT"), job=ServerJob("DBF_SALES_R1_CMD_CONVERT", ["rman"], Statement("CONVERT")),
                     remember={"begun": (state["FILE 1"]["begun"] or 0) + 1}, conclude=lambda text, rc: {"done": text})]

    module = Module({}, lambda session, want: {"FILE 1": {"begun": session.journal.get("begun"), "done": session.journal.get("done")}},
                    plan, server=True)
    running = {"known": True, "started": False, "finished": False}
    lamps, server = Lamps(), Server({"known": False}, dict(running, started=True), running,
                                    dict(running, finished=True, rc=0, output="file"))
    assert [lamps.run(module, host=server)["finished"] for dummy in range(3)] == [False, False, True]
    assert lamps.session.items["begun"] == "1" and lamps.session.items["done"] == '"file"'
    assert [join_only for name, join_only in server.jobs] == [True, False, True, True]


def test_what_a_failed_command_finished_is_written_down():
    def conclude(text, rc):
        raise DbferryError("RMAN-03009: failure", code="RMAN-03009", details={"record": {"copied": "the first of two"}})

    lamps = Lamps()
    with pytest.raises(DbferryError) as caught:
        lamps.run(copying([], conclude), host=Server({"started": True, "finished": True, "rc": 1, "output": ""}))
    assert caught.value.code == "RMAN-03009" and "record" not in caught.value.details
    assert lamps.session.items["copied"] == '"the first of two"'


@pytest.mark.parametrize("age, told", [(5.0, True), (60.0, False)])
def test_what_failed_before_the_instance_was_started_is_begun_anew(age, told):
    def conclude(text, rc):
        raise DbferryError("RMAN-00601: fatal error in recovery manager", code="RMAN-00601", details={"record": {"begun": "yes"}})

    lamps = Lamps()
    lamps.session.answers[applying.UPTIME] = [{"seconds": 30.5}]
    joined = Server({"started": False, "finished": True, "rc": 1, "output": "", "age": age})
    if told:
        with pytest.raises(DbferryError, match="RMAN-00601"):
            lamps.run(copying([], conclude), host=joined)
    else:
        assert lamps.run(copying([], conclude), host=joined)["finished"] is False
    assert lamps.session.items["begun"] == '"yes"', "what it finished is written down all the same"


@pytest.mark.parametrize("age, undone, told, finished", [(5.0, True, True, None), (3600.0, True, False, False), (3600.0, False, False, True)])
def test_what_a_command_did_while_nobody_looked_may_be_undone_by_now(monkeypatch, age, undone, told, finished):
    """Then the next call begins it anew. One that has just ended and did nothing is told."""
    lamps, done = Lamps(), [] if undone else [1]
    module = copying(done, lambda text, rc: {})
    looks = iter([False] + [bool(done)] * 100)
    module.observe = lambda session, want: {"FILE 1": {"copied": next(looks)}}
    server = Server({"started": False, "finished": True, "rc": 0, "output": "", "age": age}, {"started": True, "finished": False})
    if told:
        with pytest.raises(DbferryError) as caught:
            lamps.run(module, host=server)
        assert caught.value.code == "DBF-0004"
        return
    assert lamps.run(module, host=server)["finished"] is finished
    if undone:
        assert lamps.run(module, host=server)["statements"] == ["BACKUP"]


# -- side by side


def many(number, fail_at=None):
    done = set()

    def execute(statement):
        if statement.text() == "SUM {0}".format(fail_at):
            raise DbferryError("ORA-01555: snapshot too old", code="ORA-01555")
        if statement.text().startswith("SUM "):
            done.add(statement.text())

    def plan(state, want):
        return [Step(Statement("SUM {0}".format(one)), at_peer=one % 2 == 1) for one in range(number) if "SUM {0}".format(one) not in done]

    session = FakeSession(peer=FakeSession(user="PEER"))
    session.on_execute = session.peer.on_execute = execute
    module = Module({}, lambda session, want: {"SUMS": {"done": len(done)}}, plan, concurrency=lambda want: 3)
    return module, session, done


def test_independent_steps_run_side_by_side_at_both_databases():
    module, session, done = many(8)
    result = kernel.run(module, dict(WANT, peer={}), session)
    assert len(done) == 8 and result["finished"] and result["after"] == {"SUMS": {"done": 8}}
    assert session.issued[0] == session.peer.issued[0] == CREATE, "the journal is there before the workers are"
    assert {text for text in session.peer.issued if text != CREATE} == {"SUM 1", "SUM 3", "SUM 5", "SUM 7"}
    assert all(other.closed for other in session.others + session.peer.others)


def test_what_is_not_begun_in_time_is_left_to_the_next_call(monkeypatch):
    monkeypatch.setattr(applying, "SLICE", 0.0)
    module, session, done = many(8)
    result = kernel.run(module, dict(WANT, peer={}), session)
    assert not result["finished"] and result["changed"] and done == set()
    monkeypatch.setattr(applying, "SLICE", 20.0)
    assert kernel.run(module, dict(WANT, peer={}), session)["finished"] and len(done) == 8


def test_one_failure_ends_the_others_and_is_told():
    module, session, done = many(40, fail_at=4)
    with pytest.raises(DbferryError) as caught:
        kernel.run(module, dict(WANT, peer={}), session)
    assert caught.value.code == "ORA-01555" and len(done) < 39
    assert all(other.closed for other in session.others + session.peer.others)


def test_concurrent_steps_are_planned_with_the_table_they_write_to():
    module, session, done = many(2)
    result = kernel.run(module, dict(WANT, peer={}), session, check_mode=True)
    assert result["statements"] == [CREATE, CREATE, "SUM 0", "SUM 1"] and done == set()


def test_what_stands_in_the_way_is_told_by_a_plan_and_refused_before_anything_is_done():
    lamps = Lamps()
    module = lamps.module(obstacle=lambda state, want: Refused("Somebody reads in the dark.", code="DBF-0141"))
    assert kernel.run(module, WANT, lamps.session, check_mode=True)["obstacle"] == "Somebody reads in the dark."
    with pytest.raises(Refused):
        kernel.run(module, WANT, lamps.session)
    assert lamps.session.issued == [] and not lamps.on

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redo threads for instances to come: groups as the others have them, enabled, at an open primary alone."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import after_steps
from ansible_collections.dbferry.oracle.plugins.modules import redo_thread as module
from fake_session import FakeSession, texts

WANT = {"threads": [2], "groups": None, "size": None, "members": [], "reuse": False, "state": "enabled"}
FACTS = {"database_role": "PRIMARY", "open_mode": "READ WRITE", "db_unique_name": "sales"}
OWN = {"thread": 1, "status": "OPEN", "enabled": "PUBLIC", "instance": "sales1"}
SECOND = {"thread": 2, "status": "CLOSED", "enabled": "DISABLED", "instance": "UNNAMED_INSTANCE_2"}
ADD = "ALTER DATABASE ADD LOGFILE THREAD {0} GROUP {1} SIZE {2}"


def observed(threads=(OWN,), online=((1, 1), (2, 1), (3, 1)), standby=(4, 5), facts=None, managed=True, **more):
    session = FakeSession({
        dataguard.FACTS: [dict(FACTS, **(facts or {}))], module.THREADS: list(threads),
        module.ONLINE: [{"group_number": group, "thread": thread, "bytes": 100 * thread} for group, thread in online],
        module.STANDBY: [{"group_number": group} for group in standby], module.PLACES: [{"value": "/u01"}] if managed else []}).with_journal({})
    want = dict(WANT, **more)
    return module.observe(session, want), want


def test_as_many_groups_as_the_others_have_behind_all_that_are_there():
    state, want = observed()
    steps = module.plan(state, want)
    assert texts(steps) == [ADD.format(2, group, 100) for group in (6, 7, 8)] + ["ALTER DATABASE ENABLE PUBLIC THREAD 2"]
    assert module.plan(after_steps(state, steps), want) == []
    assert texts(module.plan(*observed(groups=2, size="1K", members=["/redo", "+RECO"], reuse=True)))[0] == (
        "ALTER DATABASE ADD LOGFILE THREAD 2 GROUP 6 ('/redo/redo06.log', '+RECO') SIZE 1024 REUSE")


def test_a_run_that_was_killed_is_finished():
    assert texts(module.plan(*observed([OWN, SECOND], [(1, 1), (2, 1), (6, 2)], groups=2))) == [
        ADD.format(2, 7, 200), "ALTER DATABASE ENABLE PUBLIC THREAD 2"]
    assert texts(module.plan(*observed([OWN, SECOND], [(1, 1), (2, 1), (6, 2), (7, 2)]))) == ["ALTER DATABASE ENABLE PUBLIC THREAD 2"]
    assert module.plan(*observed([OWN, dict(SECOND, enabled="PRIVATE")], [(1, 1), (2, 1), (6, 2), (7, 2)], facts={"open_mode": "MOUNTED"})) == []


def test_it_is_taken_away_group_by_group():
    state, want = observed([OWN, dict(SECOND, enabled="PUBLIC")], [(1, 1), (2, 1), (10, 2), (9, 2)], state="absent")
    steps = module.plan(state, want)
    assert texts(steps) == ["ALTER DATABASE DISABLE THREAD 2", "ALTER DATABASE DROP LOGFILE GROUP 9", "ALTER DATABASE DROP LOGFILE GROUP 10"]
    assert module.plan(after_steps(state, steps), want) == [] and module.plan(*observed(state="absent")) == []


@pytest.mark.parametrize("code, wrong", [
    ("DBF-0891", {"threads": [OWN], "facts": {}, "wanted": [0]}), ("DBF-0892", {"groups": 1}), ("DBF-0422", {"size": "much"}),
    ("DBF-0893", {"facts": {"database_role": "PHYSICAL STANDBY", "open_mode": "MOUNTED"}}), ("DBF-0893", {"facts": {"open_mode": "READ ONLY"}}),
    ("DBF-0421", {"managed": False}), ("DBF-0894", {"state": "absent", "wanted": [1]})])
def test_what_cannot_be_is_refused(code, wrong):
    wanted = wrong.pop("wanted", [2])
    state, want = observed(**wrong)
    want["threads"] = wanted
    for number in wanted:
        state.setdefault(module.resource(number), {"enabled": "PUBLIC", "status": "OPEN", "_instance": "sales1", "groups": {}})
    with pytest.raises(Refused) as caught:
        module.plan(state, want)
    assert code in (caught.value.code, *[finding[0] for finding in getattr(caught.value, "findings", [])]) and caught.value.hint

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Standby redo logs: one group more than online, for each thread, and not while redo is applied."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import after_steps
from ansible_collections.dbferry.oracle.plugins.modules import standby_redo_log as module
from fake_session import FakeSession, texts

WANT = {"threads": [], "groups": None, "size": None, "members": ["/redo"], "reuse": False, "state": "present", "migration_id": "SALES"}
FACTS = {"database_role": "PRIMARY", "open_mode": "READ WRITE", "db_unique_name": "sales"}
STANDBY = {"database_role": "PHYSICAL STANDBY", "open_mode": "MOUNTED"}
MRP = {"process": "MRP0", "status": "APPLYING_LOG", "client_process": "N/A", "thread": 1, "sequence": 9, "block": 1, "delay": 0}


def observed(standby=(), online=((1, 1), (2, 1), (3, 1)), items=None, places=None, facts=None, spfile=None, apply=False, peer=None, **more):
    rows = [{"group_number": group, "thread": thread, "bytes": 100} for group, thread in online]
    places = dict({"standby_file_management": "MANUAL"}, **(places or {}))
    session = FakeSession({
        dataguard.FACTS: [dict(FACTS, **(facts or {}))], module.THREADS: [{"thread": number} for number in sorted({row["thread"] for row in rows})],
        module.ONLINE: rows, module.STANDBY: [{"group_number": group, "thread": 1, "bytes": size, "status": status} for group, size, status in standby],
        module.PLACES: [{"name": name, "value": value} for name, value in places.items()], module.SPFILE: [{"value": spfile}] if spfile else [],
        dataguard.PROCESSES: [MRP] if apply else [], dataguard.RECOVERY_MODE: []}, peer=peer).with_journal(items or {})
    want = dict(WANT, **more)
    return module.observe(session, want), want


def test_one_group_more_than_online_for_each_thread():
    state, want = observed(online=((1, 1), (2, 1), (3, 2), (4, 2)))
    steps = module.plan(state, want)
    assert texts(steps) == ["ALTER DATABASE ADD STANDBY LOGFILE THREAD {0} GROUP {1} ('/redo/standby_redo{1:02d}.log') SIZE 100".format(thread, group)
                            for thread, group in ((1, 5), (1, 6), (1, 7), (2, 8), (2, 9), (2, 10))]
    assert steps[-1].remember == {module.added_item("sales"): [5, 6, 7, 8, 9, 10]}
    assert module.plan(after_steps(state, steps), want) == []


def test_groups_that_are_too_small_do_not_count():
    held = [(4, 100, "UNASSIGNED"), (5, 99, "UNASSIGNED"), (6, 200, "ACTIVE"), (7, 100, "UNASSIGNED")]
    assert texts(module.plan(*observed(held))) == ["ALTER DATABASE ADD STANDBY LOGFILE THREAD 1 GROUP 8 ('/redo/standby_redo08.log') SIZE 100"]
    assert len(module.plan(*observed(held, size="1K"))) == 4 and len(module.plan(*observed(held, groups=1))) == 0


def test_members_are_placed_by_disk_group_or_by_the_database():
    assert texts(module.plan(*observed(members=["+DATA", "+RECO"], groups=1)))[0].endswith("GROUP 4 ('+DATA', '+RECO') SIZE 100")
    assert texts(module.plan(*observed(members=["/a", "/a"], groups=1)))[0].endswith("('/a/standby_redo04.log', '/a/standby_redo04b.log') SIZE 100")
    found = module.plan(*observed(members=[], groups=1, places={"db_create_file_dest": "/u01"}))
    assert texts(found) == ["ALTER DATABASE ADD STANDBY LOGFILE THREAD 1 GROUP 4 SIZE 100"]


def test_files_that_a_dropped_group_left_are_taken_when_they_are_ours_or_it_is_said_so():
    assert texts(module.plan(*observed(groups=1, reuse=True)))[0].endswith("('/redo/standby_redo04.log') SIZE 100 REUSE")
    steps = texts(module.plan(*observed(groups=2, items={module.added_item("sales"): [4]})))
    assert [text.endswith(" REUSE") for text in steps] == [True, False]
    assert not texts(module.plan(*observed(groups=1, reuse=True, members=[], places={"db_create_file_dest": "/u01"})))[0].endswith("REUSE")


def test_absent_drops_all_and_as_before_what_was_added():
    held = [(4, 100, "UNASSIGNED"), (5, 100, "UNASSIGNED")]
    assert texts(module.plan(*observed(held, state="absent"))) == ["ALTER DATABASE DROP STANDBY LOGFILE GROUP {0}".format(group) for group in (4, 5)]
    items = {module.added_item("sales"): [5, 6], module.added_item("sales_new"): [4]}
    assert texts(module.plan(*observed(held, state="as_before", items=items))) == ["ALTER DATABASE DROP STANDBY LOGFILE GROUP 5"]
    assert module.plan(*observed(state="absent")) == []


def test_a_standby_that_manages_its_files_itself():
    steps = module.plan(*observed(facts=STANDBY, places={"standby_file_management": "AUTO"}, groups=1))
    assert [text.split(" ")[-4] for text in (texts(steps)[0], texts(steps)[-1])] == ["MANUAL", "AUTO"] and len(steps) == 3
    assert not any(step.remember for step in steps)
    peer = FakeSession().with_journal({})
    steps = module.plan(*observed(facts=STANDBY, groups=1, peer=peer))
    assert [(step.at_peer, bool(step.remember), step.statement is None) for step in steps] == [(True, True, True), (False, False, False)]
    # A run that was cut off left it so.
    assert texts(module.plan(*observed([(4, 100, "UNASSIGNED")], facts=STANDBY, spfile="AUTO", groups=1))) == [
        "ALTER SYSTEM SET standby_file_management = AUTO SCOPE = MEMORY"]
    assert module.plan(*observed([(4, 100, "UNASSIGNED")], facts=STANDBY, groups=1)) == []


@pytest.mark.parametrize("code, facts", [
    ("ORA-01156", {"facts": STANDBY, "apply": True}), ("DBF-0421", {"members": []}), ("DBF-0422", {"size": "big"}), ("DBF-0423", {"threads": [2]}),
    ("ORA-00261", {"standby": [(4, 100, "ACTIVE")], "state": "absent"})])
def test_refusals(code, facts):
    with pytest.raises(Refused) as error:
        module.plan(*observed(**facts))
    assert error.value.code == code and error.value.hint

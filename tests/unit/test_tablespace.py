# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Status of tablespaces: set, put back as it was, or dropped with care."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import open_work
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.names import plugged_item, status_item
from ansible_collections.dbferry.oracle.plugins.modules import tablespace
from fake_session import FakeSession, texts

WANT = {"names": ["A", "B"], "migration_id": "SALES", "including_contents": True, "keep_datafiles": True, "only_ours": True}


def row(name, status="ONLINE", plugged="NO"):
    return {"name": name, "status": status, "contents": "PERMANENT", "plugged_in": plugged, "checkpoint_scn": 500}


def plan(state, rows, items=None, **more):
    session = FakeSession({tablespace.TABLESPACES: [*rows, row("SYSTEM")], open_work.TRANSACTIONS: [], open_work.IN_DOUBT: []}).with_journal(items or {})
    want = dict(WANT, state=state, **more)
    return tablespace.plan(tablespace.observe(session, want), want)


def test_old_values_are_remembered_before_they_change():
    steps = plan("read_only", [row("A"), row("B", "READ ONLY")])
    assert texts(steps) == ['ALTER TABLESPACE "A" READ ONLY'] and steps[0].remember == {status_item("A"): "ONLINE"}


def test_read_only_would_wait_for_open_transactions_so_they_are_named():
    work = {"sid": 8, "serial": 99, "username": "SYS", "program": "sqlplus", "machine": "db1", "since": "x", "undo_records": 1}
    for status, hindered in (("ONLINE", True), ("READ ONLY", False)):
        session = FakeSession({tablespace.TABLESPACES: [row("A", status)], open_work.TRANSACTIONS: [work], open_work.IN_DOUBT: []}).with_journal({})
        want = dict(WANT, names=["A"], state="read_only")
        assert bool(tablespace.obstacle(tablespace.observe(session, want), want)) == hindered


def test_the_first_value_is_the_one_that_counts():
    step, = plan("read_only", [row("A"), row("B", "READ ONLY")], {status_item("A"): "READ ONLY"})
    assert step.remember == {}


def test_as_before_is_not_read_write():
    items = {status_item("A"): "ONLINE"}
    assert texts(plan("as_before", [row("A", "READ ONLY"), row("B", "READ ONLY")], items)) == ['ALTER TABLESPACE "A" READ WRITE']
    assert plan("as_before", [row("A", "READ ONLY"), row("B", "READ ONLY")]) == []


def test_a_tablespace_that_was_plugged_in_had_no_status_before():
    step, = plan("read_write", [row("A", "READ ONLY", plugged="YES")], names=["A"])
    assert str(step.statement) == 'ALTER TABLESPACE "A" READ WRITE' and step.remember == {}


def test_without_a_migration_nothing_is_remembered():
    step, = plan("read_only", [row("A")], names=["A"], migration_id=None)
    assert step.remember == {}


def test_what_is_not_there_is_told_with_oracles_own_code():
    with pytest.raises(Refused) as caught:
        plan("read_only", [row("A")])
    assert caught.value.code == "ORA-00959" and "named B." in caught.value.message


def test_only_what_this_migration_plugged_in_is_dropped():
    with pytest.raises(Refused) as caught:
        plan("absent", [row("A"), row("B")], {plugged_item("A"): ["/f"]})
    assert caught.value.code == "DBF-0101" and "plug in B," in caught.value.message
    assert texts(plan("absent", [row("A")], {plugged_item("A"): ["/f"]})) == [
        'DROP TABLESPACE "A" INCLUDING CONTENTS KEEP DATAFILES CASCADE CONSTRAINTS']


@pytest.mark.parametrize("more, clause", [
    ({"keep_datafiles": False}, ' INCLUDING CONTENTS AND DATAFILES CASCADE CONSTRAINTS'), ({"including_contents": False}, "")])
def test_how_it_is_dropped(more, clause):
    assert texts(plan("absent", [row("A")], names=["A"], only_ours=False, **more)) == ['DROP TABLESPACE "A"' + clause]


def test_what_is_gone_already_is_fine():
    assert plan("absent", []) == []


def test_an_offline_tablespace_is_not_put_back_by_guessing():
    assert plan("as_before", [row("A", "READ ONLY")], {status_item("A"): "OFFLINE"}, names=["A"]) == []

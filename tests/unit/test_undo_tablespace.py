# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Undo tablespaces for instances to come: created where they are not there, at an open primary alone."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import after_steps
from ansible_collections.dbferry.oracle.plugins.modules import undo_tablespace as module
from fake_session import FakeSession, texts

WANT = {"names": ["UNDOTBS1", "UNDOTBS2"], "size": "1M", "path": None, "state": "present"}
FACTS = {"database_role": "PRIMARY", "open_mode": "READ WRITE", "db_unique_name": "sales"}


def observed(facts=None, managed=True, **more):
    session = FakeSession({
        dataguard.FACTS: [dict(FACTS, **(facts or {}))], module.PLACE: [{"value": "/u01"}] if managed else [],
        module.TABLESPACES: [{"name": "UNDOTBS1", "contents": "UNDO", "status": "ONLINE"},
                             {"name": "USERS", "contents": "PERMANENT", "status": "ONLINE"}]}).with_journal({})
    want = dict(WANT, **more)
    return module.observe(session, want), want


def test_what_is_missing_is_created():
    state, want = observed()
    steps = module.plan(state, want)
    assert texts(steps) == ['CREATE UNDO TABLESPACE "UNDOTBS2" DATAFILE SIZE 1048576 AUTOEXTEND ON']
    assert module.plan(after_steps(state, steps), want) == []
    for path, named in (("/u02/", "'/u02/undotbs201.dbf'"), ("+DATA", "'+DATA'")):
        assert named in texts(module.plan(*observed(path=path, managed=False)))[0]


def test_what_is_there_is_dropped():
    state, want = observed(state="absent")
    steps = module.plan(state, want)
    assert texts(steps) == ['DROP TABLESPACE "UNDOTBS1" INCLUDING CONTENTS AND DATAFILES']
    assert module.plan(after_steps(state, steps), want) == []


@pytest.mark.parametrize("code, wrong", [
    ("DBF-0901", {"size": "much"}), ("DBF-0902", {"names": ["USERS"]}), ("DBF-0903", {"facts": {"open_mode": "MOUNTED"}}),
    ("DBF-0903", {"facts": {"database_role": "PHYSICAL STANDBY", "open_mode": "READ ONLY"}}), ("DBF-0904", {"managed": False})])
def test_what_cannot_be_is_refused(code, wrong):
    with pytest.raises(Refused) as refused:
        module.plan(*observed(**wrong))
    assert refused.value.code == code

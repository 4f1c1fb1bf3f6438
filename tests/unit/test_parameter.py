# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initialization parameters: what means the same, where a change goes, what waits for a restart, the way back."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import parameters
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.modules import parameter
from fake_session import FakeSession, texts

WANT = {"parameters": {}, "names": [], "state": "set", "scope": None, "sid": "*", "comment": None, "create_spfile": None, "migration_id": "SALES",
        "restart": False}


def here(parallel="NO", user="DBFERRY", con_id="0"):
    return [{"instance_name": "ONE", "parallel": parallel, "started": "2026-01-01 00:00:00", "session_user": user, "con_id": con_id}]


def row(name, value, modifiable="IMMEDIATE", kind=3, instance="ONE", default="TRUE", pdb="TRUE"):
    return {"instance": instance, "name": name, "type": kind, "value": value, "isdefault": default, "modifiable": modifiable,
            "pdb_modifiable": pdb}


def plan(rows, spfile=(), items=None, path="/dbs/spfileONE.ora", session=None, **more):
    session = session or FakeSession({parameters.HERE: more.pop("here", here()), parameters.MEMORY: [*rows, row("spfile", path, "FALSE", 2)],
                                      parameters.SPFILE: list(spfile)}).with_journal(items or {})
    want = dict(WANT, **more)
    return parameter.plan(parameter.observe(session, want), want)


def entry(name, value, sid="*"):
    return {"sid": sid, "name": name, "value": value}


@pytest.mark.parametrize("left, right, kind", [
    ("53687091200", "50G", 6), ("50g", "51200M", 6), (True, "TRUE", 1), ("true", "TRUE", 1), (300, "300", 3), (["a", "b"], "a,b", 2),
    ("exact", "EXACT", 2), ("", None, 2), ("+DATA", "+data", 2), ("/u01/a, /u01/b", "/u01/a,/u01/b", 2)])
def test_what_means_the_same(left, right, kind):
    assert parameters.same(left, right, kind)


@pytest.mark.parametrize("left, right, kind", [("50G", "5G", 6), ("/u01/A", "/u01/a", 2), ("%t_%s.arc", "%T_%s.arc", 2), ("a, b", "b, a", 2),
                                               ("0", "FALSE", 1)])
def test_what_does_not(left, right, kind):
    assert not parameters.same(left, right, kind)


def test_a_value_in_a_statement():
    assert parameters.rendered(["/a", "it's"]) == "'/a', 'it''s'" and parameters.rendered(True) == "TRUE"
    assert parameters.rendered("50G") == "50G" and parameters.rendered("SERVICE=x ASYNC, y") == "'SERVICE=x ASYNC, y'"


def test_dynamic_goes_everywhere_and_static_waits():
    steps = plan([row("open_cursors", "300"), row("db_files", "200", "FALSE")], parameters={"open_cursors": 400, "db_files": 500})
    assert texts(steps) == ["ALTER SYSTEM SET open_cursors = 400 SCOPE = BOTH", "ALTER SYSTEM SET db_files = 500 SCOPE = SPFILE", "None"]
    assert "500 in the spfile" in steps[-1].pending and steps[0].remember == {
        "parameter before open_cursors": {"instances": {"ONE": "300"}, "sids": {}, "default": True}}


def test_only_what_is_missing_is_set():
    assert texts(plan([row("open_cursors", "400")], parameters={"open_cursors": 400})) == ["ALTER SYSTEM SET open_cursors = 400 SCOPE = SPFILE"]
    assert plan([row("open_cursors", "400")], [entry("open_cursors", "400")], parameters={"open_cursors": 400}) == []
    step, = plan([row("db_files", "200", "FALSE")], [entry("db_files", "500")], parameters={"db_files": 500})
    assert step.statement is None and step.pending


def test_a_deferred_one_says_so():
    assert texts(plan([row("recyclebin", "on", "DEFERRED", 2)], parameters={"recyclebin": "off"})) == [
        "ALTER SYSTEM SET recyclebin = 'off' DEFERRED SCOPE = BOTH"]


def test_a_hidden_one_without_a_row_has_its_default():
    steps = plan([], parameters={"_log_parallelism_max": 1})
    assert texts(steps) == ['ALTER SYSTEM SET "_log_parallelism_max" = 1 SCOPE = SPFILE', "None"]
    session = FakeSession({parameters.HERE: here(user="SYS"), parameters.MEMORY: [row("spfile", "/x", "FALSE", 2)], parameters.SPFILE: [],
                           parameters.HIDDEN: lambda name: []}).with_journal({})
    with pytest.raises(Refused, match="no parameter _log_paralelism_max"):
        plan([], session=session, parameters={"_log_paralelism_max": 1})


def test_on_a_cluster_all_instances_are_meant_unless_one_is_named():
    rows = [row("open_cursors", "300"), row("open_cursors", "300", instance="TWO")]
    assert texts(plan(rows, here=here("YES"), parameters={"open_cursors": 400})) == ["ALTER SYSTEM SET open_cursors = 400 SCOPE = BOTH SID = '*'"]
    assert texts(plan(rows, here=here("YES"), parameters={"open_cursors": 400}, sid="TWO")) == [
        "ALTER SYSTEM SET open_cursors = 400 SCOPE = BOTH SID = 'TWO'"]
    with pytest.raises(Refused) as error:
        plan(rows, [entry("open_cursors", "350", "TWO")], here=here("YES"), parameters={"open_cursors": 400})
    assert error.value.code == "DBF-0262"


def test_every_refusal_is_told_at_once():
    with pytest.raises(Refused) as error:
        plan([row("db_files", "200", "FALSE")], parameters={"db_files": 500, "no_such": 1}, scope="both")
    assert error.value.code == "ORA-02095" and "no_such" in error.value.message
    with pytest.raises(Refused) as error:
        plan([row("processes", "300", "FALSE", pdb="FALSE")], here=here(con_id="3"), parameters={"processes": 500})
    assert error.value.code == "ORA-65040"


def test_without_an_spfile():
    rows = [row("db_files", "200", "FALSE"), row("open_cursors", "300")]
    assert texts(plan(rows, path=None, parameters={"open_cursors": 400})) == ["ALTER SYSTEM SET open_cursors = 400 SCOPE = MEMORY"]
    with pytest.raises(Refused) as error:
        plan(rows, path=None, parameters={"db_files": 500})
    assert error.value.code == "ORA-32001"
    steps = plan(rows, path=None, parameters={"db_files": 500}, create_spfile="pfile")
    assert texts(steps) == ["CREATE SPFILE FROM PFILE", "None"] and steps[-1].pending
    again = plan(rows, path=None, parameters={"db_files": 500}, create_spfile="pfile", items={"spfile created": "2026-01-01 00:00:00"})
    assert texts(again) == ["None"]


def test_reset_and_the_way_back():
    assert texts(plan([row("db_files", "500", "FALSE", default="FALSE")], [entry("db_files", "500")], names=["db_files"], state="reset")) == [
        "ALTER SYSTEM RESET db_files SCOPE = SPFILE", "None"]
    items = {"parameter before open_cursors": {"instances": {"ONE": "300"}, "sids": {}, "default": True}}
    assert texts(plan([row("open_cursors", "400")], [entry("open_cursors", "400")], items, names=["open_cursors"], state="as_before")) == [
        "ALTER SYSTEM RESET open_cursors SCOPE = SPFILE", "ALTER SYSTEM SET open_cursors = 300 SCOPE = MEMORY"]
    assert plan([row("open_cursors", "400")], names=["open_cursors"], state="as_before") == []


def test_a_comment_stands_between_the_value_and_where_it_goes():
    steps = plan([row("open_cursors", "300")], parameters={"open_cursors": 400}, comment="it's ours")
    assert texts(steps) == ["ALTER SYSTEM SET open_cursors = 400 COMMENT = 'it''s ours' SCOPE = BOTH"]

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans of modules that have one kind of step or two."""
from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.modules import directory, recompile, recycle_bin, restore_point, statistics_transfer
from fake_session import FakeSession


def texts(steps):
    return [str(step.statement) for step in steps]


def dump(found, state="present", **grants):
    return texts(directory.plan({"SESSION": {"user": "MOVER"}, "DIRECTORY DUMP": found},
                                {"name": "DUMP", "path": "/u01/it's", "state": state, "grants": grants}))


def test_a_directory_is_made_granted_and_dropped():
    assert dump(None, HR=["READ", "WRITE"], MOVER=["READ"]) == [
        'CREATE OR REPLACE DIRECTORY "DUMP" AS \'/u01/it\'\'s\'', 'GRANT READ, WRITE ON DIRECTORY "DUMP" TO "HR"']
    assert dump({"path": "/u01/it's", "grants": {"HR": ["READ"]}}, HR=["READ", "WRITE"]) == ['GRANT WRITE ON DIRECTORY "DUMP" TO "HR"']
    assert dump({"path": "/u01/it's", "grants": {"HR": ["READ"]}}, HR=["READ"]) == []
    assert dump({"path": "/elsewhere", "grants": {}}, state="absent") == ['DROP DIRECTORY "DUMP"'] and dump(None, state="absent") == []


def test_a_privilege_that_directories_do_not_have_is_refused():
    with pytest.raises(Refused) as caught:
        dump(None, HR=["READ", "DELETE"])
    assert caught.value.code == "DBF-0111" and "DELETE" in caught.value.message


def test_only_schemas_with_something_invalid_are_compiled():
    state = {"SCHEMA HR": {"invalid": ["VIEW A"], "tolerated": [], "errors": []}, "SCHEMA SALES": {"invalid": [], "tolerated": ["VIEW B"], "errors": []}}
    assert texts(recompile.plan(state, {})) == [
        "BEGIN DBMS_UTILITY.COMPILE_SCHEMA(schema => 'HR', compile_all => FALSE, reuse_settings => TRUE); END;"]


def test_only_bins_with_something_in_them_are_emptied():
    state = {"RECYCLE_BIN APP": {"objects": ["TABLE HR.T (BIN$1)"]}, "RECYCLE_BIN USERS": {"objects": []}}
    assert texts(recycle_bin.plan(state, {})) == ['PURGE TABLESPACE "APP"']


def test_the_kinds_of_restore_points():
    def planned(found, state="present", guarantee=False):
        return texts(restore_point.plan({"RESTORE_POINT P": found}, {"name": "P", "state": state, "guarantee": guarantee}))
    assert planned(None) == ['CREATE RESTORE POINT "P"']
    assert planned(None, guarantee=True) == ['CREATE RESTORE POINT "P" GUARANTEE FLASHBACK DATABASE']
    assert planned({"scn": 1, "guarantee": False}) == []
    assert planned({"scn": 1, "guarantee": False}, state="absent") == ['DROP RESTORE POINT "P"']


def test_a_restore_point_has_served_at_clean_up_unless_it_shall_outlive_that():
    assert restore_point.MODULE.ephemeral({"state": "present", "after_cleanup": False})
    assert not restore_point.MODULE.ephemeral({"state": "present", "after_cleanup": True})


@pytest.mark.parametrize("log_mode, area, said", [("ARCHIVELOG", "/u03/fra", None), ("NOARCHIVELOG", "/u03/fra", "ARCHIVELOG"),
                                                  ("ARCHIVELOG", None, "DB_RECOVERY_FILE_DEST")])
def test_a_restore_point_that_cannot_be_guaranteed_is_left_out_where_that_is_allowed(log_mode, area, said):
    session = FakeSession({restore_point.RESTORE_POINT: [], restore_point.FLASHBACK: [{"log_mode": log_mode, "area": area}]})
    want = {"name": "P", "state": "present", "guarantee": True, "if_possible": True}
    step, = restore_point.plan(restore_point.observe(session, want), want)
    assert step.pending is None if said is None else said in step.pending
    step, = restore_point.plan(restore_point.observe(session, dict(want, if_possible=False)), want)
    assert step.pending is None, "the database says what it lacks"


def test_statistics_leave_once_and_arrive_by_force():
    def planned(state, table, **found):
        statistics = dict({"owner": "MOVER", "table": "S", "schemas": ["HR"], "anchor": "a", "exported": None, "imported": None}, **found)
        return texts(statistics_transfer.plan({"STATISTICS": statistics, "TABLE S": table}, {"state": state, "anchor": "a"}))
    assert planned("exported", None) == [
        "BEGIN DBMS_STATS.CREATE_STAT_TABLE(ownname => 'MOVER', stattab => 'S'); END;",
        "BEGIN DBMS_STATS.EXPORT_SCHEMA_STATS(stattab => 'S', statown => 'MOVER', ownname => 'HR'); END;"]
    assert planned("exported", {"present": True}, exported="a") == []
    assert planned("imported", {"present": True})[-1].endswith("ownname => 'HR', force => TRUE); END;")
    assert planned("imported", {"present": True}, imported="a") == []

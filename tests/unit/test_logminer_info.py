# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether LogMiner works: everything that stands in the way at once, and the one block that reads."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.modules import logminer_info
from fake_session import FakeSession

WANT = {"log": "auto", "rows": 10, "fail": False}
ALL = ["LOGMINING", "SELECT ANY TRANSACTION", "EXECUTE ON SYS.DBMS_LOGMNR"]
ARCHIVED = {"name": "/arch/1_7.dbf", "thread": 1, "sequence": 7, "first_scn": 100, "next_scn": 200}
ONLINE = {"name": "/redo01.log", "thread": 1, "sequence": 8, "first_scn": 200, "next_scn": 250}
BLOCK = "BEGIN " + logminer_info.ADD + logminer_info.READ + "END;"


def session(privileges=ALL, archived=True, container="0", status="VALID", release=(19, 3), answer=None, mode="ARCHIVELOG", minimal="YES"):
    calls = {block: answer or {"row_count": 3, "lowest": 110, "highest": 150} for block in (BLOCK, BLOCK.replace(logminer_info.ADD, ""))}
    return FakeSession({
        logminer_info.PACKAGE: [{"type": kind, "status": status} for kind in ("PACKAGE", "PACKAGE BODY")] if status else [],
        logminer_info.PLACE: [{"log_mode": mode, "minimal": minimal, "container": container}],
        logminer_info.PRIVILEGES: [{"privilege": name} for name in privileges],
        logminer_info.ARCHIVED: [ARCHIVED] if archived else [], logminer_info.ONLINE: [ONLINE], logminer_info.END: {}, **calls}, release=release)


def look(found, **more):
    want = dict(WANT, **more)
    return logminer_info.report(logminer_info.observe(found, want), want)


def test_it_reads_the_newest_archived_log_up_to_its_end():
    found = session()
    result = look(found)
    assert result["usable"] and result["installed"] and result["findings"] == []
    assert result["read"] == {"rows": 3, "first_scn": 110, "last_scn": 150} and result["log"]["sequence"] == 7
    assert found.called[0].values() == {"name": "/arch/1_7.dbf", "first_scn": 100, "last_scn": 199, "row_limit": 10}


def test_without_archived_logs_the_current_one_is_read_unless_an_archived_one_is_wanted():
    assert look(session(archived=False))["log"]["kind"] == "online"
    result = look(session(archived=False), log="archived")
    assert not result["usable"] and "log" not in result and "no archived log" in result["findings"][0]["message"]


def test_everything_is_told_at_once_and_nothing_is_tried():
    found = session(privileges=[], container="3", status="INVALID", mode="NOARCHIVELOG", minimal="NO")
    result = look(found)
    assert [one["check"] for one in result["findings"]] == ["installed", "container", "privilege", "privilege", "privilege", "log_mode",
                                                           "supplemental_log"]
    assert result["missing_privileges"] == ALL and found.called == []
    with pytest.raises(Refused) as caught:
        look(session(privileges=[]), fail=True)
    assert caught.value.code == "DBF-0331" and "LOGMINING" in caught.value.message and "EXECUTE" in caught.value.message


def test_privileges_follow_the_release():
    old = look(session(privileges=["EXECUTE ON SYS.DBMS_LOGMNR"], release=(11, 2)))
    assert old["missing_privileges"] == ["SELECT ANY TRANSACTION"] and not old["usable"]
    new = look(session(privileges=["LOGMINING", "EXECUTE ON SYS.DBMS_LOGMNR"]))
    assert new["usable"] and new["findings"][0]["severity"] == "warning"


def test_from_21c_on_a_pluggable_database_finds_its_logs_itself():
    found = session(container="3", release=(21, 3))
    assert look(found)["usable"] and "ADD_LOGFILE" not in found.called[0].text()


def test_what_reading_answers_is_a_finding_with_its_remedy_and_the_session_is_closed():
    def gone(**binds):
        raise DbferryError("The database refused a call: ORA-01284", code="ORA-01284")
    found = session(answer=gone)
    result = look(found)
    assert not result["usable"] and result["findings"][0]["check"] == "ORA-01284" and "RMAN" in result["findings"][0]["remedy"]
    assert found.called[-1].text() == logminer_info.END

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services run where the role says, are put back as they were, and are made only where that is possible."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.modules import database_service
from fake_session import FakeSession, texts

WANT = {"names": ["sales"], "state": "started", "role": [], "manager": "dbms_service", "db_unique_name": None, "pdb": None, "preferred": [],
        "migration_id": "SALES"}
CREATE = "BEGIN DBMS_SERVICE.CREATE_SERVICE(service_name => 'sales', network_name => 'sales'); END;"
START = "BEGIN DBMS_SERVICE.START_SERVICE(service_name => 'sales'); END;"
STOP = "BEGIN DBMS_SERVICE.STOP_SERVICE(service_name => 'sales'); END;"
DELETE = "BEGIN DBMS_SERVICE.DELETE_SERVICE(service_name => 'sales'); END;"


UNKNOWN = (1, "PRCD-1120 : The resource for database dbsrc could not be found.\nPRCR-1001 : Resource ora.dbsrc.db does not exist\n")
REGISTERED = (0, "Database unique name: dbsrc\nServices: \nDatabase is enabled\n")
WITH_SERVICE = (0, "Database unique name: dbsrc\nServices: other,SALES\nDatabase is enabled\n")


def steps(known=(), active=(), is_a="PRIMARY", open_mode="READ WRITE", before=None, config=REGISTERED, **more):
    session = FakeSession({
        database_service.DATABASE: [{"database_role": is_a, "open_mode": open_mode, "db_unique_name": "dbsrc"}],
        database_service.SERVICES: [{"name": name} for name in known], database_service.ACTIVE: [{"name": name} for name in active],
    }).with_journal({} if before is None else {database_service.ITEM: before})
    rc, text = config
    session.on_server = lambda argv, stdin="": (rc, text)
    if open_mode == "MOUNTED":
        session.journal = None  # It is a table.
    want = dict(WANT, **more)
    return database_service.plan(database_service.observe(session, want), want)


def test_a_service_is_made_and_started_and_what_was_before_is_remembered_first():
    found = steps()
    assert texts(found) == [CREATE, START]
    assert found[0].remember == {"services before": {"sales": {"present": False, "active": False}}} and not found[1].remember
    assert texts(steps(known=["SALES"])) == [START]
    assert steps(known=["sales"], active=["Sales"]) == []
    assert texts(steps(state="present")) == [CREATE] and steps(state="present", known=["sales"], active=["sales"]) == []


def test_it_moves_with_the_role():
    there = {"known": ["sales"], "role": ["primary"]}
    assert texts(steps(is_a="PHYSICAL STANDBY", open_mode="READ ONLY WITH APPLY", active=["sales"], **there)) == [STOP]
    assert steps(is_a="PHYSICAL STANDBY", open_mode="MOUNTED", role=["primary"]) == []
    assert texts(steps(**there)) == [START]
    assert texts(steps(known=["sales"], is_a="PHYSICAL STANDBY", open_mode="READ ONLY", role=["physical_standby"])) == [START]


def test_stopped_and_absent():
    assert texts(steps(known=["sales"], active=["sales"], state="stopped")) == [STOP]
    assert texts(steps(known=["sales"], active=["sales"], state="absent")) == [STOP, DELETE]
    assert steps(state="absent") == []


def test_as_before_puts_back_what_the_journal_says_and_forgets_it():
    before = {"sales": {"present": True, "active": True}, "made": {"present": False, "active": False}}
    found = steps(known=["sales", "made"], active=["made"], before=before, state="as_before", names=[])
    assert texts(found) == [
        STOP.replace("sales", "made"), DELETE.replace("sales", "made"), START, "None"]
    assert found[-1].record == {"services before": {}}
    found = steps(known=["sales", "made"], active=["sales"], before=before, state="as_before", names=["made"])
    assert texts(found) == [DELETE.replace("sales", "made"), "None"] and found[-1].record == {"services before": {"sales": before["sales"]}}
    assert steps(state="as_before", names=[]) == []


@pytest.mark.parametrize("code, facts", [
    ("DBF-0621", {"is_a": "PHYSICAL STANDBY", "open_mode": "READ ONLY"}),
    ("DBF-0622", {"is_a": "PHYSICAL STANDBY", "open_mode": "MOUNTED"}),
    ("DBF-0623", {"known": ["sales"], "open_mode": "READ ONLY", "state": "absent"})])
def test_what_a_database_that_is_not_writable_cannot_do_is_refused(code, facts):
    with pytest.raises(Refused) as caught:
        steps(**facts)
    assert caught.value.code == code and caught.value.hint


def test_clusterware_is_told_by_server_control():
    assert texts(steps(manager="srvctl", role=["primary", "snapshot_standby"], pdb="SHOP", preferred=["A", "B"])) == [
        "srvctl add service -d dbsrc -s sales -r A,B -l PRIMARY,SNAPSHOT_STANDBY -pdb SHOP", "srvctl start service -d dbsrc -s sales"]
    there = {"manager": "srvctl", "known": ["sales"], "config": WITH_SERVICE}
    assert steps(active=["sales"], **there) == [] and texts(steps(**there)) == ["srvctl start service -d dbsrc -s sales"]
    assert texts(steps(active=["sales"], state="absent", **there)) == [
        "srvctl stop service -d dbsrc -s sales", "srvctl remove service -d dbsrc -s sales", DELETE]
    assert texts(steps(state="absent", **dict(there, known=[]))) == ["srvctl remove service -d dbsrc -s sales"]


def test_a_service_that_the_dictionary_has_is_registered_too():
    """The copy of a database brings the dictionary's services along, and clusterware knows none of them."""
    found = {"manager": "srvctl", "known": ["sales"]}
    assert texts(steps(**found)) == ["srvctl add service -d dbsrc -s sales", "srvctl start service -d dbsrc -s sales"]
    assert texts(steps(active=["sales"], **found)) == ["srvctl add service -d dbsrc -s sales"]
    assert not any(step.remember for step in steps(known=["sales"], is_a="PHYSICAL STANDBY", open_mode="READ ONLY", role=["physical_standby"]))
    mounted = {"manager": "srvctl", "is_a": "PHYSICAL STANDBY", "open_mode": "MOUNTED", "role": ["primary"]}
    assert texts(steps(state="present", **mounted)) == ["srvctl add service -d dbsrc -s sales -l PRIMARY"]
    assert steps(state="present", config=WITH_SERVICE, **mounted) == []
    # What it has not on record is stopped as before, and is not asked for when it is gone.
    assert texts(steps(active=["sales"], state="absent", **found)) == [STOP, DELETE] and steps(manager="srvctl", state="absent") == []


def test_clusterware_has_to_know_the_database_first():
    with pytest.raises(Refused) as caught:
        steps(manager="srvctl", config=UNKNOWN)
    assert caught.value.code == "DBF-0624" and "clusterware_database" in caught.value.hint

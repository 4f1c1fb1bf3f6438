# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A placeholder gives way only when it is one, and the same at every point at which a call may have been cut off."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import instance, parameters, rman_recovery
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.modules import placeholder
from fake_session import FakeSession, texts

SOURCE = {"dbid": 1, "name": "SALES", "db_unique_name": "SALES", "role": "PRIMARY", "open_mode": "READ WRITE", "cdb": "NO"}
CONVERT = ["/u01/SALES", "/u02/NEW"]
PFILE = "/home/dbs/dbf_sales_r1_placeholder.ora"
PROVEN = {"dbid": 2, "db_unique_name": "NEW", "pfile": PFILE, "reset": []}
VALUES = {"db_name": "EMPTY", "db_unique_name": "NEW", "db_file_name_convert": "", "control_files": "/u02/a.ctl"}
ENDING = ["ALTER SYSTEM SET db_file_name_convert = '/u01/SALES', '/u02/NEW' SCOPE = SPFILE", "ALTER SYSTEM SET db_name = 'SALES' SCOPE = SPFILE",
          "ALTER SYSTEM SET db_unique_name = 'NEW' SCOPE = SPFILE", "STARTUP FORCE NOMOUNT"]
BEGINNING = ["STARTUP PFILE = '{0}' NOMOUNT".format(PFILE), "CREATE SPFILE FROM PFILE = '{0}'".format(PFILE), "STARTUP FORCE NOMOUNT"] + ENDING


def wanted(**more):
    want = {name: spec.get("default") for name, spec in placeholder.MODULE.argument_spec.items()}
    return dict(want, migration_id="SALES", migration_run=1, oracle_home="/home", parameters={"DB_FILE_NAME_CONVERT": CONVERT}, drop=True, **more)


def session(status="OPEN", dbid=2, role="PRIMARY", proven=None, spfile="/spfile", values=VALUES, logins="ALLOWED", content=(), parallel="NO",
            unique_name="NEW", cdb="NO", closed=(), mounted_once=False, others=()):
    def found():
        if status == "STOPPED":
            raise DbferryError("ORA-01034: ORACLE not available", code="ORA-01034")
        return [{"instance_name": "new", "status": status, "logins": logins, "parallel": parallel, "db_unique_name": unique_name}]

    def row(name, value):
        return {"instance": "new", "name": name, "type": 2, "value": value, "isdefault": "FALSE", "modifiable": "FALSE", "pdb_modifiable": "FALSE"}

    items = dict({placeholder.proven_item("NEW"): proven} if proven else {}, **({rman_recovery.mounted_item("NEW"): True} if mounted_once else {}))
    items.update(others)
    peer = FakeSession({placeholder.DATABASE: [SOURCE]}).with_journal(items or None)
    return FakeSession({
        instance.INSTANCE: found, instance.OTHERS: [], instance.DATABASE: [{"open_mode": "READ WRITE", "database_role": role}],
        placeholder.DATABASE: [{"dbid": dbid, "name": "EMPTY", "db_unique_name": unique_name, "role": role, "cdb": cdb}],
        placeholder.CONTENT: list(content), placeholder.CDB_CONTENT: list(content), placeholder.CLOSED: [{"name": name} for name in closed],
        parameters.HERE: [{"instance_name": "new", "parallel": "NO", "started": "now", "session_user": "SYS", "con_id": "0"}],
        parameters.MEMORY: [row(name, value) for name, value in values.items()] + [row("spfile", spfile)],
        parameters.SPFILE: [{"sid": "*", "name": name, "value": value} for name, value in values.items()] if spfile else []}, peer=peer)


def issued(steps):
    return [text for text in texts(steps) if text != "None"]


def planned(found, **more):
    want = wanted(**more)
    return placeholder.plan(placeholder.observe(found, want), want)


def test_its_parameters_are_kept_it_is_dropped_and_its_instance_starts_with_the_names_of_the_source():
    steps = planned(session())
    assert [str(step.statement) for step in steps if step.statement] == [
        "CREATE PFILE = '{0}' FROM SPFILE".format(PFILE), "STARTUP FORCE RESTRICT MOUNT", "DROP DATABASE"] + BEGINNING
    assert steps[1].at_peer and steps[1].remember == {placeholder.proven_item("NEW"): PROVEN} and steps[1].statement is None, "before anything is lost"


def test_an_instance_without_a_server_parameter_file_keeps_what_it_runs_with():
    assert texts(planned(session(spfile=None)))[0] == "CREATE PFILE = '{0}' FROM MEMORY".format(PFILE)


@pytest.mark.parametrize("found, statements", [
    ({"status": "MOUNTED", "logins": "RESTRICTED"}, ["DROP DATABASE"] + BEGINNING),
    ({"status": "MOUNTED"}, ["STARTUP FORCE RESTRICT MOUNT", "DROP DATABASE"] + BEGINNING),
    ({"status": "STOPPED"}, BEGINNING),
    ({"status": "STARTED", "spfile": None}, BEGINNING[1:]),
    ({"status": "STARTED"}, [ENDING[0], ENDING[1], ENDING[3]]),
    ({"status": "STARTED", "values": dict(VALUES, db_name="SALES")}, [ENDING[0], ENDING[3]]),
    ({"status": "STARTED", "values": dict(VALUES, db_name="SALES", db_file_name_convert=", ".join(CONVERT))}, [])],
    ids=["before the drop", "mounted again", "after the drop", "with the text file", "with its server parameter file", "in the middle of parameters",
         "finished"])
def test_a_call_that_was_cut_off_goes_on(found, statements):
    assert issued(planned(session(proven=PROVEN, **found))) == statements


@pytest.mark.parametrize("found", [
    {"status": "MOUNTED"}, {"status": "STOPPED"}, {"status": "STARTED"}, {"status": "STARTED", "spfile": None},
    {"status": "MOUNTED", "proven": dict(PROVEN, dbid=3)}])
def test_what_is_not_proven_is_not_touched(found):
    with pytest.raises(Refused) as caught:
        planned(session(**found))
    assert caught.value.code == "DBF-0741"


@pytest.mark.parametrize("found, statements", [
    ({"status": "STOPPED", "proven": dict(PROVEN, begun=True)}, ["STARTUP NOMOUNT"]),
    ({"status": "STOPPED", "proven": PROVEN, "mounted_once": True}, ["STARTUP MOUNT"]),
    ({"status": "STARTED", "proven": PROVEN, "mounted_once": True}, ["ALTER DATABASE MOUNT"])])
def test_what_was_restored_is_not_begun_again(found, statements):
    assert texts(planned(session(**found))) == statements


def test_two_placeholders_of_one_migration_are_told_apart():
    """The target's own, which became a copy already, and that of its standby."""
    others = {placeholder.proven_item("FIRST"): dict(PROVEN, db_unique_name="FIRST", dbid=5, begun=True), rman_recovery.mounted_item("FIRST"): True}
    assert issued(planned(session(others=others))) == issued(planned(session()))
    assert issued(planned(session(status="STOPPED", proven=PROVEN, others=others), db_unique_name="NEW")) == BEGINNING
    with pytest.raises(Refused) as error:
        planned(session(status="STOPPED", proven=PROVEN, others=others))
    assert error.value.code == "DBF-0741"


def test_that_it_was_begun_is_noted_last():
    last = planned(session())[-1]
    assert last.statement is None and last.at_peer and last.record == {placeholder.proven_item("NEW"): dict(PROVEN, begun=True)}


def test_an_instance_that_is_as_it_shall_be_needs_no_proof():
    assert planned(session("STARTED", values=dict(VALUES, db_name="SALES", db_file_name_convert=", ".join(CONVERT)))) == []


@pytest.mark.parametrize("role, status", [("PHYSICAL STANDBY", "MOUNTED"), ("PHYSICAL STANDBY", "OPEN"), ("PRIMARY", "OPEN")])
def test_where_the_sources_database_is_there_is_nothing_to_do(role, status):
    assert planned(session(status, dbid=1, role=role)) == []


def test_the_source_itself_is_no_placeholder():
    with pytest.raises(Refused) as caught:
        planned(session(dbid=1, unique_name="sales"))
    assert caught.value.code == "DBF-0742"


@pytest.mark.parametrize("found, more, code, word", [
    ({"content": [{"owner": "SHOP", "objects": 3}]}, {}, "DBF-0743", "3 of SHOP"),
    ({"cdb": "YES", "closed": ["PDB1"]}, {}, "DBF-0743", "PDB1"),
    ({"role": "PHYSICAL STANDBY"}, {}, "DBF-0744", "PHYSICAL STANDBY"),
    ({"parallel": "YES"}, {}, "DBF-0745", "CLUSTER_DATABASE"),
    ({}, {"db_unique_name": "Sales"}, "DBF-0746", "SALES"),
    ({}, {"drop": False}, "DBF-0747", "NEW")])
def test_what_is_no_placeholder_is_refused(found, more, code, word):
    with pytest.raises(Refused) as caught:
        want = dict(wanted(), **more)
        placeholder.plan(placeholder.observe(session(**found), want), want)
    assert caught.value.code == code and word in caught.value.message


def test_all_findings_are_told_at_once():
    with pytest.raises(Refused) as caught:
        want = dict(wanted(), drop=False)
        placeholder.plan(placeholder.observe(session(content=[{"owner": "SHOP", "objects": 3}], role="SNAPSHOT STANDBY"), want), want)
    assert all(word in caught.value.message for word in ("SHOP", "SNAPSHOT STANDBY", "dropped"))


def test_what_the_placeholder_has_and_the_database_shall_not_is_reset():
    steps = planned(session(), reset=["CONTROL_FILES"])
    assert texts(steps)[-3] == "ALTER SYSTEM RESET control_files SCOPE = SPFILE"
    assert steps[1].remember[placeholder.proven_item("NEW")]["reset"] == ["CONTROL_FILES"]
    assert "ALTER SYSTEM RESET" not in " ".join(texts(planned(session(), reset=["db_recovery_file_dest"]))), "there is no such entry (ORA-32010)"


def test_a_plan_says_what_will_be_restored_into():
    last = planned(session())[-2]
    assert last.effects["DATABASE"] == {"status": "STARTED", "dbid": None, "name": "SALES", "db_unique_name": "NEW", "role": None}

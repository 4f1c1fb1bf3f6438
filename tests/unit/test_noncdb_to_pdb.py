# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A non-CDB is plugged in from wherever a run before was ended, and what keeps it out is told at once."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import plugging
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.modules import noncdb_to_pdb
from fake_session import texts

WANT = {"name": "SALES", "state": "open", "pdb_descr_file": "/x/sales.xml", "copy": "nocopy", "file_name_convert": {}, "tempfile_reuse": True,
        "as_clone": False, "save_state": True, "ignore": [], "key_file": None, "keystore_password": None, "cdb_keystore_password": None,
        "restart": True, "shutdown_mode": "immediate", "manager": "sqlplus", "db_unique_name": None,
        "migration_id": "SALES", "migration_run": 1,
        "peer": {"user": "SYS", "password": "Hidden 1", "dsn": "h:1521/cdb", "host": None, "port": 1521, "service_name": None}}
PLUGGED = {"open_mode": "MOUNTED", "restricted": False, "saved_state": None, "converted": False}
DONE = {"open_mode": "READ WRITE", "restricted": False, "saved_state": "OPEN", "converted": True}
READ_ONLY = {"status": "OPEN", "open_mode": "READ ONLY", "logins": "ALLOWED"}
STOPPED = {"status": "STOPPED"}
DESCRIBE = "BEGIN DBMS_PDB.DESCRIBE(pdb_descr_file => '/x/sales.xml'); END;"
CREATE = "CREATE PLUGGABLE DATABASE \"SALES\" USING '/x/sales.xml' NOCOPY TEMPFILE REUSE"
ALTER = 'ALTER PLUGGABLE DATABASE "SALES" '
SCRIPT, ANEW = "noncdb_to_pdb.sql", "IF found <> 'READ WRITE NO'"


def violation(cause, kind="ERROR"):
    return {"type": kind, "cause": cause, "message": cause + " differs.", "action": "Mend it.", "status": "PENDING"}


def state_of(pdb, instance=STOPPED, violations=(), found=()):
    return {"INSTANCE": dict(instance, _force=" FORCE KEYSTORE"), "PDB SALES": pdb and dict(pdb),
            "VIOLATIONS": {"_rows": list(violations)}, "FINDINGS": {"_found": list(found)}}


def told(pdb, instance=STOPPED, violations=(), **more):
    """Statements of the plan in short: the script and the check by a word."""
    steps = noncdb_to_pdb.plan(state_of(pdb, instance, violations), dict(WANT, **more))
    assert "Hidden 1" not in str([str(step.statement) for step in steps])
    return [next((word for word in (SCRIPT, "CHECK_PLUG_COMPATIBILITY", ANEW) if word in text), text) for text in texts(steps)]


BEFORE = [DESCRIBE, "CHECK_PLUG_COMPATIBILITY", "SHUTDOWN IMMEDIATE", CREATE]
AFTER = [SCRIPT, ANEW, ALTER + "SAVE STATE"]


@pytest.mark.parametrize("pdb, instance, wanted", [
    (None, {"status": "OPEN", "open_mode": "READ WRITE", "logins": "ALLOWED"}, ["SHUTDOWN IMMEDIATE", "STARTUP OPEN READ ONLY"] + BEFORE + AFTER),
    (None, {"status": "MOUNTED", "open_mode": "MOUNTED", "logins": "ALLOWED"}, ["ALTER DATABASE OPEN READ ONLY"] + BEFORE + AFTER),
    (None, READ_ONLY, BEFORE + AFTER), (None, STOPPED, ["STARTUP OPEN READ ONLY"] + BEFORE + AFTER),
    (PLUGGED, STOPPED, AFTER),
    # Somebody opened it before it was converted, or the script is at work in it: nothing may close it under that.
    (dict(PLUGGED, open_mode="READ WRITE", restricted=True), STOPPED, AFTER), (dict(PLUGGED, open_mode="MIGRATE", restricted=True), STOPPED, AFTER),
    (dict(DONE, open_mode="MOUNTED", saved_state=None), STOPPED, [ALTER + "OPEN", ALTER + "SAVE STATE"]),
    (dict(DONE, saved_state=None), STOPPED, AFTER[2:]), (DONE, STOPPED, []),
    (dict(DONE, restricted=True), STOPPED, [ALTER + "CLOSE IMMEDIATE", ALTER + "OPEN"])])
def test_it_goes_on_where_a_run_was_ended(pdb, instance, wanted):
    assert told(pdb, instance) == wanted


def test_files_are_copied_where_that_is_wanted():
    found = told(None, READ_ONLY, copy="copy", file_name_convert={"/old/": "/new/"}, tempfile_reuse=False, as_clone=True)
    assert found[3] == "CREATE PLUGGABLE DATABASE \"SALES\" AS CLONE USING '/x/sales.xml' COPY FILE_NAME_CONVERT = ('/old/', '/new/')"


def test_nothing_is_shut_down_unless_that_is_allowed():
    steps = noncdb_to_pdb.plan(state_of(None, READ_ONLY), dict(WANT, restart=False))
    assert steps and all(step.pending for step in steps)
    assert not any(step.pending for step in noncdb_to_pdb.plan(state_of(PLUGGED), dict(WANT, restart=False)))


def test_violations_keep_it_restricted_unless_they_are_ignored():
    restricted, patches = dict(DONE, restricted=True), [violation("SQL Patch"), violation("OPTION", "WARNING")]
    error = noncdb_to_pdb.unsettled(state_of(restricted, violations=patches), WANT)
    assert isinstance(error, DbferryError) and error.code == "DBF-0815" and "(1) SQL Patch differs. Mend it." in error.message
    assert told(restricted, violations=patches) == [ALTER + "CLOSE IMMEDIATE", ALTER + "OPEN"]
    ignoring = dict(WANT, ignore=["SQL Patch"])
    assert noncdb_to_pdb.unsettled(state_of(restricted, violations=patches), ignoring) is None
    assert told(restricted, violations=patches, ignore=["SQL Patch"]) == []
    assert "cause <> 'SQL Patch'" in str(noncdb_to_pdb.plan(state_of(None, READ_ONLY), ignoring)[1].statement)


def test_two_databases_are_not_taken_for_one():
    with pytest.raises(Refused) as caught:
        told(DONE, READ_ONLY)
    assert caught.value.code == "DBF-0812"
    with pytest.raises(Refused) as caught:
        told(None, READ_ONLY, pdb_descr_file=None)
    assert caught.value.code == "DBF-0813"


def test_the_end_of_the_script_tells_not_the_errors_that_it_expects():
    [script] = [step for step in noncdb_to_pdb.plan(state_of(PLUGGED), WANT) if step.job]
    assert script.conclude("ERROR at line 1:\nORA-65020: pluggable database SALES already closed\nDBFERRY_SCRIPT_ENDED\n", 0) == {}
    with pytest.raises(DbferryError) as caught:
        script.conclude("ERROR at line 1:\nORA-01403: no data found\n", 0)
    assert caught.value.code == "DBF-0814" and "ORA-01403" in caught.value.message


SIDE = {"cdb": "NO", "open_mode": "READ WRITE", "database_role": "PRIMARY", "version": "19.0.0.0.0", "platform_id": 13, "platform_name": "Linux x86 64-bit",
        "parameters": {"compatible": "19.0.0", "db_block_size": "8192"}, "endian": {13: "Little", 6: "Big"}, "components": {"CATALOG"},
        "character_sets": {"NLS_CHARACTERSET": "AL32UTF8", "NLS_NCHAR_CHARACTERSET": "AL16UTF16"}, "time_zone_file": 32, "encrypted": [],
        "containers": [{"name": "SALES", "guid": "AA"}]}
ROOT = dict(SIDE, cdb="YES", container="CDB$ROOT", latest_file=32, keystores=[],
            containers=[{"name": "CDB$ROOT", "guid": "00"}, {"name": "OTHER", "guid": "BB"}])


def checks(here=None, there=None, name="SALES", as_clone=False, with_keys=False):
    sides = []
    for side, changes in ((SIDE, here), (ROOT, there)):
        side = copy.deepcopy(side)
        side.update(changes or {})
        sides.append(side)
    return [one["check"] for one in plugging.check(sides[0], sides[1], name, as_clone, with_keys)]


@pytest.mark.parametrize("here, there, wanted", [
    ({}, {}, []), ({"cdb": "YES"}, {}, ["non_cdb"]), ({}, {"cdb": "NO"}, ["cdb"]), ({}, {"container": "OTHER"}, ["cdb"]),
    ({}, {"open_mode": "READ ONLY"}, ["cdb_open_mode"]), ({}, {"containers": [{"name": "SALES", "guid": "CC"}]}, ["name"]),
    ({}, {"containers": [{"name": "OLD", "guid": "AA"}]}, ["guid"]), ({"version": "12.2.0.1.0"}, {}, ["version"]),
    ({"parameters": {"compatible": "19.1.0", "db_block_size": "16384"}}, {}, ["compatible", "block_size"]),
    ({"character_sets": {"NLS_CHARACTERSET": "WE8ISO8859P1", "NLS_NCHAR_CHARACTERSET": "AL16UTF16"}}, {}, []),
    ({"character_sets": {"NLS_CHARACTERSET": "WE8ISO8859P1", "NLS_NCHAR_CHARACTERSET": "UTF8"}}, {}, ["character_set"]),
    ({"character_sets": {"NLS_CHARACTERSET": "WE8ISO8859P1", "NLS_NCHAR_CHARACTERSET": "AL16UTF16"}, "version": "12.1.0.2.0"}, {"version": "12.1.0.2.0"},
     ["character_set"]),
    ({"platform_id": 6}, {}, ["platform"]), ({"time_zone_file": 33}, {}, ["time_zone_file"]), ({"components": {"CATALOG", "JAVAVM"}}, {}, ["components"]),
    ({"encrypted": ["SAFE"]}, {}, ["encryption"]), ({"encrypted": ["SAFE"], "time_zone_file": 33}, {}, ["time_zone_file", "encryption"])])
def test_everything_that_would_keep_it_out_is_found(here, there, wanted):
    assert checks(here, there) == wanted


def test_keys_come_along_where_there_is_a_keystore_for_them():
    encrypted = {"encrypted": ["SAFE"]}
    assert checks(encrypted, with_keys=True) == ["cdb_keystore"]
    assert checks(encrypted, {"keystores": [{"status": "OPEN_NO_MASTER_KEY"}]}, with_keys=True) == ["cdb_keystore"]
    assert checks(encrypted, {"keystores": [{"status": "OPEN"}]}, with_keys=True) == []


KEYS = {"key_file": "/x/sales.keys", "keystore_password": "Hidden 1", "cdb_keystore_password": "Hidden 1"}
EXPORT = "ADMINISTER KEY MANAGEMENT EXPORT ENCRYPTION KEYS WITH SECRET ******** TO '/x/sales.keys' FORCE KEYSTORE IDENTIFIED BY ********"
IMPORT = "ADMINISTER KEY MANAGEMENT IMPORT ENCRYPTION KEYS WITH SECRET ******** FROM '/x/sales.keys' FORCE KEYSTORE IDENTIFIED BY ******** WITH BACKUP"
ANEW_WITH_KEYS = [IMPORT, ALTER + "CLOSE IMMEDIATE", ALTER + "OPEN"]


@pytest.mark.parametrize("pdb, instance, violations, wanted", [
    (None, {"status": "OPEN", "open_mode": "READ WRITE", "logins": "ALLOWED"}, [],
     [EXPORT, "SHUTDOWN IMMEDIATE", "STARTUP OPEN READ ONLY"] + BEFORE + AFTER[:2] + ANEW_WITH_KEYS + AFTER[2:]),
    (None, STOPPED, [], ["STARTUP OPEN READ ONLY", EXPORT] + BEFORE + AFTER[:2] + ANEW_WITH_KEYS + AFTER[2:]),
    (PLUGGED, STOPPED, [], AFTER[:2] + ANEW_WITH_KEYS + AFTER[2:]),
    (dict(DONE, restricted=True), STOPPED, [violation("Wallet Key Needed")], ANEW_WITH_KEYS),
    (dict(DONE, open_mode="MOUNTED"), STOPPED, [violation("Wallet Key Needed")], [ALTER + "OPEN"] + ANEW_WITH_KEYS),
    (DONE, STOPPED, [], [])])
def test_keys_are_exported_before_and_imported_behind(pdb, instance, violations, wanted):
    assert told(pdb, instance, violations, **KEYS) == wanted


def test_a_key_file_of_a_call_before_and_keys_that_are_there_are_no_errors():
    steps = [step for step in noncdb_to_pdb.plan(state_of(None, READ_ONLY), dict(WANT, **KEYS)) if step.already]
    assert [(step.already, step.at_peer, step.inside) for step in steps] == [("ORA-46642", False, None), ("ORA-46655", True, "SALES")]
    with pytest.raises(Refused) as caught:
        told(None, READ_ONLY, **dict(KEYS, keystore_password='Hid"den'))
    assert caught.value.code == "DBF-0816"


def test_a_clone_may_have_been_there_before():
    assert checks({}, {"containers": [{"name": "OLD", "guid": "AA"}]}, as_clone=True) == []

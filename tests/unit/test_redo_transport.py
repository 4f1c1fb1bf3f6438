# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redo transport: merged with what is there, put back as it was, and explained when it fails."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import archive_destination, dataguard, parameters
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import after_steps
from ansible_collections.dbferry.oracle.plugins.modules import redo_transport as module
from fake_session import FakeSession, texts

WANT = {"destination": "sales_new", "service": "sales_new", "dest_id": None, "transmit_mode": "async", "valid_for": "online_logfiles,primary_role",
        "reopen": None, "net_timeout": None, "delay": None, "compression": None, "dest_state": "enable",
        "dg_config": [], "fal_server": None,
        "standby_file_management": "auto", "state": "present", "migration_id": "SALES"}
HERE = [{"instance_name": "ONE", "parallel": "NO", "started": "x", "session_user": "DBFERRY", "con_id": "0"}]
FACTS = {"database_role": "PRIMARY", "open_mode": "READ WRITE", "db_unique_name": "sales", "dataguard_broker": "DISABLED"}
DESTINATION = "SERVICE=sales_new ASYNC VALID_FOR=(ONLINE_LOGFILES,PRIMARY_ROLE) DB_UNIQUE_NAME=sales_new"


def observed(values=None, items=None, facts=None, status=(), peer=None, **more):
    values = dict({"spfile": "/x", module.FILES: "MANUAL"}, **(values or {}))
    names = {**{name: "enable" for name in module.NAMES if "state" in name}, **{name: "" for name in module.NAMES if "state" not in name}}
    rows = [{"instance": "ONE", "name": name, "type": 2, "value": value, "isdefault": "FALSE" if name in values else "TRUE", "modifiable": "IMMEDIATE",
             "pdb_modifiable": "FALSE"} for name, value in dict(names, **values).items()]
    spfile = [{"sid": "*", "name": name, "value": value} for name, value in values.items() if name != "spfile"]
    session = FakeSession({parameters.HERE: HERE, parameters.MEMORY: rows, parameters.SPFILE: spfile, dataguard.FACTS: [dict(FACTS, **(facts or {}))],
                           module.STATUS: list(status)}, peer=peer).with_journal(items or {})
    want = dict(WANT, **more)
    return module.observe(session, want), want


def test_a_database_that_has_none_gets_a_destination_and_again_nothing():
    state, want = observed()
    steps = module.plan(state, want)
    assert texts(steps) == [
        "ALTER SYSTEM SET log_archive_config = 'DG_CONFIG=(sales,sales_new)' SCOPE = BOTH",
        "ALTER SYSTEM SET log_archive_dest_2 = '{0}' SCOPE = BOTH".format(DESTINATION),
        "ALTER SYSTEM SET fal_server = 'sales_new' SCOPE = BOTH",
        "ALTER SYSTEM SET standby_file_management = 'AUTO' SCOPE = BOTH"]
    assert [list(step.remember) for step in steps] == [[parameters.before_item(name, "sales")] for name in (
        "log_archive_config", "log_archive_dest_2", "fal_server", "standby_file_management")]
    assert module.plan(after_steps(state, steps), want) == []


def test_what_belongs_to_others_stays():
    held = {"log_archive_config": "SEND, DG_CONFIG=(sales, reports)", "log_archive_dest_2": "service=reports async db_unique_name=reports",
            "log_archive_dest_3": 'service="SALES_NEW" LGWR SYNC AFFIRM max_failure=3 db_unique_name="SALES_NEW" valid_for=(online_logfile, primary_role)',
            "fal_server": "reports", module.FILES: "AUTO"}
    assert texts(module.plan(*observed(held, reopen=15))) == [
        "ALTER SYSTEM SET log_archive_config = 'SEND, DG_CONFIG=(sales,reports,sales_new)' SCOPE = BOTH",
        "ALTER SYSTEM SET log_archive_dest_3 = 'SERVICE=sales_new LGWR AFFIRM MAX_FAILURE=3 DB_UNIQUE_NAME=sales_new "
        "VALID_FOR=(ONLINE_LOGFILES,PRIMARY_ROLE) ASYNC REOPEN=15' SCOPE = BOTH",
        "ALTER SYSTEM SET fal_server = 'reports', 'sales_new' SCOPE = BOTH"]
    held["log_archive_config"] = "SEND, DG_CONFIG=(sales, reports, SALES_NEW)"
    held["fal_server"] = "reports, sales_new"
    assert module.plan(*observed(held, transmit_mode="sync")) == []


def test_redo_waits_before_the_destination_is_there_and_flows_after():
    assert [text.split(" ")[3] for text in texts(module.plan(*observed(dest_state="defer")))][:3] == [
        "log_archive_config", "log_archive_dest_state_2", "log_archive_dest_2"]
    held = {"log_archive_config": "DG_CONFIG=(sales,sales_new)", "log_archive_dest_2": DESTINATION, "log_archive_dest_state_2": "DEFER",
            "fal_server": "sales_new", module.FILES: "AUTO"}
    assert texts(module.plan(*observed(held))) == ["ALTER SYSTEM SET log_archive_dest_state_2 = 'enable' SCOPE = BOTH"]


def test_a_standby_passes_on_log_by_log_and_fetches_from_nobody_new():
    facts = {"database_role": "PHYSICAL STANDBY", "open_mode": "MOUNTED", "db_unique_name": "sales_new"}
    held = {"log_archive_config": "DG_CONFIG=(sales,sales_new)", "log_archive_dest_2": DESTINATION.replace("sales_new", "sales"), "fal_server": "sales",
            module.FILES: "AUTO"}
    far = {"destination": "sales_far", "service": "sales_far", "valid_for": "all_logfiles,all_roles", "transmit_mode": "default", "fal_server": []}
    assert texts(module.plan(*observed(held, facts=facts, **far))) == [
        "ALTER SYSTEM SET log_archive_config = 'DG_CONFIG=(sales,sales_new,sales_far)' SCOPE = BOTH",
        "ALTER SYSTEM SET log_archive_dest_3 = 'SERVICE=sales_far VALID_FOR=(ALL_LOGFILES,ALL_ROLES) DB_UNIQUE_NAME=sales_far' SCOPE = BOTH"]


def test_absent_takes_out_what_is_ours_alone():
    held = {"log_archive_config": "DG_CONFIG=(sales,reports,sales_new)", "log_archive_dest_4": DESTINATION, "fal_server": "reports, sales_new"}
    assert texts(module.plan(*observed(held, state="absent", service=None))) == [
        "ALTER SYSTEM SET log_archive_dest_4 = '' SCOPE = BOTH",
        "ALTER SYSTEM SET log_archive_config = 'DG_CONFIG=(sales,reports)' SCOPE = BOTH", "ALTER SYSTEM SET fal_server = 'reports' SCOPE = BOTH"]
    held["log_archive_config"] = "DG_CONFIG=(sales,sales_new)"
    assert "ALTER SYSTEM SET log_archive_config = 'NODG_CONFIG' SCOPE = BOTH" in texts(module.plan(*observed(held, state="absent")))
    assert module.plan(*observed(state="absent")) == []


def test_a_mounted_standby_has_its_journal_at_the_primary():
    mounted = {"open_mode": "MOUNTED", "database_role": "PHYSICAL STANDBY", "db_unique_name": "sales_new"}
    peer = FakeSession().with_journal({})
    state, want = observed(facts=mounted, peer=peer, destination="sales", service="sales")
    steps = module.plan(state, want)
    assert [step.at_peer and step.statement is None and bool(step.remember) for step in steps] == [True, False] * 4
    assert not any(step.remember for step in steps if step.statement)
    item = parameters.before_item("fal_server", "sales_new")
    peer = FakeSession().with_journal({item: {"instances": {"ONE": "x"}, "sids": {}, "default": False}})
    back = texts(module.plan(*observed({"fal_server": "sales"}, facts=mounted, peer=peer, destination="sales", state="as_before")))
    assert back == ["ALTER SYSTEM RESET fal_server SCOPE = SPFILE", "ALTER SYSTEM SET fal_server = 'x' SCOPE = MEMORY"]
    # Without a peer it remembers nothing, and says so when that is asked for.
    assert not any(step.remember for step in module.plan(*observed(facts=mounted, destination="sales")))
    with pytest.raises(Refused) as error:
        module.plan(*observed(facts=mounted, destination="sales", state="as_before"))
    assert error.value.code == "DBF-0434"


def test_what_another_database_wrote_into_the_journal_is_not_taken_for_its_own():
    items = {parameters.before_item("fal_server", "sales_old"): {"instances": {"ONE": "x"}, "sids": {}, "default": False}}
    assert module.plan(*observed({"fal_server": "sales"}, items=items, state="as_before")) == []


@pytest.mark.parametrize("code, facts", [
    ("DBF-0431", {"facts": {"dataguard_broker": "ENABLED"}}), ("DBF-0432", {"destination": "a b"}), ("DBF-0432", {"valid_for": "everything"}),
    ("DBF-0432", {"service": 'a"b'}), ("DBF-0433", {"destination": "SALES"}), ("DBF-0435", {"dest_id": 32}),
    ("DBF-0435", {"dest_id": 2, "values": {"log_archive_dest_2": "service=other"}}),
    ("DBF-0435", {"values": {"log_archive_dest_{0}".format(number): "service=other{0}".format(number) for number in range(2, 32)}})])
def test_refusals(code, facts):
    with pytest.raises(Refused) as error:
        module.plan(*observed(**facts))
    assert error.value.code == code and error.value.hint


def test_a_destination_that_fails_is_explained():
    state, want = observed({"log_archive_dest_2": DESTINATION}, status=[{"dest_id": 2, "status": "ERROR", "error": "ORA-16191: Primary log shipping client"}])
    found = module.report(state, want)
    assert (found["dest_id"], found["destination_status"]) == (2, "ERROR") and "password file" in found["remedy"].lower()
    state, want = observed({"log_archive_dest_2": DESTINATION}, status=[{"dest_id": 2, "status": "VALID", "error": None}])
    assert module.report(state, want) == {"dest_id": 2, "destination_status": "VALID", "error": None, "remedy": None}
    assert module.report(*observed())["dest_id"] is None
    assert dataguard.remedy("ORA-99999: never heard of") == dataguard.UNKNOWN_REMEDY


def test_texts_of_destinations():
    text = 'SERVICE = "(DESCRIPTION=(ADDRESS=(HOST=a b)))"  async, VALID_FOR=(ALL_LOGFILES, ALL_ROLES)'
    found = archive_destination.parse(text)
    assert found == {"SERVICE": "(DESCRIPTION=(ADDRESS=(HOST=a b)))", "ASYNC": None, "VALID_FOR": "(ALL_LOGFILES, ALL_ROLES)"}
    assert archive_destination.parse(archive_destination.render(found)) == found
    assert archive_destination.members("NODG_CONFIG") == [] and archive_destination.members("dg_config = ('A', b)") == ["A", "b"]
    assert archive_destination.with_members("NODG_CONFIG", ["A", "B"]) == "DG_CONFIG=(A,B)"
    assert archive_destination.with_members("RECEIVE", []) == "RECEIVE, NODG_CONFIG"

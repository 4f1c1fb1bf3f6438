# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A time zone upgrade goes up only, and one that stopped is finished from wherever it is."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import instance
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.modules import timezone
from fake_session import FakeSession, texts

WANT = {"state": "upgraded", "version": None, "pdb": None, "parallel": True, "restart": True, "shutdown_mode": "immediate", "manager": "sqlplus",
        "db_unique_name": None, "migration_id": "SALES"}
DOWN, UP = ["SHUTDOWN IMMEDIATE", "STARTUP UPGRADE"], ["SHUTDOWN IMMEDIATE", "STARTUP OPEN"]
BEGIN = ["BEGIN DBMS_DST.BEGIN_UPGRADE(44); END;"]
TABLES = ["TRUNCATE TABLE sys.dst$error_table", "TRUNCATE TABLE sys.dst$trigger_table"]
FIND = ["TRUNCATE TABLE sys.dst$affected_tables", "TRUNCATE TABLE sys.dst$error_table",
        "BEGIN DBMS_DST.FIND_AFFECTED_TABLES(affected_tables => 'sys.dst$affected_tables', log_errors => TRUE, "
        "log_errors_table => 'sys.dst$error_table'); END;", "BEGIN DBMS_DST.END_PREPARE; END;"]
PREPARE = ["BEGIN DBMS_DST.BEGIN_PREPARE(44); END;"]


def look(version=32, window="NONE", secondary=0, status="OPEN", latest=44, prepared=None, recycled=(), others=(), pdb=None, active=(), services=None,
         release=(19, 25), **more):
    def instance_row(**dummy):
        if status == "STOPPED":
            raise DbferryError("ORA-01034: ORACLE not available", code="ORA-01034")
        return [{"instance_name": "SALES", "status": status, "logins": "ALLOWED", "parallel": "YES" if others else "NO", "db_unique_name": "sales"}]

    row = {"version": str(version), "secondary": str(secondary), "window": window, "status": status}
    want = dict(WANT, pdb=pdb and pdb[0], **more)
    session = FakeSession({
        instance.INSTANCE: instance_row, instance.OTHERS: [{"instance_name": name, "status": "OPEN"} for name in others],
        instance.DATABASE: [{"open_mode": "READ WRITE", "database_role": "PRIMARY"}],
        timezone.PDB: [{"open_mode": pdb and pdb[1]}], timezone.AFFECTED: [],
        timezone.PROPERTIES: [dict(row, latest=latest)], timezone.EARLY_PROPERTIES: [dict(row, latest=None)],
        timezone.ACTIVE: [{"name": name} for name in active], timezone.RECYCLED: [{"owner": "APP", "name": name} for name in recycled]},
        release=release).with_journal(
            {name: value for name, value in ((timezone.item(want), prepared), (timezone.SERVICES, services)) if value is not None})
    return timezone.observe(session, want), want


def steps(**more):
    return timezone.plan(*look(**more))


def counted(found):
    """The texts without what counts failures."""
    return [text.split("; IF failures")[0].replace("DECLARE failures BINARY_INTEGER; ", "") for text in texts(found)]


LAST = TABLES + ["BEGIN DBMS_DST.UPGRADE_DATABASE(failures, parallel => TRUE, log_errors => TRUE, log_errors_table => 'sys.dst$error_table', "
                 "log_triggers_table => 'sys.dst$trigger_table')", "BEGIN DBMS_DST.END_UPGRADE(failures)"]


@pytest.mark.parametrize("facts, wanted", [
    ({}, DOWN + BEGIN + UP + LAST),
    ({"window": "PREPARE", "secondary": 44}, ["BEGIN DBMS_DST.END_PREPARE; END;"] + DOWN + BEGIN + UP + LAST),
    ({"status": "OPEN MIGRATE"}, BEGIN + UP + LAST),
    ({"status": "OPEN MIGRATE", "window": "UPGRADE", "version": 44, "secondary": 32}, UP + LAST),
    ({"window": "UPGRADE", "version": 44, "secondary": 32}, LAST),
    ({"version": 44}, []), ({"version": 45}, []), ({"version": 44, "status": "OPEN MIGRATE"}, UP),
    ({"status": "STOPPED"}, ["STARTUP OPEN"]), ({"status": "MOUNTED"}, ["ALTER DATABASE OPEN"])])
def test_an_upgrade_goes_on_from_where_it_is(facts, wanted):
    assert counted(steps(**facts)) == wanted


def test_only_a_database_that_was_found_down_needs_another_call():
    assert timezone.under_way(*look()) and timezone.under_way(*look(window="UPGRADE", version=44, secondary=32))
    assert not timezone.under_way(*look(version=44)) and not timezone.under_way(*look(restart=False))
    assert not timezone.under_way(*look(state="prepared"))
    # Seen from the server alone, nobody knows which services ran before the restarts.
    state, want = look(version=44)
    del state["TIMEZONE"]["_services"]
    assert timezone.under_way(state, want) and not timezone.under_way(state, dict(want, migration_id=None))


def test_a_prepare_window_is_gone_through_once():
    assert texts(steps(state="prepared")) == PREPARE + FIND
    assert steps(state="prepared")[-1].record == {"time zone file prepared for": 44}
    assert texts(steps(state="prepared", window="PREPARE", secondary=44)) == FIND
    assert texts(steps(state="prepared", window="PREPARE", secondary=40)) == ["BEGIN DBMS_DST.END_PREPARE; END;"] + PREPARE + FIND
    assert steps(state="prepared", prepared=44) == [] and steps(state="prepared", latest=32) == []
    assert texts(steps(state="prepared", prepared=43)) == PREPARE + FIND
    assert steps(state="prepared", window="UPGRADE") == []


def test_without_leave_it_only_says_what_it_would_do():
    found = steps(restart=False)
    assert counted(found) == DOWN + BEGIN + UP + LAST and all(step.pending for step in found)


def test_one_pluggable_database_is_closed_and_opened_alone():
    close, start = 'ALTER PLUGGABLE DATABASE "SHOP" CLOSE IMMEDIATE', 'ALTER PLUGGABLE DATABASE "SHOP" OPEN'
    assert counted(steps(pdb=("SHOP", "READ WRITE"))) == [close, start + " UPGRADE"] + BEGIN + [close, start] + LAST
    assert counted(steps(pdb=("SHOP", "MIGRATE"), window="UPGRADE", version=44)) == [close, start] + LAST
    assert counted(steps(pdb=("SHOP", "MOUNTED"))) == [start]


@pytest.mark.parametrize("code, facts", [
    ("DBF-0641", {"release": (12, 1)}), ("DBF-0642", {"version": 44, "want_version": 32}), ("DBF-0644", {"window": "DATAPUMP(1)"}),
    ("DBF-0645", {"others": ["SALES2"]}), ("DBF-0646", {"recycled": ["OLD"]})])
def test_what_stands_in_the_way_is_told_before_anything_is_done(code, facts):
    state, want = look(**{name: value for name, value in facts.items() if name != "want_version"})
    with pytest.raises(Refused) as caught:
        timezone.plan(state, dict(want, version=facts.get("want_version")))
    assert caught.value.code == code and caught.value.hint


def test_services_that_the_restarts_took_away_come_back():
    found = steps(active=["sales", "shop"])
    assert found[0].remember == {timezone.SERVICES: ["sales", "shop"]} and not any(step.remember for step in found[1:])
    assert not steps(active=["sales"], services=["sales", "shop"], window="UPGRADE", version=44)[0].remember
    state, want = look(version=44, active=["sales"], services=["sales", "shop"])
    assert timezone.under_way(state, want)
    again = timezone.plan(state, dict(want, version=None))
    assert texts(again) == ["BEGIN DBMS_SERVICE.START_SERVICE(service_name => 'shop'); END;", "None"] and again[1].record == {timezone.SERVICES: []}
    assert steps(active=["sales"], services=[], latest=32) == []

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Supplemental logging: added, taken back, and what readers say of it."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import supplemental_logging as logging
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.modules import supplemental_log
from fake_session import FakeSession, texts

WANT = {"database": [], "tables": [], "log_groups": [], "state": "present", "only_ours": True, "max_transaction_age": 60, "ddl_lock_timeout": 0,
        "check_readers": False, "migration_id": "SALES"}
GROUP = {"owner": "APP", "table": "T", "name": "G", "columns": ["B", "A"], "no_log": ["C"], "always": True}
KEYS = ["primary_key", "unique"]


def levels(minimal="NO", *yes, container="0"):
    return dict({name: "YES" if name in yes else "NO" for name in logging.KEYS}, minimal=minimal, container=container)


def session(database, tables=("T",), logged=(), groups=(), items=None, pluggable=(), transactions=()):
    return FakeSession({
        logging.DATABASE: [database], logging.PLUGGABLE: [levels("NO", *pluggable)], logging.TRANSACTIONS: list(transactions),
        logging.TABLES: [{"name": name, "temporary": "Y" if name == "TEMPORARY" else "N"} for name in tables],
        logging.LOG_GROUPS: [{"table_name": table, "name": "SYS_C1", "type": logging.KEYS[level][1], "always": "ALWAYS"} for table, level in logged]
        + [{"table_name": "T", "name": name, "type": "USER LOG GROUP", "always": "ALWAYS"} for name in groups],
        logging.LOG_GROUP_COLUMNS: [{"table_name": "T", "name": name, "column_name": column, "logging_property": "NO LOG" if column == "C" else "LOG"}
                                    for name in groups for column in "ABC"],
    }).with_journal(items or {})


def plan(found, **more):
    want = dict(WANT, **more)
    return supplemental_log.plan(supplemental_log.observe(found, want), want)


def table(columns=(), name="T", owner="APP"):
    return {"owner": owner, "name": name, "columns": list(columns)}


def test_keys_are_added_in_one_statement_and_bring_minimal_logging_with_them():
    step, = plan(session(levels()), database=KEYS)
    assert str(step.statement) == "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (PRIMARY KEY, UNIQUE) COLUMNS"
    assert step.effects["DATABASE"]["minimal"] == "IMPLICIT"
    assert step.remember == {"supplemental log of DATABASE": {"added": KEYS, "dropped": []}}


def test_what_is_there_is_left_alone_and_implicit_is_minimal():
    assert plan(session(levels("IMPLICIT", "primary_key")), database=["minimal", "primary_key"]) == []
    assert texts(plan(session(levels()), database=["unique", "minimal"])) == [
        "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA", "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (UNIQUE) COLUMNS"]


def test_every_table_of_a_schema_that_lacks_something():
    found = session(levels("YES"), tables=("T", "U", "TEMPORARY"), logged=[("T", "primary_key"), ("T", "unique"), ("U", "unique")])
    assert texts(plan(found, tables=[table(KEYS, name=None)])) == ['ALTER TABLE "APP"."U" ADD SUPPLEMENTAL LOG DATA (PRIMARY KEY) COLUMNS']


def test_the_lock_is_waited_for_in_the_same_session():
    step, = plan(session(levels("YES")), tables=[table(["all"])], ddl_lock_timeout=30)
    assert str(step.statement) == ("BEGIN EXECUTE IMMEDIATE 'ALTER SESSION SET DDL_LOCK_TIMEOUT = 30'; EXECUTE IMMEDIATE "
                                   "'ALTER TABLE \"APP\".\"T\" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS'; END;")


def test_tables_that_are_not_there_or_temporary_are_named_all_at_once():
    with pytest.raises(Refused, match="APP.X, APP.Y") as caught:
        plan(session(levels()), tables=[table(KEYS, "X"), table(KEYS, "Y")])
    assert caught.value.code == "ORA-00942"
    with pytest.raises(Refused, match="TEMPORARY"):
        plan(session(levels(), tables=("TEMPORARY",)), tables=[table(KEYS, "TEMPORARY")])


def test_a_group_of_columns():
    assert texts(plan(session(levels("YES")), log_groups=[GROUP])) == [
        'ALTER TABLE "APP"."T" ADD SUPPLEMENTAL LOG GROUP "G" ("B", "A", "C" NO LOG) ALWAYS']
    assert plan(session(levels("YES"), groups=["G"]), log_groups=[GROUP]) == []
    with pytest.raises(Refused) as caught:
        plan(session(levels("YES"), groups=["G"]), log_groups=[dict(GROUP, always=False)])
    assert caught.value.code == "DBF-0312"


def test_what_others_had_is_not_dropped_unless_told():
    found = session(levels("YES", "primary_key"), logged=[("T", "all")], groups=["G"])
    named = {"state": "absent", "database": ["primary_key"], "tables": [table(["all"])], "log_groups": [GROUP]}
    with pytest.raises(Refused, match="database: primary_key; APP.T: all; APP.T.G"):
        plan(found, **named)
    assert [text.split(" SUPPLEMENTAL")[0] for text in texts(plan(found, only_ours=False, **named))] == [
        "ALTER DATABASE DROP", 'ALTER TABLE "APP"."T" DROP', 'ALTER TABLE "APP"."T" DROP']


def test_keys_go_before_minimal_logging():
    items = {"supplemental log of DATABASE": {"added": ["minimal", "primary_key"]}}
    assert texts(plan(session(levels("YES", "primary_key"), items=items), state="absent", database=["minimal", "primary_key"])) == [
        "ALTER DATABASE DROP SUPPLEMENTAL LOG DATA (PRIMARY KEY) COLUMNS", "ALTER DATABASE DROP SUPPLEMENTAL LOG DATA"]
    with pytest.raises(Refused) as caught:
        plan(session(levels("YES", "unique"), items=items), state="absent", database=["minimal"])
    assert caught.value.code == "ORA-32589"


def test_as_before_undoes_what_was_done_and_nothing_else():
    items = {"supplemental log of DATABASE": {"added": ["minimal", "unique"], "dropped": ["foreign_key"]},
             "supplemental log of TABLE APP.T": {"owner": "APP", "name": "T", "added": ["all"], "dropped": ["primary_key"]},
             "supplemental log of LOG_GROUP APP.T.G": {"owner": "APP", "table": "T", "name": "G", "added": ["group"], "definition": {}}}
    found = session(levels("YES", "unique", "all"), logged=[("T", "all"), ("T", "unique")], groups=["G"], items=items)
    steps = plan(found, state="as_before")
    assert texts(steps) == [
        "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (FOREIGN KEY) COLUMNS", "ALTER DATABASE DROP SUPPLEMENTAL LOG DATA (UNIQUE) COLUMNS",
        'ALTER TABLE "APP"."T" ADD SUPPLEMENTAL LOG DATA (PRIMARY KEY) COLUMNS', 'ALTER TABLE "APP"."T" DROP SUPPLEMENTAL LOG DATA (ALL) COLUMNS',
        'ALTER TABLE "APP"."T" DROP SUPPLEMENTAL LOG GROUP "G"']
    assert steps[3].effects["TABLE APP.T"]["columns"] == ["primary_key", "unique"]
    assert steps[1].record == {"supplemental log of DATABASE": {"added": ["minimal"], "dropped": []}} and not steps[1].remember


def test_what_was_dropped_and_added_again_was_there_before():
    items = {"supplemental log of DATABASE": {"added": [], "dropped": ["unique"]}}
    step, = plan(session(levels("YES"), items=items), database=["unique"])
    assert not step.remember and step.record == {"supplemental log of DATABASE": {"added": [], "dropped": []}}


def test_nothing_to_put_back_is_nothing_to_do():
    assert plan(session(levels("YES", "unique")), state="as_before") == []


def test_a_pluggable_database_has_levels_of_its_own():
    with pytest.raises(Refused) as caught:
        plan(session(levels(container="3")), database=KEYS)
    assert caught.value.code == "ORA-31541"
    assert texts(plan(session(levels("YES", "primary_key", container="3"), pluggable=["unique"]), database=["primary_key", "unique", "all"])) == [
        "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS"]
    assert plan(session(levels("YES", "primary_key", container="3")), database=["primary_key"], state="absent") == []


def test_transactions_that_are_open_for_long_are_named():
    old = {"sid": 7, "serial": 9, "username": "APP", "program": "batch", "machine": "app1", "seconds": 90}
    with pytest.raises(Refused, match=r"session 7,9 \(APP, batch on app1\) for 90 s"):
        plan(session(levels(), transactions=[old]), database=KEYS)
    assert plan(session(levels(), transactions=[old]), database=KEYS, max_transaction_age=-1)
    assert plan(session(levels(), transactions=[old]), tables=[table(KEYS)])


def test_the_two_ways_in_which_readers_check():
    def said(found, **more):
        want = dict(WANT, **more)
        return supplemental_log.report(supplemental_log.observe(found, want), want)["readers"]

    assert said(session(levels("IMPLICIT", *KEYS)))["database_level"]
    tables = [table([], "T"), table([], "U")]
    some = session(levels("YES"), tables=("T", "U"), logged=[("T", "all"), ("U", "unique")])
    assert said(some, tables=tables) == {"accepted": False, "database_level": False, "table_level": False, "failing_tables": ["APP.U"]}
    every = session(levels("IMPLICIT", "all"), tables=("T", "U"), logged=[("T", "all"), ("U", "unique"), ("U", "primary_key")])
    assert said(every, tables=tables)["table_level"]
    assert not said(session(levels("NO"), logged=[("T", "all")]), tables=tables[:1])["accepted"]
    # Keys of the pluggable database alone are not seen in V$DATABASE.
    assert not said(session(levels("YES", container="3"), pluggable=KEYS))["accepted"]


def test_a_check_that_fails_names_what_is_missing_before_anything_is_changed():
    with pytest.raises(Refused, match="no minimal supplemental logging; these tables .*: APP.T") as caught:
        plan(session(levels()), tables=[table(["primary_key"])], check_readers=True)
    assert caught.value.details["readers"]["failing_tables"] == ["APP.T"]
    assert plan(session(levels()), database=["minimal"], tables=[table(KEYS)], check_readers=True)
    assert plan(session(levels()), database=KEYS, check_readers=True)


def test_without_a_migration_nothing_is_remembered():
    step, = plan(session(levels()), database=KEYS, migration_id=None)
    assert step.remember == step.record == {}

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account made for reading redo can do that, and nothing that it was not made for."""
from __future__ import annotations

import importlib
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from lab_under_test import Lab

SOURCE, READER = "dbsrc", "REDO_READER"
TABLES = [{"owner": "HR", "name": None, "columns": ["primary_key", "unique"]}]


def run(lab: Lab, module: str, **arguments: t.Any) -> t.Dict[str, t.Any]:
    loaded = importlib.import_module(f"ansible_collections.dbferry.oracle.plugins.modules.{module}").MODULE
    return lab.run(loaded, SOURCE, dict(arguments, migration_id="READERS"))


@pytest.fixture()
def reader(lab: Lab) -> t.Iterator[t.Dict[str, str]]:
    """Made by SYS, because only SYS grants what is its own."""
    sys = {"user": "SYS", "password": lab.endpoint(SOURCE)["users"]["SYS"], "mode": "sysdba"}
    account = {"name": READER, "identified_by": "Reads redo 1", "default_tablespace": "USERS", "quota": {"USERS": "10M"}}
    made = run(lab, "migration_user", purposes=["logminer", "supplemental_log", "scheduled_jobs"], **account, **sys)
    assert made["excess"] == [] and set(made["needed"]) == set(made["after"]["USER " + READER]["grants"])
    yield {"user": READER, "password": "Reads redo 1"}
    run(lab, "migration_user", name=READER, state="absent", with_objects=True, **sys)


def test_what_the_account_is_for_works_and_is_undone(lab: Lab, reader: t.Dict[str, str]) -> None:
    with pytest.raises(DbferryError) as caught:
        run(lab, "supplemental_log", tables=[dict(TABLES[0], columns=[])], check_readers=True, **reader)
    assert caught.value.code == "DBF-0315" and "HR.EMPLOYEES" in caught.value.message
    done = run(lab, "supplemental_log", database=["minimal"], tables=TABLES, check_readers=True, **reader)
    assert done["readers"] == {"accepted": True, "database_level": False, "table_level": True, "failing_tables": []}
    try:
        assert run(lab, "logminer_info", **reader)["usable"]
        held = run(lab, "scheduled_jobs", owners=["SALES"], **reader)
        assert held["after"]["JOB SALES.REFRESH_REVENUE"]["enabled"] is False
    finally:
        run(lab, "scheduled_jobs", state="as_before", **reader)
        undone = run(lab, "supplemental_log", state="as_before", **reader)
    assert undone["after"]["DATABASE"]["minimal"] == "NO"
    assert lab.query(SOURCE, "SELECT * FROM dba_log_groups WHERE owner = 'HR'") == []
    assert lab.query(SOURCE, "SELECT enabled FROM dba_scheduler_jobs WHERE owner = 'SALES'") == [{"enabled": "TRUE"}]


def test_what_it_is_not_for_is_refused(lab: Lab, reader: t.Dict[str, str]) -> None:
    with pytest.raises(DbferryError) as caught:
        run(lab, "tablespace", names=["USERS"], state="read_only", **reader)
    assert caught.value.code == "ORA-01031"


def test_the_account_of_the_workflow_cannot_read_redo_and_is_told_why(lab: Lab) -> None:
    mover = {"user": "DBFERRY", "password": lab.endpoint(SOURCE)["users"]["DBFERRY"]}
    with pytest.raises(DbferryError) as caught:
        run(lab, "logminer_info", **mover)
    assert caught.value.code == "DBF-0331" and "LOGMINING" in caught.value.message
    assert run(lab, "logminer_info", fail=False, **mover)["missing_privileges"] == ["LOGMINING", "SELECT ANY TRANSACTION"]

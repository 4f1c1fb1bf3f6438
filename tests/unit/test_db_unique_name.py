# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database gets another name only where nobody has that name, and nobody knows it by its old one."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.modules import db_unique_name
from fake_session import texts

WANT = {"db_unique_name": "SALES", "restart": True, "shutdown_mode": "immediate", "manager": "sqlplus", "former_name": None}


def steps(spfile="SALES_NEW", config=None, path="/u01/spfile.ora", **more):
    instance = {"status": "OPEN", "instance_name": "SALES", "logins": "ALLOWED", "db_unique_name": "SALES_NEW", "_parallel": False, "_others": [],
                "_role": "PRIMARY", "_writable": True, "_broker": "DISABLED", "_sends": [], "_peer": "STOPPED", "_registered": None,
                "_old": "SALES_NEW"}
    want = dict(WANT, **{name: more.pop(name) for name in list(more) if name in WANT})
    state = {"INSTANCE": dict(instance, **more), "PARAMETER db_unique_name": {"value": "SALES_NEW", "spfile": spfile},
             "PARAMETER log_archive_config": {"value": config, "spfile": config}, "SPFILE": {"path": path}}
    found = db_unique_name.plan(state, want)
    assert not want["restart"] or not any(step.pending for step in found)
    return found


SET = "ALTER SYSTEM SET db_unique_name = 'SALES' SCOPE = SPFILE"
RESTART = ["SHUTDOWN IMMEDIATE", "STARTUP OPEN"]


def test_the_name_is_set_and_taken_by_a_restart():
    assert texts(steps()) == [SET, *RESTART]
    assert texts(steps(config="DG_CONFIG=(SALES_NEW)")) == [SET, "ALTER SYSTEM RESET log_archive_config SCOPE = SPFILE", *RESTART]
    assert texts(steps(spfile="sales")) == RESTART, "killed before the restart"
    assert steps(db_unique_name="sales_new") == []
    assert texts(steps(manager="srvctl", _registered={"Services": "sales,reports"})) == [
        SET, "srvctl stop database -d SALES_NEW -o immediate", "srvctl remove service -d SALES_NEW -s sales",
        "srvctl remove service -d SALES_NEW -s reports", "srvctl remove database -db SALES_NEW -noprompt", "STARTUP OPEN"]


def test_what_still_has_it_under_its_old_name_forgets_it_while_it_is_down():
    """Killed between the shutdown and that: it is up under the new name by now."""
    left = {"manager": "srvctl", "db_unique_name": "sales_new", "_old": "SALES_OLD", "_registered": {"Services": "sales"}}
    assert texts(steps(**left)) == ["SHUTDOWN IMMEDIATE", "srvctl remove service -d SALES_OLD -s sales", "srvctl remove database -db SALES_OLD -noprompt",
                                    "STARTUP OPEN"]
    assert all(step.pending for step in steps(restart=False, **left))


def test_nothing_is_set_for_somebody_elses_restart():
    assert all(step.pending for step in steps(restart=False)) and steps(restart=False)


def test_a_run_that_was_killed_while_it_was_down_opens_it():
    assert texts(db_unique_name.plan({"INSTANCE": {"status": "STOPPED"}}, WANT)) == ["STARTUP OPEN"]


@pytest.mark.parametrize("wrong, code", [
    ({"db_unique_name": "a'b"}, "DBF-0871"), ({"_role": "PHYSICAL STANDBY", "_writable": False}, "DBF-0872"), ({"_broker": "ENABLED"}, "DBF-0873"),
    ({"_sends": ["FERRY"]}, "DBF-0874"), ({"path": None}, "DBF-0875"), ({"_peer": "MOUNTED"}, "DBF-0876"), ({"_peer": "ORA-12541"}, "DBF-0876")])
def test_what_stands_in_the_way(wrong, code):
    with pytest.raises(Refused) as refused:
        steps(**wrong)
    assert refused.value.code == code

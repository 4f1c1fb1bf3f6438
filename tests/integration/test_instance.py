# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance taken through its states, with SQL*Plus and with srvctl, by runs that are killed on the way."""
from __future__ import annotations

import contextlib
import pathlib
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import kernel
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import full_spec
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.opening import open_session
from ansible_collections.dbferry.oracle.plugins.module_utils.session_sqlplus import SqlplusSession
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.modules.instance import MODULE, STATUS
from lab_under_test import on_this_host
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host
from test_contract import Dying, Killed


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Host]:
    """A database of Oracle Restart, on a server of its own."""
    host = Host(str(tmp_path_factory.mktemp("instance")))
    host.create(DatabaseSpec("PORT", unique_name="port_a", sid="port", log_mode="ARCHIVELOG", oracle_restart=True)).shutdown("IMMEDIATE")
    host.start()
    yield host
    host.stop()


def run(host: Host, check_mode: bool = False, after: t.Optional[int] = None, **arguments: t.Any) -> t.Dict[str, t.Any]:
    """One call of the module. ``after``: the control node dies before that statement."""
    want = {option: spec.get("default") for option, spec in full_spec(MODULE.argument_spec).items()}
    want.update(oracle_home=host.home, oracle_sid="port", db_unique_name="port_a", **arguments)
    with open_session(want, on_this_host, MODULE.local(want)) as session:
        return kernel.run(MODULE, want, session if after is None else Dying(session, after), check_mode=check_mode)


def status(found: t.Dict[str, t.Any]) -> str:
    return found["after"]["INSTANCE"]["status"]


EVERY_STATE = ("mounted", "nomount", "mounted", "open", "stopped", "nomount", "open")


@pytest.mark.parametrize("manager, states", [
    ("srvctl", ("mounted", "open")), pytest.param("sqlplus", EVERY_STATE, marks=pytest.mark.everything),
    pytest.param("srvctl", EVERY_STATE, marks=pytest.mark.everything),
])
def test_down_and_up_again(host: Host, manager: str, states: t.Tuple[str, ...]) -> None:
    for state in states:
        planned = run(host, check_mode=True, state=state, restart=True, manager=manager)
        done = run(host, state=state, restart=True, manager=manager)
        assert planned["statements"] == done["statements"] and done["changed"] and status(done) == status(planned) == STATUS[state]
        again = run(host, state=state, manager=manager)
        assert not again["changed"] and again["statements"] == [] and again["after"] == done["after"]


@pytest.mark.everything
def test_read_only_and_restricted(host: Host) -> None:
    found = run(host, state="open", open_mode="read_only", restricted=True, restart=True)
    assert found["after"]["INSTANCE"]["open_mode"] == "READ ONLY" and found["after"]["INSTANCE"]["logins"] == "RESTRICTED"
    assert not run(host, state="open")["changed"]
    assert run(host, state="open", restricted=False)["statements"] == ["ALTER SYSTEM DISABLE RESTRICTED SESSION"]
    found = run(host, state="open", open_mode="read_write", restart=True, shutdown_mode="abort")
    assert found["statements"] == ["SHUTDOWN ABORT", "STARTUP OPEN"] and found["after"]["INSTANCE"]["open_mode"] == "READ WRITE"


def test_nothing_is_shut_down_without_leave(host: Host) -> None:
    found = run(host, state="mounted")
    assert not found["changed"] and found["pending"] and found["statements"] == [] and status(found) == "OPEN"


@pytest.mark.everything
@pytest.mark.parametrize("manager", ["sqlplus", "srvctl"])
def test_a_run_that_is_killed_is_finished_by_the_next(host: Host, manager: str) -> None:
    for after in range(2):
        with contextlib.suppress(Killed):
            run(host, state="mounted", restart=True, manager=manager, after=after)
        assert status(run(host, state="mounted", restart=True, manager=manager)) == "MOUNTED"
        assert status(run(host, state="open", manager=manager)) == "OPEN"


def test_reading_needs_no_open_database_and_blocks_do(host: Host) -> None:
    session = SqlplusSession({"oracle_home": host.home, "oracle_sid": "port"}, on_this_host)
    run(host, state="nomount", restart=True)
    try:
        assert session.query("SELECT instance_name, status FROM v$instance WHERE startup_time IS NOT NULL") == [
            {"instance_name": "port", "status": "STARTED"}]
        assert session.release[:1] == (19,)
        with pytest.raises(DbferryError) as caught:
            session.query("SELECT name FROM v$database")
        assert caught.value.code == "ORA-01507"
        with pytest.raises(DbferryError) as caught:
            session.execute(Statement("BEGIN DBMS_SERVICE.START_SERVICE('x'); END;"))
        assert "PLS-00201" in caught.value.details["errors"]
    finally:
        run(host, state="open")
    run(host, state="stopped")
    try:
        with pytest.raises(DbferryError) as caught:
            session.query("SELECT 1 FROM dual")
        assert caught.value.code == "ORA-01034" and caught.value.hint
    finally:
        run(host, state="open")


def test_a_server_without_the_tool_is_told(tmp_path: pathlib.Path) -> None:
    session = SqlplusSession({"oracle_home": str(tmp_path)}, lambda argv, stdin, environment: (127, f"/bin/sh: {argv[0]}: not found\n"))
    with pytest.raises(DbferryError) as caught:
        session.query("SELECT 1 FROM dual")
    assert caught.value.code == "DBF-0007" and "not found" in caught.value.message

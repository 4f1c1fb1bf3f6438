# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database takes the DB_UNIQUE_NAME of another one, which runs at first and is down then."""
from __future__ import annotations

import contextlib
import pathlib
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import kernel
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import full_spec
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.opening import open_session
from ansible_collections.dbferry.oracle.plugins.modules.db_unique_name import MODULE
from lab_under_test import on_this_host
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host
from test_contract import Dying, Killed

PASSWORDS = {"SYS": "Pilot_123", "SYSTEM": "Pilot_123"}


def host(directory: pathlib.Path, spec: DatabaseSpec) -> Host:
    made = Host(str(directory))
    made.create(spec).shutdown("IMMEDIATE")
    made.start()
    return made


def run(own: Host, peer: t.Optional[t.Dict[str, t.Any]], after: t.Optional[int] = None, **arguments: t.Any) -> t.Dict[str, t.Any]:
    want = {option: spec.get("default") for option, spec in full_spec(MODULE.argument_spec).items()}
    want.update(oracle_home=own.home, oracle_sid="port", db_unique_name="port_a", peer=peer, **arguments)
    with open_session(want, on_this_host, MODULE.local(want)) as session:
        return kernel.run(MODULE, want, session if after is None else Dying(session, after))


@pytest.mark.everything
def test_the_name_of_a_database_that_is_down_is_taken(tmp_path: pathlib.Path) -> None:
    own = host(tmp_path / "own", DatabaseSpec("PORT", unique_name="port_b", sid="port"))
    other = host(tmp_path / "other", DatabaseSpec("PORT", unique_name="port_a", sid="porta", passwords=PASSWORDS))
    # The listener of one that is down answers through a static service.
    listener = pathlib.Path(other.home, "network", "admin", "listener.ora")
    listener.write_text(listener.read_text() + f"SID_LIST_LISTENER = (SID_LIST = (SID_DESC = (GLOBAL_DBNAME = port_a)(ORACLE_HOME = {other.home})"
                        "(SID_NAME = porta)))\n")
    peer = {"dsn": f"127.0.0.1:{other.port}/port_a", "user": "SYS", "password": PASSWORDS["SYS"], "mode": "sysdba"}
    try:
        on_this_host([f"{other.home}/bin/lsnrctl", "reload"], "", {"ORACLE_HOME": other.home})
        with pytest.raises(DbferryError) as running:
            run(own, peer, restart=True)
        assert running.value.code == "DBF-0876" and "OPEN" in running.value.message
        on_this_host([f"{other.home}/bin/sqlplus", "-S", "/ as sysdba"], "SHUTDOWN IMMEDIATE\n", {"ORACLE_HOME": other.home, "ORACLE_SID": "porta"})
        assert run(own, peer)["pending"]
        with contextlib.suppress(Killed):
            run(own, peer, after=2, restart=True)
        found = run(own, peer, restart=True)
        assert found["after"]["INSTANCE"]["db_unique_name"] == "port_a" and found["after"]["INSTANCE"]["status"] == "OPEN"
        assert not run(own, peer, restart=True)["changed"]
    finally:
        own.stop()
        other.stop()


@pytest.mark.everything
def test_nothing_keeps_the_old_name_on_record_after_a_run_that_was_killed_in_between(tmp_path: pathlib.Path) -> None:
    """The name was set, and the database was stopped."""
    own = host(tmp_path / "own", DatabaseSpec("PORT", unique_name="port_b", sid="port", oracle_restart=True))

    def tool(program: str, *arguments: str, stdin: str = "") -> str:
        return on_this_host([f"{own.home}/bin/{program}", *arguments], stdin, {"ORACLE_HOME": own.home, "ORACLE_SID": "port"})[1]

    try:
        tool("sqlplus", "-S", "/ as sysdba", stdin="ALTER SYSTEM SET db_unique_name = 'port_a' SCOPE = SPFILE;\n")
        tool("srvctl", "stop", "database", "-d", "port_b")
        calls = []
        while not calls or not calls[-1]["finished"]:
            calls.append(run(own, None, restart=True, manager="srvctl", former_name="port_b"))
        statements = [text for found in calls for text in found["statements"]]
        assert statements == ["STARTUP OPEN", "SHUTDOWN IMMEDIATE", "srvctl remove database -db port_b -noprompt", "STARTUP OPEN"]
        assert calls[-1]["after"]["INSTANCE"]["db_unique_name"] == "port_a" and "PRCD-1120" in tool("srvctl", "config", "database", "-db", "port_b")
        assert not run(own, None, restart=True, manager="srvctl", former_name="port_b")["changed"]
    finally:
        own.stop()

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database in the registry of Oracle Restart: registered, changed, left alone, and forgotten, by runs that are killed on the way."""
from __future__ import annotations

import contextlib
import pathlib
import subprocess
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import kernel
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import full_spec
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.opening import open_session
from ansible_collections.dbferry.oracle.plugins.modules.clusterware_database import MODULE
from lab_under_test import on_this_host
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host
from test_contract import Dying, Killed


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Host]:
    """A database that Oracle Restart of its server does not know."""
    host = Host(str(tmp_path_factory.mktemp("clusterware")))
    host.create(DatabaseSpec("PORT", unique_name="port_b", sid="port", clusterware="restart")).shutdown("IMMEDIATE")
    host.start()
    yield host
    host.stop()


def run(host: Host, check_mode: bool = False, after: t.Optional[int] = None, **arguments: t.Any) -> t.Dict[str, t.Any]:
    want = {option: spec.get("default") for option, spec in full_spec(MODULE.argument_spec).items()}
    want.update(oracle_home=host.home, oracle_sid="port", session="sqlplus", mode="sysdba", **arguments)
    with open_session(want, on_this_host, MODULE.local(want), MODULE.reopen) as session:
        return kernel.run(MODULE, want, session if after is None else Dying(session, after), check_mode=check_mode)


def config(host: Host) -> str:
    return subprocess.run([str(pathlib.Path(host.home, "bin", "srvctl")), "config", "database", "-db", "port_b", "-all"], capture_output=True, text=True,
                          check=False, env={"ORACLE_HOME": host.home, "PATH": "/usr/bin:/bin"}).stdout


def test_registered_as_it_is_and_forgotten(host: Host) -> None:
    planned = run(host, check_mode=True)
    assert "PRCD-1120" in config(host), "a plan changes nothing"
    with contextlib.suppress(Killed):
        run(host, after=0)
    done = run(host)
    assert planned["statements"] == done["statements"] and [text.split()[1] for text in done["statements"]] == ["add", "start"]
    assert f"Oracle home: {host.home}\n" in config(host) and "Database instance: port\n" in config(host) and "Database role: PRIMARY\n" in config(host)
    assert not run(host)["changed"]
    assert run(host, policy="manual", stopoption="abort")["statements"] == [
        "srvctl modify database -db port_b -stopoption abort -policy MANUAL"]
    named = {"db_unique_name": "PORT_B"}
    assert run(host, state="disabled", **named)["changed"] and not run(host, state="disabled", **named)["changed"]
    assert "Database is disabled" in config(host) and run(host)["statements"] == ["srvctl enable database -db port_b"]
    with pytest.raises(DbferryError) as running:
        run(host, state="absent")
    assert running.value.code == "PRKO-3141"

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a database needs once it is at home in a newer ORACLE_HOME: services, the SQL part of patches, a newer time zone file."""
from __future__ import annotations

import contextlib
import pathlib
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import applying, kernel, outcome, server_job, steps
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import full_spec
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.opening import open_session
from ansible_collections.dbferry.oracle.plugins.modules import database_service, datapatch, pluggable_database, timezone
from lab_under_test import on_this_host
from oralab import instance
from oralab.catalog.spec import DatabaseSpec, Patch
from oralab.hosts import Host
from test_contract import Dying, Killed

BASE = Patch(29517242, 22862832, "Database Release Update : 19.3.0.0.190416 (29517242)", "19.3.0.0.0")
UPDATE = Patch(36912597, 25871884, "Database Release Update : 19.25.0.0.241015 (36912597)", "19.25.0.0.0", build="241010184253")
JOURNAL_OWNER = "DBFERRY"


class Server(applying.Host):
    """The server's jobs, without Ansible around them."""

    def __init__(self, host: Host, directory: pathlib.Path) -> None:
        self.home, self.directory = host.home, directory

    def run(self, job: steps.ServerJob, join_only: bool = False) -> t.Dict[str, t.Any]:
        where = str(self.directory / job.name)
        if join_only:
            return server_job.join(where)
        argv = [outcome.program(self.home, job.argv[0])] + job.argv[1:]
        return server_job.start_or_join(where, argv, job.script.text(), outcome.environment(self.home, "port"))


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Host]:
    """A database that came from 19.3 into a home of 19.25 with a newer time zone file, managed by Oracle Restart."""
    host = Host(str(tmp_path_factory.mktemp("moved")))
    made = host.create(DatabaseSpec("PORT", unique_name="port_a", sid="port", version="19.25.0.0.0", patches=(BASE,), home_patches=(UPDATE,),
                                    home_timezone_file=44, oracle_restart=True))
    with made.internal() as session:
        session.sql('CREATE USER dbferry IDENTIFIED BY "x" DEFAULT TABLESPACE users QUOTA UNLIMITED ON users')
        session.sql("CREATE TABLE dbferry.meetings (id NUMBER, at TIMESTAMP WITH TIME ZONE)")
        session.sql("INSERT INTO dbferry.meetings SELECT LEVEL, TIMESTAMP '2026-07-01 10:00:00 Europe/Berlin' FROM dual CONNECT BY LEVEL <= 20")
    made.shutdown("IMMEDIATE")
    host.start()
    yield host
    host.stop()


def run(host: Host, module: kernel.Module, check_mode: bool = False, after: t.Optional[int] = None, server: t.Optional[Server] = None,
        **arguments: t.Any) -> t.Dict[str, t.Any]:
    """One call of a module as SYS. ``after``: the control node dies before that statement."""
    want = {option: spec.get("default") for option, spec in full_spec(module.argument_spec).items()}
    address, port = host.listener
    want.update(oracle_home=host.home, oracle_sid="port", dsn=f"{address}:{port}/port_a", user="sys", password="change_on_install", mode="sysdba",
                migration_id="MOVED", **dict({"journal_owner": JOURNAL_OWNER}, **arguments))
    with open_session(want, on_this_host, module.local(want), module.reopen) as session:
        return kernel.run(module, want, session if after is None else Dying(session, after), check_mode=check_mode, host=server)


def active(host: Host) -> t.Set[str]:
    return set(run(host, database_service.MODULE, names=["sales", "reports"], state="present", check_mode=True)["active"])


@pytest.mark.parametrize("manager", ["dbms_service", pytest.param("srvctl", marks=pytest.mark.everything)])
def test_services_run_where_the_role_says_and_are_put_back(host: Host, manager: str) -> None:
    wanted = {"names": ["sales", "reports"], "role": ["primary"], "manager": manager}
    try:
        planned = run(host, database_service.MODULE, check_mode=True, **wanted)
        for after in range(len(planned["statements"])):
            with contextlib.suppress(Killed):
                run(host, database_service.MODULE, after=after, **wanted)
        done = run(host, database_service.MODULE, **wanted)
        assert set(done["active"]) == {"sales", "reports"} and not run(host, database_service.MODULE, **wanted)["changed"]
        away = run(host, database_service.MODULE, **dict(wanted, role=["physical_standby"]))
        assert away["active"] == [] and len(away["statements"]) == 2
    finally:
        back = run(host, database_service.MODULE, state="as_before", manager=manager)
        assert not run(host, database_service.MODULE, state="as_before", manager=manager)["changed"]
    assert back["active"] == [] and active(host) == set()


def test_datapatch_is_run_once_and_its_registry_believed(host: Host, tmp_path: pathlib.Path) -> None:
    server = Server(host, tmp_path)
    planned = run(host, datapatch.MODULE, check_mode=True, server=server)
    assert planned["changed"] and planned["statements"][-2:][0] == "datapatch -verbose"
    instance.plan_faults(host.data, failing_patches={UPDATE.patch_id})
    with pytest.raises(DbferryError) as caught:
        patched(host, server)
    assert caught.value.code == "DBF-0631" and "36912597" in caught.value.message
    instance.plan_faults(host.data)
    done = patched(host, server)
    assert done["changed"] and done["home_version"] == done["database_version"][""] == "19.25.0.0.0"
    again = run(host, datapatch.MODULE, server=server)
    assert not again["changed"] and again["statements"] == []


def patched(host: Host, server: Server) -> t.Dict[str, t.Any]:
    while True:
        found = run(host, datapatch.MODULE, server=server)
        if found["finished"]:
            return found


UPGRADE_TO = {"state": "upgraded", "restart": True}


def finished(host: Host, **wanted: t.Any) -> t.Dict[str, t.Any]:
    """The last call of the time zone upgrade, as a loop makes them."""
    found = run(host, timezone.MODULE, **wanted)
    return found if found["finished"] else finished(host, **wanted)


def zone(found: t.Dict[str, t.Any]) -> t.Dict[str, t.Any]:
    return found["after"]["TIMEZONE"]


def test_a_prepare_window_tells_the_affected_tables_once(host: Host) -> None:
    planned = run(host, timezone.MODULE, check_mode=True)
    done = run(host, timezone.MODULE)
    assert planned["statements"] == done["statements"] and zone(done)["window"] == "NONE" and zone(done)["prepared_for"] == 44
    assert [(row["table_name"], row["rows_affected"]) for row in done["affected"]] == [("MEETINGS", 20)]
    again = run(host, timezone.MODULE)
    assert not again["changed"] and again["affected"] == done["affected"]


def test_without_leave_to_restart_it_only_says_what_it_would_do(host: Host) -> None:
    found = run(host, timezone.MODULE, state="upgraded")
    assert not found["changed"] and found["pending"] and found["statements"] == [] and zone(found)["version"] == 32


@pytest.mark.everything
def test_an_upgrade_that_is_killed_anywhere_is_finished(host: Host) -> None:
    run(host, database_service.MODULE, names=["sales"])
    statements = run(host, timezone.MODULE, check_mode=True, **UPGRADE_TO)["statements"]
    assert "BEGIN DBMS_DST.BEGIN_UPGRADE(44); END;" in statements and zone(run(host, timezone.MODULE, check_mode=True, **UPGRADE_TO))["version"] == 44
    for after in (1, 2, 3, 1, 2):
        with contextlib.suppress(Killed):
            run(host, timezone.MODULE, after=after, **UPGRADE_TO)
    found = finished(host, **UPGRADE_TO)
    assert found["finished"] and zone(found)["version"] == 44 and zone(found)["window"] == "NONE"
    assert found["after"]["INSTANCE"]["status"] == "OPEN" and not found["after"]["INSTANCE"]["upgrade"]
    again = run(host, timezone.MODULE, **UPGRADE_TO)
    assert not again["changed"] and again["statements"] == []
    assert run(host, database_service.MODULE, names=["sales"], check_mode=True)["active"] == ["sales"]
    run(host, database_service.MODULE, state="as_before")


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Host]:
    """A container database with the pluggable database SHOP, in a home with a newer time zone file."""
    host = Host(str(tmp_path_factory.mktemp("container")))
    made = host.create(DatabaseSpec("PORT", unique_name="port_a", sid="port", pdb="SHOP", root_service="port_a", home_timezone_file=44))
    with made.internal() as session:
        session.sql('CREATE USER c##dbferry IDENTIFIED BY "x" QUOTA UNLIMITED ON users CONTAINER = ALL')
    made.shutdown("IMMEDIATE")
    host.start()
    yield host
    host.stop()


def test_a_pluggable_database_is_taken_through_its_states(container: Host) -> None:
    def shop(**wanted: t.Any) -> t.Dict[str, t.Any]:
        planned = run(container, pluggable_database.MODULE, check_mode=True, name="SHOP", **wanted)
        done = run(container, pluggable_database.MODULE, name="SHOP", **wanted)
        assert planned["statements"] == done["statements"] and planned["after"] == done["after"]
        assert not run(container, pluggable_database.MODULE, name="SHOP", **wanted)["changed"]
        return done["after"]["PDB SHOP"]

    assert shop(state="closed", save_state=True) == {"open_mode": "MOUNTED", "restricted": False, "saved_state": None}
    assert shop(restricted=True)["restricted"]
    assert shop(open_mode="read_only", restricted=False)["open_mode"] == "READ ONLY"
    assert shop(open_mode="read_write", save_state=True) == {"open_mode": "READ WRITE", "restricted": False, "saved_state": "OPEN"}
    with pytest.raises(DbferryError) as caught:
        shop(state="absent")
    assert caught.value.code == "DBF-0653"


@pytest.mark.parametrize("local", [False, pytest.param(True, marks=pytest.mark.everything)])
def test_the_time_zone_file_of_one_pluggable_database(container: Host, local: bool) -> None:
    """Prepared through the driver, upgraded on the server, while the root stays as it is."""
    if not local:
        found = run(container, timezone.MODULE, pdb="SHOP", journal_owner="C##DBFERRY")
        assert zone(found)["prepared_for"] == 44 and 'ALTER SESSION SET CONTAINER = "SHOP"' in found["statements"]
        return
    planned = run(container, timezone.MODULE, check_mode=True, pdb="SHOP", journal_owner="C##DBFERRY", **UPGRADE_TO)
    done = run(container, timezone.MODULE, pdb="SHOP", journal_owner="C##DBFERRY", **UPGRADE_TO)
    assert planned["statements"] == done["statements"] and zone(done)["version"] == 44
    assert finished(container, pdb="SHOP", journal_owner="C##DBFERRY", **UPGRADE_TO)["finished"]
    assert zone(run(container, timezone.MODULE, state="upgraded", journal_owner="C##DBFERRY"))["version"] == 32

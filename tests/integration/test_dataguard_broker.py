# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pair under the Data Guard broker: its configuration by the module, its roles by DGMGRL. One pair, in this order."""
from __future__ import annotations

import contextlib
import time
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import dgmgrl
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from lab_under_test import on_this_host
from standby_pair import PASSWORD, Pair
from test_contract import Dying, Killed

BOTH = ("dbsrc", "dbtrg")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Pair]:
    pair = Pair(tmp_path_factory.mktemp("broker"))
    try:
        pair.make()
        for name in BOTH:
            pair.run("standby_redo_log", name, {"dbsrc": "dbtrg", "dbtrg": "dbsrc"}[name], members=[pair.hosts[name].data])
        yield pair
    finally:
        pair.stop()


def wanted(pair: Pair, **more: t.Any) -> t.Dict[str, t.Any]:
    member = {"db_unique_name": "dbtrg", "connect_identifier": pair.address("dbtrg"), "redo_source": None, "state": "enabled",
              "properties": {"LogXptMode": "ASYNC", "NetTimeout": 45}}
    return dict({"name": "ferry", "connect_identifier": pair.address("dbsrc"), "members": [dict(member, **more.pop("member", {}))],
                 "properties": {"OperationTimeout": 60}}, **more)


def settled(pair: Pair, name: str = "dbsrc", **more: t.Any) -> t.Dict[str, t.Any]:
    """As a task with ``until`` waits for it."""
    deadline = time.monotonic() + 180
    while True:
        found = pair.run("dataguard_broker", name, **wanted(pair, **more))
        if found["finished"] and found["verdict"] != "unknown":
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.3)


def broker(pair: Pair, name: str, *commands: str, password: bool = True) -> dgmgrl.DgmgrlOutcome:
    """DGMGRL on a server, as the driver runs it."""
    logon = {"user": "sys", "password": PASSWORD, "connect_identifier": pair.address(name)} if password else None
    run = dgmgrl.Broker(list(commands), logon)
    home = pair.hosts[name].home
    rc, out = on_this_host([home + "/bin/dgmgrl", *run.argv[1:]], run.script.text(), {"ORACLE_HOME": home, "ORACLE_SID": name})
    return dgmgrl.parse(out, rc)


def test_redo_that_is_sent_already_stands_in_the_way(pair: Pair) -> None:
    pair.sql("dbsrc", "ALTER SYSTEM SET log_archive_dest_2 = 'SERVICE={0} DB_UNIQUE_NAME=dbtrg'".format(pair.address("dbtrg")))
    with pytest.raises(DbferryError) as error:
        pair.run("dataguard_broker", "dbsrc", **wanted(pair))
    assert error.value.code == "ORA-16698" and "log_archive_dest_2" in error.value.message
    pair.sql("dbsrc", "ALTER SYSTEM SET log_archive_dest_2 = ''")
    with pytest.raises(DbferryError) as error:
        pair.run("dataguard_broker", "dbtrg", **wanted(pair))
    assert error.value.code == "DBF-0453"


def test_the_broker_runs_on_both_sides(pair: Pair) -> None:
    for name in BOTH:
        found = pair.run("dataguard_broker", name, state="started")
        assert found["statements"] == ["ALTER SYSTEM SET dg_broker_start = TRUE SCOPE = BOTH"] and found["verdict"] == "unknown"
        assert not pair.run("dataguard_broker", name, state="started")["changed"]


def test_a_configuration_that_is_cut_off_anywhere_is_finished(pair: Pair) -> None:
    planned = pair.run("dataguard_broker", "dbsrc", check_mode=True, **wanted(pair))["statements"]
    assert [text.split(" ")[0] for text in planned] == ["CREATE", "ADD", "EDIT", "EDIT", "EDIT", "ENABLE"]
    for _ in planned[1:]:
        with contextlib.suppress(Killed):
            pair.run("dataguard_broker", "dbsrc", proxy=lambda session: Dying(session, 1), **wanted(pair))
    found = settled(pair)
    assert found["verdict"] == "ok" and [(one["name"], one["enabled"]) for one in found["members"]] == [("dbsrc", True), ("dbtrg", True)]
    again = pair.run("dataguard_broker", "dbsrc", **wanted(pair))
    assert not again["changed"] and again["statements"] == []


def test_what_differs_is_set(pair: Pair) -> None:
    found = settled(pair, member={"properties": {"NetTimeout": 20}})
    assert found["verdict"] == "ok"
    value = pair.one("dbsrc", "SELECT value FROM v$parameter WHERE name = 'log_archive_dest_2'")
    assert "net_timeout=20" in value and pair.one("dbsrc", "SELECT dataguard_broker FROM v$database") == "ENABLED"


def test_a_member_that_is_disabled_is_no_success(pair: Pair) -> None:
    found = pair.run("dataguard_broker", "dbsrc", **wanted(pair, member={"state": "disabled"}))
    assert found["statements"][-1] == "DISABLE DATABASE 'dbtrg';" and found["verdict"] == "warning"
    shown = broker(pair, "dbsrc", dgmgrl.show(), password=False)
    assert shown.verdict == "warning" and shown.status == "SUCCESS" and not shown.members[1].enabled
    assert settled(pair)["verdict"] == "ok"


@pytest.mark.everything
def test_an_error_that_does_not_pass_is_told(pair: Pair) -> None:
    pair.sql("dbtrg", "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL")
    deadline = time.monotonic() + 180
    with pytest.raises(DbferryError) as error:
        while time.monotonic() < deadline:
            pair.run("dataguard_broker", "dbsrc", **wanted(pair))
    assert error.value.code == "ORA-16766" and "dbtrg" in error.value.message
    broker(pair, "dbsrc", dgmgrl.set_state("dbtrg", "APPLY-ON"), password=False).require("Starting apply")
    deadline = time.monotonic() + 180
    while pair.run("dataguard_broker", "dbsrc", fail=False, **wanted(pair))["verdict"] != "ok":
        assert time.monotonic() < deadline


def test_what_dgmgrl_says_is_read(pair: Pair) -> None:
    found = broker(pair, "dbsrc", dgmgrl.show("dbtrg", verbose=True), dgmgrl.validate("dbtrg"), password=False)
    database = found.database("dbtrg")
    assert found.verdict == "ok" and database is not None and database.status == "SUCCESS" and database.properties["LogXptMode"] == "ASYNC"
    assert database.transport_lag is not None and database.transport_lag.seconds is not None and database.transport_lag.age is not None
    assert found.readiness[0].switchover and found.readiness[0].failover and found.readiness[0].primary == "dbsrc"


def test_apply_is_stopped_and_started_by_the_broker(pair: Pair) -> None:
    for state, word in (("stopped", "APPLY-OFF"), ("started", "APPLY-ON")):
        assert pair.run("redo_apply", "dbtrg", state=state)["statements"] == [f"EDIT DATABASE 'dbtrg' SET STATE = '{word}';"]
        assert not pair.run("redo_apply", "dbtrg", state=state)["changed"]


def test_a_switchover_without_a_static_service_stops_halfway_and_is_finished(pair: Pair) -> None:
    """DGMGRL says so, and what is left to do; the new primary is open by then."""
    pair.until_finished("dataguard_info", "dbtrg", "dbsrc", max_lag=5)
    with pytest.raises(DbferryError) as error:
        pair.run("switchover", "dbtrg", "dbsrc")
    assert error.value.code == "DBF-0521" and "sys_password" in error.value.message
    with pytest.raises(DbferryError) as error:
        pair.run("switchover", "dbtrg", "dbsrc", sys_password=PASSWORD)
    assert error.value.code == "ORA-12514" and PASSWORD not in str(error.value.details)
    assert pair.role("dbtrg") == "PRIMARY, READ WRITE" and pair.run("switchover", "dbtrg", "dbsrc")["finished"]
    pair.run("instance", "dbsrc", state="mounted")
    assert pair.role("dbsrc") == "PHYSICAL STANDBY, MOUNTED"
    with pytest.raises(DbferryError) as error:
        pair.run("dataguard_broker", "dbtrg", primary="dbsrc", **wanted(pair, members=[]))
    assert error.value.code == "DBF-0452"
    deadline = time.monotonic() + 180
    while pair.run("dataguard_broker", "dbtrg", fail=False, name="ferry", properties={})["verdict"] != "ok":
        assert time.monotonic() < deadline
        time.sleep(0.3)


def test_the_configuration_goes_and_the_broker_stops(pair: Pair) -> None:
    found = pair.run("dataguard_broker", "dbtrg", state="absent", preserve_destinations=True)
    assert found["statements"] == ["REMOVE CONFIGURATION PRESERVE DESTINATIONS;"] and found["members"] == []
    assert not pair.run("dataguard_broker", "dbtrg", state="absent")["changed"]
    assert "db_unique_name" in pair.one("dbtrg", "SELECT value FROM v$parameter WHERE name = 'log_archive_dest_2'")
    for name in BOTH:
        assert pair.run("dataguard_broker", name, state="stopped")["changed"]

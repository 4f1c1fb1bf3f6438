# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Data Guard pair without the broker, from nothing to a switchover, there and back, with what goes wrong on the way. One pair, in this order."""
from __future__ import annotations

import contextlib
import pathlib
import time
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from standby_pair import Pair
from test_contract import Killed


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Pair]:
    pair = Pair(tmp_path_factory.mktemp("dataguard"))
    try:
        pair.make()
        yield pair
    finally:
        pair.stop()


def the_other(name: str) -> str:
    return {"dbsrc": "dbtrg", "dbtrg": "dbsrc"}[name]


def twice(pair: Pair, module: str, name: str, peer: t.Optional[str] = None, **arguments: t.Any) -> t.Dict[str, t.Any]:
    """A plan lists what the run issues, and the second run does nothing."""
    planned = pair.run(module, name, peer, check_mode=True, **arguments)
    done = pair.run(module, name, peer, **arguments)
    assert done["changed"] and planned["statements"] == done["statements"]
    again = pair.run(module, name, peer, **arguments)
    assert not again["changed"] and again["statements"] == []
    return done


def wait(look: t.Callable[[], t.Any], until: t.Callable[[t.Any], t.Any], seconds: float = 180.0) -> t.Any:
    """What is seen once it is as it should be."""
    deadline = time.monotonic() + seconds
    while not until(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def in_step(pair: Pair, standby: str) -> t.Dict[str, t.Any]:
    """Wait until the standby is in step, as a task with ``until`` does."""
    return t.cast(t.Dict[str, t.Any], wait(lambda: pair.run("dataguard_info", standby, the_other(standby), max_lag=3), lambda found: found["finished"]))


def keep(pair: Pair, name: str, number: int) -> None:
    """Commit a row that has to be there afterwards."""
    pair.sql(name, f"INSERT INTO kept VALUES ({number})", user="DBFERRY", mode="default")


def kept(pair: Pair, name: str) -> t.Set[int]:
    with pair.session(name, user="DBFERRY", mode="default") as session:
        return {row["a"] for row in session.query("SELECT a FROM kept")}


def test_a_pair_is_set_up(pair: Pair) -> None:
    for name in ("dbsrc", "dbtrg"):
        other = the_other(name)
        twice(pair, "redo_transport", name, other, destination=other, service=pair.address(other), reopen=1)
        twice(pair, "standby_redo_log", name, other, members=[pair.hosts[name].data])
    pair.sql("dbsrc", "CREATE TABLE kept (a NUMBER)", user="DBFERRY", mode="default")
    twice(pair, "log_switch", "dbsrc", count=1, purpose="TRANSPORT", until_archived=False)
    twice(pair, "redo_apply", "dbtrg")
    found = in_step(pair, "dbtrg")
    assert found["ready"] and found["apply"]["real_time"] and (found["primary"], found["standby"]) == ("dbsrc", "dbtrg")
    assert {one["check"] for one in found["findings"]} <= {"force_logging"}


def test_what_each_database_had_before_is_in_the_primarys_journal(pair: Pair) -> None:
    with pair.session("dbsrc") as session:
        items = {row["item"] for row in session.query("SELECT item FROM dbferry.dbferry_journal")}
    for name in ("dbsrc", "dbtrg"):
        assert {f"parameter before log_archive_dest_2 of {name}", f"standby redo logs added to {name}"} <= items


def test_no_standby_redo_log_is_added_while_redo_is_applied(pair: Pair) -> None:
    with pytest.raises(DbferryError) as error:
        pair.run("standby_redo_log", "dbtrg", groups=6, members=[pair.hosts["dbtrg"].data])
    assert error.value.code == "ORA-01156"


def test_a_switchover_is_refused_with_every_reason_and_nothing_is_changed(pair: Pair) -> None:
    twice(pair, "redo_apply", "dbtrg", state="stopped")
    with pytest.raises(DbferryError) as error:
        pair.run("switchover", "dbtrg", "dbsrc")
    assert error.value.code == "DBF-0521" and error.value.message.count("ORA-16470") == 2
    planned = pair.run("switchover", "dbtrg", "dbsrc", check_mode=True)
    assert planned["statements"] == ["ALTER DATABASE SWITCHOVER TO dbtrg", "ALTER DATABASE OPEN"] and "ORA-16470" in planned["obstacle"]
    assert pair.role("dbsrc") == "PRIMARY, READ WRITE"
    pair.run("redo_apply", "dbtrg")


def test_sessions_of_applications_stand_in_the_way(pair: Pair) -> None:
    in_step(pair, "dbtrg")
    with pair.session("dbsrc", user="SYSTEM", mode="default") as application:
        application._connection.module = "shop"
        application.query("SELECT 1 FROM dual")
        with pytest.raises(DbferryError) as error:
            pair.run("switchover", "dbtrg", "dbsrc")
    assert error.value.code == "DBF-0521" and "SYSTEM (1)" in error.value.message


@contextlib.contextmanager
def deferred(pair: Pair) -> t.Iterator[None]:
    """The primary lets go of its standby, and connects anew afterwards."""
    pair.sql("dbsrc", "ALTER SYSTEM SET log_archive_dest_state_2 = defer")
    wait(lambda: pair.one("dbtrg", "SELECT COUNT(*) FROM v$managed_standby WHERE process = 'RFS'"), lambda count: count == 0)
    yield
    pair.sql("dbsrc", "ALTER SYSTEM SET log_archive_dest_state_2 = enable", "ALTER SYSTEM SWITCH LOGFILE")


def failed_destination(pair: Pair) -> t.Dict[str, t.Any]:
    """The primary's destination once it has an error."""
    found = wait(lambda: pair.run("dataguard_info", "dbsrc"), lambda found: found["database"]["destinations"][-1]["error"])
    return t.cast(t.Dict[str, t.Any], found["database"]["destinations"][-1])


def test_password_files_that_differ(pair: Pair) -> None:
    path = pair.password_file("dbtrg")
    kept = path.read_bytes()
    try:
        with deferred(pair):
            pair.tool("dbtrg", "orapwd", f"file={path}", "force=y", "password=Another_1")
        failed = failed_destination(pair)
        assert "ORA-16191" in failed["error"] and "password file" in failed["remedy"].lower()
        again = pair.run("redo_transport", "dbsrc", destination="dbtrg", service=pair.address("dbtrg"), reopen=1)
        assert not again["changed"] and again["remedy"] == failed["remedy"] and again["dest_id"] == 2
    finally:
        path.write_bytes(kept)
    # What is in step still may have a destination whose error is as old as the last try.
    wait(lambda: in_step(pair, "dbtrg"), lambda found: found["ready"])


def test_a_listener_that_is_down_is_named_with_its_remedy(pair: Pair) -> None:
    try:
        with deferred(pair):
            pair.tool("dbtrg", "lsnrctl", "stop")
        failed = failed_destination(pair)
        assert "ORA-12541" in failed["error"] and "listener" in failed["remedy"]
        found = pair.run("dataguard_info", "dbsrc", "dbtrg")
        assert "reach" in {one["check"] for one in found["findings"]} and found["ready"] is False
    finally:
        pair.tool("dbtrg", "lsnrctl", "start")
    assert in_step(pair, "dbtrg")["ready"]


@pytest.mark.everything
def test_a_gap_is_told_until_its_logs_are_there_again(pair: Pair) -> None:
    away = pair.directory / "away"
    away.mkdir()
    with deferred(pair):
        keep(pair, "dbsrc", 41)
        for _ in range(4):
            pair.sql("dbsrc", "ALTER SYSTEM ARCHIVE LOG CURRENT")
        with pair.session("dbsrc") as session:
            logs = [pathlib.Path(row["name"]) for row in session.query("SELECT name FROM v$archived_log WHERE standby_dest = 'NO'")]
        for log in logs:
            log.rename(away / log.name)
    found = wait(lambda: pair.run("dataguard_info", "dbtrg", "dbsrc", max_lag=3), lambda found: "gap" in {one["check"] for one in found["findings"]})
    assert not found["finished"] and not found["ready"]
    with pytest.raises(DbferryError) as error:
        pair.run("switchover", "dbtrg", "dbsrc")
    assert error.value.code == "DBF-0521" and "ORA-16467" in error.value.message
    for log in logs:
        (away / log.name).rename(log)
    assert in_step(pair, "dbtrg")["ready"]


# -- there and back


class Cut:
    """A session whose control node is gone once a statement that holds a word has been issued, at the peer or here."""

    def __init__(self, session: t.Any, word: str) -> None:
        self.__dict__.update(_session=session, _word=word)
        if session.peer is not None:
            session.peer = Cut(session.peer, word)

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._session, name)

    def __setattr__(self, name: str, value: t.Any) -> None:
        setattr(self._session, name, value)

    def execute(self, statement: t.Any) -> int:
        done = self._session.execute(statement)
        if self._word in str(statement):
            raise Killed()
        return t.cast(int, done)


def test_a_switchover_that_is_cut_off_halfway_is_finished_and_loses_nothing(pair: Pair) -> None:
    keep(pair, "dbsrc", 42)
    in_step(pair, "dbtrg")
    with pytest.raises(Killed):
        pair.run("switchover", "dbtrg", "dbsrc", proxy=lambda session: Cut(session, "SWITCHOVER TO"))
    assert pair.role("dbtrg") == "PRIMARY, MOUNTED"
    found = pair.until_finished("switchover", "dbtrg", "dbsrc")
    assert found["statements"] == ["ALTER DATABASE OPEN"] and not found["proved"] and found["pending"]
    assert 42 in kept(pair, "dbtrg")
    again = pair.run("switchover", "dbtrg", "dbsrc")
    assert not again["changed"] and again["pending"]
    # The former primary follows.
    pair.run("instance", "dbsrc", state="mounted")
    pair.run("redo_apply", "dbsrc")
    assert pair.run("switchover", "dbtrg", "dbsrc")["proved"]
    assert in_step(pair, "dbsrc")["ready"]


@pytest.mark.everything
def test_back_again(pair: Pair) -> None:
    keep(pair, "dbtrg", 43)
    in_step(pair, "dbsrc")
    found = pair.until_finished("switchover", "dbsrc", "dbtrg")
    assert found["statements"] == ["ALTER DATABASE SWITCHOVER TO dbsrc", "ALTER DATABASE OPEN"]
    assert 43 in kept(pair, "dbsrc")
    pair.run("instance", "dbtrg", state="mounted")
    pair.run("redo_apply", "dbtrg")
    assert in_step(pair, "dbtrg")["ready"]


@pytest.mark.everything
def test_a_rehearsal_leaves_nothing(pair: Pair) -> None:
    pair.run("redo_apply", "dbtrg", state="stopped")
    planned = pair.run("snapshot_standby", "dbtrg", state="snapshot", check_mode=True)
    found = pair.run("snapshot_standby", "dbtrg", state="snapshot")
    assert planned["statements"] == found["statements"] and pair.role("dbtrg") == "SNAPSHOT STANDBY, READ WRITE"
    pair.sql("dbtrg", "DROP TABLE kept", user="DBFERRY", mode="default")
    keep(pair, "dbsrc", 44)
    assert not pair.run("snapshot_standby", "dbtrg", state="snapshot")["changed"]
    assert pair.run("snapshot_standby", "dbtrg", state="physical")["pending"] and pair.role("dbtrg") == "SNAPSHOT STANDBY, READ WRITE"
    pair.until_finished("snapshot_standby", "dbtrg", state="physical", restart=True)
    assert pair.role("dbtrg") == "PHYSICAL STANDBY, MOUNTED"
    assert not pair.run("snapshot_standby", "dbtrg", state="physical", restart=True)["changed"]
    pair.run("redo_apply", "dbtrg")
    assert in_step(pair, "dbtrg")["ready"]


@pytest.mark.everything
def test_a_failover_and_the_former_primary_as_a_standby(pair: Pair) -> None:
    keep(pair, "dbsrc", 45)
    pair.sql("dbsrc", "CREATE RESTORE POINT before_failover GUARANTEE FLASHBACK DATABASE")
    in_step(pair, "dbtrg")
    with pytest.raises(DbferryError) as error:
        pair.run("failover", "dbtrg", "dbsrc", data_loss=True)
    assert error.value.code == "DBF-0531" and "switchover" in error.value.message
    pair.run("instance", "dbsrc", state="stopped", shutdown_mode="abort")
    with pytest.raises(DbferryError) as error:
        pair.run("failover", "dbtrg", "dbsrc")
    assert error.value.code == "DBF-0531" and "is lost" in error.value.message
    found = pair.run("failover", "dbtrg", "dbsrc", data_loss=True)
    assert found["finished"] and found["became_primary_scn"] and pair.role("dbtrg") == "PRIMARY, READ WRITE"
    assert not pair.run("failover", "dbtrg", "dbsrc", data_loss=True)["changed"]
    assert 45 in kept(pair, "dbtrg")
    pair.until_finished("reinstate", "dbsrc", "dbtrg", restart=True)
    assert pair.role("dbsrc") == "PHYSICAL STANDBY, MOUNTED"
    pair.run("redo_apply", "dbsrc")
    pair.run("log_switch", "dbtrg", count=1, purpose="REINSTATED", until_archived=False)
    assert in_step(pair, "dbsrc")["ready"]


@pytest.mark.everything
def test_everything_is_put_back_as_it_was(pair: Pair) -> None:
    primary = next(name for name in pair.hosts if pair.role(name).startswith("PRIMARY"))
    standby = the_other(primary)
    pair.run("redo_apply", standby, state="stopped")
    for name in (primary, standby):
        twice(pair, "redo_transport", name, the_other(name), destination=the_other(name), state="as_before")
        for parameter in ("log_archive_config", "log_archive_dest_2", "fal_server"):
            assert not pair.one(name, f"SELECT value FROM v$parameter WHERE name = '{parameter}'")
    wait(lambda: pair.one(standby, "SELECT COUNT(*) FROM v$managed_standby WHERE process = 'RFS'"), lambda count: count == 0)
    twice(pair, "standby_redo_log", primary, standby, state="as_before")
    assert pair.one(primary, "SELECT COUNT(*) FROM v$standby_log") == 0
    # What the standby is in the middle of receiving stays until that is archived.
    with pytest.raises(DbferryError) as error:
        pair.run("standby_redo_log", standby, primary, state="as_before")
    assert error.value.code == "ORA-00261"


@pytest.mark.everything
def test_back_to_a_restore_point_once(pair: Pair) -> None:
    name = next(name for name in pair.hosts if pair.role(name).startswith("PRIMARY"))
    keep(pair, name, 46)
    pair.run("restore_point", name, name="BACK_HERE", guarantee=True)
    pair.sql(name, "DROP TABLE kept", user="DBFERRY", mode="default")
    assert pair.run("flashback", name, restore_point="BACK_HERE")["pending"]
    planned = pair.run("flashback", name, restore_point="BACK_HERE", restart=True, check_mode=True)
    with pytest.raises(Killed):
        pair.run("flashback", name, restore_point="BACK_HERE", restart=True, proxy=lambda session: Cut(session, "SHUTDOWN"))
    found = pair.until_finished("flashback", name, restore_point="BACK_HERE", restart=True)
    assert planned["statements"][-1] == found["statements"][-1] == "ALTER DATABASE OPEN RESETLOGS" and 46 in kept(pair, name)
    assert not pair.run("flashback", name, restore_point="BACK_HERE", restart=True)["changed"]

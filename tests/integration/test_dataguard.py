# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Data Guard pair without the broker, from nothing to a switchover, there and back, with what goes wrong on the way. One pair, in this order."""
from __future__ import annotations

import time
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from standby_pair import Pair


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


def wait(look: t.Callable[[], t.Any], until: t.Callable[[t.Any], t.Any], seconds: float = 20.0) -> t.Any:
    """What is seen once it is as it should be."""
    deadline = time.monotonic() + seconds
    while not until(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def in_step(pair: Pair, standby: str) -> t.Dict[str, t.Any]:
    """Wait until the standby is in step, as a task with ``until`` does."""
    return t.cast(t.Dict[str, t.Any], wait(lambda: pair.run("dataguard_info", standby, the_other(standby), max_lag=3), lambda found: found["finished"]))

def test_a_pair_is_set_up(pair: Pair) -> None:
    for name in ("dbsrc", "dbtrg"):
        other = the_other(name)
        twice(pair, "redo_transport", name, other, destination=other, service=pair.address(other), reopen=1)
        twice(pair, "standby_redo_log", name, other, members=[pair.hosts[name].data])
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


def anew(pair: Pair) -> None:
    """The primary connects to its standby anew."""
    pair.sql("dbsrc", *(f"ALTER SYSTEM SET log_archive_dest_state_2 = {state}" for state in ("defer", "enable")), "ALTER SYSTEM SWITCH LOGFILE")


def failed_destination(pair: Pair) -> t.Dict[str, t.Any]:
    """The primary's destination once it has an error."""
    found = wait(lambda: pair.run("dataguard_info", "dbsrc"), lambda found: found["database"]["destinations"][-1]["error"])
    return t.cast(t.Dict[str, t.Any], found["database"]["destinations"][-1])


def test_password_files_that_differ(pair: Pair) -> None:
    path = pair.password_file("dbtrg")
    kept = path.read_bytes()
    try:
        pair.tool("dbtrg", "orapwd", f"file={path}", "force=y", "password=Another_1")
        anew(pair)
        failed = failed_destination(pair)
        assert "ORA-16191" in failed["error"] and "password file" in failed["remedy"].lower()
        again = pair.run("redo_transport", "dbsrc", destination="dbtrg", service=pair.address("dbtrg"), reopen=1)
        assert not again["changed"] and again["remedy"] == failed["remedy"] and again["dest_id"] == 2
    finally:
        path.write_bytes(kept)
    assert in_step(pair, "dbtrg")["ready"]


def test_a_listener_that_is_down_is_named_with_its_remedy(pair: Pair) -> None:
    pair.tool("dbtrg", "lsnrctl", "stop")
    try:
        anew(pair)
        failed = failed_destination(pair)
        assert "ORA-12541" in failed["error"] and "listener" in failed["remedy"]
        found = pair.run("dataguard_info", "dbsrc", "dbtrg")
        assert "reach" in {one["check"] for one in found["findings"]} and found["ready"] is False
    finally:
        pair.tool("dbtrg", "lsnrctl", "start")
    assert in_step(pair, "dbtrg")["ready"]

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a Data Guard pair: unknown is not zero, a stale zero is not zero, and every reason is told."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.modules import dataguard_info as module
from dataguard_sides import IN_STEP, MRP, TO_STANDBY, destination, lag, primary, standby, unreachable

WANT = {"max_lag": 10, "max_age": 30, "max_clock_skew": 10, "fail_on": "never"}


def report(session, **more):
    want = dict(WANT, **more)
    return module.report(module.observe(session, want), want)


def errors(found):
    return sorted(one["check"] for one in found["findings"] if one["severity"] == "error")


def test_a_pair_that_is_in_step_from_either_side():
    for session in (standby(peer=primary()), primary(peer=standby())):
        found = report(session)
        assert found["ready"] and found["finished"] and found["findings"] == [] and (found["primary"], found["standby"]) == ("sales", "sales_new")
        assert (found["transport_lag"], found["apply_lag"], found["apply_finish_time"], found["lag_age"]) == (0, 0, 0.25, 1)
        assert found["scn_behind"] == 2 and found["clock_skew"] == 0 and found["apply"]["on"] and found["gaps"] == []


def test_one_side_alone_tells_what_it_can():
    found = report(standby())
    assert found["finished"] and found["ready"] is None and found["scn_behind"] is None and found["primary"] is None
    found = report(primary())
    assert not found["finished"] and found["standby"] is None and found["transport_lag"] is None and report(primary(), max_lag=None)["finished"]


@pytest.mark.parametrize("statistics, shown", [
    ([], (None, None)), ([lag("transport lag", None), lag("apply lag", None)], (None, 1)),
    ([lag("transport lag", heard=None), lag("apply lag")], (None, None)),
    ([lag("transport lag", heard="03/01/2026 11:56:15"), lag("apply lag")], (None, 255)),
    ([lag("transport lag"), lag("apply lag", "+00 00:01:05")], (0, 1))])
def test_a_lag_that_is_unknown_or_old_or_long_is_not_in_step(statistics, shown):
    found = report(standby(statistics=statistics, peer=primary()))
    assert not found["finished"] and not found["ready"] and "lag" in errors(found) and (found["transport_lag"], found["lag_age"]) == shown


def test_a_standby_that_nobody_sends_to_is_not_in_step_although_it_was_a_moment_ago():
    failed = destination("sales_new", status="ERROR", error="ORA-16191: Primary log shipping client not logged on standby")
    assert not report(standby(peer=primary([failed])))["finished"] and report(standby())["finished"]


FULL = destination("NONE", dest_id=1, target="LOCAL", status="ERROR", error="ORA-19809: limit exceeded for recovery files")


@pytest.mark.parametrize("session, checks", [
    (lambda: standby([], peer=primary()), ["apply"]), (lambda: standby([dict(MRP, status="WAIT_FOR_GAP")], peer=primary()), ["gap"]),
    (lambda: standby(gaps=[{"thread": 1, "low": 3, "high": 4}], peer=primary()), ["gap"]),
    (lambda: standby(files=[{"file_number": 7, "name": "/dbs/UNNAMED00007", "status": "RECOVER"}], peer=primary()), ["files"]),
    (lambda: standby(peer=primary(open_mode="READ ONLY")), ["open"]), (lambda: standby(peer=primary(switchover_status="NOT ALLOWED")), ["switchover_status"]),
    (lambda: standby(peer=primary([])), ["destination"]),
    (lambda: standby(peer=primary([destination("sales_new", status="ERROR", error="ORA-12541: no listener")])), ["destination"]),
    (lambda: standby(peer=primary([destination("sales_new", status="DEFERRED")])), ["destination"]),
    (lambda: standby(peer=primary([destination("sales_new", gap_status="UNRESOLVABLE GAP")])), ["gap"]),
    (lambda: standby(destinations=[destination("sales"), FULL], peer=primary()), ["archiver"]),
    (lambda: standby(peer=primary([destination("sales_new"), dict(FULL, target="PRIMARY")])), ["archiver"]),
    (lambda: standby(peer=primary(dbid=2)), ["dbid"]), (lambda: standby(db_unique_name="SALES", peer=primary([destination("sales")])), ["db_unique_name"]),
    (lambda: standby(peer=unreachable()), ["primary", "reach"]), (lambda: primary(peer=primary()), ["primary", "standby"]),
    (lambda: standby(database_role="SNAPSHOT STANDBY", peer=primary()), ["standby"])])
def test_every_reason_is_an_error_with_a_remedy(session, checks):
    found = report(session())
    assert errors(found) == checks and not found["ready"] and all(one["message"] and one["remedy"] for one in found["findings"])


def test_an_archiver_without_room_is_told_with_what_gives_it_some():
    found, = [one for one in report(standby(destinations=[destination("sales"), FULL], peer=primary()))["findings"] if one["severity"] == "error"]
    assert found["message"] == "sales_new cannot archive to LOG_ARCHIVE_DEST_1: ORA-19809: limit exceeded for recovery files."
    assert "recovery_area" in found["remedy"] and not found.get("lasting"), "it is archived as soon as there is room"


def test_a_standby_has_a_destination_for_its_primary_or_the_broker_that_makes_one():
    found, = report(standby(destinations=[], peer=primary()))["findings"]
    assert (found["severity"], found["check"]) == ("warning", "destination")
    assert report(standby(destinations=[], dataguard_broker="ENABLED", peer=primary()))["findings"] == []


def test_reasons_are_told_all_at_once():
    session = standby([], statistics=[], gaps=[{"thread": 1, "low": 3, "high": 4}], peer=primary([destination("sales_new", status="ERROR", error="ORA-16191")]))
    with pytest.raises(Refused) as error:
        report(session, fail_on="error")
    assert error.value.code == "DBF-0511" and all(word in error.value.message for word in ("ORA-16470", "ORA-16467", "ORA-16191", "not known", "(5)"))
    assert report(standby(statistics=IN_STEP, peer=primary()), fail_on="error")["ready"]


WRONG = destination("sales_new", status="ERROR", error="ORA-16191: Primary log shipping client not logged on standby", failed="2026-03-01 12:00:31")


def test_who_is_the_primary_is_told_with_what_is_hopeless():
    """A target that has taken over waits for nothing, whatever the former primary lacks."""
    with pytest.raises(Refused) as error:
        report(primary(db_unique_name="sales_new", peer=standby([], db_unique_name="sales")), fail_on="hopeless")
    assert (error.value.details["primary"], error.value.details["standby"]) == ("sales_new", "sales")


@pytest.mark.parametrize("session, check", [
    (lambda: standby([], peer=primary()), "apply"), (lambda: standby(peer=primary([])), "destination"), (lambda: standby(peer=primary([WRONG])), "destination"),
    (lambda: standby(peer=primary([destination("sales_new", status="DEFERRED")])), "destination"),
    (lambda: standby(peer=primary([destination("sales_new", gap_status="UNRESOLVABLE GAP")])), "gap"), (lambda: standby(peer=primary(dbid=2)), "dbid"),
    (lambda: standby(files=[{"file_number": 7, "name": "/dbs/UNNAMED00007", "status": "RECOVER"}], peer=primary()), "files")])
def test_what_waiting_does_not_cure_ends_it(session, check):
    with pytest.raises(Refused) as error:
        report(session(), fail_on="hopeless")
    assert error.value.code == "DBF-0512" and check in [one["check"] for one in error.value.details["findings"] if one.get("lasting")]


@pytest.mark.parametrize("session", [
    lambda: standby(statistics=[], peer=primary()), lambda: standby([dict(MRP, status="WAIT_FOR_GAP")], peer=primary()), lambda: standby(peer=unreachable()),
    lambda: standby([], dataguard_broker="ENABLED", peer=primary()), lambda: standby(peer=primary([dict(WRONG, error="ORA-12541: no listener")]))])
def test_what_may_pass_is_waited_for(session):
    found = report(session(), fail_on="hopeless")
    assert not found["ready"] and not any(one.get("lasting") for one in found["findings"])


def test_an_error_of_a_destination_counts_once_it_was_met_again(monkeypatch):
    """It is of before this look, and may be mended: the next attempt tells, or the next look."""
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    rows = [dict(WRONG, failed="2026-03-01 12:00:20")]

    def sleep(seconds):
        now[0] += seconds
        if now[0] == 5:
            rows[0] = met

    monkeypatch.setattr(module.time, "sleep", sleep)
    for met, ends in ((WRONG, True), (TO_STANDBY, False), (rows[0], False)):
        now[0], rows[0] = 0.0, dict(WRONG, failed="2026-03-01 12:00:20")
        session = standby(peer=primary(answers={dataguard.DESTINATIONS: lambda: list(rows)}))
        if ends:
            with pytest.raises(Refused):
                report(session, fail_on="hopeless")
        else:
            report(session, fail_on="hopeless")
        assert now[0] == (30 if met["failed"] == "2026-03-01 12:00:20" else 5)


@pytest.mark.parametrize("session, check", [
    (lambda: standby(modes=["MANAGED"], peer=primary()), "real_time"), (lambda: standby(logs=0, peer=primary()), "standby_logs"),
    (lambda: standby(peer=primary(logs=0)), "standby_logs"), (lambda: standby(peer=primary(force_logging="NO")), "force_logging"),
    (lambda: standby(destinations=[], peer=primary()), "destination"), (lambda: standby(peer=primary(utc="2026-03-01 12:02:30.000")), "clock")])
def test_a_warning_does_not_stand_in_the_way(session, check):
    found = report(session())
    assert found["ready"] and [one["check"] for one in found["findings"]] == [check] and found["findings"][0]["severity"] == "warning"

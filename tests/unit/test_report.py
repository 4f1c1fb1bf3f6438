# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job record over several runs, and the report that is drawn from it."""

from __future__ import annotations

import html
import html.parser
import json
import os
import stat

import pytest
from ansible.plugins.callback import CallbackBase
from ansible_collections.dbferry.oracle.plugins.callback import phases
from ansible_collections.dbferry.oracle.plugins.plugin_utils import record as record_module
from ansible_collections.dbferry.oracle.plugins.plugin_utils import way_back
from ansible_collections.dbferry.oracle.plugins.plugin_utils.lag_chart import chart, lines, samples
from ansible_collections.dbferry.oracle.plugins.plugin_utils.record import Record, phase_of
from ansible_collections.dbferry.oracle.plugins.plugin_utils.report import clock, latest, render

MIGRATION = {"id": "SALES", "run": 1}


@pytest.fixture
def clockwork(monkeypatch):
    """A clock that stands until it is told to go on."""
    class Clock:
        now = 1000.0

    monkeypatch.setattr(record_module.time, "time", lambda: Clock.now)
    return Clock


def made(tmp_path, check_mode=False):
    record = Record("dbtrg", str(tmp_path), check_mode, "xtts.yml")
    record.belongs_to(MIGRATION)
    return record


def phase(record, clockwork, name, seconds=10, **result):
    record.begin(name)
    clockwork.now += seconds
    record.add(name, dict({"changed": False, "statements": []}, **result))
    return record.finish(name)


def test_a_phase_is_a_tag_in_capitals():
    assert phase_of(["always", "XTTS_GET_SRC_INFO"]) == "XTTS_GET_SRC_INFO"
    assert phase_of(["always", "setup", "XTTS"]) is None


def test_several_tasks_are_one_phase(tmp_path, clockwork):
    record = made(tmp_path)
    record.add("XTTS_VERIFY", {"changed": False, "statements": ["A"], "findings": [{"severity": "info"}]})
    record.add("XTTS_VERIFY", {"changed": True, "statements": ["B"]})
    record.add("XTTS_VERIFY", {})
    entry = record.finish("XTTS_VERIFY")
    assert entry["statements"] == ["A", "B"] and entry["status"] == "changed" and entry["tasks"] == 3
    assert entry["findings"] == [{"severity": "info"}]


def test_runs_of_one_migration_are_kept_together_and_others_apart(tmp_path, clockwork):
    first = made(tmp_path)
    phase(first, clockwork, "XTTS_VALIDATE")
    path = first.save("json", json.dumps(first.contents()))
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600 and not os.path.exists(path + ".new")
    second = made(tmp_path)
    assert len(second.runs()) == 2 and second.runs()[0]["phases"][0]["name"] == "XTTS_VALIDATE"
    other = Record("dbtrg", str(tmp_path), False, "xtts.yml")
    other.belongs_to({"id": "SALES", "run": 2})
    assert len(other.runs()) == 1 and other.path("json") != path


def test_a_damaged_record_does_not_stop_a_migration(tmp_path, clockwork):
    first = made(tmp_path)
    with open(first.path("json"), "w", encoding="utf-8") as handle:
        handle.write('{"runs": [')
    assert len(made(tmp_path).runs()) == 1


def test_a_name_of_an_entry_is_no_path(tmp_path):
    record = Record("../../etc/cron d", str(tmp_path), False, "x")
    record.belongs_to(MIGRATION)
    assert os.path.dirname(record.path("json")) == str(tmp_path)


# -- downtime


def test_the_window_goes_from_the_first_refused_write_until_applications_are_let_in(tmp_path, clockwork):
    record = made(tmp_path)
    phase(record, clockwork, "XTTS_VALIDATE")
    assert record.downtime() is None
    phase(record, clockwork, "XTTS_QUIESCE_SRC", changed=True)
    clockwork.now += 100
    assert record.downtime() == {"began": 1010.0, "ended": None, "seconds": 110.0}
    phase(record, clockwork, "XTTS_OPEN_SERVICE_TGT", changed=True)
    clockwork.now += 1000
    assert record.downtime() == {"began": 1010.0, "ended": 1130.0, "seconds": 120.0}


def test_nobody_waits_for_what_follows_at_the_source(tmp_path, clockwork):
    record = made(tmp_path)
    phase(record, clockwork, "ZDM_SWITCHOVER_SRC", changed=True)
    record.begin("ZDM_SWITCHOVER_TGT")
    for seconds, result in ((2, {"changed": True}), (50, {"changed": True, "_ansible_delegated_vars": {"ansible_connection": "local"}})):
        clockwork.now += seconds
        record.add("ZDM_SWITCHOVER_TGT", result)
    record.finish("ZDM_SWITCHOVER_TGT")
    assert record.downtime()["seconds"] == 12.0


def test_the_window_goes_on_over_runs(tmp_path, clockwork):
    first = made(tmp_path)
    phase(first, clockwork, "XTTS_QUIESCE_SRC", changed=True)
    first.save("json", json.dumps(first.contents()))
    clockwork.now += 3600
    second = made(tmp_path)
    phase(second, clockwork, "XTTS_QUIESCE_SRC")
    phase(second, clockwork, "XTTS_OPEN_SERVICE_TGT", changed=True)
    assert second.downtime()["began"] == 1000.0 and second.downtime()["seconds"] == 3630.0


@pytest.mark.parametrize("check_mode, changed", [(True, True), (False, False)], ids=["a plan", "nothing was shut"])
def test_no_window(tmp_path, clockwork, check_mode, changed):
    record = made(tmp_path, check_mode)
    phase(record, clockwork, "XTTS_QUIESCE_SRC", changed=changed)
    assert record.downtime() is None


def test_a_failed_opening_does_not_end_it(tmp_path, clockwork):
    record = made(tmp_path)
    phase(record, clockwork, "XTTS_QUIESCE_SRC", changed=True)
    phase(record, clockwork, "XTTS_OPEN_SERVICE_TGT")["status"] = "failed"
    assert record.downtime()["ended"] is None


# -- what the report shows of several runs


def entry(name, status="changed", statements=(), started=0.0, **more):
    return dict({"name": name, "started": started, "ended": started + 5, "status": status, "changed": status == "changed", "tasks": 1,
                 "statements": list(statements), "lag": []}, **more)


def contents(*runs, **more):
    return dict({"host": "dbtrg", "migration": MIGRATION, "downtime": None,
                 "runs": [{"started": 0.0, "ended": 9.0, "check_mode": check_mode, "playbook": "xtts.yml", "phases": list(phases_)}
                          for check_mode, phases_ in runs]}, **more)


def test_the_last_run_counts():
    found = latest(contents((False, [entry("A_A", "failed")]), (False, [entry("A_A", "changed", ["X"])])))
    assert [(one["name"], one["status"]) for one in found] == [("A_A", "changed")]


def test_what_was_done_is_not_hidden_by_a_run_that_found_it_done():
    found, = latest(contents((False, [entry("A_A", "changed", ["X"], verdict="different")]),
                             (False, [entry("A_A", "unchanged", verdict="equal")])))
    assert found["statements"] == ["X"] and found["status"] == "changed" and found["verdict"] == "equal"


def test_what_was_left_to_do_is_done_when_a_later_run_does_not_say_so():
    left = entry("A_A", "changed", ["X"], pending=["mount it"])
    assert "left to do: mount it" in render(contents((False, [left])))
    assert "mount it" not in render(contents((False, [left]), (False, [entry("A_A", "unchanged")])))


def test_a_plan_counts_only_where_nothing_was_done():
    found = latest(contents((False, [entry("A_A", "changed", ["X"])]),
                            (True, [entry("A_A", "planned", ["Y"]), entry("B_B", "planned", ["Z"])])))
    assert [(one["name"], one["statements"]) for one in found] == [("A_A", ["X"]), ("B_B", ["Z"])]


class Page(html.parser.HTMLParser):
    """Elements that must be closed, and texts."""

    VOID = ("meta", "rect", "!doctype")

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in self.VOID or (tag == "rect" and not self.get_starttag_text().endswith("/>")):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


EVIL = "<script>alert('x')</script>&amp;\""


def test_nothing_from_a_database_becomes_markup():
    everything = entry(
        EVIL, "failed", [EVIL], error={"msg": EVIL}, reason=EVIL, verdict=EVIL,
        findings=[{"severity": "error", "message": EVIL, "remedy": EVIL, "objects": [EVIL] * 30}],
        tables=[{"table": EVIL, "source_rows": 1, "target_rows": None, "equal": False, "keys": [EVIL]}],
        differences=[{"section": EVIL, "object": EVIL, "source": None, "target": EVIL}], not_compared=[EVIL])
    text = render(contents((False, [everything]), host=EVIL, migration={"id": EVIL, "run": EVIL}))
    page = Page(text)
    assert "script" not in page.tags and "<script" not in text
    assert "".join(page.words).count(EVIL) > 15, "and all of it is shown"


def test_the_report_needs_nothing_else():
    text = render(contents((False, [entry("XTTS_VERIFY", "unchanged", verdict="equal", tables=[
        {"table": "QUAY.BERTHS", "source_rows": 60000, "target_rows": 60000, "equal": True, "keys": []}])]),
        downtime={"began": 0.0, "ended": 4.0, "seconds": 4.0}))
    words = "".join(Page(text).words)
    assert "http" not in text and " src=" not in text and "<link" not in text
    assert "60,000" in words and "downtime 00:00:04" in words and "1 of 1" in words and "Verification: equal" in words


@pytest.mark.parametrize("phases_", [[], [entry("A_A", "running", ended=None)], [entry("A_A", "does not apply", reason="Not wanted.")],
                                     [entry("A_A", "planned")]])
def test_a_report_can_be_drawn_at_any_moment(phases_):
    Page(render(contents((False, phases_), downtime={"began": 0.0, "ended": None, "seconds": 1.0})))


@pytest.mark.parametrize("seconds, shown", [(0, "00:00:00"), (59.9, "00:00:59"), (3661, "01:01:01"), (360000, "100:00:00")])
def test_clock(seconds, shown):
    assert clock(seconds) == shown


# -- what the callback takes from results


class Named:
    def __init__(self, name, tags=(), when=(), loop=None):
        self.name, self.tags, self.when, self.loop = name, tags, when, loop

    def get_ds(self):
        return {"when": self.when}

    def get_name(self):
        return self.name


class Result:
    def __init__(self, task, **result):
        self._task, self._host, self._result = task, Named("dbtrg"), result


@pytest.fixture
def callback(tmp_path):
    made_ = phases.CallbackModule()
    made_.lines = []
    made_._display = type("Display", (), {"display": lambda self, text, color=None: made_.lines.append(text)})()
    made_.get_option = {"directory": str(tmp_path), "interval": 0.0}.get
    return made_


def task(phase_name, what, when=()):
    return Named("dbferry.oracle.migration : {0} {1}".format(phase_name, what), [phase_name], when)


def test_everything_that_is_listened_to_exists():
    listened = [name for name in vars(phases.CallbackModule) if name.startswith("v2_")]
    assert listened and all(hasattr(CallbackBase, name) for name in listened)


def test_a_phase_from_its_first_look_to_its_end(callback, tmp_path):
    copy = task("XTTS_TRANSFER", "copy the datafiles")
    copy.args = {"password": "tiger"}
    callback.v2_runner_on_start(Named("dbtrg"), copy)
    callback.v2_runner_retry(Result(copy, migration=MIGRATION, changed=True, statements=["BACKUP AS COPY"],
                                       progress={"percent": 40.0, "done": 1, "of": 3}))
    callback.v2_runner_on_ok(Result(copy, migration=MIGRATION, changed=True, statements=[]))
    callback.v2_playbook_on_stats(None)
    shown = "\n".join(callback.lines)
    for text in ("> dbtrg        XTTS_TRANSFER                   begins", "40 %, 1 of 3", "changed", "1 statement"):
        assert text in shown
    with open(tmp_path / "dbtrg-SALES-1.json", encoding="utf-8") as handle:
        text = handle.read()
    assert json.loads(text)["runs"][0]["phases"][0]["statements"] == ["BACKUP AS COPY"], "the look that was repeated began the work"
    with open(tmp_path / "dbtrg-SALES-1.html", encoding="utf-8") as handle:
        assert "tiger" not in text + handle.read()


def test_each_item_of_a_loop_counts(callback):
    drop = task("ZDM_CLEANUP_TGT", "the restore points before the points of no return")
    drop.loop = ["A", "B"]
    callback.v2_runner_on_start(Named("dbtrg"), drop)
    callback.v2_runner_on_ok(Result(drop, changed=True, results=[
        {"migration": MIGRATION, "changed": True, "statements": ["DROP RESTORE POINT " + name], "after": {"RESTORE_POINT " + name: None}}
        for name in drop.loop]))
    done, = callback._records["dbtrg"].run["phases"]
    assert done["statements"] == ["DROP RESTORE POINT A", "DROP RESTORE POINT B"] and done["restore_points"] == {"A": False, "B": False}


def test_how_far_behind_a_standby_is(callback):
    wait = task("ZDM_MONITOR_APPLY_LAG", "until the target is in step")
    callback.v2_runner_on_start(Named("dbtrg"), wait)
    callback.v2_runner_retry(Result(wait, migration=MIGRATION, **UNKNOWN))
    callback.v2_runner_retry(Result(wait, migration=MIGRATION, **look()))
    assert [line.split("LAG")[1].strip() for line in callback.lines] == [
        "begins", "transport lag unknown, apply lag unknown", "transport lag 0 s, apply lag 3 s"]


def test_a_failure_is_recorded_with_what_to_do(callback):
    check = task("XTTS_CHECK_SET", "whether the set is self-contained")
    callback.v2_runner_on_start(Named("dbtrg"), check)
    callback.v2_runner_on_failed(Result(check, migration=MIGRATION, msg="No.", code="DBF-0161", hint="Do.",
                                        invocation={"password": "tiger"}))
    callback.v2_playbook_on_stats(None)
    entry_ = callback._records["dbtrg"].run["phases"][0]
    assert entry_["status"] == "failed" and entry_["error"] == {"msg": "No.", "code": "DBF-0161", "hint": "Do."}
    assert any("! dbtrg        XTTS_CHECK_SET" in line for line in callback.lines)


def test_a_phase_that_does_not_apply_says_why(callback):
    skip = task("XTTS_CONVERT_SRC", "does not apply", when=["False"])
    callback.v2_runner_on_start(Named("dbtrg"), Named("Run your own actions before XTTS_CONVERT_SRC", ["XTTS_CONVERT_SRC"]))
    callback.v2_runner_on_start(Named("dbtrg"), task("XTTS_CONVERT_SRC", "at the source", when=["False"]))
    callback.v2_runner_on_start(Named("dbtrg"), skip)
    callback.v2_runner_on_ok(Result(skip, msg="The datafiles are converted at the target."))
    callback.v2_playbook_on_stats(None)
    assert len(callback.lines) == 1, "and nothing begins that does not happen"
    assert any("does not apply" in line and "converted at the target" in line for line in callback.lines)


# -- a Data Guard pair: lag, throughput, way back


def look(**more):
    return dict({"transport_lag": 0.0, "apply_lag": 3.0, "lag_age": 1, "primary": "DBSRC", "standby": "DBTRG", "ready": True}, **more)


UNKNOWN = look(transport_lag=None, apply_lag=None, lag_age=None)
NOBODY = dict(UNKNOWN, primary="DBSRC", standby=None, ready=None)


def watched(tmp_path, clockwork, *looks):
    record = made(tmp_path)
    for result in looks:
        record.add("ZDM_MONITOR_APPLY_LAG", result)
        clockwork.now += 10
    record.finish("ZDM_MONITOR_APPLY_LAG")
    return record


def test_every_look_at_the_lag_is_kept_and_unknown_is_not_zero(tmp_path, clockwork):
    record = watched(tmp_path, clockwork, look(), UNKNOWN)
    assert record.run["phases"][0]["lag"] == [
        {"at": 1000.0, "transport": 0.0, "apply": 3.0, "age": 1, "standby": "DBTRG"},
        {"at": 1010.0, "transport": None, "apply": None, "age": None, "standby": "DBTRG"}]


def test_what_is_unknown_is_a_gap(tmp_path, clockwork):
    found = samples(watched(tmp_path, clockwork, NOBODY, look(), look(), UNKNOWN, look(apply_lag=None), look(), UNKNOWN, TURNED, TURNED).runs())
    assert [len(stretch) for stretch in lines(found, "transport")] == [2, 2]
    assert [len(stretch) for stretch in lines(found, "apply")] == [2, 1]
    assert len(found) == 5, "what was unknown before and after is not drawn, nor the lag of the former primary"
    text = chart(found, {"began": 1040.0, "ended": None, "seconds": 1.0})
    assert "Lag of DBTRG<" in text and text.count("<circle") == 2 + 4 + 3
    assert "transport unknown" not in text and "apply unknown" in text


@pytest.mark.parametrize("looks", [[look()], [look(apply_lag=7200.0), look()], [UNKNOWN], []])
def test_a_chart_of_few_looks(tmp_path, clockwork, looks):
    Page(render(watched(tmp_path, clockwork, *looks).contents()))


def test_plans_are_no_looks(tmp_path, clockwork):
    record = made(tmp_path, check_mode=True)
    record.add("ZDM_MONITOR_APPLY_LAG", look())
    assert samples(record.runs()) == []


def test_throughput_counts_what_was_moved_while_it_was_looked_at(tmp_path, clockwork):
    record = made(tmp_path)
    for seconds, moved in ((0, 1 << 30), (100, 2 << 30), (200, 5 << 30), (900, 5 << 30), (901, None)):
        clockwork.now = 1000.0 + seconds
        record.add("ZDM_RESTORE_TGT", {"progress": {"bytes": moved}})
    record.finish("ZDM_RESTORE_TGT")
    assert record.run["phases"][0]["volume"]["bytes"] == 4 << 30 and record.run["phases"][0]["volume"]["seconds"] == 200.0
    words = "".join(Page(render(record.contents())).words)
    assert "4.0 GiB" in words and "20.5 MiB/s" in words


def test_work_that_is_done_at_the_first_look_took_as_long_as_its_task(tmp_path, clockwork):
    record = made(tmp_path)
    record.begin("ZDM_RESTORE_TGT")
    clockwork.now = 1100.0
    record.task_began = 1100.0
    clockwork.now = 1104.0
    record.add("ZDM_RESTORE_TGT", {"changed": True, "statements": ["RESTORE DATABASE;"], "progress": {"bytes": 5 << 20}, "before": {
        "DATAFILE 1": {"bytes": 1 << 20, "restored": True}, "DATAFILE 2": {"bytes": 4 << 20, "restored": False}, "RMAN": None}})
    assert record.run["phases"][0]["volume"] == {"since": 1100.0, "had": 1 << 20, "bytes": 4 << 20, "seconds": 4.0}


def test_no_throughput_is_made_up(tmp_path, clockwork):
    record = made(tmp_path)
    phase(record, clockwork, "ZDM_RESTORE_TGT", progress={"bytes": 1 << 30})
    assert "Throughput" not in "".join(Page(render(record.contents())).words)


SWITCHED = {"finished": True, "proved": True, "after": {"DATABASE": {"db_unique_name": "DBTRG", "database_role": "PRIMARY"},
                                                        "PEER_DATABASE": {"db_unique_name": "DBSRC", "database_role": "PHYSICAL STANDBY"}}}
GONE = {"finished": True, "proved": False, "after": {"DATABASE": {"db_unique_name": "DBTRG"}, "PEER_DATABASE": {"unreachable": "ORA-12514"}}}
FOLLOWS = {"after": {"DATABASE": {"database_role": "PHYSICAL STANDBY"}, "REDO_APPLY": {"on": True}}}
TURNED = look(primary="DBTRG", standby="DBSRC")
PATCHED = {"changed": True, "before": {"HOME": {}}, "after": {"HOME": {}, "RELEASE_UPDATE ": {"status": "SUCCESS"}}}
POINT = {"changed": True, "after": {"RESTORE_POINT DBF_X_R1_PATCH": {"guarantee": True, "scn": 7}}}
UPGRADED = {"changed": True, "before": {"TIMEZONE": {"version": 32, "window": "NONE"}}, "after": {"TIMEZONE": {"version": 44, "window": "NONE"}}}
FAILED_OVER = {"finished": True, "became_primary_scn": 5, "after": {"DATABASE": {"db_unique_name": "DBTRG", "database_role": "PRIMARY"}}}
REINSTATED = {"finished": True, "after": {"DATABASE": {"db_unique_name": "DBSRC", "database_role": "PHYSICAL STANDBY"},
                                          "PEER_DATABASE": {"db_unique_name": "DBTRG", "database_role": "PRIMARY"}}}


@pytest.mark.parametrize("results, told", [
    ([], None),
    ([("ZDM_VALIDATE_TGT", look())], "giving up loses nothing"),
    ([("ZDM_SWITCHOVER_SRC", look()), ("ZDM_SWITCHOVER_SRC", dict(SWITCHED, finished=False))], "DBSRC is the primary as before"),
    ([("ZDM_FINALIZE_TGT", FOLLOWS), ("ZDM_SWITCHOVER_SRC", look()), ("ZDM_SWITCHOVER_SRC", SWITCHED)], "Whether it applies redo was not seen"),
    ([("ZDM_SWITCHOVER_SRC", look()), ("ZDM_SWITCHOVER_SRC", GONE), ("ZDM_SWITCHOVER_TGT", FOLLOWS)], "Redo Apply was on at"),
    ([("ZDM_SWITCHOVER_SRC", look()), ("ZDM_SWITCHOVER_SRC", GONE)], "DBSRC has not been seen as a standby"),
    ([("ZDM_SWITCHOVER_SRC", SWITCHED), ("ZDM_SWITCHOVER_TGT", FOLLOWS)], "Redo Apply was on at"),
    ([("ZDM_SWITCHOVER_SRC", SWITCHED), ("ZDM_SWITCHOVER_TGT", FOLLOWS), ("ZDM_MONITOR_APPLY_LAG", TURNED)], "nothing stood in the way"),
    ([("ZDM_SWITCHOVER_SRC", SWITCHED), ("ZDM_MONITOR_APPLY_LAG", dict(TURNED, ready=False))], "something stood in the way"),
    ([("ZDM_SWITCHOVER_SRC", SWITCHED), ("ZDM_DATAPATCH_TGT", PATCHED), ("ZDM_MONITOR_APPLY_LAG", TURNED)],
     "ZDM_DATAPATCH_TGT changed DBTRG since the switchover: for switching back without loss the home of DBSRC has to be patched as far"),
    ([("ZDM_SWITCHOVER_SRC", SWITCHED), ("ZDM_DATAPATCH_TGT", POINT), ("ZDM_DATAPATCH_TGT", PATCHED), ("ZDM_MONITOR_APPLY_LAG", TURNED)],
     "Flashing DBTRG back to DBF_X_R1_PATCH loses what was committed there since."),
    ([("ZDM_SWITCHOVER_SRC", SWITCHED), ("TIMEZONE_UPGRADE_TGT", UPGRADED), ("ZDM_MONITOR_APPLY_LAG", TURNED)], "needs that time zone file first"),
    ([("ZDM_SWITCHOVER_SRC", SWITCHED), ("ZDM_NONCDBTOPDB_CONVERSION", {"changed": True})], "DBTRG is no copy of DBSRC any more"),
    ([("ZDM_SWITCHOVER_SRC", SWITCHED), ("ZDM_NONCDBTOPDB_CONVERSION", dict(POINT, changed=True))], "Whether it applies redo was not seen"),
    ([("ZDM_SWITCHOVER_SRC", SWITCHED), ("ZDM_SWITCHOVER_TGT", FOLLOWS), ("ZDM_SHUTDOWN_SRC", {"changed": True})], "DBSRC was shut down: until"),
    ([("ZDM_SWITCHOVER_SRC", SWITCHED), ("ZDM_SHUTDOWN_SRC", {"changed": True}), ("ZDM_MONITOR_APPLY_LAG", TURNED)], "nothing stood in the way"),
    ([("ZDM_SWITCHOVER_SRC", SWITCHED), ("ZDM_POST_MIGRATE_TGT", None)], "Nothing follows DBTRG: going back to DBSRC loses what was committed at DBTRG"),
    ([("PHYSICAL_FAILOVER_TGT", look()), ("PHYSICAL_FAILOVER_TGT", FAILED_OVER)],
     "DBTRG took over by a failover. What DBSRC had committed and not sent is lost"),
    ([("PHYSICAL_FAILOVER_TGT", look()), ("PHYSICAL_FAILOVER_TGT", FAILED_OVER), ("PHYSICAL_REINSTATE_SRC", REINSTATED),
      ("PHYSICAL_REINSTATE_SRC", FOLLOWS),
      ("PHYSICAL_REINSTATE_SRC", TURNED)], "nothing stood in the way"),
    ([("ZDM_SWITCHOVER_SRC", SWITCHED), ("ZDM_DATAPATCH_TGT", {"changed": True}), ("ZDM_MONITOR_APPLY_LAG", TURNED)], "nothing stood in the way"),
], ids=["no pair", "before", "halfway", "switched", "mounted later", "not proved", "follows", "in step", "not in step", "patched", "restore point",
        "time zone file", "pluggable", "not yet pluggable", "shut down", "started again", "not to follow", "failed over", "reinstated", "nothing to patch"])
def test_the_way_back_is_what_was_seen_of_it(tmp_path, clockwork, results, told):
    record = made(tmp_path)
    for name, result in results:
        if result is None:
            record.begin(name)["reason"] = "It was not wanted."
        else:
            record.add(name, result)
        record.finish(name)
    found = way_back.line(record.runs())
    assert told in found if told else found == ""
    assert found in html.unescape(render(record.contents()))


@pytest.mark.parametrize("names, told", [
    ([], ""), (["ZDM_RESTORE_TGT"], "giving up loses nothing"), (["ZDM_RESTORE_TGT", "ZDM_BACKUP_DIFFERENTIAL_SRC"], "lets applications into the source"),
    (["ZDM_BACKUP_DIFFERENTIAL_SRC", "ZDM_POST_DATABASE_OPEN_TGT"], "loses what was committed at the target")])
def test_the_way_back_of_a_migration_by_backups(names, told):
    found = contents((False, [entry(name) for name in names]))
    found["runs"][0]["playbook"] = "physical_offline.yml"
    assert told in way_back.line(found["runs"]) and bool(told) == bool(way_back.line(found["runs"]))


def test_a_phase_that_wants_to_be_confirmed_says_so_until_it_is_done(tmp_path, clockwork):
    record = made(tmp_path)
    record.add("ZDM_DATAPATCH_TGT", {"statements": ["datapatch -prereq -verbose"], "changed": True})
    record.asks("ZDM_DATAPATCH_TGT", "It would patch.")
    assert record.finish("ZDM_DATAPATCH_TGT")["status"] == "wants to be confirmed"
    assert "ZDM_DATAPATCH_TGT wants to be confirmed" in render(record.contents()) and "It would patch." in render(record.contents())
    record.run["phases"].append(dict(entry("ZDM_DATAPATCH_TGT"), statements=["datapatch -verbose"]))
    assert "to be confirmed" not in render(record.contents())
    plan = made(tmp_path, check_mode=True)
    plan.asks("ZDM_DATAPATCH_TGT", "It would patch.")
    assert plan.finish("ZDM_DATAPATCH_TGT")["status"] == "unchanged" and "It would patch." in render(plan.contents())


def test_what_a_tool_printed_is_judged_by_itself(tmp_path, clockwork):
    record = made(tmp_path)
    record.add("ZDM_RESTORE_TGT", {"failed": True, "verdict": "failed", "errors": ["RMAN-06023"]})
    assert "verdict" not in record.finish("ZDM_RESTORE_TGT")


def warning(check):
    return {"severity": "warning", "check": check, "message": check + " is missing", "remedy": "", "objects": []}


def test_findings_of_a_task_that_is_repeated_are_those_of_the_last_look(tmp_path, clockwork):
    record = made(tmp_path)
    for name, found in (("one", ["A", "B"]), ("other", ["C"]), ("one", ["B"])):
        record.add("ZDM_VALIDATE_SRC", {"findings": [warning(check) for check in found]}, name)
    assert [one["check"] for one in record.finish("ZDM_VALIDATE_SRC")["findings"]] == ["B", "C"]


def test_findings_of_a_pair_are_those_of_the_last_look_at_it_in_any_phase(tmp_path, clockwork):
    record = made(tmp_path)
    record.add("ZDM_CONFIGURE_DG_SRC", dict(NOBODY, findings=[warning("destination")]))
    record.finish("ZDM_CONFIGURE_DG_SRC")
    assert "destination is missing" in render(record.contents())
    record.add("ZDM_MONITOR_APPLY_LAG", look(findings=[warning("service")]))
    record.finish("ZDM_MONITOR_APPLY_LAG")
    text = render(record.contents())
    assert "service is missing" in text and "destination is missing" not in text
    record.add("ZDM_SWITCHOVER_SRC", SWITCHED)
    record.finish("ZDM_SWITCHOVER_SRC")
    assert "service is missing" not in render(record.contents()), "it stood in the way of what has been done"


def test_a_plan_has_no_way_back_and_says_what_it_rests_on(tmp_path, clockwork):
    record = made(tmp_path, check_mode=True)
    done = phase(record, clockwork, "ZDM_SWITCHOVER_SRC", changed=True, assumed=[{"resource": "DATABASE", "phase": "ZDM_RESTORE_TGT"}], **SWITCHED)
    done["status"] = "planned"
    words = "".join(Page(render(record.contents())).words)
    assert "Way back" not in words and "assumes what ZDM_RESTORE_TGT does" in words


def test_phases_that_do_not_apply_stand_aside():
    found = contents((False, [entry("A_A"), entry("B_B", "does not apply", reason="Not wanted."), entry("C_C", "does not apply", reason="Nor this.")]))
    text = render(found)
    words = "".join(Page(text).words)
    assert "2 phases do not apply" in words and "Not wanted." in words
    assert "B_B" not in text[text.index("Timeline"):text.index("<h2>Phases")]

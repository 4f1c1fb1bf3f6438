# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What views tell of RMAN: running, ended, killed."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.modules import rman_job_info
from fake_session import FakeSession


def job(status, operation="RESTORE"):
    return {"operation": operation, "object_type": "DB FULL", "status": status, "started": "2026-03-02 08:00:00", "ended": None, "input_bytes": 0,
            "output_bytes": 5}


def work(sofar, totalwork, opname="RMAN: full datafile restore", elapsed=10, left=30):
    return {"opname": opname, "sofar": sofar, "totalwork": totalwork, "elapsed_seconds": elapsed, "time_remaining": left}


def told(jobs=(), rows=(), sessions=1, status="MOUNTED", **more):
    found = FakeSession({rman_job_info.INSTANCE: [{"status": status, "block_size": "8192"}], rman_job_info.SESSIONS: [{"sessions": sessions}],
                         rman_job_info.WORK: list(rows)})
    if status != "STARTED":
        found.answers[rman_job_info.OPERATIONS] = lambda hours: jobs
    want = dict({"operations": [], "hours": 24.0, "fail": True}, **more)
    return rman_job_info.report(rman_job_info.observe(found, want), want)


def test_the_aggregate_row_tells_how_far_it_is_and_how_long_it_will_take():
    found = told([job("RUNNING")], [work(100, 400, "RMAN: aggregate input"), work(99, 200), work(1, 200)])
    assert not found["finished"] and found["job"]["verdict"] == "running"
    assert found["progress"] == {"percent": 25.0, "bytes": 819200, "of_bytes": 3276800, "bytes_per_second": 81920, "seconds_left": 30}


def test_without_one_the_channels_are_added_up():
    assert told([job("RUNNING")], [work(50, 100, left=5), work(50, 300, left=40)])["progress"]["percent"] == 25.0


@pytest.mark.parametrize("status, verdict", [("COMPLETED", "ok"), ("COMPLETED WITH WARNINGS", "warning"), ("COMPLETED WITH ERRORS", "completed_with_errors")])
def test_what_has_ended_is_finished(status, verdict):
    found = told([job(status)], sessions=0)
    assert found["finished"] and found["job"]["verdict"] == verdict and found["progress"]["percent"] is None


@pytest.mark.parametrize("status, verdict", [("FAILED", "failed"), ("RUNNING", "unknown")])
def test_what_failed_or_was_killed_is_an_error_unless_it_is_only_asked_for(status, verdict):
    with pytest.raises(DbferryError) as caught:
        told([job(status)], sessions=0)
    assert caught.value.code == "DBF-0771"
    assert told([job(status)], sessions=0, fail=False)["job"]["verdict"] == verdict


def test_only_the_newest_of_the_wanted_operations_counts():
    jobs = [job("RUNNING", "BACKUP"), job("COMPLETED"), job("FAILED")]
    found = told(jobs, operations=["restore"])
    assert found["finished"] and found["job"]["verdict"] == "ok" and len(found["jobs"]) == 2
    assert told([], operations=["restore"])["job"] is None


def test_without_a_control_file_there_is_progress_alone():
    assert not told(rows=[work(1, 2)], status="STARTED")["finished"] and told(sessions=0, status="STARTED")["finished"]

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that outlive whoever started them: real processes."""

from __future__ import annotations

import os
import signal
import stat
import sys
import threading
import time

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import server_job


@pytest.fixture
def directory(tmp_path):
    return str(tmp_path / "jobs" / "DBF_SALES_R1_CMD_COPY")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(server_job, "PATIENCE", 0.3)


def command(code):
    return [sys.executable, "-c", code]


ECHO = "import os, sys; print(os.environ['ORACLE_SID'], sys.stdin.read()); sys.exit(3)"
WAIT = "import os, sys, time; print('begun', flush=True)\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.02)\nprint('ended')"


def until_finished(directory):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = server_job.status(directory)
        if found["finished"]:
            return found
        time.sleep(0.02)
    raise AssertionError("it goes on")


def until_begun(directory):
    deadline = time.monotonic() + 10
    while server_job.status(directory)["output"] != "begun\n" and time.monotonic() < deadline:
        time.sleep(0.02)


def test_a_short_command_is_told_at_once_and_its_name_is_free_again(directory, monkeypatch):
    monkeypatch.setattr(server_job, "PATIENCE", 10.0)
    found = server_job.start_or_join(directory, command(ECHO), "BACKUP;\n", {"ORACLE_SID": "SALES"})
    assert found["started"] and found["finished"] and found["rc"] == 3 and found["output"].split() == ["SALES", "BACKUP;"]
    assert not server_job.status(directory)["known"] and os.path.exists(directory + ".1/output")


def test_a_long_command_is_started_once_and_joined(directory, tmp_path):
    end = tmp_path / "end"
    first = server_job.start_or_join(directory, command(WAIT) + [str(end)], "", {})
    assert first["started"] and not first["finished"] and first["rc"] is None
    until_begun(directory)
    second = server_job.start_or_join(directory, ["/nowhere"], "", {})
    assert not second["started"] and not second["finished"] and second["output"] == "begun\n"
    assert not server_job.join(directory)["finished"]
    end.touch()
    until_finished(directory)
    last = server_job.join(directory)
    assert last["finished"] and last["rc"] == 0 and last["output"] == "begun\nended\n" and not last["started"]


def test_joining_what_is_not_there_starts_nothing(directory):
    assert server_job.join(directory) == {"known": False, "finished": False, "rc": None, "output": "", "age": 0.0, "started": False}
    assert not os.path.exists(directory)


def test_a_killed_command_has_ended_without_an_exit_code(directory, tmp_path):
    server_job.start_or_join(directory, command(WAIT) + [str(tmp_path / "never")], "", {})
    until_begun(directory)
    with open(os.path.join(directory, "pid"), encoding="ascii") as handle:
        os.killpg(int(handle.read()), signal.SIGKILL)
    assert until_finished(directory)["rc"] is None
    found = server_job.join(directory)
    assert found["known"] and found["finished"] and found["rc"] is None and found["output"] == "begun\n" and 0 <= found["age"] < 60
    assert not server_job.status(directory)["known"], "so the next call begins anew"


def test_it_goes_on_without_whoever_started_it(directory, tmp_path):
    end = tmp_path / "end"
    code = ("import sys; sys.path[:0] = {0!r}\nfrom ansible_collections.dbferry.oracle.plugins.module_utils import server_job\n"
            "server_job.start({1!r}, {2!r}, '', {{}})").format(sys.path, directory, command(WAIT) + [str(end)])
    child = os.posix_spawn(sys.executable, command(code), os.environ)
    os.waitpid(child, 0)
    assert not server_job.status(directory)["finished"]
    end.touch()
    assert until_finished(directory)["rc"] == 0


def test_a_process_id_that_was_given_away_is_not_ours(directory):
    os.makedirs(directory)
    for name, text in (("pid", str(os.getpid())), ("lock", "")):
        with open(os.path.join(directory, name), "w", encoding="ascii") as handle:
            handle.write(text)
    assert server_job.status(directory)["finished"] is True


def test_a_job_that_somebody_is_just_starting_is_not_taken_for_a_dead_one(directory, monkeypatch):
    os.makedirs(directory)
    found = server_job.status(directory)
    assert found["known"] and not found["finished"]
    monkeypatch.setattr(server_job, "BEGINNING", 0.0)
    assert server_job.status(directory)["finished"]


def test_two_at_once_start_one(directory, tmp_path):
    end, found = tmp_path / "end", []
    barrier = threading.Barrier(2)

    def begin():
        barrier.wait()
        found.append(server_job.start_or_join(directory, command(WAIT) + [str(end)], "", {})["started"])

    workers = [threading.Thread(target=begin) for dummy in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    end.touch()
    assert sorted(found) == [False, True] and until_finished(directory)["output"] == "begun\nended\n"


def test_nobody_else_can_read_the_script(directory, tmp_path):
    end = tmp_path / "end"
    server_job.start_or_join(directory, command(WAIT) + [str(end)], "a secret", {})
    assert stat.S_IMODE(os.stat(directory).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(os.path.dirname(directory)).st_mode) == 0o700, "the directory of jobs as well"
    assert stat.S_IMODE(os.stat(os.path.join(directory, "script")).st_mode) == 0o600
    end.touch()
    until_finished(directory)
    assert not os.path.exists(os.path.join(directory, "script")), "and it does not stay"


def test_room_is_looked_for_before_anything_is_started(tmp_path):
    assert server_job.lacking({str(tmp_path): 1}) == []
    gone, full = server_job.lacking({str(tmp_path): 1 << 80, str(tmp_path / "none"): 1})
    assert str(1 << 80) in full and "cannot be used" in gone


def test_what_goes_to_one_file_system_is_added_up(tmp_path):
    (tmp_path / "copies").mkdir()
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    share = {str(tmp_path): free * 2 // 3, str(tmp_path / "copies"): free * 2 // 3}
    assert all(server_job.lacking({path: needed}) == [] for path, needed in share.items())
    (both,) = server_job.lacking(share)
    assert "{0} and {0}/copies together have".format(tmp_path) in both


def test_a_work_directory_may_be_missing_but_its_place_must_be_writable(tmp_path):
    (tmp_path / "file").touch()
    assert server_job.writable(str(tmp_path)) and server_job.writable(str(tmp_path / "new" / "work"))
    assert not server_job.writable(str(tmp_path / "file" / "work")) and not server_job.writable("/proc/self/work")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of workflows have in common: the phases, what a run left behind, and runs in the background."""
from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import typing as t

import yaml
from lab_under_test import ROOT, Lab
from oralab import instance
from oralab.net.faults import Fault

XTTS, PHYSICAL_ONLINE, PHYSICAL_OFFLINE = "dbferry.oracle.xtts", "dbferry.oracle.physical_online", "dbferry.oracle.physical_offline"
PHASES = {playbook: yaml.safe_load((ROOT / "roles" / role / "vars/main.yml").read_text())[name]
          for playbook, role, name in ((XTTS, "xtts", "_xtts_phases"), (PHYSICAL_ONLINE, "physical", "_physical_online"),
                                         (PHYSICAL_OFFLINE, "physical", "_physical_offline"))}


def record(lab: Lab, playbook: str) -> t.Dict[str, t.Any]:
    """The newest job record, with the runs of this playbook alone."""
    found = json.loads(sorted((lab.directory / "records").glob("*.json"))[-1].read_text())
    return dict(found, runs=[run for run in found["runs"] if run["playbook"] == playbook.rsplit(".", 1)[1] + ".yml"])


def phases(run: t.Dict[str, t.Any]) -> t.Dict[str, t.Dict[str, t.Any]]:
    return {entry["name"]: entry for entry in run["phases"]}


def picture(lab: Lab, name: str) -> t.List[t.List[str]]:
    questions = ("SELECT tablespace_name, status FROM dba_tablespaces",
                 "SELECT owner, object_type, object_name, status, last_ddl_time FROM dba_objects",
                 "SELECT username, account_status, default_tablespace FROM dba_users", "SELECT name FROM v$active_services",
                 "SELECT logins FROM v$instance", "SELECT directory_name FROM dba_directories",
                 "SELECT value FROM v$parameter WHERE name = 'job_queue_processes'",
                 "SELECT sequence_owner, sequence_name, last_number FROM dba_sequences")
    return [sorted(str(row) for row in lab.query(name, question)) for question in questions]


def assert_all_equal(lab: Lab, playbook: str, growing: t.Sequence[str] = ()) -> None:
    """Every table was compared and found equal, and the rows are still there; in growing tables there may be more by now."""
    entry = next(found for run in reversed(record(lab, playbook)["runs"]) for found in run["phases"] if found.get("tables"))
    assert entry["verdict"] == "equal" and entry["tables"] and all(row["equal"] for row in entry["tables"])
    counted = {row["table"]: row["target_rows"] for row in entry["tables"]}
    for table, rows in counted.items():
        owner, name = table.split(".", 1)
        present = lab.query("dbtrg", f'SELECT COUNT(*) n FROM "{owner}"."{name}"')[0]["n"]
        assert present == rows or table in growing and present > rows


def faults(lab: Lab, name: str, *connections: Fault, **storage: t.Any) -> None:
    """What shall go wrong at a database from now on; nothing, without any."""
    instance.plan_faults(str(lab.directory / name / "oradata"), connections, **storage)


def wait_for(condition: t.Callable[[], bool], seconds: float = 180, *, meanwhile: t.Callable[[], str] = str) -> None:
    """Until it is so. ``meanwhile`` gives what a failure is to be told with."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened\n" + meanwhile()
        time.sleep(0.2)


class Running:
    """A run of a workflow in the background."""

    def __init__(self, lab: Lab, playbook: str, *arguments: str) -> None:
        self.lab = lab
        self.output = lab.directory / "running.txt"
        with open(self.output, "w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                ["ansible-playbook", playbook, "-i", str(lab.inventory), "-e", "migration_poll_delay=1", *arguments], cwd=ROOT, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
                env=dict(os.environ, DBFERRY_RECORDS=str(lab.directory / "records"), PYTHONUNBUFFERED="1",
                         ANSIBLE_STDOUT_CALLBACK="dbferry.oracle.quiet", ANSIBLE_CALLBACKS_ENABLED="dbferry.oracle.phases"))

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def reach(self, phase: str, told: str = "->+=") -> None:
        """Until the phase begins; one of which no more is told than that it was done, until then."""
        def reached() -> bool:
            ended = self.process.poll() is not None
            found = bool(re.search(rf"[{told}] dbtrg\s+{phase} ", self.said))
            assert found or not ended, f"it ended before {phase}:\n{self.said[-3000:]}"
            return found
        wait_for(reached, 1200)

    def pass_by(self, phase: str) -> None:
        """Until the phase is over."""
        self.reach(phase, told="-+=")

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

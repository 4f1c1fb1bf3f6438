# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the measurements share: a lab, playbooks with the time they take, and the form of a result."""
from __future__ import annotations

import dataclasses
import functools
import json
import os
import pathlib
import subprocess
import sys
import time
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build/bench"
CALLS = 40
ROUNDS = 3


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One ratio (or a figure that is only reported), with the bound that it must keep.

    :param value: what is held against the bound.
    :param figures: what it was made from, with units in the names.
    """

    title: str
    value: float
    figures: t.Dict[str, t.Any]
    at_most: t.Optional[float] = None
    at_least: t.Optional[float] = None
    note: str = ""

    @property
    def bound(self) -> str:
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        return f"at least {self.at_least:g}" if self.at_least is not None else "reported"

    @property
    def kept(self) -> bool:
        return (self.at_most is None or self.value <= self.at_most) and (self.at_least is None or self.value >= self.at_least)

    def contents(self) -> t.Dict[str, t.Any]:
        return {"title": self.title, "value": round(self.value, 4), "bound": self.bound, "kept": self.kept, "figures": self.figures, "note": self.note}


class Stand:
    """A lab for one run of the benchmark. It is made when the first measurement asks for it."""

    def __init__(self, directory: pathlib.Path, topology: str = "xtts") -> None:
        self.directory = directory
        self.topology = topology
        self.records = RESULTS / directory.name / "records"
        self.traces = RESULTS / directory.name / "trace"
        #: MiB of the largest process of the last playbook (Linux counts KiB).
        self.largest = 0.0
        RESULTS.mkdir(parents=True, exist_ok=True)

    # -- the lab

    def lab(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "-m", "oralab.lab", *arguments, "--directory", str(self.directory)], check=True, cwd=ROOT,
                       stdout=subprocess.DEVNULL)

    @functools.cached_property
    def databases(self) -> t.Dict[str, t.Dict[str, t.Any]]:
        self.lab("down")  # what a run that was killed may have left
        self.lab("up", "--for", self.topology)
        found: t.Dict[str, t.Dict[str, t.Any]] = json.loads((self.directory / "endpoints.json").read_text())["databases"]
        return found

    @functools.cached_property
    def inventory(self) -> pathlib.Path:
        assert self.databases
        return self.directory / "inventory.yml"

    def login(self, name: str) -> t.Dict[str, t.Any]:
        """Connection options of the migration user."""
        endpoint = self.databases[name]
        return {"dsn": endpoint["dsn"], "user": "DBFERRY", "password": endpoint["users"]["DBFERRY"]}

    def down(self) -> None:
        self.lab("down")

    # -- playbooks

    def playbook(self, name: str, *arguments: str, inventory: t.Optional[pathlib.Path] = None, **environment: str) -> float:
        """Seconds that ansible-playbook takes. What it prints goes to build/bench/playbook.log, and ``largest`` is set."""
        argv = ["ansible-playbook", name, "-i", str(inventory or self.inventory), *arguments]
        with open(RESULTS / "playbook.log", "w") as log:
            began = time.monotonic()
            process = subprocess.Popen(argv, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
                                       env=dict(os.environ, DBFERRY_RECORDS=str(self.records), **environment))
            _, status, usage = os.wait4(process.pid, 0)
            took = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        self.largest = usage.ru_maxrss / 1024
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, argv)
        return took

    def play(self, tasks: t.List[t.Dict[str, t.Any]], *arguments: str, first_on_path: t.Optional[pathlib.Path] = None) -> float:
        """Seconds that a play of these tasks takes on the target's entry."""
        path = RESULTS / "play.yml"
        path.write_text(json.dumps([{"hosts": "dbtrg", "gather_facts": False, "tasks": tasks}]))
        return self.playbook(str(path), *arguments, **({"PATH": f"{first_on_path}:{os.environ['PATH']}"} if first_on_path else {}))

    def slope(self, task: t.Dict[str, t.Any], *arguments: str) -> float:
        """Seconds of one more call of a task: many calls against one, so that the start of ansible-playbook does not count."""
        return min((self.play([task] * (CALLS + 1), *arguments) - self.play([task], *arguments)) / CALLS for _ in range(ROUNDS))

    @functools.cached_property
    def ping(self) -> float:
        """Seconds of one more ansible.builtin.ping."""
        return self.slope({"ansible.builtin.ping": {}})

    # -- a migration

    @functools.cached_property
    def migrated(self) -> pathlib.Path:
        """Move the sample application with every call traced; gives the folder of the traces."""
        self.traces.mkdir(parents=True, exist_ok=True)
        for old in (*self.traces.glob("*"), *self.records.glob("*")):
            old.unlink()
        self.playbook("dbferry.oracle.xtts", "-e", "migration_poll_delay=1", DBFERRY_TRACE=str(self.traces),
                      PYTHONPATH=f"{ROOT}/tests/trace:{os.environ['PYTHONPATH']}", ANSIBLE_CALLBACKS_ENABLED="dbferry.oracle.phases")
        return self.traces

    def record(self) -> t.Dict[str, t.Any]:
        """The job record of the migration."""
        assert self.migrated
        found: t.Dict[str, t.Any] = json.loads(next(self.records.glob("*.json")).read_text())
        return found

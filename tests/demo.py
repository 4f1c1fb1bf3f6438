# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demonstration: a database moves, phase by phase, and every row is proved.

``physical``: while an application commits all the time, its database gets a standby elsewhere, which takes over. The commits are counted.
``xtts``: a big-endian source moves to a little-endian target.

Starts the lab, runs the very playbook that users run, and prints the verification table from its job record.
"""
from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from oralab import workload

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAB = ROOT / "build/lab"
RECORDS = ROOT / "build/records"
ORDERS = RECORDS / "orders.jsonl"
AFTERWARDS_SECONDS = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Demonstration:
    """``topology``: of the lab. ``busy``: an application works meanwhile."""

    topology: str
    playbook: str
    start: str
    busy: bool


DEMONSTRATIONS = {
    "physical": Demonstration("physical", "physical_online", "Starting two simulated databases: a source, and the placeholder that becomes its new home", True),
    "xtts": Demonstration("xtts", "xtts", "Starting two simulated databases: Solaris[tm] OE (64-bit), big-endian, and Linux x86 64-bit, little-endian", False),
}


def say(text: str) -> None:
    print(f"\n{text}", flush=True)


def lab(*arguments: str, quiet: bool = False) -> None:
    subprocess.run([sys.executable, "-m", "oralab.lab", *arguments, "--directory", str(LAB)], check=True, cwd=ROOT,
                   stdout=subprocess.DEVNULL if quiet else None)


def playbook(name: str) -> int:
    """Run a playbook of the collection on the lab, with nothing on the screen but its phases."""
    environment = dict(os.environ, ANSIBLE_STDOUT_CALLBACK="dbferry.oracle.quiet", DBFERRY_RECORDS=str(RECORDS), ANSIBLE_FORCE_COLOR="true",
                       DBFERRY_PROGRESS_INTERVAL="1", ANSIBLE_CALLBACKS_ENABLED="dbferry.oracle.phases")
    return subprocess.run(["ansible-playbook", f"dbferry.oracle.{name}", "-i", str(LAB / "inventory.yml"), "-e",
                           "migration_poll_delay=1"], cwd=ROOT, env=environment).returncode


@contextlib.contextmanager
def application() -> Iterator[None]:
    """An application that commits all the time, and some seconds more."""
    process = subprocess.Popen([sys.executable, "-m", "oralab.workload", "run", "--lab", str(LAB), "--record", str(ORDERS)], cwd=ROOT)
    try:
        yield
        time.sleep(AFTERWARDS_SECONDS)
    finally:
        process.terminate()
        process.wait()


def commits() -> bool:
    """Print what the application knows of its commits, held against the rows of the target; whether none was lost."""
    databases = json.loads((LAB / "endpoints.json").read_text())["databases"]
    source, target = databases["dbsrc"], databases["dbtrg"]
    found = workload.report(workload.read(str(ORDERS)),
                            workload.rows_of(f"{target['host']}:{target['port']}/{workload.SERVICE}", source["users"][workload.USER]))
    for side in ("source", "target"):
        print(f"  {found['sides'].get(side, {'acknowledged': 0})['acknowledged']:>8,} commits acknowledged by the {side}")
    print(f"  {found['found']:>8,} of these are in the target: {'none is lost' if not found['lost'] else str(len(found['lost'])) + ' ARE LOST'}")
    if found["unknown"]:
        print(f"  {found['unknown']:>8,} sent and never answered, as the roles changed; {found['unknown_found']} of these took effect")
    for change in found["changes"]:
        print(f"  downtime {change['downtime']:.1f} s, from the last commit acknowledged by the {change['from']} to the first by the {change['to']}")
    return not found["lost"] and len(found["changes"]) == 1


def verification(busy: bool) -> None:
    record = json.loads(sorted(RECORDS.glob("*.json"))[-1].read_text())
    entry: dict[str, Any] = next(entry for run in reversed(record["runs"]) for entry in run["phases"] if entry.get("tables"))
    print(f"  {'table':<40}{'source':>12}{'target':>12}  rows")
    for row in entry["tables"]:
        print(f"  {row['table']:<40}{row['source_rows']:>12,}{row['target_rows']:>12,}  {'equal' if row['equal'] else 'DIFFERENT'}")
    print(f"  {len(entry['tables'])} tables, {sum(row['target_rows'] for row in entry['tables']):,} rows compared by count and two "
          f"hash sums: {entry['verdict']}")
    for line in entry.get("not_compared", []):
        print(f"  not compared: {line}")
    window = record["downtime"]
    if not busy:
        print(f"  downtime {window['seconds']:.0f} s" if window else "  no downtime")


def main() -> int:
    parser = argparse.ArgumentParser(description="Watch a database move.")
    parser.add_argument("demonstration", nargs="?", default="physical", choices=sorted(DEMONSTRATIONS))
    shown = DEMONSTRATIONS[parser.parse_args().demonstration]
    say(shown.start)
    lab("down", quiet=True)
    RECORDS.mkdir(parents=True, exist_ok=True)
    for old in RECORDS.glob("*"):
        old.unlink()
    lab("up", "--for", shown.topology)
    try:
        if shown.busy:
            say("An application connects to the service shop and commits twenty orders a second")
        say(f"Moving: ansible-playbook dbferry.oracle.{shown.playbook} -i build/lab/inventory.yml")
        with application() if shown.busy else contextlib.nullcontext():
            rc = playbook(shown.playbook)
        if rc:
            return rc
        say("Every row of every table, compared")
        verification(shown.busy)
        if shown.busy:
            say("What the application saw")
            rc = 0 if commits() else 1
        say("Once more: everything is done already, so nothing changes")
        rc = playbook(shown.playbook) or rc
        again = [entry["name"] for entry in json.loads(sorted(RECORDS.glob("*.json"))[-1].read_text())["runs"][-1]["phases"] if entry["changed"]]
        if again:
            say(f"These changed something nevertheless: {', '.join(again)}")
            rc = 1
    finally:
        lab("down")
    return rc


if __name__ == "__main__":
    sys.exit(main())

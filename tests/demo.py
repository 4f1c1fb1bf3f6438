# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demonstration: a big-endian source moves to a little-endian target, phase by phase, and every row is proved.

Starts the lab, runs the very playbook that users run, and prints the verification table from its job record.
"""
from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAB = ROOT / "build/lab"
RECORDS = ROOT / "build/records"


def say(text: str) -> None:
    print(f"\n{text}", flush=True)


def lab(*arguments: str, quiet: bool = False) -> None:
    subprocess.run([sys.executable, "-m", "oralab.lab", *arguments, "--directory", str(LAB)], check=True, cwd=ROOT,
                   stdout=subprocess.DEVNULL if quiet else None)


def playbook(name: str, *arguments: str) -> int:
    """Run a playbook of the collection on the lab, with nothing on the screen but its phases."""
    environment = dict(os.environ, ANSIBLE_STDOUT_CALLBACK="dbferry.oracle.quiet", DBFERRY_RECORDS=str(RECORDS), ANSIBLE_FORCE_COLOR="true",
                       DBFERRY_PROGRESS_INTERVAL="1", ANSIBLE_CALLBACKS_ENABLED="dbferry.oracle.phases")
    return subprocess.run(["ansible-playbook", f"dbferry.oracle.{name}", "-i", str(LAB / "inventory.yml"), "-e",
                           "migration_poll_delay=1", *arguments],
                          cwd=ROOT, env=environment).returncode


def verification() -> None:
    record = json.loads(sorted(RECORDS.glob("*.json"))[-1].read_text())
    entry = next(entry for run in reversed(record["runs"]) for entry in run["phases"] if entry.get("tables"))
    print(f"  {'table':<40}{'source':>12}{'target':>12}  rows")
    for row in entry["tables"]:
        print(f"  {row['table']:<40}{row['source_rows']:>12,}{row['target_rows']:>12,}  {'equal' if row['equal'] else 'DIFFERENT'}")
    print(f"  {len(entry['tables'])} tables, {sum(row['target_rows'] for row in entry['tables']):,} rows compared by count and two "
          f"hash sums: {entry['verdict']}")
    for line in entry.get("not_compared", []):
        print(f"  not compared: {line}")
    window = record["downtime"]
    print(f"  downtime {window['seconds']:.0f} s" if window else "  no downtime")


def main() -> int:
    say("Starting two simulated databases: Solaris[tm] OE (64-bit), big-endian, and Linux x86 64-bit, little-endian")
    lab("down", quiet=True)
    for old in RECORDS.glob("*"):
        old.unlink()
    lab("up", "--for", "xtts")
    try:
        say("Moving: ansible-playbook dbferry.oracle.xtts -i build/lab/inventory.yml")
        rc = playbook("xtts")
        if rc:
            return rc
        say("Every row of every table, compared")
        verification()
        say("Once more: everything is done already, so nothing changes")
        rc = playbook("xtts")
    finally:
        lab("down")
    return rc


if __name__ == "__main__":
    sys.exit(main())

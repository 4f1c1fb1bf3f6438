# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The oldest ansible-core that is supported, beside the newest, which runs everything else."""
from __future__ import annotations

import os
import pathlib
import subprocess

import pytest
import yaml
from lab_under_test import ROOT, Lab

OLDEST = ROOT / ".venv-oldest/bin/ansible-playbook"


@pytest.mark.skipif(not OLDEST.exists(), reason="make .venv-oldest/ready sets it up")
def test_the_oldest_core_plans_the_whole_workflow(lab: Lab, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "all.yml"
    path.write_text(yaml.safe_dump([{"import_playbook": "dbferry.oracle.xtts"}]))
    done = subprocess.run([str(OLDEST), str(path), "-i", str(lab.inventory), "--check", "--diff", "-e", "migration_poll_delay=1"], cwd=ROOT,
                          capture_output=True,
                          text=True, env=dict(os.environ, ANSIBLE_CALLBACKS_ENABLED="dbferry.oracle.phases", DBFERRY_RECORDS=str(tmp_path)))
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert "XTTS_CLEANUP" in done.stdout
    assert "2.17." in subprocess.run([str(OLDEST), "--version"], capture_output=True, text=True).stdout

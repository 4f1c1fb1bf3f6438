# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many entries share a server."""
from __future__ import annotations

import os
import pathlib

LAB = pathlib.Path(os.environ["MOLECULE_PROJECT_DIRECTORY"], "build", "molecule", os.environ["MOLECULE_SCENARIO_NAME"])


def test_every_entry_ran_its_own_commands(host):
    work = host.ansible.get_variables().get("dbferry_work_directory", "~/.dbferry")
    found = set(host.check_output(f"ls {work}").split())
    assert found == {f"DBF_DB{number:02d}_R1_CMD_VALIDATE_{name}.1" for number in range(1, 13) for name in ("ONE", "TWO")}
    assert set(host.check_output(f"cat {work}/*/rc")) == {"0"}


def test_no_session_was_refused():
    log = (LAB / "servers" / "dbtrg" / "sshd.log").read_text()
    assert log.count("Accepted publickey") >= 12, "each entry has a connection of its own"
    assert "no more sessions" not in log

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to convert datafiles by RMAN: at the source, over a shared directory or copied from server to server, into ASM from ASM."""
from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import typing as t

import pytest
from lab_under_test import ROOT, Lab
from test_xtts import XTTS, assert_all_equal, phases, record

COPY = {"xtts_transfer": "copy", "xtts_copy_transport": "local"}


@pytest.fixture()
def asm_lab(worker_id: str) -> t.Iterator[Lab]:
    """Both databases in disk groups."""
    directory = ROOT / f"build/asm-lab-{worker_id}"
    shutil.rmtree(directory, ignore_errors=True)
    lab = Lab(directory)
    lab.command("up", "--for", "asm")
    yield lab
    lab.command("down")


def variables(lab: Lab, **more: t.Any) -> t.Tuple[str, str]:
    return "-e", json.dumps(dict({"migration_poll_delay": 1, "xtts_backup": False}, **more))


def staging_of_the_target(lab: Lab) -> pathlib.Path:
    """A directory that only the target's server has."""
    path = lab.directory / "target-staging"
    path.mkdir(exist_ok=True)
    return path


def left(*places: pathlib.Path) -> t.List[str]:
    """What is left in staging directories, logs apart."""
    return sorted(name for place in places for name in os.listdir(place) if not name.endswith(".log"))


def datafiles(lab: Lab) -> t.List[str]:
    return [row["name"] for row in lab.query("dbtrg", "SELECT file_name name FROM dba_data_files WHERE tablespace_name LIKE 'APP%' ORDER BY 1")]


def test_from_disk_group_to_disk_group_by_rman_at_the_source(asm_lab: Lab) -> None:
    lab = asm_lab
    lab.playbook(XTTS, *variables(lab))
    run = phases(record(lab)["runs"][-1])
    assert run["XTTS_CONVERT_SRC"]["status"] == run["XTTS_CONVERT_TGT"]["status"] == "changed"
    assert run["XTTS_TRANSFER"]["status"] == "does not apply"
    assert_all_equal(lab)
    assert all(re.fullmatch(r"\+DATA02/DBTRG/DATAFILE/app_\w+\.2\d\d\.\d+", name) for name in datafiles(lab))
    assert left(lab.directory / "staging") == []


@pytest.mark.everything
def test_in_file_systems_by_rman_at_the_source_and_nothing_twice(fresh_lab: Lab) -> None:
    lab = fresh_lab
    planned = lab.playbook(XTTS, "--check", "--diff", *variables(lab, xtts_conversion="rman_source"), stdout="default")
    assert "TO PLATFORM 'Linux x86 64-bit'" in planned.stdout and "BACKUP AS COPY" not in planned.stdout
    lab.playbook(XTTS, *variables(lab, xtts_conversion="rman_source"))
    assert_all_equal(lab)
    again = lab.playbook(XTTS, *variables(lab, xtts_conversion="rman_source"), stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]
    assert left(lab.directory / "staging") == []


@pytest.mark.everything
@pytest.mark.parametrize("way", ["rman_source", "rman_target"])
def test_servers_that_share_nothing(fresh_lab: Lab, way: str) -> None:
    lab = fresh_lab
    there = staging_of_the_target(lab)
    lab.playbook(XTTS, *variables(lab, xtts_conversion=way, xtts_target_staging_path=str(there), **COPY))
    assert_all_equal(lab)
    assert phases(record(lab)["runs"][-1])["XTTS_TRANSFER"]["status"] == "changed"
    assert left(lab.directory / "staging", there) == []
    again = lab.playbook(XTTS, *variables(lab, xtts_conversion=way, xtts_target_staging_path=str(there), **COPY), stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]


@pytest.mark.everything
def test_the_control_node_is_killed_while_files_are_converted_and_copied(asm_lab: Lab) -> None:
    """Each time the work goes on at the server or is found cut off, and the next run ends it."""
    lab = asm_lab
    there = staging_of_the_target(lab)
    chosen = variables(lab, xtts_target_staging_path=str(there), xtts_datafile_path="+DATA02/DBTRG/DATAFILE", **COPY)
    for phase in ("XTTS_CONVERT_SRC", "XTTS_TRANSFER", "XTTS_CONVERT_TGT"):
        process = subprocess.Popen(
            ["ansible-playbook", XTTS, "-i", str(lab.inventory), *chosen], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True, env=dict(os.environ, DBFERRY_RECORDS=str(lab.directory / "records"), PYTHONUNBUFFERED="1",
                                             ANSIBLE_STDOUT_CALLBACK="dbferry.oracle.quiet", ANSIBLE_CALLBACKS_ENABLED="dbferry.oracle.phases"))
        assert process.stdout is not None
        seen = ""
        for line in process.stdout:
            seen += line
            if re.search(rf"> dbtrg\s+{phase} ", line):
                time.sleep(1.5)   # its command is on its way
                os.killpg(process.pid, signal.SIGKILL)
                break
        process.wait()
        assert process.returncode == -signal.SIGKILL, f"{phase} was never reached:\n{seen[-3000:]}"
    lab.playbook(XTTS, *chosen)
    assert_all_equal(lab)
    assert all(name.startswith("+DATA02/DBTRG/DATAFILE/") and name.endswith(".dbf") for name in datafiles(lab))
    assert left(lab.directory / "staging", there) == []


@pytest.mark.everything
def test_what_cannot_be_is_refused_before_anything_is_written(asm_lab: Lab) -> None:
    """A disk group that is not there, and one that is too small."""
    lab = asm_lab
    lab.playbook(XTTS, *variables(lab, migration_pause_after=["XTTS_TRANSFER"]))
    for path, code in (("+NOSUCH", "DBF-0185"),):
        done = lab.playbook(XTTS, "--tags", "XTTS_CONVERT_TGT", *variables(lab, xtts_datafile_path=path), check=False)
        assert done.returncode and code in done.stdout
    lab.playbook(XTTS, *variables(lab))
    assert_all_equal(lab)

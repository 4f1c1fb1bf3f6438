# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to convert datafiles, planned; and those by RMAN: at the source, over a shared directory or copied from server to server, into ASM from ASM."""
from __future__ import annotations

import json
import os
import pathlib
import re
import time
import typing as t

import pytest
from lab_under_test import Lab
from workflow import PHASES, XTTS, Running, assert_all_equal, faults, phases, picture, record, wait_for

COPY = {"xtts_transfer": "copy", "xtts_copy_transport": "local"}
RMAN_AT_WORK = "SELECT COUNT(*) n FROM v$session WHERE program LIKE 'rman%'"


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
    run = phases(record(lab, XTTS)["runs"][-1])
    assert run["XTTS_CONVERT_SRC"]["status"] == run["XTTS_CONVERT_TGT"]["status"] == "changed"
    assert run["XTTS_TRANSFER"]["status"] == "does not apply"
    assert_all_equal(lab, XTTS)
    assert all(re.fullmatch(r"\+DATA02/DBTRG/DATAFILE/app_\w+\.2\d\d\.\d+", name) for name in datafiles(lab))
    assert left(lab.directory / "staging") == []


@pytest.mark.everything
def test_in_file_systems_by_rman_at_the_source_and_nothing_twice(fresh_lab: Lab) -> None:
    lab = fresh_lab
    planned = lab.playbook(XTTS, "--check", "--diff", *variables(lab, xtts_conversion="rman_source"), stdout="default")
    assert "TO PLATFORM 'Linux x86 64-bit'" in planned.stdout and "BACKUP AS COPY" not in planned.stdout
    lab.playbook(XTTS, *variables(lab, xtts_conversion="rman_source", migration_pause_after=["XTTS_CONVERT_SRC"]))
    for path in lab.staging.glob("*.dbf"):   # somebody made room: they are converted again, whatever the journal says
        path.unlink()
    lab.playbook(XTTS, *variables(lab, xtts_conversion="rman_source"))
    assert_all_equal(lab, XTTS)
    again = lab.playbook(XTTS, *variables(lab, xtts_conversion="rman_source"), stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]
    assert left(lab.directory / "staging") == []


@pytest.mark.everything
@pytest.mark.parametrize("way", ["rman_source", "rman_target"])
def test_servers_that_share_nothing(fresh_lab: Lab, way: str) -> None:
    lab = fresh_lab
    there = staging_of_the_target(lab)
    lab.playbook(XTTS, *variables(lab, xtts_conversion=way, xtts_target_staging_path=str(there), **COPY))
    assert_all_equal(lab, XTTS)
    assert phases(record(lab, XTTS)["runs"][-1])["XTTS_TRANSFER"]["status"] == "changed"
    assert left(lab.directory / "staging", there) == []
    again = lab.playbook(XTTS, *variables(lab, xtts_conversion=way, xtts_target_staging_path=str(there), **COPY), stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]


@pytest.mark.everything
def test_the_control_node_is_killed_while_files_are_converted_and_copied(asm_lab: Lab) -> None:
    """Each time the work goes on at the server or is found cut off, and the next run ends it."""
    lab = asm_lab
    there = staging_of_the_target(lab)
    chosen = variables(lab, xtts_target_staging_path=str(there), xtts_datafile_path="+DATA02/DBTRG/DATAFILE", **COPY)
    for phase, name in (("XTTS_CONVERT_SRC", "dbsrc"), ("XTTS_TRANSFER", None), ("XTTS_CONVERT_TGT", "dbtrg")):
        run = Running(lab, XTTS, *chosen)
        run.reach(phase)
        if name is None:
            time.sleep(1)   # its command is on its way
        else:
            faults(lab, name, seconds_per_write=0.5)
            wait_for(lambda name=name: lab.query(name, RMAN_AT_WORK)[0]["n"] > 0)  # type: ignore[misc]
        assert run.process.poll() is None, run.said[-3000:]
        run.kill()
        if name is not None:
            assert lab.query(name, RMAN_AT_WORK)[0]["n"] > 0, f"{phase} died with the control node"
            faults(lab, name, seconds_per_write=0)
    lab.playbook(XTTS, *chosen)
    assert_all_equal(lab, XTTS)
    assert all(name.startswith("+DATA02/DBTRG/DATAFILE/") and name.endswith(".dbf") for name in datafiles(lab))
    assert left(lab.directory / "staging", there) == []


@pytest.mark.everything
def test_what_cannot_be_is_refused_before_anything_is_written(asm_lab: Lab) -> None:
    """A disk group that is not there: while there is time, and again where files would be written."""
    lab, wrong = asm_lab, {"xtts_datafile_path": "+NOSUCH"}
    before = picture(lab, "dbsrc"), picture(lab, "dbtrg")
    done = lab.playbook(XTTS, *variables(lab, **wrong), check=False)
    assert done.returncode and "cannot be transported" in done.stdout and "disk group NOSUCH is not there" in done.stdout, done.stdout[-3000:]
    assert (picture(lab, "dbsrc"), picture(lab, "dbtrg")) == before
    lab.playbook(XTTS, *variables(lab, migration_pause_after=["XTTS_TRANSFER"]))
    done = lab.playbook(XTTS, "--tags", "XTTS_CONVERT_TGT", *variables(lab, **wrong), check=False)
    assert done.returncode and "The disk group NOSUCH is not there" in done.stdout, done.stdout[-3000:]
    lab.playbook(XTTS, *variables(lab))
    assert_all_equal(lab, XTTS)


@pytest.mark.everything
@pytest.mark.parametrize(("way", "told"), [
    ({"xtts_conversion": "rman_source"}, "CONVERT TABLESPACE"), ({"xtts_conversion": "rman_source", **COPY}, "file_copy: "),
    ({"xtts_conversion": "rman_target", **COPY}, "file_copy: "), ({"xtts_conversion": "put_file"}, "PUT_FILE"),
    ({"xtts_conversion": "put_file", "xtts_metadata": "link", **COPY}, "PUT_FILE"), ({"xtts_conversion": "get_file"}, "GET_FILE"),
    ({"xtts_conversion": "get_file", "xtts_metadata": "link"}, "GET_FILE")],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else value.split()[0].rstrip(":"))
def test_the_whole_of_every_way_is_planned_and_nothing_touched(lab: Lab, way: t.Dict[str, str], told: str) -> None:
    before = picture(lab, "dbsrc"), picture(lab, "dbtrg")
    planned = lab.playbook(XTTS, "--check", "--diff", *variables(lab, **way), stdout="default").stdout
    assert (picture(lab, "dbsrc"), picture(lab, "dbtrg")) == before
    assert [phase for phase in PHASES[XTTS] if phase not in planned] == []
    for text in (told, "TABLESPACE_DATAFILE", 'ALTER TABLESPACE "APP_DATA" READ ONLY'):
        assert text in planned, f"{text} is not in the plan:\n{planned[-3000:]}"


@pytest.mark.everything
@pytest.mark.parametrize("way", [{"xtts_conversion": "put_file"}, {"xtts_conversion": "rman_source", **COPY}], ids=["sent", "copied"])
def test_directories_of_the_target_are_looked_at_before_anything_is_changed(lab: Lab, way: t.Dict[str, str]) -> None:
    before = picture(lab, "dbsrc"), picture(lab, "dbtrg")
    wrong = dict(way, xtts_datafile_path="/nowhere/files", xtts_target_staging_path="/nowhere/staging")
    said = lab.playbook(XTTS, *variables(lab, **wrong), check=False).stdout
    for place in ("/nowhere/files", "/nowhere/staging"):
        assert f"{place} cannot be used" in said, said[-3000:]
    assert (picture(lab, "dbsrc"), picture(lab, "dbtrg")) == before

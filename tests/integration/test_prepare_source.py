# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook prepare_source: planned, stopped where a restart is not allowed, finished, repeated, and taken back."""
from __future__ import annotations

import json
import re
import typing as t

import pytest
import yaml
from lab_under_test import ROOT, Lab, make_lab
from workflow import phases

PHASES = yaml.safe_load((ROOT / "roles/prepare/vars/main.yml").read_text())["_prepare_phases"]
PREPARE, RESTORE = "dbferry.oracle.prepare_source", "dbferry.oracle.restore_source"
STATE = """
SELECT d.log_mode, d.supplemental_log_data_pk pk, d.supplemental_log_data_ui ui, d.supplemental_log_data_min minimal,
       (SELECT COUNT(*) FROM v$spparameter p WHERE p.name = '_log_parallelism_max' AND p.isspecified = 'TRUE') hidden,
       (SELECT p.value FROM v$parameter p WHERE p.name = '_log_parallelism_max') in_force,
       (SELECT MIN(t.sequence#) FROM v$thread t WHERE t.enabled <> 'DISABLED') least_sequence
  FROM v$database d
"""


@pytest.fixture()
def sources(worker_id: str) -> t.Iterator[Lab]:
    yield from make_lab(ROOT / f"build/prepare-source-{worker_id}", "prepare")


def run(lab: Lab, name: str, playbook: str = PREPARE, *arguments: str, **more: t.Any) -> t.Any:
    variables = {"prepare_recovery_area": lab.endpoint(name)["recovery_area"], "prepare_recovery_area_size": "2G"}
    return lab.playbook(playbook, "--limit", name, "-e", json.dumps(variables), *arguments, **more)


def last_run(lab: Lab, name: str) -> t.Dict[str, t.Any]:
    found = json.loads(next((lab.directory / "records").glob(f"{name}-*.json")).read_text())
    return phases(found["runs"][-1])


@pytest.mark.parametrize("name", ["dbold", pytest.param("dbrac", marks=pytest.mark.everything)])
def test_a_source_is_prepared_and_put_back(sources: Lab, name: str) -> None:
    lab = sources
    untouched = lab.query(name, STATE)[0]
    manager = ("-e", f"prepare_manager={'srvctl' if name == 'dbrac' else 'sqlplus'}")

    planned = run(lab, name, PREPARE, *manager, "-e", "prepare_restart=true", "--check", "--diff", stdout="default")
    assert lab.query(name, STATE)[0] == untouched
    switch = "SWITCH LOGFILE" if name == "dbold" else "ARCHIVE LOG INSTANCE"
    for text in ("ALTER DATABASE ARCHIVELOG", "ADD SUPPLEMENTAL LOG DATA", switch, '"_log_parallelism_max" = 1'):
        assert text in planned.stdout, text

    # Nobody allowed a restart: it says what for, and nothing after it is done.
    stopped = run(lab, name, PREPARE, *manager, check=False)
    assert stopped.returncode and "prepare_restart=true" in stopped.stdout
    assert lab.query(name, STATE)[0] == untouched

    run(lab, name, PREPARE, *manager, "-e", "prepare_restart=true")
    assert list(last_run(lab, name)) == PHASES
    ready = lab.query(name, STATE)[0]
    assert (ready["log_mode"], ready["pk"], ready["ui"], ready["in_force"]) == ("ARCHIVELOG", "YES", "YES", "1")
    assert ready["least_sequence"] >= untouched["least_sequence"] + 6, "three switches of every thread, twice"

    again = run(lab, name, PREPARE, *manager, "-e", "prepare_restart=true", stdout="default")
    assert re.search(rf"{name}\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]

    run(lab, name, RESTORE)
    restored = lab.query(name, STATE)[0]
    assert [restored[key] for key in ("pk", "ui", "minimal", "hidden")] == [untouched[key] for key in ("pk", "ui", "minimal", "hidden")]


@pytest.mark.everything
def test_each_phase_alone_by_tag(sources: Lab) -> None:
    for phase in PHASES:
        done = run(sources, "dbold", PREPARE, "--tags", phase, "-e", "prepare_restart=true")
        if "does not apply" in done.stdout:
            continue
        assert list(last_run(sources, "dbold")) == [phase]
    assert sources.query("dbold", STATE)[0]["in_force"] == "1"

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot go well is refused before anything is changed, with every finding at once."""
from __future__ import annotations

import json
import re
import subprocess
import typing as t

import pytest
from lab_under_test import Lab
from workflow import XTTS, picture

SET = ["APP_DATA", "APP_INDEX", "APP_LOB"]


class Wrong(t.NamedTuple):
    """Variables that cannot go well, and every one of the findings that the one failure must name."""

    variables: t.Dict[str, t.Any]
    told: t.Tuple[str, ...]


WRONG = {
    "tablespaces": Wrong({"xtts_tablespaces": ["SYSTEM", "TEMP", "NO_SUCH", "it's; DROP TABLE t --", "APP_DATA"]},
                         ("NO_SUCH", "no such tablespaces", "DROP TABLE t", "Administrative, temporary and undo", "SYSTEM", "TEMP")),
    "no tablespaces": Wrong({"xtts_tablespaces": []}, ("No tablespaces are named", "xtts_tablespaces")),
    "password": Wrong({"dbferry_password": "not-the-password"}, ("ORA-01017",)),
    "listener": Wrong({"dbferry_dsn": "127.0.0.1:9/dbsrc"}, ("127.0.0.1:9/dbsrc", "DPY-6005|ORA-12541")),
    "service": Wrong({"dbferry_dsn": "{host}:{port}/no_such_service"}, ("ORA-12514",)),
    "oracle_home and staging": Wrong({"dbferry_oracle_home": "/nowhere", "xtts_staging_path": "/nowhere/either"},
                                     ("DBF-0007|/nowhere/bin/rman is not there", "/nowhere/either cannot be used: No such file")),
    "work directory and datafiles": Wrong({"dbferry_work_directory": "/dev/null/dbferry", "xtts_datafile_path": "/proc", "xtts_staging_path": "/proc"},
                                          ("/dev/null/dbferry may not be written", "/proc has 0 bytes free")),
    "identity": Wrong({"migration_id": "no-identity"}, ("migration_id|migration", "no-identity")),
    "source": Wrong({"migration_source": "dbnone"}, ("dbnone", "no inventory entry")),
    "conversion": Wrong({"xtts_conversion": "by_magic"}, ("xtts_conversion", "by_magic|rman_target")),
}


@pytest.mark.parametrize("name", WRONG)
def test_it_is_refused_before_anything_is_changed(lab: Lab, name: str) -> None:
    before = picture(lab, "dbsrc"), picture(lab, "dbtrg")
    variables = {key: value.format(**lab.endpoint("dbsrc")) if isinstance(value, str) else value for key, value in WRONG[name].variables.items()}
    done = lab.playbook(XTTS, "-e", json.dumps(variables), "-e", json.dumps({"migration_pause_after": ["XTTS_VALIDATE"]}), check=False)
    said = done.stdout + done.stderr
    assert done.returncode, said[-3000:]
    assert "Traceback" not in said, said[-3000:]
    for finding in WRONG[name].told:
        assert re.search(finding, said), f"{finding} is not in\n{said[-3000:]}"
    assert "not-the-password" not in said
    assert (picture(lab, "dbsrc"), picture(lab, "dbtrg")) == before


def test_a_source_that_is_only_mounted_is_told_as_such(fresh_lab: Lab) -> None:
    endpoint = fresh_lab.endpoint("dbsrc")
    subprocess.run([endpoint["oracle_home"] + "/bin/sqlplus", "-S", "/ as sysdba"], input="SHUTDOWN IMMEDIATE\nSTARTUP MOUNT\nEXIT\n", text=True, check=True,
                   env={"ORACLE_HOME": endpoint["oracle_home"], "ORACLE_SID": endpoint["oracle_sid"], "PATH": "/usr/bin:/bin"}, capture_output=True)
    before = picture(fresh_lab, "dbtrg")
    done = fresh_lab.playbook(XTTS, check=False)
    assert done.returncode and re.search("ORA-(01033|12528|01109)", done.stdout), done.stdout[-2000:]
    assert "Traceback" not in done.stdout and picture(fresh_lab, "dbtrg") == before


def test_a_target_without_a_source_is_refused(lab: Lab) -> None:
    done = lab.playbook(XTTS, "-e", "migration_source=", check=False)
    assert done.returncode and "put exactly one entry into the group source" in done.stdout + done.stderr

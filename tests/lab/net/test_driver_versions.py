# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same tests with other releases of the driver, as far as they are installed under build/drivers/<version>/."""
from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[2]
DRIVERS = ROOT / "build" / "drivers"
VERSIONS = ("2.5.1", "3.4.2")


@pytest.mark.parametrize("version", VERSIONS)
def test_driver_version(version: str) -> None:
    driver = DRIVERS / version
    if not (driver / "oracledb").is_dir():
        pytest.skip(f"oracledb {version} is not installed in {driver}")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(driver), str(ROOT / "lab"), str(HERE)))}
    found = subprocess.run([sys.executable, "-c", "import oracledb; print(oracledb.__version__)"],
                           env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == version
    modules = sorted(str(path) for path in HERE.glob("test_net_*.py"))
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *modules], cwd=ROOT,
                          env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]

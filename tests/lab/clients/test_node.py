# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""node-oracledb in thin mode against the lab (tests/clients/node_client.js)."""
from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODULE = ROOT / "build/clients/node/node_modules/oracledb"
NODE = shutil.which("node")


@pytest.fixture(scope="module")
def seen(server) -> dict[str, Any]:
    if NODE is None:
        pytest.skip("node is not installed on this machine")
    assert MODULE.is_dir(), f"{MODULE} is missing: run make node-client"
    done = subprocess.run([NODE, str(ROOT / "tests/clients/node_client.js"), str(MODULE), server.dsn, "SALES"], timeout=300, check=False,
                          env=os.environ | {"NODE_PASSWORD": server.password}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_it_is_thin(seen: dict[str, Any]) -> None:
    assert seen["thin"] and seen["version"] == "19.3.0.0.0"


def test_types(seen: dict[str, Any]) -> None:
    assert seen["types"]["names"] == ["N NUMBER", "F NUMBER", "S CHAR", "C CHAR", "R RAW", "D DATE", "T TIMESTAMP", "B BINARY_DOUBLE",
                                      "X VARCHAR2"]
    number, fraction, text, fixed, raw, *_, double, null = seen["types"]["row"]
    assert (number, fraction, text, fixed, raw, double, null) == (42, 1.5, "Ω", "ab  ", "00ff", 0.5, None)


def test_lobs(seen: dict[str, Any]) -> None:
    assert seen["lobs"] == [True, True, True, True]


def test_changes(seen: dict[str, Any]) -> None:
    assert seen["changes"] == {"inserted": 3, "returned": ["A", "B"], "failed": [[0, "ORA-00001"]], "left": 0}


def test_blocks_and_many_rows(seen: dict[str, Any]) -> None:
    assert seen["blocks"] == {"twice": 42, "rows": [[1], [2], [3]]} and seen["rows"] == 1000


def test_errors(seen: dict[str, Any]) -> None:
    assert seen["errors"] == ["ORA-00942", "ORA-01476", "ORA-01017"]


def test_pool(seen: dict[str, Any]) -> None:
    assert seen["pool"] == 3

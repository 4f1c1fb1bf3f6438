# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pathlib
import sys
import typing as t

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).resolve().parents[1] / "integration")]

import catalog


@pytest.fixture(scope="session")
def entries() -> t.List[catalog.Entry]:
    """The catalogue, written anew from the traces that are there."""
    if not any(catalog.TRACES.glob("*.jsonl")):
        pytest.fail("Nothing has been traced: make sql-catalog does it.")
    found = catalog.collect()
    catalog.write(found)
    return found

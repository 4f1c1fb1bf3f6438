# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest
from tool_host import Host


@pytest.fixture
def source(tmp_path: pathlib.Path) -> Iterator[Host]:
    host = Host(tmp_path / "source", "SRC", 2)
    yield host
    host.server.stop()


@pytest.fixture
def target(tmp_path: pathlib.Path) -> Iterator[Host]:
    host = Host(tmp_path / "target", "TRG", 13)
    yield host
    host.server.stop()

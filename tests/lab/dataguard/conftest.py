# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import pathlib
import sys
from collections.abc import Callable, Iterator

import pytest
from oralab.errors import OraError

sys.path.insert(0, os.path.dirname(__file__))
from pair import Member, primary, standby


@pytest.fixture
def source(tmp_path: pathlib.Path) -> Iterator[Member]:
    made = primary(str(tmp_path))
    yield made
    made.stop()


@pytest.fixture
def target(source: Member, tmp_path: pathlib.Path) -> Iterator[Member]:
    made = standby(source, str(tmp_path))
    yield made
    made.stop()


@pytest.fixture
def refused() -> Callable[..., OraError]:
    """The error of a statement that has to fail."""
    def run(member: Member, text: str) -> OraError:
        with pytest.raises(OraError) as failure:
            member.sql(text)
        return failure.value
    return run

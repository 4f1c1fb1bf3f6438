# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from fake_catalog import FakeDatabase, FakeSession


@pytest.fixture
def database() -> FakeDatabase:
    return FakeDatabase()


@pytest.fixture
def session(database: FakeDatabase) -> FakeSession:
    return FakeSession(database, "HR")


@pytest.fixture
def keep(database: FakeDatabase) -> Any:
    def save(*records: Any) -> None:
        with database.catalog.change() as change:
            for record in records:
                change.save(record)
    return save

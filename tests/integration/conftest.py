# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs for the tests: one for each worker, and fresh ones for tests that move something."""
from __future__ import annotations

import pathlib
import typing as t

import given
import pytest
from lab_under_test import ROOT, Lab, keep_template, lab_from, make_lab


def pytest_collection_modifyitems(items: t.List[pytest.Item]) -> None:
    if given.are_given():
        given.choose(items)


@pytest.fixture(scope="session")
def lab(worker_id: str) -> t.Iterator[Lab]:
    """One lab for all tests of a worker that leave it as they found it, or the databases that the environment names."""
    if given.are_given():
        yield given.databases(ROOT / "build/given")
        return
    yield from make_lab(ROOT / f"build/test-lab-{worker_id}")


@pytest.fixture(scope="session")
def fresh_template(worker_id: str) -> t.Iterator[pathlib.Path]:
    if given.are_given():
        pytest.skip("needs a pair of databases that is made for it")
    yield from keep_template(ROOT / f"build/fresh-lab-{worker_id}")


@pytest.fixture()
def fresh_lab(fresh_template: pathlib.Path) -> t.Iterator[Lab]:
    """A lab of the test's own."""
    yield from lab_from(fresh_template)


@pytest.fixture(scope="session")
def physical_template(worker_id: str) -> t.Iterator[pathlib.Path]:
    if given.are_given():
        pytest.skip("needs a placeholder that is made for it")
    yield from keep_template(ROOT / f"build/moving-lab-{worker_id}", "physical")


@pytest.fixture()
def physical_lab(physical_template: pathlib.Path) -> t.Iterator[Lab]:
    """A source with the application, and a placeholder for its new home."""
    yield from lab_from(physical_template, "physical")


@pytest.fixture(scope="session")
def storage_template(worker_id: str) -> t.Iterator[pathlib.Path]:
    if given.are_given():
        pytest.skip("needs a placeholder that is made for it")
    yield from keep_template(ROOT / f"build/moving-storage-lab-{worker_id}", "physical_oss")


@pytest.fixture(scope="session")
def appliance_template(worker_id: str) -> t.Iterator[pathlib.Path]:
    if given.are_given():
        pytest.skip("needs a placeholder that is made for it")
    yield from keep_template(ROOT / f"build/moving-appliance-lab-{worker_id}", "physical_zdlra")


@pytest.fixture()
def appliance_lab(appliance_template: pathlib.Path) -> t.Iterator[Lab]:
    """The same with a Recovery Appliance."""
    yield from lab_from(appliance_template, "physical_zdlra")


@pytest.fixture()
def storage_lab(storage_template: pathlib.Path) -> t.Iterator[Lab]:
    """The same with object storage."""
    yield from lab_from(storage_template, "physical_oss")

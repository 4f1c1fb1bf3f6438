# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs for the tests: one for each worker, and fresh ones for tests that move something."""
from __future__ import annotations

import contextlib
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
def template(worker_id: str) -> t.Iterator[t.Callable[[str], pathlib.Path]]:
    """Gives a stopped lab of a topology, made when the first test of this worker asks for it."""
    def of(topology: str) -> pathlib.Path:
        if given.are_given():
            pytest.skip("needs databases that are made for it")
        if topology not in made:
            made[topology] = kept.enter_context(contextlib.contextmanager(keep_template)(ROOT / f"build/{topology}-lab-{worker_id}", topology))
        return made[topology]

    made: t.Dict[str, pathlib.Path] = {}
    with contextlib.ExitStack() as kept:
        yield of


def _of_its_own(topology: str, what: str) -> t.Any:
    """A fixture: a lab of the test's own."""
    def made(template: t.Callable[[str], pathlib.Path]) -> t.Iterator[Lab]:
        yield from lab_from(template(topology), topology)

    made.__doc__ = what
    return pytest.fixture(made)


fresh_lab = _of_its_own("xtts", "A source and a target of another platform.")
asm_lab = _of_its_own("asm", "Both databases in disk groups.")
physical_lab = _of_its_own("physical", "A source with the application, and a placeholder for its new home.")
storage_lab = _of_its_own("physical_oss", "The same with object storage.")
appliance_lab = _of_its_own("physical_zdlra", "The same with a Recovery Appliance.")
standby_lab = _of_its_own("physical_standby", "The same with a placeholder for a standby of the new home.")

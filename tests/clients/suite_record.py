# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plugin of pytest inside the driver's suite: one line of JSON a test, and no test longer than it may be."""
from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

REPORT = os.environ["SUITE_REPORT"]
SECONDS = int(os.environ["SUITE_TEST_SECONDS"])


def _too_long(number: int, frame: Any) -> None:
    raise TimeoutError(f"longer than {SECONDS} seconds")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)


_outcomes: dict[str, str] = {}
_messages: dict[str, str] = {}
_seconds: dict[str, float] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """The worst of set-up, test and tear-down is the test's outcome."""
    name = report.nodeid
    _seconds[name] = _seconds.get(name, 0.0) + report.duration
    if report.outcome != "passed":
        _outcomes[name] = report.outcome
        crash = getattr(report.longrepr, "reprcrash", None)
        _messages[name] = (crash.message if crash is not None else str(report.longrepr))[-600:]
    if report.when == "teardown":
        record = {"test": name, "outcome": _outcomes.get(name, "passed"), "seconds": _seconds[name], "message": _messages.get(name, "")}
        with open(REPORT, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a command reaches the server through Ansible's connection."""

from __future__ import annotations

import types

import pytest
from ansible_collections.dbferry.oracle.plugins.plugin_utils.in_process import runner_of


class Action:
    """An action plugin whose connection keeps what it is given."""

    def __init__(self):
        shell = types.SimpleNamespace(env_prefix=lambda **environment: " ".join("{0}={1}".format(*item) for item in environment.items()))
        self._connection = types.SimpleNamespace(_shell=shell)
        self.given = ()

    def _low_level_execute_command(self, line, in_data):
        self.given = line, in_data
        return {"rc": 3, "stdout": "out", "stderr": "err"}


@pytest.mark.parametrize("stdin, line, given", [
    ("a\udcff\n", "A=b /bin/sh -c 'x y'", b"a\xff\n"),
    # Ansible's ssh makes a terminal where there is nothing to send, and lines would end in CR LF.
    ("", "A=b /bin/sh -c 'x y' < /dev/null", b"\n")])
def test_a_command_never_gets_a_terminal(stdin, line, given):
    action = Action()
    assert runner_of(action)(["/bin/sh", "-c", "x y"], stdin, {"A": "b"}) == (3, "outerr")
    assert action.given == (line, given)

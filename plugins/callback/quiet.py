# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
name: quiet
type: stdout
short_description: Prints failures and nothing else
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Leaves the screen to P(dbferry.oracle.phases#callback), which shows what a person wants to see of a migration.
"""

import typing as t

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core declares no types
    """Failures in a few lines, with what to do next."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "dbferry.oracle.quiet"

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        found = result.result if hasattr(result, "result") else result._result
        if not ignore_errors:
            host = result.host if hasattr(result, "host") else result._host
            task = result.task if hasattr(result, "task") else result._task
            self._display.display("{0}: {1} failed\n  {2}".format(host.get_name(), task.get_name(), found.get("msg") or found), color="red")

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self.v2_runner_on_failed(result)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory says of an entry."""

from __future__ import annotations

import typing as t

__metaclass__ = type


class Entry:
    """Variables of an inventory entry, whichever entry the task runs for.

    They are templated as the entry's own and may refer to other entries by C(hostvars), which a value taken from C(hostvars) may not.
    """

    def __init__(self, templar: t.Any, task_vars: t.Dict[str, t.Any], name: str) -> None:
        hostvars = task_vars["hostvars"]
        self._variables = dict(hostvars.raw_get(name), hostvars=hostvars)
        self._templar = templar.copy_with_new_env(available_variables=self._variables)

    def get(self, variable: str) -> t.Any:
        """The value, or None without one."""
        return self._templar.template(self._variables[variable]) if variable in self._variables else None

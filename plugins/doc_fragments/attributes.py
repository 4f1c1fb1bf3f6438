# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type


class ModuleDocFragment:
    """What modules of this collection have in common."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and lists the statements that it would issue.
    support: full
  diff_mode:
    description: Shows the state before and after, and the statements.
    support: full
  action:
    description: Speaks SQL from the control node's own process; C(become) and C(environment) do not apply to that.
    support: full
  action_group:
    description: Use C(group/dbferry.oracle.all) in C(module_defaults) to set the connection for every module.
    support: full
    membership:
      - dbferry.oracle.all
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Only reads, in check mode too.
    support: full
  diff_mode:
    description: Changes nothing, so there is nothing to show.
    support: N/A
  action:
    description: Speaks SQL from the control node's own process; C(become) and C(environment) do not apply to that.
    support: full
  action_group:
    description: Use C(group/dbferry.oracle.all) in C(module_defaults) to set the connection for every module.
    support: full
    membership:
      - dbferry.oracle.all
"""

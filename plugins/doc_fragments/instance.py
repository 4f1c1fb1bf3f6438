# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type


class ModuleDocFragment:
    """How an instance may be stopped and started."""

    DOCUMENTATION = r"""
options:
  restart:
    description:
      - Allow what needs the instance to be shut down and started again. Without it such steps are listed as C(pending).
    type: bool
    default: false
  shutdown_mode:
    description: How to shut down. V(abort) leaves recovery to the next start.
    type: str
    default: immediate
    choices: [immediate, transactional, normal, abort]
  manager:
    description:
      - V(sqlplus) stops and starts this instance. V(srvctl) is for databases that Oracle Clusterware or Oracle Restart manages, which
        would take a stop behind their back for a failure.
    type: str
    default: sqlplus
    choices: [sqlplus, srvctl]
  db_unique_name:
    description: The database as srvctl knows it. Needed when the instance may be stopped, as it cannot be asked then.
    type: str
"""

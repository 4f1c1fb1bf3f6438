# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type


class ModuleDocFragment:
    """Where the tools are on the database server."""

    DOCUMENTATION = r"""
options:
  oracle_home:
    description: ORACLE_HOME on the database server. Taken from C(dbferry_oracle_home) when unset.
    type: path
  oracle_sid:
    description: ORACLE_SID of the instance. Taken from C(dbferry_oracle_sid) when unset.
    type: str
  work_directory:
    description:
      - Directory on the server for the output of commands. By default C(.dbferry) in the home directory of the connecting user.
    type: path
"""

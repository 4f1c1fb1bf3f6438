# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type


class ModuleDocFragment:
    """Where commands on the database server keep their files."""

    DOCUMENTATION = r"""
options:
  work_directory:
    description:
      - Directory on the server for the output of commands. By default C(.dbferry) in the home directory of the user that
        the command runs as. A path that begins with V(~) is below that directory.
    type: str
"""

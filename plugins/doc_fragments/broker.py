# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type


class ModuleDocFragment:
    """What DGMGRL logs on with where the Data Guard broker changes roles."""

    DOCUMENTATION = r"""
options:
  sys_user:
    description: Account of both password files with SYSDBA, for DGMGRL.
    type: str
    default: SYS
  sys_password:
    description: Its password. DGMGRL gets it by standard input. Needed where the Data Guard broker is in charge, as it restarts the other database, too.
    type: str
"""

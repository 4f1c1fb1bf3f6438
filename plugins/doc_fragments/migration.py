# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type


class ModuleDocFragment:
    """Whose artefacts these are."""

    DOCUMENTATION = r"""
options:
  migration_id:
    description:
      - Identity of the migration, C([A-Z][A-Z0-9]{0,11}). It stands in the name of everything that is made.
    type: str
  migration_run:
    description: Number of the run. What an earlier run made never counts for this one.
    type: int
    default: 1
"""

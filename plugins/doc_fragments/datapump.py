# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type


class ModuleDocFragment:
    """What Data Pump exports and imports have in common."""

    DOCUMENTATION = r"""
options:
  purpose:
    description:
      - What the job is for, in one word; it stands in the names of the job, its log and its dump file, together with
        the migration's identity and run.
    type: str
    required: true
  directory:
    description: Directory object for dump and log. The account of the job needs READ and WRITE on it.
    type: str
    required: true
  job_mode:
    description: Mode of the job.
    type: str
    required: true
    choices: [full, schema, table, transportable]
  metadata_only:
    description: Leave out the rows. Does not apply to O(job_mode=transportable), which never has any.
    type: bool
    default: false
  schemas:
    description: Schemas of O(job_mode=schema), or whose tables O(tables) names.
    type: list
    elements: str
    default: []
  tables:
    description: Tables of O(job_mode=table), as V(OWNER.TABLE).
    type: list
    elements: str
    default: []
  include:
    description: Only object types with these paths, for instance V(USER) or V(PROFILE).
    type: list
    elements: str
    default: []
  exclude:
    description: All but object types with these paths.
    type: list
    elements: str
    default: []
  parallel:
    description: Number of workers, where the edition has them.
    type: int
    default: 1
  anchor:
    description:
      - What the job was made from, as any text (the SCN of a transport set, a fingerprint of the dictionary). A finished job
        counts only while its anchor is this one; otherwise the job is done anew.
    type: str
"""

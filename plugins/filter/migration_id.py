# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
name: migration_id
short_description: Identity of a migration, derived from an inventory name
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Gives the identity that stands in every artefact of a migration, by slug and hash, always the same for the same name.
options:
  _input:
    description: Inventory name of the target.
    type: str
    required: true
"""

EXAMPLES = r"""
id: "{{ inventory_hostname | dbferry.oracle.migration_id }}"
"""

RETURN = r"""
_value:
  description: The identity, C([A-Z][A-Z0-9]{0,11}).
  type: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.names import migration_id_for
from ansible_collections.dbferry.oracle.plugins.module_utils.session import plain


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> t.Dict[str, t.Callable[..., t.Any]]:
        return {"migration_id": lambda name: migration_id_for(plain(name))}

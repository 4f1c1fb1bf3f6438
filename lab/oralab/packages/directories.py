# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directory objects as packages reach them: a path, after the check of READ or WRITE."""
from __future__ import annotations

from typing import Any

from oralab.catalog import model


class Missing(Exception):
    """There is no such directory object."""


class Denied(Exception):
    """The session has not the privilege."""


def path_of(session: Any, name: str, privilege: str) -> str:
    """Path of the directory object ``name`` (case matters, as documented), for READ or WRITE."""
    catalog = session.database.catalog
    found = catalog.get(model.Directory, "SYS", name)
    if found is None:
        raise Missing(name)
    if not catalog.privileges.on_object(session, privilege, found):
        raise Denied(name)
    return str(found.path)

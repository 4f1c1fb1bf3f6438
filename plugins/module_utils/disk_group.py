# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disk groups as their database sees them: whether files can go there, and whether they have room."""

from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Finding

__metaclass__ = type

DISK_GROUP = "SELECT state, usable_file_mb FROM v$asm_diskgroup_stat WHERE name = :name"

#: States in which a database can make files in a disk group (Reference, V$ASM_DISKGROUP.STATE).
USABLE = ("MOUNTED", "CONNECTED")


def group_of(path: t.Optional[str]) -> t.Optional[str]:
    """The disk group that a path begins with; None for a path of a file system."""
    return path[1:].split("/")[0].upper() if path and path.startswith("+") else None


def look(session: t.Any, group: str) -> t.Optional[t.Dict[str, t.Any]]:
    """State and room of a disk group; None when this database knows none of the name."""
    row = session.one(DISK_GROUP, name=group)
    return dict(row) if row else None


def obstacle(group: str, found: t.Optional[t.Dict[str, t.Any]], needed: int) -> t.Optional[Finding]:
    """What keeps so many bytes from going into a disk group that looks like this."""
    if found is None or found["state"] not in USABLE:
        return ("DBF-0185", "The disk group {0} is {1}.".format(group, found["state"] if found else "not there"), "Mount it, or correct the path.")
    if found["usable_file_mb"] * 1048576 < needed:
        return ("DBF-0186", "The disk group {0} has room for {1} MB; {2} MB are needed.".format(group, found["usable_file_mb"], -(-needed // 1048576)),
                "Add a disk, or choose another disk group.")
    return None

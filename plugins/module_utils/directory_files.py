# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are where, as the database sees them through its directory objects: nobody has to go to its server for that."""

from __future__ import annotations

import posixpath
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.names import literal, owned

__metaclass__ = type

DIRECTORIES = "SELECT directory_name name, directory_path path FROM dba_directories ORDER BY directory_name"
SIZE = ("SELECT {name} name, CASE WHEN DBMS_LOB.FILEEXISTS(BFILENAME({directory}, {name})) = 1 "
        "THEN DBMS_LOB.GETLENGTH(BFILENAME({directory}, {name})) END bytes FROM dual")

#: How many files one query asks for.
BATCH = 50


def sizes(session: t.Any, directory: str, names: t.Sequence[str]) -> t.Dict[str, t.Optional[int]]:
    """The sizes of files in a directory object, None where there is no such file."""
    found: t.Dict[str, t.Optional[int]] = {}
    for start in range(0, len(names), BATCH):
        asked = [SIZE.format(name=literal(name), directory=literal(directory)) for name in names[start:start + BATCH]]
        found.update((row["name"], None if row["bytes"] is None else int(row["bytes"])) for row in session.query(" UNION ALL ".join(asked)))
    return found


def lost(session: t.Any, migration_id: str, paths: t.Sequence[str]) -> t.Set[str]:
    """Those of these files that are gone, as far as directory objects of the migration show it; a disk group shows nothing."""
    gone: t.Set[str] = set()
    seen = {row["path"].rstrip("/"): row["name"] for row in session.query(DIRECTORIES) if owned(row["name"], migration_id)} if paths else {}
    for folder, directory in seen.items():
        names = {posixpath.basename(path): path for path in paths if posixpath.dirname(path) == folder and not path.startswith("+")}
        gone.update(names[name] for name, size in sizes(session, directory, list(names)).items() if size is None)
    return gone

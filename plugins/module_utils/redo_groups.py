# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of redo logs, online and standby: how large they are and where their members go."""

from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import parameters
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Finding, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.names import literal

__metaclass__ = type

#: Where the database puts files that are given no name.
NOWHERE: Finding = ("DBF-0421", "Nothing says where the new logs go.",
                    "Give members, or set DB_CREATE_FILE_DEST or DB_CREATE_ONLINE_LOG_DEST_1 (module parameter).")


def size(given: t.Optional[str]) -> t.Optional[int]:
    """A size in bytes, of bytes or of a number with a unit."""
    found = None if given is None else parameters.size(given)
    if given is not None and not (found and found > 0):
        raise Refused("{0!r} is not the size of a redo log.".format(given[:50]), code="DBF-0422", hint="Give bytes, or a unit: 200M.")
    return found


def members(places: t.Sequence[str], group: int, stem: str) -> str:
    """The files of a group: one in every place. A disk group names its files itself.

    :arg stem: what a file's name begins with.
    """
    names = [place if place.startswith("+") else "{0}/{1}{2:02d}{3}.log".format(place.rstrip("/"), stem, group, suffix)
             for place, suffix in zip(places, ["", *("abcdefgh"[number] for number in range(1, len(places)))])]
    return " ({0})".format(", ".join(literal(name) for name in names)) if names else ""

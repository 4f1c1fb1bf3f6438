# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the earlier phases of a plan would have made: one file per run of ansible-playbook, in its own temporary folder."""

from __future__ import annotations

import fcntl
import json
import os
import typing as t

from ansible import constants

__metaclass__ = type


class Overlay:
    """The effects that this run in check mode has planned for one database.

    :arg database: names the database.
    :arg phase: whose effects are written.
    """

    def __init__(self, database: str, phase: str) -> None:
        self._database = database
        self._phase = phase
        self._path = os.path.join(constants.DEFAULT_LOCAL_TMP, "dbferry-plan.json")

    def read(self) -> t.Dict[str, t.Any]:
        """Resource -> phase and attributes."""
        try:
            with open(self._path, encoding="utf-8") as handle:
                fcntl.flock(handle, fcntl.LOCK_SH)
                effects: t.Dict[str, t.Any] = json.load(handle).get(self._database, {})
                return effects
        except FileNotFoundError:
            return {}

    def write(self, effects: t.Dict[str, t.Any], peer: t.Optional[str] = None) -> None:
        """Add what a plan does to resources (None: it removes them).

        :arg peer: the inventory entry that the task had for its peer.
        """
        if not effects:
            return
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+", encoding="utf-8") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            text = stream.read()
            everything = json.loads(text) if text else {}
            planned = everything.setdefault(self._database, {})
            for resource, attributes in effects.items():
                earlier = (planned.get(resource) or {}).get("attributes")
                merged = None if attributes is None else dict(earlier or {}, **attributes)
                planned[resource] = {"phase": self._phase, "attributes": merged, "peer": peer}
            stream.seek(0)
            stream.truncate()
            json.dump(everything, stream)

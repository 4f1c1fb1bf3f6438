# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way back a migration still has, as far as the job record has seen it."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.dbferry.oracle.plugins.plugin_utils.record import joined

__metaclass__ = type

#: Phases that change the new primary in a way that the former one cannot follow.
CLOSING = ("ZDM_NONCDBTOPDB_CONVERSION", "TIMEZONE_UPGRADE_TGT")


def pair(runs: t.List[t.Dict[str, t.Any]]) -> t.Dict[str, t.Any]:
    """What was seen last of a Data Guard pair. Plans count for nothing."""
    known: t.Dict[str, t.Any] = {}
    for entry in _entries(runs):
        known = joined(known, entry.get("pair") or {})
    return known


def _entries(runs: t.List[t.Dict[str, t.Any]]) -> t.List[t.Dict[str, t.Any]]:
    return [entry for run in runs if not run["check_mode"] for entry in run["phases"]]


def line(runs: t.List[t.Dict[str, t.Any]]) -> str:
    """A sentence or two for people; empty where nothing of a Data Guard pair was seen."""
    known = pair(runs)
    if not known.get("primary"):
        return ""
    names = {name: known.get(name) or "The other database" for name in ("primary", "standby")}
    seen = time.strftime("%H:%M:%S", time.localtime(known["seen"]))
    if not known.get("switched"):
        return "{primary} is the primary as before, and nobody works on {standby}: giving up loses nothing.".format(**names)
    closed = [entry["name"] for entry in _entries(runs) if entry.get("patched") or entry["name"] in CLOSING and entry["changed"]]
    if closed:
        return "{0} has changed {primary} since the switchover: switching back needs more than a switchover.".format(" and ".join(closed), **names)
    if not known.get("proved") and not known.get("applying"):
        return "{standby} has not been seen as a standby since the switchover. Until it is mounted and applies redo, going back loses what was committed " \
               "at {primary}.".format(**names)
    if known.get("ready"):
        return "{standby} is a standby of {primary} and nothing stood in the way of a switchover at {0}: switching back loses nothing.".format(seen, **names)
    if known.get("ready") is False:
        return "{standby} is a standby of {primary}, but at {0} something stood in the way of a switchover: dataguard_info tells what.".format(seen, **names)
    if known.get("applying"):
        return "{standby} is a standby of {primary}, and Redo Apply was on at {0}: switching back loses nothing once it is in step.".format(seen, **names)
    return "{standby} is a standby of {primary}. Whether it applies redo was not seen; switching back needs it to be in step.".format(**names)

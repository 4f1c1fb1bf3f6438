# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way back a migration still has, and what it would lose, as far as the job record has seen it."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.dbferry.oracle.plugins.plugin_utils.record import joined

__metaclass__ = type

#: Phases after which the former primary cannot simply take over again, and what it takes then.
POINTS_OF_NO_RETURN = {
    "ZDM_NONCDBTOPDB_CONVERSION": "no switching back: {primary} is no copy of {standby} any more",
    "ZDM_DATAPATCH_TGT": "for switching back without loss the home of {standby} has to be patched as far first",
    "TIMEZONE_UPGRADE_TGT": "for switching back without loss the home of {standby} needs that time zone file first",
}
#: With backups: the phase that shuts applications out of the source, and the one that lets them into the target.
SHUT, OPENED = "ZDM_BACKUP_DIFFERENTIAL_SRC", "ZDM_POST_DATABASE_OPEN_TGT"


def pair(runs: t.List[t.Dict[str, t.Any]]) -> t.Dict[str, t.Any]:
    """What was seen last of a Data Guard pair. Plans count for nothing."""
    known: t.Dict[str, t.Any] = {}
    for entry in _entries(runs):
        known = joined(known, entry.get("pair") or {})
        if entry["name"] == "ZDM_SHUTDOWN_SRC" and entry["changed"]:
            known = dict(known, stopped=True, applying=False, ready=None)
        elif (entry.get("pair") or {}).get("applying") or (entry.get("pair") or {}).get("ready"):
            known.pop("stopped", None)
    return known


def _entries(runs: t.List[t.Dict[str, t.Any]]) -> t.List[t.Dict[str, t.Any]]:
    return [entry for run in runs if not run["check_mode"] for entry in run["phases"]]


def _restore_points(entries: t.List[t.Dict[str, t.Any]]) -> t.List[str]:
    """Guaranteed ones that were made and not seen to be gone."""
    points: t.Dict[str, bool] = {}
    for entry in entries:
        points.update(entry.get("restore_points") or {})
    return [name for name, is_there in points.items() if is_there]


def _of_backups(entries: t.List[t.Dict[str, t.Any]]) -> str:
    """The way back of a migration by backups: the source stands as it was."""
    seen = {entry["name"] for entry in entries if entry["status"] in ("changed", "unchanged") and entry["ended"]}
    if OPENED in seen:
        return ("The source is as it was when its last backup was made. Going back to it (session_fence with state absent) loses what was committed at "
                "the target since that was opened.")
    if SHUT in seen:
        return "Nobody works at the target: session_fence with state absent lets applications into the source again, and nothing is lost."
    return "The source is as it was, and nobody works at the target: giving up loses nothing." if seen else ""


def line(runs: t.List[t.Dict[str, t.Any]]) -> str:
    """A sentence or some for people; empty where nothing was seen that tells."""
    entries, known = _entries(runs), pair(runs)
    if runs and runs[-1].get("playbook") == "physical_offline.yml":
        return _of_backups(entries)
    if not known.get("primary"):
        return ""
    names = {name: known.get(name) or "The other database" for name in ("primary", "standby")}
    if not (known.get("switched") or known.get("failed_over")):
        return "{primary} is the primary as before, and nobody works on {standby}: giving up loses nothing.".format(**names)
    passed = [entry["name"] for entry in entries if entry.get("passed")]
    words = [_following(known, names, not passed and any(
        entry["name"] == "ZDM_POST_MIGRATE_TGT" and entry["status"] == "does not apply" for entry in entries[-len(runs[-1]["phases"]):]))]
    if passed:
        words.append("{0} changed {primary} since the switchover: {1}.".format(
            " and ".join(dict.fromkeys(passed)), "; ".join(POINTS_OF_NO_RETURN[name].format(**names) for name in dict.fromkeys(passed)), **names))
    points = _restore_points(entries)
    if points:
        words.append("Flashing {primary} back to {0} loses what was committed there since.".format(" or ".join(points), **names))
    return " ".join(words)


def _following(known: t.Dict[str, t.Any], names: t.Dict[str, str], alone: bool) -> str:
    """How the former primary stands to its successor."""
    seen = time.strftime("%H:%M:%S", time.localtime(known["seen"]))
    if known.get("failed_over") and not known.get("applying") and not known.get("ready"):
        return "{primary} took over by a failover. What {standby} had committed and not sent is lost, and there is no way back until it is a standby again " \
               "(playbook physical_reinstate).".format(**names)
    if known.get("stopped"):
        return "{standby} was shut down: until it is mounted and applies redo, going back loses what was committed at {primary}.".format(**names)
    if alone and not known.get("applying") and not known.get("ready"):
        return "Nothing follows {primary}: going back to {standby} loses what was committed at {primary} since the switchover.".format(**names)
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

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job record: what happened in every phase of a migration, over as many runs of the playbook as it took.

One JSON file per target, migration and run. It is for people and for the report; nothing decides by it.
"""

from __future__ import annotations

import json
import os
import re
import time
import typing as t

__metaclass__ = type

#: A phase is a tag like this one.
PHASE = re.compile(r"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$")

#: The phase with which applications are shut out, and the one at whose end they are let in again.
DOWNTIME = {"XTTS_QUIESCE_SRC": "XTTS_OPEN_SERVICE_TGT", "ZDM_SWITCHOVER_SRC": "ZDM_SWITCHOVER_TGT",
            "ZDM_BACKUP_DIFFERENTIAL_SRC": "ZDM_POST_DATABASE_OPEN_TGT"}

#: Phases of which every change but a restore point is one that leads nowhere back.
CONVERSIONS = ("ZDM_NONCDBTOPDB_CONVERSION",)

#: What of a module's result belongs into the record, beside its statements.
KEPT = ("tables", "verdict", "differences", "not_compared", "progress", "assumed", "pending")

#: What a look at a Data Guard pair tells of the lag, in seconds. Null is unknown, not zero.
LAG = {"transport": "transport_lag", "apply": "apply_lag", "age": "lag_age", "standby": "standby"}


def phase_of(tags: t.Iterable[str]) -> t.Optional[str]:
    """The phase that a task belongs to, by its tags. Of several spellings (ZDM_RESTORE_TARGET) the shortest is the phase's own."""
    return min((tag for tag in tags if PHASE.match(tag)), key=len, default=None)


def _pair(result: t.Dict[str, t.Any]) -> t.Dict[str, t.Any]:
    """What a result of dataguard_info, switchover, failover, reinstate or redo_apply tells of the roles of a Data Guard pair; nothing for other results."""
    found: t.Dict[str, t.Any] = {}
    after = result.get("after") or {}
    if "proved" in result and result.get("finished"):
        names = {name: (after.get(name) or {}).get("db_unique_name") for name in ("DATABASE", "PEER_DATABASE")}
        found = {"switched": True, "proved": result["proved"], "primary": names["DATABASE"], "standby": names["PEER_DATABASE"]}
    elif "transport_lag" in result:
        found = {"findings": result.get("findings") or []}
        if result.get("primary") and result.get("standby"):
            found.update(primary=result["primary"], standby=result["standby"], ready=result.get("ready"))
    elif "became_primary_scn" in result and result.get("finished") and result["became_primary_scn"]:
        found = {"failed_over": True, "primary": (after.get("DATABASE") or {}).get("db_unique_name")}
    elif (after.get("DATABASE") or {}).get("database_role") == "PHYSICAL STANDBY" and (after.get("PEER_DATABASE") or {}).get("database_role") == "PRIMARY":
        found = {"primary": after["PEER_DATABASE"].get("db_unique_name"), "standby": after["DATABASE"].get("db_unique_name")}
    elif "REDO_APPLY" in after and (after.get("DATABASE") or {}).get("database_role") == "PHYSICAL STANDBY":
        found = {"applying": after["REDO_APPLY"].get("on")}
    return dict(found, seen=time.time()) if found else {}


def _done(state: t.Dict[str, t.Any]) -> int:
    """Bytes of the files of a state that are restored or in a backup."""
    return sum(found.get("bytes") or 0 for found in state.values() if isinstance(found, dict) and (found.get("restored") or found.get("covered_by")))


def joined(known: t.Dict[str, t.Any], pair: t.Dict[str, t.Any]) -> t.Dict[str, t.Any]:
    """What is known of a pair with what was seen since. Once another database is the primary, the rest was about the other direction, and the former
    primary is what may be a standby."""
    if pair.get("primary", known.get("primary")) == known.get("primary"):
        return dict(known, **dict(pair, standby=pair.get("standby") or known.get("standby")))
    return dict(pair, standby=pair.get("standby") or known.get("primary"))


def _passed(result: t.Dict[str, t.Any]) -> bool:
    """Whether the database was changed in a way that the former primary cannot follow: a newer time zone file, another registry of patches."""
    before, after = ((result.get(when) or {}).get("TIMEZONE") or {} for when in ("before", "after"))
    if after.get("version") and (before.get("window") == "UPGRADE" or before.get("version") and before["version"] != after["version"]):
        return True
    registries = [{name: found for name, found in (result.get(when) or {}).items() if name.split(" ")[0] in ("RELEASE_UPDATE", "SQLPATCH")}
                  for when in ("before", "after")]
    return registries[0] != registries[1]


class Record:
    """The record of one target.

    :arg host: inventory name of the target.
    :arg directory: where records are kept.
    """

    def __init__(self, host: str, directory: str, check_mode: bool, playbook: str) -> None:
        self.host = host
        self.task_began = time.time()
        self._directory = directory
        self._earlier: t.List[t.Dict[str, t.Any]] = []
        self._findings: t.Dict[str, t.Dict[str, t.List[t.Dict[str, t.Any]]]] = {}
        self.migration: t.Dict[str, t.Any] = {}
        self.run: t.Dict[str, t.Any] = {"started": time.time(), "ended": None, "check_mode": check_mode, "playbook": playbook, "phases": []}

    # -- writing down

    def belongs_to(self, migration: t.Dict[str, t.Any]) -> None:
        """Known from the first result that tells: read what earlier runs wrote."""
        if self.migration or not migration:
            return
        self.migration = dict(migration)
        try:
            with open(self.path("json"), encoding="utf-8") as handle:
                self._earlier = json.load(handle)["runs"]
        except (OSError, ValueError, KeyError):
            self._earlier = []

    def begin(self, phase: str) -> t.Dict[str, t.Any]:
        """The entry of a phase in this run, made at its first task."""
        phases: t.List[t.Dict[str, t.Any]] = self.run["phases"]
        for entry in phases:
            if entry["name"] == phase:
                return entry
        entry = {"name": phase, "started": time.time(), "ended": None, "status": "running", "changed": False, "tasks": 0, "statements": [], "lag": []}
        phases.append(entry)
        return entry

    def finish(self, phase: str, status: t.Optional[str] = None) -> t.Dict[str, t.Any]:
        entry = self.begin(phase)
        entry["ended"] = time.time()
        if entry["status"] == "running":
            entry["status"] = status or ("does not apply" if entry.get("reason") else "changed" if entry["changed"] else "unchanged")
        return entry

    def asks(self, phase: str, question: str) -> None:
        """The phase ends a way back. It waits until somebody has decided; a plan goes on."""
        entry = self.begin(phase)
        entry["question"] = question
        if not self.run["check_mode"]:
            entry["status"] = "wants to be confirmed"

    def add(self, phase: str, result: t.Dict[str, t.Any], task: str = "") -> None:
        """Take what a module's result tells. Of a task that is repeated the last findings count."""
        entry = self.begin(phase)
        if "_ansible_delegated_vars" not in result:
            entry["done_at_target"] = time.time()
        entry["tasks"] += 1
        entry["changed"] = entry["changed"] or bool(result.get("changed"))
        entry["statements"] += [str(statement) for statement in result.get("statements") or []]
        for name in KEPT:
            # What a tool printed is judged too, and that is no verdict on rows.
            if result.get(name) and not (name == "verdict" and "errors" in result):
                entry[name] = result[name]
        if "findings" in result and "transport_lag" not in result:
            self._findings.setdefault(phase, {})[task] = result["findings"] or []
            entry["findings"] = [one for found in self._findings[phase].values() for one in found]
        if "transport_lag" in result:
            entry["lag"].append(dict({name: result.get(key) for name, key in LAG.items()}, at=time.time()))
        self._volume(entry, result)
        points = {name.split(" ", 1)[1]: bool(found and found.get("guarantee")) for name, found in (result.get("after") or {}).items()
                  if name.startswith("RESTORE_POINT ")}
        if points:
            entry.setdefault("restore_points", {}).update(points)
        pair = _pair(result)
        if _passed(result) or phase in CONVERSIONS and result.get("changed") and not points:
            entry["passed"] = True
        if pair:
            entry["pair"] = joined(entry.get("pair") or {}, pair)

    def _volume(self, entry: t.Dict[str, t.Any], result: t.Dict[str, t.Any]) -> None:
        """Bytes that were moved, and in how many seconds: from the task that began the work, or from the first look at work that was under way, until
        the look that saw the last of them. What was there before does not count."""
        there = (result.get("progress") or {}).get("bytes")
        if there is None:
            return
        if "volume" not in entry:
            began = bool(result.get("statements"))
            entry["volume"] = {"since": self.task_began if began else time.time(), "had": _done(result.get("before") or {}) if began else there,
                               "bytes": 0, "seconds": 0.0}
        volume = entry["volume"]
        if there - volume["had"] > volume["bytes"]:
            volume.update(bytes=there - volume["had"], seconds=round(time.time() - volume["since"], 3))

    # -- reading

    def path(self, extension: str) -> str:
        name = "-".join(str(part) for part in (self.host, self.migration.get("id"), self.migration.get("run")) if part)
        return os.path.join(self._directory, "{0}.{1}".format(re.sub(r"[^A-Za-z0-9._-]", "_", name), extension))

    def runs(self) -> t.List[t.Dict[str, t.Any]]:
        return self._earlier + [self.run]

    def downtime(self) -> t.Optional[t.Dict[str, t.Any]]:
        """From the first refused write at the source until applications are let in at the target, over all runs; check mode counts for nothing.
        They are let in by what is done at the target: nobody waits for what the same phase does elsewhere after that."""
        began = ended = None
        for run in self.runs():
            for entry in [] if run["check_mode"] else run["phases"]:
                if entry["name"] in DOWNTIME and began is None and entry["changed"]:
                    began = entry["started"]
                opened = entry["name"] in DOWNTIME.values() and entry["ended"] and entry["status"] in ("changed", "unchanged")
                if opened and began is not None and ended is None:
                    ended = entry.get("done_at_target") or entry["ended"]
        return None if began is None else {"began": began, "ended": ended, "seconds": round((ended or time.time()) - began, 1)}

    def contents(self) -> t.Dict[str, t.Any]:
        return {"host": self.host, "migration": self.migration, "downtime": self.downtime(), "runs": self.runs()}

    def save(self, extension: str, text: str) -> str:
        """Write a file that nobody else may read, whole or not at all."""
        os.makedirs(self._directory, mode=0o700, exist_ok=True)
        path = self.path(extension)
        handle = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.rename(path + ".new", path)
        return path

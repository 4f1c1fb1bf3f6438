# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an ORACLE_HOME has that a database restored into it may lack: patches, in its inventory, and time zone files.

A home has the large file of every version up to its newest (documented); ours name their version and hold nothing else.
"""
from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
import shutil
from collections.abc import Iterable

from oralab.catalog.spec import DatabaseSpec, Patch

_ZONE_FILE = re.compile(r"timezlrg_(\d+)\.dat")


def equip(home: str, spec: DatabaseSpec) -> None:
    """Give a new home the patches and time zone files of a specification."""
    for patch in latest(spec.patches if spec.home_patches is None else spec.home_patches):
        install(home, patch)
    directory = os.path.join(home, "oracore", "zoneinfo")
    os.makedirs(directory, exist_ok=True)
    for version in range(1, (spec.home_timezone_file or spec.timezone_file) + 1):
        with open(os.path.join(directory, f"timezlrg_{version}.dat"), "w", encoding="ascii") as file:
            file.write(f"DSTv{version}\n")


def latest(patches: Iterable[Patch]) -> list[Patch]:
    """What a list of actions leaves: of each interim patch and of the release updates the last, unless it was rolled back."""
    found: dict[object, Patch] = {}
    for patch in patches:
        found["RU" if patch.patch_type == "RU" else patch.patch_id] = patch
    return [patch for patch in found.values() if patch.action == "APPLY" or patch.patch_type == "RU"]


# --- patches ---

def _oneoffs(home: str) -> str:
    return os.path.join(home, "inventory", "oneoffs")


def install(home: str, patch: Patch) -> None:
    """``opatch apply``: a release update takes the place of the one before."""
    for other in installed(home) if patch.patch_type == "RU" else ():
        if other.patch_type == "RU":
            shutil.rmtree(os.path.join(_oneoffs(home), str(other.patch_id)))
    directory = os.path.join(_oneoffs(home), str(patch.patch_id))
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "patch.json"), "w", encoding="utf-8") as file:
        json.dump({"patch_id": patch.patch_id, "patch_uid": patch.patch_uid, "description": patch.description,
                   "target_version": patch.target_version, "patch_type": patch.patch_type, "build": patch.build,
                   "action_time": patch.action_time.isoformat()}, file)


def installed(home: str) -> list[Patch]:
    """The patches of a home, the latest first, as ``opatch lspatches`` has them."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(_oneoffs(home)):
            with open(os.path.join(_oneoffs(home), name, "patch.json"), encoding="utf-8") as file:
                facts = json.load(file)
            found.append(Patch(**{**facts, "action_time": datetime.datetime.fromisoformat(facts["action_time"])}))
    return sorted(found, key=lambda patch: (patch.action_time, patch.patch_id), reverse=True)


# --- time zone files ---

def has_timezone_file(home: str, version: int) -> bool:
    return os.path.exists(os.path.join(home, "oracore", "zoneinfo", f"timezlrg_{version}.dat"))


def newest_timezone_file(home: str) -> int:
    """0 without any."""
    with contextlib.suppress(FileNotFoundError):
        return max((int(found.group(1)) for found in map(_ZONE_FILE.fullmatch, os.listdir(os.path.join(home, "oracore", "zoneinfo"))) if found),
                   default=0)
    return 0

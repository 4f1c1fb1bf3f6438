# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dump tells of the database it comes from, and what an import makes of the differences."""
from __future__ import annotations

import uuid
from typing import Any

from oralab.errors import OraError
from oralab.packages.datapump.job import Job


def of_job(job: Job) -> dict[str, Any]:
    """Facts of an export, kept in every file of its set."""
    spec, attributes = job.database.spec, job.database.attributes
    return {
        "guid": uuid.uuid4().hex, "job": f"{job.owner}.{job.name}", "mode": job.mode, "database": spec.name,
        "version": spec.version, "compatible": compatible(job), "platform_id": spec.platform_id,
        "platform": spec.platform, "character_set": spec.character_set,
        "national_character_set": spec.national_character_set, "time_zone": attributes.time_zone,
        "timezone_file": job.database.timezone_file, "block_size": spec.block_size, "dbid": job.database.store.dbid,
        "scn": job.database.store.current_scn(), "importable": True}


def compatible(job: Job) -> str:
    """VERSION: COMPATIBLE, LATEST or a release. ORA-39023 below 9.2."""
    version = job.version.upper()
    if version == "COMPATIBLE":
        return str(job.database.spec.compatible)
    if version == "LATEST":
        return str(job.database.spec.version)
    if not version.replace(".", "").isdigit() or numbers(version) < (9, 2):
        raise OraError(39001, "invalid argument value", stack=[f"ORA-39023: Version {job.version} is not supported."])
    return version


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def check(job: Job) -> None:
    """Whether the dump may be imported here at all. ORA-39002 over 39142, 39061, 39405."""
    assert job.reader is not None
    facts, spec = job.reader.facts, job.database.spec
    if numbers(facts["compatible"])[:2] > numbers(spec.compatible)[:2]:
        raise OraError(39002, "invalid operation", stack=[
            "ORA-39001: invalid argument value", "ORA-39000: bad dump file specification",
            f'ORA-39142: incompatible version number {".".join(facts["compatible"].split(".")[:2])} in dump file '
            f'"{job.reader.paths[0]}"'])
    if (job.mode == "TRANSPORTABLE") != (facts["mode"] == "TRANSPORTABLE") and not (
            job.mode == "FULL" and facts["mode"] == "TRANSPORTABLE"):
        raise OraError(39002, "invalid operation", stack=[
            f"ORA-39061: import mode {job.mode} conflicts with export mode {facts['mode']}"])
    if facts["mode"] != "TRANSPORTABLE" and facts["timezone_file"] > job.database.timezone_file:
        raise OraError(39002, "invalid operation", stack=[
            "ORA-39405: Oracle Data Pump does not support importing from a source database with TSTZ version "
            f"{facts['timezone_file']} into a target database with TSTZ version {job.database.timezone_file}."])


def greet(job: Job) -> None:
    """The lines about time zones that stand before an import's start when the databases differ (transcript)."""
    assert job.reader is not None
    facts, zone = job.reader.facts, job.database.attributes.time_zone
    if facts["timezone_file"] != job.database.timezone_file:
        job.say(f"Source time zone version is {facts['timezone_file']} and target time zone version is "
                f"{job.database.timezone_file}.", 0)
    if facts["time_zone"] != zone:
        job.say(f"Source time zone is {facts['time_zone']} and target time zone is {zone}.", 0)

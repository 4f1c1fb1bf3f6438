# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Storage, jobs and policies, and what the database knows of itself."""
from __future__ import annotations

import dataclasses
import datetime
from typing import ClassVar

from oralab.catalog.model.schema_object import SchemaObject
from oralab.catalog.spec import Patch
from oralab.values import Value


@dataclasses.dataclass(slots=True, kw_only=True)
class TablespaceInfo:
    """What the dictionary says of a tablespace beyond the store's own knowledge (files, status)."""

    name: str
    contents: str = "PERMANENT"          # PERMANENT, UNDO, TEMPORARY
    bigfile: bool = False
    block_size: int = 8192
    logging: bool = True
    force_logging: bool = False
    allocation: str = "SYSTEM"           # or UNIFORM
    initial_extent: int = 65536
    segment_management: str = "AUTO"     # or MANUAL
    compression: str = "DISABLED"
    compress_for: str = ""
    retention: str = "NOT APPLY"
    flashback: bool = True
    plugged_in: bool = False
    group: str = ""


@dataclasses.dataclass(slots=True, kw_only=True)
class SchedulerJob(SchemaObject):
    """A DBMS_SCHEDULER job; arguments by position (from 1)."""

    KIND: ClassVar[str] = "JOB"

    job_type: str = "PLSQL_BLOCK"        # PLSQL_BLOCK, STORED_PROCEDURE, EXECUTABLE, ...
    action: str = ""
    arguments: dict[int, Value] = dataclasses.field(default_factory=dict)
    number_of_arguments: int = 0
    program: tuple[str, str] | None = None
    schedule: tuple[str, str] | None = None
    start_date: Value = None
    repeat_interval: str = ""
    end_date: Value = None
    job_class: str = "DEFAULT_JOB_CLASS"
    enabled: bool = False
    auto_drop: bool = True
    restartable: bool = False
    state: str = "DISABLED"              # DISABLED, SCHEDULED, RUNNING, SUCCEEDED, FAILED, STOPPED, ...
    run_count: int = 0
    failure_count: int = 0
    max_runs: int | None = None
    max_failures: int | None = None
    last_start_date: Value = None
    last_run_duration: Value = None
    next_run_date: Value = None
    comments: str | None = None
    creator: str = ""
    instance_id: int | None = None
    attributes: dict[str, Value] = dataclasses.field(default_factory=dict)
    """Further attributes by their DBMS_SCHEDULER.SET_ATTRIBUTE name, lower case."""


@dataclasses.dataclass(slots=True, kw_only=True)
class JobRun:
    """A row of DBA_SCHEDULER_JOB_RUN_DETAILS."""

    log_id: int
    owner: str
    job_name: str
    status: str
    error: int
    log_date: Value
    requested_start: Value = None
    actual_start: Value = None
    run_duration: Value = None
    session_id: str = ""
    additional_info: str | None = None
    errors: str | None = None
    output: str | None = None


@dataclasses.dataclass(slots=True, kw_only=True)
class SchedulerAttribute:
    """A row of DBA_SCHEDULER_GLOBAL_ATTRIBUTE that was set."""

    name: str
    value: str | None = None


@dataclasses.dataclass(slots=True, kw_only=True)
class LegacyJob:
    """A DBMS_JOB job."""

    job: int
    log_user: str
    priv_user: str
    schema_user: str
    what: str
    next_date: datetime.datetime
    interval: str = "null"
    broken: bool = False
    failures: int = 0
    last_date: datetime.datetime | None = None


@dataclasses.dataclass(slots=True, kw_only=True)
class Policy:
    """A VPD policy (``function`` set) or a redaction policy (``expression`` and ``columns`` set) on ``owner.table``."""

    family: str                          # VPD or REDACTION
    owner: str
    table: str
    name: str
    enabled: bool = True
    function: tuple[str, str, str] | None = None       # owner, package, function
    statements: list[str] = dataclasses.field(default_factory=list)
    expression: str = ""
    columns: dict[str, dict[str, Value]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True, kw_only=True)
class StatisticsPreference:
    owner: str
    table: str
    preference: str
    value: str


@dataclasses.dataclass(slots=True, kw_only=True)
class RestorePoint:
    name: str
    scn: int
    time: datetime.datetime
    guaranteed: bool = False
    preserved: bool = False
    storage_size: int = 0
    incarnation: int = 1
    clean: bool = False


@dataclasses.dataclass(slots=True, frozen=True)
class TimeZoneFiles:
    """What a container knows of its time zone files. ``state`` is NONE, PREPARE or UPGRADE, ``tables`` are marked for the upgrade (owner, name)."""

    primary: int
    secondary: int = 0
    state: str = "NONE"
    tables: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(slots=True, frozen=True)
class PluggedIn:
    """A pluggable database that was plugged in, as its root knows it. ``directory`` has its control file and redo; ``status`` is NEW until it was opened."""

    name: str
    con_id: int
    guid: str
    directory: str
    created: datetime.datetime
    status: str = "NEW"
    saved_states: dict[str, str] = dataclasses.field(default_factory=dict)    # by instance


@dataclasses.dataclass(slots=True, frozen=True)
class PlugInViolation:
    """A row of PDB_PLUG_IN_VIOLATIONS. ``type`` is ERROR or WARNING, ``status`` PENDING or RESOLVED."""

    name: str
    cause: str
    type: str
    line: int
    message: str
    action: str
    time: datetime.datetime = datetime.datetime.min
    status: str = "PENDING"


CONTROL_FILE_ATTRIBUTES = ("log_mode", "force_logging", "flashback")
"""Attributes of a database that its control file alone has: those of a standby are its own."""


@dataclasses.dataclass(slots=True, kw_only=True)
class DatabaseAttributes:
    """What the control file and DATABASE_PROPERTIES know of the database itself; ``supplemental`` holds MIN, PK, UI, FK, ALL.

    ``pdb_supplemental`` is the same of the pluggable database, where there is one.
    """

    name: str
    created: datetime.datetime
    log_mode: str = "NOARCHIVELOG"
    force_logging: bool = False
    flashback: bool = False
    supplemental: set[str] = dataclasses.field(default_factory=set)
    pdb_supplemental: set[str] = dataclasses.field(default_factory=set)
    default_tablespace: str = "USERS"
    temporary_tablespace: str = "TEMP"
    time_zone: str = "+00:00"
    role: str = "PRIMARY"
    services: list[str] = dataclasses.field(default_factory=list)       # made by DBMS_SERVICE and running
    further_services: list[str] = dataclasses.field(default_factory=list)   # made, not running
    guid: str = ""
    next_user_id: int = 100
    saved_states: dict[str, str] = dataclasses.field(default_factory=dict)   # of the pluggable database, by instance
    patches: list[Patch] = dataclasses.field(default_factory=list)    # of DBA_REGISTRY_SQLPATCH
    time_zones: dict[int, TimeZoneFiles] = dataclasses.field(default_factory=dict)    # by CON_ID, once DBMS_DST was used
    plugged: dict[str, PluggedIn] = dataclasses.field(default_factory=dict)    # of a root, by name
    violations: list[PlugInViolation] = dataclasses.field(default_factory=list)    # of a root
    converted: int = 0                   # of a non-CDB that was plugged in: the last step of noncdb_to_pdb.sql that was done

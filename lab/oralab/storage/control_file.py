# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the control file of a database knows: tablespaces, datafiles, logs, and how far each of them is."""
from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from oralab.errors import OraError
from oralab.storage import asm
from oralab.storage.incarnations import Incarnation
from oralab.values import DataType

if TYPE_CHECKING:
    from oralab.storage.redo import LogHeader

IN_CONTROL_FILE = ("RMAN", "RestorePoint")
"""Kinds of catalog records that the control file keeps, not the SYSTEM tablespace: they can be read and written without open files."""
ALSO_IN_CONTROL_FILE = ("DatabaseAttributes",)
"""Kinds of which the control file has what was last known, for a database that is mounted."""


@dataclasses.dataclass(slots=True)
class Tablespace:
    """``status``: ONLINE, READ ONLY or OFFLINE."""

    number: int
    name: str
    contents: str
    block_size: int
    status: str = "ONLINE"
    bigfile: bool = False
    omf: bool = False
    encryption: tuple[str, str, bytes] | None = None
    """Algorithm, id of the master key, and the tablespace's key encrypted with it."""


@dataclasses.dataclass(slots=True)
class Datafile:
    """``object_map``: data object numbers in the file's blocks -> here; of files that were plugged in."""

    number: int
    relative: int
    tablespace: str
    contents: str
    path: str
    bytes: int
    auto_extend: bool
    max_bytes: int
    increment: int
    creation_scn: int
    creation_time: float
    checkpoint_scn: int
    checkpoint_time: float
    status: str = "ONLINE"
    omf: bool = False
    next_block: int = 1
    free: list[int] = dataclasses.field(default_factory=list)
    object_map: dict[int, int] = dataclasses.field(default_factory=dict)
    foreign: tuple[int, int, int] | None = None
    """DBID, file number and creation SCN at the source, while the header still is the source's (KEEP_READ_ONLY)."""

    recover: bool = False
    """It was restored, older than what the control file knows of it: it needs media recovery."""

    def blocks(self, block_size: int) -> int:
        return self.bytes // block_size

    @property
    def unnamed(self) -> bool:
        """Redo brought it, and nobody has made it here yet."""
        return os.path.basename(self.path).startswith("UNNAMED")

    def stored_number(self, data_object: int) -> int:
        """The number that blocks of this file have for a segment."""
        return next((stored for stored, here in self.object_map.items() if here == data_object), data_object)


@dataclasses.dataclass(slots=True)
class ArchivedLog:
    """An archived log as the control file knows it. ``dest``: number of the destination; ``recovery_area``: the file lies there.

    ``status``: A, D (RMAN deleted the file) or X (a crosscheck found it gone).
    ``applied``: YES, NO or IN-MEMORY (applied, and no checkpoint since); ``registrar``: RFS for one that came from another database, ``fal``
    for one that was asked for.
    """

    name: str
    dest: int
    log: LogHeader
    bytes: int
    completed: float
    recovery_area: bool
    creator: str = "ARCH"
    registrar: str = "ARCH"
    applied: str = "NO"
    fal: bool = False
    status: str = "A"


@dataclasses.dataclass(slots=True)
class LogGroup:
    """A group of online redo logs in which nothing has been written."""

    group: int
    bytes: int
    members: list[str]


@dataclasses.dataclass(slots=True)
class ReservedThread:
    """A redo thread for an instance to come. ``enabled``: PUBLIC, PRIVATE, or DISABLED, since ``since``, an SCN and a time."""

    number: int
    groups: list[LogGroup]
    enabled: str = "DISABLED"
    since: tuple[int, float] = (0, 0.0)

    @property
    def instance(self) -> str:
        """V$THREAD.INSTANCE of a thread that no instance has mounted (known to DBAs)."""
        return f"UNNAMED_INSTANCE_{self.number}"


@dataclasses.dataclass(slots=True)
class StandbyLog:
    """A group of standby redo logs. ``thread`` 0: for any. ``log``: what it holds, ``used`` bytes of it; ``full``: all of it."""

    group: int
    thread: int
    bytes: int
    members: list[str]
    log: LogHeader | None = None
    used: int = 0
    full: bool = False
    last_scn: int = 0
    last_time: float = 0.0


@dataclasses.dataclass(slots=True)
class Control:
    """The control file. ``archive_from``: thread -> the first log that has to be archived; empty in NOARCHIVELOG mode.

    ``role``: DATABASE_ROLE of V$DATABASE: PRIMARY, PHYSICAL STANDBY or SNAPSHOT STANDBY.
    """

    name: str
    dbid: int
    platform: int
    block_size: int
    created: float
    scn: int = 1_000_000
    resetlogs_scn: int = 999_999
    next_object: int = 70_000
    next_tablespace: int = 0
    next_file: int = 1
    tablespaces: dict[str, Tablespace] = dataclasses.field(default_factory=dict)
    datafiles: dict[int, Datafile] = dataclasses.field(default_factory=dict)
    segments: dict[int, tuple[str, list[DataType]]] = dataclasses.field(default_factory=dict)
    catalog_scn: int = 0
    catalog_blocks: list[int] = dataclasses.field(default_factory=list)
    archived: list[ArchivedLog] = dataclasses.field(default_factory=list)
    archive_from: dict[int, int] = dataclasses.field(default_factory=dict)
    records: dict[str, dict[tuple[str, ...], Any]] = dataclasses.field(default_factory=dict)
    """Catalog records that are there when the database is only mounted: backups, restore points, what it knows of itself."""
    attributes: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Attributes of the database that are this control file's own and travel in no redo: LOG_MODE, FORCE_LOGGING, ..."""
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    """What CREATE DATABASE made the database: character sets, containers, components (fields of ``DatabaseSpec``)."""
    role: str = "PRIMARY"
    incarnations: list[Incarnation] = dataclasses.field(default_factory=list)
    """Every one since the first OPEN RESETLOGS; without any there is only the first."""
    incomplete: bool = False
    """Recovery ended before the end of redo: the database opens with RESETLOGS alone."""
    backup: bool = False
    """It was restored from a backup: CONTROLFILE_TYPE is BACKUP until the database is opened with RESETLOGS."""
    standby_logs: list[StandbyLog] = dataclasses.field(default_factory=list)
    reserved_threads: list[ReservedThread] = dataclasses.field(default_factory=list)
    shipped: list[ArchivedLog] = dataclasses.field(default_factory=list)
    """Logs that other databases have: ``name`` is the service of the destination."""
    applied: dict[int, int] = dataclasses.field(default_factory=dict)
    """Thread -> the last log that managed recovery has applied whole."""
    protection: str = "MAXIMUM PERFORMANCE"
    """PROTECTION_MODE of V$DATABASE."""
    end_of_redo: int = 0
    """SCN at which the primary ended its redo for a switchover, once it has been applied here."""
    terminal: bool = False
    """The redo ended because a standby was told to finish without its primary."""
    became_primary_scn: int = 0
    """STANDBY_BECAME_PRIMARY_SCN: what was applied when this database took over."""
    structure_scn: int = 0
    """SCN of the newest change of tablespaces, files and segments that the control file knows."""


def read_control_files(paths: Sequence[str]) -> bytes:
    """What the control files hold. ORA-00205 when one is not there."""
    try:
        held = []
        for path in paths:
            with open(asm.real(path), "rb") as file:
                held.append(file.read())
    except (OSError, OraError):
        raise OraError(205, "error in identifying control file, check alert log for more info") from None
    return held[0]


def write_control_files(paths: Sequence[str], data: bytes) -> None:
    """Every copy of the control file."""
    for path in map(asm.real, paths):
        with open(path + ".new", "wb") as file:
            file.write(data)
        os.replace(path + ".new", path)

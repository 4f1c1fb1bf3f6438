# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery Manager's commands, as the parser hands them to whoever runs them."""
from __future__ import annotations

import dataclasses
from typing import Union


@dataclasses.dataclass(frozen=True, slots=True)
class Connect:
    """CONNECT; ``role``: TARGET or AUXILIARY. ``privilege`` is SYSDBA unless said otherwise; ``user`` empty for operating-system authentication."""

    user: str = ""
    password: str = ""
    dsn: str = ""
    privilege: str = "SYSDBA"
    role: str = "TARGET"


@dataclasses.dataclass(frozen=True, slots=True)
class Exit:
    pass


@dataclasses.dataclass(frozen=True, slots=True)
class Script:
    """``@file``: the commands of a file."""

    path: str


@dataclasses.dataclass(frozen=True, slots=True)
class Allocate:
    """ALLOCATE CHANNEL; ``parms`` is what the media manager gets. An empty ``channel``: FOR MAINTENANCE."""

    channel: str
    device: str = "DISK"
    format: str = ""
    parms: str = ""
    auxiliary: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Release:
    """RELEASE CHANNEL. An empty ``channel``: those for maintenance."""

    channel: str


@dataclasses.dataclass(frozen=True, slots=True)
class Scope:
    """What a command works on: ``kind`` is DATABASE, TABLESPACE or DATAFILE; a datafile is given by number or by name."""

    kind: str
    items: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Convert:
    """CONVERT. ``kind`` is DATAFILE (at the target; ``items`` are paths), TABLESPACE or DATABASE (at the source).

    ``formats`` has the FORMAT of its own of every item, "" where it has none.
    """

    kind: str
    items: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    from_platform: str = ""
    to_platform: str = ""
    format: str = ""
    name_convert: tuple[str, ...] = ()
    parallelism: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Backup:
    """BACKUP of datafiles (``scope``), archived logs, a control file ("", CURRENT or STANDBY) and the server parameter file, in any combination.

    ``validate``: BACKUP VALIDATE, which writes nothing. ``recover_of``: FOR RECOVER OF TAG. ``section`` in bytes. ``keep``: "", FOREVER, or the
    expression of UNTIL TIME. ``plus``: what PLUS ARCHIVELOG does before and after.
    """

    scope: Scope | None = None
    logs: Logs | None = None
    control_file: str = ""
    spfile: bool = False
    as_copy: bool = False
    as_compressed: bool = False
    reuse: bool = False
    validate: bool = False
    check_logical: bool = False
    level: int | None = None
    cumulative: bool = False
    from_scn: int | None = None
    recover_of: str = ""
    tag: str = ""
    format: str = ""
    device: str = ""
    filesperset: int = 0
    section: int = 0
    name_convert: tuple[str, ...] = ()
    not_backed_up: int = 0
    delete_input: bool = False
    delete_all_input: bool = False
    include_controlfile: bool = False
    keep: str = ""
    keep_logs: bool = True
    plus: Backup | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class SetBackup:
    """SET for backups of this session: ``name`` is ENCRYPTION, ENCRYPTION ALGORITHM, COMPRESSION ALGORITHM, DECRYPTION or
    CONTROLFILE AUTOBACKUP FORMAT.

    ``values``: ON or OFF, an algorithm, passwords, or device and format. ``password`` and ``only`` of ENCRYPTION.
    """

    name: str
    values: tuple[str, ...] = ()
    password: str | None = None
    only: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Validate:
    scope: Scope
    check_logical: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Records:
    """LIST, CROSSCHECK, DELETE or CHANGE of what the control file remembers.

    ``kind``: BACKUP, BACKUPSET, BACKUPPIECE, COPY, DATAFILECOPY or ARCHIVELOG. ``scope``, ``of`` (CONTROLFILE, SPFILE) and ``logs`` say of what.
    ``action`` of CHANGE: UNCATALOG, UNAVAILABLE, AVAILABLE, KEEP or NOKEEP.
    """

    verb: str
    kind: str
    scope: Scope | None = None
    of: str = ""
    logs: Logs | None = None
    items: tuple[str, ...] = ()
    tag: str = ""
    device: str = ""
    noprompt: bool = False
    expired: bool = False
    obsolete: bool = False
    force: bool = False
    summary: bool = False
    backed_up: int = 0
    action: str = ""
    keep: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Catalog:
    """CATALOG. ``kind``: BACKUPPIECE, DATAFILECOPY, CONTROLFILECOPY, ARCHIVELOG (``items`` are names), START WITH (a prefix) or RECOVERY AREA."""

    kind: str
    items: tuple[str, ...] = ()
    tag: str = ""
    level: int | None = None
    device: str = "DISK"
    noprompt: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Show:
    what: str


@dataclasses.dataclass(frozen=True, slots=True)
class Configure:
    """CONFIGURE: a persistent setting, or with ``value`` None back to its default. ``key``: of which device, where there is one for each."""

    name: str
    value: str | None
    key: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Sql:
    """A SQL statement. ``quoted`` for the older ``SQL "..."``, whose text has doubled quotes already undone."""

    text: str
    quoted: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class SetOption:
    """SET ECHO ON and its kin; ``words`` as written."""

    words: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Spool:
    """SPOOL LOG TO; an empty path is SPOOL LOG OFF."""

    path: str
    append: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Startup:
    to: str = "OPEN"
    force: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Shutdown:
    mode: str = "NORMAL"


@dataclasses.dataclass(frozen=True, slots=True)
class Unknown:
    """A command of the real product that the lab does not simulate."""

    what: str


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    commands: tuple[Command, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Until:
    """UNTIL SCN, TIME or SEQUENCE. ``value`` of a time is an expression or a text in NLS_DATE_FORMAT; ``thread`` of a sequence."""

    kind: str
    value: str
    thread: int = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Logs:
    """Which archived logs: ``kind`` is ALL, SEQUENCE, SCN or TIME with ``low`` and ``high`` (both included, None: without end)."""

    kind: str = "ALL"
    low: str | None = None
    high: str | None = None
    thread: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Restore:
    """RESTORE. ``what``: DATAFILES (``scope``), CONTROLFILE, STANDBY CONTROLFILE, SPFILE or ARCHIVELOG (``logs``).

    ``service``: FROM SERVICE; ``source``: AUTOBACKUP, or the piece of FROM 'piece'. ``to``: another place for a control file or spfile.
    ``verb``: "" to restore, VALIDATE or PREVIEW. ``section`` in bytes. ``encryption``: AS ENCRYPTED, AS DECRYPTED, "" for as it is.
    """

    what: str = "DATAFILES"
    scope: Scope | None = None
    logs: Logs = Logs()
    service: str = ""
    source: str = ""
    tag: str = ""
    until: Until | None = None
    to: str = ""
    as_pfile: bool = False
    verb: str = ""
    compressed: bool = False
    section: int = 0
    force: bool = False
    encryption: str = ""
    skip: tuple[str, ...] = ()
    skip_readonly: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Recover:
    """RECOVER DATABASE, TABLESPACE or DATAFILE; ``standby``: RECOVER STANDBY DATABASE FROM SERVICE, ``copy``: RECOVER COPY OF."""

    scope: Scope = Scope("DATABASE")
    standby: bool = False
    copy: bool = False
    service: str = ""
    noredo: bool = False
    tag: str = ""
    until: Until | None = None
    compressed: bool = False
    section: int = 0
    delete_archivelog: bool = False
    skip: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class SetNewname:
    """SET NEWNAME FOR ``kind`` (DATABASE, TABLESPACE, DATAFILE, TEMPFILE) ``item`` TO ``name``, "" for NEW."""

    kind: str
    item: str
    name: str


@dataclasses.dataclass(frozen=True, slots=True)
class SetUntil:
    until: Until


@dataclasses.dataclass(frozen=True, slots=True)
class SetDbid:
    dbid: int


@dataclasses.dataclass(frozen=True, slots=True)
class Switch:
    """SWITCH: ``kind`` DATABASE, DATAFILE, TEMPFILE or TABLESPACE; ``items`` empty for ALL. ``copy``: TO COPY, or the name of the copy."""

    kind: str
    items: tuple[str, ...] = ()
    copy: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Duplicate:
    """DUPLICATE [TARGET] DATABASE. ``name``: TO name, "" FOR STANDBY. ``spfile``: of SPFILE, its settings in order; None without SPFILE."""

    name: str = ""
    active: bool = False
    standby: bool = False
    dorecover: bool = False
    nofilenamecheck: bool = False
    noopen: bool = False
    spfile: tuple[tuple[str, str, str], ...] | None = None
    name_convert: tuple[str, ...] = ()
    section: int = 0
    compressed: bool = False
    until: Until | None = None
    location: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class DuplicateFrom:
    """A DUPLICATE as the auxiliary instance gets it: the target's connect identifier, and its password file."""

    command: Duplicate
    service: str
    password_file: bytes


Command = Union[Connect, Exit, Script, Allocate, Release, Convert, Backup, Validate, Records, Show, Configure, Sql, SetOption, Spool,
                Startup, Shutdown, Unknown, Run, Restore, Recover, SetNewname, SetUntil, SetDbid, Switch, Duplicate, DuplicateFrom, SetBackup, Catalog]

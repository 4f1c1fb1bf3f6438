# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of DDL on tablespaces and the database, and of ALTER SYSTEM and SESSION (see ``oralab.sql.ast``)."""
from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

from oralab.sql.ast_queries import Expression
from oralab.sql.ast_tables import Ddl, Name, SegmentAttributes

# --- tablespaces ---

@dataclass(slots=True)
class Autoextend:
    """AUTOEXTEND; ``max_size`` -1 is UNLIMITED."""

    on: bool
    next: int | None = None
    max_size: int | None = None


@dataclass(slots=True)
class FileSpec:
    """``path`` None leaves the name to Oracle (OMF)."""

    path: str | None = None
    size: int | None = None
    reuse: bool = False
    autoextend: Autoextend | None = None


@dataclass(slots=True)
class EncryptionClause:
    """ENCRYPTION [USING 'algorithm'] [MODE 'mode'] ENCRYPT | DECRYPT | ONLINE | OFFLINE | REKEY ..."""

    action: str = "ENCRYPT"
    algorithm: str | None = None
    online: bool | None = None
    file_name_convert: tuple[tuple[str, str], ...] = ()
    finish: bool = False


@dataclass(slots=True)
class TablespaceOptions:
    """Options that CREATE TABLESPACE and ALTER TABLESPACE share."""

    logging: bool | None = None
    force_logging: bool | None = None
    online: bool | None = None
    flashback: bool | None = None
    default_compress: str | None = None  # as in SegmentAttributes.compress, of DEFAULT TABLE COMPRESS
    default_storage: SegmentAttributes | None = None
    encryption: EncryptionClause | None = None
    retention_guarantee: bool | None = None


@dataclass(slots=True, kw_only=True)
class CreateTablespace(Ddl):
    """``contents`` is PERMANENT, UNDO or TEMPORARY."""

    name: str
    contents: str = "PERMANENT"
    bigfile: bool | None = None
    files: tuple[FileSpec, ...] = ()
    block_size: int | None = None
    extent_management: str = "LOCAL"     # LOCAL or DICTIONARY
    allocation: str = "AUTOALLOCATE"     # or UNIFORM
    uniform_size: int | None = None
    segment_space_management: str = "AUTO"
    group: str | None = None
    min_extent: int | None = None
    options: TablespaceOptions = dataclasses.field(default_factory=TablespaceOptions)


@dataclass(slots=True, kw_only=True)
class AlterTablespace(Ddl):
    """One ``action``: READ ONLY, READ WRITE, ONLINE, OFFLINE (``offline_mode`` NORMAL, TEMPORARY, IMMEDIATE),
    ADD (``files``), DROP FILE, SHRINK, RENAME, RENAME FILE, RESIZE, AUTOEXTEND, BEGIN BACKUP, END BACKUP, COALESCE,
    FILES ONLINE, FILES OFFLINE, GROUP, ENCRYPTION or OPTIONS (what ``options`` holds).
    """

    name: str
    action: str
    offline_mode: str = "NORMAL"
    files: tuple[FileSpec, ...] = ()
    temp: bool = False                   # TEMPFILE instead of DATAFILE
    file: str | int | None = None
    renames: tuple[tuple[str, str], ...] = ()
    new_name: str | None = None
    size: int | None = None
    autoextend: Autoextend | None = None
    group: str | None = None
    options: TablespaceOptions = dataclasses.field(default_factory=TablespaceOptions)


@dataclass(slots=True, kw_only=True)
class DropTablespace(Ddl):
    """``datafiles`` is AND, KEEP or None (not said)."""

    name: str
    including_contents: bool = False
    datafiles: str | None = None
    cascade_constraints: bool = False
    quota: str | None = None             # DROP or KEEP


# --- ALTER SYSTEM, SESSION ---

@dataclass(slots=True)
class ParameterSetting:
    """``name`` is upper case unless quoted. ``values`` as text, in order; numbers with K, M, G stay as written.

    ``value`` is that of a parameter that is no list; RESET has no values.
    """

    name: str
    values: tuple[str, ...]

    @property
    def value(self) -> str:
        return self.values[0]


@dataclass(slots=True, kw_only=True)
class AlterSystemSet(Ddl):
    """SET, or RESET (``reset``). ``scope`` is MEMORY, SPFILE, BOTH or None; ``sid`` as given."""

    settings: tuple[ParameterSetting, ...]
    reset: bool = False
    scope: str | None = None
    sid: str | None = None
    comment: str | None = None
    deferred: bool = False
    container: str | None = None


@dataclass(slots=True, kw_only=True)
class AlterSystem(Ddl):
    """Every other ALTER SYSTEM.

    ``action`` is SWITCH LOGFILE, ARCHIVE LOG (``what`` CURRENT, ALL, NEXT, SEQUENCE n, CHANGE n, ...), CHECKPOINT,
    CHECK DATAFILES, FLUSH (``what`` SHARED_POOL, BUFFER_CACHE, REDO TO name, ...), RESTRICTED SESSION (``enable``),
    DISTRIBUTED RECOVERY (``enable``), KILL SESSION, DISCONNECT SESSION, CANCEL SQL (``target`` 'sid, serial'), SUSPEND,
    RESUME, QUIESCE RESTRICTED, UNQUIESCE, REGISTER, SHUTDOWN, RELOCATE CLIENT, ENCRYPTION (``what``).
    """

    action: str
    what: str = ""
    target: str | None = None
    enable: bool = True
    immediate: bool = False
    noreplay: bool = False
    post_transaction: bool = False
    scope: str = ""                      # GLOBAL or LOCAL, of CHECKPOINT and CHECK DATAFILES
    value: str | None = None


@dataclass(slots=True, kw_only=True)
class AlterSession(Ddl):
    """``action`` is SET (``settings``; CURRENT_SCHEMA, TIME_ZONE, CONTAINER, EVENTS... too), ENABLE, DISABLE or FORCE
    (``what`` PARALLEL DML, PARALLEL DDL, PARALLEL QUERY, RESUMABLE, COMMIT IN PROCEDURE, GUARD, ...), ADVISE or
    CLOSE DATABASE LINK. Identifiers as values are upper case unless quoted; ``quoted`` names settings given as literals.
    """

    kind: ClassVar[str] = "transaction"

    action: str
    settings: tuple[ParameterSetting, ...] = ()
    quoted: tuple[str, ...] = ()
    what: str = ""
    degree: int | None = None
    timeout: int | None = None
    name: str | None = None
    service: str | None = None           # of SET CONTAINER


# --- ALTER DATABASE, PLUGGABLE DATABASE, keys ---

@dataclass(slots=True, kw_only=True)
class DropDatabase(Ddl):
    """DROP DATABASE."""


@dataclass(slots=True, kw_only=True)
class CreateRestorePoint(Ddl):
    name: str
    guarantee: bool = False
    preserve: bool = False
    clean: bool = False
    as_of_scn: Expression | None = None
    as_of_timestamp: Expression | None = None
    for_pluggable_database: str | None = None


@dataclass(slots=True, kw_only=True)
class AlterDatabase(Ddl):
    """``action`` with what it needs:

    MOUNT (``what`` STANDBY DATABASE), OPEN (``what`` READ ONLY, READ WRITE, RESETLOGS, UPGRADE, MIGRATE...), CLOSE, DISMOUNT,
    ARCHIVELOG, NOARCHIVELOG, FORCE LOGGING, NO FORCE LOGGING, FLASHBACK ON, FLASHBACK OFF, SUPPLEMENTAL LOG (``logs``, ``drop``),
    DEFAULT TABLESPACE, DEFAULT TEMPORARY TABLESPACE (``name``), DEFAULT TABLESPACE TYPE (``what``), RENAME FILE (``renames``),
    RENAME GLOBAL_NAME (``name``), MOVE DATAFILE (``file``, ``to``, ``keep``, ``reuse``), DATAFILE and TEMPFILE (``file``; ``what``
    RESIZE with ``size``, AUTOEXTEND, ONLINE, OFFLINE, OFFLINE DROP, DROP, DROP INCLUDING DATAFILES, END BACKUP),
    CREATE DATAFILE (``file``, ``files``), CREATE STANDBY CONTROLFILE (``to``, ``what`` LOGICAL), ADD LOGFILE,
    ADD STANDBY LOGFILE (``group``, ``thread``, ``files``), ADD LOGFILE MEMBER,
    DROP LOGFILE, DROP STANDBY LOGFILE, CLEAR LOGFILE, BACKUP CONTROLFILE (``what`` TO TRACE or ``to``), CONVERT TO (``what``
    PHYSICAL STANDBY, SNAPSHOT STANDBY), COMMIT TO SWITCHOVER (``what``), SWITCHOVER TO (``name``), FAILOVER TO (``name``),
    ACTIVATE STANDBY, SET STANDBY TO MAXIMIZE (``what``), REGISTER LOGFILE, RECOVER (``what``), BEGIN BACKUP, END BACKUP,
    TIME_ZONE (``name``), BLOCK CHANGE TRACKING (``enable``, ``to``), GUARD (``what``), ENABLE THREAD, DISABLE THREAD,
    ENABLE RESTRICTED SESSION.
    """

    action: str
    database: str | None = None
    what: str = ""
    name: str | None = None
    file: tuple[str | int, ...] = ()
    files: tuple[FileSpec, ...] = ()
    renames: tuple[tuple[str, str], ...] = ()
    to: str | None = None
    size: int | None = None
    autoextend: Autoextend | None = None
    group: int | None = None
    thread: int | None = None
    logs: tuple[str, ...] = ()           # MIN, PRIMARY KEY, UNIQUE, FOREIGN KEY, ALL, PROCEDURAL REPLICATION
    drop: bool = False
    enable: bool = True
    reuse: bool = False
    keep: bool = False
    pluggable: bool = False              # ALTER PLUGGABLE DATABASE while inside it


@dataclass(slots=True, kw_only=True)
class AlterPluggableDatabase(Ddl):
    """``names`` are PDBs, () for the current one, ("ALL",) with ``except_``. ``action`` is OPEN, CLOSE, SAVE STATE,
    DISCARD STATE, UNPLUG, RENAME GLOBAL_NAME, DATAFILE, STORAGE, or another of ``AlterDatabase``, then in ``inner``.
    """

    names: tuple[str, ...] = ()
    except_: tuple[str, ...] = ()
    action: str = ""
    what: str = ""                       # of OPEN: READ ONLY, READ WRITE, UPGRADE, RESETLOGS
    restricted: bool = False
    force: bool = False
    immediate: bool = False
    into: str | None = None
    instances: str | None = None
    inner: AlterDatabase | None = None


@dataclass(slots=True, kw_only=True)
class CreatePluggableDatabase(Ddl):
    """``source`` is "", SEED, CLONE or PLUG (USING 'file')."""

    name: str
    source: str
    admin_user: str | None = None
    admin_password: str | None = None
    roles: tuple[str, ...] = ()
    from_: Name | None = None
    using: str | None = None
    file_name_convert: tuple[tuple[str, str], ...] | None = None
    source_file_name_convert: tuple[tuple[str, str], ...] | None = None
    copy: str | None = None              # COPY, NOCOPY, MOVE
    tempfile_reuse: bool = False
    as_clone: bool = False
    keystore_password: str | None = None
    relocate: bool = False


@dataclass(slots=True, kw_only=True)
class DropPluggableDatabase(Ddl):
    name: str
    datafiles: str | None = None         # INCLUDING or KEEP


@dataclass(slots=True, kw_only=True)
class FlashbackDatabase(Ddl):
    """FLASHBACK [PLUGGABLE] DATABASE TO SCN | TIMESTAMP | RESTORE POINT; ``before`` for TO BEFORE."""

    scn: Expression | None = None
    timestamp: Expression | None = None
    restore_point: str | None = None
    before: bool = False
    pluggable: str | None = None


@dataclass(slots=True, kw_only=True)
class AdministerKeyManagement(Ddl):
    """``action`` is CREATE KEYSTORE, CREATE AUTO_LOGIN KEYSTORE, CREATE LOCAL AUTO_LOGIN KEYSTORE, OPEN, CLOSE, SET KEY,
    CREATE KEY, USE KEY, BACKUP KEYSTORE, ALTER KEYSTORE PASSWORD, MERGE KEYSTORE, EXPORT KEYS, IMPORT KEYS, SET TAG, MIGRATE.
    """

    action: str
    location: str | None = None
    password: str | None = None
    source_password: str | None = None   # of the keystore that is merged
    new_password: str | None = None
    external_store: bool = False
    force_keystore: bool = False
    backup: bool = False
    backup_tag: str | None = None
    tag: str | None = None
    algorithm: str | None = None
    key_id: str | None = None
    secret: str | None = None
    to: str | None = None
    container: str | None = None


@dataclass(slots=True, kw_only=True)
class CreateParameterFile(Ddl):
    """CREATE SPFILE or PFILE [= 'path'] FROM PFILE, SPFILE or MEMORY [= 'path']; ``kind`` and ``source`` are these words."""

    kind_of_file: str
    source: str
    path: str | None = None
    source_path: str | None = None

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of DDL on everything but tables, and of ALTER SYSTEM, SESSION and DATABASE (see ``oralab.sql.ast``)."""
from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

from oralab.sql.ast_queries import Expression, Query
from oralab.sql.ast_tables import (
    ConstraintDef,
    Ddl,
    LobStorage,
    Name,
    PartitionBy,
    SegmentAttributes,
    SequenceOptions,
    SourceExpression,
)
from oralab.values import DataType

# --- views, sequences, synonyms ---


@dataclass(slots=True, kw_only=True)
class CreateView(Ddl):
    """``query_text`` is the source of ``query``. Column aliases may carry constraints, kept in ``constraints``."""

    name: Name
    query: Query
    query_text: str
    columns: tuple[str, ...] = ()
    constraints: tuple[ConstraintDef, ...] = ()
    or_replace: bool = False
    force: bool = False
    editionable: bool | None = None
    bequeath: str | None = None          # CURRENT_USER or DEFINER
    read_only: bool = False
    check_option: bool = False
    check_constraint: str | None = None
    of_type: Name | None = None


@dataclass(slots=True, kw_only=True)
class CreateSequence(Ddl):
    name: Name
    options: SequenceOptions


@dataclass(slots=True, kw_only=True)
class AlterSequence(Ddl):
    name: Name
    options: SequenceOptions


@dataclass(slots=True, kw_only=True)
class CreateSynonym(Ddl):
    name: Name
    target: Name
    public: bool = False
    or_replace: bool = False
    editionable: bool | None = None


# --- materialized views ---

@dataclass(slots=True)
class Refresh:
    """``method`` is FORCE, FAST, COMPLETE or NEVER; ``mode`` DEMAND or COMMIT."""

    method: str | None = None
    mode: str | None = None
    start_with: SourceExpression | None = None
    next: SourceExpression | None = None
    with_: str | None = None             # PRIMARY KEY or ROWID


@dataclass(slots=True, kw_only=True)
class CreateMaterializedView(Ddl):
    name: Name
    query: Query
    query_text: str
    columns: tuple[str, ...] = ()
    attributes: SegmentAttributes = dataclasses.field(default_factory=SegmentAttributes)
    lobs: tuple[LobStorage, ...] = ()
    partition_by: PartitionBy | None = None
    build: str = "IMMEDIATE"             # IMMEDIATE, DEFERRED, PREBUILT
    reduced_precision: bool | None = None
    refresh: Refresh = dataclasses.field(default_factory=Refresh)
    for_update: bool = False
    rewrite: bool | None = None
    parallel: str | None = None
    cache: bool | None = None
    using_index: SegmentAttributes | None = None
    no_index: bool = False


@dataclass(slots=True, kw_only=True)
class AlterMaterializedView(Ddl):
    """``action`` is REFRESH, COMPILE, REWRITE (``rewrite``), CONSIDER FRESH or ATTRIBUTES."""

    name: Name
    action: str
    refresh: Refresh | None = None
    rewrite: bool | None = None
    attributes: SegmentAttributes = dataclasses.field(default_factory=SegmentAttributes)


@dataclass(slots=True, kw_only=True)
class DropMaterializedView(Ddl):
    name: Name
    preserve_table: bool = False


@dataclass(slots=True, kw_only=True)
class CreateMaterializedViewLog(Ddl):
    table: Name
    attributes: SegmentAttributes = dataclasses.field(default_factory=SegmentAttributes)
    primary_key: bool = False
    rowid: bool = False
    sequence: bool = False
    object_id: bool = False
    commit_scn: bool = False
    columns: tuple[str, ...] = ()
    new_values: bool | None = None
    purge: str | None = None             # the words after PURGE


@dataclass(slots=True, kw_only=True)
class DropMaterializedViewLog(Ddl):
    table: Name


# --- stored code and types ---

@dataclass(slots=True, kw_only=True)
class CreateUnit(Ddl):
    """PROCEDURE, FUNCTION, PACKAGE, PACKAGE BODY, TYPE BODY. ``source`` begins with the unit's type word, as in DBA_SOURCE."""

    type: str
    name: Name
    source: str
    or_replace: bool = False
    editionable: bool | None = None
    authid: str | None = None            # CURRENT_USER or DEFINER


@dataclass(slots=True, kw_only=True)
class CreateTrigger(Ddl):
    """``timing`` is BEFORE, AFTER, INSTEAD OF or COMPOUND (FOR); ``events`` as words (INSERT, UPDATE, LOGON, ...).

    ``on`` is the table or view, None with ``scope`` SCHEMA or DATABASE. ``source`` begins with TRIGGER, ``body`` with
    DECLARE, BEGIN, COMPOUND or CALL.
    """

    name: Name
    timing: str
    events: tuple[str, ...]
    update_columns: tuple[str, ...] = ()
    on: Name | None = None
    nested_column: str | None = None
    scope: str = ""                      # SCHEMA, DATABASE or PLUGGABLE DATABASE
    schema: str | None = None            # of ON schema.SCHEMA
    referencing: str = ""
    for_each_row: bool = False
    when: str = ""
    enabled: bool = True
    source: str = ""
    body: str = ""
    or_replace: bool = False
    editionable: bool | None = None


@dataclass(slots=True, kw_only=True)
class CreateType(Ddl):
    """A type specification. ``form`` is OBJECT, UNDER, VARRAY, TABLE or "" (incomplete)."""

    name: Name
    form: str
    attributes: tuple[tuple[str, DataType], ...] = ()
    methods: int = 0
    supertype: Name | None = None
    element: DataType | None = None
    limit: int | None = None             # of a VARRAY
    final: bool = True
    instantiable: bool = True
    authid: str | None = None
    oid: str | None = None
    source: str = ""
    or_replace: bool = False
    force: bool = False
    editionable: bool | None = None


@dataclass(slots=True, kw_only=True)
class AlterUnit(Ddl):
    """ALTER PROCEDURE | FUNCTION | PACKAGE | TYPE | TRIGGER | VIEW | SYNONYM.

    ``action`` is COMPILE, ENABLE, DISABLE, RENAME, EDITIONABLE or NONEDITIONABLE.
    """

    type: str
    name: Name
    action: str
    part: str = ""                       # of COMPILE: BODY, SPECIFICATION, PACKAGE
    debug: bool = False
    reuse_settings: bool = False
    new_name: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    public: bool = False


@dataclass(slots=True, kw_only=True)
class DropDatabase(Ddl):
    """DROP DATABASE."""


@dataclass(slots=True, kw_only=True)
class Drop(Ddl):
    """DROP of what needs no clauses of its own.

    ``type`` is VIEW, SEQUENCE, SYNONYM, PROCEDURE, FUNCTION, PACKAGE, PACKAGE BODY, TYPE, TYPE BODY, TRIGGER, DIRECTORY,
    DATABASE LINK, CONTEXT, ROLE, PROFILE, RESTORE POINT or CLUSTER.
    """

    type: str
    name: Name
    public: bool = False
    cascade: bool = False                # CASCADE [CONSTRAINTS]
    force: bool = False
    validate: bool = False


# --- users, roles, privileges ---

@dataclass(slots=True)
class Quota:
    """``bytes`` -1 is UNLIMITED."""

    tablespace: str
    bytes: int


@dataclass(slots=True)
class ProxyClause:
    """ALTER USER ... GRANT | REVOKE CONNECT THROUGH; ``roles`` None is all, empty is NO ROLES."""

    proxy: str
    revoke: bool = False
    roles: tuple[str, ...] | None = None
    except_roles: bool = False
    authentication_required: bool = False


@dataclass(slots=True, kw_only=True)
class UserClauses(Ddl):
    """What CREATE USER and ALTER USER share. ``authentication`` is PASSWORD, EXTERNAL, GLOBAL, NONE or None (not said)."""

    name: Name
    authentication: str | None = None
    password: str | None = None          # case as given
    values: str | None = None            # IDENTIFIED BY VALUES
    external_name: str | None = None
    default_tablespace: str | None = None
    temporary_tablespace: str | None = None
    quotas: tuple[Quota, ...] = ()
    profile: str | None = None
    expire: bool = False
    locked: bool | None = None
    editions: bool = False
    container: str | None = None         # ALL or CURRENT


@dataclass(slots=True, kw_only=True)
class CreateUser(UserClauses):
    pass


@dataclass(slots=True, kw_only=True)
class AlterUser(UserClauses):
    """``default_roles`` names roles, () NONE, ALL is ``all_roles``; ``except_roles`` of ALL EXCEPT."""

    replace: str | None = None
    default_roles: tuple[str, ...] | None = None
    all_roles: bool = False
    except_roles: tuple[str, ...] = ()
    proxy: ProxyClause | None = None


@dataclass(slots=True, kw_only=True)
class DropUser(Ddl):
    name: Name
    cascade: bool = False


@dataclass(slots=True, kw_only=True)
class CreateRole(Ddl):
    """CREATE ROLE or (``alter``) ALTER ROLE; ``authentication`` as for users, or APPLICATION with ``package``."""

    name: Name
    authentication: str = "NONE"
    password: str | None = None
    values: str | None = None
    package: Name | None = None
    alter: bool = False
    container: str | None = None


@dataclass(slots=True, kw_only=True)
class CreateProfile(Ddl):
    """CREATE PROFILE or (``alter``) ALTER PROFILE. ``limits``: a number's text, UNLIMITED, DEFAULT, a name, or NULL.

    A limit given as an expression (1/24) is its value's text.
    """

    name: Name
    limits: tuple[tuple[str, str], ...]
    alter: bool = False
    container: str | None = None


@dataclass(slots=True)
class ObjectPrivilege:
    name: str                            # SELECT, ..., or ALL
    columns: tuple[str, ...] = ()


@dataclass(slots=True)
class Grantee:
    """``password`` of GRANT CONNECT TO user IDENTIFIED BY."""

    name: str
    password: str | None = None
    program_unit: str | None = None      # PROCEDURE, FUNCTION or PACKAGE, for code based roles
    schema: str | None = None


@dataclass(slots=True, kw_only=True)
class Grant(Ddl):
    """Of system privileges and roles (``privileges``, several words each; ALL PRIVILEGES too) or of object privileges.

    ``on_kind`` is "" for schema objects, else DIRECTORY, USER, EDITION, MINING MODEL, JAVA SOURCE, SQL TRANSLATION PROFILE.
    """

    grantees: tuple[Grantee, ...]
    privileges: tuple[str, ...] = ()
    object_privileges: tuple[ObjectPrivilege, ...] = ()
    on: Name | None = None
    on_kind: str = ""
    admin_option: bool = False
    delegate_option: bool = False
    grant_option: bool = False
    hierarchy_option: bool = False
    container: str | None = None


@dataclass(slots=True, kw_only=True)
class Revoke(Ddl):
    grantees: tuple[Grantee, ...]
    privileges: tuple[str, ...] = ()
    object_privileges: tuple[ObjectPrivilege, ...] = ()
    on: Name | None = None
    on_kind: str = ""
    cascade_constraints: bool = False
    force: bool = False
    container: str | None = None


@dataclass(slots=True, kw_only=True)
class Audit(Ddl):
    """AUDIT and NOAUDIT; ``action`` holds the words that follow."""

    noaudit: bool
    action: str


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


# --- directories, links, contexts, restore points, recycle bin ---

@dataclass(slots=True, kw_only=True)
class CreateDirectory(Ddl):
    name: Name
    path: str
    or_replace: bool = False


@dataclass(slots=True, kw_only=True)
class CreateDatabaseLink(Ddl):
    """``user`` None: connected user; CURRENT_USER is ``current_user``. ``name`` may be dotted, upper case."""

    name: Name
    public: bool = False
    shared: bool = False
    user: str | None = None
    current_user: bool = False
    password: str | None = None
    values: str | None = None
    using: str | None = None
    alter: bool = False                  # ALTER DATABASE LINK ... CONNECT TO


@dataclass(slots=True, kw_only=True)
class CreateContext(Ddl):
    """``access`` is INITIALIZED EXTERNALLY, INITIALIZED GLOBALLY, ACCESSED GLOBALLY or ""."""

    name: str
    package: Name
    access: str = ""
    or_replace: bool = False


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
class Purge(Ddl):
    """``what`` is TABLE, INDEX, RECYCLEBIN, DBA_RECYCLEBIN or TABLESPACE (with ``user``)."""

    what: str
    name: Name | None = None
    user: str | None = None


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

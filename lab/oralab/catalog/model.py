# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of the data dictionary.

Every record is a plain dataclass that pickles; ``Catalog.save`` stores it under ``(kind, key)``. Expressions, conditions,
queries and program units are kept as source text, in the words in which they were given, because that is what the dictionary
shows and what Data Pump moves. Names are as stored in the dictionary (upper case unless quoted at creation).

A stored row of a table has one value per entry of ``Table.columns``, virtual, hidden and dropped ones included (virtual and
dropped ones hold None); rows stored before a column was added are shorter, and stand for ``Column.absent`` there.
"""
from __future__ import annotations

import dataclasses
import datetime
from typing import ClassVar

from oralab.api import Verifier
from oralab.catalog.spec import Patch
from oralab.values import DataType, Value


@dataclasses.dataclass(slots=True, frozen=True)
class Bound:
    """One element of a partition's bound: ``value`` evaluated to the key column's type, or ``word`` is MAXVALUE or DEFAULT."""

    value: Value = None
    word: str = ""


@dataclasses.dataclass(slots=True, frozen=True)
class Reference:
    """A dependency of one object on another, as in DBA_DEPENDENCIES."""

    owner: str
    name: str
    type: str
    link: str = ""


@dataclasses.dataclass(slots=True, kw_only=True)
class SchemaObject:
    """What DBA_OBJECTS knows of every object. ``kind`` is its OBJECT_TYPE; times are the server's local time."""

    KIND: ClassVar[str] = ""

    owner: str
    name: str
    object_id: int = 0
    created: datetime.datetime = datetime.datetime(1970, 1, 1)
    last_ddl_time: datetime.datetime = datetime.datetime(1970, 1, 1)
    status: str = "VALID"                # or INVALID
    generated: bool = False              # name made by the system
    secondary: bool = False
    oracle_maintained: bool = False
    references: list[Reference] = dataclasses.field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.KIND


# --- tables ---

@dataclasses.dataclass(slots=True, kw_only=True)
class Statistics:
    """Optimizer statistics of a table, partition or index; None where they were never gathered."""

    num_rows: int | None = None
    blocks: int | None = None
    avg_row_len: int | None = None
    sample_size: int | None = None
    last_analyzed: datetime.datetime | None = None
    locked: bool = False
    user_stats: bool = False
    blevel: int | None = None
    leaf_blocks: int | None = None
    distinct_keys: int | None = None
    clustering_factor: int | None = None
    stale: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class ColumnStatistics:
    num_distinct: int | None = None
    low_value: bytes | None = None
    high_value: bytes | None = None
    density: float | None = None
    num_nulls: int | None = None
    avg_col_len: int | None = None
    histogram: str = "NONE"
    num_buckets: int | None = None
    sample_size: int | None = None
    last_analyzed: datetime.datetime | None = None


@dataclasses.dataclass(slots=True, kw_only=True)
class Lob:
    """Storage of a LOB column; ``tablespace`` "" means the table's."""

    segment_name: str
    index_name: str
    segment_object_id: int = 0           # object id of the LOB, also its data object id
    index_object_id: int = 0
    tablespace: str = ""
    securefile: bool = True
    in_row: bool = True
    chunk: int = 8192
    cache: str = "NO"
    logging: str = "YES"
    retention: str = "DEFAULT"
    compression: str = "NO"
    deduplication: str = "NO"
    encrypt: str = "NO"
    generated: bool = True


@dataclasses.dataclass(slots=True, kw_only=True)
class Identity:
    generation: str = "ALWAYS"           # or BY DEFAULT
    sequence_name: str = ""
    start: int = 1                       # START WITH, as it was when the column was made


@dataclasses.dataclass(slots=True, kw_only=True)
class Column:
    """A column of a table or view. ``default`` is the DEFAULT text or, for a virtual column, its expression."""

    name: str
    type: DataType
    nullable: bool = True
    default: str | None = None
    default_on_null: bool = False
    virtual: bool = False
    invisible: bool = False              # INVISIBLE, chosen by the user
    hidden: bool = False                 # SYS_NC..., made by the system
    unused: bool = False                 # SET UNUSED or dropped: keeps its place in stored rows, seen by nobody
    identity: Identity | None = None
    lob: Lob | None = None
    encrypted: bool = False
    comment: str | None = None
    absent: Value = None                 # value of rows stored before the column was added
    statistics: ColumnStatistics | None = None

    @property
    def visible(self) -> bool:
        """Part of ``SELECT *`` and of INSERT without a column list."""
        return not (self.invisible or self.hidden or self.unused)


@dataclasses.dataclass(slots=True, kw_only=True)
class Constraint:
    """``type`` as in DBA_CONSTRAINTS: C (check and NOT NULL), P, U, R; V and O for views."""

    name: str
    type: str
    columns: list[str] = dataclasses.field(default_factory=list)
    condition: str | None = None         # C: the search condition; NOT NULL is ``"COL" IS NOT NULL``
    not_null: bool = False               # C made by NOT NULL
    r_owner: str | None = None
    r_constraint: str | None = None      # R: the key constraint referenced
    r_table: str | None = None           # R: its table (same owner as the constraint)
    delete_rule: str = "NO ACTION"       # R: NO ACTION, CASCADE, SET NULL
    enabled: bool = True
    validated: bool = True
    deferrable: bool = False
    initially_deferred: bool = False
    rely: bool = False
    generated: bool = False
    index_owner: str | None = None
    index_name: str | None = None
    last_change: datetime.datetime = datetime.datetime(1970, 1, 1)


@dataclasses.dataclass(slots=True, kw_only=True)
class Partition:
    """A partition or subpartition of a table or index.

    ``high_value`` is the text of the dictionary, ``bounds`` the evaluated values: of a range partition one ``Bound`` per key
    column, of a list partition one tuple of them per listed value.
    """

    name: str
    object_id: int = 0
    data_object_id: int = 0              # 0 where subpartitions hold the rows
    high_value: str = ""
    bounds: list[Bound | tuple[Bound, ...]] = dataclasses.field(default_factory=list)
    tablespace: str = ""
    interval: bool = False               # made by INTERVAL partitioning
    generated: bool = False
    status: str = "USABLE"               # of index partitions: USABLE or UNUSABLE
    subpartitions: list[Partition] = dataclasses.field(default_factory=list)
    created: datetime.datetime = datetime.datetime(1970, 1, 1)
    last_ddl_time: datetime.datetime = datetime.datetime(1970, 1, 1)
    statistics: Statistics | None = None


@dataclasses.dataclass(slots=True, kw_only=True)
class Partitioning:
    """``type`` and ``subtype`` are RANGE, LIST or HASH; ``subtype`` is "" without subpartitions."""

    type: str
    columns: list[str]
    partitions: list[Partition] = dataclasses.field(default_factory=list)
    interval: str = ""                   # expression of an interval partitioned table
    subtype: str = ""
    subcolumns: list[str] = dataclasses.field(default_factory=list)
    default_tablespace: str = ""
    locality: str = ""                   # of indexes: LOCAL or GLOBAL

    def leaves(self) -> list[Partition]:
        """The (sub)partitions that hold rows."""
        return [leaf for partition in self.partitions for leaf in partition.subpartitions or [partition]]


@dataclasses.dataclass(slots=True, kw_only=True)
class LogGroup:
    """Supplemental logging of a table. ``type`` is LOG_GROUP_TYPE: ALL COLUMN LOGGING, USER LOG GROUP, ..."""

    name: str
    type: str
    columns: list[str] = dataclasses.field(default_factory=list)
    no_log: list[str] = dataclasses.field(default_factory=list)      # columns of the group that it decides by, but does not log
    always: bool = True
    generated: bool = True


@dataclasses.dataclass(slots=True, kw_only=True)
class External:
    """An external table: access parameters are kept as text; ``rows`` are read by the engine of the access driver."""

    driver: str = "ORACLE_LOADER"        # or ORACLE_DATAPUMP
    directory: str = ""
    locations: list[tuple[str, str]] = dataclasses.field(default_factory=list)   # (directory or "", file name)
    parameters: str = ""
    reject_limit: str = "0"


@dataclasses.dataclass(slots=True, kw_only=True)
class Storage:
    """Physical attributes of a segment; sizes in bytes. None means the tablespace's or Oracle's default."""

    pct_free: int = 10
    ini_trans: int = 1
    max_trans: int = 255
    initial_extent: int | None = None
    next_extent: int | None = None
    logging: bool = True
    compression: str = "DISABLED"        # or ENABLED
    compress_for: str = ""               # BASIC, ADVANCED, ...
    degree: str = "1"
    buffer_pool: str = "DEFAULT"


@dataclasses.dataclass(slots=True, kw_only=True)
class Table(SchemaObject):
    """A table. ``data_object_id`` is 0 where partitions hold the rows, and for external and temporary tables."""

    KIND: ClassVar[str] = "TABLE"

    columns: list[Column]
    organization: str = "HEAP"           # HEAP, INDEX, EXTERNAL
    data_object_id: int = 0
    tablespace: str = ""
    temporary: str = ""                  # "", TRANSACTION (ON COMMIT DELETE ROWS) or SESSION
    segment_created: bool = False
    constraints: list[Constraint] = dataclasses.field(default_factory=list)
    partitioning: Partitioning | None = None
    storage: Storage = dataclasses.field(default_factory=Storage)
    external: External | None = None
    iot_overflow_tablespace: str = ""
    nested_tables: dict[str, str] = dataclasses.field(default_factory=dict)    # column -> storage table
    nested: bool = False
    xml: bool = False                    # CREATE TABLE ... OF XMLTYPE
    object_type: tuple[str, str] | None = None                                 # CREATE TABLE ... OF type
    log_groups: list[LogGroup] = dataclasses.field(default_factory=list)
    comment: str | None = None
    statistics: Statistics | None = None
    row_movement: bool = False
    read_only: bool = False
    cache: bool = False
    materialized: bool = False           # container of a materialized view
    dropped: bool = False                # in the recycle bin

    def column(self, name: str) -> Column | None:
        """The column of that name, unused ones excluded."""
        return next((column for column in self.columns if column.name == name and not column.unused), None)

    def key(self, type_: str = "P") -> Constraint | None:
        """The first constraint of a type; by default the primary key."""
        return next((constraint for constraint in self.constraints if constraint.type == type_), None)


@dataclasses.dataclass(slots=True, kw_only=True)
class IndexColumn:
    """``name`` of the column, or the name of the hidden virtual column whose ``expression`` is indexed."""

    name: str
    expression: str | None = None
    descending: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class Index(SchemaObject):
    KIND: ClassVar[str] = "INDEX"

    table_owner: str
    table_name: str
    columns: list[IndexColumn]
    unique: bool = False
    type: str = "NORMAL"                 # NORMAL, NORMAL/REV, BITMAP, FUNCTION-BASED NORMAL, IOT - TOP, DOMAIN
    data_object_id: int = 0
    tablespace: str = ""
    partitioning: Partitioning | None = None
    storage: Storage = dataclasses.field(default_factory=Storage)
    prefix_length: int = 0               # COMPRESS n
    usable: bool = True
    visible: bool = True
    statistics: Statistics | None = None
    indextype: tuple[str, str] | None = None       # of a domain index
    parameters: str = ""
    dropped: bool = False


# --- other schema objects ---

@dataclasses.dataclass(slots=True, kw_only=True)
class View(SchemaObject):
    """``text`` is the query after AS. Columns are those of the last successful compilation."""

    KIND: ClassVar[str] = "VIEW"

    text: str
    columns: list[Column] = dataclasses.field(default_factory=list)
    aliases: list[str] = dataclasses.field(default_factory=list)
    read_only: bool = False
    check_option: str = ""               # name of the constraint of WITH CHECK OPTION
    comment: str | None = None
    bequeath: str = "DEFINER"
    errors: list[CompileError] = dataclasses.field(default_factory=list)
    constraints: list[Constraint] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(slots=True, kw_only=True)
class MaterializedView(SchemaObject):
    """Its rows stand in the container, a ``Table`` of the same owner and name."""

    KIND: ClassVar[str] = "MATERIALIZED VIEW"

    query: str
    refresh_method: str = "FORCE"        # FORCE, COMPLETE, FAST, NEVER
    refresh_mode: str = "DEMAND"         # DEMAND, COMMIT
    build_mode: str = "IMMEDIATE"        # IMMEDIATE, DEFERRED, PREBUILT
    rewrite: bool = False
    updatable: bool = False
    next_expression: str = ""
    last_refresh: datetime.datetime | None = None
    last_refresh_type: str = "NA"
    staleness: str = "FRESH"             # FRESH, STALE, NEEDS_COMPILE, UNUSABLE
    errors: list[CompileError] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(slots=True, kw_only=True)
class MaterializedViewLog:
    """A log on ``owner.master``; its rows stand in the table ``log_table``."""

    owner: str
    master: str
    log_table: str
    rowids: bool = False
    primary_key: bool = True
    sequence: bool = False
    columns: list[str] = dataclasses.field(default_factory=list)
    new_values: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class Sequence(SchemaObject):
    """``last_number`` is the dictionary's: the first number not handed out to a cache yet."""

    KIND: ClassVar[str] = "SEQUENCE"

    min_value: int = 1
    max_value: int = 10**28 - 1
    increment_by: int = 1
    cycle: bool = False
    order: bool = False
    cache_size: int = 20
    last_number: int = 1
    identity: bool = False               # ISEQ$$_n of an identity column


@dataclasses.dataclass(slots=True, kw_only=True)
class Synonym(SchemaObject):
    """``owner`` is PUBLIC for a public synonym."""

    KIND: ClassVar[str] = "SYNONYM"

    table_owner: str
    table_name: str
    db_link: str = ""


@dataclasses.dataclass(slots=True, kw_only=True)
class CompileError:
    """A row of DBA_ERRORS."""

    line: int
    position: int
    text: str
    attribute: str = "ERROR"
    number: int = 0


@dataclasses.dataclass(slots=True, kw_only=True)
class StoredUnit(SchemaObject):
    """A program unit. ``source`` is the text as DBA_SOURCE shows it: from the unit's type word on, without CREATE."""

    type: str                            # PROCEDURE, FUNCTION, PACKAGE, PACKAGE BODY, TYPE, TYPE BODY, TRIGGER
    source: str
    errors: list[CompileError] = dataclasses.field(default_factory=list)
    authid: str = "DEFINER"
    editionable: bool = True

    @property
    def kind(self) -> str:
        return self.type


@dataclasses.dataclass(slots=True, kw_only=True)
class Trigger(StoredUnit):
    """A trigger; ``base`` is the table, view, schema or database it is on."""

    type: str = "TRIGGER"
    trigger_type: str = ""               # BEFORE EACH ROW, AFTER STATEMENT, INSTEAD OF, AFTER EVENT, ...
    event: str = ""                      # INSERT OR UPDATE, LOGON, ...
    base_type: str = "TABLE"
    base_owner: str = ""
    base_name: str = ""
    when: str = ""
    referencing: str = "REFERENCING NEW AS NEW OLD AS OLD"
    description: str = ""
    body: str = ""
    enabled: bool = True


@dataclasses.dataclass(slots=True, kw_only=True)
class TypeAttribute:
    name: str
    type: DataType


@dataclasses.dataclass(slots=True, kw_only=True)
class UserType(StoredUnit):
    """A user-defined type (specification)."""

    type: str = "TYPE"
    typecode: str = "OBJECT"             # or COLLECTION
    attributes: list[TypeAttribute] = dataclasses.field(default_factory=list)
    methods: int = 0
    collection: str = ""                 # TABLE or VARYING ARRAY
    element: DataType | None = None
    upper_bound: int | None = None
    final: bool = True
    instantiable: bool = True
    supertype: tuple[str, str] | None = None
    type_oid: bytes = b""
    incomplete: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class Directory(SchemaObject):
    KIND: ClassVar[str] = "DIRECTORY"

    path: str


@dataclasses.dataclass(slots=True, kw_only=True)
class DbLink:
    """``owner`` is PUBLIC for a public link; ``username`` is None for a connected user link."""

    owner: str
    name: str
    username: str | None = None
    password: str | None = None
    host: str | None = None
    created: datetime.datetime = datetime.datetime(1970, 1, 1)


@dataclasses.dataclass(slots=True, kw_only=True)
class Context(SchemaObject):
    KIND: ClassVar[str] = "CONTEXT"

    schema: str
    package: str
    type: str = "ACCESSED LOCALLY"


@dataclasses.dataclass(slots=True, kw_only=True)
class RecycleBinEntry:
    """A dropped object; ``object_name`` is its BIN$... name, under which the object's own record continues."""

    owner: str
    object_name: str
    original_name: str
    type: str                            # TABLE, INDEX, TRIGGER, ...
    tablespace: str
    drop_time: datetime.datetime
    drop_scn: int
    created: datetime.datetime
    base_object: int
    can_undrop: bool = True


# --- users and privileges ---

@dataclasses.dataclass(slots=True, kw_only=True)
class User:
    """A user. ``quotas`` in bytes by tablespace, -1 is UNLIMITED."""

    name: str
    user_id: int = 0
    created: datetime.datetime = datetime.datetime(1970, 1, 1)
    verifier: Verifier | None = None
    authentication: str = "PASSWORD"     # PASSWORD, EXTERNAL, GLOBAL, NONE
    external_name: str | None = None
    default_tablespace: str = "USERS"
    temporary_tablespace: str = "TEMP"
    profile: str = "DEFAULT"
    quotas: dict[str, int] = dataclasses.field(default_factory=dict)
    locked: bool = False                 # by ALTER USER
    timed_lock: bool = False             # by FAILED_LOGIN_ATTEMPTS
    lock_date: datetime.datetime | None = None
    expired: bool = False
    expiry_date: datetime.datetime | None = None
    password_changed: datetime.datetime | None = None
    failed_logons: int = 0
    last_login: datetime.datetime | None = None
    default_roles: list[str] | None = None      # None is ALL
    excluded_roles: list[str] = dataclasses.field(default_factory=list)        # ALL EXCEPT
    proxies: dict[str, list[str] | None] = dataclasses.field(default_factory=dict)   # proxy user -> roles, None is all
    oracle_maintained: bool = False
    common: bool = False
    editions_enabled: bool = False

    @property
    def account_status(self) -> str:
        """ACCOUNT_STATUS of DBA_USERS."""
        words = ["EXPIRED"] if self.expired else []
        if self.locked:
            words.append("LOCKED")
        elif self.timed_lock:
            words.append("LOCKED(TIMED)")
        return " & ".join(words) or "OPEN"


@dataclasses.dataclass(slots=True, kw_only=True)
class Role:
    name: str
    role_id: int = 0
    authentication: str = "NONE"         # NONE, PASSWORD, EXTERNAL, GLOBAL, APPLICATION
    verifier: Verifier | None = None
    package: tuple[str, str] | None = None
    oracle_maintained: bool = False
    common: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class Profile:
    """``limits`` holds every resource name with its LIMIT text: DEFAULT, UNLIMITED, a number, NULL or a function name."""

    name: str
    limits: dict[str, str] = dataclasses.field(default_factory=dict)
    oracle_maintained: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class SystemGrant:
    grantee: str
    privilege: str
    admin: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class RoleGrant:
    grantee: str
    role: str
    admin: bool = False
    delegate: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class ObjectGrant:
    """A privilege on ``owner.name``; ``column`` limits INSERT, UPDATE and REFERENCES to one column."""

    grantee: str
    owner: str
    name: str
    type: str                            # OBJECT_TYPE, and DIRECTORY, USER
    privilege: str
    grantor: str
    column: str | None = None
    grantable: bool = False
    hierarchy: bool = False


# --- storage, jobs, policies, instance ---

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

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables, their columns, constraints, partitions and statistics, and indexes."""
from __future__ import annotations

import dataclasses
import datetime
from typing import ClassVar

from oralab.catalog.model.schema_object import SchemaObject
from oralab.values import DataType, Value


@dataclasses.dataclass(slots=True, frozen=True)
class Bound:
    """One element of a partition's bound: ``value`` evaluated to the key column's type, or ``word`` is MAXVALUE or DEFAULT."""

    value: Value = None
    word: str = ""


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

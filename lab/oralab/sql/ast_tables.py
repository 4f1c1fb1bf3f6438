# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of DDL on tables, their indexes and partitions (see ``oralab.sql.ast``).

None means "not said" everywhere; what then holds is for the dictionary to decide. Sizes are in bytes.
"""
from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

from oralab.sql.ast_queries import Condition, Expression, Query, Statement
from oralab.values import DataType


@dataclass(slots=True, kw_only=True)
class Ddl(Statement):
    kind: ClassVar[str] = "ddl"


@dataclass(slots=True)
class Name:
    """``[schema.]name[@dblink]`` of an object."""

    name: str
    schema: str | None = None
    dblink: str | None = None
    offset: int = dataclasses.field(default=0, compare=False)


@dataclass(slots=True)
class SourceExpression:
    """An expression together with the text in which it was given, as the dictionary keeps it."""

    expression: Expression
    text: str


@dataclass(slots=True)
class SourceCondition:
    condition: Condition
    text: str


# --- physical attributes ---

@dataclass(slots=True)
class StorageClause:
    """STORAGE (...); ``max_extents`` -1 is UNLIMITED."""

    initial: int | None = None
    next: int | None = None
    min_extents: int | None = None
    max_extents: int | None = None
    pct_increase: int | None = None
    freelists: int | None = None
    freelist_groups: int | None = None
    buffer_pool: str | None = None       # DEFAULT, KEEP, RECYCLE


@dataclass(slots=True)
class SegmentAttributes:
    tablespace: str | None = None
    pct_free: int | None = None
    pct_used: int | None = None
    ini_trans: int | None = None
    max_trans: int | None = None
    storage: StorageClause | None = None
    logging: bool | None = None
    compress: str | None = None          # NOCOMPRESS, BASIC, ADVANCED, QUERY LOW, ARCHIVE HIGH, ...; of indexes also a number
    immediate: bool | None = None        # SEGMENT CREATION IMMEDIATE or DEFERRED


@dataclass(slots=True)
class LobStorage:
    """LOB (columns) STORE AS ...; also of a varray or an XMLType column's hidden LOB."""

    columns: tuple[str, ...]
    segment_name: str | None = None
    securefile: bool | None = None
    in_row: bool | None = None
    chunk: int | None = None
    cache: str | None = None             # CACHE, NOCACHE, CACHE READS
    retention: str | None = None         # the words after RETENTION, or PCTVERSION n
    compress: str | None = None          # NOCOMPRESS, LOW, MEDIUM, HIGH
    deduplicate: bool | None = None
    encrypt: bool | None = None
    attributes: SegmentAttributes = dataclasses.field(default_factory=SegmentAttributes)


@dataclass(slots=True)
class NestedTableStorage:
    column: str
    table: str


# --- constraints ---

@dataclass(slots=True)
class ConstraintState:
    deferrable: bool | None = None
    initially_deferred: bool | None = None
    rely: bool | None = None
    enable: bool | None = None
    validate: bool | None = None
    using_index: UsingIndex | None = None
    exceptions_into: Name | None = None


@dataclass(slots=True)
class UsingIndex:
    """USING INDEX: an existing ``index``, a CREATE INDEX statement, or attributes of the index to make."""

    index: Name | None = None
    create: CreateIndex | None = None
    attributes: SegmentAttributes = dataclasses.field(default_factory=SegmentAttributes)
    local: bool = False
    reverse: bool = False


@dataclass(slots=True)
class ConstraintDef:
    """``type`` is NOT NULL, NULL, CHECK, PRIMARY KEY, UNIQUE or FOREIGN KEY.

    Of an inline constraint ``columns`` holds its column.
    """

    type: str
    name: str | None = None
    columns: tuple[str, ...] = ()
    condition: SourceCondition | None = None
    references: Name | None = None
    ref_columns: tuple[str, ...] = ()
    on_delete: str | None = None         # CASCADE or SET NULL
    state: ConstraintState = dataclasses.field(default_factory=ConstraintState)
    inline: bool = False


@dataclass(slots=True)
class SupplementalLog:
    """SUPPLEMENTAL LOG: ``group`` with ``columns`` (name, NO LOG), or ``data`` of ALL, PRIMARY KEY, UNIQUE, FOREIGN KEY."""

    group: str | None = None
    columns: tuple[tuple[str, bool], ...] = ()
    always: bool = False
    data: tuple[str, ...] = ()


# --- columns ---

@dataclass(slots=True)
class SequenceOptions:
    """Options of a sequence or identity; ``no_maxvalue`` and the like are NOMAXVALUE ...; ``cache`` 0 is NOCACHE."""

    start_with: int | None = None
    start_with_limit: bool = False       # START WITH LIMIT VALUE, of an identity column
    increment_by: int | None = None
    max_value: int | None = None
    no_max_value: bool = False
    min_value: int | None = None
    no_min_value: bool = False
    cycle: bool | None = None
    cache: int | None = None
    order: bool | None = None
    keep: bool | None = None
    session: bool | None = None
    restart: bool = False
    scale: bool | None = None


@dataclass(slots=True)
class Identity:
    """GENERATED ALWAYS | BY DEFAULT [ON NULL] AS IDENTITY."""

    always: bool
    on_null: bool = False
    options: SequenceOptions = dataclasses.field(default_factory=SequenceOptions)


@dataclass(slots=True)
class ColumnDef:
    """A column in CREATE TABLE, ADD or MODIFY. ``type`` None: not said (CREATE ... AS, MODIFY, virtual columns).

    ``type.char_used`` is "" where neither BYTE nor CHAR was said: NLS_LENGTH_SEMANTICS decides.
    """

    name: str
    type: DataType | None = None
    default: SourceExpression | None = None
    default_on_null: bool = False
    identity: Identity | None = None
    drop_identity: bool = False
    virtual: SourceExpression | None = None
    visible: bool | None = None
    encrypt: bool | None = None
    sort: bool = False
    collation: str | None = None
    constraints: tuple[ConstraintDef, ...] = ()
    supplemental: tuple[SupplementalLog, ...] = ()
    offset: int = dataclasses.field(default=0, compare=False)


# --- partitions ---

@dataclass(slots=True)
class PartitionBound:
    """``value`` with its text; ``word`` is MAXVALUE or DEFAULT instead."""

    value: Expression | None = None
    text: str = ""
    word: str = ""


@dataclass(slots=True)
class PartitionDef:
    """A partition or subpartition. RANGE: one bound per key column; LIST: one tuple of bounds per listed value."""

    name: str | None = None
    less_than: tuple[PartitionBound, ...] = ()
    values: tuple[tuple[PartitionBound, ...], ...] = ()
    attributes: SegmentAttributes = dataclasses.field(default_factory=SegmentAttributes)
    lobs: tuple[LobStorage, ...] = ()
    subpartitions: tuple[PartitionDef, ...] = ()
    subpartition_count: int | None = None
    unusable: bool = False               # of index partitions


@dataclass(slots=True)
class PartitionBy:
    """``type`` is RANGE, LIST, HASH, REFERENCE or SYSTEM; ``interval`` of interval partitioning.

    HASH by quantity has ``count`` and maybe ``store_in`` (tablespaces) instead of ``partitions``. ``sub`` is
    SUBPARTITION BY, whose ``partitions`` are the template.
    """

    type: str
    columns: tuple[str, ...] = ()
    interval: SourceExpression | None = None
    store_in: tuple[str, ...] = ()
    partitions: tuple[PartitionDef, ...] = ()
    count: int | None = None
    reference: str | None = None
    automatic: bool = False
    sub: PartitionBy | None = None


# --- CREATE TABLE, INDEX ---

@dataclass(slots=True)
class ExternalClause:
    """ORGANIZATION EXTERNAL: ``parameters`` as text; ``locations`` are (directory or None, file)."""

    driver: str = "ORACLE_LOADER"
    directory: str | None = None
    parameters: str = ""
    locations: tuple[tuple[str | None, str], ...] = ()
    reject_limit: str | None = None      # a number or UNLIMITED


@dataclass(slots=True, kw_only=True)
class CreateTable(Ddl):
    """``columns`` and ``constraints`` of a relational table, ``of_type`` of an object or XMLType table.

    ``temporary`` is GLOBAL TEMPORARY; ``on_commit`` is DELETE or PRESERVE.
    """

    name: Name
    columns: tuple[ColumnDef, ...] = ()
    constraints: tuple[ConstraintDef, ...] = ()
    supplemental: tuple[SupplementalLog, ...] = ()
    of_type: Name | None = None
    temporary: bool = False
    on_commit: str | None = None
    organization: str = "HEAP"           # HEAP, INDEX, EXTERNAL
    external: ExternalClause | None = None
    pct_threshold: int | None = None
    including: str | None = None
    overflow: SegmentAttributes | None = None
    attributes: SegmentAttributes = dataclasses.field(default_factory=SegmentAttributes)
    lobs: tuple[LobStorage, ...] = ()
    nested_tables: tuple[NestedTableStorage, ...] = ()
    partition_by: PartitionBy | None = None
    cluster: Name | None = None
    cache: bool | None = None
    parallel: str | None = None          # a degree, DEFAULT, or 1 for NOPARALLEL
    row_movement: bool | None = None
    read_only: bool = False
    result_cache: str | None = None
    row_dependencies: bool = False
    flashback_archive: str | None = None
    query: Query | None = None           # AS SELECT


@dataclass(slots=True)
class IndexItem:
    """An indexed column or expression; ``column`` is set when it is a plain column."""

    expression: SourceExpression
    column: str | None = None
    descending: bool = False


@dataclass(slots=True)
class IndexPartitioning:
    """LOCAL (with ``partitions`` if given, ``store_in``) or GLOBAL PARTITION BY."""

    local: bool
    partitions: tuple[PartitionDef, ...] = ()
    store_in: tuple[str, ...] = ()
    partition_by: PartitionBy | None = None


@dataclass(slots=True, kw_only=True)
class CreateIndex(Ddl):
    name: Name
    table: Name
    items: tuple[IndexItem, ...]
    unique: bool = False
    bitmap: bool = False
    attributes: SegmentAttributes = dataclasses.field(default_factory=SegmentAttributes)
    partitioning: IndexPartitioning | None = None
    prefix_length: int | None = None     # COMPRESS n; 0 is COMPRESS without a number, -1 NOCOMPRESS
    reverse: bool = False
    visible: bool | None = None
    usable: bool = True
    online: bool = False
    parallel: str | None = None
    compute_statistics: bool = False
    sort: bool | None = None
    indextype: Name | None = None
    parameters: str | None = None


@dataclass(slots=True, kw_only=True)
class AlterIndex(Ddl):
    """``action`` is REBUILD, RENAME, UNUSABLE, USABLE (ENABLE), DISABLE, VISIBLE, INVISIBLE, COALESCE, COMPILE,
    SHRINK, MONITORING, NOMONITORING, PARALLEL, ATTRIBUTES, RENAME PARTITION, DROP PARTITION or UNUSABLE PARTITION.
    """

    name: Name
    action: str
    new_name: str | None = None
    partition: str | None = None
    subpartition: bool = False
    attributes: SegmentAttributes = dataclasses.field(default_factory=SegmentAttributes)
    online: bool = False
    reverse: bool | None = None
    parallel: str | None = None


@dataclass(slots=True, kw_only=True)
class DropIndex(Ddl):
    name: Name
    online: bool = False
    force: bool = False

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of ALTER TABLE and what else changes tables that are there (see ``oralab.sql.ast``)."""
from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Union

from oralab.sql.ast_queries import Expression
from oralab.sql.ast_tables import (
    ColumnDef,
    ConstraintDef,
    ConstraintState,
    Ddl,
    LobStorage,
    Name,
    NestedTableStorage,
    PartitionBound,
    PartitionDef,
    SegmentAttributes,
    SourceExpression,
    SupplementalLog,
)

# --- ALTER TABLE: a list of actions ---

@dataclass(slots=True)
class AddColumns:
    columns: tuple[ColumnDef, ...]
    lobs: tuple[LobStorage, ...] = ()
    nested_tables: tuple[NestedTableStorage, ...] = ()


@dataclass(slots=True)
class ModifyColumns:
    columns: tuple[ColumnDef, ...]


@dataclass(slots=True)
class DropColumns:
    """DROP or (``unused``) SET UNUSED of ``columns``; none for DROP UNUSED COLUMNS."""

    columns: tuple[str, ...]
    unused: bool = False
    cascade_constraints: bool = False


@dataclass(slots=True)
class RenameColumn:
    old: str
    new: str


@dataclass(slots=True)
class AddConstraint:
    constraint: ConstraintDef


@dataclass(slots=True)
class ConstraintChoice:
    """Which constraint: by ``name``, PRIMARY KEY (``primary``) or UNIQUE (``columns``)."""

    name: str | None = None
    primary: bool = False
    columns: tuple[str, ...] = ()


@dataclass(slots=True)
class ModifyConstraint:
    """MODIFY CONSTRAINT, and ENABLE | DISABLE ... CONSTRAINT | PRIMARY KEY | UNIQUE."""

    choice: ConstraintChoice
    state: ConstraintState
    cascade: bool = False
    keep_index: bool | None = None


@dataclass(slots=True)
class DropConstraint:
    choice: ConstraintChoice
    cascade: bool = False
    keep_index: bool | None = None


@dataclass(slots=True)
class RenameConstraint:
    old: str
    new: str


@dataclass(slots=True)
class RenameTable:
    new: str


@dataclass(slots=True)
class AlterSupplementalLog:
    """ADD or (``drop``) DROP SUPPLEMENTAL LOG."""

    log: SupplementalLog
    drop: bool = False


@dataclass(slots=True)
class MoveTable:
    """MOVE [PARTITION|SUBPARTITION name] [ONLINE] ..."""

    attributes: SegmentAttributes
    partition: str | None = None
    subpartition: bool = False
    lobs: tuple[LobStorage, ...] = ()
    online: bool = False
    update_indexes: bool = False
    parallel: str | None = None


@dataclass(slots=True)
class AddPartition:
    partitions: tuple[PartitionDef, ...]
    update_indexes: bool = False


@dataclass(slots=True)
class PartitionName:
    """A partition by ``name``, or by a row that lies in it (PARTITION FOR)."""

    name: str | None
    values: tuple[Expression, ...] = ()
    sub: bool = False


@dataclass(slots=True)
class DropPartition:
    partitions: tuple[PartitionName, ...]
    update_indexes: bool = False


@dataclass(slots=True)
class TruncatePartition:
    partitions: tuple[PartitionName, ...]
    update_indexes: bool = False
    drop_storage: bool = True


@dataclass(slots=True)
class RenamePartition:
    partition: PartitionName
    new: str


@dataclass(slots=True)
class SplitPartition:
    """SPLIT PARTITION ... AT (bounds) | VALUES (values) INTO (new partitions)."""

    partition: PartitionName
    at: tuple[PartitionBound, ...] = ()
    values: tuple[tuple[PartitionBound, ...], ...] = ()
    into: tuple[PartitionDef, ...] = ()
    update_indexes: bool = False


@dataclass(slots=True)
class MergePartitions:
    partitions: tuple[PartitionName, ...]
    into: PartitionDef | None = None
    update_indexes: bool = False


@dataclass(slots=True)
class ExchangePartition:
    partition: PartitionName
    table: Name
    including_indexes: bool = False
    validation: bool = True
    update_indexes: bool = False


@dataclass(slots=True)
class SetInterval:
    """SET INTERVAL (expression); None turns interval partitioning off."""

    interval: SourceExpression | None


@dataclass(slots=True)
class TableProperty:
    """A property that is simply set: ``name`` is ATTRIBUTES, PARALLEL, CACHE, ROW MOVEMENT, READ ONLY, ALLOCATE EXTENT,
    DEALLOCATE UNUSED, SHRINK SPACE, ALL TRIGGERS, LOB (``lob``), DEFAULT ATTRIBUTES, TABLE LOCK, RESULT_CACHE,
    REJECT LIMIT, DEFAULT DIRECTORY, LOCATION or MONITORING; ``value`` True or False where it is switched, else text.
    """

    name: str
    value: bool | str = True
    attributes: SegmentAttributes = dataclasses.field(default_factory=SegmentAttributes)
    lob: LobStorage | None = None
    locations: tuple[tuple[str | None, str], ...] = ()


AlterTableAction = Union[
    AddColumns, ModifyColumns, DropColumns, RenameColumn, AddConstraint, ModifyConstraint, DropConstraint, RenameConstraint,
    RenameTable, AlterSupplementalLog, MoveTable, AddPartition, DropPartition, TruncatePartition, RenamePartition,
    SplitPartition, MergePartitions, ExchangePartition, SetInterval, TableProperty]


@dataclass(slots=True, kw_only=True)
class AlterTable(Ddl):
    name: Name
    actions: tuple[AlterTableAction, ...]


# --- what else is done with a table ---

@dataclass(slots=True, kw_only=True)
class DropTable(Ddl):
    name: Name
    cascade_constraints: bool = False
    purge: bool = False


@dataclass(slots=True, kw_only=True)
class Truncate(Ddl):
    """``storage`` is DROP, DROP ALL or REUSE. ``cluster`` for TRUNCATE CLUSTER."""

    name: Name
    storage: str = "DROP"
    preserve_mview_log: bool = True
    cascade: bool = False
    cluster: bool = False


@dataclass(slots=True, kw_only=True)
class FlashbackTable(Ddl):
    """FLASHBACK TABLE names TO BEFORE DROP [RENAME TO] | SCN | TIMESTAMP | RESTORE POINT."""

    tables: tuple[Name, ...]
    before_drop: bool = False
    rename_to: str | None = None
    scn: Expression | None = None
    timestamp: Expression | None = None
    restore_point: str | None = None
    enable_triggers: bool = False


@dataclass(slots=True, kw_only=True)
class Comment(Ddl):
    """COMMENT ON TABLE | COLUMN | MATERIALIZED VIEW | ...; ``column`` for a column. An empty ``comment`` drops it."""

    on: str
    name: Name
    column: str | None
    comment: str


@dataclass(slots=True, kw_only=True)
class Rename(Ddl):
    """RENAME old TO new: table, view, sequence or private synonym of one's own."""

    old: str
    new: str


@dataclass(slots=True, kw_only=True)
class Analyze(Ddl):
    """ANALYZE TABLE | INDEX | CLUSTER; ``action`` holds the words after the name."""

    object_type: str
    name: Name
    action: str

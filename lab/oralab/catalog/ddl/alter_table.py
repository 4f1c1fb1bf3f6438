# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ALTER TABLE: one function per action."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.ddl import Ddl, partitions, statement
from oralab.catalog.ddl import constraints as keys
from oralab.catalog.ddl.tables import add_identity, add_lobs, build_column, data_type, storage_of
from oralab.errors import OraError, not_simulated
from oralab.sql import ast
from oralab.values import DataType

if TYPE_CHECKING:
    from oralab.catalog.catalog import Change

Action = Callable[[Ddl, Any, "Change", model.Table, Any], None]
_actions: dict[type, Action] = {}
INVALIDATING = (ast.AddColumns, ast.ModifyColumns, ast.DropColumns, ast.RenameColumn, ast.RenameTable)
"""After these, objects that reference the table are invalid (documented; finer rules of 11g on are not followed: assumed)."""


def action(node: type) -> Callable[[Action], Action]:
    def declare(function: Action) -> Action:
        _actions[node] = function
        return function
    return declare


@statement(ast.AlterTable)
def alter_table(ddl: Ddl, session: Any, node: ast.AlterTable) -> None:
    table = ddl.table(session, node.name)
    if table.read_only and not all(isinstance(one, ast.TableProperty) and one.name == "READ ONLY" for one in node.actions):
        raise OraError(12081, f'update operation not allowed on table "{table.owner}"."{table.name}"')
    if table.dropped:
        raise OraError(38301, "can not perform DDL/DML over objects in Recycle Bin")
    with ddl.segments.exclusive(session, table), ddl.change() as change:
        edited = change.edit(table)
        for one in node.actions:
            function = _actions.get(type(one))
            if function is None:
                raise not_simulated(f"ALTER TABLE: {type(one).__name__}")
            function(ddl, session, change, edited, one)
        if any(isinstance(one, INVALIDATING) for one in node.actions):
            ddl.dependencies.invalidate(change, table.owner, table.name)


# --- columns ---

@action(ast.AddColumns)
def add_columns(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.AddColumns) -> None:
    """ORA-01430 there already, ORA-01758 NOT NULL without a default while there are rows."""
    filled = ddl.segments.has_rows(table)
    for definition in node.columns:
        if table.column(definition.name) is not None:
            raise OraError(1430, "column being added already exists in table")
        column = build_column(ddl, session, table, definition)
        if definition.identity is not None:
            if filled:
                raise not_simulated("identity column added to a table with rows")
            add_identity(ddl, session, change, table, column, definition.identity)
        if filled and column.default is not None and not column.virtual:
            column.absent = partitions.evaluate(session, column.default, column.type)
        for constraint in definition.constraints:
            if constraint.type in ("NOT NULL", "PRIMARY KEY") and filled and column.absent is None and not column.virtual:
                raise OraError(1758, "table must be empty to add mandatory (NOT NULL) column")
            keys.add_constraint(ddl, session, change, table, constraint, new=True)
        for log in definition.supplemental:
            keys.add_log_group(ddl, table, log)
    add_lobs(ddl, table, node.lobs)
    ddl.segments.reshape(table)


@action(ast.ModifyColumns)
def modify_columns(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.ModifyColumns) -> None:
    for definition in node.columns:
        column = table.column(definition.name)
        if column is None:
            raise OraError(904, f'"{definition.name}": invalid identifier')
        if definition.type is not None:
            _modify_type(ddl, session, table, column, data_type(ddl, session, definition.type, table.references))
        if definition.default is not None:
            column.default = definition.default.text.strip()
            column.default_on_null = definition.default_on_null
        if definition.visible is not None:
            column.invisible = not definition.visible
        if definition.drop_identity and column.identity is not None:
            _drop_identity(ddl, change, table, column)
        for constraint in definition.constraints:
            if constraint.type == "NULL":
                _allow_nulls(table, column)
            else:
                keys.add_constraint(ddl, session, change, table, constraint)
    ddl.segments.reshape(table)


def _modify_type(ddl: Ddl, session: Any, table: model.Table, column: model.Column, type_: DataType) -> None:
    """ORA-01439 type changed while filled, ORA-01440 and ORA-01441 made smaller than values that are there."""
    old, column.type = column.type, type_
    if old == type_ or not ddl.segments.has_rows(table):
        return
    name = keys.quoted(column.name)
    source = f"SELECT 1 FROM {keys.full_name(table)} WHERE "
    if old.name != type_.name:
        if {old.name, type_.name} == {"VARCHAR2", "CHAR"} and type_.length >= old.length:
            return
        if ddl.segments.exists(f"{source}{name} IS NOT NULL AND ROWNUM = 1"):
            raise OraError(1439, "column to be modified must be empty to change datatype")
    elif old.name in ("VARCHAR2", "NVARCHAR2", "CHAR", "NCHAR", "RAW"):
        measure = "LENGTH" if type_.char_used == "C" else "LENGTHB"
        if type_.length < old.length and ddl.segments.exists(f"{source}{measure}({name}) > {type_.length} AND ROWNUM = 1"):
            raise OraError(1441, "cannot decrease column length because some value is too big")
    elif old.name == "NUMBER" and _smaller(old, type_) and ddl.segments.exists(f"{source}{name} IS NOT NULL AND ROWNUM = 1"):
        raise OraError(1440, "column to be modified must be empty to decrease precision or scale")


def _smaller(old: DataType, new: DataType) -> bool:
    if new.precision is None:
        return False
    if old.precision is None:
        return True
    return new.precision - (new.scale or 0) < old.precision - (old.scale or 0) or (new.scale or 0) < (old.scale or 0)


def _allow_nulls(table: model.Table, column: model.Column) -> None:
    if column.nullable:
        raise OraError(1451, "column to be modified to NULL cannot be modified to NULL")
    primary = table.key()
    if primary and column.name in primary.columns and primary.enabled:
        raise OraError(1451, "column to be modified to NULL cannot be modified to NULL")
    table.constraints = [item for item in table.constraints if not (item.not_null and item.columns == [column.name])]
    column.nullable = True


def _drop_identity(ddl: Ddl, change: Change, table: model.Table, column: model.Column) -> None:
    sequence = column.identity and ddl.catalog.get(model.Sequence, table.owner, column.identity.sequence_name)
    if sequence:
        change.remove(sequence)
    column.identity, column.default = None, None


@action(ast.DropColumns)
def drop_columns(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.DropColumns) -> None:
    """ORA-00904, ORA-12983 for the last one, ORA-12991/12992 for columns of constraints over several columns or parents."""
    for name in node.columns:
        column = table.column(name)
        if column is None:
            raise OraError(904, f'"{name}": invalid identifier')
        if sum(not (other.unused or other.hidden) for other in table.columns) == 1:
            raise OraError(12983, "cannot drop all columns in a table")
        if table.partitioning and name in (*table.partitioning.columns, *table.partitioning.subcolumns):
            raise OraError(12984, "cannot drop partitioning column")
        for constraint in [item for item in table.constraints if name in item.columns]:
            if keys.referencing(ddl, table, constraint) and not node.cascade_constraints:
                raise OraError(12992, "cannot drop parent key column")
            if len(constraint.columns) > 1 and not node.cascade_constraints and constraint.type != "C":
                raise OraError(12991, "column is referenced in a multi-column constraint")
            keys.drop(ddl, change, table, constraint, cascade=True)
        for index in ddl.catalog.indexes_of(table):
            if any(part.name == name for part in index.columns):
                change.remove(index)
        if column.identity is not None:
            _drop_identity(ddl, change, table, column)
        column.unused, column.nullable = True, True
        column.name = f"SYS_C{table.columns.index(column) + 1:05d}_{ddl.catalog.new_object_id()}$"
    ddl.segments.reshape(table)


@action(ast.RenameColumn)
def rename_column(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.RenameColumn) -> None:
    column = table.column(node.old)
    if column is None:
        raise OraError(904, f'"{node.old}": invalid identifier')
    ddl.check_name(node.new)
    if table.column(node.new) is not None:
        raise OraError(957, "duplicate column name")
    column.name = node.new
    for constraint in table.constraints:
        constraint.columns = [node.new if name == node.old else name for name in constraint.columns]
        if constraint.condition:
            constraint.condition = _renamed(constraint.condition, node)
    if table.partitioning:
        parts = table.partitioning
        parts.columns = [node.new if name == node.old else name for name in parts.columns]
        parts.subcolumns = [node.new if name == node.old else name for name in parts.subcolumns]
    for group in table.log_groups:
        group.columns = [node.new if name == node.old else name for name in group.columns]
        group.no_log = [node.new if name == node.old else name for name in group.no_log]
    for index in ddl.catalog.indexes_of(table):
        if any(part.name == node.old for part in index.columns):
            for part in change.edit(index).columns:
                part.name = node.new if part.name == node.old else part.name
    ddl.segments.reshape(table)


def _renamed(text: str, node: ast.RenameColumn) -> str:
    text = text.replace(f'"{node.old}"', f'"{node.new}"')
    return re.sub(rf"(?<![\w$#\"]){re.escape(node.old)}(?![\w$#\"])", node.new, text, flags=re.IGNORECASE)


# --- constraints, logging, names ---

@action(ast.AddConstraint)
def add_constraint(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.AddConstraint) -> None:
    keys.add_constraint(ddl, session, change, table, node.constraint)


@action(ast.ModifyConstraint)
def modify_constraint(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.ModifyConstraint) -> None:
    keys.modify(ddl, session, change, table, node)


@action(ast.DropConstraint)
def drop_constraint(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.DropConstraint) -> None:
    keys.drop(ddl, change, table, keys.chosen(ddl, table, node.choice), cascade=node.cascade, keep_index=bool(node.keep_index))


@action(ast.RenameConstraint)
def rename_constraint(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.RenameConstraint) -> None:
    found = next((item for item in table.constraints if item.name == node.old), None)
    if found is None:
        raise OraError(23292, "The constraint does not exist")
    if ddl.catalog.constraint(table.owner, node.new):
        raise OraError(2264, "name already used by an existing constraint")
    for child, foreign in keys.referencing(ddl, table, found):
        edited = table if child.object_id == table.object_id else change.edit(child)
        for item in edited.constraints:
            if item.name == foreign.name:
                item.r_constraint = node.new
    found.name, found.generated = node.new, False


@action(ast.AlterSupplementalLog)
def supplemental_log(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.AlterSupplementalLog) -> None:
    if node.drop:
        keys.drop_log_group(table, node.log)
    else:
        keys.add_log_group(ddl, table, node.log)


@action(ast.RenameTable)
def rename(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.RenameTable) -> None:
    ddl.check_free(table.owner, node.new)
    rename_table(ddl, change, table, node.new)


def rename_table(ddl: Ddl, change: Change, table: model.Table, name: str) -> None:
    """Give a table (an edited copy) another name; indexes, triggers, foreign keys and grants follow."""
    old = ddl.catalog.get(model.Table, table.owner, table.name)
    if old is None:
        return
    change.remove(old)
    change.save(table)
    table.name = name
    for index in ddl.catalog.indexes_of(old):
        change.edit(index).table_name = name
    for trigger in ddl.catalog.triggers_of(old.owner, old.name):
        change.edit(trigger).base_name = name
    for child, foreign in ddl.catalog.children_of(old):
        edited = table if child.object_id == old.object_id else change.edit(child)
        for item in edited.constraints:
            if item.name == foreign.name:
                item.r_table = name
    for grant in ddl.catalog.grants_on(old.owner, old.name):
        change.remove(grant)
        change.edit(grant).name = name


# --- segments and partitions ---

@action(ast.MoveTable)
def move(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.MoveTable) -> None:
    """Rows get new rowids, so indexes become UNUSABLE unless moved ONLINE or with UPDATE INDEXES (documented)."""
    if table.partitioning and node.partition is None:
        raise OraError(14511, "cannot perform operation on a partitioned object")
    place = ddl.tablespace(session, table.owner, node.attributes.tablespace or table.tablespace)
    ddl.check_quota(table.owner, place)
    table.storage = storage_of(node.attributes, table.storage)
    for clause in node.lobs:
        for name in clause.columns:
            column = table.column(name)
            if column and column.lob and clause.attributes.tablespace:
                column.lob.tablespace = ddl.tablespace(session, table.owner, clause.attributes.tablespace)
    leaf = partitions.named(table, ast.PartitionName(node.partition, sub=node.subpartition), session) if node.partition else None
    if leaf is not None and leaf.subpartitions:
        raise OraError(14257, "cannot move partition other than a Range, List, System, or Hash partition")
    ddl.segments.move(table, leaf, place)
    if not (node.online or node.update_indexes):
        for index in ddl.catalog.indexes_of(table):
            edited = change.edit(index)
            if edited.partitioning and leaf is not None:
                for part in edited.partitioning.leaves():
                    part.status = "UNUSABLE" if part.name == leaf.name else part.status
            else:
                edited.usable = False


@action(ast.AddPartition)
def add_partition(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.AddPartition) -> None:
    partitions.add(ddl, session, change, table, node)


@action(ast.DropPartition)
def drop_partition(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.DropPartition) -> None:
    partitions.drop(ddl, session, change, table, node)


@action(ast.TruncatePartition)
def truncate_partition(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.TruncatePartition) -> None:
    partitions.truncate(ddl, session, change, table, node)


@action(ast.RenamePartition)
def rename_partition(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.RenamePartition) -> None:
    found = partitions.named(table, node.partition, session)
    for index in ddl.catalog.indexes_of(table):
        if index.partitioning and index.partitioning.locality == "LOCAL":
            edited = change.edit(index)
            for part in edited.partitioning.partitions if edited.partitioning else ():
                part.name = node.new if part.name == found.name else part.name
    found.name = node.new


@action(ast.SetInterval)
def set_interval(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.SetInterval) -> None:
    if table.partitioning is None:
        raise OraError(14501, "object is not partitioned")
    table.partitioning.interval = node.interval.text if node.interval else ""


@action(ast.TableProperty)
def table_property(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.TableProperty) -> None:
    switched = {"CACHE": "cache", "ROW MOVEMENT": "row_movement", "READ ONLY": "read_only"}
    if node.name in switched:
        setattr(table, switched[node.name], bool(node.value))
    elif node.name == "ATTRIBUTES":
        table.storage = storage_of(node.attributes, table.storage)
    elif node.name == "PARALLEL":
        table.storage.degree = str(node.value)
    elif node.name == "ALL TRIGGERS":
        for trigger in ddl.catalog.triggers_of(table.owner, table.name):
            change.edit(trigger).enabled = bool(node.value)
    elif node.name == "ALLOCATE EXTENT":
        table.segment_created = not (table.partitioning or table.temporary or table.external)
        ddl.segments.create_table(table)
    elif node.name == "DEFAULT ATTRIBUTES" and table.partitioning:
        table.partitioning.default_tablespace = node.attributes.tablespace or table.partitioning.default_tablespace
    elif node.name == "REJECT LIMIT" and table.external:
        table.external.reject_limit = str(node.value)
    elif node.name == "DEFAULT DIRECTORY" and table.external:
        table.external.directory = str(node.value)
    elif node.name == "LOCATION" and table.external:
        table.external.locations = [(place or "", name) for place, name in node.locations]
    elif node.name not in ("DEALLOCATE UNUSED", "SHRINK SPACE", "TABLE LOCK", "RESULT_CACHE", "MONITORING", "LOB"):
        raise not_simulated(f"ALTER TABLE {node.name}")

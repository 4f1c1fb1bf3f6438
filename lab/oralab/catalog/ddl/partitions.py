# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partitions: bounds, the partition of a row, and ALTER TABLE's changes to them."""
from __future__ import annotations

import datetime
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.errors import OraError, not_simulated
from oralab.sql import ast
from oralab.values import DataType, Timestamp, Value

if TYPE_CHECKING:
    from oralab.catalog.catalog import Change
    from oralab.catalog.ddl import Ddl


def evaluate(session: Any, text: str, type_: DataType | None = None) -> Value:
    """Value of a constant expression, in the session's NLS settings."""
    from oralab.catalog.ddl.tables import type_text
    shown = f"CAST({text} AS {type_text(type_)})" if type_ is not None else text
    found: Value = session.sql(f"SELECT {shown} FROM DUAL")[0][0]
    return found


def shown(value: Value) -> str:
    """A bound as HIGH_VALUE shows it."""
    if value is None:
        return "NULL"
    if isinstance(value, Timestamp):
        fraction = f".{value.nanos:09d}".rstrip("0") if value.nanos else ""
        return f"TIMESTAMP' {value.moment:%Y-%m-%d %H:%M:%S}{fraction}'"
    if isinstance(value, datetime.datetime):
        return f"TO_DATE(' {value:%Y-%m-%d %H:%M:%S}', 'SYYYY-MM-DD HH24:MI:SS', 'NLS_CALENDAR=GREGORIAN')"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bytes):
        return f"HEXTORAW('{value.hex().upper()}')"
    return str(value)


def _bound(session: Any, bound: ast.PartitionBound, type_: DataType) -> model.Bound:
    return model.Bound(word=bound.word) if bound.word else model.Bound(evaluate(session, bound.text, type_))


def _text(bound: model.Bound) -> str:
    return bound.word or shown(bound.value)


def _types(table: model.Table, columns: Sequence[str]) -> list[DataType]:
    found = []
    for name in columns:
        column = table.column(name)
        if column is None:
            raise OraError(904, f'"{name}": invalid identifier')
        found.append(column.type)
    return found


def bounds_of(session: Any, table: model.Table, kind: str, columns: Sequence[str],
              definition: ast.PartitionDef) -> tuple[list[model.Bound | tuple[model.Bound, ...]], str]:
    """Evaluated bounds of a partition and their HIGH_VALUE."""
    types = _types(table, columns)
    if kind == "RANGE":
        bounds = [_bound(session, bound, type_) for bound, type_ in zip(definition.less_than, types)]
        if len(definition.less_than) != len(types):
            raise OraError(14018, "partition bound list contains too few elements")
        return list(bounds), ", ".join(map(_text, bounds))
    if kind == "LIST":
        rows = [tuple(_bound(session, bound, type_) for bound, type_ in zip(values, types)) for values in definition.values]
        texts = [_text(row[0]) if len(row) == 1 else "( " + ", ".join(map(_text, row)) + " )" for row in rows]
        return list(rows), ", ".join(texts)
    return [], ""


def _key(bounds: Sequence[Any]) -> list[tuple[int, Any]]:
    return [(1, 0) if bound.word == "MAXVALUE" else (0, bound.value) for bound in bounds]


def new_partition(ddl: Ddl, session: Any, table: model.Table, parts: model.Partitioning, definition: ast.PartitionDef, number: int,
                  by: ast.PartitionBy | None = None, sub: bool = False, prefix: str = "SYS_P") -> model.Partition:
    """A partition with its subpartitions (those of the template, when it names none)."""
    kind, columns = (parts.subtype, parts.subcolumns) if sub else (parts.type, parts.columns)
    bounds, high = bounds_of(session, table, kind, columns, definition)
    now = ddl.database.now()
    tablespace = definition.attributes.tablespace or parts.default_tablespace
    partition = model.Partition(
        name=definition.name or f"{prefix}{ddl.catalog.new_object_id()}", object_id=ddl.catalog.new_object_id(),
        bounds=bounds, high_value=high,
        tablespace=ddl.tablespace(session, table.owner, tablespace), generated=definition.name is None, created=now, last_ddl_time=now)
    if sub or not parts.subtype:
        partition.data_object_id = partition.object_id
        return partition
    template = by.sub if by else None
    wanted = definition.subpartitions or (template.partitions if template else ())
    count = definition.subpartition_count or (template.count if template else None) or 1
    inner = wanted or tuple(ast.PartitionDef() for _ in range(count))
    for place, one in enumerate(inner, 1):
        made = new_partition(ddl, session, table, parts, one, place, sub=True, prefix="SYS_SUBP")
        if not definition.subpartitions and one.name:
            made.name = f"{partition.name}_{one.name}"
        if not one.attributes.tablespace:
            made.tablespace = partition.tablespace
        partition.subpartitions.append(made)
    return partition


def build_partitioning(ddl: Ddl, session: Any, table: model.Table, by: ast.PartitionBy) -> model.Partitioning:
    """ORA-00439 without the option, ORA-14037 bounds not rising, ORA-14013 duplicate names, ORA-14312 value given twice."""
    from oralab.catalog.views.instance import option
    if not option(ddl.database, "Partitioning"):
        raise OraError(439, "feature not enabled: Partitioning")
    if by.type in ("REFERENCE", "SYSTEM") or by.automatic or table.external:
        raise not_simulated(f"partitioning by {by.type}")
    _types(table, by.columns)
    parts = model.Partitioning(type=by.type, columns=list(by.columns), interval=by.interval.text if by.interval else "",
                               default_tablespace=table.tablespace)
    if by.sub is not None:
        _types(table, by.sub.columns)
        parts.subtype, parts.subcolumns = by.sub.type, list(by.sub.columns)
    definitions: Sequence[ast.PartitionDef] = by.partitions
    if not definitions:
        places = by.store_in or (None,)
        definitions = [ast.PartitionDef(attributes=ast.SegmentAttributes(tablespace=places[number % len(places)]))
                       for number in range(by.count or 1)]
    parts.partitions = [new_partition(ddl, session, table, parts, one, number, by) for number, one in enumerate(definitions, 1)]
    check_order(parts)
    return parts


def check_order(parts: model.Partitioning) -> None:
    names = [leaf.name for leaf in (*parts.partitions, *(sub for part in parts.partitions for sub in part.subpartitions))]
    if len(set(names)) < len(names):
        raise OraError(14013, "duplicate partition name")
    if parts.type == "RANGE":
        keys = [_key(partition.bounds) for partition in parts.partitions]
        if any(first >= second for first, second in zip(keys, keys[1:])):
            raise OraError(14037, f'partition bound of partition "{parts.partitions[-1].name}" is too high')
    if parts.type == "LIST":
        values = [value for partition in parts.partitions for value in partition.bounds]
        if len(set(map(repr, values))) < len(values):
            raise OraError(14312, f"Value {values[-1]!r} already exists in partition {parts.partitions[-1].name}")


# --- the partition of a row ---

def leaf_of(table: model.Table, row: Sequence[Value]) -> model.Partition | None:
    """The (sub)partition that a row belongs to; None when there is none (ORA-14400, or an interval to be added)."""
    parts = table.partitioning
    if parts is None:
        return None
    at = {column.name: place for place, column in enumerate(table.columns)}
    partition = _find(parts.type, parts.partitions, [row[at[name]] for name in parts.columns])
    if partition is None or not partition.subpartitions:
        return partition
    return _find(parts.subtype, partition.subpartitions, [row[at[name]] for name in parts.subcolumns])


def _find(kind: str, partitions: list[model.Partition], values: list[Value]) -> model.Partition | None:
    if kind == "HASH":
        # Any deterministic spread will do: nobody can tell Oracle's hash from outside but by the partition (assumed).
        return partitions[zlib.crc32(repr(values).encode()) % len(partitions)] if partitions else None
    if kind == "RANGE":
        key = [(1, 0) if value is None else (0, value) for value in values]
        return next((partition for partition in partitions if _below(key, partition.bounds)), None)
    default = None
    for partition in partitions:
        for bound in partition.bounds:
            if isinstance(bound, tuple) and bound[0].word == "DEFAULT":
                default = partition
            elif isinstance(bound, tuple) and [part.value for part in bound] == values:
                return partition
    return default


def _below(key: list[Any], bounds: Sequence[Any]) -> bool:
    # NULL sorts above every value but below MAXVALUE (documented).
    limit: list[Any] = [(2, 0) if part == (1, 0) else part for part in _key(bounds)]
    return bool(key < limit)


def extend_interval(ddl: Ddl, session: Any, table: model.Table, row: Sequence[Value]) -> model.Partition:
    """A new partition of an interval partitioned table for a row above all bounds. ORA-14400 where none can be."""
    parts = table.partitioning
    if parts is None or not parts.interval:
        raise OraError(14400, "inserted partition key does not map to any partition")
    at = next(place for place, column in enumerate(table.columns) if column.name == parts.columns[0])
    value, column = row[at], table.columns[at]
    if value is None:
        raise OraError(14300, "partitioning key maps to a partition outside maximum permitted number of partitions")
    start = parts.partitions[-1].bounds[0]
    if not isinstance(start, model.Bound):
        raise OraError(14400, "inserted partition key does not map to any partition")
    step, bound = 0, start.value
    while not (value < bound):              # type: ignore[operator]
        step += 1
        bound = evaluate(session, f"{shown(start.value)} + {step} * ({parts.interval})", column.type)
    with ddl.change() as change:
        edited = change.edit(table)
        definition = ast.PartitionDef(less_than=(ast.PartitionBound(text=shown(bound)),))
        if edited.partitioning is None:
            raise OraError(14400, "inserted partition key does not map to any partition")
        partition = new_partition(ddl, session, edited, edited.partitioning, definition, 0)
        partition.interval = True
        edited.partitioning.partitions.append(partition)
        edited.partitioning.partitions.sort(key=lambda item: _key(item.bounds))
        ddl.segments.add_partition(edited, partition)
        _extend_indexes(ddl, session, change, edited, partition)
    return partition.subpartitions[0] if partition.subpartitions else partition


def _extend_indexes(ddl: Ddl, session: Any, change: Change, table: model.Table, partition: model.Partition) -> None:
    """Local indexes follow their table's partitions."""
    for index in ddl.catalog.indexes_of(table):
        if index.partitioning and index.partitioning.locality == "LOCAL":
            edited = change.edit(index)
            if edited.partitioning:
                edited.partitioning.partitions = local_partitions(ddl, table, index)


def local_partitions(ddl: Ddl, table: model.Table, index: model.Index, tablespace: str = "") -> list[model.Partition]:
    """Partitions of a local index: those of the table, earlier ones kept."""
    old = {part.name: part for part in (index.partitioning.partitions if index.partitioning else ())}
    now = ddl.database.now()

    def follow(part: model.Partition) -> model.Partition:
        number = ddl.catalog.new_object_id()
        return model.Partition(name=part.name, object_id=number, data_object_id=0 if part.subpartitions else number,
                               high_value=part.high_value,
                               bounds=list(part.bounds), tablespace=tablespace or part.tablespace, interval=part.interval, created=now,
                               last_ddl_time=now, subpartitions=[follow(sub) for sub in part.subpartitions])
    return [old.get(part.name) or follow(part) for part in (table.partitioning.partitions if table.partitioning else ())]


# --- ALTER TABLE ---

def named(table: model.Table, wanted: ast.PartitionName, session: Any) -> model.Partition:
    """A partition by name or by a row in it. ORA-02149 when there is none, ORA-14501 when the table has none at all."""
    parts = table.partitioning
    if parts is None:
        raise OraError(14501, "object is not partitioned")
    candidates = parts.partitions if not wanted.sub else [sub for part in parts.partitions for sub in part.subpartitions]
    if wanted.name is None:
        raise not_simulated("PARTITION FOR in ALTER TABLE")
    found = next((part for part in candidates if part.name == wanted.name), None)
    if found is None:
        raise OraError(14251 if wanted.sub else 2149,
                       "Specified subpartition does not exist" if wanted.sub else "Specified partition does not exist")
    return found


def add(ddl: Ddl, session: Any, change: Change, table: model.Table, action: ast.AddPartition) -> None:
    """ORA-14074 bound not above the last, ORA-14323 beside a DEFAULT partition, ORA-14760 for interval partitioned tables."""
    parts = table.partitioning
    if parts is None:
        raise OraError(14501, "object is not partitioned")
    if parts.interval:
        raise OraError(14760, "ADD PARTITION is not permitted on Interval partitioned objects")
    for definition in action.partitions:
        partition = new_partition(ddl, session, table, parts, definition, len(parts.partitions) + 1)
        if parts.type == "RANGE" and parts.partitions and _key(partition.bounds) <= _key(parts.partitions[-1].bounds):
            raise OraError(14074, "partition bound must collate higher than that of the last partition")
        if parts.type == "LIST" and any(isinstance(bound, tuple) and bound[0].word == "DEFAULT" for part in parts.partitions
                                        for bound in part.bounds):
            raise OraError(14323, "cannot add partition when DEFAULT partition exists")
        if parts.type == "HASH" and ddl.segments.has_rows(table):
            raise not_simulated("ADD PARTITION to a hash partitioned table with rows")
        ddl.check_quota(table.owner, partition.tablespace)
        parts.partitions.append(partition)
        check_order(parts)
        ddl.segments.add_partition(table, partition)
        _extend_indexes(ddl, session, change, table, partition)


def drop(ddl: Ddl, session: Any, change: Change, table: model.Table, action: ast.DropPartition) -> None:
    """ORA-14083 for the last one. Global indexes become unusable unless UPDATE INDEXES or the partition is empty."""
    parts = table.partitioning
    for wanted in action.partitions:
        partition = named(table, wanted, session)
        if parts is None or len(parts.partitions) == 1:
            raise OraError(14083, "cannot drop the only partition of a partitioned table")
        global_indexes(ddl, change, table, [partition], keep=action.update_indexes)
        ddl.segments.drop_partition(table, partition)
        parts.partitions.remove(partition)
        for index in ddl.catalog.indexes_of(table):
            if index.partitioning and index.partitioning.locality == "LOCAL":
                edited = change.edit(index)
                if edited.partitioning:
                    edited.partitioning.partitions = [part for part in edited.partitioning.partitions if part.name != partition.name]


def truncate(ddl: Ddl, session: Any, change: Change, table: model.Table, action: ast.TruncatePartition) -> None:
    for wanted in action.partitions:
        partition = named(table, wanted, session)
        global_indexes(ddl, change, table, [partition], keep=action.update_indexes)
        ddl.segments.truncate_partition(table, partition)


def global_indexes(ddl: Ddl, change: Change, table: model.Table, partitions: list[model.Partition], *, keep: bool) -> None:
    """Global indexes over partitions with rows that go away become UNUSABLE (documented)."""
    if keep or not any(ddl.segments.has_rows(table, leaf) for part in partitions for leaf in (part.subpartitions or [part])):
        return
    for index in ddl.catalog.indexes_of(table):
        if not index.partitioning:
            change.edit(index).usable = False

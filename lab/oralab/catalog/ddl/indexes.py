# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Indexes."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.ddl import Ddl, statement
from oralab.errors import OraError, not_simulated
from oralab.sql import ast

if TYPE_CHECKING:
    from oralab.catalog.catalog import Change


def new_index(ddl: Ddl, session: Any, table: model.Table, name: str, columns: list[str], *, unique: bool,
              attributes: ast.SegmentAttributes, owner: str = "", local: bool = False) -> model.Index:
    """The record of an index on plain columns."""
    from oralab.catalog.ddl.tables import storage_of
    index = model.Index(owner=owner or table.owner, name=name, table_owner=table.owner, table_name=table.name, unique=unique,
                        columns=[model.IndexColumn(name=column) for column in columns],
                        storage=storage_of(attributes, model.Storage(ini_trans=2)))
    ddl.stamp(index)
    index.data_object_id = index.object_id
    if not table.temporary:
        index.tablespace = ddl.tablespace(session, index.owner, attributes.tablespace)
        if table.segment_created or table.partitioning:
            ddl.check_quota(index.owner, index.tablespace)
    if local:
        index.data_object_id = 0
        index.partitioning = _local(ddl, table, index, attributes.tablespace or "")
    return index


def _local(ddl: Ddl, table: model.Table, index: model.Index, tablespace: str) -> model.Partitioning:
    from oralab.catalog.ddl.partitions import local_partitions
    parts = table.partitioning
    if parts is None:
        raise OraError(14016, "underlying table of a LOCAL partitioned index must be partitioned")
    if index.unique and not set(parts.columns) <= {part.name for part in index.columns}:
        raise OraError(14039, "partitioning columns must form a subset of key columns of a UNIQUE index")
    return model.Partitioning(type=parts.type, columns=list(parts.columns), interval=parts.interval, subtype=parts.subtype,
                              subcolumns=list(parts.subcolumns), default_tablespace=tablespace, locality="LOCAL",
                              partitions=local_partitions(ddl, table, index, tablespace))


@statement(ast.CreateIndex)
def create_index_statement(ddl: Ddl, session: Any, node: ast.CreateIndex) -> None:
    create_index(ddl, session, node)


def create_index(ddl: Ddl, session: Any, node: ast.CreateIndex, *, change: Change | None = None,
                 table: model.Table | None = None) -> model.Index:
    """CREATE INDEX, also inside USING INDEX (``table`` then is the one being changed). ORA-00955, ORA-01408, ORA-01452."""
    owner = ddl.owner(session, node.name)
    if table is None:
        found = ddl.catalog.find(session, node.table.schema, node.table.name)
        if not isinstance(found, model.Table):
            raise OraError(942, "table or view does not exist")
        table = found
        if not (owner == table.owner == session.user or ddl.privileges.has(session, "CREATE ANY INDEX")):
            ddl.privileges.require(session, "INDEX", table)
        ddl.not_dictionary(session, table.owner)
    ddl.check_name(node.name.name)
    if ddl.catalog.get(model.Index, owner, node.name.name):
        raise OraError(955, "name is already used by an existing object")
    if node.bitmap:
        from oralab.catalog.views.instance import option
        if not option(ddl.database, "Bit-mapped indexes"):
            raise OraError(439, "feature not enabled: Bit-mapped indexes")
    if node.indextype is not None:
        raise OraError(29833, "indextype does not exist")
    index = new_index(ddl, session, table, node.name.name, [], unique=node.unique, attributes=node.attributes, owner=owner)
    edited = table
    hidden: list[model.Column] = []
    for item in node.items:
        index.columns.append(_index_column(ddl, session, table, item, hidden))
    plain = [(part.name, part.expression, part.descending) for part in index.columns]
    for other in ddl.catalog.indexes_of(table):
        if [(part.name, part.expression, part.descending) for part in other.columns] == plain and not (
                ddl.database.release == "19" and other.visible != (node.visible is not False)):
            raise OraError(1408, "such column list already indexed")
    if any(part.expression for part in index.columns):
        index.type = "FUNCTION-BASED BITMAP" if node.bitmap else "FUNCTION-BASED NORMAL"
    elif node.bitmap or node.reverse:
        index.type = "BITMAP" if node.bitmap else "NORMAL/REV"
    index.prefix_length = max(node.prefix_length or 0, 0) or (len(index.columns) if node.prefix_length == 0 else 0)
    index.visible = node.visible is not False
    index.usable = node.usable
    if node.parallel:
        index.storage.degree = node.parallel
    if node.partitioning is not None:
        if not node.partitioning.local:
            raise not_simulated("global partitioned index")
        index.data_object_id = 0
        index.partitioning = _local(ddl, table, index, node.attributes.tablespace or "")
        for part, given in zip(index.partitioning.partitions, node.partitioning.partitions):
            part.name = given.name or part.name
            part.tablespace = given.attributes.tablespace or part.tablespace
    if change is not None:
        ddl.segments.create_index(edited, index)
        return change.save(index)
    with ddl.change() as own:
        if hidden:
            edited = own.edit(table)
            edited.columns += hidden
        ddl.segments.create_index(edited, index)
        own.save(index)
    return index


def _index_column(ddl: Ddl, session: Any, table: model.Table, item: ast.IndexItem, hidden: list[model.Column]) -> model.IndexColumn:
    """A plain column, or a hidden virtual one for an expression (and for DESC, as Oracle keeps it)."""
    from oralab.catalog.ddl.tables import expression_type
    if item.column is not None and not item.descending:
        column = table.column(item.column)
        if column is None:
            raise OraError(904, f'"{item.column}": invalid identifier')
        if column.type.name in ("CLOB", "NCLOB", "BLOB", "LONG", "LONG RAW", "XMLTYPE", "BFILE") or column.type.owner:
            raise OraError(2327, "cannot create index on expression with datatype LOB")
        return model.IndexColumn(name=column.name)
    text = f'"{item.column}"' if item.column is not None else item.expression.text.strip()
    known = next((column for column in table.columns if column.hidden and column.virtual and column.default == text), None)
    if known is not None:
        return model.IndexColumn(name=known.name, expression=text, descending=item.descending)
    type_ = expression_type(ddl, session, table, text)
    number = len(table.columns) + len(hidden) + 1
    hidden.append(model.Column(name=f"SYS_NC{number:05d}$", type=type_, default=text, virtual=True, hidden=True))
    return model.IndexColumn(name=hidden[-1].name, expression=text, descending=item.descending)


def find(ddl: Ddl, session: Any, name: ast.Name, privilege: str) -> tuple[model.Index, model.Table]:
    """ORA-01418 when there is none that the session may change."""
    owner = name.schema or session.schema
    index = ddl.catalog.get(model.Index, owner, name.name)
    allowed = owner == session.user or ddl.privileges.has(session, privilege)
    table = ddl.catalog.get(model.Table, index.table_owner, index.table_name) if index else None
    if index is None or table is None or not allowed:
        raise OraError(1418, "specified index does not exist")
    ddl.not_dictionary(session, owner)
    return index, table


@statement(ast.DropIndex)
def drop_index(ddl: Ddl, session: Any, node: ast.DropIndex) -> None:
    """ORA-02429 for an index that enforces a key."""
    index, table = find(ddl, session, node.name, "DROP ANY INDEX")
    if any(item.index_name == index.name and item.index_owner == index.owner for item in table.constraints):
        raise OraError(2429, "cannot drop index used for enforcement of unique/primary key")
    with ddl.change() as change:
        change.remove(index)
        hidden = {part.name for part in index.columns if part.expression}
        if hidden:
            edited = change.edit(table)
            for column in edited.columns:
                if column.name in hidden and column.hidden:
                    column.unused = True


@statement(ast.AlterIndex)
def alter_index(ddl: Ddl, session: Any, node: ast.AlterIndex) -> None:
    index, table = find(ddl, session, node.name, "ALTER ANY INDEX")
    with ddl.change() as change:
        if node.action == "RENAME":
            new = node.new_name or ""
            if ddl.catalog.get(model.Index, index.owner, new):
                raise OraError(955, "name is already used by an existing object")
            rename_index(ddl, change, table, index, new)
            return
        edited = change.edit(index)
        leaf = _partition(edited, node)
        if node.action == "REBUILD":
            _rebuild(ddl, session, table, edited, leaf, node)
        elif node.action in ("UNUSABLE", "UNUSABLE PARTITION"):
            _usable(edited, leaf, False)
        elif node.action in ("VISIBLE", "INVISIBLE"):
            edited.visible = node.action == "VISIBLE"
        elif node.action == "PARALLEL":
            edited.storage.degree = node.parallel or "1"
        elif node.action == "RENAME PARTITION" and leaf is not None:
            leaf.name = node.new_name or leaf.name
        elif node.action not in ("COALESCE", "COMPILE", "SHRINK", "MONITORING", "NOMONITORING", "ATTRIBUTES", "ENABLE", "USABLE"):
            raise not_simulated(f"ALTER INDEX {node.action}")


def _partition(index: model.Index, node: ast.AlterIndex) -> model.Partition | None:
    if node.partition is None:
        return None
    parts = index.partitioning
    found = next((part for outer in (parts.partitions if parts else ()) for part in (outer, *outer.subpartitions)
                  if part.name == node.partition), None)
    if found is None:
        raise OraError(2149, "Specified partition does not exist")
    return found


def _usable(index: model.Index, leaf: model.Partition | None, usable: bool) -> None:
    leaves = [leaf] if leaf else index.partitioning.leaves() if index.partitioning else []
    for part in leaves:
        part.status = "USABLE" if usable else "UNUSABLE"
    if not leaves:
        index.usable = usable


def _rebuild(ddl: Ddl, session: Any, table: model.Table, index: model.Index, leaf: model.Partition | None, node: ast.AlterIndex) -> None:
    if index.partitioning and leaf is None:
        raise OraError(14086, "a partitioned index may not be rebuilt as a whole")
    if node.attributes.tablespace:
        place = ddl.tablespace(session, index.owner, node.attributes.tablespace)
        ddl.check_quota(index.owner, place)
        if leaf is not None:
            leaf.tablespace = place
        else:
            index.tablespace = place
    if node.parallel:
        index.storage.degree = node.parallel
    _usable(index, leaf, True)
    ddl.segments.rebuild_index(table, index)


def rename_index(ddl: Ddl, change: Change, table: model.Table, index: model.Index, name: str) -> None:
    """Give an index another name; constraints that use it follow."""
    change.remove(index)
    edited = change.edit(index)
    edited.name = name
    owner = change.edit(table)
    for item in owner.constraints:
        if item.index_name == index.name and item.index_owner == index.owner:
            item.index_name = name

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Materialized views and their logs."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.ddl import Ddl, statement
from oralab.catalog.ddl.drops import remove_table
from oralab.catalog.ddl.tables import add_lobs, storage_of
from oralab.errors import OraError, not_simulated
from oralab.sql import ast
from oralab.values import DataType

if TYPE_CHECKING:
    from oralab.catalog.catalog import Change


@statement(ast.CreateMaterializedView)
def create_materialized_view(ddl: Ddl, session: Any, node: ast.CreateMaterializedView) -> None:
    """Rows stand in a table of the same name; FAST refresh wants a log on every base table (ORA-23413)."""
    owner = ddl.owner(session, node.name)
    ddl.privileges.need_for(session, owner, "CREATE MATERIALIZED VIEW", "CREATE ANY MATERIALIZED VIEW")
    if owner == session.user:
        ddl.privileges.need(session, "CREATE TABLE", "CREATE ANY TABLE")
    prebuilt = node.build == "PREBUILT"
    existing = ddl.catalog.named(owner, node.name.name)
    if prebuilt and not isinstance(existing, model.Table):
        raise OraError(12059, f'prebuilt table "{owner}"."{node.name.name}" does not exist')
    if not prebuilt:
        ddl.check_free(owner, node.name.name)
    if node.partition_by is not None:
        raise not_simulated("partitioned materialized view")
    columns = ddl.dependencies.columns_of(owner, node.query_text, list(node.columns))
    references = ddl.dependencies.references_of(owner, node.query)
    if node.refresh.method == "FAST":
        for reference in references:
            if reference.type == "TABLE" and ddl.catalog.get(model.MaterializedViewLog, reference.owner, reference.name) is None:
                raise OraError(23413, f'table "{reference.owner}"."{reference.name}" does not have a materialized view log')
    view = ddl.stamp(model.MaterializedView(
        owner=owner, name=node.name.name, query=node.query_text.strip(), refresh_method=node.refresh.method or "FORCE",
        refresh_mode=node.refresh.mode or "DEMAND", build_mode=node.build, rewrite=bool(node.rewrite), updatable=node.for_update,
        next_expression=node.refresh.next.text if node.refresh.next else "", references=references))
    with ddl.change() as change:
        if isinstance(existing, model.Table):
            change.edit(existing).materialized = True
        else:
            container = ddl.stamp(model.Table(owner=owner, name=view.name, columns=columns, materialized=True, segment_created=True,
                                              tablespace=ddl.tablespace(session, owner, node.attributes.tablespace),
                                              storage=storage_of(node.attributes)))
            ddl.check_quota(owner, container.tablespace)
            add_lobs(ddl, container, node.lobs)
            ddl.segments.create_table(container)
            change.save(container)
        change.save(view)
    if node.build == "IMMEDIATE":
        refresh(ddl, view)


def refresh(ddl: Ddl, view: model.MaterializedView, method: str = "COMPLETE") -> None:
    """Compute the rows again, as the owner. FAST is done as a complete one here, with the same rows (assumed)."""
    name = f'"{view.owner}"."{view.name}"'
    with ddl.database.internal(view.owner) as session:
        session.roles = set()
        session.sql(f"DELETE FROM {name}")
        session.sql(f"INSERT INTO {name} {view.query}")
    with ddl.catalog.change(quiet=True) as change:
        current = ddl.catalog.get(model.MaterializedView, view.owner, view.name) or view
        edited = change.edit(current)
        edited.last_refresh, edited.last_refresh_type, edited.staleness = ddl.database.now(), method, "FRESH"


def _find(ddl: Ddl, session: Any, name: ast.Name, privilege: str) -> model.MaterializedView:
    owner = name.schema or session.schema
    found = ddl.catalog.get(model.MaterializedView, owner, name.name)
    if found is None:
        raise OraError(12003, f'materialized view or zonemap "{owner}"."{name.name}" does not exist')
    if owner != session.user:
        ddl.privileges.need(session, privilege)
    return found


@statement(ast.AlterMaterializedView)
def alter_materialized_view(ddl: Ddl, session: Any, node: ast.AlterMaterializedView) -> None:
    found = _find(ddl, session, node.name, "ALTER ANY MATERIALIZED VIEW")
    with ddl.change() as change:
        edited = change.edit(found)
        if node.action == "COMPILE":
            try:
                ddl.dependencies.columns_of(found.owner, found.query, [])
                edited.status = "VALID"
            except OraError:
                edited.status = "INVALID"
        elif node.action == "REFRESH" and node.refresh:
            edited.refresh_method = node.refresh.method or edited.refresh_method
            edited.refresh_mode = node.refresh.mode or edited.refresh_mode
        elif node.action == "REWRITE":
            edited.rewrite = bool(node.rewrite)
        elif node.action == "CONSIDER FRESH":
            edited.staleness = "FRESH"


@statement(ast.DropMaterializedView)
def drop_materialized_view(ddl: Ddl, session: Any, node: ast.DropMaterializedView) -> None:
    found = _find(ddl, session, node.name, "DROP ANY MATERIALIZED VIEW")
    container = ddl.catalog.get(model.Table, found.owner, found.name)
    with ddl.change() as change:
        change.remove(found)
        if container is not None and (node.preserve_table or found.build_mode == "PREBUILT"):
            change.edit(container).materialized = False
        elif container is not None:
            remove_table(ddl, change, container, cascade=True, purge=True)


@statement(ast.CreateMaterializedViewLog)
def create_log(ddl: Ddl, session: Any, node: ast.CreateMaterializedViewLog) -> None:
    """ORA-12000 there already, ORA-12014 without a primary key where one is wanted."""
    table = ddl.table(session, node.table, "")
    if table.owner != session.user:
        ddl.privileges.need(session, "CREATE ANY TABLE")
    if ddl.catalog.get(model.MaterializedViewLog, table.owner, table.name):
        raise OraError(12000, f"a materialized view log already exists on table '{table.name}'")
    wants_key = node.primary_key or not (node.rowid or node.object_id)
    if wants_key and table.key() is None:
        raise OraError(12014, f"table '{table.name}' does not contain a primary key constraint")
    with ddl.change() as change:
        _save_log(ddl, session, change, table, node, wants_key)


def _save_log(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.CreateMaterializedViewLog, wants_key: bool) -> None:
    primary = table.key()
    kept = [*(primary.columns if wants_key and primary else ()), *node.columns]
    columns = [model.Column(name=name, type=column.type) for name in kept if (column := table.column(name))]
    columns += [model.Column(name="M_ROW$$", type=DataType("VARCHAR2", 255))] * node.rowid
    columns += [model.Column(name=name, type=type_) for name, type_ in (
        ("SNAPTIME$$", DataType("DATE")), ("DMLTYPE$$", DataType("VARCHAR2", 1)), ("OLD_NEW$$", DataType("VARCHAR2", 1)),
        ("CHANGE_VECTOR$$", DataType("RAW", 255)), ("XID$$", DataType("NUMBER")))]
    rows = ddl.stamp(model.Table(owner=table.owner, name=f"MLOG$_{table.name}"[:ddl.longest], columns=columns, segment_created=True,
                                 tablespace=ddl.tablespace(session, table.owner, node.attributes.tablespace)))
    ddl.check_free(table.owner, rows.name)
    ddl.check_quota(table.owner, rows.tablespace)
    ddl.segments.create_table(rows)
    change.save(rows)
    change.save(model.MaterializedViewLog(owner=table.owner, master=table.name, log_table=rows.name, rowids=node.rowid,
                                          primary_key=wants_key,
                                          sequence=node.sequence, columns=list(node.columns), new_values=bool(node.new_values)))


@statement(ast.DropMaterializedViewLog)
def drop_log(ddl: Ddl, session: Any, node: ast.DropMaterializedViewLog) -> None:
    table = ddl.table(session, node.table, "")
    if table.owner != session.user:
        ddl.privileges.need(session, "DROP ANY TABLE")
    log = ddl.catalog.get(model.MaterializedViewLog, table.owner, table.name)
    if log is None:
        raise OraError(12002, f'there is no materialized view log on table "{table.owner}"."{table.name}"')
    rows = ddl.catalog.get(model.Table, table.owner, log.log_table)
    with ddl.change() as change:
        change.remove(log)
        if rows is not None:
            ddl.segments.drop_table(rows)
            change.remove(rows)

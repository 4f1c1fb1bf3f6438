# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DROP and TRUNCATE TABLE, the recycle bin, RENAME, COMMENT, ANALYZE."""
from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.ddl import Ddl, statement
from oralab.catalog.ddl.alter_table import rename_table
from oralab.errors import OraError, not_simulated
from oralab.sql import ast

if TYPE_CHECKING:
    from oralab.catalog.catalog import Change


@statement(ast.DropTable)
def drop_table(ddl: Ddl, session: Any, node: ast.DropTable) -> None:
    """ORA-00942, ORA-12083 for a materialized view, ORA-02449 while foreign keys of other tables point to it."""
    owner = node.name.schema or session.schema
    table = ddl.catalog.named(owner, node.name.name)
    if not isinstance(table, model.Table):
        raise OraError(942, "table or view does not exist")
    if owner != session.user and not ddl.privileges.has(session, "DROP ANY TABLE"):
        raise OraError(1031 if ddl.privileges.sees(session, table) else 942,
                       "insufficient privileges" if ddl.privileges.sees(session, table) else "table or view does not exist")
    ddl.not_dictionary(session, owner)
    if ddl.catalog.get(model.MaterializedView, owner, table.name):
        raise OraError(12083, f'must use DROP MATERIALIZED VIEW to drop "{owner}"."{table.name}"')
    for trunk in ddl.catalog.all(model.Table):
        if trunk.owner == owner and table.name in trunk.nested_tables.values():
            raise OraError(22914, "DROP of nested tables not supported")
    with ddl.segments.exclusive(session, table), ddl.change() as change:
        remove_table(ddl, change, table, cascade=node.cascade_constraints, purge=node.purge or not to_bin(ddl, session, table))


def to_bin(ddl: Ddl, session: Any, table: model.Table) -> bool:
    """Whether a dropped table goes to the recycle bin: not from SYSTEM, nor temporary, external or IOT-less ones (documented)."""
    setting = str(getattr(session, "parameters", {}).get("recyclebin") or ddl.database.parameters.get("recyclebin"))
    return (setting.upper() == "ON" and table.tablespace != "SYSTEM" and not (table.temporary or table.external or table.dropped)
            and (table.segment_created or table.partitioning is not None) and table.owner != "SYS")


def remove_table(ddl: Ddl, change: Change, table: model.Table, *, cascade: bool, purge: bool) -> None:
    """Drop a table with all that hangs on it, or give it its BIN$ name. ORA-02449."""
    for child, foreign in ddl.catalog.children_of(table):
        if child.object_id == table.object_id:
            continue
        if not cascade:
            raise OraError(2449, "unique/primary keys in table referenced by foreign keys")
        edited = change.edit(child)
        edited.constraints = [item for item in edited.constraints if item.name != foreign.name]
    ddl.dependencies.invalidate(change, table.owner, table.name)
    log = ddl.catalog.get(model.MaterializedViewLog, table.owner, table.name)
    if log is not None:
        change.remove(log)
        rows = ddl.catalog.get(model.Table, table.owner, log.log_table)
        if rows is not None:
            ddl.segments.drop_table(rows)
            change.remove(rows)
    for grant in ddl.catalog.grants_on(table.owner, table.name):
        change.remove(grant)
    if purge:
        _purge(ddl, change, table)
    else:
        _recycle(ddl, change, table)


def _purge(ddl: Ddl, change: Change, table: model.Table) -> None:
    for index in ddl.catalog.indexes_of(table):
        change.remove(index)
    for trigger in ddl.catalog.triggers_of(table.owner, table.name):
        change.remove(trigger)
    for column in table.columns:
        sequence = column.identity and ddl.catalog.get(model.Sequence, table.owner, column.identity.sequence_name)
        if sequence:
            change.remove(sequence)
    for storage in table.nested_tables.values():
        nested = ddl.catalog.get(model.Table, table.owner, storage)
        if nested is not None:
            ddl.segments.drop_table(nested)
            change.remove(nested)
    for policy in ddl.catalog.all(model.Policy):
        if (policy.owner, policy.table) == (table.owner, table.name):
            change.remove(policy)
    for entry in ddl.catalog.all(model.RecycleBinEntry):
        if entry.base_object == table.object_id:
            change.remove(entry)
    ddl.segments.drop_table(table)
    change.remove(table)


def _bin_name(record: model.SchemaObject) -> str:
    digest = hashlib.md5(f"{record.object_id}".encode(), usedforsecurity=False).digest()
    return "BIN$" + base64.b64encode(digest).decode() + "$0"


def _recycle(ddl: Ddl, change: Change, table: model.Table) -> None:
    now, scn = ddl.database.now(), ddl.database.store.current_scn()

    def entry(record: model.SchemaObject, kind: str, name: str, tablespace: str, undrop: bool) -> None:
        change.save(model.RecycleBinEntry(owner=record.owner, object_name=name, original_name=record.name, type=kind, tablespace=tablespace,
                                          drop_time=now, drop_scn=scn, created=record.created, base_object=table.object_id,
                                          can_undrop=undrop))
    edited = change.edit(table)
    edited.dropped = True
    edited.constraints = [item for item in edited.constraints if item.type != "R"]
    for trigger in ddl.catalog.triggers_of(table.owner, table.name):
        name = _bin_name(trigger)
        entry(trigger, "TRIGGER", name, "", False)
        change.remove(trigger)
        changed = change.edit(trigger)
        changed.name, changed.status = name, "INVALID"
    for index in ddl.catalog.indexes_of(table):
        name = _bin_name(index)
        entry(index, "INDEX", name, index.tablespace, False)
        change.remove(index)
        changed_index = change.edit(index)
        changed_index.name, changed_index.dropped = name, True
        for item in edited.constraints:
            if item.index_name == index.name:
                item.index_name = name
    for item in edited.constraints:
        digest = hashlib.md5(f"{table.object_id}{item.name}".encode(), usedforsecurity=False).digest()
        item.name = "BIN$" + base64.b64encode(digest).decode() + "$0"
    name = _bin_name(table)
    entry(table, "TABLE", name, table.tablespace, True)
    rename_table(ddl, change, edited, name)


def _entries(ddl: Ddl, owner: str) -> list[model.RecycleBinEntry]:
    return [entry for entry in ddl.catalog.all(model.RecycleBinEntry) if entry.owner == owner and entry.type == "TABLE"]


@statement(ast.Purge)
def purge(ddl: Ddl, session: Any, node: ast.Purge) -> None:
    """ORA-38307 when the object is not in the recycle bin."""
    if node.what == "DBA_RECYCLEBIN":
        ddl.privileges.need(session, "PURGE DBA_RECYCLEBIN")
        entries = [entry for entry in ddl.catalog.all(model.RecycleBinEntry) if entry.type == "TABLE"]
    elif node.what == "RECYCLEBIN":
        entries = _entries(ddl, session.user)
    elif node.what == "TABLESPACE" and node.name:
        entries = [entry for entry in ddl.catalog.all(model.RecycleBinEntry) if entry.type == "TABLE"
                   and entry.tablespace == node.name.name and entry.owner == (node.user or entry.owner)]
    elif node.what == "TABLE" and node.name:
        name = node.name.name
        entries = [entry for entry in _entries(ddl, node.name.schema or session.schema) if name in (entry.object_name,
                                                                                                    entry.original_name)][:1]
        if not entries:
            raise OraError(38307, "object not in RECYCLE BIN")
    else:
        raise not_simulated(f"PURGE {node.what}")
    for entry in entries:
        table = ddl.catalog.get(model.Table, entry.owner, entry.object_name)
        if table is not None:
            with ddl.change() as change:
                _purge(ddl, change, table)


@statement(ast.FlashbackTable)
def flashback_table(ddl: Ddl, session: Any, node: ast.FlashbackTable) -> None:
    if not node.before_drop:
        raise not_simulated("FLASHBACK TABLE other than TO BEFORE DROP")
    for name in node.tables:
        owner = name.schema or session.schema
        found = [entry for entry in _entries(ddl, owner) if name.name in (entry.object_name, entry.original_name)]
        table = ddl.catalog.get(model.Table, owner, found[-1].object_name) if found else None
        if table is None:
            raise OraError(38305, "object not in RECYCLE BIN")
        new = node.rename_to or found[-1].original_name
        if ddl.catalog.named(owner, new):
            raise OraError(38312, "original name is used by an existing object")
        with ddl.change() as change:
            edited = change.edit(table)
            edited.dropped = False
            for index in ddl.catalog.indexes_of(table):
                change.edit(index).dropped = False
            rename_table(ddl, change, edited, new)
            for entry in ddl.catalog.all(model.RecycleBinEntry):
                if entry.base_object == table.object_id:
                    change.remove(entry)


@statement(ast.Truncate)
def truncate(ddl: Ddl, session: Any, node: ast.Truncate) -> None:
    """ORA-02266 while enabled foreign keys of other tables point to it (without CASCADE)."""
    if node.cluster:
        raise OraError(943, "cluster does not exist")
    owner = node.name.schema or session.schema
    table = ddl.catalog.find(session, node.name.schema, node.name.name)
    if not isinstance(table, model.Table):
        raise OraError(942, "table or view does not exist")
    if table.owner != session.user and not ddl.privileges.has(session, "DROP ANY TABLE"):
        raise OraError(1031 if ddl.privileges.sees(session, table) else 942,
                       "insufficient privileges" if ddl.privileges.sees(session, table) else "table or view does not exist")
    ddl.not_dictionary(session, owner)
    if table.external:
        raise OraError(30657, "operation not supported on external organized table")
    children = [child for child, foreign in ddl.catalog.children_of(table) if foreign.enabled and child.object_id != table.object_id]
    if children and not (node.cascade and ddl.database.release == "19"):
        raise OraError(2266, "unique/primary keys in table referenced by enabled foreign keys")
    with ddl.segments.exclusive(session, table), ddl.change() as change:
        ddl.segments.truncate(session, change.edit(table))
    for child in children:
        truncate(ddl, session, ast.Truncate(name=ast.Name(child.name, child.owner), cascade=True))


@statement(ast.Rename)
def rename(ddl: Ddl, session: Any, node: ast.Rename) -> None:
    """RENAME old TO new, in the session's own schema. ORA-04043."""
    owner = session.user
    found = ddl.catalog.named(owner, node.old)
    if not isinstance(found, (model.Table, model.View, model.Sequence, model.Synonym)):
        raise OraError(4043, f"object {node.old} does not exist")
    ddl.check_free(owner, node.new)
    with ddl.change() as change:
        ddl.dependencies.invalidate(change, owner, node.old)
        edited = change.edit(found)
        if isinstance(edited, model.Table):
            rename_table(ddl, change, edited, node.new)
        else:
            change.remove(found)
            change.save(edited)
            edited.name = node.new


@statement(ast.Comment)
def comment(ddl: Ddl, session: Any, node: ast.Comment) -> None:
    found: Any = ddl.catalog.find(session, node.name.schema, node.name.name)
    if node.on not in ("TABLE", "COLUMN", "MATERIALIZED VIEW"):
        raise not_simulated(f"COMMENT ON {node.on}")
    if not isinstance(found, (model.Table, model.View)):
        raise OraError(942, "table or view does not exist")
    if found.owner != session.user and not ddl.privileges.has(session, "COMMENT ANY TABLE"):
        raise OraError(942, "table or view does not exist")
    ddl.not_dictionary(session, found.owner)
    text = node.comment or None
    with ddl.catalog.change() as change:
        edited = change.edit(found)
        edited.last_ddl_time = found.last_ddl_time
        if node.column is None:
            edited.comment = text
            return
        column = next((column for column in edited.columns if column.name == node.column and not column.unused), None)
        if column is None:
            raise OraError(904, f'"{node.column}": invalid identifier')
        column.comment = text


@statement(ast.Analyze)
def analyze(ddl: Ddl, session: Any, node: ast.Analyze) -> None:
    """VALIDATE STRUCTURE finds nothing wrong; statistics are gathered by DBMS_STATS."""
    owner = node.name.schema or session.schema
    found = ddl.catalog.get(model.Index, owner, node.name.name) if node.object_type == "INDEX" else ddl.catalog.named(owner, node.name.name)
    if found is None:
        raise OraError(1418 if node.object_type == "INDEX" else 942,
                       "specified index does not exist" if node.object_type == "INDEX" else "table or view does not exist")
    if not node.action.startswith("VALIDATE STRUCTURE"):
        raise not_simulated(f"ANALYZE ... {node.action}")

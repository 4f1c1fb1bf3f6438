# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tablespaces and their files."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.ddl import Ddl, statement
from oralab.catalog.ddl.drops import remove_table
from oralab.catalog.instances import DOWN
from oralab.catalog.segments import all_segments
from oralab.errors import OraError, not_simulated
from oralab.sql import ast
from oralab.storage import asm
from oralab.storage.tablespaces import KEY_BYTES

if TYPE_CHECKING:
    from oralab.catalog.catalog import Change
    from oralab.storage import Datafile

DEFAULT_SIZE = 100 << 20
UNLIMITED = 32 << 30
PERMANENT_ONES = ("SYSTEM", "SYSAUX")


def file_spec(ddl: Ddl, name: str, spec: ast.FileSpec, contents: str) -> tuple[str, int, bool, int, int]:
    """Path, size and growth of a file. ORA-02236 without a name where Oracle may not choose one; ORA-01119 over 27038 or 27040."""
    word = "tempfile" if contents == "TEMPORARY" else "datafile"
    home = ddl.database.parameters.get("db_create_file_dest")
    path = spec.path
    if path is None:
        if not home:
            raise OraError(2199, f"missing DATAFILE/TEMPFILE clause (no name for the {word} of {name})")
        path = home if asm.is_asm(home) else _managed(ddl, home, name, word)
    if not asm.is_absolute(path):
        path = os.path.join(ddl.database.directory, path)
    exists = asm.exists(path)
    if exists and not spec.reuse:
        raise OraError(1119, f"error in creating database file '{path}'", stack=_already(path))
    if exists:
        asm.remove(path)
    if asm.is_asm(path):
        try:
            path = asm.place(path, word.upper(), name, ddl.database.spec.db_unique_name)
        except OraError as error:
            raise error.under(1119, f"error in creating database file '{path}'") from None
    elif not exists and not os.path.isdir(os.path.dirname(path)):
        raise OraError(1119, f"error in creating database file '{path}'", stack=[
            "ORA-27040: file create error, unable to create file", "Linux-x86_64 Error: 2: No such file or directory"])
    if spec.size is None and spec.path is not None and not exists and not asm.is_managed(path):
        raise OraError(1119, f"error in creating database file '{path}'", stack=["ORA-17610: file '' does not exist and no size specified"])
    grow = spec.autoextend
    on = grow.on if grow else spec.path is None or asm.is_managed(path)
    largest = (UNLIMITED if grow is None or grow.max_size in (None, -1) else grow.max_size or 0) if on else 0
    step = (grow.next if grow and grow.next else DEFAULT_SIZE if spec.path is None else ddl.database.spec.block_size) if on else 0
    return path, spec.size or DEFAULT_SIZE, on, largest, step


def _managed(ddl: Ddl, home: str, name: str, word: str) -> str:
    """A name that Oracle manages, in directories that it makes."""
    folder = os.path.join(home, ddl.database.spec.db_unique_name.upper(), word)
    os.makedirs(folder, exist_ok=True)
    suffix = "tmp" if word == "tempfile" else "dbf"
    return os.path.join(folder, f"o1_mf_{name.lower()[:8]}_{ddl.catalog.new_object_id():08x}_.{suffix}")


def _already(path: str) -> list[str]:
    """The lines below ORA-01119 for a file that is there."""
    if not asm.is_asm(path):
        return ["ORA-27038: created file already exists", "Additional information: 1"]
    return asm.uncreated(path, OraError(15005, f'name "{path[1:].split("/", 1)[1]}" is already used by an existing alias')).text.split("\n")


@statement(ast.CreateTablespace)
def create_tablespace(ddl: Ddl, session: Any, node: ast.CreateTablespace) -> None:
    """ORA-01543; TDE needs an open keystore (ORA-28365)."""
    ddl.privileges.need(session, "CREATE TABLESPACE")
    if ddl.catalog.get(model.TablespaceInfo, node.name):
        raise OraError(1543, f"tablespace '{node.name}' already exists")
    if len(node.name.encode()) > 30:
        raise OraError(972, "identifier is too long")
    encryption = _encryption(ddl, node)
    size = node.block_size or ddl.database.spec.block_size
    if size != ddl.database.spec.block_size and not ddl.database.parameters.number(f"db_{size // 1024}k_cache_size"):
        raise OraError(29339, f"tablespace block size {size} does not match configured block sizes")
    files = [file_spec(ddl, node.name, spec, node.contents) for spec in node.files or (ast.FileSpec(),)]
    temporary = node.contents == "TEMPORARY"
    info = model.TablespaceInfo(
        name=node.name, contents=node.contents, bigfile=bool(node.bigfile), block_size=size,
        logging=not temporary and node.options.logging is not False, force_logging=bool(node.options.force_logging),
        allocation="UNIFORM" if node.allocation == "UNIFORM" or temporary else "SYSTEM",
        initial_extent=node.uniform_size or (1048576 if node.allocation == "UNIFORM" or temporary else 65536),
        segment_management="MANUAL" if temporary or node.contents == "UNDO" else node.segment_space_management, group=node.group or "",
        retention=("GUARANTEE" if node.options.retention_guarantee else "NOGUARANTEE") if node.contents == "UNDO" else "NOT APPLY",
        flashback=node.options.flashback is not False)
    _compression(info, node.options.default_compress)
    with ddl.change() as change:
        ddl.database.store.create_tablespace(node.name, files, contents=node.contents, block_size=size, bigfile=bool(node.bigfile),
                                             omf=any(spec.path is None for spec in node.files or (ast.FileSpec(),))
                                             or any(asm.is_managed(file[0]) for file in files), encryption=encryption)
        change.save(info)
    if node.options.online is False:
        ddl.database.store.offline(node.name)


def _encryption(ddl: Ddl, node: ast.CreateTablespace) -> str:
    """The algorithm that a new tablespace is encrypted with, empty for none: as the statement or ENCRYPT_NEW_TABLESPACES says. ORA-28365, ORA-28374."""
    clause, parameters = node.options.encryption, ddl.database.parameters
    always = ddl.database.release != "12.1" and parameters.get("encrypt_new_tablespaces").upper() == "ALWAYS"
    if node.contents != "PERMANENT" or not (clause.action == "ENCRYPT" if clause is not None else always):
        return ""
    ddl.database.keystore.active()
    default = parameters.get("tablespace_encryption_default_algorithm") if ddl.database.release != "12.1" else "AES128"
    algorithm = ((clause.algorithm if clause is not None else None) or default).upper()
    if algorithm not in KEY_BYTES:
        raise not_simulated(f"encryption of a tablespace with {algorithm}")
    return algorithm


def _compression(info: model.TablespaceInfo, given: str | None) -> None:
    if given is not None:
        info.compression = "DISABLED" if given == "NOCOMPRESS" else "ENABLED"
        info.compress_for = "" if given == "NOCOMPRESS" else given


def _info(ddl: Ddl, name: str) -> model.TablespaceInfo:
    found = ddl.catalog.get(model.TablespaceInfo, name)
    if found is None:
        raise OraError(959, f"tablespace '{name}' does not exist")
    return found


@statement(ast.AlterTablespace)
def alter_tablespace(ddl: Ddl, session: Any, node: ast.AlterTablespace) -> None:
    info = _info(ddl, node.name)
    simple = node.action in ("READ ONLY", "READ WRITE", "ONLINE", "OFFLINE", "BEGIN BACKUP", "END BACKUP")
    if session.privilege != "SYSBACKUP":
        ddl.privileges.need(session, "ALTER TABLESPACE", *(("MANAGE TABLESPACE",) if simple else ()))
    store = ddl.database.store
    if node.action == "READ ONLY":
        _read_only(ddl, session, info)
    elif node.action == "READ WRITE":
        if ddl.database.store.tablespace_status(node.name) != "READ ONLY":
            raise OraError(1646, f"tablespace '{node.name}' is not read only - cannot make read write")
        store.read_write(node.name)
        _unplugged(ddl, info)
    elif node.action == "ONLINE":
        store.online(node.name)
    elif node.action == "OFFLINE":
        if node.name == "SYSTEM" or info.contents == "UNDO" and node.name == ddl.database.parameters.get("undo_tablespace"):
            raise OraError(1541 if node.name == "SYSTEM" else 30042, "system tablespace cannot be brought offline; shut down if necessary"
                           if node.name == "SYSTEM" else "Cannot offline the undo tablespace")
        store.offline(node.name)
    elif node.action == "RENAME":
        _rename(ddl, info, node.new_name or "")
    elif node.action == "ADD":
        for spec in node.files or (ast.FileSpec(),):
            made = file_spec(ddl, node.name, spec, info.contents)
            store.add_datafile(node.name, made, omf=spec.path is None or asm.is_managed(made[0]))
    elif node.action == "RESIZE" and node.size:
        if not info.bigfile:
            raise OraError(32773, f"operation not supported for smallfile tablespace {node.name}")
        store.resize_datafile(store.datafiles(node.name)[0].number, node.size)
    elif node.action == "OPTIONS":
        _options(ddl, info, node.options)
    elif node.action in ("BEGIN BACKUP", "END BACKUP", "COALESCE"):
        _backup_mode(ddl, node)
    else:
        raise not_simulated(f"ALTER TABLESPACE {node.action}")


def _read_only(ddl: Ddl, session: Any, info: model.TablespaceInfo) -> None:
    """ORA-01643 SYSTEM, ORA-03217 temporary, ORA-30021 undo (documented); waits for what is open."""
    if info.name in PERMANENT_ONES:
        raise OraError(1643, "system tablespace can not be made read-only" if info.name == "SYSTEM"
                       else "SYSAUX tablespace can not be made read-only")
    if info.contents == "TEMPORARY":
        raise OraError(3217, "invalid option for alter of TEMPORARY TABLESPACE")
    if info.contents == "UNDO":
        raise OraError(30021, "Operation not allowed on undo tablespace")
    ddl.database.store.read_only(info.name, session.is_cancelled)


def _unplugged(ddl: Ddl, info: model.TablespaceInfo) -> None:
    """A plugged tablespace is the database's own once it was read write."""
    if info.plugged_in:
        with ddl.catalog.change(quiet=True) as change:
            change.edit(info).plugged_in = False


def _options(ddl: Ddl, info: model.TablespaceInfo, options: ast.TablespaceOptions) -> None:
    if options.encryption is not None:
        ddl.database.keystore.active()
        raise not_simulated("encrypting or decrypting a tablespace that is there")
    with ddl.change() as change:
        edited = change.edit(info)
        for name, value in (("logging", options.logging), ("force_logging", options.force_logging), ("flashback", options.flashback)):
            if value is not None:
                setattr(edited, name, value)
        _compression(edited, options.default_compress)
        if options.retention_guarantee is not None:
            edited.retention = "GUARANTEE" if options.retention_guarantee else "NOGUARANTEE"


def _backup_mode(ddl: Ddl, node: ast.AlterTablespace) -> None:
    if node.action == "BEGIN BACKUP" and ddl.database.attributes.log_mode != "ARCHIVELOG":
        raise OraError(1123, "cannot start online backup; media recovery not enabled")
    if node.action != "COALESCE":
        raise not_simulated(f"ALTER TABLESPACE {node.action}")


def _rename(ddl: Ddl, info: model.TablespaceInfo, new: str) -> None:
    """ORA-00712 SYSTEM and SYSAUX, ORA-01543 name taken; everything that names the tablespace follows (documented)."""
    if info.name in PERMANENT_ONES:
        raise OraError(712, "cannot rename system tablespace" if info.name == "SYSTEM" else "cannot rename SYSAUX tablespace")
    if ddl.catalog.get(model.TablespaceInfo, new):
        raise OraError(1543, f"tablespace '{new}' already exists")
    if ddl.database.store.tablespace_status(info.name) == "OFFLINE":
        raise OraError(1135, "file accessed for DML/query is offline")
    old = info.name
    with ddl.change() as change:
        ddl.database.store.rename_tablespace(old, new)
        change.remove(info)
        change.edit(info).name = new
        for user in ddl.catalog.all(model.User):
            if old in (user.default_tablespace, user.temporary_tablespace) or old in user.quotas:
                edited = change.edit(user)
                edited.default_tablespace = new if user.default_tablespace == old else user.default_tablespace
                edited.temporary_tablespace = new if user.temporary_tablespace == old else user.temporary_tablespace
                if old in edited.quotas:
                    edited.quotas[new] = edited.quotas.pop(old)
        for record in ddl.catalog.tables_and_indexes():
            if old in _tablespaces_of(record):
                _replace(change.edit(record), old, new)
    attributes = ddl.database.attributes
    for field in ("default_tablespace", "temporary_tablespace"):
        if getattr(attributes, field) == old:
            ddl.database.set_attributes(**{field: new})


def _tablespaces_of(record: model.Table | model.Index) -> set[str]:
    found = {record.tablespace}
    if record.partitioning:
        found |= {record.partitioning.default_tablespace}
        found |= {one.tablespace for part in record.partitioning.partitions for one in (part, *part.subpartitions)}
    if isinstance(record, model.Table):
        found |= {column.lob.tablespace for column in record.columns if column.lob} | {record.iot_overflow_tablespace}
    return found


def _replace(record: model.Table | model.Index, old: str, new: str) -> None:
    places: list[Any] = [record]
    if record.partitioning:
        parts = record.partitioning
        parts.default_tablespace = new if parts.default_tablespace == old else parts.default_tablespace
        places += [one for part in parts.partitions for one in (part, *part.subpartitions)]
    if isinstance(record, model.Table):
        places += [column.lob for column in record.columns if column.lob]
        record.iot_overflow_tablespace = new if record.iot_overflow_tablespace == old else record.iot_overflow_tablespace
    for place in places:
        place.tablespace = new if place.tablespace == old else place.tablespace


@statement(ast.DropTablespace)
def drop_tablespace(ddl: Ddl, session: Any, node: ast.DropTablespace) -> None:
    """ORA-00959, ORA-01549 while it has contents, ORA-02449 referenced keys, ORA-12919/12906 default ones, ORA-01550 SYSTEM."""
    ddl.privileges.need(session, "DROP TABLESPACE")
    info = _info(ddl, node.name)
    attributes = ddl.database.attributes
    if info.name in PERMANENT_ONES:
        raise OraError(1550 if info.name == "SYSTEM" else 13501, "cannot drop system tablespace" if info.name == "SYSTEM"
                       else "Cannot drop SYSAUX tablespace")
    if info.name == attributes.default_tablespace:
        raise OraError(12919, "Can not drop the default permanent tablespace")
    if info.name == attributes.temporary_tablespace:
        raise OraError(12906, "cannot drop default temporary tablespace")
    if info.name in [one.parameters.get("undo_tablespace").upper() for one in ddl.database.instances if one.state != DOWN]:
        raise OraError(30013, f"undo tablespace '{info.name}' is currently in use")
    inside = [segment for segment in all_segments(ddl.catalog) if segment.tablespace == info.name]
    kept = [segment for segment in inside if not (isinstance(segment.record, model.Table) and segment.record.dropped
                                                 or isinstance(segment.record, model.Index) and segment.record.dropped)]
    declared = [table for table in ddl.catalog.all(model.Table) if not table.dropped and info.name in _tablespaces_of(table)]
    if (kept or any(table.segment_created for table in declared)) and not node.including_contents:
        raise OraError(1549, "tablespace not empty, use INCLUDING CONTENTS option")
    _check_partly_inside(ddl, info.name, declared)
    tables = {table.object_id: table for table in declared}
    tables |= {segment.record.object_id: segment.record for segment in inside if isinstance(segment.record, model.Table)}
    if not node.cascade_constraints:
        for table in tables.values():
            if any(child.object_id not in tables for child, _ in ddl.catalog.children_of(table)):
                raise OraError(2449, "unique/primary keys in table referenced by foreign keys")
    with ddl.change() as change:
        for table in tables.values():
            current = ddl.catalog.get(model.Table, table.owner, table.name)
            if current is not None:
                remove_table(ddl, change, current, cascade=True, purge=True)
        for index in ddl.catalog.all(model.Index):
            if info.name in _tablespaces_of(index) and (index.table_owner, index.table_name) not in {
                    (table.owner, table.name) for table in tables.values()}:
                _drop_index(ddl, change, index)
        change.remove(info)
        ddl.database.store.drop_tablespace(info.name, keep_files={"AND": False, "KEEP": True}.get(node.datafiles or ""))


def _check_partly_inside(ddl: Ddl, name: str, tables: list[model.Table]) -> None:
    """ORA-14404 when a partitioned table has partitions elsewhere too."""
    for table in tables:
        if table.partitioning:
            places = {leaf.tablespace for leaf in table.partitioning.leaves()}
            if name in places and places != {name}:
                raise OraError(14404, "partitioned table contains partitions in a different tablespace")


def _drop_index(ddl: Ddl, change: Change, index: model.Index) -> None:
    table = ddl.catalog.get(model.Table, index.table_owner, index.table_name)
    if table is not None:
        for item in change.edit(table).constraints:
            if item.index_name == index.name:
                raise OraError(2429, "cannot drop index used for enforcement of unique/primary key")
    change.remove(index)


# --- ALTER DATABASE DATAFILE ---

def find_file(ddl: Ddl, wanted: str | int, temporary: bool) -> Datafile:
    """ORA-01516 for a file that the database does not have."""
    for file in ddl.database.store.datafiles():
        if (file.contents == "TEMPORARY") == temporary and wanted in (file.number, file.path):
            return file
    raise OraError(1516, f'nonexistent log file, data file, or temporary file "{wanted}" in the current container')


def alter_file(ddl: Ddl, session: Any, node: ast.AlterDatabase) -> None:
    """ALTER DATABASE DATAFILE | TEMPFILE ... RESIZE | AUTOEXTEND."""
    store = ddl.database.store
    if node.action not in ("DATAFILE", "TEMPFILE"):
        raise not_simulated(f"ALTER DATABASE {node.action}")
    for wanted in node.file:
        file = find_file(ddl, wanted, node.action == "TEMPFILE")
        if node.what == "RESIZE" and node.size:
            store.resize_datafile(file.number, node.size)
        elif node.what == "AUTOEXTEND" and node.autoextend:
            file.auto_extend = node.autoextend.on
            file.increment = (node.autoextend.next or ddl.database.spec.block_size) if node.autoextend.on else 0
            file.max_bytes = UNLIMITED if node.autoextend.max_size in (None, -1) else node.autoextend.max_size or 0
            store.write_control()
        elif node.what == "ONLINE" and file.status == "ONLINE":
            continue
        elif node.what.startswith("OFFLINE") and ddl.database.attributes.log_mode != "ARCHIVELOG" and node.what == "OFFLINE":
            raise OraError(1145, "offline immediate disallowed unless media recovery enabled")
        else:
            raise not_simulated(f"ALTER DATABASE {node.action} {node.what}")

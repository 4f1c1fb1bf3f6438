# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CREATE TABLE: columns, LOBs, identity, partitions."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.ddl import Ddl, statement
from oralab.catalog.ddl import constraints as keys
from oralab.catalog.ddl.partitions import build_partitioning
from oralab.catalog.ddl.sequences import apply_options
from oralab.errors import OraError, not_simulated
from oralab.sql import ast
from oralab.values import DataType

if TYPE_CHECKING:
    from oralab.catalog.catalog import Change

_SIMPLE = """NUMBER FLOAT BINARY_FLOAT BINARY_DOUBLE VARCHAR2 NVARCHAR2 CHAR NCHAR CLOB NCLOB BLOB BFILE LONG RAW DATE TIMESTAMP
    ROWID UROWID XMLTYPE"""
BUILT_IN = frozenset(_SIMPLE.split()) | {"LONG RAW", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE",
                                           "INTERVAL YEAR TO MONTH", "INTERVAL DAY TO SECOND"}
LOB_TYPES = frozenset({"CLOB", "NCLOB", "BLOB", "XMLTYPE"})
LONGEST = {"VARCHAR2": (4000, 910), "NVARCHAR2": (4000, 910), "CHAR": (2000, 910), "NCHAR": (2000, 910), "RAW": (2000, 910)}
"""Type -> (bytes at most, error beyond)."""


def storage_of(attributes: ast.SegmentAttributes, base: model.Storage | None = None) -> model.Storage:
    """Physical attributes of a new or changed segment."""
    found = dataclasses.replace(base) if base else model.Storage()
    clause = attributes.storage
    for name, value in (("pct_free", attributes.pct_free), ("ini_trans", attributes.ini_trans), ("max_trans", attributes.max_trans),
                        ("logging", attributes.logging), ("initial_extent", clause and clause.initial),
                        ("next_extent", clause and clause.next), ("buffer_pool", clause and clause.buffer_pool)):
        if value is not None:
            setattr(found, name, value)
    if attributes.compress is not None:
        found.compression = "DISABLED" if attributes.compress == "NOCOMPRESS" else "ENABLED"
        found.compress_for = "" if attributes.compress == "NOCOMPRESS" else attributes.compress
    return found


def data_type(ddl: Ddl, session: Any, type_: DataType, references: list[model.Reference]) -> DataType:
    """A column's type as stored. ORA-00902 unknown, ORA-00910 too long; user-defined types are added to ``references``."""
    if type_.owner is None and type_.name in BUILT_IN or (type_.owner == "SYS" and type_.name == "XMLTYPE"):
        longest, code = LONGEST.get(type_.name, (0, 0))
        if longest and type_.length > longest:
            raise OraError(code, "specified length too long for its datatype")
        semantics = dict(session.nls.items())["NLS_LENGTH_SEMANTICS"]
        national = type_.name in ("NVARCHAR2", "NCHAR")
        unit = "C" if national else type_.char_used or ("C" if semantics == "CHAR" else "B")
        return dataclasses.replace(type_, char_used=unit, owner=None)
    found = ddl.catalog.find(session, type_.owner, type_.name)
    if not isinstance(found, model.UserType) or not ddl.privileges.on_object(session, "EXECUTE", found):
        raise OraError(902, "invalid datatype")
    references.append(model.Reference(found.owner, found.name, "TYPE"))
    return DataType(found.name, owner=found.owner)


def expression_type(ddl: Ddl, session: Any, table: model.Table, text: str) -> DataType:
    """Type of an expression over a table's columns."""
    given = ", ".join(f'CAST(NULL AS {type_text(column.type)}) AS "{column.name}"' for column in table.columns
                      if not (column.unused or column.virtual or column.type.owner or column.type.name in (
                          "LONG", "LONG RAW", "XMLTYPE", "CLOB", "NCLOB", "BLOB", "BFILE")))
    parsed = session.parse(f"SELECT {text} FROM (SELECT {given} FROM DUAL)")
    found: DataType = session.describe(parsed)[0].type
    return found


def type_text(type_: DataType) -> str:
    """A type as it is written in SQL."""
    name = type_.name
    if name in ("VARCHAR2", "CHAR"):
        return f"{name}({type_.length} {'CHAR' if type_.char_used == 'C' else 'BYTE'})"
    if name in ("NVARCHAR2", "NCHAR", "RAW"):
        return f"{name}({type_.length})"
    if name == "NUMBER" and (type_.precision is not None or type_.scale is not None):
        return f"NUMBER({'*' if type_.precision is None else type_.precision},{type_.scale or 0})"
    if name == "FLOAT" and type_.precision:
        return f"FLOAT({type_.precision})"
    if name.startswith("TIMESTAMP"):
        return name.replace("TIMESTAMP", f"TIMESTAMP({6 if type_.scale is None else type_.scale})", 1)
    if name == "INTERVAL YEAR TO MONTH":
        return f"INTERVAL YEAR({2 if type_.precision is None else type_.precision}) TO MONTH"
    if name == "INTERVAL DAY TO SECOND":
        return (f"INTERVAL DAY({2 if type_.precision is None else type_.precision}) TO SECOND"
                f"({6 if type_.scale is None else type_.scale})")
    return name


def build_column(ddl: Ddl, session: Any, table: model.Table, definition: ast.ColumnDef) -> model.Column:
    """A new column; its constraints are added by the caller. Appended to the table."""
    ddl.check_name(definition.name)
    if table.column(definition.name) is not None:
        raise OraError(957, "duplicate column name")
    expression = definition.virtual.text if definition.virtual else definition.default.text if definition.default else None
    if definition.type is None:
        if definition.virtual is None:
            raise OraError(2263, "need to specify the datatype for this column")
        type_ = expression_type(ddl, session, table, expression or "NULL")
    else:
        type_ = data_type(ddl, session, definition.type, table.references)
    if type_.name in ("LONG", "LONG RAW") and any(column.type.name in ("LONG", "LONG RAW") for column in table.columns):
        raise OraError(1754, "a table may contain only one column of type LONG")
    column = model.Column(
        name=definition.name, type=type_, default=expression.strip() if expression is not None else None,
        default_on_null=definition.default_on_null, virtual=definition.virtual is not None, invisible=definition.visible is False,
        encrypted=bool(definition.encrypt))
    table.columns.append(column)
    if column.encrypted:
        ddl.database.keystore.active()
        raise not_simulated("encrypted columns")
    return column


def add_identity(ddl: Ddl, session: Any, change: Change, table: model.Table, column: model.Column, identity: ast.Identity) -> None:
    """The sequence behind an identity column. ORA-30669 for a second one, ORA-30675 for a type that is no number."""
    if any(other.identity for other in table.columns):
        raise OraError(30669, "table can have only one identity column")
    if column.type.name not in ("NUMBER", "FLOAT"):
        raise OraError(30675, "identity column must be a numeric type")
    sequence = ddl.stamp(model.Sequence(owner=table.owner, name=f"ISEQ$$_{table.object_id}", identity=True, generated=True))
    apply_options(sequence, identity.options, new=True)
    change.save(sequence)
    column.identity = model.Identity(generation="ALWAYS" if identity.always else "BY DEFAULT", sequence_name=sequence.name,
                                     start=sequence.last_number)
    column.default = f'"{table.owner}"."{sequence.name}".nextval'
    column.default_on_null = identity.on_null
    table.references.append(model.Reference(table.owner, sequence.name, "SEQUENCE"))


def add_lobs(ddl: Ddl, table: model.Table, clauses: Iterable[ast.LobStorage]) -> None:
    """LOB segments of the columns that have none yet, as the LOB clauses say."""
    by_column = {name: clause for clause in clauses for name in clause.columns}
    for position, column in enumerate(table.columns, 1):
        if column.lob is not None or column.unused or column.type.name not in LOB_TYPES or column.virtual:
            continue
        clause = by_column.pop(column.name, None)
        number = ddl.catalog.new_object_id()
        lob = model.Lob(segment_name=f"SYS_LOB{table.object_id:010d}C{position:05d}$$",
                        index_name=f"SYS_IL{table.object_id:010d}C{position:05d}$$",
                        segment_object_id=number, index_object_id=ddl.catalog.new_object_id())
        if clause is not None:
            _lob_options(lob, clause)
        column.lob = lob
    for name in by_column:
        if table.column(name) is None:
            raise OraError(904, f'"{name}": invalid identifier')


def _lob_options(lob: model.Lob, clause: ast.LobStorage) -> None:
    if clause.segment_name:
        lob.segment_name, lob.generated = clause.segment_name, False
    lob.tablespace = clause.attributes.tablespace or lob.tablespace
    for name, value in (("securefile", clause.securefile), ("in_row", clause.in_row), ("chunk", clause.chunk),
                        ("retention", clause.retention), ("compression", clause.compress)):
        if value is not None:
            setattr(lob, name, value)
    lob.compression = "NO" if lob.compression == "NOCOMPRESS" else lob.compression
    lob.cache = {"CACHE": "YES", "NOCACHE": "NO", "CACHE READS": "CACHEREADS"}.get(clause.cache or "", lob.cache)
    if clause.attributes.logging is not None:
        lob.logging = "YES" if clause.attributes.logging else "NO"
    if clause.deduplicate is not None:
        lob.deduplication = "LOB" if clause.deduplicate else "NO"


def new_table(ddl: Ddl, session: Any, node: ast.CreateTable, owner: str) -> model.Table:
    """The record of a table without columns."""
    temporary = ("SESSION" if node.on_commit == "PRESERVE" else "TRANSACTION") if node.temporary else ""
    table = model.Table(
        owner=owner, name=node.name.name, columns=[], organization=node.organization, temporary=temporary,
        storage=storage_of(node.attributes), row_movement=bool(node.row_movement), read_only=node.read_only, cache=bool(node.cache))
    if node.parallel:
        table.storage.degree = node.parallel
    ddl.stamp(table)
    if node.organization == "EXTERNAL" and node.external:
        table.external = _external(ddl, session, node.external)
    elif not temporary:
        table.tablespace = ddl.tablespace(session, owner, node.attributes.tablespace)
    if node.overflow is not None:
        table.iot_overflow_tablespace = ddl.tablespace(session, owner, node.overflow.tablespace)
    return table


def _external(ddl: Ddl, session: Any, clause: ast.ExternalClause) -> model.External:
    directory = clause.directory or ""
    found = ddl.catalog.get(model.Directory, "SYS", directory)
    if found is None or not ddl.privileges.on_object(session, "READ", found):
        raise OraError(6564, f"object {directory} does not exist")
    return model.External(driver=clause.driver, directory=directory, locations=[(place or "", name) for place, name in clause.locations],
                          parameters=clause.parameters, reject_limit=clause.reject_limit or "0")


@statement(ast.CreateTable)
def create_table(ddl: Ddl, session: Any, node: ast.CreateTable) -> None:
    owner = ddl.owner(session, node.name)
    ddl.privileges.need_for(session, owner, "CREATE TABLE", "CREATE ANY TABLE")
    ddl.check_free(owner, node.name.name)
    if node.cluster is not None:
        raise not_simulated("clustered table")
    table = new_table(ddl, session, node, owner)
    with ddl.change() as change:
        if node.of_type is not None:
            _object_columns(ddl, session, table, node.of_type)
        source = session.plan(node.query, node.text, []).columns if node.query is not None else []
        if source:
            _columns_of_query(ddl, table, node, source)
        else:
            _columns(ddl, session, change, table, node)
        add_lobs(ddl, table, node.lobs)
        for clause in node.nested_tables:
            _nested_table(ddl, change, table, clause)
        if node.partition_by is not None:
            table.partitioning = build_partitioning(ddl, session, table, node.partition_by)
        if node.organization == "INDEX" and not any(item.type == "PRIMARY KEY" for item in _all_constraints(node)):
            raise OraError(25175, "no PRIMARY KEY constraint found")
        deferred = ddl.database.parameters.get("deferred_segment_creation") == "TRUE" and ddl.database.spec.edition == "EE"
        if node.attributes.immediate is not None:
            deferred = not node.attributes.immediate
        table.segment_created = not (table.external or table.temporary or deferred and node.query is None or table.partitioning)
        if table.segment_created or table.partitioning:
            _check_quotas(ddl, table)
        change.save(table)
        for definition in _all_constraints(node):
            keys.add_constraint(ddl, session, change, table, definition, new=True)
        for log in (*node.supplemental, *(log for column in node.columns for log in column.supplemental)):
            keys.add_log_group(ddl, table, log)
        ddl.segments.create_table(table)
    if node.query is not None:
        _load(session, table, node)


def _load(session: Any, table: model.Table, node: ast.CreateTable) -> None:
    """The rows of AS SELECT."""
    from oralab.engine.session import Parsed
    insert = ast.Insert(target=ast.TableRef(table.name, table.owner), source=node.query)
    session.execute(Parsed(f"/* rows of */ {node.text}", insert), [], [[]])
    session.commit()


def _check_quotas(ddl: Ddl, table: model.Table) -> None:
    places = {leaf.tablespace for leaf in table.partitioning.leaves()} if table.partitioning else {table.tablespace}
    places |= {column.lob.tablespace for column in table.columns if column.lob and column.lob.tablespace}
    for tablespace in sorted(places):
        if ddl.catalog.get(model.TablespaceInfo, tablespace) is None:
            raise OraError(959, f"tablespace '{tablespace}' does not exist")
        ddl.check_quota(table.owner, tablespace)
        ddl.segments.check_writable(tablespace)


def _all_constraints(node: ast.CreateTable) -> list[ast.ConstraintDef]:
    return [*(item for column in node.columns for item in column.constraints), *node.constraints]


def _columns(ddl: Ddl, session: Any, change: Change, table: model.Table, node: ast.CreateTable) -> None:
    # Virtual columns may name columns that follow them.
    for definition in sorted(node.columns, key=lambda item: item.virtual is not None and item.type is None):
        column = build_column(ddl, session, table, definition)
        if definition.identity is not None:
            add_identity(ddl, session, change, table, column, definition.identity)
    order = [definition.name for definition in node.columns]
    table.columns.sort(key=lambda column: order.index(column.name) if column.name in order else -1)


def _columns_of_query(ddl: Ddl, table: model.Table, node: ast.CreateTable, source: list[Any]) -> None:
    if node.columns and len(node.columns) != len(source):
        raise OraError(1730, "invalid number of column names specified")
    for position, info in enumerate(source):
        definition = node.columns[position] if node.columns else None
        name = definition.name if definition else info.name
        ddl.check_name(name)
        if table.column(name) is not None:
            raise OraError(957, "duplicate column name")
        if definition is None and not _plain(name):
            raise OraError(998, "must name this expression with a column alias")
        if info.type.name in ("VARCHAR2", "CHAR") and not info.type.length:
            raise OraError(1723, "zero-length columns are not allowed")
        table.columns.append(model.Column(
            name=name, type=info.type, default=definition.default.text if definition and definition.default else None))
        if not info.nullable:
            keys.add_not_null(ddl, table, table.columns[-1], None)


def _plain(name: str) -> bool:
    return not any(sign in name for sign in "()+*/|' ,")


def _object_columns(ddl: Ddl, session: Any, table: model.Table, name: ast.Name) -> None:
    if name.name == "XMLTYPE" and name.schema in (None, "SYS", "PUBLIC"):
        table.xml = True
        table.columns.append(model.Column(name="SYS_NC_ROWINFO$", type=DataType("XMLTYPE")))
        return
    type_ = ddl.catalog.user_type(session, name.schema, name.name)
    if type_ is None:
        raise OraError(902, "invalid datatype")
    table.object_type = (type_.owner, type_.name)
    table.references.append(model.Reference(type_.owner, type_.name, "TYPE"))
    for attribute in type_.attributes:
        table.columns.append(model.Column(name=attribute.name, type=attribute.type))


def _nested_table(ddl: Ddl, change: Change, table: model.Table, clause: ast.NestedTableStorage) -> None:
    column = table.column(clause.column)
    type_ = column and column.type.owner and ddl.catalog.get(model.UserType, column.type.owner, column.type.name)
    if not column or not type_ or type_.collection != "TABLE":
        raise OraError(22912, "specified column or attribute is not a nested table type")
    ddl.check_free(table.owner, clause.table)
    table.nested_tables[clause.column] = clause.table
    element = type_.element or DataType("NUMBER")
    nested = model.Table(owner=table.owner, name=clause.table, nested=True, tablespace=table.tablespace, segment_created=True,
                         columns=[model.Column(name="NESTED_TABLE_ID", type=DataType("RAW", 16), hidden=True),
                                  model.Column(name="COLUMN_VALUE", type=element)])
    ddl.stamp(nested)
    ddl.segments.create_table(nested)
    change.save(nested)

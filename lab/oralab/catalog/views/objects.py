# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects in general, indexes, views, sequences, synonyms, program units, types, links, the recycle bin."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.dictionary import OBJECT, OWNER, RowDict, empty, rows, yes
from oralab.catalog.views.tables import physical, type_columns

if TYPE_CHECKING:
    from oralab.catalog.database import Database

NAMESPACE = {"INDEX": 4, "TRIGGER": 3, "PACKAGE BODY": 2, "TYPE BODY": 2, "LOB": 8, "DIRECTORY": 9, "CONTEXT": 21,
             "MATERIALIZED VIEW": 19}
empty("LIBRARIES", "OPERATORS", "DIMENSIONS", "JAVA_CLASSES", "AWS", "CAPTURE", "APPLY", "QUEUES", "QUEUE_TABLES", "QUEUE_SUBSCRIBERS",
      "RULES", "RULE_SETS", "CAPTURE_PREPARED_SCHEMAS", "CAPTURE_PREPARED_TABLES", "CAPTURE_PREPARED_DATABASE", "REFRESH", "RGROUP",
      "OUTLINES", "SQL_PROFILES", "SQL_PLAN_BASELINES", "SQLSET", "REGISTERED_MVIEWS", "INDEXTYPES")


def object_row(record: model.SchemaObject, kind: str, **more: Any) -> RowDict:
    editionable = kind in ("VIEW", "SYNONYM", "PROCEDURE", "FUNCTION", "PACKAGE", "PACKAGE BODY", "TRIGGER", "TYPE", "TYPE BODY", "LIBRARY")
    return {
        OBJECT: record, "OWNER": record.owner, "OBJECT_NAME": record.name, "OBJECT_ID": record.object_id,
        "DATA_OBJECT_ID": getattr(record, "data_object_id", 0) or None, "OBJECT_TYPE": kind, "CREATED": record.created,
        "LAST_DDL_TIME": record.last_ddl_time, "TIMESTAMP": record.last_ddl_time.strftime("%Y-%m-%d:%H:%M:%S"), "STATUS": record.status,
        "TEMPORARY": "Y" if getattr(record, "temporary", "") else "N", "GENERATED": "Y" if record.generated else "N",
        "SECONDARY": "Y" if record.secondary else "N", "NAMESPACE": NAMESPACE.get(kind, 1), "SHARING": "NONE",
        "EDITIONABLE": "Y" if editionable else None, "ORACLE_MAINTAINED": "Y" if record.oracle_maintained else "N", "APPLICATION": "N",
        "DUPLICATED": "N", "SHARDED": "N",
        "DEFAULT_COLLATION": "USING_NLS_COMP" if kind in ("TABLE", "VIEW", "PROCEDURE", "FUNCTION", "PACKAGE", "TRIGGER", "TYPE") else None,
        **more}


def subobject_rows(record: model.Table | model.Index) -> Iterator[RowDict]:
    for partition in record.partitioning.partitions if record.partitioning else ():
        times = {"CREATED": partition.created, "LAST_DDL_TIME": partition.last_ddl_time}
        yield object_row(record, f"{record.kind} PARTITION", SUBOBJECT_NAME=partition.name, OBJECT_ID=partition.object_id,
                         DATA_OBJECT_ID=partition.data_object_id or None, **times)
        for sub in partition.subpartitions:
            yield object_row(record, f"{record.kind} SUBPARTITION", SUBOBJECT_NAME=sub.name, OBJECT_ID=sub.object_id,
                             DATA_OBJECT_ID=sub.data_object_id, **times)


@rows("OBJECTS")
def objects(session: Any, database: Database) -> Iterator[RowDict]:
    for record in database.catalog.objects():
        if isinstance(record, model.Index) and record.dropped:
            continue
        yield object_row(record, record.kind)
        if isinstance(record, (model.Table, model.Index)):
            yield from subobject_rows(record)
        if isinstance(record, model.Table):
            for column in record.columns:
                if column.lob and not column.unused:
                    yield object_row(record, "LOB", OBJECT_NAME=column.lob.segment_name, OBJECT_ID=column.lob.segment_object_id,
                                     DATA_OBJECT_ID=column.lob.segment_object_id, GENERATED="Y" if column.lob.generated else "N")
                    yield object_row(record, "INDEX", OBJECT_NAME=column.lob.index_name, OBJECT_ID=column.lob.index_object_id,
                                     DATA_OBJECT_ID=column.lob.index_object_id, GENERATED="Y")
    for link in database.catalog.all(model.DbLink):
        yield {OWNER: link.owner, "OWNER": link.owner, "OBJECT_NAME": link.name, "OBJECT_TYPE": "DATABASE LINK", "CREATED": link.created,
               "STATUS": "VALID", "TEMPORARY": "N", "GENERATED": "N", "SECONDARY": "N", "NAMESPACE": 10, "ORACLE_MAINTAINED": "N"}
    yield from database.dictionary_objects()


@rows("INVALID_OBJECTS")
def invalid_objects(session: Any, database: Database) -> Iterator[RowDict]:
    return (row for row in objects(session, database) if row["STATUS"] == "INVALID")


@rows("INDEXES")
def indexes(session: Any, database: Database) -> Iterator[RowDict]:
    catalog = database.catalog
    for index in catalog.all(model.Index):
        table = catalog.get(model.Table, index.table_owner, index.table_name)
        statistics = index.statistics or model.Statistics()
        segment = not (index.partitioning or table and table.temporary)
        yield {
            OBJECT: table or index, "OWNER": index.owner, "INDEX_NAME": index.name, "INDEX_TYPE": index.type,
            "TABLE_OWNER": index.table_owner, "TABLE_NAME": index.table_name, "TABLE_TYPE": "TABLE",
            "UNIQUENESS": "UNIQUE" if index.unique else "NONUNIQUE", "COMPRESSION": "ENABLED" if index.prefix_length else "DISABLED",
            "PREFIX_LENGTH": index.prefix_length or None, "TABLESPACE_NAME": index.tablespace if segment else None,
            **physical(index.storage, segment), "LOGGING": None if index.partitioning else yes(index.storage.logging),
            "BLEVEL": statistics.blevel, "LEAF_BLOCKS": statistics.leaf_blocks, "DISTINCT_KEYS": statistics.distinct_keys,
            "CLUSTERING_FACTOR": statistics.clustering_factor, "NUM_ROWS": statistics.num_rows, "SAMPLE_SIZE": statistics.sample_size,
            "LAST_ANALYZED": statistics.last_analyzed, "STATUS": "N/A" if index.partitioning else "VALID" if index.usable else "UNUSABLE",
            "DEGREE": index.storage.degree, "INSTANCES": "1", "PARTITIONED": yes(index.partitioning),
            "TEMPORARY": "Y" if table and table.temporary else "N", "GENERATED": "Y" if index.generated else "N",
            "SECONDARY": "Y" if index.secondary else "N", "USER_STATS": "NO", "GLOBAL_STATS": yes(statistics.last_analyzed),
            "ITYP_OWNER": index.indextype[0] if index.indextype else None, "ITYP_NAME": index.indextype[1] if index.indextype else None,
            "PARAMETERS": index.parameters or None, "DOMIDX_STATUS": "VALID" if index.indextype else None,
            "DOMIDX_OPSTATUS": "VALID" if index.indextype else None,
            "FUNCIDX_STATUS": "ENABLED" if index.type.startswith("FUNCTION") else None, "JOIN_INDEX": "NO",
            "IOT_REDUNDANT_PKEY_ELIM": "NO", "DROPPED": yes(index.dropped), "VISIBILITY": "VISIBLE" if index.visible else "INVISIBLE",
            "SEGMENT_CREATED": yes(table is None or table.segment_created), "ORPHANED_ENTRIES": "NO", "INDEXING": "FULL", "AUTO": "NO",
            "CONSTRAINT_INDEX": yes(any(constraint.index_name == index.name for constraint in (table.constraints if table else ())))}


    for table in catalog.all(model.Table):
        for column in table.columns:
            if column.lob and not column.unused:
                yield {OBJECT: table, "OWNER": table.owner, "INDEX_NAME": column.lob.index_name, "INDEX_TYPE": "LOB",
                       "TABLE_OWNER": table.owner,
                       "TABLE_NAME": table.name, "TABLE_TYPE": "TABLE", "UNIQUENESS": "UNIQUE", "COMPRESSION": "DISABLED",
                       "TABLESPACE_NAME": column.lob.tablespace or table.tablespace, **physical(model.Storage()), "STATUS": "VALID",
                       "DEGREE": "0", "INSTANCES": "0", "PARTITIONED": yes(table.partitioning),
                       "TEMPORARY": "Y" if table.temporary else "N",
                       "GENERATED": "Y", "SECONDARY": "N", "USER_STATS": "NO", "GLOBAL_STATS": "NO", "JOIN_INDEX": "NO",
                       "IOT_REDUNDANT_PKEY_ELIM": "NO", "DROPPED": "NO", "VISIBILITY": "VISIBLE", "LAST_ANALYZED": None,
                       "SEGMENT_CREATED": yes(table.segment_created), "ORPHANED_ENTRIES": "NO", "INDEXING": "FULL"}


@rows("IND_COLUMNS")
def ind_columns(session: Any, database: Database) -> Iterator[RowDict]:
    for index in database.catalog.all(model.Index):
        table = database.catalog.get(model.Table, index.table_owner, index.table_name)
        for position, part in enumerate(index.columns, 1):
            column = table.column(part.name) if table else None
            yield {OBJECT: table or index, "INDEX_OWNER": index.owner, "INDEX_NAME": index.name, "TABLE_OWNER": index.table_owner,
                   "TABLE_NAME": index.table_name, "COLUMN_NAME": part.name, "COLUMN_POSITION": position, OWNER: index.owner,
                   "COLUMN_LENGTH": column.type.max_bytes() if column else 0,
                   "CHAR_LENGTH": column.type.length if column and "CHAR" in column.type.name else 0,
                   "DESCEND": "DESC" if part.descending else "ASC"}


@rows("IND_EXPRESSIONS")
def ind_expressions(session: Any, database: Database) -> Iterator[RowDict]:
    for index in database.catalog.all(model.Index):
        for position, part in enumerate(index.columns, 1):
            if part.expression is not None:
                yield {OBJECT: index, "INDEX_OWNER": index.owner, "INDEX_NAME": index.name, "TABLE_OWNER": index.table_owner,
                       "TABLE_NAME": index.table_name, "COLUMN_EXPRESSION": part.expression, "COLUMN_POSITION": position}


@rows("PART_INDEXES")
def part_indexes(session: Any, database: Database) -> Iterator[RowDict]:
    for index in database.catalog.all(model.Index):
        parts = index.partitioning
        if parts:
            prefixed = [part.name for part in index.columns[:len(parts.columns)]] == parts.columns
            yield {OBJECT: index, "OWNER": index.owner, "INDEX_NAME": index.name, "TABLE_NAME": index.table_name,
                   "PARTITIONING_TYPE": parts.type, "SUBPARTITIONING_TYPE": parts.subtype or "NONE",
                   "PARTITION_COUNT": 1048575 if parts.interval else len(parts.partitions), "DEF_SUBPARTITION_COUNT": 0,
                   "PARTITIONING_KEY_COUNT": len(parts.columns), "SUBPARTITIONING_KEY_COUNT": len(parts.subcolumns),
                   "LOCALITY": parts.locality, "ALIGNMENT": "PREFIXED" if prefixed else "NON_PREFIXED",
                   "DEF_TABLESPACE_NAME": parts.default_tablespace or None, "DEF_PCT_FREE": index.storage.pct_free,
                   "INTERVAL": parts.interval or None, "AUTOLIST": "NO"}


@rows("IND_PARTITIONS")
def ind_partitions(session: Any, database: Database) -> Iterator[RowDict]:
    for index in database.catalog.all(model.Index):
        for position, part in enumerate(index.partitioning.partitions if index.partitioning else (), 1):
            yield {OBJECT: index, "INDEX_OWNER": index.owner, "INDEX_NAME": index.name, "COMPOSITE": yes(part.subpartitions),
                   "PARTITION_NAME": part.name, "SUBPARTITION_COUNT": len(part.subpartitions), "HIGH_VALUE": part.high_value or None,
                   "HIGH_VALUE_LENGTH": len(part.high_value), "PARTITION_POSITION": position,
                   "STATUS": "N/A" if part.subpartitions else part.status, "TABLESPACE_NAME": part.tablespace,
                   **physical(index.storage, not part.subpartitions), "COMPRESSION": "DISABLED", "INTERVAL": yes(part.interval),
                   "SEGMENT_CREATED": "YES", "ORPHANED_ENTRIES": "NO", "GLOBAL_STATS": "NO", "USER_STATS": "NO"}


@rows("IND_SUBPARTITIONS")
def ind_subpartitions(session: Any, database: Database) -> Iterator[RowDict]:
    for index in database.catalog.all(model.Index):
        for place, part in enumerate(index.partitioning.partitions if index.partitioning else (), 1):
            for position, sub in enumerate(part.subpartitions, 1):
                yield {OBJECT: index, "INDEX_OWNER": index.owner, "INDEX_NAME": index.name, "PARTITION_NAME": part.name,
                       "SUBPARTITION_NAME": sub.name, "HIGH_VALUE": sub.high_value or None, "HIGH_VALUE_LENGTH": len(sub.high_value),
                       "PARTITION_POSITION": place, "SUBPARTITION_POSITION": position, "STATUS": sub.status,
                       "TABLESPACE_NAME": sub.tablespace, **physical(index.storage), "SEGMENT_CREATED": "YES"}


@rows("IND_STATISTICS")
def ind_statistics(session: Any, database: Database) -> Iterator[RowDict]:
    for row in indexes(session, database):
        yield {**row, "OBJECT_TYPE": "INDEX", "STALE_STATS": "NO" if row["LAST_ANALYZED"] else None, "SCOPE": "SHARED"}


@rows("VIEWS")
def views(session: Any, database: Database) -> Iterator[RowDict]:
    for view in database.catalog.all(model.View):
        yield {OBJECT: view, "OWNER": view.owner, "VIEW_NAME": view.name, "TEXT_LENGTH": len(view.text), "TEXT": view.text,
               "TEXT_VC": view.text[:4000], "EDITIONING_VIEW": "N", "READ_ONLY": "Y" if view.read_only else "N", "CONTAINER_DATA": "N",
               "BEQUEATH": view.bequeath, "DEFAULT_COLLATION": "USING_NLS_COMP", "CONTAINERS_DEFAULT": "NO", "CONTAINER_MAP": "NO",
               "EXTENDED_DATA_LINK": "NO", "EXTENDED_DATA_LINK_MAP": "NO", "HAS_SENSITIVE_COLUMN": "NO", "ADMIT_NULL": "NO",
               "PDB_LOCAL_ONLY": "NO"}


@rows("MVIEWS")
def mviews(session: Any, database: Database) -> Iterator[RowDict]:
    for view in database.catalog.all(model.MaterializedView):
        yield {OBJECT: view, "OWNER": view.owner, "MVIEW_NAME": view.name, "CONTAINER_NAME": view.name, "QUERY": view.query,
               "QUERY_LEN": len(view.query), "UPDATABLE": "Y" if view.updatable else "N", "REWRITE_ENABLED": "Y" if view.rewrite else "N",
               "REWRITE_CAPABILITY": "GENERAL", "REFRESH_MODE": view.refresh_mode, "REFRESH_METHOD": view.refresh_method,
               "BUILD_MODE": view.build_mode, "FAST_REFRESHABLE": "NO", "LAST_REFRESH_TYPE": view.last_refresh_type,
               "LAST_REFRESH_DATE": view.last_refresh, "LAST_REFRESH_END_TIME": view.last_refresh, "STALENESS": view.staleness,
               "AFTER_FAST_REFRESH": "NA", "UNKNOWN_PREBUILT": "N", "UNKNOWN_PLSQL_FUNC": "N", "UNKNOWN_EXTERNAL_TABLE": "N",
               "UNKNOWN_CONSIDER_FRESH": "N", "UNKNOWN_IMPORT": "N", "UNKNOWN_TRUSTED_FD": "N",
               "COMPILE_STATE": "VALID" if view.status == "VALID" else "NEEDS_COMPILE", "USE_NO_INDEX": "N", "SEGMENT_CREATED": "YES",
               "NUM_PCT_TABLES": 0, "DEFAULT_COLLATION": "USING_NLS_COMP", "ON_QUERY_COMPUTATION": "N"}


@rows("MVIEW_COMMENTS")
def mview_comments(session: Any, database: Database) -> Iterator[RowDict]:
    for view in database.catalog.all(model.MaterializedView):
        container = database.catalog.get(model.Table, view.owner, view.name)
        yield {OBJECT: view, "OWNER": view.owner, "MVIEW_NAME": view.name, "COMMENTS": container.comment if container else None}


@rows("MVIEW_LOGS")
def mview_logs(session: Any, database: Database) -> Iterator[RowDict]:
    for log in database.catalog.all(model.MaterializedViewLog):
        table = database.catalog.get(model.Table, log.owner, log.master)
        yield {**({OBJECT: table} if table else {OWNER: log.owner}), "LOG_OWNER": log.owner, "MASTER": log.master,
               "LOG_TABLE": log.log_table, "ROWIDS": yes(log.rowids), "PRIMARY_KEY": yes(log.primary_key), "OBJECT_ID": "NO",
               "FILTER_COLUMNS": yes(log.columns), "SEQUENCE": yes(log.sequence), "INCLUDE_NEW_VALUES": yes(log.new_values),
               "PURGE_ASYNCHRONOUS": "NO", "PURGE_DEFERRED": "NO", "COMMIT_SCN_BASED": "NO", "STAGING_LOG": "NO"}


@rows("SEQUENCES")
def sequences(session: Any, database: Database) -> Iterator[RowDict]:
    for sequence in database.catalog.all(model.Sequence):
        yield {OBJECT: sequence, "SEQUENCE_OWNER": sequence.owner, "SEQUENCE_NAME": sequence.name, "MIN_VALUE": sequence.min_value,
               "MAX_VALUE": sequence.max_value, "INCREMENT_BY": sequence.increment_by, "CYCLE_FLAG": "Y" if sequence.cycle else "N",
               "ORDER_FLAG": "Y" if sequence.order else "N", "CACHE_SIZE": sequence.cache_size, "LAST_NUMBER": sequence.last_number,
               "SCALE_FLAG": "N", "EXTEND_FLAG": "N", "SHARDED_FLAG": "N", "SESSION_FLAG": "N", "KEEP_VALUE": "N"}


@rows("SYNONYMS")
def synonyms(session: Any, database: Database) -> Iterator[RowDict]:
    for synonym in database.catalog.all(model.Synonym):
        yield {OBJECT: synonym, "OWNER": synonym.owner, "SYNONYM_NAME": synonym.name, "TABLE_OWNER": synonym.table_owner,
               "TABLE_NAME": synonym.table_name, "DB_LINK": synonym.db_link or None}
    for title, relation in database.public_dictionary():
        yield {OWNER: "PUBLIC", "OWNER": "PUBLIC", "SYNONYM_NAME": title, "TABLE_OWNER": "SYS", "TABLE_NAME": relation}


# --- program units and types ---

@rows("SOURCE")
def source(session: Any, database: Database) -> Iterator[RowDict]:
    for unit in database.catalog.all(model.StoredUnit):
        for line, text in enumerate(unit.source.splitlines(keepends=True), 1):
            yield {OBJECT: unit, "OWNER": unit.owner, "NAME": unit.name, "TYPE": unit.type, "LINE": line, "TEXT": text}


@rows("ERRORS")
def errors(session: Any, database: Database) -> Iterator[RowDict]:
    units: list[model.StoredUnit | model.View] = [*database.catalog.all(model.StoredUnit), *database.catalog.all(model.View)]
    for unit in units:
        for sequence, error in enumerate(unit.errors, 1):
            yield {OBJECT: unit, "OWNER": unit.owner, "NAME": unit.name, "TYPE": unit.kind, "SEQUENCE": sequence, "LINE": error.line,
                   "POSITION": error.position, "TEXT": error.text, "ATTRIBUTE": error.attribute, "MESSAGE_NUMBER": error.number}


@rows("DEPENDENCIES")
def dependencies(session: Any, database: Database) -> Iterator[RowDict]:
    for record in database.catalog.objects():
        for reference in record.references:
            yield {OBJECT: record, "OWNER": record.owner, "NAME": record.name, "TYPE": record.kind, "REFERENCED_OWNER": reference.owner,
                   "REFERENCED_NAME": reference.name, "REFERENCED_TYPE": reference.type, "REFERENCED_LINK_NAME": reference.link or None,
                   "DEPENDENCY_TYPE": "HARD"}


@rows("PROCEDURES")
def procedures(session: Any, database: Database) -> Iterator[RowDict]:
    for unit in database.catalog.all(model.StoredUnit):
        if unit.type in ("PROCEDURE", "FUNCTION", "PACKAGE", "TRIGGER", "TYPE"):
            yield {OBJECT: unit, "OWNER": unit.owner, "OBJECT_NAME": unit.name, "OBJECT_ID": unit.object_id, "SUBPROGRAM_ID": 1,
                   "OBJECT_TYPE": unit.type, "AGGREGATE": "NO", "PIPELINED": "NO", "PARALLEL": "NO", "INTERFACE": "NO",
                   "DETERMINISTIC": "NO", "AUTHID": unit.authid, "RESULT_CACHE": "NO"}


@rows("TRIGGERS")
def triggers(session: Any, database: Database) -> Iterator[RowDict]:
    for trigger in database.catalog.all(model.Trigger):
        yield {OBJECT: trigger, "OWNER": trigger.owner, "TRIGGER_NAME": trigger.name, "TRIGGER_TYPE": trigger.trigger_type,
               "TRIGGERING_EVENT": trigger.event, "TABLE_OWNER": trigger.base_owner or None,
               "BASE_OBJECT_TYPE": trigger.base_type.ljust(7), "TABLE_NAME": trigger.base_name or None,
               "REFERENCING_NAMES": trigger.referencing, "WHEN_CLAUSE": trigger.when or None,
               "STATUS": "ENABLED" if trigger.enabled else "DISABLED", "DESCRIPTION": trigger.description, "ACTION_TYPE": "PL/SQL     ",
               "TRIGGER_BODY": trigger.body, "CROSSEDITION": "NO", "BEFORE_STATEMENT": "NO", "BEFORE_ROW": "NO", "AFTER_ROW": "NO",
               "AFTER_STATEMENT": "NO", "INSTEAD_OF_ROW": "NO", "FIRE_ONCE": "YES", "APPLY_SERVER_ONLY": "NO"}


@rows("TYPES")
def types(session: Any, database: Database) -> Iterator[RowDict]:
    for type_ in database.catalog.all(model.UserType, "TYPE"):
        owner, name = type_.supertype or (None, None)
        yield {OBJECT: type_, "OWNER": type_.owner, "TYPE_NAME": type_.name, "TYPE_OID": type_.type_oid, "TYPECODE": type_.typecode,
               "ATTRIBUTES": len(type_.attributes), "METHODS": type_.methods, "PREDEFINED": "NO", "INCOMPLETE": yes(type_.incomplete),
               "FINAL": yes(type_.final), "INSTANTIABLE": yes(type_.instantiable), "PERSISTABLE": "YES", "SUPERTYPE_OWNER": owner,
               "SUPERTYPE_NAME": name}


@rows("TYPE_ATTRS")
def type_attrs(session: Any, database: Database) -> Iterator[RowDict]:
    for type_ in database.catalog.all(model.UserType, "TYPE"):
        for number, attribute in enumerate(type_.attributes, 1):
            shape = type_columns(attribute.type)
            yield {OBJECT: type_, "OWNER": type_.owner, "TYPE_NAME": type_.name, "ATTR_NAME": attribute.name,
                   "ATTR_TYPE_OWNER": attribute.type.owner, "ATTR_TYPE_NAME": attribute.type.name, "LENGTH": attribute.type.length or None,
                   "PRECISION": attribute.type.precision, "SCALE": attribute.type.scale,
                   "CHARACTER_SET_NAME": shape["CHARACTER_SET_NAME"], "ATTR_NO": number, "INHERITED": "NO",
                   "CHAR_USED": shape["CHAR_USED"]}


@rows("COLL_TYPES")
def coll_types(session: Any, database: Database) -> Iterator[RowDict]:
    for type_ in database.catalog.all(model.UserType, "TYPE"):
        if type_.collection and type_.element:
            shape = type_columns(type_.element)
            yield {OBJECT: type_, "OWNER": type_.owner, "TYPE_NAME": type_.name, "COLL_TYPE": type_.collection,
                   "UPPER_BOUND": type_.upper_bound, "ELEM_TYPE_OWNER": type_.element.owner, "ELEM_TYPE_NAME": type_.element.name,
                   "LENGTH": type_.element.length or None, "PRECISION": type_.element.precision, "SCALE": type_.element.scale,
                   "CHARACTER_SET_NAME": shape["CHARACTER_SET_NAME"], "NULLS_STORED": "YES", "CHAR_USED": shape["CHAR_USED"]}


# --- directories, links, contexts, policies, recycle bin ---

@rows("DIRECTORIES")
def directories(session: Any, database: Database) -> Iterator[RowDict]:
    for directory in database.catalog.all(model.Directory):
        yield {OBJECT: directory, "OWNER": "SYS", "DIRECTORY_NAME": directory.name, "DIRECTORY_PATH": directory.path}


@rows("DB_LINKS")
def db_links(session: Any, database: Database) -> Iterator[RowDict]:
    for link in database.catalog.all(model.DbLink):
        yield {OWNER: link.owner, "OWNER": link.owner, "DB_LINK": link.name, "USERNAME": link.username, "HOST": link.host,
               "CREATED": link.created, "HIDDEN": "NO", "SHARD_INTERNAL": "NO", "VALID": "YES", "INTRA_CDB": "NO"}


@rows("CONTEXT")
def contexts(session: Any, database: Database) -> Iterator[RowDict]:
    for context in database.catalog.all(model.Context):
        yield {OBJECT: context, "NAMESPACE": context.name, "SCHEMA": context.schema, "PACKAGE": context.package, "TYPE": context.type}


@rows("POLICIES")
def policies(session: Any, database: Database) -> Iterator[RowDict]:
    for policy in database.catalog.all(model.Policy):
        if policy.family == "VPD" and policy.function:
            flags = {word[:3]: yes(word in policy.statements) for word in ("SELECT", "INSERT", "UPDATE", "DELETE", "INDEX")}
            yield {OWNER: policy.owner, "OBJECT_OWNER": policy.owner, "OBJECT_NAME": policy.table, "POLICY_GROUP": "SYS_DEFAULT",
                   "POLICY_NAME": policy.name, "PF_OWNER": policy.function[0], "PACKAGE": policy.function[1] or None,
                   "FUNCTION": policy.function[2], **flags, "IDX": flags["IND"], "CHK_OPTION": "NO", "ENABLE": yes(policy.enabled),
                   "STATIC_POLICY": "NO", "POLICY_TYPE": "DYNAMIC", "LONG_PREDICATE": "NO", "COMMON": "NO", "INHERITED": "NO"}


@rows("REDACTION_POLICIES")
def redaction_policies(session: Any, database: Database) -> Iterator[RowDict]:
    for policy in database.catalog.all(model.Policy):
        if policy.family == "REDACTION":
            yield {"OBJECT_OWNER": policy.owner, "OBJECT_NAME": policy.table, "POLICY_NAME": policy.name, "EXPRESSION": policy.expression,
                   "ENABLE": yes(policy.enabled).ljust(7)}


@rows("REDACTION_COLUMNS")
def redaction_columns(session: Any, database: Database) -> Iterator[RowDict]:
    for policy in database.catalog.all(model.Policy):
        for column, values in policy.columns.items() if policy.family == "REDACTION" else ():
            yield {"OBJECT_OWNER": policy.owner, "OBJECT_NAME": policy.table, "COLUMN_NAME": column, **values}


@rows("RECYCLEBIN")
def recyclebin(session: Any, database: Database) -> Iterator[RowDict]:
    for entry in database.catalog.all(model.RecycleBinEntry):
        yield {OWNER: entry.owner, "OWNER": entry.owner, "OBJECT_NAME": entry.object_name, "ORIGINAL_NAME": entry.original_name,
               "OPERATION": "DROP", "TYPE": entry.type, "TS_NAME": entry.tablespace,
               "CREATETIME": entry.created.strftime("%Y-%m-%d:%H:%M:%S"), "DROPTIME": entry.drop_time.strftime("%Y-%m-%d:%H:%M:%S"),
               "DROPSCN": entry.drop_scn, "CAN_UNDROP": yes(entry.can_undrop), "CAN_PURGE": "YES", "RELATED": entry.base_object,
               "BASE_OBJECT": entry.base_object, "PURGE_OBJECT": entry.base_object}

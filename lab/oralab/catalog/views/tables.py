# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables and their columns, constraints, partitions, LOBs, statistics."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.dictionary import OBJECT, RowDict, empty, quotient, rows, yes
from oralab.values import DataType, Value

if TYPE_CHECKING:
    from oralab.catalog.database import Database

IN_MEMORY = {"INMEMORY": "DISABLED", "MEMOPTIMIZE_READ": "DISABLED", "MEMOPTIMIZE_WRITE": "DISABLED"}
FLASH = {"BUFFER_POOL": "DEFAULT", "FLASH_CACHE": "DEFAULT", "CELL_FLASH_CACHE": "DEFAULT"}
empty("CLUSTERS")


def physical(storage: model.Storage, segment: bool = True) -> RowDict:
    """Columns of physical attributes; none where the object has no segment of its own."""
    if not segment:
        return {"PCT_FREE": storage.pct_free, "INI_TRANS": storage.ini_trans, "MAX_TRANS": storage.max_trans}
    return {"PCT_FREE": storage.pct_free, "INI_TRANS": storage.ini_trans, "MAX_TRANS": storage.max_trans,
            "INITIAL_EXTENT": storage.initial_extent or 65536, "NEXT_EXTENT": storage.next_extent or 1048576,
            "MIN_EXTENTS": 1, "MAX_EXTENTS": 2147483645, "MIN_EXTENT": 1, "MAX_EXTENT": 2147483645, "MAX_SIZE": 2147483645,
            "LOGGING": yes(storage.logging), **FLASH, "BUFFER_POOL": storage.buffer_pool}


def table_statistics(statistics: model.Statistics | None) -> RowDict:
    if statistics is None or statistics.last_analyzed is None:
        return {"GLOBAL_STATS": "NO", "USER_STATS": "NO"}
    return {"NUM_ROWS": statistics.num_rows, "BLOCKS": statistics.blocks, "EMPTY_BLOCKS": 0, "AVG_SPACE": 0, "CHAIN_CNT": 0,
            "AVG_ROW_LEN": statistics.avg_row_len, "SAMPLE_SIZE": statistics.sample_size, "LAST_ANALYZED": statistics.last_analyzed,
            "GLOBAL_STATS": "YES", "USER_STATS": yes(statistics.user_stats)}


def has_segment(table: model.Table) -> bool:
    return not (table.partitioning or table.temporary or table.external or table.organization == "INDEX")


@rows("TABLES")
def tables(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        if table.object_type is None and not table.xml:
            yield table_row(table)


@rows("OBJECT_TABLES")
def object_tables(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        if table.object_type is not None or table.xml:
            owner, name = table.object_type or ("SYS", "XMLTYPE")
            yield {**table_row(table), "TABLE_TYPE_OWNER": owner, "TABLE_TYPE": name, "OBJECT_ID_TYPE": "SYSTEM GENERATED"}


def table_row(table: model.Table) -> RowDict:
    segment = has_segment(table)
    compression = table.storage.compression if segment else None
    return {
        OBJECT: table, "OWNER": table.owner, "TABLE_NAME": table.name, "TABLESPACE_NAME": table.tablespace if segment else None,
        "STATUS": "VALID", **physical(table.storage, segment), "BACKED_UP": "N", **table_statistics(table.statistics),
        "LOGGING": None if table.partitioning else yes(table.storage.logging and not table.temporary),
        "DEGREE": table.storage.degree.rjust(10), "INSTANCES": "1".rjust(10), "CACHE": ("Y" if table.cache else "N").rjust(5),
        "TABLE_LOCK": "ENABLED", "PARTITIONED": yes(table.partitioning), "IOT_TYPE": "IOT" if table.organization == "INDEX" else None,
        "TEMPORARY": "Y" if table.temporary else "N", "SECONDARY": "Y" if table.secondary else "N", "NESTED": yes(table.nested),
        "ROW_MOVEMENT": "ENABLED" if table.row_movement else "DISABLED", "SKIP_CORRUPT": "DISABLED",
        "DURATION": {"TRANSACTION": "SYS$TRANSACTION", "SESSION": "SYS$SESSION"}.get(table.temporary),
        "MONITORING": yes(not table.temporary and not table.external), "DEPENDENCIES": "DISABLED",
        "COMPRESSION": compression, "COMPRESS_FOR": (table.storage.compress_for or None) if segment else None,
        "DROPPED": yes(table.dropped), "READ_ONLY": yes(table.read_only),
        "SEGMENT_CREATED": yes(table.segment_created), "RESULT_CACHE": "DEFAULT", "CLUSTERING": "NO",
        "HAS_IDENTITY": yes(any(column.identity for column in table.columns)), "CONTAINER_DATA": "NO", **IN_MEMORY,
        "DEFAULT_COLLATION": "USING_NLS_COMP", "DUPLICATED": "N", "SHARDED": "N", "EXTERNAL": yes(table.external), "HYBRID": "NO",
        "CONTAINERS_DEFAULT": "NO", "CONTAINER_MAP": "NO", "EXTENDED_DATA_LINK": "NO", "EXTENDED_DATA_LINK_MAP": "NO",
        "CONTAINER_MAP_OBJECT": "NO", "HAS_SENSITIVE_COLUMN": "NO", "ADMIT_NULL": "NO", "DATA_LINK_DML_ENABLED": "NO",
        "LOGICAL_REPLICATION": "ENABLED"}


def type_columns(type_: DataType) -> RowDict:
    """DATA_TYPE and its kin as DBA_TAB_COLUMNS spells them."""
    name = type_.name
    if name.startswith("TIMESTAMP"):
        name = name.replace("TIMESTAMP", f"TIMESTAMP({6 if type_.scale is None else type_.scale})", 1)
    elif name == "INTERVAL YEAR TO MONTH":
        name = f"INTERVAL YEAR({2 if type_.precision is None else type_.precision}) TO MONTH"
    elif name == "INTERVAL DAY TO SECOND":
        name = (f"INTERVAL DAY({2 if type_.precision is None else type_.precision}) TO "
                f"SECOND({6 if type_.scale is None else type_.scale})")
    character = type_.name in ("VARCHAR2", "CHAR", "NVARCHAR2", "NCHAR")
    national = type_.name in ("NVARCHAR2", "NCHAR", "NCLOB")
    scale: Value = type_.scale
    if type_.name.startswith("INTERVAL YEAR"):
        scale = 0
    elif type_.name.startswith(("TIMESTAMP", "INTERVAL")):
        scale = 6 if type_.scale is None else type_.scale
    return {
        "DATA_TYPE": name, "DATA_TYPE_OWNER": type_.owner or ("SYS" if type_.name == "XMLTYPE" else None),
        "DATA_LENGTH": type_.max_bytes(), "DATA_PRECISION": type_.precision if type_.name != "FLOAT" else type_.precision or 126,
        "DATA_SCALE": scale, "CHARACTER_SET_NAME": "NCHAR_CS" if national else "CHAR_CS" if character or type_.name == "CLOB" else None,
        "CHAR_LENGTH": type_.length if character else 0, "CHAR_COL_DECL_LENGTH": type_.max_bytes() if character else None,
        "CHAR_USED": ("C" if national else type_.char_used) if character else None}


def column_rows(table: model.Table | model.View) -> Iterator[RowDict]:
    shown = internal = segment = 0
    for column in table.columns:
        if column.unused:
            continue
        internal += 1
        shown += column.visible
        segment += not column.virtual
        statistics = column.statistics
        row = {
            OBJECT: table, "OWNER": table.owner, "TABLE_NAME": table.name, "COLUMN_NAME": column.name, **type_columns(column.type),
            "NULLABLE": "Y" if column.nullable else "N", "COLUMN_ID": shown if column.visible else None,
            "DEFAULT_LENGTH": len(column.default) if column.default is not None else None, "DATA_DEFAULT": column.default,
            "GLOBAL_STATS": "NO", "USER_STATS": "NO", "HISTOGRAM": "NONE", "V80_FMT_IMAGE": "NO", "DATA_UPGRADED": "YES",
            "HIDDEN_COLUMN": yes(column.hidden or column.invisible), "VIRTUAL_COLUMN": yes(column.virtual),
            "SEGMENT_COLUMN_ID": None if column.virtual else segment, "INTERNAL_COLUMN_ID": internal, "QUALIFIED_COL_NAME": column.name,
            "USER_GENERATED": yes(not column.hidden), "DEFAULT_ON_NULL": yes(column.default_on_null),
            "IDENTITY_COLUMN": yes(column.identity), "SENSITIVE_COLUMN": "NO",
            "COLLATION": "USING_NLS_COMP" if column.type.name in ("VARCHAR2", "CHAR", "NVARCHAR2", "NCHAR", "CLOB", "NCLOB") else None}
        if statistics is not None:
            row.update(NUM_DISTINCT=statistics.num_distinct, LOW_VALUE=statistics.low_value, HIGH_VALUE=statistics.high_value,
                       DENSITY=None if statistics.density is None else quotient(statistics.density, 20),
                       NUM_NULLS=statistics.num_nulls, NUM_BUCKETS=statistics.num_buckets,
                       LAST_ANALYZED=statistics.last_analyzed, SAMPLE_SIZE=statistics.sample_size, AVG_COL_LEN=statistics.avg_col_len,
                       HISTOGRAM=statistics.histogram, GLOBAL_STATS="YES")
        yield row


@rows("TAB_COLS")
def tab_cols(session: Any, database: Database) -> Iterator[RowDict]:
    for record in database.catalog.tables_and_views():
        yield from column_rows(record)


@rows("TAB_COLUMNS")
def tab_columns(session: Any, database: Database) -> Iterator[RowDict]:
    return (row for row in tab_cols(session, database) if row["HIDDEN_COLUMN"] == "NO")


@rows("TAB_COL_STATISTICS")
def tab_col_statistics(session: Any, database: Database) -> Iterator[RowDict]:
    return (row for table in database.catalog.all(model.Table) for row in column_rows(table) if row.get("LAST_ANALYZED"))


@rows("TAB_IDENTITY_COLS")
def tab_identity_cols(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        for column in table.columns:
            sequence = column.identity and database.catalog.get(model.Sequence, table.owner, column.identity.sequence_name)
            if column.identity and sequence:
                options = (f"START WITH: {column.identity.start}, "
                           f"INCREMENT BY: {sequence.increment_by}, MAX_VALUE: {sequence.max_value}, MIN_VALUE: {sequence.min_value}, "
                           f"CYCLE_FLAG: {'Y' if sequence.cycle else 'N'}, CACHE_SIZE: {sequence.cache_size}, "
                           f"ORDER_FLAG: {'Y' if sequence.order else 'N'}")
                yield {OBJECT: table, "OWNER": table.owner, "TABLE_NAME": table.name, "COLUMN_NAME": column.name,
                       "GENERATION_TYPE": column.identity.generation, "SEQUENCE_NAME": sequence.name, "IDENTITY_OPTIONS": options}


@rows("TSTZ_TABLES")
def tstz_tables(session: Any, database: Database) -> Iterator[RowDict]:
    marked = set(database.time_zone_files(database.container(session)).tables)
    for table in database.catalog.all(model.Table):
        if any(column.type.name == "TIMESTAMP WITH TIME ZONE" and not column.unused for column in table.columns):
            yield {OBJECT: table, "OWNER": table.owner, "TABLE_NAME": table.name, "UPGRADE_IN_PROGRESS": yes((table.owner, table.name) in marked)}


@rows("ENCRYPTED_COLUMNS")
def encrypted_columns(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        for column in table.columns:
            if column.encrypted:
                yield {OBJECT: table, "OWNER": table.owner, "TABLE_NAME": table.name, "COLUMN_NAME": column.name,
                       "ENCRYPTION_ALG": "AES 192 bits key", "SALT": "YES", "INTEGRITY_ALG": "SHA-1"}


@rows("TAB_COMMENTS")
def tab_comments(session: Any, database: Database) -> Iterator[RowDict]:
    for record in database.catalog.tables_and_views():
        yield {OBJECT: record, "OWNER": record.owner, "TABLE_NAME": record.name, "TABLE_TYPE": record.kind, "COMMENTS": record.comment}


@rows("COL_COMMENTS")
def col_comments(session: Any, database: Database) -> Iterator[RowDict]:
    for record in database.catalog.tables_and_views():
        for column in record.columns:
            if not (column.hidden or column.unused):
                yield {OBJECT: record, "OWNER": record.owner, "TABLE_NAME": record.name, "COLUMN_NAME": column.name,
                       "COMMENTS": column.comment}


# --- constraints ---

def constraints_of(database: Database) -> Iterator[tuple[model.Table | model.View, model.Constraint]]:
    for record in database.catalog.tables_and_views():
        for constraint in record.constraints:
            yield record, constraint


@rows("CONSTRAINTS")
def constraints(session: Any, database: Database) -> Iterator[RowDict]:
    for table, constraint in constraints_of(database):
        yield {
            OBJECT: table, "OWNER": table.owner, "CONSTRAINT_NAME": constraint.name, "CONSTRAINT_TYPE": constraint.type,
            "TABLE_NAME": table.name, "SEARCH_CONDITION": constraint.condition,
            "SEARCH_CONDITION_VC": constraint.condition[:4000] if constraint.condition else None, "R_OWNER": constraint.r_owner,
            "R_CONSTRAINT_NAME": constraint.r_constraint, "DELETE_RULE": constraint.delete_rule if constraint.type == "R" else None,
            "STATUS": "ENABLED" if constraint.enabled else "DISABLED",
            "DEFERRABLE": "DEFERRABLE" if constraint.deferrable else "NOT DEFERRABLE",
            "DEFERRED": "DEFERRED" if constraint.initially_deferred else "IMMEDIATE",
            "VALIDATED": "VALIDATED" if constraint.validated else "NOT VALIDATED",
            "GENERATED": "GENERATED NAME" if constraint.generated else "USER NAME", "RELY": "RELY" if constraint.rely else None,
            "LAST_CHANGE": constraint.last_change, "INDEX_OWNER": constraint.index_owner, "INDEX_NAME": constraint.index_name}


@rows("CONS_COLUMNS")
def cons_columns(session: Any, database: Database) -> Iterator[RowDict]:
    for table, constraint in constraints_of(database):
        for position, column in enumerate(constraint.columns, 1):
            yield {OBJECT: table, "OWNER": table.owner, "CONSTRAINT_NAME": constraint.name, "TABLE_NAME": table.name,
                   "COLUMN_NAME": column, "POSITION": None if constraint.type == "C" else position}


@rows("LOG_GROUPS")
def log_groups(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        for group in table.log_groups:
            yield {OBJECT: table, "OWNER": table.owner, "LOG_GROUP_NAME": group.name, "TABLE_NAME": table.name,
                   "LOG_GROUP_TYPE": group.type, "ALWAYS": "ALWAYS" if group.always else "CONDITIONAL",
                   "GENERATED": "GENERATED NAME" if group.generated else "USER NAME"}


@rows("LOG_GROUP_COLUMNS")
def log_group_columns(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        for group in table.log_groups:
            for position, column in enumerate(group.columns, 1):
                yield {OBJECT: table, "OWNER": table.owner, "LOG_GROUP_NAME": group.name, "TABLE_NAME": table.name,
                       "COLUMN_NAME": column, "POSITION": position,
                       "LOGGING_PROPERTY": "NO LOG" if column in group.no_log else "LOG"}


# --- partitions, LOBs, nested and external tables ---

@rows("PART_TABLES")
def part_tables(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        parts = table.partitioning
        if parts is None:
            continue
        yield {
            OBJECT: table, "OWNER": table.owner, "TABLE_NAME": table.name, "PARTITIONING_TYPE": parts.type,
            "SUBPARTITIONING_TYPE": parts.subtype or "NONE", "PARTITION_COUNT": 1048575 if parts.interval else len(parts.partitions),
            "DEF_SUBPARTITION_COUNT": len(parts.partitions[0].subpartitions) if parts.partitions else 0,
            "PARTITIONING_KEY_COUNT": len(parts.columns), "SUBPARTITIONING_KEY_COUNT": len(parts.subcolumns), "STATUS": "VALID",
            "DEF_TABLESPACE_NAME": parts.default_tablespace or None, "DEF_PCT_FREE": table.storage.pct_free,
            "DEF_INI_TRANS": table.storage.ini_trans, "DEF_MAX_TRANS": table.storage.max_trans, "DEF_LOGGING": yes(table.storage.logging),
            "DEF_INITIAL_EXTENT": "DEFAULT", "DEF_NEXT_EXTENT": "DEFAULT", "DEF_MIN_EXTENTS": "DEFAULT", "DEF_MAX_EXTENTS": "DEFAULT",
            "DEF_MAX_SIZE": "DEFAULT", "DEF_PCT_INCREASE": "DEFAULT", "DEF_COMPRESSION": table.storage.compression,
            "DEF_COMPRESS_FOR": table.storage.compress_for or None, "DEF_BUFFER_POOL": "DEFAULT", "DEF_FLASH_CACHE": "DEFAULT",
            "DEF_CELL_FLASH_CACHE": "DEFAULT", "INTERVAL": parts.interval or None, "AUTOLIST": "NO", "AUTOLIST_SUBPARTITION": "NO",
            "IS_NESTED": "NO", "DEF_SEGMENT_CREATION": "NONE", "DEF_INDEXING": "ON", "DEF_READ_ONLY": "NO"}


def partition_rows(table: model.Table) -> Iterator[tuple[int, model.Partition, RowDict]]:
    parts = table.partitioning
    for position, partition in enumerate(parts.partitions if parts else (), 1):
        yield position, partition, {
            OBJECT: table, "TABLE_OWNER": table.owner, "TABLE_NAME": table.name, "PARTITION_NAME": partition.name,
            "PARTITION_POSITION": position, "HIGH_VALUE": partition.high_value or None, "HIGH_VALUE_LENGTH": len(partition.high_value),
            "TABLESPACE_NAME": partition.tablespace, "SUBPARTITION_COUNT": len(partition.subpartitions),
            "COMPOSITE": yes(partition.subpartitions), **physical(table.storage, not partition.subpartitions),
            "COMPRESSION": table.storage.compression, "COMPRESS_FOR": table.storage.compress_for or None,
            **table_statistics(partition.statistics), "IS_NESTED": "NO", "INTERVAL": yes(partition.interval), "SEGMENT_CREATED": "YES",
            "INDEXING": "ON", "READ_ONLY": "NO", **IN_MEMORY}


@rows("TAB_PARTITIONS")
def tab_partitions(session: Any, database: Database) -> Iterator[RowDict]:
    return (row for table in database.catalog.all(model.Table) for _, _, row in partition_rows(table))


@rows("TAB_SUBPARTITIONS")
def tab_subpartitions(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        for _, partition, row in partition_rows(table):
            for position, sub in enumerate(partition.subpartitions, 1):
                yield {**row, **physical(table.storage), "SUBPARTITION_NAME": sub.name, "SUBPARTITION_POSITION": position,
                       "HIGH_VALUE": sub.high_value or None, "HIGH_VALUE_LENGTH": len(sub.high_value), "TABLESPACE_NAME": sub.tablespace,
                       **table_statistics(sub.statistics)}


@rows("PART_KEY_COLUMNS")
def part_key_columns(session: Any, database: Database) -> Iterator[RowDict]:
    for record in database.catalog.tables_and_indexes():
        for position, column in enumerate(record.partitioning.columns if record.partitioning else (), 1):
            yield {OBJECT: record, "OWNER": record.owner, "NAME": record.name, "OBJECT_TYPE": record.kind.ljust(5), "COLUMN_NAME": column,
                   "COLUMN_POSITION": position}


@rows("SUBPART_KEY_COLUMNS")
def subpart_key_columns(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        for position, column in enumerate(table.partitioning.subcolumns if table.partitioning else (), 1):
            yield {OBJECT: table, "OWNER": table.owner, "NAME": table.name, "OBJECT_TYPE": "TABLE", "COLUMN_NAME": column,
                   "COLUMN_POSITION": position}


@rows("LOBS")
def lobs(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        for column in table.columns:
            lob = column.lob
            if lob is None or column.unused:
                continue
            yield {
                OBJECT: table, "OWNER": table.owner, "TABLE_NAME": table.name, "COLUMN_NAME": column.name,
                "SEGMENT_NAME": lob.segment_name, "TABLESPACE_NAME": lob.tablespace or table.tablespace, "INDEX_NAME": lob.index_name,
                "CHUNK": lob.chunk, "RETENTION": None if lob.securefile else 900, "CACHE": lob.cache, "LOGGING": lob.logging,
                "ENCRYPT": lob.encrypt if lob.securefile else "NONE", "COMPRESSION": lob.compression if lob.securefile else "NONE",
                "DEDUPLICATION": lob.deduplication if lob.securefile else "NONE", "IN_ROW": yes(lob.in_row),
                "FORMAT": "ENDIAN NEUTRAL" if column.type.name in ("CLOB", "NCLOB") else "NOT APPLICABLE",
                "PARTITIONED": yes(table.partitioning), "SECUREFILE": yes(lob.securefile), "SEGMENT_CREATED": yes(table.segment_created),
                "RETENTION_TYPE": "DEFAULT" if lob.securefile else "YES"}


@rows("NESTED_TABLES")
def nested_tables(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        for column_name, storage in table.nested_tables.items():
            column = table.column(column_name)
            if column is not None:
                yield {OBJECT: table, "OWNER": table.owner, "TABLE_NAME": storage, "TABLE_TYPE_OWNER": column.type.owner,
                       "TABLE_TYPE_NAME": column.type.name, "PARENT_TABLE_NAME": table.name, "PARENT_TABLE_COLUMN": column_name,
                       "STORAGE_SPEC": "USER_SPECIFIED", "RETURN_TYPE": "VALUE", "ELEMENT_SUBSTITUTABLE": "Y"}


@rows("VARRAYS")
def varrays(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        for column in table.columns:
            type_ = column.type.owner and database.catalog.get(model.UserType, column.type.owner, column.type.name)
            if type_ and type_.collection == "VARYING ARRAY":
                yield {OBJECT: table, "OWNER": table.owner, "PARENT_TABLE_NAME": table.name, "PARENT_TABLE_COLUMN": column.name,
                       "TYPE_OWNER": type_.owner, "TYPE_NAME": type_.name, "STORAGE_SPEC": "DEFAULT", "RETURN_TYPE": "VALUE",
                       "ELEMENT_SUBSTITUTABLE": "Y"}


@rows("EXTERNAL_TABLES")
def external_tables(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        if table.external:
            yield {OBJECT: table, "OWNER": table.owner, "TABLE_NAME": table.name, "TYPE_OWNER": "SYS", "TYPE_NAME": table.external.driver,
                   "DEFAULT_DIRECTORY_OWNER": "SYS", "DEFAULT_DIRECTORY_NAME": table.external.directory,
                   "REJECT_LIMIT": table.external.reject_limit, "ACCESS_TYPE": "CLOB",
                   "ACCESS_PARAMETERS": table.external.parameters or None, "PROPERTY": "ALL", "INMEMORY": "DISABLED"}


@rows("EXTERNAL_LOCATIONS")
def external_locations(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        for directory, location in table.external.locations if table.external else ():
            yield {OBJECT: table, "OWNER": table.owner, "TABLE_NAME": table.name, "LOCATION": location, "DIRECTORY_OWNER": "SYS",
                   "DIRECTORY_NAME": directory or None}


@rows("XML_TABLES")
def xml_tables(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        if table.xml:
            yield {OBJECT: table, "OWNER": table.owner, "TABLE_NAME": table.name, "STORAGE_TYPE": "BINARY", "ANYSCHEMA": "NO",
                   "NONSCHEMA": "NO"}


@rows("XML_TAB_COLS")
def xml_tab_cols(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        for column in table.columns:
            if column.type.name == "XMLTYPE" and not column.unused:
                yield {OBJECT: table, "OWNER": table.owner, "TABLE_NAME": table.name, "COLUMN_NAME": column.name,
                       "STORAGE_TYPE": "BINARY", "ANYSCHEMA": "NO", "NONSCHEMA": "NO"}


# --- statistics ---

@rows("TAB_STATISTICS")
def tab_statistics(session: Any, database: Database) -> Iterator[RowDict]:
    for table in database.catalog.all(model.Table):
        base = {OBJECT: table, "OWNER": table.owner, "TABLE_NAME": table.name, "SCOPE": "SHARED",
                "STATTYPE_LOCKED": "ALL" if table.statistics and table.statistics.locked else None}
        yield {**base, **table_statistics(table.statistics), "OBJECT_TYPE": "TABLE", "STALE_STATS": stale(table.statistics)}
        for position, partition, _ in partition_rows(table):
            part = {**base, "PARTITION_NAME": partition.name, "PARTITION_POSITION": position}
            yield {**part, **table_statistics(partition.statistics), "OBJECT_TYPE": "PARTITION", "STALE_STATS": stale(partition.statistics)}
            for place, sub in enumerate(partition.subpartitions, 1):
                yield {**part, **table_statistics(sub.statistics), "SUBPARTITION_NAME": sub.name, "SUBPARTITION_POSITION": place,
                       "OBJECT_TYPE": "SUBPARTITION", "STALE_STATS": stale(sub.statistics)}


def stale(statistics: model.Statistics | None) -> Value:
    return None if statistics is None or statistics.last_analyzed is None else yes(statistics.stale)


@rows("TAB_STAT_PREFS")
def tab_stat_prefs(session: Any, database: Database) -> Iterator[RowDict]:
    for preference in database.catalog.all(model.StatisticsPreference):
        table = database.catalog.get(model.Table, preference.owner, preference.table)
        if table is not None:
            yield {OBJECT: table, "OWNER": preference.owner, "TABLE_NAME": preference.table, "PREFERENCE_NAME": preference.preference,
                   "PREFERENCE_VALUE": preference.value}


empty("XML_SCHEMAS", "XML_INDEXES", "FLASHBACK_ARCHIVE", "FLASHBACK_ARCHIVE_TABLES", "ASSOCIATIONS", "USTATS")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tablespaces, datafiles, segments, control file, restore points, backups."""
from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.dictionary import OWNER, RowDict, empty, quotient, rows, yes
from oralab.catalog.segments import Segment, all_segments, size
from oralab.errors import OraError
from oralab.storage import PLATFORMS, Datafile, asm, flashback, incarnations
from oralab.storage.datafile import Header
from oralab.values import Timestamp, Value

if TYPE_CHECKING:
    from oralab.catalog.database import Database

empty("TABLESPACE_GROUPS", "V$DATABASE_BLOCK_CORRUPTION", "V$BACKUP_CORRUPTION", "V$COPY_CORRUPTION",
      "V$FLASHBACK_DATABASE_LOGFILE", "V$FOREIGN_ARCHIVED_LOG",
      "V$OFFLINE_RANGE", "V$PROXY_DATAFILE", "RESUMABLE", "UNDO_EXTENTS")
RMAN_VIEWS = ("V$BACKUP_SET", "V$BACKUP_PIECE", "V$BACKUP_DATAFILE", "V$BACKUP_REDOLOG", "V$BACKUP_SPFILE", "V$BACKUP_SET_DETAILS",
              "V$BACKUP_PIECE_DETAILS", "V$DATAFILE_COPY", "V$RMAN_STATUS", "V$RMAN_OUTPUT", "V$RMAN_CONFIGURATION",
              "V$RMAN_BACKUP_JOB_DETAILS")
BLOCKED_OUT = 8
"""Blocks at the start of a datafile that hold no data: header and space map (assumed)."""


def moment(stamp: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(stamp).replace(microsecond=0)


# --- tablespaces ---

@rows("TABLESPACES")
def tablespaces(session: Any, database: Database) -> Iterator[RowDict]:
    """ENCRYPTED is what the files are, whatever they were where they come from (transcript)."""
    for info in database.catalog.all(model.TablespaceInfo):
        uniform = info.allocation == "UNIFORM"
        yield {
            OWNER: session.user, "TABLESPACE_NAME": info.name, "BLOCK_SIZE": info.block_size, "INITIAL_EXTENT": info.initial_extent,
            "NEXT_EXTENT": info.initial_extent if uniform else None, "MIN_EXTENTS": 1,
            "MAX_EXTENTS": None if info.contents == "TEMPORARY" else 2147483645, "MAX_SIZE": 2147483645,
            "PCT_INCREASE": 0 if uniform else None,
            "MIN_EXTLEN": info.initial_extent, "STATUS": database.store.tablespace_status(info.name), "CONTENTS": info.contents,
            "LOGGING": "LOGGING" if info.logging else "NOLOGGING", "FORCE_LOGGING": yes(info.force_logging), "EXTENT_MANAGEMENT": "LOCAL",
            "ALLOCATION_TYPE": info.allocation, "PLUGGED_IN": yes(info.plugged_in), "SEGMENT_SPACE_MANAGEMENT": info.segment_management,
            "DEF_TAB_COMPRESSION": info.compression, "RETENTION": info.retention, "BIGFILE": yes(info.bigfile),
            "PREDICATE_EVALUATION": "HOST", "ENCRYPTED": yes(database.store.tablespace(info.name).encryption), "COMPRESS_FOR": info.compress_for or None,
            "DEF_INMEMORY": "DISABLED", "SHARED": "SHARED", "DEF_INDEX_COMPRESSION": "DISABLED", "LOST_WRITE_PROTECT": "OFF",
            "CHUNK_TABLESPACE": "N"}


@rows("V$TABLESPACE")
def v_tablespace(session: Any, database: Database) -> Iterator[RowDict]:
    for space in database.store.tablespaces():
        info = database.catalog.get(model.TablespaceInfo, space.name)
        yield {"TS#": space.number, "NAME": space.name, "INCLUDED_IN_DATABASE_BACKUP": yes(space.contents != "TEMPORARY"),
               "BIGFILE": yes(space.bigfile), "FLASHBACK_ON": yes(info is None or info.flashback)}


@rows("TABLESPACE_USAGE_METRICS")
def usage_metrics(session: Any, database: Database) -> Iterator[RowDict]:
    for space in database.store.tablespaces():
        files = database.store.datafiles(space.name)
        total = sum(max(file.bytes, file.max_bytes) for file in files) // space.block_size
        used = (sum(file.bytes for file in files) - database.store.free_space(space.name)) // space.block_size
        yield {"TABLESPACE_NAME": space.name, "USED_SPACE": used, "TABLESPACE_SIZE": total,
               "USED_PERCENT": quotient(100 * used / total) if total else 0}


# --- files ---

def file_rows(database: Database, temporary: bool) -> Iterator[RowDict]:
    for number, file in enumerate((file for file in database.store.datafiles() if (file.contents == "TEMPORARY") == temporary), 1):
        block = database.store.tablespace(file.tablespace).block_size
        grows = file.auto_extend
        status = database.store.tablespace_status(file.tablespace)
        yield {
            "FILE_NAME": file.path, "FILE_ID": number if temporary else file.number, "TABLESPACE_NAME": file.tablespace,
            "BYTES": file.bytes,
            "BLOCKS": file.bytes // block, "STATUS": "ONLINE" if temporary else "AVAILABLE",
            "RELATIVE_FNO": number if temporary else file.relative,
            "AUTOEXTENSIBLE": yes(grows), "MAXBYTES": file.max_bytes if grows else 0, "MAXBLOCKS": file.max_bytes // block if grows else 0,
            "INCREMENT_BY": file.increment // block if grows else 0,
            "USER_BYTES": file.bytes - 1048576 if file.bytes > 1048576 else file.bytes,
            "USER_BLOCKS": (file.bytes - 1048576) // block if file.bytes > 1048576 else file.bytes // block,
            "ONLINE_STATUS": "SYSTEM" if file.tablespace == "SYSTEM" else "OFFLINE" if "OFFLINE" in (file.status, status) else "ONLINE",
            "LOST_WRITE_PROTECT": "OFF", "SHARED": "SHARED"}


@rows("DATA_FILES")
def data_files(session: Any, database: Database) -> Iterator[RowDict]:
    return file_rows(database, False)


@rows("TEMP_FILES")
def temp_files(session: Any, database: Database) -> Iterator[RowDict]:
    return file_rows(database, True)


def _enabled(database: Database, file: Datafile) -> str:
    status = database.store.tablespace_status(file.tablespace)
    return {"READ ONLY": "READ ONLY", "OFFLINE": "DISABLED"}.get(status, "READ WRITE")


@rows("V$DATAFILE")
def v_datafile(session: Any, database: Database) -> Iterator[RowDict]:
    for file in database.store.datafiles():
        if file.contents == "TEMPORARY":
            continue
        space = database.store.tablespace(file.tablespace)
        enabled = _enabled(database, file)
        frozen = enabled == "READ ONLY"
        info = database.catalog.get(model.TablespaceInfo, file.tablespace)
        yield {
            "FILE#": file.number, "CREATION_CHANGE#": file.creation_scn, "CREATION_TIME": moment(file.creation_time), "TS#": space.number,
            "RFILE#": file.relative, "STATUS": "SYSTEM" if file.tablespace == "SYSTEM" else "OFFLINE"
            if enabled == "DISABLED" else file.status,
            "ENABLED": enabled, "CHECKPOINT_CHANGE#": file.checkpoint_scn, "CHECKPOINT_TIME": moment(file.checkpoint_time),
            "UNRECOVERABLE_CHANGE#": 0, "LAST_CHANGE#": file.checkpoint_scn if frozen else None,
            "LAST_TIME": moment(file.checkpoint_time) if frozen else None, "OFFLINE_CHANGE#": 0, "ONLINE_CHANGE#": 0, "BYTES": file.bytes,
            "BLOCKS": file.bytes // space.block_size, "CREATE_BYTES": file.bytes, "BLOCK_SIZE": space.block_size, "NAME": file.path,
            "PLUGGED_IN": int(bool(info and info.plugged_in)), "BLOCK1_OFFSET": space.block_size, "AUX_NAME": "NONE",
            "FIRST_NONLOGGED_SCN": 0, "FOREIGN_DBID": 0, "FOREIGN_CREATION_CHANGE#": 0, "PLUGGED_READONLY": yes(info and info.plugged_in),
            "PLUGIN_CHANGE#": file.checkpoint_scn if info and info.plugged_in else 0, "PLUGIN_RESETLOGS_CHANGE#": 0}


def _header(database: Database, file: Datafile) -> tuple[Header | None, str | None]:
    """What the file says of itself, and ERROR (which word for which failure is assumed)."""
    if not asm.exists(file.path):
        return None, "FILE NOT FOUND"
    try:
        header = database.store.read_header(file.path)
    except OraError:
        return None, "WRONG FILE TYPE"
    if (header.dbid, header.file) != (database.store.dbid, file.number) and file.foreign is None:
        return None, "WRONG FILE"
    return header, None


@rows("V$RECOVER_FILE")
def v_recover_file(session: Any, database: Database) -> Iterator[RowDict]:
    for file in database.store.datafiles():
        if file.contents == "TEMPORARY" or database.store.tablespace_status(file.tablespace) != "ONLINE":
            continue
        header, error = _header(database, file)
        if header is None or file.recover:
            yield {"FILE#": file.number, "ONLINE": "ONLINE", "ONLINE_STATUS": "ONLINE", "ERROR": error,
                   "CHANGE#": header.checkpoint_scn if header else 0, "TIME": moment(header.checkpoint_time) if header else None}


@rows("V$DATAFILE_HEADER")
def v_datafile_header(session: Any, database: Database) -> Iterator[RowDict]:
    for file in database.store.datafiles():
        if file.contents == "TEMPORARY":
            continue
        space = database.store.tablespace(file.tablespace)
        header, error = _header(database, file)
        status = "OFFLINE" if _enabled(database, file) == "DISABLED" else "ONLINE"
        if header is None:
            yield {"FILE#": file.number, "STATUS": status, "ERROR": error, "FORMAT": 0, "CREATION_CHANGE#": 0, "TS#": space.number,
                   "RFILE#": file.relative, "RESETLOGS_CHANGE#": 0, "CHECKPOINT_CHANGE#": 0, "CHECKPOINT_COUNT": 0, "NAME": file.path}
            continue
        yield {
            "FILE#": file.number, "STATUS": status, "ERROR": error, "FORMAT": 10, "RECOVER": yes(file.recover),
            "FUZZY": yes(_enabled(database, file) == "READ WRITE" and (
                database.state == "OPEN" or header.checkpoint_scn != database.store.control.scn)), "CREATION_CHANGE#": file.creation_scn,
            "CREATION_TIME": moment(file.creation_time), "TABLESPACE_NAME": file.tablespace, "TS#": space.number, "RFILE#": file.relative,
            "RESETLOGS_CHANGE#": header.resetlogs_scn, "RESETLOGS_TIME": database.attributes.created,
            "CHECKPOINT_CHANGE#": header.checkpoint_scn, "CHECKPOINT_TIME": moment(header.checkpoint_time), "CHECKPOINT_COUNT": 1,
            "BYTES": header.blocks * header.block_size, "BLOCKS": header.blocks, "NAME": file.path, "SPACE_HEADER": "0",
            "LAST_DEALLOC_CHANGE#": "0", "LAST_DEALLOC_SCN": "0", "UNDO_OPT_CURRENT_CHANGE#": "0", "IS_SPARSE": "NO", "ENCRYPTED": "NONE"}


@rows("V$ASM_DISKGROUP")
def v_asm_diskgroup(session: Any, database: Database) -> Iterator[RowDict]:
    """What a database's instance sees: the groups of its host. CONNECTED when it has files there, MOUNTED otherwise (documented)."""
    names = {file.path[1:].split("/")[0].upper() for file in database.store.datafiles() if asm.is_asm(file.path)}
    for number, (group, free) in enumerate(asm.usage(), 1):
        yield {"GROUP_NUMBER": number, "NAME": group.name, "SECTOR_SIZE": 512, "LOGICAL_SECTOR_SIZE": 512, "BLOCK_SIZE": 4096,
               "ALLOCATION_UNIT_SIZE": 1048576, "STATE": "CONNECTED" if group.name in names else "MOUNTED", "TYPE": "EXTERN",
               "TOTAL_MB": group.total_mb, "FREE_MB": free, "HOT_USED_MB": 0, "COLD_USED_MB": group.total_mb - free,
               "REQUIRED_MIRROR_FREE_MB": 0, "USABLE_FILE_MB": free, "OFFLINE_DISKS": 0, "COMPATIBILITY": f"{database.spec.version}",
               "DATABASE_COMPATIBILITY": database.spec.compatible, "VOTING_FILES": "N", "CON_ID": 0}


@rows("V$ASM_DISKGROUP_STAT")
def v_asm_diskgroup_stat(session: Any, database: Database) -> Iterator[RowDict]:
    """The same without looking for disks (documented)."""
    yield from v_asm_diskgroup(session, database)


@rows("V$TEMPFILE")
def v_tempfile(session: Any, database: Database) -> Iterator[RowDict]:
    for number, file in enumerate((file for file in database.store.datafiles() if file.contents == "TEMPORARY"), 1):
        space = database.store.tablespace(file.tablespace)
        yield {"FILE#": number, "CREATION_CHANGE#": file.creation_scn, "CREATION_TIME": moment(file.creation_time), "TS#": space.number,
               "RFILE#": number, "STATUS": "ONLINE", "ENABLED": "READ WRITE", "BYTES": file.bytes, "BLOCKS": file.bytes // space.block_size,
               "CREATE_BYTES": file.bytes, "BLOCK_SIZE": space.block_size, "NAME": file.path}


@rows("FREE_SPACE")
def free_space(session: Any, database: Database) -> Iterator[RowDict]:
    for file in database.store.datafiles():
        block = database.store.tablespace(file.tablespace).block_size
        free = file.bytes // block - file.next_block + len(file.free)
        if file.contents == "PERMANENT" and free > 0 and _enabled(database, file) != "DISABLED":
            yield {OWNER: session.user, "TABLESPACE_NAME": file.tablespace, "FILE_ID": file.number,
                   "BLOCK_ID": max(file.next_block, BLOCKED_OUT),
                   "BYTES": free * block, "BLOCKS": free, "RELATIVE_FNO": file.relative}


# --- segments ---

def _place(database: Database, segment: Segment) -> tuple[Value, Value, Value]:
    """File, block and relative file number of a segment's header."""
    stored = database.store.segments.get(segment.data_object_id)
    for file in database.store.datafiles(segment.tablespace):
        blocks = stored.blocks.get(file.number) if stored else None
        if blocks or not stored or not stored.blocks:
            return file.number, blocks[0] if blocks else BLOCKED_OUT, file.relative
    return None, None, None


def segment_rows(database: Database) -> Iterator[tuple[Segment, RowDict]]:
    for segment in all_segments(database.catalog):
        info = database.catalog.get(model.TablespaceInfo, segment.tablespace)
        block, extent = (info.block_size, info.initial_extent) if info else (database.spec.block_size, 65536)
        used = size(database, segment)
        file, header, relative = _place(database, segment)
        yield segment, {
            OWNER: segment.owner, "OWNER": segment.owner, "SEGMENT_NAME": segment.name, "PARTITION_NAME": segment.partition,
            "SEGMENT_TYPE": segment.type, "SEGMENT_SUBTYPE": "SECUREFILE" if segment.type == "LOBSEGMENT" else
            "ASSM" if info and info.segment_management == "AUTO" else "MSSM", "TABLESPACE_NAME": segment.tablespace, "HEADER_FILE": file,
            "HEADER_BLOCK": header, "BYTES": used, "BLOCKS": used // block, "EXTENTS": used // extent, "INITIAL_EXTENT": extent,
            "NEXT_EXTENT": 1048576, "MIN_EXTENTS": 1, "MAX_EXTENTS": 2147483645, "MAX_SIZE": 2147483645, "RELATIVE_FNO": relative,
            "BUFFER_POOL": "DEFAULT", "FLASH_CACHE": "DEFAULT", "CELL_FLASH_CACHE": "DEFAULT", "INMEMORY": "DISABLED"}


@rows("SEGMENTS")
def segments(session: Any, database: Database) -> Iterator[RowDict]:
    return (row for _, row in segment_rows(database))


@rows("EXTENTS")
def extents(session: Any, database: Database) -> Iterator[RowDict]:
    for _, row in segment_rows(database):
        count = int(row["EXTENTS"])
        for number in range(count):
            yield {**row, "EXTENT_ID": number, "FILE_ID": row["HEADER_FILE"], "BLOCK_ID": row["HEADER_BLOCK"],
                   "BYTES": row["BYTES"] // count,
                   "BLOCKS": row["BLOCKS"] // count}


# --- the database ---

@rows("V$DATABASE")
def v_database(session: Any, database: Database) -> Iterator[RowDict]:
    spec, store, attributes = database.spec, database.store, database.attributes
    held, scn = attributes.supplemental, store.current_scn()
    minimal = "YES" if "MIN" in held else "IMPLICIT" if held & {"PK", "UI", "FK", "ALL"} else "NO"
    dataguard = database.dataguard
    mode = "MOUNTED" if session.instance.state != "OPEN" else "READ WRITE" if not database.read_only else (
        "READ ONLY WITH APPLY" if dataguard.recovering else "READ ONLY")
    flag = {word: yes(word in held) for word in ("PK", "UI", "FK", "ALL", "PL")}
    checkpoint = max(file.checkpoint_scn for file in store.datafiles())
    own = incarnations.current(store.control)
    prior = next((one for one in incarnations.of(store.control) if one.number == own.parent), None)
    yield {
        "DBID": store.dbid, "NAME": spec.name.upper(), "CREATED": attributes.created, "RESETLOGS_CHANGE#": store.resetlogs_scn,
        "RESETLOGS_TIME": _moment(own.resetlogs_time), "PRIOR_RESETLOGS_CHANGE#": prior.resetlogs_scn if prior else 0,
        "PRIOR_RESETLOGS_TIME": _moment(prior.resetlogs_time) if prior else None, "LOG_MODE": attributes.log_mode,
        "CHECKPOINT_CHANGE#": checkpoint,
        "ARCHIVE_CHANGE#": checkpoint, "CONTROLFILE_TYPE": "STANDBY" if store.control.role == "PHYSICAL STANDBY" else
        "BACKUP" if store.control.backup else "CURRENT", "CONTROLFILE_CREATED": attributes.created,
        "CONTROLFILE_SEQUENCE#": scn % 100000, "CONTROLFILE_CHANGE#": scn, "CONTROLFILE_TIME": database.now(),
        "OPEN_RESETLOGS": "REQUIRED" if store.control.incomplete else "NOT ALLOWED",
        "VERSION_TIME": attributes.created, "OPEN_MODE": mode, "PROTECTION_MODE": store.control.protection,
        "PROTECTION_LEVEL": dataguard.protection_level(),
        "REMOTE_ARCHIVE": "ENABLED", "ACTIVATION#": store.dbid, "SWITCHOVER#": store.dbid, "DATABASE_ROLE": store.control.role,
        "ARCHIVELOG_CHANGE#": checkpoint, "ARCHIVELOG_COMPRESSION": "DISABLED", "SWITCHOVER_STATUS": dataguard.switchover_status(session),
        "DATAGUARD_BROKER": "ENABLED" if database.broker.managed else "DISABLED", "GUARD_STATUS": "NONE",
        "SUPPLEMENTAL_LOG_DATA_MIN": minimal, "SUPPLEMENTAL_LOG_DATA_PK": flag["PK"], "SUPPLEMENTAL_LOG_DATA_UI": flag["UI"],
        "FORCE_LOGGING": yes(attributes.force_logging), "PLATFORM_ID": spec.platform_id, "PLATFORM_NAME": spec.platform,
        "RECOVERY_TARGET_INCARNATION#": own.number, "LAST_OPEN_INCARNATION#": own.number,
        "CURRENT_SCN": scn if database.state == "OPEN" or dataguard.standby else 0,
        "FLASHBACK_ON": "YES" if attributes.flashback else "RESTORE POINT ONLY" if any(
            point.guaranteed for point in database.catalog.all(model.RestorePoint)) else "NO",
        "SUPPLEMENTAL_LOG_DATA_FK": flag["FK"], "SUPPLEMENTAL_LOG_DATA_ALL": flag["ALL"], "SUPPLEMENTAL_LOG_DATA_PL": flag["PL"],
        "SUPPLEMENTAL_LOG_DATA_SR": "NO", "DB_UNIQUE_NAME": spec.db_unique_name, "PRIMARY_DB_UNIQUE_NAME": dataguard.primary_name(),
        "STANDBY_BECAME_PRIMARY_SCN": store.control.became_primary_scn,
        "FS_FAILOVER_MODE": "DISABLED", "FS_FAILOVER_STATUS": "DISABLED", "FS_FAILOVER_THRESHOLD": 0, "CONTROLFILE_CONVERTED": "NO",
        "CDB": yes(spec.is_cdb), "PENDING_ROLE_CHANGE_TASKS": "NOT APPLICABLE", "CON_DBID": store.dbid, "FORCE_FULL_DB_CACHING": "NO",
        "CON_ID": 0}


@rows("SUPPLEMENTAL_LOGGING")
def supplemental_logging(session: Any, database: Database) -> Iterator[RowDict]:
    """What was asked for in the session's own container: in a pluggable database not what the root has (assumed)."""
    attributes = database.attributes
    held = attributes.pdb_supplemental if database.inside(session) else attributes.supplemental
    yield {"MINIMAL": yes(held & {"MIN", "PK", "UI", "FK", "ALL"}), "PRIMARY_KEY": yes("PK" in held), "UNIQUE_INDEX": yes("UI" in held),
           "FOREIGN_KEY": yes("FK" in held), "ALL_COLUMN": yes("ALL" in held), "PROCEDURAL": yes("PL" in held), "SUBSET_REP": "NO"}


def _moment(stamp: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(stamp).replace(microsecond=0)


@rows("V$DATABASE_INCARNATION", "V$PDB_INCARNATION")
def incarnation(session: Any, database: Database) -> Iterator[RowDict]:
    known = incarnations.of(database.store.control)
    before = {one.number: one for one in known}
    for one in known:
        prior = before.get(one.parent)
        yield {"INCARNATION#": one.number, "RESETLOGS_CHANGE#": one.resetlogs_scn, "RESETLOGS_TIME": _moment(one.resetlogs_time),
               "PRIOR_RESETLOGS_CHANGE#": prior.resetlogs_scn if prior else 0, "PRIOR_RESETLOGS_TIME": _moment(prior.resetlogs_time) if prior else None,
               "STATUS": one.status, "RESETLOGS_ID": int(one.resetlogs_time), "PRIOR_INCARNATION#": one.parent,
               "FLASHBACK_DATABASE_ALLOWED": yes(database.attributes.flashback)}


@rows("V$TRANSPORTABLE_PLATFORM")
def transportable_platform(session: Any, database: Database) -> Iterator[RowDict]:
    for platform in PLATFORMS.values():
        yield {"PLATFORM_ID": platform.id, "PLATFORM_NAME": platform.name, "ENDIAN_FORMAT": platform.endian, "CON_ID": 0}


@rows("V$DB_TRANSPORTABLE_PLATFORM")
def db_transportable_platform(session: Any, database: Database) -> Iterator[RowDict]:
    own = PLATFORMS[database.spec.platform_id].endian
    return (row for row in transportable_platform(session, database) if row["ENDIAN_FORMAT"] == own)


@rows("V$CONTROLFILE")
def controlfile(session: Any, database: Database) -> Iterator[RowDict]:
    for path in database.parameters.get("control_files").split(","):
        yield {"NAME": path.strip(), "IS_RECOVERY_DEST_FILE": "NO", "BLOCK_SIZE": 16384, "FILE_SIZE_BLKS": 1142}


@rows("V$BACKUP")
def backup(session: Any, database: Database) -> Iterator[RowDict]:
    return ({"FILE#": file.number, "STATUS": "NOT ACTIVE", "CHANGE#": 0}
            for file in database.store.datafiles() if file.contents != "TEMPORARY")


# --- restore points, RMAN ---

@rows("V$RESTORE_POINT")
def restore_point(session: Any, database: Database) -> Iterator[RowDict]:
    for point in database.catalog.all(model.RestorePoint):
        yield {"SCN": point.scn, "DATABASE_INCARNATION#": point.incarnation, "GUARANTEE_FLASHBACK_DATABASE": yes(point.guaranteed),
               "STORAGE_SIZE": point.storage_size, "TIME": Timestamp(point.time), "PRESERVED": yes(point.preserved or point.guaranteed),
               "NAME": point.name, "PDB_RESTORE_POINT": yes(database.inside(session)), "CLEAN_PDB_RESTORE_POINT": yes(point.clean),
               "PDB_INCARNATION#": 0, "REPLICATED": "NO"}


@rows("V$FLASHBACK_DATABASE_LOG")
def flashback_database_log(session: Any, database: Database) -> Iterator[RowDict]:
    if database.attributes.flashback:
        oldest = flashback.oldest(database.store) or database.store.current_scn()
        yield {"OLDEST_FLASHBACK_SCN": oldest, "OLDEST_FLASHBACK_TIME": database.store.scn_time(oldest),
               "RETENTION_TARGET": database.parameters.number("db_flashback_retention_target"), "FLASHBACK_SIZE": 104857600,
               "ESTIMATED_FLASHBACK_SIZE": 0}


def _rman(name: str) -> None:
    @rows(name)
    def records(session: Any, database: Database) -> Iterator[RowDict]:
        return (dict(row) for row in database.rman_records.get(name, ()))


for _view in RMAN_VIEWS:
    _rman(_view)

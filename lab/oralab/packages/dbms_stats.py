# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_STATS: gathering, locking, preferences, export and import of optimizer statistics (documented).

Procedures commit before and after their work. Arguments that only steer how Oracle samples are taken and change nothing.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oralab.catalog import model
from oralab.errors import OraError
from oralab.packages import stat_table, statistics
from oralab.packages.registry import Package, signature

DBMS_STATS = Package("DBMS_STATS", constants={
    "AUTO_SAMPLE_SIZE": 0, "AUTO_CASCADE": None, "AUTO_INVALIDATE": None, "AUTO_DEGREE": 32768, "DEFAULT_DEGREE": 32767,
    "DEFAULT_ESTIMATE_PERCENT": 101})
PREFERENCES = {
    "APPROXIMATE_NDV_ALGORITHM": "REPEAT OR HYPERLOGLOG", "AUTOSTATS_TARGET": "AUTO", "AUTO_STAT_EXTENSIONS": "OFF",
    "CASCADE": "DBMS_STATS.AUTO_CASCADE", "CONCURRENT": "OFF", "DEGREE": "NULL",
    "ESTIMATE_PERCENT": "DBMS_STATS.AUTO_SAMPLE_SIZE", "GLOBAL_TEMP_TABLE_STATS": "SESSION", "GRANULARITY": "AUTO",
    "INCREMENTAL": "FALSE", "INCREMENTAL_LEVEL": "PARTITION", "INCREMENTAL_STALENESS": "ALLOW_MIXED_FORMAT",
    "METHOD_OPT": "FOR ALL COLUMNS SIZE AUTO", "NO_INVALIDATE": "DBMS_STATS.AUTO_INVALIDATE", "OPTIONS": "GATHER",
    "PREFERENCE_OVERRIDES_PARAMETER": "FALSE", "PUBLISH": "TRUE", "STALE_PERCENT": "10",
    "STAT_CATEGORY": "OBJECT_STATS", "TABLE_CACHED_BLOCKS": "1", "WAIT_TIME_TO_UPDATE_STATS": "15"}
_SAMPLING = ("estimate_percent NUMBER := NULL, block_sample BOOLEAN := FALSE, method_opt := NULL, degree NUMBER := NULL, "
             "granularity := NULL, cascade BOOLEAN := NULL")
_STATTAB = "stattab := NULL, statid := NULL"
_LAST = "statown := NULL, no_invalidate BOOLEAN := NULL"
_WHERE = "stattab, statid := NULL, statown := NULL"


def _name(value: str | None, session: Any = None) -> str:
    """A name as the dictionary has it: upper case unless quoted."""
    text = value or (session.user if session else "")
    return text[1:-1] if text.startswith('"') else text.upper()


# --- whose statistics ---

def _may(session: Any, owner: str) -> bool:
    return bool(owner == session.user or session.database.catalog.privileges.has(session, "ANALYZE ANY"))


def _schema(session: Any, ownname: str | None) -> str:
    owner = _name(ownname, session)
    if session.database.catalog.get(model.User, owner) is None or not _may(session, owner):
        raise OraError(20000, f'Schema "{owner}" does not exist or insufficient privileges')
    return owner


def _table(session: Any, ownname: str | None, tabname: str | None, doing: str = "analyze") -> model.Table:
    owner, name = _name(ownname, session), _name(tabname)
    found: model.Table | None = session.database.catalog.get(model.Table, owner, name)
    if found is None or found.dropped or not _may(session, owner):
        raise OraError(20000, f'Unable to {doing} TABLE "{owner}"."{name}", insufficient privileges or does not exist')
    return found


def _index(session: Any, ownname: str | None, indname: str | None) -> tuple[model.Index, model.Table]:
    owner, name = _name(ownname, session), _name(indname)
    catalog = session.database.catalog
    found = catalog.get(model.Index, owner, name)
    if found is None or not _may(session, owner):
        raise OraError(20000, f'Unable to analyze INDEX "{owner}"."{name}", insufficient privileges or does not exist')
    return found, catalog.get(model.Table, found.table_owner, found.table_name)


def _locked(table: model.Table) -> bool:
    return bool(table.statistics and table.statistics.locked)


def _refuse_locked(table: model.Table, force: bool | None) -> None:
    if _locked(table) and not force:
        raise OraError(20005, "object statistics are locked (stattype = ALL)")


# --- gathering ---

def gather(session: Any, tables: Iterable[model.Table], *, cascade: bool | None = None) -> None:
    """Measure tables and their indexes (unless ``cascade`` is FALSE); each becomes visible on its own."""
    session.commit()
    catalog = session.database.catalog
    for table in tables:
        found = statistics.measure(session, table)
        with catalog.change() as change:
            edited = _edit(change, table)
            found.table.locked = _locked(table)
            edited.statistics = found.table
            for column in edited.columns:
                column.statistics = found.columns.get(column.name, column.statistics)
            for leaf in edited.partitioning.leaves() if edited.partitioning else []:
                leaf.statistics = found.partitions.get(leaf.name)
            if cascade is not False:
                for index in catalog.indexes_of(table):
                    _edit(change, index).statistics = statistics.of_index(table, index, found)


def _edit(change: Any, record: Any) -> Any:
    """A copy to change; statistics are no DDL, so LAST_DDL_TIME stays."""
    edited = change.edit(record)
    edited.last_ddl_time = record.last_ddl_time
    return edited


@DBMS_STATS.routine("GATHER_TABLE_STATS", signature(
    f"ownname, tabname, partname := NULL, {_SAMPLING}, {_STATTAB}, {_LAST}, stattype := DATA, force BOOLEAN := FALSE, options := GATHER"))
def gather_table_stats(session: Any, ownname: str, tabname: str, cascade: bool | None, force: bool, **sampling: Any) -> None:
    table = _table(session, ownname, tabname)
    _refuse_locked(table, force)
    gather(session, [table], cascade=cascade)


@DBMS_STATS.routine("GATHER_SCHEMA_STATS", signature(
    f"ownname, {_SAMPLING}, {_STATTAB}, options := GATHER, {_LAST}, force BOOLEAN := FALSE"))
def gather_schema_stats(session: Any, ownname: str, cascade: bool | None, options: str, force: bool, **sampling: Any) -> None:
    """GATHER EMPTY leaves out what has statistics, GATHER STALE and AUTO what has fresh ones; locked tables are left out."""
    owner = _schema(session, ownname)
    _gather_all(session, statistics.tables_of(session.database.catalog, owner), options, cascade, force)


@DBMS_STATS.routine("GATHER_DATABASE_STATS", signature(
    f"{_SAMPLING}, {_STATTAB}, options := GATHER, statown := NULL, gather_sys BOOLEAN := TRUE, no_invalidate BOOLEAN := NULL"))
def gather_database_stats(session: Any, cascade: bool | None, options: str, **sampling: Any) -> None:
    if not session.database.catalog.privileges.has(session, "ANALYZE ANY"):
        raise OraError(20000, "Insufficient privileges to analyze an object in Database")
    _gather_all(session, statistics.tables_of(session.database.catalog, None), options, cascade, False)


def _gather_all(session: Any, tables: Iterable[model.Table], options: str | None, cascade: bool | None, force: bool) -> None:
    option = (options or "GATHER").upper()

    def wanted(table: model.Table) -> bool:
        stats = table.statistics
        fresh = stats is not None and stats.last_analyzed is not None and (option == "GATHER EMPTY" or not stats.stale)
        return (force or not _locked(table)) and (option == "GATHER" or not fresh)
    gather(session, [table for table in tables if wanted(table)], cascade=cascade)


@DBMS_STATS.routine("GATHER_INDEX_STATS", signature(
    f"ownname, indname, partname := NULL, estimate_percent NUMBER := NULL, {_STATTAB}, statown := NULL, degree NUMBER := NULL, "
    "granularity := NULL, no_invalidate BOOLEAN := NULL, stattype := DATA, force BOOLEAN := FALSE"))
def gather_index_stats(session: Any, ownname: str, indname: str, force: bool, **sampling: Any) -> None:
    index, table = _index(session, ownname, indname)
    _refuse_locked(table, force)
    session.commit()
    found = statistics.measure(session, table)
    with session.database.catalog.change() as change:
        _edit(change, index).statistics = statistics.of_index(table, index, found)


@DBMS_STATS.routine("GATHER_DICTIONARY_STATS", signature(
    f"comp_id := NULL, {_SAMPLING}, {_STATTAB}, options := GATHER, {_LAST}"))
@DBMS_STATS.routine("GATHER_FIXED_OBJECTS_STATS", signature(f"{_STATTAB}, {_LAST}"))
def gather_dictionary_stats(session: Any, **sampling: Any) -> None:
    """The dictionary is not stored in tables here, so there is nothing to measure."""
    if not session.database.catalog.privileges.has(session, "ANALYZE ANY DICTIONARY"):
        raise OraError(20000, "Insufficient privileges to analyze an object in Dictionary Schema")
    session.commit()


# --- deleting, locking, setting ---

def _clear(session: Any, tables: Iterable[model.Table]) -> None:
    session.commit()
    catalog = session.database.catalog
    with catalog.change() as change:
        for table in tables:
            edited = _edit(change, table)
            edited.statistics = model.Statistics(locked=True) if _locked(table) else None
            for holder in [*edited.columns, *(edited.partitioning.leaves() if edited.partitioning else [])]:
                holder.statistics = None
            for index in catalog.indexes_of(table):
                _edit(change, index).statistics = None


@DBMS_STATS.routine("DELETE_TABLE_STATS", signature(
    f"ownname, tabname, partname := NULL, {_STATTAB}, cascade_parts BOOLEAN := TRUE, cascade_columns BOOLEAN := TRUE, "
    f"cascade_indexes BOOLEAN := TRUE, {_LAST}, force BOOLEAN := FALSE"))
def delete_table_stats(session: Any, ownname: str, tabname: str, force: bool, **rest: Any) -> None:
    table = _table(session, ownname, tabname)
    _refuse_locked(table, force)
    _clear(session, [table])


@DBMS_STATS.routine("DELETE_SCHEMA_STATS", signature(f"ownname, {_STATTAB}, {_LAST}, force BOOLEAN := FALSE"))
def delete_schema_stats(session: Any, ownname: str, force: bool, **rest: Any) -> None:
    owner = _schema(session, ownname)
    _clear(session, [table for table in statistics.tables_of(session.database.catalog, owner) if force or not _locked(table)])


def _lock(session: Any, tables: Iterable[model.Table], locked: bool) -> None:
    session.commit()
    with session.database.catalog.change() as change:
        for table in tables:
            edited = _edit(change, table)
            edited.statistics = edited.statistics or model.Statistics()
            edited.statistics.locked = locked


def _declare_locks(word: str, locked: bool) -> None:
    @DBMS_STATS.routine(f"{word}_TABLE_STATS", signature("ownname, tabname, stattype := ALL"))
    def table_stats(session: Any, ownname: str, tabname: str, stattype: str) -> None:
        _lock(session, [_table(session, ownname, tabname)], locked)

    @DBMS_STATS.routine(f"{word}_SCHEMA_STATS", signature("ownname, stattype := ALL"))
    def schema_stats(session: Any, ownname: str, stattype: str) -> None:
        _lock(session, statistics.tables_of(session.database.catalog, _schema(session, ownname)), locked)


_declare_locks("LOCK", True)
_declare_locks("UNLOCK", False)


@DBMS_STATS.routine("SET_TABLE_STATS", signature(
    f"ownname, tabname, partname := NULL, {_STATTAB}, numrows NUMBER := NULL, numblks NUMBER := NULL, avgrlen NUMBER := NULL, "
    f"flags NUMBER := NULL, {_LAST}, cachedblk NUMBER := NULL, cachehit NUMBER := NULL, force BOOLEAN := FALSE"))
def set_table_stats(session: Any, ownname: str, tabname: str, numrows: Any, numblks: Any, avgrlen: Any, force: bool, **rest: Any) -> None:
    table = _table(session, ownname, tabname)
    _refuse_locked(table, force)
    session.commit()
    with session.database.catalog.change() as change:
        edited = _edit(change, table)
        stats = edited.statistics = edited.statistics or model.Statistics()
        for field, value in (("num_rows", numrows), ("blocks", numblks), ("avg_row_len", avgrlen)):
            if value is not None:
                setattr(stats, field, int(value))
        stats.user_stats, stats.last_analyzed = True, session.database.now()


# --- statistics tables ---

@DBMS_STATS.routine("CREATE_STAT_TABLE", signature("ownname, stattab, tblspace := NULL, global_temporary BOOLEAN := FALSE"))
def create_stat_table(session: Any, ownname: str, stattab: str, tblspace: str | None, global_temporary: bool) -> None:
    stat_table.create(session, _name(ownname, session), _name(stattab), _name(tblspace) or None, bool(global_temporary))


@DBMS_STATS.routine("DROP_STAT_TABLE", signature("ownname, stattab"))
def drop_stat_table(session: Any, ownname: str, stattab: str) -> None:
    stat_table.drop(session, _name(ownname, session), _name(stattab))


@DBMS_STATS.routine("UPGRADE_STAT_TABLE", signature("ownname, stattab"))
def upgrade_stat_table(session: Any, ownname: str, stattab: str) -> None:
    stat_table.upgrade(session, _name(ownname, session), _name(stattab))


def _export(session: Any, tables: Iterable[model.Table], owner: str, stattab: str, statid: str | None, *, cascade: bool = True) -> None:
    session.commit()
    catalog = session.database.catalog
    for table in tables:
        indexes = catalog.indexes_of(table) if cascade else []
        stat_table.write(session, owner, _name(stattab), _name(statid) or None, stat_table.of_table(table, indexes))
    session.commit()


@DBMS_STATS.routine("EXPORT_TABLE_STATS", signature(
    "ownname, tabname, partname := NULL, stattab := NULL, statid := NULL, cascade BOOLEAN := TRUE, statown := NULL, stat_category := NULL"))
def export_table_stats(session: Any, ownname: str, tabname: str, stattab: str, statid: str | None, cascade: bool,
                       statown: str | None, **rest: Any) -> None:
    table = _table(session, ownname, tabname, "export")
    _export(session, [table], _name(statown) or table.owner, stattab, statid, cascade=bool(cascade))


@DBMS_STATS.routine("EXPORT_SCHEMA_STATS", signature(f"ownname, {_WHERE}, stat_category := NULL"))
def export_schema_stats(session: Any, ownname: str, stattab: str, statid: str | None, statown: str | None, **rest: Any) -> None:
    owner = _schema(session, ownname)
    _export(session, statistics.tables_of(session.database.catalog, owner), _name(statown) or owner, stattab, statid)


@DBMS_STATS.routine("EXPORT_DATABASE_STATS", signature(f"{_WHERE}, stat_category := NULL"))
def export_database_stats(session: Any, stattab: str, statid: str | None, statown: str | None, **rest: Any) -> None:
    _export(session, statistics.tables_of(session.database.catalog, None), _name(statown, session), stattab, statid)


def _import(session: Any, records: Iterable[stat_table.Record], force: bool | None) -> None:
    session.commit()
    catalog = session.database.catalog
    by_table: dict[tuple[str, str], list[stat_table.Record]] = {}
    for record in records:
        owner, name = str(record["C5"]), str(record["C1"])
        if record["TYPE"] == "I":
            index = catalog.get(model.Index, owner, name)
            owner, name = (index.table_owner, index.table_name) if index else ("", "")
        by_table.setdefault((owner, name), []).append(record)
    for key, group in by_table.items():
        table = catalog.get(model.Table, *key)
        if table is None or _locked(table) and not force:
            continue
        with catalog.change() as change:
            edited = _edit(change, table)
            indexes = {index.name: _edit(change, index) for index in catalog.indexes_of(table)}
            for record in group:
                stat_table.into(edited, indexes, record)


@DBMS_STATS.routine("IMPORT_TABLE_STATS", signature(
    f"ownname, tabname, partname := NULL, stattab := NULL, statid := NULL, cascade BOOLEAN := TRUE, {_LAST}, force BOOLEAN := FALSE, "
    "stat_category := NULL"))
def import_table_stats(session: Any, ownname: str, tabname: str, stattab: str, statid: str | None, statown: str | None,
                       force: bool, **rest: Any) -> None:
    table = _table(session, ownname, tabname, "import")
    _refuse_locked(table, force)
    records = stat_table.read(session, _name(statown) or table.owner, _name(stattab), _name(statid) or None, table.owner, table.name)
    _import(session, records, force)


@DBMS_STATS.routine("IMPORT_SCHEMA_STATS", signature(
    f"ownname, stattab, statid := NULL, {_LAST}, force BOOLEAN := FALSE, stat_category := NULL"))
def import_schema_stats(session: Any, ownname: str, stattab: str, statid: str | None, statown: str | None, force: bool,
                        **rest: Any) -> None:
    owner = _schema(session, ownname)
    _import(session, stat_table.read(session, _name(statown) or owner, _name(stattab), _name(statid) or None, owner), force)


@DBMS_STATS.routine("IMPORT_DATABASE_STATS", signature(f"stattab, statid := NULL, {_LAST}, force BOOLEAN := FALSE, stat_category := NULL"))
def import_database_stats(session: Any, stattab: str, statid: str | None, statown: str | None, force: bool, **rest: Any) -> None:
    if not session.database.catalog.privileges.has(session, "ANALYZE ANY"):
        raise OraError(20000, "Insufficient privileges to import statistics of the database")
    _import(session, stat_table.read(session, _name(statown, session), _name(stattab), _name(statid) or None, None), force)


# --- preferences ---

def _preference(pname: str | None) -> str:
    name = (pname or "").upper()
    if name not in PREFERENCES:
        raise OraError(20001, f"Invalid input values for pname: {pname}")
    return name


@DBMS_STATS.routine("GET_PREFS", signature("pname, ownname := NULL, tabname := NULL"), "VARCHAR2")
def get_prefs(session: Any, pname: str, ownname: str | None, tabname: str | None) -> str:
    """The table's preference, else the global one, else Oracle's default."""
    name = _preference(pname)
    catalog = session.database.catalog
    found = (catalog.get(model.StatisticsPreference, _name(ownname, session), _name(tabname), name) if tabname else None
             ) or catalog.get(model.StatisticsPreference, "", "", name)
    return found.value if found else PREFERENCES[name]


def _set(session: Any, places: Iterable[tuple[str, str]], pname: str, value: str | None) -> None:
    name = _preference(pname)
    session.commit()
    with session.database.catalog.change() as change:
        for owner, table in places:
            record = model.StatisticsPreference(owner=owner, table=table, preference=name, value=value or "NULL")
            change.save(record)


def _unset(session: Any, places: Iterable[tuple[str, str]], pname: str) -> None:
    name, catalog = _preference(pname), session.database.catalog
    session.commit()
    with catalog.change() as change:
        for owner, table in places:
            record = catalog.get(model.StatisticsPreference, owner, table, name)
            if record is not None:
                change.remove(record)


def _places(session: Any, ownname: str | None) -> list[tuple[str, str]]:
    return [(table.owner, table.name) for table in statistics.tables_of(session.database.catalog, _schema(session, ownname))]


@DBMS_STATS.routine("SET_TABLE_PREFS", signature("ownname, tabname, pname, pvalue"))
def set_table_prefs(session: Any, ownname: str, tabname: str, pname: str, pvalue: str) -> None:
    table = _table(session, ownname, tabname, "set preferences for")
    _set(session, [(table.owner, table.name)], pname, pvalue)


@DBMS_STATS.routine("SET_SCHEMA_PREFS", signature("ownname, pname, pvalue"))
def set_schema_prefs(session: Any, ownname: str, pname: str, pvalue: str) -> None:
    _set(session, _places(session, ownname), pname, pvalue)


@DBMS_STATS.routine("SET_GLOBAL_PREFS", signature("pname, pvalue"))
@DBMS_STATS.routine("SET_PARAM", signature("pname, pval"))
def set_global_prefs(session: Any, pname: str, **value: str | None) -> None:
    privileges = session.database.catalog.privileges
    if not (privileges.has(session, "ANALYZE ANY DICTIONARY") and privileges.has(session, "ANALYZE ANY")):
        raise OraError(20000, "insufficient privileges")
    _set(session, [("", "")], pname, *value.values())


@DBMS_STATS.routine("DELETE_TABLE_PREFS", signature("ownname, tabname, pname"))
def delete_table_prefs(session: Any, ownname: str, tabname: str, pname: str) -> None:
    table = _table(session, ownname, tabname, "delete preferences of")
    _unset(session, [(table.owner, table.name)], pname)


@DBMS_STATS.routine("DELETE_SCHEMA_PREFS", signature("ownname, pname"))
def delete_schema_prefs(session: Any, ownname: str, pname: str) -> None:
    _unset(session, _places(session, ownname), pname)


def _export_prefs(session: Any, places: Iterable[tuple[str, str]], owner: str, stattab: str, statid: str | None) -> None:
    wanted = set(places)
    session.commit()
    stat_table.write(session, owner, _name(stattab), _name(statid) or None, (
        {"TYPE": "P", "C1": one.table, "C5": one.owner, "C4": one.preference, "CH1": one.value}
        for one in session.database.catalog.all(model.StatisticsPreference) if (one.owner, one.table) in wanted))
    session.commit()


@DBMS_STATS.routine("EXPORT_TABLE_PREFS", signature("ownname, tabname, stattab, statid := NULL, statown := NULL"))
def export_table_prefs(session: Any, ownname: str, tabname: str, stattab: str, statid: str | None, statown: str | None) -> None:
    table = _table(session, ownname, tabname, "export")
    _export_prefs(session, [(table.owner, table.name)], _name(statown) or table.owner, stattab, statid)


@DBMS_STATS.routine("EXPORT_SCHEMA_PREFS", signature(f"ownname, {_WHERE}"))
def export_schema_prefs(session: Any, ownname: str, stattab: str, statid: str | None, statown: str | None) -> None:
    owner = _schema(session, ownname)
    _export_prefs(session, _places(session, owner), _name(statown) or owner, stattab, statid)


def _import_prefs(session: Any, records: Iterable[stat_table.Record]) -> None:
    for record in records:
        if record["TYPE"] == "P":
            _set(session, [(str(record["C5"]), str(record["C1"]))], str(record["C4"]), str(record["CH1"]))


@DBMS_STATS.routine("IMPORT_TABLE_PREFS", signature("ownname, tabname, stattab, statid := NULL, statown := NULL"))
def import_table_prefs(session: Any, ownname: str, tabname: str, stattab: str, statid: str | None, statown: str | None) -> None:
    table = _table(session, ownname, tabname, "import")
    _import_prefs(session, stat_table.read(
        session, _name(statown) or table.owner, _name(stattab), _name(statid) or None, table.owner, table.name))


@DBMS_STATS.routine("IMPORT_SCHEMA_PREFS", signature(f"ownname, {_WHERE}"))
def import_schema_prefs(session: Any, ownname: str, stattab: str, statid: str | None, statown: str | None) -> None:
    owner = _schema(session, ownname)
    _import_prefs(session, stat_table.read(session, _name(statown) or owner, _name(stattab), _name(statid) or None, owner))


@DBMS_STATS.routine("FLUSH_DATABASE_MONITORING_INFO")
def flush_database_monitoring_info(session: Any) -> None:
    session.commit()

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics tables of DBMS_STATS: CREATE_STAT_TABLE, export to and import from them.

Columns as seen in 12c and 19c databases; what each holds by TYPE (T table, C column, I index, P preference) as described in
public notes. BL1 is new in 12.2, so a table made in 12.1 is "too old" for 19c until UPGRADE_STAT_TABLE (assumed from the
behaviour that is documented for such tables).
"""
from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from oralab.catalog import model
from oralab.errors import OraError
from oralab.values import Value

VERSION = {"12.1": 7, "19": 8}
_NAMES = ("STATID", "TYPE", "VERSION", "FLAGS", "C1", "C2", "C3", "C4", "C5", "C6", *(f"N{number}" for number in range(1, 14)), "D1",
          "T1", "R1", "R2", "R3", "CH1", "CL1", "BL1")
Record = dict[str, Value]


def columns(release: str) -> dict[str, str]:
    """Column -> type of a statistics table."""
    name = "VARCHAR2(30)" if release == "12.1" else "VARCHAR2(128)"
    fixed = {"TYPE": "CHAR(1)", "D1": "DATE", "T1": "TIMESTAMP(6) WITH TIME ZONE", "CH1": "VARCHAR2(1000)", "CL1": "CLOB",
             "BL1": "BLOB", "VERSION": "NUMBER", "FLAGS": "NUMBER"}
    kinds = {"N": "NUMBER", "R": "RAW(1000)"}
    found = {column: fixed.get(column) or kinds.get(column[0], name) for column in _NAMES}
    if release == "12.1":
        del found["BL1"]
    return found


def create(session: Any, owner: str, name: str, tablespace: str | None, temporary: bool) -> None:
    """ORA-20000 when it exists or may not be made, ORA-20001 without the tablespace (documented)."""
    catalog = session.database.catalog
    if tablespace and catalog.get(model.TablespaceInfo, tablespace) is None:
        raise OraError(20001, f"Tablespace {tablespace} does not exist")
    body = ", ".join(f'"{column}" {kind}' for column, kind in columns(session.database.release).items())
    suffix = " ON COMMIT PRESERVE ROWS" if temporary else f' TABLESPACE "{tablespace}"' if tablespace else ""
    try:
        session.sql(f'CREATE {"GLOBAL TEMPORARY " if temporary else ""}TABLE "{owner}"."{name}" ({body}){suffix}')
    except OraError as error:
        raise OraError(20000, f'Unable to create table "{owner}"."{name}": already exists or insufficient privileges',
                       stack=error.text.split("\n")) from None
    where = f' TABLESPACE "{tablespace}"' if tablespace and not temporary else ""
    session.sql(f'CREATE INDEX "{owner}"."{name}" ON "{owner}"."{name}" (STATID, TYPE, C5, C1, C2, C3, C4, VERSION){where}')


def _table(session: Any, owner: str, name: str) -> model.Table:
    found: model.Table | None = session.database.catalog.get(model.Table, owner, name)
    if found is None or {"STATID", "C5", "CH1"} - {column.name for column in found.columns}:
        raise OraError(20000, f'Unable to use statistics table "{owner}"."{name}": does not exist or insufficient privileges')
    return found


def _current(session: Any, owner: str, name: str) -> None:
    table = _table(session, owner, name)
    if session.database.release != "12.1" and table.column("BL1") is None:
        raise OraError(20002, f'Version of statistics table "{owner}"."{name}" is too old.  Please try upgrading it with '
                              "dbms_stats.upgrade_stat_table")


def drop(session: Any, owner: str, name: str) -> None:
    _table(session, owner, name)
    try:
        session.sql(f'DROP TABLE "{owner}"."{name}" PURGE')
    except OraError as error:
        raise OraError(20000, f'Unable to drop table "{owner}"."{name}": does not exist or insufficient privileges',
                       stack=error.text.split("\n")) from None


def upgrade(session: Any, owner: str, name: str) -> None:
    table = _table(session, owner, name)
    wanted = columns(session.database.release)
    missing = [f'"{column}" {kind}' for column, kind in wanted.items() if table.column(column) is None]
    if not missing:
        return
    session.sql(f'ALTER TABLE "{owner}"."{name}" ADD ({", ".join(missing)})')
    wide = [f'"{column}" {kind}' for column, kind in wanted.items() if kind == "VARCHAR2(128)"]
    session.sql(f'ALTER TABLE "{owner}"."{name}" MODIFY ({", ".join(wide)})')
    session.sql(f'UPDATE "{owner}"."{name}" SET VERSION = {VERSION[session.database.release]}')
    session.commit()


def write(session: Any, owner: str, name: str, statid: str | None, records: Iterable[Record]) -> None:
    """Replace the records of the same ``statid`` and object."""
    _current(session, owner, name)
    mine = "STATID IS NULL" if statid is None else "STATID = :1"
    for record in records:
        keys = ["TYPE", "C5", "C1", "C2", "C4"]
        conditions, values = [mine], [] if statid is None else [statid]
        for key in keys:
            if record.get(key) is None:
                conditions.append(f"{key} IS NULL")
            else:
                values.append(record[key])  # type: ignore[arg-type]
                conditions.append(f"{key} = :{len(values)}")
        session.sql(f'DELETE FROM "{owner}"."{name}" WHERE {" AND ".join(conditions)}', values)
        full = {"STATID": statid, "VERSION": VERSION[session.database.release], "FLAGS": 2, **record}
        marks = ", ".join(f":{number}" for number in range(1, len(full) + 1))
        session.sql(f'INSERT INTO "{owner}"."{name}" ({", ".join(full)}) VALUES ({marks})', list(full.values()))


def read(session: Any, owner: str, name: str, statid: str | None, schema: str | None, table: str | None = None) -> list[Record]:
    """Records of a statid; of one schema, and of one table with its indexes, when asked for."""
    _current(session, owner, name)
    names = [column for column in _NAMES if column in columns(session.database.release)]
    conditions, values = ["STATID IS NULL" if statid is None else "STATID = :1"], [] if statid is None else [statid]
    if schema is not None:
        values.append(schema)
        conditions.append(f"C5 = :{len(values)}")
    rows = session.sql(f'SELECT {", ".join(names)} FROM "{owner}"."{name}" WHERE {" AND ".join(conditions)}', values)
    found = [dict(zip(names, row)) for row in rows]
    if table is None:
        return found
    indexes = {index.name for index in session.database.catalog.all(model.Index)
               if (index.table_owner, index.table_name) == (schema, table)}
    return [record for record in found if record["C1"] == table and record["TYPE"] != "I"
            or record["TYPE"] == "I" and record["C1"] in indexes]


# --- between records and the dictionary ---

def of_table(table: model.Table, indexes: Iterable[model.Index]) -> list[Record]:
    """Records of a table, its partitions, columns and indexes; nothing where nothing was gathered."""
    found = [_table_record(table, statistics, part) for part, statistics in _parts(table)]
    for column in table.columns:
        stats = column.statistics
        if stats and stats.last_analyzed:
            found.append({"TYPE": "C", "C1": table.name, "C4": column.name, "C5": table.owner, "N1": stats.num_distinct,
                          "N2": None if stats.density is None else round(stats.density, 30), "N4": stats.sample_size,
                          "N5": stats.num_nulls, "N8": stats.avg_col_len, "N9": 1, "D1": stats.last_analyzed,
                          "R1": stats.low_value, "R2": stats.high_value, "CH1": stats.histogram})
    for index in indexes:
        one = index.statistics
        if one and one.last_analyzed:
            keys = one.distinct_keys or 1
            found.append({"TYPE": "I", "C1": index.name, "C5": index.owner, "N1": one.num_rows, "N2": one.leaf_blocks,
                          "N3": one.distinct_keys, "N4": max((one.leaf_blocks or 0) // keys, 1),
                          "N5": max((one.clustering_factor or 0) // keys, 1), "N6": one.clustering_factor, "N7": one.blevel,
                          "N8": one.sample_size, "D1": one.last_analyzed})
    return found


def _parts(table: model.Table) -> Iterable[tuple[str | None, model.Statistics]]:
    if table.statistics and table.statistics.last_analyzed:
        yield None, table.statistics
    for leaf in table.partitioning.leaves() if table.partitioning else []:
        if leaf.statistics and leaf.statistics.last_analyzed:
            yield leaf.name, leaf.statistics


def _table_record(table: model.Table, stats: model.Statistics, partition: str | None) -> Record:
    return {"TYPE": "T", "C1": table.name, "C2": partition, "C5": table.owner, "N1": stats.num_rows, "N2": stats.blocks,
            "N3": stats.avg_row_len, "N4": stats.sample_size, "D1": stats.last_analyzed}


def _whole(value: Value) -> int | None:
    return None if value is None else int(value)  # type: ignore[arg-type]


def into(table: model.Table, indexes: dict[str, model.Index], record: Record) -> None:
    """Put one record into (copies of) the dictionary's records; what no longer exists is passed over."""
    analyzed = record["D1"] if isinstance(record["D1"], datetime.datetime) else None
    numbers = {key: _whole(value) for key, value in record.items() if key[0] == "N" and key != "N2"}
    if record["TYPE"] == "T":
        stats = model.Statistics(num_rows=numbers["N1"], blocks=_whole(record["N2"]), avg_row_len=numbers["N3"],
                                 sample_size=numbers["N4"], last_analyzed=analyzed)
        if record["C2"] is None:
            table.statistics = _keep_lock(table.statistics, stats)
        for leaf in table.partitioning.leaves() if table.partitioning else []:
            if leaf.name == record["C2"]:
                leaf.statistics = _keep_lock(leaf.statistics, stats)
    elif record["TYPE"] == "C":
        column = table.column(str(record["C4"]))
        if column:
            density = record["N2"]
            column.statistics = model.ColumnStatistics(
                num_distinct=numbers["N1"], density=None if density is None else float(density),  # type: ignore[arg-type]
                sample_size=numbers["N4"], num_nulls=numbers["N5"], avg_col_len=numbers["N8"], last_analyzed=analyzed,
                low_value=record["R1"], high_value=record["R2"],  # type: ignore[arg-type]
                histogram=str(record["CH1"] or "NONE"), num_buckets=1)
    elif record["TYPE"] == "I" and str(record["C1"]) in indexes:
        index = indexes[str(record["C1"])]
        index.statistics = _keep_lock(index.statistics, model.Statistics(
            num_rows=numbers["N1"], leaf_blocks=_whole(record["N2"]), distinct_keys=numbers["N3"],
            clustering_factor=numbers["N6"], blevel=numbers["N7"], sample_size=numbers["N8"], last_analyzed=analyzed))


def _keep_lock(old: model.Statistics | None, new: model.Statistics) -> model.Statistics:
    new.locked = bool(old and old.locked)
    return new

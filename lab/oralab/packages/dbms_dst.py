# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_DST: prepare and upgrade windows, in which a database comes to a newer time zone file (documented; messages as in transcripts).

A window lasts over restarts; DATABASE_PROPERTIES shows it. BEGIN_UPGRADE takes the newer file and marks every table with TIMESTAMP WITH
TIME ZONE columns, UPGRADE_DATABASE upgrades and unmarks them, END_UPGRADE wants none marked. Assumed: which rows are affected (those whose
zone is a region, as which rules changed between two files is not simulated, and no value changes), in which order arguments and state are
looked at, and ORA-56928 outside an upgrade window.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from oralab.catalog import model
from oralab.errors import OraError, not_simulated
from oralab.packages.registry import Package, signature
from oralab.packages.session_packages import put_line
from oralab.tools import inventory

DBMS_DST = Package("DBMS_DST", grantees=("EXECUTE_CATALOG_ROLE",))

NEEDED = ("CREATE ANY TABLE", "ALTER ANY TABLE", "DROP ANY TABLE", "SELECT ANY TABLE", "LOCK ANY TABLE", "ALTER ANY INDEX", "ALTER ANY TRIGGER",
          "UPDATE ANY TABLE", "EXECUTE ANY TYPE")
"""System privileges of whoever calls it (documented)."""
TABLES = {
    "AFFECTED": "table_owner VARCHAR2(128), table_name VARCHAR2(128), column_name VARCHAR2(4000), row_count NUMBER, error_count NUMBER",
    "ERROR": "table_owner VARCHAR2(128), table_name VARCHAR2(128), column_name VARCHAR2(4000), rid UROWID, error_number NUMBER",
    "TRIGGER": "trigger_owner VARCHAR2(128), trigger_name VARCHAR2(128)"}
"""Columns of the tables that it fills; SYS has one of each from the beginning: DST$AFFECTED_TABLES, DST$ERROR_TABLE, DST$TRIGGER_TABLE."""


def create_tables(database: Any) -> None:
    """What the catalog scripts make for it."""
    with database.internal() as session:
        for name, own in (("AFFECTED", "dst$affected_tables"), ("ERROR", "dst$error_table"), ("TRIGGER", "dst$trigger_table")):
            session.sql(f"CREATE TABLE sys.{own} ({TABLES[name]}) TABLESPACE system")


def zoned_columns(table: model.Table) -> list[str]:
    return [column.name for column in table.columns
            if column.type.name == "TIMESTAMP WITH TIME ZONE" and not column.unused and not column.virtual]


def zoned_tables(session: Any) -> Iterator[model.Table]:
    """Tables of users with such columns; those in the recycle bin are among them. The root has none, as its users are Oracle's own (simplified)."""
    database = session.database
    for table in database.catalog.all(model.Table) if database.container(session) != 1 else ():
        if table.owner != "SYS" and not table.temporary and not table.external and zoned_columns(table):
            yield table


def _ready(session: Any) -> None:
    """ORA-01031 without the privileges."""
    for privilege in NEEDED:
        session.database.ddl.privileges.need(session, privilege)


def _files(session: Any) -> model.TimeZoneFiles:
    found: model.TimeZoneFiles = session.database.time_zone_files(session.database.container(session))
    return found


def _change(session: Any, **changes: Any) -> None:
    """Of the container that the session is in."""
    database = session.database
    database.set_attributes(time_zones={**database.attributes.time_zones, database.container(session): dataclasses.replace(_files(session), **changes)})


def _in_upgrade_mode(session: Any) -> bool:
    """Whether the container is open with UPGRADE."""
    database = session.database
    return bool(database.pluggable.open_mode == "MIGRATE" if database.inside(session) else database.upgrade_mode)


def _begin(session: Any, version: int | None) -> None:
    """ORA-56921 no newer version, ORA-30094 no such file in the home, ORA-56920 in another window."""
    database, files = session.database, _files(session)
    if version is None or version <= files.primary:
        raise OraError(56921, "invalid time zone version")
    if version > newest(database) or (inventory.newest_timezone_file(database.spec.oracle_home)
                                      and not inventory.has_timezone_file(database.spec.oracle_home, version)):
        raise OraError(30094, f"failed to find the time zone data file for version {version} in $ORACLE_HOME/oracore/zoneinfo")
    if files.state != "NONE":
        raise OraError(56920, "a prepare or upgrade window or an on-demand or datapump-job loading of a secondary time zone data file "
                              "is in an active state")


def newest(database: Any) -> int:
    """The newest file of the ORACLE_HOME."""
    spec = database.spec
    return inventory.newest_timezone_file(spec.oracle_home) or max(spec.home_timezone_file, database.timezone_file)


@DBMS_DST.routine("GET_LATEST_TIMEZONE_VERSION", (), "BINARY_INTEGER")
def get_latest_timezone_version(session: Any) -> int:
    return newest(session.database)


# --- prepare window ---

@DBMS_DST.routine("BEGIN_PREPARE", signature("new_version BINARY_INTEGER"))
def begin_prepare(session: Any, new_version: int | None) -> None:
    _ready(session)
    _begin(session, new_version)
    _change(session, state="PREPARE", secondary=new_version)
    put_line(session, "A prepare window has been successfully started.")


@DBMS_DST.routine("FIND_AFFECTED_TABLES", signature(
    "affected_tables := sys.dst$affected_tables, log_errors BOOLEAN := FALSE, log_errors_table := sys.dst$error_table, parallel BOOLEAN := FALSE"))
def find_affected_tables(session: Any, affected_tables: str, log_errors: bool, log_errors_table: str, parallel: bool) -> None:
    """One row for every column that has such values. ORA-56924 outside a prepare window."""
    _ready(session)
    _need_prepare(session)
    for table in list(zoned_tables(session)):
        for column in zoned_columns(table) if not table.dropped else ():
            # A zone that is an offset has no rules that could change.
            [[rows]] = session.sql(f'SELECT COUNT(*) FROM "{table.owner}"."{table.name}" WHERE REGEXP_LIKE(TO_CHAR("{column}", \'TZR\'), \'[A-Z]\', \'i\')')
            if rows:
                session.sql(f"INSERT INTO {affected_tables} VALUES (:owner, :name, :columns, :counted, 0)",
                            {"OWNER": table.owner, "NAME": table.name, "COLUMNS": column, "COUNTED": rows})
    session.commit()


@DBMS_DST.routine("END_PREPARE")
def end_prepare(session: Any) -> None:
    _ready(session)
    _need_prepare(session)
    _change(session, state="NONE", secondary=0)
    put_line(session, "A prepare window has been successfully ended.")


def _need_prepare(session: Any) -> None:
    if _files(session).state != "PREPARE":
        raise OraError(56924, "prepare window does not exist")


# --- upgrade window ---

@DBMS_DST.routine("BEGIN_UPGRADE", signature(
    "new_version BINARY_INTEGER, error_on_overlap_time BOOLEAN := FALSE, error_on_nonexisting_time BOOLEAN := FALSE"))
def begin_upgrade(session: Any, new_version: int | None, error_on_overlap_time: bool, error_on_nonexisting_time: bool) -> None:
    """ORA-56926 unless in UPGRADE mode, ORA-38301 when a dropped table has such columns."""
    _ready(session)
    _begin(session, new_version)
    if not _in_upgrade_mode(session):
        raise OraError(56926, "database must be in UPGRADE mode in order to start an upgrade window")
    tables = list(zoned_tables(session))
    if any(table.dropped for table in tables):
        raise OraError(38301, "can not perform DDL/DML over objects in Recycle Bin")
    _change(session, state="UPGRADE", secondary=_files(session).primary, primary=new_version,
            tables=tuple(sorted((table.owner, table.name) for table in tables)))
    put_line(session, "An upgrade window has been successfully started.")


_HOW = ("upgrade_data BOOLEAN := TRUE, parallel BOOLEAN := FALSE, continue_after_errors BOOLEAN := TRUE, log_errors BOOLEAN := FALSE, "
        "log_errors_table := sys.dst$error_table, error_on_overlap_time BOOLEAN := FALSE, error_on_nonexisting_time BOOLEAN := FALSE, "
        "log_triggers_table := sys.dst$trigger_table")


@DBMS_DST.routine("UPGRADE_DATABASE", signature("num_of_failures OUT BINARY_INTEGER, " + _HOW))
def upgrade_database(session: Any, num_of_failures: None, **how: Any) -> dict[str, Any]:
    _ready(session)
    return _upgrade(session, _files(session).tables, **how)


@DBMS_DST.routine("UPGRADE_SCHEMA", signature("num_of_failures OUT BINARY_INTEGER, schema_list, " + _HOW))
def upgrade_schema(session: Any, num_of_failures: None, schema_list: str | None, **how: Any) -> dict[str, Any]:
    _ready(session)
    wanted = {name.strip().upper() for name in (schema_list or "").split(",")}
    return _upgrade(session, [name for name in _files(session).tables if name[0] in wanted], **how)


@DBMS_DST.routine("UPGRADE_TABLE", signature("num_of_failures OUT BINARY_INTEGER, table_list, " + _HOW + ", atomic_upgrade BOOLEAN := FALSE"))
def upgrade_table(session: Any, num_of_failures: None, table_list: str | None, atomic_upgrade: bool, **how: Any) -> dict[str, Any]:
    if atomic_upgrade:
        raise not_simulated("DBMS_DST.UPGRADE_TABLE with atomic_upgrade")
    wanted = {name.strip().replace('"', "").upper() for name in (table_list or "").split(",")}
    _ready(session)
    return _upgrade(session, [name for name in _files(session).tables if ".".join(name) in wanted], **how)


def _upgrade(session: Any, names: Iterable[tuple[str, str]], *, continue_after_errors: bool, log_errors: bool, log_errors_table: str,
             **how: Any) -> dict[str, Any]:
    """A table that others work with fails, as its lock is not waited for (assumed); it stays marked."""
    database = session.database
    if _files(session).state != "UPGRADE":
        raise OraError(56928, "upgrade window does not exist")
    if _in_upgrade_mode(session):
        raise not_simulated("DBMS_DST.UPGRADE_DATABASE in UPGRADE mode")
    failures = 0
    for owner, name in list(names):
        error = None
        if database.catalog.get(model.Table, owner, name) is not None:
            try:
                session.sql(f'LOCK TABLE "{owner}"."{name}" IN EXCLUSIVE MODE NOWAIT')
            except OraError as refused:
                if not continue_after_errors:
                    raise
                error = refused
        if error is None:
            _change(session, tables=tuple(other for other in _files(session).tables if other != (owner, name)))
        elif log_errors:
            session.sql(f"INSERT INTO {log_errors_table} VALUES (:owner, :name, NULL, NULL, :code)", {"OWNER": owner, "NAME": name, "CODE": error.code})
        session.commit()
        failures += error is not None
        put_line(session, f'Table list: "{owner}"."{name}"')
        put_line(session, f"Number of failures: {int(error is not None)}")
    return {"num_of_failures": failures}


@DBMS_DST.routine("END_UPGRADE", signature("num_of_failures OUT BINARY_INTEGER"))
def end_upgrade(session: Any, num_of_failures: None) -> dict[str, Any]:
    """ORA-56929 while tables are marked."""
    _ready(session)
    if _files(session).state != "UPGRADE":
        raise OraError(56928, "upgrade window does not exist")
    if _files(session).tables:
        raise OraError(56929, "Ending an upgrade window failed")
    _change(session, state="NONE", secondary=0)
    put_line(session, "An upgrade window has been successfully ended.")
    return {"num_of_failures": 0}


# --- tables for what it finds ---

def _creates(kind: str) -> None:
    @DBMS_DST.routine(f"CREATE_{kind}_TABLE", signature("table_name"))
    def create(session: Any, table_name: str) -> None:
        session.sql(f"CREATE TABLE {table_name} ({TABLES[kind]})")


for _kind in TABLES:
    _creates(_kind)

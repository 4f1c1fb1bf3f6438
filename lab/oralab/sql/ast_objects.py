# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of DDL on what a schema holds besides tables, on directories, links and contexts (see ``oralab.sql.ast``)."""
from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from oralab.sql.ast_queries import Query
from oralab.sql.ast_tables import ConstraintDef, Ddl, LobStorage, Name, PartitionBy, SegmentAttributes, SequenceOptions, SourceExpression
from oralab.values import DataType

# --- views, sequences, synonyms ---

@dataclass(slots=True, kw_only=True)
class CreateView(Ddl):
    """``query_text`` is the source of ``query``. Column aliases may carry constraints, kept in ``constraints``."""

    name: Name
    query: Query
    query_text: str
    columns: tuple[str, ...] = ()
    constraints: tuple[ConstraintDef, ...] = ()
    or_replace: bool = False
    force: bool = False
    editionable: bool | None = None
    bequeath: str | None = None          # CURRENT_USER or DEFINER
    read_only: bool = False
    check_option: bool = False
    check_constraint: str | None = None
    of_type: Name | None = None


@dataclass(slots=True, kw_only=True)
class CreateSequence(Ddl):
    name: Name
    options: SequenceOptions


@dataclass(slots=True, kw_only=True)
class AlterSequence(Ddl):
    name: Name
    options: SequenceOptions


@dataclass(slots=True, kw_only=True)
class CreateSynonym(Ddl):
    name: Name
    target: Name
    public: bool = False
    or_replace: bool = False
    editionable: bool | None = None


# --- materialized views ---

@dataclass(slots=True)
class Refresh:
    """``method`` is FORCE, FAST, COMPLETE or NEVER; ``mode`` DEMAND or COMMIT."""

    method: str | None = None
    mode: str | None = None
    start_with: SourceExpression | None = None
    next: SourceExpression | None = None
    with_: str | None = None             # PRIMARY KEY or ROWID


@dataclass(slots=True, kw_only=True)
class CreateMaterializedView(Ddl):
    name: Name
    query: Query
    query_text: str
    columns: tuple[str, ...] = ()
    attributes: SegmentAttributes = dataclasses.field(default_factory=SegmentAttributes)
    lobs: tuple[LobStorage, ...] = ()
    partition_by: PartitionBy | None = None
    build: str = "IMMEDIATE"             # IMMEDIATE, DEFERRED, PREBUILT
    reduced_precision: bool | None = None
    refresh: Refresh = dataclasses.field(default_factory=Refresh)
    for_update: bool = False
    rewrite: bool | None = None
    parallel: str | None = None
    cache: bool | None = None
    using_index: SegmentAttributes | None = None
    no_index: bool = False


@dataclass(slots=True, kw_only=True)
class AlterMaterializedView(Ddl):
    """``action`` is REFRESH, COMPILE, REWRITE (``rewrite``), CONSIDER FRESH or ATTRIBUTES."""

    name: Name
    action: str
    refresh: Refresh | None = None
    rewrite: bool | None = None
    attributes: SegmentAttributes = dataclasses.field(default_factory=SegmentAttributes)


@dataclass(slots=True, kw_only=True)
class DropMaterializedView(Ddl):
    name: Name
    preserve_table: bool = False


@dataclass(slots=True, kw_only=True)
class CreateMaterializedViewLog(Ddl):
    table: Name
    attributes: SegmentAttributes = dataclasses.field(default_factory=SegmentAttributes)
    primary_key: bool = False
    rowid: bool = False
    sequence: bool = False
    object_id: bool = False
    commit_scn: bool = False
    columns: tuple[str, ...] = ()
    new_values: bool | None = None
    purge: str | None = None             # the words after PURGE


@dataclass(slots=True, kw_only=True)
class DropMaterializedViewLog(Ddl):
    table: Name


# --- stored code and types ---

@dataclass(slots=True, kw_only=True)
class CreateUnit(Ddl):
    """PROCEDURE, FUNCTION, PACKAGE, PACKAGE BODY, TYPE BODY. ``source`` begins with the unit's type word, as in DBA_SOURCE."""

    type: str
    name: Name
    source: str
    or_replace: bool = False
    editionable: bool | None = None
    authid: str | None = None            # CURRENT_USER or DEFINER


@dataclass(slots=True, kw_only=True)
class CreateTrigger(Ddl):
    """``timing`` is BEFORE, AFTER, INSTEAD OF or COMPOUND (FOR); ``events`` as words (INSERT, UPDATE, LOGON, ...).

    ``on`` is the table or view, None with ``scope`` SCHEMA or DATABASE. ``source`` begins with TRIGGER, ``body`` with
    DECLARE, BEGIN, COMPOUND or CALL.
    """

    name: Name
    timing: str
    events: tuple[str, ...]
    update_columns: tuple[str, ...] = ()
    on: Name | None = None
    nested_column: str | None = None
    scope: str = ""                      # SCHEMA, DATABASE or PLUGGABLE DATABASE
    schema: str | None = None            # of ON schema.SCHEMA
    referencing: str = ""
    for_each_row: bool = False
    when: str = ""
    enabled: bool = True
    source: str = ""
    body: str = ""
    or_replace: bool = False
    editionable: bool | None = None


@dataclass(slots=True, kw_only=True)
class CreateType(Ddl):
    """A type specification. ``form`` is OBJECT, UNDER, VARRAY, TABLE or "" (incomplete)."""

    name: Name
    form: str
    attributes: tuple[tuple[str, DataType], ...] = ()
    methods: int = 0
    supertype: Name | None = None
    element: DataType | None = None
    limit: int | None = None             # of a VARRAY
    final: bool = True
    instantiable: bool = True
    authid: str | None = None
    oid: str | None = None
    source: str = ""
    or_replace: bool = False
    force: bool = False
    editionable: bool | None = None


@dataclass(slots=True, kw_only=True)
class AlterUnit(Ddl):
    """ALTER PROCEDURE | FUNCTION | PACKAGE | TYPE | TRIGGER | VIEW | SYNONYM.

    ``action`` is COMPILE, ENABLE, DISABLE, RENAME, EDITIONABLE or NONEDITIONABLE.
    """

    type: str
    name: Name
    action: str
    part: str = ""                       # of COMPILE: BODY, SPECIFICATION, PACKAGE
    debug: bool = False
    reuse_settings: bool = False
    new_name: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    public: bool = False


# --- directories, links, contexts, recycle bin ---

@dataclass(slots=True, kw_only=True)
class CreateDirectory(Ddl):
    name: Name
    path: str
    or_replace: bool = False


@dataclass(slots=True, kw_only=True)
class CreateDatabaseLink(Ddl):
    """``user`` None: connected user; CURRENT_USER is ``current_user``. ``name`` may be dotted, upper case."""

    name: Name
    public: bool = False
    shared: bool = False
    user: str | None = None
    current_user: bool = False
    password: str | None = None
    values: str | None = None
    using: str | None = None
    alter: bool = False                  # ALTER DATABASE LINK ... CONNECT TO


@dataclass(slots=True, kw_only=True)
class CreateContext(Ddl):
    """``access`` is INITIALIZED EXTERNALLY, INITIALIZED GLOBALLY, ACCESSED GLOBALLY or ""."""

    name: str
    package: Name
    access: str = ""
    or_replace: bool = False


@dataclass(slots=True, kw_only=True)
class Purge(Ddl):
    """``what`` is TABLE, INDEX, RECYCLEBIN, DBA_RECYCLEBIN or TABLESPACE (with ``user``)."""

    what: str
    name: Name | None = None
    user: str | None = None


# --- whatever is dropped without clauses of its own ---

@dataclass(slots=True, kw_only=True)
class Drop(Ddl):
    """DROP of what needs no clauses of its own.

    ``type`` is VIEW, SEQUENCE, SYNONYM, PROCEDURE, FUNCTION, PACKAGE, PACKAGE BODY, TYPE, TYPE BODY, TRIGGER, DIRECTORY,
    DATABASE LINK, CONTEXT, ROLE, PROFILE, RESTORE POINT or CLUSTER.
    """

    type: str
    name: Name
    public: bool = False
    cascade: bool = False                # CASCADE [CONSTRAINTS]
    force: bool = False
    validate: bool = False

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of a schema that are no tables."""
from __future__ import annotations

import dataclasses
import datetime
from typing import ClassVar

from oralab.catalog.model.schema_object import SchemaObject
from oralab.catalog.model.tables import Column, Constraint
from oralab.values import DataType


@dataclasses.dataclass(slots=True, kw_only=True)
class View(SchemaObject):
    """``text`` is the query after AS. Columns are those of the last successful compilation."""

    KIND: ClassVar[str] = "VIEW"

    text: str
    columns: list[Column] = dataclasses.field(default_factory=list)
    aliases: list[str] = dataclasses.field(default_factory=list)
    read_only: bool = False
    check_option: str = ""               # name of the constraint of WITH CHECK OPTION
    comment: str | None = None
    bequeath: str = "DEFINER"
    errors: list[CompileError] = dataclasses.field(default_factory=list)
    constraints: list[Constraint] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(slots=True, kw_only=True)
class MaterializedView(SchemaObject):
    """Its rows stand in the container, a ``Table`` of the same owner and name."""

    KIND: ClassVar[str] = "MATERIALIZED VIEW"

    query: str
    refresh_method: str = "FORCE"        # FORCE, COMPLETE, FAST, NEVER
    refresh_mode: str = "DEMAND"         # DEMAND, COMMIT
    build_mode: str = "IMMEDIATE"        # IMMEDIATE, DEFERRED, PREBUILT
    rewrite: bool = False
    updatable: bool = False
    next_expression: str = ""
    last_refresh: datetime.datetime | None = None
    last_refresh_type: str = "NA"
    staleness: str = "FRESH"             # FRESH, STALE, NEEDS_COMPILE, UNUSABLE
    errors: list[CompileError] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(slots=True, kw_only=True)
class MaterializedViewLog:
    """A log on ``owner.master``; its rows stand in the table ``log_table``."""

    owner: str
    master: str
    log_table: str
    rowids: bool = False
    primary_key: bool = True
    sequence: bool = False
    columns: list[str] = dataclasses.field(default_factory=list)
    new_values: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class Sequence(SchemaObject):
    """``last_number`` is the dictionary's: the first number not handed out to a cache yet."""

    KIND: ClassVar[str] = "SEQUENCE"

    min_value: int = 1
    max_value: int = 10**28 - 1
    increment_by: int = 1
    cycle: bool = False
    order: bool = False
    cache_size: int = 20
    last_number: int = 1
    identity: bool = False               # ISEQ$$_n of an identity column


@dataclasses.dataclass(slots=True, kw_only=True)
class Synonym(SchemaObject):
    """``owner`` is PUBLIC for a public synonym."""

    KIND: ClassVar[str] = "SYNONYM"

    table_owner: str
    table_name: str
    db_link: str = ""


@dataclasses.dataclass(slots=True, kw_only=True)
class CompileError:
    """A row of DBA_ERRORS."""

    line: int
    position: int
    text: str
    attribute: str = "ERROR"
    number: int = 0


@dataclasses.dataclass(slots=True, kw_only=True)
class StoredUnit(SchemaObject):
    """A program unit. ``source`` is the text as DBA_SOURCE shows it: from the unit's type word on, without CREATE."""

    type: str                            # PROCEDURE, FUNCTION, PACKAGE, PACKAGE BODY, TYPE, TYPE BODY, TRIGGER
    source: str
    errors: list[CompileError] = dataclasses.field(default_factory=list)
    authid: str = "DEFINER"
    editionable: bool = True

    @property
    def kind(self) -> str:
        return self.type


@dataclasses.dataclass(slots=True, kw_only=True)
class Trigger(StoredUnit):
    """A trigger; ``base`` is the table, view, schema or database it is on."""

    type: str = "TRIGGER"
    trigger_type: str = ""               # BEFORE EACH ROW, AFTER STATEMENT, INSTEAD OF, AFTER EVENT, ...
    event: str = ""                      # INSERT OR UPDATE, LOGON, ...
    base_type: str = "TABLE"
    base_owner: str = ""
    base_name: str = ""
    when: str = ""
    referencing: str = "REFERENCING NEW AS NEW OLD AS OLD"
    description: str = ""
    body: str = ""
    enabled: bool = True


@dataclasses.dataclass(slots=True, kw_only=True)
class TypeAttribute:
    name: str
    type: DataType


@dataclasses.dataclass(slots=True, kw_only=True)
class UserType(StoredUnit):
    """A user-defined type (specification)."""

    type: str = "TYPE"
    typecode: str = "OBJECT"             # or COLLECTION
    attributes: list[TypeAttribute] = dataclasses.field(default_factory=list)
    methods: int = 0
    collection: str = ""                 # TABLE or VARYING ARRAY
    element: DataType | None = None
    upper_bound: int | None = None
    final: bool = True
    instantiable: bool = True
    supertype: tuple[str, str] | None = None
    type_oid: bytes = b""
    incomplete: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class Directory(SchemaObject):
    KIND: ClassVar[str] = "DIRECTORY"

    path: str


@dataclasses.dataclass(slots=True, kw_only=True)
class DbLink:
    """``owner`` is PUBLIC for a public link; ``username`` is None for a connected user link."""

    owner: str
    name: str
    username: str | None = None
    password: str | None = None
    host: str | None = None
    created: datetime.datetime = datetime.datetime(1970, 1, 1)


@dataclasses.dataclass(slots=True, kw_only=True)
class Context(SchemaObject):
    KIND: ClassVar[str] = "CONTEXT"

    schema: str
    package: str
    type: str = "ACCESSED LOCALLY"


@dataclasses.dataclass(slots=True, kw_only=True)
class RecycleBinEntry:
    """A dropped object; ``object_name`` is its BIN$... name, under which the object's own record continues."""

    owner: str
    object_name: str
    original_name: str
    type: str                            # TABLE, INDEX, TRIGGER, ...
    tablespace: str
    drop_time: datetime.datetime
    drop_scn: int
    created: datetime.datetime
    base_object: int
    can_undrop: bool = True

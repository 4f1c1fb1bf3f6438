# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An object as it travels: a record of the dictionary, and the statements that make it again at the other side."""
from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from oralab.catalog import ddl_text, model
from oralab.catalog.ddl_text import PLAIN, Transform, literal, quoted
from oralab.packages.datapump import paths
from oralab.values import DataType, Timestamp, Value

_OWNERS = frozenset({"owner", "table_owner", "base_owner", "r_owner", "index_owner", "grantor", "grantee", "schema"})
_TABLESPACES = frozenset({"tablespace", "default_tablespace", "temporary_tablespace", "iot_overflow_tablespace"})
_TABLE_NAMES = frozenset({"table_name", "base_name", "r_table", "table"})


@dataclasses.dataclass(slots=True, kw_only=True)
class DataFile:
    """A file of a tablespace, sizes in bytes; ``increment`` 0 does not extend itself, ``maximum`` 0 is unlimited."""

    path: str
    size: int
    increment: int = 0
    maximum: int = 0


@dataclasses.dataclass(slots=True, kw_only=True)
class TableData:
    """What was unloaded of a table or partition: the columns as they lie in the rows, and how much it was."""

    columns: list[tuple[str, DataType]]
    partition: str | None = None
    rows: int = 0
    size: int = 0


@dataclasses.dataclass(slots=True, kw_only=True)
class Exported:
    """One object of a dump. ``kind`` is a name of ``paths.KINDS``; ``base`` the table, view, ... it depends on.

    ``indexes``, ``sequences``, ``columns`` and ``table`` carry what its statements need beside the record: indexes of
    keys, sequences of identity columns, columns that a foreign key points to, the table of a constraint or container.
    """

    kind: str
    owner: str
    name: str
    record: Any
    base: tuple[str, str] | None = None
    indexes: list[model.Index] = dataclasses.field(default_factory=list)
    sequences: list[model.Sequence] = dataclasses.field(default_factory=list)
    columns: list[str] = dataclasses.field(default_factory=list)
    files: list[DataFile] = dataclasses.field(default_factory=list)
    table: model.Table | None = None

    @property
    def label(self) -> str:
        """Type and name as messages have them: ``TABLE:"HR"."EMPLOYEES"``, ``TABLESPACE:"USERS"``, ``ROLE_GRANT``."""
        word = paths.BY_NAME[self.kind].label
        word = {"PACKAGE_SPEC": "PACKAGE", "TYPE_SPEC": "TYPE"}.get(word, word)
        if self.kind.endswith(("GRANT", "COMMENT", "DEFAULT_ROLE")):
            return word
        if self.kind == "TABLESPACE_QUOTA":
            return f'{word}:"{self.name}"."{next(iter(self.record.quotas))}"'
        return f'{word}:"{self.owner}"."{self.name}"' if self.owner else f'{word}:"{self.name}"'


@dataclasses.dataclass(slots=True, frozen=True)
class Remap:
    """What METADATA_REMAP was told, old name to new one."""

    schemas: Mapping[str, str] = dataclasses.field(default_factory=dict)
    tablespaces: Mapping[str, str] = dataclasses.field(default_factory=dict)
    files: Mapping[str, str] = dataclasses.field(default_factory=dict)
    tables: Mapping[tuple[str, str], str] = dataclasses.field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.schemas or self.tablespaces or self.files or self.tables)

    def table(self, owner: str, name: str) -> str:
        """New name of a table; a remap without schema is kept under the owner ""."""
        return self.tables.get((owner, name)) or self.tables.get(("", name), name)

    def apply(self, item: Exported) -> Exported:
        """The object under its new names; what is not remapped is shared with ``item``."""
        owner = self.schemas.get(item.owner, item.owner)
        base = item.base and (self.schemas.get(item.base[0], item.base[0]), self.table(*item.base))
        name = item.name
        if item.kind in ("TABLE", "TABLE_DATA", "TABLE_STATISTICS"):
            name = self.table(item.owner, item.name)
        elif item.kind in ("USER", "DEFAULT_ROLE", "TABLESPACE_QUOTA"):
            name = self.schemas.get(item.name, item.name)
        elif item.kind == "TABLESPACE":
            name = self.tablespaces.get(item.name, item.name)
        record = self._walk(item.record, "record")
        if name != item.name and hasattr(record, "name"):
            record = dataclasses.replace(record, name=name)
        if item.kind == "TABLE_GRANT" and item.base and base:
            record = dataclasses.replace(record, name=base[1])
        return dataclasses.replace(
            item, owner=owner, name=name, base=base, record=record, indexes=self._walk(item.indexes, ""),
            sequences=self._walk(item.sequences, ""), table=self._renamed(item.table),
            files=[dataclasses.replace(file, path=self.files.get(file.path, file.path)) for file in item.files])

    def _renamed(self, table: model.Table | None) -> model.Table | None:
        if table is None:
            return None
        walked: model.Table = self._walk(table, "")
        return dataclasses.replace(walked, name=self.table(table.owner, table.name))

    def _walk(self, value: Any, field: str) -> Any:
        if isinstance(value, str):
            if field in _OWNERS:
                return self.schemas.get(value, value)
            if field in _TABLESPACES:
                return self.tablespaces.get(value, value)
            return value
        if isinstance(value, DataType):
            new = self.schemas.get(value.owner or "")
            return dataclasses.replace(value, owner=new) if new else value
        if isinstance(value, list):
            return [self._walk(one, "") for one in value]
        if isinstance(value, model.User):
            value = dataclasses.replace(value, quotas={
                self.tablespaces.get(space, space): size for space, size in value.quotas.items()})
        if dataclasses.is_dataclass(value) and type(value).__module__.startswith(f"{model.__name__}."):
            changed = {one.name: self._walk(getattr(value, one.name), one.name) for one in dataclasses.fields(value)}
            for name in _TABLE_NAMES & changed.keys():
                owner = {"table_name": "table_owner", "base_name": "base_owner", "r_table": "r_owner",
                         "table": "owner"}[name]
                if isinstance(changed[name], str):
                    changed[name] = self.table(getattr(value, owner), changed[name])
            return dataclasses.replace(value, **changed)  # type: ignore[type-var]
        return value


# --- statements ---

def _created(text: str) -> str:
    """Data Pump creates and never replaces: what exists already is ORA-31684 (transcript)."""
    return text.replace("CREATE OR REPLACE ", "CREATE ", 1)


def tablespace(info: model.TablespaceInfo, files: Iterable[DataFile]) -> str:
    """CREATE TABLESPACE with its files."""
    specs = ", ".join(
        f"{literal(file.path)} SIZE {file.size}" + (
            f" AUTOEXTEND ON NEXT {file.increment} MAXSIZE {file.maximum or 'UNLIMITED'}" if file.increment else "")
        for file in files)
    size = "BIGFILE " if info.bigfile else ""
    if info.contents == "TEMPORARY":
        return f"CREATE {size}TEMPORARY TABLESPACE {quoted(info.name)} TEMPFILE {specs}"
    if info.contents == "UNDO":
        return f"CREATE {size}UNDO TABLESPACE {quoted(info.name)} DATAFILE {specs}"
    extents = f"UNIFORM SIZE {info.initial_extent}" if info.allocation == "UNIFORM" else "AUTOALLOCATE"
    return (f"CREATE {size}TABLESPACE {quoted(info.name)} DATAFILE {specs} {'' if info.logging else 'NO'}LOGGING "
            f"EXTENT MANAGEMENT LOCAL {extents} SEGMENT SPACE MANAGEMENT {info.segment_management}")


def plsql_value(value: Value) -> str:
    """A value as PL/SQL text."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Timestamp):
        hours, minutes = divmod(abs(value.offset), 60)
        zone = value.zone or f"{'-' if value.offset < 0 else '+'}{hours:02d}:{minutes:02d}"
        return (f"TO_TIMESTAMP_TZ('{value.moment:%d-%b-%Y %H.%M.%S}.{value.nanos // 1000:06d} {zone}',"
                "'DD-MON-RRRR HH24.MI.SSXFF TZR','NLS_DATE_LANGUAGE=american')")
    if isinstance(value, datetime.datetime):
        return f"TO_DATE('{value:%Y-%m-%d %H:%M:%S}','YYYY-MM-DD HH24:MI:SS')"
    return literal(value) if isinstance(value, str) else str(value)


def scheduler_job(job: model.SchedulerJob) -> str:
    """The block that makes a scheduler job again; an enabled one is enabled last."""
    name = literal(f'"{job.owner}"."{job.name}"')
    named = {"job_name": name, "job_class": literal(job.job_class), "enabled": "FALSE",
             "auto_drop": plsql_value(job.auto_drop), "comments": plsql_value(job.comments)}
    if job.program:
        named["program_name"] = literal('"{}"."{}"'.format(*job.program))
    else:
        named |= {"job_type": literal(job.job_type), "job_action": literal(job.action),
                  "number_of_arguments": str(job.number_of_arguments)}
    if job.schedule:
        named["schedule_name"] = literal('"{}"."{}"'.format(*job.schedule))
    else:
        named |= {"start_date": plsql_value(job.start_date), "end_date": plsql_value(job.end_date),
                  "repeat_interval": plsql_value(job.repeat_interval or None)}
    calls = [f"dbms_scheduler.create_job({', '.join(f'{key} => {value}' for key, value in named.items())});"]
    calls += [f"dbms_scheduler.set_job_argument_value({name}, {place}, {plsql_value(value)});"
              for place, value in job.arguments.items()]
    if job.enabled:
        calls.append(f"dbms_scheduler.enable({name});")
    return f"BEGIN {' '.join(calls)} END;"


def row_policy(policy: model.Policy) -> str:
    owner, package, function = policy.function or ("", "", "")
    unit = f"{package}.{function}" if package else function
    return (f"BEGIN dbms_rls.add_policy({literal(policy.owner)}, {literal(policy.table)}, {literal(policy.name)}, "
            f"{literal(owner)}, {literal(unit)}, {literal(','.join(policy.statements))}, "
            f"enable => {plsql_value(policy.enabled)}); END;")


def _constraint(item: Exported, how: Transform) -> list[str]:
    assert item.table is not None
    index = item.indexes[0] if item.indexes else None
    return [ddl_text.add_constraint(item.table, item.record, index, item.columns, how,
                                    existing_index=index is not None and not index.generated)]


def _materialized_view(item: Exported, how: Transform) -> list[str]:
    """On its container, which came as a table with its rows."""
    return [ddl_text.materialized_view(dataclasses.replace(item.record, build_mode="PREBUILT"), item.table, how)]


def _link(item: Exported, how: Transform) -> list[str]:
    text = ddl_text.db_link(item.record)
    if item.record.password is not None:
        text = text.replace("IDENTIFIED BY VALUES ':1'", f'IDENTIFIED BY "{item.record.password}"')
    return [text]


def _compile(word: str) -> Callable[[Exported, Transform], list[str]]:
    return lambda item, how: [f'ALTER {word} "{item.owner}"."{item.name}" COMPILE']


def _unit(item: Exported, how: Transform) -> list[str]:
    return [_created(ddl_text.unit(item.record))]


def _trigger(item: Exported, how: Transform) -> list[str]:
    first, *rest = ddl_text.trigger(item.record)
    return [_created(first), *rest]


def _grant(item: Exported, how: Transform) -> list[str]:
    return [ddl_text.object_grant(item.record)]


def _comments(item: Exported, how: Transform) -> list[str]:
    return ddl_text.comments(item.record)


def _table(item: Exported, how: Transform) -> list[str]:
    """Keys and foreign keys follow as objects of their own, NOT NULL and keys of index-organized tables stay inside."""
    text = ddl_text.table(item.record, item.indexes, item.sequences,
                          dataclasses.replace(how, constraints=False, ref_constraints=False))[0]
    if item.record.segment_created and not item.record.partitioning:
        # A table that has a segment gets one at once, so that a missing quota is told before the rows (ORA-01950).
        text = text.replace(" PCTFREE ", " SEGMENT CREATION IMMEDIATE PCTFREE ", 1)
    return [text]


_STATEMENTS: dict[str, Callable[[Exported, Transform], list[str]]] = {
    "TABLESPACE": lambda item, how: [tablespace(item.record, item.files)],
    "PROFILE": lambda item, how: [ddl_text.profile(item.record)],
    "USER": lambda item, how: [ddl_text.user(item.record), *ddl_text.proxies(item.record)],
    "ROLE": lambda item, how: [ddl_text.role(item.record)],
    "SYSTEM_GRANT": lambda item, how: [ddl_text.system_grant(item.record)],
    "ROLE_GRANT": lambda item, how: [ddl_text.role_grant(item.record)],
    "DEFAULT_ROLE": lambda item, how: [ddl_text.default_role(item.record)],
    "TABLESPACE_QUOTA": lambda item, how: ddl_text.quotas(item.record),
    "DIRECTORY": lambda item, how: [_created(ddl_text.directory(item.record))],
    "CONTEXT": lambda item, how: [_created(ddl_text.context(item.record))],
    "PUBLIC_SYNONYM": lambda item, how: [_created(ddl_text.synonym(item.record))],
    "SYNONYM": lambda item, how: [_created(ddl_text.synonym(item.record))],
    "DB_LINK": _link,
    "SEQUENCE": lambda item, how: [ddl_text.sequence(item.record)],
    "TABLE": _table,
    "INDEX": lambda item, how: [ddl_text.index(item.record, how)],
    "CONSTRAINT": _constraint, "REF_CONSTRAINT": _constraint,
    "VIEW": lambda item, how: [_created(ddl_text.view(item.record))],
    "MATERIALIZED_VIEW": _materialized_view,
    "RLS_POLICY": lambda item, how: [row_policy(item.record)],
    "PROCOBJ": lambda item, how: [scheduler_job(item.record)],
    **{f"ALTER_{word}": _compile(word) for word in ("PACKAGE", "FUNCTION", "PROCEDURE")},
    **dict.fromkeys(("TYPE", "TYPE_BODY", "PACKAGE", "PACKAGE_BODY", "FUNCTION", "PROCEDURE"), _unit),
    **dict.fromkeys(("TRIGGER", "VIEW_TRIGGER"), _trigger),
    **dict.fromkeys(("TABLE_COMMENT", "VIEW_COMMENT"), _comments),
    **dict.fromkeys((kind.name for kind in paths.KINDS if kind.label == "OBJECT_GRANT"), _grant),
}


def statements(item: Exported, how: Transform = PLAIN) -> list[str]:
    """The statements that make the object; none for rows and statistics, which are no DDL."""
    make = _STATEMENTS.get(item.kind)
    return make(item, how) if make else []

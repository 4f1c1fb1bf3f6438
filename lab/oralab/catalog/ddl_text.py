# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DDL text from dictionary records: what DBMS_METADATA shows and what Data Pump carries.

Every function is pure, takes records of ``oralab.catalog.model`` and gives statements without terminators;
``oralab.catalog.metadata`` looks the records up. Quoting and order of clauses are DBMS_METADATA's; what a record leaves at
Oracle's default is not spelled out.
"""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence

from oralab.catalog import model
from oralab.values import DataType


@dataclasses.dataclass(frozen=True, slots=True)
class Transform:
    """The transform parameters of DBMS_METADATA that change the text (documented defaults)."""

    segment_attributes: bool = True
    tablespace: bool = True
    storage: bool = True
    constraints: bool = True
    ref_constraints: bool = True
    constraints_as_alter: bool = False
    emit_schema: bool = True
    force: bool = True


PLAIN = Transform()


def quoted(name: str) -> str:
    return f'"{name}"'


def qualified(owner: str, name: str, how: Transform = PLAIN) -> str:
    return f'"{owner}"."{name}"' if how.emit_schema and owner else f'"{name}"'


def literal(text: str) -> str:
    """A character literal."""
    return "'" + text.replace("'", "''") + "'"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


# --- types and columns ---

def data_type(kind: DataType) -> str:
    """A type as it stands in a column definition."""
    if kind.owner:
        return f'"{kind.owner}"."{kind.name}"'
    if kind.name in ("VARCHAR2", "CHAR"):
        return f"{kind.name}({kind.length} {'CHAR' if kind.char_used == 'C' else 'BYTE'})"
    if kind.name in ("NVARCHAR2", "NCHAR", "RAW", "UROWID"):
        return f"{kind.name}({kind.length})" if kind.length else kind.name
    if kind.name == "NUMBER":
        if kind.precision is None:
            return "NUMBER" if kind.scale is None else f"NUMBER(*,{kind.scale})"
        return f"NUMBER({kind.precision},{kind.scale or 0})"
    if kind.name == "FLOAT":
        return f"FLOAT({kind.precision or 126})"
    if kind.name.startswith("TIMESTAMP"):
        return f"TIMESTAMP ({6 if kind.scale is None else kind.scale}){kind.name.removeprefix('TIMESTAMP')}"
    if kind.name == "INTERVAL YEAR TO MONTH":
        return f"INTERVAL YEAR ({2 if kind.precision is None else kind.precision}) TO MONTH"
    if kind.name == "INTERVAL DAY TO SECOND":
        return (f"INTERVAL DAY ({2 if kind.precision is None else kind.precision}) "
                f"TO SECOND ({6 if kind.scale is None else kind.scale})")
    return kind.name


def sequence_options(sequence: model.Sequence, *, start: bool = True) -> str:
    return _joined(f"MINVALUE {sequence.min_value}", f"MAXVALUE {sequence.max_value}",
                   f"INCREMENT BY {sequence.increment_by}", f"START WITH {sequence.last_number}" if start else "",
                   f"CACHE {sequence.cache_size}" if sequence.cache_size else "NOCACHE",
                   "ORDER" if sequence.order else "NOORDER", "CYCLE" if sequence.cycle else "NOCYCLE")


def column(item: model.Column, not_null: model.Constraint | None = None,
           identity: model.Sequence | None = None) -> str:
    """A column definition; ``not_null`` is its NOT NULL constraint, ``identity`` the sequence of an identity column."""
    parts = [quoted(item.name), data_type(item.type), "INVISIBLE" if item.invisible else ""]
    if item.virtual:
        parts.append(f"GENERATED ALWAYS AS ({item.default}) VIRTUAL")
    elif item.identity:
        options = f" {sequence_options(identity)}" if identity else ""
        parts.append(f"GENERATED {item.identity.generation} AS IDENTITY{options}")
    elif item.default is not None:
        parts.append(f"DEFAULT {'ON NULL ' if item.default_on_null else ''}{item.default.strip()}")
    if not_null and not (item.identity or item.default_on_null):
        name = "" if not_null.generated else f"CONSTRAINT {quoted(not_null.name)} "
        parts.append(f"{name}NOT NULL {state(not_null)}")
    return _joined(*parts)


# --- constraints ---

def state(item: model.Constraint) -> str:
    """DEFERRABLE, RELY, ENABLE or DISABLE and NOVALIDATE of a constraint."""
    return _joined("DEFERRABLE" + (" INITIALLY DEFERRED" if item.initially_deferred else "") if item.deferrable else "",
                   "RELY" if item.rely else "", "ENABLE" if item.enabled else "DISABLE",
                   "NOVALIDATE" if item.enabled and not item.validated else
                   "VALIDATE" if item.validated and not item.enabled else "")


def constraint(item: model.Constraint, index: model.Index | None = None, r_columns: Sequence[str] = (),
               how: Transform = PLAIN, *, existing_index: bool = False) -> str:
    """An out-of-line constraint. ``index`` enforces a key, ``r_columns`` are those a foreign key points to.

    ``existing_index`` names the index instead of having it made, as an import does that made it before.
    """
    name = "" if item.generated else f"CONSTRAINT {quoted(item.name)}"
    if item.type == "C":
        body = f"CHECK ({item.condition})"
    elif item.type == "R":
        target = qualified(item.r_owner or "", item.r_table or "", how)
        rule = "" if item.delete_rule == "NO ACTION" else f"ON DELETE {item.delete_rule}"
        columns = f" ({_listed(r_columns)})" if r_columns else ""
        body = _joined(f"FOREIGN KEY ({_listed(item.columns)}) REFERENCES {target}{columns}", rule)
    else:
        using = ""
        if index and existing_index:
            using = f"USING INDEX {qualified(index.owner, index.name, how)}"
        elif index and how.segment_attributes and index.type != "IOT - TOP":
            using = _joined("USING INDEX", index_segment(index, how))
        body = _joined(f"{'PRIMARY KEY' if item.type == 'P' else 'UNIQUE'} ({_listed(item.columns)})", using)
    return _joined(name, body, state(item))


def add_constraint(table: model.Table, item: model.Constraint, index: model.Index | None = None,
                   r_columns: Sequence[str] = (), how: Transform = PLAIN, *, existing_index: bool = False) -> str:
    """ALTER TABLE ... ADD (or MODIFY, for NOT NULL) of one constraint."""
    target = f"ALTER TABLE {qualified(table.owner, table.name, how)}"
    if item.not_null:
        name = "" if item.generated else f"CONSTRAINT {quoted(item.name)} "
        return f"{target} MODIFY ({quoted(item.columns[0])} {name}NOT NULL {state(item)})"
    return f"{target} ADD {constraint(item, index, r_columns, how, existing_index=existing_index)}"


# --- tables ---

def _segment(storage: model.Storage, tablespace: str, how: Transform, *, table: bool) -> str:
    if not how.segment_attributes:
        return ""
    sizes = [f"{word} {size}" for word, size in (("INITIAL", storage.initial_extent), ("NEXT", storage.next_extent))
             if size and how.storage]
    compress = ""
    if table and storage.compression == "ENABLED":
        compress = "ROW STORE COMPRESS ADVANCED" if storage.compress_for == "ADVANCED" else "ROW STORE COMPRESS BASIC"
    return _joined(f"PCTFREE {storage.pct_free} INITRANS {storage.ini_trans} MAXTRANS {storage.max_trans}", compress,
                   "" if storage.logging else "NOLOGGING", f"STORAGE({' '.join(sizes)})" if sizes else "",
                   _tablespace(tablespace, how))


def _tablespace(name: str, how: Transform) -> str:
    return f"TABLESPACE {quoted(name)}" if name and how.tablespace and how.segment_attributes else ""


def _lob(item: model.Column, how: Transform) -> str:
    if item.lob is None or item.type.owner or not how.segment_attributes:
        return ""
    lob = item.lob
    name = "" if lob.generated else f" {quoted(lob.segment_name)}"
    options = _joined(_tablespace(lob.tablespace, how), f"{'ENABLE' if lob.in_row else 'DISABLE'} STORAGE IN ROW",
                      f"CHUNK {lob.chunk}", "NOCACHE" if lob.cache == "NO" else lob.cache.replace("YES", "CACHE"),
                      "LOGGING" if lob.logging == "YES" and lob.cache == "NO" else "")
    return f"LOB ({quoted(item.name)}) STORE AS {'SECUREFILE' if lob.securefile else 'BASICFILE'}{name} ({options})"


def _bounds(kind: str, high_value: str) -> str:
    return {"RANGE": f"VALUES LESS THAN ({high_value})", "LIST": f"VALUES ({high_value})"}.get(kind, "")


def partitioning(plan: model.Partitioning, how: Transform = PLAIN) -> str:
    """PARTITION BY ... with its partitions; those that INTERVAL made come back by themselves and are left out."""
    text = [f"PARTITION BY {plan.type} ({_listed(plan.columns)})"]
    if plan.interval:
        text.append(f"INTERVAL ({plan.interval})")
    if plan.subtype:
        text.append(f"SUBPARTITION BY {plan.subtype} ({_listed(plan.subcolumns)})")
    partitions = []
    for part in plan.partitions:
        if part.interval:
            continue
        line = _joined(f"PARTITION {quoted(part.name)}", _bounds(plan.type, part.high_value),
                       _tablespace(part.tablespace, how))
        if part.subpartitions:
            line += " (" + ", ".join(
                _joined(f"SUBPARTITION {quoted(sub.name)}", _bounds(plan.subtype, sub.high_value),
                        _tablespace(sub.tablespace, how)) for sub in part.subpartitions) + ")"
        partitions.append(line)
    return _joined(*text, "(" + ", ".join(partitions) + ")")


def _external(external: model.External) -> str:
    places = ", ".join((f"{quoted(directory)}:" if directory else "") + literal(file)
                       for directory, file in external.locations)
    parameters = f" ACCESS PARAMETERS ({external.parameters})" if external.parameters else ""
    return (f"ORGANIZATION EXTERNAL (TYPE {external.driver} DEFAULT DIRECTORY {quoted(external.directory)}{parameters} "
            f"LOCATION ({places})) REJECT LIMIT {external.reject_limit}")


def _organization(item: model.Table, how: Transform) -> str:
    if item.external:
        return _external(item.external)
    if item.temporary:
        return f"ON COMMIT {'DELETE' if item.temporary == 'TRANSACTION' else 'PRESERVE'} ROWS"
    segment = _segment(item.storage, item.tablespace, how, table=True)
    if item.organization == "INDEX":
        overflow = item.iot_overflow_tablespace
        return _joined("ORGANIZATION INDEX", segment, _joined("OVERFLOW", _tablespace(overflow, how)) if overflow else "")
    return segment


def table(item: model.Table, indexes: Sequence[model.Index] = (), sequences: Sequence[model.Sequence] = (),
          how: Transform = PLAIN, r_columns: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    """CREATE TABLE, then ALTER TABLE for what cannot stand in it.

    ``indexes`` are those that enforce its keys, ``sequences`` those of identity columns, ``r_columns`` the referenced
    columns by foreign key. The primary key of an index-organized table stands inside whatever ``how`` says.
    """
    by_name = {index.name: index for index in indexes}
    numbers = {sequence.name: sequence for sequence in sequences}
    not_null = {one.columns[0]: one for one in item.constraints if one.not_null}
    inside, later = [], []
    for one in item.constraints:
        wanted = (how.ref_constraints if one.type == "R" else how.constraints) and not one.not_null
        needed = item.organization == "INDEX" and one.type == "P"
        if not (wanted or needed):
            continue
        index = by_name.get(one.index_name or "")
        columns = (r_columns or {}).get(one.name, ())
        if how.constraints_as_alter and not needed:
            later.append(add_constraint(item, one, index, columns, how))
        else:
            inside.append(constraint(one, index, columns, how))
    head = f"CREATE {'GLOBAL TEMPORARY ' if item.temporary else ''}TABLE {qualified(item.owner, item.name, how)}"
    shown = [one for one in item.columns if not (one.hidden or one.unused)]
    if item.object_type or item.xml:
        kind = qualified(*item.object_type) if item.object_type else "XMLTYPE"
        body = f"OF {kind}" + (f" ({', '.join(inside)})" if inside else "")
    else:
        body = "(" + ", ".join([
            column(one, not_null.get(one.name), numbers.get(one.identity.sequence_name) if one.identity else None)
            for one in shown] + inside) + ")"
    text = _joined(
        head, body, _organization(item, how), *(_lob(one, how) for one in shown),
        *(f"NESTED TABLE {quoted(name)} STORE AS {quoted(store)}" for name, store in item.nested_tables.items()),
        partitioning(item.partitioning, how) if item.partitioning else "",
        f"PARALLEL {item.storage.degree}" if item.storage.degree not in ("1", "") else "",
        "CACHE" if item.cache else "", "ENABLE ROW MOVEMENT" if item.row_movement else "",
        "READ ONLY" if item.read_only else "")
    return [text, *later]


def comments(item: model.Table | model.View, how: Transform = PLAIN) -> list[str]:
    name = qualified(item.owner, item.name, how)
    found = [f"COMMENT ON TABLE {name} IS {literal(item.comment)}"] if item.comment else []
    return found + [f"COMMENT ON COLUMN {name}.{quoted(one.name)} IS {literal(one.comment)}"
                    for one in item.columns if one.comment]


# --- indexes ---

def index_segment(item: model.Index, how: Transform = PLAIN) -> str:
    """Physical attributes of an index, local partitions included."""
    plan = item.partitioning
    if plan and plan.locality == "LOCAL":
        parts = ", ".join(_joined(f"PARTITION {quoted(part.name)}", _tablespace(part.tablespace, how))
                          for part in plan.partitions if not part.subpartitions)
        return _joined(_segment(item.storage, plan.default_tablespace, how, table=False), "LOCAL",
                       f"({parts})" if parts else "")
    spread = f"GLOBAL {partitioning(plan, how)}" if plan else ""
    return _joined(_segment(item.storage, item.tablespace, how, table=False), spread)


def index(item: model.Index, how: Transform = PLAIN) -> str:
    columns = ", ".join(_joined(one.expression or quoted(one.name), "DESC" if one.descending else "")
                        for one in item.columns)
    kind = "UNIQUE " if item.unique else "BITMAP " if "BITMAP" in item.type else ""
    head = (f"CREATE {kind}INDEX {qualified(item.owner, item.name, how)} "
            f"ON {qualified(item.table_owner, item.table_name, how)} ({columns})")
    if item.indextype:
        return _joined(head, f"INDEXTYPE IS {qualified(*item.indextype)}",
                       f"PARAMETERS ({literal(item.parameters)})" if item.parameters else "")
    return _joined(head, index_segment(item, how), f"COMPRESS {item.prefix_length}" if item.prefix_length else "",
                   "REVERSE" if item.type.endswith("/REV") else "",
                   f"PARALLEL {item.storage.degree}" if item.storage.degree not in ("1", "") else "",
                   "" if item.visible else "INVISIBLE", "" if item.usable else "UNUSABLE")


# --- other schema objects ---

def view(item: model.View, how: Transform = PLAIN) -> str:
    names = item.aliases or [one.name for one in item.columns]
    check = f"WITH CHECK OPTION CONSTRAINT {quoted(item.check_option)}" if item.check_option else ""
    return _joined(f"CREATE OR REPLACE {'FORCE ' if how.force else ''}VIEW {qualified(item.owner, item.name, how)}",
                   f"({_listed(names)})" if names else "", f"AS {item.text.strip()}",
                   "WITH READ ONLY" if item.read_only else check)


def materialized_view(item: model.MaterializedView, container: model.Table | None = None, how: Transform = PLAIN) -> str:
    names = f" ({_listed(one.name for one in container.columns if one.visible)})" if container else ""
    segment = _segment(container.storage, container.tablespace, how, table=True) if container else ""
    built = "ON PREBUILT TABLE" if item.build_mode == "PREBUILT" else f"BUILD {item.build_mode}"
    refresh = "NEVER REFRESH" if item.refresh_method == "NEVER" else _joined(
        f"REFRESH {item.refresh_method} ON {item.refresh_mode}",
        f"NEXT {item.next_expression}" if item.next_expression else "")
    return _joined(f"CREATE MATERIALIZED VIEW {qualified(item.owner, item.name, how)}{names}",
                   segment if item.build_mode != "PREBUILT" else "", built, refresh,
                   f"{'ENABLE' if item.rewrite else 'DISABLE'} QUERY REWRITE", f"AS {item.query.strip()}")


def materialized_view_log(item: model.MaterializedViewLog, log_table: model.Table | None = None,
                          how: Transform = PLAIN) -> str:
    kinds = [word for word, given in (("PRIMARY KEY", item.primary_key), ("ROWID", item.rowids),
                                      ("SEQUENCE", item.sequence)) if given]
    return _joined(f"CREATE MATERIALIZED VIEW LOG ON {qualified(item.owner, item.master, how)}",
                   _tablespace(log_table.tablespace, how) if log_table else "", f"WITH {', '.join(kinds)}",
                   f"({_listed(item.columns)})" if item.columns else "",
                   f"{'INCLUDING' if item.new_values else 'EXCLUDING'} NEW VALUES")


def sequence(item: model.Sequence, how: Transform = PLAIN) -> str:
    return f"CREATE SEQUENCE {qualified(item.owner, item.name, how)} {sequence_options(item)}"


def synonym(item: model.Synonym, how: Transform = PLAIN) -> str:
    public = item.owner == "PUBLIC"
    name = quoted(item.name) if public else qualified(item.owner, item.name, how)
    link = f"@{quoted(item.db_link)}" if item.db_link else ""
    target = qualified(item.table_owner, item.table_name)
    return f"CREATE OR REPLACE {'PUBLIC ' if public else ''}SYNONYM {name} FOR {target}{link}"


_UNIT_NAME = re.compile(r'\s*(?P<type>(?:PACKAGE|TYPE)\s+BODY|\w+)\s+(?:(?:"[^"]+"|[\w$#]+)\s*\.\s*)?(?:"[^"]+"|[\w$#]+)',
                        re.IGNORECASE)


def unit(item: model.StoredUnit, how: Transform = PLAIN) -> str:
    """CREATE OR REPLACE with the unit's own source, its name qualified."""
    found = _UNIT_NAME.match(item.source)
    rest = item.source[found.end():] if found else ""
    return f"CREATE OR REPLACE {item.type} {qualified(item.owner, item.name, how)}{rest}"


def trigger(item: model.Trigger, how: Transform = PLAIN) -> list[str]:
    word = "ENABLE" if item.enabled else "DISABLE"
    return [unit(item, how), f"ALTER TRIGGER {qualified(item.owner, item.name, how)} {word}"]


def directory(item: model.Directory) -> str:
    return f"CREATE OR REPLACE DIRECTORY {quoted(item.name)} AS {literal(item.path)}"


def db_link(item: model.DbLink) -> str:
    """The password never shows (documented: IDENTIFIED BY VALUES ':1')."""
    return _joined(f"CREATE {'PUBLIC ' if item.owner == 'PUBLIC' else ''}DATABASE LINK {quoted(item.name)}",
                   f"CONNECT TO {quoted(item.username)} IDENTIFIED BY VALUES ':1'" if item.username else "",
                   f"USING {literal(item.host)}" if item.host else "")


def context(item: model.Context) -> str:
    return _joined(f"CREATE OR REPLACE CONTEXT {quoted(item.name)} USING {qualified(item.schema, item.package)}",
                   "" if item.type == "ACCESSED LOCALLY" else item.type)


def tablespace(item: model.TablespaceInfo, files: Sequence[DataFile]) -> str:
    """CREATE TABLESPACE; an Oracle-managed file is given by its size alone."""
    kind = {"UNDO": "UNDO ", "TEMPORARY": "TEMPORARY "}.get(item.contents, "")
    specs = []
    for file in files:
        growth = _joined("AUTOEXTEND ON", f"NEXT {file.next_bytes}" if file.next_bytes else "",
                         f"MAXSIZE {file.max_bytes}" if file.max_bytes else "") if file.autoextend else ""
        specs.append(_joined("" if file.managed else literal(file.path), f"SIZE {file.bytes}", growth))
    uniform = item.allocation == "UNIFORM" or item.contents == "TEMPORARY"
    extents = f"UNIFORM SIZE {item.initial_extent}" if uniform else "AUTOALLOCATE"
    return _joined(f"CREATE {'BIGFILE ' if item.bigfile else ''}{kind}TABLESPACE {quoted(item.name)}",
                   f"{'TEMPFILE' if kind == 'TEMPORARY ' else 'DATAFILE'} {', '.join(specs)}",
                   "" if item.logging or kind else "NOLOGGING", f"BLOCKSIZE {item.block_size}" if not kind else "",
                   "" if kind == "UNDO " else f"EXTENT MANAGEMENT LOCAL {extents}",
                   f"SEGMENT SPACE MANAGEMENT {item.segment_management}" if not kind else "")


@dataclasses.dataclass(frozen=True, slots=True)
class DataFile:
    """A datafile as ``tablespace`` writes it; sizes in bytes, 0 for Oracle's default."""

    path: str
    bytes: int
    autoextend: bool = False
    next_bytes: int = 0
    max_bytes: int = 0
    managed: bool = False


# --- users and privileges ---

def verifier_text(user: model.User) -> str:
    """A 12C verifier as IDENTIFIED BY VALUES takes it: T: and the hexadecimal hash and salt."""
    if user.verifier is None:
        return ""
    return f"T:{user.verifier.hash.hex().upper()}{user.verifier.salt.hex().upper()}"


def user(item: model.User) -> str:
    how = {"PASSWORD": f"IDENTIFIED BY VALUES {literal(verifier_text(item))}", "EXTERNAL": "IDENTIFIED EXTERNALLY",
           "GLOBAL": "IDENTIFIED GLOBALLY", "NONE": "NO AUTHENTICATION"}[item.authentication]
    if item.external_name:
        how += f" AS {literal(item.external_name)}"
    return _joined(f"CREATE USER {quoted(item.name)} {how}", f"DEFAULT TABLESPACE {quoted(item.default_tablespace)}",
                   f"TEMPORARY TABLESPACE {quoted(item.temporary_tablespace)}",
                   "" if item.profile == "DEFAULT" else f"PROFILE {quoted(item.profile)}",
                   "PASSWORD EXPIRE" if item.expired else "", "ACCOUNT LOCK" if item.locked else "")


def quotas(item: model.User) -> list[str]:
    return [f"ALTER USER {quoted(item.name)} QUOTA {'UNLIMITED' if size < 0 else size} ON {quoted(space)}"
            for space, size in item.quotas.items()]


def default_role(item: model.User) -> str:
    if item.default_roles is not None:
        roles = _listed(item.default_roles) or "NONE"
    else:
        roles = "ALL" + (f" EXCEPT {_listed(item.excluded_roles)}" if item.excluded_roles else "")
    return f"ALTER USER {quoted(item.name)} DEFAULT ROLE {roles}"


def proxies(item: model.User) -> list[str]:
    return [f"ALTER USER {quoted(item.name)} GRANT CONNECT THROUGH {quoted(proxy)}"
            + (f" WITH ROLE {_listed(roles)}" if roles else "" if roles is None else " WITH NO ROLES")
            for proxy, roles in item.proxies.items()]


def role(item: model.Role) -> str:
    return f"CREATE ROLE {quoted(item.name)}"


def profile(item: model.Profile) -> str:
    return f"CREATE PROFILE {quoted(item.name)} LIMIT " + " ".join(
        f"{resource} {limit}" for resource, limit in item.limits.items())


def system_grant(item: model.SystemGrant) -> str:
    return f"GRANT {item.privilege} TO {quoted(item.grantee)}" + (" WITH ADMIN OPTION" if item.admin else "")


def role_grant(item: model.RoleGrant) -> str:
    return f"GRANT {quoted(item.role)} TO {quoted(item.grantee)}" + (" WITH ADMIN OPTION" if item.admin else "")


def object_grant(item: model.ObjectGrant) -> str:
    privilege = f"{item.privilege} ({quoted(item.column)})" if item.column else item.privilege
    kind = f"{item.type} " if item.type in ("DIRECTORY", "USER") else ""
    name = quoted(item.name) if kind else qualified(item.owner, item.name)
    return (f"GRANT {privilege} ON {kind}{name} TO {quoted(item.grantee)}"
            + (" WITH HIERARCHY OPTION" if item.hierarchy else "") + (" WITH GRANT OPTION" if item.grantable else ""))

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DDL of catalogued objects by DBMS_METADATA's object types."""
from __future__ import annotations

from collections.abc import Callable

from oralab.catalog import ddl_text, model
from oralab.catalog.catalog import Catalog
from oralab.catalog.ddl_text import PLAIN, Transform

_UNITS = {"PROCEDURE": ["PROCEDURE"], "FUNCTION": ["FUNCTION"], "PACKAGE": ["PACKAGE", "PACKAGE BODY"],
          "PACKAGE_SPEC": ["PACKAGE"], "PACKAGE_BODY": ["PACKAGE BODY"], "TYPE": ["TYPE", "TYPE BODY"],
          "TYPE_SPEC": ["TYPE"], "TYPE_BODY": ["TYPE BODY"]}
_GLOBAL = ("USER", "ROLE", "PROFILE", "DIRECTORY", "CONTEXT")
"""Object types without a schema; directories and contexts belong to SYS."""


class NotFound(Exception):
    """There is no object of that type and name."""


class UnknownType(Exception):
    """DBMS_METADATA knows no such object type here."""


def ddl(catalog: Catalog, object_type: str, owner: str, name: str, how: Transform = PLAIN) -> list[str]:
    """Statements that make one object again. ``owner`` is ignored for objects without a schema.

    Raises NotFound and UnknownType.
    """
    if object_type in _UNITS:
        found = [unit for kind in _UNITS[object_type]
                 if (unit := catalog.get(model.StoredUnit, owner, name, kind=kind)) is not None]
        if not found:
            raise NotFound(name)
        return [ddl_text.unit(unit, how) for unit in found]
    if object_type not in _WRITERS:
        raise UnknownType(object_type)
    return _WRITERS[object_type](catalog, "SYS" if object_type in _GLOBAL else owner, name, how)


def dependent_ddl(catalog: Catalog, object_type: str, owner: str, base: str, how: Transform = PLAIN) -> list[str]:
    """Statements for what hangs on ``owner.base``: INDEX, CONSTRAINT, REF_CONSTRAINT, TRIGGER, COMMENT, OBJECT_GRANT,
    MATERIALIZED_VIEW_LOG. Raises NotFound when there is none, UnknownType."""
    if object_type not in _DEPENDENT:
        raise UnknownType(object_type)
    found = _DEPENDENT[object_type](catalog, owner, base, how)
    if not found:
        raise NotFound(base)
    return found


def granted_ddl(catalog: Catalog, object_type: str, grantee: str) -> list[str]:
    """Statements for what a user or role was given: SYSTEM_GRANT, ROLE_GRANT, OBJECT_GRANT, DEFAULT_ROLE,
    TABLESPACE_QUOTA, PROXY. Raises NotFound when there is none, UnknownType."""
    if object_type not in _GRANTED:
        raise UnknownType(object_type)
    found = _GRANTED[object_type](catalog, grantee)
    if not found:
        raise NotFound(grantee)
    return found


def referenced_columns(catalog: Catalog, constraint: model.Constraint) -> list[str]:
    """Columns of the key that a foreign key points to."""
    target = catalog.get(model.Table, constraint.r_owner or "", constraint.r_table or "")
    keys = [key for key in (target.constraints if target else []) if key.name == constraint.r_constraint]
    return keys[0].columns if keys else []


def key_index(catalog: Catalog, table: model.Table, constraint: model.Constraint) -> model.Index | None:
    """The index that enforces a key."""
    return catalog.get(model.Index, constraint.index_owner or table.owner, constraint.index_name or "")


def _table(catalog: Catalog, owner: str, name: str, how: Transform) -> list[str]:
    table = catalog.get(model.Table, owner, name)
    if table is None or table.dropped:
        raise NotFound(name)
    sequences = [sequence for column in table.columns if column.identity
                 if (sequence := catalog.get(model.Sequence, owner, column.identity.sequence_name))]
    foreign = {one.name: referenced_columns(catalog, one) for one in table.constraints if one.type == "R"}
    return ddl_text.table(table, catalog.indexes_of(table), sequences, how, foreign)


def _constraint(catalog: Catalog, owner: str, name: str, how: Transform) -> list[str]:
    found = catalog.constraint(owner, name)
    if found is None:
        raise NotFound(name)
    return [_added(catalog, *found, how)]


def _added(catalog: Catalog, table: model.Table, constraint: model.Constraint, how: Transform) -> str:
    return ddl_text.add_constraint(table, constraint, key_index(catalog, table, constraint),
                                   referenced_columns(catalog, constraint) if constraint.type == "R" else (), how)


def _materialized_view(catalog: Catalog, owner: str, name: str, how: Transform) -> list[str]:
    view = catalog.get(model.MaterializedView, owner, name)
    if view is None:
        raise NotFound(name)
    return [ddl_text.materialized_view(view, catalog.get(model.Table, owner, name), how)]


def _log(catalog: Catalog, owner: str, master: str, how: Transform) -> list[str]:
    log = catalog.get(model.MaterializedViewLog, owner, master)
    return [ddl_text.materialized_view_log(log, catalog.get(model.Table, owner, log.log_table), how)] if log else []


def _tablespace(catalog: Catalog, owner: str, name: str, how: Transform) -> list[str]:
    space = catalog.get(model.TablespaceInfo, name)
    if space is None:
        raise NotFound(name)
    files = [ddl_text.DataFile(file.path, file.bytes, file.auto_extend, file.increment, file.max_bytes, file.omf)
             for file in catalog.store.datafiles(name)]
    return [ddl_text.tablespace(space, files)]


def _simple(type_: type, write: Callable[..., str | list[str]], *, schema: bool = True, styled: bool = True,
            ) -> Callable[[Catalog, str, str, Transform], list[str]]:
    def written(catalog: Catalog, owner: str, name: str, how: Transform) -> list[str]:
        found = catalog.get(type_, *((owner, name) if schema else (name,)))
        if found is None:
            raise NotFound(name)
        text = write(found, how) if styled else write(found)
        return [text] if isinstance(text, str) else text
    return written


_WRITERS: dict[str, Callable[[Catalog, str, str, Transform], list[str]]] = {
    "TABLE": _table, "CONSTRAINT": _constraint, "REF_CONSTRAINT": _constraint, "MATERIALIZED_VIEW": _materialized_view,
    "TABLESPACE": _tablespace,
    "INDEX": _simple(model.Index, ddl_text.index), "VIEW": _simple(model.View, ddl_text.view),
    "SEQUENCE": _simple(model.Sequence, ddl_text.sequence), "SYNONYM": _simple(model.Synonym, ddl_text.synonym),
    "TRIGGER": _simple(model.Trigger, ddl_text.trigger),
    "DIRECTORY": _simple(model.Directory, ddl_text.directory, styled=False),
    "DB_LINK": _simple(model.DbLink, ddl_text.db_link, styled=False),
    "CONTEXT": _simple(model.Context, ddl_text.context, styled=False),
    "USER": _simple(model.User, ddl_text.user, schema=False, styled=False),
    "ROLE": _simple(model.Role, ddl_text.role, schema=False, styled=False),
    "PROFILE": _simple(model.Profile, ddl_text.profile, schema=False, styled=False),
}


def _constraints_of(catalog: Catalog, owner: str, base: str, how: Transform, *, foreign: bool) -> list[str]:
    table = catalog.get(model.Table, owner, base)
    return [_added(catalog, table, one, how) for one in table.constraints
            if (one.type == "R") == foreign and not one.not_null] if table else []


def _comments(catalog: Catalog, owner: str, base: str, how: Transform) -> list[str]:
    found = catalog.get(model.Table, owner, base) or catalog.get(model.View, owner, base)
    return ddl_text.comments(found, how) if found else []


def _indexes(catalog: Catalog, owner: str, base: str, how: Transform) -> list[str]:
    table = catalog.get(model.Table, owner, base)
    return [ddl_text.index(index, how) for index in catalog.indexes_of(table)
            if index.type not in ("IOT - TOP", "LOB")] if table else []


_DEPENDENT: dict[str, Callable[[Catalog, str, str, Transform], list[str]]] = {
    "INDEX": _indexes, "COMMENT": _comments, "MATERIALIZED_VIEW_LOG": _log,
    "CONSTRAINT": lambda catalog, owner, base, how: _constraints_of(catalog, owner, base, how, foreign=False),
    "REF_CONSTRAINT": lambda catalog, owner, base, how: _constraints_of(catalog, owner, base, how, foreign=True),
    "TRIGGER": lambda catalog, owner, base, how: [
        text for trigger in catalog.triggers_of(owner, base) for text in ddl_text.trigger(trigger, how)],
    "OBJECT_GRANT": lambda catalog, owner, base, how: [
        ddl_text.object_grant(grant) for grant in catalog.all(model.ObjectGrant)
        if (grant.owner, grant.name) == (owner, base)],
}


def _of_user(write: Callable[[model.User], list[str]]) -> Callable[[Catalog, str], list[str]]:
    def written(catalog: Catalog, grantee: str) -> list[str]:
        user = catalog.get(model.User, grantee)
        return write(user) if user else []
    return written


_GRANTED: dict[str, Callable[[Catalog, str], list[str]]] = {
    "SYSTEM_GRANT": lambda catalog, grantee: [
        ddl_text.system_grant(grant) for grant in catalog.all(model.SystemGrant) if grant.grantee == grantee],
    "ROLE_GRANT": lambda catalog, grantee: [
        ddl_text.role_grant(grant) for grant in catalog.all(model.RoleGrant) if grant.grantee == grantee],
    "OBJECT_GRANT": lambda catalog, grantee: [
        ddl_text.object_grant(grant) for grant in catalog.all(model.ObjectGrant) if grant.grantee == grantee],
    "DEFAULT_ROLE": _of_user(lambda user: [ddl_text.default_role(user)]),
    "TABLESPACE_QUOTA": _of_user(ddl_text.quotas), "PROXY": _of_user(ddl_text.proxies),
}

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of DDL on users, roles and privileges (see ``oralab.sql.ast``)."""
from __future__ import annotations

from dataclasses import dataclass

from oralab.sql.ast_tables import Ddl, Name


@dataclass(slots=True)
class Quota:
    """``bytes`` -1 is UNLIMITED."""

    tablespace: str
    bytes: int


@dataclass(slots=True)
class ProxyClause:
    """ALTER USER ... GRANT | REVOKE CONNECT THROUGH; ``roles`` None is all, empty is NO ROLES."""

    proxy: str
    revoke: bool = False
    roles: tuple[str, ...] | None = None
    except_roles: bool = False
    authentication_required: bool = False


@dataclass(slots=True, kw_only=True)
class UserClauses(Ddl):
    """What CREATE USER and ALTER USER share. ``authentication`` is PASSWORD, EXTERNAL, GLOBAL, NONE or None (not said)."""

    name: Name
    authentication: str | None = None
    password: str | None = None          # case as given
    values: str | None = None            # IDENTIFIED BY VALUES
    external_name: str | None = None
    default_tablespace: str | None = None
    temporary_tablespace: str | None = None
    quotas: tuple[Quota, ...] = ()
    profile: str | None = None
    expire: bool = False
    locked: bool | None = None
    editions: bool = False
    container: str | None = None         # ALL or CURRENT


@dataclass(slots=True, kw_only=True)
class CreateUser(UserClauses):
    pass


@dataclass(slots=True, kw_only=True)
class AlterUser(UserClauses):
    """``default_roles`` names roles, () NONE, ALL is ``all_roles``; ``except_roles`` of ALL EXCEPT."""

    replace: str | None = None
    default_roles: tuple[str, ...] | None = None
    all_roles: bool = False
    except_roles: tuple[str, ...] = ()
    proxy: ProxyClause | None = None


@dataclass(slots=True, kw_only=True)
class DropUser(Ddl):
    name: Name
    cascade: bool = False


@dataclass(slots=True, kw_only=True)
class CreateRole(Ddl):
    """CREATE ROLE or (``alter``) ALTER ROLE; ``authentication`` as for users, or APPLICATION with ``package``."""

    name: Name
    authentication: str = "NONE"
    password: str | None = None
    values: str | None = None
    package: Name | None = None
    alter: bool = False
    container: str | None = None


@dataclass(slots=True, kw_only=True)
class CreateProfile(Ddl):
    """CREATE PROFILE or (``alter``) ALTER PROFILE. ``limits``: a number's text, UNLIMITED, DEFAULT, a name, or NULL.

    A limit given as an expression (1/24) is its value's text.
    """

    name: Name
    limits: tuple[tuple[str, str], ...]
    alter: bool = False
    container: str | None = None


@dataclass(slots=True)
class ObjectPrivilege:
    name: str                            # SELECT, ..., or ALL
    columns: tuple[str, ...] = ()


@dataclass(slots=True)
class Grantee:
    """``password`` of GRANT CONNECT TO user IDENTIFIED BY."""

    name: str
    password: str | None = None
    program_unit: str | None = None      # PROCEDURE, FUNCTION or PACKAGE, for code based roles
    schema: str | None = None


@dataclass(slots=True, kw_only=True)
class Grant(Ddl):
    """Of system privileges and roles (``privileges``, several words each; ALL PRIVILEGES too) or of object privileges.

    ``on_kind`` is "" for schema objects, else DIRECTORY, USER, EDITION, MINING MODEL, JAVA SOURCE, SQL TRANSLATION PROFILE.
    """

    grantees: tuple[Grantee, ...]
    privileges: tuple[str, ...] = ()
    object_privileges: tuple[ObjectPrivilege, ...] = ()
    on: Name | None = None
    on_kind: str = ""
    admin_option: bool = False
    delegate_option: bool = False
    grant_option: bool = False
    hierarchy_option: bool = False
    container: str | None = None


@dataclass(slots=True, kw_only=True)
class Revoke(Ddl):
    grantees: tuple[Grantee, ...]
    privileges: tuple[str, ...] = ()
    object_privileges: tuple[ObjectPrivilege, ...] = ()
    on: Name | None = None
    on_kind: str = ""
    cascade_constraints: bool = False
    force: bool = False
    container: str | None = None


@dataclass(slots=True, kw_only=True)
class Audit(Ddl):
    """AUDIT and NOAUDIT; ``action`` holds the words that follow."""

    noaudit: bool
    action: str

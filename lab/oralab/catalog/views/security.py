# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, roles, profiles and privileges."""
from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.dictionary import OWNER, RowDict, empty, rows, yes
from oralab.catalog.predefined import PROFILE_LIMITS
from oralab.catalog.segments import used_bytes
from oralab.values import Timestamp

if TYPE_CHECKING:
    from oralab.catalog.database import Database

empty("APPLICATION_ROLES", "NETWORK_ACLS", "HOST_ACES", "CREDENTIALS", "AUDIT_POLICIES", "OBJ_AUDIT_OPTS", "PRIV_AUDIT_OPTS",
      "STMT_AUDIT_OPTS", "GOLDENGATE_PRIVILEGES")


@rows("USERS")
def users(session: Any, database: Database) -> Iterator[RowDict]:
    for user in database.catalog.all(model.User):
        life = database.limit(user, "PASSWORD_LIFE_TIME")
        expiry = user.expiry_date
        if expiry is None and life is not None and user.password_changed and not user.oracle_maintained:
            expiry = user.password_changed + datetime.timedelta(days=life)
        yield {
            OWNER: user.name, "USERNAME": user.name, "USER_ID": user.user_id, "ACCOUNT_STATUS": user.account_status,
            "LOCK_DATE": user.lock_date, "EXPIRY_DATE": expiry, "DEFAULT_TABLESPACE": user.default_tablespace,
            "TEMPORARY_TABLESPACE": user.temporary_tablespace, "LOCAL_TEMP_TABLESPACE": user.temporary_tablespace, "CREATED": user.created,
            "PROFILE": user.profile, "INITIAL_RSRC_CONSUMER_GROUP": "DEFAULT_CONSUMER_GROUP", "EXTERNAL_NAME": user.external_name,
            "PASSWORD_VERSIONS": ("10G " if user.verifier.kind == "10G" else "11G 12C ") if user.verifier else None,
            "EDITIONS_ENABLED": "Y" if user.editions_enabled else "N", "AUTHENTICATION_TYPE": user.authentication,
            "PROXY_ONLY_CONNECT": "N", "COMMON": yes(user.common), "LAST_LOGIN": _moment(user.last_login),
            "ORACLE_MAINTAINED": "Y" if user.oracle_maintained else "N", "INHERITED": yes(user.common and database.spec.is_cdb),
            "DEFAULT_COLLATION": "USING_NLS_COMP", "IMPLICIT": "NO", "ALL_SHARD": "NO", "PASSWORD_CHANGE_DATE": user.password_changed}


@rows("ALL_USERS")
def all_users(session: Any, database: Database) -> Iterator[RowDict]:
    return ({**row, OWNER: "PUBLIC"} for row in users(session, database))


def _moment(when: datetime.datetime | None) -> Timestamp | None:
    return Timestamp(when, zone="+00:00") if when else None


@rows("ROLES")
def roles(session: Any, database: Database) -> Iterator[RowDict]:
    for role in database.catalog.all(model.Role):
        required = {"NONE": "NO", "PASSWORD": "YES"}.get(role.authentication, role.authentication)
        yield {"ROLE": role.name, "ROLE_ID": role.role_id, "PASSWORD_REQUIRED": required, "AUTHENTICATION_TYPE": role.authentication,
               "COMMON": yes(role.common), "ORACLE_MAINTAINED": "Y" if role.oracle_maintained else "N",
               "INHERITED": yes(role.common and database.spec.is_cdb), "IMPLICIT": "NO"}


@rows("PROFILES")
def profiles(session: Any, database: Database) -> Iterator[RowDict]:
    for profile in database.catalog.all(model.Profile):
        for name, limit in profile.limits.items():
            yield {"PROFILE": profile.name, "RESOURCE_NAME": name, "RESOURCE_TYPE": PROFILE_LIMITS[name][0], "LIMIT": limit,
                   "COMMON": "NO", "INHERITED": "NO", "IMPLICIT": "NO"}


@rows("TS_QUOTAS")
def ts_quotas(session: Any, database: Database) -> Iterator[RowDict]:
    for user in database.catalog.all(model.User):
        for tablespace, quota in user.quotas.items():
            info = database.catalog.get(model.TablespaceInfo, tablespace)
            size = info.block_size if info else database.spec.block_size
            used = used_bytes(database, user.name, tablespace)
            yield {OWNER: user.name, "TABLESPACE_NAME": tablespace, "USERNAME": user.name, "BYTES": used, "MAX_BYTES": quota,
                   "BLOCKS": used // size, "MAX_BLOCKS": -1 if quota < 0 else -(-quota // size), "DROPPED": "NO" if info else "YES"}


@rows("SYS_PRIVS")
def sys_privs(session: Any, database: Database) -> Iterator[RowDict]:
    for grant in database.catalog.all(model.SystemGrant):
        yield {OWNER: grant.grantee, "GRANTEE": grant.grantee, "USERNAME": grant.grantee, "PRIVILEGE": grant.privilege,
               "ADMIN_OPTION": yes(grant.admin), "COMMON": "NO", "INHERITED": "NO"}


@rows("USER_SYS_PRIVS")
def user_sys_privs(session: Any, database: Database) -> Iterator[RowDict]:
    return ({**row, OWNER: session.user} for row in sys_privs(session, database) if row["GRANTEE"] in (session.user, "PUBLIC"))


@rows("ROLE_PRIVS")
def role_privs(session: Any, database: Database) -> Iterator[RowDict]:
    for grant in database.catalog.all(model.RoleGrant):
        user = database.catalog.get(model.User, grant.grantee)
        default = user is None or grant.role not in user.excluded_roles and (user.default_roles is None or grant.role in user.default_roles)
        yield {OWNER: grant.grantee, "GRANTEE": grant.grantee, "USERNAME": grant.grantee, "GRANTED_ROLE": grant.role,
               "ADMIN_OPTION": yes(grant.admin), "DELEGATE_OPTION": yes(grant.delegate), "DEFAULT_ROLE": yes(default), "OS_GRANTED": "NO",
               "COMMON": "NO", "INHERITED": "NO"}


def object_grants(database: Database, *, columns: bool) -> Iterator[tuple[model.ObjectGrant, RowDict]]:
    for grant in database.catalog.all(model.ObjectGrant):
        if (grant.column is not None) == columns:
            yield grant, {
                "GRANTEE": grant.grantee, "OWNER": grant.owner, "TABLE_SCHEMA": grant.owner, "TABLE_NAME": grant.name,
                "COLUMN_NAME": grant.column, "GRANTOR": grant.grantor, "PRIVILEGE": grant.privilege, "GRANTABLE": yes(grant.grantable),
                "HIERARCHY": yes(grant.hierarchy), "COMMON": "NO", "INHERITED": "NO",
                "TYPE": "TABLE" if grant.type == "MATERIALIZED VIEW" else grant.type}


def _concerns(session: Any, database: Database, grant: model.ObjectGrant) -> bool:
    return session.user in (grant.grantee, grant.owner, grant.grantor)


@rows("DBA_TAB_PRIVS")
def tab_privs(session: Any, database: Database) -> Iterator[RowDict]:
    """Grants, and those of the supplied packages' installation."""
    from oralab.packages.registry import packages
    yield from (row for _, row in object_grants(database, columns=False))
    for name, package in packages().items():
        for grantee in package.grantees:
            yield {"GRANTEE": grantee, "OWNER": package.owner, "TABLE_NAME": name, "GRANTOR": package.owner, "PRIVILEGE": "EXECUTE",
                   "GRANTABLE": "NO", "HIERARCHY": "NO", "COMMON": "NO", "TYPE": "PACKAGE", "INHERITED": "NO"}


@rows("DBA_COL_PRIVS")
def col_privs(session: Any, database: Database) -> Iterator[RowDict]:
    return (row for _, row in object_grants(database, columns=True))


@rows("USER_TAB_PRIVS")
def user_tab_privs(session: Any, database: Database) -> Iterator[RowDict]:
    return (row for grant, row in object_grants(database, columns=False) if _concerns(session, database, grant))


@rows("USER_COL_PRIVS")
def user_col_privs(session: Any, database: Database) -> Iterator[RowDict]:
    return (row for grant, row in object_grants(database, columns=True) if _concerns(session, database, grant))


@rows("ALL_TAB_PRIVS")
def all_tab_privs(session: Any, database: Database) -> Iterator[RowDict]:
    names = database.catalog.privileges.grantees(session)
    return ({**row, OWNER: "PUBLIC"} for grant, row in object_grants(database, columns=False)
            if _concerns(session, database, grant) or grant.grantee in names)


@rows("ALL_COL_PRIVS")
def all_col_privs(session: Any, database: Database) -> Iterator[RowDict]:
    names = database.catalog.privileges.grantees(session)
    return ({**row, OWNER: "PUBLIC"} for grant, row in object_grants(database, columns=True)
            if _concerns(session, database, grant) or grant.grantee in names)


@rows("ROLE_SYS_PRIVS")
def role_sys_privs(session: Any, database: Database) -> Iterator[RowDict]:
    names = database.catalog.privileges.roles_of(session.user)
    for grant in database.catalog.all(model.SystemGrant):
        if grant.grantee in names:
            yield {"ROLE": grant.grantee, "PRIVILEGE": grant.privilege, "ADMIN_OPTION": yes(grant.admin), "COMMON": "NO", "INHERITED": "NO"}


@rows("ROLE_ROLE_PRIVS")
def role_role_privs(session: Any, database: Database) -> Iterator[RowDict]:
    names = database.catalog.privileges.roles_of(session.user)
    for grant in database.catalog.all(model.RoleGrant):
        if grant.grantee in names:
            yield {"ROLE": grant.grantee, "GRANTED_ROLE": grant.role, "ADMIN_OPTION": yes(grant.admin), "COMMON": "NO", "INHERITED": "NO"}


@rows("ROLE_TAB_PRIVS")
def role_tab_privs(session: Any, database: Database) -> Iterator[RowDict]:
    names = database.catalog.privileges.roles_of(session.user)
    for grant in database.catalog.all(model.ObjectGrant):
        if grant.grantee in names:
            yield {"ROLE": grant.grantee, "OWNER": grant.owner, "TABLE_NAME": grant.name, "COLUMN_NAME": grant.column,
                   "PRIVILEGE": grant.privilege, "GRANTABLE": yes(grant.grantable), "COMMON": "NO", "INHERITED": "NO"}


@rows("SESSION_PRIVS")
def session_privs(session: Any, database: Database) -> Iterator[RowDict]:
    for privilege in sorted({grant.privilege for grant in database.catalog.all(model.SystemGrant)}):
        if database.catalog.privileges.has(session, privilege):
            yield {"PRIVILEGE": privilege}


@rows("SESSION_ROLES")
def session_roles(session: Any, database: Database) -> Iterator[RowDict]:
    return ({"ROLE": role} for role in sorted(session.roles))


@rows("DBA_PROXIES", "USER_PROXIES")
def proxies(session: Any, database: Database) -> Iterator[RowDict]:
    for user in database.catalog.all(model.User):
        for proxy, allowed in user.proxies.items():
            yield {OWNER: user.name, "PROXY": proxy, "CLIENT": user.name, "AUTHENTICATION": "NO",
                   "AUTHORIZATION_CONSTRAINT": "PROXY MAY ACTIVATE ALL CLIENT ROLES" if allowed is None else
                   "PROXY MAY ACTIVATE ROLE" if allowed else "NO CLIENT ROLES MAY BE ACTIVATED", "PROXY_AUTHORITY": "DATABASE",
                   "ROLE": allowed[0] if allowed else None}


@rows("PROXY_USERS")
def proxy_users(session: Any, database: Database) -> Iterator[RowDict]:
    return ({**row, "FLAGS": row["AUTHORIZATION_CONSTRAINT"]} for row in proxies(session, database))


@rows("V$PWFILE_USERS")
def pwfile_users(session: Any, database: Database) -> Iterator[RowDict]:
    for name, (_, held) in database.password_file.entries().items():
        user = database.catalog.get(model.User, name)
        yield {"USERNAME": name, **{word: "TRUE" if word in held else "FALSE" for word in (
            "SYSDBA", "SYSOPER", "SYSASM", "SYSBACKUP", "SYSDG", "SYSKM")}, "ACCOUNT_STATUS": user.account_status if user else "OPEN",
            "PASSWORD_PROFILE": user.profile if user else "DEFAULT", "AUTHENTICATION_TYPE": "PASSWORD", "COMMON": "NO"}


@rows("V$PASSWORDFILE_INFO")
def passwordfile_info(session: Any, database: Database) -> Iterator[RowDict]:
    form = database.password_file.form
    if form is not None:
        yield {"FILE_NAME": database.password_file.path, "FORMAT": form, "IS_ASM": "FALSE"}

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, roles and profiles."""
from __future__ import annotations

from typing import Any

from oralab.api import Verifier
from oralab.catalog import model
from oralab.catalog.ddl import Ddl, statement
from oralab.catalog.ddl.drops import remove_table
from oralab.catalog.predefined import LIMITS_SINCE_19, PROFILE_LIMITS
from oralab.errors import OraError
from oralab.net.auth import make_verifier
from oralab.sql import ast

# --- CREATE, ALTER, DROP USER ---

def _clauses(ddl: Ddl, user: model.User, node: ast.UserClauses) -> None:
    """What CREATE USER and ALTER USER share. ORA-00959, ORA-02380, ORA-10615 ..."""
    for field, name, kind in (("default_tablespace", node.default_tablespace, "PERMANENT"),
                              ("temporary_tablespace", node.temporary_tablespace, "TEMPORARY")):
        if name is not None:
            info = ddl.catalog.get(model.TablespaceInfo, name)
            if info is None:
                raise OraError(959, f"tablespace '{name}' does not exist")
            if info.contents != kind:
                raise OraError(10615 if kind == "TEMPORARY" else 12910, "Invalid tablespace type for temporary tablespace"
                               if kind == "TEMPORARY" else "cannot specify temporary tablespace as default tablespace")
            setattr(user, field, name)
    for quota in node.quotas:
        if ddl.catalog.get(model.TablespaceInfo, quota.tablespace) is None:
            raise OraError(959, f"tablespace '{quota.tablespace}' does not exist")
        user.quotas[quota.tablespace] = quota.bytes
        if quota.bytes == 0:
            del user.quotas[quota.tablespace]
    if node.profile is not None:
        if ddl.catalog.get(model.Profile, node.profile) is None:
            raise OraError(2380, f"profile {node.profile} does not exist")
        user.profile = node.profile
    if node.authentication is not None:
        user.authentication, user.external_name = node.authentication, node.external_name
        user.verifier = None
        if node.authentication == "PASSWORD":
            _password(ddl, user, node)
    if node.locked is not None:
        user.locked, user.timed_lock = node.locked, False
        user.lock_date = ddl.database.now() if node.locked else None
        if not node.locked:
            user.failed_logons = 0
    if node.expire:
        user.expired, user.expiry_date = True, ddl.database.now()
    user.editions_enabled = user.editions_enabled or node.editions


def _password(ddl: Ddl, user: model.User, node: ast.UserClauses) -> None:
    if node.values is not None:
        user.verifier = verifier_of_values(node.values)
    else:
        if not node.password:
            raise OraError(988, "missing or invalid password(s)")
        if len(node.password.encode()) > 30:
            raise OraError(972, "identifier is too long")
        user.verifier = make_verifier(node.password)
        _write_password_file(ddl, user)
    user.password_changed, user.expired, user.expiry_date = ddl.database.now(), False, None


def _write_password_file(ddl: Ddl, user: model.User) -> None:
    held = ddl.database.password_file.privileges(user.name)
    if held and user.verifier is not None:
        ddl.database.password_file.write(user.name, user.verifier, held)


def verifier_of_values(values: str) -> Verifier:
    """The verifier in IDENTIFIED BY VALUES: ``T:<hash><salt>`` in hexadecimal, as DBMS_METADATA gives it, or an old 10G hash.

    ORA-02153 for anything else.
    """
    for part in values.split(";"):
        kind, _, digits = part.strip().partition(":")
        try:
            if kind == "T":
                raw = bytes.fromhex(digits)
                return Verifier(salt=raw[32:], hash=raw[:32])
        except ValueError:
            break
    if len(values) == 16:
        return Verifier(salt=b"", hash=values.encode(), kind="10G")
    raise OraError(2153, "invalid VALUES password string")


@statement(ast.CreateUser)
def create_user(ddl: Ddl, session: Any, node: ast.CreateUser) -> None:
    """ORA-01920 when a user or role of the name exists; ORA-65096 for a local name in the root."""
    ddl.privileges.need(session, "CREATE USER")
    name = node.name.name
    ddl.check_name(name)
    if ddl.catalog.get(model.User, name) or ddl.catalog.get(model.Role, name):
        raise OraError(1920, f"user name '{name}' conflicts with another user or role name")
    _container(ddl, session, name)
    attributes = ddl.database.attributes
    with ddl.change() as change:
        counted = change.edit(attributes)
        user = model.User(name=name, user_id=counted.next_user_id, created=ddl.database.now(), common=name.startswith("C##"),
                          default_tablespace=attributes.default_tablespace, temporary_tablespace=attributes.temporary_tablespace)
        counted.next_user_id += 1
        _clauses(ddl, user, node)
        change.save(user)
    ddl.database.attributes = counted


def _container(ddl: Ddl, session: Any, name: str) -> None:
    inside = ddl.database.container(session)
    if inside == 1 and not name.startswith("C##"):
        raise OraError(65096, "invalid common user or role name")
    if inside != 1 and name.startswith("C##"):
        raise OraError(65094, "invalid local user or role name")


@statement(ast.AlterUser)
def alter_user(ddl: Ddl, session: Any, node: ast.AlterUser) -> None:
    """Everybody may change the own password; anything else needs ALTER USER. ORA-01918."""
    name = node.name.name
    user = ddl.catalog.get(model.User, name)
    own_password = name == session.user and node.authentication == "PASSWORD" and not any(
        (node.default_tablespace, node.temporary_tablespace, node.quotas, node.profile, node.locked is not None, node.proxy,
         node.default_roles, node.all_roles))
    if not own_password:
        ddl.privileges.need(session, "ALTER USER")
    if user is None:
        raise OraError(1918, f"user '{name}' does not exist")
    if name == "SYS" and not ddl.privileges.is_sysdba(session):
        raise OraError(1031, "insufficient privileges")
    with ddl.change() as change:
        edited = change.edit(user)
        _clauses(ddl, edited, node)
        if node.all_roles:
            edited.default_roles, edited.excluded_roles = None, list(node.except_roles)
        elif node.default_roles is not None:
            for role in node.default_roles:
                if ddl.catalog.get(model.RoleGrant, name, role) is None:
                    raise OraError(1955, f"DEFAULT ROLE '{role}' not granted to user")
            edited.default_roles, edited.excluded_roles = list(node.default_roles), []
        if node.proxy is not None:
            if ddl.catalog.get(model.User, node.proxy.proxy) is None:
                raise OraError(1918, f"user '{node.proxy.proxy}' does not exist")
            if node.proxy.revoke:
                edited.proxies.pop(node.proxy.proxy, None)
            else:
                edited.proxies[node.proxy.proxy] = None if node.proxy.roles is None else list(node.proxy.roles)


def owned(ddl: Ddl, name: str) -> list[model.SchemaObject]:
    return [record for record in ddl.catalog.objects() if record.owner == name and record.kind not in ("DIRECTORY", "CONTEXT")]


@statement(ast.DropUser)
def drop_user(ddl: Ddl, session: Any, node: ast.DropUser) -> None:
    """ORA-01918, ORA-01922 without CASCADE, ORA-01940 while connected, ORA-28014 for Oracle's own accounts."""
    ddl.privileges.need(session, "DROP USER")
    name = node.name.name
    user = ddl.catalog.get(model.User, name)
    if user is None:
        raise OraError(1918, f"user '{name}' does not exist")
    if user.oracle_maintained:
        raise OraError(28014, "cannot drop administrative users")
    if any(other.user == name for other in ddl.database.sessions.values()):
        raise OraError(1940, "cannot drop a user that is currently connected")
    records = owned(ddl, name)
    links = [link for link in ddl.catalog.all(model.DbLink) if link.owner == name]
    if (records or links) and not node.cascade:
        raise OraError(1922, f"CASCADE must be specified to drop '{name}'")
    for table in [record for record in records if isinstance(record, model.Table) and not record.nested]:
        current = ddl.catalog.get(model.Table, table.owner, table.name)
        if current is not None:
            with ddl.change() as change:
                remove_table(ddl, change, current, cascade=True, purge=True)
    with ddl.change() as change:
        for record in [record for record in owned(ddl, name) if not isinstance(record, model.Table)]:
            ddl.dependencies.invalidate(change, name, record.name)
            change.remove(record)
            for grant in ddl.catalog.grants_on(name, record.name):
                change.remove(grant)
        for left in (*links, *(one for one in ddl.catalog.grants() if one.grantee == name)):
            change.remove(left)
        change.remove(user)
    if ddl.database.password_file.privileges(name) and user.verifier:
        ddl.database.password_file.write(name, user.verifier, set())


# --- roles and profiles ---

@statement(ast.CreateRole)
def create_role(ddl: Ddl, session: Any, node: ast.CreateRole) -> None:
    """ORA-01921, ORA-01919; the creator is granted the role with ADMIN OPTION (documented)."""
    name = node.name.name
    role = ddl.catalog.get(model.Role, name)
    if node.alter:
        ddl.privileges.need(session, "ALTER ANY ROLE")
        if role is None:
            raise OraError(1919, f"role '{name}' does not exist")
    else:
        ddl.privileges.need(session, "CREATE ROLE")
        ddl.check_name(name)
        if role or ddl.catalog.get(model.User, name):
            raise OraError(1921, f"role name '{name}' conflicts with another user or role name")
        _container(ddl, session, name)
    with ddl.change() as change:
        edited = change.edit(role) if role else change.save(model.Role(name=name, role_id=ddl.catalog.new_object_id()))
        edited.authentication = node.authentication
        edited.verifier = make_verifier(node.password) if node.password else verifier_of_values(node.values) if node.values else None
        if node.package is not None:
            edited.package = (node.package.schema or session.schema, node.package.name)
        if not node.alter and session.user != "SYS":
            change.save(model.RoleGrant(grantee=session.user, role=name, admin=True))
    if not node.alter and edited.authentication == "NONE":
        session.roles.add(name)


def drop_role(ddl: Ddl, session: Any, node: ast.Drop) -> None:
    """ORA-01919; needs ADMIN OPTION or DROP ANY ROLE."""
    role = ddl.catalog.get(model.Role, node.name.name)
    grant = ddl.catalog.get(model.RoleGrant, session.user, node.name.name)
    if not (grant and grant.admin):
        ddl.privileges.need(session, "DROP ANY ROLE")
    if role is None:
        raise OraError(1919, f"role '{node.name.name}' does not exist")
    with ddl.change() as change:
        for one in ddl.catalog.grants():
            if one.grantee == role.name or isinstance(one, model.RoleGrant) and one.role == role.name:
                change.remove(one)
        change.remove(role)
    for other in ddl.database.sessions.values():
        other.roles.discard(role.name)


@statement(ast.CreateProfile)
def create_profile(ddl: Ddl, session: Any, node: ast.CreateProfile) -> None:
    """ORA-02379, ORA-02380, ORA-02376 for an unknown limit."""
    name = node.name.name
    profile = ddl.catalog.get(model.Profile, name)
    ddl.privileges.need(session, "ALTER PROFILE" if node.alter else "CREATE PROFILE")
    if node.alter and profile is None:
        raise OraError(2380, f"profile {name} does not exist")
    if not node.alter and profile is not None:
        raise OraError(2379, f"profile {name} already exists")
    known = [limit for limit in PROFILE_LIMITS if ddl.database.release == "19" or limit not in LIMITS_SINCE_19]
    with ddl.change() as change:
        edited = change.edit(profile) if profile else change.save(model.Profile(name=name, limits=dict.fromkeys(known, "DEFAULT")))
        for limit, value in node.limits:
            if limit not in known:
                raise OraError(2376, "invalid or redundant resource")
            if limit == "PASSWORD_VERIFY_FUNCTION" and value not in ("NULL", "DEFAULT", "UNLIMITED"):
                function = ddl.catalog.get(model.StoredUnit, "SYS", value, kind="FUNCTION")
                if function is None:
                    raise OraError(7443, f"function {value} not found")
            edited.limits[limit] = value


def drop_profile(ddl: Ddl, session: Any, node: ast.Drop) -> None:
    """ORA-02380, ORA-02381 for DEFAULT, ORA-02382 while users have it (without CASCADE)."""
    ddl.privileges.need(session, "DROP PROFILE")
    profile = ddl.catalog.get(model.Profile, node.name.name)
    if profile is None:
        raise OraError(2380, f"profile {node.name.name} does not exist")
    if profile.name == "DEFAULT":
        raise OraError(2381, "cannot drop PUBLIC_DEFAULT profile")
    users = [user for user in ddl.catalog.all(model.User) if user.profile == profile.name]
    if users and not node.cascade:
        raise OraError(2382, f"profile {profile.name} has users assigned, cannot drop without CASCADE")
    with ddl.change() as change:
        for user in users:
            change.edit(user).profile = "DEFAULT"
        change.remove(profile)

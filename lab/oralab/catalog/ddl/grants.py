# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRANT and REVOKE."""
from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.ddl import Ddl, statement
from oralab.catalog.predefined import SINCE_19, SYSTEM_PRIVILEGES
from oralab.catalog.privileges import ADMINISTRATIVE, FAMILY
from oralab.errors import OraError, not_simulated
from oralab.net.auth import make_verifier
from oralab.sql import ast

if TYPE_CHECKING:
    from oralab.catalog.catalog import Change

OBJECT_PRIVILEGES: dict[str, tuple[str, ...]] = {
    "TABLE": ("ALTER", "DELETE", "INDEX", "INSERT", "SELECT", "UPDATE", "REFERENCES", "READ", "ON COMMIT REFRESH", "QUERY REWRITE", "DEBUG",
              "FLASHBACK"),
    "SEQUENCE": ("ALTER", "SELECT"), "PROCEDURE": ("EXECUTE", "DEBUG"), "TYPE": ("EXECUTE", "DEBUG", "UNDER"),
    "DIRECTORY": ("READ", "WRITE", "EXECUTE"), "USER": ("INHERIT PRIVILEGES", "TRANSLATE SQL"),
}
"""What can be granted on a kind of object; ORA-02204/02224/02225 for anything else."""
REFUSED = {"SEQUENCE": (2205, "only SELECT and ALTER privileges are valid for sequences"),
           "PROCEDURE": (2225, "only EXECUTE and DEBUG privileges are valid for procedures"),
           "DIRECTORY": (22928, "invalid privilege on directories"),
           "TYPE": (2225, "only EXECUTE and DEBUG privileges are valid for procedures"),
           "TABLE": (2224, "EXECUTE privilege not allowed for tables"), "USER": (990, "missing or invalid privilege")}
COLUMN_PRIVILEGES = ("INSERT", "UPDATE", "REFERENCES")


def _grantee(ddl: Ddl, name: str) -> None:
    if name != "PUBLIC" and not ddl.catalog.get(model.User, name) and not ddl.catalog.get(model.Role, name):
        raise OraError(1917, f"user or role '{name}' does not exist")


@statement(ast.Grant)
def grant(ddl: Ddl, session: Any, node: ast.Grant) -> None:
    """ORA-00990, ORA-01031, ORA-01749, ORA-01917, ORA-01919, ORA-01934 for roles that would contain each other."""
    if node.on is not None:
        _grant_object(ddl, session, node)
        return
    privileges = list(node.privileges)
    if "ALL PRIVILEGES" in privileges:
        privileges = sorted(SYSTEM_PRIVILEGES - {"SELECT ANY DICTIONARY", "ADMINISTER KEY MANAGEMENT"})
    with ddl.change() as change:
        for grantee in node.grantees:
            _grant_implicit_user(ddl, change, grantee)
            for privilege in privileges:
                _grant_one(ddl, session, change, privilege, grantee.name, node)


def _grant_implicit_user(ddl: Ddl, change: Change, grantee: ast.Grantee) -> None:
    if grantee.program_unit:
        raise not_simulated("roles granted to program units")
    _grantee(ddl, grantee.name)
    user = ddl.catalog.get(model.User, grantee.name)
    if grantee.password is not None and user is not None:
        change.edit(user).verifier = make_verifier(grantee.password)


def _grant_one(ddl: Ddl, session: Any, change: Change, privilege: str, grantee: str, node: ast.Grant) -> None:
    if privilege in ADMINISTRATIVE:
        _administrative(ddl, session, privilege, grantee, give=True)
        return
    if ddl.catalog.get(model.Role, privilege):
        own = ddl.catalog.get(model.RoleGrant, session.user, privilege)
        if not (own and own.admin or ddl.privileges.has(session, "GRANT ANY ROLE")):
            raise OraError(1932 if own else 1919, f"ADMIN option not granted for role '{privilege}'" if own
                           else f"role '{privilege}' does not exist")
        if grantee == privilege or grantee in ddl.privileges.roles_of(privilege, [privilege]):
            raise OraError(1934, "circular role grant detected")
        change.save(model.RoleGrant(grantee=grantee, role=privilege, admin=node.admin_option, delegate=node.delegate_option))
        return
    _known_privilege(ddl, privilege)
    own_grant = any(found.admin for name in ddl.privileges.grantees(session)
                    if (found := ddl.catalog.get(model.SystemGrant, name, privilege)) is not None)
    if not (own_grant or ddl.privileges.has(session, "GRANT ANY PRIVILEGE")):
        raise OraError(1031, "insufficient privileges")
    if privilege == "UNLIMITED TABLESPACE" and ddl.catalog.get(model.Role, grantee) is not None:
        raise OraError(1931, "cannot grant UNLIMITED TABLESPACE to a role")
    change.save(model.SystemGrant(grantee=grantee, privilege=privilege, admin=node.admin_option))


def _known_privilege(ddl: Ddl, privilege: str) -> None:
    if privilege in SYSTEM_PRIVILEGES and (ddl.database.release == "19" or privilege not in SINCE_19):
        return
    if " " in privilege:
        raise OraError(990, "missing or invalid privilege")
    raise OraError(1919, f"role '{privilege}' does not exist")


def _administrative(ddl: Ddl, session: Any, privilege: str, grantee: str, *, give: bool) -> None:
    """SYSDBA and its kin go into the password file. ORA-01994 without one."""
    if not ddl.privileges.is_sysdba(session):
        raise OraError(1031, "insufficient privileges")
    user = ddl.catalog.get(model.User, grantee)
    file = ddl.database.password_file
    if not file.exists() or ddl.database.password_mode() == "NONE":
        raise OraError(1994, "Password file missing or disabled")
    if ddl.database.password_mode() == "SHARED":
        raise OraError(1999, "password file cannot be updated in SHARED mode")
    if user is None or user.verifier is None:
        raise OraError(1917, f"user or role '{grantee}' does not exist")
    held = file.privileges(grantee)
    if not give and privilege not in held:
        raise OraError(1952, f"system privileges not granted to '{grantee}'")
    file.write(grantee, user.verifier, held | {privilege} if give else held - {privilege})


def _target(ddl: Ddl, session: Any, name: ast.Name, kind: str) -> Any:
    """The object of an object privilege: synonyms are followed, dictionary views come from SYS."""
    if kind == "DIRECTORY":
        found: Any = ddl.catalog.get(model.Directory, "SYS", name.name)
        if found is None or not ddl.privileges.sees(session, found) and not ddl.privileges.has(session, "CREATE ANY DIRECTORY"):
            raise OraError(22930, "directory does not exist")
        return found
    if kind == "USER":
        raise not_simulated("privileges on users")
    if kind:
        raise not_simulated(f"privileges ON {kind}")
    found = ddl.catalog.find(session, name.schema, name.name)
    if found is None or isinstance(found, model.Index):
        package = _supplied(name)
        if package is not None:
            return package
        raise OraError(942, "table or view does not exist")
    if found.kind == "ROWS" and name.schema in (None, "SYS") and name.name.startswith(("V$", "GV$")):
        raise OraError(2030, "can only select from fixed tables/views")
    return found


@dataclasses.dataclass(slots=True)
class Supplied:
    """A package of SYS as the target of GRANT EXECUTE."""

    name: str
    owner: str = "SYS"
    kind: str = "PACKAGE"


def _supplied(name: ast.Name) -> Supplied | None:
    from oralab.packages.registry import packages
    return Supplied(name.name) if name.schema in (None, "SYS") and name.name in packages() else None


def _expand(ddl: Ddl, target: Any, privileges: tuple[ast.ObjectPrivilege, ...]) -> list[tuple[str, tuple[str | None, ...]]]:
    family = FAMILY.get(target.kind, target.kind)
    allowed = OBJECT_PRIVILEGES.get(family, ())
    found: list[tuple[str, tuple[str | None, ...]]] = []
    for privilege in privileges:
        if privilege.name in ("ALL", "ALL PRIVILEGES"):
            found += [(name, (None,)) for name in allowed if name != "READ" or family != "TABLE"]
            continue
        if privilege.name not in allowed:
            code, text = REFUSED.get(family, (990, "missing or invalid privilege"))
            raise OraError(code, text)
        if privilege.columns and privilege.name not in COLUMN_PRIVILEGES:
            raise OraError(969, "missing ON keyword")
        for column in privilege.columns:
            if target.kind == "TABLE" and target.column(column) is None:
                raise OraError(904, f'"{column}": invalid identifier')
        found.append((privilege.name, privilege.columns or (None,)))
    return found


def _type_of(target: Any) -> str:
    return "VIEW" if target.kind == "ROWS" else str(target.kind)


def _grant_object(ddl: Ddl, session: Any, node: ast.Grant) -> None:
    if node.on is None:
        return
    target = _target(ddl, session, node.on, node.on_kind)
    any_ = ddl.privileges.has(session, "GRANT ANY OBJECT PRIVILEGE") and target.owner != "SYS" or ddl.privileges.is_sysdba(session)
    with ddl.change() as change:
        for privilege, columns in _expand(ddl, target, node.object_privileges):
            if not (target.owner == session.user or any_ or _grantable(ddl, session, target, privilege)):
                visible = ddl.privileges.sees(session, target)
                raise OraError(1031 if visible else 942, "insufficient privileges" if visible else "table or view does not exist")
            for grantee in node.grantees:
                _grantee(ddl, grantee.name)
                if grantee.name == session.user:
                    raise OraError(1749, "you may not GRANT/REVOKE privileges to/from yourself")
                if node.grant_option and ddl.catalog.get(model.Role, grantee.name) is not None:
                    raise OraError(1926, "cannot GRANT to a role WITH GRANT OPTION")
                grantor = session.user if target.owner == session.user or _grantable(ddl, session, target, privilege) else target.owner
                if grantee.name == target.owner:
                    continue
                for column in columns:
                    change.save(model.ObjectGrant(
                        grantee=grantee.name, owner=target.owner, name=target.name, type=_type_of(target),
                        privilege=privilege, grantor=grantor,
                        column=column, grantable=node.grant_option, hierarchy=node.hierarchy_option))


def _grantable(ddl: Ddl, session: Any, target: Any, privilege: str) -> bool:
    names = ddl.privileges.grantees(session)
    return any(one.grantee in names and one.privilege == privilege and one.grantable
               for one in ddl.catalog.grants_on(target.owner, target.name))


@statement(ast.Revoke)
def revoke(ddl: Ddl, session: Any, node: ast.Revoke) -> None:
    """ORA-01927 an object privilege never granted, ORA-01951 a role, ORA-01952 a system privilege."""
    if node.on is not None:
        _revoke_object(ddl, session, node)
        return
    with ddl.change() as change:
        for grantee in node.grantees:
            _grantee(ddl, grantee.name)
            for privilege in node.privileges:
                _revoke_one(ddl, session, change, privilege, grantee.name)


def _revoke_one(ddl: Ddl, session: Any, change: Change, privilege: str, grantee: str) -> None:
    if privilege in ADMINISTRATIVE:
        _administrative(ddl, session, privilege, grantee, give=False)
        return
    found: model.RoleGrant | model.SystemGrant | None
    if ddl.catalog.get(model.Role, privilege):
        own = ddl.catalog.get(model.RoleGrant, session.user, privilege)
        if not (own and own.admin):
            ddl.privileges.need(session, "GRANT ANY ROLE")
        found = ddl.catalog.get(model.RoleGrant, grantee, privilege)
        if found is None:
            raise OraError(1951, f"ROLE '{privilege}' not granted to '{grantee}'")
    else:
        _known_privilege(ddl, privilege)
        ddl.privileges.need(session, "GRANT ANY PRIVILEGE")
        found = ddl.catalog.get(model.SystemGrant, grantee, privilege)
        if found is None:
            raise OraError(1952, f"system privileges not granted to '{grantee}'")
    change.remove(found)


def _revoke_object(ddl: Ddl, session: Any, node: ast.Revoke) -> None:
    if node.on is None:
        return
    target = _target(ddl, session, node.on, node.on_kind)
    everything = any(privilege.name in ("ALL", "ALL PRIVILEGES") for privilege in node.object_privileges)
    any_ = ddl.privileges.has(session, "GRANT ANY OBJECT PRIVILEGE") or ddl.privileges.is_sysdba(session)
    with ddl.change() as change:
        for grantee in node.grantees:
            _grantee(ddl, grantee.name)
            if grantee.name == session.user:
                raise OraError(1749, "you may not GRANT/REVOKE privileges to/from yourself")
            for privilege, _ in _expand(ddl, target, node.object_privileges):
                found = [one for one in ddl.catalog.grants_on(target.owner, target.name)
                         if one.grantee == grantee.name and one.privilege == privilege
                         and (one.grantor == session.user or target.owner == session.user or any_)]
                if not found and not everything:
                    raise OraError(1927, "cannot REVOKE privileges you did not grant")
                for one in found:
                    change.remove(one)
        ddl.dependencies.invalidate(change, target.owner, target.name)

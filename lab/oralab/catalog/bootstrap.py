# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CREATE DATABASE on the dictionary's side: what every database has from its first day."""
from __future__ import annotations

import dataclasses
import os
import secrets
from typing import TYPE_CHECKING

from oralab.catalog import model, predefined
from oralab.catalog.catalog import Change
from oralab.catalog.spec import OF_THE_DATABASE
from oralab.errors import OraError
from oralab.net.auth import make_verifier
from oralab.packages.registry import packages

if TYPE_CHECKING:
    from oralab.catalog.database import Database

TABLESPACES = (("SYSTEM", "PERMANENT", "MANUAL"), ("SYSAUX", "PERMANENT", "AUTO"), ("UNDOTBS1", "UNDO", "MANUAL"),
               ("TEMP", "TEMPORARY", "MANUAL"), ("USERS", "PERMANENT", "AUTO"))


def create(database: Database) -> None:
    """Tablespace USERS, accounts, roles, profile DEFAULT, directories; one DDL."""
    spec, catalog = database.spec, database.catalog
    database.store.create_tablespace("USERS", [(database.file_name("USERS", "PERMANENT"), 5 << 20, True, 32 << 30, 1310720)])
    database.store.control.attributes["log_mode"] = spec.log_mode
    database.store.control.facts = {name: getattr(spec, name) for name in OF_THE_DATABASE}
    with catalog.change() as change:
        change.save(model.DatabaseAttributes(
            name=spec.name, created=database.now(), time_zone=spec.time_zone, services=list(spec.further_services),
            saved_states={one.name.upper(): "OPEN" for one in database.instances} if spec.is_cdb else {},
            patches=list(spec.patches), guid=secrets.token_hex(16).upper()))
        for name, contents, management in TABLESPACES:
            change.save(model.TablespaceInfo(
                name=name, contents=contents, block_size=spec.block_size, segment_management=management,
                logging=contents != "TEMPORARY", retention="NOGUARANTEE" if contents == "UNDO" else "NOT APPLY",
                allocation="UNIFORM" if contents == "TEMPORARY" else "SYSTEM",
                initial_extent=1048576 if contents == "TEMPORARY" else 65536))
        _profiles(database, change)
        _accounts(database, change)
        _roles(database, change)
        _directories(database, change)


def _profiles(database: Database, change: Change) -> None:
    change.save(model.Profile(name="DEFAULT", oracle_maintained=True, limits={
        name: value for name, (_, value) in predefined.PROFILE_LIMITS.items()
        if database.release == "19" or name not in predefined.LIMITS_SINCE_19}))


def _accounts(database: Database, change: Change) -> None:
    spec, now = database.spec, database.now()
    passwords = {"SYS": "change_on_install", "SYSTEM": "manager", **spec.passwords}
    for name, (number, tablespace, status, authentication) in predefined.ACCOUNTS.items():
        if database.release != "19" and name in predefined.ACCOUNTS_19_ONLY:
            continue
        change.save(model.User(
            name=name, user_id=number, created=now, default_tablespace=tablespace, oracle_maintained=True, common=spec.is_cdb,
            authentication=authentication if database.release == "19" else "PASSWORD", locked=status == "LOCKED",
            lock_date=now if status == "LOCKED" else None, password_changed=now,
            verifier=make_verifier(passwords[name]) if name in passwords else None))
    change.save(model.SystemGrant(grantee="SYSTEM", privilege="UNLIMITED TABLESPACE"))
    for privilege in predefined.SYSTEM_PRIVILEGES:
        if database.release == "19" or privilege not in predefined.SINCE_19:
            change.save(model.SystemGrant(grantee="SYS", privilege=privilege))
    for grantee, privileges in (("SYSBACKUP", ("ALTER DATABASE", "ALTER SYSTEM", "ALTER SESSION", "ALTER TABLESPACE", "AUDIT ANY",
                                               "CREATE ANY DIRECTORY", "CREATE ANY TABLE", "DROP TABLESPACE", "RESUMABLE",
                                               "SELECT ANY DICTIONARY", "SELECT ANY TRANSACTION", "UNLIMITED TABLESPACE",
                                               "DROP ANY DIRECTORY")),
                                ("SYSDG", ("ALTER DATABASE", "ALTER SYSTEM", "ALTER SESSION", "SELECT ANY DICTIONARY")),
                                ("SYSKM", ("ADMINISTER KEY MANAGEMENT",)), ("DBSNMP", ("CREATE SESSION", "SELECT ANY DICTIONARY"))):
        for privilege in privileges:
            change.save(model.SystemGrant(grantee=grantee, privilege=privilege))


def _roles(database: Database, change: Change) -> None:
    for number, (name, (privileges, roles)) in enumerate(predefined.ROLES.items(), 2):
        if database.release != "19" and name in predefined.ROLES_19_ONLY:
            continue
        change.save(model.Role(name=name, role_id=number, oracle_maintained=True, common=database.spec.is_cdb))
        change.save(model.RoleGrant(grantee="SYS", role=name, admin=True))
        for privilege in predefined.split(privileges, database.release):
            change.save(model.SystemGrant(grantee=name, privilege=privilege, admin=name in predefined.ADMIN_OPTION))
        for role in roles:
            change.save(model.RoleGrant(grantee=name, role=role, admin=name in predefined.ADMIN_OPTION))
    change.save(model.RoleGrant(grantee="SYSTEM", role="DBA"))
    change.save(model.RoleGrant(grantee="SYSBACKUP", role="SELECT_CATALOG_ROLE"))
    for package in packages().values():
        for grantee in package.grantees:
            change.save(model.ObjectGrant(grantee=grantee, owner="SYS", name=package.name, type="PACKAGE",
                                          privilege="EXECUTE", grantor="SYS"))


def _directories(database: Database, change: Change) -> None:
    spec = database.spec
    for name, path in predefined.DIRECTORIES.items():
        full = path.format(base=os.path.join(database.directory, "admin"), home=spec.oracle_home, name=spec.name)
        if name == "DATA_PUMP_DIR":
            full = os.path.join(database.directory, "dpdump")
            os.makedirs(full, exist_ok=True)
        directory = model.Directory(owner="SYS", name=name, path=full, oracle_maintained=True, object_id=database.catalog.new_object_id(),
                                    created=database.now(), last_ddl_time=database.now())
        change.save(directory)
    for role in ("EXP_FULL_DATABASE", "IMP_FULL_DATABASE"):
        for privilege in ("READ", "WRITE"):
            change.save(model.ObjectGrant(grantee=role, owner="SYS", name="DATA_PUMP_DIR", type="DIRECTORY", privilege=privilege,
                                          grantor="SYS"))


def attributes(database: Database) -> model.DatabaseAttributes:
    """The database's own record: the dictionary's, and over it what the control file alone knows."""
    found = database.catalog.all(model.DatabaseAttributes)
    if not found:
        raise OraError(205, "error in identifying control file, check alert log for more info")
    return dataclasses.replace(found[0], **database.store.control.attributes)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, roles, profiles and what has been granted."""
from __future__ import annotations

import dataclasses
import datetime

from oralab.api import Verifier


@dataclasses.dataclass(slots=True, kw_only=True)
class User:
    """A user. ``quotas`` in bytes by tablespace, -1 is UNLIMITED."""

    name: str
    user_id: int = 0
    created: datetime.datetime = datetime.datetime(1970, 1, 1)
    verifier: Verifier | None = None
    authentication: str = "PASSWORD"     # PASSWORD, EXTERNAL, GLOBAL, NONE
    external_name: str | None = None
    default_tablespace: str = "USERS"
    temporary_tablespace: str = "TEMP"
    profile: str = "DEFAULT"
    quotas: dict[str, int] = dataclasses.field(default_factory=dict)
    locked: bool = False                 # by ALTER USER
    timed_lock: bool = False             # by FAILED_LOGIN_ATTEMPTS
    lock_date: datetime.datetime | None = None
    expired: bool = False
    expiry_date: datetime.datetime | None = None
    password_changed: datetime.datetime | None = None
    failed_logons: int = 0
    last_login: datetime.datetime | None = None
    default_roles: list[str] | None = None      # None is ALL
    excluded_roles: list[str] = dataclasses.field(default_factory=list)        # ALL EXCEPT
    proxies: dict[str, list[str] | None] = dataclasses.field(default_factory=dict)   # proxy user -> roles, None is all
    oracle_maintained: bool = False
    common: bool = False
    editions_enabled: bool = False

    @property
    def account_status(self) -> str:
        """ACCOUNT_STATUS of DBA_USERS."""
        words = ["EXPIRED"] if self.expired else []
        if self.locked:
            words.append("LOCKED")
        elif self.timed_lock:
            words.append("LOCKED(TIMED)")
        return " & ".join(words) or "OPEN"


@dataclasses.dataclass(slots=True, kw_only=True)
class Role:
    name: str
    role_id: int = 0
    authentication: str = "NONE"         # NONE, PASSWORD, EXTERNAL, GLOBAL, APPLICATION
    verifier: Verifier | None = None
    package: tuple[str, str] | None = None
    oracle_maintained: bool = False
    common: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class Profile:
    """``limits`` holds every resource name with its LIMIT text: DEFAULT, UNLIMITED, a number, NULL or a function name."""

    name: str
    limits: dict[str, str] = dataclasses.field(default_factory=dict)
    oracle_maintained: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class SystemGrant:
    grantee: str
    privilege: str
    admin: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class RoleGrant:
    grantee: str
    role: str
    admin: bool = False
    delegate: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class ObjectGrant:
    """A privilege on ``owner.name``; ``column`` limits INSERT, UPDATE and REFERENCES to one column."""

    grantee: str
    owner: str
    name: str
    type: str                            # OBJECT_TYPE, and DIRECTORY, USER
    privilege: str
    grantor: str
    column: str | None = None
    grantable: bool = False
    hierarchy: bool = False

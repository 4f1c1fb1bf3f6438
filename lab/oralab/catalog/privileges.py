# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what: system privileges, object privileges, roles."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.errors import OraError

if TYPE_CHECKING:
    from oralab.catalog.catalog import Catalog

ADMINISTRATIVE = ("SYSDBA", "SYSOPER", "SYSBACKUP", "SYSDG", "SYSKM")
"""Not granted like other system privileges: they stand in the password file (V$PWFILE_USERS)."""
ANY: dict[tuple[str, str], str] = {
    **{("TABLE", word): f"{word} ANY TABLE" for word in ("SELECT", "INSERT", "UPDATE", "DELETE")},
    ("TABLE", "READ"): "READ ANY TABLE", ("TABLE", "ALTER"): "ALTER ANY TABLE", ("TABLE", "INDEX"): "CREATE ANY INDEX",
    ("TABLE", "LOCK"): "LOCK ANY TABLE", ("TABLE", "FLASHBACK"): "FLASHBACK ANY TABLE", ("TABLE", "COMMENT"): "COMMENT ANY TABLE",
    ("SEQUENCE", "SELECT"): "SELECT ANY SEQUENCE", ("SEQUENCE", "ALTER"): "ALTER ANY SEQUENCE",
    ("TYPE", "EXECUTE"): "EXECUTE ANY TYPE", ("PROCEDURE", "EXECUTE"): "EXECUTE ANY PROCEDURE",
    ("PROCEDURE", "DEBUG"): "DEBUG ANY PROCEDURE",
}
"""System privilege that stands for an object privilege outside SYS, by family of the object."""
FAMILY = {"VIEW": "TABLE", "MATERIALIZED VIEW": "TABLE", "ROWS": "TABLE", "FUNCTION": "PROCEDURE", "PACKAGE": "PROCEDURE",
          "PACKAGE BODY": "PROCEDURE"}
SYSKM_VIEWS = ("V_$CLIENT_SECRETS", "V_$ENCRYPTED_TABLESPACES", "V_$ENCRYPTION_KEYS", "V_$ENCRYPTION_WALLET", "V_$WALLET")
"""What a keeper of keys sees (documented)."""
BY_ADMINISTRATOR = {"SYSBACKUP": "SYSBACKUP", "SYSDG": "SYSDG", "SYSKM": "SYSKM", "SYSOPER": "SYSOPER"}


class Privileges:
    """Answers about sessions; ``session.user``, ``session.roles`` (enabled ones) and ``session.privilege`` are read."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    # --- roles ---

    def roles_of(self, grantee: str, enabled: Iterable[str] | None = None) -> set[str]:
        """Roles granted to ``grantee`` directly and through roles; beginning with ``enabled`` ones only, when given."""
        reached: set[str] = set()
        queue = list(enabled) if enabled is not None else [
            grant.role for grant in self.catalog.all(model.RoleGrant) if grant.grantee in (grantee, "PUBLIC")]
        while queue:
            role = queue.pop()
            if role not in reached:
                reached.add(role)
                queue += [grant.role for grant in self.catalog.all(model.RoleGrant) if grant.grantee == role]
        return reached

    def default_roles(self, user: model.User) -> set[str]:
        """Roles enabled at logon: default roles, those with a password excepted, and what they contain."""
        granted = {grant.role for grant in self.catalog.all(model.RoleGrant) if grant.grantee in (user.name, "PUBLIC")}
        wanted = granted if user.default_roles is None else granted & set(user.default_roles)
        direct = {name for name in wanted - set(user.excluded_roles)
                  if (role := self.catalog.get(model.Role, name)) is None or role.authentication == "NONE"}
        return self.roles_of(user.name, direct)

    def grantees(self, session: Any, definer: str | None = None) -> set[str]:
        """Names whose grants count for the session."""
        if definer:
            return {definer, "PUBLIC"}
        return {session.user, "PUBLIC", *session.roles, *self._administrator(session)}

    @staticmethod
    def _administrator(session: Any) -> Iterator[str]:
        if session.privilege in BY_ADMINISTRATOR:
            yield BY_ADMINISTRATOR[session.privilege]

    def is_sysdba(self, session: Any, definer: str | None = None) -> bool:
        """SYS has every privilege."""
        return definer == "SYS" if definer else session.user == "SYS" and session.privilege in ("", "SYSDBA")

    # --- system privileges ---

    def has(self, session: Any, privilege: str, *, definer: str | None = None) -> bool:
        """A system privilege, granted or through an enabled role."""
        if self.is_sysdba(session, definer):
            return True
        return any(self.catalog.get(model.SystemGrant, grantee, privilege) for grantee in self.grantees(session, definer))

    def need(self, session: Any, *privileges: str) -> None:
        """At least one of the system privileges. ORA-01031."""
        if not any(self.has(session, privilege) for privilege in privileges):
            raise OraError(1031, "insufficient privileges")

    def need_for(self, session: Any, owner: str, own: str, any_: str) -> None:
        """``own`` in the session's own schema, ``any_`` in others'. SYS's objects only by SYS."""
        privilege = own if owner == session.user else any_
        if privilege and not self.has(session, privilege):
            raise OraError(1031, "insufficient privileges")
        if owner == "SYS" and not self.is_sysdba(session):
            raise OraError(1031, "insufficient privileges")

    # --- object privileges ---

    def on_object(self, session: Any, privilege: str, target: Any, *, columns: list[str] | None = None,
                  definer: str | None = None) -> bool:
        """Whether ``privilege`` on the object is held: as owner, by grant, by an ANY privilege or by catalog roles."""
        names = self.grantees(session, definer)
        if target.owner in names - {"PUBLIC"} and target.owner == (definer or session.user) or self.is_sysdba(session, definer):
            return True
        if self._granted(names, privilege, target, columns):
            return True
        family = FAMILY.get(target.kind, target.kind)
        if target.owner == "SYS":
            return family == "TABLE" and privilege in ("SELECT", "READ") and self.sees_dictionary(session, target.name, definer)
        any_ = ANY.get((family, privilege))
        return bool(any_ and self.has(session, any_, definer=definer)
                    or privilege == "SELECT" and family == "TABLE" and self.has(session, "READ ANY TABLE", definer=definer))

    def sees_dictionary(self, session: Any, name: str, definer: str | None = None) -> bool:
        """Dictionary views open to the session: public ones, all with SELECT ANY DICTIONARY or SELECT_CATALOG_ROLE."""
        if self.catalog.database.dictionary.is_public(name):
            return True
        if definer is None and session.privilege == "SYSKM" and name in SYSKM_VIEWS:
            return True
        if name.startswith("X$"):
            return False            # fixed tables are for SYS alone, and cannot be granted
        return self.has(session, "SELECT ANY DICTIONARY", definer=definer) or (
            "SELECT_CATALOG_ROLE" in self.grantees(session, definer))

    def _granted(self, names: set[str], privilege: str, target: Any, columns: list[str] | None) -> bool:
        wanted = {privilege, "READ"} if privilege == "READ" else {privilege}
        if privilege == "SELECT":
            wanted = {"SELECT", "READ"}
        by_column: set[str] = set()
        for grant in self.catalog.grants_on(target.owner, target.name):
            if grant.grantee in names and grant.privilege in wanted:
                if grant.column is None:
                    return True
                by_column.add(grant.column)
        return bool(columns) and set(columns or ()) <= by_column

    def sees(self, session: Any, target: Any, *, definer: str | None = None) -> bool:
        """Any privilege on the object at all: its existence is no secret then."""
        if self.is_sysdba(session, definer) or target.owner == (definer or session.user):
            return True
        names = self.grantees(session, definer)
        if any(grant.grantee in names for grant in self.catalog.grants_on(target.owner, target.name)):
            return True
        family = FAMILY.get(target.kind, target.kind)
        if target.owner == "SYS":
            return family == "TABLE" and self.sees_dictionary(session, target.name, definer)
        return any(self.has(session, any_, definer=definer) for (kind, _), any_ in ANY.items() if kind == family)

    def require(self, session: Any, privilege: str, target: Any, *, columns: list[str] | None = None,
                definer: str | None = None) -> None:
        """See ``Catalog.require``."""
        if self.on_object(session, privilege, target, columns=columns, definer=definer):
            return
        if self.sees(session, target, definer=definer):
            raise OraError(1031, "insufficient privileges")
        family = FAMILY.get(target.kind, target.kind)
        if family == "TABLE":
            raise OraError(942, "table or view does not exist")
        if family == "SEQUENCE":
            raise OraError(2289, "sequence does not exist")
        raise OraError(4043, f"object {target.name} does not exist")

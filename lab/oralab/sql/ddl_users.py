# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, roles, profiles, GRANT, REVOKE and AUDIT."""
from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Final

from oralab.errors import not_simulated
from oralab.sql import ast_queries, clauses, expressions
from oralab.sql import ast_users as ast
from oralab.sql.ast_tables import Name
from oralab.sql.lexer import END, NUMBER, QUOTED, Tokens
from oralab.sql.transactions import password
from oralab.sql.words import word_set

# --- users ---


def create_user(t: Tokens) -> ast.CreateUser:
    """After CREATE USER. ORA-01938 without authentication."""
    node = ast.CreateUser(name=Name(t.identifier(1935)))
    if not _authentication(t, node):
        t.fail(1938 if t.word == END or t.word in _USER_OPTIONS else 922)
    while _user_option(t, node):
        pass
    t.end(922)
    return node


def alter_user(t: Tokens) -> ast.AlterUser:
    """After ALTER USER."""
    node = ast.AlterUser(name=Name(t.identifier(1935)))
    place = t.i
    while True:
        if t.word in ("GRANT", "REVOKE"):
            node.proxy = _proxy(t)
        elif _authentication(t, node):
            if t.skip("REPLACE"):
                node.replace = password(t)
        elif t.skip("DEFAULT", "ROLE"):
            _default_roles(t, node)
        elif not _user_option(t, node):
            break
    if t.i == place or t.word:
        t.fail(922)
    return node


def _authentication(t: Tokens, node: ast.UserClauses) -> bool:
    if t.release != "12.1" and t.skip("NO", "AUTHENTICATION"):
        node.authentication = "NONE"
        return True
    if not t.skip("IDENTIFIED"):
        return False
    if t.skip("EXTERNALLY") or t.skip("GLOBALLY"):
        node.authentication = "EXTERNAL" if t.words[t.i - 1] == "EXTERNALLY" else "GLOBAL"
        if t.skip("AS"):
            node.external_name = t.string()
        return True
    t.expect("BY", 924)
    node.authentication = "PASSWORD"
    if t.skip("VALUES"):
        node.values = t.string(2153)
    else:
        node.password = password(t)
    return True


_USER_OPTIONS: Final = word_set("DEFAULT TEMPORARY LOCAL QUOTA PROFILE PASSWORD ACCOUNT ENABLE CONTAINER")


def _user_option(t: Tokens, node: ast.UserClauses) -> bool:
    if t.skip("DEFAULT", "TABLESPACE"):
        node.default_tablespace = t.identifier(2155)
    elif t.skip("TEMPORARY", "TABLESPACE") or t.skip("LOCAL", "TEMPORARY", "TABLESPACE"):
        node.temporary_tablespace = t.identifier(2156)
    elif t.skip("QUOTA"):
        amount = clauses.size_or_unlimited(t, 2187)
        t.expect("ON", 969)
        node.quotas += (ast.Quota(t.identifier(2216), amount),)
    elif t.skip("PROFILE"):
        node.profile = t.identifier() if t.word != "DEFAULT" else _default(t)
    elif t.skip("PASSWORD", "EXPIRE"):
        node.expire = True
    elif t.skip("ACCOUNT"):
        word = t.one_of(("LOCK", "UNLOCK"))
        if word is None:
            t.fail(905)
        node.locked = word == "LOCK"
    elif t.skip("ENABLE", "EDITIONS"):
        node.editions = True
    elif t.word == "CONTAINER":
        node.container = container(t)
    else:
        return False
    return True


def _default(t: Tokens) -> str:
    t.i += 1
    return "DEFAULT"


def container(t: Tokens) -> str | None:
    """CONTAINER = ALL | CURRENT, if it comes."""
    if not t.skip("CONTAINER"):
        return None
    t.expect("=", 927)
    word = t.one_of(("ALL", "CURRENT"))
    if word is None:
        t.fail(922)
    return word


def _default_roles(t: Tokens, node: ast.AlterUser) -> None:
    if t.skip("NONE"):
        node.default_roles = ()
    elif t.skip("ALL"):
        node.all_roles = True
        if t.skip("EXCEPT"):
            node.except_roles = clauses.names(t, 1937)
    else:
        node.default_roles = clauses.names(t, 1937)


def _proxy(t: Tokens) -> ast.ProxyClause:
    revoke = t.word == "REVOKE"
    t.i += 1
    t.expect_all("CONNECT THROUGH")
    node = ast.ProxyClause(t.identifier(987), revoke)
    if t.skip("WITH", "NO", "ROLES"):
        node.roles = ()
    elif t.skip("WITH", "ROLE"):
        if t.skip("ALL", "EXCEPT"):
            node.except_roles = True
        node.roles = clauses.names(t, 1937)
    node.authentication_required = t.skip("AUTHENTICATION", "REQUIRED")
    return node


def drop_user(t: Tokens) -> ast.DropUser:
    """After DROP USER."""
    name = Name(t.identifier(1935))
    return ast.DropUser(name=name, cascade=t.skip("CASCADE"))


# --- roles, profiles ---

def role(t: Tokens, alter: bool = False) -> ast.CreateRole:
    """After CREATE ROLE or ALTER ROLE."""
    node = ast.CreateRole(name=Name(t.identifier(1937)), alter=alter)
    if t.skip("NOT"):
        t.expect("IDENTIFIED", 954)
    elif t.skip("IDENTIFIED"):
        _role_authentication(t, node)
    elif alter:
        t.fail(922)
    node.container = container(t)
    t.end(922)
    return node


def _role_authentication(t: Tokens, node: ast.CreateRole) -> None:
    if t.skip("USING"):
        node.authentication, node.package = "APPLICATION", clauses.object_name(t)
    elif t.one_of(("EXTERNALLY", "GLOBALLY")):
        node.authentication = "EXTERNAL" if t.words[t.i - 1] == "EXTERNALLY" else "GLOBAL"
        if t.skip("AS"):
            t.string()
    else:
        t.expect("BY", 924)
        node.authentication = "PASSWORD"
        if t.skip("VALUES"):
            node.values = t.string(2153)
        else:
            node.password = password(t)


_RESOURCES: Final = word_set("""
    SESSIONS_PER_USER CPU_PER_SESSION CPU_PER_CALL CONNECT_TIME IDLE_TIME LOGICAL_READS_PER_SESSION LOGICAL_READS_PER_CALL
    COMPOSITE_LIMIT PRIVATE_SGA FAILED_LOGIN_ATTEMPTS PASSWORD_LIFE_TIME PASSWORD_REUSE_TIME PASSWORD_REUSE_MAX PASSWORD_LOCK_TIME
    PASSWORD_GRACE_TIME PASSWORD_VERIFY_FUNCTION""")
_RESOURCES_SINCE_12_2: Final = word_set("INACTIVE_ACCOUNT_TIME PASSWORD_ROLLOVER_TIME")


def profile(t: Tokens, alter: bool = False) -> ast.CreateProfile:
    """After CREATE PROFILE or ALTER PROFILE. ORA-02376 for an unknown resource."""
    name = Name(_default(t) if t.word == "DEFAULT" else t.identifier(904))
    t.expect("LIMIT")
    limits: list[tuple[str, str]] = []
    while t.word not in (END, "CONTAINER"):
        resource = t.word
        if resource not in _RESOURCES and (resource not in _RESOURCES_SINCE_12_2 or t.release == "12.1"):
            t.fail(2376)
        if any(resource == known for known, _ in limits):
            t.fail(2376)
        t.i += 1
        limits.append((resource, _limit(t, resource)))
    if not limits:
        t.fail(2376)
    return ast.CreateProfile(name=name, limits=tuple(limits), alter=alter, container=container(t))


def _limit(t: Tokens, resource: str) -> str:
    word = t.one_of(("UNLIMITED", "DEFAULT", "NULL"))
    if word:
        return word
    if resource == "PASSWORD_VERIFY_FUNCTION":
        return clauses.object_name(t).name
    if resource == "PRIVATE_SGA":
        return str(clauses.size(t))
    if t.word != NUMBER:
        t.fail(2377, resource)
    value = _days(t, resource, expressions.expression(t))
    # DBA_PROFILES shows four decimals and no zero before the point.
    return format(value.quantize(Decimal("0.0001"), ROUND_DOWN), "f").rstrip("0").rstrip(".").removeprefix("0") or "0"


def _days(t: Tokens, resource: str, node: ast_queries.Expression) -> Decimal:
    """The value of a limit such as 1/24."""
    if isinstance(node, ast_queries.Literal) and isinstance(node.value, (int, Decimal)):
        return Decimal(node.value)
    if isinstance(node, ast_queries.Binary) and node.op in ("*", "/"):
        left, right = _days(t, resource, node.left), _days(t, resource, node.right)
        return left * right if node.op == "*" else left / right
    t.fail(2377, resource)


# --- GRANT, REVOKE ---

_OBJECT_PRIVILEGES: Final = word_set("""
    SELECT INSERT UPDATE DELETE REFERENCES ALTER INDEX EXECUTE READ WRITE DEBUG FLASHBACK UNDER USE ALL ENQUEUE DEQUEUE""")
_LONG_OBJECT_PRIVILEGES: Final = ("ALL PRIVILEGES", "ON COMMIT REFRESH", "QUERY REWRITE", "INHERIT PRIVILEGES",
                                  "INHERIT REMOTE PRIVILEGES", "KEEP SEQUENCE", "MERGE VIEW", "TRANSLATE SQL", "FLASHBACK ARCHIVE")
_VERBS: Final = word_set("""
    ADMINISTER ADVISOR ALL ALTER ANALYZE AUDIT BACKUP BECOME CHANGE COMMENT CREATE DEBUG DELETE DEQUEUE DROP EM ENABLE ENQUEUE
    EXECUTE EXEMPT EXPORT FLASHBACK FORCE GLOBAL GRANT IMPORT INHERIT INSERT KEEP LOCK LOGMINING MANAGE MERGE ON PURGE QUERY READ
    REDEFINE RESTRICTED RESUMABLE SELECT SET TEXT TRANSLATE UNDER UNLIMITED UPDATE USE""")
_KINDS: Final = (("DIRECTORY",), ("USER",), ("EDITION",), ("MINING", "MODEL"), ("JAVA", "SOURCE"), ("JAVA", "RESOURCE"),
                 ("SQL", "TRANSLATION", "PROFILE"))


def grant(t: Tokens) -> ast.Grant:
    """After GRANT."""
    node = ast.Grant(grantees=())
    _what(t, node, "TO")
    t.expect("TO", 946)
    node.grantees = _grantees(t)
    while t.skip("WITH"):
        if t.skip("ADMIN"):
            node.admin_option = True
        elif t.skip("GRANT"):
            node.grant_option = True
        elif t.skip("DELEGATE"):
            node.delegate_option = True
        elif t.skip("HIERARCHY"):
            node.hierarchy_option = True
        else:
            t.fail(905)
        t.expect("OPTION", 994)
    if node.admin_option and node.on or node.grant_option and not node.on:
        t.fail(993 if node.admin_option else 1939, at=t.i - 2)
    node.container = container(t)
    return node


def revoke(t: Tokens) -> ast.Revoke:
    """After REVOKE."""
    node = ast.Revoke(grantees=())
    _what(t, node, "FROM")
    t.expect("FROM", 905)
    node.grantees = _grantees(t)
    if t.skip("CASCADE"):
        t.expect("CONSTRAINTS")
        node.cascade_constraints = True
    node.force = t.skip("FORCE")
    node.container = container(t)
    return node


def _what(t: Tokens, node: ast.Grant | ast.Revoke, before: str) -> None:
    """Privileges and, for object privileges, the object: known by the ON that follows."""
    found: list[tuple[str, tuple[str, ...], bool, int]] = []
    while True:
        found.append(_privilege(t, before))
        if not t.skip(","):
            break
    if t.skip("ON"):
        for name, _, _, place in found:
            if name not in _OBJECT_PRIVILEGES and name not in _LONG_OBJECT_PRIVILEGES:
                t.fail(990, at=place)
        node.object_privileges = tuple(
            ast.ObjectPrivilege("ALL" if name == "ALL PRIVILEGES" else name, columns) for name, columns, _, _ in found)
        kind = next((words for words in _KINDS if t.skip(*words)), ())
        node.on_kind = " ".join(kind)
        node.on = clauses.object_name(t) if node.on_kind != "USER" else Name(t.identifier(987))
        return
    for name, columns, quoted, place in found:
        several = " " in name and not quoted
        if columns or name in ("SELECT", "INSERT", "UPDATE", "DELETE") and not quoted:
            t.fail(990, at=place)
        if several and name.split()[0] not in _VERBS:
            t.fail(990, at=place)
    node.privileges = tuple(name for name, _, _, _ in found)


def _privilege(t: Tokens, before: str) -> tuple[str, tuple[str, ...], bool, int]:
    """Name, columns, whether it was quoted, and its token."""
    place = t.i
    if t.word == QUOTED:
        return t.identifier(990), (), True, place
    words: list[str] = []
    while t.word[:1].isalpha() and t.word != before and (t.word != "ON" or t.words[t.i + 1] == "COMMIT" and not words):
        words.append(t.word)
        t.i += 1
    if not words:
        t.fail(990)
    return " ".join(words), clauses.group_of_names(t) if t.word == "(" else (), False, place


def _grantees(t: Tokens) -> tuple[ast.Grantee, ...]:
    found: list[ast.Grantee] = []
    while True:
        if t.skip("PUBLIC"):
            found.append(ast.Grantee("PUBLIC"))
        elif t.word in ("PROCEDURE", "FUNCTION", "PACKAGE") and t.is_name(t.i + 1):
            kind = t.word
            t.i += 1
            name = clauses.object_name(t)
            found.append(ast.Grantee(name.name, program_unit=kind, schema=name.schema))
        else:
            found.append(ast.Grantee(t.identifier(987)))
        if not t.skip(","):
            break
    if t.skip("IDENTIFIED"):
        t.expect("BY", 924)
        for index, one in enumerate(found):
            if index and not t.skip(","):
                t.fail(917)
            one.password = password(t)
    return tuple(found)


def audit(t: Tokens) -> ast.Audit:
    """After AUDIT or NOAUDIT: the rest is kept as its words."""
    no = t.words[t.i - 1] == "NOAUDIT"
    if t.word == END:
        t.fail(956)
    if t.word == "POLICY" or t.word == "CONTEXT":
        raise not_simulated("unified audit policies")
    place = t.i
    t.i = t.last
    return ast.Audit(noaudit=no, action=t.since(place))

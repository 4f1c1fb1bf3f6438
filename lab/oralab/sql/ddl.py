# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CREATE, ALTER and DROP: which parser knows the rest."""
from __future__ import annotations

from collections.abc import Callable
from typing import Final

from oralab.errors import not_simulated
from oralab.sql import (
    alter_database,
    alter_system,
    alter_table,
    ast,
    ddl_code,
    ddl_database,
    ddl_index,
    ddl_other,
    ddl_table,
    ddl_tablespace,
    ddl_users,
    ddl_views,
    sequences,
)
from oralab.sql.ddl_views import Modifiers
from oralab.sql.lexer import Tokens
from oralab.sql.words import word_set

_NOT_SIMULATED: Final = word_set("""
    CLUSTER CONTROLFILE DATABASE DIMENSION DISKGROUP EDITION FLASHBACK INDEXTYPE JAVA LIBRARY LOCKDOWN OPERATOR OUTLINE
    ROLLBACK ANALYTIC ATTRIBUTE HIERARCHY INMEMORY RESOURCE SCHEMA AUDIT INDEXTYPE ZONEMAP""")
_REPLACEABLE: Final = word_set("VIEW SYNONYM PROCEDURE FUNCTION PACKAGE TYPE TRIGGER DIRECTORY CONTEXT")


def create(t: Tokens) -> ast.Statement:
    """After CREATE. ORA-00901 for an unknown kind, ORA-00922 for OR REPLACE of what cannot be replaced."""
    how = Modifiers()
    if t.skip("OR"):
        t.expect("REPLACE", 905)
        how.or_replace = True
    if t.one_of(("EDITIONABLE", "NONEDITIONABLE")):
        how.editionable = t.words[t.i - 1] == "EDITIONABLE"
    if t.word in ("FORCE", "NO") or t.ahead("EDITIONING"):
        how.force = not t.skip("NO") and t.word == "FORCE"
        t.one_of(("FORCE", "EDITIONING"))
        if t.one_of(("EDITIONABLE", "NONEDITIONABLE")):
            how.editionable = t.words[t.i - 1] == "EDITIONABLE"
        if t.word != "VIEW":
            t.fail(901)
    how.public = t.skip("PUBLIC")
    return _create(t, how)


def _create(t: Tokens, how: Modifiers) -> ast.Statement:
    word = t.word
    if how.public and word not in ("SYNONYM", "DATABASE"):
        t.fail(905)
    take = _CREATE.get(word)
    if take is not None:
        if how.or_replace and word not in _REPLACEABLE:
            t.fail(922)
        t.i += 1
        return take(t, how)
    plain = _CREATE_PLAIN.get(word)
    if plain is None:
        if word in _NOT_SIMULATED and not t.ahead("DATABASE", "LINK"):
            raise not_simulated(f"CREATE {word}")
        return _create_several(t, how)
    if how.or_replace:
        t.fail(922)
    t.i += 1
    return plain(t)


def _create_several(t: Tokens, how: Modifiers) -> ast.Statement:
    """Kinds that are named by several words."""
    if t.word in ("UNIQUE", "BITMAP", "INDEX"):
        return ddl_index.create(t)
    if t.skip("SHARED", "DATABASE", "LINK") or t.skip("SHARED", "PUBLIC", "DATABASE", "LINK"):
        return ddl_other.database_link(t, public="PUBLIC" in t.words[:t.i], shared=True)
    if t.skip("DATABASE", "LINK"):
        return ddl_other.database_link(t, public=how.public)
    if t.skip("GLOBAL", "TEMPORARY", "TABLE"):
        return ddl_table.create(t)
    if t.ahead("PRIVATE", "TEMPORARY") and t.release != "12.1":
        raise not_simulated("private temporary tables")
    if t.skip("CLEAN", "RESTORE", "POINT"):
        return ddl_other.restore_point(t, clean=True)
    if t.skip("RESTORE", "POINT"):
        return ddl_other.restore_point(t)
    if t.skip("PLUGGABLE", "DATABASE"):
        return ddl_database.create_pluggable(t)
    place = t.i
    while t.one_of(("BIGFILE", "SMALLFILE", "TEMPORARY", "UNDO")):
        pass
    if t.i > place and t.skip("TABLESPACE"):
        return ddl_tablespace.create(t)
    t.i = place
    t.fail(901)


_CREATE: Final[dict[str, Callable[[Tokens, Modifiers], ast.Statement]]] = {
    "VIEW": ddl_views.view, "SYNONYM": ddl_views.synonym, "MATERIALIZED": ddl_views.materialized_view,
    "PROCEDURE": ddl_code.unit, "FUNCTION": ddl_code.unit, "PACKAGE": ddl_code.unit, "TYPE": ddl_code.unit,
    "TRIGGER": ddl_code.trigger, "DIRECTORY": ddl_other.directory, "CONTEXT": ddl_other.context}
_CREATE_PLAIN: Final[dict[str, Callable[[Tokens], ast.Statement]]] = {
    "TABLE": ddl_table.create, "SEQUENCE": sequences.create, "USER": ddl_users.create_user, "ROLE": ddl_users.role,
    "PROFILE": ddl_users.profile, "TABLESPACE": ddl_tablespace.create, "SPFILE": ddl_other.parameter_file,
    "PFILE": ddl_other.parameter_file}


# --- ALTER ---

def alter(t: Tokens) -> ast.Statement:
    """After ALTER. ORA-00940 for an unknown kind."""
    take = _ALTER.get(t.word)
    if take is not None:
        t.i += 1
        return take(t)
    if t.skip("PUBLIC", "SYNONYM"):
        return ddl_code.alter(t, public=True)
    if t.skip("PUBLIC", "DATABASE", "LINK"):
        return ddl_other.database_link(t, public=True, alter=True)
    if t.skip("PLUGGABLE", "DATABASE"):
        return alter_database.alter_pluggable(t)
    if t.word in _NOT_SIMULATED:
        raise not_simulated(f"ALTER {t.word}")
    t.fail(940)


def _database(t: Tokens) -> ast.Statement:
    return ddl_other.database_link(t, alter=True) if t.skip("LINK") else alter_database.alter(t)


def _alter_role(t: Tokens) -> ast.Statement:
    return ddl_users.role(t, alter=True)


def _alter_profile(t: Tokens) -> ast.Statement:
    return ddl_users.profile(t, alter=True)


_ALTER: Final[dict[str, Callable[[Tokens], ast.Statement]]] = {
    "TABLE": alter_table.alter, "INDEX": ddl_index.alter, "SEQUENCE": sequences.alter, "USER": ddl_users.alter_user,
    "ROLE": _alter_role, "PROFILE": _alter_profile, "TABLESPACE": ddl_tablespace.alter, "SYSTEM": alter_system.alter_system,
    "SESSION": alter_system.alter_session, "DATABASE": _database, "MATERIALIZED": ddl_views.alter_materialized_view,
    **dict.fromkeys(("PROCEDURE", "FUNCTION", "PACKAGE", "TYPE", "TRIGGER", "VIEW", "SYNONYM"), ddl_code.alter)}


# --- DROP ---

def drop(t: Tokens) -> ast.Statement:
    """After DROP. ORA-00950 for an unknown kind."""
    take = _DROP.get(t.word)
    if take is not None:
        t.i += 1
        return take(t)
    public = t.skip("PUBLIC")
    kind = next((kind for kind in _PUBLIC_KINDS if t.skip(*kind.split())), None)
    if kind is not None:
        return ddl_other.drop(t, kind, public)
    if t.skip("PLUGGABLE", "DATABASE"):
        return ddl_database.drop_pluggable(t)
    kind = next((kind for kind in _KINDS if t.skip(*kind.split())), None) if not public else None
    if kind is not None:
        return ddl_other.drop(t, kind)
    if t.skip("DATABASE"):
        return ast.DropDatabase()
    if t.word in _NOT_SIMULATED:
        raise not_simulated(f"DROP {t.word}")
    t.fail(950)


_DROP: Final[dict[str, Callable[[Tokens], ast.Statement]]] = {
    "TABLE": ddl_table.drop, "INDEX": ddl_index.drop, "USER": ddl_users.drop_user, "TABLESPACE": ddl_tablespace.drop,
    "MATERIALIZED": ddl_views.drop_materialized_view}
_PUBLIC_KINDS: Final = ("SYNONYM", "DATABASE LINK")
_KINDS: Final = ("VIEW", "SEQUENCE", "PROCEDURE", "FUNCTION", "PACKAGE BODY", "PACKAGE", "TYPE BODY", "TYPE", "TRIGGER", "DIRECTORY",
                 "CONTEXT", "ROLE", "PROFILE", "RESTORE POINT")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories, database links, contexts, restore points, the recycle bin, and DROP of what needs no clauses."""
from __future__ import annotations

from typing import Final

from oralab.sql import ast, clauses, expressions, sources
from oralab.sql.ast_tables import Name
from oralab.sql.ddl_views import Modifiers
from oralab.sql.lexer import Tokens
from oralab.sql.transactions import password


def directory(t: Tokens, how: Modifiers) -> ast.CreateDirectory:
    """After DIRECTORY."""
    name = Name(t.identifier(), offset=t.starts[t.i - 1])
    t.expect("AS")
    return ast.CreateDirectory(name=name, path=t.string(), or_replace=how.or_replace)


def _link_name(t: Tokens) -> Name:
    offset = t.starts[t.i]
    return Name(sources.dblink(t), offset=offset)


def database_link(t: Tokens, *, public: bool = False, shared: bool = False, alter: bool = False) -> ast.CreateDatabaseLink:
    """After DATABASE LINK."""
    node = ast.CreateDatabaseLink(name=_link_name(t), public=public, shared=shared, alter=alter)
    if t.skip("CONNECT"):
        t.expect("TO", 946)
        if t.skip("CURRENT_USER"):
            node.current_user = True
        else:
            node.user = t.identifier(987)
            t.expect("IDENTIFIED", 954)
            t.expect("BY", 924)
            if t.skip("VALUES"):
                node.values = t.string(2153)
            else:
                node.password = password(t)
    if t.skip("AUTHENTICATED", "BY"):
        t.identifier(987)
        t.expect_all("IDENTIFIED BY")
        password(t)
    if t.skip("USING"):
        node.using = t.string(2010)
    return node


_ACCESS: Final = ("INITIALIZED EXTERNALLY", "INITIALIZED GLOBALLY", "ACCESSED GLOBALLY")


def context(t: Tokens, how: Modifiers) -> ast.CreateContext:
    """After CONTEXT."""
    name = t.identifier()
    t.expect("USING")
    node = ast.CreateContext(name=name, package=clauses.object_name(t), or_replace=how.or_replace)
    node.access = next((words for words in _ACCESS if t.skip(*words.split())), "")
    return node


def restore_point(t: Tokens, clean: bool = False) -> ast.CreateRestorePoint:
    """After RESTORE POINT."""
    node = ast.CreateRestorePoint(name=t.identifier(), clean=clean)
    if t.skip("FOR", "PLUGGABLE", "DATABASE"):
        node.for_pluggable_database = t.identifier()
    if t.skip("AS"):
        t.expect("OF")
        if t.skip("SCN"):
            node.as_of_scn = expressions.expression(t)
        else:
            t.expect("TIMESTAMP")
            node.as_of_timestamp = expressions.expression(t)
    if t.skip("GUARANTEE"):
        t.expect_all("FLASHBACK DATABASE")
        node.guarantee = True
    node.preserve = t.skip("PRESERVE")
    return node


def parameter_file(t: Tokens) -> ast.CreateParameterFile:
    """After SPFILE or PFILE."""
    node = ast.CreateParameterFile(kind_of_file=t.words[t.i - 1], source="")
    if t.skip("="):
        node.path = t.string()
    t.expect("FROM")
    node.source = t.one_of(("PFILE", "SPFILE", "MEMORY")) or t.fail(905)
    if t.skip("="):
        node.source_path = t.string()
    t.skip("AS", "COPY")
    return node


def purge(t: Tokens) -> ast.Purge:
    """After PURGE. ORA-38302 for anything that has no recycle bin."""
    what = t.one_of(("TABLE", "INDEX", "RECYCLEBIN", "DBA_RECYCLEBIN", "TABLESPACE"))
    if what is None:
        t.fail(38302)
    node = ast.Purge(what=what)
    if what in ("TABLE", "INDEX"):
        node.name = clauses.object_name(t)
    elif what == "TABLESPACE":
        node.name = Name(t.identifier(2216))
        if t.skip("USER"):
            node.user = t.identifier(987)
    return node


# --- DROP ---

_NAME_CODES: Final = {"PROCEDURE": 985, "FUNCTION": 985, "PACKAGE": 985, "PACKAGE BODY": 985, "SEQUENCE": 2277, "SYNONYM": 995,
                      "ROLE": 1937, "TRIGGER": 4070, "PROFILE": 904, "VIEW": 903}
_UNQUALIFIED: Final = ("DIRECTORY", "CONTEXT", "ROLE", "PROFILE", "RESTORE POINT")


def drop(t: Tokens, kind: str, public: bool = False) -> ast.Drop:
    """After DROP and the kind of object."""
    if kind == "DATABASE LINK":
        name = _link_name(t)
    elif kind in _UNQUALIFIED:
        name = Name(t.identifier(_NAME_CODES.get(kind, 904)), offset=t.starts[t.i - 1])
    else:
        name = clauses.object_name(t, _NAME_CODES.get(kind, 903))
    node = ast.Drop(type=kind, name=name, public=public)
    if kind in ("VIEW", "CLUSTER") and t.skip("CASCADE"):
        t.expect("CONSTRAINTS")
        node.cascade = True
    elif kind == "PROFILE":
        node.cascade = t.skip("CASCADE")
    elif kind in ("TYPE", "SYNONYM"):
        node.force = t.skip("FORCE")
        node.validate = kind == "TYPE" and t.skip("VALIDATE")
    return node

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""COMMIT, ROLLBACK, SAVEPOINT, SET TRANSACTION, SET ROLE and SET CONSTRAINTS."""
from __future__ import annotations

from oralab.sql import ast_changes as ast
from oralab.sql.lexer import Tokens

_MODES = ("READ ONLY", "READ WRITE", "ISOLATION LEVEL SERIALIZABLE", "ISOLATION LEVEL READ COMMITTED")


def commit(t: Tokens) -> ast.Commit:
    t.skip("WORK")
    node = ast.Commit()
    if t.skip("COMMENT"):
        node.comment = t.string()
    if t.skip("WRITE"):
        words = []
        while t.word in ("WAIT", "NOWAIT", "IMMEDIATE", "BATCH"):
            words.append(t.word)
            t.i += 1
        node.write = " ".join(words)
    if t.skip("FORCE"):
        node.force = t.string()
    return node


def rollback(t: Tokens) -> ast.Rollback:
    t.skip("WORK")
    if t.skip("FORCE"):
        return ast.Rollback(force=t.string())
    if t.skip("TO"):
        t.skip("SAVEPOINT")
        return ast.Rollback(to=t.identifier(905))
    return ast.Rollback()


def savepoint(t: Tokens) -> ast.Savepoint:
    return ast.Savepoint(name=t.identifier(905))


def set_(t: Tokens) -> ast.Control:
    """SET TRANSACTION, ROLE or CONSTRAINT[S]. ORA-00922 for anything else."""
    if t.skip("TRANSACTION"):
        return _transaction(t)
    if t.skip("ROLE"):
        return _role(t)
    if t.one_of(("CONSTRAINT", "CONSTRAINTS")):
        return _constraints(t)
    t.fail(922)


def _transaction(t: Tokens) -> ast.SetTransaction:
    node = ast.SetTransaction()
    node.mode = next((mode for mode in _MODES if t.skip(*mode.split())), "")
    if t.skip("USE", "ROLLBACK", "SEGMENT"):
        node.rollback_segment = t.identifier()
    if t.skip("NAME"):
        node.name = t.string()
    if not (node.mode or node.rollback_segment or node.name is not None):
        t.fail(900)
    return node


def _role(t: Tokens) -> ast.SetRole:
    if t.skip("NONE"):
        return ast.SetRole()
    if t.skip("ALL"):
        excluded: list[str] = []
        if t.skip("EXCEPT"):
            excluded.append(t.identifier(1919))
            while t.skip(","):
                excluded.append(t.identifier(1919))
        return ast.SetRole(all=True, except_=tuple(excluded))
    roles: list[tuple[str, str | None]] = []
    while True:
        name = t.identifier(1937)
        roles.append((name, password(t) if t.skip("IDENTIFIED", "BY") else None))
        if not t.skip(","):
            return ast.SetRole(roles=tuple(roles))


def password(t: Tokens) -> str:
    """A password: an identifier, whose case counts as it was written. ORA-00988."""
    place = t.i
    t.i += 1
    word, text = t.words[place], t.text[t.starts[place]:t.ends[place]]
    if word == '"' and text != '""':
        return text[1:-1]
    if word[:1].isalpha():
        return text
    t.fail(988, at=place)


def _constraints(t: Tokens) -> ast.SetConstraints:
    names: list[tuple[str | None, str]] = []
    if not t.skip("ALL"):
        while True:
            schema, name = None, t.identifier()
            if t.skip("."):
                schema, name = name, t.identifier()
            names.append((schema, name))
            if not t.skip(","):
                break
    word = t.one_of(("IMMEDIATE", "DEFERRED"))
    if word is None:
        t.fail(905)
    return ast.SetConstraints(names=tuple(names), deferred=word == "DEFERRED")

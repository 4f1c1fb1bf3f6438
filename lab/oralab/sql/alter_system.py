# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ALTER SYSTEM and ALTER SESSION."""
from __future__ import annotations

from collections.abc import Callable
from typing import Final

from oralab.errors import not_simulated
from oralab.sql import ast_database as ast
from oralab.sql.lexer import NATIONAL, NUMBER, QUOTED, STRING, Tokens
from oralab.sql.sources import dblink

_CLAUSES: Final = ("SCOPE", "SID", "COMMENT", "CONTAINER")


def alter_system(t: Tokens) -> ast.AlterSystem | ast.AlterSystemSet:
    """After ALTER SYSTEM. ORA-02065."""
    if t.word == "SET" and t.words[t.i + 1] != "ENCRYPTION" or t.word == "RESET":
        return _set(t)
    take = _SYSTEM.get(t.word)
    if take is None:
        t.fail(2065)
    t.i += 1
    return take(t)


def _set(t: Tokens) -> ast.AlterSystemSet:
    node = ast.AlterSystemSet(settings=(), reset=t.word == "RESET")
    t.i += 1
    settings: list[ast.ParameterSetting] = []
    while t.word not in (*_CLAUSES, "DEFERRED") and t.is_name():
        settings.append(ast.ParameterSetting(t.identifier(), ()) if node.reset else setting(t))
        if node.reset:
            break
    if not settings:
        t.fail(2065 if t.word else 927)
    node.settings = tuple(settings)
    while t.word:
        if t.skip("DEFERRED"):
            node.deferred = True
            continue
        clause = t.one_of(_CLAUSES)
        if clause is None:
            t.fail(2065)
        t.expect("=", 927)
        if clause == "SCOPE":
            node.scope = t.one_of(("MEMORY", "SPFILE", "BOTH")) or t.fail(2065)
        elif clause == "CONTAINER":
            node.container = t.one_of(("ALL", "CURRENT")) or t.fail(2065)
        elif clause == "SID":
            node.sid = t.string() if t.word == STRING else t.identifier()
        else:
            node.comment = t.string()
    return node


def setting(t: Tokens) -> ast.ParameterSetting:
    """``name = value, ...``."""
    name = t.identifier(2248)
    t.expect("=", 927)
    values = [value(t)]
    while t.skip(","):
        values.append(value(t))
    return ast.ParameterSetting(name, tuple(values))


def value(t: Tokens) -> str:
    """A parameter's value as text: a literal, a number with its unit, or a word in upper case."""
    place = t.i
    sign = "-" if t.skip("-") else ""
    if t.word == NUMBER:
        t.i += 1
        unit = t.one_of(("K", "M", "G", "T"))
        return f"{sign}{t.values[t.i - 1 - (unit is not None)]}{unit or ''}"
    if t.word in (STRING, NATIONAL, QUOTED) or t.word[:1].isalpha():
        t.i += 1
        return str(t.values[place])
    t.fail(2017)


# --- ALTER SYSTEM ... everything else ---

def _switch(t: Tokens) -> ast.AlterSystem:
    t.expect("LOGFILE", 1900)
    t.skip("ALL")
    return ast.AlterSystem(action="SWITCH LOGFILE")


def _archive(t: Tokens) -> ast.AlterSystem:
    t.expect("LOG", 905)
    node = ast.AlterSystem(action="ARCHIVE LOG")
    if t.skip("INSTANCE"):
        node.target = t.string()
    if t.skip("THREAD"):
        node.value = str(t.integer())
    word = t.one_of(("CURRENT", "ALL", "NEXT", "SEQUENCE", "CHANGE", "GROUP", "LOGFILE", "START", "STOP"))
    if word is None:
        t.fail(254)
    node.what = word
    if word in ("SEQUENCE", "CHANGE", "GROUP"):
        node.what += f" {t.integer()}"
    elif word == "LOGFILE":
        node.target = t.string()
    t.skip("NOSWITCH")
    if t.skip("TO"):
        node.target = t.string()
    return node


def _checkpoint(t: Tokens) -> ast.AlterSystem:
    return ast.AlterSystem(action="CHECKPOINT", scope=t.one_of(("GLOBAL", "LOCAL")) or "")


def _check(t: Tokens) -> ast.AlterSystem:
    t.expect("DATAFILES", 2065)
    return ast.AlterSystem(action="CHECK DATAFILES", scope=t.one_of(("GLOBAL", "LOCAL")) or "")


def _flush(t: Tokens) -> ast.AlterSystem:
    node = ast.AlterSystem(action="FLUSH")
    if t.skip("REDO"):
        t.expect("TO", 946)
        node.what, node.target = "REDO", t.identifier()
        if not t.skip("NO", "CONFIRM", "APPLY"):
            t.skip("CONFIRM", "APPLY")
        return node
    if t.skip("GLOBAL", "CONTEXT"):
        node.what = "GLOBAL CONTEXT"
    else:
        node.what = t.one_of(("SHARED_POOL", "BUFFER_CACHE", "FLASH_CACHE", "PASSWORDFILE_METADATA_CACHE")) or t.fail(2065)
    return node


def _enable(t: Tokens) -> ast.AlterSystem:
    enable = t.words[t.i - 1] == "ENABLE"
    for action in ("RESTRICTED SESSION", "DISTRIBUTED RECOVERY"):
        if t.skip(*action.split()):
            return ast.AlterSystem(action=action, enable=enable)
    t.fail(2065)


def _kill(t: Tokens) -> ast.AlterSystem:
    t.expect("SESSION", 2065)
    node = ast.AlterSystem(action=f"{t.words[t.i - 2]} SESSION", target=t.string(26))
    while True:
        if t.skip("IMMEDIATE"):
            node.immediate = True
        elif t.skip("NOREPLAY"):
            node.noreplay = True
        elif node.action == "DISCONNECT SESSION" and t.skip("POST_TRANSACTION"):
            node.post_transaction = True
        else:
            break
    if node.action == "DISCONNECT SESSION" and not (node.immediate or node.post_transaction):
        t.fail(2000, "POST_TRANSACTION or IMMEDIATE")
    return node


def _cancel(t: Tokens) -> ast.AlterSystem:
    if t.release == "12.1":
        t.fail(2065, at=t.i - 1)
    t.expect("SQL", 2065)
    return ast.AlterSystem(action="CANCEL SQL", target=t.string(26))


def _plain(t: Tokens) -> ast.AlterSystem:
    action = t.words[t.i - 1]
    if action == "QUIESCE":
        t.expect("RESTRICTED", 905)
        action = "QUIESCE RESTRICTED"
    return ast.AlterSystem(action=action)


def _shutdown(t: Tokens) -> ast.AlterSystem:
    immediate = t.skip("IMMEDIATE")
    return ast.AlterSystem(action="SHUTDOWN", immediate=immediate, target=t.string())


def _encryption(t: Tokens) -> ast.AlterSystem:
    raise not_simulated("ALTER SYSTEM SET ENCRYPTION (ADMINISTER KEY MANAGEMENT replaces it)")


_SYSTEM: Final[dict[str, Callable[[Tokens], ast.AlterSystem]]] = {
    "SWITCH": _switch, "ARCHIVE": _archive, "CHECKPOINT": _checkpoint, "CHECK": _check, "FLUSH": _flush, "ENABLE": _enable,
    "DISABLE": _enable, "KILL": _kill, "DISCONNECT": _kill, "CANCEL": _cancel, "SUSPEND": _plain, "RESUME": _plain,
    "QUIESCE": _plain, "UNQUIESCE": _plain, "REGISTER": _plain, "SHUTDOWN": _shutdown, "SET": _encryption}


# --- ALTER SESSION ---

_SWITCHED: Final = ("PARALLEL DML", "PARALLEL DDL", "PARALLEL QUERY", "RESUMABLE", "COMMIT IN PROCEDURE", "GUARD", "SHARD DDL")


def alter_session(t: Tokens) -> ast.AlterSession:
    """After ALTER SESSION. ORA-02248."""
    if t.skip("SET"):
        return _set_session(t)
    if t.skip("CLOSE"):
        t.expect_all("DATABASE LINK")
        return ast.AlterSession(action="CLOSE DATABASE LINK", name=dblink(t))
    if t.skip("ADVISE"):
        return ast.AlterSession(action="ADVISE", what=t.one_of(("COMMIT", "ROLLBACK", "NOTHING")) or t.fail(2248))
    action = t.one_of(("ENABLE", "DISABLE", "FORCE"))
    what = next((words for words in _SWITCHED if t.skip(*words.split())), None) if action else None
    if action is None or what is None:
        t.fail(2248 if action else 922)
    node = ast.AlterSession(action=action, what=what)
    if action == "FORCE" and t.skip("PARALLEL"):
        node.degree = t.integer()
    if what == "RESUMABLE" and t.skip("TIMEOUT"):
        node.timeout = t.integer()
    if what == "RESUMABLE" and t.skip("NAME"):
        node.name = t.string()
    return node


def _set_session(t: Tokens) -> ast.AlterSession:
    node = ast.AlterSession(action="SET")
    settings: list[ast.ParameterSetting] = []
    quoted: list[str] = []
    while t.word:
        if t.skip("EVENTS"):
            settings.append(ast.ParameterSetting("EVENTS", (t.string(),)))
        elif t.skip("ROW", "ARCHIVAL", "VISIBILITY"):
            t.expect("=", 927)
            settings.append(ast.ParameterSetting("ROW ARCHIVAL VISIBILITY", (value(t),)))
        elif t.ahead("ISOLATION_LEVEL", "=", "READ", "COMMITTED"):
            t.i += 4
            settings.append(ast.ParameterSetting("ISOLATION_LEVEL", ("READ COMMITTED",)))
        elif t.skip("SERVICE", "=") and settings and settings[-1].name == "CONTAINER":
            node.service = t.identifier()
        else:
            one = setting(t)
            settings.append(one)
            if t.words[t.i - 1] == STRING:
                quoted.append(one.name)
    if not settings:
        t.fail(2248)
    node.settings, node.quoted = tuple(settings), tuple(quoted)
    return node

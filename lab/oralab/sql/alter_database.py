# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ALTER DATABASE and ALTER PLUGGABLE DATABASE."""
from __future__ import annotations

from collections.abc import Callable
from typing import Final

from oralab.errors import not_simulated
from oralab.sql import ast_database as ast
from oralab.sql import clauses, columns, ddl_tablespace
from oralab.sql.lexer import NUMBER, STRING, Tokens

Take = Callable[[Tokens, ast.AlterDatabase], None]


def alter(t: Tokens) -> ast.AlterDatabase:
    """After ALTER DATABASE. ORA-02231."""
    node = ast.AlterDatabase(action="")
    if t.word not in _ACTIONS and t.is_name():
        node.database = t.identifier()
    action(t, node)
    return node


def action(t: Tokens, node: ast.AlterDatabase) -> None:
    take = _ACTIONS.get(t.word)
    if take is None:
        t.fail(2231)
    t.i += 1
    take(t, node)


def _mount(t: Tokens, node: ast.AlterDatabase) -> None:
    node.action = "MOUNT"
    if t.skip("STANDBY"):
        t.expect("DATABASE", 2231)
        node.what = "STANDBY DATABASE"


_OPEN: Final = ("READ ONLY", "READ WRITE", "RESETLOGS", "NORESETLOGS", "UPGRADE", "DOWNGRADE", "MIGRATE")


def _open(t: Tokens, node: ast.AlterDatabase) -> None:
    node.action = "OPEN"
    words = []
    while t.word:
        found = next((words for words in _OPEN if t.skip(*words.split())), None)
        if found is None:
            t.fail(2288)
        words.append(found)
    node.what = " ".join(words)


def _plain(t: Tokens, node: ast.AlterDatabase) -> None:
    node.action = t.words[t.i - 1]


def _phrase(*phrases: str) -> Take:
    """Several words that are the action."""
    def take(t: Tokens, node: ast.AlterDatabase) -> None:
        t.i -= 1
        found = next((phrase for phrase in phrases if t.skip(*phrase.split())), None)
        if found is None:
            t.i += 1
            t.fail(2231)
        node.action = found
    return take


def _add(t: Tokens, node: ast.AlterDatabase) -> None:
    if t.word == "SUPPLEMENTAL":
        _supplemental(t, node, False)
        return
    standby = t.skip("STANDBY")
    t.expect("LOGFILE", 2231)
    node.action = "ADD STANDBY LOGFILE" if standby else "ADD LOGFILE"
    if t.skip("MEMBER"):
        node.action += " MEMBER"
        node.files = tuple(ast.FileSpec(name) for name in ddl_tablespace.file_names(t))
        t.expect("TO", 946)
        t.expect("GROUP")
        node.group = t.integer()
        return
    if t.skip("THREAD"):
        node.thread = t.integer()
    if t.skip("INSTANCE"):
        t.string()
    if t.skip("GROUP"):
        node.group = t.integer()
    node.files = _log_files(t)


def _log_files(t: Tokens) -> tuple[ast.FileSpec, ...]:
    paths: list[str] = []
    if t.skip("("):
        paths.extend(ddl_tablespace.file_names(t))
        t.close()
    spec = ddl_tablespace.file_spec(t)
    if t.skip("BLOCKSIZE"):
        clauses.size(t)
    spec.reuse = spec.reuse or t.skip("REUSE")
    if t.word == ",":
        raise not_simulated("several log groups in one ADD LOGFILE")
    return tuple(ast.FileSpec(path, spec.size, spec.reuse) for path in paths) or (spec,)


def _supplemental(t: Tokens, node: ast.AlterDatabase, drop: bool) -> None:
    t.expect_all("SUPPLEMENTAL LOG DATA", 905)
    node.action, node.drop, node.logs = "SUPPLEMENTAL LOG", drop, ("MIN",)
    if t.skip("FOR", "PROCEDURAL", "REPLICATION"):
        node.logs = ("PROCEDURAL REPLICATION",)
    elif t.word == "SUBSET":
        raise not_simulated("SUPPLEMENTAL LOG DATA SUBSET DATABASE REPLICATION")
    elif t.skip("("):
        node.logs = columns.log_data(t)
        t.close()
        if not t.one_of(("COLUMNS", "COLUMN")):
            t.fail(905)


def _drop(t: Tokens, node: ast.AlterDatabase) -> None:
    if t.word == "SUPPLEMENTAL":
        _supplemental(t, node, True)
        return
    node.action = "DROP STANDBY LOGFILE" if t.skip("STANDBY") else "DROP LOGFILE"
    t.expect("LOGFILE", 2231)
    if t.skip("MEMBER"):
        node.action += " MEMBER"
        node.file = ddl_tablespace.file_names(t)
    else:
        _group(t, node)


def _group(t: Tokens, node: ast.AlterDatabase) -> None:
    if t.skip("GROUP"):
        node.group = t.integer()
    else:
        node.file = (t.string(2236),)


def _clear(t: Tokens, node: ast.AlterDatabase) -> None:
    node.what = "UNARCHIVED" if t.skip("UNARCHIVED") else ""
    t.expect("LOGFILE", 2231)
    node.action = "CLEAR LOGFILE"
    _group(t, node)


def _default(t: Tokens, node: ast.AlterDatabase) -> None:
    if t.skip("TEMPORARY"):
        t.expect("TABLESPACE", 2231)
        node.action, node.name = "DEFAULT TEMPORARY TABLESPACE", t.identifier(2216)
    elif t.skip("TABLESPACE"):
        node.action, node.name = "DEFAULT TABLESPACE", t.identifier(2216)
    else:
        word = t.one_of(("BIGFILE", "SMALLFILE"))
        if word is None or not t.skip("TABLESPACE"):
            t.fail(2231)
        node.action, node.what = "DEFAULT TABLESPACE TYPE", word
    if t.word == "SET":
        t.fail(2231)


def _rename(t: Tokens, node: ast.AlterDatabase) -> None:
    if t.skip("GLOBAL_NAME"):
        t.expect("TO", 946)
        parts = [t.identifier()]
        while t.skip("."):
            parts.append(t.identifier())
        node.action, node.name = "RENAME GLOBAL_NAME", ".".join(parts)
        return
    t.expect("FILE", 2231)
    node.action, node.renames = "RENAME FILE", ddl_tablespace.renames(t)


def _move(t: Tokens, node: ast.AlterDatabase) -> None:
    t.expect("DATAFILE", 2231)
    node.action, node.file = "MOVE DATAFILE", (ddl_tablespace.file_or_number(t),)
    if t.skip("TO"):
        node.to = t.string(2236)
    node.reuse = t.skip("REUSE")
    node.keep = t.skip("KEEP")


def _datafile(t: Tokens, node: ast.AlterDatabase) -> None:
    node.action = t.words[t.i - 1]
    found = [ddl_tablespace.file_or_number(t)]
    while t.skip(","):
        found.append(ddl_tablespace.file_or_number(t))
    node.file = tuple(found)
    if t.skip("RESIZE"):
        node.what, node.size = "RESIZE", clauses.size(t)
    elif t.word == "AUTOEXTEND":
        node.what, node.autoextend = "AUTOEXTEND", ddl_tablespace.autoextend(t)
    elif t.skip("OFFLINE"):
        node.what = "OFFLINE DROP" if t.skip("FOR", "DROP") or t.skip("DROP") else "OFFLINE"
    elif t.skip("DROP"):
        node.what = "DROP INCLUDING DATAFILES" if t.skip("INCLUDING", "DATAFILES") else "DROP"
    elif t.skip("END", "BACKUP"):
        node.what = "END BACKUP"
    elif t.skip("ENCRYPT") or t.skip("DECRYPT"):
        node.what = t.words[t.i - 1]
    else:
        t.expect("ONLINE", 2231)
        node.what = "ONLINE"


def _create(t: Tokens, node: ast.AlterDatabase) -> None:
    if t.word in ("STANDBY", "PHYSICAL", "LOGICAL"):
        standby = t.word
        t.i += 1 + (standby != "STANDBY")
        t.expect_all("CONTROLFILE AS", 2231)
        node.action, node.what, node.to = "CREATE STANDBY CONTROLFILE", "LOGICAL" if standby == "LOGICAL" else "", t.string()
        node.reuse = t.skip("REUSE")
        return
    t.expect("DATAFILE", 2231)
    node.action, node.file = "CREATE DATAFILE", (ddl_tablespace.file_or_number(t),)
    if t.skip("AS") and not t.skip("NEW"):
        node.files = ddl_tablespace.file_specs(t)


def _backup(t: Tokens, node: ast.AlterDatabase) -> None:
    t.expect("CONTROLFILE", 2231)
    t.expect("TO", 946)
    node.action = "BACKUP CONTROLFILE"
    if t.skip("TRACE"):
        node.what = "TO TRACE"
        if t.skip("AS"):
            node.to = t.string()
    else:
        node.to = t.string()
    node.reuse = t.skip("REUSE")
    for words in ("RESETLOGS", "NORESETLOGS"):
        if t.skip(words):
            node.what += f" {words}"


def _convert(t: Tokens, node: ast.AlterDatabase) -> None:
    t.expect("TO", 946)
    node.action, node.what = "CONVERT TO", t.one_of(("PHYSICAL", "SNAPSHOT")) or t.fail(2231)
    t.expect("STANDBY", 2231)
    node.what += " STANDBY"


def _commit(t: Tokens, node: ast.AlterDatabase) -> None:
    t.expect_all("TO SWITCHOVER", 2231)
    node.action = "COMMIT TO SWITCHOVER"
    _words(t, node, ("TO", "PHYSICAL", "LOGICAL", "PRIMARY", "STANDBY", "WITH", "WITHOUT", "SESSION", "SHUTDOWN", "WAIT", "NOWAIT",
                     "CANCEL"))


def _words(t: Tokens, node: ast.AlterDatabase, allowed: tuple[str, ...]) -> None:
    words = []
    while t.word in allowed:
        words.append(t.word)
        t.i += 1
    node.what = " ".join(words)


def _role_change(t: Tokens, node: ast.AlterDatabase) -> None:
    node.action = f"{t.words[t.i - 1]} TO"
    t.expect("TO", 946)
    node.name = t.identifier()
    node.what = t.one_of(("VERIFY", "FORCE")) or ""


def _activate(t: Tokens, node: ast.AlterDatabase) -> None:
    t.one_of(("PHYSICAL", "LOGICAL"))
    t.expect_all("STANDBY DATABASE", 2231)
    node.action = "ACTIVATE STANDBY"
    t.skip("FINISH", "APPLY")


def _set(t: Tokens, node: ast.AlterDatabase) -> None:
    if t.skip("TIME_ZONE"):
        t.expect("=", 927)
        node.action, node.name = "TIME_ZONE", t.string()
    elif t.skip("DEFAULT"):
        word = t.one_of(("BIGFILE", "SMALLFILE"))
        if word is None or not t.skip("TABLESPACE"):
            t.fail(2231)
        node.action, node.what = "DEFAULT TABLESPACE TYPE", word
    else:
        t.expect_all("STANDBY DATABASE TO MAXIMIZE", 2231)
        node.action = "SET STANDBY TO MAXIMIZE"
        node.what = t.one_of(("PROTECTION", "AVAILABILITY", "PERFORMANCE")) or t.fail(2231)


def _register(t: Tokens, node: ast.AlterDatabase) -> None:
    node.what = "REPLACE" if t.skip("OR", "REPLACE") else ""
    t.one_of(("PHYSICAL", "LOGICAL"))
    t.expect("LOGFILE", 2231)
    node.action, node.file = "REGISTER LOGFILE", ddl_tablespace.file_names(t)


def _recover(t: Tokens, node: ast.AlterDatabase) -> None:
    """What follows RECOVER is kept as its words: sqlplus has the same clauses in a command of its own."""
    place = t.i
    t.i = t.last
    node.action, node.what = "RECOVER", " ".join(t.since(place).split()).upper()


def _enable(t: Tokens, node: ast.AlterDatabase) -> None:
    node.enable = t.words[t.i - 1] == "ENABLE"
    if t.skip("BLOCK", "CHANGE", "TRACKING"):
        node.action = "BLOCK CHANGE TRACKING"
        if node.enable and t.skip("USING"):
            t.expect("FILE", 2231)
            node.to = t.string()
            node.reuse = t.skip("REUSE")
    elif t.skip("RESTRICTED", "SESSION"):
        node.action = "ENABLE RESTRICTED SESSION"
    else:
        if node.enable:
            node.what = "PUBLIC" if t.skip("PUBLIC") else ""
        t.expect("THREAD", 2231)
        node.action, node.thread = f"{'ENABLE' if node.enable else 'DISABLE'} THREAD", t.integer()


def _guard(t: Tokens, node: ast.AlterDatabase) -> None:
    node.action, node.what = "GUARD", t.one_of(("ALL", "STANDBY", "NONE")) or t.fail(2231)


def _start_stop(t: Tokens, node: ast.AlterDatabase) -> None:
    raise not_simulated("logical standby databases")


_ACTIONS: Final[dict[str, Take]] = {
    "MOUNT": _mount, "OPEN": _open, "CLOSE": _plain, "DISMOUNT": _plain, "ARCHIVELOG": _plain, "NOARCHIVELOG": _plain,
    "FORCE": _phrase("FORCE LOGGING"), "NO": _phrase("NO FORCE LOGGING"), "FLASHBACK": _phrase("FLASHBACK ON", "FLASHBACK OFF"),
    "BEGIN": _phrase("BEGIN BACKUP"), "END": _phrase("END BACKUP"), "ADD": _add, "DROP": _drop, "CLEAR": _clear,
    "DEFAULT": _default, "RENAME": _rename, "MOVE": _move, "DATAFILE": _datafile, "TEMPFILE": _datafile, "CREATE": _create,
    "BACKUP": _backup, "CONVERT": _convert, "COMMIT": _commit, "SWITCHOVER": _role_change, "FAILOVER": _role_change,
    "ACTIVATE": _activate, "SET": _set, "REGISTER": _register, "RECOVER": _recover, "ENABLE": _enable, "DISABLE": _enable,
    "GUARD": _guard, "START": _start_stop, "STOP": _start_stop}


# --- pluggable databases ---

def alter_pluggable(t: Tokens) -> ast.AlterPluggableDatabase:
    """After ALTER PLUGGABLE DATABASE. ORA-65013 class errors belong to execution, ORA-02231 to the grammar."""
    node = ast.AlterPluggableDatabase()
    if t.skip("ALL"):
        node.names = ("ALL",)
        if t.skip("EXCEPT"):
            node.except_ = clauses.names(t)
    elif t.is_name() and t.word not in _ACTIONS and t.word not in _PLUGGABLE:
        node.names = clauses.names(t)
    if t.one_of(("SAVE", "DISCARD")):
        node.action = f"{t.words[t.i - 1]} STATE"
        t.expect("STATE", 922)
        _instances(t, node)
    elif t.skip("UNPLUG"):
        t.expect("INTO")
        node.action, node.into = "UNPLUG", t.string()
    elif t.skip("STORAGE"):
        node.action = "STORAGE"
        if not t.skip("UNLIMITED"):
            t.skip_group()
    elif t.one_of(("OPEN", "CLOSE")):
        _state(t, node)
    else:
        node.inner = ast.AlterDatabase(action="", pluggable=True)
        action(t, node.inner)
        node.action = node.inner.action
    return node


_PLUGGABLE: Final = ("SAVE", "DISCARD", "UNPLUG", "STORAGE")


def _state(t: Tokens, node: ast.AlterPluggableDatabase) -> None:
    node.action = t.words[t.i - 1]
    if node.action == "CLOSE":
        node.immediate = t.skip("IMMEDIATE")
        t.skip("ABORT")
    else:
        node.what = next((words for words in ("READ ONLY", "READ WRITE", "UPGRADE", "RESETLOGS") if t.skip(*words.split())), "")
        node.restricted = t.skip("RESTRICTED")
        node.force = t.skip("FORCE")
    _instances(t, node)


def _instances(t: Tokens, node: ast.AlterPluggableDatabase) -> None:
    if not t.skip("INSTANCES"):
        return
    t.expect("=", 927)
    if t.word == "(":
        place = t.i
        t.skip_group()
        node.instances = t.since(place)
    else:
        node.instances = t.one_of(("ALL", "NONE")) or (t.string() if t.word in (STRING, NUMBER) else t.fail(922))

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery Manager's command language: splitting input into commands, and reading one.

Grammar as in the Backup and Recovery Reference, for the commands the lab has. What cannot be read is a syntax error
(RMAN-00558 with RMAN-01009 and RMAN-01007), and nothing of that command runs.
"""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

from oralab.tools import rman_commands as commands
from oralab.tools import rman_grammar_backup as backup
from oralab.tools import rman_grammar_records as records
from oralab.tools import rman_grammar_restore as restore
from oralab.tools.rman_commands import Command
from oralab.tools.rman_reader import STARTERS, Reader, SyntaxFault, tokens

_LINE_COMMANDS = ("CONNECT", "EXIT", "QUIT", "@")
"""Commands that end with their line when no semicolon does."""
_SQL = ("SELECT", "INSERT", "UPDATE", "DELETE FROM", "ALTER SYSTEM", "ALTER DATABASE", "ALTER TABLESPACE", "ALTER SESSION", "ALTER USER",
        "CREATE RESTORE", "CREATE TABLE", "CREATE DIRECTORY", "DROP", "GRANT", "REVOKE", "COMMIT", "ROLLBACK", "DESCRIBE", "TRUNCATE",
        "PURGE", "ALTER TABLE")
"""How statements begin that RMAN hands to SQL (12.1 and later)."""
_NOT_IN_RUN = ("RUN", "CONNECT", "EXIT", "QUIT", "SPOOL", "@", "end")
_NOT_SIMULATED = ("REPORT", "FLASHBACK", "IMPORT", "EXPORT", "HOST",
                  "RESET", "RESYNC", "TRANSPORT", "UPGRADE", "REPAIR", "ADVISE", "SEND", "PRINT", "EXECUTE", "REGISTER", "UNREGISTER")


def split(text: str) -> tuple[str, str] | None:
    """The first whole command of a text and what follows it, or None when the text does not hold a whole one yet."""
    depth, first, started = 0, "", 0
    last_line = 0
    for token in tokens(text):
        if token.kind == "open":
            return None
        if not first:
            if token.kind == ";":
                return text[started:token.end], text[token.end:]
            first, started, last_line = token.word or token.kind, token.start, token.line
        elif first in _LINE_COMMANDS and token.line > last_line:
            end = text.index("\n", started)
            return text[started:end], text[end:]
        if token.kind == "{":
            depth += 1
        elif token.kind == "}":
            depth -= 1
            if depth <= 0:
                return text[started:token.end], text[token.end:]
        elif token.kind == ";" and depth == 0:
            return text[started:token.end], text[token.end:]
    if first in _LINE_COMMANDS and "\n" in text[started:]:
        end = text.index("\n", started)
        return text[started:end], text[end:]
    return None


def parse(text: str, file: str = "standard input", first_line: int = 1) -> Command | None:
    """Read one command; None for an empty one. ``first_line`` is where the text begins in ``file``. Raises ``SyntaxFault``."""
    reader = Reader(text, file, first_line)
    if reader.peek().kind in (";", "end"):
        return None
    command = _command(reader)
    reader.accept(";")
    if reader.peek().kind != "end":
        reader.unexpected(";")
    return command


def _command(reader: Reader) -> Command:
    token = reader.peek()
    sql = _statement(reader)
    if sql is not None:
        return sql
    grammar = _COMMANDS.get(token.word or token.kind)
    if grammar is not None:
        reader.next()
        return grammar(reader)
    if token.word in _NOT_SIMULATED:
        reader.rest()
        return commands.Unknown(token.word)
    reader.unexpected(STARTERS)


def _statement(reader: Reader) -> Command | None:
    words = f"{reader.peek().word} {reader.peek(1).word}"
    if any(words == start or words.startswith(start + " ") for start in _SQL):
        return commands.Sql(reader.rest())
    return None


def _run(reader: Reader) -> Command:
    reader.expect("{")
    found: list[Command] = []
    while not reader.accept("}"):
        if reader.accept(";"):
            continue
        if (reader.peek().word or reader.peek().kind) in _NOT_IN_RUN:
            reader.unexpected("allocate, alter, backup, convert, crosscheck, delete, execute, release, set, sql, validate, }")
        found.append(_command(reader))
        reader.expect(";")
    return commands.Run(tuple(found))


def _script(reader: Reader) -> Command:
    return commands.Script(reader.rest().strip("'\""))


def _allocate(reader: Reader) -> Command:
    channel, auxiliary = "", reader.accept("AUXILIARY")
    if not reader.accept("CHANNEL", "FOR", "MAINTENANCE"):
        reader.expect("CHANNEL")
        channel = reader.string()
    device, form, parms = "DISK", "", ""
    while reader.peek().kind not in (";", "end", "}"):
        if reader.accept("DEVICE", "TYPE") or reader.accept("TYPE"):
            reader.accept("=")
            device = backup.device(reader)
        elif reader.accept("FORMAT"):
            reader.accept("=")
            form = reader.quoted()
        elif reader.accept("PARMS"):
            reader.accept("=")
            parms = reader.quoted()
        elif reader.accept("MAXPIECESIZE") or reader.accept("MAXOPENFILES") or reader.accept("RATE"):
            reader.next()
        else:
            reader.unexpected("connect, device, format, maxopenfiles, maxpiecesize, parms, rate, type, ;")
    return commands.Allocate(channel, device, form, parms, auxiliary)


def _release(reader: Reader) -> Command:
    reader.expect("CHANNEL")
    return commands.Release("" if reader.peek().kind in (";", "end") else reader.string())


def _sql(reader: Reader) -> Command:
    token = reader.peek()
    if token.kind == "open":
        reader.unexpected("double-quoted-string, single-quoted-string")
    text = reader.rest()
    mark = text[:1]
    if mark not in "'\"":
        return commands.Sql(text)
    return commands.Sql(text[1:-1].replace(mark * 2, mark), quoted=True)


def _set_option(reader: Reader) -> Command:
    prepared = restore.set_option(reader) or backup.set_option(reader)
    if prepared is not None:
        return prepared
    return commands.SetOption(tuple(reader.rest().split()))


def _spool(reader: Reader) -> Command:
    reader.expect("LOG")
    if reader.accept("OFF"):
        return commands.Spool("")
    reader.expect("TO")
    return commands.Spool(reader.string(), reader.accept("APPEND"))


def _startup(reader: Reader) -> Command:
    to, force = "OPEN", False
    while reader.peek().kind not in (";", "end", "}"):
        if reader.accept("FORCE"):
            force = True
        elif reader.peek().word in ("NOMOUNT", "MOUNT"):
            to = reader.next().word
        else:
            reader.unexpected("dba, force, mount, nomount, pfile, upgrade, ;")
    return commands.Startup(to, force)


def _shutdown(reader: Reader) -> Command:
    mode = reader.next().word if reader.peek().word in ("IMMEDIATE", "ABORT", "NORMAL", "TRANSACTIONAL") else "NORMAL"
    return commands.Shutdown(mode)


def _connect(reader: Reader) -> Command:
    role = "AUXILIARY" if reader.accept("AUXILIARY") else reader.expect("TARGET").word
    return dataclasses.replace(connect(reader.rest()), role=role)


def connect(text: str) -> commands.Connect:
    """A connect string: ``/``, ``'/ AS SYSBACKUP'``, ``'"/ as sysbackup"'``, ``user/password@service AS SYSDBA``."""
    stripped = text.strip().rstrip(";").strip()
    while len(stripped) > 1 and stripped[0] in "'\"" and stripped[-1] == stripped[0]:
        stripped = stripped[1:-1].strip()
    found = re.fullmatch(r"(?P<user>[^/@\s]*)(?:/(?P<password>\"[^\"]*\"|[^@\s]*))?(?:@(?P<dsn>\"[^\"]*\"|\S+))?"
                         r"(?:\s+AS\s+(?P<privilege>SYSDBA|SYSBACKUP))?", stripped, re.IGNORECASE)
    if found is None or not stripped:
        raise SyntaxFault('RMAN-01009: syntax error: found "identifier": expecting one of: "double-quoted-string, single-quoted-string"')
    return commands.Connect((found["user"] or "").strip('"').upper(), (found["password"] or "").strip('"'),
                            (found["dsn"] or "").strip('"'), (found["privilege"] or "SYSDBA").upper())


_COMMANDS: dict[str, Callable[[Reader], Command]] = {
    "@": _script, "RUN": _run, "CONNECT": _connect, "ALLOCATE": _allocate, "RELEASE": _release,
    "CONVERT": backup.convert, "BACKUP": backup.backup, "VALIDATE": backup.validate, "SHOW": records.show,
    "CONFIGURE": records.configure, "SQL": _sql, "SET": _set_option, "SPOOL": _spool,
    "STARTUP": _startup, "SHUTDOWN": _shutdown,
    "EXIT": lambda reader: commands.Exit(), "QUIT": lambda reader: commands.Exit(),
    **{verb: lambda reader, verb=verb: records.records(reader, verb) for verb in ("LIST", "DELETE", "CROSSCHECK", "CHANGE")},  # type: ignore[misc]
    "CATALOG": records.catalog, **restore.GRAMMARS,
}

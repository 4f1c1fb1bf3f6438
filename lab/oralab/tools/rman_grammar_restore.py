# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grammar of RESTORE, RECOVER, SWITCH, DUPLICATE and what SET prepares for them (Backup and Recovery Reference)."""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any, Final

from oralab.tools import rman_commands as commands
from oralab.tools.rman_commands import Command
from oralab.tools.rman_reader import Reader

_END: Final = (";", "end", "}", ")")
Option = Callable[[Reader, dict[str, Any]], None]


def _size(reader: Reader) -> int:
    """A number with K, M or G."""
    reader.accept("=")
    found = re.fullmatch(r"(\d+)([KMG]?)", reader.peek().text.upper())
    if found is None:
        reader.unexpected("integer")
    reader.next()
    return int(found[1]) << " KMG".index(found[2] or " ") * 10


def _text(reader: Reader) -> str:
    """A string or a bare word, after an equals sign that may be left out. A connect string without quotes has marks in it."""
    reader.accept("=")
    if reader.peek().kind in ("single", "double"):
        return reader.next().text
    start = reader.peek()
    if start.kind not in ("word", "number"):
        reader.unexpected("double-quoted-string, identifier, single-quoted-string")
    end = reader.next().end
    while reader.peek().start == end and reader.peek().kind not in _END:
        end = reader.next().end
    return reader.text[start.start:end]


def until(reader: Reader, *, with_thread: bool = True) -> commands.Until:
    """After UNTIL."""
    kind = reader.peek().word
    if kind not in ("SCN", "TIME", "SEQUENCE"):
        reader.unexpected("scn, sequence, time")
    reader.next()
    reader.accept("=")
    if kind == "TIME":
        return commands.Until(kind, _text(reader))
    value, thread = reader.integer(), 1
    if kind == "SEQUENCE" and with_thread and reader.accept("THREAD"):
        reader.accept("=")
        thread = reader.integer()
    return commands.Until(kind, str(value), thread)


# --- options that several commands have ---

def _from(reader: Reader, found: dict[str, Any]) -> None:
    if reader.accept("SERVICE"):
        found["service"] = _text(reader)
    elif reader.accept("TAG"):
        reader.accept("=")
        found["tag"] = reader.tag()
    elif reader.accept("AUTOBACKUP"):
        found["source"] = "AUTOBACKUP"
    elif reader.peek().kind in ("single", "double"):
        found["source"] = reader.next().text
    elif reader.accept("NONSPARSE"):
        return
    elif not reader.accept("BACKUPSET"):
        reader.unexpected("autobackup, backupset, datafilecopy, double-quoted-string, service, single-quoted-string, tag")


def _using(reader: Reader, found: dict[str, Any]) -> None:
    found["compressed"] = reader.accept("COMPRESSED")
    reader.expect("BACKUPSET")


def _skip(reader: Reader, found: dict[str, Any]) -> None:
    if reader.accept("READONLY"):
        found["skip_readonly"] = True
        return
    reader.accept("FOREVER")
    reader.expect("TABLESPACE")
    found["skip"] = reader.list_of(reader.name)


def _device(reader: Reader, found: dict[str, Any]) -> None:
    reader.accept("TYPE")
    reader.accept("=")
    reader.string()


def _flag(name: str, value: Any = True) -> Option:
    def take(reader: Reader, found: dict[str, Any]) -> None:
        found[name] = value
    return take


def _until(reader: Reader, found: dict[str, Any]) -> None:
    found["until"] = until(reader)


def _section(reader: Reader, found: dict[str, Any]) -> None:
    reader.expect("SIZE")
    found["section"] = _size(reader)


_COMMON: Final[dict[str, Option]] = {"FROM": _from, "USING": _using, "SECTION": _section, "UNTIL": _until, "SKIP": _skip, "DEVICE": _device}


def _options(reader: Reader, found: dict[str, Any], table: dict[str, Option], expecting: str) -> None:
    """Everything up to the end of the command."""
    while reader.peek().kind not in _END:
        take = table.get(reader.peek().word)
        if take is None:
            reader.unexpected(expecting)
        reader.next()
        take(reader, found)


# --- RESTORE ---

def _scope(words: str) -> Option:
    def take(reader: Reader, found: dict[str, Any]) -> None:
        reader.position -= 1
        found["scope"] = reader.scope()
    return take


def _standby(reader: Reader, found: dict[str, Any]) -> None:
    reader.expect("CONTROLFILE")
    found["what"] = "STANDBY CONTROLFILE"


def _preview(reader: Reader, found: dict[str, Any]) -> None:
    found["verb"] = "PREVIEW"
    reader.accept("SUMMARY")


def _validate(reader: Reader, found: dict[str, Any]) -> None:
    found["verb"] = "VALIDATE"
    reader.accept("HEADER")


def _to(reader: Reader, found: dict[str, Any]) -> None:
    found["as_pfile"] = reader.accept("PFILE")
    found["to"] = _text(reader)


def _archivelog(reader: Reader, found: dict[str, Any]) -> None:
    found["what"], found["logs"] = "ARCHIVELOG", logs(reader)


def _as(reader: Reader, found: dict[str, Any]) -> None:
    found["encryption"] = "ENCRYPTED" if reader.accept("ENCRYPTED") else reader.expect("DECRYPTED").word


def logs(reader: Reader) -> commands.Logs:
    """An archived log specifier, after ARCHIVELOG."""
    if reader.accept("ALL"):
        return commands.Logs()
    kind, low, high, thread = "", None, None, 0
    if reader.accept("SEQUENCE"):
        kind = "SEQUENCE"
        reader.accept("=")
        if reader.accept("BETWEEN"):
            low = str(reader.integer())
            reader.expect("AND")
            high = str(reader.integer())
        else:
            low = high = str(reader.integer())
    while reader.peek().word in ("FROM", "UNTIL", "THREAD") and reader.peek(1).word not in ("SERVICE", "TAG", "AUTOBACKUP"):
        side = reader.next().word
        if side == "THREAD":
            reader.accept("=")
            thread = reader.integer()
            continue
        bound = until(reader, with_thread=False)
        kind = bound.kind
        low, high = (bound.value, high) if side == "FROM" else (low, bound.value)
    if not kind:
        reader.unexpected("all, from, like, scn, sequence, time, until")
    return commands.Logs(kind, low, high, thread)


def _limit(reader: Reader, found: dict[str, Any]) -> None:
    reader.accept("=")
    reader.integer()


_RESTORE: Final[dict[str, Option]] = {
    **_COMMON, "DATABASE": _scope("DATABASE"), "TABLESPACE": _scope("TABLESPACE"), "DATAFILE": _scope("DATAFILE"), "STANDBY": _standby,
    "CONTROLFILE": _flag("what", "CONTROLFILE"), "PRIMARY": lambda reader, found: _flag("what", "CONTROLFILE")(reader, found) if reader.expect(
        "CONTROLFILE") else None,
    "SPFILE": _flag("what", "SPFILE"), "ARCHIVELOG": _archivelog, "PREVIEW": _preview, "VALIDATE": _validate, "TO": _to, "FORCE": _flag("force"),
    "AS": _as, "MAXSEQ": _limit, "MAXDAYS": _limit}


def restore(reader: Reader) -> Command:
    if reader.peek().word in ("FOREIGN", "ALL", "PLUGGABLE", "POINT"):
        return commands.Unknown(f"RESTORE {reader.rest().split()[0]}")
    found: dict[str, Any] = {}
    bracketed = reader.accept("(")
    if bracketed:
        _options(reader, found, _RESTORE, "archivelog, controlfile, database, datafile, spfile, tablespace")
        reader.expect(")")
    _options(reader, found, _RESTORE, "archivelog, channel, check, controlfile, database, datafile, device, force, from, preview, section, skip, "
             "spfile, tablespace, to, until, using, validate, ;")
    if "scope" not in found and "what" not in found:
        reader.unexpected("archivelog, controlfile, database, datafile, foreign, pluggable, primary, spfile, standby, tablespace")
    return commands.Restore(**found)


# --- RECOVER ---

_RECOVER: Final[dict[str, Option]] = {
    **_COMMON, "NOREDO": _flag("noredo"), "DELETE": lambda reader, found: _flag("delete_archivelog")(reader, found) if reader.expect(
        "ARCHIVELOG") else None}


def recover(reader: Reader) -> Command:
    found: dict[str, Any] = {}
    if reader.accept("STANDBY"):
        found["standby"] = True
        if reader.peek().word != "DATABASE":
            reader.unexpected("database")
    elif reader.accept("COPY", "OF"):
        found["copy"] = True
    elif reader.peek().word in ("FOREIGN", "TABLE", "PLUGGABLE", "BLOCK", "CORRUPTION"):
        return commands.Unknown(f"RECOVER {reader.rest().split()[0]}")
    scope = reader.scope()
    if scope is None:
        reader.unexpected("copy, corruption, database, datafile, foreign, pluggable, standby, table, tablespace")
    if found.get("copy") and reader.accept("WITH"):
        reader.accept("TAG")
        found["tag"] = reader.tag()
    _options(reader, found, _RECOVER, "allow, archivelog, auxiliary, check, delete, device, from, noredo, section, skip, test, until, using, ;")
    if found.get("standby") and not found.get("service"):
        reader.unexpected("from")
    found.pop("source", None)
    found.pop("skip_readonly", None)
    return commands.Recover(scope, **found)


# --- SET ---

def set_option(reader: Reader) -> Command | None:
    """SET NEWNAME, SET UNTIL and SET DBID; None for any other."""
    if reader.accept("DBID"):
        reader.accept("=")
        return commands.SetDbid(reader.integer())
    if reader.accept("UNTIL"):
        return commands.SetUntil(until(reader))
    if not reader.accept("NEWNAME"):
        return None
    reader.expect("FOR")
    kind = reader.peek().word
    if kind not in ("DATABASE", "TABLESPACE", "DATAFILE", "TEMPFILE"):
        reader.unexpected("database, datafile, pluggable, tablespace, tempfile")
    reader.next()
    item = "" if kind == "DATABASE" else reader.name() if kind == "TABLESPACE" else reader.datafile()
    reader.expect("TO")
    return commands.SetNewname(kind, item, "" if reader.accept("NEW") else reader.quoted())


# --- SWITCH ---

def switch(reader: Reader) -> Command:
    kind = reader.peek().word
    if kind not in ("DATABASE", "DATAFILE", "TEMPFILE", "TABLESPACE"):
        reader.unexpected("database, datafile, pluggable, tablespace, tempfile")
    reader.next()
    items: tuple[str, ...] = ()
    if kind != "DATABASE" and not reader.accept("ALL"):
        items = reader.list_of(reader.name if kind == "TABLESPACE" else reader.datafile)
    if not reader.accept("TO"):
        return commands.Switch(kind, items)
    if reader.accept("COPY"):
        return commands.Switch(kind, items, "COPY")
    reader.accept("DATAFILECOPY")
    return commands.Switch(kind, items, reader.quoted())


# --- DUPLICATE ---

def _spfile(reader: Reader, found: dict[str, Any]) -> None:
    """SPFILE [PARAMETER_VALUE_CONVERT ...] [SET name = value]... [RESET name]..."""
    settings: list[tuple[str, str, str]] = []
    while reader.peek().word in ("SET", "RESET", "PARAMETER_VALUE_CONVERT"):
        verb = reader.next().word
        if verb == "PARAMETER_VALUE_CONVERT":
            pairs = reader.list_of(reader.quoted)
            settings += [("CONVERT", old, new) for old, new in zip(pairs[::2], pairs[1::2])]
        elif verb == "RESET":
            settings.append((verb, reader.string().lower(), ""))
        else:
            name = reader.string().lower()
            reader.accept("=")
            settings.append((verb, name, ", ".join(reader.list_of(lambda: _text(reader)))))
    found["spfile"] = tuple(settings)


def _backup_location(reader: Reader, found: dict[str, Any]) -> None:
    reader.expect("LOCATION")
    found["location"] = reader.quoted()


_DUPLICATE: Final[dict[str, Option]] = {
    **{name: _COMMON[name] for name in ("UNTIL", "USING", "SECTION", "SKIP")}, "DORECOVER": _flag("dorecover"),
    "NOFILENAMECHECK": _flag("nofilenamecheck"), "NOOPEN": _flag("noopen"), "SPFILE": _spfile, "BACKUP": _backup_location}


def duplicate(reader: Reader) -> Command:
    found: dict[str, Any] = {}
    reader.accept("TARGET")
    if reader.peek().word in ("PLUGGABLE", "TABLESPACE", "FOREIGN"):
        return commands.Unknown(f"DUPLICATE {reader.rest().split()[0]}")
    reader.expect("DATABASE")
    if reader.peek().kind in ("single", "double"):
        reader.next()
    while reader.peek().kind not in _END:
        if reader.accept("FOR", "STANDBY"):
            found["standby"] = True
        elif reader.accept("TO"):
            found["name"] = reader.string()
        elif reader.accept("FROM", "ACTIVE", "DATABASE"):
            found["active"] = True
        elif reader.peek().word == "DB_FILE_NAME_CONVERT":
            found["name_convert"] = reader.name_convert()
        else:
            take = _DUPLICATE.get(reader.peek().word)
            if take is None:
                reader.unexpected("backup, db_file_name_convert, device, dorecover, for, from, logfile, nofilenamecheck, noopen, section, skip, "
                                  "spfile, to, until, using, ;")
            reader.next()
            take(reader, found)
    if not found.get("standby") and not found.get("name"):
        reader.unexpected("for, to")
    fields = {field.name for field in dataclasses.fields(commands.Duplicate)}
    return commands.Duplicate(**{name: value for name, value in found.items() if name in fields})


GRAMMARS: Final[dict[str, Callable[[Reader], Command]]] = {
    "RESTORE": restore, "RECOVER": recover, "SWITCH": switch, "DUPLICATE": duplicate}

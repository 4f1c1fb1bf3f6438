# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grammar of the commands that make backups and copies: BACKUP, VALIDATE, CONVERT, and what SET prepares for them."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from oralab.tools import rman_commands as commands
from oralab.tools import rman_grammar_restore as restore
from oralab.tools.rman_commands import Command
from oralab.tools.rman_reader import Reader

_END = (";", "end", "}")


def convert(reader: Reader) -> Command:
    found: dict[str, object] = {}
    items: list[str] = []
    formats: list[str] = []
    kind = ""

    def named(kind_of: str, item: Callable[[], str]) -> None:
        nonlocal kind
        if kind not in ("", kind_of):
            reader.unexpected("db_file_name_convert, format, from, parallelism, to, ;")
        kind = kind_of
        new = reader.list_of(item)
        items.extend(new)
        form = ""
        # A FORMAT after a file list is the list's own when further lists or options may follow it (documented for CONVERT DATAFILE).
        if kind_of == "DATAFILE" and reader.accept("FORMAT"):
            reader.accept("=")
            form = reader.quoted()
        formats.extend([form] * len(new))

    while reader.peek().kind not in (";", "end", "}"):
        if reader.accept("DATAFILE"):
            named("DATAFILE", reader.quoted)
        elif reader.accept("TABLESPACE"):
            named("TABLESPACE", reader.name)
        elif reader.accept("DATABASE"):
            kind = "DATABASE"
        else:
            _convert_option(reader, found)
    if not kind:
        reader.unexpected("database, datafile, tablespace")
    return commands.Convert(kind, tuple(items), tuple(formats), **found)  # type: ignore[arg-type]


def _convert_option(reader: Reader, found: dict[str, object]) -> None:
    if reader.accept("FROM", "PLATFORM"):
        reader.accept("=")
        found["from_platform"] = reader.quoted()
    elif reader.accept("TO", "PLATFORM"):
        reader.accept("=")
        found["to_platform"] = reader.quoted()
    elif reader.accept("FORMAT"):
        reader.accept("=")
        found["format"] = reader.quoted()
    elif reader.accept("PARALLELISM"):
        reader.accept("=")
        found["parallelism"] = reader.integer()
    elif reader.peek().word == "DB_FILE_NAME_CONVERT":
        found["name_convert"] = reader.name_convert()
    else:
        reader.unexpected("database, datafile, db_file_name_convert, format, from, parallelism, tablespace, to, ;")


# --- BACKUP ---

def backup(reader: Reader) -> Command:
    found: dict[str, Any] = {}
    after: dict[str, Any] | None = None
    while reader.peek().kind not in _END:
        if reader.accept("PLUS", "ARCHIVELOG"):
            after = {}
        elif after is not None:
            _option(reader, after, _LOG_OPTIONS)
        elif reader.accept("("):
            if not _what(reader, found):
                reader.unexpected(_WHAT)
            while not reader.accept(")"):
                _option(reader, found, _OPTIONS)
        elif not _what(reader, found):
            _option(reader, found, _OPTIONS)
    if not set(found) & {"scope", "logs", "control_file", "spfile"}:
        reader.unexpected(_WHAT)
    if after is not None:
        shared: dict[str, Any] = {name: found[name] for name in ("as_compressed", "validate", "device", "not_backed_up") if name in found}
        found["plus"] = commands.Backup(logs=commands.Logs(), **{**shared, **after})
    return commands.Backup(**found)


_WHAT = "archivelog, backupset, copy, current, database, datafile, datafilecopy, recovery, spfile, tablespace"


def _what(reader: Reader, found: dict[str, Any]) -> bool:
    """What is backed up, if that stands here."""
    scope = reader.scope()
    if scope is not None:
        if "scope" in found:
            reader.unexpected(";")
        found["scope"] = scope
    elif reader.accept("ARCHIVELOG"):
        found["logs"] = restore.logs(reader)
    elif reader.accept("CURRENT", "CONTROLFILE"):
        found["control_file"] = "STANDBY" if reader.accept("FOR", "STANDBY") else "CURRENT"
    elif reader.accept("SPFILE"):
        found["spfile"] = True
    else:
        return False
    return True


def _as(reader: Reader, found: dict[str, Any]) -> None:
    if reader.accept("COPY"):
        found["as_copy"], found["reuse"] = True, reader.accept("REUSE")
        return
    found["as_compressed"] = reader.accept("COMPRESSED")
    reader.expect("BACKUPSET")


def _incremental(reader: Reader, found: dict[str, Any]) -> None:
    if reader.accept("FROM", "SCN"):
        found["from_scn"] = reader.integer()
        return
    reader.expect("LEVEL")
    reader.accept("=")
    if reader.peek().text not in ("0", "1"):
        reader.unexpected("0, 1")
    found["level"] = reader.integer()
    if reader.accept("CUMULATIVE"):
        found["cumulative"] = True


def _recover_of(reader: Reader, found: dict[str, Any]) -> None:
    for word in ("RECOVER", "OF"):
        reader.expect(word)
    reader.expect("TAG")
    reader.accept("=")
    found["recover_of"] = reader.tag()


def _tag(reader: Reader, found: dict[str, Any]) -> None:
    reader.accept("=")
    found["tag"] = reader.tag()


def _format(reader: Reader, found: dict[str, Any]) -> None:
    reader.accept("=")
    found["format"] = reader.quoted()


def _number(name: str) -> Callable[[Reader, dict[str, Any]], None]:
    def take(reader: Reader, found: dict[str, Any]) -> None:
        reader.accept("=")
        found[name] = reader.integer()
    return take


def _flag(name: str) -> Callable[[Reader, dict[str, Any]], None]:
    def take(reader: Reader, found: dict[str, Any]) -> None:
        found[name] = True
    return take


def _section(reader: Reader, found: dict[str, Any]) -> None:
    reader.expect("SIZE")
    found["section"] = size(reader)


def size(reader: Reader) -> int:
    """A number with K, M or G, in bytes."""
    reader.accept("=")
    match = re.fullmatch(r"(\d+)([KMG]?)", reader.peek().text.upper())
    if match is None:
        reader.unexpected("integer")
    reader.next()
    return int(match[1]) << " KMG".index(match[2] or " ") * 10


def _not_backed_up(reader: Reader, found: dict[str, Any]) -> None:
    """NOT BACKED UP [n TIMES]."""
    reader.expect("BACKED")
    reader.expect("UP")
    found["not_backed_up"] = 1
    if reader.peek().kind == "number":
        found["not_backed_up"] = reader.integer()
        reader.expect("TIMES")


def _delete(reader: Reader, found: dict[str, Any]) -> None:
    found["delete_all_input" if reader.accept("ALL") else "delete_input"] = True
    reader.expect("INPUT")


def _device(reader: Reader, found: dict[str, Any]) -> None:
    reader.expect("TYPE")
    reader.accept("=")
    found["device"] = device(reader)


def device(reader: Reader) -> str:
    """DISK, or SBT_TAPE however it is written."""
    name = reader.string().upper()
    return "SBT_TAPE" if name.startswith("SBT") else name


def keep(reader: Reader, found: dict[str, Any]) -> None:
    """After KEEP: FOREVER, or UNTIL TIME with an expression."""
    if reader.accept("FOREVER"):
        found["keep"] = "FOREVER"
    else:
        reader.expect("UNTIL")
        reader.expect("TIME")
        reader.accept("=")
        found["keep"] = reader.quoted()
    if reader.accept("LOGS") or reader.accept("NOLOGS"):
        found["keep_logs"] = reader.peek(-1).word == "LOGS"


def _include(reader: Reader, found: dict[str, Any]) -> None:
    reader.expect("CURRENT")
    reader.expect("CONTROLFILE")
    found["include_controlfile"] = True


def _check(reader: Reader, found: dict[str, Any]) -> None:
    reader.expect("LOGICAL")
    found["check_logical"] = True


def _full(reader: Reader, found: dict[str, Any]) -> None:
    """FULL and FORCE are what happens anyway: nothing is optimized away."""


def _name_convert(reader: Reader, found: dict[str, Any]) -> None:
    reader.position -= 1
    found["name_convert"] = reader.name_convert()


Option = Callable[[Reader, dict[str, Any]], None]
_LOG_OPTIONS: dict[str, Option] = {"TAG": _tag, "FORMAT": _format, "DELETE": _delete, "FILESPERSET": _number("filesperset"), "NOT": _not_backed_up}
_OPTIONS: dict[str, Option] = {
    **_LOG_OPTIONS, "AS": _as, "VALIDATE": _flag("validate"), "CHECK": _check, "INCREMENTAL": _incremental, "CUMULATIVE": _flag("cumulative"),
    "FOR": _recover_of, "SECTION": _section, "DB_FILE_NAME_CONVERT": _name_convert, "DEVICE": _device, "KEEP": keep, "INCLUDE": _include,
    "FULL": _full, "FORCE": _full}


def _option(reader: Reader, found: dict[str, Any], options: dict[str, Option]) -> None:
    take = options.get(reader.peek().word)
    if take is None:
        reader.unexpected("archivelog, as, check, copy, cumulative, current, database, datafile, filesperset, format, full, include, "
                          "incremental, plus, tablespace, tag, validate, ;")
    reader.next()
    take(reader, found)


# --- SET ---

def set_option(reader: Reader) -> Command | None:
    """SET ENCRYPTION, DECRYPTION, COMPRESSION ALGORITHM and CONTROLFILE AUTOBACKUP FORMAT; None for any other."""
    if reader.accept("ENCRYPTION", "ALGORITHM") or reader.accept("COMPRESSION", "ALGORITHM"):
        kind = reader.peek(-2).word
        reader.accept("=")
        algorithm = reader.string().upper()
        reader.rest()
        return commands.SetBackup(f"{kind} ALGORITHM", (algorithm,))
    if reader.accept("ENCRYPTION"):
        return _encryption(reader)
    if reader.accept("DECRYPTION"):
        reader.expect("IDENTIFIED")
        reader.expect("BY")
        return commands.SetBackup("DECRYPTION", reader.list_of(reader.string))
    if reader.accept("CONTROLFILE", "AUTOBACKUP", "FORMAT", "FOR", "DEVICE", "TYPE"):
        kind = device(reader)
        reader.expect("TO")
        return commands.SetBackup("CONTROLFILE AUTOBACKUP FORMAT", (kind, reader.quoted()))
    return None


def _encryption(reader: Reader) -> Command:
    """[ON | OFF] [FOR ALL TABLESPACES] [IDENTIFIED BY password [ONLY]]; the clauses stand in any order (documented examples)."""
    state, password, only = "ON", None, False
    while reader.peek().kind not in _END:
        if reader.peek().word in ("ON", "OFF"):
            state = reader.next().word
        elif reader.accept("IDENTIFIED", "BY"):
            password = reader.string()
        elif reader.accept("ONLY"):
            only = True
        elif not reader.accept("FOR", "ALL", "TABLESPACES"):
            reader.unexpected("for, identified, off, on, only, ;")
    return commands.SetBackup("ENCRYPTION", (state,), password, only)


# --- VALIDATE ---

def validate(reader: Reader) -> Command:
    logical = reader.accept("CHECK", "LOGICAL")
    scope = reader.scope()
    if scope is None:
        if reader.peek().word in ("BACKUPSET", "COPY", "CURRENT", "SPFILE", "DATAFILECOPY", "ARCHIVELOG", "RECOVERY"):
            reader.rest()
            return commands.Unknown("VALIDATE of anything but the database's datafiles")
        reader.unexpected("archivelog, backupset, check, copy, current, database, datafile, tablespace")
    return commands.Validate(scope, reader.accept("CHECK", "LOGICAL") or logical)

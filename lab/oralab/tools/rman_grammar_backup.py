# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grammar of the commands that make backups and keep their records: BACKUP, VALIDATE, CONVERT, LIST, CROSSCHECK, DELETE, SHOW, CONFIGURE."""
from __future__ import annotations

from collections.abc import Callable

from oralab.tools import rman_commands as commands
from oralab.tools.rman_commands import Command, Scope
from oralab.tools.rman_reader import Reader


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


def backup(reader: Reader) -> Command:
    found: dict[str, object] = {}
    scope: Scope | None = None
    while reader.peek().kind not in (";", "end", "}"):
        bracketed = reader.accept("(")
        new = reader.scope()
        if bracketed and new is None:
            reader.unexpected("database, datafile, tablespace")
        if new is not None:
            if scope is not None:
                reader.unexpected(";")
            scope = new
            if bracketed:
                while not reader.accept(")"):
                    _backup_option(reader, found)
            continue
        if reader.peek().word in ("ARCHIVELOG", "CURRENT", "BACKUPSET", "COPY", "SPFILE", "PLUGGABLE", "CONTROLFILECOPY",
                                "DATAFILECOPY", "RECOVERY"):
            what = f"BACKUP {reader.peek().word}"
            reader.rest()
            return commands.Unknown(what)
        _backup_option(reader, found)
    if scope is None:
        reader.unexpected("archivelog, backupset, copy, current, database, datafile, datafilecopy, recovery, spfile, tablespace")
    return commands.Backup(scope, **found)  # type: ignore[arg-type]


def _backup_option(reader: Reader, found: dict[str, object]) -> None:
    if reader.accept("AS", "COPY"):
        found["as_copy"] = True
        found["reuse"] = reader.accept("REUSE")
    elif reader.accept("AS", "COMPRESSED", "BACKUPSET"):
        found["as_compressed"] = True
    elif reader.accept("AS", "BACKUPSET"):
        found["as_copy"] = False
    elif reader.accept("VALIDATE"):
        found["validate"] = True
    elif reader.accept("CHECK", "LOGICAL"):
        found["check_logical"] = True
    elif reader.accept("INCREMENTAL", "FROM", "SCN"):
        found["from_scn"] = reader.integer()
    elif reader.accept("INCREMENTAL"):
        reader.expect("LEVEL")
        reader.accept("=")
        if reader.peek().text not in ("0", "1"):
            reader.unexpected("0, 1")
        found["level"] = reader.integer()
        found["cumulative"] = reader.accept("CUMULATIVE")
    elif reader.accept("CUMULATIVE"):
        found["cumulative"] = True
    elif reader.accept("TAG"):
        reader.accept("=")
        found["tag"] = reader.tag()
    elif reader.accept("FORMAT"):
        reader.accept("=")
        found["format"] = reader.quoted()
    elif reader.accept("FILESPERSET"):
        reader.accept("=")
        found["filesperset"] = reader.integer()
    elif reader.peek().word == "DB_FILE_NAME_CONVERT":
        found["name_convert"] = reader.name_convert()
    elif reader.accept("PLUS", "ARCHIVELOG"):
        found["plus_archivelog"] = True
    elif reader.accept("INCLUDE", "CURRENT", "CONTROLFILE"):
        found["include_controlfile"] = True
    else:
        reader.unexpected("archivelog, as, check, copy, cumulative, current, database, datafile, filesperset, format, full, include, "
                        "incremental, plus, tablespace, tag, validate, ;")


def validate(reader: Reader) -> Command:
    logical = reader.accept("CHECK", "LOGICAL")
    scope = reader.scope()
    if scope is None:
        if reader.peek().word in ("BACKUPSET", "COPY", "CURRENT", "SPFILE", "DATAFILECOPY", "ARCHIVELOG", "RECOVERY"):
            reader.rest()
            return commands.Unknown("VALIDATE of anything but the database's datafiles")
        reader.unexpected("archivelog, backupset, check, copy, current, database, datafile, tablespace")
    return commands.Validate(scope, reader.accept("CHECK", "LOGICAL") or logical)


def records(reader: Reader, verb: str) -> Command:
    found: dict[str, object] = {}
    if verb == "DELETE":
        while reader.peek().word in ("NOPROMPT", "EXPIRED", "OBSOLETE", "FORCE"):
            found[reader.next().text.lower()] = True
    elif verb == "LIST" and reader.accept("EXPIRED"):
        found["expired"] = True
    kinds = ("COPY", "BACKUP", "BACKUPSET", "DATAFILECOPY", "BACKUPPIECE")
    if found.get("obsolete"):
        kind = "BACKUP"
    elif reader.peek().word in kinds:
        kind = reader.next().word
    else:
        reader.rest()
        return commands.Unknown(f"{verb} of anything but backups and copies of datafiles")
    while reader.peek().kind not in (";", "end", "}"):
        if reader.accept("OF"):
            scope = reader.scope()
            if scope is None:
                reader.unexpected("database, datafile, tablespace")
            found["scope"] = scope
        elif reader.accept("TAG"):
            reader.accept("=")
            found["tag"] = reader.string().upper()
        elif reader.accept("SUMMARY"):
            found["summary"] = True
        elif reader.accept("COMPLETED") or reader.accept("DEVICE"):
            reader.rest()
            return commands.Unknown(f"{verb} {kind} with COMPLETED or DEVICE")
        elif reader.peek().kind in ("single", "double", "number"):
            found["items"] = reader.list_of(lambda: reader.next().text)
        else:
            reader.unexpected("completed, device, of, summary, tag, ;")
    return commands.Records(verb, kind, **found)  # type: ignore[arg-type]


def show(reader: Reader) -> Command:
    return commands.Show(" ".join(reader.rest().upper().split()))


def configure(reader: Reader) -> Command:
    text = " ".join(reader.rest().split())
    for name in CONFIGURABLE:
        if text.upper().startswith(name + " "):
            value = text[len(name) + 1:]
            return commands.Configure(name, None if value.upper() == "CLEAR" else value)
    return commands.Unknown("CONFIGURE " + text)


CONFIGURABLE = ("RETENTION POLICY", "BACKUP OPTIMIZATION", "DEFAULT DEVICE TYPE", "CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE DISK",
                "CONTROLFILE AUTOBACKUP", "DEVICE TYPE DISK", "DATAFILE BACKUP COPIES FOR DEVICE TYPE DISK",
                "ARCHIVELOG BACKUP COPIES FOR DEVICE TYPE DISK", "MAXSETSIZE", "ENCRYPTION FOR DATABASE", "ENCRYPTION ALGORITHM",
                "COMPRESSION ALGORITHM", "RMAN OUTPUT", "ARCHIVELOG DELETION POLICY", "SNAPSHOT CONTROLFILE NAME")
"""Names of persistent settings, in the order of SHOW ALL."""

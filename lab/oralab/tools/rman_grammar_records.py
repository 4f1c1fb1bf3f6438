# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grammar of the commands about what RMAN remembers: LIST, CROSSCHECK, DELETE, CHANGE, CATALOG, SHOW, CONFIGURE."""
from __future__ import annotations

import re
from typing import Any

from oralab.tools import rman_commands as commands
from oralab.tools import rman_grammar_backup as backup
from oralab.tools import rman_grammar_restore as restore
from oralab.tools.rman_commands import Command
from oralab.tools.rman_reader import Reader

_END = (";", "end", "}")
_KINDS = ("BACKUP", "BACKUPSET", "BACKUPPIECE", "COPY", "DATAFILECOPY", "ARCHIVELOG")
_ACTIONS = ("UNCATALOG", "UNAVAILABLE", "AVAILABLE", "KEEP", "NOKEEP")


def records(reader: Reader, verb: str) -> Command:
    found: dict[str, Any] = {}
    while reader.peek().word in ("NOPROMPT", "EXPIRED", "OBSOLETE", "FORCE"):
        found[reader.next().text.lower()] = True
    kind = "BACKUP"
    if not found.get("obsolete"):
        if reader.peek().word not in _KINDS:
            what = reader.peek().text
            reader.rest()
            return commands.Unknown(f"{verb} {what}".strip())
        kind = reader.next().word
        if kind == "ARCHIVELOG":
            found["logs"] = restore.logs(reader)
    while reader.peek().kind not in _END:
        if not _clause(reader, verb, found):
            reader.unexpected("available, completed, device, keep, nokeep, of, summary, tag, unavailable, uncatalog, ;")
    return commands.Records(verb, kind, **found)


def _clause(reader: Reader, verb: str, found: dict[str, Any]) -> bool:
    """One clause after the kind; whether there was one."""
    if reader.accept("OF"):
        _of(reader, found)
    elif reader.accept("TAG"):
        reader.accept("=")
        found["tag"] = reader.string().upper()
    elif reader.accept("SUMMARY"):
        found["summary"] = True
    elif reader.accept("DEVICE", "TYPE"):
        reader.accept("=")
        found["device"] = backup.device(reader)
    elif reader.accept("BACKED", "UP"):
        found["backed_up"] = reader.integer()
        for word in ("TIMES", "TO"):
            reader.expect(word)
        found["device"] = backup.device(reader)
    elif verb == "CHANGE" and reader.peek().word in _ACTIONS:
        found["action"] = reader.next().word
        if found["action"] == "KEEP":
            backup.keep(reader, found)
            found.pop("keep_logs", None)
    elif reader.peek().kind in ("single", "double", "number"):
        found["items"] = reader.list_of(lambda: reader.next().text)
    else:
        return False
    return True


def _of(reader: Reader, found: dict[str, Any]) -> None:
    scope = reader.scope()
    if scope is not None:
        found["scope"] = scope
    elif reader.accept("ARCHIVELOG"):
        found["logs"] = restore.logs(reader)
    elif reader.peek().word in ("CONTROLFILE", "SPFILE"):
        found["of"] = reader.next().word
    else:
        reader.unexpected("archivelog, controlfile, database, datafile, spfile, tablespace")


def catalog(reader: Reader) -> Command:
    found: dict[str, Any] = {}
    if reader.accept("START", "WITH"):
        found["kind"], found["items"] = "START WITH", (reader.quoted(),)
    elif reader.accept("RECOVERY", "AREA") or reader.accept("DB_RECOVERY_FILE_DEST"):
        found["kind"] = "RECOVERY AREA"
    else:
        if reader.accept("DEVICE", "TYPE"):
            found["device"] = backup.device(reader)
        if reader.peek().word not in ("BACKUPPIECE", "DATAFILECOPY", "CONTROLFILECOPY", "ARCHIVELOG"):
            reader.unexpected("archivelog, backuppiece, controlfilecopy, datafilecopy, recovery, start")
        found["kind"] = reader.next().word
        found["items"] = reader.list_of(reader.quoted)
    while reader.peek().kind not in _END:
        if reader.accept("NOPROMPT"):
            found["noprompt"] = True
        elif reader.accept("TAG"):
            reader.accept("=")
            found["tag"] = reader.tag()
        elif reader.accept("LEVEL"):
            found["level"] = reader.integer()
        else:
            reader.unexpected("level, noprompt, tag, ;")
    return commands.Catalog(**found)


def show(reader: Reader) -> Command:
    return commands.Show(" ".join(reader.rest().upper().split()))


def configure(reader: Reader) -> Command:
    """The text is kept as it was typed but for blanks; a device's name is in quotes where RMAN puts it in quotes (transcripts)."""
    text = " ".join(reader.rest().split())
    text = re.sub(r"\b(DEVICE TYPE|DEFAULT DEVICE TYPE TO) '?SBT(?:_TAPE)?'?(?= |$)", r"\1 'SBT_TAPE'", text, flags=re.IGNORECASE)
    for name, key in SETTINGS.items():
        found = re.fullmatch(f"{name} ({key}) ?(.+)", text, re.IGNORECASE | re.DOTALL)
        if found is not None:
            return commands.Configure(name, None if found[2].upper() == "CLEAR" else found[2], found[1].upper())
    return commands.Unknown("CONFIGURE " + text)


_DEVICE = "DISK|'SBT_TAPE'"
SETTINGS = {
    "RETENTION POLICY": "", "BACKUP OPTIMIZATION": "", "DEFAULT DEVICE TYPE": "", "CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE": _DEVICE,
    "CONTROLFILE AUTOBACKUP": "", "DEVICE TYPE": _DEVICE, "DATAFILE BACKUP COPIES FOR DEVICE TYPE": _DEVICE,
    "ARCHIVELOG BACKUP COPIES FOR DEVICE TYPE": _DEVICE, "CHANNEL": "DEVICE TYPE DISK|DEVICE TYPE 'SBT_TAPE'", "MAXSETSIZE": "",
    "ENCRYPTION FOR DATABASE": "", "ENCRYPTION ALGORITHM": "", "COMPRESSION ALGORITHM": "", "RMAN OUTPUT": "", "ARCHIVELOG DELETION POLICY": "",
    "SNAPSHOT CONTROLFILE NAME": ""}
"""Names of persistent settings as V$RMAN_CONFIGURATION has them, and what tells those of one name apart (known to DBAs); in the order of SHOW ALL."""

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a file name of the database leads: a path of the file system, or a file in an ASM disk group.

ASM names are not paths. A disk group is a directory of the host that no ordinary name reaches; the names in it are those of the
Automatic Storage Management Administrator's Guide (documented)::

    +DATA                                       creates one file, named by ASM (an Oracle managed file)
    +DATA/DBTRG/DATAFILE/users.259.1184123456   fully qualified: what ASM named; refers only
    +DATA.259.1184123456                        numeric; refers only
    +DATA/DBTRG/DATAFILE/df01.dbf               an alias: creates and refers; its directory must be there
    +DATA(DATAFILE), +DATA(DATAFILE)/x/df01.dbf with a template

A process of the lab is a host, so the groups that its ASM has mounted belong to the process. Entries are found in any case of letters,
as there (documented). Numbers of files begin at 256 (transcript); incarnations count seconds (assumed).
"""
from __future__ import annotations

import dataclasses
import os
import re
import threading
import time
from collections.abc import Iterable, Iterator

from oralab.errors import OraError

MB = 1 << 20
FIRST_FILE = 256
_QUALIFIED = re.compile(r"\.(\d+)\.(\d+)$")
_NAME = re.compile(r"\+([A-Za-z][\w$#]*)(?:\((\w+)\))?((?:\.\d+\.\d+)?)((?:/.*)?)$", re.DOTALL)
_TEMPLATES = ("PARAMETERFILE", "DUMPSET", "CONTROLFILE", "ARCHIVELOG", "ONLINELOG", "DATAFILE", "TEMPFILE", "BACKUPSET", "AUTOBACKUP",
              "XTRANSPORT", "CHANGETRACKING", "FLASHBACK", "DATAGUARDCONFIG")


@dataclasses.dataclass(frozen=True, slots=True)
class DiskGroup:
    """A disk group with external redundancy."""

    name: str
    total_mb: int = 10240


@dataclasses.dataclass(slots=True)
class _Mounted:
    group: DiskGroup
    directory: str
    last_number: int = FIRST_FILE - 1


_numbering = threading.Lock()
_mounted: dict[str, _Mounted] = {}


# --- the host's disk groups ---

def mount(groups: Iterable[DiskGroup], directory: str) -> None:
    """Mount disk groups that live below a directory of the host. RuntimeError when this host has another of the name."""
    for group in groups:
        own = os.path.join(directory, group.name)
        other = _mounted.get(group.name)
        if other is not None and other.directory != own:
            raise RuntimeError(f"the host has a disk group {group.name} in {other.directory} already")
        os.makedirs(own, exist_ok=True)
        _mounted[group.name] = _Mounted(group, own)


def dismount(groups: Iterable[DiskGroup]) -> None:
    for group in groups:
        _mounted.pop(group.name, None)


def usage() -> list[tuple[DiskGroup, int]]:
    """Every mounted group with its free megabytes."""
    return [(found.group, found.group.total_mb - -(-_used(found) // MB)) for _, found in sorted(_mounted.items())]


def _used(mounted: _Mounted) -> int:
    return sum(os.path.getsize(path) for path in _files(mounted.directory))


def _files(directory: str) -> Iterator[str]:
    for where, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(where, name)
            if not os.path.islink(path):
                yield path


# --- names ---

def is_asm(name: str) -> bool:
    return name.startswith("+")


def is_absolute(name: str) -> bool:
    """Whether a name leads somewhere without the database's own directory."""
    return is_asm(name) or os.path.isabs(name)


def is_managed(name: str) -> bool:
    """Whether ASM gave this name: such a file is an Oracle managed file (documented)."""
    return is_asm(name) and _QUALIFIED.search(name) is not None


@dataclasses.dataclass(frozen=True, slots=True)
class _Parsed:
    group: str
    template: str
    numeric: str
    entries: tuple[str, ...]


def _parse(name: str) -> _Parsed:
    """ORA-15124 for what is no ASM name at all."""
    found = _NAME.match(name)
    entries = tuple(found.group(4).strip("/").split("/")) if found and found.group(4).strip("/") else ()
    if found is None or any(not entry or len(entry.encode()) > 48 or re.search(r"[\x00-\x1f'\"*?]", entry) for entry in entries):
        raise OraError(15124, f"ASM file name '{name}' contains an invalid alias name")
    return _Parsed(found.group(1).upper(), (found.group(2) or "").upper(), found.group(3), entries)


def _group(parsed: _Parsed) -> _Mounted:
    mounted = _mounted.get(parsed.group)
    if mounted is None:
        raise OraError(15001, f'diskgroup "{parsed.group}" does not exist or is not mounted')
    return mounted


def _entry(mounted: _Mounted, entries: tuple[str, ...]) -> str:
    """The path of an entry. ORA-15173 names the first one that is not there, and the directory where it is not (transcript)."""
    path = mounted.directory
    for number, entry in enumerate(entries):
        below = os.path.join(path, entry.upper())
        if not os.path.lexists(below):
            where = entries[number - 1] if number else "/"
            raise OraError(15173, f"entry '{entry}' does not exist in directory '{where}'")
        path = below
    return path


def _look(name: str) -> str:
    """The path of an ASM file. ORA-15001, 15012, 15045, 15173."""
    parsed = _parse(name)
    mounted = _group(parsed)
    number = parsed.numeric or (match.group() if (match := _QUALIFIED.search(name)) else "")
    if number:
        for path in _files(mounted.directory):
            if path.endswith(number):
                return path
        raise OraError(15012, f"ASM file '{name}' does not exist")
    if not parsed.entries:
        raise OraError(15045, f"ASM file name '{name}' is not in reference form")
    path = os.path.realpath(_entry(mounted, parsed.entries))
    if not os.path.isfile(path):
        raise OraError(15012, f"ASM file '{name}' does not exist")
    return path


# --- what others open, create and remove ---

def real(name: str) -> str:
    """The path under which a file is opened. A name in a disk group that leads nowhere gives a path where nothing is."""
    if not is_asm(name):
        return name
    try:
        return _look(name)
    except OraError:
        return os.path.join(os.sep, "dev", "null", "no such file")


def exists(name: str) -> bool:
    return os.path.isfile(real(name)) if is_asm(name) else os.path.exists(name)


def unfound(name: str, number: int = 2) -> list[str]:
    """The lines of an error stack that say why a file cannot be opened (transcript: ORA-17503 over the reason for ASM)."""
    if not is_asm(name):
        return ["ORA-27037: unable to obtain file status", f"Linux-x86_64 Error: {number}: {os.strerror(number)}"]
    try:
        _look(name)
    except OraError as error:
        return [f"ORA-17503: ksfdopn:2 Failed to open file {name}", error.text]
    return []


def uncreated(name: str, reason: OraError) -> OraError:
    """ORA-17502 over why a file of a disk group cannot be made (transcript)."""
    return OraError(17502, f"ksfdcre:4 Failed to create file {name}", stack=reason.text.split("\n"))


def place(name: str, kind: str, tag: str, database: str) -> str:
    """The name of a file that is to be created: as given, or the one that ASM gives it.

    ``kind`` is the file type of ASM (DATAFILE, DUMPSET, ...), ``tag`` what it says of the file (a tablespace's name). ORA-17502 over
    15001, 15005, 15046 for a name that only refers, 15124, 15173.
    """
    if not is_asm(name):
        return name
    try:
        parsed = _parse(name)
        mounted = _group(parsed)
        if parsed.template and parsed.template not in _TEMPLATES:
            raise OraError(15060, f'template "{parsed.template}" does not exist')
        if parsed.numeric or _QUALIFIED.search(name):
            raise OraError(15046, f"ASM file name '{name}' is not in single-file creation form")
        if not parsed.entries:
            return _new(mounted, kind, tag, database)
        directory = _entry(mounted, parsed.entries[:-1])
        alias = os.path.join(directory, parsed.entries[-1].upper())
        if os.path.isdir(alias):
            raise OraError(15046, f"ASM file name '{name}' is not in single-file creation form")
        if os.path.lexists(alias):
            if os.path.exists(alias):
                raise OraError(15005, f'name "{name[1:].split("/", 1)[1]}" is already used by an existing alias')
            os.unlink(alias)
        own = _path_of(_new(mounted, kind, tag, database))
        os.symlink(own, alias)
        return f"+{parsed.group}/{'/'.join(parsed.entries)}"
    except OraError as error:
        raise uncreated(name, error) from None


def _new(mounted: _Mounted, kind: str, tag: str, database: str) -> str:
    """A name of ASM's own, in directories that it makes."""
    directory = os.path.join(mounted.directory, database.upper(), kind)
    os.makedirs(directory, exist_ok=True)
    # Channels create files side by side, and a name is given before its file is there.
    with _numbering:
        taken = [int(match.group(1)) for path in _files(mounted.directory) if (match := _QUALIFIED.search(path))]
        mounted.last_number = number = max([*taken, mounted.last_number]) + 1
    return f"+{mounted.group.name}/{database.upper()}/{kind}/{tag.lower()}.{number}.{int(time.time()) % 10 ** 10}"


def _path_of(name: str) -> str:
    parsed = _parse(name)
    return os.path.join(_group(parsed).directory, *(entry.upper() for entry in parsed.entries))


def target(name: str, size: int = 0) -> str:
    """The path at which a file that was placed is made. ORA-17502 over 15041 when its group has no room for ``size`` bytes."""
    if not is_asm(name):
        return name
    path = _path_of(name)
    path = os.readlink(path) if os.path.islink(path) else path
    try:
        need_room(name, size)
    except OraError as error:
        raise uncreated(name, error) from None
    return path


def need_room(name: str, size: int) -> None:
    """ORA-15041 unless the disk group has room for so many more bytes."""
    if is_asm(name):
        mounted = _group(_parse(name))
        if _used(mounted) + size > mounted.group.total_mb * MB:
            raise OraError(15041, f'diskgroup "{mounted.group.name}" space exhausted')


def remove(name: str) -> None:
    """Remove a file; from a disk group with its aliases."""
    path = real(name)
    os.unlink(path)
    if is_asm(name):
        mounted = _group(_parse(name))
        for where, _, names in os.walk(mounted.directory):
            for entry in names:
                alias = os.path.join(where, entry)
                if os.path.islink(alias) and os.readlink(alias) == path:
                    os.unlink(alias)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery Manager: its commands and how to run it; :mod:`rman_output` reads what it prints."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.names import NAME_MAX, BadName
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement

__metaclass__ = type


def quoted(text: str, what: str) -> str:
    """A file name, format or platform as an RMAN command has it.

    RMAN has no escape for a quote inside quotes, and takes an ampersand for a substitution variable.
    """
    if not text or re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029'\"&]", text):
        raise BadName("{0} {1!r} cannot stand in an RMAN command.".format(what, text),
                      hint="It may not be empty nor hold a quote, an ampersand or a control character.")
    return "'{0}'".format(text)


def _tablespace(name: str) -> str:
    """A tablespace's name exactly as the dictionary has it: RMAN folds to capitals what is not in double quotes."""
    return '"{0}"'.format(quoted(name, "Tablespace name")[1:-1])


def _datafiles(numbers: t.Sequence[int]) -> str:
    """Absolute file numbers, which mean the same file in a PDB and in its root, and need no quoting."""
    if not numbers or any(isinstance(number, bool) or not isinstance(number, int) or number < 1 for number in numbers):
        raise BadName("These are no numbers of datafiles: {0!r}.".format(list(numbers)))
    return "DATAFILE " + ", ".join(str(number) for number in numbers)


def _count(number: int, what: str) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 254:
        raise BadName("{0} {1!r} is not a number from 1 to 254.".format(what, number))
    return number


def _tag(tag: str) -> str:
    if not re.fullmatch("[A-Za-z0-9_]{1,%d}" % NAME_MAX, tag):
        raise BadName("The tag {0!r} is not made of 1 to {1} letters, digits and underscores.".format(tag, NAME_MAX))
    return tag


def convert_datafile(files: t.Sequence[str], from_platform: t.Optional[str] = None,
                     format: t.Optional[str] = None,  # pylint: disable=redefined-builtin
                     db_file_name_convert: t.Sequence[t.Tuple[str, str]] = (), parallelism: int = 1) -> str:
    """CONVERT DATAFILE, to be run at the target.

    :arg files: paths of the source's datafiles as the target's server sees them.
    :arg from_platform: PLATFORM_NAME of V$TRANSPORTABLE_PLATFORM; without it the files are of the target's own platform, and are only copied.
    :arg format: where all of them go: a disk group, or a pattern that gives each file a name of its own (%U).
    :arg db_file_name_convert: instead of ``format``, pairs (part of the input's name, what replaces it); whole paths give each
        file exactly one name.
    """
    if not files or len(set(files)) != len(files):
        raise BadName("CONVERT DATAFILE needs files, each once; these are {0!r}.".format(list(files)))
    if format and len(files) > 1 and "%" not in format and not format.startswith("+"):
        raise BadName("The format {0!r} would give {1} files one and the same name.".format(format, len(files)))
    lines = ["CONVERT DATAFILE", "  " + ",\n  ".join(quoted(path, "File name") for path in files)]
    if from_platform is not None:
        lines.append("  FROM PLATFORM {0}".format(quoted(from_platform, "Platform name")))
    return _convert(lines, format, db_file_name_convert, parallelism)


def convert_tablespace(tablespaces: t.Sequence[str], to_platform: str,
                       format: t.Optional[str] = None,  # pylint: disable=redefined-builtin
                       db_file_name_convert: t.Sequence[t.Tuple[str, str]] = (), parallelism: int = 1) -> str:
    """CONVERT TABLESPACE, to be run at the source.

    :arg to_platform: PLATFORM_NAME of V$TRANSPORTABLE_PLATFORM.
    :arg format: a pattern that gives each file a name of its own (%U); or ``db_file_name_convert``, as in :func:`convert_datafile`.
    """
    if not tablespaces or len(set(tablespaces)) != len(tablespaces):
        raise BadName("CONVERT TABLESPACE needs tablespaces, each once; these are {0!r}.".format(list(tablespaces)))
    if format and "%" not in format:
        raise BadName("The format {0!r} would give every file one and the same name.".format(format))
    return _convert(["CONVERT TABLESPACE " + ", ".join(_tablespace(name) for name in tablespaces),
                     "  TO PLATFORM {0}".format(quoted(to_platform, "Platform name"))], format, db_file_name_convert, parallelism)


def _convert(lines: t.List[str], format: t.Optional[str],  # pylint: disable=redefined-builtin
             db_file_name_convert: t.Sequence[t.Tuple[str, str]], parallelism: int) -> str:
    """The rest of a CONVERT command, which both kinds share."""
    if bool(format) == bool(db_file_name_convert):
        raise BadName("CONVERT takes either a format or pairs of names, and one of them it must have.")
    lines.append("  PARALLELISM {0}".format(_count(parallelism, "PARALLELISM")))
    if format:
        lines.append("  FORMAT {0}".format(quoted(format, "Format")))
    else:
        lines.append("  DB_FILE_NAME_CONVERT " + ",\n    ".join(
            "{0}, {1}".format(quoted(old, "File name"), quoted(new, "File name")) for old, new in db_file_name_convert))
    return "\n".join(lines) + ";"


def backup(tag: str, level: t.Optional[int] = None, datafiles: t.Sequence[int] = (), database: bool = False,
           format: t.Optional[str] = None, as_copy: bool = False, from_scn: t.Optional[int] = None,  # pylint: disable=redefined-builtin
           section_size: t.Optional[str] = None, filesperset: t.Optional[int] = None, plus_archivelog: bool = False) -> str:
    """BACKUP of datafiles or of the database under a tag.

    :arg level: 0 or 1; None for a backup that is no part of an incremental strategy.
    :arg from_scn: instead of a level, all blocks changed since this SCN.
    :arg section_size: such as ``64G``.
    """
    if bool(datafiles) == database:
        raise BadName("BACKUP takes either datafiles or the whole database, and one of them it must have.")
    if level not in (None, 0, 1) or (level is not None and from_scn is not None):
        raise BadName("BACKUP takes INCREMENTAL LEVEL 0 or 1, or FROM SCN, or neither; not level {0!r} with SCN {1!r}.".format(
            level, from_scn))
    if section_size is not None and not re.fullmatch(r"[1-9][0-9]{0,5}[KMG]", section_size):
        raise BadName("The section size {0!r} is not a number with K, M or G.".format(section_size))
    words = ["BACKUP AS COPY" if as_copy else "BACKUP AS BACKUPSET"]
    if level is not None:
        words.append("INCREMENTAL LEVEL {0}".format(level))
    if from_scn is not None:
        words.append("INCREMENTAL FROM SCN {0:d}".format(from_scn))
    if filesperset is not None:
        words.append("FILESPERSET {0}".format(_count(filesperset, "FILESPERSET")))
    if section_size:
        words.append("SECTION SIZE {0}".format(section_size))
    words.append("TAG '{0}'".format(_tag(tag)))
    if format:
        words.append("FORMAT {0}".format(quoted(format, "Format")))
    words.append("DATABASE" if database else _datafiles(datafiles))
    if plus_archivelog:
        words.append("PLUS ARCHIVELOG TAG '{0}'".format(tag))
    return "\n  ".join(words) + ";"


def validate(datafiles: t.Sequence[int]) -> str:
    """VALIDATE, which reads every block of the datafiles and changes nothing."""
    return "VALIDATE CHECK LOGICAL {0};".format(_datafiles(datafiles))


def delete_copies(tag: str) -> str:
    """Delete the image copies made under a tag, files and records."""
    return "DELETE NOPROMPT COPY TAG '{0}';".format(_tag(tag))


def script(commands: t.Sequence[str], channels: int = 0, privilege: str = "SYSBACKUP") -> Statement:
    """What RMAN reads from its standard input: log on as the Oracle owner, then the commands in one RUN block.

    In a block the first error ends everything; bare commands on standard input go on after one.

    :arg channels: disk channels to allocate; 0 leaves it to the configuration (CONVERT has PARALLELISM of its own).
    :arg privilege: SYSBACKUP, or SYSDBA where the database is older than 12.1.
    """
    logon = {"SYSBACKUP": "CONNECT TARGET '/ AS SYSBACKUP';", "SYSDBA": "CONNECT TARGET /;"}
    if privilege not in logon:
        raise BadName("RMAN logs on AS SYSBACKUP or AS SYSDBA, not {0!r}.".format(privilege))
    number = _count(channels, "The number of channels") if channels else 0
    allocated = ["ALLOCATE CHANNEL c{0} DEVICE TYPE DISK;".format(position + 1) for position in range(number)]
    return Statement("\n".join([logon[privilege], "RUN {"] + allocated + list(commands) + ["}", "EXIT;", ""]))

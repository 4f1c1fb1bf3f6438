# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery Manager: its commands and how to run it; :mod:`rman_output` reads what it prints."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.names import NAME_MAX, BadName
from ansible_collections.dbferry.oracle.plugins.module_utils.rman_output import parse
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Secret, Statement

__metaclass__ = type
__all__ = ("parse",)

#: A line or more of a script; one that holds a secret is a statement of parts.
Command = t.Union[str, Statement]


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


def count(number: int, what: str) -> int:
    """A number of channels or files, if it is one."""
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
    lines.append("  PARALLELISM {0}".format(count(parallelism, "PARALLELISM")))
    if format:
        lines.append("  FORMAT {0}".format(quoted(format, "Format")))
    else:
        lines.append("  DB_FILE_NAME_CONVERT " + ",\n    ".join(
            "{0}, {1}".format(quoted(old, "File name"), quoted(new, "File name")) for old, new in db_file_name_convert))
    return "\n".join(lines) + ";"


def backup(tag: str, level: t.Optional[int] = None, datafiles: t.Sequence[int] = (), database: bool = False,
           format: t.Optional[str] = None, as_copy: bool = False, from_scn: t.Optional[int] = None,  # pylint: disable=redefined-builtin
           section_size: t.Optional[str] = None, filesperset: t.Optional[int] = None, plus_archivelog: bool = False,
           cumulative: bool = False, for_recover_of_tag: t.Optional[str] = None, compressed: bool = False) -> str:
    """BACKUP of datafiles or of the database under a tag.

    :arg level: 0 or 1; None for a backup that is no part of an incremental strategy.
    :arg from_scn: instead of a level, all blocks changed since this SCN.
    :arg section_size: such as ``64G``.
    :arg for_recover_of_tag: the level 1 backup goes with the level 0 backup of this tag, whatever other backups there are.
    """
    if bool(datafiles) == database:
        raise BadName("BACKUP takes either datafiles or the whole database, and one of them it must have.")
    if level not in (None, 0, 1) or (level is not None and from_scn is not None):
        raise BadName("BACKUP takes INCREMENTAL LEVEL 0 or 1, or FROM SCN, or neither; not level {0!r} with SCN {1!r}.".format(
            level, from_scn))
    if (cumulative or for_recover_of_tag) and level != 1:
        raise BadName("CUMULATIVE and FOR RECOVER OF are for INCREMENTAL LEVEL 1, not for level {0!r}.".format(level))
    words = [_kind(as_copy, compressed)]
    if level is not None:
        words.append("INCREMENTAL LEVEL {0}{1}".format(level, " CUMULATIVE" if cumulative else ""))
    if from_scn is not None:
        words.append("INCREMENTAL FROM SCN {0:d}".format(from_scn))
    if for_recover_of_tag:
        words.append("FOR RECOVER OF TAG '{0}'".format(_tag(for_recover_of_tag)))
    if filesperset is not None:
        words.append("FILESPERSET {0}".format(count(filesperset, "FILESPERSET")))
    if section_size:
        words.append("SECTION SIZE {0}".format(size_of_sections(section_size)))
    words.append("TAG '{0}'".format(_tag(tag)))
    if format:
        words.append("FORMAT {0}".format(quoted(format, "Format")))
    words.append("DATABASE" if database else _datafiles(datafiles))
    if plus_archivelog:
        words.append("PLUS ARCHIVELOG TAG '{0}'".format(tag))
    return "\n  ".join(words) + ";"


def _kind(as_copy: bool, compressed: bool) -> str:
    if as_copy and compressed:
        raise BadName("Image copies cannot be compressed.")
    return "BACKUP AS COPY" if as_copy else "BACKUP AS COMPRESSED BACKUPSET" if compressed else "BACKUP AS BACKUPSET"


def size_of_sections(size: str) -> str:
    """SECTION SIZE, if it is one."""
    if not re.fullmatch(r"[1-9][0-9]{0,5}[KMG]", size):
        raise BadName("The section size {0!r} is not a number with K, M or G.".format(size))
    return size


#: What a BACKUP command backs up beside datafiles.
OTHERS = {"current_controlfile": "CURRENT CONTROLFILE", "current_controlfile_for_standby": "CURRENT CONTROLFILE FOR STANDBY", "spfile": "SPFILE"}


def backup_other(what: str, tag: str, format: t.Optional[str] = None,  # pylint: disable=redefined-builtin
                 compressed: bool = False) -> str:
    """BACKUP of what is no datafile; ``what`` is one of :data:`OTHERS`."""
    return _backup(OTHERS[what], tag, format, compressed)


def backup_archivelog(tag: str, from_scn: t.Optional[int] = None, format: t.Optional[str] = None,  # pylint: disable=redefined-builtin
                      compressed: bool = False) -> str:
    """BACKUP of archived logs: all, or those that hold changes from this SCN on."""
    return _backup("ARCHIVELOG ALL" if from_scn is None else "ARCHIVELOG FROM SCN {0:d}".format(from_scn), tag, format, compressed)


def _backup(what: str, tag: str, format: t.Optional[str], compressed: bool) -> str:  # pylint: disable=redefined-builtin
    words = [_kind(False, compressed), "TAG '{0}'".format(_tag(tag))]
    if format:
        words.append("FORMAT {0}".format(quoted(format, "Format")))
    return "\n  ".join(words + [what]) + ";"


#: How backups may be compressed. All but BASIC need the Advanced Compression option.
COMPRESSIONS = ("BASIC", "LOW", "MEDIUM", "HIGH")
#: What backups may be encrypted with.
ENCRYPTIONS = ("AES128", "AES192", "AES256")


def set_compression(algorithm: str) -> str:
    """SET COMPRESSION ALGORITHM, for the commands after it in the block."""
    return "SET COMPRESSION ALGORITHM '{0}';".format(algorithm)


def set_encryption(algorithm: t.Optional[str] = None, password: t.Optional[str] = None, keystore: bool = True,
                   on: bool = True) -> t.List[Command]:
    """SET ENCRYPTION for the commands after it in the block.

    :arg password: with it, backups can be restored by this password.
    :arg keystore: with the database's keystore: instead of a password, or beside one.
    :arg on: without it only the algorithm is set.
    """
    lines: t.List[Command] = []
    if algorithm:
        lines.append("SET ENCRYPTION ALGORITHM '{0}';".format(algorithm))
    if not on:
        return lines
    if password is None:
        return lines + ["SET ENCRYPTION ON;"]
    return lines + [Statement("SET ENCRYPTION ON IDENTIFIED BY ", _password(password), ";" if keystore else " ONLY;")]


def set_decryption(passwords: t.Sequence[str]) -> Command:
    """SET DECRYPTION: each of the passwords may be that of a backup that is read."""
    parts: t.List[t.Union[str, Secret]] = ["SET DECRYPTION IDENTIFIED BY "]
    for number, password in enumerate(passwords):
        parts += [", "] * bool(number) + [_password(password)]
    return Statement(*(parts + [";"]))


def _password(password: str) -> Secret:
    if not password or re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029'\"&]", password):
        raise BadName("A password of backups cannot stand in an RMAN command.",
                      hint="It may not be empty nor hold a quote, an ampersand or a control character.")
    return Secret('"{0}"'.format(password))


def device(device_type: str = "disk", sbt_library: t.Optional[str] = None, sbt_parms: t.Optional[t.Dict[str, str]] = None) -> str:
    """The device clause of ALLOCATE CHANNEL.

    :arg device_type: ``disk`` or ``sbt``.
    :arg sbt_library: path of the media manager's library at the server; without it RMAN loads the one of its ORACLE_HOME.
    :arg sbt_parms: parameters for the library, such as OPC_PFILE or RA_WALLET; for a library whose name begins with ``oracle.`` they go into its environment.
    """
    if device_type == "disk":
        return "DEVICE TYPE DISK"
    words = ["SBT_LIBRARY={0}".format(_parms(sbt_library, "Path of the library"))] if sbt_library else []
    if sbt_parms:
        given = ",".join("{0}={1}".format(_parms(name, "Name of a parameter"), _value(str(value))) for name, value in sorted(sbt_parms.items()))
        words.append("{0}=({1})".format("ENV" if (sbt_library or "").startswith("oracle.") else "SBT_PARMS", given))
    text = ",".join(words)
    return "DEVICE TYPE SBT" + (" PARMS {1}{0}{1}".format(text, '"' if "'" in text else "'") if words else "")


def _parms(text: str, what: str) -> str:
    """A word in PARMS: what separates words there cannot stand in one."""
    if re.search(r"[\s,()]", text):
        raise BadName("{0} {1!r} cannot stand in PARMS of a channel.".format(what, text), hint="It may hold no blank, comma or bracket.")
    return quoted(text, what)[1:-1]


def _value(text: str) -> str:
    """A parameter's value. One with blanks, as RA_WALLET has them, stands in quotes, and PARMS in those of the other kind (documented)."""
    words = [_parms(word, "Parameter of the library") for word in text.split(" ")]
    return "'{0}'".format(" ".join(words)) if len(words) > 1 else words[0]


def validate(datafiles: t.Sequence[int]) -> str:
    """VALIDATE, which reads every block of the datafiles and changes nothing."""
    return "VALIDATE CHECK LOGICAL {0};".format(_datafiles(datafiles))


def validate_headers(tag: str) -> str:
    """RESTORE DATABASE VALIDATE HEADER: whether the pieces that it would take under a tag are there, which changes nothing (documented)."""
    return "RESTORE DATABASE FROM TAG {0} VALIDATE HEADER;".format(quoted(tag, "Tag"))


def delete_copies(tag: str) -> str:
    """Delete the image copies made under a tag, files and records."""
    return "DELETE NOPROMPT COPY TAG '{0}';".format(_tag(tag))


#: How RMAN logs on as the Oracle owner. SYSDBA is for databases older than 12.1, and for what reads from the service of another database.
LOGONS = {"SYSBACKUP": "CONNECT TARGET '/ AS SYSBACKUP';", "SYSDBA": "CONNECT TARGET /;"}


def connect(role: str, user: str, password: str, service: str) -> Command:
    """CONNECT TARGET or CONNECT AUXILIARY through Oracle Net, as active duplication wants both (documented)."""
    if re.search(r"[\s'\"&]", service):
        raise BadName("The connect string {0!r} cannot stand in an RMAN command.".format(service), hint="It may hold no blank, quote or ampersand.")
    return Statement("CONNECT {0} '{1}/".format(role, quoted(user, "User name")[1:-1]), _password(password), "@{0} AS SYSDBA';".format(service))


def script(commands: t.Sequence[Command], channels: int = 0, privilege: str = "SYSBACKUP", device_clause: str = "DEVICE TYPE DISK",
           block: bool = True, prologue: t.Sequence[Command] = (), auxiliary_channels: int = 0) -> Statement:
    """What RMAN reads from its standard input: log on as the Oracle owner, then the commands in one RUN block.

    In a block the first error ends everything; bare commands on standard input go on after one.

    :arg channels: channels to allocate; 0 leaves it to the configuration (CONVERT has PARALLELISM of its own).
    :arg privilege: one of :data:`LOGONS`; "" when the prologue logs on.
    :arg device_clause: what :func:`device` gives.
    :arg block: some commands (CONFIGURE) have no place in a block.
    :arg prologue: what stands before the block.
    """
    if privilege and privilege not in LOGONS:
        raise BadName("RMAN logs on AS SYSBACKUP or AS SYSDBA, not {0!r}.".format(privilege))
    lines: t.List[Command] = [LOGONS[privilege]] if privilege else []
    lines += list(prologue) + (["RUN {"] if block else [])
    for word, prefix, number in (("", "c", channels), ("AUXILIARY ", "a", auxiliary_channels)):
        for position in range(count(number, "The number of channels") if number else 0):
            lines.append("ALLOCATE {0}CHANNEL {1}{2} {3};".format(word, prefix, position + 1, device_clause))
    parts: t.List[t.Union[str, Secret]] = []
    for line in lines + list(commands) + (["}"] if block else []) + ["EXIT;"]:
        parts += list(line.parts) if isinstance(line, Statement) else [line]
        parts.append("\n")
    return Statement(*parts)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name of everything that a migration leaves in a database or on a server, and how names are written in statements.

Every artefact bears the migration's identity and the number of its run, so that what is ours is told from what is not, and
last month's rehearsal from today's run: ``DBF_SALES_R1_EXP_METADATA``. Thirty characters always suffice, which is what 12.1
allows an identifier and every release allows an RMAN tag. Where the purpose does not fit it is cut and ends in a hash of
itself, so two purposes never share a name.
"""

from __future__ import annotations

import base64
import hashlib
import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused

__metaclass__ = type

#: The one table that keeps what Oracle forgets, in the migration user's own schema.
JOURNAL_TABLE = "DBFERRY_JOURNAL"

MIGRATION_ID = re.compile(r"[A-Z][A-Z0-9]{0,11}")
RUN_MAX = 999

#: Longest identifier before 12.2, and longest RMAN tag in any release (documented).
NAME_MAX = 30
#: Longest identifier since 12.2, in bytes (documented).
IDENTIFIER_MAX = 128

#: Kinds of artefacts that live in one namespace of a schema differ by a word: a Data Pump job's master table, a scheduler
#: job and a staging table could otherwise meet.
_OPERATIONS = {"EXPORT": "EXP", "IMPORT": "IMP"}
#: GoldenGate processes differ by their first letter.
_PROCESSES = {"extract": "E", "replicat": "R", "path": "P"}
#: The run in a GoldenGate process name is written in base 36, so that two characters hold it.
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_ARTEFACT = re.compile(r"DBF_(?P<migration_id>[A-Z][A-Z0-9]{0,11})_R(?P<run>[1-9][0-9]{0,2})_[A-Z0-9_]+(?:%U)?(?:\.[A-Z]+)?")


class BadName(Refused, ValueError):
    """A name that cannot be what it is given for; nothing was issued."""

    def __init__(self, message: str, hint: t.Optional[str] = None) -> None:
        super().__init__(message, code="DBF-0201", hint=hint)


class Artefact(t.NamedTuple):
    """Whose an artefact is."""

    migration_id: str
    run: int


def _hash(text: str, length: int) -> str:
    """Letters and digits (base 32) that stand for a text; five bits a character."""
    return base64.b32encode(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()).decode("ascii")[:length]


# -- identity


def migration_id_for(name: str) -> str:
    """The identity of the migration whose target has this inventory name; the same for the same name, always.

    A short name in lower case is its own identity (``sales`` gives ``SALES``). Any other is cut, stripped of what an
    identity may not hold, and ends in a hash of the whole, so different names have different identities.
    """
    slug = re.sub(r"[^A-Z0-9]", "", name.upper().encode("ascii", "ignore").decode("ascii"))
    if MIGRATION_ID.fullmatch(slug) and slug.lower() == name:
        return slug
    return "{0}{1}".format(re.sub(r"^[0-9]*", "", slug)[:6] or "M", _hash(name, 6))


def checked_id(migration_id: t.Optional[str]) -> str:
    """The identity, if it is one."""
    if not isinstance(migration_id, str) or not MIGRATION_ID.fullmatch(migration_id):
        raise BadName("migration_id {0!r} is not an identity.".format(migration_id),
                      hint="It is one capital letter and up to eleven capital letters and digits, such as SALES1.")
    return migration_id


def checked_run(run: t.Any) -> int:
    """The number of the run, if it is one."""
    if isinstance(run, bool) or not isinstance(run, int) or not 1 <= run <= RUN_MAX:
        raise BadName("migration_run {0!r} is not the number of a run.".format(run), hint="It is an integer from 1 to {0}.".format(RUN_MAX))
    return run


def _slug(purpose: str) -> str:
    """A purpose as part of a name; case does not tell purposes apart, any other difference does."""
    if not purpose or "\0" in purpose:
        raise BadName("A purpose that names an artefact is empty or holds a NUL character.")
    upper = purpose.upper()
    slug = re.sub(r"[^A-Z0-9]+", "_", upper)
    return slug if slug == upper and purpose.isascii() else "{0}_{1}".format(slug.strip("_"), _hash(upper, 4)).lstrip("_")


def _name(migration_id: t.Optional[str], run: int, *words: str, limit: int = NAME_MAX) -> str:
    head = "DBF_{0}_R{1}_".format(checked_id(migration_id), checked_run(run))
    tail = "_".join(words)
    room = limit - len(head)
    if len(tail) > room:
        tail = "{0}_{1}".format(tail[:room - 5].rstrip("_"), _hash(tail, 4))
    return head + tail


# -- artefacts


def rman_tag(migration_id: t.Optional[str], run: int, purpose: str) -> str:
    """Tag of backup sets and image copies (letters, digits and underscores; a hyphen is refused by RMAN)."""
    return _name(migration_id, run, _slug(purpose))


def datapump_job(migration_id: t.Optional[str], run: int, operation: str, purpose: str) -> str:
    """Name of a Data Pump job and of its master table. ``operation`` is EXPORT or IMPORT."""
    return _name(migration_id, run, _operation(operation), _slug(purpose))


def datapump_dump(migration_id: t.Optional[str], run: int, purpose: str, numbered: bool = False) -> str:
    """Name of a dump file; ``numbered`` gives a template for several (%U)."""
    return "{0}{1}.dmp".format(_file(migration_id, run, _slug(purpose)), "%U" if numbered else "")


def datapump_log(migration_id: t.Optional[str], run: int, operation: str, purpose: str) -> str:
    """Name of the log file of a Data Pump job."""
    return _file(migration_id, run, _operation(operation), _slug(purpose)) + ".log"


def scheduler_job(migration_id: t.Optional[str], run: int, purpose: str) -> str:
    """Name of a DBMS_SCHEDULER job."""
    return _name(migration_id, run, "JOB", _slug(purpose))


def server_job(migration_id: t.Optional[str], run: int, purpose: str) -> str:
    """Name of a command on a database server."""
    return _name(migration_id, run, "CMD", _slug(purpose))


def restore_point(migration_id: t.Optional[str], run: int, purpose: str) -> str:
    """Name of a restore point."""
    return _name(migration_id, run, _slug(purpose))


def directory_object(migration_id: t.Optional[str], run: int, purpose: str) -> str:
    """Name of a directory object that goes at clean-up."""
    return _name(migration_id, run, "DIR", _slug(purpose))


def database_link(migration_id: t.Optional[str], run: int, purpose: str) -> str:
    """Name of a database link, and of the account that is made for it at the other database."""
    return _name(migration_id, run, "LNK", _slug(purpose))


def transferred_file(migration_id: t.Optional[str], run: int, file_id: int, attempt: int) -> str:
    """Name of a datafile that is sent to another database; every attempt has its own."""
    return _file(migration_id, run, "F{0}".format(file_id), str(attempt)) + ".dbf"


def statistics_table(migration_id: t.Optional[str], run: int) -> str:
    """Name of the staging table of optimizer statistics."""
    return _name(migration_id, run, "STATS")


def parameter_file(migration_id: t.Optional[str], run: int, purpose: str) -> str:
    """Name of a text parameter file on a server."""
    return _file(migration_id, run, _slug(purpose)) + ".ora"


def goldengate_process(migration_id: t.Optional[str], run: int, kind: str, number: int = 1) -> str:
    """Name of a GoldenGate process, in its eight characters: kind, identity (hashed), run and number.

    :arg kind: ``extract``, ``replicat`` or ``path`` (a distribution path).
    :arg number: 1 to 9, where a migration has several of a kind.
    """
    if kind not in _PROCESSES or not 1 <= number <= 9:
        raise BadName("There is no GoldenGate process {0!r} number {1!r}.".format(kind, number))
    high, low = divmod(checked_run(run), 36)
    return "{0}{1}{2}{3}{4}".format(_PROCESSES[kind], _hash(checked_id(migration_id), 4), _DIGITS[high], _DIGITS[low], number)


def _operation(operation: str) -> str:
    try:
        return _OPERATIONS[operation]
    except KeyError:
        raise BadName("A Data Pump operation is EXPORT or IMPORT, not {0!r}.".format(operation))


def _file(migration_id: t.Optional[str], run: int, *words: str) -> str:
    # Room for %U and an extension in what any file system takes for a name.
    return _name(migration_id, run, *words, limit=100).lower()


# -- whose is it


def artefact(name: str) -> t.Optional[Artefact]:
    """Whose an artefact is, by its name (GoldenGate processes apart, which only :func:`owned` can tell)."""
    found = _ARTEFACT.fullmatch(name.upper())
    return Artefact(found.group("migration_id"), int(found.group("run"))) if found else None


def owned(name: str, migration_id: t.Optional[str]) -> int:
    """The run of this migration that an artefact belongs to, or 0 when it belongs to none of its runs."""
    found = artefact(name)
    if found is not None:
        return found.run if found.migration_id == checked_id(migration_id) else 0
    pattern = "[{0}]{1}([0-9A-Z]{{2}})[1-9]".format("".join(_PROCESSES.values()), _hash(checked_id(migration_id), 4))
    process = re.fullmatch(pattern, name.upper())
    run = int(process.group(1), 36) if process else 0
    return run if run <= RUN_MAX else 0


# -- items of the journal


def plugged_item(tablespace: str) -> str:
    """Journal item: the tablespace was plugged in by this migration, from these files."""
    return "plugged in " + tablespace


#: Begins the journal items that tell which file of the source was converted to which.
CONVERTED = "converted datafile "


def status_item(tablespace: str) -> str:
    """Journal item: the tablespace's status before the migration changed it."""
    return "status before of " + tablespace


# -- names and texts in statements


def identifier(name: str) -> str:
    """A name as a statement has it: always quoted, so it is exactly the name that the dictionary shows."""
    if not name:
        raise BadName("A name is empty.")
    if "\0" in name or '"' in name:
        raise BadName("The name {0!r} holds a double quote or a NUL character, which no Oracle name can.".format(name[:IDENTIFIER_MAX]))
    if len(name.encode("utf-8", "surrogatepass")) > IDENTIFIER_MAX:
        raise BadName("The name {0!r}... is longer than {1} bytes.".format(name[:IDENTIFIER_MAX], IDENTIFIER_MAX))
    return '"{0}"'.format(name)


def literal(text: str) -> str:
    """A text as a statement has it."""
    if "\0" in text:
        raise BadName("A text holds a NUL character, which no statement can: {0!r}.".format(text[:IDENTIFIER_MAX]))
    return "'{0}'".format(text.replace("'", "''"))

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL*Plus: how to run a script and how to read what it prints.

SQL*Plus exits with 0 after most errors, and its own errors (SP2-) are no SQL errors to WHENEVER. So a script is run with
WHENEVER, ends by printing a word of ours, and is good only when that word came and no error did.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.dbferry.oracle.plugins.module_utils.names import BadName
from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import (
    FAILED, OK, UNKNOWN, WARNING, Message, Outcome, Runner, environment, program)
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Secret, Statement

__metaclass__ = type

#: What a script prints when it has come to its end.
SENTINEL = "DBFERRY_SCRIPT_ENDED"

#: Codes that are no failure: expiring passwords, obsolete parameters at STARTUP (transcripts; Oracle Database Error Messages).
NOTICES = {"ORA-28002", "ORA-28011", "ORA-32004"}
#: What SHUTDOWN says of an instance that is not open or not mounted, before it shuts it down.
_SHUTDOWN = {"ORA-01109", "ORA-01507"}
#: "... created with compilation warnings" and its kin (SQL*Plus User's Guide: SP2-0804 to SP2-0824).
_COMPILED = re.compile(r"SP2-08(?:0[4-9]|1\d|2[0-4])")

_SETTINGS = (
    "WHENEVER OSERROR EXIT FAILURE ROLLBACK", "WHENEVER SQLERROR EXIT FAILURE ROLLBACK",
    "SET ECHO OFF DEFINE OFF SQLBLANKLINES ON FEEDBACK OFF", "SET TAB OFF TRIMOUT ON PAGESIZE 0 LINESIZE 32767 LONG 2000000000",
)

# -- running


def script(body: Statement, logon: t.Optional[Statement] = None) -> Statement:
    """What SQL*Plus reads from its standard input: settings, the logon if there is one, the body, our word, and the end.

    :arg body: SQL and PL/SQL as SQL*Plus takes them, each ended with ``;`` or ``/``. What it changed is committed at the end and
        rolled back after an error.
    """
    opening = "\n".join(_SETTINGS) + "\n"
    ending = "\nPROMPT {0}\nEXIT SUCCESS COMMIT\n".format(SENTINEL)
    return Statement(opening, *((logon.parts if logon else ()) + body.parts + (ending,)))


def connect(user: str, password: str, dsn: str, privilege: t.Optional[str] = None) -> Statement:
    """A CONNECT for :func:`script`, with the password as a secret.

    :arg privilege: SYSDBA, SYSBACKUP, SYSDG or None.
    """
    for what, value in (("user", user), ("password", password), ("connect string", dsn)):
        if not value or re.search(r'[\x00-\x1f\x7f"]', value):
            # The value may be the password: it is not shown.
            raise BadName("The {0} cannot stand in a CONNECT of SQL*Plus.".format(what),
                          hint="It may not be empty nor hold a double quote or a control character.")
    if privilege not in (None, "SYSDBA", "SYSBACKUP", "SYSDG"):
        raise BadName("SQL*Plus connects AS SYSDBA, SYSBACKUP or SYSDG, not {0!r}.".format(privilege))
    # A plain name stays unquoted, as quotes would make its case count.
    written = user if re.fullmatch(r"[A-Za-z][A-Za-z0-9_$#]*", user) else '"{0}"'.format(user)
    return Statement("CONNECT {0}/".format(written), Secret('"{0}"'.format(password)), '@"{0}"{1}\n'.format(
        dsn, " AS " + privilege if privilege else ""))


def run(runner: Runner, body: Statement, oracle_home: str, oracle_sid: t.Optional[str] = None, logon: t.Optional[Statement] = None,
        tried: str = "SQL*Plus") -> "SqlplusOutcome":
    """Run a script and wait. Raises DbferryError unless it came to its end without an error.

    :arg logon: from :func:`connect`; by default the Oracle owner's own ``/ AS SYSDBA``. It goes in by standard input, never on the
        command line.
    """
    text = script(body, logon)
    argv = [program(oracle_home, "sqlplus"), "-S", "-L", "/nolog" if logon else "/ as sysdba"]
    rc, out = runner(argv, text.text(), environment(oracle_home, oracle_sid))
    outcome = parse(out, rc)
    if outcome.verdict in (OK, WARNING) and not outcome.complete:
        outcome.verdict = UNKNOWN
    outcome.require(tried, str(text))
    return outcome


# -- output


@dataclass
class SqlplusOutcome(Outcome):
    """An outcome with what the script printed. ``complete``: it came to its end; ``lines``: what it printed apart from coded
    lines and blank ones."""

    complete: bool = False
    lines: t.List[str] = field(default_factory=list)
    wrappers: t.FrozenSet[str] = frozenset({"ORA-06512", "ORA-00604", "ORA-06550", "ORA-29913", "SP2-0640", "SP2-0751"})


_PROMPT = re.compile(r"^(?:\s*(?:SQL|[\w$#.@\"-]+@[\w$#.-]*)>\s?)+")
_CODED = re.compile(r"^((?:ORA|SP2|PLS|TNS|KUP|LRM|CPY|UDE|RMAN)-\d{4,5}): ?(.*)$")
#: "ERROR at line 1:", "ERROR:"; in any language a line of its own that ends in a colon.
_HEADING = re.compile(r"[:：]\s*$")
_UNDERLINE = re.compile(r"^-+(?:[ \t]+-+)*$")
_COMPILATION = re.compile(r"^Warning: .* with compilation (?:errors|warnings)")
_SHUT_DOWN = re.compile(r"instance shut down", re.IGNORECASE)


def parse(text: str, rc: t.Optional[int] = None) -> SqlplusOutcome:
    """Read what SQL*Plus printed, echoed or not.

    A line that begins with a code is an error, unless it stands among the rows under a heading's dashes, where it is data.
    """
    outcome = SqlplusOutcome()
    shutdown: t.List[str] = []
    rows, warned, previous = False, False, ""
    for raw in text.split("\n"):
        line = _PROMPT.sub("", raw.rstrip(), count=1)
        coded = _CODED.match(line.strip())
        if coded and (not rows or _HEADING.search(previous)):
            rows = False
            code = coded.group(1)
            shutdown += [code] if code in _SHUTDOWN else []
            outcome.note(Message(code, coded.group(2)), harmless=code in NOTICES or bool(_COMPILED.fullmatch(code)))
        elif line.strip() == SENTINEL:
            outcome.complete = True
        elif line.strip():
            rows = rows or bool(_UNDERLINE.match(line))
            warned = warned or bool(_COMPILATION.match(line))
            if shutdown and _SHUT_DOWN.search(line):
                outcome.warnings += [code for code in dict.fromkeys(shutdown) if code not in outcome.warnings]
                shutdown = []
            outcome.lines.append(line)
        else:
            rows = False
        previous = line
    if outcome.serious or rc:
        outcome.verdict = FAILED
    elif not outcome.complete and not outcome.lines:
        outcome.verdict = UNKNOWN
    elif warned or set(outcome.warnings) - NOTICES:
        outcome.verdict = WARNING
    else:
        outcome.verdict = OK
    return outcome

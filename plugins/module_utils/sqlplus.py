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

from ansible_collections.dbferry.oracle.plugins.module_utils import sqlplus_html
from ansible_collections.dbferry.oracle.plugins.module_utils.names import BadName
from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import (
    FAILED, OK, UNKNOWN, WARNING, Message, Outcome)
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Secret, Statement

__metaclass__ = type

#: What a script prints when it begins, where rows begin, and when it has come to its end.
BEGINNING, ROWS, SENTINEL = "DBFERRY_SCRIPT_BEGINS", "DBFERRY_ROWS_BEGIN", "DBFERRY_SCRIPT_ENDED"

#: Codes that are no failure: expiring passwords, obsolete parameters at STARTUP (transcripts; Oracle Database Error Messages).
NOTICES = {"ORA-28002", "ORA-28011", "ORA-32004"}
#: What SHUTDOWN says of an instance that is not open or not mounted, before it shuts it down.
_SHUTDOWN = {"ORA-01109", "ORA-01507"}
#: "... created with compilation warnings" and its kin (SQL*Plus User's Guide: SP2-0804 to SP2-0824).
_COMPILED = re.compile(r"SP2-08(?:0[4-9]|1\d|2[0-4])")

#: Before the logon, so that its failure ends the script; what glogin.sql and login.sql change then comes after it.
_OPENING = "WHENEVER OSERROR EXIT FAILURE ROLLBACK\nWHENEVER SQLERROR EXIT FAILURE ROLLBACK\nSET ECHO OFF DEFINE OFF TERMOUT ON\n"
_SETTINGS = "\n".join((
    "WHENEVER OSERROR EXIT FAILURE ROLLBACK", "WHENEVER SQLERROR EXIT FAILURE ROLLBACK",
    "SET ECHO OFF DEFINE OFF SQLBLANKLINES ON FEEDBACK 1 TERMOUT ON TIMING OFF TIME OFF SERVEROUTPUT OFF AUTOCOMMIT OFF",
    "SET TAB OFF TRIMOUT ON WRAP ON HEADING ON PAGESIZE 50000 LINESIZE 32767 LONG 2000000000 LONGCHUNKSIZE 32767 NUMWIDTH 50",
    'SET NUMFORMAT "" NULL "" HEADSEP OFF RECSEP OFF SQLTERMINATOR ON ESCAPE OFF',
    "CLEAR COLUMNS", "CLEAR BREAKS", "CLEAR COMPUTES", "TTITLE OFF", "BTITLE OFF", "PROMPT " + BEGINNING)) + "\n"

# -- running


def script(body: Statement, logon: Statement) -> Statement:
    """What SQL*Plus reads from its standard input: the logon, settings, the body, our word, and the end.

    :arg body: SQL and PL/SQL as SQL*Plus takes them (see :mod:`sqlplus_text`), and its own commands. What it changed is committed at
        the end and rolled back after an error.
    """
    ending = "PROMPT {0}\nEXIT SUCCESS COMMIT\n".format(SENTINEL)
    return Statement(_OPENING, *(logon.parts + (_SETTINGS,) + body.parts + (ending,)))


def marked_up(queries: str) -> str:
    """Queries whose rows are printed in the form that :mod:`sqlplus_html` reads."""
    return "SET FEEDBACK OFF\nPROMPT {0}\nSET MARKUP HTML ON ENTMAP ON SPOOL OFF PREFORMAT OFF\n{1}SET MARKUP HTML OFF\n".format(ROWS, queries)


def connect(user: str, password: str, dsn: str, privilege: t.Optional[str] = None, proxy_user: t.Optional[str] = None) -> Statement:
    """A CONNECT for :func:`script`, with the password as a secret.

    :arg dsn: where to; empty: the instance of ORACLE_SID.
    :arg privilege: SYSDBA, SYSBACKUP, SYSDG or None.
    :arg proxy_user: who to be, through ``user``.
    """
    for what, value in (("user", user), ("password", password), ("connect string", dsn or "-"), ("proxy user", proxy_user or "-")):
        if not value or re.search(r'[\x00-\x1f\x7f"]', value):
            # The value may be the password: it is not shown.
            raise BadName("The {0} cannot stand in a CONNECT of SQL*Plus.".format(what),
                          hint="It may not be empty nor hold a double quote or a control character.")
    if privilege not in (None, "SYSDBA", "SYSBACKUP", "SYSDG"):
        raise BadName("SQL*Plus connects AS SYSDBA, SYSBACKUP or SYSDG, not {0!r}.".format(privilege))
    who = _name(user) + ("[{0}]".format(_name(proxy_user)) if proxy_user else "")
    return Statement("CONNECT {0}/".format(who), Secret('"{0}"'.format(password)), "{0}{1}\n".format(
        '@"{0}"'.format(dsn) if dsn else "", " AS " + privilege if privilege else ""))


def _name(user: str) -> str:
    """A plain name stays unquoted, as quotes would make its case count."""
    return user if re.fullmatch(r"[A-Za-z][A-Za-z0-9_$#]*", user) else '"{0}"'.format(user)


# -- output


@dataclass
class SqlplusOutcome(Outcome):
    """An outcome with what the script printed.

    ``began``: the logon went well; ``complete``: the script came to its end; ``lines``: what it printed apart from coded lines, blank ones
    and cells; ``rows``: what stood in cells.
    """

    began: bool = False
    complete: bool = False
    lines: t.List[str] = field(default_factory=list)
    rows: t.List[t.Dict[str, t.Any]] = field(default_factory=list)
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


def read(text: str, rc: t.Optional[int] = None) -> SqlplusOutcome:
    """What one of our own scripts printed: rows are read as such, and what was printed before the script began (by the logon's own
    scripts) counts only when it did not begin. A script that did not come to its end is in doubt."""
    text = "\n" + "\n".join(line.rstrip("\r") for line in text.split("\n"))
    began = "\n" + BEGINNING + "\n" in text
    if began:
        text = "\n" + text.partition("\n" + BEGINNING + "\n")[2]
    plain, marked, cells = text.partition("\n" + ROWS + "\n")
    rows, said = sqlplus_html.read(cells) if marked else ([], "")
    outcome = parse(plain + "\n" + said, rc)
    outcome.rows, outcome.began = rows, began
    if outcome.verdict in (OK, WARNING) and not outcome.complete:
        outcome.verdict = UNKNOWN
    return outcome

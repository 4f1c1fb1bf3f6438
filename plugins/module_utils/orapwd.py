# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The password file utility: how to run it and how to read what it says."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.names import BadName
from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import FAILED, OK, Message, Outcome
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Command, Secret, Statement

__metaclass__ = type

_CODED = re.compile(r"^\s*((?:OPW|ORA|LRM|KGE)-\d{4,5}): ?(.*)$")


def create(path: str, password: str, form: t.Optional[str] = None, entries: t.Optional[int] = None, force: bool = False) -> Command:
    """``orapwd`` that makes a password file. It asks for the password of SYS and reads it from its standard input (transcripts).

    :arg form: FORMAT, such as 12 or 12.2; what the release makes when not given.
    :arg entries: how many accounts it is to hold, which releases from 12.2 on do not need.
    :arg force: a file that is there is replaced.
    """
    if not password or re.search(r"[\x00-\x1f\x7f]", password):
        raise BadName("The password of SYS is empty or holds a control character.", hint="Give another one.")
    argv = ["orapwd", "file=" + path]
    argv += ["format=" + form] if form else []
    argv += ["entries={0}".format(entries)] if entries else []
    argv += ["force=y"] if force else []
    return Command(argv, Statement(Secret(password), "\n"))


def parse(text: str, rc: t.Optional[int] = None) -> Outcome:
    """Read what it printed. A question for the password and an exit code of 0 are success."""
    outcome = Outcome()
    for match in filter(None, map(_CODED.match, text.split("\n"))):
        outcome.note(Message(match.group(1), match.group(2)))
    outcome.verdict = FAILED if outcome.errors or rc else OK
    return outcome

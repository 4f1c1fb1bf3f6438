# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""datapatch, which brings what the patches of an ORACLE_HOME need into the database, and how to read what it says.

Its last line, "SQL Patching tool complete", stands below failures too (transcript), and it leaves out closed pluggable databases without
an error. A run was good when the installation queue was empty, or when every patch of it has a verdict of its own and that is SUCCESS.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import codes
from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import COMPLETED_WITH_ERRORS, FAILED, OK, UNKNOWN, Message, Outcome

__metaclass__ = type


class Action(t.NamedTuple):
    """What was done about one patch in one container (empty without containers)."""

    patch: int
    action: str
    container: str
    verdict: str
    logfile: str


@dataclass
class DatapatchOutcome(Outcome):
    """``actions`` are the verdicts on single patches; ``queued`` tells whether anything was to be done, None when the text does not say, and ``queue``
    what, in datapatch's own lines."""

    actions: t.List[Action] = field(default_factory=list)
    queued: t.Optional[bool] = None
    queue: t.List[str] = field(default_factory=list)


_VERDICT = re.compile(r"^\s*Patch (\d+) (apply|rollback)(?: \(pdb ([^)]+)\))?: (.+?)\s*$")
_LOGFILE = re.compile(r"^\s*logfile: (\S.*?)(?: \((?:no errors|errors)\))?\s*$")
#: A patch of the queue: on a line of its own, by number and description, or with a colon what happens to it.
_QUEUED = re.compile(r"^\s+(?:Patch )?\d{6,} \(.*\)(?:: ?.*)?$")
_NOTHING = re.compile(r"^\s+(?:No(?:thing| \S.*patches need) to .*|No .* need to be .*|No .* bypass install.*|Nothing to .*)$")
_COMPLETE = re.compile(r"^\s*SQL Patching tool complete\b")
#: What datapatch says before it gives up (transcripts, and known to DBAs); without any of it the text tells nothing.
_GIVEN_UP = re.compile(r"^\s*(?:Prereq check failed|Error: prereq checks failed|Error in bootstrap log|Errors? (?:at|occurred|encountered)\b"
                       r"|Database connect failed|Unable to|DBD::Oracle|Can't locate|Error:)", re.IGNORECASE)


def command(pdbs: t.Sequence[str] = (), prereq: bool = False) -> t.List[str]:
    """Program and arguments: it works out by itself what is to be done.

    :arg pdbs: only these containers.
    :arg prereq: only tell it (documented option).
    """
    return ["datapatch"] + (["-prereq"] if prereq else []) + ["-verbose"] + (["-pdbs", ",".join(pdbs)] if pdbs else [])


def parse(text: str, rc: t.Optional[int] = None) -> DatapatchOutcome:
    """Read what it printed."""
    outcome = DatapatchOutcome(verdict=UNKNOWN)
    given_up = complete = queue = False
    queued: t.List[bool] = []
    told: t.List[Message] = []
    for line in text.split("\n"):
        told += [Message(code, line.partition(code)[2].strip(" :")) for code in codes(line)]
        verdict, logfile = _VERDICT.match(line), _LOGFILE.match(line)
        if verdict:
            outcome.actions.append(Action(int(verdict.group(1)), verdict.group(2), verdict.group(3) or "", verdict.group(4), ""))
        elif logfile and outcome.actions:
            outcome.actions[-1] = outcome.actions[-1]._replace(logfile=logfile.group(1))
        elif line.strip() == "Installation queue:":
            queue, queued, outcome.queue = True, [], []
        elif queue and not line.strip():
            queue = False
        elif queue and _NOTHING.match(line):
            queued.append(False)
        elif queue:
            outcome.queue.append(line.strip())
            queued += [True] if _QUEUED.match(line) else []
        given_up = given_up or bool(_GIVEN_UP.match(line))
        complete = complete or bool(_COMPLETE.match(line))
    outcome.queued = any(queued) if queued else None
    bad = [action for action in outcome.actions if not action.verdict.startswith("SUCCESS")]
    # Which patch it was tells more than the errors in its log, of which only the first are printed.
    for action in bad:
        outcome.note(Message("DBF-0631", "patch {0} {1}{2}: {3}{4}".format(
            action.patch, action.action, " in " + action.container if action.container else "", action.verdict,
            ", see " + action.logfile if action.logfile else "")))
    for message in told:
        outcome.note(message)
    if bad:
        outcome.verdict = COMPLETED_WITH_ERRORS
    elif given_up or rc:
        outcome.verdict = FAILED
    elif complete and (outcome.actions or outcome.queued is False):
        outcome.verdict = OK
    return outcome

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listener Control: how to run it and how to read what it says."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import FAILED, OK, UNKNOWN, WARNING, Message, Outcome
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Command

__metaclass__ = type

_PROMPT = re.compile(r"^\s*(?:LSNRCTL>\s*)+")
_CODED = re.compile(r"^\s*((?:TNS|NL|ORA)-\d{5}): ?(.*)$")
_SERVICE = re.compile(r'^\s*Service "(.*)" has \d+ instance')
_INSTANCE = re.compile(r'^\s*Instance "(.*)", status (\w+),')
_FACT = re.compile(r"^(Alias|Version|Listener Parameter File|Listener Log File) {2,}(\S.*?)\s*$")
_ENDPOINT = re.compile(r"^\s*(\(DESCRIPTION=.*\))\s*$", re.IGNORECASE)
_SUCCESS = "The command completed successfully"

#: It was started, or stopped, already (documented).
ALREADY = {"TNS-01106"}
#: A listener that does not run: nobody listens at its address.
NO_LISTENER = {"TNS-12541", "TNS-01101"}


class Registration(t.NamedTuple):
    """An instance that a listener hands connections for a service to. ``status``: READY, BLOCKED, RESTRICTED; UNKNOWN is a static entry."""

    service: str
    instance: str
    status: str


@dataclass
class LsnrctlOutcome(Outcome):
    """An outcome with what ``status`` and ``services`` tell.

    ``services``: every registration; a listener that supports none has none. ``facts``: lower-case words of the STATUS part, such as
    ``listener parameter file``. ``endpoints``: descriptions of where it listens.
    """

    services: t.List[Registration] = field(default_factory=list)
    facts: t.Dict[str, str] = field(default_factory=dict)
    endpoints: t.List[str] = field(default_factory=list)
    #: These only say that another one stands below them.
    wrappers: t.FrozenSet[str] = frozenset({"TNS-12560"})

    @property
    def running(self) -> t.Optional[bool]:
        """Whether the listener runs; None when the output cannot tell."""
        if self.verdict in (OK, WARNING):
            return True
        return False if NO_LISTENER & set(self.errors) else None

    @property
    def static(self) -> t.List[Registration]:
        """The registrations that stand in listener.ora."""
        return [one for one in self.services if one.status == "UNKNOWN"]


def command(verb: str, listener: str = "LISTENER") -> Command:
    """``lsnrctl status``, ``services``, ``reload``, ``start`` or ``stop`` of a listener."""
    return Command(["lsnrctl", verb, listener])


def parse(text: str, rc: t.Optional[int] = None) -> LsnrctlOutcome:
    """Read what it printed. It asks one address after the other, so a code of the first may be followed by success at the next."""
    outcome = LsnrctlOutcome()
    completed, service, summary = False, "", False
    found: t.List[Message] = []
    for raw in text.split("\n"):
        line = _PROMPT.sub("", raw.rstrip())
        coded = _CODED.match(line)
        named, held, fact = _SERVICE.match(line), _INSTANCE.match(line), _FACT.match(line)
        if coded:
            found.append(Message(coded.group(1), coded.group(2)))
        elif named:
            service = named.group(1)
        elif held and service:
            outcome.services.append(Registration(service, held.group(1), held.group(2)))
        elif fact:
            outcome.facts[fact.group(1).lower()] = fact.group(2)
        elif line.startswith("Listening Endpoints Summary"):
            summary = True
        elif summary and _ENDPOINT.match(line):
            outcome.endpoints.append(line.strip())
        else:
            summary = False
            completed = completed or line.strip() == _SUCCESS
    already = bool(found) and {message.code for message in found} <= ALREADY
    for message in found:
        outcome.note(message, harmless=already or completed)
    if already or completed and outcome.errors:
        outcome.verdict = WARNING
    elif completed:
        outcome.verdict = OK
    elif outcome.errors or rc:
        outcome.verdict = FAILED
    else:
        outcome.verdict = UNKNOWN if rc is None else OK
    return outcome

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an outside tool of Oracle's did, as far as its own output tells, and how such a tool is run."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass, field

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError

__metaclass__ = type

#: Verdicts, from good to bad. ``unknown``: the text cannot tell (cut, spooled elsewhere, or the tool was killed).
OK, WARNING, COMPLETED_WITH_ERRORS, FAILED, UNKNOWN = "ok", "warning", "completed_with_errors", "failed", "unknown"

#: Runs a program with ``stdin`` and these additions to the environment; gives its exit code and all that it printed.
Runner = t.Callable[[t.List[str], str, t.Dict[str, str]], t.Tuple[int, str]]


class Message(t.NamedTuple):
    """One coded line of a tool, without prompts and prefixes."""

    code: str
    text: str

    def __str__(self) -> str:
        return "{0}: {1}".format(self.code, self.text)


@dataclass
class Outcome:
    """The result of reading a tool's output.

    ``errors`` has every code that the tool printed, each once, in order of appearance; ``warnings`` those of them that are no
    failure by themselves (each driver says which and why); ``serious`` the others. ``messages`` are the coded lines, all of
    them. A code may be harmless in one place and serious in another; then it is serious.
    """

    verdict: str = UNKNOWN
    errors: t.List[str] = field(default_factory=list)
    warnings: t.List[str] = field(default_factory=list)
    messages: t.List[Message] = field(default_factory=list)
    #: Codes that only say that something else went wrong; the cause follows them.
    wrappers: t.FrozenSet[str] = frozenset()

    @property
    def serious(self) -> t.List[str]:
        """The codes that are failures."""
        harmless = set(self.warnings)
        return [code for code in self.errors if code not in harmless]

    @property
    def cause(self) -> t.Optional[Message]:
        """The message that tells most: the first serious one that is not only a wrapper around another."""
        serious = set(self.serious)
        told = [message for message in self.messages if message.code in serious]
        return next((message for message in told if message.code not in self.wrappers), told[0] if told else None)

    def note(self, message: Message, harmless: bool = False) -> None:
        """Add a coded line."""
        self.messages.append(message)
        seen_serious = message.code in self.errors and message.code not in self.warnings
        if message.code not in self.errors:
            self.errors.append(message.code)
        if harmless:
            if not seen_serious and message.code not in self.warnings:
                self.warnings.append(message.code)
        elif message.code in self.warnings:
            self.warnings.remove(message.code)

    def require(self, tried: str, statement: t.Optional[str] = None) -> "Outcome":
        """The outcome itself when it is good; otherwise raise what a tired person needs.

        :arg tried: "Converting the datafiles with RMAN".
        :arg statement: what the tool got, secrets masked.
        """
        if self.verdict in (OK, WARNING):
            return self
        cause = self.cause
        if cause is not None:
            answer = str(cause)
        elif self.verdict == UNKNOWN:
            answer = "its output ends without telling whether it succeeded"
        else:
            answer = "it failed without saying why"
        raise DbferryError("{0} {1}: {2}".format(tried, "is in doubt" if self.verdict == UNKNOWN else "failed", answer),
                           code=cause.code if cause else None, statement=statement,
                           details={"verdict": self.verdict, "errors": self.errors,
                                    "messages": [str(item) for item in self.messages[:100]]})


def worse(verdict: str, other: str) -> str:
    """The worse of two verdicts."""
    order = (OK, WARNING, UNKNOWN, COMPLETED_WITH_ERRORS, FAILED)
    return max(verdict, other, key=order.index)


def seconds(clock: str) -> int:
    """``00:09:12`` in seconds."""
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part)
    return total


# -- running a tool


#: Tools that are not in ``bin``.
_ELSEWHERE = {"datapatch": "OPatch", "opatch": "OPatch"}


def program(oracle_home: str, name: str) -> str:
    """The path of a tool."""
    return os.path.join(oracle_home, _ELSEWHERE.get(name, "bin"), name)


def environment(oracle_home: str, oracle_sid: t.Optional[str] = None, tns_admin: t.Optional[str] = None) -> t.Dict[str, str]:
    """What a tool finds in its environment. The language and the form of dates are fixed, so that output reads the same everywhere."""
    found = {
        "ORACLE_HOME": oracle_home,
        "NLS_LANG": "AMERICAN_AMERICA.AL32UTF8",
        "NLS_DATE_FORMAT": "YYYY-MM-DD HH24:MI:SS",
    }
    if oracle_sid:
        found["ORACLE_SID"] = oracle_sid
    if tns_admin:
        found["TNS_ADMIN"] = tns_admin
    return found


def module_runner(module: t.Any) -> Runner:
    """A runner that is an AnsibleModule's ``run_command``."""

    def run(argv: t.List[str], stdin: str, env: t.Dict[str, str]) -> t.Tuple[int, str]:
        # As text it would get one more line end.
        rc, out, err = module.run_command(argv, data=stdin.encode("utf-8", "surrogateescape"), binary_data=True, environ_update=env)
        return rc, out + err

    return run

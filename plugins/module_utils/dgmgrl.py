# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Data Guard broker's command line: its commands, how to run it, and how to read what it prints.

Its exit code does not tell (it is commonly 0 after a command that failed), and a configuration may say SUCCESS while its only standby is
disabled (transcripts). So the verdict rests on what is printed: codes, the line "Failed.", the word below "Configuration Status:" and the
state of each member.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.dbferry.oracle.plugins.module_utils.names import BadName
from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import FAILED, OK, UNKNOWN, WARNING, Message, Outcome, worse
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Command, Secret, Statement

__metaclass__ = type

#: The broker's monitor is just starting: the command is given again a little later.
NOT_YET = ("ORA-16525",)


class Lag(t.NamedTuple):
    """A lag as it was told: seconds, and how many seconds ago that was computed. None where the broker does not know it."""

    seconds: t.Optional[int]
    age: t.Optional[int]


class Member(t.NamedTuple):
    """One member of a configuration. ``redo_source`` is the member that it stands below, None for the primary."""

    name: str
    role: str
    enabled: bool
    redo_source: t.Optional[str]
    messages: t.Tuple[Message, ...]


class Database(t.NamedTuple):
    """What SHOW DATABASE tells. ``properties`` are those of VERBOSE, names as the broker spells them."""

    name: str
    role: t.Optional[str]
    intended_state: t.Optional[str]
    transport_lag: t.Optional[Lag]
    apply_lag: t.Optional[Lag]
    status: t.Optional[str]
    properties: t.Dict[str, str]


class Readiness(t.NamedTuple):
    """What VALIDATE DATABASE tells. ``failover`` is None for a primary, which nobody fails over to."""

    role: t.Optional[str]
    primary: t.Optional[str]
    switchover: t.Optional[bool]
    failover: t.Optional[bool]


@dataclass
class DgmgrlOutcome(Outcome):
    """An outcome with what the broker tells of itself.

    ``status`` is the configuration's own word; ``properties`` are those of the configuration; ``new_primary`` is set when a role change
    succeeded, ``unfinished`` has what is left to be done by hand after one that stopped halfway.
    """

    configuration: t.Optional[str] = None
    protection_mode: t.Optional[str] = None
    status: t.Optional[str] = None
    members: t.List[Member] = field(default_factory=list)
    properties: t.Dict[str, str] = field(default_factory=dict)
    databases: t.Dict[str, Database] = field(default_factory=dict)
    readiness: t.List[Readiness] = field(default_factory=list)
    new_primary: t.Optional[str] = None
    unfinished: t.List[str] = field(default_factory=list)

    def database(self, name: str) -> t.Optional[Database]:
        """What was told of a database, whatever case its name was given in."""
        return next((found for key, found in self.databases.items() if key.lower() == name.lower()), None)


# -- reading

_PROMPT = re.compile(r"^(?:DGMGRL|SQL)> ?")
_MESSAGE = re.compile(r"^\s*(?:(Error|Warning|Hinweis|Note): )?((?:ORA|DGM|TNS)-\d{1,5}): ?(.*)$")
#: Not an error at all (documented: normal, successful completion).
_NO_ERROR = {"ORA-0", "ORA-00000"}
#: Where a status should stand: that there is none, and that it is too early to ask.
_UNDETERMINED, _IN_PROGRESS = {"DGM-17016", "DGM-17017"}, {"ORA-16610"}
_SECTION = re.compile(r"^\s+(?:Database|Instance|Member) (Error|Warning)\(s\):")
_CONFIGURATION = re.compile(r"^Configuration - (.+)$")
_DATABASE = re.compile(r"^(?:Database|Far Sync Instance) - (.+)$")
_MEMBER = re.compile(r"^( +)(?:\S+ +)??(\S+) +- (.*(?:database|instance|Appliance|[Ss]tandby|Primary).*?)(?: \((\w[^)]*)\))?\s*$")
_PROTECTION = re.compile(r"^\s+Protection Mode: +(\w+)")
_STATUS = re.compile(r"^(Configuration|Database|Far Sync Instance) Status:\s*(\w+)?")
_WORD = re.compile(r"^(SUCCESS|WARNING|ERROR|DISABLED)\b")
_LAG = re.compile(r"^\s+(Transport|Apply) Lag: +(.+?)\s*$")
_COMPUTED = re.compile(r"^(.+?)(?: \(computed (.+?) ago\))?$")
_SPAN = re.compile(r"(\d+) (day|hour|minute|second)s?")
_FIELD = re.compile(r"^\s+(Role|Intended State|Database Role|Primary Database): +(.+?)\s*$")
_PROPERTY = re.compile(r"^\s+(\w+) += '(.*)'\s*$")
_READY = re.compile(r"^\s+Ready for (Switchover|Failover): +(Yes|No)\b")
_ROLE_CHANGED = re.compile(r'^(?:Switchover|Failover) succeeded, new primary is "(.+)"')
#: Closing lines of commands that took effect.
_DONE = re.compile(
    r"^(?:Enabled\.|Disabled\.|Succeeded\.|(?:Configuration|Database|Far sync instance|Property|Parameter) \".+\" .+|Removed (?:configuration|database).*|"
    r"Reinstatement of database \".+\" succeeded|Database \".+\" converted successfully|ORACLE instance (?:started|shut down)\.|"
    r"Database (?:mounted|opened|closed|dismounted)\.|New configuration file .*)$")
_FAILED = re.compile(r"^(?:Failed\.|Unable to connect to database|Authentication failed\.|Switchover failed|Failover failed|"
                     r"(?:\[.*\] )?Authentication failed\.|Configuration details cannot be determined|Syntax error|Unrecognized command)")
_STEPS = re.compile(r"^Please complete the following steps")
_SECONDS = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}
_WORST = {"SUCCESS": OK, "WARNING": WARNING, "ERROR": FAILED, "DISABLED": OK}


def _span(text: str) -> t.Optional[int]:
    """``1 minute 5 seconds`` in seconds; None for ``(unknown)``."""
    found = _SPAN.findall(text)
    return sum(int(number) * _SECONDS[unit] for number, unit in found) if found else None


def lag(text: str) -> Lag:
    """A lag as SHOW DATABASE prints it: ``1 minute 5 seconds (computed 3 seconds ago)``, ``(unknown)``."""
    parts = _COMPUTED.match(text.strip())
    told, computed = parts.groups() if parts else (text, None)
    return Lag(_span(told), _span(computed) if computed else None)


class _Reader:
    """Reads the broker's output line by line. What a line means depends on the report that it stands in."""

    def __init__(self) -> None:
        self.outcome = DgmgrlOutcome()
        self.report = ""
        self.status_of: t.Optional[str] = None
        self.database: t.Dict[str, t.Any] = {}
        self.ready: t.Dict[str, t.Any] = {}
        self.above: t.List[t.Tuple[int, str]] = []
        self.effect = False
        self.failed = False
        self.verdicts: t.List[str] = []
        self.steps = False
        self.errors = False
        self.undetermined = False

    def line(self, line: str) -> None:
        bare = _PROMPT.sub("", line).rstrip()
        if bare != line.rstrip():
            self.end()  # a prompt: the next command begins
        if not bare.strip():
            return
        if self.steps and bare[0] in " \t":
            self.outcome.unfinished.append(bare.strip())
            return
        self.steps = False
        for reads in (self._heading, self._coded, self._status, self._details, self._closing):
            if reads(bare):
                return

    def _heading(self, line: str) -> bool:
        for pattern, report in ((_CONFIGURATION, "configuration"), (_DATABASE, "database")):
            found = pattern.match(line)
            if found:
                self.end()
                self.report, self.effect = report, True
                if report == "configuration":
                    self.outcome.configuration = found.group(1)
                    self.outcome.members = []
                else:
                    self.database = {"name": found.group(1), "properties": {}}
                return True
        return False

    def _coded(self, line: str) -> bool:
        found = _MESSAGE.match(line)
        if found is None:
            return False
        kind, code, text = found.groups()
        if code in _NO_ERROR:
            return True
        message = Message(code, text)
        below = self.report == "configuration" and bool(self.outcome.members) and line[:1] == " "
        if below:
            member = self.outcome.members.pop()
            self.outcome.members.append(member._replace(messages=member.messages + (message,)))
        # Inside a report a code describes a state, which the report's own status names. Below the status it says that there is none to tell.
        undetermined = self.status_of is not None
        harmless = bool(self.report) and kind != "Error" and not self.errors and not undetermined
        self.outcome.note(message, harmless=harmless)
        if harmless:
            self.verdicts.append(WARNING)
        elif undetermined and (code in _UNDETERMINED or code in _IN_PROGRESS):
            self.undetermined = True
        else:
            self.failed = True
        return True

    def _status(self, line: str) -> bool:
        found = _STATUS.match(line)
        word = _WORD.match(line) if self.status_of else None
        if found:
            self.status_of = found.group(1)
            word = _WORD.match(found.group(2) or "")
        if word:
            if self.status_of == "Configuration":
                self.outcome.status = word.group(1)
            else:
                self.database["status"] = word.group(1)
            self.verdicts.append(_WORST[word.group(1)])
            self.status_of = None
        return bool(found or word)

    def _details(self, line: str) -> bool:
        section = _SECTION.match(line)
        if section:
            self.errors = section.group(1) == "Error"
            return True
        for pattern, take in ((_PROTECTION, self._protection), (_LAG, self._lag), (_FIELD, self._field), (_PROPERTY, self._property),
                              (_READY, self._readiness)):
            found = pattern.match(line)
            if found:
                take(*found.groups())
                return True
        found = _MEMBER.match(line) if self.report == "configuration" else None
        if found:
            self._member(len(found.group(1)), *found.groups()[1:])
        return bool(found)

    def _protection(self, mode: str) -> None:
        self.outcome.protection_mode = mode

    def _lag(self, kind: str, told: str) -> None:
        self.database[kind.lower() + "_lag"] = lag(told)

    def _field(self, name: str, value: str) -> None:
        if name == "Database Role":
            self.end()
            self.effect = True
            self.report = "readiness"
            self.ready = {"role": value}
        elif name == "Primary Database":
            self.ready["primary"] = value
        else:
            self.database[name.lower().replace(" ", "_")] = value

    def _property(self, name: str, value: str) -> None:
        (self.database["properties"] if self.report == "database" else self.outcome.properties)[name] = value

    def _readiness(self, change: str, answer: str) -> None:
        self.ready[change.lower()] = answer == "Yes"

    def _member(self, depth: int, name: str, role: str, remark: t.Optional[str]) -> None:
        while self.above and self.above[-1][0] >= depth:
            self.above.pop()
        enabled = not (remark or "").startswith("disabled")
        self.outcome.members.append(Member(name, role.strip(), enabled, self.above[-1][1] if self.above else None, ()))
        self.above.append((depth, name))
        if not enabled:
            self.verdicts.append(WARNING)

    def _closing(self, line: str) -> bool:
        changed = _ROLE_CHANGED.match(line)
        if changed:
            self.outcome.new_primary = changed.group(1)
        if changed or _DONE.match(line):
            self.effect = True
        elif _FAILED.match(line):
            self.failed = True
        elif _STEPS.match(line):
            self.steps = self.failed = True
        return True

    def end(self) -> None:
        """A report is complete."""
        if self.report == "database":
            found = self.database
            self.outcome.databases[found["name"]] = Database(
                found["name"], found.get("role"), found.get("intended_state"), found.get("transport_lag"), found.get("apply_lag"),
                found.get("status"), found["properties"])
        if self.ready:
            found = self.ready
            self.outcome.readiness.append(Readiness(found.get("role"), found.get("primary"), found.get("switchover"), found.get("failover")))
        self.database, self.ready, self.report, self.status_of, self.above, self.errors = {}, {}, "", None, [], False


def parse(text: str, rc: t.Optional[int] = None) -> DgmgrlOutcome:
    """Read what dgmgrl printed. An exit code of 0 proves nothing; another one is a failure, whatever else is told."""
    reader = _Reader()
    for line in text.split("\n"):
        reader.line(line)
    reader.end()
    outcome = reader.outcome
    verdict = OK if reader.effect else UNKNOWN
    for other in reader.verdicts:
        verdict = worse(verdict, other) if verdict != UNKNOWN else other
    if reader.undetermined:
        verdict = UNKNOWN
    if reader.failed or rc:
        verdict = FAILED
    outcome.verdict = verdict
    return outcome


# -- commands


def quoted(text: str, what: str) -> str:
    """A name, connect identifier or property value as a command has it: exactly as it is, since the broker folds what is not quoted.

    The broker has no escape for a quote inside quotes, and ends a command at a semicolon.
    """
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029'\";]", text) or len(text.encode("utf-8", "surrogatepass")) > 4000:
        raise BadName("{0} {1!r} cannot stand in a command of the Data Guard broker.".format(what, text[:130]),
                      hint="It may not hold a quote, a semicolon or a control character.")
    return "'{0}'".format(text)


def _member(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_$#]{0,29}", name):
        raise BadName("{0!r} is not a DB_UNIQUE_NAME.".format(name[:130]), hint="It is a letter and letters, digits and underscores, 30 at most.")
    return "'{0}'".format(name)


def _property(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{1,60}", name):
        raise BadName("{0!r} is not the name of a property of the broker.".format(name[:130]), hint="Such as LogXptMode.")
    return "'{0}'".format(name)


def create_configuration(name: str, primary: str, connect_identifier: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_$# ]{1,30}", name):
        raise BadName("{0!r} cannot be the name of a configuration.".format(name[:130]), hint="30 letters, digits, underscores and spaces at most.")
    return "CREATE CONFIGURATION '{0}' AS PRIMARY DATABASE IS {1} CONNECT IDENTIFIER IS {2};".format(
        name, _member(primary), quoted(connect_identifier, "Connect identifier"))


def add_database(name: str, connect_identifier: str) -> str:
    """The broker asks the database itself whether it is a physical, logical or snapshot standby (documented)."""
    return "ADD DATABASE {0} AS CONNECT IDENTIFIER IS {1};".format(_member(name), quoted(connect_identifier, "Connect identifier"))


def set_property(member: t.Optional[str], name: str, value: str) -> str:
    """EDIT ... SET PROPERTY of a database, or with None of the configuration."""
    return "EDIT {0} SET PROPERTY {1} = {2};".format(
        "CONFIGURATION" if member is None else "DATABASE " + _member(member), _property(name), quoted(value, "Property value"))


def set_state(member: str, state: str) -> str:
    """:arg state: TRANSPORT-ON, TRANSPORT-OFF, APPLY-ON or APPLY-OFF."""
    if state not in ("TRANSPORT-ON", "TRANSPORT-OFF", "APPLY-ON", "APPLY-OFF"):
        raise BadName("{0!r} is not the state of a database in the broker.".format(state[:50]))
    return "EDIT DATABASE {0} SET STATE = '{1}';".format(_member(member), state)


def set_protection_mode(mode: str) -> str:
    """:arg mode: MaxPerformance, MaxAvailability or MaxProtection."""
    if mode not in ("MaxPerformance", "MaxAvailability", "MaxProtection"):
        raise BadName("{0!r} is not a protection mode.".format(mode[:50]))
    return "EDIT CONFIGURATION SET PROTECTION MODE AS {0};".format(mode)


def enable(member: t.Optional[str] = None) -> str:
    return "ENABLE {0};".format("CONFIGURATION" if member is None else "DATABASE " + _member(member))


def disable(member: t.Optional[str] = None) -> str:
    return "DISABLE {0};".format("CONFIGURATION" if member is None else "DATABASE " + _member(member))


def remove(member: t.Optional[str] = None, preserve_destinations: bool = False) -> str:
    """:arg preserve_destinations: leave the LOG_ARCHIVE_DEST_n that the broker has set."""
    return "REMOVE {0}{1};".format("CONFIGURATION" if member is None else "DATABASE " + _member(member),
                                   " PRESERVE DESTINATIONS" if preserve_destinations else "")


def show(member: t.Optional[str] = None, verbose: bool = False) -> str:
    if member is None:
        return "SHOW CONFIGURATION{0};".format(" VERBOSE" if verbose else "")
    return "SHOW DATABASE {0}{1};".format("VERBOSE " if verbose else "", _member(member))


def validate(member: str) -> str:
    return "VALIDATE DATABASE {0};".format(_member(member))


def switchover(to: str) -> str:
    return "SWITCHOVER TO {0};".format(_member(to))


def failover(to: str, immediate: bool = False) -> str:
    """:arg immediate: do not apply what has been received and is not applied yet, which loses it."""
    return "FAILOVER TO {0}{1};".format(_member(to), " IMMEDIATE" if immediate else "")


def reinstate(member: str) -> str:
    return "REINSTATE DATABASE {0};".format(_member(member))


def convert(member: str, to: str) -> str:
    """:arg to: SNAPSHOT STANDBY or PHYSICAL STANDBY."""
    if to not in ("SNAPSHOT STANDBY", "PHYSICAL STANDBY"):
        raise BadName("{0!r} is nothing that a standby is converted to.".format(to[:50]))
    return "CONVERT DATABASE {0} TO {1};".format(_member(member), to)


class Broker(Command):
    """Commands for dgmgrl on the database server.

    They reach it by standard input, so that a password stands nowhere else. After one that failed the others still run (transcripts), so
    what must not follow a failure goes into a call of its own.

    :arg logon: "user", "password" and perhaps "connect_identifier" of an account that the password files know, which role changes need,
        since they restart the other database too; without it the Oracle owner logs on as ``/``.
    """

    def __init__(self, commands: t.Sequence[str], logon: t.Optional[t.Dict[str, str]] = None) -> None:
        text = "\n".join(commands)
        self.script = Statement(*(connect(logon) + ["\n", text, "\nEXIT;\n"]))
        super().__init__(["dgmgrl", "-silent"], self.script, shown=text)


def connect(logon: t.Optional[t.Dict[str, str]]) -> t.List[t.Union[str, Secret]]:
    """The CONNECT command, in parts."""
    if not logon:
        return ["CONNECT /;"]
    identifier = logon.get("connect_identifier")
    for what in (logon["user"], logon["password"], identifier or ""):
        if re.search(r'[\x00-\x1f\x7f"]', what):
            raise BadName("A double quote or a control character cannot stand in a logon of the Data Guard broker.")
    return ['CONNECT "{0}"/'.format(logon["user"]), Secret('"{0}"'.format(logon["password"])), '@"{0}";'.format(identifier) if identifier else ";"]

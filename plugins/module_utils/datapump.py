# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to read a log of Data Pump, whether expdp, impdp or the server wrote it.

The line that closes the job decides, and nothing else: ``Job "O"."J" ...`` with the number of errors. The server writes in the
language of the session that started the job, so apart from the closing line's English words everything is recognised by
codes, names, numbers and layout.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import (
    COMPLETED_WITH_ERRORS, FAILED, OK, UNKNOWN, WARNING, Message, Outcome, seconds, worse)

__metaclass__ = type

#: Codes that Data Pump counts as errors and that lose nothing (transcripts; Oracle Database Error Messages).
BENIGN = {
    "ORA-31684": "the object is there already and was left as it is",
    "ORA-39082": "the object was created invalid; recompiling comes later",
    "ORA-39111": "what belongs to an object that was there already was left as it is",
    "ORA-39171": "the job waited for space and went on",
}
#: Causes under ORA-39083 that mean the same as ORA-31684: there already.
BENIGN_CAUSES = {
    "ORA-00955": "an object of this name is there already",
    "ORA-01543": "the tablespace is there already",
    "ORA-01749": "whoever imports has the privilege already, as the owner or as who made the directory object",
    "ORA-01920": "the user is there already",
    "ORA-01921": "the role is there already",
    "ORA-02379": "the profile is there already",
}
#: What only tells about the account that logged on; the job does not count it.
NOTICES = {"ORA-28002", "ORA-28011", "UDE-28002", "UDI-28002", "UDE-28011", "UDI-28011"}
#: What happened, with the cause on the lines that follow.
_WRAPPERS = frozenset({"ORA-39083", "ORA-31693", "ORA-39120", "ORA-39123", "ORA-39185", "ORA-39187", "ORA-31685", "ORA-39001", "ORA-39000",
                       "ORA-39002", "ORA-39006", "ORA-39065", "ORA-39070", "ORA-39126", "ORA-39125", "ORA-02354"})
#: Codes that end the job: everything after them is their cause.
_FATAL = {"ORA-39123", "ORA-39001", "ORA-39002", "ORA-39006", "ORA-39065", "ORA-39126", "ORA-39125"}
#: Benign codes that stand alone; what follows them is a matter of its own.
_ALONE = set(BENIGN) - {"ORA-39171"} | NOTICES - {"UDE-28002", "UDI-28002", "UDE-28011", "UDI-28011"}
#: Data Pump's own codes begin a matter; others are causes.
_OWN = re.compile(r"ORA-(?:316\d\d|39\d\d\d)|(?:UDE|UDI|LRM|DBF)-\d{5}")
#: What was left out: object there already, table skipped, its data skipped, dependents of a failed object, unsupported.
SKIPPED = {"ORA-31684", "ORA-39111", "ORA-39151", "ORA-39152", "ORA-39120", "ORA-31693", "ORA-39112", "ORA-39139", "ORA-39360"}


class Table(t.NamedTuple):
    """Rows of a table or partition that were exported or imported. ``size`` is in bytes, as exact as the log is; None where the
    log has none (network imports). ``rejected`` rows were read and not loaded."""

    owner: str
    name: str
    partition: t.Optional[str]
    subpartition: t.Optional[str]
    size: t.Optional[int]
    rows: int
    rejected: int


class Problem(t.NamedTuple):
    """What the job has to say about an object: the code, its kind and name, the codes of the cause, and whether it is benign."""

    code: str
    object_type: t.Optional[str]
    name: t.Optional[str]
    causes: t.Tuple[str, ...]
    text: str
    benign: bool


@dataclass
class DatapumpOutcome(Outcome):
    """An outcome with what Data Pump reports. ``elapsed`` is in seconds; ``datafiles`` maps tablespaces of a transport set to
    their files; ``object_types`` are the paths in the order in which they were processed."""

    #: Whether the job has ended as far as the log tells; a job without a closing line may be at work still, or was killed.
    closed: bool = False
    job_owner: t.Optional[str] = None
    job_name: t.Optional[str] = None
    error_count: t.Optional[int] = None
    elapsed: t.Optional[int] = None
    dump_files: t.List[str] = field(default_factory=list)
    datafiles: t.Dict[str, t.List[str]] = field(default_factory=dict)
    tables: t.List[Table] = field(default_factory=list)
    problems: t.List[Problem] = field(default_factory=list)
    object_types: t.List[str] = field(default_factory=list)
    wrappers: t.FrozenSet[str] = _WRAPPERS

    @property
    def skipped(self) -> t.List[Problem]:
        """Objects that were left out."""
        return [problem for problem in self.problems if problem.code in SKIPPED]


#: LOGTIME=ALL puts the time of day before every line, METRICS=Y the worker.
_PREFIX = re.compile(r"^(?:;;;[ ]?)?(?:\S[^:\"]{4,24} \d{1,2}[:.]\d{2}[:.]\d{2}[.,]\d{1,9}(?: [AP]M)?: )?(?:;;;[ ]?)?(?:W-\d+ )?")
_CODED = re.compile(r"^((?:ORA|UDE|UDI|LRM|KUP|PLS|DBMS)-\d{5}): ?(.*)$")
_NAME = r'"((?:[^"])+)"'
_STARTING = re.compile(r'{0}\.{0}[^:"]*:(?:\s|$)'.format(_NAME))
_CLOSING = re.compile(r"{0}\.{0}".format(_NAME))
_REOPENED = re.compile(r"has been reopened at")
_CLOCK = re.compile(r"\d{1,2}:\d{2}:\d{2}")
_ELAPSED = re.compile(r"elapsed (\d+) (\d{1,2}:\d{2}:\d{2})")
#: "Feb 23 15:53:56 2017", "11月 25 10:44:55 2019", "10:44:55".
_DATE = re.compile(r"(?:\d{1,2}\D{1,3})?(?:\d{1,2} )?\d{1,2}:\d{2}:\d{2}(?: \d{4})?")
#: A line with a number is a count of objects (METRICS=Y), not the beginning of a type.
_TYPE = re.compile(r"^\D*?(?<![A-Z_])((?:DATABASE|SCHEMA|TABLE|TABLESPACE|TRANSPORTABLE)_EXPORT(?:/[A-Z0-9_]+)+)(?:\s\D*)?$")
_TABLE = re.compile(
    r'^\. \. \S.*?{0}\.{0}(?::{0})?(?:\.{0})?(?:\s+([\d.,]+) ([KMGT]?B|bytes))?\s+(\d+)(?: out of (\d+))?\s'.format(_NAME))
_HEADING = re.compile(r"^\S.*:$")
_TABLESPACE = re.compile(r"tablespace (.+):$|(?<![A-Za-z0-9_$#])([A-Z][A-Z0-9_$#]*)(?![a-z0-9_$#])")
_OBJECT = re.compile(r'(?<![\w"])([A-Z][A-Z0-9_/]{2,})(?::((?:"[^"]*"\.?)+)| |$)')
_QUOTED = re.compile(r'"[^"]+"(?:\."[^"]+")*')
_UNITS = {"bytes": 0, "B": 0, "KB": 1, "MB": 2, "GB": 3, "TB": 4}

#: What the closing line says, in words (documented; transcripts). Anything else is weighed by numbers and codes.
_WORDS = (
    (re.compile(r"successfully completed|成功完成|正常に完了|erfolgreich"), OK),
    (re.compile(r"completed with \d+ error"), COMPLETED_WITH_ERRORS),
    (re.compile(r"stopped due to fatal error|stopped by user request"), FAILED),
)


class _Reader:
    """Reads a log line by line."""

    def __init__(self) -> None:
        self.outcome = DatapumpOutcome()
        self.started = False
        self.closing: t.Optional[str] = None
        self.files: t.Optional[t.List[str]] = None
        self.block: t.List[Message] = []

    def read(self, raw: str) -> None:
        line = _PREFIX.sub("", raw.rstrip(), count=1)
        coded = _CODED.match(line.strip())
        if coded:
            self._coded(Message(coded.group(1), coded.group(2)))
            return
        if line.strip():
            self._end_block()
        if self.files is not None and line.startswith("  "):
            self.files.append(line.strip())
            return
        self.files = None
        line = line.strip()
        for reader in (self._table, self._type, self._job, self._heading):
            if reader(line):
                return

    # -- codes come in blocks: what happened, then why

    def _coded(self, message: Message) -> None:
        if self.block:
            first = self.block[0].code
            if first not in _FATAL and (first in _ALONE or message.code in NOTICES or _OWN.match(message.code)):
                self._end_block()
        self.block.append(message)

    def _end_block(self) -> None:
        if not self.block:
            return
        first, causes = self.block[0], tuple(message.code for message in self.block[1:])
        there_already = first.code == "ORA-39083" and bool(causes) and set(causes) <= set(BENIGN_CAUSES)
        benign, notice = first.code in BENIGN or there_already, first.code in NOTICES
        for message in self.block:
            self.outcome.note(message, harmless=benign or notice)
        if not notice:
            self._problem(first, causes, benign)
        self.block = []

    def _problem(self, first: Message, causes: t.Tuple[str, ...], benign: bool) -> None:
        found = _OBJECT.search(first.text)
        quoted = _QUOTED.search(first.text)
        kind, name = (found.group(1), found.group(2)) if found else (None, None)
        self.outcome.problems.append(Problem(first.code, kind, name or (quoted.group(0) if quoted else None), causes, first.text, benign))

    # -- what the job did

    def _table(self, line: str) -> bool:
        found = _TABLE.match(line + " ")
        if found:
            owner, name, partition, subpartition, number, unit, rows, of = found.groups()
            size = round(float(number.replace(",", ".")) * 1024 ** _UNITS[unit]) if number else None
            self.outcome.tables.append(Table(owner, name, partition, subpartition, size, int(rows), int(of) - int(rows) if of else 0))
        return bool(found)

    def _type(self, line: str) -> bool:
        found = _TYPE.search(line)
        if found and found.group(1) not in self.outcome.object_types:
            self.outcome.object_types.append(found.group(1))
        return bool(found)

    def _job(self, line: str) -> bool:
        found = _STARTING.search(line)
        if found:
            self.started = True
            self.outcome.job_owner, self.outcome.job_name = found.groups()
            self.closing = None
            return True
        if _REOPENED.search(line):
            self.started, self.closing = True, None
            return True
        found = _CLOSING.search(line)
        rest = line[:found.start()] + line[found.end():] if found else ""
        if found and _CLOCK.search(rest) and self.outcome.job_name in (None, found.group(2)):
            self.outcome.job_owner, self.outcome.job_name = found.groups()
            self.closing = rest
            return True
        return bool(found)

    def _heading(self, line: str) -> bool:
        if not _HEADING.match(line):
            return False
        if "{0}.{1}".format(self.outcome.job_owner, self.outcome.job_name) in line or line.startswith("Dump file set for "):
            self.files = self.outcome.dump_files
        elif self.outcome.dump_files:
            # "Datafiles required for transportable tablespace USERS:" follows the set of dump files.
            names = [first or second for first, second in _TABLESPACE.findall(line)]
            self.files = self.outcome.datafiles.setdefault(names[-1] if names else line[:-1], [])
        return self.files is not None

    # -- what it comes to

    def result(self, rc: t.Optional[int]) -> DatapumpOutcome:
        self._end_block()
        outcome = self.outcome
        outcome.verdict = self._verdict(rc)
        told = len([message for message in outcome.messages if message.code not in NOTICES])
        if outcome.error_count and outcome.error_count > told:
            outcome.note(Message("DBF-0221", "the job counted {0} errors, and {1} of them are not in this log".format(
                outcome.error_count, outcome.error_count - told)))
        return outcome

    def _verdict(self, rc: t.Optional[int]) -> str:
        outcome = self.outcome
        codes = [code for code in outcome.errors if code not in NOTICES]
        began = self.started or bool(outcome.tables or outcome.object_types)
        outcome.closed = self.closing is not None or not began
        if self.closing is None:
            # A job that never began has failed. One that began may be at work, or was killed, or its log is cut; when it has
            # counted errors it cannot end better than with them.
            if not began:
                return FAILED if codes or rc else UNKNOWN
            return COMPLETED_WITH_ERRORS if any(problem.code.startswith("ORA-") for problem in outcome.problems) else UNKNOWN
        elapsed = _ELAPSED.search(self.closing)
        if elapsed:
            outcome.elapsed = int(elapsed.group(1)) * 86400 + seconds(elapsed.group(2))
        verdict = self._closing_verdict(_ELAPSED.sub("", self.closing), codes, rc)
        if verdict == COMPLETED_WITH_ERRORS:
            outcome.error_count = outcome.error_count or len(outcome.problems)
        elif verdict == OK:
            outcome.error_count = 0
            if codes:
                verdict = WARNING
        # EX_SUCC_ERR is 5, EX_FAIL is 1 (documented): an exit code can only make it worse.
        return worse(verdict, {None: OK, 0: OK, 5: COMPLETED_WITH_ERRORS}.get(rc, FAILED))

    def _closing_verdict(self, line: str, codes: t.List[str], rc: t.Optional[int]) -> str:
        number = re.search(r"\d+", _DATE.sub(" ", line))
        for words, verdict in _WORDS:
            if words.search(line):
                if verdict == COMPLETED_WITH_ERRORS and number:
                    self.outcome.error_count = int(number.group(0))
                return verdict
        # Another language. A number that is no part of the time is the number of errors.
        if number:
            self.outcome.error_count = int(number.group(0))
            return COMPLETED_WITH_ERRORS
        if codes:
            return FAILED
        # Success and a stop on request both have neither number nor code; dump files are listed after success only.
        return OK if self.outcome.dump_files or rc == 0 else UNKNOWN


def parse(text: str, rc: t.Optional[int] = None) -> DatapumpOutcome:
    """Read a log.

    ``warnings`` are the codes that are benign or mere notices; :attr:`DatapumpOutcome.serious` the others. A job that completed
    with benign errors only has the verdict ``completed_with_errors`` and nothing serious. Errors that the job counted and that
    the text does not have are serious (DBF-0221).
    """
    reader = _Reader()
    for line in text.split("\n"):
        reader.read(line)
    return reader.result(rc)

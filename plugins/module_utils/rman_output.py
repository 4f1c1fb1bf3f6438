# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to read what Recovery Manager prints.

Reading rests on three things. An error stack (RMAN-00569) is a failure. A command succeeded when its own closing line is
there ("Finished backup at"). Codes outside a stack are remarks. Names and paths are taken per channel, because the lines of
channels interleave.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import FAILED, OK, UNKNOWN, WARNING, Message, Outcome, seconds

__metaclass__ = type


class Command(t.NamedTuple):
    """A command by its opening and closing lines: ``backup``, ``conversion at target``, ``Duplicate Db``. Times as printed."""

    name: str
    started: t.Optional[str]
    finished: t.Optional[str]


class Copied(t.NamedTuple):
    """A datafile that a channel converted or copied. ``output`` and ``elapsed`` (seconds) are None when it did not finish."""

    input: str
    file_number: t.Optional[int]
    output: t.Optional[str]
    channel: str
    elapsed: t.Optional[int]


class Piece(t.NamedTuple):
    """A backup piece that was written."""

    handle: str
    tag: t.Optional[str]
    channel: t.Optional[str]
    autobackup: bool


class Restored(t.NamedTuple):
    """A datafile that a channel restored. ``file_number`` is None where a roll-forward names only the file."""

    file_number: t.Optional[int]
    path: str
    foreign: bool
    channel: str


class Validated(t.NamedTuple):
    """A datafile that VALIDATE read, and how many corrupt blocks it found."""

    file_number: int
    path: t.Optional[str]
    corrupt: int


@dataclass
class RmanOutcome(Outcome):
    """An outcome with what RMAN reports having done. ``inputs`` are the datafiles (number, name) that went into backup sets."""

    commands: t.List[Command] = field(default_factory=list)
    conversions: t.List[Copied] = field(default_factory=list)
    copies: t.List[Copied] = field(default_factory=list)
    inputs: t.List[t.Tuple[t.Optional[int], str]] = field(default_factory=list)
    pieces: t.List[Piece] = field(default_factory=list)
    validated: t.List[Validated] = field(default_factory=list)
    restored: t.List[Restored] = field(default_factory=list)
    wrappers: t.FrozenSet[str] = frozenset({
        "RMAN-00569", "RMAN-00571", "RMAN-03002", "RMAN-03009", "RMAN-03015", "RMAN-05501", "RMAN-00558", "RMAN-00554", "RMAN-06136",
        "RMAN-06003"})

    @property
    def cause(self) -> t.Optional[Message]:
        """What a media manager says under ORA-19511 tells more than the codes above it."""
        codes = [message.code for message in self.messages]
        at = codes.index("ORA-19511") + 1 if "ORA-19511" in codes else len(codes)
        return self.messages[at] if at < len(codes) and codes[at] in self.serious else super().cause

    @property
    def unfinished(self) -> t.List[str]:
        """Inputs that a channel began to convert or copy and that no channel finished."""
        work = self.conversions + self.copies
        done = {item.input for item in work if item.output is not None}
        return list(dict.fromkeys(item.input for item in work if item.input not in done))


_PROMPT = re.compile(r"^\s*(?:(?:RMAN|EXPDP|IMPDP)>|\d+>)\s?")
_CODED = re.compile(r"^(?:channel \S+: )?((?:RMAN|ORA|TNS|PLS|KUP|LRM|UDE|UDI|SBT|KBHS)-\d{4,5}): ?(.*)$")
_INNER = re.compile(r"\b((?:ORA|TNS|PLS)-\d{5}): (.*)$")
_BANNER = ("RMAN-00571", "RMAN-00569")
#: Codes that RMAN prints only when a command or RMAN itself failed, for logs whose banner was cut off: syntax, fatal errors, failure of
#: a command, of a channel's step, of a stored script (Oracle Database Error Messages; transcripts).
_FAILURES = {"RMAN-00552", "RMAN-00554", "RMAN-00558", "RMAN-00579", "RMAN-00600", "RMAN-00601", "RMAN-03002", "RMAN-03009",
             "RMAN-03010", "RMAN-03012", "RMAN-03015", "RMAN-04014", "RMAN-05501", "RMAN-12001", "RMAN-12010"}
#: Why a file in a list was not cataloged: part of the list, no remark on the command (transcript).
_REASON = re.compile(r"RMAN-0751\d")

_STARTING = re.compile(r"^Starting (.+) at (.+)$")
_FINISHED = re.compile(r"^Finished (.+) at (.+)$")
#: Lines that show that a command without opening and closing lines took effect.
_EFFECT = re.compile(
    r"^(?:Oracle instance (?:started|shut down)|database (?:mounted|opened|closed|dismounted)|executing command: |sql statement: |"
    r"Statement processed|datafile \d+ switched to datafile copy|new RMAN configuration parameters are|(?:cataloged|deleted|uncataloged) |"
    r"Crosschecked \d+ objects)", re.IGNORECASE)
_COMPLETE = "Recovery Manager complete."
_SPOOL = re.compile(r"\bspool\s+log\s+to\b", re.IGNORECASE)

_WORK_START = re.compile(r"^channel (\S+): starting datafile (conversion|copy)$")
_WORK_INPUT = re.compile(r"^input (?:datafile )?(?:file number=|fno=)?(?:(\d+) name=|file ?name=)(.+)$")
_CONVERTED = re.compile(r"^converted datafile=(.+)$")
_COPIED = re.compile(r"^output file ?name=(.+?)(?: tag=\S+)?(?: RECID=.*)?$")
_WORK_END = re.compile(r"^channel (\S+): datafile (conversion|copy) complete, elapsed time: ([\d:]+)")
_PIECE_END = re.compile(r"^channel (\S+): finished piece \d+ at ")
_PIECE = re.compile(r"^piece handle=(.+?)(?: tag=(\S+))?(?: comment=.*)?$")
_VALIDATED = re.compile(r"^(\d+)\s+(?:OK|FAILED)\s+(\d+)\s+\d+\s+\d+\s+\d+$")
_VALIDATED_NAME = re.compile(r"^File Name: (.+)$")
_RESTORING = re.compile(r"^channel (\S+): restoring (foreign file|datafile) (?:(\d+) to )?(.+)$")


class _Reader:
    """Reads RMAN's output line by line."""

    def __init__(self) -> None:
        self.outcome = RmanOutcome()
        self.open: t.List[int] = []  # commands without a closing line, as positions in outcome.commands
        self.effect = False
        self.complete = False
        self.spooled = False
        self.banner = False
        self.in_stack = False
        self.framed = False
        self.unframed: t.List[t.Tuple[Message, int]] = []  # coded lines of stacks without banner, with the open command's position
        self.jobs: t.List[t.Dict[str, t.Any]] = []
        self.working: t.Dict[str, t.Dict[str, t.Any]] = {}
        self.waiting: t.List[t.Dict[str, t.Any]] = []
        self.written: t.List[str] = []
        self.piece_channel: t.Optional[str] = None

    def read(self, raw: str) -> None:
        line = raw.strip()
        prompted = False
        while True:
            found = _PROMPT.match(line)
            if not found:
                break
            line, prompted = line[found.end():].strip(), True
        coded = _CODED.match(line)
        if coded:
            self._message(coded.group(1), coded.group(2))
            return
        if prompted and _SPOOL.search(line):
            self.spooled = True
        if not line or prompted or self._event(line):
            self.in_stack = False

    def _message(self, code: str, text: str) -> None:
        if code in _BANNER:
            self.banner = self.in_stack = self.framed = True
            return
        if _REASON.match(code):
            return
        if code in _FAILURES and not self.in_stack:
            self.in_stack, self.framed = True, False
        messages = [Message(code, text)]
        inner = _INNER.search(text)
        if inner:
            messages.append(Message(inner.group(1), inner.group(2)))
        for message in messages:
            if self.in_stack and not self.framed:
                self.unframed.append((message, self.open[-1] if self.open else -1))
            self.outcome.note(message, harmless=not self.in_stack)

    def _event(self, line: str) -> bool:
        """Whether the line is one that RMAN prints as a matter of course."""
        if any(reader(line) for reader in (self._command, self._work, self._piece, self._restored, self._validated)):
            return True
        return line.startswith(("channel ", "released channel", "allocated channel"))

    def _command(self, line: str) -> bool:
        outcome = self.outcome
        found = _STARTING.match(line)
        if found:
            self.open.append(len(outcome.commands))
            outcome.commands.append(Command(found.group(1), found.group(2), None))
            return True
        found = _FINISHED.match(line)
        if found:
            self.effect = True
            name, when = found.groups()
            position = next((item for item in reversed(self.open) if outcome.commands[item].name == name), None)
            if position is None:
                # Its opening line was cut off.
                outcome.commands.append(Command(name, None, when))
            else:
                outcome.commands[position] = outcome.commands[position]._replace(finished=when)
                self.open.remove(position)
            return True
        if line == _COMPLETE:
            self.complete = True
            return True
        if _EFFECT.match(line):
            self.effect = True
            return True
        return False

    def _work(self, line: str) -> bool:
        found = _WORK_START.match(line)
        if found:
            channel, kind = found.groups()
            job: t.Dict[str, t.Any] = {"channel": channel, "kind": kind, "input": None, "number": None, "output": None, "elapsed": None}
            self.working[channel] = job
            self.waiting.append(job)
            return True
        found = _WORK_INPUT.match(line)
        if found:
            number, path = int(found.group(1)) if found.group(1) else None, found.group(2)
            if self.waiting:
                # The input belongs to the channel that began last and has not named one yet.
                job = self.waiting.pop()
                job.update(number=number, input=path)
                self.jobs.append(job)
            else:
                self.outcome.inputs.append((number, path))
            return True
        found = _CONVERTED.match(line) or (_COPIED.match(line) if self.working else None)
        if found:
            self.written.append(found.group(1))
            return True
        found = _WORK_END.match(line)
        if found:
            ended = self.working.pop(found.group(1), None)
            if ended is not None and self.written:
                ended["output"], ended["elapsed"] = self._output_of(ended), seconds(found.group(3))
            return True
        return False

    def _output_of(self, job: t.Dict[str, t.Any]) -> str:
        """The outputs that were named and not taken yet are this job's, unless several channels named theirs at once: then
        the one of the same file name, or else the oldest."""
        same = [path for path in self.written if path.rsplit("/", 1)[-1] == (job["input"] or "").rsplit("/", 1)[-1]]
        path = (same or self.written)[0]
        self.written.remove(path)
        return path

    def _piece(self, line: str) -> bool:
        found = _PIECE_END.match(line)
        if found:
            self.piece_channel = found.group(1)
            return True
        found = _PIECE.match(line)
        if found:
            inside = self.outcome.commands[self.open[-1]].name if self.open else ""
            self.outcome.pieces.append(Piece(found.group(1), found.group(2), self.piece_channel, "autobackup" in inside.lower()))
            self.piece_channel = None
            return True
        return False

    def _restored(self, line: str) -> bool:
        found = _RESTORING.match(line)
        if found:
            channel, kind, number, path = found.groups()
            self.outcome.restored.append(Restored(int(number) if number else None, path, kind == "foreign file", channel))
        return bool(found)

    def _validated(self, line: str) -> bool:
        validated = self.outcome.validated
        found = _VALIDATED.match(line)
        if found:
            validated.append(Validated(int(found.group(1)), None, int(found.group(2))))
            return True
        found = _VALIDATED_NAME.match(line)
        if found and validated and validated[-1].path is None:
            validated[-1] = validated[-1]._replace(path=found.group(1))
        return bool(found)

    def result(self, rc: t.Optional[int]) -> RmanOutcome:
        outcome = self.outcome
        for job in self.jobs:
            copied = Copied(job["input"], job["number"], job["output"], job["channel"], job["elapsed"])
            (outcome.conversions if job["kind"] == "conversion" else outcome.copies).append(copied)
        # A stack without banner inside a command that finished all the same is that of a job which RMAN gave to another channel.
        if not self.banner and all(position >= 0 and outcome.commands[position].finished for message, position in self.unframed):
            outcome.warnings += [code for code in outcome.serious if code in {message.code for message, position in self.unframed}]
        if self.banner and not outcome.errors:
            outcome.note(Message("RMAN-00569", "the error stack itself was cut off"))
        for item in outcome.validated:
            if item.corrupt:
                text = "datafile {0} ({1}) has {2} corrupt blocks".format(item.file_number, item.path, item.corrupt)
                outcome.note(Message("DBF-0211", text))
        if outcome.serious or self.banner or rc:
            outcome.verdict = FAILED
        elif self.open or outcome.unfinished:
            outcome.verdict = UNKNOWN
        elif self.effect or (self.complete and rc == 0 and not self.spooled):
            outcome.verdict = WARNING if outcome.warnings else OK
        else:
            outcome.verdict = UNKNOWN
        return outcome


def parse(text: str, rc: t.Optional[int] = None) -> RmanOutcome:
    """Read what RMAN printed.

    Codes outside an error stack are remarks (``warnings``): they leave a command that finished with the verdict ``warning``.
    """
    reader = _Reader()
    for line in text.split("\n"):
        reader.read(line)
    return reader.result(rc)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels of Recovery Manager: server sessions that do the steps of a command in parallel.

What the channels say interleaves as it does in real life. A channel whose step fails stops that step; the others go on with
theirs, and the command fails at the end (transcripts, documented).
"""
from __future__ import annotations

import collections
import dataclasses
import datetime
import threading
from collections.abc import Callable, Sequence
from typing import Any

from oralab.errors import OraError
from oralab.tools.rman_files import Progress
from oralab.tools.rman_media import DISK, Media

BANNER = ["RMAN-00571: ===========================================================",
          "RMAN-00569: =============== ERROR MESSAGE STACK FOLLOWS ===============",
          "RMAN-00571: ==========================================================="]


class RmanFailure(Exception):
    """A command failed: the lines of its error stack, without the banner."""

    def __init__(self, *lines: str) -> None:
        super().__init__(lines[0])
        self.lines = list(lines)


class ClientGone(Exception):
    """Nobody reads the output any more."""


def error_time(moment: datetime.datetime) -> str:
    """Times in error stacks keep their form whatever NLS_DATE_FORMAT says (transcripts)."""
    return f"{moment:%m/%d/%Y %H:%M:%S}"


def failed(command: str, moment: datetime.datetime, *causes: str) -> RmanFailure:
    return RmanFailure(f"RMAN-03002: failure of {command} command at {error_time(moment)}", *causes)


@dataclasses.dataclass(slots=True)
class Channel:
    """A channel and the server session that it is. ``automatic`` ones stay for the whole run of RMAN; ``media`` is the device."""

    name: str
    session: Any
    format: str = ""
    automatic: bool = False
    media: Media = DISK


class Aggregate:
    """How far a whole command is, in blocks: ``done`` by file."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done: dict[object, int] = {}

    def report(self, context: object, done: int) -> tuple[int, int]:
        self.done[context] = done
        sofar = sum(self.done.values())
        return sofar, max(self.total, sofar, 1)


@dataclasses.dataclass(slots=True)
class Work:
    """What a step has of the channel that does it: saying lines together, progress in V$SESSION_LONGOPS."""

    channel: Channel
    database: Any
    emit: Callable[[Sequence[str]], None]
    began: datetime.datetime
    aggregate: Aggregate
    first: Channel
    """The channel whose session shows the progress of the whole command."""

    def say(self, *lines: str) -> None:
        """Lines that no other channel's lines come between; ``{c}`` is the channel."""
        self.emit([line.replace("{c}", self.channel.name) for line in lines])

    def elapsed(self) -> str:
        seconds = max(1, round((datetime.datetime.now() - self.began).total_seconds()))
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"

    def progress(self, operation: str, context: object, size: int = 1, writes: str = "", whole: str = "RMAN: aggregate input") -> Progress:
        """A callback that keeps rows of V$SESSION_LONGOPS: the file's, and that of the whole command (documented names: aggregate input
        of a backup, aggregate output of a restore).

        ``size`` is how many of the units reported make a block, ``writes`` the file that is being written.
        """
        def report(done: int, total: int) -> None:
            self.database.store.faults.on_write(writes)
            self._row(self.channel, operation, context, done // size, max(1, total // size))
            self._row(self.first, whole, 0, *self.aggregate.report(context, done // size))
        return report

    def _row(self, channel: Channel, operation: str, context: object, sofar: int, total: int) -> None:
        now, session = self.database.now(), channel.session
        began = self.began.replace(microsecond=0)
        spent = max(0, int((now - began).total_seconds()))
        self.database.longops[session.sid, operation, context] = {
            "SID": session.sid, "SERIAL#": session.serial, "OPNAME": operation, "TARGET": str(context), "TARGET_DESC": "",
            "SOFAR": sofar, "TOTALWORK": total, "UNITS": "Blocks", "START_TIME": began, "LAST_UPDATE_TIME": now,
            "TIME_REMAINING": spent * (total - sofar) // sofar if sofar else None, "ELAPSED_SECONDS": spent, "CONTEXT": 1,
            "USERNAME": session.user, "MESSAGE": f"{operation}: {context} : {sofar} out of {total} Blocks done"}


Step = Callable[[Work], None]


def perform(database: Any, command: str, steps: Sequence[Step], channels: Sequence[Channel], emit: Callable[[Sequence[str]], None],
            blocks: int) -> None:
    """Do all steps, as many at a time as there are channels; ``blocks`` is what they will read in all.

    Raises ``RmanFailure`` with RMAN-03009 for every channel's failure.
    """
    aggregate = Aggregate(blocks)
    waiting = collections.deque(steps)
    failures: list[str] = []
    problems: list[BaseException] = []
    lock = threading.Lock()

    def run(channel: Channel) -> None:
        while not problems:
            with lock:
                if not waiting:
                    return
                step = waiting.popleft()
            try:
                step(Work(channel, database, emit, datetime.datetime.now(), aggregate, channels[0]))
            except OraError as error:
                said = [f"RMAN-03009: failure of {command} command on {channel.name} channel at {error_time(database.now())}",
                        *error.text.split("\n")]
                with lock:
                    more = bool(waiting)
                    failures.extend(said)
                if more:
                    emit([*said, "continuing other job steps, job failed will not be re-run"])
            except BaseException as problem:
                problems.append(problem)

    threads = [threading.Thread(target=run, args=(channel,), name=f"channel {channel.name}", daemon=True)
               for channel in channels[:max(1, len(steps))]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    if failures:
        raise RmanFailure(*failures)

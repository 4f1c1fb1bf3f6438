# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of a job: lines as expdp and impdp logs have them (transcript), written as they happen."""
from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import TextIO

_UNITS = (("KB", 1024), ("MB", 1024**2), ("GB", 1024**3), ("TB", 1024**4))
STARS = "*" * 78


def quoted(owner: str, name: str, partition: str | None = None) -> str:
    return f'"{owner}"."{name}"' + (f':"{partition}"' if partition else "")


def size(amount: int) -> tuple[str, str]:
    """Number and unit in five characters: ``0 KB``, ``5.023 KB``, ``30.5 KB``, ``1009. KB`` (transcript)."""
    unit, factor = next(((unit, factor) for unit, factor in _UNITS if amount < factor * 1024), _UNITS[-1])
    exact = Decimal(amount) / factor
    short = f"{exact.normalize():f}" if amount else "0"
    if len(short) <= 5:
        return short, unit
    decimals = max(0, 4 - len(str(int(exact))))
    rounded = f"{exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"
    return rounded + ("" if decimals else "."), unit


def row_line(verb: str, owner: str, name: str, partition: str | None, amount: int, rows: int) -> str:
    """``. . exported "O"."T"   5.023 KB       4 rows``, in the columns of real logs."""
    number, unit = size(amount)
    return f"{f'. . {verb} {quoted(owner, name, partition)}':<56} {number:>5} {unit} {rows:>7} rows"


def interval(seconds: int) -> str:
    """``0 00:00:27``: days, hours, minutes and seconds of an elapsed time."""
    days, rest = divmod(seconds, 86400)
    return f"{days} {rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"


def moment(when: datetime.datetime) -> str:
    """``Sun Dec 8 22:17:14 2019``: no padding before the day (transcript)."""
    return f"{when:%a %b} {when.day} {when:%H:%M:%S %Y}"


class Log:
    """The log file of a job. ``stream`` None is a job without log (or NOLOGFILE); ``clock`` gives the database's time.

    ``metrics`` puts the worker before what a worker did and adds times (METRICS=Y); ``timestamps`` puts the time before
    every line (LOGTIME=ALL or LOGFILE). ``errors`` counts the ORA- messages that the closing line tells of.
    """

    def __init__(self, stream: TextIO | None, clock: Callable[[], datetime.datetime], *, metrics: bool = False,
                 timestamps: bool = False) -> None:
        self.stream = stream
        self.clock = clock
        self.metrics = metrics
        self.timestamps = timestamps
        self.errors = 0

    def line(self, text: str, worker: int = 0) -> None:
        """Write ``text``, which may have several lines; ``worker`` numbers the worker that speaks, 0 is the master."""
        if self.stream is None:
            return
        before = f"W-{worker} " if worker and self.metrics else ""
        if self.timestamps:
            now = self.clock()
            before = f"{now:%d-%b-%y}".upper() + f" {now:%H:%M:%S}.{now.microsecond // 1000:03d}: {before}"
        self.stream.write(f"{before}{text}\n")
        self.stream.flush()

    def error(self, text: str, worker: int = 1) -> None:
        self.errors += 1
        self.line(text, worker)

    def close(self) -> None:
        if self.stream is not None:
            self.stream.close()
            self.stream = None

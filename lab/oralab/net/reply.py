# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages that end or accompany the answer to a call."""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Final

from oralab.errors import OraError
from oralab.net.wire import clr, sb, text, ub

ERROR, PARAMETER = b"\x04", b"\x08"
DONE: Final = 0x01                   # in the status of every call that ended (seen in dumps of real servers)
IN_TRANSACTION: Final = 0x02
COMPILED_WITH_ERRORS: Final = 0x20
NO_DATA_FOUND: Final = OraError(1403, "no data found")
ARRAY_DML_ERRORS: Final = OraError(24381, "error(s) in array DML")
USER_CANCEL: Final = OraError(1013, "user requested cancel of current operation")
_sequence = itertools.count(1)
"""Answers are numbered through, in two bytes (seen in dumps; where a server begins is assumed)."""


@dataclasses.dataclass(slots=True)
class EndOfCall:
    """The message that ends an answer, with an error or without; drivers take it as the end of every answer."""

    error: OraError | None = None
    cursor: int = 0
    rowcount: int = 0
    batch_errors: Sequence[tuple[int, int, str]] = ()
    warning: bool = False

    def encode(self, in_transaction: bool) -> bytes:
        """The bytes, in the form of field versions before 20.1."""
        code = self.error.code if self.error else 0
        offset = self.error.offset if self.error else 0
        out = [
            ERROR, ub(DONE | (IN_TRANSACTION if in_transaction else 0)), ub(next(_sequence) & 0xFFFF), ub(self.rowcount & 0xFFFFFFFF),
            ub(code & 0xFFFF), ub(0), ub(0), ub(self.cursor), sb(offset),
            bytes((0, 0, 0, 0, 0, COMPILED_WITH_ERRORS if self.warning else 0)),
            bytes(5),                               # no rowid
            ub(0), b"\0\1", ub(0), ub(0), b"\0",    # operating system error, statement, call, padding, iterations
            *self._batch(), ub(code), ub(self.rowcount),
        ]
        if self.error:
            out.append(clr((self.error.text + "\n").encode()))
        return b"".join(out)

    def _batch(self) -> list[bytes]:
        if not self.batch_errors:
            return [b"\0\0\0"]
        count = ub(len(self.batch_errors))
        codes = [ub(code) for _, code, _ in self.batch_errors]
        offsets = [ub(iteration) for iteration, _, _ in self.batch_errors]
        messages = [message.encode() for _, _, message in self.batch_errors]
        texts = [ub(len(message)) + clr(message) + b"\0\0" for message in messages]
        return [count, b"\1", *codes, count, b"\1", *offsets, count, b"\1", *texts]


def parameters(pairs: Sequence[tuple[str, str, int]]) -> bytes:
    """Keys, values and flags, which answer the calls of the logon."""
    body = b"".join(text(key) + text(value) + ub(flags) for key, value, flags in pairs)
    return PARAMETER + ub(len(pairs)) + body + EndOfCall().encode(in_transaction=False)

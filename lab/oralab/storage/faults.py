# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that storage can be told to have."""
from __future__ import annotations

import dataclasses
import time

from oralab.errors import OraError


@dataclasses.dataclass(slots=True)
class Faults:
    """What goes wrong when datafiles are written or grow, and when patches are applied.

    ``full_tablespaces``: no block can be had there any more (ORA-01653). ``full_paths``: files whose path begins so are on a full disk.
    ``seconds_per_write``: slow I/O, until something else is planned. ``fail_write``: the nth write from now fails, once; 0 for none. A failed write
    is ORA-19502 over 27072.
    ``failing_patches``: what datapatch applies WITH ERRORS.
    """

    full_tablespaces: set[str] = dataclasses.field(default_factory=set)
    full_paths: list[str] = dataclasses.field(default_factory=list)
    seconds_per_write: float = 0.0
    fail_write: int = 0
    failing_patches: set[int] = dataclasses.field(default_factory=set)

    def plan(self, **wanted: object) -> None:
        """Set what shall go wrong; what is not named goes well."""
        for field in dataclasses.fields(Faults):
            setattr(self, field.name, wanted.pop(field.name, getattr(Faults(), field.name)))
        if wanted:
            raise TypeError(f"no such fault: {', '.join(wanted)}")

    def pause(self) -> None:
        """Called between steps of long work; over at once when all goes well again."""
        begun = time.monotonic()
        while (left := begun + self.seconds_per_write - time.monotonic()) > 0:
            time.sleep(min(left, 0.05))

    def on_write(self, path: str) -> None:
        """Called before a file is written."""
        self.pause()
        failed = any(path.startswith(prefix) for prefix in self.full_paths)
        if self.fail_write:
            self.fail_write -= 1
            failed = failed or self.fail_write == 0
        if failed:
            raise OraError(19502, f'write error on file "{path}", block number 1 (block size=8192)', stack=[
                "ORA-27072: File I/O error", "Linux-x86_64 Error: 28: No space left on device"])

    def on_extend(self, tablespace: str) -> None:
        """Called before a block is given out."""
        if tablespace in self.full_tablespaces:
            raise no_space(tablespace)


def no_space(tablespace: str) -> OraError:
    return OraError(1653, f"unable to extend table by 8 in tablespace {tablespace}")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files with holes: blocks that were never written take no room, and are passed over."""
from __future__ import annotations

import os
from collections.abc import Iterator

CHUNK = 1 << 20


def extents(descriptor: int) -> Iterator[tuple[int, int]]:
    """The parts of a sparse file that hold data: (start, end)."""
    position, size = 0, os.fstat(descriptor).st_size
    while position < size:
        try:
            start = os.lseek(descriptor, position, os.SEEK_DATA)
        except OSError:
            return
        end = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, end
        position = end


def copy(source: str, target: str) -> None:
    """A copy, holes staying holes."""
    with open(source, "rb") as old, open(target, "wb") as new:
        for start, end in extents(old.fileno()):
            for position in range(start, end, CHUNK):
                os.pwrite(new.fileno(), os.pread(old.fileno(), min(CHUNK, end - position), position), position)
        new.truncate(os.fstat(old.fileno()).st_size)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where backup pieces lie: on disk, or behind a media manager's library."""
from __future__ import annotations

import os
from typing import BinaryIO, Protocol

from oralab.errors import OraError
from oralab.storage import asm
from oralab.storage.pieces import Piece
from oralab.tools import rman_files as files


class Media(Protocol):
    """A device: pieces by their handles. ``device`` is DEVICE_TYPE of V$BACKUP_PIECE, ``name`` is MEDIA, ``comment`` what RMAN prints after
    ``comment=``, ``banner`` what it says of the device when a channel is allocated.
    """

    device: str
    name: str
    comment: str
    banner: tuple[str, ...]

    def create(self, handle: str, *, encrypted: bool = False) -> BinaryIO:
        """A new piece; it is complete when the stream is closed. ORA-19504 (disk) or 19506 when there is one."""

    def discard(self, stream: BinaryIO, handle: str) -> None:
        """Give up a piece that is being written."""

    def open(self, handle: str) -> BinaryIO:
        """A piece for reading. ORA-19870 over 19505 and 27037 (disk) or 19507 and 27029 when there is none."""

    def exists(self, handle: str) -> bool: ...

    def remove(self, handle: str) -> None: ...


class Disk:
    """Files and disk groups."""

    device, name, comment = "DISK", "", "NONE"
    banner: tuple[str, ...] = ()

    def create(self, handle: str, *, encrypted: bool = False) -> BinaryIO:
        return os.fdopen(files.create(handle), "wb")

    def discard(self, stream: BinaryIO, handle: str) -> None:
        stream.close()
        if asm.exists(handle):
            asm.remove(handle)

    def open(self, handle: str) -> BinaryIO:
        try:
            return open(asm.real(handle), "rb")
        except OSError:
            raise OraError(19870, f"error while restoring backup piece {handle}", stack=[
                f'ORA-19505: failed to identify file "{handle}"', *asm.unfound(handle)]) from None

    def exists(self, handle: str) -> bool:
        return asm.exists(handle)

    def remove(self, handle: str) -> None:
        asm.remove(handle)


DISK = Disk()


def read_piece(handle: str, media: Media | None = None, secrets: tuple[bytes, ...] = ()) -> Piece:
    """A piece by its handle, on disk unless said otherwise."""
    return Piece((media or DISK).open(handle), handle, secrets)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The device SBT: a media manager's library that a channel loads, and its pieces.

Two libraries are known by what is in them: that of the Database Cloud Backup Module (``opc``) and that of a Recovery Appliance (``ra``). Error stacks
are those of transcripts where it says so.
"""
from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol, cast

from oralab.errors import OraError, not_simulated
from oralab.tools import opc, ra
from oralab.tools.sbt_library import Library

DEVICE = "SBT_TAPE"
_WORD = re.compile(r"\s*(\w+)\s*=\s*(\((?:[^()]*)\)|[^,]*)\s*(?:,|$)")
_INNER = re.compile(r"""\s*(\w+)\s*=\s*("[^"]*"|'[^']*'|[^,]*)\s*(?:,|$)""")


class Storage(Protocol):
    """Where a library keeps pieces. ``name`` is MEDIA of V$BACKUP_PIECE."""

    encrypted_only: bool

    @property
    def name(self) -> str: ...

    def test(self) -> None: ...

    def send(self, handle: str, body: Any) -> None: ...

    def fetch(self, handle: str) -> Any: ...

    def has(self, handle: str) -> bool: ...

    def drop(self, handle: str) -> None: ...


_LIBRARIES: dict[Library, Callable[[dict[str, str], str, str], Storage]] = {opc.LIBRARY: opc.open_storage, ra.LIBRARY: ra.open_storage}
_ERRORS = (opc.OpcError, ra.RaError)


def _told(error: Exception) -> list[str]:
    return ["ORA-19511: non RMAN, but media manager or vendor specific failure, error text:", f"   {error}"]


class Sbt:
    """What a channel with these PARMS has loaded.

    ORA-19554 over 27211 when the library is not there, over 27023 and 19511 when it cannot be initialised (transcripts).
    """

    device = DEVICE

    def __init__(self, parms: str, oracle_home: str, sid: str) -> None:
        words = {name.upper(): value.strip() for name, value in _WORD.findall(parms)}
        path = words.get("SBT_LIBRARY") or os.path.join(oracle_home, "lib", "libobk.so")
        if path.startswith("oracle."):
            raise not_simulated(f"SBT_LIBRARY={path}")
        library = next((known for known in _LIBRARIES if known.is_at(path)), None)
        if library is None:
            raise OraError(19554, f"error allocating device, device type: {DEVICE}, device name:", stack=[
                "ORA-27211: Failed to load Media Management Library", "Additional information: 2"])
        given = "\n".join(f"{name}={value}" for word in ("ENV", "SBT_PARMS") for name, value in _INNER.findall(words.get(word, "")[1:-1]))
        try:
            self._storage = _LIBRARIES[library](opc.read_parameters(given), oracle_home, sid)
            self._storage.test()
        except _ERRORS as error:
            raise OraError(19554, f"error allocating device, device type: {DEVICE}, device name:", stack=[
                "ORA-27023: skgfqsbi: media manager protocol error", *_told(error)]) from None
        self.comment = f"API Version 2.0,MMS Version {library.version}"
        self.banner: tuple[str, ...] = (library.banner,)
        self.name = self._storage.name[:65]

    # --- pieces ---

    def create(self, handle: str, *, encrypted: bool = False) -> BinaryIO:
        """ORA-19506 where such a piece is there, or may not lie there as it is (the code of the latter is known to DBAs)."""
        def refused(error: Exception) -> OraError:
            return OraError(19506, f'failed to create sequential file, name="{handle}", parms=""', stack=[
                "ORA-27028: skgfqcre: sbtbackup returned error", *_told(error)])
        if self._storage.encrypted_only and not encrypted:
            raise refused(opc.OpcError(f"KBHS-01602: backup piece {handle} is not encrypted"))
        try:
            if self._storage.has(handle):
                raise refused(opc.OpcError(f"KBHS-01006: backup piece {handle} already exists"))
        except _ERRORS as error:
            raise refused(error) from None
        return cast(BinaryIO, _Upload(self._storage, handle))

    def discard(self, stream: BinaryIO, handle: str) -> None:
        cast(Any, stream).abandon()

    def open(self, handle: str) -> BinaryIO:
        try:
            if not self._storage.has(handle):
                raise opc.OpcError(f"KBHS-01404: backup piece {handle} not found")
            return cast(BinaryIO, self._storage.fetch(handle))
        except _ERRORS as error:
            raise OraError(19870, f"error while restoring backup piece {handle}", stack=[
                f'ORA-19507: failed to retrieve sequential file, handle="{handle}", parms=""', "ORA-27029: skgfrtrv: sbtrestore returned error",
                *_told(error)]) from None

    def exists(self, handle: str) -> bool:
        try:
            return self._storage.has(handle)
        except _ERRORS as error:
            raise OraError(27027, "sbtremove2 returned error", stack=_told(error)) from None

    def remove(self, handle: str) -> None:
        try:
            self._storage.drop(handle)
        except _ERRORS as error:
            raise OraError(27027, "sbtremove2 returned error", stack=_told(error)) from None


class _Upload:
    """A piece that is sent when it is complete."""

    def __init__(self, storage: Storage, handle: str) -> None:
        self._storage, self._handle = storage, handle
        self._file = tempfile.TemporaryFile()   # noqa: SIM115 - closed with this object

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def close(self) -> None:
        """ORA-19502 over 27030 when the storage does not take it (documented)."""
        if self._file.closed:
            return
        try:
            self._file.seek(0)
            self._storage.send(self._handle, self._file)
        except _ERRORS as error:
            raise OraError(19502, f'write error on file "{self._handle}", block number 1 (block size=8192)', stack=[
                "ORA-27030: skgfwrt: sbtwrite2 returned error", *_told(error)]) from None
        finally:
            self._file.close()

    def abandon(self) -> None:
        self._file.close()

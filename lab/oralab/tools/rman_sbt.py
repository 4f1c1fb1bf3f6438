# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The device SBT: a media manager's library that a channel loads, and its pieces.

The one library is that of the Database Cloud Backup Module (see ``opc``). Error stacks are those of transcripts where it says so.
"""
from __future__ import annotations

import os
import re
import tempfile
from typing import Any, BinaryIO, cast

from oralab.errors import OraError, not_simulated
from oralab.tools import opc

DEVICE = "SBT_TAPE"
_WORD = re.compile(r"\s*(\w+)\s*=\s*(\((?:[^()]*)\)|[^,]*)\s*(?:,|$)")
_INNER = re.compile(r"""\s*(\w+)\s*=\s*("[^"]*"|'[^']*'|[^,]*)\s*(?:,|$)""")


def _told(error: opc.OpcError) -> list[str]:
    return ["ORA-19511: non RMAN, but media manager or vendor specific failure, error text:", f"   {error}"]


class Sbt:
    """What a channel with these PARMS has loaded.

    ORA-19554 over 27211 when the library is not there, over 27023 and 19511 when it cannot be initialised (transcripts).
    """

    device = DEVICE
    comment = f"API Version 2.0,MMS Version {opc.LIBRARY_VERSION}"
    banner: tuple[str, ...] = (f"Oracle Database Backup Service Library VER={opc.LIBRARY_VERSION}",)

    def __init__(self, parms: str, oracle_home: str, sid: str) -> None:
        words = {name.upper(): value.strip() for name, value in _WORD.findall(parms)}
        library = words.get("SBT_LIBRARY") or os.path.join(oracle_home, "lib", "libobk.so")
        if library.startswith("oracle."):
            raise not_simulated(f"SBT_LIBRARY={library}")
        if not opc.is_library(library):
            raise OraError(19554, f"error allocating device, device type: {DEVICE}, device name:", stack=[
                "ORA-27211: Failed to load Media Management Library", "Additional information: 2"])
        given = "\n".join(f"{name}={value}" for word in ("ENV", "SBT_PARMS") for name, value in _INNER.findall(words.get(word, "")[1:-1]))
        try:
            self._storage = self._open(opc.read_parameters(given), oracle_home, sid)
            self._storage.test()
        except opc.OpcError as error:
            raise OraError(19554, f"error allocating device, device type: {DEVICE}, device name:", stack=[
                "ORA-27023: skgfqsbi: media manager protocol error", *_told(error)]) from None
        self.name = f"{self._storage.host.split('//')[-1]}/{self._storage.container}"[:65]

    @staticmethod
    def _open(given: dict[str, str], oracle_home: str, sid: str) -> opc.Storage:
        if "OPC_HOST" not in given:
            path = given.get("OPC_PFILE") or os.path.join(oracle_home, "dbs", f"opc{sid}.ora")
            try:
                with open(path, encoding="utf-8") as file:
                    given = {**opc.read_parameters(file.read()), **given}
            except OSError:
                raise opc.OpcError(f"KBHS-01002: unable to open Oracle Database Backup Service Library parameter file {path}") from None
        for name in ("OPC_HOST", "OPC_WALLET", "OPC_CONTAINER"):
            if not given.get(name):
                raise opc.OpcError(f"KBHS-01006: Parameter {name} was not specified")
        place = re.search(r"LOCATION=(?:file:)?(\S+)", given["OPC_WALLET"])
        return opc.Storage(given["OPC_HOST"], given["OPC_CONTAINER"], opc.read_wallet(place[1] if place else given["OPC_WALLET"]))

    # --- pieces ---

    @staticmethod
    def _catalog(handle: str) -> str:
        return f"sbt_catalog/{handle}/metadata.xml"

    @staticmethod
    def _chunk(handle: str) -> str:
        return f"file_chunk/{handle}/0000000001"

    def create(self, handle: str, *, encrypted: bool = False) -> BinaryIO:
        """A piece for Oracle's cloud must be encrypted (documented; the code is known to DBAs)."""
        def refused(error: opc.OpcError) -> OraError:
            return OraError(19506, f'failed to create sequential file, name="{handle}", parms=""', stack=[
                "ORA-27028: skgfqcre: sbtbackup returned error", *_told(error)])
        if not encrypted:
            raise refused(opc.OpcError(f"KBHS-01602: backup piece {handle} is not encrypted"))
        try:
            if self._storage.exists(self._catalog(handle)):
                raise refused(opc.OpcError(f"KBHS-01006: backup piece {handle} already exists"))
        except opc.OpcError as error:
            raise refused(error) from None
        return cast(BinaryIO, _Upload(self._storage, handle, self._catalog(handle), self._chunk(handle)))

    def discard(self, stream: BinaryIO, handle: str) -> None:
        cast(Any, stream).abandon()

    def open(self, handle: str) -> BinaryIO:
        try:
            if not self._storage.exists(self._catalog(handle)):
                raise opc.OpcError(f"KBHS-01404: backup piece {handle} not found")
            return cast(BinaryIO, self._storage.get(self._chunk(handle)))
        except opc.OpcError as error:
            raise OraError(19870, f"error while restoring backup piece {handle}", stack=[
                f'ORA-19507: failed to retrieve sequential file, handle="{handle}", parms=""', "ORA-27029: skgfrtrv: sbtrestore returned error",
                *_told(error)]) from None

    def exists(self, handle: str) -> bool:
        try:
            return self._storage.exists(self._catalog(handle))
        except opc.OpcError as error:
            raise OraError(27027, "sbtremove2 returned error", stack=_told(error)) from None

    def remove(self, handle: str) -> None:
        try:
            self._storage.delete(self._catalog(handle))
            self._storage.delete(self._chunk(handle))
        except opc.OpcError as error:
            raise OraError(27027, "sbtremove2 returned error", stack=_told(error)) from None


class _Upload:
    """A piece that is sent when it is complete; it exists when its entry in the catalog does."""

    def __init__(self, storage: opc.Storage, handle: str, catalog: str, chunk: str) -> None:
        self._storage, self._handle, self._catalog, self._chunk = storage, handle, catalog, chunk
        self._file = tempfile.TemporaryFile()   # noqa: SIM115 - closed with this object

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def close(self) -> None:
        """ORA-19502 over 27030 when the storage does not take it (documented)."""
        if self._file.closed:
            return
        try:
            self._file.seek(0)
            self._storage.put(self._chunk, self._file)
            self._storage.put(self._catalog, b'<?xml version="1.0"?>\n<backup_piece chunks="1"/>\n')
        except opc.OpcError as error:
            raise OraError(19502, f'write error on file "{self._handle}", block number 1 (block size=8192)', stack=[
                "ORA-27030: skgfwrt: sbtwrite2 returned error", *_told(error)]) from None
        finally:
            self._file.close()

    def abandon(self) -> None:
        self._file.close()

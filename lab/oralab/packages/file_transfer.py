# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_FILE_TRANSFER (documented): copies within a database, and to and from another one through a database link.

The database that receives a datafile of the other byte order converts it (documented); here it does so when the last byte is there
(assumed). A transfer is not transactional: one that fails or is killed leaves its part behind (documented).
"""
from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from oralab.engine import links
from oralab.errors import OraError
from oralab.packages.directories import Denied, Missing, path_of
from oralab.packages.registry import Package, signature
from oralab.storage import asm
from oralab.storage.datafile import Header, convert_datafile
from oralab.storage.platforms import PLATFORMS, Platform

LARGEST: Final = 2 * 1024 ** 4
PIECE: Final = 32 * 1024 - 512
"""Bytes that travel at a time: a RAW of PL/SQL holds 32767."""
DBMS_FILE_TRANSFER = Package("DBMS_FILE_TRANSFER", grantees=("EXECUTE_CATALOG_ROLE",))
LAB_LINK = Package("LAB$LINK", grantees=(), internal=links.from_link)
"""What one database of the lab asks of another one through a link."""


class Files:
    """Files that a session has open for the other side of a link."""

    def __init__(self) -> None:
        self.by_handle: dict[int, tuple[str, BinaryIO, Platform | None]] = {}

    def open(self, path: str, file: BinaryIO, platform: Platform | None = None) -> int:
        handle = max(self.by_handle, default=0) + 1
        self.by_handle[handle] = path, file, platform
        return handle

    def close(self) -> None:
        for _, file, _ in self.by_handle.values():
            file.close()
        self.by_handle.clear()


def files(session: Any) -> Files:
    """Those of a session."""
    found: Files = session.package_state.setdefault("LAB$LINK", Files())
    return found


def _path(session: Any, directory: str, file: str, privilege: str) -> str:
    """ORA-06564 without the directory object, ORA-01031 without the privilege (known to DBAs, not verified)."""
    name = directory[1:-1] if directory.startswith('"') else directory.upper()
    try:
        return os.path.join(path_of(session, name, privilege), file)
    except Missing:
        raise OraError(6564, f"object {name} does not exist") from None
    except Denied:
        raise OraError(1031, "insufficient privileges") from None


def _source(path: str) -> int:
    """Size of a file that may be copied. ORA-19505 when it is not there, ORA-19563 unless 512 bytes divide its size."""
    if not asm.exists(path):
        raise OraError(19505, f'failed to identify file "{path}"', stack=asm.unfound(path))
    size = os.path.getsize(asm.real(path))
    if size % 512 or size > LARGEST:
        raise OraError(19563, f"datafile header validation failed for file {path}", stack=[
            "ORA-27046: file size is not a multiple of logical block size", "Additional information: 1"])
    return size


def _create(session: Any, path: str, size: int) -> BinaryIO:
    """ORA-19504 over an existing file or where none can be made."""
    failed = OraError(19504, f'failed to create file "{path}"')
    try:
        if asm.exists(path):
            raise FileExistsError
        if asm.is_asm(path):
            path = asm.place(path, "DATAFILE", "FILE_TRANSFER", session.database.spec.db_unique_name)
        return open(asm.target(path, size), "xb")
    except FileExistsError:
        failed.stack += ["ORA-27038: created file already exists", "Additional information: 1"]
    except OSError as error:
        failed.stack += ["ORA-27040: file create error, unable to create file", f"Linux-x86_64 Error: {error.errno}: {error.strerror}"]
    except OraError as error:
        failed.stack += error.text.split("\n")
    raise OraError(failed.code, failed.message, stack=failed.stack)


def _write(session: Any, path: str, file: BinaryIO, offset: int, data: bytes) -> None:
    session.database.store.faults.on_write(path)
    try:
        file.seek(offset)
        file.write(data)
    except OSError as error:
        raise OraError(19502, f'write error on file "{path}", block number {offset // 512 + 1} (block size=512)', stack=[
            "ORA-27072: File I/O error", f"Linux-x86_64 Error: {error.errno}: {error.strerror}"]) from None


def _pieces(path: str) -> Iterator[tuple[int, bytes]]:
    """Offset and bytes of what is not empty."""
    with open(asm.real(path), "rb") as file:
        offset = 0
        while piece := file.read(PIECE):
            if piece.strip(b"\0"):
                yield offset, piece
            offset += len(piece)


def _finish(session: Any, path: str, file: BinaryIO, size: int, sender: Platform | None) -> None:
    """Set the size, and convert a datafile that came from a platform of the other byte order."""
    file.truncate(size)
    file.close()
    mine = PLATFORMS[session.database.spec.platform_id]
    real = asm.real(path)
    if sender is None or sender.endian == mine.endian:
        return
    with open(real, "rb") as received:
        header = Header.unpack(received.read(512), sender)
    if header is not None:
        convert_datafile(real, real + ".converting", sender, mine)
        os.replace(real + ".converting", real)


class _Progress:
    """A row of V$SESSION_LONGOPS, in bytes (documented that there is one; its words are assumed)."""

    def __init__(self, session: Any, target: str, total: int) -> None:
        self.session, self.target, self.total = session, target, total
        self.began, self.clock = session.database.now(), time.monotonic()
        self(0)

    def __call__(self, done: int) -> None:
        session, spent = self.session, int(time.monotonic() - self.clock)
        session.poll()
        session.database.longops[session.sid, "DBMS_FILE_TRANSFER", self.target] = {
            "SID": session.sid, "SERIAL#": session.serial, "OPNAME": "File Transfer", "TARGET": None, "TARGET_DESC": self.target, "SOFAR": done,
            "TOTALWORK": self.total, "UNITS": "Bytes", "START_TIME": self.began, "LAST_UPDATE_TIME": session.database.now(), "TIMESTAMP": None,
            "ELAPSED_SECONDS": spent, "CONTEXT": 0, "USERNAME": session.user, "TIME_REMAINING": spent * (self.total - done) // done if done else None,
            "MESSAGE": f"File Transfer: {self.target} : {done} out of {self.total} Bytes done"}


@DBMS_FILE_TRANSFER.routine("COPY_FILE", signature(
    "source_directory_object, source_file_name, destination_directory_object, destination_file_name"))
def copy_file(session: Any, source_directory_object: str, source_file_name: str, destination_directory_object: str,
              destination_file_name: str) -> None:
    """ORA-19505 without the source, ORA-19504 over an existing target, ORA-19563 unless 512 bytes divide the size. Converts nothing (documented)."""
    source = _path(session, source_directory_object, source_file_name, "READ")
    target = _path(session, destination_directory_object, destination_file_name, "WRITE")
    size = _source(source)
    file = _create(session, target, size)
    progress = _Progress(session, target, size)
    with file:
        for offset, piece in _pieces(source):
            _write(session, target, file, offset, piece)
            progress(offset + len(piece))
        _finish(session, target, file, size, None)
    progress(size)


@DBMS_FILE_TRANSFER.routine("PUT_FILE", signature(
    "source_directory_object, source_file_name, destination_directory_object, destination_file_name, destination_database"))
def put_file(session: Any, source_directory_object: str, source_file_name: str, destination_directory_object: str,
             destination_file_name: str, destination_database: str) -> None:
    """READ here and WRITE there, for the user of the link (documented)."""
    source = _path(session, source_directory_object, source_file_name, "READ")
    size = _source(source)
    there = links.remote(session, links.spelt(destination_database))
    handle = there.call("lab$link.create_file", {
        "directory_object": destination_directory_object, "file_name": destination_file_name, "bytes": size,
        "platform_id": session.database.spec.platform_id}, {"handle": int})["handle"]
    progress = _Progress(session, source, size)
    for offset, piece in _pieces(source):
        there.call("lab$link.write_file", {"handle": handle, "position": offset, "data": piece}, {})
        progress(offset + len(piece))
    there.call("lab$link.finish_file", {"handle": handle, "bytes": size}, {})
    progress(size)


@DBMS_FILE_TRANSFER.routine("GET_FILE", signature(
    "source_directory_object, source_file_name, source_database, destination_directory_object, destination_file_name"))
def get_file(session: Any, source_directory_object: str, source_file_name: str, source_database: str, destination_directory_object: str,
             destination_file_name: str) -> None:
    """READ there, for the user of the link, and WRITE here (documented)."""
    target = _path(session, destination_directory_object, destination_file_name, "WRITE")
    there = links.remote(session, links.spelt(source_database))
    found = there.call("lab$link.open_file", {"directory_object": source_directory_object, "file_name": source_file_name},
                       {"handle": int, "bytes": int, "platform_id": int})
    file = _create(session, target, found["bytes"])
    with file:
        for offset, piece in received(there, found["handle"], _Progress(session, target, found["bytes"])):
            _write(session, target, file, offset, piece)
        _finish(session, target, file, found["bytes"], PLATFORMS[found["platform_id"]])


def received(there: links.Remote, handle: int, progress: Any) -> Iterator[tuple[int, bytes]]:
    """What the other side reads from a file that it has opened."""
    position = 0
    while True:
        found = there.call("lab$link.read_file", {"handle": handle, "start_at": position}, {"position": int, "data": bytes})
        if found["data"] is None:
            progress(progress.total)
            return
        yield found["position"], found["data"]
        position = found["position"] + len(found["data"])
        progress(position)


# --- the other side of a link ---


@LAB_LINK.routine("CREATE_FILE", signature("directory_object, file_name, bytes NUMBER, platform_id NUMBER, handle OUT NUMBER"))
def create_file(session: Any, directory_object: str, file_name: str, bytes: int, platform_id: int, handle: None) -> dict[str, int]:
    path = _path(session, directory_object, file_name, "WRITE")
    return {"handle": files(session).open(path, _create(session, path, int(bytes)), PLATFORMS[int(platform_id)])}


@LAB_LINK.routine("WRITE_FILE", signature("handle NUMBER, position NUMBER, data RAW"))
def write_file(session: Any, handle: int, position: int, data: bytes) -> None:
    path, file, _ = files(session).by_handle[int(handle)]
    _write(session, path, file, int(position), data)


@LAB_LINK.routine("FINISH_FILE", signature("handle NUMBER, bytes NUMBER"))
def finish_file(session: Any, handle: int, bytes: int) -> None:
    path, file, platform = files(session).by_handle.pop(int(handle))
    _finish(session, path, file, int(bytes), platform)


@LAB_LINK.routine("OPEN_FILE", signature("directory_object, file_name, handle OUT NUMBER, bytes OUT NUMBER, platform_id OUT NUMBER"))
def open_file(session: Any, directory_object: str, file_name: str, **outs: None) -> dict[str, int]:
    path = _path(session, directory_object, file_name, "READ")
    size = _source(path)
    return {"handle": files(session).open(path, open(asm.real(path), "rb")), "bytes": size, "platform_id": session.database.spec.platform_id}


@LAB_LINK.routine("READ_FILE", signature("handle NUMBER, start_at NUMBER, position OUT NUMBER, data OUT RAW"))
def read_file(session: Any, handle: int, start_at: int, **outs: None) -> dict[str, Any]:
    """The next bytes that are not empty, and where they are; no data at the end, which closes the file."""
    _, file, _ = files(session).by_handle[int(handle)]
    position = int(start_at)
    file.seek(position)
    while piece := file.read(PIECE):
        if piece.strip(b"\0"):
            return {"position": position, "data": piece}
        position += len(piece)
    files(session).by_handle.pop(int(handle))[1].close()
    return {"position": position, "data": None}

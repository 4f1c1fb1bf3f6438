# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UTL_FILE: reading and writing of the server's files through directory objects (documented)."""
from __future__ import annotations

import dataclasses
import os
import shutil
from typing import IO, Any

from oralab.errors import OraError
from oralab.packages.directories import Denied, Missing, path_of
from oralab.packages.registry import Package, Param

UTL_FILE = Package("UTL_FILE", types=frozenset({"FILE_TYPE"}))
_MODES = {"r": ("READ", "rb"), "w": ("WRITE", "wb"), "a": ("WRITE", "ab"),
          "rb": ("READ", "rb"), "wb": ("WRITE", "wb"), "ab": ("WRITE", "ab")}
_LOCATED = [Param("location"), Param("filename")]
_RENAMED = [Param("src_location"), Param("src_filename"), Param("dest_location"), Param("dest_filename")]
_FILE = Param("file", "FILE_TYPE")


@dataclasses.dataclass(frozen=True, slots=True)
class FileType:
    """UTL_FILE.FILE_TYPE: the handle of an open file, meaningful in its session only."""

    id: int
    byte_mode: bool


@dataclasses.dataclass(slots=True)
class _Open:
    file: IO[bytes]
    max_linesize: int
    mode: str
    line_bytes: int = 0


def invalid_operation(session: Any, reason: str, number: int) -> OraError:
    """ORA-29283; since 18c it says why (seen in transcripts: nonexistent file or path [29434])."""
    detail = f": {reason} [{number}]" if session.database.release == "19" else ""
    return OraError(29283, f"invalid file operation{detail}")


def locate(session: Any, location: str | None, filename: str | None, privilege: str) -> str:
    """Path of a file in a directory object. ORA-29280 no such directory, ORA-29289 no privilege, ORA-29288 bad name."""
    if not filename or "/" in filename or "\0" in filename:
        raise OraError(29288, "invalid file name")
    try:
        return os.path.join(path_of(session, location or "", privilege), filename)
    except Missing:
        raise OraError(29280, "invalid directory path") from None
    except Denied:
        raise OraError(29289, "directory access denied") from None


class _Files(dict[FileType, _Open]):
    """The open files of a session."""

    def close(self) -> None:
        for opened in self.values():
            opened.file.close()
        self.clear()


def _files(session: Any) -> _Files:
    found: _Files = session.package_state.setdefault("UTL_FILE", _Files())
    return found


def _use(session: Any, file: FileType | None, modes: str) -> _Open:
    found = _files(session).get(file) if file else None
    if found is None:
        raise OraError(29282, "invalid file ID")
    if found.mode[0] not in modes:
        raise invalid_operation(session, "cannot " + ("read from" if modes == "r" else "write to") + " file", 29435)
    return found


def _emit(opened: _Open, data: bytes, *, ends: bool, text: bool = True) -> None:
    if text and opened.line_bytes + len(data.rstrip(b"\n")) > opened.max_linesize:
        raise OraError(29285, "file write error")
    try:
        opened.file.write(data)
    except OSError:
        raise OraError(29285, "file write error") from None
    opened.line_bytes = 0 if ends else opened.line_bytes + len(data)


@UTL_FILE.routine("FOPEN", [*_LOCATED, Param("open_mode"), Param("max_linesize", "BINARY_INTEGER", default=1024)],
                  "FILE_TYPE")
def fopen(session: Any, location: str, filename: str, open_mode: str | None, max_linesize: int | None) -> FileType:
    mode = (open_mode or "").lower()
    if mode not in _MODES:
        raise OraError(29281, "invalid mode")
    if max_linesize is None or not 1 <= max_linesize <= 32767:
        raise OraError(29287, "invalid maximum line size")
    privilege, how = _MODES[mode]
    path = locate(session, location, filename, privilege)
    try:
        file = open(path, how)  # noqa: SIM115  (stays open until FCLOSE)
    except FileNotFoundError:
        raise invalid_operation(session, "nonexistent file or path", 29434) from None
    except OSError:
        raise invalid_operation(session, "cannot open file", 29435) from None
    number = session.package_state.get("UTL_FILE.last", 0) + 1
    session.package_state["UTL_FILE.last"] = number
    handle = FileType(number, mode.endswith("b"))
    _files(session)[handle] = _Open(file, int(max_linesize), mode)
    return handle


@UTL_FILE.routine("IS_OPEN", [_FILE], "BOOLEAN")
def is_open(session: Any, file: FileType | None) -> bool:
    return file in _files(session)


@UTL_FILE.routine("FCLOSE", [Param("file", "FILE_TYPE", "IN OUT")])
def fclose(session: Any, file: FileType | None) -> dict[str, Any]:
    _use(session, file, "rwa").file.close()
    del _files(session)[file]  # type: ignore[arg-type]
    return {"file": None}


@UTL_FILE.routine("FCLOSE_ALL")
def fclose_all(session: Any) -> None:
    _files(session).close()


@UTL_FILE.routine("FFLUSH", [_FILE])
def fflush(session: Any, file: FileType | None) -> None:
    _use(session, file, "wa").file.flush()


@UTL_FILE.routine("GET_LINE", [_FILE, Param("buffer", "VARCHAR2", "OUT"), Param("len", "PLS_INTEGER", default=None)])
def get_line(session: Any, file: FileType | None, **buffer: int | None) -> dict[str, Any]:
    opened = _use(session, file, "r")
    line = opened.file.readline()
    if not line:
        raise OraError(1403, "no data found")
    line = line.removesuffix(b"\n")
    if len(line) > opened.max_linesize:
        raise OraError(29284, "file read error")
    return {"buffer": line.decode("utf-8", "replace")[:buffer["len"]] or None}


@UTL_FILE.routine("GET_RAW", [_FILE, Param("buffer", "RAW", "OUT"), Param("len", "PLS_INTEGER", default=None)])
def get_raw(session: Any, file: FileType | None, **buffer: int | None) -> dict[str, Any]:
    data = _use(session, file, "r").file.read(buffer["len"] or 32767)
    if not data:
        raise OraError(1403, "no data found")
    return {"buffer": data}


@UTL_FILE.routine("PUT", [_FILE, Param("buffer")])
def put(session: Any, file: FileType | None, buffer: str | None) -> None:
    _emit(_use(session, file, "wa"), (buffer or "").encode(), ends=False)


@UTL_FILE.routine("PUT_LINE", [_FILE, Param("buffer"), Param("autoflush", "BOOLEAN", default=False)])
def put_line(session: Any, file: FileType | None, buffer: str | None, autoflush: bool) -> None:
    opened = _use(session, file, "wa")
    _emit(opened, (buffer or "").encode() + b"\n", ends=True)
    if autoflush:
        opened.file.flush()


@UTL_FILE.routine("NEW_LINE", [_FILE, Param("lines", "NATURAL", default=1)])
def new_line(session: Any, file: FileType | None, lines: int) -> None:
    _emit(_use(session, file, "wa"), b"\n" * int(lines), ends=True)


@UTL_FILE.routine("PUT_RAW", [_FILE, Param("buffer", "RAW"), Param("autoflush", "BOOLEAN", default=False)])
def put_raw(session: Any, file: FileType | None, buffer: bytes | None, autoflush: bool) -> None:
    opened = _use(session, file, "wa")
    _emit(opened, buffer or b"", ends=False, text=False)
    if autoflush:
        opened.file.flush()


@UTL_FILE.routine("FGETATTR", [*_LOCATED, Param("fexists", "BOOLEAN", "OUT"), Param("file_length", "NUMBER", "OUT"),
                               Param("block_size", "BINARY_INTEGER", "OUT")])
def fgetattr(session: Any, location: str, filename: str, fexists: None, file_length: None,
             block_size: None) -> dict[str, Any]:
    try:
        status = os.stat(locate(session, location, filename, "READ"))
    except OSError:
        return {"fexists": False, "file_length": None, "block_size": None}
    return {"fexists": True, "file_length": status.st_size, "block_size": status.st_blksize}


@UTL_FILE.routine("FREMOVE", _LOCATED)
def fremove(session: Any, location: str, filename: str) -> None:
    path = locate(session, location, filename, "WRITE")
    try:
        os.remove(path)
    except FileNotFoundError:
        raise invalid_operation(session, "nonexistent file or path", 29434) from None
    except OSError:
        raise OraError(29291, "file remove operation failed") from None


@UTL_FILE.routine("FRENAME", [*_RENAMED, Param("overwrite", "BOOLEAN", default=False)])
def frename(session: Any, src_location: str, src_filename: str, dest_location: str, dest_filename: str,
            overwrite: bool) -> None:
    source = locate(session, src_location, src_filename, "WRITE")
    target = locate(session, dest_location, dest_filename, "WRITE")
    if os.path.exists(target) and not overwrite:
        raise OraError(29292, "file rename operation failed")
    try:
        os.replace(source, target)
    except OSError:
        raise OraError(29292, "file rename operation failed") from None


@UTL_FILE.routine("FCOPY", [*_RENAMED, Param("start_line", "BINARY_INTEGER", default=1),
                            Param("end_line", "BINARY_INTEGER", default=None)])
def fcopy(session: Any, src_location: str, src_filename: str, dest_location: str, dest_filename: str, start_line: int,
          end_line: int | None) -> None:
    source = locate(session, src_location, src_filename, "READ")
    target = locate(session, dest_location, dest_filename, "WRITE")
    try:
        if start_line == 1 and end_line is None:
            shutil.copyfile(source, target)
            return
        with open(source, "rb") as reader, open(target, "wb") as writer:
            for number, line in enumerate(reader, 1):
                if start_line <= number <= (end_line or number):
                    writer.write(line)
    except FileNotFoundError:
        raise invalid_operation(session, "nonexistent file or path", 29434) from None
    except OSError:
        raise OraError(29285, "file write error") from None

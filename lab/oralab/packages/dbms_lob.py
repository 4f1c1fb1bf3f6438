# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_LOB: work on LOB values and reading of BFILEs (parameters and exceptions documented).

A LOB is held by value, so an IN OUT locator gives the changed value back; writing through the locator of a table's
column is therefore not simulated. Offsets and amounts count characters for CLOB, bytes for BLOB and BFILE.
"""
from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from typing import Any, TypeVar

from oralab.errors import OraError
from oralab.packages.directories import Denied, Missing, path_of
from oralab.packages.registry import Package, Param, signature
from oralab.values import Bfile

LOBMAXSIZE = 18446744073709551615
CHARACTER_SETS = {0: "utf-8", 1: "ascii", 31: "iso8859-1", 46: "iso8859-15", 170: "cp1250", 171: "cp1251", 178: "cp1252",
                  871: "utf-8", 873: "utf-8", 2000: "utf-16-be"}
"""Codec by NLS_CHARSET_ID; 0 is DEFAULT_CSID, the database's own."""

DBMS_LOB = Package("DBMS_LOB", constants={
    "LOBMAXSIZE": LOBMAXSIZE, "FILE_READONLY": 0, "LOB_READONLY": 0, "LOB_READWRITE": 1, "CALL": 12, "SESSION": 10,
    "TRANSACTION": 11, "DEFAULT_CSID": 0, "DEFAULT_LANG_CTX": 0, "NO_WARNING": 0, "WARN_INCONVERTIBLE_CHAR": 1})
F = TypeVar("F", bound=Callable[..., Any])
_BUFFERS = {"BLOB": "RAW", "CLOB": "VARCHAR2", "BFILE": "RAW"}


def overloads(name: str, params: str, returns: str | None = None, lobs: str = "BLOB CLOB") -> Callable[[F], F]:
    """Declare one routine per LOB type from a signature such as ``lob_loc IN OUT LOB, amount INTEGER := 1``.

    ``LOB`` and ``BUFFER`` stand for the types that differ; the locator of a BFILE is named ``file_loc``.
    """
    def declare(function: F) -> F:
        for lob in lobs.split():
            typed = {"LOB": lob, "BUFFER": _BUFFERS[lob], "INTEGER": "NUMBER"}
            formal = [dataclasses.replace(param, type=typed.get(param.type, param.type),
                                          name=param.name.replace("lob_loc", "file_loc") if lob == "BFILE" else param.name)
                      for param in signature(params)]
            DBMS_LOB.routine(name, formal, typed.get(returns or "", returns))(function)
        return function
    return declare


def given(lob: Any) -> Any:
    """The value of a locator. ORA-22275 when there is none."""
    if lob is None:
        raise OraError(22275, "invalid LOB locator specified")
    return lob


def in_range(position: int, value: Any, low: int = 1, high: int = LOBMAXSIZE) -> int:
    """An amount or offset. ORA-21560 with the argument's position otherwise."""
    if value is None or not low <= value <= high:
        raise OraError(21560, f"argument {position} is null, invalid, or out of range")
    return int(value)


def overlay(lob: Any, part: Any, offset: int) -> Any:
    """``part`` written into ``lob`` from ``offset`` on; a gap is filled with blanks or zero bytes."""
    gap = max(offset - 1 - len(lob), 0)
    filler: Any = " " * gap if isinstance(lob, str) else bytes(gap)
    return lob[:offset - 1] + filler + part + lob[offset - 1 + len(part):]


def _written(amount: Any, buffer: Any) -> Any:
    wanted = in_range(2, amount, 1, 32767)
    if buffer is None or wanted > len(buffer):
        raise OraError(6502, "PL/SQL: numeric or value error")
    return buffer[:wanted]


# --- BFILEs ---

def _opened(session: Any) -> set[Bfile]:
    found: set[Bfile] = session.package_state.setdefault("DBMS_LOB.files", set())
    return found


def _location(session: Any, bfile: Bfile | None, operation: str) -> str:
    bfile = given(bfile)
    try:
        return os.path.join(path_of(session, bfile.directory, "READ"), bfile.filename)
    except Missing:
        raise OraError(22285, f"non-existent directory or file for {operation} operation") from None
    except Denied:
        raise OraError(22286, f"insufficient privileges on file or directory to perform {operation} operation") from None


def read_bfile(session: Any, bfile: Bfile | None, operation: str, *, opened: bool = True) -> bytes:
    """Content of a BFILE. ORA-22289 unless opened before, ORA-22285, ORA-22286, ORA-22288."""
    path = _location(session, bfile, operation)
    if opened and bfile not in _opened(session):
        raise OraError(22289, f"cannot perform {operation} operation on an unopened file or LOB")
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise OraError(22288, f"file or LOB operation {operation} failed\n{error.strerror}") from None


def _value(session: Any, lob: Any, operation: str) -> Any:
    return read_bfile(session, lob, operation) if isinstance(lob, Bfile) else lob


@DBMS_LOB.routine("FILEEXISTS", [Param("file_loc", "BFILE")], "NUMBER")
def file_exists(session: Any, file_loc: Bfile | None) -> int:
    return int(os.path.isfile(_location(session, file_loc, "FILEEXISTS")))


@DBMS_LOB.routine("FILEOPEN", [Param("file_loc", "BFILE", "IN OUT"), Param("open_mode", "BINARY_INTEGER", default=0)])
def file_open(session: Any, file_loc: Bfile | None, open_mode: int) -> dict[str, Any]:
    in_range(2, open_mode, 0, 0)
    path = _location(session, file_loc, "FILEOPEN")
    if not os.path.isfile(path):
        raise OraError(22288, "file or LOB operation FILEOPEN failed\nNo such file or directory")
    if len(_opened(session)) >= 10 and file_loc not in _opened(session):
        raise OraError(22290, "operation would exceed the maximum number of opened files or LOBs")
    _opened(session).add(given(file_loc))
    return {"file_loc": file_loc}


@DBMS_LOB.routine("FILECLOSE", [Param("file_loc", "BFILE", "IN OUT")])
def file_close(session: Any, file_loc: Bfile | None) -> dict[str, Any]:
    if given(file_loc) not in _opened(session):
        raise OraError(22289, "cannot perform FILECLOSE operation on an unopened file or LOB")
    _opened(session).remove(given(file_loc))
    return {"file_loc": file_loc}


@DBMS_LOB.routine("OPEN", [Param("file_loc", "BFILE", "IN OUT"), Param("open_mode", "BINARY_INTEGER", default=0)])
def open_bfile(session: Any, file_loc: Bfile | None, open_mode: int) -> dict[str, Any]:
    return file_open(session, file_loc, open_mode)


@DBMS_LOB.routine("CLOSE", [Param("file_loc", "BFILE", "IN OUT")])
def close_bfile(session: Any, file_loc: Bfile | None) -> dict[str, Any]:
    return file_close(session, file_loc)


@DBMS_LOB.routine("FILECLOSEALL")
def file_close_all(session: Any) -> None:
    if not _opened(session):
        raise OraError(22289, "cannot perform FILECLOSEALL operation on an unopened file or LOB")
    _opened(session).clear()


@DBMS_LOB.routine("FILEISOPEN", [Param("file_loc", "BFILE")], "NUMBER")
def file_is_open(session: Any, file_loc: Bfile | None) -> int:
    return int(given(file_loc) in _opened(session))


@DBMS_LOB.routine("FILEGETNAME", [
    Param("file_loc", "BFILE"), Param("dir_alias", "VARCHAR2", "OUT"), Param("filename", "VARCHAR2", "OUT")])
def file_get_name(session: Any, file_loc: Bfile | None, dir_alias: None, filename: None) -> dict[str, Any]:
    bfile = given(file_loc)
    return {"dir_alias": bfile.directory, "filename": bfile.filename}


def _source(session: Any, bfile: Bfile | None, amount: Any, offset: Any, operation: str) -> bytes:
    start = in_range(5, offset)
    wanted = in_range(3, amount)
    content = read_bfile(session, bfile, operation)[start - 1:]
    if wanted != LOBMAXSIZE and wanted > len(content):
        raise OraError(22993, "specified input amount is greater than actual source amount")
    return content[:wanted]


@DBMS_LOB.routine("LOADBLOBFROMFILE", [
    Param("dest_lob", "BLOB", "IN OUT"), Param("src_bfile", "BFILE"), Param("amount", "NUMBER"),
    Param("dest_offset", "NUMBER", "IN OUT"), Param("src_offset", "NUMBER", "IN OUT")])
def load_blob_from_file(session: Any, dest_lob: bytes | None, src_bfile: Bfile | None, amount: int, dest_offset: int,
                        src_offset: int) -> dict[str, Any]:
    part = _source(session, src_bfile, amount, src_offset, "LOADFROMFILE")
    result = overlay(given(dest_lob), part, in_range(4, dest_offset))
    return {"dest_lob": result, "dest_offset": dest_offset + len(part), "src_offset": src_offset + len(part)}


@DBMS_LOB.routine("LOADCLOBFROMFILE", [
    Param("dest_lob", "CLOB", "IN OUT"), Param("src_bfile", "BFILE"), Param("amount", "NUMBER"),
    Param("dest_offset", "NUMBER", "IN OUT"), Param("src_offset", "NUMBER", "IN OUT"), Param("bfile_csid", "NUMBER"),
    Param("lang_context", "NUMBER", "IN OUT"), Param("warning", "NUMBER", "OUT")])
def load_clob_from_file(session: Any, dest_lob: str | None, src_bfile: Bfile | None, amount: int, dest_offset: int,
                        src_offset: int, bfile_csid: int, lang_context: int, warning: None) -> dict[str, Any]:
    part = _source(session, src_bfile, amount, src_offset, "LOADFROMFILE")
    if bfile_csid not in CHARACTER_SETS:
        raise OraError(1482, "unsupported character set")
    text = part.decode(CHARACTER_SETS[bfile_csid], "replace")
    result = overlay(given(dest_lob), text, in_range(4, dest_offset))
    return {"dest_lob": result, "dest_offset": dest_offset + len(text), "src_offset": src_offset + len(part),
            "lang_context": lang_context, "warning": int("\ufffd" in text)}


# --- internal LOBs ---

@DBMS_LOB.routine("CREATETEMPORARY", [
    Param("lob_loc", "BLOB", "IN OUT"), Param("cache", "BOOLEAN"), Param("dur", "PLS_INTEGER", default=10)])
def create_temporary_blob(session: Any, lob_loc: bytes | None, cache: bool, dur: int) -> dict[str, Any]:
    return {"lob_loc": b""}


@DBMS_LOB.routine("CREATETEMPORARY", [
    Param("lob_loc", "CLOB", "IN OUT"), Param("cache", "BOOLEAN"), Param("dur", "PLS_INTEGER", default=10)])
def create_temporary_clob(session: Any, lob_loc: str | None, cache: bool, dur: int) -> dict[str, Any]:
    return {"lob_loc": ""}


@overloads("FREETEMPORARY", "lob_loc IN OUT LOB")
def free_temporary(session: Any, lob_loc: Any) -> dict[str, Any]:
    given(lob_loc)
    return {"lob_loc": None}


@overloads("GETLENGTH", "lob_loc LOB", "INTEGER", "BLOB CLOB BFILE")
def get_length(session: Any, lob_loc: Any = None, file_loc: Any = None) -> int | None:
    lob = file_loc or lob_loc
    if isinstance(lob, Bfile):
        return len(read_bfile(session, lob, "GETLENGTH", opened=False))
    return None if lob is None else len(lob)


@overloads("SUBSTR", "lob_loc LOB, amount INTEGER := 32767, offset INTEGER := 1", "BUFFER", "BLOB CLOB BFILE")
def substr(session: Any, amount: Any, offset: Any, lob_loc: Any = None, file_loc: Any = None) -> Any:
    """NULL when an argument is out of range (documented)."""
    lob = _value(session, file_loc or lob_loc, "FILEREAD")
    if lob is None or amount is None or offset is None or not 1 <= amount <= 32767 or offset < 1:
        return None
    return lob[int(offset) - 1:int(offset) - 1 + int(amount)] or None


@overloads("INSTR", "lob_loc LOB, pattern BUFFER, offset INTEGER := 1, nth INTEGER := 1", "INTEGER", "BLOB CLOB BFILE")
def instr(session: Any, pattern: Any, offset: Any, nth: Any, lob_loc: Any = None, file_loc: Any = None) -> int | None:
    lob = _value(session, file_loc or lob_loc, "FILEREAD")
    if not lob or not pattern or not offset or not nth or offset < 1 or nth < 1:
        return None
    found = int(offset) - 2
    for _ in range(int(nth)):
        found = lob.find(pattern, found + 1)
        if found < 0:
            return 0
    return found + 1


@overloads("READ", "lob_loc LOB, amount IN OUT INTEGER, offset INTEGER, buffer OUT BUFFER", None, "BLOB CLOB BFILE")
def read(session: Any, amount: Any, offset: Any, buffer: None, lob_loc: Any = None,
         file_loc: Any = None) -> dict[str, Any]:
    lob = given(_value(session, file_loc or lob_loc, "FILEREAD"))
    start = in_range(3, offset) - 1
    part = lob[start:start + in_range(2, amount, 1, 32767)]
    if not part:
        raise OraError(1403, "no data found")
    return {"amount": len(part), "buffer": part}


@overloads("APPEND", "dest_lob IN OUT LOB, src_lob LOB")
def append(session: Any, dest_lob: Any, src_lob: Any) -> dict[str, Any]:
    return {"dest_lob": given(dest_lob) + given(src_lob)}


@overloads("WRITE", "lob_loc IN OUT LOB, amount INTEGER, offset INTEGER, buffer BUFFER")
def write(session: Any, lob_loc: Any, amount: Any, offset: Any, buffer: Any) -> dict[str, Any]:
    return {"lob_loc": overlay(given(lob_loc), _written(amount, buffer), in_range(3, offset))}


@overloads("WRITEAPPEND", "lob_loc IN OUT LOB, amount INTEGER, buffer BUFFER")
def write_append(session: Any, lob_loc: Any, amount: Any, buffer: Any) -> dict[str, Any]:
    return {"lob_loc": given(lob_loc) + _written(amount, buffer)}


@overloads("COPY", "dest_lob IN OUT LOB, src_lob LOB, amount INTEGER, dest_offset INTEGER := 1, src_offset INTEGER := 1")
def copy(session: Any, dest_lob: Any, src_lob: Any, amount: Any, dest_offset: Any, src_offset: Any) -> dict[str, Any]:
    start = in_range(5, src_offset) - 1
    part = given(src_lob)[start:start + in_range(3, amount)]
    return {"dest_lob": overlay(given(dest_lob), part, in_range(4, dest_offset))}


@overloads("TRIM", "lob_loc IN OUT LOB, newlen INTEGER")
def trim(session: Any, lob_loc: Any, newlen: Any) -> dict[str, Any]:
    if in_range(2, newlen, 0) > len(given(lob_loc)):
        raise OraError(22926, "specified trim length is greater than current LOB value's length")
    return {"lob_loc": lob_loc[:int(newlen)]}


@overloads("COMPARE", f"lob_1 LOB, lob_2 LOB, amount INTEGER := {LOBMAXSIZE}, offset_1 INTEGER := 1, "
           "offset_2 INTEGER := 1", "INTEGER")
def compare(session: Any, lob_1: Any, lob_2: Any, amount: Any, offset_1: Any, offset_2: Any) -> int | None:
    """0 when equal, else -1 or 1; NULL when an argument is NULL or out of range (documented)."""
    if None in (lob_1, lob_2, amount, offset_1, offset_2) or min(amount, offset_1, offset_2) < 1:
        return None
    left = lob_1[int(offset_1) - 1:int(offset_1) - 1 + int(amount)]
    right = lob_2[int(offset_2) - 1:int(offset_2) - 1 + int(amount)]
    return int(left > right) - int(left < right)


@overloads("ISTEMPORARY", "lob_loc LOB", "INTEGER")
def is_temporary(session: Any, lob_loc: Any) -> int | None:
    """1 for every LOB a PL/SQL variable holds: values never point into a table."""
    return None if lob_loc is None else 1

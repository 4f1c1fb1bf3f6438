# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_LOB and UTL_FILE on real files behind directory objects."""
from __future__ import annotations

import pathlib
from typing import Any

import pytest
from fake_catalog import FakeSession
from oralab.catalog import model
from oralab.errors import OraError
from oralab.packages import registry
from oralab.values import Bfile


@pytest.fixture
def folder(tmp_path: pathlib.Path, keep: Any) -> pathlib.Path:
    keep(model.Directory(owner="SYS", name="DUMPS", path=str(tmp_path)), model.Directory(owner="SYS", name="SECRET", path="/"),
         *(model.ObjectGrant(grantee="HR", owner="SYS", name="DUMPS", type="DIRECTORY", privilege=privilege, grantor="SYS")
           for privilege in ("READ", "WRITE")))
    return tmp_path


@pytest.fixture(autouse=True)
def grants(database: Any) -> None:
    database.catalog.grants_on = lambda owner, name: [
        grant for grant in database.catalog.all(model.ObjectGrant) if (grant.owner, grant.name) == (owner, name)]


def refused(code: int, call: Any, *args: Any) -> None:
    with pytest.raises(OraError) as caught:
        call(*args)
    assert caught.value.code == code


def test_a_log_is_read_through_a_bfile(session: FakeSession, folder: pathlib.Path) -> None:
    (folder / "a.log").write_text("grün\nzwei\n", encoding="utf-8")
    file = Bfile("DUMPS", "a.log")
    refused(22289, session.call, "DBMS_LOB.SUBSTR", file, 10, 1)
    assert session.call("DBMS_LOB.GETLENGTH", file).value == 11
    session.call("DBMS_LOB.FILEOPEN", file)
    answer = session.call("DBMS_LOB.LOADCLOBFROMFILE", "", file, 18446744073709551615, 1, 1, 873, 0, None)
    assert answer.outs["dest_lob"] == "grün\nzwei\n"
    assert (answer.outs["dest_offset"], answer.outs["src_offset"], answer.outs["warning"]) == (11, 12, 0)
    refused(22993, session.call, "DBMS_LOB.LOADCLOBFROMFILE", "", file, 12, 1, 1, 873, 0, None)
    assert session.call("DBMS_LOB.FILECLOSE", file).outs["file_loc"] == file
    refused(22289, session.call, "DBMS_LOB.FILECLOSE", file)


def test_bfiles_that_are_not_there(session: FakeSession, folder: pathlib.Path) -> None:
    refused(22285, session.call, "DBMS_LOB.FILEOPEN", Bfile("NOWHERE", "a"))
    refused(22286, session.call, "DBMS_LOB.FILEOPEN", Bfile("SECRET", "a"))
    refused(22288, session.call, "DBMS_LOB.FILEOPEN", Bfile("DUMPS", "a"))
    assert session.call("DBMS_LOB.FILEEXISTS", Bfile("DUMPS", "a")).value == 0


def test_lob_values(session: FakeSession) -> None:
    assert session.call("DBMS_LOB.SUBSTR", "abcdef", 3, 2).value == "bcd"
    assert session.call("DBMS_LOB.SUBSTR", b"abcdef", offset=5).value == b"ef"
    assert session.call("DBMS_LOB.SUBSTR", "abc", 0, 1).value is None
    assert session.call("DBMS_LOB.INSTR", "banana", "an", 1, 2).value == 4
    assert session.call("DBMS_LOB.WRITEAPPEND", "ab", 1, "cd").outs == {"lob_loc": "abc"}
    refused(6502, session.call, "DBMS_LOB.WRITEAPPEND", "ab", 3, "cd")
    assert session.call("DBMS_LOB.WRITE", b"ab", 1, 5, b"c").outs == {"lob_loc": b"ab\0\0c"}
    assert session.call("DBMS_LOB.READ", "abcdef", 10, 4, None).outs == {"amount": 3, "buffer": "def"}
    refused(1403, session.call, "DBMS_LOB.READ", "abc", 10, 4, None)
    assert session.call("DBMS_LOB.COMPARE", "abc", "abd").value == -1
    assert session.call("DBMS_LOB.COMPARE", "abc", "abd", 2).value == 0
    refused(22275, session.call, "DBMS_LOB.APPEND", None, "x")


def test_text_files(session: FakeSession, folder: pathlib.Path) -> None:
    file = session.call("UTL_FILE.FOPEN", "DUMPS", "out.txt", "w").value
    session.call("UTL_FILE.PUT_LINE", file, "first")
    session.call("UTL_FILE.PUT", file, "sec")
    session.call("UTL_FILE.PUT", file, "ond")
    session.call("UTL_FILE.NEW_LINE", file)
    refused(29285, session.call, "UTL_FILE.PUT_LINE", file, "x" * 1025)
    session.call("UTL_FILE.FCLOSE", file)
    assert (folder / "out.txt").read_text() == "first\nsecond\n"
    file = session.call("UTL_FILE.FOPEN", "DUMPS", "out.txt", "r").value
    assert [session.call("UTL_FILE.GET_LINE", file, None).outs["buffer"] for _ in range(2)] == ["first", "second"]
    refused(1403, session.call, "UTL_FILE.GET_LINE", file, None)
    assert session.call("UTL_FILE.IS_OPEN", file).value is True
    registry.close_session(session)
    refused(29282, session.call, "UTL_FILE.FCLOSE", file)


def test_files_are_managed(session: FakeSession, folder: pathlib.Path) -> None:
    (folder / "a").write_text("1\n2\n3\n")
    session.call("UTL_FILE.FCOPY", "DUMPS", "a", "DUMPS", "b", 2, 2)
    assert (folder / "b").read_text() == "2\n"
    refused(29292, session.call, "UTL_FILE.FRENAME", "DUMPS", "a", "DUMPS", "b")
    session.call("UTL_FILE.FRENAME", "DUMPS", "a", "DUMPS", "b", True)
    assert session.call("UTL_FILE.FGETATTR", "DUMPS", "b", None, None, None).outs["file_length"] == 6
    assert session.call("UTL_FILE.FGETATTR", "DUMPS", "a", None, None, None).outs == {
        "fexists": False, "file_length": None, "block_size": None}
    session.call("UTL_FILE.FREMOVE", "DUMPS", "b")
    refused(29283, session.call, "UTL_FILE.FREMOVE", "DUMPS", "b")
    refused(29280, session.call, "UTL_FILE.FOPEN", "NOWHERE", "b", "r")
    refused(29289, session.call, "UTL_FILE.FOPEN", "SECRET", "b", "r")
    refused(29281, session.call, "UTL_FILE.FOPEN", "DUMPS", "b", "rw")
    refused(29288, session.call, "UTL_FILE.FOPEN", "DUMPS", "../b", "r")


def test_whole_files_are_copied(session: FakeSession, folder: pathlib.Path) -> None:
    (folder / "a.dbf").write_bytes(b"\0" * 1024)
    (folder / "odd").write_bytes(b"\0" * 1000)
    session.call("DBMS_FILE_TRANSFER.COPY_FILE", "dumps", "a.dbf", "DUMPS", "b.dbf")
    assert (folder / "b.dbf").stat().st_size == 1024
    for code, source in ((19504, "a.dbf"), (19505, "none"), (19563, "odd")):
        refused(code, session.call, "DBMS_FILE_TRANSFER.COPY_FILE", "DUMPS", source, "DUMPS", "b.dbf" if code == 19504 else "c.dbf")
    refused(6564, session.call, "DBMS_FILE_TRANSFER.COPY_FILE", "NOWHERE", "a.dbf", "DUMPS", "c.dbf")
    refused(1031, session.call, "DBMS_FILE_TRANSFER.COPY_FILE", "SECRET", "a.dbf", "DUMPS", "c.dbf")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from fake_catalog import FakeDatabase, FakeSession
from oralab.errors import OraError
from oralab.packages import registry


@pytest.mark.parametrize(("package", "routine", "positional", "named", "types", "message"), [
    ("DBMS_NOTHING", "RUN", 0, [], [], "PLS-00201: identifier 'DBMS_NOTHING.RUN' must be declared"),
    ("DBMS_LOCK", "SNOOZE", 1, [], [], "PLS-00302: component 'SNOOZE' must be declared"),
    ("DBMS_LOCK", "SLEEP", 0, [], [], "PLS-00306: wrong number or types of arguments in call to 'SLEEP'"),
    ("DBMS_LOCK", "SLEEP", 0, ["duration"], [], "PLS-00306"),
    ("DBMS_LOCK", "SLEEP", 1, ["seconds"], [], "PLS-00306"),
    ("DBMS_LOCK", "SLEEP", 1, [], ["BOOLEAN"], "PLS-00306"),
])
def test_faulty_calls(package: str, routine: str, positional: int, named: list[str], types: list[str], message: str) -> None:
    with pytest.raises(OraError) as caught:
        registry.bind(package, routine, positional, named, types, line=3, column=5)
    assert caught.value.code == 6550
    assert message in caught.value.text
    assert caught.value.text.startswith("ORA-06550: line 3, column 5:\nPLS-")


def test_overloads_by_type() -> None:
    assert registry.bind("DBMS_LOB", "GETLENGTH", 1, types=["BLOB"]).params[0].type == "BLOB"
    assert registry.bind("DBMS_LOB", "GETLENGTH", 1, types=["VARCHAR2"]).params[0].type == "CLOB"
    assert registry.bind("DBMS_LOB", "GETLENGTH", 1, types=["BFILE"]).params[0].name == "file_loc"
    for kind in ("BOOLEAN", "NUMBER", "VARCHAR2", "INTERVAL DAY TO SECOND"):
        assert registry.bind("DBMS_SCHEDULER", "SET_ATTRIBUTE", 3, types=["VARCHAR2", "VARCHAR2", kind]).params[2].type == kind
    bound = registry.bind("DBMS_SCHEDULER", "SET_ATTRIBUTE", 3, types=["VARCHAR2", "VARCHAR2", "DATE"])
    assert bound.params[2].type == "TIMESTAMP WITH TIME ZONE"


def test_output_buffer(session: FakeSession) -> None:
    session.call("DBMS_OUTPUT.PUT_LINE", "lost: not enabled")
    session.call("DBMS_OUTPUT.ENABLE", 2000)
    session.call("DBMS_OUTPUT.PUT", "a")
    session.call("DBMS_OUTPUT.PUT_LINE", "b")
    session.call("DBMS_OUTPUT.PUT_LINE", "c")
    assert session.call("DBMS_OUTPUT.GET_LINE", None, None).outs == {"line": "ab", "status": 0}
    assert session.call("DBMS_OUTPUT.GET_LINES", None, 10).outs == {"lines": ["c"], "numlines": 1}
    assert session.call("DBMS_OUTPUT.GET_LINE", None, None).outs == {"line": None, "status": 1}
    with pytest.raises(OraError, match="ORU-10027: buffer overflow, limit of 2000 bytes"):
        session.call("DBMS_OUTPUT.PUT_LINE", "x" * 2001)


def test_user_locks(session: FakeSession, database: FakeDatabase) -> None:
    other = FakeSession(database, "OE")
    handle = session.call("DBMS_LOCK.ALLOCATE_UNIQUE", "MIGRATION", None).outs["lockhandle"]
    assert other.call("DBMS_LOCK.ALLOCATE_UNIQUE", "MIGRATION", None).outs["lockhandle"] == handle
    assert session.commits == 1
    assert session.call("DBMS_LOCK.REQUEST", handle, 6, 0).value == 0
    assert session.call("DBMS_LOCK.REQUEST", handle).value == 4
    assert other.call("DBMS_LOCK.REQUEST", handle, 4, 0).value == 1
    registry.close_session(session)
    assert other.call("DBMS_LOCK.REQUEST", handle, 4, 0).value == 0
    assert other.call("DBMS_LOCK.RELEASE", handle).value == 0
    assert other.call("DBMS_LOCK.RELEASE", handle).value == 4


def test_sleep_of_dbms_session_is_new_in_18c(session: FakeSession, database: FakeDatabase) -> None:
    session.call("DBMS_SESSION.SLEEP", 0)
    database.release = "12.1"
    with pytest.raises(OraError, match="PLS-00302"):
        session.call("DBMS_SESSION.SLEEP", 0)


def test_hashes(session: FakeSession) -> None:
    assert session.call("DBMS_CRYPTO.HASH", b"abc", 3).value.hex() == "a9993e364706816aba3e25717850c26c9cd0d89d"
    with pytest.raises(OraError, match="ORA-28817"):
        session.call("DBMS_CRYPTO.HASH", b"abc", 99)
    assert registry.packages()["DBMS_CRYPTO"].grantees == ()


def test_names_and_literals_are_asserted(session: FakeSession) -> None:
    assert session.call("DBMS_ASSERT.ENQUOTE_NAME", "emp").value == '"EMP"'
    assert session.call("DBMS_ASSERT.ENQUOTE_NAME", '"Emp"').value == '"Emp"'
    assert session.call("DBMS_ASSERT.ENQUOTE_LITERAL", "it''s").value == "'it''s'"
    assert session.call("DBMS_ASSERT.QUALIFIED_SQL_NAME", 'hr."Emp"@link.world').value == 'hr."Emp"@link.world'
    for routine, text, code in (("SIMPLE_SQL_NAME", "a b", 44003), ("ENQUOTE_NAME", 'a"b', 44003), ("ENQUOTE_LITERAL", "it's", 6502),
                                ("SCHEMA_NAME", "NOBODY", 44001), ("QUALIFIED_SQL_NAME", "a.", 44004)):
        with pytest.raises(OraError) as caught:
            session.call(f"DBMS_ASSERT.{routine}", text)
        assert caught.value.code == code

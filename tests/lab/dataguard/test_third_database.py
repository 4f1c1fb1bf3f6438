# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A primary, its standby, and a third database that gets redo from the standby or from the primary itself, whichever of the two is the primary."""
from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pair
import pytest
from oralab.api import Logon
from oralab.errors import OraError
from pair import Member, await_that

APPLY = "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DISCONNECT"
THREE = "ALTER SYSTEM SET log_archive_config='DG_CONFIG=(dbsrc,dbtrg,dbfar)'"


@pytest.fixture
def members(tmp_path: pathlib.Path) -> Iterator[tuple[Member, Member, Member]]:
    source = pair.primary(str(tmp_path))
    source.sql("GRANT CREATE SESSION TO app")
    made = [source]
    try:
        for name in ("dbtrg", "dbfar"):
            made.append(pair.standby(source, str(tmp_path), name))
        for one in made:
            pair.add_standby_logs(one)
            one.sql(THREE)
        send(source, made[1], 2, "ONLINE_LOGFILES,PRIMARY_ROLE")
        send(made[1], source, 2, "ONLINE_LOGFILES,PRIMARY_ROLE")
        made[2].sql(f"ALTER SYSTEM SET fal_server='{made[1].address}','{source.address}'")
        for one in made[1:]:
            one.sql(APPLY)
        yield source, made[1], made[2]
    finally:
        for one in made:
            one.stop()


def send(sender: Member, to: Member, number: int, valid_for: str) -> None:
    sender.sql(f"ALTER SYSTEM SET log_archive_dest_{number}='SERVICE={to.address} VALID_FOR=({valid_for}) DB_UNIQUE_NAME={to.name}'")


def put(member: Member, number: int) -> None:
    session = member.database.logon(Logon("APP", member.database.spec.default_service, "", program="sqlplus"))
    session.sql(f"INSERT INTO t VALUES ({number}, 'row')")
    session.commit()
    session.close()
    member.sql("ALTER SYSTEM SWITCH LOGFILE")


def follows(member: Member, primary: Member) -> None:
    """Until it has applied what the primary has archived by now."""
    scn = primary.one("SELECT MAX(next_change#) FROM v$archived_log WHERE standby_dest = 'NO'")
    await_that(lambda: member.database.dataguard.receiver.position() >= scn - 1)


def rows_of(member: Member) -> list[int]:
    """What is in it, seen while it is open for reading."""
    member.sql("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL")
    member.sql("ALTER DATABASE OPEN READ ONLY")
    found = [int(number) for (number,) in member.sql("SELECT id FROM app.t ORDER BY id")]
    member.restart()
    member.sql(APPLY)
    return found


@pytest.mark.parametrize("cascaded", [True, False], ids=["cascaded", "direct"])
@pytest.mark.everything
def test_the_third_database_follows_whichever_is_the_primary(members: tuple[Member, Member, Member], cascaded: bool) -> None:
    source, target, third = members
    if cascaded:
        send(target, third, 3, "ALL_LOGFILES,ALL_ROLES")
    else:
        send(source, third, 3, "ONLINE_LOGFILES,PRIMARY_ROLE")
        send(target, third, 3, "ONLINE_LOGFILES,PRIMARY_ROLE")
    put(source, 1)
    follows(third, source)
    assert rows_of(third) == [1]
    put(source, 2)
    await_that(lambda: source.one("SELECT gap_status FROM v$archive_dest_status WHERE dest_id = 2") == "NO GAP")
    source.sql("ALTER DATABASE SWITCHOVER TO dbtrg")
    target.sql("ALTER DATABASE OPEN")
    source.database.startup("MOUNTED")
    source.sql(APPLY)
    put(target, 3)
    follows(third, target)
    assert rows_of(third) == [1, 2, 3]
    put(target, 4)
    await_that(lambda: target.one("SELECT gap_status FROM v$archive_dest_status WHERE dest_id = 2") == "NO GAP")
    target.sql("ALTER DATABASE SWITCHOVER TO dbsrc")
    source.sql("ALTER DATABASE OPEN")
    target.database.startup("MOUNTED")
    target.sql(APPLY)
    put(source, 5)
    put(source, 6)
    follows(third, source)
    assert rows_of(third) == [1, 2, 3, 4, 5, 6]


def test_valid_for_says_who_sends(members: tuple[Member, Member, Member]) -> None:
    """A standby does not pass on what is for a primary, and a database that DG_CONFIG lacks is no destination (documented)."""
    source, target, third = members
    put(source, 1)
    send(target, third, 3, "ONLINE_LOGFILES,PRIMARY_ROLE")
    shown = "SELECT valid_now FROM v$archive_dest WHERE dest_id = 3"
    assert target.one(shown) == "WRONG VALID_ROLE"
    send(target, third, 3, "ONLINE_LOGFILES,ALL_ROLES")
    assert target.one(shown) == "WRONG VALID_TYPE"
    put(source, 2)
    follows(target, source)
    assert third.sql("SELECT sequence# FROM v$archived_log") == []
    send(target, third, 3, "STANDBY_LOGFILES,STANDBY_ROLE")
    assert target.one(shown) == "YES"
    follows(third, source)
    target.sql("ALTER SYSTEM SET log_archive_dest_3=''")
    target.sql("ALTER SYSTEM SET log_archive_config='DG_CONFIG=(dbsrc,dbtrg)'")
    with pytest.raises(OraError) as caught:
        send(target, third, 3, "STANDBY_LOGFILES,STANDBY_ROLE")
    assert caught.value.code == 2097 and "ORA-16053" in caught.value.text

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switchover, failover, snapshot standbys: as a DBA does them with SQL, on both sides."""
from __future__ import annotations

import pathlib
import time
from collections.abc import Iterator
from typing import Any

import pair
import pytest
from oralab.api import Logon
from oralab.catalog import role_changes
from oralab.catalog.managed_recovery import ManagedRecovery
from oralab.errors import OraError
from pair import Member, await_that

ROLE = "SELECT database_role FROM v$database"
OPENED = "SELECT open_mode FROM v$database"
STATUS = "SELECT switchover_status FROM v$database"
APPLY = "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DISCONNECT"
NO_APPLY = "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL"


def code(member: Member, text: str) -> int:
    with pytest.raises(OraError) as caught:
        member.sql(text)
    return caught.value.code


def put(member: Member, *numbers: int) -> None:
    session = member.database.logon(Logon("APP", member.database.spec.default_service, "", program="sqlplus"))
    for number in numbers:
        session.sql(f"INSERT INTO t VALUES ({number}, 'row')")
        session.commit()
    session.close()


def numbers(member: Member) -> list[int]:
    return [int(row[0]) for row in member.sql("SELECT id FROM app.t ORDER BY id")]


@pytest.fixture
def members(tmp_path: pathlib.Path) -> Iterator[tuple[Member, Member]]:
    area = tmp_path / "area"
    area.mkdir()
    parameters = {"db_recovery_file_dest_size": "20G", "db_recovery_file_dest": str(area)}
    source = pair.primary(str(tmp_path), parameters=parameters)
    source.sql("GRANT CREATE SESSION TO app")
    target = pair.standby(source, str(tmp_path), **parameters)
    try:
        for one in (source, target):
            pair.add_standby_logs(one)
        pair.ship(source, target)
        pair.ship(target, source)
        target.sql(APPLY)
        await_that(lambda: source.one(STATUS) == "TO STANDBY")
        yield source, target
    finally:
        target.stop()
        source.stop()


def in_step(first: Member, second: Member) -> bool:
    """Whether what the first has committed has been applied at the second."""
    return second.database.dataguard.receiver.position() >= first.database.store.current_scn()


# --- switchover ---

def test_no_commit_is_lost_and_the_way_back_is_the_same(members: tuple[Member, Member]) -> None:
    source, target = members
    put(source, 1, 2, 3)
    source.sql("ALTER DATABASE SWITCHOVER TO dbtrg VERIFY")
    assert source.one(ROLE) == "PRIMARY"
    source.sql("ALTER DATABASE SWITCHOVER TO dbtrg")
    assert source.database.state == "DOWN"
    assert target.one(ROLE) == "PRIMARY" and target.one(OPENED) == "MOUNTED"
    target.sql("ALTER DATABASE OPEN")
    assert numbers(target) == [1, 2, 3] and target.one(OPENED) == "READ WRITE"
    assert target.sql("SELECT COUNT(*) FROM v$database_incarnation") == [(1,)]
    source.database.startup("MOUNTED")
    assert source.one(ROLE) == "PHYSICAL STANDBY"
    source.sql(APPLY)
    put(target, 4, 5)
    await_that(lambda: target.one(STATUS) == "TO STANDBY")
    target.sql("ALTER DATABASE SWITCHOVER TO dbsrc")
    source.sql("ALTER DATABASE OPEN")
    assert numbers(source) == [1, 2, 3, 4, 5]
    target.database.startup("MOUNTED")
    target.sql(APPLY)
    put(source, 6)
    await_that(lambda: in_step(source, target))
    target.sql(NO_APPLY)
    target.sql("ALTER DATABASE OPEN READ ONLY")
    assert numbers(target) == [1, 2, 3, 4, 5, 6]


def test_a_former_primary_reads_past_the_end_that_it_wrote_however_long_its_files_take(
        members: tuple[Member, Member], monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = members
    write = ManagedRecovery.write

    def slowly(self: ManagedRecovery) -> None:
        if self.finished:
            time.sleep(3)
        write(self)

    monkeypatch.setattr(ManagedRecovery, "write", slowly)
    source.sql("ALTER DATABASE SWITCHOVER TO dbtrg")
    target.sql("ALTER DATABASE OPEN")
    source.database.startup("MOUNTED")
    put(target, 1)
    await_that(lambda: not source.database.store.control.end_of_redo)
    source.sql(APPLY)
    await_that(lambda: in_step(target, source))
    assert source.database.dataguard.recovery is not None


def test_open_sessions_end_and_their_transactions_roll_back(members: tuple[Member, Member]) -> None:
    source, target = members
    put(source, 1)
    session = source.database.logon(Logon("APP", source.database.spec.default_service, "", program="sqlplus"))
    session.sql("INSERT INTO t VALUES (2, 'never committed')")
    assert source.one(STATUS) == "SESSIONS ACTIVE"
    assert code(source, "ALTER DATABASE COMMIT TO SWITCHOVER TO PHYSICAL STANDBY") == 1093
    source.sql("ALTER DATABASE SWITCHOVER TO dbtrg")
    target.sql("ALTER DATABASE OPEN")
    assert numbers(target) == [1]
    with pytest.raises(OraError):
        session.sql("INSERT INTO t VALUES (3, 'too late')")


def test_what_verify_finds(members: tuple[Member, Member]) -> None:
    source, target = members
    assert code(target, "ALTER DATABASE SWITCHOVER TO dbtrg VERIFY") == 16465
    assert code(source, "ALTER DATABASE SWITCHOVER TO nowhere VERIFY") == 16474
    target.sql("ALTER SYSTEM SET log_archive_dest_2=''")
    assert code(source, "ALTER DATABASE SWITCHOVER TO dbtrg VERIFY") == 16475
    target.sql(NO_APPLY)
    assert code(source, "ALTER DATABASE SWITCHOVER TO dbtrg VERIFY") == 16470
    assert code(source, "ALTER DATABASE SWITCHOVER TO dbtrg") == 16470
    target.sql(APPLY)
    source.sql("ALTER SYSTEM SET log_archive_dest_state_2='DEFER'")
    assert code(source, "ALTER DATABASE SWITCHOVER TO dbtrg VERIFY") == 16474
    assert source.one(ROLE) == "PRIMARY" and target.one(ROLE) == "PHYSICAL STANDBY"


def test_a_standby_that_lacks_redo_is_no_target(members: tuple[Member, Member]) -> None:
    source, target = members
    pair.defer(source)
    put(source, 1)
    source.sql("ALTER SYSTEM SWITCH LOGFILE")
    lost = source.one("SELECT name FROM v$archived_log WHERE dest_id = 1 ORDER BY sequence# DESC FETCH FIRST 1 ROWS ONLY")
    for _ in range(3):
        source.sql("ALTER SYSTEM SWITCH LOGFILE")
    pathlib.Path(lost).rename(lost + ".away")
    source.sql("ALTER SYSTEM SET log_archive_dest_state_2='ENABLE'")
    await_that(lambda: source.one(STATUS) == "UNRESOLVABLE GAP")
    assert code(source, "ALTER DATABASE SWITCHOVER TO dbtrg VERIFY") == code(source, "ALTER DATABASE SWITCHOVER TO dbtrg") == 16467
    pathlib.Path(lost + ".away").rename(lost)
    await_that(lambda: source.one(STATUS) == "TO STANDBY")
    source.sql("ALTER DATABASE SWITCHOVER TO dbtrg")
    assert target.one(ROLE) == "PRIMARY"


# --- the two halves, and what stopped between them ---

def test_the_two_halves(members: tuple[Member, Member], monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = members
    put(source, 1)
    with monkeypatch.context() as patience:
        patience.setattr(role_changes, "APPLY_SECONDS", 0.5)
        assert code(target, "ALTER DATABASE COMMIT TO SWITCHOVER TO PRIMARY") == 16139
    source.sql("ALTER DATABASE COMMIT TO SWITCHOVER TO PHYSICAL STANDBY WITH SESSION SHUTDOWN")
    assert source.database.state == "STARTED" and code(source, "ALTER DATABASE MOUNT") == 750
    source.restart()
    assert source.one(ROLE) == "PHYSICAL STANDBY" and source.one(STATUS) == "TO PRIMARY"
    await_that(lambda: target.one(STATUS) == "TO PRIMARY")
    target.sql("ALTER DATABASE COMMIT TO SWITCHOVER TO PRIMARY WITH SESSION SHUTDOWN")
    target.sql("ALTER DATABASE OPEN")
    assert numbers(target) == [1] and code(target, "ALTER DATABASE COMMIT TO SWITCHOVER TO PRIMARY") == 1665
    source.sql(APPLY)
    put(target, 2)
    await_that(lambda: in_step(target, source))
    await_that(lambda: source.one(STATUS) == "NOT ALLOWED")


def test_a_standby_may_become_the_primary_it_was(members: tuple[Member, Member]) -> None:
    source, target = members
    put(source, 1)
    source.sql("ALTER DATABASE COMMIT TO SWITCHOVER TO PHYSICAL STANDBY WITH SESSION SHUTDOWN")
    source.restart()
    source.sql("ALTER DATABASE SWITCHOVER TO dbsrc FORCE")
    source.sql("ALTER DATABASE OPEN")
    put(source, 2)
    await_that(lambda: in_step(source, target))
    await_that(lambda: target.one(STATUS) == "NOT ALLOWED" and target.database.dataguard.recovering)


def test_the_target_is_restarted_between_the_halves(members: tuple[Member, Member]) -> None:
    source, target = members
    put(source, 1)
    source.sql("ALTER DATABASE COMMIT TO SWITCHOVER TO PHYSICAL STANDBY WITH SESSION SHUTDOWN")
    await_that(lambda: target.one(STATUS) == "TO PRIMARY" and not target.database.dataguard.recovering)
    target.restart(abort=True)
    assert target.one(STATUS) == "TO PRIMARY"
    target.sql("ALTER DATABASE SWITCHOVER TO dbtrg FORCE")
    target.sql("ALTER DATABASE OPEN")
    assert numbers(target) == [1]


# --- failover and reinstating ---

def test_failover_and_the_way_of_the_old_primary_back(members: tuple[Member, Member]) -> None:
    source, target = members
    source.sql("ALTER DATABASE FLASHBACK ON")
    put(source, 1, 2)
    await_that(lambda: in_step(source, target))
    pair.defer(source)
    put(source, 3)
    source.down(abort=True)
    target.sql("ALTER DATABASE FAILOVER TO dbtrg")
    target.sql("ALTER DATABASE OPEN")
    assert numbers(target) == [1, 2]
    assert target.sql("SELECT incarnation#, status FROM v$database_incarnation ORDER BY 1") == [(1, "PARENT"), (2, "CURRENT")]
    became = target.one("SELECT standby_became_primary_scn FROM v$database")
    assert became > 0
    put(target, 4)
    source.database.startup("MOUNTED")
    source.sql(f"FLASHBACK DATABASE TO SCN {became}")
    source.sql("ALTER DATABASE CONVERT TO PHYSICAL STANDBY")
    assert source.database.state == "STARTED"
    source.restart()
    target.sql("ALTER SYSTEM SWITCH LOGFILE")
    await_that(lambda: target.one("SELECT status FROM v$archive_dest WHERE dest_id = 2") == "VALID")
    source.sql(APPLY)
    await_that(lambda: in_step(target, source))
    source.sql(NO_APPLY)
    source.sql("ALTER DATABASE OPEN READ ONLY")
    assert numbers(source) == [1, 2, 4]


def test_an_old_primary_that_is_ahead_cannot_follow(members: tuple[Member, Member]) -> None:
    source, target = members
    pair.defer(source)
    put(source, 1)
    target.sql("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE FINISH")
    source.restart()
    source.sql("ALTER DATABASE CONVERT TO PHYSICAL STANDBY")
    source.restart()
    target.sql("ALTER DATABASE COMMIT TO SWITCHOVER TO PRIMARY")
    target.sql("ALTER DATABASE OPEN")
    await_that(lambda: source.database.dataguard.diverged)
    assert code(source, APPLY) == 19909


def test_activation_takes_what_is_applied(members: tuple[Member, Member]) -> None:
    source, target = members
    put(source, 1)
    await_that(lambda: in_step(source, target))
    assert code(target, "ALTER DATABASE ACTIVATE PHYSICAL STANDBY DATABASE") == 1153
    target.sql(NO_APPLY)
    target.sql("ALTER DATABASE ACTIVATE PHYSICAL STANDBY DATABASE")
    target.sql("ALTER DATABASE OPEN")
    assert numbers(target) == [1] and target.one("SELECT MAX(incarnation#) FROM v$database_incarnation") == 2
    assert code(target, "ALTER DATABASE FAILOVER TO dbtrg") == 1665


# --- snapshot standby ---

def test_a_snapshot_standby_is_tried_out_and_goes_back(members: tuple[Member, Member]) -> None:
    source, target = members
    put(source, 1)
    await_that(lambda: in_step(source, target))
    assert code(target, "ALTER DATABASE CONVERT TO SNAPSHOT STANDBY") == 38784
    target.sql(NO_APPLY)
    target.sql("ALTER DATABASE CONVERT TO SNAPSHOT STANDBY")
    assert target.one(ROLE) == "SNAPSHOT STANDBY"
    target.sql("ALTER DATABASE OPEN")
    assert target.one("SELECT guarantee_flashback_database FROM v$restore_point WHERE name LIKE 'SNAPSHOT_STANDBY_REQUIRED_%'") == "YES"
    put(target, 100)
    put(source, 2)
    source.sql("ALTER SYSTEM SWITCH LOGFILE")
    assert numbers(target) == [1, 100] and code(target, "ALTER DATABASE CONVERT TO PHYSICAL STANDBY") == 1126
    target.restart()
    target.sql("ALTER DATABASE CONVERT TO PHYSICAL STANDBY")
    assert code(target, ROLE) == 1507
    target.restart()
    assert target.one(ROLE) == "PHYSICAL STANDBY" and target.sql("SELECT * FROM v$restore_point") == []
    target.sql(APPLY)
    put(source, 3)
    await_that(lambda: in_step(source, target))
    target.sql(NO_APPLY)
    target.sql("ALTER DATABASE OPEN READ ONLY")
    assert numbers(target) == [1, 2, 3]


def test_a_snapshot_standby_needs_a_recovery_area(members: tuple[Member, Member]) -> None:
    source, target = members
    target.sql(NO_APPLY)
    target.sql("ALTER SYSTEM SET db_recovery_file_dest=''")
    with pytest.raises(OraError) as caught:
        target.sql("ALTER DATABASE CONVERT TO SNAPSHOT STANDBY")
    assert caught.value.code == 38784 and "ORA-38786" in caught.value.text and target.one(ROLE) == "PHYSICAL STANDBY"
    assert code(source, "ALTER DATABASE CONVERT TO SNAPSHOT STANDBY") == 1126


def test_who_may_change_roles(members: tuple[Member, Member]) -> None:
    source, _ = members
    source.sql("GRANT ALTER DATABASE TO app")
    session: Any = source.database.logon(Logon("APP", source.database.spec.default_service, "", program="sqlplus"))
    for text in ("ALTER DATABASE SWITCHOVER TO dbtrg", "ALTER DATABASE CONVERT TO PHYSICAL STANDBY", "ALTER DATABASE ACTIVATE STANDBY DATABASE"):
        with pytest.raises(OraError) as caught:
            session.sql(text)
        assert caught.value.code == 1031
    session.close()


def test_a_commit_that_a_killed_session_was_at_is_not_acknowledged(members: tuple[Member, Member]) -> None:
    """The end of sessions may come between a client's INSERT and its COMMIT."""
    database = members[0].database
    session = database.logon(Logon("APP", database.spec.default_service, "", program="sqlplus"))
    session.sql("INSERT INTO t VALUES (4711, 'row')")
    session.kill()
    session.close()
    with pytest.raises(OraError) as caught:
        session.commit()
    assert caught.value.code == 28

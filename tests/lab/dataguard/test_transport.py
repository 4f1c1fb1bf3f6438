# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redo on its way: destinations, who may receive, standby redo logs, gaps."""
from __future__ import annotations

import os
import pathlib
from collections.abc import Callable

import pytest
from oralab.net.auth import make_verifier
from oralab.net.faults import Fault
from pair import Member, add_standby_logs, await_that, defer, primary, ship, standby

Refused = Callable[..., object]


def error_of(source: Member, number: int = 2) -> str | None:
    value: str | None = source.one(f"SELECT error FROM v$archive_dest WHERE dest_id = {number}")
    return value


def insert(member: Member, *numbers: int) -> None:
    for number in numbers:
        member.sql("INSERT INTO app.t VALUES (:1, 'row')", number)


def logs_of(member: Member) -> list[int]:
    return [sequence for (sequence,) in member.sql("SELECT sequence# FROM v$archived_log WHERE standby_dest = 'NO' ORDER BY 1")]


def told_of(member: Member, scn: int) -> None:
    """Until the primary, which sends redo first and then says how far it is, has told a standby of an SCN."""
    receiver = member.database.dataguard.receiver
    await_that(lambda: receiver.datum is not None and receiver.datum.scn >= scn)


def test_redo_arrives_in_standby_redo_logs_as_it_is_written(source: Member, target: Member) -> None:
    add_standby_logs(target)
    ship(source, target)
    insert(source, 1)
    await_that(lambda: target.sql("SELECT * FROM v$standby_log WHERE status = 'ACTIVE' AND sequence# = 1"))
    assert logs_of(target) == []
    source.sql("ALTER SYSTEM SWITCH LOGFILE")
    await_that(lambda: logs_of(target) == [1])
    assert target.sql("SELECT registrar, creator, applied, fal FROM v$archived_log") == [("RFS", "ARCH", "NO", "NO")]
    await_that(lambda: source.sql("SELECT standby_dest, dest_id, applied FROM v$archived_log ORDER BY 1") == [("NO", 1, "NO"), ("YES", 2, "NO")])
    await_that(lambda: source.sql("SELECT srl, gap_status, type, database_mode FROM v$archive_dest_status WHERE dest_id = 2") == [
        ("YES", "NO GAP", "PHYSICAL", "MOUNTED-STANDBY")])


def test_without_standby_redo_logs_a_log_arrives_when_it_is_finished(source: Member, target: Member) -> None:
    ship(source, target)
    insert(source, 1)
    told_of(target, source.database.store.current_scn())
    assert logs_of(target) == [] and source.one("SELECT srl FROM v$archive_dest_status WHERE dest_id = 2") == "NO"
    source.sql("ALTER SYSTEM SWITCH LOGFILE")
    await_that(lambda: logs_of(target) == [1])


@pytest.mark.everything
def test_a_standby_redo_log_that_is_too_small_is_not_used(source: Member, target: Member) -> None:
    target.sql(f"ALTER DATABASE ADD STANDBY LOGFILE THREAD 1 GROUP 11 ('{target.database.directory}/small.log') SIZE 50M")
    ship(source, target)
    insert(source, 1)
    told_of(target, source.database.store.current_scn())
    assert target.sql("SELECT status FROM v$standby_log") == [("UNASSIGNED",)]


def test_a_different_password_file_keeps_the_primary_out(source: Member, target: Member) -> None:
    target.database.password_file.write("SYS", make_verifier("secret"), {"SYSDBA", "SYSOPER"})
    ship(source, target)
    assert await_that(lambda: error_of(source)) == "ORA-16191: Primary log shipping client not logged on standby"
    assert source.one("SELECT switchover_status FROM v$database") == "FAILED DESTINATION"
    assert source.one("SELECT status FROM v$archive_dest WHERE dest_id = 2") == "ERROR"
    with open(source.database.password_file.path, "rb") as own, open(target.database.password_file.path, "wb") as other:
        other.write(own.read())
    source.sql("ALTER SYSTEM SWITCH LOGFILE")
    await_that(lambda: error_of(source) is None and source.one("SELECT switchover_status FROM v$database") == "TO STANDBY")


@pytest.mark.parametrize(("service", "code"), [("127.0.0.1:1/dbtrg", "ORA-12541"), ("nowhere", "ORA-12154"), ("{address}x", "ORA-12514")])
def test_a_standby_that_is_not_reached(source: Member, target: Member, service: str, code: str) -> None:
    source.sql("ALTER SYSTEM SET log_archive_dest_2='SERVICE=" + service.format(address=target.address) + "'")
    assert str(await_that(lambda: error_of(source))).startswith(code)


@pytest.mark.everything
def test_who_is_not_in_the_configuration(source: Member, target: Member, refused: Refused, tmp_path: pathlib.Path) -> None:
    source.sql("ALTER SYSTEM SET log_archive_config='DG_CONFIG=(dbsrc,other)'")
    error = refused(source, f"ALTER SYSTEM SET log_archive_dest_2='SERVICE={target.address} DB_UNIQUE_NAME=dbtrg'")
    assert (error.code, error.stack[0][:9]) == (2097, "ORA-16053")   # type: ignore[attr-defined]
    error = refused(source, f"ALTER SYSTEM SET log_archive_dest_2='SERVICE={target.address}'")
    assert error.stack[0].startswith("ORA-16052")                      # type: ignore[attr-defined]
    source.sql(f"ALTER SYSTEM SET log_archive_dest_2='SERVICE={target.address} DB_UNIQUE_NAME=other'")
    assert str(await_that(lambda: error_of(source))).startswith("ORA-16047")
    target.sql("ALTER SYSTEM SET log_archive_config='DG_CONFIG=(dbtrg,third)'")
    source.sql("ALTER SYSTEM SET log_archive_config='DG_CONFIG=(dbsrc,dbtrg)'")
    source.sql(f"ALTER SYSTEM SET log_archive_dest_2='SERVICE={target.address} DB_UNIQUE_NAME=dbtrg'")
    await_that(lambda: str(error_of(source)).startswith("ORA-16057"))
    stranger = primary(str(tmp_path), "other")
    try:
        source.sql("ALTER SYSTEM SET log_archive_dest_3='SERVICE=" + stranger.address + "' SCOPE=SPFILE")
        with open(source.database.password_file.path, "rb") as own, open(stranger.database.password_file.path, "wb") as other:
            other.write(own.read())
        source.sql("ALTER SYSTEM SET log_archive_config=''")
        source.sql(f"ALTER SYSTEM SET log_archive_dest_3='SERVICE={stranger.address}'")
        assert str(await_that(lambda: error_of(source, 3))).startswith("ORA-16009")
    finally:
        stranger.stop()


def test_a_deferred_destination_is_resumed(source: Member, target: Member) -> None:
    add_standby_logs(target)
    ship(source, target)
    await_that(lambda: source.one("SELECT switchover_status FROM v$database") == "TO STANDBY")
    defer(source)
    assert source.one("SELECT switchover_status FROM v$database") == "NOT ALLOWED"
    assert source.one("SELECT status FROM v$archive_dest WHERE dest_id = 2") == "DEFERRED"
    for number in range(3):
        insert(source, number)
        source.sql("ALTER SYSTEM SWITCH LOGFILE")
    assert logs_of(target) == []
    source.sql("ALTER SYSTEM SET log_archive_dest_state_2=ENABLE")
    await_that(lambda: logs_of(target) == [1, 2, 3])


@pytest.mark.everything
def test_what_was_written_while_the_standby_was_down_is_sent_later(source: Member, target: Member) -> None:
    add_standby_logs(target)
    ship(source, target)
    insert(source, 1)
    await_that(lambda: target.sql("SELECT * FROM v$standby_log WHERE status = 'ACTIVE'"))
    target.down(abort=True)
    for number in (2, 3):
        insert(source, number)
        source.sql("ALTER SYSTEM SWITCH LOGFILE")
    await_that(lambda: error_of(source))
    target.database.startup("MOUNTED")
    source.sql("ALTER SYSTEM SET log_archive_dest_state_2=ENABLE")
    await_that(lambda: logs_of(target) == [1, 2])


def test_a_connection_that_is_dropped_is_made_again(source: Member, target: Member) -> None:
    add_standby_logs(target)
    ship(source, target)
    await_that(lambda: source.one("SELECT switchover_status FROM v$database") == "TO STANDBY")
    target.faults.add(Fault("drop", statement="lab$redo"))
    insert(source, 1)
    source.sql("ALTER SYSTEM SWITCH LOGFILE")
    await_that(lambda: logs_of(target) == [1])


def test_a_gap_stays_until_its_log_is_there_again(source: Member, target: Member) -> None:
    add_standby_logs(target)
    ship(source, target)
    await_that(lambda: source.one("SELECT switchover_status FROM v$database") == "TO STANDBY")
    defer(source)
    for number in range(6):         # three groups: the online log of the lost one is used again
        insert(source, number)
        source.sql("ALTER SYSTEM SWITCH LOGFILE")
    lost = source.one("SELECT name FROM v$archived_log WHERE sequence# = 2 AND dest_id = 1")
    os.rename(lost, lost + ".away")
    source.sql("ALTER SYSTEM SET log_archive_dest_state_2=ENABLE")
    await_that(lambda: logs_of(target) == [1, 3, 4, 5, 6])
    assert target.sql("SELECT low_sequence#, high_sequence# FROM v$archive_gap") == [(2, 2)]
    await_that(lambda: source.one("SELECT gap_status FROM v$archive_dest_status WHERE dest_id = 2") == "UNRESOLVABLE GAP")
    assert source.one("SELECT switchover_status FROM v$database") == "UNRESOLVABLE GAP"
    target.sql("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DISCONNECT")
    await_that(lambda: target.one("SELECT status FROM v$managed_standby WHERE process = 'MRP0'") == "WAIT_FOR_GAP")
    os.rename(lost + ".away", lost)
    await_that(lambda: not target.sql("SELECT * FROM v$archive_gap"))
    await_that(lambda: source.one("SELECT switchover_status FROM v$database") == "TO STANDBY")


@pytest.mark.everything
def test_the_standby_fetches_a_gap_from_its_fal_server(source: Member, target: Member) -> None:
    """The primary ships nothing; one later log is there."""
    for number in range(3):
        insert(source, number)
        source.sql("ALTER SYSTEM SWITCH LOGFILE")
    target.sql(f"ALTER SYSTEM SET fal_server='{source.address}'")
    receiver = target.database.dataguard.receiver
    for entry in source.database.logs.archived():
        receiver.history[1, entry.log.sequence] = entry.log
    with open(source.database.logs.archived()[2].name, "rb") as log:
        receiver.receive_archived(source.database.logs.archived()[2].log, 0, log.read(), True, False)
    assert target.sql("SELECT low_sequence#, high_sequence# FROM v$archive_gap") == [(1, 2)]
    target.sql("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DISCONNECT")
    await_that(lambda: target.sql("SELECT sequence#, fal FROM v$archived_log ORDER BY 1") == [(1, "YES"), (2, "YES"), (3, "NO")])
    await_that(lambda: not target.sql("SELECT * FROM v$archived_log WHERE applied <> 'YES'"))


def test_a_commit_waits_for_a_synchronous_standby(source: Member, target: Member) -> None:
    add_standby_logs(target)
    ship(source, target, attributes="SYNC AFFIRM NET_TIMEOUT=120")
    await_that(lambda: source.one("SELECT synchronized FROM v$archive_dest_status WHERE dest_id = 2") == "YES")
    sender = source.database.dataguard.transport.senders[2]
    for number in range(5):
        insert(source, number)
        assert sender.hardened[1] >= source.database.store.written()[1][1]


@pytest.mark.everything
def test_a_second_standby(source: Member, target: Member, tmp_path: pathlib.Path) -> None:
    """What a standby has received it sends on, log by log."""
    third = standby(source, str(tmp_path), "dbfar")
    try:
        for member in (source, target, third):
            member.sql("ALTER SYSTEM SET log_archive_config='DG_CONFIG=(dbsrc,dbtrg,dbfar)'")
        source.sql(f"ALTER SYSTEM SET log_archive_dest_2='SERVICE={target.address} VALID_FOR=(ONLINE_LOGFILES,PRIMARY_ROLE) DB_UNIQUE_NAME=dbtrg'")
        target.sql(f"ALTER SYSTEM SET log_archive_dest_2='SERVICE={third.address} VALID_FOR=(STANDBY_LOGFILES,STANDBY_ROLE) DB_UNIQUE_NAME=dbfar'")
        insert(source, 1)
        source.sql("ALTER SYSTEM SWITCH LOGFILE")
        await_that(lambda: logs_of(third) == [1])
    finally:
        third.stop()


@pytest.mark.everything
def test_a_log_that_ended_while_the_destination_was_deferred_is_sent_whole(source: Member, target: Member) -> None:
    add_standby_logs(target)
    ship(source, target)
    insert(source, 1)
    target.sql("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DISCONNECT FROM SESSION")
    await_that(lambda: target.sql("SELECT * FROM v$standby_log WHERE status = 'ACTIVE' AND sequence# = 1"))
    for statement in ("SET log_archive_dest_state_2 = defer", "SWITCH LOGFILE", "SET log_archive_dest_state_2 = enable", "SWITCH LOGFILE"):
        source.sql("ALTER SYSTEM " + statement)
    await_that(lambda: logs_of(target) == [1, 2])
    await_that(lambda: target.one("SELECT MIN(applied) FROM v$archived_log") == "YES")
    await_that(lambda: target.sql("SELECT sequence# FROM v$standby_log WHERE status = 'ACTIVE'") == [(3,)])


@pytest.mark.everything
def test_a_snapshot_standby_goes_on_receiving(source: Member, tmp_path: pathlib.Path) -> None:
    target = standby(source, str(tmp_path), db_recovery_file_dest=str(tmp_path), db_recovery_file_dest_size="10G")
    try:
        add_standby_logs(target)
        ship(source, target)
        target.sql("ALTER DATABASE CONVERT TO SNAPSHOT STANDBY")
        target.sql("ALTER DATABASE OPEN")
        insert(target, 100)
        for number in range(3):
            insert(source, number)
            source.sql("ALTER SYSTEM SWITCH LOGFILE")
        await_that(lambda: logs_of(target) == [1, 2, 3])
        await_that(lambda: source.sql("SELECT gap_status, type, database_mode FROM v$archive_dest_status WHERE dest_id = 2") == [
            ("NO GAP", "SNAPSHOT", "OPEN")])
        assert source.one("SELECT switchover_status FROM v$database") == "NOT ALLOWED" and target.sql("SELECT * FROM v$archive_gap") == []
    finally:
        target.stop()

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redo applied: what becomes of it in the standby's files, while it is mounted and while it is open; what recovery refuses, and what ends it."""
from __future__ import annotations

import glob
import os
import pathlib
import time
from collections.abc import Callable

import pytest
from pair import Member, add_standby_logs, await_that, defer, primary, ship, standby

Refused = Callable[..., object]
APPLY = "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DISCONNECT FROM SESSION"
CANCEL = "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL"


@pytest.fixture
def pair(source: Member, target: Member) -> tuple[Member, Member]:
    """Redo is shipped in real time."""
    add_standby_logs(target)
    ship(source, target)
    return source, target


def caught_up(source: Member, target: Member) -> None:
    scn = source.database.store.current_scn()
    await_that(lambda: target.database.store.current_scn() >= scn)


def alert(member: Member) -> str:
    [path] = glob.glob(os.path.join(member.database.directory, "diag", "**", "alert_*.log"), recursive=True)
    with open(path, encoding="utf-8") as file:
        return file.read()


def lag(member: Member, name: str) -> str | None:
    value: str | None = member.one(f"SELECT value FROM v$dataguard_stats WHERE name = '{name}'")
    return value


def test_everything_that_happens_at_the_primary_happens_at_the_standby(pair: tuple[Member, Member]) -> None:
    source, target = pair
    target.sql(APPLY)
    source.sql("INSERT INTO app.t SELECT level, RPAD('x', 100) FROM dual CONNECT BY level <= 3000")
    source.sql("CREATE TABLE app.parted (id NUMBER, name VARCHAR2(4000)) PARTITION BY RANGE (id) "
               "(PARTITION a VALUES LESS THAN (100), PARTITION b VALUES LESS THAN (MAXVALUE))")
    source.sql("INSERT INTO app.parted SELECT level, RPAD('y', 3900, 'z') FROM dual CONNECT BY level <= 200")
    source.sql("ALTER SYSTEM SWITCH LOGFILE")
    source.sql("UPDATE app.parted SET name = RPAD(name, 4000, 'w') WHERE MOD(id, 2) = 0")
    source.sql("ALTER TABLE app.parted TRUNCATE PARTITION a")
    source.sql("CREATE TABLE app.gone AS SELECT * FROM app.t")
    source.sql("DROP TABLE app.gone PURGE")
    source.sql("ALTER TABLE app.t ADD (more DATE DEFAULT DATE '2026-01-01' NOT NULL)")
    source.sql("DELETE FROM app.t WHERE id > 2500")
    source.sql("ALTER TABLE app.t MODIFY (text VARCHAR2(400))")
    source.sql("CREATE UNIQUE INDEX app.i ON app.t (text, id)")
    source.sql("ALTER SYSTEM CHECKPOINT")
    source.sql("INSERT INTO app.t SELECT 10000 + level, RPAD('q', 400), SYSDATE FROM dual CONNECT BY level <= 500")
    caught_up(source, target)
    target.sql(CANCEL)
    for open_again in (False, True):
        if open_again:
            target.down()
            target.database.startup("OPEN")
        else:
            target.sql("ALTER DATABASE OPEN READ ONLY")
        for query in ("SELECT * FROM app.t ORDER BY 1", "SELECT * FROM app.parted ORDER BY 1",
                      "SELECT table_name FROM dba_tables WHERE owner = 'APP' ORDER BY 1", "SELECT tablespace_name, bytes FROM dba_data_files ORDER BY 1"):
            assert target.sql(query) == source.sql(query)
        assert target.one("SELECT open_mode FROM v$database") == "READ ONLY"


def test_archived_logs_are_applied_without_standby_redo_logs(source: Member, target: Member) -> None:
    ship(source, target)
    target.sql(APPLY)
    source.sql("INSERT INTO app.t VALUES (1, 'a')")
    source.sql("ALTER SYSTEM SWITCH LOGFILE")
    source.sql("INSERT INTO app.t VALUES (2, 'b')")
    await_that(lambda: target.sql("SELECT sequence# FROM v$archived_log WHERE applied = 'YES'") == [(1,)])
    await_that(lambda: source.sql("SELECT sequence# FROM v$archived_log WHERE standby_dest = 'YES' AND applied = 'YES'") == [(1,)])
    target.sql(CANCEL)
    target.sql("ALTER DATABASE OPEN")
    assert target.sql("SELECT id FROM app.t") == [(1,)]


@pytest.mark.everything
def test_only_archived_logs_when_asked(pair: tuple[Member, Member]) -> None:
    source, target = pair
    target.sql("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE USING ARCHIVED LOGFILE DISCONNECT")
    source.sql("INSERT INTO app.t VALUES (1, 'a')")
    await_that(lambda: source.one("SELECT recovery_mode FROM v$archive_dest_status WHERE dest_id = 2") == "MANAGED")
    scn = source.database.store.current_scn()
    time.sleep(1.5)
    assert target.database.store.current_scn() < scn
    assert target.one("SELECT status FROM v$managed_standby WHERE process = 'MRP0'") == "WAIT_FOR_LOG"
    source.sql("ALTER SYSTEM SWITCH LOGFILE")
    await_that(lambda: target.database.store.current_scn() >= scn)


def test_files_that_were_restored_older_than_the_control_file_knew_them_are_in_step_once_redo_is_applied(pair: tuple[Member, Member]) -> None:
    source, target = pair
    for file in target.database.store.datafiles():
        file.recover = True
    target.sql(APPLY)
    source.sql("INSERT INTO app.t SELECT level, 'x' FROM dual CONNECT BY level <= 10")
    caught_up(source, target)
    target.sql(CANCEL)
    assert set(target.sql("SELECT recover FROM v$datafile_header")) == {("NO",)}


def test_faults_of_files_outlast_the_control_file(target: Member) -> None:
    target.database.store.faults.plan(full_paths=["/u02"])
    target.down()
    target.database.startup("STARTED")
    target.database.faults.plan(seconds_per_write=0.5)
    target.database.mount()
    assert target.database.store.faults.seconds_per_write == 0.5 and target.database.store.faults.full_paths == []
    target.database.faults.plan()


def test_a_standby_that_is_open_reads_what_is_applied(pair: tuple[Member, Member], refused: Refused) -> None:
    source, target = pair
    source.sql("INSERT INTO app.t SELECT level, 'before' FROM dual CONNECT BY level <= 100")
    target.sql("ALTER DATABASE OPEN")
    target.sql(APPLY)
    await_that(lambda: target.one("SELECT COUNT(*) FROM app.t") == 100)
    assert target.one("SELECT open_mode FROM v$database") == "READ ONLY WITH APPLY"
    from oralab.api import Logon
    session = target.database.logon(Logon("SYS", "SYS$USERS", "SYSDBA", os_authenticated=True))
    statement = session.parse("SELECT text FROM app.t ORDER BY id")
    rows = session.execute(statement, [], [[]]).result.rows
    first = next(rows)
    source.sql("UPDATE app.t SET text = 'after'")
    source.sql("CREATE TABLE app.new (id NUMBER)")
    caught_up(source, target)
    assert target.one("SELECT COUNT(*) FROM app.t WHERE text = 'after'") == 100
    assert {first, *rows} == {("before",)}          # the query goes on seeing what it began with
    assert target.sql("SELECT * FROM app.new") == [] and target.sql("SELECT id FROM app.t WHERE id = 50") == [(50,)]
    session.close()
    for text in ("INSERT INTO app.t VALUES (1000, 'x')", "CREATE TABLE app.mine (id NUMBER)", "DROP TABLE app.t"):
        assert refused(target, text).code == 16000        # type: ignore[attr-defined]


def test_what_recovery_refuses(source: Member, target: Member, refused: Refused) -> None:
    codes = {text: refused(member, text).code for member, text in (    # type: ignore[attr-defined]
        (source, APPLY), (source, CANCEL), (target, CANCEL), (target, "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE QUICKLY"))}
    assert codes == {APPLY: 1665, CANCEL: 16136, "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE QUICKLY": 274}
    assert refused(source, CANCEL).code == 1665           # type: ignore[attr-defined]
    target.sql(APPLY)
    assert refused(target, APPLY).code == 1153            # type: ignore[attr-defined]
    assert refused(target, "ALTER DATABASE OPEN").code == 10456     # type: ignore[attr-defined]
    for text in (f"ADD STANDBY LOGFILE GROUP 20 ('{target.database.directory}/x.log') SIZE 200M", "DROP STANDBY LOGFILE GROUP 20"):
        assert refused(target, f"ALTER DATABASE {text}").code == 1156    # type: ignore[attr-defined]
    target.sql(CANCEL)
    assert refused(target, "SELECT * FROM app.t").code in (942, 1219)    # type: ignore[attr-defined]


def test_the_lag_grows_while_nothing_is_applied_and_goes_when_it_is(pair: tuple[Member, Member]) -> None:
    source, target = pair
    assert source.sql("SELECT * FROM v$dataguard_stats") == []
    await_that(lambda: lag(target, "transport lag") == "+00 00:00:00")
    source.sql("INSERT INTO app.t VALUES (1, 'a')")
    await_that(lambda: (lag(target, "apply lag") or "") >= "+00 00:00:02")
    assert lag(target, "transport lag") == "+00 00:00:00" and lag(target, "apply finish time") is None
    target.sql(APPLY)
    await_that(lambda: lag(target, "apply lag") == "+00 00:00:00")
    defer(source)
    time.sleep(0.2)
    before = target.sql("SELECT value, datum_time FROM v$dataguard_stats WHERE name = 'transport lag'")
    source.sql("INSERT INTO app.t VALUES (2, 'a')")
    time.sleep(2.2)
    assert target.sql("SELECT value, datum_time FROM v$dataguard_stats WHERE name = 'transport lag'") == before
    assert target.one("SELECT time_computed FROM v$dataguard_stats WHERE name = 'transport lag'") > before[0][1]


def test_nobody_knows_the_lag_before_the_primary_has_said_anything(target: Member) -> None:
    assert [lag(target, name) for name in ("transport lag", "apply lag", "apply finish time")] == [None, None, None]


@pytest.mark.parametrize("abort", [False, True])
def test_a_standby_that_was_down_goes_on(pair: tuple[Member, Member], abort: bool) -> None:
    source, target = pair
    target.sql(APPLY)
    source.sql("INSERT INTO app.t SELECT level, 'a' FROM dual CONNECT BY level <= 50")
    source.sql("ALTER SYSTEM SWITCH LOGFILE")
    source.sql("CREATE TABLE app.u AS SELECT * FROM app.t")
    source.sql("DROP TABLE app.t PURGE")
    caught_up(source, target)
    target.restart(abort=abort)
    source.sql("INSERT INTO app.u SELECT id + 100, text FROM app.u")
    target.sql(APPLY)
    source.sql("ALTER SYSTEM SET log_archive_dest_state_2=ENABLE")
    caught_up(source, target)
    target.sql(CANCEL)
    target.sql("ALTER DATABASE OPEN")
    assert target.sql("SELECT * FROM app.u ORDER BY 1") == source.sql("SELECT * FROM app.u ORDER BY 1")


@pytest.mark.everything
def test_a_primary_that_was_killed_goes_on(pair: tuple[Member, Member]) -> None:
    source, target = pair
    target.sql(APPLY)
    source.sql("INSERT INTO app.t VALUES (1, 'a')")
    source.down(abort=True)
    source.database.startup("OPEN")
    source.sql("INSERT INTO app.t VALUES (2, 'b')")
    caught_up(source, target)
    target.sql(CANCEL)
    target.sql("ALTER DATABASE OPEN")
    assert target.sql("SELECT id FROM app.t ORDER BY 1") == [(1,), (2,)]


def test_files_are_made_where_the_standby_wants_them(pair: tuple[Member, Member]) -> None:
    source, target = pair
    target.sql(APPLY)
    source.sql(f"CREATE TABLESPACE more DATAFILE '{source.database.directory}/more01.dbf' SIZE 1M AUTOEXTEND ON")
    source.sql("ALTER USER app QUOTA UNLIMITED ON more")
    source.sql("CREATE TABLE app.big TABLESPACE more AS SELECT level id, RPAD('x', 4000) text FROM dual CONNECT BY level <= 400")
    source.sql(f"ALTER TABLESPACE more ADD DATAFILE '{source.database.directory}/more02.dbf' SIZE 1M")
    source.sql("ALTER TABLESPACE more READ ONLY")
    caught_up(source, target)
    names = [name for (name,) in target.sql("SELECT name FROM v$datafile WHERE name LIKE '%more%' ORDER BY 1")]
    assert names == [f"{target.database.directory}/more0{number}.dbf" for number in (1, 2)] and all(map(os.path.exists, names))
    target.sql(CANCEL)
    target.sql("ALTER DATABASE OPEN")
    assert target.one("SELECT COUNT(*) FROM app.big") == 400
    query = "SELECT file#, checkpoint_change#, status FROM v$datafile_header WHERE tablespace_name = 'MORE' ORDER BY 1"
    assert target.sql(query) == source.sql(query)
    target.sql(APPLY)
    source.sql("ALTER TABLESPACE more READ WRITE")
    source.sql("DROP TABLESPACE more INCLUDING CONTENTS AND DATAFILES")
    caught_up(source, target)
    assert not any(map(os.path.exists, names)) and target.sql("SELECT * FROM dba_tablespaces WHERE tablespace_name = 'MORE'") == []


def test_a_file_that_nobody_may_make_ends_recovery(pair: tuple[Member, Member]) -> None:
    source, target = pair
    target.sql("ALTER SYSTEM SET standby_file_management=MANUAL")
    target.sql(APPLY)
    source.sql(f"CREATE TABLESPACE more DATAFILE '{source.database.directory}/more01.dbf' SIZE 5M")
    source.sql("ALTER USER app QUOTA UNLIMITED ON more")
    source.sql("CREATE TABLE app.u (id NUMBER) TABLESPACE more")
    source.sql("INSERT INTO app.u VALUES (1)")
    await_that(lambda: not target.sql("SELECT * FROM v$managed_standby WHERE process = 'MRP0'"))
    assert "ORA-01274" in alert(target) and "terminated with error 1274" in alert(target)
    [(number, name)] = target.sql("SELECT file#, name FROM v$datafile WHERE name LIKE '%UNNAMED%'")
    assert name.endswith(f"UNNAMED{number:05d}")
    target.sql(APPLY)
    await_that(lambda: not target.database.dataguard.recovering)
    assert "ORA-01111" in alert(target)
    target.sql(f"ALTER DATABASE CREATE DATAFILE '{name}' AS '{target.database.directory}/made01.dbf'")
    target.sql("ALTER SYSTEM SET standby_file_management=AUTO")
    target.sql(APPLY)
    caught_up(source, target)
    target.sql(CANCEL)
    target.sql("ALTER DATABASE OPEN")
    assert target.sql("SELECT id FROM app.u") == [(1,)]


@pytest.mark.everything
def test_a_full_disk_ends_recovery_and_it_goes_on_later(pair: tuple[Member, Member]) -> None:
    source, target = pair
    target.sql(APPLY)
    await_that(lambda: target.database.dataguard.recovery is not None and target.database.dataguard.recovery.loaded)
    target.database.store.faults.plan(full_paths=[target.database.directory + "/users01.dbf"])
    source.sql("INSERT INTO app.t SELECT level, RPAD('x', 100) FROM dual CONNECT BY level <= 400")
    source.sql("ALTER SYSTEM SWITCH LOGFILE")
    await_that(lambda: not target.database.dataguard.recovering)
    assert "ORA-19502" in alert(target)
    target.database.store.faults.plan()
    target.sql(APPLY)
    caught_up(source, target)
    target.sql(CANCEL)
    target.sql("ALTER DATABASE OPEN")
    assert target.one("SELECT COUNT(*) FROM app.t") == 400


@pytest.mark.everything
def test_recovery_waits_in_the_session_and_ends_before_an_scn(pair: tuple[Member, Member]) -> None:
    source, target = pair
    source.sql("INSERT INTO app.t VALUES (1, 'a')")
    scn = source.database.store.current_scn()
    source.sql("INSERT INTO app.t VALUES (2, 'b')")
    target.sql(f"ALTER DATABASE RECOVER MANAGED STANDBY DATABASE UNTIL CHANGE {scn + 1}")
    target.sql("ALTER DATABASE OPEN")
    assert target.sql("SELECT id FROM app.t") == [(1,)]


@pytest.mark.everything
def test_the_redo_of_two_threads_is_applied_in_one_order(tmp_path: pathlib.Path) -> None:
    source = primary(str(tmp_path), "dbrac", instances=("rac1", "rac2"))
    target = standby(source, str(tmp_path))
    try:
        for thread in (1, 2):
            for group in range(2):
                member = f"{target.database.directory}/s{thread}{group}.log"
                target.sql(f"ALTER DATABASE ADD STANDBY LOGFILE THREAD {thread} GROUP {thread}{group} ('{member}') SIZE 200M")
        ship(source, target)
        target.sql(APPLY)
        from oralab.api import Logon
        second = source.database.logon(Logon("SYS", "SYS$USERS", "SYSDBA", os_authenticated=True), source.database.instances[1])
        for number in range(20):
            source.sql("INSERT INTO app.t VALUES (:1, 'one')", number)
            second.sql("UPDATE app.t SET text = 'two' WHERE id = :1", [number])
            second.commit()
        second.sql("ALTER SYSTEM ARCHIVE LOG CURRENT")
        caught_up(source, target)
        target.sql(CANCEL)
        target.sql("ALTER DATABASE OPEN")
        assert set(target.sql("SELECT text FROM app.t")) == {("two",)}
    finally:
        target.stop()
        source.stop()

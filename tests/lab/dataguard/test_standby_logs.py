# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Standby redo logs as they are made and dropped; logs cleared and registered; what a standby that is open refuses; the protection mode."""
from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import pytest
from pair import Member, add_standby_logs, await_that, ship

Refused = Callable[..., object]


def test_standby_redo_logs(source: Member, refused: Refused) -> None:
    home = source.database.directory
    add_standby_logs(source, 2)
    assert source.sql("SELECT group#, thread#, bytes, status FROM v$standby_log ORDER BY 1") == [
        (11, 1, 200 << 20, "UNASSIGNED"), (12, 1, 200 << 20, "UNASSIGNED")]
    assert source.sql("SELECT group#, member FROM v$logfile WHERE type = 'STANDBY' ORDER BY 1") == [
        (11, f"{home}/standby11.log"), (12, f"{home}/standby12.log")]
    source.sql(f"ALTER DATABASE ADD STANDBY LOGFILE ('{home}/a.log', '{home}/b.log') SIZE 50M")
    assert source.sql("SELECT thread#, bytes FROM v$standby_log WHERE group# = 13") == [(0, 50 << 20)]
    for text, code in (
            (f"ADD STANDBY LOGFILE GROUP 11 ('{home}/x.log') SIZE 50M", 1184), (f"ADD STANDBY LOGFILE GROUP 2 ('{home}/x.log') SIZE 50M", 1184),
            (f"ADD STANDBY LOGFILE GROUP 20 ('{home}/a.log') SIZE 50M", 1577), (f"ADD STANDBY LOGFILE GROUP 20 ('{home}/users01.dbf') SIZE 50M", 301),
            (f"ADD STANDBY LOGFILE GROUP 20 ('{home}/none/x.log') SIZE 50M", 301), (f"ADD STANDBY LOGFILE GROUP 20 ('{home}/x.log') SIZE 1M", 336),
            ("ADD STANDBY LOGFILE GROUP 20 SIZE 50M", 2236), ("DROP STANDBY LOGFILE GROUP 20", 1514)):
        assert refused(source, f"ALTER DATABASE {text}").code == code, text       # type: ignore[attr-defined]
    source.sql("ALTER DATABASE DROP STANDBY LOGFILE GROUP 12")
    assert [group for (group,) in source.sql("SELECT group# FROM v$standby_log")] == [11, 13] and os.path.exists(f"{home}/standby12.log")
    source.sql(f"ALTER SYSTEM SET db_create_file_dest='{home}'")
    source.sql("ALTER DATABASE ADD STANDBY LOGFILE THREAD 1")
    [(name,)] = source.sql("SELECT member FROM v$logfile WHERE group# = 14")
    assert os.path.exists(name) and source.one("SELECT bytes FROM v$standby_log WHERE group# = 14") == 100 << 20
    source.sql("ALTER DATABASE DROP STANDBY LOGFILE GROUP 14")
    assert not os.path.exists(name)


def test_a_standby_redo_log_in_use_is_not_dropped(source: Member, target: Member, refused: Refused) -> None:
    add_standby_logs(target)
    ship(source, target)
    await_that(lambda: target.sql("SELECT * FROM v$standby_log WHERE group# = 11 AND status = 'ACTIVE'"))
    assert refused(target, "ALTER DATABASE DROP STANDBY LOGFILE GROUP 11").code == 261        # type: ignore[attr-defined]
    assert refused(target, "ALTER DATABASE CLEAR LOGFILE GROUP 11").code == 261               # type: ignore[attr-defined]


def test_clear_logfile(source: Member, target: Member, refused: Refused) -> None:
    source.sql("ALTER SYSTEM SWITCH LOGFILE")
    source.sql("ALTER SYSTEM CHECKPOINT")
    source.sql("ALTER DATABASE CLEAR LOGFILE GROUP 1")
    assert refused(source, "ALTER DATABASE CLEAR LOGFILE GROUP 2").code == 1624               # type: ignore[attr-defined]
    assert refused(source, "ALTER DATABASE CLEAR LOGFILE GROUP 9").code == 1514               # type: ignore[attr-defined]
    for group in (1, 2, 3):
        target.sql(f"ALTER DATABASE CLEAR LOGFILE GROUP {group}")


def test_a_log_that_was_copied_is_registered(source: Member, target: Member, refused: Refused) -> None:
    source.sql("INSERT INTO app.t VALUES (1, 'a')")
    source.sql("ALTER SYSTEM SWITCH LOGFILE")
    copy = os.path.join(target.database.directory, "copied.arc")
    shutil.copyfile(source.one("SELECT name FROM v$archived_log"), copy)
    assert refused(target, "ALTER DATABASE REGISTER LOGFILE '/nowhere.arc'").code == 308      # type: ignore[attr-defined]
    assert refused(target, f"ALTER DATABASE REGISTER LOGFILE '{target.database.directory}/users01.dbf'").code == 316    # type: ignore[attr-defined]
    target.sql(f"ALTER DATABASE REGISTER LOGFILE '{copy}'")
    assert refused(target, f"ALTER DATABASE REGISTER LOGFILE '{copy}'").code == 16089         # type: ignore[attr-defined]
    assert refused(source, f"ALTER DATABASE REGISTER LOGFILE '{copy}'").code == 1665          # type: ignore[attr-defined]
    target.sql("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DISCONNECT")
    await_that(lambda: target.sql("SELECT registrar FROM v$archived_log WHERE applied = 'YES'") == [("FGRD",)])


@pytest.mark.parametrize("text", [
    "BEGIN INSERT INTO app.t VALUES (7, 'x'); END;", "SELECT * FROM app.t FOR UPDATE", "LOCK TABLE app.t IN EXCLUSIVE MODE", "ALTER SYSTEM SWITCH LOGFILE",
    "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA", "ALTER USER app IDENTIFIED BY x", "BEGIN dbms_stats.gather_table_stats('APP', 'T'); END;"])
def test_a_database_that_is_open_for_reading_is_not_written(source: Member, refused: Refused, text: str) -> None:
    source.sql("INSERT INTO app.t VALUES (1, 'a')")
    source.down()
    source.database.startup("OPEN", read_only=True)
    scn = source.database.store.current_scn()
    assert refused(source, text).code == 16000         # type: ignore[attr-defined]
    assert source.database.store.current_scn() == scn


def test_the_protection_mode_and_what_it_gives(source: Member, target: Member, refused: Refused) -> None:
    modes = "SELECT protection_mode, protection_level FROM v$database"
    assert refused(source, "ALTER DATABASE SET STANDBY DATABASE TO MAXIMIZE PROTECTION").code == 16072      # type: ignore[attr-defined]
    source.sql("ALTER DATABASE SET STANDBY DATABASE TO MAXIMIZE AVAILABILITY")
    assert source.sql(modes) == [("MAXIMUM AVAILABILITY", "RESYNCHRONIZATION")]
    add_standby_logs(target)
    ship(source, target, attributes="SYNC AFFIRM")
    await_that(lambda: source.sql(modes) == [("MAXIMUM AVAILABILITY", "MAXIMUM AVAILABILITY")])


def test_a_control_file_for_a_standby(source: Member, refused: Refused) -> None:
    path = os.path.join(source.database.directory, "standby.ctl")
    source.sql(f"ALTER DATABASE CREATE STANDBY CONTROLFILE AS '{path}'")
    assert os.path.getsize(path) and refused(source, f"ALTER DATABASE CREATE STANDBY CONTROLFILE AS '{path}'").code == 200     # type: ignore[attr-defined]

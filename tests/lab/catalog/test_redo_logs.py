# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redo logs: switches, groups, archived logs as files, and what happens when they cannot be written."""
from __future__ import annotations

import os
import pathlib
import threading
import time
from typing import Any

import pytest
from oralab.api import Logon
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.errors import OraError


def make(directory: pathlib.Path, log_mode: str = "ARCHIVELOG", **more: Any) -> tuple[Database, Any]:
    area = directory / "area"
    area.mkdir()
    database = Database.create(str(directory / "x"), DatabaseSpec(
        name="LOGS", log_mode=log_mode,
        parameters={"db_recovery_file_dest_size": "1G", "db_recovery_file_dest": str(area), **more.pop("parameters", {})}, **more))
    return database, database.logon(Logon("SYS", "logs", "SYSDBA"))


def test_an_archived_log_holds_the_records_of_its_range(tmp_path: pathlib.Path) -> None:
    database, sys = make(tmp_path)
    sys.sql("CREATE TABLE system.t (id NUMBER)")
    sys.sql("ALTER SYSTEM SWITCH LOGFILE")
    sys.sql("INSERT INTO system.t VALUES (42)")
    sys.commit()
    sys.sql("ALTER SYSTEM SWITCH LOGFILE")
    sys.sql("INSERT INTO system.t VALUES (43)")
    sys.commit()
    (name, first, following), = sys.sql("SELECT name, first_change#, next_change# FROM v$archived_log WHERE sequence# = 2")
    assert os.path.isfile(name) and name.startswith(f"{tmp_path}/area/LOGS/archivelog/")
    header, records = database.logs.open(name)
    found = list(records)
    assert (header.thread, header.sequence, header.first_scn, header.next_scn) == (1, 2, first, following)
    assert all(first <= record.scn < following for record in found)
    assert [change.after for record in found if record.kind == "TRANSACTION" for change in record.changes] == [(42,)]
    (member,), = sys.sql("SELECT member FROM v$logfile JOIN v$log USING (group#) WHERE v$log.status = 'CURRENT'")
    _, current = database.logs.open(member)
    assert [change.after for record in current for change in record.changes] == [(43,)]
    database.shutdown("ABORT")


def test_three_groups_are_used_in_turn(tmp_path: pathlib.Path) -> None:
    database, sys = make(tmp_path, "NOARCHIVELOG")
    assert sys.sql("SELECT group#, sequence#, status FROM v$log ORDER BY group#") == [(1, 1, "CURRENT"), (2, 0, "UNUSED"), (3, 0, "UNUSED")]
    for _ in range(4):
        sys.sql("ALTER SYSTEM SWITCH LOGFILE")
    assert sys.sql("SELECT group#, sequence#, archived, status FROM v$log ORDER BY group#") == [
        (1, 4, "NO", "ACTIVE"), (2, 5, "NO", "CURRENT"), (3, 3, "NO", "ACTIVE")]
    sys.sql("ALTER SYSTEM CHECKPOINT")
    assert sys.sql("SELECT DISTINCT status FROM v$log WHERE sequence# < 5") == [("INACTIVE",)]
    assert sys.sql("SELECT sequence# FROM v$log_history ORDER BY 1") == [(1,), (2,), (3,), (4,)]
    assert sys.sql("SELECT COUNT(*) FROM v$archived_log") == [(0,)]
    with pytest.raises(OraError) as error:
        sys.sql("ALTER SYSTEM ARCHIVE LOG CURRENT")
    assert error.value.code == 258
    database.shutdown("ABORT")
    again = Database.open(database.directory)
    assert again.logs.current().sequence == 5


def test_a_group_is_not_used_again_before_its_log_is_archived(tmp_path: pathlib.Path) -> None:
    database, sys = make(tmp_path, parameters={"log_archive_dest_1": f"LOCATION={tmp_path}/late"})
    for _ in range(2):
        sys.sql("ALTER SYSTEM SWITCH LOGFILE")
    assert sys.sql("SELECT status, destination FROM v$archive_dest WHERE dest_id = 1") == [("ERROR", f"{tmp_path}/late")]
    with pytest.raises(OraError) as error:
        sys.sql("ALTER SYSTEM ARCHIVE LOG ALL")
    assert error.value.code == 16038
    switching = threading.Thread(target=lambda: sys.sql("ALTER SYSTEM SWITCH LOGFILE"))
    switching.start()
    deadline = time.monotonic() + 60
    while not database.logs.stuck and time.monotonic() < deadline:
        time.sleep(0.01)
    assert switching.is_alive()
    with pytest.raises(OraError) as error:
        database.logon(Logon("SYSTEM", "logs"))
    assert error.value.code == 257
    os.mkdir(tmp_path / "late")
    switching.join(60)
    assert not switching.is_alive()
    assert sorted(os.listdir(tmp_path / "late")) == [f"1_{number}_999999.dbf" for number in (1, 2, 3)]
    assert sys.sql("SELECT status FROM v$archive_dest WHERE dest_id = 1") == [("VALID",)]
    with pytest.raises(OraError) as error:
        sys.sql("ALTER SYSTEM ARCHIVE LOG ALL")
    assert error.value.code == 271
    database.shutdown("ABORT")


def test_a_full_recovery_area_stops_the_archiver(tmp_path: pathlib.Path) -> None:
    database, sys = make(tmp_path, parameters={"db_recovery_file_dest_size": "1K"})
    sys.sql("ALTER SYSTEM SWITCH LOGFILE")
    assert sys.sql("SELECT status, error FROM v$archive_dest WHERE dest_id = 1") == [("ERROR", "ORA-19809: limit exceeded for recovery files")]
    assert sys.sql("SELECT sequence#, archived FROM v$log WHERE sequence# = 1") == [(1, "NO")]
    sys.sql("ALTER SYSTEM SET db_recovery_file_dest_size = 1G")
    assert sys.sql("SELECT sequence#, archived FROM v$log WHERE sequence# = 1") == [(1, "YES")]
    (used, files), = sys.sql("SELECT space_used, number_of_files FROM v$recovery_file_dest")
    assert used > 0 and files == 1
    database.shutdown("ABORT")


def test_archivelog_begins_with_the_current_log(tmp_path: pathlib.Path) -> None:
    database, sys = make(tmp_path, "NOARCHIVELOG")
    for _ in range(2):
        sys.sql("ALTER SYSTEM SWITCH LOGFILE")
    database.shutdown("IMMEDIATE")
    database.startup("MOUNTED")
    sys = database.logon(Logon("SYS", "logs", "SYSDBA"))
    sys.sql("ALTER DATABASE ARCHIVELOG")
    sys.sql("ALTER DATABASE OPEN")
    sys.sql("ALTER SYSTEM SWITCH LOGFILE")
    assert sys.sql("SELECT sequence# FROM v$archived_log") == [(3,)]
    database.shutdown("ABORT")
    again = Database.open(database.directory)
    assert again.logon(Logon("SYS", "logs", "SYSDBA")).sql("SELECT sequence# FROM v$archived_log") == [(3,)]


def refused(session: Any, statement: str) -> int:
    with pytest.raises(OraError) as caught:
        session.sql(statement)
    return int(caught.value.code)


def test_a_thread_for_an_instance_to_come(tmp_path: pathlib.Path) -> None:
    database, sys = make(tmp_path, parameters={"db_create_file_dest": str(tmp_path)})
    add = "ALTER DATABASE ADD LOGFILE THREAD 2 GROUP {0} SIZE 50M"
    assert refused(sys, "ALTER DATABASE ENABLE PUBLIC THREAD 2") == 1613
    sys.sql(add.format(4))
    assert refused(sys, "ALTER DATABASE ENABLE PUBLIC THREAD 2") == 1613 and refused(sys, add.format(4)) == 1184 and refused(sys, add.format(1)) == 1184
    assert refused(sys, "ALTER DATABASE ADD LOGFILE THREAD 2 GROUP 5 SIZE 1M") == 336
    sys.sql(add.format(5))
    thread = "SELECT status, enabled, groups, instance, sequence# FROM v$thread WHERE thread# = 2"
    groups = "SELECT group#, status, sequence#, bytes FROM v$log WHERE thread# = 2 ORDER BY group#"
    assert sys.sql(thread) == [("CLOSED", "DISABLED", 2, "UNNAMED_INSTANCE_2", 0)]
    assert sys.sql(groups) == [(4, "UNUSED", 0, 50 << 20), (5, "UNUSED", 0, 50 << 20)]
    sys.sql("ALTER DATABASE ENABLE PUBLIC THREAD 2")
    assert sys.sql(thread) == [("CLOSED", "PUBLIC", 2, "UNNAMED_INSTANCE_2", 1)] and sys.sql(groups)[0][1] == "CURRENT"
    assert refused(sys, "ALTER DATABASE ENABLE THREAD 2") == refused(sys, "ALTER DATABASE ENABLE THREAD 1") == 1612
    assert refused(sys, "ALTER DATABASE DROP LOGFILE GROUP 5") == 1567
    sys.sql(add.format(6))
    assert refused(sys, "ALTER DATABASE DROP LOGFILE GROUP 4") == 1623 and refused(sys, "ALTER DATABASE DROP LOGFILE GROUP 9") == 1514
    sys.sql("ALTER DATABASE DROP LOGFILE GROUP 6")
    assert refused(sys, "ALTER DATABASE DISABLE THREAD 1") == 1616
    members = [name for name, in sys.sql("SELECT member FROM v$logfile JOIN v$log USING (group#) WHERE thread# = 2")]
    assert len(members) == 2 and all(map(os.path.exists, members))

    # It lasts, goes on being nobody's, and can be taken away again.
    database.shutdown("IMMEDIATE")
    database.startup("MOUNTED")
    sys = database.logon(Logon("SYS", "logs", "SYSDBA"))
    assert sys.sql(thread)[0][1] == "PUBLIC" and refused(sys, "ALTER DATABASE DISABLE THREAD 2") == 1109
    sys.sql("ALTER DATABASE OPEN")
    sys.sql("ALTER SYSTEM SWITCH LOGFILE")
    sys.sql("ALTER DATABASE DISABLE THREAD 2")
    sys.sql("ALTER DATABASE DROP LOGFILE GROUP 4")
    sys.sql("ALTER DATABASE DROP LOGFILE GROUP 5")
    assert sys.sql(thread) == [] and not any(map(os.path.exists, members))
    database.shutdown("ABORT")

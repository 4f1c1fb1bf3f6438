# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RESTORE and RECOVER out of backups: what is lost comes back, as new as the redo that is there, and no newer."""
from __future__ import annotations

import glob
import os
import pathlib
import re
from collections.abc import Iterator

import oracledb
import pytest
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host
from rman_host import RmanHost

SPEC = DatabaseSpec("PROD", sid="prod", log_mode="ARCHIVELOG", passwords={"SYS": "sys_1", "SYSTEM": "system_1"})


@pytest.fixture
def host(tmp_path: pathlib.Path) -> Iterator[RmanHost]:
    made = RmanHost(Host(str(tmp_path / "prod")), SPEC)
    with made.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id NUMBER, note VARCHAR2(4000)) TABLESPACE users")
        cursor.executemany("INSERT INTO t VALUES (:1, :2)", [(number, "x" * (number * 11 % 3000)) for number in range(300)])
        connection.commit()
    yield made
    made.host.stop(abort=True)


def insert(connection: oracledb.Connection, *numbers: int) -> None:
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO t VALUES (:1, 'later')", [(number,) for number in numbers])
    connection.commit()


def rows(host: RmanHost) -> tuple[int, int]:
    with host.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*), MAX(id) FROM t")
        [found] = cursor.fetchall()
        return found


def test_encrypted_files_come_back_with_increments_and_redo(host: RmanHost) -> None:
    wallet = pathlib.Path(host.host.directory, "admin", "PROD", "wallet")
    wallet.mkdir(parents=True)
    manage, hush = "ADMINISTER KEY MANAGEMENT ", " IDENTIFIED BY \"Keys_1\""
    host.sqlplus(f"{manage}CREATE KEYSTORE '{wallet}'{hush};\n{manage}SET KEYSTORE OPEN{hush};\n{manage}SET KEY{hush} WITH BACKUP;\n"
                 f"{manage}CREATE LOCAL AUTO_LOGIN KEYSTORE FROM KEYSTORE '{wallet}'{hush};\n"
                 f"CREATE TABLESPACE hold DATAFILE '{host.host.data}/hold.dbf' SIZE 5M ENCRYPTION USING 'AES256' ENCRYPT;\n"
                 "CREATE TABLE system.cargo TABLESPACE hold AS SELECT id + 10000 id, note FROM system.t;\n")
    count = "SELECT COUNT(*), SUM(LENGTH(note)), MAX(id) FROM cargo"
    host.rman("backup incremental level 0 database tag L0;\n")
    with host.connect() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE cargo SET note = RPAD('y', 2500, 'y') WHERE MOD(id, 3) = 0")
        connection.commit()
        host.rman("backup incremental level 1 database tag L1;\n")
        cursor.execute("INSERT INTO cargo VALUES (20000, 'later')")
        connection.commit()
        cursor.execute(count)
        before = cursor.fetchall()
    host.sqlplus("shutdown abort\n")
    os.unlink(os.path.join(host.host.data, "hold.dbf"))
    host.sqlplus("startup\n")
    text = host.rman("restore database;\nrecover database;\nalter database open;\n")
    assert "RMAN-00571" not in text, text
    with host.connect() as connection, connection.cursor() as cursor:
        cursor.execute(count)
        assert cursor.fetchall() == before


@pytest.mark.parametrize("sections", ["", pytest.param("section size 1M", marks=pytest.mark.everything)])
def test_lost_files_come_back_with_increments_and_redo(host: RmanHost, sections: str) -> None:
    assert "Finished backup" in host.rman(f"backup incremental level 0 {sections} database tag L0;\n")
    with host.connect() as connection:
        insert(connection, 1000)
        connection.cursor().execute("UPDATE t SET note = RPAD('y', 2500, 'y') WHERE MOD(id, 3) = 0")
        connection.commit()
        assert "Finished backup" in host.rman(f"backup incremental level 1 {sections} database tag L1;\n")
        insert(connection, 1001)
        connection.cursor().execute("CREATE TABLE u AS SELECT * FROM t")
        host.sqlplus("alter system switch logfile;\n")
        insert(connection, 1002)
    host.sqlplus("shutdown abort\n")
    for name in ("users01.dbf", "system01.dbf"):
        os.unlink(os.path.join(host.host.data, name))
    assert "ORA-01157" in host.sqlplus("startup\n")
    text = host.rman("recover database;\n")
    assert "RMAN-06094: datafile 1 must be restored" in text
    text = host.rman("restore database;\n")
    assert "ORA-01113: file 1 needs media recovery" in host.sqlplus("alter database open;\n")
    found = host.sqlplus("set heading off feedback off\nselect file#, error, recover from v$datafile_header where file# in (1, 5) order by 1;\n"
                         "select count(*) from v$recover_file;\n")
    assert re.search(r"1\s+YES\s+5\s+YES\s+4\b", found), found
    text += host.rman("recover database;\nalter database open;\n")
    assert "RMAN-00571" not in text, text
    assert re.search(r"channel ORA_DISK_1: restoring datafile 00001 to .*system01.dbf", text) and "tag=L0" in text
    assert "starting incremental datafile backup set restore" in text and "tag=L1" in text
    assert "media recovery complete" in text
    assert rows(host) == (303, 1002)
    with host.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*), SUM(LENGTH(note)) FROM u")
        found = cursor.fetchall()
        cursor.execute("SELECT COUNT(*), SUM(LENGTH(note)) FROM t WHERE id <> 1002")
        assert cursor.fetchall() == found


def test_back_to_an_scn_and_a_new_incarnation(host: RmanHost) -> None:
    host.rman("backup database tag B;\n")
    with host.connect() as connection:
        insert(connection, 1000)
        [(scn,)] = connection.cursor().execute("SELECT current_scn FROM v$database").fetchall()
        insert(connection, 1001)
    host.sqlplus("shutdown immediate\nstartup mount\n")
    text = host.rman(f"run {{ set until scn {scn + 1}; restore database; recover database; }}\nalter database open;\n")
    assert "executing command: SET until clause" in text and "Finished recover" in text
    assert "ORA-01589" in text
    text = host.rman("alter database open resetlogs;\n")
    assert "RMAN-00571" not in text, text
    assert rows(host) == (301, 1000)
    found = host.sqlplus("set heading off feedback off\nselect incarnation#, status from v$database_incarnation order by 1;\n"
                         "select sequence# from v$log where status = 'CURRENT';\n")
    assert re.search(r"1\s+PARENT\s+2\s+CURRENT\s+1\b", found), found
    with host.connect() as connection:
        insert(connection, 2000)
    host.sqlplus("shutdown abort\nstartup\n")
    assert rows(host) == (302, 2000)
    assert "ORA-01139" in host.sqlplus("shutdown immediate\nstartup mount\nalter database open resetlogs;\n")


@pytest.mark.everything
def test_a_database_that_has_nothing_but_its_backups(host: RmanHost) -> None:
    """Control file from a piece, then everything; archived logs in the recovery area are found, and the one that was not archived is missed."""
    host.rman("configure controlfile autobackup on;\nbackup database plus archivelog;\n")
    with host.connect() as connection:
        insert(connection, 1000)
        host.sqlplus("alter system switch logfile;\n")
        insert(connection, 1001)
        [(dbid,)] = connection.cursor().execute("SELECT dbid FROM v$database").fetchall()
    host.sqlplus("shutdown abort\n")
    for pattern in ("*.dbf", "control*.ctl", "redo/*"):
        for path in glob.glob(os.path.join(host.host.data, pattern)):
            os.unlink(path)
    assert "ORA-00205" in host.sqlplus("startup\n")
    assert "RMAN-06563" in host.rman("restore controlfile;\n")
    text = host.rman(f"set dbid {dbid};\nrestore controlfile from autobackup;\nalter database mount;\nrestore database;\nrecover database;\n")
    assert "AUTOBACKUP" in text and re.search(r"RMAN-06054: media recovery requesting unknown archived log for thread 1 with sequence \d+", text), text
    text = host.rman("alter database open;\nalter database open resetlogs;\n")
    assert "ORA-01589" in text
    assert rows(host) == (301, 1000)


@pytest.mark.everything
def test_what_cannot_be_restored(host: RmanHost) -> None:
    assert re.search(r"RMAN-06026: some targets not found - aborting restore\nRMAN-06023: no backup or copy of datafile 1 found to restore",
                     host.rman("restore database validate;\n"))
    text = host.rman("backup tablespace users format '" + host.host.data + "/users_%U';\n")
    path = re.search(r"piece handle=(\S+users_\S+)", text)
    assert path is not None
    host.sqlplus("shutdown immediate\nstartup mount\n")
    os.rename(path[1], path[1] + ".gone")
    text = host.rman("restore tablespace users;\n")
    assert f"ORA-19870: error while restoring backup piece {path[1]}" in text and "ORA-19505" in text
    assert "ORA-01126" not in text
    os.rename(path[1] + ".gone", path[1])
    assert "RMAN-03031" in host.rman("set newname for datafile 4 to '/x';\n")
    new = os.path.join(host.host.data, "moved.dbf")
    text = host.rman(f"run {{ set newname for tablespace users to '{new}'; restore tablespace users; switch datafile all; recover tablespace users; }}\n"
                     "alter database open;\n")
    assert re.search(r"datafile 5 switched to datafile copy\ninput datafile copy RECID=\d+ STAMP=\d+ file name=" + new, text), text
    assert "RMAN-00571" not in text, text
    assert new in host.sqlplus("set linesize 300\nselect name from v$datafile;\n")
    assert rows(host) == (300, 299)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BACKUP of everything that there is in a database, and what RMAN remembers of it, on a host with a listener."""
from __future__ import annotations

import os
import pathlib
import re
from collections.abc import Iterator

import pytest
from oralab.errors import OraError
from oralab.storage import pieces
from oralab.storage.redo import read_header
from oralab.tools.rman_media import read_piece
from rman_rig import Rig


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """With a whole backup under the tag L0, the first that there is."""
    made = Rig(tmp_path_factory.mktemp("backup"))
    made.whole_backup = made.rman(
        "BACKUP INCREMENTAL LEVEL 0 TAG 'L0' FORMAT 'OUT/%d_%U' DATABASE;\nBACKUP TAG 'L0' FORMAT 'OUT/logs_%U' ARCHIVELOG ALL;\n"
        "BACKUP TAG 'L0' FORMAT 'OUT/standby_ctl_%U' CURRENT CONTROLFILE FOR STANDBY;\nBACKUP TAG 'L0' FORMAT 'OUT/spf_%U' SPFILE;\n")
    yield made
    made.host.stop()


def back_up_in_sections(rig: Rig, tag: str) -> str:
    return rig.rman("RUN { ALLOCATE CHANNEL a DEVICE TYPE DISK FORMAT 'OUT/s_%U'; ALLOCATE CHANNEL b DEVICE TYPE DISK FORMAT 'OUT/s_%U';\n"
                    f"BACKUP SECTION SIZE 16M TAG '{tag}' DATAFILE 1; }}\n")


def test_a_whole_backup_stands_on_its_own(rig: Rig) -> None:
    out = rig.whole_backup
    assert "including current control file in backup set" in out and "including standby control file in backup set" in out
    assert "current log archived" in out and re.search(r"input archived log thread=1 sequence=1 RECID=1 STAMP=\d+", out)
    found = [read_piece(handle) for handle in rig.pieces("L0")]
    assert all(os.path.exists(piece.handle) and piece.header.dbid == rig.query("SELECT dbid FROM v$database")[0][0] for piece in found)
    files = {file.number for piece in found for file in piece.header.files}
    assert files == {number for number, in rig.query("SELECT file# FROM v$datafile")}
    standby = next(piece for piece in found if piece.header.control_file == "STANDBY").contents()
    assert b"PHYSICAL STANDBY" in standby[pieces.CONTROL_FILE, 0]
    logs = next(piece for piece in found if piece.header.logs)
    copy = rig.out / "a log"
    sequence = logs.header.logs[0].sequence
    copy.write_bytes(logs.contents()[pieces.ARCHIVED_LOG, 0])
    header = read_header(str(copy))
    assert header is not None and header.sequence == sequence and header.next_scn


def test_views_tell_what_is_in_a_backup(rig: Rig) -> None:
    assert rig.query("SELECT DISTINCT controlfile_type FROM v$backup_datafile WHERE file# = 0 ORDER BY 1") == [("B",), ("S",)]
    assert rig.query("SELECT DISTINCT controlfile_included FROM v$backup_set ORDER BY 1") == [("NO",), ("SBY",), ("YES",)]
    assert rig.query("SELECT COUNT(*) FROM v$backup_set WHERE backup_type = 'L'")[0][0] >= 1
    assert rig.query("SELECT backup_count - (SELECT COUNT(*) FROM v$backup_redolog WHERE sequence# = 1) FROM v$archived_log WHERE sequence# = 1") == [(0,)]
    assert rig.query("SELECT backup_count FROM v$archived_log WHERE sequence# = 1")[0][0] >= 1
    assert rig.query("SELECT db_unique_name FROM v$backup_spfile")[0] == ("SALES",)
    done = rig.query("SELECT object_type, status FROM v$rman_status WHERE row_type = 'COMMAND' ORDER BY recid")
    assert done[:4] == [("DB INCR", "COMPLETED"), ("ARCHIVELOG", "COMPLETED"), ("CONTROLFILE", "COMPLETED"), ("SPFILE", "COMPLETED")]


def test_level_1_has_what_changed_since_its_parent(rig: Rig) -> None:
    rig.rman("BACKUP INCREMENTAL LEVEL 0 TAG 'WEEK' FORMAT 'OUT/w_%U' TABLESPACE users;\n")
    rig.query("UPDATE t SET c = 'y' WHERE n = 1")
    rig.rman("BACKUP INCREMENTAL LEVEL 1 TAG 'OTHER' FORMAT 'OUT/o_%U' TABLESPACE users;\n")
    rig.query("UPDATE t SET c = 'z' WHERE n = 2000")
    out = rig.rman("BACKUP AS COMPRESSED BACKUPSET INCREMENTAL LEVEL 1 FOR RECOVER OF TAG 'WEEK' TAG 'ONE' FORMAT 'OUT/i_%U' TABLESPACE users;\n"
                   "BACKUP INCREMENTAL LEVEL 1 CUMULATIVE TAG 'CUM' FORMAT 'OUT/c_%U' TABLESPACE users;\n"
                   "BACKUP INCREMENTAL LEVEL 1 TAG 'DIFF' FORMAT 'OUT/f_%U' TABLESPACE users;\n")
    assert "starting compressed incremental level 1 datafile backup set" in out
    count = {tag: len({number for _, number, _ in read_piece(rig.pieces(tag)[0]).blocks()}) for tag in ("WEEK", "OTHER", "ONE", "CUM", "DIFF")}
    assert count["WEEK"] > 10 and count["OTHER"] == 2 and count["ONE"] == 3 and count["CUM"] == 3
    # The parent of the last one is the newest of all, and nothing has changed since.
    assert count["DIFF"] == 1
    assert rig.query("SELECT compressed FROM v$backup_piece WHERE tag = 'ONE'") == [("YES",)]
    assert rig.query("SELECT COUNT(*) FROM v$backup_datafile d JOIN v$backup_piece p ON p.set_count = d.set_count WHERE p.tag = 'ONE' "
                     "AND d.incremental_change# > 0 AND d.incremental_level = 1")[0][0] == 1


def test_sections_of_a_file_are_pieces_of_one_set(rig: Rig) -> None:
    out = back_up_in_sections(rig, "SECT")
    size = rig.query("SELECT blocks FROM v$datafile WHERE file# = 1")[0][0]
    number = -(-size // 2048)
    assert out.count("backing up blocks ") == number and f"backing up blocks 1 through {2048}" in out
    found = rig.query("SELECT s.pieces, s.multi_section, p.piece# FROM v$backup_set s JOIN v$backup_piece p ON p.set_count = s.set_count "
                      "JOIN v$backup_datafile d ON d.set_count = s.set_count WHERE p.tag = 'SECT' AND d.file# = 1 ORDER BY p.piece#")
    assert found == [(number, "YES", piece) for piece in range(1, number + 1)]
    parts = [read_piece(handle).header.files for handle in rig.pieces("SECT")]
    sections = sorted((file.first_block, file.last_block) for files in parts for file in files if file.number == 1 and len(files) == 1)
    assert sections[0][0] == 0 and sections[-1][1] == size and all(one[1] == two[0] for one, two in zip(sections, sections[1:]))


def test_encrypted_backups_open_for_their_password_alone(rig: Rig) -> None:
    out = rig.rman("BACKUP TAG 'CLEAR' FORMAT 'OUT/x_%U' TABLESPACE users;\n"
                   "SET ENCRYPTION ON IDENTIFIED BY 'Oracle_1' ONLY;\nBACKUP TAG 'ENC' FORMAT 'OUT/e_%U' TABLESPACE users;\n")
    assert "executing command: SET encryption" in out
    handle = rig.pieces("ENC")[0]
    assert rig.query("SELECT encrypted FROM v$backup_piece WHERE tag = 'ENC'") == [("YES",)]
    clear = read_piece(rig.pieces("CLEAR")[0])
    block = [data for _, number, data in clear.blocks() if number][0]
    assert block in pathlib.Path(clear.handle).read_bytes() and block[:64] not in pathlib.Path(handle).read_bytes()
    assert len(list(read_piece(handle, secrets=(b"wrong", b"Oracle_1")).blocks())) > 10
    with pytest.raises(OraError) as caught:
        list(read_piece(handle, secrets=(b"wrong",)).blocks())
    assert caught.value.code == 19870 and "ORA-19913: unable to decrypt backup" in caught.value.text
    assert "ORA-19914: unable to encrypt backup\nORA-28365: wallet is not open" in rig.rman(
        "SET ENCRYPTION ON;\nBACKUP FORMAT 'OUT/n_%U' TABLESPACE users;\n", ok=False)
    assert not list(rig.out.glob("n_*"))


def test_an_open_keystore_encrypts_and_a_password_beside_it_opens_too(rig: Rig) -> None:
    wallet = pathlib.Path(rig.host.directory, "admin", "SALES", "wallet")
    wallet.mkdir(parents=True)
    for command in ("CREATE KEYSTORE", "SET KEYSTORE OPEN", "SET KEY"):
        clause = f" '{wallet}'" if command.startswith("CREATE") else ""
        backup = " WITH BACKUP" if command == "SET KEY" else ""
        rig.query_as_sys(f"ADMINISTER KEY MANAGEMENT {command}{clause} IDENTIFIED BY \"Keys_1\"{backup}")
    rig.rman("SET ENCRYPTION ON;\nBACKUP TAG 'TDE' FORMAT 'OUT/tde_%U' TABLESPACE users;\n"
             "SET ENCRYPTION ON IDENTIFIED BY 'both';\nBACKUP TAG 'DUAL' FORMAT 'OUT/dual_%U' TABLESPACE users;\n")
    assert [lock.keystore for lock in read_piece(rig.pieces("TDE")[0]).header.encryption.locks] == [True]   # type: ignore[union-attr]
    assert list(read_piece(rig.pieces("DUAL")[0], secrets=(b"both",)).blocks())
    # Blocks of an encrypted tablespace are as good as others.
    rig.query_as_sys(f"CREATE TABLESPACE hold DATAFILE '{rig.host.data}/hold.dbf' SIZE 1M ENCRYPTION USING 'AES256' ENCRYPT")
    rig.query_as_sys("CREATE TABLE system.cargo (what VARCHAR2(40)) TABLESPACE hold")
    rig.query_as_sys("INSERT INTO system.cargo VALUES ('MOORED AT QUAY SEVENTEEN')")
    rig.rman("BACKUP TAG 'HOLD' FORMAT 'OUT/hold_%U' TABLESPACE hold;\nBACKUP VALIDATE TABLESPACE hold;\n")
    assert b"SEVENTEEN" not in pathlib.Path(rig.pieces("HOLD")[0]).read_bytes()
    rig.rman("RESTORE DATABASE VALIDATE FROM TAG 'TDE';\n", ok=False)   # other files have none under this tag
    assert "Finished restore" in rig.rman("RESTORE TABLESPACE users VALIDATE FROM TAG 'TDE';\n")
    rig.query_as_sys('ADMINISTER KEY MANAGEMENT SET KEYSTORE CLOSE IDENTIFIED BY "Keys_1"')
    assert "ORA-28365: wallet is not open" in rig.rman("RESTORE TABLESPACE users VALIDATE FROM TAG 'TDE';\n", ok=False)


def test_autobackups_follow_every_backup(rig: Rig) -> None:
    out = rig.rman("CONFIGURE CONTROLFILE AUTOBACKUP ON;\nCONFIGURE CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE DISK TO 'OUT/%F';\n"
                   "BACKUP TAG 'AUTO' FORMAT 'OUT/a_%U' TABLESPACE users;\nBACKUP TAG 'AUTO' FORMAT 'OUT/b_%U' TABLESPACE users;\n")
    names = re.findall(r"Starting Control File and SPFILE Autobackup at .*\npiece handle=(\S+) comment=NONE\n"
                       r"Finished Control File and SPFILE Autobackup at ", out)
    dbid = rig.query("SELECT dbid FROM v$database")[0][0]
    assert [re.sub(r"-\d{8}-", "-DAY-", pathlib.Path(name).name) for name in names] == [f"c-{dbid}-DAY-00", f"c-{dbid}-DAY-01"]
    piece = read_piece(names[1])
    assert piece.header.control_file == "CURRENT" and piece.header.spfile and piece.header.autobackup
    out = rig.rman("CONFIGURE CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE DISK CLEAR;\nBACKUP TAG 'AUTO' SPFILE;\n")
    assert re.search(r"piece handle=\S+/SALES/autobackup/\d{4}_\d\d_\d\d/o1_mf_s_\S+\.bkp comment=NONE", out)
    rig.rman("CONFIGURE CONTROLFILE AUTOBACKUP CLEAR;\n")


def test_configuration_as_the_view_has_it(rig: Rig) -> None:
    out = rig.rman("CONFIGURE DEVICE TYPE DISK PARALLELISM 2;\nCONFIGURE CHANNEL DEVICE TYPE sbt PARMS 'SBT_LIBRARY=/l.so';\n"
                   "CONFIGURE DEFAULT DEVICE TYPE TO DISK;\nSHOW ALL;\n")
    found = dict(rig.query("SELECT name, value FROM v$rman_configuration"))
    assert found["DEVICE TYPE"] == "DISK PARALLELISM 2 BACKUP TYPE TO BACKUPSET"
    assert found["CHANNEL"] == "DEVICE TYPE 'SBT_TAPE' PARMS 'SBT_LIBRARY=/l.so'"
    assert "CONFIGURE DEVICE TYPE DISK PARALLELISM 2 BACKUP TYPE TO BACKUPSET;\n" in out and "CONFIGURE BACKUP OPTIMIZATION OFF; # default\n" in out
    assert re.search(r"CONFIGURE SNAPSHOT CONTROLFILE NAME TO '\S+/dbs/snapcf_sales.f'; # default\n", out)
    rig.rman("CONFIGURE DEVICE TYPE DISK CLEAR;\nCONFIGURE CHANNEL DEVICE TYPE sbt CLEAR;\nCONFIGURE DEFAULT DEVICE TYPE CLEAR;\n")
    assert rig.query("SELECT COUNT(*) FROM v$rman_configuration") == [(0,)]


def test_plus_archivelog_backs_up_what_the_backup_needs(rig: Rig) -> None:
    out = rig.rman("BACKUP TAG 'PLUS' FORMAT 'OUT/p_%U' TABLESPACE users PLUS ARCHIVELOG TAG 'PLOG' FORMAT 'OUT/l_%U';\n")
    assert out.count("current log archived") == 2 and out.count("Finished backup at") == 3 and "already backed up" in out
    checkpoint = rig.query("SELECT MAX(d.checkpoint_change#) FROM v$backup_datafile d JOIN v$backup_piece p ON p.set_count = d.set_count WHERE p.tag = 'PLUS'")
    logs = rig.query("SELECT MIN(l.first_change#), MAX(l.next_change#) FROM v$backup_redolog l JOIN v$backup_piece p ON p.set_count = l.set_count "
                     "WHERE p.tag = 'PLOG'")
    assert logs[0][0] < checkpoint[0][0] < logs[0][1]


def test_logs_that_are_gone_stop_their_backup(rig: Rig) -> None:
    rig.rman("SQL 'ALTER SYSTEM ARCHIVE LOG CURRENT';\n")
    name, sequence = rig.query("SELECT name, sequence# FROM v$archived_log ORDER BY sequence# DESC")[0]
    os.rename(name, name + ".away")
    out = rig.rman(f"BACKUP FORMAT 'OUT/g_%U' ARCHIVELOG FROM SEQUENCE {sequence};\n", ok=False)
    assert "RMAN-06059: expected archived log not found" in out and f"ORA-19625: error identifying file {name}" in out
    out = rig.rman("CROSSCHECK ARCHIVELOG ALL;\nLIST EXPIRED ARCHIVELOG ALL;\n")
    assert "validation failed for archived log" in out and name in out
    os.rename(name + ".away", name)
    out = rig.rman(f"CROSSCHECK ARCHIVELOG ALL;\nBACKUP FORMAT 'OUT/g_%U' ARCHIVELOG SEQUENCE {sequence} DELETE INPUT;\n")
    assert f"deleting archived log(s)\narchived log file name={name} RECID=" in out and not os.path.exists(name)
    assert rig.query("SELECT deleted, status, name FROM v$archived_log WHERE sequence# = :n", n=sequence) == [("YES", "D", None)]
    assert "specification does not match any archived log" in rig.rman(f"BACKUP ARCHIVELOG SEQUENCE {sequence};\n")


def test_what_is_forgotten_is_cataloged_again(rig: Rig) -> None:
    before = rig.query("SELECT d.file#, d.checkpoint_change#, d.incremental_level FROM v$backup_datafile d JOIN v$backup_piece p "
                       "ON p.set_count = d.set_count WHERE p.tag = 'L0' ORDER BY 1, 2")
    handles = rig.pieces("L0")
    out = rig.rman("CHANGE BACKUP TAG 'L0' UNCATALOG;\n")
    assert "uncataloged backup piece" in out and rig.pieces("L0") == [] and all(os.path.exists(handle) for handle in handles)
    (rig.out / "SALES_stray").write_text("no piece")
    out = rig.rman("CATALOG START WITH 'OUT/' NOPROMPT;\n")
    assert "searching for all files that match the pattern" in out and "List of Files Which Were Not Cataloged" in out
    assert sorted(rig.pieces("L0")) == sorted(handles)
    assert rig.query("SELECT d.file#, d.checkpoint_change#, d.incremental_level FROM v$backup_datafile d JOIN v$backup_piece p "
                     "ON p.set_count = d.set_count WHERE p.tag = 'L0' ORDER BY 1, 2") == before
    assert "ORA-19870" in rig.rman("CATALOG BACKUPPIECE 'OUT/SALES_stray';\n", ok=False)


def test_pieces_that_are_gone_expire_and_are_deleted(rig: Rig) -> None:
    back_up_in_sections(rig, "GONE")
    handle = rig.pieces("GONE")[0]
    os.unlink(handle)
    out = rig.rman("CROSSCHECK BACKUP TAG 'GONE';\nLIST BACKUP TAG 'GONE';\n")
    assert "found to be 'EXPIRED'" in out and "Status: EXPIRED" in out and handle not in rig.pieces("GONE")
    assert "Deleted 1 EXPIRED objects" in rig.rman("DELETE NOPROMPT EXPIRED BACKUP TAG 'GONE';\n")
    rest = rig.pieces("GONE")
    out = rig.rman("CHANGE BACKUP TAG 'GONE' UNAVAILABLE;\nCHANGE BACKUP TAG 'GONE' AVAILABLE;\nDELETE NOPROMPT BACKUP TAG 'GONE';\n")
    assert rest and "changed backup piece unavailable" in out and not any(os.path.exists(path) for path in rest) and rig.pieces("GONE") == []


def test_kept_backups_say_until_when(rig: Rig) -> None:
    rig.rman("BACKUP TAG 'KEPT' FORMAT 'OUT/k_%U' KEEP UNTIL TIME 'SYSDATE+60' TABLESPACE users;\n")
    assert rig.query("SELECT s.keep, ROUND(s.keep_until - SYSDATE), s.keep_options FROM v$backup_set s JOIN v$backup_piece p "
                     "ON p.set_count = s.set_count WHERE p.tag = 'KEPT'") == [("YES", 60, "LOGS")]
    assert "ORA-19811: cannot have files in DB_RECOVERY_FILE_DEST with keep attributes" in rig.rman(
        "BACKUP KEEP FOREVER TABLESPACE users;\n", ok=False)
    assert "RMAN-06578: INCREMENTAL LEVEL > 0 must be specified" in rig.rman("BACKUP INCREMENTAL LEVEL 0 FOR RECOVER OF TAG x DATABASE;\n", ok=False)


def test_without_archivelog_an_open_database_is_not_backed_up(rig: Rig) -> None:
    rig.rman("SHUTDOWN IMMEDIATE;\nSTARTUP MOUNT;\nALTER DATABASE NOARCHIVELOG;\nALTER DATABASE OPEN;\n")
    assert "RMAN-06149: cannot BACKUP DATABASE in NOARCHIVELOG mode" in rig.rman("BACKUP DATABASE;\n", ok=False)
    out = rig.rman("SHUTDOWN IMMEDIATE;\nSTARTUP MOUNT;\nBACKUP TAG 'COLD' FORMAT 'OUT/cold_%U' DATABASE;\nALTER DATABASE ARCHIVELOG;\nALTER DATABASE OPEN;\n")
    assert "Finished backup at" in out and rig.pieces("COLD")


@pytest.mark.everything
def test_instances_share_the_snapshot_control_file(tmp_path: pathlib.Path) -> None:
    cluster = Rig(tmp_path, ("sales1", "sales2"))
    try:
        assert cluster.query("SELECT COUNT(*) FROM gv$instance WHERE status = 'OPEN'") == [(2,)]
        out = cluster.rman("BACKUP FORMAT 'OUT/%U' CURRENT CONTROLFILE;\n", ok=False)
        assert "ORA-00245: control file backup failed; in Oracle RAC, target might not be on shared storage" in out and not list(cluster.out.iterdir())
        cluster.rman("CONFIGURE SNAPSHOT CONTROLFILE NAME TO 'OUT/snapcf.f';\nBACKUP FORMAT 'OUT/%U' CURRENT CONTROLFILE;\n")
        out = cluster.rman("BACKUP FORMAT 'OUT/%U' ARCHIVELOG ALL;\n")
        assert "thread=1 sequence=" in out and "thread=2 sequence=" in out
    finally:
        cluster.host.stop()

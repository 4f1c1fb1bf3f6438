# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RESTORE ... AS ENCRYPTED out of backups that are not: what comes back is encrypted, and as new as the redo that is there."""
from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host
from rman_host import RmanHost

SPEC = DatabaseSpec("PROD", sid="prod", log_mode="ARCHIVELOG", passwords={"SYS": "sys_1", "SYSTEM": "system_1"})
MANAGE, HUSH = "ADMINISTER KEY MANAGEMENT ", ' IDENTIFIED BY "Keys_1"'
WORD = "MOORED AT QUAY SEVENTEEN"
ROWS = "SELECT COUNT(*), SUM(LENGTH(note)) FROM cargo"

pytestmark = pytest.mark.everything


@pytest.fixture
def host(tmp_path: pathlib.Path) -> Iterator[RmanHost]:
    made = RmanHost(Host(str(tmp_path / "prod")), SPEC)
    with made.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE cargo (id NUMBER, note VARCHAR2(4000)) TABLESPACE users")
        cursor.executemany("INSERT INTO cargo VALUES (:1, :2)", [(number, WORD + "x" * (number * 11 % 3900)) for number in range(100)])
        connection.commit()
    yield made
    made.host.stop(abort=True)


def in_clear(host: RmanHost) -> list[str]:
    return sorted(path.name for path in pathlib.Path(host.host.data).glob("*.dbf") if WORD.encode() in path.read_bytes())


def test_files_are_encrypted_while_they_are_restored(host: RmanHost) -> None:
    wallet = pathlib.Path(host.host.directory, "admin", "PROD", "wallet")
    wallet.mkdir(parents=True)
    assert "Finished backup" in host.rman("backup incremental level 0 database tag L0;\n")
    with host.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"UPDATE cargo SET note = '{WORD}' || RPAD('y', 2500, 'y') WHERE MOD(id, 3) = 0")
        connection.commit()
        host.rman("backup incremental level 1 database tag L1;\n")
        cursor.execute(f"INSERT INTO cargo VALUES (20000, '{WORD} later')")
        connection.commit()
        cursor.execute(ROWS)
        before = cursor.fetchall()
    host.sqlplus("shutdown immediate\nstartup mount\n")
    assert in_clear(host) == ["users01.dbf"]

    # There is no keystore, then no key in it.
    refused = "ORA-19870: error while restoring backup piece {}".format
    text = host.rman("restore database as encrypted;\n")
    assert refused("") in text and "ORA-28365: wallet is not open" in text, text
    host.sqlplus(f"{MANAGE}CREATE KEYSTORE '{wallet}'{HUSH};\n{MANAGE}SET KEYSTORE OPEN{HUSH};\n")
    text = host.rman("restore database as encrypted;\n")
    assert refused("") in text and "ORA-28374: typed master key not found in wallet" in text, text
    assert "RMAN-05139: incompatible use of AS ENCRYPTED or AS DECRYPTED option in restore" in host.rman("restore datafile 1 as encrypted;\n")
    assert "RMAN-05139" in host.rman("restore as encrypted archivelog all;\n")
    host.sqlplus("alter database open;\n")
    host.sqlplus(f"{MANAGE}SET KEY{HUSH} WITH BACKUP;\nshutdown abort\nstartup mount\n{MANAGE}SET KEYSTORE OPEN{HUSH};\n")

    text = host.rman("restore tablespace users as encrypted;\nrestore database as encrypted;\nrecover database;\nalter database open;\n")
    assert "RMAN-00571" not in text and "Statement processed" in text, text
    with host.connect() as connection, connection.cursor() as cursor:
        cursor.execute(ROWS)
        assert cursor.fetchall() == before
        cursor.execute("SELECT tablespace_name FROM dba_tablespaces WHERE encrypted = 'YES' ORDER BY tablespace_name")
        assert [name for name, in cursor.fetchall()] == ["SYSAUX", "SYSTEM", "UNDOTBS1", "USERS"]
        cursor.execute("SELECT DISTINCT e.encryptionalg, e.encryptedts, e.status FROM v$encrypted_tablespaces e")
        assert cursor.fetchall() == [("AES128", "YES", "NORMAL")]
        cursor.execute(f"INSERT INTO cargo VALUES (20001, '{WORD} afterwards')")
        connection.commit()
    host.sqlplus("alter system checkpoint;\n")
    assert in_clear(host) == []

    # The database opens with its key alone, and nothing is lost by a crash.
    host.sqlplus("shutdown abort\n")
    assert "ORA-28365" in host.sqlplus("startup\n")
    host.sqlplus(f"{MANAGE}SET KEYSTORE OPEN{HUSH};\nalter database open;\n")
    with host.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT note FROM cargo WHERE id = 20001")
        assert cursor.fetchall() == [(f"{WORD} afterwards",)]


def test_a_database_of_an_older_compatible_does_not(tmp_path: pathlib.Path) -> None:
    older = RmanHost(Host(str(tmp_path / "older")), DatabaseSpec("OLDER", sid="older", log_mode="ARCHIVELOG", compatible="12.1.0", passwords=SPEC.passwords))
    older.sqlplus("shutdown immediate\nstartup mount\n")
    assert "ORA-45911: cannot restore as encrypted/decrypted on database with compatibility below 12.2" in older.rman("restore database as encrypted;\n")
    older.host.stop(abort=True)

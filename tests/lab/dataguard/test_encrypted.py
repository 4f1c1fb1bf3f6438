# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A standby of a database with encrypted tablespaces: it needs the keystore, and again what was added to it."""
from __future__ import annotations

import os
import shutil

from pair import Member, add_standby_logs, await_that, ship

MANAGE = "ADMINISTER KEY MANAGEMENT "
HUSH = 'IDENTIFIED BY "hush"'
APPLY = "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DISCONNECT FROM SESSION"


def place(member: Member) -> str:
    found = str(member.database.keystore.directory)
    os.makedirs(found, exist_ok=True)
    return found


def copied(source: Member, target: Member) -> None:
    shutil.copy(os.path.join(place(source), "ewallet.p12"), place(target))


def opened(member: Member) -> None:
    member.sql(f"{MANAGE}SET KEYSTORE OPEN {HUSH}")


def applying(member: Member) -> bool:
    return bool(member.one("SELECT COUNT(*) FROM v$managed_standby WHERE process = 'MRP0'"))


def test_redo_of_an_encrypted_tablespace_waits_for_the_keystore(source: Member, target: Member) -> None:
    source.sql(f"{MANAGE}CREATE KEYSTORE '{place(source)}' {HUSH}")
    opened(source)
    source.sql(f"{MANAGE}SET KEY {HUSH} WITH BACKUP")
    add_standby_logs(target)
    ship(source, target)
    target.sql(APPLY)
    source.sql(f"CREATE TABLESPACE hold DATAFILE '{source.database.directory}/hold.dbf' SIZE 1M ENCRYPTION USING 'AES256' ENCRYPT")
    source.sql("CREATE TABLE app.cargo (id NUMBER PRIMARY KEY, what VARCHAR2(40)) TABLESPACE hold")
    source.sql("ALTER USER app QUOTA UNLIMITED ON hold")
    source.sql("INSERT INTO app.cargo VALUES (1, 'MOORED AT QUAY SEVENTEEN')")
    await_that(lambda: not applying(target))
    copied(source, target)
    opened(target)
    target.sql(APPLY)
    scn = source.one("SELECT current_scn FROM v$database")
    await_that(lambda: target.one("SELECT current_scn FROM v$database") >= scn)
    target.sql("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL")
    target.sql("ALTER DATABASE OPEN READ ONLY")
    assert target.sql("SELECT id, what FROM app.cargo") == [(1, "MOORED AT QUAY SEVENTEEN")]
    with open(os.path.join(target.database.directory, "hold.dbf"), "rb") as file:
        assert b"SEVENTEEN" not in file.read()

    # A key that was made later is in the primary's keystore alone.
    source.sql(f"{MANAGE}SET KEY {HUSH} WITH BACKUP")
    scn = source.one("SELECT current_scn FROM v$database")
    target.sql(APPLY)
    await_that(lambda: target.one("SELECT current_scn FROM v$database") >= scn)
    assert "ORA-28374" in failure(target)
    target.sql(f"{MANAGE}SET KEYSTORE CLOSE {HUSH}")
    assert "ORA-28365" in failure(target)
    copied(source, target)
    opened(target)
    assert target.one("SELECT COUNT(*) FROM app.cargo") == 1


def test_what_one_side_alone_has_encrypted_stays_so_whatever_redo_tells(source: Member, target: Member) -> None:
    source.sql(f"{MANAGE}CREATE KEYSTORE '{place(source)}' {HUSH}")
    opened(source)
    source.sql(f"{MANAGE}SET KEY {HUSH} WITH BACKUP")
    copied(source, target)
    opened(target)
    target.database.store.encrypt_restored("USERS", "AES128")
    add_standby_logs(target)
    ship(source, target)
    target.sql(APPLY)
    source.sql("CREATE TABLE app.cargo (id NUMBER PRIMARY KEY, what VARCHAR2(40)) TABLESPACE users")
    source.sql("INSERT INTO app.cargo VALUES (1, 'MOORED AT QUAY SEVENTEEN')")
    source.sql("ALTER TABLESPACE users READ ONLY")
    scn = source.one("SELECT current_scn FROM v$database")
    await_that(lambda: target.one("SELECT current_scn FROM v$database") >= scn)
    target.sql("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL")
    assert target.sql("SELECT encryptedts, status FROM v$encrypted_tablespaces") == [("YES", "UNKNOWN")]
    target.sql("ALTER DATABASE OPEN READ ONLY")
    for member, encrypted in ((source, "NO"), (target, "YES")):
        assert member.sql("SELECT encrypted, status FROM dba_tablespaces WHERE tablespace_name = 'USERS'") == [(encrypted, "READ ONLY")]
        assert member.sql("SELECT id, what FROM app.cargo") == [(1, "MOORED AT QUAY SEVENTEEN")]
        with open(os.path.join(member.database.directory, "users01.dbf"), "rb") as file:
            assert (b"SEVENTEEN" in file.read()) is (encrypted == "NO")
    # Another copy gets the same key, and could follow this one.
    assert source.database.store.encrypt_restored("USERS", "AES128") == target.database.store.tablespace_key("USERS")


def failure(member: Member) -> str:
    from oralab.errors import OraError
    try:
        member.sql("SELECT * FROM app.cargo")
    except OraError as error:
        return str(error)
    return ""

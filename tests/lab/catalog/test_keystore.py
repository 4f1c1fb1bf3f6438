# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keystores and what they protect: opening and closing, master keys, and blocks that nobody reads without them."""
from __future__ import annotations

import pathlib
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from oralab.api import Logon
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.errors import OraError

MANAGE = "ADMINISTER KEY MANAGEMENT "
HUSH = 'IDENTIFIED BY "hush"'
SECRET = "MOORED AT QUAY SEVENTEEN"


def make(directory: pathlib.Path, name: str = "VAULT", **more: Any) -> tuple[Database, Any]:
    parameters = {"wallet_root": str(directory / "root"), "tde_configuration": "KEYSTORE_CONFIGURATION=FILE"}
    database = Database.create(str(directory / name.lower()), DatabaseSpec(name=name, parameters=more.pop("parameters", parameters), **more))
    return database, logon(database)


def logon(database: Database, user: str = "SYS", privilege: str = "SYSDBA") -> Any:
    return database.logon(Logon(user, database.spec.default_service, privilege, os_authenticated=bool(privilege)))


@pytest.fixture
def vault(tmp_path: pathlib.Path) -> Iterator[tuple[Database, Any]]:
    database, sys = make(tmp_path)
    yield database, sys
    if database.state != "DOWN":
        database.shutdown("ABORT")


def state(sys: Any) -> tuple[str, str]:
    (row,) = sys.sql("SELECT status, wallet_type FROM v$encryption_wallet")
    return row


def opened(sys: Any) -> None:
    for words in ("CREATE KEYSTORE " + HUSH, "SET KEYSTORE OPEN " + HUSH, f"SET KEY {HUSH} WITH BACKUP"):
        sys.sql(MANAGE + words)


def restarted(database: Database, to: str = "OPEN", mode: str = "IMMEDIATE") -> Any:
    database.shutdown(mode)
    database.startup(to)
    return logon(database)


Fails = Callable[[Any, str], int]


def test_a_keystore_is_made_opened_and_given_a_key(vault: tuple[Database, Any], fails: Fails, tmp_path: pathlib.Path) -> None:
    _, sys = vault
    assert state(sys) == ("NOT_AVAILABLE", "UNKNOWN")
    assert fails(sys, f"{MANAGE}SET KEYSTORE OPEN {HUSH}") == 28367
    sys.sql(f"{MANAGE}CREATE KEYSTORE {HUSH}")
    assert state(sys) == ("CLOSED", "UNKNOWN") and (tmp_path / "root" / "tde" / "ewallet.p12").stat().st_mode & 0o777 == 0o600
    assert fails(sys, f"{MANAGE}CREATE KEYSTORE {HUSH}") == 46630
    assert fails(sys, f"{MANAGE}SET KEY {HUSH} WITH BACKUP") == 46658
    assert fails(sys, f'{MANAGE}SET KEYSTORE OPEN IDENTIFIED BY "wrong"') == 28353
    sys.sql(f"{MANAGE}SET KEYSTORE OPEN {HUSH}")
    assert state(sys) == ("OPEN_NO_MASTER_KEY", "PASSWORD")
    assert fails(sys, f"{MANAGE}SET KEYSTORE OPEN {HUSH}") == 28354
    assert fails(sys, f"{MANAGE}SET KEY {HUSH}") == 46631 and fails(sys, f'{MANAGE}SET KEY IDENTIFIED BY "wrong" WITH BACKUP') == 46627
    sys.sql(f"{MANAGE}SET KEY USING TAG 'first' {HUSH} WITH BACKUP USING 'before'")
    assert state(sys) == ("OPEN", "PASSWORD") and len(list((tmp_path / "root" / "tde").glob("ewallet_*_before.p12"))) == 1
    ((key, tag, name, origin, kept),) = sys.sql("SELECT key_id, tag, creator_dbname, origin, backed_up FROM v$encryption_keys")
    assert len(key) == 52 and (tag, name, origin, kept) == ("first", "VAULT", "LOCAL", "NO")
    sys.sql(f"{MANAGE}BACKUP KEYSTORE USING 'after' {HUSH}")
    assert sys.sql("SELECT fully_backed_up FROM v$encryption_wallet") == [("YES",)]
    assert fails(sys, f"{MANAGE}SET KEYSTORE CLOSE") == 28390 and fails(sys, f'{MANAGE}SET KEYSTORE CLOSE IDENTIFIED BY "wrong"') == 28391
    sys.sql(f"{MANAGE}SET KEYSTORE CLOSE {HUSH}")
    assert state(sys) == ("CLOSED", "UNKNOWN") and fails(sys, f"{MANAGE}SET KEYSTORE CLOSE {HUSH}") == 28365
    assert sys.sql("SELECT COUNT(*) FROM v$encryption_keys") == [(0,)]


def test_an_auto_login_keystore_opens_by_itself(vault: tuple[Database, Any], fails: Fails, tmp_path: pathlib.Path) -> None:
    database, sys = vault
    opened(sys)
    assert fails(sys, f"{MANAGE}CREATE AUTO_LOGIN KEYSTORE FROM KEYSTORE '{tmp_path}/root/tde' IDENTIFIED BY \"wrong\"") == 46627
    sys.sql(f"{MANAGE}CREATE AUTO_LOGIN KEYSTORE FROM KEYSTORE '{tmp_path}/root/tde/' {HUSH}")
    assert fails(sys, f"{MANAGE}CREATE LOCAL AUTO_LOGIN KEYSTORE FROM KEYSTORE '{tmp_path}/root/tde' {HUSH}") == 46630
    assert state(sys) == ("OPEN", "PASSWORD")
    sys = restarted(database)
    assert state(sys) == ("OPEN", "AUTOLOGIN")
    assert fails(sys, f"{MANAGE}SET KEY {HUSH} WITH BACKUP") == 28417 and fails(sys, f"{MANAGE}SET KEYSTORE CLOSE {HUSH}") == 28389
    sys.sql(f"{MANAGE}SET KEY FORCE KEYSTORE {HUSH} WITH BACKUP")
    assert sys.sql("SELECT COUNT(*) FROM v$encryption_keys") == [(2,)]
    sys.sql(f"{MANAGE}SET KEYSTORE CLOSE")
    assert state(sys) == ("OPEN", "AUTOLOGIN")     # at once again
    sys.sql(f"{MANAGE}SET KEYSTORE OPEN FORCE KEYSTORE {HUSH}")
    assert state(sys) == ("OPEN", "PASSWORD")
    assert restarted(database).sql("SELECT COUNT(*) FROM v$encryption_keys") == [(2,)]     # the file follows the keystore


def test_a_local_auto_login_keystore_opens_on_its_host_alone(tmp_path: pathlib.Path) -> None:
    one, sys = make(tmp_path, "ONE", host="quay")
    opened(sys)
    sys.sql(f"{MANAGE}CREATE LOCAL AUTO_LOGIN KEYSTORE FROM KEYSTORE '{tmp_path}/root/tde' {HUSH}")
    assert state(restarted(one)) == ("OPEN", "LOCAL_AUTOLOGIN")
    shutil.copytree(tmp_path / "root", tmp_path / "copied")
    other, sys = make(tmp_path, "OTHER", host="harbour", parameters={
        "wallet_root": f"{tmp_path}/copied", "tde_configuration": "KEYSTORE_CONFIGURATION=FILE"})
    assert state(sys) == ("CLOSED", "UNKNOWN")
    sys.sql(f"{MANAGE}SET KEYSTORE OPEN {HUSH}")
    assert state(sys) == ("OPEN", "PASSWORD")
    one.shutdown("ABORT")
    other.shutdown("ABORT")


@pytest.mark.parametrize("release, version", [("19", "19.3.0.0.0"), ("12.1", "12.1.0.2.0")])
def test_where_a_keystore_is(tmp_path: pathlib.Path, release: str, version: str) -> None:
    home = tmp_path / "home"
    (home / "network" / "admin").mkdir(parents=True)
    (home / "dbs").mkdir()
    database, sys = make(tmp_path, parameters={}, oracle_home=str(home), release=release, version=version, compatible=version)
    place = "SELECT wrl_parameter FROM v$encryption_wallet"
    assert sys.sql(place) == [(f"{tmp_path}/admin/VAULT/wallet/",)]
    (home / "network" / "admin" / "sqlnet.ora").write_text(
        f"ENCRYPTION_WALLET_LOCATION =\n (SOURCE = (METHOD = FILE)\n  (METHOD_DATA =\n (DIRECTORY = {tmp_path}/net/$ORACLE_SID)))\n")
    assert sys.sql(place) == [(f"{tmp_path}/net/VAULT/",)]
    database.shutdown("ABORT")


def test_only_keepers_of_keys_administer_them(vault: tuple[Database, Any], fails: Fails) -> None:
    database, sys = vault
    sys.sql('CREATE USER clerk IDENTIFIED BY "x"')
    sys.sql("GRANT CREATE SESSION TO clerk")
    clerk = logon(database, "CLERK", "")
    assert fails(clerk, f"{MANAGE}CREATE KEYSTORE {HUSH}") == 1031
    sys.sql("GRANT ADMINISTER KEY MANAGEMENT TO clerk")
    clerk.sql(f"{MANAGE}CREATE KEYSTORE {HUSH}")
    assert fails(clerk, f"{MANAGE}SET KEYSTORE OPEN") == 988
    keeper = logon(restarted(database, "STARTED").database, privilege="SYSKM")
    keeper.sql(f"{MANAGE}SET KEYSTORE OPEN {HUSH}")
    assert state(keeper) == ("OPEN_NO_MASTER_KEY", "PASSWORD") and fails(keeper, f"{MANAGE}SET KEY {HUSH} WITH BACKUP") == 1109


def test_passwords_change_and_keys_travel(vault: tuple[Database, Any], fails: Fails, tmp_path: pathlib.Path) -> None:
    database, sys = vault
    opened(sys)
    sys.sql(f"{MANAGE}ALTER KEYSTORE PASSWORD {HUSH} SET \"new\" WITH BACKUP")
    file = tmp_path / "keys.exp"
    export = f"{MANAGE}EXPORT KEYS WITH SECRET \"s\" TO '{file}' IDENTIFIED BY \"new\""
    sys.sql(export)
    assert fails(sys, export) == 46642
    other, theirs = make(tmp_path, "OTHER", parameters={"wallet_root": f"{tmp_path}/other_root", "tde_configuration": "KEYSTORE_CONFIGURATION=FILE"})
    opened(theirs)
    theirs.sql(f"{MANAGE}IMPORT KEYS WITH SECRET \"s\" FROM '{file}' {HUSH} WITH BACKUP")
    assert sorted(theirs.sql("SELECT creator_dbname, origin FROM v$encryption_keys")) == [("OTHER", "LOCAL"), ("VAULT", "IMPORTED")]
    assert fails(theirs, f"{MANAGE}IMPORT KEYS WITH SECRET \"s\" FROM '{file}' {HUSH} WITH BACKUP") == 46655
    sys.sql(f"{MANAGE}MERGE KEYSTORE '{tmp_path}/other_root/tde' {HUSH} INTO EXISTING KEYSTORE '{tmp_path}/root/tde' IDENTIFIED BY \"new\" WITH BACKUP")
    assert sys.sql("SELECT COUNT(*) FROM v$encryption_keys") == [(1,)]
    sys.sql(f'{MANAGE}SET KEYSTORE CLOSE IDENTIFIED BY "new"')
    sys.sql(f'{MANAGE}SET KEYSTORE OPEN IDENTIFIED BY "new"')
    assert sys.sql("SELECT COUNT(*) FROM v$encryption_keys") == [(2,)]
    other.shutdown("ABORT")


# --- encrypted tablespaces ---


def encrypted(sys: Any, path: pathlib.Path, clause: str = "ENCRYPTION USING 'AES256' ENCRYPT") -> None:
    sys.sql(f"CREATE TABLESPACE hold DATAFILE '{path}' SIZE 1M {clause}")
    sys.sql("CREATE TABLE system.cargo (id NUMBER PRIMARY KEY, what VARCHAR2(40)) TABLESPACE hold")
    sys.sql(f"INSERT INTO system.cargo VALUES (1, '{SECRET}')")
    sys.commit()


@pytest.mark.parametrize("clause", ["ENCRYPTION USING 'AES256' ENCRYPT", "ENCRYPTION DEFAULT STORAGE (ENCRYPT)"])
def test_blocks_of_an_encrypted_tablespace_hold_no_plain_text(vault: tuple[Database, Any], tmp_path: pathlib.Path, clause: str) -> None:
    _, sys = vault
    opened(sys)
    encrypted(sys, tmp_path / "hold.dbf", clause)
    sys.sql(f"CREATE TABLESPACE deck DATAFILE '{tmp_path}/deck.dbf' SIZE 1M")
    sys.sql("CREATE TABLE system.plain TABLESPACE deck AS SELECT * FROM system.cargo")
    sys.sql("ALTER SYSTEM CHECKPOINT")
    assert SECRET.encode() not in (tmp_path / "hold.dbf").read_bytes() and SECRET.encode() in (tmp_path / "deck.dbf").read_bytes()
    algorithm = "AES256" if "USING" in clause else "AES128"
    assert sys.sql("SELECT encrypted FROM dba_tablespaces WHERE tablespace_name IN ('HOLD', 'DECK') ORDER BY tablespace_name") == [("NO",), ("YES",)]
    assert sys.sql("SELECT encryptionalg, status FROM v$encrypted_tablespaces") == [(algorithm, "NORMAL")]


def test_without_the_keystore_nothing_is_read_or_written(vault: tuple[Database, Any], fails: Fails, tmp_path: pathlib.Path) -> None:
    database, sys = vault
    statement = f"CREATE TABLESPACE hold DATAFILE '{tmp_path}/hold.dbf' SIZE 1M ENCRYPTION ENCRYPT"
    assert fails(sys, statement) == 28365
    sys.sql(f"{MANAGE}CREATE KEYSTORE {HUSH}")
    sys.sql(f"{MANAGE}SET KEYSTORE OPEN {HUSH}")
    assert fails(sys, statement) == 28374
    sys.sql(f"{MANAGE}SET KEY {HUSH} WITH BACKUP")
    encrypted(sys, tmp_path / "hold.dbf")
    for again in (False, True):
        if again:
            sys = restarted(database)
        else:
            sys.sql(f"{MANAGE}SET KEYSTORE CLOSE {HUSH}")
        for text in ("SELECT * FROM system.cargo", "SELECT * FROM system.cargo WHERE id = 1", "INSERT INTO system.cargo VALUES (2, 'x')",
                     "DELETE FROM system.cargo", "CREATE TABLE system.more TABLESPACE hold AS SELECT 1 n FROM dual"):
            assert fails(sys, text) == 28365, text
        assert fails(sys, "SELECT COUNT(*) FROM dba_tables") == 0
    sys.sql(f"{MANAGE}SET KEYSTORE OPEN {HUSH}")
    assert sys.sql("SELECT what FROM system.cargo WHERE id = 1") == [(SECRET,)]
    assert fails(sys, "INSERT INTO system.cargo VALUES (1, 'again')") == 1


def test_another_master_key_leaves_what_is_there_readable(vault: tuple[Database, Any], tmp_path: pathlib.Path) -> None:
    database, sys = vault
    opened(sys)
    encrypted(sys, tmp_path / "hold.dbf")
    before = sys.sql("SELECT encryptedkey FROM v$encrypted_tablespaces")
    sys.sql(f"{MANAGE}SET KEY {HUSH} WITH BACKUP")
    assert sys.sql("SELECT encryptedkey FROM v$encrypted_tablespaces") != before
    sys = restarted(database)
    sys.sql(f"{MANAGE}SET KEYSTORE OPEN {HUSH}")
    assert sys.sql("SELECT what FROM system.cargo") == [(SECRET,)]


def test_a_keystore_that_lacks_the_key_does_not_help(vault: tuple[Database, Any], fails: Fails, tmp_path: pathlib.Path) -> None:
    """An older copy of the keystore, as when keys were made after it was copied."""
    database, sys = vault
    opened(sys)
    shutil.copytree(tmp_path / "root", tmp_path / "old")
    sys.sql(f"{MANAGE}SET KEY {HUSH} WITH BACKUP")
    encrypted(sys, tmp_path / "hold.dbf")
    database.shutdown("IMMEDIATE")
    shutil.copy(tmp_path / "old" / "tde" / "ewallet.p12", tmp_path / "root" / "tde")
    database.startup()
    sys = logon(database)
    sys.sql(f"{MANAGE}SET KEYSTORE OPEN {HUSH}")
    assert fails(sys, "SELECT * FROM system.cargo") == 28374


def test_recovery_needs_the_key_where_there_is_something_to_recover(vault: tuple[Database, Any], tmp_path: pathlib.Path) -> None:
    database, sys = vault
    opened(sys)
    encrypted(sys, tmp_path / "hold.dbf")
    database.shutdown("ABORT")
    with pytest.raises(OraError, match="ORA-28365"):
        database.startup()
    sys = logon(database)
    assert database.state == "MOUNTED"
    sys.sql(f"{MANAGE}SET KEYSTORE OPEN {HUSH}")
    database.open_database()
    assert logon(database).sql("SELECT what FROM system.cargo") == [(SECRET,)]


def test_new_tablespaces_are_encrypted_where_the_parameter_says_so(vault: tuple[Database, Any], fails: Fails, tmp_path: pathlib.Path) -> None:
    _, sys = vault
    sys.sql("ALTER SYSTEM SET encrypt_new_tablespaces = ALWAYS")
    assert fails(sys, f"CREATE TABLESPACE deck DATAFILE '{tmp_path}/deck.dbf' SIZE 1M") == 28365
    opened(sys)
    sys.sql(f"CREATE TABLESPACE deck DATAFILE '{tmp_path}/deck.dbf' SIZE 1M")
    assert sys.sql("SELECT encrypted FROM dba_tablespaces WHERE tablespace_name = 'DECK'") == [("YES",)]

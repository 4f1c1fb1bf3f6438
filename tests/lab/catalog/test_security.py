# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from oralab.api import Logon
from oralab.catalog.database import Database
from oralab.errors import OraError


def test_the_first_look_at_an_object_says_nothing_of_it(schema: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    owner, other = schema("owner1"), schema("user1")
    owner.sql("CREATE TABLE t (id NUMBER, secret NUMBER)")
    assert fails(other, "SELECT * FROM owner1.t") == 942
    assert other.sql("SELECT COUNT(*) FROM all_tables WHERE owner = 'OWNER1'") == [(0,)]
    owner.sql("GRANT INSERT (id) ON t TO user1")
    assert fails(other, "SELECT * FROM owner1.t") == 1031
    assert other.sql("SELECT COUNT(*) FROM all_tables WHERE owner = 'OWNER1'") == [(1,)]
    assert fails(other, "INSERT INTO owner1.t (id) VALUES (1)") == 0
    assert fails(other, "INSERT INTO owner1.t (secret) VALUES (1)") == 1031
    other.rollback()
    owner.sql("GRANT SELECT ON t TO PUBLIC")
    assert fails(other, "SELECT * FROM owner1.t") == 0
    owner.sql("REVOKE SELECT ON t FROM PUBLIC")
    assert fails(other, "SELECT * FROM owner1.t") == 1031


def test_the_dictionary_is_for_those_who_may(schema: Callable[..., Any], sys: Any, fails: Callable[[Any, str], int]) -> None:
    user = schema("user1")
    assert fails(user, "SELECT * FROM dba_tables") == 942
    assert fails(user, "SELECT * FROM v$database") == 942
    assert fails(user, "SELECT * FROM user_tables") == 0
    assert fails(user, "SELECT * FROM v$version") == 0
    sys.sql("GRANT SELECT ON v_$database TO user1")
    assert fails(user, "SELECT dbid FROM v$database") == 0
    assert fails(sys, "GRANT SELECT ON v$database TO user1") == 2030
    sys.sql("GRANT SELECT_CATALOG_ROLE TO user1")
    assert fails(user, "SELECT * FROM dba_tables") == 942
    user.roles = set(sys.database.catalog.privileges.roles_of("USER1"))
    assert fails(user, "SELECT * FROM dba_tables") == 0


def test_granting_and_revoking(schema: Callable[..., Any], sys: Any, fails: Callable[[Any, str], int]) -> None:
    user = schema("user1")
    assert fails(user, "GRANT CREATE TABLE TO system") == 1031
    assert fails(sys, "GRANT CREATE NONSENSE TO user1") == 990
    assert fails(sys, "GRANT nosuchrole TO user1") == 1919
    assert fails(sys, "GRANT CONNECT TO nobody") == 1917
    assert fails(sys, "REVOKE DBA FROM user1") == 1951
    assert fails(sys, "REVOKE CREATE ANY TABLE FROM user1") == 1952
    sys.sql("CREATE ROLE r1")
    sys.sql("CREATE ROLE r2")
    sys.sql("GRANT r1 TO r2")
    assert fails(sys, "GRANT r2 TO r1") == 1934
    assert fails(sys, "GRANT UNLIMITED TABLESPACE TO r1") == 1931
    assert fails(sys, "CREATE ROLE r1") == 1921
    user.sql("CREATE TABLE t (id NUMBER)")
    assert fails(user, "GRANT EXECUTE ON t TO r1") == 2224
    assert fails(user, "GRANT SELECT ON t TO user1") == 1749
    assert fails(user, "REVOKE SELECT ON t FROM r1") == 1927
    sys.sql("DROP ROLE r1")
    sys.sql("DROP ROLE r2")


def test_users(sys: Any, fails: Callable[[Any, str], int]) -> None:
    sys.sql("CREATE USER u1 IDENTIFIED BY x DEFAULT TABLESPACE users")
    assert fails(sys, "CREATE USER u1 IDENTIFIED BY x") == 1920
    assert fails(sys, "ALTER USER u2 ACCOUNT LOCK") == 1918
    assert fails(sys, "CREATE USER u2 IDENTIFIED BY x DEFAULT TABLESPACE nowhere") == 959
    assert fails(sys, "CREATE USER u2 IDENTIFIED BY x PROFILE nothing") == 2380
    assert fails(sys, "DROP USER u2") == 1918
    assert fails(sys, "DROP USER system") == 28014
    sys.sql("GRANT CREATE TABLE TO u1")
    sys.sql("CREATE TABLE u1.t (id NUMBER)")
    assert fails(sys, "DROP USER u1") == 1922
    sys.sql("DROP USER u1 CASCADE")
    assert sys.sql("SELECT COUNT(*) FROM dba_tables WHERE owner = 'U1'") == [(0,)]


def test_quotas(schema: Callable[..., Any], sys: Any, fails: Callable[[Any, str], int]) -> None:
    user = schema("user1", quota="64K")
    assert fails(user, "CREATE TABLE s (id NUMBER) SEGMENT CREATION IMMEDIATE TABLESPACE sysaux") == 1950
    user.sql("CREATE TABLE t (id NUMBER) SEGMENT CREATION IMMEDIATE")
    assert fails(user, "CREATE TABLE u (id NUMBER) SEGMENT CREATION IMMEDIATE") == 1536
    assert sys.sql("SELECT bytes, max_bytes FROM dba_ts_quotas WHERE username = 'USER1'") == [(65536, 65536)]
    sys.sql("GRANT UNLIMITED TABLESPACE TO user1")
    assert fails(user, "CREATE TABLE u (id NUMBER) SEGMENT CREATION IMMEDIATE") == 0


def logon_code(database: Database, user: str, privilege: str = "", **more: Any) -> int:
    try:
        database.logon(Logon(user, database.spec.default_service, privilege, **more)).close()
    except OraError as error:
        return error.code
    return 0


def test_logon_rules(database: Database, sys: Any) -> None:
    sys.sql("CREATE PROFILE strict LIMIT FAILED_LOGIN_ATTEMPTS 2 PASSWORD_LOCK_TIME UNLIMITED SESSIONS_PER_USER 1")
    sys.sql("CREATE USER u1 IDENTIFIED BY x PROFILE strict")
    assert logon_code(database, "U1") == 1045
    sys.sql("GRANT CREATE SESSION TO u1")
    assert logon_code(database, "U1") == 0
    assert logon_code(database, "SYS") == 28009
    assert logon_code(database, "U1", "SYSDBA") == 1031
    database.failed_logon("U1")
    database.failed_logon("U1")
    assert logon_code(database, "U1") == 28000
    assert sys.sql("SELECT account_status FROM dba_users WHERE username = 'U1'") == [("LOCKED(TIMED)",)]
    sys.sql("ALTER USER u1 ACCOUNT UNLOCK PASSWORD EXPIRE")
    assert logon_code(database, "U1") == 28001
    assert logon_code(database, "U1", new_password="y") == 0
    sys.sql("ALTER USER u1 IDENTIFIED BY y")
    first = database.logon(Logon("U1", database.spec.default_service))
    assert logon_code(database, "U1") == 2391
    first.close()
    sys.sql("ALTER SYSTEM ENABLE RESTRICTED SESSION")
    assert logon_code(database, "U1") == 1035
    assert set(database.services().values()) == {"RESTRICTED"}
    sys.sql("ALTER SYSTEM DISABLE RESTRICTED SESSION")
    sys.sql("DROP USER u1")
    sys.sql("DROP PROFILE strict")


def test_administrators_stand_in_the_password_file(database: Database, sys: Any, fails: Callable[[Any, str], int]) -> None:
    sys.sql("CREATE USER u1 IDENTIFIED BY x")
    sys.sql("GRANT SYSBACKUP TO u1")
    assert sys.sql("SELECT sysdba, sysbackup FROM v$pwfile_users WHERE username = 'U1'") == [("FALSE", "TRUE")]
    backup = database.logon(Logon("U1", database.spec.default_service, "SYSBACKUP"))
    assert backup.user == "SYSBACKUP"
    assert fails(backup, "SELECT * FROM v$database") == 0
    backup.close()
    sys.sql("REVOKE SYSBACKUP FROM u1")
    assert logon_code(database, "U1", "SYSBACKUP") == 1031
    sys.sql("DROP USER u1")


def test_tablespaces(database: Database, sys: Any, schema: Callable[..., Any], fails: Callable[[Any, str], int], tmp_path: Any) -> None:
    path = str(tmp_path / "data01.dbf")
    sys.sql(f"CREATE TABLESPACE data1 DATAFILE '{path}' SIZE 2M AUTOEXTEND ON NEXT 1M MAXSIZE 10M")
    assert fails(sys, f"CREATE TABLESPACE data1 DATAFILE '{path}' SIZE 2M") == 1543
    with pytest.raises(OraError) as error:
        sys.sql(f"CREATE TABLESPACE data2 DATAFILE '{path}' SIZE 2M")
    assert (error.value.code, error.value.stack[0]) == (1119, "ORA-27038: created file already exists")
    assert sys.sql("SELECT file_name, bytes, autoextensible, maxbytes FROM dba_data_files WHERE tablespace_name = 'DATA1'") == [
        (path, 2 << 20, "YES", 10 << 20)]
    app = schema("app")
    sys.sql("ALTER USER app QUOTA UNLIMITED ON data1")
    app.sql("CREATE TABLE t (id NUMBER) SEGMENT CREATION IMMEDIATE TABLESPACE data1")
    assert fails(sys, "DROP TABLESPACE data1") == 1549
    app.sql("INSERT INTO t VALUES (1)")
    app.commit()
    sys.sql("ALTER TABLESPACE data1 READ ONLY")
    assert sys.sql("SELECT status FROM dba_tablespaces WHERE tablespace_name = 'DATA1'") == [("READ ONLY",)]
    assert fails(app, "INSERT INTO t VALUES (2)") == 372
    assert fails(sys, "ALTER TABLESPACE data1 READ ONLY") == 1644
    assert fails(sys, "ALTER TABLESPACE nowhere READ ONLY") == 959
    assert fails(sys, "ALTER TABLESPACE system READ ONLY") == 1643
    sys.sql("ALTER TABLESPACE data1 READ WRITE")
    assert fails(sys, "ALTER TABLESPACE data1 READ WRITE") == 1646
    sys.sql("ALTER TABLESPACE data1 RENAME TO data9")
    assert app.sql("SELECT tablespace_name FROM user_tables") == [("DATA9",)]
    assert app.sql("SELECT * FROM t") == [(1,)]
    assert fails(sys, "ALTER DATABASE DEFAULT TABLESPACE nowhere") == 959
    assert fails(sys, "DROP TABLESPACE users INCLUDING CONTENTS") == 12919
    sys.sql("DROP TABLESPACE data9 INCLUDING CONTENTS AND DATAFILES")
    assert not os.path.exists(path)
    assert app.sql("SELECT * FROM user_tables") == []


def test_parameters(sys: Any, fails: Callable[[Any, str], int]) -> None:
    sys.sql("ALTER SYSTEM SET open_cursors = 500 SCOPE = BOTH")
    assert sys.sql("SELECT value, ismodified FROM v$system_parameter WHERE name = 'open_cursors'") == [("500", "SYSTEM_MOD")]
    assert fails(sys, "ALTER SYSTEM SET processes = 500") == 2095
    sys.sql("ALTER SYSTEM SET processes = 500 SCOPE = SPFILE")
    assert sys.sql("SELECT value FROM v$parameter WHERE name = 'processes'") == [("300",)]
    assert sys.sql("SELECT value FROM v$spparameter WHERE name = 'processes'") == [("500",)]
    assert fails(sys, "ALTER SYSTEM SET no_such_thing = 1") == 2065
    assert sys.sql("SELECT * FROM v$parameter WHERE name = '_log_parallelism_max'") == []
    sys.sql("""ALTER SYSTEM SET "_log_parallelism_max" = 1 SCOPE = SPFILE""")
    assert fails(sys, """ALTER SYSTEM SET "_log_parallelism_max" = 1""") == 2095
    sys.sql("ALTER SYSTEM RESET processes SCOPE = SPFILE")
    assert fails(sys, "ALTER SYSTEM RESET processes SCOPE = SPFILE") == 32010


def test_directories_links_restore_points(sys: Any, schema: Callable[..., Any], fails: Callable[[Any, str], int]) -> None:
    user = schema("user1")
    assert fails(user, "CREATE DIRECTORY d AS '/tmp'") == 1031
    sys.sql("CREATE OR REPLACE DIRECTORY d AS '/tmp'")
    assert fails(user, "SELECT * FROM all_directories WHERE directory_name = 'D'") == 0
    sys.sql("GRANT READ ON DIRECTORY d TO user1")
    assert user.sql("SELECT directory_path FROM all_directories WHERE directory_name = 'D'") == [("/tmp",)]
    sys.sql("DROP DIRECTORY d")
    assert fails(sys, "DROP DIRECTORY d") == 4043
    sys.sql("CREATE DATABASE LINK l CONNECT TO a IDENTIFIED BY b USING 'there'")
    assert sys.sql("SELECT username, host FROM dba_db_links WHERE db_link = 'L'") == [("A", "there")]
    assert fails(sys, "CREATE DATABASE LINK l USING 'x'") == 2011
    sys.sql("DROP DATABASE LINK l")
    assert fails(sys, "DROP DATABASE LINK l") == 2024
    sys.sql("CREATE RESTORE POINT rp")
    assert fails(sys, "CREATE RESTORE POINT rp") == 38778
    assert fails(sys, "CREATE RESTORE POINT g GUARANTEE FLASHBACK DATABASE") == 38784
    assert sys.sql("SELECT name, guarantee_flashback_database FROM v$restore_point") == [("RP", "NO")]
    sys.sql("DROP RESTORE POINT rp")


def code(session: Any, text: str) -> int:
    try:
        session.sql(text)
    except OraError as error:
        return error.code
    return 0


def test_a_restart_keeps_everything(tmp_path: Any) -> None:
    from oralab.catalog.spec import DatabaseSpec
    database = Database.create(str(tmp_path / "x"), DatabaseSpec(name="KEEP", passwords={"SYS": "a", "SYSTEM": "b"}))
    session = database.logon(Logon("SYS", "keep", "SYSDBA"))
    session.sql("CREATE USER app IDENTIFIED BY x QUOTA UNLIMITED ON users")
    session.sql("CREATE TABLE app.t (id NUMBER PRIMARY KEY)")
    session.sql("CREATE SEQUENCE app.s")
    session.sql("INSERT INTO app.t VALUES (1)")
    assert session.sql("SELECT app.s.NEXTVAL FROM dual") == [(1,)]
    session.commit()
    database.shutdown("IMMEDIATE")
    assert database.services() == {} and logon_code(database, "APP") == 1034
    database.startup("STARTED")
    assert set(database.services().values()) == {"BLOCKED"} and logon_code(database, "SYSTEM") == 1033
    session = database.logon(Logon("SYS", "keep", "SYSDBA"))
    assert session.sql("SELECT status FROM v$instance") == [("STARTED",)]
    assert [code(session, text) for text in (
        "SELECT * FROM v$database", "ALTER DATABASE ARCHIVELOG", "SELECT * FROM dba_users", "CREATE USER x IDENTIFIED BY y")] == [
            1507, 1507, 1219, 1109]
    session.sql("ALTER DATABASE MOUNT")
    assert code(session, "SELECT * FROM dba_users") == 1219
    assert session.sql("SELECT open_mode, log_mode FROM v$database") == [("MOUNTED", "NOARCHIVELOG")]
    session.sql("ALTER DATABASE ARCHIVELOG")
    session.sql("ALTER DATABASE OPEN")
    with pytest.raises(OraError) as error:
        session.sql("ALTER DATABASE NOARCHIVELOG")
    assert error.value.code == 1126
    assert session.sql("SELECT id FROM app.t") == [(1,)]
    assert session.sql("SELECT app.s.NEXTVAL FROM dual") == [(2,)]
    with pytest.raises(OraError) as error:
        session.sql("INSERT INTO app.t VALUES (1)")
    assert error.value.code == 1
    database.shutdown("ABORT")
    database.startup("MOUNTED")
    session = database.logon(Logon("SYS", "keep", "SYSDBA"))
    with pytest.raises(OraError) as error:
        session.sql("ALTER DATABASE NOARCHIVELOG")
    assert error.value.code == 265
    database.shutdown("ABORT")


def test_a_container_database(tmp_path: Any) -> None:
    from oralab.catalog.spec import DatabaseSpec
    database = Database.create(str(tmp_path / "x"), DatabaseSpec(
        name="CDB1", pdb="PDB1", passwords={"SYS": "a", "SYSTEM": "b"}, instances=("CDB11", "CDB12")))
    assert database.services() == {"cdb1": "READY", "pdb1": "READY"}
    inside = database.logon(Logon("SYSTEM", "pdb1"))
    assert inside.sql("SELECT con_id, name FROM v$pdbs") == [(3, "PDB1")]
    assert inside.sql("SELECT cdb FROM v$database") == [("YES",)]
    inside.sql("CREATE USER app IDENTIFIED BY x")
    inside.sql("GRANT CREATE SESSION TO app")
    with pytest.raises(OraError) as error:
        inside.sql("ALTER SYSTEM SET processes = 400 SCOPE = SPFILE")
    assert error.value.code == 65040
    root = database.logon(Logon("SYSTEM", "cdb1"))
    assert root.sql("SELECT con_id, name FROM v$pdbs ORDER BY 1") == [(2, "PDB$SEED"), (3, "PDB1")]
    assert root.sql("SELECT COUNT(*) FROM dba_users WHERE username = 'APP'") == [(0,)]
    assert root.sql("SELECT con_id FROM cdb_users WHERE username = 'APP'") == [(3,)]
    with pytest.raises(OraError) as error:
        root.sql("CREATE USER app2 IDENTIFIED BY x")
    assert error.value.code == 65096
    assert logon_code(database, "APP") == 0
    with pytest.raises(OraError) as error:
        database.logon(Logon("APP", "cdb1"))
    assert error.value.code == 1017
    assert root.sql("SELECT inst_id, instance_name FROM gv$instance ORDER BY 1") == [(1, "CDB11"), (2, "CDB12")]
    database.shutdown("ABORT")


def test_read_only_waits_for_open_transactions(database: Database, sys: Any, schema: Callable[..., Any], tmp_path: Any) -> None:
    import threading
    sys.sql(f"CREATE TABLESPACE w DATAFILE '{tmp_path}/w.dbf' SIZE 2M")
    app = schema("app")
    sys.sql("ALTER USER app QUOTA UNLIMITED ON w")
    app.sql("CREATE TABLE t (id NUMBER) TABLESPACE w")
    app.sql("INSERT INTO t VALUES (1)")
    waiting = threading.Thread(target=lambda: sys.sql("ALTER TABLESPACE w READ ONLY"))
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    app.sql("CREATE SEQUENCE other")
    waiting.join(60)
    assert not waiting.is_alive()
    assert app.sql("SELECT * FROM t") == [(1,)]
    sys.sql("DROP TABLESPACE w INCLUDING CONTENTS AND DATAFILES")


def test_log_mode_flashback_and_supplemental_logging(tmp_path: Any) -> None:
    from oralab.catalog.spec import DatabaseSpec
    database = Database.create(str(tmp_path / "x"), DatabaseSpec(name="LOGS", log_mode="ARCHIVELOG"))
    sys = database.logon(Logon("SYS", "logs", "SYSDBA"))
    assert code(sys, "ALTER DATABASE FLASHBACK ON") == 38706
    assert code(sys, "ALTER SYSTEM SET db_recovery_file_dest = '/tmp/area'") == 2097
    sys.sql("ALTER SYSTEM SET db_recovery_file_dest_size = 10G")
    sys.sql(f"ALTER SYSTEM SET db_recovery_file_dest = '{tmp_path}'")
    sys.sql("ALTER DATABASE FLASHBACK ON")
    sys.sql("CREATE RESTORE POINT safe GUARANTEE FLASHBACK DATABASE")
    sys.sql("ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (PRIMARY KEY) COLUMNS")
    assert sys.sql("SELECT supplemental_log_data_min, supplemental_log_data_pk, flashback_on "
                   "FROM v$database") == [("IMPLICIT", "YES", "YES")]
    sys.sql("ALTER DATABASE FORCE LOGGING")
    assert code(sys, "ALTER DATABASE FORCE LOGGING") == 12920
    first = sys.sql("SELECT sequence# FROM v$log WHERE status = 'CURRENT'")
    sys.sql("ALTER SYSTEM ARCHIVE LOG CURRENT")
    assert sys.sql("SELECT sequence# FROM v$log WHERE status = 'CURRENT'") == [(first[0][0] + 1,)]
    assert sys.sql("SELECT sequence#, archived FROM v$archived_log") == [(first[0][0], "YES")]
    database.shutdown()
    database.startup("MOUNTED")
    sys = database.logon(Logon("SYS", "logs", "SYSDBA"))
    assert code(sys, "ALTER DATABASE NOARCHIVELOG") == 38774
    sys.sql("ALTER DATABASE FLASHBACK OFF")
    assert code(sys, "ALTER DATABASE NOARCHIVELOG") == 38781
    database.shutdown("ABORT")

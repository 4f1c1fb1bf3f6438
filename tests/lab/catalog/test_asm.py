# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Datafiles in ASM disk groups, as statements of a database's instance meet them."""
from __future__ import annotations

import os
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from oralab.api import Logon
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.errors import OraError
from oralab.storage import asm
from oralab.storage.asm import DiskGroup

GROUPS = (DiskGroup("DATA01", 400), DiskGroup("EMPTY01", 8))
QUALIFIED = r"\+DATA01/DBSRC/{0}/{1}\.2\d\d\.\d{{10}}"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    made = Database.create(str(tmp_path_factory.mktemp("asm") / "oradata"), DatabaseSpec(
        "DBSRC", disk_groups=GROUPS, parameters={"db_create_file_dest": "+DATA01"}))
    yield made
    if made.state != "DOWN":
        made.shutdown("ABORT")


@pytest.fixture
def sys(database: Database) -> Iterator[Any]:
    session = database.logon(Logon("SYS", database.spec.default_service, "SYSDBA"))
    yield session
    session.close()


def file_of(database: Database, tablespace: str) -> str:
    return database.store.datafiles(tablespace)[0].path


def stack(session: Any, sql: str) -> list[str]:
    """Codes of the error stack that a statement ends in."""
    with pytest.raises(OraError) as caught:
        session.sql(sql)
    return re.findall(r"^ORA-\d{5}", caught.value.text, re.MULTILINE)


def test_a_database_whose_files_are_managed_is_made_in_the_disk_group(database: Database) -> None:
    assert re.fullmatch(QUALIFIED.format("DATAFILE", "system"), file_of(database, "SYSTEM"))
    assert re.fullmatch(QUALIFIED.format("TEMPFILE", "temp"), file_of(database, "TEMP"))
    assert not os.path.exists(file_of(database, "USERS")) and asm.exists(file_of(database, "USERS"))


@pytest.mark.parametrize("clause", ["", "DATAFILE '+DATA01' SIZE 4M", "DATAFILE '+data01(datafile)' SIZE 4M", "DATAFILE SIZE 4M"])
def test_asm_names_a_file_that_is_given_its_group_alone_and_it_goes_with_its_tablespace(sys: Any, database: Database, clause: str) -> None:
    sys.sql(f"CREATE TABLESPACE managed {clause}")
    name = file_of(database, "MANAGED")
    assert re.fullmatch(QUALIFIED.format("DATAFILE", "managed"), name)
    sys.sql("DROP TABLESPACE managed INCLUDING CONTENTS")
    assert not asm.exists(name)


def test_a_managed_file_stays_where_it_is_asked_to(sys: Any, database: Database) -> None:
    sys.sql("CREATE TABLESPACE kept DATAFILE SIZE 4M")
    name = file_of(database, "KEPT")
    sys.sql("DROP TABLESPACE kept INCLUDING CONTENTS KEEP DATAFILES")
    assert asm.exists(name)
    asm.remove(name)


def test_an_alias_names_a_file_in_any_case_of_letters_and_stays_unless_told_to_go(sys: Any, database: Database) -> None:
    sys.sql("CREATE TABLESPACE own DATAFILE '+DATA01/DBSRC/DATAFILE/df01.dbf' SIZE 4M")
    assert file_of(database, "OWN") == "+DATA01/DBSRC/DATAFILE/df01.dbf"
    assert stack(sys, "CREATE TABLESPACE second DATAFILE '+data01/dbsrc/datafile/DF01.dbf' SIZE 4M") == ["ORA-01119", "ORA-17502", "ORA-15005"]
    sys.sql("DROP TABLESPACE own INCLUDING CONTENTS")
    assert asm.exists("+data01/dbsrc/datafile/DF01.DBF")
    sys.sql("CREATE TABLESPACE own DATAFILE '+DATA01/DBSRC/DATAFILE/df01.dbf' SIZE 4M REUSE")
    sys.sql("DROP TABLESPACE own INCLUDING CONTENTS AND DATAFILES")
    assert not asm.exists("+DATA01/DBSRC/DATAFILE/df01.dbf")


@pytest.mark.parametrize("name, code", [
    ("+DATA09", 15001), ("+DATA09/x/y.dbf", 15001), ("+DATA01/NOWHERE/d.dbf", 15173), ("+DATA01/DBSRC/DATAFILE/d.256.1234567890", 15046),
    ("+DATA01.256.1234567890", 15046), ("+DATA01/DBSRC", 15046), ("+", 15124), ("+DATA01/DBSRC//d.dbf", 15124),
    ("+DATA01/DBSRC/" + "d" * 49, 15124), ("+DATA01(NOSUCH)", 15060), ("+EMPTY01", 15041)])
def test_what_asm_refuses_stands_below_the_databases_own_error(sys: Any, name: str, code: int) -> None:
    assert stack(sys, f"CREATE TABLESPACE refused DATAFILE '{name}' SIZE 9M") == ["ORA-01119", "ORA-17502", f"ORA-{code}"]
    assert not sys.database.store.datafiles("REFUSED")


def test_the_entry_that_is_missing_is_named_with_its_directory(sys: Any) -> None:
    with pytest.raises(OraError, match="ORA-15173: entry 'none' does not exist in directory 'DBSRC'"):
        sys.sql("CREATE TABLESPACE refused DATAFILE '+DATA01/DBSRC/none/d.dbf' SIZE 1M")


def test_a_full_disk_group_stops_growth(sys: Any, database: Database) -> None:
    sys.sql("CREATE TABLESPACE small DATAFILE '+EMPTY01' SIZE 4M AUTOEXTEND ON NEXT 1M MAXSIZE 1G")
    name = file_of(database, "SMALL")
    assert stack(sys, f"ALTER DATABASE DATAFILE '{name}' RESIZE 9M") == ["ORA-01237", "ORA-01110", "ORA-17505", "ORA-15041"]
    sys.sql("CREATE TABLE grows (text VARCHAR2(4000)) TABLESPACE small")
    with pytest.raises(OraError) as caught:
        for _ in range(3000):
            sys.sql("INSERT INTO grows VALUES (RPAD('x', 4000, 'x'))")
    assert caught.value.code == 1653
    sys.sql("ROLLBACK")
    sys.sql("DROP TABLESPACE small INCLUDING CONTENTS")


def test_the_instance_sees_the_groups_of_its_host(sys: Any) -> None:
    for view in ("v$asm_diskgroup", "v$asm_diskgroup_stat"):
        rows = sys.sql(f"SELECT name, state, type, total_mb, usable_file_mb FROM {view} ORDER BY name")
        (name, state, kind, total, usable), empty = rows
        assert (name, state, kind, int(total)) == ("DATA01", "CONNECTED", "EXTERN", 400) and 0 < usable < 400
        assert tuple(empty)[:2] == ("EMPTY01", "MOUNTED") and int(empty[4]) == 8


def test_rows_in_a_disk_group_outlive_the_instance(database: Database, sys: Any) -> None:
    sys.sql("CREATE TABLESPACE lasting DATAFILE '+DATA01/DBSRC/DATAFILE/lasting01.dbf' SIZE 4M")
    sys.sql("CREATE TABLE kept_rows (n NUMBER) TABLESPACE lasting")
    sys.sql("INSERT INTO kept_rows VALUES (42)")
    sys.sql("COMMIT")
    database.shutdown("ABORT")
    with pytest.raises(OraError, match="ORA-15001"):
        asm.place("+DATA01", "DATAFILE", "x", "DBSRC")
    database.startup()
    again = database.logon(Logon("SYS", database.spec.default_service, "SYSDBA"))
    assert [int(row[0]) for row in again.sql("SELECT n FROM kept_rows")] == [42]
    again.close()
    own = asm.real("+DATA01/DBSRC/DATAFILE/lasting01.dbf")
    os.rename(own, own + ".away")
    database.shutdown("ABORT")
    with pytest.raises(OraError) as caught:
        database.startup()
    assert caught.value.code == 1157
    os.rename(own + ".away", own)
    database.shutdown("ABORT")
    database.startup()


def test_a_host_has_each_disk_group_once(tmp_path: pathlib.Path) -> None:
    group = (DiskGroup("ONCE"),)
    asm.mount(group, str(tmp_path / "one"))
    asm.mount(group, str(tmp_path / "one"))
    with pytest.raises(RuntimeError):
        asm.mount(group, str(tmp_path / "two"))
    asm.dismount(group)


def test_dump_files_may_be_in_a_disk_group_and_logs_may_not(database: Database, sys: Any) -> None:
    sys.sql("CREATE DIRECTORY dumps AS '+DATA01/DBSRC'")
    block = ("DECLARE h NUMBER; BEGIN h := DBMS_DATAPUMP.OPEN(operation => 'EXPORT', job_mode => 'SCHEMA', job_name => 'ASM_JOB'); {0} "
             "DBMS_DATAPUMP.ADD_FILE(handle => h, filename => 'users.dmp', directory => 'DUMPS', filetype => 1); "
             "DBMS_DATAPUMP.METADATA_FILTER(handle => h, name => 'SCHEMA_EXPR', value => 'IN (''SYSTEM'')'); "
             "DBMS_DATAPUMP.START_JOB(handle => h); DBMS_DATAPUMP.DETACH(handle => h); END;")
    log = "DBMS_DATAPUMP.ADD_FILE(handle => h, filename => 'users.log', directory => 'DUMPS', filetype => 3);"
    assert stack(sys, block.format(log))[:2] == ["ORA-39002", "ORA-39070"]
    assert paths_in(database, "DUMPSET"), "the dump file is there already"


def paths_in(database: Database, kind: str) -> list[str]:
    """Files of a type that ASM has for the database."""
    where = os.path.join(database.directory, "asm", "DATA01", "DBSRC", kind)
    return os.listdir(where) if os.path.isdir(where) else []


def test_files_of_the_database_are_copied_between_a_disk_group_and_a_directory(sys: Any, tmp_path: pathlib.Path) -> None:
    sys.sql("CREATE DIRECTORY inside AS '+DATA01/DBSRC/DATAFILE'")
    sys.sql(f"CREATE DIRECTORY outside AS '{tmp_path}'")
    sys.sql("CREATE TABLESPACE moved DATAFILE '+DATA01/DBSRC/DATAFILE/moved01.dbf' SIZE 4M")
    sys.sql("ALTER TABLESPACE moved READ ONLY")
    copy = "BEGIN DBMS_FILE_TRANSFER.COPY_FILE('{0}', '{1}', '{2}', '{3}'); END;"
    sys.sql(copy.format("INSIDE", "moved01.dbf", "OUTSIDE", "moved01.dbf"))
    sys.sql(copy.format("OUTSIDE", "moved01.dbf", "INSIDE", "moved02.dbf"))
    copied = pathlib.Path(asm.real("+DATA01/DBSRC/DATAFILE/moved02.dbf")).read_bytes()
    assert (tmp_path / "moved01.dbf").read_bytes() == copied
    assert stack(sys, copy.format("INSIDE", "none.dbf", "OUTSIDE", "none.dbf"))[:3] == ["ORA-19505", "ORA-17503", "ORA-15173"]
    assert stack(sys, "DECLARE f UTL_FILE.FILE_TYPE; BEGIN f := UTL_FILE.FOPEN('INSIDE', 'text.txt', 'w'); END;")[0] == "ORA-29283"


def test_asm_names_redo_logs_and_they_go_with_their_group(sys: Any) -> None:
    members = "SELECT member FROM v$logfile WHERE group# = {0}"
    for group, clause in ((21, "('+DATA01') SIZE 8M"), (22, "('+DATA01') SIZE 8M"), (23, "SIZE 8M")):
        sys.sql(f"ALTER DATABASE ADD STANDBY LOGFILE THREAD 1 GROUP {group} {clause}")
        [(name,)] = sys.sql(members.format(group))
        assert re.fullmatch(QUALIFIED.format("ONLINELOG", f"group_{group}"), name) and asm.exists(name)
        sys.sql(f"ALTER DATABASE DROP STANDBY LOGFILE GROUP {group}")
        assert not asm.exists(name)
    assert stack(sys, "ALTER DATABASE ADD STANDBY LOGFILE ('+NONE') SIZE 8M") == ["ORA-00301", "ORA-17502", "ORA-15001"]
    assert stack(sys, "ALTER DATABASE ADD STANDBY LOGFILE ('+EMPTY01') SIZE 64M") == ["ORA-00301", "ORA-17502", "ORA-15041"]

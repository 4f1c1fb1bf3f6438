# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Oracle refuses on the way of a migration: every precondition is violated once, by hand, with the driver, RMAN or SQL*Plus.

Two small databases serve the whole module: a big-endian source of 12.1 and a little-endian target of 19c. What is refused must leave
nothing behind, so the tests share them; at the end the set that was refused in so many ways is plugged in.
"""
from __future__ import annotations

import contextlib
import dataclasses
import itertools
import logging
import os
import pathlib
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import oracledb
import pytest
from oralab.catalog.database import DOWN, Database
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host
from oralab.instance import Instance
from oralab.storage import PLATFORMS

PASSWORD = "a1b2c3"
SOLARIS, LINUX = 2, 13
SOURCE = DatabaseSpec("SRC", sid="src", release="12.1", version="12.1.0.2.0", compatible="12.1.0", platform_id=SOLARIS,
                      platform=PLATFORMS[SOLARIS].name, log_mode="ARCHIVELOG", passwords={"SYS": PASSWORD, "SYSTEM": PASSWORD})
TARGET = DatabaseSpec("TRG", sid="trg", passwords={"SYS": PASSWORD, "SYSTEM": PASSWORD})
OWNER = "CREATE USER hr IDENTIFIED BY hr DEFAULT TABLESPACE users QUOTA UNLIMITED ON users"
COMMON = ("CREATE DIRECTORY dumps AS '{folder}'",
          "CREATE USER mig IDENTIFIED BY " + PASSWORD + " DEFAULT TABLESPACE users QUOTA UNLIMITED ON users",
          "GRANT CREATE SESSION, DATAPUMP_EXP_FULL_DATABASE, DATAPUMP_IMP_FULL_DATABASE, EXECUTE_CATALOG_ROLE TO mig",
          "GRANT READ, WRITE ON DIRECTORY dumps TO mig", OWNER)
APPLICATION = ("CREATE TABLESPACE app DATAFILE '{data}/app01.dbf' SIZE 1M, '{data}/app02.dbf' SIZE 1M",
               "CREATE TABLESPACE half DATAFILE '{data}/half01.dbf' SIZE 1M",
               "CREATE TABLESPACE live DATAFILE '{data}/live01.dbf' SIZE 1M",
               "ALTER USER hr QUOTA UNLIMITED ON app QUOTA UNLIMITED ON half QUOTA UNLIMITED ON live",
               "CREATE TABLE hr.dept (id NUMBER CONSTRAINT dept_pk PRIMARY KEY USING INDEX TABLESPACE app, name NVARCHAR2(20)) "
               "TABLESPACE app",
               "CREATE TABLE hr.visit (id NUMBER, at TIMESTAMP WITH TIME ZONE) TABLESPACE app",
               "CREATE TABLE hr.emp (id NUMBER, name VARCHAR2(20)) TABLESPACE live",
               "CREATE INDEX hr.emp_name ON hr.emp (name) TABLESPACE half",
               "INSERT INTO hr.dept VALUES (1, 'Ärzte')", "INSERT INTO hr.visit VALUES (1, SYSTIMESTAMP)",
               "INSERT INTO hr.emp VALUES (1, 'Ann')", "ALTER TABLESPACE half READ ONLY")
ABORTED = "ORA-39123: Data Pump transportable tablespace job aborted"


class Served:
    """A host whose instance lives in this process, so that a test may change what the database is; the tools are processes, as ever."""

    def __init__(self, directory: pathlib.Path, spec: DatabaseSpec) -> None:
        self.host = Host(str(directory))
        self.host.create(spec).shutdown("IMMEDIATE")
        self.database = Database.open(self.host.data, to=DOWN)
        self.instance = Instance(self.database, self.host.data, 0, logging.getLogger("lab"))
        self.database.startup()
        self.instance.start()

    def connect(self, user: str = "mig", **options: Any) -> oracledb.Connection:
        return oracledb.connect(user=user, password=PASSWORD,
                                dsn=f"127.0.0.1:{self.instance.listener.port}/{self.database.spec.default_service}",
                                **options)

    def run(self, *statements: str, **names: object) -> list[tuple[Any, ...]]:
        """Statements as SYS; the rows of the last one."""
        rows: list[tuple[Any, ...]] = []
        with self.connect("sys", mode=oracledb.AUTH_MODE_SYSDBA) as connection, connection.cursor() as cursor:
            for text in statements:
                cursor.execute(text.format(**names) if names else text)
                rows = cursor.fetchall() if cursor.description else []
            connection.commit()
        return rows

    def tool(self, name: str, script: str, *arguments: str) -> tuple[int, str]:
        environment = {**os.environ, "ORACLE_HOME": self.host.home, "ORACLE_SID": self.database.spec.sid,
                       "NLS_DATE_FORMAT": "YYYY-MM-DD HH24:MI:SS"}
        done = subprocess.run([os.path.join(self.host.home, "bin", name), *arguments], input=script, capture_output=True, text=True,
                              env=environment, timeout=300, check=False)
        assert not done.stderr
        return done.returncode, done.stdout

    def rman(self, script: str) -> tuple[int, str]:
        return self.tool("rman", script, "target", "/")

    def sqlplus(self, *lines: str) -> str:
        return self.tool("sqlplus", "\n".join(lines) + "\n", "-S", "-L", "/ as sysdba")[1]


@dataclasses.dataclass(frozen=True)
class Pair:
    source: Served
    target: Served
    folder: pathlib.Path
    """Dumps and their logs, of both databases."""
    files: tuple[pathlib.Path, ...]
    """The set, converted."""
    older: tuple[pathlib.Path, ...]
    """The set as it was at an earlier READ ONLY, converted."""


numbers = itertools.count(1)


def pump(connection: oracledb.Connection, folder: pathlib.Path, operation: str, mode: str, dump: str, *,
         filters: Mapping[str, str] | None = None, files: Sequence[object] = (), **parameters: object) -> list[str]:
    """Run a Data Pump job to its end; the lines of its log."""
    name = f"JOB{next(numbers)}"
    with connection.cursor() as cursor:
        handle = cursor.callfunc("DBMS_DATAPUMP.OPEN", int, keyword_parameters={"operation": operation, "job_mode": mode, "job_name": name})
        try:
            for file, kind in ((f"{dump}.dmp", 1), (f"{name}.log".lower(), 3)):
                cursor.callproc("DBMS_DATAPUMP.ADD_FILE", keyword_parameters={
                    "handle": handle, "filename": file, "directory": "DUMPS", "filetype": kind})
            for filter_name, value in (filters or {}).items():
                cursor.callproc("DBMS_DATAPUMP.METADATA_FILTER", keyword_parameters={"handle": handle, "name": filter_name, "value": value})
            for path in files:
                cursor.callproc("DBMS_DATAPUMP.SET_PARAMETER", keyword_parameters={
                    "handle": handle, "name": "TABLESPACE_DATAFILE", "value": str(path)})
            for parameter, value in parameters.items():
                cursor.callproc("DBMS_DATAPUMP.SET_PARAMETER",
                                keyword_parameters={"handle": handle, "name": parameter.upper(), "value": value})
            cursor.callproc("DBMS_DATAPUMP.START_JOB", keyword_parameters={"handle": handle})
        except oracledb.DatabaseError:
            with contextlib.suppress(oracledb.DatabaseError):
                cursor.callproc("DBMS_DATAPUMP.STOP_JOB", [handle, 1, 0])
            raise
        cursor.callproc("DBMS_DATAPUMP.WAIT_FOR_JOB", [handle, cursor.var(str)])
    return (folder / f"{name}.log".lower()).read_text(encoding="utf-8").splitlines()


def export(pair: Pair, tablespaces: str, **parameters: object) -> list[str]:
    with pair.source.connect() as connection:
        return pump(connection, pair.folder, "EXPORT", "TRANSPORTABLE", f"try{next(numbers)}",
                    filters={"TABLESPACE_EXPR": f"IN ({tablespaces})"}, **parameters)


def plug(pair: Pair, files: Sequence[object] | None = None, dump: str = "set", user: str = "mig") -> list[str]:
    with pair.target.connect(user) as connection:
        return pump(connection, pair.folder, "IMPORT", "TRANSPORTABLE", dump, files=pair.files if files is None else files)


def reason(log: list[str]) -> str:
    """The line after the one that says that the job is aborted."""
    assert "stopped due to fatal error" in log[-1]
    return log[log.index(ABORTED) + 1]


def nothing_is_plugged(pair: Pair) -> bool:
    return pair.target.run("SELECT COUNT(*) FROM dba_tablespaces WHERE tablespace_name = 'APP'") == [(0,)]


def stack(rc: int, output: str, *codes: str) -> bool:
    """RMAN failed with these codes, in this order, below its banner."""
    found = re.findall(r"^((?:RMAN|ORA)-\d{5})", output.split("ERROR MESSAGE STACK FOLLOWS", 1)[-1], re.MULTILINE)
    ahead = iter(found)
    return rc == 1 and all(code in ahead for code in codes)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    home = tmp_path_factory.mktemp("pair")
    folder, stage = home / "dumps", home / "stage"
    folder.mkdir()
    source, target = Served(home / "source", SOURCE), Served(home / "target", TARGET)
    source.run(*COMMON, *APPLICATION, folder=folder, data=source.host.data)
    target.run(*COMMON, folder=folder)
    sets = []
    for name in ("older", "newer"):
        (stage / name).mkdir(parents=True)
        source.run("ALTER TABLESPACE app READ ONLY")
        rc, out = source.rman(f"CONVERT TABLESPACE app TO PLATFORM '{PLATFORMS[LINUX].name}' DB_FILE_NAME_CONVERT "
                              f"'{source.host.data}', '{stage / name}';\n")
        assert rc == 0, out
        sets.append(tuple(stage / name / file for file in ("app01.dbf", "app02.dbf")))
        if name == "older":
            source.run("ALTER TABLESPACE app READ WRITE", "INSERT INTO hr.dept VALUES (2, 'Rechnung')")
    pair = Pair(source, target, folder, sets[1], sets[0])
    with source.connect() as connection:
        log = pump(connection, folder, "EXPORT", "TRANSPORTABLE", "set", filters={"TABLESPACE_EXPR": "IN ('APP')"})
        assert "successfully completed" in log[-1], log
        log = pump(connection, folder, "EXPORT", "SCHEMA", "rows", filters={"SCHEMA_EXPR": "= 'HR'"})
        assert "successfully completed" in log[-1], log
    yield pair
    source.instance.stop()
    target.instance.stop()


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a database one that was created otherwise."""
    def change(served: Served, **characteristics: object) -> None:
        monkeypatch.setattr(served.database, "spec", dataclasses.replace(served.database.spec, **characteristics))  # type: ignore[arg-type]
    return change


# --- archiving ---

def test_01_archivelog_while_the_database_is_open(pair: Pair) -> None:
    with pytest.raises(oracledb.DatabaseError, match="ORA-01126"):
        pair.target.run("ALTER DATABASE ARCHIVELOG")


def test_02_archivelog_after_an_unclean_shutdown(pair: Pair) -> None:
    said = pair.target.sqlplus("SHUTDOWN ABORT", "STARTUP MOUNT", "ALTER DATABASE ARCHIVELOG;", "ALTER DATABASE OPEN;")
    assert "ORA-00265" in said
    assert pair.target.run("SELECT log_mode, open_mode FROM v$database") == [("NOARCHIVELOG", "READ WRITE")]


def test_03_archivelog_of_a_database_that_is_not_mounted(pair: Pair) -> None:
    said = pair.target.sqlplus("SHUTDOWN IMMEDIATE", "ALTER DATABASE ARCHIVELOG;")
    assert "ORA-01034" in said
    said = pair.target.sqlplus("STARTUP NOMOUNT", "ALTER DATABASE ARCHIVELOG;", "ALTER DATABASE MOUNT;", "ALTER DATABASE OPEN;")
    assert "ORA-01507" in said and "ORA-01126" not in said


def test_04_archivelog_inside_a_pluggable_database(tmp_path: pathlib.Path) -> None:
    container = Served(tmp_path, DatabaseSpec("CDB", sid="cdb", pdb="PDB1", passwords={"SYS": PASSWORD, "SYSTEM": PASSWORD}))
    try:
        with pytest.raises(oracledb.DatabaseError, match="ORA-65040"):
            container.run("ALTER DATABASE ARCHIVELOG")
    finally:
        container.instance.stop()


def test_05_noarchivelog_while_flashback_is_on(pair: Pair) -> None:
    said = pair.source.sqlplus("ALTER DATABASE FLASHBACK ON;", "SHUTDOWN IMMEDIATE", "STARTUP MOUNT", "ALTER DATABASE NOARCHIVELOG;",
                               "ALTER DATABASE FLASHBACK OFF;", "ALTER DATABASE OPEN;")
    assert "ORA-38774" in said
    assert pair.source.run("SELECT log_mode, open_mode FROM v$database") == [("ARCHIVELOG", "READ WRITE")]


def test_06_online_backup_without_archiving(pair: Pair) -> None:
    assert stack(*pair.target.rman("BACKUP TABLESPACE users;\n"), "RMAN-03009", "ORA-19602")


# --- the export of a set ---

def test_07_a_set_that_is_read_write(pair: Pair) -> None:
    log = export(pair, "'LIVE','APP'")
    assert reason(log).startswith("ORA-39185") and [line for line in log
                                                    if "ORA-29335" in line] == ["ORA-29335: tablespace 'LIVE' is not read only"]


def test_08_a_set_that_is_not_self_contained(pair: Pair) -> None:
    log = export(pair, "'HALF'")
    assert reason(log).startswith("ORA-39187") and any(line.startswith("ORA-39907: Index HR.EMP_NAME in tablespace HALF") for line in log)


def test_09_a_tablespace_that_does_not_exist(pair: Pair) -> None:
    assert reason(export(pair, "'APP','NOWHERE'")).startswith("ORA-29304: tablespace 'NOWHERE'")


@pytest.mark.parametrize("name", ["SYSTEM", "SYSAUX", "TEMP", "UNDOTBS1"])
def test_10_tablespaces_that_do_not_travel(pair: Pair, name: str) -> None:
    assert reason(export(pair, f"'{name}'")).startswith("ORA-29351")


def test_12_the_standard_edition(pair: Pair, become: Any) -> None:
    become(pair.source, edition="SE2")
    assert reason(export(pair, "'APP'")).startswith("ORA-00439")


# --- the import of a set ---

def test_13_an_owner_that_does_not_exist(pair: Pair) -> None:
    pair.target.run("DROP USER hr")
    try:
        assert reason(plug(pair)) == "ORA-29342: user HR does not exist in the database"
    finally:
        pair.target.run(OWNER)


def test_14_a_tablespace_name_that_is_taken(pair: Pair) -> None:
    pair.target.run("CREATE TABLESPACE app DATAFILE '{data}/taken.dbf' SIZE 1M", data=pair.target.host.data)
    try:
        assert reason(plug(pair)) == "ORA-29349: tablespace 'APP' already exists"
    finally:
        pair.target.run("DROP TABLESPACE app INCLUDING CONTENTS AND DATAFILES")


def test_15_a_block_size_without_a_cache(pair: Pair, become: Any) -> None:
    become(pair.target, block_size=16384)
    assert reason(plug(pair)).startswith("ORA-29339: tablespace block size 8192")
    assert nothing_is_plugged(pair)


def test_16_a_character_set_that_cannot_hold_the_data(pair: Pair, become: Any) -> None:
    become(pair.target, character_set="WE8ISO8859P1")
    assert reason(plug(pair)).startswith("ORA-29345")
    assert nothing_is_plugged(pair)


def test_17_another_national_character_set(pair: Pair, become: Any) -> None:
    become(pair.target, national_character_set="UTF8")
    assert reason(plug(pair)).startswith("ORA-19736")
    assert nothing_is_plugged(pair)


def test_18_rows_of_a_newer_time_zone_file(pair: Pair, become: Any) -> None:
    become(pair.target, timezone_file=31)
    with pair.target.connect() as connection, pytest.raises(oracledb.DatabaseError, match="ORA-39405"):
        pump(connection, pair.folder, "IMPORT", "SCHEMA", "rows")


def test_19_no_files(pair: Pair) -> None:
    assert reason(plug(pair, [])).startswith("ORA-29348")


def test_19_too_few_files(pair: Pair) -> None:
    assert reason(plug(pair, pair.files[:1])).startswith("ORA-19732: incorrect number of datafiles for tablespace APP")
    assert nothing_is_plugged(pair)


def test_19_a_file_of_another_tablespace(pair: Pair, tmp_path: pathlib.Path) -> None:
    rc, out = pair.target.rman(f"CONVERT DATAFILE '{pair.source.host.data}/half01.dbf' FROM PLATFORM '{PLATFORMS[SOLARIS].name}' "
                               f"FORMAT '{tmp_path}/other.dbf';\n")
    assert rc == 0, out
    assert reason(plug(pair, [pair.files[0], tmp_path / "other.dbf"])).startswith("ORA-19721")


def test_19_a_file_that_is_not_there(pair: Pair, tmp_path: pathlib.Path) -> None:
    log = plug(pair, [pair.files[0], tmp_path / "nowhere.dbf"])
    assert reason(log).startswith("ORA-01565") and any(line.startswith("ORA-27037") for line in log)


def test_20_files_of_another_moment_than_the_dump(pair: Pair) -> None:
    assert reason(plug(pair, pair.older)).startswith("ORA-19722")
    assert nothing_is_plugged(pair)


def test_21_files_that_were_not_converted(pair: Pair, tmp_path: pathlib.Path) -> None:
    files = [shutil.copy(f"{pair.source.host.data}/{name}", tmp_path) for name in ("app01.dbf", "app02.dbf")]
    assert reason(plug(pair, files)).split(":")[0] in ("ORA-19722", "ORA-01565")
    assert nothing_is_plugged(pair)


def test_22_a_target_of_lower_compatibility(pair: Pair, become: Any) -> None:
    become(pair.target, compatible="11.2.0.4.0")
    with pytest.raises(oracledb.DatabaseError, match="ORA-39142"):
        plug(pair)
    assert nothing_is_plugged(pair)


def test_23_a_dump_that_was_cut_off(pair: Pair) -> None:
    whole = (pair.folder / "set.dmp").read_bytes()
    (pair.folder / "cut.dmp").write_bytes(whole[:100])
    with pytest.raises(oracledb.DatabaseError, match="ORA-39000") as caught:
        plug(pair, dump="cut")
    assert "ORA-31619" in str(caught.value)


def test_25_a_set_named_as_the_importers_own_tablespace(pair: Pair) -> None:
    pair.target.run("CREATE TABLESPACE app DATAFILE '{data}/own.dbf' SIZE 1M",
                    "CREATE USER late IDENTIFIED BY {password} DEFAULT TABLESPACE app "
                    "QUOTA UNLIMITED ON app", "GRANT CREATE SESSION, DATAPUMP_IMP_FULL_DATABASE TO late",
                    "GRANT READ, WRITE ON DIRECTORY dumps TO late",
                    data=pair.target.host.data, password=PASSWORD)
    try:
        assert reason(plug(pair, user="late")) == "ORA-29349: tablespace 'APP' already exists"
    finally:
        pair.target.run("DROP USER late CASCADE", "DROP TABLESPACE app INCLUDING CONTENTS AND DATAFILES")


# --- conversion and backup ---

def test_26_conversion_at_the_source_of_a_set_that_is_read_write(pair: Pair, tmp_path: pathlib.Path) -> None:
    rc, out = pair.source.rman(f"CONVERT TABLESPACE live TO PLATFORM '{PLATFORMS[LINUX].name}' FORMAT '{tmp_path}/%U';\n")
    assert stack(rc, out, "RMAN-03002", "RMAN-06599") and not list(tmp_path.iterdir())


def test_27_a_platform_that_does_not_exist(pair: Pair, tmp_path: pathlib.Path) -> None:
    assert stack(*pair.source.rman(f"CONVERT TABLESPACE app TO PLATFORM 'Linux for pianos' FORMAT '{tmp_path}/%U';\n"),
                 "RMAN-03002", "RMAN-06594")
    assert stack(*pair.target.rman(f"CONVERT DATAFILE '{pair.older[0]}' FROM PLATFORM 'Solaris' FORMAT '{tmp_path}/%U';\n"),
                 "RMAN-03002", "RMAN-06594")


def test_28_a_backup_piece_is_no_datafile(pair: Pair, tmp_path: pathlib.Path) -> None:
    rc, out = pair.source.rman(f"BACKUP TABLESPACE live FORMAT '{tmp_path}/piece';\n")
    assert rc == 0, out
    assert stack(*pair.target.rman(f"CONVERT DATAFILE '{tmp_path}/piece' FROM PLATFORM '{PLATFORMS[SOLARIS].name}' FORMAT "
                                   f"'{tmp_path}/out';\n"),
                 "RMAN-03009", "ORA-19563")
    assert not (tmp_path / "out").exists()


def test_28_a_file_of_another_platform_than_is_said(pair: Pair, tmp_path: pathlib.Path) -> None:
    assert stack(*pair.target.rman(f"CONVERT DATAFILE '{pair.files[0]}' FROM PLATFORM '{PLATFORMS[SOLARIS].name}' FORMAT "
                                   f"'{tmp_path}/out';\n"),
                 "RMAN-03009", "ORA-19563")


def test_30_an_output_file_that_exists(pair: Pair, tmp_path: pathlib.Path) -> None:
    (tmp_path / "out").write_text("mine")
    assert stack(*pair.target.rman(f"CONVERT DATAFILE '{pair.source.host.data}/app01.dbf' FROM PLATFORM '{PLATFORMS[SOLARIS].name}' "
                                   f"FORMAT '{tmp_path}/out';\n"), "RMAN-03009", "ORA-19504", "ORA-27038")
    assert (tmp_path / "out").read_text() == "mine"


def test_32_an_input_that_is_not_there(pair: Pair, tmp_path: pathlib.Path) -> None:
    assert stack(*pair.target.rman(f"CONVERT DATAFILE '{tmp_path}/nowhere' FROM PLATFORM '{PLATFORMS[SOLARIS].name}' FORMAT "
                                   f"'{tmp_path}/out';\n"),
                 "RMAN-03009", "ORA-19505", "ORA-27037")


def test_33_an_incremental_backup_from_a_later_scn(pair: Pair, tmp_path: pathlib.Path) -> None:
    [(scn,)] = pair.source.run("SELECT current_scn + 1000000 FROM v$database")
    rc, out = pair.source.rman(f"BACKUP INCREMENTAL FROM SCN {scn} TABLESPACE live FORMAT '{tmp_path}/piece';\n")
    assert rc == 0 and "RMAN-06755: WARNING: datafile" in out and "backup cancelled because all files were skipped" in out
    assert not list(tmp_path.iterdir())


# --- files of the server ---

def copy_file(pair: Pair, source: str, target: str, directory: str = "DUMPS") -> None:
    with pair.source.connect() as connection, connection.cursor() as cursor:
        cursor.callproc("DBMS_FILE_TRANSFER.COPY_FILE", [directory, source, "DUMPS", target])


def test_36_a_directory_object_that_does_not_exist(pair: Pair) -> None:
    with pytest.raises(oracledb.DatabaseError, match="ORA-06564"):
        copy_file(pair, "set.dmp", "copy.dmp", "NOWHERE")


def test_36_a_directory_that_may_not_be_read(pair: Pair) -> None:
    pair.source.run("CREATE DIRECTORY closed AS '{folder}'", folder=pair.folder)
    with pytest.raises(oracledb.DatabaseError, match="ORA-01031"):
        copy_file(pair, "set.dmp", "copy.dmp", "CLOSED")


def test_37_a_server_file_that_is_not_there(pair: Pair) -> None:
    with pytest.raises(oracledb.DatabaseError, match=r"ORA-19505(.|\n)*ORA-27037"):
        copy_file(pair, "nowhere.dmp", "copy.dmp")


def test_38_a_server_file_that_is_there_already(pair: Pair) -> None:
    with pytest.raises(oracledb.DatabaseError, match=r"ORA-19504(.|\n)*ORA-27038"):
        copy_file(pair, "set.dmp", "rows.dmp")


def test_39_a_server_file_of_odd_size(pair: Pair) -> None:
    (pair.folder / "odd.bin").write_bytes(b"x" * 511)
    with pytest.raises(oracledb.DatabaseError, match=r"ORA-19563(.|\n)*ORA-27046"):
        copy_file(pair, "odd.bin", "copy.bin")


def test_40_a_database_link_that_does_not_exist(pair: Pair) -> None:
    with pair.source.connect() as connection, connection.cursor() as cursor:
        with pytest.raises(oracledb.DatabaseError, match="ORA-02019"):
            cursor.execute("SELECT * FROM dept@nowhere")
        with pytest.raises(oracledb.DatabaseError, match="ORA-02019"):
            cursor.callproc("DBMS_FILE_TRANSFER.PUT_FILE", ["DUMPS", "set.dmp", "DUMPS", "copy.dmp", "nowhere"])


# --- opening ---

def test_47_opening_with_a_file_of_the_past(pair: Pair, tmp_path: pathlib.Path) -> None:
    path = pathlib.Path(pair.source.host.data, "live01.dbf")
    pair.source.sqlplus("SHUTDOWN IMMEDIATE")
    shutil.copy(path, tmp_path / "past")
    pair.source.sqlplus("STARTUP", "UPDATE hr.emp SET name = 'Bea';", "COMMIT;", "SHUTDOWN IMMEDIATE")
    shutil.copy(path, tmp_path / "now")
    shutil.copy(tmp_path / "past", path)
    said = pair.source.sqlplus("STARTUP")
    shutil.copy(tmp_path / "now", path)
    assert "ORA-01113" in said and "ORA-01110: data file" in said and "Database opened." not in said
    pair.source.sqlplus("SHUTDOWN IMMEDIATE", "STARTUP")
    assert pair.source.run("SELECT name FROM hr.emp") == [("Bea",)]


# --- and with everything met ---

def test_a_set_that_meets_every_condition_but_the_time_zone_file(pair: Pair, become: Any, tmp_path: pathlib.Path) -> None:
    become(pair.target, timezone_file=31)
    log = plug(pair, [shutil.copy(path, tmp_path) for path in pair.files])
    assert any(line.startswith("ORA-39360") and "VISIT" in line for line in log)
    assert pair.target.run("SELECT table_name FROM dba_tables WHERE owner = 'HR'") == [("DEPT",)]
    pair.target.run("DROP TABLESPACE app INCLUDING CONTENTS AND DATAFILES")


def test_a_set_that_meets_every_condition(pair: Pair, tmp_path: pathlib.Path) -> None:
    log = plug(pair, [shutil.copy(path, tmp_path) for path in pair.files])
    assert "successfully completed" in log[-1] and not [line for line in log if "ORA-" in line]
    assert pair.target.run("SELECT id, name FROM hr.dept ORDER BY id") == [(1, "Ärzte"), (2, "Rechnung")]
    pair.target.run("DROP TABLESPACE app INCLUDING CONTENTS AND DATAFILES")

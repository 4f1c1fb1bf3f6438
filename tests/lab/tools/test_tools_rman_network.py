# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RESTORE and RECOVER ... FROM SERVICE: a standby database is made out of one that works, over the listener of the other."""
from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import time
from collections.abc import Iterator

import oracledb
import pytest
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host

PASSWORDS = {"SYS": "sys_1", "SYSTEM": "system_1"}


class Pair:
    """A source, and a placeholder of the same DB_NAME."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.source, self.target = Host(str(directory / "src")), Host(str(directory / "trg"))
        spec = DatabaseSpec("PROD", unique_name="PRODA", sid="proda", log_mode="ARCHIVELOG", passwords=PASSWORDS)
        self.source.create(spec).shutdown()
        placeholder = DatabaseSpec("PROD", unique_name="PRODB", sid="prodb", log_mode="ARCHIVELOG", passwords=PASSWORDS, parameters={
            "db_file_name_convert": f"'{self.source.data}/','{self.target.data}/'"})
        self.target.create(placeholder).shutdown()
        self.source.start()
        self.target.start()
        self.password_file()
        os.makedirs(os.path.join(self.target.home, "network", "admin"), exist_ok=True)
        with open(os.path.join(self.target.home, "network", "admin", "tnsnames.ora"), "w") as file:
            file.write(f"PRODA = (DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT={self.source.port}))"
                       "(CONNECT_DATA=(SERVICE_NAME=proda)))\n")

    def password_file(self) -> None:
        """That of the source is copied, as it has to be."""
        shutil.copyfile(os.path.join(self.source.home, "dbs", "orapwproda"), os.path.join(self.target.home, "dbs", "orapwprodb"))

    def tool(self, host: Host, name: str, text: str) -> str:
        sid = "proda" if host is self.source else "prodb"
        arguments = ["-s", "/", "as", "sysdba"] if name == "sqlplus" else ["target", "/"]
        done = subprocess.run([os.path.join(host.home, "bin", name), *arguments], input=text, capture_output=True, text=True, timeout=300,
                              env={**os.environ, "ORACLE_HOME": host.home, "ORACLE_SID": sid})
        return done.stdout + done.stderr

    def rman(self, text: str) -> str:
        return self.tool(self.target, "rman", text)

    def sqlplus(self, host: Host, text: str) -> str:
        return self.tool(host, "sqlplus", text)

    def connect(self) -> oracledb.Connection:
        return oracledb.connect(user="SYSTEM", password=PASSWORDS["SYSTEM"], dsn=f"127.0.0.1:{self.source.port}/proda")

    def applied(self, query: str, expected: str) -> None:
        """Managed recovery, which runs, comes to where the query gives what is expected; the standby is open for reading then, and goes on."""
        deadline, found = time.monotonic() + 300, ""
        apply = "alter database recover managed standby database disconnect;\n"
        while time.monotonic() < deadline and not re.search(expected, found):
            time.sleep(1)
            self.sqlplus(self.target, "alter database recover managed standby database cancel;\nalter database open read only;\n" + apply)
            found = self.sqlplus(self.target, "set heading off feedback off\n" + query + "\n")
        assert re.search(expected, found), found

    def ship(self) -> None:
        """The source sends its redo, and managed recovery runs."""
        with open(os.path.join(self.source.home, "network", "admin", "tnsnames.ora"), "w") as file:
            file.write(f"PRODB = (DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT={self.target.port}))(CONNECT_DATA=(SERVICE_NAME=prodb)))\n")
        self.sqlplus(self.target, "alter system set log_archive_config='dg_config=(PRODA,PRODB)';\nalter system set fal_server='PRODA';\n"
                     "alter database recover managed standby database disconnect;\n")
        self.sqlplus(self.source, "alter system set log_archive_config='dg_config=(PRODA,PRODB)';\n"
                     "alter system set log_archive_dest_2='service=PRODB async valid_for=(online_logfiles,primary_role) db_unique_name=PRODB';\n"
                     "alter system set log_archive_dest_state_2=enable;\nalter system switch logfile;\nalter system switch logfile;\n")

    def nomount(self) -> None:
        self.sqlplus(self.target, "shutdown abort\nstartup nomount\n")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    made = Pair(tmp_path_factory.mktemp("pair"))
    with made.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE sales (id NUMBER, note VARCHAR2(4000))")
        cursor.executemany("INSERT INTO sales VALUES (:1, :2)", [(number, "x" * (number * 7 % 3000)) for number in range(2000)])
        connection.commit()
    yield made
    made.source.stop(abort=True)
    made.target.stop(abort=True)


def test_a_standby_is_restored_from_a_service(pair: Pair) -> None:
    pair.nomount()
    text = pair.rman("restore standby controlfile from service 'PRODA';\n")
    assert "RMAN-00571" not in text, text
    assert "using network backup set from service PRODA" in text and "restoring control file" in text
    assert f"output file name={pair.target.data}/control01.ctl" in text and "Finished restore at" in text
    text = pair.rman("alter database mount;\nrestore database from service PRODA section size 64M;\n")
    assert "RMAN-00571" not in text, text
    assert re.search(r"restoring datafile 00001 to " + pair.target.data + "/system01.dbf", text)
    found = pair.sqlplus(pair.target, "set heading off feedback off\nselect name, db_unique_name, database_role, open_mode, controlfile_type from v$database;\n"
                         "select count(*) from v$datafile where name like '" + pair.target.data + "%';\n"
                         "select operation, status, object_type from v$rman_status order by recid;\nselect count(*) from dba_users;\n")
    assert re.search(r"PROD\s+PRODB\s+PHYSICAL STANDBY\s+MOUNTED", found), found
    assert "ORA-01219" in found and re.search(r"RESTORE\s+COMPLETED", found)


def test_who_may_not_log_on(pair: Pair) -> None:
    pair.nomount()
    text = pair.rman("restore standby controlfile from service nobody;\n")
    assert "RMAN-03002: failure of restore command" in text and "ORA-17627: ORA-12154" in text and "ORA-17629" in text
    os.unlink(os.path.join(pair.target.home, "dbs", "orapwprodb"))
    text = pair.rman("restore standby controlfile from service PRODA;\n")
    assert "ORA-17627: ORA-01017" in text and "ORA-17629" in text
    pair.password_file()


def test_what_state_is_needed(pair: Pair) -> None:
    pair.nomount()
    assert "ORA-01507" in pair.rman("restore database from service PRODA;\n")
    pair.rman("restore standby controlfile from service PRODA;\nalter database mount;\n")
    assert "RMAN-06496" in pair.rman("restore standby controlfile from service PRODA;\n")


def test_files_of_different_age_become_one_database_by_redo(pair: Pair) -> None:
    """Rows go on changing while files are restored; managed recovery brings every file to the same point."""
    pair.nomount()
    pair.rman("restore standby controlfile from service PRODA;\nalter database mount;\n")
    with pair.connect() as connection, connection.cursor() as cursor:
        for number in range(5):
            cursor.execute("UPDATE sales SET note = RPAD('y', 2000 + :n, 'y') WHERE MOD(id, 5) = :n", {"n": number})
            connection.commit()
            if number == 1:
                text = pair.rman("restore database from service PRODA;\n")
                assert "Finished restore" in text
                cursor.execute("CREATE TABLE later (id NUMBER)")
                cursor.execute("INSERT INTO later VALUES (7)")
        connection.commit()
        cursor.execute("SELECT SUM(LENGTH(note)) FROM sales")
        [(expected,)] = cursor.fetchall()
    pair.ship()
    pair.applied("select sum(length(note)), (select max(id) from system.later) from system.sales;", rf"\b{expected}\s+7\b")


@pytest.mark.everything
def test_a_standby_that_fell_behind_is_brought_up_over_the_network(pair: Pair) -> None:
    """Increments of the other database, also into files that redo was applied to, and files that were added there."""
    pair.nomount()
    pair.rman("restore standby controlfile from service PRODA;\nalter database mount;\nrestore database from service PRODA;\n")
    pair.ship()
    pair.applied("select count(*) from system.sales;", r"\b2000\b")
    pair.sqlplus(pair.source, "alter system set log_archive_dest_state_2=defer;\n")
    assert "RMAN-05146" in pair.tool(pair.source, "rman", "recover standby database from service PRODA;\n")
    with pair.connect() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE sales SET note = RPAD('z', 3000, 'z') WHERE MOD(id, 7) = 0")
        cursor.execute("DELETE FROM sales WHERE MOD(id, 11) = 3")
        connection.commit()
        cursor.execute(f"CREATE TABLESPACE added DATAFILE '{pair.source.data}/added01.dbf' SIZE 1M")
        cursor.execute("CREATE TABLE in_added (id NUMBER) TABLESPACE added")
        cursor.execute("INSERT INTO in_added VALUES (8)")
        connection.commit()
        cursor.execute("SELECT COUNT(*), SUM(LENGTH(note)) FROM sales")
        [expected] = cursor.fetchall()
    pair.sqlplus(pair.target, "shutdown immediate\nstartup mount\n")
    text = pair.rman("recover standby database from service PRODA;\n")
    assert "RMAN-00571" not in text, text
    assert "starting incremental datafile backup set restore" in text and "using network backup set from service PRODA" in text
    assert re.search(r"restoring datafile 00006 to " + pair.target.data + "/added01.dbf", text)
    text = pair.rman("recover database from service PRODA noredo;\n")
    assert "RMAN-00571" not in text and "starting media recovery" not in text
    pair.sqlplus(pair.source, "alter system set log_archive_dest_state_2=enable;\nalter system switch logfile;\n")
    pair.sqlplus(pair.target, "alter database recover managed standby database disconnect;\n")
    pair.applied("select count(*), sum(length(note)), (select max(id) from system.in_added) from system.sales;",
                 rf"\b{expected[0]}\s+{expected[1]}\s+8\b")


def test_a_standby_is_not_opened_before_its_files_agree(pair: Pair) -> None:
    pair.nomount()
    pair.rman("restore standby controlfile from service PRODA;\nalter database mount;\nrestore database from service PRODA;\n")
    found = pair.sqlplus(pair.target, "alter database open read only;\n")
    assert re.search(r"ORA-10458: standby database requires recovery\nORA-01196: file \d+ is inconsistent", found), found
    assert "ORA-01110: data file" in found

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DUPLICATE ... FOR STANDBY FROM ACTIVE DATABASE, with both databases reached over Oracle Net; rows 41 to 46 of the table of preconditions."""
from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import shutil
from collections.abc import Iterator

import pytest
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host
from rman_host import RmanHost

PASSWORDS = {"SYS": "sys_1", "SYSTEM": "system_1"}


class Two:
    """The database that is duplicated, and the instance that becomes its standby."""

    def __init__(self, directory: pathlib.Path) -> None:
        spec = DatabaseSpec("PROD", unique_name="PRODA", sid="proda", log_mode="ARCHIVELOG", passwords=PASSWORDS)
        self.target = RmanHost(Host(str(directory / "src")), spec)
        self.auxiliary = RmanHost(Host(str(directory / "trg")), dataclasses.replace(spec, unique_name="PRODB", sid="prodb"))
        admin = os.path.join(self.auxiliary.host.home, "network", "admin")
        with open(os.path.join(admin, "tnsnames.ora"), "w") as file:
            for name, host, service in (("PRODA", self.target, "proda"), ("PRODB", self.auxiliary, "prodb_aux"), ("BLOCKED", self.auxiliary, "prodb")):
                file.write(f"{name} = (DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT={host.host.port}))(CONNECT_DATA=(SERVICE_NAME={service})))\n")
        with open(os.path.join(admin, "listener.ora"), "a") as file:
            file.write("SID_LIST_LISTENER = (SID_LIST = (SID_DESC = (GLOBAL_DBNAME = prodb_aux)(SID_NAME = prodb)"
                       f"(ORACLE_HOME = {self.auxiliary.host.home})))\n")
        self.auxiliary.tool("lsnrctl", "", "reload")
        self.auxiliary.sqlplus("shutdown abort\nstartup nomount\n")
        self.same_password_file()

    def same_password_file(self) -> None:
        shutil.copyfile(os.path.join(self.target.host.home, "dbs", "orapwproda"), os.path.join(self.auxiliary.host.home, "dbs", "orapwprodb"))

    def rman(self, command: str, *, target: str = "sys/sys_1@PRODA", auxiliary: str = "sys/sys_1@PRODB") -> str:
        return self.auxiliary.tool("rman", f"connect target {target}\nconnect auxiliary {auxiliary}\n{command}\n")


@pytest.fixture
def two(tmp_path: pathlib.Path) -> Iterator[Two]:
    made = Two(tmp_path)
    yield made
    for one in (made.target, made.auxiliary):
        one.host.stop(abort=True)


ACTIVE = "duplicate target database for standby from active database"


def test_an_active_duplicate_is_a_standby(two: Two) -> None:
    with two.target.connect() as connection:
        connection.cursor().execute("CREATE TABLE t AS SELECT level id FROM dual CONNECT BY level <= 500")
    os.unlink(os.path.join(two.auxiliary.host.home, "dbs", "orapwprodb"))
    two.auxiliary.tool("orapwd", "", f"file={two.auxiliary.host.home}/dbs/orapwprodb", "password=sys_1", "force=y", "format=12")
    text = two.rman(f"run {{ allocate channel c1 device type disk; allocate auxiliary channel a1 device type disk; {ACTIVE} dorecover "
                    f"db_file_name_convert '{two.target.host.data}','{two.auxiliary.host.data}'; }}")
    assert "RMAN-00571" not in text, text
    assert re.search(r"connected to target database: PROD \(DBID=\d+\)\s.*connected to auxiliary database: PROD \(not mounted\)", text, re.DOTALL)
    assert "channel a1: using network backup set from service PRODA" in text and "datafile 1 switched to datafile copy" in text
    assert "starting media recovery" in text and "Finished Duplicate Db at" in text
    found = two.auxiliary.sqlplus("set heading off feedback off\nalter database open read only;\nselect database_role, db_unique_name from v$database;\n"
                                  "select count(*) from system.t;\n")
    assert re.search(r"PHYSICAL STANDBY\s+PRODB\s+500\b", found), found


@pytest.mark.everything
def test_oracle_names_the_files_of_a_duplicate_where_db_create_file_dest_is_set(two: Two) -> None:
    two.auxiliary.sqlplus(f"alter system set db_create_file_dest='{two.auxiliary.host.data}';\n")
    text = two.rman(f"{ACTIVE};")
    assert "set newname for clone tempfile  1 to new;" in text and "set newname for clone datafile  1 to new;" in text
    assert "Finished Duplicate Db at" in text, text
    found = two.auxiliary.sqlplus("set heading off feedback off linesize 300\nselect name from v$datafile union all select name from v$tempfile;\n").split()
    assert found and [name for name in found if not name.startswith(f"{two.auxiliary.host.data}/PRODB/datafile/o1_mf_")] == []


@pytest.mark.everything
def test_what_active_duplication_wants(two: Two) -> None:
    assert "RMAN-05609: Must specify a username for target connection" in two.auxiliary.tool(
        "rman", f"connect target /\nconnect auxiliary sys/sys_1@PRODB\n{ACTIVE};\n")
    text = two.rman(f"{ACTIVE};", auxiliary="sys/sys_1@BLOCKED")
    assert "RMAN-04006: error from auxiliary database" in text and "ORA-12528" in text
    assert "RMAN-06174" in text
    assert re.search(r"RMAN-04005: error from target database: \nORA-01017", two.rman(f"{ACTIVE};", target="sys/wrong@PRODA"))
    text = two.rman(f"{ACTIVE} db_file_name_convert 'x','y';")
    path = os.path.join(two.target.host.data, "users01.dbf")
    assert f"RMAN-05001: auxiliary file name {path} conflicts with a file used by the target database" in text
    assert text.index("RMAN-05501") < text.index("RMAN-05001")
    text = two.rman(f"{ACTIVE} nofilenamecheck;")
    assert "RMAN-05500" in text          # what has been begun is mounted
    two.auxiliary.sqlplus("shutdown abort\n")
    text = two.rman(f"{ACTIVE};")
    assert "RMAN-05501" not in text and "Finished Duplicate" not in text

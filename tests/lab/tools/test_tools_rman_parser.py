# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery Manager's command language."""
from __future__ import annotations

import pytest
from oralab.tools import rman_commands as commands
from oralab.tools.rman_commands import Scope
from oralab.tools.rman_parser import connect, parse, split
from oralab.tools.rman_reader import SyntaxFault


@pytest.mark.parametrize("text, expected", [
    ("BACKUP AS COPY REUSE INCREMENTAL LEVEL 0 TAG 'XTTS_1' FORMAT '/s/%U' TABLESPACE app_data, \"Mixed\";",
     commands.Backup(Scope("TABLESPACE", ("APP_DATA", "Mixed")), as_copy=True, reuse=True, level=0, tag="XTTS_1", format="/s/%U")),
    ("backup validate check logical datafile 4, '/x/y.dbf'",
     commands.Backup(Scope("DATAFILE", ("4", "/x/y.dbf")), validate=True, check_logical=True)),
    ("backup incremental from scn 4711 filesperset 1 (tablespace users);",
     commands.Backup(Scope("TABLESPACE", ("USERS",)), from_scn=4711, filesperset=1)),
    ("convert datafile '/a/x.dbf', '/a/y.dbf' from platform=\"Solaris[tm] OE (64-bit)\" db_file_name_convert='/a/','/b/' parallelism 2",
     commands.Convert("DATAFILE", ("/a/x.dbf", "/a/y.dbf"), ("", ""), from_platform="Solaris[tm] OE (64-bit)",
                      name_convert=("/a/", "/b/"), parallelism=2)),
    ("CONVERT FROM PLATFORM 'P' PARALLELISM 3 DATAFILE '/a' FORMAT '/x' DATAFILE '/b' FORMAT '/y';",
     commands.Convert("DATAFILE", ("/a", "/b"), ("/x", "/y"), from_platform="P", parallelism=3)),
    ("CONVERT TABLESPACE a, b TO PLATFORM 'Linux x86 64-bit' FORMAT '/nfs/%U' PARALLELISM 4",
     commands.Convert("TABLESPACE", ("A", "B"), ("", ""), to_platform="Linux x86 64-bit", format="/nfs/%U", parallelism=4)),
    ("VALIDATE CHECK LOGICAL TABLESPACE \"A\"", commands.Validate(Scope("TABLESPACE", ("A",)), check_logical=True)),
    ("delete noprompt copy of tablespace a tag x", commands.Records("DELETE", "COPY", Scope("TABLESPACE", ("A",)), tag="X", noprompt=True)),
    ("sql \"alter tablespace users offline\"", commands.Sql("alter tablespace users offline", quoted=True)),
    ("sql 'create pfile=''/tmp/x'' from spfile'", commands.Sql("create pfile='/tmp/x' from spfile", quoted=True)),
    ("select name from v$database;", commands.Sql("select name from v$database")),
    ("startup force mount", commands.Startup("MOUNT", force=True)),
    ("flashback database to scn 7;", commands.Unknown("FLASHBACK")),
    ("restore database;", commands.Restore(scope=commands.Scope("DATABASE"))),
    ("restore standby controlfile from service 'A';", commands.Restore("STANDBY CONTROLFILE", service="A")),
    ("restore database from service h:1521/s.d using compressed backupset section size 5G;", commands.Restore(
        scope=commands.Scope("DATABASE"), service="h:1521/s.d", compressed=True, section=5 << 30)),
    ("restore controlfile to '/x' from '/y';", commands.Restore("CONTROLFILE", to="/x", source="/y")),
    ("restore archivelog from sequence 3 until sequence 5 thread 2;", commands.Restore("ARCHIVELOG", logs=commands.Logs("SEQUENCE", "3", "5", 2))),
    ("recover standby database from service = a;", commands.Recover(commands.Scope("DATABASE"), standby=True, service="a")),
    ("recover database until scn 7 noredo;", commands.Recover(commands.Scope("DATABASE"), until=commands.Until("SCN", "7"), noredo=True)),
    ("set newname for database to new;", commands.SetNewname("DATABASE", "", "")),
    ("set newname for datafile 3 to '/d/%b';", commands.SetNewname("DATAFILE", "3", "/d/%b")),
    ("switch datafile all;", commands.Switch("DATAFILE")), ("switch database to copy;", commands.Switch("DATABASE", copy="COPY")),
    ("duplicate target database for standby from active database dorecover spfile set db_unique_name 'B' nofilenamecheck;", commands.Duplicate(
        active=True, standby=True, dorecover=True, nofilenamecheck=True, spfile=(("SET", "db_unique_name", "B"),))),
    ("CONFIGURE DEVICE TYPE DISK PARALLELISM 4 BACKUP TYPE TO BACKUPSET;",
     commands.Configure("DEVICE TYPE", "PARALLELISM 4 BACKUP TYPE TO BACKUPSET", "DISK")),
    ("# only a remark", None),
])
def test_commands_are_read(text: str, expected: commands.Command | None) -> None:
    assert parse(text) == expected


def test_a_run_block_holds_its_commands() -> None:
    command = parse("RUN {\n ALLOCATE CHANNEL c1 DEVICE TYPE DISK FORMAT '/x/%U';\n VALIDATE DATABASE;\n RELEASE CHANNEL c1;\n}")
    assert command == commands.Run((commands.Allocate("c1", "DISK", "/x/%U"), commands.Validate(Scope("DATABASE")),
                                    commands.Release("c1")))


@pytest.mark.parametrize("text, privilege", [("/", "SYSDBA"), ("'/ AS SYSBACKUP'", "SYSBACKUP"), ("'\"/ as sysbackup\"'", "SYSBACKUP")])
def test_operating_system_authentication(text: str, privilege: str) -> None:
    assert connect(text) == commands.Connect(privilege=privilege)


def test_connect_with_a_password() -> None:
    assert connect('sys/"a b"@db1 as sysdba') == commands.Connect("SYS", "a b", "db1", "SYSDBA")


@pytest.mark.parametrize("text, lines", [
    ("bakcup database;", ['RMAN-01009: syntax error: found "identifier": expecting one of: "advise,',
                          "RMAN-01008: the bad identifier was: bakcup",
                          "RMAN-01007: at line 1 column 1 file: standard input"]),
    ("RUN {\n BACKUP DATABASE\n}", ['RMAN-01009: syntax error: found "}": expecting one of: ', "RMAN-01007: at line 3 column 1 file:"]),
    ("backup database tag this_tag_is_longer_than_thirty_c;", ["RMAN-06739: tag name THIS_TAG_IS_LONGER_THAN_THIRTY_C longer"]),
    ("backup database tag 'A-B';", ["RMAN-06730: tag name A-B"]),
    ("backup incremental level 2 database;", ['RMAN-01009: syntax error: found "integer"', "RMAN-01007: at line 1 column 26"]),
])
def test_what_cannot_be_read_is_refused(text: str, lines: list[str]) -> None:
    with pytest.raises(SyntaxFault) as caught:
        parse(text)
    assert caught.value.lines[0] == "RMAN-00558: error encountered while parsing input commands"
    assert all(found.startswith(wanted) for found, wanted in zip(caught.value.lines[1:], lines, strict=True))


def test_input_is_split_into_commands() -> None:
    text = "CONNECT TARGET /\nRUN {\n sql 'x;y}'; # }\n}\nEXIT\n"
    found = []
    while (parts := split(text)) is not None:
        found.append(parts[0])
        text = parts[1]
    assert found == ["CONNECT TARGET /", "RUN {\n sql 'x;y}'; # }\n}", "EXIT"]
    assert split("backup database") is None
    assert split("sql 'open;") is None

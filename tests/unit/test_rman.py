# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RMAN: what it prints, and what it is told."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import rman, rman_output
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.names import BadName

SOLARIS = "Solaris[tm] OE (64-bit)"

STACK = """\
RMAN-00571: ===========================================================
RMAN-00569: =============== ERROR MESSAGE STACK FOLLOWS ===============
RMAN-00571: ===========================================================
"""

CONVERSION = """\
Recovery Manager: Release 19.0.0.0.0 - Production on Mon Mar 2 08:00:00 2026

RMAN> connected to target database: HARBOUR (DBID=1234567890)

RMAN> 2> 3> 4>
Starting conversion at target at 2026-03-02 08:00:04
using target database control file instead of recovery catalog
allocated channel: ORA_DISK_1
channel ORA_DISK_1: SID=31 device type=DISK
allocated channel: ORA_DISK_2
channel ORA_DISK_2: SID=77 device type=DISK
channel ORA_DISK_1: starting datafile conversion
input file name=/stage/quay01.dbf
channel ORA_DISK_2: starting datafile conversion
  input file name=/stage/pier one.dbf
converted datafile=+DATA/HARBOUR/DATAFILE/pier.301.1
channel ORA_DISK_2: datafile conversion complete, elapsed time: 00:01:05
channel ORA_DISK_2: starting datafile conversion
input file name=/stage/mole01.dbf
converted datafile=+DATA/HARBOUR/DATAFILE/quay.300.1
channel ORA_DISK_1: datafile conversion complete, elapsed time: 01:00:00
 converted datafile=+DATA/HARBOUR/DATAFILE/mole.302.1
 channel ORA_DISK_2: datafile conversion complete, elapsed time: 00:00:07
Finished conversion at target at 2026-03-02 09:00:04

RMAN>

Recovery Manager complete.
"""


def test_conversions_are_told_apart_by_channel():
    outcome = rman_output.parse(CONVERSION, 0)
    assert outcome.verdict == "ok" and outcome.errors == []
    assert {(item.input, item.output, item.channel, item.elapsed) for item in outcome.conversions} == {
        ("/stage/quay01.dbf", "+DATA/HARBOUR/DATAFILE/quay.300.1", "ORA_DISK_1", 3600),
        ("/stage/pier one.dbf", "+DATA/HARBOUR/DATAFILE/pier.301.1", "ORA_DISK_2", 65),
        ("/stage/mole01.dbf", "+DATA/HARBOUR/DATAFILE/mole.302.1", "ORA_DISK_2", 7),
    }
    assert [(item.name, item.finished) for item in outcome.commands] == [("conversion at target", "2026-03-02 09:00:04")]


def test_outputs_that_two_channels_name_at_once_go_by_file_name():
    outcome = rman_output.parse("""\
Starting conversion at target at 2026-03-02 08:00:04
channel c1: starting datafile conversion
input file name=/stage/a.dbf
channel c2: starting datafile conversion
input file name=/stage/b.dbf
converted datafile=/u02/b.dbf
converted datafile=/u02/a.dbf
channel c1: datafile conversion complete, elapsed time: 00:00:01
channel c2: datafile conversion complete, elapsed time: 00:00:01
Finished conversion at target at 2026-03-02 08:00:06
""")
    assert {item.input: item.output for item in outcome.conversions} == {"/stage/a.dbf": "/u02/a.dbf", "/stage/b.dbf": "/u02/b.dbf"}


def test_a_conversion_at_the_source_names_file_numbers():
    outcome = rman_output.parse("""\
Starting conversion at source at 2026-03-02 08:00:04
channel ORA_DISK_1: starting datafile conversion
input datafile file number=00005 name=/u02/quay01.dbf
converted datafile=/stage/quay01.dbf
channel ORA_DISK_1: datafile conversion complete, elapsed time: 00:00:03
Finished conversion at source at 2026-03-02 08:00:07
""")
    assert outcome.verdict == "ok"
    assert [(item.file_number, item.input) for item in outcome.conversions] == [(5, "/u02/quay01.dbf")]


@pytest.mark.parametrize("keep", range(1, len(CONVERSION.split("\n")) - 6))
def test_a_cut_log_is_never_good(keep):
    outcome = rman_output.parse("\n".join(CONVERSION.split("\n")[:keep]))
    assert outcome.verdict == "unknown"
    with pytest.raises(DbferryError, match="in doubt"):
        outcome.require("Converting")


def test_a_log_without_its_beginning_is_read_from_its_closing_line():
    lines = CONVERSION.split("\n")
    outcome = rman_output.parse("\n".join(lines[lines.index("input file name=/stage/mole01.dbf"):]))
    assert outcome.verdict == "ok"
    assert outcome.commands == [("conversion at target", None, "2026-03-02 09:00:04")]
    assert [item.input for item in outcome.conversions] == []


def test_an_input_that_no_channel_finished_leaves_doubt():
    outcome = rman_output.parse(CONVERSION.replace(" channel ORA_DISK_2: datafile conversion complete, elapsed time: 00:00:07\n", ""))
    assert outcome.unfinished == ["/stage/mole01.dbf"]
    assert outcome.verdict == "unknown"


FAILED = """\
Starting backup at 2026-03-02 08:00:04
channel ORA_DISK_1: starting full datafile backup set
""" + STACK + """\
RMAN-03009: failure of backup command on ORA_DISK_1 channel at 03/02/2026 08:00:06
ORA-19504: failed to create file "/stage/x.bkp"
ORA-27040: file create error, unable to create file
Linux-x86_64 Error: 13: Permission denied

Recovery Manager complete.
"""


def test_a_stack_is_a_failure_and_its_cause_is_told():
    outcome = rman_output.parse(FAILED, 1)
    assert outcome.verdict == "failed"
    assert outcome.errors == outcome.serious == ["RMAN-03009", "ORA-19504", "ORA-27040"]
    with pytest.raises(DbferryError) as caught:
        outcome.require("Backing up", "BACKUP ...")
    assert caught.value.code == "ORA-19504" and "run the task again" in str(caught.value.hint)
    assert caught.value.statement == "BACKUP ..."
    assert 'failed to create file "/stage/x.bkp"' in caught.value.message


def test_what_a_media_manager_says_is_the_cause():
    outcome = rman_output.parse(STACK + """\
RMAN-03009: failure of allocate command on c1 channel at 03/02/2026 08:00:06
ORA-19554: error allocating device, device type: SBT_TAPE, device name:
ORA-27023: skgfqsbi: media manager protocol error
ORA-19511: non RMAN, but media manager or vendor specific failure, error text:
   KBHS-00715: HTTP error occurred 'operation-unauthorized'
""", 1)
    assert outcome.cause.code == "KBHS-00715" and outcome.errors[-2:] == ["ORA-19511", "KBHS-00715"]
    with pytest.raises(DbferryError, match="operation-unauthorized") as caught:
        outcome.require("Backing up")
    assert "credentials" in str(caught.value.hint)
    # The library of an appliance passes on what its database answered.
    logon = rman_output.parse(STACK + """\
RMAN-03009: failure of allocate command on c1 channel at 03/02/2026 08:00:06
ORA-19554: error allocating device, device type: SBT_TAPE, device name:
ORA-27023: skgfqsbi: media manager protocol error
ORA-19511: non RMAN, but media manager or vendor specific failure, error text:
   ORA-01017: invalid username/password; logon denied
""", 1)
    assert logon.cause.code == "ORA-01017"


def test_a_stack_fails_everything_even_when_a_later_command_finishes():
    later = "\nStarting restore at 2026-03-02 08:01:00\nFinished restore at 2026-03-02 08:02:00\n"
    assert rman_output.parse(FAILED.replace("backup at", "recover at") + later, 0).verdict == "failed"


def test_a_stack_whose_banner_was_cut_off_is_a_failure():
    outcome = rman_output.parse("\n".join(FAILED.split("\n")[5:]))
    assert outcome.verdict == "failed" and outcome.errors[0] == "RMAN-03009"


def test_a_banner_whose_stack_was_cut_off_is_a_failure():
    outcome = rman_output.parse(STACK)
    assert outcome.verdict == "failed" and outcome.serious == ["RMAN-00569"]


def test_another_language_around_the_codes():
    outcome = rman_output.parse(STACK.replace("ERROR MESSAGE STACK FOLLOWS", "错误消息堆栈如下") + """\
RMAN-03002: conversion at target 命令 (在 03/02/2026 08:00:06 上) 失败
RMAN-06136: 来自辅助数据库的 ORACLE 错误: ORA-01194: 文件 6 需要更多的恢复来保持一致性
ORA-01110: 数据文件 6: '/u02/quay01.dbf'
""")
    assert outcome.verdict == "failed"
    assert outcome.errors == ["RMAN-03002", "RMAN-06136", "ORA-01194", "ORA-01110"]
    assert outcome.cause.code == "ORA-01194"


def test_a_job_that_another_channel_took_over_is_a_warning():
    text = """\
Starting backup at 2026-03-02 08:00:04
channel c1: starting piece 1 at 2026-03-02 08:00:05
RMAN-03009: failure of backup command on c2 channel at 03/02/2026 08:00:06
ORA-19502: write error on file "/stage/x.bkp", block number 9 (block size=8192)
channel c2 disabled, job failed on it will be run on another channel
channel c1: finished piece 1 at 2026-03-02 08:00:09
piece handle=/stage/y.bkp tag=DBF_HARBOUR_R1_LEVEL0 comment=NONE
Finished backup at 2026-03-02 08:00:10
"""
    outcome = rman_output.parse(text, 0)
    assert outcome.verdict == "warning" and outcome.serious == []
    assert outcome.warnings == ["RMAN-03009", "ORA-19502"]
    assert rman_output.parse(text.replace("Finished backup", "Cut")).verdict == "failed"


def test_remarks_outside_a_stack_are_warnings():
    outcome = rman_output.parse("""\
Starting backup at 2026-03-02 08:00:04
RMAN-06755: WARNING: datafile 5: incremental-start SCN is too recent; using checkpoint SCN 77 instead
channel c1: backup cancelled because all files were skipped
Finished backup at 2026-03-02 08:00:10
""", 0)
    assert outcome.verdict == "warning" and outcome.errors == outcome.warnings == ["RMAN-06755"]
    assert outcome.pieces == [] and outcome.require("Backing up") is outcome


def test_reasons_in_a_list_of_files_are_no_remarks():
    outcome = rman_output.parse("""\
Starting implicit crosscheck backup at 2026-03-02 08:00:04
Finished implicit crosscheck backup at 2026-03-02 08:00:05
File Name: /fra/old.dbf
  RMAN-07518: Reason: Foreign database file DBID: 1  Database Name: OLD
""")
    assert outcome.verdict == "ok" and outcome.errors == []


def test_a_restore_that_failed_over_to_another_piece_is_a_warning():
    outcome = rman_output.parse("""\
Starting restore at 2026-03-02 08:00:04
channel c1: restoring datafile 00005 to /u02/quay01.dbf
channel c1: reading from backup piece /stage/a.bkp
channel c1: ORA-19870: error while restoring backup piece /stage/a.bkp
ORA-19505: failed to identify file "/stage/a.bkp"
failover to previous backup
channel c1: piece handle=/stage/old.bkp tag=T
channel c1: restore complete, elapsed time: 00:00:02
Finished restore at 2026-03-02 08:00:09
""")
    assert outcome.verdict == "warning" and outcome.warnings == ["ORA-19870", "ORA-19505"]
    assert outcome.pieces == []  # a piece that is read was not written
    assert outcome.restored == [(5, "/u02/quay01.dbf", False, "c1")]


def test_a_command_inside_another_may_be_cut_off_with_it():
    text = """\
Starting Duplicate Db at 2026-03-02 08:00:04
Starting restore at 2026-03-02 08:00:05
Finished restore at 2026-03-02 08:00:09
"""
    assert rman_output.parse(text).verdict == "unknown"
    outcome = rman_output.parse(text + "Finished Duplicate Db at 2026-03-02 08:01:00\n")
    assert outcome.verdict == "ok"
    assert [command.name for command in outcome.commands] == ["Duplicate Db", "restore"]


def test_pieces_with_tags_and_the_autobackup_apart():
    outcome = rman_output.parse("""\
Starting backup at 2026-03-02 08:00:04
channel c1: starting incremental level 0 datafile backup set
channel c1: specifying datafile(s) in backup set
input datafile file number=00005 name=/u02/quay01.dbf
channel c1: starting piece 1 at 2026-03-02 08:00:05
channel c1: finished piece 1 at 2026-03-02 08:00:08
piece handle=/stage/L0 quay.bkp tag=DBF_HARBOUR_R1_LEVEL0 comment=NONE
channel c1: backup set complete, elapsed time: 00:00:03
Finished backup at 2026-03-02 08:00:08

Starting Control File and SPFILE Autobackup at 2026-03-02 08:00:08
piece handle=/fra/c-1-00 comment=NONE
Finished Control File and SPFILE Autobackup at 2026-03-02 08:00:09
""")
    assert outcome.pieces == [("/stage/L0 quay.bkp", "DBF_HARBOUR_R1_LEVEL0", "c1", False), ("/fra/c-1-00", None, None, True)]
    assert outcome.inputs == [(5, "/u02/quay01.dbf")]


def test_image_copies():
    outcome = rman_output.parse("""\
Starting backup at 2026-03-02 08:00:04
channel c1: starting datafile copy
input datafile file number=00005 name=/u02/quay01.dbf
output file name=/stage/quay01.dbf tag=T1 RECID=3 STAMP=1
channel c1: datafile copy complete, elapsed time: 00:00:03
Finished backup at 2026-03-02 08:00:08
""")
    assert outcome.copies == [("/u02/quay01.dbf", 5, "/stage/quay01.dbf", "c1", 3)] and outcome.conversions == []


def test_foreign_files_by_number_and_without():
    outcome = rman_output.parse("""\
Starting restore at 2026-03-02 08:00:04
channel c1: restoring foreign file 4 to +DATA/quay.300.1
channel c2: restoring foreign file /u02/pier 01.dbf
Finished restore at 2026-03-02 08:00:09
""")
    assert [(item.file_number, item.path, item.foreign) for item in outcome.restored] == [
        (4, "+DATA/quay.300.1", True), (None, "/u02/pier 01.dbf", True)]


@pytest.mark.parametrize("corrupt, verdict", [(0, "ok"), (3, "failed")])
def test_validate_tells_corrupt_blocks(corrupt, verdict):
    outcome = rman_output.parse("""\
Starting validate at 2026-03-02 08:00:04
List of Datafiles
=================
File Status Marked Corrupt Empty Blocks Blocks Examined High SCN
---- ------ -------------- ------------ --------------- ----------
5    {0} {1}              120          1280            1016474
  File Name: /u02/quay01.dbf
  Block Type Blocks Failing Blocks Processed
  ---------- -------------- ----------------
  Data       0              800
Finished validate at 2026-03-02 08:00:09
""".format("OK    " if not corrupt else "FAILED", corrupt))
    assert outcome.verdict == verdict
    assert outcome.validated == [(5, "/u02/quay01.dbf", corrupt)]


@pytest.mark.parametrize("text, rc, verdict", [
    ("", None, "unknown"),
    ("", 0, "unknown"),
    ("", 1, "failed"),
    ("Recovery Manager complete.\n", 0, "ok"),
    ("Recovery Manager complete.\n", None, "unknown"),
    ("connected to target database: HARBOUR (DBID=1)\n", 0, "unknown"),
    ("RMAN> SPOOL LOG TO '/tmp/x.log';\n2>\nRecovery Manager complete.\n", 0, "unknown"),
    ("Oracle instance started\ndatabase mounted\n", None, "ok"),
    ("Starting backup at 1\nFinished backup at 2\n", 1, "failed"),
    ("Starting backup at 1\nRecovery Manager complete.\n", 0, "unknown"),
    ("RMAN> # RMAN-03002: a comment in the script\n2> Starting backup at 1\nFinished backup at 2\n", None, "ok"),
])
def test_neither_exit_code_nor_one_line_decides_alone(text, rc, verdict):
    assert rman_output.parse(text, rc).verdict == verdict


# -- commands


def test_convert_datafile_by_pairs_of_names():
    command = rman.convert_datafile(["/stage/a.dbf", "/stage/b c.dbf"], SOLARIS,
                                    db_file_name_convert=[("/stage/a.dbf", "/u02/a.dbf"), ("/stage/b c.dbf", "/u02/b.dbf")], parallelism=4)
    assert command == """\
CONVERT DATAFILE
  '/stage/a.dbf',
  '/stage/b c.dbf'
  FROM PLATFORM 'Solaris[tm] OE (64-bit)'
  PARALLELISM 4
  DB_FILE_NAME_CONVERT '/stage/a.dbf', '/u02/a.dbf',
    '/stage/b c.dbf', '/u02/b.dbf';"""


@pytest.mark.parametrize("format_", ["+DATA", "/u02/%U", "/u02/%b"])
def test_convert_datafile_by_format(format_):
    assert rman.convert_datafile(["/a", "/b"], SOLARIS, format=format_).endswith("FORMAT '{0}';".format(format_))


HOSTILE = ["", "a'b", 'a"b', "a\nb", "a\rb", "a\0b", "a\tb", "a&1", "a\x7fb", "a\u2028b"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("build", [
    lambda name: rman.convert_datafile([name], SOLARIS, format="+DATA"),
    lambda name: rman.convert_datafile(["/a"], name, format="+DATA"),
    lambda name: rman.convert_datafile(["/a"], SOLARIS, format=name),
    lambda name: rman.convert_datafile(["/a"], SOLARIS, db_file_name_convert=[("/a", name)]),
    lambda name: rman.backup(name, database=True),
    lambda name: rman.backup("T", database=True, format=name or "'"),
    rman.delete_copies,
], ids=["file", "platform", "format", "pair", "tag", "backup format", "copies"])
def test_hostile_names_are_refused(build, name):
    with pytest.raises(ValueError) as caught:
        build(name)
    assert isinstance(caught.value, DbferryError)


@pytest.mark.parametrize("options", [
    {"files": []}, {"files": ["/a", "/a"]}, {"format": None}, {"db_file_name_convert": [("/a", "/b")]}, {"parallelism": 0},
    {"parallelism": "4"}, {"parallelism": True}, {"files": ["/a", "/b"], "format": "/u02/one.dbf"},
])
def test_a_conversion_that_makes_no_sense_is_refused(options):
    good = {"files": ["/a"], "from_platform": SOLARIS, "format": "+DATA"}
    assert rman.convert_datafile(**good)
    with pytest.raises(ValueError):
        rman.convert_datafile(**dict(good, **options))


def test_backup_of_datafiles():
    command = rman.backup("DBF_HARBOUR_R1_LEVEL0", level=0, datafiles=[5, 12], format="/stage/%U", section_size="64G", filesperset=1)
    assert " ".join(command.split()) == (
        "BACKUP AS BACKUPSET INCREMENTAL LEVEL 0 FILESPERSET 1 SECTION SIZE 64G TAG 'DBF_HARBOUR_R1_LEVEL0' FORMAT '/stage/%U' "
        "DATAFILE 5, 12;")


def test_validate_and_delete():
    assert rman.validate([5, 12]) == "VALIDATE CHECK LOGICAL DATAFILE 5, 12;"
    assert rman.delete_copies("DBF_HARBOUR_R1_STAGE") == "DELETE NOPROMPT COPY TAG 'DBF_HARBOUR_R1_STAGE';"
    for datafiles in ([], ["5; HOST"], [0], [True]):
        with pytest.raises(ValueError):
            rman.validate(datafiles)


def test_backup_of_the_database():
    command = rman.backup("T", database=True, plus_archivelog=True)
    assert " ".join(command.split()) == "BACKUP AS BACKUPSET TAG 'T' DATABASE PLUS ARCHIVELOG TAG 'T';"


@pytest.mark.parametrize("options", [
    {"tag": "has-hyphen"}, {"tag": "x" * 31}, {"datafiles": [5]}, {"database": False}, {"level": 2}, {"level": 0, "from_scn": 5},
    {"section_size": "64"}, {"section_size": "64G; HOST"}, {"filesperset": 0},
])
def test_a_backup_that_makes_no_sense_is_refused(options):
    with pytest.raises(ValueError):
        rman.backup(**dict({"tag": "T", "database": True}, **options))


def test_a_script_logs_on_and_has_its_commands_in_one_run():
    assert str(rman.script(["CONVERT DATAFILE '/a' FORMAT '+D';"], channels=2)) == (
        "CONNECT TARGET '/ AS SYSBACKUP';\nRUN {\nALLOCATE CHANNEL c1 DEVICE TYPE DISK;\nALLOCATE CHANNEL c2 DEVICE TYPE DISK;\n"
        "CONVERT DATAFILE '/a' FORMAT '+D';\n}\nEXIT;\n")


ZDLRA = "location=file:/u01/admin/ra_wallet credential_alias=ra-scan.example.com:1521/zdlra5:dedicated"


@pytest.mark.parametrize("library, parms, clause", [
    ("/l/libopc.so", {"OPC_PFILE": "/dbs/opc.ora"}, "PARMS 'SBT_LIBRARY=/l/libopc.so,SBT_PARMS=(OPC_PFILE=/dbs/opc.ora)'"),
    ("/l/libra.so", {"RA_WALLET": ZDLRA}, "PARMS \"SBT_LIBRARY=/l/libra.so,SBT_PARMS=(RA_WALLET='{0}')\"".format(ZDLRA)),
    ("/l/libra.so", {"RA_WALLET": ZDLRA, "RA_FORMAT": "TRUE"}, "PARMS \"SBT_LIBRARY=/l/libra.so,SBT_PARMS=(RA_FORMAT=TRUE,RA_WALLET='{0}')\"".format(ZDLRA)),
    ("oracle.zdlra", {"RA_WALLET": ZDLRA}, "PARMS \"SBT_LIBRARY=oracle.zdlra,ENV=(RA_WALLET='{0}')\"".format(ZDLRA)),
    (None, None, ""),
])
def test_channels_of_media_managers(library, parms, clause):
    assert rman.device("sbt", library, parms) == "DEVICE TYPE SBT {0}".format(clause).rstrip()


@pytest.mark.parametrize("value", ["", " ", "a  b", " a b", "a b ", "a 'b", 'a "b', "a b)", "(a b", "a, b", "a\tb", "a\nb", "a &b", "it's", "a\u2028b c"])
def test_no_value_gets_out_of_its_clause(value):
    for parms in ({"RA_WALLET": value}, {value: "x"}, {"RA_WALLET": ZDLRA, "OTHER": value}):
        with pytest.raises(BadName):
            rman.device("sbt", "/l/libra.so", parms)
    with pytest.raises(BadName):
        rman.device("sbt", value or " ", {})


def test_only_known_privileges():
    assert str(rman.script(["SHOW ALL;"], privilege="SYSDBA")).startswith("CONNECT TARGET /;")
    with pytest.raises(ValueError):
        rman.script([], privilege="SYSKM'; HOST 'rm")

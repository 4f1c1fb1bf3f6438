# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs of Data Pump."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import datapump

START = 'Starting "FERRY"."DBF_HARBOUR_R1_IMP_SET":  \n'
JOB = 'Job "FERRY"."DBF_HARBOUR_R1_IMP_SET" '
DONE = JOB + "successfully completed at Mon Mar 2 08:01:00 2026 elapsed 0 00:01:26\n"


def errors(number):
    return JOB + "completed with {0} error(s) at Mon Mar 2 08:01:00 2026 elapsed 0 00:01:26\n".format(number)


FATAL = JOB + "stopped due to fatal error at Mon Mar 2 08:01:00 2026 elapsed 0 00:00:02\n"

EXPORT = """\
;;;
Export: Release 19.0.0.0.0 - Production on Mon Mar 2 08:00:00 2026
Version 19.21.0.0.0

Connected to: Oracle Database 19c Enterprise Edition Release 19.0.0.0.0 - Production
Starting "FERRY"."DBF_HARBOUR_R1_EXP_SET":  ferry/********@harbour parfile=set.par
Processing object type DATABASE_EXPORT/SCHEMA/TABLE/TABLE_DATA
Processing object type DATABASE_EXPORT/PLUGTS_FULL/PLUGTS_BLK
Processing object type DATABASE_EXPORT/SCHEMA/TABLE/TABLE_DATA
. . exported "QUAY"."BERTHS"                             9.5 MB   55500 rows
. . exported "QUAY"."CARGO":"Q1"                         1.5 KB      12 rows
. . exported "QUAY"."CARGO":"Q2"."East side"                0 KB       0 rows
Master table "FERRY"."DBF_HARBOUR_R1_EXP_SET" successfully loaded/unloaded
******************************************************************************
Dump file set for FERRY.DBF_HARBOUR_R1_EXP_SET is:
  /stage/dbf_harbour_r1_set01.dmp
  /stage/dbf harbour r1_set02.dmp
******************************************************************************
Datafiles required for transportable tablespace QUAY_DATA:
  /u02/quay01.dbf
  /u02/quay02.dbf
Datafiles required for transportable tablespace pier data:
  /u02/pier01.dbf
Job "FERRY"."DBF_HARBOUR_R1_EXP_SET" successfully completed at Mon Mar 2 08:01:26 2026 elapsed 1 00:01:26
"""


def prefixed(text):
    """The text as LOGTIME=ALL and METRICS=Y have it."""
    lines = text.split("\n")
    return "\n".join("02-MAR-26 08:00:0{0}.123: {1}{2}".format(number % 10,
                                                               "W-1 " if line.startswith((". .", "Proc", "Master")) else "", line)
                     if number > 4 and line else line for number, line in enumerate(lines))


@pytest.mark.parametrize("text", [EXPORT, prefixed(EXPORT), EXPORT.replace("\n", "\r\n")], ids=["plain", "LOGTIME and METRICS", "CRLF"])
def test_a_whole_export(text):
    outcome = datapump.parse(text, 0)
    assert outcome.verdict == "ok" and outcome.closed and outcome.errors == [] and outcome.error_count == 0
    assert (outcome.job_owner, outcome.job_name) == ("FERRY", "DBF_HARBOUR_R1_EXP_SET")
    assert outcome.elapsed == 86400 + 86
    assert outcome.dump_files == ["/stage/dbf_harbour_r1_set01.dmp", "/stage/dbf harbour r1_set02.dmp"]
    assert outcome.datafiles == {"QUAY_DATA": ["/u02/quay01.dbf", "/u02/quay02.dbf"], "pier data": ["/u02/pier01.dbf"]}
    assert outcome.tables == [
        ("QUAY", "BERTHS", None, None, 9961472, 55500, 0),
        ("QUAY", "CARGO", "Q1", None, 1536, 12, 0),
        ("QUAY", "CARGO", "Q2", "East side", 0, 0, 0),
    ]
    assert outcome.object_types == ["DATABASE_EXPORT/SCHEMA/TABLE/TABLE_DATA", "DATABASE_EXPORT/PLUGTS_FULL/PLUGTS_BLK"]


@pytest.mark.parametrize("keep", range(1, EXPORT.count("\n")))
def test_a_cut_export_is_never_good(keep):
    assert datapump.parse("\n".join(EXPORT.split("\n")[:keep])).verdict == "unknown"


def test_counts_of_metrics_are_no_types():
    outcome = datapump.parse(START + "02-MAR-26 08:00:01.000: W-2      Completed 43 DATABASE_EXPORT/NORMAL_OPTIONS/TABLE_DATA "
                                     "objects in 1 seconds\n")
    assert outcome.object_types == [] and outcome.verdict == "unknown" and not outcome.closed


def test_rows_that_were_rejected_and_network_imports():
    outcome = datapump.parse(START + '. . imported "QUAY"."BERTHS"     5.5 KB  3 out of 7 rows\n. . imported "QUAY"."CARGO"    '
                                     ' 107 rows\n' + DONE)
    assert outcome.tables == [("QUAY", "BERTHS", None, None, 5632, 3, 4), ("QUAY", "CARGO", None, None, None, 107, 0)]


@pytest.mark.parametrize("closing, verdict, count", [
    (DONE, "ok", 0),
    (JOB + "successfully completed at 09:09:05\n", "ok", 0),  # 11.2
    (JOB + "completed with 2 error(s) at 09:09:05\n", "completed_with_errors", 2),
    (JOB + "stopped by user request at 09:09:05\n", "failed", None),
    (FATAL, "failed", None),
    (JOB + "has been reopened at Mon Mar 2 08:01:00 2026\n", "unknown", None),
])
def test_the_closing_line_decides(closing, verdict, count):
    outcome = datapump.parse(START + closing)
    assert (outcome.verdict, outcome.error_count) == (verdict, count)
    assert outcome.closed == (verdict != "unknown")


def test_a_job_that_was_reopened_is_judged_by_its_last_closing_line():
    text = START + JOB + "stopped by user request at 09:09:05\n" + JOB + "has been reopened at Mon Mar 2 10:00:00 2026\nRe" + START + DONE
    assert datapump.parse(text).verdict == "ok"


@pytest.mark.parametrize("rc, verdict", [(None, "ok"), (0, "ok"), (5, "completed_with_errors"), (1, "failed"), (137, "failed")])
def test_an_exit_code_can_only_make_it_worse(rc, verdict):
    assert datapump.parse(START + DONE, rc).verdict == verdict


@pytest.mark.parametrize("rc", [None, 0, 1])
def test_an_exit_code_does_not_replace_the_closing_line(rc):
    assert datapump.parse(START, rc).verdict == "unknown"


@pytest.mark.parametrize("text, cause", [
    ("ORA-39001: invalid argument value\nORA-39000: bad dump file specification\nORA-31640: unable to open dump "
     "file\nORA-27037: x\n", "ORA-31640"),
    ("LRM-00101: unknown parameter name 'nework_link'\n", "LRM-00101"),
    ("UDE-01017: operation generated ORACLE error 1017\nORA-01017: invalid username/password; logon denied\n", "UDE-01017"),
    ("ORA-39002: invalid operation\nORA-39070: Unable to open the log file.\nORA-29283: invalid file operation\nORA-06512: "
     "at line 1\n", "ORA-29283"),
])
def test_a_job_that_never_began_has_failed(text, cause):
    outcome = datapump.parse(text, 1)
    assert outcome.verdict == "failed" and outcome.closed and outcome.cause.code == cause


def test_the_list_under_a_fatal_error():
    outcome = datapump.parse(START + """\
ORA-39123: Data Pump transportable tablespace job aborted
ORA-39185: The transportable tablespace failure list is

ORA-29335: tablespace 'QUAY_DATA' is not read only
ORA-29335: tablespace 'PIER_DATA' is not read only
""" + FATAL, 1)
    assert outcome.verdict == "failed"
    assert outcome.serious == ["ORA-39123", "ORA-39185", "ORA-29335"]
    assert outcome.cause == ("ORA-29335", "tablespace 'QUAY_DATA' is not read only")
    assert len(outcome.messages) == 4


EXISTS = 'ORA-31684: Object type USER:"QUAY" already exists\n'
INVALID = '\nORA-39082: Object type VIEW:"QUAY"."LATE" created with compilation warnings\n'
ROLE = "ORA-39083: Object type ROLE:\"PILOT\" failed to create with error:\n" \
       "ORA-01921: role name 'PILOT' conflicts with another user or role name\n\n" \
       'Failing sql is:\n CREATE ROLE "PILOT"\n'
GRANT = "ORA-39083: Object type ROLE_GRANT failed to create with error:\nORA-01919: role 'MATE' does not exist\n\n" \
        "Failing sql is:\n GRANT \"MATE\" TO \"QUAY\"\n"
ITSELF = 'ORA-39083: Object type OBJECT_GRANT failed to create with error:\n' \
         "ORA-01749: you may not GRANT/REVOKE privileges to/from yourself\n\n" \
         'Failing sql is:\n GRANT READ ON DIRECTORY "HOLD" TO "MOVER" WITH GRANT OPTION\n'
WAIT = "ORA-39171: Job is experiencing a resumable wait.\nORA-01653: unable to extend table QUAY.BERTHS by 128 in tablespace QUAY_DATA\n"
SKIPPED = 'ORA-39151: Table "QUAY"."BERTHS" exists. All dependent metadata and data will be skipped due to table_exists_action of skip\n'
ROWS = 'ORA-31693: Table data object "QUAY"."CARGO":"Q1" failed to load/unload and is being skipped due to error:\n' \
       "ORA-02354: error in exporting/importing data\nORA-01555: snapshot too old: rollback segment number 1 with name \"U\" too small\n"


@pytest.mark.parametrize("text, number, serious", [
    (EXISTS, 1, []), (INVALID, 1, []), (ROLE, 1, []), (WAIT, 1, []), (ITSELF, 1, []), (EXISTS + INVALID + ROLE + WAIT, 4, []),
    (GRANT, 1, ["ORA-39083", "ORA-01919"]),
    (ROLE + GRANT, 2, ["ORA-39083", "ORA-01919"]), (GRANT + ROLE, 2, ["ORA-39083", "ORA-01919"]),
    (SKIPPED, 1, ["ORA-39151"]),
    (EXISTS + SKIPPED, 2, ["ORA-39151"]),
    (EXISTS + "ORA-01031: insufficient privileges\n", 2, ["ORA-01031"]),
    (EXISTS + "ORA-39181: Only partial table data may be exported due to fine grain access control on \"QUAY\".\"CREW\"\n",
     2, ["ORA-39181"]),
    (ROWS, 1, ["ORA-31693", "ORA-02354", "ORA-01555"]),
    ("ORA-39083: Object type TABLE:\"QUAY\".\"T\" failed to create with error:\nORA-00955: name is already used\nORA-00959: x\n", 1,
     ["ORA-39083", "ORA-00955", "ORA-00959"]),
])
def test_benign_errors_are_told_from_serious_ones(text, number, serious):
    outcome = datapump.parse(START + text + errors(number), 5)
    assert outcome.verdict == "completed_with_errors" and outcome.error_count == number
    assert outcome.serious == serious


def test_what_was_left_out_is_named():
    outcome = datapump.parse(START + EXISTS + GRANT + SKIPPED + ROWS + errors(4))
    assert [(item.code, item.object_type, item.name, item.benign) for item in outcome.skipped] == [
        ("ORA-31684", "USER", '"QUAY"', True), ("ORA-39151", None, '"QUAY"."BERTHS"', False), ("ORA-31693", None, '"QUAY"."CARGO"', False)]
    grant = outcome.problems[1]
    assert (grant.object_type, grant.name, grant.causes) == ("ROLE_GRANT", None, ("ORA-01919",))


def test_errors_that_the_log_does_not_show_are_serious():
    outcome = datapump.parse(START + EXISTS + errors(3))
    assert outcome.serious == ["DBF-0221"]
    assert str(outcome.messages[-1]) == "DBF-0221: the job counted 3 errors, and 2 of them are not in this log"


def test_an_expiring_password_is_a_notice():
    notice = "UDI-28002: operation generated ORACLE error 28002\nORA-28002: the password will expire within 2 days\n\n"
    outcome = datapump.parse(notice + START + DONE, 0)
    assert outcome.verdict == "ok" and outcome.serious == [] and outcome.problems == []
    assert outcome.warnings == ["UDI-28002", "ORA-28002"]
    assert datapump.parse(notice + START).verdict == "unknown"


def test_a_job_that_counted_errors_and_did_not_end_is_open():
    outcome = datapump.parse(START + EXISTS)
    assert outcome.verdict == "completed_with_errors" and not outcome.closed


def test_a_client_that_lost_its_job_leaves_doubt():
    assert datapump.parse(START + "UDI-03114: operation generated ORACLE error 3114\nORA-03114: not connected "
                                  "to ORACLE\n", 1).verdict == "unknown"


CHINESE = {
    "start": '启动 "FERRY"."DBF_J":  \n',
    "done": '作业 "FERRY"."DBF_J" 已于 星期一 3月 2 08:01:00 2026 elapsed 0 00:00:03 成功完成\n',
    "errors": '作业 "FERRY"."DBF_J" 已经完成, 但是有 7 个错误 (于 星期一 3月 2 08:01:00 2026 elapsed 0 00:00:03 完成)\n',
}
GERMAN = {
    "start": '"FERRY"."DBF_J" wird gestartet:  \n',
    "done": 'Job "FERRY"."DBF_J" erfolgreich um Mo Mrz 2 08:01:00 2026 elapsed 0 00:00:03 abgeschlossen\n',
    "errors": 'Job "FERRY"."DBF_J" mit 7 Fehlern um Mo Mrz 2 08:01:00 2026 elapsed 0 00:00:03 abgeschlossen\n',
}


@pytest.mark.parametrize("words", [CHINESE, GERMAN], ids=["zh", "de"])
def test_other_languages(words):
    outcome = datapump.parse(words["start"] + words["done"])
    assert (outcome.verdict, outcome.job_name, outcome.elapsed) == ("ok", "DBF_J", 3)
    outcome = datapump.parse(words["start"] + 'ORA-31684: 对象类型 USER:"QUAY" 已存在\n' * 7 + words["errors"])
    assert (outcome.verdict, outcome.error_count, outcome.serious) == ("completed_with_errors", 7, [])
    assert outcome.problems[0].name == '"QUAY"' and outcome.problems[0].object_type == "USER"


def test_other_languages_around_tables_and_files():
    outcome = datapump.parse(CHINESE["start"] + """\
处理对象类型 SCHEMA_EXPORT/TABLE/TABLE_DATA
Objekttyp SCHEMA_EXPORT/USER wird verarbeitet
. . 导出了 "QUAY"."CARGO":"Q1"    268,5 KB    5000 行
已成功加载/卸载了主表 "FERRY"."DBF_J"
FERRY.DBF_J 的转储文件集为:
  /stage/j.dmp
可传输表空间 QUAY_DATA 所需的数据文件:
  /u02/quay01.dbf
""" + CHINESE["done"])
    assert outcome.object_types == ["SCHEMA_EXPORT/TABLE/TABLE_DATA", "SCHEMA_EXPORT/USER"]
    assert outcome.tables == [("QUAY", "CARGO", "Q1", None, 274944, 5000, 0)]
    assert outcome.dump_files == ["/stage/j.dmp"] and outcome.datafiles == {"QUAY_DATA": ["/u02/quay01.dbf"]}


UNKNOWN_TONGUE = '"FERRY"."DBF_J" zzz zzz zz 3 08:01:00 2026 zzz\n'


@pytest.mark.parametrize("body, rc, verdict", [
    ("", None, "unknown"),  # finished or stopped on request: the words would tell
    ("", 0, "ok"),
    ("FERRY.DBF_J zz:\n  /stage/j.dmp\n", None, "ok"),
    ("ORA-39123: zz\nORA-29335: zz\n", None, "failed"),
])
def test_a_language_that_is_not_known_is_weighed(body, rc, verdict):
    assert datapump.parse('"FERRY"."DBF_J" zz:  \n' + body + UNKNOWN_TONGUE, rc).verdict == verdict


def test_an_error_printed_by_a_job_that_succeeded_is_a_warning():
    outcome = datapump.parse(START + "ORA-39173: Encrypted data has been stored unencrypted in dump file set.\n" + DONE)
    assert outcome.verdict == "warning" and outcome.serious == ["ORA-39173"]


def test_nothing_at_all():
    outcome = datapump.parse("")
    assert outcome.verdict == "unknown" and outcome.tables == []

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups, conversions and validations by RMAN: what is planned from which state."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import directory_files, disk_group, rman_job
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.modules import rman_backup, rman_convert, rman_validate
from fake_session import FakeSession, texts

WANT = {"migration_id": "SALES", "migration_run": 1, "purpose": "SET", "as_copy": True, "tablespaces": ["QUAY_DATA"],
        "path": "/stage", "parallelism": 4, "command": "datafile", "input": "copies", "input_path": None,
        "existing_tag": None, "backup_of": ["database"], "incremental_level": 0, "cumulative": False, "for_recover_of": None, "for_recover_of_tag": None,
        "archivelog_from_scn": None, "archivelog_until_scn": None, "section_size": None, "compression": "none", "encryption": "configured",
        "encryption_algorithm": None, "encryption_password": None, "device_type": "disk", "sbt_library": None, "sbt_parms": None}
SOLARIS, LINUX = "Solaris[tm] OE (64-bit)", "Linux x86 64-bit"
TAG = "DBF_SALES_R1_SET"


def file(number, scn=500, tablespace="QUAY_DATA"):
    return {"file_id": number, "tablespace": tablespace, "name": "/u01/quay{0:02d}.dbf".format(number), "bytes": 1, "checkpoint_scn": scn}


def copy(number, scn=500):
    return {"file_id": number, "name": "/stage/copy_{0}".format(number), "checkpoint_scn": scn}


FILES = (file(5), file(6))


def source(files=FILES, copies=(), backups=()):
    def by_tag(rows):
        return lambda tag: rows if tag == TAG else []

    return FakeSession({rman_job.DATAFILES: list(files), rman_job.COPIES: by_tag(copies), rman_job.PROGRESS: [],
                        rman_convert.PLATFORM: [{"name": SOLARIS}], **database(files, backups)}).with_journal()


# -- backup


def database(files, backups=(), log_mode="ARCHIVELOG", open_mode="READ WRITE", parents=(), logs=(), threads=(1,), spfiles=()):
    def by_tag(rows):
        return lambda tag, resetlogs_scn=1: rows if tag == TAG and resetlogs_scn == 1 else []

    return {rman_backup.DATABASE: [{"log_mode": log_mode, "open_mode": open_mode, "resetlogs_scn": 1}],
            rman_backup.DATAFILES: [dict(row, enabled=row.get("enabled", "READ WRITE")) for row in files],
            rman_backup.BACKUPS: by_tag(backups), rman_backup.PARENTS: lambda tag, resetlogs_scn: parents(tag) if callable(parents) else list(parents),
            rman_backup.LOGS: by_tag(logs), rman_backup.THREADS: [{"thread#": number} for number in threads], rman_backup.SPFILES: by_tag(spfiles)}


def piece(number, scn=500, level=0, set_count=None, piece_number=1, pieces=1, controlfile_type=None, fuzzy=0):
    set_count = number if set_count is None else set_count
    return {"file_id": number, "incremental_level": level, "checkpoint_scn": scn, "fuzzy_scn": fuzzy, "controlfile_type": controlfile_type,
            "handle": "/stage/{0}_{1}".format(set_count, piece_number), "piece#": piece_number, "pieces": pieces, "set_stamp": 1, "set_count": set_count}


def log(sequence, first, thread=1):
    return {"thread#": thread, "sequence#": sequence, "first_scn": first, "next_scn": first + 100, "handle": "/stage/log_{0}".format(sequence)}


def sets(found, **more):
    return backup(FakeSession({rman_job.PROGRESS: [], **found}).with_journal(), **dict({"as_copy": False, "tablespaces": []}, **more))


def backup(found, **more):
    want = dict(WANT, **more)
    state = rman_backup.observe(found, want)
    return rman_backup.plan(state, want), rman_backup.report(state, want)


def test_only_what_is_not_covered_is_copied():
    (step,), report = backup(source(copies=[copy(5)]))
    assert "BACKUP AS COPY" in str(step.statement) and "DATAFILE 6;" in str(step.statement)
    assert "TAG '{0}'".format(TAG) in str(step.statement) and "FORMAT '/stage/{0}_%U'".format(TAG) in str(step.statement)
    assert step.job.name == "DBF_SALES_R1_CMD_BACKUP_SET" and step.job.argv == ["rman"]
    assert str(step.statement).count("ALLOCATE CHANNEL") == 4 and step.job.space == {"/stage": 1}
    assert report["progress"] == {"done": 1, "of": 2, "percent": None, "bytes": 1, "of_bytes": 2} and report["tag"] == TAG


def test_a_copy_older_than_its_file_is_stale():
    (step,), dummy = backup(source(files=[file(5, scn=501), file(6)], copies=[copy(5), copy(6)]))
    assert "DATAFILE 5;" in str(step.statement)


def test_the_newest_copy_of_a_file_counts():
    assert backup(source(files=[file(5, scn=501)], copies=[copy(5, 400), copy(5, 501)]))[0] == []


def test_what_is_covered_needs_no_server():
    steps, report = backup(source(copies=[copy(5), copy(6)]))
    assert steps == [] and report["progress"]["percent"] == 100.0


def test_other_tablespaces_are_left_out():
    (step,), dummy = backup(source(files=[file(5), file(1, tablespace="SYSTEM")]))
    assert "DATAFILE 5;" in str(step.statement)


def test_a_backup_set_is_of_its_own_moment():
    files = [file(1, scn=900, tablespace="SYSTEM"), file(5)]
    assert backup(source(files, backups=[piece(1), piece(5)]), as_copy=False, tablespaces=[])[0] == []
    (step,), dummy = backup(source(files, backups=[piece(5)]), as_copy=False, tablespaces=[], path="")
    assert "INCREMENTAL LEVEL 0" in str(step.statement) and "DATAFILE 1;" in str(step.statement) and "FORMAT" not in str(step.statement)


def test_the_whole_database_and_what_a_standby_is_made_from():
    (step,), report = sets(database(FILES), backup_of=["database", "archivelog", "current_controlfile_for_standby", "spfile"],
                           section_size="64G", compression="medium")
    lines = str(step.statement).split("\n")
    assert lines[0] == "CONNECT TARGET '/ AS SYSBACKUP';" and lines[1] == "RUN {" and lines[5] == "ALLOCATE CHANNEL c4 DEVICE TYPE DISK;"
    text = " ".join(" ".join(lines[6:]).split())
    assert text == (
        "SET COMPRESSION ALGORITHM 'MEDIUM'; "
        "BACKUP AS COMPRESSED BACKUPSET INCREMENTAL LEVEL 0 SECTION SIZE 64G TAG '{0}' FORMAT '/stage/{0}_%U' DATABASE; "
        "SQL 'ALTER SYSTEM ARCHIVE LOG CURRENT'; BACKUP AS COMPRESSED BACKUPSET TAG '{0}' FORMAT '/stage/{0}_%U' ARCHIVELOG FROM SCN 500; "
        "BACKUP AS COMPRESSED BACKUPSET TAG '{0}' FORMAT '/stage/{0}_%U' CURRENT CONTROLFILE FOR STANDBY; "
        "BACKUP AS COMPRESSED BACKUPSET TAG '{0}' FORMAT '/stage/{0}_%U' SPFILE; }} EXIT;".format(TAG))
    assert step.job.space == {"/stage": 1} and report["progress"] == {"done": 0, "of": 5, "percent": None, "bytes": 0, "of_bytes": 2}


def test_a_backup_that_was_cut_off_is_finished():
    found = database(FILES, [piece(5)], logs=[log(7, 450)])
    (step,), report = sets(found, backup_of=["database", "archivelog"])
    assert "DATAFILE 6;" in str(step.statement) and "ARCHIVELOG FROM SCN 500" in str(step.statement)
    assert report["progress"]["done"] == 1 and report["pieces"] == ["/stage/5_1", "/stage/log_7"]


def test_a_section_that_is_missing_makes_the_set_incomplete():
    whole = [piece(5, piece_number=1, pieces=2), piece(5, piece_number=2, pieces=2), piece(6)]
    steps, report = sets(database(FILES, whole))
    assert steps == [] and report["pieces"] == ["/stage/5_1", "/stage/5_2", "/stage/6_1"] and report["checkpoint_scn"] == 500
    (step,), dummy = sets(database(FILES, whole[1:]))
    assert "DATAFILE 5;" in str(step.statement)


@pytest.mark.parametrize("logs, done", [
    ([log(7, 450), log(8, 550)], True),
    ([log(7, 450)], False),                                   # the newest file is of SCN 600
    ([log(8, 550)], False),                                   # the oldest is of SCN 500
    ([log(6, 350), log(7, 450), log(7, 450), log(8, 550)], True),
    ([log(6, 450), log(8, 550)], False),                      # a gap
    ([log(7, 450), log(8, 550), log(3, 400, thread=2)], True),
])
def test_archived_logs_reach_from_the_oldest_file_past_the_newest(logs, done):
    steps, dummy = sets(database(FILES, [piece(5, 500), piece(6, 520, fuzzy=600)], logs=logs), backup_of=["database", "archivelog"])
    assert (steps == []) is done


def test_every_thread_counts():
    found = database(FILES, [piece(5), piece(6)], logs=[log(7, 450)], threads=(1, 2))
    (step,), report = sets(found, backup_of=["database", "archivelog"])
    assert "DATAFILE" not in str(step.statement) and report["progress"] == {"done": 3, "of": 4, "percent": None, "bytes": 2, "of_bytes": 2}


def test_files_that_nobody_writes_need_no_redo():
    frozen = dict(file(6, scn=20), enabled="READ ONLY")
    (step,), dummy = sets(database((file(5), frozen)), backup_of=["database", "archivelog"])
    assert "ARCHIVELOG FROM SCN 500;" in str(step.statement)
    steps, report = sets(database((file(5), frozen), [piece(5), piece(6, 20)], logs=[log(7, 450)]), backup_of=["database", "archivelog"])
    assert steps == [] and report["checkpoint_scn"] == 500


def test_archived_logs_alone():
    (step,), dummy = sets(database(FILES, open_mode="MOUNTED"), backup_of=["archivelog"])
    assert "ARCHIVELOG ALL;" in str(step.statement) and "SWITCH" not in str(step.statement) and "SQL" not in str(step.statement)
    steps, dummy = sets(database(FILES, logs=[log(7, 450)]), backup_of=["archivelog"], archivelog_from_scn=460, archivelog_until_scn=540)
    assert steps == []
    (step,), dummy = sets(database(FILES, logs=[log(7, 450)]), backup_of=["archivelog"], archivelog_from_scn=460, archivelog_until_scn=550)
    assert "ARCHIVELOG FROM SCN 460;" in str(step.statement)


def test_a_control_file_knows_of_the_files_with_it():
    wanted = {"backup_of": ["database", "current_controlfile"]}
    files = [piece(5), piece(6)]
    (step,), report = sets(database(FILES, [*files, piece(0, 499, None, 9, controlfile_type="B")]), **wanted)
    assert "CURRENT CONTROLFILE;" in str(step.statement) and "DATAFILE" not in str(step.statement) and report["control_file"] is None
    assert sets(database(FILES, [*files, piece(0, 501, None, 9, controlfile_type="S")]), **wanted)[0]
    steps, report = sets(database(FILES, [*files, piece(0, 501, None, 9, controlfile_type="B")]), **wanted)
    assert steps == [] and report["control_file"] == "/stage/9_1"


def test_level_1_goes_with_its_level_0():
    asked = []
    found = database(FILES, parents=lambda tag: asked.append(tag) or [])
    (step,), dummy = sets(found, incremental_level=1, for_recover_of="FULL")
    text = " ".join(str(step.statement).split())
    assert "INCREMENTAL LEVEL 1 FOR RECOVER OF TAG 'DBF_SALES_R1_FULL' TAG '{0}'".format(TAG) in text and "DATABASE;" in text
    assert asked == ["DBF_SALES_R1_FULL"]
    (step,), dummy = sets(found, incremental_level=1, for_recover_of="FULL", for_recover_of_tag="WEEKLY")
    assert "FOR RECOVER OF TAG 'WEEKLY'" in str(step.statement) and asked[1:] == ["WEEKLY"]
    assert sets(database(FILES, [piece(5, level=1), piece(6, level=0)]), incremental_level=1)[0] == []
    assert sets(database(FILES, [piece(5, level=1), piece(6, level=1)]))[0] != []


@pytest.mark.parametrize("open_mode, second, missing", [
    ("READ WRITE", file(6), "DATABASE;"),                                          # whoever writes may have changed more than the header tells
    ("READ WRITE", dict(file(6), enabled="READ ONLY"), "DATAFILE 5;"),
    ("MOUNTED", file(6, scn=501), "DATAFILE 6;"),
])
def test_a_file_that_stood_still_since_level_0_needs_no_level_1(open_mode, second, missing):
    parents = [{"file_id": 5, "checkpoint_scn": 500}, {"file_id": 6, "checkpoint_scn": 500}]
    (step,), dummy = sets(database((file(5), second), open_mode=open_mode, parents=parents), incremental_level=1)
    assert missing in str(step.statement)


def test_passwords_of_backups_are_never_shown():
    (step,), dummy = sets(database(FILES), encryption="password", encryption_password="Secret 1", encryption_algorithm="aes256")
    assert "Secret 1" not in str(step.statement) and "SET ENCRYPTION ON IDENTIFIED BY ******** ONLY;" in str(step.statement)
    assert 'IDENTIFIED BY "Secret 1" ONLY;' in step.job.script.text() and "SET ENCRYPTION ALGORITHM 'AES256';" in step.job.script.text()
    assert "SET ENCRYPTION ON;" in str(sets(database(FILES), encryption="keystore")[0][0].statement)
    with pytest.raises(Refused) as caught:
        sets(database(FILES), encryption="password", encryption_password='no"')
    assert 'no"' not in str(caught.value)


def test_a_media_manager():
    parms = {"OPC_PFILE": "/u01/opc/opcsales.ora"}
    (step,), dummy = sets(database(FILES), device_type="sbt", sbt_library="/u01/opc/libopc.so", sbt_parms=parms, path="")
    assert ("ALLOCATE CHANNEL c1 DEVICE TYPE SBT PARMS 'SBT_LIBRARY=/u01/opc/libopc.so,SBT_PARMS=(OPC_PFILE=/u01/opc/opcsales.ora)';"
            in str(step.statement)) and "FORMAT '{0}_%U'".format(TAG) in str(step.statement) and not step.job.space
    for wrong in ({"path": "/stage"}, {"path": "", "sbt_library": "/u01/a b"}, {"path": "", "sbt_parms": {"OPC_PFILE": "x) y"}}):
        with pytest.raises(Refused):
            sets(database(FILES), **dict({"device_type": "sbt", "sbt_library": "/l.so", "sbt_parms": parms}, **wrong))


def test_a_backup_of_somebody_else_is_used_or_refused():
    backups = {"WEEKLY": [piece(5), piece(6)], "FULL": [piece(5), piece(6, level=None)]}
    theirs = {rman_backup.BACKUPS: lambda tag, resetlogs_scn: backups.get(tag, [])}
    steps, report = sets({**database(FILES), **theirs}, existing_tag="WEEKLY")
    assert steps == [] and report["tag"] == "WEEKLY" and report["files"] == ["/stage/5_1", "/stage/6_1"]
    with pytest.raises(Refused) as caught:
        sets({**database(FILES), **theirs}, existing_tag="DAILY")
    assert caught.value.code == "DBF-0581" and "DATAFILE 5, DATAFILE 6" in caught.value.message
    with pytest.raises(Refused) as caught:
        sets({**database(FILES), **theirs}, existing_tag="FULL")
    assert "does not cover DATAFILE 6." in caught.value.message and "not of level 0" in caught.value.hint, "no level 1 backup would build on it"


def test_an_open_database_without_archivelog_is_not_backed_up():
    with pytest.raises(Refused) as caught:
        sets(database(FILES, log_mode="NOARCHIVELOG"))
    assert caught.value.code == "DBF-0582"
    assert sets(database(FILES, log_mode="NOARCHIVELOG", open_mode="MOUNTED"))[0]


def test_the_plan_of_several_copies_tells_them_apart():
    (step,), dummy = backup(source())
    assert len({effect["covered_by"] for effect in step.effects.values() if "covered_by" in effect}) == 2


# -- convert


def target(found, items=None, present=(), assumed=None, supported=(SOLARIS, LINUX), groups=()):
    found.assumed = assumed or {}
    session = FakeSession({rman_job.PROGRESS: [], rman_convert.PRESENT: [{"name": name, "status": "ONLINE"} for name in present],
                           rman_convert.PLATFORMS: [{"name": name} for name in supported],
                           disk_group.DISK_GROUP: lambda name: [row for row in groups if row["name"] == name]}, peer=found)
    return session.with_journal(items or {})


def convert(session, **more):
    want = dict(WANT, path="/u02/oradata", **more)
    state = rman_convert.observe(session, want)
    return rman_convert.plan(state, want), rman_convert.report(state, want)


def done(number, scn=500, attempt=1):
    return {rman_convert.finished_item(number): {"output": output(number, attempt), "checkpoint_scn": scn},
            rman_convert.attempt_item(number): attempt}


def output(number, attempt=1):
    return "/u02/oradata/quay{0:02d}_sales_r1_f{0}_{1}.dbf".format(number, attempt)


BOTH = [copy(5), copy(6)]


def test_each_copy_gets_a_file_of_its_own():
    (step,), report = convert(target(source(copies=BOTH)))
    text = str(step.statement)
    assert "CONVERT DATAFILE" in text and "FROM PLATFORM 'Solaris[tm] OE (64-bit)'" in text and "PARALLELISM 2" in text
    assert "'/stage/copy_5', '{0}'".format(output(5)) in text and "'/stage/copy_6', '{0}'".format(output(6)) in text
    assert step.remember == {rman_convert.attempt_item(5): 1, rman_convert.attempt_item(6): 1} and report["files"] == []


def test_what_was_converted_from_this_copy_is_done():
    steps, report = convert(target(source(copies=BOTH), dict(done(5), **done(6))))
    assert steps == [] and report["files"] == [output(5), output(6)] and report["progress"]["percent"] == 100.0


def test_only_what_is_missing_is_converted_and_an_attempt_never_meets_the_leavings_of_another():
    (step,), dummy = convert(target(source(copies=BOTH), dict(done(5), **{rman_convert.attempt_item(6): 2})))
    assert "/stage/copy_5" not in str(step.statement) and "'{0}'".format(output(6, 3)) in str(step.statement)
    assert step.remember == {rman_convert.attempt_item(6): 3}


def test_a_file_converted_from_an_older_copy_does_not_count():
    (step,), report = convert(target(source(files=[file(5, 600)], copies=[copy(5, 600)]), done(5, 500)))
    assert output(5, 2) in str(step.statement) and report["files"] == []


@pytest.mark.parametrize("copies", [[copy(5)], [copy(5), copy(6, 499)]], ids=["none", "of another SCN"])
def test_there_must_be_a_current_copy(copies):
    with pytest.raises(Refused) as caught:
        convert(target(source(copies=copies)))
    assert caught.value.code == "DBF-0181" and "datafile 6 " in caught.value.message


def test_a_file_whose_plug_in_failed_is_spent():
    items = dict(done(5), **dict(done(6), **{"plugged in QUAY_DATA": [output(5), output(6)]}))
    (step,), dummy = convert(target(source(copies=BOTH), items))
    assert output(5, 2) in str(step.statement) and output(6, 2) in str(step.statement)
    assert convert(target(source(copies=BOTH), items, present=["QUAY_DATA"]))[0] == [], "and not one that is plugged in"


def group(state="CONNECTED", usable_file_mb=100):
    return {"name": "DATA", "state": state, "usable_file_mb": usable_file_mb}


def into_group(found, **more):
    want = dict(WANT, **dict({"path": "+DATA"}, **more))
    return rman_convert.plan(rman_convert.observe(found, want), want)


def test_a_disk_group_names_its_files_itself():
    step, = into_group(target(source(copies=BOTH), groups=[group()]))
    assert "FORMAT '+DATA'" in str(step.statement) and "DB_FILE_NAME_CONVERT" not in str(step.statement)
    assert step.job.space == {}


def test_a_directory_in_a_disk_group_gets_aliases_of_our_own():
    files = [dict(file(5), name="+DATA01/DBSRC/DATAFILE/a_tablespace_of_30_characters_.259.1184123456"), file(6)]
    step, = into_group(target(source(files, copies=BOTH), groups=[group()]), path="+DATA/DBTRG/DATAFILE")
    assert "'/stage/copy_5', '+DATA/DBTRG/DATAFILE/a_tablespace_of__sales_r1_f5_1.dbf'" in str(step.statement) and step.job.space == {}
    longest = str(step.statement).split("'/stage/copy_5', '+DATA/DBTRG/DATAFILE/")[1].split("'")[0]
    assert len(longest) + len("SALESSALESSA") - len("SALES") + 4 <= 48


@pytest.mark.parametrize("groups, code", [([], "DBF-0185"), ([group("DISMOUNTED")], "DBF-0185"), ([group(usable_file_mb=0)], "DBF-0186")],
                         ids=["none", "dismounted", "full"])
def test_a_disk_group_without_room_is_refused(groups, code):
    with pytest.raises(Refused) as caught:
        into_group(target(source(copies=BOTH), groups=groups))
    assert caught.value.code == code and "DATA" in caught.value.message


def test_a_directory_is_looked_at_by_its_server():
    (step,), dummy = convert(target(source(copies=BOTH)))
    assert step.job.space == {"/u02/oradata": 2}


def test_a_platform_that_rman_does_not_know_is_refused_with_every_other_finding():
    with pytest.raises(Refused) as caught:
        into_group(target(source(copies=[copy(5)]), supported=[LINUX]))
    assert caught.value.code == "DBF-0181"
    assert "datafile 6 " in caught.value.message and SOLARIS in caught.value.message and "disk group DATA" in caught.value.message


# -- convert at the source


def at_source(items=None, status="READ ONLY", supported=(SOLARIS, LINUX), files=FILES, directories=(), plugged_in=()):
    found = FakeSession({rman_job.DATAFILES: list(files), rman_job.PROGRESS: [],
                         rman_convert.PRESENT: [{"name": name, "status": status} for name in ("QUAY_DATA", "QUAY_INDEX")],
                         rman_convert.PLATFORMS: [{"name": name} for name in supported],
                         directory_files.DIRECTORIES: [{"name": name, "path": path} for name, path in directories]},
                        peer=FakeSession({rman_convert.PLATFORM: [{"name": LINUX}],
                                          rman_convert.PRESENT: [{"name": name, "status": "READ ONLY"} for name in plugged_in]}))
    return found.with_journal(items or {})


def away(session, **more):
    want = dict(WANT, path="/u02/oradata", command="tablespace", **more)
    state = rman_convert.observe(session, want)
    return rman_convert.plan(state, want), rman_convert.report(state, want)


def test_tablespaces_are_converted_to_the_platform_of_the_target():
    (step,), report = away(at_source())
    text = str(step.statement)
    assert "CONVERT TABLESPACE \"QUAY_DATA\"\n  TO PLATFORM 'Linux x86 64-bit'\n  PARALLELISM 2\n" in text
    assert "'/u01/quay05.dbf', '{0}'".format(output(5)) in text and report["files"] == []
    assert step.job.space == {"/u02/oradata": 2}


def test_a_tablespace_is_converted_as_a_whole_and_others_are_not_again():
    files = [file(5), file(6), file(7, tablespace="QUAY_INDEX")]
    (step,), dummy = away(at_source(dict(done(5), **done(7)), files=files), tablespaces=["QUAY_DATA", "QUAY_INDEX"])
    text = str(step.statement)
    assert "QUAY_INDEX" not in text and output(5, 2) in text and output(6) in text


def test_what_was_converted_at_this_scn_is_done():
    steps, report = away(at_source(dict(done(5), **done(6))))
    assert steps == [] and report["files"] == [output(5), output(6)]
    assert away(at_source(dict(done(5), **done(6)), files=[file(5, 501), file(6)]))[0]


def test_what_was_converted_and_is_gone_is_converted_again_unless_it_is_plugged_in():
    ours = [("DBF_OTHER_R1_DIR", "/u02/oradata"), ("DBF_SALES_R1_DIR", "/u02/oradata/")]
    for plugged_in, again in (((), True), (("QUAY_DATA",), False)):
        session = at_source(dict(done(5), **done(6)), directories=ours, plugged_in=plugged_in)
        names = [output(number).rsplit("/", 1)[1] for number in (5, 6)]
        session.answers[" UNION ALL ".join(directory_files.SIZE.format(name="'" + name + "'", directory="'DBF_SALES_R1_DIR'") for name in names)] = [
            {"name": names[0], "bytes": 8192}, {"name": names[1], "bytes": None}]
        steps, dummy = away(session)
        assert bool(steps) is again


@pytest.mark.parametrize("more, code", [({"status": "ONLINE"}, "DBF-0182"), ({"supported": [SOLARIS]}, "DBF-0183")])
def test_what_rman_would_refuse_is_refused_before(more, code):
    with pytest.raises(Refused) as caught:
        away(at_source(**more))
    assert caught.value.code == code


def test_nothing_is_converted_at_the_source_into_a_disk_group():
    session = at_source()
    session.answers[disk_group.DISK_GROUP] = []
    want = dict(WANT, path="+DATA", command="tablespace")
    with pytest.raises(Refused) as caught:
        rman_convert.plan(rman_convert.observe(session, want), want)
    assert caught.value.code == "DBF-0184"


def test_what_was_converted_at_the_source_is_only_copied():
    found = source().with_journal(dict(done(5), **done(6)))
    (step,), dummy = convert(target(found, supported=[LINUX]), input="converted", input_path="/mnt")
    text = str(step.statement)
    assert "FROM PLATFORM" not in text and "'/mnt/quay05_sales_r1_f5_1.dbf', '/u02/oradata/" in text
    stale = source(files=[file(5, 501), file(6)]).with_journal(dict(done(5), **done(6)))
    with pytest.raises(Refused) as caught:
        convert(target(stale), input="converted")
    assert caught.value.code == "DBF-0181" and "XTTS_CONVERT_SRC" in caught.value.hint


def test_the_whole_way_can_be_planned_on_an_untouched_source():
    (step,), dummy = backup(source())
    assumed = {name: {"phase": "XTTS_TRANSFER", "attributes": effect} for name, effect in step.effects.items()}
    (planned,), dummy = convert(target(source(), assumed=assumed))
    assert str(planned.statement).count("unknown until it has run") == 4, "each input in the list and in its pair"


CONVERTED = """\
Starting conversion at target at 02-MAR-26
using channel ORA_DISK_1
channel ORA_DISK_1: starting datafile conversion
input file name=/stage/copy_5
converted datafile={0}
channel ORA_DISK_1: datafile conversion complete, elapsed time: 00:00:03
""".format(output(5))
FAILED = """\
channel ORA_DISK_1: starting datafile conversion
input file name=/stage/copy_6
RMAN-00571: ===========================================================
RMAN-00569: =============== ERROR MESSAGE STACK FOLLOWS ===============
RMAN-00571: ===========================================================
RMAN-03009: failure of conversion at target command on ORA_DISK_1 channel at 03/02/2026 08:00:00
ORA-19504: failed to create file "{0}"
ORA-27038: created file already exists
""".format(output(6))


def test_what_rman_reports_as_finished_is_written_with_the_scn_of_its_copy():
    (step,), dummy = convert(target(source(copies=BOTH)))
    second = CONVERTED.split("\n", 2)[2].replace("copy_5", "copy_6").replace(output(5), output(6))
    whole = CONVERTED + second + "Finished conversion at target at 02-MAR-26\n"
    assert step.conclude(whole, 0) == {name: item for number in (5, 6)
                                       for name, item in done(number).items() if name.startswith("converted")}


def test_what_was_finished_before_a_failure_is_kept():
    (step,), dummy = convert(target(source(copies=BOTH)))
    with pytest.raises(DbferryError) as caught:
        step.conclude(CONVERTED + FAILED, 1)
    assert caught.value.code in ("RMAN-03009", "ORA-19504") and "ORA-27038" in caught.value.details["errors"]
    assert caught.value.details["record"] == {rman_convert.finished_item(5): done(5)[rman_convert.finished_item(5)]}


def test_a_run_that_was_cut_off_is_no_success():
    (step,), dummy = convert(target(source(copies=BOTH)))
    with pytest.raises(DbferryError):
        step.conclude(CONVERTED, None)


# -- validate


def validate(items=None, corrupt=()):
    session = FakeSession({rman_job.DATAFILES: [file(7), file(8), file(1, tablespace="SYSTEM")], rman_validate.CORRUPTION: list(corrupt)})
    session.with_journal(items or {})
    return rman_validate.observe(session, WANT)


def test_every_file_of_the_set_is_read_once():
    step, = rman_validate.plan(validate(), WANT)
    assert "VALIDATE CHECK LOGICAL DATAFILE 7, 8;" in str(step.statement)
    assert step.record == {"validated datafile 7": 500, "validated datafile 8": 500}
    assert texts(rman_validate.plan(validate(step.record), WANT)) == []


def test_corrupt_blocks_fail_by_file():
    state = validate(corrupt=[{"file_id": 8, "first_block": 12, "blocks": 2, "kind": "CHECKSUM"}])
    with pytest.raises(DbferryError) as caught:
        rman_validate.report(state, WANT)
    assert caught.value.code == "ORA-01578" and "/u01/quay08.dbf: 12 (+2, CHECKSUM)" in caught.value.message
    assert rman_validate.report(validate(), WANT) == {}

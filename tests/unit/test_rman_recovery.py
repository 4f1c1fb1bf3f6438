# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restoring, recovering and duplicating by RMAN: what is planned from which state."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import rman_recovery as recovery
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.modules import rman_duplicate, rman_recover, rman_restore
from fake_session import FakeSession

DBID, OTHER = 1467532908, 99
SERVICE = {"service": "srv:1521/sales", "section_size": "64G", "parallelism": 4}


def wanted(module, **more):
    want = {name: spec.get("default") for name, spec in module.MODULE.argument_spec.items()}
    return dict(want, migration_id="SALES", migration_run=1, **more)


def file(number, checkpoint_scn=500, error=None, enabled="READ WRITE", fuzzy="NO", resetlogs_scn=1):
    return {"file_id": number, "name": "/u02/f{0}.dbf".format(number), "bytes": 100, "enabled": enabled, "error": error, "fuzzy": fuzzy,
            "resetlogs_scn": resetlogs_scn, "checkpoint_scn": 0 if error else checkpoint_scn}


def missing(number):
    return file(number, error="FILE NOT FOUND")


def source(scn=900, files=(1, 3, 4), answers=None, items=None, open_mode="READ WRITE"):
    return FakeSession(dict({recovery.PEER: [{"dbid": DBID, "name": "SALES", "db_unique_name": "SALES", "open_mode": open_mode, "current_scn": scn}],
                             recovery.PIECES: lambda tag: [],
                             recovery.PEER_FILES: [{"file_id": number, "name": "/u01/f{0}.dbf".format(number), "bytes": 100} for number in files]},
                            **(answers or {}))).with_journal(items)


def target(status="STARTED", files=(), dbid=DBID, role="PHYSICAL STANDBY", db_name="SALES", db_unique_name="SALES_NEW", peer=None, answers=None,
           started="monday", sessions=0, noted=None):
    peer = peer or source()
    if status == "MOUNTED" if noted is None else noted:
        peer.items = dict(peer.items or {}, **{recovery.mounted_item("SALES_NEW"): "true"})

    def instance():
        if status == "STOPPED":
            raise DbferryError("ORA-01034: ORACLE not available", code="ORA-01034")
        return [{"status": status, "started": started, "db_name": db_name, "db_unique_name": db_unique_name}]

    mode = {"MOUNTED": "MOUNTED", "OPEN": "READ WRITE"}.get(status)
    return FakeSession(dict({recovery.INSTANCE: instance, recovery.FILES: list(files), recovery.RMAN_SESSIONS: [{"sessions": sessions}],
                        recovery.DATABASE: [
        {"dbid": dbid, "name": "SALES", "open_mode": mode, "role": role, "controlfile_type": "STANDBY", "resetlogs_scn": 1}]}, **(answers or {})),
        peer=peer).with_journal()


def restore(session, **more):
    want = wanted(rman_restore, **dict({"restore": ["standby_controlfile", "database"]}, **more))
    state = rman_restore.observe(session, want)
    return rman_restore.plan(state, want), rman_restore.report(state, want)


def text(steps):
    step, = steps
    return str(step.statement)


# -- restore


def test_a_standby_is_restored_from_the_service_of_its_primary():
    steps, report = restore(target(), **SERVICE)
    lines = text(steps).split("\n")
    assert lines[0] == "CONNECT TARGET /;" and lines.count("RUN {") == 1, "reading from a service takes SYSDBA"
    assert "RESTORE STANDBY CONTROLFILE\n  FROM SERVICE 'srv:1521/sales';\nALTER DATABASE MOUNT;\nRESTORE DATABASE\n" \
        "  FROM SERVICE 'srv:1521/sales'\n  SECTION SIZE 64G;" in text(steps)
    assert text(steps).count("ALLOCATE CHANNEL") == 4 and "SWITCH" not in text(steps)
    assert steps[0].job.name.startswith("DBF_SALES_R1_CMD_RESTORE") and steps[0].job.argv == ["rman"]
    assert report["progress"] == {"done": 0, "of": 3, "bytes": 0, "of_bytes": 300, "percent": 0.0}


def test_a_restore_is_joined_by_every_call_but_not_that_of_an_instance_that_is_no_more():
    names = [restore(target(status, [missing(1)], started=started), **SERVICE)[0][0].job.name
             for status, started in (("STARTED", "monday"), ("MOUNTED", "monday"), ("STARTED", "tuesday"))]
    assert names[0] == names[1] != names[2]


def test_rman_may_still_be_at_work_though_every_file_is_there():
    want = wanted(rman_restore, restore=["database"], **SERVICE)
    for sessions, status, busy in ((3, "MOUNTED", True), (0, "MOUNTED", False), (3, "OPEN", False)):
        assert rman_restore.MODULE.under_way(rman_restore.observe(target(status, [file(1)], sessions=sessions), want), want) is busy


def test_a_restore_that_was_killed_goes_on_with_the_files_that_are_missing():
    steps, report = restore(target("MOUNTED", [file(1), missing(3), missing(4)]), **SERVICE)
    assert "RESTORE DATAFILE 3, 4\n" in text(steps) and "CONTROLFILE" not in text(steps) and "MOUNT" not in text(steps)
    assert report["progress"]["done"] == 1 and report["progress"]["percent"] == 33.3


def test_one_that_encrypts_goes_on_with_whole_tablespaces():
    """RMAN-05139 for datafiles (documented)."""
    names = {recovery.TABLESPACES: [{"file_id": 1, "tablespace": "SYSTEM", "container": None}, {"file_id": 3, "tablespace": "APP", "container": "QUAY"},
                                    {"file_id": 4, "tablespace": "APP", "container": "QUAY"}]}
    steps, report = restore(target("MOUNTED", [file(1), file(3), missing(4)], answers=names), as_encrypted=True, newname="/u02/%b", **SERVICE)
    assert "RESTORE TABLESPACE QUAY:'APP' AS ENCRYPTED\n" in text(steps) and "FOR DATAFILE 1 " not in text(steps)
    assert "SET NEWNAME FOR DATAFILE 3 TO" in text(steps) and "SET NEWNAME FOR DATAFILE 4 TO" in text(steps)
    steps, dummy = restore(target("MOUNTED", [missing(1), missing(3), missing(4)], answers=names), as_encrypted=True, **SERVICE)
    assert "RESTORE DATABASE AS ENCRYPTED\n" in text(steps)


def test_one_that_was_killed_before_the_first_file_restores_them_all():
    steps, dummy = restore(target("MOUNTED", [missing(1), missing(3), missing(4)]), **SERVICE)
    assert "RESTORE DATABASE\n" in text(steps)


def test_what_is_there_is_left_alone():
    steps, report = restore(target("MOUNTED", [file(1), file(3), file(4)]), **SERVICE)
    assert steps == [] and report["progress"]["percent"] == 100.0 and report["database"]["role"] == "PHYSICAL STANDBY"
    assert restore(target("OPEN", [file(1), missing(3)], role="PRIMARY"), **SERVICE)[0] == [], "it is in use"


def test_files_of_the_source_that_both_servers_see_are_no_restored_ones():
    """Until SWITCH the control file names the source's: a restore that failed by then has restored nothing."""
    seen = [dict(file(number), name="/u01/f{0}.dbf".format(number)) for number in (1, 3, 4)]
    for newname, missing_files in (("NEW", 3), ("/u02/%b", 3), ("/u01/%b", 0), (None, 0)):
        steps, report = restore(target("MOUNTED", seen), newname=newname, **SERVICE)
        assert report["progress"]["done"] == 3 - missing_files and len(steps) == (1 if missing_files else 0), newname
    assert restore(target("MOUNTED", [file(1), file(3), file(4)]), newname="NEW", **SERVICE)[0] == []


def test_what_an_earlier_attempt_left_counts_only_when_it_is_of_this_incarnation():
    steps, dummy = restore(target("MOUNTED", [file(1), file(3, resetlogs_scn=2), file(4, resetlogs_scn=2, enabled="READ ONLY")]), **SERVICE)
    assert "RESTORE DATAFILE 3\n" in text(steps), "a file that is not written keeps its own"


def test_that_the_control_file_is_mounted_is_noted_once():
    steps, dummy = restore(target("MOUNTED", [file(1)], noted=False), **SERVICE)
    assert [(step.statement, step.at_peer, step.record) for step in steps] == [(None, True, {recovery.mounted_item("SALES_NEW"): True})]
    steps, dummy = restore(target("MOUNTED", [missing(1)], noted=False), **SERVICE)
    assert len(steps) == 2 and steps[0].record and steps[1].job
    assert restore(target("MOUNTED", [file(1)], noted=False, peer=source(open_mode="MOUNTED")), **SERVICE)[0] == [], "nothing can be written there"


@pytest.mark.parametrize("peer", [{}, {"open_mode": "MOUNTED"}, {"open_mode": "READ ONLY"}])
def test_what_may_be_the_database_by_now_is_not_restored_over(peer):
    with pytest.raises(Refused) as caught:
        restore(target(noted=True, peer=source(**peer)), **SERVICE)
    assert caught.value.code == "DBF-0738"
    with pytest.raises(Refused) as caught:
        duplicate(target(noted=True, peer=source(**peer)))
    assert caught.value.code == "DBF-0763"


def test_a_plan_restores_into_an_instance_that_is_yet_to_be_begun():
    placeholder = target("OPEN", dbid=1, peer=source())
    placeholder.assumed = {recovery.RESOURCE: {"phase": "ZDM_PREPARE_TGT", "attributes": {
        "status": "STARTED", "dbid": None, "name": "SALES", "db_unique_name": "SALES_NEW", "role": None}}}
    steps = restore(placeholder, service="sales")[0]
    assert "RESTORE STANDBY CONTROLFILE" in text(steps) and "RESTORE DATABASE" in text(steps)


def test_a_file_that_the_source_got_meanwhile_is_told():
    dummy, report = restore(target("MOUNTED", [file(1), file(3)]), **SERVICE)
    assert report["database"]["added_at_source"] == [4]


def test_new_names_are_switched_to():
    steps, dummy = restore(target(), newname="NEW", **SERVICE)
    assert "SET NEWNAME FOR DATABASE TO NEW;\nRESTORE DATABASE" in text(steps)
    assert text(steps).endswith("SWITCH DATAFILE ALL;\nSWITCH TEMPFILE ALL;\n}\nEXIT;\n")
    steps, dummy = restore(target("MOUNTED", [file(1), missing(3), missing(4)]), newname="/u02/%b", **SERVICE)
    assert "SET NEWNAME FOR DATAFILE 3 TO '/u02/%b';\nSET NEWNAME FOR DATAFILE 4" in text(steps) and "FOR DATABASE" not in text(steps)
    with pytest.raises(Refused, match="one and the same name"):
        restore(target(), newname="/u02/file.dbf", **SERVICE)


def test_backups_are_found_by_their_tag_and_the_control_file_by_the_source():
    pieces = {recovery.PIECES: lambda tag: [{"handle": "/b/p1"}, {"handle": "/b/p2"}],
              recovery.CONTROL_FILES: lambda tag: [{"handle": "/b/s", "controlfile_type": "S"}, {"handle": "/b/b", "controlfile_type": "B"}]
              if tag == "DBF_SALES_R1_FULL" else []}
    steps, dummy = restore(target(peer=source(answers=pieces)), backup_purpose="FULL", path="/mnt")
    assert "RESTORE STANDBY CONTROLFILE FROM '/mnt/s';" in text(steps), "as this server sees it"
    assert "CATALOG BACKUPPIECE\n  '/mnt/p1',\n  '/mnt/p2';\nRESTORE DATABASE\n  FROM TAG 'DBF_SALES_R1_FULL';" in text(steps)
    assert text(steps).startswith("CONNECT TARGET '/ AS SYSBACKUP';")
    steps, dummy = restore(target(peer=source(answers=pieces)), backup_purpose="FULL", restore=["controlfile", "database"])
    assert "RESTORE CONTROLFILE FROM '/b/b';" in text(steps) and "CATALOG" not in text(steps)
    with pytest.raises(Refused) as caught:
        restore(target(peer=source(answers=pieces)), existing_tag="OTHER")
    assert caught.value.code == "DBF-0735" and "OTHER" in caught.value.message


def test_the_control_file_may_come_from_another_backup_than_the_datafiles():
    answers = {recovery.CONTROL_FILES: lambda tag: [{"handle": "/b/" + tag, "controlfile_type": "S"}], recovery.PIECES: lambda tag: []}
    steps, dummy = restore(target(peer=source(answers=answers)), existing_tag="WEEKLY", controlfile_purpose="INCR", path="/mnt")
    assert "RESTORE STANDBY CONTROLFILE FROM '/mnt/DBF_SALES_R1_INCR';" in text(steps) and "FROM TAG 'WEEKLY';" in text(steps)
    with pytest.raises(Refused) as caught:
        restore(target(peer=source(answers={recovery.CONTROL_FILES: lambda tag: []})), existing_tag="WEEKLY", controlfile_purpose="INCR")
    assert caught.value.code == "DBF-0735" and "DBF_SALES_R1_INCR" in caught.value.message


def test_a_plan_says_which_phase_brings_the_control_file_where_the_datafiles_are_backed_up_already():
    peer = source(answers={recovery.CONTROL_FILES: lambda tag: [], recovery.PIECES: lambda tag: [{"handle": "/b/p1"}]})
    peer.assumed = {recovery.backup("DBF_SALES_R1_INCR"): {"phase": "ZDM_BACKUP_INCREMENTAL_SRC", "attributes": {"complete": True}}}
    steps, dummy = restore(target(peer=peer), existing_tag="WEEKLY", controlfile_purpose="INCR", path="/mnt")
    assert "RESTORE STANDBY CONTROLFILE FROM 'unknown until ZDM_BACKUP_INCREMENTAL_SRC';" in text(steps)
    assert "CATALOG BACKUPPIECE\n  '/mnt/p1';" in text(steps), "these are there"


def test_a_media_manager_gets_its_channels_and_encrypted_backups_their_password():
    steps, dummy = restore(target(), existing_tag="WEEKLY", controlfile_piece="c-1", device_type="sbt", sbt_library="/opc/libopc.so",
                           sbt_parms={"OPC_PFILE": "/opc/a.ora"}, decryption_passwords=["s3cret"], as_encrypted=True)
    assert "DEVICE TYPE SBT PARMS 'SBT_LIBRARY=/opc/libopc.so,SBT_PARMS=(OPC_PFILE=/opc/a.ora)';" in text(steps)
    assert "SET DECRYPTION IDENTIFIED BY ********;" in text(steps) and "s3cret" in steps[0].statement.text()
    assert "RESTORE DATABASE AS ENCRYPTED\n  FROM TAG 'WEEKLY';" in text(steps) and "CATALOG" not in text(steps)


def test_an_autobackup_is_found_by_the_dbid():
    steps, dummy = restore(target(), autobackup=True, autobackup_format="/b/%F", restore=["controlfile"])
    assert "SET DBID {0};\nRUN {{".format(DBID) in text(steps)
    assert "SET CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE DISK TO '/b/%F';\nRESTORE CONTROLFILE FROM AUTOBACKUP;\nALTER DATABASE MOUNT;" in text(steps)
    lonely = target()
    lonely.peer = None
    with pytest.raises(Refused) as caught:
        restore(lonely, autobackup=True, restore=["controlfile"])
    assert caught.value.code == "DBF-0733"


def test_the_server_parameter_file_is_noted_at_the_source():
    steps, dummy = restore(target("MOUNTED", [file(1)]), restore=["spfile"], spfile_to="/tmp/spfile.ora", service="s")
    assert "RESTORE SPFILE TO '/tmp/spfile.ora'\n  FROM SERVICE 's';" in text(steps)
    assert steps[0].at_peer and steps[0].record == {"restored spfile /tmp/spfile.ora": True}
    done = source(items={"restored spfile /tmp/spfile.ora": True})
    assert restore(target("MOUNTED", [file(1)], peer=done), restore=["spfile"], spfile_to="/tmp/spfile.ora", service="s")[0] == []


@pytest.mark.parametrize("more, code", [
    ({"status": "STOPPED"}, "DBF-0731"), ({"status": "MOUNTED", "dbid": OTHER}, "DBF-0732"), ({"status": "OPEN", "dbid": OTHER}, "DBF-0732"),
    ({"db_name": "ORCL"}, "DBF-0732"), ({"db_unique_name": "sales"}, "DBF-0732"),
    ({"status": "MOUNTED", "files": [missing(1)], "role": "PRIMARY"}, "DBF-0736")])
def test_nothing_is_restored_over_another_database(more, code):
    with pytest.raises(Refused) as caught:
        restore(target(**more), **SERVICE)
    assert caught.value.code == code


def test_datafiles_alone_need_a_control_file():
    with pytest.raises(Refused) as caught:
        restore(target(), restore=["database"], **SERVICE)
    assert caught.value.code == "DBF-0734"


def test_all_names_that_do_not_fit_are_told_at_once():
    with pytest.raises(Refused) as caught:
        restore(target(db_name="ORCL", db_unique_name="SALES"), **SERVICE)
    assert "DB_NAME" in caught.value.message and "DB_UNIQUE_NAME" in caught.value.message


@pytest.mark.parametrize("service", ["x' ; HOST 'rm", "a\nb", "a&b"])
def test_a_service_cannot_end_its_quotes(service):
    with pytest.raises(Refused):
        restore(target(), service=service)


# -- recover


def recover(session, **more):
    want = wanted(rman_recover, **more)
    session.answers.setdefault(recovery.MANAGED_RECOVERY, [])
    state = rman_recover.observe(session, want)
    return rman_recover.plan(state, want), rman_recover.report(state, want)


BEHIND = [file(1, 500), file(3, 900), file(4, 100, enabled="READ ONLY")]


def test_files_are_brought_to_where_the_source_was_when_it_was_begun():
    steps, report = recover(target("MOUNTED", BEHIND), **SERVICE)
    assert "RECOVER DATABASE\n  FROM SERVICE 'srv:1521/sales'\n  NOREDO\n  SECTION SIZE 64G;" in text(steps) and text(steps).startswith("CONNECT TARGET /;")
    assert steps[0].at_peer and steps[0].remember == {"recovery of SALES_NEW from service DB": 900}
    assert steps[0].effects == {"DATAFILE 1": {"checkpoint_scn": 900}} and report["progress"]["done"] == 2 and report["scn"] == 500


def test_a_recovery_that_is_done_is_not_repeated_though_the_source_goes_on():
    begun = {"recovery of SALES_NEW from service DB": 900}
    assert recover(target("MOUNTED", [file(1, 901), file(3, 902)], peer=source(5000, (1, 3), items=begun)), **SERVICE)[0] == []
    former = source(open_mode="MOUNTED")
    former.journal = None
    assert recover(target("OPEN", [file(1, 901)], role="PRIMARY", peer=former), **SERVICE)[0] == [], "after the switchover"
    steps, dummy = recover(target("MOUNTED", [file(1, 500), file(3, 902)], peer=source(5000, (1, 3), items=begun)), **SERVICE)
    assert steps[0].remember == begun, "a killed one goes on to the same SCN"
    later, dummy = recover(target("MOUNTED", [file(1, 901), file(3, 902)], peer=source(5000, (1, 3))), reach_scn=5000, **SERVICE)
    assert later[0].job.name != steps[0].job.name, "what was done before is not joined"
    assert recover(target("MOUNTED", [file(1, 901), file(3, 902)], peer=source(5000, (1, 3), items=begun)), purpose="AGAIN", **SERVICE)[0]


def test_everything_of_a_standby_is_renewed():
    steps, dummy = recover(target("MOUNTED", [file(1, 500), missing(3)]), standby=True, compressed_backupset=True, service="s", reach_scn=600)
    assert "RECOVER STANDBY DATABASE\n  FROM SERVICE 's'\n  USING COMPRESSED BACKUPSET;" in text(steps)
    assert not steps[0].at_peer and steps[0].remember == {}


def test_an_incremental_backup_is_applied_until_the_files_are_as_far_as_it_is():
    made = {recovery.BACKED_UP: lambda tag: [{"file_id": 1, "checkpoint_scn": 700}, {"file_id": 3, "checkpoint_scn": 800}]
            if tag == "DBF_SALES_R1_FINAL" else []}
    steps, dummy = recover(target("MOUNTED", [file(1), file(3)], peer=source(files=(1, 3), answers=made)), backup_purpose="FINAL", path="/mnt", parallelism=2)
    assert "RECOVER DATABASE\n  FROM TAG 'DBF_SALES_R1_FINAL'\n  NOREDO;" in text(steps)
    assert "CATALOG START WITH '/mnt/' NOPROMPT;\nRUN {" in text(steps), "nobody could name the pieces"
    assert recover(target("MOUNTED", [file(1, 700), file(3, 800)], peer=source(answers=made)), backup_purpose="FINAL")[0] == []
    with pytest.raises(Refused) as caught:
        recover(target("MOUNTED", [file(1)], peer=source(answers=made)), existing_tag="NONE")
    assert caught.value.code == "DBF-0753" and "NONE" in caught.value.message


def test_a_backup_with_its_logs_makes_files_that_can_be_opened():
    made = {recovery.BACKED_UP: lambda tag: [{"file_id": 1, "checkpoint_scn": 700}], recovery.LOGS_END: lambda tag: [{"next_scn": 950}],
            recovery.PIECES: lambda tag: [{"handle": "c1"}]}
    pair = {"peer": source(files=(1,), answers=made)}
    steps, dummy = recover(target("MOUNTED", [file(1, fuzzy="YES")], role="PRIMARY", **pair), backup_purpose="LAST", device_type="sbt", sbt_library="/l.so")
    assert "NOREDO;\nRECOVER DATABASE UNTIL SCN 950;" in text(steps)
    assert "ALLOCATE CHANNEL FOR MAINTENANCE DEVICE TYPE SBT PARMS 'SBT_LIBRARY=/l.so';\nCATALOG DEVICE TYPE 'SBT_TAPE' BACKUPPIECE\n  'c1';\n" \
        "RELEASE CHANNEL;\nRUN {" in text(steps)
    for ended in (file(1, 950, fuzzy="YES"), file(1, 720)):
        assert recover(target("MOUNTED", [ended], role="PRIMARY", **pair), backup_purpose="LAST")[0] == [], "there was no change after it"
    assert recover(target("MOUNTED", [file(1, 720, fuzzy="YES")], role="PRIMARY", **pair), backup_purpose="LAST")[0]
    assert "UNTIL" not in text(recover(target("MOUNTED", [file(1)], role="PRIMARY", **pair), backup_purpose="LAST", noredo=True)[0])
    assert "UNTIL" not in text(recover(target("MOUNTED", [file(1)], **pair), backup_purpose="LAST")[0]), "a standby gets its redo otherwise"


def test_logs_are_applied_up_to_an_scn():
    steps, dummy = recover(target("MOUNTED", [file(1), file(3)], role="PRIMARY"), until_scn=1200)
    assert "RECOVER DATABASE UNTIL SCN 1200;" in text(steps) and "FROM" not in text(steps)
    assert recover(target("MOUNTED", [file(1, 1200), file(3, 1199)], role="PRIMARY"), until_scn=1200)[0] == []
    assert recover(target("OPEN", [file(1)], role="PRIMARY"), until_scn=1200)[0] == [], "it is in use"


@pytest.mark.parametrize("more, answers, code", [
    ({"status": "STARTED"}, {}, "DBF-0751"), ({"status": "MOUNTED", "dbid": OTHER}, {}, "DBF-0752"),
    ({"status": "MOUNTED", "files": [missing(1), file(3), file(4)]}, {}, "DBF-0754"),
    ({"status": "MOUNTED", "files": BEHIND}, {recovery.MANAGED_RECOVERY: [{"process": "MRP0"}]}, "DBF-0755"),
    ({"status": "MOUNTED", "files": BEHIND[:2]}, {}, "DBF-0756")])
def test_what_rman_would_refuse_or_spoil_is_refused_before(more, answers, code):
    with pytest.raises(Refused) as caught:
        recover(target(answers=answers, **more), **SERVICE)
    assert caught.value.code == code


def test_files_that_rman_is_writing_do_not_stand_in_the_way_of_joining_it():
    files = [file(1), missing(3), file(4)]
    begun, dummy = recover(target("MOUNTED", [file(1), file(3), file(4)]), **SERVICE)
    joined, dummy = recover(target("MOUNTED", files, sessions=2), **SERVICE)
    assert [step.job.name for step in joined] == [step.job.name for step in begun]


# -- duplicate


def test_a_standby_that_has_to_make_datafiles_is_left_to_redo_apply():
    steps, dummy = recover(target("MOUNTED", BEHIND[:2]), leave_to_redo_apply=True, **SERVICE)
    assert [step.statement for step in steps] == [None] and "does not know: 4" in steps[0].pending
    applying = {recovery.MANAGED_RECOVERY: [{"process": "MRP0"}]}
    assert recover(target("MOUNTED", BEHIND, answers=applying), leave_to_redo_apply=True, **SERVICE)[0][0].pending
    with pytest.raises(Refused) as caught:
        recover(target("MOUNTED", [missing(1), file(3)]), leave_to_redo_apply=True, **SERVICE)
    assert caught.value.code == "DBF-0754"


def test_a_primary_whose_source_got_datafiles_since_is_not_brought_past_them():
    made = {recovery.BACKED_UP: lambda tag: [{"file_id": 1, "checkpoint_scn": 700}], recovery.LOGS_END: lambda tag: [{"next_scn": 950}]}
    with pytest.raises(Refused) as caught:
        recover(target("MOUNTED", [file(1, fuzzy="YES")], role="PRIMARY", peer=source(files=(1, 5), answers=made)), backup_purpose="LAST")
    assert caught.value.code == "DBF-0756" and "migration_run" in caught.value.hint


def duplicate(session, **more):
    want = wanted(rman_duplicate, **dict({"target_service": "srv:1521/sales", "auxiliary_service": "new:1521/AUX", "sys_password": "s3cret"}, **more))
    state = rman_duplicate.observe(session, want)
    return rman_duplicate.plan(state, want), rman_duplicate.report(state, want)


def test_a_standby_is_duplicated_from_the_running_source():
    steps, dummy = duplicate(target(), dorecover=True, parallelism=2, section_size="1G", db_file_name_convert=["/a", "/b"], compressed_backupset=True)
    lines = text(steps).split("\n")
    assert lines[:2] == ["CONNECT TARGET 'SYS/********@srv:1521/sales AS SYSDBA';", "CONNECT AUXILIARY 'SYS/********@new:1521/AUX AS SYSDBA';"]
    assert text(steps).count("ALLOCATE CHANNEL") == 2 and text(steps).count("ALLOCATE AUXILIARY CHANNEL") == 2
    assert "DUPLICATE TARGET DATABASE FOR STANDBY FROM ACTIVE DATABASE\n  DORECOVER\n  DB_FILE_NAME_CONVERT '/a', '/b'\n  USING COMPRESSED BACKUPSET\n" \
        "  SECTION SIZE 1G;" in text(steps)
    assert "s3cret" in steps[0].job.script.text() and "s3cret" not in str(steps[0].job.argv)


def test_the_server_parameter_file_comes_along_with_changes():
    steps, dummy = duplicate(target(), spfile=True, spfile_set={"db_unique_name": "NEW"}, nofilenamecheck=True)
    assert "  SPFILE\n    SET DB_UNIQUE_NAME 'NEW'\n  NOFILENAMECHECK;" in text(steps)


def test_a_standby_that_is_there_is_not_duplicated_again():
    assert duplicate(target("MOUNTED", [file(1), file(3)]))[0] == [] and duplicate(target("OPEN", [file(1)], role="PRIMARY"))[0] == []


@pytest.mark.parametrize("more, code", [({"status": "STOPPED"}, "DBF-0762"), ({"status": "MOUNTED", "files": [missing(1)]}, "DBF-0762"),
                                        ({"status": "MOUNTED", "dbid": OTHER}, "DBF-0761"), ({"db_unique_name": "SALES"}, "DBF-0761")])
def test_a_duplicate_needs_an_instance_at_nomount_of_a_name_of_its_own(more, code):
    with pytest.raises(Refused) as caught:
        duplicate(target(**more))
    assert caught.value.code == code


@pytest.mark.parametrize("rc", [None, -9])
def test_rman_that_was_killed_is_told_apart(rc):
    step, = restore(target("MOUNTED", [missing(1)]), **SERVICE)[0]
    with pytest.raises(DbferryError) as caught:
        step.conclude("Starting restore at 02-MAR-26\nchannel c1: restoring datafile 00001 to /u02/f1.dbf\n", rc)
    assert caught.value.code == "DBF-0772"

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restoring, recovering and duplicating by RMAN: what is planned from which state."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import rman_recovery as recovery
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.modules import rman_restore
from fake_session import FakeSession

DBID, OTHER = 1467532908, 99
SERVICE = {"service": "srv:1521/sales", "section_size": "64G", "parallelism": 4}


def wanted(module, **more):
    want = {name: spec.get("default") for name, spec in module.MODULE.argument_spec.items()}
    return dict(want, migration_id="SALES", migration_run=1, **more)


def file(number, checkpoint_scn=500, error=None, enabled="READ WRITE", fuzzy="NO"):
    return {"file_id": number, "name": "/u02/f{0}.dbf".format(number), "bytes": 100, "enabled": enabled, "error": error, "fuzzy": fuzzy,
            "checkpoint_scn": 0 if error else checkpoint_scn}


def missing(number):
    return file(number, error="FILE NOT FOUND")


def source(scn=900, files=(1, 3, 4), answers=None, items=None):
    return FakeSession(dict({recovery.PEER: [{"dbid": DBID, "name": "SALES", "db_unique_name": "SALES", "current_scn": scn}],
                             recovery.PEER_FILES: [{"file_id": number, "bytes": 100} for number in files]}, **(answers or {}))).with_journal(items)


def target(status="STARTED", files=(), dbid=DBID, role="PHYSICAL STANDBY", db_name="SALES", db_unique_name="SALES_NEW", peer=None, answers=None):
    def instance():
        if status == "STOPPED":
            raise DbferryError("ORA-01034: ORACLE not available", code="ORA-01034")
        return [{"status": status, "db_name": db_name, "db_unique_name": db_unique_name}]

    mode = {"MOUNTED": "MOUNTED", "OPEN": "READ WRITE"}.get(status)
    return FakeSession(dict({recovery.INSTANCE: instance, recovery.FILES: list(files), recovery.DATABASE: [
        {"dbid": dbid, "name": "SALES", "open_mode": mode, "role": role, "controlfile_type": "STANDBY"}]}, **(answers or {})),
        peer=peer or source()).with_journal()


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
    assert steps[0].job.name == "DBF_SALES_R1_CMD_RESTORE_DB" and steps[0].job.argv == ["rman"]
    assert report["progress"] == {"done": 0, "of": 3, "bytes": 0, "of_bytes": 300, "percent": 0.0}


def test_what_rman_would_be_asked_is_the_same_for_every_call_until_it_has_run():
    assert text(restore(target(), **SERVICE)[0]) == text(restore(target(), **SERVICE)[0])


def test_a_restore_that_was_killed_goes_on_with_the_files_that_are_missing():
    steps, report = restore(target("MOUNTED", [file(1), missing(3), missing(4)]), **SERVICE)
    assert "RESTORE DATAFILE 3, 4\n" in text(steps) and "CONTROLFILE" not in text(steps) and "MOUNT" not in text(steps)
    assert report["progress"]["done"] == 1 and report["progress"]["percent"] == 33.3


def test_one_that_was_killed_before_the_first_file_restores_them_all():
    steps, dummy = restore(target("MOUNTED", [missing(1), missing(3), missing(4)]), **SERVICE)
    assert "RESTORE DATABASE\n" in text(steps)


def test_what_is_there_is_left_alone():
    steps, report = restore(target("MOUNTED", [file(1), file(3), file(4)]), **SERVICE)
    assert steps == [] and report["progress"]["percent"] == 100.0 and report["database"]["role"] == "PHYSICAL STANDBY"
    assert restore(target("OPEN", [file(1), missing(3)], role="PRIMARY"), **SERVICE)[0] == [], "it is in use"


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
    pieces = {recovery.CONTROL_FILES: lambda tag: [{"handle": "/b/s", "controlfile_type": "S"}, {"handle": "/b/b", "controlfile_type": "B"}]
              if tag == "DBF_SALES_R1_FULL" else []}
    steps, dummy = restore(target(peer=source(answers=pieces)), backup_purpose="FULL", path="/mnt")
    assert "RESTORE STANDBY CONTROLFILE FROM '/mnt/s';" in text(steps), "as this server sees it"
    assert "CATALOG START WITH '/mnt/' NOPROMPT;\nRESTORE DATABASE\n  FROM TAG 'DBF_SALES_R1_FULL';" in text(steps)
    assert text(steps).startswith("CONNECT TARGET '/ AS SYSBACKUP';")
    steps, dummy = restore(target(peer=source(answers=pieces)), backup_purpose="FULL", restore=["controlfile", "database"])
    assert "RESTORE CONTROLFILE FROM '/b/b';" in text(steps) and "CATALOG" not in text(steps)
    with pytest.raises(Refused) as caught:
        restore(target(peer=source(answers=pieces)), existing_tag="OTHER")
    assert caught.value.code == "DBF-0735" and "OTHER" in caught.value.message


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

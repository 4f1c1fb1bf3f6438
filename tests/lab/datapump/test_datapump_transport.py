# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transportable jobs: the checks of export and import in their order, and what the dictionary knows afterwards."""
from __future__ import annotations

import re

import pytest
from oralab.catalog import model
from oralab.errors import OraError
from oralab.packages.datapump import api, job
from oralab.values import DataType
from test_datapump_jobs import client, column, database, define, refused, run

NUMBER, ZONED = DataType("NUMBER"), DataType("TIMESTAMP WITH TIME ZONE", scale=6)


@pytest.fixture(autouse=True)
def sessions(monkeypatch):
    import datapump_server
    from oralab.api import Logon
    monkeypatch.setattr(job, "server_session",
                        lambda database, user, process, name: datapump_server.Session(database, Logon(user, "")))
    monkeypatch.setattr(api, "server_session", job.server_session)


@pytest.fixture
def dumps(tmp_path):
    return tmp_path


@pytest.fixture
def source(dumps):
    made = database(dumps)
    key = model.Constraint(name="T_PK", type="P", columns=["ID"], index_name="T_PK", index_owner="HR")
    must = model.Constraint(name="SYS_C1", type="C", columns=["ID"], not_null=True, generated=True)
    made.keep(
        model.TablespaceInfo(name="SYSTEM"), model.TablespaceInfo(name="DATA"), model.TablespaceInfo(name="OTHER"),
        model.Table(owner="HR", name="T", columns=[column("ID", NUMBER)], tablespace="DATA", data_object_id=5,
                    segment_created=True, constraints=[must, key]),
        model.Index(owner="HR", name="T_PK", table_owner="HR", table_name="T", unique=True, tablespace="DATA",
                    columns=[model.IndexColumn(name="ID")], data_object_id=6),
        model.Table(owner="HR", name="Z", columns=[column("AT", ZONED)], tablespace="DATA", data_object_id=7,
                    segment_created=True),
        model.Table(owner="HR", name="ELSEWHERE", columns=[column("ID", NUMBER)], tablespace="OTHER"),
        model.View(owner="HR", name="V", text="SELECT * FROM t"), model.Sequence(owner="HR", name="S"))
    made.store.read_only = {"DATA"}
    return made


def export(source, dumps, tablespaces="IN ('DATA')", **more):
    session = client(source)
    handle = define(session, "EXPORT", "TRANSPORTABLE", schemas=None, reuse=1, **more)
    if tablespaces:
        api.metadata_filter(session, handle, "TABLESPACE_EXPR", tablespaces, None, None)
    state = run(session, handle)
    return state, (dumps / "j.log").read_text()


def plug(target, dumps, **more):
    session = client(target)
    handle = define(session, "IMPORT", "TRANSPORTABLE", name="P", log="p.log", schemas=None, **more)
    for path in ("/oradata/data01.dbf", "/oradata/data02.dbf"):
        api.set_parameter(session, handle, "TABLESPACE_DATAFILE", path)
    state = run(session, handle)
    return state, (dumps / "p.log").read_text()


def test_the_set_carries_tables_and_what_hangs_on_them_only(source, dumps):
    state, log = export(source, dumps)
    assert state == "COMPLETED"
    assert re.findall(r"type TRANSPORTABLE_EXPORT/(\S+)", log) == [
        "STATISTICS/MARKER", "PLUGTS_BLK", "POST_INSTANCE/PLUGTS_BLK", "TABLE", "INDEX/INDEX", "CONSTRAINT/CONSTRAINT"]
    assert "Datafiles required for transportable tablespace DATA:\n" in log


def test_a_set_that_is_read_write_fails(source, dumps):
    source.store.read_only = set()
    state, log = export(source, dumps)
    assert state == "STOPPED"
    assert ("ORA-39123: Data Pump transportable tablespace job aborted\n"
            "ORA-39185: The transportable tablespace failure list is\n\n"
            "ORA-29335: tablespace 'DATA' is not read only\n"
            'Job "DP"."J" stopped due to fatal error at') in log


@pytest.mark.parametrize("tablespaces,told", [
    ("IN ('NONE')", "ORA-29304: tablespace 'NONE' does not exist"),
    ("IN ('SYSTEM')", "ORA-29351: can not transport system, sysaux, or temporary tablespace 'SYSTEM'")])
def test_tablespaces_that_cannot_be_transported(source, dumps, tablespaces, told):
    state, log = export(source, dumps, tablespaces)
    assert state == "STOPPED" and "ORA-39123" in log and told in log


def test_a_set_that_is_not_closed_fails_unless_the_check_is_off(source, dumps):
    source.keep(model.Index(owner="HR", name="OUT", table_owner="HR", table_name="ELSEWHERE", tablespace="DATA",
                            columns=[model.IndexColumn(name="ID")]))
    state, log = export(source, dumps)
    assert state == "STOPPED" and "ORA-39187" in log and "ORA-39907" in log
    source.catalog.get(model.Table, "DP", "J").comment = None
    assert export(source, dumps, name="K", tts_closure_check="OFF")[0] == "COMPLETED"


def test_the_standard_edition_does_not_export_transport_sets(dumps):
    made = database(dumps, edition="SE2")
    made.keep(model.TablespaceInfo(name="DATA"))
    state, log = export(made, dumps)
    assert state == "STOPPED" and "ORA-39123" in log and "ORA-00439: feature not enabled" in log


def test_tablespaces_are_named_at_export_and_datafiles_at_import(source, dumps):
    refused(lambda: export(source, dumps, None), 39002, 39186)
    export(source, dumps, name="K")
    session = client(database(dumps))
    handle = define(session, "IMPORT", "TRANSPORTABLE", schemas=None, name="M", log="m.log")
    assert run(session, handle) == "STOPPED"
    assert "ORA-39123" in (dumps / "m.log").read_text() and "ORA-29348" in (dumps / "m.log").read_text()
    handle = define(session, "IMPORT", "TRANSPORTABLE", schemas=None)
    refused(lambda: api.metadata_filter(session, handle, "TABLESPACE_EXPR", "= 'DATA'", None, None), 39001, 39204)
    handle = define(session, "IMPORT", "FULL", schemas=None, name="L")
    refused(lambda: api.set_parameter(session, handle, "TTS_FULL_CHECK", "1"), 39001, 39208)


def test_a_dump_of_another_mode_conflicts(source, dumps):
    session = client(source)
    source.rows = {("HR", "T"): [], ("HR", "Z"): [], ("HR", "ELSEWHERE"): []}
    run(session, define(session))
    session = client(database(dumps))
    refused(lambda: plug(database(dumps), dumps), 39002, 39061)


def test_plugging_in_makes_tables_over_the_segments_of_the_files(source, dumps):
    export(source, dumps)
    target = database(dumps)
    state, log = plug(target, dumps)
    assert state == "COMPLETED" and "successfully completed" in log
    assert re.findall(r"type TRANSPORTABLE_EXPORT/(\S+)", log) == [
        "PLUGTS_BLK", "TABLE", "INDEX/INDEX", "CONSTRAINT/CONSTRAINT", "POST_INSTANCE/PLUGTS_BLK"]
    assert target.store.plugged == ({"names": ["DATA"]}, ["/oradata/data01.dbf", "/oradata/data02.dbf"], {"DATA": "DATA"})
    table = target.catalog.get(model.Table, "HR", "T")
    assert table.data_object_id == 50005 and [one.name for one in table.constraints] == ["SYS_C1"]
    assert target.catalog.get(model.Index, "HR", "T_PK").data_object_id == 50006
    assert target.catalog.get(model.TablespaceInfo, "DATA").plugged_in
    assert any(text.startswith('ALTER TABLE "HR"."T" ADD CONSTRAINT "T_PK" PRIMARY KEY') and
               'USING INDEX "HR"."T_PK"' in text for text in target.executed)


def test_a_tablespace_can_come_under_another_name(source, dumps):
    export(source, dumps)
    target = database(dumps)
    target.keep(model.TablespaceInfo(name="DATA"))
    session = client(target)
    handle = define(session, "IMPORT", "TRANSPORTABLE", schemas=None)
    api.set_parameter(session, handle, "TABLESPACE_DATAFILE", "/oradata/data01.dbf")
    api.metadata_remap(session, handle, "REMAP_TABLESPACE", "DATA", "NEW", None)
    assert run(session, handle) == "COMPLETED"
    assert target.catalog.get(model.Table, "HR", "T").tablespace == "NEW"
    assert target.catalog.get(model.TablespaceInfo, "NEW")


def fails(source, target, dumps):
    export(source, dumps)
    state, log = plug(target, dumps)
    assert state == "STOPPED" and target.catalog.get(model.Table, "HR", "T") is None
    lines = log.splitlines()
    place = lines.index("ORA-39123: Data Pump transportable tablespace job aborted")
    return lines[place + 1]


def test_one_violation_aborts_before_anything_is_plugged(source, dumps):
    target = database(dumps)
    with target.catalog.change() as change:
        change.remove(target.catalog.get(model.User, "HR"))
    target.keep(model.TablespaceInfo(name="DATA"))
    assert fails(source, target, dumps) == "ORA-29342: user HR does not exist in the database"
    assert target.store.plugged is None


def test_a_taken_name_is_refused(source, dumps):
    target = database(dumps)
    target.keep(model.TablespaceInfo(name="DATA"))
    assert fails(source, target, dumps) == "ORA-29349: tablespace 'DATA' already exists"


def test_another_character_set_is_refused(source, dumps):
    target = database(dumps, character_set="WE8ISO8859P1")
    assert fails(source, target, dumps).startswith("ORA-29345")


def test_an_older_target_is_refused(source, dumps):
    export(source, dumps)
    target = database(dumps, release="12.1", version="12.1.0.2.0", compatible="12.1.0")
    refused(lambda: plug(target, dumps), 39002, 39001, 39000, 39142)


def test_a_dump_of_test_mode_is_not_for_import(source, dumps):
    source.store.read_only = set()
    state, _ = export(source, dumps, tts_closure_check="8")
    assert state == "COMPLETED"
    state, log = plug(database(dumps), dumps)
    assert state == "STOPPED" and "ORA-29340" in log


def test_what_the_store_says_of_files_aborts(source, dumps):
    target = database(dumps)
    target.store.refuses = OraError(19722, "datafile /oradata/data01.dbf is an incorrect version")
    assert fails(source, target, dumps) == "ORA-19722: datafile /oradata/data01.dbf is an incorrect version"
    assert target.catalog.get(model.TablespaceInfo, "DATA") is None


def test_tables_with_time_zones_stay_behind_when_the_files_differ(source, dumps):
    export(source, dumps)
    target = database(dumps, timezone_file=18)
    state, log = plug(target, dumps)
    assert state == "COMPLETED" and target.catalog.get(model.Table, "HR", "Z") is None
    assert 'ORA-39360: Table "HR"."Z" was skipped due to transportable import and TSTZ issues' in log
    assert "Source time zone version is 32 and target time zone version is 18." in log and "with 1 error(s)" in log

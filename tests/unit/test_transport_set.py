# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What transportable tablespaces cannot carry, each limit from plain data."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import database, disk_group, transport_set
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.names import plugged_item
from ansible_collections.dbferry.oracle.plugins.modules import transport_set_info
from fake_session import FakeSession


def column(name, data_type, owner=None):
    return {"owner": "QUAY", "table_name": "BERTHS", "column_name": name, "data_type": data_type, "data_type_owner": owner}


def tablespace(**more):
    return dict({"status": "ONLINE", "contents": "PERMANENT", "encrypted": "NO", "block_size": 8192, "bytes": 1 << 20}, **more)


IDENTITY = {"character_set": "AL32UTF8", "national_character_set": "AL16UTF16", "db_time_zone": "+00:00", "time_zone_file": {"version": 32},
            "version": "19.0.0.0.0", "endian_format": "Big", "open_mode": "READ WRITE", "database_role": "PRIMARY",
            "platform_name": "Solaris[tm] OE (64-bit)"}
FACTS = {
    "names": ["QUAY_DATA"], "me": "DBFERRY", "identity": IDENTITY, "tables": {("QUAY", "BERTHS"): {"QUAY_DATA"}}, "iots": set(),
    "tablespaces": {"QUAY_DATA": tablespace(), "SYSTEM": tablespace(), "UNDOTBS1": tablespace(contents="UNDO")},
    "columns": [column("ID", "NUMBER")], "default": {"tablespace": "USERS"},
    "parameters": {"compatible": "19.0.0", "db_block_size": "8192"},
    "hidden": [], "text_indexes": [], "preferences": [], "redaction": [], "encrypted_columns": [], "invalid": [], "dropped": [],
    "target": {
        "me": "DBFERRY", "identity": dict(IDENTITY, endian_format="Little", platform_name="Linux x86 64-bit"),
        "tablespaces": {"SYSTEM": tablespace()},
        "tables": set(), "default": {"tablespace": "USERS"},
        "parameters": {"compatible": "19.0.0", "db_block_size": "8192"}, "ours": set()},
}


def facts(**changes):
    """The good case with changes; ``target__identity__version`` reaches inside."""
    found = copy.deepcopy(FACTS)
    for path, value in changes.items():
        *outer, last = path.split("__")
        place = found
        for word in outer:
            place = place[word]
        place[last] = value
    return found


def findings(found):
    return transport_set.check_compatibility(found) + transport_set.check_content(found)


def shown(found):
    return {(one["severity"], one["check"]): one["objects"] for one in findings(found)}


def test_a_good_set_has_no_more_than_the_note_on_awr():
    assert shown(facts()) == {("info", "awr"): ["AWR"]}


TSTZ = [column("AT", "TIMESTAMP(6) WITH TIME ZONE"), column("SINCE", "TIMESTAMP(3) WITH LOCAL TIME ZONE")]
NAME = [column("NAME", "NVARCHAR2")]


@pytest.mark.parametrize("changes, finding, objects", [
    ({"target__identity__character_set": "WE8ISO8859P1"}, ("error", "character_set"), []),
    ({"identity__character_set": "US7ASCII"}, ("warning", "character_set"), []),
    ({"target__identity__national_character_set": "UTF8", "columns": NAME}, ("error", "national_character_set"), ["QUAY.BERTHS.NAME"]),
    ({"target__identity__db_time_zone": "+02:00", "columns": TSTZ}, ("warning", "db_time_zone"), ["QUAY.BERTHS.SINCE"]),
    ({"target__identity__time_zone_file": {"version": 26}, "columns": TSTZ}, ("warning", "time_zone_file"), ["QUAY.BERTHS.AT"]),
    ({"target__identity__version": "12.1.0.2.0"}, ("error", "version"), []),
    ({"parameters__compatible": "19.3.0"}, ("error", "version"), []),
    ({"target__identity__endian_format": "Big"}, ("info", "byte_order"), []),
    ({"identity__open_mode": "READ ONLY", "identity__database_role": "PHYSICAL STANDBY"}, ("error", "open_mode"), []),
    ({"target__identity__open_mode": "READ ONLY WITH APPLY"}, ("error", "open_mode"), []),
    ({"target__tablespaces": {"QUAY_DATA": tablespace()}}, ("error", "tablespace_name"), ["QUAY_DATA"]),
    ({"target__tables": {("QUAY", "BERTHS"), ("QUAY", "OTHER")}}, ("error", "existing_tables"), ["QUAY.BERTHS"]),
    ({"target__default": {"tablespace": "QUAY_DATA"}}, ("error", "default_tablespace"), []),
    ({"default": {"tablespace": "QUAY_DATA"}}, ("error", "default_tablespace"), ["QUAY_DATA"]),
    ({"tablespaces__QUAY_DATA": tablespace(block_size=16384)}, ("error", "block_size"), []),
    ({"names": ["QUAY_DATA", "GONE"]}, ("error", "tablespace"), ["GONE"]),
    ({"names": ["QUAY_DATA", "SYSTEM", "UNDOTBS1"]}, ("error", "administrative"), ["SYSTEM", "UNDOTBS1"]),
    ({"tablespaces__QUAY_DATA": tablespace(encrypted="YES")}, ("error", "encryption"), ["QUAY_DATA"]),
    ({"encrypted_columns": [column("SECRET", "RAW")]}, ("error", "encryption"), ["QUAY.BERTHS.SECRET"]),
    ({"tables": {("QUAY", "BERTHS"): {"QUAY_DATA", "SYSTEM"}}}, ("error", "partly_administrative"), ["QUAY.BERTHS"]),
    ({"tables": {("QUAY", "LOST"): {"SYSAUX"}}}, ("warning", "administrative_content"), ["QUAY.LOST"]),
    ({"iots": {("QUAY", "BERTHS")}, "target__identity__platform_name": "HP-UX (64-bit)"}, ("error", "index_organized"), ["QUAY.BERTHS"]),
    ({"columns": [column("A", "RAW"), column("B", "BLOB"), column("C", "CLOB")]}, ("info", "not_converted"),
     ["QUAY.BERTHS.A", "QUAY.BERTHS.B"]),
    ({"columns": [column("A", "ANYDATA", "SYS"), column("X", "XMLTYPE", "SYS")]}, ("warning", "object_types"), ["QUAY.BERTHS.A"]),
    ({"columns": [column("X", "XMLTYPE", "SYS")]}, ("warning", "xmltype"), ["QUAY.BERTHS.X"]),
    ({"text_indexes": [{"owner": "QUAY", "index_name": "T"}]}, ("warning", "text_indexes"), ["QUAY.T"]),
    ({"preferences": [{"owner": "QUAY", "table_name": "BERTHS", "preference_name": "STALE_PERCENT"}]},
     ("warning", "statistics_preferences"),
     ["QUAY.BERTHS STALE_PERCENT"]),
    ({"redaction": [{"owner": "QUAY", "object_name": "BERTHS"}]}, ("warning", "redaction"), ["QUAY.BERTHS"]),
    ({"invalid": [{"owner": "QUAY", "object_type": "VIEW", "object_name": "V"}]}, ("warning", "invalid_objects"), ["QUAY.V (VIEW)"]),
    ({"dropped": [{"owner": "QUAY", "original_name": "OLD", "tablespace": "QUAY_DATA"},
                  {"owner": "QUAY", "original_name": "X", "tablespace": "USERS"}]},
     ("warning", "recycle_bin"), ["QUAY.OLD"]),
    ({"target__identity__time_zone_file": {"version": 40}, "columns": TSTZ}, ("warning", "time_zone_file"),
     ["{0}.{1}.{2}".format(TSTZ[0]["owner"], TSTZ[0]["table_name"], TSTZ[0]["column_name"])]),
    ({"hidden": [{"name": "_optimizer_x", "value": "FALSE"}]}, ("warning", "hidden_parameters"), ["_optimizer_x=FALSE"]),
])
def test_each_limit_is_found(changes, finding, objects):
    found = shown(facts(**changes))
    assert finding in found, found
    assert found[finding] == objects
    assert all(one["message"] and one["remedy"] for one in findings(facts(**changes)))


@pytest.mark.parametrize("changes", [
    {"identity__character_set": "AL32UTF8"},
    {"target__identity__national_character_set": "UTF8"},
    {"target__identity__db_time_zone": "+02:00"},
    {"target__identity__time_zone_file": {"version": 26}},
    {"parameters__compatible": "19.0.0.0.0"},
    {"identity__version": "12.1.0.2.0", "parameters__compatible": "12.1.0"},
    {"tablespaces__QUAY_DATA": tablespace(block_size=16384), "target__parameters": {"compatible": "19.0.0", "db_block_size": "8192",
                                                                                  "db_16k_cache_size": "33554432"}},
    {"target__tablespaces": {"QUAY_DATA": tablespace()}, "target__tables": {("QUAY", "BERTHS")}, "target__ours": {"QUAY_DATA"}},
    {"iots": {("QUAY", "BERTHS")}},
    {"encrypted_columns": [dict(column("SECRET", "RAW"), table_name="ELSEWHERE")]},
    {"dropped": [{"owner": "QUAY", "original_name": "X", "tablespace": "USERS"}]},
])
def test_what_is_no_limit_is_not_found(changes):
    assert set(shown(facts(**changes))) == {("info", "awr")}


def test_without_a_target_only_the_content_is_looked_at():
    alone = facts()
    del alone["target"]
    assert transport_set.check_compatibility(alone) == [] and transport_set.excluded(alone) == {}


def test_what_transport_leaves_out_moves_by_owner():
    found = facts(target__identity__time_zone_file={"version": 26}, columns=[dict(TSTZ[0], table_name="A.B"), TSTZ[1]],
                  tables={("QUAY", "A.B"): {"QUAY_DATA"}, ("QUAY", "BERTHS"): {"QUAY_DATA"}, ("PIER", "P"): {"SYSTEM"},
                          ("PIER", "NOWHERE"): set()})
    assert transport_set.excluded(found) == {"QUAY": ["A.B"], "PIER": ["P"]}
    found["target"]["identity"]["db_time_zone"] = "+02:00"
    assert transport_set.excluded(found) == {"QUAY": ["A.B", "BERTHS"], "PIER": ["P"]}


def test_an_application_moves_whole():
    found = facts(tables={("QUAY", "BERTHS"): {"QUAY_DATA"}, ("QUAY", "BESIDE"): {"USERS"},
                          ("QUAY", "PARTS"): {"USERS", "QUAY_DATA"}, ("PIER", "P"): {"USERS"}})
    assert transport_set.excluded(found) == {"QUAY": ["BESIDE"]}
    assert shown(found)[("warning", "outside")] == ["QUAY.BESIDE"]


# -- from the dictionaries


def answers(**more):
    row = dict(IDENTITY)
    row.pop("character_set"), row.pop("national_character_set"), row.pop("time_zone_file")
    return dict({
        database.IDENTITY: [row], database.CHARACTER_SETS: [{"parameter": "NLS_CHARACTERSET", "value": "AL32UTF8"},
                                                            {"parameter": "NLS_NCHAR_CHARACTERSET", "value": "AL16UTF16"}],
        database.TIME_ZONE_FILE: [{"filename": "timezlrg_32.dat", "version": 32}], database.INSTANCES: [],
        transport_set.TABLES: [{"owner": "QUAY", "table_name": "BERTHS", "tablespace": "QUAY_DATA", "iot_type": None},
                               {"owner": "QUAY", "table_name": "CODES", "tablespace": None, "iot_type": "IOT"},
                               {"owner": "QUAY", "table_name": "PARTS", "tablespace": None, "iot_type": None}],
        transport_set.PLACES: [{"owner": "QUAY", "table_name": "PARTS", "tablespace": "QUAY_DATA"}, {"owner": "QUAY", "table_name": "PARTS",
                                                                                                    "tablespace": "SYSTEM"},
                               {"owner": "QUAY", "table_name": "CODES", "tablespace": "QUAY_DATA"}],
        transport_set.TABLESPACES: [dict(tablespace(), name="QUAY_DATA"), dict(tablespace(), name="SYSTEM")],
        transport_set.COLUMNS: [], transport_set.DEFAULT_TABLESPACE: [{"tablespace": "USERS"}],
        transport_set.PARAMETERS: [{"name": "compatible", "value": "19.0.0"}, {"name": "db_block_size", "value": "8192"}],
        transport_set.HIDDEN_PARAMETERS: [], transport_set.TEXT_INDEXES: [], transport_set.STATISTICS_PREFERENCES: [],
        transport_set.REDACTION: [],
        transport_set.ENCRYPTED_COLUMNS: [], transport_set.INVALID: [], transport_set.RECYCLE_BIN: [],
        transport_set.CHECK: {}, transport_set.VIOLATIONS: [],
    }, **more)


def pair(**more):
    target = FakeSession(dict(answers(), **{transport_set.TABLES: [], transport_set.TABLESPACES: []}))
    target.with_journal({plugged_item("QUAY_DATA"): ["/f"]})
    source = FakeSession(answers(), peer=target)
    source.answers.update(more)
    return source


def test_places_of_partitions_and_index_organized_tables_are_known():
    found = transport_set.look(pair(), ["QUAY_DATA"])
    assert found["tables"] == {("QUAY", "BERTHS"): {"QUAY_DATA"}, ("QUAY", "CODES"): {"QUAY_DATA"},
                               ("QUAY", "PARTS"): {"QUAY_DATA", "SYSTEM"}}
    assert found["iots"] == {("QUAY", "CODES")} and found["target"]["ours"] == {"QUAY_DATA"}


WANT = {"tablespaces": ["QUAY_DATA"], "checks": ["compatibility", "content", "self_contained", "excluded"], "datafile_path": None,
        "fail": True}


def test_findings_that_stop_a_migration_are_told_all_at_once():
    session = pair(**{transport_set.VIOLATIONS: [{"violations": "ORA-39907: Index QUAY.I in tablespace IDX points to table QUAY.BERTHS"}]})
    state = transport_set_info.observe(session, WANT)
    with pytest.raises(Refused) as caught:
        transport_set_info.report(state, WANT)
    assert caught.value.code == "DBF-0161"
    assert "(1) Parts of these tables are in SYSTEM or SYSAUX. [QUAY.PARTS]" in caught.value.message and "ORA-39907" in caught.value.message
    assert session.called[0].values() == {"names": "QUAY_DATA"}
    assert len(caught.value.details["findings"]) == len(transport_set_info.report(state, dict(WANT, fail=False))["findings"])


def test_only_what_is_asked_for_is_checked():
    session = pair()
    state = transport_set_info.observe(session, dict(WANT, checks=["excluded"]))
    assert transport_set_info.report(state, WANT) == {"findings": [], "excluded": {}, "plugged_in": ["QUAY_DATA"], "bytes_to_move": 1 << 20}
    assert session.called == []


@pytest.mark.parametrize("rows, told", [
    ([], "not there"), ([{"state": "DISMOUNTED", "usable_file_mb": 0}], "DISMOUNTED"), ([{"state": "CONNECTED", "usable_file_mb": 0}], "1 MB are needed"),
    ([{"state": "CONNECTED", "usable_file_mb": 9}], "")])
def test_a_disk_group_is_looked_at_while_there_is_time(rows, told):
    session = pair()
    session.peer.answers[disk_group.DISK_GROUP] = rows
    found = transport_set_info.observe(session, dict(WANT, checks=[], datafile_path="+data/SALES/DATAFILE"))["TRANSPORT_SET"]["findings"]
    assert [(one["severity"], told in one["message"]) for one in found] == ([("error", True)] if told else [])


def test_tablespaces_that_are_not_there_are_not_given_to_dbms_tts():
    session = pair()
    transport_set_info.observe(session, dict(WANT, tablespaces=["GONE"]))
    assert session.called == []

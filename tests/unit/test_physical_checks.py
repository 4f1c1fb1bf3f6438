# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a database can become the physical copy of another one: each condition violated on its own."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import physical_checks
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.modules import physical_check_info

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def side(**more):
    return dict({
        "instance_status": "OPEN", "open": True, "open_mode": "READ WRITE", "database_role": "PRIMARY", "log_mode": "ARCHIVELOG", "force_logging": "YES",
        "name": "QUAY", "db_unique_name": "QUAY", "dbid": 1, "version": "19.0.0.0.0", "full": "19.20.0.0.0", "platform_id": 13, "platform_name": "Linux",
        "banner": "Oracle Database 19c Enterprise Edition", "options": {"Partitioning"}, "time_zone_file": 32, "newest_time_zone_file": 32,
        "asked": NOW, "now": "2026-01-01 00:00:00",
        "character_sets": {"NLS_CHARACTERSET": "AL32UTF8", "NLS_NCHAR_CHARACTERSET": "AL16UTF16"},
        "parameters": {"remote_login_passwordfile": "EXCLUSIVE", "cluster_database": "FALSE", "compatible": "19.0.0"},
        "endian": {13: "Little", 20: "Little", 2: "Big"},
        "damaged": [], "corrupt": [], "encrypted": [], "keystores": [], "snapshot": None, "area": None}, **more)


PARAMETERS = side()["parameters"]


def checks(found):
    return [(one["severity"], one["check"]) for one in found]


def test_nothing_is_in_the_way_of_a_source_in_order():
    assert physical_checks.check_source(side(), online=True) == []
    assert physical_checks.check_pair(side(), side(db_unique_name="PIER", dbid=2), online=True) == []


@pytest.mark.parametrize(("wrong", "expected"), [
    ({"open_mode": "READ ONLY"}, ("error", "open_mode")), ({"database_role": "PHYSICAL STANDBY"}, ("error", "open_mode")),
    ({"open": False, "instance_status": "MOUNTED"}, ("error", "open_mode")), ({"log_mode": "NOARCHIVELOG"}, ("error", "log_mode")),
    ({"force_logging": "NO"}, ("error", "force_logging")), ({"damaged": ["/u/a.dbf"]}, ("error", "datafiles")),
    ({"corrupt": ["/u/a.dbf"]}, ("error", "corruption")), ({"encrypted": ["QUAY_DATA"]}, ("error", "keystore")),
    ({"encrypted": ["QUAY_DATA"], "keystores": [{"status": "CLOSED", "wallet_type": "PASSWORD"}]}, ("error", "keystore")),
    ({"parameters": dict(PARAMETERS, remote_login_passwordfile="NONE")}, ("error", "password_file")),
    ({"banner": "Oracle Database 19c Standard Edition 2"}, ("error", "edition")),
    ({"parameters": dict(PARAMETERS, cluster_database="TRUE")}, ("warning", "snapshot_controlfile")),
    ({"area": {"space_limit": 100, "space_used": 95, "space_reclaimable": 5}}, ("warning", "recovery_area"))])
def test_what_is_wrong_at_a_source(wrong, expected):
    assert checks(physical_checks.check_source(side(**wrong), online=True)) == [expected]


@pytest.mark.parametrize(("source", "location", "expected"), [
    ({"keystores": [{"status": "OPEN", "wallet_type": "PASSWORD"}]}, "/w/tde", []),
    ({}, "/w/tde", [("error", "keystore")]), ({}, "", [("error", "keystore"), ("error", "keystore_location")]),
    ({"keystores": [{"status": "OPEN_NO_MASTER_KEY", "wallet_type": "PASSWORD"}]}, "/w/tde", [("error", "keystore")]),
    ({"keystores": [{"status": "OPEN", "wallet_type": "PASSWORD"}], "parameters": dict(PARAMETERS, compatible="12.1.0.2")}, "/w/tde",
     [("error", "as_encrypted")]),
    ({"keystores": [{"status": "OPEN", "wallet_type": "PASSWORD"}], "encrypted": ["QUAY_DATA"]}, "/w/tde", [("warning", "as_encrypted")]),
    ({"encrypted": ["QUAY_DATA"]}, "", [("error", "keystore"), ("error", "keystore_location"), ("warning", "as_encrypted")])])
def test_a_copy_that_shall_be_encrypted_takes_the_keystore_of_its_source(source, location, expected):
    assert checks(physical_checks.check_source(side(**source), online=True, keystore_location=location, as_encrypted=True)) == expected


def test_a_backup_asks_for_less_than_data_guard():
    assert physical_checks.check_source(side(force_logging="NO", banner="Standard Edition"), online=False) == []


@pytest.mark.parametrize(("wrong", "expected"), [
    ({"db_unique_name": "quay"}, ("error", "db_unique_name")), ({"version": "12.1.0.2.0"}, ("error", "version")),
    ({"version": "21.0.0.0.0"}, ("error", "version")), ({"full": "19.19.0.0.0"}, ("error", "patch_level")), ({"full": "19.21.0.0.0"}, ("info", "patch_level")),
    ({"platform_id": 2}, ("error", "platform")), ({"platform_id": 20}, ("warning", "platform")),
    ({"character_sets": {"NLS_CHARACTERSET": "WE8MSWIN1252"}}, ("error", "character_set")),
    ({"character_sets": {"NLS_NCHAR_CHARACTERSET": "UTF8"}}, ("error", "national_character_set")),
    ({"newest_time_zone_file": 31}, ("error", "time_zone_file")),
    ({"newest_time_zone_file": 44}, ("info", "time_zone_file")), ({"options": set()}, ("warning", "options")),
    ({"now": "2026-01-01 00:01:00"}, ("warning", "clock"))])
def test_what_does_not_fit_together(wrong, expected):
    assert checks(physical_checks.check_pair(side(), side(**dict({"db_unique_name": "PIER", "dbid": 2}, **wrong)), online=True)) == [expected]


def test_a_home_that_lags_behind_the_placeholder_s_template_is_what_counts():
    """A placeholder uses what its template had, whatever its home has."""
    assert physical_checks.check_pair(side(time_zone_file=44), side(db_unique_name="PIER", dbid=2, newest_time_zone_file=44), online=True) == []


@pytest.mark.parametrize(("placeholder", "given", "online", "expected"), [
    ("19.0.0.0.0", None, True, []), ("19.1.0", None, True, [("error", "compatible")]), ("19.1.0", None, False, [("warning", "compatible")]),
    ("18.0.0", None, False, [("error", "compatible")]), ("19.1.0", "19.0.0", True, []), ("19.0.0", "19.1.0", True, [("error", "compatible")])])
def test_compatible_is_not_raised_on_the_way(placeholder, given, online, expected):
    target = side(db_unique_name="PIER", dbid=2, parameters=dict(PARAMETERS, compatible=placeholder))
    assert checks(physical_checks.check_pair(side(), target, online, given)) == expected


def test_a_target_that_was_asked_later_is_no_skew():
    later = side(db_unique_name="PIER", dbid=2, now="2026-01-01 00:02:00", asked=NOW + datetime.timedelta(seconds=120))
    assert physical_checks.check_pair(side(), later, online=True) == []


def test_a_prepared_target_tells_less_and_is_held_to_what_it_tells():
    prepared = {name: value for name, value in side(db_unique_name="PIER", open=False, instance_status="STARTED", time_zone_file=None,
                                                   newest_time_zone_file=None, character_sets={}).items()
                if name not in ("dbid", "platform_id", "platform_name", "open_mode")}
    assert physical_checks.check_pair(side(), prepared, online=True) == []


def test_errors_that_are_ignored_become_warnings_and_others_stay():
    found = physical_checks.check_pair(side(), side(db_unique_name="QUAY", full="19.1.0.0.0"), online=True)
    assert checks(physical_checks.leave_to_be(found, ["PATCH_CHECK"])) == [("error", "db_unique_name"), ("warning", "patch_level")]


def test_encrypted_tablespaces_want_a_keystore_where_they_go():
    encrypted = side(encrypted=["HOLD"], keystores=[{"status": "OPEN"}])
    assert checks(physical_checks.check_source(encrypted, True, "")) == [("error", "keystore_location")]
    assert physical_checks.check_source(encrypted, True, "/u01/wallet") == physical_checks.check_source(side(), True, "") == []


def test_every_error_is_told_at_once():
    found = physical_checks.check_source(side(log_mode="NOARCHIVELOG", force_logging="NO"), online=True)
    with pytest.raises(Refused) as caught:
        physical_check_info.report({"PHYSICAL": {"findings": found, "copied": False}}, {"fail": True})
    assert caught.value.code == "DBF-0801" and "(1)" in caught.value.message and "(2)" in caught.value.message

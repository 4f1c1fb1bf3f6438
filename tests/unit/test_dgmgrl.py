# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Data Guard broker's command line: commands, and what it says."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import dgmgrl
from ansible_collections.dbferry.oracle.plugins.module_utils.names import BadName

CONFIGURATION = """
Configuration - quays

  Protection Mode: MaxPerformance
  Members:
  pier  - Primary database
    dock  - Physical standby database{remark}
{below}      berth - Physical standby database (receiving current redo)

Fast-Start Failover:  Disabled

Configuration Status:
{status}
"""


def configuration(status="SUCCESS   (status updated 12 seconds ago)", remark="", below=""):
    return dgmgrl.parse(CONFIGURATION.format(status=status, remark=remark, below=below))


def test_members_stand_below_their_source_of_redo():
    found = configuration()
    assert found.verdict == "ok" and found.configuration == "quays" and found.protection_mode == "MaxPerformance" and found.status == "SUCCESS"
    assert [(member.name, member.redo_source, member.enabled) for member in found.members] == [
        ("pier", None, True), ("dock", "pier", True), ("berth", "dock", True)]


def test_success_with_a_disabled_member_is_no_success():
    found = configuration(remark=" (disabled)", below="      ORA-16661: the standby database needs to be reinstated\n\n")
    assert found.status == "SUCCESS" and found.verdict == "warning"
    assert not found.members[1].enabled and [message.code for message in found.members[1].messages] == ["ORA-16661"]


@pytest.mark.parametrize("status, below, verdict, codes", [
    ("WARNING   (status updated 3 seconds ago)", "      Warning: ORA-16854: apply lag could not be determined\n\n", "warning", ["ORA-16854"]),
    ("ERROR   (status updated 3 seconds ago)", "      Error: ORA-16664: unable to receive the result from a member\n\n", "failed", ["ORA-16664"]),
    ("ORA-16610: command \"ENABLE CONFIGURATION\" in progress\nDGM-17017: unable to determine configuration status", "", "unknown",
     ["ORA-16610", "DGM-17017"]),
    ("ORA-01034: ORACLE not available\nORA-16625: cannot reach member \"dock\"\nDGM-17017: unable to determine configuration status", "", "failed",
     ["ORA-01034", "ORA-16625", "DGM-17017"]),
    ("DISABLED", "", "ok", []),
])
def test_states_of_a_configuration(status, below, verdict, codes):
    found = configuration(status, below=below)
    assert found.verdict == verdict and found.errors == codes


@pytest.mark.parametrize("text, seconds, age", [
    ("0 seconds (computed 255 seconds ago)", 0, 255),
    ("1 minute 5 seconds (computed 0 seconds ago)", 65, 0),
    ("2 days 3 hours 1 minute 1 second (computed 1 minute 2 seconds ago)", 2 * 86400 + 3 * 3600 + 61, 62),
    ("(unknown)", None, None),
])
def test_a_lag_has_an_age_and_unknown_is_not_zero(text, seconds, age):
    assert dgmgrl.lag(text) == (seconds, age)
    found = dgmgrl.parse("Database - dock\n\n  Role:               PHYSICAL STANDBY\n  Transport Lag:      {0}\n"
                         "\nDatabase Status:\nSUCCESS\n".format(text)).database("DOCK")
    assert found.transport_lag == (seconds, age) and found.apply_lag is None and found.status == "SUCCESS"


def test_an_error_of_a_database_is_serious():
    found = dgmgrl.parse("Database - dock\n\n  Role:               PHYSICAL STANDBY\n  Intended State:     APPLY-ON\n  Instance(s):\n    DOCK\n\n"
                         "  Database Error(s):\n    ORA-16766: Redo Apply is stopped\n\n  Database Warning(s):\n    ORA-16853: apply lag\n\n"
                         "Database Status:\nERROR\n")
    assert found.verdict == "failed" and found.serious == ["ORA-16766"] and found.warnings == ["ORA-16853"]


def test_readiness_is_what_is_said():
    found = dgmgrl.parse("\n  Database Role:     Physical standby database\n  Primary Database:  pier\n\n  Ready for Switchover:  No\n"
                         "  Ready for Failover:    Yes (Primary Running)\n")
    assert found.readiness == [("Physical standby database", "pier", False, True)] and found.verdict == "ok"


def test_a_switchover_that_stopped_halfway_says_what_is_left():
    found = dgmgrl.parse("Performing switchover NOW, please wait...\nNew primary database \"dock\" is opening...\n"
                         "ORA-12514: TNS:listener does not currently know of service requested in connect descriptor\n\nFailed.\n\n"
                         "Please complete the following steps to finish switchover:\n\tstart up and mount instance \"PIER\" of database \"pier\"\n", 0)
    assert found.verdict == "failed" and found.errors == ["ORA-12514"] and found.new_primary is None
    assert found.unfinished == ['start up and mount instance "PIER" of database "pier"']


def test_an_exit_code_of_zero_proves_nothing():
    assert dgmgrl.parse("", 0).verdict == "unknown"
    assert dgmgrl.parse('Connected to "PIER"\nConnected as SYSDBA.\n', 0).verdict == "unknown"
    assert dgmgrl.parse("Error: ORA-16541: database is not enabled\n\nFailed.\n", 0).verdict == "failed"
    assert dgmgrl.parse('Property "logxptmode" updated\n', 0).verdict == "ok"
    assert dgmgrl.parse("Enabled.\nError: ORA-16698: LOG_ARCHIVE_DEST_n parameter set for object to be added\n\nFailed.\n", 0).verdict == "failed"


def test_every_cut_of_a_report_is_read_without_trouble():
    whole = CONFIGURATION.format(status="SUCCESS", remark=" (disabled)", below="      ORA-16661: x\n\n")
    for end in range(len(whole)):
        assert dgmgrl.parse(whole[:end]).verdict in ("ok", "warning", "unknown")


# -- commands


def test_a_password_stands_in_the_input_alone():
    broker = dgmgrl.Broker([dgmgrl.switchover("dock")], {"user": "sys", "password": "harbour 1", "connect_identifier": "PIER"})
    assert broker.argv == ["dgmgrl", "-silent"] and str(broker) == "SWITCHOVER TO 'dock';"
    assert broker.script.text() == 'CONNECT "sys"/"harbour 1"@"PIER";\nSWITCHOVER TO \'dock\';\nEXIT;\n'
    assert "harbour" not in str(broker.script) + str(broker) + " ".join(broker.argv)
    assert dgmgrl.Broker([dgmgrl.show()]).script.text() == "CONNECT /;\nSHOW CONFIGURATION;\nEXIT;\n"


@pytest.mark.parametrize("make", [
    lambda bad: dgmgrl.create_configuration(bad, "pier", "PIER"),
    lambda bad: dgmgrl.create_configuration("quays", "pier", bad),
    lambda bad: dgmgrl.add_database(bad, "DOCK"),
    lambda bad: dgmgrl.set_property("dock", bad, "1"),
    lambda bad: dgmgrl.set_property("dock", "LogXptMode", bad),
    lambda bad: dgmgrl.set_state("dock", bad),
    lambda bad: dgmgrl.convert("dock", bad),
    lambda bad: dgmgrl.Broker([], {"user": "sys", "password": bad + '"'}),
])
@pytest.mark.parametrize("bad", ["a'; REMOVE CONFIGURATION; '", 'a"b', "a;b", "a\nb", "a\0b"])
def test_what_cannot_stand_in_a_command_is_refused(make, bad):
    with pytest.raises(BadName):
        make(bad)


def test_a_descriptor_is_quoted():
    text = dgmgrl.add_database("dock", "(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=pier2)(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=dock)))")
    assert text.startswith("ADD DATABASE 'dock' AS CONNECT IDENTIFIER IS '(DESCRIPTION=") and text.endswith(")))';")

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Data Guard broker's configuration: what is planned from which state."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import parameters
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.modules import dataguard_broker
from fake_session import FakeSession, texts

WANT = {"state": "enabled", "name": "quays", "primary": None, "connect_identifier": "PIER", "primary_properties": {}, "properties": {}, "members": [],
        "protection_mode": None, "preserve_destinations": False, "dg_broker_config_file1": None, "dg_broker_config_file2": None, "fail": True,
        "migration_id": None}
START = "ALTER SYSTEM SET dg_broker_start = TRUE SCOPE = BOTH"
STOP = "ALTER SYSTEM SET dg_broker_start = FALSE SCOPE = BOTH"
SHOWN = """
Configuration - quays

  Protection Mode: MaxPerformance
  Members:
  pier - Primary database
    dock - Physical standby database

  Properties:
    OperationTimeout                = '30'

Fast-Start Failover:  Disabled

Configuration Status:
SUCCESS

Database - dock

  Role:               PHYSICAL STANDBY
  Intended State:     APPLY-ON
  Instance(s):
    DOCK

  Properties:
    LogXptMode                      = 'ASYNC'
    NetTimeout                      = '30'

Database Status:
SUCCESS
"""


def parameter(name, value):
    return {"instance": "PIER", "name": name, "type": 1 if name == "dg_broker_start" else 2, "value": value, "isdefault": "FALSE", "modifiable": "IMMEDIATE",
            "pdb_modifiable": "FALSE"}


def row(name, role="PHYSICAL STANDBY", enabled="TRUE", status=0, source="pier"):
    return {"database": name, "connect_identifier": name.upper(), "dataguard_role": role, "redo_source": source, "enabled": enabled, "status": status}


PIER, DOCK = row("pier", "PRIMARY", source=None), row("dock")


class Pier(FakeSession):
    """:arg shown: what dgmgrl prints when it is asked."""

    def __init__(self, members=(), running="TRUE", role="PRIMARY", destinations=(), shown=SHOWN, mode="MAXIMUM PERFORMANCE"):
        files = [parameter(name, "/u01/dbs/dr{0}pier.dat".format(number)) for number, name in enumerate(dataguard_broker.FILES, 1)]
        super().__init__({
            parameters.HERE: [{"instance_name": "PIER", "parallel": "NO", "started": "x", "session_user": "SYS", "con_id": "0"}],
            parameters.MEMORY: [parameter("dg_broker_start", running), parameter("spfile", "/u01/dbs/spfilePIER.ora"), *files],
            parameters.SPFILE: [{"sid": "*", "name": "dg_broker_start", "value": running}],
            dataguard_broker.DATABASE: [{"db_unique_name": "pier", "database_role": role, "protection_mode": mode}],
            dataguard_broker.DESTINATIONS: [{"name": "log_archive_dest_{0}".format(number), "value": value} for number, value in enumerate(destinations, 1)],
            dataguard_broker.MEMBERS: list(members),
        })
        self.with_journal({})
        self.shown, self.asked = shown, []

    def on_server(self, argv, stdin=""):
        self.asked.append(stdin)
        return 0, self.shown


def planned(session, **more):
    want = dict(WANT, **more)
    state = dataguard_broker.observe(session, want)
    return texts(dataguard_broker.plan(state, want))


def member(name="dock", **more):
    return dict({"db_unique_name": name, "connect_identifier": name.upper(), "redo_source": None, "properties": {}, "state": "enabled"}, **more)


def test_a_configuration_is_made_in_order():
    assert planned(Pier(running="FALSE"), members=[member(properties={"LogXptMode": "SYNC"})], protection_mode="MaxAvailability") == [
        START,
        "CREATE CONFIGURATION 'quays' AS PRIMARY DATABASE IS 'pier' CONNECT IDENTIFIER IS 'PIER';",
        "ADD DATABASE 'dock' AS CONNECT IDENTIFIER IS 'DOCK';",
        "EDIT DATABASE 'dock' SET PROPERTY 'LogXptMode' = 'SYNC';",
        "ENABLE CONFIGURATION;",
        "EDIT CONFIGURATION SET PROTECTION MODE AS MaxAvailability;"]


def test_what_is_there_needs_nothing_and_nobody_is_asked():
    session = Pier([DOCK, PIER])
    assert planned(session, members=[member()], protection_mode="MaxPerformance") == [] and session.asked == []


def test_properties_are_asked_for_when_some_are_wanted():
    session = Pier([DOCK, PIER])
    want = {"members": [member(properties={"logxptmode": "async", "NetTimeout": 60})], "properties": {"OperationTimeout": 30}}
    assert planned(session, **want) == ["EDIT DATABASE 'dock' SET PROPERTY 'NetTimeout' = '60';"]
    assert session.asked == ["CONNECT /;\nSHOW CONFIGURATION VERBOSE;\nSHOW DATABASE VERBOSE 'dock';\nEXIT;\n"]


def test_a_tool_that_fails_is_not_taken_for_properties():
    with pytest.raises(DbferryError) as caught:
        planned(Pier([DOCK, PIER], shown="ORA-01031: insufficient privileges\n\nFailed.\n"), members=[member(properties={"NetTimeout": 60})])
    assert caught.value.code == "ORA-01031"
    with pytest.raises(DbferryError) as caught:
        planned(Pier([row("berth"), PIER]), members=[member("berth", properties={"NetTimeout": 60})])
    assert caught.value.code == "DBF-0455" and "berth" in caught.value.message


def test_only_the_broker_is_started_and_stopped():
    assert planned(Pier(running="FALSE"), state="started", members=[member()]) == [START]
    assert planned(Pier(running="TRUE"), state="started") == []
    assert planned(Pier(running="TRUE"), state="stopped") == [STOP]


def test_files_change_only_while_the_broker_is_stopped():
    assert planned(Pier(), state="started", dg_broker_config_file1="+DATA/dr1.dat", dg_broker_config_file2="/u01/dbs/dr2pier.dat") == [
        STOP, "ALTER SYSTEM SET dg_broker_config_file1 = '+DATA/dr1.dat' SCOPE = BOTH", START]
    with pytest.raises(Refused) as caught:
        planned(Pier([DOCK, PIER]), state="started", dg_broker_config_file1="+DATA/dr1.dat")
    assert caught.value.code == "DBF-0451"


def test_a_cascade_makes_redo_routes():
    shown = SHOWN.replace("Database - dock", "Database - pier")
    found = planned(Pier([PIER], shown=shown), members=[member(), member("berth", redo_source="dock")])
    assert "EDIT DATABASE 'pier' SET PROPERTY 'RedoRoutes' = '(LOCAL : dock ASYNC)';" in found
    assert "EDIT DATABASE 'dock' SET PROPERTY 'RedoRoutes' = '(pier : berth ASYNC)';" in found
    assert found[-2:] == ["ENABLE DATABASE 'dock';", "ENABLE DATABASE 'berth';"]


@pytest.mark.parametrize("session, want, code", [
    (Pier(role="PHYSICAL STANDBY"), {}, "DBF-0453"),
    (Pier(), {"name": None}, "DBF-0454"),
    (Pier(), {"members": [member(connect_identifier=None)]}, "DBF-0454"),
    (Pier([PIER, DOCK]), {"primary": "dock"}, "DBF-0452"),
    (Pier(destinations=["LOCATION=/arch", "SERVICE=DOCK ASYNC"]), {}, "ORA-16698"),
    (Pier([PIER, row("dock", enabled="FALSE", status=16661)]), {"members": [member()]}, "ORA-16661"),
])
def test_what_stands_in_the_way_is_named(session, want, code):
    with pytest.raises(Refused) as caught:
        planned(session, **want)
    assert caught.value.code == code and session.issued == []


def test_destinations_without_data_guard_may_stay():
    assert planned(Pier(destinations=["SERVICE=VAULT NOREGISTER"]))[0].startswith("CREATE CONFIGURATION")


def test_members_are_disabled_enabled_moved_and_removed():
    assert planned(Pier([PIER, DOCK]), members=[member(state="disabled")]) == ["DISABLE DATABASE 'dock';"]
    assert planned(Pier([PIER, row("dock", enabled="FALSE")]), members=[member()]) == ["ENABLE DATABASE 'dock';"]
    assert planned(Pier([PIER, DOCK]), members=[member(connect_identifier="DOCK2")]) == ["EDIT DATABASE 'dock' SET PROPERTY 'DGConnectIdentifier' = 'DOCK2';"]
    assert planned(Pier([PIER, DOCK]), members=[member(state="absent")], preserve_destinations=True) == ["REMOVE DATABASE 'dock' PRESERVE DESTINATIONS;"]
    assert planned(Pier([PIER]), members=[member(state="absent")]) == []


def test_the_configuration_is_disabled_and_removed():
    off = [row("pier", "PRIMARY", "FALSE", source=None), row("dock", enabled="FALSE")]
    assert planned(Pier([PIER, DOCK]), state="disabled", members=[member()]) == ["DISABLE CONFIGURATION;"]
    assert planned(Pier(off), state="disabled", members=[member()]) == []
    assert planned(Pier(off), members=[member()]) == ["ENABLE CONFIGURATION;"]
    assert planned(Pier([PIER, DOCK]), state="absent") == ["REMOVE CONFIGURATION;"]
    assert planned(Pier(), state="absent") == [] and planned(Pier(running="FALSE"), state="absent") == []


def reported(members, **more):
    session = Pier(members)
    want = dict(WANT, **more)
    state = dataguard_broker.observe(session, want)
    return dataguard_broker.under_way(state, want), dataguard_broker.report(state, want)["verdict"]


def test_warnings_that_pass_are_waited_for():
    assert reported([PIER, row("dock", status=16809)]) == (True, "warning")
    assert reported([PIER, row("dock", status=16854)]) == (True, "warning")
    assert reported([PIER, DOCK]) == (False, "ok")
    assert reported([PIER, row("dock", status=16789)]) == (False, "warning")
    assert reported([]) == (False, "unknown")


def test_a_disabled_member_is_no_success():
    assert reported([PIER, row("dock", enabled="FALSE", status=16661)]) == (False, "warning")


def test_errors_that_do_not_pass_fail():
    with pytest.raises(DbferryError) as caught:
        reported([PIER, row("dock", status=16766)])
    assert caught.value.code == "ORA-16766" and "dock ORA-16766" in caught.value.message
    assert reported([PIER, row("dock", status=16766)], fail=False) == (False, "failed")

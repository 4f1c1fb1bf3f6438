# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Data Guard broker by its command line, and what it does to the databases."""
from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Iterator

import pair
import pytest
from oralab.errors import OraError
from oralab.tools.dgmgrl_main import Dgmgrl
from pair import Member, await_that

Tool = Callable[..., str]
ROLE = "SELECT database_role FROM v$database"


def code(member: Member, text: str) -> int:
    with pytest.raises(OraError) as caught:
        member.sql(text)
    return caught.value.code


def put(member: Member, number: int) -> None:
    member.sql(f"INSERT INTO app.t VALUES ({number}, 'row')")


def static_service(member: Member) -> None:
    """What a DBA writes into listener.ora."""
    admin = os.path.join(member.database.directory, "network", "admin")
    os.makedirs(admin, exist_ok=True)
    with open(os.path.join(admin, "listener.ora"), "w", encoding="utf-8") as file:
        file.write(f"SID_LIST_LISTENER = (SID_LIST = (SID_DESC = (GLOBAL_DBNAME = {member.name}_DGMGRL)(SID_NAME = {member.database.sid_name()})"
                   f"(ORACLE_HOME = {member.database.spec.oracle_home})))\n")
    member.listener.reload()


def available(member: Member) -> bool:
    """Whether its monitor answers: it needs a moment to be there."""
    try:
        member.database.broker.available()
    except OraError:
        return False
    return True


@pytest.fixture
def members(tmp_path: pathlib.Path) -> Iterator[tuple[Member, Member]]:
    area = tmp_path / "area"
    area.mkdir()
    parameters = {"db_recovery_file_dest_size": "20G", "db_recovery_file_dest": str(area)}
    source = pair.primary(str(tmp_path), parameters=parameters)
    target = pair.standby(source, str(tmp_path), **parameters)
    try:
        for one in (source, target):
            pair.add_standby_logs(one)
            static_service(one)
            one.sql("ALTER SYSTEM SET dg_broker_start=TRUE")
        await_that(lambda: all(map(available, (source, target))))
        yield source, target
    finally:
        target.stop()
        source.stop()


@pytest.fixture
def dgmgrl(members: tuple[Member, Member], capsys: pytest.CaptureFixture[str]) -> Iterator[Tool]:
    tool = Dgmgrl({"ORACLE_HOME": members[0].database.spec.oracle_home})

    def run(*commands: str) -> str:
        for command in commands:
            tool.run(command)
        return capsys.readouterr().out

    tool.run(f'CONNECT sys/{pair.PASSWORD}@"{members[0].address}"')
    assert capsys.readouterr().out == 'Connected to "dbsrc"\nConnected as SYSDBA.\n'
    yield run
    tool.disconnect()


def configure(dgmgrl: Tool, members: tuple[Member, Member]) -> str:
    source, target = members
    return dgmgrl(f"CREATE CONFIGURATION sales AS PRIMARY DATABASE IS dbsrc CONNECT IDENTIFIER IS '{source.address}'",
                  f"ADD DATABASE dbtrg AS CONNECT IDENTIFIER IS '{target.address}' MAINTAINED AS PHYSICAL", "ENABLE CONFIGURATION")


def healthy(dgmgrl: Tool) -> str:
    return str(await_that(lambda: (text := dgmgrl("SHOW CONFIGURATION")) and "\nSUCCESS   (status updated" in text and text))


def test_a_configuration_begins_and_ships_redo(members: tuple[Member, Member], dgmgrl: Tool) -> None:
    source, target = members
    assert dgmgrl("SHOW CONFIGURATION") == ("ORA-16532: Oracle Data Guard broker configuration does not exist\n\n"
                                            "Configuration details cannot be determined by DGMGRL\n")
    assert configure(dgmgrl, members) == ('Configuration "sales" created with primary database "dbsrc"\nDatabase "dbtrg" added\nEnabled.\n')
    assert healthy(dgmgrl).startswith("\nConfiguration - sales\n\n  Protection Mode: MaxPerformance\n  Members:\n  dbsrc - Primary database\n"
                                      "    dbtrg - Physical standby database\n\nFast-Start Failover:  Disabled\n\nConfiguration Status:\n"
                                      "SUCCESS   (status updated")
    put(source, 1)
    await_that(lambda: target.database.dataguard.receiver.position() >= source.database.store.current_scn())
    found = source.sql("SELECT database, dataguard_role, redo_source, enabled, status FROM v$dg_broker_config ORDER BY 1")
    assert found == [("dbsrc", "PRIMARY", "-N/A-", "TRUE", 0), ("dbtrg", "PHYSICAL STANDBY", "dbsrc", "TRUE", 0)]
    assert len(target.sql("SELECT * FROM v$dg_broker_config")) == 2 and source.one("SELECT dataguard_broker FROM v$database") == "ENABLED"
    shown = dgmgrl("SHOW DATABASE VERBOSE dbtrg")
    assert "  Role:               PHYSICAL STANDBY\n  Intended State:     APPLY-ON\n  Transport Lag:      0 seconds (computed" in shown
    assert "    LogXptMode                      = 'ASYNC'\n" in shown and "(SERVICE_NAME=dbtrg_DGMGRL)(INSTANCE_NAME=" in shown
    assert "Ready for Switchover:  Yes\n  Ready for Failover:    Yes (Primary Running)" in dgmgrl("VALIDATE DATABASE dbtrg")


def test_what_is_refused(members: tuple[Member, Member], dgmgrl: Tool) -> None:
    source, target = members
    make = f"CREATE CONFIGURATION sales AS PRIMARY DATABASE IS dbsrc CONNECT IDENTIFIER IS '{source.address}'"
    assert "Error: ORA-16642" in dgmgrl(make.replace("IS dbsrc", "IS other"))
    source.sql(f"ALTER SYSTEM SET log_archive_dest_2='SERVICE={target.address} DB_UNIQUE_NAME=dbtrg'")
    assert dgmgrl(make) == "Error: ORA-16698: LOG_ARCHIVE_DEST_n parameter set for object to be added\n\nFailed.\n"
    source.sql("ALTER SYSTEM SET log_archive_dest_2=''")
    dgmgrl(make)
    assert "ORA-16504" in dgmgrl(make)
    add = f"ADD DATABASE dbtrg AS CONNECT IDENTIFIER IS '{target.address}'"
    assert "Error: ORA-16642" in dgmgrl(add.replace("DATABASE dbtrg", "DATABASE other"))
    target.sql("ALTER SYSTEM SET dg_broker_start=FALSE")
    assert "Error: ORA-16525" in dgmgrl(add)
    assert code(source, "ALTER SYSTEM SET dg_broker_config_file1='/tmp/other.dat'") == 2097
    assert "ORA-16596" in dgmgrl("SHOW DATABASE nowhere") and "ORA-16540" in dgmgrl("EDIT DATABASE dbsrc SET PROPERTY NoSuch = 1")
    assert "ORA-16558" in dgmgrl("SWITCHOVER TO dbsrc") and "Unrecognized command" in dgmgrl("FROBNICATE")
    source.sql("ALTER SYSTEM SET dg_broker_start=FALSE")
    assert "ORA-16525" in dgmgrl("SHOW CONFIGURATION") and source.sql("SELECT * FROM v$dg_broker_config") == []


def test_properties_and_states_are_done(members: tuple[Member, Member], dgmgrl: Tool) -> None:
    source, target = members
    configure(dgmgrl, members)
    healthy(dgmgrl)
    assert dgmgrl("EDIT DATABASE dbtrg SET PROPERTY netTimeout = 45") == 'Property "nettimeout" updated\n'
    assert "net_timeout=45" in source.one("SELECT value FROM v$parameter WHERE name = 'log_archive_dest_2'")
    assert dgmgrl("EDIT DATABASE dbtrg SET STATE = 'APPLY-OFF'") == "Succeeded.\n" and not target.database.dataguard.recovering
    assert "Intended State:     APPLY-OFF" in dgmgrl("SHOW DATABASE dbtrg")
    target.sql("ALTER DATABASE OPEN READ ONLY")
    dgmgrl("EDIT DATABASE dbtrg SET STATE = 'APPLY-ON'")
    assert "Real Time Query:    ON" in dgmgrl("SHOW DATABASE dbtrg")
    target.sql("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL")
    assert "ORA-16766: Redo Apply is stopped" in dgmgrl("SHOW DATABASE dbtrg")
    await_that(lambda: "ORA-16766" in dgmgrl("SHOW CONFIGURATION"))
    assert "\nERROR   (status updated" in dgmgrl("SHOW CONFIGURATION")
    assert dgmgrl("DISABLE DATABASE dbtrg") == "Disabled.\n" and "dbtrg - Physical standby database (disabled)" in dgmgrl("SHOW CONFIGURATION")
    assert dgmgrl("REMOVE CONFIGURATION") == "Removed configuration\n"
    assert source.one("SELECT value FROM v$parameter WHERE name = 'log_archive_dest_2'") is None


def test_a_switchover_by_the_broker(members: tuple[Member, Member], dgmgrl: Tool) -> None:
    source, target = members
    configure(dgmgrl, members)
    healthy(dgmgrl)
    put(source, 1)
    said = dgmgrl("SWITCHOVER TO dbtrg")
    assert said == ('Performing switchover NOW, please wait...\nOperation requires a connection to database "dbtrg"\nConnecting ...\nConnected to "dbtrg"\n'
                    'Connected as SYSDBA.\nNew primary database "dbtrg" is opening...\nOperation requires start up of instance "SALES" on database "dbsrc"\n'
                    'Starting instance "SALES"...\nConnected to an idle instance.\nORACLE instance started.\nConnected to "dbsrc"\nDatabase mounted.\n'
                    'Connected to "dbsrc"\nSwitchover succeeded, new primary is "dbtrg"\n')
    assert target.one(ROLE) == "PRIMARY" and target.one("SELECT open_mode FROM v$database") == "READ WRITE" and source.one(ROLE) == "PHYSICAL STANDBY"
    put(target, 2)
    await_that(lambda: source.database.dataguard.receiver.position() >= target.database.store.current_scn())
    assert "  dbtrg - Primary database\n    dbsrc - Physical standby database\n" in healthy(dgmgrl)
    assert 'new primary is "dbsrc"' in dgmgrl("SWITCHOVER TO dbsrc") and source.one("SELECT COUNT(*) FROM app.t") == 2


def test_a_switchover_that_stops_halfway(members: tuple[Member, Member], dgmgrl: Tool) -> None:
    source, target = members
    configure(dgmgrl, members)
    healthy(dgmgrl)
    os.unlink(os.path.join(source.database.directory, "network", "admin", "listener.ora"))
    source.listener.reload()
    said = dgmgrl("SWITCHOVER TO dbtrg")
    assert "ORA-12514: TNS:listener does not currently know of service requested in connect descriptor\n\nFailed.\nWarning: You are no longer" in said
    assert said.endswith('Please complete the following steps to finish switchover:\n\tstart up and mount instance "SALES" of database "dbsrc"\n')
    assert target.one(ROLE) == "PRIMARY" and source.database.state == "DOWN"
    source.database.startup("MOUNTED")
    dgmgrl(f'CONNECT sys/{pair.PASSWORD}@"{target.address}"')
    await_that(lambda: source.database.dataguard.recovering)
    assert "dbsrc - Physical standby database" in healthy(dgmgrl)


def test_failover_and_reinstatement(members: tuple[Member, Member], dgmgrl: Tool) -> None:
    source, target = members
    source.sql("ALTER DATABASE FLASHBACK ON")
    configure(dgmgrl, members)
    healthy(dgmgrl)
    put(source, 1)
    await_that(lambda: target.database.dataguard.receiver.position() >= source.database.store.current_scn())
    source.down(abort=True)
    assert dgmgrl(f'CONNECT sys/{pair.PASSWORD}@"{target.address}"', "FAILOVER TO dbtrg").endswith(
        'Performing failover NOW, please wait...\nFailover succeeded, new primary is "dbtrg"\n')
    shown = dgmgrl("SHOW CONFIGURATION")
    assert "dbsrc - Physical standby database (disabled)\n      ORA-16661: the standby database needs to be reinstated\n" in shown
    assert "ORA-16661" in dgmgrl("ENABLE DATABASE dbsrc")
    put(target, 2)
    refused = ('Reinstating database "dbsrc", please wait...\nError: ORA-16653: failed to reinstate database\n\nFailed.\n'
               'Reinstatement of database "dbsrc" failed\n')
    assert dgmgrl("REINSTATE DATABASE dbsrc") == refused, "its instance is down"
    source.database.startup("MOUNTED")
    assert dgmgrl(f'CONNECT sys/{pair.PASSWORD}@"{source.address}"', "REINSTATE DATABASE dbsrc").endswith(refused)
    dgmgrl(f'CONNECT sys/{pair.PASSWORD}@"{target.address}"')
    assert dgmgrl("REINSTATE DATABASE dbsrc") == 'Reinstating database "dbsrc", please wait...\nReinstatement of database "dbsrc" succeeded\n'
    await_that(lambda: source.database.dataguard.receiver.position() >= target.database.store.current_scn())
    assert "dbsrc - Physical standby database" in healthy(dgmgrl)


def test_a_snapshot_standby_by_the_broker(members: tuple[Member, Member], dgmgrl: Tool) -> None:
    source, target = members
    configure(dgmgrl, members)
    healthy(dgmgrl)
    put(source, 1)
    await_that(lambda: target.database.dataguard.receiver.position() >= source.database.store.current_scn())
    assert dgmgrl("CONVERT DATABASE dbtrg TO SNAPSHOT STANDBY").endswith('Database "dbtrg" converted successfully\n')
    put(target, 50)
    assert target.one(ROLE) == "SNAPSHOT STANDBY" and "dbtrg - Snapshot standby database" in dgmgrl("SHOW CONFIGURATION")
    assert dgmgrl("CONVERT DATABASE dbtrg TO PHYSICAL STANDBY").endswith('Database "dbtrg" converted successfully\n')
    put(source, 2)
    await_that(lambda: target.database.dataguard.receiver.position() >= source.database.store.current_scn())
    assert target.one(ROLE) == "PHYSICAL STANDBY"

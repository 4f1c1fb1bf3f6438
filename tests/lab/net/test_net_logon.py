# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connecting with the unmodified driver: what the listener refuses, and who gets a session."""
from __future__ import annotations

import oracledb
import pytest
from fake_database import echo, full_code, wait_for
from oralab.errors import OraError


def test_session_as_the_database_describes_it(lab) -> None:
    with lab.connect() as connection:
        assert connection.thin and connection.version == ".".join(map(str, lab.database.version))
        assert connection.service_name == "fake_svc" and connection.db_domain == "example.com"
        assert connection.instance_name == "FAKE"
        request = lab.session.request
        assert (request.user, request.service, request.privilege, request.proxy_user) == ("SCOTT", "fake_svc", "", None)
        assert request.time_zone and request.program and request.pid.isdigit() and request.os_user
        assert not lab.session.closed
    wait_for(lambda: lab.session.closed)


def test_several_databases_behind_one_listener(lab) -> None:
    sql = lab.listener.databases[1].teach("select :x from dual", echo("VARCHAR2", 30))
    with lab.connect(dsn=lab.dsn("other_svc")) as connection:
        assert connection.version == "12.2.0.1.0" and connection.instance_name == "OTHER"
        assert connection.cursor().execute(sql, ["é"]).fetchone() == ("é",)
    assert not lab.database.sessions


def test_errors_of_the_database_before_the_password(lab) -> None:
    def verifier(user: str, privilege: str) -> None:
        raise OraError(1033, "ORACLE initialization or shutdown in progress")
    lab.database.verifier = verifier
    with pytest.raises(oracledb.DatabaseError) as refused:
        lab.connect()
    assert full_code(refused) == "ORA-01033"


@pytest.mark.parametrize("user, password", [("scott", "wrong"), ("ghost", "tiger"), ("scott", "Tiger"), ('"scott"', "tiger")])
def test_wrong_password_and_unknown_user_look_the_same(lab, user: str, password: str) -> None:
    with pytest.raises(oracledb.DatabaseError) as refused:
        lab.connect(user, password)
    assert full_code(refused) == "ORA-01017"
    assert lab.database.failed == (["SCOTT"] if user == "scott" else [])


def test_quoted_user_name(lab) -> None:
    lab.connect('"MixedCase"', "secret").close()
    assert lab.session.user == "MixedCase"


def test_10g_verifier_is_what_the_driver_cannot_do(lab) -> None:
    with pytest.raises(oracledb.Error) as refused:
        lab.connect("teng", "x")
    assert full_code(refused) == "DPY-3015"


@pytest.mark.parametrize("mode, privilege", [
    (oracledb.AUTH_MODE_SYSDBA, "SYSDBA"), (oracledb.AUTH_MODE_SYSOPER, "SYSOPER"), (oracledb.AUTH_MODE_SYSBKP, "SYSBACKUP"),
    (oracledb.AUTH_MODE_SYSDGD, "SYSDG"), (oracledb.AUTH_MODE_SYSKMT, "SYSKM"),
])
def test_administrative_privileges(lab, mode: int, privilege: str) -> None:
    lab.connect("sys", "change_on_install", mode=mode).close()
    assert lab.session.request.privilege == privilege


def test_errors_of_the_database_at_logon(lab) -> None:
    with pytest.raises(oracledb.DatabaseError) as refused:
        lab.connect("sys", "change_on_install")
    assert full_code(refused) == "ORA-28009"
    with pytest.raises(oracledb.DatabaseError) as refused:
        lab.connect(mode=oracledb.AUTH_MODE_SYSDBA)
    assert full_code(refused) == "ORA-01017"
    with pytest.raises(oracledb.DatabaseError) as refused:
        lab.connect("sys", "change_on_install", mode=oracledb.AUTH_MODE_SYSASM)
    assert full_code(refused) == "ORA-03001"


def test_proxy_user(lab) -> None:
    lab.connect("scott[hr]").close()
    request = lab.session.request
    assert (request.user, request.proxy_user) == ("HR", "SCOTT")


@pytest.mark.parametrize("connect_data, number", [
    ("(SERVICE_NAME=nosuch)", 12514), ("(SID=NOSUCH)", 12505), ("(SERVICE_NAME=fake_svc)(INSTANCE_NAME=OTHER)", 12521),
    ("(SERVICE_NAME=fake_svc)(SERVER=POOLED)", 12520), ("(SERVICE_NAME=blocked)", 12528), ("(SERVICE_NAME=restricted)", 12526),
])
def test_refused_by_the_listener(lab, connect_data: str, number: int) -> None:
    if "INSTANCE_NAME" in connect_data and int(oracledb.__version__.split(".")[0]) < 3:
        pytest.skip("the driver does not pass on INSTANCE_NAME")
    lab.database.states |= {"blocked": "BLOCKED", "restricted": "RESTRICTED"}
    with pytest.raises(oracledb.DatabaseError) as refused:
        lab.connect(dsn=lab.descriptor(connect_data))
    assert str(number) in str(refused.value) or full_code(refused) == "DPY-6003"


@pytest.mark.parametrize("connect_data, service", [
    ("(SERVICE_NAME=FAKE_SVC)", "fake_svc"), ("(SID=fake)", "SYS$USERS"), ("(SERVICE_NAME=fake_svc)(INSTANCE_NAME=fake)", "fake_svc"),
    (f"(SERVICE_NAME=fake_svc)(CID=(PROGRAM={'x' * 400}))", "fake_svc"),
])
def test_accepted_by_the_listener(lab, connect_data: str, service: str) -> None:
    lab.connect(dsn=lab.descriptor(connect_data)).close()
    assert lab.session.request.service == service


def test_a_ready_instance_of_a_service_is_preferred(lab) -> None:
    lab.database.states["shared"] = "BLOCKED"
    lab.listener.databases[1].states["shared"] = "READY"
    with lab.connect(dsn=lab.dsn("shared")) as connection:
        assert connection.instance_name == "OTHER"


def test_password_changes(lab) -> None:
    with lab.connect() as connection:
        connection.changepassword("tiger", "lion")
        with pytest.raises(oracledb.DatabaseError) as refused:
            connection.changepassword("wrong", "x")
        assert full_code(refused) == "ORA-28008"
        connection.ping()
    with pytest.raises(oracledb.DatabaseError):
        lab.connect()
    lab.connect(password="lion", newpassword="tiger").close()
    lab.connect().close()


def test_expired_password_can_be_changed_at_connect(lab) -> None:
    with pytest.raises(oracledb.DatabaseError) as refused:
        lab.connect("expired", "old")
    assert full_code(refused) == "ORA-28001"
    lab.connect("expired", "old", newpassword="new").close()
    lab.connect("expired", "new").close()


def test_several_connections_and_pool(lab) -> None:
    pool = oracledb.create_pool(user="scott", password="tiger", dsn=lab.dsn(), min=2, max=4, increment=1)
    with pool.acquire() as one, pool.acquire() as two:
        one.ping()
        two.ping()
    pool.close()
    assert len({session.sid for session in lab.database.sessions}) == len(lab.database.sessions) >= 2

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a standby needs before it starts: the source's password file, names for both sides, a way to an instance that is not mounted."""
from __future__ import annotations

import os
import pathlib
import stat
import typing as t

import oracledb
import pytest
from ansible_collections.dbferry.oracle.plugins.modules import instance, net_service, password_file
from lab_under_test import Lab, on_this_host


def server(lab: Lab, name: str, *argv: str, stdin: str = "") -> t.Tuple[int, str]:
    endpoint = lab.endpoint(name)
    return on_this_host([os.path.join(endpoint["oracle_home"], "bin", argv[0]), *argv[1:]], stdin,
                        {"ORACLE_HOME": endpoint["oracle_home"], "ORACLE_SID": endpoint["oracle_sid"]})


@pytest.fixture()
def nomount(fresh_lab: Lab) -> Lab:
    """The target's instance is started, and nothing is known of it."""
    fresh_lab.run(instance.MODULE, "dbtrg", {"state": "nomount", "restart": True})
    return fresh_lab


@pytest.mark.everything
def test_the_source_reaches_an_instance_that_is_not_mounted(nomount: Lab, tmp_path: pathlib.Path) -> None:
    lab, source, target = nomount, nomount.endpoint("dbsrc"), nomount.endpoint("dbtrg")
    logon = f"sys/{source['users']['SYS']}@FERRY as sysdba"
    names = {"net_services": [{"names": ["FERRY"], "host": target["host"], "port": target["port"], "service_name": "ferry_static", "sid": None,
                               "ur": False, "descriptor": None}]}
    static = {"static_services": [{"global_dbname": "ferry_static", "sid_name": target["oracle_sid"], "oracle_home": None, "envs": None,
                                   "listener": "LISTENER"}]}
    assert "ORA-12154" in server(lab, "dbsrc", "sqlplus", "-S", "-L", logon)[1]
    assert lab.run(net_service.MODULE, "dbsrc", names)["changed"]
    assert "OK (" in server(lab, "dbsrc", "tnsping", "FERRY")[1]
    assert "ORA-12514" in server(lab, "dbsrc", "sqlplus", "-S", "-L", logon)[1]
    listener_ora = pathlib.Path(target["oracle_home"], "network", "admin", "listener.ora")
    before = listener_ora.read_text()
    found = lab.run(net_service.MODULE, "dbtrg", static)
    assert found["statements"][-1] == "lsnrctl reload LISTENER" and found["after"]["LISTENER LISTENER"]["static"] == ["ferry_static dbtrg"]
    assert listener_ora.read_text().startswith(before)
    assert "ORA-01017" in server(lab, "dbsrc", "sqlplus", "-S", "-L", logon)[1]
    copied = lab.run(password_file.MODULE, "dbsrc", {"transport": "local", "backup": True}, "dbtrg")
    own, there = (pathlib.Path(one["oracle_home"], "dbs", "orapw" + one["oracle_sid"]) for one in (source, target))
    assert copied["changed"] and copied["path"] == str(there) and own.read_bytes() == there.read_bytes()
    assert stat.S_IMODE(there.stat().st_mode) == 0o640 and there.with_name(there.name + ".dbf_contract_r1").exists()
    rc, out = server(lab, "dbsrc", "sqlplus", "-S", "-L", logon, stdin="SELECT status FROM v$instance;\n")
    assert rc == 0 and "STARTED" in out
    for module, name, arguments, peer in ((net_service, "dbsrc", names, None), (net_service, "dbtrg", static, None),
                                          (password_file, "dbsrc", {"transport": "local"}, "dbtrg")):
        assert lab.run(module.MODULE, name, arguments, peer)["statements"] == []


def test_a_listener_that_does_not_run_is_not_started(lab: Lab) -> None:
    static = {"static_services": [{"global_dbname": "ferry_static", "sid_name": "dbtrg", "oracle_home": None, "envs": None, "listener": "LISTENER"}]}
    server(lab, "dbtrg", "lsnrctl", "stop")
    try:
        found = lab.run(net_service.MODULE, "dbtrg", static)
        assert found["changed"] and found["pending"] == ["the start of the listener LISTENER (lsnrctl start LISTENER)"]
    finally:
        assert 'Service "ferry_static"' in server(lab, "dbtrg", "lsnrctl", "start")[1]
    assert lab.run(net_service.MODULE, "dbtrg", dict(static, state="absent"))["statements"][-1] == "lsnrctl reload LISTENER"
    assert "ferry_static" not in server(lab, "dbtrg", "lsnrctl", "services")[1]


def test_a_password_file_is_made_where_there_is_none(lab: Lab) -> None:
    path = str(lab.staging / "orapwNEW")
    found = lab.run(password_file.MODULE, "dbtrg", {"state": "present", "path": path, "sys_password": "Hush_123"})
    try:
        assert found["after"]["PASSWORD_FILE " + path]["mode"] == "0640" and "Hush" not in str(found)
        assert server(lab, "dbtrg", "orapwd", "describe", "file=" + path) == (0, "Password file Description : format=12.2\n")
        assert not lab.run(password_file.MODULE, "dbtrg", {"state": "present", "path": path})["changed"]
    finally:
        lab.run(password_file.MODULE, "dbtrg", {"state": "absent", "path": path})
    assert not os.path.exists(path)


@pytest.mark.parametrize("password, code", [("short", "OPW-00029"), ("Hush_123", None)])
def test_what_orapwd_refuses_is_told_with_its_code(lab: Lab, password: str, code: t.Optional[str]) -> None:
    path = str(lab.staging / "orapwREFUSED")
    try:
        lab.run(password_file.MODULE, "dbtrg", {"state": "present", "path": path, "sys_password": password})
        assert code is None
    except password_file.DbferryError as error:
        assert error.code == code and password not in error.message + str(error.statement)
    finally:
        lab.run(password_file.MODULE, "dbtrg", {"state": "absent", "path": path})


def test_a_copied_password_file_lets_the_same_people_in(lab: Lab) -> None:
    """The file of the target comes back afterwards, so that SYS has the password there that others expect."""
    source, target = lab.endpoint("dbsrc"), lab.endpoint("dbtrg")
    there = pathlib.Path(target["oracle_home"], "dbs", "orapw" + target["oracle_sid"])
    kept = there.read_bytes()
    try:
        lab.run(password_file.MODULE, "dbsrc", {"transport": "local"}, "dbtrg")
        oracledb.connect(user="sys", password=source["users"]["SYS"], dsn=target["dsn"], mode=oracledb.AUTH_MODE_SYSDBA).close()
    finally:
        there.write_bytes(kept)
    with pytest.raises(oracledb.DatabaseError, match="ORA-01017"):
        oracledb.connect(user="sys", password=source["users"]["SYS"], dsn=target["dsn"], mode=oracledb.AUTH_MODE_SYSDBA)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools around a listener and a password file, on a pair of hosts: lsnrctl, tnsping, orapwd, and who may log on to an instance that is not open."""
from __future__ import annotations

import os
import pathlib
import shutil
import stat
import subprocess
from collections.abc import Iterator

import oracledb
import pytest
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host

PASSWORDS = {"QUAY": "quay_secret1", "FERRY": "ferry_secret1"}
Pair = tuple[Host, Host]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """An open database, and one whose instance is only started."""
    hosts = []
    for name, password in PASSWORDS.items():
        host = Host(str(tmp_path_factory.mktemp(name) / "host"))
        host.create(DatabaseSpec(name, sid=name.lower(), passwords={"SYS": password, "SYSTEM": password})).shutdown("IMMEDIATE")
        host.start()
        hosts.append(host)
    run(hosts[1], "sqlplus", "-S", "/ as sysdba", script="SHUTDOWN IMMEDIATE\nSTARTUP NOMOUNT\n")
    write(hosts[1], "listener.ora", path(hosts[1], "listener.ora").read_text() + f"""
# hand made
SID_LIST_LISTENER=
 (SID_LIST= (SID_DESC=(GLOBAL_DBNAME = ferry_static)
   (ORACLE_HOME= {hosts[1].home} )  # ours
   (SID_NAME=ferry))
 (SID_DESC=(SID_NAME=ghost)) (SID_DESC=(GLOBAL_DBNAME=astray)(ORACLE_HOME=/nowhere)(SID_NAME=ferry)))
""")
    run(hosts[1], "lsnrctl", "reload")
    yield hosts[0], hosts[1]
    for host in hosts:
        host.stop()


def path(host: Host, name: str) -> pathlib.Path:
    return pathlib.Path(host.home, "network", "admin", name)


def write(host: Host, name: str, text: str) -> None:
    path(host, name).write_text(text)


def run(host: Host, name: str, *arguments: str, script: str = "", **environment: str) -> tuple[int, str]:
    sid = next(file.stem for file in pathlib.Path(host.home, "dbs").glob("*.lab"))
    done = subprocess.run([os.path.join(host.home, "bin", name), *arguments], input=script, capture_output=True, text=True, timeout=300, check=False,
                          env={**os.environ, "ORACLE_HOME": host.home, "ORACLE_SID": sid, **environment})
    assert not done.stderr
    return done.returncode, done.stdout


def refused(host: Host, service: str, password: str, user: str = "sys") -> str:
    """Why a logon as SYSDBA does not succeed; empty when it does."""
    mode = oracledb.AUTH_MODE_SYSDBA if user == "sys" else oracledb.AUTH_MODE_DEFAULT
    descriptor = f"(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT={host.port}))(CONNECT_DATA={service}))"
    try:
        oracledb.connect(user=user, password=password, dsn=descriptor, mode=mode).close()
    except oracledb.Error as error:
        return str(error)
    return ""


def test_a_listener_tells_its_services(pair: Pair) -> None:
    rc, out = run(pair[1], "lsnrctl", "status")
    assert rc == 0 and out.rstrip().endswith("The command completed successfully")
    for service, instance, status in (("ferry", "ferry", "BLOCKED"), ("ferry_static", "ferry", "UNKNOWN"), ("ghost", "ghost", "UNKNOWN")):
        assert f'Service "{service}" has 1 instance(s).\n  Instance "{instance}", status {status}, has 1 handler(s) for this service...' in out
    rc, out = run(pair[1], "lsnrctl", "services")
    assert '"DEDICATED" established:0 refused:0 state:blocked' in out
    assert 'Service "quay" has 1 instance(s).\n  Instance "quay", status READY' in run(pair[0], "lsnrctl", script="status\nexit\n")[1]


@pytest.mark.parametrize("service, code", [
    ("(SERVICE_NAME=ferry)", "12528"), ("(SERVICE_NAME=ferry)(UR=A)", ""), ("(SERVICE_NAME=FERRY_STATIC)", ""), ("(SID=FERRY)", ""),
    ("(SERVICE_NAME=ghost)", "ORA-01034"), ("(SID=ghost)", "ORA-01034"), ("(SERVICE_NAME=astray)", "12518"), ("(SERVICE_NAME=nobody)", "DPY-6001")])
def test_a_static_service_leads_to_an_instance_that_is_not_open(pair: Pair, service: str, code: str) -> None:
    found = refused(pair[1], service, PASSWORDS["FERRY"])
    assert code in found and bool(found) == bool(code)


def test_who_is_not_in_the_password_file_stays_outside(pair: Pair) -> None:
    assert "ORA-01017" in refused(pair[1], "(SERVICE_NAME=ferry_static)", PASSWORDS["QUAY"])
    assert "ORA-01033" in refused(pair[1], "(SERVICE_NAME=ferry_static)", PASSWORDS["FERRY"], "system")


def test_a_copied_password_file_lets_the_same_people_in(pair: Pair) -> None:
    theirs, own = pathlib.Path(pair[1].home, "dbs", "orapwferry"), pathlib.Path(pair[0].home, "dbs", "orapwquay")
    kept = theirs.read_bytes()
    shutil.copyfile(own, theirs)
    try:
        assert not refused(pair[1], "(SERVICE_NAME=ferry_static)", PASSWORDS["QUAY"])
        assert "ORA-01017" in refused(pair[1], "(SERVICE_NAME=ferry_static)", PASSWORDS["FERRY"])
        theirs.write_bytes(theirs.read_bytes()[:100])
        assert "ORA-01017" in refused(pair[1], "(SERVICE_NAME=ferry_static)", PASSWORDS["QUAY"])
    finally:
        theirs.write_bytes(kept)
    asked = "SET PAGESIZE 0\nSELECT username || sysdba FROM v$pwfile_users;\nSELECT file_name || '|' || format FROM v$passwordfile_info;\n"
    assert run(pair[1], "sqlplus", "-S", "/ as sysdba", script=asked)[1].split() == ["SYSTRUE", f"{theirs}|12.2"]


def test_an_instance_that_is_down_has_a_listener_and_nobody_behind_it(pair: Pair) -> None:
    run(pair[1], "sqlplus", "-S", "/ as sysdba", script="SHUTDOWN ABORT\n")
    try:
        assert "ORA-01034" in refused(pair[1], "(SERVICE_NAME=ferry_static)", PASSWORDS["FERRY"])
        assert "ORA-27101" in refused(pair[1], "(SERVICE_NAME=ferry_static)", PASSWORDS["FERRY"], "system")
        assert "DPY-6001" in refused(pair[1], "(SERVICE_NAME=ferry)", PASSWORDS["FERRY"])
    finally:
        run(pair[1], "sqlplus", "-S", "/ as sysdba", script="STARTUP NOMOUNT\n")


def test_a_listener_stops_and_starts(pair: Pair) -> None:
    assert run(pair[1], "lsnrctl", "stop")[0] == 0
    rc, out = run(pair[1], "lsnrctl", "status")
    assert rc == 1 and "TNS-12541: TNS:no listener\n TNS-12560: TNS:protocol adapter error\n  TNS-00511: No listener\n" in out
    assert "DPY-6005" in refused(pair[1], "(SERVICE_NAME=ferry_static)", PASSWORDS["FERRY"])
    rc, out = run(pair[1], "lsnrctl", "start")
    assert rc == 0 and "Starting " in out and 'Service "ferry_static"' in out
    rc, out = run(pair[1], "lsnrctl", "start")
    assert rc == 1 and "TNS-01106: Listener using listener name LISTENER has already been started" in out
    assert "TNS-01101" in run(pair[1], "lsnrctl", "status", "OTHER")[1] and "NL-00853" in run(pair[1], "lsnrctl", "dance")[1]
    assert not refused(pair[1], "(SERVICE_NAME=ferry_static)", PASSWORDS["FERRY"])


def test_names_are_resolved_as_the_files_say(pair: Pair, tmp_path: pathlib.Path) -> None:
    quay, ferry = pair
    descriptor = f"(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT={ferry.port}))(CONNECT_DATA=(SERVICE_NAME=ferry_static)))"
    more = tmp_path / "more.ora"
    more.write_text(f"INCLUDED={descriptor}\n")
    spread = descriptor.replace(")(", ") # x (\n (")
    write(quay, "tnsnames.ora", f"# names\nIFILE={more}\nFERRY, FERRY.EXAMPLE.COM =\n {spread}\nBROKEN=(DESCRIPTION=\nLAST = {descriptor}\n")
    for name in ("ferry", "Ferry.Example.Com", "included", "last", f"127.0.0.1:{ferry.port}/ferry_static", descriptor):
        rc, out = run(quay, "tnsping", name)
        assert rc == 0 and "OK (" in out, name
    for name in ("broken", "nobody"):
        rc, out = run(quay, "tnsping", name)
        assert rc == 1 and "TNS-03505: Failed to resolve name" in out
        assert "ORA-12154" in run(quay, "sqlplus", "-S", "-L", f"sys/x@{name} as sysdba")[1]
    write(quay, "sqlnet.ora", "NAMES.DEFAULT_DOMAIN = example.com\nNAMES.DIRECTORY_PATH = (TNSNAMES)\n")
    try:
        assert run(quay, "tnsping", "ferry")[0] == 0 and run(quay, "tnsping", "last")[0] == 1
        assert run(quay, "tnsping", f"127.0.0.1:{ferry.port}/ferry_static")[0] == 1
        assert run(quay, "tnsping", "last", TNS_ADMIN=str(tmp_path))[0] == 1
        (tmp_path / "tnsnames.ora").write_text(f"last={descriptor}\n")
        assert run(quay, "tnsping", "last", TNS_ADMIN=str(tmp_path))[0] == 0
    finally:
        path(quay, "sqlnet.ora").unlink()
    logon = f"sys/{PASSWORDS['FERRY']}@ferry as sysdba"
    assert run(quay, "sqlplus", "-S", "-L", logon, script="SET PAGESIZE 0\nSELECT status FROM v$instance;\n")[1].split() == ["STARTED"]


@pytest.mark.parametrize("arguments, password, words", [
    (["file={}"], "short", "OPW-00029: Password complexity failed for SYS user : Password must contain at least 8 characters."),
    (["file={}"], "longenough", "OPW-00029"), (["file={}"], "longenough1", "OPW-00029"), (["file={}"], "11111111_", "OPW-00029"),
    (["file={}", "format=9"], "Long_enough1", "Usage"), ([], "", "Usage"), (["file={}", "colour=red"], "", "Usage"),
    (["file=/nowhere/x"], "Long_enough1", "OPW-00001"), (["describe", "file=/nowhere/x"], "", "OPW-00001")])
def test_orapwd_refuses(pair: Pair, tmp_path: pathlib.Path, arguments: list[str], password: str, words: str) -> None:
    rc, out = run(pair[0], "orapwd", *(word.format(tmp_path / "orapw") for word in arguments), script=password + "\n")
    assert rc == 1 and words in out and not (tmp_path / "orapw").exists()


def test_orapwd_makes_a_file(pair: Pair, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "orapw"
    arguments = (f"file={file}", "sysdg=y")
    assert run(pair[0], "orapwd", *arguments, script="Long_enough1\nLong_enough2\n") == (
        0, "\nEnter password for SYS: \n\nEnter password for SYSDG: \n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640 and file.stat().st_size % 512 == 0
    assert run(pair[0], "orapwd", *arguments) == (1, "\nOPW-00005: File with same name exists - please delete or rename\n")
    assert run(pair[0], "orapwd", *arguments, "force=y", "format=12", script="simple\nsimple\n")[0] == 0
    assert run(pair[0], "orapwd", "describe", f"file={file}") == (0, "Password file Description : format=12\n")
    assert run(pair[0], "orapwd", f"file={file}", f"input_file={file}", "force=y", "format=12.2")[0] == 0


@pytest.mark.everything
def test_the_parameter_rules_the_password_file(pair: Pair) -> None:
    quay = pair[0]
    for mode, code in (("NONE", "ORA-01994"), ("SHARED", "ORA-01999"), ("EXCLUSIVE", "")):
        run(quay, "sqlplus", "-S", "/ as sysdba", script=f"ALTER SYSTEM SET remote_login_passwordfile = {mode} SCOPE=SPFILE;\nSTARTUP FORCE\n")
        assert ("ORA-01017" in refused(quay, "(SERVICE_NAME=quay)", PASSWORDS["QUAY"])) == (mode == "NONE")
        out = run(quay, "sqlplus", "-S", "/ as sysdba", script="GRANT SYSDBA TO system;\n")[1]
        assert code in out and ("ORA-" in out) == bool(code)

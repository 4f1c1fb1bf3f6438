# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A placeholder gives way to a standby of a source that works, by the modules that a physical migration uses, whatever is killed."""
from __future__ import annotations

import contextlib
import importlib
import os
import pathlib
import signal
import subprocess
import sys
import time
import typing as t

import given
import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import rman_recovery
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from lab_under_test import ROOT, Lab, make_lab
from oralab import instance, workload
from test_contract import Dying, Killed

#: What of it every run shall show, the workflow shows.
pytestmark = pytest.mark.everything

#: How the target is reached while no database is open there.
LOCAL = {"session": "sqlplus", "user": None, "password": None, "mode": "sysdba"}


@pytest.fixture(scope="module")
def pair(worker_id: str) -> t.Iterator[Lab]:
    if given.are_given():
        pytest.skip("needs a placeholder that is made for it")
    yield from make_lab(ROOT / f"build/physical-lab-{worker_id}", "physical")


@pytest.fixture(scope="module")
def orders(pair: Lab, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[pathlib.Path]:
    """The record of a workload that runs at the source as long as these tests do."""
    record = tmp_path_factory.mktemp("workload") / "orders.jsonl"
    process = subprocess.Popen([sys.executable, "-m", "oralab.workload", "run", "--lab", str(pair.directory), "--record", str(record), "--rate", "5",
                                "--clients", "2"], env=dict(os.environ, PYTHONPATH=f"{ROOT}/lab"))
    yield record
    process.terminate()
    assert process.wait(30) == 0
    assert not workload.report(workload.read(str(record)), rows(pair))["lost"], "nothing happened to the source"


def rows(pair: Lab) -> t.List[t.Tuple[int, int]]:
    return workload.rows_of(pair.endpoint("dbsrc")["dsn"], pair.endpoint("dbsrc")["users"]["WORKLOAD"])


def call(pair: Lab, name: str, arguments: t.Dict[str, t.Any], database: str = "dbtrg", peer: str = "dbsrc", **how: t.Any) -> t.Dict[str, t.Any]:
    module = importlib.import_module(f"ansible_collections.dbferry.oracle.plugins.modules.{name}").MODULE
    return pair.run(module, database, dict(LOCAL if database == "dbtrg" else {}, migration_id="SALES", **arguments), peer, **how)


def until_finished(pair: Lab, name: str, arguments: t.Dict[str, t.Any], **how: t.Any) -> t.Dict[str, t.Any]:
    """The calls of an ``until`` loop; the last one's result, with ``changed`` and ``statements`` of them all."""
    statements: t.List[str] = []
    deadline = time.monotonic() + 300
    while True:
        found = call(pair, name, arguments, **how)
        statements += found["statements"]
        if found["finished"]:
            return dict(found, statements=statements)
        assert time.monotonic() < deadline, found
        time.sleep(0.5)


def convert(pair: Lab) -> t.Dict[str, t.Any]:
    paths = [pair.endpoint(name)["datafiles"] for name in ("dbsrc", "dbtrg")]
    return {"parameters": {"db_file_name_convert": paths, "log_file_name_convert": paths}, "drop": True}


def restoring(pair: Lab, *what: str, **more: t.Any) -> t.Dict[str, t.Any]:
    return dict({"restore": list(what or ("standby_controlfile", "database")), "service": pair.endpoint("dbsrc")["dsn"], "parallelism": 2}, **more)


def kill_rman(pair: Lab) -> None:
    """As when its server is told to: RMAN and what waits for it are gone."""
    work = pair.directory / "dbtrg" / "work"
    for pid in work.glob("*/pid"):
        if not (pid.parent / "rc").exists():
            for child in subprocess.run(["pgrep", "-P", pid.read_text()], capture_output=True, text=True, check=False).stdout.split():
                os.kill(int(child), signal.SIGKILL)
            os.kill(int(pid.read_text()), signal.SIGKILL)


def test_what_is_no_placeholder_is_left_alone(pair: Lab) -> None:
    with pytest.raises(Refused) as caught:
        call(pair, "placeholder", dict(LOCAL, **convert(pair)), database="dbsrc")
    assert caught.value.code == "DBF-0742"
    with pytest.raises(Refused) as caught:
        call(pair, "rman_restore", restoring(pair))
    assert caught.value.code == "DBF-0732", "it is open"


def test_a_placeholder_gives_way_wherever_calls_are_cut_off(pair: Lab, orders: pathlib.Path) -> None:
    planned = call(pair, "placeholder", convert(pair), check_mode=True)["statements"]
    assert "DROP DATABASE" in planned
    for after in range(1, len(planned)):
        with contextlib.suppress(Killed):
            call(pair, "placeholder", convert(pair), proxy=lambda session, after=after: Dying(session, after))
            break
    else:
        pytest.fail("it never came to its end")
    again = call(pair, "placeholder", convert(pair))
    assert not again["changed"] and again["after"]["INSTANCE"]["status"] == "STARTED"
    assert not list(pathlib.Path(pair.endpoint("dbtrg")["datafiles"]).glob("*.dbf")), "its files are gone"
    assert again["after"]["PARAMETER db_name"]["value"] == "DBSRC" and again["after"]["PARAMETER db_unique_name"]["value"] == "DBTRG"


def test_a_restore_that_was_killed_goes_on(pair: Lab, orders: pathlib.Path) -> None:
    call(pair, "password_file", {"transport": "local"}, database="dbsrc", peer="dbtrg")
    until_finished(pair, "rman_restore", restoring(pair, "standby_controlfile"))
    instance.plan_faults(pair.endpoint("dbtrg")["datafiles"], seconds_per_write=8.0)
    while not (found := call(pair, "rman_restore", restoring(pair)))["progress"]["done"]:
        time.sleep(0.2)
    assert not found["finished"]
    kill_rman(pair)
    instance.plan_faults(pair.endpoint("dbtrg")["datafiles"])
    with pytest.raises(DbferryError) as caught:
        call(pair, "rman_restore", restoring(pair))
    assert caught.value.code == "DBF-0772", "it is told once"
    done = until_finished(pair, "rman_restore", restoring(pair))
    assert done["progress"]["percent"] == 100.0 and "RESTORE DATAFILE" in " ".join(done["statements"])
    assert done["database"]["role"] == "PHYSICAL STANDBY" and done["database"]["dbid"] == pair.query("dbsrc", "SELECT dbid FROM v$database")[0]["dbid"]
    assert not call(pair, "rman_restore", restoring(pair))["changed"]


def test_a_file_that_is_lost_is_restored_alone(pair: Lab, orders: pathlib.Path) -> None:
    lost = pathlib.Path(pair.endpoint("dbtrg")["datafiles"], "app_lob01.dbf")
    lost.unlink()
    done = until_finished(pair, "rman_restore", restoring(pair))
    assert lost.exists() and "RESTORE DATAFILE" in done["statements"][0] and "," not in done["statements"][0].split("RESTORE DATAFILE")[1].split("\n")[0]


def test_files_are_brought_forward_to_where_the_source_was(pair: Lab, orders: pathlib.Path) -> None:
    before = pair.query("dbsrc", "SELECT current_scn FROM v$database")[0]["current_scn"]
    arguments = {"service": pair.endpoint("dbsrc")["dsn"], "purpose": "FIRST"}
    done = until_finished(pair, "rman_recover", arguments)
    assert done["scn"] >= before and "NOREDO" in " ".join(done["statements"])
    assert not call(pair, "rman_recover", arguments)["changed"], "though the source went on"
    found = call(pair, "rman_job_info", {"operations": ["RECOVER"]}, peer="")
    assert found["finished"] and found["job"]["verdict"] in ("ok", "warning")


def test_a_service_that_is_not_there_is_named(pair: Lab, orders: pathlib.Path) -> None:
    with pytest.raises(DbferryError) as caught:
        until_finished(pair, "rman_recover", {"service": "127.0.0.1:1/nobody", "purpose": "NOBODY"})
    assert any(code.startswith(("ORA-12", "ORA-17627")) for code in caught.value.details["errors"])


def test_what_is_there_stays_there(pair: Lab, orders: pathlib.Path) -> None:
    assert not call(pair, "placeholder", convert(pair))["changed"], "it is the source's by now"
    assert rman_recovery.RESOURCE in call(pair, "rman_restore", restoring(pair), check_mode=True)["after"]


@pytest.fixture()
def other_pair(worker_id: str) -> t.Iterator[Lab]:
    if given.are_given():
        pytest.skip("needs a placeholder that is made for it")
    yield from make_lab(ROOT / f"build/physical-backup-lab-{worker_id}", "physical")


def test_a_primary_comes_from_backups_and_the_logs_in_them(other_pair: Lab, tmp_path: pathlib.Path) -> None:
    pair, record = other_pair, str(tmp_path / "orders.jsonl")
    source, target = pair.endpoint("dbsrc"), pair.endpoint("dbtrg")
    sides = [workload.Side("source", source["dsn"])]
    client = workload.Client(1, 1, sides, source["users"]["WORKLOAD"], workload.Record(record))
    backup = {"path": source["staging"], "backup_of": ["database", "archivelog", "current_controlfile"]}
    assert client.order()
    until_finished(pair, "rman_backup", dict(backup, purpose="FULL"), database="dbsrc", peer="")
    call(pair, "placeholder", convert(pair))
    assert client.order()
    done = until_finished(pair, "rman_restore", {"restore": ["controlfile", "database"], "backup_purpose": "FULL", "path": source["staging"]})
    assert done["database"]["role"] == "PRIMARY" and done["progress"]["percent"] == 100.0
    assert client.order()
    until_finished(pair, "rman_backup", dict(backup, purpose="LAST", incremental_level=1, for_recover_of="FULL"), database="dbsrc", peer="")
    arguments = {"purpose": "LAST", "backup_purpose": "LAST"}
    done = until_finished(pair, "rman_recover", arguments)
    assert "UNTIL SCN" in " ".join(done["statements"]) and not call(pair, "rman_recover", arguments)["changed"]
    call(pair, "instance", {"state": "mounted"}, peer="")
    opened = subprocess.run([os.path.join(target["oracle_home"], "bin", "sqlplus"), "-S", "-L", "/ as sysdba"], input="ALTER DATABASE OPEN RESETLOGS;\n",
                            capture_output=True, text=True, check=False,
                            env=dict(os.environ, ORACLE_HOME=target["oracle_home"], ORACLE_SID=target["oracle_sid"]))
    assert "Database altered." in opened.stdout
    found = workload.rows_of(target["dsn"], target["users"]["WORKLOAD"])
    assert workload.report(workload.read(record), found)["found"] == 3

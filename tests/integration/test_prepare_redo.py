# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A source that nobody has read redo of yet: made ready as the migrating user, restarted as the Oracle owner, put back."""
from __future__ import annotations

import importlib
import os
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from lab_under_test import ROOT, Lab, make_lab

MIGRATION = "PREPARE"


@pytest.fixture(scope="module")
def sources(worker_id: str) -> t.Iterator[Lab]:
    yield from make_lab(ROOT / f"build/prepare-lab-{worker_id}", "prepare")


def run(lab: Lab, name: str, module: str, **arguments: t.Any) -> t.Dict[str, t.Any]:
    """As the migrating user."""
    found = importlib.import_module("ansible_collections.dbferry.oracle.plugins.modules." + module).MODULE
    user = {"user": "DBFERRY", "password": lab.endpoint(name)["users"]["DBFERRY"]}
    return lab.run(found, name, {**user, "migration_id": MIGRATION, **arguments})


def refused(lab: Lab, name: str, module: str, **arguments: t.Any) -> str:
    with pytest.raises(DbferryError) as error:
        run(lab, name, module, **arguments)
    assert error.value.hint
    return error.value.code


def test_a_single_instance_is_made_ready_and_put_back(sources: Lab) -> None:
    db, area = "dbold", sources.endpoint("dbold")["recovery_area"]
    # Archiving without a place to archive to is refused; with one it waits for a restart.
    assert refused(sources, db, "archivelog") == "DBF-0291"
    assert refused(sources, db, "recovery_area", size="lots") == "DBF-0271"
    with pytest.raises(DbferryError, match="01261"):
        run(sources, db, "recovery_area", size="1G", destination="/no/such/place", migration_id="OTHER")
    run(sources, db, "recovery_area", state="as_before", migration_id="OTHER")
    done = run(sources, db, "recovery_area", size="2G", destination=area)
    assert [text for text in done["statements"] if text.startswith("ALTER")] == [
        "ALTER SYSTEM SET db_recovery_file_dest_size = 2G SCOPE = BOTH", f"ALTER SYSTEM SET db_recovery_file_dest = '{area}' SCOPE = BOTH"]
    assert done["percent_used"] == 0 and not run(sources, db, "recovery_area", size="2048M", destination=area)["changed"]
    found = run(sources, db, "archivelog")
    assert found["pending"] and not found["changed"] and found["after"]["LOG_MODE"]["mode"] == "NOARCHIVELOG"
    # One restart serves the log mode and the parameters that are static.
    pending = run(sources, db, "parameter", parameters={"_log_parallelism_max": 1, "db_files": 300})["pending"]
    assert len(pending) == 2 and not run(sources, db, "parameter", parameters={"_log_parallelism_max": 1, "db_files": 300})["changed"]
    assert refused(sources, db, "archivelog", restart=True, shutdown_mode="abort") == "ORA-00265"
    # What was left by a crash is recovered first.
    run(sources, db, "instance", state="mounted", restart=True, shutdown_mode="abort")
    assert run(sources, db, "archivelog", restart=True)["statements"] == [
        "ALTER DATABASE OPEN", "SHUTDOWN IMMEDIATE", "STARTUP MOUNT", "ALTER DATABASE ARCHIVELOG", "ALTER DATABASE OPEN"]
    assert not run(sources, db, "archivelog", restart=True)["changed"] and not run(sources, db, "archivelog")["pending"]
    assert not run(sources, db, "parameter", parameters={"_log_parallelism_max": 1, "db_files": 300})["pending"]
    assert run(sources, db, "force_logging")["changed"] and not run(sources, db, "force_logging")["changed"]
    # Three logs that are archived as files, once.
    switched = run(sources, db, "log_switch", purpose="AGAIN")
    assert switched["statements"].count("ALTER SYSTEM SWITCH LOGFILE") == 3 and switched["finished"]
    assert not run(sources, db, "log_switch", purpose="AGAIN")["changed"]
    assert run(sources, db, "log_switch", count=4, purpose="AGAIN")["statements"] == ["ALTER SYSTEM SWITCH LOGFILE"]
    names = [row["name"] for row in sources.query(db, "SELECT name FROM v$archived_log")]
    assert len(names) >= 4 and all(os.path.isfile(name) for name in names)
    assert run(sources, db, "recovery_area", size="2G")["percent_used"] is not None
    # And back again.
    assert run(sources, db, "parameter", names=["_log_parallelism_max", "db_files"], state="as_before")["pending"]
    run(sources, db, "archivelog", state="disabled", restart=True)
    run(sources, db, "force_logging", state="as_before")
    run(sources, db, "recovery_area", state="as_before")
    row, = sources.query(db, "SELECT log_mode, force_logging FROM v$database")
    assert row == {"log_mode": "NOARCHIVELOG", "force_logging": "NO"}
    values = sources.query(db, "SELECT value FROM v$parameter WHERE name IN ('_log_parallelism_max', 'db_files', 'db_recovery_file_dest')")
    assert sorted(str(row["value"]) for row in values) == ["200", "None"]


def test_threads_take_turns(sources: Lab) -> None:
    db, area = "dbrac", sources.endpoint("dbrac")["recovery_area"]
    assert refused(sources, db, "log_switch") == "DBF-0282"
    run(sources, db, "recovery_area", size="2G", destination=area)
    assert refused(sources, db, "archivelog", restart=True) == "ORA-01126"
    done = run(sources, db, "archivelog", restart=True, manager="srvctl")["statements"]
    assert [text for text in done if "srvctl" in text or "ARCHIVELOG" in text] == [
        "srvctl stop database -d DBRAC -o immediate", "srvctl start database -d DBRAC -o mount", "ALTER DATABASE ARCHIVELOG",
        "srvctl stop database -d DBRAC -o immediate", "srvctl start database -d DBRAC -o open"]
    rows = sources.query(db, "SELECT i.status, d.log_mode FROM gv$instance i CROSS JOIN v$database d")
    assert rows == [{"status": "OPEN", "log_mode": "ARCHIVELOG"}] * 2
    switched = run(sources, db, "log_switch", count=2)
    assert [text.split("'")[1] for text in switched["statements"] if text.startswith("ALTER")] == ["dbrac1", "dbrac2", "dbrac1", "dbrac2"]
    assert switched["finished"] and not run(sources, db, "log_switch", count=2)["changed"]
    done = run(sources, db, "parameter", parameters={"_log_parallelism_max": 1})
    assert done["statements"][-1] == "ALTER SYSTEM SET \"_log_parallelism_max\" = 1 SCOPE = SPFILE SID = '*'"
    assert refused(sources, db, "parameter", parameters={"db_files": 300}, scope="both") == "ORA-02095"
    assert refused(sources, db, "parameter", parameters={"no_such": 1, "db_files": 300}, scope="memory") == "ORA-02065"
    run(sources, db, "parameter", parameters={"open_cursors": 400}, sid="dbrac2")
    values = sources.query(db, "SELECT inst_id, value FROM gv$parameter WHERE name = 'open_cursors' ORDER BY inst_id")
    assert [row["value"] for row in values] == ["300", "400"]
    run(sources, db, "parameter", names=["open_cursors"], state="as_before")
    assert {row["value"] for row in sources.query(db, "SELECT value FROM gv$parameter WHERE name = 'open_cursors'")} == {"300"}

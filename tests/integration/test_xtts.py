# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The xtts workflow from end to end, planned, killed, repeated, done wrong and undone."""
from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
import yaml
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from lab_under_test import Lab
from workflow import PHASES, XTTS, Running, assert_all_equal, phases, picture, record


def test_plan_then_move_then_nothing_to_do_then_back(fresh_lab: Lab) -> None:
    lab = fresh_lab
    before = picture(lab, "dbsrc"), picture(lab, "dbtrg")
    planned = lab.playbook(XTTS, "--check", "--diff", stdout="default")
    assert (picture(lab, "dbsrc"), picture(lab, "dbtrg")) == before
    for phase in PHASES[XTTS]:
        assert phase in planned.stdout
    for planned_text in ('ALTER TABLESPACE "APP_DATA" READ ONLY', "CONVERT DATAFILE", "TABLESPACE_DATAFILE", "DBFERRY_JOURNAL"):
        assert planned_text in planned.stdout

    lab.playbook(XTTS)
    run = phases(record(lab, XTTS)["runs"][-1])
    assert list(run) == PHASES[XTTS]
    assert {entry["status"] for entry in run.values()} <= {"changed", "unchanged", "does not apply"}
    assert record(lab, XTTS)["downtime"]["seconds"] > 0
    assert_all_equal(lab, XTTS)
    assert "APP_DATA" in sorted((lab.directory / "records").glob("*.html"))[-1].read_text()

    # What clean-up took away is not made again, and nothing else is done twice.
    again = lab.playbook(XTTS, stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]

    lab.playbook("dbferry.oracle.fallback", "-e", f"xtts_fallback_confirm={record(lab, XTTS)['migration']['id']}")
    assert picture(lab, "dbsrc")[0] == before[0][0] and picture(lab, "dbsrc")[3:5] == before[0][3:5]
    assert not lab.query("dbtrg", "SELECT 1 one FROM dba_tablespaces WHERE tablespace_name LIKE 'APP%'")


def test_each_phase_alone_by_tag(fresh_lab: Lab) -> None:
    for phase in PHASES[XTTS]:
        done = fresh_lab.playbook(XTTS, "--tags", phase)
        if "does not apply" in done.stdout:
            continue
        run = phases(record(fresh_lab, XTTS)["runs"][-1])
        assert list(run) == [phase] and run[phase]["status"] in ("changed", "unchanged", "does not apply")
    assert_all_equal(fresh_lab, XTTS)


def test_an_unknown_phase_is_refused(lab: Lab) -> None:
    done = lab.playbook(XTTS, "--tags", "XTTS_NO_SUCH", check=False)
    assert done.returncode and "XTTS_NO_SUCH" in done.stdout


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.everything)])
def test_killed_at_every_boundary_and_finished_by_the_next_run(fresh_lab: Lab, step: int) -> None:
    """The control node is killed as each phase begins, in the selection as every third does; the run after it goes on from there."""
    lab = fresh_lab
    for phase in PHASES[XTTS][1::step]:
        run = Running(lab, XTTS)
        run.reach(phase)
        run.kill()
    lab.playbook(XTTS)
    assert_all_equal(lab, XTTS)


@pytest.fixture()
def until_transfer(fresh_lab: Lab) -> Lab:
    """A migration whose datafiles are in the staging directory and not converted yet."""
    fresh_lab.playbook(XTTS, "-e", '{"migration_pause_after": ["XTTS_TRANSFER"]}')
    assert list(phases(record(fresh_lab, XTTS)["runs"][-1]))[-1] == "XTTS_TRANSFER"
    return fresh_lab


def plug(lab: Lab, files: t.List[str]) -> str:
    """Plug these very files in by the product's own module; gives what it failed with."""
    play = lab.directory / "plug.yml"
    play.write_text(yaml.safe_dump([{"hosts": "target", "gather_facts": False, "tasks": [
        {"dbferry.oracle.datapump_import": {"purpose": "SET", "directory": "DBF_DBTRG_R1_DIR", "job_mode": "transportable",
                                            "tablespaces": "{{ xtts_tablespaces }}", "datafiles": files, "anchor": "wrong",
                                            "migration_id": "DBTRG"}},
        {"dbferry.oracle.datapump_job_info": {"operation": "import", "purpose": "SET", "directory": "DBF_DBTRG_R1_DIR",
                                              "migration_id": "DBTRG"},
         "register": "job", "until": "job.finished", "retries": 100, "delay": 1}]}]))
    done = lab.playbook(str(play), check=False)
    assert done.returncode
    return done.stdout


def test_what_is_left_out_fails_with_oracles_own_error(until_transfer: Lab) -> None:
    lab = until_transfer
    copies = [row["name"] for row in lab.query("dbsrc", "SELECT name FROM v$datafile_copy WHERE status = 'A' ORDER BY file#")]
    assert re.search("ORA-(01565|19722|27047|27048)", plug(lab, copies))          # never converted
    lab.playbook(XTTS, "--tags", "XTTS_CONVERT_TGT")
    # Files of another SCN: the set was written to after they were copied.
    lab.playbook("dbferry.oracle.fallback", "--tags", "XTTS_FALLBACK_SRC")
    lab.playbook(XTTS, "--tags", "XTTS_QUIESCE_SRC,XTTS_READ_ONLY_SRC,XTTS_EXPORT_SET_SRC")
    done = lab.playbook(XTTS, "--tags", "XTTS_IMPORT_SET_TGT", check=False)
    assert done.returncode
    converted = [str(path) for path in pathlib.Path(lab.directory).rglob("*_dbtrg_r1_f*.dbf")]
    assert "ORA-19722" in plug(lab, sorted(converted))
    lab.playbook(XTTS)
    assert_all_equal(lab, XTTS)


def test_nothing_before_the_downtime_changes_the_source(fresh_lab: Lab) -> None:
    lab = fresh_lab
    before = list(picture(lab, "dbsrc")[:2])
    lab.playbook(XTTS, "-e", '{"migration_pause_after": ["XTTS_IMPORT_METADATA_TGT"]}')
    after = picture(lab, "dbsrc")[:2]
    assert after[0] == before[0]
    assert [row for row in after[1] if "'DBFERRY'" not in row and "'DIRECTORY'" not in row] == [
        row for row in before[1] if "'DBFERRY'" not in row and "'DIRECTORY'" not in row]
    assert {row["logins"] for row in lab.query("dbsrc", "SELECT logins FROM v$instance")} == {"ALLOWED"}


def test_an_open_transaction_is_named_before_anything_is_frozen(fresh_lab: Lab) -> None:
    import oracledb
    lab = fresh_lab
    users = lab.endpoint("dbsrc")["users"]
    name = next(user for user in users if user not in ("SYS", "SYSTEM", "DBFERRY"))
    found = users[name]
    connection = oracledb.connect(user=name, password=found["password"] if isinstance(found, dict) else found,
                                  dsn=lab.endpoint("dbsrc")["dsn"])
    table = lab.query("dbsrc",
                      "SELECT table_name FROM dba_tables WHERE owner = :owner AND tablespace_name = 'APP_DATA' AND temporary = 'N' "
                               "AND table_name NOT LIKE 'BIN%' ORDER BY num_rows", owner=name)[0]["table_name"]
    connection.cursor().execute(f'DELETE FROM "{table}" WHERE ROWNUM = 1')
    done = lab.playbook(XTTS, check=False)
    assert done.returncode and "DBF-0141" in done.stdout or "Transactions are open" in done.stdout
    assert lab.query("dbsrc", "SELECT status FROM dba_tablespaces WHERE tablespace_name = 'APP_DATA'")[0]["status"] == "ONLINE"
    connection.rollback()
    connection.close()
    lab.playbook(XTTS)
    assert_all_equal(lab, XTTS)


def test_a_change_of_users_or_code_forces_a_fresh_export_of_definitions(fresh_lab: Lab) -> None:
    lab, export = fresh_lab, ("--tags", "XTTS_EXPORT_METADATA_SRC")
    lab.playbook(XTTS, *export)
    lab.playbook(XTTS, *export)
    assert phases(record(lab, XTTS)["runs"][-1])["XTTS_EXPORT_METADATA_SRC"]["status"] == "unchanged"
    found = lab.endpoint("dbsrc")["users"]["SYS"]
    session = lab.session("dbsrc", user="SYS", password=found["password"] if isinstance(found, dict) else found, mode="sysdba")
    for change in ('CREATE USER latecomer IDENTIFIED BY "Late1comer"', "GRANT CREATE SESSION TO latecomer", "CREATE TABLE sales.afterthought (n NUMBER)"):
        session.execute(Statement(change))
        lab.playbook(XTTS, *export)
        assert phases(record(lab, XTTS)["runs"][-1])["XTTS_EXPORT_METADATA_SRC"]["status"] == "changed"
    session.close()

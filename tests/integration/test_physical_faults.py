# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be wrong while a database moves as it is: told in words that help, harmless to the source, and once it is mended the run goes on."""
from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import shutil
import typing as t

import pytest
from lab_under_test import ROOT, Lab
from moving import assert_moved, choices, execute, in_object_storage, is_a_source, role, rows, tool, working
from oralab import lab as making
from oralab import workload
from oralab.net.faults import Fault
from oralab.object_store import ObjectStore
from workflow import PHYSICAL_ONLINE, faults, wait_for

pytestmark = pytest.mark.everything

SOURCE, TARGET = "dbsrc", "dbtrg"
#: The phases that do something before the roles change, in their order.
WAY = ["ZDM_SETUP_SRC", "ZDM_SETUP_TGT", "ZDM_COPYFILES", "ZDM_PREPARE_TGT", "ZDM_RESTORE_TGT", "ZDM_RECOVER_TGT", "ZDM_FINALIZE_TGT", "ZDM_CONFIGURE_DG_SRC",
       "ZDM_MONITOR_APPLY_LAG", "ZDM_SWITCHOVER_SRC"]
ADDED = "SELECT COUNT(*) FROM v$datafile"
Mend = t.Callable[[], t.Any]


class Incident(t.NamedTuple):
    """Something wrong when a phase begins. ``happen`` gives what mends it; ``told``: what the run says, which fails unless ``goes_on``."""

    name: str
    phase: str
    happen: t.Callable[[Lab], Mend]
    told: str
    chosen: t.Dict[str, t.Any] = {}
    goes_on: bool = False
    roles_changed: bool = False


def run(lab: Lab, *phases: str, check: bool = True, **more: t.Any) -> t.Any:
    """These phases alone."""
    return lab.playbook(PHYSICAL_ONLINE, "--tags", ",".join(phases), *choices(**more), check=check)


def listener_down(name: str) -> t.Callable[[Lab], Mend]:
    def happen(lab: Lab) -> Mend:
        tool(lab, name, "lsnrctl", "stop")
        return lambda: tool(lab, name, "lsnrctl", "start")
    return happen


def somebody_lives_there(lab: Lab) -> Mend:
    execute(lab, TARGET, 'CREATE USER settler IDENTIFIED BY "Set1tler"', "CREATE TABLE settler.belongings (n NUMBER)")
    return lambda: execute(lab, TARGET, "DROP USER settler CASCADE")


def full_disk(lab: Lab) -> Mend:
    faults(lab, TARGET, full_paths=[lab.endpoint(TARGET)["datafiles"]])
    return lambda: faults(lab, TARGET)


def new_datafile(lab: Lab) -> Mend:
    """Somebody needs room at the source once its control file has been taken."""
    execute(lab, SOURCE, f"ALTER TABLESPACE app_data ADD DATAFILE '{lab.endpoint(SOURCE)['datafiles']}/app_data_added.dbf' SIZE 5M")
    return lambda: None


def another_password_file(lab: Lab) -> Mend:
    """The same password is not enough: the verifiers have to be the same."""
    own = os.path.join(lab.endpoint(TARGET)["oracle_home"], "dbs", "orapwdbtrg")
    tool(lab, TARGET, "orapwd", f"file={own}", "force=y", "format=12", f"password={lab.endpoint(SOURCE)['users']['SYS']}")
    execute(lab, SOURCE, "ALTER SYSTEM SET log_archive_dest_state_2 = DEFER", "ALTER SYSTEM SET log_archive_dest_state_2 = ENABLE")
    return lambda: run(lab, "ZDM_COPYFILES", "ZDM_MONITOR_APPLY_LAG")


def full_recovery_area(lab: Lab) -> Mend:
    """Redo is still applied, out of standby redo logs; nothing is archived there any more."""
    def is_full(expected: int) -> t.Callable[[], bool]:
        return lambda: rows(lab, TARGET, "SELECT COUNT(*) FROM v$archive_dest WHERE error LIKE 'ORA-19809%'") == [(expected,)]

    execute(lab, TARGET, "ALTER SYSTEM SET db_recovery_file_dest_size = 1M")
    execute(lab, SOURCE, "ALTER SYSTEM SWITCH LOGFILE")
    wait_for(is_full(1))

    def make_room() -> None:
        execute(lab, TARGET, "ALTER SYSTEM SET db_recovery_file_dest_size = 10G")
        execute(lab, SOURCE, "ALTER SYSTEM SWITCH LOGFILE")
        wait_for(is_full(0))
        run(lab, "ZDM_MONITOR_APPLY_LAG")
    return make_room


def missing_log(lab: Lab) -> Mend:
    """An archived log that the target lacks disappears at the source."""
    execute(lab, SOURCE, "ALTER SYSTEM SET log_archive_dest_state_2 = DEFER", *["ALTER SYSTEM ARCHIVE LOG CURRENT"] * 3)
    (name,), = rows(lab, SOURCE, "SELECT name FROM v$archived_log WHERE standby_dest = 'NO' AND sequence# = "
                                 "(SELECT MAX(sequence#) - 1 FROM v$archived_log WHERE standby_dest = 'NO')")
    hidden = pathlib.Path(name)
    hidden.rename(hidden.with_suffix(".hidden"))
    execute(lab, SOURCE, "ALTER SYSTEM SET log_archive_dest_state_2 = ENABLE", "ALTER SYSTEM ARCHIVE LOG CURRENT")

    def come_back() -> None:
        hidden.with_suffix(".hidden").rename(hidden)
        run(lab, "ZDM_MONITOR_APPLY_LAG")
    return come_back


def no_apply(lab: Lab) -> Mend:
    execute(lab, TARGET, "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL")
    return lambda: run(lab, "ZDM_CONFIGURE_DG_SRC", "ZDM_MONITOR_APPLY_LAG")


def delayed_apply(lab: Lab) -> Mend:
    execute(lab, TARGET, "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL", "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DELAY 60 DISCONNECT")
    execute(lab, SOURCE, "ALTER SYSTEM ARCHIVE LOG CURRENT")

    def in_time() -> None:
        execute(lab, TARGET, "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL")
        run(lab, "ZDM_CONFIGURE_DG_SRC", "ZDM_MONITOR_APPLY_LAG")
    return in_time


def broken(name: str, statement: str) -> t.Callable[[Lab], Mend]:
    """The connection breaks when a statement has done its work."""
    def happen(lab: Lab) -> Mend:
        faults(lab, name, Fault("reply", statement=statement, drop=True))
        return lambda: faults(lab, name)
    return happen


def nobody_mends(lab: Lab) -> Mend:
    return lambda: None


INCIDENTS = [
    Incident("listener of the source down", "ZDM_GET_SRC_INFO", listener_down(SOURCE), "that the listener runs"),
    Incident("DB_UNIQUE_NAME of the source", "ZDM_PREPARE_TGT", nobody_mends, "DB_UNIQUE_NAME DBSRC", {"dbferry_db_unique_name": "DBSRC"}),
    Incident("placeholder that nobody gave up", "ZDM_PREPARE_TGT", nobody_mends, "has to be dropped", {"physical_drop_placeholder": False}),
    Incident("placeholder with data", "ZDM_PREPARE_TGT", somebody_lives_there, "1 of SETTLER"),
    Incident("disk full at the restore", "ZDM_RESTORE_TGT", full_disk, "ORA-19502|ORA-19504|ORA-27072"),
    Incident("datafile added after the control file was taken", "ZDM_RECOVER_TGT", new_datafile, "", goes_on=True),
    Incident("listener of the target down", "ZDM_CONFIGURE_DG_SRC", listener_down(TARGET), "that the listener runs"),
    Incident("recovery area of the target full", "ZDM_SWITCHOVER_SRC", full_recovery_area, "ORA-19809.*module recovery_area"),
    Incident("password files that differ", "ZDM_SWITCHOVER_SRC", another_password_file, "ORA-16191"),
    Incident("archived log missing", "ZDM_SWITCHOVER_SRC", missing_log, "ORA-16467"),
    Incident("Redo Apply stopped", "ZDM_SWITCHOVER_SRC", no_apply, "ORA-16470"),
    Incident("lag", "ZDM_SWITCHOVER_SRC", delayed_apply, r"apply lag is \d+ s, more than 1 s", {"physical_max_lag": 1}),
    Incident("applications connected", "ZDM_SWITCHOVER_SRC", nobody_mends, "Applications are connected.*" + workload.USER,
             {"physical_session_shutdown": False}),
    Incident("connection broken after the roles changed", "ZDM_SWITCHOVER_SRC", broken(SOURCE, r"SWITCHOVER TO \w+$"), "", goes_on=True,
             roles_changed=True),
]


def test_one_night_with_everything_that_can_go_wrong(physical_lab: Lab) -> None:
    lab, done = physical_lab, 0
    with working(lab) as orders:
        for incident in INCIDENTS:
            before = WAY.index(incident.phase) if incident.phase in WAY else 0
            if before > done:
                run(lab, *WAY[done:before])
                done = before
            mend = incident.happen(lab)
            said = run(lab, incident.phase, check=False, migration_poll_retries=20, **incident.chosen)
            assert bool(said.returncode) != incident.goes_on, f"{incident.name}:\n{said.stdout[-3000:]}"
            assert re.search(incident.told, said.stdout + said.stderr, re.DOTALL), f"{incident.name}:\n{said.stdout[-3000:]}"
            assert "Traceback" not in said.stdout + said.stderr, f"{incident.name}:\n{said.stdout[-3000:]}"
            if not incident.roles_changed:
                mend()
                assert is_a_source(lab), incident.name
                orders.are_taken_by("source")
        lab.playbook(PHYSICAL_ONLINE, *choices())
        orders.are_taken_by("target")
    assert_moved(lab, orders)
    assert rows(lab, TARGET, ADDED) == rows(lab, SOURCE, ADDED)


def test_object_storage_that_answers_with_an_error(storage_lab: Lab) -> None:
    """403 and 500, each as a backup is written. What RMAN has reported once is begun anew by the next run."""
    lab, store = storage_lab, ObjectStore(str(storage_lab.directory / "object_store"))
    run(lab, "ZDM_OBC_INST_SRC", **in_object_storage(lab))
    for status in (403, 500):
        chosen = dict(in_object_storage(lab), migration_run=status)
        store.fail(status, 10000)
        said = run(lab, "ZDM_BACKUP_FULL_SRC", check=False, **chosen)
        assert said.returncode and re.search(r"KBHS-\d+|ORA-19511", said.stdout) and "Traceback" not in said.stdout, said.stdout[-3000:]
        store.fail(status, 0)
        run(lab, "ZDM_BACKUP_FULL_SRC", **chosen)
        assert is_a_source(lab)


@pytest.fixture()
def misfits(worker_id: str) -> t.Iterator[Lab]:
    """A source, and two placeholders that cannot become its copy: one of other character sets in a home that is patched less, one of another release."""
    physical = making.topologies()["physical"]
    source, target = physical.members
    newer = dataclasses.replace(source.spec, version="19.25.0.0.0", timezone_file=44)
    less = dataclasses.replace(target.spec, character_set="WE8MSWIN1252", national_character_set="UTF8", compatible="18.0.0")
    old = dataclasses.replace(target.spec, unique_name="DBSTB", sid="dbstb", release="12.1", version="12.1.0.2.0", compatible="12.1.0.2.0")
    lab = Lab(ROOT / f"build/misfit-lab-{worker_id}")
    shutil.rmtree(lab.directory, ignore_errors=True)
    try:
        making.Lab(str(lab.directory)).up(dataclasses.replace(physical, members=(
            dataclasses.replace(source, spec=newer, scripts=("migration_user.sql",)), dataclasses.replace(target, spec=less),
            dataclasses.replace(target, name="dbstb", spec=old))))
        yield lab
    finally:
        lab.command("down")


MISFITS = {TARGET: ["character set AL32UTF8, the placeholder WE8MSWIN1252", "national character set AL16UTF16, the placeholder UTF8",
                    "(19.3.0.0.0) is patched less than the source's (19.25.0.0.0)", "Patch it to the same release update",
                    "The source uses time zone file 44, the target's home has 32", "COMPATIBLE is 19.0.0 at the source and would be 18.0.0"],
           "dbstb": ["The source is release 19.0.0.0.0, the target's home is 12.1.0.2.0", "Use a home of the same"]}


def test_a_home_that_does_not_fit_is_refused_with_everything_at_once(misfits: Lab) -> None:
    """The evaluation tells it, and the workflow goes no further than to its prechecks; nothing is changed for it."""
    lab = misfits
    execute(lab, SOURCE, "ALTER SYSTEM SWITCH LOGFILE")
    (used,), = rows(lab, SOURCE, "SELECT space_used FROM v$recovery_file_dest")
    execute(lab, SOURCE, f"ALTER SYSTEM SET db_recovery_file_dest_size = {used + used // 10}")
    before = rows(lab, SOURCE, "SELECT dbid, force_logging, resetlogs_change# FROM v$database")
    for playbook, *selection in (["dbferry.oracle.physical_evaluate"], [PHYSICAL_ONLINE, "--tags", "ZDM_PRECHECKS_TGT"]):
        refused = lab.playbook(playbook, *selection, check=False, stdout="default")
        told = dict(re.findall(r"fatal: \[(\w+)[^]]*\]: FAILED! => (.*)", refused.stdout))
        assert refused.returncode and "Traceback" not in refused.stdout, refused.stdout[-3000:]
        assert [(name, text) for name, texts in MISFITS.items() for text in texts if text not in told.get(name, "")] == [], refused.stdout[-6000:]
        assert selection or "recovery area is almost full" in refused.stdout
        assert rows(lab, SOURCE, "SELECT dbid, force_logging, resetlogs_change# FROM v$database") == before
        assert [role(lab, name) for name in (SOURCE, TARGET, "dbstb")] == [("PRIMARY", "READ WRITE")] * 3

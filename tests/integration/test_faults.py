# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens at 2 a.m.: each fault ends in a clear error or in a finished next run, with the rows right and the source unharmed."""
from __future__ import annotations

import pathlib
import re
import shutil
import time
import typing as t

import oracledb
import pytest
from lab_under_test import Lab
from oralab.hosts import Host
from oralab.net.faults import Fault
from workflow import XTTS, Running, assert_all_equal, faults, picture, wait_for

SOURCE, TARGET = "dbsrc", "dbtrg"


def host(lab: Lab, name: str) -> Host:
    return Host(str(lab.directory / name))


def as_sys(lab: Lab, name: str, *statements: str) -> None:
    connection = logged_on(lab, name)
    for statement in statements:
        connection.cursor().execute(statement)
    connection.close()


def logged_on(lab: Lab, name: str) -> oracledb.Connection:
    """As SYS, restricted or not (UR=A)."""
    endpoint = lab.endpoint(name)
    dsn = "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST={host})(PORT={port}))(CONNECT_DATA=(UR=A)(SERVICE_NAME={service})))".format(**endpoint)
    return oracledb.connect(dsn=dsn, user="SYS", password=endpoint["users"]["SYS"], mode=oracledb.AUTH_MODE_SYSDBA)


def crash(lab: Lab, name: str) -> None:
    """The instance's process is killed, and the machine's restart brings it back."""
    assert host(lab, name).stop(abort=True)
    time.sleep(1)  # V$INSTANCE tells the second of the start, and no machine is back within one
    host(lab, name).start()


class Incident(t.NamedTuple):
    """One fault. ``told``: what the failing run must say; ``mend``: what the administrator does about it."""

    name: str
    happen: t.Callable[[Lab], None]
    told: str
    mend: t.Callable[[Lab], None]
    until: str
    source_changed: bool = False


def nothing(lab: Lab) -> None:
    """The next run needs no help."""


def staging(lab: Lab) -> pathlib.Path:
    return lab.directory / "staging"


def expire(lab: Lab) -> None:
    as_sys(lab, SOURCE, "ALTER USER dbferry PASSWORD EXPIRE")


def renew(lab: Lab) -> None:
    as_sys(lab, SOURCE, f'ALTER USER dbferry IDENTIFIED BY "{lab.endpoint(SOURCE)["users"]["DBFERRY"]}"')


SEQUENCES = """
SELECT sequence_owner owner, sequence_name name, last_number, increment_by FROM dba_sequences
 WHERE sequence_owner IN ('SALES', 'HR', 'INVENTORY') AND sequence_name NOT LIKE 'ISEQ$$%' AND cycle_flag = 'N' ORDER BY 1, 2
"""


def use_sequences(lab: Lab) -> None:
    """Somebody with the right to log on takes numbers at the source, although it is quiesced."""
    connection = logged_on(lab, SOURCE)
    for row in lab.query(SOURCE, SEQUENCES):
        connection.cursor().execute(f'SELECT "{row["owner"]}"."{row["name"]}".NEXTVAL FROM dual CONNECT BY LEVEL <= 100').fetchall()
    connection.close()


def use_sequences_and_drop(lab: Lab) -> None:
    use_sequences(lab)
    faults(lab, TARGET, Fault("reply", statement="ALTER SEQUENCE", nth=2, drop=True))


OPEN: t.List[oracledb.Connection] = []


def open_transaction(lab: Lab) -> None:
    """SYS may log on although logons are restricted, and does."""
    OPEN.append(logged_on(lab, SOURCE))
    OPEN[-1].cursor().execute("CREATE TABLE sys.of_the_night (n NUMBER) TABLESPACE system")
    OPEN[-1].cursor().execute("INSERT INTO sys.of_the_night VALUES (1)")


def leave_in_doubt(lab: Lab) -> None:
    """A transaction whose coordinator vanished between the two phases of its commit."""
    faults(lab, SOURCE, Fault("call", user="SYS", function="COMMIT", prepare=True))
    connection = logged_on(lab, SOURCE)
    connection.cursor().execute("UPDATE sales.customers SET customer_id = customer_id WHERE ROWNUM = 1")
    with pytest.raises(oracledb.Error):
        connection.commit()
    faults(lab, SOURCE)


def settle(lab: Lab) -> None:
    found, = lab.query(SOURCE, "SELECT local_tran_id id FROM dba_2pc_pending WHERE state = 'prepared'")
    as_sys(lab, SOURCE, f"ROLLBACK FORCE '{found['id']}'")


def end_transaction(lab: Lab) -> None:
    connection = OPEN.pop()
    connection.rollback()
    connection.cursor().execute("DROP TABLE sys.of_the_night PURGE")
    connection.close()


INCIDENTS = [
    Incident("expired password", expire, "ORA-28001", renew, "XTTS_VALIDATE"),
    Incident("locked account", lambda lab: as_sys(lab, TARGET, "ALTER USER dbferry ACCOUNT LOCK"), "ORA-28000",
             lambda lab: as_sys(lab, TARGET, "ALTER USER dbferry ACCOUNT UNLOCK"), "XTTS_VALIDATE"),
    Incident("dropped connection in a question", lambda lab: faults(lab, SOURCE, Fault("call", user="DBFERRY", statement="dba_tab_columns", drop=True)),
             "connection", nothing, "XTTS_VALIDATE"),
    Incident("revoked role", lambda lab: as_sys(lab, SOURCE, "REVOKE datapump_exp_full_database, datapump_imp_full_database FROM dbferry"), "ORA-(31631|39161)",
             lambda lab: as_sys(lab, SOURCE, "GRANT datapump_exp_full_database, datapump_imp_full_database TO dbferry"), "XTTS_EXPORT_METADATA_SRC"),
    Incident("staging directory removed", lambda lab: shutil.rmtree(staging(lab)), "ORA-29283|ORA-39002|No such file",
             lambda lab: staging(lab).mkdir(), "XTTS_EXPORT_METADATA_SRC"),
    Incident("staging disk full", lambda lab: faults(lab, SOURCE, full_paths=[str(staging(lab))]), "ORA-19502|ORA-27072",
             lambda lab: faults(lab, SOURCE), "XTTS_EXPORT_METADATA_SRC"),
    Incident("revoked role at the target", lambda lab: as_sys(lab, TARGET, "REVOKE datapump_imp_full_database FROM dbferry"), "no role that imports",
             lambda lab: as_sys(lab, TARGET, "GRANT datapump_imp_full_database TO dbferry"), "XTTS_IMPORT_METADATA_TGT"),
    Incident("connection dropped before a service is stopped", lambda lab: faults(
        lab, SOURCE, Fault("call", statement="STOP_SERVICE", drop=True)), "connection", nothing, "XTTS_READ_ONLY_SRC", True),
    Incident("revoked privilege", lambda lab: as_sys(lab, SOURCE, "REVOKE alter system FROM dbferry"), "ORA-01031",
             lambda lab: as_sys(lab, SOURCE, "GRANT alter system TO dbferry"), "XTTS_READ_ONLY_SRC", True),
    Incident("transaction in doubt", leave_in_doubt, "Distributed transactions are in doubt: .*prepared", settle, "XTTS_READ_ONLY_SRC",
             True),
    Incident("transaction that passes the fence", open_transaction, "Transactions are open: session .*SYS", end_transaction,
             "XTTS_READ_ONLY_SRC", True),
    Incident("connection dropped after a tablespace was frozen", lambda lab: faults(
        lab, SOURCE, Fault("reply", statement='"APP_DATA" READ ONLY', drop=True)), "connection", nothing, "XTTS_READ_ONLY_SRC", True),
    Incident("disk of the target full", lambda lab: faults(lab, TARGET, full_paths=[lab.endpoint(TARGET)["datafiles"]]), "ORA-19502|ORA-27072",
             lambda lab: faults(lab, TARGET), "XTTS_CONVERT_TGT", True),
    Incident("connection dropped while sequences are advanced", use_sequences_and_drop, "connection", use_sequences, "XTTS_STATISTICS_TGT", True),
    Incident("connection dropped during the comparison", lambda lab: faults(
        lab, TARGET, Fault("call", statement="INSERT.*HASH", nth=3, drop=True)), "connection", nothing, "XTTS_VERIFY", True),
]


def test_one_night_with_everything_that_can_go_wrong(fresh_lab: Lab) -> None:
    """Each fault in the order of the phases; each is mended as its error says, and the next run goes on."""
    lab = fresh_lab
    before = picture(lab, SOURCE)
    for incident in INCIDENTS:
        incident.happen(lab)
        done = lab.playbook(XTTS, "-e", f'{{"migration_pause_after": ["{incident.until}"]}}', check=False)
        assert done.returncode, f"{incident.name} went unnoticed:\n{done.stdout[-3000:]}"
        assert re.search(incident.told, done.stdout), f"{incident.name}:\n{done.stdout[-3000:]}"
        assert "Traceback" not in done.stdout + done.stderr, f"{incident.name}:\n{done.stdout[-3000:]}{done.stderr[-1000:]}"
        incident.mend(lab)
        if not incident.source_changed:
            assert application(picture(lab, SOURCE)) == application(before), f"{incident.name} changed the source"
    lab.playbook(XTTS)
    assert_all_equal(lab, XTTS)
    for here, there in zip(lab.query(SOURCE, SEQUENCES), lab.query(TARGET, SEQUENCES)):
        assert (there["last_number"] - here["last_number"]) * here["increment_by"] >= 0, f"{here} is ahead of {there}"


def application(found: t.List[t.List[str]]) -> t.List[t.List[str]]:
    """A picture without what is ours: the journal's objects and our directories."""
    return [[row for row in part if "DBFERRY" not in row and "'DBF_" not in row and "'SYS', 'object_type': 'DIRECTORY'" not in row] for part in found]


#: Phases that take long where databases are large, and the database that works then. XTTS_BACKUP_TGT may not apply and is told when it
#: is under way, which on a fast machine is when it is done: the database is slow from the phase before it on.
LONG = [("XTTS_EXPORT_METADATA_SRC", SOURCE), ("XTTS_IMPORT_METADATA_TGT", TARGET), ("XTTS_TRANSFER", SOURCE), ("XTTS_CONVERT_TGT", TARGET),
        ("XTTS_IMPORT_SET_TGT", TARGET), ("XTTS_OPEN_SERVICE_TGT", TARGET)]
AT_WORK = """
SELECT (SELECT COUNT(*) FROM dba_datapump_jobs WHERE state = 'EXECUTING') + (SELECT COUNT(*) FROM v$session WHERE program LIKE 'rman%') n FROM dual
"""


def in_the_middle_of(lab: Lab, phase: str, name: str) -> Running:
    """The workflow while a database works at a phase, which is slow from that moment."""
    run = Running(lab, XTTS)
    run.reach(phase)
    faults(lab, name, seconds_per_write=0.4)
    wait_for(lambda: lab.query(name, AT_WORK)[0]["n"] > 0 or run.process.poll() is not None)
    assert run.process.poll() is None, f"it ended in {phase}:\n{run.said[-3000:]}"
    return run


@pytest.mark.parametrize("step", [2, pytest.param(1, marks=pytest.mark.everything)])
def test_the_control_node_is_killed_inside_every_long_phase(fresh_lab: Lab, step: int) -> None:
    """The work goes on without it, and the next run joins that work instead of beginning it anew. The selection takes every second phase."""
    lab = fresh_lab
    for phase, name in LONG[step - 1::step]:
        in_the_middle_of(lab, phase, name).kill()
        assert lab.query(name, AT_WORK)[0]["n"] > 0, f"{phase} died with the control node"
        faults(lab, name)
    lab.playbook(XTTS)
    assert_all_equal(lab, XTTS)
    commands = [row["operation"] for row in lab.query(TARGET, "SELECT operation FROM v$rman_status WHERE row_type = 'COMMAND' AND status = 'COMPLETED'")]
    assert commands.count("CONVERT") <= 1, "the conversion was begun twice"


@pytest.mark.everything
def test_the_instance_crashes_inside_every_long_phase(fresh_lab: Lab) -> None:
    """The run ends with a clear error; when the instance is up again, the next one finishes what is half done."""
    lab = fresh_lab
    for phase, name in LONG:
        run = in_the_middle_of(lab, phase, name)
        crash(lab, name)
        wait_for(lambda run=run: run.process.poll() is not None, 600)  # type: ignore[misc]
        assert run.process.returncode, f"{phase}: nobody noticed"
        assert "Traceback" not in run.said and "failed" in run.said, f"{phase}:\n{run.said[-3000:]}"
    lab.playbook(XTTS)
    assert_all_equal(lab, XTTS)


def test_the_source_changes_while_it_is_being_prepared(fresh_lab: Lab) -> None:
    """A tablespace that the set begins to depend on is told; a datafile and a table that are added to the set simply move."""
    lab = fresh_lab
    lab.playbook(XTTS, "-e", '{"migration_pause_after": ["XTTS_IMPORT_METADATA_TGT"]}')
    datafiles = lab.endpoint(SOURCE)["datafiles"]
    as_sys(lab, SOURCE, f"CREATE TABLESPACE afterthought DATAFILE '{datafiles}/afterthought01.dbf' SIZE 5M",
           "ALTER USER sales QUOTA UNLIMITED ON afterthought",
           "CREATE TABLE sales.newcomer (id NUMBER CONSTRAINT newcomer_pk PRIMARY KEY USING INDEX TABLESPACE afterthought, name VARCHAR2(20)) "
           "TABLESPACE app_data",
           "INSERT INTO sales.newcomer SELECT LEVEL, 'row ' || LEVEL FROM dual CONNECT BY LEVEL <= 1000", "COMMIT",
           f"ALTER TABLESPACE app_data ADD DATAFILE '{datafiles}/app_data_added.dbf' SIZE 5M")
    before = picture(lab, SOURCE)[0]
    done = lab.playbook(XTTS, check=False)
    assert done.returncode and re.search("ORA-399\\d\\d", done.stdout) and "AFTERTHOUGHT" in done.stdout, done.stdout[-3000:]
    assert picture(lab, SOURCE)[0] == before, "it was frozen although it cannot be moved"
    as_sys(lab, SOURCE, "ALTER INDEX sales.newcomer_pk REBUILD TABLESPACE app_index", "ALTER USER sales QUOTA 0 ON afterthought")
    lab.playbook(XTTS)
    assert_all_equal(lab, XTTS)
    assert lab.query(TARGET, "SELECT COUNT(*) n FROM sales.newcomer")[0]["n"] == 1000
    count = "SELECT COUNT(*) n FROM dba_data_files WHERE tablespace_name = 'APP_DATA'"
    assert lab.query(TARGET, count) == lab.query(SOURCE, count)

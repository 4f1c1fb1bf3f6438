# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A source that takes orders moves, and its new home becomes a pluggable database: not before that is confirmed, and killed on the way."""
from __future__ import annotations

import typing as t

import pytest
from lab_under_test import ROOT, Lab, make_lab
from moving import choices, role, rows, working
from oralab import workload
from workflow import PHYSICAL_ONLINE, Running, assert_all_equal, phases, record, wait_for

pytestmark = pytest.mark.everything

CONVERSION = "ZDM_NONCDBTOPDB_CONVERSION"
PDB = "SELECT open_mode, restricted FROM v$pdbs WHERE name = 'SALESPDB'"
SAVED = "SELECT state FROM dba_pdb_saved_states WHERE con_name = 'SALESPDB'"
#: Phases behind it that work in what it has become, or know that there is nothing left to do.
BEHIND = ["ZDM_DATAPATCH_TGT", "ZDM_SHUTDOWN_SRC", "ZDM_POST_MIGRATE_TGT", "TIMEZONE_UPGRADE_TGT", "ZDM_CLEANUP_SRC", "ZDM_CLEANUP_TGT"]


@pytest.fixture()
def cdb_lab(worker_id: str) -> t.Iterator[Lab]:
    """A source, a placeholder, and a container database on the placeholder's server."""
    yield from make_lab(ROOT / f"build/cdb-lab-{worker_id}", "physical_cdb")


@pytest.fixture()
def encrypted_lab(worker_id: str) -> t.Iterator[Lab]:
    """The same with keystores."""
    yield from make_lab(ROOT / f"build/tde-cdb-lab-{worker_id}", "physical_tde_cdb")


def last(lab: Lab) -> t.Dict[str, t.Dict[str, t.Any]]:
    return phases(record(lab, PHYSICAL_ONLINE)["runs"][-1])


def test_it_becomes_a_pluggable_database_and_no_order_is_lost(cdb_lab: Lab) -> None:
    lab, confirmed = cdb_lab, choices(physical_confirm=[CONVERSION])
    refused = lab.playbook(PHYSICAL_ONLINE, "--tags", "ZDM_NONCDBTOPDB_PRECHECK", *choices(physical_pdb_name="OTHER"), check=False,
                           stdout="default")
    assert refused.returncode and "There is a pluggable database OTHER already." in refused.stdout
    with working(lab) as orders:
        lab.playbook(PHYSICAL_ONLINE, *choices())
        run = last(lab)
        assert list(run)[-1] == CONVERSION and run[CONVERSION]["status"] == "wants to be confirmed" and "SALESPDB" in run[CONVERSION]["question"]
        assert role(lab, "dbtrg") == ("PRIMARY", "READ WRITE") and rows(lab, "dbcdb", PDB) == []
        orders.are_taken_by("target")
    assert_all_equal(lab, PHYSICAL_ONLINE, growing=["WORKLOAD.ORDERS"])

    killed = Running(lab, PHYSICAL_ONLINE, "--tags", CONVERSION, *confirmed)
    wait_for(lambda: rows(lab, "dbcdb", PDB) != [], 240)
    killed.kill()
    lab.playbook(PHYSICAL_ONLINE, "--tags", CONVERSION, *confirmed)
    assert rows(lab, "dbcdb", PDB) == [("READ WRITE", "NO")] and rows(lab, "dbcdb", SAVED) == [("OPEN",)]
    # The service of the application has come along, and every order that was acknowledged is there.
    found = orders.report("dbcdb")
    assert found["lost"] == [] and found["found"] == found["acknowledged"] > 0
    assert (workload.SERVICE, "SALESPDB") in rows(lab, "dbcdb", "SELECT s.name, p.name pdb FROM cdb_services s JOIN v$pdbs p ON p.con_id = s.con_id")

    lab.playbook(PHYSICAL_ONLINE, "--tags", CONVERSION, *confirmed)
    assert last(lab)[CONVERSION]["status"] == "unchanged"
    lab.playbook(PHYSICAL_ONLINE, "--tags", ",".join(BEHIND), *confirmed)
    assert {name: entry["status"] for name, entry in last(lab).items() if name != "ZDM_CLEANUP_TGT"} == dict.fromkeys(BEHIND[:-1], "does not apply")


def test_encrypted_tablespaces_take_their_keys_along(encrypted_lab: Lab) -> None:
    lab, confirmed = encrypted_lab, choices(physical_confirm=[CONVERSION])
    done = lab.playbook(PHYSICAL_ONLINE, *confirmed, stdout="default")
    assert rows(lab, "dbcdb", PDB) == [("READ WRITE", "NO")]
    assert rows(lab, "dbcdb", "SELECT status FROM pdb_plug_in_violations WHERE cause = 'Wallet Key Needed'") == [("RESOLVED",)]
    where = lab.endpoint("dbcdb")
    pdb = lab.session("dbcdb", dsn=f"{where['host']}:{where['port']}/salespdb", user="SYS", password=where["users"]["SYS"], mode="sysdba")
    assert pdb.query("SELECT ts# FROM v$encrypted_tablespaces") and pdb.one("SELECT COUNT(*) n FROM hr.employees")["n"] > 0
    pdb.close()
    assert not list(lab.directory.rglob("salespdb_*.keys")), "what held the keys is gone"
    assert lab.endpoint("dbsrc")["users"]["KEYSTORE"] not in done.stdout

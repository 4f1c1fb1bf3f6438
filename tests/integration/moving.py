# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A source that takes orders while it moves to its new home, and what its databases say on the way, open or not."""
from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.session import DriverSession
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from lab_under_test import ROOT, Lab
from oralab import workload
from workflow import PHYSICAL_OFFLINE, PHYSICAL_ONLINE, assert_all_equal, wait_for

ORDERS = "WORKLOAD.ORDERS"
SERVICES = "SELECT name FROM v$active_services"
#: Seconds without an order that are no outage yet, on a busy machine.
SILENCE = 30
#: The tag of a backup that was there before.
NIGHTLY = "NIGHTLY"


def choices(**more: t.Any) -> t.Tuple[str, str]:
    """What a run is given beside the inventory, which has the variables that every run on this lab takes."""
    return "-e", json.dumps(dict(more, physical_monitor_interval=1))


def on_disks(lab: Lab) -> t.Dict[str, t.Any]:
    return {"physical_medium": "nfs", "physical_backup_path": str(lab.staging)}


def by_a_backup_that_was_there(lab: Lab) -> t.Dict[str, t.Any]:
    """Somebody's level 0; its control file is an autobackup, as Oracle recommends, which has another tag."""
    if not list(lab.staging.glob("nightly_*")):
        tool(lab, "dbsrc", "rman", "target", "/", stdin="CONFIGURE CONTROLFILE AUTOBACKUP ON;\n"
             f"BACKUP INCREMENTAL LEVEL 0 DATABASE TAG '{NIGHTLY}' FORMAT '{lab.staging}/nightly_%U';\nCONFIGURE CONTROLFILE AUTOBACKUP CLEAR;\n")
    return dict(on_disks(lab), physical_existing_tag=NIGHTLY)


def by_an_appliance(lab: Lab) -> t.Dict[str, t.Any]:
    """A Recovery Appliance with somebody's level 0, sent through a channel as Oracle's guide has it. Where wallets are is in the inventory."""
    alias = json.loads((lab.directory / "endpoints.json").read_text())["appliance"]["alias"]
    if not any((lab.directory / "appliance/pieces").iterdir()):
        tool(lab, "dbsrc", "rman", "target", "/", stdin="CONFIGURE CONTROLFILE AUTOBACKUP ON;\nRUN { ALLOCATE CHANNEL c1 DEVICE TYPE SBT_TAPE "
             f"PARMS \"SBT_LIBRARY={lab.endpoint('dbsrc')['oracle_home']}/lib/libra.so, "
             f"ENV=(RA_WALLET='location=file:{lab.directory}/dbsrc/admin/ra_wallet credential_alias={alias}')\";\n"
             f"BACKUP INCREMENTAL LEVEL 0 DATABASE TAG '{NIGHTLY}' FORMAT '%d_%U' PLUS ARCHIVELOG;\n}}\nCONFIGURE CONTROLFILE AUTOBACKUP CLEAR;\n")
    return {"physical_medium": "zdlra", "physical_zdlra_credential_alias": alias, "physical_existing_tag": NIGHTLY}


def in_object_storage(lab: Lab) -> t.Dict[str, t.Any]:
    store = json.loads((lab.directory / "endpoints.json").read_text())["object_store"]
    return {"physical_medium": "oss", "physical_encryption": "password", "physical_encryption_password": "Backup_1", "physical_backup_module": {
        "service": "opc", "installer": str(lab.staging / "opc_installer.zip"), "endpoint": store["endpoint"] + "/v1/sales",
        "container": store["bucket"], "opc_id": store["access_key"], "opc_password": store["secret_key"]}}


# -- what databases say, open or not

@contextlib.contextmanager
def as_sys(lab: Lab, name: str) -> t.Iterator[DriverSession]:
    session = lab.session(name, user="SYS", password=lab.endpoint("dbsrc")["users"]["SYS"], mode="sysdba")
    try:
        yield session
    finally:
        session.close()


def rows(lab: Lab, name: str, query: str) -> t.List[t.Tuple[t.Any, ...]]:
    with as_sys(lab, name) as session:
        return [tuple(row.values()) for row in session.query(query)]


def role(lab: Lab, name: str) -> t.Tuple[t.Any, ...]:
    return rows(lab, name, "SELECT database_role, open_mode FROM v$database")[0]


def is_a_source(lab: Lab) -> bool:
    try:
        return role(lab, "dbsrc") == ("PRIMARY", "READ WRITE")
    except Exception:  # its instance ends with the switchover
        return False


def follows(lab: Lab) -> bool:
    """Whether the former primary applies what its successor commits from now on."""
    scn, = rows(lab, "dbtrg", "SELECT current_scn FROM v$database")[0]
    wait_for(lambda: rows(lab, "dbsrc", "SELECT current_scn FROM v$database")[0][0] >= scn)
    return True


def tool(lab: Lab, name: str, program: str, *arguments: str, stdin: str = "") -> None:
    endpoint = lab.endpoint(name)
    subprocess.run([os.path.join(endpoint["oracle_home"], "bin", program), *arguments], input=stdin, text=True, check=True, stdout=subprocess.DEVNULL,
                   env=dict(os.environ, ORACLE_HOME=endpoint["oracle_home"], ORACLE_SID=endpoint["oracle_sid"]))


def execute(lab: Lab, name: str, *statements: str) -> None:
    with as_sys(lab, name) as session:
        for statement in statements:
            session.execute(Statement(statement))


# -- orders

class Orders:
    """The workload, as a program of its own, and what it has on record."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.record = lab, lab.directory / "orders.jsonl"
        self._process = subprocess.Popen([sys.executable, "-m", "oralab.workload", "run", "--lab", str(lab.directory), "--record", str(self.record),
                                          "--rate", "5", "--clients", "2"], cwd=ROOT, env=dict(os.environ, PYTHONPATH=f"{ROOT}/lab"))

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(180)

    def taken(self, side: str) -> t.List[workload.Order]:
        return [order for order in workload.read(str(self.record)) if order.side == side and order.outcome == workload.ACKNOWLEDGED]

    def are_taken_by(self, side: str) -> None:
        before = len(self.taken(side))
        wait_for(lambda: len(self.taken(side)) > before)

    def report(self, name: str) -> t.Dict[str, t.Any]:
        endpoint = self.lab.endpoint(name)
        return workload.report(workload.read(str(self.record)), workload.rows_of(
            f"{endpoint['host']}:{endpoint['port']}/{workload.SERVICE}", self.lab.endpoint("dbsrc")["users"][workload.USER]))


@contextlib.contextmanager
def working(lab: Lab) -> t.Iterator[Orders]:
    orders = Orders(lab)
    try:
        orders.are_taken_by("source")
        yield orders
    finally:
        orders.stop()


def assert_no_order_is_lost(orders: Orders) -> None:
    found = orders.report("dbtrg")
    assert found["lost"] == [] and found["found"] == found["acknowledged"] > 0
    assert [(change["from"], change["to"]) for change in found["changes"]] == [("source", "target")]


def assert_moved(lab: Lab, orders: Orders) -> None:
    """The orders have stopped: not one that was acknowledged is missing, and the two sides have changed places."""
    assert_all_equal(lab, PHYSICAL_ONLINE, growing=[ORDERS])
    assert_no_order_is_lost(orders)
    assert role(lab, "dbtrg") == ("PRIMARY", "READ WRITE") and role(lab, "dbsrc") == ("PHYSICAL STANDBY", "MOUNTED")
    assert follows(lab)
    assert (workload.SERVICE,) in rows(lab, "dbtrg", SERVICES) and (workload.SERVICE,) not in rows(lab, "dbsrc", SERVICES)


def assert_moved_away(lab: Lab, orders: Orders) -> None:
    """The same offline: the source is as it was, but nobody gets in there."""
    assert_all_equal(lab, PHYSICAL_OFFLINE, growing=[ORDERS])
    assert_no_order_is_lost(orders)
    assert role(lab, "dbtrg") == role(lab, "dbsrc") == ("PRIMARY", "READ WRITE")
    assert (workload.SERVICE,) in rows(lab, "dbtrg", SERVICES) and (workload.SERVICE,) not in rows(lab, "dbsrc", SERVICES)

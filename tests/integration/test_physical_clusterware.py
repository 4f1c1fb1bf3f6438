# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The new home has Oracle Restart: it starts the new database and its services with the server, in the role that it has, and under the name that it keeps.
Or it is a cluster: the database is one of several instances, of which all but one start once nothing follows it any more.
"""
from __future__ import annotations

import re
import typing as t

import pytest
from lab_under_test import ROOT, Lab, make_lab, on_this_host
from moving import SERVICES, assert_moved, choices, execute, role, rows, working
from oralab import workload
from workflow import PHYSICAL_ONLINE, phases, record

pytestmark = pytest.mark.everything

POST_MIGRATE = "ZDM_POST_MIGRATE_TGT"
RETAIN = "ZDM_RETAIN_DBUNIQUENAME_TGT"
NAME = "SELECT db_unique_name FROM v$database"
INSTANCES = "SELECT instance_name, parallel, thread# FROM gv$instance ORDER BY 1"
UNDO = "SELECT value FROM gv$parameter WHERE name = 'undo_tablespace' ORDER BY inst_id"


@pytest.fixture()
def lab(worker_id: str) -> t.Iterator[Lab]:
    """A source, and a placeholder that Oracle Restart of its server manages."""
    yield from make_lab(ROOT / f"build/clusterware-lab-{worker_id}", "physical_clusterware")


def srvctl(lab: Lab, *arguments: str) -> str:
    home = lab.endpoint("dbtrg")["oracle_home"]
    rc, said = on_this_host([f"{home}/bin/srvctl", *arguments], "", {"ORACLE_HOME": home, "ORACLE_SID": "dbtrg"})
    assert rc == 0 or arguments[0] == "config", said
    return said


def config(lab: Lab, name: str) -> t.Dict[str, str]:
    """What Oracle Restart has on record of a database; nothing where it does not know it."""
    return dict(re.findall(r"^([A-Z][\w ]*?)(?:: | is )(.*)$", srvctl(lab, "config", "database", "-db", name, "-all"), re.MULTILINE))


def managed(lab: Lab, name: str) -> t.Tuple[str, ...]:
    found = config(lab, name)
    return tuple(found[line] for line in ("Database role", "Start options", "Services", "Database"))


def restarted(lab: Lab, name: str) -> None:
    """As its server would do it: nobody but Oracle Restart says what is started."""
    srvctl(lab, "stop", "database", "-db", name)
    srvctl(lab, "start", "database", "-db", name)


def serves(lab: Lab) -> bool:
    return (workload.SERVICE,) in rows(lab, "dbtrg", SERVICES)


def test_the_new_database_and_its_service_start_with_their_server(lab: Lab) -> None:
    chosen = choices()
    with working(lab) as orders:
        lab.playbook(PHYSICAL_ONLINE, *choices(migration_pause_after=["ZDM_FINALIZE_TGT"]))
        assert managed(lab, "DBTRG") == ("PHYSICAL_STANDBY", "mount", workload.SERVICE, "enabled")
        lab.playbook(PHYSICAL_ONLINE, *chosen)
        orders.are_taken_by("target")
    assert_moved(lab, orders)
    assert managed(lab, "DBTRG") == ("PRIMARY", "open", workload.SERVICE, "enabled")
    again = lab.playbook(PHYSICAL_ONLINE, *chosen, stdout="default")
    assert re.search(r"dbtrg\s+:.*changed=0 ", again.stdout), again.stdout[-3000:]
    restarted(lab, "DBTRG")
    assert role(lab, "dbtrg") == ("PRIMARY", "READ WRITE") and serves(lab)

    # The source rests for good, and its name goes over, in the registry too. A run was killed in between: nothing is left that knows the old name.
    retained = choices(physical_shutdown_source=True, physical_retain_db_unique_name=True)
    lab.playbook(PHYSICAL_ONLINE, "--tags", "ZDM_SHUTDOWN_SRC", *retained)
    execute(lab, "dbtrg", "ALTER SYSTEM SET log_archive_dest_2 = ''", "ALTER SYSTEM SET db_unique_name = 'DBSRC' SCOPE = SPFILE",
            "ALTER SYSTEM RESET log_archive_config SCOPE = SPFILE")
    srvctl(lab, "stop", "database", "-db", "DBTRG")
    lab.playbook(PHYSICAL_ONLINE, *retained)
    assert rows(lab, "dbtrg", NAME) == [("DBSRC",)] and serves(lab)
    assert managed(lab, "DBSRC") == ("PRIMARY", "open", workload.SERVICE, "enabled") and config(lab, "DBTRG") == {}
    restarted(lab, "DBSRC")
    assert role(lab, "dbtrg") == ("PRIMARY", "READ WRITE") and serves(lab) and orders.report("dbtrg")["lost"] == []
    lab.playbook(PHYSICAL_ONLINE, "--tags", RETAIN, *retained)
    assert phases(record(lab, PHYSICAL_ONLINE)["runs"][-1])[RETAIN]["status"] == "unchanged"


@pytest.fixture()
def cluster(worker_id: str) -> t.Iterator[Lab]:
    """A source, and a placeholder on a node of a cluster."""
    yield from make_lab(ROOT / f"build/cluster-lab-{worker_id}", "physical_rac")


def test_the_new_database_has_two_instances_once_there_is_no_way_back(cluster: Lab) -> None:
    lab, home = cluster, cluster.endpoint("dbtrg")["oracle_home"]
    with working(lab) as orders:
        lab.playbook(PHYSICAL_ONLINE, *choices())
        orders.are_taken_by("target")
        # The source could take over again, so there is one instance.
        assert rows(lab, "dbtrg", INSTANCES) == [("dbtrg", "YES", 1)] and config(lab, "DBTRG")["Database instances"] == "dbtrg"
        final = choices(physical_shutdown_source=True)
        lab.playbook(PHYSICAL_ONLINE, "--tags", f"ZDM_SHUTDOWN_SRC,{POST_MIGRATE}", *final)
    assert orders.report("dbtrg")["lost"] == []
    found = config(lab, "DBTRG")
    assert [found[line] for line in ("Type", "Database instances", "Configured nodes", "Services")] == [
        "RAC", "dbtrg,dbtrg2", "node1,node2", workload.SERVICE]
    assert rows(lab, "dbtrg", INSTANCES) == [("dbtrg", "YES", 1), ("dbtrg2", "YES", 2)] and rows(lab, "dbtrg", UNDO) == [("UNDOTBS1",), ("UNDOTBS2",)]
    assert on_this_host([f"{home}/bin/srvctl", "status", "database", "-db", "DBTRG"], "", {"ORACLE_HOME": home})[1] == (
        "Instance dbtrg is running on node node1\nInstance dbtrg2 is running on node node2\n")
    lab.playbook(PHYSICAL_ONLINE, "--tags", POST_MIGRATE, *final)
    assert phases(record(lab, PHYSICAL_ONLINE)["runs"][-1])[POST_MIGRATE]["status"] == "unchanged"
    restarted(lab, "DBTRG")
    assert rows(lab, "dbtrg", INSTANCES) == [("dbtrg", "YES", 1), ("dbtrg2", "YES", 2)] and serves(lab)

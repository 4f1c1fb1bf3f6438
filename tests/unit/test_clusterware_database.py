# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is registered of a database, against what the database says of itself."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.modules import clusterware_database
from fake_session import FakeSession, texts

WANT = dict({name: spec.get("default") for name, spec in clusterware_database.MODULE.argument_spec.items()}, oracle_home="/u01/home")
ROW = {"name": "SALES", "db_unique_name": "sales_new", "role": "PRIMARY", "instance_name": "SALES1"}
PARAMETERS = [{"name": "spfile", "value": "+DATA/SALES_NEW/spfile.ora"}, {"name": "db_domain", "value": None},
              {"name": "db_recovery_file_dest", "value": "+FRA"}]
WORDS = ("-oraclehome /u01/home -dbname SALES -instance SALES1 -spfile +DATA/SALES_NEW/spfile.ora -pwfile +DATA/SALES_NEW/pwd -role PRIMARY "
         "-startoption open -diskgroup DATA,FRA")
CONFIG = """Database unique name: sales_new
Database name: SALES
Oracle home: /u01/home
Oracle user: oracle
Spfile: +DATA/SALES_NEW/spfile.ora
Password file: +DATA/SALES_NEW/pwd
Domain:
Start options: open
Stop options: immediate
Database role: PRIMARY
Management policy: AUTOMATIC
Disk Groups: FRA,DATA
Services: sales
Database instance: SALES1
Database is {0}
"""
RAC = """Database unique name: sales_new
Database name: SALES
Oracle home: /u01/home
Spfile: +DATA/SALES_NEW/spfile.ora
Password file: +DATA/SALES_NEW/pwd
Domain:
Start options: open
Stop options: immediate
Database role: PRIMARY
Management policy: AUTOMATIC
Server pools:
Disk Groups: FRA,DATA
Services: sales
Type: RAC
Database is {0}
Database is individually enabled on nodes:
Database is individually disabled on nodes:
Database instances: {1}
Configured nodes: pier1,pier2
Database is administrator managed
"""
UNKNOWN = "PRCD-1120 : The resource for database sales_new could not be found.\nPRCR-1001 : Resource ora.sales_new.db does not exist\n"


def steps(text, rc=0, row=ROW, running=("SALES1",), parallel=False, **options):
    session = FakeSession({
        clusterware_database.DATABASE: [row], clusterware_database.PARAMETERS: PARAMETERS + [{"name": "cluster_database", "value": str(parallel).upper()}],
        clusterware_database.INSTANCES: [{"instance_name": name} for name in running],
        clusterware_database.FILES: [{"name": "+DATA/SALES_NEW/a.dbf"}, {"name": "+FRA/SALES_NEW/b.ctl"}, {"name": "/u01/c.log"}],
        clusterware_database.PASSWORD_FILE: [{"file_name": "+DATA/SALES_NEW/pwd"}]})
    session.on_server = lambda argv, stdin="": (rc, text)
    want = dict(WANT, **options)
    return texts(clusterware_database.plan(clusterware_database.observe(session, want), want))


def test_a_database_that_nobody_knows_is_registered_as_it_is():
    assert steps(UNKNOWN, 1) == ["srvctl add database -db sales_new " + WORDS, "srvctl start database -d sales_new -o open"]
    standby = steps(UNKNOWN, 1, row=dict(ROW, role="PHYSICAL STANDBY"))
    assert "-role PHYSICAL_STANDBY -startoption mount" in standby[0] and standby[1].endswith("-o mount")
    assert steps(UNKNOWN, 1, node="pier1", policy="manual")[0].endswith("-policy MANUAL -diskgroup DATA,FRA -dbtype SINGLE -node pier1")


def test_what_is_registered_otherwise_is_changed():
    assert steps(CONFIG.format("enabled")) == []
    assert steps(CONFIG.format("disabled")) == ["srvctl enable database -db sales_new"]
    assert steps(CONFIG.format("enabled"), row=dict(ROW, role="PHYSICAL STANDBY")) == [
        "srvctl modify database -db sales_new -role PHYSICAL_STANDBY -startoption mount"]
    assert steps(CONFIG.format("enabled"), policy="norestart", spfile="/u01/x") == [
        "srvctl modify database -db sales_new -spfile /u01/x -policy NORESTART"]


def test_one_that_is_dropped_is_left_alone_and_one_that_is_gone_forgotten():
    named = {"db_unique_name": "sales_new"}
    assert steps(CONFIG.format("enabled"), state="disabled", **named) == ["srvctl disable database -db sales_new"]
    assert steps(CONFIG.format("disabled"), state="disabled", **named) == steps(UNKNOWN, 1, state="disabled", **named) == []
    assert steps(CONFIG.format("enabled"), state="absent") == ["srvctl remove database -db sales_new -noprompt"]
    assert steps(UNKNOWN, 1, state="absent") == []


TWO = [{"instance": "SALES1", "node": "pier1", "state": "present"}, {"instance": "SALES2", "node": "pier2", "state": "started"}]


def rac(text, rc=0, instances=TWO, **more):
    return steps(text, rc, parallel=True, instances=instances, **more)


def test_a_database_of_several_instances():
    add, first, start, second, then = rac(UNKNOWN, 1)
    assert add.endswith("-diskgroup DATA,FRA -dbtype RAC") and "-instance" not in add
    assert first == "srvctl add instance -db sales_new -instance SALES1 -node pier1"
    assert start == "srvctl start instance -d sales_new -i SALES1 -o open", "what runs counts as meant to run"
    assert second == "srvctl add instance -db sales_new -instance SALES2 -node pier2"
    assert then == "srvctl start instance -d sales_new -i SALES2 -o open"
    assert rac(RAC.format("enabled", "SALES1")) == [second, then]
    assert rac(RAC.format("enabled", "SALES1,SALES2")) == [then]
    assert rac(RAC.format("enabled", "SALES1,SALES2"), running=("SALES1", "SALES2")) == []
    assert rac(RAC.format("disabled", "SALES1,SALES2"), running=("SALES1", "SALES2"), policy="manual") == [
        "srvctl modify database -db sales_new -policy MANUAL", "srvctl enable database -db sales_new"]


def test_instances_that_are_not_named_are_left_alone():
    both = RAC.format("enabled", "SALES1,SALES2")
    assert rac(both, instances=[], running=("SALES1", "SALES2")) == rac(both, instances=TWO[:1]) == []
    assert rac(both, instances=[dict(TWO[1], state="stopped")], running=("SALES1", "SALES2")) == [
        "srvctl stop instance -d sales_new -i SALES2 -o immediate"]
    assert rac(both, instances=[dict(TWO[1], state="stopped")]) == []


def test_one_that_was_registered_with_one_instance_is_registered_anew():
    alone = CONFIG.format("disabled").replace("Services: sales", "Services:")
    assert rac(alone)[0] == "srvctl remove database -db sales_new -force -noprompt"
    assert rac(alone)[1:] == rac(UNKNOWN, 1)


def test_what_stands_in_the_way():
    for text, options, code in ((UNKNOWN, {"parallel": True}, "DBF-0861"), (CONFIG.format("enabled"), {"parallel": True}, "DBF-0861"),
                                (UNKNOWN, {"db_unique_name": "a;b"}, "DBF-0862"), (UNKNOWN, {"instances": TWO}, "DBF-0863"),
                                (RAC.format("enabled", "SALES1"), {}, "DBF-0863"),
                                (CONFIG.format("enabled"), {"parallel": True, "instances": TWO}, "DBF-0864")):
        with pytest.raises(Refused) as refused:
            steps(text, int(text is UNKNOWN), **options)
        assert refused.value.code == code
    with pytest.raises(DbferryError) as silent:
        steps("PRCD-1027 : Failed to retrieve database sales_new\nPRCR-1070 : Failed to check if resource ora.sales_new.db is registered\n"
              "CRS-0184 : Cannot communicate with the CRS daemon.\n", 1)
    assert silent.value.code == "PRCD-1027"

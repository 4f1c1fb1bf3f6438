#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: timezone
short_description: Bring a database to a newer time zone file
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - A database that comes from a home with an older time zone file keeps that file until DBMS_DST upgrades its TIMESTAMP WITH TIME ZONE
    data. This module prepares and does that, to the newest file of the home or to O(version). There is no way down, so a database that
    has this file or a newer one is left alone.
  - O(state=prepared) opens a prepare window, has the affected tables found and closes it. The database stays open for work.
  - O(state=upgraded) restarts the database in UPGRADE mode, begins an upgrade window, restarts it, upgrades all tables and ends the
    window. It needs O(restart). One that stopped anywhere is gone on with, as the
    database knows how far it is (DST_UPGRADE_STATE). When the instance is found down it is only opened by one call; loop on RV(finished).
  - Services that ran before the restarts and did not come back by themselves are started again, by a call of its own.
  - A container database is upgraded container by container. Name each pluggable database with O(pdb), which is then closed and opened alone,
    and the root without it.
  - What there is, is asked for by SQL. What is to be done is done by SQL*Plus on the database server, C(/ AS SYSDBA), so the task's connection
    there needs to be that of the Oracle owner, or to become it.
  - Applications that use such data should not run meanwhile.
options:
  state:
    description: How far to go.
    type: str
    default: prepared
    choices: [prepared, upgraded]
  version:
    description: The time zone file. By default the newest of the home, which releases before 18 do not tell.
    type: int
  pdb:
    description: The pluggable database, seen from the root. Without it the database that the session is in.
    type: str
  parallel:
    description: Upgrade tables in parallel.
    type: bool
    default: true
extends_documentation_fragment:
  - dbferry.oracle.instance
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Which tables a newer time zone file touches
  dbferry.oracle.timezone:
    state: prepared
    migration_id: SALES
  become: true
  become_user: oracle

- name: Upgrade them
  dbferry.oracle.timezone:
    state: upgraded
    restart: true
    oracle_home: /u01/app/oracle/product/19.0.0/dbhome_1
    oracle_sid: SALES
    migration_id: SALES
  become: true
  become_user: oracle
  register: timezone
  until: timezone.finished
"""

RETURN = r"""
before:
  description: Time zone file, window and instance before.
  returned: success
  type: dict
after:
  description: Time zone file, window and instance afterwards.
  returned: success
  type: dict
  sample: {"TIMEZONE": {"version": 44, "secondary": 0, "window": "NONE", "latest": 44}}
affected:
  description: With O(state=prepared) the tables that the last prepare window found, with the numbers of rows and of rows that raise an error.
  returned: success
  type: list
  elements: dict
finished:
  description: Whether it is done. Always true in check mode.
  returned: success
  type: bool
pending:
  description: What was left, because it needs a restart that O(restart) does not allow.
  returned: success
  type: list
  elements: str
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import contextlib
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Lost, Refused, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.instance import OPTIONS, RESOURCE, WAITS_FOR_RESTART, ascend, observe_instance, shutdown, startup
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier, literal
from ansible_collections.dbferry.oracle.plugins.module_utils.session import TRANSIENT
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

PDB = "SELECT open_mode FROM v$pdbs WHERE name = :pdb"
#: V$INSTANCE says OPEN MIGRATE in UPGRADE mode (documented).
_PROPERTIES = r"""
SELECT MAX(DECODE(property_name, 'DST_PRIMARY_TT_VERSION', property_value)) version,
       MAX(DECODE(property_name, 'DST_SECONDARY_TT_VERSION', property_value)) secondary,
       MAX(DECODE(property_name, 'DST_UPGRADE_STATE', property_value)) window,
       (SELECT status FROM v$instance) status, {0} latest
  FROM database_properties WHERE property_name LIKE 'DST\_%' ESCAPE '\'
"""
PROPERTIES = _PROPERTIES.format("(SELECT DBMS_DST.GET_LATEST_TIMEZONE_VERSION FROM dual)")
EARLY_PROPERTIES = _PROPERTIES.format("NULL")
AFFECTED = """
SELECT table_owner owner, table_name, column_name, row_count rows_affected, error_count errors FROM sys.dst$affected_tables ORDER BY 1, 2, 3
"""
#: Dropped tables with such columns, over which DBMS_DST stumbles (ORA-38301).
RECYCLED = """
SELECT DISTINCT r.owner, r.original_name name FROM dba_recyclebin r JOIN dba_tab_columns c ON c.owner = r.owner AND c.table_name = r.object_name
 WHERE c.data_type LIKE 'TIMESTAMP%WITH TIME ZONE' ORDER BY 1, 2
"""

ACTIVE = "SELECT name FROM v$active_services WHERE name NOT LIKE 'SYS$%' ORDER BY name"

ZONE = "TIMEZONE"
#: Journal item: the services that ran before the restarts. Those of DBMS_SERVICE do not come back by themselves.
SERVICES = "services before the time zone upgrade"


def item(want: Want) -> str:
    """Journal item: for which file the affected tables were found."""
    return "time zone file prepared for" + (" in " + want["pdb"] if want["pdb"] else "")


#: What a session meets where the instance is down, coming up, restricted or in UPGRADE mode. On the server it is reached nevertheless.
_OUT_OF_REACH = TRANSIENT | {"ORA-01035"}


def observe(session: t.Any, want: Want) -> State:
    try:
        state = _observe(session, want)
        zone = t.cast(Attributes, state[ZONE])
        if "version" in zone and want["state"] == "upgraded" and want["migration_id"]:
            zone.update(_active=[row["name"] for row in session.query(ACTIVE)], _services=session.journal.get(SERVICES) or [])
        return state
    except DbferryError as error:
        if not isinstance(error, Lost) and error.code not in _OUT_OF_REACH or want["state"] == "prepared":
            raise
        return _observe(session.at_server(), want)


def _observe(session: t.Any, want: Want) -> State:
    state = observe_instance(session)
    instance = t.cast(Attributes, state[RESOURCE])
    instance["upgrade"] = False
    state[ZONE] = {"window": "unknown until the database is open"}
    opened = instance["status"] == "OPEN"
    if want["pdb"] and opened:
        found = session.one(PDB, pdb=want["pdb"])
        state["PDB " + want["pdb"]] = found and dict(found)
        opened = found is not None and found["open_mode"] != "MOUNTED"
    if not opened:
        return state
    prepared_for = session.journal.get(item(want)) if want["state"] == "prepared" else None
    with session.inside(want["pdb"]) if want["pdb"] else contextlib.nullcontext(session) as container:
        return _zone(state, container, prepared_for, want)


def _zone(state: State, session: t.Any, prepared_for: t.Optional[int], want: Want) -> State:
    """What the container itself knows."""
    instance = t.cast(Attributes, state[RESOURCE])
    row = session.one(EARLY_PROPERTIES if session.release < (18,) else PROPERTIES)
    instance["upgrade"] = row["status"] == "OPEN MIGRATE"
    state[ZONE] = {
        "version": int(row["version"]), "secondary": int(row["secondary"]), "window": row["window"],
        "latest": None if row["latest"] is None else int(row["latest"])}
    zone = t.cast(Attributes, state[ZONE])
    if want["state"] == "prepared":
        zone.update(prepared_for=prepared_for, _affected=session.query(AFFECTED))
    else:
        zone["_recycled"] = ["{owner}.{name}".format(**found) for found in session.query(RECYCLED)]
    return state


def _wanted(zone: Attributes, want: Want) -> int:
    """The file to come to. Raises Refused: there is no way down, and before 18 nobody knows the newest."""
    version = want["version"] or zone["latest"]
    if version is None:
        raise Refused("This release does not tell its newest time zone file.", code="DBF-0641", hint="Give version.")
    if version < zone["version"] and want["version"]:
        raise Refused("The database has time zone file {0}, and there is no way down to {1}.".format(zone["version"], version), code="DBF-0642",
                      hint="Leave version out, or give a newer one.")
    return int(version)


def plan(state: State, want: Want) -> t.List[Step]:
    steps = _plan(state, want)
    for step in steps:
        # SYS owns what DBMS_DST writes, and nobody else reaches an instance that is down.
        step.on_server = True
    return steps


def _plan(state: State, want: Want) -> t.List[Step]:
    instance, zone = t.cast(Attributes, state[RESOURCE]), t.cast(Attributes, state[ZONE])
    if want["pdb"] and "PDB " + want["pdb"] in state and state["PDB " + want["pdb"]] is None:
        raise Refused("There is no pluggable database {0}.".format(want["pdb"]), code="DBF-0643", hint="Names are as V$PDBS has them.")
    if "version" not in zone:
        return [] if want["state"] == "prepared" else _allowed(_open(state, want), want)
    if zone["window"].startswith("DATAPUMP"):
        raise Refused("Data Pump is using a second time zone file ({0}).".format(zone["window"]), code="DBF-0644", hint="Wait until its jobs have ended.")
    version = _wanted(zone, want)
    if want["state"] == "prepared":
        return _prepare(zone, version, want)
    if zone["window"] == "NONE" and zone["version"] >= version:
        in_upgrade_mode = state["PDB " + want["pdb"]] == {"open_mode": "MIGRATE"} if want["pdb"] else instance["upgrade"]
        return _allowed(_reopen(state, want), want) if in_upgrade_mode else _services_again(zone)
    others = [other["instance_name"] for other in instance["_others"]]
    refuse([found for found in (
        ("DBF-0645", "Other instances of the database are up: {0}.".format(", ".join(others)), "Stop them, and set CLUSTER_DATABASE to FALSE.")
        if others else None,
        ("DBF-0646", "Dropped tables hold such data: {0}.".format(", ".join(zone["_recycled"])), "Purge them (module recycle_bin).")
        if zone["_recycled"] and zone["window"] != "UPGRADE" else None) if found])
    steps = _allowed(_upgrade(state, zone, version, want), want)
    if zone.get("_active") and not zone["_services"] and zone["window"] != "UPGRADE" and want["restart"]:
        steps[0].remember[SERVICES] = zone["_active"]
        steps[0].effects[ZONE] = dict(steps[0].effects.get(ZONE) or {}, _services=zone["_active"])
    return steps


def _services_again(zone: Attributes) -> t.List[Step]:
    """Those that the restarts took away."""
    before = zone.get("_services") or []
    steps = [Step(Statement("BEGIN DBMS_SERVICE.START_SERVICE(service_name => ", literal(name), "); END;"), effects={ZONE: {}})
             for name in before if name not in zone["_active"]]
    if before:
        steps.append(Step(None, record={SERVICES: []}, effects={ZONE: {"_services": []}}))
    return steps


def _allowed(steps: t.List[Step], want: Want) -> t.List[Step]:
    if not want["restart"]:
        for step in steps:
            step.pending = WAITS_FOR_RESTART
    return steps


def _call(want: Want, call: str, declare: str = "", then: str = "", **zone: t.Any) -> Step:
    return Step(Statement("{0}BEGIN DBMS_DST.{1}; {2}END;".format(declare, call, then)), effects={ZONE: zone}, inside=want["pdb"])


def _emptied(want: Want, *tables: str) -> t.List[Step]:
    """So that what is in them is of this attempt."""
    return [Step(Statement("TRUNCATE TABLE sys.dst$" + table), inside=want["pdb"]) for table in tables]


def _counted(want: Want, call: str, **zone: t.Any) -> Step:
    """A call that tells how many tables failed, of which some fail silently otherwise."""
    return _call(want, call, "DECLARE failures BINARY_INTEGER; ",
                 "IF failures > 0 THEN RAISE_APPLICATION_ERROR(-20001, failures || ' tables failed, see SYS.DST$ERROR_TABLE'); END IF; ", **zone)


def _end_prepare(want: Want) -> Step:
    return _call(want, "END_PREPARE", window="NONE", secondary=0)


def _prepare(zone: Attributes, version: int, want: Want) -> t.List[Step]:
    if zone["version"] >= version or zone["prepared_for"] == version and zone["window"] == "NONE" or zone["window"] == "UPGRADE":
        return []
    steps = []
    if zone["window"] == "PREPARE" and zone["secondary"] != version:
        steps.append(_end_prepare(want))
    if zone["window"] == "NONE" or steps:
        steps.append(_call(want, "BEGIN_PREPARE({0})".format(version), window="PREPARE", secondary=version))
    steps += _emptied(want, "affected_tables", "error_table")
    steps.append(_call(want, "FIND_AFFECTED_TABLES(affected_tables => 'sys.dst$affected_tables', log_errors => TRUE, "
                       "log_errors_table => 'sys.dst$error_table')"))
    end = _end_prepare(want)
    end.record[item(want)] = version
    end.effects[ZONE] = dict(t.cast(Attributes, end.effects[ZONE]), prepared_for=version)
    return steps + [end]


def _pdb(want: Want, verb: str, open_mode: str) -> Step:
    return Step(Statement("ALTER PLUGGABLE DATABASE ", identifier(want["pdb"]), " " + verb), effects={"PDB " + want["pdb"]: {"open_mode": open_mode}})


def _open(state: State, want: Want) -> t.List[Step]:
    """Up from wherever a run that was killed left it."""
    instance = t.cast(Attributes, state[RESOURCE])
    if instance["status"] != "OPEN":
        return startup(instance, want, "OPEN") if instance["status"] == "STOPPED" else ascend(instance, "OPEN")
    return [_pdb(want, "OPEN", "READ WRITE")]


def _reopen(state: State, want: Want) -> t.List[Step]:
    """From UPGRADE mode to ordinary work."""
    if want["pdb"]:
        return [_pdb(want, "CLOSE IMMEDIATE", "MOUNTED"), _pdb(want, "OPEN", "READ WRITE")]
    instance = t.cast(Attributes, state[RESOURCE])
    # Clusterware did not start it in this mode, so it does not stop it.
    down = Step(Statement("SHUTDOWN IMMEDIATE"), effects={RESOURCE: {"status": "STOPPED", "upgrade": False}})
    return [down] + startup(instance, want, "OPEN")


def _into_upgrade_mode(state: State, want: Want) -> t.List[Step]:
    if want["pdb"]:
        return [_pdb(want, "CLOSE IMMEDIATE", "MOUNTED"), _pdb(want, "OPEN UPGRADE", "MIGRATE")]
    return [shutdown(t.cast(Attributes, state[RESOURCE]), want),
            Step(Statement("STARTUP UPGRADE"), effects={RESOURCE: {"status": "OPEN", "upgrade": True}})]


def _upgrade(state: State, zone: Attributes, version: int, want: Want) -> t.List[Step]:
    upgrade_mode = t.cast(Attributes, state["PDB " + want["pdb"]])["open_mode"] == "MIGRATE" if want["pdb"] else t.cast(
        Attributes, state[RESOURCE])["upgrade"]
    steps = []
    if zone["window"] == "PREPARE":
        steps.append(_end_prepare(want))
    if zone["window"] != "UPGRADE":
        steps += [] if upgrade_mode else _into_upgrade_mode(state, want)
        steps.append(_call(want, "BEGIN_UPGRADE({0})".format(version), window="UPGRADE", version=version, secondary=zone["version"]))
        upgrade_mode = True
    if upgrade_mode:
        steps += _reopen(state, want)
    steps += _emptied(want, "error_table", "trigger_table")
    steps.append(_counted(want, "UPGRADE_DATABASE(failures, parallel => {0}, log_errors => TRUE, log_errors_table => 'sys.dst$error_table', "
                          "log_triggers_table => 'sys.dst$trigger_table')".format(str(want["parallel"]).upper())))
    steps.append(_counted(want, "END_UPGRADE(failures)", window="NONE", secondary=0))
    return steps


def under_way(state: State, want: Want) -> bool:
    """The call before this one found the database down and could only open it, or restarted it; now it tells how far it is and which services run.

    Seen from the server it does not tell which services ran before: where the listener has not got it back yet, the next look tells.
    """
    zone = t.cast(Attributes, state[ZONE])
    if want["state"] != "upgraded" or not want["restart"]:
        return False
    unseen = bool(want["migration_id"]) and "_services" not in zone
    return unseen or "version" not in zone or zone["window"] != "NONE" or zone["version"] < _wanted(zone, want) or bool(zone.get("_services"))


def report(state: State, want: Want) -> Attributes:
    return {"affected": t.cast(Attributes, state[ZONE]).get("_affected", [])}


MODULE = Module(
    argument_spec=dict(
        OPTIONS,
        state={"type": "str", "default": "prepared", "choices": ["prepared", "upgraded"]},
        version={"type": "int"},
        pdb={"type": "str"},
        parallel={"type": "bool", "default": True},
    ),
    observe=observe, plan=plan, report=report, under_way=under_way, server=True, reopen=True,
    required_if=[("state", "prepared", ("migration_id",))],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

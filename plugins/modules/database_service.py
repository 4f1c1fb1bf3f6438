#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: database_service
short_description: Have services of a database present, started or stopped
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Creates, starts, stops and deletes services, by DBMS_SERVICE, or with O(manager=srvctl) by Server Control where Oracle Clusterware or
    Oracle Restart manages the database, which would not know of them otherwise.
  - With O(manager=srvctl) a service that is there is registered as well, also at a standby database, which may be mounted only, and runs there once its
    role is one of O(role). One that is registered keeps what it was registered with.
  - With O(role) a service runs only where the database has one of these roles. The same call at both databases of a Data Guard pair
    starts it at the one and stops it at the other, whatever the roles have become, so services move with a switchover.
  - A service is a row of the data dictionary, so a standby database gets it from its primary. There it can be started and stopped only.
  - What there was before is written to the journal, and O(state=as_before) puts just that back. A database that is not open read write keeps no journal.
options:
  names:
    description: The services. With O(state=as_before) those of the journal when none is named.
    type: list
    elements: str
    default: []
  state:
    description:
      - V(present) has them in the dictionary, started or not. V(started) and V(stopped) have them there too.
      - V(absent) stops and deletes them.
      - V(as_before) brings them to what the journal says.
    type: str
    default: started
    choices: [present, started, stopped, absent, as_before]
  role:
    description: Roles of the database in which the service is to run. In any other role O(state=started) means stopped. Every role when empty.
    type: list
    elements: str
    default: []
    choices: [primary, physical_standby, snapshot_standby]
  manager:
    description:
      - V(srvctl) for databases that Oracle Clusterware or Oracle Restart manages. It runs on the server, as the Oracle owner.
      - O(state=as_before) takes no registration away from a service that was in the dictionary before, and gives it none.
    type: str
    default: dbms_service
    choices: [dbms_service, srvctl]
  db_unique_name:
    description: The database as srvctl knows it. By default as the database says.
    type: str
  pdb:
    description: The pluggable database that a service of O(manager=srvctl) belongs to. DBMS_SERVICE makes it where the session is.
    type: str
  preferred:
    description: The instances of a RAC database on which a new service of O(manager=srvctl) runs. Server Control asks for them (PRKO-3116).
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Services run where the primary is
  dbferry.oracle.database_service:
    names: [sales, reports]
    role: [primary]
    migration_id: SALES

- name: The old primary offers none of them
  dbferry.oracle.database_service:
    names: [sales, reports]
    role: [primary]
    migration_id: SALES
  delegate_to: dbsrc

- name: As it was
  dbferry.oracle.database_service:
    state: as_before
    migration_id: SALES
"""

RETURN = r"""
before:
  description: The role of the database and the services before.
  returned: success
  type: dict
after:
  description: The role of the database and the services afterwards.
  returned: success
  type: dict
  sample: {"DATABASE": {"role": "PRIMARY", "open_mode": "READ WRITE"}, "SERVICE sales": {"active": true}}
active:
  description: The services among them that are started.
  returned: success
  type: list
  elements: str
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["BEGIN DBMS_SERVICE.START_SERVICE(service_name => 'sales'); END;"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import srvctl
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import literal
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

DATABASE = "SELECT database_role, open_mode, db_unique_name FROM v$database"
#: The dictionary, which a database that is only mounted does not show.
SERVICES = "SELECT name FROM dba_services WHERE name NOT LIKE 'SYS$%'"
#: Of all instances: on RAC a service may run on another one.
ACTIVE = "SELECT DISTINCT name FROM gv$active_services WHERE name NOT LIKE 'SYS$%'"

#: Journal item: what each service was like before it was changed first.
ITEM = "services before"


def observe(session: t.Any, want: Want) -> State:
    database = session.one(DATABASE)
    known_as = want["db_unique_name"] or database["db_unique_name"]
    managed = srvctl.registered(session, known_as) if want["manager"] == "srvctl" else None
    active = {row["name"].lower() for row in session.query(ACTIVE)}
    # Nobody but the dictionary knows a service that is not started.
    known = {row["name"].lower() for row in session.query(SERVICES)} if database["open_mode"].startswith("READ") else None
    before = (session.journal.get(ITEM) or {}) if known is not None else {}
    state: State = {"DATABASE": {"database_role": database["database_role"], "open_mode": database["open_mode"], "_before": before,
                                 "_known": known is not None, "_known_as": known_as}}
    registered = {name.lower() for name in srvctl.services(managed or {})}
    if want["manager"] == "srvctl":
        state[srvctl.resource(known_as)] = managed
    names = want["names"] or (sorted(before) if want["state"] == "as_before" else [])
    for name in names:
        defined = name.lower() in (active if known is None else active | known)
        found: Attributes = {"active": name.lower() in active, "_defined": defined}
        if want["manager"] == "srvctl":
            found["registered"] = name.lower() in registered
        state["SERVICE " + name] = found if defined or found.get("registered") else None
    return state


def _services(state: State) -> t.List[t.Tuple[str, t.Optional[Attributes]]]:
    return [(resource.split(" ", 1)[1], found) for resource, found in state.items() if resource.startswith("SERVICE ")]


def _wanted(name: str, found: t.Optional[Attributes], database: Attributes, want: Want) -> t.Tuple[t.Optional[bool], t.Optional[bool]]:
    """Whether it is to be there, and whether it is to run; None: as it is."""
    if want["state"] == "as_before":
        before = database["_before"].get(name)
        return (None, None) if before is None else (before["present"], before["active"])
    if want["state"] == "absent":
        return False, False
    if want["state"] == "present":
        return True, None
    here = not want["role"] or database["database_role"].replace(" ", "_").lower() in want["role"]
    return True, want["state"] == "started" and here


def plan(state: State, want: Want) -> t.List[Step]:
    database = t.cast(Attributes, state["DATABASE"])
    steps: t.List[Step] = []
    before = dict(database["_before"])
    for name, found in _services(state):
        present, running = _wanted(name, found, database, want)
        made = _service_steps(name, found, present, running, dict(database, _managed=state.get(srvctl.resource(database["_known_as"]))), want)
        if made and want["state"] != "as_before":
            before.setdefault(name, {"present": found is not None, "active": bool(found and found["active"])})
        steps += made
    writable = database["open_mode"] == "READ WRITE"
    if steps and writable and want["migration_id"] and want["state"] != "as_before" and before != database["_before"]:
        steps[0].remember[ITEM] = before
    if want["state"] == "as_before":
        left = {name: found for name, found in before.items() if want["names"] and name not in want["names"]}
        if left != database["_before"]:
            steps.append(Step(None, record={ITEM: left}, effects={"DATABASE": {"_before": left}}))
    return steps


def _service_steps(name: str, found: t.Optional[Attributes], present: t.Optional[bool], running: t.Optional[bool], database: Attributes,
                   want: Want) -> t.List[Step]:
    resource = "SERVICE " + name
    steps = []
    writable, managed = database["open_mode"] == "READ WRITE", want["manager"] == "srvctl"
    runs, registered = bool(found and found["active"]), bool(found and found.get("registered"))
    if running and not database["_known"] and not runs:
        raise Refused("The service {0} is to run, and the database is not open.".format(name), code="DBF-0622",
                      hint="Open it first (module instance).")
    if found is None and running and not writable:
        raise Refused("The service {0} is not in the dictionary, and this database, which is {1}, cannot be given it.".format(
            name, database["open_mode"]), code="DBF-0621", hint="Create it at the primary; its standby databases get it from there.")
    if present and (not registered and want["state"] != "as_before" if managed else found is None and writable):
        if managed and not database["_managed"]:
            raise Refused("Clusterware does not know the database {0}, so it cannot be told of the service {1}.".format(database["_known_as"], name),
                          code="DBF-0624", hint="Register the database first (module clusterware_database).")
        effects: State = {resource: {"active": runs, "registered": True} if managed else {"active": False}}
        steps.append(Step(_issue("add", name, managed, database, want), effects=effects))
        registered = managed
    if runs and running is False:
        steps.append(Step(_issue("stop", name, registered, database, want), effects={resource: {"active": False}}))
    if running and not runs:
        steps.append(Step(_issue("start", name, registered, database, want), effects={resource: {"active": True}}))
    if found is not None and present is False and database["_known"]:
        if not writable:
            raise Refused("The service {0} is to go, and this database is {1}.".format(name, database["open_mode"]), code="DBF-0623",
                          hint="Delete it at the primary; its standby databases lose it with it.")
        # Clusterware forgets a service, and the dictionary keeps it.
        removed = [_issue("remove", name, True, database, want)] if registered else []
        removed += [_call("remove", name)] if found.get("_defined", True) else []
        steps += [Step(statement, effects={resource: None}) for statement in removed]
    return steps


_CALLS = {"add": "CREATE_SERVICE", "start": "START_SERVICE", "stop": "STOP_SERVICE", "remove": "DELETE_SERVICE"}


def _issue(verb: str, name: str, registered: bool, database: Attributes, want: Want) -> Statement:
    """Clusterware knows, starts and stops what is registered there, and nothing else."""
    if not registered:
        return _call(verb, name)
    made_with = (("-r", want["preferred"]), ("-l", [role.upper() for role in want["role"]]), ("-pdb", [want["pdb"]] if want["pdb"] else []))
    options = [word for option, values in made_with if values for word in (option, ",".join(values))]
    return srvctl.service(verb, database["_known_as"], name, options if verb == "add" else [])


def _call(verb: str, name: str) -> Statement:
    network = ", network_name => " + literal(name) if verb == "add" else ""
    return Statement("BEGIN DBMS_SERVICE.{0}(service_name => ".format(_CALLS[verb]), literal(name), network, "); END;")


def report(state: State, want: Want) -> Attributes:
    return {"active": [name for name, found in _services(state) if found and found["active"]]}


MODULE = Module(
    argument_spec={
        "names": {"type": "list", "elements": "str", "default": []},
        "state": {"type": "str", "default": "started", "choices": ["present", "started", "stopped", "absent", "as_before"]},
        "role": {"type": "list", "elements": "str", "default": [], "choices": ["primary", "physical_standby", "snapshot_standby"]},
        "manager": {"type": "str", "default": "dbms_service", "choices": ["dbms_service", "srvctl"]},
        "db_unique_name": {"type": "str"},
        "pdb": {"type": "str"},
        "preferred": {"type": "list", "elements": "str", "default": []},
    },
    observe=observe, plan=plan, report=report, local=lambda want: want["manager"] == "srvctl",
    required_if=[("state", "as_before", ("migration_id",))],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: clusterware_database
short_description: A database in the registry of Oracle Restart or Oracle Clusterware
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Registers a database with Server Control, so that Oracle Restart or Oracle Clusterware starts it with its server and watches it, changes what is
    registered, or takes it out. C(srvctl config database) tells what there is, the database what there should be.
  - C(srvctl) of the database's own ORACLE_HOME runs on the server, as the Oracle owner. 12.1 and later.
  - A database that runs when it is registered is started with C(srvctl) as well, which changes nothing but that it counts as meant to run.
  - With O(instances) it is a RAC database, whose administrator says on which node each instance runs.
options:
  state:
    description:
      - V(present) has the database registered as the other options say, and enabled.
      - V(disabled) has Clusterware leave it alone, if it is registered, as is needed while it is dropped and restored. It runs on.
      - V(absent) takes it out. Oracle refuses that while it runs (PRKO-3141).
    type: str
    default: present
    choices: [present, disabled, absent]
  db_unique_name:
    description: Name of the database in the registry. By default its DB_UNIQUE_NAME, which a database that is not mounted does not tell.
    type: str
  dbname:
    description: DB_NAME. As the database says unless given.
    type: str
  domain:
    description: DB_DOMAIN. As the database says unless given.
    type: str
  instance:
    description: SID of the instance. As the database says unless given.
    type: str
  spfile:
    description: The server parameter file. The one that the instance was started with unless given.
    type: str
  pwfile:
    description: The password file. One in a disk group, as the database says, unless given.
    type: str
  role:
    description: Role of the database. As it is unless given.
    type: str
    choices: [primary, physical_standby, logical_standby, snapshot_standby]
  startoption:
    description: How the database is started. V(mount) for a physical standby, V(open) otherwise, unless given.
    type: str
    choices: [open, mount, read only]
  stopoption:
    description: How it is stopped.
    type: str
    choices: [normal, transactional, immediate, abort]
  policy:
    description: Whether it starts with its server as it was before (V(automatic)), by hand only, or is not started anew after a failure either.
    type: str
    choices: [automatic, manual, norestart]
  diskgroup:
    description: Disk groups that it needs. Those that its files are in unless given.
    type: list
    elements: str
  node:
    description: The node of a cluster on which the single instance runs. Oracle Restart has none.
    type: str
  instances:
    description:
      - The instances of a RAC database (CLUSTER_DATABASE is TRUE). Those that are registered and not named here are left alone.
      - A database that is registered with one instance (Type SINGLE) is taken out first. One that has services there is refused instead.
    type: list
    elements: dict
    default: []
    suboptions:
      instance:
        description: SID of the instance.
        type: str
        required: true
      node:
        description: The node on which it runs.
        type: str
        required: true
      state:
        description: V(present) has it registered, V(started) and V(stopped) have it run or not as well.
        type: str
        default: present
        choices: [present, started, stopped]
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Nobody starts the placeholder while it gives way
  dbferry.oracle.clusterware_database:
    state: disabled
    db_unique_name: sales_new

- name: The new database starts with its server
  dbferry.oracle.clusterware_database:
    policy: automatic
    mode: sysdba

- name: It has a second instance, which starts now
  dbferry.oracle.clusterware_database:
    mode: sysdba
    instances:
      - {instance: SALES1, node: node1}
      - {instance: SALES2, node: node2, state: started}
"""

RETURN = r"""
before:
  description: What was registered.
  returned: success
  type: dict
  sample: {"CLUSTERWARE_DATABASE sales_new": null}
after:
  description: What is registered, by the names that C(srvctl config database) has for it.
  returned: success
  type: dict
  sample: {"CLUSTERWARE_DATABASE sales_new": {"Database role": "PRIMARY", "Start options": "open", "enabled": true}}
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["srvctl enable database -db sales_new"]
"""

import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import archive_destination, parameters, srvctl
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

DATABASE = """
SELECT d.name, d.db_unique_name, d.database_role role, i.instance_name FROM v$database d CROSS JOIN v$instance i
"""
PARAMETERS = "SELECT name, value FROM v$parameter WHERE name IN ('spfile', 'db_domain', 'db_recovery_file_dest', 'cluster_database')"
INSTANCES = "SELECT instance_name FROM gv$instance"
FILES = "SELECT name FROM v$controlfile UNION SELECT name FROM v$datafile UNION SELECT member FROM v$logfile"
#: Since 12.2.
PASSWORD_FILE = "SELECT file_name FROM v$passwordfile_info WHERE is_asm = 'TRUE'"

#: Each option with its line of ``srvctl config database`` and what stands there is compared as.
LINES: t.Dict[str, t.Tuple[str, t.Callable[[str], t.Any]]] = {
    "oraclehome": ("Oracle home", str), "dbname": ("Database name", str.upper), "domain": ("Domain", str.lower), "instance": ("Database instance", str),
    "spfile": ("Spfile", str), "pwfile": ("Password file", str), "role": ("Database role", str.upper), "startoption": ("Start options", str.lower),
    "stopoption": ("Stop options", str.lower), "policy": ("Management policy", str.upper),
    "diskgroup": ("Disk Groups", lambda text: sorted(filter(None, text.upper().split(",")))),
}
CLUSTER_DATABASE = parameters.resource("cluster_database")
#: The line that a RAC database has for them.
INSTANCES_LINE = "Database instances"


def observe(session: t.Any, want: Want) -> State:
    if want["db_unique_name"] and not archive_destination.NAME.fullmatch(want["db_unique_name"]):
        raise Refused("{0!r} cannot be a DB_UNIQUE_NAME.".format(want["db_unique_name"][:40]), code="DBF-0862",
                      hint="30 letters, digits and _ $ # at most.")
    database: Attributes = {}
    state: State = {}
    if want["state"] == "present" or not want["db_unique_name"]:
        values = {row["name"]: row["value"] or "" for row in session.query(PARAMETERS)}
        database = _database(session, values)
        # A resource of its own, so that a plan knows what an earlier phase would set.
        state[CLUSTER_DATABASE] = {"value": values.get("cluster_database", "FALSE")}
    name = want["db_unique_name"] or database["db_unique_name"]
    return dict(state, **{srvctl.resource(name): srvctl.registered(session, name), "DATABASE": {"_name": name, "_found": database}})


def _database(session: t.Any, values: t.Dict[str, str]) -> Attributes:
    """What the database says of itself, as options.

    :arg values: its parameters.
    """
    found = session.one(DATABASE)
    files = [row["name"] for row in session.query(FILES)] + [values.get("db_recovery_file_dest", "")]
    password_file = session.query(PASSWORD_FILE) if session.release >= (12, 2) else []
    role = found["role"].replace(" ", "_")
    return {"db_unique_name": found["db_unique_name"], "dbname": found["name"], "running": sorted(row["instance_name"] for row in session.query(INSTANCES)),
            "domain": values.get("db_domain", ""), "instance": found["instance_name"], "spfile": values.get("spfile", ""),
            "pwfile": password_file[0]["file_name"] if password_file else "", "role": role,
            "startoption": "mount" if role == "PHYSICAL_STANDBY" else "open",
            "diskgroup": sorted({group.group(1).upper() for group in map(re.compile(r"\+([^/.]+)").match, files) if group})}


def _is_rac(state: State) -> bool:
    return str((state[CLUSTER_DATABASE] or {})["value"]).upper() == "TRUE"


def _wanted(state: State, want: Want) -> t.Dict[str, str]:
    """The options of ``srvctl add database``: what is given, and otherwise what the database says."""
    database = t.cast(Attributes, state["DATABASE"])["_found"]
    found = {"oraclehome": want["oracle_home"] or ""}
    for option in LINES:
        value = want.get(option) or database.get(option)
        if value and option != "oraclehome" and not (option == "instance" and _is_rac(state)):
            found[option] = ",".join(value) if isinstance(value, list) else value.upper() if option in ("role", "policy") else value
    return found


def plan(state: State, want: Want) -> t.List[Step]:
    source = t.cast(Attributes, state["DATABASE"])
    name, database = source["_name"], source["_found"]
    resource = srvctl.resource(name)
    found = state[resource]
    if want["state"] == "absent":
        return [Step(srvctl.database("remove", name, ["-noprompt"]), effects={resource: None})] if found is not None else []
    if want["state"] == "disabled":
        return [Step(srvctl.database("disable", name), effects={resource: {"enabled": False}})] if found is not None and found["enabled"] else []
    wanted = _wanted(state, want)
    effects: State = {resource: dict({LINES[option][0]: value for option, value in wanted.items()}, enabled=True)}
    steps: t.List[Step] = []
    if _other_type(state, want):
        steps, found = [Step(srvctl.database("remove", name, ["-force", "-noprompt"]), effects={resource: None})], None
    if found is None:
        kind = ["-dbtype", "RAC"] if _is_rac(state) else ["-dbtype", "SINGLE", "-node", want["node"]] if want["node"] else []
        steps.append(Step(srvctl.database("add", name, _words(wanted) + kind), effects=effects))
        if not _is_rac(state):
            return steps + [Step(srvctl.start(name, wanted["startoption"]))]
        return steps + _instance_steps(name, [], wanted["startoption"], database, want, new=True)
    changed = {option: value for option, value in wanted.items() if _read(option, found.get(LINES[option][0]) or "") != _read(option, value)}
    steps = [Step(srvctl.database("modify", name, _words(changed)), effects=effects)] if changed else []
    steps += [] if found["enabled"] else [Step(srvctl.database("enable", name), effects={resource: {"enabled": True}})]
    return steps + _instance_steps(name, _registered(found), wanted["startoption"], database, want, new=False)


def _other_type(state: State, want: Want) -> bool:
    """Whether it is registered as what it is not any more: with one instance.

    :raises Refused: what is there and what is wanted do not go together.
    """
    name = t.cast(Attributes, state["DATABASE"])["_name"]
    found = state[srvctl.resource(name)]
    of_several = found is not None and INSTANCES_LINE in found
    if not _is_rac(state):
        if want["instances"] or of_several:
            what = "registered as RAC database" if of_several else "to have several instances"
            raise Refused("{0} is {1}, and its CLUSTER_DATABASE is FALSE.".format(name, what), code="DBF-0863",
                          hint="Set CLUSTER_DATABASE=TRUE (module parameter) and restart the instance.")
        return False
    if of_several:
        return False
    if not want["instances"]:
        raise Refused("{0} is a RAC database (CLUSTER_DATABASE), and is not registered as one.".format(name), code="DBF-0861",
                      hint="Say in instances which one runs on which node.")
    if found is not None and srvctl.services(found):
        raise Refused("{0} is registered with one instance, and has services there: {1}.".format(name, ", ".join(srvctl.services(found))), code="DBF-0864",
                      hint="Take these out first (module database_service, manager=srvctl), and register them anew afterwards.")
    return found is not None


def _registered(found: Attributes) -> t.List[str]:
    return [one.strip() for one in (found.get(INSTANCES_LINE) or "").split(",") if one.strip()]


def _instance_steps(name: str, registered: t.List[str], startoption: str, database: Attributes, want: Want, new: bool) -> t.List[Step]:
    """Instances that are to be registered, started or stopped.

    :arg new: the database was not registered before: those that run are started by srvctl too, so that they count as meant to run.
    """
    steps: t.List[Step] = []
    known, running = list(registered), list(database["running"])
    for one in want["instances"]:
        instance = one["instance"]
        if instance not in known:
            known.append(instance)
            steps.append(Step(srvctl.instance("add", name, instance, ["-node", one["node"]]),
                              effects={srvctl.resource(name): {INSTANCES_LINE: ",".join(known)}}))
        if one["state"] == "stopped" and instance in running:
            running.remove(instance)
            steps.append(Step(srvctl.stop(name, "immediate", instance), effects={"DATABASE": {"_found": dict(database, running=running[:])}}))
        elif one["state"] == "started" and instance not in running or new and instance in running:
            running = sorted(set(running) | {instance})
            steps.append(Step(srvctl.start(name, startoption, instance), effects={"DATABASE": {"_found": dict(database, running=running)}}))
    return steps


def _read(option: str, text: str) -> t.Any:
    return LINES[option][1](text)


def _words(options: t.Dict[str, str]) -> t.List[str]:
    return [word for option, value in options.items() for word in ("-" + option, value)]


MODULE = Module(
    argument_spec={
        "state": {"type": "str", "default": "present", "choices": ["present", "disabled", "absent"]},
        "db_unique_name": {"type": "str"},
        "dbname": {"type": "str"},
        "domain": {"type": "str"},
        "instance": {"type": "str"},
        "spfile": {"type": "str"},
        "pwfile": {"type": "str"},
        "role": {"type": "str", "choices": ["primary", "physical_standby", "logical_standby", "snapshot_standby"]},
        "startoption": {"type": "str", "choices": ["open", "mount", "read only"]},
        "stopoption": {"type": "str", "choices": ["normal", "transactional", "immediate", "abort"]},
        "policy": {"type": "str", "choices": ["automatic", "manual", "norestart"]},
        "diskgroup": {"type": "list", "elements": "str"},
        "node": {"type": "str"},
        "instances": {"type": "list", "elements": "dict", "default": [], "options": {
            "instance": {"type": "str", "required": True},
            "node": {"type": "str", "required": True},
            "state": {"type": "str", "default": "present", "choices": ["present", "started", "stopped"]},
        }},
    },
    observe=observe, plan=plan, server=True, reopen=True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

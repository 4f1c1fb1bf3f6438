#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: clusterware_database
short_description: A single-instance database in the registry of Oracle Restart or Oracle Clusterware
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Registers a database with Server Control, so that Oracle Restart or Oracle Clusterware starts it with its server and watches it, changes what is
    registered, or takes it out. C(srvctl config database) tells what there is, the database what there should be.
  - C(srvctl) of the database's own ORACLE_HOME runs on the server, as the Oracle owner. 12.1 and later.
  - A database that runs when it is registered is started with C(srvctl) as well, which changes nothing but that it counts as meant to run.
  - Databases of several instances are refused.
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

from ansible_collections.dbferry.oracle.plugins.module_utils import archive_destination, srvctl
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module

DATABASE = """
SELECT d.name, d.db_unique_name, d.database_role role, i.instance_name, i.parallel FROM v$database d CROSS JOIN v$instance i
"""
PARAMETERS = "SELECT name, value FROM v$parameter WHERE name IN ('spfile', 'db_domain', 'db_recovery_file_dest')"
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


def observe(session: t.Any, want: Want) -> State:
    if want["db_unique_name"] and not archive_destination.NAME.fullmatch(want["db_unique_name"]):
        raise Refused("{0!r} cannot be a DB_UNIQUE_NAME.".format(want["db_unique_name"][:40]), code="DBF-0862",
                      hint="30 letters, digits and _ $ # at most.")
    database: Attributes = {}
    if want["state"] == "present" or not want["db_unique_name"]:
        database = _database(session)
    name = want["db_unique_name"] or database["db_unique_name"]
    return {srvctl.resource(name): srvctl.registered(session, name), "DATABASE": {"_name": name, "_found": database}}


def _database(session: t.Any) -> Attributes:
    """What the database says of itself, as options."""
    found = session.one(DATABASE)
    parameters = {row["name"]: row["value"] or "" for row in session.query(PARAMETERS)}
    files = [row["name"] for row in session.query(FILES)] + [parameters.get("db_recovery_file_dest", "")]
    password_file = session.query(PASSWORD_FILE) if session.release >= (12, 2) else []
    role = found["role"].replace(" ", "_")
    return {"db_unique_name": found["db_unique_name"], "parallel": found["parallel"] == "YES", "dbname": found["name"],
            "domain": parameters.get("db_domain", ""), "instance": found["instance_name"], "spfile": parameters.get("spfile", ""),
            "pwfile": password_file[0]["file_name"] if password_file else "", "role": role,
            "startoption": "mount" if role == "PHYSICAL_STANDBY" else "open",
            "diskgroup": sorted({group.group(1).upper() for group in map(re.compile(r"\+([^/.]+)").match, files) if group})}


def _wanted(database: Attributes, want: Want) -> t.Dict[str, str]:
    """The options of ``srvctl add database``: what is given, and otherwise what the database says."""
    found = {"oraclehome": want["oracle_home"] or ""}
    for option in LINES:
        value = want.get(option) or database.get(option)
        if value and option != "oraclehome":
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
    if database["parallel"]:
        raise Refused("{0} has several instances (CLUSTER_DATABASE).".format(name), code="DBF-0861",
                      hint="Register it by hand: srvctl add database, and srvctl add instance for each one.")
    wanted = _wanted(database, want)
    effects: State = {resource: dict({LINES[option][0]: value for option, value in wanted.items()}, enabled=True)}
    if found is None:
        node = ["-dbtype", "SINGLE", "-node", want["node"]] if want["node"] else []
        return [Step(srvctl.database("add", name, _words(wanted) + node), effects=effects),
                Step(srvctl.start(name, wanted["startoption"]))]
    changed = {option: value for option, value in wanted.items() if _read(option, found.get(LINES[option][0]) or "") != _read(option, value)}
    steps = [Step(srvctl.database("modify", name, _words(changed)), effects=effects)] if changed else []
    return steps + ([] if found["enabled"] else [Step(srvctl.database("enable", name), effects={resource: {"enabled": True}})])


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
    },
    observe=observe, plan=plan, server=True, reopen=True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

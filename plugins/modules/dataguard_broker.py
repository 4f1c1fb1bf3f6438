#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: dataguard_broker
short_description: The Data Guard broker's configuration and its members
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Starts the broker, makes its configuration, adds members, sets properties and the protection mode, enables, disables and removes it.
  - What SQL can tell is asked for by SQL. DGMGRL runs on the database server, as the Oracle owner with C(CONNECT /), when there is something to
    do, and to read properties when some are wanted.
  - Run it with O(state=started) on every database first, then with O(state=enabled) on the primary.
  - A configuration that has just been enabled has warnings for a minute or two, such as ORA-16809. Until they are gone RV(finished) is false; loop on it.
  - Members that are not named stay as they are.
options:
  state:
    description:
      - V(started) and V(stopped) are about the broker's processes of this database alone. V(enabled) and V(disabled) make the configuration where there is
        none. V(absent) removes it.
    type: str
    default: enabled
    choices: [started, enabled, disabled, absent, stopped]
  name:
    description: Name of the configuration. Only making it needs one; SQL does not tell it.
    type: str
  primary:
    description: DB_UNIQUE_NAME of the primary database. By default that of this database.
    type: str
  connect_identifier:
    description: How all members reach the primary database (DGConnectIdentifier). Only making the configuration needs it.
    type: str
  primary_properties:
    description: Properties of the primary database, by the broker's names.
    type: dict
    default: {}
  members:
    description: Standby databases.
    type: list
    elements: dict
    default: []
    suboptions:
      db_unique_name:
        description: Its DB_UNIQUE_NAME.
        type: str
        required: true
      connect_identifier:
        description: How all members reach it (DGConnectIdentifier). Adding it needs this.
        type: str
      redo_source:
        description: DB_UNIQUE_NAME of the member that it receives its redo from, when that is another standby. The redo routes (RedoRoutes) follow from it.
        type: str
      properties:
        description: Properties of the database, such as LogXptMode or StaticConnectIdentifier.
        type: dict
        default: {}
      state:
        description: V(absent) removes it from the configuration.
        type: str
        default: enabled
        choices: [enabled, disabled, absent]
  properties:
    description: Properties of the configuration, such as OperationTimeout.
    type: dict
    default: {}
  protection_mode:
    description: Protection mode. When unset, as it is.
    type: str
    choices: [MaxPerformance, MaxAvailability, MaxProtection]
  preserve_destinations:
    description: When something is removed, leave the LOG_ARCHIVE_DEST_n that the broker has set, so that redo goes on being sent.
    type: bool
    default: false
  dg_broker_config_file1:
    description: The first file of the configuration. When unset, as it is.
    type: str
  dg_broker_config_file2:
    description: The second file of the configuration. When unset, as it is.
    type: str
  fail:
    description: Fail when the broker tells of an error that does not pass by itself.
    type: bool
    default: true
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: The broker runs on both sides
  dbferry.oracle.dataguard_broker:
    state: started
  delegate_to: "{{ item }}"
  loop: [sales_old, sales_new]

- name: Source and target are a configuration
  dbferry.oracle.dataguard_broker:
    name: SALES
    connect_identifier: SALES_OLD
    members:
      - db_unique_name: SALES_NEW
        connect_identifier: SALES_NEW
        properties:
          LogXptMode: ASYNC
  delegate_to: sales_old
  register: broker
  until: broker.finished
  retries: 60
  delay: 5

- name: The broker goes, redo is still sent
  dbferry.oracle.dataguard_broker:
    state: absent
    preserve_destinations: true
"""

RETURN = r"""
finished:
  description: Whether the broker is content, or will not become so by waiting. Always true in check mode.
  returned: success
  type: bool
verdict:
  description: V(ok), V(warning), V(failed), or V(unknown) before the configuration is enabled.
  returned: success
  type: str
members:
  description: The members as the broker has them. C(status) is 0, or the number of an Oracle error.
  returned: success
  type: list
  elements: dict
  sample: [{"name": "sales_old", "role": "PRIMARY", "connect_identifier": "SALES_OLD", "redo_source": null, "enabled": true, "status": 0}]
before:
  description: Configuration, members and parameters before.
  returned: success
  type: dict
after:
  description: Configuration, members and parameters afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import dgmgrl, parameters
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Finding, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

DATABASE = "SELECT db_unique_name, database_role, protection_mode FROM v$database"
MEMBERS = "SELECT database, connect_identifier, dataguard_role, redo_source, enabled, status FROM v$dg_broker_config ORDER BY database"
DESTINATIONS = r"SELECT name, value FROM v$parameter WHERE name LIKE 'log\_archive\_dest\__%' ESCAPE '\' AND value IS NOT NULL ORDER BY name"

START = "dg_broker_start"
FILES = ("dg_broker_config_file1", "dg_broker_config_file2")
MODES = {"MAXIMUM PERFORMANCE": "MaxPerformance", "MAXIMUM AVAILABILITY": "MaxAvailability", "MAXIMUM PROTECTION": "MaxProtection"}

#: There is no broker, or no configuration.
NOTHING = ("ORA-16525", "ORA-16532")
#: States that pass by themselves while a configuration comes to life or a standby catches up: the monitor is starting, a command is in progress,
#: several warnings, lag above a threshold or not known yet, not connected for a while (Oracle Database Error Messages).
PASSING = {16525: "the broker is starting", 16610: "a command is in progress", 16809: "there are several warnings", 16853: "apply lag above its threshold",
           16854: "apply lag is not known yet", 16855: "transport lag above its threshold", 16857: "the standby is not connected to its source of redo"}
#: Warnings that somebody should look at; the configuration works.
WARNINGS = {16789: "standby redo logs are not as they should be", 16792: "a property and its parameter differ", 16819: "the observer is not started",
            16820: "the observer no longer observes", 16858: "the last contact with the source of redo is not known"}


# -- what is


def observe(session: t.Any, want: Want) -> State:
    state = parameters.observe(session, (START,) + FILES)
    database = dict(session.one(DATABASE))
    database["_destinations"] = [row["name"] for row in session.query(DESTINATIONS) if _remote(row["value"])]
    state["DATABASE"] = database
    state["BROKER"] = None
    running = parameters.same(t.cast(Attributes, state[parameters.resource(START)])["value"], "TRUE")
    for row in _members(session) if running else []:
        state["MEMBER " + row["database"].upper()] = {
            "name": row["database"], "connect_identifier": row["connect_identifier"], "role": row["dataguard_role"].replace("_", " "),
            "redo_source": row["redo_source"] if row["dataguard_role"] != "PRIMARY" else None, "enabled": row["enabled"] == "TRUE",
            "status": row["status"], "properties": {}}
        if row["dataguard_role"] == "PRIMARY":
            state["BROKER"] = {"primary": row["database"], "enabled": row["enabled"] == "TRUE", "properties": {},
                               "protection_mode": MODES.get(database["protection_mode"], database["protection_mode"])}
    if state["BROKER"] is not None:
        _properties(session, state, want)
    return state


def _remote(destination: str) -> bool:
    """Whether a destination sends redo elsewhere and belongs to Data Guard. One with NOREGISTER may stay (documented)."""
    return bool(re.search(r"\bSERVICE\s*=", destination, re.IGNORECASE)) and not re.search(r"\bNOREGISTER\b", destination, re.IGNORECASE)


def _members(session: t.Any) -> t.List[t.Dict[str, t.Any]]:
    try:
        found: t.List[t.Dict[str, t.Any]] = session.query(MEMBERS)
        return found
    except DbferryError as error:
        if error.code not in NOTHING:
            raise
        return []


def _properties(session: t.Any, state: State, want: Want) -> None:
    """The values of properties that are wanted. No view has them before 21c, so the broker's command line is asked."""
    wanted_by_member = _wanted_properties(want, t.cast(Attributes, state["BROKER"])["primary"])
    asked = [name for name, properties in wanted_by_member.items()
             if properties and (name is None or state.get("MEMBER " + name))]
    if not asked:
        return
    names = {name: name if name is None else t.cast(Attributes, state["MEMBER " + name])["name"] for name in asked}
    broker = dgmgrl.Broker([dgmgrl.show(name, verbose=True) for name in names.values()])
    told = dgmgrl.parse(*reversed(session.on_server(broker.argv, broker.script.text())))
    for name in asked:
        database = None if name is None else told.database(str(names[name]))
        held = told.properties if name is None else database.properties if database else {}
        if not held:
            told.require("Asking the Data Guard broker for properties", str(broker))
            raise DbferryError("The Data Guard broker told no properties of {0}.".format(names[name] or "the configuration"), code="DBF-0455",
                               statement=str(broker), hint="Look at what {0} prints in DGMGRL on the server.".format(broker))
        t.cast(Attributes, state["BROKER" if name is None else "MEMBER " + name])["properties"] = {
            key: value for key, value in held.items() if key.lower() in {wanted.lower() for wanted in wanted_by_member[name]}}


# -- what is wanted


def _wanted_properties(want: Want, primary: str) -> t.Dict[t.Optional[str], t.Dict[str, str]]:
    """Properties by member (capitals), with None those of the configuration. Redo routes of cascades are among them."""
    found: t.Dict[t.Optional[str], t.Dict[str, t.Any]] = {
        None: dict(want["properties"]), (want["primary"] or primary).upper(): dict(want["primary_properties"])}
    for member in want["members"]:
        if member["state"] != "absent":
            found[member["db_unique_name"].upper()] = dict(member["properties"])
    for source, route in _routes(want, want["primary"] or primary).items():
        found.setdefault(source.upper(), {}).setdefault("RedoRoutes", route)
    return {name: {key: parameters.text(value) for key, value in properties.items()} for name, properties in found.items()}


def _routes(want: Want, primary: str) -> t.Dict[str, str]:
    """RedoRoutes by member, when there is a cascade: the primary feeds those that name no source, each source its own, asynchronously."""
    standbys = [member for member in want["members"] if member["state"] != "absent"]
    if not any(member["redo_source"] for member in standbys):
        return {}
    fed: t.Dict[str, t.List[str]] = {}
    for member in standbys:
        source = member["redo_source"] or primary
        mode = {key.lower(): value for key, value in member["properties"].items()}.get("logxptmode", "ASYNC") if source == primary else "ASYNC"
        fed.setdefault(source, []).append("{0} {1}".format(member["db_unique_name"], str(mode).upper()))
    return {source: "({0} : {1})".format("LOCAL" if source == primary else primary, ", ".join(members)) for source, members in fed.items()}


# -- what is to be done


def plan(state: State, want: Want) -> t.List[Step]:
    refuse(list(_findings(state, want)))
    if want["state"] == "stopped":
        return parameters.Change(state, START).set_to(False)
    found = state["BROKER"]
    if want["state"] == "absent":
        return [] if found is None else [_step(dgmgrl.remove(preserve_destinations=want["preserve_destinations"]), dict(
            {resource: None for resource in state if resource.startswith("MEMBER ")}, BROKER=None))]
    steps = _started(state, want)
    if want["state"] == "started":
        return steps
    primary = found["primary"] if found else want["primary"] or t.cast(Attributes, state["DATABASE"])["db_unique_name"]
    if found is None:
        steps.append(_step(dgmgrl.create_configuration(want["name"], primary, want["connect_identifier"]), {
            "BROKER": {"primary": primary, "enabled": False},
            "MEMBER " + primary.upper(): {"name": primary, "role": "PRIMARY", "connect_identifier": want["connect_identifier"], "enabled": False}}))
    for member in want["members"]:
        steps += _membership(state, want, member)
    called = {known["name"].upper(): known["name"] for resource, known in state.items() if resource.startswith("MEMBER ") and known}
    for name in [primary] + [member["db_unique_name"] for member in want["members"]]:
        called.setdefault(name.upper(), name)
    for key, properties in _wanted_properties(want, primary).items():
        steps += _setting(state, key, None if key is None else called[key], properties)
    return steps + _enabling(state, want, bool(found and found["enabled"])) + _protection(found, want)


def _step(command: str, effects: State) -> Step:
    return Step(dgmgrl.Broker([command]), effects=effects)


def _findings(state: State, want: Want) -> t.Iterator[Finding]:
    """Everything that stands in the way."""
    database, found = t.cast(Attributes, state["DATABASE"]), state["BROKER"]
    files = _other_files(state, want)
    if files and found is not None:
        yield ("DBF-0451", "There is a configuration, and {0} would be changed.".format(" and ".join(files)),
               "Remove the configuration first, or move its files by hand while the broker is stopped.")
    if want["state"] not in ("enabled", "disabled"):
        return
    if found is not None and want["primary"] and found["primary"].upper() != want["primary"].upper():
        yield ("DBF-0452", "The primary of the configuration is {0}, not {1}.".format(found["primary"], want["primary"]),
               "Name the primary that there is, or change roles first (module switchover).")
    if found is None:
        if database["database_role"] != "PRIMARY":
            yield "DBF-0453", "This database is a {0}, and a configuration is made on the primary.".format(database["database_role"].lower()), \
                "Run this on the primary database."
        missing = [name for name in ("name", "connect_identifier") if not want[name]]
        if missing:
            yield "DBF-0454", "There is no configuration, and making one needs {0}.".format(" and ".join(missing)), "Give {0}.".format(" and ".join(missing))
        if database["_destinations"]:
            yield ("ORA-16698", "Redo is sent by {0}, which the broker wants to set itself.".format(", ".join(database["_destinations"])),
                   "Clear it here and on the other members (module redo_transport); what the broker sends begins at once.")
    for member in want["members"]:
        known = state.get("MEMBER " + member["db_unique_name"].upper())
        if known is None and member["state"] != "absent" and not member["connect_identifier"]:
            yield "DBF-0454", "{0} is to be added, and its connect_identifier is not given.".format(member["db_unique_name"]), "Give it."
        if known is not None and known["status"] == 16661 and member["state"] == "enabled":
            yield ("ORA-16661", "{0} was primary before a failover and has to be reinstated.".format(known["name"]),
                   "REINSTATE DATABASE in DGMGRL as SYSDBA; it needs flashback logs that reach back to the failover.")


def _other_files(state: State, want: Want) -> t.List[str]:
    """The parameters of files that are to be others than they are."""
    return [name for name in FILES if want[name] and not parameters.same(t.cast(Attributes, state[parameters.resource(name)])["value"], want[name])]


def _started(state: State, want: Want) -> t.List[Step]:
    """The broker runs, with its files where they are wanted; they change only while it does not."""
    running = parameters.same(t.cast(Attributes, state[parameters.resource(START)])["value"], "TRUE")
    files: t.List[Step] = []
    for name in _other_files(state, want):
        files += parameters.Change(state, name).set_to(want[name])
    start = parameters.Change(state, START)
    return (start.set_to(False) if files and running else []) + files + (_again(start) if files and running else start.set_to(True))


def _again(start: parameters.Change) -> t.List[Step]:
    """It ran, was stopped, and is started again."""
    stopped = dict(start.found, _instances=dict.fromkeys(start.found["_instances"], "FALSE"), _sids={"*": "FALSE"})
    return parameters.Change({parameters.resource(START): stopped, "SPFILE": start.spfile}, START).set_to(True)


def _membership(state: State, want: Want, member: t.Dict[str, t.Any]) -> t.List[Step]:
    resource = "MEMBER " + member["db_unique_name"].upper()
    known, identifier = state.get(resource), member["connect_identifier"]
    if member["state"] == "absent":
        return [] if known is None else [_step(dgmgrl.remove(known["name"], want["preserve_destinations"]), {resource: None})]
    if known is None:
        return [_step(dgmgrl.add_database(member["db_unique_name"], identifier), {resource: {
            "name": member["db_unique_name"], "connect_identifier": identifier, "enabled": False}})]
    if identifier and identifier != known["connect_identifier"]:
        return [_step(dgmgrl.set_property(known["name"], "DGConnectIdentifier", identifier), {resource: {"connect_identifier": identifier}})]
    return []


def _setting(state: State, name: t.Optional[str], called: t.Optional[str], properties: t.Dict[str, str]) -> t.List[Step]:
    resource = "BROKER" if name is None else "MEMBER " + name
    found = dict((state.get(resource) or {}).get("properties") or {})
    held = {key.lower(): value for key, value in found.items()}
    steps = []
    for key, value in properties.items():
        if key.lower() not in held or not parameters.same(held[key.lower()], value):
            found[key] = value
            steps.append(_step(dgmgrl.set_property(called, key, value), {resource: {"properties": dict(found)}}))
    return steps


def _enabling(state: State, want: Want, enabled: bool) -> t.List[Step]:
    """Enabling a configuration enables its members too; what is added to one that is enabled is not (documented)."""
    if want["state"] == "disabled":
        return [_step(dgmgrl.disable(), {"BROKER": {"enabled": False}})] if enabled else []
    steps = [] if enabled else [_step(dgmgrl.enable(), {"BROKER": {"enabled": True}})]
    for member in want["members"]:
        if member["state"] == "absent":
            continue
        known = state.get("MEMBER " + member["db_unique_name"].upper())
        comes_up = bool(known and known["enabled"]) if enabled else True
        if comes_up != (member["state"] == "enabled"):
            name = known["name"] if known else member["db_unique_name"]
            steps.append(_step((dgmgrl.disable if comes_up else dgmgrl.enable)(name), {"MEMBER " + name.upper(): {"enabled": not comes_up}}))
    return steps


def _protection(found: t.Optional[Attributes], want: Want) -> t.List[Step]:
    mode = want["protection_mode"]
    if not mode or mode == (found or {"protection_mode": "MaxPerformance"}).get("protection_mode"):
        return []
    return [_step(dgmgrl.set_protection_mode(mode), {"BROKER": {"protection_mode": mode}})]


# -- what is told


def _statuses(state: State) -> t.Dict[str, int]:
    """The status of each member that is enabled."""
    return {found["name"]: found.get("status") or 0 for resource, found in sorted(state.items())
            if resource.startswith("MEMBER ") and found and found["enabled"]}


def under_way(state: State, want: Want) -> bool:
    found = state["BROKER"]
    return want["state"] == "enabled" and bool(found and found["enabled"]) and any(status in PASSING for status in _statuses(state).values())


def report(state: State, want: Want) -> Attributes:
    """:raises DbferryError: a member is in an error that does not pass, unless that is not to fail."""
    members = [found for resource, found in sorted(state.items()) if resource.startswith("MEMBER ") and found]
    statuses = _statuses(state)
    serious = {name: status for name, status in statuses.items() if status and status not in PASSING and status not in WARNINGS}
    if serious and want["fail"] and want["state"] == "enabled":
        raise DbferryError("The Data Guard broker tells of errors: {0}.".format(", ".join(
            "{0} ORA-{1:05d}".format(*item) for item in sorted(serious.items()))), code="ORA-{0:05d}".format(min(serious.values())),
            hint="VALIDATE DATABASE in DGMGRL tells more. fail=false only reports.", details={"members": _shown(members)})
    found = state["BROKER"]
    disabled = [member["name"] for member in members if not member["enabled"]]
    verdict = "unknown" if not (found and found["enabled"]) else "failed" if serious else "warning" if any(statuses.values()) or disabled else "ok"
    return {"verdict": verdict, "members": _shown(members)}


def _shown(members: t.Sequence[Attributes]) -> t.List[Attributes]:
    return [{key: member.get(key) for key in ("name", "role", "connect_identifier", "redo_source", "enabled", "status")} for member in members]


_MEMBER = {
    "db_unique_name": {"type": "str", "required": True},
    "connect_identifier": {"type": "str"},
    "redo_source": {"type": "str"},
    "properties": {"type": "dict", "default": {}},
    "state": {"type": "str", "default": "enabled", "choices": ["enabled", "disabled", "absent"]},
}

MODULE = Module(
    argument_spec={
        "state": {"type": "str", "default": "enabled", "choices": ["started", "enabled", "disabled", "absent", "stopped"]},
        "name": {"type": "str"},
        "primary": {"type": "str"},
        "connect_identifier": {"type": "str"},
        "primary_properties": {"type": "dict", "default": {}},
        "members": {"type": "list", "elements": "dict", "default": [], "options": _MEMBER},
        "properties": {"type": "dict", "default": {}},
        "protection_mode": {"type": "str", "choices": ["MaxPerformance", "MaxAvailability", "MaxProtection"]},
        "preserve_destinations": {"type": "bool", "default": False},
        "dg_broker_config_file1": {"type": "str"},
        "dg_broker_config_file2": {"type": "str"},
        "fail": {"type": "bool", "default": True},
    },
    observe=observe, plan=plan, report=report, under_way=under_way, kinds=("MEMBER",), server=True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

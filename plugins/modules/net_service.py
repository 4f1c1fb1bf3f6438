#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: net_service
short_description: Net service names in tnsnames.ora, static services in listener.ora, parameters in sqlnet.ora
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Has names in C(tnsnames.ora) of a database server, static entries in C(listener.ora), through which an instance is reached that is not
    open or not even started, and parameters in C(sqlnet.ora). What else stands in these files stays as it is, comments and formatting too.
  - The files are in O(tns_admin), or in C(network/admin) below O(oracle_home).
  - It works on the server, as the owner of the files, who is also the one whom the listener obeys. Files that do not exist are made.
  - The listener reads its file again when it does not know an entry yet, and only then. One that does not run is left alone and reported as C(pending).
  - Parameters of files that an IFILE line includes are neither seen nor changed.
options:
  net_services:
    description: Entries of C(tnsnames.ora).
    type: list
    elements: dict
    default: []
    suboptions:
      names:
        description: Net service names that have this descriptor. With NAMES.DEFAULT_DOMAIN they end in that domain.
        type: list
        elements: str
        required: true
      descriptor:
        description: The whole connect descriptor, C((DESCRIPTION=...)), where the other options do not suffice.
        type: str
      host:
        description: Host of the listener.
        type: str
      port:
        description: Port of the listener.
        type: int
        default: 1521
      service_name:
        description: Service.
        type: str
      sid:
        description: SID, in place of a service.
        type: str
      ur:
        description: Ask the listener for the instance although it is restricted, or blocked, as one that is not mounted is.
        type: bool
        default: false
  static_services:
    description: Static entries of C(listener.ora), one for each service.
    type: list
    elements: dict
    default: []
    suboptions:
      global_dbname:
        description: The service, such as DB_UNIQUE_NAME, or DB_UNIQUE_NAME_DGMGRL for the broker, each with the domain if there is one.
        type: str
        required: true
      sid_name:
        description: SID of the instance. Needed with O(state=present).
        type: str
      oracle_home:
        description: ORACLE_HOME of the instance; that of this server's entry unless given.
        type: str
      envs:
        description: Environment of the server processes, C(NAME=value) separated by commas.
        type: str
      listener:
        description: Name of the listener.
        type: str
        default: LISTENER
  profile:
    description: Parameters of C(sqlnet.ora), such as ENCRYPTION_WALLET_LOCATION, each with its value on one line. Instances read them when they start.
    type: dict
    default: {}
  state:
    description: Whether these entries are there. For V(absent) names and services suffice.
    type: str
    default: present
    choices: [present, absent]
  backup:
    description: Keep a file that is changed, under its name with C(.dbf) and the identity and the run of the migration.
    type: bool
    default: false
  reload:
    description: Have the listener read its file again when it must.
    type: bool
    default: true
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Both sides of the pair are known at the source
  dbferry.oracle.net_service:
    net_services:
      - names: [SALES_NEW]
        host: dbtrg.example.com
        service_name: sales_new
      - names: [SALES, SALES.EXAMPLE.COM]
        host: dbsrc.example.com
        service_name: sales
    backup: true
  delegate_to: dbsrc

- name: The target's keystore is where sqlnet.ora says
  dbferry.oracle.net_service:
    profile:
      ENCRYPTION_WALLET_LOCATION: (SOURCE=(METHOD=FILE)(METHOD_DATA=(DIRECTORY=/u01/app/oracle/admin/sales_new/wallet)))

- name: The target's instance can be reached before it is mounted
  dbferry.oracle.net_service:
    static_services:
      - global_dbname: sales_new
        sid_name: SALES
      - global_dbname: sales_new_DGMGRL
        sid_name: SALES
"""

RETURN = r"""
files:
  description: The files that were looked after.
  returned: success
  type: list
  elements: str
pending:
  description: What waits, because a listener does not run.
  returned: success
  type: list
  elements: str
before:
  description: Entries before.
  returned: success
  type: dict
  sample: {"NET_SERVICE SALES_NEW": null, "STATIC_SERVICE LISTENER sales_new": null, "LISTENER LISTENER": {"running": true, "static": []}}
after:
  description: Entries afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import posixpath
import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import lsnrctl, net_config, server_files
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Finding, Refused, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.$#-]{0,127}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
#: What may stand unquoted as a value.
_VALUE = re.compile(r"[^()=#\"'\s\x00-\x1f\x7f]+")
_PATH = re.compile(r"/[^()\"'\x00-\x1f\x7f]*")

#: Where what is wanted stands.
FILES = {"net_services": "tnsnames.ora", "static_services": "listener.ora", "profile": "sqlnet.ora"}


# -- what is wanted


def tns_admin(want: Want) -> str:
    return t.cast(str, want["tns_admin"]) or posixpath.join(want["oracle_home"] or "", "network", "admin")


def paths(want: Want) -> t.Dict[str, str]:
    """The files that are concerned, by what stands in them."""
    return {kind: posixpath.join(tns_admin(want), name) for kind, name in FILES.items() if want[kind]}


def descriptor(service: Attributes) -> str:
    """The descriptor of an entry of tnsnames.ora, as it is written there."""
    if service["descriptor"]:
        return t.cast(str, service["descriptor"]).strip()
    asked = "(SERVICE_NAME = {0})".format(service["service_name"]) if service["service_name"] else "(SID = {0})".format(service["sid"])
    lines = ["(DESCRIPTION =", "  (ADDRESS = (PROTOCOL = TCP)(HOST = {0})(PORT = {1}))".format(service["host"], service["port"]),
             "  (CONNECT_DATA =", "    (SERVER = DEDICATED)", "    " + asked] + (["    (UR = A)"] if service["ur"] else []) + ["  )", ")"]
    return "\n  ".join(lines)


def sid_desc(static: Attributes, want: Want) -> str:
    """A static entry as it is written in listener.ora."""
    lines = ["(SID_DESC =", "  (GLOBAL_DBNAME = {0})".format(static["global_dbname"]),
             "  (ORACLE_HOME = {0})".format(static["oracle_home"] or want["oracle_home"]), "  (SID_NAME = {0})".format(static["sid_name"])]
    lines += ['  (ENVS = "{0}")'.format(static["envs"])] if static["envs"] else []
    return "\n    ".join(lines + [")"])


def _findings(want: Want) -> t.List[Finding]:
    found: t.List[Finding] = []
    present = want["state"] == "present"
    if not paths(want):
        found.append(("DBF-0612", "None of {0} is given.".format(", ".join(FILES)), "Give entries of one of them."))
    if not _PATH.fullmatch(tns_admin(want)):
        found.append(("DBF-0612", "Nothing says where the files are.", "Set dbferry_oracle_home for this entry, or give tns_admin as an absolute path."))
    for service in want["net_services"]:
        wrong = [name for name in service["names"] if not _NAME.fullmatch(name)] or ([] if service["names"] else [""])
        found += [("DBF-0613", "{0!r} cannot be a net service name.".format(name[:80]), "Letters, digits and _ . $ # - make one.") for name in wrong]
        if present:
            found += _wrong_descriptor(service)
    for static in want["static_services"]:
        values = [("global_dbname", _NAME, True), ("listener", _NAME, True), ("sid_name", _VALUE, present), ("oracle_home", _PATH, False)]
        found += [("DBF-0613", "{0!r} cannot be the {1} of a static service.".format((static[option] or "")[:80], option), "Correct it.")
                  for option, form, needed in values if (static[option] or needed) and not form.fullmatch(static[option] or "")]
        if static["envs"] and re.search(r"[\"()\x00-\x1f\x7f]", static["envs"]):
            found.append(("DBF-0613", "envs holds quotes, parentheses or control characters.", "Correct it."))
    return found + [_wrong_parameter(name) for name, value in want["profile"].items() if not _readable(name, value)]


def _wrong_parameter(name: str) -> Finding:
    return ("DBF-0613", "{0!r} cannot stand in sqlnet.ora with its value.".format(name[:80]), "A value is a word, or balanced parentheses, on one line.")


def _readable(name: str, value: t.Any) -> bool:
    """Whether a parameter of sqlnet.ora can be read back as it was given."""
    if not _NAME.fullmatch(name) or not str(value).strip() or not str(value).isprintable():
        return False
    try:
        found = net_config.entries("{0} = {1}\n".format(name, value), "sqlnet.ora")
        return len(found) == 1 and bool(net_config.canonical(found[0].value) == net_config.canonical(str(value)))
    except Refused:
        return False


def _wrong_descriptor(service: Attributes) -> t.List[Finding]:
    name = ", ".join(service["names"])[:80]
    if service["descriptor"]:
        try:
            parts = net_config.nodes(service["descriptor"])
        except Refused as error:
            return [("DBF-0613", "The descriptor of {0} cannot be read: {1}".format(name, error.message), "Correct it.")]
        good = parts and all(part.name in ("DESCRIPTION", "DESCRIPTION_LIST") for part in parts) and service["descriptor"].isprintable()
        return [] if good else [("DBF-0613", "The descriptor of {0} is no (DESCRIPTION = ...).".format(name), "Correct it.")]
    asked = service["service_name"] or service["sid"]
    if service["host"] and _HOST.fullmatch(service["host"]) and asked and _VALUE.fullmatch(asked) and 0 < service["port"] < 65536:
        return []
    return [("DBF-0613", "{0} has no host, port, and service or SID that a descriptor takes.".format(name),
             "Give host and service_name, or sid, or a whole descriptor.")]


# -- what is


def observe(session: t.Any, want: Want) -> State:
    state: State = {}
    if _findings(want):
        return state
    for kind, path in paths(want).items():
        file, text = server_files.read(session, path)
        state["FILE " + path] = dict(file or {"checksum": None, "mode": None}, _text=text, _file=file,
                                     includes=[entry.value for entry in net_config.entries(text, path) if entry.named("IFILE")])
        for entry in _entries(kind, want):
            state.update(_entry(kind, entry, text, path))
    for listener in {static["listener"] for static in want["static_services"]} if want["reload"] else ():
        command = lsnrctl.command("status", listener)
        outcome = lsnrctl.parse(*reversed(session.on_server(command.argv)))
        if outcome.running is None:
            outcome.require("Asking the listener {0}".format(listener), str(command))
        state["LISTENER " + listener] = {"running": outcome.running, "static": sorted(
            {"{0} {1}".format(one.service, one.instance) for one in outcome.static})}
    return state


def _entries(kind: str, want: Want) -> t.List[Attributes]:
    """What is wanted of one kind. Parameters of sqlnet.ora are entries of one name."""
    if kind == "profile":
        return [{"names": [name], "value": str(value)} for name, value in sorted(want["profile"].items())]
    return t.cast(t.List[Attributes], want[kind])


def _resource(kind: str, entry: Attributes) -> str:
    if kind == "static_services":
        return "STATIC_SERVICE {0} {1}".format(entry["listener"], entry["global_dbname"])
    return "{0} {1}".format("PARAMETER" if kind == "profile" else "NET_SERVICE", ", ".join(entry["names"]))


def _entry(kind: str, entry: Attributes, text: str, path: str) -> State:
    """What a file has of one entry that is wanted."""
    if kind == "static_services":
        found = [static for static in net_config.static_services(text, entry["listener"], path) if static.serves(entry["global_dbname"])]
        attributes = None if not found else {"sid_name": found[0].sid_name, "oracle_home": found[0].oracle_home, "envs": found[0].envs}
        return {_resource(kind, entry): attributes}
    named = [one for one in net_config.entries(text, path) if any(one.named(name) for name in entry["names"])]
    shown = " ".join(net_config.canonical(one.value) for one in named)
    return {_resource(kind, entry): {"value" if kind == "profile" else "descriptor": shown} if named else None}


# -- the way from one to the other


def plan(state: State, want: Want) -> t.List[Step]:
    refuse(_findings(want))
    steps = []
    changed: t.Set[str] = set()
    for kind, path in paths(want).items():
        step = _edited(kind, path, t.cast(Attributes, state["FILE " + path]), want)
        if step is not None:
            steps.append(step)
            changed.add(kind)
    for resource, found in sorted(state.items()):
        if resource.startswith("LISTENER ") and found is not None:
            steps += _reloaded(resource, found, want, "static_services" in changed)
    return steps


def _edited(kind: str, path: str, file: Attributes, want: Want) -> t.Optional[Step]:
    """The step that writes a file anew; None when it is as it should be."""
    text, shown, effects = file["_text"], [], {}
    present = want["state"] == "present"
    for entry in _entries(kind, want):
        before = text
        if kind == "static_services":
            line = "SID_LIST_" + entry["listener"]
            value = sid_desc(entry, want)
            text = net_config.with_static_service(text, entry["listener"], entry["global_dbname"], value, path) if present else \
                net_config.without_static_service(text, entry["listener"], entry["global_dbname"], path)
            effect = {"sid_name": entry["sid_name"], "oracle_home": entry["oracle_home"] or want["oracle_home"], "envs": entry["envs"]}
        else:
            line = ", ".join(entry["names"])
            value = entry["value"] if kind == "profile" else descriptor(entry) if present else ""
            text = net_config.with_parameter(text, entry["names"], value, path) if present else net_config.without_names(text, entry["names"], path)
            effect = {"value" if kind == "profile" else "descriptor": net_config.canonical(value)}
        if text != before:
            effects[_resource(kind, entry)] = effect if present else None
            shown.append("{0} = {1}".format(line, net_config.canonical(value)) if present else
                         "no " + ("{0} of {1}".format(entry["global_dbname"], line) if kind == "static_services" else line))
    if not shown:
        return None
    ending = "dbf_{0}_r{1}".format((want["migration_id"] or "before").lower(), want["migration_run"]) if want["backup"] else ""
    return Step(server_files.write(path, text, file["_file"], "edit {0}: {1}".format(path, "; ".join(shown)), keep=ending), effects=effects)


def _reloaded(resource: str, found: Attributes, want: Want, changed: bool) -> t.List[Step]:
    """The listener reads its file again when that is changed, or was changed without its knowing."""
    listener = resource.split(" ", 1)[1]
    concerned = [static for static in want["static_services"] if static["listener"] == listener]
    known = {service.split(" ", 1)[0].upper(): service.split(" ", 1)[1] for service in found["static"]}
    if want["state"] == "present":
        stale = [static for static in concerned if known.get(static["global_dbname"].upper()) != static["sid_name"]]
    else:
        stale = [static for static in concerned if static["global_dbname"].upper() in known]
    if not stale and not (changed and found["running"]):
        return []
    gone = {static["global_dbname"].upper() for static in stale}
    after = [service for service in found["static"] if service.split(" ", 1)[0].upper() not in gone]
    if want["state"] == "present":
        after += ["{0} {1}".format(static["global_dbname"], static["sid_name"]) for static in stale]
    step = Step(lsnrctl.command("reload", listener), effects={resource: {"static": sorted(after)}})
    if not found["running"]:
        step.pending = "the start of the listener {0} (lsnrctl start {0})".format(listener)
    return [step]


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    return {"files": sorted(paths(want).values())}


MODULE = Module(
    argument_spec={
        "net_services": {"type": "list", "elements": "dict", "default": [], "options": {
            "names": {"type": "list", "elements": "str", "required": True},
            "descriptor": {"type": "str"},
            "host": {"type": "str"},
            "port": {"type": "int", "default": 1521},
            "service_name": {"type": "str"},
            "sid": {"type": "str"},
            "ur": {"type": "bool", "default": False},
        }},
        "static_services": {"type": "list", "elements": "dict", "default": [], "options": {
            "global_dbname": {"type": "str", "required": True},
            "sid_name": {"type": "str"},
            "oracle_home": {"type": "str"},
            "envs": {"type": "str"},
            "listener": {"type": "str", "default": "LISTENER"},
        }},
        "profile": {"type": "dict", "default": {}},
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        "backup": {"type": "bool", "default": False},
        "reload": {"type": "bool", "default": True},
    },
    observe=observe, plan=plan, report=report, local=lambda want: True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: db_unique_name
short_description: Give a database another DB_UNIQUE_NAME, such as that of the one whose place it took
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - DB_UNIQUE_NAME is a parameter of the server parameter file that takes effect at the next start. The database is shut down for it and opened again,
    which O(restart) allows. LOG_ARCHIVE_CONFIG, which has the old name, is emptied.
  - It refuses while the name means another database, which is the peer as long as its instance runs, and while others know this database by its old
    name (destinations of redo, the broker). What has to be done first is told, all at once.
  - The service of the old name is gone afterwards, unless C(listener.ora) has it statically, and services that DBMS_SERVICE started are stopped.
    Files that Oracle named after the old name keep theirs. A keystore whose place is made of the name (C($ORACLE_UNQNAME), or none is configured) would
    not be found, so configure it first.
  - The session is SQL*Plus on the server, C(/ AS SYSDBA).
options:
  db_unique_name:
    description: The name that it is to have.
    type: str
    required: true
  restart:
    description: Allow the instance to be shut down and started again. Without it the steps are listed as C(pending).
    type: bool
    default: false
  shutdown_mode:
    description: How to shut down.
    type: str
    default: immediate
    choices: [immediate, transactional, normal, abort]
  former_name:
    description: The name that it has, or had. With O(manager=srvctl) a call that was killed may have left it registered under that, which nothing else
      tells once the name is another; the database is restarted once more then.
    type: str
  manager:
    description: With V(srvctl) the database is stopped by, and taken out of the registry of, Oracle Restart or Clusterware, which has it under its old
      name, with its services. Modules clusterware_database and database_service register them under the new one.
    type: str
    default: sqlplus
    choices: [sqlplus, srvctl]
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: The target gets the name of the source, which is shut down for good
  dbferry.oracle.db_unique_name:
    db_unique_name: sales
    restart: true
    peer_entry: dbsrc
  register: renamed
  until: renamed.finished
"""

RETURN = r"""
before:
  description: The instance and the parameter before.
  returned: success
  type: dict
  sample: {"INSTANCE": {"status": "OPEN", "db_unique_name": "SALES_NEW"}, "PARAMETER db_unique_name": {"value": "SALES_NEW", "spfile": "SALES_NEW"}}
after:
  description: The same afterwards.
  returned: success
  type: dict
pending:
  description: What waits for a restart.
  returned: success
  type: list
  elements: str
finished:
  description: Whether it is done. Repeat the task until then; one that was down is only started by the first call.
  returned: success
  type: bool
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["ALTER SYSTEM SET db_unique_name = 'SALES' SCOPE = SPFILE", "SHUTDOWN IMMEDIATE", "STARTUP OPEN"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import archive_destination, dataguard, parameters, srvctl
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Finding, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.instance import (
    OPTIONS, RESOURCE, WAITS_FOR_RESTART, ascend, observe_instance, shutdown, startup)
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import literal
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

NAME = "db_unique_name"
CONFIG = "log_archive_config"
STATUS = "SELECT status FROM v$instance"


def observe(session: t.Any, want: Want) -> State:
    state = observe_instance(session)
    instance = t.cast(Attributes, state[RESOURCE])
    if instance["status"] == "STOPPED":
        return state
    state.update(parameters.observe(session, [NAME, CONFIG], journal={}))
    if instance["status"] == "OPEN":
        facts = dataguard.facts(session)
        instance.update(_role=facts["database_role"], _writable=dataguard.is_writable(facts), _broker=facts["dataguard_broker"],
                        _sends=sorted(row["db_unique_name"] or "?" for row in session.query(dataguard.DESTINATIONS) if row["target"] == "STANDBY"))
    if not _named(state, want):
        instance["_peer"] = _peer(session)
    old = want["former_name"] if _named(state, want) else instance[NAME]
    instance["_old"] = str(old or "")
    known = want["manager"] == "srvctl" and old and old.upper() != want[NAME].upper()
    instance["_registered"] = srvctl.registered(session, old) if known else None
    return state


def _peer(session: t.Any) -> t.Optional[str]:
    """How the peer's instance is: its status, STOPPED when its listener says so, or what else the way there answers."""
    if session.peer is None:
        return None
    try:
        return str(session.peer.one(STATUS)["status"])
    except DbferryError as error:
        return "STOPPED" if error.code == "ORA-01034" else str(error.code)


def _parameter(state: State, name: str) -> Attributes:
    return t.cast(Attributes, state[parameters.resource(name)])


def _named(state: State, want: Want) -> bool:
    """Whether the instance runs under the name. Upper and lower case are one to Oracle."""
    return bool(str(t.cast(Attributes, state[RESOURCE])[NAME] or "").upper() == want[NAME].upper())


def plan(state: State, want: Want) -> t.List[Step]:
    instance = t.cast(Attributes, state[RESOURCE])
    down = dict(want, db_unique_name=None)
    if instance["status"] == "STOPPED":
        return _waiting(startup(instance, dict(down, manager="sqlplus"), "OPEN"), want)
    if _named(state, want):
        return _waiting(_anew(instance, want, down) if instance["_registered"] else ascend(instance, "OPEN"), want)
    refuse(list(_findings(state, want)))
    steps = []
    if str(_parameter(state, NAME)["spfile"] or "").upper() != want[NAME].upper():
        steps.append(Step(Statement("ALTER SYSTEM SET db_unique_name = ", literal(want[NAME]), " SCOPE = SPFILE"),
                          effects={parameters.resource(NAME): {"spfile": want[NAME]}}))
    if _parameter(state, CONFIG)["spfile"]:
        steps.append(Step(Statement("ALTER SYSTEM RESET log_archive_config SCOPE = SPFILE"), effects={parameters.resource(CONFIG): {"spfile": None}}))
    if not want["restart"]:
        return _waiting(steps, want)
    return steps + _anew(instance, want, down)


def _anew(instance: Attributes, want: Want, down: Want) -> t.List[Step]:
    """The restart, and nobody's record of the old name in between: a database that runs stays registered."""
    known = instance["_registered"]
    # Under its new name it is not what is registered.
    renamed = instance[NAME].upper() == want[NAME].upper()
    steps = [shutdown(instance, dict(down, manager="sqlplus") if renamed or not known else down)]
    if known:
        # Nothing is forgotten that others depend on (CRS-0222).
        steps += [Step(srvctl.service("remove", instance["_old"], name)) for name in srvctl.services(known)]
        steps.append(Step(srvctl.database("remove", instance["_old"], ["-noprompt"]), effects={RESOURCE: {"_registered": None}}))
    up = startup(instance, dict(down, manager="sqlplus"), "OPEN")
    up[-1].effects[RESOURCE] = {"status": "OPEN", NAME: want[NAME]}
    return steps + up


def under_way(state: State, want: Want) -> bool:
    """One that was down is started now, and still registered under its old name."""
    instance = t.cast(Attributes, state[RESOURCE])
    return instance["status"] == "OPEN" and _named(state, want) and bool(instance["_registered"]) and bool(want["restart"])


def _waiting(steps: t.List[Step], want: Want) -> t.List[Step]:
    """Nothing is set that would take effect at somebody else's restart."""
    for step in steps if not want["restart"] else []:
        step.pending = WAITS_FOR_RESTART
    return steps


def _findings(state: State, want: Want) -> t.Iterator[Finding]:
    """Everything that stands in the way."""
    instance = t.cast(Attributes, state[RESOURCE])
    if not archive_destination.NAME.fullmatch(want[NAME]):
        yield ("DBF-0871", "{0!r} cannot be a DB_UNIQUE_NAME.".format(want[NAME][:40]), "30 letters, digits and _ $ # at most.")
    if instance["status"] != "OPEN" or not instance["_writable"] or instance["_role"] != dataguard.PRIMARY:
        yield ("DBF-0872", "The database is no primary that is open: {0}.".format(instance.get("_role", instance["status"])),
               "It gets the name once it is.")
    elif instance["_broker"] == "ENABLED":
        yield ("DBF-0873", "The broker's configuration has this database as {0}.".format(instance[NAME]), "Remove the configuration first.")
    if instance.get("_sends"):
        yield ("DBF-0874", "It sends its redo to {0}, which know it as {1}.".format(", ".join(instance["_sends"]), instance[NAME]),
               "Take them out (module redo_transport, state=absent), and set them up again afterwards.")
    if t.cast(Attributes, state["SPFILE"])["path"] is None:
        yield ("DBF-0875", "The instance was started without a server parameter file.", "Create one and restart (ORA-32001 otherwise).")
    if instance["_peer"] not in (None, "STOPPED"):
        yield ("DBF-0876", "The peer's instance is not known to be down ({0}), and two databases of one name would be about.".format(instance["_peer"]),
               "Shut it down for good (module instance), and let its listener tell; or leave out the peer where it is gone.")


MODULE = Module(
    argument_spec=dict(
        PEER,
        db_unique_name={"type": "str", "required": True},
        former_name={"type": "str"},
        restart=OPTIONS["restart"],
        shutdown_mode=OPTIONS["shutdown_mode"],
        manager=OPTIONS["manager"],
    ),
    observe=observe, plan=plan, under_way=under_way, local=lambda want: True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

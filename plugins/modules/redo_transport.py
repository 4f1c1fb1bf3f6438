#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: redo_transport
short_description: Manage where a database sends its redo, without the broker
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Sets LOG_ARCHIVE_CONFIG, one LOG_ARCHIVE_DEST_n with its state, FAL_SERVER and STANDBY_FILE_MANAGEMENT of one database, in memory and in the
    spfile. Run it for both databases of a pair, so that redo flows whichever is the primary.
  - What belongs to other databases stays. DG_CONFIG and FAL_SERVER are added to, the destination of the other database is found by its
    DB_UNIQUE_NAME or taken from those that are free, and attributes that are not named here keep their values.
  - A primary uses a new destination from its next log switch on; the module M(dbferry.oracle.log_switch) makes sure of one.
  - Where the broker is in charge it undoes such changes, so the module refuses.
  - With O(migration_id) the journal keeps what was before, and O(state=as_before) puts it back. A standby that is not open cannot write its
    journal; that of its primary keeps it, if that is named as the peer.
  - Needs ALTER SYSTEM in the root; a standby that is mounted is reached with SYSDG or SYSDBA.
options:
  destination:
    description: DB_UNIQUE_NAME of the database that redo goes to.
    type: str
    required: true
  service:
    description:
      - Net service name or connect descriptor of that database. The server of this database resolves it, not where Ansible runs.
    type: str
  dest_id:
    description: Number of LOG_ARCHIVE_DEST_n. By default the one that has the database already, otherwise the first that is free from 2 on.
    type: int
  transmit_mode:
    description:
      - Whether a commit waits for the other database (V(sync)) or not.
      - A standby that passes redo on does so in real time with V(async), which needs the option Active Data Guard since 12.1. V(default) names no mode. A
        primary sends asynchronously then, and a standby passes each log on when it has archived it (documented for LOG_ARCHIVE_DEST_1 to 10).
    type: str
    default: async
    choices: [async, sync, default]
  valid_for:
    description:
      - Which logs are sent, and in which role of this database. A standby that passes redo on has V(standby_logfiles,standby_role), or
        V(all_logfiles,all_roles) where it shall send its own as well once it is the primary.
    type: str
    default: online_logfiles,primary_role
  reopen:
    description: Seconds until a destination that failed is tried again. Oracle's default is 300.
    type: int
  net_timeout:
    description: Seconds for which a commit waits with O(transmit_mode=sync).
    type: int
  delay:
    description: Minutes that the standby waits before it applies a log. Real-time apply does not wait.
    type: int
  compression:
    description: Compress redo on its way, which needs the option Advanced Compression.
    type: bool
  dest_state:
    description: Whether redo is sent.
    type: str
    default: enable
    choices: [enable, defer]
  dg_config:
    description: Databases to be in DG_CONFIG besides this one and O(destination), such as a standby of the standby.
    type: list
    elements: str
    default: []
  fal_server:
    description: Where missing logs are fetched from when this database is a standby. By default O(service).
    type: list
    elements: str
  standby_file_management:
    description: Whether a standby follows datafiles that are added and dropped by itself.
    type: str
    default: auto
    choices: [auto, manual]
  state:
    description:
      - V(present) sets all that.
      - V(absent) empties the destination, and takes the database out of DG_CONFIG and O(fal_server) out of FAL_SERVER. Others stay.
      - V(as_before) puts back what the journal of this migration and run says was before.
    type: str
    default: present
    choices: [present, absent, as_before]
extends_documentation_fragment:
  - dbferry.oracle.peer
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: The primary sends to its standby
  dbferry.oracle.redo_transport:
    destination: sales_new
    service: sales_new
    reopen: 15
    migration_id: SALES

- name: From the next log on
  dbferry.oracle.log_switch:
    count: 1
    purpose: TRANSPORT
    migration_id: SALES

- name: The standby would send to the primary, once it is one
  dbferry.oracle.redo_transport:
    destination: sales
    service: sales
    peer_entry: sales-source
    mode: sysdg
    migration_id: SALES
  delegate_to: sales-target

- name: The standby passes on to another one what it gets, and sends its own once it is the primary
  dbferry.oracle.redo_transport:
    destination: sales_far
    service: sales_far
    valid_for: all_logfiles,all_roles
    transmit_mode: default
    fal_server: []
    dg_config: [sales]
    peer_entry: sales-source
    mode: sysdg
  delegate_to: sales-target

- name: Send nothing back after the switchover
  dbferry.oracle.redo_transport:
    destination: sales
    service: sales
    dest_state: defer
"""

RETURN = r"""
before:
  description: The parameters before.
  returned: success
  type: dict
after:
  description: The parameters afterwards.
  returned: success
  type: dict
  sample: {"PARAMETER log_archive_dest_2": {"value": "SERVICE=sales_new ASYNC VALID_FOR=(ONLINE_LOGFILES,PRIMARY_ROLE) DB_UNIQUE_NAME=sales_new"}}
dest_id:
  description: Number of the destination. Null without one.
  returned: success
  type: int
  sample: 2
destination_status:
  description: V$ARCHIVE_DEST.STATUS of the destination, V(VALID) when redo was accepted last. Null without one.
  returned: success
  type: str
  sample: ERROR
error:
  description: What the destination answered last. Null when nothing is wrong.
  returned: success
  type: str
  sample: "ORA-16191: Primary log shipping client not logged on standby."
remedy:
  description: What to do about it.
  returned: success
  type: str
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import archive_destination, dataguard, parameters
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

CONFIG = "log_archive_config"
FAL_SERVER = "fal_server"
FILES = "standby_file_management"
NUMBERS = range(1, 32)
#: The first destination is where the database's own archived logs go by custom.
FIRST_FREE = 2
VALID_FOR = re.compile(r"\(?\s*(online|standby|all)_logfiles?\s*,\s*(primary_role|standby_role|all_roles)\s*\)?", re.IGNORECASE)
STATUS = "SELECT dest_id, status, error FROM v$archive_dest WHERE status <> 'INACTIVE'"


def destination(number: int) -> str:
    return "log_archive_dest_{0}".format(number)


def destination_state(number: int) -> str:
    return "log_archive_dest_state_{0}".format(number)


NAMES = [name for number in NUMBERS for name in (destination(number), destination_state(number))] + [CONFIG, FAL_SERVER, FILES]


def observe(session: t.Any, want: Want) -> State:
    database = dataguard.facts(session)
    journal = dataguard.journal_of(session, database)
    state = parameters.observe(session, NAMES, database["db_unique_name"], journal.items() if journal is not None else {})
    # What the release does not have, and what nobody set, is left out of the picture.
    unset = {name: state.pop(name) for name in list(state) if name != "SPFILE" and not _is_set(state[name])}
    state[dataguard.DATABASE] = {
        "db_unique_name": database["db_unique_name"], "role": database["database_role"],
        "_unset": {name: found for name, found in unset.items() if found is not None}, "_broker": database["dataguard_broker"] == "ENABLED",
        "_journal": journal is not None, "_journal_at_peer": journal is not None and journal is not session.journal}
    state["DESTINATIONS"] = {str(row["dest_id"]): {"status": row["status"], "error": row["error"]} for row in session.query(STATUS)}
    return state


def _is_set(found: t.Optional[Attributes]) -> bool:
    return found is not None and bool(found["_sids"] or not found["default"] or any(
        value.lower() not in ("", "enable") for value in found["_instances"].values()))


def whole(state: State) -> State:
    """The state with the parameters that nobody set."""
    unset = t.cast(Attributes, state[dataguard.DATABASE])["_unset"]
    return dict(unset, **{name: dict(unset.get(name, {}), **(found or {})) for name, found in state.items()})


# -- what is


def value(state: State, name: str) -> str:
    """A parameter as this instance, or the first of several, runs with it."""
    found = (state.get(parameters.resource(name)) or {}).get("_instances") or {}
    return str(next(iter(found.values()), "") or "")


def held(state: State, number: int) -> archive_destination.Attributes:
    return archive_destination.parse(value(state, destination(number)))


def _is_of(found: archive_destination.Attributes, want: Want) -> bool:
    """Whether a destination is that of the database, by its name, or by its service where it has no name."""
    name = found.get("DB_UNIQUE_NAME")
    if name:
        return archive_destination.among(name, [want["destination"]])
    return bool(found.get("SERVICE") and want["service"] and str(found["SERVICE"]).upper() == want["service"].upper())


def number_of(state: State, want: Want) -> t.Optional[int]:
    """The destination of the database; None when it has none."""
    return next((number for number in NUMBERS if _is_of(held(state, number), want)), None)


def _free(state: State) -> t.Optional[int]:
    for number in NUMBERS[FIRST_FREE - 1:]:
        found = state.get(parameters.resource(destination(number)))
        if found is not None and not value(state, destination(number)) and not any(found["_sids"].values()):
            return number
    return None


# -- what is to be done


def plan(state: State, want: Want) -> t.List[Step]:
    database = t.cast(Attributes, state[dataguard.DATABASE])
    state = whole(state)
    if want["state"] == "as_before":
        if not database["_journal"]:
            raise Refused("This database is not open, so its journal cannot be read.", code="DBF-0434", hint="Name its primary with peer_entry.")
        steps = [step for name in NAMES if parameters.resource(name) in state for step in parameters.Change(state, name).back()]
        return _refuse_broker(database, steps)
    remember = bool(want["migration_id"]) and database["_journal"]
    steps = _present(state, want, remember) if want["state"] == "present" else _absent(state, want, remember)
    return dataguard.written_at(_refuse_broker(database, steps), database["_journal_at_peer"])


def _refuse_broker(database: Attributes, steps: t.List[Step]) -> t.List[Step]:
    if steps and database["_broker"]:
        raise Refused("The broker manages redo transport of this database and would undo the change.", code="DBF-0431",
                      hint="Use the module dataguard_broker, or disable its configuration first.")
    return steps


def wanted_destination(want: Want) -> archive_destination.Attributes:
    """The attributes that are asked for."""
    logs, comma, role = want["valid_for"].replace("(", "").replace(")", "").partition(",")
    given: archive_destination.Attributes = {
        "SERVICE": want["service"], **({} if want["transmit_mode"] == "default" else {want["transmit_mode"].upper(): None}),
        "VALID_FOR": "({0},{1})".format(logs.strip().upper(), role.strip().upper()), "DB_UNIQUE_NAME": want["destination"]}
    for option in ("reopen", "net_timeout", "delay"):
        if want[option] is not None:
            given[option.upper()] = str(want[option])
    if want["compression"] is not None:
        given["COMPRESSION"] = "ENABLE" if want["compression"] else "DISABLE"
    return given


def _check(state: State, want: Want) -> int:
    """The number of the destination. Raises Refused with all that cannot be."""
    found = []
    own = t.cast(Attributes, state[dataguard.DATABASE])["db_unique_name"]
    for name in [want["destination"]] + want["dg_config"]:
        if not archive_destination.NAME.fullmatch(name):
            found.append(("DBF-0432", "{0!r} is not a DB_UNIQUE_NAME.".format(name[:50]), "It has letters, digits, _, $ and #, at most 30 of them."))
    if archive_destination.among(own, [want["destination"]]):
        found.append(("DBF-0433", "{0} is this database itself: both have this DB_UNIQUE_NAME.".format(want["destination"]),
                      "A standby needs a DB_UNIQUE_NAME of its own."))
    if '"' in want["service"] or "\n" in want["service"]:
        found.append(("DBF-0432", "{0!r} is not a net service.".format(want["service"][:50]), "Give a name or a connect descriptor."))
    if not VALID_FOR.fullmatch(want["valid_for"]):
        found.append(("DBF-0432", "valid_for {0!r} is not logs and a role.".format(want["valid_for"][:50]), "As in online_logfiles,primary_role."))
    number = want["dest_id"] or number_of(state, want) or _free(state)
    if number is None or state.get(parameters.resource(destination(number))) is None:
        found.append(("DBF-0435", "There is no destination {0}.".format(number or "left"), "They are LOG_ARCHIVE_DEST_1 to 31; empty one."))
    elif held(state, number) and not _is_of(held(state, number), want):
        found.append(("DBF-0435", "LOG_ARCHIVE_DEST_{0} is used: {1}.".format(number, value(state, destination(number))), "Give another dest_id, or none."))
    refuse(found)
    return t.cast(int, number)


def _present(state: State, want: Want, remember: bool) -> t.List[Step]:
    number = _check(state, want)
    own = t.cast(Attributes, state[dataguard.DATABASE])["db_unique_name"]
    config, fetched = value(state, CONFIG), parameters_list(value(state, FAL_SERVER))
    databases = archive_destination.members(config)
    lacking = [name for name in dict.fromkeys([own, want["destination"]] + want["dg_config"]) if not archive_destination.among(name, databases)]
    servers = [name for name in (want["fal_server"] if want["fal_server"] is not None else [want["service"]])
               if not archive_destination.among(name, fetched)]
    wanted = wanted_destination(want)
    there = held(state, number)
    text = value(state, destination(number)) if archive_destination.fits(there, wanted) else archive_destination.render(
        archive_destination.changed(there, wanted))
    change = _Changes(state, remember)
    # The destination's name must be in DG_CONFIG first (ORA-16053), and one that is to wait must not begin before.
    change.to(CONFIG, archive_destination.with_members(config, databases + lacking) if lacking else config)
    if want["dest_state"] == "defer":
        change.to(destination_state(number), "defer")
    change.to(destination(number), text)
    change.to(destination_state(number), want["dest_state"])
    change.to(FAL_SERVER, fetched + servers)
    change.to(FILES, want["standby_file_management"].upper())
    return change.steps


def _absent(state: State, want: Want, remember: bool) -> t.List[Step]:
    own = t.cast(Attributes, state[dataguard.DATABASE])["db_unique_name"]
    number, config, fetched = number_of(state, want), value(state, CONFIG), parameters_list(value(state, FAL_SERVER))
    service = want["service"] or (held(state, number).get("SERVICE") if number is not None else None)
    gone = want["fal_server"] if want["fal_server"] is not None else [service] if service else []
    databases = archive_destination.members(config)
    left = [name for name in databases if not archive_destination.among(name, [want["destination"]] + want["dg_config"])]
    change = _Changes(state, remember)
    if number is not None:
        change.to(destination(number), "")
        change.to(destination_state(number), "enable")
    if len(left) < len(databases):
        change.to(CONFIG, archive_destination.with_members(config, [] if [name.upper() for name in left] == [own.upper()] else left))
    kept = [name for name in fetched if not archive_destination.among(name, gone)]
    if len(kept) < len(fetched):
        change.to(FAL_SERVER, kept)
    return change.steps


def parameters_list(text: str) -> t.List[str]:
    """The values of a parameter that is a list."""
    return [word.strip() for word in text.split(",") if word.strip()]


class _Changes:
    """Steps to values of parameters, each parameter once."""

    def __init__(self, state: State, remember: bool) -> None:
        self.steps: t.List[Step] = []
        self._state = state
        self._remember = remember
        self._done: t.Set[str] = set()

    def to(self, name: str, wanted: parameters.Value) -> None:
        found = self._state.get(parameters.resource(name))
        if name in self._done or found is None:
            return
        self._done.add(name)
        if found["default"] and not found["_sids"] and parameters.same(value(self._state, name), wanted or ""):
            # A default needs no entry in the spfile.
            return
        self.steps += parameters.Change(self._state, name, remember=self._remember).set_to(wanted or "")


def report(state: State, want: Want) -> Attributes:
    number = number_of(state, want)
    found = t.cast(Attributes, state["DESTINATIONS"]).get(str(number)) or {}
    return {"dest_id": number, "destination_status": found.get("status"), "error": found.get("error"), "remedy": dataguard.remedy(found.get("error"))}


MODULE = Module(
    argument_spec=dict(
        PEER,
        destination={"type": "str", "required": True},
        service={"type": "str"},
        dest_id={"type": "int"},
        transmit_mode={"type": "str", "default": "async", "choices": ["async", "sync", "default"]},
        valid_for={"type": "str", "default": "online_logfiles,primary_role"},
        reopen={"type": "int"},
        net_timeout={"type": "int"},
        delay={"type": "int"},
        compression={"type": "bool"},
        dest_state={"type": "str", "default": "enable", "choices": ["enable", "defer"]},
        dg_config={"type": "list", "elements": "str", "default": []},
        fal_server={"type": "list", "elements": "str"},
        standby_file_management={"type": "str", "default": "auto", "choices": ["auto", "manual"]},
        state={"type": "str", "default": "present", "choices": ["present", "absent", "as_before"]},
    ),
    observe=observe, plan=plan, report=report,
    required_if=[("state", "present", ("service",)), ("state", "as_before", ("migration_id",))],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: datapatch
short_description: Bring the SQL part of an ORACLE_HOME's patches into the database
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - A database that comes from a home with other patches lacks the SQL part of those of its new home. This module runs
    C($ORACLE_HOME/OPatch/datapatch -verbose) for it, which works out by itself what is to be applied and rolled back.
  - What there is, is asked for by SQL. The server is reached when the release update of the database is not that of the home, when
    an earlier action did not succeed, or when datapatch has not been run for this home by this run of the migration. Other patches of the
    home are in no view, so only datapatch itself knows them.
  - It runs detached as the Oracle owner. A call starts it or joins it and returns; loop on RV(finished).
  - The verdict comes from DBA_REGISTRY_SQLPATCH (CDB_REGISTRY_SQLPATCH in a root). What datapatch says at its end stands below failures too.
  - The database must be a primary that is open read write. datapatch leaves closed pluggable databases out without a word, so they are
    opened first, or O(closed_pdbs) says what else is to be done about them.
options:
  closed_pdbs:
    description:
      - V(open) opens pluggable databases that are closed. V(refuse) fails and names them. V(skip) leaves them unpatched; they open
        restricted later.
    type: str
    default: open
    choices: [open, refuse, skip]
  pdbs:
    description: Only these containers (C(-pdbs)). All of them when empty.
    type: list
    elements: str
    default: []
  prereq:
    description:
      - Only have datapatch tell what it would do (C(-prereq)); RV(queue) has it. It changes no patch, so it may be asked before a decision.
      - Where it would do nothing, that counts as having run it.
    type: bool
    default: false
extends_documentation_fragment:
  - dbferry.oracle.server
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: The SQL part of the new home's patches
  dbferry.oracle.datapatch:
    migration_id: SALES
  become: true
  become_user: oracle
  register: patched
  until: patched.finished
  retries: 360
  delay: 10
"""

RETURN = r"""
finished:
  description: Whether it has ended. Always true in check mode.
  returned: success
  type: bool
home_version:
  description: Release update of the home, where the release tells it (18 and later).
  returned: success
  type: str
  sample: 19.25.0.0.0
database_version:
  description: Release update that the database's registry has, by container; empty where there is none.
  returned: success
  type: dict
  sample: {"": "19.25.0.0.0"}
patches:
  description: The last action on each patch, by container and patch.
  returned: success
  type: list
  elements: dict
queue:
  description: What is still to be done, in datapatch's own lines. Null where nobody has asked it yet for this home.
  returned: success
  type: list
  elements: str
  sample: ["Patch 36912597 (Database Release Update : 19.25.0.0.241015 (36912597)):", "Apply from 19.3.0.0.0 Release_Update 190410122720 to ..."]
before:
  description: Home, registry and containers before.
  returned: success
  type: dict
after:
  description: Home, registry and containers afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["datapatch -verbose"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import datapatch
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import SERVER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier, server_job
from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import FAILED
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Command, Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, ServerJob, State, Step, Want

DATABASE = "SELECT database_role, open_mode, cdb, SYS_CONTEXT('USERENV', 'CON_NAME') container FROM v$database"
#: Version in full is that of the home's release update (documented since 18).
HOME = "SELECT version_full FROM v$instance"
PDBS = "SELECT name, open_mode FROM v$pdbs WHERE name <> 'PDB$SEED' ORDER BY con_id"
REGISTRY = """
SELECT patch_id, action, status, patch_type, target_version, logfile, NULL container FROM dba_registry_sqlpatch
 WHERE action IN ('APPLY', 'ROLLBACK') ORDER BY action_time
"""
ROOT_REGISTRY = """
SELECT r.patch_id, r.action, r.status, r.patch_type, r.target_version, r.logfile, c.name container
  FROM cdb_registry_sqlpatch r JOIN v$containers c ON c.con_id = r.con_id WHERE r.action IN ('APPLY', 'ROLLBACK') ORDER BY r.action_time
"""
#: Before 18 there is no telling which patch is the release update.
EARLY_REGISTRY = """
SELECT patch_id, action, status, NULL patch_type, NULL target_version, logfile, NULL container FROM dba_registry_sqlpatch
 WHERE action IN ('APPLY', 'ROLLBACK') ORDER BY action_time
"""
EARLY_ROOT_REGISTRY = """
SELECT r.patch_id, r.action, r.status, NULL patch_type, NULL target_version, r.logfile, c.name container
  FROM cdb_registry_sqlpatch r JOIN v$containers c ON c.con_id = r.con_id WHERE r.action IN ('APPLY', 'ROLLBACK') ORDER BY r.action_time
"""

#: Journal item: the home for which datapatch was run to its end.
ITEM = "datapatch run"
#: Journal item: what it said it would do, and for which home.
QUEUE = "datapatch queue"


def observe(session: t.Any, want: Want) -> State:
    early = session.release < (18,)
    database = session.one(DATABASE)
    root = database["cdb"] == "YES" and database["container"] == "CDB$ROOT"
    version = None if early else session.one(HOME)["version_full"]
    done, told = session.journal.get(ITEM), session.journal.get(QUEUE) or {}
    state: State = {
        "DATABASE": {"database_role": database["database_role"], "open_mode": database["open_mode"]},
        "HOME": {"version": version, "oracle_home": want["oracle_home"], "datapatch_run": done is not None and done == _home(version, want),
                 "queue": told["queue"] if told.get("home") == _home(version, want) else None}}
    for row in session.query(PDBS) if root else []:
        if not want["pdbs"] or row["name"] in want["pdbs"]:
            state["PDB " + row["name"]] = {"open_mode": row["open_mode"]}
    if not database["open_mode"].startswith("READ"):
        return state
    registry = (EARLY_ROOT_REGISTRY if early else ROOT_REGISTRY) if root else EARLY_REGISTRY if early else REGISTRY
    for row in session.query(registry):
        container = row["container"] or ""
        update = row["patch_type"] == "RU"
        # Only the last release update counts; whatever became of earlier ones is in it.
        name = " ".join(filter(None, (container, None if update else str(row["patch_id"]))))
        state[("RELEASE_UPDATE " if update else "SQLPATCH ") + name] = {
            "container": container, "patch": row["patch_id"], "action": row["action"], "status": row["status"], "version": row["target_version"],
            "logfile": row["logfile"]}
    return state


def _home(version: t.Optional[str], want: Want) -> Attributes:
    return {"oracle_home": want["oracle_home"], "version": version}


def _of(state: State, kind: str) -> t.List[Attributes]:
    return [found for name, found in state.items() if name.startswith(kind + " ") and found]


def _patches(state: State) -> t.List[Attributes]:
    return _of(state, "RELEASE_UPDATE") + _of(state, "SQLPATCH")


def _failed(state: State) -> t.List[Attributes]:
    return [found for found in _patches(state) if found["status"] != "SUCCESS"]


def _behind(state: State) -> t.List[Attributes]:
    """Release updates of the database that are not that of the home."""
    version = t.cast(Attributes, state["HOME"])["version"]
    return [found for found in _of(state, "RELEASE_UPDATE") if version and found["version"] != version]


def _is_done(state: State) -> bool:
    return bool(t.cast(Attributes, state["HOME"])["datapatch_run"] and not _behind(state) and not _failed(state))


def plan(state: State, want: Want) -> t.List[Step]:
    home = t.cast(Attributes, state["HOME"])
    closed = [name for name, found in state.items() if name.startswith("PDB ") and found and found["open_mode"] == "MOUNTED"]
    steps = []
    if closed and want["closed_pdbs"] == "open":
        steps = [Step(Statement("ALTER PLUGGABLE DATABASE ", identifier(name.split(" ", 1)[1]), " OPEN"), effects={name: {"open_mode": "READ WRITE"}},
                      on_server=True)
                 for name in closed]
    if (_is_done(state) or want["prereq"] and home["queue"]) and not steps:
        return []
    if closed and want["closed_pdbs"] == "refuse":
        raise Refused("datapatch leaves closed pluggable databases out: {0}.".format(", ".join(name.split(" ", 1)[1] for name in closed)),
                      code="DBF-0632", hint="Open them (module pluggable_database), or set closed_pdbs=open, or closed_pdbs=skip.")
    command = Command(datapatch.command(want["pdbs"], want["prereq"]))
    if want["prereq"]:
        return steps + [_ask(command, home, want)]
    # Which patches these will be, only datapatch works out.
    effects: State = {"HOME": {"datapatch_run": True}}
    effects.update({"RELEASE_UPDATE " + found["container"]: {"version": home["version"], "status": "SUCCESS"} for found in _behind(state)})
    job = ServerJob(server_job(want["migration_id"], want["migration_run"], "DATAPATCH"), command.argv, Statement(""))

    def conclude(text: str, rc: t.Optional[int]) -> Attributes:
        datapatch.parse(text, rc).require("datapatch", str(command))
        return {ITEM: _home(home["version"], want)}

    return steps + [Step(command, effects=effects, job=job, conclude=conclude)]


def _ask(command: Command, home: Attributes, want: Want) -> Step:
    """What it would do. An empty queue is all that a run of it would find."""
    job = ServerJob(server_job(want["migration_id"], want["migration_run"], "PREREQ"), command.argv, Statement(""))

    def conclude(text: str, rc: t.Optional[int]) -> Attributes:
        outcome = datapatch.parse(text, rc)
        if not outcome.queued or outcome.verdict == FAILED:
            outcome.require("datapatch", str(command))
            return {ITEM: _home(home["version"], want)}
        return {QUEUE: {"home": _home(home["version"], want), "queue": outcome.queue}}

    return Step(command, job=job, conclude=conclude)


def obstacle(state: State, want: Want) -> t.Optional[DbferryError]:
    """datapatch writes the dictionary; in the plan of a workflow the database is still about to become a primary."""
    database = t.cast(Attributes, state["DATABASE"])
    if database["database_role"] == "PRIMARY" and database["open_mode"] == "READ WRITE":
        return None
    return Refused("datapatch needs a primary that is open read write, and this is a {0} that is {1}.".format(
        database["database_role"].lower(), database["open_mode"].lower()), code="DBF-0633",
        hint="Patch the database after the switchover; its standby databases get it through the redo.")


def unsettled(state: State, want: Want) -> t.Optional[DbferryError]:
    """The registry knows better than the tool's last words."""
    failed = ["{patch} {action} {status}{0}, see {logfile}".format(" in " + found["container"] if found["container"] else "", **found)
              for found in _failed(state)]
    if not failed:
        return None
    return DbferryError("datapatch ended, and the registry has: {0}.".format("; ".join(failed)), code="DBF-0634",
                        hint="Correct what the logs name and run this again: datapatch repeats what did not succeed.")


def report(state: State, want: Want) -> Attributes:
    home = t.cast(Attributes, state["HOME"])
    return {"home_version": home["version"], "patches": _patches(state), "queue": [] if _is_done(state) else home["queue"],
            "database_version": {found["container"]: found["version"] for found in _of(state, "RELEASE_UPDATE") if found["status"] == "SUCCESS"}}


MODULE = Module(
    argument_spec=dict(
        SERVER,
        closed_pdbs={"type": "str", "default": "open", "choices": ["open", "refuse", "skip"]},
        pdbs={"type": "list", "elements": "str", "default": []},
        prereq={"type": "bool", "default": False},
    ),
    observe=observe, plan=plan, report=report, unsettled=unsettled, obstacle=obstacle, server=True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: pluggable_database
short_description: Open, close or drop a pluggable database, and save its state
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Opens or closes a pluggable database in the instances of its container database, and saves or discards the state in which it comes up
    with them. A pluggable database whose state was never saved stays closed at the next start.
  - Sessions in it are disconnected when it is closed or opened in another mode.
  - It is dropped only when this migration made it, which the journal knows, or when O(confirm) names it.
  - The session is one of the root. What is to be done takes an administrative privilege. A session that logs on with O(mode) does it itself,
    for any other SQL*Plus on the database server does, C(/ AS SYSDBA), as the Oracle owner.
  - What still keeps it from working is in RV(violations). With violations of type ERROR Oracle opens it restricted.
options:
  name:
    description: The pluggable database, as V$PDBS has it.
    type: str
    required: true
  state:
    description: What it is to be.
    type: str
    default: open
    choices: [open, closed, absent]
  open_mode:
    description: How it is to be open. When unset, as it is, or as Oracle opens it, which is read only in a physical standby.
    type: str
    choices: [read_write, read_only]
  restricted:
    description:
      - Whether only accounts with RESTRICTED SESSION may log on to it. When unset, as it is.
      - V(false) is refused while violations of type ERROR would have it opened restricted again.
    type: bool
  save_state:
    description: V(true) saves the state that it has then, V(false) discards what was saved. When unset, as it is.
    type: bool
  instances:
    description: V(all) acts in every instance of a RAC database that is up. V(current) only in that of the session.
    type: str
    default: all
    choices: [all, current]
  datafiles:
    description: What becomes of the files of one that is dropped.
    type: str
    default: including
    choices: [including, keep]
  confirm:
    description: The name again, to drop one that this migration did not make.
    type: str
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Open it now and at every start
  dbferry.oracle.pluggable_database:
    name: SHOP
    save_state: true
  become: true
  become_user: oracle

- name: Drop a rehearsal
  dbferry.oracle.pluggable_database:
    name: REHEARSAL
    state: absent
    confirm: REHEARSAL
    user: sys
    password: "{{ sys_password }}"
    mode: sysdba
"""

RETURN = r"""
before:
  description: State of the pluggable database before.
  returned: success
  type: dict
after:
  description: State of the pluggable database afterwards.
  returned: success
  type: dict
  sample: {"PDB SHOP": {"open_mode": "READ WRITE", "restricted": false, "saved_state": "OPEN"}}
violations:
  description: What PDB_PLUG_IN_VIOLATIONS has of it that is not resolved, errors first.
  returned: success
  type: list
  elements: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["ALTER PLUGGABLE DATABASE \"SHOP\" OPEN", "ALTER PLUGGABLE DATABASE \"SHOP\" SAVE STATE"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

#: In every instance that is up; RESTRICTED is NULL while it is closed.
PDBS = """
SELECT g.inst_id, g.open_mode, NVL(g.restricted, 'NO') restricted, SYS_CONTEXT('USERENV', 'INSTANCE') here, d.database_role role
  FROM gv$pdbs g CROSS JOIN v$database d WHERE g.name = :name ORDER BY g.inst_id
"""
SAVED = "SELECT state FROM dba_pdb_saved_states WHERE con_name = :name"
VIOLATIONS = """
SELECT type, cause, message, action, status FROM pdb_plug_in_violations WHERE name = :name AND status <> 'RESOLVED'
 ORDER BY DECODE(type, 'ERROR', 1, 2), time
"""

MODES = {"read_write": "READ WRITE", "read_only": "READ ONLY"}


def item(name: str) -> str:
    """Journal item: this migration made the pluggable database."""
    return "made pluggable database " + name


def observe(session: t.Any, want: Want) -> State:
    found = session.query(PDBS, name=want["name"])
    here = [row for row in found if want["instances"] == "all" or str(row["inst_id"]) == str(row["here"])]
    state: State = {"PDB " + want["name"]: None, "VIOLATIONS": {"_rows": session.query(VIOLATIONS, name=want["name"])}}
    if here:
        modes = sorted({row["open_mode"] for row in here})
        saved = session.query(SAVED, name=want["name"])
        state["PDB " + want["name"]] = {
            # Open in some instances and closed in others is neither.
            "open_mode": modes[0] if len(modes) == 1 else "MIXED", "restricted": any(row["restricted"] == "YES" for row in here),
            "saved_state": saved[0]["state"] if saved else None, "_role": here[0]["role"], "_several": len(here) > 1,
            "_ours": bool(session.journal.get(item(want["name"])))}
    return state


def plan(state: State, want: Want) -> t.List[Step]:
    steps = _plan(state, want)
    for step in steps:
        step.on_server = want["mode"] == "default"
    return steps


def _plan(state: State, want: Want) -> t.List[Step]:
    name = "PDB " + want["name"]
    found = state[name]
    if want["state"] == "absent":
        return [] if found is None else _drop(name, found, want)
    if found is None:
        raise Refused("There is no pluggable database {0}.".format(want["name"]), code="DBF-0651",
                      hint="Names are as V$PDBS has them, and the session has to be one of the root.")
    steps = _close(name, found, want) if want["state"] == "closed" else _open(name, found, state, want)
    if want["save_state"] is not None:
        steps += _save(name, found, steps, want)
    return steps


def _step(name: str, what: str, found: Attributes, **attributes: t.Any) -> Step:
    everywhere = " INSTANCES = ALL" if found["_several"] else ""
    return Step(Statement("ALTER PLUGGABLE DATABASE ", identifier(name.split(" ", 1)[1]), " ", what, everywhere), effects={name: attributes})


def _close(name: str, found: Attributes, want: Want) -> t.List[Step]:
    return [] if found["open_mode"] == "MOUNTED" else [_step(name, "CLOSE IMMEDIATE", found, open_mode="MOUNTED", restricted=False)]


def _open(name: str, found: Attributes, state: State, want: Want) -> t.List[Step]:
    standby = found["_role"] == "PHYSICAL STANDBY"
    usual = "READ ONLY" if standby else "READ WRITE"
    opened = found["open_mode"] in MODES.values()
    mode = MODES[want["open_mode"]] if want["open_mode"] else found["open_mode"] if opened else usual
    restricted = found["restricted"] if want["restricted"] is None else want["restricted"]
    if opened and found["open_mode"] == mode and found["restricted"] == restricted:
        return []
    errors = [row["message"] for row in t.cast(Attributes, state["VIOLATIONS"])["_rows"] if row["type"] == "ERROR"]
    if want["restricted"] is False and errors:
        raise Refused("{0} would be opened restricted: {1}".format(want["name"], "; ".join(errors)), code="DBF-0652",
                      hint="Resolve these violations (their ACTION says how; datapatch for patches), then close and open it.")
    what = "OPEN" + (" " + mode if mode != usual else "") + (" RESTRICTED" if restricted else "")
    # In UPGRADE mode, and where instances differ, there is no way but to close it; another mode alone is had by FORCE.
    steps = [] if opened or found["open_mode"] == "MOUNTED" else [_step(name, "CLOSE IMMEDIATE", found, open_mode="MOUNTED")]
    return steps + [_step(name, what + (" FORCE" if opened else ""), found, open_mode=mode, restricted=restricted)]


def _save(name: str, found: Attributes, steps: t.Sequence[Step], want: Want) -> t.List[Step]:
    # A closed one has no state that could be saved; without one it stays closed.
    if not want["save_state"] or want["state"] == "closed":
        return [] if found["saved_state"] is None else [_step(name, "DISCARD STATE", found, saved_state=None)]
    mode = t.cast(Attributes, steps[-1].effects[name])["open_mode"] if steps else found["open_mode"]
    state = "OPEN READ ONLY" if mode == "READ ONLY" and found["_role"] != "PHYSICAL STANDBY" else "OPEN"
    known = found["saved_state"] or ""
    # In a standby database read only is how it opens anyway.
    return [] if known == state or known and found["_role"] == "PHYSICAL STANDBY" else [_step(name, "SAVE STATE", found, saved_state=state)]


def _drop(name: str, found: Attributes, want: Want) -> t.List[Step]:
    if not found["_ours"] and want["confirm"] != want["name"]:
        raise Refused("The pluggable database {0} was not made by this migration.".format(want["name"]), code="DBF-0653",
                      hint="To drop it nevertheless, with all that is in it, set confirm={0}.".format(want["name"]))
    steps = _close(name, found, want)
    return steps + [Step(Statement("DROP PLUGGABLE DATABASE ", identifier(want["name"]), " {0} DATAFILES".format(want["datafiles"].upper())),
                         effects={name: None})]


def report(state: State, want: Want) -> Attributes:
    return {"violations": t.cast(Attributes, state["VIOLATIONS"])["_rows"]}


MODULE = Module(
    argument_spec={
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "default": "open", "choices": ["open", "closed", "absent"]},
        "open_mode": {"type": "str", "choices": ["read_write", "read_only"]},
        "restricted": {"type": "bool"},
        "save_state": {"type": "bool"},
        "instances": {"type": "str", "default": "all", "choices": ["all", "current"]},
        "datafiles": {"type": "str", "default": "including", "choices": ["including", "keep"]},
        "confirm": {"type": "str"},
    },
    observe=observe, plan=plan, report=report, server=True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

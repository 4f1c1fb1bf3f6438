#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: parameter
short_description: Set initialization parameters, reset them, or put them back as they were
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Changes parameters in memory and in the server parameter file, several in one call.
  - A static parameter goes to the spfile, and the result says under C(pending) that a restart is needed until the instance runs with it. With
    O(restart=true) the module restarts it; the session is SQL*Plus on the server then.
  - Values are compared by what they mean, so C(50G) is C(53687091200), C(true) is C(TRUE), and a list is compared item by item.
  - With O(migration_id) the journal keeps what was before, in memory and in the spfile, and O(state=as_before) puts it back.
  - Needs the privilege ALTER SYSTEM. Hidden parameters have no row in V$PARAMETER until they are set, which counts as their default;
    as SYS the module sees their values too.
options:
  parameters:
    description:
      - Values by name, for O(state=set). Hidden parameters are named without quotes.
      - A list is several values (C(control_files)); a text with commas in it is one.
    type: dict
    default: {}
  names:
    description: Names, for O(state=reset) and O(state=as_before).
    type: list
    elements: str
    default: []
  state:
    description:
      - V(set) gives them the values of O(parameters).
      - V(reset) removes them from the spfile; what runs keeps its values until the restart.
      - V(as_before) puts back what the journal of this migration and run says was before; a parameter that it does not name is left alone.
    type: str
    default: set
    choices: [set, reset, as_before]
  scope:
    description:
      - Where to change. Unset is as far as Oracle allows it at once, that is V(both), V(spfile) for a static parameter, and V(memory)
        for a dynamic one of an instance that runs without a spfile.
      - A static parameter with V(memory) or V(both) is refused, as Oracle does it (ORA-02095).
    type: str
    choices: [memory, spfile, both]
  sid:
    description: The instance of a RAC database that is meant, or V(*) for all.
    type: str
    default: '*'
  comment:
    description: Text that is kept beside the value when it is set.
    type: str
  create_spfile:
    description:
      - When the instance runs without a spfile and one is needed, make it at the default place, from V(pfile) or from the values in V(memory).
        Needs SYSDBA and O(migration_id).
      - The instance uses it after a restart; the parameters are set by the call after that. Without this option the call is refused (ORA-32001).
    type: str
    choices: [pfile, memory]
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.instance
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: What readers of redo want of this hidden parameter
  dbferry.oracle.parameter:
    parameters:
      _log_parallelism_max: 1
    migration_id: SALES
  register: parameter

- name: Say that the instance must be restarted
  ansible.builtin.debug:
    msg: "{{ parameter.pending }}"
  when: parameter.pending | length > 0

- name: Some that take effect at once
  dbferry.oracle.parameter:
    parameters:
      streams_pool_size: 2G
      enable_goldengate_replication: true
    comment: for the migration
    migration_id: SALES

- name: Put them back
  dbferry.oracle.parameter:
    names: [_log_parallelism_max, streams_pool_size, enable_goldengate_replication]
    state: as_before
    migration_id: SALES
"""

RETURN = r"""
before:
  description: The parameters before.
  returned: success
  type: dict
after:
  description: The parameters afterwards, and the spfile.
  returned: success
  type: dict
  sample: {"PARAMETER db_files": {"value": "200", "spfile": "500", "modifiable": "FALSE", "default": true},
           "SPFILE": {"path": "/u01/app/oracle/product/19/dbhome_1/dbs/spfileSALES.ora"}}
pending:
  description: What waits for a restart, one entry a parameter.
  returned: success
  type: list
  elements: str
  sample: ['restart: db_files is 500 in the spfile and the default in memory']
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ['ALTER SYSTEM SET "_log_parallelism_max" = 1 SCOPE = SPFILE']
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import parameters
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.instance import OPTIONS, RESOURCE, observe_instance, restart_steps
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

#: Journal item: the start of the instance during which the spfile was made, which it does not use yet.
CREATED = "spfile created"


def _names(want: Want) -> t.List[str]:
    return list(want["parameters"] if want["state"] == "set" else want["names"])


def observe(session: t.Any, want: Want) -> State:
    if not want["restart"]:
        return parameters.observe(session, _names(want))
    instance = observe_instance(session)
    if t.cast(Attributes, instance[RESOURCE])["status"] != "OPEN":
        # A restart was cut off: what the parameters are can be asked when it is finished.
        return instance
    return dict(parameters.observe(session, _names(want)), **instance)


def _needs_spfile(state: State, want: Want) -> bool:
    found = [state[parameters.resource(name.lower())] for name in _names(want)]
    return want["state"] == "reset" or want["scope"] in ("spfile", "both") or want["scope"] is None and any(
        one is not None and one["modifiable"] == "FALSE" for one in found)


def _create_spfile(spfile: Attributes, want: Want) -> t.List[Step]:
    steps = []
    if spfile["_created"] != spfile["_started"]:
        steps.append(Step(Statement("CREATE SPFILE FROM ", want["create_spfile"].upper()), record={CREATED: spfile["_started"]},
                          effects={"SPFILE": {"_created": spfile["_started"]}}))
    return steps + [Step(None, pending="restart: a spfile was created, which the instance uses after its next start; then run this again")]


def plan(state: State, want: Want) -> t.List[Step]:
    if not want["restart"]:
        return _changes(state, want)
    instance = t.cast(Attributes, state[RESOURCE])
    if instance["status"] != "OPEN":
        return restart_steps(instance, want, [])
    steps = _changes(state, want)
    if not any(step.pending for step in steps) or not t.cast(Attributes, state["SPFILE"])["path"]:
        # A new spfile has the parameters only after the call that follows the restart, which is not for this call to foresee.
        return steps
    return [step for step in steps if not step.pending] + restart_steps(instance, want, [])


def _changes(state: State, want: Want) -> t.List[Step]:
    spfile = t.cast(Attributes, state["SPFILE"])
    if not spfile["path"] and want["create_spfile"] and _needs_spfile(state, want):
        return _create_spfile(spfile, want)
    steps: t.List[Step] = []
    refused: t.List[Refused] = []
    for name in _names(want):
        try:
            if want["state"] == "as_before":
                steps += parameters.Change(state, name).back()
                continue
            change = parameters.Change(state, name, want["scope"], want["sid"], want["comment"], bool(want["migration_id"]))
            steps += change.set_to(want["parameters"][name]) if want["state"] == "set" else change.reset()
        except Refused as error:
            refused.append(error)
    if len(refused) == 1:
        raise refused[0]
    if refused:
        raise Refused(" ".join(error.message for error in refused), code=refused[0].code,
                      hint=" ".join(dict.fromkeys(error.hint for error in refused if error.hint)))
    return steps


MODULE = Module(
    argument_spec=dict(OPTIONS, **{
        "parameters": {"type": "dict", "default": {}},
        "names": {"type": "list", "elements": "str", "default": []},
        "state": {"type": "str", "default": "set", "choices": ["set", "reset", "as_before"]},
        "scope": {"type": "str", "choices": ["memory", "spfile", "both"]},
        "sid": {"type": "str", "default": "*"},
        "comment": {"type": "str"},
        "create_spfile": {"type": "str", "choices": ["pfile", "memory"]},
    }),
    observe=observe, plan=plan, local=lambda want: bool(want["restart"]),
    required_if=[("state", "set", ("parameters",)), ("state", "reset", ("names",)), ("state", "as_before", ("names", "migration_id"))],
    required_by={"create_spfile": ("migration_id",)},
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

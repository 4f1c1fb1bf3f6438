#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: transport_set_info
short_description: Whether tablespaces can be transported, every finding at once
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Turns the limits of transportable tablespaces into findings with severity, objects and remedy. Runs at the source, with the target as
    peer.
options:
  tablespaces:
    description: The transport set.
    type: list
    elements: str
    required: true
  checks:
    description:
      - V(compatibility) holds the two databases against each other, V(content) looks at what is in the set, V(self_contained) asks
        C(DBMS_TTS), V(excluded) tells which tables transport leaves out.
    type: list
    elements: str
    default: [compatibility, content, self_contained, excluded]
    choices: [compatibility, content, self_contained, excluded]
  datafile_path:
    description:
      - Where the datafiles will be at the peer. Of a disk group (C(+DATA)) it is told whether it is mounted and has room for them; what is in the way
        of a directory only its server knows.
    type: str
  fail:
    description: Fail when a finding is an error. All findings are told all the same.
    type: bool
    default: true
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes.info
"""

EXAMPLES = r"""
- name: Can it move
  dbferry.oracle.transport_set_info:
    tablespaces: [APP_DATA, APP_INDEX]
    peer_entry: dbtrg
  delegate_to: dbsrc
"""

RETURN = r"""
findings:
  description: What stands in the way, wants a decision or is good to know.
  returned: success
  type: list
  elements: dict
  sample: [{"severity": "error", "check": "tablespace_name", "message": "The target has tablespaces of these names.", "objects": ["USERS"],
            "remedy": "Rename them at either side."}]
excluded:
  description: Tables that transport leaves out, by owner.
  returned: success
  type: dict
bytes_to_move:
  description: Size of the datafiles of those tablespaces that are not frozen yet. Frozen ones may have been copied already.
  returned: success
  type: int
plugged_in:
  description: Tablespaces of the set that this migration has plugged in at the peer already.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import disk_group, transport_set
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.findings import finding, refuse_errors
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Want


def observe(session: t.Any, want: Want) -> State:
    facts = transport_set.look(session, want["tablespaces"])
    found: t.List[t.Dict[str, t.Any]] = []
    if "compatibility" in want["checks"]:
        found += transport_set.check_compatibility(facts)
    if "content" in want["checks"]:
        found += transport_set.check_content(facts)
    known = [name for name in want["tablespaces"] if name in facts["tablespaces"]]
    if "self_contained" in want["checks"] and known:
        texts = transport_set.violations(session, known)
        if texts:
            found.append(finding("error", "self_contained", "The set depends on what is outside of it, or the other way round.",
                                 "Add the tablespaces that these name, or move the objects (otherwise ORA-39187).", texts))
    to_move = sum(facts["tablespaces"][name]["bytes"] or 0 for name in known if facts["tablespaces"][name]["status"] == "ONLINE")
    group = disk_group.group_of(want["datafile_path"])
    in_the_way = disk_group.obstacle(group, disk_group.look(session.peer, group), to_move) if group and session.peer is not None else None
    if in_the_way:
        found.append(finding("error", "disk_group", *in_the_way[1:]))
    return {"TRANSPORT_SET": {"findings": found, "excluded": transport_set.excluded(facts) if "excluded" in want["checks"] else {},
                              "plugged_in": sorted(facts.get("target", {}).get("ours", ())),
                              "bytes_to_move": to_move}}


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    result = t.cast(Attributes, state["TRANSPORT_SET"])
    if want["fail"]:
        refuse_errors(result["findings"], "This set cannot be transported as it is", "DBF-0161", dict(result))
    return dict(result)


MODULE = Module(
    argument_spec=dict(
        PEER,
        tablespaces={"type": "list", "elements": "str", "required": True},
        checks={"type": "list", "elements": "str", "default": ["compatibility", "content", "self_contained", "excluded"],
                "choices": ["compatibility", "content", "self_contained", "excluded"]},
        datafile_path={"type": "str"},
        fail={"type": "bool", "default": True},
    ),
    observe=observe, report=report,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: physical_check_info
short_description: Tell whether a database can become the physical copy of another one
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Checks the source of a physical migration, and with a peer the pair, for everything that would end the way later. Runs at the source, with the
    target as peer. Changes nothing.
  - All findings are given at once, each with its remedy.
  - A target that is the source's copy already is not held against it any more.
options:
  checks:
    description: What to look at. V(source) alone, V(pair) against the peer, which is the target.
    type: list
    elements: str
    default: [source, pair]
    choices: [source, pair]
  online:
    description: Whether the copy is to be kept in step by Data Guard, which asks for more than a backup does.
    type: bool
    default: true
  compatible:
    description: COMPATIBLE that the new database gets. The placeholder's, unless it is given.
    type: str
  keystore_location:
    description: Where the target's keystore is to be. When it is given empty, encrypted tablespaces are an error.
    type: str
  as_encrypted:
    description: Whether the copy is to be encrypted while it is restored, which needs the source's keystore and its master key.
    type: bool
    default: false
  ignore:
    description: Errors to live with, in the words of ZDM's option C(-ignore). They are told as warnings.
    type: list
    elements: str
    default: []
    choices: [FORCE_LOGGING_CHECK, PATCH_CHECK, NLS_CHECK, NLS_NCHAR_CHECK, ENDIAN_CHECK, VAULT_CHECK]
  fail:
    description: Fail when a finding is an error.
    type: bool
    default: true
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes.info
"""

EXAMPLES = r"""
- name: Everything that is in the way, at once
  dbferry.oracle.physical_check_info:
    mode: sysdba
    peer_entry: "{{ inventory_hostname }}"
    fail: false
  delegate_to: "{{ migration_source }}"
  register: checked
"""

RETURN = r"""
findings:
  description: What was found, the worst first.
  returned: success
  type: list
  elements: dict
  contains:
    severity: {description: C(error) stops a migration. C(warning) wants a decision. C(info) is good to know., type: str}
    check: {description: What was looked at., type: str}
    message: {description: What is so., type: str}
    remedy: {description: What to do about it., type: str}
    objects: {description: What it is about., type: list, elements: str}
copied:
  description: Whether the target is the source's copy already.
  returned: success
  type: bool
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import physical_checks
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.findings import refuse_errors
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Want

WORST_FIRST = {"error": 0, "warning": 1, "info": 2}


def observe(session: t.Any, want: Want) -> State:
    source = physical_checks.look_at_source(session)
    target = physical_checks.look(session.peer) if session.peer is not None else None
    copied = bool(target and target.get("dbid") and target["dbid"] == source.get("dbid"))
    # What is in step already may have changed roles: the source is as it should be, whatever it is now.
    found = physical_checks.check_source(
        source, want["online"], want["keystore_location"], want["as_encrypted"]) if "source" in want["checks"] and not copied else []
    if target is not None and "pair" in want["checks"] and not copied:
        found += physical_checks.check_pair(source, target, want["online"], want["compatible"])
    found = physical_checks.leave_to_be(found, want["ignore"])
    return {"PHYSICAL": {"findings": sorted(found, key=lambda one: WORST_FIRST[one["severity"]]), "copied": copied}}


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    result = t.cast(Attributes, state["PHYSICAL"])
    if want["fail"]:
        refuse_errors(result["findings"], "The target cannot become a physical copy of this database as things are", "DBF-0801", dict(result))
    return dict(result)


MODULE = Module(
    argument_spec=dict(
        PEER,
        checks={"type": "list", "elements": "str", "default": ["source", "pair"], "choices": ["source", "pair"]},
        online={"type": "bool", "default": True},
        compatible={"type": "str"},
        keystore_location={"type": "str", "no_log": False},
        as_encrypted={"type": "bool", "default": False},
        ignore={"type": "list", "elements": "str", "default": [], "choices": [
            "FORCE_LOGGING_CHECK", "PATCH_CHECK", "NLS_CHECK", "NLS_NCHAR_CHECK", "ENDIAN_CHECK", "VAULT_CHECK"]},
        fail={"type": "bool", "default": True},
    ),
    observe=observe, report=report,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

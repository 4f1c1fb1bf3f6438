#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: instance
short_description: Start, mount, open, restrict or stop an instance
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Brings an instance to a state, from whatever state it is in.
  - It works as the Oracle owner on the database server, with C(/ AS SYSDBA) in SQL*Plus, since nobody else reaches an instance that is not
    open. The task's connection to the server needs to be that of the Oracle owner, or to become it.
  - An open database has no way down but a shutdown, and a database that is open read write becomes read only, or the other way round,
    by a restart. Such steps are C(pending) unless O(restart) allows them.
  - Pluggable databases open as their saved state says.
options:
  state:
    description:
      - V(stopped) shuts down. V(nomount) has an instance without a database, V(mounted) with its control files, V(open) with all files.
    type: str
    required: true
    choices: [stopped, nomount, mounted, open]
  open_mode:
    description: How the database is to be open. When unset, as it is, or as Oracle opens it, which is read only for a physical standby.
    type: str
    choices: [read_write, read_only]
  resetlogs:
    description:
      - With V(open), open a mounted database with RESETLOGS where its control file requires that after incomplete recovery (V$DATABASE.OPEN_RESETLOGS).
        A new incarnation begins.
    type: bool
    default: false
  restricted:
    description: Whether only accounts with RESTRICTED SESSION may log on. When unset, as it is.
    type: bool
  scope:
    description: What O(manager=srvctl) starts and stops. V(instance) is for one instance of a RAC database.
    type: str
    default: database
    choices: [database, instance]
extends_documentation_fragment:
  - dbferry.oracle.instance
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Have the database mounted
  dbferry.oracle.instance:
    state: mounted
    restart: true
    oracle_home: /u01/app/oracle/product/19.0.0/dbhome_1
    oracle_sid: SALES
  become: true
  become_user: oracle

- name: Stop one instance of a RAC database
  dbferry.oracle.instance:
    state: stopped
    manager: srvctl
    scope: instance
    db_unique_name: sales
    oracle_home: /u01/app/oracle/product/19.0.0/dbhome_1
    oracle_sid: SALES1
"""

RETURN = r"""
before:
  description: State of the instance before.
  returned: success
  type: dict
  sample: {"INSTANCE": {"status": "OPEN", "instance_name": "SALES", "logins": "ALLOWED", "open_mode": "READ WRITE"}}
after:
  description: State of the instance afterwards.
  returned: success
  type: dict
pending:
  description: What was left, because it needs a restart that O(restart) does not allow.
  returned: success
  type: list
  elements: str
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["SHUTDOWN IMMEDIATE", "STARTUP MOUNT"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.instance import (
    LEVELS, OPTIONS, RESOURCE, WAITS_FOR_RESTART, ascend, level, observe_instance, restrict, shutdown, startup)
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

STATUS = {"stopped": "STOPPED", "nomount": "STARTED", "mounted": "MOUNTED", "open": "OPEN"}


def observe(session: t.Any, want: Want) -> State:
    return observe_instance(session)


def plan(state: State, want: Want) -> t.List[Step]:
    found = t.cast(Attributes, state[RESOURCE])
    to = STATUS[want["state"]]
    instance = _one_instance(want)
    if to == "STOPPED":
        return [] if found["status"] == "STOPPED" else [shutdown(found, want, instance)]
    read_only = want["open_mode"] == "read_only"
    restricted = found.get("logins") == "RESTRICTED" if want["restricted"] is None else want["restricted"]
    down = level(found) > LEVELS.index(to) or _otherwise_open(found, want)
    steps = [shutdown(found, want, instance)] if down else []
    if down or found["status"] == "STOPPED":
        steps += startup(found, want, to, read_only, restricted, instance)
    else:
        steps += ascend(found, to, read_only, bool(want["resetlogs"]))
        if restricted != (found["logins"] == "RESTRICTED"):
            steps.append(restrict(restricted))
    if down and not want["restart"]:
        for step in steps:
            step.pending = WAITS_FOR_RESTART
    return steps


def _one_instance(want: Want) -> t.Optional[str]:
    if want["manager"] != "srvctl" or want["scope"] != "instance":
        return None
    if not want["oracle_sid"]:
        raise Refused("scope=instance names no instance.", code="DBF-0302", hint="Give oracle_sid.")
    return str(want["oracle_sid"])


def _otherwise_open(found: Attributes, want: Want) -> bool:
    """Whether the database is open in the mode that is not wanted."""
    if want["state"] != "open" or found["status"] != "OPEN" or want["open_mode"] is None:
        return False
    return bool(found["open_mode"].startswith("READ ONLY") != (want["open_mode"] == "read_only"))


MODULE = Module(
    argument_spec=dict(
        OPTIONS,
        state={"type": "str", "required": True, "choices": ["stopped", "nomount", "mounted", "open"]},
        open_mode={"type": "str", "choices": ["read_write", "read_only"]},
        resetlogs={"type": "bool", "default": False},
        restricted={"type": "bool"},
        scope={"type": "str", "default": "database", "choices": ["database", "instance"]},
    ),
    observe=observe, plan=plan, local=lambda want: True, afar=True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: ping
short_description: Log on to a database and say what answered
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Logs on, asks who is there, and logs off. Fails with what to do next when that is not possible.
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes.info
"""

EXAMPLES = r"""
- name: Is the source there
  dbferry.oracle.ping:
    dsn: dbsrc.example.com:1521/sales
    user: dbferry
    password: "{{ vault_source_password }}"
"""

RETURN = r"""
database:
  description: What answered.
  returned: success
  type: dict
  contains:
    release: {description: Release of the server., type: str, sample: 19.3.0.0.0}
    instance: {description: Name of the instance., type: str, sample: SALES}
    service: {description: Service of this session., type: str, sample: sales}
    container: {description: Name of the container (the PDB), type: str, sample: SALESPDB}
    user: {description: Account of this session., type: str, sample: DBFERRY}
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import State, Want

WHO = """
SELECT SYS_CONTEXT('USERENV', 'INSTANCE_NAME') instance, SYS_CONTEXT('USERENV', 'SERVICE_NAME') service,
       SYS_CONTEXT('USERENV', 'CON_NAME') container, SYS_CONTEXT('USERENV', 'SESSION_USER') "user"
  FROM dual
"""


def observe(session: t.Any, want: Want) -> State:
    who = session.one(WHO)
    return {"DATABASE": dict(who, release=".".join(str(part) for part in session.release))}


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    return {"database": state["DATABASE"]}


MODULE = Module(argument_spec={}, observe=observe, report=report)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

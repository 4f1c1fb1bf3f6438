#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: undo_tablespace
short_description: Manage undo tablespaces for further instances
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Each instance of a RAC database has an undo tablespace of its own, UNDO_TABLESPACE of its SID in the server parameter file (module parameter with
    C(sid)). This creates the tablespaces, each with one datafile that grows, and drops them.
  - It asks for a primary that is open read write; redo takes the tablespace to its standby databases.
  - Needs CREATE TABLESPACE, and DROP TABLESPACE for O(state=absent).
options:
  names:
    description: Names of the tablespaces as the dictionary has them.
    type: list
    elements: str
    required: true
  size:
    description: Size of the datafile at first, in bytes or with a unit.
    type: str
    default: 100M
  path:
    description:
      - Where the datafile goes, as a directory or a disk group (V(+DATA)), on storage that all instances see. Without it the database places and names it
        (Oracle Managed Files), for which DB_CREATE_FILE_DEST must be set.
    type: str
  state:
    description: V(absent) drops the tablespace and its datafile. Oracle refuses that while an instance uses it (ORA-30013).
    type: str
    default: present
    choices: [present, absent]
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Undo for the second instance
  dbferry.oracle.undo_tablespace:
    names: [UNDOTBS2]
    path: +DATA

- name: Which uses it from its start on
  dbferry.oracle.parameter:
    parameters:
      undo_tablespace: UNDOTBS2
    sid: SALES2
    scope: spfile
"""

RETURN = r"""
before:
  description: The tablespaces before.
  returned: success
  type: dict
  sample: {"UNDO_TABLESPACE UNDOTBS2": null}
after:
  description: The tablespaces afterwards.
  returned: success
  type: dict
  sample: {"UNDO_TABLESPACE UNDOTBS2": {"contents": "UNDO", "status": "ONLINE"}}
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["CREATE UNDO TABLESPACE \"UNDOTBS2\" DATAFILE '+DATA' SIZE 104857600 AUTOEXTEND ON"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard, parameters
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Finding, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier, literal
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

TABLESPACES = "SELECT tablespace_name name, contents, status FROM dba_tablespaces"
PLACE = "SELECT value FROM v$parameter WHERE name = 'db_create_file_dest' AND value IS NOT NULL"
#: Where statements about tablespaces can be made. The dictionary of a database that is only mounted tells nothing.
READABLE = "READ"


def resource(name: str) -> str:
    return "UNDO_TABLESPACE " + name


def observe(session: t.Any, want: Want) -> State:
    facts = dataguard.facts(session)
    found = {}
    if facts["open_mode"].startswith(READABLE):
        found = {row["name"]: {"contents": row["contents"], "status": row["status"]} for row in session.query(TABLESPACES)}
    state: State = {dataguard.DATABASE: {"role": facts["database_role"], "open_mode": facts["open_mode"], "_writable": dataguard.is_writable(facts),
                                         "_managed": bool(session.query(PLACE))}}
    return dict(state, **{resource(name): found.get(name) for name in want["names"]})


def plan(state: State, want: Want) -> t.List[Step]:
    absent = want["state"] == "absent"
    names = [name for name in want["names"] if (state[resource(name)] is not None) == absent]
    size = parameters.size(want["size"])
    refuse(list(_findings(state, want, size, bool(names))))
    if absent:
        return [Step(Statement("DROP TABLESPACE ", identifier(name), " INCLUDING CONTENTS AND DATAFILES"), effects={resource(name): None}) for name in names]
    return [Step(Statement("CREATE UNDO TABLESPACE ", identifier(name), _datafile(name, want), " SIZE {0} AUTOEXTEND ON".format(size)),
                 effects={resource(name): {"contents": "UNDO", "status": "ONLINE"}}) for name in names]


def _datafile(name: str, want: Want) -> str:
    """Where the datafile is. A disk group names it itself, and so does the database without a path."""
    path = want["path"]
    if not path:
        return " DATAFILE"
    return " DATAFILE " + literal(path if path.startswith("+") else "{0}/{1}01.dbf".format(path.rstrip("/"), name.lower()))


def _findings(state: State, want: Want, size: t.Optional[int], changes: bool) -> t.Iterator[Finding]:
    database = t.cast(Attributes, state[dataguard.DATABASE])
    if not size or size < 0:
        yield ("DBF-0901", "{0!r} is not the size of a datafile.".format(want["size"][:50]), "Give bytes, or a unit: 100M.")
    for name in want["names"]:
        found = state[resource(name)]
        if found is not None and found["contents"] != "UNDO":
            yield ("DBF-0902", "The tablespace {0} is there, and is for {1} data.".format(name, found["contents"]), "Give another name.")
    if changes and not database["_writable"]:
        yield ("DBF-0903", "The database is no primary that is open read write: {0}, {1}.".format(database["role"], database["open_mode"]),
               "Do it once it is (module switchover, module instance).")
    if changes and want["state"] == "present" and not want["path"] and not database["_managed"]:
        yield ("DBF-0904", "Nothing says where the datafiles go.", "Give path, or set DB_CREATE_FILE_DEST (module parameter).")


MODULE = Module(
    argument_spec={
        "names": {"type": "list", "elements": "str", "required": True},
        "size": {"type": "str", "default": "100M"},
        "path": {"type": "str"},
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
    },
    observe=observe, plan=plan,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

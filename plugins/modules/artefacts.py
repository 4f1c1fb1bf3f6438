#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: artefacts
short_description: List or clear away what a run of a migration left in a database
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Everything that this collection makes bears the identity and run of the migration. This module finds it by that and removes it, which is master tables
    of Data Pump jobs, staging tables, restore points, image copies, dump files and at last the directory object. Logs of Data Pump and the journal stay.
  - A Data Pump job that is at work is never touched; the module fails then.
options:
  directory:
    description: Directory object of the migration, which goes too.
    type: str
  dumps:
    description: Purposes of the exports whose dump files are removed from O(directory).
    type: list
    elements: str
    default: []
  files:
    description: Names of further files of the migration that are removed from O(directory).
    type: list
    elements: str
    default: []
  restore_points:
    description: Count restore points in. A guaranteed one needs an administrative O(mode) to be dropped.
    type: bool
    default: true
  journal:
    description: Remove the journal table as well, once nothing else is left. What was there before the move cannot be put back afterwards.
    type: bool
    default: false
  state:
    description: V(present) only lists what is there.
    type: str
    default: present
    choices: [present, absent]
extends_documentation_fragment:
  - dbferry.oracle.server
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Clear away what the first run left
  dbferry.oracle.artefacts:
    migration_id: SALES
    migration_run: 1
    state: absent
"""

RETURN = r"""
artefacts:
  description: What is there.
  returned: success
  type: list
  elements: str
before:
  description: Artefacts before.
  returned: success
  type: dict
after:
  description: Artefacts afterwards.
  returned: success
  type: dict
finished:
  description: Whether everything is done. Otherwise RMAN is at work; call again.
  returned: success
  type: bool
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import posixpath
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import datapump_job, rman, rman_job
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import SERVER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.journal import CLEANED, EXISTS
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import CONVERTED, JOURNAL_TABLE, datapump_dump, identifier, literal, owned
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

TABLES = "SELECT table_name name FROM user_tables ORDER BY table_name"
JOBS = "SELECT job_name name, state FROM dba_datapump_jobs WHERE owner_name = :me"
RESTORE_POINTS = "SELECT name, guarantee_flashback_database guarantee FROM v$restore_point ORDER BY name"
COPIES = "SELECT tag, COUNT(*) copies FROM v$datafile_copy WHERE status = 'A' AND deleted = 'NO' AND tag IS NOT NULL GROUP BY tag ORDER BY tag"
DATAFILES = "SELECT name FROM v$datafile"
LINKS = "SELECT db_link name FROM user_db_links ORDER BY db_link"
DIRECTORIES = "SELECT directory_name name FROM dba_directories ORDER BY directory_name"
DIRECTORY = "SELECT directory_path path FROM dba_directories WHERE directory_name = :name"


def observe(session: t.Any, want: Want) -> State:
    def ours(name: str) -> bool:
        return bool(owned(name, want["migration_id"]) == want["migration_run"])

    jobs = {row["name"]: row["state"] for row in session.query(JOBS, me=session.user)}
    state: State = {"TABLE " + row["name"]: {"job": jobs.get(row["name"])} for row in session.query(TABLES) if ours(row["name"])}
    state.update(("RESTORE_POINT " + row["name"], {"guarantee": row["guarantee"] == "YES"}) for row in session.query(RESTORE_POINTS)
                 if want["restore_points"] and ours(row["name"]))
    state.update(("COPIES " + row["tag"], {"copies": row["copies"]}) for row in session.query(COPIES) if ours(row["tag"]))
    state.update(("DATABASE_LINK " + row["name"], {"present": True}) for row in session.query(LINKS) if ours(row["name"].split(".")[0]))
    state.update(("DIRECTORY " + row["name"], {"present": True}) for row in session.query(DIRECTORIES)
                 if ours(row["name"]) and row["name"] != want["directory"])
    directory = session.one(DIRECTORY, name=want["directory"]) if want["directory"] else None
    if directory is not None:
        names = [datapump_dump(want["migration_id"], want["migration_run"], purpose) for purpose in want["dumps"]] + want["files"]
        for name in names + _converted(session, directory["path"]):
            if datapump_job.file_exists(session, want["directory"], name):
                state["FILE " + name] = {"directory": want["directory"]}
        state["DIRECTORY " + want["directory"]] = {"present": True}
    if want["journal"] and session.one(EXISTS, name=JOURNAL_TABLE) is not None:
        state["JOURNAL_TABLE " + JOURNAL_TABLE] = {"present": True}
    state["RUN"] = {"cleaned_up": bool(session.journal.get(CLEANED))}
    return state


def _converted(session: t.Any, path: str) -> t.List[str]:
    """Files that were converted at the source into this directory: the journal knows them. None of them is a datafile of this database."""
    outputs = [value["output"] for item, value in sorted(session.journal.items().items()) if item.startswith(CONVERTED)]
    own = {row["name"] for row in session.query(DATAFILES)} if outputs else set()
    return [posixpath.basename(output) for output in outputs if posixpath.dirname(output) == path.rstrip("/") and output not in own]


def plan(state: State, want: Want) -> t.List[Step]:
    if want["state"] == "present":
        return []
    there = {name: found for name, found in state.items() if found and name != "RUN"}
    busy = [name.split(" ", 1)[1] for name, found in there.items() if found.get("job") in datapump_job.AT_WORK]
    if busy:
        raise Refused("Data Pump is at work: {0}.".format(", ".join(busy)), code="DBF-0191", hint="Wait for the job, or stop it, and run again.")
    steps = []
    for name in there:
        kind, own = name.split(" ", 1)
        step = _removal(kind, own, want)
        step.effects = {name: None}
        steps.append(step)
    if not want["journal"] and not t.cast(Attributes, state["RUN"])["cleaned_up"]:
        steps.append(Step(None, record={CLEANED: True}, effects={"RUN": {"cleaned_up": True}}))
    return steps


def _removal(kind: str, name: str, want: Want) -> Step:
    if kind == "COPIES":
        return rman_job.step(dict(want, purpose="COPIES"), "DELETE", [rman.delete_copies(name)], {})
    if kind == "FILE":
        return Step(Statement("BEGIN UTL_FILE.FREMOVE(location => ", literal(want["directory"]), ", filename => ", literal(name), "); END;"))
    words = {"TABLE": "DROP TABLE {0} PURGE", "JOURNAL_TABLE": "DROP TABLE {0} PURGE", "DIRECTORY": "DROP DIRECTORY {0}",
             "DATABASE_LINK": "DROP DATABASE LINK {0}", "RESTORE_POINT": "DROP RESTORE POINT {0}"}
    return Step(Statement(words[kind].format(identifier(name))))


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    return {"artefacts": sorted(name for name, found in state.items() if found and name != "RUN")}


MODULE = Module(
    argument_spec=dict(
        SERVER,
        directory={"type": "str"},
        dumps={"type": "list", "elements": "str", "default": []},
        files={"type": "list", "elements": "str", "default": []},
        restore_points={"type": "bool", "default": True},
        journal={"type": "bool", "default": False},
        state={"type": "str", "default": "present", "choices": ["present", "absent"]},
    ),
    observe=observe, plan=plan, report=report, server=True,
    required_by={"directory": ("migration_id",)},
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: rman_backup
short_description: Have a backup, by RMAN on the database server
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Makes sure that there is a backup under the tag of the migration that covers the datafiles, as level 0 backup sets or as image copies. What there is
    is asked for by SQL, the server is reached only when something is missing.
  - RMAN runs as the Oracle owner with SYSBACKUP, detached. A call starts it or joins it and returns; loop on RV(finished).
  - An image copy counts only if it is as new as its datafile, so one of a tablespace that was set read only later is made again.
options:
  purpose:
    description: What the backup is for, in one word; it stands in its tag.
    type: str
    required: true
  as_copy:
    description: Make image copies (BACKUP AS COPY) instead of level 0 backup sets.
    type: bool
    default: false
  tablespaces:
    description: Tablespaces to cover; the whole database if empty.
    type: list
    elements: str
    default: []
  path:
    description: Directory for the files on the server. Without it RMAN's configuration and the recovery area decide.
    type: str
    default: ''
  parallelism:
    description: Number of channels.
    type: int
    default: 1
extends_documentation_fragment:
  - dbferry.oracle.server
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Level 0 of the whole database
  dbferry.oracle.rman_backup:
    purpose: FULL
    migration_id: SALES
    parallelism: 4
  register: backup
  until: backup.finished
  retries: 1000
  delay: 10
"""

RETURN = r"""
finished:
  description: Whether the backup is complete. Always true in check mode.
  returned: success
  type: bool
files:
  description: The copies, or the pieces that hold a datafile each.
  returned: success
  type: list
  elements: str
tag:
  description: The tag of the backup.
  returned: success
  type: str
progress:
  description: What is covered, of how many datafiles.
  returned: success
  type: dict
before:
  description: Datafiles and what covers them before.
  returned: success
  type: dict
after:
  description: Datafiles and what covers them afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import rman, rman_job
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import SERVER
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Attributes, Module, State, Step, Want
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import rman_tag

#: Pieces of level 0 backup sets under a tag that RMAN still knows to be there, with the files in them.
BACKUPS = """
SELECT f.file# file_id, p.handle name, f.checkpoint_change# checkpoint_scn FROM v$backup_datafile f
  JOIN v$backup_piece p ON p.set_stamp = f.set_stamp AND p.set_count = f.set_count
 WHERE p.tag = :tag AND p.status = 'A' AND f.incremental_level = 0 ORDER BY f.checkpoint_change#
"""


def tag(want: Want) -> str:
    return rman_tag(want["migration_id"], want["migration_run"], want["purpose"])


def observe(session: t.Any, want: Want) -> State:
    made = {row["file_id"]: row for row in session.query(rman_job.COPIES if want["as_copy"] else BACKUPS, tag=tag(want))}
    state: State = {"RMAN": {"percent": rman_job.percent(session)}}
    for row in session.query(rman_job.DATAFILES):
        if want["tablespaces"] and row["tablespace"] not in want["tablespaces"]:
            continue
        copy = made.get(row["file_id"])
        # A backup set is of its own moment; an image copy that goes elsewhere must be of this very one.
        current = copy is not None and (not want["as_copy"] or copy["checkpoint_scn"] >= row["checkpoint_scn"])
        state["DATAFILE {0}".format(row["file_id"])] = {
            "tablespace": row["tablespace"], "name": row["name"], "bytes": row["bytes"], "checkpoint_scn": row["checkpoint_scn"],
            "covered_by": copy["name"] if copy and current else None}
    return state


def _files(state: State) -> t.Dict[str, t.Dict[str, t.Any]]:
    return {name: found for name, found in state.items() if name.startswith("DATAFILE ") and found}


def plan(state: State, want: Want) -> t.List[Step]:
    missing = sorted((int(name.split(" ")[1]) for name, found in _files(state).items() if not found["covered_by"]))
    if not missing:
        return []
    where = want["path"].rstrip("/") + "/" + tag(want) + "_%U" if want["path"] else None
    if want["as_copy"]:
        command = rman.backup(tag(want), datafiles=missing, as_copy=True, format=where)
    elif want["tablespaces"]:
        command = rman.backup(tag(want), level=0, datafiles=missing, format=where)
    else:
        command = rman.backup(tag(want), level=0, database=True, format=where)
    # Image copies are as large as their files; how large a backup set becomes nobody knows before.
    directory = want["path"] if want["as_copy"] and not want["path"].startswith("+") else ""
    space = {directory: sum(_files(state)["DATAFILE {0}".format(number)]["bytes"] for number in missing)} if directory else {}
    return [rman_job.step(want, "BACKUP", [command], channels=want["parallelism"], space=space, effects={
        "DATAFILE {0}".format(number): {"covered_by": "unknown until it has run (datafile {0})".format(number)} for number in missing})]


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    files = _files(state)
    done = len([found for found in files.values() if found["covered_by"]])
    percent = 100.0 if done == len(files) else t.cast(Attributes, state["RMAN"])["percent"]
    made = [found["covered_by"] for found in files.values() if found["covered_by"]]
    return {"tag": tag(want), "files": made, "progress": {"done": done, "of": len(files), "percent": percent}}


MODULE = Module(
    argument_spec=dict(
        SERVER,
        purpose={"type": "str", "required": True},
        as_copy={"type": "bool", "default": False},
        tablespaces={"type": "list", "elements": "str", "default": []},
        path={"type": "str", "default": ""},
        parallelism={"type": "int", "default": 1},
    ),
    observe=observe, plan=plan, report=report, server=True, ephemeral=lambda want: want["as_copy"],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

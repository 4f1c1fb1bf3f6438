#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: rman_convert
short_description: Convert datafiles to this platform, by RMAN at the target
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Converts the image copies that M(dbferry.oracle.rman_backup) made at the source under the same purpose. Runs at the target, with the source as
    peer, which tells the files and their platform.
  - Oracle keeps no record of a conversion, so each file that RMAN reports as finished is written to the journal with the SCN of its copy. A file
    counts as converted only for that SCN, and only until a plug-in that failed may have changed its header.
  - Every attempt writes files of its own, because a conversion that was killed leaves a part of one behind.
  - RMAN runs detached. A call starts it or joins it and returns; loop on RV(finished).
options:
  purpose:
    description: What the copies are for, as they were made.
    type: str
    required: true
  tablespaces:
    description: The transport set.
    type: list
    elements: str
    required: true
  path:
    description: Directory or ASM disk group (C(+DATA)) for the converted files.
    type: str
    required: true
  parallelism:
    description: Number of channels.
    type: int
    default: 1
extends_documentation_fragment:
  - dbferry.oracle.server
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Convert the datafiles
  dbferry.oracle.rman_convert:
    purpose: SET
    tablespaces: [APP_DATA]
    path: /u02/oradata/SALES
    parallelism: 4
    peer_entry: dbsrc
    migration_id: SALES
  register: converted
  until: converted.finished
  retries: 1000
  delay: 10
"""

RETURN = r"""
finished:
  description: Whether all files are converted. Always true in check mode.
  returned: success
  type: bool
files:
  description: The converted files, in the order of the source's file numbers.
  returned: success
  type: list
  elements: str
progress:
  description: What is converted, of how many files.
  returned: success
  type: dict
before:
  description: Datafiles before.
  returned: success
  type: dict
after:
  description: Datafiles afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import posixpath
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import rman, rman_job
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER, SERVER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Attributes, Module, State, Step, Want
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import plugged_item, rman_tag
from ansible_collections.dbferry.oracle.plugins.module_utils.rman_output import RmanOutcome

PLATFORM = "SELECT platform_name name FROM v$database"
PRESENT = "SELECT tablespace_name name FROM dba_tablespaces"


def finished_item(file_id: int) -> str:
    """Journal item: this file of the source is converted; from which copy, at which SCN, to which file."""
    return "converted datafile {0}".format(file_id)


def attempt_item(file_id: int) -> str:
    """Journal item: how many conversions of this file were begun."""
    return "conversions begun of datafile {0}".format(file_id)


def observe(session: t.Any, want: Want) -> State:
    tag = rman_tag(want["migration_id"], want["migration_run"], want["purpose"])
    copies = {row["file_id"]: row for row in session.peer.query(rman_job.COPIES, tag=tag)}
    present = {row["name"] for row in session.query(PRESENT)}
    state: State = {"SOURCE": {"platform": session.peer.one(PLATFORM)["name"], "percent": rman_job.percent(session)}}
    for row in session.peer.query(rman_job.DATAFILES):
        if row["tablespace"] not in want["tablespaces"]:
            continue
        file_id, copy = row["file_id"], copies.get(row["file_id"])
        planned = (session.peer.assumed.get("DATAFILE {0}".format(file_id)) or {}).get("attributes")
        done = session.journal.get(finished_item(file_id)) or {}
        spent = row["tablespace"] not in present and done.get("output") in (session.journal.get(plugged_item(row["tablespace"])) or [])
        converted = done.get("output") if copy and done.get("checkpoint_scn") == copy["checkpoint_scn"] == row["checkpoint_scn"] and not spent else None
        state["CONVERTED {0}".format(file_id)] = {
            "tablespace": row["tablespace"], "source_name": row["name"], "input": copy["name"] if copy else (planned or {}).get("covered_by"),
            "checkpoint_scn": copy["checkpoint_scn"] if copy else row["checkpoint_scn"], "current": planned is not None or (
                copy is not None and copy["checkpoint_scn"] == row["checkpoint_scn"]),
            "output": converted, "attempts": session.journal.get(attempt_item(file_id)) or 0}
    return state


def _files(state: State) -> t.Dict[int, t.Dict[str, t.Any]]:
    return {int(name.split(" ")[1]): found for name, found in sorted(state.items()) if name.startswith("CONVERTED ") and found}


def plan(state: State, want: Want) -> t.List[Step]:
    missing = {number: found for number, found in _files(state).items() if not found["output"]}
    if not missing:
        return []
    stale = [number for number, found in missing.items() if not found["current"]]
    if stale:
        raise Refused("There is no current copy of datafile {0} of the source.".format(", ".join(str(number) for number in stale)), code="DBF-0181",
                      hint="Copy them first (phase XTTS_TRANSFER): a copy must be of the SCN at which its tablespace is frozen.")
    outputs = {number: _output(number, found, want) for number, found in missing.items()}
    pairs = None if want["path"].startswith("+") else [(found["input"], outputs[number]) for number, found in missing.items()]
    command = rman.convert_datafile(
        [found["input"] for found in missing.values()], t.cast(Attributes, state["SOURCE"])["platform"], parallelism=min(want["parallelism"], len(missing)),
        format=want["path"] if pairs is None else None, db_file_name_convert=pairs or ())
    by_input = {found["input"]: number for number, found in missing.items()}

    def record(number: int, output: str) -> t.Dict[str, t.Any]:
        return {finished_item(number): {"output": output, "checkpoint_scn": missing[number]["checkpoint_scn"]}}

    def finished(outcome: RmanOutcome) -> t.Dict[str, t.Any]:
        items: t.Dict[str, t.Any] = {}
        for conversion in outcome.conversions:
            if conversion.input in by_input and conversion.output:
                items.update(record(by_input[conversion.input], conversion.output))
        return items

    expected: t.Dict[str, t.Any] = {}
    for number in missing:
        expected.update(record(number, outputs[number]))
    return [rman_job.step(
        want, "CONVERT", [command], finished=finished, record=expected,
        remember={attempt_item(number): found["attempts"] + 1 for number, found in missing.items()},
        effects={"CONVERTED {0}".format(number): {"output": outputs[number]} for number in missing})]


def _output(number: int, found: t.Dict[str, t.Any], want: Want) -> str:
    if want["path"].startswith("+"):
        return "unknown until it has run"
    stem = posixpath.splitext(posixpath.basename(found["source_name"]))[0]
    return posixpath.join(want["path"], "{0}_{1}_r{2}_f{3}_{4}.dbf".format(
        stem, want["migration_id"].lower(), want["migration_run"], number, found["attempts"] + 1))


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    files = _files(state)
    done = [found["output"] for number, found in sorted(files.items()) if found["output"]]
    return {"files": done, "progress": {"done": len(done), "of": len(files),
                                        "percent": 100.0 if len(done) == len(files) else t.cast(Attributes, state["SOURCE"])["percent"]}}


MODULE = Module(
    argument_spec=dict(
        SERVER, **dict(
            PEER,
            purpose={"type": "str", "required": True},
            tablespaces={"type": "list", "elements": "str", "required": True},
            path={"type": "str", "required": True},
            parallelism={"type": "int", "default": 1},
        )),
    observe=observe, plan=plan, report=report, server=True, ephemeral=lambda want: True,
    required_one_of=[("peer", "peer_entry")],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

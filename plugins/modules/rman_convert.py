#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: rman_convert
short_description: Convert datafiles from one platform to another by RMAN
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - With O(command=datafile) converts at the target, with the source as peer, which tells the files and their platform. What is converted are
    the image copies that M(dbferry.oracle.rman_backup) made at the source under the same purpose, or with O(input=converted) the files that
    this module converted there; then they are only copied into place, into an ASM disk group too, because nothing is converted between equal
    platforms.
  - With O(command=tablespace) converts at the source, with the target as peer, which tells its platform. The tablespaces must be read only.
  - Oracle keeps no record of a conversion, so each file that RMAN reports as finished is written to the journal with the SCN of its input. A file
    counts as converted only for that SCN, and only until a plug-in that failed may have changed its header; at the source also only while it is
    there, as far as a directory object of the migration shows it.
  - Every attempt writes files of its own, because a conversion that was killed leaves a part of one behind.
  - RMAN runs detached. A call starts it or joins it and returns; loop on RV(finished).
  - Refuses before anything is written when a platform is not in V$TRANSPORTABLE_PLATFORM, and when O(path) has no room. Of a disk group the database
    tells that, of a directory its server, just before RMAN is started.
options:
  purpose:
    description: What the copies are for, as they were made.
    type: str
    required: true
  command:
    description: What is given to CONVERT. C(CONVERT TABLESPACE) runs at the source, C(CONVERT DATAFILE) at the target.
    type: str
    choices: [datafile, tablespace]
    default: datafile
  input:
    description: For O(command=datafile), whether image copies of the source or files that were converted there are read.
    type: str
    choices: [copies, converted]
    default: copies
  input_path:
    description:
      - For O(command=datafile), the directory in which this server sees the files to read, under their own names; unless given, it sees them
        under the paths by which the source knows them.
    type: str
  tablespaces:
    description: The transport set.
    type: list
    elements: str
    required: true
  path:
    description: Directory for the converted files. For O(command=datafile) also an ASM disk group (C(+DATA)), which names them itself, or a directory
      in one that is there (C(+DATA/SALES/DATAFILE)).
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

- name: Convert at the source, by tablespace
  dbferry.oracle.rman_convert:
    purpose: SET
    command: tablespace
    tablespaces: [APP_DATA]
    path: /nfs
    parallelism: 4
    peer_entry: dbtrg
    migration_id: SALES
  delegate_to: dbsrc
  register: converted
  until: converted.finished
  retries: 1000
  delay: 10

- name: Copy into ASM what was converted at the source
  dbferry.oracle.rman_convert:
    purpose: SET
    input: converted
    tablespaces: [APP_DATA]
    path: +DATA02
    parallelism: 4
    peer_entry: dbsrc
    migration_id: SALES
  register: copied
  until: copied.finished
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

from ansible_collections.dbferry.oracle.plugins.module_utils import directory_files, disk_group, rman, rman_job
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER, SERVER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import CONVERTED, plugged_item, rman_tag
from ansible_collections.dbferry.oracle.plugins.module_utils.rman_output import RmanOutcome
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

PLATFORM = "SELECT platform_name name FROM v$database"
PLATFORMS = "SELECT platform_name name FROM v$transportable_platform"
PRESENT = "SELECT tablespace_name name, status FROM dba_tablespaces"


def finished_item(file_id: int) -> str:
    """Journal item: this file of the source is converted; from which copy, at which SCN, to which file."""
    return "{0}{1}".format(CONVERTED, file_id)


def attempt_item(file_id: int) -> str:
    """Journal item: how many conversions of this file were begun."""
    return "conversions begun of datafile {0}".format(file_id)


def _at_source(want: Want) -> bool:
    return bool(want["command"] == "tablespace")


def observe(session: t.Any, want: Want) -> State:
    source = session if _at_source(want) else session.peer
    present = {row["name"]: row["status"] for row in session.query(PRESENT)}
    state: State = {"SOURCE": {
        "platform": session.peer.one(PLATFORM)["name"], "supported": sorted(row["name"] for row in session.query(PLATFORMS)),
        "percent": rman_job.percent(session)}}
    group = disk_group.group_of(want["path"])
    if group:
        state["DISKGROUP " + group] = disk_group.look(session, group)
    inputs = _inputs(session, want)
    lost = directory_files.lost(session, want["migration_id"], _outputs(session)) if _at_source(want) else ()
    plugged_in = {row["name"] for row in session.peer.query(PRESENT)} if lost else ()
    for row in source.query(rman_job.DATAFILES):
        if row["tablespace"] not in want["tablespaces"]:
            continue
        file_id = row["file_id"]
        if _at_source(want):
            state["TABLESPACE " + row["tablespace"]] = {"status": present[row["tablespace"]]}
        found = inputs.get(file_id) or {}
        done = session.journal.get(finished_item(file_id)) or {}
        spent = not _at_source(want) and row["tablespace"] not in present and done.get("output") in (
            session.journal.get(plugged_item(row["tablespace"])) or [])
        planned = (session.peer.assumed.get("DATAFILE {0}".format(file_id)) or {}).get("attributes") if want["input"] == "copies" else None
        scn = row["checkpoint_scn"] if _at_source(want) else found.get("checkpoint_scn")
        # The copy that it was made of may be gone, as a clean-up that was cut off leaves it.
        current = done.get("checkpoint_scn") == row["checkpoint_scn"] and scn in (None, row["checkpoint_scn"])
        converted = done.get("output") if current and not spent else None
        if converted in lost and row["tablespace"] not in plugged_in:
            converted = None
        state["CONVERTED {0}".format(file_id)] = {
            "tablespace": row["tablespace"], "source_name": row["name"], "bytes": row["bytes"],
            "input": row["name"] if _at_source(want) else _seen(found.get("name") or (planned or {}).get("covered_by"), want),
            "checkpoint_scn": row["checkpoint_scn"] if scn is None else scn, "current": planned is not None or scn == row["checkpoint_scn"],
            "output": converted, "attempts": session.journal.get(attempt_item(file_id)) or 0}
    return state


def _outputs(session: t.Any) -> t.List[str]:
    """All files that conversions at this database made."""
    return [done["output"] for item, done in sorted(session.journal.items().items()) if item.startswith(CONVERTED)]


def _inputs(session: t.Any, want: Want) -> t.Dict[int, t.Dict[str, t.Any]]:
    """What CONVERT DATAFILE may read, by file of the source: the last copy, or what was converted there."""
    if _at_source(want):
        return {}
    if want["input"] == "copies":
        tag = rman_tag(want["migration_id"], want["migration_run"], want["purpose"])
        return {row["file_id"]: row for row in session.peer.query(rman_job.COPIES, tag=tag)}
    converted = {}
    for row in session.peer.query(rman_job.DATAFILES):
        done = session.peer.journal.get(finished_item(row["file_id"]))
        if done:
            converted[row["file_id"]] = {"name": done["output"], "checkpoint_scn": done["checkpoint_scn"]}
    return converted


def _seen(name: t.Optional[str], want: Want) -> t.Optional[str]:
    return posixpath.join(want["input_path"], posixpath.basename(name)) if name and want["input_path"] else name


def _files(state: State) -> t.Dict[int, t.Dict[str, t.Any]]:
    found = {int(name.split(" ")[1]): value for name, value in state.items() if name.startswith("CONVERTED ") and value}
    return dict(sorted(found.items()))


def plan(state: State, want: Want) -> t.List[Step]:
    files = _files(state)
    missing = {number: found for number, found in files.items() if not found["output"]}
    if not missing:
        return []
    if _at_source(want):
        # CONVERT TABLESPACE takes a tablespace as a whole.
        again = {found["tablespace"] for found in missing.values()}
        missing = {number: found for number, found in files.items() if found["tablespace"] in again}
    _refuse(state, missing, want)
    outputs = {number: _output(number, found, want) for number, found in missing.items()}
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
        want, "CONVERT", [_command(state, missing, outputs, want)], finished=finished, record=expected,
        space={} if want["path"].startswith("+") else {want["path"]: sum(found["bytes"] for found in missing.values())},
        remember={attempt_item(number): found["attempts"] + 1 for number, found in missing.items()},
        effects={"CONVERTED {0}".format(number): {"output": outputs[number]} for number in missing})]


def _command(state: State, missing: t.Dict[int, t.Dict[str, t.Any]], outputs: t.Dict[int, str], want: Want) -> str:
    platform = t.cast(Attributes, state["SOURCE"])["platform"]
    pairs = () if _managed(want["path"]) else [(found["input"], outputs[number]) for number, found in missing.items()]
    parallelism = min(want["parallelism"], len(missing))
    if _at_source(want):
        names = list(dict.fromkeys(found["tablespace"] for found in missing.values()))
        return rman.convert_tablespace(names, platform, db_file_name_convert=pairs, parallelism=parallelism)
    return rman.convert_datafile(
        [found["input"] for found in missing.values()], platform if want["input"] == "copies" else None, parallelism=parallelism,
        format=None if pairs else want["path"], db_file_name_convert=pairs)


def _refuse(state: State, missing: t.Dict[int, t.Dict[str, t.Any]], want: Want) -> None:
    """All that can be known to fail before anything is written."""
    findings = []
    source = t.cast(Attributes, state["SOURCE"])
    stale = ", ".join(str(number) for number, found in missing.items() if not found["current"])
    if stale:
        findings.append(("DBF-0181", "There is no current {0} of datafile {1} of the source.".format(
            "copy" if want["input"] == "copies" else "converted file", stale),
            "Make it first (phase {0}): it must be of the SCN at which its tablespace is frozen.".format(
                "XTTS_TRANSFER" if want["input"] == "copies" else "XTTS_CONVERT_SRC")))
    writable = sorted(name.split(" ", 1)[1] for name, found in state.items()
                      if name.startswith("TABLESPACE ") and found and found["status"] != "READ ONLY")
    if writable:
        findings.append(("DBF-0182", "CONVERT TABLESPACE takes tablespaces that are read only; {0} is not.".format(", ".join(writable)),
                         "Freeze the set first (phase XTTS_READ_ONLY_SRC)."))
    if want["input"] == "copies" and source["platform"] not in source["supported"]:
        findings.append(("DBF-0183", "RMAN here cannot convert {0} the platform {1}: V$TRANSPORTABLE_PLATFORM does not list it.".format(
            "to" if _at_source(want) else "from", source["platform"]), "Move these tablespaces by Data Pump (playbook logical) instead."))
    if _at_source(want) and want["path"].startswith("+"):
        findings.append(("DBF-0184", "What is converted at the source goes into a directory, not into the disk group {0}.".format(want["path"]),
                         "Give the directory that the target sees, or from which files are copied there."))
    else:
        for name, found in state.items():
            if name.startswith("DISKGROUP "):
                findings += filter(None, [disk_group.obstacle(name.split(" ", 1)[1], found, sum(one["bytes"] for one in missing.values()))])
    refuse(findings)


def _managed(path: str) -> bool:
    """Whether the disk group names the files: it does where nothing but itself is given."""
    return path.startswith("+") and "/" not in path


def _output(number: int, found: t.Dict[str, t.Any], want: Want) -> str:
    if _managed(want["path"]):
        return "unknown until it has run"
    # An alias in a disk group takes 48 bytes, and a file that was named by ASM has a dot in it for each number.
    stem = posixpath.basename(found["source_name"]).split(".")[0][:16 if want["path"].startswith("+") else None]
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
            command={"type": "str", "default": "datafile", "choices": ["datafile", "tablespace"]},
            input={"type": "str", "default": "copies", "choices": ["copies", "converted"]},
            input_path={"type": "str"},
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

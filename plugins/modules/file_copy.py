#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: file_copy
short_description: Copy files from one database server to the other
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Copies any number of files from a directory of the source's server to one of the target's server, by several streams, in one call. It runs on the
    source's server, detached, as its Oracle owner. A call starts it or joins it and returns; loop on RV(finished).
  - Both directories are named by directory objects, so that what is there is known from the databases, without the servers. A file counts as copied
    when the journal says so for O(anchor), and both sides still have it in that size.
  - A file is written under a name of ours and gets its own when size and SHA-256 agree on both sides. What a killed copy left is written anew; files
    that were finished stay. Files that are of this migration, by their name or by the journal, are replaced; others never.
  - Refuses, with all findings at once and before anything is written, files that are not there, unsafe names, files of others at the destination, a
    destination that is not there or may not be written, and too little room.
options:
  purpose:
    description: What the files are for. Copies of different purposes can run side by side.
    type: str
    required: true
  directory:
    description: Directory object of the source with the files.
    type: str
    required: true
  peer_directory:
    description: Directory object of the target where they go; of the same name as O(directory) unless given.
    type: str
  files:
    description: Names of the files, or paths, of which the last part is the name.
    type: list
    elements: str
    required: true
  anchor:
    description: What the files were made from. Those that were copied for another anchor are copied anew.
    type: str
  streams:
    description: How many files are copied at once.
    type: int
    default: 4
  transport:
    description:
      - How to reach the destination from the source's server. V(ssh) as the Oracle owner, without a password and only to a host whose key is known.
      - V(local) where the source's server sees the destination under the same path.
    type: str
    choices: [ssh, local]
    default: ssh
  ssh_host:
    description: The target's server, as the source's server calls it. Required with O(transport=ssh).
    type: str
  ssh_user:
    description: User there; the same as here unless given.
    type: str
  ssh_port:
    description: Port of its ssh.
    type: int
  ssh_identity:
    description: File with the private key on the source's server; what ssh is configured to unless given. C(~) is the home directory there.
    type: str
  ssh_known_hosts:
    description: File with known host keys on the source's server; what ssh is configured to unless given. C(~) is the home directory there.
    type: str
  ssh_python:
    description: Python 3.8 or later on the target's server.
    type: str
    default: python3
extends_documentation_fragment:
  - dbferry.oracle.server
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Copy the converted files to the target's server
  dbferry.oracle.file_copy:
    purpose: SET
    directory: DBF_SALES_R1_DIR
    files: "{{ converted.files }}"
    streams: 8
    ssh_host: dbtrg.example.com
    peer_entry: dbtrg
    migration_id: SALES
  delegate_to: dbsrc
  register: copied
  until: copied.finished
  retries: 1000
  delay: 10
"""

RETURN = r"""
finished:
  description: Whether all files are copied. Always true in check mode.
  returned: success
  type: bool
files:
  description: Paths of the copies at the target.
  returned: success
  type: list
  elements: str
known:
  description: Names of all files that were ever copied for this purpose and run.
  returned: success
  type: list
  elements: str
progress:
  description: Files and bytes that are copied, of how many.
  returned: success
  type: dict
  sample: {"done": 2, "of": 5, "bytes": 734003200, "of_bytes": 1887436800, "percent": 38.9}
before:
  description: Files before.
  returned: success
  type: dict
after:
  description: Files afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import json
import posixpath
import re
import shlex
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import directory_files, file_copy_streams, progress
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER, SERVER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import owned, server_job
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, ServerJob, State, Step, Want

DIRECTORY = "SELECT directory_path path FROM dba_directories WHERE directory_name = :name"

#: Longest name that leaves room for the ending of a file that is being written, in bytes (what file systems take is 255).
NAME_MAX = 220


def copied_item(purpose: str) -> str:
    """Journal item: which files of this purpose were copied, with size, SHA-256 and anchor."""
    return "copied files of " + purpose


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _unsafe(name: str) -> bool:
    return not name or name.startswith((".", "-")) or len(name.encode("utf-8", "surrogatepass")) > NAME_MAX or not name.isprintable() or "\\" in name


def observe(session: t.Any, want: Want) -> State:
    there = want["peer_directory"] or want["directory"]
    journal = session.journal.get(copied_item(want["purpose"])) or {}
    state: State = {"COPY " + want["purpose"]: {"known": sorted(journal), "_journal": journal}}
    for where, name, kind in ((session, want["directory"], "DIRECTORY"), (session.peer, there, "PEER_DIRECTORY")):
        row = where.one(DIRECTORY, name=name)
        planned = (where.assumed.get("DIRECTORY " + name) or {}).get("attributes") or {}
        state["{0} {1}".format(kind, name)] = {"path": row["path"] if row else planned.get("path")}
    names = list(dict.fromkeys(_name(path) for path in want["files"]))
    known = [name for name in names if not _unsafe(name)]
    found = {where: directory_files.sizes(where, name, known) if t.cast(Attributes, state["{0} {1}".format(kind, name)])["path"] and not where.assumed else {}
             for where, name, kind in ((session, want["directory"], "DIRECTORY"), (session.peer, there, "PEER_DIRECTORY"))}
    for name in names:
        done = journal.get(name) or {}
        size = found[session].get(name)
        good = done and done["anchor"] == want["anchor"] and (session.assumed or done["size"] == size == found[session.peer].get(name))
        state["FILE " + name] = {"bytes": size, "planned": bool(session.assumed), "copied": bool(good),
                                 "_ours": True if owned(name, want["migration_id"]) else done.get("sha256")}
    return state


def _files(state: State) -> t.Dict[str, Attributes]:
    return {name.split(" ", 1)[1]: found for name, found in state.items() if name.startswith("FILE ") and found}


def _directory(state: State, kind: str) -> t.Tuple[str, t.Optional[str]]:
    (name, found), = [(name.split(" ", 1)[1], found) for name, found in state.items() if name.startswith(kind + " ")]
    return name, t.cast(Attributes, found)["path"]


def plan(state: State, want: Want) -> t.List[Step]:
    missing = {name: found for name, found in _files(state).items() if not found["copied"]}
    if not missing:
        return []
    (source_object, source), (target_object, target) = _directory(state, "DIRECTORY"), _directory(state, "PEER_DIRECTORY")
    findings = ["The name {0!r} is not safe to copy.".format(name[:80]) for name in missing if _unsafe(name)]
    findings += ["There is no directory object {0} at the {1}.".format(name, where) for name, path, where in
                 ((source_object, source, "source"), (target_object, target, "target")) if not path]
    if not findings:
        findings = ["{0} is not in {1}.".format(name, source) for name, found in missing.items() if found["bytes"] is None and not found["planned"]]
    if findings:
        raise Refused(" ".join(findings), code="DBF-0391", hint="Nothing was copied. Correct what is named and run again.")
    task = {"files": [{"name": name, "path": posixpath.join(t.cast(str, source), name), "ours": found["_ours"]} for name, found in missing.items()],
            "directory": target, "suffix": ".dbf_{0}_r{1}_part".format(want["migration_id"].lower(), want["migration_run"]),
            "streams": want["streams"], "command": _command(want)}
    shown = Statement("file_copy: {0} to {1}{2}, {3} streams: {4}".format(
        source, "{0}:".format(want["ssh_host"]) if want["transport"] == "ssh" else "", target, min(want["streams"], len(missing)), ", ".join(missing)))
    item = copied_item(want["purpose"])
    known = t.cast(Attributes, state["COPY " + want["purpose"]])["_journal"]
    # A copy that still runs for another anchor is not joined: it is of other contents.
    job = server_job(want["migration_id"], want["migration_run"], "COPY_{0}_{1}".format(want["purpose"], want["anchor"] or ""))

    def conclude(text: str, rc: t.Optional[int]) -> t.Dict[str, t.Any]:
        told = _told(text)
        copied = {one["name"]: {"size": one["size"], "sha256": one["sha256"], "anchor": want["anchor"]} for one in told["copied"]}
        done = {item: dict(known, **copied)} if copied else {}
        error = _error(told, rc, text)
        if error is not None:
            error.details["record"] = done
            raise error
        return done

    return [Step(shown, conclude=conclude, effects={"FILE " + name: {"copied": True} for name in missing},
                 watch=lambda text: {"progress": _progress(state, text)},
                 job=ServerJob(job, ["file_copy"], Statement(json.dumps(task))))]


def _command(want: Want) -> t.Optional[t.List[str]]:
    """How the source's server reaches a Python of the target's; None where it is its own."""
    if want["transport"] == "local":
        return None
    host = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:%-]*", want["ssh_host"])
    user = not want["ssh_user"] or re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._@-]*", want["ssh_user"])
    if not host or not user:
        raise Refused("{0!r} is no host or user that ssh takes.".format(want["ssh_host"]), code="DBF-0392", hint="Correct ssh_host or ssh_user.")
    # No password is asked for, and no unknown host is trusted: this runs where nobody can answer.
    argv = ["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]
    for option, flags in (("ssh_known_hosts", "UserKnownHostsFile={0}"), ("ssh_identity", "IdentityFile={0}"), ("ssh_port", "Port={0}"),
                          ("ssh_user", "User={0}")):
        if want[option]:
            argv += ["-o", flags.format(want[option])]
    remote = [want["ssh_python"], "-c", file_copy_streams.BEGIN.format("{length}"), "receive"]
    return argv + [want["ssh_host"], " ".join(shlex.quote(word) for word in remote)]


def _told(text: str) -> t.Dict[str, t.List[Attributes]]:
    """What the program said, by its words; what it did not say itself (ssh did) is under ``other``."""
    told: t.Dict[str, t.List[Attributes]] = {word: [] for word in ("progress", "copied", "finding", "failed", "finished", "other")}
    for line in text.splitlines():
        word, dummy, rest = line.partition(" ")
        if word in told and rest.startswith("{") and rest.endswith("}"):
            told[word].append(json.loads(rest))
        elif line.strip():
            told["other"].append({"what": line.strip()})
    return told


def _error(told: t.Dict[str, t.List[Attributes]], rc: t.Optional[int], text: str) -> t.Optional[DbferryError]:
    if told["finding"]:
        return Refused("; ".join("{0}: {1}".format(one["name"], one["what"]) if one["name"] else one["what"] for one in told["finding"]),
                       code="DBF-0391", hint="Nothing was copied. Correct what is named and run again.")
    if rc == 0 and told["finished"]:
        return None
    reasons = ["{0}: {1}".format(one["name"] or "the connection", one["what"]) for one in told["failed"]]
    reasons += [one["what"] for one in told["other"][-5:]]
    return DbferryError("Copying files ended early: {0}.".format("; ".join(reasons) or "it was killed"), code="DBF-0393",
                        hint="Files that were finished stay. Correct the cause and run again: it goes on with the others.")


def _progress(state: State, text: str = "") -> Attributes:
    files = _files(state)
    told = _told(text)
    fresh = {one["name"] for one in told["copied"]}
    done = [name for name, found in files.items() if found["copied"] or name in fresh]
    moved = max([one["bytes"] for one in told["progress"]] + [sum(one["size"] for one in told["copied"])])
    return progress.of_files(len(done), len(files), sum(found["bytes"] or 0 for found in files.values() if found["copied"]) + moved,
                             sum(found["bytes"] or 0 for found in files.values()))


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    target = _directory(state, "PEER_DIRECTORY")[1] or ""
    return {"files": [posixpath.join(target, name) for name, found in _files(state).items() if found["copied"]], "progress": _progress(state),
            "known": t.cast(Attributes, state["COPY " + want["purpose"]])["known"]}


MODULE = Module(
    argument_spec=dict(
        SERVER, **dict(
            PEER,
            purpose={"type": "str", "required": True},
            directory={"type": "str", "required": True},
            peer_directory={"type": "str"},
            files={"type": "list", "elements": "str", "required": True},
            anchor={"type": "str"},
            streams={"type": "int", "default": 4},
            transport={"type": "str", "default": "ssh", "choices": ["ssh", "local"]},
            ssh_host={"type": "str"},
            ssh_user={"type": "str"},
            ssh_port={"type": "int"},
            ssh_identity={"type": "str"},
            ssh_known_hosts={"type": "str"},
            ssh_python={"type": "str", "default": "python3"},
        )),
    observe=observe, plan=plan, report=report, server=True, ephemeral=lambda want: True,
    required_one_of=[("peer", "peer_entry")], required_if=[("transport", "ssh", ("ssh_host",))],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``datapatch``: brings the SQL part of the home's patches into the database that ORACLE_SID names, container by container.

What it prints is that of transcripts of 12.2 to 19: the queue is the difference of the home's inventory and the database's registry,
closed pluggable databases are left out, and the last line is the same whatever happened. It exits with 1 after a failure (known to DBAs).
Assumed: what it says where the database is no primary that is open read write, and the text below WITH ERRORS.
"""
from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from multiprocessing.connection import Connection

from oralab.catalog.spec import Patch
from oralab.tools import control, inventory
from oralab.tools.datapatch_server import Facts, Request
from oralab.tools.sqlplus_link import Failure

_NOTE = """
Note:  Datapatch will only apply or rollback SQL fixes for PDBs
       that are in an open state, no patches will be applied to closed PDBs.
       Please refer to Note: Datapatch: Database 12c Post Patch SQL Automation
       (Doc ID 1585822.1)
"""
_HELP = """
Please refer to MOS Note 1609718.1 and/or the invocation log
{log}
for information on how to resolve the above errors.
"""


class _GivenUp(Exception):
    """What the prerequisite checks found."""


@dataclasses.dataclass(frozen=True, slots=True)
class Queue:
    """What is to be done in containers that need the same, in the order in which it is done."""

    containers: tuple[str, ...]
    rollbacks: tuple[Patch, ...]
    update: Patch | None
    before: Patch | None
    applies: tuple[Patch, ...]

    @property
    def actions(self) -> tuple[Patch, ...]:
        return (*self.rollbacks, *([self.update] if self.update else []), *self.applies)

    def lines(self) -> list[str]:
        indent = "  " if self.containers == ("",) else "    "
        found = [] if indent == "  " else [f"  For the following PDBs: {' '.join(self.containers)}"]
        found += _listed(indent, self.rollbacks, "rolled back")
        if self.update is None:
            found.append(indent + "No release update patches need to be installed")
        else:
            word = "Apply" if self.update.action == "APPLY" else "Rollback"
            found += [f"{indent}Patch {self.update.patch_id} ({self.update.description}):",
                      f"{indent}  {word} from {_level(self.before)} to {_level(self.update)}"]
        return found + _listed(indent, self.applies, "applied")


def _listed(indent: str, patches: Sequence[Patch], done: str) -> list[str]:
    if not patches:
        return [f"{indent}No interim patches need to be {done}"]
    return [f"{indent}The following interim patches will be {done}:", *(f"{indent}  {patch.patch_id} ({patch.description})" for patch in patches)]


def _level(patch: Patch | None) -> str:
    return "19.1.0.0.0 Feature Release" if patch is None else f"{patch.target_version} Release_Update {patch.build}"


def _update(patches: Sequence[Patch]) -> Patch | None:
    """The last release update that succeeded."""
    return next((patch for patch in reversed(patches) if patch.patch_type == "RU" and patch.status == "SUCCESS"), None)


def _interim(patches: Sequence[Patch]) -> dict[int, Patch]:
    """Interim patches that are applied."""
    last = {patch.patch_id: patch for patch in patches if patch.patch_type != "RU" and patch.status == "SUCCESS"}
    return {number: patch for number, patch in last.items() if patch.action == "APPLY"}


def queue_of(home: Sequence[Patch], registered: Sequence[Patch]) -> Queue:
    """What one container needs to be at the level of the home. A home never has more than one release update."""
    wanted, now = next((patch for patch in home if patch.patch_type == "RU"), None), _update(registered)
    update = None
    if wanted is not None and (now is None or now.target_version != wanted.target_version):
        source = now.target_version if now else "19.1.0.0.0"
        update = dataclasses.replace(wanted, action="APPLY", source_version=source)
        if now is not None and _numbers(source) > _numbers(wanted.target_version):
            # Named is the release update that goes.
            update = dataclasses.replace(now, action="ROLLBACK", source_version=source, target_version=wanted.target_version, build=wanted.build)
    there, mine = _interim(registered), {patch.patch_id: patch for patch in home if patch.patch_type != "RU"}
    return Queue((), tuple(dataclasses.replace(patch, action="ROLLBACK") for number, patch in sorted(there.items()) if number not in mine), update, now,
                 tuple(dataclasses.replace(patch, action="APPLY") for number, patch in sorted(mine.items()) if number not in there))


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


class Datapatch:
    """One invocation."""

    def __init__(self, options: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self.options = options
        self.environment = environment
        self.home = environment.get("ORACLE_HOME", "")
        started = datetime.now()
        self.directory = os.path.join(os.path.dirname(self.home), "cfgtoollogs", "sqlpatch")
        self.log = os.path.join(self.directory, f"sqlpatch_{os.getpid()}_{started:%Y_%m_%d_%H_%M_%S}", "sqlpatch_invocation.log")

    def run(self) -> int:
        """All of it; the exit code."""
        home = inventory.installed(self.home)
        level = next((patch.target_version for patch in home if patch.patch_type == "RU"), "19.3.0.0.0")
        _say(f"SQL Patching tool version {level} Production on {_now()}", "Copyright (c) 2012, 2024, Oracle.  All rights reserved.", "",
             f"Log file for this invocation: {self.log}", "")
        try:
            return self._patch(home)
        except _GivenUp as reason:
            _say(*([str(reason)] if str(reason) else []), "Prereq check failed, exiting without installing any patches.",
                 _HELP.format(log=self.log))
            return 1
        finally:
            _say(f"SQL Patching tool complete on {_now()}")

    def _connect(self) -> tuple[Connection, Facts]:
        directory = control.database_directory(self.environment)
        found: Facts | Failure = Failure(1034, "ORA-01034: ORACLE not available")
        with contextlib.suppress(OSError, EOFError):
            if directory is not None:
                conversation = control.connect(directory, control.Hello("datapatch", program="datapatch", pid=os.getpid()))
                found = conversation.recv()
        if isinstance(found, Failure):
            _say("Connecting to database...", "Error: prereq checks failed!")
            raise _GivenUp(f"  Database connect failed with: {found.text} (DBD ERROR: OCISessionBegin)")
        _say("Connecting to database...OK", "Gathering database info...done")
        return conversation, found

    def _patch(self, home: Sequence[Patch]) -> int:
        conversation, facts = self._connect()
        with conversation:
            if facts.release != "19":
                raise _GivenUp(f"(lab: not simulated: datapatch of {facts.release})")
            if facts.role != "PRIMARY" or facts.open_mode != "READ WRITE":
                raise _GivenUp(f"Error: prereq checks failed!\n  The database is a {facts.role} that is {facts.open_mode}")
            if "" not in facts.containers:
                _say(_NOTE)
            _say("Bootstrapping registry and package to current versions...done", "Determining current state...done", "")
            chosen = self._chosen(facts)
            self._current(home, chosen)
            _say("Adding patches to installation queue and performing prereq checks...done", "Installation queue:")
            queues = self._queues(home, chosen)
            for queue in queues:
                _say(*queue.lines())
            _say("")
            if "-prereq" in self.options or not any(queue.actions for queue in queues):
                return 0
            return self._install(queues, conversation, facts)

    def _chosen(self, facts: Facts) -> dict[str, list[Patch]]:
        wanted = [name for name in self.options.get("-pdbs", "").split(",") if name]
        unknown = [name for name in wanted if name.upper() not in facts.containers]
        if unknown:
            raise _GivenUp(f"Error: prereq checks failed!\n  {unknown[0]} is not an open pluggable database")
        return {name: patches for name, patches in facts.containers.items() if not wanted or name in [one.upper() for one in wanted]}

    @staticmethod
    def _current(home: Sequence[Patch], chosen: Mapping[str, Sequence[Patch]]) -> None:
        mine = {patch.patch_id: patch for patch in home if patch.patch_type != "RU"}
        known = {**mine, **{number: patch for patches in chosen.values() for number, patch in _interim(patches).items()}}
        _say("Current state of interim SQL patches:", *([] if known else ["  No interim patches found"]))
        for number, patch in sorted(known.items()):
            _say(f"Interim patch {number} ({patch.description}):", f"  Binary registry: {'Installed' if number in mine else 'Not installed'}")
            for name, patches in chosen.items():
                done = _interim(patches).get(number)
                state = f"Applied successfully on {_stamp(done)}" if done else "Not installed"
                _say(f"  {'PDB ' + name if name else 'SQL registry'}: {state}")
        _say("", "Current state of release update SQL patches:", "  Binary registry:")
        wanted = next((patch for patch in home if patch.patch_type == "RU"), None)
        _say(f"    {_level(wanted)}: Installed" if wanted else "    No release update patches installed")
        for name, patches in chosen.items():
            now = _update(patches)
            _say(f"  PDB {name}:" if name else "  SQL registry:",
                 f"    Applied {_level(now)} successfully on {_stamp(now)}" if now else "    No release update patches installed")
        _say("")

    @staticmethod
    def _queues(home: Sequence[Patch], chosen: Mapping[str, Sequence[Patch]]) -> list[Queue]:
        """Containers that need the same stand together."""
        found: list[Queue] = []
        for name, patches in chosen.items():
            queue = queue_of(home, patches)
            same = next((one for one in found if one.lines()[1:] == dataclasses.replace(queue, containers=("x",)).lines()[1:]), None)
            if same is not None:
                found[found.index(same)] = dataclasses.replace(same, containers=(*same.containers, name))
            else:
                found.append(dataclasses.replace(queue, containers=(name,)))
        return found

    def _install(self, queues: Sequence[Queue], conversation: Connection, facts: Facts) -> int:
        _say("Installing patches...")
        done: list[Patch] = []
        for queue in queues:
            for container in queue.containers:
                for patch in queue.actions:
                    log = os.path.join(self.directory, str(patch.patch_id), str(patch.patch_uid), "_".join(filter(None, (
                        str(patch.patch_id), patch.action.lower(), facts.name, container.replace("$", ""), f"{datetime.now():%Y%b%d_%H_%M_%S}.log"))))
                    conversation.send(Request(dataclasses.replace(patch, container=container, logfile=log)))
                    done.append(conversation.recv())
        _say(f"Patch installation complete.  Total patches installed: {len(done)}", "", "Validating logfiles...done")
        failed = [patch for patch in done if patch.status != "SUCCESS"]
        for patch in done:
            _say(f"Patch {patch.patch_id} {patch.action.lower()}{f' (pdb {patch.container})' if patch.container else ''}: {patch.status}",
                 f"  logfile: {patch.logfile} ({'errors' if patch in failed else 'no errors'})")
            if patch in failed:
                _say("    Error at line 44: ORA-01688: unable to extend table in tablespace SYSTEM")
        if failed:
            _say(_HELP.format(log=self.log))
        return 1 if failed else 0


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)


def _now() -> str:
    return f"{datetime.now():%a %b %d %H:%M:%S %Y}"


def _stamp(patch: Patch | None) -> str:
    return f"{patch.action_time:%d-%b-%y %I.%M.%S.%f %p}".upper() if patch else ""


def main() -> int:
    options: dict[str, str] = {}
    rest = sys.argv[1:]
    while rest:
        word = rest.pop(0)
        if word not in ("-verbose", "-prereq", "-pdbs", "-skip_upgrade_check"):
            print(f"sqlpatch usage: (lab: not simulated: datapatch {word})")
            return 1
        options[word] = rest.pop(0) if word == "-pdbs" and rest else ""
    return Datapatch(options, os.environ).run()


if __name__ == "__main__":
    sys.exit(main())

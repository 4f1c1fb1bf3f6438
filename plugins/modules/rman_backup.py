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
  - Makes sure that there is a backup under the tag of the migration that covers what is wanted. What there is is asked for by SQL, the server is
    reached only when something is missing, and only what is missing is backed up.
  - A backup counts when it bears the tag, is of the current incarnation of the database, and RMAN knows every piece of it to be there.
  - RMAN runs as the Oracle owner with SYSBACKUP, detached. A call starts it or joins it and returns; loop on RV(finished).
  - An image copy counts only if it is as new as its datafile, so one of a tablespace that was set read only later is made again.
  - Archived logs count when they follow one another in every thread, from the oldest checkpoint of the datafiles in the backup on, past the newest.
  - A control file counts when it is as new as the newest datafile in the backup.
options:
  purpose:
    description: What the backup is for, in one word; it stands in its tag.
    type: str
    required: true
  existing_tag:
    description:
      - The tag of a backup that somebody made already. Nothing is backed up then; it is an error when that backup does not cover what is wanted.
      - It has to be of O(incremental_level) too. A full backup is not of level 0, and no level 1 backup builds on it.
    type: str
  backup_of:
    description: What is backed up.
    type: list
    elements: str
    choices: [database, archivelog, current_controlfile, current_controlfile_for_standby, spfile]
    default: [database]
  tablespaces:
    description: Tablespaces to cover; the whole database if empty.
    type: list
    elements: str
    default: []
  as_copy:
    description: Make image copies (BACKUP AS COPY) instead of backup sets.
    type: bool
    default: false
  incremental_level:
    description: Level of the backup sets of datafiles.
    type: int
    choices: [0, 1]
    default: 0
  cumulative:
    description: A level 1 backup has everything since level 0, not only since the newest level 1.
    type: bool
    default: false
  for_recover_of:
    description: Purpose of the level 0 backup that a level 1 backup goes with, whatever other backups the database has (FOR RECOVER OF TAG).
    type: str
  for_recover_of_tag:
    description: The tag of that backup, where it is not of this migration.
    type: str
  archivelog_from_scn:
    description: First change that archived logs must hold, where they are backed up without datafiles. Without it all logs are backed up.
    type: int
  archivelog_until_scn:
    description: SCN past which archived logs must reach, where they are backed up without datafiles.
    type: int
  path:
    description: Directory for the files on the server, for disks. Without it RMAN's configuration and the recovery area decide.
    type: str
    default: ''
  parallelism:
    description: Number of channels.
    type: int
    default: 1
  section_size:
    description: Files larger than this are backed up in sections, by several channels at a time. A number with K, M or G.
    type: str
  compression:
    description: Algorithm of compression. All but V(basic) need the Advanced Compression option of the source's licence.
    type: str
    choices: [none, basic, low, medium, high]
    default: none
  encryption:
    description:
      - What backups are encrypted with. V(configured) leaves it to C(CONFIGURE ENCRYPTION FOR DATABASE).
      - V(keystore) needs an open keystore at the source, and its key at the target. V(both) lets either of the two restore.
    type: str
    choices: [configured, keystore, password, both]
    default: configured
  encryption_algorithm:
    description: Algorithm of encryption. Without it the configured one.
    type: str
    choices: [aes128, aes192, aes256]
  encryption_password:
    description: Password of the backup.
    type: str
  device_type:
    description: Disk, or a media manager's library.
    type: str
    choices: [disk, sbt]
    default: disk
  sbt_library:
    description: Path of the media manager's library on the server.
    type: str
  sbt_parms:
    description: Parameters for that library, such as C(OPC_PFILE) of the Database Cloud Backup Module.
    type: dict
extends_documentation_fragment:
  - dbferry.oracle.server
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Level 0 of the whole database, and what a standby database is made from
  dbferry.oracle.rman_backup:
    purpose: FULL
    backup_of: [database, current_controlfile_for_standby, spfile]
    path: /backup/sales
    section_size: 64G
    compression: medium
    parallelism: 4
    migration_id: SALES
  register: backup
  until: backup.finished
  retries: 1000
  delay: 10

- name: What changed since, with the redo that makes it consistent, to object storage
  dbferry.oracle.rman_backup:
    purpose: INCREMENTAL
    backup_of: [database, archivelog, current_controlfile]
    incremental_level: 1
    for_recover_of: FULL
    encryption: password
    encryption_password: "{{ vault_backup_password }}"
    device_type: sbt
    sbt_library: /u01/app/oracle/opc/libopc.so
    sbt_parms:
      OPC_PFILE: /u01/app/oracle/opc/opcsales.ora
    migration_id: SALES
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
pieces:
  description: All pieces of the backup, or its copies.
  returned: success
  type: list
  elements: str
control_file:
  description: The piece with the control file, where one was asked for.
  returned: success
  type: str
checkpoint_scn:
  description: The oldest checkpoint of the datafiles in the backup that were open for writing. Recovery begins here.
  returned: success
  type: int
tag:
  description: The tag of the backup.
  returned: success
  type: str
progress:
  description: What is covered, of how many datafiles, logs and files; and bytes of datafiles, as they are in the database.
  returned: success
  type: dict
before:
  description: What is to be backed up, and what covers it before.
  returned: success
  type: dict
after:
  description: The same afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import rman, rman_job, rman_recovery
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import SERVER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import rman_tag
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

DATABASE = "SELECT log_mode, open_mode, resetlogs_change# resetlogs_scn FROM v$database"
#: Datafiles of all containers, which a mounted database knows too.
DATAFILES = """
SELECT d.file# file_id, s.name tablespace, d.name, d.bytes, d.checkpoint_change# checkpoint_scn, d.enabled
  FROM v$datafile d JOIN v$tablespace s ON s.ts# = d.ts# AND s.con_id = d.con_id ORDER BY d.file#
"""
#: Datafiles (number 0: control files, of type B or S for a standby) in the pieces under a tag that RMAN knows to be there.
BACKUPS = """
SELECT f.file# file_id, f.incremental_level, f.checkpoint_change# checkpoint_scn, f.absolute_fuzzy_change# fuzzy_scn, f.controlfile_type,
       p.handle, p.piece#, s.pieces, p.set_stamp, p.set_count
  FROM v$backup_datafile f
  JOIN v$backup_set s ON s.set_stamp = f.set_stamp AND s.set_count = f.set_count
  JOIN v$backup_piece p ON p.set_stamp = f.set_stamp AND p.set_count = f.set_count
 WHERE p.tag = :tag AND p.status = 'A' AND f.resetlogs_change# = :resetlogs_scn ORDER BY f.checkpoint_change#, p.set_count, p.piece#
"""
#: How far each datafile is in the backups that a level 1 backup builds on; without a tag in all.
PARENTS = """
SELECT f.file# file_id, MAX(f.checkpoint_change#) checkpoint_scn FROM v$backup_datafile f
  JOIN v$backup_piece p ON p.set_stamp = f.set_stamp AND p.set_count = f.set_count
 WHERE (p.tag = :tag OR :tag IS NULL) AND p.status = 'A' AND f.resetlogs_change# = :resetlogs_scn AND f.incremental_level IN (0, 1)
 GROUP BY f.file#
"""
LOGS = """
SELECT l.thread#, l.sequence#, l.first_change# first_scn, l.next_change# next_scn, p.handle
  FROM v$backup_redolog l JOIN v$backup_piece p ON p.set_stamp = l.set_stamp AND p.set_count = l.set_count
 WHERE p.tag = :tag AND p.status = 'A' AND l.resetlogs_change# = :resetlogs_scn ORDER BY l.thread#, l.sequence#
"""
THREADS = "SELECT thread# FROM v$thread WHERE enabled != 'DISABLED' ORDER BY thread#"
SPFILES = """
SELECT p.handle FROM v$backup_spfile f JOIN v$backup_piece p ON p.set_stamp = f.set_stamp AND p.set_count = f.set_count
 WHERE p.tag = :tag AND p.status = 'A' ORDER BY p.recid
"""
#: CONTROLFILE_TYPE of what is asked for.
CONTROL_FILES = {"current_controlfile": "B", "current_controlfile_for_standby": "S"}
KINDS = ("DATAFILE", "ARCHIVELOG", "CONTROLFILE", "SPFILE")


def tag(want: Want) -> str:
    return want["existing_tag"] or rman_tag(want["migration_id"], want["migration_run"], want["purpose"])


def parent_tag(want: Want) -> t.Optional[str]:
    """The tag of the backup that a level 1 backup goes with, where that is said."""
    if want["for_recover_of_tag"] or not want["for_recover_of"]:
        return t.cast(t.Optional[str], want["for_recover_of_tag"])
    return rman_tag(want["migration_id"], want["migration_run"], want["for_recover_of"])


# -- what there is


def observe(session: t.Any, want: Want) -> State:
    database = session.one(DATABASE)
    # The resource of the module archivelog: a plan knows that the mode will be another by then.
    state: State = {"RMAN": {"percent": rman_job.percent(session)}, "LOG_MODE": {"mode": database["log_mode"], "_open_mode": database["open_mode"]}}
    binds = {"tag": tag(want), "resetlogs_scn": database["resetlogs_scn"]}
    made = _complete(session.query(BACKUPS, **binds))
    if "database" in want["backup_of"]:
        state.update(_datafiles(session, want, made, state["LOG_MODE"], binds))
    if "archivelog" in want["backup_of"]:
        state.update(_archivelog(session, want, state, binds))
    newest = max([found["_scn"] or 0 for found in of_kind(state, "DATAFILE").values()] or [0])
    for name in want["backup_of"]:
        if name in CONTROL_FILES:
            current = [row for row in made if row["controlfile_type"] == CONTROL_FILES[name] and row["checkpoint_scn"] >= newest]
            state["CONTROLFILE " + name] = _covered(current[-1]["handle"] if current else None)
    if "spfile" in want["backup_of"]:
        pieces = session.query(SPFILES, tag=tag(want))
        state["SPFILE"] = _covered(pieces[-1]["handle"] if pieces else None)
    state[rman_recovery.backup(tag(want))] = {"complete": not _missing(state)}
    return state


def _missing(state: State) -> t.Dict[str, Attributes]:
    return {name: found for name, found in of_kind(state, *KINDS).items() if not found["covered_by"]}


def _covered(handle: t.Optional[str]) -> Attributes:
    return {"covered_by": handle, "_pieces": [handle] if handle else []}


def _complete(rows: t.Sequence[Attributes]) -> t.List[Attributes]:
    """A row for each file of each set that has all its pieces, with ``pieces``."""
    sets: t.Dict[t.Tuple[int, int, int], t.List[Attributes]] = {}
    for row in rows:
        sets.setdefault((row["set_stamp"], row["set_count"], row["file_id"]), []).append(row)
    return [dict(members[0], pieces=[row["handle"] for row in members]) for members in sets.values()
            if len({row["piece#"] for row in members}) == members[0]["pieces"]]


def _datafiles(session: t.Any, want: Want, made: t.Sequence[Attributes], opened: t.Optional[Attributes], binds: Attributes) -> State:
    if want["as_copy"]:
        copies = [dict(row, handle=row["name"], pieces=[row["name"]], fuzzy_scn=None) for row in session.query(rman_job.COPIES, tag=tag(want))]
        found = {row["file_id"]: row for row in copies}
    else:
        # What has no level 0 yet gets one when level 1 is asked for. A full backup has none: it is no parent of anything (documented).
        found = {row["file_id"]: row for row in made if row["incremental_level"] in (0, want["incremental_level"])}
    parents: t.Dict[int, int] = {}
    if want["incremental_level"] == 1:
        parents = {row["file_id"]: row["checkpoint_scn"] for row in session.query(PARENTS, **dict(binds, tag=parent_tag(want)))}
    state: State = {}
    for row in session.query(DATAFILES):
        if want["tablespaces"] and row["tablespace"] not in want["tablespaces"]:
            continue
        # A read-only file, or that of a database that is not open, is as its header says; RMAN leaves out what has not changed since the parent.
        written = row["enabled"] == "READ WRITE"
        still = not (written and t.cast(Attributes, opened)["_open_mode"] == "READ WRITE")
        backup = found.get(row["file_id"])
        # A backup set is of its own moment; an image copy that goes elsewhere must be of this very one.
        if backup is not None and want["as_copy"] and backup["checkpoint_scn"] < row["checkpoint_scn"]:
            backup = None
        if backup is None and still and parents.get(row["file_id"], -1) >= row["checkpoint_scn"]:
            backup = {"handle": "unchanged", "pieces": [], "checkpoint_scn": row["checkpoint_scn"], "fuzzy_scn": None}
        state["DATAFILE {0}".format(row["file_id"])] = {
            "tablespace": row["tablespace"], "name": row["name"], "bytes": row["bytes"], "checkpoint_scn": row["checkpoint_scn"],
            "covered_by": backup["handle"] if backup else None, "_pieces": backup["pieces"] if backup else [], "_written": written,
            "_from_scn": backup["checkpoint_scn"] if backup else None,
            "_scn": max(backup["checkpoint_scn"], backup["fuzzy_scn"] or 0) if backup else None}
    return state


def _archivelog(session: t.Any, want: Want, state: State, binds: Attributes) -> State:
    """Archived logs by thread. With datafiles they reach from their oldest checkpoint past the newest; files that nobody writes need no redo."""
    files = [found for found in of_kind(state, "DATAFILE").values() if found["_written"]]
    since, until = want["archivelog_from_scn"], want["archivelog_until_scn"]
    ready = True
    if "database" in want["backup_of"]:
        ready = all(found["_from_scn"] is not None for found in files)
        since = min([found["_from_scn"] or found["checkpoint_scn"] for found in files] or [0])
        until = max([found["_scn"] or 0 for found in files] or [0])
    logs = session.query(LOGS, **binds)
    result: State = {}
    for row in session.query(THREADS):
        mine = [log for log in logs if log["thread#"] == row["thread#"]]
        result["ARCHIVELOG THREAD {0}".format(row["thread#"])] = {
            "from_scn": since, "covered_by": mine[-1]["handle"] if ready and reaches(mine, since, until) else None,
            "_pieces": [log["handle"] for log in mine]}
    return result


def reaches(logs: t.Sequence[Attributes], since: t.Optional[int], until: t.Optional[int]) -> bool:
    """Whether logs of a thread follow one another from an SCN on and past another. A log may be in the backup more than once."""
    chain: t.List[Attributes] = []
    for log in logs:
        if since is not None and log["next_scn"] <= since:
            continue
        if chain and log["sequence#"] > chain[-1]["sequence#"] + 1:
            return False
        chain.append(log)
    return bool(chain) and (since is None or chain[0]["first_scn"] <= since) and (until is None or chain[-1]["next_scn"] > until)


def of_kind(state: t.Mapping[str, t.Optional[Attributes]], *kinds: str) -> t.Dict[str, t.Dict[str, t.Any]]:
    return {name: found for name, found in state.items() if name.split(" ")[0] in kinds and found}


# -- what is missing


def plan(state: State, want: Want) -> t.List[Step]:
    missing = _missing(state)
    if t.cast(Attributes, state[rman_recovery.backup(tag(want))])["complete"]:
        return []
    _refuse(state, want, missing)
    commands: t.List[rman.Command] = []
    if want["encryption_algorithm"] or want["encryption"] != "configured":
        password = want["encryption_password"] if want["encryption"] in ("password", "both") else None
        commands += rman.set_encryption((want["encryption_algorithm"] or "").upper() or None, password, want["encryption"] != "password",
                                        on=want["encryption"] != "configured")
    if want["compression"] != "none":
        commands.append(rman.set_compression(want["compression"].upper()))
    commands += _backups(state, want, missing)
    space = {}
    if want["path"] and not want["path"].startswith("+"):
        # Image copies are as large as their files; how large a backup set becomes nobody knows before, but there must be a place for it.
        space = {want["path"]: sum(found["bytes"] for found in of_kind(missing, "DATAFILE").values()) if want["as_copy"] else 1}
    # A file has one copy, and as many backups as there are tags.
    copies: State = {name: {"covered_by": "unknown until it has run ({0})".format(name.lower())} for name in missing} if want["as_copy"] else {}
    return [rman_job.step(want, "BACKUP", commands, channels=want["parallelism"], space=space,
                          device_clause=rman.device(want["device_type"], want["sbt_library"], want["sbt_parms"]),
                          effects=dict(copies, **{rman_recovery.backup(tag(want)): {"complete": True}}))]


def _backups(state: State, want: Want, missing: t.Dict[str, Attributes]) -> t.Iterator[str]:
    """Datafiles, then the logs that make them consistent, then the control file that knows of both."""
    where = _format(want)
    compressed = want["compression"] != "none"
    files = sorted(int(name.split(" ")[1]) for name in of_kind(missing, "DATAFILE"))
    if files:
        whole = not want["as_copy"] and not want["tablespaces"] and len(files) == len(of_kind(state, "DATAFILE"))
        yield rman.backup(
            tag(want), level=None if want["as_copy"] else want["incremental_level"], datafiles=[] if whole else files, database=whole, format=where,
            as_copy=want["as_copy"], section_size=want["section_size"], cumulative=want["cumulative"], compressed=compressed,
            for_recover_of_tag=parent_tag(want))
    logs = of_kind(missing, "ARCHIVELOG")
    if logs:
        if (state["LOG_MODE"] or {})["_open_mode"] == "READ WRITE":
            yield "SQL 'ALTER SYSTEM ARCHIVE LOG CURRENT';"
        yield rman.backup_archivelog(tag(want), list(logs.values())[0]["from_scn"], where, compressed)
    for name in of_kind(missing, "CONTROLFILE"):
        yield rman.backup_other(name.split(" ")[1], tag(want), where, compressed)
    if "SPFILE" in missing:
        yield rman.backup_other("spfile", tag(want), where, compressed)


def _format(want: Want) -> t.Optional[str]:
    """Names of pieces and copies: they bear the tag, so that somebody who finds one knows whose it is."""
    if want["device_type"] == "sbt":
        return tag(want) + "_%U"
    return want["path"].rstrip("/") + "/" + tag(want) + "_%U" if want["path"] else None


def _refuse(state: State, want: Want, missing: t.Dict[str, Attributes]) -> None:
    if want["existing_tag"]:
        raise Refused("The backup under the tag {0} does not cover {1}.".format(tag(want), ", ".join(missing)), code="DBF-0581",
                      hint="RMAN lists it: LIST BACKUP TAG {0}. A full backup is not of level {1}. CROSSCHECK BACKUP tells which pieces are gone. Name "
                           "another tag, or have a backup made: without existing_tag.".format(tag(want), want["incremental_level"]))
    database = state["LOG_MODE"] or {}
    if database["mode"] != "ARCHIVELOG" and database["_open_mode"] == "READ WRITE" and of_kind(missing, "DATAFILE", "ARCHIVELOG"):
        raise Refused("The database is in {0} mode: RMAN cannot back it up while it is open (ORA-19602).".format(database["mode"]),
                      code="DBF-0582", hint="The module archivelog enables ARCHIVELOG mode. It needs a restart.")
    if want["device_type"] == "sbt" and want["path"]:
        raise Refused("A path is for disks; pieces of a media manager have names only.", code="DBF-0583",
                      hint="Leave out path, or device_type: sbt.")


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    everything, files = of_kind(state, *KINDS), of_kind(state, "DATAFILE")
    done = len([found for found in everything.values() if found["covered_by"]])
    percent = 100.0 if done == len(everything) else t.cast(Attributes, state["RMAN"])["percent"]
    pieces = list(dict.fromkeys(piece for found in everything.values() for piece in found["_pieces"]))
    control = [found["covered_by"] for found in of_kind(state, "CONTROLFILE").values()]
    scns = [found["_from_scn"] for found in files.values() if found["_written"] and found["_from_scn"] is not None]
    return {"tag": tag(want), "files": [found["covered_by"] for found in files.values() if found["_pieces"]], "pieces": pieces,
            "control_file": control[-1] if control else None, "checkpoint_scn": min(scns) if scns else None,
            "progress": {"done": done, "of": len(everything), "bytes": sum(found["bytes"] or 0 for found in files.values() if found["covered_by"]),
                         "of_bytes": sum(found["bytes"] or 0 for found in files.values()), "percent": percent}}


MODULE = Module(
    argument_spec=dict(
        SERVER,
        purpose={"type": "str", "required": True},
        existing_tag={"type": "str"},
        backup_of={"type": "list", "elements": "str", "default": ["database"], "choices": ["database", "archivelog"] + list(rman.OTHERS)},
        tablespaces={"type": "list", "elements": "str", "default": []},
        as_copy={"type": "bool", "default": False},
        incremental_level={"type": "int", "choices": [0, 1], "default": 0},
        cumulative={"type": "bool", "default": False},
        for_recover_of={"type": "str"},
        for_recover_of_tag={"type": "str"},
        archivelog_from_scn={"type": "int"},
        archivelog_until_scn={"type": "int"},
        path={"type": "str", "default": ""},
        parallelism={"type": "int", "default": 1},
        section_size={"type": "str"},
        compression={"type": "str", "default": "none", "choices": ["none"] + [name.lower() for name in rman.COMPRESSIONS]},
        encryption={"type": "str", "default": "configured", "choices": ["configured", "keystore", "password", "both"]},
        encryption_algorithm={"type": "str", "choices": [name.lower() for name in rman.ENCRYPTIONS]},
        encryption_password={"type": "str", "no_log": True},
        device_type={"type": "str", "default": "disk", "choices": ["disk", "sbt"]},
        sbt_library={"type": "str"},
        sbt_parms={"type": "dict"},
    ),
    observe=observe, plan=plan, report=report, server=True, ephemeral=lambda want: want["as_copy"],
    required_if=[("encryption", "password", ["encryption_password"]), ("encryption", "both", ["encryption_password"])],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: rman_restore
short_description: Restore a control file and a database, by RMAN on the server where they shall live
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Makes sure that the instance has the source's control file mounted, as a primary's or a standby's, and that every datafile is there. It reads from the
    source's service, from backups under a tag, or from an autobackup.
  - What is there is asked for by SQL (V$DATABASE, V$DATAFILE, V$DATAFILE_HEADER). Once a control file is mounted, only datafiles that are missing
    are restored, so a restore that was killed goes on. A database that is open is left alone.
  - RMAN runs as the Oracle owner, detached. A call starts it or joins it and returns; loop on RV(finished).
  - The instance must be at NOMOUNT for a control file, so its session is SQL*Plus on the server (O(session=sqlplus)), or comes through a static service
    with O(mode=sysdba).
  - Refuses when another database is mounted, and when DB_NAME differs from the source's or DB_UNIQUE_NAME does not.
options:
  purpose:
    description: What the restore is for, in one word; it names the command on the server.
    type: str
    default: DB
  restore:
    description:
      - What is restored. A control file goes where CONTROL_FILES says, and is mounted.
      - V(spfile) is written to O(spfile_to). It is noted in the peer's journal, as nothing else tells of it.
    type: list
    elements: str
    choices: [spfile, controlfile, standby_controlfile, database]
    default: [database]
  spfile_to:
    description: Path for the restored server parameter file; the one in use cannot be overwritten.
    type: str
  newname:
    description:
      - V(NEW) has Oracle name the datafiles (DB_CREATE_FILE_DEST), anything else is a pattern with C(%b), C(%f) or C(%U). The control file is switched to
        the new names.
      - Without it files get the names that the control file has, which DB_FILE_NAME_CONVERT changes in a standby control file.
    type: str
  as_encrypted:
    description:
      - Encrypt tablespaces that are not encrypted while they are restored, SYSTEM, SYSAUX and those of undo too. Needs an open keystore with a master key
        of the database, and COMPATIBLE of 12.2 or higher.
      - RMAN takes whole tablespaces then, so after a restore that was killed those are restored again of which a datafile is missing.
    type: bool
    default: false
  autobackup:
    description: Take control file and spfile from the newest autobackup. Needs O(dbid) or the peer.
    type: bool
    default: false
  autobackup_format:
    description: Where autobackups are, as C(CONFIGURE CONTROLFILE AUTOBACKUP FORMAT) has it. Without it the recovery area is searched.
    type: str
  controlfile_piece:
    description: Piece with the control file. Without it the peer is asked which piece under the tag has one, first a standby's for a standby.
    type: str
  controlfile_purpose:
    description: Purpose of the backup (M(dbferry.oracle.rman_backup)) that has the control file, where the one with the datafiles need not have any.
    type: str
  spfile_piece:
    description: Piece with the server parameter file.
    type: str
  dbid:
    description: DBID of the source, where no peer tells it.
    type: int
extends_documentation_fragment:
  - dbferry.oracle.rman_source
  - dbferry.oracle.server
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: A standby database, over the network
  dbferry.oracle.rman_restore:
    restore: [standby_controlfile, database]
    service: solaris1:1521/sales
    section_size: 64G
    parallelism: 8
    session: sqlplus
    user: ''
    peer_entry: dbsrc
    migration_id: SALES
  register: restored
  until: restored.finished
  retries: 1000
  delay: 10

- name: The same from backups that lie on shared storage
  dbferry.oracle.rman_restore:
    restore: [standby_controlfile, database]
    backup_purpose: FULL
    path: /nfs/sales
    newname: NEW
    parallelism: 8
    session: sqlplus
    user: ''
    peer_entry: dbsrc
    migration_id: SALES
"""

RETURN = r"""
finished:
  description: Whether all that was asked for is there. Always true in check mode.
  returned: success
  type: bool
database:
  description: What is mounted, and the numbers of the source's datafiles that its control file does not know.
  returned: success
  type: dict
  sample: {"status": "MOUNTED", "dbid": 1467532908, "name": "SALES", "role": "PHYSICAL STANDBY", "controlfile_type": "STANDBY",
           "added_at_source": []}
progress:
  description: Datafiles and bytes that are there, of all.
  returned: success
  type: dict
before:
  description: The database and its datafiles before.
  returned: success
  type: dict
after:
  description: The database and its datafiles afterwards.
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
from ansible_collections.dbferry.oracle.plugins.module_utils import rman_recovery as recovery
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER, SERVER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

#: DATABASE_ROLE that a control file gives.
ROLES = {"controlfile": "PRIMARY", "standby_controlfile": "PHYSICAL STANDBY"}
SPFILE = "SPFILE"


def spfile_item(path: str) -> str:
    """Journal item of the source: its server parameter file is restored at the target, at this path."""
    return "restored spfile {0}".format(path)


def _controlfile_want(want: Want) -> Want:
    """The arguments that name the backup which has the control file."""
    return dict(want, existing_tag=None, backup_purpose=want["controlfile_purpose"]) if want["controlfile_purpose"] else want


def _controlfile_tag(want: Want) -> t.Optional[str]:
    return recovery.tag_of(_controlfile_want(want))


def _kind(want: Want) -> t.Optional[str]:
    """Which control file is wanted."""
    return next((name for name in want["restore"] if name in ROLES), None)


def observe(session: t.Any, want: Want) -> State:
    state = recovery.observe(session, want)
    database = t.cast(Attributes, state[recovery.RESOURCE])
    if SPFILE.lower() in want["restore"]:
        if session.peer is None or not want["spfile_to"]:
            raise Refused("A server parameter file is restored to a path, and that it is is noted at the source: one of the two is not given.",
                          code="DBF-0737", hint="Give spfile_to and peer_entry.")
        done = session.peer.journal.get(spfile_item(want["spfile_to"]))
        state[SPFILE] = {"path": want["spfile_to"], "restored": bool(done)}
    if _kind(want) and not recovery.mounted(database) and session.peer is not None and _controlfile_tag(want) and not want["controlfile_piece"]:
        rows = session.peer.query(recovery.CONTROL_FILES, tag=_controlfile_tag(want))
        first = "S" if _kind(want) == "standby_controlfile" else "B"
        best = [row["handle"] for row in rows if row["controlfile_type"] == first] or [row["handle"] for row in rows]
        database["_piece"] = recovery.seen(best[-1], want) if best else recovery.planned_backup(session, _controlfile_want(want))
    database["_pieces"] = recovery.pieces_of(session, want) if want["path"] else []
    if want["as_encrypted"] and database["controlfile_type"]:
        for row in session.query(recovery.TABLESPACES):
            t.cast(Attributes, state["DATAFILE {0}".format(row["file_id"])])["_tablespace"] = recovery.tablespace_name(row)
    return state


def plan(state: State, want: Want) -> t.List[Step]:
    database = t.cast(Attributes, state[recovery.RESOURCE])
    if database["status"] == "STOPPED":
        raise Refused("The instance is not started, and RMAN restores into a started one.", code="DBF-0731",
                      hint="Start it NOMOUNT (module placeholder, or instance with state=nomount).")
    recovery.refuse_another(database, "DBF-0732")
    recovery.refuse_again(database, "DBF-0738")
    commands: t.List[rman.Command] = []
    effects: State = {}
    if SPFILE in state and not t.cast(Attributes, state[SPFILE])["restored"]:
        commands.append(recovery.restore_spfile(want["spfile_to"], want, want["spfile_piece"], want["autobackup"]))
        effects[SPFILE] = {"restored": True}
    if not recovery.mounted(database):
        commands += _controlfile(database, want)
        effects.update(recovery.mounted_copy(database, ROLES[_kind(want) or "controlfile"]))
    if "database" in want["restore"] and database["status"] != "OPEN":
        commands += _database(state, want)
        effects.update({"DATAFILE {0}".format(number): {"restored": True} for number in recovery.files(state)})
    if not commands:
        return recovery.note(database)
    return recovery.note(database) + [rman_job.step(
        recovery.this_work(database, want), "RESTORE", recovery.preparation(want) + commands, effects, channels=want["parallelism"],
        device_clause=recovery.device_clause(want), privilege="SYSDBA" if want["service"] else "SYSBACKUP", prologue=_prologue(database, want),
        record={spfile_item(want["spfile_to"]): True} if SPFILE in effects else None, at_peer=SPFILE in effects)]


def _prologue(database: Attributes, want: Want) -> t.List[rman.Command]:
    """Without a control file RMAN must be told whose autobackups are meant."""
    if not want["autobackup"] or recovery.mounted(database):
        return []
    if not database["_source"]["dbid"]:
        raise Refused("An autobackup is found by the DBID of its database, and neither a peer nor dbid tells it.", code="DBF-0733",
                      hint="Give peer_entry or dbid.")
    return ["SET DBID {0:d};".format(int(database["_source"]["dbid"]))]


def _controlfile(database: Attributes, want: Want) -> t.Iterator[rman.Command]:
    kind = _kind(want)
    if kind is None:
        raise Refused("The instance has no control file mounted, and none is to be restored.", code="DBF-0734",
                      hint="Let restore hold controlfile or standby_controlfile, or mount the one that is there.")
    piece = want["controlfile_piece"] or database.get("_piece")
    if not want["service"] and not want["autobackup"] and not piece:
        raise Refused("No piece with a control file is known{0}.".format(
            " under the tag {0}".format(_controlfile_tag(want)) if _controlfile_tag(want) else ""), code="DBF-0735",
            hint="Back one up (rman_backup with backup_of: [current_controlfile_for_standby]), name controlfile_piece, or set autobackup.")
    if want["autobackup"] and want["autobackup_format"]:
        yield "SET CONTROLFILE AUTOBACKUP FORMAT FOR {0} TO {1};".format(
            recovery.device_clause(want).split(" PARMS", 1)[0], rman.quoted(want["autobackup_format"], "Format"))
    yield recovery.restore_controlfile(kind == "standby_controlfile", want, piece, want["autobackup"])
    yield "ALTER DATABASE MOUNT;"


def _database(state: State, want: Want) -> t.List[rman.Command]:
    """RESTORE of what is missing. At the first time that is everything, and which files there are only the control file will tell."""
    first = not recovery.mounted(state[recovery.RESOURCE])
    missing = [number for number, found in sorted(recovery.files(state).items()) if not found["restored"]]
    if not first and not missing:
        return []
    numbers = [] if first or len(missing) == len(recovery.files(state)) else missing
    tablespaces: t.List[str] = []
    if numbers and want["as_encrypted"]:
        # AS ENCRYPTED takes whole tablespaces (documented, RMAN-05139).
        tablespaces = sorted({found["_tablespace"] for found in recovery.files(state).values() if not found["restored"]})
        numbers = [number for number, found in sorted(recovery.files(state).items()) if found["_tablespace"] in tablespaces]
    role = t.cast(Attributes, state[recovery.RESOURCE])["role"]
    if not first and _kind(want) and role != ROLES[t.cast(str, _kind(want))]:
        raise Refused("The control file that is mounted is that of a {0} database, and not all datafiles are there.".format(role), code="DBF-0736",
                      hint="Restart the instance NOMOUNT (module instance), so that the control file can be restored too.")
    named = recovery.set_newname(want["newname"], numbers) if want["newname"] else []
    # A control file from the same backup knows the pieces under the names that the source gave them.
    moved = recovery.cataloging(want, t.cast(Attributes, state[recovery.RESOURCE])["_pieces"]) if want["path"] and want["device_type"] == "disk" else []
    return moved + named + [recovery.restore(want, numbers, tablespaces, want["as_encrypted"])] + (recovery.switch() if named else [])


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    database = t.cast(Attributes, state[recovery.RESOURCE])
    return {"database": {name: value for name, value in database.items() if not name.startswith("_")},
            "progress": recovery.progress(state)}


MODULE = Module(
    argument_spec=dict(
        SERVER, **dict(
            PEER, **dict(
                recovery.SOURCE,
                purpose={"type": "str", "default": "DB"},
                restore={"type": "list", "elements": "str", "default": ["database"],
                         "choices": ["spfile", "controlfile", "standby_controlfile", "database"]},
                spfile_to={"type": "str"},
                newname={"type": "str"},
                as_encrypted={"type": "bool", "default": False},
                autobackup={"type": "bool", "default": False},
                autobackup_format={"type": "str"},
                controlfile_piece={"type": "str"},
                controlfile_purpose={"type": "str"},
                spfile_piece={"type": "str"},
                dbid={"type": "int"},
            ))),
    observe=observe, plan=plan, report=report, under_way=recovery.under_way, server=True,
    mutually_exclusive=[("service", "backup_purpose", "existing_tag", "autobackup"), ("controlfile_piece", "controlfile_purpose")],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

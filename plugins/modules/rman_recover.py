#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: rman_recover
short_description: Roll a restored database forward, by RMAN
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Brings the datafiles of a mounted database forward, by blocks from the source's service, by incremental backups, with archived logs up to an SCN, or by
    a backup and then the logs.
  - What is wanted is an SCN, and the headers of the datafiles tell whether they have reached it (V$DATAFILE_HEADER). From a service it is O(reach_scn), or the
    source's SCN when this was begun, which the source's journal keeps. With backups it is the SCN of each datafile in them, which the peer knows. Files
    that are read only or offline have nothing to reach. A recovery that was killed goes on, and one that is done is not repeated.
  - RMAN runs as the Oracle owner, detached. A call starts it or joins it and returns; loop on RV(finished).
  - Refuses while Redo Apply runs, when datafiles are not restored yet, and when the source got datafiles that the control file does not know, as blocks would
    go past the redo that makes them. A standby database can do without, see O(leave_to_redo_apply).
options:
  purpose:
    description: What the recovery is for, in one word; it names the command on the server, and what the journal keeps.
    type: str
    default: DB
  standby:
    description: C(RECOVER STANDBY DATABASE FROM SERVICE), which restores new datafiles and renews the control file as well. Needs 18c.
    type: bool
    default: false
  leave_to_redo_apply:
    description:
      - Where Redo Apply runs already, or has to make datafiles that the source got meanwhile, nothing is done and RV(pending) says so. Redo Apply brings
        the other files forward too, from the oldest of them on, and needs the redo since then.
    type: bool
    default: false
  noredo:
    description:
      - Apply blocks only. Otherwise RMAN goes on with archived logs, after a backup up to where the logs in it end, which the peer knows; then the
        datafiles are consistent and can be opened with RESETLOGS.
      - By default a primary gets the logs that are in the backup, and a standby database, whose redo comes by Data Guard, does not.
    type: bool
  until_scn:
    description: Apply archived logs up to, and not including, this SCN.
    type: int
  reach_scn:
    description: SCN that every datafile shall have reached, when the source's service or the peer is not to tell it.
    type: int
extends_documentation_fragment:
  - dbferry.oracle.rman_source
  - dbferry.oracle.server
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Bring the files that were restored one after the other to one moment
  dbferry.oracle.rman_recover:
    service: solaris1:1521/sales
    session: sqlplus
    user: ''
    peer_entry: dbsrc
    migration_id: SALES
  register: recovered
  until: recovered.finished
  retries: 1000
  delay: 10

- name: The last incremental backup, and the logs up to where the source ended
  dbferry.oracle.rman_recover:
    purpose: FINAL
    backup_purpose: FINAL
    path: /nfs/sales
    until_scn: "{{ final_scn }}"
    session: sqlplus
    user: ''
    peer_entry: dbsrc
    migration_id: SALES
"""

RETURN = r"""
finished:
  description: Whether every datafile has reached its SCN. Always true in check mode.
  returned: success
  type: bool
scn:
  description: The oldest checkpoint of the datafiles that are open for writing.
  returned: success
  type: int
progress:
  description: How many datafiles have reached their SCN.
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
pending:
  description: What was left to Redo Apply (O(leave_to_redo_apply)).
  returned: success
  type: list
  elements: str
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import rman_job
from ansible_collections.dbferry.oracle.plugins.module_utils import rman_recovery as recovery
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER, SERVER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Finding, Refused, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want


def anchor_item(database: Attributes, want: Want) -> str:
    """Journal item of the source: its SCN when this recovery of a copy from its service was begun."""
    return "recovery of {0} from service {1}".format((database["db_unique_name"] or "").upper(), want["purpose"])


def observe(session: t.Any, want: Want) -> State:
    state = recovery.observe(session, want)
    database = t.cast(Attributes, state[recovery.RESOURCE])
    anchor, backed_up, until = want["reach_scn"], {}, want["until_scn"]
    noredo = want["noredo"] if want["noredo"] is not None else database["role"] != "PRIMARY" or not recovery.tag_of(want)
    # Of a database that is in use nothing is wanted; the source may be its standby by now, and its journal out of reach.
    in_use = database["status"] == "OPEN" and database["role"] == "PRIMARY"
    if anchor is None and want["service"] and session.peer is not None and not in_use:
        anchor = session.peer.journal.get(anchor_item(database, want)) or database["_source"]["current_scn"]
    if recovery.tag_of(want) and session.peer is not None:
        backed_up = {row["file_id"]: row["checkpoint_scn"] for row in session.peer.query(recovery.BACKED_UP, tag=recovery.tag_of(want))}
        if until is None and not noredo:
            until = session.peer.one(recovery.LOGS_END, tag=recovery.tag_of(want))["next_scn"]
    planned = recovery.planned_backup(session, want)
    if planned:
        backed_up = dict.fromkeys(recovery.files(state), database["_source"]["current_scn"])
        until = planned if until is None and not noredo else until
    applying = session.query(recovery.MANAGED_RECOVERY) if recovery.mounted(database) and not session.assumed else []
    database.update(_anchor=anchor, _applying=bool(applying), _until=until, _noredo=noredo, _pieces=recovery.pieces_of(session, want))
    if want["until_scn"] is None and until and _consistent(state):
        # Where the logs in a backup end is as far as they can lead, not where the last change is that the files had to have.
        until = None
    for number, found in recovery.files(state).items():
        needed = [scn for scn in (anchor, backed_up.get(number), until - 1 if isinstance(until, int) else None) if scn is not None]
        written = found["_enabled"] in (None, "READ WRITE")
        found["reach_scn"] = max(needed) if needed and written else None
    return state


def _consistent(state: State) -> bool:
    """Whether media recovery has brought the datafiles to one moment: none is fuzzy (documented), and their checkpoints are one."""
    written = [found for found in recovery.files(state).values() if found["_enabled"] == "READ WRITE"]
    return all(found["fuzzy"] == "NO" for found in written) and len({found["checkpoint_scn"] for found in written}) == 1


def _behind(state: State) -> t.List[int]:
    """Datafiles that have not reached their SCN."""
    return [number for number, found in sorted(recovery.files(state).items())
            if found["reach_scn"] is not None and (found["checkpoint_scn"] or 0) < found["reach_scn"]]


def plan(state: State, want: Want) -> t.List[Step]:
    database = t.cast(Attributes, state[recovery.RESOURCE])
    recovery.refuse_another(database, "DBF-0752")
    if not recovery.mounted(database):
        raise Refused("No database is mounted here, so there is nothing to recover.", code="DBF-0751",
                      hint="Restore its control file first (module rman_restore).")
    if database["status"] == "OPEN" and database["role"] == "PRIMARY":
        return []
    if not any(found["reach_scn"] for found in recovery.files(state).values()):
        raise Refused("How far the datafiles shall be brought nobody tells{0}.".format(
            ": the source knows no backup under the tag {0}".format(recovery.tag_of(want)) if recovery.tag_of(want) else ""), code="DBF-0753",
            hint="Give peer_entry, reach_scn or until_scn, and a backup that there is.")
    if not _behind(state):
        return []
    findings = list(_findings(state, want))
    if want["leave_to_redo_apply"] and findings and {finding[0] for finding in findings} <= {"DBF-0755", "DBF-0756"}:
        return [Step(None, pending="Redo Apply brings the datafiles forward. {0}".format(" ".join(finding[1] for finding in findings)))]
    refuse(findings)
    commands = recovery.preparation(want)
    if want["service"] or recovery.tag_of(want):
        # Redo is for a command of its own, which ends where it is told to and not where logs are missing (RMAN-06054).
        commands.append(recovery.recover(want, want["standby"], database["_noredo"] or bool(database["_until"])))
    if database["_until"]:
        commands.append(recovery.recover_until(database["_until"]))
    noted = bool(want["service"]) and want["reach_scn"] is None
    return [rman_job.step(
        recovery.this_work(database, want, max(found["reach_scn"] or 0 for found in recovery.files(state).values())), "RECOVER", commands,
        channels=want["parallelism"], device_clause=recovery.device_clause(want), privilege="SYSDBA" if want["service"] else "SYSBACKUP",
        prologue=recovery.cataloging(want, database["_pieces"]), at_peer=noted, remember={anchor_item(database, want): database["_anchor"]} if noted else None,
        effects={"DATAFILE {0}".format(number): {"checkpoint_scn": t.cast(Attributes, state["DATAFILE {0}".format(number)])["reach_scn"]}
                 for number in _behind(state)})]


def _findings(state: State, want: Want) -> t.Iterator[Finding]:
    database = t.cast(Attributes, state[recovery.RESOURCE])
    missing = [str(number) for number, found in sorted(recovery.files(state).items()) if not found["restored"]]
    # RMAN writes while it works; a command that runs already is joined.
    if missing and not want["standby"] and not database["_rman"]:
        yield "DBF-0754", "Datafile {0} is not restored.".format(", ".join(missing)), "Restore it first (module rman_restore)."
    if database["_applying"]:
        yield "DBF-0755", "Redo Apply runs in this standby database.", "Stop it first (module redo_apply)."
    blocks = (want["service"] or recovery.tag_of(want)) and (database["_noredo"] or database["_until"])
    if database["added_at_source"] and blocks and not want["standby"]:
        yield ("DBF-0756", "The source has datafiles that the control file here does not know: {0}. Blocks would go past the redo that makes them.".format(
            ", ".join(str(number) for number in database["added_at_source"])),
            "Take a standby on with standby=true, which restores them as well, or with leave_to_redo_apply. A primary wants to be restored anew: restart "
            "its instance NOMOUNT, and take backups that have them (a higher migration_run).")


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    files = recovery.files(state)
    scns = [found["checkpoint_scn"] for found in files.values() if found["_enabled"] == "READ WRITE" and found["checkpoint_scn"]]
    done = len(files) - len(_behind(state))
    return {"scn": min(scns) if scns else None,
            "progress": {"done": done, "of": len(files), "percent": round(100.0 * done / len(files), 1) if files else 0.0}}


MODULE = Module(
    argument_spec=dict(
        SERVER, **dict(
            PEER, **dict(
                recovery.SOURCE,
                purpose={"type": "str", "default": "DB"},
                standby={"type": "bool", "default": False},
                leave_to_redo_apply={"type": "bool", "default": False},
                noredo={"type": "bool"},
                until_scn={"type": "int"},
                reach_scn={"type": "int"},
            ))),
    observe=observe, plan=plan, report=report, under_way=recovery.under_way, server=True,
    mutually_exclusive=[("service", "backup_purpose", "existing_tag")],
    required_one_of=[("service", "backup_purpose", "existing_tag", "until_scn")],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

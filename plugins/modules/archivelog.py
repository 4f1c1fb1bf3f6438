#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: archivelog
short_description: Manage the ARCHIVELOG mode of a database
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Enables or disables the archiving of redo logs. The database must be mounted for that and open in no instance (ORA-01126), so it is
    stopped, mounted, changed and opened again, but only where O(restart) allows it. Otherwise RV(pending) says what is left.
  - With O(restart) the module works as the Oracle owner on the database server. Without it, it only looks.
  - Before that it makes sure that archived logs have a place to go, because a database in ARCHIVELOG mode without one stops at the third log.
  - A database that was not shut down cleanly is opened and shut down first (ORA-00265).
  - On RAC all instances are stopped, by srvctl, and started again.
options:
  state:
    description: Whether redo logs are archived.
    type: str
    default: enabled
    choices: [enabled, disabled]
  default_destination:
    description:
      - Accept that archived logs go to Oracle's last resort, C($ORACLE_HOME/dbs), where they fill the file system of the software. Otherwise
        a recovery area or a parameter LOG_ARCHIVE_DEST_n must be set.
    type: bool
    default: false
extends_documentation_fragment:
  - dbferry.oracle.instance
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Room first
  dbferry.oracle.recovery_area:
    destination: /u01/app/oracle/fast_recovery_area
    size: 50G
    migration_id: SALES

- name: Then archive
  dbferry.oracle.archivelog:
    state: enabled
    restart: true
    oracle_home: /u01/app/oracle/product/19.0.0/dbhome_1
    oracle_sid: SALES
  become: true
  become_user: oracle

- name: See whether a restart would be needed
  dbferry.oracle.archivelog:
  register: archivelog
  failed_when: archivelog.pending | length > 0
"""

RETURN = r"""
before:
  description: Log mode and instance before.
  returned: success
  type: dict
after:
  description: Log mode and instance afterwards.
  returned: success
  type: dict
  sample: {"LOG_MODE": {"mode": "ARCHIVELOG", "destinations": ["USE_DB_RECOVERY_FILE_DEST"]}, "INSTANCE": {"status": "OPEN"}}
pending:
  description: What was left, because it needs a restart that O(restart) does not allow.
  returned: success
  type: list
  elements: str
obstacle:
  description: In a plan, what would make the log mode do harm as things are.
  returned: in check mode
  type: str
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["SHUTDOWN IMMEDIATE", "STARTUP MOUNT", "ALTER DATABASE ARCHIVELOG", "ALTER DATABASE OPEN"]
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.instance import (
    OPTIONS, RESOURCE, WAITS_FOR_RESTART, ascend, observe_instance, restart_steps, shutdown, startup)
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

DATABASE = "SELECT log_mode, flashback_on FROM v$database"
#: A thread that is open in a database which is nowhere open was left by a crash (known to DBAs).
THREADS = "SELECT COUNT(*) threads FROM v$thread WHERE status = 'OPEN'"
PARAMETERS = r"""
SELECT value FROM v$parameter
 WHERE value IS NOT NULL AND (name IN ('db_recovery_file_dest', 'log_archive_dest') OR name LIKE 'log\_archive\_dest\_%' ESCAPE '\')
   AND name NOT LIKE 'log\_archive\_dest\_state%' ESCAPE '\'
"""
DESTINATIONS = "SELECT dest_name, destination, error FROM v$archive_dest WHERE target = 'PRIMARY' AND status NOT IN ('INACTIVE', 'VALID')"
AREA = "SELECT space_limit, space_used, space_reclaimable FROM v$recovery_file_dest"

MODE = "LOG_MODE"


def observe(session: t.Any, want: Want) -> State:
    state = observe_instance(session)
    found = t.cast(Attributes, state[RESOURCE])
    if found["status"] not in ("MOUNTED", "OPEN"):
        # Only the control file knows; a restart brings the answer.
        state[MODE] = {"mode": "unknown until the database is mounted"}
        return state
    database = session.one(DATABASE)
    anywhere = found["status"] == "OPEN" or any(other["status"] == "OPEN" for other in found["_others"])
    area = session.one(AREA)
    state[MODE] = {
        "mode": database["log_mode"], "destinations": [row["value"] for row in session.query(PARAMETERS)],
        "_flashback": database["flashback_on"], "_open": anywhere, "_crashed": not anywhere and session.one(THREADS)["threads"] > 0,
        "_broken": session.query(DESTINATIONS), "_full": bool(area and area["space_limit"] and (
            area["space_used"] - area["space_reclaimable"] >= area["space_limit"]))}
    return state


def _findings(mode: Attributes, want: Want) -> t.List[str]:
    """What would go wrong afterwards."""
    if want["state"] == "disabled":
        return [] if mode["_flashback"] == "NO" else ["Flashback Database or a guaranteed restore point needs the archived logs (ORA-38774, ORA-38781)"]
    found = []
    if not mode["destinations"] and not want["default_destination"]:
        found.append("neither a recovery area nor LOG_ARCHIVE_DEST_1 is set, so archived logs would fill $ORACLE_HOME/dbs")
    if mode["_full"]:
        found.append("the recovery area is full")
    found += ["{dest_name} ({destination}) cannot be used: {error}".format(**row) for row in mode["_broken"]]
    return found


def obstacle(state: State, want: Want) -> t.Optional[DbferryError]:
    """What must be set right first; in the plan of a workflow an earlier phase may be about to do so."""
    mode = t.cast(Attributes, state[MODE])
    wanted = "ARCHIVELOG" if want["state"] == "enabled" else "NOARCHIVELOG"
    findings = _findings(mode, want) if "destinations" in mode and mode["mode"] != wanted else []
    if not findings:
        return None
    return Refused("{0} mode would do harm: {1}.".format(wanted, "; ".join(findings)), code="DBF-0291",
                   hint="Set them right first (modules recovery_area and parameter), and run this again.")


def plan(state: State, want: Want) -> t.List[Step]:
    found, mode = t.cast(Attributes, state[RESOURCE]), t.cast(Attributes, state[MODE])
    wanted = "ARCHIVELOG" if want["state"] == "enabled" else "NOARCHIVELOG"
    known = "destinations" in mode
    if known and mode["mode"] == wanted:
        if not want["restart"] or found["status"] == "OPEN":
            return []
        if found["_parallel"] and want["manager"] == "srvctl":
            # All instances are mounted, and srvctl opens none of them that runs.
            return [shutdown(found, want)] + startup(found, want, "OPEN")
        return restart_steps(found, want, [])
    action = [Step(Statement("ALTER DATABASE " + wanted), effects={MODE: {"mode": wanted}})]
    if not want["restart"]:
        if known and not mode["_open"] and not mode["_crashed"]:
            return action
        action[0].pending = WAITS_FOR_RESTART
        return action
    if want["shutdown_mode"] == "abort":
        raise Refused("After SHUTDOWN ABORT the log mode cannot be changed.", code="ORA-00265", hint="Use shutdown_mode=immediate.")
    # What may have crashed is recovered by opening it, and then goes down cleanly.
    steps: t.List[Step] = []
    if found["status"] == "STOPPED":
        steps = startup(found, want, "OPEN")
    elif not known or mode["_crashed"]:
        steps = ascend(found, "OPEN")
    return steps + restart_steps(dict(found, status="OPEN") if steps else found, want, action)


MODULE = Module(
    argument_spec=dict(
        OPTIONS,
        state={"type": "str", "default": "enabled", "choices": ["enabled", "disabled"]},
        default_destination={"type": "bool", "default": False},
    ),
    observe=observe, plan=plan, obstacle=obstacle, local=lambda want: bool(want["restart"]),
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

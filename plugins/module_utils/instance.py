# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stopping and starting an instance, with SQL*Plus or with srvctl: what is, and the steps to what is wanted.

Modules that use it have ``local`` sessions: an instance that is stopped is reached by its owner alone.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import srvctl
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.planned import FACTS
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

__metaclass__ = type

RESOURCE = "INSTANCE"
#: V$INSTANCE.STATUS, from below; STOPPED is no instance.
LEVELS = ("STOPPED", "STARTED", "MOUNTED", "OPEN")

#: Both views can be read as soon as the instance is started; V$DATABASE when it is mounted.
INSTANCE = """
SELECT i.instance_name, i.status, i.logins, i.parallel,
       (SELECT p.value FROM v$parameter p WHERE p.name = 'db_unique_name') db_unique_name
  FROM v$instance i
"""
OTHERS = """
SELECT g.instance_name, g.status FROM gv$instance g WHERE g.instance_name <> (SELECT i.instance_name FROM v$instance i) ORDER BY g.inst_id
"""
DATABASE = "SELECT open_mode, database_role, open_resetlogs FROM v$database"

#: How an instance may be stopped and started. Documented in the fragment ``instance``.
OPTIONS: t.Dict[str, t.Dict[str, t.Any]] = {
    "restart": {"type": "bool", "default": False},
    "shutdown_mode": {"type": "str", "default": "immediate", "choices": ["immediate", "transactional", "normal", "abort"]},
    "manager": {"type": "str", "default": "sqlplus", "choices": ["sqlplus", "srvctl"]},
    "db_unique_name": {"type": "str"},
}
WAITS_FOR_RESTART = "a restart of the instance, which restart=true allows"


def observe_instance(session: t.Any) -> State:
    """The resource :data:`RESOURCE`: status, and what is known at that level."""
    try:
        found = session.one(INSTANCE)
    except DbferryError as error:
        if error.code != "ORA-01034":
            raise
        return {RESOURCE: {"status": "STOPPED"}}
    status = "OPEN" if found["status"].startswith("OPEN") else found["status"]
    attributes = {"status": status, "instance_name": found["instance_name"], "logins": found["logins"],
                  "db_unique_name": found["db_unique_name"], "_parallel": found["parallel"] == "YES", "_others": []}
    if attributes["_parallel"]:
        attributes["_others"] = session.query(OTHERS)
    if status in ("MOUNTED", "OPEN"):
        attributes.update(session.one(DATABASE))
    return {RESOURCE: attributes}


def level(found: Attributes) -> int:
    return LEVELS.index(found["status"])


# -- single steps


def _step(statement: Statement, status: str, open_mode: t.Optional[str] = None, **attributes: t.Any) -> Step:
    facts = {"open_mode": open_mode} if open_mode else {}
    return Step(statement, effects=dict({RESOURCE: dict(attributes, status=status, **facts)}, **({FACTS: facts} if facts else {})))


def _open_mode(found: Attributes, to: str, read_only: bool) -> t.Optional[str]:
    """V$DATABASE.OPEN_MODE at a level. A standby is opened read only, whatever is said."""
    opened = "READ ONLY" if read_only or found.get("database_role") == "PHYSICAL STANDBY" else "READ WRITE"
    return {"MOUNTED": "MOUNTED", "OPEN": opened}.get(to)


def database_name(found: Attributes, want: Want) -> str:
    """DB_UNIQUE_NAME as srvctl knows the database."""
    name = want["db_unique_name"] or found.get("db_unique_name")
    if not name:
        raise Refused("srvctl needs the database's unique name, and a stopped instance does not tell it.", code="DBF-0301",
                      hint="Give db_unique_name.")
    return str(name)


def shutdown(found: Attributes, want: Want, instance: t.Optional[str] = None) -> Step:
    """Stop it, in the mode that is wanted.

    :arg instance: with srvctl only this instance, otherwise the whole database.
    """
    mode = want["shutdown_mode"].upper()
    if want["manager"] == "srvctl":
        return _step(srvctl.stop(database_name(found, want), mode, instance), "STOPPED")
    return _step(Statement("SHUTDOWN " + mode), "STOPPED")


def startup(found: Attributes, want: Want, to: str, read_only: bool = False, restricted: bool = False,
            instance: t.Optional[str] = None) -> t.List[Step]:
    """Start a stopped instance up to a level. A standby database is opened read only by the same command."""
    open_mode = _open_mode(found, to, read_only)
    if want["manager"] == "srvctl":
        option = {"STARTED": "nomount", "MOUNTED": "mount"}.get(to, "read only" if read_only else "open")
        steps = [_step(srvctl.start(database_name(found, want), option, instance), to, open_mode, logins="ALLOWED")]
        return steps + ([restrict(True)] if restricted else [])
    word = {"STARTED": "NOMOUNT", "MOUNTED": "MOUNT"}.get(to, "OPEN READ ONLY" if read_only else "OPEN")
    return [_step(Statement("STARTUP {0}{1}".format("RESTRICT " if restricted else "", word)), to, open_mode,
                  logins="RESTRICTED" if restricted else "ALLOWED")]


def ascend(found: Attributes, to: str, read_only: bool = False, resetlogs: bool = False) -> t.List[Step]:
    """Take a started instance further up.

    :arg resetlogs: open with RESETLOGS where the control file requires it, which begins a new incarnation (ORA-01589 otherwise).
    """
    steps = []
    if level(found) < LEVELS.index("MOUNTED") <= LEVELS.index(to):
        mounted = _step(Statement("ALTER DATABASE MOUNT"), "MOUNTED", "MOUNTED")
        # An instance mounts once in its life; that it did, nothing shows.
        mounted.instead = ("ORA-00750", [Statement("SHUTDOWN IMMEDIATE"), Statement("STARTUP MOUNT")])
        steps.append(mounted)
    if level(found) < LEVELS.index("OPEN") == LEVELS.index(to):
        how = " READ ONLY" if read_only else " RESETLOGS" if resetlogs and found.get("open_resetlogs") == "REQUIRED" else ""
        steps.append(_step(Statement("ALTER DATABASE OPEN" + how), "OPEN", _open_mode(found, to, read_only)))
    return steps


def restrict(restricted: bool) -> Step:
    return Step(Statement("ALTER SYSTEM {0} RESTRICTED SESSION".format("ENABLE" if restricted else "DISABLE")),
                effects={RESOURCE: {"logins": "RESTRICTED" if restricted else "ALLOWED"}})


# -- the way down and up again


def restart_steps(found: Attributes, want: Want, action: t.Sequence[Step], to: str = "OPEN") -> t.List[Step]:
    """Shut down, mount, do what needs a database that is mounted and nowhere open, and open again.

    Begins where a run that was killed left off. The end is ``to``, whatever the state was before: a database that is not open cannot
    be asked for what it was.

    :arg found: attributes of :data:`RESOURCE`.
    :arg want: has :data:`OPTIONS`.
    :arg action: steps in the mounted database; without any it is a restart alone, which goes straight up.
    :raises Refused: when other instances are up and SQL*Plus would stop only this one.
    """
    others = [other["instance_name"] for other in found.get("_others") or []]
    if others and want["manager"] == "sqlplus":
        raise Refused("Other instances of the database are up: {0}.".format(", ".join(others)), code="ORA-01126",
                      hint="Set manager=srvctl, which stops and starts the whole database.")
    if not action:
        if found["status"] in ("STARTED", "MOUNTED"):
            return ascend(found, to)
        return ([shutdown(found, want)] if found["status"] == "OPEN" else []) + startup(found, want, to)
    anywhere_open = found["status"] == "OPEN" or any(other["status"] == "OPEN" for other in found.get("_others") or [])
    steps = [shutdown(found, want)] if anywhere_open else []
    if steps or found["status"] == "STOPPED":
        steps += startup(found, want, "MOUNTED")
    else:
        steps += ascend(found, "MOUNTED")
    steps += action
    if to == "OPEN" and found.get("_parallel"):
        # Every instance is mounted; srvctl opens none of them that runs.
        return steps + [shutdown(found, want)] + startup(found, want, "OPEN")
    return steps + ascend({"status": "MOUNTED"}, to)

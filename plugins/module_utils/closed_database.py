# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to a database that is mounted and not open: shut down, mount, do it.

A database that is down tells nothing of itself, so such a call mounts it, and the next one sees further.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard
from ansible_collections.dbferry.oracle.plugins.module_utils.instance import (
    RESOURCE, WAITS_FOR_RESTART, observe_instance, restart_steps, shutdown, startup)
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

__metaclass__ = type

OLDEST = "SELECT oldest_flashback_scn scn FROM v$flashback_database_log"


def observe(session: t.Any) -> State:
    """The instance, and DATABASE with what V$DATABASE tells; without it where nothing is mounted."""
    state = observe_instance(session)
    if is_mounted(state):
        found = dataguard.facts(session)
        state[dataguard.DATABASE] = {"db_unique_name": found["db_unique_name"], "database_role": found["database_role"], "open_mode": found["open_mode"],
                                     "_facts": found, "_release": session.release}
    return state


def oldest_flashback_scn(session: t.Any) -> t.Optional[int]:
    """How far the flashback logs reach back; None without any."""
    scn: t.Optional[int] = (session.one(OLDEST) or {}).get("scn")
    return scn


def is_mounted(state: State) -> bool:
    return t.cast(Attributes, state[RESOURCE])["status"] in ("MOUNTED", "OPEN")


def mounting(state: State, want: Want) -> t.List[Step]:
    """Steps that mount a database which is not. An instance that a conversion dismounted does not mount it again (ORA-00750), so it is started anew."""
    found = t.cast(Attributes, state[RESOURCE])
    return ([] if found["status"] == "STOPPED" else [shutdown(found, want)]) + startup(found, want, "MOUNTED")


def while_mounted(state: State, want: Want, action: t.Sequence[Step], afterwards: t.Sequence[Step] = ()) -> t.List[Step]:
    """Steps that close an open database, do the action, and what comes after it; pending where a restart is not allowed."""
    found = t.cast(Attributes, state[RESOURCE])
    steps = restart_steps(found, want, action, "MOUNTED") + list(afterwards)
    if found["status"] == "OPEN" and not want["restart"]:
        for step in steps:
            step.pending = WAITS_FOR_RESTART
    return steps


def to_physical_standby(want: Want) -> t.List[Step]:
    """Convert a mounted database to a physical standby, and mount it anew: the conversion dismounts it before 12.1 (documented), and later it
    does not (transcripts). A restart is right for all."""
    converted = {"database_role": dataguard.PHYSICAL_STANDBY, "open_mode": "MOUNTED"}
    mounted = {"status": "MOUNTED"}
    return [Step(Statement("ALTER DATABASE CONVERT TO PHYSICAL STANDBY"), effects={dataguard.DATABASE: converted}),
            shutdown(mounted, want)] + startup(mounted, want, "MOUNTED")


def goes_on(state: State, steps: t.Sequence[Step]) -> bool:
    """Whether the database was down and is mounted now, so that the next call does the rest."""
    return t.cast(Attributes, state[RESOURCE])["status"] == "MOUNTED" and any(not step.pending for step in steps)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work of others that is not finished: READ ONLY would wait for it, for ever perhaps (Administrator's Guide, "Making a Tablespace Read-Only":
it waits for every transaction of the database that began before it, in whatever tablespace)."""

from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import State

__metaclass__ = type

TRANSACTIONS = """
SELECT s.sid, s.serial# serial, s.username, s.program, s.machine, t.start_time since,
       ROUND((SYSDATE - t.start_date) * 86400) seconds, t.used_urec undo_records
  FROM v$transaction t JOIN v$session s ON s.saddr = t.ses_addr
 WHERE s.sid <> TO_NUMBER(SYS_CONTEXT('USERENV', 'SID')) ORDER BY s.sid
"""
#: What was settled stays listed until it is purged, and holds nothing any more (Administrator's Guide, "Managing Distributed Transactions").
IN_DOUBT = """
SELECT local_tran_id, state, fail_time FROM dba_2pc_pending
 WHERE state NOT IN ('committed', 'forced commit', 'forced rollback') ORDER BY local_tran_id
"""


def observe(session: t.Any) -> State:
    """Resources ``TRANSACTION sid,serial#`` and ``IN_DOUBT id``."""
    state: State = {}
    for row in session.query(TRANSACTIONS):
        state["TRANSACTION {sid},{serial}".format(**row)] = {name: row[name] for name in ("username", "program", "machine", "since", "undo_records")}
    for row in session.query(IN_DOUBT):
        state["IN_DOUBT " + row["local_tran_id"]] = {"state": row["state"], "since": str(row["fail_time"])}
    return state


def obstacle(state: State, ended: t.Container[str] = ()) -> t.Optional[Refused]:
    """Whose work stands in the way.

    :arg ended: sessions (``sid,serial#``) whose transactions are about to be rolled back.
    """
    def found(kind: str) -> t.Dict[str, t.Any]:
        return {name.split(" ", 1)[1]: what for name, what in sorted(state.items()) if name.startswith(kind) and what}

    transactions = {name: what for name, what in found("TRANSACTION ").items() if name not in ended}
    if transactions:
        return Refused("Transactions are open: {0}.".format("; ".join(
            "session {0} ({username}, {program} on {machine}) since {since}".format(name, **what) for name, what in transactions.items())),
            code="DBF-0141", details={"transactions": transactions},
            hint="Have them ended. For sessions of applications session_fence does it with kill_sessions (the role's xtts_kill_sessions).")
    in_doubt = found("IN_DOUBT ")
    if in_doubt:
        return Refused("Distributed transactions are in doubt: {0}.".format(", ".join(
            "{0} ({state} since {since})".format(name, **what) for name, what in in_doubt.items())), code="DBF-0142", details={"in_doubt": in_doubt},
            hint="Settle each with COMMIT FORCE or ROLLBACK FORCE after asking its coordinator.")
    return None

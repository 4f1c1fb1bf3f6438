# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A primary and its standby as sessions: in step and ready, but for what a test says."""

from __future__ import annotations

from ansible_collections.dbferry.oracle.plugins.module_utils import dataguard, dataguard_pair
from fake_session import FakeSession

FACTS = {"dbid": 1, "name": "SALES", "db_unique_name": "sales", "database_role": "PRIMARY", "open_mode": "READ WRITE", "switchover_status": "TO STANDBY",
         "protection_mode": "MAXIMUM PERFORMANCE", "protection_level": "MAXIMUM PERFORMANCE", "dataguard_broker": "DISABLED", "current_scn": 1000,
         "standby_became_primary_scn": 0, "resetlogs_scn": 1, "log_mode": "ARCHIVELOG", "force_logging": "YES", "flashback_on": "NO",
         "clock": "2026-03-01 12:00:30", "utc": "2026-03-01 12:00:30.000"}
STANDBY = {"db_unique_name": "sales_new", "database_role": "PHYSICAL STANDBY", "open_mode": "MOUNTED", "switchover_status": "NOT ALLOWED", "current_scn": 998}
MRP = {"process": "MRP0", "status": "APPLYING_LOG", "client_process": "N/A", "thread": 1, "sequence": 9, "block": 1, "delay": 0}


def destination(name, **more):
    return dict({"dest_id": 2, "status": "VALID", "target": "STANDBY", "destination": name, "db_unique_name": name, "error": None, "valid_now": "YES",
                 "valid_role": "PRIMARY_ROLE", "transmit_mode": "ASYNCHRONOUS", "reopen": 300, "failed": None, "gap_status": "NO GAP",
                 "recovery_mode": "MANAGED REAL TIME APPLY", "synchronization_status": "CHECK CONFIGURATION", "database_mode": "MOUNTED-STANDBY"}, **more)


def lag(name, value="+00 00:00:00", heard="03/01/2026 12:00:29"):
    return {"name": name, "value": value, "time_computed": "03/01/2026 12:00:30", "datum_time": heard}


TO_STANDBY = destination("sales_new")
IN_STEP = [lag("transport lag"), lag("apply lag"), lag("apply finish time", "+00 00:00:00.250", None)]


def primary(destinations=(TO_STANDBY,), logs=4, files=(), release=(19, 3), peer=None, answers=None, **facts):
    return FakeSession(dict({
        dataguard.FACTS: [dict(FACTS, **facts)], dataguard.PROCESSES: [], dataguard.DESTINATIONS: list(destinations), dataguard.RECOVERY_MODE: [],
        dataguard_pair.STANDBY_LOGS: [{"logs": logs}], dataguard_pair.FILES: list(files), dataguard_pair.GAPS: [], dataguard_pair.STATISTICS: []},
        **(answers or {})), release=release, peer=peer)


def standby(processes=(MRP,), modes=("MANAGED REAL TIME APPLY",), gaps=(), statistics=tuple(IN_STEP), peer=None, broker=None, **more):
    facts = dict({"destinations": [destination("sales")]}, **dict(STANDBY, **more))
    return primary(peer=peer, answers={
        dataguard.PROCESSES: list(processes), dataguard.RECOVERY_MODE: [{"recovery_mode": mode} for mode in modes], dataguard_pair.GAPS: list(gaps),
        dataguard_pair.STATISTICS: list(statistics), **(broker or {})}, **facts)


def unreachable(code="ORA-12514"):
    """A session that cannot be opened."""
    from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError

    class Nobody(FakeSession):
        def query(self, sql, after=None, **binds):
            raise DbferryError("Connecting: {0}: nobody there".format(code), code=code)

    return Nobody()

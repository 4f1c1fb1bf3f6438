# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a database is: the facts that several modules ask for."""

from __future__ import annotations

import typing as t

__metaclass__ = type

IDENTITY = """
SELECT d.dbid, d.name, d.db_unique_name, d.platform_id, d.platform_name, p.endian_format, d.database_role, d.open_mode, d.log_mode,
       d.force_logging, d.flashback_on, d.cdb, d.current_scn, d.resetlogs_change# resetlogs_scn, TO_CHAR(d.created, 'YYYY-MM-DD HH24:MI:SS') created,
       d.supplemental_log_data_min, d.supplemental_log_data_pk, d.supplemental_log_data_ui, d.supplemental_log_data_fk,
       d.supplemental_log_data_all,
       i.instance_name, i.host_name, i.version, i.status instance_status, i.logins, DBTIMEZONE db_time_zone, SESSIONTIMEZONE session_time_zone,
       SYS_CONTEXT('USERENV', 'CON_NAME') container_name, SYS_CONTEXT('USERENV', 'CON_ID') container_id
  FROM v$database d JOIN v$transportable_platform p ON p.platform_id = d.platform_id CROSS JOIN v$instance i
"""
#: What an instance tells whose database is not open; it needs no dictionary.
INSTANCE = """
SELECT i.instance_name, i.host_name, i.version, i.status instance_status, i.logins,
       (SELECT p.value FROM v$parameter p WHERE p.name = 'db_name') name, (SELECT p.value FROM v$parameter p WHERE p.name = 'db_unique_name') db_unique_name
  FROM v$instance i
"""
CONTROL_FILE = """
SELECT d.dbid, d.name, d.db_unique_name, d.platform_id, d.platform_name, d.database_role, d.open_mode, d.log_mode, d.force_logging, d.flashback_on,
       d.cdb, d.current_scn, d.resetlogs_change# resetlogs_scn
  FROM v$database d
"""
CHARACTER_SETS = """
SELECT parameter, value FROM nls_database_parameters WHERE parameter IN ('NLS_CHARACTERSET', 'NLS_NCHAR_CHARACTERSET')
"""
TIME_ZONE_FILE = "SELECT filename, version FROM v$timezone_file"
INSTANCES = "SELECT inst_id, instance_name, host_name, thread# thread, status FROM gv$instance ORDER BY inst_id"

#: Accounts that Oracle maintains are nobody's application (DBA_USERS.ORACLE_MAINTAINED, from 12.1).
APPLICATION = "(SELECT username FROM dba_users WHERE oracle_maintained = 'N')"


def numbers(version: str) -> t.Tuple[int, ...]:
    """A version's parts, to compare it by."""
    return tuple(int(part) for part in str(version).split(".") if part.isdigit())


def instance(session: t.Any) -> t.Dict[str, t.Any]:
    """Names and state of an instance that is started, whatever it has open."""
    found: t.Dict[str, t.Any] = session.one(INSTANCE)
    return found


def started(session: t.Any) -> t.Dict[str, t.Any]:
    """The same, and its database as far as the control file tells."""
    found = instance(session)
    if found["instance_status"] != "STARTED":
        found.update(session.one(CONTROL_FILE))
    return found


def identity(session: t.Any) -> t.Dict[str, t.Any]:
    """Names, version, platform, modes, character sets, time zones and instances of an open database."""
    found: t.Dict[str, t.Any] = session.one(IDENTITY)
    character_sets = {row["parameter"]: row["value"] for row in session.query(CHARACTER_SETS)}
    found["character_set"] = character_sets["NLS_CHARACTERSET"]
    found["national_character_set"] = character_sets["NLS_NCHAR_CHARACTERSET"]
    found["time_zone_file"] = session.one(TIME_ZONE_FILE)
    found["instances"] = session.query(INSTANCES)
    return found

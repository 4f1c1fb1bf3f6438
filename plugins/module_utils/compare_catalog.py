# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two dictionaries against each other: everything but the rows."""

from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.database import APPLICATION

__metaclass__ = type

Key = t.Tuple[t.Any, ...]
Section = t.Dict[Key, t.Tuple[t.Any, ...]]

#: Journal item: what was invalid before the move, and how much there was.
BASELINE_ITEM = "baseline"

#: Accounts of applications and of people; those that links of ours log on as go at clean-up.
PEOPLE = "oracle_maintained = 'N' AND username NOT LIKE 'DBF\\_%\\_LNK\\_%' ESCAPE '\\'"
#: Roles that Oracle does not maintain belong to the applications as their users do.
GRANTEES = "(SELECT username FROM dba_users WHERE " + PEOPLE + " UNION ALL SELECT role FROM dba_roles WHERE oracle_maintained = 'N')"

#: Section -> (columns of the key, query). Whatever follows the key is compared. :me is the migration's own account.
SECTIONS: t.Dict[str, t.Tuple[int, str]] = {
    "users": (1, """
        SELECT username, account_status, profile, default_tablespace, temporary_tablespace FROM dba_users
         WHERE """ + PEOPLE + " AND username <> :me"),
    "quotas": (2, "SELECT username, tablespace_name, max_bytes FROM dba_ts_quotas WHERE username IN " + APPLICATION + " AND username <> :me"),
    "profiles": (3, """
        SELECT profile, resource_type, resource_name, limit FROM dba_profiles WHERE profile IN (
               SELECT profile FROM dba_users WHERE """ + PEOPLE + " AND username <> :me)"),
    "roles": (1, "SELECT role, authentication_type FROM dba_roles WHERE oracle_maintained = 'N' AND role <> :me"),
    "system_privileges": (2, "SELECT grantee, privilege, admin_option FROM dba_sys_privs WHERE grantee IN " + GRANTEES + " AND grantee <> :me"),
    "role_memberships": (2, """
        SELECT grantee, granted_role, admin_option, default_role FROM dba_role_privs WHERE grantee <> :me AND grantee IN """ + GRANTEES),
    "object_privileges": (5, """
        SELECT owner, table_name, grantee, privilege, grantor, grantable FROM dba_tab_privs
         WHERE grantee <> :me AND grantor <> :me AND owner IN """ + APPLICATION),
    "objects": (3, """
        SELECT owner, object_type, object_name FROM dba_objects
         WHERE owner <> :me AND generated = 'N' AND object_name NOT LIKE 'BIN$%' AND object_type NOT IN ('LOB', 'LOB PARTITION')
           AND object_name NOT LIKE 'SYS\\_%' ESCAPE '\\' AND owner IN """ + APPLICATION),
    "columns": (3, """
        SELECT c.owner, c.table_name, c.column_name, c.column_id, c.data_type, c.data_length, c.data_precision, c.data_scale, c.nullable, c.char_used
          FROM dba_tab_columns c WHERE c.owner <> :me AND c.table_name NOT LIKE 'BIN$%' AND c.owner IN """ + APPLICATION),
    "indexes": (2, """
        SELECT owner, index_name, table_owner, table_name, index_type, uniqueness, status FROM dba_indexes
         WHERE owner <> :me AND index_type <> 'LOB' AND generated = 'N' AND index_name NOT LIKE 'BIN$%' AND owner IN """ + APPLICATION),
    "constraints": (3, """
        SELECT owner, table_name, CASE WHEN generated = 'USER NAME' THEN constraint_name ELSE constraint_type || ' generated' END name,
               constraint_type, status, validated, deferrable, delete_rule FROM dba_constraints
         WHERE owner <> :me AND constraint_name NOT LIKE 'BIN$%' AND owner IN """ + APPLICATION),
    "triggers": (2, """
        SELECT owner, trigger_name, table_owner, table_name, trigger_type, triggering_event, status FROM dba_triggers
         WHERE owner <> :me AND owner IN """ + APPLICATION),
    "synonyms": (2, """
        SELECT owner, synonym_name, table_owner, table_name, db_link FROM dba_synonyms
         WHERE owner <> :me AND (owner IN """ + APPLICATION + """ OR (owner = 'PUBLIC' AND table_owner IN """ + APPLICATION + "))"),
    "sequences": (2, """
        SELECT sequence_owner, sequence_name, min_value, max_value, increment_by, cycle_flag, order_flag, cache_size FROM dba_sequences
         WHERE sequence_owner <> :me AND sequence_name NOT LIKE 'ISEQ$$%' AND sequence_owner IN """ + APPLICATION),
    "types": (2, "SELECT owner, type_name, typecode, attributes FROM dba_types WHERE owner <> :me AND owner IN " + APPLICATION),
    "external_tables": (2, """
        SELECT owner, table_name, type_name, default_directory_name, reject_limit, access_type FROM dba_external_tables
         WHERE owner <> :me AND owner IN """ + APPLICATION),
    "database_links": (2, "SELECT owner, db_link, username, host FROM dba_db_links WHERE owner <> :me AND (owner = 'PUBLIC' OR owner IN " + APPLICATION + ")"),
    "scheduler_jobs": (2, """
        SELECT owner, job_name, job_type, job_action, repeat_interval, enabled FROM dba_scheduler_jobs
         WHERE owner <> :me AND owner IN """ + APPLICATION),
    "materialized_views": (2, "SELECT owner, mview_name, refresh_mode, refresh_method FROM dba_mviews WHERE owner <> :me AND owner IN " + APPLICATION),
    "segments": (4, """
        SELECT owner, segment_type, segment_name, NVL(partition_name, '-') part, tablespace_name, bytes FROM dba_segments
         WHERE owner <> :me AND segment_type NOT LIKE 'LOB%' AND segment_name NOT LIKE 'SYS\\_%' ESCAPE '\\' AND segment_name NOT LIKE 'BIN$%'
           AND owner IN """ + APPLICATION),
}

#: Objects of the set only: other tablespaces of the source are not part of the move.
TABLESPACES = """
SELECT t.tablespace_name name, t.contents, t.block_size, t.bigfile, t.extent_management, t.segment_space_management,
       (SELECT COUNT(*) FROM dba_data_files f WHERE f.tablespace_name = t.tablespace_name) datafiles,
       (SELECT SUM(f.bytes) FROM dba_data_files f WHERE f.tablespace_name = t.tablespace_name) bytes
  FROM dba_tablespaces t
"""
INVALID = """
SELECT owner, object_type, object_name FROM dba_objects WHERE status = 'INVALID' AND owner <> :me AND owner IN """ + APPLICATION
SEQUENCE_NUMBERS = """
SELECT sequence_owner owner, sequence_name name, last_number, increment_by, cycle_flag FROM dba_sequences
 WHERE sequence_owner <> :me AND sequence_name NOT LIKE 'ISEQ$$%' AND sequence_owner IN """ + APPLICATION


def invalid(session: t.Any) -> t.List[str]:
    """Invalid objects of applications, as OWNER.NAME (TYPE)."""
    return sorted("{owner}.{object_name} ({object_type})".format(**row) for row in session.query(INVALID, me=session.user))


def counts(session: t.Any) -> t.Dict[str, int]:
    """Number of objects by owner and type, as OWNER TYPE."""
    found: t.Dict[str, int] = {}
    for row in session.query(SECTIONS["objects"][1], me=session.user):
        name = "{owner} {object_type}".format(**row)
        found[name] = found.get(name, 0) + 1
    return found


def _section(session: t.Any, width: int, sql: str) -> Section:
    found: Section = {}
    # System-generated names differ by nature: what has one is compared as a bag, so in an order that is the same everywhere.
    for values in sorted((tuple(row.values()) for row in session.query(sql, me=session.user)), key=lambda values: [str(value) for value in values]):
        key = values[:width]
        while key in found:
            key = key + ("again",)
        found[key] = values[width:]
    return found


def difference(section: str, name: str, source: t.Any, target: t.Any) -> t.Dict[str, t.Any]:
    return {"section": section, "object": name, "source": source, "target": target}


def _grown(section: str, source: t.Optional[t.Tuple[t.Any, ...]], target: t.Optional[t.Tuple[t.Any, ...]]) -> bool:
    """Whether a segment is where it was, and larger; or has come into being, as that of a table that gets its first row does."""
    if section != "segments" or target is None:
        return False
    return source is None or (source[:-1] == target[:-1] and source[-1] < target[-1])


def compare(source: t.Any, target: t.Any, tablespaces: t.Optional[t.List[str]], tolerated: t.List[str],
            in_use: bool = False) -> t.List[t.Dict[str, t.Any]]:
    """Every difference between two dictionaries.

    :arg tablespaces: those to compare; None for all of the source.
    :arg tolerated: objects that were invalid before the move; they are left out of the verdict.
    :arg in_use: the target is in use while the source stands still, so its segments grow.
    """
    found = []
    spaces = [{row.pop("name"): tuple(row.values()) for row in session.query(TABLESPACES)} for session in (source, target)]
    for section, (width, sql) in SECTIONS.items():
        here, there = _section(source, width, sql), _section(target, width, sql)
        for key in sorted(set(here) | set(there), key=str):
            # A quota belongs to its tablespace: where that stays behind, so does the quota.
            stays_behind = section == "quotas" and not all(key[1] in space for space in spaces)
            grown = in_use and _grown(section, here.get(key), there.get(key))
            if here.get(key) != there.get(key) and not stays_behind and not grown:
                found.append(difference(section, ".".join(str(part) for part in key), _shown(here.get(key)), _shown(there.get(key))))
    for name in sorted(spaces[0]) if tablespaces is None else tablespaces:
        if spaces[0].get(name) != spaces[1].get(name):
            found.append(difference("tablespaces", name, _shown(spaces[0].get(name)), _shown(spaces[1].get(name))))
    for name in invalid(target):
        if name not in tolerated:
            found.append(difference("invalid_objects", name, "VALID", "INVALID"))
    numbers = [{(row["owner"], row["name"]): row for row in session.query(SEQUENCE_NUMBERS, me=session.user)} for session in (source, target)]
    for key, row in sorted(numbers[0].items()):
        other = numbers[1].get(key)
        if other is not None and row["cycle_flag"] == "N" and (other["last_number"] - row["last_number"]) * row["increment_by"] < 0:
            found.append(difference("sequence_numbers", ".".join(key), row["last_number"], other["last_number"]))
    return found


def _shown(values: t.Optional[t.Tuple[t.Any, ...]]) -> t.Optional[str]:
    return None if values is None else ", ".join("-" if value is None else str(value) for value in values) or "present"

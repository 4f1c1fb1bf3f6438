# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What transportable tablespaces cannot carry: the limits as findings.

:func:`look` reads both databases; the checks are pure and give findings: severity (``error`` stops a migration, ``warning`` wants a
decision, ``info`` is good to know), what was checked, which objects, and the remedy.
Sources: Oracle Database Utilities and Administrator's Guide, restrictions of transportable tablespaces.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.database import APPLICATION, identity, numbers
from ansible_collections.dbferry.oracle.plugins.module_utils.findings import Finding, finding
from ansible_collections.dbferry.oracle.plugins.module_utils.names import plugged_item
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement

__metaclass__ = type

Facts = t.Dict[str, t.Any]

TABLESPACES = """
SELECT t.tablespace_name name, t.status, t.contents, t.encrypted, t.block_size,
       (SELECT SUM(f.bytes) FROM dba_data_files f WHERE f.tablespace_name = t.tablespace_name) bytes
  FROM dba_tablespaces t
"""
TABLES = """
SELECT owner, table_name, tablespace_name tablespace, iot_type FROM dba_tables
 WHERE owner IN """ + APPLICATION + """ AND temporary = 'N' AND nested = 'NO' AND table_name NOT LIKE 'BIN$%' AND owner <> :me
"""
#: Where DBA_TABLES names no tablespace: partitions have theirs, and an index-organized table is where its index is.
PLACES = """
SELECT table_owner owner, table_name, tablespace_name tablespace FROM dba_tab_partitions
 WHERE table_owner IN """ + APPLICATION + """ AND table_owner <> :me
UNION ALL
SELECT table_owner, table_name, tablespace_name FROM dba_indexes
 WHERE index_type = 'IOT - TOP' AND table_owner IN """ + APPLICATION + """ AND table_owner <> :me
"""
COLUMNS = """
SELECT owner, table_name, column_name, data_type, data_type_owner FROM dba_tab_columns
 WHERE owner IN """ + APPLICATION + """ AND owner <> :me
   AND (data_type LIKE 'TIMESTAMP%TIME ZONE' OR data_type LIKE 'N%CHAR%' OR data_type IN ('NCLOB', 'RAW', 'LONG RAW', 'BLOB', 'XMLTYPE')
        OR data_type_owner IS NOT NULL)
"""
DEFAULT_TABLESPACE = "SELECT default_tablespace tablespace FROM dba_users WHERE username = :me"
PARAMETERS = "SELECT name, value FROM v$parameter WHERE name IN ('compatible', 'db_block_size') OR name LIKE 'db\\_%k\\_cache\\_size' ESCAPE '\\'"
HIDDEN_PARAMETERS = "SELECT name, value FROM v$parameter WHERE name LIKE '\\_%' ESCAPE '\\'"
TEXT_INDEXES = "SELECT owner, index_name FROM dba_indexes WHERE index_type = 'DOMAIN' AND ityp_owner = 'CTXSYS' AND owner IN " + APPLICATION
STATISTICS_PREFERENCES = "SELECT owner, table_name, preference_name FROM dba_tab_stat_prefs WHERE owner IN " + APPLICATION
REDACTION = "SELECT object_owner owner, object_name FROM redaction_policies"
ENCRYPTED_COLUMNS = "SELECT owner, table_name, column_name FROM dba_encrypted_columns"
INVALID = "SELECT owner, object_type, object_name FROM dba_objects WHERE status = 'INVALID' AND owner IN " + APPLICATION
RECYCLE_BIN = "SELECT owner, original_name, ts_name tablespace FROM dba_recyclebin"
CHECK = "BEGIN DBMS_TTS.TRANSPORT_SET_CHECK(ts_list => :names, incl_constraints => TRUE, full_check => TRUE); END;"
VIOLATIONS = "SELECT violations FROM transport_set_violations"

ADMINISTRATIVE = ("SYSTEM", "SYSAUX")

#: Oracle's own table of character sets whose every string is the same in the other one: only then may a set move to another
#: character set (Globalization Support Guide, binary subset-superset pairs), and only without CLOBs when widths differ.
SUBSETS = {"US7ASCII": ("AL32UTF8", "UTF8", "WE8ISO8859P1", "WE8ISO8859P15", "WE8MSWIN1252", "JA16SJIS", "ZHS16GBK"),
           "WE8ISO8859P1": ("WE8MSWIN1252",), "UTF8": ("AL32UTF8",)}


def look(session: t.Any, names: t.List[str]) -> Facts:
    """Facts of the source (``session``) and, where there is one, of the target (its peer)."""
    me = session.user
    tables: t.Dict[t.Tuple[str, str], t.Set[str]] = {}
    iots = set()
    for row in session.query(TABLES, me=me):
        tables.setdefault((row["owner"], row["table_name"]), set()).update(filter(None, [row["tablespace"]]))
        if row["iot_type"] == "IOT":
            iots.add((row["owner"], row["table_name"]))
    for row in session.query(PLACES, me=me):
        tables.setdefault((row["owner"], row["table_name"]), set()).update(filter(None, [row["tablespace"]]))
    facts: Facts = {
        "names": names, "me": me, "identity": identity(session), "tables": tables, "iots": iots,
        "tablespaces": {row["name"]: row for row in session.query(TABLESPACES)},
        "columns": session.query(COLUMNS, me=me),
        "default": session.one(DEFAULT_TABLESPACE, me=me),
        "parameters": {row["name"]: row["value"] for row in session.query(PARAMETERS)},
        "hidden": session.query(HIDDEN_PARAMETERS), "text_indexes": session.query(TEXT_INDEXES),
        "preferences": session.query(STATISTICS_PREFERENCES), "redaction": session.query(REDACTION),
        "encrypted_columns": session.query(ENCRYPTED_COLUMNS), "invalid": session.query(INVALID), "dropped": session.query(RECYCLE_BIN),
    }
    if session.peer is not None:
        there = session.peer
        facts["target"] = {
            "me": there.user, "identity": identity(there), "tablespaces": {row["name"]: row for row in there.query(TABLESPACES)},
            "tables": {(row["owner"], row["table_name"]) for row in there.query(TABLES, me=there.user)},
            "default": there.one(DEFAULT_TABLESPACE, me=there.user),
            "parameters": {row["name"]: row["value"] for row in there.query(PARAMETERS)},
            "ours": {name for name in names if there.journal.get(plugged_item(name))},
        }
    return facts


def violations(session: t.Any, names: t.List[str]) -> t.List[str]:
    """What DBMS_TTS says; the rows are valid in this session only."""
    return [row["violations"] for row in session.query(VIOLATIONS, after=Statement(CHECK, names=",".join(names)))]


def _in_set(facts: Facts, table: t.Tuple[str, str]) -> bool:
    return bool(facts["tables"].get(table, set()) & set(facts["names"]))


def _rows(facts: Facts, wanted: t.Callable[[Facts], bool]) -> t.List[Facts]:
    return [row for row in facts["columns"] if _in_set(facts, (row["owner"], row["table_name"])) and wanted(row)]


def _columns(facts: Facts, wanted: t.Callable[[Facts], bool]) -> t.List[str]:
    return ["{owner}.{table_name}.{column_name}".format(**row) for row in _rows(facts, wanted)]


def _is_tstz(row: Facts) -> bool:
    return str(row["data_type"]).endswith("WITH TIME ZONE")


def _is_tsltz(row: Facts) -> bool:
    return str(row["data_type"]).endswith("WITH LOCAL TIME ZONE")


def excluded(facts: Facts) -> t.Dict[str, t.List[str]]:
    """Tables that transport leaves out, by owner: they move conventionally (limits 3 and 7)."""
    found: t.Set[t.Tuple[str, str]] = set()
    target = facts.get("target")
    if target and target["identity"]["time_zone_file"]["version"] != facts["identity"]["time_zone_file"]["version"]:
        found |= {(row["owner"], row["table_name"]) for row in _rows(facts, _is_tstz)}
    if target and target["identity"]["db_time_zone"] != facts["identity"]["db_time_zone"]:
        found |= {(row["owner"], row["table_name"]) for row in _rows(facts, _is_tsltz)}
    found |= {table for table, places in facts["tables"].items() if places and places <= set(ADMINISTRATIVE)} | set(_beside(facts))
    owners: t.Dict[str, t.List[str]] = {}
    for owner, table in sorted(found):
        owners.setdefault(owner, []).append(table)
    return owners


def _beside(facts: Facts) -> t.List[t.Tuple[str, str]]:
    """Tables outside the set whose owners have others in it: an application moves whole."""
    owners = {table[0] for table in facts["tables"] if _in_set(facts, table)}
    return [table for table, places in facts["tables"].items()
            if places and table[0] in owners and not places & (set(facts["names"]) | set(ADMINISTRATIVE))]


def _left_behind(facts: Facts) -> t.List[str]:
    """Schemas with tables of which none moves."""
    moving = {table[0] for table in facts["tables"] if _in_set(facts, table)} | set(excluded(facts))
    return sorted({table[0] for table, places in facts["tables"].items() if places} - moving)


def check_compatibility(facts: Facts) -> t.List[Finding]:
    """The two databases against each other."""
    target = facts.get("target")
    if target is None:
        return []
    here, there = facts["identity"], target["identity"]
    found = []
    if here["character_set"] != there["character_set"]:
        subset = there["character_set"] in SUBSETS.get(here["character_set"], ())
        found.append(finding(
            "warning" if subset else "error", "character_set",
            "The source has character set {0}, the target {1}{2}.".format(
                here["character_set"], there["character_set"], ", which holds every character of it the same way" if subset else ""),
            "Check that no column overflows and that no CLOB is in the set." if subset else
            "Use a target with the character set of the source, or move by conventional Data Pump (otherwise ORA-29345)."))
    if here["national_character_set"] != there["national_character_set"]:
        columns = _columns(facts, lambda row: row["data_type"] in ("NCHAR", "NVARCHAR2", "NCLOB"))
        if columns:
            found.append(finding("error", "national_character_set", "National character sets differ ({0}, {1}) and the set has such columns.".format(
                here["national_character_set"], there["national_character_set"]), "Use a target with the same one (otherwise ORA-19736).", columns))
    if here["db_time_zone"] != there["db_time_zone"]:
        columns = _columns(facts, _is_tsltz)
        if columns:
            found.append(finding("warning", "db_time_zone", "Database time zones differ ({0}, {1}): these columns do not travel with the set.".format(
                here["db_time_zone"], there["db_time_zone"]), "ALTER DATABASE SET TIME_ZONE at the target, or leave them to XTTS_MOVE_EXCLUDED.", columns))
    if there["time_zone_file"]["version"] != here["time_zone_file"]["version"]:
        columns = _columns(facts, _is_tstz)
        if columns:
            found.append(finding(
                "warning", "time_zone_file", "The target's time zone file has version {0}, the source's {1}: these columns do not travel with the set.".format(
                    there["time_zone_file"]["version"], here["time_zone_file"]["version"]),
                "Give the target the same version (DBMS_DST, never down), or leave these tables to XTTS_MOVE_EXCLUDED, which needs one at least as new "
                "(ORA-39405).", columns))
    if _release(here["version"]) > _release(there["version"]) or _release(facts["parameters"].get("compatible", "0")) > _release(
            target["parameters"].get("compatible", "0")):
        found.append(finding("error", "version", "The source ({0}, COMPATIBLE {1}) is newer than the target ({2}, COMPATIBLE {3}).".format(
            here["version"], facts["parameters"].get("compatible"), there["version"], target["parameters"].get("compatible")),
            "A set only moves to the same release or a newer one (otherwise ORA-00721)."))
    if here["endian_format"] == there["endian_format"]:
        found.append(finding("info", "byte_order", "Both platforms have the same byte order; conversion copies without changing bytes.",
                             "Full transportable export/import would be simpler."))
    for role, facts_of in (("source", here), ("target", there)):
        if not facts_of["open_mode"].startswith("READ WRITE"):
            found.append(finding("error", "open_mode", "The {0} is {1} ({2}).".format(role, facts_of["open_mode"], facts_of["database_role"]),
                                 "Open it read write; a standby cannot take part."))
    found += _check_names_at_target(facts, target)
    return found


def _release(version: str) -> t.Tuple[int, ...]:
    """19.0.0 and 19.0.0.0.0 are the same."""
    parts = numbers(version)
    return parts + (0,) * (5 - len(parts))


def _check_names_at_target(facts: Facts, target: Facts) -> t.List[Finding]:
    found = []
    taken = [name for name in facts["names"] if name in target["tablespaces"] and name not in target["ours"]]
    if taken:
        found.append(finding("error", "tablespace_name", "The target has tablespaces of these names.",
                             "Rename them at either side: ALTER TABLESPACE ... RENAME TO (otherwise ORA-29349).", taken))
    if not target["ours"]:
        there = ["{0}.{1}".format(*table) for table in facts["tables"] if _in_set(facts, table) and table in target["tables"]]
        if there:
            found.append(finding("error", "existing_tables", "Tables of the set are at the target already.",
                                 "Drop or rename them there; the plug-in would leave out what is in its way.", there))
    if target["default"] and target["default"]["tablespace"] in facts["names"]:
        found.append(finding("error", "default_tablespace", "{0} is the default tablespace of {1}, who imports.".format(
            target["default"]["tablespace"], target["me"]), "ALTER USER {0} DEFAULT TABLESPACE to one outside the set.".format(target["me"])))
    for name in facts["names"]:
        space = facts["tablespaces"].get(name)
        size = str(space["block_size"]) if space else None
        if size and size != target["parameters"].get("db_block_size") and not int(
                target["parameters"].get("db_{0}k_cache_size".format(int(size) // 1024)) or 0):
            found.append(finding("error", "block_size", "Tablespace {0} has blocks of {1} bytes, the target has no cache for them.".format(name, size),
                                 "ALTER SYSTEM SET db_{0}k_cache_size at the target (otherwise ORA-29339).".format(int(size) // 1024)))
    return found


def check_content(facts: Facts) -> t.List[Finding]:
    """What is in the set."""
    names, found = facts["names"], []

    def add(severity: str, check: str, objects: t.Iterable[str], message: str, remedy: str) -> None:
        listed = list(objects)
        if listed:
            found.append(finding(severity, check, message, remedy, listed))

    if not names:
        found.append(finding("error", "tablespace", "No tablespaces are named.", "Name those that are to be moved (the role's xtts_tablespaces)."))
    add("error", "tablespace", [name for name in names if name not in facts["tablespaces"]], "There are no such tablespaces.",
        "Names are as DBA_TABLESPACES has them (otherwise ORA-29304).")
    add("error", "administrative", [name for name in names if name in ADMINISTRATIVE or facts["tablespaces"].get(name, {}).get("contents") in (
        "TEMPORARY", "UNDO")], "Administrative, temporary and undo tablespaces cannot be transported.", "Leave them out (otherwise ORA-29351).")
    add("error", "encryption", [name for name in names if facts["tablespaces"].get(name, {}).get("encrypted") == "YES"],
        "Encrypted tablespaces cannot move to another byte order.",
        "Decrypt first (12.2 and later, online: ALTER TABLESPACE ... ENCRYPTION ONLINE DECRYPT) and encrypt again at the target, or move their "
        "tables by conventional Data Pump.")
    add("error", "encryption", ["{owner}.{table_name}.{column_name}".format(**row) for row in facts["encrypted_columns"]
                                if _in_set(facts, (row["owner"], row["table_name"]))],
        "Encrypted columns cannot move to another byte order.", "ALTER TABLE ... MODIFY (column DECRYPT) first.")
    if facts["default"] and facts["default"]["tablespace"] in names:
        add("error", "default_tablespace", [facts["default"]["tablespace"]], "It is the default tablespace of {0}, who exports and keeps the "
            "journal there.".format(facts["me"]), "ALTER USER {0} DEFAULT TABLESPACE to one outside the set.".format(facts["me"]))
    add("error", "partly_administrative", ["{0}.{1}".format(*table) for table, places in facts["tables"].items()
                                           if places & set(names) and places & set(ADMINISTRATIVE)],
        "Parts of these tables are in SYSTEM or SYSAUX.", "Move the partitions: ALTER TABLE ... MOVE PARTITION ... TABLESPACE.")
    add("warning", "administrative_content", ["{0}.{1}".format(owner, table) for owner, tables in excluded(facts).items() for table in tables
                                              if facts["tables"].get((owner, table), set()) <= set(ADMINISTRATIVE)],
        "These tables of applications are in SYSTEM or SYSAUX.", "XTTS_MOVE_EXCLUDED moves them conventionally; better give them a tablespace of their own.")
    add("warning", "outside", ["{0}.{1}".format(*table) for table in _beside(facts)], "These tables are outside the set, and their owners have others in it.",
        "XTTS_MOVE_EXCLUDED moves them conventionally, which takes its time during the downtime; or add their tablespaces.")
    add("warning", "outside_schemas", _left_behind(facts), "These schemas have tables, and none of them in the set.",
        "Their definitions travel with the others, their rows do not. Add their tablespaces, or drop at the target what is not wanted there.")
    target = facts.get("target")
    if target and target["identity"]["platform_name"].startswith("HP"):
        add("error", "index_organized", ["{0}.{1}".format(*table) for table in facts["iots"] if _in_set(facts, table)],
            "Index-organized tables can become corrupt when they are transported to HP-UX.", "Move them conventionally and create them anew there.")
    add("info", "not_converted", _columns(facts, lambda row: row["data_type"] in ("RAW", "LONG RAW", "BLOB")),
        "CONVERT leaves the contents of these columns alone.", "Ask the application's owner whether they hold numbers in the machine's byte order.")
    add("warning", "object_types", _columns(facts, lambda row: row["data_type_owner"] is not None and row["data_type"] != "XMLTYPE"),
        "CONVERT leaves attributes of RAW type inside these columns alone (ANYDATA, user-defined types).", "Ask the application's owner what they hold.")
    add("warning", "xmltype", _columns(facts, lambda row: row["data_type"] == "XMLTYPE"), "XMLType columns need XML DB with the same schemas at the target.",
        "Check DBA_REGISTRY for XDB there, and register the XML schemas first.")
    add("warning", "text_indexes", ["{owner}.{index_name}".format(**row) for row in facts["text_indexes"]], "Text indexes do not travel whole.",
        "Synchronise them before the export and create them anew at the target.")
    add("warning", "statistics_preferences", ["{owner}.{table_name} {preference_name}".format(**row) for row in facts["preferences"]],
        "Statistics preferences do not travel.", "Set them at the target with DBMS_STATS.SET_TABLE_PREFS.")
    add("warning", "redaction", ["{owner}.{object_name}".format(**row) for row in facts["redaction"]], "Redaction policies do not travel with the set.",
        "Recreate them with DBMS_REDACT before the target is opened: until then it shows what they hide. The same goes for masking policies.")
    add("warning", "invalid_objects", ["{owner}.{object_name} ({object_type})".format(**row) for row in facts["invalid"]],
        "These objects are invalid now.", "Nothing to do for the move: they are left out of the verdict.")
    add("warning", "recycle_bin", ["{owner}.{original_name}".format(**row) for row in facts["dropped"] if row["tablespace"] in names],
        "The recycle bin holds dropped objects of the set.", "xtts_cleanup_segments=true purges them.")
    add("warning", "hidden_parameters", ["{name}={value}".format(**row) for row in facts["hidden"]],
        "The source runs with underscore parameters.", "Ask for each whether the target's release still needs it; do not carry them over blindly.")
    add("info", "awr", ["AWR"], "The workload repository stays behind.", "Extract it with awrextr.sql if it is wanted.")
    return found

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a database can become the block-for-block copy of another one: everything that would end the way there, known before it begins."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.database import CHARACTER_SETS, numbers, started
from ansible_collections.dbferry.oracle.plugins.module_utils.findings import Finding, finding

__metaclass__ = type

Facts = t.Dict[str, t.Any]

#: The byte order tells whether blocks can be read at all; V$TRANSPORTABLE_PLATFORM is not readable before the database is open.
ENDIAN = "SELECT platform_id, endian_format FROM v$transportable_platform"
BANNER = "SELECT banner FROM v$version"
TIME_ZONE_FILE = "SELECT version FROM v$timezone_file"
#: What the home has, which is more than a database uses that was made from a template (documented since 18).
NEWEST_TIME_ZONE_FILE = "SELECT DBMS_DST.GET_LATEST_TIMEZONE_VERSION version FROM dual"
OPTIONS = "SELECT parameter name FROM v$option WHERE value = 'TRUE'"
CLOCK = "SELECT TO_CHAR(SYS_EXTRACT_UTC(SYSTIMESTAMP), 'YYYY-MM-DD HH24:MI:SS') now FROM dual"
PARAMETERS = """
SELECT name, value FROM v$parameter
 WHERE name IN ('compatible', 'remote_login_passwordfile', 'cluster_database', 'db_recovery_file_dest', 'log_archive_dest', 'db_block_size')
"""
DAMAGED = "SELECT f.name FROM v$recover_file r JOIN v$datafile f ON f.file# = r.file# ORDER BY f.file#"
CORRUPT = "SELECT DISTINCT f.name FROM v$database_block_corruption c JOIN v$datafile f ON f.file# = c.file# ORDER BY f.name"
ENCRYPTED = "SELECT ts.name FROM v$encrypted_tablespaces e JOIN v$tablespace ts ON ts.ts# = e.ts# ORDER BY ts.name"
KEYSTORE = "SELECT status, wallet_type FROM v$encryption_wallet WHERE status <> 'NOT_AVAILABLE'"
SNAPSHOT = "SELECT value FROM v$rman_configuration WHERE name = 'SNAPSHOT CONTROLFILE NAME'"
AREA = "SELECT space_limit, space_used, space_reclaimable FROM v$recovery_file_dest WHERE space_limit > 0"

#: Which findings somebody may decide to live with, in the words of ZDM (``-ignore``); forced logging may be switched on by a later phase.
IGNORABLE = {"FORCE_LOGGING_CHECK": "force_logging", "PATCH_CHECK": "patch_level", "NLS_CHECK": "character_set",
             "NLS_NCHAR_CHECK": "national_character_set", "ENDIAN_CHECK": "platform", "VAULT_CHECK": "options"}
#: Databases whose clocks are further apart than this (seconds) tell lags that are not true.
CLOCK_SKEW = 30
#: A recovery area that is fuller than this has no room for the archived logs of a migration.
AREA_FULL = 0.85


def look(session: t.Any) -> Facts:
    """One side. A placeholder that has been prepared already is not open, and tells less."""
    found: Facts = started(session)
    found["open"] = found["instance_status"].startswith("OPEN")
    found["full"] = ".".join(str(part) for part in session.release)
    found["banner"] = session.one(BANNER)["banner"]
    found["options"] = {row["name"] for row in session.query(OPTIONS)}
    found["parameters"] = {row["name"]: row["value"] for row in session.query(PARAMETERS)}
    found["asked"], found["now"] = datetime.datetime.now(datetime.timezone.utc), session.one(CLOCK)["now"]
    found["time_zone_file"] = session.one(TIME_ZONE_FILE)["version"] if found["open"] else None
    found["newest_time_zone_file"] = found["time_zone_file"] and (
        found["time_zone_file"] if session.release < (18,) else session.one(NEWEST_TIME_ZONE_FILE)["version"])
    found["character_sets"] = {row["parameter"]: row["value"] for row in session.query(CHARACTER_SETS)} if found["open"] else {}
    return found


def look_at_source(session: t.Any) -> Facts:
    """The same with what only matters where the copy is taken from."""
    found = look(session)
    if found["open"]:
        found.update({"endian": {row["platform_id"]: row["endian_format"] for row in session.query(ENDIAN)}})
    found.update({
        "damaged": [row["name"] for row in session.query(DAMAGED)], "corrupt": [row["name"] for row in session.query(CORRUPT)],
        "encrypted": [row["name"] for row in session.query(ENCRYPTED)], "keystores": session.query(KEYSTORE), "snapshot": session.one(SNAPSHOT),
        "area": session.one(AREA)})
    return found


def check_source(source: Facts, online: bool, keystore_location: t.Optional[str] = None, as_encrypted: bool = False) -> t.List[Finding]:
    """What must hold where the copy is taken from, whoever takes it.

    :arg keystore_location: where the copy's keystore is to be; empty: nowhere. None: somebody else sees to that.
    :arg as_encrypted: the copy is to be encrypted, whatever the source is.
    """
    found = []

    def error(check: str, message: str, remedy: str, objects: t.Iterable[str] = ()) -> None:
        found.append(finding("error", check, message, remedy, objects))

    if not (source["open"] and source["open_mode"].startswith("READ WRITE") and source["database_role"] == "PRIMARY"):
        error("open_mode", "The source is {0} ({1}).".format(source.get("open_mode", source["instance_status"]), source.get("database_role", "not mounted")),
              "Take the primary, open read write, as source.")
    if source.get("log_mode") == "NOARCHIVELOG":
        error("log_mode", "The source does not archive its redo.", "Run the playbook prepare_source (ORA-19602 and RMAN-06149 otherwise).")
    if online and source.get("force_logging") == "NO":
        error("force_logging", "The source does not log everything: what NOLOGGING operations write never reaches a standby (ORA-26040 there).",
              "Module force_logging, which the phase ZDM_SETUP_SRC calls, or the playbook prepare_source.")
    if source["damaged"]:
        error("datafiles", "Datafiles are offline or need recovery.", "Recover them or take them out for good first.", source["damaged"])
    if source["corrupt"]:
        error("corruption", "RMAN knows of corrupt blocks.", "Recover them (RECOVER CORRUPTION LIST): they would travel.", source["corrupt"])
    if source["encrypted"] and not any(row["status"] == "OPEN" for row in source["keystores"]):
        error("keystore", "Tablespaces are encrypted and no keystore is open.", "Open it (module keystore; ORA-28365 otherwise).", source["encrypted"])
    if source["encrypted"] and keystore_location == "":
        error("keystore_location", "Tablespaces are encrypted, and their keys would not go along.",
              "Set physical_keystore_location (ORA-28365 at the target otherwise).", source["encrypted"])
    if as_encrypted:
        found += _check_encrypting(source, keystore_location)
    if source["parameters"].get("remote_login_passwordfile") == "NONE":
        error("password_file", "REMOTE_LOGIN_PASSWORDFILE is NONE: nobody logs on as SYSDBA through a listener, which RMAN and redo transport do.",
              "Set it to EXCLUSIVE and restart.")
    if online and "Standard" in source["banner"]:
        error("edition", "Data Guard is not part of {0}.".format(source["banner"]), "Use the playbook physical_offline (ORA-00439 otherwise).")
    if source["parameters"].get("cluster_database") == "TRUE" and not source["snapshot"]:
        found.append(finding("warning", "snapshot_controlfile", "The snapshot control file is on one node of the cluster only.",
                             "Have it where all nodes see it (module rman_configuration; ORA-00245 otherwise)."))
    area = source["area"]
    if area and (area["space_used"] - area["space_reclaimable"]) > AREA_FULL * area["space_limit"]:
        found.append(finding("warning", "recovery_area", "The recovery area is almost full: the archiver may stop (ORA-00257) before the copy is in step.",
                             "Give it more (module recovery_area), or back up and delete archived logs."))
    return found


def _check_encrypting(source: Facts, keystore_location: t.Optional[str]) -> t.List[Finding]:
    """RMAN encrypts a copy with the source's master key, whose keystore goes along; the source itself stays as it is."""
    found = []
    statuses = sorted({str(row["status"]) for row in source["keystores"]}) or ["NOT_AVAILABLE"]
    if "OPEN" not in statuses and not source["encrypted"]:
        found.append(finding(
            "error", "keystore", "The copy shall be encrypted, which takes an open keystore with a master key at the source: {0}.".format(", ".join(statuses)),
            "Create one, open it and set a key (ADMINISTER KEY MANAGEMENT, module keystore; ORA-28365 or ORA-28374 at the target otherwise)."))
    if keystore_location == "" and not source["encrypted"]:
        found.append(finding("error", "keystore_location", "The copy shall be encrypted, and the key for that would not go along.",
                             "Set physical_keystore_location (ORA-28365 at the target otherwise)."))
    if tuple(numbers(source["parameters"].get("compatible") or "0")) < (12, 2):
        found.append(finding("error", "as_encrypted", "COMPATIBLE is {0}, and RMAN encrypts while it restores from 12.2 on.".format(
            source["parameters"].get("compatible")), "Restore it as it is, and encrypt it at the target (ORA-45911 otherwise)."))
    if source["encrypted"]:
        found.append(finding(
            "warning", "as_encrypted", "Tablespaces are encrypted already, and what AS ENCRYPTED does with them is not documented.",
            "Rehearse it with your patch level. Leave physical_as_encrypted false where only tablespaces of Oracle's own would be left.", source["encrypted"]))
    return found


def check_pair(source: Facts, target: Facts, online: bool, compatible: t.Optional[str] = None) -> t.List[Finding]:
    """The two sides against each other.

    :arg compatible: COMPATIBLE of the new database; the placeholder's unless it is given.
    """
    found = []

    def error(check: str, message: str, remedy: str, objects: t.Iterable[str] = ()) -> None:
        found.append(finding("error", check, message, remedy, objects))

    if str(source["db_unique_name"]).upper() == str(target["db_unique_name"]).upper():
        error("db_unique_name", "Both databases have the DB_UNIQUE_NAME {0}.".format(source["db_unique_name"]),
              "Give the target one of its own, in its parameter file (ORA-16053 and ORA-01274 otherwise).")
    if _release(source["version"]) != _release(target["version"]):
        error("version", "The source is release {0}, the target's home is {1}.".format(source["version"], target["version"]),
              "A physical copy keeps its release. Use a home of the same, or move by Data Pump or transportable tablespaces.")
    elif numbers(source["full"]) > numbers(target["full"]):
        error("patch_level", "The target's home ({0}) is patched less than the source's ({1}).".format(target["full"], source["full"]),
              "Patch it to the same release update or a newer one.")
    elif online and numbers(source["full"]) < numbers(target["full"]):
        found.append(finding(
            "info", "patch_level", "The target's home ({0}) is patched further than the source's ({1}).".format(target["full"], source["full"]),
            "A point of no return: ZDM_DATAPATCH_TGT brings the database to it, when physical_confirm names it. Switching back needs the source's home "
            "patched as far then."))
    if target.get("platform_id") and source["platform_id"] != target["platform_id"]:
        endian = source.get("endian", {})
        same = endian.get(source["platform_id"]) == endian.get(target["platform_id"])
        found.append(finding("warning" if same else "error", "platform", "The platforms differ: {0} and {1}.".format(
            source["platform_name"], target["platform_name"]), "Some pairs of one byte order can be standbys of each other (Oracle Support note 413484.1)."
            if same else "A physical copy keeps its byte order. Use the playbook xtts."))
    for parameter, check in (("NLS_CHARACTERSET", "character_set"), ("NLS_NCHAR_CHARACTERSET", "national_character_set")):
        here, there = source["character_sets"].get(parameter), target["character_sets"].get(parameter)
        if here and there and here != there:
            error(check, "The source has the {0} {1}, the placeholder {2}.".format(check.replace("_", " "), here, there),
                  "The copy will have the source's. Create the placeholder with the same, as a sign that this is meant, or ignore the check.")
    zone, newest = source["time_zone_file"], target["newest_time_zone_file"]
    if zone and newest and zone > newest:
        error("time_zone_file", "The source uses time zone file {0}, the target's home has {1}.".format(zone, newest),
              "Install the newer file in the target's home: a database does not open without its own.")
    elif online and zone and newest and zone < newest:
        found.append(finding(
            "info", "time_zone_file", "The target's home has time zone file {0}, the source uses {1}.".format(newest, zone),
            "With physical_timezone_upgrade a point of no return: TIMEZONE_UPGRADE_TGT brings the database to it, when physical_confirm names it. "
            "Switching back needs that file in the source's home then. Without it the database keeps its file."))
    found += _check_compatible(source["parameters"].get("compatible"), compatible or target["parameters"].get("compatible"), online)
    missing = source["options"] - target["options"]
    if missing:
        found.append(finding("warning", "options", "The target's home lacks options that the source's has.",
                             "Whatever uses them will not work. Check DBA_FEATURE_USAGE_STATISTICS.", missing))
    skew = abs((_moment(source["now"]) - _moment(target["now"]) - (source["asked"] - target["asked"])).total_seconds())
    if skew > CLOCK_SKEW:
        found.append(finding("warning", "clock", "The clocks of the servers are {0:.0f} seconds apart.".format(skew),
                             "Have both follow NTP: lags are told by the clock."))
    return found


def _check_compatible(here: t.Optional[str], there: t.Optional[str], online: bool) -> t.List[Finding]:
    """ZDM's guide wants the same on both sides (documented)."""
    levels = [tuple(numbers(value)) for value in (here, there) if value]
    length = max([len(level) for level in levels], default=0)
    levels = [level + (0,) * (length - len(level)) for level in levels]
    if len(set(levels)) < 2:
        return []
    raised = levels[0] < levels[1]
    return [finding(
        "error" if online or not raised else "warning", "compatible", "COMPATIBLE is {0} at the source and would be {1} at the target: {2}.".format(
            here, there, "there is no way down, and a source that is lower does not follow" if raised else "what is higher is not read there (ORA-00201)"),
        "Have it the same: physical_parameters={{compatible: '{0}'}}. Raise it once nobody wants to go back.".format(here))]


def leave_to_be(found: t.List[Finding], ignored: t.Sequence[str]) -> t.List[Finding]:
    """Errors that somebody decided to live with become warnings."""
    checks = {IGNORABLE[name] for name in ignored}
    return [dict(one, severity="warning") if one["check"] in checks and one["severity"] == "error" else one for one in found]


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=datetime.timezone.utc)


def _release(version: str) -> t.Tuple[int, ...]:
    """What databases must have in common: 19 from 18 on, 12.1 before."""
    parts = numbers(version)
    return parts[:1] if parts[0] >= 18 else parts[:2]

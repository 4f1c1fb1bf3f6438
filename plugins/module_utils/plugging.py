# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a non-CDB fits into a container database, as far as both can tell while the non-CDB is at work.

Oracle's own answer (DBMS_PDB.CHECK_PLUG_COMPATIBILITY) wants a description of the non-CDB on the container database's server. These are the
differences by which it refuses, and those by which CREATE PLUGGABLE DATABASE does.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import physical_checks
from ansible_collections.dbferry.oracle.plugins.module_utils.database import numbers
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.findings import Finding, finding

__metaclass__ = type

Facts = t.Dict[str, t.Any]

COMPONENTS = "SELECT comp_id FROM dba_registry WHERE status NOT IN ('REMOVED', 'OPTION OFF')"
CONTAINERS = "SELECT name, RAWTOHEX(guid) guid FROM v$containers"
HERE = "SELECT SYS_CONTEXT('USERENV', 'CON_NAME') container FROM dual"
LATEST_FILE = "SELECT DBMS_DST.GET_LATEST_TIMEZONE_VERSION version FROM dual"
#: A root with this character set takes pluggable databases of any, since 12.2 (documented).
ANY = "AL32UTF8"


def look(session: t.Any) -> Facts:
    """One side, which is open."""
    found: Facts = physical_checks.look(session)
    found["endian"] = {row["platform_id"]: row["endian_format"] for row in session.query(physical_checks.ENDIAN)}
    found["components"] = {row["comp_id"] for row in session.query(COMPONENTS)}
    found["containers"] = session.query(CONTAINERS)
    return found


def look_at_non_cdb(session: t.Any) -> Facts:
    found = look(session)
    found["encrypted"] = encrypted(session)
    return found


def look_at_cdb(session: t.Any) -> Facts:
    found = look(session)
    found["container"], found["keystores"] = session.one(HERE)["container"], session.query(physical_checks.KEYSTORE)
    found["latest_file"] = found["time_zone_file"]
    if session.release >= (18,):
        found["latest_file"] = session.one(LATEST_FILE)["version"]
    return found


def look_at_both(non_cdb: t.Any, cdb: t.Any) -> t.Tuple[Facts, Facts]:
    """:raises DbferryError: naming the side that cannot be asked."""
    sides = []
    for what, session, looking in (("non-CDB", non_cdb, look_at_non_cdb), ("container database", cdb, look_at_cdb)):
        try:
            sides.append(looking(session))
        except DbferryError as error:
            error.message = "The {0} cannot be asked: {1}".format(what, error.message)
            raise
    return sides[0], sides[1]


def check(non_cdb: Facts, cdb: Facts, name: str, as_clone: bool, with_keys: bool) -> t.List[Finding]:
    """Everything that would keep the non-CDB out, or restricted, once it is plugged in as ``name``.

    :arg with_keys: its keys are taken along.
    """
    found: t.List[Finding] = []

    def error(check_: str, message: str, remedy: str, objects: t.Iterable[str] = ()) -> None:
        found.append(finding("error", check_, message, remedy, objects))

    if non_cdb["cdb"] == "YES":
        error("non_cdb", "The database is a container database.", "Nothing is to be converted: leave this phase out.")
    if cdb["cdb"] != "YES" or cdb["container"] != "CDB$ROOT":
        error("cdb", "The peer is not the root of a container database.", "Name an entry whose service is that of the root.")
        return found
    if not cdb["open_mode"].startswith("READ WRITE") or cdb["database_role"] != "PRIMARY":
        error("cdb_open_mode", "The container database is {0} ({1}).".format(cdb["open_mode"], cdb["database_role"]), "Open it read write.")
    if name in {row["name"] for row in cdb["containers"]}:
        error("name", "There is a pluggable database {0} already.".format(name), "Give another name, or drop it (ORA-65012 otherwise).")
    guids = {row["guid"] for row in non_cdb["containers"] if row["guid"]}
    same = [row["name"] for row in cdb["containers"] if row["guid"] in guids]
    if same and not as_clone:
        error("guid", "A pluggable database has the GUID of this one: it was plugged in before.", "Set as_clone (ORA-65122 otherwise).", same)
    if numbers(non_cdb["version"])[:2] != numbers(cdb["version"])[:2]:
        error("version", "The non-CDB is release {0}, the container database {1}.".format(non_cdb["version"], cdb["version"]),
              "Take a container database of the same release; upgrading on the way is not done here.")
    here, there = (side["parameters"].get("compatible") for side in (non_cdb, cdb))
    if numbers(here) > numbers(there):
        error("compatible", "COMPATIBLE is {0}, that of the container database {1}.".format(here, there), "Raise it there.")
    sets = [side["character_sets"] for side in (non_cdb, cdb)]
    for parameter, any_fits in (("NLS_CHARACTERSET", sets[1].get("NLS_CHARACTERSET") == ANY and numbers(cdb["version"]) >= (12, 2)),
                                ("NLS_NCHAR_CHARACTERSET", False)):
        here, there = sets[0].get(parameter), sets[1].get(parameter)
        if here != there and not any_fits:
            error("character_set", "{0} is {1}, that of the container database {2}.".format(parameter, here, there),
                  "Take a container database with the same{0}.".format(
                      ", or since 12.2 one in {0}".format(ANY) if parameter == "NLS_CHARACTERSET" else ""))
    if non_cdb["endian"].get(non_cdb["platform_id"]) != cdb["endian"].get(cdb["platform_id"]):
        error("platform", "The byte orders differ: {0} and {1}.".format(non_cdb["platform_name"], cdb["platform_name"]), "Move by the playbook xtts.")
    here, there = (side["parameters"].get("db_block_size") for side in (non_cdb, cdb))
    if here != there:
        error("block_size", "DB_BLOCK_SIZE is {0}, that of the container database {1}.".format(here, there), "Take one with the same.")
    if non_cdb["time_zone_file"] and cdb["latest_file"] and non_cdb["time_zone_file"] > cdb["latest_file"]:
        error("time_zone_file", "The non-CDB uses time zone file {0}, the newest of the container database's home is {1}.".format(
            non_cdb["time_zone_file"], cdb["latest_file"]), "Install it there.")
    missing = non_cdb["components"] - cdb["components"]
    if missing:
        error("components", "The non-CDB has components that the container database lacks.", "Install them there, or remove them here.", missing)
    if with_keys and all(row["status"] != "OPEN" for row in cdb["keystores"]):
        error("cdb_keystore", "The container database has no open keystore with a master key, where the keys could go.",
              "Make one, or open it (module keystore; ORA-46658 otherwise).")
    return found + check_encryption(non_cdb["encrypted"], with_keys)


def encrypted(session: t.Any) -> t.List[str]:
    """Names of the tablespaces that are."""
    return [row["name"] for row in session.query(physical_checks.ENCRYPTED)]


def check_encryption(tablespaces: t.List[str], with_keys: bool) -> t.List[Finding]:
    if with_keys or not tablespaces:
        return []
    return [finding("error", "encryption", "Tablespaces are encrypted, and their keys would not come along.",
                    "Give key_file, keystore_password and cdb_keystore_password.", tablespaces)]

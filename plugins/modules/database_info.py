#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: database_info
short_description: What a database is
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Version, platform and byte order, character sets, time zones, role and modes, containers, instances, parameters, tablespaces with
    their datafiles, redo logs, encryption, options, patches, components and sizes.
options:
  gather:
    description:
      - Which parts to ask for. V(all) is everything except V(dictionary).
      - Of a database that is not open only V(parameters), V(spfile) and V(identity) are known, the latter as far as instance and control file tell.
      - V(dictionary) gives a fingerprint of users, grants and definitions that changes when one of them does. Objects of the account
        that asks do not count.
    type: list
    elements: str
    default: [all]
    choices: [all, identity, parameters, spfile, tablespaces, redo, encryption, software, containers, properties, size, dictionary]
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes.info
"""

EXAMPLES = r"""
- name: What the source is
  dbferry.oracle.database_info:
    dsn: dbsrc.example.com:1521/sales
    user: dbferry
    password: "{{ vault_source_password }}"
  register: source

- name: Its byte order
  ansible.builtin.debug:
    var: source.database.identity.endian_format
"""

RETURN = r"""
database:
  description: The parts that were asked for, by name.
  returned: success
  type: dict
  contains:
    identity:
      description: Names, version, platform, modes, character sets and time zones.
      type: dict
      sample: {"name": "SALES", "platform_name": "Solaris[tm] OE (64-bit)", "endian_format": "Big", "version": "19.0.0.0.0"}
    parameters: {description: Initialisation parameters that are not at their default., type: dict}
    spfile: {description: Initialisation parameters that the server parameter file sets for all instances., type: dict}
    tablespaces: {description: "Tablespaces with status, sizes in bytes, encryption and datafiles.", type: list, elements: dict}
    redo: {description: "Redo log groups, threads and supplemental logging.", type: dict}
    encryption: {description: Keystore and encrypted tablespaces., type: dict}
    software: {description: "Options, components and patches.", type: dict}
    containers: {description: PDBs that this session sees., type: list, elements: dict}
    properties: {description: Database properties., type: dict}
    size: {description: Bytes of datafiles and of segments., type: dict}
    dictionary: {description: The fingerprint of the dictionary., type: dict}
"""

import hashlib
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.database import identity, instance, started
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import State, Want

PARAMETERS = "SELECT name, value FROM v$parameter WHERE isdefault = 'FALSE' OR ismodified <> 'FALSE' ORDER BY name"
SPFILE = "SELECT name, value FROM v$spparameter WHERE isspecified = 'TRUE' AND sid = '*' ORDER BY name, ordinal"
TABLESPACES = """
SELECT tablespace_name name, status, contents, logging, extent_management, segment_space_management, bigfile, encrypted, block_size, plugged_in
  FROM dba_tablespaces ORDER BY tablespace_name
"""
DATAFILES = """
SELECT f.tablespace_name tablespace, f.file_id, f.relative_fno relative_file, f.file_name name, f.bytes, f.autoextensible, f.maxbytes,
       d.checkpoint_change# checkpoint_scn, d.creation_change# creation_scn, d.status
  FROM dba_data_files f JOIN v$datafile d ON d.file# = f.file_id ORDER BY f.file_id
"""
REDO_LOGS = "SELECT group# group_number, thread# thread, sequence# sequence, bytes, members, archived, status FROM v$log ORDER BY group#"
THREADS = "SELECT thread# thread, status, enabled, instance FROM v$thread ORDER BY thread#"
KEYSTORE = "SELECT wrl_type, wrl_parameter, status, wallet_type FROM v$encryption_wallet"
OPTIONS = "SELECT parameter name FROM v$option WHERE value = 'TRUE' ORDER BY parameter"
COMPONENTS = "SELECT comp_id id, comp_name name, version, status FROM dba_registry ORDER BY comp_id"
PATCHES = "SELECT patch_id id, action, status, description FROM dba_registry_sqlpatch ORDER BY action_time"
BANNER = "SELECT banner FROM v$version"
CONTAINERS = "SELECT con_id id, name, open_mode, restricted FROM v$pdbs ORDER BY con_id"
PROPERTIES = "SELECT property_name name, property_value value FROM database_properties"
SIZE = """
SELECT (SELECT SUM(bytes) FROM dba_data_files) datafile_bytes, (SELECT SUM(bytes) FROM dba_segments) segment_bytes,
       (SELECT SUM(bytes) FROM dba_temp_files) tempfile_bytes FROM dual
"""

#: Everything whose change makes an export of definitions stale. Whoever asks leaves its own objects behind at every step.
DICTIONARY = (
    """SELECT COUNT(*), MAX(o.last_ddl_time), SUM(ORA_HASH(o.owner || '.' || o.object_name || '.' || o.object_type || '.' || o.status)) parts
         FROM dba_objects o JOIN dba_users u ON u.username = o.owner
        WHERE u.oracle_maintained = 'N' AND o.owner <> :me AND o.object_name NOT LIKE 'BIN$%'""",
    """SELECT COUNT(*), MAX(created), SUM(ORA_HASH(username || '.' || account_status || '.' || default_tablespace || '.' || temporary_tablespace ||
              '.' || profile)) parts FROM dba_users WHERE oracle_maintained = 'N' AND username <> :me""",
    """SELECT COUNT(*), NULL, SUM(ORA_HASH(grantee || '.' || privilege || '.' || admin_option)) parts FROM dba_sys_privs WHERE grantee <> :me""",
    """SELECT COUNT(*), NULL, SUM(ORA_HASH(grantee || '.' || granted_role || '.' || admin_option || '.' || default_role)) parts
         FROM dba_role_privs WHERE grantee <> :me""",
    """SELECT COUNT(*), NULL, SUM(ORA_HASH(grantee || '.' || owner || '.' || table_name || '.' || privilege || '.' || grantable)) parts
         FROM dba_tab_privs WHERE grantee <> :me AND owner <> :me""",
    """SELECT COUNT(*), NULL, SUM(ORA_HASH(profile || '.' || resource_name || '.' || limit)) parts FROM dba_profiles WHERE profile <> :me""",
)


def _dictionary(session: t.Any) -> t.Dict[str, t.Any]:
    answers = [str(sorted(session.one(sql, me=session.user).items())) for sql in DICTIONARY]
    return {"fingerprint": hashlib.sha256("\n".join(answers).encode("utf-8")).hexdigest()[:32]}


#: Part -> what gives it. Tablespaces are resources of their own, because phases change them.
PARTS: t.Dict[str, t.Callable[[t.Any], t.Any]] = {
    "identity": identity,
    "parameters": lambda session: {row["name"]: row["value"] for row in session.query(PARAMETERS)},
    "spfile": lambda session: {row["name"]: row["value"] for row in session.query(SPFILE)},
    "redo": lambda session: {"groups": session.query(REDO_LOGS), "threads": session.query(THREADS)},
    "encryption": lambda session: {"keystores": session.query(KEYSTORE)},
    "software": lambda session: {
        "banner": session.one(BANNER)["banner"], "options": [row["name"] for row in session.query(OPTIONS)],
        "components": session.query(COMPONENTS), "patches": session.query(PATCHES)},
    "containers": lambda session: session.query(CONTAINERS),
    "properties": lambda session: {row["name"]: row["value"] for row in session.query(PROPERTIES)},
    "size": lambda session: session.one(SIZE),
    "dictionary": _dictionary,
}


def observe(session: t.Any, want: Want) -> State:
    wanted = set(want["gather"])
    if "all" in wanted:
        wanted |= (set(PARTS) | {"tablespaces"}) - {"dictionary"}
    if not instance(session)["instance_status"].startswith("OPEN"):
        return {"DATABASE": {"identity": started(session), "parameters": PARTS["parameters"](session), "spfile": PARTS["spfile"](session)}}
    state: State = {"DATABASE": {part: give(session) for part, give in PARTS.items() if part in wanted}}
    if "tablespaces" in wanted:
        files: t.Dict[str, t.List[t.Dict[str, t.Any]]] = {}
        for row in session.query(DATAFILES):
            files.setdefault(row.pop("tablespace"), []).append(row)
        for row in session.query(TABLESPACES):
            owned = files.get(row["name"], [])
            state["TABLESPACE " + row["name"]] = dict(
                row, datafiles=owned, bytes=sum(file["bytes"] or 0 for file in owned),
                checkpoint_scn=min((file["checkpoint_scn"] for file in owned), default=None))
    return state


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    database = dict(state["DATABASE"] or {})
    if {"all", "tablespaces"} & set(want["gather"]):
        database["tablespaces"] = [dict(row, name=name.split(" ", 1)[1]) for name, row in sorted(state.items())
                                   if name.startswith("TABLESPACE ") and row is not None]
    return {"database": database}


MODULE = Module(
    argument_spec={"gather": {"type": "list", "elements": "str", "default": ["all"], "choices": [
        "all", "identity", "parameters", "spfile", "tablespaces", "redo", "encryption", "software", "containers", "properties", "size", "dictionary"]}},
    observe=observe, report=report, kinds=("TABLESPACE",),
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

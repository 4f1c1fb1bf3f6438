#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: placeholder
short_description: Make an empty database give way to the one that is restored in its place
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - A physical migration takes the place of a database that was made for it and holds nothing. This module proves that it is such a placeholder, writes
    its parameters to a text file on the server, drops it, and starts its instance NOMOUNT with the same parameters but DB_NAME of the source, its
    own DB_UNIQUE_NAME, and what O(parameters) says. Memory and everything else stay as whoever made the placeholder sized them.
  - Nothing is dropped without O(drop=true), and nothing that holds a table, a view or code of anybody's, is a standby database, or is the source itself.
    What was proven is noted in the source's journal, so that a call that was cut off after the database was gone goes on.
  - Where the source's database is mounted or open already there is nothing to do. An instance that is started NOMOUNT with the wanted names and
    parameters is taken as it is.
  - The session is SQL*Plus on the server, C(/ AS SYSDBA). One instance; a RAC placeholder needs CLUSTER_DATABASE=FALSE before.
  - A call that is cut off between dropping and noting leaves nothing behind. One that is cut off while the database restarts for the drop may leave the
    placeholder's files, over which the restore writes.
options:
  db_unique_name:
    description: DB_UNIQUE_NAME of the new database. By default that of the placeholder.
    type: str
  parameters:
    description:
      - Parameters in which the instance shall differ from the placeholder, such as DB_FILE_NAME_CONVERT, LOG_FILE_NAME_CONVERT, DB_CREATE_FILE_DEST or
        DB_16K_CACHE_SIZE. They are written to the server parameter file. A list is several values.
    type: dict
    default: {}
  reset:
    description: Parameters of the placeholder that the instance shall not have, such as CONTROL_FILES with names that Oracle made.
    type: list
    elements: str
    default: []
  drop:
    description: Allow the placeholder to be dropped, with all its files.
    type: bool
    default: false
  manager:
    description: V(srvctl) where Oracle Restart or Clusterware manages the placeholder. It is told to leave it alone (C(srvctl disable database)) before it is
      dropped; module clusterware_database has it manage the new database.
    type: str
    default: sqlplus
    choices: [sqlplus, srvctl]
  pfile:
    description: Path of the text file for the placeholder's parameters. By default in C(dbs) of ORACLE_HOME, under a name of the migration.
    type: str
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: The placeholder gives way
  dbferry.oracle.placeholder:
    parameters:
      db_file_name_convert: [/u01/oradata/SALES, /u02/oradata/SALES_NEW]
      log_file_name_convert: [/u01/oradata/SALES, /u02/oradata/SALES_NEW]
    drop: true
    peer_entry: dbsrc
    migration_id: SALES
"""

RETURN = r"""
before:
  description: The instance and its parameters before, and what is in the database.
  returned: success
  type: dict
  sample: {"INSTANCE": {"status": "OPEN", "db_unique_name": "SALES_NEW"}, "CONTENT": {"owners": {}}}
after:
  description: The same afterwards.
  returned: success
  type: dict
pfile:
  description: Where the placeholder's parameters are kept; none where the source's database has taken its place.
  returned: success
  type: str
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["STARTUP FORCE RESTRICT MOUNT", "DROP DATABASE"]
"""

import posixpath
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import parameters, rman_recovery, srvctl
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Finding, Refused, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.instance import RESOURCE, observe_instance
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import JOURNAL_TABLE, literal, parameter_file
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

DATABASE = "SELECT dbid, name, db_unique_name, database_role role, open_mode, cdb FROM v$database"
#: What people made, by owner. The journal is ours; segments of LOBs and indexes belong to tables.
CONTENT = """
SELECT o.owner, COUNT(*) objects FROM dba_objects o JOIN dba_users u ON u.username = o.owner
 WHERE u.oracle_maintained = 'N' AND o.object_type NOT IN ('INDEX', 'LOB') AND o.object_name != '{0}' GROUP BY o.owner ORDER BY o.owner
""".format(JOURNAL_TABLE)
#: The same of all open containers.
CDB_CONTENT = """
SELECT o.owner, COUNT(*) objects FROM cdb_objects o JOIN cdb_users u ON u.con_id = o.con_id AND u.username = o.owner
 WHERE u.oracle_maintained = 'N' AND o.object_type NOT IN ('INDEX', 'LOB') AND o.object_name != '{0}' GROUP BY o.owner ORDER BY o.owner
""".format(JOURNAL_TABLE)
CLOSED = "SELECT name FROM v$pdbs WHERE open_mode = 'MOUNTED' ORDER BY name"

#: Journal items of the source begin so, and go on with the DB_UNIQUE_NAME that the new database has: what was proven to be a placeholder, and where
#: its parameters are.
PROVEN = "placeholder "
CONTENT_RESOURCE = "CONTENT"
SPFILE = "SPFILE"


def proven_item(name: str) -> str:
    return PROVEN + name.upper()


def _pfile(want: Want) -> str:
    return want["pfile"] or posixpath.join(want["oracle_home"] or "", "dbs", parameter_file(want["migration_id"], want["migration_run"], "PLACEHOLDER"))


def _names(want: Want) -> t.List[str]:
    return ["db_name", "db_unique_name"] + sorted(set(list(want["parameters"]) + list(want["reset"])) - {"db_name", "db_unique_name"})


# -- what is


def observe(session: t.Any, want: Want) -> State:
    state = observe_instance(session)
    instance = t.cast(Attributes, state[RESOURCE])
    source = session.peer.one(DATABASE)
    instance.update(_source=source, _dbid=None)
    found: Attributes = {}
    if instance["status"] in ("MOUNTED", "OPEN"):
        found = session.one(DATABASE)
        instance.update(_dbid=found["dbid"], name=found["name"], role=found["role"])
    if instance["_dbid"] == source["dbid"]:
        # The source may be its standby by now, and its journal out of reach.
        return state
    known = session.peer.journal.items()
    # Which one it was an instance that is down does not tell.
    name = want["db_unique_name"] or instance.get("db_unique_name") or next(iter(_placeholders(known)), "")
    instance.update(_proven=known.get(proven_item(name)), _mounted_once=bool(known.get(rman_recovery.mounted_item(name))))
    if want["manager"] == "srvctl" and found:
        instance["_registered"] = srvctl.registered(session, instance["db_unique_name"])
    if instance["status"] != "STOPPED":
        state.update(parameters.observe(session, _names(want), journal={}))
    if found and instance["status"] == "OPEN":
        container = found["cdb"] == "YES"
        owners = {row["owner"]: row["objects"] for row in session.query(CDB_CONTENT if container else CONTENT)}
        state[CONTENT_RESOURCE] = {"owners": owners, "closed": [row["name"] for row in session.query(CLOSED)] if container else []}
    return state


def _placeholders(known: t.Dict[str, t.Any]) -> t.List[str]:
    """The one that was proven in this run; nothing when there were several."""
    found = [item[len(PROVEN):] for item in known if item.startswith(PROVEN)]
    return found if len(found) == 1 else []


# -- what is to be done


def plan(state: State, want: Want) -> t.List[Step]:
    instance = t.cast(Attributes, state[RESOURCE])
    status = instance["status"]
    if instance["_dbid"] == instance["_source"]["dbid"]:
        _refuse_the_source(instance)
        return []
    proven = instance["_proven"]
    if status == "OPEN":
        refuse(list(_findings(state, want)))
        return _remember(state, want) + _drop(state, want) + _begin(state, want)
    if status == "MOUNTED":
        if not proven or proven["dbid"] != instance["_dbid"]:
            raise _unproven("is mounted")
        return _drop(state, want, restart=instance["logins"] != "RESTRICTED") + _begin(state, want)
    if status in ("STOPPED", "STARTED") and instance["_mounted_once"]:
        # The source's database is there, and may be more than a copy by now.
        text = "STARTUP MOUNT" if status == "STOPPED" else "ALTER DATABASE MOUNT"
        return [Step(Statement(text), effects={RESOURCE: {"status": "MOUNTED", "_dbid": instance["_source"]["dbid"]}})]
    if status == "STOPPED":
        if not proven:
            raise _unproven("is down")
        return [_startup("STARTUP NOMOUNT", state, want)] if proven.get("begun") else _begin(state, want)
    changes = _changes(state, want)
    if t.cast(Attributes, state[SPFILE])["path"]:
        if changes and not proven:
            raise _unproven("is started")
        if changes:
            changes.append(_startup("STARTUP FORCE NOMOUNT", state, want))
        return changes + ([_begun(state, want, proven)] if proven and not proven.get("begun") else [])
    if not proven:
        raise _unproven("is started without a server parameter file")
    return _with_spfile(state, want)


def _unproven(how: str) -> Refused:
    return Refused("The instance {0}, and nothing proves that what it belongs to is a placeholder.".format(how), code="DBF-0741",
                   hint="Open the placeholder, so that it can be looked into.")


def _refuse_the_source(instance: Attributes) -> None:
    """The placeholder's connection leads to the source itself."""
    if (instance["db_unique_name"] or "").upper() == instance["_source"]["db_unique_name"].upper() and instance.get("role") == "PRIMARY" \
            and instance["_source"]["role"] == "PRIMARY":
        raise Refused("This is the source itself: DBID and DB_UNIQUE_NAME are those of {0}.".format(instance["_source"]["db_unique_name"]),
                      code="DBF-0742", hint="Correct the connection of the inventory entry: oracle_home, oracle_sid, host.")


def _findings(state: State, want: Want) -> t.Iterator[Finding]:
    """Everything that stands against dropping it."""
    instance, content = t.cast(Attributes, state[RESOURCE]), t.cast(Attributes, state[CONTENT_RESOURCE])
    if content["owners"]:
        yield ("DBF-0743", "There are objects in this database: {0}.".format(", ".join(
            "{1} of {0}".format(owner, number) for owner, number in sorted(content["owners"].items()))),
            "Whatever they are, they would be lost. Drop these users first if that is meant, or name another placeholder.")
    if content["closed"]:
        yield ("DBF-0743", "Nobody can look into {0}, which {1} closed.".format(", ".join(content["closed"]), "is" if len(content["closed"]) == 1 else "are"),
               "Open pluggable databases of the placeholder (module pluggable_database).")
    if instance["role"] != "PRIMARY":
        yield ("DBF-0744", "This is a {0} database of another source.".format(instance["role"]), "Name another placeholder.")
    if instance["_parallel"]:
        yield ("DBF-0745", "DROP DATABASE wants the database mounted by one instance alone, and CLUSTER_DATABASE is TRUE.",
               "Stop the other instances, set CLUSTER_DATABASE=FALSE (module parameter) and restart.")
    if _unique_name(state, want).upper() == instance["_source"]["db_unique_name"].upper():
        yield ("DBF-0746", "The new database would have DB_UNIQUE_NAME {0} as the source has it.".format(instance["_source"]["db_unique_name"]),
               "Give db_unique_name.")
    if not want["drop"]:
        yield ("DBF-0747", "The placeholder {0} has to be dropped, with all its files.".format(instance["db_unique_name"]),
               "Set drop=true if that is meant.")


def _unique_name(state: State, want: Want) -> str:
    """The name that the new database shall have: the placeholder's unless another is given."""
    instance = t.cast(Attributes, state[RESOURCE])
    return str(want["db_unique_name"] or (instance["_proven"] or {}).get("db_unique_name") or instance.get("db_unique_name") or "")


def _wanted(state: State, want: Want) -> t.Dict[str, t.Any]:
    """Values by name: names first, which whatever is given cannot change."""
    source = t.cast(Attributes, state[RESOURCE])["_source"]
    given = {name.lower(): value for name, value in want["parameters"].items()}
    return dict(given, db_name=source["name"], db_unique_name=_unique_name(state, want))


def _noted(state: State, want: Want) -> Attributes:
    """What there is to know of a placeholder when it is gone."""
    instance = t.cast(Attributes, state[RESOURCE])
    return {"dbid": instance["_dbid"], "db_unique_name": instance["db_unique_name"], "pfile": _pfile(want),
            "reset": [name for name in want["reset"] if _entry(state, name) is not None]}


def _remember(state: State, want: Want) -> t.List[Step]:
    spfile, noted = t.cast(Attributes, state[SPFILE]), _noted(state, want)
    return [Step(Statement("CREATE PFILE = ", literal(_pfile(want)), " FROM ", "SPFILE" if spfile["path"] else "MEMORY")),
            Step(None, remember={proven_item(_unique_name(state, want)): noted}, at_peer=True, effects={RESOURCE: {"_proven": noted}})]


def _entry(state: State, name: str) -> t.Any:
    """The value of a parameter in the server parameter file."""
    return (state.get(parameters.resource(name.lower())) or {}).get("spfile")


def _drop(state: State, want: Want, restart: bool = True) -> t.List[Step]:
    instance = t.cast(Attributes, state[RESOURCE])
    watched = (instance.get("_registered") or {}).get("enabled")
    steps = [Step(srvctl.database("disable", instance["db_unique_name"]))] if watched else []
    steps += [Step(Statement("STARTUP FORCE RESTRICT MOUNT"), effects={RESOURCE: {"status": "MOUNTED"}})] if restart else []
    return steps + [Step(Statement("DROP DATABASE"), effects={RESOURCE: {"status": "STOPPED", "_dbid": None}, CONTENT_RESOURCE: None})]


def _begin(state: State, want: Want) -> t.List[Step]:
    """From the parameters that were kept to a started instance with those that are wanted."""
    return [Step(Statement("STARTUP PFILE = ", literal(_kept(state, want)), " NOMOUNT"), effects={RESOURCE: {"status": "STARTED"}})] + _with_spfile(state, want)


def _kept(state: State, want: Want) -> str:
    return str((t.cast(Attributes, state[RESOURCE])["_proven"] or {}).get("pfile") or _pfile(want))


def _with_spfile(state: State, want: Want) -> t.List[Step]:
    proven = t.cast(Attributes, state[RESOURCE])["_proven"] or _noted(state, want)
    resets = proven["reset"]
    steps = [Step(Statement("CREATE SPFILE FROM PFILE = ", literal(_kept(state, want)))), Step(Statement("STARTUP FORCE NOMOUNT"))]
    steps += [_set(name, value) for name, value in sorted(_wanted(state, want).items())] + [_reset(name) for name in resets]
    return steps + [_startup("STARTUP FORCE NOMOUNT", state, want), _begun(state, want, proven)]


def _begun(state: State, want: Want, proven: Attributes) -> Step:
    """From here on the server parameter file may have what later phases wrote into it."""
    noted = dict(proven, begun=True)
    return Step(None, record={proven_item(_unique_name(state, want)): noted}, at_peer=True, effects={RESOURCE: {"_proven": noted}})


def _startup(text: str, state: State, want: Want) -> Step:
    unique_name, source = _unique_name(state, want), t.cast(Attributes, state[RESOURCE])["_source"]
    # What is restored later observes the database rather than the instance.
    effects: State = {RESOURCE: {"status": "STARTED", "db_unique_name": unique_name},
                      rman_recovery.RESOURCE: {"status": "STARTED", "dbid": None, "name": source["name"], "db_unique_name": unique_name, "role": None}}
    for name, value in _wanted(state, want).items():
        effects[parameters.resource(name)] = {"value": parameters.text(value), "spfile": parameters.text(value)}
    return Step(Statement(text), effects=effects)


def _changes(state: State, want: Want) -> t.List[Step]:
    """Of an instance with a server parameter file: what is there and not as wanted."""
    steps = []
    for name, value in sorted(_wanted(state, want).items()):
        found = state[parameters.resource(name)]
        if found is None:
            raise Refused("There is no parameter {0} in this release.".format(name), code="ORA-02065")
        if not all(parameters.same(found[where] or "", value, found["_type"]) for where in ("value", "spfile")):
            steps.append(_set(name, value))
    return steps + [_reset(name) for name in want["reset"] if _entry(state, name) is not None]


def _set(name: str, value: t.Any) -> Step:
    return Step(Statement("ALTER SYSTEM SET ", _quoted(name), " = ", parameters.rendered(value), " SCOPE = SPFILE"))


def _reset(name: str) -> Step:
    return Step(Statement("ALTER SYSTEM RESET ", _quoted(name.lower()), " SCOPE = SPFILE"))


def _quoted(name: str) -> str:
    return '"{0}"'.format(name) if name.startswith("_") else name


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    return {"pfile": _kept(state, want) if "_proven" in t.cast(Attributes, state[RESOURCE]) else None}


MODULE = Module(
    argument_spec=dict(
        PEER,
        db_unique_name={"type": "str"},
        parameters={"type": "dict", "default": {}},
        reset={"type": "list", "elements": "str", "default": []},
        drop={"type": "bool", "default": False},
        manager={"type": "str", "default": "sqlplus", "choices": ["sqlplus", "srvctl"]},
        pfile={"type": "str"},
    ),
    observe=observe, plan=plan, report=report, local=lambda want: True, afar=True,
    required_one_of=[("peer", "peer_entry")],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

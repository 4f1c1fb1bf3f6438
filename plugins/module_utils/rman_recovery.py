# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RESTORE, RECOVER and DUPLICATE: their commands, where they read from, and what a mounted database tells of its files."""

from __future__ import annotations

import hashlib
import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import instance, rman
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.names import BadName, rman_tag
from ansible_collections.dbferry.oracle.plugins.module_utils.planned import COPY, FACTS
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

__metaclass__ = type

Spec = t.Dict[str, t.Dict[str, t.Any]]

#: Where RMAN reads from, and through which channels. Documented in the fragment ``rman_source``.
SOURCE: Spec = {
    "service": {"type": "str"},
    "backup_purpose": {"type": "str"},
    "existing_tag": {"type": "str"},
    "path": {"type": "str", "default": ""},
    "parallelism": {"type": "int", "default": 1},
    "section_size": {"type": "str"},
    "compressed_backupset": {"type": "bool", "default": False},
    "decryption_passwords": {"type": "list", "elements": "str", "default": [], "no_log": True},
    "device_type": {"type": "str", "default": "disk", "choices": ["disk", "sbt"]},
    "sbt_library": {"type": "str"},
    "sbt_parms": {"type": "dict"},
}

#: Both views can be read from NOMOUNT on.
INSTANCE = """
SELECT i.status, TO_CHAR(i.startup_time, 'YYYY-MM-DD HH24:MI:SS') started, (SELECT p.value FROM v$parameter p WHERE p.name = 'db_name') db_name,
       (SELECT p.value FROM v$parameter p WHERE p.name = 'db_unique_name') db_unique_name
  FROM v$instance i
"""
DATABASE = "SELECT dbid, name, open_mode, database_role role, controlfile_type, resetlogs_change# resetlogs_scn FROM v$database"
PEER = "SELECT dbid, name, db_unique_name, open_mode, current_scn FROM v$database"
#: A file that is not there, or that RMAN has not finished, has no header that can be read (assumed of the latter). One that is written and of
#: another incarnation is the leaving of an earlier attempt, whose database was opened.
FILES = """
SELECT d.file# file_id, d.name, d.bytes, d.enabled, h.error, h.fuzzy, h.checkpoint_change# checkpoint_scn, h.resetlogs_change# resetlogs_scn
  FROM v$datafile d LEFT JOIN v$datafile_header h ON h.file# = d.file# ORDER BY d.file#
"""
#: RMAN knows a pluggable database's tablespaces by its name before theirs.
TABLESPACES = """
SELECT d.file# file_id, t.name tablespace, (SELECT p.name FROM v$pdbs p WHERE p.con_id = d.con_id) container
  FROM v$datafile d JOIN v$tablespace t ON t.ts# = d.ts# AND t.con_id = d.con_id ORDER BY d.file#
"""
PEER_FILES = "SELECT file# file_id, name, bytes FROM v$datafile ORDER BY file#"
#: Pieces of control files under a tag, the newest last: B of a primary, S for a standby.
CONTROL_FILES = """
SELECT p.handle, f.controlfile_type FROM v$backup_datafile f
  JOIN v$backup_piece p ON p.set_stamp = f.set_stamp AND p.set_count = f.set_count
 WHERE p.tag = :tag AND p.status = 'A' AND f.file# = 0 ORDER BY f.checkpoint_change#
"""
#: How far each datafile is in the backups under a tag.
BACKED_UP = """
SELECT f.file# file_id, MAX(f.checkpoint_change#) checkpoint_scn FROM v$backup_datafile f
  JOIN v$backup_piece p ON p.set_stamp = f.set_stamp AND p.set_count = f.set_count
 WHERE p.tag = :tag AND p.status = 'A' AND f.file# > 0 GROUP BY f.file#
"""
#: Of RMAN itself and its channels (documented: PROGRAM).
RMAN_SESSIONS = "SELECT COUNT(*) sessions FROM v$session WHERE LOWER(program) LIKE 'rman%'"
#: All pieces under a tag that RMAN knows to be there.
PIECES = "SELECT DISTINCT p.handle FROM v$backup_piece p WHERE p.tag = :tag AND p.status = 'A' ORDER BY p.handle"
#: Where the archived logs under a tag end, in the thread that ends first: no recovery gets further with them.
LOGS_END = """
SELECT MIN(t.next_scn) next_scn FROM (
  SELECT l.thread#, MAX(l.next_change#) next_scn FROM v$backup_redolog l
    JOIN v$backup_piece p ON p.set_stamp = l.set_stamp AND p.set_count = l.set_count
   WHERE p.tag = :tag AND p.status = 'A' GROUP BY l.thread#) t
"""
MANAGED_RECOVERY = "SELECT process FROM v$managed_standby WHERE process LIKE 'MRP%'"

RESOURCE = "DATABASE"


def mounted_item(db_unique_name: t.Optional[str]) -> str:
    """Journal item of the source: its control file has been mounted at this copy of it.

    An instance at NOMOUNT cannot tell whether one is there, and what is there may be the database that people work with by now.
    """
    return "control file mounted at {0}".format((db_unique_name or "").upper())


# -- where it reads from


def tag_of(want: Want) -> t.Optional[str]:
    """The tag of the backups that are read, None where they come from a service."""
    if want["existing_tag"]:
        return str(want["existing_tag"])
    return rman_tag(want["migration_id"], want["migration_run"], want["backup_purpose"]) if want["backup_purpose"] else None


def backup(tag: str) -> str:
    """Resource: everything that was asked for under a tag."""
    return "BACKUP " + tag


def planned_backup(session: t.Any, want: Want) -> t.Optional[str]:
    """In a plan, what stands for what only a backup that is yet to be made will tell."""
    if session.peer is None or not tag_of(want):
        return None
    entry = session.peer.assumed.get(backup(t.cast(str, tag_of(want))))
    return "unknown until {0}".format(entry.get("phase")) if entry else None


def seen(handle: str, want: Want) -> str:
    """A piece as this server sees it."""
    return want["path"].rstrip("/") + "/" + handle.rsplit("/", 1)[-1] if want["path"] and want["device_type"] == "disk" else handle


def preparation(want: Want) -> t.List[rman.Command]:
    """What stands before the command that reads: passwords of backups, and pieces that the control file does not know where they lie."""
    commands: t.List[rman.Command] = []
    if want["decryption_passwords"]:
        commands.append(rman.set_decryption(want["decryption_passwords"]))
    return commands


def pieces_of(session: t.Any, want: Want) -> t.List[str]:
    """The pieces that are read, as this server sees them. The source knows them; without it nobody does."""
    if session.peer is None or not tag_of(want):
        return []
    planned = planned_backup(session, want)
    return [planned] if planned else [seen(row["handle"], want) for row in session.peer.query(PIECES, tag=tag_of(want))]


def cataloging(want: Want, pieces: t.Sequence[str]) -> t.List[rman.Command]:
    """CATALOG of pieces, or of the directory in which they lie where nobody can name them. It needs a mounted control file.

    For a media manager it takes a maintenance channel, which has no place in a RUN block (documented).
    """
    named = ",\n  ".join(rman.quoted(piece, "Piece") for piece in pieces)
    if want["service"]:
        return []
    if want["device_type"] == "sbt":
        return ["ALLOCATE CHANNEL FOR MAINTENANCE {0};".format(device_clause(want)), "CATALOG DEVICE TYPE 'SBT_TAPE' BACKUPPIECE\n  {0};".format(named),
                "RELEASE CHANNEL;"] if named else []
    if named:
        return ["CATALOG BACKUPPIECE\n  {0};".format(named)]
    return ["CATALOG START WITH {0} NOPROMPT;".format(rman.quoted(want["path"].rstrip("/") + "/", "Directory"))] if want["path"] else []


def _from(want: Want, noredo: bool = False) -> str:
    """The clauses that name the source, in the order in which they are used."""
    words = []
    if want["service"]:
        words.append("FROM SERVICE {0}".format(rman.quoted(want["service"], "Service")))
    elif tag_of(want):
        words.append("FROM TAG '{0}'".format(checked_tag(t.cast(str, tag_of(want)))))
    if noredo:
        words.append("NOREDO")
    if want["service"] and want["compressed_backupset"]:
        words.append("USING COMPRESSED BACKUPSET")
    if want["service"] and want["section_size"]:
        words.append("SECTION SIZE {0}".format(rman.size_of_sections(want["section_size"])))
    return "".join("\n  " + word for word in words)


def checked_tag(tag: str) -> str:
    """A tag that somebody else chose: RMAN takes more characters than ours have, but no quote."""
    return rman.quoted(tag, "Tag")[1:-1]


def device_clause(want: Want) -> str:
    return rman.device(want["device_type"], want["sbt_library"], want["sbt_parms"])


# -- commands


def restore_controlfile(standby: bool, want: Want, piece: t.Optional[str] = None, autobackup: bool = False) -> str:
    """RESTORE [STANDBY] CONTROLFILE from the service, a piece, or an autobackup, to where CONTROL_FILES says."""
    what = "RESTORE STANDBY CONTROLFILE" if standby else "RESTORE CONTROLFILE"
    return what + _single(want, piece, autobackup)


def restore_spfile(path: str, want: Want, piece: t.Optional[str] = None, autobackup: bool = False) -> str:
    """RESTORE SPFILE to a path; the one in use cannot be overwritten (documented)."""
    return "RESTORE SPFILE TO {0}".format(rman.quoted(path, "Path")) + _single(want, piece, autobackup)


def _single(want: Want, piece: t.Optional[str], autobackup: bool) -> str:
    if autobackup:
        return " FROM AUTOBACKUP;"
    if piece:
        return " FROM {0};".format(rman.quoted(piece, "Piece"))
    return _from(dict(want, section_size=None, existing_tag=None, backup_purpose=None)) + ";"


def set_newname(newname: str, datafiles: t.Sequence[int] = ()) -> t.List[rman.Command]:
    """SET NEWNAME for the whole database or for these files. ``newname`` is NEW, which has Oracle name them (OMF), or a pattern.

    A pattern must tell files apart: it has %b (the name alone), %f (the number) or %U (documented).
    """
    if newname != "NEW" and not re.search("%[bfU]", newname):
        raise BadName("The name {0!r} would give every file one and the same name.".format(newname), hint="It has %b, %f or %U, or is NEW.")
    to = "NEW" if newname == "NEW" else rman.quoted(newname, "Name")
    places = ["DATAFILE {0}".format(number) for number in datafiles] or ["DATABASE"]
    return ["SET NEWNAME FOR {0} TO {1};".format(place, to) for place in places]


def switch() -> t.List[rman.Command]:
    """Have the control file take the names that SET NEWNAME gave."""
    return ["SWITCH DATAFILE ALL;", "SWITCH TEMPFILE ALL;"]


def restore(want: Want, datafiles: t.Sequence[int] = (), tablespaces: t.Sequence[str] = (), as_encrypted: bool = False) -> str:
    """RESTORE of the database, or of these datafiles or tablespaces."""
    what = "DATABASE"
    if tablespaces:
        what = "TABLESPACE " + ", ".join(tablespaces)
    elif datafiles:
        what = "DATAFILE " + ", ".join(str(number) for number in datafiles)
    return "RESTORE {0}{1}{2};".format(what, " AS ENCRYPTED" if as_encrypted else "", _from(want))


def tablespace_name(row: t.Dict[str, t.Any]) -> str:
    """A tablespace of :data:`TABLESPACES`, as commands name it."""
    name = rman.quoted(row["tablespace"], "Tablespace")
    return "{0}:{1}".format(row["container"], name) if row["container"] else name


def recover(want: Want, standby: bool = False, noredo: bool = True) -> str:
    """RECOVER of the database from a service or with incremental backups.

    :arg standby: RECOVER STANDBY DATABASE, which brings everything up to the primary's state, new files too (18c and later).
    :arg noredo: apply blocks only, no archived logs.
    """
    return "RECOVER {0}DATABASE{1};".format("STANDBY " if standby else "", _from(want, noredo=noredo and not standby))


def recover_until(scn: t.Union[int, str]) -> str:
    """RECOVER with archived logs, up to and not including an SCN (documented)."""
    return "RECOVER DATABASE UNTIL SCN {0};".format(scn)


def duplicate(want: Want) -> str:
    """DUPLICATE ... FOR STANDBY FROM ACTIVE DATABASE, with the clauses in the order of its documentation."""
    lines = ["DUPLICATE TARGET DATABASE FOR STANDBY FROM ACTIVE DATABASE"]
    if want["dorecover"]:
        lines.append("DORECOVER")
    if want["spfile"]:
        lines.append("SPFILE")
        lines += ["  SET {0} {1}".format(_parameter(name), rman.quoted(str(value), "Value of a parameter"))
                  for name, value in sorted(want["spfile_set"].items())]
    if want["db_file_name_convert"]:
        lines.append("DB_FILE_NAME_CONVERT " + ", ".join(rman.quoted(part, "File name") for part in want["db_file_name_convert"]))
    if want["nofilenamecheck"]:
        lines.append("NOFILENAMECHECK")
    if want["compressed_backupset"]:
        lines.append("USING COMPRESSED BACKUPSET")
    if want["section_size"]:
        lines.append("SECTION SIZE {0}".format(rman.size_of_sections(want["section_size"])))
    return "\n  ".join(lines) + ";"


def _parameter(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_$#]{0,127}", name):
        raise BadName("{0!r} is not the name of a parameter.".format(name[:130]))
    return name.upper()


# -- what is


def observe(session: t.Any, want: Want) -> State:
    """The database (:data:`RESOURCE`) and, once it is mounted, its datafiles.

    The source is the peer; without one its DBID may be given. Until a control file is mounted the datafiles are those of the source. So they are
    in a plan whose earlier phases would have begun another database than there is now.
    """
    database: Attributes = {"status": "STOPPED", "dbid": None, "name": None, "db_unique_name": None, "role": None, "controlfile_type": None,
                            "open_mode": None, "added_at_source": [], "_started": None, "_rman": False, "_noted": True}
    planned = (session.assumed.get(RESOURCE) or {}).get("attributes") or {}
    try:
        found = {} if planned else session.one(INSTANCE)
        if found:
            database.update(status="OPEN" if found["status"].startswith("OPEN") else found["status"], name=found["db_name"],
                            db_unique_name=found["db_unique_name"], _started=found["started"])
    except DbferryError as error:
        if error.code != "ORA-01034":
            raise
    database.update(planned)
    state: State = {RESOURCE: database}
    source = session.peer.one(PEER) if session.peer is not None else {}
    database["_source"] = dict({name: source.get(name) for name in ("name", "db_unique_name", "open_mode", "current_scn")},
                               dbid=source.get("dbid") or want.get("dbid"))
    if planned:
        # An instance that is yet to be begun has never mounted anything.
        database["_noted"] = False
    elif database["status"] in ("STARTED", "MOUNTED") and (source.get("open_mode") or "").startswith("READ"):
        database["_noted"] = bool(session.peer.journal.get(mounted_item(database["db_unique_name"])))
    here = mounted(database) and not planned
    if here:
        database.update(session.one(DATABASE))
        incarnation = database.pop("resetlogs_scn")
        database["_rman"] = database["status"] == "MOUNTED" and bool(session.one(RMAN_SESSIONS)["sessions"])
        for row in session.query(FILES):
            state["DATAFILE {0}".format(row["file_id"])] = {
                "name": row["name"], "bytes": row["bytes"],
                "restored": not row["error"] and bool(row["checkpoint_scn"]) and (
                    row["enabled"] != "READ WRITE" or row["resetlogs_scn"] == incarnation),
                "error": row["error"], "fuzzy": row["fuzzy"], "checkpoint_scn": row["checkpoint_scn"], "_enabled": row["enabled"]}
    for row in session.peer.query(PEER_FILES) if session.peer is not None else []:
        name = "DATAFILE {0}".format(row["file_id"])
        if not here:
            state[name] = {"name": "unknown until there is a control file", "bytes": row["bytes"], "restored": False, "error": None, "fuzzy": None,
                           "checkpoint_scn": None, "_enabled": None}
        elif name not in state:
            database["added_at_source"].append(row["file_id"])
        elif _unmoved(t.cast(Attributes, state[name])["name"], row["name"], want.get("newname")):
            t.cast(Attributes, state[name])["restored"] = False
    return state


def _unmoved(name: t.Optional[str], at_source: t.Optional[str], newname: t.Optional[str]) -> bool:
    """Whether a file is still named as the source's, though it is to go elsewhere: where both servers see the same disks, it is the source's."""
    return bool(newname) and name == at_source and (newname == "NEW" or str(newname).rpartition("/")[0] != str(name).rpartition("/")[0])


def under_way(state: State, want: Want) -> bool:
    """Whether RMAN still works in the mounted database, though its files are as they are wanted: it ends the command, and switches names."""
    return bool(t.cast(Attributes, state[RESOURCE])["_rman"])


def mounted_copy(database: Attributes, role: str) -> State:
    """What becomes of an instance in which a control file of the source is mounted."""
    source = database["_source"]
    facts = {"database_role": role, "open_mode": "MOUNTED"}
    return {RESOURCE: {"status": "MOUNTED", "dbid": source["dbid"], "role": role},
            instance.RESOURCE: dict(facts, status="MOUNTED", open_resetlogs="REQUIRED" if role == "PRIMARY" else "NOT ALLOWED"),
            COPY: {"of": source["db_unique_name"]}, FACTS: dict(facts, db_unique_name=database["db_unique_name"], dataguard_broker="DISABLED")}


def this_work(database: Attributes, want: Want, *what: t.Any) -> Want:
    """The arguments with a purpose that names a command of this start of the instance, which no command outlives, and of nothing done before."""
    digest = hashlib.sha256(" ".join(str(word) for word in (database["_started"],) + what).encode("utf-8")).hexdigest()
    return dict(want, purpose="{0}_{1}".format(want["purpose"], digest[:6].upper()))


def mounted(database: t.Optional[Attributes]) -> bool:
    return bool(database) and t.cast(Attributes, database)["status"] in ("MOUNTED", "OPEN")


def files(state: State) -> t.Dict[int, t.Dict[str, t.Any]]:
    """The datafiles by number."""
    return {int(name.split(" ")[1]): found for name, found in state.items() if name.startswith("DATAFILE ") and found}


def note(database: Attributes) -> t.List[Step]:
    """What notes that the control file is mounted, once."""
    wanted = database["status"] == "MOUNTED" and not database["_noted"] and database["_source"]["open_mode"] == "READ WRITE"
    return [Step(None, record={mounted_item(database["db_unique_name"]): True}, at_peer=True, effects={RESOURCE: {"_noted": True}})] if wanted else []


def refuse_again(database: Attributes, code: str) -> None:
    """Refuse to restore over a control file that has been mounted already: what an instance that is down at the moment belongs to may be in use.

    :arg code: the module's own for it.
    """
    if database["status"] == "STARTED" and database["_noted"] and database["_source"]["open_mode"]:
        raise Refused("The control file of the source has been restored here and mounted before.", code=code,
                      hint="Mount it (ALTER DATABASE MOUNT, or module placeholder). To begin from nothing set migration_run to a new number.")


def refuse_another(database: Attributes, code: str) -> None:
    """Refuse where another database than the source's is mounted, or could not be, for the names of the instance.

    :arg code: the module's own for it.
    """
    source = database["_source"]
    if mounted(database):
        if source["dbid"] and database["dbid"] != source["dbid"]:
            raise Refused("The database that is mounted here is another one: its DBID is {0}, that of the source {1}.".format(
                database["dbid"], source["dbid"]), code=code, hint="Make room for the source's first (module placeholder).")
        return
    findings = []
    if _differ(source["name"], database["name"]):
        findings.append((code, "DB_NAME of this instance is {0}, that of the source {1}: its control file could not be mounted (ORA-01103).".format(
            database["name"], source["name"]), "Start the instance with DB_NAME of the source (module placeholder)."))
    if source["db_unique_name"] and database["db_unique_name"] and not _differ(source["db_unique_name"], database["db_unique_name"]):
        findings.append((code, "DB_UNIQUE_NAME of this instance and of the source are both {0}.".format(source["db_unique_name"]),
                         "Give the instance a DB_UNIQUE_NAME of its own (module placeholder)."))
    refuse(findings)


def _differ(name: t.Optional[str], other: t.Optional[str]) -> bool:
    return bool(name and other) and str(name).upper() != str(other).upper()


def progress(state: State) -> t.Dict[str, t.Any]:
    """Files and bytes that are there, of all."""
    found = files(state)
    done = [one for one in found.values() if one["restored"]]
    total, moved = sum(one["bytes"] or 0 for one in found.values()), sum(one["bytes"] or 0 for one in done)
    return {"done": len(done), "of": len(found), "bytes": moved, "of_bytes": total,
            "percent": 100.0 if found and len(done) == len(found) else round(100.0 * moved / total, 1) if total else 0.0}

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The package DBMS_DATAPUMP: defining, starting, stopping and watching jobs (documented).

The real package keeps the details of an error for GET_STATUS, whose object types are not simulated; here they follow
the error itself, in the order in which expdp and impdp print them.
"""
from __future__ import annotations

import dataclasses
import itertools
import os
import re
from collections.abc import Callable
from typing import Any

from oralab.engine import links
from oralab.errors import OraError, not_simulated
from oralab.packages.datapump import dumpfile, filters, load, master, network, paths, unload
from oralab.packages.datapump.job import DumpSpec, Job, jobs, server_session
from oralab.packages.datapump.parameters import PARAMETERS
from oralab.packages.datapump.scope import NameFilter, Scope
from oralab.packages.directories import Denied, Missing, path_of
from oralab.packages.registry import Package, Param
from oralab.storage import asm

DUMP_FILE, BAD_FILE, LOG_FILE, SQL_FILE = 1, 2, 3, 4
DBMS_DATAPUMP = Package("DBMS_DATAPUMP", constants={
    "KU$_FILE_TYPE_DUMP_FILE": DUMP_FILE, "KU$_FILE_TYPE_BAD_FILE": BAD_FILE, "KU$_FILE_TYPE_LOG_FILE": LOG_FILE,
    "KU$_FILE_TYPE_SQL_FILE": SQL_FILE, "KU$_COMPRESS_NONE": 1, "KU$_COMPRESS_METADATA": 2,
    "KU$_DATAOPT_SKIP_CONST_ERR": 1, "KU$_DATAOPT_XMLTYPE_CLOB": 2, "KU$_DATAOPT_NOTYPE_EVOL": 4,
    "KU$_DATAOPT_DISABL_APPEND_HINT": 8, "KU$_TTS_CLOSURE_CHECK_ON": 1, "KU$_TTS_CLOSURE_CHECK_OFF": 2,
    "KU$_TTS_CLOSURE_CHECK_FULL": 4, "KU$_TTS_CLOSURE_CHECK_TEST": 8, "KU$_TTS_NEVER": 1, "KU$_TTS_ALWAYS": 2,
    "KU$_TTS_KEEP_READ_ONLY": 4, "KU$_TTS_NO_BITMAP_REBLD": 8})
HANDLE = Param("handle", "NUMBER")
FULL_ROLES = {"EXPORT": {"DATAPUMP_EXP_FULL_DATABASE", "EXP_FULL_DATABASE"},
              "IMPORT": {"DATAPUMP_IMP_FULL_DATABASE", "IMP_FULL_DATABASE"}}
_handles = itertools.count(1)


def invalid_argument(*details: str) -> OraError:
    return OraError(39001, "invalid argument value", stack=list(details))


def invalid_operation(*details: str) -> OraError:
    return OraError(39002, "invalid operation", stack=list(details))


class _Attachments(dict[int, Job]):
    """The jobs that a session has handles of."""


def _attachments(session: Any) -> _Attachments:
    found: _Attachments = session.package_state.setdefault("DBMS_DATAPUMP", _Attachments())
    return found


def _attach(session: Any, job: Job) -> int:
    handle = next(_handles)
    _attachments(session)[handle] = job
    job.attached.add(session)
    return handle


def _job(session: Any, handle: int | None) -> Job:
    """The job behind a handle; ORA-31623 for any other number, and when the job's instance is gone."""
    job = _attachments(session).get(int(handle)) if handle is not None else None
    if job is None or job.gone or job.orphaned:
        raise OraError(31623, "a job is not attached to this session via the specified handle")
    return job


def _defining(session: Any, handle: int | None) -> Job:
    """A job that may still be changed; ORA-39004 once it was started."""
    job = _job(session, handle)
    if job.state != "DEFINING":
        raise OraError(39004, "invalid state")
    return job


def _privileged(session: Any, operation: str) -> bool:
    """Whether the session holds the role that opens the whole database to the operation."""
    return session.user == "SYS" or bool(FULL_ROLES[operation] & set(session.roles))


@DBMS_DATAPUMP.routine("OPEN", [
    Param("operation"), Param("job_mode"), Param("remote_link", default=None), Param("job_name", default=None),
    Param("version", default="COMPATIBLE"), Param("compression", "NUMBER", default=2)], returns="NUMBER")
def open_job(session: Any, operation: str | None, job_mode: str | None, remote_link: str | None, job_name: str | None,
             version: str | None, compression: int | None) -> int:
    """A new job in state DEFINING, attached to the session; its master table stands in the session user's schema."""
    operation, mode = (operation or "").upper(), (job_mode or "").upper()
    if operation == "SQL_FILE":
        raise not_simulated("SQL_FILE jobs of DBMS_DATAPUMP")
    if operation not in FULL_ROLES:
        raise invalid_argument(f"ORA-39207: Value {operation or 'NULL'} is invalid for parameter OPERATION.")
    if mode not in paths.ROOTS:
        raise invalid_argument(f"ORA-39020: invalid mode type {mode or 'NULL'}")
    database, user = session.database, session.user
    privileged = _privileged(session, operation)
    if not privileged and mode == "FULL" and operation == "IMPORT":
        raise not_simulated("a full import that takes only the importing user's own objects")
    if not privileged and mode in ("FULL", "TRANSPORTABLE"):
        detail = "39161: Full database jobs" if mode == "FULL" else "39162: Transportable tablespace job"
        raise OraError(31631, "privileges are required", stack=[f"ORA-{detail} require privileges"])
    link = links.spelt(remote_link) if remote_link else ""
    if link:
        network.check(session, operation, link, privileged)
    known = jobs(database)
    name = (master.job_name(job_name, database.release) if job_name
            else master.default_name(database.catalog, user, operation, mode))
    if known.get(user, name) or master.find(database.catalog, user, name):
        raise OraError(31634, "job already exists")
    job = Job(database, user, name, operation, mode, version or "COMPATIBLE", Scope(mode, user, privileged), link=link)
    known.add(job)
    try:
        autonomous = server_session(database, user, "DM00", name)
        try:
            master.create(autonomous, user, name, operation, mode)
        finally:
            autonomous.close()
    except OraError:
        known.forget(job)
        raise
    job.state = "DEFINING"
    return _attach(session, job)


@DBMS_DATAPUMP.routine("ATTACH", [Param("job_name", default=None), Param("job_owner", default=None)], returns="NUMBER")
def attach(session: Any, job_name: str | None, job_owner: str | None) -> int:
    """Attach to a job; one that does not run comes back in state IDLING, to be stopped for good.

    ORA-31626 when there is none, ORA-31631 for another user's without the privileges (documented).
    """
    owner = (job_owner or session.user).strip('"')
    known = jobs(session.database)
    if job_name is None:
        mine = [job for job in known.known() if job.owner == owner]
        if len(mine) != 1:
            raise OraError(31630, f"a job name is required to attach a job for user {owner}")
        name = mine[0].name
    else:
        name = master.job_name(job_name, session.database.release)
    table = master.find(session.database.catalog, owner, name)
    job = known.get(owner, name)
    if table is None:
        raise OraError(31626, "job does not exist")
    operation, mode = master.describes(table)
    if owner != session.user and not _privileged(session, operation):
        raise OraError(31631, "privileges are required")
    if job is None:
        job = Job(session.database, owner, name, operation, mode, "COMPATIBLE", Scope(mode, owner, True))
        job.state = "IDLING"
        known.add(job)
    return _attach(session, job)


@DBMS_DATAPUMP.routine("DETACH", [HANDLE])
def detach(session: Any, handle: int) -> None:
    """Give the handle up. A job that was never started ends with its definition; a running one runs on (documented)."""
    job = _job(session, handle)
    del _attachments(session)[int(handle)]
    if job not in _attachments(session).values():
        job.attached.discard(session)
    if not job.attached and job.state in ("DEFINING", "IDLING"):
        if job.state == "DEFINING":
            _remove(job)
        jobs(job.database).forget(job)


def _remove(job: Job) -> None:
    session = server_session(job.database, job.owner, "DM00", job.name)
    try:
        job.remove(session)
    finally:
        session.close()
    for path in job.made:
        asm.remove(path)


def _placed(job: Job, path: str) -> None:
    """A dump file in a disk group gets a file of ASM's under its name. ORA-39000 over ORA-31641."""
    try:
        if asm.is_asm(path) and not asm.exists(path):
            asm.place(path, "DUMPSET", job.owner, job.database.spec.db_unique_name)
    except OraError as error:
        raise OraError(39000, "bad dump file specification", stack=[
            f'ORA-31641: unable to create dump file "{path}"', *error.text.split("\n")]) from None


def _path(session: Any, directory: str | None, filename: str | None, privilege: str, extension: str) -> str:
    """Path of a file in a directory object. ORA-39144, 39145, 39088, 39087."""
    if not filename:
        raise invalid_argument("ORA-39144: file name parameter must be specified and non-null")
    if not directory:
        raise invalid_argument("ORA-39145: directory object parameter must be specified and non-null")
    if "/" in filename or "\0" in filename:
        raise invalid_argument("ORA-39088: file name cannot contain a path specification")
    try:
        path = path_of(session, directory, privilege)
    except (Missing, Denied):
        raise invalid_argument(f"ORA-39087: directory name {directory} is invalid") from None
    return os.path.join(path, filename if "." in filename else filename + extension)


def _bytes(text: str | None) -> int | None:
    """FILESIZE: a number, K, M, G or T after it; ORA-31618 when too small for a dump file."""
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d+)\s*([KMGT]?)B?\s*", str(text), re.I)
    if match is None:
        raise invalid_argument(f"ORA-39207: Value {text} is invalid for parameter FILESIZE.")
    size = int(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " ")
    if 0 < size < dumpfile.MINIMUM:
        raise invalid_argument("ORA-39000: bad dump file specification", "ORA-31618: dump file size too small")
    return size or None


@DBMS_DATAPUMP.routine("ADD_FILE", [
    HANDLE, Param("filename"), Param("directory", default=None), Param("filesize", default=None),
    Param("filetype", "NUMBER", default=DUMP_FILE), Param("reusefile", "NUMBER", default=None)])
def add_file(session: Any, handle: int, filename: str | None, directory: str | None, filesize: str | None,
             filetype: int | None, reusefile: int | None) -> None:
    """A dump or log file of the job. An export makes its dump file here already, unless its name has a %U."""
    job = _defining(session, handle)
    if filetype == LOG_FILE:
        job.log_path = _path(session, directory, filename, "WRITE", ".log")
        return
    if filetype != DUMP_FILE:
        raise invalid_argument(f"ORA-39030: invalid file type {filetype}")
    if job.link:
        raise not_simulated("a dump file of an import through a database link")
    exporting = job.operation == "EXPORT"
    spec = DumpSpec(_path(session, directory, filename, "WRITE" if exporting else "READ", ".dmp"),
                    _bytes(filesize), bool(reusefile))
    unknown = re.search(r"%[^U]?", spec.path.replace("%U", ""))
    if unknown:
        raise invalid_argument(f'ORA-39124: dump file name "{filename}" contains an invalid substitution variable')
    try:
        if exporting and not spec.template:
            _placed(job, spec.path)
            dumpfile.create(spec.path, spec.reuse).close()
            job.made.append(spec.path)
        elif not exporting:
            dumpfile.verify(spec.expand(1))
    except OraError as error:
        raise error.under(39001, "invalid argument value") from error
    job.dumps.append(spec)


@DBMS_DATAPUMP.routine("SET_PARALLEL", [HANDLE, Param("degree", "NUMBER")])
def set_parallel(session: Any, handle: int, degree: int | None) -> None:
    """Worker processes; transportable jobs have one (documented until 19c)."""
    job = _job(session, handle)
    if degree is None or degree < 1:
        raise invalid_argument(f"ORA-39206: A parallel degree of {degree} is invalid.")
    if job.mode == "TRANSPORTABLE" and degree > 1:
        raise invalid_operation("ORA-39047: Jobs of type TRANSPORTABLE cannot use multiple execution streams.")
    job.degree = int(degree)


@DBMS_DATAPUMP.routine("SET_PARAMETER", [HANDLE, Param("name"), Param("value")])
def set_parameter(session: Any, handle: int, name: str | None, value: str | None) -> None:
    """One of ``PARAMETERS``. ORA-39001 over ORA-39049 (unknown), 39208 (of other jobs), 39207 (value)."""
    job = _defining(session, handle)
    word = (name or "").upper()
    parameter = PARAMETERS.get(word)
    if parameter is None or job.database.release == "12.1" and parameter.since == "19":
        raise invalid_argument(f"ORA-39049: invalid parameter name {name}")
    if job.operation not in parameter.operations or job.mode not in parameter.modes:
        raise invalid_argument(f"ORA-39208: Parameter {word} is invalid for {job.operation} jobs.")
    if parameter.not_simulated:
        raise not_simulated(f"Data Pump parameter {word}")
    converted = parameter.convert(value)
    newer = word == "TRANSPORTABLE" and job.database.release == "12.1" and {"KEEP_READ_ONLY", "NO_BITMAP_REBUILD"}
    if converted is None or newer and newer & converted:
        raise invalid_argument(f"ORA-39207: Value {value} is invalid for parameter {word}.")
    if word == "TABLESPACE_DATAFILE":
        job.datafiles.append(converted)
    else:
        job.parameters[word] = converted
    if word == "KEEP_MASTER":
        job.keep_master = bool(converted)


_PATH_FILTERS = {"INCLUDE_PATH_EXPR", "INCLUDE_PATH_LIST", "EXCLUDE_PATH_EXPR", "EXCLUDE_PATH_LIST"}
_NAME_FILTERS = {f"{sign}NAME_{kind}" for sign in ("", "INCLUDE_", "EXCLUDE_") for kind in ("EXPR", "LIST")}
_OTHER_FILTERS = {"SCHEMA_EXPR", "SCHEMA_LIST", "TABLESPACE_EXPR", "TABLESPACE_LIST"}
_FOREIGN_FILTERS = {"VIEWS_AS_TABLES", "EXCLUDE_TABLES", "BEGIN_WITH", "BEGIN_AFTER", "END_BEFORE", "END_WITH"}


@DBMS_DATAPUMP.routine("METADATA_FILTER", [
    HANDLE, Param("name"), Param("value", "CLOB"), Param("object_path", default=None),
    Param("object_type", default=None)])
def metadata_filter(session: Any, handle: int, name: str | None, value: str | None, object_path: str | None,
                    object_type: str | None) -> None:
    """Restrict the job to some objects; several filters are combined by AND.

    ORA-39001 over ORA-39036 (unknown filter), 39037 and 39038 (object path), 39071 (no condition); ORA-39109 for
    another schema without the privileges.
    """
    job = _defining(session, handle)
    word = (name or "").upper()
    path = object_path or object_type
    if word in _FOREIGN_FILTERS:
        raise not_simulated(f"metadata filter {word}")
    if word not in _PATH_FILTERS | _NAME_FILTERS | _OTHER_FILTERS:
        raise invalid_argument(f"ORA-39036: invalid metadata filter name {name}")
    if path is not None and word not in _NAME_FILTERS:
        raise invalid_argument(f"ORA-39037: Object type path not supported for {word} metadata filter.")
    if path is not None and not any(paths.known(mode, path) for mode in _trees(job)):
        raise invalid_argument(f'ORA-39038: Object path "{path}" is not supported for {job.mode} jobs.')
    if not value:
        raise invalid_argument("ORA-31660: metadata filter name can not be NULL")
    condition = filters.condition(word, value)
    scope = job.scope
    if word in _NAME_FILTERS:
        scope.names.append(NameFilter(condition, path, word.startswith("EXCLUDE")))
    elif word in _PATH_FILTERS:
        (scope.include if word.startswith("INCLUDE") else scope.exclude).append(condition)
    elif word.startswith("TABLESPACE"):
        if job.mode == "TRANSPORTABLE" and job.operation == "IMPORT" and not job.link:
            raise invalid_argument("ORA-39204: No subsetting of tablespaces is allowed for transportable import.")
        scope.tablespaces.append(condition)
    else:
        if not scope.privileged and (condition.negative or set(condition.literals) != {session.user}):
            raise OraError(31631, "privileges are required", stack=[
                "ORA-39109: Unprivileged users may not operate upon other users' schemas"])
        scope.schemas.append(condition)


def _trees(job: Job) -> list[str]:
    """Modes whose paths a filter of the job may use: an import may read a dump of another mode."""
    return [job.mode] if job.operation == "EXPORT" else list(paths.ROOTS)


@DBMS_DATAPUMP.routine("METADATA_REMAP", [
    HANDLE, Param("name"), Param("old_value"), Param("value"), Param("object_type", default=None)])
def metadata_remap(session: Any, handle: int, name: str | None, old_value: str | None, value: str | None,
                   object_type: str | None) -> None:
    """New names at import. ORA-39001 over ORA-39045 (unknown), 39046 (given twice); ORA-39122 without privileges."""
    job = _defining(session, handle)
    word = (name or "").upper()
    if word not in ("REMAP_SCHEMA", "REMAP_TABLESPACE", "REMAP_DATAFILE", "REMAP_TABLE"):
        raise invalid_argument(f"ORA-39045: invalid metadata remap name {name}")
    if job.operation != "IMPORT" or not old_value or not value:
        raise invalid_argument(f"ORA-39208: Parameter {word} is invalid for {job.operation} jobs.")
    if not job.scope.privileged and word in ("REMAP_SCHEMA", "REMAP_DATAFILE"):
        raise OraError(31631, "privileges are required", stack=[
            f"ORA-39122: Unprivileged users may not perform {word} remappings."])
    field = {"REMAP_SCHEMA": "schemas", "REMAP_TABLESPACE": "tablespaces", "REMAP_DATAFILE": "files",
             "REMAP_TABLE": "tables"}[word]
    key: Any = old_value
    if word == "REMAP_TABLE":
        owner, _, table = old_value.rpartition(".")
        key = (owner, table)
    known = dict(getattr(job.remap, field))
    if key in known:
        raise invalid_argument(f"ORA-39046: Metadata remap {word} has already been specified.")
    job.remap = dataclasses.replace(job.remap, **{field: {**known, key: value}})


_TRANSFORMS = {"SEGMENT_ATTRIBUTES": "segment_attributes", "STORAGE": "storage", "TABLESPACE": "tablespace"}
_WITHOUT_EFFECT = ("OID", "DISABLE_ARCHIVE_LOGGING")
"""Type identifiers and logging of the load make no difference that the lab could show."""
_FOREIGN_TRANSFORMS = ("PCTSPACE", "LOB_STORAGE", "TABLE_COMPRESSION_CLAUSE", "SEGMENT_CREATION", "INMEMORY",
                       "INMEMORY_CLAUSE", "OMIT_ENCRYPTION_CLAUSE")


@DBMS_DATAPUMP.routine("METADATA_TRANSFORM", [
    HANDLE, Param("name"), Param("value"), Param("object_type", default=None)])
def metadata_transform(session: Any, handle: int, name: str | None, value: str | None, object_type: str | None) -> None:
    """Change the DDL of an import. ORA-39001 over ORA-39042 (unknown), 39043 (object type)."""
    job = _defining(session, handle)
    word = (name or "").upper()
    if word in _FOREIGN_TRANSFORMS or word in _TRANSFORMS and object_type is not None:
        raise not_simulated(f"metadata transform {word}" + (" by object type" if object_type else ""))
    if word not in _TRANSFORMS and word not in _WITHOUT_EFFECT:
        raise invalid_argument(f"ORA-39042: invalid transform name {name}")
    if value not in ("0", "1"):
        raise invalid_argument(f"ORA-39207: Value {value} is invalid for parameter {word}.")
    if word in _TRANSFORMS:
        job.transform = dataclasses.replace(job.transform, **{_TRANSFORMS[word]: value == "1"})


@DBMS_DATAPUMP.routine("DATA_FILTER", [
    HANDLE, Param("name"), Param("value"), Param("table_name", default=None),
    Param("schema_name", default=None)])
def data_filter(session: Any, handle: int, name: str | None, value: str | None, table_name: str | None,
                schema_name: str | None) -> None:
    """INCLUDE_ROWS and SUBQUERY. ORA-39001 over 31658 (schema without a table), 31657 (no name), 39207 (value)."""
    job = _defining(session, handle)
    word = (name or "").upper()
    if schema_name and not table_name:
        raise invalid_argument("ORA-31658: specifying a schema name requires a table name")
    if word in ("SAMPLE", "PARTITION_EXPR", "PARTITION_LIST"):
        raise not_simulated(f"data filter {word}")
    if word == "INCLUDE_ROWS" and value in ("0", "1"):
        job.rows = value == "1"
    elif word == "SUBQUERY" and value:
        if job.mode == "TRANSPORTABLE":
            raise invalid_operation("ORA-39202: Data cannot be filtered or selected in TRANSPORTABLE jobs.")
        job.queries[schema_name or "", table_name or ""] = value
    else:
        raise invalid_argument("ORA-31657: data filter name can not be NULL" if not word else
                               f"ORA-39207: Value {value} is invalid for parameter {word}.")


@DBMS_DATAPUMP.routine("DATA_REMAP", [
    HANDLE, Param("name"), Param("table_name"), Param("column"), Param("remap_function"),
    Param("schema", default=None)])
def data_remap(session: Any, **arguments: Any) -> None:
    raise not_simulated("DBMS_DATAPUMP.DATA_REMAP")


@DBMS_DATAPUMP.routine("LOG_ENTRY", [HANDLE, Param("message"), Param("log_file_only", "NUMBER", default=0)])
def log_entry(session: Any, handle: int, message: str | None, log_file_only: int | None) -> None:
    """A line of the client's in the log file of a job that runs (transcript: between ;;; lines for files alone)."""
    job = _job(session, handle)
    job.log.line(f";;; {message or ''}" if log_file_only else message or "")


_WORK: dict[str, tuple[Callable[[Job, Any], None], Callable[[Job, Any], None]]] = {
    "EXPORT": (unload.prepare, unload.run), "IMPORT": (load.prepare, load.run)}
"""What START_JOB checks in the caller's session, and what then runs in the server."""


@DBMS_DATAPUMP.routine("START_JOB", [
    HANDLE, Param("skip_current", "NUMBER", default=0), Param("abort_step", "NUMBER", default=0),
    Param("cluster_ok", "NUMBER", default=1), Param("service_name", default=None)])
def start_job(session: Any, handle: int, skip_current: int, abort_step: int, cluster_ok: int,
              service_name: str | None) -> None:
    """Start the job in the server: the caller may detach or vanish. What is missing or contradictory is ORA-39002."""
    job = _job(session, handle)
    if job.state == "IDLING":
        if job.mode == "TRANSPORTABLE":
            raise OraError(39025, "jobs of type TRANSPORTABLE are not restartable")
        raise not_simulated("restart of a Data Pump job that was stopped")
    if job.state != "DEFINING":
        raise OraError(39004, "invalid state")
    if abort_step:
        raise not_simulated("ABORT_STEP")
    if not job.dumps and not job.link:
        raise invalid_operation(f"ORA-39053: parameter or attribute FILENAME must be defined for a {job.operation} job")
    prepare, run = _WORK[job.operation]
    prepare(job, session)
    job.start(run)


@DBMS_DATAPUMP.routine("STOP_JOB", [
    HANDLE, Param("immediate", "NUMBER", default=0), Param("keep_master", "NUMBER", default=None),
    Param("delay", "NUMBER", default=60)])
def stop_job(session: Any, handle: int, immediate: int, keep_master: int | None, delay: int) -> None:
    """Stop a job; ``keep_master`` 0 makes that final: master table and, of an export, dump files go (documented)."""
    job = _job(session, handle)
    final = keep_master == 0 or keep_master is None and job.state == "DEFINING"
    if job.state in ("DEFINING", "IDLING"):
        if final:
            _remove(job)
        jobs(job.database).forget(job)
        job.state = "STOPPED"
        job.ended.set()
    elif job.state == "EXECUTING":
        job.drop_when_stopped = final
        job.state = "STOPPING" if immediate else "STOP PENDING"
        job.stopping.set()
        job.ended.wait(delay)
    else:
        raise OraError(39004, "invalid state")
    for number in [number for number, one in _attachments(session).items() if one is job]:
        del _attachments(session)[number]
    job.attached.discard(session)


@DBMS_DATAPUMP.routine("WAIT_FOR_JOB", [HANDLE, Param("job_state", mode="OUT")])
def wait_for_job(session: Any, handle: int, job_state: None) -> dict[str, str]:
    """Wait until the job completes or stops for any reason, then detach (documented)."""
    job = _job(session, handle)
    if job.state in ("DEFINING", "IDLING"):
        raise OraError(39004, "invalid state")
    while not job.ended.wait(0.05):
        if session.cancelled():
            raise OraError(1013, "user requested cancel of current operation")
    del _attachments(session)[int(handle)]
    job.attached.discard(session)
    return {"job_state": job.state}

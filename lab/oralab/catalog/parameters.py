# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initialization parameters: what the instance runs with and what the spfile says.

The table below holds the parameters that a migration reads or sets (documented types, defaults and modifiability); any other
documented parameter is unknown here and ALTER SYSTEM answers ORA-02065. Hidden parameters are those of ``HIDDEN``; they may be set
when quoted, in the spfile only, and appear in V$PARAMETER once the instance was started with them (documented in practice).
"""
from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterator

from oralab.catalog import redo_destinations
from oralab.catalog.spec import DatabaseSpec
from oralab.errors import OraError

BOOLEAN, STRING, INTEGER, FILE, BIG_INTEGER = 1, 2, 3, 4, 6
_TYPES = {"b": BOOLEAN, "s": STRING, "i": INTEGER, "f": FILE, "B": BIG_INTEGER}
_CHANGES = {"i": "IMMEDIATE", "d": "DEFERRED", "-": "FALSE"}


@dataclasses.dataclass(slots=True, frozen=True)
class Parameter:
    """``modifiable`` is ISSYS_MODIFIABLE; ``session`` ISSES_MODIFIABLE; ``pdb`` ISPDB_MODIFIABLE."""

    name: str
    number: int
    type: int
    default: str
    session: bool
    modifiable: str
    pdb: bool


_TABLE = """
processes i - - - 300
sessions i - d p 472
cpu_count i - i p 2
resource_manager_plan s - i p
sga_max_size B - - - 1073741824
sga_target B - i p 1073741824
memory_target B - i - 0
memory_max_target B - - - 0
pga_aggregate_target B - i p 268435456
pga_aggregate_limit B - i p 2147483648
shared_pool_size B - i p 0
large_pool_size B - i - 0
java_pool_size B - i - 0
streams_pool_size B - i - 0
db_cache_size B - i p 0
db_2k_cache_size B - i p 0
db_4k_cache_size B - i p 0
db_8k_cache_size B - i p 0
db_16k_cache_size B - i p 0
db_32k_cache_size B - i p 0
nls_language s s - p AMERICAN
nls_territory s s - p AMERICA
nls_sort s s - p
nls_date_language s s - p
nls_date_format s s - p
nls_currency s s - p
nls_numeric_characters s s - p
nls_iso_currency s s - p
nls_calendar s s - p
nls_timestamp_format s s - p
nls_timestamp_tz_format s s - p
nls_comp s s - p BINARY
nls_length_semantics s s i p BYTE
nls_nchar_conv_excp s s i p FALSE
control_files f - - -
control_file_record_keep_time i - i - 7
db_block_size i - - - 8192
db_name s - - -
db_unique_name s - - -
db_domain s - - p
instance_name s - - -
instance_number i - - - 0
service_names s - i -
local_listener s - i p
remote_listener s - i -
listener_networks s - i -
cluster_database b - - - FALSE
cluster_database_instances i - - - 1
thread i - - - 0
undo_management s - - - AUTO
undo_tablespace s - i p UNDOTBS1
undo_retention i - i p 900
temp_undo_enabled b s i p FALSE
compatible s - - -
open_cursors i - i p 300
session_cached_cursors i s d p 50
cursor_sharing s s i p EXACT
optimizer_mode s s i p ALL_ROWS
optimizer_features_enable s s i p
optimizer_adaptive_plans b s i p TRUE
statistics_level s s i p TYPICAL
timed_statistics b s i p TRUE
db_files i - - - 200
db_create_file_dest s s i p
db_create_online_log_dest_1 s s i p
db_create_online_log_dest_2 s s i p
db_recovery_file_dest s - i -
db_recovery_file_dest_size B - i - 0
db_flashback_retention_target i - i - 1440
log_archive_start b - - - FALSE
log_archive_dest s - i -
log_archive_dest_# s s i -
log_archive_dest_state_# s s i - enable
log_archive_format s - - - %t_%s_%r.dbf
log_archive_max_processes i - i - 4
log_archive_config s - i -
log_archive_min_succeed_dest i s i - 1
log_buffer B - - - 8192000
log_checkpoint_timeout i - i - 1800
fast_start_mttr_target i - i - 0
standby_file_management s - i - MANUAL
dg_broker_start b - i - FALSE
dg_broker_config_file1 s - i -
dg_broker_config_file2 s - i -
fal_server s - i -
fal_client s - i -
db_file_name_convert s - - -
log_file_name_convert s - - -
remote_login_passwordfile s - - - EXCLUSIVE
remote_os_authent b - - - FALSE
os_authent_prefix s - - - ops$
global_names b s i p FALSE
open_links i - - - 4
enable_goldengate_replication b - i - FALSE
job_queue_processes i - i p 1000
aq_tm_processes i - i p 1
parallel_max_servers i - i p 20
parallel_degree_policy s s i p MANUAL
recyclebin s s d p on
resumable_timeout i s i p 0
deferred_segment_creation b s i p TRUE
ddl_lock_timeout i s i p 0
sec_case_sensitive_logon b - i - TRUE
sec_max_failed_login_attempts i - - - 3
resource_limit b - i p TRUE
audit_trail s - - - DB
audit_file_dest s - d -
audit_sys_operations b - - - TRUE
unified_audit_sga_queue_size i - - - 1048576
diagnostic_dest s - i -
background_dump_dest s - i -
user_dump_dest s - i -
max_dump_file_size s s i p unlimited
utl_file_dir s - - -
spfile s - - -
pdb_file_name_convert s s i p
pdb_os_credential s - - p
enable_pluggable_database b - - - FALSE
max_string_size s - i p STANDARD
max_pdbs i - i p 4098
noncdb_compatible b - - - FALSE
common_user_prefix s - - - C##
wallet_root s - - -
tde_configuration s - i p
encrypt_new_tablespaces s - i p CLOUD_ONLY
tablespace_encryption_default_algorithm s - i p AES128
db_securefile s s i p PREFERRED
db_block_checking s s i p FALSE
db_block_checksum s - i - TYPICAL
db_lost_write_protect s s i p NONE
db_writer_processes i - - - 1
disk_asynch_io b - - - TRUE
filesystemio_options s - - - none
plsql_code_type s s i p INTERPRETED
plsql_optimize_level i s i p 2
plscope_settings s s i p IDENTIFIERS:NONE
read_only_open_delayed b - - - FALSE
query_rewrite_enabled s s i p TRUE
smtp_out_server s - i p
sql92_security b - - - TRUE
star_transformation_enabled s s i p FALSE
trace_enabled b - i - TRUE
transactions i - - - 519
xml_db_events s s i p enable
inmemory_size B - i p 0
inmemory_query s s i p ENABLE
result_cache_max_size B - i p 5373952
control_management_pack_access s - i - DIAGNOSTIC+TUNING
"""
HIDDEN = {
    "_log_parallelism_max": (INTEGER, "2", "Maximum number of log buffer strands"),
    "_log_parallelism": (INTEGER, "1", "Number of log buffer strands"),
    "_log_parallelism_dynamic": (BOOLEAN, "TRUE", "Enable dynamic strands"),
    "_allow_resetlogs_corruption": (BOOLEAN, "FALSE", "allow resetlogs even if it will cause corruption"),
    "_disable_logging": (BOOLEAN, "FALSE", "Disable logging"),
    "_log_io_size": (INTEGER, "0", "automatically initiate log write if this many redo blocks in buffer"),
    "_optimizer_use_feedback": (BOOLEAN, "TRUE", "optimizer use feedback"),
    "_small_table_threshold": (INTEGER, "1200", "lower threshold level of table size for direct reads"),
}
"""Type, default and description. V$PARAMETER has a row only of one that the instance was started with; X$KSPPI, which SYS sees, has all."""
SINCE_19 = {"optimizer_adaptive_plans", "max_pdbs", "wallet_root", "tde_configuration", "encrypt_new_tablespaces",
            "tablespace_encryption_default_algorithm"}
ONLY_BEFORE_19 = {"utl_file_dir"}


def _parse() -> dict[str, Parameter]:
    """A name with ``#`` is that of 31 parameters."""
    found: dict[str, Parameter] = {}
    for line in _TABLE.strip().splitlines():
        name, type_, session, change, pdb, *default = line.split(None, 5)
        for one in [name.replace("#", str(place)) for place in range(1, 32)] if "#" in name else [name]:
            found[one] = Parameter(one, 20 + len(found), _TYPES[type_], " ".join(default), session == "s", _CHANGES[change], pdb == "p")
    return found


PARAMETERS = _parse()


def normal(parameter: Parameter, value: str) -> str:
    """A value as the instance keeps it: sizes in bytes, booleans in capitals. ORA-00922-like refusals are ORA-01078's kin."""
    text = value.strip()
    if parameter.type in (INTEGER, BIG_INTEGER):
        match = re.fullmatch(r"(-?\d+)([KMGT]?)", text, re.IGNORECASE)
        if match is None:
            raise OraError(32017, "failure in updating SPFILE", stack=[
                f"ORA-00068: invalid value {text} for parameter {parameter.name}, must be between 0 and 2147483647"])
        return str(int(match[1]) << " KMGT".index(match[2].upper() or " ") * 10)
    if parameter.type == BOOLEAN:
        if text.upper() not in ("TRUE", "FALSE"):
            raise OraError(2248, "invalid option for ALTER SYSTEM")
        return text.upper()
    return text


SGA = ("sga_target", "db_cache_size", "shared_pool_size", "large_pool_size", "java_pool_size", "streams_pool_size", "memory_target")
"""What one instance cannot change in the memory of another (ORA-32018; seen of SGA_TARGET, assumed of its parts)."""
AREA = "db_recovery_file_dest"


def description(name: str) -> str:
    """V$PARAMETER.DESCRIPTION of the hidden parameters below; of others the lab has none."""
    return HIDDEN[name][2] if name in HIDDEN else ""


class ParameterFile:
    """A parameter file: entries by SID (``*`` for all) and name. An spfile is binary (here JSON), a pfile is text."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.entries: dict[tuple[str, str], str] = {}
        self.comments: dict[tuple[str, str], str] = {}

    @classmethod
    def read(cls, path: str) -> ParameterFile:
        """OSError when there is none."""
        made = cls(path)
        with open(path, encoding="utf-8") as file:
            if os.path.basename(path).startswith("spfile"):
                held = json.load(file)
                made.entries = {(sid, name): value for sid, name, value, _ in held}
                made.comments = {(sid, name): comment for sid, name, _, comment in held if comment}
            else:
                for line in file:
                    match = re.fullmatch(r"\s*(?:([^.\s=]+)\.)?([a-z0-9_$]+)\s*=\s*(.*?)\s*", line.split("#")[0], re.IGNORECASE)
                    if match:
                        made.entries[match[1] or "*", match[2].lower()] = match[3].strip("'")
        return made

    def write(self) -> None:
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            if os.path.basename(self.path).startswith("spfile"):
                json.dump([[*key, value, self.comments.get(key, "")] for key, value in sorted(self.entries.items())], file, indent=1)
            else:
                file.writelines(f"{sid}.{name}='{value}'\n" for (sid, name), value in sorted(self.entries.items()))
        os.replace(self.path + ".new", self.path)

    def of(self, sid: str) -> dict[str, str]:
        """What an instance starts with: its own entries come before those of all."""
        return {name: value for wanted in ("*", sid) for (owner, name), value in self.entries.items() if owner == wanted}


def first_file(path: str, spec: DatabaseSpec, directory: str) -> ParameterFile:
    """The parameter file that a database is created with."""
    made = ParameterFile(path)
    first = {"db_name": spec.name, "db_unique_name": spec.db_unique_name, "compatible": spec.compatible, "db_domain": spec.domain,
             "control_files": os.path.join(directory, "control01.ctl"), "db_block_size": str(spec.block_size),
             "nls_language": spec.language, "nls_territory": spec.territory, "diagnostic_dest": os.path.join(directory, "diag"),
             "audit_file_dest": os.path.join(directory, "adump"),
             "enable_pluggable_database": "TRUE" if spec.is_cdb else "FALSE", "undo_tablespace": "UNDOTBS1"}
    if spec.omf:
        first["db_create_file_dest"] = directory
    if spec.instances:
        first["cluster_database"] = "TRUE"
        first["cluster_database_instances"] = str(len(spec.instances))
    made.entries = {("*", name): value for name, value in {**first, **spec.parameters}.items()}
    for number, name in enumerate(spec.instances, 1):
        made.entries[name, "instance_number"] = made.entries[name, "thread"] = str(number)
    made.write()
    return made


class Parameters:
    """Values in the memory of one instance, and the file that it was started with.

    ``spfile``: that file, when it is one; a change in it is a change for all instances that share it.
    """

    def __init__(self, file: ParameterFile, spec: DatabaseSpec, sid: str) -> None:
        self.release = spec.release
        self.sid = sid
        self.spfile = file if os.path.basename(file.path).startswith("spfile") else None
        self.memory: dict[str, str] = {}
        self.modified: set[str] = set()
        """Changed by ALTER SYSTEM since the start (ISMODIFIED)."""
        self.comments: dict[str, str] = {}
        given = file.of(sid)
        self.from_file = set(given)
        derived = {"instance_name": sid, "spfile": file.path if self.spfile else "",
                   "optimizer_features_enable": ".".join(spec.version.split(".")[:3]),
                   "service_names": spec.container_service or spec.default_service, "instance_number": "0", "thread": "0"}
        self.memory = {name: parameter.default for name, parameter in PARAMETERS.items() if self._has(name)}
        self.memory.update(derived)
        for name, value in given.items():
            self.memory[name] = normal(self.known(name), value)

    def _has(self, name: str) -> bool:
        return not (name in SINCE_19 and self.release != "19") and not (name in ONLY_BEFORE_19 and self.release == "19")

    def known(self, name: str) -> Parameter:
        """ORA-02065 for a parameter that the release does not have, hidden ones included."""
        found = PARAMETERS.get(name)
        if found and self._has(name):
            return found
        if name in HIDDEN:
            return Parameter(name, 4000 + list(HIDDEN).index(name), HIDDEN[name][0], HIDDEN[name][1], False, "FALSE", False)
        raise OraError(2065, "illegal option for ALTER SYSTEM")

    def get(self, name: str) -> str:
        """Value in memory; "" where there is none."""
        return self.memory.get(name, "")

    def number(self, name: str) -> int:
        return int(self.get(name) or 0)

    def need_spfile(self) -> ParameterFile:
        """ORA-32001 for an instance that was started with a pfile."""
        if self.spfile is None:
            raise OraError(32001, "write to SPFILE requested but no SPFILE is in use")
        return self.spfile

    def check_memory(self, name: str, value: str, *, deferred: bool) -> str:
        """The value as memory takes it. ORA-02095 static, 02096 deferred only, 02097 over what is wrong with the value."""
        parameter = self.known(name)
        if parameter.modifiable == "FALSE":
            raise OraError(2095, "specified initialization parameter cannot be modified")
        if parameter.modifiable == "DEFERRED" and not deferred:
            raise OraError(2096, "specified initialization parameter is not modifiable with this option")
        stack = []
        if name.startswith(("log_archive_dest_", "log_archive_config")):
            stack = redo_destinations.check(name, value, self.memory)
        elif name == AREA and value:
            if not self.number("db_recovery_file_dest_size"):
                stack = ["ORA-19802: cannot use DB_RECOVERY_FILE_DEST without DB_RECOVERY_FILE_DEST_SIZE"]
            elif not os.path.isdir(value):
                stack = ["ORA-01261: Parameter db_recovery_file_dest destination string cannot be translated",
                         "ORA-01262: Stat failed on a file destination directory", "Linux-x86_64 Error: 2: No such file or directory"]
        if stack:
            raise OraError(2097, "parameter cannot be modified because specified value is invalid", stack=stack)
        return normal(parameter, value)

    def change_memory(self, name: str, value: str, comment: str = "") -> None:
        self.memory[name] = value
        self.modified.add(name)
        self.comments[name] = comment

    def change_spfile(self, name: str, value: str, sid: str, comment: str = "") -> None:
        """ALTER SYSTEM SET ... SCOPE = SPFILE: nothing but the value's type is looked at (documented in practice)."""
        file, text = self.need_spfile(), normal(self.known(name), value)
        file.entries[sid, name] = text
        file.comments[sid, name] = comment
        file.write()

    def reset_spfile(self, name: str, sid: str) -> None:
        """ALTER SYSTEM RESET. ORA-32010 when the spfile has no such entry."""
        file = self.need_spfile()
        self.known(name)
        if (sid, name) not in file.entries:
            raise OraError(32010, "cannot find entry to delete in SPFILE")
        del file.entries[sid, name]
        file.comments.pop((sid, name), None)
        file.write()

    def rows(self) -> Iterator[tuple[Parameter, str]]:
        for name, value in self.memory.items():
            yield self.known(name), value

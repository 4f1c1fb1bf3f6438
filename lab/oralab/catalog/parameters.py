# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initialization parameters: what the instance runs with and what the spfile says.

The table below holds the parameters that a migration reads or sets (documented types, defaults and modifiability); any other
documented parameter is unknown here and ALTER SYSTEM answers ORA-02065. Hidden parameters may be set when quoted, in the
spfile only, and appear in V$PARAMETER once the instance was started with them (documented in practice).
"""
from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterator

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
log_archive_dest_1 s s i -
log_archive_dest_2 s s i -
log_archive_dest_state_1 s s i - enable
log_archive_dest_state_2 s s i - enable
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
SINCE_19 = {"optimizer_adaptive_plans", "max_pdbs", "wallet_root", "tde_configuration", "encrypt_new_tablespaces",
            "tablespace_encryption_default_algorithm"}
ONLY_BEFORE_19 = {"utl_file_dir"}


def _parse() -> dict[str, Parameter]:
    found = {}
    for number, line in enumerate(_TABLE.strip().splitlines(), 20):
        name, type_, session, change, pdb, *default = line.split(None, 5)
        found[name] = Parameter(name, number, _TYPES[type_], " ".join(default), session == "s", _CHANGES[change], pdb == "p")
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


class Parameters:
    """Values of one instance. The spfile is a file of its own in the database's directory."""

    def __init__(self, path: str, release: str) -> None:
        self.path = path
        self.release = release
        self.spfile: dict[str, str] = {}
        self.memory: dict[str, str] = {}
        self.modified: set[str] = set()
        """Changed by ALTER SYSTEM since the start (ISMODIFIED)."""
        self.from_file: set[str] = set()

    def known(self, name: str) -> Parameter:
        """ORA-02065 for a parameter the release does not have; hidden ones are strings changed by a restart."""
        found = PARAMETERS.get(name)
        if found and not (name in SINCE_19 and self.release != "19") and not (name in ONLY_BEFORE_19 and self.release == "19"):
            return found
        if name.startswith("_"):
            return Parameter(name, 4000 + sum(map(ord, name)) % 1000, STRING, "", False, "FALSE", True)
        raise OraError(2065, "illegal option for ALTER SYSTEM")

    @classmethod
    def create(cls, path: str, spec: DatabaseSpec, directory: str) -> Parameters:
        made = cls(path, spec.release)
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
        made.spfile = {**first, **spec.parameters}
        made.write()
        made.start(spec)
        return made

    @classmethod
    def open(cls, path: str, spec: DatabaseSpec) -> Parameters:
        made = cls(path, spec.release)
        with open(path, encoding="utf-8") as file:
            made.spfile = json.load(file)
        made.start(spec)
        return made

    def write(self) -> None:
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump(self.spfile, file, indent=1, sort_keys=True)
        os.replace(self.path + ".new", self.path)

    def start(self, spec: DatabaseSpec) -> None:
        """The instance starts: memory is what the spfile says over the defaults."""
        derived = {"instance_name": spec.instance_name, "spfile": self.path,
                   "optimizer_features_enable": ".".join(spec.version.split(".")[:3]),
                   "service_names": spec.container_service or spec.default_service,
                   "instance_number": "1" if spec.instances else "0", "thread": "1" if spec.instances else "0"}
        self.memory = {name: parameter.default for name, parameter in PARAMETERS.items()
                       if not (name in SINCE_19 and self.release != "19") and not (name in ONLY_BEFORE_19 and self.release == "19")}
        self.memory.update(derived)
        for name, value in self.spfile.items():
            self.memory[name] = normal(self.known(name), value)
        self.from_file = set(self.spfile)
        self.modified = set()

    def get(self, name: str) -> str:
        """Value in memory; "" where there is none."""
        return self.memory.get(name, "")

    def number(self, name: str) -> int:
        return int(self.get(name) or 0)

    def set(self, name: str, value: str, scope: str) -> None:
        """ALTER SYSTEM SET. ORA-02095 for a static parameter in memory, ORA-32017/... for wrong values."""
        parameter = self.known(name)
        text = normal(parameter, value)
        if scope in ("MEMORY", "BOTH") and parameter.modifiable == "FALSE":
            raise OraError(2095, "specified initialization parameter cannot be modified")
        if name == "db_recovery_file_dest" and text and not self.number("db_recovery_file_dest_size"):
            raise OraError(2097, "parameter cannot be modified because specified value is invalid",
                           stack=["ORA-01261: Parameter db_recovery_file_dest destination string cannot be translated",
                                  "ORA-19802: cannot use DB_RECOVERY_FILE_DEST without DB_RECOVERY_FILE_DEST_SIZE"])
        if scope in ("SPFILE", "BOTH"):
            self.spfile[name] = text
            self.write()
        if scope in ("MEMORY", "BOTH"):
            self.memory[name] = text
            self.modified.add(name)

    def reset(self, name: str, scope: str) -> None:
        """ALTER SYSTEM RESET. ORA-32010 when the spfile has no entry."""
        parameter = self.known(name)
        if scope in ("SPFILE", "BOTH"):
            if name not in self.spfile:
                raise OraError(32010, "cannot find entry to delete in SPFILE")
            del self.spfile[name]
            self.write()
        if scope in ("MEMORY", "BOTH") and parameter.modifiable != "FALSE":
            self.memory[name] = parameter.default

    def rows(self) -> Iterator[tuple[Parameter, str]]:
        for name, value in self.memory.items():
            yield self.known(name), value

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instance: version, parameters, properties, options, services, containers, components."""
from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog.dictionary import CONTAINER, OWNER, RowDict, rows, yes
from oralab.catalog.parameters import BIG_INTEGER, HIDDEN, Parameter, description
from oralab.values import Timestamp, Value

if TYPE_CHECKING:
    from oralab.catalog.database import Database

NLS_ORDER = ("NLS_LANGUAGE", "NLS_TERRITORY", "NLS_CURRENCY", "NLS_ISO_CURRENCY", "NLS_NUMERIC_CHARACTERS", "NLS_CALENDAR",
             "NLS_DATE_FORMAT", "NLS_DATE_LANGUAGE", "NLS_SORT", "NLS_TIME_FORMAT", "NLS_TIMESTAMP_FORMAT", "NLS_TIME_TZ_FORMAT",
             "NLS_TIMESTAMP_TZ_FORMAT", "NLS_DUAL_CURRENCY", "NLS_COMP", "NLS_LENGTH_SEMANTICS", "NLS_NCHAR_CONV_EXCP")
AMERICAN = {"NLS_LANGUAGE": "AMERICAN", "NLS_TERRITORY": "AMERICA", "NLS_CURRENCY": "$", "NLS_ISO_CURRENCY": "AMERICA",
            "NLS_NUMERIC_CHARACTERS": ".,", "NLS_CALENDAR": "GREGORIAN", "NLS_DATE_FORMAT": "DD-MON-RR", "NLS_DATE_LANGUAGE": "AMERICAN",
            "NLS_SORT": "BINARY", "NLS_TIME_FORMAT": "HH.MI.SSXFF AM", "NLS_TIMESTAMP_FORMAT": "DD-MON-RR HH.MI.SSXFF AM",
            "NLS_TIME_TZ_FORMAT": "HH.MI.SSXFF AM TZR", "NLS_TIMESTAMP_TZ_FORMAT": "DD-MON-RR HH.MI.SSXFF AM TZR",
            "NLS_DUAL_CURRENCY": "$", "NLS_COMP": "BINARY", "NLS_LENGTH_SEMANTICS": "BYTE", "NLS_NCHAR_CONV_EXCP": "FALSE"}
COMPONENTS = {"CATALOG": "Oracle Database Catalog Views", "CATPROC": "Oracle Database Packages and Types", "XDB": "Oracle XML Database",
              "OWM": "Oracle Workspace Manager", "JAVAVM": "JServer JAVA Virtual Machine", "XML": "Oracle XDK",
              "CATJAVA": "Oracle Database Java Packages", "CONTEXT": "Oracle Text", "ORDIM": "Oracle Multimedia", "SDO": "Spatial",
              "APS": "OLAP Analytic Workspace", "XOQ": "Oracle OLAP API", "OLS": "Oracle Label Security", "DV": "Oracle Database Vault",
              "RAC": "Oracle Real Application Clusters", "APEX": "Oracle Application Express"}
COMPONENT_SCHEMA = {"XDB": "XDB", "OWM": "WMSYS", "CONTEXT": "CTXSYS", "ORDIM": "ORDSYS", "SDO": "MDSYS",
                    "XOQ": "OLAPSYS", "OLS": "LBACSYS",
                    "DV": "DVSYS"}
ENTERPRISE = """Partitioning|Objects|Advanced replication|Bit-mapped indexes|Connection multiplexing|Connection pooling|
Database queuing|Incremental backup and recovery|Instead-of triggers|Parallel backup and recovery|Parallel execution|
Parallel load|Point-in-time tablespace recovery|Fine-grained access control|Proxy authentication/authorization|
Change Data Capture|Plan Stability|Online Index Build|Coalesce Index|Managed Standby|Materialized view rewrite|
Database resource manager|Spatial|Export transportable tablespaces|Transparent Application Failover|
Fast-Start Fault Recovery|Sample Scan|Duplexed backups|Java|OLAP Window Functions|Block Media Recovery|
Fine-grained Auditing|Application Role|Enterprise User Security|Oracle Data Guard|OLAP|Basic Compression|Join index|
Trial Recovery|Advanced Analytics|Online Redefinition|Streams Capture|File Mapping|Block Change Tracking|Flashback Table|
Flashback Database|Transparent Data Encryption|Backup Encryption|Unused Block Compression|Result Cache|SQL Plan Management|
SecureFiles Encryption|Real Application Testing|Flashback Data Archive|DICOM|Active Data Guard|Server Flash Cache|
Advanced Compression|XStream|Deferred Segment Creation|Data Redaction|
Cross Session PL/SQL Function Result Cache""".replace("\n", "").split("|")
NOT_STANDARD = {"Partitioning", "Bit-mapped indexes", "Parallel backup and recovery", "Parallel execution", "Online Index Build",
                "Point-in-time tablespace recovery", "Managed Standby", "Oracle Data Guard", "Export transportable tablespaces",
                "Flashback Database",
                "Flashback Table", "Transparent Data Encryption", "Backup Encryption", "Active Data Guard", "Advanced Compression",
                "Materialized view rewrite", "Fine-grained access control", "Online Redefinition", "Block Change Tracking",
                "OLAP", "Join index",
                "Result Cache", "Deferred Segment Creation", "Data Redaction", "Basic Compression", "Advanced Analytics", "Trial Recovery",
                "Database resource manager", "Real Application Testing", "Block Media Recovery", "SQL Plan Management"}
DIFFERENT = {"Real Application Clusters": False, "Automatic Storage Management": False, "Oracle Label Security": False,
             "Oracle Database Vault": False, "Unified Auditing": False}


@rows("DUAL")
def dual(session: Any, database: Database) -> Iterator[RowDict]:
    yield {"DUMMY": "X"}


def option(database: Database, name: str) -> bool:
    """Whether an option of V$OPTION is there."""
    spec = database.spec
    if name in spec.options:
        return spec.options[name]
    if name == "Real Application Clusters":
        return spec.has_rac
    return DIFFERENT.get(name, spec.edition == "EE" or name not in NOT_STANDARD)


@rows("V$OPTION")
def options(session: Any, database: Database) -> Iterator[RowDict]:
    for name in (*ENTERPRISE, *DIFFERENT):
        yield {"PARAMETER": name, "VALUE": "TRUE" if option(database, name) else "FALSE", "CON_ID": 0}


def banner(database: Database) -> str:
    spec = database.spec
    edition = "Enterprise Edition" if spec.edition == "EE" else "Standard Edition" if spec.release == "12.1" else "Standard Edition 2"
    if spec.release == "12.1":
        return f"Oracle Database 12c {edition} Release {spec.version} - 64bit Production"
    return f"Oracle Database 19c {edition} Release 19.0.0.0.0 - Production"


@rows("V$VERSION")
def version(session: Any, database: Database) -> Iterator[RowDict]:
    text = banner(database)
    if database.release != "12.1":
        yield {"BANNER": text, "BANNER_FULL": f"{text}\nVersion {database.spec.version}", "BANNER_LEGACY": text, "CON_ID": 0}
        return
    number = database.spec.version
    system = database.spec.platform.split()[0]
    for line in (text, f"PL/SQL Release {number} - Production", f"CORE\t{number}\tProduction",
                 f"TNS for {system}: Version {number} - Production",
                 f"NLSRTL Version {number} - Production"):
        yield {"BANNER": line, "CON_ID": 0}


@rows("PRODUCT_COMPONENT_VERSION")
def product_component_version(session: Any, database: Database) -> Iterator[RowDict]:
    product = banner(database).split(" Release")[0] + " "
    number = "19.0.0.0.0" if database.release == "19" else database.spec.version
    yield {"PRODUCT": product, "VERSION": number, "VERSION_FULL": database.spec.version, "STATUS": "Production"}


@rows("V$INSTANCE")
def instance(session: Any, database: Database) -> Iterator[RowDict]:
    spec, here = database.spec, session.instance
    legacy = "19.0.0.0.0" if spec.release == "19" else spec.version
    parallel = here.is_parallel
    log = database.attributes.log_mode if here.state in ("MOUNTED", "OPEN") else "NOARCHIVELOG"
    yield {"INST_ID": here.number, "INSTANCE_NUMBER": here.number, "INSTANCE_NAME": here.name, "HOST_NAME": spec.host, "VERSION": legacy,
           "VERSION_LEGACY": legacy, "VERSION_FULL": spec.version, "STARTUP_TIME": here.started,
           "STATUS": "OPEN MIGRATE" if database.upgrade_mode and here.state == "OPEN" else here.state,
           "PARALLEL": yes(parallel), "THREAD#": here.thread, "ARCHIVER": "STARTED" if log == "ARCHIVELOG" else "STOPPED",
           "LOGINS": "RESTRICTED" if database.restricted else "ALLOWED", "SHUTDOWN_PENDING": "NO", "DATABASE_STATUS": "ACTIVE",
           "INSTANCE_ROLE": "PRIMARY_INSTANCE" if here.state != "STARTED" else "UNKNOWN", "ACTIVE_STATE": "NORMAL", "BLOCKED": "NO",
           "INSTANCE_MODE": "REGULAR", "EDITION": spec.edition, "DATABASE_TYPE": "RAC" if parallel else "SINGLE", "CON_ID": 0}


# --- parameters ---

def _display(parameter: Parameter, value: str) -> str:
    if parameter.type == BIG_INTEGER and value.isdigit() and int(value):
        number = int(value)
        for unit in ("", "K", "M", "G"):
            if number % 1024 or unit == "G":
                return f"{number}{unit}"
            number //= 1024
    return value


def _parameter_rows(session: Any, session_values: dict[str, str]) -> Iterator[RowDict]:
    parameters = session.instance.parameters
    for parameter, system in parameters.rows():
        value: Value = session_values.get(parameter.name, system) or None
        shown = _display(parameter, str(value)) if value else None
        yield {
            "NUM": parameter.number, "NAME": parameter.name, "TYPE": parameter.type, "VALUE": value, "DISPLAY_VALUE": shown,
            "DEFAULT_VALUE": parameter.default or None, "ISDEFAULT": "FALSE" if parameter.name in parameters.from_file else "TRUE",
            "ISSES_MODIFIABLE": "TRUE" if parameter.session else "FALSE", "ISSYS_MODIFIABLE": parameter.modifiable,
            "ISPDB_MODIFIABLE": "TRUE" if parameter.pdb else "FALSE",
            "ISINSTANCE_MODIFIABLE": "TRUE" if parameter.modifiable != "FALSE" else "FALSE",
            "ISMODIFIED": "MODIFIED" if parameter.name in session_values else
            "SYSTEM_MOD" if parameter.name in parameters.modified else "FALSE",
            "ISADJUSTED": "FALSE", "ISDEPRECATED": "FALSE", "ISBASIC": "FALSE", "HASH": parameter.number,
            "DESCRIPTION": description(parameter.name) or None, "UPDATE_COMMENT": parameters.comments.get(parameter.name) or None}


@rows("V$PARAMETER", "V$PARAMETER2")
def parameter(session: Any, database: Database) -> Iterator[RowDict]:
    nls = {name.lower(): str(value) for name, value in getattr(session, "nls", {}).items()}
    return _parameter_rows(session, {name: value for name, value in nls.items()
                                     if session.instance.parameters.memory.get(name) not in (None, "", value)})


@rows("V$SYSTEM_PARAMETER", "V$SYSTEM_PARAMETER2")
def system_parameter(session: Any, database: Database) -> Iterator[RowDict]:
    return _parameter_rows(session, {})


@rows("V$SPPARAMETER")
def spparameter(session: Any, database: Database) -> Iterator[RowDict]:
    kinds = {1: "boolean", 2: "string", 3: "integer", 4: "string", 6: "big integer"}
    """Entries by SID. Without an spfile every row says so (documented: ISSPECIFIED is FALSE)."""
    parameters = session.instance.parameters
    kinds, file = {1: "boolean", 2: "string", 3: "integer", 4: "string", 6: "big integer"}, parameters.spfile
    entries = file.entries if file else {}
    for name in parameters.memory:
        if not any(named == name for _, named in entries):
            yield {"SID": "*", "NAME": name, "TYPE": kinds[parameters.known(name).type], "ISSPECIFIED": "FALSE", "ORDINAL": 0}
    for (sid, name), value in sorted(entries.items()):
        yield {"SID": sid, "NAME": name, "TYPE": kinds[parameters.known(name).type], "VALUE": value or None, "DISPLAY_VALUE": value or None,
               "ISSPECIFIED": "TRUE", "ORDINAL": 1, "UPDATE_COMMENT": (file.comments.get((sid, name)) if file else None) or None}


def _fixed(session: Any) -> Iterator[tuple[int, Parameter, str]]:
    """Every parameter in memory, and the hidden ones with their defaults."""
    parameters = session.instance.parameters
    values = {**{name: default for name, (_, default, _) in HIDDEN.items()}, **parameters.memory}
    for index, name in enumerate(sorted(values)):
        yield index, parameters.known(name), values[name]


@rows("X$KSPPI")
def ksppi(session: Any, database: Database) -> Iterator[RowDict]:
    """Names and flags of parameters; ISSYS_MODIFIABLE is in bits 16 and 17 of the flags (known to DBAs)."""
    flags = {"IMMEDIATE": 1, "DEFERRED": 2, "FALSE": 0}
    for index, parameter, _ in _fixed(session):
        yield {"INDX": index, "INST_ID": session.instance.number, "KSPPINM": parameter.name, "KSPPITY": parameter.type,
               "KSPPDESC": description(parameter.name) or None, "KSPPIFLG": int(parameter.session) | flags[parameter.modifiable] << 16,
               "KSPPIHASH": parameter.number}


@rows("X$KSPPSV")
def ksppsv(session: Any, database: Database) -> Iterator[RowDict]:
    """Values of the instance, in the order of X$KSPPI."""
    for index, parameter, value in _fixed(session):
        yield {"INDX": index, "INST_ID": session.instance.number, "KSPPSTVL": value or None, "KSPPSTDVL": value or None,
               "KSPPSTDF": "FALSE" if parameter.name in session.instance.parameters.from_file else "TRUE"}


@rows("V$NLS_PARAMETERS", "NLS_SESSION_PARAMETERS")
def nls_parameters(session: Any, database: Database) -> Iterator[RowDict]:
    current = {**AMERICAN, **{name.upper(): value for name, value in getattr(session, "nls", {}).items()}}
    for name in NLS_ORDER:
        yield {"PARAMETER": name, "VALUE": current[name]}
    yield {"PARAMETER": "NLS_CHARACTERSET", "VALUE": database.spec.character_set}
    yield {"PARAMETER": "NLS_NCHAR_CHARACTERSET", "VALUE": database.spec.national_character_set}


@rows("NLS_INSTANCE_PARAMETERS")
def nls_instance_parameters(session: Any, database: Database) -> Iterator[RowDict]:
    for name in NLS_ORDER:
        yield {"PARAMETER": name, "VALUE": database.parameters.get(name.lower()) or None}


def nls_database(database: Database) -> dict[str, str]:
    spec = database.spec
    return {"NLS_RDBMS_VERSION": "19.0.0.0.0" if spec.release == "19" else spec.version,
            "NLS_NCHAR_CONV_EXCP": "FALSE", "NLS_LENGTH_SEMANTICS": "BYTE", "NLS_COMP": "BINARY",
            **{name: AMERICAN[name] for name in NLS_ORDER[2:14]}, "NLS_LANGUAGE": spec.language, "NLS_TERRITORY": spec.territory,
            "NLS_CHARACTERSET": spec.character_set, "NLS_NCHAR_CHARACTERSET": spec.national_character_set}


@rows("NLS_DATABASE_PARAMETERS")
def nls_database_parameters(session: Any, database: Database) -> Iterator[RowDict]:
    return ({"PARAMETER": name, "VALUE": value} for name, value in nls_database(database).items())


@rows("DATABASE_PROPERTIES")
def database_properties(session: Any, database: Database) -> Iterator[RowDict]:
    attributes, zones = database.attributes, database.time_zone_files(database.container(session))
    properties = {
        "DICT.BASE": "2", "DEFAULT_TEMP_TABLESPACE": attributes.temporary_tablespace,
        "DEFAULT_PERMANENT_TABLESPACE": attributes.default_tablespace, "DEFAULT_EDITION": "ORA$BASE", "Flashback Timestamp TimeZone": "GMT",
        "TDE_MASTER_KEY_ID": None, "DBTIMEZONE": attributes.time_zone, "DST_UPGRADE_STATE": zones.state,
        "DST_PRIMARY_TT_VERSION": str(zones.primary), "DST_SECONDARY_TT_VERSION": str(zones.secondary),
        "DEFAULT_TBS_TYPE": "SMALLFILE",
        "EXPORT_VIEWS_VERSION": "8", "GLOBAL_DB_NAME": global_name(database), **nls_database(database),
        **({"LOCAL_UNDO_ENABLED": "TRUE"} if database.spec.is_cdb and database.release == "19" else {})}
    descriptions = {"DBTIMEZONE": "DB time zone", "GLOBAL_DB_NAME": "Global database name",
                    "DST_UPGRADE_STATE": "State of Day Light Saving Time Upgrade",
                    "DST_PRIMARY_TT_VERSION": "Version of primary timezone data file",
                    "DEFAULT_PERMANENT_TABLESPACE": "Name of default permanent tablespace",
                    "DEFAULT_TEMP_TABLESPACE": "Name of default temporary tablespace"}
    for name, value in properties.items():
        yield {"PROPERTY_NAME": name, "PROPERTY_VALUE": value, "DESCRIPTION": descriptions.get(name)}


def global_name(database: Database) -> str:
    spec = database.spec
    return ".".join(filter(None, (spec.pdb or spec.name, spec.domain))).upper()


@rows("GLOBAL_NAME")
def global_names(session: Any, database: Database) -> Iterator[RowDict]:
    yield {"GLOBAL_NAME": global_name(database)}


@rows("V$TIMEZONE_FILE")
def timezone_file(session: Any, database: Database) -> Iterator[RowDict]:
    number = database.time_zone_files(database.container(session)).primary
    yield {"FILENAME": f"timezlrg_{number}.dat", "VERSION": number, "CON_ID": 0}


@rows("V$DIAG_INFO")
def diag_info(session: Any, database: Database) -> Iterator[RowDict]:
    spec = database.spec
    base = database.parameters.get("diagnostic_dest")
    home = os.path.join(base, "diag", "rdbms", spec.db_unique_name.lower(), spec.instance_name)
    for name, value in (("Diag Enabled", "TRUE"), ("ADR Base", base), ("ADR Home", home), ("Diag Trace", os.path.join(home, "trace")),
                        ("Diag Alert", os.path.join(home, "alert")), ("ORACLE_HOME", spec.oracle_home)):
        yield {"NAME": name, "VALUE": value, "CON_ID": 0}


# --- services and containers ---

def _service_rows(database: Database) -> Iterator[tuple[str, str, RowDict]]:
    spec = database.spec
    known = dict.fromkeys((spec.default_service, *filter(None, (spec.container_service,)), *database.attributes.services,
                           *database.attributes.further_services, "SYS$BACKGROUND", "SYS$USERS"))
    for number, name in enumerate(known, 1):
        internal = name.startswith("SYS$")
        pdb = ("CDB$ROOT" if internal or name == spec.container_service else spec.pdb) if spec.is_cdb else spec.name.upper()
        yield name, pdb, {
            "SERVICE_ID": 0 if internal else number, "NAME": name, "NAME_HASH": abs(hash(name)) % 2**31,
            "NETWORK_NAME": None if internal else name,
            "CREATION_DATE": database.attributes.created, "CREATION_DATE_HASH": 0, "GOAL": "NONE", "DTP": "N", "AQ_HA_NOTIFICATION": "NO",
            "AQ_HA_NOTIFICATIONS": "NO", "CLB_GOAL": "LONG", "COMMIT_OUTCOME": "NO", "SESSION_STATE_CONSISTENCY": "DYNAMIC",
            "GLOBAL": "NO", "GLOBAL_SERVICE": "NO", "PDB": pdb, "CON_NAME": pdb, "BLOCKED": "NO", "ENABLED": "YES", "MAX_LAG_TIME": "ANY",
            "STOP_OPTION": "NONE", "FAILOVER_RESTORE": "NONE", "DRAIN_TIMEOUT": 0, "RETENTION_TIME": 86400,
            "REPLAY_INITIATION_TIMEOUT": 300}


@rows("V$SERVICES", "DBA_SERVICES", "SERVICES")
def services(session: Any, database: Database) -> Iterator[RowDict]:
    return (row for _, pdb, row in _service_rows(database) if not database.con_id or pdb != "CDB$ROOT")


@rows("V$ACTIVE_SERVICES")
def active_services(session: Any, database: Database) -> Iterator[RowDict]:
    return (row for name, _, row in _service_rows(database) if name in database.running_services or name.startswith("SYS$"))


def _container_rows(session: Any, database: Database) -> Iterator[RowDict]:
    spec = database.spec
    here = database.container(session)
    mode = "MOUNTED" if database.state != "OPEN" else "READ ONLY" if database.read_only else "MIGRATE" if database.upgrade_mode else "READ WRITE"
    pluggable = database.pluggable
    modes = {1: mode, 2: "READ ONLY" if mode != "MOUNTED" else mode, 3: pluggable.mode if pluggable else mode}
    dbid = database.store.dbid
    for con_id, name in ((1, "CDB$ROOT"), (2, "PDB$SEED"), (3, spec.pdb)) if not database.con_id else ():
        inside = con_id == 3 and pluggable is not None and pluggable.restricted
        if here == 1 or here == con_id:
            yield {"CON_ID": con_id, "DBID": dbid + con_id - 1, "CON_UID": 1 if con_id == 1 else dbid + con_id - 1, "NAME": name,
                   "GUID": (dbid * con_id).to_bytes(16, "big"), "OPEN_MODE": modes[con_id],
                   "RESTRICTED": None if modes[con_id] == "MOUNTED" else yes(database.restricted or inside),
                   "CREATE_SCN": 1, "BLOCK_SIZE": spec.block_size, "RECOVERY_STATUS": "ENABLED",
                   "OPEN_TIME": Timestamp(database.started, zone="+00:00") if database.started else None, "APPLICATION_ROOT": "NO",
                   "APPLICATION_PDB": "NO", "APPLICATION_SEED": "NO", "APPLICATION_ROOT_CLONE": "NO", "PROXY_PDB": "NO",
                   "CREATION_TIME": database.attributes.created, "MAX_SIZE": 0, "TEMPLATE": "NO", "MEMBER_CDB": "NO"}
    for plugged in database.root.plugged.values():
        if here in (1, plugged.con_id):
            open_mode, record = plugged.pluggable.mode, plugged.record
            number = zlib.crc32(record.guid.encode())
            yield {"CON_ID": plugged.con_id, "DBID": number, "CON_UID": number, "NAME": record.name, "GUID": bytes.fromhex(record.guid),
                   "OPEN_MODE": open_mode, "RESTRICTED": None if open_mode == "MOUNTED" else yes(database.root.restricted or plugged.pluggable.restricted),
                   "CREATE_SCN": 1, "BLOCK_SIZE": spec.block_size, "RECOVERY_STATUS": "ENABLED",
                   "OPEN_TIME": Timestamp(plugged.started, zone="+00:00") if plugged.started else None, "APPLICATION_ROOT": "NO",
                   "APPLICATION_PDB": "NO", "APPLICATION_SEED": "NO", "APPLICATION_ROOT_CLONE": "NO", "PROXY_PDB": "NO",
                   "CREATION_TIME": record.created, "MAX_SIZE": 0, "TEMPLATE": "NO", "MEMBER_CDB": "NO"}


@rows("V$PDBS")
def pdbs(session: Any, database: Database) -> Iterator[RowDict]:
    return (row for row in _container_rows(session, database) if row["CON_ID"] > 1) if database.spec.is_cdb else iter(())


@rows("V$CONTAINERS")
def containers(session: Any, database: Database) -> Iterator[RowDict]:
    if database.spec.is_cdb:
        yield from _container_rows(session, database)
    else:
        yield {"CON_ID": 0, "DBID": database.store.dbid, "CON_UID": 0, "NAME": database.spec.name.upper(), "OPEN_MODE": "READ WRITE",
               "GUID": bytes.fromhex(database.attributes.guid)}


@rows("DBA_PDBS")
def dba_pdbs(session: Any, database: Database) -> Iterator[RowDict]:
    for row in pdbs(session, database):
        record = database.root.attributes.plugged.get(str(row["NAME"]))
        yield {**row, "PDB_ID": row["CON_ID"], "PDB_NAME": row["NAME"], "STATUS": record.status if record else "NORMAL", "CREATION_SCN": 1,
               "LOGGING": "LOGGING", "FORCE_LOGGING": "NO", "FORCE_NOLOGGING": "NO", "IS_PROXY_PDB": "NO", "APPLICATION_CLONE": "NO", "REFRESH_MODE": "NONE",
               "VSN": 318767104}


@rows("DBA_PDB_SAVED_STATES")
def saved_states(session: Any, database: Database) -> Iterator[RowDict]:
    here = database.container(session)
    for instance, state in sorted(database.attributes.saved_states.items()) if here in (1, 3) else ():
        yield {"CON_ID": 3, "CON_NAME": database.spec.pdb, "INSTANCE_NAME": instance, "CON_UID": database.store.dbid + 2,
               "GUID": (database.store.dbid * 3).to_bytes(16, "big"), "STATE": state, "RESTRICTED": "NO", CONTAINER: 1}
    for record in database.root.attributes.plugged.values():
        for instance, state in sorted(record.saved_states.items()) if here in (1, record.con_id) else ():
            yield {"CON_ID": record.con_id, "CON_NAME": record.name, "INSTANCE_NAME": instance, "CON_UID": zlib.crc32(record.guid.encode()),
                   "GUID": bytes.fromhex(record.guid), "STATE": state, "RESTRICTED": "NO", CONTAINER: 1}


@rows("PDB_PLUG_IN_VIOLATIONS")
def plug_in_violations(session: Any, database: Database) -> Iterator[RowDict]:
    """In a pluggable database, its own."""
    root, here = database.root, database.container(session)
    for one in root.attributes.violations:
        record = root.attributes.plugged.get(one.name)
        if here == 1 or record is not None and here == record.con_id:
            yield {"TIME": Timestamp(one.time), "NAME": one.name, "CAUSE": one.cause, "TYPE": one.type, "ERROR_NUMBER": 0, "LINE": one.line,
                   "MESSAGE": one.message, "STATUS": one.status, "ACTION": one.action, "CON_ID": 1, CONTAINER: 1}


# --- components and patches ---

@rows("DBA_REGISTRY", "REGISTRY")
def registry(session: Any, database: Database) -> Iterator[RowDict]:
    number = "19.0.0.0.0" if database.release == "19" else database.spec.version
    for component in database.spec.components:
        schema = COMPONENT_SCHEMA.get(component, "SYS")
        yield {"COMP_ID": component, "COMP_NAME": COMPONENTS.get(component, component), "VERSION": number,
               "VERSION_FULL": database.spec.version, "STATUS": "VALID",
               "MODIFIED": database.attributes.created.strftime("%d-%b-%Y %H:%M:%S").upper(), "NAMESPACE": "SERVER", "CONTROL": "SYS",
               "SCHEMA": schema, "PROCEDURE": f"VALIDATE_{component}", OWNER: schema}


@rows("DBA_REGISTRY_SQLPATCH")
def registry_sqlpatch(session: Any, database: Database) -> Iterator[RowDict]:
    """Of the container that the session is in; from the root, CDB_REGISTRY_SQLPATCH has those of every open one."""
    here = database.container(session)
    for con_id, name in ((1, "CDB$ROOT"), (3, database.spec.pdb)) if here == 1 else ((here, database.spec.pdb),):
        for number, patch in enumerate(database.patches(name), 1):
            early = database.release == "12.1"
            yield {"INSTALL_ID": number, "PATCH_ID": patch.patch_id, "PATCH_UID": patch.patch_uid, "PATCH_TYPE": patch.patch_type,
                   "ACTION": patch.action, "STATUS": patch.status, "ACTION_TIME": Timestamp(patch.action_time),
                   "DESCRIPTION": patch.description, "LOGFILE": patch.logfile or None, "TARGET_VERSION": patch.target_version,
                   "SOURCE_VERSION": None if early else patch.source_version, "VERSION": database.spec.version,
                   "BUNDLE_SERIES": "PSU" if early else None, "FLAGS": "NB", "CON_ID": con_id, CONTAINER: con_id}


@rows("DICTIONARY")
def dictionary(session: Any, database: Database) -> Iterator[RowDict]:
    return ({"TABLE_NAME": title, "COMMENTS": None} for title in database.dictionary.titles())


@rows("DICT_COLUMNS")
def dict_columns(session: Any, database: Database) -> Iterator[RowDict]:
    for title in database.dictionary.titles():
        relation = database.dictionary.public(title)
        for column in relation.columns if relation else ():
            yield {"TABLE_NAME": title, "COLUMN_NAME": column.name}


@rows("EDITIONS")
def editions(session: Any, database: Database) -> Iterator[RowDict]:
    yield {"EDITION_NAME": "ORA$BASE", "USABLE": "YES", OWNER: "PUBLIC"}

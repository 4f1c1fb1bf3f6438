# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a database is created as."""
from __future__ import annotations

import dataclasses
import datetime

from oralab.storage.asm import DiskGroup


@dataclasses.dataclass(slots=True, frozen=True)
class Patch:
    """A row of DBA_REGISTRY_SQLPATCH, and what an ORACLE_HOME has of the same patch. ``build`` is its time, as datapatch shows it."""

    patch_id: int
    patch_uid: int
    description: str
    target_version: str
    action: str = "APPLY"
    status: str = "SUCCESS"
    patch_type: str = "RU"               # RU or INTERIM
    action_time: datetime.datetime = datetime.datetime(2026, 1, 15, 8, 30)
    build: str = "190410122720"
    source_version: str = "19.1.0.0.0"
    container: str = ""                  # where it is registered: "" everywhere
    logfile: str = ""


OF_THE_DATABASE = ("name", "character_set", "national_character_set", "timezone_file", "language", "territory", "pdb", "components", "patches",
                   "platform_id", "platform", "block_size")
"""What is the database's, wherever it is restored. Everything else of a spec is the instance's, its server's or its parameter file's."""


@dataclasses.dataclass(slots=True, frozen=True)
class DatabaseSpec:
    """Characteristics given at creation. ``release`` is 12.1 or 19; the version in full is ``version``.

    ``pdb`` makes the instance a container database with this one pluggable database: sessions of ``service`` are inside it
    (con_id 3), sessions of the root's service see it in V$PDBS. ``instances`` are the SIDs of RAC instances, which run in one process.
    ``parameter_file``: spfile or pfile, what the instances start with.
    """

    name: str
    unique_name: str = ""
    release: str = "19"
    version: str = "19.3.0.0.0"
    compatible: str = "19.0.0"
    edition: str = "EE"                  # EE or SE2
    platform_id: int = 13
    platform: str = "Linux x86 64-bit"
    character_set: str = "AL32UTF8"
    national_character_set: str = "AL16UTF16"
    time_zone: str = "+00:00"            # DBTIMEZONE
    timezone_file: int = 32
    language: str = "AMERICAN"
    territory: str = "AMERICA"
    pdb: str = ""
    service: str = ""                    # default: name (of the PDB, where there is one) with the domain
    root_service: str = ""
    further_services: tuple[str, ...] = ()
    domain: str = ""
    sid: str = ""
    instances: tuple[str, ...] = ()
    oracle_restart: bool = False         # registered with Oracle Restart; a RAC database is with clusterware
    clusterware: str = ""                # restart or cluster: what its server has, without the database being registered there
    host: str = "localhost"
    oracle_home: str = "/u01/app/oracle/product/19/dbhome_1"
    home_patches: tuple[Patch, ...] | None = None    # of the ORACLE_HOME; None: those of the database
    home_timezone_file: int = 0          # newest of the ORACLE_HOME; 0: that of the database
    log_mode: str = "NOARCHIVELOG"
    block_size: int = 8192
    dbid: int = 0                        # 0: derived from the unique name
    components: tuple[str, ...] = ("CATALOG", "CATPROC", "XDB", "OWM")
    patches: tuple[Patch, ...] = ()
    options: dict[str, bool] = dataclasses.field(default_factory=dict)     # V$OPTION where it differs from the edition's
    parameters: dict[str, str] = dataclasses.field(default_factory=dict)
    passwords: dict[str, str] = dataclasses.field(default_factory=dict)    # of SYS and SYSTEM
    parameter_file: str = "spfile"
    disk_groups: tuple[DiskGroup, ...] = ()
    omf: bool = False                    # db_create_file_dest is set to the data directory

    @property
    def is_cdb(self) -> bool:
        return bool(self.pdb)

    @property
    def has_rac(self) -> bool:
        """Whether its ORACLE_HOME was linked with Real Application Clusters: one on a cluster is."""
        return self.options.get("Real Application Clusters", bool(self.instances) or self.clusterware == "cluster")

    @property
    def db_unique_name(self) -> str:
        return self.unique_name or self.name

    @property
    def instance_name(self) -> str:
        return self.sid or (self.instances[0] if self.instances else self.name)

    @property
    def default_service(self) -> str:
        return self.service or ".".join(filter(None, ((self.pdb or self.db_unique_name).lower(), self.domain)))

    @property
    def container_service(self) -> str:
        """Service of the root, "" without a root."""
        if not self.pdb:
            return ""
        return self.root_service or ".".join(filter(None, (self.db_unique_name.lower(), self.domain)))
